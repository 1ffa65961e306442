/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.c - the way of a message: from the engine to the console or to an event's
 * outputs, in order, nothing lost without being counted.
 */
#include <string.h>

#include "debugger/session.h"

void dbg_deliver(struct dbg *d)
{
	if (d->nbatch)
		con_foreign(d->con, d->batch, d->nbatch);
	d->nbatch = d->batch_msgs = 0;
}

void dbg_report_outputs(struct dbg *d)
{
	const char *why;

	while ((why = out_failure(d->outs)))
		con_error(d->con, "%s", why);
}

void dbg_show(struct dbg *d)
{
	if (d->fresh_con)
		con_flush(d->con);
	if (d->fresh_out) {
		out_flush(d->outs);
		dbg_report_outputs(d);
	}
	d->fresh_con = d->fresh_out = false;
}

void dbg_settle_outputs(struct dbg *d)
{
	unsigned long long left = out_settle(d->outs, DBG_SETTLE_MS);

	dbg_report_outputs(d);
	if (left)
		con_error(d->con,
			  "%llu message%s lost: nobody reads the outputs that wait for them", left,
			  left == 1 ? " is" : "s are");
}

u64 dbg_flush(struct dbg *d)
{
	u64 n = d->batch_msgs;

	d->stats.dropped += n;
	d->nbatch = d->batch_msgs = 0;
	return n;
}

static void to_console(struct dbg *d, bool imm, const char *text, size_t len)
{
	if (!imm && len <= sizeof(d->batch)) {
		if (d->nbatch + len > sizeof(d->batch))
			dbg_deliver(d);
		memcpy(d->batch + d->nbatch, text, len);
		d->nbatch += len;
		d->batch_msgs++;
		return;
	}
	dbg_deliver(d); /* older text first */
	con_foreign(d->con, text, len);
	d->fresh_con = true;
}

static void to_outputs(struct dbg *d, struct dbg_event *e, const char *text, size_t len)
{
	d->fresh_out = true;
	for (size_t i = 0; i < e->nout; i++) {
		const char *failed = NULL;

		if (!out_send(e->out[i], text, len, &failed)) {
			e->ev.dropped++;
			d->stats.dropped++;
		}
		if (failed)
			con_error(d->con, "%s; what event %x prints is no longer delivered there",
				  failed, e->ev.id);
	}
}

static void print_fault(struct dbg *d, const struct eng_msg *msg)
{
	struct dbg_event *e = msg->event ? msg->event->owner : NULL;
	const struct eng_program *prog = e ? e->prog : d->eval_prog;
	bool inside = prog && msg->fault->pc < prog->image->ncode; /* a target may say anything */
	const char *file = inside ? eng_program_file(prog, msg->fault->pc) : NULL;
	bool target_knows = msg->fault->code == ENG_E_INVOKE;
	char text[256];

	if (!file)
		file = e ? e->script_name : prog ? d->eval_name : "?";
	eng_fault_text(msg->fault, text, sizeof(text));
	dbg_deliver(d);
	if (e)
		con_error(d->con, "event %x (pid %u, tid %u): %s:%u: script error: %s%s%s",
			  e->ev.id, msg->pid, msg->tid, file, msg->fault->line, text,
			  target_knows ? ": " : "", target_knows ? d->target->error : "");
	else
		con_error(d->con, "%s:%u: script error: %s%s%s", file, msg->fault->line, text,
			  target_knows ? ": " : "", target_knows ? d->target->error : "");
}

void dbg_message(struct dbg *d, const struct eng_msg *msg)
{
	struct dbg_event *e = msg->event ? msg->event->owner : NULL;

	d->stats.messages++;
	switch (msg->kind) {
	case ENG_MSG_FAULT:
		print_fault(d, msg);
		break;
	case ENG_MSG_CODE:
		dbg_deliver(d);
		con_error(d->con, "event %x (pid %u, tid %u): %.*s", e ? e->ev.id : 0, msg->pid,
			  msg->tid, (int)msg->len, msg->text);
		break;
	case ENG_MSG_TEXT:
		if (e && e->nout)
			to_outputs(d, e, msg->text, msg->len);
		else
			to_console(d, !e || e->imm, msg->text, msg->len);
		break;
	}
}

void dbg_emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	dbg_message(((struct dbg_frame *)ctx->target)->d, msg);
}
