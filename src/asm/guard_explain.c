/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_explain.c - what a processor exception in custom code means, in words. Reads a copy
 * of what the guard reported and decides nothing.
 */
#include <signal.h>
#include <stdint.h>

#include "asm/guard_internal.h"
#include "asm/guard_words.h"

/* Exception vectors, Intel SDM volume 3, table 6-1. */
#define VEC_DIVIDE 0
#define VEC_PAGE_FAULT 14

/* An address in the stack or in the pages that end it. */
static bool near_stack(const u8 *base, u64 addr)
{
	u64 offset = addr - (u64)(uintptr_t)base;

	return offset >= GUARD_REGS + GUARD_PAGE && offset < GUARD_STACK;
}

static enum guard_word segv_word(const struct guard_ctl *ctl, const u8 *base)
{
	if (ctl->trap != VEC_PAGE_FAULT)
		return GUARD_SAYS_PROTECTION;
	return near_stack(base, ctl->addr) ? GUARD_SAYS_STACK : GUARD_SAYS_ADDRESS;
}

void guard_explain(const struct guard_ctl *ctl, const u8 *base, const struct asm_code *code,
		   char *why, size_t size)
{
	u64 offset = ctl->rip - (u64)(uintptr_t)code->mem;
	enum guard_word word = GUARD_SAYS_SIGNAL;
	u64 value = ctl->signal;

	switch (ctl->signal) {
	case SIGSEGV:
	case SIGBUS:
		word = segv_word(ctl, base);
		value = ctl->addr;
		break;
	case SIGILL:
		word = GUARD_SAYS_ILLEGAL;
		break;
	case SIGFPE:
		word = ctl->trap == VEC_DIVIDE ? GUARD_SAYS_DIVIDE : GUARD_SAYS_FLOAT;
		break;
	case SIGTRAP:
		word = GUARD_SAYS_TRAP;
		break;
	case SIGSYS:
		word = GUARD_SAYS_CALLED;
		value = ctl->syscall;
		break;
	}
	/* INT3 and SYSCALL report the address behind them */
	if (offset > code->len) {
		word = GUARD_SAYS_STRAYED;
		value = ctl->rip;
	}
	guard_say(word, offset, value, why, size);
}
