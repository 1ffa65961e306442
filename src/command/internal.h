/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal.h - what the files of the command language share and nobody else sees.
 */
#ifndef COMMAND_INTERNAL_H
#define COMMAND_INTERNAL_H

#include <setjmp.h>

#include "command/command.h"

struct cmd {
	struct dbg *d;
	struct console *con;
	unsigned mode; /* CMD_QUIET ... */
	char prompt[96];
	const char *file; /* where the running command stands */
	u32 line;
	unsigned depth; /* of nested .script files */
	bool interrupted;
	bool (*ending)(void); /* or NULL */
	bool said_variant; /* that !syscall2 is !syscall here */
	bool said_no_debuggee; /* that registers are zero */
	u64 next_dump, next_code; /* where db and u go on */
};

/* One array for each family of commands. */
extern const struct cmd_desc cmd_events[], cmd_running[], cmd_debuggee[], cmd_evaluate[],
	cmd_breakpoints[], cmd_invoke[], cmd_registers[], cmd_memory[], cmd_machine[],
	cmd_outputs[], cmd_scripts[], cmd_session[];

/* Length of the mark that some editors begin UTF-8 files with. */
size_t cmd_bom(const char *text);

/*
 * Memory that is there. Without it the command that runs fails; where none runs, at the prompt,
 * lstar ends with a message.
 */
void *cmd_alloc(size_t size);
void *cmd_realloc(void *p, size_t size);
char *cmd_strndup(const char *s, size_t n);
char *cmd_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Where the thread goes on when there is none: to be set around a command, then put back. */
jmp_buf *cmd_without_memory(jmp_buf *there);

/* Print the error with file, line, column, the line itself and a caret; CMD_FAILED. */
enum cmd_result cmd_show_err(struct cmd *c, const struct cmd_line *line, const struct cmd_err *err);
/* The same for a token; NULL: the place behind the last one. */
enum cmd_result cmd_error_at(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok,
			     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* For lists without end: Ctrl-C has come, the list ends here, and nothing else is run. */
bool cmd_cut_short(struct cmd *c);
/* A command that was right could not be carried out. */
enum cmd_result cmd_fail(struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "incorrect use of ..." at a token, with the syntax of the command. */
enum cmd_result cmd_misuse(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
			   const struct cmd_tok *tok);
void cmd_note(struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The raw rest of the line behind the command's name, and the source it makes. */
struct scr_source cmd_raw_source(struct cmd *c, const struct cmd_line *line);
/* Value of a token: a number, else a script expression. False: error printed. */
bool cmd_value(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok, u64 *value);
/* The same for process and thread numbers, which are not zero and fit 32 bits. */
bool cmd_value_id(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok, u32 *id);
bool cmd_tok_is(const struct cmd_tok *tok, const char *word);
/* Source of a bracket or string token for the script compiler. */
struct scr_source cmd_tok_source(struct cmd *c, const struct cmd_tok *tok);
/* Assembly text with the values of its <EXPRESSION>s, malloc'ed; NULL: error printed. */
char *cmd_asm_text(struct cmd *c, const struct cmd_tok *tok);
/* Whole file as text; NULL and a malloc'ed reason. */
char *cmd_read_file(const char *path, size_t *len, char **why);

/* Compile, tell what is wrong, show the bytecode when that is wanted (check.c). */
enum cmd_result cmd_check_source(struct cmd *c, const struct scr_source *src, enum scr_mode mode);

/* Which calls a word names (calls.c). */
struct cmd_calls {
	u64 nr; /* as in struct eng_event, as is the next */
	const struct eng_abi *abi;
	struct eng_calls set; /* nr is ENG_IN_CALLS */
};
/* @tok NULL: all calls. Names win where a token could be both. False: @err says why. */
bool cmd_find_calls(struct cmd *c, const struct cmd_tok *tok, struct cmd_calls *calls,
		    struct cmd_err *err);

/* An event whose calls and script do not stand in the command as !syscall would have them. */
struct cmd_event_of {
	struct cmd_calls calls;
	struct scr_source script;
};
/* Make an event (events.c); @options as for cmd_event_words(); @what may be NULL. */
enum cmd_result cmd_event(struct cmd *c, const struct cmd_option *options,
			  const struct cmd_line *line, const struct cmd_event_of *what);
/* !hijack (hijack.c) */
extern const struct cmd_option cmd_hijack_options[];
enum cmd_result cmd_run_hijack(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line);

/* Say where and why the debuggee stopped (stop.c). CMD_FAILED for an error of the target. */
enum cmd_result cmd_show_halt(struct cmd *c, const struct dbg_halt *halt);
/* "1234:1235 cat" */
void cmd_thread_text(struct cmd *c, u32 pid, u32 tid, char *buf, size_t size);
/* First @max characters of a command, newlines as blanks, "..." behind it if cut. */
void cmd_shorten(const char *text, char *buf, size_t max);

/* ADDR [l LEN] [pid P] from word @first on: what db, da and u have in common (memory.c). */
struct cmd_range {
	u64 addr, len;
	u32 pid; /* 0: the current process, or the kernel */
	bool given; /* an address was given */
};
bool cmd_range(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
	       struct cmd_range *r);
/* Nothing is there to be read. */
enum cmd_result cmd_unreadable(struct cmd *c, const struct cmd_range *r);
/* "ffffffff`81000000", for addresses in columns. */
#define CMD_ADDR_MAX 18
const char *cmd_addr_text(u64 addr, char buf[CMD_ADDR_MAX]);
/* "module!name+1c" of an address; false: it has no name. */
bool cmd_addr_name(struct cmd *c, u64 addr, char *buf, size_t size);
extern const struct cmd_option cmd_range_options[];
/* u (code.c) */
enum cmd_result cmd_run_u(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line);

/* .help (help.c) */
enum cmd_result cmd_run_help(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line);

#endif
