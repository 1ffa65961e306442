/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * command.h - the command language: splitting lines, the table of commands, help.
 *
 * One table drives parsing, completion, help, the man page and the tests. Nothing
 * here touches a target except through debugger.h.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "debugger/debugger.h"

enum cmd_tok_kind { CMD_WORD, CMD_STRING, CMD_BRACKET };

struct cmd_tok {
	enum cmd_tok_kind kind;
	char *text; /* quotes or outer braces removed; bracket content raw */
	u32 line, col; /* where it starts in the input, from 1 (inside the brace for brackets) */
	size_t off, len; /* its place in the line, quotes and braces included */
};

struct cmd_line {
	const char *text; /* as given */
	struct cmd_tok *tok;
	size_t ntok;
};

/* Is the text complete, or does an open brace, quote or comment want more lines? */
enum cmd_state { CMD_COMPLETE, CMD_OPEN_BRACE, CMD_OPEN_STRING, CMD_OPEN_COMMENT };
enum cmd_state cmd_scan(const char *text);

/* An interpreter: the session and what input has told it so far. */
struct cmd;

enum cmd_result { CMD_OK, CMD_FAILED, CMD_EXIT };

struct cmd *cmd_new(struct dbg *d);
void cmd_free(struct cmd *c);
/*
 * One complete command. @file and @line: where it stands, for messages ("<command line>",
 * "-" for standard input). Errors have been printed when it returns CMD_FAILED.
 */
enum cmd_result cmd_run(struct cmd *c, const char *text, const char *file, u32 line);
/* A file of commands with arguments; argv[0] is the path. */
enum cmd_result cmd_script(struct cmd *c, char *const *argv, size_t argc);
/* True while the last command of a batch runs: `g` passes breaks then. */
void cmd_set_batch(struct cmd *c, bool batch);

/* A word of a command, for help, completion and the man page. */
enum cmd_arg_kind {
	CMD_ARG_NONE, CMD_ARG_TEXT, CMD_ARG_NUMBER, CMD_ARG_ADDRESS, CMD_ARG_FILE, CMD_ARG_CALL,
	CMD_ARG_EVENT, CMD_ARG_REGISTER, CMD_ARG_OUTPUT, CMD_ARG_SETTING, CMD_ARG_COMMAND,
	CMD_ARG_CHOICE, CMD_ARG_SCRIPT, CMD_ARG_CODE,
};

struct cmd_option {
	const char *word; /* "pid"; NULL: positional */
	enum cmd_arg_kind kind;
	const char *value; /* how the help writes the value, "ID|all"; choices are split at '|' */
	const char *help;
};

#define CMD_RAW 1 /* the rest of the line is one raw argument */
#define CMD_NEEDS_STOPPED 2
#define CMD_NEEDS_DEBUGGEE 4
#define CMD_REPEATS 8 /* an empty line repeats it */

struct cmd_desc {
	const char *names; /* name and aliases, split at blanks */
	const char *family; /* "events", "running", ...: section of the help */
	const char *syntax; /* without the name */
	const char *summary; /* one line */
	const char *text; /* paragraphs */
	const char *example; /* a command that works as it stands */
	unsigned flags;
	const struct cmd_option *options; /* ends with kind CMD_ARG_NONE */
	enum cmd_result (*run)(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line);
};

extern const struct cmd_desc *const cmd_families[]; /* arrays ending with names == NULL */
const struct cmd_desc *cmd_find(const char *name);
/* Completions of @word at @line's end, one call each until NULL; malloc'ed. */
char *cmd_complete(struct cmd *c, const char *line, size_t start, const char *word, int state);
/* "0n1234:5678 lstar> ": prompt for the current state. */
const char *cmd_prompt(struct cmd *c);
/* The whole reference as roff, for the man page. */
void cmd_manpage(FILE *out);

#endif
