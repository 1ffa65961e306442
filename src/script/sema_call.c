/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_call.c - calls: the script's own functions, built-in ones, printf.
 *
 * Knows built-ins only from the engine's table.
 */
#include <ctype.h>

#include "engine/format.h"

#include "sema.h"

static u32 count(const struct scr_node *list)
{
	u32 n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

/* Names that older scripts and other languages use. */
static const char *known_alias(const char *name)
{
	static const struct {
		const char *name, *use;
	} aliases[] = {
		{ "disable_event", "event_disable" },
		{ "enable_event", "event_enable" },
		{ "clear_event", "event_clear" },
		{ "event_ignore", "event_sc" },
		{ "ref", "reference" },
		{ "abs", NULL },
		{ "ew", "ed" },
		{ "puts", "printf" },
		{ "sleep", "microsleep" },
		{ "usleep", "microsleep" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].name, name))
			return aliases[i].use;
	return NULL;
}

static struct scr_node *unknown_function(struct scr_compiler *c, struct scr_node *n)
{
	const char *use = known_alias(n->name->text);
	struct scr_nearest near;

	if (!use) {
		scr_nearest_init(&near, n->name->text, n->name->len);
		for (u32 i = 0; i < ENG_NBUILTINS; i++)
			scr_nearest_try(&near, eng_builtin_names[i].name);
		for (struct scr_func *f = c->func->next; f; f = f->next)
			scr_nearest_try(&near, f->name->text);
		scr_nearest_try(&near, "printf");
		use = near.best;
	}
	scr_error(c, n->span, use ? scr_textf(c, "did you mean '%s'?", use) : NULL,
		  "there is no function '%s'", n->name->text);
	return sem_fail(n);
}

/* The copy that the called function has for its own; a result is one already. */
static struct scr_node *struct_argument(struct scr_compiler *c, struct scr_node *a,
					const struct scr_type *type)
{
	struct scr_node *copy;

	a = sem_operand(c, a);
	if (a->kind == N_ERROR)
		return a;
	if (!sem_struct_fits(c, a, type))
		return sem_fail(a);
	if (a->kind == N_CALL)
		return a;
	copy = scr_alloc(c, sizeof(*copy));
	*copy = (struct scr_node){ .kind = N_COPY, .span = a->span, .type = type, .a = a };
	copy->b = sem_temporary(c, type, a->span);
	return copy;
}

static struct scr_node *scalar_argument(struct scr_compiler *c, struct scr_node *a,
					const struct scr_type *type)
{
	a = sem_value(c, a);
	sem_keep_const(c, a, type);
	return sem_convert(c, a, type);
}

struct scr_node *sem_call(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_func *fn = n->name->func;
	struct scr_node **arg, *param;
	u32 given = count(n->a);
	bool bad = false;

	if (!fn && n->name->suspect)
		return sem_fail(n);
	if (!fn) {
		struct scr_node *map = sem_map_call(c, n);

		return map ? map : unknown_function(c, n);
	}
	if (!fn->body) {
		scr_error(c, n->span, NULL, "the function '%s' is declared but never defined",
			  n->name->text);
		return sem_fail(n);
	}
	if (given != fn->nparams) {
		scr_error(c, n->span, NULL, "the function '%s' takes %u argument%s, %u given",
			  n->name->text, fn->nparams, fn->nparams == 1 ? "" : "s", given);
		return sem_fail(n);
	}
	for (arg = &n->a, param = fn->params; *arg; arg = &(*arg)->next, param = param->next) {
		struct scr_node *next = (*arg)->next;

		*arg = param->optype->kind == SCR_STRUCT ? struct_argument(c, *arg, param->optype)
							 : scalar_argument(c, *arg, param->optype);
		bad |= (*arg)->kind == N_ERROR;
		(*arg)->next = next;
	}
	n->func = fn;
	n->type = fn->result;
	if (n->type->kind == SCR_STRUCT)
		n->b = sem_temporary(c, n->type, n->span);
	return bad ? sem_fail(n) : n;
}

static const char *target_names(const char *letters)
{
	if (strchr(letters, 'P'))
		return strchr(letters, 'M') ? "process, machine" : "process";
	return "machine";
}

/* A function of the language that nothing here can carry out. */
static struct scr_node *absent(struct scr_compiler *c, struct scr_node *n)
{
	const struct eng_absent_name *a = &eng_absent_names[n->num - ENG_NBUILTINS];
	const char *target = c->env->caps ? c->env->caps->target : "process";

	if (a->targets[0])
		scr_error(c, n->span, NULL,
			  "'%s' does not work on the target '%s', only on: %s (%s)", a->name,
			  target, target_names(a->targets), a->why);
	else
		scr_error(c, n->span, NULL, "'%s' works on no target: %s", a->name, a->why);
	return sem_fail(n);
}

static bool builtin_allowed(struct scr_compiler *c, const struct scr_node *n)
{
	const struct eng_builtin_name *b = &eng_builtin_names[n->num];
	const struct eng_caps *caps = c->env->caps;

	if (!caps || strchr(b->targets, caps->letter))
		return true;
	scr_error(c, n->span, NULL, "'%s' does not work on the target '%s', only on: %s", b->name,
		  caps->target, target_names(b->targets));
	return false;
}

/* One argument of the kind that the table asks for. */
static struct scr_node *argument(struct scr_compiler *c, struct scr_node *a, char kind,
				 const char *function)
{
	if (a->kind != N_STR) {
		a = sem_value(c, a);
		if (a->kind == N_ERROR || !scr_type_is_float(a->type))
			return a;
		if (kind == 'i' || kind == 'o')
			return sem_convert(c, a, SCR_TYPE(LONG));
		scr_error(c, a->span, NULL, "'%s' takes an address here", function);
		return sem_fail(a);
	}
	if (kind != 's' && kind != 'w') {
		scr_error(c, a->span, NULL, "'%s' takes no string here", function);
		return sem_fail(a);
	}
	if (a->str->wide != (kind == 'w')) {
		scr_error(c, a->span, kind == 'w' ? "write L\"...\"" : "write \"...\"",
			  "'%s' takes a %s string here", function, kind == 'w' ? "wide" : "narrow");
		return sem_fail(a);
	}
	a->type = SCR_TYPE(ULLONG);
	return a;
}

/* `spinlock_lock(.lock)` would take the value of the variable for an address. */
static void warn_value_as_address(struct scr_compiler *c, const struct scr_node *n)
{
	const char *name = eng_builtin_names[n->num].name;

	if (n->a && n->a->kind == N_GLOBAL && n->a->type->kind != SCR_PTR &&
	    (!strncmp(name, "spinlock", 8) || !strncmp(name, "interlocked", 11)))
		scr_warn(c, n->a->span, scr_textf(c, "did you mean '&.%s'?", n->a->name->text),
			 "'%s' takes an address; this is the value of the variable", name);
}

/* print() of a floating-point number is printf("%g\n"). */
static struct scr_node *print_float(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *format = scr_alloc(c, sizeof(*format));
	struct scr_str *str = scr_alloc(c, sizeof(*str));

	*str = (struct scr_str){ .bytes = (const u8 *)"%g\n", .len = 3 };
	*format = (struct scr_node){ .kind = N_STR, .span = n->span, .str = str };
	n->a = sem_convert(c, n->a, SCR_TYPE(F64));
	format->next = n->a;
	n->a = format;
	n->kind = N_PRINTF;
	n->type = SCR_TYPE(VOID);
	return n;
}

/* How many arguments a built-in must have, and may have. */
static void arity(const struct eng_builtin_name *b, u32 *least, u32 *most)
{
	*least = *most = 0;
	for (const char *kind = b->args; *kind && *kind != 'n'; kind++) {
		*least += *kind != 'o';
		++*most;
	}
}

static bool check_count(struct scr_compiler *c, const struct scr_node *n, u32 given)
{
	const struct eng_builtin_name *b = &eng_builtin_names[n->num];
	u32 least, most;

	arity(b, &least, &most);
	if (given >= least && given <= most)
		return true;
	if (least == most)
		scr_error(c, n->span, NULL, "'%s' takes %u argument%s, %u given", b->name, most,
			  most == 1 ? "" : "s", given);
	else
		scr_error(c, n->span, NULL, "'%s' takes %u to %u arguments, %u given", b->name,
			  least, most, given);
	return false;
}

static struct scr_node *number_node(struct scr_compiler *c, struct scr_span span, u64 num)
{
	struct scr_node *n = scr_alloc(c, sizeof(*n));

	*n = (struct scr_node){ .kind = N_NUM, .span = span, .type = SCR_TYPE(ULLONG), .num = num };
	return n;
}

/* What was left out is 0, and behind it stands how many were not. */
static void fill_optional(struct scr_compiler *c, struct scr_node *n, u32 given)
{
	const char *kind = eng_builtin_names[n->num].args + given;
	struct scr_node **end = &n->a;
	u32 least, most;

	arity(&eng_builtin_names[n->num], &least, &most);
	if (least == most)
		return;
	while (*end)
		end = &(*end)->next;
	for (; *kind; kind++) {
		*end = number_node(c, n->span, *kind == 'n' ? given - least : 0);
		end = &(*end)->next;
	}
}

struct scr_node *sem_builtin(struct scr_compiler *c, struct scr_node *n)
{
	const struct eng_builtin_name *b;
	u32 given = count(n->a);
	const char *kind;
	bool bad;

	if (n->num >= ENG_NBUILTINS)
		return absent(c, n);
	b = &eng_builtin_names[n->num];
	bad = !builtin_allowed(c, n);
	kind = b->args;
	if (!check_count(c, n, given))
		return sem_fail(n);
	if (sem_prints_map(c, n))
		return sem_print_map(c, n);
	if (n->num == ENG_BI_PRINT && n->a->kind != N_STR) {
		n->a = sem_value(c, n->a);
		if (n->a->kind != N_ERROR && scr_type_is_float(n->a->type))
			return print_float(c, n);
		if (n->a->kind == N_ERROR || bad)
			return sem_fail(n);
		n->type = SCR_TYPE(VOID);
		return n;
	}
	for (struct scr_node **arg = &n->a; *arg; arg = &(*arg)->next, kind++) {
		struct scr_node *next = (*arg)->next;

		*arg = argument(c, *arg, *kind, b->name);
		bad |= (*arg)->kind == N_ERROR;
		(*arg)->next = next;
	}
	if (bad)
		return sem_fail(n);
	fill_optional(c, n, given);
	warn_value_as_address(c, n);
	n->type = b->result ? SCR_TYPE(ULLONG) : SCR_TYPE(VOID);
	return n;
}

static bool is_octal(char ch)
{
	return ch >= '0' && ch <= '7';
}

/* The bytes of the text that one character of a string is spelled with. */
static u32 spelled(const char *p)
{
	u32 n = 2;

	if (p[0] != '\\')
		return 1;
	if (p[1] == 'x')
		while (n < 4 && isxdigit((unsigned char)p[n]))
			n++;
	else if (is_octal(p[1]))
		while (n < 4 && is_octal(p[n]))
			n++;
	return n;
}

/* Where in the text a piece of the format stands. */
static struct scr_span piece_span(struct scr_compiler *c, const struct scr_node *format,
				  const struct eng_fmt *f)
{
	u32 skip = (u32)((const u8 *)f->text - format->str->bytes), end = skip + (u32)f->len;
	struct scr_span span = format->span;
	u32 at = span.off + 1;

	for (u32 i = 0; i < end; i++) {
		if (i == skip)
			span.off = at;
		else if (i < skip && c->text[at] == '\n')
			span.line++;
		at += spelled(c->text + at);
	}
	span.len = at - span.off;
	return span;
}

static struct scr_node *printf_argument(struct scr_compiler *c, struct scr_node *a,
					const struct eng_fmt *f)
{
	if (a->kind != N_STR) {
		bool is_float;

		a = sem_value(c, a);
		if (a->kind == N_ERROR)
			return a;
		is_float = scr_type_is_float(a->type);
		if (is_float && f->kind == ENG_FMT_FLOAT)
			return sem_convert(c, a, SCR_TYPE(F64));
		if (!is_float && f->kind != ENG_FMT_FLOAT)
			return a;
		scr_error(c, a->span,
			  is_float ? "print it with '%f' or '%g', or convert it: (long)x"
				   : "convert it: (double)x",
			  "'%.*s' does not print %s", (int)f->len, f->text,
			  is_float ? "a floating-point number" : "an integer");
		return sem_fail(a);
	}
	if (f->kind == (a->str->wide ? ENG_FMT_WSTRING : ENG_FMT_STRING)) {
		a->type = SCR_TYPE(ULLONG);
		return a;
	}
	scr_error(c, a->span, "'%s' prints a string, '%ls' a wide one",
		  "'%.*s' does not print this string", (int)f->len, f->text);
	return sem_fail(a);
}

struct scr_node *sem_printf(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *format = n->a, **arg = format ? &format->next : NULL;
	const char *pos, *end;
	struct eng_fmt f;
	bool bad = false;
	u32 used = 0;

	if (!format || format->kind != N_STR || format->str->wide) {
		scr_error(c, format ? format->span : n->span, NULL,
			  "the first argument of printf must be a string literal, the format");
		return sem_fail(n);
	}
	pos = (const char *)format->str->bytes;
	end = pos + format->str->len;
	n->type = SCR_TYPE(VOID);
	while (eng_fmt_next(&pos, end, &f)) {
		struct scr_node *next;

		if (f.kind == ENG_FMT_TEXT) {
			if (f.unknown)
				scr_warn(c, piece_span(c, format, &f),
					 "a percent sign is written '%%'",
					 "'%%' without a known conversion is printed as it is");
			continue;
		}
		used++;
		if (!*arg) {
			scr_error(c, piece_span(c, format, &f), NULL,
				  "the conversion '%.*s' has no argument: the format takes %u, %u "
				  "given",
				  (int)f.len, f.text,
				  eng_fmt_count((const char *)format->str->bytes, end),
				  count(n->a) - 1);
			return sem_fail(n);
		}
		next = (*arg)->next;
		*arg = printf_argument(c, *arg, &f);
		bad |= (*arg)->kind == N_ERROR;
		(*arg)->next = next;
		arg = &(*arg)->next;
	}
	if (*arg) {
		scr_error(c, (*arg)->span, NULL,
			  "too many arguments: the format takes %u, %u given", used,
			  count(n->a) - 1);
		return sem_fail(n);
	}
	return bad ? sem_fail(n) : n;
}
