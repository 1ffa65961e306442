// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * msr.c - RDMSR and WRMSR that exit, and EFER.SCE, which is what the interception hangs on.
 * From svm_intercept() down it runs in the host.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "svm.h"

#define OPCODE_RDMSR 0x32
#define OPCODE_WRMSR 0x30
#define EFER_GUEST (EFER_SCE | EFER_NX | EFER_FFXSR | EFER_LMSLE)

/*
 * The MSRs that exit, one map for all CPUs: volume 2, 15.11. Two bits for each, reads and writes,
 * three ranges of 8192 MSRs, 2 KB apart. What is in none of these exits always.
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

int svm_maps_init(void)
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

void svm_maps_exit(void)
{
	free_pages((unsigned long)msr_map, MSR_MAP_ORDER);
	msr_map = NULL;
}

u64 svm_msr_map(void)
{
	return __sme_pa(msr_map);
}

void svm_intercept(struct hv_cpu *c, bool on)
{
	struct svm_cpu *s = svm_of(c);
	struct vmcb *v = svm_vmcb(c);

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
	struct vmcb *v = svm_vmcb(c);
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
 * The kernel writes LSTAR when a CPU comes up, and then never again. Another value means that
 * somebody else has the entry now: what was armed for the kernel that was here is over.
 */
static void write_lstar(struct hv_cpu *c, u64 value)
{
	struct vmcb *v = svm_vmcb(c);

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
	*value = svm_vmcb(c)->efer & ~(u64)(EFER_SVME | EFER_SCE);
	*value |= s->sce ? EFER_SCE : 0;
	return true;
}

void svm_exit_msr(struct hv_cpu *c)
{
	bool write = svm_vmcb(c)->exitinfo1 & 1, good;
	u64 *reg = c->ctx.reg, value;
	u32 len = hv_insn_length(c, write ? OPCODE_WRMSR : OPCODE_RDMSR, 0);

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
