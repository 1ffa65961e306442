/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_handlers.c - handlers of system calls in real programs: who sees which call, in which
 * order and phase, and how often.
 */
#include "dbg_kit.h"

/* What callbacks have seen, one letter each. */
static char seen[256];
static size_t nseen;

static void note(char c)
{
	if (nseen < sizeof(seen) - 1)
		seen[nseen++] = c;
}

static enum lstar_cb enter_letter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_phase(t), LSTAR_ENTER);
	CHECK(dbg_hit_on(h, t) && dbg_hit_on_enter(h, t) && !dbg_hit_on_exit(h, t));
	note(*(char *)user);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb exit_letter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_phase(t), LSTAR_EXIT);
	CHECK(dbg_hit_on(h, t) && !dbg_hit_on_enter(h, t) && dbg_hit_on_exit(h, t));
	note((char)(*(char *)user - 'A' + 'a'));
	return LSTAR_CB_CONTINUE;
}

/* A handler that leaves @letter at entry and its small form at exit. */
static struct lstar_handler *letter(struct session *s, const char *call, char c, unsigned flags)
{
	static char letters[26];

	letters[c - 'A'] = c;
	return handle(s, call, enter_letter, exit_letter, flags, &letters[c - 'A']);
}

TEST(in_order_of_making)
{
	struct session s;
	struct lstar_handler *a, *b, *c, *all;

	begin(&s);
	launch(&s, ARGV(ACT, S("quiet"), S("110"), S("1"), S("2"), S("3")));
	c = letter(&s, "getppid", 'C', LSTAR_LAST);
	a = letter(&s, "getppid", 'A', 0);
	all = letter(&s, "*", 'X', 0);
	dbg_handler_enable(all, false);
	b = letter(&s, "SYS_getppid", 'B', 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "ABCabc");
	CHECK_EQ(dbg_handler_hits(a), 1);
	CHECK_EQ(dbg_handler_hits(b), 1);
	CHECK_EQ(dbg_handler_hits(c), 1);
	CHECK_EQ(dbg_handler_hits(all), 0);
	CHECK_EQ(dbg_handler_number(a), SYS_getppid);
	CHECK_EQ((s64)dbg_handler_number(all), -1);
	CHECK(!dbg_thread_alive(s.t));
	end(&s);
}

UNIT_MAIN()
