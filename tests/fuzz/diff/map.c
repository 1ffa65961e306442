/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map.c - random uses of maps: in C they are calls of prelude.c.
 */
#include "program.h"

static const struct {
	const char *name, *c; /* of an aggregation; in C */
} kinds[] = {
	{ "", "MAP_NUMBER" },	{ "count", "MAP_COUNT" }, { "sum", "MAP_SUM" },
	{ "min", "MAP_MIN" },	{ "max", "MAP_MAX" },	  { "avg", "MAP_AVG" },
	{ "hist", "MAP_HIST" },
};

enum { NUMBER, COUNT, HIST = 6 };
enum { NO_KEY, ONE_INTEGER, TWO_INTEGERS, STRING };

/* Two of them differ only where a key of a map has ended already. */
static const char *const strings[] = {
	"cat",
	"dog",
	"",
	"a b",
	"/0123456789/0123456789/0123456789/0123456789/0123456789/01234567",
	"/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789",
};

/* A first use fixes what a map is like; afterwards it is empty. */
void rp_maps(struct rp *g)
{
	for (u32 n = rp_rand(g, RP_MAPS + 1); g->nmaps < n; g->nmaps++) {
		struct rp_map *m = &g->map[g->nmaps];
		u32 i = g->nmaps;

		m->kind = (u8)(rp_rand(g, 2) ? NUMBER : rp_rand(g, ARRAY_SIZE(kinds)));
		m->keys = (u8)(m->kind == NUMBER ? 1 + rp_rand(g, 3) : rp_rand(g, 4));
		rp_put(g, "",
		       rp_text(g, "static struct map m%u_%u = { .kind = %s, .keys = %u };\n", i,
			       g->number, kinds[m->kind].c, m->keys));
		rp_put(g,
		       rp_text(g, ".m%u%s = %s%s;\nclear(.m%u);\n", i,
			       m->keys == NO_KEY	 ? ""
			       : m->keys == ONE_INTEGER	 ? "[0]"
			       : m->keys == TWO_INTEGERS ? "[0, 0]"
							 : "[\"\"]",
			       kinds[m->kind].name,
			       m->kind == NUMBER  ? "1"
			       : m->kind == COUNT ? "()"
						  : "(1)",
			       i),
		       "");
	}
}

/* Mostly few different keys, so that they meet. */
static struct rp_expr integer_key(struct rp *g)
{
	struct rp_expr e;

	if (!rp_rand(g, 4))
		return rp_literal(g);
	g->pure++;
	e = rp_value(g, 1);
	g->pure--;
	return (struct rp_expr){ rp_text(g, "%s & 1f", rp_at_l(g, e, P_AND)),
				 rp_text(g, "%s & 0x1fL", rp_at_c(g, e, P_AND)),
				 G_LONG,
				 P_AND,
				 P_AND,
				 0 };
}

/* `.m0[k]`, and the first arguments of a call in C. */
static struct rp_expr place(struct rp *g, u32 i)
{
	const struct rp_map *m = &g->map[i];
	struct rp_expr k = { "0", "0" }, k2 = { "0", "0" };
	const char *l = rp_text(g, ".m%u", i), *text = "";

	if (m->keys == STRING) {
		text = strings[rp_rand(g, ARRAY_SIZE(strings))];
		l = rp_text(g, "%s[\"%s\"]", l, text);
	} else if (m->keys != NO_KEY) {
		k = integer_key(g);
		l = rp_text(g, "%s[%s", l, k.l);
		if (m->keys == TWO_INTEGERS) {
			k2 = integer_key(g);
			l = rp_text(g, "%s, %s", l, k2.l);
		}
		l = rp_text(g, "%s]", l);
	}
	return (struct rp_expr){
		l,	   rp_text(g, "&m%u_%u, %s, %s, \"%s\"", i, g->number, k.c, k2.c, text),
		G_LONG,	   P_PRIMARY,
		P_PRIMARY, 0
	};
}

bool rp_map_value(struct rp *g, struct rp_expr *e)
{
	u32 i = rp_rand(g, RP_MAPS);
	bool has = !rp_rand(g, 4);

	if (g->no_maps || i >= g->nmaps || (!has && g->map[i].kind == HIST) ||
	    (has && !g->map[i].keys))
		return false;
	*e = place(g, i);
	e->l = has ? rp_text(g, "has(%s)", e->l) : e->l;
	e->c = rp_text(g, "map_%s(%s)", has ? "has" : "get", e->c);
	return true;
}

static void change_number(struct rp *g, struct rp_expr to)
{
	const char *got = rp_text(g, "map_get(%s)", to.c);
	struct rp_expr e, value = { to.l, got, G_LONG, P_PRIMARY, P_PRIMARY, 0 };
	const char *op = rp_rand(g, 2) ? "++" : "--";

	switch (rp_rand(g, 4)) {
	case 0:
		rp_put(g, rp_text(g, "%s%s;\n", to.l, op),
		       rp_text(g, "map_set(%s, %s %c 1);\n", to.c, got, op[0]));
		break;
	case 1:
		e = rp_value(g, 2);
		rp_put(g, rp_text(g, "%s = %s;\n", to.l, rp_at_l(g, e, P_ASSIGN)),
		       rp_text(g, "map_set(%s, %s);\n", to.c, rp_at_c(g, e, P_ASSIGN)));
		break;
	default:
		g->pure++;
		e = rp_value(g, 2);
		op = (const char *[]){ "+", "-", "*", "^", "|", "%" }[rp_rand(g, 6)];
		if (op[0] == '%')
			e = rp_guard(g, op, e, G_LONG);
		g->pure--;
		rp_put(g, rp_text(g, "%s %s= %s;\n", value.l, op, rp_at_l(g, e, P_ASSIGN)),
		       rp_text(g, "map_set(%s, %s %s (%s));\n", to.c, got, op, e.c));
		break;
	}
}

void rp_map_statement(struct rp *g)
{
	u32 i = rp_rand(g, RP_MAPS);
	struct rp_expr to, e;

	if (i >= g->nmaps || (g->self && g->self->pure)) {
		rp_put_both(g, ";\n");
		return;
	}
	to = place(g, i);
	if (g->map[i].keys && !rp_rand(g, 6)) {
		rp_put(g, rp_text(g, "delete(%s);\n", to.l), rp_text(g, "map_delete(%s);\n", to.c));
	} else if (!rp_rand(g, 20)) {
		rp_put(g, rp_text(g, "clear(.m%u);\n", i),
		       rp_text(g, "m%u_%u.n = 0;\n", i, g->number));
	} else if (g->map[i].kind == NUMBER) {
		change_number(g, to);
	} else if (g->map[i].kind == COUNT) {
		rp_put(g, rp_text(g, "%s = count();\n", to.l),
		       rp_text(g, "map_put(%s, 1);\n", to.c));
	} else {
		e = rp_value(g, 2);
		rp_put(g,
		       rp_text(g, "%s = %s(%s);\n", to.l, kinds[g->map[i].kind].name,
			       rp_at_l(g, e, P_ASSIGN)),
		       rp_text(g, "map_put(%s, %s);\n", to.c, rp_at_c(g, e, P_ASSIGN)));
	}
}

void rp_map_print(struct rp *g)
{
	for (u32 i = 0; i < g->nmaps; i++)
		rp_put(g, rp_text(g, "printf(\"%%ld\\n\", len(.m%u));\nprint(.m%u);\n", i, i),
		       rp_text(g, "printf(\"%%d\\n\", m%u_%u.n);\nmap_print(&m%u_%u, \"m%u\");\n",
			       i, g->number, i, g->number, i));
}
