// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * svm.c - the AMD backend: whether this machine can, memory of a CPU, and what becomes of an
 * exit. From svm_exit() down everything runs in the host.
 */
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/debugreg.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "../compat.h"
#include "svm.h"

#define OPCODE_RDMSR 0x32
#define OPCODE_WRMSR 0x30
#define OPCODE_CPUID 0xa2
#define VMMCALL_LEN 3
#define EFER_GUEST (EFER_SCE | EFER_NX | EFER_FFXSR | EFER_LMSLE)
/* Of what a script writes into RFLAGS: all that exist but VM, VIF and VIP. */
#define FLAGS_WRITABLE 0x257fd7ULL

static int svm_probe(char *why, size_t size)
{
	u64 vm_cr;

	if (cpuid_eax(0x80000000) < 0x8000000a || !(cpuid_ecx(0x80000001) & BIT(2))) {
		snprintf(why, size,
			 boot_cpu_has(X86_FEATURE_HYPERVISOR)
				 ? "this virtual machine's processor has no AMD SVM: turn nested "
				   "virtualisation on in its hypervisor"
				 : "this processor has no AMD SVM, or its firmware hides it");
		return -ENODEV;
	}
	if (rdmsrl_safe(MSR_VM_CR, &vm_cr)) {
		snprintf(why, size, "the MSR VM_CR cannot be read, AMD SVM is not usable here");
		return -ENODEV;
	}
	if (vm_cr & BIT(4)) {
		snprintf(why, size,
			 "AMD SVM is disabled (VM_CR.SVMDIS): enable it in the firmware");
		return -EPERM;
	}
	if (native_read_cr4() & BIT_ULL(32)) {
		snprintf(why, size,
			 "FRED is on (CR4.FRED), its SYSCALL is another one: boot with "
			 "fred=off");
		return -ENODEV;
	}
	return 0;
}

/*
 * The MSRs that exit, one map for all CPUs: volume 2, 15.11. Two bits for each, reads and writes,
 * three ranges of 8192 MSRs, 2 KB apart.
 */
#define MSR_MAP_ORDER 1
#define READS 1
#define WRITES 2
static u8 *msr_map;

static void msr_intercept(u32 msr, u8 what)
{
	u32 range = msr >= 0xc0010000 ? 2 : msr >= 0xc0000000 ? 1 : 0;
	u32 bit = 2 * (msr & 0x1fff);

	msr_map[range * 0x800 + bit / 8] |= what << bit % 8;
}

static int svm_init(void)
{
	msr_map = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, MSR_MAP_ORDER);
	if (!msr_map)
		return -ENOMEM;
	msr_intercept(MSR_EFER, READS | WRITES);
	msr_intercept(MSR_VM_CR, READS | WRITES);
	msr_intercept(MSR_VM_HSAVE_PA, READS | WRITES);
	msr_intercept(MSR_LSTAR, WRITES);
	return 0;
}

static void svm_free_maps(void)
{
	free_pages((unsigned long)msr_map, MSR_MAP_ORDER);
	msr_map = NULL;
}

u64 svm_msr_map(void)
{
	return __sme_pa(msr_map);
}

static void *new_page(int node)
{
	struct page *p = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, 0);

	return p ? page_address(p) : NULL;
}

static void svm_free(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);

	if (!s)
		return;
	free_page((unsigned long)s->vmcb);
	free_page((unsigned long)s->host);
	free_page((unsigned long)s->save);
	kfree(s);
	c->vendor = NULL;
}

static int svm_alloc(struct hv_cpu *c)
{
	int node = cpu_to_node(c->cpu);
	struct svm_cpu *s = kzalloc_node(sizeof(*s), GFP_KERNEL, node);

	if (!s)
		return -ENOMEM;
	c->vendor = s;
	s->vmcb = new_page(node);
	s->host = new_page(node);
	s->save = new_page(node);
	s->world = (void *)(c->host->stack + HOST_STACK_SIZE - sizeof(*s->world));
	if (s->vmcb && s->host && s->save)
		return 0;
	svm_free(c);
	return -ENOMEM;
}

static void svm_inject(struct hv_cpu *c, u8 vector, bool has_error, u32 error)
{
	struct vmcb *v = svm_of(c)->vmcb;

	v->eventinj = EVENT_VALID | EVENT_EXCEPTION | vector;
	if (has_error)
		v->eventinj |= EVENT_HAS_ERROR | (u64)error << 32;
	/* what the processor pushes for a fault has RF set (volume 2, 3.1.6); not so here */
	if (vector != X86_TRAP_DB)
		c->ctx.reg[ENG_RFLAGS] |= X86_EFLAGS_RF;
}

static void svm_mode(struct hv_cpu *c, struct hv_mode *m)
{
	const struct svm_cpu *s = svm_of(c);
	const struct vmcb *v = s->vmcb;

	m->cpl = v->cpl;
	m->long64 = v->cs.attr & SEG_LONG;
	m->sce = s->sce && v->efer & EFER_LMA;
	m->cs_base = v->cs.base;
	m->cr3 = v->cr3;
	m->star = v->star;
	m->lstar = v->lstar;
	m->cstar = v->cstar;
	m->sfmask = v->sfmask;
}

static void svm_segments(struct hv_cpu *c, u16 cs, u16 ss, u8 cpl, bool long64)
{
	struct vmcb *v = svm_of(c)->vmcb;
	u16 dpl = cpl ? SEG_DPL3 : 0;

	v->cs = (struct vmcb_seg){ cs, (long64 ? SEG_CODE64 : SEG_CODE32) | dpl, ~0u, 0 };
	/* which of the two says the level at VMRUN differs between implementations: set both */
	v->cpl = cpl;
	v->ss.sel = ss;
	if (cpl) {
		v->ss.attr |= SEG_DPL3;
	} else {
		v->ss.attr = SEG_DATA;
		v->ss.limit = ~0u;
		v->ss.base = 0;
	}
	vmcb_dirty(v, CLEAN_SEG);
}

static void svm_retired(struct hv_cpu *c)
{
	struct vmcb *v = svm_of(c)->vmcb;

	v->int_state &= ~INT_SHADOW;
	if (ENG_LIKELY(!(c->ctx.reg[ENG_RFLAGS] & X86_EFLAGS_TF)))
		return;
	/* an injected #DB does not set DR6: 15.20 */
	svm_dr_write(c, 6, v->dr6 | DR_STEP);
	svm_inject(c, X86_TRAP_DB, false, 0);
}

static void svm_flush(struct hv_cpu *c)
{
	svm_of(c)->vmcb->tlb_control = TLB_FLUSH_ALL;
}

static void svm_divert(struct hv_cpu *c, void (*fn)(void), void *stack)
{
	struct vmcb *v = svm_of(c)->vmcb;

	svm_segments(c, __KERNEL_CS, __KERNEL_DS, 0, true);
	v->cr3 = svm_of(c)->world->cr3;
	v->gs.base = c->gs_base;
	v->cr0 = native_read_cr0();
	v->cr4 = svm_of(c)->world->cr4;
	v->dr6 = DR6_RESERVED;
	v->dr7 = DR7_FIXED;
	v->rip = c->ctx.reg[ENG_RIP] = (u64)fn;
	v->rsp = c->ctx.reg[ENG_RSP] = (u64)stack;
	v->rflags = c->ctx.reg[ENG_RFLAGS] = X86_EFLAGS_FIXED;
	v->eventinj = 0;
	v->int_state = 0;
	v->tlb_control = TLB_FLUSH_ALL;
	v->clean = 0;
}

static void svm_resume_at(struct hv_cpu *c, u64 *rip, u64 *rsp)
{
	*rip = (u64)svm_resume;
	*rsp = (u64)svm_of(c)->world;
}

static void svm_intercept(struct hv_cpu *c, bool on)
{
	struct svm_cpu *s = svm_of(c);
	struct vmcb *v = s->vmcb;

	c->armed = on;
	v->exceptions &= ~BIT(X86_TRAP_UD);
	if (on)
		v->exceptions |= BIT(X86_TRAP_UD);
	v->efer &= ~(u64)EFER_SCE;
	if (!on && s->sce)
		v->efer |= EFER_SCE;
	vmcb_dirty(v, CLEAN_INTERCEPTS | CLEAN_CR);
}

static bool write_efer(struct hv_cpu *c, u64 value)
{
	struct svm_cpu *s = svm_of(c);
	struct vmcb *v = s->vmcb;
	u64 now = (v->efer & ~(u64)EFER_SVME) | (s->sce ? EFER_SCE : 0);

	/* a bit that never was there, LME under paging: #GP as everywhere */
	if ((value ^ now) & ~(u64)EFER_GUEST && (v->cr0 & X86_CR0_PG || value & EFER_SVME))
		return false;
	s->sce = value & EFER_SCE;
	v->efer = value | EFER_SVME;
	svm_intercept(c, c->armed);
	return true;
}

/*
 * The kernel writes LSTAR when a CPU comes up, and then never again. Another value means another
 * kernel (kexec after a crash): what was armed for the one that was here is over.
 */
static void write_lstar(struct hv_cpu *c, u64 value)
{
	struct vmcb *v = svm_of(c)->vmcb;

	if (v->lstar != value) {
		if (c->armed)
			svm_intercept(c, false);
		svm_hook(c, false);
	}
	v->lstar = value;
}

static bool msr_write(struct hv_cpu *c, u32 msr, u64 value)
{
	switch (msr) {
	case MSR_EFER:
		return write_efer(c, value);
	case MSR_LSTAR:
		if (!svm_canonical(value))
			return false;
		write_lstar(c, value);
		return true;
	default:
		return hv_msr_write(c, msr, value);
	}
}

static bool msr_read(struct hv_cpu *c, u32 msr, u64 *value)
{
	struct svm_cpu *s = svm_of(c);

	if (msr != MSR_EFER)
		return hv_msr_read(c, msr, value);
	*value = s->vmcb->efer & ~(u64)(EFER_SVME | EFER_SCE);
	*value |= s->sce ? EFER_SCE : 0;
	return true;
}

static void exit_msr(struct hv_cpu *c)
{
	bool write = svm_of(c)->vmcb->exitinfo1 & 1, good;
	u64 *reg = c->ctx.reg, value;
	u32 len = hv_insn_length(c, write ? OPCODE_WRMSR : OPCODE_RDMSR);

	if (!len)
		return;
	c->exits[LSM_EXIT_MSR]++;
	if (write) {
		value = reg[ENG_RDX] << 32 | (u32)reg[ENG_RAX];
		good = msr_write(c, reg[ENG_RCX], value);
	} else {
		good = msr_read(c, reg[ENG_RCX], &value);
	}
	if (!good) {
		svm_inject(c, X86_TRAP_GP, true, 0);
		return;
	}
	if (!write) {
		reg[ENG_RAX] = (u32)value;
		reg[ENG_RDX] = value >> 32;
	}
	hv_skip(c, len);
}

static void exit_cpuid(struct hv_cpu *c)
{
	u32 len = hv_insn_length(c, OPCODE_CPUID);

	if (!len)
		return;
	c->exits[LSM_EXIT_CPUID]++;
	hv_cpuid(c, svm_of(c)->vmcb->cr4);
	hv_skip(c, len);
}

/* VMMCALL: the module's own is known by its address; SVM is not there for anybody else. */
static void exit_vmmcall(struct hv_cpu *c)
{
	u64 (*fn)(struct hv_cpu * c, void *arg) = (void *)c->ctx.reg[ENG_RDI];

	if (svm_of(c)->vmcb->cpl || c->ctx.reg[ENG_RIP] != (u64)svm_call_insn) {
		c->exits[LSM_EXIT_SVM]++;
		svm_inject(c, X86_TRAP_UD, false, 0);
		return;
	}
	c->exits[LSM_EXIT_HYPERCALL]++;
	c->ctx.reg[ENG_RIP] += VMMCALL_LEN;
	c->ctx.reg[ENG_RAX] = fn(c, (void *)c->ctx.reg[ENG_RSI]);
}

/* What the guest's triple fault does without a hypervisor, done for it: no IDT, and a fault. */
static void __noreturn shut_down(void)
{
	struct host_table none = { 0 };

	asm volatile("lidt %0; ud2" : : "m"(none));
	__builtin_unreachable();
}

/* Volume 2, 8.2.9: a #GP during the delivery of one of these is #DF. */
static bool makes_double_fault(u64 info)
{
	u8 vector = info;

	return (info & EVENT_VALID) && (info & EVENT_TYPE) == EVENT_EXCEPTION &&
	       (vector == X86_TRAP_DE || (vector >= X86_TRAP_TS && vector <= X86_TRAP_PF));
}

/*
 * Outside of ring 0 the instructions of SVM are #GP before they are intercepted, as long as
 * EFER.SVME is on (volume 3, VMRUN and the others); a processor without SVM knows none of them.
 * Every other #GP goes on to where it was going.
 */
static void exit_gp(struct hv_cpu *c, const struct vmcb *v)
{
	bool delivering = v->exitintinfo & EVENT_VALID;

	if (v->cpl && !v->exitinfo1 && !delivering && hv_at_svm_insn(c)) {
		c->exits[LSM_EXIT_SVM]++;
		svm_inject(c, X86_TRAP_UD, false, 0);
		return;
	}
	c->exits[LSM_EXIT_GP]++;
	if (delivering && (v->exitintinfo & (EVENT_TYPE | 0xff)) == (EVENT_EXCEPTION | X86_TRAP_DF))
		shut_down();
	if (makes_double_fault(v->exitintinfo))
		svm_inject(c, X86_TRAP_DF, true, 0);
	else
		svm_inject(c, X86_TRAP_GP, true, v->exitinfo1);
}

/*
 * The processor refused the VMCB: at the first entry that is told to whoever asked for it, later
 * there is nothing left of the guest to go on with.
 */
static void exit_invalid(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);

	if (s->running)
		shut_down();
	s->refused = true;
	svm_leave_host(c, NULL);
}

static void exit_other(struct hv_cpu *c, const struct vmcb *v)
{
	c->exits[LSM_EXIT_OTHER]++;
	c->died = (struct hv_fault){
		.vector = HV_DIED_EXIT, .error = v->exitcode, .addr = v->exitinfo1, .rip = v->rip
	};
	svm_divert(c, hv_broken, c->host->last_stack + HOST_LAST_STACK_SIZE - 8);
}

static void dispatch(struct hv_cpu *c, struct vmcb *v)
{
	switch (v->exitcode) {
	case EXIT_EXCEPTION(X86_TRAP_UD):
		hv_emulate_ud(c);
		break;
	case EXIT_EXCEPTION(X86_TRAP_DB):
		svm_exit_db(c);
		break;
	case EXIT_READ_DR(0) ... EXIT_READ_DR(15):
		svm_exit_dr(c, v->exitcode - EXIT_READ_DR(0), false);
		break;
	case EXIT_WRITE_DR(0) ... EXIT_WRITE_DR(15):
		svm_exit_dr(c, v->exitcode - EXIT_WRITE_DR(0), true);
		break;
	case EXIT_EXCEPTION(X86_TRAP_GP):
		exit_gp(c, v);
		break;
	case EXIT_CPUID:
		exit_cpuid(c);
		break;
	case EXIT_MSR:
		exit_msr(c);
		break;
	case EXIT_VMMCALL:
		exit_vmmcall(c);
		break;
	case EXIT_INVLPGA:
	case EXIT_VMRUN:
	case EXIT_VMMCALL + 1 ... EXIT_SKINIT:
		c->exits[LSM_EXIT_SVM]++;
		svm_inject(c, X86_TRAP_UD, false, 0);
		break;
	case EXIT_SHUTDOWN:
		shut_down();
	case EXIT_INVALID:
		exit_invalid(c);
		break;
	default:
		exit_other(c, v);
		break;
	}
}

bool svm_exit(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);
	struct vmcb *v = s->vmcb;
	u64 *reg = c->ctx.reg;

	reg[ENG_RAX] = v->rax;
	reg[ENG_RSP] = v->rsp;
	reg[ENG_RIP] = v->rip;
	reg[ENG_RFLAGS] = v->rflags;
	v->clean = CLEAN_ALL;
	v->tlb_control = 0;
	/* an event whose delivery this exit came in between of is delivered again: 15.7.2 */
	v->eventinj = v->exitintinfo & EVENT_VALID ? v->exitintinfo : 0;
	dispatch(c, v);
	v->rax = reg[ENG_RAX];
	v->rsp = reg[ENG_RSP];
	v->rip = reg[ENG_RIP];
	v->rflags = (reg[ENG_RFLAGS] & FLAGS_WRITABLE) | X86_EFLAGS_FIXED;
	return s->leaving;
}

const struct hv_vendor svm_vendor = {
	.name = "svm",
	.memory = sizeof(struct svm_cpu) + 3 * PAGE_SIZE,
	.probe = svm_probe,
	.init = svm_init,
	.exit = svm_free_maps,
	.alloc = svm_alloc,
	.free = svm_free,
	.enter = svm_enter,
	.leave = svm_leave,
	.intercept = svm_intercept,
	.hook = svm_hook,
	.load_regs = svm_load_regs,
	.store_regs = svm_store_regs,
	.inject = svm_inject,
	.mode = svm_mode,
	.segments = svm_segments,
	.retired = svm_retired,
	.flush = svm_flush,
	.divert = svm_divert,
	.resume = svm_resume_at,
	.call = svm_call,
};
