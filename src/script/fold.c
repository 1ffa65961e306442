/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fold.c - expressions of constants become constants.
 *
 * What would be an error at run time is left for run time, with a warning: a
 * division that is never reached harms nobody.
 */
#include "engine/softfloat.h"

#include "sema.h"

static struct scr_node *constant(struct scr_node *n, u64 value)
{
	n->kind = N_NUM;
	n->num = scr_type_norm(n->type, value);
	n->depth = 1;
	n->a = n->b = n->c = NULL;
	return n;
}

static struct scr_node *fold_unary(struct scr_node *n)
{
	u64 a = n->a->num;

	switch ((enum scr_op)n->op) {
	case OP_NEG:
		return constant(n, 0 - a);
	case OP_NOT:
		return constant(n, ~a);
	case OP_LNOT:
		return constant(n, !a);
	default:
		return n;
	}
}

static struct scr_node *fold_division(struct scr_compiler *c, struct scr_node *n)
{
	u64 a = n->a->num, b = n->b->num;
	bool rem = n->op == OP_REM;

	if (!b) {
		scr_warn(c, n->span, NULL, "division by zero");
		return n;
	}
	if (!n->optype->is_signed)
		return constant(n, rem ? a % b : a / b);
	if (a == 1ULL << 63 && b == ~0ULL) {
		scr_warn(c, n->span, NULL, "the quotient does not fit into 64 bits");
		return n;
	}
	return constant(n, (u64)(rem ? (s64)a % (s64)b : (s64)a / (s64)b));
}

static struct scr_node *fold_shift(struct scr_node *n)
{
	u64 a = n->a->num, b = n->b->num;

	if (b >= n->optype->size * 8)
		return n; /* warned about with variable left sides too */
	if (n->op == OP_SHL)
		return constant(n, a << b);
	return constant(n, n->optype->is_signed ? (u64)((s64)a >> b) : a >> b);
}

static bool less(const struct scr_type *t, u64 a, u64 b)
{
	return t->is_signed ? (s64)a < (s64)b : a < b;
}

static struct scr_node *fold_binary(struct scr_compiler *c, struct scr_node *n)
{
	u64 a = n->a->num, b = n->b->num;

	switch ((enum scr_op)n->op) {
	case OP_ADD:
		return constant(n, a + b);
	case OP_SUB:
		return constant(n, a - b);
	case OP_MUL:
		return constant(n, a * b);
	case OP_DIV:
	case OP_REM:
		return fold_division(c, n);
	case OP_AND:
		return constant(n, a & b);
	case OP_OR:
		return constant(n, a | b);
	case OP_XOR:
		return constant(n, a ^ b);
	case OP_SHL:
	case OP_SHR:
		return fold_shift(n);
	case OP_EQ:
		return constant(n, a == b);
	case OP_NE:
		return constant(n, a != b);
	case OP_LT:
		return constant(n, less(n->optype, a, b));
	case OP_LE:
		return constant(n, !less(n->optype, b, a));
	case OP_GT:
		return constant(n, less(n->optype, b, a));
	case OP_GE:
		return constant(n, !less(n->optype, a, b));
	default:
		return n;
	}
}

static struct scr_node *float_constant(struct scr_node *n, u64 bits)
{
	n->kind = N_FLOAT;
	n->num = bits;
	n->depth = 1;
	n->a = NULL;
	return n;
}

/* A cast to or from a floating-point type. */
static struct scr_node *fold_float_cast(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *to = n->type, *from = n->a->type;
	enum eng_error e = ENG_OK;
	u64 v = n->a->num;

	if (n->a->kind == N_NUM)
		return float_constant(n, eng_fp_from_int(v, from->is_signed, scr_type_width(to)));
	if (to->kind == SCR_BOOL)
		return constant(n, !eng_fp_is_zero(v, scr_type_width(from)));
	if (scr_type_is_float(to)) {
		if (to->kind != from->kind)
			e = eng_fp_convert(v, scr_type_width(to), &v);
		if (!e)
			return float_constant(n, v);
	} else {
		e = eng_fp_to_int(v, scr_type_width(from), to->size * 8, to->is_signed, &v);
		if (!e)
			return constant(n, v);
	}
	scr_warn(c, n->span, NULL, "%s", eng_error_text(e));
	return n;
}

struct scr_node *sem_fold(struct scr_compiler *c, struct scr_node *n)
{
	if (!n->a || (n->a->kind != N_NUM && n->a->kind != N_FLOAT))
		return n;
	if (n->kind == N_CAST && (scr_type_is_float(n->type) || n->a->kind == N_FLOAT))
		return fold_float_cast(c, n);
	if (n->kind == N_UNARY && n->op == OP_NEG && n->a->kind == N_FLOAT)
		return float_constant(n, eng_fp_neg(n->a->num, scr_type_width(n->type)));
	if (n->a->kind == N_FLOAT)
		return n;
	switch (n->kind) {
	case N_CAST:
		return constant(n, n->a->num);
	case N_UNARY:
		return fold_unary(n);
	case N_BINARY:
		return n->b->kind == N_NUM ? fold_binary(c, n) : n;
	default:
		return n;
	}
}
