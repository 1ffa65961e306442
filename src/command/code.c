/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * code.c - the `u` command: memory as instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm/asm.h"
#include "command/internal.h"
#include "symbols/symbols.h"

#define CODE_LEN 0x40
#define CODE_MAX (1u << 20)

bool cmd_addr_name(struct cmd *c, u64 addr, char *buf, size_t size)
{
	const struct sym_table *table = dbg_symbols(c->d);
	const struct sym *s;
	u64 offset;

	s = table ? sym_at(table, addr, &offset) : NULL;
	if (!s)
		return false;
	if (offset)
		snprintf(buf, size, "%s!%s+%llx", s->module, s->name, offset);
	else
		snprintf(buf, size, "%s!%s", s->module, s->name);
	return true;
}

static bool name_of(void *user, u64 addr, char *buf, size_t size)
{
	return cmd_addr_name(user, addr, buf, size);
}

/* A byte that begins no instruction is shown as what it is. */
static void put_byte(struct asm_insn *insn, u8 byte)
{
	insn->len = 1;
	snprintf(insn->text, sizeof(insn->text), "db 0x%02x", byte);
}

static void put_insn(struct cmd *c, u64 addr, const u8 *bytes, const struct asm_insn *insn,
		     bool first)
{
	char hex[2 * ASM_INSN_MAX + 1], text[CMD_ADDR_MAX], name[128];
	bool named = cmd_addr_name(c, addr, name, sizeof(name));

	if (named && (first || !strchr(name, '+')))
		con_printf(c->con, "%s:\n", name);
	for (u32 i = 0; i < insn->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	con_printf(c->con, "%s  %-20s  %s\n", cmd_addr_text(addr, text), hex, insn->text);
}

/* Where to begin without an address: behind the last one, or at the thread's instruction. */
static bool default_address(struct cmd *c, u64 *addr)
{
	const struct eng_reg_name *rip = eng_reg_find("rip", 3);

	*addr = c->next_code;
	return *addr || (dbg_stopped(c->d) && !dbg_current_reg_get(c->d, rip, addr));
}

enum cmd_result cmd_run_u(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line)
{
	struct cmd_range r = { .len = CODE_LEN };
	size_t got, at = 0;
	u8 *bytes;

	if (!cmd_range(c, desc, line, &r))
		return CMD_FAILED;
	if (!r.given && !default_address(c, &r.addr))
		return cmd_misuse(c, desc, line, NULL);
	if (r.len > CODE_MAX)
		return cmd_fail(c, "at most %x bytes at a time", CODE_MAX);
	bytes = cmd_alloc(r.len + ASM_INSN_MAX);
	got = dbg_mem_read(c->d, r.pid, r.addr, bytes, r.len + ASM_INSN_MAX);
	if (!got) {
		free(bytes);
		return cmd_unreadable(c, &r);
	}
	while (at < got && at < r.len && !cmd_cut_short(c)) {
		struct asm_insn insn;

		if (!asm_disassemble(bytes + at, got - at, r.addr + at, name_of, c, &insn))
			put_byte(&insn, bytes[at]);
		put_insn(c, r.addr + at, bytes + at, &insn, !at);
		at += insn.len;
	}
	if (at >= got && at < r.len)
		con_printf(c->con, "nothing is readable from %llx on\n", r.addr + at);
	c->next_code = r.addr + at;
	free(bytes);
	return CMD_OK;
}
