/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handler.c - handlers of system calls, as the debugger has them.
 */
#include "lib/lib.h"

enum lstar_cb lstar_pass(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	(void)t, (void)h, (void)user;
	return LSTAR_CB_CONTINUE;
}

static int no_name(struct lstar *s)
{
	return lib_fail(s, LSTAR_E_ARGUMENT, 0,
			"a system call is wanted: its name, its number, a class, or \"*\"");
}

int lstar_handle_syscall(struct lstar *s, const char *call, lstar_call_fn *on_enter,
			 lstar_call_fn *on_exit, unsigned flags, void *user,
			 struct lstar_handler **handler)
{
	struct lstar_handler *unwanted;
	int err = lib_session(s);

	if (err)
		return err;
	if (!call)
		return no_name(s);
	return lib_result(s, dbg_handle_syscall(s->d, call, on_enter, on_exit, flags, user,
						handler ? handler : &unwanted));
}

int lstar_hijack_syscall(struct lstar *s, const char *call, const char *instead, unsigned args,
			 const uint64_t value[6], unsigned flags, struct lstar_handler **handler)
{
	struct lstar_handler *unwanted;
	int err = lib_session(s);

	if (err)
		return err;
	if (!call || !instead)
		return no_name(s);
	if (args && !value)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0,
				"arguments are to be replaced, and their values are NULL");
	return lib_result(s, dbg_hijack_syscall(s->d, call, instead, args, value, flags,
						handler ? handler : &unwanted));
}

int lstar_handler_thread(struct lstar_handler *h, struct lstar_thread *t)
{
	struct lstar *s;
	int err = lib_handler(h, &s);

	return err ?: lib_result(s, dbg_handler_thread(h, t));
}

int lstar_handler_process(struct lstar_handler *h, uint32_t pid)
{
	struct lstar *s;
	int err = lib_handler(h, &s);

	return err ?: lib_result(s, dbg_handler_process(h, pid));
}

int lstar_handler_callbacks(struct lstar_handler *h, lstar_call_fn *on_enter,
			    lstar_call_fn *on_exit, void *user)
{
	struct lstar *s;
	int err = lib_handler(h, &s);

	return err ?: lib_result(s, dbg_handler_callbacks(h, on_enter, on_exit, user));
}

void lstar_handler_enable(struct lstar_handler *h, bool on)
{
	if (h)
		dbg_handler_enable(h, on);
}

bool lstar_handler_enabled(const struct lstar_handler *h)
{
	return h && dbg_handler_enabled(h);
}

uint64_t lstar_handler_hits(const struct lstar_handler *h)
{
	return h ? dbg_handler_hits(h) : 0;
}

int64_t lstar_handler_number(const struct lstar_handler *h)
{
	return h ? dbg_handler_number(h) : -1;
}

void lstar_handler_remove(struct lstar_handler *h)
{
	if (h)
		dbg_handler_remove(h);
}

bool lstar_hit_on(const struct lstar_handler *h, const struct lstar_thread *t)
{
	return h && t && dbg_hit_on(h, t);
}

bool lstar_hit_on_enter(const struct lstar_handler *h, const struct lstar_thread *t)
{
	return h && t && dbg_hit_on_enter(h, t);
}

bool lstar_hit_on_exit(const struct lstar_handler *h, const struct lstar_thread *t)
{
	return h && t && dbg_hit_on_exit(h, t);
}

const char *lstar_unused(struct lstar *s, size_t i)
{
	return s ? dbg_unused(s->d, i) : NULL;
}
