/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_struct.c - members of structures, and what can be done with a whole one.
 *
 * Emits nothing.
 */
#include "sema.h"

const struct scr_member *sem_find_member(struct scr_compiler *c, const struct scr_type *type,
					 const struct scr_name *name, struct scr_span span)
{
	const struct scr_member *m = scr_struct_find(type->st, name->text);
	struct scr_nearest near;
	char text[128];

	if (m || type->st->broken)
		return m;
	scr_nearest_init(&near, name->text, name->len);
	for (m = type->st->member; m; m = m->next)
		scr_nearest_try(&near, m->name);
	scr_error(c, span, near.best ? scr_textf(c, "did you mean '%s'?", near.best) : NULL,
		  "'%s' has no member '%s'", scr_type_name(type, text, sizeof(text)), name->text);
	return NULL;
}

/* The structure that '.' or '->' is applied to, or NULL. */
static const struct scr_type *structure_of(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_type *t = n->a->type, *base = t->base;
	char text[128];

	if (!n->arrow && t->kind == SCR_STRUCT)
		return t;
	if (n->arrow && base && base->kind == SCR_STRUCT)
		return base;
	scr_type_name(t, text, sizeof(text));
	if (n->arrow && t->kind == SCR_STRUCT)
		scr_error(c, n->span, scr_textf(c, "write '.%s'", n->name->text),
			  "'->' needs a pointer, this is a '%s'", text);
	else if (!n->arrow && base && base->kind == SCR_STRUCT)
		scr_error(c, n->span, scr_textf(c, "write '->%s'", n->name->text),
			  "'.' needs a structure, this is a '%s'", text);
	else
		scr_error(c, n->span,
			  scr_type_is_int(t) && n->arrow
				  ? "cast it to a pointer: ((struct N *)p)->m; or declare it: "
				    "struct N *p = (struct N *)..."
				  : NULL,
			  "'%s' has no members", text);
	return NULL;
}

struct scr_node *sem_member(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *t;
	const struct scr_member *m;
	char text[128];

	n->a = sem_expr(c, n->a);
	if (n->a->kind == N_ERROR)
		return sem_fail(n);
	if (n->arrow && n->a->type->kind == SCR_ARRAY) {
		n->a->resolved = true;
		n->a = sem_value(c, n->a);
	}
	t = structure_of(c, n);
	if (!t)
		return sem_fail(n);
	if (!t->st->complete) {
		scr_error(c, n->span, NULL, "'%s' is never defined",
			  scr_type_name(t, text, sizeof(text)));
		return sem_fail(n);
	}
	m = sem_find_member(c, t, n->name, n->span);
	if (!m)
		return sem_fail(n);
	if (n->arrow) {
		struct scr_node *deref = scr_alloc(c, sizeof(*deref));

		*deref = (struct scr_node){
			.kind = N_DEREF, .span = n->a->span, .type = t, .a = n->a
		};
		n->a = deref;
		n->arrow = false;
	}
	n->num = m->offset;
	n->type = m->type;
	if (t->is_const) {
		n->type = scr_type_const(&c->arena, m->type);
		if (!n->type)
			scr_oom(c);
	}
	return n;
}

bool sem_struct_fits(struct scr_compiler *c, const struct scr_node *value,
		     const struct scr_type *type)
{
	char left[128], right[128];

	if (value->type->kind == SCR_STRUCT && scr_type_same(value->type, type))
		return true;
	scr_type_name(type, left, sizeof(left));
	scr_type_name(value->type, right, sizeof(right));
	scr_error(c, value->span, NULL, "a '%s' cannot be assigned to a '%s'", right, left);
	return false;
}

bool sem_pointee_known(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_type *base = n->type->base;
	char text[128];

	if (!base || base->kind != SCR_STRUCT || base->st->complete)
		return true;
	scr_error(c, n->span, NULL, "'%s' is never defined: its size is unknown",
		  scr_type_name(base, text, sizeof(text)));
	return false;
}
