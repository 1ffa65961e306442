/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * halt.c - stop all threads, or those of one process, with PTRACE_INTERRUPT and collect them.
 * What else they report on the way is kept in the queue, in order, for wait().
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "process.h"

#define TICK_MS 2
#define PATIENCE 5 /* ticks before a thread's state is looked at */

/* A zombie leader, or a thread that sleeps uninterruptibly, cannot be made to stop now. */
static bool cannot_stop(const struct tgt_thread *th)
{
	struct task_status st;

	return th->vforking || !procfs_status(th->tid, &st) || strchr("DZX", st.state);
}

static bool wanted(const struct tgt_thread *th, const struct process *proc)
{
	return can_report(th->state) && th->proc && (!proc || th->proc == proc) && th->interrupted;
}

static bool all_stopped(const struct proc_target *p, const struct process *proc, bool look)
{
	for (const struct tgt_thread *th = p->threads; th; th = th->next)
		if (wanted(th, proc) && !(th->vforking && proc) && !(look && cannot_stop(th)))
			return false;
	return true;
}

static void hold(struct proc_target *p, struct tgt_thread *th, int sig)
{
	bool listening = th->state == TH_LISTENING;

	thread_set(p, th, TH_HELD);
	th->interrupted = false;
	th->halted = true;
	th->at = sig == SIGTRAP ? STOP_TRAP : STOP_GROUP;
	call_interrupted(p, th, sig == SIGTRAP && !listening ? 0 : CALL_GROUP_STOP);
	bp_drain(p, th);
}

/* Stops of other processes than @proc, which are to run on, are left to wait(). */
void halt_collect(struct proc_target *p, const struct process *proc, pid_t pid, int status)
{
	struct tgt_thread *th = thread_find(p, (u32)pid);
	bool trap = WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP;
	bool meant = th && th->proc && (p->halted || !proc || th->proc == proc);

	if (!th)
		wait_unknown(p, (u32)pid, status);
	else if (!th->proc && WIFSTOPPED(status))
		thread_set(p, th, TH_HELD);
	else if (meant && trap)
		hold(p, th, WSTOPSIG(status));
	else if (!meant || !bp_queue(p, th, status))
		thread_queue(p, th, status);
}

static void interrupt(struct proc_target *p, struct process *proc)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		if (!can_report(th->state) || !th->proc || (proc && th->proc != proc) ||
		    th->interrupted)
			continue;
		th->interrupted = !ptrace(PTRACE_INTERRUPT, th->tid, 0, 0);
	}
}

void halt_threads(struct proc_target *p, struct process *proc)
{
	u32 ticks = 0;
	int status;
	pid_t pid;

	interrupt(p, proc);
	p->timer_first = 1;
	wake_arm(p, TICK_MS, TICK_MS);
	while (!all_stopped(p, proc, ticks >= PATIENCE)) {
		pid = wait_any(&status, 0);
		if (pid > 0)
			halt_collect(p, proc, pid, status);
		else if (errno != EINTR)
			break;
		else
			ticks++;
	}
	p->timer_first = 1;
	wake_arm(p, 0, 0);
	if (is_woken(p))
		wake_target(&p->base); /* its signals may have been ours */
}

int proc_halt(struct target *t)
{
	struct proc_target *p = proc_of(t);

	place_release(p);
	p->halted = true;
	halt_threads(p, NULL);
	for (struct tgt_thread *th = p->threads; th; th = th->next)
		if (th->step && !th->is_told)
			step_cut(p, th); /* it has not been told of by now */
	return 0;
}

int proc_hold(struct target *t, u32 pid, bool on)
{
	struct proc_target *p = proc_of(t);
	struct process *proc = process_find(p, pid);
	bool was = proc && proc->held;

	if (!proc)
		return proc_fail(p, -ESRCH, "process %u is not being debugged", pid);
	proc->held = on;
	if (!on || was)
		return 0;
	if (p->place.hot && p->place.hot->proc == proc)
		place_release(p);
	halt_threads(p, proc);
	return 0;
}

void proc_hold_born(struct target *t, bool on)
{
	proc_of(t)->hold_born = on;
}
