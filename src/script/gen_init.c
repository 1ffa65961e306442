/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_init.c - arrays and structures that are declared: cleared, or filled from constant
 * data and then with what is only known at run time.
 */
#include "gen.h"

#define ZERO_STEP 0x7ff8 /* bytes that one ZEROF clears: sBC, multiple of 8 */

/* The constants of an initialiser as the bytes that they are in memory. */
static bool constant_image(struct scr_compiler *c, const struct scr_node *init, u32 size,
			   u8 **image)
{
	bool any = false;

	*image = scr_alloc(c, size);
	for (const struct scr_node *e = init->a; e; e = e->next) {
		if (e->a->kind == N_STR) {
			memcpy(*image + e->num, e->a->str->bytes, e->a->str->len);
			any |= e->a->str->len != 0;
		}
		if (e->a->kind != N_NUM)
			continue;
		/* little-endian, as the engine's memory is */
		memcpy(*image + e->num, &e->a->num, e->type->size);
		any |= e->a->num != 0;
	}
	return any;
}

static void clear_frame(struct scr_compiler *c, u32 off, u32 size)
{
	size = (size + 7) & ~7u;
	while (size) {
		u32 n = size < ZERO_STEP ? size : ZERO_STEP;

		gen_emit(c, ENG_OP_ZEROF, 0, n & 0xff, n >> 8, (s32)off);
		off += n;
		size -= n;
	}
}

/* One part that is no constant, into the variable at @base. */
static void part(struct scr_compiler *c, struct scr_node *e, u32 base)
{
	u32 mark = c->temp, to, value = gen_expr(c, e->a, ANY);

	if (e->type->kind == SCR_STRUCT) {
		to = gen_temp(c);
		gen_emit(c, ENG_OP_ADDI, to, base, 0, (s32)e->num);
		gen_emit(c, ENG_OP_COPY, to, value, 0, (s32)e->type->size);
	} else {
		gen_emit(c, ENG_OP_ST, base, value, e->type->ext, (s32)e->num);
	}
	c->temp = mark;
}

static void list(struct scr_compiler *c, struct scr_node *target, struct scr_node *init)
{
	u32 size = target->type->size, base, src;
	bool local = target->kind == N_LOCAL, any;
	u8 *image = NULL;

	any = constant_image(c, init, size, &image);
	base = gen_address(c, target, ANY);
	if (any || !local) {
		src = gen_temp(c);
		gen_emit(c, ENG_OP_LEAO, src, 0, 0, (s32)gen_data(c, image, size, 1));
		gen_emit(c, ENG_OP_COPY, base, src, 0, (s32)size);
		c->temp = src;
	} else {
		clear_frame(c, target->local->where, size);
	}
	for (struct scr_node *e = init->a; e; e = e->next)
		if (e->a->kind != N_NUM && e->a->kind != N_STR)
			part(c, e, base);
}

void gen_aggregate(struct scr_compiler *c, struct scr_node *n)
{
	u32 from, to;

	if (!n->b) {
		if (n->a->kind == N_LOCAL) /* a global keeps what it has */
			clear_frame(c, n->a->local->where, n->a->type->size);
	} else if (n->b->kind == N_INIT) {
		list(c, n->a, n->b);
	} else {
		from = gen_expr(c, n->b, ANY);
		to = gen_address(c, n->a, ANY);
		gen_emit(c, ENG_OP_COPY, to, from, 0, (s32)n->a->type->size);
	}
}
