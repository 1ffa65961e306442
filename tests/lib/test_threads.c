/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_threads.c - sessions in several threads of one program, which do not know each other.
 * Built with the thread sanitizer, too (tests/check.py).
 */
#include <pthread.h>

#include "lib_kit.h"

#define CALLS 500

struct job {
	pthread_t thread;
	struct lstar *s;
	int number;
	unsigned enters, exits, wrong;
	uint64_t hits, value;
};

static enum lstar_cb count_enter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct job *job = user;

	(void)h;
	job->enters++;
	job->wrong += lstar_thread_session(t) != job->s;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb count_exit(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct job *job = user;

	(void)h;
	job->exits++;
	return lstar_call_set_return(t, (uint64_t)job->number) ? LSTAR_CB_STOP : LSTAR_CB_CONTINUE;
}

/* prog() has one buffer for all. */
static struct lstar_thread *start(struct lstar *s, const char *path, const char *verb,
				  const char *arg)
{
	const char *argv[] = { path, verb, arg, NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar_thread *t = NULL;

	how.argv = argv;
	how.stdio = LSTAR_STDIO_PIPE;
	CHECK_OK(s, lstar_launch(s, &how, &t));
	return t;
}

static char act[8192];

static void one_session(struct job *job)
{
	struct lstar_stop stop = { .reason = LSTAR_STOP_TIMEOUT };
	struct lstar_handler *h;

	job->s = lstar_open();
	CHECK(job->s);
	start(job->s, act, "getppid", "500");
	CHECK_OK(job->s, lstar_command(job->s, "? .n = 0;"));
	CHECK_OK(job->s, lstar_command(job->s, "!syscall getppid script { .n++; }"));
	CHECK_OK(job->s,
		 lstar_handle_syscall(job->s, "getppid", count_enter, count_exit, 0, job, &h));
	while (stop.reason != LSTAR_STOP_NOTHING_LEFT) {
		CHECK_OK(job->s, lstar_continue(job->s));
		CHECK_OK(job->s, lstar_wait(job->s, -1, &stop));
	}
	job->hits += lstar_handler_hits(h);
	CHECK_OK(job->s, lstar_eval(job->s, NULL, ".n", &job->value));
	CHECK_FAILS(job->s, lstar_command(job->s, "nonsense"), LSTAR_E_SCRIPT, "nonsense");
	lstar_close(job->s);
}

static void *many_sessions(void *user)
{
	for (int i = 0; i < 5; i++)
		one_session(user);
	return NULL;
}

TEST(two_sessions_in_two_threads)
{
	struct job job[2] = { { .number = 1 }, { .number = 2 } };

	strcpy(act, prog("act"));
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&job[i].thread, NULL, many_sessions, &job[i]));
	for (int i = 0; i < 2; i++)
		pthread_join(job[i].thread, NULL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(job[i].enters, 5 * (CALLS + 1));
		CHECK_EQ(job[i].exits, 5 * (CALLS + 1));
		CHECK_EQ(job[i].hits, 5 * (CALLS + 1));
		CHECK_EQ(job[i].value, CALLS + 1);
		CHECK_EQ(job[i].wrong, 0);
	}
}

/* --- one thread waits, another interrupts --- */

static void *interrupt_often(void *user)
{
	for (int i = 0; i < 20; i++) {
		usleep(5000);
		lstar_interrupt(user);
	}
	return NULL;
}

TEST(interruptions)
{
	struct lstar *s = lstar_open();
	struct lstar_stop stop;
	pthread_t other;
	unsigned seen = 0;

	CHECK(s);
	start(s, prog("act"), "loop", "100");
	CHECK(!pthread_create(&other, NULL, interrupt_often, s));
	do {
		CHECK_OK(s, lstar_continue(s));
		CHECK_OK(s, lstar_wait(s, 1000, &stop));
		seen += stop.reason == LSTAR_STOP_INTERRUPT;
	} while (stop.reason == LSTAR_STOP_INTERRUPT);
	CHECK_EQ(stop.reason, LSTAR_STOP_TIMEOUT);
	pthread_join(other, NULL);
	CHECK(seen > 0 && seen <= 20);
	lstar_close(s);
}

UNIT_MAIN()
