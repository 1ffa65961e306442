/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signals.c - calls that signals interrupt: restarted or not as asked, with the registers that
 * they were made with; storms of signals over a loop of checked calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>
#include <time.h>

#include "kit.h"

static volatile int handled;

static void count(int sig, siginfo_t *info, void *context)
{
	handled++;
}

static void alarm_in(int ms, int every)
{
	struct itimerval t = { { 0, every * 1000 }, { 0, ms * 1000 } };

	CHECK_EQ(setitimer(ITIMER_REAL, &t, NULL), 0);
}

/* Until the main thread, which makes one call, sleeps in it. */
static void wait_until_asleep(void)
{
	char line[256], path[64];
	const char *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	do {
		sched_yield();
		fd = open(path, O_RDONLY);
		ssize_t n = read(fd, line, sizeof(line) - 1);

		close(fd);
		CHECK(n > 0);
		line[n] = 0;
		state = strrchr(line, ')');
	} while (!state || state[2] != 'S');
}

/* A thread that interrupts the main one in its read from a pipe, and then writes to that. */
static volatile bool reads;
static void *interrupt(void *arg)
{
	while (!reads)
		sched_yield();
	wait_until_asleep();
	CHECK_EQ(syscall(SYS_tgkill, getpid(), getpid(), SIGALRM), 0);
	while (!handled)
		sched_yield();
	if (write((int)(uintptr_t)arg, "z", 1) != 1)
		UNIT_FAIL("cannot write to the pipe");
	return NULL;
}

static void blocked_read(int flags, long want)
{
	struct regs before, r;
	pthread_t t;
	sigset_t set;
	char c = 0;
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	handled = 0;
	reads = false;
	kit_handle(SIGALRM, count, flags);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(pthread_create(&t, NULL, interrupt, (void *)(uintptr_t)fd[1]), 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	kit_poison(&before, flags);
	before.rax = SYS_read;
	before.rdi = fd[0];
	before.rsi = (uintptr_t)&c;
	before.rdx = 1;
	r = before;
	reads = true;
	kit_run(&r, kit_syscall);
	CHECK_EQ(r.rax, want);
	CHECK_EQ(handled, 1);
	kit_check_kept(&before, &r, kit_syscall_end);
	pthread_join(t, NULL);
	CHECK_EQ(c, want == 1 ? 'z' : 0);
}

TEST(restarted_read)
{
	blocked_read(SA_RESTART, 1);
}

TEST(interrupted_read)
{
	blocked_read(0, -EINTR);
}

/* Made again by restart_syscall(2), whatever SA_RESTART says: without a handler only. */
TEST(sleep_goes_on_after_a_stop)
{
	struct timespec start, end, wish = { 0, 200000000 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		usleep(50000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_EQ(kit_call(SYS_nanosleep, (long)&wish, 0, 0, 0, 0, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK((end.tv_sec - start.tv_sec) * 1000000000l + end.tv_nsec - start.tv_nsec >= 200000000);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

TEST(sleep_is_interrupted)
{
	struct timespec wish = { 500, 0 }, rest = { 0 };

	kit_handle(SIGALRM, count, SA_RESTART);
	alarm_in(50, 50);
	CHECK_EQ(kit_call(SYS_nanosleep, (long)&wish, (long)&rest, 0, 0, 0, 0), -EINTR);
	alarm_in(0, 0);
	CHECK(rest.tv_sec >= 400 && rest.tv_sec < 500);
}

TEST(suspend_until_a_signal)
{
	uint64_t none = 0;
	sigset_t set;

	/* it cannot come before the call */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 10; i++) {
		handled = 0;
		kit_handle(SIGALRM, count, 0);
		alarm_in(10, 0);
		CHECK_EQ(kit_call(SYS_rt_sigsuspend, (long)&none, 8, 0, 0, 0, 0), -EINTR);
		CHECK_EQ(handled, 1);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* here it can, but it comes again */
	handled = 0;
	alarm_in(10, 10);
	CHECK_EQ(kit_call(SYS_pause, 0, 0, 0, 0, 0, 0), -EINTR);
	CHECK(handled);
	CHECK_EQ(kit_call(SYS_poll, 0, 0, 500000, 0, 0, 0), -EINTR);
	alarm_in(0, 0);
}

static volatile uint64_t calls_in_handler;

static void call_in_handler(int sig, siginfo_t *info, void *context)
{
	struct regs before, r;

	kit_poison(&before, calls_in_handler++);
	before.rax = SYS_gettid;
	r = before;
	kit_run(&r, kit_syscall);
	kit_check_kept(&before, &r, kit_syscall_end);
	CHECK_EQ(r.rax, getpid());
}

/* Signals at any moment of a loop of calls: nothing is lost, nothing mixed up. */
TEST(storm)
{
	kit_handle(SIGALRM, call_in_handler, SA_RESTART);
	alarm_in(1, 1);
	for (int i = 0; i < 10000; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = i & 1 ? SYS_getppid : SYS_getpid;
		r = before;
		kit_run(&r, kit_syscall);
		kit_check_kept(&before, &r, kit_syscall_end);
		CHECK_EQ(r.rax, i & 1 ? getppid() : getpid());
	}
	/* A fast machine is through before the timer's first tick. */
	while (!calls_in_handler)
		kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

/* A signal to oneself is handled before the call returns. */
TEST(handled_before_the_return)
{
	kit_handle(SIGUSR1, count, 0);
	handled = 0;
	for (int i = 1; i <= 300; i++) {
		CHECK_EQ(kit_call(SYS_tkill, getpid(), SIGUSR1, 0, 0, 0, 0), 0);
		CHECK_EQ(handled, i);
	}
}

static volatile int depth, deepest;

static void nest(int sig, siginfo_t *info, void *context)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 10)
		kit_call(SYS_tkill, getpid(), SIGUSR2, 0, 0, 0, 0);
	depth--;
}

TEST(handlers_in_handlers)
{
	kit_handle(SIGUSR2, nest, SA_NODEFER);
	CHECK_EQ(kit_call(SYS_tkill, getpid(), SIGUSR2, 0, 0, 0, 0), 0);
	CHECK_EQ(deepest, 10);
	CHECK_EQ(depth, 0);
}

UNIT_MAIN()
