/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * end.c - the end of debuggees, and of the target: what was launched dies, what was attached
 * lives on. No task may be left stopped, and nobody else's child waited for in vain.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

int proc_kill(struct target *t, u32 pid)
{
	struct proc_target *p = proc_of(t);
	struct process *proc = process_find(p, pid);
	struct tgt_thread *th;
	int status;
	pid_t got;

	if (!proc)
		return proc_fail(p, -ESRCH, "process %u is not being debugged", pid);
	th = thread_find(p, pid);
	if (th && th->state == TH_QUEUED && !WIFSTOPPED(th->status))
		return 0; /* it has ended; its number may be another's by now */
	if (kill((pid_t)pid, SIGKILL) && errno != ESRCH)
		return proc_fail(p, -errno, "process %u cannot be killed: %s", pid,
				 strerror(errno));
	/* Its end is reported by wait(), even while all others are halted. */
	while ((th = thread_find(p, pid)) && th->proc == proc) {
		got = wait_any(&status, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		th = thread_find(p, (u32)got);
		if (!th)
			wait_unknown(p, (u32)got, status);
		else if (th->proc || !WIFSTOPPED(status))
			thread_queue(p, th, status);
		else
			thread_set(p, th, TH_HELD);
		if (got == (pid_t)pid && !WIFSTOPPED(status))
			break;
	}
	return 0;
}

static bool leaders_left(const struct proc_target *p)
{
	for (const struct tgt_thread *th = p->threads; th; th = th->next)
		if (th->proc && th->proc->pid == th->tid)
			return true;
	return false;
}

/* Of an attached process: a thread of one that was let go, or its child. */
static bool of_attached(const struct proc_target *p, u32 tid)
{
	struct task_status st;
	unsigned n = p->nlet_go < LET_GO ? p->nlet_go : LET_GO;

	if (!p->ever_launched)
		return true;
	if (!p->ever_attached || !procfs_status(tid, &st))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (p->let_go[i] == st.tgid || p->let_go[i] == st.ppid)
			return true;
	return false;
}

/* Stopped newborns that no event has told of. */
static void end_newborn(struct proc_target *p, struct tgt_thread *th)
{
	if (th->proc ? th->proc->launched : !of_attached(p, th->tid)) {
		kill((pid_t)th->tid, SIGKILL);
		return;
	}
	ptrace(PTRACE_DETACH, th->tid, 0, 0);
	thread_remove(p, th);
}

static void reap(struct proc_target *p, pid_t pid, int status)
{
	struct tgt_thread *th = thread_find(p, (u32)pid);

	if (!th)
		th = wait_unknown(p, (u32)pid, status);
	if (th && WIFSTOPPED(status))
		end_newborn(p, th);
	else if (th)
		thread_remove(p, th);
}

/* A leader's status comes after those of all its threads, whoever they are. */
static void kill_launched(struct proc_target *p)
{
	int status;
	pid_t pid;

	for (struct process *proc = p->procs; proc; proc = proc->next)
		kill((pid_t)proc->pid, SIGKILL);
	for (struct tgt_thread *th = p->threads, *next; th; th = next) {
		next = th->next;
		if (th->state == TH_QUEUED && !WIFSTOPPED(th->status))
			thread_remove(p, th); /* reaped already */
	}
	while (leaders_left(p)) {
		pid = wait_any(&status, 0);
		if (pid > 0)
			reap(p, pid, status);
		else if (errno != EINTR)
			break;
	}
}

static bool newborns_left(const struct proc_target *p)
{
	for (const struct tgt_thread *th = p->threads; th; th = th->next)
		if (!th->proc)
			return true;
	return false;
}

/* Tasks born in the last moment wait for a tracer that is about to go. */
static void sweep(struct proc_target *p, int ms)
{
	int status;
	pid_t pid;

	for (struct tgt_thread *th = p->threads, *next; th; th = next) {
		next = th->next;
		if (!th->proc && th->state == TH_HELD)
			end_newborn(p, th);
	}
	for (int i = 0; i < ms || (i < 1000 && newborns_left(p)); i++) {
		while ((pid = wait_any(&status, WNOHANG)) > 0)
			reap(p, pid, status);
		if (pid)
			break; /* no child at all */
		usleep(1000);
	}
}

/* An attached process with threads that have not been told to go yet. */
static struct process *attached_left(const struct proc_target *p)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next)
		if (th->proc && !th->proc->launched && !th->detaching)
			return th->proc;
	return NULL;
}

void proc_free(struct target *t)
{
	struct proc_target *p = proc_of(t);
	struct process *proc;
	int patience;

	place_release(p);
	if (p->breakpoints) {
		/* Before the first goes: what one shares with another must be clean in both. */
		p->halted = true;
		halt_threads(p, NULL);
		for (proc = p->procs; proc; proc = proc->next)
			if (!proc->launched)
				bp_let_go(p, proc);
		bp_forget_all(p); /* the others are killed with theirs */
	}
	while ((proc = attached_left(p))) {
		p->let_go[p->nlet_go++ % LET_GO] = proc->pid;
		attach_undo(p, proc);
	}
	for (struct tgt_thread *th = p->threads, *next; th; th = next) {
		next = th->next;
		if (th->detaching)
			thread_remove(p, th); /* our end lets it go */
	}
	/* On a busy machine a newborn of a killed tree takes its time to its first stop. */
	patience = p->threads ? 20 : 3;
	kill_launched(p);
	sweep(p, patience);
	while (p->threads)
		thread_remove(p, p->threads);
	while (p->procs)
		process_remove(p, p->procs);
	wake_end(p);
	free(p->dead);
	free(p);
}
