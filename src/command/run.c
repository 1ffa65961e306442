/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run.c - the commands that let the debuggee run and stop it.
 */
#include "command/internal.h"

/* @quiet: the end of the debuggee is not worth a line. */
static enum cmd_result go(struct cmd *c, bool quiet, enum dbg_why *why)
{
	struct dbg_halt halt;
	enum cmd_result res = CMD_OK;

	con_flush(c->con);
	dbg_go(c->d, &halt);
	*why = halt.why;
	if (halt.why != DBG_ENDED || !quiet)
		res = cmd_show_halt(c, &halt);
	con_flush(c->con);
	return res;
}

/* The machine has no end: where nobody can press Ctrl-C, it is over when nothing can happen. */
static enum cmd_result watch_machine(struct cmd *c)
{
	struct dbg_halt halt;

	con_flush(c->con);
	dbg_go_while_armed(c->d, &halt);
	return cmd_show_halt(c, &halt);
}

static enum cmd_result run_go(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	enum dbg_why why;

	if (dbg_can(c->d, TGT_WHOLE) && !(c->mode & CMD_TERMINAL))
		return watch_machine(c);
	return go(c, false, &why);
}

enum cmd_result cmd_run_to_end(struct cmd *c)
{
	enum dbg_why why = DBG_BREAK;
	enum cmd_result res = CMD_OK;

	if (dbg_can(c->d, TGT_WHOLE))
		return dbg_has_debuggee(c->d) ? watch_machine(c) : CMD_OK;
	while (why == DBG_BREAK && dbg_has_debuggee(c->d))
		res = go(c, c->mode & CMD_QUIET, &why);
	return res;
}

static enum cmd_result run_pause(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	struct dbg_halt halt;

	if (dbg_stopped(c->d)) {
		cmd_note(c, "the debuggee is stopped already; 'g' lets it run");
		return CMD_OK;
	}
	dbg_interrupt(c->d);
	dbg_go(c->d, &halt);
	return cmd_show_halt(c, &halt);
}

static enum cmd_result run_sleep(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	struct dbg_halt halt;
	enum cmd_result res;
	u64 ms;

	if (line->ntok != 2)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	if (!cmd_value(c, line, &line->tok[1], &ms))
		return CMD_FAILED;
	if (ms > INT32_MAX)
		return cmd_error_at(c, line, &line->tok[1], "at most %x milliseconds", INT32_MAX);
	con_flush(c->con);
	dbg_run_for(c->d, ms, &halt);
	res = cmd_show_halt(c, &halt);
	con_flush(c->con);
	return res;
}

static enum cmd_result steps(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line,
			     int (*step)(struct dbg *d, struct dbg_halt *halt))
{
	enum cmd_result res = CMD_OK;
	struct dbg_halt halt;
	u64 n = 1;

	if (line->ntok > 2)
		return cmd_misuse(c, desc, line, &line->tok[2]);
	if (line->ntok == 2 && !cmd_value(c, line, &line->tok[1], &n))
		return CMD_FAILED;
	con_flush(c->con);
	for (u64 i = 0; i < n; i++) {
		step(c->d, &halt);
		if (halt.why != DBG_STOPPED || halt.at.reason != LSTAR_STOP_STEP)
			break;
	}
	if (n)
		res = cmd_show_halt(c, &halt);
	if (n && halt.cut && dbg_has_debuggee(c->d))
		con_printf(c->con,
			   "the step is given up: 'g' does not stop behind the call any more\n");
	con_flush(c->con);
	return res;
}

static enum cmd_result run_t(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line)
{
	return steps(c, desc, line, dbg_step_current);
}

static enum cmd_result run_p(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line)
{
	return steps(c, desc, line, dbg_step_over_current);
}

static const struct cmd_option step_options[] = {
	{ NULL, CMD_ARG_NUMBER, "N", "how many instructions, hexadecimal; default 1" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

static const struct cmd_option sleep_options[] = {
	{ NULL, CMD_ARG_NUMBER, "MS",
	  "milliseconds, hexadecimal as all numbers: 0n1000 is a second" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_running[] = {
	{ "g go continue", "",
	  "let the debuggee run",
	  "Returns at the next break, when Ctrl-C is pressed, or when no debuggee is left, and says "
	  "which. At a break all threads of the debuggee are stopped, and the thread that caused it "
	  "becomes the current one.\n"
	  "The machine is never stopped: 'g' shows messages until Ctrl-C and nothing else, and the "
	  "events stay armed then. Without a terminal it also returns when no event is enabled any "
	  "more.",
	  "g", 0, NULL, run_go, "PM" },
	{ "pause .pause", "",
	  "stop the debuggee",
	  "While 'g' runs, Ctrl-C does the same. The system calls that threads wait in are not "
	  "disturbed.",
	  "pause", CMD_NEEDS_DEBUGGEE, NULL, run_pause, "P" },
	{ "sleep", "MS",
	  "let the debuggee run for a while",
	  "Runs the debuggee for MS milliseconds, with all its events and messages, and stops it "
	  "again; ends early at a break. Without a debuggee it just waits. For files of commands.",
	  "sleep 0n500", 0, sleep_options, run_sleep, "PM" },
	{ "t", "[N]",
	  "execute one instruction, or N",
	  "The current thread alone runs; all others stay stopped. A system call is one instruction: "
	  "its events take place, and the step ends behind it. Ends early at a break, a breakpoint, or "
	  "when the thread ends.",
	  "t 3", CMD_NEEDS_STOPPED, step_options, run_t, "P" },
	{ "p", "[N]",
	  "execute one instruction, or N, and a CALL with all that it calls",
	  "As 't', but a CALL is run to the instruction behind it, and so is a string instruction "
	  "with a REP prefix. All threads run meanwhile. A function that calls itself is left "
	  "where this call of it returns to; what other threads do there stops nobody. A break, a "
	  "breakpoint or a signal that is met on the way stops as ever, and so do the end of the "
	  "thread and another program: the step is given up then, and 'p' says so.",
	  "p 3", CMD_NEEDS_STOPPED, step_options, run_p, "P" },
	{ .names = NULL },
};
/* clang-format on */
