/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_phases.c - every call of every task, entry before exit, whichever way tasks are
 * made and programs replaced. A hang is a failure by the time limit.
 */
#include "target_kit.h"

#define ACT S(kit_prog("act"))
#define TRICKY S(kit_prog("tricky"))
#define TIDS 64

static struct {
	u32 tid;
	bool inside, interrupted;
	u64 nr;
} tasks[TIDS];

static int task_of(u32 tid)
{
	int i = 0;

	while (i < TIDS - 1 && tasks[i].tid && tasks[i].tid != tid)
		i++;
	tasks[i].tid = tid;
	return i;
}

static bool in_order(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	int i = task_of(s->tid);

	switch (s->kind) {
	case TGT_STOP_NEW_TASK:
		CHECK(tasks[i].inside);
		tasks[task_of(s->child_tid)].inside = false;
		break;
	case TGT_STOP_EXEC: /* the caller has the leader's number from here on */
		tasks[i].inside = true;
		tasks[i].nr = SYS_execve;
		break;
	case TGT_STOP_ENTER:
		/* A signal's handler returns into a clone that it interrupted, and that begins anew. */
		if (tasks[i].inside && tasks[i].nr == SYS_clone && s->nr == SYS_rt_sigreturn) {
			tasks[i].interrupted = true;
			break;
		}
		CHECK(!tasks[i].inside);
		tasks[i].inside = true;
		tasks[i].nr = s->nr;
		break;
	case TGT_STOP_EXIT:
		CHECK(tasks[i].inside);
		if (tasks[i].interrupted) {
			CHECK_EQ(s->nr, SYS_rt_sigreturn);
			tasks[i].interrupted = false;
			break;
		}
		CHECK_EQ(tasks[i].nr, s->nr);
		tasks[i].inside = false;
		break;
	default:
		break;
	}
	return false;
}

static void all_calls(bool no_filter, char *const *argv, u64 execs, u64 ends, const char *text)
{
	struct kit k = { .no_filter = no_filter, .hook = in_order };
	struct tgt_interest in;

	memset(&in, 0xff, sizeof(in));
	in.enter_other = in.exit_other = true;
	kit_launch(&k, argv);
	CHECK_EQ(k.t->ops->set_interest(k.t, &in), 0);
	CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.execs, execs);
	CHECK_EQ(k.process_ends, ends);
	CHECK_EQ(k.status, 0);
	CHECK_STR(kit_text(&k), text);
	kit_free(&k);
}

#define PHASES(id, ...)                        \
	TEST(id##_filter)                      \
	{                                      \
		all_calls(false, __VA_ARGS__); \
	}                                      \
	TEST(id##_ptrace)                      \
	{                                      \
		all_calls(true, __VA_ARGS__);  \
	}

PHASES(forked, ARGV(ACT, S("fork"), S("5")), 0, 6, "fork=5\n")
PHASES(vforked, ARGV(ACT, S("vfork"), S("5")), 0, 6, "vfork=5\n")
PHASES(spawned, ARGV(ACT, S("spawn"), ACT, S("3")), 1, 2, "getppid=1\nspawn=0\n")
PHASES(shell, ARGV(S("sh"), S("-c"), S("/bin/true; echo a | cat; (echo b)")), 2, 5, "a\nb\n")
PHASES(threaded, ARGV(ACT, S("threads"), S("4"), S("20")), 0, 1, "threads=4\n")
PHASES(exec_by_a_thread, ARGV(ACT, S("thread-exec"), ACT, S("3")), 1, 1, "getppid=1\n")
PHASES(process_by_clone, ARGV(TRICKY, S("clone-vm")), 0, 2, "clone 3\n")

UNIT_MAIN()
