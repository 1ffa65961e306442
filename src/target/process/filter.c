/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * filter.c - a set of system calls as a classic BPF program for seccomp(2).
 *
 * Pure: set in, instructions out. The kernel finds out for each number that the program
 * always allows it and then skips the program, as long as it only loads and compares.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "process.h"

#define NR_I386_CLONE 120
#define NR_I386_PRCTL 172
#define NR_I386_SCHED_SETAFFINITY 241
#define NR_I386_SCHED_GETAFFINITY 242
#define NR_I386_SECCOMP 354

enum verdict { PASS, STOP, PRCTL, CLONE };

struct range {
	u32 start;
	enum verdict verdict;
};

struct builder {
	struct sock_filter *at;
	size_t n;
};

static void emit(struct builder *b, u16 code, u32 k, u8 jt, u8 jf)
{
	b->at[b->n++] = (struct sock_filter){ code, jt, jf, k };
}

static void emit_load(struct builder *b, size_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, (u32)offset, 0, 0);
}

static void emit_pass(struct builder *b)
{
	emit(b, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static void emit_stop(struct builder *b)
{
	emit(b, BPF_RET | BPF_K, SECCOMP_RET_TRACE | FILTER_COOKIE, 0, 0);
}

static void emit_stop_if(struct builder *b, u32 k)
{
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	emit_stop(b);
}

static void emit_verdict(struct builder *b, enum verdict v)
{
	if (v == STOP) {
		emit_stop(b);
		return;
	}
	if (v == PRCTL) {
		emit_load(b, offsetof(struct seccomp_data, args[0]));
		emit_stop_if(b, PR_SET_SECCOMP);
	} else if (v == CLONE) {
		emit_load(b, offsetof(struct seccomp_data, args[0]));
		emit(b, BPF_JMP | BPF_JSET | BPF_K, CLONE_UNTRACED, 0, 1);
		emit_stop(b);
	}
	emit_pass(b);
}

/* Binary search over ranges; the far half is reached by a long jump. */
static void emit_tree(struct builder *b, const struct range *r, size_t n)
{
	size_t half = n / 2, jump;

	if (n == 1) {
		emit_verdict(b, r->verdict);
		return;
	}
	emit(b, BPF_JMP | BPF_JGE | BPF_K, r[half].start, 0, 1);
	jump = b->n;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_tree(b, r, half);
	b->at[jump].k = (u32)(b->n - jump - 1);
	emit_tree(b, r + half, n - half);
}

/* What the target must see of every launched process, whatever the user wants. */
static enum verdict base_verdict(u32 nr)
{
	switch (nr) {
	case SYS_prctl:
		return PRCTL;
	case SYS_clone:
		return CLONE;
	case SYS_clone3: /* its flags are in memory */
	case SYS_seccomp:
	case SYS_sched_setaffinity:
	case SYS_sched_getaffinity:
		return STOP;
	default:
		return PASS;
	}
}

/* Foreign ABIs, and x86-64 numbers beyond the table. */
static void emit_others(struct builder *b, const struct call_set *set, bool base, bool i386)
{
	if (set->other) {
		emit_stop(b);
		return;
	}
	if (base && i386) {
		emit_stop_if(b, NR_I386_CLONE);
		emit_stop_if(b, SYS_clone3);
		emit_stop_if(b, NR_I386_PRCTL);
		emit_stop_if(b, NR_I386_SECCOMP);
		emit_stop_if(b, NR_I386_SCHED_SETAFFINITY);
		emit_stop_if(b, NR_I386_SCHED_GETAFFINITY);
	} else if (base) {
		emit_stop_if(b, ABI_X32_BIT | SYS_clone);
		emit_stop_if(b, ABI_X32_BIT | SYS_clone3);
		emit_stop_if(b, ABI_X32_BIT | SYS_prctl);
		emit_stop_if(b, ABI_X32_BIT | SYS_seccomp);
		emit_stop_if(b, ABI_X32_BIT | SYS_sched_setaffinity);
		emit_stop_if(b, ABI_X32_BIT | SYS_sched_getaffinity);
	}
	emit_pass(b);
}

size_t filter_compile(const struct call_set *set, bool base, struct sock_filter *prog)
{
	struct range ranges[TGT_MAX_NR];
	struct builder b = { prog, 0 };
	size_t n = 0, jump;

	for (u32 nr = 0; nr < TGT_MAX_NR; nr++) {
		enum verdict v = base ? base_verdict(nr) : PASS;

		if (set->nr[nr / 64] >> (nr % 64) & 1)
			v = STOP;
		if (n && ranges[n - 1].verdict == v)
			continue;
		ranges[n++] = (struct range){ nr, v };
	}
	emit_load(&b, offsetof(struct seccomp_data, arch));
	emit(&b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	jump = b.n;
	emit(&b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_load(&b, offsetof(struct seccomp_data, nr));
	emit(&b, BPF_JMP | BPF_JGE | BPF_K, TGT_MAX_NR, 1, 0);
	emit(&b, BPF_JMP | BPF_JA, 0, 0, 0);
	size_t known = b.n - 1;
	emit_others(&b, set, base, false);
	b.at[known].k = (u32)(b.n - known - 1);
	emit_tree(&b, ranges, n);
	b.at[jump].k = (u32)(b.n - jump - 1);
	emit_load(&b, offsetof(struct seccomp_data, nr));
	emit_others(&b, set, base, true);
	return b.n;
}

bool filter_passes(const struct call *c)
{
	return c->abi == ABI_X86_64 && c->nr < TGT_MAX_NR && base_verdict((u32)c->nr) == PASS;
}

/* seccomp(2) and prctl(PR_SET_SECCOMP) that install a filter or strict mode. */
bool filter_own_call(const struct call *c, u64 arg0)
{
	u64 nr = c->nr & ~(u64)ABI_X32_BIT;
	bool i386 = c->abi == ABI_I386;

	if (nr == (i386 ? NR_I386_PRCTL : SYS_prctl))
		return (u32)arg0 == PR_SET_SECCOMP;
	if (nr == (i386 ? NR_I386_SECCOMP : SYS_seccomp))
		return (u32)arg0 <= SECCOMP_SET_MODE_FILTER;
	return false;
}

bool filter_clone_call(const struct call *c, bool *flags_in_memory)
{
	u64 nr = c->nr & ~(u64)ABI_X32_BIT;

	*flags_in_memory = nr == SYS_clone3; /* one number in all ABIs */
	return *flags_in_memory || nr == (c->abi == ABI_I386 ? NR_I386_CLONE : SYS_clone);
}

bool filter_affinity_call(const struct call *c)
{
	u64 nr = c->nr & ~(u64)ABI_X32_BIT;

	if (c->abi == ABI_I386)
		return nr == NR_I386_SCHED_SETAFFINITY || nr == NR_I386_SCHED_GETAFFINITY;
	return nr == SYS_sched_setaffinity || nr == SYS_sched_getaffinity;
}
