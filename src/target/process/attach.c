/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach.c - take over running processes, and let them go.
 *
 * PTRACE_SEIZE, never PTRACE_ATTACH: no SIGSTOP that could be lost or left behind.
 */
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* --- why not --- */

static int ptrace_scope(void)
{
	char buf[16];

	if (!procfs_read("/proc/sys/kernel/yama/ptrace_scope", buf, sizeof(buf)))
		return -1;
	return atoi(buf);
}

static int already_traced(struct proc_target *p, u32 pid, u32 tracer)
{
	struct task_status st;

	if (tracer == (u32)getpid())
		return proc_fail(p, -EPERM,
				 "process %u is already traced by process %u, which is this one: "
				 "another session of this program; let it go there first",
				 pid, tracer);
	if (!procfs_status(tracer, &st))
		snprintf(st.name, sizeof(st.name), "outside this PID namespace");
	return proc_fail(p, -EPERM,
			 "process %u is already traced by process %u (%s): a process can "
			 "have one tracer only; end that one first",
			 pid, tracer, st.name);
}

static int not_permitted(struct proc_target *p, u32 pid, const struct task_status *st)
{
	struct passwd entry, *pw = NULL;
	char buf[1024];
	int scope = ptrace_scope();

	getpwuid_r(st->uid, &entry, buf, sizeof(buf), &pw);
	if (st->uid != geteuid() && geteuid())
		return proc_fail(p, -EPERM,
				 "process %u (%s) belongs to user %s (uid %u), we are uid "
				 "%u: run lstar as that user or with CAP_SYS_PTRACE",
				 pid, st->name, pw ? pw->pw_name : "unknown", st->uid,
				 (unsigned)geteuid());
	if (scope > 0)
		return proc_fail(p, -EPERM,
				 "process %u (%s) may not be attached to: "
				 "/proc/sys/kernel/yama/ptrace_scope is %d%s",
				 pid, st->name, scope,
				 scope == 3 ? " (no tracing at all, until reboot)"
					    : "; write 0 to it, or run lstar with CAP_SYS_PTRACE");
	return proc_fail(p, -EPERM,
			 "process %u (%s) may not be attached to: it has more rights than "
			 "we have, or is not dumpable (a setuid program); CAP_SYS_PTRACE is needed",
			 pid, st->name);
}

static bool descends_from(u32 pid, u32 ancestor)
{
	struct task_status st;

	for (int depth = 0; depth < 64 && pid > 1; depth++) {
		if (pid == ancestor)
			return true;
		if (!procfs_status(pid, &st))
			return false;
		pid = st.tracer ?: st.ppid;
	}
	return false;
}

/* Two debuggers that trace each other stop for ever. */
static bool traces_us(u32 pid)
{
	struct task_status st;

	return procfs_status((u32)getpid(), &st) && st.tracer && descends_from(st.tracer, pid);
}

static bool same_program(u32 pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	return !stat("/proc/self/exe", &ours) && !stat(path, &theirs) &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int check(struct proc_target *p, u32 *pid, struct task_status *st)
{
	if (!*pid || !procfs_status(*pid, st))
		return proc_fail(p, -ESRCH, "there is no process %u", *pid);
	if (st->tgid == (u32)getpid())
		return proc_fail(p, -EPERM,
				 "process %u is lstar itself: a process cannot trace "
				 "itself",
				 st->tgid);
	if (process_find(p, st->tgid))
		return proc_fail(p, -EEXIST, "process %u is already being debugged here", st->tgid);
	if (st->tracer)
		return already_traced(p, *pid, st->tracer);
	if (st->state == 'Z' || st->state == 'X')
		return proc_fail(p, -ESRCH,
				 "process %u (%s) has ended and waits for its parent to "
				 "notice (zombie)",
				 *pid, st->name);
	if (st->kernel_thread)
		return proc_fail(p, -EPERM,
				 "process %u (%s) is a kernel thread: it makes no system "
				 "calls and cannot be traced",
				 *pid, st->name);
	if (traces_us(st->tgid))
		return proc_fail(p, -EPERM,
				 "process %u (%s) is tracing lstar: tracing it back would "
				 "stop both for ever",
				 *pid, st->name);
	if (same_program(st->tgid))
		return proc_fail(p, -EPERM,
				 "process %u (%s) is another lstar: a stopped debugger would leave "
				 "its own debuggees stopped for ever",
				 *pid, st->name);
	*pid = st->tgid; /* a thread's id stands for its process */
	return 0;
}

/* --- attach --- */

/* Seize what is not ours yet. Number of new tasks, or a negative errno. */
static int seize_tasks(struct proc_target *p, struct process *proc)
{
	char path[64];
	struct dirent *de;
	int n = 0, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", proc->pid);
	dir = opendir(path);
	if (!dir)
		return -ESRCH;
	while (!err && (de = readdir(dir))) {
		u32 tid = (u32)strtoul(de->d_name, NULL, 10);
		struct tgt_thread *th;

		if (!tid || thread_find(p, tid))
			continue;
		if (ptrace(PTRACE_SEIZE, tid, 0, tracee_options(false))) {
			/* Ended meanwhile; or ours already, born of a seized thread. */
			struct task_status st;
			int why = errno;

			if (why == EPERM && procfs_status(tid, &st) && !st.tracer &&
			    st.state != 'Z' && st.state != 'X')
				err = -EPERM;
			else if (why != EPERM && why != ESRCH)
				err = -why;
			continue;
		}
		th = thread_add(p, proc, tid);
		if (!th) {
			err = -ENOMEM;
			break;
		}
		th->fresh = true;
		th->interrupted = !ptrace(PTRACE_INTERRUPT, tid, 0, 0);
		n++;
	}
	closedir(dir);
	return err ?: n;
}

int proc_attach(struct target *t, u32 pid)
{
	struct proc_target *p = proc_of(t);
	struct process *proc;
	struct task_status st;
	bool first = !p->threads;
	int err, n;

	err = check(p, &pid, &st) ?: proc_begin(p);
	if (err)
		return err;
	proc = process_add(p, pid, NULL);
	if (!proc)
		return proc_fail(p, -ENOMEM, "no memory for process %u", pid);
	proc->own_filter = st.seccomp != 0;
	p->ever_attached = true;
	while ((n = seize_tasks(p, proc)) > 0)
		;
	if (!n && !proc->nthreads)
		n = -ESRCH;
	if (n < 0) {
		if (proc->nthreads)
			attach_undo(p, proc);
		else
			process_remove(p, proc);
		if (n == -EPERM)
			return not_permitted(p, pid, &st);
		if (n == -ESRCH)
			return proc_fail(p, n, "process %u ended while it was being attached to",
					 pid);
		return proc_fail(p, n, "process %u cannot be attached to: %s", pid, strerror(-n));
	}
	halt_threads(p, proc);
	if (first)
		p->halted = true;
	return 0;
}

/* --- detach --- */

/* A signal in hand goes with the thread. */
static long signal_in_hand(const struct tgt_thread *th)
{
	if (th->held_signal)
		return th->held_signal;
	if (th->state == TH_QUEUED && th->is_told)
		return 0;
	if (th->state != TH_QUEUED || !WIFSTOPPED(th->status) || th->status >> 16)
		return 0;
	return WSTOPSIG(th->status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(th->status);
}

/* What is queued of a thread about its calls dies with our interest; restarts do not. */
static void settle(struct proc_target *p, struct tgt_thread *th)
{
	if (th->state != TH_QUEUED || !WIFSTOPPED(th->status) ||
	    WSTOPSIG(th->status) != (SIGTRAP | 0x80))
		return;
	th->at = STOP_EXIT;
	call_interrupted(p, th, 0);
}

bool is_birth(const struct tgt_thread *th)
{
	int event = th->status >> 16;

	return th->state == TH_QUEUED && WIFSTOPPED(th->status) &&
	       (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE);
}

/* Children whose birth is still in the queue. True: there was one, perhaps of this process. */
static bool take_births(struct proc_target *p, struct process *proc, bool run)
{
	bool any = false;

	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		struct tgt_thread *child;

		if (th->proc != proc || !is_birth(th))
			continue;
		any = true;
		child = wait_birth(p, th);
		thread_set(p, th, TH_HELD);
		if (child && child->proc && child->proc != proc && run && child->state == TH_HELD)
			thread_run(p, child, 0);
	}
	return any;
}

static void detach_threads(struct proc_target *p, struct process *proc)
{
	u32 left = proc->nthreads;

	for (struct tgt_thread *th = p->threads, *next; th && left; th = next) {
		next = th->next;
		if (th->proc != proc)
			continue;
		left--; /* the last one takes proc with it */
		if (can_report(th->state)) {
			th->detaching = true;
			continue;
		}
		settle(p, th);
		debugreg_clear(th);
		ptrace(PTRACE_DETACH, th->tid, 0, signal_in_hand(th));
		thread_remove(p, th);
	}
}

/* Threads that cannot be stopped now are let go at their next stop. */
void attach_undo(struct proc_target *p, struct process *proc)
{
	bool halted = p->halted;

	p->halted = true; /* adopted children are held */
	do {
		halt_threads(p, proc);
	} while (take_births(p, proc, !halted));
	bp_let_go(p, proc);
	p->halted = halted;
	detach_threads(p, proc);
}

int proc_detach(struct target *t, u32 pid)
{
	struct proc_target *p = proc_of(t);
	struct process *proc = process_find(p, pid);
	u32 other;

	if (!proc)
		return proc_fail(p, -ESRCH, "process %u is not being debugged", pid);
	if (proc->nfilters)
		return proc_fail(p, -EPERM,
				 "process %u cannot be let go: it has a seccomp filter of "
				 "lstar, which can never be removed and would make its calls fail "
				 "without a debugger; use 'settings filter off' before starting it",
				 pid);
	other = bp_sharing(p, proc);
	if (other)
		return proc_fail(p, -EPERM,
				 "process %u cannot be let go: it shares its memory with process "
				 "%u, which has breakpoints; remove those first",
				 pid, other);
	place_release(p);
	attach_undo(p, proc);
	return 0;
}
