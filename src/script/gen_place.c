/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_place.c - variables, registers and memory: loading, storing, addresses.
 *
 * A scalar in frame memory or in a global's slot is stored with all its 64 bits
 * and loaded with its own width: so both a pointer to it and an untyped
 * eight-byte access see a value.
 */
#include "gen.h"

static u32 reg_index(const struct eng_reg_name *r)
{
	return (u32)(r - eng_reg_names);
}

/* The address of n, as a register and a displacement. */
static void memory_place(struct scr_compiler *c, struct scr_node *n, struct gen_place *p)
{
	struct scr_node *a;

	p->kind = PLACE_MEM;
	p->disp = 0;
	for (; n->kind == N_MEMBER; n = n->a)
		p->disp += (s32)n->num;
	if (n->kind == N_LOCAL) {
		p->kind = PLACE_FRAME;
		p->index = n->local->where + (u32)p->disp;
		p->exact = true;
		return;
	}
	if (n->kind != N_DEREF) {
		p->reg = gen_address(c, n, ANY);
		return;
	}
	a = n->a;
	if (a->kind == N_BINARY && a->op == OP_ADD && a->type->size == 8 &&
	    gen_fits(a->b, -0x40000000, 0x40000000)) {
		p->disp += (s32)a->b->num;
		a = a->a;
	}
	p->reg = gen_expr(c, a, ANY);
}

void gen_place(struct scr_compiler *c, struct scr_node *n, struct gen_place *p)
{
	*p = (struct gen_place){ .type = n->type };
	switch (n->kind) {
	case N_LOCAL:
		p->kind = n->local->in_memory ? PLACE_FRAME : PLACE_REG;
		p->reg = p->index = n->local->where;
		break;
	case N_GLOBAL:
		p->kind = PLACE_GLOBAL;
		p->index = c->env->global[n->global].slot;
		break;
	case N_REG:
		p->kind = PLACE_CPU;
		p->index = reg_index(n->reg);
		break;
	case N_PSEUDO:
		p->kind = PLACE_PSEUDO;
		p->index = (u32)n->num;
		break;
	case N_MAP:
		gen_map_place(c, n, p);
		break;
	default:
		memory_place(c, n, p);
		break;
	}
}

u32 gen_load(struct scr_compiler *c, const struct gen_place *p, u32 want)
{
	u32 rd;

	if (p->kind == PLACE_REG && want == ANY)
		return p->reg;
	if (p->kind == PLACE_MAP)
		return gen_map_load(c, p, want);
	rd = gen_dest(c, want);
	switch (p->kind) {
	case PLACE_REG:
		gen_move(c, rd, p->reg);
		break;
	case PLACE_FRAME:
		gen_emit(c, ENG_OP_LDF, rd, 0, p->type->ext, (s32)p->index);
		break;
	case PLACE_GLOBAL:
		gen_emit(c, ENG_OP_LDG, rd, 0, 0, (s32)p->index);
		if (p->type->size < 8)
			gen_emit(c, ENG_OP_EXT, rd, rd, p->type->ext, 0);
		break;
	case PLACE_CPU:
		gen_emit(c, ENG_OP_LDREG, rd, 0, 0, (s32)p->index);
		break;
	case PLACE_PSEUDO:
		gen_emit(c, ENG_OP_LDPS, rd, 0, 0, (s32)p->index);
		break;
	case PLACE_MAP:
		break;
	case PLACE_MEM:
		gen_emit(c, ENG_OP_LD, rd, p->reg, p->type->ext, p->disp);
		break;
	}
	return rd;
}

void gen_store(struct scr_compiler *c, const struct gen_place *p, u32 reg)
{
	switch (p->kind) {
	case PLACE_REG:
		gen_move(c, p->reg, reg);
		break;
	case PLACE_FRAME:
		gen_emit(c, ENG_OP_STF, reg, 0, p->exact ? p->type->ext : ENG_X64, (s32)p->index);
		break;
	case PLACE_GLOBAL:
		gen_emit(c, ENG_OP_STG, reg, 0, 0, (s32)p->index);
		break;
	case PLACE_CPU:
		gen_emit(c, ENG_OP_STREG, reg, 0, 0, (s32)p->index);
		break;
	case PLACE_PSEUDO:
		gen_emit(c, ENG_OP_STPS, reg, 0, 0, (s32)p->index);
		break;
	case PLACE_MAP:
		gen_map_store(c, p, reg);
		break;
	case PLACE_MEM:
		gen_emit(c, ENG_OP_ST, p->reg, reg, p->type->ext, p->disp);
		break;
	}
}

/* The address of an element: bound check, then base + index * size. */
static u32 element_address(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, size = n->type->size, rd = gen_dest(c, want), base, index;

	base = gen_address(c, n->a, ANY);
	if (n->b->kind == N_NUM) {
		gen_emit(c, ENG_OP_ADDI, rd, base, 0, (s32)(n->b->num * size));
	} else {
		u32 scaled = gen_temp(c);

		index = gen_expr(c, n->b, ANY);
		gen_emit(c, ENG_OP_BOUND, index, 0, 0, (s32)n->a->type->count);
		if (size > 1)
			gen_emit(c, ENG_OP_MULI, scaled, index, 0, (s32)size);
		gen_emit(c, ENG_OP_ADD, rd, base, size > 1 ? scaled : index, 0);
	}
	c->temp = want == ANY ? mark + 1 : mark;
	return rd;
}

static u32 member_address(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, rd = gen_dest(c, want), off = 0, base;

	for (; n->kind == N_MEMBER; n = n->a)
		off += (u32)n->num;
	if (n->kind == N_LOCAL) {
		gen_emit(c, ENG_OP_LEAF, rd, 0, 0, (s32)(n->local->where + off));
	} else {
		base = gen_address(c, n, ANY);
		gen_emit(c, ENG_OP_ADDI, rd, base, 0, (s32)off);
	}
	c->temp = want == ANY ? mark + 1 : mark;
	return rd;
}

u32 gen_address(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 rd;

	switch (n->kind) {
	case N_LOCAL:
		rd = gen_dest(c, want);
		gen_emit(c, ENG_OP_LEAF, rd, 0, 0, (s32)n->local->where);
		return rd;
	case N_GLOBAL: {
		const struct scr_global *g = &c->env->global[n->global];

		rd = gen_dest(c, want);
		gen_emit(c, ENG_OP_LEAG, rd, 0, 0, (s32)g->slot);
		if (g->slot + g->nslots > c->head.nglobals)
			c->head.nglobals = g->slot + g->nslots;
		return rd;
	}
	case N_INDEX:
		return element_address(c, n, want);
	case N_MEMBER:
		return member_address(c, n, want);
	case N_DEREF:
		return gen_expr(c, n->a, want);
	default: /* a structure that is the value of an expression */
		return gen_expr(c, n, want);
	}
}

/* What reading the place gives after @reg was stored: CPU registers keep only a part. */
static u32 stored_value(struct scr_compiler *c, const struct gen_place *p, u32 reg, u32 want)
{
	if (p->kind == PLACE_CPU && eng_reg_names[p->index].width != 64)
		return gen_load(c, p, want);
	if (want == ANY)
		return reg;
	gen_move(c, want, reg);
	return want;
}

static u32 plain_assign(struct scr_compiler *c, struct scr_node *n, u32 want, bool need)
{
	struct gen_place p;
	u32 reg;

	if (n->a->kind == N_LOCAL && !n->a->local->in_memory) {
		reg = gen_expr(c, n->b, n->a->local->where);
		if (want != ANY)
			gen_move(c, want, reg);
		return want == ANY ? reg : want;
	}
	gen_place(c, n->a, &p);
	reg = gen_expr(c, n->b, ANY);
	gen_store(c, &p, reg);
	return need ? stored_value(c, &p, reg, want) : reg;
}

/* op, in the type of the computation, on the place's value; the result in its type. */
static u32 update(struct scr_compiler *c, struct scr_node *n, const struct gen_place *p, u32 old,
		  struct scr_node *operand)
{
	u32 rd = p->kind == PLACE_REG ? p->reg : gen_temp(c), ra = old;

	if (scr_type_needs_conv(n->optype, p->type)) {
		ra = gen_temp(c);
		gen_convert(c, ra, old, n->optype, p->type);
	}
	if (p->kind == PLACE_REG && scr_type_needs_conv(p->type, n->optype)) {
		u32 wide = gen_temp(c);

		gen_arith(c, (enum scr_op)n->op, n->optype, wide, ra, operand);
		gen_convert(c, rd, wide, p->type, n->optype);
		return rd;
	}
	gen_arith(c, (enum scr_op)n->op, n->optype, rd, ra, operand);
	gen_convert(c, rd, rd, p->type, n->optype);
	if (p->kind != PLACE_REG)
		gen_store(c, p, rd);
	return rd;
}

/* A whole structure; the value is the address of what was assigned. */
static u32 struct_assign(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, from, to = gen_temp(c);

	from = gen_expr(c, n->b, ANY);
	gen_address(c, n->a, to);
	gen_emit(c, ENG_OP_COPY, to, from, 0, (s32)n->type->size);
	if (want != ANY)
		gen_move(c, want, to);
	c->temp = want == ANY ? mark + 1 : mark;
	return want == ANY ? to : want;
}

u32 gen_assign(struct scr_compiler *c, struct scr_node *n, u32 want, bool need)
{
	u32 mark = c->temp, rd, reg;
	struct gen_place p;

	if (n->type->kind == SCR_STRUCT)
		return struct_assign(c, n, want);
	rd = need ? gen_dest(c, want) : ANY;
	if (gen_map_adds(n)) {
		reg = gen_map_add(c, n, n->b, rd, false);
	} else if (n->op == OP_NONE) {
		reg = plain_assign(c, n, rd, need);
	} else {
		gen_place(c, n->a, &p);
		reg = update(c, n, &p, gen_load(c, &p, ANY), n->b);
		if (need)
			stored_value(c, &p, reg, rd);
	}
	c->temp = need && want == ANY ? mark + 1 : mark;
	return need ? rd : reg;
}

u32 gen_incdec(struct scr_compiler *c, struct scr_node *n, u32 want, bool need)
{
	struct scr_node step = { .kind = scr_type_is_float(n->optype) ? N_FLOAT : N_NUM,
				 .type = n->optype,
				 .num = n->num };
	u32 mark = c->temp, rd = need ? gen_dest(c, want) : ANY, old, reg;
	struct gen_place p;

	if (gen_map_adds(n)) {
		reg = gen_map_add(c, n, &step, rd, need && n->postfix);
		c->temp = need && want == ANY ? mark + 1 : mark;
		return need ? rd : reg;
	}
	gen_place(c, n->a, &p);
	old = gen_load(c, &p, ANY);
	if (need && n->postfix && p.kind == PLACE_REG)
		gen_move(c, rd, old); /* else @old is a temporary, which keeps its value */
	reg = update(c, n, &p, old, &step);
	if (need && !n->postfix)
		stored_value(c, &p, reg, rd);
	else if (need && p.kind != PLACE_REG)
		gen_move(c, rd, old);
	c->temp = need && want == ANY ? mark + 1 : mark;
	return need ? rd : reg;
}
