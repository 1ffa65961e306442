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

/* insn.c: the instruction at @at. */
struct hv_insn hv_fetch(struct hv_cpu *c, u64 cr3, u64 at, bool long64);

static __always_inline u32 hv_top_index(const struct host_cpu *h, u64 at)
{
	return at >> h->pgd_shift & (PTRS_PER_PGD - 1);
}

/*
 * The guest's memory at @at as the processor sees it that executes there now: through the guest's
 * own page tables. The one entry of their top level that leads there is borrowed until
 * hv_give_back(); nobody else uses addresses of the low half meanwhile (custom code has a CR3 of
 * its own). Borrowed, it is the supervisor's, and so is what it leads to (volume 2, 5.6): SMAP
 * does not object.
 */
static __always_inline void hv_borrow(struct hv_cpu *c, u64 cr3, u64 at)
{
	const struct host_cpu *h = c->host;
	const u64 *from = (const u64 *)(h->direct_map + (cr3 & h->table_mask));
	u32 top = hv_top_index(h, at);

	if (!(at >> 63))
		h->pgd[top] = READ_ONCE(from[top]) & ~(u64)_PAGE_USER;
	host_forget((const void *)at);
}

/*
 * The processor must not remember the entry beyond that: it may follow it where a speculated access
 * of the host leads, and mark what it finds as accessed, when the tables are long something else
 * (volume 2, 5.5.3, "Caching of Upper Level Translation Table Entries").
 */
static __always_inline void hv_give_back(struct hv_cpu *c, u64 at)
{
	if (at >> 63)
		return;
	WRITE_ONCE(c->host->pgd[hv_top_index(c->host, at)], 0);
	host_forget((const void *)at);
}

/* Two bytes of one page, which is all that there is to nearly every SYSCALL; or HOST_PEEK_FAULT. */
static __always_inline u32 hv_peek(struct hv_cpu *c, u64 cr3, u64 at)
{
	u32 two;

	if (ENG_UNLIKELY((at & ~PAGE_MASK) == ~PAGE_MASK))
		return HOST_PEEK_FAULT;
	hv_borrow(c, cr3, at);
	two = host_peek2((const void *)at);
	hv_give_back(c, at);
	return two;
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
