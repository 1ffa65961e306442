/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote.h - system calls made in a stopped thread: begin, any number of calls, end.
 *
 * Between begin and end nobody else may touch the thread.
 */
#ifndef TARGET_PROCESS_REMOTE_H
#define TARGET_PROCESS_REMOTE_H

#include "process.h"

struct remote {
	struct proc_target *p;
	struct tgt_thread *th;
	bool others; /* the other threads go on meanwhile */
	int timeout_ms; /* of one call; 0: none */

	struct user_regs_struct saved; /* what the thread goes on with */
	u64 insn; /* address of a SYSCALL instruction */
	u64 mask; /* blocked: the thread's own set of blocked signals */
	siginfo_t held, queued; /* signals in hand; si_signo 0: none */
	int again; /* a signal that cannot be blocked and came as well */
	bool blocked, grouped, was_halted;
	bool entered; /* began at an entry: its call is made again afterwards */
	bool interrupted; /* a stop of ours ended the call */
	bool cancelled; /* ... because its time was over */
	bool trapped; /* a filter of the program's refused it with SIGSYS */
	bool lost; /* ended, or runs another program: nothing is left to restore */
	int status; /* lost: as from wait(2) */
	u64 deadline;
};

/* 0, or a negative errno with its text: then the thread is as before, or lost. */
int remote_begin(struct remote *r);
/* The result of the call; -EINTR also when it was not made, see lost. */
s64 remote_call(struct remote *r, u64 nr, const u64 arg[6]);
void remote_end(struct remote *r);

#endif
