/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * interp.c - running one command: finding it, checking what it needs, and telling what
 * is wrong with it at the place where it is wrong.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

struct cmd *cmd_new(struct dbg *d, unsigned mode)
{
	struct cmd *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->d = d;
	c->con = dbg_console(d);
	c->mode = mode;
	c->file = "-";
	c->line = 1;
	return c;
}

void cmd_free(struct cmd *c)
{
	free(c);
}

void cmd_set_ending(struct cmd *c, bool (*ending)(void))
{
	c->ending = ending;
}

bool cmd_is_quiet(const struct cmd *c)
{
	return c->mode & CMD_QUIET;
}

bool cmd_was_interrupted(const struct cmd *c)
{
	return c->interrupted;
}

bool cmd_interrupted(struct cmd *c)
{
	bool was = c->interrupted;

	c->interrupted = false;
	return was;
}

bool cmd_cut_short(struct cmd *c)
{
	if (!dbg_interrupted(c->d))
		return false;
	c->interrupted = true;
	con_printf(c->con, "...\n");
	return true;
}

/* --- telling --- */

enum cmd_result cmd_show_err(struct cmd *c, const struct cmd_line *line, const struct cmd_err *err)
{
	const char *bol = line->text, *end;
	size_t off = err->off, len = err->len;
	struct scr_diags diags = { 0 };
	struct scr_diag *diag = cmd_alloc(sizeof(*diag));

	diag->pos.line = c->line;
	for (const char *p = line->text; p < line->text + off; p++) {
		if (*p == '\n') {
			bol = p + 1;
			diag->pos.line++;
		}
	}
	end = bol + strcspn(bol, "\n");
	diag->pos.col = (u32)(line->text + off - bol) + 1;
	if (line->text + off + len > end)
		len = (size_t)(end - (line->text + off));
	diag->pos.len = len ? (u32)len : 1;
	diag->message = cmd_strndup(err->message, strlen(err->message));
	diag->hint = err->hint[0] ? cmd_strndup(err->hint, strlen(err->hint)) : NULL;
	diag->file = cmd_strndup(c->file, strlen(c->file));
	diag->line_text = cmd_strndup(bol, (size_t)(end - bol));
	diags = (struct scr_diags){ .diag = diag, .n = 1, .cap = 1, .errors = 1 };
	dbg_show_diags(c->d, &diags);
	return CMD_FAILED;
}

static void err_at(struct cmd_err *err, const struct cmd_line *line, const struct cmd_tok *tok)
{
	const struct cmd_tok *last = line->ntok ? &line->tok[line->ntok - 1] : NULL;

	if (tok) {
		err->off = tok->off;
		err->len = tok->len;
	} else {
		err->off = last ? last->off + last->len : 0;
		err->len = 1;
	}
}

enum cmd_result cmd_error_at(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok,
			     const char *fmt, ...)
{
	struct cmd_err err = { 0 };
	va_list ap;

	err_at(&err, line, tok);
	va_start(ap, fmt);
	vsnprintf(err.message, sizeof(err.message), fmt, ap);
	va_end(ap);
	return cmd_show_err(c, line, &err);
}

enum cmd_result cmd_misuse(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
			   const struct cmd_tok *tok)
{
	struct cmd_err err = { 0 };
	char name[24];

	err_at(&err, line, tok);
	cmd_name(desc, name, sizeof(name));
	snprintf(err.message, sizeof(err.message), "incorrect use of '%s'", name);
	cmd_err_hint(&err, "%s%s%s; '.help %s' tells more", name, desc->syntax[0] ? " " : "",
		     desc->syntax, name);
	return cmd_show_err(c, line, &err);
}

enum cmd_result cmd_fail(struct cmd *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->depth)
		con_error(c->con, "%s:%u: %s", c->file, c->line, text);
	else
		con_error(c->con, "%s", text);
	return CMD_FAILED;
}

void cmd_note(struct cmd *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (cmd_is_quiet(c))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	con_printf(c->con, "%s\n", text);
}

/* --- arguments --- */

bool cmd_tok_is(const struct cmd_tok *tok, const char *word)
{
	return tok->kind == CMD_WORD && !strcasecmp(tok->text, word);
}

struct scr_source cmd_tok_source(struct cmd *c, const struct cmd_tok *tok)
{
	return (struct scr_source){
		.name = c->file,
		.text = tok->text,
		.len = strlen(tok->text),
		.line = c->line + tok->line - 1,
		.col = tok->col,
	};
}

struct scr_source cmd_raw_source(struct cmd *c, const struct cmd_line *line)
{
	const struct cmd_tok *name = &line->tok[0];
	const char *p = line->text + name->off + name->len;

	p += strspn(p, " \t");
	return (struct scr_source){
		.name = c->file,
		.text = p,
		.len = strlen(p),
		.line = c->line + name->line - 1,
		.col = name->col + (u32)(p - line->text - (long)name->off),
	};
}

/* "main", "main+1f", "vmlinux!_text"; not what can only be an expression. */
static bool is_symbol(struct cmd *c, const char *text, u64 *value)
{
	if (!isalpha((unsigned char)text[0]) && text[0] != '_')
		return false;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.@+!", *p))
			return false;
	return dbg_resolve(c->d, text, value, NULL);
}

bool cmd_value(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok, u64 *value)
{
	struct scr_diags diags = { 0 };
	struct scr_source src;
	int err;

	if (tok->kind == CMD_BRACKET) {
		cmd_error_at(c, line, tok, "a number is wanted here, not a block in braces");
		return false;
	}
	if (cmd_number(tok->text, value) || is_symbol(c, tok->text, value))
		return true;
	src = cmd_tok_source(c, tok);
	err = dbg_eval_value(c->d, &src, value, &diags);
	dbg_show_diags(c->d, &diags);
	if (err && err != -EINVAL && err != -EFAULT) /* these two have been told of */
		cmd_fail(c, "%s", dbg_error(c->d));
	return !err;
}

bool cmd_value_id(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok, u32 *id)
{
	u64 value;

	if (!cmd_value(c, line, tok, &value))
		return false;
	if (!value || value > INT32_MAX) {
		cmd_error_at(c, line, tok, "%llx cannot be a process or thread", value);
		return false;
	}
	*id = (u32)value;
	return true;
}

char *cmd_read_file(const char *path, size_t *len, char **why)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t n = 0, size = 0, got;

	if (!f)
		goto fail;
	do {
		if (n + 65536 > size) {
			size = (n + 65536) * 2;
			text = cmd_realloc(text, size);
		}
		got = fread(text + n, 1, size - n - 1, f);
		n += got;
	} while (got);
	if (ferror(f))
		goto fail; /* a directory, for one: EISDIR */
	fclose(f);
	text[n] = '\0';
	n -= cmd_bom(text);
	memmove(text, text + cmd_bom(text), n + 1);
	*len = n;
	return text;
fail:
	*why = cmd_printf("cannot read '%s': %s", path, strerror(errno));
	if (f)
		fclose(f);
	free(text);
	return NULL;
}

/* --- running --- */

static bool needs_met(struct cmd *c, const struct cmd_desc *desc)
{
	char name[24];

	cmd_name(desc, name, sizeof(name));
	if (!strchr(desc->targets, dbg_target_letter(c->d))) {
		cmd_fail(
			c,
			dbg_can(c->d, TGT_WHOLE)
				? "'%s' is for processes, which lstar holds and stops; the machine "
				  "runs on all the time. 'lstar PROGRAM' and 'lstar -p PID' debug "
				  "processes"
				: "'%s' is for the whole machine: start lstar as 'lstar machine'",
			name);
		return false;
	}
	if (!(desc->flags & (CMD_NEEDS_STOPPED | CMD_NEEDS_DEBUGGEE)))
		return true;
	if (!dbg_has_debuggee(c->d)) {
		cmd_fail(c,
			 "'%s' needs a debuggee and there is none: start one with "
			 "'.start path PROGRAM', or take one with '.attach pid PID'",
			 name);
		return false;
	}
	if (desc->flags & CMD_NEEDS_STOPPED && !dbg_stopped(c->d)) {
		cmd_fail(c, "'%s' needs a stopped debuggee: 'pause' stops it", name);
		return false;
	}
	return true;
}

/* The command of a raw line without the blank behind it (`?print(1);`, `print@rax`): its length. */
static size_t glued(const char *word)
{
	char name[24];

	snprintf(name, sizeof(name), "%s", word);
	for (size_t len = strlen(name); len--;) {
		bool apart = !isalnum((unsigned char)name[len]) || (len && ispunct(name[len - 1]));
		const struct cmd_desc *desc;

		name[len] = '\0';
		desc = cmd_find(name);
		if (apart && desc && desc->flags & CMD_RAW)
			return len;
	}
	return 0;
}

static enum cmd_result unknown(struct cmd *c, const struct cmd_line *line)
{
	const struct cmd_tok *tok = &line->tok[0];
	struct cmd_err err;
	const char *near = tok->kind == CMD_WORD ? cmd_suggest(tok->text) : NULL;

	if (tok->kind == CMD_BRACKET)
		cmd_err_set(&err, tok->off, tok->len,
			    "a command was expected, not a block in braces");
	else
		cmd_err_set(&err, tok->off, tok->len, "unknown command '%.64s'", tok->text);
	if (tok->kind == CMD_WORD && glued(tok->text))
		cmd_err_hint(&err, "a blank is needed behind '%.*s'", (int)glued(tok->text),
			     tok->text);
	else if (near)
		cmd_err_hint(&err, "did you mean '%s'?", near);
	else
		cmd_err_hint(&err, "'.help' lists the commands");
	return cmd_show_err(c, line, &err);
}

static enum cmd_result run_line(struct cmd *c, const struct cmd_line *line)
{
	const struct cmd_tok *tok = &line->tok[0];
	const struct cmd_desc *desc = tok->kind == CMD_WORD ? cmd_find(tok->text) : NULL;

	if (!desc)
		return unknown(c, line);
	if (!desc->syntax[0] && line->ntok > 1)
		return cmd_misuse(c, desc, line, &line->tok[1]);
	if (c->mode & CMD_CHECK && !(desc->flags & CMD_CHECKS))
		return CMD_OK;
	if (!needs_met(c, desc))
		return CMD_FAILED;
	return desc->run(c, desc, line);
}

static enum cmd_result run_text(struct cmd *c, const char *text)
{
	enum cmd_result res = CMD_OK;
	struct cmd_line line;
	struct cmd_err err;

	if (!cmd_split(text, &line, &err))
		res = cmd_show_err(c, &line, &err);
	else if (line.ntok)
		res = run_line(c, &line);
	cmd_line_free(&line);
	return res;
}

/* What a command without memory had taken until then is lost: there is nobody to give it back. */
enum cmd_result cmd_run(struct cmd *c, const char *text, const char *file, u32 lineno)
{
	const struct cmd before = *c;
	jmp_buf here, *outer = cmd_without_memory(&here);
	enum cmd_result res;

	c->file = file;
	c->line = lineno;
	if (setjmp(here)) {
		c->depth = before.depth;
		res = cmd_fail(c, "there is no memory for this command");
	} else {
		res = run_text(c, text);
	}
	cmd_without_memory(outer);
	c->file = before.file;
	c->line = before.line;
	return res;
}

const char *cmd_prompt(struct cmd *c)
{
	u32 pid = dbg_current_pid(c->d);
	char who[64];

	if (!pid)
		return dbg_can(c->d, TGT_WHOLE) ? "machine lstar> " : "lstar> ";
	cmd_thread_text(c, pid, dbg_current_tid(c->d), who, sizeof(who));
	snprintf(c->prompt, sizeof(c->prompt), "%s lstar> ", who);
	return c->prompt;
}
