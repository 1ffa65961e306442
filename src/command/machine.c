/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.c - the commands of the whole machine: CPUs, model-specific registers, modules and
 * symbols of the kernel, page tables, and the end of the hypervisor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"
#include "symbols/symbols.h"

#define NOT_THERE "the hypervisor is not there; start 'lstar machine' again"

static enum cmd_result failed(struct cmd *c)
{
	return cmd_fail(c, "%s", dbg_error(c->d));
}

/* --- CPUs --- */

static bool cpu_value(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok,
		      u32 *cpu)
{
	u64 value;

	if (!cmd_value(c, line, tok, &value))
		return false;
	*cpu = (u32)value;
	if (value < 0x10000)
		return true;
	cmd_error_at(c, line, tok, "there is no CPU %llx; 'cpu' lists them", value);
	return false;
}

static enum cmd_result list_cpus(struct cmd *c)
{
	struct tgt_cpu cpu;
	size_t n = 0;

	for (; dbg_cpu_list(c->d, n, &cpu); n++)
		con_printf(c->con, "%c CPU %x: %s, %s\n",
			   dbg_cpu_selected(c->d) == (int)cpu.cpu ? '*' : ' ', cpu.cpu,
			   cpu.entered ? "entered" : "not entered",
			   cpu.armed ? "armed" : "not armed");
	return n ? CMD_OK : cmd_fail(c, "%s", NOT_THERE);
}

static enum cmd_result run_cpu(struct cmd *c, const struct cmd_desc *desc,
			       const struct cmd_line *line)
{
	u32 cpu;

	if (line->ntok > 2)
		return cmd_misuse(c, desc, line, &line->tok[2]);
	if (line->ntok == 1)
		return list_cpus(c);
	if (!cpu_value(c, line, &line->tok[1], &cpu))
		return CMD_FAILED;
	if (dbg_cpu_select(c->d, cpu))
		return failed(c);
	cmd_note(c, "'?', rdmsr and wrmsr use CPU %x", cpu);
	return CMD_OK;
}

/* --- model-specific registers --- */

/* [core N|all] behind the @fixed words of the command; TGT_ALL_CPUS when none is meant. */
static bool msr_words(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
		      size_t fixed, u32 *msr, u32 *cpu)
{
	u64 value;

	*cpu = dbg_cpu_selected(c->d) < 0 ? TGT_ALL_CPUS : (u32)dbg_cpu_selected(c->d);
	if (line->ntok != fixed &&
	    (line->ntok != fixed + 2 || !cmd_tok_is(&line->tok[fixed], "core"))) {
		cmd_misuse(c, desc, line, line->ntok > fixed ? &line->tok[fixed] : NULL);
		return false;
	}
	if (!cmd_value(c, line, &line->tok[1], &value))
		return false;
	*msr = (u32)value;
	if (value > UINT32_MAX) {
		cmd_error_at(c, line, &line->tok[1], "the number of such a register has 32 bits");
		return false;
	}
	if (line->ntok != fixed && cmd_tok_is(&line->tok[fixed + 1], "all")) {
		*cpu = TGT_ALL_CPUS;
		return true;
	}
	return line->ntok == fixed || cpu_value(c, line, &line->tok[fixed + 1], cpu);
}

static enum cmd_result show_msr(struct cmd *c, u32 cpu, u32 msr)
{
	u64 value;

	if (dbg_rdmsr(c->d, cpu, msr, &value))
		return failed(c);
	con_printf(c->con, "CPU %x: msr %x = %016llx\n", cpu, msr, value);
	return CMD_OK;
}

static enum cmd_result run_rdmsr(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	enum cmd_result res = CMD_OK;
	struct tgt_cpu info;
	bool any = false;
	u32 msr, cpu;

	if (!msr_words(c, desc, line, 2, &msr, &cpu))
		return CMD_FAILED;
	if (cpu != TGT_ALL_CPUS)
		return show_msr(c, cpu, msr);
	for (size_t i = 0; res == CMD_OK && dbg_cpu_list(c->d, i, &info); i++) {
		if (!info.entered)
			continue;
		res = show_msr(c, info.cpu, msr);
		any = true;
	}
	return any ? res : cmd_fail(c, "%s", NOT_THERE);
}

static enum cmd_result run_wrmsr(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	u32 msr, cpu;
	u64 value;

	if (line->ntok < 3)
		return cmd_misuse(c, desc, line, NULL);
	if (!msr_words(c, desc, line, 3, &msr, &cpu) || !cmd_value(c, line, &line->tok[2], &value))
		return CMD_FAILED;
	return dbg_wrmsr(c->d, cpu, msr, value) ? failed(c) : CMD_OK;
}

/* --- modules and symbols --- */

static void put_module(struct cmd *c, u64 base, u64 size, const char *name, const char *state)
{
	char from[CMD_ADDR_MAX], to[CMD_ADDR_MAX];

	con_printf(c->con, "%s  %s  %8llx  %s%s%s\n", cmd_addr_text(base, from),
		   cmd_addr_text(base + size, to), size, name, state ? "  " : "",
		   state ? state : "");
}

/* The kernel itself is in no list of modules. */
static void put_kernel(struct cmd *c)
{
	const struct sym_table *table = dbg_symbols(c->d);
	char why[128];
	u64 from, to;

	if (table && sym_find(table, SYM_KERNEL "!_text", &from, why, sizeof(why)) &&
	    sym_find(table, SYM_KERNEL "!_end", &to, why, sizeof(why)))
		put_module(c, from, to - from, SYM_KERNEL, NULL);
}

static enum cmd_result list_modules(struct cmd *c, const char *pattern)
{
	struct sym_modules m;
	char why[160];
	bool hidden = false, found = sym_matches(pattern, SYM_KERNEL);

	if (!sym_modules_load(&m, "/proc/modules", why, sizeof(why)))
		return cmd_fail(c, "%s", why);
	if (found)
		put_kernel(c);
	for (size_t i = 0; i < m.n; i++) {
		const struct sym_module *mod = &m.module[i];

		if (!sym_matches(pattern, mod->name))
			continue;
		found = true;
		hidden |= !mod->base;
		put_module(c, mod->base, mod->size, mod->name,
			   strcmp(mod->state, "Live") ? mod->state : NULL);
	}
	sym_modules_free(&m);
	if (hidden)
		cmd_note(c, "the kernel hides the addresses: be root, and 'sysctl "
			    "kernel.kptr_restrict=1'");
	return found ? CMD_OK : cmd_fail(c, "no module is called '%s'; 'lm' lists all", pattern);
}

static enum cmd_result run_lm(struct cmd *c, const struct cmd_desc *desc,
			      const struct cmd_line *line)
{
	size_t i = line->ntok > 1 && cmd_tok_is(&line->tok[1], "km") ? 2 : 1;
	const char *pattern = "*";

	if (i + 2 == line->ntok && cmd_tok_is(&line->tok[i], "m"))
		pattern = line->tok[i + 1].text;
	else if (i != line->ntok)
		return cmd_misuse(c, desc, line, &line->tok[i]);
	return list_modules(c, pattern);
}

static enum cmd_result run_x(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line)
{
	const struct sym_table *table;
	char *bang = line->ntok == 2 ? strchr(line->tok[1].text, '!') : NULL;
	const char *module = line->ntok == 2 ? line->tok[1].text : "";
	size_t found = 0;

	if (!bang)
		return cmd_misuse(c, desc, line, line->ntok > 1 ? &line->tok[1] : NULL);
	table = dbg_symbols(c->d);
	if (!table)
		return failed(c);
	*bang = '\0';
	for (size_t i = 0; i < sym_count(table) && !cmd_cut_short(c); i++) {
		const struct sym *s = sym_get(table, i);
		char text[CMD_ADDR_MAX];

		if (!sym_matches(module, s->module) || !sym_matches(bang + 1, s->name))
			continue;
		con_printf(c->con, "%s  %c  %s!%s\n", cmd_addr_text(s->addr, text), s->type,
			   s->module, s->name);
		found++;
	}
	*bang = '!';
	if (found || cmd_was_interrupted(c))
		return CMD_OK;
	return cmd_error_at(c, line, &line->tok[1], "no symbol matches");
}

/* --- page tables --- */

static enum cmd_result run_va2pa(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	struct cmd_range r = { 0 };
	struct tgt_translation tr;

	if (!cmd_range(c, desc, line, &r))
		return CMD_FAILED;
	if (!r.given || r.len)
		return cmd_misuse(c, desc, line, NULL);
	if (dbg_translate(c->d, r.pid, r.addr, &tr))
		return failed(c);
	for (u32 i = 0; i < tr.levels; i++)
		con_printf(c->con, "  entry %u, at physical %llx: %016llx%s\n", i + 1,
			   tr.entry_pa[i], tr.entry[i], tr.entry[i] & 1 ? "" : " (not present)");
	if (!tr.present)
		return cmd_fail(c, "virtual %llx has no page", r.addr);
	con_printf(c->con, "virtual %llx is physical %llx, in a page of %llx bytes\n", r.addr,
		   tr.pa, tr.page);
	return CMD_OK;
}

/* All memory is mapped a second time, from page_offset_base on. */
static enum cmd_result run_pa2va(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	const struct sym_table *table = dbg_symbols(c->d);
	struct tgt_translation tr;
	char why[160] = "";
	u64 pa, at, base;

	if (line->ntok != 2)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	if (!cmd_value(c, line, &line->tok[1], &pa))
		return CMD_FAILED;
	if (!table)
		return failed(c);
	if (!sym_find(table, SYM_KERNEL "!page_offset_base", &at, why, sizeof(why)) ||
	    dbg_mem_read(c->d, 0, at, &base, sizeof(base)) != sizeof(base))
		return cmd_fail(c, "where the kernel maps all memory is not known: %s",
				why[0] ? why : "page_offset_base cannot be read");
	if (dbg_translate(c->d, 0, base + pa, &tr))
		return failed(c);
	if (!tr.present || tr.pa != pa)
		return cmd_fail(c, "the kernel maps no memory at physical %llx", pa);
	con_printf(c->con, "physical %llx is virtual %llx\n", pa, base + pa);
	return CMD_OK;
}

static enum cmd_result run_unload(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	if (dbg_machine_leave(c->d))
		return failed(c);
	cmd_note(c, "the hypervisor is gone; 'rmmod lstar' unloads the module, too");
	return CMD_OK;
}

static const struct cmd_option cpu_options[] = {
	{ NULL, CMD_ARG_NUMBER, "N", "the CPU to use from now on" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option rdmsr_options[] = {
	{ NULL, CMD_ARG_NUMBER, "MSR", "number of the register" },
	{ "core", CMD_ARG_NUMBER, "N|all",
	  "of this CPU; default: the one 'cpu' has chosen, else all" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option wrmsr_options[] = {
	{ NULL, CMD_ARG_NUMBER, "MSR", "number of the register" },
	{ NULL, CMD_ARG_NUMBER, "VALUE", "its new value" },
	{ "core", CMD_ARG_NUMBER, "N|all",
	  "of this CPU; default: the one 'cpu' has chosen, else all" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option lm_options[] = {
	{ "km", CMD_ARG_TEXT, NULL, "the kernel's modules, which is what there is" },
	{ "m", CMD_ARG_TEXT, "PATTERN", "only these names; * and ? stand for others" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option x_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "MODULE!NAME",
	  "* and ? stand for other characters; the kernel itself is the module 'vmlinux'" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option va2pa_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "ADDR", "a virtual address" },
	{ "pid", CMD_ARG_NUMBER, "P", "of this process; default: of the kernel" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};
static const struct cmd_option pa2va_options[] = {
	{ NULL, CMD_ARG_ADDRESS, "ADDR", "a physical address" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_machine[] = {
	{ "cpu ~", "[N]",
	  "list the CPUs, or choose one",
	  "Without a number: all CPUs, whether the hypervisor is under them and whether system calls "
	  "are intercepted. With one: '?', rdmsr and wrmsr use that CPU, because lstar itself runs there "
	  "from then on.",
	  "cpu 0", 0, cpu_options, run_cpu, "M" },
	{ "rdmsr", "MSR [core N|all]",
	  "read a model-specific register",
	  "On the CPU that 'cpu' has chosen, or on all. A register that the processor does not have is "
	  "an error, and no harm.",
	  "rdmsr c0000082", 0, rdmsr_options, run_rdmsr, "M" },
	{ "wrmsr", "MSR VALUE [core N|all]",
	  "write a model-specific register",
	  "On the CPU that 'cpu' has chosen, or on all. What the processor accepts is done at once, and "
	  "may well end the machine.",
	  "wrmsr c0000103 5 core 0", 0, wrmsr_options, run_wrmsr, "M" },
	{ "lm", "[km] [m PATTERN]",
	  "list the kernel's modules",
	  "Where they begin and end, their sizes and their names, the kernel itself first.",
	  "lm km", 0, lm_options, run_lm, "M" },
	{ "x", "MODULE!NAME",
	  "search symbols",
	  "Every symbol that matches, in order of addresses, with its kind as nm(1) shows it: of the "
	  "kernel and its modules, or of the current process. There a module is a mapped file by the "
	  "first part of its name: libc!malloc is in libc.so.6, and other characters than letters and "
	  "digits are underscores. Commands and scripts may use symbols by these names: "
	  "u vmlinux!do_nanosleep. In a process commands take names without a module, too, the "
	  "program's first: u main+1f.",
	  "x *!*getpid*", 0, x_options, run_x, "PM" },
	{ "!va2pa", "ADDR [pid P]",
	  "physical address of a virtual one",
	  "Shows the entries of the page tables on the way, with where they stand.",
	  "!va2pa vmlinux!linux_banner", 0, va2pa_options, run_va2pa, "M" },
	{ "!pa2va", "ADDR",
	  "virtual address of a physical one",
	  "The address at which the kernel maps all memory; the same memory may be mapped elsewhere, "
	  "too.",
	  "!pa2va 1000000", 0, pa2va_options, run_pa2va, "M" },
	{ ".unload unload", "",
	  "take the hypervisor away",
	  "Clears all events and lets the kernel run on the processor again, as before the session. The "
	  "module stays loaded.",
	  ".unload", 0, NULL, run_unload, "M" },
	{ .names = NULL },
};
/* clang-format on */
