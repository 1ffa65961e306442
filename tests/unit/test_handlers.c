/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_handlers.c - handlers of system calls in real programs: who sees which call, in which
 * order and phase, and how often.
 */
#include "dbg_kit.h"

static enum lstar_cb passes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_CONTINUE;
}

/* What callbacks have seen, one letter each. */
static char seen[256];
static size_t nseen;

static void note(char c)
{
	if (nseen < sizeof(seen) - 1)
		seen[nseen++] = c;
}

static enum lstar_cb enter_letter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_phase(t), LSTAR_ENTER);
	CHECK(dbg_hit_on(h, t) && dbg_hit_on_enter(h, t) && !dbg_hit_on_exit(h, t));
	note(*(char *)user);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb exit_letter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_phase(t), LSTAR_EXIT);
	CHECK(dbg_hit_on(h, t) && !dbg_hit_on_enter(h, t) && dbg_hit_on_exit(h, t));
	note((char)(*(char *)user - 'A' + 'a'));
	return LSTAR_CB_CONTINUE;
}

/* A handler that leaves @letter at entry and its small form at exit. */
static struct lstar_handler *letter(struct session *s, const char *call, char c, unsigned flags)
{
	static char letters[26];

	letters[c - 'A'] = c;
	return handle(s, call, enter_letter, exit_letter, flags, &letters[c - 'A']);
}

TEST(in_order_of_making)
{
	struct session s;
	struct lstar_handler *a, *b, *c, *all;

	begin(&s);
	launch(&s, ARGV(ACT, S("quiet"), S("110"), S("1"), S("2"), S("3")));
	c = letter(&s, "getppid", 'C', LSTAR_LAST);
	a = letter(&s, "getppid", 'A', 0);
	all = letter(&s, "*", 'X', 0);
	dbg_handler_enable(all, false);
	b = letter(&s, "SYS_getppid", 'B', 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "ABCabc");
	CHECK_EQ(dbg_handler_hits(a), 1);
	CHECK_EQ(dbg_handler_hits(b), 1);
	CHECK_EQ(dbg_handler_hits(c), 1);
	CHECK_EQ(dbg_handler_hits(all), 0);
	CHECK_EQ(dbg_handler_number(a), SYS_getppid);
	CHECK_EQ((s64)dbg_handler_number(all), -1);
	CHECK(!dbg_thread_alive(s.t));
	end(&s);
}

TEST(names_numbers_and_classes)
{
	struct session s;
	struct lstar_handler *h, *file, *number, *small;

	begin(&s);
	launch(&s, ARGV(ACT, S("open"), S("/dev/null"), S("int80"), S("20"), S("quiet"), S("110"),
			S("0"), S("0"), S("0")));
	file = handle(&s, "%file", passes, NULL, 0, NULL);
	number = handle(&s, "0n110", passes, NULL, 0, NULL);
	small = handle(&s, "getpid", passes, NULL, 0, NULL);
	h = handle(&s, "0x6e", NULL, passes, 0, NULL);
	CHECK_EQ(dbg_handler_number(h), 110);
	CHECK_EQ(dbg_handler_number(small), SYS_getpid);
	CHECK_EQ((s64)dbg_handler_number(file), -1);
	CHECK_EQ(dbg_handle_syscall(s.d, "opnat", NULL, NULL, 0, NULL, &h), -ENOENT);
	CHECK_STR(dbg_error(s.d), "there is no system call 'opnat'; did you mean 'openat'?");
	CHECK_EQ(dbg_handle_syscall(s.d, "%files", NULL, NULL, 0, NULL, &h), -ENOENT);
	CHECK_STR(dbg_error(s.d), "there is no class of calls '%files'; did you mean '%file'?");
	CHECK_EQ(dbg_handle_syscall(s.d, "59", NULL, NULL, 0, NULL, &h), -ENOENT);
	CHECK(strstr(dbg_error(s.d), "0n59") != NULL);
	CHECK_EQ(dbg_handle_syscall(s.d, "0n-1", NULL, NULL, 0, NULL, &h), -ENOENT);
	CHECK_EQ(dbg_handle_syscall(s.d, "read", NULL, NULL, 0x400, NULL, &h), -EINVAL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK(dbg_handler_hits(file) >= 3); /* ld.so's, and /dev/null */
	CHECK_EQ(dbg_handler_hits(number), 1);
	/* getpid: int 0x80 with i386's number 20, and the one that act compares it with. */
	CHECK_EQ(dbg_handler_hits(small), 2);
	end(&s);
}

/* --- enabling, removing and making in callbacks --- */

static enum lstar_cb disables_itself(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	dbg_handler_enable(h, false);
	note('D');
	return LSTAR_CB_CONTINUE;
}

TEST(disabled_in_its_own_entry)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("5")));
	h = handle(&s, "getppid", disables_itself, exit_letter, 0, S("A"));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "D");
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK(!dbg_handler_enabled(h));
	end(&s);
}

/* At the call that has this count, do something to another handler. */
struct act {
	u64 calls, when;
	struct lstar_handler *other;
	bool on, remove, make;
	struct session *s;
};

static enum lstar_cb acts(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct act *a = user;

	if (++a->calls != a->when)
		return LSTAR_CB_CONTINUE;
	if (a->make)
		a->other = letter(a->s, "getppid", 'M', 0);
	else if (a->remove)
		dbg_handler_remove(a->other ? a->other : h);
	else
		dbg_handler_enable(a->other, a->on);
	return LSTAR_CB_CONTINUE;
}

TEST(others_disabled_and_enabled_on_the_way)
{
	struct session s;
	struct act off_exit = { .when = 2 }, on_enter = { .when = 4, .on = true };
	struct lstar_handler *last;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("5")));
	handle(&s, "getppid", acts, NULL, 0, &on_enter);
	handle(&s, "getppid", NULL, acts, 0, &off_exit);
	last = letter(&s, "getppid", 'A', 0);
	off_exit.other = on_enter.other = last;
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	/* Six calls: 1 whole, 2 without its exit, 3 not, 4 to 6 whole. */
	CHECK_STR(seen, "AaAAaAaAa");
	CHECK_EQ(dbg_handler_hits(last), 4);
	end(&s);
}

TEST(removed_in_callbacks)
{
	struct session s;
	struct act self = { .when = 2, .remove = true }, at_exit = { .when = 3, .remove = true };
	struct act later = { .when = 4, .remove = true };

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("5")));
	handle(&s, "getppid", acts, passes, 0, &self);
	handle(&s, "getppid", NULL, acts, 0, &at_exit);
	handle(&s, "getppid", acts, NULL, 0, &later);
	later.other = letter(&s, "getppid", 'A', 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(self.calls, 2);
	CHECK_EQ(at_exit.calls, 3);
	CHECK_EQ(later.calls, 6);
	CHECK_STR(seen, "AaAaAa"); /* removed before it was entered the fourth time */
	end(&s);
}

TEST(removed_and_remade_at_stops)
{
	struct session s;
	struct lstar_handler *sync, *a;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("3")));
	a = letter(&s, "getppid", 'A', 0);
	sync = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_enter(sync, s.stop.thread));
	dbg_handler_remove(a);
	letter(&s, "getppid", 'B', 0); /* not of this call */
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_exit(sync, s.stop.thread));
	dbg_handler_remove(sync);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "ABbBbBb");
	end(&s);
}

TEST(made_in_a_callback_sees_the_next_call)
{
	struct session s;
	struct act a = { .when = 2, .make = true, .s = &s };

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("3")));
	handle(&s, "getppid", acts, NULL, 0, &a);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "MmMm"); /* the third and the fourth call */
	CHECK_EQ(dbg_handler_hits(a.other), 2);
	end(&s);
}

TEST(replaced_keeping_its_count)
{
	struct session s;
	struct lstar_handler *a, *b, *other;
	struct act replace = { .when = 0 };

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("3")));
	a = letter(&s, "getppid", 'A', 0);
	other = handle(&s, "getpid", NULL, NULL, 0, NULL);
	handle(&s, "getppid", NULL, acts, 0, &replace);
	b = letter(&s, "0n110", 'B', LSTAR_REPLACE);
	CHECK(b != a); /* not the same calls: every convention's 110 */
	dbg_handler_remove(b);
	dbg_handler_remove(other);
	b = letter(&s, "getppid", 'C', 0);
	CHECK(letter(&s, "__NR_getppid", 'E', LSTAR_REPLACE) == b);
	dbg_handler_remove(a);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "EeEeEeEe");
	CHECK_EQ(dbg_handler_hits(b), 4);
	end(&s);
}

/* --- stops --- */

TEST(synchronous)
{
	struct session s;
	struct lstar_handler *h, *other;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("2"), S("exit"), S("7")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	other = handle(&s, "getpid", NULL, NULL, 0, NULL);
	handle(&s, "exit_group", NULL, NULL, 0, NULL);
	for (int i = 0; i < 6; i++) {
		enum lstar_phase phase = i % 2 ? LSTAR_EXIT : LSTAR_ENTER;

		CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
		CHECK(s.stop.thread == s.t && s.stop.handler == h && s.stop.pid == s.pid);
		CHECK_EQ(s.stop.phase, phase);
		CHECK_EQ(dbg_call_phase(s.t), phase);
		CHECK_EQ(dbg_hit_on_enter(h, s.t), phase == LSTAR_ENTER);
		CHECK_EQ(dbg_hit_on_exit(h, s.t), phase == LSTAR_EXIT);
		CHECK(dbg_hit_on(h, s.t) && !dbg_hit_on(other, s.t));
		CHECK_EQ(dbg_handler_hits(h), (i + 1) / 2);
		CHECK_EQ(dbg_call_number(s.t), SYS_getppid);
		CHECK_EQ(dbg_call_return(s.t), phase == LSTAR_ENTER ? -ENOSYS : (s64)getpid());
	}
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL); /* no exit of exit_group */
	CHECK_EQ(dbg_call_number(s.t), SYS_exit_group);
	CHECK_EQ(dbg_call_arg(s.t, 0), 7);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_wait(s.d, -1, &s.stop), 0);
	CHECK_EQ(s.stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK(!dbg_hit_on(h, s.t));
	CHECK_EQ(dbg_continue(s.d), -ESRCH);
	end(&s);
}

static enum lstar_cb stops(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_STOP;
}

TEST(callback_stops)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	h = handle(&s, "getppid", NULL, stops, 0, NULL);
	letter(&s, "getppid", 'A', 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(go(&s), LSTAR_STOP_CALLBACK);
		CHECK(s.stop.handler == h);
		CHECK_EQ(s.stop.phase, LSTAR_EXIT);
		CHECK(dbg_hit_on_exit(h, s.t));
	}
	CHECK_STR(seen, "AaAa"); /* all handlers of the stop run first */
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

static enum lstar_cb interrupts(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct dbg *d = dbg_thread_session(t);
	struct lstar_stop stop;

	CHECK(dbg_in_callback(d));
	CHECK_EQ(dbg_continue(d), -EBUSY);
	CHECK_EQ(dbg_wait(d, 0, &stop), -EBUSY);
	CHECK_EQ(dbg_step(t), -EBUSY);
	CHECK_EQ(dbg_kill(d, dbg_thread_pid(t)), -EBUSY);
	CHECK_EQ(dbg_detach(d, dbg_thread_pid(t)), -EBUSY);
	dbg_interrupt(d);
	return LSTAR_CB_CONTINUE;
}

TEST(interrupt_in_a_callback_stays_there)
{
	struct session s;
	struct lstar_handler *h;
	uint64_t rip;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	h = handle(&s, "getppid", interrupts, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_INTERRUPT);
	CHECK(s.stop.thread == s.t);
	CHECK_EQ(dbg_call_phase(s.t), LSTAR_ENTER);
	CHECK_EQ(dbg_call_number(s.t), SYS_getppid);
	OK(&s, dbg_reg_get(s.t, "rip", &rip));
	dbg_handler_enable(h, false);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* Assigning and clearing callbacks changes the mode from stop to stop. */
TEST(callbacks_are_exchanged)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("2")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_handler_callbacks(h, enter_letter, exit_letter, S("A")));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "aAaAa");
	CHECK_EQ(dbg_handler_hits(h), 3);
	end(&s);
}

/* --- what a call was and is --- */

static enum lstar_cb changes_args(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(dbg_call_arg(t, i), i + 1);
	CHECK_EQ(dbg_call_set_arg(t, 0, 77), 0);
	CHECK_EQ(dbg_call_arg(t, 0), 77);
	CHECK_EQ(dbg_call_original_arg(t, 0), 1);
	CHECK_EQ(dbg_call_set_arg(t, 6, 0), -EINVAL);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb looks_at_args(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	bool keep = user != NULL;
	uint64_t rdi;

	CHECK_EQ(dbg_call_arg(t, 0), keep ? 77 : 1);
	CHECK_EQ(dbg_reg_get(t, "rdi", &rdi), 0);
	CHECK_EQ(rdi, keep ? 77 : 1);
	CHECK_EQ(dbg_call_arg(t, 2), 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(dbg_call_original_arg(t, i), i + 1);
	CHECK_EQ(dbg_call_original_return(t), getpid());
	CHECK_EQ(dbg_call_set_number(t, 1), -EBUSY);
	CHECK(strstr(dbg_error(dbg_thread_session(t)), "at its entry") != NULL);
	CHECK_EQ(dbg_call_set_arg(t, 1, 1), -EBUSY);
	CHECK_EQ(dbg_call_skip(t, 1), -EBUSY);
	CHECK_EQ(dbg_call_set_return(t, 4711), 0);
	CHECK_EQ(dbg_call_return(t), 4711);
	CHECK_EQ(dbg_call_original_return(t), getpid());
	note(keep ? 'K' : 'R');
	return LSTAR_CB_CONTINUE;
}

static void arguments(unsigned flags)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(ACT, S("call"), S("110"), S("1"), S("2"), S("3")));
	handle(&s, "getppid", changes_args, looks_at_args, flags,
	       flags & LSTAR_KEEP_ARGUMENTS ? S("keep") : NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, flags ? "K" : "R");
	CHECK_STR(text(&s), "call=4711\n");
	end(&s);
}

TEST(arguments_come_back)
{
	arguments(0);
}

TEST(arguments_are_kept)
{
	arguments(LSTAR_KEEP_ARGUMENTS);
}

/* --- events and handlers --- */

static u32 event(struct session *s, const char *script)
{
	struct dbg_event_spec spec = {
		.kind = ENG_EV_SYSCALL,
		.stages = ENG_STAGE_PRE,
		.nr = SYS_getppid,
		.pid = ENG_ANY,
		.core = ENG_ANY,
		.command = "!syscall getppid",
		.script = { .text = script, .name = "test", .line = 1, .col = 1 },
	};
	struct scr_diags diags = { 0 };
	u32 id;

	spec.script.len = script ? strlen(script) : 0;
	OK(s, dbg_event_add(s->d, &spec, &diags, &id));
	return id;
}

/* Events fire first, and handlers look at the number as these left it. */
TEST(events_come_first)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(ACT, S("call"), S("110"), S("1"), S("2"), S("3")));
	event(&s, "@rax = 0n102;"); /* getuid */
	letter(&s, "getppid", 'A', 0);
	letter(&s, "getuid", 'B', 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "Bb");
	CHECK_STR(text(&s), "call=0\n");
	end(&s);
}

TEST(break_of_an_event)
{
	struct session s;
	struct lstar_handler *h;
	u32 id;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	id = event(&s, NULL);
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_EVENT);
	CHECK_EQ(s.stop.event, id);
	CHECK_EQ(s.stop.phase, LSTAR_ENTER);
	CHECK(dbg_hit_on_enter(h, s.t));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK_EQ(s.stop.phase, LSTAR_EXIT);
	OK(&s, dbg_event_ctl(s.d, DBG_EV_CLEAR, id));
	dbg_handler_remove(h);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* --- calls that are made in the place of those that were expected --- */

TEST(unused)
{
	struct session s;
	const char *said;

	begin(&s);
	launch(&s, ARGV(ACT, S("open"), S("/dev/null"), S("open"), S("/dev/null"), S("sleep"),
			S("1"), S("int80"), S("20")));
	handle(&s, "open", passes, NULL, LSTAR_REPORT_UNUSED, NULL);
	handle(&s, "stat", passes, NULL, 0, NULL);
	handle(&s, "nanosleep", NULL, passes, LSTAR_REPORT_UNUSED, NULL);
	handle(&s, "getpgrp", NULL, passes, LSTAR_REPORT_UNUSED, NULL);
	handle(&s, "*", NULL, passes, LSTAR_REPORT_UNUSED, NULL);
	CHECK(dbg_unused(s.d, 0) == NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	said = dbg_unused(s.d, 0);
	CHECK(said && strstr(said, "the handler of open has never run, but openat,") == said);
	CHECK(dbg_unused(s.d, 1) == NULL);
	end(&s);
}

TEST(unused_until_it_has_fired)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("open"), S("/dev/null"), S("quiet"), S("2"), S("0"), S("0"), S("0"),
			S("open"), S("/dev/null")));
	h = handle(&s, "open", passes, NULL, LSTAR_REPORT_UNUSED, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK(dbg_unused(s.d, 0) == NULL);
	end(&s);
}

UNIT_MAIN()
