/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * float.c - random floating-point expressions in two spellings.
 *
 * The script language has no infinities and no NaNs, so how big a value can become is
 * known for every expression, and variables are brought into a range whenever they are
 * assigned. Nothing else is rounded or avoided: results must be the same to the last bit.
 */
#include <string.h>

#include "program.h"

#define VARIABLE_HI 21 /* log2 of what a variable holds at most */
#define INTEGER_HI 64
#define LITERAL_HI 110
#define FLOAT_HI 120
#define DOUBLE_HI 1000
#define LONGEST 500

/* The same text in both languages. */
const char rp_float_helpers[] =
	"double fit_x(double v) {\n"
	"return v > 1048576.0 ? 1048576.5 : v < -1048576.0 ? -1000.25 : v;\n}\n"
	"double tiny_x(double v) { return v > 0.0 && v < 100.0 ? v : 7.75; }\n"
	"double wide_x(double v) {\n"
	"return v >= 0.0 && v < 18000000000000000000.0 ? v : 3.5;\n}\n"
	"double safe_x(double v) { return v > 0.001 || v < -0.001 ? v : -2.5; }\n";

static struct rp_expr made(const char *l, const char *c, u8 type, u8 prec, s32 hi)
{
	return (struct rp_expr){ l, c, type, prec, prec, hi };
}

static struct rp_expr literal(struct rp *g)
{
	static const u8 places[] = { 1, 2, 3, 6, 9 };
	u32 n = places[rp_rand(g, ARRAY_SIZE(places))], max = 1;
	const char *t;

	for (u32 i = 0; i < n; i++)
		max *= 10;
	t = rp_text(g, "%u.%0*u", rp_rand(g, rp_rand(g, 2) ? 4 : 1000), (int)n,
		    rp_rand(g, 3) ? rp_rand(g, max) : rp_rand(g, 2) * 5);
	if (!rp_rand(g, 8))
		t = rp_text(g, "%se%s%u", t, rp_rand(g, 2) ? "-" : "", rp_rand(g, 30));
	return made(t, t, G_DOUBLE, P_PRIMARY, LITERAL_HI);
}

static bool readable(const struct rp *g, const struct rp_var *v)
{
	return v->kind == V_FLOAT || v->kind == V_FARRAY;
}

static bool writable(const struct rp *g, const struct rp_var *v)
{
	return readable(g, v) && !(v->global && g->self && g->self->pure);
}

static struct rp_expr place(struct rp *g, const struct rp_var *v)
{
	struct rp_expr e = rp_element(g, v);

	e.hi = VARIABLE_HI;
	return e;
}

bool rp_float_place(struct rp *g, struct rp_expr *e)
{
	struct rp_var *v = rp_pick(g, writable);

	if (v)
		*e = place(g, v);
	return v != NULL;
}

static struct rp_expr leaf(struct rp *g)
{
	struct rp_var *v = rp_rand(g, 4) ? rp_pick(g, readable) : NULL;

	return v ? place(g, v) : literal(g);
}

static u8 width(struct rp *g)
{
	return rp_rand(g, 2) ? G_DOUBLE : G_FLOAT;
}

static struct rp_expr cast(struct rp *g, u8 type, struct rp_expr e)
{
	const char *name = rp_types[type].name;

	if (type == G_FLOAT && e.hi > FLOAT_HI)
		return e;
	return made(rp_text(g, "(%s)(%s)", name, e.l), rp_text(g, "(%s)(%s)", name, e.c), type,
		    P_UNARY, e.hi);
}

/* An integer takes the type of the other operand. */
static struct rp_expr integer(struct rp *g, u32 depth, u8 type)
{
	struct rp_expr e = rp_value(g, depth);

	e.type = type;
	e.hi = INTEGER_HI;
	return e;
}

static u8 wider(struct rp_expr a, struct rp_expr b)
{
	return a.type == G_DOUBLE || b.type == G_DOUBLE ? G_DOUBLE : G_FLOAT;
}

static struct rp_expr binary(struct rp *g, u32 depth)
{
	char op = "+-*/"[rp_rand(g, 4)];
	u8 prec = op == '+' || op == '-' ? P_ADD : P_MUL;
	struct rp_expr a, b, t;
	s32 hi;

	a = rp_float(g, depth - 1);
	b = rp_rand(g, 5) ? rp_float(g, depth - 1) : integer(g, depth - 1, a.type);
	if (rp_rand(g, 2)) {
		t = a;
		a = b;
		b = t;
	}
	if (op == '/')
		b = made(rp_text(g, "safe_x(%s)", b.l), rp_text(g, "safe_x(%s)", b.c), G_DOUBLE,
			 P_PRIMARY, b.hi);
	hi = a.hi > b.hi ? a.hi + 1 : b.hi + 1;
	if (op == '*')
		hi = a.hi + b.hi;
	else if (op == '/')
		hi = a.hi + 10; /* safe_x() is more than 1/1000 */
	return made(rp_text(g, "%s %c %s", rp_at_l(g, a, prec), op, rp_at_l(g, b, prec + 1)),
		    rp_text(g, "%s %c %s", rp_at_c(g, a, prec), op, rp_at_c(g, b, prec + 1)),
		    wider(a, b), prec, hi);
}

static struct rp_expr choice(struct rp *g, u32 depth)
{
	struct rp_expr w = rp_value(g, depth - 1), a = rp_float(g, depth - 1),
		       b = rp_float(g, depth - 1);

	return made(rp_text(g, "%s ? %s : %s", rp_at_l(g, w, P_LOR), rp_at_l(g, a, P_COND),
			    rp_at_l(g, b, P_COND)),
		    rp_text(g, "%s ? %s : %s", rp_at_c(g, w, P_LOR), rp_at_c(g, a, P_COND),
			    rp_at_c(g, b, P_COND)),
		    wider(a, b), P_COND, a.hi > b.hi ? a.hi : b.hi);
}

/* A call of a function that changes nothing. */
static struct rp_expr call(struct rp *g, u32 depth)
{
	struct rp_func *f = g->nfuncs ? &g->func[rp_rand(g, g->nfuncs)] : NULL;
	struct rp_expr e;

	if (!f || f->type <= G_VOID || !rp_may_call(g, f))
		return leaf(g);
	e = rp_call(g, f, depth > 1 ? 1 : 0);
	e.hi = VARIABLE_HI;
	return e;
}

static struct rp_expr negative(struct rp *g, u32 depth)
{
	struct rp_expr e = rp_float(g, depth - 1);

	return made(rp_text(g, "-(%s)", e.l), rp_text(g, "-(%s)", e.c), e.type, P_UNARY, e.hi);
}

struct rp_expr rp_float(struct rp *g, u32 depth)
{
	struct rp_expr e;

	g->cost += g->mult;
	if (!depth)
		return leaf(g);
	switch (rp_rand(g, 12)) {
	case 0:
		e = leaf(g);
		break;
	case 1:
		e = cast(g, width(g), integer(g, depth - 1, G_DOUBLE));
		break;
	case 2:
		e = cast(g, width(g), rp_float(g, depth - 1));
		break;
	case 3:
		e = negative(g, depth);
		break;
	case 4:
		e = choice(g, depth);
		break;
	case 5:
		e = call(g, depth);
		break;
	default:
		e = binary(g, depth);
		break;
	}
	if (e.hi > (e.type == G_FLOAT ? FLOAT_HI : DOUBLE_HI) ||
	    (!g->victim_used && strlen(e.c) > LONGEST))
		return literal(g);
	return e;
}

struct rp_expr rp_fitting(struct rp *g, u32 depth, const char *helper)
{
	struct rp_expr e = rp_float(g, depth);

	return made(rp_text(g, "%s(%s)", helper, e.l), rp_text(g, "%s(%s)", helper, e.c), G_DOUBLE,
		    P_PRIMARY, VARIABLE_HI);
}

/* What brings a number into the range of an integer type. */
const char *rp_helper_for(u8 type)
{
	const struct rp_type_info *t = &rp_types[type];

	if (type > G_VOID || (t->bits >= 32 && t->is_signed))
		return "fit_x";
	return t->bits == 64 ? "wide_x" : "tiny_x";
}

struct rp_expr rp_from_float(struct rp *g, u32 depth)
{
	static const char *const compare[] = { "<", ">", "<=", ">=", "==", "!=" };
	u32 op = rp_rand(g, ARRAY_SIZE(compare)), one = rp_rand(g, 2);
	u8 type = (u8)rp_rand(g, G_NTYPES), prec = op < 4 ? P_REL : P_EQ;
	struct rp_expr a, b;

	switch (rp_rand(g, 5)) {
	case 0:
		a = rp_fitting(g, depth, rp_helper_for(type));
		return made(rp_text(g, "(%s)%s", rp_types[type].name, a.l),
			    rp_text(g, "(%s)%s", rp_types[type].name, a.c), type, P_UNARY, 0);
	case 1:
		a = rp_float(g, depth);
		return made(rp_text(g, "!(%s)", a.l), rp_text(g, "!(%s)", a.c), G_S32, P_UNARY, 0);
	case 2:
		a = rp_float(g, depth);
		return made(rp_text(g, "((%s) && %u)", a.l, one),
			    rp_text(g, "((%s) && %u)", a.c, one), G_S32, P_PRIMARY, 0);
	default:
		a = rp_float(g, depth);
		b = rp_rand(g, 5) ? rp_float(g, depth) : integer(g, depth, a.type);
		return made(rp_text(g, "%s %s %s", rp_at_l(g, a, prec), compare[op],
				    rp_at_l(g, b, prec + 1)),
			    rp_text(g, "%s %s %s", rp_at_c(g, a, prec), compare[op],
				    rp_at_c(g, b, prec + 1)),
			    G_S32, prec, 0);
	}
}

/* --- statements --- */

void rp_float_declare(struct rp *g)
{
	u8 type = width(g);
	const char *name = rp_types[type].name;
	bool array = !rp_rand(g, 3);
	struct rp_expr e = rp_fitting(g, 2, "fit_x");
	struct rp_var *v = rp_new_var(g, array ? V_FARRAY : V_FLOAT, type);

	if (!array) {
		rp_put(g, rp_text(g, "%s %s = %s;\n", name, v->l, e.l),
		       rp_text(g, "%s %s = %s;\n", name, v->c, e.c));
		return;
	}
	v->ndims = 1;
	v->dim[0] = (u8)(2u << rp_rand(g, 2));
	e = literal(g);
	if (e.hi > VARIABLE_HI && strchr(e.l, 'e'))
		e.l = "3.25";
	rp_put(g, rp_text(g, "%s %s[%u] = { %s, -%u };\n", name, v->l, v->dim[0], e.l, v->dim[0]),
	       rp_text(g, "%s %s[%u] = { %s, -%u };\n", name, v->c, v->dim[0], e.l, v->dim[0]));
}

/* Assigns, and brings what may have left the range back into it. */
void rp_float_statement(struct rp *g)
{
	char op = "+-*/"[rp_rand(g, 4)];
	const char *fit = op == '/' ? "safe_x" : "fit_x";
	struct rp_expr to, e;

	if (!rp_float_place(g, &to)) {
		rp_float_declare(g);
		return;
	}
	switch (rp_rand(g, 5)) {
	case 0:
		op = op == '+' || op == '*' ? '+' : '-';
		rp_put(g, rp_text(g, "%s%c%c;\n", to.l, op, op),
		       rp_text(g, "%s%c%c;\n", to.c, op, op));
		break;
	case 1:
	case 2:
		e = op != '/' && !rp_rand(g, 4) ? integer(g, 1, G_DOUBLE) : rp_fitting(g, 2, fit);
		rp_put(g, rp_text(g, "%s %c= %s;\n", to.l, op, rp_at_l(g, e, P_ASSIGN)),
		       rp_text(g, "%s %c= %s;\n", to.c, op, rp_at_c(g, e, P_ASSIGN)));
		break;
	default:
		e = rp_fitting(g, 3, "fit_x");
		rp_put(g, rp_text(g, "%s = %s;\n", to.l, e.l), rp_text(g, "%s = %s;\n", to.c, e.c));
		return;
	}
	rp_put(g, rp_text(g, "%s = fit_x(%s);\n", to.l, to.l),
	       rp_text(g, "%s = fit_x(%s);\n", to.c, to.c));
}

void rp_float_print(struct rp *g)
{
	static const char *const formats[] = {
		"%f",	 "%e",	   "%g", "%.3f", "%10.2e", "%-12g|", "%+.0f", "%#g",   "%G",
		"%.17g", "%08.2f", "%E", "% f",	 "%.0e",   "%.1f",   "%.20f", "%5.1g", "%#.0f"
	};
	const char *format = formats[rp_rand(g, ARRAY_SIZE(formats))];
	struct rp_expr e = rp_float(g, 3), to;

	rp_put_both(g, "printf(\"w%u %s", g->names++, format);
	if (rp_float_place(g, &to) && rp_rand(g, 2)) {
		const char *bits = to.type == G_DOUBLE ? "unsigned long" : "unsigned int";
		const char *shown = to.type == G_DOUBLE ? "%lx" : "%x";

		rp_put(g,
		       rp_text(g, " %s\\n\", %s, *(%s *)&%s);\n", shown, rp_at_l(g, e, P_ASSIGN),
			       bits, to.l),
		       rp_text(g, " %s\\n\", %s, *(%s *)&%s);\n", shown, rp_at_c(g, e, P_ASSIGN),
			       bits, to.c));
		return;
	}
	rp_put(g, rp_text(g, "\\n\", %s);\n", rp_at_l(g, e, P_ASSIGN)),
	       rp_text(g, "\\n\", %s);\n", rp_at_c(g, e, P_ASSIGN)));
}

/* The bits of one variable, as it ends. */
void rp_float_show(struct rp *g, const struct rp_var *v)
{
	const char *bits = v->type == G_DOUBLE ? "unsigned long" : "unsigned int";
	u32 n = v->kind == V_FARRAY ? v->dim[0] : 1;

	for (u32 i = 0; i < n; i++) {
		const char *at = v->kind == V_FARRAY ? rp_text(g, "[%u]", i) : "";

		rp_put(g,
		       rp_text(g, "printf(\"%%lx %%g\\n\", *(%s *)&%s%s, %s%s);\n", bits, v->l, at,
			       v->l, at),
		       rp_text(g, "printf(\"%%lx %%g\\n\", (unsigned long)*(%s *)&%s%s, %s%s);\n",
			       bits, v->c, at, v->c, at));
	}
}
