/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * start.c - setting the debuggee going: all of it, or one thread by one instruction; what
 * threads stand at while others run; what users want to be told of.
 *
 * What happens then is the loop's (run.c).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

static void show_text(struct dbg *d)
{
	if (d->fresh_con || d->fresh_out)
		dbg_show(d);
}

static int signal_of(const struct dbg_held *h)
{
	if (h->stop.kind != TGT_STOP_SIGNAL)
		return 0;
	return h->task ? h->task->signal : h->stop.signal;
}

int dbg_go_on(struct dbg *d, struct dbg_held *h, bool step)
{
	struct target *t = d->target;
	bool skip = h->stop.kind == TGT_STOP_ENTER && h->ctx.skip;
	int err;

	show_text(d);
	/* A thread that is gone by now (SIGKILL) is no failure: its end is reported next. */
	if (!step || h->stop.kind == TGT_STOP_SIGNAL)
		t->ops->resume(t, h->stop.thread, &h->ctx, skip, signal_of(h));
	err = step ? t->ops->step(t, h->stop.thread, &h->ctx, skip) : 0;
	if (err)
		return dbg_fail_target(d, err); /* it stands where it stood */
	h->valid = false;
	if (h->task) {
		dbg_task_remember(h->task, h);
		dbg_call_gone(d, h);
	}
	return 0;
}

/* What a thread stands at moves to the thread's own record: d->held is for the next stop. */
static int park(struct dbg *d)
{
	struct dbg_held *h = &d->held;
	struct lstar_thread *t = h->task;

	if (!h->valid || !t)
		return 0;
	t->parked = malloc(sizeof(*t->parked));
	if (!t->parked)
		return dbg_fail(d, -ENOMEM, "no memory to let a thread stand where it is");
	*t->parked = *h;
	t->at = t->parked;
	d->nparked++;
	h->valid = false;
	h->task = NULL;
	h->call = NULL;
	return 0;
}

/* And back. */
static void unpark(struct dbg *d, struct lstar_thread *t)
{
	d->held = *t->parked;
	t->at = &d->held;
	free(t->parked);
	t->parked = NULL;
	d->nparked--;
}

/* Handlers of the stop that have not run yet do. True: the thread stays; wait tells of it. */
static bool stays(struct dbg *d, struct lstar_thread *t, int *err)
{
	struct dbg_held *h = t->at;

	if (!dbg_call_advance(d, h))
		return false;
	if (h != &d->held) {
		*err = park(d);
		if (!*err)
			unpark(d, t);
	}
	d->again = true;
	return true;
}

/* True: some thread stays where it is, and nothing runs. */
static bool any_stays(struct dbg *d, int *err)
{
	if (d->held.valid && d->held.task && stays(d, d->held.task, err))
		return true;
	for (size_t i = 0; i < d->ntasks && d->nparked; i++) {
		struct lstar_thread *t = d->task[i];

		if (t->parked && !t->proc->held && stays(d, t, err))
			return true;
	}
	return false;
}

static void parked_go_on(struct dbg *d)
{
	for (size_t i = 0; i < d->ntasks && d->nparked; i++) {
		struct lstar_thread *t = d->task[i];
		struct dbg_held *h = t->parked;

		if (!h || t->proc->held)
			continue;
		dbg_go_on(d, h, false);
		free(h);
		t->parked = NULL;
		d->nparked--;
	}
}

/* Callbacks may have run: what is left to do before anything moves. */
static int prepare(struct dbg *d)
{
	int err;

	if (d->sweep)
		dbg_handlers_sweep(d);
	err = dbg_update_interest(d);
	if (err)
		return err;
	con_flush(d->con);
	dbg_terminal_theirs(d);
	return 0;
}

static int start(struct dbg *d)
{
	struct target *t = d->target;
	int err = 0;

	if (d->held.valid && d->held.task && d->held.task->proc->held)
		err = park(d);
	if (err || any_stays(d, &err))
		return err;
	err = prepare(d);
	if (err)
		return err;
	if (d->held.valid)
		dbg_go_on(d, &d->held, false);
	if (d->nparked)
		parked_go_on(d);
	err = t->ops->resume_all(t);
	if (err)
		return dbg_fail_target(d, err);
	d->running = true;
	return 0;
}

int dbg_not_in_callback(struct dbg *d, const char *what)
{
	if (!d->firing)
		return 0;
	return dbg_fail(d, -EBUSY,
			"%s is not allowed in a callback: return from it first; "
			"LSTAR_CB_STOP stops the debuggee here",
			what);
}

int dbg_no_debuggee(struct dbg *d)
{
	return dbg_fail(d, -ESRCH,
			"there is no debuggee: start one with '.start', or take one "
			"with '.attach'");
}

int dbg_no_processes(struct dbg *d)
{
	return dbg_fail(d, -EOPNOTSUPP, "the machine is never stopped and has nothing to wait for");
}

int dbg_continue(struct dbg *d)
{
	int err;

	if (dbg_can(d, TGT_WHOLE))
		return dbg_no_processes(d);
	if (!dbg_has_debuggee(d))
		return dbg_no_debuggee(d);
	err = dbg_not_in_callback(d, "letting the debuggee run");
	if (err || d->running || d->again)
		return err;
	return start(d);
}

int dbg_step(struct lstar_thread *t)
{
	struct dbg *d = t->d;
	struct target *target = d->target;
	struct dbg_held *h;
	int err = dbg_not_in_callback(d, "a step") ?: dbg_task_ready(t);

	if (!err && d->running)
		err = dbg_fail(d, -EBUSY, "the debuggee runs: wait for a stop before a step");
	if (!err && d->held.valid && d->held.task != t)
		err = park(d);
	if (err || (t->at && stays(d, t, &err)))
		return err;
	err = prepare(d);
	if (err)
		return err;
	h = t->at;
	if (h)
		err = dbg_go_on(d, h, true);
	else
		err = target->ops->step(target, dbg_thread(d, t->tid), NULL, false);
	if (err)
		return h ? err : dbg_fail_target(d, err);
	if (h && h == t->parked) {
		free(h);
		t->parked = NULL;
		d->nparked--;
	}
	d->running = true;
	d->stepping = t;
	return 0;
}

bool dbg_in_callback(const struct dbg *d)
{
	return d->firing;
}

int dbg_want_signal(struct dbg *d, int signal, bool want)
{
	u64 bit = 1ULL << ((unsigned)(signal - 1) & 63);

	if (dbg_can(d, TGT_WHOLE))
		return dbg_no_processes(d);
	if (signal < 1 || signal > 64)
		return dbg_fail(d, -EINVAL, "signals have numbers from 1 to 64, not %d", signal);
	if (signal == SIGKILL)
		return dbg_fail(d, -EINVAL, "SIGKILL stops for nobody");
	d->wanted_signals = want ? d->wanted_signals | bit : d->wanted_signals & ~bit;
	d->target->ops->signals(d->target, d->wanted_signals);
	return 0;
}

int dbg_set_signal(struct lstar_thread *t, int signal)
{
	int err = dbg_task_ready(t);

	if (err)
		return err;
	if (!t->at || t->at->stop.kind != TGT_STOP_SIGNAL)
		return dbg_fail(t->d, -EBUSY,
				"thread %u is not about to get a signal: that is so after "
				"LSTAR_STOP_SIGNAL",
				t->tid);
	if (signal < 0 || signal > 64)
		return dbg_fail(t->d, -EINVAL, "there is no signal %d", signal);
	t->signal = signal;
	return 0;
}

int dbg_want(struct dbg *d, unsigned reasons)
{
	unsigned known =
		1u << LSTAR_STOP_NEW_PROCESS | 1u << LSTAR_STOP_EXEC | 1u << LSTAR_STOP_ENDED;

	if (reasons & ~known)
		return dbg_fail(d, -EINVAL,
				"only 1 << LSTAR_STOP_NEW_PROCESS, 1 << LSTAR_STOP_EXEC and "
				"1 << LSTAR_STOP_ENDED are optional");
	d->wanted = reasons;
	if (!dbg_can(d, TGT_WHOLE))
		dbg_hold_births(d);
	return 0;
}
