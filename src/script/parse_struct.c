/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse_struct.c - structures, enumerations and the constants that types are made with.
 *
 * Defines tags, members and enumerators; what is wrong with one member does not end
 * the structure.
 */
#include "parse.h"
#include "sema.h"

#define MAX_STRUCTS 1000 /* of a script; bounds the walk through those that point to each other */
#define MAX_STRUCT_NESTING 32 /* structures by value inside each other */

bool par_constant(struct scr_compiler *c, const char *what, struct scr_span *span, u64 *value)
{
	u32 errors = c->nerrors;
	struct scr_node *n;

	if (par_kind(c) == T_RBRACKET || par_kind(c) == T_COLON || par_kind(c) == T_RBRACE) {
		par_unexpected(c, what);
		return false;
	}
	n = par_assign(c);
	*span = n->span;
	if (n->kind != N_ERROR)
		n = sem_value(c, n);
	*value = n->num;
	if (n->kind == N_NUM)
		return true;
	if (c->nerrors == errors)
		scr_error(c, *span, NULL, "%s must be a constant", what);
	return false;
}

struct scr_name *par_member_name(struct scr_compiler *c)
{
	const struct scr_token *t = par_tok(c);
	const char *text = c->text + t->span.off;

	/* Behind '.' and '->' a name cannot be meant as a register or a function. */
	if (t->kind == T_BUILTIN || (t->kind == T_REG && text[0] != '@')) {
		par_next(c);
		return scr_intern(c, text, t->span.len);
	}
	return par_is_name(c, "the name of a member") ? par_next(c)->name : NULL;
}

/* --- structures --- */

static struct scr_struct *new_struct(struct scr_compiler *c, const char *tag)
{
	struct scr_struct *st = scr_struct_new(&c->arena, tag);

	if (!st)
		scr_oom(c);
	if (++c->nstructs == MAX_STRUCTS + 1)
		scr_error(c, par_tok(c)->span, NULL, "more than %u structures", MAX_STRUCTS);
	return st;
}

bool par_is_complete(struct scr_compiler *c, const struct scr_type *type, struct scr_span span)
{
	char name[128];

	while (type->kind == SCR_ARRAY)
		type = type->base;
	if (type->kind != SCR_STRUCT || type->st->complete)
		return true;
	scr_type_name(type, name, sizeof(name));
	scr_error(c, span,
		  type->st->defining
			  ? "a structure can hold a pointer to itself: '*' before the name"
			  : "a pointer to it may be declared before it is defined",
		  type->st->defining ? "'%s' cannot hold itself" : "'%s' is not defined", name);
	return false;
}

static bool nesting_allowed(struct scr_compiler *c, struct scr_struct *st,
			    const struct scr_type *type, struct scr_span span)
{
	while (type->kind == SCR_ARRAY)
		type = type->base;
	if (type->kind != SCR_STRUCT || type->st->nested < st->nested)
		return true;
	st->nested = type->st->nested + 1;
	if (st->nested <= MAX_STRUCT_NESTING)
		return true;
	scr_error(c, span, NULL, "more than %u structures inside each other", MAX_STRUCT_NESTING);
	return false;
}

static bool add_member(struct scr_compiler *c, struct scr_struct *st, struct scr_name *name,
		       const struct scr_type *type, struct scr_span span)
{
	struct scr_member *m;

	if (scr_struct_find(st, name->text)) {
		scr_error(c, span, NULL, "two members are called '%s'", name->text);
		return false;
	}
	if (!par_is_complete(c, type, span) || !nesting_allowed(c, st, type, span))
		return false;
	m = scr_alloc(c, sizeof(*m));
	m->name = name->text;
	m->type = type->kind == SCR_VOID ? SCR_TYPE(ULLONG) : type;
	if (scr_struct_add(st, m))
		return true;
	scr_error(c, span, NULL, "this structure is too big: at most %x bytes", ENG_MAX_MEM);
	return false;
}

/* `T x, *y, z[2];` */
static bool member_line(struct scr_compiler *c, struct scr_struct *st)
{
	const struct scr_type *base;

	if (!par_at_type(c, 0)) {
		par_unexpected(c, "the type of a member");
		return false;
	}
	base = par_base_type(c);
	if (!base)
		return false;
	do {
		const struct scr_type *type = par_stars(c, base);
		struct scr_span span = par_tok(c)->span;
		struct scr_name *name = type ? par_member_name(c) : NULL;

		if (!name)
			return false;
		if (par_kind(c) == T_COLON) {
			scr_error(c, par_tok(c)->span,
				  "declare a whole member; take its bits with '>>' and '&'",
				  "bit-fields are not part of the language");
			return false;
		}
		type = par_dimensions(c, type, false);
		if (!type || !add_member(c, st, name, type, span))
			return false;
	} while (par_accept(c, T_COMMA));
	return par_expect(c, T_SEMI, "after the member");
}

/* Behind an error: to the next member or to the end of the structure. */
static void skip_member(struct scr_compiler *c)
{
	u32 depth = 0;

	for (; par_kind(c) != T_END; par_next(c)) {
		enum scr_tok kind = par_kind(c);

		if (kind == T_RBRACE && !depth)
			return;
		depth += kind == T_LBRACE;
		depth -= kind == T_RBRACE;
		if (kind == T_SEMI && !depth) {
			par_next(c);
			return;
		}
	}
}

static const struct scr_type *members(struct scr_compiler *c, struct scr_struct *st)
{
	struct scr_span open = par_next(c)->span;

	st->defining = true;
	while (par_kind(c) != T_RBRACE && par_kind(c) != T_END && !c->stopped) {
		if (!member_line(c, st)) {
			st->broken = true;
			skip_member(c);
		}
	}
	if (!par_accept(c, T_RBRACE) && !c->stopped)
		scr_error(c, open, NULL, "this '{' is never closed");
	scr_struct_complete(st);
	return &st->type[0];
}

const struct scr_type *par_struct(struct scr_compiler *c)
{
	struct scr_struct *st;
	struct scr_token *t;
	const struct scr_type *type;

	par_next(c);
	if (par_kind(c) == T_LBRACE) {
		st = new_struct(c, NULL);
	} else {
		if (!par_is_name(c, "the tag of a structure"))
			return NULL;
		t = par_next(c);
		if (!t->name->tag)
			t->name->tag = new_struct(c, t->name->text);
		st = t->name->tag;
		if (par_kind(c) != T_LBRACE)
			return &st->type[0];
		if (st->complete || st->defining) {
			scr_error(c, t->span, NULL, "'struct %s' is defined twice (first %s)",
				  t->name->text, scr_where(c, t->name->tag_span, t->span));
			st = new_struct(c, t->name->text); /* so that its members are looked at */
		} else {
			t->name->tag_span = t->span;
		}
	}
	if (!par_enter(c))
		return NULL;
	type = members(c, st);
	par_leave(c);
	return type;
}

/* --- enumerations --- */

static bool enumerator(struct scr_compiler *c, u64 *value, bool *wide)
{
	struct scr_token *t = par_tok(c);
	struct scr_span span;

	if (!par_is_name(c, "the name of a constant"))
		return false;
	par_next(c);
	if (par_accept(c, T_SET) && !par_constant(c, "the value of the constant", &span, value))
		return false;
	if (t->name->is_constant) {
		scr_error(c, t->span, NULL, "the constant '%s' is defined twice (first %s)",
			  t->name->text, scr_where(c, t->name->constant_span, t->span));
		return false;
	}
	t->name->constant_span = t->span;
	t->name->is_constant = true;
	t->name->constant = *value;
	*wide |= (s64)*value != (s32)*value;
	++*value;
	return true;
}

const struct scr_type *par_enum(struct scr_compiler *c)
{
	struct scr_name *tag = NULL;
	const struct scr_type *type;
	bool wide = false;
	u64 value = 0;

	par_next(c);
	if (par_kind(c) != T_LBRACE) {
		if (!par_is_name(c, "the tag of an enumeration"))
			return NULL;
		tag = par_next(c)->name;
		if (par_kind(c) != T_LBRACE) {
			if (!tag->enum_type)
				scr_error(c, par_before(c), NULL, "'enum %s' is not defined",
					  tag->text);
			return tag->enum_type;
		}
		if (tag->enum_type) {
			scr_error(c, par_before(c), NULL, "'enum %s' is defined twice (first %s)",
				  tag->text, scr_where(c, tag->enum_span, par_before(c)));
			return NULL;
		}
		tag->enum_span = par_before(c);
	}
	par_next(c);
	do {
		if (par_kind(c) == T_RBRACE)
			break;
		if (!enumerator(c, &value, &wide)) {
			skip_member(c);
			break;
		}
	} while (par_accept(c, T_COMMA));
	if (!par_expect(c, T_RBRACE, "after the last constant"))
		return NULL;
	type = wide ? SCR_TYPE(LONG) : SCR_TYPE(S32);
	if (tag)
		tag->enum_type = type;
	return type;
}
