/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * eval.c - `?` and `print`: scripts and expressions that run once, in the current thread.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

static void warn_no_debuggee(struct cmd *c)
{
	if (dbg_has_debuggee(c->d) || dbg_can(c->d, TGT_WHOLE) || c->said_no_debuggee ||
	    c->mode & CMD_QUIET)
		return;
	c->said_no_debuggee = true;
	con_warning(c->con,
		    "there is no debuggee: all registers are zero and no memory is readable");
}

static enum cmd_result show_value(struct cmd *c, const struct scr_source *src)
{
	struct scr_diags diags = { 0 };
	u64 value;
	int err;

	if (c->mode & CMD_CHECK)
		return cmd_check_source(c, src, SCR_EXPRESSION);
	err = dbg_eval_value(c->d, src, &value, &diags);
	dbg_show_diags(c->d, &diags);
	if (err)
		return CMD_FAILED;
	con_printf(c->con, "%llx\n", value);
	return CMD_OK;
}

/* A source without its outer blanks; comments behind it do no harm. */
static void trim(struct scr_source *src)
{
	while (src->len && isspace((unsigned char)src->text[src->len - 1]))
		src->len--;
}

/*
 * `{ ... }` around everything is taken off, so that blocks over several lines work the same
 * whether or not the language has blocks of its own.
 */
static void strip_braces(struct scr_source *src)
{
	struct cmd_line line;
	struct cmd_err err;
	char *text;

	if (src->text[0] != '{')
		return;
	text = cmd_strndup(src->text, src->len);
	if (cmd_split(text, &line, &err) && line.ntok == 1 && line.tok[0].kind == CMD_BRACKET) {
		src->text++;
		src->len = strlen(line.tok[0].text);
		src->col++;
	}
	cmd_line_free(&line);
	free(text);
}

/* Statements hold a ';' or a block; what has neither is one expression. */
static bool is_expression(const struct scr_source *src)
{
	return !memchr(src->text, ';', src->len) && !memchr(src->text, '{', src->len);
}

/* `? .script FILE ARGS` is a common way to write it; a variable has an operator behind it. */
static bool is_script_command(const struct scr_source *src)
{
	const char *p = src->text;

	if (src->len < 9 || strncmp(p, ".script", 7) || (p[7] != ' ' && p[7] != '\t'))
		return false;
	p += 7 + strspn(p + 7, " \t");
	if (*p == '/')
		return p[1] != ' ' && p[1] != '=';
	return *p && !strchr("=+-*%&|^<>!;),", *p);
}

static enum cmd_result run_eval(struct cmd *c, const struct cmd_desc *desc,
				const struct cmd_line *line)
{
	struct scr_source src = cmd_raw_source(c, line);
	struct scr_diags diags = { 0 };
	int err;

	trim(&src);
	if (!src.len)
		return cmd_misuse(c, desc, line, NULL);
	if (is_script_command(&src))
		return cmd_run(c, src.text, c->file, src.line);
	warn_no_debuggee(c);
	strip_braces(&src);
	if (is_expression(&src))
		return show_value(c, &src);
	if (c->mode & CMD_CHECK)
		return cmd_check_source(c, &src, SCR_SCRIPT);
	err = dbg_eval(c->d, &src, &diags);
	dbg_show_diags(c->d, &diags);
	if (err && err != -EINVAL && err != -EFAULT)
		return cmd_fail(c, "%s", dbg_error(c->d));
	return err ? CMD_FAILED : CMD_OK;
}

static enum cmd_result run_print(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	struct scr_source src = cmd_raw_source(c, line);

	trim(&src);
	while (src.len && src.text[src.len - 1] == ';') {
		src.len--;
		trim(&src);
	}
	if (!src.len)
		return cmd_misuse(c, desc, line, NULL);
	warn_no_debuggee(c);
	return show_value(c, &src);
}

static const struct cmd_option eval_options[] = {
	{ NULL, CMD_ARG_SCRIPT, "STATEMENTS", "statements, { a block }, or one expression" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option print_options[] = {
	{ NULL, CMD_ARG_SCRIPT, "EXPRESSION", "an expression of the script language" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_evaluate[] = {
	{ "? eval evaluate", "STATEMENTS | { STATEMENTS } | EXPRESSION",
	  "run a script once",
	  "The rest of the line is script; an open brace or quote continues it on the next lines. "
	  "It runs in the current thread: registers and memory are that thread's. Without a "
	  "debuggee all registers are zero. Global variables (.name) live as long as the session "
	  "and are shared with the scripts of events. An expression alone is printed.\n"
	  "On the machine it runs in the hypervisor, on the CPU that 'cpu' has chosen, in lstar's own "
	  "process.",
	  "? .hits = 0; printf(\"%d\\n\", $pid);", CMD_RAW | CMD_CHECKS, eval_options, run_eval, "PM" },
	{ "print", "EXPRESSION",
	  "print the value of an expression",
	  "The value is printed in hexadecimal, in the current thread as with '?'.",
	  "print @rdi + 0n10", CMD_RAW | CMD_CHECKS, print_options, run_print, "PM" },
	{ .names = NULL },
};
/* clang-format on */
