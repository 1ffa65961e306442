/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * builtins.h - the one table of built-in functions of the script language.
 *
 * The compiler takes names, argument kinds and results from here, the verifier
 * arity, the help its text. A built-in that a target cannot offer is refused by
 * the compiler through struct eng_caps, with the text of its target column.
 */
#ifndef ENGINE_BUILTINS_H
#define ENGINE_BUILTINS_H

#include "base.h"

/*
 * Argument kinds, one letter each: i integer expression; s address of a narrow
 * string, or a string literal; w address of a wide string, or a wide literal;
 * a address; o integer that may be left out (then 0), n how many of those were given, which
 * the compiler adds. Result: 1 unsigned 64-bit value, 0 statement only.
 * Targets: P process, M machine.
 */
/* clang-format off */
#define ENG_BUILTIN_TABLE(X)                                                                     \
	/* id, name, args, result, targets, help */                                            \
	X(DB, "db", "a", 1, "PM", "byte at an address")                                          \
	X(DW, "dw", "a", 1, "PM", "2 bytes at an address")                                       \
	X(DD, "dd", "a", 1, "PM", "4 bytes at an address")                                       \
	X(DQ, "dq", "a", 1, "PM", "8 bytes at an address")                                       \
	X(POI, "poi", "a", 1, "PM", "8 bytes at an address")                                     \
	X(HI, "hi", "a", 1, "PM", "bits 31..16 of the value at an address")                      \
	X(LOW, "low", "a", 1, "PM", "bits 15..0 of the value at an address")                     \
	X(EB, "eb", "ai", 1, "PM", "store a byte; 1 when it worked")                             \
	X(ED, "ed", "ai", 1, "PM", "store 4 bytes; 1 when it worked")                            \
	X(EQ, "eq", "ai", 1, "PM", "store 8 bytes; 1 when it worked")                            \
	X(CHECK_ADDRESS, "check_address", "a", 1, "PM", "1 if the byte at an address is readable") \
	X(MEMCPY, "memcpy", "aai", 0, "PM", "copy bytes: destination, source, count")            \
	X(STRLEN, "strlen", "s", 1, "PM", "length of a string; 0 for a bad address")             \
	X(STRCMP, "strcmp", "ss", 1, "PM", "0 equal, else -1 or 1; 2 for a bad address")         \
	X(STRNCMP, "strncmp", "ssi", 1, "PM", "compare at most so many characters")              \
	X(MEMCMP, "memcmp", "ssi", 1, "PM", "compare so many bytes")                             \
	X(WCSLEN, "wcslen", "w", 1, "PM", "length of a wide (16-bit) string")                    \
	X(WCSCMP, "wcscmp", "ww", 1, "PM", "compare wide strings")                               \
	X(WCSNCMP, "wcsncmp", "wwi", 1, "PM", "compare at most so many wide characters")         \
	X(NEG, "neg", "i", 1, "PM", "two's complement")                                          \
	X(NOT, "not", "i", 1, "PM", "bitwise complement")                                        \
	X(PRINT, "print", "i", 0, "PM", "print a value in hexadecimal, with a newline")          \
	X(FORMATS, "formats", "i", 0, "PM", "print a value in several bases")                    \
	X(PAUSE, "pause", "", 0, "P", "break into the debugger after this stop's events")        \
	X(FLUSH, "flush", "", 0, "PM", "drop the messages that are queued")                      \
	X(EVENT_ENABLE, "event_enable", "i", 0, "PM", "enable the event with this number")       \
	X(EVENT_DISABLE, "event_disable", "i", 0, "PM", "disable the event with this number")    \
	X(EVENT_CLEAR, "event_clear", "i", 0, "PM", "clear the event with this number")          \
	X(EVENT_SC, "event_sc", "i", 0, "PM", "1: short-circuit this firing, 0: do not")         \
	X(RDTSC, "rdtsc", "", 1, "PM", "time-stamp counter")                                     \
	X(RDTSCP, "rdtscp", "", 1, "PM", "time-stamp counter, serialised")                       \
	X(MICROSLEEP, "microsleep", "i", 0, "PM", "busy-wait so many microseconds")              \
	X(INTERLOCKED_INCREMENT, "interlocked_increment", "a", 1, "PM", "add 1; the new value")  \
	X(INTERLOCKED_DECREMENT, "interlocked_decrement", "a", 1, "PM", "subtract 1; the new value") \
	X(INTERLOCKED_EXCHANGE, "interlocked_exchange", "ai", 1, "PM", "store; the old value")   \
	X(INTERLOCKED_EXCHANGE_ADD, "interlocked_exchange_add", "ai", 1, "PM", "add; the old value") \
	X(INTERLOCKED_COMPARE_EXCHANGE, "interlocked_compare_exchange", "aii", 1, "PM",          \
	  "address, new, expected: store new if equal; the old value")                           \
	X(SPINLOCK_LOCK, "spinlock_lock", "a", 0, "PM", "take the lock at an address")           \
	X(SPINLOCK_LOCK_CUSTOM_WAIT, "spinlock_lock_custom_wait", "ai", 0, "PM",                 \
	  "take the lock, with the ceiling of the waiting time")                                 \
	X(SPINLOCK_UNLOCK, "spinlock_unlock", "a", 0, "PM", "release the lock at an address")    \
	X(TEST_STATEMENT, "test_statement", "i", 0, "PM", "print a value for the test runner")   \
	X(DB_PA, "db_pa", "a", 1, "M", "byte at a physical address")                             \
	X(DW_PA, "dw_pa", "a", 1, "M", "2 bytes at a physical address")                          \
	X(DD_PA, "dd_pa", "a", 1, "M", "4 bytes at a physical address")                          \
	X(DQ_PA, "dq_pa", "a", 1, "M", "8 bytes at a physical address")                          \
	X(POI_PA, "poi_pa", "a", 1, "M", "8 bytes at a physical address")                        \
	X(HI_PA, "hi_pa", "a", 1, "M", "bits 31..16 of the value at a physical address")         \
	X(LOW_PA, "low_pa", "a", 1, "M", "bits 15..0 of the value at a physical address")        \
	X(EB_PA, "eb_pa", "ai", 1, "M", "store a byte at a physical address; 1 when it worked")  \
	X(ED_PA, "ed_pa", "ai", 1, "M", "store 4 bytes at a physical address; 1 when it worked") \
	X(EQ_PA, "eq_pa", "ai", 1, "M", "store 8 bytes at a physical address; 1 when it worked") \
	X(MEMCPY_PA, "memcpy_pa", "aai", 0, "M", "copy bytes from physical to physical memory")  \
	X(VIRTUAL_TO_PHYSICAL, "virtual_to_physical", "a", 1, "M",                               \
	  "physical address of a virtual one; 0 when it is not present")                         \
	X(PHYSICAL_TO_VIRTUAL, "physical_to_virtual", "a", 1, "M",                               \
	  "kernel address of physical memory; 0 when it has none")                               \
	X(SYSCALL_HIJACK, "syscall_hijack", "ioooooon", 0, "P",                                  \
	  "call another number instead, with these arguments; the program gets its own back")    \
	X(SYSCALL_SKIP, "syscall_skip", "i", 0, "P",                                             \
	  "leave the call out; the program gets this result")                                    \
	X(SYSCALL_INVOKE, "syscall_invoke", "ioooooon", 1, "P",                                  \
	  "make a system call in this thread, now; its result")

/*
 * Functions of the language that no target of this engine carries out yet: the compiler
 * knows them, says where they work, and never emits them.
 */
#define ENG_ABSENT_TABLE(X)                                                                      \
	/* name, targets that offer it, why it is missing elsewhere */                         \
	X("event_inject", "M", "it makes an interrupt of the processor")                         \
	X("event_inject_error_code", "M", "it makes an exception of the processor")              \
	X("event_trace_step", "M", "it single-steps the whole machine")                          \
	X("event_trace_step_in", "M", "it single-steps the whole machine")                       \
	X("event_trace_instrumentation_step", "M", "it single-steps the whole machine")          \
	X("event_trace_instrumentation_step_in", "M", "it single-steps the whole machine")       \
	X("event_trace_step_out", "", "there is no such step")                                   \
	X("lbr_save", "M", "it uses the branch records of the processor")                        \
	X("lbr_dump", "M", "it uses the branch records of the processor")                        \
	X("lbr_print", "M", "it uses the branch records of the processor")                       \
	X("lbr_restore", "M", "it uses the branch records of the processor")                     \
	X("lbr_check", "M", "it uses the branch records of the processor")                       \
	X("lbr_restore_by_filter", "M", "it uses the branch records of the processor")           \
	X("disassemble_len", "", "scripts have no disassembler")                                 \
	X("disassemble_len64", "", "scripts have no disassembler")                               \
	X("disassemble_len32", "", "scripts have no disassembler")

enum eng_builtin {
#define X(id, name, args, result, targets, help) ENG_BI_##id,
	ENG_BUILTIN_TABLE(X)
#undef X
	ENG_NBUILTINS
};
/* clang-format on */

struct eng_builtin_name {
	const char *name;
	const char *args;
	bool result;
	const char *targets;
	const char *help;
};

extern const struct eng_builtin_name eng_builtin_names[ENG_NBUILTINS];

struct eng_absent_name {
	const char *name;
	const char *targets;
	const char *why;
};

extern const struct eng_absent_name eng_absent_names[];
extern const u32 eng_nabsent_names;

#endif
