/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lex.c - text into tokens: numbers in all their prefixes, words in the order in
 * which the language classifies them, strings, comments.
 *
 * Reports what is wrong and always delivers a token to go on with.
 */
#include <locale.h>
#include <stdlib.h>

#include "compiler.h"

struct lexer {
	struct scr_compiler *c;
	const char *text;
	u32 len, pos; /* in the text of the compilation */
	u32 line; /* index */
	u32 number; /* of that line in its file */
	struct scr_file *file;
	u32 first; /* token of the file */
	u32 depth; /* of braces */
};

static void lex_file(struct scr_compiler *c, struct scr_file *file);

enum {
	C_SPACE = 1, /* blanks, tabs, CR */
	C_DIGIT = 2,
	C_HEX = 4, /* digits and a-f in either case */
	C_WORD = 8, /* letters, digits, underscore */
	C_TICK = 16, /* groups digits */
};

static const u8 char_class[256] = {
	[' '] = C_SPACE,
	['\t'] = C_SPACE,
	['\r'] = C_SPACE,
	['\v'] = C_SPACE,
	['\f'] = C_SPACE,
	['`'] = C_TICK,
	['_'] = C_WORD,
	['0' ... '9'] = C_DIGIT | C_HEX | C_WORD,
	['a' ... 'f'] = C_HEX | C_WORD,
	['g' ... 'z'] = C_WORD,
	['A' ... 'F'] = C_HEX | C_WORD,
	['G' ... 'Z'] = C_WORD,
};

const char *scr_tok_text(enum scr_tok kind)
{
	static const char *const names[SCR_NTOKS] = { [T_END] = "the end of the script",
						      [T_NUM] = "a number",
						      [T_FLOAT] = "a floating-point number",
						      [T_STR] = "a string",
						      [T_WSTR] = "a wide string",
						      [T_NAME] = "a name",
						      [T_GLOBAL] = "a global variable",
						      [T_REG] = "a register",
						      [T_PSEUDO] = "a pseudo-register",
						      [T_SYMBOL] = "a symbol",
						      [T_BUILTIN] = "a built-in function",
#define X(id, text) [T_##id] = "'" text "'",
						      SCR_PUNCTUATION(X)
#undef X
#define X(id, text) [K_##id] = "'" text "'",
							      SCR_KEYWORDS(X)
#undef X
	};

	return names[kind];
}

static u8 class_at(const struct lexer *l, u32 pos)
{
	return pos < l->len ? char_class[(u8)l->text[pos]] : 0;
}

static char char_at(const struct lexer *l, u32 pos)
{
	return pos < l->len ? l->text[pos] : 0;
}

static struct scr_span span_from(const struct lexer *l, u32 start)
{
	return (struct scr_span){ start, l->pos - start, l->line };
}

static void new_line(struct lexer *l)
{
	struct scr_compiler *c = l->c;

	c->text_line = scr_grow(c, c->text_line, c->nlines, &c->cap_lines, sizeof(*c->text_line));
	c->text_line[c->nlines++] = (struct scr_line){ l->pos, l->number++, l->file };
	l->line = c->nlines - 1;
}

static struct scr_token *push(struct lexer *l, enum scr_tok kind, struct scr_span span)
{
	struct scr_compiler *c = l->c;
	struct scr_token *t;

	c->tok = scr_grow(c, c->tok, c->ntok, &c->cap_tok, sizeof(*c->tok));
	t = &c->tok[c->ntok++];
	*t = (struct scr_token){ .kind = (u8)kind, .span = span };
	return t;
}

static void block_comment(struct lexer *l)
{
	u32 start = l->pos, line = l->line;

	for (l->pos += 2; l->pos < l->len; l->pos++) {
		if (l->text[l->pos] == '*' && char_at(l, l->pos + 1) == '/') {
			l->pos += 2;
			return;
		}
		if (l->text[l->pos] == '\n') {
			l->pos++;
			new_line(l);
			l->pos--;
		}
	}
	scr_error(l->c, (struct scr_span){ start, 2, line }, "end it with '*/'",
		  "this comment is never closed");
}

/* Blanks, line ends and comments. */
static void skip(struct lexer *l)
{
	while (l->pos < l->len) {
		char ch = l->text[l->pos];

		if (ch == '\n') {
			l->pos++;
			new_line(l);
		} else if (char_class[(u8)ch] & C_SPACE) {
			l->pos++;
		} else if (ch == '/' && char_at(l, l->pos + 1) == '/') {
			while (l->pos < l->len && l->text[l->pos] != '\n')
				l->pos++;
		} else if (ch == '/' && char_at(l, l->pos + 1) == '*') {
			block_comment(l);
		} else {
			return;
		}
	}
}

static u32 digit_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return (u32)(ch - '0');
	if (ch >= 'a' && ch <= 'f')
		return (u32)(ch - 'a' + 10);
	if (ch >= 'A' && ch <= 'F')
		return (u32)(ch - 'A' + 10);
	return 99;
}

/* "0n" and its like: radix, or 0 when @word does not begin with a prefix. */
static u32 prefix_radix(const char *word, u32 len)
{
	if (len < 2 || word[0] != '0')
		return 0;
	switch (word[1]) {
	case 'x':
		return 16;
	case 'n':
		return 10;
	case 'o':
	case 't':
		return 8;
	case 'y':
		return 2;
	}
	return 0;
}

static const char *radix_name(u32 radix)
{
	switch (radix) {
	case 16:
		return "a hexadecimal";
	case 10:
		return "a decimal";
	case 8:
		return "an octal";
	default:
		return "a binary";
	}
}

/* The word from @start to the current position is a number. */
static void number(struct lexer *l, u32 start)
{
	const char *word = l->text + start;
	u32 len = l->pos - start, radix = prefix_radix(word, len), i = radix ? 2 : 0;
	struct scr_span span = span_from(l, start);
	bool overflow = false;
	u64 value = 0;

	if (!radix)
		radix = 16;
	for (; i < len; i++) {
		u32 digit = digit_value(word[i]);
		u64 next;

		if (word[i] == '`')
			continue;
		if (digit >= radix) {
			const char *hint = i < 2 || word[i] != '_'
						   ? NULL
						   : "group digits with a backtick: ffff`8000";

			if (!prefix_radix(word, len) && word[i] != '_')
				hint = "numbers are hexadecimal here: digits are 0-9 and a-f";
			scr_error(l->c, span, hint, "'%c' is not %s digit (in '%.*s')", word[i],
				  radix_name(radix), (int)(len > 60 ? 60 : len), word);
			break;
		}
		next = value * radix + digit;
		if (value > (~0ULL - digit) / radix)
			overflow = true;
		value = next;
	}
	if (overflow)
		scr_warn(l->c, span, NULL,
			 "the number '%.*s' has more than 64 bits; only the low 64 are used",
			 (int)(len > 60 ? 60 : len), word);
	push(l, T_NUM, span)->num = value;
}

/* The bits of a decimal number; what no double can hold is said. */
static u64 float_value(struct lexer *l, u32 start, struct scr_span span)
{
	char *text = scr_textf(l->c, "%.*s", (int)span.len, l->text + start), *end;
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	bool zero = !strspn(text + strspn(text, "0."), "123456789");
	double value;
	u64 bits;

	if (!plain)
		scr_oom(l->c);
	value = strtod_l(text, &end, plain);
	freelocale(plain);
	memcpy(&bits, &value, sizeof(bits));
	if (*end)
		scr_error(l->c, span, "as in 1.5 or 2.5e-3; a float is made by a cast: (float)1.5",
			  "'%s' is not a floating-point number", text);
	else if (bits >> 52 == 0x7ff || (!bits && !zero))
		scr_error(l->c, span, NULL, "the number '%s' is too %s for a double", text,
			  bits ? "large" : "small");
	return bits;
}

/* A dot with digits: a floating-point number, in decimal. */
static bool float_literal(struct lexer *l, u32 start)
{
	struct scr_span span;
	u64 bits;
	u32 p = start;

	while (class_at(l, p) & C_DIGIT)
		p++;
	if (char_at(l, p) != '.' ||
	    (class_at(l, p + 1) & C_WORD && !(class_at(l, p + 1) & C_DIGIT)))
		return false;
	if (p == start && !(class_at(l, p + 1) & C_DIGIT))
		return false;
	for (p++; class_at(l, p) & (C_WORD | C_TICK); p++)
		;
	if (p > start && (l->text[p - 1] == 'e' || l->text[p - 1] == 'E') &&
	    (char_at(l, p) == '-' || char_at(l, p) == '+') && class_at(l, p + 1) & C_DIGIT)
		for (p++; class_at(l, p) & C_WORD; p++)
			;
	l->pos = p;
	span = span_from(l, start);
	bits = float_value(l, start, span);
	push(l, T_FLOAT, span)->num = bits;
	return true;
}

/* What rule 3 of the language takes for a number: hex digits only, not beginning with '_'. */
static bool is_hex_word(const char *word, u32 len, bool *underscore)
{
	*underscore = false;
	if (!(char_class[(u8)word[0]] & C_HEX))
		return false;
	for (u32 i = 0; i < len; i++) {
		if (word[i] == '_')
			*underscore = true;
		else if (!(char_class[(u8)word[i]] & (C_HEX | C_TICK)))
			return false;
	}
	return true;
}

/* Inside the names of versioned and of cloned symbols: memcpy@GLIBC_2.14, fun.part.0 */
static bool is_symbol_joint(char ch)
{
	return ch == '@' || ch == '.' || ch == '$';
}

static void symbol(struct lexer *l, u32 start)
{
	l->pos++; /* the '!' */
	while (class_at(l, l->pos) & C_WORD ||
	       (is_symbol_joint(char_at(l, l->pos)) && class_at(l, l->pos + 1) & C_WORD))
		l->pos++;
	push(l, T_SYMBOL, span_from(l, start))->name =
		scr_intern(l->c, l->text + start, l->pos - start);
}

static void word(struct lexer *l)
{
	struct scr_compiler *c = l->c;
	const char *text = l->text + l->pos;
	u32 start = l->pos, len;
	const struct scr_word *w;
	bool underscore;

	while (class_at(l, l->pos) & (C_WORD | C_TICK))
		l->pos++;
	len = l->pos - start;
	/* `n!=5` is a comparison: only a word behind the '!' makes a symbol. */
	if (char_at(l, l->pos) == '!' && class_at(l, l->pos + 1) & C_WORD) {
		symbol(l, start);
		return;
	}
	w = scr_env_word(c->env, text, len, scr_hash(text, len));
	if (w) {
		struct scr_token *t = push(l, w->kind, span_from(l, start));

		if (w->kind == T_REG)
			t->reg = &eng_reg_names[w->id];
		else
			t->num = w->id;
		return;
	}
	if (char_class[(u8)text[0]] & C_DIGIT || prefix_radix(text, len)) {
		number(l, start);
		return;
	}
	if (is_hex_word(text, len, &underscore)) {
		if (underscore) {
			scr_error(c, span_from(l, start),
				  scr_textf(c,
					    "a name needs a letter behind 'f': 'my_%.*s'; "
					    "digits are grouped with a backtick: ffff`8000",
					    (int)len, text),
				  "'%.*s' looks like a hexadecimal number with '_' in it", (int)len,
				  text);
			push(l, T_NUM, span_from(l, start))->num = 0;
			return;
		}
		number(l, start);
		return;
	}
	if (memchr(text, '`', len))
		scr_error(c, span_from(l, start), NULL,
			  "a backtick may stand only inside a number");
	push(l, T_NAME, span_from(l, start))->name = scr_intern(c, text, len);
}

static void global(struct lexer *l)
{
	u32 start = l->pos++;

	while (class_at(l, l->pos) & C_WORD)
		l->pos++;
	push(l, T_GLOBAL, span_from(l, start))->name =
		scr_intern(l->c, l->text + start + 1, l->pos - start - 1);
}

static void reg(struct lexer *l)
{
	u32 start = l->pos++;
	const struct eng_reg_name *r;
	struct scr_nearest near;

	while (class_at(l, l->pos) & C_WORD)
		l->pos++;
	r = eng_reg_find(l->text + start + 1, l->pos - start - 1);
	if (!r) {
		scr_nearest_init(&near, l->text + start + 1, l->pos - start - 1);
		for (u32 i = 0; i < eng_nreg_names; i++)
			scr_nearest_try(&near, eng_reg_names[i].name);
		scr_error(l->c, span_from(l, start),
			  near.best ? scr_textf(l->c, "did you mean '@%s'?", near.best) : NULL,
			  "there is no register '%.*s'", (int)(l->pos - start), l->text + start);
	}
	push(l, T_REG, span_from(l, start))->reg = r;
}

static void pseudo(struct lexer *l)
{
	u32 start = l->pos++, len, id;
	const char *text = l->text + l->pos;
	struct scr_nearest near;
	const char *hint = NULL;

	while (class_at(l, l->pos) & C_WORD)
		l->pos++;
	len = l->pos - start - 1;
	for (id = 0; id < ENG_NPSEUDO; id++)
		if (strlen(eng_pseudo_names[id].name) == len &&
		    !memcmp(eng_pseudo_names[id].name, text, len))
			break;
	push(l, T_PSEUDO, span_from(l, start))->num = id < ENG_NPSEUDO ? id : ~0ULL;
	if (id < ENG_NPSEUDO)
		return;
	scr_nearest_init(&near, text, len);
	for (id = 0; id < ENG_NPSEUDO; id++)
		scr_nearest_try(&near, eng_pseudo_names[id].name);
	if (len > 3 && !memcmp(text, "arg", 3))
		hint = "'$arg1' and so on are replaced by the arguments of '.script FILE "
		       "ARGUMENTS'; "
		       "this one was not given";
	else if (near.best)
		hint = scr_textf(l->c, "did you mean '$%s'?", near.best);
	scr_error(l->c, span_from(l, start), hint, "there is no pseudo-register '%.*s'",
		  (int)(len + 1), l->text + start);
}

/* Decodes the escape at the current position, which is behind the backslash. */
static u32 escape(struct lexer *l, u32 max_hex)
{
	u32 start = l->pos - 1, value = 0, n = 0;
	char ch = char_at(l, l->pos);

	if (l->pos < l->len && ch != '\n')
		l->pos++;
	switch (ch) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'a':
		return '\a';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'v':
		return '\v';
	case 'e':
		return 27;
	case '\\':
	case '"':
	case '\'':
	case '?':
		return (u8)ch;
	case 'x':
		for (; class_at(l, l->pos) & C_HEX; l->pos++, n++)
			value = (value << 4) | digit_value(l->text[l->pos]);
		if (!n || n > max_hex)
			scr_error(l->c, span_from(l, start), NULL,
				  "'\\x' takes one to %u hexadecimal digits here", max_hex);
		return value;
	case '0' ... '7':
		for (l->pos--; n < 3 && char_at(l, l->pos) >= '0' && char_at(l, l->pos) <= '7'; n++)
			value = value * 8 + digit_value(l->text[l->pos++]);
		return value & (max_hex == 2 ? 0xff : 0xffff);
	}
	scr_error(l->c, span_from(l, start),
		  "escapes are \\n \\t \\r \\a \\b \\f \\v \\e \\0 \\xHH \\\\ \\\" \\'",
		  "unknown escape in a string or character");
	return (u8)ch;
}

static void string(struct lexer *l, bool wide)
{
	struct scr_compiler *c = l->c;
	struct scr_span open;
	u32 start = l->pos, n = 0, end;
	struct scr_str *s = scr_alloc(c, sizeof(*s));
	u8 *out;

	l->pos += wide ? 2 : 1;
	open = span_from(l, start);
	for (end = l->pos; end < l->len && l->text[end] != '"'; end++)
		if (l->text[end] == '\\')
			end++;
	out = scr_alloc(c, ((size_t)(end > l->len ? l->len : end) - l->pos + 1) * (wide ? 2 : 1));
	while (l->pos < l->len && l->text[l->pos] != '"') {
		u32 ch = (u8)l->text[l->pos++];

		if (ch == '\\')
			ch = escape(l, wide ? 4 : 2);
		else if (ch == '\n')
			new_line(l);
		out[n++] = (u8)ch;
		if (wide)
			out[n++] = (u8)(ch >> 8);
	}
	s->bad = l->pos == l->len;
	if (s->bad)
		scr_error(c, open, "end it with '\"'", "this string is never closed");
	else
		l->pos++;
	s->bytes = out;
	s->len = n;
	s->wide = wide;
	open.len = l->line == open.line ? l->pos - start : open.len;
	push(l, wide ? T_WSTR : T_STR, open)->str = s;
}

static void character(struct lexer *l)
{
	u32 start = l->pos++, value = 0, n = 0;

	while (l->pos < l->len && l->text[l->pos] != '\'' && l->text[l->pos] != '\n') {
		u32 ch = (u8)l->text[l->pos++];

		value = ch == '\\' ? escape(l, 2) : ch;
		n++;
	}
	if (char_at(l, l->pos) != '\'')
		scr_error(l->c, span_from(l, start), "end it with \"'\"",
			  "this character is never closed");
	else
		l->pos++;
	if (n != 1)
		scr_error(l->c, span_from(l, start), NULL,
			  "expected exactly one character between the quotes, found %u", n);
	push(l, T_NUM, span_from(l, start))->num = (u64)(s64)(s8)value; /* char is signed */
}

static bool punctuation(struct lexer *l)
{
	/* clang-format off */
	static const struct { char text[4]; u8 len, kind; } table[] = {
#define X(id, text) { text, sizeof(text) - 1, T_##id },
		SCR_PUNCTUATION(X)
#undef X
	};
	/* clang-format on */
	u32 start = l->pos;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].text[0] != l->text[start] || table[i].len > l->len - start ||
		    memcmp(table[i].text, l->text + start, table[i].len))
			continue;
		l->pos += table[i].len;
		l->depth += table[i].kind == T_LBRACE;
		l->depth -= table[i].kind == T_RBRACE && l->depth;
		push(l, table[i].kind, span_from(l, start));
		return true;
	}
	return false;
}

static void stray(struct lexer *l)
{
	u32 start = l->pos++;
	u8 ch = (u8)l->text[start];

	while (ch >= 0x80 && ((u8)char_at(l, l->pos) & 0xc0) == 0x80)
		l->pos++; /* the rest of a UTF-8 letter */
	if (ch == '#')
		scr_error(l->c, span_from(l, start), "comments are '//' and '/* */'",
			  "there is no preprocessor but '#include \"FILE\";'");
	else if (ch < 0x20 || ch == 0x7f)
		scr_error(l->c, span_from(l, start), NULL, "stray character (code %x)", ch);
	else
		scr_error(l->c, span_from(l, start), NULL, "stray character '%.*s'",
			  (int)(l->pos - start), l->text + start);
}

static void blanks(struct lexer *l)
{
	while (class_at(l, l->pos) & C_SPACE)
		l->pos++;
}

/* `#include "path";` at the current position: false when it is something else. */
static bool include(struct lexer *l)
{
	static const char word_[] = "include";
	struct scr_compiler *c = l->c;
	u32 start = l->pos, from;
	struct scr_file *file = NULL;
	struct scr_span span;
	bool own;

	l->pos++;
	blanks(l);
	if (l->len - l->pos < sizeof(word_) || memcmp(l->text + l->pos, word_, sizeof(word_) - 1)) {
		l->pos = start;
		return false;
	}
	l->pos += sizeof(word_) - 1;
	blanks(l);
	from = l->pos + 1;
	if (char_at(l, l->pos) == '"')
		for (l->pos++; l->pos < l->len && !strchr("\"\n", l->text[l->pos]); l->pos++)
			;
	span = span_from(l, start);
	if (l->pos < from || char_at(l, l->pos) != '"') {
		scr_error(c, span, NULL, "expected the path of a file: #include \"FILE\";");
		return true;
	}
	span.len++;
	l->pos++;
	blanks(l);
	l->pos += char_at(l, l->pos) == ';';
	if (l->depth > (c->ntok > l->first && c->tok[l->first].kind == T_QUESTION))
		scr_error(c, span, NULL, "'#include' cannot stand inside a block");
	else
		file = scr_include(
			c, l->file, span,
			scr_intern(c, l->text + from, span.off + span.len - 1 - from)->text);
	own = c->ntok > l->first;
	if (file)
		lex_file(c, file);
	if (!own) /* `? {` may stand behind what is included */
		l->first = c->ntok;
	l->text = c->text; /* which has grown */
	return true;
}

/* All tokens of a file. */
static void lex_file(struct scr_compiler *c, struct scr_file *file)
{
	struct lexer l = { .c = c,
			   .text = c->text,
			   .len = file->end,
			   .pos = file->off,
			   .number = file->line,
			   .file = file,
			   .first = c->ntok };
	u32 first_line = c->nlines;

	new_line(&l);
	for (skip(&l); l.pos < l.len; skip(&l)) {
		char ch = l.text[l.pos];
		u8 class = char_class[(u8)ch], next = class_at(&l, l.pos + 1);

		if ((class & C_DIGIT || ch == '.') && float_literal(&l, l.pos))
			continue;
		if (ch == 'L' && char_at(&l, l.pos + 1) == '"')
			string(&l, true);
		else if (class & C_WORD)
			word(&l);
		else if (ch == '.' && next & C_WORD && !(next & C_DIGIT))
			global(&l);
		else if (ch == '@' && next & C_WORD)
			reg(&l);
		else if (ch == '$' && next & C_WORD)
			pseudo(&l);
		else if (ch == '"')
			string(&l, false);
		else if (ch == '\'')
			character(&l);
		else if (!(ch == '#' && include(&l)) && !punctuation(&l))
			stray(&l);
	}
	if (!file->outer) {
		push(&l, T_END, (struct scr_span){ l.len, 0, l.line });
	} else if (l.depth) {
		scr_error(c, (struct scr_span){ file->off, 1, first_line }, NULL,
			  "a '{' of this file is never closed");
		c->ntok = l.first;
	} else {
		scr_unwrap(c, l.first);
	}
	file->open = false;
}

void scr_lex(struct scr_compiler *c)
{
	lex_file(c, c->file);
}
