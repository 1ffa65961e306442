/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stop.c - what is said when the debuggee stops: the event, the thread, the call with its
 * arguments or its result, or how it all ended.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command/internal.h"

#define STRING_SHOWN 32 /* bytes of a string argument */

void cmd_thread_text(struct cmd *c, u32 pid, u32 tid, char *buf, size_t size)
{
	char comm[32];

	if (!dbg_comm(c->d, tid, comm, sizeof(comm)))
		comm[0] = '\0';
	for (char *p = comm; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?'; /* the debuggee chooses its name */
	snprintf(buf, size, "%u:%u%s%s", pid, tid, comm[0] ? " " : "", comm);
}

void cmd_shorten(const char *text, char *buf, size_t max)
{
	size_t n = 0;

	for (; text[n] && n < max; n++)
		buf[n] = isspace((unsigned char)text[n]) ? ' ' : text[n];
	snprintf(buf + n, 4, "%s", text[n] ? "..." : "");
}

/* Text at an address of the debuggee, quoted; nothing for an unreadable one. */
static void put_string(struct cmd *c, u64 addr, FILE *out)
{
	unsigned char text[STRING_SHOWN + 1];
	size_t got = dbg_mem_read(c->d, 0, addr, text, sizeof(text)), n = 0;

	if (!got)
		return;
	fputs(" \"", out);
	for (; n < got && n < STRING_SHOWN && text[n]; n++) {
		if (text[n] == '"' || text[n] == '\\')
			fprintf(out, "\\%c", text[n]);
		else if (isprint(text[n]))
			fputc(text[n], out);
		else
			fprintf(out, "\\x%02x", text[n]);
	}
	fputc('"', out);
	if (n < got && text[n])
		fputs("...", out);
}

/*
 * Which pointers lead to text: const char *, but not where a length tells that bytes are
 * meant (write's buffer is text often enough, and its length limits nothing here).
 */
static bool is_text(const struct abi_arg *arg)
{
	return !strcmp(arg->type, "const char *") || !strcmp(arg->type, "const char __user *");
}

static void put_args(struct cmd *c, const struct tgt_stop *stop, const struct abi_call *call,
		     FILE *out)
{
	size_t nargs = call ? call->nargs : 6;

	fputc('(', out);
	for (size_t i = 0; i < nargs; i++) {
		if (i)
			fputs(", ", out);
		if (call)
			fprintf(out, "%s ", call->arg[i].name);
		fprintf(out, "%llx", stop->arg[i]);
		if (call && is_text(&call->arg[i]))
			put_string(c, stop->arg[i], out);
	}
	fputc(')', out);
}

static void put_result(const struct tgt_stop *stop, FILE *out)
{
	const char *name =
		stop->ret < 0 && stop->ret > -4096 ? abi_errno_name((int)-stop->ret) : NULL;

	if (name)
		fprintf(out, " = -%llx %s", -stop->ret, name);
	else
		fprintf(out, " = %llx", (u64)stop->ret);
}

/* The line of the call that the thread stands at. */
static void put_call(struct cmd *c, const struct tgt_stop *stop, FILE *out)
{
	const struct abi_call *call = abi_call_by_nr(stop->abi, stop->nr);

	fputs("    ", out);
	if (call)
		fputs(call->name, out);
	else
		fprintf(out, "call %llx", stop->nr);
	if (stop->abi != ABI_X86_64)
		fprintf(out, " [%s]", abi_conventions[stop->abi].name);
	if (stop->kind == TGT_STOP_ENTER)
		put_args(c, stop, call, out);
	if (stop->kind == TGT_STOP_EXIT)
		put_result(stop, out);
	fputc('\n', out);
}

static void put_event(struct cmd *c, const struct dbg_halt *halt, FILE *out)
{
	struct dbg_event_info info;
	char brief[48];

	for (size_t i = 0; dbg_event_list(c->d, i, &info); i++) {
		if (info.id != halt->event)
			continue;
		cmd_shorten(info.command, brief, 40);
		fprintf(out, "event %x (%s)", info.id, brief);
		return;
	}
	fprintf(out, "event %x (cleared)", halt->event);
}

/*
 * Two lines:
 *	event 0 (!syscall openat), stage pre, 1234:1234 cat
 *	    openat(dfd ffffff9c, filename 7ffd3440 "/etc/passwd", flags 0, mode 0)
 */
static void put_break(struct cmd *c, const struct dbg_halt *halt, FILE *out)
{
	char who[64];

	put_event(c, halt, out);
	cmd_thread_text(c, halt->stop.pid, halt->stop.tid, who, sizeof(who));
	fprintf(out, ", stage %s, %s\n", halt->stage == ENG_PRE ? "pre" : "post", who);
	put_call(c, &halt->stop, out);
}

static void show_status(struct cmd *c, u32 pid, int status)
{
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	if (!WIFSIGNALED(status))
		con_printf(c->con, "process %u exited with status %d\n", pid, WEXITSTATUS(status));
	else if (name)
		con_printf(c->con, "process %u killed by SIG%s\n", pid, name);
	else
		con_printf(c->con, "process %u killed by signal %d\n", pid, WTERMSIG(status));
}

/* Processes that have ended meanwhile. True: there were some. */
static bool show_ends(struct cmd *c)
{
	bool any = false;
	int status;
	u32 pid;

	while (dbg_next_end(c->d, &pid, &status)) {
		show_status(c, pid, status);
		any = true;
	}
	return any;
}

static void show_interrupted(struct cmd *c)
{
	char who[64];

	c->interrupted = true;
	if (c->ending && c->ending())
		return;
	if (dbg_can(c->d, TGT_WHOLE)) {
		cmd_note(c, "the machine runs on, and its events stay armed");
		return;
	}
	cmd_thread_text(c, dbg_current_pid(c->d), dbg_current_tid(c->d), who, sizeof(who));
	con_printf(c->con, "stopped: %s\n", who);
}

static const char *const reasons[] = {
	[LSTAR_STOP_SYSCALL] = "handler",	  [LSTAR_STOP_CALLBACK] = "handler",
	[LSTAR_STOP_BREAKPOINT] = "breakpoint",	  [LSTAR_STOP_STEP] = "step",
	[LSTAR_STOP_SIGNAL] = "signal",		  [LSTAR_STOP_EXEC] = "new program",
	[LSTAR_STOP_NEW_PROCESS] = "new process", [LSTAR_STOP_ENDED] = "end of a process",
};

static void put_place(struct cmd *c, FILE *out)
{
	struct lstar_thread *t = dbg_thread_find(c->d, dbg_current_tid(c->d));
	char addr[CMD_ADDR_MAX], name[256];
	uint64_t ip;

	if (!t || dbg_reg_get(t, "rip", &ip)) /* it may have been killed meanwhile */
		return;
	fprintf(out, "    %s", cmd_addr_text(ip, addr));
	if (cmd_addr_name(c, ip, name, sizeof(name)))
		fprintf(out, " %s", name);
	fputc('\n', out);
}

/* What users of the library have asked for, and a command has met. */
static void put_stopped(struct cmd *c, const struct dbg_halt *halt, FILE *out)
{
	const struct lstar_stop *at = &halt->at;
	char who[64];

	cmd_thread_text(c, dbg_current_pid(c->d), dbg_current_tid(c->d), who, sizeof(who));
	if (at->handler)
		fprintf(out, "handler of %s at %s, %s\n", dbg_handler_call(at->handler),
			at->phase == LSTAR_ENTER ? "entry" : "exit", who);
	else if (at->breakpoint)
		fprintf(out, "breakpoint %x, %s\n", at->breakpoint, who);
	else
		fprintf(out, "%s, %s\n", reasons[at->reason], who);
	if (at->reason == LSTAR_STOP_BREAKPOINT || at->reason == LSTAR_STOP_STEP)
		put_place(c, out);
	if (at->handler)
		put_call(c, &halt->stop, out);
}

static enum cmd_result show(struct cmd *c, const struct dbg_halt *halt,
			    void (*put)(struct cmd *c, const struct dbg_halt *halt, FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return cmd_fail(c, "no memory to describe the stop");
	put(c, halt, out);
	if (!fclose(out))
		con_write(c->con, text, size);
	free(text);
	return CMD_OK;
}

enum cmd_result cmd_show_halt(struct cmd *c, const struct dbg_halt *halt)
{
	bool ends = show_ends(c);

	switch (halt->why) {
	case DBG_BREAK:
		return show(c, halt, put_break);
	case DBG_STOPPED:
		return show(c, halt, put_stopped);
	case DBG_INTERRUPTED:
		show_interrupted(c);
		return CMD_OK;
	case DBG_ENDED:
		if (!ends)
			con_printf(c->con, "no debuggee is left\n");
		return CMD_OK;
	case DBG_TIMEOUT:
	case DBG_IDLE:
		return CMD_OK;
	case DBG_ERROR:
		break;
	}
	return cmd_fail(c, "%s", dbg_error(c->d));
}
