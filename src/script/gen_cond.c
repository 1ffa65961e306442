/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_cond.c - conditions: comparison and jump in one instruction wherever the
 * bytecode has one, short circuits without values.
 */
#include "gen.h"

static bool is_comparison(const struct scr_node *n)
{
	return n->kind == N_BINARY && n->op >= OP_EQ && n->op <= OP_GE;
}

static enum scr_op negated(enum scr_op op)
{
	switch (op) {
	case OP_EQ:
		return OP_NE;
	case OP_NE:
		return OP_EQ;
	case OP_LT:
		return OP_GE;
	case OP_LE:
		return OP_GT;
	case OP_GT:
		return OP_LE;
	default:
		return OP_LT;
	}
}

/* The comparison with its operands exchanged. */
static enum scr_op mirrored(enum scr_op op)
{
	switch (op) {
	case OP_LT:
		return OP_GT;
	case OP_LE:
		return OP_GE;
	case OP_GT:
		return OP_LT;
	case OP_GE:
		return OP_LE;
	default:
		return op;
	}
}

/* The jump that compares with a constant of 16 bits, or NOP. */
static enum eng_op immediate_jump(enum scr_op op, bool is_signed, u64 *value)
{
	if (op == OP_EQ)
		return ENG_OP_JEQI;
	if (op == OP_NE)
		return ENG_OP_JNEI;
	if (!is_signed) {
		/* Unsigned comparisons with 0 and 1 are tests for zero. */
		if ((op == OP_GT && !*value) || (op == OP_GE && *value == 1)) {
			*value = 0;
			return ENG_OP_JNEI;
		}
		if ((op == OP_LE && !*value) || (op == OP_LT && *value == 1)) {
			*value = 0;
			return ENG_OP_JEQI;
		}
		return ENG_OP_NOP;
	}
	switch (op) {
	case OP_LT:
		return ENG_OP_JLTSI;
	case OP_LE:
		return ENG_OP_JLESI;
	case OP_GT:
		return ENG_OP_JGTSI;
	default:
		return ENG_OP_JGESI;
	}
}

static void compare_registers(struct scr_compiler *c, enum scr_op op, bool is_signed, u32 ra,
			      u32 rb, struct scr_label *l)
{
	switch (op) {
	case OP_EQ:
		gen_jump(c, ENG_OP_JEQ, ra, rb, 0, l);
		break;
	case OP_NE:
		gen_jump(c, ENG_OP_JNE, ra, rb, 0, l);
		break;
	case OP_LT:
		gen_jump(c, is_signed ? ENG_OP_JLTS : ENG_OP_JLTU, ra, rb, 0, l);
		break;
	case OP_LE:
		gen_jump(c, is_signed ? ENG_OP_JLES : ENG_OP_JLEU, ra, rb, 0, l);
		break;
	case OP_GT:
		gen_jump(c, is_signed ? ENG_OP_JLTS : ENG_OP_JLTU, rb, ra, 0, l);
		break;
	default:
		gen_jump(c, is_signed ? ENG_OP_JLES : ENG_OP_JLEU, rb, ra, 0, l);
		break;
	}
}

static void compare_floats(struct scr_compiler *c, struct scr_node *n, bool sense,
			   struct scr_label *l)
{
	u32 ra = gen_expr(c, n->a, ANY), rd = gen_temp(c);

	gen_arith(c, (enum scr_op)n->op, n->optype, rd, ra, n->b);
	gen_jump(c, sense ? ENG_OP_JNZ : ENG_OP_JZ, rd, 0, 0, l);
}

static void compare(struct scr_compiler *c, struct scr_node *n, bool sense, struct scr_label *l)
{
	enum scr_op op = sense ? (enum scr_op)n->op : negated((enum scr_op)n->op);
	struct scr_node *a = n->a, *b = n->b;
	bool is_signed = n->optype->is_signed;
	u32 ra;

	if (a->kind == N_NUM) {
		a = n->b;
		b = n->a;
		op = mirrored(op);
	}
	ra = gen_expr(c, a, ANY);
	if (gen_fits(b, -0x8000, 0x7fff)) {
		u64 value = b->num;
		enum eng_op jump = immediate_jump(op, is_signed, &value);

		if (jump == ENG_OP_JEQI && !value) {
			gen_jump(c, ENG_OP_JZ, ra, 0, 0, l);
			return;
		}
		if (jump == ENG_OP_JNEI && !value) {
			gen_jump(c, ENG_OP_JNZ, ra, 0, 0, l);
			return;
		}
		if (jump != ENG_OP_NOP) {
			gen_jump(c, jump, ra, value & 0xff, value >> 8 & 0xff, l);
			return;
		}
	}
	compare_registers(c, op, is_signed, ra, gen_expr(c, b, ANY), l);
}

/* `a && b` jumps when it is false, `a || b` when it is true: otherwise over the second part. */
static void logical(struct scr_compiler *c, struct scr_node *n, bool sense, struct scr_label *l)
{
	bool decides = n->kind == N_LOR; /* the truth of a that settles it */
	struct scr_label skip = { 0 };

	gen_branch(c, n->a, decides, decides == sense ? l : &skip);
	gen_branch(c, n->b, sense, l);
	gen_bind(c, &skip);
}

void gen_branch(struct scr_compiler *c, struct scr_node *n, bool sense, struct scr_label *l)
{
	u32 mark = c->temp;

	c->line = n->span.line;
	if (n->kind == N_CAST &&
	    (n->type->kind == SCR_BOOL || !scr_type_needs_conv(n->type, n->a->type))) {
		gen_branch(c, n->a, sense, l);
	} else if (n->kind == N_NUM) {
		if (!!n->num == sense)
			gen_jump(c, ENG_OP_J, 0, 0, 0, l);
	} else if (n->kind == N_UNARY && n->op == OP_LNOT) {
		gen_branch(c, n->a, !sense, l);
	} else if (n->kind == N_LAND || n->kind == N_LOR) {
		logical(c, n, sense, l);
	} else if (is_comparison(n) && scr_type_is_float(n->optype)) {
		compare_floats(c, n, sense, l);
	} else if (is_comparison(n)) {
		compare(c, n, sense, l);
	} else if (scr_type_is_float(n->type)) {
		u32 ra = gen_expr(c, n, ANY), zero = gen_temp(c);

		gen_float_is_zero(c, zero, ra, n->type);
		gen_jump(c, sense ? ENG_OP_JZ : ENG_OP_JNZ, zero, 0, 0, l);
	} else {
		gen_jump(c, sense ? ENG_OP_JNZ : ENG_OP_JZ, gen_expr(c, n, ANY), 0, 0, l);
	}
	c->temp = mark;
}

u32 gen_truth(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	struct scr_label no = { 0 }, end = { 0 };
	u32 rd = gen_dest(c, want), mark = c->temp;
	bool invert = n->kind == N_UNARY && n->op == OP_LNOT;
	struct scr_node *a = invert ? n->a : n;

	if (a->kind == N_LAND || a->kind == N_LOR || is_comparison(a) ||
	    (a->kind == N_UNARY && a->op == OP_LNOT)) {
		/* 0 or 1 by jumps: both are set only once it is known. */
		gen_branch(c, n, false, &no);
		gen_emit(c, ENG_OP_LDI, rd, 0, 0, 1);
		gen_jump(c, ENG_OP_J, 0, 0, 0, &end);
		gen_bind(c, &no);
		gen_emit(c, ENG_OP_LDI, rd, 0, 0, 0);
		gen_bind(c, &end);
	} else if (scr_type_is_float(a->type)) {
		gen_float_is_zero(c, rd, gen_expr(c, a, ANY), a->type);
		if (!invert)
			gen_emit(c, ENG_OP_LNOT, rd, rd, 0, 0);
	} else {
		gen_emit(c, invert ? ENG_OP_LNOT : ENG_OP_BOOL, rd, gen_expr(c, a, ANY), 0, 0);
	}
	c->temp = mark;
	return rd;
}
