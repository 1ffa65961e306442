/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c - random structures: their types, variables, arrays, pointers and copies.
 *
 * The members of what is declared become variables of their own, called `v1.m0` or
 * `v2->m1.m3`, so that everything that expressions do with variables is done with them.
 * Members of arrays of structures are reached by an index as well.
 */
#include <stdio.h>
#include <string.h>

#include "program.h"

static void member_text(struct rp *g, const struct rp_member *m, u32 i)
{
	if (m->record)
		rp_put(g, rp_text(g, "struct s%u_x m%u", m->type, i),
		       rp_text(g, "struct s%u_%u m%u", m->type, g->number, i));
	else
		rp_put_both(g, "%s m%u", rp_types[m->type].name, i);
	if (m->dim) {
		rp_put(g, rp_text(g, "[0n%u];\n", m->dim), rp_text(g, "[%u];\n", m->dim));
		return;
	}
	rp_put_both(g, ";\n");
}

/* Types: the second may contain the first. */
void rp_records(struct rp *g)
{
	for (u32 n = rp_rand(g, RP_RECORDS + 1); g->nrecords < n;) {
		struct rp_record *r = &g->record[g->nrecords];

		r->nmembers = (u8)(1 + rp_rand(g, RP_FIELDS));
		rp_put(g, rp_text(g, "struct s%u_x {\n", g->nrecords),
		       rp_text(g, "struct s%u_%u {\n", g->nrecords, g->number));
		for (u32 i = 0; i < r->nmembers; i++) {
			struct rp_member *m = &r->member[i];

			*m = (struct rp_member){ .record = g->nrecords && !rp_rand(g, 4) };
			m->type = (u8)rp_rand(g, G_NTYPES);
			if (!rp_rand(g, 4))
				m->type = rp_rand(g, 2) ? G_FLOAT : G_DOUBLE;
			if (m->record)
				m->type = (u8)rp_rand(g, g->nrecords);
			if (!rp_rand(g, 4))
				m->dim = (u8)(2u << rp_rand(g, 2));
			member_text(g, m, i);
		}
		rp_put_both(g, "};\n");
		g->nrecords++;
	}
}

static struct rp_var *alias(struct rp *g, u8 kind, u8 type, bool global, const char *l,
			    const char *c)
{
	struct rp_var *v = rp_new_var(g, kind, type);

	if (strlen(l) >= sizeof(v->l) || strlen(c) >= sizeof(v->c)) {
		g->overflow = true;
		return v;
	}
	strcpy(v->l, l);
	strcpy(v->c, c);
	v->global = global;
	v->member = v->addressed = true;
	return v;
}

/* The structure at @l, @c as a thing to be copied, and its members as variables. */
static void members(struct rp *g, u8 type, bool global, const char *l, const char *c, char dot)
{
	const struct rp_record *r = &g->record[type];
	const char *join = dot == '.' ? "." : "->";

	alias(g, V_STRUCT, type, global, dot == '.' ? l : rp_text(g, "*%s", l),
	      dot == '.' ? c : rp_text(g, "*%s", c));
	for (u32 i = 0; i < r->nmembers; i++) {
		const struct rp_member *m = &r->member[i];
		const char *ml = rp_text(g, "%s%sm%u", l, join, i);
		const char *mc = rp_text(g, "%s%sm%u", c, join, i);
		bool real = m->type > G_VOID;
		struct rp_var *v;

		if (m->record && m->dim) {
			u32 k = rp_rand(g, m->dim);

			members(g, m->type, global, rp_text(g, "%s[%u]", ml, k),
				rp_text(g, "%s[%u]", mc, k), '.');
		} else if (m->record) {
			members(g, m->type, global, ml, mc, '.');
		} else {
			v = alias(g,
				  real	   ? m->dim ? V_FARRAY : V_FLOAT
				  : m->dim ? V_ARRAY
					   : V_SCALAR,
				  m->type, global, ml, mc);
			v->ndims = m->dim != 0;
			v->dim[0] = m->dim;
		}
	}
}

/* A list that fills a part of a structure. */
static void initialiser(struct rp *g, u8 type)
{
	const struct rp_record *r = &g->record[type];
	u32 n = 1 + rp_rand(g, r->nmembers);

	rp_put_both(g, "{ ");
	for (u32 i = 0; i < n; i++) {
		const struct rp_member *m = &r->member[i];
		struct rp_expr e = rp_literal(g);

		if (i)
			rp_put_both(g, ", ");
		if (m->dim)
			rp_put_both(g, "{ ");
		if (m->record)
			initialiser(g, m->type);
		else if (m->type > G_VOID)
			rp_put_both(g, "%u.%u", rp_rand(g, 1000), rp_rand(g, 100));
		else
			rp_put(g, e.l, e.c);
		if (m->dim)
			rp_put_both(g, " }");
	}
	rp_put_both(g, " }");
}

static void head(struct rp *g, u8 type, const char *l, const char *c)
{
	rp_put(g, rp_text(g, "struct s%u_x %s", type, l),
	       rp_text(g, "struct s%u_%u %s", type, g->number, c));
}

static bool has_type(const struct rp *g, const struct rp_var *v)
{
	return v->kind == V_STRUCT && v->type == g->wanted &&
	       (!g->write || !v->global || !g->self || !g->self->pure);
}

static struct rp_var *of_type(struct rp *g, u8 type, bool write)
{
	g->wanted = type;
	g->write = write;
	return rp_pick(g, has_type);
}

static void declare_pointer(struct rp *g, u8 type)
{
	struct rp_var *to = of_type(g, type, true), *v;
	char name[RP_NAME];
	bool global;

	if (!to)
		return;
	global = to->global;
	v = rp_new_var(g, V_OTHER, type);
	memcpy(name, v->l, sizeof(name));
	head(g, type, rp_text(g, "*%s", name), rp_text(g, "*%s", name));
	rp_put(g, rp_text(g, " = &%s;\n", to->l), rp_text(g, " = &%s;\n", to->c));
	members(g, type, global, name, name, '>');
}

/* A global one is declared in front of all functions. */
void rp_record_declare(struct rp *g, bool global)
{
	char l[RP_NAME], c[RP_NAME];
	u8 type, dim = rp_rand(g, 3) ? 0 : (u8)(2u << rp_rand(g, 2));
	struct rp_var *v, *from;

	if (!g->nrecords)
		return;
	type = (u8)rp_rand(g, g->nrecords);
	if (!global && !rp_rand(g, 3)) {
		declare_pointer(g, type);
		return;
	}
	from = global || dim || rp_rand(g, 3) ? NULL : of_type(g, type, false);
	v = rp_new_var(g, dim ? V_RECORDS : V_OTHER, type);
	v->global = global;
	v->ndims = dim != 0;
	v->dim[0] = dim;
	if (global) {
		memmove(v->l + 1, v->l, 8);
		v->l[0] = '.';
		snprintf(v->c, sizeof(v->c), "g%u_%u", g->nvars, g->number);
		rp_put(g, "", "static ");
	}
	memcpy(l, v->l, sizeof(l));
	memcpy(c, v->c, sizeof(c));
	head(g, type, l, c);
	if (dim)
		rp_put(g, rp_text(g, "[0n%u]", dim), rp_text(g, "[%u]", dim));
	rp_put_both(g, " = %s", dim ? "{ " : "");
	if (from)
		rp_put(g, from->l, from->c);
	else
		initialiser(g, type);
	rp_put_both(g, "%s;\n", dim ? " }" : "");
	if (!dim) {
		members(g, type, global, l, c, '.');
		return;
	}
	for (u32 i = 0; i < 2; i++) {
		u32 k = (i + rp_rand(g, 2) * 2) % dim;

		members(g, type, global, rp_text(g, "%.9s[%u]", l, k),
			rp_text(g, "%.20s[%u]", c, k), '.');
	}
}

/* `a = b;` of two structures of one type, which may be the same or lie in one another's array. */
void rp_record_copy(struct rp *g)
{
	struct rp_var *to, *from;
	u8 type = (u8)rp_rand(g, RP_RECORDS);

	to = of_type(g, type, true);
	from = to ? of_type(g, type, false) : NULL;
	if (from)
		rp_put(g, rp_text(g, "%s = %s;\n", to->l, from->l),
		       rp_text(g, "%s = %s;\n", to->c, from->c));
	else
		rp_record_declare(g, false);
}

static bool has_elements(const struct rp *g, const struct rp_var *v)
{
	return v->kind == V_RECORDS && (!g->write || !v->global || !g->self || !g->self->pure);
}

bool rp_record_member(struct rp *g, bool write, struct rp_expr *e, struct rp_var **var)
{
	const struct rp_record *r;
	u32 i, first;

	g->write = write;
	*var = rp_pick(g, has_elements);
	if (!*var)
		return false;
	r = &g->record[(*var)->type];
	first = rp_rand(g, r->nmembers);
	for (i = first; i < r->nmembers; i++)
		if (!r->member[i].record && !r->member[i].dim && r->member[i].type < G_NTYPES)
			break;
	if (i == r->nmembers)
		return false;
	*e = rp_element(g, *var);
	e->type = r->member[i].type;
	e->l = rp_text(g, "%s.m%u", e->l, i);
	e->c = rp_text(g, "%s.m%u", e->c, i);
	return true;
}

void rp_record_sizes(struct rp *g)
{
	for (u32 i = 0; i < g->nrecords; i++)
		rp_put(g, rp_text(g, "printf(\"%%lu\\n\", sizeof(struct s%u_x));\n", i),
		       rp_text(g, "printf(\"%%lu\\n\", sizeof(struct s%u_%u));\n", i, g->number));
}
