/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema.c - scopes, declarations and statements; then a place for every local.
 *
 * The main program is analysed first, then the functions in the order of their
 * text. Emits nothing.
 */
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

bool sem_global(struct scr_compiler *c, struct scr_name *name, const struct scr_type *type,
		struct scr_span span)
{
	struct scr_global *g = scr_env_lookup(c->env, name->text, name->len, name->hash);

	switch (g ? scr_env_retype(c->env, g, type) : scr_env_add(c->env, name, type)) {
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
		scr_warn(c, n->a->span, NULL,
			 "this '%s' is a new variable, which hides the one of line %u", name->text,
			 c->src->line + old->span.line);
	n->a->kind = N_LOCAL;
	n->a->local = sem_new_local(c, name, n->optype, n->a->span, true);
	n->a->type = n->optype;
	return n;
}

/* Elements of an initialiser in order, nested braces flattened; said when there are too many. */
static bool flatten(struct scr_compiler *c, struct scr_node *init, const struct scr_type *elem,
		    u32 room, struct scr_node ***tail, u32 *n)
{
	for (struct scr_node *e = init->a, *next; e; e = next) {
		next = e->next;
		if (e->kind == N_INIT) {
			if (!flatten(c, e, elem, room, tail, n))
				return false;
			continue;
		}
		if (++*n > room) {
			scr_error(c, e->span, NULL, "too many values: the array has %x elements",
				  room);
			return false;
		}
		e = sem_convert(c, sem_value(c, e), elem);
		if (e->kind == N_ERROR)
			return false;
		e->next = NULL;
		**tail = e;
		*tail = &e->next;
	}
	return true;
}

static bool array_initialiser(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *elem = n->optype;
	struct scr_node *first = NULL, **tail = &first;
	u32 room = 1, used = 0;

	for (; elem->kind == SCR_ARRAY; elem = elem->base)
		room *= elem->count;
	if (n->b->kind != N_INIT) {
		scr_error(c, n->b->span, NULL, "an array is initialised with a list: { 1, 2, 3 }");
		return false;
	}
	if (!flatten(c, n->b, elem, room, &tail, &used))
		return false;
	n->b->a = first;
	n->b->type = elem;
	return true;
}

/* A pointer is made from a pointer, from 0 or with a cast. */
static bool pointer_initialiser(struct scr_compiler *c, struct scr_node *n)
{
	char name[128];

	if (n->b->type->kind == SCR_PTR || (n->b->kind == N_NUM && !n->b->num))
		return true;
	scr_type_name(n->optype, name, sizeof(name));
	scr_error(c, n->b->span, scr_textf(c, "cast it: (%s)...", name),
		  "a number cannot initialise a pointer of type '%s'", name);
	return false;
}

static bool initialiser(struct scr_compiler *c, struct scr_node *n)
{
	if (n->optype->kind == SCR_ARRAY)
		return array_initialiser(c, n);
	if (n->b->kind == N_INIT) {
		if (!n->b->a || n->b->a->next || n->b->a->kind == N_INIT) {
			scr_error(c, n->b->span, NULL,
				  "a list of values initialises only an array");
			return false;
		}
		n->b = n->b->a;
	}
	n->b = sem_value(c, n->b);
	if (n->b->kind == N_ERROR)
		return false;
	if (n->optype->kind == SCR_PTR && !pointer_initialiser(c, n))
		return false;
	n->b = sem_convert(c, n->b, n->optype);
	return true;
}

static void declaration(struct scr_compiler *c, struct scr_node *n)
{
	bool bad;

	if (n->optype->kind == SCR_VOID)
		n->optype = SCR_TYPE(ULLONG); /* a void variable holds 64 raw bits */
	bad = n->b && !initialiser(c, n);
	if (n->a->kind == N_NAME) {
		local_decl(c, n);
	} else if (n->a->kind == N_GLOBAL) {
		bad |= !sem_global(c, n->a->name, n->optype, n->a->span);
		if (!bad)
			n->a = sem_expr(c, n->a);
	} else if (n->optype->kind == SCR_ARRAY || !n->b) {
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

static void return_statement(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *result = c->fn->result;

	if (n->a)
		n->a = sem_value(c, n->a);
	if (n->a && n->a->kind == N_ERROR)
		return;
	if (c->mode == SCR_EXPRESSION)
		return;
	if (n->a && result->kind == SCR_VOID) {
		if (c->fn->name)
			scr_error(c, n->a->span, NULL,
				  "'%s' is a void function, it returns no value",
				  c->fn->name->text);
		else
			scr_error(c, n->a->span, NULL, "the script itself returns no value");
	} else if (!n->a && result->kind != SCR_VOID) {
		scr_error(c, n->span, NULL, "'%s' must return a value", c->fn->name->text);
	} else if (n->a) {
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
	case N_BREAK:
	case N_CONTINUE:
		if (!c->loops)
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
			l->addressed || l->type->kind == SCR_ARRAY || n >= SCR_MAX_LOCAL_REGS;
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

static void function(struct scr_compiler *c, struct scr_func *fn)
{
	struct scr_scope scope;

	c->fn = fn;
	c->loops = 0;
	enter_scope(c, &scope);
	c->fn_scope = scope.id;
	for (struct scr_node *p = fn->params; p; p = p->next) {
		if (p->name->local)
			scr_error(c, p->span, NULL, "two parameters are called '%s'",
				  p->name->text);
		p->local = sem_new_local(c, p->name, p->optype, p->span, true);
		p->local->is_param = true;
	}
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

/* A global is known everywhere in a script that assigns it anywhere. */
static void find_globals(struct scr_compiler *c)
{
	for (u32 i = 0; i + 1 < c->ntok; i++) {
		struct scr_token *t = &c->tok[i];

		if (t->kind != T_GLOBAL || t[1].kind != T_SET || c->stopped)
			continue;
		if (!scr_env_lookup(c->env, t->name->text, t->name->len, t->name->hash))
			sem_global(c, t->name, SCR_TYPE(ULLONG), t->span);
	}
}

void scr_sema(struct scr_compiler *c)
{
	find_globals(c);
	for (struct scr_func *fn = c->func; fn && !c->stopped; fn = fn->next)
		function(c, fn);
}
