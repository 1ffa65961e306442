/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * target_kit.h - runs a real program on the process target and counts what stops. It drives
 * the public operations only, as a debugger does.
 */
#ifndef TESTS_TARGET_KIT_H
#define TESTS_TARGET_KIT_H

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "target/target.h"
#include "unit.h"

#define ANY_NR (~0ULL)

struct kit {
	struct target *t;
	u32 pid;
	bool no_filter, no_exit;
	int out; /* what the program prints */
	char text[4096];
	u64 enters, exits, execs, births, task_ends, process_ends;
	int status; /* of the launched process */
	s64 last_ret;
	/* Which stops are counted: all, or those with this argument. */
	int arg;
	u64 arg_value;
	/* Called at each stop; says whether to skip. */
	bool (*hook)(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx);
	u64 seen; /* for hooks */
};

static inline const char *kit_prog(const char *name)
{
	static char path[2][PATH_MAX];
	static int turn;
	char exe[PATH_MAX] = "";

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		UNIT_FAIL("no /proc");
	turn = !turn;
	snprintf(path[turn], PATH_MAX, "%s/../progs/%s", dirname(exe), name);
	return path[turn];
}

static inline void kit_want(struct kit *k, u64 nr, bool enter, bool exit_too)
{
	struct tgt_interest in;

	memset(&in, 0, sizeof(in));
	if (nr == ANY_NR) {
		in.enter_other = enter;
		in.exit_other = exit_too;
	} else {
		in.enter[nr / 64] = (u64)enter << (nr % 64);
		in.exit[nr / 64] = (u64)exit_too << (nr % 64);
	}
	CHECK_EQ(k->t->ops->set_interest(k->t, &in), 0);
}

static inline void kit_launch(struct kit *k, char *const *argv)
{
	struct tgt_launch l = { .argv = argv, .seccomp = !k->no_filter, .aslr = true };
	int keep = dup(1);

	if (!k->t)
		k->t = proc_target_new();
	k->out = unit_output();
	dup2(k->out, 1);
	int err = k->t->ops->launch(k->t, &l, &k->pid);
	dup2(keep, 1);
	close(keep);
	if (err)
		UNIT_FAIL("launch: %s", k->t->error);
}

static inline bool kit_counts(const struct kit *k, const struct tgt_stop *s)
{
	return k->arg == 0 || s->kind != TGT_STOP_ENTER || s->arg[k->arg - 1] == k->arg_value;
}

static inline void kit_count(struct kit *k, const struct tgt_stop *s)
{
	k->enters += s->kind == TGT_STOP_ENTER && kit_counts(k, s);
	k->exits += s->kind == TGT_STOP_EXIT;
	k->execs += s->kind == TGT_STOP_EXEC;
	k->births += s->kind == TGT_STOP_NEW_TASK;
	k->task_ends += s->kind == TGT_STOP_TASK_END;
	k->process_ends += s->kind == TGT_STOP_PROCESS_END;
	if (s->kind == TGT_STOP_EXIT)
		k->last_ret = s->ret;
	if (s->kind == TGT_STOP_PROCESS_END && s->pid == k->pid)
		k->status = s->status;
}

/* Runs until nothing is left, or for @ms (negative: no limit). True: nothing is left. */
static inline bool kit_run(struct kit *k, int ms)
{
	struct timespec now;
	long long end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec * 1000LL + now.tv_nsec / 1000000 + ms;
	for (;;) {
		struct tgt_stop s;
		struct eng_ctx ctx;
		bool skip = false;
		int left = -1;

		if (ms >= 0) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			left = (int)(end - now.tv_sec * 1000LL - now.tv_nsec / 1000000);
			if (left <= 0)
				return false;
		}
		if (k->t->ops->wait(k->t, &s, left))
			UNIT_FAIL("wait: %s", k->t->error);
		if (s.kind == TGT_STOP_ALL_GONE)
			return true;
		if (s.kind == TGT_STOP_NONE)
			continue;
		CHECK(s.kind != TGT_STOP_HALTED);
		kit_count(k, &s);
		if (s.kind == TGT_STOP_TASK_END || s.kind == TGT_STOP_PROCESS_END)
			continue;
		k->t->ops->context(k->t, s.thread, &ctx);
		if (k->hook)
			skip = k->hook(k, &s, &ctx);
		if (k->t->ops->resume(k->t, s.thread, &ctx, skip, 0))
			UNIT_FAIL("resume: %s", k->t->error);
	}
}

static inline const char *kit_text(struct kit *k)
{
	ssize_t n = pread(k->out, k->text, sizeof(k->text) - 1, 0);

	k->text[n > 0 ? n : 0] = 0;
	return k->text;
}

static inline void kit_free(struct kit *k)
{
	k->t->ops->free(k->t);
	close(k->out);
}

/* Launch, run to the end, free. */
static inline void kit_all(struct kit *k, u64 nr, char *const *argv)
{
	kit_launch(k, argv);
	kit_want(k, nr, true, !k->no_exit);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	CHECK(kit_run(k, -1));
	kit_text(k);
	kit_free(k);
}

#define ARGV(...) ((char *[]){ __VA_ARGS__, NULL })
#define S(x) ((char *)(x))

/* Each case with our filter and with PTRACE_SYSCALL. */
#define BOTH(id)                        \
	static void id(bool no_filter); \
	TEST(id##_filter)               \
	{                               \
		id(false);              \
	}                               \
	TEST(id##_ptrace)               \
	{                               \
		id(true);               \
	}                               \
	static void id(bool no_filter)

#endif
