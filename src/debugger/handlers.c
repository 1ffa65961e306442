/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handlers.c - making, changing and removing handlers of system calls, and what they are for:
 * sets of numbers made once, so that a stop has nothing to look up.
 *
 * What happens at a call is in flow.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

#define ALL_FLAGS                                                                 \
	(LSTAR_RECURSIVE | LSTAR_KEEP_ARGUMENTS | LSTAR_INHERIT | LSTAR_REPLACE | \
	 LSTAR_REPORT_UNUSED | LSTAR_LAST)

/* --- what a call is named --- */

/* "0x3b", "0n59", "0t73", "0y111011"; false: not a number. */
static bool parse_number(const char *text, u64 *nr)
{
	int base = 0;
	char *end;

	if (text[0] != '0' || !text[1] || !text[2])
		return false;
	switch (text[1]) {
	case 'x':
		base = 16;
		break;
	case 'n':
		base = 10;
		break;
	case 't':
		base = 8;
		break;
	case 'y':
		base = 2;
		break;
	default:
		return false;
	}
	errno = 0;
	*nr = strtoull(text + 2, &end, base);
	return !*end && !errno && text[2] != '-' && text[2] != '+';
}

static void add(struct dbg_calls *c, enum abi_id abi, u64 nr)
{
	u64 low = abi == ABI_X32 ? nr & ~(u64)ABI_X32_BIT : nr;

	if (low < TGT_MAX_NR)
		c->nr[abi][low / 64] |= 1ULL << (low % 64);
}

static int unknown(struct dbg *d, const char *text)
{
	const char *near = NULL;

	for (unsigned abi = 0; abi < ABI_N && !near; abi++)
		near = abi_call_suggest(abi, text);
	if (near)
		return dbg_fail(d, -ENOENT, "there is no system call '%s'; did you mean '%s'?",
				text, near);
	return dbg_fail(d, -ENOENT,
			"there is no system call '%s'; numbers are written 0n59 or 0x3b", text);
}

static int add_class(struct dbg *d, const char *text, struct dbg_calls *c)
{
	int class = abi_class_by_name(text);
	const char *near = class < 0 ? abi_class_suggest(text) : NULL;

	if (class < 0)
		return dbg_fail(d, -ENOENT, "there is no class of calls '%s'%s%s%s", text,
				near ? "; did you mean '"
				     : ": %file, %desc, %network, %process, "
				       "%memory and %signal are",
				near ? near : "", near ? "'?" : "");
	for (unsigned abi = 0; abi < ABI_N; abi++)
		for (u64 nr = 0; nr < TGT_MAX_NR; nr++)
			if (abi_call_in_class(abi, nr, class))
				add(c, abi, nr);
	return 0;
}

/* The call of this name in each calling convention; ENG_ANY where there is none. */
static int by_name(struct dbg *d, const char *text, u64 nr[ABI_N])
{
	bool any = false;

	for (unsigned abi = 0; abi < ABI_N; abi++) {
		const struct abi_call *call = abi_call_by_name(abi, text);

		nr[abi] = call ? call->nr : ENG_ANY;
		any |= call != NULL;
	}
	return any ? 0 : unknown(d, text);
}

/* What a handler is for. *@number: -1 for more than one call. */
static int parse_calls(struct dbg *d, const char *text, struct dbg_calls *c, s64 *number)
{
	u64 nr[ABI_N];
	int err;

	memset(c, 0, sizeof(*c));
	*number = -1;
	if (!strcmp(text, "*")) {
		c->all = true;
		return 0;
	}
	if (parse_number(text, &c->number)) {
		c->single = true;
		*number = (s64)c->number;
		return 0;
	}
	if (text[0] == '%')
		return add_class(d, text, c);
	err = by_name(d, text, nr);
	for (unsigned abi = ABI_N; !err && abi-- > 0;) {
		const struct abi_call *call;

		if (nr[abi] != ENG_ANY)
			*number = (s64)nr[abi];
		for (size_t i = 0; (call = abi_calls_by_name(abi, text, i)); i++)
			add(c, abi, call->nr);
	}
	return err;
}

static bool same_calls(const struct dbg_calls *a, const struct dbg_calls *b)
{
	return a->all == b->all && a->single == b->single && a->number == b->number &&
	       !memcmp(a->nr, b->nr, sizeof(a->nr));
}

/* --- making --- */

static struct lstar_handler *last_of(struct dbg *d, const struct dbg_calls *c, bool late)
{
	struct lstar_handler *found = NULL;

	for (struct lstar_handler *h = d->handlers[late]; h; h = h->next)
		if (!h->removed && same_calls(&h->calls, c))
			found = h;
	return found;
}

static struct lstar_handler *handler_new(struct dbg *d, const char *text, unsigned flags)
{
	struct lstar_handler **at = &d->handlers[(flags & LSTAR_LAST) != 0], *h;

	h = calloc(1, sizeof(*h));
	if (!h || !(h->text = strdup(text))) {
		free(h);
		dbg_fail(d, -ENOMEM, "no memory for a handler");
		return NULL;
	}
	h->d = d;
	h->made = d->next_made++;
	while (*at)
		at = &(*at)->next;
	*at = h;
	d->nhandlers++;
	return h;
}

static int check(struct dbg *d, unsigned flags)
{
	if (dbg_can(d, TGT_WHOLE))
		return dbg_fail(d, -EOPNOTSUPP,
				"handlers are for processes; calls of the whole machine are seen "
				"by event commands (!syscall)");
	if (flags & ~(unsigned)ALL_FLAGS)
		return dbg_fail(d, -EINVAL, "unknown flags %#x of a handler",
				flags & ~(unsigned)ALL_FLAGS);
	return 0;
}

/* A handler, new or replaced, with all but what it does filled in. */
static int make(struct dbg *d, const char *text, unsigned flags, struct lstar_handler **handler)
{
	struct dbg_calls calls;
	struct lstar_handler *h = NULL;
	s64 number;
	int err = check(d, flags);

	if (!err)
		err = parse_calls(d, text, &calls, &number);
	if (err)
		return err;
	if (flags & LSTAR_REPLACE)
		h = last_of(d, &calls, flags & LSTAR_LAST);
	if (!h)
		h = handler_new(d, text, flags);
	if (!h)
		return -ENOMEM;
	h->calls = calls;
	h->number = number;
	h->flags = flags;
	h->enabled = true;
	h->hijack = false;
	h->on_enter = h->on_exit = NULL;
	h->user = NULL;
	d->interest_stale = true;
	dbg_twins_forget(h);
	if (flags & LSTAR_REPORT_UNUSED)
		dbg_twins_watch(h);
	*handler = h;
	return 0;
}

int dbg_handle_syscall(struct dbg *d, const char *call, lstar_call_fn *on_enter,
		       lstar_call_fn *on_exit, unsigned flags, void *user,
		       struct lstar_handler **handler)
{
	struct lstar_handler *h;
	int err = make(d, call, flags, &h);

	if (err)
		return err;
	h->on_enter = on_enter;
	h->on_exit = on_exit;
	h->user = user;
	if (handler)
		*handler = h;
	return 0;
}

static int parse_instead(struct dbg *d, const char *text, u64 nr[ABI_N])
{
	u64 number;

	if (text[0] == '*' || text[0] == '%')
		return dbg_fail(d, -EINVAL,
				"a call can be replaced by one other, not by '%s', which is many",
				text);
	if (!parse_number(text, &number))
		return by_name(d, text, nr);
	for (unsigned abi = 0; abi < ABI_N; abi++)
		nr[abi] = number;
	return 0;
}

/* Replacing a call by itself would say nothing, and loops with LSTAR_RECURSIVE. */
static bool is_itself(const struct dbg_calls *c, s64 number, const u64 instead[ABI_N])
{
	if (number < 0)
		return false;
	for (unsigned abi = 0; abi < ABI_N; abi++)
		if (instead[abi] != ENG_ANY && dbg_calls_match(c, abi, instead[abi]))
			return true;
	return false;
}

int dbg_hijack_syscall(struct dbg *d, const char *call, const char *instead, unsigned args,
		       const uint64_t value[6], unsigned flags, struct lstar_handler **handler)
{
	struct dbg_calls calls;
	struct lstar_handler *h;
	u64 nr[ABI_N];
	s64 number;
	int err = parse_instead(d, instead, nr);

	if (!err && args >> 6)
		err = dbg_fail(d, -EINVAL, "system calls have 6 arguments, not those of mask %#x",
			       args);
	if (!err)
		err = parse_calls(d, call, &calls, &number);
	if (!err && is_itself(&calls, number, nr))
		err = dbg_fail(d, -EINVAL, "'%s' and '%s' are the same call: nothing to hijack",
			       call, instead);
	if (!err)
		err = make(d, call, flags, &h);
	if (err)
		return err;
	h->hijack = true;
	h->args = args;
	memcpy(h->instead, nr, sizeof(nr));
	for (unsigned i = 0; i < 6; i++)
		h->value[i] = args >> i & 1 ? value[i] : 0;
	if (handler)
		*handler = h;
	return 0;
}

/* --- changing --- */

int dbg_handler_thread(struct lstar_handler *h, struct lstar_thread *t)
{
	if (t && t->d != h->d)
		return dbg_fail(h->d, -EINVAL, "thread %u belongs to another session", t->tid);
	if (t && !t->alive)
		return dbg_fail(h->d, -ESRCH, "thread %u has ended", t->tid);
	h->thread = t;
	return 0;
}

int dbg_handler_process(struct lstar_handler *h, uint32_t pid)
{
	if (pid && !dbg_proc_find(h->d, pid))
		return dbg_fail(h->d, -ESRCH, "%u is no process of the debuggee", pid);
	h->pid = pid;
	return 0;
}

int dbg_handler_callbacks(struct lstar_handler *h, lstar_call_fn *on_enter, lstar_call_fn *on_exit,
			  void *user)
{
	h->hijack = false;
	h->on_enter = on_enter;
	h->on_exit = on_exit;
	h->user = user;
	return 0;
}

void dbg_handler_enable(struct lstar_handler *h, bool on)
{
	if (h->enabled != on)
		h->d->interest_stale = true;
	h->enabled = on;
}

void dbg_handlers_sweep(struct dbg *d)
{
	d->sweep = false;
	for (unsigned late = 0; late < 2; late++) {
		struct lstar_handler **at = &d->handlers[late];

		while (*at) {
			struct lstar_handler *h = *at;

			if (!h->removed) {
				at = &h->next;
				continue;
			}
			*at = h->next;
			d->nhandlers--;
			dbg_twins_forget(h);
			free(h->text);
			free(h);
		}
	}
}

void dbg_handler_remove(struct lstar_handler *h)
{
	struct dbg *d = h->d;

	h->removed = true;
	h->enabled = false;
	d->interest_stale = true;
	dbg_calls_forget(d, h);
	if (d->firing)
		d->sweep = true; /* it, or one before it in the list, may be running */
	else
		dbg_handlers_sweep(d);
}

void dbg_handlers_free(struct dbg *d)
{
	for (unsigned late = 0; late < 2; late++)
		for (struct lstar_handler *h = d->handlers[late]; h; h = h->next)
			h->removed = true;
	dbg_handlers_sweep(d);
	while (d->free_calls) {
		struct dbg_call *c = d->free_calls;

		d->free_calls = c->below;
		free(c->in);
		free(c);
	}
}

/* --- questions --- */

bool dbg_handler_enabled(const struct lstar_handler *h)
{
	return h->enabled;
}

uint64_t dbg_handler_hits(const struct lstar_handler *h)
{
	return h->hits;
}

int64_t dbg_handler_number(const struct lstar_handler *h)
{
	return h->number;
}

struct dbg *dbg_handler_session(const struct lstar_handler *h)
{
	return h->d;
}

const char *dbg_handler_call(const struct lstar_handler *h)
{
	return h->text;
}

bool dbg_hit_on(const struct lstar_handler *h, const struct lstar_thread *t)
{
	const struct dbg_call *c = t->at ? t->at->call : NULL;

	for (size_t i = 0; c && i < c->n; i++)
		if (c->in[i].h == h && c->in[i].hit)
			return true;
	return false;
}

bool dbg_hit_on_enter(const struct lstar_handler *h, const struct lstar_thread *t)
{
	return dbg_call_phase(t) == LSTAR_ENTER && dbg_hit_on(h, t);
}

bool dbg_hit_on_exit(const struct lstar_handler *h, const struct lstar_thread *t)
{
	return dbg_call_phase(t) == LSTAR_EXIT && dbg_hit_on(h, t);
}

/* --- interest --- */

static void interest_of(const struct dbg_calls *c, struct tgt_interest *in)
{
	bool other = c->all;

	for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++) {
		u64 wanted = c->all ? ~0ULL : c->nr[ABI_X86_64][i];

		in->enter[i] |= wanted;
		in->exit[i] |= wanted;
		other |= (c->nr[ABI_I386][i] | c->nr[ABI_X32][i]) != 0;
	}
	if (c->single) {
		other = true;
		if (c->number < TGT_MAX_NR) {
			in->enter[c->number / 64] |= 1ULL << (c->number % 64);
			in->exit[c->number / 64] |= 1ULL << (c->number % 64);
		}
	}
	in->enter_other |= other;
	in->exit_other |= other;
}

void dbg_handlers_interest(struct dbg *d, struct tgt_interest *in)
{
	bool any = false;

	for (unsigned late = 0; late < 2; late++) {
		for (struct lstar_handler *h = d->handlers[late]; h; h = h->next) {
			if (!h->enabled || h->removed)
				continue;
			interest_of(&h->calls, in);
			any = true;
		}
	}
	if (!any)
		return;
	/* An event may change a number to one that has handlers: they see the exit, too. */
	for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++)
		in->exit[i] |= in->enter[i];
	in->exit_other |= in->enter_other;
	if (d->nwatching)
		dbg_twins_interest(d, in);
}
