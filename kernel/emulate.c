// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * emulate.c - SYSCALL and SYSRET as the processor would have done them: AMD64 Architecture
 * Programmer's Manual volume 3, "SYSCALL" and "SYSRET", with the events before and after.
 * Runs in the host. Must never guess: what is not one of the two gets its #UD.
 */
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "hv.h"
#include "returns.h"

#define OPCODE_GROUP7 0x01
#define OPCODE_SYSCALL 0x05
#define OPCODE_SYSRET 0x07
#define MAX_INSN 15
/* Flags that SYSRET takes from R11: all that exist but RF and VM. */
#define SYSRET_FLAGS 0x3c7fd7ULL
/* Fetches from one place in vain, one after another, until it is given up: see fetch_failed(). */
#define MAX_RETRIES 16

struct insn {
	u8 len; /* 0: the bytes end too early */
	u8 opcode; /* behind 0f; 0: not a two-byte opcode */
	bool rexw;
};

static bool is_prefix(u8 b)
{
	switch (b) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66:
	case 0x67:
	case 0xf2:
	case 0xf3:
		return true;
	default: /* LOCK among them: #UD with all that is of interest here */
		return false;
	}
}

/* Volume 3, 1.2: any legacy prefixes, at most one REX that counts, the last, then the opcode. */
static struct insn decode(const u8 *b, u32 n, bool long64)
{
	struct insn i = { 0 };
	u32 at = 0;
	u8 rex = 0;

	for (; at < n; at++) {
		if (long64 && (b[at] & 0xf0) == 0x40)
			rex = b[at];
		else if (is_prefix(b[at]))
			rex = 0;
		else
			break;
	}
	if (at == n)
		return i;
	if (b[at] != 0x0f) {
		i.len = at + 1;
		return i;
	}
	if (at + 1 == n)
		return i;
	i.opcode = b[at + 1];
	i.len = at + 2;
	i.rexw = rex & 8;
	return i;
}

static struct insn fetch(struct hv_cpu *c, const struct hv_mode *m)
{
	u64 rip = c->ctx.reg[ENG_RIP];
	u64 at = m->long64 ? rip : (u32)(m->cs_base + rip);
	u8 b[MAX_INSN];
	struct insn i;
	size_t n;

	/* two bytes are all that there is to nearly every one of them */
	n = hv_read(m->cr3, at, b, 2);
	i = decode(b, n, m->long64);
	if (i.len || n < 2)
		return i;
	n += hv_read(m->cr3, at + 2, b + 2, MAX_INSN - 2);
	return decode(b, n, m->long64);
}

/*
 * The instruction was executed, and yet it cannot be read: its page went away in between. Let
 * the processor find that out, by the tables and not by what it remembers of them, and raise
 * the guest's own page fault. Where it can execute what cannot be read here (device memory), that
 * would go on for ever: #UD then.
 */
static void fetch_failed(struct hv_cpu *c)
{
	u64 rip = c->ctx.reg[ENG_RIP];

	if (c->retry_rip != rip)
		c->retries = 0;
	c->retry_rip = rip;
	if (c->retries++ < MAX_RETRIES) {
		c->exits[LSM_EXIT_RETRY]++;
		hv_vendor->flush(c);
		return;
	}
	c->retries = 0;
	c->exits[LSM_EXIT_UD]++;
	hv_vendor->inject(c, X86_TRAP_UD, false, 0);
}

u32 hv_insn_length(struct hv_cpu *c, u8 opcode)
{
	struct hv_mode m;
	struct insn i;

	hv_vendor->mode(c, &m);
	i = fetch(c, &m);
	if (!i.len) {
		fetch_failed(c);
		return 0;
	}
	if (i.opcode != opcode) {
		/* changed since it was executed: execute what is there now */
		hv_vendor->flush(c);
		return 0;
	}
	return i.len;
}

bool hv_at_svm_insn(struct hv_cpu *c)
{
	u64 rip = c->ctx.reg[ENG_RIP];
	struct hv_mode m;
	struct insn i;
	u8 modrm;

	hv_vendor->mode(c, &m);
	i = fetch(c, &m);
	if (i.opcode != OPCODE_GROUP7)
		return false;
	rip = m.long64 ? rip + i.len : (u32)(m.cs_base + rip + i.len);
	return hv_read(m.cr3, rip, &modrm, 1) && modrm >= 0xd8 && modrm <= 0xdf;
}

static u64 behind(const struct hv_cpu *c, u32 len, bool long64)
{
	u64 next = c->ctx.reg[ENG_RIP] + len;

	return long64 ? next : (u32)next;
}

void hv_skip(struct hv_cpu *c, u32 len)
{
	struct hv_mode m;

	hv_vendor->mode(c, &m);
	c->ctx.reg[ENG_RIP] = behind(c, len, m.long64);
	c->ctx.reg[ENG_RFLAGS] &= ~(u64)X86_EFLAGS_RF;
	hv_vendor->retired(c);
}

static void store(struct hv_cpu *c)
{
	u64 mask = c->ctx.dirty & ~(ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS));

	if (ENG_UNLIKELY(mask))
		hv_vendor->store_regs(c, mask);
}

/* Stage pre. True: the instruction is left out. */
static bool fire_pre(struct hv_cpu *c, enum eng_kind kind, u32 len, bool long64)
{
	u64 rip = c->ctx.reg[ENG_RIP];

	lsm_fire(c, kind, ENG_PRE);
	store(c);
	if (!c->ctx.skip)
		return false;
	/* behind it, unless a script has said where to go on */
	if (c->ctx.reg[ENG_RIP] == rip)
		c->ctx.reg[ENG_RIP] = behind(c, len, long64);
	c->ctx.reg[ENG_RFLAGS] &= ~(u64)X86_EFLAGS_RF;
	hv_vendor->retired(c);
	return true;
}

static void fire_post(struct hv_cpu *c, enum eng_kind kind)
{
	lsm_fire(c, kind, ENG_POST);
	store(c);
}

static void emulate_syscall(struct hv_cpu *c, const struct hv_mode *m, u32 len)
{
	u64 *reg = c->ctx.reg;
	u16 cs = (m->star >> 32) & 0xfffc;

	c->exits[LSM_EXIT_SYSCALL]++;
	c->compat = !m->long64;
	if (fire_pre(c, ENG_EV_SYSCALL, len, m->long64))
		return;
	hv_returns_syscall(c);
	reg[ENG_RCX] = behind(c, len, m->long64);
	reg[ENG_R11] = reg[ENG_RFLAGS] & ~(u64)X86_EFLAGS_RF;
	reg[ENG_RIP] = m->long64 ? m->lstar : m->cstar;
	reg[ENG_RFLAGS] &= ~(m->sfmask | X86_EFLAGS_RF);
	hv_vendor->segments(c, cs, cs + 8, 0, true);
	/*
	 * TF counts after the instruction, where SFMASK has cleared it for the kernel (volume 2,
	 * 13.1.4): no trap then.
	 */
	hv_vendor->retired(c);
	fire_post(c, ENG_EV_SYSCALL);
}

static void transfer_sysret(struct hv_cpu *c, const struct hv_mode *m, bool to_long)
{
	u16 base = m->star >> 48;
	u64 *reg = c->ctx.reg;

	/*
	 * A non-canonical RCX is no fault of SYSRET's on these processors: the fetch from it
	 * faults, in ring 3. The stack segment keeps base, limit and attributes.
	 */
	reg[ENG_RIP] = to_long ? reg[ENG_RCX] : (u32)reg[ENG_RCX];
	reg[ENG_RFLAGS] = (reg[ENG_R11] & SYSRET_FLAGS) | X86_EFLAGS_FIXED;
	hv_vendor->segments(c, (to_long ? base + 16 : base) | 3, base + 8, 3, to_long);
	/* TF in R11 traps at once, before the first instruction in ring 3 */
	hv_vendor->retired(c);
}

static void emulate_sysret(struct hv_cpu *c, const struct hv_mode *m, u32 len, bool rexw)
{
	bool to_long = m->long64 && rexw;

	c->exits[LSM_EXIT_SYSRET]++;
	c->compat = !to_long;
	hv_returns_sysret();
	if (fire_pre(c, ENG_EV_SYSRET, len, m->long64))
		return;
	transfer_sysret(c, m, to_long);
	fire_post(c, ENG_EV_SYSRET);
}

void hv_entry(struct hv_cpu *c)
{
	struct hv_mode m;

	hv_vendor->mode(c, &m);
	c->exits[LSM_EXIT_ENTRY]++;
	c->compat = c->ctx.reg[ENG_RIP] != m.lstar;
	lsm_fire_entry(c);
	store(c);
	/* nothing of the kernel's has been done yet: straight back is all that there is to it */
	if (c->ctx.skip)
		transfer_sysret(c, &m, !c->compat);
}

static void sysret_known(struct hv_cpu *c, const struct insn *i)
{
	c->sysret_rip = c->ctx.reg[ENG_RIP];
	c->sysret_len = i->len;
	c->sysret_long = i->rexw;
}

void hv_emulate_ud(struct hv_cpu *c)
{
	struct hv_mode m;
	struct insn i;

	hv_vendor->mode(c, &m);
	if (!m.cpl && m.sce && m.long64 && c->ctx.reg[ENG_RIP] == c->sysret_rip) {
		emulate_sysret(c, &m, c->sysret_len, c->sysret_long);
		return;
	}
	if (m.cpl && m.sce && m.long64 && !lsm_checks_bytes(c)) {
		emulate_syscall(c, &m, 2);
		return;
	}
	i = fetch(c, &m);
	if (!i.len) {
		fetch_failed(c);
	} else if (i.opcode == OPCODE_SYSCALL && m.sce) {
		emulate_syscall(c, &m, i.len);
	} else if (i.opcode == OPCODE_SYSRET && m.sce && m.cpl) {
		c->exits[LSM_EXIT_UD]++;
		hv_vendor->inject(c, X86_TRAP_GP, true, 0);
	} else if (i.opcode == OPCODE_SYSRET && m.sce) {
		sysret_known(c, &i);
		emulate_sysret(c, &m, i.len, i.rexw);
	} else {
		c->exits[LSM_EXIT_UD]++;
		hv_vendor->inject(c, X86_TRAP_UD, false, 0);
	}
}
