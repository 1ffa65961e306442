/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_sessions.c - two targets in two threads of one program, each with debuggees of its
 * own: nothing of one is seen or disturbed by the other, whichever ends first.
 */
#include <errno.h>
#include <pthread.h>

#include "target_kit.h"

#define ROUNDS 3

static char guest_path[PATH_MAX], act_path[PATH_MAX];

/* One session's work; what it found, for the thread that judges. */
struct work {
	pthread_barrier_t *start, *first_ended;
	bool ends_first, no_filter;
	bool timed_out;
	u64 enters, exits;
	pid_t child;
	int child_status;
	u64 ended_well;
	char error[TGT_ERRLEN + 16];
};

static void run(struct target *t, struct work *w)
{
	struct tgt_stop s;
	u64 turns = 0;

	for (;;) {
		if (t->ops->wait(t, &s, 20000)) {
			snprintf(w->error, sizeof(w->error), "wait: %s", t->error);
			return;
		}
		w->enters += s.kind == TGT_STOP_ENTER;
		w->exits += s.kind == TGT_STOP_EXIT;
		w->ended_well += s.kind == TGT_STOP_PROCESS_END && !s.status;
		if (s.kind == TGT_STOP_ALL_GONE)
			return;
		if (s.kind == TGT_STOP_NONE || s.kind == TGT_STOP_TASK_END ||
		    s.kind == TGT_STOP_PROCESS_END)
			continue;
		t->ops->resume(t, s.thread, NULL, false, 0);
		if (++turns % 100 == 0) {
			t->ops->halt(t);
			t->ops->resume_all(t);
		}
		if (turns % 150 == 0)
			t->ops->wake(t);
	}
}

/* A child of this thread that is nobody's debuggee ends while debuggees are waited for. */
static void stray(struct work *w)
{
	w->child = fork();
	if (!w->child)
		_exit(w->ends_first ? 21 : 22);
}

static void find_stray(struct work *w)
{
	if (waitpid(w->child, &w->child_status, 0) == w->child)
		return;
	if (errno != ECHILD || !proc_child_ended(w->child, &w->child_status))
		w->child_status = -1;
}

static bool launch(struct target *t, struct work *w, char *const *argv)
{
	struct tgt_launch l = { .argv = argv, .seccomp = !w->no_filter, .aslr = true };
	u32 pid;

	if (!t->ops->launch(t, &l, &pid))
		return true;
	snprintf(w->error, sizeof(w->error), "launch: %s", t->error);
	return false;
}

/* The other's end has taken nothing away: a limit of time still works. */
static void time_limit(struct target *t, struct work *w)
{
	char *argv[] = { act_path, S("sleep"), S("300"), NULL };
	struct tgt_stop s;

	if (!launch(t, w, argv))
		return;
	t->ops->resume_all(t);
	t->ops->wait(t, &s, 50);
	w->timed_out = s.kind == TGT_STOP_NONE;
	run(t, w);
}

static void *session(void *arg)
{
	struct work *w = arg;
	struct target *t = proc_target_new();
	char *argv[] = { guest_path, S("threads"), S("3"), S("200"), NULL };
	struct tgt_interest in;

	memset(&in, 0, sizeof(in));
	in.enter[SYS_getppid / 64] = in.exit[SYS_getppid / 64] = ENG_BIT(SYS_getppid % 64);
	pthread_barrier_wait(w->start);
	for (int i = 0; i < 2 && launch(t, w, argv); i++) {
		t->ops->set_interest(t, &in);
		stray(w);
		t->ops->resume_all(t);
		run(t, w);
		find_stray(w);
	}
	if (!w->ends_first) {
		pthread_barrier_wait(w->first_ended);
		time_limit(t, w);
	}
	t->ops->free(t);
	if (w->ends_first)
		pthread_barrier_wait(w->first_ended);
	return NULL;
}

static void two(bool no_filter, bool second_ends_first)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_t start, first_ended;
		struct sigaction sa;
		struct work w[2];
		pthread_t id[2];

		memset(w, 0, sizeof(w));
		pthread_barrier_init(&start, NULL, 2);
		pthread_barrier_init(&first_ended, NULL, 2);
		for (int n = 0; n < 2; n++) {
			w[n].start = &start;
			w[n].first_ended = &first_ended;
			w[n].no_filter = no_filter;
			w[n].ends_first = n == second_ends_first;
			CHECK_EQ(pthread_create(&id[n], NULL, session, &w[n]), 0);
		}
		for (int n = 0; n < 2; n++)
			pthread_join(id[n], NULL);
		for (int n = 0; n < 2; n++) {
			CHECK_STR(w[n].error, "");
			CHECK_EQ(w[n].enters, 1200);
			CHECK_EQ(w[n].exits, 1200);
			CHECK_EQ(w[n].ended_well, w[n].ends_first ? 2 : 3);
			CHECK_EQ(w[n].child_status, (w[n].ends_first ? 21 : 22) << 8);
			CHECK_EQ(w[n].timed_out, !w[n].ends_first);
		}
		/* The wake-up signal is the program's again. */
		CHECK_EQ(sigaction(SIGRTMAX - 3, NULL, &sa), 0);
		CHECK(sa.sa_handler == SIG_DFL);
	}
}

static void paths(void)
{
	snprintf(guest_path, sizeof(guest_path), "%s", kit_prog("guest"));
	snprintf(act_path, sizeof(act_path), "%s", kit_prog("act"));
}

BOTH(in_two_threads)
{
	int keep = dup(1), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	paths();
	fflush(stdout);
	dup2(null, 1); /* for the debuggees */
	two(no_filter, false);
	two(no_filter, true);
	dup2(keep, 1);
}

/* Woken by another thread all the time. */
static struct target *sleeper;
static int stop_waking;

static void *waker(void *arg)
{
	while (!__atomic_load_n(&stop_waking, __ATOMIC_RELAXED)) {
		sleeper->ops->wake(sleeper);
		usleep(500);
	}
	return NULL;
}

TEST(woken_by_another_thread)
{
	struct kit k = { .no_filter = true };
	pthread_t id;

	sleeper = k.t = proc_target_new();
	CHECK_EQ(pthread_create(&id, NULL, waker, NULL), 0);
	kit_launch(&k, ARGV(S(kit_prog("guest")), S("threads"), S("3"), S("1000")));
	kit_want(&k, SYS_getppid, true, true);
	CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	CHECK(kit_run(&k, -1));
	__atomic_store_n(&stop_waking, 1, __ATOMIC_RELAXED);
	pthread_join(id, NULL);
	CHECK_STR(kit_text(&k), "joined 3\n");
	CHECK_EQ(k.enters, 3000);
	kit_free(&k);
}

#ifndef RACES
/* One thread cannot wait for two. */
TEST(in_one_thread)
{
	struct kit a = { .no_filter = true }, b = { .no_filter = true };
	struct tgt_launch l = { .argv = ARGV(S("true")), .aslr = true };
	u32 pid;

	kit_launch(&a, ARGV(S(kit_prog("guest")), S("calls"), S("1")));
	b.t = proc_target_new();
	CHECK_EQ(b.t->ops->launch(b.t, &l, &pid), -EPERM);
	CHECK(strstr(b.t->error, "another session"));
	CHECK_EQ(a.t->ops->resume_all(a.t), 0);
	CHECK(kit_run(&a, -1));
	kit_launch(&b, ARGV(S(kit_prog("guest")), S("calls"), S("1")));
	CHECK_EQ(b.t->ops->resume_all(b.t), 0);
	CHECK(kit_run(&b, -1));
	kit_free(&a);
	kit_free(&b);
}
#endif

UNIT_MAIN()
