/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * eval.c - what the prompt does to the current thread: statements, expressions,
 * registers, memory. The thread of a held stop keeps its firing context until it goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

/* A context for the current thread: the held one, or a fresh one in @own. */
static struct eng_ctx *ctx_get(struct dbg *d, struct dbg_frame *frame, struct eng_ctx *own)
{
	struct target *t = d->target;
	struct eng_ctx *ctx = own;

	*frame = (struct dbg_frame){ d, dbg_thread(d, d->current) };
	if (d->held.valid && d->held.stop.tid == d->current) {
		ctx = &d->held.ctx;
	} else {
		memset(own, 0, sizeof(*own));
		if (frame->th)
			t->ops->context(t, frame->th, own);
		own->abi = own->abi ? own->abi : &abi_conventions[ABI_X86_64];
		own->pid = dbg_current_pid(d);
		own->tid = d->current;
	}
	ctx->target = frame;
	return ctx;
}

/* Changes of a thread that is not held are written at once. */
static int ctx_put(struct dbg *d, struct dbg_frame *frame, struct eng_ctx *ctx)
{
	int err = 0;

	ctx->target = NULL;
	if (ctx != &d->held.ctx && frame->th && ctx->dirty)
		err = d->target->ops->store_regs(d->target, frame->th, ctx);
	return err ? dbg_fail_target(d, err) : 0;
}

static enum eng_stage held_stage(const struct dbg *d)
{
	bool exit = d->held.valid && d->held.stop.tid == d->current &&
		    d->held.stop.kind == TGT_STOP_EXIT;

	return exit ? ENG_POST : ENG_PRE;
}

void dbg_show_diags(struct dbg *d, struct scr_diags *diags)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = diags->n ? open_memstream(&text, &size) : NULL;

	if (f) {
		scr_diags_print(diags, f, con_colour_err(d->con));
		if (!fclose(f))
			con_error_text(d->con, text);
		free(text);
	}
	scr_diags_free(diags);
}

int dbg_eval_here(struct dbg *d, const struct eng_program *prog, u64 *value)
{
	struct dbg_frame frame;
	struct eng_ctx own, *ctx = ctx_get(d, &frame, &own);
	struct eng_fault fault;
	u64 context = ctx->context;

	ctx->context = 0; /* `?` runs outside of any event */
	enum eng_error e = eng_run(d->vm, prog, ctx, NULL, held_stage(d), &fault);

	ctx->context = context;
	ctx->brk = false;
	*value = ctx->result;
	if (e != ENG_OK) {
		struct eng_msg msg = { .kind = ENG_MSG_FAULT, .fault = &fault };

		dbg_emit(ctx, &msg);
	}
	int err = ctx_put(d, &frame, ctx);

	return e == ENG_OK ? err : dbg_fail(d, -EFAULT, "the script was ended");
}

static int eval(struct dbg *d, const struct scr_source *src, enum scr_mode mode, u64 *value,
		struct scr_diags *diags)
{
	struct eng_program *prog = scr_compile(d->env, src, mode, diags);
	u64 unwanted;
	int err;

	if (!prog)
		return dbg_fail(d, -EINVAL, "the script has errors; nothing was run");
	dbg_show_diags(d, diags); /* warnings come before what they warn of */
	d->eval_name = src->name;
	d->eval_prog = prog;
	err = dbg_maps_ready(d);
	if (!err) {
		err = d->home->eval(d, prog, value ? value : &unwanted);
		dbg_requests_run(d);
		dbg_deliver(d);
	}
	d->eval_prog = NULL;
	scr_program_free(prog);
	return err;
}

int dbg_eval(struct dbg *d, const struct scr_source *src, struct scr_diags *diags)
{
	return eval(d, src, SCR_SCRIPT, NULL, diags);
}

int dbg_eval_value(struct dbg *d, const struct scr_source *src, u64 *value, struct scr_diags *diags)
{
	return eval(d, src, SCR_EXPRESSION, value, diags);
}

static int need_thread(struct dbg *d)
{
	if (d->target->ops->context && dbg_thread(d, d->current))
		return 0;
	return dbg_fail(d, -ESRCH,
			"there is no debuggee, and so there are no registers: start one with "
			"'.start', or take one with '.attach'");
}

static u64 part_mask(const struct eng_reg_name *r)
{
	return (r->width == 64 ? ~0ULL : ENG_BIT(r->width) - 1) << r->shift;
}

int dbg_current_reg_get(struct dbg *d, const struct eng_reg_name *r, u64 *value)
{
	struct dbg_frame frame;
	struct eng_ctx own, *ctx;
	int err = need_thread(d);

	if (err)
		return err;
	ctx = ctx_get(d, &frame, &own);
	if (!(ctx->loaded & ENG_BIT(r->reg)) && !dbg_host.load_regs(ctx, ENG_BIT(r->reg)))
		err = dbg_fail(d, -ENODATA,
			       "the register '%s' of thread %u cannot be read on this target",
			       r->name, d->current);
	else
		*value = (ctx->reg[r->reg] & part_mask(r)) >> r->shift;
	ctx->target = NULL;
	return err;
}

int dbg_current_reg_set(struct dbg *d, const struct eng_reg_name *r, u64 value)
{
	struct dbg_frame frame;
	struct eng_ctx own, *ctx;
	int err = need_thread(d);

	if (err)
		return err;
	if (!(d->target->ops->caps->regs_writable & ENG_BIT(r->reg)))
		return dbg_fail(d, -EPERM, "the register '%s' cannot be written on this target",
				r->name);
	ctx = ctx_get(d, &frame, &own);
	if (!(ctx->loaded & ENG_BIT(r->reg)) && !dbg_host.load_regs(ctx, ENG_BIT(r->reg))) {
		ctx->target = NULL;
		return dbg_fail(d, -ENODATA,
				"the register '%s' of thread %u cannot be read on this target",
				r->name, d->current);
	}
	ctx->reg[r->reg] = (ctx->reg[r->reg] & ~part_mask(r)) | (value << r->shift & part_mask(r));
	ctx->dirty |= ENG_BIT(r->reg);
	return ctx_put(d, &frame, ctx);
}

/* The thread whose memory is meant; false: there is none. */
static bool memory_of(struct dbg *d, u32 pid, struct tgt_thread **th)
{
	*th = dbg_thread(d, pid ? pid : d->current);
	return *th || (!pid && dbg_can(d, TGT_WHOLE));
}

size_t dbg_mem_read(struct dbg *d, u32 pid, u64 addr, void *buf, size_t n)
{
	struct tgt_thread *th;

	return memory_of(d, pid, &th) ? d->target->ops->read_mem(d->target, th, addr, buf, n) : 0;
}

size_t dbg_mem_write(struct dbg *d, u32 pid, u64 addr, const void *buf, size_t n)
{
	struct tgt_thread *th;

	return memory_of(d, pid, &th) ? d->target->ops->write_mem(d->target, th, addr, buf, n) : 0;
}
