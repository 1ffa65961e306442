// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * svm.c - the AMD backend: whether this machine can, what the core calls.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "../compat.h"
#include "svm.h"
#include "state.h"

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

void svm_inject(struct hv_cpu *c, u8 vector, bool has_error, u32 error)
{
	struct vmcb *v = svm_vmcb(c);

	v->eventinj = EVENT_VALID | EVENT_EXCEPTION | vector;
	if (has_error)
		v->eventinj |= EVENT_HAS_ERROR | (u64)error << 32;
	/* what the processor pushes for a fault has RF set (volume 2, 3.1.6); not so here */
	if (vector != X86_TRAP_DB)
		c->ctx.reg[ENG_RFLAGS] |= X86_EFLAGS_RF;
}

void svm_flush(struct hv_cpu *c)
{
	svm_vmcb(c)->tlb_control = TLB_CONTROL_ALL;
}

static void mode(struct hv_cpu *c, struct hv_mode *m)
{
	svm_mode(c, m);
}

/* Said of instructions that are intercepted as such (15.7.1), by every processor but the first with SVM. */
static u64 next_rip(struct hv_cpu *c)
{
	return boot_cpu_has(X86_FEATURE_NRIPS) ? svm_vmcb(c)->next_rip : 0;
}

static void retired(struct hv_cpu *c)
{
	svm_retired(c);
}

const struct hv_vendor svm_vendor = {
	.name = "svm",
	.probe = svm_probe,
	.init = svm_maps_init,
	.exit = svm_maps_exit,
	.enter = svm_enter,
	.leave = svm_leave,
	.intercept = svm_intercept,
	.hook = svm_hook,
	.load_regs = svm_load_regs,
	.store_regs = svm_store_regs,
	.inject = svm_inject,
	.mode = mode,
	.next_rip = next_rip,
	.retired = retired,
	.flush = svm_flush,
	.divert = svm_divert,
	.resume = svm_resume_at,
	.call = svm_call,
};
