/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_map.c - maps: their keys, their functions, aggregations.
 *
 * What a map is like is fixed where it is used first, in the whole session. Emits nothing.
 */
#include <stdlib.h>

#include "env.h"
#include "sema.h"

/* "a map of numbers, with 2 integers as key" */
static const char *shape_text(struct scr_compiler *c, const struct eng_map_desc *d)
{
	static const char *const keys[ENG_NKEYS] = {
		[ENG_KEYS_NONE] = "without a key",
		[ENG_KEYS_INT] = "with an integer as key",
		[ENG_KEYS_INT2] = "with two integers as key",
		[ENG_KEYS_STR] = "with a string as key",
	};

	if (d->kind == ENG_MAP_VALUE)
		return scr_textf(c, "a map of numbers %s", keys[d->keys]);
	if (d->kind == ENG_MAP_LHIST)
		return scr_textf(c, "an lhist from %lld in %u steps of %llu %s", d->min, d->buckets,
				 d->step, keys[d->keys]);
	return scr_textf(c, "a map of %s() %s", eng_map_kind_names[d->kind], keys[d->keys]);
}

/* A use of a map that is filled only further down in the text. */
struct scr_pending {
	struct scr_node *n; /* N_MAP without its map */
	struct scr_name *name;
	u8 keys; /* enum eng_map_keys; ENG_NKEYS: the map as a whole */
	struct scr_pending *next;
};

static struct scr_global *lookup(struct scr_compiler *c, const struct scr_name *name)
{
	return scr_env_lookup(c->env, name->text, name->len, name->hash);
}

/* The global @n as a map of this shape, made when it is new. NULL: said. */
static struct scr_global *map_of_shape(struct scr_compiler *c, const struct scr_node *n,
				       const struct eng_map_desc *want)
{
	struct scr_global *g = lookup(c, n->name);

	if (!g) {
		if (!sem_global(c, n->name, &scr_type_map, n->span))
			return NULL;
		g = lookup(c, n->name);
		switch (scr_env_make_map(c->env, g, want)) {
		case SCR_ENV_OK:
			return g;
		case SCR_ENV_NO_MEMORY:
			scr_oom(c);
		case SCR_ENV_FULL:
			scr_error(c, n->span, NULL, "no room for the map '.%s': there are %u",
				  n->name->text, ENG_MAX_MAPS);
			return NULL;
		}
	}
	if (!g->map) {
		scr_error(c, n->span, "use another name for the map",
			  "the global variable '.%s' is no map: it is a variable since %s",
			  n->name->text, g->where);
		return NULL;
	}
	if (eng_map_same_shape(&g->map->desc, want))
		return g;
	scr_error(c, n->span,
		  scr_textf(c, "'.%s' was first used at %s; use another name", n->name->text,
			    g->where),
		  "'.%s' is %s, here it is used as %s", n->name->text, shape_text(c, &g->map->desc),
		  shape_text(c, want));
	return NULL;
}

static bool is_map(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_global *g = n->kind == N_GLOBAL ? lookup(c, n->name) : NULL;

	return g && g->map;
}

/* It is filled further down. */
static bool will_be_map(struct scr_compiler *c, const struct scr_node *n)
{
	return n->kind == N_GLOBAL && n->name->mapped && !lookup(c, n->name);
}

/* --- keys --- */

/* The address of the text that a key is made of, or NULL: it is no string. */
static struct scr_node *string_key(const struct scr_node *n)
{
	if (n->kind == N_CALL && !n->name->func && !strcmp(n->name->text, "str") && n->a &&
	    !n->a->next)
		return n->a;
	if (n->kind == N_STR || (n->kind == N_PSEUDO && n->num < ENG_NPSEUDO &&
				 eng_pseudo_names[n->num].flags & ENG_PS_TEXT))
		return (struct scr_node *)n;
	return NULL;
}

static struct scr_node *key_value(struct scr_compiler *c, struct scr_node *n)
{
	if (n->kind == N_STR) {
		if (n->str->wide) {
			scr_error(c, n->span, "write \"...\"", "a wide string cannot be a key");
			return sem_fail(n);
		}
		n->type = SCR_TYPE(ULLONG);
		return n;
	}
	n = sem_value(c, n);
	if (n->kind == N_ERROR || !scr_type_is_float(n->type))
		return n;
	scr_error(c, n->span, "convert it: (long)x", "a floating-point number cannot be a key");
	return sem_fail(n);
}

/* The keys of an index, chained by next, and what they are; NULL: said. */
static struct scr_node *keys(struct scr_compiler *c, struct scr_node *n, u8 *kind)
{
	struct scr_node *first = n, *second = NULL, *address;

	if (n->kind == N_COMMA && !n->parens) {
		first = n->a;
		second = n->b;
		if (first->kind == N_COMMA && !first->parens) {
			scr_error(c, n->span, NULL, "a map has one or two keys");
			return NULL;
		}
	}
	address = string_key(first);
	if (second && (address || string_key(second))) {
		scr_error(c, n->span, NULL, "a string is a key alone, two keys are integers");
		return NULL;
	}
	*kind = second ? ENG_KEYS_INT2 : address ? ENG_KEYS_STR : ENG_KEYS_INT;
	first = key_value(c, address ? address : first);
	second = second ? key_value(c, second) : NULL;
	if (first->kind == N_ERROR || (second && second->kind == N_ERROR))
		return NULL;
	first->next = second;
	if (second)
		second->next = NULL;
	return first;
}

/* --- elements --- */

/* What reads or deletes may come before what fills: it is finished at the end. */
static struct scr_node *postpone(struct scr_compiler *c, struct scr_node *n, u8 keys)
{
	struct scr_pending *p = scr_alloc(c, sizeof(*p));

	*p = (struct scr_pending){ .n = n, .name = n->name, .keys = keys, .next = c->pending };
	c->pending = p;
	n->kind = N_MAP;
	n->num = ENG_MAPOP_GET;
	n->type = SCR_TYPE(LONG);
	n->is_new = true; /* nothing but its keys is known */
	return n;
}

/*
 * An element of a map; one that is not known yet is made when @create says a kind, and
 * postponed when the script fills it later.
 */
static struct scr_node *element(struct scr_compiler *c, struct scr_node *n,
				const struct eng_map_desc *create)
{
	struct eng_map_desc want = create ? *create : (struct eng_map_desc){ 0 };
	struct scr_global *g;
	struct scr_node *key = NULL;

	if (n->kind == N_INDEX) {
		key = keys(c, n->b, &want.keys);
		if (!key)
			return sem_fail(n);
		n->name = n->a->name;
		n->a = key;
		n->b = NULL;
	}
	g = lookup(c, n->name);
	if (!create && !g)
		return n->name->mapped ? postpone(c, n, want.keys) : sem_unknown_global(c, n, true);
	if (!create && g->map) { /* whatever its kind is */
		u8 given = want.keys;

		want = g->map->desc;
		want.keys = given;
	}
	g = map_of_shape(c, n, &want);
	if (!g)
		return sem_fail(n);
	n->kind = N_MAP;
	n->is_new = false;
	n->global = (u32)(g - c->env->global);
	n->num = ENG_MAPOP_GET;
	n->type = SCR_TYPE(LONG);
	return n;
}

static bool is_number(const struct scr_compiler *c, const struct scr_node *n)
{
	return c->env->global[n->global].map->desc.kind == ENG_MAP_VALUE;
}

static struct scr_node *readable(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_global *g;

	if (n->kind == N_ERROR || n->is_new)
		return n;
	g = &c->env->global[n->global];
	if (eng_map_ops[ENG_MAPOP_GET].kinds & ENG_BIT(g->map->desc.kind))
		return n;
	scr_error(c, n->span, scr_textf(c, "print(.%s);", g->name),
		  "a histogram has no value that can be read");
	return sem_fail(n);
}

bool sem_is_map_index(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_global *g;

	if (n->a->kind != N_GLOBAL)
		return false;
	g = lookup(c, n->a->name);
	return !g || g->map;
}

struct scr_node *sem_map_index(struct scr_compiler *c, struct scr_node *n)
{
	static const struct eng_map_desc number;
	bool target = n->is_new;

	n = element(c, n, target && !lookup(c, n->a->name) ? &number : NULL);
	if (!target)
		return readable(c, n);
	if (n->kind == N_ERROR || is_number(c, n))
		return n;
	scr_error(c, n->span,
		  scr_textf(c, "assign the result of %s()",
			    eng_map_kind_names[c->env->global[n->global].map->desc.kind]),
		  "this map keeps aggregations, not numbers");
	return sem_fail(n);
}

struct scr_node *sem_map_value(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_global *g = n->kind == N_GLOBAL ? lookup(c, n->name) : NULL;

	if (n->kind == N_GLOBAL && (!g || g->map->desc.keys == ENG_KEYS_NONE))
		return readable(c, element(c, n, NULL));
	scr_error(c, n->span, "give the key: .name[key]; or print(.name)",
		  "a whole map cannot stand in an expression");
	return sem_fail(n);
}

/* --- functions --- */

static bool arguments(struct scr_compiler *c, const struct scr_node *n, u32 want)
{
	u32 given = 0;

	for (const struct scr_node *a = n->a; a; a = a->next)
		given++;
	if (given == want)
		return true;
	scr_error(c, n->span, NULL, "'%s' takes %u argument%s, %u given", n->name->text, want,
		  want == 1 ? "" : "s", given);
	return false;
}

/* min, max and step of lhist() */
static bool linear(struct scr_compiler *c, struct scr_node *n, struct eng_map_desc *d)
{
	struct scr_node *arg[3], *next = n->a->next;
	u64 width, count;

	for (u32 i = 0; i < 3; i++) {
		arg[i] = next;
		next = next->next; /* what a constant becomes is not in the chain */
		arg[i] = sem_value(c, arg[i]);
		if (arg[i]->kind == N_ERROR)
			return false;
		if (arg[i]->kind != N_NUM) {
			scr_error(c, arg[i]->span, NULL,
				  "min, max and step of 'lhist' must be constants");
			return false;
		}
	}
	width = arg[1]->num - arg[0]->num;
	count = arg[2]->num ? width / arg[2]->num + (width % arg[2]->num != 0) : 0;
	if ((s64)arg[0]->num >= (s64)arg[1]->num || !count || count > ENG_LHIST_MAX) {
		scr_error(c, n->span, "lhist(value, min, max, step)",
			  "'lhist' needs min < max, and 1 to %u steps between them", ENG_LHIST_MAX);
		return false;
	}
	d->min = (s64)arg[0]->num;
	d->step = arg[2]->num;
	d->buckets = (u16)count;
	return true;
}

static u8 aggregation_named(const struct scr_name *name)
{
	if (name->func)
		return ENG_MAP_VALUE;
	for (u8 kind = ENG_MAP_VALUE + 1; kind < ENG_NMAPKINDS; kind++)
		if (!strcmp(name->text, eng_map_kind_names[kind]))
			return kind;
	return ENG_MAP_VALUE;
}

static u8 aggregation(const struct scr_node *n)
{
	return n->kind == N_CALL ? aggregation_named(n->name) : ENG_MAP_VALUE;
}

bool sem_is_aggregation(const struct scr_node *n)
{
	return n->op == OP_NONE && aggregation(n->b) != ENG_MAP_VALUE &&
	       (n->a->kind == N_GLOBAL || (n->a->kind == N_INDEX && n->a->a->kind == N_GLOBAL));
}

struct scr_node *sem_aggregation(struct scr_compiler *c, struct scr_node *n)
{
	struct eng_map_desc d = { .kind = aggregation(n->b) };
	struct scr_node *call = n->b, *value, *target, **tail;
	u32 want = d.kind == ENG_MAP_COUNT ? 0 : d.kind == ENG_MAP_LHIST ? 4 : 1;

	if (!arguments(c, call, want) || (want == 4 && !linear(c, call, &d)))
		return sem_fail(n);
	if (want) {
		call->a->next = NULL;
		value = sem_convert(c, sem_value(c, call->a), SCR_TYPE(LONG));
	} else {
		value = scr_alloc(c, sizeof(*value));
		*value = (struct scr_node){ .kind = N_NUM, .span = call->span };
		value->type = SCR_TYPE(LONG);
	}
	if (value->kind == N_ERROR)
		return sem_fail(n);
	target = element(c, n->a, &d);
	if (target->kind == N_ERROR)
		return sem_fail(n);
	for (tail = &target->a; *tail; tail = &(*tail)->next)
		;
	*tail = value;
	value->next = NULL;
	target->num = ENG_MAPOP_PUT;
	target->type = SCR_TYPE(VOID);
	return target;
}

/* clear, len and print take a whole map, has and delete an element of one. */
static struct scr_node *whole(struct scr_compiler *c, struct scr_node *n, enum eng_map_op op)
{
	struct scr_node *map = n->a;

	struct scr_global *g = map->kind == N_GLOBAL ? lookup(c, map->name) : NULL;

	if (map->kind != N_GLOBAL || (g && !g->map)) {
		scr_error(c, map->span, NULL, "'%s' takes a map: %s(.name)", eng_map_ops[op].name,
			  eng_map_ops[op].name);
		return sem_fail(n);
	}
	if (!g && !map->name->mapped) {
		sem_unknown_global(c, map, true);
		return sem_fail(n);
	}
	if (g) {
		n->kind = N_MAP;
		n->global = (u32)(g - c->env->global);
	} else {
		n->name = map->name;
		postpone(c, n, ENG_NKEYS);
	}
	n->num = op;
	n->a = NULL;
	n->type = op == ENG_MAPOP_LEN ? SCR_TYPE(LONG) : SCR_TYPE(VOID);
	return n;
}

static struct scr_node *of_element(struct scr_compiler *c, struct scr_node *n, enum eng_map_op op)
{
	struct scr_node *a = n->a;

	if (!(a->kind == N_INDEX && a->a->kind == N_GLOBAL) && !is_map(c, a) &&
	    !will_be_map(c, a)) {
		scr_error(c, a->span, NULL, "'%s' takes an element of a map: %s(.name[key])",
			  eng_map_ops[op].name, eng_map_ops[op].name);
		return sem_fail(n);
	}
	a = element(c, a, NULL);
	if (a->kind == N_ERROR)
		return sem_fail(n);
	a->num = op;
	a->type = op == ENG_MAPOP_HAS ? SCR_TYPE(LONG) : SCR_TYPE(VOID);
	return a;
}

struct scr_node *sem_map_call(struct scr_compiler *c, struct scr_node *n)
{
	u32 op;

	if (!strcmp(n->name->text, "str") || aggregation(n) != ENG_MAP_VALUE) {
		bool str = n->name->text[0] == 's' && n->name->text[1] == 't';

		scr_error(c, n->span,
			  str ? ".name[str(address)]"
			      : scr_textf(c, ".name[key] = %s(...);", n->name->text),
			  str ? "'str' makes the key of a map, nothing else"
			      : "'%s' can only be assigned to a map",
			  n->name->text);
		return sem_fail(n);
	}
	for (op = ENG_MAPOP_HAS; op < ENG_NMAPOPS; op++)
		if (!strcmp(n->name->text, eng_map_ops[op].name))
			break;
	if (op == ENG_NMAPOPS)
		return NULL;
	if (!arguments(c, n, 1))
		return sem_fail(n);
	return eng_map_ops[op].key ? of_element(c, n, (enum eng_map_op)op)
				   : whole(c, n, (enum eng_map_op)op);
}

bool sem_prints_map(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_node *a = n->a;

	return n->num == ENG_BI_PRINT && a && !a->next && (is_map(c, a) || will_be_map(c, a));
}

struct scr_node *sem_print_map(struct scr_compiler *c, struct scr_node *n)
{
	return whole(c, n, ENG_MAPOP_PRINT);
}

/* Does an assignment at token @i make a map of what stands before it? */
static bool fills(const struct scr_compiler *c, u32 i, bool indexed)
{
	switch ((enum scr_tok)c->tok[i].kind) {
	case T_SET:
		return indexed || (i + 2 < c->ntok && c->tok[i + 1].kind == T_NAME &&
				   c->tok[i + 2].kind == T_LPAREN &&
				   aggregation_named(c->tok[i + 1].name) != ENG_MAP_VALUE);
	case T_ADD_SET:
	case T_SUB_SET:
	case T_MUL_SET:
	case T_DIV_SET:
	case T_REM_SET:
	case T_AND_SET:
	case T_OR_SET:
	case T_XOR_SET:
	case T_SHL_SET:
	case T_SHR_SET:
	case T_INC:
	case T_DEC:
		return indexed;
	default:
		return false;
	}
}

/* `.name[...] =`, `.name[...]++`, `++.name[...]`, `.name = count()`: a map, unless declared. */
void sem_find_map(struct scr_compiler *c, u32 at)
{
	u32 depth = 0, i = at + 1;
	bool indexed = i < c->ntok && c->tok[i].kind == T_LBRACKET;

	for (; indexed && i < c->ntok; i++) {
		depth += c->tok[i].kind == T_LBRACKET;
		depth -= c->tok[i].kind == T_RBRACKET;
		if (!depth)
			break;
		if (depth > SCR_MAX_NESTING || c->tok[i].kind == T_SEMI)
			return; /* no such index: said by the parser */
	}
	i += indexed;
	if (i >= c->ntok)
		return;
	if (fills(c, i, indexed) ||
	    (indexed && at && (c->tok[at - 1].kind == T_INC || c->tok[at - 1].kind == T_DEC)))
		c->tok[at].name->mapped = true;
}

/* Nothing has filled it though it looked so, or something else than what was expected. */
static void resolve(struct scr_compiler *c, const struct scr_pending *p)
{
	struct scr_global *g = lookup(c, p->name);
	struct scr_node here = { .kind = N_GLOBAL, .span = p->n->span, .name = p->name };

	if (!g) {
		sem_unknown_global(c, &here, true);
		return;
	}
	if (!g->map) {
		scr_error(c, here.span, NULL, "'.%s' is no map: it is a variable since %s",
			  p->name->text, g->where);
		return;
	}
	if (p->keys != ENG_NKEYS) {
		struct eng_map_desc want = g->map->desc;

		want.keys = p->keys;
		if (!map_of_shape(c, &here, &want))
			return;
	}
	p->n->is_new = false;
	p->n->global = (u32)(g - c->env->global);
	if (p->n->num == ENG_MAPOP_GET)
		readable(c, p->n);
}

void sem_pending_maps(struct scr_compiler *c)
{
	for (const struct scr_pending *p = c->pending; p && !c->nerrors; p = p->next)
		resolve(c, p);
}
