/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_invoke.c - system calls made in stopped threads of real programs: from every kind
 * of stop, with signals, filters and other threads about; nothing else may change.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "target_kit.h"

#define GUEST S(kit_prog("guest"))
#define ACT S(kit_prog("act"))

static int invoke(struct kit *k, struct tgt_thread *th, s64 *ret, unsigned flags, int ms, u64 nr,
		  u64 a0, u64 a1, u64 a2)
{
	struct tgt_invoke c = { .nr = nr, .arg = { a0, a1, a2 }, .flags = flags, .timeout_ms = ms };

	return k->t->ops->invoke(k->t, th, &c, ret);
}

static s64 invoked(struct kit *k, struct tgt_thread *th, u64 nr, u64 a0, u64 a1, u64 a2)
{
	s64 ret;

	if (invoke(k, th, &ret, 0, 0, nr, a0, a1, a2))
		UNIT_FAIL("call %llu: %s", nr, k->t->error);
	return ret;
}

static struct tgt_thread *main_thread(struct kit *k)
{
	struct tgt_thread *th = k->t->ops->find(k->t, k->pid);

	CHECK(th != NULL);
	return th;
}

/* All of a thread that a call could touch. */
struct snapshot {
	struct user_regs_struct regs;
	struct user_fpregs_struct fp;
	u64 mask;
	char maps[8192];
};

static void snap(struct kit *k, u32 tid, struct snapshot *s)
{
	char path[64];
	int fd;

	memset(s, 0, sizeof(*s));
	CHECK_EQ(ptrace(PTRACE_GETREGS, tid, 0, &s->regs), 0);
	CHECK_EQ(ptrace(PTRACE_GETFPREGS, tid, 0, &s->fp), 0);
	CHECK_EQ(ptrace(PTRACE_GETSIGMASK, tid, 8, &s->mask), 0);
	snprintf(path, sizeof(path), "/proc/%u/maps", k->pid);
	fd = open(path, O_RDONLY);
	CHECK(read(fd, s->maps, sizeof(s->maps) - 1) > 0);
	close(fd);
}

TEST(nothing_else_changes)
{
	struct kit k = { 0 };
	struct snapshot before, after;
	struct tgt_thread *th;
	struct tgt_stop s;
	u64 map;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	th = main_thread(&k);
	snap(&k, k.pid, &before);
	CHECK_EQ(invoked(&k, th, SYS_getpid, 0, 0, 0), k.pid);
	CHECK_EQ(invoked(&k, th, SYS_gettid, 0, 0, 0), k.pid);
	CHECK_EQ(invoked(&k, th, 0x1337, 0, 0, 0), -ENOSYS);
	CHECK_EQ(invoked(&k, th, SYS_close, 999, 0, 0), -EBADF);
	CHECK_EQ(invoked(&k, th, SYS_write, 1, before.regs.rsp, 8), 8);
	snap(&k, k.pid, &after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	/* What the call itself does stays. */
	map = (u64)invoked(&k, th, SYS_brk, 0, 0, 0);
	CHECK_EQ(invoked(&k, th, SYS_brk, map + 0x10000, 0, 0), map + 0x10000);
	CHECK_EQ(invoked(&k, th, SYS_brk, 0, 0, 0), map + 0x10000);
	/* At the exit of a call, too. */
	kit_want(&k, SYS_getppid, false, true);
	k.t->ops->resume_all(k.t);
	do
		CHECK_EQ(k.t->ops->wait(k.t, &s, -1), 0);
	while (s.kind != TGT_STOP_EXIT);
	snap(&k, k.pid, &before);
	CHECK_EQ(invoked(&k, s.thread, SYS_getpid, 0, 0, 0), k.pid);
	snap(&k, k.pid, &after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK_EQ(k.t->ops->resume(k.t, s.thread, NULL, false, 0), 0);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.status, 0);
	kit_free(&k);
}

/* --- entries and exits --- */

static bool at_each(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind != TGT_STOP_ENTER && s->kind != TGT_STOP_EXIT)
		return false;
	CHECK_EQ(invoked(k, s->thread, SYS_getpid, 0, 0, 0), s->pid);
	CHECK_EQ(invoked(k, s->thread, SYS_gettid, 0, 0, 0), s->tid);
	CHECK(k->t->ops->load_regs(k->t, s->thread, ctx, ENG_REGS_USER));
	if (s->kind == TGT_STOP_ENTER) {
		CHECK_EQ(ctx->reg[ENG_RAX], SYS_getppid);
		CHECK_EQ(ctx->reg[ENG_RIP], s->ip - 2);
		if (s->arg[0] == 1)
			CHECK_EQ(ctx->reg[ENG_R9], 6);
	}
	k->seen++;
	return false;
}

BOTH(at_entries_and_exits)
{
	struct kit k = { .no_filter = no_filter, .hook = at_each };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("500")));
	CHECK_EQ(k.enters, 1000);
	CHECK_EQ(k.exits, 1000);
	CHECK_EQ(k.seen, 2000);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 0 \n");
}

BOTH(at_entries_only)
{
	struct kit k = { .no_filter = no_filter, .no_exit = true, .hook = at_each };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("500")));
	CHECK_EQ(k.enters, 1000);
	CHECK_EQ(k.exits, 0);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 0 \n");
}

BOTH(in_threads)
{
	struct kit k = { .no_filter = no_filter, .hook = at_each };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("threads"), S("4"), S("500")));
	CHECK_EQ(k.enters, 2000);
	CHECK_EQ(k.exits, 2000);
	CHECK_STR(k.text, "joined 4\n");
}

static bool getpid_instead(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_EXIT) {
		CHECK_EQ(s->nr, SYS_getppid);
		CHECK_EQ(s->ret, s->pid);
	}
	if (s->kind != TGT_STOP_ENTER)
		return false;
	CHECK_EQ(invoked(k, s->thread, SYS_gettid, 0, 0, 0), s->tid);
	ctx->reg[ENG_RAX] = SYS_getpid;
	ctx->dirty |= ENG_BIT(ENG_RAX);
	return false;
}

BOTH(then_another_number)
{
	struct kit k = { .no_filter = no_filter, .hook = getpid_instead };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("50")));
	CHECK_EQ(k.enters, 100);
	CHECK_EQ(k.exits, 100);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 0 \n");
}

static bool skipped(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind != TGT_STOP_ENTER)
		return false;
	CHECK_EQ(invoked(k, s->thread, SYS_gettid, 0, 0, 0), s->tid);
	ctx->ret_set = true;
	ctx->ret = k->seen / 2;
	k->seen++;
	return true;
}

BOTH(then_left_out)
{
	struct kit k = { .no_filter = no_filter, .hook = skipped };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("50")));
	CHECK_EQ(k.enters, 100);
	CHECK_EQ(k.exits, 0);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 0 \n");
}

static bool at_int80(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	CHECK_EQ(s->abi, ABI_I386);
	CHECK_EQ(invoked(k, s->thread, SYS_gettid, 0, 0, 0), s->tid);
	return false;
}

BOTH(around_int80)
{
	struct kit k = { .no_filter = no_filter, .hook = at_int80 };

	kit_all(&k, ANY_NR, ARGV(ACT, S("int80"), S("20")));
	if (!strcmp(k.text, "int80=-38\n"))
		SKIP("this kernel has no 32-bit calls");
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, k.pid);
}

/* --- interrupted calls --- */

static void halted(struct kit *k, int ms)
{
	CHECK(!kit_run(k, ms));
	CHECK_EQ(k->t->ops->halt(k->t), 0);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(invoked(k, main_thread(k), SYS_getpid, 0, 0, 0), k->pid);
		CHECK_EQ(invoked(k, main_thread(k), SYS_close, 99, 0, 0), -EBADF);
	}
}

BOTH(in_a_sleep)
{
	struct kit k = { .no_filter = no_filter };
	struct timespec from, to;
	s64 ret;

	kit_launch(&k, ARGV(ACT, S("sleep"), S("600")));
	kit_want(&k, SYS_nanosleep, true, true);
	clock_gettime(CLOCK_MONOTONIC, &from);
	k.t->ops->resume_all(k.t);
	for (int i = 0; i < 3; i++) {
		halted(&k, 100);
		if (!k.enters)
			SKIP("the machine is too busy");
		/* A sleep within the sleep would be all that the kernel remembers. */
		CHECK_EQ(invoke(&k, main_thread(&k), &ret, 0, 0, SYS_nanosleep, 0, 0, 0), -EPERM);
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	}
	CHECK(kit_run(&k, -1));
	clock_gettime(CLOCK_MONOTONIC, &to);
	CHECK((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 600);
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_STR(kit_text(&k), "sleep=0\n");
	kit_free(&k);
}

/* Launch with standard input a pipe; its other end. */
static int launch_reader(struct kit *k)
{
	int keep = dup(0), in[2];

	CHECK_EQ(pipe2(in, O_CLOEXEC), 0);
	dup2(in[0], 0);
	close(in[0]);
	kit_launch(k, ARGV(GUEST, S("reader")));
	dup2(keep, 0);
	close(keep);
	return in[1];
}

BOTH(in_a_read)
{
	struct kit k = { .no_filter = no_filter, .arg = 3, .arg_value = 16 };
	int in = launch_reader(&k);

	kit_want(&k, SYS_read, true, true);
	k.t->ops->resume_all(k.t);
	for (int i = 0; i < 3; i++) {
		halted(&k, 60);
		kill((pid_t)k.pid, SIGUSR1);
		halted(&k, 0);
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	}
	CHECK(!kit_run(&k, 60));
	CHECK_EQ(write(in, "abc", 3), 3);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.enters, 1);
	CHECK_STR(kit_text(&k), "read 3 signals 3\n");
	close(in);
	kit_free(&k);
}

/* --- signals --- */

static void queue_value(u32 pid, int sig, int value)
{
	CHECK_EQ(sigqueue((pid_t)pid, sig, (union sigval){ .sival_int = value }), 0);
}

static bool with_signals(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	u64 half = ENG_BIT(SIGUSR2 - 1), mask = 0;

	if ((s->kind != TGT_STOP_ENTER && s->kind != TGT_STOP_EXIT) || k->seen == 8 ||
	    s->arg[0] != 1)
		return false;
	queue_value(s->pid, SIGRTMIN, (int)(2 * k->seen));
	queue_value(s->pid, SIGRTMIN, (int)(2 * k->seen + 1));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(invoked(k, s->thread, SYS_getpid, 0, 0, 0), s->pid);
	/* The program's own set of blocked signals is what the call changes. */
	CHECK_EQ(k->t->ops->write_mem(k->t, s->thread, s->sp - 512, &half, 8), 8);
	struct tgt_invoke c = { SYS_rt_sigprocmask, { SIG_SETMASK, s->sp - 512, s->sp - 504, 8 } };
	s64 ret;

	CHECK_EQ(k->t->ops->invoke(k->t, s->thread, &c, &ret), 0);
	CHECK_EQ(ret, 0);
	CHECK_EQ(k->t->ops->read_mem(k->t, s->thread, s->sp - 504, &mask, 8), 8);
	CHECK_EQ(mask, k->seen ? half : 0);
	CHECK_EQ(ptrace(PTRACE_GETSIGMASK, s->tid, 8, &mask), 0);
	CHECK_EQ(mask, half);
	k->seen++;
	return false;
}

BOTH(pending_signals_keep_their_values)
{
	struct kit k = { .no_filter = no_filter, .hook = with_signals };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("20")));
	CHECK_EQ(k.seen, 8);
	CHECK_EQ(k.enters, 40);
	CHECK_EQ(k.exits, 40);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 16 abcdefghijklmnop\n");
}

/* From another process, after some time. */
static void signal_in(u32 pid, int ms, int sig)
{
	if (fork())
		return;
	usleep((useconds_t)ms * 1000);
	kill((pid_t)pid, sig);
	_exit(0);
}

static bool interrupted_pause(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if ((s->kind != TGT_STOP_ENTER && s->kind != TGT_STOP_EXIT) || k->seen == 2)
		return false;
	k->seen++;
	signal_in(s->pid, 50, SIGUSR1);
	CHECK_EQ(invoked(k, s->thread, SYS_pause, 0, 0, 0), -EINTR);
	return false;
}

BOTH(a_signal_ends_the_call)
{
	struct kit k = { .no_filter = no_filter, .hook = interrupted_pause };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("20")));
	CHECK_EQ(k.enters, 40);
	CHECK_EQ(k.exits, 40);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 2 aa\n");
}

static bool too_long(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	s64 ret;

	if ((s->kind != TGT_STOP_ENTER && s->kind != TGT_STOP_EXIT) || k->seen == 2)
		return false;
	k->seen++;
	CHECK_EQ(invoke(k, s->thread, &ret, 0, 50, SYS_pause, 0, 0, 0), -ETIMEDOUT);
	CHECK_EQ(invoked(k, s->thread, SYS_getpid, 0, 0, 0), s->pid);
	return false;
}

BOTH(a_call_that_does_not_return)
{
	struct kit k = { .no_filter = no_filter, .hook = too_long };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("calls"), S("20")));
	CHECK_EQ(k.enters, 40);
	CHECK_EQ(k.exits, 40);
	CHECK_STR(k.text, "pid 1 wrong 0 signals 0 \n");
}

/* --- other threads --- */

static bool read_pipe(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	s64 ret;

	if (s->kind != TGT_STOP_ENTER)
		return false;
	CHECK_EQ(k->t->ops->halt(k->t), 0);
	CHECK_EQ(invoke(k, s->thread, &ret, 0, 300, SYS_read, s->arg[0], s->sp - 512, 1),
		 -ETIMEDOUT);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(invoke(k, s->thread, &ret, TGT_INVOKE_OTHERS, 5000, SYS_read, s->arg[0],
				s->sp - 512, 1),
			 0);
		CHECK_EQ(ret, 1);
	}
	k->seen++;
	k->t->ops->resume(k->t, s->thread, ctx, false, 0);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	return false;
}

BOTH(what_another_thread_does)
{
	struct kit k = { .no_filter = no_filter, .hook = read_pipe };

	kit_all(&k, SYS_getppid, ARGV(GUEST, S("pipes")));
	CHECK_EQ(k.seen, 1);
	CHECK_STR(k.text, "done\n");
}

/* Whatever the threads stand at when they are halted; nothing is lost or comes twice. */
BOTH(in_busy_threads)
{
	struct kit k = { .no_filter = no_filter };
	struct tgt_thread_info info[16];
	u64 calls = 0;

	kit_launch(&k, ARGV(GUEST, S("threads"), S("4"), S("3000")));
	kit_want(&k, SYS_getppid, true, true);
	k.t->ops->resume_all(k.t);
	for (int i = 0; i < 100 && !kit_run(&k, 2); i++) {
		CHECK_EQ(k.t->ops->halt(k.t), 0);
		if (i > 10)
			sigqueue((pid_t)k.pid, SIGRTMIN, (union sigval){ .sival_int = 1 });
		size_t n = k.t->ops->threads(k.t, info, 16);

		for (size_t j = 0; j < n; j++) {
			struct tgt_thread *th = k.t->ops->find(k.t, info[j].tid);
			s64 ret;
			int err = invoke(&k, th, &ret, 0, 0, SYS_gettid, 0, 0, 0);

			if (err == -EBUSY)
				continue; /* in the middle of a clone */
			CHECK_EQ(err, 0);
			CHECK_EQ(ret, info[j].tid);
			calls++;
		}
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	}
	CHECK(kit_run(&k, -1));
	CHECK(calls > 10);
	CHECK_EQ(k.enters, 12000);
	CHECK_EQ(k.exits, 12000);
	CHECK_STR(kit_text(&k), "joined 4\n");
	kit_free(&k);
}

/* --- what is refused --- */

TEST(refused)
{
	static const u64 nrs[] = { SYS_execve, SYS_execveat, SYS_exit,	 SYS_exit_group,
				   SYS_fork,   SYS_clone,    SYS_clone3, SYS_rt_sigreturn };
	struct kit k = { 0 };
	s64 ret;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	for (size_t i = 0; i < ARRAY_SIZE(nrs); i++)
		CHECK_EQ(invoke(&k, main_thread(&k), &ret, 0, 0, nrs[i], 0, 0, 0), -EPERM);
	CHECK_EQ(invoke(&k, main_thread(&k), &ret, 0, 0, SYS_vfork, 0, 0, 0), -EPERM);
	CHECK(strstr(k.t->error, "vfork (58) is not made in thread") != NULL);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 0 \n");
	kit_free(&k);
}

TEST(insisted_fork)
{
	struct kit k = { 0 };
	s64 ret;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	CHECK_EQ(invoke(&k, main_thread(&k), &ret, TGT_INVOKE_INSIST, 0, SYS_clone, SIGCHLD, 0, 0),
		 0);
	CHECK(k.t->ops->find(k.t, (u32)ret) != NULL);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.process_ends, 2);
	CHECK_STR(kit_text(&k), "pid 1 wrong 0 signals 0 \npid 1 wrong 0 signals 0 \n");
	kit_free(&k);
}

TEST(insisted_end)
{
	struct kit k = { 0 };
	s64 ret;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	CHECK_EQ(invoke(&k, main_thread(&k), &ret, TGT_INVOKE_INSIST, 0, SYS_exit_group, 7, 0, 0),
		 0);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(WEXITSTATUS(k.status), 7);
	kit_free(&k);
}

static bool forbidden(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	s64 ret;

	if (s->kind != TGT_STOP_ENTER)
		return false;
	k->seen = (u64)-invoke(k, s->thread, &ret, 0, 0, SYS_getppid, 0, 0, 0);
	if (!k->seen)
		CHECK_EQ(ret, -77);
	return false;
}

BOTH(a_filter_that_kills)
{
	struct kit k = { .no_filter = no_filter, .hook = forbidden };

	kit_all(&k, SYS_getuid, ARGV(ACT, S("sandbox"), S("kill")));
	CHECK_EQ(k.seen, ESRCH);
	CHECK_EQ(WTERMSIG(k.status), SIGSYS);
}

BOTH(a_filter_that_says_no)
{
	struct kit k = { .no_filter = no_filter };

	kit_launch(&k, ARGV(ACT, S("sandbox"), S("errno")));
	kit_want(&k, SYS_write, true, true);
	k.hook = forbidden;
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.seen, 0);
	CHECK_EQ(k.enters, 1);
	CHECK_STR(kit_text(&k), "sandbox=0\ngetuid=-77\n");
	kit_free(&k);
}

TEST(killed_meanwhile)
{
	struct kit k = { 0 };
	s64 ret;

	kit_launch(&k, ARGV(GUEST, S("calls"), S("1")));
	signal_in(k.pid, 50, SIGKILL);
	CHECK_EQ(invoke(&k, main_thread(&k), &ret, 0, -1, SYS_pause, 0, 0, 0), -ESRCH);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.process_ends, 1);
	CHECK_EQ(WTERMSIG(k.status), SIGKILL);
	kit_free(&k);
}

UNIT_MAIN()
