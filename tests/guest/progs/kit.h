/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kit.h - what the programs that run inside a guest share: a call with every register chosen and
 * every register looked at afterwards, pieces of machine code of one's own, and the signal that
 * one of them raised.
 *
 * The programs are static and know nothing of lstar: each passes on a bare kernel, and prints the
 * same lines whether a hypervisor runs below it or not. What a processor may do in more than one
 * way is printed with SEEN for the comparison, not asserted.
 */
#ifndef GUEST_KIT_H
#define GUEST_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "../../unit/unit.h"

/* In the order of the instruction encoding, so that a loop can name them. */
struct regs {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t flags;
};

enum { KIT_NREGS = sizeof(struct regs) / 8 };

#define FLAG_CF 0x1ul
#define FLAG_FIXED 0x2ul
#define FLAG_PF 0x4ul
#define FLAG_AF 0x10ul
#define FLAG_ZF 0x40ul
#define FLAG_SF 0x80ul
#define FLAG_TF 0x100ul
#define FLAG_IF 0x200ul
#define FLAG_DF 0x400ul
#define FLAG_OF 0x800ul
#define FLAG_NT 0x4000ul
#define FLAG_RF 0x10000ul
#define FLAG_AC 0x40000ul
#define FLAG_ID 0x200000ul
#define FLAGS_PLAIN (FLAG_FIXED | FLAG_IF)

/*
 * Load all registers but RSP from @r, call @code, store all of them to @r. The code ends with RET.
 * Any number of threads may do it.
 */
void kit_run(struct regs *r, const void *code);
/* The same with RSP loaded as well: the code ends with KIT_BACK; one thread at a time. */
void kit_run_rsp(struct regs *r, const void *code);
/* jmp *kit_back: returns from kit_run_rsp wherever RSP points to. */
#define KIT_BACK "\xff\x24\x25"
extern char kit_syscall[], kit_syscall_end[]; /* syscall | ret */
extern char kit_int80[], kit_int80_end[]; /* int $0x80 | ret */
extern void *kit_back;

/* Names by index into struct regs. */
extern const char *const kit_reg_name[KIT_NREGS];
static inline uint64_t *kit_reg(struct regs *r, int i)
{
	return &((uint64_t *)r)[i];
}

/* A different value in every register, no address of anything. */
void kit_poison(struct regs *r, uint64_t seed);
/*
 * After a SYSCALL at kit_syscall that left @before and came to @after: everything is the same
 * but RAX, RCX (where it returned to) and R11 (the flags).
 */
void kit_check_kept(const struct regs *before, const struct regs *after, const char *end);

/* A page of one's own at @where (0: anywhere below 2 GB) that can be written and executed. */
void *kit_code_page(uintptr_t where);

/* The signal that @code raised: 0 when it returned. */
struct caught {
	int sig, code;
	uintptr_t addr; /* si_addr */
	uint64_t trap, error; /* vector and error code of the exception */
	uint64_t rip;
	struct regs r;
	uint16_t cs, ss;
};
int kit_probe(struct regs *r, const void *code, struct caught *c);

/* The raw instruction: result as the kernel gave it, never errno. */
long kit_call(long nr, long a, long b, long c, long d, long e, long f);

/* A signal handler with the siginfo and the context, on the alternate stack. */
void kit_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags);

#define SEEN(...)                    \
	do {                         \
		printf("# seen: ");  \
		printf(__VA_ARGS__); \
		printf("\n");        \
		fflush(stdout);      \
	} while (0)

#endif
