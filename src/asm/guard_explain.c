/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_explain.c - what a processor exception in custom code means, in words. Reads a copy
 * of what the guard reported and decides nothing.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

#include "asm/guard_internal.h"

/* Exception vectors, Intel SDM volume 3, table 6-1. */
#define VEC_DIVIDE 0
#define VEC_GENERAL_PROTECTION 13
#define VEC_PAGE_FAULT 14

/* An address in the stack or in the pages that end it. */
static bool near_stack(const u8 *base, u64 addr)
{
	u64 offset = addr - (u64)(uintptr_t)base;

	return offset >= GUARD_REGS + GUARD_PAGE && offset < GUARD_STACK;
}

static void explain_segv(const struct guard_ctl *ctl, const u8 *base, u64 offset, char *why,
			 size_t size)
{
	if (ctl->trap != VEC_PAGE_FAULT)
		snprintf(why, size,
			 "fault at offset %llu: general protection (privileged instruction, or an "
			 "address that cannot exist)",
			 offset);
	else if (near_stack(base, ctl->addr))
		snprintf(why, size, "fault at offset %llu: stack overflow", offset);
	else
		snprintf(why, size, "fault at offset %llu: bad address 0x%llx", offset, ctl->addr);
}

void guard_explain(const struct guard_ctl *ctl, const u8 *base, const struct asm_code *code,
		   char *why, size_t size)
{
	u64 offset = ctl->rip - (u64)(uintptr_t)code->mem;

	/* INT3 and SYSCALL report the address behind them */
	if (offset > code->len) {
		snprintf(why, size, "jumped to 0x%llx, outside its code", ctl->rip);
		return;
	}
	switch (ctl->signal) {
	case SIGSEGV:
	case SIGBUS:
		explain_segv(ctl, base, offset, why, size);
		break;
	case SIGILL:
		snprintf(why, size, "fault at offset %llu: illegal instruction", offset);
		break;
	case SIGFPE:
		snprintf(why, size, "fault at offset %llu: %s", offset,
			 ctl->trap == VEC_DIVIDE ? "division error" : "floating-point exception");
		break;
	case SIGTRAP:
		snprintf(why, size, "breakpoint or debug trap before offset %llu", offset);
		break;
	case SIGSYS:
		snprintf(why, size,
			 "system call %u before offset %llu; custom code cannot make system calls",
			 ctl->syscall, offset);
		break;
	default:
		snprintf(why, size, "signal %u at offset %llu", ctl->signal, offset);
	}
}
