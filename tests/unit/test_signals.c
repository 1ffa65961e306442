/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_signals.c - signals that the debugger asked for: reported before they are delivered,
 * passed on with what their sender said, exchanged or dropped.
 */
#include <errno.h>

#include "target_kit.h"

#define GUEST S(kit_prog("guest"))

static void want(struct kit *k, u64 nr, u64 signals)
{
	struct tgt_interest in;

	memset(&in, 0, sizeof(in));
	in.enter[nr / 64] = ENG_BIT(nr % 64);
	CHECK_EQ(k->t->ops->set_interest(k->t, &in), 0);
	k->t->ops->signals(k->t, signals);
}

static struct tgt_stop next(struct kit *k)
{
	struct tgt_stop s;

	if (k->t->ops->wait(k->t, &s, 20000))
		UNIT_FAIL("wait: %s", k->t->error);
	return s;
}

static struct tgt_stop at_call(struct kit *k, u64 signals)
{
	struct tgt_stop s;

	kit_launch(k, ARGV(GUEST, S("calls"), S("5")));
	want(k, SYS_getppid, signals);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	s = next(k);
	CHECK_EQ(s.kind, TGT_STOP_ENTER);
	return s;
}

static void send(struct kit *k, int sig, int value)
{
	CHECK_EQ(sigqueue((pid_t)k->pid, sig, (union sigval){ .sival_int = value }), 0);
}

/* SIGUSR1 with 3 ('d') is sent and reported; it goes on as @instead. */
static void one(bool no_filter, int instead, bool halted, const char *text)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = at_call(&k, ENG_BIT(SIGUSR1 - 1));

	send(&k, SIGUSR1, 3);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_SIGNAL);
	CHECK_EQ(s.signal, SIGUSR1);
	CHECK_EQ(s.tid, k.pid);
	if (halted)
		CHECK_EQ(k.t->ops->halt(k.t), 0);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, instead), 0);
	if (halted)
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), text);
	CHECK_EQ(k.enters, 9);
	kit_free(&k);
}

BOTH(passed_on)
{
	one(no_filter, SIGUSR1, false, "pid 1 wrong 0 signals 1 d\n");
	one(no_filter, SIGUSR1, true, "pid 1 wrong 0 signals 1 d\n");
}

BOTH(dropped)
{
	one(no_filter, 0, false, "pid 1 wrong 0 signals 0 \n");
	one(no_filter, 0, true, "pid 1 wrong 0 signals 0 \n");
}

/* The other one has no value. */
BOTH(exchanged)
{
	one(no_filter, SIGRTMIN, false, "pid 1 wrong 0 signals 1 a\n");
	one(no_filter, SIGRTMIN, true, "pid 1 wrong 0 signals 1 a\n");
}

BOTH(not_asked_for)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = at_call(&k, ENG_BIT(SIGUSR2 - 1));

	send(&k, SIGUSR1, 3);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_ENTER);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 1 d\n");
	kit_free(&k);
}

/* A call made at its stop leaves the signal what it was. */
BOTH(and_calls_made_there)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_invoke call = { .nr = SYS_getpid };
	struct tgt_stop s = at_call(&k, ENG_BIT(SIGUSR1 - 1));
	s64 ret;

	send(&k, SIGUSR1, 3);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_SIGNAL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(k.t->ops->invoke(k.t, s.thread, &call, &ret), 0);
		CHECK_EQ(ret, k.pid);
	}
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, SIGUSR1), 0);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 1 d\n");
	kit_free(&k);
}

/* A step from its stop delivers it. */
TEST(and_steps)
{
	struct kit k = { .no_filter = true };
	struct tgt_stop s = at_call(&k, ENG_BIT(SIGUSR1 - 1)), e;

	send(&k, SIGUSR1, 3);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_SIGNAL);
	CHECK_EQ(k.t->ops->halt(k.t), 0);
	CHECK_EQ(k.t->ops->step(k.t, s.thread, NULL, false), 0);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_STEP);
	CHECK_EQ(k.t->ops->resume(k.t, e.thread, NULL, false, 0), 0);
	CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 1 d\n");
	kit_free(&k);
}

/* A call that waits goes on when the signal that woke it is dropped. */
BOTH(dropped_in_a_call_that_waits)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s;
	int fd[2], keep = dup(0);

	CHECK_EQ(pipe(fd), 0);
	dup2(fd[0], 0);
	kit_launch(&k, ARGV(GUEST, S("reader")));
	dup2(keep, 0);
	want(&k, SYS_read, ENG_BIT(SIGUSR1 - 1));
	CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	CHECK(!kit_run(&k, 100));
	k.enters = 0;
	for (int i = 0; i < 3; i++) {
		send(&k, SIGUSR1, 3);
		s = next(&k);
		CHECK_EQ(s.kind, TGT_STOP_SIGNAL);
		CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	}
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "read 3 signals 0\n");
	CHECK_EQ(k.enters, 0);
	kit_free(&k);
}

/* The last word on a process that is let go at a signal's stop: it has the signal. */
TEST(let_go_there)
{
	struct kit k = { .no_filter = true };
	struct tgt_stop s = at_call(&k, ENG_BIT(SIGUSR1 - 1));
	int status;

	send(&k, SIGUSR1, 3);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_SIGNAL);
	CHECK_EQ(k.t->ops->detach(k.t, k.pid), 0);
	CHECK_EQ(waitpid((pid_t)k.pid, &status, 0), k.pid);
	CHECK_EQ(status, 0);
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 1 d\n");
	kit_free(&k);
}

UNIT_MAIN()
