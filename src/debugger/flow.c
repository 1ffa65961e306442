/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flow.c - the way of one system call through its handlers: who is entered, in which order,
 * what a changed number means, who sees the exit.
 *
 * Nothing here allocates at a stop like the one before, formats, or reads /proc. Handlers may
 * be made, changed and removed by any callback in here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

#define DEPTH 32 /* open calls of one thread; more are those that longjmp() has left */

/* --- open calls --- */

static struct dbg_call *call_new(struct dbg *d)
{
	struct dbg_call *c = d->free_calls;

	if (ENG_LIKELY(c != NULL))
		d->free_calls = c->below;
	else
		c = calloc(1, sizeof(*c));
	return c;
}

static void call_free(struct dbg *d, struct dbg_call *c)
{
	c->below = d->free_calls;
	d->free_calls = c;
}

void dbg_calls_drop(struct dbg *d, struct lstar_thread *t)
{
	while (t->call) {
		struct dbg_call *c = t->call;

		t->call = c->below;
		call_free(d, c);
	}
}

static void forget_in(struct lstar_thread *t, const struct lstar_handler *gone)
{
	for (struct dbg_call *c = t->call; c; c = c->below) {
		for (size_t i = 0; i < c->n; i++)
			if (c->in[i].h == gone)
				c->in[i].h = NULL;
		if (c->asked == gone)
			c->asked = NULL;
	}
}

void dbg_calls_forget(struct dbg *d, const struct lstar_handler *gone)
{
	for (struct dbg_proc *p = d->procs; p; p = p->next)
		for (struct lstar_thread *t = p->threads; t; t = t->sibling)
			forget_in(t, gone);
}

static bool same_call(const struct dbg_call *c, const struct tgt_stop *s)
{
	return c->program_nr == s->nr && c->ip == s->ip && c->sp == s->sp;
}

/* A call that begins where another is open has left that one for good. */
static void forget_left(struct dbg *d, struct lstar_thread *t, const struct tgt_stop *s)
{
	unsigned depth = 0;

	for (struct dbg_call **at = &t->call; *at;) {
		struct dbg_call *c = *at;

		if (!same_call(c, s) && ++depth < DEPTH) {
			at = &c->below;
			continue;
		}
		*at = c->below;
		call_free(d, c);
	}
}

static void call_init(struct dbg *d, struct dbg_call *c, const struct dbg_held *h)
{
	const struct tgt_stop *s = &h->stop;

	c->ip = s->ip;
	c->sp = s->sp;
	c->program_nr = s->nr;
	c->abi = s->abi;
	memcpy(c->arg, s->arg, sizeof(c->arg));
	c->first_nr = c->nr = c->seen_nr = h->ctx.reg[h->ctx.abi->nr];
	c->ret = -ENOSYS;
	c->progress = DBG_ROUND;
	c->skipped = c->looped = c->recursive = c->stay = c->asked_recursive = false;
	c->limit = d->next_made;
	c->asked = NULL;
	c->n = 0;
}

static struct dbg_call *call_open(struct dbg *d, struct lstar_thread *t, struct dbg_held *h)
{
	struct dbg_call *c;

	if (ENG_UNLIKELY(t->call != NULL))
		forget_left(d, t, &h->stop);
	c = call_new(d);
	if (!c)
		return NULL;
	call_init(d, c, h);
	c->below = t->call;
	t->call = c;
	return c;
}

/*
 * The call that ends. Where it has moved the thread (execve, rt_sigreturn) its number tells;
 * what lies within it has been left.
 */
static struct dbg_call *call_ending(struct dbg *d, struct lstar_thread *t, const struct tgt_stop *s)
{
	struct dbg_call *c = t->call;

	while (c && !same_call(c, s))
		c = c->below;
	if (!c && t->call && t->call->program_nr == s->nr)
		c = t->call;
	while (c && t->call != c) {
		struct dbg_call *left = t->call;

		t->call = left->below;
		call_free(d, left);
	}
	return c;
}

static void call_close(struct dbg *d, struct lstar_thread *t)
{
	struct dbg_call *c = t->call;

	t->call = c->below;
	call_free(d, c);
}

/* --- who is entered --- */

static bool descends(const struct dbg_proc *p, u32 pid)
{
	while (p && p->pid != pid)
		p = p->parent;
	return p != NULL;
}

bool dbg_handler_is_for(const struct lstar_handler *h, const struct lstar_thread *t)
{
	bool inherit = h->flags & LSTAR_INHERIT;

	if (h->thread)
		return h->thread == t;
	if (h->pid)
		return h->pid == t->proc->pid || (inherit && descends(t->proc, h->pid));
	return t->proc->root || inherit;
}

static bool wants(const struct lstar_handler *h, const struct lstar_thread *t,
		  const struct dbg_call *c, u64 nr)
{
	return dbg_calls_match(&h->calls, c->abi, nr) && h->enabled && !h->removed &&
	       h->made < c->limit && dbg_handler_is_for(h, t) &&
	       !(h->hijack && h->instead[c->abi] == ENG_ANY);
}

static bool entered(const struct dbg_call *c, const struct lstar_handler *h)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->in[i].h == h)
			return true;
	return false;
}

static bool make_room(struct dbg *d, struct dbg_call *c)
{
	size_t cap = c->n + d->nhandlers + 8;
	struct dbg_entered *in;

	if (ENG_LIKELY(c->n < c->cap))
		return true;
	in = realloc(c->in, cap * sizeof(*in));
	if (!in) {
		con_error(d->con, "no memory: a handler misses a call");
		return false;
	}
	c->in = in;
	c->cap = cap;
	return true;
}

static void ask(struct dbg_call *c, struct dbg_entered *e, enum lstar_reason reason)
{
	e->hit = true;
	if (c->stay)
		return;
	c->stay = true;
	c->asked = e->h;
	c->asked_recursive = e->h->flags & LSTAR_RECURSIVE;
	c->reason = reason;
}

/* False: the handler was removed by what it did. */
static bool run(struct dbg *d, struct lstar_thread *t, struct dbg_call *c, size_t i,
		lstar_call_fn *fn)
{
	struct lstar_handler *h = c->in[i].h, *outer = t->running;
	enum lstar_cb answer;

	c->in[i].hit = true;
	t->running = h;
	d->firing++;
	answer = fn(t, h, h->user);
	d->firing--;
	t->running = outer;
	if (!c->in[i].h)
		return false;
	c->in[i].hit = false;
	if (answer == LSTAR_CB_STOP)
		ask(c, &c->in[i], LSTAR_STOP_CALLBACK);
	return true;
}

static enum lstar_cb hijack(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	dbg_call_set_number(t, h->instead[t->at->call->abi]);
	for (unsigned i = 0; i < 6; i++)
		if (h->args >> i & 1)
			dbg_call_set_arg(t, i, h->value[i]);
	return LSTAR_CB_CONTINUE;
}

static bool is_synchronous(const struct lstar_handler *h)
{
	return !h->on_enter && !h->on_exit && !h->hijack;
}

static u64 number(const struct dbg_held *h)
{
	return h->ctx.reg[h->ctx.abi->nr];
}

static void enter(struct dbg *d, struct dbg_held *held, struct lstar_handler *h)
{
	struct dbg_call *c = held->call;
	lstar_call_fn *fn = h->hijack ? hijack : h->on_enter;
	bool recursive = h->flags & LSTAR_RECURSIVE;
	u64 before = number(held);
	size_t i = c->n;

	if (!make_room(d, c))
		return;
	if (ENG_UNLIKELY(h->twins != NULL))
		dbg_twins_forget(h);
	c->in[c->n++] = (struct dbg_entered){ h, c->nr, false };
	if (is_synchronous(h)) {
		ask(c, &c->in[i], LSTAR_STOP_SYSCALL);
		return;
	}
	if (!fn)
		return;
	if (run(d, held->task, c, i, fn) && !h->enabled) {
		h->hits++;
		c->in[i].h = NULL; /* no exit, even if it is enabled again before that */
	}
	if (number(held) != before)
		c->recursive = recursive;
}

static void enter_all(struct dbg *d, struct dbg_held *held, unsigned late, u64 nr)
{
	struct dbg_call *c = held->call;

	for (struct lstar_handler *h = d->handlers[late]; h; h = h->next)
		if (wants(h, held->task, c, nr) && (!c->n || !entered(c, h)) &&
		    !(held->virtual_call && is_synchronous(h)))
			enter(d, held, h);
	c->seen_nr = number(held);
}

/* --- changed numbers --- */

static const char *name_of(const struct dbg_call *c, u64 nr, char buf[24])
{
	const struct abi_call *call = abi_call_by_nr(c->abi, nr);

	if (call)
		return call->name;
	snprintf(buf, 24, "%lld", nr);
	return buf;
}

/* No handler sees the end of this call; it stands at its entry as the program made it. */
static void loop_found(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;
	char first[24], again[24];
	u64 nr = number(held);

	dbg_fail(d, -ELOOP,
		 "hijacking loop: the call of %s in thread %u has come back to %s, which it has "
		 "been already. Take LSTAR_RECURSIVE from one of the handlers that change the "
		 "number; the thread stands at the entry of the call as the program made it",
		 name_of(c, c->first_nr, first), held->stop.tid, name_of(c, nr, again));
	held->ctx.reg[held->ctx.abi->nr] = c->first_nr;
	held->ctx.dirty |= ENG_BIT(held->ctx.abi->nr);
	c->n = 0;
	c->looped = c->stay = true;
	c->progress = DBG_ENTERED;
}

/* All handlers of a number have been entered: what comes next? */
static void look_at_number(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;
	u64 nr = number(held);
	bool recursive = nr == c->seen_nr ? c->recursive : c->asked_recursive;

	c->progress = DBG_LATE;
	if (held->ctx.skip || nr == c->nr || !recursive)
		return;
	for (size_t i = 0; i < c->n; i++) {
		if (c->in[i].nr == nr) {
			loop_found(d, held);
			return;
		}
	}
	c->nr = nr;
	c->recursive = false;
	c->progress = DBG_ROUND;
}

/* --- exit --- */

static void leave_all(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;

	for (size_t i = 0; i < c->n; i++) {
		struct lstar_handler *h = c->in[i].h;

		if (!h || !h->enabled || h->removed)
			continue;
		h->hits++;
		if (is_synchronous(h))
			ask(c, &c->in[i], LSTAR_STOP_SYSCALL);
		else if (h->on_exit)
			run(d, held->task, c, i, h->on_exit);
	}
}

/* Number -1 makes the kernel leave a call out; so do we, and its handlers see the end. */
static bool is_left_out(struct dbg_held *held)
{
	bool none = held->ctx.abi->width == 32 ? (u32)number(held) == ~0u : number(held) == ~0ULL;

	if (none && held->call->n && !held->ctx.skip) {
		held->ctx.skip = true;
		if (!held->ctx.ret_set)
			held->ctx.ret = (u64)-ENOSYS;
		held->ctx.ret_set = true;
	}
	return held->ctx.skip;
}

static void see_end_here(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;

	if (!held->ctx.ret_set)
		held->ctx.ret = number(held);
	held->ctx.ret_set = true;
	c->ret = (s64)held->ctx.ret;
	c->executed = number(held);
	c->skipped = true;
	leave_all(d, held);
	c->progress = DBG_LEFT;
}

/* --- the whole way --- */

/* As far as it leads at once; true: there may be more, if the thread does not stay here. */
static bool goes_on(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;

	switch (c->progress) {
	case DBG_ROUND:
		enter_all(d, held, 0, c->nr);
		c->progress = DBG_CHANGED;
		if (c->stay)
			return true;
		/* fall through */
	case DBG_CHANGED:
		look_at_number(d, held);
		if (c->stay || c->progress != DBG_LATE)
			return true;
		/* fall through */
	case DBG_LATE:
		if (d->handlers[1])
			enter_all(d, held, 1, c->first_nr);
		c->progress = DBG_ENTERED;
		if (c->stay)
			return true;
		/* fall through */
	case DBG_ENTERED:
		if (is_left_out(held))
			see_end_here(d, held);
		return false;
	case DBG_LEAVING:
		leave_all(d, held);
		c->progress = DBG_LEFT;
		return false;
	default:
		return false;
	}
}

bool dbg_call_advance(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;

	if (!c)
		return false;
	for (size_t i = 0; i < c->n; i++)
		c->in[i].hit = false;
	c->stay = c->looped = false;
	while (!c->stay && goes_on(d, held))
		;
	return c->stay;
}

bool dbg_call_stop(struct dbg *d, struct dbg_held *held)
{
	struct lstar_thread *t = dbg_task_of(d, held->stop.pid, held->stop.tid);

	held->task = t;
	held->call = NULL;
	if (!t)
		return false;
	t->at = held;
	if (held->stop.kind == TGT_STOP_ENTER) {
		held->call = call_open(d, t, held);
		if (ENG_UNLIKELY(d->nwatching) && held->call)
			dbg_twins_look(d, t, held->call);
	} else if (t->call) {
		held->call = call_ending(d, t, &held->stop);
		if (held->call) {
			held->call->ret = held->stop.ret;
			held->call->progress = DBG_LEAVING;
		}
	}
	return dbg_call_advance(d, held);
}

void dbg_call_gone(struct dbg *d, struct dbg_held *held)
{
	struct dbg_call *c = held->call;

	if (!held->task)
		return;
	held->task->at = NULL;
	if (!c)
		return;
	c->executed = number(held);
	if (held->stop.kind == TGT_STOP_EXIT || c->skipped || !c->n)
		call_close(d, held->task);
	held->call = NULL;
}

void dbg_call_begin(struct dbg *d, struct dbg_held *held, struct dbg_call *c)
{
	call_init(d, c, held);
	held->call = c;
	c->below = held->task->call;
	held->task->call = c;
	while (!c->looped && goes_on(d, held))
		;
}

void dbg_call_end(struct dbg *d, struct dbg_held *held, bool made)
{
	struct dbg_call *c = held->call;

	if (made && !c->skipped) {
		c->progress = DBG_LEAVING;
		leave_all(d, held);
	}
	if (held->task->call == c)
		held->task->call = c->below;
	free(c->in);
	if (d->sweep && !d->firing)
		dbg_handlers_sweep(d);
}
