/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * script.h - from text to bytecode: the front end of the script language.
 *
 * Knows the engine's tables and nothing of sessions, targets or terminals.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdio.h>

#include "engine/engine.h"

/* A position in a source: lines and columns count from 1, columns in bytes. */
struct scr_pos {
	u32 line, col, len;
};

enum scr_severity { SCR_ERROR, SCR_WARNING };

struct scr_diag {
	enum scr_severity severity;
	struct scr_pos pos;
	char *message; /* "expected ';' after the assignment" */
	char *hint; /* "did you mean '.count'?" or NULL */
	char *file; /* name of the source the position is in */
	char *line_text; /* that source line, without its newline */
	u32 order[2]; /* where the file is included in the script; where in all sources */
};

struct scr_diags {
	struct scr_diag *diag;
	size_t n, cap;
	size_t errors;
};

void scr_diags_free(struct scr_diags *d);
/* "FILE:LINE:COL: error: ...", the line, a caret, the hint; colour when asked. */
void scr_diags_print(const struct scr_diags *d, FILE *out, bool colour);

/* What is compiled. @name is shown in messages; @line and @col say where @text starts. */
struct scr_source {
	const char *name;
	const char *text;
	size_t len;
	u32 line, col;
};

/*
 * What a session's scripts share: names and types of the globals, and how to
 * resolve what only the debugger knows. Slots are given out once and never move.
 */
struct scr_env;

struct scr_env *scr_env_new(u32 max_globals);
void scr_env_free(struct scr_env *env);
/* What the current target offers; borrowed; may be changed between compilations. */
void scr_env_set_caps(struct scr_env *env, const struct eng_caps *caps);
/* Resolver of `module!symbol`: true and the address, or false and a reason (malloc'ed) or NULL. */
typedef bool (*scr_symbol_fn)(void *user, const char *name, u64 *addr, char **why);
void scr_env_set_symbols(struct scr_env *env, scr_symbol_fn fn, void *user);
/*
 * Reader of the files that scripts include: @path as it is written in the file @from. True,
 * with name (for messages), id (the same for the same file) and text; or false and why.
 * All are malloc'ed, and freed by the compiler; NULL stands for a lack of memory.
 */
struct scr_included {
	char *name, *id, *text, *why;
	size_t len;
};
typedef bool (*scr_read_fn)(void *user, const char *from, const char *path,
			    struct scr_included *in);
void scr_env_set_reader(struct scr_env *env, scr_read_fn fn, void *user);
/* Number of slots in use; the caller keeps that much memory behind its eng_globals. */
u32 scr_env_nglobals(const struct scr_env *env);
/* Slot of a global by name (without the dot), or -1. For tests and for completion. */
s32 scr_env_global(const struct scr_env *env, const char *name);
/* The names, by slot; NULL beyond the last. */
const char *scr_env_global_name(const struct scr_env *env, u32 slot);

/*
 * Maps, numbered from 0 in the order of their first use: their shape and, through @name,
 * their name. The caller makes their memory before it runs a script that uses them.
 */
u32 scr_env_nmaps(const struct scr_env *env);
const struct eng_map_desc *scr_env_map(const struct scr_env *env, u32 index, const char **name);

enum scr_mode {
	SCR_SCRIPT, /* statements; the body of an event's script or of `?` */
	SCR_EXPRESSION, /* one expression; running it leaves its value in function 0's result */
};

/*
 * Compile. On success returns a verified program, to be freed with scr_program_free();
 * on errors NULL, and the environment is as it was before. @diags may hold warnings
 * in both cases.
 */
struct eng_program *scr_compile(struct scr_env *env, const struct scr_source *src,
				enum scr_mode mode, struct scr_diags *diags);
void scr_program_free(struct eng_program *prog);

/*
 * The bytes of a string, which @src is with its quotes, as scripts have it: with its escapes.
 * Malloc'ed, a NUL behind them; NULL and @diags: it is none.
 */
char *scr_string(const struct scr_source *src, size_t *len, struct scr_diags *diags);

/* Whole program as text, for --dump-bytecode. */
void scr_disasm(const struct eng_program *prog, FILE *out);

#endif
