/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * script.c - commands and expressions. What is wrong with one is the error's text; what it
 * prints goes where all output goes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* Where the text stands, in diagnostics. */
static const char *here(const struct lstar *s)
{
	return s->prompt ? "<command line>" : "<command>";
}

/* The console's mark of an error is for people at a terminal. */
static const char *without_mark(const char *text)
{
	static const char mark[] = "lstar: error: ";

	return strncmp(text, mark, sizeof(mark) - 1) ? text : text + sizeof(mark) - 1;
}

/* A command or script is over; warnings of one that did its work are output. */
static int end(struct lstar *s, struct lib_said *said, bool failed)
{
	int err = 0;

	lib_gathered(s, said);
	if (failed) {
		err = lib_fail(s, LSTAR_E_SCRIPT, 0, "%s",
			       said->text ? without_mark(said->text) : "");
	} else if (said->text) {
		lib_print(s, said->text, said->len);
		lib_print(s, "\n", 1);
	}
	free(said->text);
	return err;
}

int lstar_command(struct lstar *s, const char *text)
{
	struct lib_said said;
	enum cmd_result res;
	int err = lib_session(s);

	if (err)
		return err;
	if (!text)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0, "NULL is no command");
	lib_gather(s, &said);
	res = cmd_run(s->cmd, text, here(s), 1);
	if (!s->prompt)
		cmd_interrupted(s->cmd); /* an interruption ends one command, not the next */
	err = end(s, &said, res == CMD_FAILED);
	return err ?: res == CMD_EXIT;
}

int lstar_eval(struct lstar *s, struct lstar_thread *t, const char *expression, uint64_t *value)
{
	struct scr_diags diags = { 0 };
	struct lib_said said;
	struct scr_source src = { .text = expression, .line = 1, .col = 1 };
	u64 result = 0;
	u32 before;
	int err = lib_session(s);

	if (err)
		return err;
	if (!expression || !value)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0, "%s is NULL",
				expression ? "the place for the value" : "the expression");
	before = dbg_current_tid(s->d);
	err = t ? dbg_switch(s->d, dbg_thread_tid(t)) : 0;
	if (err)
		return lib_failed(s, LIB_ANY, err);
	src.name = here(s);
	src.len = strlen(expression);
	lib_gather(s, &said);
	err = dbg_eval_value(s->d, &src, &result, &diags);
	dbg_show_diags(s->d, &diags);
	if (t && before)
		dbg_switch(s->d, before);
	*value = err ? *value : result;
	return end(s, &said, err);
}
