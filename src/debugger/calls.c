/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - number, arguments and result of the call that a thread stands at, for whoever
 * asks: callbacks, users of the library, scripts of Python.
 *
 * Values are those of the stop's firing context, which is written back once, when the thread
 * goes on. Outside of a call they are what the registers would give.
 */
#include <errno.h>
#include <stdlib.h>

#include "debugger/session.h"

_Static_assert((int)LSTAR_ABI_X86_64 == ABI_X86_64 && (int)LSTAR_ABI_I386 == ABI_I386 &&
		       (int)LSTAR_ABI_X32 == ABI_X32,
	       "the library's conventions are ours");

static bool at_call(const struct lstar_thread *t)
{
	return t->at && (t->at->stop.kind == TGT_STOP_ENTER || t->at->stop.kind == TGT_STOP_EXIT);
}

enum lstar_phase dbg_call_phase(const struct lstar_thread *t)
{
	if (!at_call(t))
		return LSTAR_OUTSIDE;
	if (t->at->stop.kind == TGT_STOP_EXIT || (t->at->call && t->at->call->skipped))
		return LSTAR_EXIT;
	return LSTAR_ENTER;
}

static u64 reg(const struct lstar_thread *t, unsigned i);

#define CS_32 0x23 /* __USER32_CS: selector of 32-bit code */

static enum lstar_abi of_code(u64 cs)
{
	return cs == CS_32 ? LSTAR_ABI_I386 : LSTAR_ABI_X86_64;
}

/* Also between its last instruction and the news of its end. */
static bool is_gone(const struct lstar_thread *t)
{
	return !t->alive || !dbg_thread(t->d, t->tid);
}

enum lstar_abi dbg_call_abi(const struct lstar_thread *t)
{
	if (at_call(t))
		return (enum lstar_abi)t->at->stop.abi;
	if (is_gone(t))
		return t->last_call.abi;
	return of_code(reg(t, ENG_CS));
}

static const struct eng_abi *convention(const struct lstar_thread *t)
{
	return &abi_conventions[dbg_call_abi(t)];
}

static u64 cut(const struct eng_abi *abi, u64 value)
{
	return abi->width == 32 ? (u32)value : value;
}

/* A register of the thread, or of its last moment; 0 where nobody can know it. */
static u64 reg(const struct lstar_thread *t, unsigned i)
{
	struct target *target = t->d->target;
	struct eng_ctx own = { .loaded = 0 }, *ctx = t->at ? &t->at->ctx : &own;
	struct tgt_thread *th = is_gone(t) ? NULL : dbg_thread(t->d, t->tid);

	if (!th)
		return t->last[i];
	if (!t->at)
		target->ops->context(target, th, ctx);
	if (!((ctx->loaded | ctx->dirty) >> i & 1) &&
	    !target->ops->load_regs(target, th, ctx, ENG_BIT(i)))
		return t->last[i];
	return ctx->reg[i];
}

static int set_reg(struct lstar_thread *t, unsigned i, u64 value)
{
	struct target *target = t->d->target;
	struct eng_ctx own = { .loaded = 0 }, *ctx = t->at ? &t->at->ctx : &own;
	struct tgt_thread *th = dbg_thread(t->d, t->tid);
	int err = 0;

	if (!t->at) {
		target->ops->context(target, th, ctx);
		target->ops->load_regs(target, th, ctx, ENG_REGS_USER);
	}
	ctx->reg[i] = value;
	ctx->loaded |= ENG_BIT(i);
	ctx->dirty |= ENG_BIT(i);
	if (t->at)
		return 0;
	err = target->ops->store_regs(target, th, ctx);
	if (err)
		return dbg_fail_target(t->d, err);
	dbg_task_look(t, ctx);
	return 0;
}

/* At no stop of a call: a thread that is inside of one is told by its number. */
static u64 outside(const struct lstar_thread *t, u64 rax)
{
	struct target *target = t->d->target;
	struct tgt_thread *th = dbg_thread(t->d, t->tid);
	s64 number = th ? target->ops->number(target, th) : -1;

	return number >= 0 ? (u64)number : rax;
}

/* --- what is known of it at the thread's end --- */

static bool has(const struct eng_ctx *ctx, unsigned i)
{
	return (ctx->loaded | ctx->dirty) & ENG_BIT(i);
}

/* What the stop has told: nothing is fetched, the thread may be on its way already. */
void dbg_call_remember(struct lstar_thread *t, const struct dbg_held *h)
{
	struct dbg_seen_call *c = &t->last_call;
	const struct eng_abi *abi = h->ctx.abi;
	bool enter = h->stop.kind == TGT_STOP_ENTER;

	if (!enter && h->stop.kind != TGT_STOP_EXIT)
		return;
	c->abi = (enum lstar_abi)h->stop.abi;
	c->original = h->stop.nr;
	if (enter) {
		c->number = cut(abi, h->ctx.reg[abi->nr]);
		c->ret = h->ctx.ret_set ? h->ctx.ret : (uint64_t)-ENOSYS;
		c->original_ret = h->call ? (uint64_t)h->call->ret : (uint64_t)-ENOSYS;
	} else {
		c->number = h->call ? h->call->executed : h->stop.nr;
		c->ret = cut(abi, has(&h->ctx, abi->ret) ? h->ctx.reg[abi->ret] : (u64)h->stop.ret);
		c->original_ret = (uint64_t)h->stop.ret;
	}
	for (unsigned i = 0; i < 6; i++) {
		if (h->call)
			c->arg[i] = h->call->arg[i];
		else if (enter)
			c->arg[i] = h->stop.arg[i];
		else if (has(&h->ctx, abi->arg[i]))
			c->arg[i] = cut(abi, h->ctx.reg[abi->arg[i]]);
	}
}

/* What its registers, just looked at, give where there is no stop of a call. */
void dbg_call_look(struct lstar_thread *t)
{
	struct dbg_seen_call *c = &t->last_call;
	const struct eng_abi *abi;

	if (at_call(t))
		return;
	c->abi = of_code(t->last[ENG_CS]);
	abi = &abi_conventions[c->abi];
	c->number = c->original = outside(t, t->last[ENG_RAX]);
	c->ret = cut(abi, t->last[abi->ret]);
	c->original_ret = t->last[ENG_RAX];
	for (unsigned i = 0; i < 6; i++)
		c->arg[i] = cut(abi, t->last[abi->arg[i]]);
}

/* --- number --- */

uint64_t dbg_call_number(const struct lstar_thread *t)
{
	const struct dbg_held *h = t->at;

	if (!at_call(t))
		return is_gone(t) ? t->last_call.number : outside(t, reg(t, ENG_RAX));
	if (h->stop.kind == TGT_STOP_ENTER)
		return cut(h->ctx.abi, h->ctx.reg[h->ctx.abi->nr]);
	return h->call ? h->call->executed : h->stop.nr;
}

uint64_t dbg_call_original(const struct lstar_thread *t)
{
	if (at_call(t))
		return t->at->stop.nr;
	return is_gone(t) ? t->last_call.original : outside(t, reg(t, ENG_RAX));
}

static int too_late(struct lstar_thread *t, const char *what)
{
	return dbg_fail(t->d, -EBUSY,
			"%s of the call in thread %u cannot be changed at its exit: that is "
			"allowed at its entry",
			what, t->tid);
}

int dbg_call_set_number(struct lstar_thread *t, uint64_t nr)
{
	int err = dbg_task_ready(t);

	if (err)
		return err;
	if (dbg_call_phase(t) == LSTAR_EXIT)
		return too_late(t, "the number");
	return set_reg(t, convention(t)->nr, cut(convention(t), nr));
}

/* --- arguments --- */

uint64_t dbg_call_arg(struct lstar_thread *t, unsigned i)
{
	return i < 6 ? cut(convention(t), reg(t, convention(t)->arg[i])) : 0;
}

uint64_t dbg_call_original_arg(const struct lstar_thread *t, unsigned i)
{
	const struct dbg_held *h = t->at;

	if (i >= 6)
		return 0;
	if (at_call(t) && h->call)
		return h->call->arg[i];
	if (at_call(t) && h->stop.kind == TGT_STOP_ENTER)
		return h->stop.arg[i];
	if (!at_call(t) && is_gone(t))
		return t->last_call.arg[i];
	return cut(convention(t), reg(t, convention(t)->arg[i]));
}

/*
 * Arguments change for the kernel alone: the program finds its own after the call. What others
 * had changed before stays changed.
 */
void dbg_keep_args(struct dbg *d, struct dbg_held *h)
{
	struct target *target = d->target;
	u64 args = 0;

	if (h->virtual_call || h->kept)
		return;
	for (unsigned i = 0; i < 6; i++)
		args |= ENG_BIT(h->ctx.abi->arg[i]);
	if (h->ctx.dirty & args)
		target->ops->store_regs(target, h->stop.thread, &h->ctx);
	target->ops->keep_args(target, h->stop.thread);
	h->kept = true;
}

/* Unless the handler that changes them says otherwise. */
static void keep(struct lstar_thread *t)
{
	if (!t->running || !(t->running->flags & LSTAR_KEEP_ARGUMENTS))
		dbg_keep_args(t->d, t->at);
}

int dbg_call_set_arg(struct lstar_thread *t, unsigned i, uint64_t value)
{
	int err = dbg_task_ready(t);

	if (err)
		return err;
	if (i >= 6)
		return dbg_fail(t->d, -EINVAL, "system calls have arguments 0 to 5, not %u", i);
	if (dbg_call_phase(t) == LSTAR_EXIT)
		return too_late(t, "an argument");
	if (dbg_call_phase(t) == LSTAR_ENTER)
		keep(t);
	return set_reg(t, convention(t)->arg[i], cut(convention(t), value));
}

/* --- result --- */

uint64_t dbg_call_return(struct lstar_thread *t)
{
	const struct dbg_held *h = t->at;

	if (!at_call(t) && is_gone(t))
		return t->last_call.ret;
	if (!at_call(t) || h->stop.kind == TGT_STOP_EXIT)
		return reg(t, convention(t)->ret);
	return h->ctx.ret_set ? h->ctx.ret : (uint64_t)-ENOSYS;
}

uint64_t dbg_call_original_return(const struct lstar_thread *t)
{
	const struct dbg_held *h = t->at;

	if (!at_call(t))
		return is_gone(t) ? t->last_call.original_ret : reg(t, ENG_RAX);
	if (h->stop.kind == TGT_STOP_EXIT)
		return (uint64_t)h->stop.ret;
	return h->call ? (uint64_t)h->call->ret : (uint64_t)-ENOSYS;
}

bool dbg_call_entered(const struct lstar_thread *t, unsigned i, struct lstar_handler **h,
		      uint64_t *nr)
{
	const struct dbg_call *c = at_call(t) ? t->at->call : NULL;

	if (!c || i >= c->n)
		return false;
	*h = c->in[i].h;
	*nr = c->in[i].nr;
	return true;
}

int dbg_call_set_return(struct lstar_thread *t, uint64_t value)
{
	int err = dbg_task_ready(t);

	if (err)
		return err;
	if (!at_call(t) || t->at->stop.kind == TGT_STOP_EXIT)
		return set_reg(t, convention(t)->ret, value);
	t->at->ctx.ret = value;
	t->at->ctx.ret_set = true;
	return 0;
}

int dbg_call_skip(struct lstar_thread *t, uint64_t ret)
{
	int err = dbg_task_ready(t);

	if (err)
		return err;
	switch (dbg_call_phase(t)) {
	case LSTAR_ENTER:
		t->at->ctx.skip = t->at->ctx.ret_set = true;
		t->at->ctx.ret = ret;
		return 0;
	case LSTAR_EXIT:
		return too_late(t, "whether the kernel sees it");
	default:
		return dbg_fail(t->d, -EBUSY,
				"thread %u stands at no system call: a call is skipped at its "
				"entry, in a callback or after waiting for a stop there",
				t->tid);
	}
}
