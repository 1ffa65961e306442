/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * events.c - arming, listing and disarming events, and the interest set that
 * they make together. Nobody else decides what stops.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

struct dbg_event *dbg_event_find(const struct dbg *d, u32 id)
{
	for (size_t i = 0; i < d->nevents; i++)
		if (d->event[i]->ev.id == id)
			return d->event[i];
	return NULL;
}

static void event_free(struct dbg *d, struct dbg_event *e)
{
	d->home->disarm(d, e);
	if (e->prog)
		scr_program_free(e->prog);
	free(e->command);
	free(e->script_name);
	free(e);
}

void dbg_events_free(struct dbg *d)
{
	for (size_t i = 0; i < d->nevents; i++)
		event_free(d, d->event[i]);
	for (int k = 0; k < ENG_NKINDS; k++)
		free(d->kind[k]);
	free(d->event);
	d->event = NULL;
	d->nevents = 0;
}

/* The engine's views: enabled events of a kind, in order of numbers. */
static void rebuild_kinds(struct dbg *d)
{
	for (int k = 0; k < ENG_NKINDS; k++)
		d->nkind[k] = 0;
	for (size_t i = 0; i < d->nevents; i++) {
		struct eng_event *ev = &d->event[i]->ev;

		if (ev->enabled)
			d->kind[ev->kind][d->nkind[ev->kind]++] = ev;
	}
	d->interest_stale = true;
}

/* Room for one more event in every list, so that nothing can fail afterwards. */
static int reserve(struct dbg *d)
{
	size_t cap = d->cap_events ? d->cap_events * 2 : 16;

	if (d->nevents < d->cap_events)
		return 0;
	struct dbg_event **all = realloc(d->event, cap * sizeof(*all));

	if (!all)
		return -ENOMEM;
	d->event = all;
	for (int k = 0; k < ENG_NKINDS; k++) {
		struct eng_event **view = realloc(d->kind[k], cap * sizeof(*view));

		if (!view)
			return -ENOMEM;
		d->kind[k] = view;
	}
	d->cap_events = cap;
	return 0;
}

_Static_assert(ENG_CALLS_MAX <= TGT_MAX_NR && (int)ENG_CALLS_ABIS == ABI_N,
	       "sets of calls fit into the interest set");

static void interest_calls(struct tgt_interest *in, const struct eng_calls *calls, bool enter,
			   bool leave)
{
	u64 other = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls->bit[0]); i++) {
		in->enter[i] |= enter ? calls->bit[ABI_X86_64][i] : 0;
		in->exit[i] |= leave ? calls->bit[ABI_X86_64][i] : 0;
		other |= calls->bit[ABI_I386][i] | calls->bit[ABI_X32][i];
	}
	in->enter_other |= enter && other;
	in->exit_other |= leave && other;
}

static void interest_call(struct tgt_interest *in, const struct eng_event *ev, bool enter,
			  bool leave)
{
	u64 nr = ev->nr & 0xffffffff;

	if (ev->nr == ENG_IN_CALLS) {
		interest_calls(in, ev->calls, enter, leave);
		return;
	}
	if (ev->nr == ENG_ANY) {
		for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++) {
			in->enter[i] |= enter ? ~0ULL : 0;
			in->exit[i] |= leave ? ~0ULL : 0;
		}
	} else if (nr < TGT_MAX_NR) {
		in->enter[nr / 64] |= (u64)enter << (nr % 64);
		in->exit[nr / 64] |= (u64)leave << (nr % 64);
	}
	if (ev->nr == ENG_ANY || nr >= TGT_MAX_NR || ev->abi != &abi_conventions[ABI_X86_64]) {
		in->enter_other |= enter;
		in->exit_other |= leave;
	}
}

int dbg_update_interest(struct dbg *d)
{
	struct tgt_interest in = { 0 };

	if (!d->interest_stale)
		return 0;
	for (size_t i = 0; i < d->nevents; i++) {
		const struct eng_event *ev = &d->event[i]->ev;

		if (!ev->enabled)
			continue;
		if (ev->kind == ENG_EV_SYSRET)
			interest_call(&in, ev, false, true);
		else
			interest_call(&in, ev, ev->stages & ENG_STAGE_PRE,
				      ev->stages & ENG_STAGE_POST);
	}
	dbg_handlers_interest(d, &in);
	int err = d->target->ops->set_interest(d->target, &in);

	if (err)
		return dbg_fail_target(d, err);
	d->interest_stale = false;
	return 0;
}

static int attach_outputs(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec)
{
	for (size_t i = 0; i < spec->noutputs; i++) {
		struct out_info info;
		struct out_source *src = out_find(d->outs, spec->outputs[i]);

		if (!src)
			return dbg_fail(d, -ENOENT,
					"there is no output named '%s'; "
					"'output' lists them, 'output create' makes one",
					spec->outputs[i]);
		for (size_t k = 0; out_list(d->outs, k, &info); k++) {
			if (strcmp(info.name, spec->outputs[i]))
				continue;
			if (info.state == OUT_CLOSED || info.state == OUT_FAILED)
				return dbg_fail(d, -EPIPE,
						"output '%s' is closed and cannot be used again",
						info.name);
			if (info.state == OUT_CREATED)
				con_warning(d->con,
					    "output '%s' is not open yet: nothing is delivered "
					    "before 'output open %s'",
					    info.name, info.name);
		}
		e->out[e->nout++] = src;
	}
	return 0;
}

static void fill(struct dbg_event *e, const struct dbg_event_spec *spec)
{
	struct eng_event *ev = &e->ev;

	ev->kind = (u8)spec->kind;
	ev->stages = spec->stages;
	ev->enabled = true;
	ev->sc = spec->sc;
	ev->brk = !spec->script.text && !spec->code;
	ev->nr = spec->nr;
	ev->abi = spec->abi;
	if (spec->nr == ENG_IN_CALLS) {
		e->calls = *spec->calls;
		ev->calls = &e->calls;
	}
	ev->pid = spec->pid;
	ev->core = spec->core;
	ev->prog = e->prog;
	ev->owner = e;
	e->imm = spec->imm;
}

static int can_break(struct dbg *d, const struct dbg_event_spec *spec)
{
	if (spec->script.text || spec->code || d->target->ops->can & TGT_BREAKS)
		return 0;
	return dbg_fail(d, -EOPNOTSUPP,
			"an event without a script or code breaks into the debugger, but the "
			"machine cannot be halted from within itself: that comes with remote "
			"debugging. Give it 'script { ... }' or 'code { ... }'");
}

int dbg_event_add(struct dbg *d, const struct dbg_event_spec *spec, struct scr_diags *diags,
		  u32 *id)
{
	struct dbg_event *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (!e || reserve(d)) {
		dbg_fail(d, err, "no memory for an event");
		goto out;
	}
	if (spec->script.text) {
		e->script_name = strdup(spec->script.name);
		e->prog = scr_compile(d->env, &spec->script, SCR_SCRIPT, diags);
		if (!e->prog) {
			err = dbg_fail(d, -EINVAL, "the script has errors; no event was made");
			goto out;
		}
		err = dbg_maps_ready(d);
		if (err)
			goto out;
		err = -ENOMEM;
	}
	e->command = strdup(spec->command);
	if (!e->command || (spec->script.text && !e->script_name)) {
		dbg_fail(d, err, "no memory for an event");
		goto out;
	}
	err = can_break(d, spec);
	if (!err)
		err = attach_outputs(d, e, spec);
	if (err)
		goto out;
	fill(e, spec);
	e->ev.id = *id = d->next_id;
	err = d->home->arm(d, e, spec);
	if (err)
		goto out;
	d->next_id++;
	d->event[d->nevents++] = e;
	rebuild_kinds(d);
	return 0;
out:
	if (e)
		event_free(d, e);
	return err;
}

static void auto_flush(struct dbg *d)
{
	if (d->setting[DBG_SET_AUTOFLUSH])
		dbg_flush(d);
	else
		dbg_deliver(d);
}

static void clear_at(struct dbg *d, size_t i)
{
	struct dbg_event *e = d->event[i];

	memmove(&d->event[i], &d->event[i + 1], (d->nevents - i - 1) * sizeof(*d->event));
	d->nevents--;
	rebuild_kinds(d); /* before it goes: the views must not lead to it */
	event_free(d, e);
}

int dbg_event_ctl(struct dbg *d, enum dbg_event_op op, u32 id)
{
	bool found = false;
	int err = 0;

	for (size_t i = d->nevents; i-- > 0;) {
		struct dbg_event *e = d->event[i];

		if (id != DBG_ALL && e->ev.id != id)
			continue;
		found = true;
		/* One that is cleared falls silent first: what it has said is still its own. */
		err = d->home->enable(d, e, op == DBG_EV_ENABLE);
		if (err)
			return err;
		if (op == DBG_EV_CLEAR)
			clear_at(d, i);
	}
	if (!found && id != DBG_ALL)
		return dbg_fail(d, -ENOENT, "there is no event %x", id);
	rebuild_kinds(d);
	if (op != DBG_EV_ENABLE)
		auto_flush(d);
	return 0;
}

int dbg_event_sc(struct dbg *d, bool on)
{
	const struct tgt_stop *s = &d->held.stop;

	if (!d->held.valid)
		return dbg_fail(d, -ESRCH,
				"no event stopped the debuggee: there is nothing to short-circuit");
	if (s->kind != TGT_STOP_ENTER)
		return dbg_fail(d, -EINVAL,
				"thread %u has left its system call: only a call that has "
				"not been executed yet can be short-circuited",
				s->tid);
	d->held.ctx.skip = on;
	return 0;
}

bool dbg_event_prints_to(const struct dbg *d, u32 id, const char *output)
{
	const struct out_source *src = out_find(d->outs, output);
	const struct dbg_event *e = dbg_event_find(d, id);

	for (size_t i = 0; e && i < e->nout; i++)
		if (e->out[i] == src)
			return true;
	return false;
}

bool dbg_event_list(struct dbg *d, size_t i, struct dbg_event_info *info)
{
	struct dbg_event *e;

	if (i >= d->nevents)
		return false;
	e = d->event[i];
	d->home->counters(d, e);
	*info = (struct dbg_event_info){
		.id = e->ev.id,
		.enabled = e->ev.enabled,
		.command = e->command,
		.ev = &e->ev,
	};
	return true;
}

bool dbg_event_calls(const struct dbg *d, u32 id, enum eng_builtin fn)
{
	const struct dbg_event *e = dbg_event_find(d, id);

	return e && e->prog && e->prog->image->builtins[fn / 64] & ENG_BIT(fn % 64);
}

void dbg_request_add(struct dbg *d, enum eng_request what, u64 event)
{
	if (d->nreq == d->cap_req) {
		size_t cap = d->cap_req ? d->cap_req * 2 : 16;
		struct dbg_request *req = realloc(d->req, cap * sizeof(*req));

		if (!req) {
			con_error(d->con, "no memory to carry out what event %llx asked for",
				  event);
			return;
		}
		d->req = req;
		d->cap_req = cap;
	}
	d->req[d->nreq++] = (struct dbg_request){ what, event };
}

void dbg_requests_run(struct dbg *d)
{
	static const enum dbg_event_op op[] = {
		[ENG_REQ_ENABLE] = DBG_EV_ENABLE,
		[ENG_REQ_DISABLE] = DBG_EV_DISABLE,
		[ENG_REQ_CLEAR] = DBG_EV_CLEAR,
	};

	if (d->running_requests)
		return; /* one that is carried out may bring others: they are behind it */
	d->running_requests = true;
	for (size_t i = 0; i < d->nreq; i++) {
		struct dbg_request r = d->req[i];

		if (r.what == ENG_REQ_FLUSH)
			dbg_flush(d);
		else if (r.event >= DBG_ALL || dbg_event_ctl(d, op[r.what], (u32)r.event))
			con_warning(d->con, "a script named event %llx, which does not exist",
				    r.event);
	}
	d->nreq = 0;
	d->running_requests = false;
}
