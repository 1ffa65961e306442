/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dbg_kit.h - a session with real programs, for tests of src/debugger: what a user of the
 * library does, by the functions that it stands on.
 */
#ifndef TESTS_DBG_KIT_H
#define TESTS_DBG_KIT_H

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "debugger/debugger.h"
#include "unit.h"

struct session {
	struct console *con;
	struct dbg *d;
	struct lstar_thread *t; /* main thread of what was launched last */
	u32 pid;
	int out; /* what the programs print */
	char text[8192];
	struct lstar_stop stop; /* the last */
};

static inline const char *prog(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned turn;
	char exe[PATH_MAX] = "";

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		UNIT_FAIL("no /proc");
	turn = (turn + 1) % 4;
	snprintf(path[turn], PATH_MAX, "%s/../progs/%s", dirname(exe), name);
	return path[turn];
}

static inline void begin(struct session *s)
{
	memset(s, 0, sizeof(*s));
	s->con = con_new(stderr, stderr);
	s->d = dbg_new(s->con, DBG_PROCESS);
	CHECK(s->d != NULL);
	s->out = unit_output();
}

/* A failure of the session is one of the test. */
#define OK(s, call)                                                    \
	do {                                                           \
		if ((call) < 0)                                        \
			UNIT_FAIL("%s: %s", #call, dbg_error((s)->d)); \
	} while (0)

static inline void launch(struct session *s, char *const *argv)
{
	struct dbg_launch how = { .argv = (const char *const *)argv };
	int keep = dup(1), err;

	fflush(stdout);
	dup2(s->out, 1);
	err = dbg_launch_as(s->d, &how);
	dup2(keep, 1);
	close(keep);
	if (err)
		UNIT_FAIL("launch: %s", dbg_error(s->d));
	s->pid = dbg_launched_pid(s->d);
	s->t = dbg_thread_find(s->d, s->pid);
	CHECK(s->t != NULL);
}

/* Continue and wait; the reason. */
static inline enum lstar_reason go(struct session *s)
{
	OK(s, dbg_continue(s->d));
	OK(s, dbg_wait(s->d, 20000, &s->stop));
	return s->stop.reason;
}

static inline const char *text(struct session *s)
{
	ssize_t n = pread(s->out, s->text, sizeof(s->text) - 1, 0);

	s->text[n > 0 ? n : 0] = 0;
	return s->text;
}

static inline void end(struct session *s)
{
	dbg_free(s->d);
	con_free(s->con);
	close(s->out);
}

static inline struct lstar_handler *handle(struct session *s, const char *call,
					   lstar_call_fn *on_enter, lstar_call_fn *on_exit,
					   unsigned flags, void *user)
{
	struct lstar_handler *h = NULL;

	OK(s, dbg_handle_syscall(s->d, call, on_enter, on_exit, flags, user, &h));
	return h;
}

static inline struct lstar_handler *hijacked(struct session *s, const char *call,
					     const char *instead, unsigned flags)
{
	struct lstar_handler *h = NULL;

	OK(s, dbg_hijack_syscall(s->d, call, instead, 0, NULL, flags, &h));
	return h;
}

#define ARGV(...) ((char *[]){ __VA_ARGS__, NULL })
#define S(x) ((char *)(x))
#define ACT S(prog("act"))

#endif
