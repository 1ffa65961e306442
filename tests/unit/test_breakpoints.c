/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_breakpoints.c - software breakpoints in real programs: every arrival is reported
 * once, whatever the instruction is and whoever else runs, and nobody else sees them.
 */
#include <errno.h>

#include "break_kit.h"

static void in_threads(bool no_filter, const char *what, bool events)
{
	struct breaks b = { .k.no_filter = no_filter };

	breaks_start(&b, ARGV(PLACES, S(what), S("1000"), S("4")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	if (events)
		kit_want(&b.k, SYS_getuid, true, true);
	b.k.enters = b.k.exits = 0;
	breaks_go(&b);
	breaks_end(&b, "joined 4\n");
	CHECK_EQ(b.hits[NOP], 4000);
	CHECK_EQ(b.k.enters, events ? 4000 : 0);
	CHECK_EQ(b.k.exits, events ? 4000 : 0);
}

BOTH(in_four_threads)
{
	in_threads(no_filter, "threads", false);
}

BOTH(in_four_threads_with_events)
{
	in_threads(no_filter, "calls", true);
}

/* Everything is halted again and again, wherever the threads may be. */
BOTH(while_it_is_halted_often)
{
	struct breaks b = { .k.no_filter = no_filter };
	struct kit *k = &b.k;

	breaks_start(&b, ARGV(PLACES, S("calls"), S("500"), S("4")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	kit_want(k, SYS_getuid, true, true);
	k->enters = k->exits = 0;
	breaks_go(&b);
	while (!kit_run(k, 3)) {
		CHECK_EQ(k->t->ops->halt(k->t), 0);
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	}
	if (k->status)
		printf("# status %x after %llu hits, %llu entries\n", k->status, b.hits[NOP],
		       k->enters);
	CHECK_STR(kit_text(k), "joined 4\n");
	kit_free(k);
	CHECK_EQ(b.hits[NOP], 2000);
	CHECK_EQ(k->enters, 2000);
	CHECK_EQ(k->exits, 2000);
}

/* Set and removed while threads come there: what is found is what was set, or nothing. */
TEST(set_and_removed)
{
	struct breaks b = { .k.no_filter = true };
	struct kit *k = &b.k;
	bool done = false;

	breaks_start(&b, ARGV(PLACES, S("threads"), S("300000000"), S("4")));
	breaks_go(&b);
	for (int i = 0; i < 100 && !done; i++) {
		CHECK_EQ(k->t->ops->halt(k->t), 0);
		breaks_set(&b, NOP, TGT_BP_SOFTWARE);
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
		done = kit_run(k, 3);
		CHECK_EQ(k->t->ops->halt(k->t), 0);
		CHECK_EQ(k->t->ops->bp_remove(k->t, b.number[NOP]), 0);
		b.number[NOP] = 0;
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
		done = done || kit_run(k, 1);
	}
	CHECK(!done);
	CHECK(b.hits[NOP] > 100);
	breaks_end(&b, "joined 4\n");
}

TEST(let_go_while_threads_come_there)
{
	struct breaks b = { .k.no_filter = true };
	struct kit *k = &b.k;
	int status;

	breaks_start(&b, ARGV(PLACES, S("threads"), S("300000000"), S("4")));
	k->t->ops->resume(k->t, b.main, NULL, false, 0);
	for (int i = 0; i < 50; i++) {
		enum tgt_bp_kind kind = i % 4 == 3 ? TGT_BP_EXECUTE : TGT_BP_SOFTWARE;

		breaks_set(&b, NOP, kind);
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
		CHECK(!kit_run(k, 3));
		CHECK_EQ(k->t->ops->detach(k->t, k->pid), 0);
		usleep(1000);
		CHECK_EQ(k->t->ops->attach(k->t, k->pid), 0);
	}
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	CHECK(!kit_run(k, 3));
	k->t->ops->free(k->t);
	CHECK_EQ(waitpid((pid_t)k->pid, &status, 0), k->pid);
	CHECK_EQ(status, 0);
	CHECK_STR(kit_text(k), "joined 4\n");
}

BOTH(on_instructions_of_all_kinds)
{
	struct breaks b = { .k.no_filter = no_filter };

	breaks_start(&b, ARGV(PLACES, S("instructions"), S("50")));
	for (enum place i = PUSH; i <= SYS; i++)
		breaks_set(&b, i, TGT_BP_SOFTWARE);
	kit_want(&b.k, SYS_getpid, true, true);
	b.k.enters = b.k.exits = 0;
	breaks_go(&b);
	breaks_end(&b, "wrong 0\n");
	for (enum place i = PUSH; i <= SYS; i++)
		CHECK_EQ(b.hits[i], 50);
	CHECK_EQ(b.k.enters, 51);
	CHECK_EQ(b.k.exits, 51);
}

static void children(const char *what)
{
	struct breaks b = { .k.no_filter = false };

	breaks_start(&b, ARGV(PLACES, S(what), S("50")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	breaks_go(&b);
	breaks_end(&b, "child 7\n");
	CHECK_EQ(b.hits[NOP], 100);
	CHECK_EQ(b.k.births, 1);
}

TEST(hidden_from_a_forked_child)
{
	children("fork");
}

TEST(hidden_from_a_vforked_child)
{
	children("vfork");
}

TEST(hidden_from_a_process_in_the_same_memory)
{
	children("vm");
}

TEST(forgotten_at_exec)
{
	struct breaks b = { .k.no_filter = true };
	u32 number;

	breaks_start(&b, ARGV(PLACES, S("exec")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	breaks_set(&b, PUSH, TGT_BP_EXECUTE);
	number = b.number[NOP];
	breaks_go(&b);
	breaks_end(&b, "byte 90\n");
	CHECK_EQ(b.hits[NOP], 0);
	CHECK_EQ(b.k.execs, 1);
	CHECK(number == 1);
}

BOTH(on_a_call_that_is_made_again)
{
	struct breaks b = { .k.no_filter = no_filter };

	breaks_start(&b, ARGV(PLACES, S("restarts")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	breaks_set(&b, SYS, TGT_BP_SOFTWARE);
	kit_want(&b.k, SYS_read, true, true);
	b.k.enters = 0;
	breaks_go(&b);
	CHECK(!kit_run(&b.k, 100));
	CHECK_EQ(b.k.t->ops->halt(b.k.t), 0);
	CHECK_EQ(b.k.t->ops->resume_all(b.k.t), 0);
	breaks_end(&b, "read 1 x alarms 1\n");
	CHECK_EQ(b.hits[NOP], 200);
	CHECK_EQ(b.hits[SYS], 1);
	CHECK_EQ(b.k.enters, 1);
}

TEST(on_an_instruction_that_faults)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("faults"), S("20")));
	breaks_set(&b, LOAD, TGT_BP_SOFTWARE);
	breaks_go(&b);
	breaks_end(&b, "faults 20\n");
	CHECK_EQ(b.hits[LOAD], 20);
}

TEST(on_an_instruction_that_waits_for_another_thread)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("provided"), S("4")));
	breaks_set(&b, LOAD, TGT_BP_SOFTWARE);
	breaks_go(&b);
	CHECK(kit_run(&b.k, -1));
	if (!strcmp(kit_text(&b.k), "not here\n"))
		SKIP("userfaultfd(2) is not allowed");
	CHECK_STR(kit_text(&b.k), "provided\n");
	CHECK_EQ(b.hits[LOAD], 4);
	kit_free(&b.k);
}

TEST(the_programs_own_traps)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("traps")));
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	breaks_go(&b);
	breaks_end(&b, "traps 2\n");
	CHECK_EQ(b.hits[NOP], 1);
}

TEST(on_the_programs_own_int3)
{
	struct breaks b = { .k.no_filter = true };

	breaks_start(&b, ARGV(PLACES, S("traps")));
	breaks_set(&b, INT3, TGT_BP_SOFTWARE);
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	breaks_go(&b);
	breaks_end(&b, "traps 2\n");
	CHECK_EQ(b.hits[NOP], 1);
	CHECK_EQ(b.hits[INT3], 1);
}

/* Reads show the program's bytes, writes go under the breakpoint. */
TEST(unseen_in_memory)
{
	struct breaks b = { .k.no_filter = true };
	struct target *t;
	u8 code[4], changed[3] = { 0x90, 0x66, 0x90 };

	breaks_start(&b, ARGV(PLACES, S("look")));
	t = b.k.t;
	breaks_set(&b, NOP, TGT_BP_SOFTWARE);
	CHECK_EQ(t->ops->read_mem(t, b.main, b.place[NOP] - 1, code, 4), 4);
	CHECK_EQ(code[1], 0x90);
	CHECK_EQ(code[2], 0xc3);
	code[1] = 0x55;
	CHECK_EQ(t->ops->write_mem(t, b.main, b.place[NOP] - 1, code, 4), 4);
	CHECK_EQ(t->ops->read_mem(t, b.main, b.place[NOP], code, 1), 1);
	CHECK_EQ(code[0], 0x55);
	CHECK_EQ(t->ops->write_mem(t, b.main, b.place[NOP], changed, 1), 1);
	breaks_go(&b);
	breaks_end(&b, "byte cc\n");
	CHECK_EQ(b.hits[NOP], 1);
}

static struct tgt_stop next(struct breaks *b)
{
	struct tgt_stop s;

	if (b->k.t->ops->wait(b->k.t, &s, 20000))
		UNIT_FAIL("wait: %s", b->k.t->error);
	return s;
}

/* Off a breakpoint, onto one, and no second report to one who was told to stand there. */
TEST(and_steps)
{
	struct breaks b = { .k.no_filter = true };
	struct target *t;
	struct tgt_stop s;

	breaks_start(&b, ARGV(PLACES, S("instructions"), S("2")));
	t = b.k.t;
	breaks_set(&b, PUSH, TGT_BP_SOFTWARE);
	breaks_go(&b);
	s = next(&b);
	CHECK_EQ(s.kind, TGT_STOP_BREAKPOINT);
	CHECK_EQ(t->ops->halt(t), 0);
	CHECK_EQ(t->ops->step(t, s.thread, NULL, false), 0);
	s = next(&b);
	CHECK_EQ(s.kind, TGT_STOP_STEP);
	CHECK_EQ(s.ip, b.place[PUSH] + 1);
	CHECK_EQ(s.breakpoint, 0);
	/* pop, ret, and on to the next place */
	breaks_set(&b, JMP, TGT_BP_SOFTWARE);
	for (int i = 0; s.ip != b.place[JMP]; i++) {
		CHECK(i < 100);
		CHECK_EQ(t->ops->step(t, s.thread, NULL, false), 0);
		s = next(&b);
		CHECK_EQ(s.kind, TGT_STOP_STEP);
	}
	CHECK_EQ(s.breakpoint, b.number[JMP]);
	CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
	CHECK_EQ(t->ops->resume_all(t), 0);
	breaks_end(&b, "wrong 0\n");
	CHECK_EQ(b.hits[PUSH], 1);
	CHECK_EQ(b.hits[JMP], 1);
}

/* Where a breakpoint is set under a thread, it executes the instruction unreported. */
TEST(set_where_a_thread_stands)
{
	struct breaks b = { .k.no_filter = true };
	struct target *t;
	struct tgt_stop s;

	breaks_start(&b, ARGV(PLACES, S("instructions"), S("3")));
	t = b.k.t;
	breaks_set(&b, PUSH, TGT_BP_EXECUTE);
	breaks_go(&b);
	s = next(&b);
	CHECK_EQ(s.kind, TGT_STOP_BREAKPOINT);
	CHECK_EQ(t->ops->halt(t), 0);
	CHECK_EQ(t->ops->bp_remove(t, b.number[PUSH]), 0);
	breaks_set(&b, PUSH, TGT_BP_SOFTWARE);
	CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
	CHECK_EQ(t->ops->resume_all(t), 0);
	breaks_end(&b, "wrong 0\n");
	CHECK_EQ(b.hits[PUSH], 2);
}

/* Calls made in a thread that stands at a breakpoint, which is one that makes calls. */
TEST(and_calls_made_there)
{
	struct breaks b = { .k.no_filter = true };
	struct tgt_invoke call = { .nr = SYS_getpid };
	struct target *t;
	struct tgt_stop s;
	s64 ret;

	breaks_start(&b, ARGV(PLACES, S("instructions"), S("2")));
	t = b.k.t;
	breaks_set(&b, SYS, TGT_BP_SOFTWARE);
	breaks_go(&b);
	s = next(&b);
	CHECK_EQ(s.kind, TGT_STOP_BREAKPOINT);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(t->ops->invoke(t, s.thread, &call, &ret), 0);
		CHECK_EQ(ret, b.k.pid);
	}
	/* Also at the entry of the call that it makes. */
	kit_want(&b.k, SYS_getpid, true, true);
	CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
	s = next(&b);
	CHECK_EQ(s.kind, TGT_STOP_ENTER);
	CHECK_EQ(s.ip, b.place[SYS] + 2);
	CHECK_EQ(t->ops->invoke(t, s.thread, &call, &ret), 0);
	CHECK_EQ(ret, b.k.pid);
	b.k.exits = 0;
	CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
	breaks_end(&b, "wrong 0\n");
	CHECK_EQ(b.hits[SYS], 1);
	CHECK_EQ(b.k.exits, 2);
}

TEST(what_cannot_be)
{
	struct breaks b = { .k.no_filter = true };
	struct tgt_bp bp = { .kind = TGT_BP_SOFTWARE, .addr = 4096 };
	struct target *t;
	u32 number;

	breaks_start(&b, ARGV(PLACES, S("look")));
	t = b.k.t;
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -ESRCH);
	bp.pid = b.k.pid;
	CHECK_EQ(t->ops->bp_add(t, &bp, &number), -EFAULT);
	CHECK(strstr(t->error, "0x1000"));
	CHECK_EQ(t->ops->bp_remove(t, 1), -ENOENT);
	b.main = NULL;
	kit_free(&b.k);
}

UNIT_MAIN()
