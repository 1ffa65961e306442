/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse_decl.c - types, declarations, functions' heads, typedef.
 *
 * Resolves words to types, nothing else.
 */
#include "parse.h"

#define MAX_DIMS 16
#define MAX_TYPE_DEPTH 24 /* pointers and arrays around one scalar, through typedef too */

static bool is_type_word(enum scr_tok kind)
{
	switch (kind) {
	case K_VOID:
	case K_BOOL:
	case K_CHAR:
	case K_SHORT:
	case K_INT:
	case K_LONG:
	case K_UNSIGNED:
	case K_SIGNED:
	case K_FLOAT:
	case K_DOUBLE:
	case K_STRUCT:
	case K_UNION:
	case K_ENUM:
	case K_CONST:
		return true;
	default:
		return false;
	}
}

bool par_at_type(struct scr_compiler *c, u32 ahead)
{
	const struct scr_token *t =
		&c->tok[c->cur + ahead < c->ntok ? c->cur + ahead : c->ntok - 1];

	return is_type_word(t->kind) || (t->kind == T_NAME && t->name->type);
}

/* How often each word of a type was seen. */
struct words {
	u8 base; /* K_CHAR ... K_DOUBLE, or 0 */
	u8 longs, shorts, ints, unsigneds, signeds;
};

/* NULL: the words contradict each other. */
static const struct scr_type *type_of_words(const struct words *w)
{
	bool u = w->unsigneds;

	if (w->unsigneds + w->signeds > 1 || w->longs > 2 || w->shorts > 1 || w->ints > 1 ||
	    (w->longs && w->shorts))
		return NULL;
	if (w->base) {
		if (w->longs || w->shorts || w->ints)
			return NULL;
		if (w->base == K_CHAR)
			return u ? SCR_TYPE(U8) : SCR_TYPE(S8);
		if (w->unsigneds || w->signeds)
			return NULL;
		if (w->base == K_FLOAT || w->base == K_DOUBLE)
			return w->base == K_FLOAT ? SCR_TYPE(F32) : SCR_TYPE(F64);
		return w->base == K_BOOL ? SCR_TYPE(BOOL) : SCR_TYPE(VOID);
	}
	if (w->shorts)
		return u ? SCR_TYPE(U16) : SCR_TYPE(S16);
	if (w->longs == 2)
		return u ? SCR_TYPE(ULLONG) : SCR_TYPE(LLONG);
	if (w->longs)
		return u ? SCR_TYPE(ULONG) : SCR_TYPE(LONG);
	return u ? SCR_TYPE(U32) : SCR_TYPE(S32);
}

static void take_word(struct scr_compiler *c, struct words *w)
{
	enum scr_tok kind = par_kind(c);

	switch (kind) {
	case K_LONG:
		w->longs += w->longs < 9;
		break;
	case K_SHORT:
		w->shorts += w->shorts < 9;
		break;
	case K_INT:
		w->ints += w->ints < 9;
		break;
	case K_UNSIGNED:
		w->unsigneds += w->unsigneds < 9;
		break;
	case K_SIGNED:
		w->signeds += w->signeds < 9;
		break;
	case K_VOID:
	case K_BOOL:
	case K_CHAR:
	case K_FLOAT:
	case K_DOUBLE:
		w->longs = w->base ? 9 : w->longs; /* two bases contradict each other */
		w->base = (u8)kind;
		break;
	default:
		break;
	}
	par_next(c);
}

static const struct scr_type *constant(struct scr_compiler *c, const struct scr_type *type)
{
	type = scr_type_const(&c->arena, type);
	if (!type)
		scr_oom(c);
	return type;
}

/* A type by its tag or its name; NULL: said. */
static const struct scr_type *named_type(struct scr_compiler *c)
{
	switch (par_kind(c)) {
	case K_STRUCT:
		return par_struct(c);
	case K_ENUM:
		return par_enum(c);
	case K_UNION:
		scr_error(c, par_tok(c)->span,
			  "look at the same bytes through a pointer: *(int *)&x",
			  "unions are not part of the language");
		return NULL;
	default:
		return par_next(c)->name->type;
	}
}

static bool at_named_type(struct scr_compiler *c, bool first)
{
	enum scr_tok kind = par_kind(c);

	return kind == K_STRUCT || kind == K_ENUM || kind == K_UNION ||
	       (first && kind == T_NAME && par_tok(c)->name->type);
}

const struct scr_type *par_base_type(struct scr_compiler *c)
{
	struct scr_span span = par_tok(c)->span;
	const struct scr_type *type = NULL;
	bool is_const = false, bad = false;
	struct words w = { 0 };
	u32 n = 0;

	while (is_type_word(par_kind(c)) || at_named_type(c, !type && !n)) {
		if (par_accept(c, K_CONST)) {
			is_const = true;
		} else if (at_named_type(c, true)) {
			bad |= type || n;
			type = named_type(c);
			if (!type)
				return NULL;
		} else {
			bad |= type != NULL;
			n++;
			take_word(c, &w);
		}
	}
	span = scr_join(span, par_before(c));
	if (!type && !n) {
		scr_error(c, span, "const int x = 5;", "'const' needs a type");
		return NULL;
	}
	type = type && !bad ? type : type_of_words(&w);
	if (!type || bad) {
		scr_error(c, span, NULL, "'%.*s' is not a type: the words contradict each other",
			  (int)(span.len > 60 ? 60 : span.len), c->text + span.off);
		return NULL;
	}
	return is_const ? constant(c, type) : type;
}

const struct scr_type *par_stars(struct scr_compiler *c, const struct scr_type *type)
{
	while (type && par_kind(c) == T_STAR) {
		if (scr_type_depth(type) >= MAX_TYPE_DEPTH) {
			scr_error(c, par_tok(c)->span, NULL,
				  "a type with more than %u pointers and arrays in it",
				  MAX_TYPE_DEPTH);
			return NULL;
		}
		par_next(c);
		type = scr_type_ptr(&c->arena, type);
		if (!type)
			scr_oom(c);
		if (par_accept(c, K_CONST))
			type = constant(c, type);
	}
	return type;
}

const struct scr_type *par_type_name(struct scr_compiler *c)
{
	return par_stars(c, par_base_type(c));
}

bool par_is_name(struct scr_compiler *c, const char *what)
{
	const struct scr_token *t = par_tok(c);
	const char *text = c->text + t->span.off;
	int len = (int)t->span.len;

	if (t->kind == T_NAME)
		return true;
	if (t->kind == T_NUM && text[0] != '\'')
		scr_error(c, t->span,
			  scr_textf(c,
				    "words of the letters a-f and digits are numbers; "
				    "call it 'my_%.*s'",
				    len, text),
			  "expected %s, found the number '%.*s'", what, len, text);
	else if (t->kind == T_REG && text[0] != '@')
		scr_error(c, t->span, scr_textf(c, "call it 'my_%.*s'", len, text),
			  "expected %s, found the register '%.*s'", what, len, text);
	else if (t->kind == T_BUILTIN)
		scr_error(c, t->span, scr_textf(c, "call it 'my_%.*s'", len, text),
			  "expected %s, found the built-in function '%.*s'", what, len, text);
	else
		par_unexpected(c, what);
	return false;
}

/* One `[n]`; 0: said. */
static u32 dimension(struct scr_compiler *c)
{
	struct scr_span span;
	u64 n = 0;

	par_next(c);
	if (!par_constant(c, "the number of elements", &span, &n) ||
	    !par_expect(c, T_RBRACKET, "after the number of elements"))
		return 0;
	if (!n || n > ENG_MAX_MEM) {
		scr_error(c, span, NULL, "an array has 1 to %x elements", ENG_MAX_MEM);
		return 0;
	}
	return (u32)n;
}

/* `[n][m]` behind a name: the type, or NULL when it was said what is wrong. */
const struct scr_type *par_dimensions(struct scr_compiler *c, const struct scr_type *type,
				      bool open)
{
	struct scr_span span = par_tok(c)->span;
	u32 dims[MAX_DIMS], n = 0;

	while (par_kind(c) == T_LBRACKET) {
		if (n == MAX_DIMS) {
			scr_error(c, span, NULL, "more than %u dimensions", MAX_DIMS);
			return NULL;
		}
		if (open && !n && par_ahead(c, 1) == T_RBRACKET) {
			par_next(c);
			par_next(c);
			dims[n++] = 0;
			continue;
		}
		dims[n] = dimension(c);
		if (!dims[n++])
			return NULL;
	}
	if (n && type->kind == SCR_VOID)
		type = SCR_TYPE(ULLONG);
	if (n && !par_is_complete(c, type, span))
		return NULL;
	while (n--) {
		if ((u64)type->size * dims[n] > ENG_MAX_MEM ||
		    scr_type_depth(type) >= MAX_TYPE_DEPTH) {
			scr_error(c, span, NULL,
				  "this array is too big: at most %x bytes and %u dimensions",
				  ENG_MAX_MEM, MAX_DIMS);
			return NULL;
		}
		type = scr_type_array(&c->arena, type, dims[n]);
		if (!type)
			scr_oom(c);
	}
	return type;
}

static struct scr_node *initialiser(struct scr_compiler *c, bool inner);

/* `.member = value` in a list; the word is no global variable then. */
static struct scr_node *designated(struct scr_compiler *c)
{
	struct scr_token *t = par_next(c);
	struct scr_node *n = par_node(c, N_DESIGNATED, t->span);

	t->kind = T_NAME;
	n->name = t->name;
	par_next(c);
	n->a = initialiser(c, true);
	if (n->a->kind == N_ERROR)
		return n->a;
	n->span = scr_join(n->span, par_before(c));
	return n;
}

static struct scr_node *initialiser(struct scr_compiler *c, bool inner)
{
	struct scr_node *n, **tail;

	if (par_kind(c) == T_GLOBAL && par_ahead(c, 1) == T_SET && inner)
		return designated(c);
	if (par_kind(c) != T_LBRACE)
		return par_assign(c);
	if (!par_enter(c))
		return par_node(c, N_ERROR, par_tok(c)->span);
	n = par_node(c, N_INIT, par_next(c)->span);
	tail = &n->a;
	while (par_kind(c) != T_RBRACE) {
		*tail = initialiser(c, true);
		if ((*tail)->kind == N_ERROR) {
			n->kind = N_ERROR;
			break;
		}
		tail = &(*tail)->next;
		if (!par_accept(c, T_COMMA))
			break;
	}
	par_leave(c);
	if (n->kind != N_ERROR && !par_expect(c, T_RBRACE, "after the last element"))
		n->kind = N_ERROR;
	n->span = scr_join(n->span, par_before(c));
	return n;
}

/* One declarator with its initialiser; the base type is known. */
static struct scr_node *declarator(struct scr_compiler *c, const struct scr_type *base)
{
	const struct scr_type *type = par_stars(c, base);
	struct scr_token *t = par_tok(c);
	struct scr_node *n = par_node(c, N_DECL, t->span);

	n->kind = N_ERROR;
	if (!type)
		return n;
	if (t->kind == T_GLOBAL || t->kind == T_REG) {
		n->a = par_node(c, t->kind == T_GLOBAL ? N_GLOBAL : N_REG, t->span);
		if (t->kind == T_REG && !t->reg)
			return n;
		if (t->kind == T_REG && c->text[t->span.off] != '@')
			scr_warn(c, t->span,
				 scr_textf(c, "call a variable 'my_%s', the register '@%s'",
					   t->reg->name, t->reg->name),
				 "'%s' is a register: this assigns it and makes no variable",
				 t->reg->name);
		if (t->kind == T_REG)
			n->a->reg = t->reg;
		else
			n->a->name = t->name;
	} else if (par_is_name(c, "the name of a variable")) {
		n->a = par_node(c, N_NAME, t->span);
		n->a->name = t->name;
	} else {
		enum scr_tok behind = par_ahead(c, 1);

		/* `int while = 1;`: the word is meant as a name, not as a statement. */
		if (behind == T_SET || behind == T_SEMI || behind == T_COMMA)
			par_next(c);
		return n;
	}
	if (n->a->kind == N_NAME && t->name->is_constant) {
		scr_error(c, t->span, NULL, "'%s' is a constant of an enumeration", t->name->text);
		return n;
	}
	par_next(c);
	n->optype = par_dimensions(c, type, true);
	if (!n->optype || !par_is_complete(c, n->optype, t->span))
		return n;
	if (par_accept(c, T_SET)) {
		n->b = initialiser(c, false);
		if (n->b->kind == N_ERROR)
			return n;
	} else if (n->optype->kind == SCR_ARRAY && !n->optype->count) {
		scr_error(c, n->span, "write it between the brackets, or give a list of values",
			  "the array '%.*s' has no number of elements", (int)t->span.len,
			  c->text + t->span.off);
		return n;
	}
	n->span = scr_join(n->span, par_before(c));
	n->kind = N_DECL;
	if (n->a->kind == N_GLOBAL) {
		*c->last_global_decl = n;
		c->last_global_decl = &n->d;
	}
	return n;
}

/* As in C: an array as a parameter is a pointer to its first element. NULL: said. */
static const struct scr_type *parameter_type(struct scr_compiler *c, const struct scr_type *type)
{
	if (par_kind(c) == T_LBRACKET)
		type = par_dimensions(c, type, true);
	if (!type)
		return NULL;
	if (type->kind == SCR_VOID)
		return SCR_TYPE(ULLONG);
	if (type->kind != SCR_ARRAY)
		return type;
	type = scr_type_ptr(&c->arena, type->base);
	if (!type)
		scr_oom(c);
	return type;
}

static void parameter(struct scr_compiler *c, struct scr_func *fn, struct scr_node ***tail,
		      bool *bad)
{
	const struct scr_type *type;
	struct scr_node *n;

	if (!par_at_type(c, 0)) {
		par_unexpected(c, "the type of a parameter");
		*bad = true;
		return;
	}
	type = par_type_name(c);
	if (!type || !par_is_name(c, "the name of a parameter")) {
		*bad = true;
		return;
	}
	n = par_node(c, N_DECL, par_tok(c)->span);
	n->name = par_next(c)->name;
	type = parameter_type(c, type);
	if (!type) {
		*bad = true;
		return;
	}
	n->optype = type;
	**tail = n;
	*tail = &n->next;
	fn->nparams++;
}

static bool parameters(struct scr_compiler *c, struct scr_func *fn)
{
	struct scr_node **tail = &fn->params;
	bool bad = false;

	par_next(c); /* '(' */
	if (par_kind(c) == K_VOID && par_ahead(c, 1) == T_RPAREN)
		par_next(c);
	if (par_kind(c) != T_RPAREN) {
		do
			parameter(c, fn, &tail, &bad);
		while (!bad && par_accept(c, T_COMMA));
	}
	if (!bad && fn->nparams > 64) {
		scr_error(c, fn->span, NULL, "a function has 64 parameters at most");
		bad = true;
	}
	return !bad && par_expect(c, T_RPAREN, "after the parameters");
}

/* Enter the function under its name; a prototype gives way to its definition. */
static void register_function(struct scr_compiler *c, struct scr_func *fn, struct scr_name *name)
{
	struct scr_func *old = name->func;

	if (old && old->body && fn->body) {
		scr_error(c, fn->span, NULL, "the function '%s' is defined twice (first %s)",
			  name->text, scr_where(c, old->span, fn->span));
		return;
	}
	if (old && (old->body || !fn->body))
		return;
	name->func = fn;
	if (!fn->body)
		return;
	fn->index = c->nfuncs++;
	c->last_func->next = fn;
	c->last_func = fn;
}

/* A definition needs the sizes of all structures that it takes and returns. */
static bool types_known(struct scr_compiler *c, const struct scr_func *fn)
{
	for (const struct scr_node *p = fn->params; p; p = p->next)
		if (!par_is_complete(c, p->optype, p->span))
			return false;
	return par_is_complete(c, fn->result, fn->span);
}

/* `T name(` has been seen; name is the current token. */
static struct scr_node *function(struct scr_compiler *c, const struct scr_type *result)
{
	struct scr_token *t = par_next(c);
	struct scr_func *fn = scr_alloc(c, sizeof(*fn));
	bool bad;

	fn->name = t->name;
	fn->span = t->span;
	fn->result = result;
	bad = !parameters(c, fn);
	if (!bad && result->kind == SCR_ARRAY) {
		scr_error(c, fn->span, "put it into a structure, or return a pointer",
			  "an array cannot be the result of a function");
		bad = true;
	}
	if (!bad && c->nesting > 1) {
		scr_error(c, fn->span, NULL, "a function cannot be defined inside a block");
		bad = true;
	}
	if (!bad && !strcmp(t->name->text, "main")) {
		scr_error(c, fn->span, "the script itself is the main program",
			  "'main' is reserved");
		bad = true;
	}
	if (!bad && c->nfuncs == ENG_MAX_FUNCS) {
		scr_error(c, fn->span, NULL, "more than %u functions", ENG_MAX_FUNCS);
		bad = true;
	}
	if (bad)
		return par_node(c, N_ERROR, fn->span);
	if (par_accept(c, T_SEMI)) {
		register_function(c, fn, t->name);
	} else if (par_kind(c) == T_LBRACE) {
		if (!types_known(c, fn))
			return par_node(c, N_ERROR, fn->span);
		fn->body = par_block(c);
		register_function(c, fn, t->name);
	} else {
		par_unexpected(c, "'{' or ';' after the head of the function");
		return par_node(c, N_ERROR, fn->span);
	}
	return par_node(c, N_EMPTY, fn->span);
}

/* A declaration, with its ';'; or a function at the top level. */
struct scr_node *par_decl(struct scr_compiler *c, bool in_for)
{
	struct scr_node *n = par_node(c, N_DECLS, par_tok(c)->span), **tail = &n->a;
	const struct scr_type *base = par_base_type(c), *type;
	u32 start = c->cur;

	n->kind = N_ERROR;
	if (!base)
		return n;
	if (par_kind(c) == T_SEMI &&
	    (base->kind == SCR_STRUCT || c->tok[c->cur - 1].kind == T_RBRACE)) {
		par_next(c);
		n->kind = N_EMPTY; /* only a tag is declared */
		return n;
	}
	type = par_stars(c, base);
	if (!type)
		return n;
	if (par_ahead(c, 1) == T_LPAREN && !in_for) {
		if (par_kind(c) == T_NAME)
			return function(c, type);
		par_is_name(c, "the name of a function");
		return n;
	}
	c->cur = start;
	do {
		*tail = declarator(c, base);
		if ((*tail)->kind == N_ERROR)
			return n;
		tail = &(*tail)->next;
	} while (par_accept(c, T_COMMA));
	n->span = scr_join(n->span, par_before(c));
	if (!par_expect(c, T_SEMI, "after the declaration"))
		return n;
	n->kind = N_DECLS;
	return n;
}

void par_typedef(struct scr_compiler *c)
{
	const struct scr_type *type;
	struct scr_token *t;

	par_next(c);
	if (!par_at_type(c, 0)) {
		par_unexpected(c, "a type");
		return;
	}
	type = par_type_name(c);
	if (!type || !par_is_name(c, "the new name of the type"))
		return;
	t = par_next(c);
	type = par_dimensions(c, type, false);
	if (!type || !par_expect(c, T_SEMI, "after the type definition"))
		return;
	if (t->name->type && !scr_type_same(t->name->type, type))
		scr_error(c, t->span, NULL,
			  "the type '%s' is already defined as something else (first %s)",
			  t->name->text, scr_where(c, t->name->type_span, t->span));
	if (t->name->type)
		return;
	t->name->type = type;
	t->name->type_span = t->span;
}
