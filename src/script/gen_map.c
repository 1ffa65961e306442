/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_map.c - operations on maps: keys and value in consecutive registers.
 *
 * The result comes back in the first of them, so what is needed twice is copied.
 */
#include "gen.h"

static const struct scr_map *map_of(const struct scr_compiler *c, const struct scr_node *n)
{
	return c->env->global[n->global].map;
}

static u32 key_regs(const struct scr_compiler *c, const struct scr_node *n)
{
	return eng_map_key_regs[map_of(c, n)->desc.keys];
}

static void emit(struct scr_compiler *c, const struct scr_map *map, enum eng_map_op op, u32 base)
{
	u32 nregs = (eng_map_ops[op].key ? eng_map_key_regs[map->desc.keys] : 0) +
		    eng_map_ops[op].values;

	gen_emit(c, ENG_OP_MAP, base, nregs, op, (s32)map->index);
}

/* Expressions into consecutive registers, and @more registers behind them. */
static u32 window(struct scr_compiler *c, struct scr_node *a, u32 more)
{
	u32 base = c->temp;

	for (; a; a = a->next) {
		u32 r = gen_temp(c);

		gen_expr(c, a, r);
		c->temp = r + 1;
	}
	while (more--)
		gen_temp(c);
	if (c->temp == base)
		gen_temp(c);
	return base < ENG_MAX_REGS ? base : ENG_MAX_REGS - 1;
}

u32 gen_map(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 base = window(c, n->a, 0);

	emit(c, map_of(c, n), (enum eng_map_op)n->num, base);
	c->temp = base + (want == ANY);
	if (want == ANY)
		return base;
	if (n->type->kind != SCR_VOID)
		gen_move(c, want, base);
	return want;
}

void gen_map_place(struct scr_compiler *c, struct scr_node *n, struct gen_place *p)
{
	p->kind = PLACE_MAP;
	p->index = n->global;
	p->reg = window(c, n->a, 1);
}

u32 gen_map_load(struct scr_compiler *c, const struct gen_place *p, u32 want)
{
	const struct scr_map *map = c->env->global[p->index].map;
	u32 nkeys = eng_map_key_regs[map->desc.keys], base = window(c, NULL, nkeys);

	for (u32 i = 0; i < nkeys; i++)
		gen_move(c, base + i, p->reg + i);
	emit(c, map, ENG_MAPOP_GET, base);
	if (want == ANY)
		return base;
	gen_move(c, want, base);
	return want;
}

void gen_map_store(struct scr_compiler *c, const struct gen_place *p, u32 reg)
{
	const struct scr_map *map = c->env->global[p->index].map;

	gen_move(c, p->reg + eng_map_key_regs[map->desc.keys], reg);
	emit(c, map, ENG_MAPOP_SET, p->reg);
}

bool gen_map_adds(const struct scr_node *n)
{
	return n->a->kind == N_MAP && (n->op == OP_ADD || n->op == OP_SUB) &&
	       !scr_type_is_float(n->optype);
}

u32 gen_map_add(struct scr_compiler *c, struct scr_node *n, struct scr_node *operand, u32 want,
		bool old)
{
	u32 base = window(c, n->a->a, 1), nkeys = key_regs(c, n->a), value = base + nkeys;

	gen_expr(c, operand, value);
	if (n->op == OP_SUB)
		gen_emit(c, ENG_OP_NEG, value, value, 0, 0);
	c->temp = value + 1;
	emit(c, map_of(c, n->a), ENG_MAPOP_ADD, base);
	if (old)
		gen_emit(c, ENG_OP_ADDI, base, base, 0, n->op == OP_SUB ? 1 : -1);
	c->temp = base + (want == ANY);
	if (want == ANY)
		return base;
	gen_move(c, want, base);
	return want;
}
