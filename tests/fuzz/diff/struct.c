/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct.c - one structure for a program, in two spellings: a function that takes and returns
 * it by value, two variables, and statements that hand them around.
 *
 * Members are variables to the rest of the generator, which knows nothing of structures.
 */
#include <stdio.h>
#include <string.h>

#include "program.h"

/* The members of the structure @name as variables. */
static void members(struct rp *g, const char *name)
{
	for (u32 i = 0; i < g->st.nmembers; i++) {
		struct rp_var *v = rp_new_var(g, g->st.dim[i] ? V_ARRAY : V_SCALAR, g->st.type[i]);

		v->member = true;
		v->ndims = g->st.dim[i] != 0;
		v->dim[0] = g->st.dim[i];
		snprintf(v->l, sizeof(v->l), "%s.m%u", name, i);
		snprintf(v->c, sizeof(v->c), "%s.m%u", name, i);
	}
}

static void declare_structure(struct rp *g, const char *name)
{
	rp_put_both(g, "struct s_%u %s = {", g->number, name);
	for (u32 n = 1 + rp_rand(g, g->st.nmembers), i = 0; i < n; i++) {
		struct rp_expr e = rp_literal(g);

		rp_put_l(g, "%s%s", i ? ", " : " ", e.l);
		rp_put_c(g, "%s%s", i ? ", " : " ", e.c);
	}
	rp_put_both(g, " };\n");
	members(g, name);
}

static void type(struct rp *g)
{
	struct rp_struct *s = &g->st;

	s->nmembers = (u8)(1 + rp_rand(g, RP_MEMBERS));
	rp_put_both(g, "struct s_%u {\n", g->number);
	for (u32 i = 0; i < s->nmembers; i++) {
		s->type[i] = (u8)rp_rand(g, G_NTYPES);
		s->dim[i] = (u8)(rp_rand(g, 4) ? 0 : 2u << rp_rand(g, 2));
		rp_put_both(g, "%s m%u", rp_types[s->type[i]].name, i);
		if (s->dim[i])
			rp_put_both(g, "[%u]", s->dim[i]);
		rp_put_both(g, ";\n");
	}
	rp_put_both(g, "};\n");
}

static void mixed(struct rp *g, u32 depth);

/* A structure: one of the two variables, a choice of them, or what the function returns. */
static void structure(struct rp *g, u32 depth)
{
	struct rp_expr e;

	if (depth && rp_rand(g, 3) == 0) {
		mixed(g, depth - 1);
	} else if (rp_rand(g, 3)) {
		rp_put_both(g, "%s", rp_rand(g, 2) ? "x" : "y");
	} else {
		e = rp_value(g, 2);
		rp_put_l(g, "(%s ? x : y)", rp_at_l(g, e, P_LOR));
		rp_put_c(g, "(%s ? x : y)", rp_at_c(g, e, P_LOR));
	}
}

static void mixed(struct rp *g, u32 depth)
{
	struct rp_expr e = rp_value(g, 2);

	g->cost += g->mult * g->st.cost;
	rp_put_l(g, "mix_x(");
	rp_put_c(g, "mix_%u(", g->number);
	structure(g, depth);
	rp_put_both(g, ", ");
	structure(g, depth);
	rp_put_l(g, ", %s)", rp_at_l(g, e, P_ASSIGN));
	rp_put_c(g, ", %s)", rp_at_c(g, e, P_ASSIGN));
}

/* In the main program, which has two of them. */
bool rp_structure_statement(struct rp *g)
{
	u32 m;

	if (g->self || !g->st.cost || g->mult * g->st.cost > 3000)
		return false;
	if (rp_rand(g, 3)) {
		rp_put_both(g, "%s = ", rp_rand(g, 2) ? "x" : "y");
		structure(g, 2);
		rp_put_both(g, ";\n");
		return true;
	}
	m = rp_rand(g, g->st.nmembers);
	rp_put_both(g, "printf(\"s%u %%llx\\n\", ", g->names++);
	rp_put_c(g, "(unsigned long long)");
	mixed(g, 1);
	rp_put_both(g, ".m%u", m);
	if (g->st.dim[m])
		rp_put_both(g, "[%u]", rp_rand(g, g->st.dim[m]));
	rp_put_both(g, ");\n");
	return true;
}

/* Changes its copies in the ways of all statements; writes no global and prints nothing. */
void rp_structure(struct rp *g)
{
	struct rp_func self = { .type = G_NTYPES, .pure = true };
	u32 nvars = g->nvars, cost = g->cost;
	struct rp_expr e;
	struct rp_var *v;

	type(g);
	rp_put_l(g, "struct s_%u mix_x(struct s_%u p, struct s_%u q, long n) {\n", g->number,
		 g->number, g->number);
	rp_put_c(g, "static struct s_%u mix_%u(struct s_%u p, struct s_%u q, long n) {\n",
		 g->number, g->number, g->number, g->number);
	members(g, "p");
	members(g, "q");
	v = rp_new_var(g, V_SCALAR, G_LONG);
	strcpy(v->l, "n");
	strcpy(v->c, "n");
	g->self = &self;
	g->cost = 0;
	for (u32 n = 2 + rp_rand(g, 4); n--;)
		rp_statement(g, false);
	e = rp_value(g, 2);
	rp_put_l(g, "if (%s) return q;\n", e.l);
	rp_put_c(g, "if (%s) return q;\n", e.c);
	rp_put_both(g, "return p;\n}\n");
	g->st.cost = g->cost + 8;
	g->cost = cost;
	g->self = NULL;
	rp_leave(g, nvars);
}

/* Two of them, for the main program. */
void rp_structure_variables(struct rp *g)
{
	declare_structure(g, "x");
	declare_structure(g, "y");
	rp_put_l(g, "printf(\"%%d\\n\", sizeof(x));\n");
	rp_put_c(g, "printf(\"%%d\\n\", (int)sizeof(x));\n");
}
