/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_step.c - single steps of real programs: instructions, system calls with the stops
 * that belong to them, signals, and other threads that must not move meanwhile.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "target_kit.h"

#define GUEST S(kit_prog("guest"))
#define ACT S(kit_prog("act"))

static struct tgt_stop next(struct kit *k)
{
	struct tgt_stop s;

	do {
		if (k->t->ops->wait(k->t, &s, 20000))
			UNIT_FAIL("wait: %s", k->t->error);
		kit_count(k, &s);
	} while (s.kind == TGT_STOP_NEW_TASK && !k->t->ops->resume(k->t, s.thread, NULL, false, 0));
	return s;
}

/* Run to the entry of the next getppid and halt there. */
static struct tgt_stop entry(struct kit *k, char *const *argv)
{
	struct tgt_stop s;

	kit_launch(k, argv);
	kit_want(k, SYS_getppid, true, true);
	k->t->ops->resume_all(k->t);
	s = next(k);
	CHECK_EQ(s.kind, TGT_STOP_ENTER);
	CHECK_EQ(k->t->ops->halt(k->t), 0);
	return s;
}

static void step(struct kit *k, struct tgt_thread *th)
{
	if (k->t->ops->step(k->t, th, NULL, false))
		UNIT_FAIL("step: %s", k->t->error);
}

static void finish(struct kit *k, struct tgt_thread *th, const char *text)
{
	if (th)
		CHECK_EQ(k->t->ops->resume(k->t, th, NULL, false, 0), 0);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	CHECK(kit_run(k, -1));
	CHECK_STR(kit_text(k), text);
	kit_free(k);
}

BOTH(over_a_call_from_its_entry)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = entry(&k, ARGV(GUEST, S("calls"), S("3"))), e;

	step(&k, s.thread);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_EXIT);
	CHECK_EQ(e.ret, getpid());
	CHECK_EQ(k.t->ops->resume(k.t, e.thread, NULL, false, 0), 0);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_STEP);
	CHECK_EQ(e.ip, s.ip);
	CHECK_EQ(e.sp, s.sp);
	CHECK_EQ(next(&k).kind, TGT_STOP_HALTED);
	/* The next instruction is one behind it. */
	step(&k, s.thread);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_STEP);
	CHECK(e.ip > s.ip && e.ip <= s.ip + 15);
	finish(&k, e.thread, "pid 1 wrong 0 signals 0 \n");
	CHECK_EQ(k.enters, 6);
	CHECK_EQ(k.exits, 6);
}

/* From call to call, instruction by instruction: all stops in their order. */
BOTH(through_a_program)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = entry(&k, ARGV(GUEST, S("calls"), S("3")));
	struct tgt_thread *th = s.thread;
	u64 steps = 0;

	step(&k, th);
	while (k.exits < 5) {
		s = next(&k);
		if (s.kind == TGT_STOP_STEP) {
			steps++;
			step(&k, th);
			continue;
		}
		CHECK(s.kind == TGT_STOP_ENTER || s.kind == TGT_STOP_EXIT);
		CHECK_EQ(k.enters - k.exits, s.kind == TGT_STOP_ENTER);
		CHECK_EQ(k.t->ops->resume(k.t, th, NULL, false, 0), 0);
	}
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_STEP);
	CHECK(steps > 20);
	finish(&k, s.thread, "pid 1 wrong 0 signals 0 \n");
	CHECK_EQ(k.enters, 6);
	CHECK_EQ(k.exits, 6);
}

/* At the entry point, before anything is wanted: instructions only. */
TEST(from_the_entry_point)
{
	struct kit k = { 0 };
	struct tgt_stop s;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	for (int i = 0; i < 3000; i++) {
		step(&k, k.t->ops->find(k.t, k.pid));
		s = next(&k);
		CHECK_EQ(s.kind, TGT_STOP_STEP);
	}
	finish(&k, s.thread, "pid 1 wrong 0 signals 0 \n");
}

BOTH(left_out)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = entry(&k, ARGV(GUEST, S("calls"), S("1"))), e;
	struct eng_ctx ctx;

	k.t->ops->context(k.t, s.thread, &ctx);
	ctx.ret_set = true;
	ctx.ret = (u64)getpid();
	CHECK_EQ(k.t->ops->step(k.t, s.thread, &ctx, true), 0);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_STEP);
	CHECK_EQ(e.ip, s.ip);
	finish(&k, e.thread, "pid 1 wrong 0 signals 0 \n");
	CHECK_EQ(k.enters, 2);
	CHECK_EQ(k.exits, 1);
}

BOTH(into_a_handler)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = entry(&k, ARGV(GUEST, S("calls"), S("3"))), e;

	step(&k, s.thread);
	CHECK_EQ(next(&k).kind, TGT_STOP_EXIT);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	CHECK_EQ(next(&k).kind, TGT_STOP_STEP);
	CHECK_EQ(sigqueue((pid_t)k.pid, SIGUSR1, (union sigval){ .sival_int = 3 }), 0);
	step(&k, s.thread);
	e = next(&k);
	CHECK_EQ(e.kind, TGT_STOP_STEP);
	CHECK(e.sp < s.sp - 128); /* a frame behind the red zone */
	CHECK(e.ip != s.ip);
	step(&k, s.thread);
	CHECK_EQ(next(&k).kind, TGT_STOP_STEP);
	finish(&k, e.thread, "pid 1 wrong 0 signals 1 d\n");
	CHECK_EQ(k.enters, 6);
}

BOTH(others_stay)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s = entry(&k, ARGV(GUEST, S("threads"), S("4"), S("300"))), e;
	struct tgt_thread_info info[8];
	struct user_regs_struct before[8], after;
	size_t n = k.t->ops->threads(k.t, info, 8);

	for (size_t i = 0; i < n; i++)
		CHECK_EQ(ptrace(PTRACE_GETREGS, info[i].tid, 0, &before[i]), 0);
	for (int i = 0; i < 200;) {
		step(&k, s.thread);
		while ((e = next(&k)).kind != TGT_STOP_STEP) {
			CHECK_EQ(e.tid, s.tid);
			CHECK_EQ(k.t->ops->resume(k.t, e.thread, NULL, false, 0), 0);
		}
		i++;
	}
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(ptrace(PTRACE_GETREGS, info[i].tid, 0, &after), 0);
		CHECK_EQ(!memcmp(&before[i], &after, sizeof(after)), info[i].tid != s.tid);
	}
	finish(&k, e.thread, "joined 4\n");
	CHECK_EQ(k.enters, 1200);
	CHECK_EQ(k.exits, 1200);
}

/* A step into a call that waits is ended by halt(), and disturbs it not. */
BOTH(halted_in_a_call)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_stop s;

	kit_launch(&k, ARGV(ACT, S("sleep"), S("400")));
	kit_want(&k, SYS_nanosleep, true, true);
	k.t->ops->resume_all(k.t);
	s = next(&k);
	CHECK_EQ(k.t->ops->halt(k.t), 0);
	step(&k, s.thread);
	CHECK_EQ(k.t->ops->wait(k.t, &s, 50), 0);
	CHECK_EQ(s.kind, TGT_STOP_NONE);
	CHECK_EQ(k.t->ops->halt(k.t), 0);
	CHECK_EQ(k.t->ops->wait(k.t, &s, 50), 0);
	CHECK_EQ(s.kind, TGT_STOP_HALTED);
	/* Stepped on, it is behind the call when that has ended. */
	step(&k, k.t->ops->find(k.t, k.pid));
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_EXIT);
	CHECK_EQ(s.ret, 0);
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	s = next(&k);
	CHECK_EQ(s.kind, TGT_STOP_STEP);
	finish(&k, s.thread, "sleep=0\n");
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
}

UNIT_MAIN()
