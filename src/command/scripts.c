/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scripts.c - files of commands, and the log of a session.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

#define SCRIPT_DEPTH 16 /* files that call files */

static void echo(struct cmd *c, const char *text)
{
	const char *prompt = cmd_prompt(c);

	if (c->mode & CMD_ECHO && !(c->mode & CMD_QUIET))
		con_printf(c->con, "%s%s\n", prompt, text);
	else
		con_echo(c->con, prompt, text);
}

/* Nothing but blanks and comments: not worth an echo. */
static bool has_command(const char *text)
{
	struct cmd_line line;
	struct cmd_err err;
	bool any = !cmd_split(text, &line, &err) || line.ntok;

	cmd_line_free(&line);
	return any;
}

static enum cmd_result run_complete(struct cmd *c, struct cmd_feed *feed, const char *file)
{
	enum cmd_result res = CMD_OK;

	if (has_command(feed->text)) {
		echo(c, feed->text);
		res = cmd_run(c, feed->text, file, feed->first);
	}
	cmd_feed_reset(feed);
	return res;
}

/* The text of a file, arguments replaced, command by command. Errors do not stop it. */
static enum cmd_result run_text(struct cmd *c, char *text, const char *file)
{
	struct cmd_feed feed = { 0 };
	enum cmd_result res = CMD_OK, all = CMD_OK;

	while (text && *text && res != CMD_EXIT && !c->interrupted) {
		char *next = strchr(text, '\n');

		if (next)
			*next++ = '\0';
		/* an unfinished block at the end of the file is executed as it is */
		if (cmd_feed_add(&feed, text) || !next || !*next) {
			res = run_complete(c, &feed, file);
			all = res == CMD_OK ? all : res;
		}
		text = next;
	}
	cmd_feed_free(&feed);
	return all;
}

enum cmd_result cmd_script(struct cmd *c, char *const *argv, size_t argc)
{
	enum cmd_result res;
	char *text, *replaced, *why = NULL;
	size_t len;

	if (c->depth >= SCRIPT_DEPTH)
		return cmd_fail(c, "files of commands call each other more than %d deep: '%s'",
				SCRIPT_DEPTH, argv[0]);
	text = cmd_read_file(argv[0], &len, &why);
	if (!text) {
		cmd_fail(c, "%s", why);
		free(why);
		return CMD_FAILED;
	}
	if (strlen(text) != len) {
		free(text);
		return cmd_fail(c, "'%s' is no file of commands: it has NUL bytes in it", argv[0]);
	}
	replaced = cmd_replace_args(text, argv, argc);
	free(text);
	c->depth++;
	res = run_text(c, replaced, argv[0]);
	c->depth--;
	free(replaced);
	return res;
}

static enum cmd_result run_script(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	enum cmd_result res;
	char **argv;

	if (line->ntok < 2)
		return cmd_misuse(c, desc, line, NULL);
	argv = cmd_alloc(line->ntok * sizeof(*argv));
	for (size_t i = 1; i < line->ntok; i++)
		argv[i - 1] = line->tok[i].text;
	res = cmd_script(c, argv, line->ntok - 1);
	free(argv);
	return res;
}

static enum cmd_result run_logopen(struct cmd *c, const struct cmd_desc *desc,
				   const struct cmd_line *line)
{
	int err;

	if (line->ntok != 2)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	err = con_log_open(c->con, line->tok[1].text);
	if (err == -EBUSY || err == -EEXIST || err == -EALREADY)
		return cmd_fail(c, "a log was opened before; '.logclose' closes it");
	if (err)
		return cmd_fail(c, "cannot open the log '%s': %s", line->tok[1].text,
				strerror(-err));
	cmd_note(c, "commands and output are logged to '%s'", line->tok[1].text);
	return CMD_OK;
}

static enum cmd_result run_logclose(struct cmd *c, const struct cmd_desc *desc,
				    const struct cmd_line *line)
{
	int err;

	err = con_log_close(c->con);
	if (err == -ENOENT)
		return cmd_fail(c, "no log is open; '.logopen FILE' opens one");
	if (err)
		return cmd_fail(c, "the log is incomplete: %s", strerror(-err));
	cmd_note(c, "the log is closed");
	return CMD_OK;
}

static const struct cmd_option script_options[] = {
	{ NULL, CMD_ARG_FILE, "FILE", "the file; quotes keep blanks in its path together" },
	{ NULL, CMD_ARG_TEXT, "ARG...",
	  "replace $arg1, $arg2, ... in the file; $arg0 is its path" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option log_options[] = {
	{ NULL, CMD_ARG_FILE, "FILE", "the log" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_scripts[] = {
	{ ".script script", "FILE [ARG...]",
	  "run a file of commands",
	  "Commands stand one to a line; open braces and quotes continue over lines. Comments are "
	  "// and /* */, and lines that begin with #. $arg1, $arg2 ... are replaced by the arguments "
	  "as text, before anything else looks at it: an argument may be an expression, in quotes "
	  "when it has blanks. An error in a command is told and the file goes on.",
	  ".script trace.ds 4d2 \"@rdi + 8\"", CMD_CHECKS, script_options, run_script, "PM" },
	{ ".logopen", "FILE",
	  "write commands and output into a file, too",
	  "One log at a time; the beginning and the end are stamped with the time.",
	  ".logopen /tmp/session.log", 0, log_options, run_logopen, "PM" },
	{ ".logclose", "",
	  "close the log",
	  "What was logged so far is complete in the file afterwards.",
	  ".logclose", 0, NULL, run_logclose, "PM" },
	{ .names = NULL },
};
/* clang-format on */
