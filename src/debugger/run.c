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

	if (!d->nkind[kind])
		return;
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
	fire(d, ENG_EV_SYSCALL, ENG_POST, h);
	if (!d->nkind[ENG_EV_SYSRET])
		return;
	h->ctx.context = h->stop.ip;
	fire(d, ENG_EV_SYSRET, ENG_PRE, h);
	fire(d, ENG_EV_SYSRET, ENG_POST, h);
}

/* A system-call stop. False: the thread goes on. Else *@reason says why it does not. */
static bool call_stop(struct dbg *d, struct dbg_held *h, enum lstar_reason *reason)
{
	struct dbg_frame frame = { d, h->stop.thread };
	struct target *t = d->target;
	bool stay = false;

	d->stats.stops++;
	t->ops->context(t, h->stop.thread, &h->ctx);
	h->ctx.abi = &abi_conventions[h->stop.abi];
	h->ctx.nr = h->stop.nr;
	h->ctx.pid = h->stop.pid;
	h->ctx.tid = h->stop.tid;
	h->ctx.target = &frame;
	h->task = NULL;
	h->call = NULL;
	h->kept = false;
	if (h->stop.kind == TGT_STOP_ENTER)
		fire_enter(d, h);
	else if (!h->stop.skipped)
		fire_exit(d, h);
	h->ctx.target = NULL;
	if (d->nreq)
		dbg_requests_run(d);
	if (d->nhandlers) {
		stay = dbg_call_stop(d, h);
		if (d->sweep)
			dbg_handlers_sweep(d);
	}
	*reason = LSTAR_STOP_EVENT;
	if (h->ctx.brk)
		return true;
	*reason = LSTAR_STOP_SYSCALL;
	if (stay && !h->call->looped)
		*reason = h->call->reason;
	if (stay || !h->task || !dbg_take_interrupt(d))
		return stay;
	/* A callback asked for it: the thread is to be found where that was. */
	*reason = LSTAR_STOP_INTERRUPT;
	return true;
}

static int halt_all(struct dbg *d)
{
	struct target *t = d->target;
	int err = d->running ? t->ops->halt(t) : 0;

	if (d->running)
		dbg_terminal_ours(d, false);
	d->running = false;
	d->stepping = NULL;
	dbg_over_end(d);
	dbg_deliver(d);
	out_flush(d->outs);
	dbg_report_outputs(d);
	return err ? dbg_fail_target(d, err) : 0;
}

int dbg_halt_now(struct dbg *d)
{
	return d->running ? halt_all(d) : 0;
}

/* --- what is told --- */

/* Fills in where the session is halted; 0, or -ELOOP with its text. */
static int tell(struct dbg *d, struct lstar_stop *s, enum lstar_reason reason)
{
	struct dbg_held *h = &d->held;

	s->reason = reason;
	s->thread = h->task;
	s->pid = h->stop.pid;
	s->event = reason == LSTAR_STOP_EVENT ? h->ctx.brk_event : 0;
	if (h->task)
		s->phase = dbg_call_phase(h->task);
	if (h->call && (reason == LSTAR_STOP_SYSCALL || reason == LSTAR_STOP_CALLBACK))
		s->handler = h->call->asked;
	h->ctx.brk = false;
	d->current = h->stop.tid;
	return h->call && h->call->looped ? -ELOOP : 0;
}

/* The session is to be halted at what is in d->held. */
static void hold_here(struct dbg *d)
{
	struct dbg_held *h = &d->held;
	struct target *t = d->target;

	h->valid = true;
	if (h->task && h->task->at == h)
		return;
	if (h->stop.kind != TGT_STOP_ENTER && h->stop.kind != TGT_STOP_EXIT) {
		t->ops->context(t, h->stop.thread, &h->ctx);
		h->call = NULL;
	}
	h->task = dbg_task_of(d, h->stop.pid, h->stop.tid);
	if (h->task)
		h->task->at = h;
}

/* An end, a birth or another program: the records follow. */
static void note(struct dbg *d, const struct tgt_stop *s)
{
	switch (s->kind) {
	case TGT_STOP_NEW_TASK:
		dbg_task_born(d, s);
		break;
	case TGT_STOP_EXEC:
		dbg_task_exec(d, s);
		break;
	case TGT_STOP_TASK_END:
		dbg_task_ended(d, s->tid);
		break;
	case TGT_STOP_PROCESS_END:
		dbg_root_ended(d, s->pid, s->status);
		dbg_process_gone(d, s->pid);
		break;
	default:
		break;
	}
}

/* The last of the debuggee ended while it was being halted: what is left are its ends. */
static void collect_ends(struct dbg *d)
{
	struct tgt_stop s = { .kind = TGT_STOP_NONE };

	do {
		if (d->target->ops->wait(d->target, &s, 0))
			break;
		note(d, &s);
	} while (s.kind != TGT_STOP_ALL_GONE && s.kind != TGT_STOP_NONE &&
		 s.kind != TGT_STOP_HALTED);
	d->held.valid = false;
	d->current = 0;
}

/* Its registers are kept, should it end without being looked at again. */
static void remember(struct dbg *d)
{
	struct dbg_held *h = &d->held;
	struct target *t = d->target;

	if (!h->valid || !h->task || !t->ops->load_regs(t, h->stop.thread, &h->ctx, ENG_REGS_USER))
		return;
	dbg_task_remember(h->task, h);
	dbg_call_look(h->task);
}

/* Ends the loop: everything halts; at a stop that is in d->held, it is kept. */
static int stop_at(struct dbg *d, bool held, struct lstar_stop *s, enum lstar_reason reason)
{
	int told = 0, err;

	if (held) {
		hold_here(d);
		told = tell(d, s, reason);
	} else {
		s->reason = reason;
	}
	err = halt_all(d);
	remember(d);
	if (!dbg_has_debuggee(d)) {
		collect_ends(d);
		if (!held && reason != LSTAR_STOP_ENDED)
			s->reason = LSTAR_STOP_NOTHING_LEFT;
	}
	if (!held && !s->thread)
		s->thread = dbg_thread_find(d, d->current);
	return err ? err : told;
}

/* --- one stop --- */

static bool is_wanted(const struct dbg *d, enum lstar_reason reason)
{
	return d->wanted >> reason & 1;
}

/* The debuggee stops for @reason where that was asked for, else the thread goes on. */
static bool told_if_wanted(struct dbg *d, enum lstar_reason reason, bool wanted,
			   struct lstar_stop *s, int *err)
{
	struct dbg_held *h = &d->held;

	if (!wanted) {
		d->target->ops->resume(d->target, h->stop.thread, NULL, false, h->stop.signal);
		return false;
	}
	*err = stop_at(d, true, s, reason);
	return true;
}

static bool birth(struct dbg *d, struct lstar_stop *s, int *err)
{
	struct tgt_stop *stop = &d->held.stop;
	bool process = stop->child_pid != stop->pid, told;
	const struct dbg_proc *proc;

	note(d, stop);
	stop->signal = 0;
	told = told_if_wanted(d, LSTAR_STOP_NEW_PROCESS,
			      process && is_wanted(d, LSTAR_STOP_NEW_PROCESS), s, err);
	proc = process ? dbg_proc_find(d, stop->child_pid) : NULL;
	if (proc)
		dbg_release_birth(d, proc);
	if (!told)
		return false;
	s->pid = stop->child_pid;
	s->thread = dbg_thread_find(d, stop->child_tid);
	return true;
}

static bool process_end(struct dbg *d, struct lstar_stop *s, int *err)
{
	struct tgt_stop stop = d->held.stop;
	struct lstar_thread *first = dbg_thread_find(d, stop.pid);
	bool told = is_wanted(d, LSTAR_STOP_ENDED) || dbg_over_lost(d, &stop);

	note(d, &stop);
	if (!told)
		return false;
	s->thread = first;
	*err = stop_at(d, false, s, LSTAR_STOP_ENDED);
	dbg_fix_current(d);
	s->pid = stop.pid;
	s->status = stop.status;
	return true;
}

/* A thread has ended; where it was being stepped over a call, as far as it got. */
static bool task_end(struct dbg *d, struct lstar_stop *s, int *err)
{
	struct tgt_stop stop = d->held.stop;
	bool told = dbg_over_lost(d, &stop);

	if (told)
		s->thread = dbg_thread_find(d, stop.tid);
	note(d, &stop);
	if (!told)
		return false;
	*err = stop_at(d, false, s, LSTAR_STOP_STEP);
	s->pid = stop.pid;
	dbg_fix_current(d);
	return true;
}

static void all_gone(struct dbg *d, struct lstar_stop *s)
{
	d->running = false;
	d->stepping = NULL;
	dbg_over_end(d);
	d->current = 0;
	d->held.valid = false;
	s->reason = LSTAR_STOP_NOTHING_LEFT;
	dbg_terminal_ours(d, true);
	dbg_deliver(d);
	out_flush(d->outs);
	dbg_report_outputs(d);
}

static bool signal_stop(struct dbg *d, struct lstar_stop *s, int *err)
{
	int sig = d->held.stop.signal;
	bool wanted = sig > 0 && sig < 65 && d->wanted_signals >> (sig - 1) & 1;

	if (!told_if_wanted(d, LSTAR_STOP_SIGNAL, wanted, s, err))
		return false;
	s->signal = sig;
	if (s->thread)
		s->thread->signal = sig;
	return true;
}

/* A step is done, or a breakpoint reached; the one may lead to the other. */
static bool place_stop(struct dbg *d, struct lstar_stop *s, int *err)
{
	struct tgt_stop *stop = &d->held.stop;
	bool over = dbg_over_is_done(d);

	if (dbg_over_passes(d)) {
		stop->signal = 0;
		return told_if_wanted(d, LSTAR_STOP_STEP, false, s, err);
	}
	if (stop->breakpoint && stop->breakpoint != d->over.set)
		s->breakpoint = dbg_breakpoint_hit(d, stop->breakpoint);
	d->over.done |= over;
	over |= stop->kind == TGT_STOP_STEP;
	*err = stop_at(d, true, s, over ? LSTAR_STOP_STEP : LSTAR_STOP_BREAKPOINT);
	return true;
}

/* Returns true when the loop is over, with *@err set. */
static bool one_stop(struct dbg *d, struct lstar_stop *s, int *err)
{
	struct dbg_held *h = &d->held;
	enum lstar_reason reason;

	*err = 0;
	switch (h->stop.kind) {
	case TGT_STOP_ENTER:
	case TGT_STOP_EXIT:
		if (call_stop(d, h, &reason)) {
			*err = stop_at(d, true, s, reason);
			return true;
		}
		dbg_go_on(d, h, false);
		return false;
	case TGT_STOP_PROCESS_END:
		return process_end(d, s, err);
	case TGT_STOP_TASK_END:
		return task_end(d, s, err);
	case TGT_STOP_ALL_GONE:
		all_gone(d, s);
		return true;
	case TGT_STOP_SIGNAL:
		return signal_stop(d, s, err);
	case TGT_STOP_NEW_TASK:
		return birth(d, s, err);
	case TGT_STOP_EXEC:
		note(d, &h->stop);
		h->stop.signal = 0;
		return told_if_wanted(d, LSTAR_STOP_EXEC,
				      is_wanted(d, LSTAR_STOP_EXEC) || dbg_over_lost(d, &h->stop),
				      s, err);
	case TGT_STOP_STEP:
	case TGT_STOP_BREAKPOINT:
		return place_stop(d, s, err);
	default:
		return false;
	}
}

/* --- the loop --- */

u64 dbg_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* Nothing runs, and nothing has been reported. */
static int nothing_runs(struct dbg *d, struct lstar_stop *s)
{
	if (d->stepping) {
		s->thread = d->stepping;
		s->pid = s->thread->proc->pid;
		s->reason = LSTAR_STOP_STEP; /* as far as it got: it is gone */
		return halt_all(d);
	}
	halt_all(d);
	return dbg_fail(d, -EBUSY,
			"every thread of the debuggee is held: nothing can happen until a process "
			"is let go");
}

/* Until @until (0: no limit). A debuggee that runs then goes on. */
static int loop(struct dbg *d, u64 until, struct lstar_stop *s)
{
	struct target *t = d->target;
	struct dbg_held *h = &d->held;
	bool looked = false;
	int err;

	if (d->again) {
		d->again = false;
		return tell(d, s,
			    h->call && !h->call->looped ? h->call->reason : LSTAR_STOP_SYSCALL);
	}
	for (;;) {
		int wait = -1;

		if (ENG_UNLIKELY(dbg_take_interrupt(d)))
			return stop_at(d, false, s, LSTAR_STOP_INTERRUPT);
		if (ENG_UNLIKELY(d->interest_stale) && (err = dbg_update_interest(d))) {
			halt_all(d);
			return err;
		}
		if (until) {
			u64 now = dbg_now_ms();

			if (now >= until && looked) {
				s->reason = LSTAR_STOP_TIMEOUT;
				return 0;
			}
			wait = now < until ? (int)(until - now) : 0;
		}
		looked = true;
		err = t->ops->wait(t, &h->stop, wait);
		if (err) {
			halt_all(d);
			return dbg_fail_target(d, err);
		}
		if (h->stop.kind == TGT_STOP_HALTED)
			return nothing_runs(d, s);
		if (h->stop.kind != TGT_STOP_NONE && one_stop(d, s, &err))
			return err;
	}
}

int dbg_wait(struct dbg *d, int timeout_ms, struct lstar_stop *stop)
{
	int err;

	memset(stop, 0, sizeof(*stop));
	if (dbg_can(d, TGT_WHOLE))
		return dbg_no_processes(d);
	err = dbg_not_in_callback(d, "waiting for the debuggee");
	if (err)
		return err;
	if (!d->running && !d->again) {
		stop->reason = LSTAR_STOP_NOTHING_LEFT;
		if (!dbg_has_debuggee(d))
			return 0;
		return dbg_fail(d, -EBUSY,
				"the debuggee is stopped: let it continue before waiting for it");
	}
	return loop(d, timeout_ms < 0 ? 0 : dbg_now_ms() + (u64)timeout_ms, stop);
}

/* --- `g` and `sleep` --- */

static enum dbg_why why_of(enum lstar_reason reason)
{
	switch (reason) {
	case LSTAR_STOP_EVENT:
		return DBG_BREAK;
	case LSTAR_STOP_INTERRUPT:
		return DBG_INTERRUPTED;
	case LSTAR_STOP_NOTHING_LEFT:
		return DBG_ENDED;
	case LSTAR_STOP_TIMEOUT:
		return DBG_TIMEOUT;
	default:
		return DBG_STOPPED;
	}
}

/* What has been set going runs until it stops; @err: it could not be. */
static int run_until(struct dbg *d, int err, u64 until, struct dbg_halt *halt)
{
	memset(&halt->at, 0, sizeof(halt->at));
	if (!err)
		err = loop(d, until, &halt->at);
	if (!err && halt->at.reason == LSTAR_STOP_TIMEOUT)
		err = stop_at(d, false, &halt->at, LSTAR_STOP_TIMEOUT);
	halt->why = err ? DBG_ERROR : why_of(halt->at.reason);
	if (d->held.valid) {
		halt->event = halt->at.event;
		halt->stop = d->held.stop;
		halt->stage = d->held.stage;
	}
	return err;
}

int dbg_run_here(struct dbg *d, u64 until, struct dbg_halt *halt)
{
	return run_until(d, dbg_continue(d), until, halt);
}

int dbg_step_current(struct dbg *d, struct dbg_halt *halt)
{
	struct lstar_thread *t = dbg_thread_find(d, d->current);

	memset(halt, 0, sizeof(*halt));
	halt->why = DBG_ERROR;
	return t ? run_until(d, dbg_step(t), 0, halt) : dbg_no_debuggee(d);
}

int dbg_step_over_current(struct dbg *d, struct dbg_halt *halt)
{
	struct lstar_thread *t = dbg_thread_find(d, d->current);
	int err;

	memset(halt, 0, sizeof(*halt));
	halt->why = DBG_ERROR;
	if (!t)
		return dbg_no_debuggee(d);
	err = run_until(d, dbg_step_over(t), 0, halt);
	halt->cut = d->over.cut;
	return err;
}

int dbg_go(struct dbg *d, struct dbg_halt *halt)
{
	memset(halt, 0, sizeof(*halt));
	if (!dbg_has_debuggee(d)) {
		halt->why = DBG_ERROR;
		return dbg_no_debuggee(d);
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
	if (nanosleep(&ts, NULL) && dbg_take_interrupt(d))
		halt->why = DBG_INTERRUPTED;
	return 0;
}

void dbg_keyboard(struct dbg *d, bool pass)
{
	d->target->ops->keyboard(d->target, pass);
}

bool dbg_interrupted(struct dbg *d)
{
	return dbg_take_interrupt(d);
}

void dbg_interrupt(struct dbg *d)
{
	__atomic_store_n(&d->interrupted, 1, __ATOMIC_RELAXED);
	d->target->ops->wake(d->target);
}
