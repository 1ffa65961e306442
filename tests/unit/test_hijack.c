/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_hijack.c - calls that become others, calls that are left out, and calls that are made
 * for the user: who sees which end of them.
 */
#include "dbg_kit.h"

static char seen[512];

static enum lstar_cb passes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_CONTINUE;
}

struct who {
	char c;
	u64 set_nr; /* at entry; 0: not */
};

/* "A110:39 ", letter, original and present number: what a callback sees. */
static void note(char c, struct lstar_thread *t)
{
	size_t n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%s%c%llu", n ? " " : "", c,
		 (u64)dbg_call_original(t));
	if (dbg_call_number(t) != dbg_call_original(t))
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), ":%lld",
			 (s64)dbg_call_number(t));
}

static enum lstar_cb on_enter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct who *w = user;

	CHECK_EQ(dbg_call_phase(t), LSTAR_ENTER);
	note(w->c, t);
	if (w->set_nr)
		CHECK_EQ(dbg_call_set_number(t, w->set_nr), 0);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_exit_(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct who *w = user;

	CHECK_EQ(dbg_call_phase(t), LSTAR_EXIT);
	note((char)(w->c - 'A' + 'a'), t);
	return LSTAR_CB_CONTINUE;
}

static struct lstar_handler *who(struct session *s, const char *call, struct who *w, unsigned flags)
{
	return handle(s, call, on_enter, on_exit_, flags, w);
}

/* act makes one call of getppid (110) with arguments 5, 6, 7 and prints the result. */
static void one_call(struct session *s)
{
	begin(s);
	launch(s, ARGV(ACT, S("call"), S("110"), S("5"), S("6"), S("7")));
}

TEST(not_recursive)
{
	struct session s;
	struct who a = { 'A', 0 }, b = { 'B', 0 };
	struct lstar_handler *h, *hb;

	one_call(&s);
	h = hijacked(&s, "getppid", "getuid", 0);
	who(&s, "getppid", &a, 0);
	hb = who(&s, "getuid", &b, 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "A110:102 a110:102"); /* the exit is the original's */
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK_EQ(dbg_handler_hits(hb), 0);
	CHECK_STR(text(&s), "call=0\n");
	end(&s);
}

TEST(recursive)
{
	struct session s;
	struct who a = { 'A', 0 }, b = { 'B', 0 }, c = { 'C', 0 };
	struct lstar_handler *h;

	one_call(&s);
	h = hijacked(&s, "getppid", "getuid", LSTAR_RECURSIVE);
	who(&s, "getppid", &a, 0);
	hijacked(&s, "getuid", "getpid", LSTAR_RECURSIVE);
	who(&s, "getuid", &b, 0);
	who(&s, "getpid", &c, LSTAR_LAST); /* no hijack's concern */
	who(&s, "getpid", &c, 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "A110:102 B110:39 C110:39 a110:39 b110:39 c110:39");
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK_EQ(atoi(text(&s) + 5), (int)s.pid);
	end(&s);
}

/* The flag of who changed the number counts, not that of another handler of the call. */
TEST(whose_flag)
{
	struct session s;
	struct who a = { 'A', SYS_getuid }, b = { 'B', 0 };

	one_call(&s);
	who(&s, "getppid", &(struct who){ 'X', 0 }, LSTAR_RECURSIVE);
	who(&s, "getppid", &a, 0);
	who(&s, "getuid", &b, LSTAR_RECURSIVE);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "X110 A110 x110:102 a110:102");
	end(&s);
}

TEST(a_loop_is_an_error)
{
	struct session s;
	struct who b = { 'B', SYS_getppid }, all = { 'X', 0 };

	one_call(&s);
	who(&s, "getuid", &b, LSTAR_RECURSIVE);
	hijacked(&s, "getppid", "getuid", LSTAR_RECURSIVE);
	who(&s, "getppid", &all, 0);
	OK(&s, dbg_continue(s.d));
	CHECK_EQ(dbg_wait(s.d, -1, &s.stop), -ELOOP);
	CHECK(strstr(dbg_error(s.d), "the call of getppid in thread") != NULL);
	CHECK(s.stop.thread == s.t);
	CHECK(dbg_stopped(s.d));
	CHECK_EQ(dbg_call_phase(s.t), LSTAR_ENTER);
	CHECK_EQ(dbg_call_number(s.t), SYS_getppid);
	CHECK_STR(seen, "X110:102 B110:102");
	/* It goes on as the program made it, and nobody sees its end. */
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "X110:102 B110:102");
	CHECK_EQ(atoi(text(&s) + 5), (int)getpid());
	end(&s);
}

TEST(a_cycle_with_one_link_that_is_not_recursive)
{
	struct session s;
	struct who a = { 'A', SYS_getuid }, b = { 'B', SYS_getpid }, c = { 'C', SYS_getppid };

	one_call(&s);
	who(&s, "getppid", &a, LSTAR_RECURSIVE);
	who(&s, "getuid", &b, LSTAR_RECURSIVE);
	who(&s, "getpid", &c, 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "A110 B110:102 C110:39 a110 b110 c110");
	CHECK_EQ(atoi(text(&s) + 5), (int)getpid());
	end(&s);
}

/* A synchronous handler of the new number stops at its entry, too. */
TEST(recursion_meets_synchronous_handlers)
{
	struct session s;
	struct lstar_handler *sync, *first;

	one_call(&s);
	first = handle(&s, "getppid", NULL, NULL, LSTAR_RECURSIVE, NULL);
	sync = handle(&s, "getuid", NULL, NULL, LSTAR_RECURSIVE, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(s.stop.handler == first);
	OK(&s, dbg_call_set_number(s.t, SYS_getuid));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL); /* at the same entry */
	CHECK(s.stop.handler == sync);
	CHECK_EQ(s.stop.phase, LSTAR_ENTER);
	CHECK(dbg_hit_on_enter(sync, s.t) && !dbg_hit_on(first, s.t));
	CHECK_EQ(dbg_call_original(s.t), SYS_getppid);
	CHECK_EQ(dbg_call_number(s.t), SYS_getuid);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL); /* one stop for both */
	CHECK_EQ(s.stop.phase, LSTAR_EXIT);
	CHECK(dbg_hit_on_exit(sync, s.t) && dbg_hit_on_exit(first, s.t));
	CHECK_EQ(dbg_call_number(s.t), SYS_getuid);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), "call=0\n");
	end(&s);
}

/* Most of those that a call has entered are removed before others are entered. */
TEST(many_removed_within_a_call)
{
	struct session s;
	struct who a = { 'A', 0 }, b = { 'B', 0 };
	struct lstar_handler *h[20], *sync;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	sync = handle(&s, "getppid", NULL, NULL, LSTAR_RECURSIVE, NULL);
	who(&s, "getuid", &b, 0);
	for (int i = 0; i < 10; i++)
		h[i] = handle(&s, "getppid", passes, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	for (int i = 10; i < 18; i++)
		h[i] = handle(&s, "getppid", passes, NULL, 0, NULL);
	h[18] = who(&s, "getppid", &a, 0);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	for (int i = 0; i < 19; i++)
		dbg_handler_remove(h[i]);
	OK(&s, dbg_call_set_number(s.t, SYS_getuid));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK_EQ(s.stop.phase, LSTAR_EXIT);
	CHECK(dbg_hit_on_exit(sync, s.t));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "A110 B110:102 b110:102");
	end(&s);
}

/* Not recursive: the number changed at a stop is nobody else's concern. */
TEST(number_changed_at_a_stop)
{
	struct session s;
	struct who b = { 'B', 0 };
	struct lstar_handler *sync;

	one_call(&s);
	sync = handle(&s, "getppid", NULL, NULL, 0, NULL);
	who(&s, "getuid", &b, LSTAR_RECURSIVE);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_number(s.t, SYS_getuid));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_exit(sync, s.t));
	CHECK_EQ(dbg_call_return(s.t), 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "");
	end(&s);
}

TEST(exit_group_becomes_another)
{
	struct session s;
	struct who a = { 'A', 0 };
	struct lstar_handler *h;
	int status;

	begin(&s);
	launch(&s, ARGV(ACT, S("call"), S("231"), S("9"), S("0"), S("0"), S("getppid"), S("1"),
			S("exit"), S("3")));
	h = hijacked(&s, "exit_group", "getppid", 0);
	who(&s, "exit_group", &a, 0);
	OK(&s, dbg_handler_callbacks(h, NULL, NULL, NULL)); /* no hijack any more: stops */
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_number(s.t, SYS_getppid));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK_EQ(s.stop.phase, LSTAR_EXIT);
	dbg_handler_remove(h);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(seen, "A231 a231:110 A231");
	CHECK(strstr(text(&s), "getppid=1\n") != NULL);
	CHECK(dbg_exit_status(s.d, &status));
	CHECK_EQ(WEXITSTATUS(status), 3);
	end(&s);
}

/* Each call is entered once and left once by "*", whatever it becomes. */
static int depth, pairs;

static enum lstar_cb all_enter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(depth++, 0);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb all_exit(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(--depth, 0);
	pairs++;
	return LSTAR_CB_CONTINUE;
}

TEST(all_calls_and_hijacks)
{
	struct session s;
	struct lstar_handler *all;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("50"), S("quiet"), S("102"), S("0"), S("0"), S("0")));
	hijacked(&s, "getppid", "getuid", LSTAR_RECURSIVE);
	all = handle(&s, "*", all_enter, all_exit, LSTAR_RECURSIVE, NULL);
	hijacked(&s, "getuid", "getpid", 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(depth, 1); /* exit_group */
	CHECK(pairs > 51);
	CHECK_EQ(dbg_handler_hits(all), pairs);
	CHECK(strstr(text(&s), "getppid=1\n") != NULL);
	end(&s);
}

TEST(all_become_one)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("quiet"), S("110"), S("0"), S("0"), S("0")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	dbg_handler_remove(h);
	h = hijacked(&s, "*", "0n60", LSTAR_RECURSIVE); /* exit */
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 0);
	end(&s);
}

TEST(hijacks_that_make_no_sense)
{
	struct session s;
	struct lstar_handler *h;

	one_call(&s);
	CHECK_EQ(dbg_hijack_syscall(s.d, "read", "*", 0, NULL, 0, &h), -EINVAL);
	CHECK_EQ(dbg_hijack_syscall(s.d, "read", "%file", 0, NULL, 0, &h), -EINVAL);
	CHECK_EQ(dbg_hijack_syscall(s.d, "read", "SYS_read", 0, NULL, 0, &h), -EINVAL);
	CHECK_STR(dbg_error(s.d), "'read' and 'SYS_read' are the same call: nothing to hijack");
	CHECK_EQ(dbg_hijack_syscall(s.d, "read", "wrote", 0, NULL, 0, &h), -ENOENT);
	CHECK_EQ(dbg_hijack_syscall(s.d, "red", "write", 0, NULL, 0, &h), -ENOENT);
	CHECK_EQ(dbg_hijack_syscall(s.d, "read", "write", 64, NULL, 0, &h), -EINVAL);
	end(&s);
}

static s64 invoked(struct session *s, struct lstar_thread *t, u64 nr, u64 a0, unsigned flags)
{
	uint64_t args[6] = { a0 };
	int64_t result;

	OK(s, dbg_invoke_syscall(t, nr, args, flags, &result));
	return result;
}

/* With arguments: those given are the new call's, the others the old ones. */
TEST(hijack_with_arguments)
{
	struct session s;
	struct lstar_handler *h;
	uint64_t value[6] = { 1, 0xdead, 4 };

	begin(&s);
	launch(&s, ARGV(ACT, S("open"), S("/nonexistent")));
	handle(&s, "%desc", NULL, NULL, 0, NULL);
	do { /* past ld.so: to the open of act */
		char path[16] = "";

		CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
		dbg_read_string(s.t, dbg_call_arg(s.t, 1), path, sizeof(path));
		if (!strcmp(path, "/nonexistent") && s.stop.phase == LSTAR_ENTER)
			break;
	} while (true);
	dbg_handler_remove(s.stop.handler);
	OK(&s, dbg_hijack_syscall(s.d, "openat", "write", 5, value, 0, &h));
	/* Made during the call: it sees the next one. Made anew by invocation. */
	CHECK_EQ(invoked(&s, s.t, SYS_openat, dbg_call_arg(s.t, 0), LSTAR_INVOKE_HANDLERS),
		 -EFAULT);
	uint64_t args[6] = { 0, dbg_call_arg(s.t, 1) };
	int64_t result;
	OK(&s, dbg_invoke_syscall(s.t, SYS_openat, args, LSTAR_INVOKE_HANDLERS, &result));
	CHECK_EQ(result, 4);
	CHECK_STR(text(&s), "/non");
	CHECK_EQ(dbg_handler_hits(h), 2);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), "/nonopen=-2\n");
	end(&s);
}

/* --- skipping --- */

static enum lstar_cb skips(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_return(t), -ENOSYS);
	CHECK_EQ(dbg_call_skip(t, 1234), 0);
	CHECK_EQ(dbg_call_return(t), 1234);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb sees_skipped(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	CHECK_EQ(dbg_call_phase(t), LSTAR_EXIT);
	CHECK_EQ(dbg_call_return(t), 1234);
	CHECK_EQ(dbg_call_original_return(t), 1234);
	CHECK_EQ(dbg_call_number(t), SYS_getppid);
	CHECK_EQ(dbg_call_arg(t, 0), 5);
	if (user)
		CHECK_EQ(dbg_call_set_return(t, 4321), 0);
	return LSTAR_CB_CONTINUE;
}

TEST(skipped)
{
	struct session s;
	struct lstar_handler *h;

	one_call(&s);
	h = handle(&s, "getppid", skips, sees_skipped, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK_STR(text(&s), "call=1234\n");
	end(&s);
}

TEST(result_of_a_skipped_call_changed)
{
	struct session s;

	one_call(&s);
	handle(&s, "getppid", skips, sees_skipped, 0, S("change"));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), "call=4321\n");
	end(&s);
}

TEST(skipped_at_a_stop)
{
	struct session s;
	struct lstar_handler *h;

	one_call(&s);
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_return(s.t, 7)); /* counts only with a skip */
	OK(&s, dbg_call_skip(s.t, 8));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_exit(h, s.t));
	CHECK_EQ(dbg_call_return(s.t), 8);
	CHECK_EQ(dbg_call_skip(s.t, 9), -EBUSY);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK_STR(text(&s), "call=8\n");
	end(&s);
}

TEST(result_at_entry_without_skip)
{
	struct session s;

	one_call(&s);
	handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_return(s.t, 7));
	CHECK_EQ(dbg_call_return(s.t), 7);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK_EQ(dbg_call_return(s.t), getpid());
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* Number -1 is how other debuggers skip. */
static void number_minus_one(bool with_result)
{
	struct session s;
	struct lstar_handler *h;

	one_call(&s);
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_number(s.t, ~0ULL));
	if (with_result)
		OK(&s, dbg_call_set_return(s.t, 99));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_exit(h, s.t));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), with_result ? "call=99\n" : "call=-38\n");
	end(&s);
}

TEST(number_minus_one_with_result)
{
	number_minus_one(true);
}

TEST(number_minus_one_alone)
{
	number_minus_one(false);
}

/* --- invocation --- */

TEST(invoked_with_and_without_handlers)
{
	struct session s;
	struct who a = { 'A', 0 }, b = { 'B', 0 };

	one_call(&s);
	who(&s, "getpid", &a, 0);
	handle(&s, "getpid", NULL, NULL, 0, NULL); /* nothing stops at what the user makes */
	CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, 0), s.pid);
	CHECK_STR(seen, "");
	CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, LSTAR_INVOKE_HANDLERS), s.pid);
	CHECK_STR(seen, "A39 a39");
	seen[0] = 0;
	hijacked(&s, "getpid", "getuid", LSTAR_RECURSIVE);
	who(&s, "getuid", &b, 0);
	CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, LSTAR_INVOKE_HANDLERS), 0);
	CHECK_STR(seen, "A39 B39:102 a39:102 b39:102");
	CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, 0), s.pid);
	CHECK_EQ(dbg_call_phase(s.t), LSTAR_OUTSIDE);
	CHECK_EQ(dbg_invoke_syscall(s.t, SYS_exit_group, NULL, 0, &(int64_t){ 0 }), -EPERM);
	CHECK(strstr(dbg_error(s.d), "exit_group (231) is not made") != NULL);
	CHECK_EQ(dbg_invoke_syscall(s.t, SYS_getpid, NULL, 64, &(int64_t){ 0 }), -EINVAL);
	end(&s);
}

TEST(invoked_and_skipped)
{
	struct session s;

	one_call(&s);
	handle(&s, "getppid", skips, NULL, 0, NULL);
	CHECK_EQ(invoked(&s, s.t, SYS_getppid, 5, LSTAR_INVOKE_HANDLERS), 1234);
	CHECK_EQ(invoked(&s, s.t, SYS_getppid, 5, 0), getpid());
	end(&s);
}

static u64 invocations;

static enum lstar_cb invokes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	int64_t pid, inner;
	enum lstar_phase phase = dbg_call_phase(t);

	CHECK_EQ(dbg_invoke_syscall(t, SYS_getpid, NULL, LSTAR_INVOKE_HANDLERS, &pid), 0);
	CHECK_EQ(pid, dbg_thread_pid(t));
	CHECK_EQ(dbg_invoke_syscall(t, SYS_gettid, NULL, 0, &inner), 0);
	CHECK_EQ(inner, dbg_thread_tid(t));
	/* The callback's own call is as it was. */
	CHECK_EQ(dbg_call_phase(t), phase);
	CHECK_EQ(dbg_call_number(t), SYS_getppid);
	CHECK_EQ(dbg_call_original_arg(t, 0), 0);
	invocations++;
	return LSTAR_CB_CONTINUE;
}

TEST(invoked_in_callbacks)
{
	struct session s;
	struct lstar_handler *inner;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("20")));
	handle(&s, "getppid", invokes, invokes, 0, NULL);
	inner = handle(&s, "getpid", passes, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(invocations, 42);
	CHECK_EQ(dbg_handler_hits(inner), 42);
	CHECK_STR(text(&s), "getppid=1\n");
	end(&s);
}

TEST(invoked_at_every_kind_of_stop)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("2"), S("sleep"), S("60000")));
	handle(&s, "getppid", NULL, NULL, 0, NULL);
	for (int i = 0; i < 6; i++) {
		CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
		CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, 0), s.pid);
		CHECK_EQ(dbg_call_number(s.t), SYS_getppid);
	}
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 300, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	CHECK_EQ(dbg_invoke_syscall(s.t, SYS_getpid, NULL, 0, &(int64_t){ 0 }), -EBUSY);
	dbg_interrupt(s.d);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_INTERRUPT);
	CHECK_EQ(invoked(&s, s.t, SYS_getpid, 0, 0), s.pid);
	/* What ends the thread has to be insisted on. */
	CHECK_EQ(invoked(&s, s.t, SYS_exit_group, 5, LSTAR_INVOKE_INSIST), 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

UNIT_MAIN()
