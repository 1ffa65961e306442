/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - what waitpid says, turned into stops: births, exec, ends, group-stops. System
 * calls and signals are in calls.c.
 *
 * A stop that nobody asked for ends here: the thread runs on and nothing is reported.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* __WNOTHREAD: children that other threads of ours have started are none of our business. */
pid_t wait_any(int *status, int flags)
{
	return (pid_t)syscall(SYS_wait4, -1, status, __WALL | __WNOTHREAD | flags, NULL);
}

/* --- reports --- */

static void stop_fill(const struct tgt_thread *th, enum tgt_stop_kind kind, struct tgt_stop *stop)
{
	stop->kind = kind;
	stop->thread = (struct tgt_thread *)th;
	stop->pid = th->proc ? th->proc->pid : th->tid;
	stop->tid = th->tid;
	if (kind != TGT_STOP_ENTER && kind != TGT_STOP_EXIT && kind != TGT_STOP_STEP)
		return;
	stop->abi = th->call.abi;
	stop->nr = th->call.nr;
	stop->skipped = false;
	stop->ip = th->info.instruction_pointer;
	stop->sp = th->info.stack_pointer;
	if (kind == TGT_STOP_STEP)
		return;
	if (kind == TGT_STOP_ENTER)
		memcpy(stop->arg, th->info.entry.args, sizeof(stop->arg));
	else
		stop->ret = th->info.exit.rval;
}

bool stop_report(struct proc_target *p, struct tgt_thread *th, enum tgt_stop_kind kind,
		 struct tgt_stop *stop)
{
	thread_set(p, th, TH_REPORTED);
	stop_fill(th, kind, stop);
	p->stops++;
	return true;
}

bool stop_quiet(struct proc_target *p, struct tgt_thread *th)
{
	p->quiet_stops++;
	thread_run(p, th, 0);
	return false;
}

/* --- births --- */

/* A child made between two filters may have fewer than its parent has by now. */
static void check_filters(struct proc_target *p, struct process *proc, const struct task_status *st)
{
	u32 ours = st->filters > p->base_filters ? st->filters - p->base_filters : 0;

	if (!proc->use_filter || proc->own_filter || ours == proc->nfilters)
		return;
	if (ours > proc->nfilters) {
		proc->own_filter = true;
	} else {
		proc->nfilters = ours;
		memset(&proc->installed, 0, sizeof(proc->installed));
	}
	process_update(p, proc);
}

/*
 * The parent has ended before it could tell. With trees of both kinds, filters of ours mark
 * a launched one; else it is taken for attached, and the kernel still knows better: a
 * launched one has inherited PTRACE_O_EXITKILL.
 */
static bool orphan_launched(const struct proc_target *p, const struct task_status *st)
{
	const struct process *proc = process_find(p, st->tgid) ?: process_find(p, st->ppid);

	if (proc)
		return proc->launched;
	return p->ever_launched && (!p->ever_attached || st->filters > p->base_filters);
}

/* Any process of the right kind stands in for the parent. */
static const struct process *orphan_parent(const struct proc_target *p,
					   const struct task_status *st)
{
	bool launched = orphan_launched(p, st);
	const struct process *proc = process_find(p, st->ppid) ?: p->procs;

	while (proc && proc->launched != launched)
		proc = proc->next;
	return proc;
}

/* It is on its way there: a newborn stops before its first instruction. */
static void first_stop(struct proc_target *p, struct tgt_thread *th)
{
	int status;
	pid_t pid;

	while ((pid = waitpid((pid_t)th->tid, &status, __WALL)) < 0 && errno == EINTR)
		;
	if (pid > 0)
		halt_collect(p, th->proc, pid, status);
}

/* Give the thread @tid its process. @parent: who made it; NULL: not known. */
static void adopt(struct proc_target *p, u32 tid, const struct tgt_thread *parent)
{
	struct tgt_thread *th = thread_find(p, tid);
	struct task_status st;
	struct process *proc;

	if ((th && th->proc) || !procfs_status(tid, &st))
		return;
	if (!th)
		th = thread_add(p, NULL, tid);
	proc = process_find(p, st.tgid);
	if (th && !proc) {
		bool launched = parent ? parent->proc->launched : orphan_launched(p, &st);

		proc = process_add(p, st.tgid, parent ? parent->proc : orphan_parent(p, &st));
		if (proc) {
			proc->launched = launched;
			proc->held = p->hold_born;
			space_born(p, proc, parent);
			if (launched && !proc->use_filter && st.filters > p->base_filters)
				proc->nfilters = st.filters - p->base_filters;
			check_filters(p, proc, &st);
		}
	}
	if (!th || !proc) {
		kill((pid_t)tid, SIGKILL); /* out of memory: a task that nobody would run on */
		return;
	}
	th->proc = proc;
	proc->nthreads++;
	if (parent)
		place_birth(p, parent, tid);
	if (proc->held && th->state != TH_HELD)
		first_stop(p, th);
	if (th->state != TH_HELD)
		return;
	if (p->halted || proc->held)
		th->halted = true;
	else
		stop_quiet(p, th);
}

/*
 * Is its maker still to tell of it? A thread that can must be in its table, and not be stopped
 * at anything else. Before any end, an unknown parent is the maker's: CLONE_PARENT.
 */
static bool will_be_told(const struct proc_target *p, const struct tgt_thread *newborn)
{
	struct task_status st;
	const struct tgt_thread *th = p->threads;

	if (!p->any_end || !procfs_status(newborn->tid, &st))
		return true;
	while (th && (!th->proc || (th->proc->pid != st.tgid && th->proc->pid != st.ppid) ||
		      (!can_report(th->state) && !is_birth(th))))
		th = th->next;
	return th != NULL;
}

/* Newborns whose parent died before its event came would wait for ever. */
static void adopt_orphans(struct proc_target *p, bool all)
{
	p->newborn = false;
	for (struct tgt_thread *th = p->threads, *next; th; th = next) {
		next = th->next;
		if (!th->proc && th->state == TH_HELD && (all || !will_be_told(p, th)))
			adopt(p, th->tid, NULL);
	}
}

/*
 * With no thread known, does the kernel know one? What a fork makes is traced before its
 * parent can be killed, and cannot be told of by one that was. With __WCLONE, wait(2) overlooks
 * children that are not traced, unless clone(2) made them without SIGCHLD: /proc tells of those.
 */
static bool orphan_left(struct proc_target *p)
{
	siginfo_t info;

	return p->any_end && session_alone(p) &&
	       !waitid(P_ALL, 0, &info,
		       WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WCLONE | __WNOTHREAD) &&
	       procfs_traces((u32)p->tracer);
}

/* The first status of a task that is not in the table. NULL: it is not ours, or has ended. */
struct tgt_thread *wait_unknown(struct proc_target *p, u32 tid, int status)
{
	struct tgt_thread *th;

	if (!WIFSTOPPED(status)) {
		stray_keep((pid_t)tid, status);
		return NULL;
	}
	th = thread_add(p, NULL, tid);
	if (!th) {
		kill((pid_t)tid, SIGKILL);
		return NULL;
	}
	th->at = STOP_TRAP;
	thread_set(p, th, TH_HELD);
	p->newborn = true;
	return th;
}

struct tgt_thread *wait_birth(struct proc_target *p, struct tgt_thread *th)
{
	unsigned long tid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, th->tid, 0, &tid) || !tid)
		return NULL;
	adopt(p, (u32)tid, th);
	return thread_find(p, (u32)tid);
}

static bool birth(struct proc_target *p, struct tgt_thread *th, int event, struct tgt_stop *stop)
{
	struct tgt_thread *child;

	th->at = STOP_EVENT;
	th->vforking = event == PTRACE_EVENT_VFORK;
	child = wait_birth(p, th);
	if (!child)
		return stop_quiet(p, th); /* it has ended already, or we have */
	stop->child_tid = child->tid;
	stop->child_pid = child->proc ? child->proc->pid : child->tid;
	return stop_report(p, th, TGT_STOP_NEW_TASK, stop);
}

/* --- exec --- */

/*
 * The thread that called execve has taken the process id as its own; all others, the old
 * leader among them, are gone, some without a word (ptrace(2), "execve under ptrace").
 */
static bool exec(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	struct process *proc = th->proc;
	unsigned long old = 0;

	if (!ptrace(PTRACE_GETEVENTMSG, th->tid, 0, &old) && old && old != th->tid) {
		struct tgt_thread *caller = thread_find(p, (u32)old);

		if (caller && caller->proc == proc) {
			u32 pid = th->tid;

			thread_remove(p, th);
			thread_rekey(p, caller, pid);
			th = caller;
			thread_set(p, th, TH_HELD);
		}
	}
	for (struct tgt_thread *o = p->threads, *next; o; o = next) {
		next = o->next;
		if (o->proc == proc && o != th) {
			thread_remove(p, o);
			p->any_end = p->newborn = true; /* it may have been in a fork */
		}
	}
	mem_close(proc);
	space_exec(p, proc);
	proc->reg_turn = th->reg_turn = 0;
	th->told_at = th->again_at = 0;
	proc->syscall_insn = 0;
	th->restart_state = RESTART_NONE;
	args_forget(th);
	th->at = STOP_EVENT;
	stop->child_tid = old ? (u32)old : th->tid;
	return stop_report(p, th, TGT_STOP_EXEC, stop);
}

/* --- ends --- */

static bool ended(struct proc_target *p, struct tgt_thread *th, int status, struct tgt_stop *stop)
{
	struct process *proc = th->proc;
	bool whole = proc && th->tid == proc->pid;

	stop_fill(th, whole ? TGT_STOP_PROCESS_END : TGT_STOP_TASK_END, stop);
	stop->status = status;
	if (whole) {
		for (struct tgt_thread *o = p->threads, *next; o; o = next) {
			next = o->next;
			if (o->proc == proc && o != th)
				thread_remove(p, o);
		}
	}
	thread_remove(p, th);
	p->any_end = true;
	adopt_orphans(p, true);
	if (!proc)
		return false;
	p->stops++;
	return true;
}

/* --- dispatch --- */

/* SIGTRAP: interrupted by us, or woken from a group-stop by SIGCONT. Else a group-stop. */
static bool event_stop(struct proc_target *p, struct tgt_thread *th, int sig, bool listening)
{
	th->at = sig == SIGTRAP ? STOP_TRAP : STOP_GROUP;
	call_interrupted(p, th, sig == SIGTRAP && !listening ? 0 : CALL_GROUP_STOP);
	return stop_quiet(p, th);
}

/* A thread on its way out has made another task: that one goes too. */
static void detach_newborn(struct proc_target *p, const struct tgt_thread *th, int event)
{
	struct tgt_thread *child;
	unsigned long tid = 0;

	if ((event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK &&
	     event != PTRACE_EVENT_CLONE) ||
	    ptrace(PTRACE_GETEVENTMSG, th->tid, 0, &tid) || !tid)
		return;
	child = thread_find(p, (u32)tid) ?: thread_add(p, NULL, (u32)tid);
	if (!child || child->proc)
		return;
	if (th->proc)
		space_clean(child->tid, th->proc->space);
	child->detaching = true; /* at its first stop */
	if (child->state != TH_HELD)
		return;
	ptrace(PTRACE_DETACH, child->tid, 0, 0);
	thread_remove(p, child);
}

/* True: @stop is to be reported. Else the thread has been seen to. */
bool wait_dispatch(struct proc_target *p, struct tgt_thread *th, int status, struct tgt_stop *stop)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	bool listening = th->state == TH_LISTENING;

	if (!WIFSTOPPED(status))
		return ended(p, th, status, stop);
	thread_set(p, th, TH_HELD);
	th->interrupted = false; /* any stop uses up what PTRACE_INTERRUPT asked for */
	if (th->detaching) {
		detach_newborn(p, th, event);
		debugreg_clear(th);
		ptrace(PTRACE_DETACH, th->tid, 0, event || sig == (SIGTRAP | 0x80) ? 0 : (long)sig);
		thread_remove(p, th);
		return false;
	}
	if (!th->proc)
		return false; /* newborn: until its parent's event */
	switch (event) {
	case 0:
		if (sig != (SIGTRAP | 0x80))
			return call_signal(p, th, sig, stop);
		/* fall through */
	case PTRACE_EVENT_SECCOMP:
		return call_stop(p, th, stop);
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		return birth(p, th, event, stop);
	case PTRACE_EVENT_EXEC:
		return exec(p, th, stop);
	case PTRACE_EVENT_STOP:
		return event_stop(p, th, sig, listening);
	case PTRACE_EVENT_VFORK_DONE:
		th->vforking = false;
		/* fall through */
	default:
		th->at = STOP_EVENT;
		return stop_quiet(p, th);
	}
}

static bool stays(const struct proc_target *p, const struct tgt_thread *th)
{
	return (p->halted || (th->proc && th->proc->held)) && !th->step;
}

/* While halted, only ends and what a step leads to are reported; the rest waits for resume_all(). */
static struct tgt_thread *queued(const struct proc_target *p)
{
	struct tgt_thread *th = p->qhead;

	while (th && WIFSTOPPED(th->status) && stays(p, th))
		th = th->qnext;
	return th;
}

/* Nothing runs: all is halted, or held and nothing reported. */
static bool all_halted(const struct proc_target *p)
{
	bool held = p->halted;

	for (const struct process *proc = p->procs; proc && !held; proc = proc->next)
		held = proc->held;
	return held;
}

/* A vfork parent cannot be stopped; it cannot go on either while its child is halted. */
static bool none_runs(const struct proc_target *p)
{
	const struct tgt_thread *th = p->threads;

	if (!p->nrunning)
		return true;
	while (th && (!can_report(th->state) || th->vforking))
		th = th->next;
	return !th;
}

static void arm_timer(struct proc_target *p, int timeout_ms)
{
	u32 first = timeout_ms > 0 ? (u32)timeout_ms : 0, every = first ? 1 : 0;

	if (p->place.pinned) {
		first = first && first < 20 ? first : 20;
		every = 20;
	}
	if (timeout_ms > 0 || first != p->timer_first)
		wake_arm(p, first, every);
}

/* Every tracee has vanished without a status: nothing more will come. */
static void forget_all(struct proc_target *p)
{
	while (p->threads)
		thread_remove(p, p->threads);
}

static int no_child(struct proc_target *p, struct tgt_stop *stop)
{
	if (errno == ECHILD)
		forget_all(p);
	else if (errno != EINTR)
		return proc_fail(p, -errno, "waiting for the debuggee: %s", strerror(errno));
	if (p->place.pinned)
		place_tick(p);
	return 0;
}

int proc_wait(struct target *t, struct tgt_stop *stop, int timeout_ms)
{
	struct proc_target *p = proc_of(t);
	u64 deadline = timeout_ms > 0 ? clock_ns() + (u64)timeout_ms * 1000000 : 0;
	struct tgt_thread *th;
	int status, err;
	pid_t pid;

	stop->kind = TGT_STOP_NONE;
	stop->thread = NULL;
	if (ENG_UNLIKELY(timeout_ms > 0 || p->place.pinned || p->timer_first))
		arm_timer(p, timeout_ms);
	for (;;) {
		if (ENG_UNLIKELY(is_woken(p))) {
			__atomic_store_n(&p->woken, false, __ATOMIC_RELAXED);
			p->timer_first = 1;
			wake_arm(p, 0, 0);
			return 0;
		}
		if (ENG_UNLIKELY((th = queued(p)) != NULL)) {
			status = th->status;
			if (th->is_told) {
				th->is_told = false;
				if (th->told.kind == TGT_STOP_STEP)
					th->step = STEP_NONE;
				thread_set(p, th, TH_REPORTED);
				*stop = th->told;
				return 0;
			}
			if (wait_dispatch(p, th, status, stop))
				return 0;
			continue;
		}
		if (ENG_UNLIKELY(p->newborn))
			adopt_orphans(p, false);
		if (ENG_UNLIKELY(!p->nrunning || p->halted) && none_runs(p) &&
		    (p->threads || !orphan_left(p))) {
			stop->kind = all_halted(p) ? TGT_STOP_HALTED : TGT_STOP_NONE;
			if (!p->threads)
				stop->kind = TGT_STOP_ALL_GONE;
			return 0;
		}
		pid = wait_any(&status, timeout_ms ? 0 : WNOHANG);
		if (pid > 0) {
			th = thread_find(p, (u32)pid);
			if (!th)
				wait_unknown(p, (u32)pid, status);
			else if (ENG_UNLIKELY(th->proc && th->proc->held && th->interrupted))
				halt_collect(p, th->proc, pid, status);
			else if (wait_dispatch(p, th, status, stop))
				return 0;
			continue;
		}
		if (!pid)
			return 0;
		err = no_child(p, stop);
		if (err)
			return err;
		if (deadline && !is_woken(p) && clock_ns() >= deadline)
			return 0;
	}
}
