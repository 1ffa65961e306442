/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invoke.c - what one system call made in a stopped thread costs, with everything on one
 * CPU. Prints microseconds per call from user code, from an exit and from an entry.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "target/target.h"

#define BATCH 50 /* the best batch counts: others share its CPU */

static void fail(struct target *t, const char *what)
{
	fprintf(stderr, "invoke: %s: %s\n", what, t->error);
	exit(1);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static double lower(double a, double b)
{
	return a < b ? a : b;
}

static void measure(struct target *t, struct tgt_thread *th, const char *where, int n)
{
	struct tgt_invoke c = { .nr = SYS_getppid };
	double best = 1e9;
	s64 ret;

	for (int i = 0; i < n; i += BATCH) {
		double from = now_us();

		for (int j = 0; j < BATCH; j++)
			if (t->ops->invoke(t, th, &c, &ret))
				fail(t, "invoke");
		best = lower(best, (now_us() - from) / BATCH);
	}
	printf("%-12s %6.2f us\n", where, best);
}

/* Run on to the next stop of this kind; the first call made there leads out of its entry. */
static struct tgt_thread *next(struct target *t, enum tgt_stop_kind kind)
{
	struct tgt_stop s;

	for (;;) {
		if (t->ops->wait(t, &s, -1) || s.kind == TGT_STOP_ALL_GONE)
			fail(t, "the program has ended");
		if (s.kind == kind)
			return s.thread;
		t->ops->resume(t, s.thread, NULL, false, 0);
	}
}

static void measure_entries(struct target *t, struct tgt_thread *th, int n)
{
	struct tgt_invoke c = { .nr = SYS_getppid };
	double spent = 0, best = 1e9;
	s64 ret;

	for (int i = 0; i < n; i++) {
		double from = now_us();

		if (t->ops->invoke(t, th, &c, &ret))
			fail(t, "invoke");
		spent += now_us() - from;
		if (i % BATCH == BATCH - 1) {
			best = lower(best, spent / BATCH);
			spent = 0;
		}
		t->ops->resume(t, th, NULL, false, 0);
		th = next(t, TGT_STOP_ENTER);
	}
	printf("%-12s %6.2f us\n", "entry", best);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 20000; /* calls */
	struct tgt_launch l = { .argv = (char *[]){ "/bin/dd", "if=/dev/zero", "of=/dev/null",
						    "bs=1", NULL },
				.seccomp = true };
	struct target *t = proc_target_new();
	struct tgt_interest in = { .enter[0] = 1ULL << SYS_write, .exit[0] = 1ULL << SYS_write };
	cpu_set_t one;
	u32 pid;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (!t || t->ops->launch(t, &l, &pid))
		return 1;
	measure(t, t->ops->find(t, pid), "user code", n);
	t->ops->set_interest(t, &in);
	t->ops->resume_all(t);
	measure(t, next(t, TGT_STOP_EXIT), "exit", n);
	t->ops->resume(t, t->ops->find(t, pid), NULL, false, 0);
	measure_entries(t, next(t, TGT_STOP_ENTER), n);
	t->ops->free(t);
	return 0;
}
