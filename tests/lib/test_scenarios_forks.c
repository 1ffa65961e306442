/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_scenarios_forks.c - processes that start others: breakpoints before and after the birth,
 * children that are debugged and children that are not; a program that looks for a debugger.
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "scenario_kit.h"

/* A program that prints "You entered: Io_no" once it was told to go on, and ends. */
static void finish_conversation(void)
{
	const char *text;

	say("Io_no\n");
	CHECK_OK(s, lstar_continue(s));
	text = until("You entered: Io_no\n", 10000);
	CHECK_STR(text, "Enter your input: You entered: Io_no\n");
	CHECK_OK(s, lstar_wait(s, 10000, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
}

/* F1 and F2: the parent's breakpoint is not the child's. */
static void parent_alone(enum lstar_bp_kind kind)
{
	int64_t number;

	begin_at("fork_one", "main");
	number = set(t, "after_fork", kind);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK(stop.thread == t && stop.breakpoint == number);
	CHECK(lstar_thread_at(s, 1) && !lstar_thread_at(s, 2));
	CHECK_EQ(lstar_thread_parent(lstar_thread_at(s, 1)), lstar_thread_pid(t));
	finish_conversation();
	CHECK_EQ(lstar_breakpoint_hits(s, (uint32_t)number), 1);
	lstar_close(s);
}

TEST(a_hardware_breakpoint_behind_fork)
{
	parent_alone(LSTAR_BP_EXECUTE);
}

TEST(a_software_breakpoint_behind_fork)
{
	parent_alone(LSTAR_BP_SOFTWARE);
}

/* F3 and F4: each child gets the breakpoint before it executes anything. */
static void every_generation(enum lstar_bp_kind kind)
{
	struct lstar_thread *last;
	uint64_t where;

	begin_at("fork_five", "main");
	last = t;
	where = symbol("after_fork");
	CHECK_OK(s, lstar_want(s, 1u << LSTAR_STOP_NEW_PROCESS));
	for (int i = 0; i < 5; i++) {
		int64_t number;

		CHECK_EQ(go(), LSTAR_STOP_NEW_PROCESS);
		CHECK_EQ(lstar_thread_parent(stop.thread), lstar_thread_pid(last));
		last = stop.thread;
		number = lstar_breakpoint(last, where, kind, 1);
		CHECK_OK(s, number);
		CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
		CHECK(stop.thread == last && stop.breakpoint == number);
		CHECK_EQ(reg(last, "rip"), where);
		CHECK_EQ(lstar_breakpoint_hits(s, (uint32_t)number), 1);
		CHECK_OK(s, lstar_breakpoint_remove(s, (uint32_t)number));
	}
	CHECK(lstar_thread_at(s, 5) == last && !lstar_thread_at(s, 6));
	finish_conversation();
	lstar_close(s);
}

TEST(hardware_breakpoints_in_every_generation)
{
	every_generation(LSTAR_BP_EXECUTE);
}

TEST(software_breakpoints_in_every_generation)
{
	every_generation(LSTAR_BP_SOFTWARE);
}

/* F5 and F6 */
static void children_left_alone(const char *name)
{
	const char *argv[] = { prog(name), NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;

	s = lstar_open();
	CHECK(s);
	how.argv = argv;
	how.stdio = LSTAR_STDIO_PIPE;
	how.leave_children = true;
	CHECK_OK(s, lstar_launch(s, &how, &t));
	set(t, "main", LSTAR_BP_SOFTWARE);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	set(t, "after_fork", LSTAR_BP_EXECUTE);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK_EQ(reg(t, "rip"), symbol("after_fork"));
	CHECK(!lstar_thread_at(s, 1));
	finish_conversation();
	CHECK(!lstar_thread_at(s, 1));
	lstar_close(s);
}

TEST(a_child_that_is_left_alone)
{
	children_left_alone("fork_one");
}

TEST(five_children_that_are_left_alone)
{
	children_left_alone("fork_five");
}

/* A1 */
TEST(a_program_that_notices)
{
	begin("untraced");
	CHECK_OK(s, lstar_continue(s));
	CHECK_HAS(until("\n", 10000), "Debugger detected\n");
	lstar_close(s);
}

/* The first PTRACE_TRACEME seems to succeed; later ones fail, as they would without a debugger. */
static enum lstar_cb pretend(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	int *requests = user;

	if (lstar_call_arg(th, 0) == PTRACE_TRACEME && !(*requests)++)
		CHECK_OK(s, lstar_call_set_return(th, 0));
	return LSTAR_CB_CONTINUE;
}

/* A2 and A3: letter by letter, by how often a place is passed. */
TEST(a_program_that_does_not_notice)
{
	char guess[8] = "?????\n";

	for (size_t known = 0; known < 5;) {
		struct lstar_handler *h;
		uint64_t hits;
		int64_t number;
		const char *text;
		int requests = 0;

		if (guess[known] == '?')
			guess[known] = 'A';
		begin("untraced");
		CHECK_OK(s, lstar_handle_syscall(s, "ptrace", NULL, pretend, 0, &requests, &h));
		number = set(t, "compare_branch", LSTAR_BP_EXECUTE);
		say(guess);
		while (go() == LSTAR_STOP_BREAKPOINT)
			;
		CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
		text = until("to!\n", 1000) ?: "";
		CHECK_HAS(text, "Write up to 64 chars\n");
		hits = lstar_breakpoint_hits(s, (uint32_t)number);
		CHECK_HAS(text, hits == 5 && !strcmp(guess, "BRUTE\n") ? "Giusto!" : "Sbagliato!");
		if (!strcmp(guess, "BRUTE\n"))
			known = 5;
		else if (hits > known + 1)
			known = (size_t)hits - 1;
		else
			guess[known]++;
		CHECK(known == 5 || guess[known] <= 'Z' || guess[known] == '?');
		lstar_close(s);
	}
	CHECK_STR(guess, "BRUTE\n");
}

UNIT_MAIN()
