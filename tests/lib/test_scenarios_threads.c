/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_scenarios_threads.c - breakpoints in programs with threads: each thread at its place, every
 * hit counted, an end that comes from outside.
 */
#include "scenario_kit.h"

/* Where the i-th thread that the session saw is now. */
static bool is_at(size_t i, uint64_t addr)
{
	struct lstar_thread *th = lstar_thread_at(s, i);

	return th && lstar_thread_alive(th) && reg(th, "rip") == addr;
}

/* T1 and T2 */
static void at_their_places(enum lstar_bp_kind kind, int most)
{
	static const char *const name[] = { "thread_1_function", "thread_2_function",
					    "thread_3_function" };
	bool seen[3] = { false };
	uint64_t end;
	int stops = 0;

	begin("thread_sites");
	end = symbol("do_nothing");
	for (int i = 0; i < 3; i++)
		set(t, name[i], kind);
	set(t, "do_nothing", kind);
	for (;;) {
		CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
		CHECK(++stops <= most);
		CHECK(lstar_thread_find(s, lstar_thread_tid(stop.thread)) == stop.thread);
		for (size_t i = 0; i < 3; i++)
			seen[i] |= is_at(i + 1, symbol(name[i]));
		if (reg(t, "rip") == end)
			break;
	}
	CHECK(stop.thread == t);
	CHECK(seen[0] && seen[1] && seen[2]);
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK(!lstar_thread_alive(lstar_thread_at(s, 3)) && !lstar_thread_at(s, 4));
	lstar_close(s);
}

TEST(each_thread_at_its_place)
{
	at_their_places(LSTAR_BP_SOFTWARE, 4);
}

TEST(each_thread_at_its_place_in_hardware)
{
	at_their_places(LSTAR_BP_EXECUTE, 4);
}

/* T3 */
static void loops(enum lstar_bp_kind kind)
{
	uint64_t first, second, between, hits[3] = { 0 };
	uint32_t factorial = 1;

	begin("thread_loops");
	first = (uint64_t)set(t, "thread_1_function+17", kind);
	between = (uint64_t)set(t, "do_nothing", kind);
	second = (uint64_t)set(t, "thread_2_function+1e", kind);
	while (go() == LSTAR_STOP_BREAKPOINT) {
		uint64_t n = lstar_breakpoint_hits(s, stop.breakpoint);

		if (stop.breakpoint == first) {
			CHECK_EQ(n, ++hits[0]);
			CHECK_EQ(reg(stop.thread, "rax") + 1, n);
			CHECK(stop.thread == lstar_thread_at(s, 1));
		} else if (stop.breakpoint == between) {
			CHECK_EQ(n, ++hits[1]);
			CHECK_EQ(lstar_breakpoint_hits(s, (uint32_t)first), 50);
			CHECK_EQ(lstar_breakpoint_hits(s, (uint32_t)second), 0);
			CHECK(stop.thread == t);
		} else {
			CHECK_EQ(stop.breakpoint, second);
			CHECK_EQ(n, ++hits[2]);
			factorial *= (uint32_t)n;
			CHECK_EQ(reg(stop.thread, "rax"), factorial);
			CHECK(stop.thread == lstar_thread_at(s, 2));
		}
	}
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(hits[0], 50);
	CHECK_EQ(hits[1], 1);
	CHECK_EQ(hits[2], 49);
	lstar_close(s);
}

TEST(every_hit_is_counted)
{
	loops(LSTAR_BP_SOFTWARE);
}

TEST(every_hit_is_counted_in_hardware)
{
	loops(LSTAR_BP_EXECUTE);
}

/* T4 */
TEST(killed_from_outside)
{
	begin("thread_talk");
	CHECK_OK(s, lstar_want(s, 1u << LSTAR_STOP_ENDED));
	CHECK_OK(s, lstar_continue(s));
	CHECK_HAS(until("stdout: Count", 10000), "Enter some text: ");
	CHECK(!kill((pid_t)lstar_thread_pid(t), SIGKILL));
	CHECK_OK(s, lstar_wait(s, 10000, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_ENDED);
	CHECK(WIFSIGNALED(stop.status) && WTERMSIG(stop.status) == SIGKILL);
	CHECK_EQ(stop.pid, lstar_thread_pid(t));
	for (size_t i = 0; lstar_thread_at(s, i); i++)
		CHECK(!lstar_thread_alive(lstar_thread_at(s, i)));
	lstar_close(s);
}

UNIT_MAIN()
