/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * insn.h - the guest's instruction at RIP, in the host.
 */
#ifndef LSTAR_INSN_H
#define LSTAR_INSN_H

#include <linux/mm.h>
#include <asm/pgtable.h>

#include "host.h"
#include "hv.h"

struct hv_insn {
	u32 len; /* 0: the bytes end too early */
	u32 opcode; /* behind 0f; 0: not a two-byte opcode */
	bool rexw;
};

/* insn.c: the bytes at @at, which can be read as long as the host may reach them at all. */
struct hv_insn hv_decode_at(u64 at, bool long64);
struct hv_insn hv_fetch(struct hv_cpu *c, u64 cr3, u64 at, bool long64);

/*
 * The bytes at @at as the processor sees them that executes there now: through the guest's own page
 * tables. The one entry of its top level that leads there is borrowed for as long as it takes.
 * What the TLB remembers of it ends with the next load of CR3, at the next exit; nobody else
 * uses addresses of the low half meanwhile (custom code has a CR3 of its own).
 * Inline for the way of every event; elsewhere there is hv_fetch().
 */
static __always_inline struct hv_insn hv_fetch_inline(struct hv_cpu *c, u64 cr3, u64 at,
						      bool long64)
{
	u32 top = pgd_index(at);
	u64 *mine = &c->host->pgd[top];
	bool low = !(at >> 63);
	struct hv_insn i;
	u32 two;

	if (low)
		*mine = READ_ONCE(((const u64 *)__va(cr3 & PTE_PFN_MASK))[top]);
	/* two bytes are all that there is to nearly every one of them */
	two = host_peek2((const void *)at);
	if (ENG_LIKELY((two & 0xff) == 0x0f && two != HOST_PEEK_FAULT))
		i = (struct hv_insn){ .len = 2, .opcode = two >> 8 };
	else
		i = hv_decode_at(at, long64);
	if (low)
		WRITE_ONCE(*mine, 0);
	return i;
}

/* Its bytes could not be had: again, or #UD when that goes on for ever. */
void hv_fetch_failed(struct hv_cpu *c);

/* The linear address of RIP. */
static inline u64 hv_fetch_at(const struct hv_cpu *c, bool long64, u32 cs_base)
{
	u64 rip = c->ctx.reg[ENG_RIP];

	return long64 ? rip : (u32)(cs_base + rip);
}

/* RIP behind an instruction of @len bytes. */
static inline u64 hv_behind(const struct hv_cpu *c, u32 len, bool long64)
{
	u64 next = c->ctx.reg[ENG_RIP] + len;

	return long64 ? next : (u32)next;
}

#endif
