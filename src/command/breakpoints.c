/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * breakpoints.c - bp, ba, bl, bc, bd, be: places in a process at which it stops.
 *
 * Breakpoints are no events: they have numbers of their own and run no script.
 */
#include <string.h>

#include "command/internal.h"

static const char *const kinds[] = {
	[LSTAR_BP_SOFTWARE] = "software",
	[LSTAR_BP_EXECUTE] = "execute",
	[LSTAR_BP_WRITE] = "write",
	[LSTAR_BP_ACCESS] = "access",
};

static enum cmd_result set(struct cmd *c, u64 addr, enum lstar_bp_kind kind, unsigned len)
{
	struct lstar_thread *t = dbg_thread_find(c->d, dbg_current_tid(c->d));
	char at[CMD_ADDR_MAX];
	int64_t number;

	if (!t)
		return cmd_fail(c, "there is no current thread; 'ps' lists them");
	number = dbg_breakpoint(t, addr, kind, len);
	if (number < 0)
		return cmd_fail(c, "%s", dbg_error(c->d));
	cmd_note(c, "breakpoint %llx at %s in process %u", (unsigned long long)number,
		 cmd_addr_text(addr, at), dbg_thread_pid(t));
	return CMD_OK;
}

static enum cmd_result run_bp(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	u64 addr;

	if (line->ntok != 2)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	if (!cmd_value(c, line, &line->tok[1], &addr))
		return CMD_FAILED;
	return set(c, addr, LSTAR_BP_SOFTWARE, 1);
}

static enum cmd_result run_ba(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	static const enum lstar_bp_kind kind[] = { LSTAR_BP_EXECUTE, LSTAR_BP_WRITE,
						   LSTAR_BP_ACCESS };
	u64 addr, len = 1;
	int which;

	if (line->ntok < 3 || line->ntok > 4)
		return cmd_misuse(c, desc, line, line->ntok > 4 ? &line->tok[4] : NULL);
	which = cmd_choice("e|w|r", line->tok[1].text);
	if (which < 0)
		return cmd_error_at(c, line, &line->tok[1],
				    "'%.32s' is no kind of access: e executes, w writes, r reads "
				    "or writes",
				    line->tok[1].text);
	if (!cmd_value(c, line, &line->tok[2], &addr) ||
	    (line->ntok == 4 && !cmd_value(c, line, &line->tok[3], &len)))
		return CMD_FAILED;
	if (len > 8)
		return cmd_error_at(c, line, &line->tok[3], "1, 2, 4 or 8 bytes are watched");
	return set(c, addr, kind[which], (unsigned)len);
}

static enum cmd_result run_bl(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	struct dbg_breakpoint_info info;
	char at[CMD_ADDR_MAX], name[256];
	size_t i = 0;

	for (; dbg_breakpoint_list(c->d, i, &info); i++) {
		con_printf(c->con, "%-3x %s  %-8s", info.number, cmd_addr_text(info.addr, at),
			   kinds[info.kind]);
		if (info.kind >= LSTAR_BP_WRITE)
			con_printf(c->con, " %u bytes", info.len);
		if (cmd_addr_name(c, info.addr, name, sizeof(name)))
			con_printf(c->con, " %s", name);
		con_printf(c->con, "  [process %u, hit %llu%s]\n", info.pid,
			   (unsigned long long)info.hits, info.disabled ? ", disabled" : "");
	}
	if (!i)
		con_printf(c->con, "no breakpoints\n");
	return CMD_OK;
}

static int disable(struct dbg *d, uint32_t number)
{
	return dbg_breakpoint_enable(d, number, false);
}

static int enable(struct dbg *d, uint32_t number)
{
	return dbg_breakpoint_enable(d, number, true);
}

/* What one of these commands does to a breakpoint, and how it is said. */
struct change {
	int (*fn)(struct dbg *d, uint32_t number);
	const char *done;
	bool may_fail; /* not because the process has ended: it is done all the same */
};

static enum cmd_result change_all(struct cmd *c, const struct change *ch)
{
	struct dbg_breakpoint_info info;
	enum cmd_result res = CMD_OK;
	uint32_t last = 0;
	size_t i = 0;

	while (dbg_breakpoint_list(c->d, i, &info)) {
		if (info.number <= last) {
			i++;
			continue;
		}
		last = info.number;
		if (ch->fn(c->d, info.number) && ch->may_fail)
			res = cmd_fail(c, "breakpoint %x: %s", info.number, dbg_error(c->d));
	}
	if (res == CMD_OK)
		cmd_note(c, "all breakpoints %s", ch->done);
	return res;
}

static enum cmd_result change(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line, const struct change *ch)
{
	u64 number;

	if (line->ntok != 2)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	if (cmd_tok_is(&line->tok[1], "all") || cmd_tok_is(&line->tok[1], "*"))
		return change_all(c, ch);
	if (!cmd_number(line->tok[1].text, &number) || number > UINT32_MAX)
		return cmd_error_at(c, line, &line->tok[1],
				    "'%.32s' is no number of a breakpoint; 'bl' lists them",
				    line->tok[1].text);
	if (ch->fn(c->d, (u32)number))
		return cmd_error_at(c, line, &line->tok[1], "%s; 'bl' lists them", dbg_error(c->d));
	cmd_note(c, "breakpoint %llx %s", number, ch->done);
	return CMD_OK;
}

static enum cmd_result run_bc(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	return change(c, desc, line, &(struct change){ dbg_breakpoint_remove, "cleared", false });
}

static enum cmd_result run_bd(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	return change(c, desc, line, &(struct change){ disable, "disabled", false });
}

static enum cmd_result run_be(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	return change(c, desc, line, &(struct change){ enable, "enabled", true });
}

/* clang-format off */
static const struct cmd_option bp_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "ADDR", "an address, or a symbol: main, main+1f" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

static const struct cmd_option ba_options[] = {
	{ NULL, CMD_ARG_CHOICE, "e|w|r", "the instruction is executed; data are written; read or written" },
	{ NULL, CMD_ARG_ADDRESS, "ADDR", "an address, or a symbol" },
	{ NULL, CMD_ARG_NUMBER, "LEN", "bytes of data: 1 (the default), 2, 4 or 8, at a multiple of that" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

static const struct cmd_option bc_options[] = {
	{ NULL, CMD_ARG_TEXT, "N|all|*", "number of a breakpoint, or all" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

const struct cmd_desc cmd_breakpoints[] = {
	{ "bp", "ADDR",
	  "stop where an instruction is executed",
	  "A software breakpoint in the current process, for all of its threads: the byte at ADDR is "
	  "replaced by a trap instruction, which reads of memory do not show. It is gone when the "
	  "process runs another program.",
	  "bp @rip", CMD_NEEDS_STOPPED, bp_options, run_bp, "P" },
	{ "ba", "e|w|r ADDR [LEN]",
	  "stop where memory is accessed",
	  "A breakpoint of the processor in the current process: nothing in memory changes, and data "
	  "can be watched. There are four of them.",
	  "ba w @rsp 1", CMD_NEEDS_STOPPED, ba_options, run_ba, "P" },
	{ "bl", "",
	  "list breakpoints",
	  "One line for each, with its number, its place, its kind and how often it was hit.",
	  "bl", 0, NULL, run_bl, "P" },
	{ "bc", "N|all|*",
	  "clear a breakpoint",
	  "Clears one breakpoint or all; what is at its place is as it was.",
	  "bc all", 0, bc_options, run_bc, "P" },
	{ "bd", "N|all|*",
	  "disable a breakpoint",
	  "Nothing stops at it, and what is at its place is as it was. It keeps its number and how "
	  "often it was hit; 'be' enables it again.",
	  "bd all", 0, bc_options, run_bd, "P" },
	{ "be", "N|all|*",
	  "enable a breakpoint",
	  "One that 'bd' has disabled is set again. A breakpoint of the processor needs one of its "
	  "four registers to be free again.",
	  "be all", CMD_NEEDS_STOPPED, bc_options, run_be, "P" },
	{ .names = NULL },
};
/* clang-format on */
