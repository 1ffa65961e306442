/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * carried.c - the engine at home at the target: events are compiled and sent there, and what
 * they say comes back as records. Nothing fires in this process.
 */
#include <errno.h>
#include <string.h>

#include "debugger/session.h"

#define SETTLE_MS 2 /* how long a record may be on its way behind one that is younger */
#define IDLE_MS 200 /* `imm no` wakes nobody: a look from time to time */
#define TELL_MS 1000 /* between two words about lost messages */

static const struct tgt_carry *carry_of(const struct dbg *d)
{
	return d->target->ops->carry;
}

/* --- records --- */

static void take_record(struct dbg *d, const struct tgt_record *rec)
{
	static const enum eng_msg_kind kinds[] = {
		[TGT_REC_TEXT] = ENG_MSG_TEXT,
		[TGT_REC_FAULT] = ENG_MSG_FAULT,
		[TGT_REC_CODE] = ENG_MSG_CODE,
	};
	struct dbg_event *e = dbg_event_find(d, rec->event);
	struct eng_msg msg;

	if (rec->kind == TGT_REC_REQUEST) {
		dbg_request_add(d, rec->request, rec->request_event);
		return;
	}
	/* Each CPU tells a fault once; the user hears of it once. */
	if (rec->kind == TGT_REC_FAULT && e &&
	    !eng_tell_once(&e->ev, rec->fault.code, rec->fault.pc))
		return;
	if (rec->kind == TGT_REC_FAULT && !e)
		d->eval_told = true;
	msg = (struct eng_msg){
		.kind = kinds[rec->kind],
		.event = e ? &e->ev : NULL,
		.pid = rec->pid,
		.tid = rec->tid,
		.stage = rec->stage,
		.time = rec->time,
		.text = rec->text,
		.len = rec->len,
		.fault = &rec->fault,
	};
	dbg_message(d, &msg);
}

static void tell_lost(struct dbg *d, bool last)
{
	u64 now = dbg_now_ms(), n;

	d->lost = carry_of(d)->lost(d->target);
	n = d->lost - d->told_lost;
	if (!n || (!last && d->told_lost_ms && now - d->told_lost_ms < TELL_MS))
		return;
	d->told_lost = d->lost;
	d->told_lost_ms = now;
	d->stats.dropped += n;
	con_error(d->con,
		  "%llu message%s lost: the events print faster than it can be read. Print less, "
		  "or narrow the events (pid, core, a condition); '.status' counts per CPU",
		  n, n == 1 ? " is" : "s are");
}

/* Hand on what has been gathered; @all: even what may have older ones behind it. */
static void show_records(struct dbg *d, bool all)
{
	struct tgt_record rec;

	while (carry_of(d)->next(d->target, all, &rec))
		take_record(d, &rec);
	tell_lost(d, all);
	dbg_requests_run(d);
	dbg_show(d);
}

/* Everything that has been said so far. */
static void drain(struct dbg *d)
{
	carry_of(d)->gather(d->target);
	show_records(d, true);
}

int dbg_message_fd(struct dbg *d)
{
	return d->entered ? carry_of(d)->fd(d->target) : -1;
}

bool dbg_messages_ready(struct dbg *d, bool *again)
{
	struct tgt_record rec;

	*again = carry_of(d)->gather(d->target);
	d->have_record = carry_of(d)->next(d->target, false, &rec);
	if (d->have_record)
		d->record = rec;
	return d->have_record || d->nbatch || carry_of(d)->lost(d->target) > d->told_lost;
}

void dbg_messages(struct dbg *d)
{
	if (d->have_record)
		take_record(d, &d->record);
	d->have_record = false;
	show_records(d, false);
	dbg_deliver(d);
	con_flush(d->con);
}

/* Bars of maps are as wide as the terminal is when they are printed, which is there. */
static void tell_columns(struct dbg *d)
{
	u32 now = con_columns(d->con);

	if (now == d->columns)
		return;
	d->columns = now;
	if (carry_of(d)->columns(d->target, now))
		con_warning(d->con, "%s", d->target->error);
}

/* --- events --- */

static int need_hypervisor(struct dbg *d)
{
	if (d->entered)
		return 0;
	return dbg_fail(d, -ENODEV,
			"scripts run in the hypervisor, and it is not there: start "
			"'lstar machine' again");
}

static int arm(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec)
{
	struct tgt_event ev = {
		.id = e->ev.id,
		.kind = spec->kind,
		.stages = spec->stages,
		.sc = spec->sc,
		.batch = !spec->imm,
		.by_rip = spec->by_rip,
		.entry = spec->entry,
		.outputs = e->nout,
		.nr = spec->nr,
		.pid = spec->pid,
		.core = spec->core,
		.abi = spec->abi,
		.image = e->prog ? e->prog->image : NULL,
		.condition = spec->condition,
		.code = spec->code,
		.condition_len = spec->condition_len,
		.code_len = spec->code_len,
		.buffer_size = spec->buffer_size,
	};
	int err = need_hypervisor(d);

	if (err)
		return err;
	if (spec->nr == ENG_IN_CALLS)
		return dbg_fail(d, -EOPNOTSUPP,
				"an event of the machine is for one call or for all: set one for "
				"each, or test $syscall_number in the script");
	tell_columns(d);
	err = carry_of(d)->arm(d->target, &ev);
	if (err)
		return dbg_fail_target(d, err);
	e->carried = true;
	e->ev.has_condition = spec->condition;
	e->ev.has_code = spec->code;
	return 0;
}

static void counters(struct dbg *d, struct dbg_event *e)
{
	struct tgt_counters c;

	if (!e->carried || carry_of(d)->counters(d->target, e->ev.id, &c))
		return;
	d->stats.fired += c.fired - e->ev.fired;
	d->stats.faults += c.faults - e->ev.faults;
	e->ev.enabled = c.enabled;
	e->ev.fired = c.fired;
	e->ev.condition_false = c.condition_false;
	e->ev.faults = c.faults;
	e->ev.dropped += c.dropped - e->carried_dropped; /* outputs may have lost others */
	e->carried_dropped = c.dropped;
}

static int enable(struct dbg *d, struct dbg_event *e, bool on)
{
	int err = e->carried ? carry_of(d)->ctl(d->target, on ? TGT_ENABLE : TGT_DISABLE, e->ev.id)
			     : 0;

	if (err)
		return dbg_fail_target(d, err);
	e->ev.enabled = on;
	if (!on)
		drain(d);
	return 0;
}

static void disarm(struct dbg *d, struct dbg_event *e)
{
	if (!e->carried)
		return;
	counters(d, e);
	carry_of(d)->ctl(d->target, TGT_CLEAR, e->ev.id);
	e->carried = false;
}

static int eval(struct dbg *d, const struct eng_program *prog, u64 *value)
{
	struct tgt_eval ev;
	int err = need_hypervisor(d);

	if (err)
		return err;
	drain(d);
	tell_columns(d);
	d->eval_told = false;
	err = carry_of(d)->eval(d->target, prog->image, &ev);
	drain(d);
	if (err)
		return dbg_fail_target(d, err);
	*value = ev.result;
	if (ev.fault.code == ENG_OK)
		return 0;
	if (!d->eval_told) {
		struct eng_msg msg = { .kind = ENG_MSG_FAULT, .fault = &ev.fault };

		dbg_message(d, &msg);
	}
	return dbg_fail(d, -EFAULT, "the script was ended");
}

static int map_add(struct dbg *d, u32 number, const struct eng_map_desc *desc, const char *name)
{
	int err = carry_of(d)->map_add(d->target, number, desc, ENG_MAP_ENTRIES);

	(void)name;
	return err ? dbg_fail_target(d, err) : 0;
}

static void map_info(struct dbg *d, u32 number, u32 *used, u64 *refused)
{
	carry_of(d)->map_info(d->target, number, used, refused);
}

static int budget(struct dbg *d, u64 instructions)
{
	u64 max = carry_of(d)->max_budget;
	int err;

	if (instructions > max)
		return dbg_fail(
			d, -ERANGE,
			"on the machine a script may execute at most %llx instructions at a "
			"time: the CPU takes no interrupts meanwhile",
			max);
	err = d->entered ? carry_of(d)->budget(d->target, instructions) : 0;
	return err ? dbg_fail_target(d, err) : 0;
}

/* --- running --- */

static void finish_run(struct dbg *d)
{
	drain(d);
	dbg_deliver(d);
	con_flush(d->con);
	out_flush(d->outs);
	dbg_report_outputs(d);
	d->running = false;
}

/* Asks the target: what a script has said of it may have been lost. */
static bool any_enabled(struct dbg *d)
{
	for (size_t i = 0; i < d->nevents; i++) {
		counters(d, d->event[i]);
		if (d->event[i]->ev.enabled)
			return true;
	}
	return false;
}

static int run(struct dbg *d, u64 until, struct dbg_halt *halt)
{
	bool again = true;
	u64 look = 0; /* when to ask again whether an event is enabled */

	d->running = true;
	while (!dbg_take_interrupt(d)) {
		u64 now = dbg_now_ms(), wait = again ? SETTLE_MS : IDLE_MS;

		if (until && now >= until) {
			halt->why = DBG_TIMEOUT;
			finish_run(d);
			return 0;
		}
		if (d->while_armed && now >= look) {
			if (!any_enabled(d)) {
				halt->why = DBG_IDLE;
				finish_run(d);
				return 0;
			}
			look = now + IDLE_MS;
		}
		tell_columns(d);
		if (until && until - now < wait)
			wait = until - now;
		carry_of(d)->wait(d->target, (int)wait);
		again = carry_of(d)->gather(d->target);
		show_records(d, false);
		if (!again)
			dbg_deliver(d);
	}
	halt->why = DBG_INTERRUPTED;
	finish_run(d);
	return 0;
}

static void end(struct dbg *d)
{
	if (!d->entered)
		return;
	for (size_t i = 0; i < d->nevents; i++)
		disarm(d, d->event[i]);
	drain(d);
	if (!d->setting[DBG_SET_STAY] && d->target->ops->machine->leave(d->target))
		con_error(d->con, "%s", d->target->error);
	d->entered = false;
}

const struct dbg_home dbg_home_carried = {
	.arm = arm,
	.enable = enable,
	.disarm = disarm,
	.counters = counters,
	.eval = eval,
	.map_add = map_add,
	.map_info = map_info,
	.budget = budget,
	.run = run,
	.end = end,
};
