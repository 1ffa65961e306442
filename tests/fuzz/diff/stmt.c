/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stmt.c - random statements, functions and whole programs in two spellings.
 *
 * Every loop counts on a variable that nothing else changes, and how often a place runs
 * is known, so that programs end soon. Everything they computed is printed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define MAX_MULT 48
#define MAX_COST 30000

static void put(struct rp *g, char *buf, u32 *len, const char *format, va_list args)
{
	int n = vsnprintf(buf + *len, RP_TEXT - *len, format, args);

	if (n < 0 || (u32)n >= RP_TEXT - *len) {
		g->overflow = true;
		return;
	}
	*len += (u32)n;
}

void rp_put_l(struct rp *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(g, g->l, &g->nl, format, args);
	va_end(args);
}

void rp_put_c(struct rp *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(g, g->c, &g->nc, format, args);
	va_end(args);
}

void rp_put_both(struct rp *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(g, g->l, &g->nl, format, args);
	va_end(args);
	va_start(args, format);
	put(g, g->c, &g->nc, format, args);
	va_end(args);
}

void rp_put(struct rp *g, const char *l, const char *c)
{
	rp_put_l(g, "%s", l);
	rp_put_c(g, "%s", c);
}

/* --- declarations --- */

struct rp_var *rp_new_var(struct rp *g, u8 kind, u8 type)
{
	struct rp_var *v = &g->var[g->nvars];
	u32 n = g->names++;

	if (g->nvars == RP_VARS - 1)
		g->overflow = true;
	else
		g->nvars++;
	memset(v, 0, sizeof(*v));
	v->kind = kind;
	v->type = type;
	snprintf(v->l, sizeof(v->l), "v%u", n);
	snprintf(v->c, sizeof(v->c), "v%u", n);
	return v;
}

/* Leaving a block: its variables go, what they hid is seen again. */
void rp_leave(struct rp *g, u32 nvars)
{
	while (g->nvars > nvars) {
		struct rp_var *v = &g->var[--g->nvars];

		for (u32 i = g->nvars; i-- > 0;)
			if (g->var[i].hidden && !strcmp(g->var[i].l, v->l)) {
				g->var[i].hidden = false;
				break;
			}
	}
}

static void assign_text(struct rp *g, struct rp_expr e)
{
	rp_put_l(g, " = %s;\n", rp_at_l(g, e, P_ASSIGN));
	rp_put_c(g, " = %s;\n", rp_at_c(g, e, P_ASSIGN));
}

static void declare_scalar(struct rp *g)
{
	u8 type = (u8)rp_rand(g, G_NTYPES);
	const char *name = rp_types[type].name;
	struct rp_expr e = rp_full(g, 3, NULL);
	struct rp_var *v;

	if (g->depth == 0 && !rp_rand(g, 5)) { /* made by its first assignment */
		v = rp_new_var(g, V_SCALAR, G_ULLONG);
		rp_put_l(g, "%s", v->l);
		rp_put_c(g, "unsigned long long %s", v->c);
		assign_text(g, e);
		return;
	}
	v = rp_new_var(g, V_SCALAR, type);
	if (g->mult == 1 && !rp_rand(g, 8)) {
		rp_put_l(g, "%s %s;\n", name, v->l);
		rp_put_c(g, "%s %s = 0;\n", name, v->c);
		return;
	}
	rp_put_both(g, "%s %s", name, v->l);
	assign_text(g, e);
}

/* A variable in a block takes the name of one outside. */
static void declare_inner(struct rp *g, u32 block)
{
	u32 outer = rp_rand(g, g->nvars);
	struct rp_var *o = &g->var[outer], *v;
	struct rp_expr e;
	u8 type = (u8)rp_rand(g, G_NTYPES);

	if (outer >= block || o->hidden || o->global || o->fixed || o->member ||
	    o->kind != V_SCALAR) {
		declare_scalar(g);
		return;
	}
	e = rp_literal(g);
	v = rp_new_var(g, V_SCALAR, type);
	memcpy(v->l, o->l, sizeof(v->l));
	memcpy(v->c, o->c, sizeof(v->c));
	o->hidden = true;
	rp_put_both(g, "%s %s", rp_types[type].name, v->l);
	assign_text(g, e);
}

static void declare_array(struct rp *g)
{
	u8 type = (u8)rp_rand(g, G_NTYPES);
	u32 n = 1, left;
	struct rp_var *v = rp_new_var(g, V_ARRAY, type);

	v->ndims = (u8)(1 + !rp_rand(g, 4));
	for (u32 i = 0; i < v->ndims; i++) {
		v->dim[i] = (u8)(1u << (1 + rp_rand(g, v->ndims == 1 ? 4 : 2)));
		n *= v->dim[i];
	}
	rp_put_both(g, "%s %s", rp_types[type].name, v->l);
	for (u32 i = 0; i < v->ndims; i++) {
		rp_put_l(g, "[0n%u]", v->dim[i]);
		rp_put_c(g, "[%u]", v->dim[i]);
	}
	rp_put_both(g, " = {");
	left = 1 + rp_rand(g, n);
	for (u32 i = 0; i < left; i++) {
		struct rp_expr e = rp_literal(g);

		rp_put_both(g, "%s", i ? ", " : " ");
		rp_put_l(g, "%s", e.l);
		rp_put_c(g, "%s", e.c);
	}
	rp_put_both(g, " };\n");
}

static bool can_be_pointed_to(const struct rp *g, const struct rp_var *v)
{
	return v->kind <= V_ARRAY && !v->fixed && (!v->global || !g->self || !g->self->pure);
}

static void declare_pointer(struct rp *g)
{
	struct rp_var *to = rp_pick(g, can_be_pointed_to), *v;
	u32 n = 0;

	if (!to) {
		declare_scalar(g);
		return;
	}
	to->addressed = true;
	v = rp_new_var(g, V_POINTER, to->type);
	v->global = to->global;
	v->fixed = false;
	rp_put_both(g, "%s *%s = ", rp_types[to->type].name, v->l);
	rp_put_l(g, "&%s", to->l);
	rp_put_c(g, "&%s", to->c);
	if (to->kind == V_ARRAY) {
		u32 last = to->dim[to->ndims - 1];

		n = rp_rand(g, last);
		v->before = (u8)n;
		v->after = (u8)(last - 1 - n);
		if (to->ndims == 2)
			rp_put_both(g, "[%u]", rp_rand(g, to->dim[0]));
		rp_put_l(g, "[0n%u]", n);
		rp_put_c(g, "[%u]", n);
	}
	rp_put_both(g, ";\n");
}

/* --- statements --- */

static void block(struct rp *g, u32 n);

static void condition(struct rp *g, const char *word)
{
	struct rp_expr e = rp_full(g, 3, NULL);

	rp_put_l(g, "%s (%s)", word, e.l);
	rp_put_c(g, "%s (%s)", word, e.c);
}

static void body(struct rp *g)
{
	g->depth++;
	if (rp_rand(g, 4)) {
		rp_put_both(g, " {\n");
		block(g, 1 + rp_rand(g, 3));
		rp_put_both(g, "}\n");
	} else {
		rp_put_both(g, "\n");
		rp_statement(g, true);
	}
	g->depth--;
}

static void if_statement(struct rp *g)
{
	condition(g, "if");
	body(g);
	while (!rp_rand(g, 4)) {
		rp_put_l(g, "%s", rp_rand(g, 2) ? "els" : "else ");
		rp_put_c(g, "else ");
		condition(g, "if");
		body(g);
	}
	if (rp_rand(g, 2)) {
		rp_put_both(g, "else");
		body(g);
	}
}

static void loop_body(struct rp *g, u32 count, const char *first)
{
	g->mult *= count;
	g->loops++;
	g->depth++;
	rp_put_both(g, " {\n%s", first);
	block(g, 1 + rp_rand(g, 3));
	rp_put_both(g, "}");
	g->depth--;
	g->loops--;
	g->mult /= count;
}

/* A type for a counter, its variable, and its start. */
static struct rp_var *counter(struct rp *g, u32 from)
{
	struct rp_var *v = rp_new_var(g, V_SCALAR, (u8)(1 + rp_rand(g, G_NTYPES - 1)));

	v->fixed = true;
	rp_put_both(g, "%s %s = %u", rp_types[v->type].name, v->l, from);
	return v;
}

static void for_statement(struct rp *g, u32 count)
{
	u32 nvars = g->nvars;
	struct rp_var *v;

	rp_put_both(g, "for (");
	if (rp_rand(g, 2)) {
		v = counter(g, 0);
		rp_put_both(g, "; %s < %u; %s)", v->l, count,
			    rp_rand(g, 2) ? rp_text(g, "%s++", v->l) : rp_text(g, "%s += 1", v->l));
	} else {
		v = counter(g, count);
		rp_put_both(g, "; %s; %s--)", v->l, v->l);
	}
	loop_body(g, count, "");
	rp_put_both(g, "\n");
	rp_leave(g, nvars);
}

static void while_statement(struct rp *g, u32 count)
{
	u32 nvars = g->nvars;
	struct rp_var *v;
	struct rp_expr e;

	rp_put_both(g, "{\n");
	g->depth++;
	v = counter(g, count);
	rp_put_both(g, ";\n");
	e = rp_full(g, 2, NULL);
	switch (rp_rand(g, 3)) {
	case 0:
		rp_put_l(g, "while (%s-- > 0 && %s)", v->l, rp_at_l(g, e, P_OR));
		rp_put_c(g, "while (%s-- > 0 && %s)", v->c, rp_at_c(g, e, P_OR));
		loop_body(g, count, "");
		rp_put_both(g, "\n");
		break;
	case 1:
		rp_put_l(g, "while (%s)", e.l);
		rp_put_c(g, "while (%s)", e.c);
		loop_body(g, count, rp_text(g, "if (!--%s) break;\n", v->l));
		rp_put_both(g, "\n");
		break;
	default:
		rp_put_both(g, "do");
		loop_body(g, count, "");
		rp_put_l(g, " while (--%s > 0 && %s);\n", v->l, rp_at_l(g, e, P_OR));
		rp_put_c(g, " while (--%s > 0 && %s);\n", v->c, rp_at_c(g, e, P_OR));
		break;
	}
	g->depth--;
	rp_put_both(g, "}\n");
	rp_leave(g, nvars);
}

static void loop(struct rp *g)
{
	u32 count = 1 + rp_rand(g, 5);

	if (g->mult * count > MAX_MULT || g->cost > MAX_COST)
		if_statement(g);
	else if (rp_rand(g, 2))
		for_statement(g, count);
	else
		while_statement(g, count);
}

/* Cases fall through at times; `break` in them leaves the switch, `continue` the loop around. */
static void switch_statement(struct rp *g)
{
	struct rp_expr e = rp_full(g, 2, NULL);
	u32 n = 1 + rp_rand(g, 4), first = rp_rand(g, 3), other = rp_rand(g, n + 2);

	rp_put_l(g, "switch (%s & 7) {\n", rp_at_l(g, e, P_AND));
	rp_put_c(g, "switch (%s & 7L) {\n", rp_at_c(g, e, P_AND));
	g->depth++;
	for (u32 i = 0; i < n; i++) {
		if (i == other)
			rp_put_both(g, "default:\n");
		rp_put_both(g, "case %u: {\n", first + i);
		block(g, 1 + rp_rand(g, 2));
		rp_put_both(g, "}\n%s", rp_rand(g, 3) ? "break;\n" : "");
	}
	g->depth--;
	rp_put_both(g, "}\n");
}

static void assignment(struct rp *g)
{
	struct rp_expr place, value;
	struct rp_var *v;

	if (!rp_place(g, &place, &v)) {
		rp_put_both(g, ";\n");
		return;
	}
	switch (rp_rand(g, 6)) {
	case 0:
		rp_put_l(g, "%s%s;\n", rp_at_l(g, place, P_PRIMARY), "++");
		rp_put_c(g, "%s%s;\n", rp_at_c(g, place, P_PRIMARY), "++");
		break;
	case 1:
	case 2:
		g->pure++;
		value = rp_compound(g, place, rp_value(g, 3));
		g->pure--;
		rp_put_l(g, "%s;\n", value.l);
		rp_put_c(g, "%s;\n", value.c);
		break;
	default:
		value = rp_full(g, 4, v);
		rp_put_l(g, "%s", place.l);
		rp_put_c(g, "%s", place.c);
		assign_text(g, value);
		break;
	}
}

/* A call that may change globals stands alone, or is all that is assigned. */
static void call_statement(struct rp *g)
{
	struct rp_func *f = g->nfuncs ? &g->func[rp_rand(g, g->nfuncs)] : NULL;
	struct rp_expr e, to;
	struct rp_var *v;

	if (!f || f == g->self || g->mult * f->cost > 3000 ||
	    (g->self && g->self->pure && !f->pure)) {
		assignment(g);
		return;
	}
	e = rp_call(g, f, 2);
	v = f->type >= G_VOID || rp_rand(g, 3) == 0 ? NULL : rp_pick(g, can_be_pointed_to);
	if (f->type > G_VOID && rp_float_place(g, &to)) {
		/* C may look where the place is before the call or behind it: so that comes first */
		rp_put_l(g, "{\ndouble got%u = %s;\n%s = got%u;\n}\n", g->names, e.l, to.l,
			 g->names);
		rp_put_c(g, "{\ndouble got%u = %s;\n%s = got%u;\n}\n", g->names, e.c, to.c,
			 g->names);
		g->names++;
		return;
	}
	if (v && v->kind == V_SCALAR) {
		rp_put_l(g, "%s = ", v->l);
		rp_put_c(g, "%s = ", v->c);
	}
	rp_put_l(g, "%s;\n", e.l);
	rp_put_c(g, "%s;\n", e.c);
}

/* Conversions with the type that C has to be told about; the script language takes 64 bits. */
static const struct {
	const char *conversion, *type;
} formats[] = { { "%lld", "(long long)" },
		{ "%llx", "(unsigned long long)" },
		{ "%llu", "(unsigned long long)" },
		{ "%lx", "(unsigned long)" },
		{ "%d", "(int)" },
		{ "%u", "(unsigned)" },
		{ "%x", "(unsigned)" },
		{ "%o", "(unsigned)" },
		{ "%hd", "(int)" },
		{ "%hx", "(int)" },
		{ "%-9d|", "(int)" },
		{ "%08x", "(unsigned)" },
		{ "%+lld", "(long long)" },
		{ "%#llx", "(unsigned long long)" },
		{ "%.5d", "(int)" },
		{ "%20lli", "(long long)" } };

static void print(struct rp *g)
{
	u32 n = 1 + rp_rand(g, 3), f[3];
	struct rp_expr e[3];

	/* The order of calls in an expression is C's secret, so those print nothing. */
	if (g->self && g->self->pure) {
		assignment(g);
		return;
	}
	rp_put_both(g, "printf(\"t%u", g->names++);
	for (u32 i = 0; i < n; i++) {
		f[i] = rp_rand(g, ARRAY_SIZE(formats));
		e[i] = rp_value(g, 2);
		rp_put_both(g, " %s", formats[f[i]].conversion);
	}
	rp_put_both(g, "\\n\"");
	for (u32 i = 0; i < n; i++) {
		rp_put_l(g, ", %s", rp_at_l(g, e[i], P_ASSIGN));
		rp_put_c(g, ", %s%s", formats[f[i]].type, rp_at_c(g, e[i], P_UNARY));
	}
	rp_put_both(g, ");\n");
}

static void jump(struct rp *g)
{
	condition(g, "if");
	rp_put_both(g, " %s;\n", rp_rand(g, 2) ? "break" : "continue");
}

static void early_return(struct rp *g)
{
	struct rp_expr e;

	if (!g->self || g->self->type == G_VOID) {
		assignment(g);
		return;
	}
	condition(g, "if");
	e = g->self->type > G_VOID ? rp_fitting(g, 2, "fit_x") : rp_full(g, 2, NULL);
	rp_put_l(g, " return %s;\n", e.l);
	rp_put_c(g, " return %s;\n", e.c);
}

static void declaration(struct rp *g)
{
	switch (rp_rand(g, 10)) {
	case 0:
		declare_pointer(g);
		break;
	case 1:
		declare_array(g);
		break;
	case 2:
	case 3:
		rp_float_declare(g);
		break;
	case 4:
		rp_record_declare(g, false);
		break;
	default:
		declare_scalar(g);
		break;
	}
}

void rp_statement(struct rp *g, bool alone)
{
	u32 nvars = g->nvars;

	if (g->cost > MAX_COST || g->overflow) {
		rp_put_both(g, ";\n");
		return;
	}
	switch (rp_rand(g, g->depth < 3 ? 23 : 13)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		assignment(g);
		break;
	case 5:
		call_statement(g);
		break;
	case 6:
		early_return(g);
		break;
	case 7:
		if (g->loops)
			jump(g);
		else
			print(g);
		break;
	case 8:
	case 9:
		if (alone)
			assignment(g);
		else
			rp_float_statement(g);
		break;
	case 10:
		rp_map_statement(g);
		break;
	case 11:
		if (g->self && g->self->pure)
			assignment(g);
		else
			rp_float_print(g);
		break;
	case 12:
		if (alone)
			assignment(g);
		else
			rp_record_copy(g);
		break;
	case 13:
	case 14:
	case 15:
		if (alone)
			assignment(g);
		else
			declaration(g);
		break;
	case 16:
	case 17:
		loop(g);
		break;
	case 18:
		rp_put_both(g, "{\n");
		g->depth++;
		if (g->nvars)
			declare_inner(g, nvars);
		block(g, 2);
		g->depth--;
		rp_put_both(g, "}\n");
		rp_leave(g, nvars);
		break;
	case 19:
		switch_statement(g);
		break;
	case 20:
	case 21:
		if (!rp_structure_statement(g))
			assignment(g);
		break;
	default:
		if_statement(g);
		break;
	}
}

static void block(struct rp *g, u32 n)
{
	u32 nvars = g->nvars;

	while (n--)
		rp_statement(g, false);
	rp_leave(g, nvars);
}

/* --- functions and programs --- */

static void function(struct rp *g)
{
	struct rp_func *f = &g->func[g->nfuncs];
	u32 nvars = g->nvars, cost = g->cost;
	const char *name, *sum_l = "0", *sum_c = "0L";

	memset(f, 0, sizeof(*f));
	snprintf(f->c, sizeof(f->c), "f%u_%u", g->nfuncs, g->number);
	f->type = (u8)(rp_rand(g, 4) ? rp_rand(g, G_NTYPES) : G_VOID + rp_rand(g, 3));
	f->pure = f->type != G_VOID && rp_rand(g, 3);
	f->recursive = f->pure && !rp_rand(g, 3);
	f->nparams = (u8)(f->recursive + rp_rand(g, 5));
	name = rp_types[f->type].name;
	rp_put_l(g, "%s f%u_x(", name, g->nfuncs);
	rp_put_c(g, "static %s %s(", name, f->c);
	for (u32 i = 0; i < f->nparams; i++) {
		struct rp_var *v;

		f->param[i] = (u8)rp_rand(g, G_NTYPES);
		if (!rp_rand(g, 5))
			f->param[i] = rp_rand(g, 2) ? G_FLOAT : G_DOUBLE;
		if (f->recursive && !i)
			f->param[i] = G_S32;
		v = rp_new_var(g, f->param[i] > G_VOID ? V_FLOAT : V_SCALAR, f->param[i]);
		snprintf(v->l, sizeof(v->l), "p%u", i);
		memcpy(v->c, v->l, sizeof(v->l));
		v->fixed = f->recursive && !i;
		rp_put_both(g, "%s%s %s", i ? ", " : "", rp_types[v->type].name, v->l);
	}
	rp_put_l(g, ") {\n");
	rp_put_c(g, "%s) {\n", f->nparams ? "" : "void");
	g->self = f;
	g->self_calls = f->recursive ? 2 : 0;
	g->nfuncs++;
	g->cost = 0;
	if (f->recursive)
		rp_put_both(g, "if (p0 <= 0) return %u;\n", rp_rand(g, 10));
	for (u32 n = 2 + rp_rand(g, 5); n--;)
		rp_statement(g, false);
	for (u32 i = nvars; i < g->nvars; i++)
		if (g->var[i].kind == V_SCALAR && !g->var[i].hidden) {
			sum_l = rp_text(g, "%s * 3 + %s", sum_l, g->var[i].l);
			sum_c = rp_text(g, "(%s) * 3L + %s", sum_c, g->var[i].c);
			sum_l = rp_text(g, "(%s)", sum_l);
		}
	if (f->type > G_VOID) {
		rp_put_l(g, "return fit_x(%s);\n", sum_l);
		rp_put_c(g, "return fit_x(%s);\n", sum_c);
	} else if (f->type != G_VOID) {
		rp_put_l(g, "return %s;\n", sum_l);
		rp_put_c(g, "return %s;\n", sum_c);
	}
	rp_put_both(g, "}\n");
	f->cost = (g->cost + 4) * (f->recursive ? 12 : 1);
	g->cost = cost;
	g->self = NULL;
	rp_leave(g, nvars);
}

static void print_all(struct rp *g)
{
	for (u32 i = 0; i < g->nvars; i++) {
		struct rp_var *v = &g->var[i];
		u32 n = 1, second = v->ndims == 2 ? v->dim[1] : 1;

		if (v->kind == V_FLOAT || v->kind == V_FARRAY)
			rp_float_show(g, v);
		if (v->kind > V_ARRAY)
			continue;
		for (u32 d = 0; d < v->ndims; d++)
			n *= v->dim[d];
		rp_put_both(g, "printf(\"%s:", v->l);
		for (u32 k = 0; k < n; k++)
			rp_put_both(g, " %%llx");
		rp_put_both(g, "\\n\"");
		for (u32 k = 0; k < n; k++) {
			rp_put_l(g, ", %s", v->l);
			rp_put_c(g, ", (unsigned long long)%s", v->c);
			if (v->ndims)
				rp_put_both(g, "[0x%x]", k / second);
			if (v->ndims == 2)
				rp_put_both(g, "[%u]", k % second);
		}
		rp_put_both(g, ");\n");
	}
}

static void globals(struct rp *g)
{
	if (!rp_rand(g, 3))
		rp_record_declare(g, true);
	for (u32 n = rp_rand(g, 5); n--;) {
		bool implicit = !rp_rand(g, 3);
		struct rp_var *v =
			rp_new_var(g, V_SCALAR, implicit ? (u8)G_ULLONG : (u8)rp_rand(g, G_NTYPES));
		struct rp_expr e = rp_literal(g);

		v->global = true;
		snprintf(v->l, sizeof(v->l), ".%.8s", v->c);
		snprintf(v->c, sizeof(v->c), "g%u_%u", g->nvars, g->number);
		if (implicit)
			rp_put_l(g, "%s = %s;\n", v->l, e.l);
		else
			rp_put_l(g, "%s %s = %s;\n", rp_types[v->type].name, v->l, e.l);
		rp_put_c(g, "static %s %s = %s;\n", rp_types[v->type].name, v->c, e.c);
	}
}

bool rp_program(struct rp *g, u64 seed, u32 number)
{
	char *l = g->l, *c = g->c, *arena = g->arena;

	memset(g, 0, sizeof(*g));
	g->l = l;
	g->c = c;
	g->arena = arena;
	g->rng = seed + number * 0xd1342543de82ef95ULL;
	g->number = number;
	g->mult = 1;
	rp_put_l(g, "%s", rp_float_helpers);
	rp_records(g);
	rp_maps(g);
	globals(g);
	for (u32 n = rp_rand(g, RP_FUNCS); n--;)
		function(g);
	if (rp_rand(g, 2))
		rp_structure(g);
	rp_put_c(g, "static void prog_%u(void) {\n", number);
	if (g->st.cost)
		rp_structure_variables(g);
	for (u32 n = 4 + rp_rand(g, 10); n--;)
		rp_statement(g, false);
	rp_structure_statement(g);
	print_all(g);
	rp_record_sizes(g);
	rp_map_print(g);
	rp_put_c(g, "}\n");
	return !g->overflow;
}
