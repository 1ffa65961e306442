/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outputs.c - the `output` command: named places that events deliver to.
 */
#include "command/internal.h"

static const char *const states[] = {
	[OUT_CREATED] = "not opened",
	[OUT_OPEN] = "open",
	[OUT_CLOSED] = "closed",
	[OUT_FAILED] = "failed",
};

static enum cmd_result list_outputs(struct cmd *c)
{
	struct out_info info;
	size_t i = 0;

	for (; out_list(dbg_outputs(c->d), i, &info); i++) {
		con_printf(c->con, "%-3zx %-10s %-11s %s  %s\n", i, out_type_names[info.type],
			   states[info.state], info.name, info.address);
		con_printf(c->con, "    %llu bytes in %llu messages delivered, %llu dropped%s%s\n",
			   info.bytes, info.messages, info.dropped, info.failure ? "; " : "",
			   info.failure ? info.failure : "");
	}
	if (!i)
		con_printf(c->con, "the list of outputs is empty\n");
	return CMD_OK;
}

static enum cmd_result done(struct cmd *c, const struct cmd_line *line, const char *what, int err)
{
	if (err)
		return cmd_fail(c, "%s", out_error(dbg_outputs(c->d)));
	cmd_note(c, "output '%s' %s", line->tok[2].text, what);
	return CMD_OK;
}

/* Closed is final: who still prints there should know that nothing arrives. */
static enum cmd_result close_output(struct cmd *c, const struct cmd_line *line)
{
	const char *name = line->tok[2].text;
	enum cmd_result res = done(c, line, "closed", out_close(dbg_outputs(c->d), name));
	struct dbg_event_info info;

	for (size_t i = 0; res == CMD_OK && dbg_event_list(c->d, i, &info); i++)
		if (dbg_event_prints_to(c->d, info.id, name))
			con_warning(c->con,
				    "event %x prints to output '%s': what it prints is dropped "
				    "from now on; 'events c %x' clears it",
				    info.id, name, info.id);
	return res;
}

static enum cmd_result create(struct cmd *c, const struct cmd_line *line)
{
	const struct cmd_tok *type = &line->tok[3];
	bool known = false;

	for (int i = 0; i < OUT_NTYPES; i++)
		known |= cmd_tok_is(type, out_type_names[i]);
	if (!known)
		return cmd_error_at(c, line, type,
				    "incorrect type '%s': file, namedpipe, tcp or module",
				    type->text);
	return done(
		c, line, "created; 'output open' starts delivery",
		out_create(dbg_outputs(c->d), line->tok[2].text, type->text, line->tok[4].text));
}

static enum cmd_result run_output(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	static const size_t words[] = { 5, 3, 3 };
	int op;

	if (line->ntok == 1)
		return list_outputs(c);
	op = cmd_choice("create|open|close", line->tok[1].text);
	if (op < 0)
		return cmd_misuse(c, desc, line, &line->tok[1]);
	if (line->ntok != words[op])
		return cmd_misuse(c, desc, line,
				  line->ntok > words[op] ? &line->tok[words[op]] : NULL);
	if (op == 0)
		return create(c, line);
	if (op == 1)
		return done(c, line, "opened", out_open(dbg_outputs(c->d), line->tok[2].text));
	return close_output(c, line);
}

static const struct cmd_option output_options[] = {
	{ "create", CMD_ARG_TEXT, "NAME",
	  "make an output, and open its resource: a file (created, truncated), a FIFO, a TCP "
	  "connection to ADDRESS:PORT, or a shared library" },
	{ NULL, CMD_ARG_CHOICE, "file|namedpipe|tcp|module", "its type" },
	{ NULL, CMD_ARG_FILE, "ADDRESS", "path, or host and port: 127.0.0.1:9000" },
	{ "open", CMD_ARG_OUTPUT, "NAME", "start delivery" },
	{ "close", CMD_ARG_OUTPUT, "NAME", "end delivery, for good" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_outputs[] = {
	{ "output", "[create NAME file|namedpipe|tcp|module ADDRESS | open NAME | close NAME]",
	  "list, create, open or close outputs of events",
	  "An event with 'output { NAME }' delivers what its script prints to that output instead "
	  "of the console, as raw text. A module is a shared library that has the function "
	  "lstar_event_forwarding or hyperdbg_event_forwarding (char *message, unsigned length). "
	  "What is printed to an output that is not open is dropped. Without arguments: the list, "
	  "with what was delivered and what was lost.",
	  "output create log file /tmp/calls.txt", 0, output_options, run_output, "PM" },
	{ .names = NULL },
};
/* clang-format on */
