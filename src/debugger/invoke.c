/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invoke.c - system calls that the user makes in a stopped thread. The target makes them; here
 * is only what handlers see of them, when they are to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

static int make(struct lstar_thread *t, struct tgt_invoke *call, int64_t *result)
{
	struct target *target = t->d->target;
	s64 ret;
	int err = target->ops->invoke(target, dbg_thread(t->d, t->tid), call, &ret);

	if (err)
		return dbg_fail_target(t->d, err);
	*result = ret;
	return 0;
}

/* A stop at the entry of the call, that nobody but its handlers ever sees. */
static void pretend(struct dbg_held *h, struct lstar_thread *t, const struct tgt_invoke *call)
{
	struct target *target = t->d->target;
	const struct eng_abi *abi = &abi_conventions[ABI_X86_64];

	if (t->at)
		h->ctx = t->at->ctx;
	else
		target->ops->context(target, dbg_thread(t->d, t->tid), &h->ctx);
	h->ctx.abi = abi;
	h->ctx.nr = call->nr;
	h->ctx.skip = h->ctx.ret_set = h->ctx.brk = false;
	h->ctx.reg[abi->nr] = call->nr;
	h->ctx.loaded |= ENG_BIT(abi->nr);
	for (unsigned i = 0; i < 6; i++) {
		h->ctx.reg[abi->arg[i]] = call->arg[i];
		h->ctx.loaded |= ENG_BIT(abi->arg[i]);
	}
	h->stop.kind = TGT_STOP_ENTER;
	h->stop.thread = dbg_thread(t->d, t->tid);
	h->stop.pid = t->proc->pid;
	h->stop.tid = t->tid;
	h->stop.abi = ABI_X86_64;
	h->stop.nr = call->nr;
	memcpy(h->stop.arg, call->arg, sizeof(h->stop.arg));
	h->task = t;
	h->virtual_call = true;
}

static int make_changed(struct lstar_thread *t, struct dbg_held *h, struct tgt_invoke *call,
			int64_t *result)
{
	const struct eng_abi *abi = h->ctx.abi;
	int err;

	call->nr = h->call->executed = h->ctx.reg[abi->nr];
	for (unsigned i = 0; i < 6; i++)
		call->arg[i] = h->ctx.reg[abi->arg[i]];
	err = make(t, call, result);
	h->stop.kind = TGT_STOP_EXIT;
	h->stop.ret = *result;
	h->call->ret = *result;
	h->ctx.reg[abi->ret] = (u64)*result;
	return err;
}

static int with_handlers(struct lstar_thread *t, struct tgt_invoke *call, int64_t *result)
{
	struct dbg_held h = { .valid = false }, *before = t->at;
	struct dbg_call c = { .below = NULL };
	int err = 0;

	pretend(&h, t, call);
	t->at = &h;
	dbg_call_begin(t->d, &h, &c);
	if (c.looped)
		err = -ELOOP;
	else if (c.skipped)
		*result = (int64_t)h.ctx.ret;
	else
		err = make_changed(t, &h, call, result);
	dbg_call_end(t->d, &h, !err);
	if (!err && !c.skipped)
		*result = (int64_t)h.ctx.reg[h.ctx.abi->ret];
	t->at = t->alive ? before : NULL;
	return err;
}

int dbg_invoke_syscall(struct lstar_thread *t, uint64_t nr, const uint64_t args[6], unsigned flags,
		       int64_t *result)
{
	unsigned known = LSTAR_INVOKE_INSIST | LSTAR_INVOKE_HANDLERS | LSTAR_INVOKE_RUN_OTHERS;
	struct tgt_invoke call = { .nr = nr };
	int err = dbg_task_ready(t);

	*result = 0;
	if (err)
		return err;
	if (flags & ~known)
		return dbg_fail(t->d, -EINVAL, "unknown flags %#x of an invocation",
				flags & ~known);
	for (unsigned i = 0; args && i < 6; i++)
		call.arg[i] = args[i];
	if (flags & LSTAR_INVOKE_INSIST)
		call.flags |= TGT_INVOKE_INSIST;
	if (flags & LSTAR_INVOKE_RUN_OTHERS)
		call.flags |= TGT_INVOKE_OTHERS;
	if (flags & LSTAR_INVOKE_HANDLERS && t->d->nhandlers)
		return with_handlers(t, &call, result);
	return make(t, &call, result);
}
