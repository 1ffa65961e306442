/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_target.c - the process target against real programs: every call once, whatever
 * threads, children, exec, signals and filters do.
 */
#include <errno.h>

#include "target_kit.h"

#define ACT S(kit_prog("act"))
#define TRICKY S(kit_prog("tricky"))

BOTH(counts_calls)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("getppid"), S("1000")));
	CHECK_EQ(k.enters, 1001);
	CHECK_EQ(k.exits, 1001);
	CHECK_EQ(k.process_ends, 1);
	CHECK_EQ(k.status, 0);
	CHECK_STR(k.text, "getppid=1\n"); /* the parent is us, traced or not */
}

BOTH(entries_only)
{
	struct kit k = { .no_filter = no_filter, .no_exit = true };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("getppid"), S("1000")));
	CHECK_EQ(k.enters, 1001);
	CHECK_EQ(k.exits, 0);
}

BOTH(threads)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("threads"), S("8"), S("500")));
	CHECK_EQ(k.enters, 4000);
	CHECK_EQ(k.exits, 4000);
	CHECK_EQ(k.births, 8);
	CHECK_EQ(k.task_ends, 8);
	CHECK_EQ(k.process_ends, 1);
	CHECK_STR(k.text, "threads=8\n");
}

BOTH(two_hundred_forks)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("fork"), S("200")));
	CHECK_EQ(k.enters, 200);
	CHECK_EQ(k.exits, 200);
	CHECK_EQ(k.births, 200);
	CHECK_EQ(k.process_ends, 201);
	CHECK_STR(k.text, "fork=200\n");
}

BOTH(vforks)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("vfork"), S("20")));
	CHECK_EQ(k.enters, 20);
	CHECK_EQ(k.process_ends, 21);
	CHECK_STR(k.text, "vfork=20\n");
}

BOTH(posix_spawned)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("spawn"), ACT, S("7")));
	CHECK_EQ(k.enters, 8);
	CHECK_EQ(k.execs, 1);
	CHECK_EQ(k.process_ends, 2);
	CHECK_STR(k.text, "getppid=1\nspawn=0\n");
}

BOTH(exec_from_thread)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("thread-exec"), ACT, S("7")));
	CHECK_EQ(k.enters, 8);
	CHECK_EQ(k.exits, 8);
	CHECK_EQ(k.execs, 1);
	CHECK_EQ(k.process_ends, 1);
	CHECK_STR(k.text, "getppid=1\n");
}

BOTH(exec_itself_is_one_call)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_execve, ARGV(ACT, S("exec"), ACT, S("getppid"), S("1")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, 0);
}

BOTH(clone_vm)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(TRICKY, S("clone-vm")));
	CHECK_EQ(k.enters, 4);
	CHECK_EQ(k.process_ends, 2);
	CHECK_STR(k.text, "clone 3\n");
}

BOTH(leader_ends_first)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getppid, ARGV(TRICKY, S("leader-exit")));
	CHECK_EQ(k.enters, 10);
	CHECK_EQ(k.exits, 10);
	CHECK_EQ(WEXITSTATUS(k.status), 5);
	CHECK_STR(k.text, "outlived\n");
}

/* --- ABIs --- */

static bool expect_abi(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind != TGT_STOP_ENTER && s->kind != TGT_STOP_EXIT)
		return false;
	CHECK_EQ(s->abi, k->seen & 0xff);
	CHECK_EQ(s->nr, k->seen >> 8);
	return false;
}

BOTH(int80)
{
	struct kit k = { .no_filter = no_filter, .hook = expect_abi, .seen = 20 << 8 | ABI_I386 };

	kit_all(&k, ANY_NR, ARGV(ACT, S("int80"), S("20")));
	if (!strcmp(k.text, "int80=-38\n"))
		SKIP("this kernel has no 32-bit calls");
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, k.pid);
	CHECK_STR(k.text, "int80=1\n");
}

BOTH(x32)
{
	struct kit k = { .no_filter = no_filter,
			 .hook = expect_abi,
			 .seen = 0x40000027ULL << 8 | ABI_X32 };

	kit_all(&k, ANY_NR, ARGV(ACT, S("call"), S("0x40000027"), S("0"), S("0"), S("0")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK(k.last_ret == -ENOSYS || k.last_ret == (s64)k.pid);
}

/* --- interrupted calls --- */

BOTH(restarted_read_is_one_call)
{
	struct kit k = { .no_filter = no_filter, .arg = 3, .arg_value = 1 };

	kit_all(&k, SYS_read, ARGV(ACT, S("interrupted"), S("restart")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.last_ret, 1);
	CHECK_STR(k.text, "read=1\n");
}

BOTH(restarted_read_entries_only)
{
	struct kit k = { .no_filter = no_filter, .no_exit = true, .arg = 3, .arg_value = 1 };

	kit_all(&k, SYS_read, ARGV(ACT, S("interrupted"), S("restart")));
	CHECK_EQ(k.enters, 1);
	CHECK_STR(k.text, "read=1\n");
}

static bool fail_with_77(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	CHECK(s->kind != TGT_STOP_EXIT || s->ret > -512);
	if (s->kind != TGT_STOP_EXIT || s->ret != -EINTR)
		return false;
	k->seen++;
	CHECK(k->t->ops->load_regs(k->t, s->thread, ctx, ENG_REGS_USER));
	CHECK_EQ(ctx->reg[ENG_RAX], (u64)-EINTR);
	CHECK_EQ(ctx->reg[ENG_RDX], 1); /* the program's registers, not the handler's */
	CHECK_EQ(ctx->reg[ENG_RIP], s->ip);
	CHECK_EQ(ctx->reg[ENG_RSP], s->sp);
	ctx->reg[ENG_RAX] = (u64)-77;
	ctx->dirty |= ENG_BIT(ENG_RAX);
	return false;
}

BOTH(interrupted_read_ends_with_eintr)
{
	struct kit k = { .no_filter = no_filter, .arg = 3, .arg_value = 1, .hook = fail_with_77 };

	kit_all(&k, SYS_read, ARGV(ACT, S("interrupted"), S("plain")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.seen, 1);
	CHECK_STR(k.text, "read=-77\n");
}

BOTH(handler_with_calls)
{
	struct kit k = { .no_filter = no_filter, .arg = 3, .arg_value = 1 };

	kit_all(&k, SYS_read, ARGV(TRICKY, S("handler-calls")));
	CHECK_EQ(k.enters, 1);
	CHECK_STR(k.text, "read 1\n");
}

BOTH(handler_left_by_longjmp)
{
	struct kit k = { .no_filter = no_filter, .arg = 3, .arg_value = 1 };

	kit_all(&k, SYS_read, ARGV(TRICKY, S("handler-jumps")));
	CHECK_EQ(k.enters, 2);
	CHECK_STR(k.text, "read 1\n");
}

BOTH(sleep_ended_by_handler)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_nanosleep, ARGV(TRICKY, S("sleep-handler")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, -EINTR);
	CHECK_STR(k.text, "nanosleep -1 4\n");
}

BOTH(sleep_and_ignored_signal)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_nanosleep, ARGV(TRICKY, S("sleep-ignored")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, 0);
	CHECK_STR(k.text, "nanosleep 0\n");
}

static void epoll_and_ignored_signal(bool no_filter, bool no_exit)
{
	struct kit k = { .no_filter = no_filter, .no_exit = no_exit };

	kit_all(&k, SYS_epoll_wait, ARGV(TRICKY, S("epoll-ignored")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, !no_exit);
	CHECK_STR(k.text, "epoll 0 0\n");
}

TEST(epoll_and_ignored_signal_filter)
{
	epoll_and_ignored_signal(false, false);
}

TEST(epoll_and_ignored_signal_ptrace)
{
	epoll_and_ignored_signal(true, false);
}

TEST(epoll_and_ignored_signal_entries_only)
{
	epoll_and_ignored_signal(false, true);
}

/* The number was changed; the restarted call is still the one that was entered. */
static bool read_instead(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	char byte;

	if (s->kind == TGT_STOP_EXIT)
		CHECK_EQ(s->nr, SYS_read);
	if (s->kind != TGT_STOP_ENTER || s->arg[2] != 1 ||
	    k->t->ops->read_mem(k->t, s->thread, s->arg[1], &byte, 1) != 1)
		return false;
	k->seen++;
	ctx->reg[ENG_RAX] = SYS_pread64; /* fails at once: a pipe has no offset */
	ctx->dirty |= ENG_BIT(ENG_RAX);
	return false;
}

TEST(exit_keeps_the_number_that_was_entered)
{
	struct kit k = { .hook = read_instead };

	kit_all(&k, SYS_read, ARGV(ACT, S("interrupted"), S("restart")));
	CHECK_EQ(k.seen, 1);
	CHECK_STR(k.text, "read=-29\n");
}

/* --- filters of the program's own --- */

BOTH(own_filter)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getuid, ARGV(ACT, S("seccomp")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_EQ(k.last_ret, -77);
	CHECK_STR(k.text, "filter=0\ngetuid=-77\n");
}

BOTH(own_filter_that_wants_a_tracer)
{
	struct kit k = { .no_filter = no_filter };

	kit_all(&k, SYS_getuid, ARGV(TRICKY, S("own-trace")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 1);
	CHECK_STR(k.text, "filter 0 getuid -1 38\n");
}

/* --- changing calls --- */

static bool skip_it(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind != TGT_STOP_ENTER || s->arg[0] != 1)
		return false;
	ctx->reg[ENG_RAX] = 1234;
	ctx->dirty |= ENG_BIT(ENG_RAX);
	return true;
}

BOTH(short_circuit)
{
	struct kit k = { .no_filter = no_filter, .hook = skip_it };

	kit_all(&k, 500, ARGV(ACT, S("call"), S("500"), S("1"), S("2"), S("3")));
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, 0);
	CHECK_STR(k.text, "call=1234\n");
}

static bool skip_only(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	return s->kind == TGT_STOP_ENTER;
}

BOTH(short_circuit_leaves_the_number)
{
	struct kit k = { .no_filter = no_filter, .hook = skip_only };

	kit_all(&k, 500, ARGV(ACT, S("call"), S("500"), S("1"), S("2"), S("3")));
	CHECK_STR(k.text, "call=500\n");
}

static bool other_call(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_EXIT)
		CHECK_EQ(s->nr, 500);
	if (s->kind != TGT_STOP_ENTER)
		return false;
	CHECK(k->t->ops->load_regs(k->t, s->thread, ctx, ENG_REGS_USER));
	CHECK_EQ(ctx->reg[ENG_RAX], 500);
	CHECK_EQ(ctx->reg[ENG_RIP], s->ip - 2);
	CHECK_EQ(ctx->reg[ENG_RCX], s->ip); /* as the hardware left it */
	ctx->reg[ENG_RAX] = SYS_dup2;
	ctx->reg[ENG_RDI] = 1;
	ctx->reg[ENG_RSI] = 77;
	ctx->reg[ENG_R8] = 5;
	ctx->dirty |= ENG_BIT(ENG_RAX) | ENG_BIT(ENG_RDI) | ENG_BIT(ENG_RSI) | ENG_BIT(ENG_R8) |
		      ENG_BIT(ENG_RIP);
	return false;
}

BOTH(number_and_arguments)
{
	struct kit k = { .no_filter = no_filter, .hook = other_call };

	kit_all(&k, 500, ARGV(ACT, S("call"), S("500"), S("0"), S("0"), S("0")));
	CHECK_EQ(k.last_ret, 77);
	CHECK_STR(k.text, "call=77\n");
}

static bool other_result(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_EXIT) {
		ctx->reg[ENG_RAX] = 42;
		ctx->dirty |= ENG_BIT(ENG_RAX);
	}
	return false;
}

BOTH(result)
{
	struct kit k = { .no_filter = no_filter, .hook = other_result };

	kit_all(&k, 500, ARGV(ACT, S("call"), S("500"), S("0"), S("0"), S("0")));
	CHECK_EQ(k.last_ret, -ENOSYS);
	CHECK_STR(k.text, "call=42\n");
}

/* --- memory --- */

static bool read_path(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	char buf[64] = "";
	size_t n;

	if (s->kind != TGT_STOP_ENTER)
		return false;
	n = k->t->ops->read_mem(k->t, s->thread, s->arg[1], buf, sizeof(buf));
	if (n == 0)
		k->seen |= 1;
	if (n == 9 && !memcmp(buf, "/at-edge", 9))
		k->seen |= 2;
	return false;
}

TEST(memory_that_ends)
{
	struct kit k = { .hook = read_path };

	kit_all(&k, SYS_openat, ARGV(ACT, S("unmapped"), S("edge")));
	CHECK_EQ(k.seen, 3);
}

/* The code page is not writable for the program itself: NOPs instead of its SYSCALL. */
static bool patch_code(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_EXIT && !k->seen++)
		CHECK_EQ(k->t->ops->write_mem(k->t, s->thread, s->ip - 2, "\x90\x90", 2), 2);
	return false;
}

TEST(writes_read_only_memory)
{
	struct kit k = { .hook = patch_code };

	kit_all(&k, 500,
		ARGV(ACT, S("quiet"), S("500"), S("0"), S("0"), S("0"), S("quiet"), S("500"),
		     S("0"), S("0"), S("0")));
	CHECK_EQ(k.enters, 1); /* the second one was never made */
}

/* --- ends --- */

static bool kill_it(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_ENTER && ++k->seen == 5) {
		kill((pid_t)s->pid, SIGKILL);
		ctx->dirty |= ENG_BIT(ENG_RAX);
		return true;
	}
	return false;
}

BOTH(killed_in_a_stop)
{
	struct kit k = { .no_filter = no_filter, .hook = kill_it };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("loop"), S("0")));
	CHECK_EQ(k.enters, 5);
	CHECK_EQ(k.process_ends, 1);
	CHECK(WIFSIGNALED(k.status));
	CHECK_EQ(WTERMSIG(k.status), SIGKILL);
}

TEST(ends_by_its_signal)
{
	struct kit k = { 0 };

	kit_all(&k, SYS_getppid, ARGV(ACT, S("kill"), S("15")));
	CHECK(WIFSIGNALED(k.status));
	CHECK_EQ(WTERMSIG(k.status), SIGTERM);
}

TEST(kill_while_halted)
{
	struct kit k = { 0 };

	kit_launch(&k, ARGV(ACT, S("loop"), S("0")));
	CHECK_EQ(k.t->ops->kill(k.t, k.pid), 0);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(WTERMSIG(k.status), SIGKILL);
	kit_free(&k);
}

/* --- placement --- */

BOTH(affinity_is_hidden)
{
	struct kit k = { .no_filter = no_filter, .no_exit = true };

	kit_all(&k, SYS_getppid, ARGV(TRICKY, S("affinity")));
	CHECK_EQ(k.enters, 60000);
	CHECK_STR(k.text, "cpus same child same\n");
}

UNIT_MAIN()
