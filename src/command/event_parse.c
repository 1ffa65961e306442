/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * event_parse.c - the options of the event commands: tokens to words to values.
 *
 * Pure: no session is needed, nothing is armed, assembled, compiled or looked up here.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/nearest.h"
#include "command/internal.h"

#define EV_BUFFER_MAX 0x10000000ULL /* 256 MiB; more is a slip of the finger */

/* clang-format off */
const struct cmd_option cmd_event_options[CMD_EV_NOPTIONS + 1] = {
	[CMD_EV_CALL] = { NULL, CMD_ARG_CALL, "CALL",
		"the system call, by name (openat), number (101) or class (%file); without it: every call" },
	[CMD_EV_PID] = { "pid", CMD_ARG_NUMBER, "ID|all",
		"only this process; default: every process of the debuggee" },
	[CMD_EV_CORE] = { "core", CMD_ARG_NUMBER, "N|all",
		"only threads that run on this CPU; default: all" },
	[CMD_EV_IMM] = { "imm", CMD_ARG_CHOICE, "yes|no",
		"yes: messages are delivered at once (default); no: gathered, and delivered together" },
	[CMD_EV_SC] = { "sc", CMD_ARG_CHOICE, "on|off",
		"on: short-circuit, the kernel never executes the call; default off" },
	[CMD_EV_STAGE] = { "stage", CMD_ARG_CHOICE, "pre|post|all",
		"before or after the call has been executed, or both; default pre" },
	[CMD_EV_BUFFER] = { "buffer", CMD_ARG_NUMBER, "BYTES",
		"a zeroed buffer that lasts as long as the event: $buffer in scripts, rcx in code" },
	[CMD_EV_SCRIPT] = { "script", CMD_ARG_SCRIPT, "{ STATEMENTS } or {file:PATH}",
		"run a script" },
	[CMD_EV_CONDITION] = { "condition", CMD_ARG_CODE, "{ HEX }",
		"machine code that decides: the event takes place if it returns rax != 0; "
		"rcx = registers, rdx = $context" },
	[CMD_EV_ASM_CONDITION] = { "asm condition", CMD_ARG_CODE, "{ ASSEMBLY }",
		"the same in Intel syntax, statements separated by ';'; numbers are decimal "
		"unless 0x is before them; <EXPRESSION> is replaced by its value now" },
	[CMD_EV_CODE] = { "code", CMD_ARG_CODE, "{ HEX }",
		"machine code to run; rcx = buffer, rdx = registers, r8 = $context" },
	[CMD_EV_ASM_CODE] = { "asm code", CMD_ARG_CODE, "{ ASSEMBLY }",
		"the same in Intel syntax" },
	[CMD_EV_OUTPUT] = { "output", CMD_ARG_LIST, "{ NAME, ... }",
		"messages go to these outputs (at most 5) instead of the console" },
	[CMD_EV_NOPTIONS] = { NULL, CMD_ARG_NONE, NULL, NULL },
};
/* clang-format on */

static bool wants_bracket(const struct cmd_option *opt)
{
	return opt->kind == CMD_ARG_SCRIPT || opt->kind == CMD_ARG_CODE ||
	       opt->kind == CMD_ARG_LIST;
}

/*
 * How many tokens from @i on spell the option's word: 0 or 1, or 2 for "asm code". `asm`
 * belongs to the word behind it and to no other.
 */
static size_t option_match(const struct cmd_line *line, size_t i, const struct cmd_option *opt)
{
	const char *blank;
	char first[16];

	if (!opt->word || line->tok[i].kind != CMD_WORD)
		return 0;
	blank = strchr(opt->word, ' ');
	if (!blank)
		return !strcasecmp(line->tok[i].text, opt->word);
	snprintf(first, sizeof(first), "%.*s", (int)(blank - opt->word), opt->word);
	if (strcasecmp(line->tok[i].text, first) || i + 1 >= line->ntok)
		return 0;
	return cmd_tok_is(&line->tok[i + 1], blank + 1) ? 2 : 0;
}

static const struct cmd_option *find_option(const struct cmd_line *line, size_t i,
					    const struct cmd_option *options, size_t *ntok)
{
	for (const struct cmd_option *opt = options; opt->kind; opt++) {
		*ntok = option_match(line, i, opt);
		if (*ntok)
			return opt;
	}
	return NULL;
}

/* Only the first error counts, but the words behind it are still gathered. */
static bool note_error(bool ok, struct cmd_err *err, const struct cmd_err *now)
{
	if (ok)
		*err = *now;
	return false;
}

/* The i-th option that has a word. */
static const char *ith_word(const void *user, size_t i)
{
	for (const struct cmd_option *opt = user; opt->kind; opt++)
		if (opt->word && !i--)
			return opt->word;
	return NULL;
}

static bool bad_leftover(const struct cmd_tok *tok, const struct cmd_option *options,
			 bool have_call, struct cmd_err *err)
{
	const char *best;

	if (tok->kind == CMD_BRACKET) {
		cmd_err_set(err, tok->off, tok->len,
			    "a block in braces without an option before it");
		cmd_err_hint(err,
			     "script { ... }, condition { ... }, code { ... } or output { ... }");
		return false;
	}
	if (cmd_tok_is(tok, "asm")) {
		cmd_err_set(err, tok->off, tok->len, "'asm' belongs before 'condition' or 'code'");
		return false;
	}
	best = abi_nearest(tok->text, ith_word, options);
	cmd_err_set(err, tok->off, tok->len, "unknown parameter '%.64s'", tok->text);
	if (best)
		cmd_err_hint(err, "did you mean '%s'?", best);
	else if (options->word)
		cmd_err_hint(err, "this event takes no call: test $syscall_number in the script");
	else if (have_call && abi_call_by_name(ABI_X86_64, tok->text))
		cmd_err_hint(err, "an event takes one call; set one event for each");
	else
		cmd_err_hint(err,
			     "options: pid core imm sc stage buffer script condition code output");
	return false;
}

static bool missing_value(const struct cmd_line *line, size_t i, const struct cmd_option *opt,
			  struct cmd_err *err)
{
	const struct cmd_tok *last = &line->tok[i - 1];

	if (i >= line->ntok) {
		cmd_err_set(err, last->off, last->len, "please specify a value for '%s'",
			    opt->word);
		cmd_err_hint(err, "%s %s", opt->word, opt->value);
		return true;
	}
	if (wants_bracket(opt) == (line->tok[i].kind == CMD_BRACKET))
		return false;
	cmd_err_set(err, line->tok[i].off, line->tok[i].len, "the value of '%s' %s", opt->word,
		    wants_bracket(opt) ? "stands in braces" : "is a word, not a block in braces");
	cmd_err_hint(err, "%s %s", opt->word, opt->value);
	return true;
}

/* A repeated option: the last one wins, and hex and assembly are two ways of one option. */
static void set_word(struct cmd_event_words *words, size_t opt, const struct cmd_tok *tok)
{
	if (opt == CMD_EV_CONDITION || opt == CMD_EV_ASM_CONDITION)
		words->value[CMD_EV_CONDITION] = words->value[CMD_EV_ASM_CONDITION] = NULL;
	if (opt == CMD_EV_CODE || opt == CMD_EV_ASM_CODE)
		words->value[CMD_EV_CODE] = words->value[CMD_EV_ASM_CODE] = NULL;
	words->value[opt] = tok;
}

bool cmd_event_words(const struct cmd_line *line, const struct cmd_option *options,
		     struct cmd_event_words *words, struct cmd_err *err)
{
	bool ok = true, takes_call = !options->word;
	struct cmd_err now = { 0 };
	size_t i = 1, n;

	memset(words, 0, sizeof(*words));
	while (i < line->ntok) {
		const struct cmd_tok *tok = &line->tok[i];
		const struct cmd_option *opt = find_option(line, i, options, &n);

		if (opt) {
			i += n;
			if (missing_value(line, i, opt, &now))
				ok = note_error(ok, err, &now);
			else
				set_word(words, (size_t)(opt - cmd_event_options), &line->tok[i++]);
			continue;
		}
		if (takes_call && !words->value[CMD_EV_CALL] && tok->kind != CMD_BRACKET &&
		    !cmd_tok_is(tok, "asm"))
			words->value[CMD_EV_CALL] = tok;
		else if (!bad_leftover(tok, options, words->value[CMD_EV_CALL], &now))
			ok = note_error(ok, err, &now);
		i++;
	}
	return ok;
}

/* --- values --- */

/* A number or `all`. */
static bool number_or_all(const struct cmd_event_words *words, enum cmd_event_option opt,
			  const char *what, u64 max, u64 *value, struct cmd_err *err)
{
	const struct cmd_tok *tok = words->value[opt];

	if (!tok || cmd_tok_is(tok, "all")) {
		*value = ENG_ANY;
		return true;
	}
	if (!cmd_number(tok->text, value)) {
		cmd_err_set(err, tok->off, tok->len, "%s is invalid: '%.64s' is not a number", what,
			    tok->text);
		cmd_err_hint(err, "numbers are hexadecimal; 0n before a decimal one; or 'all'");
		return false;
	}
	if (*value > max) {
		cmd_err_set(err, tok->off, tok->len, "%s is invalid: %.64s is more than %llx", what,
			    tok->text, max);
		return false;
	}
	return true;
}

static u64 last_cpu(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return n > 0 ? (u64)n - 1 : UINT32_MAX;
}

static bool choice(const struct cmd_event_words *words, enum cmd_event_option opt, int *value,
		   struct cmd_err *err)
{
	const struct cmd_tok *tok = words->value[opt];

	if (!tok)
		return true;
	*value = cmd_choice(cmd_event_options[opt].value, tok->text);
	if (*value >= 0)
		return true;
	cmd_err_set(err, tok->off, tok->len, "'%.64s' is not a value of '%s'", tok->text,
		    cmd_event_options[opt].word);
	cmd_err_hint(err, "%s %s", cmd_event_options[opt].word, cmd_event_options[opt].value);
	return false;
}

static bool buffer_size(const struct cmd_tok *tok, u64 *size, struct cmd_err *err)
{
	*size = 0;
	if (!tok)
		return true;
	if (!cmd_number(tok->text, size) || !*size) {
		cmd_err_set(err, tok->off, tok->len, "buffer size is invalid: '%.64s'", tok->text);
		cmd_err_hint(err, "a number of bytes, hexadecimal: buffer 1000");
		return false;
	}
	if (*size > EV_BUFFER_MAX) {
		cmd_err_set(err, tok->off, tok->len, "buffer size is invalid: at most %llx bytes",
			    EV_BUFFER_MAX);
		return false;
	}
	return true;
}

/* `sc on` where nothing can be left out. */
static bool check_sc(const struct cmd_event_words *words, unsigned can,
		     const struct dbg_event_spec *spec, struct cmd_err *err)
{
	const struct cmd_tok *tok = words->value[CMD_EV_SC];

	if (!spec->sc)
		return true;
	if (spec->kind == ENG_EV_SYSRET && !(can & TGT_SKIPS_RETURN)) {
		cmd_err_set(err, tok->off, tok->len,
			    "a return of a process cannot be short-circuited: "
			    "the kernel is on its way back already");
		cmd_err_hint(
			err,
			"set the result with @rax, or short-circuit the call: !syscall ... sc on");
		return false;
	}
	if (spec->stages & ENG_STAGE_POST) {
		cmd_err_set(
			err, tok->off, tok->len,
			"'sc on' is impossible in stage post: the call has been executed by then");
		cmd_err_hint(err, "leave 'stage' out, or write 'stage pre'");
		return false;
	}
	return true;
}

bool cmd_event_values(const struct cmd_event_words *words, unsigned can,
		      struct dbg_event_spec *spec, struct cmd_err *err)
{
	static const u8 stages[] = { ENG_STAGE_PRE, ENG_STAGE_POST,
				     ENG_STAGE_PRE | ENG_STAGE_POST };
	int imm = 0, sc = 1, stage = 0;

	if (!number_or_all(words, CMD_EV_PID, "pid", UINT32_MAX, &spec->pid, err) ||
	    !number_or_all(words, CMD_EV_CORE, "core id", last_cpu(), &spec->core, err) ||
	    !choice(words, CMD_EV_IMM, &imm, err) || !choice(words, CMD_EV_SC, &sc, err) ||
	    !choice(words, CMD_EV_STAGE, &stage, err) ||
	    !buffer_size(words->value[CMD_EV_BUFFER], &spec->buffer_size, err))
		return false;
	spec->imm = imm == 0;
	spec->sc = sc == 0;
	spec->stages = stages[stage];
	if (!spec->imm && words->value[CMD_EV_OUTPUT]) {
		const struct cmd_tok *tok = words->value[CMD_EV_IMM];

		cmd_err_set(err, tok->off, tok->len, "'imm no' cannot be combined with 'output'");
		cmd_err_hint(err, "leave 'imm' out: outputs are delivered to at once");
		return false;
	}
	return check_sc(words, can, spec, err);
}

bool cmd_event_outputs(const struct cmd_tok *tok, char *names[OUT_EVENT_MAX], size_t *n,
		       struct cmd_err *err)
{
	const char *p = tok->text;

	*n = 0;
	for (;;) {
		size_t len = strcspn(p, ","), trim = len;
		const char *start = p;

		while (trim && isspace((unsigned char)*start))
			start++, trim--;
		while (trim && isspace((unsigned char)start[trim - 1]))
			trim--;
		if (!trim) {
			cmd_err_set(err, tok->off, tok->len, "the name of an output is empty");
			cmd_err_hint(err, "output { NAME, NAME }; 'output' lists what there is");
			goto fail;
		}
		if (*n == OUT_EVENT_MAX) {
			cmd_err_set(err, tok->off, tok->len, "an event has at most %d outputs",
				    OUT_EVENT_MAX);
			goto fail;
		}
		names[(*n)++] = cmd_strndup(start, trim);
		if (!p[len])
			return true;
		p += len + 1;
	}
fail:
	while (*n)
		free(names[--*n]);
	return false;
}
