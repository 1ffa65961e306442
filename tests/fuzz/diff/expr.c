/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expr.c - random expressions in two spellings.
 *
 * Where the two languages differ the C text is the explicit one: literals are `long`, a
 * shift happens in the common type of both operands. Divisors and shift counts are kept
 * in range, and a variable is changed at most once between sequence points.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define ARENA (1u << 20)
#define LONGEST 700 /* characters of an expression that may become an operand */

/* clang-format off */
const struct rp_type_info rp_types[G_ALL] = {
	[G_BOOL]   = { "bool", 8, 1, false },
	[G_S8]     = { "char", 8, 2, true },
	[G_U8]     = { "unsigned char", 8, 2, false },
	[G_S16]    = { "short", 16, 3, true },
	[G_U16]    = { "unsigned short", 16, 3, false },
	[G_S32]    = { "int", 32, 4, true },
	[G_U32]    = { "unsigned int", 32, 4, false },
	[G_LONG]   = { "long", 64, 5, true },
	[G_ULONG]  = { "unsigned long", 64, 5, false },
	[G_LLONG]  = { "long long", 64, 6, true },
	[G_ULLONG] = { "unsigned long long", 64, 6, false },
	[G_VOID]   = { "void" },
	[G_FLOAT]  = { "float", 32 },
	[G_DOUBLE] = { "double", 64 },
};
/* clang-format on */

u32 rp_rand(struct rp *g, u32 n)
{
	u64 z = g->rng += 0x9e3779b97f4a7c15ULL; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (u32)(((z ^ z >> 31) >> 32) * n >> 32);
}

const char *rp_text(struct rp *g, const char *format, ...)
{
	char *at = g->arena + g->used;
	u32 room = ARENA - g->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, room, format, args);
	va_end(args);
	if (n < 0 || (u32)n >= room) {
		g->overflow = true;
		return "0";
	}
	g->used += (u32)n + 1;
	return at;
}

static u8 promote(u8 t)
{
	return rp_types[t].rank < rp_types[G_S32].rank ? G_S32 : t;
}

/* C's usual arithmetic conversions. */
u8 rp_common(u8 a, u8 b)
{
	const struct rp_type_info *x, *y;

	a = promote(a);
	b = promote(b);
	x = &rp_types[a];
	y = &rp_types[b];
	if (x->is_signed == y->is_signed)
		return x->rank >= y->rank ? a : b;
	if (x->is_signed)
		return rp_common(b, a);
	if (x->rank >= y->rank)
		return a;
	return y->bits > x->bits ? b : (u8)(b + 1);
}

static const char *at(struct rp *g, const char *text, u32 prec, u32 need)
{
	return prec < need || !rp_rand(g, 6) ? rp_text(g, "(%s)", text) : text;
}

const char *rp_at_l(struct rp *g, struct rp_expr e, u32 need)
{
	return at(g, e.l, e.pl, need);
}

const char *rp_at_c(struct rp *g, struct rp_expr e, u32 need)
{
	return at(g, e.c, e.pc, need);
}

static struct rp_expr same(const char *text, u8 type, u8 prec)
{
	return (struct rp_expr){ text, text, type, prec, prec };
}

static struct rp_expr cast(struct rp *g, u8 type, struct rp_expr e)
{
	const char *name = rp_types[type].name;
	const char *l = rp_at_l(g, e, P_UNARY), *c;

	/* A dot behind a parenthesis would be a member. */
	if (l[0] == '.')
		l = rp_text(g, "(%s)", l);
	c = rp_at_c(g, e, P_UNARY);
	/* gcc 12 fails with an internal error on (_Bool)(a, 1). */
	if (type == G_BOOL && strchr(c, ','))
		c = rp_text(g, "(%s != 0)", c);
	return (struct rp_expr){ rp_text(g, "(%s)%s", name, l), rp_text(g, "(%s)%s", name, c), type,
				 P_UNARY, P_UNARY };
}

/* --- leaves --- */

static u64 number(struct rp *g)
{
	static const u64 edges[] = { 0x7f,	 0x80,	     0xff,
				     0x100,	 0x7fff,     0x8000,
				     0xffff,	 0x10000,    0x7fffffff,
				     0x80000000, 0xffffffff, 0x100000000,
				     1ULL << 62, 1ULL << 63, (1ULL << 63) - 1,
				     ~0ULL };
	u64 v = (u64)rp_rand(g, ~0u) << 32 | rp_rand(g, ~0u);

	switch (rp_rand(g, 5)) {
	case 0:
		return edges[rp_rand(g, ARRAY_SIZE(edges))] + rp_rand(g, 3) - 1;
	case 1:
		return v >> rp_rand(g, 64);
	default:
		return rp_rand(g, 12);
	}
}

struct rp_expr rp_literal(struct rp *g)
{
	u64 v = number(g);
	const char *l, *c;

	switch (rp_rand(g, 5)) {
	case 0:
		l = rp_text(g, "0n%llu", v);
		break;
	case 1:
		l = rp_text(g, "0x%llX", v);
		break;
	case 2:
		l = rp_text(g, "0o%llo", v);
		break;
	default:
		l = rp_text(g, "%llx", v);
		if (l[0] > '9')
			l = rp_text(g, "0%s", l);
		break;
	}
	c = v >> 63 ? rp_text(g, "(long)0x%llxUL", v) : rp_text(g, "0x%llxL", v);
	return (struct rp_expr){ l, c, G_LONG, P_PRIMARY, v >> 63 ? P_UNARY : P_PRIMARY };
}

struct rp_var *rp_pick(struct rp *g, bool (*ok)(const struct rp *g, const struct rp_var *v))
{
	struct rp_var *found = NULL;
	u32 n = 0;

	for (u32 i = 0; i < g->nvars; i++)
		if (!g->var[i].hidden && &g->var[i] != g->victim && ok(g, &g->var[i]) &&
		    !rp_rand(g, ++n))
			found = &g->var[i];
	return found;
}

static bool any(const struct rp *g, const struct rp_var *v)
{
	return v->kind <= V_POINTER;
}

/* An index that is always below @n, a power of two. */
static struct rp_expr index_below(struct rp *g, u32 n)
{
	struct rp_expr e;

	if (!rp_rand(g, 3) || g->indices)
		return same(rp_text(g, "%u", rp_rand(g, n < 10 ? n : 10)), G_LONG, P_PRIMARY);
	g->pure++;
	g->indices++;
	e = rp_value(g, 1);
	g->indices--;
	g->pure--;
	if (rp_types[promote(e.type)].is_signed || rp_rand(g, 2))
		return (struct rp_expr){ rp_text(g, "%s & %x", rp_at_l(g, e, P_AND), n - 1),
					 rp_text(g, "%s & 0x%xL", rp_at_c(g, e, P_AND), n - 1),
					 G_LONG, P_AND, P_AND };
	return (struct rp_expr){ rp_text(g, "%s %% (unsigned)%x", rp_at_l(g, e, P_MUL), n),
				 rp_text(g, "%s %% 0x%xU", rp_at_c(g, e, P_MUL), n), e.type, P_MUL,
				 P_MUL };
}

struct rp_expr rp_element(struct rp *g, const struct rp_var *v)
{
	const char *l = v->l, *c = v->c;

	for (u32 i = 0; i < v->ndims; i++) {
		struct rp_expr e = index_below(g, v->dim[i]);

		l = rp_text(g, "%s[%s]", l, e.l);
		c = rp_text(g, "%s[%s]", c, e.c);
	}
	return (struct rp_expr){ l, c, v->type, P_PRIMARY, P_PRIMARY };
}

static struct rp_expr through(struct rp *g, const struct rp_var *v)
{
	s32 k = (s32)rp_rand(g, v->before + v->after + 1u) - v->before;

	if (!rp_rand(g, 2) && !k)
		return same(rp_text(g, "*%s", v->l), v->type, P_UNARY);
	if (!rp_rand(g, 3))
		return same(rp_text(g, "*(%s %c 0x%x)", v->l, k < 0 ? '-' : '+', k < 0 ? -k : k),
			    v->type, P_UNARY);
	return same(rp_text(g, "%s[%s0x%x]", v->l, k < 0 ? "-" : "", k < 0 ? -k : k), v->type,
		    P_PRIMARY);
}

static struct rp_expr whole(struct rp *g, const struct rp_var *v)
{
	if (v->kind == V_ARRAY)
		return rp_element(g, v);
	if (v->kind == V_POINTER)
		return through(g, v);
	return (struct rp_expr){ v->l, v->c, v->type, P_PRIMARY, P_PRIMARY };
}

static struct rp_expr leaf(struct rp *g)
{
	struct rp_var *v = rp_rand(g, 4) ? rp_pick(g, any) : NULL, *array;
	struct rp_expr e;

	g->cost += g->mult;
	if (!rp_rand(g, 8) && !g->indices && rp_record_member(g, false, &e, &array))
		return e;
	if (!rp_rand(g, 8) && !g->indices && rp_map_value(g, &e))
		return e;
	if (v)
		return whole(g, v);
	if (rp_rand(g, 3))
		return rp_literal(g);
	return cast(g, (u8)rp_rand(g, G_NTYPES), rp_literal(g));
}

/* --- operators --- */

/*
 * An operand that keeps division or shift legal: divisors are neither 0 nor -1, counts
 * are below the width of the common type with @other. The type stays, so that each pair
 * of types is met.
 */
struct rp_expr rp_guard(struct rp *g, const char *op, struct rp_expr e, u8 other)
{
	const char *name = rp_types[e.type].name;
	const char *l, *c;

	if (op[0] == '<' || op[0] == '>') {
		u32 mask = rp_types[rp_common(e.type, other)].bits - 1;

		if (e.type == G_LONG && e.pl == P_PRIMARY &&
		    strspn(e.l, "0123456789") == strlen(e.l)) {
			l = rp_text(g, "%x", rp_rand(g, mask + 1));
			return (struct rp_expr){ l, rp_text(g, "0x%sL", l), G_LONG, P_PRIMARY,
						 P_PRIMARY };
		}
		l = rp_text(g, "(%s)(%s & %x)", name, rp_at_l(g, e, P_AND), mask);
		c = rp_text(g, "(%s)(%s & 0x%x)", name, rp_at_c(g, e, P_AND), mask);
	} else if (e.type == G_BOOL || rp_rand(g, 2)) {
		l = rp_text(g, "(%s)(%s & 7f | 1)", name, rp_at_l(g, e, P_AND));
		c = rp_text(g, "(%s)(%s & 0x7f | 1)", name, rp_at_c(g, e, P_AND));
	} else if (rp_types[e.type].is_signed && rp_rand(g, 2)) {
		l = rp_text(g, "(%s)((%s & 7e) - 80)", name, rp_at_l(g, e, P_AND));
		c = rp_text(g, "(%s)((%s & 0x7e) - 0x80)", name, rp_at_c(g, e, P_AND));
	} else {
		l = rp_text(g, "(%s < 2 ? (%s)3 : %s)", rp_at_l(g, e, P_SHIFT), name,
			    rp_at_l(g, e, P_COND));
		c = rp_text(g, "(%s < 2L ? (%s)3 : %s)", rp_at_c(g, e, P_SHIFT), name,
			    rp_at_c(g, e, P_COND));
		return (struct rp_expr){ l, c, rp_common(e.type, e.type), P_PRIMARY, P_PRIMARY };
	}
	return (struct rp_expr){ l, c, e.type, P_UNARY, P_UNARY };
}

static const struct binary {
	const char *op;
	u8 prec;
} arithmetic[] = { { "+", P_ADD },    { "-", P_ADD },	{ "*", P_MUL }, { "&", P_AND },
		   { "|", P_OR },     { "^", P_XOR },	{ "/", P_MUL }, { "%", P_MUL },
		   { "<<", P_SHIFT }, { ">>", P_SHIFT } };
static const struct binary truth[] = { { "==", P_EQ },	 { "!=", P_EQ },  { "<", P_REL },
				       { ">", P_REL },	 { "<=", P_REL }, { ">=", P_REL },
				       { "&&", P_LAND }, { "||", P_LOR } };

static bool needs_guard(const char *op)
{
	return op[0] == '/' || op[0] == '%' || !strcmp(op, "<<") || !strcmp(op, ">>");
}

static struct rp_expr arith(struct rp *g, u32 depth)
{
	const struct binary *o = &arithmetic[rp_rand(g, ARRAY_SIZE(arithmetic))];
	struct rp_expr a = rp_value(g, depth - 1), b;
	bool guard = needs_guard(o->op), shift = o->prec == P_SHIFT;
	const char *l, *c;
	u8 type;

	g->pure += guard;
	b = rp_value(g, depth - 1);
	g->pure -= guard;
	if (guard)
		b = rp_guard(g, o->op, b, a.type);
	type = rp_common(a.type, b.type);
	l = rp_text(g, "%s %s %s", rp_at_l(g, a, o->prec), o->op, rp_at_l(g, b, o->prec + 1));
	c = rp_at_c(g, a, shift ? P_UNARY : o->prec);
	c = rp_text(g, "%s%s%s%s %s %s", shift ? "(" : "", shift ? rp_types[type].name : "",
		    shift ? ")" : "", c, o->op, rp_at_c(g, b, o->prec + 1));
	return (struct rp_expr){ l, c, type, o->prec, o->prec };
}

static struct rp_expr comparison(struct rp *g, u32 depth)
{
	const struct binary *o = &truth[rp_rand(g, ARRAY_SIZE(truth))];
	struct rp_expr a = rp_value(g, depth - 1), b = rp_value(g, depth - 1);

	return (struct rp_expr){
		rp_text(g, "%s %s %s", rp_at_l(g, a, o->prec), o->op, rp_at_l(g, b, o->prec + 1)),
		rp_text(g, "%s %s %s", rp_at_c(g, a, o->prec), o->op, rp_at_c(g, b, o->prec + 1)),
		G_S32, o->prec, o->prec
	};
}

static struct rp_expr unary(struct rp *g, u32 depth)
{
	char op = "-~!+"[rp_rand(g, 4)];
	struct rp_expr e = rp_value(g, depth - 1);
	const char *l = rp_at_l(g, e, P_UNARY), *c = rp_at_c(g, e, P_UNARY);

	return (struct rp_expr){ rp_text(g, "%c%s%s", op, l[0] == op ? " " : "", l),
				 rp_text(g, "%c%s%s", op, c[0] == op ? " " : "", c),
				 op == '!' ? G_S32 : promote(e.type), P_UNARY, P_UNARY };
}

static struct rp_expr choice(struct rp *g, u32 depth)
{
	struct rp_expr a = rp_value(g, depth - 1), b = rp_value(g, depth - 1),
		       e = rp_value(g, depth - 1);

	return (struct rp_expr){ rp_text(g, "%s ? %s : %s", rp_at_l(g, a, P_LOR),
					 rp_at_l(g, b, P_COND), rp_at_l(g, e, P_COND)),
				 rp_text(g, "%s ? %s : %s", rp_at_c(g, a, P_LOR),
					 rp_at_c(g, b, P_COND), rp_at_c(g, e, P_COND)),
				 rp_common(b.type, e.type), P_COND, P_COND };
}

static struct rp_expr comma(struct rp *g, u32 depth)
{
	struct rp_expr a = rp_value(g, depth - 1), b = rp_value(g, depth - 1);

	return (struct rp_expr){
		rp_text(g, "(%s, %s)", rp_at_l(g, a, P_ASSIGN), rp_at_l(g, b, P_ASSIGN)),
		rp_text(g, "(%s, %s)", rp_at_c(g, a, P_ASSIGN), rp_at_c(g, b, P_ASSIGN)), b.type,
		P_PRIMARY, P_PRIMARY
	};
}

static struct rp_expr size(struct rp *g, u32 depth)
{
	u32 cost = g->cost;
	struct rp_expr e;

	if (rp_rand(g, 2))
		return same(rp_text(g, "sizeof(%s)", rp_types[rp_rand(g, G_NTYPES)].name), G_ULONG,
			    P_UNARY);
	g->pure++;
	g->no_maps++; /* a map as such has no size */
	e = rp_value(g, depth - 1);
	g->no_maps--;
	g->pure--;
	g->cost = cost;
	return (struct rp_expr){ rp_text(g, "sizeof(%s)", e.l), rp_text(g, "sizeof(%s)", e.c),
				 G_ULONG, P_UNARY, P_UNARY };
}

/* --- what changes variables --- */

struct rp_expr rp_compound(struct rp *g, struct rp_expr place, struct rp_expr value)
{
	const struct binary *o = &arithmetic[rp_rand(g, ARRAY_SIZE(arithmetic))];
	u8 type = rp_common(place.type, value.type);
	const char *l, *c;

	if (needs_guard(o->op))
		value = rp_guard(g, o->op, value, place.type);
	l = rp_text(g, "%s %s= %s", place.l, o->op, rp_at_l(g, value, P_ASSIGN));
	if (o->prec == P_SHIFT)
		c = rp_text(g, "%s = (%s)%s %s %s", place.c, rp_types[type].name, place.c, o->op,
			    rp_at_c(g, value, P_ADD));
	else
		c = rp_text(g, "%s %s= %s", place.c, o->op, rp_at_c(g, value, P_ASSIGN));
	return (struct rp_expr){ l, c, place.type, P_ASSIGN, P_ASSIGN };
}

/* `v++` and the like, of the one variable that this full expression may change. */
static struct rp_expr change(struct rp *g, u32 depth)
{
	struct rp_expr place = whole(g, g->victim), value;
	u32 how = rp_rand(g, 6);
	const char *op = rp_rand(g, 2) ? "++" : "--";

	/* C has no -- on bool in newer editions, but gcc knows it. */
	g->victim_used = true;
	if (how < 2)
		return same(rp_text(g, "%s%s", place.l, op), place.type, P_PRIMARY);
	if (how < 4)
		return same(rp_text(g, "%s%s", op, place.l), place.type, P_UNARY);
	g->pure++;
	value = rp_value(g, depth - 1);
	if (how == 4)
		value = rp_compound(g, place, value);
	else
		value = (struct rp_expr){
			rp_text(g, "%s = %s", place.l, rp_at_l(g, value, P_ASSIGN)),
			rp_text(g, "%s = %s", place.c, rp_at_c(g, value, P_ASSIGN)), place.type,
			P_ASSIGN, P_ASSIGN
		};
	g->pure--;
	return value;
}

struct rp_expr rp_call(struct rp *g, struct rp_func *f, u32 depth)
{
	const char *l = "", *c = "";
	u32 first = 0;

	if (f->recursive) {
		first = 1;
		if (f == g->self) {
			g->self_calls--;
			l = c = "p0 - 1";
		} else {
			l = c = rp_text(g, "%u", rp_rand(g, 4));
		}
	}
	g->cost += f == g->self ? 0 : g->mult * f->cost;
	for (u32 i = first; i < f->nparams; i++) {
		struct rp_expr e =
			f->param[i] > G_VOID ? rp_fitting(g, depth, "fit_x") : rp_value(g, depth);

		l = rp_text(g, "%s%s%s", l, i ? ", " : "", rp_at_l(g, e, P_ASSIGN));
		c = rp_text(g, "%s%s%s", c, i ? ", " : "", rp_at_c(g, e, P_ASSIGN));
	}
	return (struct rp_expr){ rp_text(g, "f%u_x(%s)", (u32)(f - g->func), l),
				 rp_text(g, "%s(%s)", f->c, c), f->type, P_PRIMARY, P_PRIMARY };
}

bool rp_may_call(const struct rp *g, const struct rp_func *f)
{
	return f->pure && g->mult * f->cost <= 3000 &&
	       (f != g->self || (g->mult <= 1 && g->self_calls && f->recursive));
}

/* A call of a function that changes nothing. */
static struct rp_expr call(struct rp *g, u32 depth)
{
	struct rp_func *f;

	if (!g->nfuncs)
		return leaf(g);
	f = &g->func[rp_rand(g, g->nfuncs)];
	if (f->type >= G_VOID || !rp_may_call(g, f))
		return leaf(g);
	return rp_call(g, f, depth > 1 ? 1 : 0);
}

struct rp_expr rp_value(struct rp *g, u32 depth)
{
	struct rp_expr e;
	u32 mark = g->used;

	g->cost += g->mult;
	if (!depth || !rp_rand(g, 7))
		return leaf(g);
	if (g->victim && !g->victim_used && !g->pure && !rp_rand(g, 4))
		return change(g, depth);
	switch (rp_rand(g, 16)) {
	case 0:
	case 1:
		e = unary(g, depth);
		break;
	case 2:
		e = choice(g, depth);
		break;
	case 3:
	case 4:
		e = cast(g, (u8)rp_rand(g, G_NTYPES), rp_value(g, depth - 1));
		break;
	case 5:
		e = rp_from_float(g, depth - 1);
		break;
	case 6:
	case 7:
		e = comparison(g, depth);
		break;
	case 8:
		e = call(g, depth);
		break;
	case 9:
		e = rp_rand(g, 2) ? comma(g, depth) : size(g, depth);
		break;
	default:
		e = arith(g, depth);
		break;
	}
	if (!g->victim_used && g->used - mark > 0 && strlen(e.c) > LONGEST)
		return rp_literal(g);
	return e;
}

static bool may_be_victim(const struct rp *g, const struct rp_var *v)
{
	return v->kind == V_SCALAR && !v->global && !v->fixed && !v->addressed;
}

struct rp_expr rp_full(struct rp *g, u32 depth, const struct rp_var *target)
{
	struct rp_expr e;

	g->victim = rp_rand(g, 3) ? NULL : rp_pick(g, may_be_victim);
	/* The index of an element may read any variable. */
	if (g->victim == target || (target && target->kind != V_SCALAR))
		g->victim = NULL;
	g->victim_used = false;
	e = rp_value(g, depth);
	g->victim = NULL;
	g->victim_used = false;
	return e;
}

static bool may_be_written(const struct rp *g, const struct rp_var *v)
{
	return v->kind <= V_POINTER && !v->fixed && (!v->global || !g->self || !g->self->pure);
}

bool rp_place(struct rp *g, struct rp_expr *e, struct rp_var **var)
{
	struct rp_var *v;

	g->pure++;
	if (!rp_rand(g, 8) && rp_record_member(g, true, e, var)) {
		g->pure--;
		return true;
	}
	g->pure--;
	*var = v = rp_pick(g, may_be_written);
	if (!v)
		return false;
	g->pure++;
	*e = whole(g, v);
	g->pure--;
	return true;
}
