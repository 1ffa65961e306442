/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - the loop: a stop comes from the target, its events fire, the thread goes on
 * or everything halts. Nothing here may allocate, read /proc or format on a stop that
 * no event wants to be told about.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "debugger/session.h"

static void fire(struct dbg *d, enum eng_kind kind, enum eng_stage stage, struct dbg_held *h)
{
	bool had_break = h->ctx.brk;

	d->stats.fired += eng_fire(d->vm, d->kind[kind], (u32)d->nkind[kind], kind, stage, &h->ctx);
	if (h->ctx.brk && !had_break)
		h->stage = stage;
}

static void fire_enter(struct dbg *d, struct dbg_held *h)
{
	h->ctx.context = h->stop.nr;
	fire(d, ENG_EV_SYSCALL, ENG_PRE, h);
}

static void fire_exit(struct dbg *d, struct dbg_held *h)
{
	h->ctx.context = h->stop.nr;
	if (d->nkind[ENG_EV_SYSCALL])
		fire(d, ENG_EV_SYSCALL, ENG_POST, h);
	if (!d->nkind[ENG_EV_SYSRET])
		return;
	h->ctx.context = h->stop.ip;
	fire(d, ENG_EV_SYSRET, ENG_PRE, h);
	fire(d, ENG_EV_SYSRET, ENG_POST, h);
}

/* A system-call stop: returns true when the debuggee must halt at it. */
static bool call_stop(struct dbg *d, struct dbg_held *h)
{
	struct dbg_frame frame = { d, h->stop.thread };
	struct target *t = d->target;

	d->stats.stops++;
	t->ops->context(t, h->stop.thread, &h->ctx);
	h->ctx.abi = &abi_conventions[h->stop.abi];
	h->ctx.nr = h->stop.nr;
	h->ctx.pid = h->stop.pid;
	h->ctx.tid = h->stop.tid;
	h->ctx.target = &frame;
	if (h->stop.kind == TGT_STOP_ENTER)
		fire_enter(d, h);
	else if (!h->stop.skipped)
		fire_exit(d, h);
	h->ctx.target = NULL;
	if (d->nreq)
		dbg_requests_run(d);
	return h->ctx.brk;
}

static void finish_call(struct dbg *d, struct dbg_held *h)
{
	bool skip = h->stop.kind == TGT_STOP_ENTER && h->ctx.skip;

	h->valid = false;
	if (d->fresh_con || d->fresh_out)
		dbg_show(d);
	/* A thread that is gone by now (SIGKILL) is no failure: its end is reported next. */
	d->target->ops->resume(d->target, h->stop.thread, &h->ctx, skip, 0);
}

static int halt_all(struct dbg *d)
{
	struct target *t = d->target;
	int err = d->running ? t->ops->halt(t) : 0;

	if (d->running)
		dbg_terminal_ours(d, false);
	d->running = false;
	dbg_deliver(d);
	out_flush(d->outs);
	dbg_report_outputs(d);
	return err ? dbg_fail_target(d, err) : 0;
}

static int start(struct dbg *d)
{
	struct target *t = d->target;
	int err = dbg_update_interest(d);

	if (err)
		return err;
	con_flush(d->con);
	dbg_terminal_theirs(d);
	if (d->held.valid)
		finish_call(d, &d->held);
	err = t->ops->resume_all(t);
	if (err)
		return dbg_fail_target(d, err);
	d->running = true;
	return 0;
}

/* The last of the debuggee ended while it was being halted: what is left are its ends. */
static void collect_ends(struct dbg *d)
{
	struct tgt_stop s = { .kind = TGT_STOP_NONE };

	do {
		if (d->target->ops->wait(d->target, &s, 0))
			break;
		if (s.kind == TGT_STOP_PROCESS_END)
			dbg_root_ended(d, s.pid, s.status);
	} while (s.kind != TGT_STOP_ALL_GONE && s.kind != TGT_STOP_NONE &&
		 s.kind != TGT_STOP_HALTED);
	d->held.valid = false;
	d->current = 0;
}

/* Ends the loop: everything halts, @h (may be NULL) is kept for the prompt. */
static int stop_at(struct dbg *d, struct dbg_held *h, struct dbg_halt *halt, enum dbg_why why)
{
	halt->why = why;
	if (h) {
		h->valid = true;
		halt->event = h->ctx.brk_event;
		halt->stop = h->stop;
		halt->stage = h->stage;
		h->ctx.brk = false;
		d->current = h->stop.tid;
	}
	int err = halt_all(d);

	if (!dbg_has_debuggee(d)) {
		collect_ends(d);
		if (why != DBG_BREAK)
			halt->why = DBG_ENDED;
	}
	return err;
}

/* One stop. Returns true when the loop is over, with @err set. */
static bool one_stop(struct dbg *d, struct dbg_held *h, struct dbg_halt *halt, int *err)
{
	*err = 0;
	switch (h->stop.kind) {
	case TGT_STOP_ENTER:
	case TGT_STOP_EXIT:
		if (call_stop(d, h)) {
			*err = stop_at(d, h, halt, DBG_BREAK);
			return true;
		}
		finish_call(d, h);
		if (d->interest_stale && (*err = dbg_update_interest(d))) {
			halt->why = DBG_ERROR;
			halt_all(d);
			return true;
		}
		return false;
	case TGT_STOP_PROCESS_END:
		dbg_root_ended(d, h->stop.pid, h->stop.status);
		return false;
	case TGT_STOP_ALL_GONE:
		d->running = false;
		d->current = 0;
		halt->why = DBG_ENDED;
		dbg_terminal_ours(d, true);
		dbg_deliver(d);
		out_flush(d->outs);
		dbg_report_outputs(d);
		return true;
	case TGT_STOP_SIGNAL:
		d->target->ops->resume(d->target, h->stop.thread, NULL, false, h->stop.signal);
		return false;
	case TGT_STOP_NEW_TASK:
	case TGT_STOP_EXEC:
		d->target->ops->resume(d->target, h->stop.thread, NULL, false, 0);
		return false;
	default:
		return false;
	}
}

u64 dbg_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

int dbg_run_here(struct dbg *d, u64 until, struct dbg_halt *halt)
{
	struct target *t = d->target;
	struct dbg_held *h = &d->held;
	int err = start(d);

	if (err) {
		halt->why = DBG_ERROR;
		return err;
	}
	for (;;) {
		int wait = -1;

		if (d->interrupted) {
			d->interrupted = 0;
			return stop_at(d, NULL, halt, DBG_INTERRUPTED);
		}
		if (until) {
			u64 now = dbg_now_ms();

			if (now >= until)
				return stop_at(d, NULL, halt, DBG_TIMEOUT);
			wait = (int)(until - now);
		}
		err = t->ops->wait(t, &h->stop, wait);
		if (err) {
			halt->why = DBG_ERROR;
			halt_all(d);
			return dbg_fail_target(d, err);
		}
		if (one_stop(d, h, halt, &err))
			return err;
	}
}

int dbg_go(struct dbg *d, struct dbg_halt *halt)
{
	memset(halt, 0, sizeof(*halt));
	if (!dbg_has_debuggee(d)) {
		halt->why = DBG_ERROR;
		return dbg_fail(d, -ESRCH,
				"there is no debuggee: start one with '.start', or take one "
				"with '.attach'");
	}
	return d->home->run(d, 0, halt);
}

int dbg_go_while_armed(struct dbg *d, struct dbg_halt *halt)
{
	int err;

	d->while_armed = true;
	err = dbg_go(d, halt);
	d->while_armed = false;
	return err;
}

int dbg_run_for(struct dbg *d, u64 ms, struct dbg_halt *halt)
{
	struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	memset(halt, 0, sizeof(*halt));
	halt->why = DBG_TIMEOUT;
	if (dbg_has_debuggee(d))
		return d->home->run(d, dbg_now_ms() + ms, halt);
	if (nanosleep(&ts, NULL) && d->interrupted) {
		d->interrupted = 0;
		halt->why = DBG_INTERRUPTED;
	}
	return 0;
}

void dbg_keyboard(struct dbg *d, bool pass)
{
	d->target->ops->keyboard(d->target, pass);
}

void dbg_interrupt(struct dbg *d)
{
	d->interrupted = 1;
	d->target->ops->wake(d->target);
}
