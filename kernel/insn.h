/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * insn.h - the guest's instruction at RIP, in the host.
 */
#ifndef LSTAR_INSN_H
#define LSTAR_INSN_H

#include "hv.h"

struct hv_insn {
	u8 len; /* 0: the bytes end too early */
	u8 opcode; /* behind 0f; 0: not a two-byte opcode */
	bool rexw;
};

struct hv_insn hv_fetch(struct hv_cpu *c, u64 cr3, u64 at, bool long64);
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
