/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * code.c - custom code of events: loaded into the guard, run on a copy of the
 * registers, and its violations told. Never runs a byte of it in this process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

static int need_guard(struct dbg *d)
{
	if (d->guard)
		return 0;
	d->guard = asm_guard_new();
	if (!d->guard)
		return dbg_fail(d, -EAGAIN, "cannot start the guard process for custom code: %s",
				strerror(errno));
	asm_guard_set_limit(d->guard, (unsigned)d->setting[DBG_SET_CODETIME]);
	return 0;
}

static int alloc_buffer(struct dbg *d, struct dbg_event *e, u64 size, bool guarded)
{
	if (!size)
		return 0;
	e->ev.buffer = guarded ? asm_guard_buffer(d->guard, size) : calloc(1, size);
	if (!e->ev.buffer)
		return dbg_fail(d, -ENOMEM, "no memory for a buffer of %llx bytes", size);
	e->ev.buffer_size = size;
	e->guarded_buffer = guarded;
	return 0;
}

int dbg_code_load(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec)
{
	bool guarded = spec->condition || spec->code;
	int err = guarded ? need_guard(d) : 0;

	if (!err)
		err = alloc_buffer(d, e, spec->buffer_size, guarded);
	if (err)
		return err;
	if (spec->condition) {
		e->condition = asm_guard_load(d->guard, spec->condition, spec->condition_len);
		if (!e->condition)
			return dbg_fail(d, -ENOMEM, "cannot load the condition into its guard");
	}
	if (spec->code) {
		e->code = asm_guard_load(d->guard, spec->code, spec->code_len);
		if (!e->code)
			return dbg_fail(d, -ENOMEM, "cannot load the code into its guard");
	}
	e->ev.has_condition = e->condition;
	e->ev.has_code = e->code;
	return 0;
}

void dbg_code_free(struct dbg *d, struct dbg_event *e)
{
	if (e->condition)
		asm_guard_unload(d->guard, e->condition);
	if (e->code)
		asm_guard_unload(d->guard, e->code);
	if (e->guarded_buffer)
		asm_guard_buffer_free(d->guard, e->ev.buffer);
	else
		free(e->ev.buffer);
}

static void tell_violation(struct eng_ctx *ctx, const struct dbg_event *e, enum eng_code which,
			   const char *why)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "the %s was ended: %s; the event is disabled now (events e %x)",
			 which == ENG_CODE_CONDITION ? "condition" : "custom code", why, e->ev.id);
	struct eng_msg msg = {
		.kind = ENG_MSG_CODE,
		.event = &e->ev,
		.pid = ctx->pid,
		.tid = ctx->tid,
		.text = text,
		.len = (u32)n,
	};

	dbg_emit(ctx, &msg);
}

bool dbg_run_code(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which, u64 *result)
{
	const struct dbg_event *e = ev->owner;
	struct dbg *d = ((struct dbg_frame *)ctx->target)->d;
	u64 regs[ENG_GUEST_REGS];
	char why[256];
	bool ok;

	if (!dbg_host.load_regs(ctx, ENG_REGS_GENERAL))
		return false; /* the thread is gone: there is nothing to act on */
	memcpy(regs, ctx->reg, sizeof(regs));
	if (which == ENG_CODE_CONDITION)
		ok = asm_guard_condition(d->guard, e->condition, regs, ctx->context, result, why,
					 sizeof(why));
	else
		ok = asm_guard_action(d->guard, e->code, e->ev.buffer, regs, ctx->context, result,
				      why, sizeof(why));
	if (!ok) {
		tell_violation(ctx, e, which, why);
		dbg_request_add(d, ENG_REQ_DISABLE, e->ev.id);
		return false;
	}
	for (int i = 0; i < ENG_GUEST_REGS; i++) {
		if (ctx->reg[i] == regs[i])
			continue;
		ctx->reg[i] = regs[i];
		ctx->dirty |= ENG_BIT(i);
	}
	return true;
}
