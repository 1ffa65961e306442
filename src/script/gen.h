/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen.h - what the files of code generation ask of each other.
 *
 * Private to src/script/gen*.c. Locals have fixed registers; temporaries are a
 * stack above them: who takes one remembers c->temp before and puts it back.
 */
#ifndef SCRIPT_GEN_H
#define SCRIPT_GEN_H

#include "compiler.h"

#define ANY 0xffffu /* no register is wished for */

/* gen.c: instructions, labels, constants */
u32 gen_emit(struct scr_compiler *c, enum eng_op op, u32 a, u32 b, u32 cc, s32 imm);
void gen_jump(struct scr_compiler *c, enum eng_op op, u32 a, u32 b, u32 cc, struct scr_label *l);
void gen_bind(struct scr_compiler *c, struct scr_label *l);
u32 gen_temp(struct scr_compiler *c);
/* @want, or a new temporary when that is ANY. */
u32 gen_dest(struct scr_compiler *c, u32 want);
void gen_const(struct scr_compiler *c, u32 reg, u64 value);
/* Copies @len bytes and a NUL of @nul bytes into the constant data; its offset. */
u32 gen_data(struct scr_compiler *c, const void *bytes, u32 len, u32 nul);
void gen_move(struct scr_compiler *c, u32 to, u32 from);
/* Make a value of @from one of @to; @rd may be @rs. */
void gen_convert(struct scr_compiler *c, u32 rd, u32 rs, const struct scr_type *to,
		 const struct scr_type *from);
/* R[rd] = 1 when the floating-point number in R[rs] is zero. */
void gen_float_is_zero(struct scr_compiler *c, u32 rd, u32 rs, const struct scr_type *t);
bool gen_fits(const struct scr_node *n, s64 min, s64 max); /* a constant in this range */

/* gen_expr.c: the register that holds the value (a structure: its address); @want, unless ANY */
u32 gen_expr(struct scr_compiler *c, struct scr_node *n, u32 want);
void gen_effect(struct scr_compiler *c, struct scr_node *n); /* the value is not needed */
/* R[rd] = R[ra] op the operand @b, in type @t, normalised. */
void gen_arith(struct scr_compiler *c, enum scr_op op, const struct scr_type *t, u32 rd, u32 ra,
	       struct scr_node *b);

/* gen_cond.c: jump to @l when the truth of @n is @sense, else fall through */
void gen_branch(struct scr_compiler *c, struct scr_node *n, bool sense, struct scr_label *l);
u32 gen_truth(struct scr_compiler *c, struct scr_node *n, u32 want); /* 0 or 1 */

/* gen_place.c: places that are read and written */
struct gen_place {
	enum {
		PLACE_REG,
		PLACE_FRAME,
		PLACE_GLOBAL,
		PLACE_CPU,
		PLACE_PSEUDO,
		PLACE_MEM,
		PLACE_MAP
	} kind;
	const struct scr_type *type;
	u32 reg; /* REG; MEM: the address */
	u32 index; /* offset, slot, register name, pseudo-register */
	s32 disp; /* MEM */
	bool exact; /* FRAME: a part of something bigger, stored with its own width */
};
void gen_place(struct scr_compiler *c, struct scr_node *n, struct gen_place *p);
u32 gen_load(struct scr_compiler *c, const struct gen_place *p, u32 want);
void gen_store(struct scr_compiler *c, const struct gen_place *p, u32 reg);
u32 gen_address(struct scr_compiler *c, struct scr_node *n, u32 want);
u32 gen_assign(struct scr_compiler *c, struct scr_node *n, u32 want, bool need);
u32 gen_incdec(struct scr_compiler *c, struct scr_node *n, u32 want, bool need);

/* gen_stmt.c */
void gen_statement(struct scr_compiler *c, struct scr_node *n);

/* gen_init.c: the declaration of an array or a structure */
void gen_aggregate(struct scr_compiler *c, struct scr_node *n);

/* gen_switch.c */
void gen_switch(struct scr_compiler *c, struct scr_node *n);

/* gen_map.c */
u32 gen_map(struct scr_compiler *c, struct scr_node *n, u32 want);
void gen_map_place(struct scr_compiler *c, struct scr_node *n, struct gen_place *p);
u32 gen_map_load(struct scr_compiler *c, const struct gen_place *p, u32 want);
void gen_map_store(struct scr_compiler *c, const struct gen_place *p, u32 reg);
/* An assignment, ++ or -- that is one operation on a map, and that operation. */
bool gen_map_adds(const struct scr_node *n);
u32 gen_map_add(struct scr_compiler *c, struct scr_node *n, struct scr_node *operand, u32 want,
		bool old);

#endif
