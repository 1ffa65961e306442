/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_hold.c - one process stands still while others run, and children before they have
 * executed anything.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "break_kit.h"

static u64 ip_of(u32 tid)
{
	struct user_regs_struct r;

	CHECK_EQ(ptrace(PTRACE_GETREGS, tid, 0, &r), 0);
	return r.rip;
}

/* The next birth, whose child is held. */
static u32 birth(struct kit *k)
{
	struct tgt_stop s;

	do {
		CHECK_EQ(k->t->ops->wait(k->t, &s, 20000), 0);
		kit_count(k, &s);
	} while (s.kind != TGT_STOP_NEW_TASK && !k->t->ops->resume(k->t, s.thread, NULL, false, 0));
	CHECK_EQ(s.child_pid, s.child_tid);
	CHECK(k->t->ops->find(k->t, s.child_tid) != NULL);
	CHECK_EQ(k->t->ops->resume(k->t, s.thread, NULL, false, 0), 0);
	return s.child_pid;
}

/* A child is held, gets a breakpoint of its own, and goes on. */
static void born(const char *what)
{
	struct breaks b = { .k.no_filter = false };
	struct kit *k = &b.k;
	struct tgt_bp bp = { .kind = TGT_BP_SOFTWARE };
	struct tgt_stop s;
	u64 ip;

	breaks_start(&b, ARGV(PLACES, S(what), S("50")));
	breaks_set(&b, PUSH, TGT_BP_SOFTWARE);
	k->t->ops->hold_born(k->t, true);
	breaks_go(&b);
	bp.pid = birth(k);
	bp.addr = b.place[NOP];
	ip = ip_of(bp.pid);
	CHECK(!kit_run(k, 20));
	CHECK_EQ(k->t->ops->halt(k->t), 0);
	CHECK_EQ(k->t->ops->wait(k->t, &s, -1), 0);
	CHECK_EQ(s.kind, TGT_STOP_HALTED);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	CHECK(!kit_run(k, 20));
	CHECK_EQ(ip_of(bp.pid), ip);
	CHECK_EQ(k->t->ops->bp_add(k->t, &bp, &b.number[NOP]), 0);
	CHECK_EQ(k->t->ops->hold(k->t, bp.pid, false), 0);
	CHECK_EQ(ip_of(bp.pid), ip);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	breaks_end(&b, "child 7\n");
	CHECK_EQ(b.hits[NOP], 50);
	CHECK_EQ(b.hits[PUSH], 0);
}

TEST(a_forked_child)
{
	born("fork");
}

TEST(a_vforked_child)
{
	born("vfork");
}

TEST(a_child_in_the_same_memory)
{
	born("vm");
}

/* Its breakpoints go with it, while its parent runs through their places. */
TEST(a_child_that_ends_while_others_share_its_memory)
{
	for (int i = 0; i < 40; i++) {
		struct breaks b = { .k.no_filter = true };
		struct kit *k = &b.k;
		struct tgt_bp bp = { .kind = TGT_BP_SOFTWARE };

		breaks_start(&b, ARGV(PLACES, S(i % 2 ? "vfork" : "vm"), S("10")));
		k->t->ops->hold_born(k->t, true);
		breaks_go(&b);
		bp.pid = birth(k);
		bp.addr = b.place[NOP];
		CHECK_EQ(k->t->ops->bp_add(k->t, &bp, &b.number[NOP]), 0);
		CHECK_EQ(k->t->ops->hold(k->t, bp.pid, false), 0);
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
		breaks_end(&b, "child 7\n");
		CHECK_EQ(b.hits[NOP], 10);
	}
}

/* A held process executes nothing, whatever is resumed; the other one runs to its end. */
TEST(one_of_two)
{
	struct breaks held = { .k.no_filter = true };
	struct kit other = { .no_filter = true };
	struct target *t;
	struct tgt_thread_info info[16];
	struct tgt_stop s;
	u64 ip[16];
	size_t n;

	breaks_start(&held, ARGV(PLACES, S("threads"), S("200000000"), S("4")));
	t = held.k.t;
	breaks_go(&held);
	CHECK(!kit_run(&held.k, 50));
	CHECK_EQ(t->ops->hold(t, held.k.pid, true), 0);
	CHECK_EQ(t->ops->hold(t, held.k.pid, true), 0);
	CHECK_EQ(t->ops->wait(t, &s, 0), 0);
	CHECK_EQ(s.kind, TGT_STOP_HALTED);
	n = t->ops->threads(t, info, 16);
	CHECK_EQ(n, 5);
	for (size_t i = 0; i < n; i++)
		ip[i] = ip_of(info[i].tid);
	other.t = t;
	kit_launch(&other, ARGV(S(kit_prog("guest")), S("threads"), S("4"), S("200")));
	kit_want(&other, SYS_getppid, true, false);
	CHECK_EQ(t->ops->resume_all(t), 0);
	while (!other.process_ends) {
		CHECK_EQ(t->ops->wait(t, &s, 20000), 0);
		kit_count(&other, &s);
		if (s.kind == TGT_STOP_TASK_END || s.kind == TGT_STOP_PROCESS_END)
			continue;
		CHECK_EQ(s.pid, other.pid);
		CHECK_EQ(t->ops->resume(t, s.thread, NULL, false, 0), 0);
		if (other.enters % 100 == 1) {
			CHECK_EQ(t->ops->halt(t), 0);
			CHECK_EQ(t->ops->resume_all(t), 0);
		}
	}
	CHECK_EQ(other.enters, 800);
	CHECK_STR(kit_text(&other), "joined 4\n");
	close(other.out);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(ip_of(info[i].tid), ip[i]);
	CHECK_EQ(t->ops->hold(t, held.k.pid, false), 0);
	CHECK_EQ(t->ops->resume_all(t), 0);
	breaks_end(&held, "joined 4\n");
}

/* What a held thread was about to tell waits, too. */
TEST(with_its_stops)
{
	struct kit k = { .no_filter = true };
	struct tgt_stop s;

	kit_launch(&k, ARGV(S(kit_prog("guest")), S("threads"), S("4"), S("1000")));
	kit_want(&k, SYS_getppid, true, true);
	CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	for (int i = 0; i < 30 && !kit_run(&k, 2) && !k.process_ends; i++) {
		CHECK_EQ(k.t->ops->hold(k.t, k.pid, true), 0);
		CHECK_EQ(k.t->ops->wait(k.t, &s, 0), 0);
		CHECK_EQ(s.kind, TGT_STOP_HALTED);
		CHECK_EQ(k.t->ops->hold(k.t, k.pid, false), 0);
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
	}
	CHECK(kit_run(&k, -1));
	CHECK_STR(kit_text(&k), "joined 4\n");
	kit_free(&k);
	CHECK_EQ(k.enters, 4000);
	CHECK_EQ(k.exits, 4000);
}

TEST(of_nobody)
{
	struct kit k = { .no_filter = true };

	kit_launch(&k, ARGV(S(kit_prog("guest")), S("calls"), S("1")));
	CHECK_EQ(k.t->ops->hold(k.t, (u32)getpid(), true), -ESRCH);
	CHECK(strstr(k.t->error, "is not being debugged"));
	kit_free(&k);
}

UNIT_MAIN()
