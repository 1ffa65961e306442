/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scenario_kit.h - a program of tests/progs from its own first instruction on, with its output
 * read to the end, for tests that drive one through a whole story. Uses only lstar.h.
 */
#ifndef TESTS_SCENARIO_KIT_H
#define TESTS_SCENARIO_KIT_H

#include <poll.h>

#include "lib_kit.h"

static struct lstar *s;
static struct lstar_thread *t; /* the first of the launched process */
static struct lstar_stop stop;

UNUSED static enum lstar_reason go(void)
{
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, 20000, &stop));
	return stop.reason;
}

UNUSED static uint64_t symbol(const char *name)
{
	uint64_t addr = 0;

	CHECK_OK(s, lstar_symbol(t, name, NULL, &addr));
	return addr;
}

UNUSED static int64_t set(struct lstar_thread *th, const char *name, enum lstar_bp_kind kind)
{
	int64_t number = lstar_breakpoint(th, symbol(name), kind, 1);

	CHECK_OK(s, number);
	return number;
}

UNUSED static uint64_t reg(struct lstar_thread *th, const char *name)
{
	uint64_t value;

	CHECK_OK(s, lstar_reg_get(th, name, &value));
	return value;
}

/* Launches it and comes to @where, behind the loader. */
UNUSED static void begin_at(const char *name, const char *where)
{
	int64_t number;

	s = lstar_open();
	CHECK(s);
	t = launch(s, LSTAR_STDIO_PIPE, name, NULL, NULL, NULL);
	number = set(t, where, LSTAR_BP_SOFTWARE);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK_EQ(reg(t, "rip"), symbol(where));
	CHECK_OK(s, lstar_breakpoint_remove(s, (uint32_t)number));
}

UNUSED static void begin(const char *name)
{
	begin_at(name, "_start");
}

UNUSED static void say(const char *text)
{
	int fd[3];

	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	CHECK_EQ(write(fd[0], text, strlen(text)), (ssize_t)strlen(text));
}

/* Its output until @end was written, within @ms of running; the text so far. */
UNUSED static const char *until(const char *end, int ms)
{
	static char text[65536];
	bool ended = false;
	size_t n = 0;
	int fd[3];

	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	for (int waited = 0; waited < ms; waited += 20) {
		struct pollfd p = { .fd = fd[1], .events = POLLIN };

		while (poll(&p, 1, 0) > 0 && p.revents & POLLIN) {
			ssize_t got = read(fd[1], text + n, sizeof(text) - 1 - n);

			CHECK(got > 0);
			n += (size_t)got;
			text[n] = '\0';
		}
		if (n && strstr(text, end))
			return text;
		if (ended)
			break;
		CHECK_OK(s, lstar_wait(s, 20, &stop));
		ended = stop.reason == LSTAR_STOP_NOTHING_LEFT;
	}
	UNIT_FAIL("'%s' was not written, but '%.*s'", end, (int)n, text);
}

#endif
