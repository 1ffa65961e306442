/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_args.c - argument registers that are changed for the kernel alone: the program
 * looks itself whether it has its own again when the call has ended.
 */
#include <errno.h>

#include "target_kit.h"

#define GUEST S(kit_prog("guest"))

static void set(struct eng_ctx *ctx, unsigned reg, u64 value)
{
	ctx->reg[reg] = value;
	ctx->dirty |= ENG_BIT(reg);
}

/* One byte instead of three; the other registers mean nothing to read(2). */
static bool change(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	bool ours = s->kind == TGT_STOP_ENTER && s->arg[2] == 3 && s->arg[5] == 6;

	if (s->kind == TGT_STOP_EXIT && k->arg == 1) {
		k->t->ops->load_regs(k->t, s->thread, ctx, ENG_REGS_USER);
		if (ctx->reg[ENG_R9] == 6) /* the program's, already at the exit */
			CHECK_EQ(ctx->reg[ENG_RDX], 3);
	}
	if (!ours)
		return false;
	if (k->arg)
		k->t->ops->keep_args(k->t, s->thread);
	set(ctx, ENG_RDX, 1);
	set(ctx, ENG_R10, 0x44);
	set(ctx, ENG_R8, 0x55);
	set(ctx, ENG_R9, 0x66);
	k->seen++;
	if (k->seen != 4)
		return false;
	ctx->ret_set = true;
	ctx->ret = 0;
	return true;
}

static void keep(bool no_filter, bool no_exit)
{
	struct kit k = { .no_filter = no_filter, .no_exit = no_exit, .hook = change, .arg = 1 };

	kit_all(&k, SYS_read, ARGV(GUEST, S("keep")));
	CHECK_EQ(k.seen, 6);
	/* The fourth is left out; a handler ends the fifth, and interrupts the sixth. */
	CHECK_STR(k.text, "ret 1 kept 1\nret 1 kept 1\nret 1 kept 1\nret 0 kept 1\n"
			  "ret -4 kept 1\nret 1 kept 1\n");
}

BOTH(given_back)
{
	keep(no_filter, false);
}

BOTH(given_back_without_exits)
{
	keep(no_filter, true);
}

static bool change_at_exit(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	if (s->kind == TGT_STOP_ENTER)
		return change(k, s, ctx);
	if (s->kind == TGT_STOP_EXIT)
		set(ctx, ENG_RDX, 99);
	return false;
}

/* What is written at the exit stays. */
BOTH(not_over_the_exit)
{
	struct kit k = { .no_filter = no_filter, .hook = change_at_exit, .arg = 1 };

	kit_launch(&k, ARGV(GUEST, S("keep")));
	kit_want(&k, SYS_read, true, true);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK(!strncmp(kit_text(&k), "ret 1 kept 0\n", 13));
	kit_free(&k);
}

/* Who does not ask for it: changed stays changed. */
BOTH(changed_stays_changed)
{
	struct kit k = { .no_filter = no_filter, .hook = change };

	kit_launch(&k, ARGV(GUEST, S("keep")));
	kit_want(&k, SYS_read, true, true);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK(!strncmp(kit_text(&k), "ret 1 kept 0\nret 1 kept 0\n", 26));
	kit_free(&k);
}

UNIT_MAIN()
