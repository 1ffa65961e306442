/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen.c - the instruction buffer: emitting, jumps, constants, temporaries.
 *
 * Knows the bytecode and no statement or expression.
 */
#include "gen.h"

static void too_complex(struct scr_compiler *c, const char *what)
{
	struct scr_span here = { c->text_line[c->line].off, 1, c->line };

	if (!c->too_complex)
		scr_error(c, here, "split it into functions", "%s", what);
	c->too_complex = true;
}

static void note_use(struct scr_compiler *c, enum eng_op op, s32 imm)
{
	switch (op) {
	case ENG_OP_LDREG:
		c->head.regs_read |= ENG_BIT(eng_reg_names[imm].reg);
		break;
	case ENG_OP_STREG:
		c->head.regs_written |= ENG_BIT(eng_reg_names[imm].reg);
		if (eng_reg_names[imm].width != 64) /* the other bits stay */
			c->head.regs_read |= ENG_BIT(eng_reg_names[imm].reg);
		break;
	case ENG_OP_LDPS:
		c->head.pseudo_read |= ENG_BIT(imm);
		break;
	case ENG_OP_STPS:
		c->head.pseudo_written |= ENG_BIT(imm);
		break;
	case ENG_OP_BUILTIN:
		c->head.builtins[imm / 64] |= ENG_BIT(imm % 64);
		break;
	case ENG_OP_MAP:
		if ((u32)imm >= c->head.nmaps)
			c->head.nmaps = (u32)imm + 1;
		break;
	case ENG_OP_LDG:
	case ENG_OP_STG:
	case ENG_OP_LEAG:
		if ((u32)imm >= c->head.nglobals)
			c->head.nglobals = (u32)imm + 1;
		break;
	default:
		break;
	}
}

static u32 line_word(const struct scr_line *line)
{
	u32 number = line->number < ENG_LINE_MASK ? line->number : ENG_LINE_MASK;

	return line->file->index << ENG_LINE_BITS | number;
}

u32 gen_emit(struct scr_compiler *c, enum eng_op op, u32 a, u32 b, u32 cc, s32 imm)
{
	if (c->ncode >= ENG_MAX_CODE - 1) {
		too_complex(c, "this script has too many instructions");
		return 0;
	}
	c->code = scr_grow(c, c->code, c->ncode, &c->cap_code, sizeof(*c->code));
	c->lines = scr_grow(c, c->lines, c->ncode, &c->cap_codelines, sizeof(*c->lines));
	c->lines[c->ncode] = line_word(&c->text_line[c->line]);
	c->code[c->ncode] = (struct eng_insn){ (u8)op, (u8)a, (u8)b, (u8)cc, imm };
	note_use(c, op, imm);
	return c->ncode++;
}

void gen_jump(struct scr_compiler *c, enum eng_op op, u32 a, u32 b, u32 cc, struct scr_label *l)
{
	u32 pc = gen_emit(c, op, a, b, cc,
			  l->bound ? (s32)l->pc - (s32)(c->ncode + 1) : (s32)l->refs);

	if (!l->bound)
		l->refs = pc + 1;
}

void gen_bind(struct scr_compiler *c, struct scr_label *l)
{
	if (c->too_complex)
		return;
	l->bound = true;
	l->pc = c->ncode;
	for (u32 ref = l->refs; ref;) {
		struct eng_insn *in = &c->code[ref - 1];
		u32 next = (u32)in->imm;

		in->imm = (s32)l->pc - (s32)ref;
		ref = next;
	}
}

u32 gen_temp(struct scr_compiler *c)
{
	if (c->temp >= ENG_MAX_REGS) {
		too_complex(c,
			    "an expression of this function needs more registers than there are");
		return ENG_MAX_REGS - 1;
	}
	if (c->temp >= c->max_regs)
		c->max_regs = c->temp + 1;
	return c->temp++;
}

u32 gen_dest(struct scr_compiler *c, u32 want)
{
	return want == ANY ? gen_temp(c) : want;
}

static void const_grow(struct scr_compiler *c)
{
	u32 size = c->const_hash ? (c->const_mask + 1) * 2 : 32;

	c->const_hash = scr_alloc(c, size * sizeof(*c->const_hash));
	c->const_mask = size - 1;
	for (u32 i = 0; i < c->nconsts; i++) {
		u32 slot = scr_hash((const char *)&c->consts[i], 8) & c->const_mask;

		while (c->const_hash[slot])
			slot = (slot + 1) & c->const_mask;
		c->const_hash[slot] = i + 1;
	}
}

static u32 const_index(struct scr_compiler *c, u64 value)
{
	u32 slot;

	if (c->nconsts * 2 >= c->const_mask)
		const_grow(c);
	for (slot = scr_hash((const char *)&value, 8) & c->const_mask; c->const_hash[slot];
	     slot = (slot + 1) & c->const_mask)
		if (c->consts[c->const_hash[slot] - 1] == value)
			return c->const_hash[slot] - 1;
	c->consts = scr_grow(c, c->consts, c->nconsts, &c->cap_consts, sizeof(*c->consts));
	c->consts[c->nconsts++] = value;
	c->const_hash[slot] = c->nconsts;
	return c->nconsts - 1;
}

void gen_const(struct scr_compiler *c, u32 reg, u64 value)
{
	if ((s64)value == (s32)value)
		gen_emit(c, ENG_OP_LDI, reg, 0, 0, (s32)value);
	else
		gen_emit(c, ENG_OP_LDK, reg, 0, 0, (s32)const_index(c, value));
}

u32 gen_data(struct scr_compiler *c, const void *bytes, u32 len, u32 nul)
{
	u32 off = c->ndata;

	if (len > ENG_MAX_DATA - 8 || off > ENG_MAX_DATA - len - 8) {
		too_complex(c, "the strings of this script are too long together");
		return 0;
	}
	while (c->ndata + len + nul > c->cap_data)
		c->data = scr_grow(c, c->data, c->cap_data, &c->cap_data, 1);
	memcpy(c->data + off, bytes, len);
	memset(c->data + off + len, 0, nul);
	c->ndata += len + nul;
	return off;
}

void gen_move(struct scr_compiler *c, u32 to, u32 from)
{
	if (to != from)
		gen_emit(c, ENG_OP_MOV, to, from, 0, 0);
}

void gen_float_is_zero(struct scr_compiler *c, u32 rd, u32 rs, const struct scr_type *t)
{
	u32 mark = c->temp, zero = gen_temp(c);

	gen_const(c, zero, 0);
	gen_emit(c, ENG_OP_FSEQ, rd, rs, zero, scr_type_width(t));
	c->temp = mark;
}

/* At least one of the two types is a floating-point one. */
static void convert_float(struct scr_compiler *c, u32 rd, u32 rs, const struct scr_type *to,
			  const struct scr_type *from)
{
	if (!scr_type_is_float(from)) {
		gen_emit(c, from->is_signed ? ENG_OP_STOF : ENG_OP_UTOF, rd, rs, 0,
			 scr_type_width(to));
	} else if (scr_type_is_float(to)) {
		gen_emit(c, ENG_OP_FCVT, rd, rs, 0, scr_type_width(to));
	} else if (to->kind == SCR_BOOL) {
		gen_float_is_zero(c, rd, rs, from);
		gen_emit(c, ENG_OP_LNOT, rd, rd, 0, 0);
	} else {
		gen_emit(c, to->is_signed ? ENG_OP_FTOS : ENG_OP_FTOU, rd, rs, to->ext,
			 scr_type_width(from));
	}
}

void gen_convert(struct scr_compiler *c, u32 rd, u32 rs, const struct scr_type *to,
		 const struct scr_type *from)
{
	if (!scr_type_needs_conv(to, from))
		gen_move(c, rd, rs);
	else if (scr_type_is_float(to) || scr_type_is_float(from))
		convert_float(c, rd, rs, to, from);
	else if (to->kind == SCR_BOOL)
		gen_emit(c, ENG_OP_BOOL, rd, rs, 0, 0);
	else
		gen_emit(c, ENG_OP_EXT, rd, rs, to->ext, 0);
}

bool gen_fits(const struct scr_node *n, s64 min, s64 max)
{
	return n->kind == N_NUM && (s64)n->num >= min && (s64)n->num <= max;
}
