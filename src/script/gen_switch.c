/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_switch.c - `switch`: the value is compared with the cases, a few one after the
 * other, many by halving; then the body runs from the label on.
 */
#include <stdlib.h>

#include "gen.h"

#define FEW 4

struct table {
	struct scr_node **at; /* in order of their values */
	bool is_signed;
	u32 reg;
	struct scr_label *none;
};

static int by_signed(const void *pa, const void *pb)
{
	s64 a = (s64)(*(struct scr_node *const *)pa)->a->num;
	s64 b = (s64)(*(struct scr_node *const *)pb)->a->num;

	return a < b ? -1 : a > b;
}

static int by_unsigned(const void *pa, const void *pb)
{
	u64 a = (*(struct scr_node *const *)pa)->a->num;
	u64 b = (*(struct scr_node *const *)pb)->a->num;

	return a < b ? -1 : a > b;
}

static void compare(struct scr_compiler *c, const struct table *t, const struct scr_node *n)
{
	u32 mark = c->temp;

	if (gen_fits(n->a, -0x8000, 0x7fff))
		gen_jump(c, ENG_OP_JEQI, t->reg, n->a->num & 0xff, n->a->num >> 8 & 0xff, n->label);
	else
		gen_jump(c, ENG_OP_JEQ, t->reg, gen_expr(c, n->a, ANY), 0, n->label);
	c->temp = mark;
}

static void search(struct scr_compiler *c, const struct table *t, u32 from, u32 to)
{
	struct scr_label lower = { 0 };
	u32 mark = c->temp, middle = from + (to - from) / 2;

	if (to - from <= FEW) {
		for (; from < to; from++)
			compare(c, t, t->at[from]);
		gen_jump(c, ENG_OP_J, 0, 0, 0, t->none);
		return;
	}
	gen_jump(c, t->is_signed ? ENG_OP_JLTS : ENG_OP_JLTU, t->reg,
		 gen_expr(c, t->at[middle]->a, ANY), 0, &lower);
	c->temp = mark;
	search(c, t, middle, to);
	gen_bind(c, &lower);
	search(c, t, from, middle);
}

void gen_switch(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_label out = { 0 }, *on_break = c->on_break;
	struct table t = { .is_signed = n->optype->is_signed };
	u32 ncases = 0, mark = c->temp, i = 0;

	for (struct scr_node *k = n->c; k; k = k->c)
		ncases++;
	t.at = scr_alloc(c, (ncases + 1) * sizeof(struct scr_node *));
	for (struct scr_node *k = n->c; k; k = k->c) {
		k->label = scr_alloc(c, sizeof(*k->label));
		t.at[i++] = k;
	}
	if (n->d)
		n->d->label = scr_alloc(c, sizeof(*n->d->label));
	if (ncases)
		qsort(t.at, ncases, sizeof(struct scr_node *),
		      t.is_signed ? by_signed : by_unsigned);
	t.none = n->d ? n->d->label : &out;
	t.reg = gen_expr(c, n->a, ANY);
	search(c, &t, 0, ncases);
	c->temp = mark;
	c->on_break = &out;
	gen_statement(c, n->b);
	c->on_break = on_break;
	gen_bind(c, &out);
}
