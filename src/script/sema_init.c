/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_init.c - initialisers of variables: scalars, arrays, structures.
 *
 * Turns a list in braces into parts, each with its offset. Emits nothing.
 */
#include "sema.h"

/* A list being used up; the parts found so far. */
struct filler {
	struct scr_node *next; /* of the list */
	struct scr_node ***tail;
	u32 elements; /* of the array that was filled last */
};

static bool fill(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f);

static void add_part(struct scr_compiler *c, struct scr_node *value, const struct scr_type *t,
		     u32 off, struct filler *f)
{
	struct scr_node *part = scr_alloc(c, sizeof(*part));

	part->kind = N_PART;
	part->span = value->span;
	part->type = t;
	part->num = off;
	part->a = value;
	**f->tail = part;
	*f->tail = &part->next;
}

static bool too_many(struct scr_compiler *c, const struct scr_node *n, const struct scr_type *t)
{
	char name[128];

	if (t->kind == SCR_STRUCT)
		scr_error(c, n->span, NULL, "too many values: '%s' has fewer members",
			  scr_type_name(t, name, sizeof(name)));
	else
		scr_error(c, n->span, NULL, "too many values: the array has %x elements", t->count);
	return false;
}

/* A pointer is made from a pointer, from 0 or with a cast. */
static bool pointer_allowed(struct scr_compiler *c, const struct scr_node *value,
			    const struct scr_type *t)
{
	char name[128];

	sem_keep_const(c, value, t);
	if (t->kind != SCR_PTR || value->type->kind == SCR_PTR ||
	    (value->kind == N_NUM && !value->num))
		return true;
	scr_type_name(t, name, sizeof(name));
	scr_error(c, value->span, scr_textf(c, "cast it: (%s)...", name),
		  "a number cannot initialise a pointer of type '%s'", name);
	return false;
}

/* The next value of the list for a scalar. */
static bool fill_scalar(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f)
{
	struct scr_node *e = f->next;

	f->next = e->next;
	if (e->kind == N_INIT) { /* { 5 } */
		if (!e->a || e->a->next || e->a->kind == N_INIT) {
			scr_error(c, e->span, NULL, "one value is expected here, not a list");
			return false;
		}
		e = e->a;
	}
	if (e->kind == N_DESIGNATED) {
		scr_error(c, e->span, NULL, "only a structure has members");
		return false;
	}
	e = sem_value(c, e);
	if (e->kind == N_ERROR || !pointer_allowed(c, e, t))
		return false;
	e = sem_convert(c, e, t);
	e->next = NULL;
	add_part(c, e, t, off, f);
	return e->kind != N_ERROR;
}

static bool fill_array(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f,
		       bool own)
{
	u32 i = 0;

	for (; i < t->count && f->next; i++) {
		if (f->next->kind == N_DESIGNATED && !own)
			break; /* of the structure around */
		if (!fill(c, t->base, off + i * t->base->size, f))
			return false;
	}
	f->elements = i;
	return true;
}

/* Is it an array that a string of this width can be in? */
static bool holds_string(const struct scr_type *t, const struct scr_str *s)
{
	return t->kind == SCR_ARRAY && scr_type_is_int(t->base) && t->base->kind != SCR_BOOL &&
	       t->base->size == (s->wide ? 2 : 1);
}

/* "text" in an array; as in C, its NUL may be left out where there is no room for it. */
static bool fill_string(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f)
{
	struct scr_node *e = f->next;

	f->next = e->next;
	e->next = NULL;
	if (!holds_string(t, e->str)) {
		scr_error(c, e->span, NULL, "a %s string initialises only an array of '%s'",
			  e->str->wide ? "wide" : "narrow", e->str->wide ? "short" : "char");
		return false;
	}
	if (e->str->len > t->size) {
		scr_error(c, e->span, NULL, "the string has %x characters, the array %x elements",
			  e->str->len / t->base->size, t->count);
		return false;
	}
	add_part(c, e, t, off, f);
	return true;
}

/* `.name = value`: the member to go on with, or NULL. */
static const struct scr_member *designated(struct scr_compiler *c, const struct scr_type *t,
					   struct filler *f)
{
	struct scr_node *e = f->next;
	const struct scr_member *m = sem_find_member(c, t, e->name, e->span);

	if (!m)
		return NULL;
	e->a->next = e->next;
	f->next = e->a;
	return m;
}

/* @own: the list is this structure's; without braces it is that of something around. */
static bool fill_struct(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f,
			bool own)
{
	const struct scr_member *m = t->st->member;

	while (f->next) {
		if (f->next->kind == N_DESIGNATED) {
			if (!own)
				return true;
			m = designated(c, t, f);
			if (!m)
				return false;
		}
		if (!m)
			break;
		if (!fill(c, m->type, off + m->offset, f))
			return false;
		m = m->next;
	}
	return true;
}

/* A whole structure of the same type as one value. 1: taken, 0: no such value, -1: said. */
static int fill_whole(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f)
{
	struct scr_node *e = f->next, *next = e->next;

	switch (e->kind) {
	case N_NAME:
	case N_GLOBAL:
	case N_MEMBER:
	case N_DEREF:
	case N_INDEX:
	case N_CALL:
	case N_COND:
		break;
	default:
		return 0;
	}
	e = sem_expr(c, e);
	e->next = next;
	e->resolved = true;
	f->next = e;
	if (e->kind == N_ERROR)
		return -1;
	if (t->kind != SCR_STRUCT || !scr_type_same(e->type, t))
		return 0;
	f->next = next;
	e->next = NULL;
	add_part(c, e, t, off, f);
	return 1;
}

static bool fill(struct scr_compiler *c, const struct scr_type *t, u32 off, struct filler *f)
{
	struct scr_node *e = f->next;
	struct filler inner = { e->a, f->tail, 0 };
	bool ok;

	if (!scr_type_is_aggregate(t))
		return fill_scalar(c, t, off, f);
	if (e->kind == N_STR && t->kind == SCR_ARRAY && !scr_type_is_aggregate(t->base))
		return fill_string(c, t, off, f);
	if (e->kind == N_INIT && e->a && e->a->kind == N_STR && !e->a->next &&
	    holds_string(t, e->a->str)) { /* { "text" } */
		e->a->next = e->next;
		f->next = e->a;
		return fill_string(c, t, off, f);
	}
	if (e->kind != N_INIT) {
		int whole = t->kind == SCR_STRUCT ? fill_whole(c, t, off, f) : 0;

		if (whole)
			return whole > 0;
		return t->kind == SCR_ARRAY ? fill_array(c, t, off, f, false)
					    : fill_struct(c, t, off, f, false);
	}
	ok = t->kind == SCR_ARRAY ? fill_array(c, t, off, &inner, true)
				  : fill_struct(c, t, off, &inner, true);
	f->next = e->next;
	f->elements = inner.elements;
	return ok && (!inner.next || too_many(c, inner.next, t));
}

/* The language's arrays of numbers take a list without regard to the braces in it. */
static void flatten(struct scr_node **list)
{
	while (*list) {
		struct scr_node *e = *list, **end;

		if (e->kind != N_INIT) {
			list = &e->next;
			continue;
		}
		for (end = &e->a; *end; end = &(*end)->next)
			;
		*end = e->next;
		*list = e->a;
	}
}

static bool has_string(const struct scr_node *list)
{
	for (const struct scr_node *e = list; e; e = e->next)
		if (e->kind == N_STR || (e->kind == N_INIT && has_string(e->a)))
			return true;
	return false;
}

/* `T x[] = ...`: as many elements as the list or the string needs. NULL: said. */
static const struct scr_type *counted(struct scr_compiler *c, const struct scr_node *n,
				      const struct scr_type *base, u32 count)
{
	const struct scr_type *t;

	if (!count || (u64)count * base->size > ENG_MAX_MEM) {
		scr_error(c, n->b->span, NULL, "an array has 1 to %x elements", ENG_MAX_MEM);
		return NULL;
	}
	t = scr_type_array(&c->arena, base, count);
	if (!t)
		scr_oom(c);
	return t;
}

static const struct scr_type *scalar_of(const struct scr_type *t)
{
	while (t->kind == SCR_ARRAY)
		t = t->base;
	return t;
}

/* A list, or a string, for an array or a structure; the parts become n->b. */
static bool list_initialiser(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *t = n->optype, *scalar = scalar_of(t), *base = t->base;
	struct scr_node *first = NULL, **tail = &first, *init = n->b;
	bool open = t->kind == SCR_ARRAY && !t->count;
	struct scr_type whole = *t;
	struct filler f = { init, &tail, 0 };

	if (open)
		whole.count = ENG_MAX_MEM / base->size;
	if (init->kind == N_INIT && scalar->kind != SCR_STRUCT && !has_string(init->a)) {
		flatten(&init->a);
		whole.base = scalar;
		whole.count = open ? ENG_MAX_MEM / scalar->size : t->size / scalar->size;
	}
	whole.size = whole.kind == SCR_ARRAY ? whole.count * whole.base->size : t->size;
	if (!fill(c, &whole, 0, &f))
		return false;
	if (open && first && first->a->kind == N_STR && !first->next &&
	    !scr_type_is_aggregate(base))
		f.elements = first->a->str->len / base->size + 1;
	if (open) {
		u32 each = base->size / whole.base->size;

		t = counted(c, n, base, (f.elements + each - 1) / each);
		if (!t)
			return false;
		n->optype = t;
	}
	n->b = scr_alloc(c, sizeof(*n->b));
	*n->b = (struct scr_node){ .kind = N_INIT, .span = init->span, .a = first };
	return true;
}

/* struct N v = w; */
static bool copy_initialiser(struct scr_compiler *c, struct scr_node *n)
{
	n->b = sem_expr(c, n->b);
	return n->b->kind != N_ERROR && sem_struct_fits(c, n->b, n->optype);
}

bool sem_initialiser(struct scr_compiler *c, struct scr_node *n)
{
	if (scr_type_is_aggregate(n->optype)) {
		if (n->b->kind == N_INIT || (n->b->kind == N_STR && n->optype->kind == SCR_ARRAY))
			return list_initialiser(c, n);
		if (n->optype->kind == SCR_STRUCT)
			return copy_initialiser(c, n);
		scr_error(c, n->b->span, NULL,
			  "an array is initialised with a list, { 1, 2, 3 }, or with a string");
		return false;
	}
	if (n->b->kind == N_INIT) {
		if (!n->b->a || n->b->a->next || n->b->a->kind == N_INIT) {
			scr_error(c, n->b->span, NULL,
				  "a list of values initialises only an array or a structure");
			return false;
		}
		n->b = n->b->a;
	}
	if (n->b->kind == N_STR && n->optype->kind == SCR_PTR) {
		scr_error(c, n->b->span,
			  "declare an array, which holds a copy: char text[] = \"...\"",
			  "a string cannot initialise a pointer");
		return false;
	}
	n->b = sem_value(c, n->b);
	if (n->b->kind == N_ERROR || !pointer_allowed(c, n->b, n->optype))
		return false;
	n->b = sem_convert(c, n->b, n->optype);
	return true;
}
