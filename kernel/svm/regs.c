// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * regs.c - the guest's registers that the exit path does not load, read and written while the
 * host runs. General registers, RIP and RFLAGS are svm.c's.
 */
#include <linux/bitops.h>
#include <linux/percpu.h>
#include <asm/processor.h>
#include <asm/debugreg.h>

#include "../host.h"
#include "svm.h"

static u64 cr8_read(void)
{
	u64 v;

	asm volatile("mov %%cr8, %0" : "=r"(v));
	return v;
}

static u64 load_one(struct hv_cpu *c, u32 reg)
{
	const struct vmcb *v = svm_vmcb(c);

	switch (reg) {
	/* clang-format off */
	case ENG_CS:      return v->cs.sel;
	case ENG_SS:      return v->ss.sel;
	case ENG_DS:      return v->ds.sel;
	case ENG_ES:      return v->es.sel;
	case ENG_FS:      return v->fs.sel;
	case ENG_GS:      return v->gs.sel;
	case ENG_FS_BASE: return v->fs.base;
	case ENG_GS_BASE: return v->gs.base;
	case ENG_CR0:     return v->cr0;
	case ENG_CR2:     return v->cr2;
	case ENG_CR3:     return v->cr3;
	case ENG_CR4:     return v->cr4;
	case ENG_CR8:     return cr8_read();
	case ENG_DR0:
	case ENG_DR1:
	case ENG_DR2:
	case ENG_DR3:     return svm_dr_read(c, reg - ENG_DR0);
	case ENG_DR6:     return svm_dr_read(c, 6);
	case ENG_DR7:     return svm_dr_read(c, 7);
	case ENG_GDTR:    return v->gdtr.base;
	case ENG_IDTR:    return v->idtr.base;
	case ENG_LDTR:    return v->ldtr.sel;
	case ENG_TR:      return v->tr.sel;
	/* clang-format on */
	default:
		return 0;
	}
}

bool svm_load_regs(struct hv_cpu *c, u64 mask)
{
	struct eng_ctx *ctx = &c->ctx;

	mask &= ~(ctx->loaded | ctx->dirty);
	while (mask) {
		u32 reg = __ffs64(mask);

		mask &= mask - 1;
		ctx->reg[reg] = load_one(c, reg);
		ctx->loaded |= ENG_BIT(reg);
	}
	return true;
}

/*
 * Only values that no later instruction of the guest can be the first to find fault with: a
 * non-canonical base or a reserved bit is left out, not written.
 */
static void store_one(struct hv_cpu *c, u32 reg, u64 value)
{
	struct vmcb *v = svm_vmcb(c);

	switch (reg) {
	case ENG_FS_BASE:
		if (svm_canonical(value))
			v->fs.base = value;
		break;
	case ENG_GS_BASE:
		if (svm_canonical(value))
			v->gs.base = value;
		break;
	case ENG_CR2:
		v->cr2 = value;
		break;
	case ENG_DR0:
	case ENG_DR1:
	case ENG_DR2:
	case ENG_DR3:
		svm_dr_write(c, reg - ENG_DR0, value);
		break;
	case ENG_DR6:
		svm_dr_write(c, 6, value);
		break;
	case ENG_DR7:
		/* with GD the kernel would meet #DB at its own MOV DR */
		svm_dr_write(c, 7, value & ~DR7_GD);
		break;
	default:
		break;
	}
}

void svm_store_regs(struct hv_cpu *c, u64 mask)
{
	while (mask) {
		u32 reg = __ffs64(mask);

		mask &= mask - 1;
		store_one(c, reg, c->ctx.reg[reg]);
	}
}
