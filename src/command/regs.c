/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * regs.c - the `r` command: the registers of the current thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

static bool get(struct cmd *c, const char *name, u64 *value)
{
	const struct eng_reg_name *reg = eng_reg_find(name, strlen(name));

	return reg && !dbg_current_reg_get(c->d, reg, value);
}

/* "CF=0 PF=1 ...": every one-bit name that is a part of the flags. */
static void show_flags(struct cmd *c, u64 flags)
{
	con_printf(c->con, "rflags=%llx ", flags);
	for (u32 i = 0; i < eng_nreg_names; i++) {
		const struct eng_reg_name *reg = &eng_reg_names[i];

		if (reg->reg == ENG_RFLAGS && reg->width <= 2)
			con_printf(c->con, " %s=%llx", reg->name,
				   flags >> reg->shift & (ENG_BIT(reg->width) - 1));
	}
	con_printf(c->con, "\n");
}

static enum cmd_result show_all(struct cmd *c)
{
	static const char *const rows[][4] = {
		{ "rax", "rbx", "rcx", "rdx" },
		{ "rsi", "rdi", "rbp", "rsp" },
		{ "r8", "r9", "r10", "r11" },
		{ "r12", "r13", "r14", "r15" },
	};
	static const char *const segments[] = { "cs", "ss", "ds", "es", "fs", "gs" };
	u64 value;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t k = 0; k < 4; k++) {
			if (!get(c, rows[i][k], &value))
				return cmd_fail(c, "%s", dbg_error(c->d));
			con_printf(c->con, "%s%-3s=%016llx", k ? "  " : "", rows[i][k], value);
		}
		con_printf(c->con, "\n");
	}
	if (get(c, "rip", &value))
		con_printf(c->con, "rip=%016llx\n", value);
	if (get(c, "rflags", &value))
		show_flags(c, value);
	for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
		if (get(c, segments[i], &value))
			con_printf(c->con, "%s%s=%04llx", i ? "  " : "", segments[i], value);
	con_printf(c->con, "\n");
	return CMD_OK;
}

static enum cmd_result show_one(struct cmd *c, const struct eng_reg_name *reg)
{
	u64 value;

	if (dbg_current_reg_get(c->d, reg, &value))
		return cmd_fail(c, "%s", dbg_error(c->d));
	con_printf(c->con, "%s=%0*llx\n", reg->name, reg->width >= 8 ? reg->width / 4 : 1, value);
	return CMD_OK;
}

static enum cmd_result set_one(struct cmd *c, const struct cmd_line *line,
			       const struct eng_reg_name *reg, size_t off, size_t len)
{
	struct cmd_tok tok = { .text = cmd_strndup(line->text + off, len), .off = off, .len = len };
	struct scr_diags diags = { 0 };
	struct scr_source src;
	u64 value;
	int err;

	tok.line = line->tok[1].line;
	tok.col = line->tok[1].col + (u32)(off - line->tok[1].off);
	src = cmd_tok_source(c, &tok);
	err = dbg_eval_value(c->d, &src, &value, &diags);
	free(tok.text);
	dbg_show_diags(c->d, &diags);
	if (err)
		return CMD_FAILED;
	if (reg->width < 64 && value >> reg->width)
		return cmd_error_at(c, line, &tok, "%llx does not fit the %u bits of %s", value,
				    reg->width, reg->name);
	if (dbg_current_reg_set(c->d, reg, value))
		return cmd_fail(c, "%s", dbg_error(c->d));
	return show_one(c, reg);
}

static enum cmd_result invalid(struct cmd *c, const struct cmd_line *line, size_t off, size_t len)
{
	struct cmd_err err;

	if (!len)
		cmd_err_set(&err, off, 1, "the name of a register is missing");
	else
		cmd_err_set(&err, off, len, "invalid register '%.*s'", (int)(len < 32 ? len : 32),
			    line->text + off);
	cmd_err_hint(&err, "'r' shows the registers; parts such as eax, ax, al, cf work too");
	return cmd_show_err(c, line, &err);
}

static size_t skip_blanks(const struct cmd_line *line, size_t off, size_t end)
{
	while (off < end && strchr(" \t\r\n", line->text[off]))
		off++;
	return off;
}

/* r, r REG, r REG = EXPRESSION, with or without blanks around '='. */
static enum cmd_result run_r(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line)
{
	const struct cmd_tok *last = &line->tok[line->ntok - 1];
	size_t off, len = 0, end = last->off + last->len;
	const struct eng_reg_name *reg;
	struct cmd_err err;

	if (line->ntok == 1)
		return show_all(c);
	if (line->tok[1].kind != CMD_WORD)
		return cmd_misuse(c, desc, line, &line->tok[1]);
	off = line->tok[1].off + (line->tok[1].text[0] == '@');
	while (off + len < end && !strchr(" \t\r\n=", line->text[off + len]))
		len++;
	reg = eng_reg_find(line->text + off, len);
	if (!reg)
		return invalid(c, line, off, len);
	off = skip_blanks(line, off + len, end);
	if (off == end)
		return show_one(c, reg);
	if (line->text[off] != '=') {
		cmd_err_set(&err, off, 1, "'=' was expected behind the register");
		return cmd_show_err(c, line, &err);
	}
	off = skip_blanks(line, off + 1, end);
	if (off == end)
		return cmd_error_at(c, line, NULL, "a value is missing behind '='");
	return set_one(c, line, reg, off, end - off);
}

static const struct cmd_option r_options[] = {
	{ NULL, CMD_ARG_REGISTER, "REG", "a register or a part of one; '@' before it is optional" },
	{ NULL, CMD_ARG_SCRIPT, "= EXPRESSION", "its new value" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_registers[] = {
	{ "r", "[REG [= EXPRESSION]]",
	  "show or set registers",
	  "Without arguments: all general registers, the instruction pointer, the flags one by one "
	  "and the segments of the current thread. With a name: that register, or the part of one "
	  "that the name means. With '=': the register gets the value of the expression; other "
	  "parts of it keep theirs.",
	  "r rdi = @rsi + 8", CMD_NEEDS_STOPPED, r_options, run_r, "P" },
	{ .names = NULL },
};
/* clang-format on */
