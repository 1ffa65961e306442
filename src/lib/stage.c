/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stage.c - is this function allowed now, and to this thread? Whoever is refused is told
 * when it would be allowed.
 */
#include "lib/lib.h"

int lib_session(struct lstar *s)
{
	if (!s)
		return lib_fail(NULL, LSTAR_E_ARGUMENT, 0,
				"NULL is no session: lstar_open() makes one");
	/* When nothing is left to trace, what it was can be read from anywhere. */
	if (s->owned && !pthread_equal(s->owner, pthread_self()) && dbg_has_debuggee(s->d))
		return lib_fail(
			NULL, LSTAR_E_STAGE, 0,
			"this session belongs to the thread that was the first to launch or "
			"attach in it, as ptrace(2) wants: call from there; "
			"lstar_interrupt() alone is for every thread");
	return 0;
}

int lib_thread(const struct lstar_thread *t, struct lstar **s)
{
	*s = t ? dbg_user(dbg_thread_session(t)) : NULL;
	if (!t)
		return lib_fail(NULL, LSTAR_E_ARGUMENT, 0, "NULL is no thread");
	return lib_session(*s);
}

int lib_handler(const struct lstar_handler *h, struct lstar **s)
{
	*s = h ? dbg_user(dbg_handler_session(h)) : NULL;
	if (!h)
		return lib_fail(NULL, LSTAR_E_ARGUMENT, 0, "NULL is no handler");
	return lib_session(*s);
}
