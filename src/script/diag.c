/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * diag.c - errors and warnings: collected with their positions, sorted, printed.
 *
 * Never stops a compilation; says "too many errors" instead of drowning the user.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "compiler.h"

void scr_diags_free(struct scr_diags *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->diag[i].message);
		free(d->diag[i].hint);
		free(d->diag[i].file);
		free(d->diag[i].line_text);
	}
	free(d->diag);
	memset(d, 0, sizeof(*d));
}

/* Columns of a source line that are shown at most; of longer ones the part around the caret. */
#define SHOWN 160

/* From the byte at @p backwards or forwards to the first of a UTF-8 letter. */
static size_t letter_start(const char *text, size_t p)
{
	while (p > 0 && ((u8)text[p] & 0xc0) == 0x80)
		p--;
	return p;
}

static void print_caret(const struct scr_diag *g, FILE *out, bool colour)
{
	const char *text = g->line_text;
	size_t len = strlen(text), n = g->pos.col - 1, mark = g->pos.len;
	size_t from = 0, to = len;

	if (n > len)
		n = len;
	if (len > SHOWN) {
		from = letter_start(text, n > SHOWN / 2 ? n - SHOWN / 2 : 0);
		to = from + SHOWN < len ? letter_start(text, from + SHOWN) : len;
	}
	if (mark > to - n)
		mark = to - n;
	fprintf(out, "    %s%.*s%s\n    %s", from ? "..." : "", (int)(to - from), text + from,
		to < len ? "..." : "", from ? "   " : "");
	/* tabs stay tabs; bytes inside UTF-8 letters take no column */
	for (size_t i = from; i < n; i++)
		if (((u8)text[i] & 0xc0) != 0x80)
			fputc(text[i] == '\t' ? '\t' : ' ', out);
	if (colour)
		fputs("\033[1;32m", out);
	fputc('^', out);
	for (size_t i = 1; i < mark; i++)
		if (((u8)text[n + i] & 0xc0) != 0x80)
			fputc('~', out);
	fputs(colour ? "\033[0m\n" : "\n", out);
}

void scr_diags_print(const struct scr_diags *d, FILE *out, bool colour)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct scr_diag *g = &d->diag[i];
		bool error = g->severity == SCR_ERROR;

		fprintf(out, "%s:%u:%u: %s%s:%s %s\n", g->file, g->pos.line, g->pos.col,
			!colour ? ""
			: error ? "\033[1;31m"
				: "\033[1;35m",
			error ? "error" : "warning", colour ? "\033[0m" : "", g->message);
		print_caret(g, out, colour);
		if (g->hint)
			fprintf(out, "    hint: %s\n", g->hint);
	}
}

const char *scr_where(struct scr_compiler *c, struct scr_span there, struct scr_span here)
{
	const struct scr_line *line = &c->text_line[there.line];

	if (line->file == c->text_line[here.line].file)
		return scr_textf(c, "in line %u", line->number);
	return scr_textf(c, "at %s:%u", line->file->name, line->number);
}

struct scr_span scr_join(struct scr_span from, struct scr_span to)
{
	if (to.off + to.len > from.off + from.len && to.off >= from.off)
		from.len = to.off + to.len - from.off;
	return from;
}

static void add_diag(struct scr_compiler *c, enum scr_severity severity, struct scr_span span,
		     const char *hint, char *message)
{
	struct scr_diags *d = c->diags;
	const struct scr_line *at = span.line < c->nlines ? &c->text_line[span.line] : NULL;
	const struct scr_file *file = at ? at->file : c->file;
	u32 start = at ? at->off : file->off, first = start == file->off ? file->col : 1;
	const char *text = c->text + start;
	size_t left = file->end - start;
	const char *end = memchr(text, '\n', left);
	size_t len = end ? (size_t)(end - text) : left;
	struct scr_diag *g;

	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 8;
		struct scr_diag *diag = realloc(d->diag, cap * sizeof(*diag));

		if (!diag) {
			free(message);
			scr_oom(c);
		}
		d->diag = diag;
		d->cap = cap;
	}
	if (len && text[len - 1] == '\r')
		len--;
	g = &d->diag[d->n];
	*g = (struct scr_diag){
		.severity = severity,
		.pos = { at ? at->number : file->line, span.off - start + first, span.len },
		.message = message,
		.order = { file->outer ? file->at : span.off, span.off },
		.hint = hint ? strdup(hint) : NULL,
		.file = strdup(file->name),
		.line_text = malloc(len + first),
	};
	d->n++; /* from here on scr_diags_free() owns the parts */
	if ((hint && !g->hint) || !g->file || !g->line_text)
		scr_oom(c);
	/* A script that begins in the middle of a line keeps its columns. */
	left = first - 1;
	memset(g->line_text, ' ', left);
	memcpy(g->line_text + left, text, len);
	g->line_text[left + len] = 0;
	for (size_t i = left; i < left + len; i++)
		if (!g->line_text[i])
			g->line_text[i] = ' ';
	if (severity == SCR_ERROR)
		d->errors++;
}

static char *format(struct scr_compiler *c, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		scr_oom(c);
	return text;
}

void scr_error(struct scr_compiler *c, struct scr_span span, const char *hint, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (c->stopped)
		return;
	va_start(ap, fmt);
	text = format(c, fmt, ap);
	va_end(ap);
	add_diag(c, SCR_ERROR, span, hint, text);
	if (++c->nerrors < SCR_MAX_ERRORS)
		return;
	c->stopped = true;
	text = strdup("too many errors; the rest is not shown");
	if (!text)
		scr_oom(c);
	add_diag(c, SCR_ERROR, span, NULL, text);
}

void scr_warn(struct scr_compiler *c, struct scr_span span, const char *hint, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (c->stopped || c->diags->n - c->diags->errors >= SCR_MAX_ERRORS)
		return;
	va_start(ap, fmt);
	text = format(c, fmt, ap);
	va_end(ap);
	add_diag(c, SCR_WARNING, span, hint, text);
}

char *scr_textf(struct scr_compiler *c, const char *fmt, ...)
{
	char *made, *text;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	made = format(c, fmt, ap);
	va_end(ap);
	n = strlen(made) + 1;
	text = scr_alloc(c, n);
	memcpy(text, made, n);
	free(made);
	return text;
}

static int by_position(const void *pa, const void *pb)
{
	const struct scr_diag *a = pa, *b = pb;

	for (int i = 0; i < 2; i++)
		if (a->order[i] != b->order[i])
			return a->order[i] < b->order[i] ? -1 : 1;
	return 0;
}

void scr_diags_sort(struct scr_diags *d, size_t from)
{
	/* Insertion sort: stable, nearly sorted already, and at most a hundred of them. */
	for (size_t i = from + 1; i < d->n; i++) {
		struct scr_diag g = d->diag[i];
		size_t k = i;

		for (; k > from && by_position(&d->diag[k - 1], &g) > 0; k--)
			d->diag[k] = d->diag[k - 1];
		d->diag[k] = g;
	}
}

void scr_nearest_init(struct scr_nearest *n, const char *word, size_t len)
{
	*n = (struct scr_nearest){ .word = word, .len = (u32)len };
	n->limit = len > 40 ? 0 : len < 4 ? 1 : len < 7 ? 2 : 3;
	n->distance = n->limit + 1;
}

/* Edit distance with swaps of neighbours (optimal string alignment). */
void scr_nearest_try(struct scr_nearest *n, const char *candidate)
{
	u8 row[3][48], *before = row[0], *prev = row[1], *now = row[2];
	size_t len = strlen(candidate);

	if (!n->limit || len > 40 || len + n->limit < n->len || n->len + n->limit < len)
		return;
	for (size_t k = 0; k <= len; k++)
		prev[k] = (u8)k;
	for (u32 i = 1; i <= n->len; i++) {
		u8 *spare = before;

		now[0] = (u8)i;
		for (size_t k = 1; k <= len; k++) {
			u32 best = prev[k - 1] + (n->word[i - 1] != candidate[k - 1]);

			if (prev[k] + 1u < best)
				best = prev[k] + 1u;
			if (now[k - 1] + 1u < best)
				best = now[k - 1] + 1u;
			if (i > 1 && k > 1 && n->word[i - 1] == candidate[k - 2] &&
			    n->word[i - 2] == candidate[k - 1] && before[k - 2] + 1u < best)
				best = before[k - 2] + 1u;
			now[k] = (u8)best;
		}
		before = prev;
		prev = now;
		now = spare;
	}
	if (prev[len] < n->distance && prev[len] < len) {
		n->distance = prev[len];
		n->best = candidate;
	}
}
