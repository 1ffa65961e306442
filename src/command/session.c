/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - the commands about lstar itself: settings, queues, state, help, the end.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/nearest.h"
#include "command/internal.h"

/* --- settings --- */

static bool is_number_setting(enum dbg_setting s)
{
	return !strchr(dbg_setting_names[s].kind, '|');
}

/* Choices are numbered from 0 as written, but `on` is 1. */
static bool is_switch(enum dbg_setting s)
{
	return !strcmp(dbg_setting_names[s].kind, "on|off");
}

static void show_setting(struct cmd *c, enum dbg_setting s)
{
	const struct dbg_setting_name *name = &dbg_setting_names[s];
	u64 value = dbg_setting(c->d, s);
	const char *p = name->kind;

	if (is_number_setting(s)) {
		con_printf(c->con, "%-12s %-8llx %s\n", name->name, value, name->help);
		return;
	}
	if (is_switch(s))
		value = !value;
	while (value-- && strchr(p, '|'))
		p = strchr(p, '|') + 1;
	con_printf(c->con, "%-12s %-8.*s %s\n", name->name, (int)strcspn(p, "|"), p, name->help);
}

static const char *ith_setting(const void *user, size_t i)
{
	(void)user;
	return i < DBG_NSETTINGS ? dbg_setting_names[i].name : NULL;
}

static int find_setting(const char *name)
{
	for (int i = 0; i < DBG_NSETTINGS; i++)
		if (!strcasecmp(dbg_setting_names[i].name, name))
			return i;
	return -1;
}

static enum cmd_result unknown_setting(struct cmd *c, const struct cmd_line *line)
{
	const struct cmd_tok *tok = &line->tok[1];
	const char *near = abi_nearest(tok->text, ith_setting, NULL);
	struct cmd_err err;

	cmd_err_set(&err, tok->off, tok->len, "there is no setting '%.64s'", tok->text);
	if (near)
		cmd_err_hint(&err, "did you mean '%s'?", near);
	else
		cmd_err_hint(&err, "'settings' lists them");
	return cmd_show_err(c, line, &err);
}

static enum cmd_result set_setting(struct cmd *c, const struct cmd_line *line, enum dbg_setting s)
{
	const struct cmd_tok *tok = &line->tok[2];
	int choice = cmd_choice(dbg_setting_names[s].kind, tok->text);
	u64 value;

	if (is_number_setting(s)) {
		if (!cmd_value(c, line, tok, &value))
			return CMD_FAILED;
	} else if (choice < 0) {
		return cmd_error_at(c, line, tok, "'%s' is not a value of '%s': %s", tok->text,
				    dbg_setting_names[s].name, dbg_setting_names[s].kind);
	} else {
		value = is_switch(s) ? !choice : (u64)choice;
	}
	if (dbg_set(c->d, s, value))
		return cmd_error_at(c, line, tok, "%s", dbg_error(c->d));
	return CMD_OK;
}

static enum cmd_result run_settings(struct cmd *c, const struct cmd_desc *desc,
				    const struct cmd_line *line)
{
	int s;

	if (line->ntok > 3)
		return cmd_misuse(c, desc, line, &line->tok[3]);
	if (line->ntok == 1) {
		for (int i = 0; i < DBG_NSETTINGS; i++)
			show_setting(c, (enum dbg_setting)i);
		return CMD_OK;
	}
	s = find_setting(line->tok[1].text);
	if (s < 0)
		return unknown_setting(c, line);
	if (line->ntok == 3)
		return set_setting(c, line, (enum dbg_setting)s);
	show_setting(c, (enum dbg_setting)s);
	return CMD_OK;
}

/* --- queues --- */

static enum cmd_result run_flush(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	u64 n;

	n = dbg_flush(c->d);
	con_printf(c->con, "%llu queued message%s dropped\n", n, n == 1 ? "" : "s");
	return CMD_OK;
}

static enum cmd_result run_prealloc(struct cmd *c, const struct cmd_desc *desc,
				    const struct cmd_line *line)
{
	u64 count;

	if (line->ntok != 3)
		return cmd_misuse(c, desc, line, line->ntok > 3 ? &line->tok[3] : NULL);
	if (cmd_choice(desc->options[0].value, line->tok[1].text) < 0)
		return cmd_error_at(c, line, &line->tok[1], "'%s' is nothing to prealloc: %s",
				    line->tok[1].text, desc->options[0].value);
	if (!cmd_value(c, line, &line->tok[2], &count))
		return CMD_FAILED;
	con_printf(c->con, "not needed here: memory for events is allocated when they are set\n");
	return CMD_OK;
}

/* --- state --- */

static void status_target(struct cmd *c)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	dbg_target_status(c->d, out);
	if (!fclose(out))
		con_write(c->con, text, size);
	free(text);
}

static void status_debuggee(struct cmd *c)
{
	size_t n = dbg_threads(c->d, NULL, 0);
	char who[64];

	if (dbg_can(c->d, TGT_WHOLE)) {
		status_target(c);
		return;
	}
	if (!n) {
		con_printf(c->con, "no debuggee\n");
		return;
	}
	cmd_thread_text(c, dbg_current_pid(c->d), dbg_current_tid(c->d), who, sizeof(who));
	con_printf(c->con, "debuggee: %zu thread%s, %s, current %s\n", n, n == 1 ? "" : "s",
		   dbg_stopped(c->d) ? "stopped" : "running", who);
	status_target(c);
}

static void status_maps(struct cmd *c)
{
	const char *name;
	u64 refused;
	u32 used;

	for (u32 i = 0; (name = dbg_map_info(c->d, i, &used, &refused)); i++) {
		con_printf(c->con, "map .%s: %u key%s", name, used, used == 1 ? "" : "s");
		if (refused)
			con_printf(c->con, "; full: %llu updates of new keys were refused",
				   refused);
		con_printf(c->con, "\n");
	}
}

static enum cmd_result run_status(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	struct dbg_event_info info;
	struct dbg_stats st;
	size_t events = 0, enabled = 0;

	con_printf(c->con, "lstar " LSTAR_VERSION ", target: %s\n", dbg_target_name(c->d));
	status_debuggee(c);
	for (; dbg_event_list(c->d, events, &info); events++)
		enabled += info.enabled;
	dbg_stats(c->d, &st);
	con_printf(c->con, "events: %zu, of which %zu enabled; global variables: %u\n", events,
		   enabled, scr_env_nglobals(dbg_env(c->d)));
	status_maps(c);
	con_printf(c->con,
		   "so far: %llu stops, %llu events fired, %llu script errors, %llu messages, "
		   "%llu dropped\n",
		   st.stops, st.fired, st.faults, st.messages, st.dropped);
	return CMD_OK;
}

static enum cmd_result run_cls(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line)
{
	if (c->mode & CMD_TERMINAL)
		con_write(c->con, "\033[H\033[2J\033[3J", 11);
	return CMD_OK;
}

static enum cmd_result run_exit(struct cmd *c, const struct cmd_desc *desc,
				const struct cmd_line *line)
{
	return CMD_EXIT;
}

static const struct cmd_option settings_options[] = {
	{ NULL, CMD_ARG_SETTING, "NAME", "a setting" },
	{ NULL, CMD_ARG_TEXT, "VALUE", "its new value" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option prealloc_options[] = {
	{ NULL, CMD_ARG_CHOICE,
	  "regular-event|big-event|regular-safe-buffer|big-safe-buffer|monitor|epthook|epthook2|"
	  "thread-interception",
	  "kind of memory" },
	{ NULL, CMD_ARG_NUMBER, "COUNT", "how many" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option help_options[] = {
	{ NULL, CMD_ARG_COMMAND, "COMMAND", "a command, or 'script' for the script language" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_session[] = {
	{ "settings", "[NAME [VALUE]]",
	  "show or change settings",
	  "Without arguments: all settings with their values. They last until lstar ends.",
	  "settings filter off", 0, settings_options, run_settings, "PM" },
	{ "flush", "",
	  "drop messages that are queued",
	  "Messages of events with 'imm no' wait in a queue; this drops them, and says how many.",
	  "flush", 0, NULL, run_flush, "PM" },
	{ "prealloc preallocate preallocation", "KIND COUNT",
	  "set memory aside for events",
	  "Debuggers that stop the whole machine need it, because nothing can be allocated while it "
	  "stands still. Processes need nothing of the kind: the command is accepted, so that files "
	  "of commands work everywhere, and does nothing.",
	  "prealloc regular-event 10", 0, prealloc_options, run_prealloc, "PM" },
	{ ".status status", "",
	  "show the state of the session",
	  "The debuggee, how it is intercepted, and counters of stops, events and messages, lost "
	  "ones included. On the machine: for each CPU whether the hypervisor is under it, whether "
	  "system calls are intercepted, and how often the guest was left, by reason.",
	  ".status", 0, NULL, run_status, "PM" },
	{ ".help help .hh !help", "[COMMAND]",
	  "show help",
	  "Alone: all commands by family. With a command: everything about it. '.help script' is a "
	  "summary of the script language.",
	  ".help !syscall", 0, help_options, cmd_run_help, "PM" },
	{ ".cls cls clear", "",
	  "clear the screen",
	  "Nothing but the screen: 'events c all' clears events.",
	  ".cls", 0, NULL, run_cls, "PM" },
	{ "exit .exit q", "",
	  "end the session",
	  "Launched processes are killed, attached ones go on without the debugger. On the machine the "
	  "events are cleared and the hypervisor is taken away, unless 'settings stay on' keeps it.",
	  "exit", 0, NULL, run_exit, "PM" },
	{ .names = NULL },
};
/* clang-format on */
