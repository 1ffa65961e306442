// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * code.c - runs custom code in ring 3 of the host and judges every exception that it raises.
 * Must never let it execute an instruction that was not looked at.
 *
 * What holds it: page tables (cage.c) for its memory; single-step, whose trap works with GIF
 * clear (AMD64 volume 2, 15.17), for its time; and before each instruction, the first
 * included, code_check() for what could escape both. Control registers are set for the run so
 * that the processor refuses most of the same by itself; SYSCALL it always refuses, as the
 * host's EFER has no SCE.
 */
#include <linux/percpu.h>
#include <asm/processor.h>
#include <asm/debugreg.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "asm/guard_words.h"
#include "guard.h"
#include "host.h"

#define MAX_STEPS 65536
/* Above the return address: the caller's shadow space, and room for a stray pop or two. */
#define STACK_RESERVE 256

/*
 * Off during a run. FSGSBASE, PKE, CET and UINTR: they let ring 3 change registers that are
 * the guest's. PVI: STI and CLI. PCE: RDPMC. PGE: its change empties the TLB, before and after.
 */
#define CR4_UINTR BIT(25) /* not in the headers of 6.1 */
#define CR4_OFF                                                                                   \
	(X86_CR4_VME | X86_CR4_PVI | X86_CR4_PCE | X86_CR4_FSGSBASE | X86_CR4_PKE | X86_CR4_CET | \
	 X86_CR4_PGE | CR4_UINTR)

struct machine {
	unsigned long cr0, cr3, cr4, dr6;
	u64 debugctl;
};

/* The kernel's own writer keeps some bits, remembers the value and can be traced. */
static void write_cr4_raw(unsigned long value)
{
	asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static void prepare(struct machine *m, u64 cr3)
{
	m->cr0 = native_read_cr0();
	m->cr3 = __native_read_cr3();
	m->cr4 = native_read_cr4();
	m->dr6 = native_get_debugreg(6);
	m->debugctl = host_rdmsr(MSR_IA32_DEBUGCTLMSR);
	/* TS: anything of the FPU faults, its registers are the guest's */
	host_write_cr0((m->cr0 & ~X86_CR0_EM) | X86_CR0_TS | X86_CR0_MP);
	write_cr4_raw(m->cr4 & ~CR4_OFF);
	/* a guest that single-steps branches would make TF skip everything else */
	if (m->debugctl & DEBUGCTLMSR_BTF)
		host_wrmsr(MSR_IA32_DEBUGCTLMSR, m->debugctl & ~DEBUGCTLMSR_BTF);
	native_write_cr3(cr3);
}

static void restore(const struct machine *m)
{
	native_write_cr3(m->cr3);
	/* what each #DB has changed: AMD64 volume 2, 13.1.4 and 13.1.6; LBR and BTF are cleared */
	native_set_debugreg(6, m->dr6);
	if (m->debugctl)
		host_wrmsr(MSR_IA32_DEBUGCTLMSR, m->debugctl);
	write_cr4_raw(m->cr4);
	host_write_cr0(m->cr0);
}

/* May the instruction at @rip be executed? Otherwise how the run ends is in @g. */
static bool may_execute(struct hv_guard *g, u64 rip)
{
	const struct hv_code *code = g->code;
	u64 offset = rip - CAGE_CODE;

	g->rip = rip;
	if (offset >= code->len) {
		g->end = CAGE_STRAYED;
		return false;
	}
	g->insn = code_check(code->bytes + offset, CAGE_CODE_BYTES - offset);
	if (g->insn != INSN_OK) {
		g->end = CAGE_REFUSED;
		return false;
	}
	if (++g->steps > MAX_STEPS) {
		g->end = CAGE_BOUND;
		return false;
	}
	return true;
}

/* Back to the caller of hv_cage_enter(), in ring 0. */
static void leave(struct hv_guard *g, struct hv_host_frame *f)
{
	f->rip = (u64)hv_cage_return;
	f->cs = g->cs;
	f->ss = g->ss;
	f->rsp = g->rsp;
	f->rflags = X86_EFLAGS_FIXED;
}

void hv_cage_exception(struct hv_guard *g, struct hv_host_frame *f)
{
	if (f->vector != X86_TRAP_DB) {
		g->end = CAGE_FAULT;
		g->rip = f->rip;
	} else if (f->rip == CAGE_EXIT) {
		g->end = CAGE_RETURNED;
		g->rax = f->rax;
	} else if (may_execute(g, f->rip)) {
		f->rflags |= X86_EFLAGS_TF;
		return;
	}
	leave(g, f);
}

static enum guard_word fault_word(const struct hv_fault *fault)
{
	switch (fault->vector) {
	case X86_TRAP_DE:
		return GUARD_SAYS_DIVIDE;
	case X86_TRAP_UD:
		return GUARD_SAYS_ILLEGAL;
	case X86_TRAP_NM:
		return GUARD_SAYS_VECTOR;
	case X86_TRAP_SS:
	case X86_TRAP_GP:
		return GUARD_SAYS_PROTECTION;
	case X86_TRAP_PF:
		/* one page on either side of the stack ends it */
		if (fault->addr - (CAGE_STACK - PAGE_SIZE) <
		    CAGE_STACK_TOP - CAGE_STACK + 2 * PAGE_SIZE)
			return GUARD_SAYS_STACK;
		return GUARD_SAYS_ADDRESS;
	default:
		return GUARD_SAYS_EXCEPTION;
	}
}

static void explain(const struct hv_guard *g, char *why, size_t size)
{
	static const u8 words[] = {
		[INSN_ILLEGAL] = GUARD_SAYS_ILLEGAL,	   [INSN_CALL] = GUARD_SAYS_CALL,
		[INSN_PRIVILEGED] = GUARD_SAYS_PRIVILEGED, [INSN_BREAK] = GUARD_SAYS_BREAK,
		[INSN_VECTOR] = GUARD_SAYS_VECTOR,	   [INSN_REFUSED] = GUARD_SAYS_REFUSED,
	};
	const struct hv_fault *fault = &g->fault;
	u64 offset = g->rip - CAGE_CODE;

	switch (g->end) {
	case CAGE_STRAYED:
		guard_say(GUARD_SAYS_STRAYED, 0, g->rip, why, size);
		break;
	case CAGE_REFUSED:
		guard_say(words[g->insn], offset, 0, why, size);
		break;
	case CAGE_BOUND:
		guard_say(GUARD_SAYS_BOUND, 0, MAX_STEPS, why, size);
		break;
	default:
		guard_say(fault_word(fault), offset,
			  fault->vector == X86_TRAP_PF ? fault->addr : fault->vector, why, size);
	}
}

bool hv_code_run(struct hv_cpu *c, struct hv_code *code, bool condition, u64 regs[ENG_GUEST_REGS],
		 u64 context, u64 *rax, char *why, size_t size)
{
	struct hv_guard *g = c->guard;
	u64 buffer = code->buffer ? CAGE_BUFFER : 0;
	u64 top = CAGE_STACK_TOP - STACK_RESERVE - 8; /* as behind a CALL */
	struct hv_cage_entry e = { CAGE_CODE, top, 0, 0, 0 };
	struct machine m;

	/* clang-format off */
	if (condition) {
		e.rcx = CAGE_REGS;
		e.rdx = context;
	} else {
		e.rcx = buffer;
		e.rdx = CAGE_REGS;
		e.r8 = context;
	}
	/* clang-format on */
	memcpy(g->regs, regs, ENG_GUEST_REGS * sizeof(*regs));
	*(u64 *)(g->stack + (top - CAGE_STACK)) = CAGE_EXIT;
	g->code = code;
	g->steps = 0;
	if (may_execute(g, CAGE_CODE)) {
		g->mode = GUARD_CAGE;
		prepare(&m, hv_cage_cr3(g, code));
		hv_cage_enter(g, &e);
		restore(&m);
		g->mode = GUARD_OFF;
	}
	if (g->end != CAGE_RETURNED) {
		explain(g, why, size);
		return false;
	}
	memcpy(regs, g->regs, ENG_GUEST_REGS * sizeof(*regs));
	*rax = g->rax;
	return true;
}
