/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory.c - the commands that show and write memory: db, dd, da, eb and their like.
 *
 * The same for every target: what is behind an address is the target's affair.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

#define DUMP_LEN 0x80
#define DUMP_MAX (1u << 20)
#define TEXT_LEN 0x400
#define TEXT_LINE 48 /* characters of a string in a line */
#define PAGE 0x1000u

/* clang-format off */
/* How each of the commands shows memory: 0 elements in a line stands for text. */
static const struct form {
	const char *name;
	u32 size, per_line;
	bool ascii;
} forms[] = {
	{ "db", 1, 16, true },
	{ "dw", 2, 8, false },
	{ "dc", 4, 4, true },
	{ "dd", 4, 4, false },
	{ "dq", 8, 2, false },
	{ "da", 1, 0, false },
	{ "du", 2, 0, false },
};
/* clang-format on */

const char *cmd_addr_text(u64 addr, char buf[CMD_ADDR_MAX])
{
	snprintf(buf, CMD_ADDR_MAX, "%08x`%08x", (u32)(addr >> 32), (u32)addr);
	return buf;
}

enum cmd_result cmd_unreadable(struct cmd *c, const struct cmd_range *r)
{
	if (!dbg_has_debuggee(c->d))
		return cmd_fail(c,
				"there is no debuggee, and so there is no memory: start one with "
				"'.start', or take one with '.attach'");
	if (r->pid)
		return cmd_fail(c, "nothing is readable at %llx in process %u (hexadecimal %x)",
				r->addr, r->pid, r->pid);
	return cmd_fail(c, "nothing is readable at %llx", r->addr);
}

/* `l LEN` or `pid P` at word @i; false: error printed. */
static bool range_option(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
			 size_t i, struct cmd_range *r)
{
	const struct cmd_tok *tok = &line->tok[i];

	if (i + 1 >= line->ntok || (!cmd_tok_is(tok, "l") && !cmd_tok_is(tok, "pid"))) {
		cmd_misuse(c, desc, line, i + 1 < line->ntok ? tok : NULL);
		return false;
	}
	if (cmd_tok_is(tok, "pid"))
		return cmd_value_id(c, line, tok + 1, &r->pid);
	if (!cmd_value(c, line, tok + 1, &r->len))
		return false;
	if (r->len)
		return true;
	cmd_error_at(c, line, tok + 1, "the length is 0");
	return false;
}

static bool is_option(const struct cmd_tok *tok)
{
	return cmd_tok_is(tok, "l") || cmd_tok_is(tok, "pid");
}

bool cmd_range(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
	       struct cmd_range *r)
{
	size_t i = 1;

	if (line->ntok > 1 && !is_option(&line->tok[1])) {
		if (!cmd_value(c, line, &line->tok[1], &r->addr))
			return false;
		r->given = true;
		i = 2;
	}
	for (; i < line->ntok; i += 2)
		if (!range_option(c, desc, line, i, r))
			return false;
	return true;
}

/* --- showing --- */

/* Memory with holes: @there says which bytes are. How many are. */
static size_t read_sparse(struct cmd *c, const struct cmd_range *r, u8 *buf, bool *there)
{
	size_t at = 0, all = 0;

	while (at < r->len) {
		size_t n = PAGE - (r->addr + at) % PAGE, got;

		if (n > r->len - at)
			n = r->len - at;
		got = dbg_mem_read(c->d, r->pid, r->addr + at, buf + at, n);
		memset(there + at, 1, got);
		all += got;
		at += n;
	}
	return all;
}

static bool all_there(const bool *there, size_t n)
{
	return !memchr(there, 0, n);
}

static void put_element(struct cmd *c, const struct form *f, const u8 *p, const bool *there)
{
	u64 value = 0;

	if (!all_there(there, f->size)) {
		con_printf(c->con, "%.*s", (int)f->size * 2, "????????????????");
		if (f->size == 8)
			con_printf(c->con, "?"); /* as wide as the values are */
		return;
	}
	memcpy(&value, p, f->size);
	if (f->size == 8)
		con_printf(c->con, "%08x`%08x", (u32)(value >> 32), (u32)value);
	else
		con_printf(c->con, "%0*llx", (int)f->size * 2, value);
}

static void put_ascii(struct cmd *c, const u8 *p, const bool *there, size_t n)
{
	char text[17];

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(!there[i] ? '?' : isprint(p[i]) ? p[i] : '.');
	con_printf(c->con, "  %.*s", (int)n, text);
}

static void put_line(struct cmd *c, const struct form *f, u64 addr, const u8 *p, const bool *there,
		     size_t n)
{
	u32 full = f->per_line * f->size, width = f->size == 8 ? 17 : f->size * 2;
	char text[CMD_ADDR_MAX];

	con_printf(c->con, "%s ", cmd_addr_text(addr, text));
	for (size_t i = 0; i < full; i += f->size) {
		bool middle = f->size == 1 && i == full / 2 && i < n;

		if (i < n || f->ascii)
			con_printf(c->con, middle ? "-" : " ");
		if (i < n)
			put_element(c, f, p + i, there + i);
		else if (f->ascii)
			con_printf(c->con, "%*s", (int)width, "");
	}
	if (f->ascii)
		put_ascii(c, p, there, n);
	con_printf(c->con, "\n");
}

static void show_lines(struct cmd *c, const struct form *f, const struct cmd_range *r,
		       const u8 *buf, const bool *there)
{
	size_t step = f->per_line * f->size;

	for (size_t at = 0; at < r->len && !cmd_cut_short(c); at += step)
		put_line(c, f, r->addr + at, buf + at, there + at,
			 r->len - at < step ? r->len - at : step);
}

/* One character of a string; false: it ends here. */
static bool text_char(const struct form *f, const u8 *p, const bool *there, char *ch)
{
	u32 value = p[0] | (f->size == 2 ? (u32)p[1] << 8 : 0);

	if (!all_there(there, f->size) || !value)
		return false;
	*ch = value < 0x7f && isprint((int)value) ? (char)value : '.';
	return true;
}

/* How far the string was shown. */
static size_t show_text(struct cmd *c, const struct form *f, const struct cmd_range *r,
			const u8 *buf, const bool *there)
{
	char line[TEXT_LINE + 1], text[CMD_ADDR_MAX];
	size_t at = 0, n;

	do {
		size_t start = at;

		for (n = 0; n < TEXT_LINE && at + f->size <= r->len; n++, at += f->size)
			if (!text_char(f, buf + at, there + at, &line[n]))
				break;
		if (n || !start)
			con_printf(c->con, "%s  \"%.*s\"\n", cmd_addr_text(r->addr + start, text),
				   (int)n, line);
	} while (n == TEXT_LINE && !cmd_cut_short(c));
	return at;
}

static const struct form *form_of(const struct cmd_desc *desc)
{
	char name[24];

	cmd_name(desc, name, sizeof(name));
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	return &forms[0];
}

static enum cmd_result run_dump(struct cmd *c, const struct cmd_desc *desc,
				const struct cmd_line *line)
{
	const struct form *f = form_of(desc);
	struct cmd_range r = { .len = f->per_line ? DUMP_LEN : TEXT_LEN };
	enum cmd_result res = CMD_OK;
	bool *there;
	u8 *buf;

	if (!cmd_range(c, desc, line, &r))
		return CMD_FAILED;
	if (!r.given && !c->next_dump)
		return cmd_misuse(c, desc, line, NULL);
	r.addr = r.given ? r.addr : c->next_dump;
	if (r.len > DUMP_MAX)
		return cmd_fail(c, "at most %x bytes at a time", DUMP_MAX);
	r.len = (r.len + f->size - 1) / f->size * f->size;
	buf = cmd_alloc(r.len);
	there = cmd_alloc(r.len);
	if (!read_sparse(c, &r, buf, there)) {
		res = cmd_unreadable(c, &r);
	} else if (f->per_line) {
		show_lines(c, f, &r, buf, there);
		c->next_dump = r.addr + r.len;
	} else {
		c->next_dump = r.addr + show_text(c, f, &r, buf, there);
	}
	free(buf);
	free(there);
	return res;
}

/* --- writing --- */

static u32 width_of(const struct cmd_desc *desc)
{
	return desc->names[1] == 'b' ? 1 : desc->names[1] == 'd' ? 4 : 8;
}

static enum cmd_result write_out(struct cmd *c, u32 pid, u64 addr, const u8 *buf, size_t n)
{
	size_t done = n ? dbg_mem_write(c->d, pid, addr, buf, n) : 0;
	struct cmd_range r = { .addr = addr, .pid = pid };

	if (done == n)
		return CMD_OK;
	if (!dbg_has_debuggee(c->d))
		return cmd_unreadable(c, &r);
	return cmd_fail(c, "%zx of %zx bytes were written: %llx is not writable", done, n,
			addr + done);
}

static enum cmd_result run_enter(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	u32 width = width_of(desc), pid = 0;
	size_t end = line->ntok, n = 0;
	enum cmd_result res = CMD_FAILED;
	u64 addr, value;
	u8 *buf;

	if (end > 2 && cmd_tok_is(&line->tok[end - 2], "pid")) {
		if (!cmd_value_id(c, line, &line->tok[end - 1], &pid))
			return CMD_FAILED;
		end -= 2;
	}
	if (end < 3)
		return cmd_misuse(c, desc, line, NULL);
	if (!cmd_value(c, line, &line->tok[1], &addr))
		return CMD_FAILED;
	buf = cmd_alloc((end - 2) * width);
	for (size_t i = 2; i < end; i++, n += width) {
		if (!cmd_value(c, line, &line->tok[i], &value))
			goto out;
		if (width < 8 && value >> (8 * width)) {
			cmd_error_at(c, line, &line->tok[i], "%llx does not fit %u byte%s", value,
				     width, width == 1 ? "" : "s");
			goto out;
		}
		memcpy(buf + n, &value, width);
	}
	res = write_out(c, pid, addr, buf, n);
out:
	free(buf);
	return res;
}

/* --- the rows --- */

const struct cmd_option cmd_range_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "ADDR",
	  "where; without it: where the last one ended. A number, a symbol or an expression" },
	{ "l", CMD_ARG_NUMBER, "LEN", "how many bytes" },
	{ "pid", CMD_ARG_NUMBER, "P", "memory of this process; default: the current one" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option enter_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "ADDR", "where: a number, a symbol or an expression" },
	{ NULL, CMD_ARG_NUMBER, "VALUE...", "the values, one behind the other" },
	{ "pid", CMD_ARG_NUMBER, "P", "memory of this process; default: the current one" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

#define DUMP_SYNTAX "[ADDR] [l LEN] [pid P]"
#define DUMP_TEXT                                                                        \
	"80 bytes unless 'l' says how many. Bytes that cannot be read are shown as ??. " \
	"Without an address it goes on where the last dump ended. On the machine "       \
	"addresses are the kernel's unless a process is named here or by '.process pid'."

/* clang-format off */
const struct cmd_desc cmd_memory[] = {
	{ "db", DUMP_SYNTAX, "show memory as bytes and text", DUMP_TEXT,
	  "db @rsp l 20", 0, cmd_range_options, run_dump, "PM" },
	{ "dw", DUMP_SYNTAX, "show memory as words of 2 bytes", DUMP_TEXT,
	  "dw @rsp", 0, cmd_range_options, run_dump, "PM" },
	{ "dc", DUMP_SYNTAX, "show memory as words of 4 bytes and text", DUMP_TEXT,
	  "dc @rsp", 0, cmd_range_options, run_dump, "PM" },
	{ "dd", DUMP_SYNTAX, "show memory as words of 4 bytes", DUMP_TEXT,
	  "dd @rsp l 40", 0, cmd_range_options, run_dump, "PM" },
	{ "dq", DUMP_SYNTAX, "show memory as words of 8 bytes", DUMP_TEXT,
	  "dq @rsp", 0, cmd_range_options, run_dump, "PM" },
	{ "da", DUMP_SYNTAX, "show memory as a string",
	  "Up to the NUL, at most 400 bytes unless 'l' says how many. What is not printable ASCII is "
	  "shown as a dot.",
	  "da poi(@rsp+8)", 0, cmd_range_options, run_dump, "PM" },
	{ "du", DUMP_SYNTAX, "show memory as a wide string",
	  "The same as 'da' for characters of 16 bits.",
	  "du @rsp l 20", 0, cmd_range_options, run_dump, "PM" },
	{ "eb", "ADDR VALUE... [pid P]", "write bytes to memory",
	  "The values are written one behind the other. A value that has more than one byte is an error.",
	  "eb @rsp-8 90 90", 0, enter_options, run_enter, "PM" },
	{ "ed", "ADDR VALUE... [pid P]", "write words of 4 bytes to memory",
	  "The same as 'eb' for values of 4 bytes, lowest byte first.",
	  "ed @rsp-8 12345678", 0, enter_options, run_enter, "PM" },
	{ "eq", "ADDR VALUE... [pid P]", "write words of 8 bytes to memory",
	  "The same as 'eb' for values of 8 bytes, lowest byte first.",
	  "eq @rsp-8 @rip", 0, enter_options, run_enter, "PM" },
	{ "u u64", DUMP_SYNTAX, "show memory as instructions",
	  "64-bit code in Intel syntax, 40 bytes of it unless 'l' says how many; addresses are followed "
	  "by their symbols where those are known. Without an address it goes on where the last one "
	  "ended, or begins at the instruction of the current thread.",
	  "u @rip l 10", 0, cmd_range_options, cmd_run_u, "PM" },
	{ .names = NULL },
};
/* clang-format on */
