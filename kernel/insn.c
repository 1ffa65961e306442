// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * insn.c - the guest's instruction at RIP: fetching it, and how long it is. Runs in the host.
 * Must never guess: bytes that cannot be had are the processor's to look for.
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "insn.h"

#define OPCODE_GROUP7 0x01
#define MAX_INSN 15
/* Fetches from one place in vain, one after another, until it is given up: see hv_fetch_failed(). */
#define MAX_RETRIES 16

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
static struct hv_insn decode(const u8 *b, u32 n, bool long64)
{
	struct hv_insn i = { 0 };
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

static u32 peek(u64 at, u8 *b, u32 n)
{
	u32 got, i;

	for (i = 0; i < n; i++) {
		got = host_peek1((const void *)(at + i));
		if (got == HOST_PEEK_FAULT)
			break;
		b[i] = got;
	}
	return i;
}

struct hv_insn hv_fetch(struct hv_cpu *c, u64 cr3, u64 at, bool long64)
{
	u8 b[MAX_INSN];
	u32 n;

	hv_borrow(c, cr3, at);
	host_forget((const void *)(at + MAX_INSN));
	n = peek(at, b, 2);
	if (n == 2 && b[0] != 0x0f)
		n += peek(at + 2, b + 2, MAX_INSN - 2);
	hv_give_back(c, at);
	return decode(b, n, long64);
}

/*
 * The instruction was executed, and yet it cannot be read: its page went away in between. Let
 * the processor find that out, by the tables and not by what it remembers of them, and raise
 * the guest's own page fault. Should it find the page and this code never, that would go on for
 * ever: #UD then.
 */
void hv_fetch_failed(struct hv_cpu *c)
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

u32 hv_insn_length(struct hv_cpu *c, u8 opcode, u32 operands)
{
	u64 next = hv_vendor->next_rip(c);
	struct hv_mode m;
	struct hv_insn i;

	/* The tables of firmware, which the host does not have, need not be gone through then. */
	if (next)
		return next - c->ctx.reg[ENG_RIP];
	hv_vendor->mode(c, &m);
	i = hv_fetch(c, m.cr3, hv_fetch_at(c, m.long64, m.cs_base), m.long64);
	if (!i.len) {
		hv_fetch_failed(c);
		return 0;
	}
	if (i.opcode != opcode) {
		/* changed since it was executed: execute what is there now */
		hv_vendor->flush(c);
		return 0;
	}
	return i.len + operands;
}

bool hv_at_svm_insn(struct hv_cpu *c)
{
	struct hv_insn i;
	struct hv_mode m;
	u8 modrm;
	u64 at;

	hv_vendor->mode(c, &m);
	at = hv_fetch_at(c, m.long64, m.cs_base);
	i = hv_fetch(c, m.cr3, at, m.long64);
	if (i.opcode != OPCODE_GROUP7)
		return false;
	return hv_read(m.cr3, at + i.len, &modrm, 1) && modrm >= 0xd8 && modrm <= 0xdf;
}

/* None of those that are skipped is a branch: stepped by branches, they trap no more than a NOP. */
void hv_skip(struct hv_cpu *c, u32 len)
{
	u64 *flags = &c->ctx.reg[ENG_RFLAGS], tf = *flags & X86_EFLAGS_TF;
	struct hv_mode m;

	hv_vendor->mode(c, &m);
	c->ctx.reg[ENG_RIP] = hv_behind(c, len, m.long64);
	*flags &= ~(u64)X86_EFLAGS_RF;
	if (!tf || !(host_rdmsr(MSR_IA32_DEBUGCTLMSR) & DEBUGCTLMSR_BTF))
		tf = 0;
	*flags &= ~tf;
	hv_vendor->retired(c);
	*flags |= tf;
}
