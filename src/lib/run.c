/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - letting the debuggee run, waiting for its stops, stepping, holding.
 */
#include "lib/lib.h"

int lstar_continue(struct lstar *s)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_continue(s->d));
}

int lstar_wait(struct lstar *s, int timeout_ms, struct lstar_stop *stop)
{
	struct lstar_stop unwanted;
	int err = lib_session(s);

	if (err)
		return err;
	err = lib_result(s, dbg_wait(s->d, timeout_ms, stop ? stop : &unwanted));
	con_flush(s->con);
	return err;
}

void lstar_interrupt(struct lstar *s)
{
	if (s)
		dbg_interrupt(s->d);
}

int lstar_step(struct lstar_thread *t)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	return err ?: lib_result(s, dbg_step(t));
}

int lstar_want(struct lstar *s, unsigned reasons)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_want(s->d, reasons));
}

int lstar_hold(struct lstar *s, uint32_t pid, bool on)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_hold(s->d, pid, on));
}

int lstar_want_signal(struct lstar *s, int signal, bool want)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_want_signal(s->d, signal, want));
}

int lstar_set_signal(struct lstar_thread *t, int signal)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	return err ?: lib_result(s, dbg_set_signal(t, signal));
}
