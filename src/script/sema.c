/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema.c - scopes, declarations and statements; then a place for every local.
 *
 * The main program is analysed first, then the functions in the order of their
 * text. Emits nothing.
 */
#include <stdlib.h>

#include "env.h"
#include "sema.h"

struct scr_local *sem_local(struct scr_name *name)
{
	return name->local ? name->local : name->left;
}

struct scr_local *sem_new_local(struct scr_compiler *c, struct scr_name *name,
				const struct scr_type *type, struct scr_span span, bool scoped)
{
	struct scr_local *l = scr_alloc(c, sizeof(*l));

	*l = (struct scr_local){ .name = name,
				 .type = type,
				 .span = span,
				 .hidden = name->local,
				 .scope = scoped ? c->scope->id : c->fn_scope };
	if (c->fn->last_local)
		c->fn->last_local->next = l;
	else
		c->fn->locals = l;
	c->fn->last_local = l;
	if (scoped) {
		l->in_scope = c->scope->locals;
		c->scope->locals = l;
	}
	name->local = l;
	return l;
}

struct scr_node *sem_temporary(struct scr_compiler *c, const struct scr_type *type,
			       struct scr_span span)
{
	struct scr_node *n = scr_alloc(c, sizeof(*n));

	*n = (struct scr_node){ .kind = N_LOCAL, .span = span, .type = type };
	n->local = sem_new_local(c, scr_intern(c, "", 0), type, span, false);
	return n;
}

bool sem_global(struct scr_compiler *c, struct scr_name *name, const struct scr_type *type,
		struct scr_span span)
{
	struct scr_global *g = scr_env_lookup(c->env, name->text, name->len, name->hash);
	const struct scr_line *line = &c->text_line[span.line];
	const char *where;

	if (g && type->kind != SCR_MAP && g->map) {
		scr_error(c, span, scr_textf(c, "it was first used at %s", g->where),
			  "'.%s' is a map already", name->text);
		return false;
	}
	where = g ? NULL : scr_textf(c, "%s:%u", line->file->name, line->number);
	switch (g ? scr_env_retype(c->env, g, type) : scr_env_add(c->env, name, type, where)) {
	case SCR_ENV_OK:
		return true;
	case SCR_ENV_NO_MEMORY:
		scr_oom(c);
	case SCR_ENV_FULL:
		break;
	}
	if (name->suspect)
		return false; /* said already */
	name->suspect = true;
	scr_error(c, span, NULL,
		  "no room for the global variable '.%s': all %u slots of 8 bytes are used",
		  name->text, c->env->max_globals);
	return false;
}

static void enter_scope(struct scr_compiler *c, struct scr_scope *scope)
{
	*scope = (struct scr_scope){ .outer = c->scope, .id = ++c->scopes };
	c->scope = scope;
}

/*
 * What a block declared is hidden again, but stays known by its name where nothing else
 * has it: the original language had no block scope, and its scripts count on that.
 */
static void leave_scope(struct scr_compiler *c)
{
	for (struct scr_local *l = c->scope->locals; l; l = l->in_scope) {
		l->name->local = l->hidden;
		if (!l->name->left || l->name->left->scope != l->scope)
			l->name->left = l; /* the newest of this block */
	}
	c->scope = c->scope->outer;
}

/* --- declarations --- */

static struct scr_node *local_decl(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_name *name = n->a->name;
	struct scr_local *old = name->local;

	if (old && old->scope != c->scope->id)
		scr_warn(c, n->a->span, NULL, "this '%s' is a new variable, which hides the one %s",
			 name->text, scr_where(c, old->span, n->a->span));
	n->a->kind = N_LOCAL;
	n->a->local = sem_new_local(c, name, n->optype, n->a->span, true);
	n->a->type = n->optype;
	return n;
}

static void declaration(struct scr_compiler *c, struct scr_node *n)
{
	bool bad;

	if (n->optype->kind == SCR_VOID)
		n->optype = SCR_TYPE(ULLONG); /* a void variable holds 64 raw bits */
	bad = n->b && !sem_initialiser(c, n);
	if (n->a->kind == N_NAME) {
		local_decl(c, n);
	} else if (n->a->kind == N_GLOBAL) {
		bad |= !sem_global(c, n->a->name, n->optype, n->a->span);
		if (!bad)
			n->a = sem_expr(c, n->a);
	} else if (scr_type_is_aggregate(n->optype) || !n->b) {
		scr_error(c, n->span, NULL,
			  "a register is declared only to be assigned: int @eax = 5;");
		bad = true;
	} else {
		n->b = bad ? n->b : sem_convert(c, n->b, SCR_TYPE(LONG));
		n->a = sem_target(c, n->a, false);
	}
	if (bad || n->a->kind == N_ERROR)
		n->kind = N_ERROR;
}

/* --- statements --- */

static bool has_effect(const struct scr_node *n)
{
	switch (n->kind) {
	case N_CALL:
	case N_BUILTIN:
	case N_PRINTF:
	case N_ASSIGN:
	case N_MAP:
	case N_INCDEC:
	case N_ERROR:
		return true;
	case N_COMMA:
		return has_effect(n->b);
	case N_COND:
		return has_effect(n->b) || has_effect(n->c);
	case N_LAND:
	case N_LOR:
		return has_effect(n->b);
	case N_CAST:
		return has_effect(n->a);
	default:
		return false;
	}
}

static void statement(struct scr_compiler *c, struct scr_node *n);

static void body(struct scr_compiler *c, struct scr_node *n)
{
	if (n)
		statement(c, n);
}

static void block(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_scope scope;

	enter_scope(c, &scope);
	for (struct scr_node *s = n->a; s; s = s->next)
		statement(c, s);
	leave_scope(c);
}

static void loop_body(struct scr_compiler *c, struct scr_node *n)
{
	c->loops++;
	body(c, n);
	c->loops--;
}

static void condition(struct scr_compiler *c, struct scr_node **n)
{
	if (*n && (*n)->kind != N_ERROR)
		*n = sem_condition(c, *n);
}

static void for_statement(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_scope scope;

	enter_scope(c, &scope);
	if (n->a && n->a->kind == N_DECLS)
		statement(c, n->a);
	else if (n->a)
		n->a = sem_expr(c, n->a);
	condition(c, &n->b);
	loop_body(c, n->d);
	/* The step is executed after the body, but stands before it: both may assign. */
	if (n->c)
		n->c = sem_expr(c, n->c);
	leave_scope(c);
}

static int by_value(const void *pa, const void *pb)
{
	const struct scr_node *a = *(struct scr_node *const *)pa;
	const struct scr_node *b = *(struct scr_node *const *)pb;

	if (a->a->num != b->a->num)
		return a->a->num < b->a->num ? -1 : 1;
	return a->span.off < b->span.off ? -1 : 1;
}

static void equal_cases(struct scr_compiler *c, const struct scr_node *sw)
{
	const struct scr_node *first;
	struct scr_node **at;
	u32 n = 0, i = 0;

	for (struct scr_node *k = sw->c; k; k = k->c)
		n++;
	if (n < 2)
		return;
	at = scr_alloc(c, n * sizeof(struct scr_node *));
	for (struct scr_node *k = sw->c; k; k = k->c)
		at[i++] = k;
	qsort(at, n, sizeof(struct scr_node *), by_value);
	first = at[0];
	for (i = 1; i < n; i++) {
		const struct scr_node *k = at[i];

		if (k->a->num == first->a->num)
			scr_error(c, k->a->span, NULL, "the value %llx has a 'case' already, %s",
				  k->a->num, scr_where(c, first->span, k->span));
		else
			first = k;
	}
}

static void switch_statement(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *outer = c->in_switch;

	if (n->a->kind != N_ERROR)
		n->a = sem_value(c, n->a);
	if (n->a->kind != N_ERROR && scr_type_is_float(n->a->type)) {
		scr_error(c, n->a->span, "convert it: (long)x",
			  "'switch' needs an integer, this is a floating-point number");
		sem_fail(n->a);
	}
	if (n->a->kind != N_ERROR) {
		n->optype = scr_type_is_int(n->a->type) ? scr_type_promote(n->a->type)
							: SCR_TYPE(ULLONG);
		n->a = sem_convert(c, n->a, n->optype);
	}
	c->in_switch = n;
	c->switches++;
	block(c, n->b);
	c->switches--;
	c->in_switch = outer;
	equal_cases(c, n);
	if (n->b->a && n->b->a->kind != N_CASE && n->b->a->kind != N_DECLS)
		scr_warn(c, n->b->a->span, NULL,
			 "this is never executed: it stands before the first 'case'");
}

static void case_label(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *sw = c->in_switch;

	if (!sw) {
		scr_error(c, n->span, NULL, "'%s' outside of a 'switch'",
			  n->a ? "case" : "default");
		return;
	}
	if (n->a) {
		n->a = sem_value(c, n->a);
		if (sw->a->kind == N_ERROR || n->a->kind == N_ERROR)
			return;
		n->a = sem_convert(c, n->a, sw->optype);
		if (n->a->kind != N_NUM) {
			scr_error(c, n->a->span, "compare with 'if' and 'elsif'",
				  "the value of a 'case' must be a constant");
			return;
		}
	}
	if (!n->a && sw->d) {
		scr_error(c, n->span, NULL, "two 'default' in one 'switch'");
	} else if (!n->a) {
		sw->d = n;
	} else {
		n->c = sw->c;
		sw->c = n;
	}
}

static void return_statement(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *result = c->fn->result;

	if (n->a)
		n->a = result->kind == SCR_STRUCT ? sem_operand(c, n->a) : sem_value(c, n->a);
	if (n->a && n->a->kind == N_ERROR)
		return;
	if (c->mode == SCR_EXPRESSION) {
		if (n->a && scr_type_is_float(n->a->type))
			scr_error(c, n->a->span, "print it with: ? print(...);",
				  "an integer is expected here, this is a floating-point number");
		return;
	}
	if (n->a && result->kind == SCR_VOID) {
		if (c->fn->name)
			scr_error(c, n->a->span, NULL,
				  "'%s' is a void function, it returns no value",
				  c->fn->name->text);
		else
			scr_error(c, n->a->span, NULL, "the script itself returns no value");
	} else if (!n->a && result->kind != SCR_VOID) {
		scr_error(c, n->span, NULL, "'%s' must return a value", c->fn->name->text);
	} else if (n->a && result->kind == SCR_STRUCT) {
		sem_struct_fits(c, n->a, result);
	} else if (n->a) {
		sem_keep_const(c, n->a, result);
		n->a = sem_convert(c, n->a, result);
	}
}

static void statement(struct scr_compiler *c, struct scr_node *n)
{
	switch ((enum scr_node_kind)n->kind) {
	case N_EXPR:
		n->a = sem_expr(c, n->a);
		if (!has_effect(n->a))
			scr_warn(c, n->span,
				 n->a->kind == N_BINARY && n->a->op == OP_EQ ? "did you mean '='?"
									     : NULL,
				 "this statement has no effect");
		break;
	case N_DECLS:
		for (struct scr_node *d = n->a; d; d = d->next)
			declaration(c, d);
		break;
	case N_IF:
		for (;; n = n->c) {
			condition(c, &n->a);
			body(c, n->b);
			if (!n->c || n->c->kind != N_IF)
				break;
		}
		body(c, n->c);
		break;
	case N_WHILE:
		condition(c, &n->a);
		loop_body(c, n->b);
		break;
	case N_DO:
		loop_body(c, n->b);
		condition(c, &n->a);
		break;
	case N_FOR:
		for_statement(c, n);
		break;
	case N_SWITCH:
		switch_statement(c, n);
		break;
	case N_CASE:
		case_label(c, n);
		break;
	case N_BREAK:
	case N_CONTINUE:
		if (!c->loops && (n->kind == N_CONTINUE || !c->switches))
			scr_error(c, n->span, NULL, "'%s' outside of a loop",
				  n->kind == N_BREAK ? "break" : "continue");
		break;
	case N_RETURN:
		return_statement(c, n);
		break;
	case N_BLOCK:
		block(c, n);
		body(c, n->d); /* of a `for` whose head did not parse */
		break;
	default:
		break;
	}
}

/* --- functions --- */

/* Registers first; what is addressed, an array, or one too many goes to frame memory. */
static void place_locals(struct scr_compiler *c, struct scr_func *fn)
{
	u64 mem = 0;
	u32 n = 0;

	for (struct scr_local *l = fn->locals; l; l = l->next) {
		l->in_memory =
			l->addressed || scr_type_is_aggregate(l->type) || n >= SCR_MAX_LOCAL_REGS;
		/* A parameter arrives in a register, even where it then moves to memory. */
		if (!l->in_memory)
			l->where = n;
		if (!l->in_memory || l->is_param)
			n++;
		if (!l->in_memory)
			continue;
		l->where = (u32)mem;
		mem += (l->type->size + 7) & ~7u;
		if (mem > ENG_MAX_MEM) {
			scr_error(c, l->span, NULL,
				  "the variables of this function take more than %x bytes",
				  ENG_MAX_MEM);
			break;
		}
	}
	fn->local_regs = n;
	fn->mem = (u32)mem;
}

/* A structure is handed over as the address of a copy that the caller made for it. */
static void parameter(struct scr_compiler *c, struct scr_node *p)
{
	if (p->name->local)
		scr_error(c, p->span, NULL, "two parameters are called '%s'", p->name->text);
	p->local = sem_new_local(c, p->name, p->optype, p->span, true);
	p->local->is_param = true;
	if (p->optype->kind != SCR_STRUCT)
		return;
	p->local->by_address = true;
	p->local->type = scr_type_ptr(&c->arena, p->optype);
	if (!p->local->type)
		scr_oom(c);
}

static void function(struct scr_compiler *c, struct scr_func *fn)
{
	struct scr_scope scope;

	c->fn = fn;
	c->loops = c->switches = 0;
	c->in_switch = NULL;
	enter_scope(c, &scope);
	c->fn_scope = scope.id;
	if (fn->result->kind == SCR_STRUCT) {
		fn->result_at = sem_temporary(c, SCR_TYPE(ULLONG), fn->span)->local;
		fn->result_at->is_param = true;
	}
	for (struct scr_node *p = fn->params; p; p = p->next)
		parameter(c, p);
	/* The body's own declarations stand beside the parameters. */
	for (struct scr_node *s = fn->body->a; s; s = s->next)
		statement(c, s);
	leave_scope(c);
	for (struct scr_local *l = fn->locals; l; l = l->next) {
		l->name->local = NULL;
		l->name->left = NULL;
	}
	place_locals(c, fn);
}

static bool is_known(struct scr_compiler *c, const struct scr_name *name)
{
	return scr_env_lookup(c->env, name->text, name->len, name->hash);
}

/* A global is known everywhere in a script that declares or assigns it anywhere. */
static void find_globals(struct scr_compiler *c)
{
	for (struct scr_node *n = c->global_decls; n && !c->stopped; n = n->d)
		if (!is_known(c, n->a->name) && n->optype->size) /* else sized when it is seen */
			sem_global(c, n->a->name, n->optype, n->a->span);
	for (u32 i = 0; i < c->ntok; i++)
		if (c->tok[i].kind == T_GLOBAL)
			sem_find_map(c, i);
	for (u32 i = 0; i + 1 < c->ntok; i++) {
		struct scr_token *t = &c->tok[i];

		if (t->kind != T_GLOBAL || t[1].kind != T_SET || t->name->mapped || c->stopped)
			continue;
		if (!is_known(c, t->name))
			sem_global(c, t->name, SCR_TYPE(ULLONG), t->span);
	}
}

void scr_sema(struct scr_compiler *c)
{
	find_globals(c);
	for (struct scr_func *fn = c->func; fn && !c->stopped; fn = fn->next)
		function(c, fn);
	sem_pending_maps(c);
}
