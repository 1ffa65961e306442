/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hijack.c - !hijack: an event that has another system call made instead.
 *
 * What it does is a script, syscall_hijack(), so that everything about events holds for it.
 * Nothing here may know how calls are changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

#define NARGS 6

/* clang-format off */
const struct cmd_option cmd_hijack_options[] = {
	{ NULL, CMD_ARG_CALL, "CALL",
		"the system call that the program makes, by name, number or class, or * for every one" },
	{ NULL, CMD_ARG_CALL, "INSTEAD", "the one that is made, by name or number" },
	{ NULL, CMD_ARG_TEXT, "argN=X",
		"its argument N, from 0 to 5: a number or a script expression; default: the program's" },
	{ "pid", CMD_ARG_NUMBER, "ID|all", "only this process; default: every process" },
	{ "core", CMD_ARG_NUMBER, "N|all", "only threads that run on this CPU; default: all" },
	{ "condition", CMD_ARG_CODE, "{ HEX }", "machine code that decides, as of !syscall" },
	{ "asm condition", CMD_ARG_CODE, "{ ASSEMBLY }", "the same in Intel syntax" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
/* clang-format on */

/* What belongs to !syscall alone. */
static const enum cmd_event_option others[] = { CMD_EV_SC,     CMD_EV_STAGE, CMD_EV_BUFFER,
						CMD_EV_SCRIPT, CMD_EV_CODE,  CMD_EV_ASM_CODE,
						CMD_EV_OUTPUT, CMD_EV_IMM };

/* Number of the argument that a word sets, "arg1=5", or -1. */
static int argument(const struct cmd_tok *tok, const char **value)
{
	unsigned i = 0;

	if (tok->kind != CMD_WORD || strncasecmp(tok->text, "arg", 3) || !tok->text[3] ||
	    tok->text[4] != '=')
		return -1;
	i = (unsigned)(tok->text[3] - '0');
	*value = tok->text + 5;
	return i < NARGS ? (int)i : -1;
}

/* The line without what only !hijack knows; tokens are borrowed. */
static struct cmd_line event_line(const struct cmd_line *line, const char *value[NARGS],
				  const struct cmd_tok **bad)
{
	struct cmd_line rest = { .text = line->text };
	const char *text = NULL;

	rest.tok = cmd_alloc(line->ntok * sizeof(*rest.tok));
	for (size_t i = 0; i < line->ntok; i++) {
		int n = i > 2 ? argument(&line->tok[i], &text) : -1;

		if (n >= 0 && *text)
			value[n] = text;
		else if (n >= 0)
			*bad = &line->tok[i];
		else if (i != 2)
			rest.tok[rest.ntok++] = line->tok[i];
	}
	return rest;
}

/* The other call's number, in the calling convention of the first. */
static enum cmd_result find_instead(struct cmd *c, const struct cmd_line *line,
				    const struct cmd_calls *calls, u64 *nr)
{
	const struct cmd_tok *tok = &line->tok[2];
	const struct abi_call *call = abi_call_by_name((enum abi_id)calls->abi->id, tok->text);
	const char *near = abi_call_suggest((enum abi_id)calls->abi->id, tok->text);

	if (call)
		*nr = call->nr;
	if (call || cmd_number(tok->text, nr))
		return CMD_OK;
	return cmd_error_at(c, line, tok, "%s has no system call '%.64s'%s%s%s", calls->abi->name,
			    tok->text, near ? "; did you mean '" : ", and it is no number",
			    near ? near : "", near ? "'?" : "");
}

/* Which calls, of one calling convention: x86-64 unless another one is named. */
static bool find_original(struct cmd *c, const struct cmd_tok *tok, struct cmd_calls *calls,
			  struct cmd_err *err)
{
	if (!cmd_find_calls(c, tok, calls, err))
		return false;
	if (!calls->abi)
		calls->abi = &abi_conventions[ABI_X86_64];
	return true;
}

/* "syscall_hijack(0n1, $syscall_arg0, (@rsi+2));", malloc'ed */
static char *script_of(u64 nr, const char *const value[NARGS])
{
	char *text = cmd_printf("syscall_hijack(0n%llu", nr), *call;
	unsigned n = NARGS;

	while (n && !value[n - 1])
		n--;
	for (unsigned i = 0; i < n; i++) {
		char *more = value[i] ? cmd_printf("%s, (%s)", text, value[i])
				      : cmd_printf("%s, $syscall_arg%u", text, i);

		free(text);
		text = more;
	}
	call = cmd_printf("%s);", text);
	free(text);
	return call;
}

static bool is_same(const struct cmd_calls *calls, u64 nr, const char *const value[NARGS])
{
	for (unsigned i = 0; i < NARGS; i++)
		if (value[i])
			return false;
	return calls->nr == nr;
}

static enum cmd_result arm(struct cmd *c, const struct cmd_line *line, const struct cmd_line *rest,
			   const char *const value[NARGS])
{
	struct cmd_event_of what = { 0 };
	struct cmd_event_words words;
	struct cmd_err err = { 0 };
	enum cmd_result res;
	char *text;
	u64 nr;

	if (!cmd_event_words(rest, cmd_event_options, &words, &err))
		return cmd_show_err(c, line, &err);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (words.value[others[i]])
			return cmd_error_at(c, line, words.value[others[i]],
					    "!hijack has no '%s': it is a !syscall with a script "
					    "of its own",
					    cmd_event_options[others[i]].word);
	if (!find_original(c, &line->tok[1], &what.calls, &err))
		return cmd_show_err(c, line, &err);
	res = find_instead(c, line, &what.calls, &nr);
	if (res != CMD_OK)
		return res;
	if (is_same(&what.calls, nr, value))
		return cmd_error_at(c, line, &line->tok[2],
				    "that is the same call with the same arguments");
	text = script_of(nr, value);
	what.script = (struct scr_source){ "!hijack", text, strlen(text), 1, 1 };
	res = cmd_event(c, cmd_event_options, rest, &what);
	free(text);
	return res;
}

enum cmd_result cmd_run_hijack(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line)
{
	const char *value[NARGS] = { NULL };
	const struct cmd_tok *bad = NULL;
	enum cmd_result res;
	struct cmd_line rest;

	if (line->ntok < 3 || line->tok[1].kind == CMD_BRACKET || line->tok[2].kind == CMD_BRACKET)
		return cmd_misuse(c, desc, line, NULL);
	rest = event_line(line, value, &bad);
	if (bad)
		res = cmd_error_at(c, line, bad, "the value is missing: arg0=1");
	else
		res = arm(c, line, &rest, value);
	free(rest.tok);
	return res;
}
