/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_watch.c - breakpoints in debug registers: code and data, in all threads.
 */
#include <errno.h>

#include "break_kit.h"

BOTH(code_in_four_threads)
{
	struct breaks b = { .k.no_filter = no_filter };

	breaks_start(&b, ARGV(PLACES, S("calls"), S("500"), S("4")));
	breaks_set(&b, NOP, TGT_BP_EXECUTE);
	kit_want(&b.k, SYS_getuid, true, true);
	b.k.enters = 0;
	breaks_go(&b);
	breaks_end(&b, "joined 4\n");
	CHECK_EQ(b.hits[NOP], 2000);
	CHECK_EQ(b.k.enters, 2000);
}

TEST(code_of_all_kinds)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("instructions"), S("50")));
	for (enum place i = PUSH; i < SYS; i++)
		breaks_set(&b, i, TGT_BP_EXECUTE);
	breaks_go(&b);
	breaks_end(&b, "wrong 0\n");
	for (enum place i = PUSH; i < SYS; i++)
		CHECK_EQ(b.hits[i], i == REP ? b.hits[i] : 50);
	CHECK(b.hits[REP] >= 50);
}

TEST(writes_in_all_threads)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("data"), S("100"), S("4")));
	breaks_set(&b, WATCHED, TGT_BP_WRITE);
	breaks_go(&b);
	breaks_end(&b, "sum 10000\n");
	CHECK_EQ(b.hits[WATCHED], 500);
}

TEST(reads_and_writes)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("data"), S("100"), S("0")));
	breaks_set(&b, WATCHED, TGT_BP_ACCESS);
	breaks_go(&b);
	breaks_end(&b, "sum 10000\n");
	CHECK_EQ(b.hits[WATCHED], 200);
}

TEST(not_in_children)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("vm"), S("50")));
	breaks_set(&b, NOP, TGT_BP_EXECUTE);
	breaks_go(&b);
	breaks_end(&b, "child 7\n");
	CHECK_EQ(b.hits[NOP], 100);
}

TEST(four_and_no_more)
{
	struct breaks b = { .k.no_filter = true };
	struct tgt_bp bp = { 0, 0, TGT_BP_WRITE, 8 };
	struct target *t;
	u32 number;

	breaks_start(&b, ARGV(PLACES, S("data"), S("10")));
	t = b.k.t;
	for (enum place i = PUSH; i <= REP; i++)
		breaks_set(&b, i, TGT_BP_EXECUTE);
	bp.pid = b.k.pid;
	bp.addr = b.place[WATCHED];
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -ENOSPC);
	CHECK(strstr(t->error, "no debug register is free"));
	CHECK_EQ(t->ops->bp_remove(t, b.number[JMP]), 0);
	b.number[JMP] = 0;
	bp.addr++;
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -EINVAL);
	bp.addr = 0xffffffff81000000;
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -EINVAL);
	bp.len = 3;
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -EINVAL);
	breaks_set(&b, WATCHED, TGT_BP_WRITE);
	breaks_go(&b);
	breaks_end(&b, "sum 100\n");
	CHECK_EQ(b.hits[WATCHED], 10);
}

/* A step that writes is a step, and says what it has met. */
TEST(and_steps)
{
	struct breaks b = { .k.no_filter = true };
	struct target *t;
	struct tgt_stop s;
	u64 met = 0, value;

	breaks_start(&b, ARGV(PLACES, S("data"), S("2")));
	t = b.k.t;
	breaks_set(&b, WATCHED, TGT_BP_WRITE);
	breaks_go(&b);
	CHECK_EQ(t->ops->wait(t, &s, 20000), 0);
	CHECK_EQ(s.kind, TGT_STOP_BREAKPOINT);
	CHECK_EQ(t->ops->halt(t), 0);
	for (int i = 0; i < 100 && !met; i++) {
		CHECK_EQ(t->ops->step(t, s.thread, NULL, false), 0);
		CHECK_EQ(t->ops->wait(t, &s, 20000), 0);
		CHECK_EQ(s.kind, TGT_STOP_STEP);
		met = s.breakpoint;
	}
	CHECK_EQ(met, b.number[WATCHED]);
	CHECK_EQ(t->ops->read_mem(t, s.thread, b.place[WATCHED], &value, 8), 8);
	CHECK_EQ(value, 2);
	CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
	CHECK_EQ(t->ops->resume_all(t), 0);
	breaks_end(&b, "sum 4\n");
	CHECK_EQ(b.hits[WATCHED], 0);
}

UNIT_MAIN()
