// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * message.c - what scripts say and ask for, from the host into the ring of its CPU.
 *
 * Formats nothing that the debugger can format; never waits for a reader.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "set.h"

static bool put(struct eng_ctx *ctx, u16 kind, const struct eng_event *ev, const void *data,
		u32 len, u64 time, u8 stage)
{
	struct hv_cpu *c = ctx->target;
	const struct lsm_armed *a = ev ? ev->owner : NULL;
	struct lsm_record rec = {
		.kind = kind,
		.stage = stage,
		.event = ev ? ev->id : LSM_NO_EVENT,
		.pid = ctx->pid,
		.tid = ctx->tid,
		.core = c->cpu,
		.time = time,
		.len = len,
		.flags = a ? a->flags & LSM_EV_BATCH : 0,
	};

	BUILD_BUG_ON(sizeof(rec.comm) != TASK_COMM_LEN);
	memcpy(rec.comm, current->comm, sizeof(rec.comm));
	rec.comm[sizeof(rec.comm) - 1] = 0; /* another thread may be changing it */
	return ring_put(&c->events->ring, &rec, data);
}

void message_emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	struct lsm_fault f;
	bool ok;

	if (msg->kind == ENG_MSG_FAULT) {
		f = (struct lsm_fault){
			.code = msg->fault->code,
			.pc = msg->fault->pc,
			.line = msg->fault->line,
			.value = { msg->fault->value[0], msg->fault->value[1] },
		};
		ok = put(ctx, LSM_REC_FAULT, msg->event, &f, sizeof(f), msg->time, msg->stage);
	} else {
		ok = put(ctx, msg->kind == ENG_MSG_CODE ? LSM_REC_CODE : LSM_REC_TEXT, msg->event,
			 msg->text, msg->len, msg->time, msg->stage);
	}
	/* the event is this CPU's own copy, const for everybody else */
	if (!ok && msg->event)
		((struct eng_event *)msg->event)->dropped++;
}

/* The debugger keeps the list of events, so it hears of every change. */
static void carry_out(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
	const struct lsm_request r = { .what = what, .event = event };
	const struct lsm_set *set = set_now();
	u32 id = event < LSM_NO_EVENT ? (u32)event : LSM_NO_EVENT;
	bool known = false;

	for (u32 i = 0; set && i < set->nevents; i++)
		known |= set->event[i]->id == id;
	if (known && what != ENG_REQ_FLUSH && !set_enable(set, id, what == ENG_REQ_ENABLE) &&
	    what != ENG_REQ_CLEAR)
		return; /* it is so already */
	put(ctx, LSM_REC_REQUEST, NULL, &r, sizeof(r), clock_now(), 0);
}

void message_carry_out(struct eng_ctx *ctx)
{
	struct hv_cpu *c = ctx->target;
	struct lsm_cpu *e = c->events;

	for (u32 i = 0; i < e->npending; i++)
		carry_out(ctx, e->pending[i].what, e->pending[i].event);
	e->npending = 0;
}

/* A firing that asks for more than there is room for has the first ones carried out now. */
void message_request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
	struct hv_cpu *c = ctx->target;
	struct lsm_cpu *e = c->events;

	if (e->npending == LSM_PENDING)
		message_carry_out(ctx);
	e->pending[e->npending].what = what;
	e->pending[e->npending++].event = event;
}
