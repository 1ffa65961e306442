// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hide.c - the machine as the guest shall see it: a processor without SVM, whose EFER is as the
 * guest left it. Runs in the host.
 */
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "host.h"
#include "hv.h"

#define CPUID_FEATURES 1
#define CPUID_STRUCTURED 7
#define CPUID_EXTENDED 0x80000001
#define CPUID_SVM 0x8000000a
#define ECX1_OSXSAVE BIT(27)
#define ECX7_OSPKE BIT(4)
#define ECX_EXT_SVM BIT(2)
#define ECX_EXT_SKINIT BIT(12)

#define VM_CR_LOCK BIT(3)
#define VM_CR_SVMDIS BIT(4)

void hv_cpuid(struct hv_cpu *c, u64 cr4)
{
	u64 *reg = c->ctx.reg;
	u32 leaf = reg[ENG_RAX], sub = reg[ENG_RCX];
	u32 a = leaf, b, cx = sub, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(cx), "=d"(d));
	switch (leaf) {
	case CPUID_FEATURES: /* two bits mirror CR4, which is the host's now */
		cx = (cx & ~ECX1_OSXSAVE) | (cr4 & X86_CR4_OSXSAVE ? ECX1_OSXSAVE : 0);
		break;
	case CPUID_STRUCTURED:
		if (!sub)
			cx = (cx & ~ECX7_OSPKE) | (cr4 & X86_CR4_PKE ? ECX7_OSPKE : 0);
		break;
	case CPUID_EXTENDED:
		cx &= ~(ECX_EXT_SVM | ECX_EXT_SKINIT);
		break;
	case CPUID_SVM:
		a = b = cx = d = 0;
		break;
	}
	reg[ENG_RAX] = a;
	reg[ENG_RBX] = b;
	reg[ENG_RCX] = cx;
	reg[ENG_RDX] = d;
}

struct access {
	u32 msr;
	bool write;
	u64 value;
};

static void access_msr(void *arg)
{
	struct access *a = arg;

	if (a->write)
		host_wrmsr(a->msr, a->value);
	else
		a->value = host_rdmsr(a->msr);
}

/*
 * Nothing to hide. It exits all the same where the vendor's map of MSRs ends; the banks of machine
 * checks (c0002000), and what a hypervisor below has to offer, are out there.
 */
static bool pass_on(struct hv_cpu *c, struct access *a)
{
	struct hv_fault fault;

	return hv_try(c, access_msr, a, &fault);
}

/* Without SVM these do not exist; the kernel's emergency paths write VM_HSAVE_PA all the same. */
bool hv_msr_read(struct hv_cpu *c, u32 msr, u64 *value)
{
	struct access a = { .msr = msr };

	switch (msr) {
	case MSR_VM_CR: /* "disabled by firmware": what another user of SVM looks at first */
		*value = host_rdmsr(MSR_VM_CR) | VM_CR_SVMDIS | VM_CR_LOCK;
		return true;
	case MSR_VM_HSAVE_PA:
		*value = 0;
		return true;
	default:
		if (!pass_on(c, &a))
			return false;
		*value = a.value;
		return true;
	}
}

bool hv_msr_write(struct hv_cpu *c, u32 msr, u64 value)
{
	struct access a = { msr, true, value };

	switch (msr) {
	case MSR_VM_CR: /* locked */
	case MSR_VM_HSAVE_PA:
		return true;
	default:
		return pass_on(c, &a);
	}
}
