/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.c - the debugger as the engine's host: registers, memory and facts of the
 * thread that fired, through the target. Decides nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "debugger/session.h"

static struct dbg_frame *frame_of(struct eng_ctx *ctx)
{
	return ctx->target;
}

static bool host_load_regs(struct eng_ctx *ctx, u64 mask)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;

	if (!f->th) {
		ctx->loaded |= mask; /* `?` without a debuggee: zero */
		return true;
	}
	return t->ops->load_regs(t, f->th, ctx, mask);
}

static size_t host_read_mem(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;

	return f->th ? t->ops->read_mem(t, f->th, addr, dst, len) : 0;
}

static size_t host_write_mem(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;

	return f->th ? t->ops->write_mem(t, f->th, addr, src, len) : 0;
}

static bool host_pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;

	if (!f->th) {
		*value = 0;
		return true;
	}
	return t->ops->pseudo(t, f->th, ctx, id, value);
}

static bool host_text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;
	struct timespec now;
	struct tm tm;

	if (id == ENG_PS_PNAME) {
		buf[0] = 0;
		return !f->th || t->ops->comm(t, f->th, buf, size);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	if (id == ENG_PS_DATE)
		return strftime(buf, size, "%Y-%m-%d", &tm);
	snprintf(buf, size, "%02d:%02d:%02d.%03ld", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 now.tv_nsec / 1000000);
	return true;
}

static u64 host_clock(struct eng_ctx *ctx)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

static void host_request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
	dbg_request_add(frame_of(ctx)->d, what, event);
}

static void host_keep_args(struct eng_ctx *ctx)
{
	struct dbg_held *h = (struct dbg_held *)((char *)ctx - offsetof(struct dbg_held, ctx));

	dbg_keep_args(frame_of(ctx)->d, h); /* only events ask, and their contexts are of stops */
}

static bool host_invoke(struct eng_ctx *ctx, u64 nr, const u64 arg[6], s64 *result)
{
	struct dbg_frame *f = frame_of(ctx);
	struct target *t = f->d->target;
	struct tgt_invoke call = { .nr = nr };
	int err = -ESRCH;

	memcpy(call.arg, arg, sizeof(call.arg));
	if (f->th)
		err = t->ops->invoke(t, f->th, &call, result);
	else
		snprintf(t->error, sizeof(t->error), "there is no debuggee that could make it");
	if (err)
		*result = err;
	return !err;
}

/* An event that prints to outputs prints the same whatever terminal there is. */
static u32 host_columns(struct eng_ctx *ctx, const struct eng_event *ev)
{
	const struct dbg_event *e = ev ? ev->owner : NULL;

	return e && e->nout ? 0 : con_columns(frame_of(ctx)->d->con);
}

/*
 * No lock(): all events of a session run one after the other, so that a lock found
 * held can never be released while its finder waits.
 */
const struct eng_host dbg_host = {
	.load_regs = host_load_regs,
	.read_mem = host_read_mem,
	.write_mem = host_write_mem,
	.pseudo = host_pseudo,
	.text = host_text,
	.clock = host_clock,
	.emit = dbg_emit,
	.request = host_request,
	.run_code = dbg_run_code,
	.columns = host_columns,
	.keep_args = host_keep_args,
	.invoke = host_invoke,
	.regs_readable = ENG_REGS_USER,
	.regs_writable = ENG_REGS_USER,
};
