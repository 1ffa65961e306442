/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen_stmt.c - statements, declarations and functions.
 *
 * Runs only on a tree without errors.
 */
#include "gen.h"

static void body(struct scr_compiler *c, struct scr_node *n)
{
	if (n)
		gen_statement(c, n);
}

static void declaration(struct scr_compiler *c, struct scr_node *n)
{
	u32 mark = c->temp;
	struct gen_place p;

	c->line = n->span.line;
	if (scr_type_is_aggregate(n->a->type)) {
		gen_aggregate(c, n);
		c->temp = mark;
		return;
	}
	if (!n->b && n->a->kind != N_LOCAL)
		return; /* a global without a value keeps the one it has */
	gen_place(c, n->a, &p);
	if (p.kind == PLACE_REG && n->b) {
		gen_expr(c, n->b, p.reg);
	} else if (p.kind == PLACE_REG) {
		gen_const(c, p.reg, 0);
	} else if (n->b) {
		gen_store(c, &p, gen_expr(c, n->b, ANY));
	} else {
		u32 zero = gen_temp(c);

		gen_const(c, zero, 0);
		gen_store(c, &p, zero);
	}
	c->temp = mark;
}

static void if_statement(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_label end = { 0 };

	for (;; n = n->c) {
		struct scr_label other = { 0 };

		gen_branch(c, n->a, false, &other);
		body(c, n->b);
		if (n->c)
			gen_jump(c, ENG_OP_J, 0, 0, 0, &end);
		gen_bind(c, &other);
		if (!n->c || n->c->kind != N_IF)
			break;
	}
	body(c, n->c);
	gen_bind(c, &end);
}

/* @first: the test comes before the first round; @test may be NULL: for ever. */
static void loop(struct scr_compiler *c, struct scr_node *n, struct scr_node *test,
		 struct scr_node *step, bool first)
{
	struct scr_label top = { 0 }, again = { 0 }, check = { 0 }, out = { 0 };
	struct scr_label *on_break = c->on_break, *on_continue = c->on_continue;

	c->on_break = &out;
	c->on_continue = step ? &again : &check;
	if (first && test)
		gen_jump(c, ENG_OP_J, 0, 0, 0, &check);
	gen_bind(c, &top);
	body(c, n);
	gen_bind(c, &again);
	if (step)
		gen_effect(c, step);
	gen_bind(c, &check);
	if (test)
		gen_branch(c, test, true, &top);
	else
		gen_jump(c, ENG_OP_J, 0, 0, 0, &top);
	gen_bind(c, &out);
	c->on_break = on_break;
	c->on_continue = on_continue;
}

static void for_statement(struct scr_compiler *c, struct scr_node *n)
{
	if (n->a && n->a->kind == N_DECLS)
		gen_statement(c, n->a);
	else if (n->a)
		gen_effect(c, n->a);
	loop(c, n->d, n->b, n->c, true);
}

static void return_statement(struct scr_compiler *c, struct scr_node *n)
{
	u32 mark = c->temp, reg;

	if (!n->a && !c->fn->name) {
		gen_emit(c, ENG_OP_END, 0, 0, 0, 0);
		return;
	}
	if (n->a && c->fn->result_at) {
		reg = c->fn->result_at->where;
		gen_emit(c, ENG_OP_COPY, reg, gen_expr(c, n->a, ANY), 0, (s32)n->a->type->size);
	} else if (n->a) {
		reg = gen_expr(c, n->a, ANY);
	} else {
		reg = gen_temp(c);
		gen_const(c, reg, 0);
	}
	gen_emit(c, ENG_OP_RET, reg, 0, 0, 0);
	c->temp = mark;
}

void gen_statement(struct scr_compiler *c, struct scr_node *n)
{
	c->line = n->span.line;
	switch ((enum scr_node_kind)n->kind) {
	case N_EXPR:
		gen_effect(c, n->a);
		break;
	case N_DECLS:
		for (struct scr_node *d = n->a; d; d = d->next)
			declaration(c, d);
		break;
	case N_IF:
		if_statement(c, n);
		break;
	case N_WHILE:
		loop(c, n->b, n->a, NULL, true);
		break;
	case N_DO:
		loop(c, n->b, n->a, NULL, false);
		break;
	case N_FOR:
		for_statement(c, n);
		break;
	case N_SWITCH:
		gen_switch(c, n);
		break;
	case N_CASE:
		gen_bind(c, n->label);
		break;
	case N_BREAK:
		gen_jump(c, ENG_OP_J, 0, 0, 0, c->on_break);
		break;
	case N_CONTINUE:
		gen_jump(c, ENG_OP_J, 0, 0, 0, c->on_continue);
		break;
	case N_RETURN:
		return_statement(c, n);
		break;
	case N_BLOCK:
		for (struct scr_node *s = n->a; s; s = s->next)
			gen_statement(c, s);
		break;
	default:
		break;
	}
}

/* Behind the last statement: what nothing was returned for is 0. */
static void end_function(struct scr_compiler *c, struct scr_func *fn)
{
	struct scr_local *to = fn->result_at;
	u32 reg;

	if (!fn->name) {
		gen_emit(c, ENG_OP_END, 0, 0, 0, 0);
		return;
	}
	reg = gen_temp(c);
	if (to) {
		u32 size = fn->result->size;

		gen_emit(c, ENG_OP_LEAO, reg, 0, 0, (s32)gen_data(c, scr_alloc(c, size), size, 1));
		gen_emit(c, ENG_OP_COPY, to->where, reg, 0, (s32)size);
		gen_move(c, reg, to->where);
	} else {
		gen_const(c, reg, 0);
	}
	gen_emit(c, ENG_OP_RET, reg, 0, 0, 0);
}

static void function(struct scr_compiler *c, struct scr_func *fn, struct eng_func *out)
{
	u32 entry = c->ncode, reg = 0;

	c->fn = fn;
	c->temp = fn->local_regs;
	c->max_regs = fn->local_regs;
	c->too_complex = false;
	c->line = fn->span.line;
	for (struct scr_local *l = fn->locals; l && l->is_param; l = l->next, reg++)
		if (l->in_memory)
			gen_emit(c, ENG_OP_STF, reg, 0, ENG_X64, (s32)l->where);
	for (struct scr_node *s = fn->body->a; s; s = s->next)
		gen_statement(c, s);
	end_function(c, fn);
	*out = (struct eng_func){
		.entry = entry,
		.len = c->ncode - entry,
		.nregs = (u16)(c->max_regs ? c->max_regs : 1),
		.nparams = (u16)(fn->nparams + (fn->result_at != NULL)),
		.mem = fn->mem,
		.name = gen_data(c, fn->name ? fn->name->text : "main",
				 fn->name ? fn->name->len : 4, 1),
	};
}

void scr_gen(struct scr_compiler *c)
{
	u32 i = 0;

	c->funcs = scr_alloc(c, c->nfuncs * sizeof(*c->funcs));
	for (struct scr_func *fn = c->func; fn && !c->nerrors; fn = fn->next)
		function(c, fn, &c->funcs[i++]);
}
