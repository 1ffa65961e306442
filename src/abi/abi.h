/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * abi.h - calling conventions and system-call tables: numbers, names, arguments.
 *
 * The tables are data (*.tbl), one line per call, turned into C at build time.
 */
#ifndef ABI_ABI_H
#define ABI_ABI_H

#include "engine/engine.h"

enum abi_id { ABI_X86_64, ABI_I386, ABI_X32, ABI_N };

/* Ordinary bit of x32 numbers (__X32_SYSCALL_BIT). */
#define ABI_X32_BIT 0x40000000u

extern const struct eng_abi abi_conventions[ABI_N]; /* conventions.c */
/* i386 as the SYSCALL instruction wants it: only the machine target tells it from int 0x80. */
extern const struct eng_abi abi_i386_syscall;

struct abi_arg {
	const char *type; /* C type as in the man page, "const char *" */
	const char *name;
};

struct abi_call {
	u32 nr; /* x32: with its bit */
	const char *name; /* name of <asm/unistd.h>, "newfstatat" */
	const char *alias; /* the kernel's or the C library's name where it differs, or NULL;
			      lookups know further ones */
	u8 nargs;
	u8 classes; /* by bit: place in abi_classes */
	struct abi_arg arg[6];
};

/* The ABI's table, sorted by number. */
const struct abi_call *abi_calls(enum abi_id abi, size_t *n);
/* NULL when the number is unknown. x32 numbers may carry their bit or not. */
const struct abi_call *abi_call_by_nr(enum abi_id abi, u64 nr);
/* By name, by alias, or by either with SYS_ or __NR_ before it; NULL if unknown. */
const struct abi_call *abi_call_by_name(enum abi_id abi, const char *name);
/*
 * The i-th call that @name stands for, NULL beyond the last; the one of that very name is the
 * first. 32-bit systems have a second call with wider arguments beside many a first one, and
 * programs that call futex(2) make either: i386's "futex" is futex and futex_time64.
 */
const struct abi_call *abi_calls_by_name(enum abi_id abi, const char *name, size_t i);
/* The known name nearest to @name, or NULL when none is near. */
const char *abi_call_suggest(enum abi_id abi, const char *name);

/*
 * The i-th call that programs make for the same purpose as the one of this name, as openat for
 * open; NULL beyond the last. Some calling conventions may lack it.
 */
const char *abi_twin(const char *name, size_t i);

/* Classes of calls (classes.tbl): "%file" and what is in it. */
struct abi_class_name {
	const char *name, *purpose;
};
extern const struct abi_class_name abi_classes[];
extern const size_t abi_nclasses;
/* Its place in abi_classes; -1: there is no such class. */
int abi_class_by_name(const char *name);
const char *abi_class_suggest(const char *name);
bool abi_call_in_class(enum abi_id abi, u64 nr, int class);
/* All classes of a call, by bit; 0 for unknown numbers. */
u8 abi_call_classes(enum abi_id abi, u64 nr);
/* From PTRACE_GET_SYSCALL_INFO's arch (AUDIT_ARCH_*) and number. */
enum abi_id abi_from_audit(u32 arch, u64 nr);
/* Name of an errno value, "ENOENT", or NULL. */
const char *abi_errno_name(int err);
/* Name of a signal, "SIGTERM", or NULL (real-time signals have none). */
const char *abi_signal_name(int sig);

#endif
