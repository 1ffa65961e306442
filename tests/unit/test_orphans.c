/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_orphans.c - a parent that is killed in the middle of a fork cannot tell of its child:
 * the child is adopted, finds no breakpoints in its memory, and goes on, however late its first
 * stop comes.
 */
#include <sched.h>

#include "break_kit.h"
#include "process_kit.h"

#define ROUNDS 40

/*
 * On one CPU, which this thread keeps until it waits, the child has not run when its parent is
 * killed: most times the parent's end comes first.
 */
static cpu_set_t on_one_cpu(void)
{
	cpu_set_t before, one;

	CHECK_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	return before;
}

/* Up to its fork, which nobody has asked about, and no further. */
static void start_and_kill(struct breaks *b)
{
	struct kit *k = &b->k;
	uint64_t start_ms = now_ms();
	char tid[16];

	breaks_start(b, ARGV(PLACES, S("fork"), S("50")));
	breaks_set(b, NOP, TGT_BP_SOFTWARE);
	breaks_go(b);
	snprintf(tid, sizeof(tid), "%u", k->pid);
	while (state_of((pid_t)k->pid, tid) != 't') {
		CHECK(now_ms() - start_ms < PATIENCE_MS);
		sched_yield();
	}
	CHECK_EQ(kill((pid_t)k->pid, SIGKILL), 0);
}

/* The next stop, which has to be an end; of the parent: false, of the child: true. */
static bool child_ended(struct breaks *b)
{
	struct kit *k = &b->k;
	struct tgt_stop s;

	CHECK_EQ(k->t->ops->wait(k->t, &s, 20000), 0);
	CHECK_EQ(s.kind, TGT_STOP_PROCESS_END);
	CHECK_EQ(s.status, s.pid == k->pid ? SIGKILL : 7 << 8);
	return s.pid != k->pid;
}

/* Nothing else is being debugged. */
TEST(the_last_known_process)
{
	cpu_set_t before = on_one_cpu();

	for (int i = 0; i < ROUNDS; i++) {
		struct breaks b = { .k.no_filter = false }; /* no stop at the exit of its call */
		struct tgt_stop s;
		int children;

		start_and_kill(&b);
		children = child_ended(&b);
		children += child_ended(&b);
		CHECK_EQ(children, 1);
		CHECK_EQ(b.k.t->ops->wait(b.k.t, &s, 20000), 0);
		CHECK_EQ(s.kind, TGT_STOP_ALL_GONE);
		kit_free(&b.k);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

/* Another one sleeps all the while: that it is known does not help the child. */
TEST(beside_another_process)
{
	cpu_set_t before = on_one_cpu();

	for (int i = 0; i < ROUNDS; i++) {
		struct breaks b = { .k.no_filter = false }; /* no stop at the exit of its call */
		pid_t other = start(1, ARGV(S("/bin/sleep"), S("1000")));
		int children;

		b.k.t = proc_target_new();
		CHECK_EQ(b.k.t->ops->attach(b.k.t, (u32)other), 0);
		start_and_kill(&b);
		children = child_ended(&b);
		children += child_ended(&b);
		CHECK_EQ(children, 1);
		kit_free(&b.k);
		check_goes_on(other, 1);
		finish(other);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

/* Children that are none of the debugger's do not keep a target waiting. */
TEST(not_a_child_of_the_debugger)
{
	pid_t other = start(1, ARGV(S("/bin/sleep"), S("1000")));
	pid_t silent = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0); /* its end sends no SIGCHLD */
	struct kit k = { .no_filter = true };

	if (!silent)
		for (;;)
			pause();
	kit_all(&k, ANY_NR, ARGV(S("/bin/true")));
	CHECK_EQ(k.status, 0);
	CHECK_EQ(k.process_ends, 1);
	finish(other);
	finish(silent);
}

UNIT_MAIN()
