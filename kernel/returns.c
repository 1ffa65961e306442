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
#include "returns.h"

u64 hv_marks[1 << HV_MARK_BITS];
u64 hv_rounds __read_mostly;

void hv_returns_begin(void)
{
	if (!(hv_rounds & 1))
		WRITE_ONCE(hv_rounds, hv_rounds + 1);
}

void hv_returns_end(void)
{
	if (hv_rounds & 1)
		WRITE_ONCE(hv_rounds, hv_rounds + 1);
}
