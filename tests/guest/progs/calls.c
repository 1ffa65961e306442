/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - "calls N T": N calls of each of 20 kinds from each of T threads, all registers and all
 * results checked. Each call carries its kind in R9, which none of them uses, so that whoever
 * counts them below the kernel mistakes no other process's calls for these. Prints TAP, and how
 * many of each kind were made.
 */
#include <pthread.h>

#include "kit.h"

#define MARK 0x5eedca00ul /* | kind */
#define MAX_THREADS 64

enum arg { NOTHING, BAD_FD, PIPE_IN, PIPE_OUT, WORD, SELF, ODD };

/* What a call is made with, and what it answers. */
/* clang-format off */
static const struct kind {
	int nr;
	enum arg first;
	enum { FIXED, PID, TID, PARENT } answer;
	long fixed;
} kinds[] = {
	{ SYS_getpid, NOTHING, PID },		{ SYS_gettid, NOTHING, TID },
	{ SYS_getppid, NOTHING, PARENT },	{ SYS_getuid, NOTHING, FIXED, 0 },
	{ SYS_getegid, NOTHING, FIXED, 0 },	{ SYS_sched_yield, NOTHING, FIXED, 0 },
	{ SYS_close, BAD_FD, FIXED, -9 },	{ SYS_fsync, BAD_FD, FIXED, -9 },
	{ SYS_dup, BAD_FD, FIXED, -9 },		{ SYS_fchdir, BAD_FD, FIXED, -9 },
	{ SYS_lseek, BAD_FD, FIXED, -9 },	{ SYS_ioctl, BAD_FD, FIXED, -9 },
	{ SYS_fcntl, BAD_FD, FIXED, -9 },	{ SYS_kill, SELF, FIXED, 0 },
	{ SYS_madvise, ODD, FIXED, -22 },	{ 600, NOTHING, FIXED, -38 },
	{ SYS_write, PIPE_IN, FIXED, 1 },	{ SYS_read, PIPE_OUT, FIXED, 1 },
	{ SYS_futex, WORD, FIXED, 0 },		{ SYS_clock_gettime, NOTHING, FIXED, 0 },
};
/* clang-format on */
enum { N_KINDS = sizeof(kinds) / sizeof(*kinds) };
_Static_assert(N_KINDS == 20, "as promised");

struct worker {
	pthread_t thread;
	int fd[2];
	uint32_t word;
	uint64_t space[4];
};

static long rounds, threads;
static pid_t pid, parent; /* asked for once: R9 is still marked when a call has returned */
static uint64_t made[N_KINDS];

static void arguments(struct worker *w, const struct kind *k, struct regs *r)
{
	switch (k->first) {
	case NOTHING:
		if (k->nr == SYS_clock_gettime) {
			r->rdi = 1;
			r->rsi = (uintptr_t)w->space;
		}
		break;
	case BAD_FD:
		r->rdi = -1;
		r->rdx = r->rsi = 1;
		break;
	case PIPE_IN:
	case PIPE_OUT:
		r->rdi = w->fd[k->first == PIPE_IN];
		r->rsi = (uintptr_t)w->space;
		r->rdx = 1;
		break;
	case WORD:
		r->rdi = (uintptr_t)&w->word;
		r->rsi = 129; /* FUTEX_WAKE_PRIVATE */
		r->rdx = 1;
		break;
	case SELF:
		r->rdi = pid;
		r->rsi = 0;
		break;
	case ODD:
		r->rdi = 1;
		break;
	}
}

static void one_call(struct worker *w, int i, uint64_t seed, pid_t tid)
{
	const struct kind *k = &kinds[i];
	struct regs before, r;
	long want = k->fixed;

	kit_poison(&before, seed * N_KINDS + i);
	before.rax = k->nr;
	arguments(w, k, &before);
	before.r9 = MARK | i;
	r = before;
	kit_run(&r, kit_syscall);
	want = k->answer == PID ? pid : k->answer == TID ? tid : want;
	want = k->answer == PARENT ? parent : want;
	if ((long)r.rax != want)
		UNIT_FAIL("kind %d answers %ld, expected %ld", i, (long)r.rax, want);
	kit_check_kept(&before, &r, kit_syscall_end);
	__atomic_fetch_add(&made[i], 1, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	pid_t tid = gettid();

	for (long n = 0; n < rounds; n++)
		for (int i = 0; i < N_KINDS; i++)
			one_call(w, i, n + tid, tid);
	return NULL;
}

TEST(calls_of_all_kinds_from_all_threads)
{
	static struct worker workers[MAX_THREADS];

	pid = getpid();
	parent = getppid();
	for (long i = 0; i < threads; i++) {
		CHECK_EQ(pipe(workers[i].fd), 0);
		CHECK_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (long i = 0; i < threads; i++)
		CHECK_EQ(pthread_join(workers[i].thread, NULL), 0);
	for (int i = 0; i < N_KINDS; i++)
		SEEN("kind %d number %d made %lu", i, kinds[i].nr, made[i]);
}

int main(int argc, char **argv)
{
	rounds = argc > 1 ? atol(argv[1]) : 100;
	threads = argc > 2 ? atol(argv[2]) : 4;
	if (rounds < 1 || threads < 1 || threads > MAX_THREADS) {
		fprintf(stderr, "calls: calls N THREADS, at most %d threads\n", MAX_THREADS);
		return 2;
	}
	return unit_main(1, argv, 300);
}
