/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * asm_text.c - values in the assembly text of events: `mov rax, <.base + 10>`.
 *
 * Replaces each <EXPRESSION> by its value and leaves everything else to the assembler; it
 * knows no instruction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

/* The '>' of the value that begins at @p, a '<'; NULL: it is an operator, or text. */
static const char *value_end(const char *text, const char *p)
{
	const char *end = p + 1 + strcspn(p + 1, "<>;\n\"");

	if (p[1] == '<' || (p > text && p[-1] == '<') || *end != '>' || end == p + 1)
		return NULL;
	return end;
}

/* The source of @len bytes at @p in @tok, with the place where they stand. */
static struct scr_source part(struct cmd *c, const struct cmd_tok *tok, const char *p, size_t len)
{
	struct scr_source src = cmd_tok_source(c, tok);
	const char *bol = tok->text;

	for (const char *q = tok->text; q < p; q++) {
		if (*q != '\n')
			continue;
		bol = q + 1;
		src.line++;
		src.col = 1;
	}
	src.col += (u32)(p - bol);
	src.text = p;
	src.len = len;
	return src;
}

char *cmd_asm_text(struct cmd *c, const struct cmd_tok *tok)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	bool ok = true;
	const char *p = tok->text, *end;

	if (!f) {
		cmd_fail(c, "no memory for the assembly text");
		return NULL;
	}
	for (; ok && *p; p++) {
		struct scr_diags diags = { 0 };
		struct scr_source src;
		u64 value;

		end = *p == '<' ? value_end(tok->text, p) : NULL;
		if (!end) {
			fputc(*p, f);
			continue;
		}
		src = part(c, tok, p + 1, (size_t)(end - p - 1));
		ok = !dbg_eval_value(c->d, &src, &value, &diags);
		dbg_show_diags(c->d, &diags);
		if (ok)
			fprintf(f, "0x%llx", value);
		p = end;
	}
	if (fclose(f))
		ok = false;
	if (ok)
		return out;
	free(out);
	return NULL;
}
