/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resume.c - which request lets a thread run on, and the requests themselves.
 *
 * ESRCH is no error anywhere here: SIGKILL ends any stop, and waitpid will tell.
 */
#include <errno.h>
#include <string.h>

#include "process.h"

#ifndef PTRACE_LISTEN
#define PTRACE_LISTEN 0x4208
#endif

static enum __ptrace_request request(struct proc_target *p, struct tgt_thread *th)
{
	enum tracing mode = th->proc->mode;

	if (th->at == STOP_GROUP)
		return PTRACE_LISTEN;
	if (ENG_UNLIKELY(th->step))
		return step_request(p, th);
	/* Its exit stop must come, so that the next stop can be understood. */
	if (th->at == STOP_ENTRY || mode == TRACE_ALL || th->watch_exit)
		return PTRACE_SYSCALL;
	if (th->restart_state != RESTART_NONE) {
		if (mode != TRACE_NONE || th->args.changed)
			return PTRACE_SYSCALL;
		th->restart_state = RESTART_NONE;
	}
	if (th->inside && !th->skipped &&
	    (th->args.changed || (mode == TRACE_FILTER && wants_exit(p, &th->call))))
		return PTRACE_SYSCALL;
	th->inside = th->skipped = false;
	return PTRACE_CONT;
}

static int run(struct proc_target *p, struct tgt_thread *th, enum __ptrace_request req, int sig)
{
	th->halted = false;
	if (ENG_UNLIKELY(th->late))
		th->late = bp_due(th);
	if (ENG_UNLIKELY(th->told_at) && req != PTRACE_LISTEN)
		bp_expect(th);
	if (ptrace(req, th->tid, 0, (long)sig) && errno != ESRCH)
		return proc_fail(p, -errno, "thread %u cannot be resumed: %s", th->tid,
				 strerror(errno));
	thread_set(p, th, req == PTRACE_LISTEN ? TH_LISTENING : TH_RUNNING);
	return 0;
}

int thread_run(struct proc_target *p, struct tgt_thread *th, int sig)
{
	if (ENG_UNLIKELY(th->proc->want_filter)) {
		inject_filter(p, th);
		if (th->state == TH_QUEUED)
			return 0; /* something else happened to it meanwhile */
	}
	if (ENG_UNLIKELY(th->step) && step_over_now(p, th))
		return 0;
	if (ENG_UNLIKELY(th->held_signal && !sig)) {
		sig = th->held_signal;
		th->held_signal = 0;
		return call_deliver(p, th, sig);
	}
	if (ENG_UNLIKELY(th->reg_turn != th->proc->reg_turn))
		debugreg_load(th);
	if (ENG_UNLIKELY(th->told_at) && !sig && th->at != STOP_GROUP && bp_over(p, th))
		return 0;
	return run(p, th, request(p, th), sig);
}

int thread_step(struct proc_target *p, struct tgt_thread *th, int sig)
{
	return run(p, th, PTRACE_SINGLESTEP, sig);
}

int proc_resume(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip, int signal)
{
	struct proc_target *p = proc_of(t);
	int err = 0;

	if (th->state != TH_REPORTED || !th->proc)
		return 0; /* ended since, or not stopped by a report */
	if (ctx && (ctx->dirty || skip))
		err = regs_store(p, th, ctx, skip);
	if (th->at == STOP_SIGNAL) {
		th->held_signal = signal;
		signal = 0;
	}
	if ((p->halted || th->proc->held) && !th->step) {
		/* Not before resume_all(): the others must not be overtaken. */
		thread_set(p, th, TH_HELD);
		th->halted = true;
		return err;
	}
	return thread_run(p, th, signal) ?: err;
}

int proc_resume_all(struct target *t)
{
	struct proc_target *p = proc_of(t);
	int err = 0;

	p->halted = false;
	for (struct tgt_thread *th = p->threads, *next; th; th = next) {
		next = th->next;
		if (th->step && th->state != TH_RUNNING)
			step_cut(p, th);
		if (th->state == TH_HELD && th->proc && th->halted && !th->proc->held)
			err = thread_run(p, th, 0) ?: err;
	}
	return err;
}
