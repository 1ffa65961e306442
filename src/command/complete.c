/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * complete.c - completion at the prompt, from the table of commands and the state of the
 * session. It proposes words; it must never run or change anything.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"
#include "symbols/symbols.h"

/* All candidates for one word, gathered at once. */
static struct {
	char **word;
	size_t n, next;
} found;

static void propose(const char *prefix, const char *candidate, const char *typed)
{
	size_t np = strlen(prefix), nt = strlen(typed);
	char *word;

	if (strncasecmp(typed, prefix, np < nt ? np : nt) ||
	    (nt > np && strncasecmp(typed + np, candidate, nt - np)))
		return;
	word = cmd_printf("%s%s", prefix, candidate);
	found.word = cmd_realloc(found.word, (found.n + 1) * sizeof(*found.word));
	found.word[found.n++] = word;
}

/* Each of several words, separated by @sep. */
static void propose_words(const char *words, char sep, const char *typed)
{
	while (*words) {
		const char *end = strchrnul(words, sep);
		char *one = cmd_strndup(words, (size_t)(end - words));

		propose("", one, typed);
		free(one);
		words = *end ? end + 1 : end;
	}
}

static void propose_commands(const char *typed)
{
	for (const struct cmd_family *fam = cmd_families; fam->title; fam++)
		for (const struct cmd_desc *desc = fam->commands; desc->names; desc++)
			propose_words(desc->names, ' ', typed);
}

static void propose_calls(const char *typed)
{
	size_t n;
	const struct abi_call *calls = abi_calls(ABI_X86_64, &n);

	for (size_t i = 0; i < n; i++)
		propose("", calls[i].name, typed);
	for (size_t i = 0; i < abi_nclasses; i++)
		propose("", abi_classes[i].name, typed);
}

static void propose_events(struct cmd *c, const char *typed)
{
	struct dbg_event_info info;
	char number[16];

	propose("", "all", typed);
	for (size_t i = 0; dbg_event_list(c->d, i, &info); i++) {
		snprintf(number, sizeof(number), "%x", info.id);
		propose("", number, typed);
	}
}

static void propose_outputs(struct cmd *c, const char *typed)
{
	struct out_info info;

	for (size_t i = 0; out_list(dbg_outputs(c->d), i, &info); i++)
		propose("", info.name, typed);
}

static void propose_registers(const char *prefix, const char *typed)
{
	for (u32 i = 0; i < eng_nreg_names; i++)
		propose(prefix, eng_reg_names[i].name, typed);
}

static void propose_globals(struct cmd *c, const char *typed)
{
	const char *name;

	for (u32 slot = 0; (name = scr_env_global_name(dbg_env(c->d), slot)); slot++)
		propose(".", name, typed);
}

/* Symbols as "module!name", modules where no '!' is there yet. */
static void propose_symbols(struct cmd *c, const char *typed)
{
	const struct sym_table *table = typed[0] ? dbg_symbols(c->d) : NULL;
	const char *bang = strchr(typed, '!'), *last = "";
	size_t module = bang ? (size_t)(bang - typed) : 0;
	char prefix[128];

	for (size_t i = 0; table && i < sym_count(table); i++) {
		const struct sym *s = sym_get(table, i);

		if (!bang && !strcmp(s->module, last))
			continue;
		last = s->module;
		if (bang && (strncasecmp(s->module, typed, module) || s->module[module]))
			continue;
		snprintf(prefix, sizeof(prefix), "%s!", s->module);
		propose(prefix, bang ? s->name : "", typed);
	}
}

/* Words of scripts. */
static void propose_script(struct cmd *c, const char *typed)
{
	switch (typed[0]) {
	case '@':
		propose_registers("@", typed);
		break;
	case '$':
		for (int i = 0; i < ENG_NPSEUDO; i++)
			propose("$", eng_pseudo_names[i].name, typed);
		break;
	case '.':
		propose_globals(c, typed);
		break;
	case '\0':
		break;
	default:
		if (strchr(typed, '!'))
			propose_symbols(c, typed);
		for (int i = 0; i < ENG_NBUILTINS; i++)
			propose("", eng_builtin_names[i].name, typed);
		propose("", "printf", typed);
	}
}

static void propose_value(struct cmd *c, const struct cmd_option *opt, const char *typed)
{
	switch (opt->kind) {
	case CMD_ARG_ADDRESS:
		propose_symbols(c, typed);
		break;
	case CMD_ARG_CALL:
		if (typed[0])
			propose_calls(typed);
		break;
	case CMD_ARG_EVENT:
		propose_events(c, typed);
		break;
	case CMD_ARG_REGISTER:
		propose_registers(typed[0] == '@' ? "@" : "", typed);
		break;
	case CMD_ARG_OUTPUT:
	case CMD_ARG_LIST:
		propose_outputs(c, typed);
		break;
	case CMD_ARG_SETTING:
		for (int i = 0; i < DBG_NSETTINGS; i++)
			propose("", dbg_setting_names[i].name, typed);
		break;
	case CMD_ARG_COMMAND:
		propose_commands(typed);
		break;
	case CMD_ARG_CHOICE:
		propose_words(opt->value, '|', typed);
		break;
	case CMD_ARG_NUMBER:
		if (strstr(opt->value, "|all"))
			propose("", "all", typed);
		break;
	default:
		break;
	}
}

/* What stands before the word at @start: the command, and the word before it if it is there. */
static const struct cmd_desc *context(const char *line, size_t start, char *before, size_t size,
				      size_t *ntok, bool *in_brace)
{
	char *head = cmd_strndup(line, start);
	const struct cmd_desc *desc = NULL;
	struct cmd_line split;
	struct cmd_err err;

	before[0] = '\0';
	*in_brace = !cmd_split(head, &split, &err);
	*ntok = split.ntok;
	if (split.ntok && split.tok[0].kind == CMD_WORD)
		desc = cmd_find(split.tok[0].text);
	if (split.ntok > 1 && split.tok[split.ntok - 1].kind == CMD_WORD)
		snprintf(before, size, "%s", split.tok[split.ntok - 1].text);
	cmd_line_free(&split);
	free(head);
	return desc;
}

static const struct cmd_option *option_before(const struct cmd_desc *desc, const char *before)
{
	for (const struct cmd_option *opt = desc->options; opt && opt->kind; opt++) {
		const char *word = opt->word ? strrchr(opt->word, ' ') : NULL;

		word = word ? word + 1 : opt->word;
		if (word && opt->value && !strcasecmp(word, before))
			return opt;
	}
	return NULL;
}

static void gather(struct cmd *c, const char *line, size_t start, const char *typed)
{
	char before[64];
	size_t ntok;
	bool in_brace;
	const struct cmd_desc *desc =
		context(line, start, before, sizeof(before), &ntok, &in_brace);
	const struct cmd_option *opt;
	size_t positional = 0;
	bool after_asm = !strcasecmp(before, "asm");

	if (!ntok && !in_brace) {
		propose_commands(typed);
		return;
	}
	if (in_brace || (desc && desc->flags & CMD_RAW)) {
		propose_script(c, typed);
		return;
	}
	if (!desc || !desc->options)
		return;
	opt = before[0] ? option_before(desc, before) : NULL;
	if (opt) {
		propose_value(c, opt, typed);
		return;
	}
	for (opt = desc->options; opt->kind; opt++) {
		const char *second = opt->word ? strchr(opt->word, ' ') : NULL;

		if (after_asm && second)
			propose("", second + 1, typed);
		else if (after_asm)
			continue;
		else if (opt->word)
			propose("", opt->word, typed);
		else if (positional++ == ntok - 1)
			propose_value(c, opt, typed);
	}
	if (desc->options[0].kind == CMD_ARG_SETTING && ntok == 2) {
		for (int i = 0; i < DBG_NSETTINGS; i++)
			if (!strcasecmp(dbg_setting_names[i].name, before))
				propose_words(dbg_setting_names[i].kind, '|', typed);
	}
}

char *cmd_complete(struct cmd *c, const char *line, size_t start, const char *word, int state)
{
	if (!state) {
		while (found.next < found.n)
			free(found.word[found.next++]);
		free(found.word);
		found.word = NULL;
		found.n = found.next = 0;
		gather(c, line, start, word);
	}
	return found.next < found.n ? found.word[found.next++] : NULL;
}

bool cmd_completes_file(const char *line, size_t start)
{
	char before[64];
	size_t ntok;
	bool in_brace;
	const struct cmd_desc *desc =
		context(line, start, before, sizeof(before), &ntok, &in_brace);

	if (!desc || in_brace || desc->flags & CMD_RAW)
		return start >= 6 && !strncasecmp(line + start - 6, "{file:", 6);
	for (const struct cmd_option *opt = desc->options; opt && opt->kind; opt++)
		if (opt->kind == CMD_ARG_FILE)
			return true;
	return false;
}
