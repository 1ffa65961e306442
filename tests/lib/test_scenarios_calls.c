/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_scenarios_calls.c - one program that makes six system calls, handled in every way: with
 * callbacks, without, by name and number, several handlers, hijacked.
 */
#include <limits.h>
#include <sys/syscall.h>

#include "scenario_kit.h"

static int writes, mmaps, enters, exits;
static uint64_t page, cwd_arg;
static char cwd[8];

static enum lstar_cb on_write(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	char text[16] = "";

	CHECK_EQ(lstar_call_arg(th, 0), 1);
	CHECK(lstar_read(th, lstar_call_arg(th, 1), text, 14) == 14);
	CHECK(!strncmp(text, writes ? "provola" : "Hello, World!", writes ? 7 : 13));
	CHECK_EQ(lstar_call_phase(th), LSTAR_ENTER);
	writes++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_mmap_exit(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	CHECK_EQ(lstar_call_phase(th), LSTAR_EXIT);
	page = lstar_call_return(th);
	mmaps++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_getcwd(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	cwd_arg = lstar_call_arg(th, 0);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_getcwd_exit(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	CHECK(lstar_read(th, cwd_arg, cwd, sizeof(cwd)) == sizeof(cwd));
	return LSTAR_CB_CONTINUE;
}

static struct lstar_handler *handle(const char *call, lstar_call_fn *enter, lstar_call_fn *leave,
				    unsigned flags)
{
	struct lstar_handler *h = NULL;

	CHECK_OK(s, lstar_handle_syscall(s, call, enter, leave, flags, NULL, &h));
	return h;
}

static enum lstar_cb count_enter(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	CHECK_EQ(lstar_call_phase(th), LSTAR_ENTER);
	enters++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb count_exit(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	CHECK_EQ(lstar_call_phase(th), LSTAR_EXIT);
	exits++;
	return LSTAR_CB_CONTINUE;
}

static void to_the_end(void)
{
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
}

static void check_cwd(void)
{
	char here[PATH_MAX];

	CHECK(getcwd(here, sizeof(here)));
	CHECK(!strncmp(cwd, here, sizeof(cwd)));
	CHECK_EQ(cwd_arg, page);
}

/* H1 and H3: three handlers with callbacks, by names and by numbers. */
static void with_callbacks(const char *write_call, const char *mmap_call, const char *getcwd_call)
{
	struct lstar_handler *w, *m, *g;

	begin("six_calls");
	w = handle(write_call, on_write, NULL, 0);
	m = handle(mmap_call, NULL, on_mmap_exit, 0);
	g = handle(getcwd_call, on_getcwd, on_getcwd_exit, 0);
	CHECK_EQ(lstar_handler_number(w), SYS_write);
	CHECK_EQ(lstar_handler_number(m), SYS_mmap);
	CHECK_EQ(lstar_handler_number(g), SYS_getcwd);
	say("provola\n");
	to_the_end();
	CHECK_EQ(writes, 2);
	CHECK_EQ(mmaps, 1);
	check_cwd();
	CHECK_EQ(lstar_handler_hits(w), 2);
	CHECK_EQ(lstar_handler_hits(m), 1);
	CHECK_EQ(lstar_handler_hits(g), 1);
	lstar_close(s);
}

TEST(callbacks_by_name)
{
	with_callbacks("write", "SYS_mmap", "__NR_getcwd");
}

TEST(callbacks_by_number)
{
	with_callbacks("0n1", "0n9", "0x4f");
}

TEST(disabled_at_a_breakpoint)
{
	struct lstar_handler *w, *m;

	begin("six_calls");
	w = handle("write", on_write, NULL, 0);
	m = handle("mmap", NULL, on_mmap_exit, 0);
	say("provola\n");
	set(t, "after_first_write", LSTAR_BP_SOFTWARE);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK_EQ(reg(t, "rip"), symbol("after_first_write"));
	CHECK_EQ(writes, 1);
	lstar_handler_enable(w, false);
	CHECK(!lstar_handler_enabled(w));
	to_the_end();
	CHECK_EQ(writes, 1);
	CHECK_EQ(lstar_handler_hits(w), 1);
	CHECK_EQ(lstar_handler_hits(m), 1);
	lstar_close(s);
}

TEST(one_takes_the_place_of_another)
{
	struct lstar_handler *first, *second;

	begin("six_calls");
	first = handle("write", on_write, NULL, 0);
	say("provola\n");
	set(t, "after_first_write", LSTAR_BP_SOFTWARE);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	second = handle("write", count_enter, NULL, LSTAR_REPLACE);
	CHECK(first == second);
	to_the_end();
	CHECK_EQ(writes, 1);
	CHECK_EQ(enters, 1);
	CHECK_EQ(lstar_handler_hits(second), 2);
	lstar_close(s);
}

TEST(two_on_one_call)
{
	struct lstar_handler *first, *second;

	begin("six_calls");
	first = handle("write", on_write, NULL, 0);
	second = handle("write", count_enter, count_exit, 0);
	say("provola\n");
	to_the_end();
	CHECK_EQ(writes, 2);
	CHECK_EQ(enters, 2);
	CHECK_EQ(exits, 2);
	CHECK_EQ(lstar_handler_hits(first), 2);
	CHECK_EQ(lstar_handler_hits(second), 2);
	lstar_close(s);
}

TEST(without_callbacks)
{
	struct lstar_handler *w, *m, *g;
	int stops = 0, write_enters = 0, mmap_exits = 0, getcwd_enters = 0, getcwd_exits = 0;

	begin("six_calls");
	w = handle("write", NULL, NULL, 0);
	m = handle("mmap", NULL, NULL, 0);
	g = handle("getcwd", NULL, NULL, 0);
	say("provola\n");
	while (go() == LSTAR_STOP_SYSCALL) {
		CHECK_EQ(lstar_hit_on(w, t) + lstar_hit_on(m, t) + lstar_hit_on(g, t), 1);
		CHECK_EQ(stop.phase, stops++ % 2 ? LSTAR_EXIT : LSTAR_ENTER);
		if (lstar_hit_on_enter(w, t)) {
			on_write(t, w, NULL);
			write_enters++;
		}
		if (lstar_hit_on_exit(m, t)) {
			on_mmap_exit(t, m, NULL);
			mmap_exits++;
		}
		if (lstar_hit_on_enter(g, t)) {
			on_getcwd(t, g, NULL);
			getcwd_enters++;
		}
		if (lstar_hit_on_exit(g, t)) {
			on_getcwd_exit(t, g, NULL);
			getcwd_exits++;
		}
	}
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(stops, 8);
	CHECK_EQ(write_enters, 2);
	CHECK_EQ(mmap_exits, 1);
	CHECK_EQ(getcwd_enters, 1);
	CHECK_EQ(getcwd_exits, 1);
	check_cwd();
	CHECK_EQ(lstar_handler_hits(w), 2);
	CHECK_EQ(lstar_handler_hits(m), 1);
	CHECK_EQ(lstar_handler_hits(g), 1);
	CHECK(!lstar_hit_on(w, t) && !lstar_hit_on(m, t) && !lstar_hit_on(g, t));
	lstar_close(s);
}

TEST(that_only_count)
{
	struct lstar_handler *w, *m, *g;

	begin("six_calls");
	w = handle("write", lstar_pass, NULL, 0);
	m = handle("mmap", NULL, lstar_pass, 0);
	g = handle("getcwd", lstar_pass, lstar_pass, 0);
	say("provola\n");
	to_the_end();
	CHECK_EQ(lstar_handler_hits(w), 2);
	CHECK_EQ(lstar_handler_hits(m), 1);
	CHECK_EQ(lstar_handler_hits(g), 1);
	lstar_close(s);
}

TEST(every_call)
{
	struct lstar_handler *all;

	begin("six_calls");
	all = handle("*", count_enter, count_exit, 0);
	CHECK_EQ(lstar_handler_number(all), -1);
	say("provola\n");
	to_the_end();
	CHECK_EQ(enters, 6);
	CHECK_EQ(exits, 5); /* exit_group has none */
	CHECK_EQ(lstar_handler_hits(all), 5);
	lstar_close(s);
}

TEST(classes)
{
	struct lstar_handler *desc, *file;

	begin("six_calls");
	desc = handle("%desc", count_enter, count_exit, 0);
	file = handle("%file", lstar_pass, NULL, 0);
	say("provola\n");
	to_the_end();
	CHECK_EQ(enters, 4); /* write, read, write, mmap */
	CHECK_EQ(lstar_handler_hits(desc), 4);
	CHECK_EQ(lstar_handler_hits(file), 1); /* getcwd */
	lstar_close(s);
}

/* J1: getcwd becomes write; a handler of write sees that one, too, if it is wanted. */
static void hijacked(unsigned flags, int want)
{
	struct lstar_handler *w, *g;

	begin("six_calls");
	w = handle("write", count_enter, NULL, LSTAR_RECURSIVE);
	CHECK_OK(s, lstar_hijack_syscall(s, "getcwd", "write", 0, NULL, flags, &g));
	say("provola\n");
	to_the_end();
	CHECK_EQ(enters, want);
	CHECK_EQ(lstar_handler_hits(w), want);
	CHECK_EQ(lstar_handler_hits(g), 1);
	lstar_close(s);
}

TEST(hijacked_recursively)
{
	hijacked(LSTAR_RECURSIVE, 3);
}

TEST(hijacked_not_recursively)
{
	hijacked(0, 2);
}

static enum lstar_cb become_write(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	CHECK_OK(s, lstar_call_set_number(th, SYS_write));
	return LSTAR_CB_CONTINUE;
}

/* J3: the flag that counts is that of the handler which changes the number. */
static void hijacked_by_hand(unsigned flags, int want)
{
	struct lstar_handler *w;

	begin("six_calls");
	w = handle("write", count_enter, NULL, 0);
	handle("getcwd", become_write, NULL, flags);
	say("provola\n");
	to_the_end();
	CHECK_EQ(enters, want);
	CHECK_EQ(lstar_handler_hits(w), want);
	lstar_close(s);
}

TEST(hijacked_by_hand_recursively)
{
	hijacked_by_hand(LSTAR_RECURSIVE, 3);
}

TEST(hijacked_by_hand_not_recursively)
{
	hijacked_by_hand(0, 2);
}

UNIT_MAIN()
