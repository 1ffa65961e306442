/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_storm.c - much at once: threads that call without pause, and system calls made at every
 * kind of stop while signals arrive. Counts are exact, nothing is lost, every result is right.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#include "scenario_kit.h"

#define THREADS 4
#define CALLS 10000

/* --- threads --- */

static struct {
	struct lstar_thread *thread;
	bool inside;
	unsigned enters, exits, wrong;
} seen[THREADS];

static size_t place_of(struct lstar_thread *th)
{
	for (size_t i = 0; i < THREADS; i++) {
		if (!seen[i].thread)
			seen[i].thread = th;
		if (seen[i].thread == th)
			return i;
	}
	UNIT_FAIL("a fifth thread");
}

static enum lstar_cb enter(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	size_t i = place_of(th);

	seen[i].wrong += seen[i].inside || lstar_call_phase(th) != LSTAR_ENTER;
	seen[i].inside = true;
	seen[i].enters++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb leave(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	size_t i = place_of(th);

	seen[i].wrong += !seen[i].inside || lstar_call_phase(th) != LSTAR_EXIT ||
			 lstar_call_return(th) != (uint64_t)getpid();
	seen[i].inside = false;
	seen[i].exits++;
	return LSTAR_CB_CONTINUE;
}

TEST(four_threads_with_ten_thousand_calls_each)
{
	struct lstar_handler *h;

	s = lstar_open();
	CHECK(s);
	t = launch(s, LSTAR_STDIO_PIPE, "act", "threads", "4", "10000");
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", enter, leave, 0, NULL, &h));
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, -1, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(lstar_handler_hits(h), THREADS * CALLS);
	for (size_t i = 0; i < THREADS; i++) {
		CHECK_EQ(seen[i].enters, CALLS);
		CHECK_EQ(seen[i].exits, CALLS);
		CHECK_EQ(seen[i].wrong, 0);
	}
	lstar_close(s);
}

/* --- signals --- */

static struct {
	pthread_t thread;
	pid_t pid;
	atomic_bool end;
	unsigned sent;
} sender;

static void nap(long us)
{
	struct timespec ts = { 0, us * 1000 };

	nanosleep(&ts, NULL);
}

static void *send_signals(void *unused)
{
	while (!sender.end) {
		sender.sent += !sigqueue(sender.pid, SIGRTMIN, (union sigval){ 0 });
		nap(700);
	}
	return unused;
}

static unsigned invoked;

/* getppid(), and now and then memory that is mapped and freed. */
static void invoke(struct lstar_thread *th)
{
	static const uint64_t none[6], map[6] = { 0, 8192, 3, 0x22, ~0ULL, 0 };
	int64_t result;

	CHECK_OK(s, lstar_invoke_syscall(th, SYS_getppid, none, 0, &result));
	CHECK_EQ(result, getpid());
	if (invoked++ % 16)
		return;
	CHECK_OK(s, lstar_invoke_syscall(th, SYS_mmap, map, 0, &result));
	CHECK(result > 4096);
	CHECK_OK(s, lstar_invoke_syscall(th, SYS_munmap, (uint64_t[6]){ (uint64_t)result, 8192 }, 0,
					 &result));
	CHECK_EQ(result, 0);
}

static enum lstar_cb invoke_here(struct lstar_thread *th, struct lstar_handler *h, void *user)
{
	invoke(th);
	return LSTAR_CB_CONTINUE;
}

static void start_storm(void)
{
	int fd[3];
	char ready[6];

	begin("signalled");
	CHECK_OK(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	CHECK_OK(s, lstar_continue(s));
	while (lstar_wait(s, 10, &stop) == 0 &&
	       poll(&(struct pollfd){ fd[1], POLLIN, 0 }, 1, 0) < 1)
		;
	CHECK_EQ(read(fd[1], ready, sizeof(ready)), (ssize_t)sizeof(ready));
	lstar_interrupt(s);
	CHECK_OK(s, lstar_wait(s, 5000, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_INTERRUPT);
	sender.pid = (pid_t)lstar_thread_pid(t);
	CHECK(!pthread_create(&sender.thread, NULL, send_signals, NULL));
}

/* Every signal has come to its handler, and no call of the program's has returned anything odd. */
static void end_storm(void)
{
	unsigned signals, calls;
	const char *text;
	long wrong;

	sender.end = true;
	pthread_join(sender.thread, NULL);
	CHECK_OK(s, lstar_want_signal(s, SIGRTMIN, false));
	CHECK(!sigqueue(sender.pid, SIGRTMIN + 1, (union sigval){ 0 }));
	CHECK_OK(s, lstar_continue(s));
	text = until("calls=", 10000);
	CHECK(sscanf(text, "signals=%u wrong=%ld calls=%u", &signals, &wrong, &calls) == 3);
	CHECK_EQ(signals, sender.sent);
	CHECK_EQ(wrong, 0);
	CHECK(signals > 50 && invoked > 100);
	lstar_close(s);
}

TEST(invoked_in_callbacks_while_signals_arrive)
{
	struct lstar_handler *h[2];

	start_storm();
	CHECK_OK(s, lstar_handle_syscall(s, "getppid", invoke_here, invoke_here, 0, NULL, &h[0]));
	CHECK_OK(s, lstar_handle_syscall(s, "ppoll", invoke_here, invoke_here, 0, NULL, &h[1]));
	CHECK_OK(s, lstar_continue(s));
	CHECK_OK(s, lstar_wait(s, 1500, &stop));
	CHECK_EQ(stop.reason, LSTAR_STOP_TIMEOUT);
	lstar_interrupt(s);
	CHECK_OK(s, lstar_wait(s, 5000, &stop));
	end_storm();
}

TEST(invoked_at_stops_while_signals_arrive)
{
	unsigned at[LSTAR_STOP_CALLBACK + 1] = { 0 };
	struct lstar_handler *h;

	start_storm();
	CHECK_OK(s, lstar_handle_syscall(s, "ppoll", NULL, NULL, 0, NULL, &h));
	for (int i = 0; i < 1500; i++) {
		CHECK_OK(s, lstar_want_signal(s, SIGRTMIN, i % 3 == 0));
		if (i % 7 == 3) {
			CHECK_OK(s, lstar_step(t));
		} else {
			CHECK_OK(s, lstar_continue(s));
		}
		if (i % 5 == 0)
			lstar_interrupt(s);
		CHECK_OK(s, lstar_wait(s, 5000, &stop));
		if (stop.reason != LSTAR_STOP_SYSCALL && stop.reason != LSTAR_STOP_SIGNAL &&
		    stop.reason != LSTAR_STOP_STEP && stop.reason != LSTAR_STOP_INTERRUPT)
			UNIT_FAIL("round %d: stopped for reason %d", i, (int)stop.reason);
		at[stop.reason]++;
		invoke(t);
	}
	CHECK(at[LSTAR_STOP_SYSCALL] > 20 && at[LSTAR_STOP_SIGNAL] > 5);
	lstar_handler_remove(h);
	CHECK(at[LSTAR_STOP_STEP] > 5 && at[LSTAR_STOP_INTERRUPT] > 5);
	end_storm();
}

UNIT_MAIN()
