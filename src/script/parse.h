/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.h - what the parser's files ask of each other.
 *
 * Private to src/script/parse*.c.
 */
#ifndef SCRIPT_PARSE_H
#define SCRIPT_PARSE_H

#include "compiler.h"

static inline struct scr_token *par_tok(struct scr_compiler *c)
{
	return &c->tok[c->cur];
}

static inline enum scr_tok par_kind(struct scr_compiler *c)
{
	return (enum scr_tok)c->tok[c->cur].kind;
}

static inline enum scr_tok par_ahead(struct scr_compiler *c, u32 n)
{
	return c->cur + n < c->ntok ? (enum scr_tok)c->tok[c->cur + n].kind : T_END;
}

/* The token before the current one; the first one when there is none. */
static inline struct scr_span par_before(struct scr_compiler *c)
{
	return c->tok[c->cur ? c->cur - 1 : 0].span;
}

/* parse.c */
struct scr_node *par_node(struct scr_compiler *c, enum scr_node_kind kind, struct scr_span span);
struct scr_token *par_next(struct scr_compiler *c); /* the current one; moves on */
bool par_accept(struct scr_compiler *c, enum scr_tok kind);
/* @where: "after the condition"; says what was found instead. */
bool par_expect(struct scr_compiler *c, enum scr_tok kind, const char *where);
/* "expected WHAT, found ..." at the current token, with the hints that are known. */
void par_unexpected(struct scr_compiler *c, const char *what);
bool par_enter(struct scr_compiler *c); /* one level deeper; false: too deep, said */
void par_leave(struct scr_compiler *c);
struct scr_node *par_block(struct scr_compiler *c);

/* parse_expr.c; never NULL: N_ERROR when it was not an expression */
struct scr_node *par_expr(struct scr_compiler *c); /* with comma operator */
struct scr_node *par_assign(struct scr_compiler *c); /* without */

/* parse_decl.c */
bool par_at_type(struct scr_compiler *c, u32 ahead);
/* Words, tags and definitions; then pointers; then dimensions. NULL: said. */
const struct scr_type *par_base_type(struct scr_compiler *c);
const struct scr_type *par_stars(struct scr_compiler *c, const struct scr_type *type);
/* @open: the first may be left out; the array then has 0 elements until they are counted. */
const struct scr_type *par_dimensions(struct scr_compiler *c, const struct scr_type *type,
				      bool open);
/* Base type and stars of a cast or sizeof; NULL: said. */
const struct scr_type *par_type_name(struct scr_compiler *c);
struct scr_node *par_decl(struct scr_compiler *c, bool in_for);
void par_typedef(struct scr_compiler *c);
/* Says what to use instead of a word that is no name. */
bool par_is_name(struct scr_compiler *c, const char *what);

/* parse_struct.c; the current token is `struct` or `enum`; NULL: said */
const struct scr_type *par_struct(struct scr_compiler *c);
const struct scr_type *par_enum(struct scr_compiler *c);
struct scr_name *par_member_name(struct scr_compiler *c);
/* False, and said, for a structure that can have no variable yet. */
bool par_is_complete(struct scr_compiler *c, const struct scr_type *type, struct scr_span span);
/* An expression that can be computed now; @what for messages: "the number of elements". */
bool par_constant(struct scr_compiler *c, const char *what, struct scr_span *span, u64 *value);

#endif
