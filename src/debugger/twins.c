/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * twins.c - handlers that wait for a call which the program never makes, because it makes a
 * twin of it: who waits for open sees nothing of openat. Only those that ask for it are told.
 */
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

static void add_name(struct dbg_calls *c, enum abi_id abi, const char *name)
{
	const struct abi_call *call = abi_call_by_name(abi, name);
	u64 low = call ? call->nr & ~(u64)ABI_X32_BIT : TGT_MAX_NR;

	if (low < TGT_MAX_NR)
		c->nr[abi][low / 64] |= 1ULL << (low % 64);
}

/* Handlers of classes and of all calls miss nothing that could be named. */
void dbg_twins_watch(struct lstar_handler *h)
{
	struct dbg_twins *w = h->number >= 0 ? calloc(1, sizeof(*w)) : NULL;

	if (!w)
		return;
	for (unsigned abi = 0; abi < ABI_N; abi++) {
		for (u64 nr = 0; nr < TGT_MAX_NR; nr++) {
			const struct abi_call *call = abi_call_by_nr(abi, nr);
			const char *twin;

			if (!call || !dbg_calls_match(&h->calls, abi, call->nr))
				continue;
			for (size_t i = 0; (twin = abi_twin(call->name, i)); i++)
				add_name(&w->calls, abi, twin);
		}
		for (size_t i = 0; i < ARRAY_SIZE(w->calls.nr[abi]); i++)
			w->calls.nr[abi][i] &= ~h->calls.nr[abi][i];
	}
	h->twins = w;
	h->d->nwatching++;
}

void dbg_twins_forget(struct lstar_handler *h)
{
	if (!h->twins)
		return;
	free(h->twins);
	h->twins = NULL;
	h->d->nwatching--;
	h->d->interest_stale = true;
}

void dbg_twins_look(struct dbg *d, const struct lstar_thread *t, const struct dbg_call *c)
{
	for (unsigned late = 0; late < 2; late++) {
		for (struct lstar_handler *h = d->handlers[late]; h; h = h->next) {
			if (!h->twins || h->removed || !h->enabled ||
			    !dbg_calls_match(&h->twins->calls, c->abi, c->nr) ||
			    !dbg_handler_is_for(h, t))
				continue;
			if (!h->twins->seen++) {
				h->twins->abi = c->abi;
				h->twins->nr = c->nr;
			}
		}
	}
}

/* Their entries; what they return is nobody's concern. */
void dbg_twins_interest(struct dbg *d, struct tgt_interest *in)
{
	for (unsigned late = 0; late < 2; late++) {
		for (struct lstar_handler *h = d->handlers[late]; h; h = h->next) {
			const struct dbg_calls *c = h->twins ? &h->twins->calls : NULL;

			if (!c || h->removed || !h->enabled)
				continue;
			for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++) {
				in->enter[i] |= c->nr[ABI_X86_64][i];
				in->enter_other |= (c->nr[ABI_I386][i] | c->nr[ABI_X32][i]) != 0;
			}
		}
	}
}

static const char *sentence(struct lstar_handler *h)
{
	struct dbg_twins *w = h->twins;
	const struct abi_call *call = abi_call_by_nr(w->abi, w->nr);

	snprintf(w->text, sizeof(w->text),
		 "the handler of %s has never run, but %s, which serves the same purpose, was "
		 "called: a handler of that one would have run (calls of such twins: %llu)",
		 h->text, call ? call->name : "a twin", w->seen);
	return w->text;
}

const char *dbg_unused(struct dbg *d, size_t i)
{
	for (unsigned late = 0; late < 2; late++)
		for (struct lstar_handler *h = d->handlers[late]; h; h = h->next)
			if (!h->removed && h->twins && h->twins->seen && !i--)
				return sentence(h);
	return NULL;
}
