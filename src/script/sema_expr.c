/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_expr.c - names and types of expressions.
 *
 * Makes conversions explicit, so that code generation never has to think about
 * types of operands. Emits nothing.
 */
#include <stdlib.h>

#include "sema.h"

struct scr_node *sem_fail(struct scr_node *n)
{
	n->kind = N_ERROR;
	return n;
}

static struct scr_node *new_node(struct scr_compiler *c, enum scr_node_kind kind,
				 struct scr_span span, const struct scr_type *type)
{
	struct scr_node *n = scr_alloc(c, sizeof(*n));

	n->kind = (u8)kind;
	n->span = span;
	n->type = type;
	return n;
}

static const struct scr_type *pointer_to(struct scr_compiler *c, const struct scr_type *base)
{
	const struct scr_type *t = scr_type_ptr(&c->arena, base);

	if (!t)
		scr_oom(c);
	return t;
}

struct scr_node *sem_convert(struct scr_compiler *c, struct scr_node *n, const struct scr_type *to)
{
	struct scr_node *conv;

	if (n->kind == N_ERROR || n->type == to)
		return n;
	conv = new_node(c, N_CAST, n->span, to);
	conv->a = n;
	conv->parens = n->parens;
	return sem_fold(c, conv);
}

void sem_keep_const(struct scr_compiler *c, const struct scr_node *n, const struct scr_type *to)
{
	const struct scr_type *from = n->type;
	char name[128];

	if (n->kind == N_ERROR || to->kind != SCR_PTR || from->kind != SCR_PTR ||
	    !from->base->is_const || to->base->is_const)
		return;
	scr_type_name(to, name, sizeof(name));
	scr_warn(c, n->span,
		 scr_textf(c, "declare it 'const %s', or cast the value: (%s)...", name, name),
		 "this points to something 'const', which a '%s' can change", name);
}

/* The name nearest to @word among the variables that can be seen, or NULL. */
static const char *nearest_variable(struct scr_compiler *c, const struct scr_name *word,
				    bool global)
{
	struct scr_nearest near;

	scr_nearest_init(&near, word->text, word->len);
	if (global) {
		for (u32 i = 0; i < c->env->nglobals; i++)
			scr_nearest_try(&near, c->env->global[i].name);
	} else {
		for (struct scr_local *l = c->fn->locals; l; l = l->next)
			scr_nearest_try(&near, l->name->text);
	}
	return near.best;
}

static struct scr_node *unknown_local(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_name *name = n->name;
	const char *best, *hint = NULL;

	if (!name->suspect && name->reported != c->fn->index + 1) {
		best = nearest_variable(c, name, false);
		if (best) {
			hint = scr_textf(c, "did you mean '%s'?", best);
		} else if (name->func) {
			hint = scr_textf(c, "'%s' is a function: write '%s(...)'", name->text,
					 name->text);
		} else if (scr_env_lookup(c->env, name->text, name->len, name->hash)) {
			hint = scr_textf(c, "did you mean the global variable '.%s'?", name->text);
		}
		scr_error(c, n->span, hint,
			  "the variable '%s' is read, but nothing before it assigns it",
			  name->text);
		name->reported = c->fn->index + 1;
	}
	return sem_fail(n);
}

static struct scr_node *name_expr(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_local *l = sem_local(n->name);

	if (!l)
		return unknown_local(c, n);
	n->kind = N_LOCAL;
	n->local = l;
	n->type = l->type;
	if (l->by_address) { /* what it points to is meant */
		struct scr_node *deref = new_node(c, N_DEREF, n->span, l->type->base);

		deref->a = n;
		return deref;
	}
	return n;
}

struct scr_node *sem_unknown_global(struct scr_compiler *c, struct scr_node *n, bool map)
{
	const char *name = n->name->text, *best, *hint;

	if (n->name->suspect || n->name->reported == c->fn->index + 1)
		return sem_fail(n);
	n->name->reported = c->fn->index + 1;
	best = nearest_variable(c, n->name, true);
	if (best)
		hint = scr_textf(c, "did you mean '.%s'?", best);
	else if (map)
		hint = scr_textf(c,
				 "'.%s[key] = 0;' makes it, or the event that fills it: "
				 "define that one first",
				 name);
	else
		hint = scr_textf(
			c, "assign it first: '? .%s = 0;', or define the event that does so", name);
	if (map)
		scr_error(c, n->span, hint,
			  "the map '.%s' does not exist yet: nothing fills it, here or in an "
			  "earlier script",
			  name);
	else
		scr_error(
			c, n->span, hint,
			"the global variable '.%s' is never assigned, here or in an earlier script",
			name);
	return sem_fail(n);
}

static struct scr_node *global_expr(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_global *g = scr_env_lookup(c->env, n->name->text, n->name->len, n->name->hash);

	if (!g && n->name->mapped)
		return sem_map_value(c, n);
	if (!g)
		return sem_unknown_global(c, n, false);
	n->global = (u32)(g - c->env->global);
	n->type = g->type;
	return n;
}

static struct scr_node *symbol_expr(struct scr_compiler *c, struct scr_node *n)
{
	char *why = NULL;
	u64 addr = 0;

	if (c->env->symbol && c->env->symbol(c->env->symbol_user, n->name->text, &addr, &why)) {
		n->kind = N_NUM;
		n->num = addr;
		n->type = SCR_TYPE(LONG);
		return n;
	}
	scr_error(c, n->span, NULL, "cannot find the symbol '%s': %s", n->name->text,
		  why		   ? why
		  : c->env->symbol ? "there is none of this name"
				   : "there is no debuggee");
	free(why);
	return sem_fail(n);
}

static const char *operator_text(u8 op)
{
	static const char *const texts[] = {
		[OP_REM] = "%", [OP_AND] = "&",	 [OP_OR] = "|",	 [OP_XOR] = "^",
		[OP_NOT] = "~", [OP_SHL] = "<<", [OP_SHR] = ">>"
	};

	return op < ARRAY_SIZE(texts) ? texts[op] : NULL;
}

bool sem_integers_only(struct scr_compiler *c, const struct scr_node *n, const struct scr_node *a,
		       const struct scr_node *b)
{
	const char *text = operator_text(n->op);

	if (!text || (!scr_type_is_float(a->type) && !(b && scr_type_is_float(b->type))))
		return true;
	scr_error(c, n->span, "convert the operand to an integer: (long)x",
		  "the operator '%s' does not work on floating-point numbers", text);
	return false;
}

/* False, said: a floating-point number where an address or an index must be. */
static bool no_float(struct scr_compiler *c, const struct scr_node *n, const char *what)
{
	if (!scr_type_is_float(n->type))
		return true;
	scr_error(c, n->span, NULL, "a floating-point number cannot be %s", what);
	return false;
}

static struct scr_node *unary_expr(struct scr_compiler *c, struct scr_node *n)
{
	n->a = n->op == OP_LNOT ? sem_condition(c, n->a) : sem_value(c, n->a);
	if (n->a->kind == N_ERROR)
		return sem_fail(n);
	if (n->op == OP_LNOT) {
		n->type = SCR_TYPE(S32);
		return sem_fold(c, n);
	}
	if (n->a->type->kind == SCR_PTR) {
		scr_error(c, n->span, NULL, "a pointer cannot be an operand of this operator");
		return sem_fail(n);
	}
	if (!sem_integers_only(c, n, n->a, NULL))
		return sem_fail(n);
	n->type = scr_type_promote(n->a->type);
	n->a = sem_convert(c, n->a, n->type);
	if (n->op == OP_PLUS) {
		n->a->parens = true;
		return n->a;
	}
	return sem_fold(c, n);
}

/* @n times the size of what a pointer of type @ptr points to. */
static struct scr_node *scaled(struct scr_compiler *c, struct scr_node *n,
			       const struct scr_type *ptr)
{
	struct scr_node *mul;
	u32 size = ptr->base->size;

	n = sem_convert(c, n, n->type->is_signed ? SCR_TYPE(LONG) : SCR_TYPE(ULLONG));
	if (size <= 1)
		return n;
	mul = new_node(c, N_BINARY, n->span, n->type);
	mul->op = OP_MUL;
	mul->optype = n->type;
	mul->a = n;
	mul->b = new_node(c, N_NUM, n->span, n->type);
	mul->b->num = size;
	return sem_fold(c, mul);
}

static struct scr_node *pointer_difference(struct scr_compiler *c, struct scr_node *n)
{
	u32 size = n->a->type->base->size;
	struct scr_node *div;

	n->optype = SCR_TYPE(LONG);
	n->type = SCR_TYPE(LONG);
	if (size <= 1)
		return n;
	div = new_node(c, N_BINARY, n->span, SCR_TYPE(LONG));
	div->op = OP_DIV;
	div->optype = SCR_TYPE(LONG);
	div->a = n;
	div->b = new_node(c, N_NUM, n->span, SCR_TYPE(LONG));
	div->b->num = size;
	return div;
}

/* At least one operand is a pointer. */
static struct scr_node *pointer_arithmetic(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *a = n->a->type, *b = n->b->type;
	char left[128], right[128];

	if (n->op == OP_SUB && a->kind == SCR_PTR && b->kind == SCR_PTR &&
	    scr_type_same(a->base, b->base))
		return sem_pointee_known(c, n->a) ? pointer_difference(c, n) : sem_fail(n);
	if (n->op == OP_ADD && a->kind != SCR_PTR) {
		struct scr_node *t = n->a;

		n->a = n->b;
		n->b = t;
		a = n->a->type;
		b = n->b->type;
	}
	if ((n->op != OP_ADD && n->op != OP_SUB) || a->kind != SCR_PTR || b->kind == SCR_PTR) {
		scr_error(c, n->span, "cast the pointer to an integer: (long)p",
			  "the operator cannot be applied to '%s' and '%s'",
			  scr_type_name(a, left, sizeof(left)),
			  scr_type_name(b, right, sizeof(right)));
		return sem_fail(n);
	}
	if (!no_float(c, n->b, "added to a pointer") || !sem_pointee_known(c, n->a))
		return sem_fail(n);
	n->b = scaled(c, n->b, a);
	n->type = a;
	n->optype = SCR_TYPE(ULLONG);
	return n;
}

static bool is_comparison(u8 op)
{
	return op >= OP_EQ && op <= OP_GE;
}

/* What C programmers and users of the original language would read differently. */
static void warn_precedence(struct scr_compiler *c, const struct scr_node *n)
{
	const struct scr_node *a = n->a, *b = n->b;
	bool a_cmp = a->kind == N_BINARY && is_comparison(a->op) && !a->parens;
	bool b_cmp = b->kind == N_BINARY && is_comparison(b->op) && !b->parens;

	if (is_comparison(n->op) && (a_cmp || b_cmp))
		scr_warn(c, n->span, "add parentheses",
			 "comparisons do not chain: the result of one (0 or 1) is compared");
}

/* The operand without conversions that the compiler made. */
static const struct scr_node *operand(const struct scr_node *n)
{
	while (n->kind == N_CAST && n->a->kind != N_NUM && !n->parens)
		n = n->a;
	return n;
}

/* How to compare something unsigned with zero in earnest. */
static const char *signed_hint(struct scr_compiler *c, const struct scr_node *n)
{
	const char *dot = n->kind == N_GLOBAL ? "." : "", *name;

	if (n->kind == N_BUILTIN)
		return scr_textf(c, "cast the result: (int)%s(...)",
				 eng_builtin_names[n->num].name);
	if (n->kind != N_LOCAL && n->kind != N_GLOBAL)
		return "cast it: (long)...";
	name = n->kind == N_LOCAL ? n->local->name->text : n->name->text;
	return scr_textf(c, "declare it signed, 'long %s%s = ...', or cast it: (long)%s%s", dot,
			 name, dot, name);
}

/* `n < 0` and `n >= 0` where n is unsigned, as variables are that nobody declared. */
static void warn_unsigned(struct scr_compiler *c, const struct scr_node *n)
{
	bool swapped = n->a->kind == N_NUM;
	const struct scr_node *zero = swapped ? n->a : n->b, *x = operand(swapped ? n->b : n->a);
	bool never = n->op == (swapped ? OP_GT : OP_LT);

	if (n->optype->kind != SCR_ULLONG || zero->kind != N_NUM || zero->num || x->kind == N_NUM ||
	    !(never || n->op == (swapped ? OP_LE : OP_GE)))
		return;
	scr_warn(c, n->span, signed_hint(c, x), "this is always %s: an unsigned value is compared",
		 never ? "false" : "true");
}

static struct scr_node *binary_expr(struct scr_compiler *c, struct scr_node *n)
{
	warn_precedence(c, n);
	n->a = sem_value(c, n->a);
	n->b = sem_value(c, n->b);
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR)
		return sem_fail(n);
	if (!sem_integers_only(c, n, n->a, n->b))
		return sem_fail(n);
	if (!is_comparison(n->op) && (n->a->type->kind == SCR_PTR || n->b->type->kind == SCR_PTR))
		return pointer_arithmetic(c, n);
	n->optype = scr_type_common(n->a->type, n->b->type);
	n->a = sem_convert(c, n->a, n->optype);
	n->b = sem_convert(c, n->b, n->optype);
	n->type = is_comparison(n->op) ? SCR_TYPE(S32) : n->optype;
	if (is_comparison(n->op) && scr_type_is_int(n->optype))
		warn_unsigned(c, n);
	if ((n->op == OP_SHL || n->op == OP_SHR) && n->b->kind == N_NUM &&
	    n->b->num >= n->optype->size * 8)
		scr_warn(c, n->span, NULL, "the shift count is not less than the width of %u bits",
			 n->optype->size * 8);
	return sem_fold(c, n);
}

static struct scr_node *logical_expr(struct scr_compiler *c, struct scr_node *n)
{
	n->a = sem_condition(c, n->a);
	n->b = sem_condition(c, n->b);
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR)
		return sem_fail(n);
	n->type = SCR_TYPE(S32);
	return n;
}

static struct scr_node *conditional_struct(struct scr_compiler *c, struct scr_node *n)
{
	char left[128], right[128];

	if (!scr_type_same(n->b->type, n->c->type)) {
		scr_error(c, n->span, NULL,
			  "both values of '? :' must have one type: '%s' and '%s'",
			  scr_type_name(n->b->type, left, sizeof(left)),
			  scr_type_name(n->c->type, right, sizeof(right)));
		return sem_fail(n);
	}
	n->type = n->b->type;
	return n;
}

static struct scr_node *conditional_expr(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *t;

	n->a = sem_condition(c, n->a);
	n->b = sem_operand(c, n->b);
	n->c = sem_operand(c, n->c);
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR || n->c->kind == N_ERROR)
		return sem_fail(n);
	if (n->b->type->kind == SCR_STRUCT || n->c->type->kind == SCR_STRUCT)
		return conditional_struct(c, n);
	if (n->b->type->kind == SCR_PTR &&
	    (n->c->type->kind != SCR_PTR || !n->c->type->base->is_const))
		t = n->b->type;
	else if (n->c->type->kind == SCR_PTR)
		t = n->c->type;
	else
		t = scr_type_common(n->b->type, n->c->type);
	n->type = t;
	n->b = sem_convert(c, n->b, t);
	n->c = sem_convert(c, n->c, t);
	return n;
}

/* What is not a pointer is taken for the address of eight bytes. */
static struct scr_node *deref_expr(struct scr_compiler *c, struct scr_node *n)
{
	n->a = sem_value(c, n->a);
	if (n->a->kind == N_ERROR || !no_float(c, n->a, "an address") ||
	    !sem_pointee_known(c, n->a))
		return sem_fail(n);
	n->type = SCR_TYPE(ULLONG);
	if (n->a->type->kind == SCR_PTR && n->a->type->base->kind != SCR_VOID)
		n->type = n->a->type->base;
	return n;
}

/* Why something has no elements, or NULL. */
static const char *index_hint(struct scr_compiler *c, const struct scr_node *n)
{
	const char *text = c->text + n->span.off;

	if (n->kind == N_GLOBAL && scr_type_is_int(n->type))
		return scr_textf(c, "'.%s' is no map: it is a variable since %s; use another name",
				 n->name->text, c->env->global[n->global].where);
	if (n->kind == N_NUM && !n->parens && text[0] != '\'')
		return scr_textf(c,
				 "words of the letters a-f and digits are numbers; "
				 "call it 'my_%.*s', or '.%.*s' as a map",
				 (int)n->span.len, text, (int)n->span.len, text);
	return NULL;
}

static struct scr_node *index_expr(struct scr_compiler *c, struct scr_node *n)
{
	char name[128];

	if (sem_is_map_index(c, n))
		return sem_map_index(c, n);
	n->a = sem_expr(c, n->a);
	n->b = sem_value(c, n->b);
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR || !no_float(c, n->b, "an index"))
		return sem_fail(n);
	if ((n->a->type->kind != SCR_ARRAY && n->a->type->kind != SCR_PTR) ||
	    n->b->type->kind == SCR_PTR || !n->a->type->base->size) {
		scr_error(c, n->span, index_hint(c, n->a), "'%s' cannot be indexed",
			  scr_type_name(n->a->type, name, sizeof(name)));
		return sem_fail(n);
	}
	n->type = n->a->type->base;
	if (n->a->type->kind == SCR_PTR) {
		struct scr_node *sum = new_node(c, N_BINARY, n->span, n->a->type);

		sum->op = OP_ADD;
		sum->optype = SCR_TYPE(ULLONG);
		sum->a = n->a;
		sum->b = scaled(c, n->b, n->a->type);
		n->kind = N_DEREF;
		n->a = sum;
		n->b = NULL;
		return n;
	}
	n->b = sem_convert(c, n->b, n->b->type->is_signed ? SCR_TYPE(LONG) : SCR_TYPE(ULLONG));
	if (n->b->kind == N_NUM && n->b->num >= n->a->type->count) {
		scr_error(c, n->b->span, NULL, "the index %llx is outside the array of %x elements",
			  n->b->num, n->a->type->count);
		return sem_fail(n);
	}
	return n;
}

static struct scr_node *cast_expr(struct scr_compiler *c, struct scr_node *n)
{
	n->a = sem_value(c, n->a);
	if (n->a->kind == N_ERROR)
		return sem_fail(n);
	if (scr_type_is_aggregate(n->type)) {
		scr_error(c, n->span,
			  n->type->kind == SCR_STRUCT ? "cast to a pointer to it" : NULL,
			  n->type->kind == SCR_ARRAY ? "nothing can be cast to an array"
						     : "nothing can be cast to a structure");
		return sem_fail(n);
	}
	if (n->type->kind == SCR_VOID)
		n->type = SCR_TYPE(ULLONG);
	return sem_fold(c, n);
}

static struct scr_node *sizeof_expr(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *t = n->optype;
	char name[128];

	if (n->a) {
		n->a = n->a->kind == N_STR ? n->a : sem_expr(c, n->a);
		if (n->a->kind == N_ERROR)
			return sem_fail(n);
		t = n->a->type;
	}
	if (!t && n->a->kind != N_STR)
		return sem_fail(n);
	if (t && !t->size) {
		scr_error(c, n->span, NULL, "'%s' has no size",
			  scr_type_name(t, name, sizeof(name)));
		return sem_fail(n);
	}
	n->num = t ? t->size : n->a->str->len + (n->a->str->wide ? 2 : 1);
	n->kind = N_NUM;
	n->type = SCR_TYPE(ULONG);
	n->a = NULL;
	return n;
}

static struct scr_node *comma_expr(struct scr_compiler *c, struct scr_node *n)
{
	n->a = sem_expr(c, n->a);
	n->b = sem_expr(c, n->b);
	if (n->a->kind != N_ERROR && n->a->type->kind == SCR_MAP)
		n->a = sem_value(c, n->a);
	if (n->b->kind != N_ERROR && (n->b->type->kind == SCR_ARRAY || n->b->type->kind == SCR_MAP))
		n->b = sem_value(c, n->b);
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR)
		return sem_fail(n);
	n->type = n->b->type;
	return n;
}

struct scr_node *sem_expr(struct scr_compiler *c, struct scr_node *n)
{
	if (n->resolved)
		return n;
	switch ((enum scr_node_kind)n->kind) {
	case N_NUM:
		n->type = SCR_TYPE(LONG);
		return n;
	case N_FLOAT:
		if (!n->type)
			n->type = SCR_TYPE(F64);
		return n;
	case N_STR:
		scr_error(c, n->span, NULL,
			  "a string can stand only as an argument of printf, of %s",
			  n->str->wide ? "wcslen, wcscmp and wcsncmp"
				       : "strlen, strcmp, strncmp and memcmp");
		return sem_fail(n);
	case N_NAME:
		return name_expr(c, n);
	case N_GLOBAL:
		return global_expr(c, n);
	case N_REG:
		n->type = SCR_TYPE(LONG);
		return sem_reg_allowed(c, n, false) ? n : sem_fail(n);
	case N_PSEUDO:
		n->type = SCR_TYPE(LONG);
		return sem_pseudo_allowed(c, n, false) ? n : sem_fail(n);
	case N_SYMBOL:
		return symbol_expr(c, n);
	case N_CALL:
		return sem_call(c, n);
	case N_BUILTIN:
		return sem_builtin(c, n);
	case N_PRINTF:
		return sem_printf(c, n);
	case N_UNARY:
		return unary_expr(c, n);
	case N_BINARY:
		return binary_expr(c, n);
	case N_LAND:
	case N_LOR:
		return logical_expr(c, n);
	case N_COND:
		return conditional_expr(c, n);
	case N_COMMA:
		return comma_expr(c, n);
	case N_MAP:
		return n;
	case N_ASSIGN:
		return sem_assign(c, n);
	case N_INCDEC:
		return sem_incdec(c, n);
	case N_DEREF:
		return deref_expr(c, n);
	case N_ADDR:
		return sem_addr(c, n);
	case N_INDEX:
		return index_expr(c, n);
	case N_MEMBER:
		return sem_member(c, n);
	case N_CAST:
		return cast_expr(c, n);
	case N_SIZEOF:
		return sizeof_expr(c, n);
	default:
		return sem_fail(n);
	}
}

struct scr_node *sem_value(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *addr;

	n = sem_expr(c, n);
	if (n->kind == N_ERROR)
		return n;
	if (n->type->kind == SCR_VOID) {
		scr_error(c, n->span,
			  c->mode == SCR_EXPRESSION ? "a statement ends with ';'" : NULL,
			  "this has no result, so it cannot stand in an expression");
		return sem_fail(n);
	}
	if (n->type->kind == SCR_STRUCT) {
		scr_error(c, n->span, "use its members, or its address: '&'",
			  "a whole structure can only be assigned, handed over and returned");
		return sem_fail(n);
	}
	if (n->type->kind == SCR_MAP)
		return sem_map_value(c, n);
	if (n->type->kind != SCR_ARRAY)
		return n;
	/* An array stands for the address of its first element. */
	addr = new_node(c, N_ADDR, n->span, pointer_to(c, n->type->base));
	addr->a = n;
	return addr;
}

struct scr_node *sem_operand(struct scr_compiler *c, struct scr_node *n)
{
	n = sem_expr(c, n);
	if (n->kind == N_ERROR || n->type->kind == SCR_STRUCT)
		return n;
	n->resolved = true;
	return sem_value(c, n);
}

/* A value that is only compared with zero. */
struct scr_node *sem_condition(struct scr_compiler *c, struct scr_node *n)
{
	if (n->kind == N_ASSIGN && n->op == OP_NONE && !n->parens)
		scr_warn(c, n->span,
			 "compare with '=='; or add parentheses to say that you mean it",
			 "'=' in a condition assigns");
	return sem_value(c, n);
}
