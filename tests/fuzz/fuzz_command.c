/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_command.c - the text side of commands against anything: scanner, splitter, numbers,
 * arguments of files, event options. Nothing is armed and nothing is run.
 */
#include <stdlib.h>
#include <string.h>

#include "command/command.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Tokens lie in the text, in order, one behind the other. */
static void check_line(const struct cmd_line *line, size_t size)
{
	size_t end = 0;

	for (size_t i = 0; i < line->ntok; i++) {
		const struct cmd_tok *tok = &line->tok[i];

		check(tok->off >= end && tok->len && tok->off + tok->len <= size);
		check(tok->line && tok->col && strlen(tok->text) <= tok->len);
		end = tok->off + tok->len;
	}
}

static void options(const struct cmd_line *line, const struct cmd_option *opts, enum eng_kind kind)
{
	struct dbg_event_spec spec = { .kind = kind };
	struct cmd_event_words words;
	char *names[OUT_EVENT_MAX];
	struct cmd_err err = { 0 };
	size_t n;

	cmd_event_words(line, opts, &words, &err);
	cmd_event_values(&words, TGT_BREAKS, &spec, &err);
	if (words.value[CMD_EV_OUTPUT] &&
	    cmd_event_outputs(words.value[CMD_EV_OUTPUT], names, &n, &err)) {
		check(n && n <= OUT_EVENT_MAX);
		while (n)
			free(names[--n]);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = malloc(size + 1), *replaced, *argv[2];
	struct cmd_feed feed = { 0 };
	struct cmd_line line;
	struct cmd_err err;
	u64 value;
	bool ok;

	check(text);
	memcpy(text, data, size);
	text[size] = '\0';
	size = strlen(text);
	ok = cmd_split(text, &line, &err);
	check(ok || err.off <= size);
	check_line(&line, size);
	if (ok && line.ntok) {
		check(cmd_scan(text) == CMD_COMPLETE || line.ntok == 1);
		options(&line, cmd_event_options, ENG_EV_SYSCALL);
		options(&line, cmd_event_options + 1, ENG_EV_SYSRET);
		cmd_number(line.tok[line.ntok - 1].text, &value);
	}
	cmd_line_free(&line);
	argv[0] = argv[1] = text;
	replaced = cmd_replace_args(size < 4096 ? text : "", argv, 2);
	cmd_feed_add(&feed, replaced);
	cmd_feed_free(&feed);
	free(replaced);
	free(text);
	return 0;
}
