/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.c - statements, and how the parser goes on after an error.
 *
 * Looks at syntax alone. After an error it skips to the next ';' or '}', and
 * marks the names that it skipped so that nobody complains about them later.
 */
#include "parse.h"

struct scr_node *par_node(struct scr_compiler *c, enum scr_node_kind kind, struct scr_span span)
{
	struct scr_node *n = scr_alloc(c, sizeof(*n));

	n->kind = (u8)kind;
	n->span = span;
	return n;
}

struct scr_token *par_next(struct scr_compiler *c)
{
	struct scr_token *t = &c->tok[c->cur];

	if (c->cur + 1 < c->ntok)
		c->cur++;
	return t;
}

bool par_accept(struct scr_compiler *c, enum scr_tok kind)
{
	if (par_kind(c) != kind)
		return false;
	par_next(c);
	return true;
}

/* What the current token is, for "found ...". */
static const char *found(struct scr_compiler *c)
{
	const struct scr_token *t = par_tok(c);

	if (t->kind == T_STR || t->kind == T_WSTR || t->kind == T_END)
		return scr_tok_text(t->kind);
	return scr_textf(c, "'%.*s'", (int)(t->span.len > 60 ? 60 : t->span.len),
			 c->text + t->span.off);
}

static bool same_word_lower(const char *word, u32 len, const char *lower)
{
	if (strlen(lower) != len)
		return false;
	for (u32 i = 0; i < len; i++)
		if ((word[i] | 0x20) != lower[i])
			return false;
	return true;
}

/* What somebody who writes this word may have meant, or NULL. */
static const char *word_hint(const struct scr_name *name)
{
	/* clang-format off */
	static const struct { const char *word, *hint; } words[] = {
		{ "elif", "write 'elsif' or 'else if'" },
		{ "elseif", "write 'elsif' or 'else if'" },
		{ "and", "logical and is '&&'" },
		{ "or", "logical or is '||'" },
		{ "then", "there is no 'then': the statement follows the condition" },
#define X(id, text) { text, "keywords are written in lower case: '" text "'" },
		SCR_KEYWORDS(X)
#undef X
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (same_word_lower(name->text, name->len, words[i].word))
			return words[i].hint;
	return NULL;
}

/* A hint for the token that stands where something else should, or NULL. */
static const char *hint_for(struct scr_compiler *c)
{
	const struct scr_token *t = par_tok(c), *before = c->cur ? t - 1 : NULL;
	const char *hint = NULL;

	if (before && ((before->kind == T_LT && t->kind == T_GT) ||
		       (before->kind == T_GT && t->kind == T_LT)))
		return "'not equal' is '!='";
	if (t->kind == T_NAME)
		hint = word_hint(t->name);
	if (!hint && before && before->kind == T_NAME)
		hint = word_hint(before->name);
	return hint;
}

void par_unexpected(struct scr_compiler *c, const char *what)
{
	const struct scr_token *t = par_tok(c);
	struct scr_span at = t->span;
	const char *hint = hint_for(c);

	if (t->kind == T_BANG && !hint)
		hint = "'!' stands before its operand";
	if (t->kind == T_END && c->cur)
		at = (struct scr_span){ par_before(c).off + par_before(c).len, 1,
					par_before(c).line };
	scr_error(c, at, hint, "expected %s, found %s", what, found(c));
}

bool par_expect(struct scr_compiler *c, enum scr_tok kind, const char *where)
{
	if (par_accept(c, kind))
		return true;
	par_unexpected(c, scr_textf(c, "%s %s", scr_tok_text(kind), where));
	return false;
}

bool par_enter(struct scr_compiler *c)
{
	if (c->nesting < SCR_MAX_NESTING) {
		c->nesting++;
		return true;
	}
	scr_error(c, par_tok(c)->span, NULL, "more than %u levels inside each other",
		  SCR_MAX_NESTING);
	return false;
}

void par_leave(struct scr_compiler *c)
{
	c->nesting--;
}

/* Names between two tokens are not complained about any more. */
static void mark_suspects(struct scr_compiler *c, u32 from, u32 to)
{
	for (; from < to; from++)
		if (c->tok[from].kind == T_NAME || c->tok[from].kind == T_GLOBAL)
			c->tok[from].name->suspect = true;
}

static bool begins_statement(enum scr_tok kind)
{
	return kind == K_IF || kind == K_WHILE || kind == K_DO || kind == K_FOR ||
	       kind == K_RETURN || kind == K_BREAK || kind == K_CONTINUE || kind == K_SWITCH ||
	       kind == K_CASE || kind == K_DEFAULT;
}

/* Skip to where a statement may begin: behind ';' or a block, before '}' or a keyword. */
static void synchronise(struct scr_compiler *c, u32 start)
{
	u32 braces = 0;

	for (; par_kind(c) != T_END; par_next(c)) {
		enum scr_tok kind = par_kind(c);

		if (kind == T_LBRACE) {
			braces++;
		} else if (kind == T_RBRACE) {
			if (!braces)
				break;
			if (!--braces) {
				par_next(c);
				break;
			}
		} else if (kind == T_SEMI && !braces) {
			par_next(c);
			break;
		} else if (!braces && c->cur > start && begins_statement(kind)) {
			break;
		}
	}
	mark_suspects(c, start, c->cur);
}

/* The ';' that ends a statement. Where a line ends without one, nothing is skipped. */
static bool end_statement(struct scr_compiler *c, const char *where)
{
	struct scr_span before = par_before(c);

	if (par_accept(c, T_SEMI))
		return true;
	if (par_kind(c) == T_END && c->mode == SCR_EXPRESSION)
		return true;
	if (par_kind(c) == T_END || par_kind(c) == T_RBRACE ||
	    par_tok(c)->span.line > before.line) {
		struct scr_span at = { before.off + before.len, 1, before.line };

		scr_error(c, at, hint_for(c), "expected ';' %s, found %s", where, found(c));
		return true;
	}
	par_expect(c, T_SEMI, where);
	return false;
}

static struct scr_node *statement(struct scr_compiler *c);

/* The list of statements up to '}' or the end. */
static void list(struct scr_compiler *c, struct scr_node *block)
{
	struct scr_node **tail = &block->a;

	while (*tail) /* behind a stray '}' */
		tail = &(*tail)->next;
	while (par_kind(c) != T_RBRACE && par_kind(c) != T_END && !c->stopped) {
		struct scr_node *n = statement(c);

		if (n->kind == N_ERROR || n->kind == N_EMPTY)
			continue;
		*tail = n;
		tail = &n->next;
	}
}

struct scr_node *par_block(struct scr_compiler *c)
{
	struct scr_span open = par_tok(c)->span;
	struct scr_node *n = par_node(c, N_BLOCK, open);

	if (!par_expect(c, T_LBRACE, "before the block"))
		return par_node(c, N_ERROR, open);
	list(c, n);
	if (!par_accept(c, T_RBRACE) && !c->stopped)
		scr_error(c, open, NULL, "this '{' is never closed");
	return n;
}

/* A condition in its parentheses; after an error goes on behind the ')'. */
static struct scr_node *condition(struct scr_compiler *c, const char *where)
{
	struct scr_node *n;
	u32 start = c->cur, depth = 1;

	if (par_expect(c, T_LPAREN, where)) {
		n = par_expr(c);
		if (n->kind != N_ERROR && par_expect(c, T_RPAREN, "after the condition"))
			return n;
	} else {
		n = par_node(c, N_ERROR, par_tok(c)->span);
	}
	for (; par_kind(c) != T_END && par_kind(c) != T_LBRACE && par_kind(c) != T_RBRACE &&
	       par_kind(c) != T_SEMI;
	     par_next(c)) {
		if (par_kind(c) == T_LPAREN)
			depth++;
		else if (par_kind(c) == T_RPAREN && !--depth && par_next(c))
			break;
	}
	mark_suspects(c, start, c->cur);
	n->kind = N_ERROR;
	return n;
}

/* The body of `if`, `while`, ...: a statement of its own. */
static struct scr_node *body(struct scr_compiler *c)
{
	struct scr_node *n;

	if (par_kind(c) == T_LBRACE)
		return par_block(c);
	if (par_kind(c) == T_RBRACE || par_kind(c) == T_END) {
		par_unexpected(c, "a statement");
		return par_node(c, N_ERROR, par_tok(c)->span);
	}
	n = par_node(c, N_BLOCK, par_tok(c)->span);
	n->a = statement(c);
	return n;
}

static bool at_elsif(struct scr_compiler *c)
{
	return par_kind(c) == K_ELSIF || (par_kind(c) == K_ELSE && par_ahead(c, 1) == K_IF);
}

static struct scr_node *if_statement(struct scr_compiler *c)
{
	struct scr_node *first = par_node(c, N_IF, par_next(c)->span), *n = first;

	n->a = condition(c, "after 'if'");
	if (par_kind(c) == T_SEMI && par_ahead(c, 1) == T_LBRACE)
		scr_warn(c, par_tok(c)->span, "remove the ';'",
			 "this ';' is all that the 'if' decides about; the block is always run");
	n->b = body(c);
	/* A loop, not recursion: chains may be long. */
	while (at_elsif(c)) {
		if (par_next(c)->kind == K_ELSE)
			par_next(c);
		n->c = par_node(c, N_IF, par_before(c));
		n = n->c;
		n->a = condition(c, "after 'elsif'");
		n->b = body(c);
	}
	if (par_accept(c, K_ELSE))
		n->c = body(c);
	return first;
}

static struct scr_node *while_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_WHILE, par_next(c)->span);

	n->a = condition(c, "after 'while'");
	n->b = body(c);
	return n;
}

static struct scr_node *do_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_DO, par_next(c)->span);

	n->b = body(c);
	if (!par_expect(c, K_WHILE, "after the body of 'do'"))
		return par_node(c, N_ERROR, n->span);
	n->a = condition(c, "after 'while'");
	if (n->a->kind != N_ERROR)
		end_statement(c, "after the condition of 'do'");
	else
		par_accept(c, T_SEMI);
	return n;
}

/* The three parts in the parentheses. False: an error, said. */
static bool for_head(struct scr_compiler *c, struct scr_node *n)
{
	if (!par_expect(c, T_LPAREN, "after 'for'"))
		return false;
	if (par_at_type(c, 0)) {
		n->a = par_decl(c, true);
		if (n->a->kind == N_ERROR)
			return false;
	} else {
		if (par_kind(c) != T_SEMI)
			n->a = par_expr(c);
		if ((n->a && n->a->kind == N_ERROR) ||
		    !par_expect(c, T_SEMI, "after the start of 'for'"))
			return false;
	}
	if (par_kind(c) != T_SEMI)
		n->b = par_expr(c);
	if ((n->b && n->b->kind == N_ERROR) ||
	    !par_expect(c, T_SEMI, "after the condition of 'for'"))
		return false;
	if (par_kind(c) != T_RPAREN)
		n->c = par_expr(c);
	return (!n->c || n->c->kind != N_ERROR) &&
	       par_expect(c, T_RPAREN, "after the step of 'for'");
}

static struct scr_node *for_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_FOR, par_next(c)->span);
	u32 start = c->cur, depth = 0;

	if (!for_head(c, n)) {
		n->kind = N_BLOCK; /* its body is looked at all the same */
		n->a = NULL;
		while (par_kind(c) != T_END && par_kind(c) != T_LBRACE && par_kind(c) != T_RBRACE) {
			u8 kind = par_next(c)->kind;

			depth += kind == T_LPAREN;
			if (kind == T_RPAREN && !depth--)
				break;
		}
		mark_suspects(c, start, c->cur);
	}
	n->d = body(c);
	return n;
}

static struct scr_node *switch_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_SWITCH, par_next(c)->span);

	n->a = condition(c, "after 'switch'");
	n->b = par_block(c);
	return n->b->kind == N_ERROR ? n->b : n;
}

/* `case value:` and `default:` are statements of their own; what follows is the next one. */
static struct scr_node *case_label(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_CASE, par_tok(c)->span);

	if (par_next(c)->kind == K_CASE) {
		n->a = par_assign(c);
		if (n->a->kind == N_ERROR)
			return n->a;
		n->span = scr_join(n->span, par_before(c));
	}
	return par_expect(c, T_COLON, n->a ? "after the value of 'case'" : "after 'default'")
		       ? n
		       : par_node(c, N_ERROR, n->span);
}

static struct scr_node *return_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_RETURN, par_next(c)->span);

	if (par_kind(c) != T_SEMI && par_kind(c) != T_RBRACE && par_kind(c) != T_END) {
		n->a = par_expr(c);
		if (n->a->kind == N_ERROR)
			return n->a;
	}
	return end_statement(c, "after 'return'") ? n : par_node(c, N_ERROR, n->span);
}

static struct scr_node *jump_statement(struct scr_compiler *c, enum scr_node_kind kind,
				       const char *where)
{
	struct scr_node *n = par_node(c, kind, par_next(c)->span);

	return end_statement(c, where) ? n : par_node(c, N_ERROR, n->span);
}

static struct scr_node *expression_statement(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_EXPR, par_tok(c)->span);
	u32 start = c->cur;

	n->a = par_expr(c);
	if (n->a->kind == N_ERROR)
		return n->a;
	n->span = n->a->span;
	if (n->a->kind == N_CALL && par_kind(c) == T_LBRACE) {
		const char *hint = word_hint(n->a->name);

		scr_error(c, c->tok[start].span, hint, "there is no statement '%s'",
			  n->a->name->text);
		return par_node(c, N_ERROR, n->span);
	}
	return end_statement(c, "after the statement") ? n : par_node(c, N_ERROR, n->span);
}

/* Words that begin no statement here, with what to say about them. */
static struct scr_node *refuse(struct scr_compiler *c, const char *why, const char *hint)
{
	struct scr_token *t = par_next(c);

	scr_error(c, t->span, hint, "%s %s", scr_tok_text(t->kind), why);
	return par_node(c, N_ERROR, t->span);
}

static struct scr_node *statement_inner(struct scr_compiler *c)
{
	switch (par_kind(c)) {
	case T_SEMI:
		return par_node(c, N_EMPTY, par_next(c)->span);
	case T_LBRACE:
		return par_block(c);
	case K_IF:
		return if_statement(c);
	case K_WHILE:
		return while_statement(c);
	case K_DO:
		return do_statement(c);
	case K_FOR:
		return for_statement(c);
	case K_RETURN:
		return return_statement(c);
	case K_BREAK:
		return jump_statement(c, N_BREAK, "after 'break'");
	case K_CONTINUE:
		return jump_statement(c, N_CONTINUE, "after 'continue'");
	case K_ELSE:
	case K_ELSIF:
		return refuse(c, "without an 'if' before it", NULL);
	case K_SWITCH:
		return switch_statement(c);
	case K_CASE:
	case K_DEFAULT:
		return case_label(c);
	case K_GOTO:
		return refuse(c, "is not part of the language",
			      "use loops, 'break', 'continue' and 'return'");
	case K_TYPEDEF: {
		u32 errors = c->nerrors;

		par_typedef(c);
		return par_node(c, c->nerrors == errors ? N_EMPTY : N_ERROR, par_before(c));
	}
	default:
		return par_at_type(c, 0) ? par_decl(c, false) : expression_statement(c);
	}
}

static struct scr_node *statement(struct scr_compiler *c)
{
	u32 start = c->cur;
	struct scr_node *n;

	if (!par_enter(c)) {
		synchronise(c, start);
		return par_node(c, N_ERROR, par_before(c));
	}
	n = statement_inner(c);
	par_leave(c);
	if (n->kind == N_ERROR) {
		bool done = c->cur > start && c->tok[c->cur - 1].kind == T_SEMI;

		if (done)
			mark_suspects(c, start, c->cur);
		else
			synchronise(c, start);
		if (c->cur == start && par_kind(c) != T_RBRACE)
			par_next(c);
	}
	return n;
}

/* `print EXPRESSION`: one expression and perhaps a ';'. */
static struct scr_node *lone_expression(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_RETURN, par_tok(c)->span);

	n->a = par_expr(c);
	if (n->a->kind == N_ERROR)
		return n->a;
	par_accept(c, T_SEMI);
	if (par_kind(c) != T_END)
		par_unexpected(c, "the end of the expression");
	return n;
}

void scr_parse(struct scr_compiler *c)
{
	struct scr_func *main_func = scr_alloc(c, sizeof(*main_func));

	c->func = main_func;
	c->fn = main_func; /* of constants inside of types */
	c->last_func = main_func;
	c->nfuncs = 1;
	c->last_global_decl = &c->global_decls;
	main_func->result = c->mode == SCR_EXPRESSION ? SCR_TYPE(ULLONG) : SCR_TYPE(VOID);
	main_func->body = par_node(c, N_BLOCK, par_tok(c)->span);
	if (c->mode == SCR_EXPRESSION) {
		main_func->body->a = lone_expression(c);
		return;
	}
	while (par_kind(c) != T_END && !c->stopped) {
		list(c, main_func->body);
		if (par_kind(c) == T_RBRACE && !c->stopped)
			scr_error(c, par_next(c)->span, NULL, "'}' without a '{' before it");
	}
}
