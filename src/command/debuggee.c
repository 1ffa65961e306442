/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debuggee.c - the commands that start, take, let go, end and choose debuggees.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

static enum cmd_result check(struct cmd *c, int err)
{
	return err ? cmd_fail(c, "%s", dbg_error(c->d)) : CMD_OK;
}

/* The same for a process or thread that was named; prompts and `ps` show decimal numbers. */
static enum cmd_result check_id(struct cmd *c, const struct cmd_line *line, int err)
{
	const struct cmd_tok *tok = &line->tok[line->ntok - 1];
	struct cmd_err what;

	if (!err || line->ntok < 2)
		return check(c, err);
	cmd_err_set(&what, tok->off, tok->len, "%s", dbg_error(c->d));
	if (tok->text[1] && !tok->text[strspn(tok->text, "0123456789")])
		cmd_err_hint(&what, "numbers are hexadecimal: the decimal %s is written 0n%s",
			     tok->text, tok->text);
	return cmd_show_err(c, line, &what);
}

static enum cmd_result run_start(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	size_t first = line->ntok > 1 && cmd_tok_is(&line->tok[1], "path") ? 2 : 1, n = 0;
	char **argv;
	int err;

	if (line->ntok <= first)
		return cmd_misuse(c, desc, line, NULL);
	argv = cmd_alloc((line->ntok - first + 1) * sizeof(*argv));
	for (size_t i = first; i < line->ntok; i++)
		argv[n++] = line->tok[i].text;
	err = dbg_launch(c->d, argv);
	free(argv);
	if (!err)
		cmd_note(c, "process %u started and stopped at its entry point",
			 dbg_launched_pid(c->d));
	return check(c, err);
}

static enum cmd_result run_restart(struct cmd *c, const struct cmd_desc *desc,
				   const struct cmd_line *line)
{
	int err;

	err = dbg_restart(c->d);
	if (!err)
		cmd_note(c, "process %u started and stopped at its entry point",
			 dbg_launched_pid(c->d));
	return check(c, err);
}

/* [WORD] PID; *pid stays as it is when nothing is given. */
static bool pid_argument(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
			 const char *word, u32 *pid)
{
	size_t i = line->ntok > 1 && cmd_tok_is(&line->tok[1], word) ? 2 : 1;

	if (i >= line->ntok) {
		if (i == 1)
			return true;
		cmd_misuse(c, desc, line, NULL);
		return false;
	}
	if (line->ntok > i + 1) {
		cmd_misuse(c, desc, line, &line->tok[i + 1]);
		return false;
	}
	return cmd_value_id(c, line, &line->tok[i], pid);
}

static enum cmd_result run_attach(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	u32 pid = 0;
	int err;

	if (!pid_argument(c, desc, line, "pid", &pid))
		return CMD_FAILED;
	if (!pid)
		return cmd_misuse(c, desc, line, NULL);
	err = dbg_attach(c->d, pid);
	if (!err)
		cmd_note(c, "process %u attached and stopped", pid);
	return check_id(c, line, err);
}

static enum cmd_result run_detach(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	u32 pid = dbg_current_pid(c->d);
	int err;

	if (!pid_argument(c, desc, line, "pid", &pid))
		return CMD_FAILED;
	err = dbg_detach(c->d, pid);
	if (!err)
		cmd_note(c, "process %u runs on without the debugger", pid);
	return check_id(c, line, err);
}

static enum cmd_result run_kill(struct cmd *c, const struct cmd_desc *desc,
				const struct cmd_line *line)
{
	u32 pid = dbg_current_pid(c->d);
	int err;

	if (!pid_argument(c, desc, line, "pid", &pid))
		return CMD_FAILED;
	err = dbg_kill(c->d, pid);
	if (!err)
		cmd_note(c, "process %u killed", pid);
	return check_id(c, line, err);
}

/* --- threads --- */

static const char *call_text(const struct tgt_thread_info *info, char *buf, size_t size)
{
	const struct abi_call *call;

	if (!info->in_syscall)
		return "";
	call = abi_call_by_nr(info->abi, info->nr);
	if (call)
		snprintf(buf, size, ", in %s", call->name);
	else
		snprintf(buf, size, ", in call %llx", info->nr);
	return buf;
}

/* Threads of @pid, or of all processes for 0. */
static enum cmd_result list_threads(struct cmd *c, u32 pid)
{
	size_t n = dbg_threads(c->d, NULL, 0), got;
	struct tgt_thread_info *info = cmd_alloc((n + 1) * sizeof(*info));
	u32 current = dbg_current_tid(c->d);

	got = dbg_threads(c->d, info, n);
	for (size_t i = 0; i < (got < n ? got : n); i++) {
		char who[64], call[48];

		if (pid && info[i].pid != pid)
			continue;
		cmd_thread_text(c, info[i].pid, info[i].tid, who, sizeof(who));
		con_printf(c->con, "%c %s (pid %x, tid %x), %s, %s%s\n",
			   info[i].tid == current ? '*' : ' ', who, info[i].pid, info[i].tid,
			   info[i].launched ? "launched" : "attached",
			   info[i].stopped ? "stopped" : "running",
			   call_text(&info[i], call, sizeof(call)));
	}
	free(info);
	return CMD_OK;
}

static enum cmd_result show_current(struct cmd *c)
{
	u32 pid = dbg_current_pid(c->d), tid = dbg_current_tid(c->d);
	char who[64];

	cmd_thread_text(c, pid, tid, who, sizeof(who));
	con_printf(c->con, "%s (pid %x, tid %x)\n", who, pid, tid);
	return CMD_OK;
}

static enum cmd_result switch_to(struct cmd *c, const struct cmd_line *line)
{
	u32 id;

	if (!cmd_value_id(c, line, &line->tok[2], &id))
		return CMD_FAILED;
	if (dbg_switch(c->d, id))
		return check_id(c, line, -ESRCH);
	return show_current(c);
}

static enum cmd_result run_switch(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	if (line->ntok == 1 || (line->ntok == 2 && cmd_tok_is(&line->tok[1], "list")))
		return list_threads(c, 0);
	if (line->ntok == 3 && cmd_choice("pid|tid", line->tok[1].text) >= 0)
		return switch_to(c, line);
	return cmd_misuse(c, desc, line, &line->tok[1]);
}

static enum cmd_result run_thread(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	if (line->ntok == 1)
		return show_current(c);
	if (line->ntok == 2 && cmd_tok_is(&line->tok[1], "list"))
		return list_threads(c, dbg_current_pid(c->d));
	if (line->ntok == 3 && cmd_tok_is(&line->tok[1], "tid"))
		return switch_to(c, line);
	return cmd_misuse(c, desc, line, &line->tok[1]);
}

/* --- processes of the machine --- */

static bool is_number(const char *name)
{
	return name[0] && name[strspn(name, "0123456789")] == '\0';
}

static void list_process(struct cmd *c, const char *pid)
{
	char path[300], comm[32] = "?";
	unsigned long number = strtoul(pid, NULL, 10);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return; /* it ended meanwhile */
	if (fgets(comm, sizeof(comm), f))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(f);
	for (char *p = comm; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	con_printf(c->con, "%8lu (%6lx)  %s\n", number, number, comm);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	unsigned long x = strtoul((*a)->d_name, NULL, 10), y = strtoul((*b)->d_name, NULL, 10);

	return x < y ? -1 : x > y;
}

static int is_process(const struct dirent *entry)
{
	return is_number(entry->d_name);
}

static enum cmd_result list_processes(struct cmd *c)
{
	struct dirent **entry;
	int n = scandir("/proc", &entry, is_process, by_number);

	if (n < 0)
		return cmd_fail(c, "cannot read /proc: is it mounted?");
	for (int i = 0; i < n; i++) {
		list_process(c, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return CMD_OK;
}

static enum cmd_result run_process(struct cmd *c, const struct cmd_desc *desc,
				   const struct cmd_line *line)
{
	if (line->ntok == 2 && cmd_tok_is(&line->tok[1], "list"))
		return list_processes(c);
	if (!dbg_has_debuggee(c->d))
		return cmd_fail(c,
				"there is no debuggee; '.process list' shows the processes of the "
				"machine");
	if (line->ntok == 1 && !dbg_current_pid(c->d)) {
		con_printf(c->con, "none is chosen: addresses are the kernel's\n");
		return CMD_OK;
	}
	if (line->ntok == 1)
		return show_current(c);
	if (line->ntok == 3 && cmd_tok_is(&line->tok[1], "pid"))
		return switch_to(c, line);
	return cmd_misuse(c, desc, line, &line->tok[1]);
}

static const struct cmd_option start_options[] = {
	{ "path", CMD_ARG_FILE, "PROGRAM", "program to start; the word 'path' may be left out" },
	{ NULL, CMD_ARG_TEXT, "ARG...", "its arguments" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option pid_options[] = {
	{ "pid", CMD_ARG_NUMBER, "PID", "number of the process; the word 'pid' may be left out" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option switch_options[] = {
	{ "list", CMD_ARG_TEXT, NULL, "show all processes and threads of the debuggee" },
	{ "pid", CMD_ARG_NUMBER, "PID", "choose the main thread of a process" },
	{ "tid", CMD_ARG_NUMBER, "TID", "choose a thread" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option process_options[] = {
	{ "list", CMD_ARG_TEXT, NULL, "show all processes of the machine" },
	{ "pid", CMD_ARG_NUMBER, "PID", "choose a process of the debuggee" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option thread_options[] = {
	{ "list", CMD_ARG_TEXT, NULL, "show the threads of the current process" },
	{ "tid", CMD_ARG_NUMBER, "TID", "choose a thread of the debuggee" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_debuggee[] = {
	{ ".start", "[path] PROGRAM [ARG...]",
	  "start a program",
	  "The program is stopped at its entry point (of the dynamic linker for dynamic ones) and "
	  "ends when lstar does. Quotes keep blanks together: .start path \"/opt/my program\".",
	  ".start path /bin/ls -l /tmp", 0, start_options, run_start, "P" },
	{ ".restart", "",
	  "start the last program again",
	  "Kills what was started last, if it still lives, and starts it again with the same "
	  "arguments. Events stay.",
	  ".restart", 0, NULL, run_restart, "P" },
	{ ".attach", "[pid] PID",
	  "take a running process",
	  "All its threads are stopped until 'g'. The number is hexadecimal: 0n before a decimal "
	  "one. When lstar ends, the process goes on. /proc/sys/kernel/yama/ptrace_scope may forbid "
	  "it for processes that are not children of lstar; CAP_SYS_PTRACE permits it.",
	  ".attach pid 0n1234", 0, pid_options, run_attach, "P" },
	{ ".detach", "[[pid] PID]",
	  "let a process go",
	  "The process (default: the current one) goes on without the debugger. A launched process "
	  "that has a seccomp filter of lstar cannot be let go: 'settings filter off' before it is "
	  "started avoids the filter.",
	  ".detach", CMD_NEEDS_DEBUGGEE, pid_options, run_detach, "P" },
	{ ".kill", "[[pid] PID]",
	  "end a process",
	  "Kills the process (default: the current one) with SIGKILL.",
	  ".kill", CMD_NEEDS_DEBUGGEE, pid_options, run_kill, "P" },
	{ ".switch", "[list | pid PID | tid TID]",
	  "show the debuggee's processes and threads, or choose one",
	  "Registers, memory and '?' refer to the current thread, which the list marks with a star.",
	  ".switch list", CMD_NEEDS_DEBUGGEE, switch_options, run_switch, "P" },
	{ ".process", "[list | pid PID]",
	  "show the current process, choose another, or list those of the machine",
	  "The list serves to find what to attach to: numbers in decimal and hexadecimal, and names. On "
	  "the machine the process that is chosen here is the one whose memory is read and written.",
	  ".process list", 0, process_options, run_process, "PM" },
	{ ".thread", "[list | tid TID]",
	  "show the current thread, choose another, or list those of the process",
	  "A thread is named by its number, as 'tid' in scripts; a break makes the thread that "
	  "caused it the current one.",
	  ".thread list", CMD_NEEDS_DEBUGGEE, thread_options, run_thread, "P" },
	{ .names = NULL },
};
/* clang-format on */
