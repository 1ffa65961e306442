/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_running.c - sessions with many threads and processes: phases and counts with signals,
 * births, other programs and ends about; what waiting tells, and what is held meanwhile.
 */
#include <fcntl.h>
#include <poll.h>

#include "dbg_kit.h"

static enum lstar_cb passes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_CONTINUE;
}

/* Per thread: is it inside of a call? */
static u32 inside[64];
static u64 enters, exits, wrong;

static u32 *slot(u32 tid)
{
	for (size_t i = 0; i < 32; i++) {
		if (!inside[2 * i])
			inside[2 * i] = tid;
		if (inside[2 * i] == tid)
			return &inside[2 * i + 1];
	}
	UNIT_FAIL("too many threads");
}

static enum lstar_cb goes_in(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	u32 *in = slot(dbg_thread_tid(t));

	wrong += *in != 0 || dbg_call_phase(t) != LSTAR_ENTER;
	*in = 1;
	enters++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb goes_out(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	u32 *in = slot(dbg_thread_tid(t));

	wrong += *in != 1 || dbg_call_phase(t) != LSTAR_EXIT;
	*in = 0;
	exits++;
	return LSTAR_CB_CONTINUE;
}

static void many_threads(const char *call, const char *each)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("4"), S(each)));
	h = handle(&s, call, goes_in, goes_out, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(wrong, 0);
	if (strcmp(call, "*")) {
		CHECK_EQ(enters, 4 * (u64)atoi(each));
		CHECK_EQ(exits, enters);
	} else {
		CHECK(enters > 4 * (u64)atoi(each));
		CHECK_EQ(exits, enters - 5); /* exit of each thread, exit_group */
	}
	CHECK_EQ(dbg_handler_hits(h), exits);
	CHECK_STR(text(&s), "threads=4\n");
	CHECK(dbg_thread_at(s.d, 0) == s.t);
	for (size_t i = 0; i < 5; i++) {
		CHECK_EQ(dbg_thread_pid(dbg_thread_at(s.d, i)), s.pid);
		CHECK(!dbg_thread_alive(dbg_thread_at(s.d, i)));
	}
	CHECK(dbg_thread_at(s.d, 5) == NULL);
	end(&s);
}

TEST(four_threads)
{
	many_threads("getppid", "10000");
}

TEST(four_threads_all_calls)
{
	many_threads("*", "2000");
}

/* Every thread stands at its own stop; each is told of once. */
TEST(four_threads_synchronous)
{
	struct session s;
	struct lstar_handler *h;
	u64 stops[2] = { 0 };

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("4"), S("50")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	while (go(&s) == LSTAR_STOP_SYSCALL) {
		bool leaving = s.stop.phase == LSTAR_EXIT;

		CHECK_EQ(*slot(dbg_thread_tid(s.stop.thread)), leaving);
		*slot(dbg_thread_tid(s.stop.thread)) = !leaving;
		CHECK(dbg_hit_on(h, s.stop.thread));
		for (size_t i = 0; dbg_thread_at(s.d, i); i++)
			CHECK_EQ(dbg_hit_on(h, dbg_thread_at(s.d, i)),
				 dbg_thread_at(s.d, i) == s.stop.thread);
		stops[leaving]++;
	}
	CHECK_EQ(s.stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(stops[0], 200);
	CHECK_EQ(stops[1], 200);
	CHECK_EQ(dbg_handler_hits(h), 200);
	end(&s);
}

TEST(one_thread_only)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("3"), S("100"), S("getppid"), S("10")));
	h = handle(&s, "getppid", goes_in, goes_out, 0, NULL);
	OK(&s, dbg_handler_thread(h, s.t));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 11);
	CHECK_EQ(dbg_handler_thread(h, s.t), -ESRCH);
	OK(&s, dbg_handler_thread(h, NULL));
	end(&s);
}

/* --- signals --- */

static void interrupted(const char *how, const char *result)
{
	struct session s;
	struct lstar_handler *h;

	begin(&s);
	launch(&s, ARGV(ACT, S("interrupted"), S(how)));
	h = handle(&s, "*", goes_in, goes_out, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), result);
	/* rt_sigreturn lies within the read, so that phases nest; only exit_group has no end. */
	CHECK_EQ(dbg_handler_hits(h), exits);
	CHECK_EQ(enters - exits, 1);
	end(&s);
}

TEST(call_restarted)
{
	interrupted("restart", "read=1\n");
}

TEST(call_ended_by_a_signal)
{
	interrupted("plain", "read=-4\n");
}

TEST(handlers_of_signals_within_a_call)
{
	struct session s;
	struct lstar_handler *h, *in;

	begin(&s);
	launch(&s, ARGV(S(prog("tricky")), S("handler-calls")));
	h = handle(&s, "getppid", goes_in, goes_out, 0, NULL);
	in = handle(&s, "*", passes, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(enters, exits);
	CHECK(dbg_handler_hits(in) > dbg_handler_hits(h));
	end(&s);
}

TEST(signal_is_told_and_changed)
{
	struct session s;
	int status;

	begin(&s);
	launch(&s, ARGV(ACT, S("kill"), S("15"), S("kill"), S("10"), S("exit"), S("3")));
	CHECK_EQ(dbg_want_signal(s.d, 0, true), -EINVAL);
	CHECK_EQ(dbg_want_signal(s.d, 65, true), -EINVAL);
	CHECK_EQ(dbg_want_signal(s.d, 9, true), -EINVAL);
	OK(&s, dbg_want_signal(s.d, 15, true));
	OK(&s, dbg_want_signal(s.d, 10, true));
	CHECK_EQ(dbg_set_signal(s.t, 0), -EBUSY);
	CHECK_EQ(go(&s), LSTAR_STOP_SIGNAL);
	CHECK(s.stop.thread == s.t);
	CHECK_EQ(s.stop.signal, 15);
	OK(&s, dbg_set_signal(s.t, 0));
	CHECK_EQ(go(&s), LSTAR_STOP_SIGNAL);
	CHECK_EQ(s.stop.signal, 10);
	OK(&s, dbg_set_signal(s.t, 12));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK(dbg_exit_status(s.d, &status));
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), 12);
	end(&s);
}

TEST(signal_passes_unchanged)
{
	struct session s;
	int status;

	begin(&s);
	launch(&s, ARGV(ACT, S("kill"), S("15"), S("exit"), S("3")));
	OK(&s, dbg_want_signal(s.d, 15, true));
	CHECK_EQ(go(&s), LSTAR_STOP_SIGNAL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK(dbg_exit_status(s.d, &status));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == 15);
	end(&s);
}

/* --- processes --- */

static void children(char **argv, u64 own, u64 all)
{
	struct session s;
	struct lstar_handler *h, *inherited;

	begin(&s);
	launch(&s, argv);
	h = handle(&s, "getppid", passes, passes, 0, NULL);
	inherited = handle(&s, "getppid", passes, passes, LSTAR_INHERIT, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), own);
	CHECK_EQ(dbg_handler_hits(inherited), all);
	end(&s);
}

TEST(forks)
{
	children(ARGV(ACT, S("fork"), S("100")), 0, 100);
}

TEST(vforks)
{
	children(ARGV(ACT, S("vfork"), S("100")), 0, 100);
}

TEST(spawns)
{
	children(ARGV(ACT, S("spawn"), ACT, S("20"), S("getppid"), S("3")), 4, 25);
}

TEST(system_)
{
	children(ARGV(S("/bin/sh"), S("-c"), S("/bin/true; $0 getppid 6; true"), ACT), 1, 8);
}

TEST(exec_keeps_handlers)
{
	children(ARGV(ACT, S("getppid"), S("2"), S("exec"), ACT, S("getppid"), S("7")), 11, 11);
}

TEST(exec_by_a_thread)
{
	children(ARGV(ACT, S("thread-exec"), ACT, S("7")), 8, 8);
}

/* Both ends of execve, though the caller's number has changed in between. */
TEST(execve_of_a_thread_is_left)
{
	struct session s;
	struct lstar_handler *h;
	struct lstar_thread *caller;

	begin(&s);
	launch(&s, ARGV(ACT, S("thread-exec"), ACT, S("7")));
	OK(&s, dbg_want(s.d, 1u << LSTAR_STOP_EXEC));
	h = handle(&s, "execve", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	caller = s.stop.thread;
	CHECK(caller != s.t);
	CHECK_EQ(go(&s), LSTAR_STOP_EXEC);
	CHECK(s.stop.thread == s.t);
	CHECK(!dbg_thread_alive(caller));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(s.stop.thread == s.t);
	CHECK(dbg_hit_on_exit(h, s.t));
	CHECK_EQ(dbg_call_return(s.t), 0);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_handler_hits(h), 1);
	end(&s);
}

TEST(a_child_of_its_own)
{
	struct session s;
	struct lstar_handler *h;
	struct lstar_thread *child;

	begin(&s);
	launch(&s, ARGV(ACT, S("spawn"), ACT, S("5"), S("getppid"), S("2")));
	OK(&s, dbg_want(s.d, 1u << LSTAR_STOP_NEW_PROCESS | 1u << LSTAR_STOP_ENDED));
	CHECK_EQ(dbg_want(s.d, 1u << LSTAR_STOP_SIGNAL), -EINVAL);
	CHECK_EQ(go(&s), LSTAR_STOP_NEW_PROCESS);
	child = s.stop.thread;
	CHECK(child && child != s.t);
	CHECK_EQ(s.stop.pid, dbg_thread_pid(child));
	CHECK_EQ(dbg_thread_parent(child), s.pid);
	h = handle(&s, "getppid", passes, NULL, 0, NULL);
	OK(&s, dbg_handler_process(h, s.stop.pid));
	CHECK_EQ(dbg_handler_process(h, 1), -ESRCH);
	CHECK_EQ(go(&s), LSTAR_STOP_ENDED);
	CHECK(s.stop.thread == child);
	CHECK_EQ(s.stop.pid, dbg_thread_pid(child));
	CHECK_EQ(s.stop.status, 0);
	CHECK_EQ(dbg_handler_hits(h), 6);
	CHECK_EQ(go(&s), LSTAR_STOP_ENDED);
	CHECK_EQ(s.stop.pid, s.pid);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* A held child stays before its first instruction while the parent runs. */
TEST(held_child)
{
	struct session s;
	struct lstar_handler *h;
	struct lstar_thread *child;
	uint64_t rip, again;

	begin(&s);
	launch(&s, ARGV(ACT, S("fork"), S("1")));
	OK(&s, dbg_want(s.d, 1u << LSTAR_STOP_NEW_PROCESS));
	OK(&s, dbg_hold(s.d, 0, true));
	CHECK_EQ(go(&s), LSTAR_STOP_NEW_PROCESS);
	child = s.stop.thread;
	OK(&s, dbg_reg_get(child, "rip", &rip));
	h = handle(&s, "getppid", NULL, NULL, LSTAR_INHERIT, NULL);
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 200, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT); /* the parent waits for it */
	dbg_interrupt(s.d);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	OK(&s, dbg_reg_get(child, "rip", &again));
	CHECK_EQ(again, rip);
	OK(&s, dbg_hold(s.d, dbg_thread_pid(child), false));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(s.stop.thread == child);
	/* What it stands at is kept while it is held once more. */
	OK(&s, dbg_hold(s.d, dbg_thread_pid(child), true));
	OK(&s, dbg_call_skip(child, 42));
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 200, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	dbg_interrupt(s.d);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK(dbg_hit_on_enter(h, child));
	CHECK_EQ(dbg_call_number(child), SYS_getppid);
	OK(&s, dbg_hold(s.d, dbg_thread_pid(child), false));
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(s.stop.thread == child);
	CHECK(dbg_hit_on_exit(h, child));
	CHECK_EQ(dbg_call_return(child), 42);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(text(&s), "fork=1\n");
	end(&s);
}

TEST(all_are_held)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	OK(&s, dbg_hold(s.d, s.pid, true));
	CHECK_EQ(dbg_hold(s.d, 1, true), -ESRCH);
	OK(&s, dbg_continue(s.d));
	CHECK_EQ(dbg_wait(s.d, -1, &s.stop), -EBUSY);
	CHECK(strstr(dbg_error(s.d), "held") != NULL);
	OK(&s, dbg_hold(s.d, s.pid, false));
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* --- ends --- */

TEST(killed_while_it_stands_at_a_call)
{
	struct session s;
	struct lstar_handler *h;
	uint64_t rax;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("2"), S("1000")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	kill((pid_t)s.pid, SIGKILL);
	usleep(100000);
	struct lstar_thread *t = s.stop.thread;

	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK(!dbg_thread_alive(t));
	CHECK_EQ(dbg_handler_hits(h), 0);
	/* Its registers are those that it had at that stop. */
	OK(&s, dbg_reg_get(t, "rax", &rax));
	CHECK_EQ(rax, SYS_getppid);
	CHECK_EQ(dbg_reg_set(t, "rax", 1), -ESRCH);
	CHECK_EQ(dbg_call_set_number(t, 1), -ESRCH);
	CHECK_EQ(dbg_read(t, 0, &rax, 8), -ESRCH);
	end(&s);
}

TEST(killed_while_it_runs)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("2"), S("100000000")));
	handle(&s, "getppid", passes, passes, 0, NULL);
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 50, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	CHECK(!dbg_stopped(s.d));
	OK(&s, dbg_kill(s.d, s.pid));
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK(!dbg_thread_alive(s.t));
	end(&s);
}

/* Let go in the middle of a call: changed arguments take effect. */
TEST(detached_at_an_entry)
{
	struct session s;
	struct lstar_handler *h;
	char what[16];
	int fd[3];
	struct dbg_launch how = { .argv = (const char *const[]){ ACT, "write", "Hello, World!",
								 NULL },
				  .stdio = TGT_STDIO_PIPES,
				  .no_filter = true };

	begin(&s);
	OK(&s, dbg_launch_as(s.d, &how));
	s.pid = dbg_launched_pid(s.d);
	s.t = dbg_thread_find(s.d, s.pid);
	OK(&s, dbg_stdio_fds(s.d, s.pid, fd));
	h = handle(&s, "write", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	OK(&s, dbg_call_set_arg(s.t, 2, 5));
	OK(&s, dbg_detach(s.d, s.pid));
	CHECK(!dbg_thread_alive(s.t));
	CHECK(!dbg_hit_on(h, s.t));
	memset(what, 0, sizeof(what));
	for (size_t n = 0; n < 6; n += (size_t)read(fd[1], what + n, 6 - n))
		CHECK_EQ(poll(&(struct pollfd){ fd[1], POLLIN, 0 }, 1, 5000), 1);
	CHECK_STR(what, "Hello\n");
	CHECK_EQ(dbg_continue(s.d), -ESRCH);
	end(&s);
}

/* --- steps and breakpoints --- */

TEST(steps)
{
	struct session s;
	struct lstar_handler *h;
	uint64_t from, to;

	begin(&s);
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	OK(&s, dbg_reg_get(s.t, "rip", &from));
	OK(&s, dbg_step(s.t));
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_STEP);
	CHECK(s.stop.thread == s.t);
	OK(&s, dbg_reg_get(s.t, "rip", &to));
	CHECK(from != to);
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	/* From its entry a step leads to behind the call, and its exit is told of before. */
	OK(&s, dbg_step(s.t));
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on_exit(h, s.t));
	OK(&s, dbg_step(s.t));
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_STEP);
	dbg_handler_remove(h);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

/* One thread steps while another stands at a call, which it does not leave. */
TEST(a_step_beside_a_stop)
{
	struct session s;
	struct lstar_handler *h;
	struct lstar_thread *at;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("1"), S("1")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	at = s.stop.thread;
	CHECK(at != s.t);
	OK(&s, dbg_call_skip(at, 3));
	OK(&s, dbg_step(s.t)); /* it waits in pthread_join() */
	OK(&s, dbg_wait(s.d, 200, &s.stop));
	if (s.stop.reason == LSTAR_STOP_TIMEOUT) {
		dbg_interrupt(s.d);
		OK(&s, dbg_wait(s.d, -1, &s.stop));
	}
	CHECK(dbg_hit_on_enter(h, at));
	CHECK_EQ(dbg_call_number(at), SYS_getppid);
	CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	CHECK(s.stop.thread == at);
	CHECK(dbg_hit_on_exit(h, at));
	CHECK_EQ(dbg_call_return(at), 3);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
}

static u64 bp_addr;

static enum lstar_cb sets_breakpoint(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	uint64_t rip;

	CHECK_EQ(dbg_reg_get(t, "rip", &rip), 0); /* of the SYSCALL instruction */
	bp_addr = rip + 2;
	*(int64_t *)user = dbg_breakpoint(t, bp_addr, LSTAR_BP_SOFTWARE, 1);
	CHECK(*(int64_t *)user > 0);
	dbg_handler_enable(h, false);
	return LSTAR_CB_CONTINUE;
}

TEST(breakpoint_from_a_callback)
{
	struct session s;
	int64_t number;
	uint64_t rip;

	begin(&s);
	launch(&s, ARGV(ACT, S("threads"), S("2"), S("3")));
	handle(&s, "getppid", sets_breakpoint, NULL, 0, &number);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(go(&s), LSTAR_STOP_BREAKPOINT);
		CHECK_EQ(s.stop.breakpoint, number);
		OK(&s, dbg_reg_get(s.stop.thread, "rip", &rip));
		CHECK_EQ(rip, bp_addr);
		CHECK_EQ(dbg_breakpoint_hits(s.d, (u32)number), i + 1);
	}
	OK(&s, dbg_breakpoint_remove(s.d, (u32)number));
	CHECK_EQ(dbg_breakpoint_remove(s.d, 999), -ENOENT);
	CHECK_EQ(dbg_breakpoint(s.t, 0, LSTAR_BP_WRITE, 9), -EINVAL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(dbg_breakpoint_hits(s.d, (u32)number), 3);
	end(&s);
}

/* --- waiting --- */

TEST(interrupted_in_a_waiting_call)
{
	struct session s;
	uint64_t rip;

	begin(&s);
	launch(&s, ARGV(ACT, S("sleep"), S("100000")));
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 200, &s.stop));
	dbg_interrupt(s.d);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_INTERRUPT);
	CHECK(s.stop.thread == s.t);
	CHECK_EQ(dbg_call_phase(s.t), LSTAR_OUTSIDE);
	CHECK_EQ(dbg_call_number(s.t), SYS_nanosleep);
	CHECK_EQ(dbg_call_abi(s.t), LSTAR_ABI_X86_64);
	OK(&s, dbg_reg_get(s.t, "rip", &rip));
	OK(&s, dbg_kill(s.d, s.pid));
	end(&s);
}

TEST(stages)
{
	struct session s;
	uint64_t value;

	begin(&s);
	CHECK_EQ(dbg_continue(s.d), -ESRCH);
	OK(&s, dbg_wait(s.d, -1, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_NOTHING_LEFT);
	launch(&s, ARGV(ACT, S("loop"), S("1000")));
	CHECK_EQ(dbg_wait(s.d, 0, &s.stop), -EBUSY);
	CHECK_EQ(dbg_reg_get(s.t, "rx", &value), -ENOENT);
	CHECK_EQ(dbg_reg_set(s.t, "al", 256), -EINVAL);
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 20, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	CHECK_EQ(dbg_reg_get(s.t, "rax", &value), -EBUSY);
	CHECK_EQ(dbg_read(s.t, 0, &value, 8), -EBUSY);
	CHECK_EQ(dbg_detach(s.d, s.pid), -EBUSY);
	CHECK_EQ(dbg_step(s.t), -EBUSY);
	OK(&s, dbg_continue(s.d)); /* it does already */
	OK(&s, dbg_wait(s.d, 0, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	/* A handler that is made while it runs. */
	struct lstar_handler *h = handle(&s, "getppid", NULL, NULL, 0, NULL);

	OK(&s, dbg_wait(s.d, 5000, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_SYSCALL);
	CHECK(dbg_hit_on(h, s.t));
	CHECK_EQ(dbg_read(s.t, 16, &value, 8), -EFAULT);
	/* Another program is started while the first runs: all are stopped then. */
	dbg_handler_remove(h);
	OK(&s, dbg_continue(s.d));
	launch(&s, ARGV(ACT, S("exit"), S("0")));
	CHECK(dbg_stopped(s.d));
	OK(&s, dbg_want(s.d, 1u << LSTAR_STOP_ENDED));
	CHECK_EQ(go(&s), LSTAR_STOP_ENDED);
	CHECK_EQ(s.stop.pid, s.pid);
	end(&s);
}

UNIT_MAIN()
