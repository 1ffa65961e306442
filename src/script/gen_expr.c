/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_expr.c - values: arithmetic with immediate forms, calls, conversions.
 *
 * The register that is wished for is written by the last instruction only, so
 * that `n = n2 + n` may compute straight into n.
 */
#include "gen.h"

/* --- arithmetic --- */

static bool is_power_of_two(u64 v)
{
	return v && !(v & (v - 1));
}

/* Forms with an immediate operand. False: there is none for this operand. */
static bool arith_immediate(struct scr_compiler *c, enum scr_op op, const struct scr_type *t,
			    u32 rd, u32 ra, const struct scr_node *b)
{
	u64 v = b->num;
	bool fits = gen_fits(b, -0x7fffffff, 0x7fffffff);

	if (b->kind != N_NUM)
		return false;
	switch (op) {
	case OP_ADD:
	case OP_SUB:
		if (fits)
			gen_emit(c, ENG_OP_ADDI, rd, ra, 0, op == OP_ADD ? (s32)v : -(s32)v);
		return fits;
	case OP_MUL:
		if (fits)
			gen_emit(c, ENG_OP_MULI, rd, ra, 0, (s32)v);
		return fits;
	case OP_AND:
		if (v == 0xffffffff)
			gen_emit(c, ENG_OP_EXT, rd, ra, ENG_U32, 0);
		else if (fits)
			gen_emit(c, ENG_OP_ANDI, rd, ra, 0, (s32)v);
		return fits || v == 0xffffffff;
	case OP_OR:
	case OP_XOR:
		if (fits)
			gen_emit(c, op == OP_OR ? ENG_OP_ORI : ENG_OP_XORI, rd, ra, 0, (s32)v);
		return fits;
	case OP_SHL:
	case OP_SHR:
		if (v >= t->size * 8)
			return false; /* an error at run time */
		gen_emit(c,
			 op == OP_SHL	? ENG_OP_SHLI
			 : t->is_signed ? ENG_OP_SHRSI
					: ENG_OP_SHRUI,
			 rd, ra, 0, (s32)v);
		return true;
	case OP_DIV:
		if (t->is_signed || !is_power_of_two(v))
			return false;
		gen_emit(c, ENG_OP_SHRUI, rd, ra, 0, __builtin_ctzll(v));
		return true;
	case OP_REM:
		if (t->is_signed || !is_power_of_two(v) || v > 0x40000000)
			return false;
		gen_emit(c, ENG_OP_ANDI, rd, ra, 0, (s32)(v - 1));
		return true;
	default:
		return false;
	}
}

/* The instruction of an operator on registers, by signedness. */
struct arith_insn {
	u8 is_unsigned, is_signed; /* enum eng_op */
	bool swapped; /* a > b is b < a */
	bool width; /* imm is the width in bits */
};

static const struct arith_insn arith_insns[] = {
	[OP_ADD] = { ENG_OP_ADD, ENG_OP_ADD, false, false },
	[OP_SUB] = { ENG_OP_SUB, ENG_OP_SUB, false, false },
	[OP_MUL] = { ENG_OP_MUL, ENG_OP_MUL, false, false },
	[OP_DIV] = { ENG_OP_DIVU, ENG_OP_DIVS, false, false },
	[OP_REM] = { ENG_OP_REMU, ENG_OP_REMS, false, false },
	[OP_AND] = { ENG_OP_AND, ENG_OP_AND, false, false },
	[OP_OR] = { ENG_OP_OR, ENG_OP_OR, false, false },
	[OP_XOR] = { ENG_OP_XOR, ENG_OP_XOR, false, false },
	[OP_SHL] = { ENG_OP_SHL, ENG_OP_SHL, false, true },
	[OP_SHR] = { ENG_OP_SHRU, ENG_OP_SHRS, false, true },
	[OP_EQ] = { ENG_OP_SEQ, ENG_OP_SEQ, false, false },
	[OP_NE] = { ENG_OP_SNE, ENG_OP_SNE, false, false },
	[OP_LT] = { ENG_OP_SLTU, ENG_OP_SLTS, false, false },
	[OP_LE] = { ENG_OP_SLEU, ENG_OP_SLES, false, false },
	[OP_GT] = { ENG_OP_SLTU, ENG_OP_SLTS, true, false },
	[OP_GE] = { ENG_OP_SLEU, ENG_OP_SLES, true, false },
};

static void arith_registers(struct scr_compiler *c, enum scr_op op, const struct scr_type *t,
			    u32 rd, u32 ra, u32 rb)
{
	const struct arith_insn *insn;

	if (op >= ARRAY_SIZE(arith_insns) || !arith_insns[op].is_unsigned)
		return; /* an operator of one operand */
	insn = &arith_insns[op];
	gen_emit(c, t->is_signed ? insn->is_signed : insn->is_unsigned, rd, insn->swapped ? rb : ra,
		 insn->swapped ? ra : rb, insn->width ? (s32)t->size * 8 : 0);
}

/* The comparisons that there are not, by those that there are: no operand is a NaN. */
static void arith_float(struct scr_compiler *c, enum scr_op op, const struct scr_type *t, u32 rd,
			u32 ra, u32 rb)
{
	s32 width = scr_type_width(t);

	switch (op) {
	case OP_ADD:
		gen_emit(c, ENG_OP_FADD, rd, ra, rb, width);
		break;
	case OP_SUB:
		gen_emit(c, ENG_OP_FSUB, rd, ra, rb, width);
		break;
	case OP_MUL:
		gen_emit(c, ENG_OP_FMUL, rd, ra, rb, width);
		break;
	case OP_DIV:
		gen_emit(c, ENG_OP_FDIV, rd, ra, rb, width);
		break;
	case OP_EQ:
	case OP_NE:
		gen_emit(c, ENG_OP_FSEQ, rd, ra, rb, width);
		if (op == OP_NE)
			gen_emit(c, ENG_OP_LNOT, rd, rd, 0, 0);
		break;
	case OP_LT:
		gen_emit(c, ENG_OP_FSLT, rd, ra, rb, width);
		break;
	case OP_LE:
		gen_emit(c, ENG_OP_FSLE, rd, ra, rb, width);
		break;
	case OP_GT:
		gen_emit(c, ENG_OP_FSLT, rd, rb, ra, width);
		break;
	case OP_GE:
		gen_emit(c, ENG_OP_FSLE, rd, rb, ra, width);
		break;
	default:
		break;
	}
}

/* Can the operation leave the range of a type narrower than a register? */
static bool may_overflow(enum scr_op op, const struct scr_type *t)
{
	return op == OP_ADD || op == OP_SUB || op == OP_MUL || op == OP_SHL ||
	       (op == OP_DIV && t->is_signed); /* MIN / -1 */
}

void gen_arith(struct scr_compiler *c, enum scr_op op, const struct scr_type *t, u32 rd, u32 ra,
	       struct scr_node *b)
{
	u32 mark = c->temp;

	if (scr_type_is_float(t)) {
		arith_float(c, op, t, rd, ra, gen_expr(c, b, ANY));
		c->temp = mark;
		return;
	}
	if (!arith_immediate(c, op, t, rd, ra, b))
		arith_registers(c, op, t, rd, ra, gen_expr(c, b, ANY));
	if (t->size < 8 && may_overflow(op, t))
		gen_emit(c, ENG_OP_EXT, rd, rd, t->ext, 0);
	c->temp = mark;
}

static bool commutes(u8 op)
{
	return op == OP_ADD || op == OP_MUL || op == OP_AND || op == OP_OR || op == OP_XOR ||
	       op == OP_EQ || op == OP_NE;
}

/* The register for a result whose operand was computed behind @mark. */
static u32 reuse(struct scr_compiler *c, u32 mark, u32 want)
{
	if (want != ANY)
		return want;
	if (c->temp == mark)
		gen_temp(c);
	return mark < ENG_MAX_REGS ? mark : ENG_MAX_REGS - 1;
}

/* Give back the temporaries behind @mark, but not the result @rd. */
static u32 finish(struct scr_compiler *c, u32 mark, u32 want, u32 rd)
{
	c->temp = want == ANY && rd == mark ? mark + 1 : mark;
	return rd;
}

static u32 binary(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	struct scr_node *a = n->a, *b = n->b;
	u32 mark = c->temp, ra, rd;

	if (a->kind == N_NUM && commutes(n->op)) {
		a = n->b;
		b = n->a;
	}
	ra = gen_expr(c, a, ANY);
	rd = reuse(c, mark, want);
	gen_arith(c, (enum scr_op)n->op, n->optype, rd, ra, b);
	return finish(c, mark, want, rd);
}

static u32 unary(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, ra, rd;
	enum eng_op op = n->op == OP_NEG ? ENG_OP_NEG : ENG_OP_NOT;

	if (n->op == OP_LNOT)
		return gen_truth(c, n, want);
	ra = gen_expr(c, n->a, ANY);
	rd = reuse(c, mark, want);
	if (scr_type_is_float(n->type)) {
		gen_emit(c, ENG_OP_FNEG, rd, ra, 0, scr_type_width(n->type));
		return finish(c, mark, want, rd);
	}
	gen_emit(c, op, rd, ra, 0, 0);
	if (n->type->size < 8)
		gen_emit(c, ENG_OP_EXT, rd, rd, n->type->ext, 0);
	return finish(c, mark, want, rd);
}

static u32 cast(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, ra, rd;

	if (!scr_type_needs_conv(n->type, n->a->type))
		return gen_expr(c, n->a, want);
	if (n->type->kind == SCR_BOOL)
		return gen_truth(c, n->a, want);
	ra = gen_expr(c, n->a, ANY);
	rd = reuse(c, mark, want);
	gen_convert(c, rd, ra, n->type, n->a->type);
	return finish(c, mark, want, rd);
}

/* --- calls --- */

/* Arguments into consecutive registers, the first of which also takes the result. */
static u32 arguments(struct scr_compiler *c, struct scr_node *a)
{
	u32 base = c->temp;

	if (!a)
		gen_temp(c);
	for (; a; a = a->next) {
		u32 r = gen_temp(c);

		gen_expr(c, a, r);
		c->temp = r + 1;
	}
	return base < ENG_MAX_REGS ? base : ENG_MAX_REGS - 1;
}

static u32 result(struct scr_compiler *c, u32 base, u32 want)
{
	c->temp = base + (want == ANY);
	if (want == ANY)
		return base;
	gen_move(c, want, base);
	return want;
}

static u32 call(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 base = c->temp;

	if (n->b) { /* where the structure that is returned goes */
		gen_address(c, n->b, gen_temp(c));
		if (n->a)
			arguments(c, n->a);
		base = base < ENG_MAX_REGS ? base : ENG_MAX_REGS - 1;
	} else {
		base = arguments(c, n->a);
	}
	gen_emit(c, ENG_OP_CALL, base, 0, 0, (s32)n->func->index);
	return result(c, base, want);
}

static u32 copy(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, rd = gen_dest(c, want), from = gen_expr(c, n->a, ANY);

	gen_address(c, n->b, rd);
	gen_emit(c, ENG_OP_COPY, rd, from, 0, (s32)n->type->size);
	c->temp = mark + (want == ANY);
	return rd;
}

static u32 print_format(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	struct scr_str *s = n->a->str;
	u32 base = arguments(c, n->a->next), nargs = 0;

	for (struct scr_node *a = n->a->next; a; a = a->next)
		nargs++;
	if (!s->placed)
		s->off = gen_data(c, s->bytes, s->len, 1);
	s->placed = true;
	gen_emit(c, ENG_OP_PRINTF, base, nargs, 0, (s32)s->off);
	return result(c, base, want);
}

/* Reading memory has an instruction of its own. */
static bool load_builtin(u64 id, u8 *ext, s32 *disp)
{
	*disp = 0;
	switch (id) {
	case ENG_BI_DB:
		*ext = ENG_U8;
		return true;
	case ENG_BI_DW:
	case ENG_BI_LOW:
		*ext = ENG_U16;
		return true;
	case ENG_BI_HI:
		*ext = ENG_U16;
		*disp = 2;
		return true;
	case ENG_BI_DD:
		*ext = ENG_U32;
		return true;
	case ENG_BI_DQ:
	case ENG_BI_POI:
		*ext = ENG_X64;
		return true;
	default:
		return false;
	}
}

static u32 load_memory(struct scr_compiler *c, struct scr_node *a, u8 ext, s32 disp, u32 want)
{
	u32 mark = c->temp, ra, rd;

	if (a->kind == N_BINARY && a->op == OP_ADD && a->type->size == 8 &&
	    gen_fits(a->b, -0x40000000, 0x40000000)) {
		disp += (s32)a->b->num;
		a = a->a;
	}
	ra = gen_expr(c, a, ANY);
	rd = reuse(c, mark, want);
	gen_emit(c, ENG_OP_LD, rd, ra, ext, disp);
	return finish(c, mark, want, rd);
}

static u32 builtin(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 base, nargs = 0;
	s32 disp;
	u8 ext;

	if (load_builtin(n->num, &ext, &disp))
		return load_memory(c, n->a, ext, disp, want);
	if (n->num == ENG_BI_NEG || n->num == ENG_BI_NOT) {
		u32 mark = c->temp, ra = gen_expr(c, n->a, ANY), rd = reuse(c, mark, want);

		gen_emit(c, n->num == ENG_BI_NEG ? ENG_OP_NEG : ENG_OP_NOT, rd, ra, 0, 0);
		return finish(c, mark, want, rd);
	}
	base = arguments(c, n->a);
	for (struct scr_node *a = n->a; a; a = a->next)
		nargs++;
	gen_emit(c, ENG_OP_BUILTIN, base, nargs, 0, (s32)n->num);
	return result(c, base, want);
}

/* --- the rest --- */

static u32 string(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 rd = gen_dest(c, want);

	if (!n->str->placed)
		n->str->off = gen_data(c, n->str->bytes, n->str->len, n->str->wide ? 2 : 1);
	n->str->placed = true;
	gen_emit(c, ENG_OP_LEAO, rd, 0, 0, (s32)n->str->off);
	return rd;
}

static u32 conditional(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	struct scr_label other = { 0 }, end = { 0 };
	u32 mark = c->temp, rd = gen_dest(c, want);

	gen_branch(c, n->a, false, &other);
	gen_expr(c, n->b, rd);
	gen_jump(c, ENG_OP_J, 0, 0, 0, &end);
	gen_bind(c, &other);
	gen_expr(c, n->c, rd);
	gen_bind(c, &end);
	c->temp = mark + (want == ANY);
	return rd;
}

static u32 load(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, rd;
	struct gen_place p;

	if (n->type->kind == SCR_STRUCT) {
		rd = gen_address(c, n, want);
		c->temp = mark + (want == ANY && rd >= mark);
		return rd;
	}
	gen_place(c, n, &p);
	if (p.kind == PLACE_REG)
		return gen_load(c, &p, want);
	c->temp = mark;
	rd = gen_load(c, &p, want);
	c->temp = mark + (want == ANY);
	return rd;
}

static u32 address(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 mark = c->temp, rd = gen_address(c, n->a, want);

	c->temp = mark + (want == ANY && rd >= mark);
	return rd;
}

u32 gen_expr(struct scr_compiler *c, struct scr_node *n, u32 want)
{
	u32 rd;

	c->line = n->span.line;
	switch ((enum scr_node_kind)n->kind) {
	case N_NUM:
	case N_FLOAT:
		rd = gen_dest(c, want);
		gen_const(c, rd, n->num);
		return rd;
	case N_STR:
		return string(c, n, want);
	case N_LOCAL:
	case N_GLOBAL:
	case N_REG:
	case N_PSEUDO:
	case N_DEREF:
	case N_INDEX:
	case N_MEMBER:
		return load(c, n, want);
	case N_CALL:
		return call(c, n, want);
	case N_COPY:
		return copy(c, n, want);
	case N_BUILTIN:
		return builtin(c, n, want);
	case N_PRINTF:
		return print_format(c, n, want);
	case N_UNARY:
		return unary(c, n, want);
	case N_BINARY:
		return binary(c, n, want);
	case N_LAND:
	case N_LOR:
		return gen_truth(c, n, want);
	case N_COND:
		return conditional(c, n, want);
	case N_COMMA:
		gen_effect(c, n->a);
		return gen_expr(c, n->b, want);
	case N_ASSIGN:
		return gen_assign(c, n, want, true);
	case N_INCDEC:
		return gen_incdec(c, n, want, true);
	case N_ADDR:
		return address(c, n, want);
	case N_MAP:
		return gen_map(c, n, want);
	case N_CAST:
		return cast(c, n, want);
	default:
		return gen_dest(c, want);
	}
}

void gen_effect(struct scr_compiler *c, struct scr_node *n)
{
	u32 mark = c->temp;
	struct scr_label end = { 0 };

	c->line = n->span.line;
	switch (n->kind) {
	case N_ASSIGN:
		gen_assign(c, n, ANY, false);
		break;
	case N_INCDEC:
		gen_incdec(c, n, ANY, false);
		break;
	case N_LAND:
	case N_LOR:
		gen_branch(c, n->a, n->kind == N_LOR, &end);
		gen_effect(c, n->b);
		gen_bind(c, &end);
		break;
	case N_CAST:
		gen_effect(c, n->a);
		break;
	case N_COMMA:
		gen_effect(c, n->a);
		gen_effect(c, n->b);
		break;
	default:
		gen_expr(c, n, ANY);
		break;
	}
	c->temp = mark;
}
