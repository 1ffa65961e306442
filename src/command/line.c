/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * line.c - the text of commands: tokens, completeness, numbers, arguments of files.
 *
 * Pure text work: it must never know what a command means, only which of them
 * take the rest of their line raw.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

static __thread jmp_buf *without_memory;

jmp_buf *cmd_without_memory(jmp_buf *there)
{
	jmp_buf *before = without_memory;

	without_memory = there;
	return before;
}

__attribute__((noreturn)) static void no_memory(void)
{
	if (without_memory)
		longjmp(*without_memory, 1);
	fputs("lstar: error: out of memory\n", stderr);
	exit(125);
}

void *cmd_realloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		no_memory();
	return p;
}

void *cmd_alloc(size_t size)
{
	return memset(cmd_realloc(NULL, size), 0, size);
}

char *cmd_strndup(const char *s, size_t n)
{
	char *copy = cmd_realloc(NULL, n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *cmd_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		no_memory();
	va_end(ap);
	return text;
}

void cmd_err_set(struct cmd_err *err, size_t off, size_t len, const char *fmt, ...)
{
	va_list ap;

	err->off = off;
	err->len = len;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
}

void cmd_err_hint(struct cmd_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

size_t cmd_bom(const char *text)
{
	return strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3;
}

/* --- scanning --- */

enum piece_kind {
	PIECE_WORD = CMD_WORD,
	PIECE_STRING = CMD_STRING,
	PIECE_BRACKET = CMD_BRACKET,
	PIECE_END,
	PIECE_STRAY, /* a closing brace that nothing opened */
	PIECE_OPEN_BRACE,
	PIECE_OPEN_STRING,
	PIECE_OPEN_COMMENT,
};

struct piece {
	enum piece_kind kind;
	size_t off, len;
};

/* End of a string whose opening quote is at @p, behind the closing one; NULL: open. */
static const char *skip_string(const char *p)
{
	for (p++; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* Behind a comment that starts at @p; @p itself: there is none; NULL: open block. */
static const char *skip_comment(const char *p)
{
	if (p[0] != '/')
		return p;
	if (p[1] == '/')
		return p + strcspn(p, "\n");
	if (p[1] != '*')
		return p;
	p = strstr(p + 2, "*/");
	return p ? p + 2 : NULL;
}

/* To behind the end of what the scan was in when the text ended last; NULL: it goes on. */
static const char *finish(const char *p, struct cmd_bracket *b)
{
	switch (b->in) {
	case CMD_IN_STRING:
		for (; *p && *p != '"'; p++)
			p += *p == '\\' && p[1];
		break;
	case CMD_IN_COMMENT:
		p = strstr(p, "*/");
		p = p ? p + 1 : "";
		break;
	default:
		return p;
	}
	if (!*p)
		return NULL;
	b->in = CMD_IN_CODE;
	return p + 1;
}

/*
 * On in a bracket to behind its end; NULL: it is still open, and @b says how to go on when
 * there is more text. Strings and comments of a script hide braces; the path of {file:PATH} is
 * verbatim, so that "//" in it is no comment.
 */
static const char *scan_bracket(const char *p, struct cmd_bracket *b)
{
	const char *next;

	if (b->in == CMD_IN_PATH) {
		p = strchr(p, '}');
		return p ? p + 1 : NULL;
	}
	p = finish(p, b);
	while (p && *p) {
		next = skip_comment(p);
		if (next != p) {
			b->in = next ? CMD_IN_CODE : CMD_IN_COMMENT;
			p = next;
		} else if (*p == '"') {
			p = skip_string(p);
			b->in = p ? CMD_IN_CODE : CMD_IN_STRING;
		} else if (*p == '\\' && (p[1] == '{' || p[1] == '}')) {
			p += 2;
		} else {
			b->depth += *p == '{';
			if (*p++ == '}' && !--b->depth)
				return p;
		}
	}
	return NULL;
}

/* From behind an opening brace to behind its match. */
static const char *skip_bracket(const char *p, struct cmd_bracket *b, enum piece_kind *open)
{
	static const enum piece_kind kinds[] = {
		[CMD_IN_CODE] = PIECE_OPEN_BRACE,
		[CMD_IN_PATH] = PIECE_OPEN_BRACE,
		[CMD_IN_STRING] = PIECE_OPEN_STRING,
		[CMD_IN_COMMENT] = PIECE_OPEN_COMMENT,
	};

	b->depth = 1;
	b->in = strncasecmp(p, "file:", 5) ? CMD_IN_CODE : CMD_IN_PATH;
	p = scan_bracket(p, b);
	*open = kinds[b->in];
	return p;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static bool is_escape(const char *p)
{
	return *p == '\\' && (p[1] == '"' || p[1] == '{' || p[1] == '}');
}

/* Blanks and comments from @p on; `#` makes a comment only as the first thing of a line. */
static const char *skip_blanks(const char *text, const char *p, bool *open)
{
	*open = false;
	for (;;) {
		const char *start = p, *line, *next;

		while (is_blank(*p))
			p++;
		for (line = p; line > text && (line[-1] == ' ' || line[-1] == '\t'); line--)
			;
		if (*p == '#' && (line == text || line[-1] == '\n'))
			p += strcspn(p, "\n");
		next = skip_comment(p);
		if (!next) {
			*open = true;
			return p;
		}
		p = next;
		if (p == start)
			return p;
	}
}

/* The next piece from @off on; of an open bracket also @bracket, if not NULL. Comments begin where a word could: "/tmp//x" has none. */
static struct piece next_piece(const char *text, size_t off, struct cmd_bracket *bracket)
{
	struct piece piece = { PIECE_END, 0, 0 };
	bool open;
	const char *p = skip_blanks(text, text + off, &open), *end;

	piece.off = (size_t)(p - text);
	if (open) {
		piece.kind = PIECE_OPEN_COMMENT;
		end = p + strlen(p);
	} else if (!*p) {
		end = p;
	} else if (*p == '"') {
		end = skip_string(p);
		piece.kind = end ? PIECE_STRING : PIECE_OPEN_STRING;
	} else if (*p == '{') {
		struct cmd_bracket b;
		enum piece_kind why;

		end = skip_bracket(p + 1, bracket ? bracket : &b, &why);
		piece.kind = end ? PIECE_BRACKET : why;
	} else if (*p == '}') {
		end = p + 1;
		piece.kind = PIECE_STRAY;
	} else {
		piece.kind = PIECE_WORD;
		for (end = p; *end && !is_blank(*end) && !strchr("\"{}", *end); end++)
			if (is_escape(end))
				end++;
	}
	piece.len = (end ? (size_t)(end - text) : strlen(text)) - piece.off;
	return piece;
}

/* Commands that take their line raw are scanned like the inside of a brace. */
static enum piece_kind scan_raw(const char *p, struct cmd_bracket *bracket)
{
	enum piece_kind open;
	const char *next;

	while (*p) {
		next = skip_comment(p);
		if (!next)
			return PIECE_OPEN_COMMENT;
		if (next != p) {
			p = next;
			continue;
		}
		if (*p == '"') {
			next = skip_string(p);
			if (!next)
				return PIECE_OPEN_STRING;
		} else if (*p == '{') {
			next = skip_bracket(p + 1, bracket, &open);
			if (!next)
				return open;
		} else {
			next = p + 1;
		}
		p = next;
	}
	return PIECE_END;
}

/* Is the first word the name of a command with a raw argument? */
static bool is_raw(const char *text, const struct piece *first)
{
	char name[24];
	const struct cmd_desc *desc;

	if (first->kind != PIECE_WORD || first->len >= sizeof(name))
		return false;
	memcpy(name, text + first->off, first->len);
	name[first->len] = '\0';
	desc = cmd_find(name);
	return desc && desc->flags & CMD_RAW;
}

/* @bracket: depth 0, unless the text ends inside of one. */
static enum cmd_state scan(const char *text, struct cmd_bracket *bracket)
{
	struct piece piece = next_piece(text, 0, bracket);
	enum piece_kind kind;

	if (is_raw(text, &piece)) {
		kind = scan_raw(text + piece.off + piece.len, bracket);
	} else {
		while (piece.kind < PIECE_END)
			piece = next_piece(text, piece.off + piece.len, bracket);
		kind = piece.kind;
	}
	switch (kind) {
	case PIECE_OPEN_BRACE:
		return CMD_OPEN_BRACE;
	case PIECE_OPEN_STRING:
		return CMD_OPEN_STRING;
	case PIECE_OPEN_COMMENT:
		return CMD_OPEN_COMMENT;
	default:
		return CMD_COMPLETE;
	}
}

enum cmd_state cmd_scan(const char *text)
{
	struct cmd_bracket bracket = { 0 };

	return scan(text, &bracket);
}

/* Text of a piece: escapes undone in words and strings, brackets as they are. */
static char *piece_text(const char *text, const struct piece *piece)
{
	size_t trim = piece->kind == PIECE_WORD ? 0 : 1, n = 0;
	char *copy = cmd_strndup(text + piece->off + trim, piece->len - 2 * trim);

	if (piece->kind == PIECE_BRACKET)
		return copy;
	for (const char *p = copy; *p; p++) {
		if (is_escape(p))
			p++;
		copy[n++] = *p;
	}
	copy[n] = '\0';
	return copy;
}

static void add_token(struct cmd_line *line, const struct piece *piece, u32 lineno, u32 col)
{
	struct cmd_tok *tok;

	line->tok = cmd_realloc(line->tok, (line->ntok + 1) * sizeof(*line->tok));
	tok = &line->tok[line->ntok++];
	tok->kind = (enum cmd_tok_kind)piece->kind;
	tok->text = piece_text(line->text, piece);
	tok->off = piece->off;
	tok->len = piece->len;
	tok->line = lineno;
	tok->col = col + (piece->kind != PIECE_WORD);
}

static bool explain_open(const struct piece *piece, struct cmd_err *err)
{
	switch (piece->kind) {
	case PIECE_STRAY:
		cmd_err_set(err, piece->off, 1, "'}' without a '{' before it");
		break;
	case PIECE_OPEN_BRACE:
		cmd_err_set(err, piece->off, 1, "this '{' is never closed");
		break;
	case PIECE_OPEN_STRING:
		cmd_err_set(err, piece->off, 1, "a '\"' from here on is never closed");
		break;
	case PIECE_OPEN_COMMENT:
		cmd_err_set(err, piece->off, 1, "a comment from here on is never closed");
		break;
	default:
		return true;
	}
	return false;
}

bool cmd_split(const char *text, struct cmd_line *line, struct cmd_err *err)
{
	struct piece piece = next_piece(text, 0, NULL);
	u32 lineno = 1;
	size_t pos = 0, bol = 0;

	memset(line, 0, sizeof(*line));
	line->text = text;
	while (piece.kind < PIECE_END) {
		for (; pos < piece.off; pos++) {
			if (text[pos] == '\n') {
				lineno++;
				bol = pos + 1;
			}
		}
		add_token(line, &piece, lineno, (u32)(piece.off - bol + 1));
		if (line->ntok == 1 && is_raw(text, &piece))
			return true; /* its argument is for another parser */
		piece = next_piece(text, piece.off + piece.len, NULL);
	}
	return explain_open(&piece, err);
}

void cmd_line_free(struct cmd_line *line)
{
	for (size_t i = 0; i < line->ntok; i++)
		free(line->tok[i].text);
	free(line->tok);
	memset(line, 0, sizeof(*line));
}

/* --- numbers --- */

static const struct {
	const char *prefix;
	unsigned base;
} prefixes[] = {
	{ "0x", 16 }, { "\\x", 16 }, { "x", 16 }, { "0n", 10 }, { "\\n", 10 },
	{ "n", 10 },  { "0t", 8 },   { "0o", 8 }, { "0y", 2 },
};

bool cmd_number(const char *text, u64 *value)
{
	unsigned base = 16, digits = 0;
	u64 sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i].prefix);

		if (!strncasecmp(text, prefixes[i].prefix, n)) {
			base = prefixes[i].base;
			text += n;
			break;
		}
	}
	for (; *text; text++) {
		unsigned digit;

		if (*text == '`')
			continue;
		if (!isxdigit((unsigned char)*text))
			return false;
		digit = isdigit((unsigned char)*text) ? (unsigned)(*text - '0')
						      : (unsigned)((*text | 0x20) - 'a' + 10);
		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
		digits++;
	}
	*value = sum;
	return digits;
}

/* --- arguments of a file of commands --- */

char *cmd_replace_args(const char *text, char *const *argv, size_t argc)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		no_memory();
	while (*text) {
		const char *found = strstr(text, "$arg"), *digits, *end;
		unsigned long i;

		if (!found)
			break;
		digits = found + 4;
		fwrite(text, 1, (size_t)(found - text), f);
		/* All digits belong to the number, so that $arg10 is never $arg1 and a 0. */
		for (i = 0, end = digits; isdigit((unsigned char)*end); end++)
			i = i < 100000 ? i * 10 + (unsigned long)(*end - '0') : i;
		if (end > digits && i < argc)
			fputs(argv[i], f);
		else
			fwrite(found, 1, (size_t)(end - found), f);
		text = end;
	}
	fputs(text, f);
	if (fclose(f) || !out)
		no_memory();
	return out;
}

/* --- gathering lines --- */

bool cmd_feed_add(struct cmd_feed *f, const char *text)
{
	size_t n = strlen(text);

	f->line++;
	if (f->len + n + 2 > f->size) {
		f->size = (f->len + n + 2) * 2;
		f->text = cmd_realloc(f->text, f->size);
	}
	if (!f->first)
		f->first = f->line;
	else
		f->text[f->len++] = '\n';
	memcpy(f->text + f->len, text, n + 1);
	f->len += n;
	/* A CR at the end of a line is an old friend of files from elsewhere. */
	if (n && f->text[f->len - 1] == '\r')
		f->text[--f->len] = '\0';
	/* What is open is scanned on, not again: a script may have many lines. */
	if (f->bracket.depth && !scan_bracket(f->text + f->scanned, &f->bracket)) {
		f->scanned = f->len;
		return false;
	}
	f->bracket.depth = 0;
	f->scanned = f->len;
	return scan(f->text, &f->bracket) == CMD_COMPLETE;
}

void cmd_feed_reset(struct cmd_feed *f)
{
	f->first = 0;
	f->len = 0;
	f->bracket.depth = 0;
	if (f->text)
		f->text[0] = '\0';
}

void cmd_feed_free(struct cmd_feed *f)
{
	free(f->text);
	memset(f, 0, sizeof(*f));
}
