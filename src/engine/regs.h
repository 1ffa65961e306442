/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * regs.h - the one table of registers and of pseudo-registers.
 *
 * Lexer, code generator, verifier, engine, the `r` command, completion and the
 * custom-code frame all read these tables; no other list of registers exists.
 */
#ifndef ENGINE_REGS_H
#define ENGINE_REGS_H

#include "base.h"

/*
 * Storage registers: what a firing context keeps, 64 bits each. The first
 * sixteen are in the order of the documented GUEST_REGS block (rax rcx rdx rbx
 * rsp rbp rsi rdi r8..r15), which custom code relies on.
 */
/* clang-format off */
enum eng_reg {
	ENG_RAX, ENG_RCX, ENG_RDX, ENG_RBX, ENG_RSP, ENG_RBP, ENG_RSI, ENG_RDI,
	ENG_R8, ENG_R9, ENG_R10, ENG_R11, ENG_R12, ENG_R13, ENG_R14, ENG_R15,
	ENG_RIP, ENG_RFLAGS,
	ENG_CS, ENG_SS, ENG_DS, ENG_ES, ENG_FS, ENG_GS,
	ENG_FS_BASE, ENG_GS_BASE,
	ENG_CR0, ENG_CR2, ENG_CR3, ENG_CR4, ENG_CR8,
	ENG_DR0, ENG_DR1, ENG_DR2, ENG_DR3, ENG_DR6, ENG_DR7,
	ENG_GDTR, ENG_IDTR, ENG_LDTR, ENG_TR,
	ENG_NREGS
};
/* clang-format on */

#define ENG_GUEST_REGS 16 /* GUEST_REGS holds the first so many storage registers */
#define ENG_REGS_GENERAL (ENG_BIT(ENG_RIP) - 1)
#define ENG_REGS_USER (ENG_BIT(ENG_CR0) - 1) /* what PTRACE_GETREGS knows */
#define ENG_REGS_DEBUG                                                               \
	(ENG_BIT(ENG_DR0) | ENG_BIT(ENG_DR1) | ENG_BIT(ENG_DR2) | ENG_BIT(ENG_DR3) | \
	 ENG_BIT(ENG_DR6) | ENG_BIT(ENG_DR7))
#define ENG_REGS_MACHINE (ENG_BIT(ENG_NREGS) - 1)
/*
 * A selector without its descriptor is nothing to write; the control registers and the tables'
 * bases belong to the kernel that runs on them, but for CR2, which nobody relies on.
 */
#define ENG_REGS_MACHINE_WRITABLE                                                           \
	(ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS) | ENG_BIT(ENG_FS_BASE) | \
	 ENG_BIT(ENG_GS_BASE) | ENG_BIT(ENG_CR2) | ENG_REGS_DEBUG)

/* A name of a register or of a part of one, as scripts write it after `@`. */
struct eng_reg_name {
	const char *name;
	u8 reg; /* enum eng_reg */
	u8 shift; /* first bit of the part */
	u8 width; /* bits: 1, 2, 8, 16, 32 or 64 */
};

extern const struct eng_reg_name eng_reg_names[];
extern const u32 eng_nreg_names;

/* NULL when there is no such register. @len: bytes of @name, which needs no terminator. */
const struct eng_reg_name *eng_reg_find(const char *name, size_t len);

/*
 * Pseudo-registers: `$pid` and its like. TEXT ones are the address (in the
 * engine's own window) of a NUL-terminated text. WRITABLE ones may be assigned.
 */
/* clang-format off */
#define ENG_PSEUDO_TABLE(X)                                                                      \
	/* id, name, flags, help */                                                                \
	X(PID, "pid", 0, "process (thread group) id")                                            \
	X(TID, "tid", 0, "thread id")                                                            \
	X(PNAME, "pname", ENG_PS_TEXT, "address of the short name of the thread's program")      \
	X(CORE, "core", 0, "number of the logical CPU")                                          \
	X(PROC, "proc", 0, "address of the kernel's process object")                             \
	X(THREAD, "thread", 0, "address of the kernel's thread object")                          \
	X(PEB, "peb", 0, "address of the dynamic linker's r_debug")                              \
	X(TEB, "teb", 0, "thread pointer (FS base)")                                             \
	X(IP, "ip", 0, "instruction pointer")                                                    \
	X(BUFFER, "buffer", 0, "address of the event's pre-allocated buffer, or 0")              \
	X(CONTEXT, "context", 0, "what the event hands over: number of the call, return address") \
	X(EVENT_TAG, "event_tag", 0, "tag of the event: its number + 0x1000000")                 \
	X(EVENT_ID, "event_id", 0, "number of the event, as `events` shows it")                  \
	X(EVENT_STAGE, "event_stage", 0, "0 in stage pre, 1 in stage post")                      \
	X(DATE, "date", ENG_PS_TEXT, "address of the current date as text")                      \
	X(TIME, "time", ENG_PS_TEXT, "address of the current time as text")                      \
	X(SYSCALL_NUMBER, "syscall_number", ENG_PS_WRITABLE, "number of the system call")        \
	X(SYSCALL_ARG0, "syscall_arg0", ENG_PS_WRITABLE, "first argument of the system call")    \
	X(SYSCALL_ARG1, "syscall_arg1", ENG_PS_WRITABLE, "second argument of the system call")   \
	X(SYSCALL_ARG2, "syscall_arg2", ENG_PS_WRITABLE, "third argument of the system call")    \
	X(SYSCALL_ARG3, "syscall_arg3", ENG_PS_WRITABLE, "fourth argument of the system call")   \
	X(SYSCALL_ARG4, "syscall_arg4", ENG_PS_WRITABLE, "fifth argument of the system call")    \
	X(SYSCALL_ARG5, "syscall_arg5", ENG_PS_WRITABLE, "sixth argument of the system call")    \
	X(SYSCALL_RETURN, "syscall_return", ENG_PS_WRITABLE, "result of the system call")

#define ENG_PS_TEXT 1
#define ENG_PS_WRITABLE 2

enum eng_pseudo {
#define X(id, name, flags, help) ENG_PS_##id,
	ENG_PSEUDO_TABLE(X)
#undef X
	ENG_NPSEUDO
};
/* clang-format on */

struct eng_pseudo_name {
	const char *name;
	u8 flags;
	const char *help;
};

extern const struct eng_pseudo_name eng_pseudo_names[ENG_NPSEUDO];

#endif
