// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * launch.c - under the running kernel and away again: the VMCB is filled from the state that
 * the CPU is in, and given back. Must leave the CPU as it was when it fails.
 */
#include <linux/kernel.h>
#include <asm/desc.h>
#include <asm/debugreg.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#include "../compat.h"
#include "../guard.h"
#include "svm.h"

#define GUEST_ASID 1
#define CPUID_SIZES 0x80000008

/*
 * Of the host's CR4; the rest is the kernel's own. See docs/hypervisor.md, "TLB". LASS, of which
 * older kernels know nothing, would refuse what SMAP lets hv_borrow() have.
 */
#define CR4_LASS BIT_ULL(27)
#define CR4_HOST_OFF (X86_CR4_PCIDE | X86_CR4_PKE | CR4_LASS)

/*
 * Of its EFER. SYSCALL in the host's ring 3 is #UD without SCE; with TCE, INVLPG would forget less
 * of the tables on the way to a page (5.5.3) than insn.h wants it to.
 */
#define EFER_TCE BIT_ULL(15) /* not in the headers of 6.1 */
#define EFER_HOST_OFF ((u64)EFER_SCE | EFER_TCE)

/* Descriptor of a selector, from the tables that the CPU uses now. */
static void read_segment(u16 sel, u64 gdt, struct vmcb_seg *s)
{
	const struct desc_struct *d;
	u64 table = gdt, raw;
	u16 ldt;

	*s = (struct vmcb_seg){ .sel = sel };
	if (!(sel & ~3))
		return;
	if (sel & 4) {
		asm("sldt %0" : "=rm"(ldt));
		if (!(ldt & ~3))
			return;
		d = (void *)(gdt + (ldt & ~7));
		table = get_desc_base(d) | (u64)((const u32 *)d)[2] << 32;
	}
	d = (void *)(table + (sel & ~7));
	raw = *(const u64 *)d;
	s->attr = (raw >> 40 & 0xff) | (raw >> 44 & 0xf00);
	s->limit = (raw & 0xffff) | (raw >> 32 & 0xf0000);
	if (d->g)
		s->limit = s->limit << 12 | 0xfff;
	s->base = get_desc_base(d);
}

static void fill_control(struct hv_cpu *c, struct vmcb *v)
{
	v->exceptions = SVM_EXCEPTIONS;
	v->intercept3 =
		INTERCEPT3_CPUID | INTERCEPT3_INVLPGA | INTERCEPT3_MSR | INTERCEPT3_SHUTDOWN;
	v->intercept4 = INTERCEPT4_VMRUN | INTERCEPT4_VMMCALL | INTERCEPT4_VMLOAD |
			INTERCEPT4_VMSAVE | INTERCEPT4_STGI | INTERCEPT4_CLGI | INTERCEPT4_SKINIT;
	v->msrpm = svm_msr_map();
	v->asid = GUEST_ASID;
	v->tlb_control = TLB_CONTROL_ALL;
	if (cpuid_ebx(CPUID_SIZES) & BIT(3))
		v->np_enable = NP_INVLPGB;
}

static void fill_state(struct hv_cpu *c, struct vmcb *v)
{
	struct desc_ptr gdt, idt;
	u16 ds, es;

	native_store_gdt(&gdt);
	store_idt(&idt);
	asm("mov %%ds, %0" : "=rm"(ds));
	asm("mov %%es, %0" : "=rm"(es));
	v->gdtr = (struct vmcb_seg){ .limit = gdt.size, .base = gdt.address };
	v->idtr = (struct vmcb_seg){ .limit = idt.size, .base = idt.address };
	v->cs = (struct vmcb_seg){ __KERNEL_CS, SEG_CODE64, ~0u, 0 };
	v->ss = (struct vmcb_seg){ __KERNEL_DS, SEG_DATA, ~0u, 0 };
	read_segment(ds, gdt.address, &v->ds);
	read_segment(es, gdt.address, &v->es);
	v->cpl = 0;
	v->cr0 = native_read_cr0();
	v->cr2 = native_read_cr2();
	v->cr3 = __native_read_cr3();
	v->cr4 = native_read_cr4();
	v->dr6 = native_get_debugreg(6);
	v->dr7 = native_get_debugreg(7);
	v->g_pat = host_rdmsr(MSR_IA32_CR_PAT);
	v->dbgctl = host_rdmsr(MSR_IA32_DEBUGCTLMSR);
}

/* What VMLOAD loads for the host: GS, TR; no LDT, nothing behind SYSCALL and SYSENTER. */
static void fill_host(struct hv_cpu *c, struct vmcb *h)
{
	memset(h, 0, sizeof(*h));
	h->gs.base = c->gs_base;
	h->tr = (struct vmcb_seg){ GDT_ENTRY_TSS * 8, SEG_TSS64_BUSY, sizeof(struct host_tss) - 1,
				   (u64)&c->host->tss };
}

static void fill_world(struct hv_cpu *c, struct svm_cpu *s)
{
	struct svm_world *w = &s->world;
	const struct svm_pages *pages = c->pages;

	*w = (struct svm_world){
		.c = c,
		.guest_pa = host_pa(pages->vmcb),
		.host_pa = host_pa(pages->host),
		.vmcb = svm_vmcb(c),
		.cr3 = host_pa(c->host->pgd),
		.cr4 = svm_vmcb(c)->cr4 & ~CR4_HOST_OFF,
	};
	host_tables(c, &w->gdtr, &w->idtr);
}

/*
 * Processors that have a SPEC_CTRL for the guest in the VMCB let it feel that one, or'ed with the
 * host's: none in the host, so that the guest's is what it has written.
 */
static void split_spec_ctrl(struct vmcb *v)
{
	if (!boot_cpu_has(X86_FEATURE_V_SPEC_CTRL))
		return;
	v->spec_ctrl = host_rdmsr(MSR_IA32_SPEC_CTRL);
	host_wrmsr(MSR_IA32_SPEC_CTRL, 0);
}

static int refuse(char *why, size_t size, u32 cpu, const char *text)
{
	snprintf(why, size, "CPU %u: %s", cpu, text);
	return -EBUSY;
}

static void stop_svm(void)
{
	host_wrmsr(MSR_EFER, host_rdmsr(MSR_EFER) & ~(u64)EFER_SVME);
	host_wrmsr(MSR_VM_HSAVE_PA, 0);
}

int svm_enter(struct hv_cpu *c, char *why, size_t size)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_pages *pages = c->pages;
	struct vmcb *v = svm_vmcb(c);
	u64 efer = host_rdmsr(MSR_EFER);

	if (efer & EFER_SVME)
		return refuse(why, size, c->cpu,
			      "SVM is in use (EFER.SVME is set): end virtual machines first");
	if (host_rdmsr(MSR_VM_HSAVE_PA))
		return refuse(why, size, c->cpu,
			      "SVM is in use (VM_HSAVE_PA is set): end virtual machines first");
	if (native_read_cr4() & X86_CR4_CET)
		return refuse(why, size, c->cpu,
			      "shadow stacks are on (CR4.CET), which SYSCALL's emulation does not "
			      "know: boot with nousershstk");

	memset(v, 0, sizeof(*v));
	memset(&s->debug, 0, sizeof(s->debug));
	c->ctx = (struct eng_ctx){ .target = c, .core = c->cpu, .core_known = true };
	c->gs_base = host_rdmsr(MSR_GS_BASE);
	c->armed = false;
	fill_control(c, v);
	fill_state(c, v);
	s->sce = efer & EFER_SCE;
	s->leaving = s->running = s->refused = false;
	v->efer = efer | EFER_SVME; /* must be set at VMRUN, 15.5.1 */
	fill_host(c, (struct vmcb *)pages->host);
	host_refresh(c);
	hv_guard_refresh(c);
	fill_world(c, s);

	host_wrmsr(MSR_EFER, (efer & ~EFER_HOST_OFF) | EFER_SVME);
	host_wrmsr(MSR_VM_HSAVE_PA, host_pa(pages->save));
	split_spec_ctrl(v);
	/* what VMLOAD loads of the guest: 15.5.2 */
	asm volatile("vmsave %0" : : "a"(s->world.guest_pa) : "memory");
	memcpy(s->first, svm_state(c), sizeof(s->first));
	svm_launch(&s->world, c->ctx.reg);
	if (!s->refused) {
		s->running = true;
		return 0;
	}
	stop_svm();
	return refuse(why, size, c->cpu, "the processor refused to enter the guest");
}

/* Host: the guest's state back into what enter.S gives the CPU on its way out. */
u64 svm_leave_host(struct hv_cpu *c, void *arg)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_world *w = &s->world;
	struct vmcb *v = svm_vmcb(c);

	svm_hook(c, false);
	w->cr3 = v->cr3;
	w->cr4 = v->cr4;
	w->gdtr = (struct host_table){ v->gdtr.limit, v->gdtr.base };
	w->idtr = (struct host_table){ v->idtr.limit, v->idtr.base };
	host_wrmsr(MSR_EFER, (v->efer & ~(u64)EFER_SCE) | (s->sce ? EFER_SCE : 0) | EFER_SVME);
	host_write_cr0(v->cr0);
	native_write_cr2(v->cr2);
	if (boot_cpu_has(X86_FEATURE_V_SPEC_CTRL))
		host_wrmsr(MSR_IA32_SPEC_CTRL, v->spec_ctrl);
	/* breakpoints are ignored while GIF is clear: 15.17 */
	native_set_debugreg(6, v->dr6);
	native_set_debugreg(7, v->dr7);
	s->leaving = true;
	return 0;
}

void svm_leave(struct hv_cpu *c)
{
	svm_call(svm_leave_host, NULL);
	stop_svm();
}
