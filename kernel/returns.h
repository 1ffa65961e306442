/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * returns.h - system calls that came back by another way than SYSRET: after a signal, exec,
 * sigreturn, ptrace the kernel returns by IRET, which nobody intercepts.
 *
 * In the host: a thread's SYSCALL leaves a mark, its SYSRET takes it away; a SYSCALL that finds
 * the thread's mark still there tells that the call before came back otherwise, and is counted
 * then, on the CPU where it was found.
 */
#ifndef LSTAR_RETURNS_H
#define LSTAR_RETURNS_H

#include <linux/sched.h>

#include "hv.h"

/* Guest. Counting is on between them: all CPUs are armed already, and are armed still. */
void hv_returns_begin(void);
void hv_returns_end(void);

/* returns.c; only the functions below look into them */
#define HV_MARK_BITS 13
extern u64 hv_marks[1 << HV_MARK_BITS];
extern u64 hv_rounds; /* odd: counting */

#define HV_GOLDEN 0x9e3779b97f4a7c15ULL

static __always_inline u64 *hv_mark_place(void)
{
	return &hv_marks[(u64)current * HV_GOLDEN >> (64 - HV_MARK_BITS)];
}

static __always_inline u64 hv_mark(u64 round)
{
	return ((u64)current ^ current->start_time << 1 ^ round << 48) * HV_GOLDEN | 1;
}

/*
 * Host, at an emulated SYSCALL and SYSRET of `current`. Inline: they are in the way of every
 * event.
 */
static __always_inline void hv_returns_syscall(struct hv_cpu *c)
{
	u64 round = READ_ONCE(hv_rounds);
	u64 *p, m;

	if (!(round & 1))
		return;
	p = hv_mark_place();
	m = hv_mark(round);
	if (unlikely(READ_ONCE(*p) == m))
		c->returns_other++;
	else
		WRITE_ONCE(*p, m);
}

static __always_inline void hv_returns_sysret(void)
{
	u64 round = READ_ONCE(hv_rounds);
	u64 *p;

	if (!(round & 1))
		return;
	p = hv_mark_place();
	if (likely(READ_ONCE(*p) == hv_mark(round)))
		WRITE_ONCE(*p, 0);
}

#endif
