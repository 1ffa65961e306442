/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_run.c - running and waiting, threads, handlers, the call at hand, invocation and
 * breakpoints, through the library: each function once for real, each refusal with its reason.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "lib_kit.h"

static struct lstar *s;
static struct lstar_thread *t;
static struct lstar_stop stop;

static void begin(const char *name, const char *a, const char *b, const char *c)
{
	s = lstar_open();
	CHECK(s);
	t = launch(s, LSTAR_STDIO_PIPE, name, a, b, c);
}

/* Let it run; the reason of its next stop. */
static enum lstar_reason go(void)
{
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, 20000, &stop));
	return stop.reason;
}

static const char *written(void)
{
	static char text[4096];
	int fd[3];
	ssize_t n;

	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	n = read(fd[1], text, sizeof(text) - 1);
	CHECK(n >= 0);
	text[n] = '\0';
	return text;
}

/* --- running --- */

TEST(to_the_end)
{
	begin("act", "exit", "7", NULL);
	CHECK_EQ(lstar_thread_tid(t), lstar_thread_pid(t));
	CHECK_EQ(lstar_thread_parent(t), 0);
	CHECK(lstar_thread_alive(t));
	CHECK(lstar_thread_session(t) == s);
	CHECK(lstar_thread_at(s, 0) == t && !lstar_thread_at(s, 1));
	CHECK(lstar_thread_find(s, lstar_thread_tid(t)) == t);
	CHECK(!lstar_thread_find(s, 1));
	CHECK_OK(s, lstar_want(s, 1u << LSTAR_STOP_ENDED));
	CHECK_EQ(go(), LSTAR_STOP_ENDED);
	CHECK_EQ(stop.pid, lstar_thread_pid(t));
	CHECK(WIFEXITED(stop.status) && WEXITSTATUS(stop.status) == 7);
	CHECK_FAILS(s, lstar_continue(s), LSTAR_E_GONE, "no debuggee");
	CHECK_OK(s, lstar_wait(s, 0, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK(!lstar_thread_alive(t));
	CHECK(!lstar_thread_find(s, lstar_thread_tid(t)));
	CHECK(lstar_thread_at(s, 0) == t);
	CHECK_FAILS(s, lstar_continue(s), LSTAR_E_GONE, "no debuggee");
	CHECK_FAILS(s, lstar_step(t), LSTAR_E_GONE, "has ended");
	lstar_close(s);
}

TEST(a_time_limit_leaves_it_running)
{
	begin("act", "sleep", "300", NULL);
	CHECK_FAILS(s, lstar_wait(s, 0, &stop), LSTAR_E_STAGE, "let it continue");
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, 50, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_TIMEOUT);
	CHECK_OK(s, lstar_continue(s)); /* it does */
	CHECK_FAILS(s, lstar_read(t, 0x1000, &stop, 1), LSTAR_E_STAGE, "running");
	CHECK_OK(s, lstar_wait(s, 20000, NULL));
	CHECK(!lstar_thread_alive(t));
	lstar_close(s);
}

/* Nobody has asked before it is killed. */
TEST(a_killed_one_says_where_it_waited)
{
	uint64_t value, number;

	for (int change = 0; change < 2; change++) {
		begin("act", "sleep", "100000000", NULL);
		do {
			CHECK_OK(s, lstar_continue(s));
			CHECK_OK(s, lstar_wait(s, 50, &stop));
			CHECK_EQ(stop.reason, LSTAR_STOP_TIMEOUT);
			lstar_interrupt(s);
			CHECK_OK(s, lstar_wait(s, 20000, &stop));
			CHECK_EQ(stop.reason, LSTAR_STOP_INTERRUPT);
			number = lstar_call_number(t);
		} while (number != SYS_nanosleep && number != SYS_restart_syscall);
		if (change)
			CHECK_OK(s, lstar_call_set_arg(t, 3, 77));
		CHECK_OK(s, lstar_kill(s, lstar_thread_pid(t)));
		CHECK_EQ(lstar_call_number(t), number);
		CHECK_EQ(lstar_call_original_arg(t, 1), 0);
		CHECK_EQ(lstar_call_arg(t, 3), change ? 77 : 0);
		CHECK_OK(s, lstar_reg_get(t, "rdi", &value));
		CHECK_EQ(value, lstar_call_original_arg(t, 0));
		CHECK(value);
		lstar_close(s);
	}
}

static void *interrupt(void *user)
{
	usleep(100000);
	lstar_interrupt(user);
	return NULL;
}

TEST(an_interruption_from_another_thread)
{
	pthread_t other;
	uint64_t rip;

	begin("act", "sleep", "100000", NULL);
	CHECK(!pthread_create(&other, NULL, interrupt, s));
	CHECK_EQ(go(), LSTAR_STOP_INTERRUPT);
	pthread_join(other, NULL);
	CHECK_OK(s, lstar_reg_get(t, "rip", &rip));
	CHECK_OK(s, lstar_kill(s, lstar_thread_pid(t)));
	lstar_close(s);
}

TEST(one_instruction)
{
	uint64_t before, after;

	begin("six_calls", NULL, NULL, NULL);
	CHECK_OK(s, lstar_reg_get(t, "rip", &before));
	CHECK_OK(s, lstar_step(t));
	CHECK_OK(s, lstar_wait(s, 20000, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_STEP);
	CHECK(stop.thread == t);
	CHECK_OK(s, lstar_reg_get(t, "rip", &after));
	CHECK(after != before);
	lstar_close(s);
}

TEST(children_and_programs)
{
	unsigned seen = 0;
	uint32_t child = 0;

	begin("act", "fork", "2", NULL);
	CHECK_FAILS(s, lstar_want(s, 1u << LSTAR_STOP_SYSCALL), LSTAR_E_ARGUMENT, "optional");
	CHECK_OK(s, lstar_want(s, 1u << LSTAR_STOP_NEW_PROCESS));
	while (go() == LSTAR_STOP_NEW_PROCESS) {
		seen++;
		child = lstar_thread_pid(stop.thread);
		CHECK_EQ(lstar_thread_parent(stop.thread), lstar_thread_pid(t));
	}
	CHECK(seen > 0 && child != lstar_thread_pid(t));
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
	lstar_close(s);
}

TEST(a_signal_that_was_asked_for)
{
	begin("act", "kill", "15", NULL);
	CHECK_FAILS(s, lstar_want_signal(s, 0, true), LSTAR_E_ARGUMENT, "1 to 64");
	CHECK_FAILS(s, lstar_want_signal(s, SIGKILL, true), LSTAR_E_ARGUMENT, "SIGKILL");
	CHECK_FAILS(s, lstar_set_signal(t, 0), LSTAR_E_STAGE, "LSTAR_STOP_SIGNAL");
	CHECK_OK(s, lstar_want_signal(s, SIGTERM, true));
	CHECK_OK(s, lstar_want(s, 1u << LSTAR_STOP_ENDED));
	CHECK_EQ(go(), LSTAR_STOP_SIGNAL);
	CHECK_EQ(stop.signal, SIGTERM);
	CHECK_FAILS(s, lstar_set_signal(t, 65), LSTAR_E_ARGUMENT, "65");
	CHECK_OK(s, lstar_set_signal(t, SIGUSR1));
	CHECK_EQ(go(), LSTAR_STOP_ENDED);
	CHECK(WIFSIGNALED(stop.status) && WTERMSIG(stop.status) == SIGUSR1);
	lstar_close(s);
}

TEST(a_held_process)
{
	begin("act", "sleep", "10", NULL);
	CHECK_FAILS(s, lstar_hold(s, 1, true), LSTAR_E_GONE, "no process of the debuggee");
	CHECK_OK(s, lstar_hold(s, lstar_thread_pid(t), true));
	CHECK_OK(s, lstar_hold(s, lstar_thread_pid(t), false));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	lstar_close(s);
}

/* --- handlers --- */

struct counts {
	int enter, exit;
	uint64_t nr, ret;
};

static enum lstar_cb on_enter(struct lstar_thread *at, struct lstar_handler *h, void *user)
{
	struct counts *c = user;

	c->enter++;
	c->nr = lstar_call_number(at);
	CHECK_EQ(lstar_call_phase(at), LSTAR_ENTER);
	CHECK_EQ(lstar_call_return(at), (uint64_t)-ENOSYS);
	CHECK(lstar_hit_on(h, at) && lstar_hit_on_enter(h, at) && !lstar_hit_on_exit(h, at));
	CHECK_FAILS(s, lstar_continue(s), LSTAR_E_STAGE, "callback");
	CHECK_FAILS(s, lstar_wait(s, 0, NULL), LSTAR_E_STAGE, "callback");
	CHECK_FAILS(s, lstar_kill(s, lstar_thread_pid(at)), LSTAR_E_STAGE, "callback");
	CHECK_FAILS(s, lstar_detach(s, lstar_thread_pid(at)), LSTAR_E_STAGE, "callback");
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_exit_(struct lstar_thread *at, struct lstar_handler *h, void *user)
{
	struct counts *c = user;

	c->exit++;
	c->ret = lstar_call_return(at);
	CHECK_EQ(lstar_call_phase(at), LSTAR_EXIT);
	CHECK(lstar_hit_on(h, at) && !lstar_hit_on_enter(h, at) && lstar_hit_on_exit(h, at));
	CHECK_FAILS(s, lstar_call_set_number(at, 1), LSTAR_E_STAGE, "entry");
	return LSTAR_CB_CONTINUE;
}

TEST(callbacks)
{
	struct lstar_handler *h, *passing;
	struct counts c = { 0, 0, 0, 0 };

	begin("act", "getppid", "10", NULL);
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", on_enter, on_exit_, 0, &c, &h));
	CHECK_OK(s, lstar_handle_syscall(s, "0n110", lstar_pass, NULL, 0, NULL, &passing));
	CHECK_EQ(lstar_handler_number(h), SYS_getppid);
	CHECK_EQ(lstar_handler_number(passing), 110);
	CHECK(lstar_handler_enabled(h));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(c.enter, 11); /* and once more for comparison */
	CHECK_EQ(c.exit, 11);
	CHECK_EQ(c.nr, SYS_getppid);
	CHECK_EQ(c.ret, getpid());
	CHECK_EQ(lstar_handler_hits(h), 11);
	CHECK_EQ(lstar_handler_hits(passing), 11);
	CHECK_STR(written(), "getppid=1\n");
	lstar_handler_remove(passing);
	lstar_close(s);
}

static enum lstar_cb commanding(struct lstar_thread *at, struct lstar_handler *h, void *user)
{
	uint64_t nr = 0;

	(void)user;
	CHECK_FAILS(s, lstar_command(s, "nonsense"), LSTAR_E_SCRIPT, "unknown command 'nonsense'");
	CHECK_OK(s, lstar_eval(s, at, "$syscall_number", &nr));
	CHECK_EQ(nr, SYS_getppid);
	lstar_close(s);
	CHECK(lstar_error(s)->code == LSTAR_E_STAGE); /* not from in here */
	lstar_handler_remove(h);
	return LSTAR_CB_CONTINUE;
}

/* A callback that uses commands, in a command that lets the debuggee run. */
TEST(commands_in_callbacks)
{
	struct heard out = { .n = 0 };

	begin("act", "getppid", "1", NULL);
	lstar_output(s, hear, &out);
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", commanding, NULL, 0, NULL, NULL));
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_HAS(heard(&out), "exited with status 0");
	CHECK(!strstr(out.text, "nonsense"));
	lstar_close(s);
}

TEST(refused_handlers)
{
	struct lstar_handler *h;
	uint64_t v[6] = { 0 };

	s = lstar_open();
	CHECK_FAILS(s, lstar_handle_syscall(s, "opnat", NULL, NULL, 0, NULL, &h), LSTAR_E_NAME,
		    "did you mean 'openat'");
	CHECK_FAILS(s, lstar_handle_syscall(s, "%fil", NULL, NULL, 0, NULL, &h), LSTAR_E_NAME,
		    "%file");
	CHECK_FAILS(s, lstar_handle_syscall(s, NULL, NULL, NULL, 0, NULL, &h), LSTAR_E_ARGUMENT,
		    "wanted");
	CHECK_FAILS(s, lstar_handle_syscall(s, "read", NULL, NULL, 1u << 20, NULL, &h),
		    LSTAR_E_ARGUMENT, "flags");
	CHECK_FAILS(s, lstar_hijack_syscall(s, "read", "read", 0, v, 0, &h), LSTAR_E_ARGUMENT,
		    "same call");
	CHECK_FAILS(s, lstar_hijack_syscall(s, "read", "*", 0, v, 0, &h), LSTAR_E_ARGUMENT, "");
	CHECK_FAILS(s, lstar_hijack_syscall(s, "read", "wrte", 0, v, 0, &h), LSTAR_E_NAME, "write");
	CHECK_FAILS(s, lstar_hijack_syscall(s, "read", "write", 1, NULL, 0, &h), LSTAR_E_ARGUMENT,
		    "NULL");
	CHECK_FAILS(s, lstar_hijack_syscall(s, NULL, "write", 0, v, 0, &h), LSTAR_E_ARGUMENT, "");
	CHECK_OK(s, lstar_handle_syscall(s, "read", NULL, NULL, 0, NULL, &h));
	CHECK_FAILS(s, lstar_handler_process(h, 1), LSTAR_E_GONE, "no process of the debuggee");
	CHECK_FAILS(NULL, lstar_handler_thread(NULL, NULL), LSTAR_E_ARGUMENT, "no handler");
	CHECK_EQ(lstar_handler_hits(NULL), 0);
	CHECK_EQ(lstar_handler_number(NULL), -1);
	lstar_handler_remove(NULL);
	lstar_handler_enable(NULL, true);
	lstar_close(s);
}

TEST(a_synchronous_handler)
{
	struct lstar_handler *h;
	struct counts c = { 0, 0, 0, 0 };

	begin("act", "getppid", "1", NULL);
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", NULL, NULL, 0, NULL, &h));
	CHECK_OK(s, lstar_handler_process(h, lstar_thread_pid(t)));
	CHECK_OK(s, lstar_handler_thread(h, t));
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK(stop.thread == t && stop.handler == h && stop.phase == LSTAR_ENTER);
	CHECK(lstar_hit_on_enter(h, t));
	CHECK_EQ(lstar_call_original(t), SYS_getppid);
	CHECK_EQ(lstar_call_abi(t), LSTAR_ABI_X86_64);
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK_EQ(stop.phase, LSTAR_EXIT);
	CHECK_EQ(lstar_call_original_return(t), getpid());
	CHECK_OK(s, lstar_call_set_return(t, 4711));
	CHECK_EQ(lstar_call_return(t), 4711);
	CHECK_EQ(lstar_call_original_return(t), getpid());
	lstar_handler_enable(h, false);
	CHECK(!lstar_handler_enabled(h));
	CHECK_OK(s, lstar_handler_callbacks(h, on_enter, on_exit_, &c));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(written(), "getppid=4711\n");
	CHECK_EQ(c.enter, 0);
	CHECK_EQ(lstar_handler_hits(h), 1);
	lstar_close(s);
}

static enum lstar_cb leave_out(struct lstar_thread *at, struct lstar_handler *h, void *user)
{
	(void)h, (void)user;
	CHECK_OK(s, lstar_call_skip(at, (uint64_t)-EACCES));
	return LSTAR_CB_STOP;
}

TEST(a_call_that_is_left_out)
{
	struct lstar_handler *h;

	begin("act", "open", "/etc/hostname", NULL);
	CHECK_FAILS(s, lstar_call_skip(t, 0), LSTAR_E_STAGE, "entry");
	CHECK_OK(s, lstar_handle_syscall(s, "openat", leave_out, NULL, 0, NULL, &h));
	lstar_handler_enable(h, false);
	CHECK_OK(s,
		 lstar_command(s, "!syscall openat script { if (strcmp(@rsi, \"/etc/hostname\") == "
				  "0) { pause(); } }"));
	CHECK_EQ(go(), LSTAR_STOP_EVENT);
	CHECK_EQ(stop.event, 0);
	CHECK_EQ(lstar_call_number(t), SYS_openat);
	CHECK_OK(s, lstar_call_skip(t, (uint64_t)-EACCES));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_HAS(written(), "-13");
	lstar_close(s);
}

TEST(a_callback_that_stops)
{
	struct lstar_handler *h;

	begin("act", "getppid", "1", NULL);
	CHECK_OK(s, lstar_handle_syscall(s, "SYS_getppid", leave_out, NULL, 0, NULL, &h));
	CHECK_EQ(go(), LSTAR_STOP_CALLBACK);
	CHECK(stop.handler == h && stop.thread == t);
	lstar_handler_remove(h);
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_STR(written(), "getppid=-13\n");
	lstar_close(s);
}

TEST(another_call_in_its_place)
{
	uint64_t value[6] = { 0 };
	struct lstar_handler *h;

	begin("act", "getppid", "1", NULL);
	CHECK_OK(s, lstar_hijack_syscall(s, "getppid", "getpid", 0, value, 0, &h));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(lstar_handler_hits(h), 2);
	CHECK_STR(written(), "getppid=1\n"); /* both answers were its own number */
	lstar_close(s);
}

TEST(the_handlers_that_a_call_has_met)
{
	uint64_t value[6] = { 0 }, nr;
	struct lstar_handler *first, *second, *got;

	begin("act", "getppid", "1", NULL);
	CHECK_OK(s,
		 lstar_hijack_syscall(s, "getppid", "getpid", 0, value, LSTAR_RECURSIVE, &first));
	CHECK_OK(s, lstar_handle_syscall(s, "getpid", NULL, NULL, 0, NULL, &second));
	CHECK(!lstar_call_entered(t, 0, &got, &nr));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
		CHECK(lstar_call_entered(t, 0, &got, &nr));
		CHECK(got == first && nr == SYS_getppid);
		CHECK(lstar_call_entered(t, 1, &got, &nr));
		CHECK(got == second && nr == SYS_getpid);
		CHECK(!lstar_call_entered(t, 2, &got, &nr));
	}
	lstar_handler_remove(first);
	CHECK(lstar_call_entered(t, 0, &got, &nr));
	CHECK(!got && nr == SYS_getppid);
	CHECK(!lstar_call_entered(NULL, 0, &got, &nr));
	lstar_close(s);
}

TEST(a_loop_of_hijacks)
{
	uint64_t value[6] = { 0 };

	begin("act", "getppid", "1", NULL);
	CHECK_OK(s, lstar_hijack_syscall(s, "getppid", "getuid", 0, value, LSTAR_RECURSIVE, NULL));
	CHECK_OK(s, lstar_hijack_syscall(s, "getuid", "getppid", 0, value, LSTAR_RECURSIVE, NULL));
	CHECK_OK(s, lstar_continue(s));
	CHECK_FAILS(s, lstar_wait(s, 20000, &stop), LSTAR_E_LOOP, "getppid");
	lstar_close(s);
}

TEST(arguments)
{
	struct lstar_handler *h;

	begin("act", "write", "some text", NULL);
	CHECK_OK(s, lstar_handle_syscall(s, "write", NULL, NULL, 0, NULL, &h));
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK_EQ(lstar_call_arg(t, 0), 1);
	CHECK_EQ(lstar_call_arg(t, 6), 0);
	CHECK_FAILS(s, lstar_call_set_arg(t, 6, 0), LSTAR_E_ARGUMENT, "0 to 5");
	CHECK_OK(s, lstar_call_set_arg(t, 2, 4));
	CHECK_EQ(lstar_call_arg(t, 2), 4);
	CHECK(lstar_call_original_arg(t, 2) > 4);
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK_EQ(lstar_call_return(t), 4);
	lstar_close(s);
}

TEST(what_was_never_called_but_its_twin)
{
	struct lstar_handler *h;

	begin("act", "open", "/etc/hostname", NULL);
	CHECK_OK(s,
		 lstar_handle_syscall(s, "open", lstar_pass, NULL, LSTAR_REPORT_UNUSED, NULL, &h));
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_HAS(lstar_unused(s, 0), "openat");
	CHECK(!lstar_unused(s, 1));
	CHECK(!lstar_unused(NULL, 0));
	lstar_close(s);
}

TEST(numbers_and_names)
{
	const char *type = "-", *name = "-";

	CHECK(lstar_call_argument(LSTAR_ABI_X86_64, SYS_write, 1, &type, &name));
	CHECK_STR(type, "const void *");
	CHECK_STR(name, "buf");
	CHECK(!lstar_call_argument(LSTAR_ABI_X86_64, SYS_write, 3, &type, &name));
	CHECK(!lstar_call_argument(LSTAR_ABI_X86_64, 9999, 0, &type, &name));
	CHECK_STR(name, "buf");

	s = lstar_open();
	CHECK_STR(lstar_call_name(LSTAR_ABI_X86_64, 257), "openat");
	CHECK_STR(lstar_call_name(LSTAR_ABI_I386, 1), "exit");
	CHECK(!lstar_call_name(LSTAR_ABI_X86_64, 9999));
	CHECK(!lstar_call_name((enum lstar_abi)9, 1));
	CHECK_EQ(lstar_call_by_name(s, LSTAR_ABI_X86_64, "__NR_openat"), 257);
	CHECK_EQ(lstar_call_in_class(LSTAR_ABI_X86_64, 257, "%file"), 1);
	CHECK_EQ(lstar_call_in_class(LSTAR_ABI_I386, 257, "%file"), 0); /* remap_file_pages */
	CHECK_EQ(lstar_call_in_class((enum lstar_abi)9, 257, "%file"), 0);
	CHECK_FAILS(NULL, lstar_call_in_class(LSTAR_ABI_X86_64, 1, "%fil"), LSTAR_E_NAME,
		    "'%file'?");
	CHECK_FAILS(NULL, lstar_call_in_class(LSTAR_ABI_X86_64, 1, NULL), LSTAR_E_NAME, "NULL");
	CHECK_EQ(lstar_call_by_name(s, LSTAR_ABI_I386, "openat"), 295);
	CHECK_FAILS(s, lstar_call_by_name(s, LSTAR_ABI_X86_64, "opnat"), LSTAR_E_NAME, "'openat'?");
	CHECK_FAILS(s, lstar_call_by_name(s, (enum lstar_abi)9, "read"), LSTAR_E_ARGUMENT, "9");
	CHECK_FAILS(s, lstar_call_by_name(s, LSTAR_ABI_I386, NULL), LSTAR_E_ARGUMENT, "NULL");
	lstar_close(s);
}

/* --- invocation --- */

TEST(a_call_of_our_own)
{
	uint64_t args[6] = { 0, 0x1000, 3, 0x22, (uint64_t)-1, 0 }, bad_fd[6] = { 999 };
	int64_t result;
	char buf[4];

	begin("act", "exit", "0", NULL);
	CHECK_OK(s, lstar_invoke_syscall(t, SYS_getpid, NULL, 0, &result));
	CHECK_EQ(result, lstar_thread_pid(t));
	CHECK_OK(s, lstar_invoke_syscall(t, SYS_mmap, args, 0, &result));
	CHECK(result > 0);
	CHECK_EQ(lstar_read(t, (uint64_t)result, buf, 4), 4);
	CHECK_OK(s, lstar_invoke_syscall(t, SYS_close, bad_fd, 0, &result));
	CHECK_EQ(result, -EBADF);
	CHECK_FAILS(s, lstar_invoke_syscall(t, SYS_exit_group, NULL, 0, &result), LSTAR_E_REFUSED,
		    "exit_group");
	CHECK_FAILS(s, lstar_invoke_syscall(t, SYS_fork, NULL, 0, &result), LSTAR_E_REFUSED,
		    "fork");
	CHECK_FAILS(s, lstar_invoke_syscall(t, SYS_getpid, NULL, 1u << 9, &result),
		    LSTAR_E_ARGUMENT, "flags");
	lstar_close(s);
}

TEST(a_call_that_takes_too_long)
{
	uint64_t args[6] = { 0 };
	int64_t result;

	begin("act", "exit", "0", NULL);
	CHECK_FAILS(s, lstar_invoke_syscall(t, SYS_pause, args, 0, &result), LSTAR_E_TIMEOUT,
		    "pause");
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT); /* and it goes on */
	lstar_close(s);
}

/* --- breakpoints --- */

TEST(breakpoints)
{
	uint64_t main_at, rip;
	int64_t n;

	begin("six_calls", NULL, NULL, NULL);
	CHECK_OK(s, lstar_symbol(t, "main", NULL, &main_at));
	n = lstar_breakpoint(t, main_at, LSTAR_BP_SOFTWARE, 1);
	CHECK_OK(s, n);
	CHECK(n > 0);
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK_EQ(stop.breakpoint, n);
	CHECK_OK(s, lstar_reg_get(t, "rip", &rip));
	CHECK_EQ(rip, main_at);
	CHECK_EQ(lstar_breakpoint_hits(s, (uint32_t)n), 1);
	CHECK_FAILS(s, lstar_breakpoint(t, main_at, (enum lstar_bp_kind)9, 1), LSTAR_E_ARGUMENT,
		    "LSTAR_BP_SOFTWARE");
	CHECK_FAILS(s, lstar_breakpoint(t, main_at, LSTAR_BP_WRITE, 3), LSTAR_E_ARGUMENT, "3");
	CHECK_FAILS(s, lstar_breakpoint(t, 8, LSTAR_BP_SOFTWARE, 1), LSTAR_E_FAULT, "8");
	CHECK_OK(s, lstar_breakpoint_remove(s, (uint32_t)n));
	CHECK_FAILS(s, lstar_breakpoint_remove(s, 99), LSTAR_E_NAME, "no breakpoint 99");
	CHECK_EQ(lstar_breakpoint_hits(s, 99), 0);
	lstar_close(s);
}

/* --- closed in every state --- */

TEST(closed_while_it_runs)
{
	begin("act", "loop", "100", NULL);
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, 20, &stop));
	lstar_close(s);
	CHECK(kill((pid_t)0x3fffff, 0));
}

TEST(closed_at_a_call)
{
	begin("act", "getppid", "10", NULL);
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", NULL, NULL, 0, NULL, NULL));
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	lstar_close(s);
}

TEST(closed_at_an_exit_and_a_breakpoint)
{
	uint64_t at;

	begin("six_calls", NULL, NULL, NULL);
	CHECK_OK(s, lstar_symbol(t, "main", NULL, &at));
	CHECK_OK(s, lstar_breakpoint(t, at, LSTAR_BP_EXECUTE, 1));
	CHECK_EQ(go(), LSTAR_STOP_BREAKPOINT);
	CHECK_OK(s, lstar_handle_syscall(s, "write", NULL, NULL, 0, NULL, NULL));
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK_EQ(go(), LSTAR_STOP_SYSCALL);
	CHECK_EQ(stop.phase, LSTAR_EXIT);
	lstar_close(s);
}

TEST(the_end_of_its_input)
{
	int fd[3];

	begin("act", "cat", NULL, NULL);
	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	CHECK_EQ(write(fd[0], "text", 4), 4);
	CHECK_OK(s, lstar_close_stdin(s, lstar_thread_pid(t)));
	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	CHECK_EQ(fd[0], -1);
	CHECK_OK(s, lstar_close_stdin(s, lstar_thread_pid(t)));
	CHECK_FAILS(s, lstar_close_stdin(s, 1), LSTAR_E_GONE, "not launched here");
	CHECK_EQ(go(), LSTAR_STOP_NOTHING_LEFT);
	CHECK_HAS(written(), "text");
	lstar_close(s);
}

UNIT_MAIN()
