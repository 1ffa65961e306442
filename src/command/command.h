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

/* --- text of commands (line.c) --- */
enum cmd_tok_kind { CMD_WORD, CMD_STRING, CMD_BRACKET };

struct cmd_tok {
	enum cmd_tok_kind kind;
	char *text; /* quotes or outer braces removed; bracket content raw */
	u32 line, col; /* where text starts in the input, from 1 (inside the brace or quote) */
	size_t off, len; /* its place in the line, quotes and braces included */
};

struct cmd_line {
	const char *text; /* as given; borrowed */
	struct cmd_tok *tok;
	size_t ntok;
};

/* What is wrong with a command, and with which bytes of its text. */
struct cmd_err {
	size_t off, len;
	char message[320];
	char hint[192]; /* or empty */
};

void cmd_err_set(struct cmd_err *err, size_t off, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void cmd_err_hint(struct cmd_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Is the text complete, or does an open brace, quote or comment want more lines? */
enum cmd_state { CMD_COMPLETE, CMD_OPEN_BRACE, CMD_OPEN_STRING, CMD_OPEN_COMMENT };
enum cmd_state cmd_scan(const char *text);

/* False and @err for an open or a stray brace, quote or comment; @line is to be freed anyway. */
bool cmd_split(const char *text, struct cmd_line *line, struct cmd_err *err);
void cmd_line_free(struct cmd_line *line);
/* A number as commands write it: hexadecimal, or 0x 0n 0t 0o 0y, x n \x \n before it. */
bool cmd_number(const char *text, u64 *value);
/* malloc'ed @text with $arg0 ... replaced, the longest number first; others stay. */
char *cmd_replace_args(const char *text, char *const *argv, size_t argc);

/* Where a scan stood in a bracket when the text ended. */
struct cmd_bracket {
	unsigned depth; /* 0: in none */
	enum { CMD_IN_CODE, CMD_IN_PATH, CMD_IN_STRING, CMD_IN_COMMENT } in;
};

/* Lines gathered until they make a complete command. */
struct cmd_feed {
	char *text; /* the lines so far, joined with LF; NULL: none */
	size_t len, size;
	u32 first; /* number of its first line */
	u32 line; /* lines seen so far */
	struct cmd_bracket bracket; /* that is open */
	size_t scanned; /* so far */
};
/* Adds a line without its newline; true when the text is a complete command. */
bool cmd_feed_add(struct cmd_feed *f, const char *text);
void cmd_feed_reset(struct cmd_feed *f); /* for the next command */
void cmd_feed_free(struct cmd_feed *f);

/* --- the interpreter: the session and what input has told it so far --- */
struct cmd;

enum cmd_result { CMD_OK, CMD_FAILED, CMD_EXIT };

#define CMD_QUIET 1 /* no notes such as "event 0 armed" */
#define CMD_ECHO 2 /* commands of a file are shown with the prompt */
#define CMD_TERMINAL 4 /* there is a prompt */
#define CMD_CHECK 8 /* scripts are compiled, nothing is run */
#define CMD_DUMP 16 /* and shown as bytecode */

struct cmd *cmd_new(struct dbg *d, unsigned mode); /* NULL: no memory */
void cmd_free(struct cmd *c);
/*
 * One complete command. @file and @line: where it stands, for messages ("<command line>",
 * "-" for standard input). Errors have been printed when it returns CMD_FAILED.
 */
enum cmd_result cmd_run(struct cmd *c, const char *text, const char *file, u32 line);
/* A file of commands with arguments; argv[0] is the path. */
enum cmd_result cmd_script(struct cmd *c, char *const *argv, size_t argc);
/* Look at a file of commands or at a bare script without running anything; @dump: show bytecode. */
enum cmd_result cmd_check(struct cmd *c, const char *path, bool dump);
/*
 * Let the debuggee run to its end; breaks print their lines and it goes on. The machine runs
 * until Ctrl-C, or not at all when no event is enabled.
 */
enum cmd_result cmd_run_to_end(struct cmd *c);
/* Ctrl-C has stopped the debuggee: what was to follow should not be run. */
bool cmd_was_interrupted(const struct cmd *c);
bool cmd_is_quiet(const struct cmd *c); /* no notes */
bool cmd_interrupted(struct cmd *c); /* the same, once */
/* Who can tell whether the session is about to end; an interruption then says nothing. */
void cmd_set_ending(struct cmd *c, bool (*ending)(void));

/* --- the table --- */
/* A word of a command, for parsing, help, completion and the man page. */
enum cmd_arg_kind {
	CMD_ARG_NONE,
	CMD_ARG_TEXT,
	CMD_ARG_NUMBER,
	CMD_ARG_ADDRESS,
	CMD_ARG_FILE,
	CMD_ARG_CALL,
	CMD_ARG_EVENT,
	CMD_ARG_REGISTER,
	CMD_ARG_OUTPUT,
	CMD_ARG_SETTING,
	CMD_ARG_COMMAND,
	CMD_ARG_CHOICE,
	CMD_ARG_SCRIPT,
	CMD_ARG_CODE,
	CMD_ARG_LIST, /* names in braces, separated by commas */
};

struct cmd_option {
	const char *word; /* "pid"; NULL: positional */
	enum cmd_arg_kind kind;
	const char *value; /* how the help writes the value, "ID|all"; choices are split at '|' */
	const char *help;
};

#define CMD_RAW 1 /* the rest of the line is one raw argument */
#define CMD_NEEDS_STOPPED 2 /* a debuggee, halted */
#define CMD_NEEDS_DEBUGGEE 4
#define CMD_CHECKS 8 /* its handler is called under CMD_CHECK, and runs nothing then */

struct cmd_desc {
	const char *names; /* name and aliases, split at blanks */
	const char *syntax; /* without the name; "": the command takes no words */
	const char *summary; /* one line */
	const char *text; /* paragraphs */
	const char *example; /* a command that works as it stands */
	unsigned flags;
	const struct cmd_option *options; /* ends with kind CMD_ARG_NONE; NULL: none */
	enum cmd_result (*run)(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line);
	const char *targets; /* which it works on, by their letters: P process, M machine */
};

struct cmd_family {
	const char *title;
	const struct cmd_desc *commands; /* ends with names == NULL */
};

extern const struct cmd_family cmd_families[]; /* ends with title == NULL */
const struct cmd_desc *cmd_find(const char *name);
/* The known command nearest to @name, or NULL. */
const char *cmd_suggest(const char *name);
/* The main name of a command into @buf. */
const char *cmd_name(const struct cmd_desc *desc, char *buf, size_t size);
/* Index of @text among the choices "a|b|c", without regard to case; -1: none. */
int cmd_choice(const char *choices, const char *text);

/* --- event commands, parsed and checked without a session (event_parse.c) --- */
enum cmd_event_option {
	CMD_EV_CALL,
	CMD_EV_PID,
	CMD_EV_CORE,
	CMD_EV_IMM,
	CMD_EV_SC,
	CMD_EV_STAGE,
	CMD_EV_BUFFER,
	CMD_EV_SCRIPT,
	CMD_EV_CONDITION,
	CMD_EV_ASM_CONDITION,
	CMD_EV_CODE,
	CMD_EV_ASM_CODE,
	CMD_EV_OUTPUT,
	CMD_EV_NOPTIONS
};

extern const struct cmd_option cmd_event_options[CMD_EV_NOPTIONS + 1];

struct cmd_event_words {
	const struct cmd_tok *value[CMD_EV_NOPTIONS]; /* NULL: not given */
};

/*
 * Tokens to options. @options is the command's row of cmd_event_options, with the call or
 * from behind it. Words are always as complete as possible, so that earlier stages of the
 * order of checks can be reported first.
 */
bool cmd_event_words(const struct cmd_line *line, const struct cmd_option *options,
		     struct cmd_event_words *words, struct cmd_err *err);
/*
 * The word options to numbers in @spec, and what contradicts what. @can: TGT_..., of the target.
 */
bool cmd_event_values(const struct cmd_event_words *words, unsigned can,
		      struct dbg_event_spec *spec, struct cmd_err *err);
/* The names of `output { }`; @names are malloc'ed. */
bool cmd_event_outputs(const struct cmd_tok *tok, char *names[OUT_EVENT_MAX], size_t *n,
		       struct cmd_err *err);

/* --- for people --- */
/* Completions of @word at @line's end, one call each until NULL; malloc'ed. */
char *cmd_complete(struct cmd *c, const char *line, size_t start, const char *word, int state);
/* True when the word at @start of @line is the name of a file. */
bool cmd_completes_file(const char *line, size_t start);
/* "1234:1235 cat lstar> ": prompt for the current state. */
const char *cmd_prompt(struct cmd *c);
/* The reference as roff: of processes, with the script language; of the machine alone. */
void cmd_manpage(FILE *out);
void cmd_manpage_machine(FILE *out);

/* --- the prompt and signals: of the program alone, no library has them --- */
/* Read commands at the terminal until the end of input, `exit` or a fatal signal. */
void cmd_prompt_loop(struct cmd *c);
/* Commands from standard input without a terminal. */
enum cmd_result cmd_read_stdin(struct cmd *c);

void cmd_signals_init(struct cmd *c);
void cmd_signals_end(void);
/* SIGTERM or SIGHUP has come: its number, else 0. */
int cmd_signal_fatal(void);
/* Ctrl-C has come since the last question. */
bool cmd_signal_interrupt(void);
/* Between true and false, Ctrl-C is for the line that is being typed. */
void cmd_signals_prompt(bool waiting);

#endif
