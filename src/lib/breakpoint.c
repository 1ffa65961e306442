/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * breakpoint.c - breakpoints, and the addresses of names to set them at.
 */
#include "lib/lib.h"

int64_t lstar_breakpoint(struct lstar_thread *t, uint64_t addr, enum lstar_bp_kind kind,
			 unsigned len)
{
	struct lstar *s;
	int64_t n;
	int err = lib_thread(t, &s);

	if (err)
		return err;
	n = dbg_breakpoint(t, addr, kind, len);
	return n < 0 ? lib_failed(s, LIB_ANY, (int)n) : n;
}

int lstar_breakpoint_remove(struct lstar *s, uint32_t number)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_breakpoint_remove(s->d, number));
}

uint64_t lstar_breakpoint_hits(const struct lstar *s, uint32_t number)
{
	return s ? dbg_breakpoint_hits(s->d, number) : 0;
}
