/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * state.h - the guest's state in the VMCB as the emulation of SYSCALL and SYSRET needs it. Inline:
 * it is in the way of every event.
 */
#ifndef LSTAR_SVM_STATE_H
#define LSTAR_SVM_STATE_H

#include <asm/processor-flags.h>
#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/trapnr.h>

#include "svm.h"

static __always_inline void svm_mode(struct hv_cpu *c, struct hv_mode *m)
{
	const struct svm_cpu *s = svm_of(c);
	const struct vmcb *v = svm_vmcb(c);

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

static __always_inline void svm_segments(struct hv_cpu *c, u16 cs, u16 ss, u8 cpl, bool long64)
{
	struct vmcb *v = svm_vmcb(c);
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

static __always_inline void svm_retired(struct hv_cpu *c)
{
	struct vmcb *v = svm_vmcb(c);

	v->int_state &= ~INT_SHADOW;
	if (ENG_LIKELY(!(c->ctx.reg[ENG_RFLAGS] & X86_EFLAGS_TF)))
		return;
	/* what is injected (15.20) is the exception alone: DR6 is ours to set */
	svm_dr_write(c, 6, v->dr6 | DR_STEP);
	svm_inject(c, X86_TRAP_DB, false, 0);
}

#endif
