/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handlers.c - a user of liblstar that does nothing, so that what is measured is the library.
 *
 *	handlers CALL PROGRAM...	empty callbacks at both ends of CALL; the program prints
 *	handlers -e CALL PROGRAM...	an empty callback at its entry alone
 *	handlers -i N			microseconds per call that is made in a stopped thread
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "lstar.h"

#define BATCH 50 /* the best batch counts: others share its CPU */

static struct lstar *s;

static int64_t check(int64_t result)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "handlers: %s\n", lstar_error(s)->text);
	exit(1);
}

static enum lstar_cb nothing(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_CONTINUE;
}

static struct lstar_thread *launch(char **argv)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar_thread *t;

	how.argv = (const char *const *)argv;
	check(lstar_launch(s, &how, &t));
	return t;
}

static void handle(const char *call, bool exit_too, char **argv)
{
	struct lstar_stop stop;

	launch(argv);
	check(lstar_handle_syscall(s, call, nothing, exit_too ? nothing : NULL, 0, NULL, NULL));
	do {
		check(lstar_continue(s));
		check(lstar_wait(s, -1, &stop));
	} while (stop.reason != LSTAR_STOP_NOTHING_LEFT);
}

/* --- invocation --- */

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static double invoke(struct lstar_thread *t)
{
	static const uint64_t none[6];
	double from = now_us();
	int64_t result;

	check(lstar_invoke_syscall(t, SYS_getppid, none, 0, &result));
	return now_us() - from;
}

/* @moves: each time at another call's entry, as the first that is made there leads out of it. */
static void measure(struct lstar_thread *t, const char *where, int n, bool moves)
{
	double best = 1e9, spent = 0;
	struct lstar_stop stop;

	for (int i = 1; i <= n; i++) {
		spent += invoke(t);
		if (i % BATCH == 0) {
			best = spent / BATCH < best ? spent / BATCH : best;
			spent = 0;
		}
		if (!moves)
			continue;
		for (int k = 0; k < 2; k++) {
			check(lstar_continue(s));
			check(lstar_wait(s, -1, &stop));
		}
	}
	printf("%s %.2f\n", where, best);
}

static void invocations(int n)
{
	char *argv[] = { "/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", NULL };
	struct lstar_thread *t = launch(argv);
	struct lstar_stop stop;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sched_setaffinity((pid_t)lstar_thread_pid(t), sizeof(one), &one);
	measure(t, "user", n, false);
	check(lstar_handle_syscall(s, "write", NULL, NULL, 0, NULL, NULL));
	check(lstar_continue(s));
	check(lstar_wait(s, -1, &stop));
	measure(t, "entry", n / 10, true);
	check(lstar_continue(s));
	check(lstar_wait(s, -1, &stop));
	measure(t, "exit", n, false);
	check(lstar_kill(s, lstar_thread_pid(t)));
}

int main(int argc, char **argv)
{
	s = lstar_open();
	if (!s || argc < 3)
		return 2;
	if (!strcmp(argv[1], "-i"))
		invocations(atoi(argv[2]));
	else if (!strcmp(argv[1], "-e"))
		handle(argv[2], false, argv + 3);
	else
		handle(argv[1], true, argv + 2);
	lstar_close(s);
	return 0;
}
