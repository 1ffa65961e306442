// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * returns.c - marks of threads that are in a system call, in a table that all CPUs share: a
 * thread may sleep in a call and leave it on another CPU. Changes nothing of the guest's, and
 * must never count a return that was a SYSRET.
 *
 * A mark is a number made of the thread, its birth and the round of counting, so that the mark
 * of a thread that died in a call, or of an earlier round, fits nobody. One place for one mark:
 * a thread whose mark was overwritten by another's is not counted. The number is therefore a
 * lower bound, and exact while the threads that are in calls have places of their own.
 */
#include <linux/sched.h>

#include "returns.h"

#define MARK_BITS 13
#define GOLDEN 0x9e3779b97f4a7c15ULL

static u64 marks[1 << MARK_BITS];
static u64 rounds; /* odd: counting */

void hv_returns_begin(void)
{
	if (!(rounds & 1))
		WRITE_ONCE(rounds, rounds + 1);
}

void hv_returns_end(void)
{
	if (rounds & 1)
		WRITE_ONCE(rounds, rounds + 1);
}

static u64 *place(void)
{
	return &marks[(u64)current * GOLDEN >> (64 - MARK_BITS)];
}

static u64 mark(u64 round)
{
	return ((u64)current ^ current->start_time << 1 ^ round << 48) * GOLDEN | 1;
}

void hv_returns_syscall(struct hv_cpu *c)
{
	u64 round = READ_ONCE(rounds);
	u64 *p = place(), m;

	if (!(round & 1))
		return;
	m = mark(round);
	if (READ_ONCE(*p) == m)
		c->returns_other++;
	else
		WRITE_ONCE(*p, m);
}

void hv_returns_sysret(void)
{
	u64 round = READ_ONCE(rounds);
	u64 *p = place();

	if ((round & 1) && READ_ONCE(*p) == mark(round))
		WRITE_ONCE(*p, 0);
}
