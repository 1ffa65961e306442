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
	if (s->owned && !pthread_equal(s->owner, pthread_self()))
		return lib_fail(
			NULL, LSTAR_E_STAGE, 0,
			"this session belongs to the thread that was the first to launch or "
			"attach in it, as ptrace(2) wants: call from there; "
			"lstar_interrupt() alone is for every thread");
	return 0;
}

static bool has_debuggee(struct lstar *s)
{
	return dbg_has_debuggee(s->d) && !dbg_can(s->d, TGT_WHOLE);
}

int lib_stopped(struct lstar *s, const char *function)
{
	int err = lib_session(s);

	if (err)
		return err;
	if (!has_debuggee(s))
		return lib_fail(s, LSTAR_E_GONE, 0,
				"%s() needs a debuggee and there is none: lstar_launch() starts "
				"one, lstar_attach() takes one",
				function);
	if (dbg_stopped(s->d))
		return 0;
	return lib_fail(s, LSTAR_E_STAGE, 0,
			"%s() needs a stopped debuggee: it runs from lstar_continue() on until "
			"lstar_wait() returns for another reason than LSTAR_STOP_TIMEOUT, which "
			"lstar_interrupt() makes it do",
			function);
}

int lib_outside(struct lstar *s, const char *function)
{
	int err = lib_session(s);

	return err;
}
