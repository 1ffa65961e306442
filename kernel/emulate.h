/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * emulate.h - SYSCALL and SYSRET as the processor would have done them: AMD64 Architecture
 * Programmer's Manual volume 3, "SYSCALL" and "SYSRET", with the events before and after.
 * Runs in the host. Must never guess: what is not one of the two gets its #UD.
 *
 * A template, included once by each backend: calls by pointer would be a third of what an event
 * costs. BACKEND(x) is the backend's x of struct hv_vendor; mode, segments and retired should be
 * inline functions.
 */
#ifndef LSTAR_EMULATE_H
#define LSTAR_EMULATE_H

#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "hv.h"
#include "insn.h"
#include "returns.h"

#define OPCODE_SYSCALL 0x05
#define OPCODE_SYSRET 0x07
/* Flags that SYSRET takes from R11: all that exist but RF and VM. */
#define SYSRET_FLAGS 0x3c7fd7ULL

static __always_inline void store(struct hv_cpu *c)
{
	u64 mask = c->ctx.dirty & ~(ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS));

	if (ENG_UNLIKELY(mask))
		BACKEND(store_regs)(c, mask);
}

static __always_inline void fire(struct hv_cpu *c, enum eng_kind kind, enum eng_stage stage)
{
	if (kind == ENG_EV_SYSCALL)
		lsm_fire_syscall(c, stage);
	else
		lsm_fire_sysret(c, stage);
	store(c);
}

/* Stage pre. True: the instruction is left out. */
static __always_inline bool fire_pre(struct hv_cpu *c, enum eng_kind kind, u32 len, bool long64)
{
	u64 rip = c->ctx.reg[ENG_RIP];

	if (!lsm_wants(c, kind, ENG_PRE))
		return false;
	fire(c, kind, ENG_PRE);
	if (ENG_LIKELY(!c->ctx.skip))
		return false;
	/* behind it, unless a script has said where to go on */
	if (c->ctx.reg[ENG_RIP] == rip)
		c->ctx.reg[ENG_RIP] = hv_behind(c, len, long64);
	c->ctx.reg[ENG_RFLAGS] &= ~(u64)X86_EFLAGS_RF;
	BACKEND(retired)(c);
	return true;
}

static __always_inline void fire_post(struct hv_cpu *c, enum eng_kind kind)
{
	if (lsm_wants(c, kind, ENG_POST))
		fire(c, kind, ENG_POST);
}

/* What is needed behind the first event is looked at there: no registers are saved for it. */
static __always_inline void emulate_syscall(struct hv_cpu *c, bool long64, u32 len)
{
	u64 *reg = c->ctx.reg;
	struct hv_mode m;
	u16 cs;

	c->exits[LSM_EXIT_SYSCALL]++;
	c->compat = !long64;
	if (fire_pre(c, ENG_EV_SYSCALL, len, long64))
		return;
	hv_returns_syscall(c);
	BACKEND(mode)(c, &m);
	cs = (m.star >> 32) & 0xfffc;
	reg[ENG_RCX] = hv_behind(c, len, m.long64);
	reg[ENG_R11] = reg[ENG_RFLAGS] & ~(u64)X86_EFLAGS_RF;
	reg[ENG_RIP] = m.long64 ? m.lstar : m.cstar;
	reg[ENG_RFLAGS] &= ~(m.sfmask | X86_EFLAGS_RF);
	BACKEND(segments)(c, cs, cs + 8, 0, true);
	/* TF counts after the instruction, where SFMASK has cleared it for the kernel: no trap */
	BACKEND(retired)(c);
	fire_post(c, ENG_EV_SYSCALL);
}

static __always_inline void transfer_sysret(struct hv_cpu *c, const struct hv_mode *m, bool to_long)
{
	u16 base = m->star >> 48;
	u64 *reg = c->ctx.reg;

	/*
	 * A non-canonical RCX is no fault of SYSRET's on these processors: the fetch from it
	 * faults, in ring 3. The stack segment keeps base, limit and attributes.
	 */
	reg[ENG_RIP] = to_long ? reg[ENG_RCX] : (u32)reg[ENG_RCX];
	reg[ENG_RFLAGS] = (reg[ENG_R11] & SYSRET_FLAGS) | X86_EFLAGS_FIXED;
	BACKEND(segments)(c, (to_long ? base + 16 : base) | 3, base + 8, 3, to_long);
	/* TF in R11 traps at once, before the first instruction in ring 3: volume 2, 13.1.4 */
	BACKEND(retired)(c);
}

static __always_inline void emulate_sysret(struct hv_cpu *c, bool long64, u32 len, bool rexw)
{
	bool to_long = long64 && rexw;
	struct hv_mode m;

	c->exits[LSM_EXIT_SYSRET]++;
	c->compat = !to_long;
	c->ctx.context = c->ctx.reg[ENG_RIP];
	hv_returns_sysret();
	if (fire_pre(c, ENG_EV_SYSRET, len, long64))
		return;
	BACKEND(mode)(c, &m);
	transfer_sysret(c, &m, to_long);
	fire_post(c, ENG_EV_SYSRET);
}

/* The guest is about to execute the first instruction behind LSTAR or CSTAR. */
static void emulate_entry(struct hv_cpu *c)
{
	struct hv_mode m;

	BACKEND(mode)(c, &m);
	c->exits[LSM_EXIT_ENTRY]++;
	c->compat = c->ctx.reg[ENG_RIP] != m.lstar;
	lsm_fire_entry(c);
	store(c);
	/* nothing of the kernel's has been done yet: straight back is all that there is to it */
	if (c->ctx.skip)
		transfer_sysret(c, &m, !c->compat);
}

static void sysret_known(struct hv_cpu *c, const struct hv_insn *i)
{
	c->sysret_rip = c->ctx.reg[ENG_RIP];
	c->sysret_len = i->len;
	c->sysret_long = i->rexw;
}

/* The instruction at RIP raised #UD, and is to be looked at. */
static noinline void emulate_unknown(struct hv_cpu *c)
{
	struct hv_mode m;
	struct hv_insn i;

	BACKEND(mode)(c, &m);
	i = hv_fetch(c, m.cr3, hv_fetch_at(c, m.long64, m.cs_base), m.long64);
	if (!i.len) {
		hv_fetch_failed(c);
	} else if (i.opcode == OPCODE_SYSCALL && m.sce) {
		emulate_syscall(c, m.long64, i.len);
	} else if (i.opcode == OPCODE_SYSRET && m.sce && m.cpl) {
		c->exits[LSM_EXIT_UD]++;
		BACKEND(inject)(c, X86_TRAP_GP, true, 0);
	} else if (i.opcode == OPCODE_SYSRET && m.sce) {
		sysret_known(c, &i);
		emulate_sysret(c, m.long64, i.len, i.rexw);
	} else {
		c->exits[LSM_EXIT_UD]++;
		BACKEND(inject)(c, X86_TRAP_UD, false, 0);
	}
}

/* The instruction at RIP raised #UD: nearly always one of these. */
static __always_inline void emulate_ud(struct hv_cpu *c)
{
	struct hv_mode m;

	BACKEND(mode)(c, &m);
	if (!m.sce || !m.long64)
		emulate_unknown(c);
	else if (!m.cpl && c->ctx.reg[ENG_RIP] == c->sysret_rip)
		emulate_sysret(c, true, c->sysret_len, c->sysret_long);
	else if (m.cpl && (c->trusts_cpu ||
			   hv_peek(c, m.cr3, c->ctx.reg[ENG_RIP]) == (0x0f | OPCODE_SYSCALL << 8)))
		emulate_syscall(c, true, 2);
	else
		emulate_unknown(c);
}

#endif
