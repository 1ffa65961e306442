/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * break_kit.h - the program tests/progs/places.c up to where it has told its places, and
 * what its breakpoints then report.
 */
#ifndef TESTS_BREAK_KIT_H
#define TESTS_BREAK_KIT_H

#include "target_kit.h"

#define PLACES S(kit_prog("places"))

enum place { NOP, PUSH, JMP, PUSHF, REP, SYS, INT3, LOAD, WATCHED, MAIN, PLACES_MAX };

struct breaks {
	struct kit k; /* first: hooks get it */
	u64 place[PLACES_MAX];
	u32 number[PLACES_MAX]; /* of the breakpoint there */
	u64 hits[PLACES_MAX];
	struct tgt_thread *main;
};

static inline bool breaks_hook(struct kit *k, struct tgt_stop *s, struct eng_ctx *ctx)
{
	struct breaks *b = (struct breaks *)k;
	u64 ip = ENG_BIT(ENG_RIP);
	int i = 0;

	if (s->kind != TGT_STOP_BREAKPOINT)
		return false;
	while (i < PLACES_MAX && (!b->number[i] || b->number[i] != s->breakpoint))
		i++;
	CHECK(i < PLACES_MAX);
	CHECK(k->t->ops->load_regs(k->t, s->thread, ctx, ip));
	CHECK_EQ(ctx->reg[ENG_RIP], s->ip);
	if (i != WATCHED)
		CHECK_EQ(s->ip, b->place[i]);
	b->hits[i]++;
	return false;
}

/* Launched, halted where all places are known, at an exit. */
static inline void breaks_start(struct breaks *b, char *const *argv)
{
	struct kit *k = &b->k;
	struct tgt_stop s;

	k->hook = breaks_hook;
	kit_launch(k, argv);
	kit_want(k, SYS_getppid, true, false);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(k->t->ops->wait(k->t, &s, 20000), 0);
		CHECK_EQ(s.kind, TGT_STOP_ENTER);
		memcpy(b->place + 6 * i, s.arg, i ? 4 * 8 : 6 * 8);
		if (!i)
			CHECK_EQ(k->t->ops->resume(k->t, s.thread, NULL, false, 0), 0);
	}
	b->main = s.thread;
	CHECK_EQ(k->t->ops->halt(k->t), 0);
	kit_want(k, ANY_NR, false, false);
}

static inline void breaks_set(struct breaks *b, enum place i, enum tgt_bp_kind kind)
{
	struct tgt_bp bp = { b->k.pid, b->place[i], kind, i == WATCHED ? 8 : 1 };

	if (b->k.t->ops->bp_add(b->k.t, &bp, &b->number[i]))
		UNIT_FAIL("bp_add: %s", b->k.t->error);
	CHECK(b->number[i]);
}

static inline void breaks_go(struct breaks *b)
{
	struct kit *k = &b->k;

	CHECK_EQ(k->t->ops->resume(k->t, b->main, NULL, false, 0), 0);
	CHECK_EQ(k->t->ops->resume_all(k->t), 0);
}

static inline void breaks_end(struct breaks *b, const char *text)
{
	CHECK(kit_run(&b->k, -1));
	if (b->k.status)
		printf("# status %x\n", b->k.status);
	CHECK_STR(kit_text(&b->k), text);
	CHECK_EQ(b->k.status, 0);
	kit_free(&b->k);
}

#endif
