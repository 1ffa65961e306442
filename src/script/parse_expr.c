/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse_expr.c - expressions: one grammar, C's, everywhere.
 *
 * Where the language's own grammar of conditions differs from its grammar of
 * expressions, both agree with C on what both allow; so C's it is. Looks at
 * syntax alone.
 */
#include "parse.h"

/* clang-format off */
static const struct binary { u8 level, op, kind; } binary[SCR_NTOKS] = {
	[T_LOR]     = { 1, 0, N_LOR },
	[T_LAND]    = { 2, 0, N_LAND },
	[T_PIPE]    = { 3, OP_OR, N_BINARY },
	[T_CARET]   = { 4, OP_XOR, N_BINARY },
	[T_AMP]     = { 5, OP_AND, N_BINARY },
	[T_EQ]      = { 6, OP_EQ, N_BINARY },  [T_NE]    = { 6, OP_NE, N_BINARY },
	[T_LT]      = { 7, OP_LT, N_BINARY },  [T_GT]    = { 7, OP_GT, N_BINARY },
	[T_LE]      = { 7, OP_LE, N_BINARY },  [T_GE]    = { 7, OP_GE, N_BINARY },
	[T_SHL]     = { 8, OP_SHL, N_BINARY }, [T_SHR]   = { 8, OP_SHR, N_BINARY },
	[T_PLUS]    = { 9, OP_ADD, N_BINARY }, [T_MINUS] = { 9, OP_SUB, N_BINARY },
	[T_STAR]    = { 10, OP_MUL, N_BINARY }, [T_SLASH] = { 10, OP_DIV, N_BINARY },
	[T_PERCENT] = { 10, OP_REM, N_BINARY },
};

static const struct assign { u8 is, op; } assign[SCR_NTOKS] = {
	[T_SET]     = { 1, OP_NONE },
	[T_ADD_SET] = { 1, OP_ADD }, [T_SUB_SET] = { 1, OP_SUB }, [T_MUL_SET] = { 1, OP_MUL },
	[T_DIV_SET] = { 1, OP_DIV }, [T_REM_SET] = { 1, OP_REM }, [T_SHL_SET] = { 1, OP_SHL },
	[T_SHR_SET] = { 1, OP_SHR }, [T_AND_SET] = { 1, OP_AND }, [T_XOR_SET] = { 1, OP_XOR },
	[T_OR_SET]  = { 1, OP_OR },
};
/* clang-format on */

static u16 deeper(const struct scr_node *n, u16 depth)
{
	return n && n->depth > depth ? n->depth : depth;
}

/* Close a node over its operands; an expression that grew too tall becomes an error. */
static struct scr_node *close(struct scr_compiler *c, struct scr_node *n)
{
	u16 depth = deeper(n->c, deeper(n->b, deeper(n->a, 0)));

	if ((n->a && n->a->kind == N_ERROR) || (n->b && n->b->kind == N_ERROR) ||
	    (n->c && n->c->kind == N_ERROR)) {
		n->kind = N_ERROR;
		return n;
	}
	n->depth = (u16)(depth + 1);
	if (n->depth <= SCR_MAX_DEPTH)
		return n;
	scr_error(c, n->span, "split it, with a variable for a part",
		  "this expression is too complex: more than %u operators inside each other",
		  SCR_MAX_DEPTH);
	return par_node(c, N_ERROR, n->span);
}

static struct scr_node *binary_node(struct scr_compiler *c, enum scr_node_kind kind, u8 op,
				    struct scr_node *a, struct scr_node *b)
{
	struct scr_node *n = par_node(c, kind, scr_join(a->span, b->span));

	n->op = op;
	n->a = a;
	n->b = b;
	return close(c, n);
}

/* Arguments up to the closing parenthesis, chained by next; NULL when there are none. */
static struct scr_node *arguments(struct scr_compiler *c, struct scr_node *call)
{
	struct scr_node **tail = &call->a;
	bool bad = false;

	if (!par_expect(c, T_LPAREN, "after the name of the function")) {
		call->kind = N_ERROR;
		return call;
	}
	if (par_kind(c) != T_RPAREN) {
		do {
			*tail = par_assign(c);
			bad |= (*tail)->kind == N_ERROR;
			call->depth = deeper(*tail, call->depth);
			tail = &(*tail)->next;
		} while (par_accept(c, T_COMMA));
	}
	if (bad || !par_expect(c, T_RPAREN, "after the arguments"))
		call->kind = N_ERROR;
	call->depth++;
	call->span = scr_join(call->span, par_before(c));
	return call;
}

static struct scr_node *call(struct scr_compiler *c, enum scr_node_kind kind)
{
	struct scr_token *t = par_next(c);
	struct scr_node *n = par_node(c, kind, t->span);

	if (kind == N_CALL)
		n->name = t->name;
	else
		n->num = t->num;
	return arguments(c, n);
}

static struct scr_node *string_expr(struct scr_compiler *c)
{
	struct scr_token *t = par_next(c);
	struct scr_node *n = par_node(c, t->str->bad ? N_ERROR : N_STR, t->span);

	n->str = t->str;
	return n;
}

static struct scr_node *number(struct scr_compiler *c)
{
	struct scr_token *t = par_next(c);
	struct scr_node *n = par_node(c, N_NUM, t->span);
	const char *text = c->text + t->span.off;

	n->num = t->num;
	if (par_kind(c) == T_LPAREN && text[0] != '\'') {
		scr_error(c, t->span,
			  scr_textf(c,
				    "words of the letters a-f and digits are numbers; "
				    "call it 'my_%.*s'",
				    (int)t->span.len, text),
			  "'%.*s' is a number, not a function", (int)t->span.len, text);
		arguments(c, n);
		n->kind = N_ERROR;
	}
	return n;
}

static struct scr_node *parenthesised(struct scr_compiler *c)
{
	struct scr_span open = par_next(c)->span;
	struct scr_node *n = par_expr(c);

	if (n->kind == N_ERROR)
		return n;
	if (!par_expect(c, T_RPAREN, "to close the parenthesis"))
		return par_node(c, N_ERROR, open);
	n->parens = true;
	n->span = scr_join(open, par_before(c));
	return n;
}

static struct scr_node *primary(struct scr_compiler *c)
{
	struct scr_token *t = par_tok(c);
	struct scr_node *n;

	switch ((enum scr_tok)t->kind) {
	case T_NUM:
		return number(c);
	case T_STR:
	case T_WSTR:
		return string_expr(c);
	case T_FLOAT:
		n = par_node(c, N_FLOAT, par_next(c)->span);
		n->num = t->num;
		return n;
	case T_LPAREN:
		return parenthesised(c);
	case T_BUILTIN:
		return call(c, N_BUILTIN);
	case K_PRINTF:
		return call(c, N_PRINTF);
	case K_REFERENCE:
		n = call(c, N_ADDR);
		if (n->kind != N_ERROR && (!n->a || n->a->next)) {
			scr_error(c, n->span, NULL, "'reference' takes one argument");
			n->kind = N_ERROR;
		}
		return n;
	case T_NAME:
		if (par_ahead(c, 1) == T_LPAREN)
			return call(c, N_CALL);
		n = par_node(c, t->name->is_constant ? N_NUM : N_NAME, par_next(c)->span);
		if (t->name->is_constant)
			n->num = t->name->constant;
		else
			n->name = t->name;
		return n;
	case T_GLOBAL:
		n = par_node(c, N_GLOBAL, par_next(c)->span);
		n->name = t->name;
		return n;
	case T_SYMBOL:
		n = par_node(c, N_SYMBOL, par_next(c)->span);
		n->name = t->name;
		return n;
	case T_REG:
		n = par_node(c, t->reg ? N_REG : N_ERROR, par_next(c)->span);
		n->reg = t->reg;
		return n;
	case T_PSEUDO:
		n = par_node(c, t->num != ~0ULL ? N_PSEUDO : N_ERROR, par_next(c)->span);
		n->num = t->num;
		return n;
	default:
		par_unexpected(c, "an expression");
		return par_node(c, N_ERROR, t->span);
	}
}

/* `.name` behind an operand on the same line can only be meant as a member. */
static bool at_member(struct scr_compiler *c)
{
	return par_kind(c) == T_ARROW || par_kind(c) == T_DOT ||
	       (par_kind(c) == T_GLOBAL && par_tok(c)->span.line == par_before(c).line);
}

/*
 * The name behind '.' or '->', which has been taken: it may be part of the '.' token, which
 * then is no global variable for anyone who looks at the tokens later.
 */
static struct scr_name *member_name(struct scr_compiler *c)
{
	struct scr_token *t = &c->tok[c->cur - 1];

	if (t->kind != T_GLOBAL)
		return par_member_name(c);
	t->kind = T_NAME;
	return t->name;
}

static struct scr_node *postfix(struct scr_compiler *c)
{
	struct scr_node *n = primary(c), *p;

	while (n->kind != N_ERROR) {
		struct scr_span at = par_tok(c)->span;

		if (par_accept(c, T_LBRACKET)) {
			p = par_node(c, N_INDEX, n->span);
			p->a = n;
			p->b = par_expr(c);
			if (p->b->kind != N_ERROR && !par_expect(c, T_RBRACKET, "after the index"))
				return par_node(c, N_ERROR, at);
		} else if (par_kind(c) == T_INC || par_kind(c) == T_DEC) {
			p = par_node(c, N_INCDEC, n->span);
			p->op = par_next(c)->kind == T_INC ? OP_ADD : OP_SUB;
			p->postfix = true;
			p->a = n;
		} else if (at_member(c)) {
			p = par_node(c, N_MEMBER, n->span);
			p->a = n;
			p->arrow = par_kind(c) == T_ARROW;
			at = par_next(c)->span;
			p->name = member_name(c);
			if (!p->name)
				return par_node(c, N_ERROR, at);
		} else {
			break;
		}
		p->span = scr_join(p->span, par_before(c));
		n = close(c, p);
	}
	return n;
}

static struct scr_node *unary(struct scr_compiler *c);

static struct scr_node *sizeof_expr(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_SIZEOF, par_next(c)->span);

	if (par_kind(c) == T_LPAREN && par_at_type(c, 1)) {
		par_next(c);
		n->optype = par_type_name(c);
		if (!n->optype || !par_expect(c, T_RPAREN, "after the type"))
			n->kind = N_ERROR;
	} else {
		n->a = unary(c);
	}
	n->span = scr_join(n->span, par_before(c));
	return close(c, n);
}

static struct scr_node *cast(struct scr_compiler *c)
{
	struct scr_node *n = par_node(c, N_CAST, par_next(c)->span);

	n->type = par_type_name(c);
	if (!n->type || !par_expect(c, T_RPAREN, "after the type"))
		return par_node(c, N_ERROR, n->span);
	n->a = unary(c);
	n->span = scr_join(n->span, n->a->span);
	return close(c, n);
}

static struct scr_node *prefix(struct scr_compiler *c, enum scr_node_kind kind, enum scr_op op)
{
	struct scr_node *n = par_node(c, kind, par_next(c)->span);

	n->op = (u8)op;
	n->a = unary(c);
	n->span = scr_join(n->span, n->a->span);
	return close(c, n);
}

static struct scr_node *unary_inner(struct scr_compiler *c)
{
	switch (par_kind(c)) {
	case T_MINUS:
		return prefix(c, N_UNARY, OP_NEG);
	case T_PLUS:
		return prefix(c, N_UNARY, OP_PLUS);
	case T_TILDE:
		return prefix(c, N_UNARY, OP_NOT);
	case T_BANG:
		return prefix(c, N_UNARY, OP_LNOT);
	case T_STAR:
		return prefix(c, N_DEREF, OP_NONE);
	case T_AMP:
		return prefix(c, N_ADDR, OP_NONE);
	case T_INC:
		return prefix(c, N_INCDEC, OP_ADD);
	case T_DEC:
		return prefix(c, N_INCDEC, OP_SUB);
	case K_SIZEOF:
		return sizeof_expr(c);
	case T_LPAREN:
		return par_at_type(c, 1) ? cast(c) : postfix(c);
	default:
		return postfix(c);
	}
}

static struct scr_node *unary(struct scr_compiler *c)
{
	struct scr_node *n;

	if (!par_enter(c))
		return par_node(c, N_ERROR, par_tok(c)->span);
	n = unary_inner(c);
	par_leave(c);
	return n;
}

/* Precedence climbing; all binary operators group to the left. */
static struct scr_node *climb(struct scr_compiler *c, u8 level)
{
	struct scr_node *left = unary(c);

	while (left->kind != N_ERROR) {
		const struct binary *b = &binary[par_kind(c)];
		struct scr_node *right;

		if (!b->level || b->level < level)
			break;
		par_next(c);
		right = climb(c, (u8)(b->level + 1));
		left = binary_node(c, b->kind, b->op, left, right);
	}
	return left;
}

static struct scr_node *conditional(struct scr_compiler *c)
{
	struct scr_node *test = climb(c, 1), *n;

	if (test->kind == N_ERROR || !par_accept(c, T_QUESTION))
		return test;
	n = par_node(c, N_COND, test->span);
	n->a = test;
	n->b = par_expr(c);
	if (n->b->kind == N_ERROR)
		return n->b;
	if (!par_expect(c, T_COLON, "in '? :'"))
		return par_node(c, N_ERROR, n->span);
	n->c = par_assign(c);
	n->span = scr_join(n->span, n->c->span);
	return close(c, n);
}

struct scr_node *par_assign(struct scr_compiler *c)
{
	struct scr_node *left, *right;
	u8 op;

	if (!par_enter(c))
		return par_node(c, N_ERROR, par_tok(c)->span);
	left = conditional(c);
	if (left->kind != N_ERROR && assign[par_kind(c)].is) {
		op = assign[par_next(c)->kind].op;
		right = par_assign(c);
		left = binary_node(c, N_ASSIGN, op, left, right);
	}
	par_leave(c);
	return left;
}

struct scr_node *par_expr(struct scr_compiler *c)
{
	struct scr_node *left = par_assign(c);

	while (left->kind != N_ERROR && par_accept(c, T_COMMA))
		left = binary_node(c, N_COMMA, 0, left, par_assign(c));
	return left;
}
