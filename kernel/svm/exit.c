// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * exit.c - what becomes of an exit. All of it runs in the host; svm_exit() is called by enter.S
 * with the guest's general registers in the context, and RAX, RSP, RIP and RFLAGS in the VMCB.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <asm/processor.h>
#include <asm/debugreg.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "svm.h"
#include "state.h"

#define BACKEND(op) svm_##op
#include "../emulate.h"

#define OPCODE_CPUID 0xa2
#define OPCODE_VMMCALL 0x01 /* and one byte more */
/* Of what a script writes into RFLAGS: all that exist but VM, VIF and VIP. */
#define FLAGS_WRITABLE 0x257fd7ULL

void svm_entry(struct hv_cpu *c)
{
	emulate_entry(c);
}

void svm_divert(struct hv_cpu *c, void (*fn)(void), void *stack)
{
	struct vmcb *v = svm_vmcb(c);

	svm_segments(c, __KERNEL_CS, __KERNEL_DS, 0, true);
	v->cr3 = svm_of(c)->world.cr3;
	v->gs.base = c->gs_base;
	v->cr0 = native_read_cr0();
	v->cr4 = svm_of(c)->world.cr4;
	v->dr6 = DR6_RESERVED;
	v->dr7 = DR7_FIXED;
	v->rip = c->ctx.reg[ENG_RIP] = (u64)fn;
	v->rsp = c->ctx.reg[ENG_RSP] = (u64)stack;
	v->rflags = c->ctx.reg[ENG_RFLAGS] = X86_EFLAGS_FIXED;
	v->eventinj = 0;
	v->int_state = 0;
	v->tlb_control = TLB_CONTROL_ALL;
	v->clean = 0;
}

void svm_resume_at(struct hv_cpu *c, u64 *rip, u64 *rsp)
{
	*rip = (u64)svm_resume;
	*rsp = (u64)&svm_of(c)->world;
}

static void exit_cpuid(struct hv_cpu *c)
{
	u32 len = hv_insn_length(c, OPCODE_CPUID, 0);

	if (!len)
		return;
	c->exits[LSM_EXIT_CPUID]++;
	hv_cpuid(c, svm_vmcb(c)->cr4);
	hv_skip(c, len);
}

/*
 * VMMCALL of the kernel: to the hypervisor below this one, which the kernel knows of. Should there
 * be none, it is #UD in the host as it would be in the guest. Not for ring 3: the hypervisor
 * below would take it for the kernel's.
 */
static void exit_vmmcall_below(struct hv_cpu *c)
{
	struct hv_fault fault;
	u32 len;

	c->exits[LSM_EXIT_SVM]++;
	if (svm_vmcb(c)->cpl) {
		svm_inject(c, X86_TRAP_UD, false, 0);
		return;
	}
	len = hv_insn_length(c, OPCODE_VMMCALL, 1);
	if (!len)
		return;
	if (hv_try(c, svm_vmmcall, c->ctx.reg, &fault))
		hv_skip(c, len);
	else
		svm_inject(c, X86_TRAP_UD, false, 0);
}

/* VMMCALL: the module's own is known by its address. */
static void exit_vmmcall(struct hv_cpu *c)
{
	u64 (*fn)(struct hv_cpu * c, void *arg) = (void *)c->ctx.reg[ENG_RDI];

	if (svm_vmcb(c)->cpl || c->ctx.reg[ENG_RIP] != (u64)svm_call_insn) {
		exit_vmmcall_below(c);
		return;
	}
	c->exits[LSM_EXIT_HYPERCALL]++;
	host_forget_all();
	c->ctx.reg[ENG_RIP] = (u64)svm_call_end;
	c->ctx.reg[ENG_RAX] = fn(c, (void *)c->ctx.reg[ENG_RSI]);
}

/* What the guest's triple fault does without a hypervisor, done for it: no IDT, and a fault. */
static void __noreturn shut_down(void)
{
	struct host_table none = { 0 };

	asm volatile("lidt %0; ud2" : : "m"(none));
	__builtin_unreachable();
}

/* Volume 2, "Double-Fault Exception": a #GP during the delivery of one of these is #DF. */
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
 * there is nothing left of the guest to go on with. What the VMCB says of the state then is
 * worth nothing: QEMU writes the host's into it, having loaded none or a part of the guest's.
 */
static void exit_invalid(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);

	if (s->running)
		shut_down();
	memcpy(svm_state(c), s->first, sizeof(s->first));
	c->ctx.reg[ENG_RIP] = (u64)svm_launched;
	c->ctx.reg[ENG_RSP] = s->world.rsp;
	c->ctx.reg[ENG_RFLAGS] = X86_EFLAGS_FIXED; /* as in every C function with interrupts off */
	s->refused = true;
	svm_leave_host(c, NULL);
}

/*
 * Not intercepted, and yet: KVM as the hypervisor below tells its guest by a #PF that a page has to
 * come from the disk first, and has that exit when the guest runs one itself. The address is a
 * token then.
 */
static void exit_pf(struct hv_cpu *c, struct vmcb *v)
{
	c->exits[LSM_EXIT_OTHER]++;
	v->cr2 = v->exitinfo2; /* tested before CR2 is written: 15.12.15 */
	svm_inject(c, X86_TRAP_PF, true, v->exitinfo1);
}

static void exit_other(struct hv_cpu *c, const struct vmcb *v)
{
	c->exits[LSM_EXIT_OTHER]++;
	c->died = (struct hv_fault){
		.vector = HV_DIED_EXIT, .error = v->exitcode, .addr = v->exitinfo1, .rip = v->rip
	};
	svm_divert(c, hv_broken, c->host->last_stack + HOST_LAST_STACK_SIZE - 8);
}

static noinline void dispatch(struct hv_cpu *c, struct vmcb *v)
{
	switch ((u32)v->exitcode) {
	case EXIT_EXCEPTION(X86_TRAP_DB):
		svm_exit_db(c);
		break;
	case EXIT_READ_DR(0)... EXIT_READ_DR(15):
		svm_exit_dr(c, v->exitcode - EXIT_READ_DR(0), false);
		break;
	case EXIT_WRITE_DR(0)... EXIT_WRITE_DR(15):
		svm_exit_dr(c, v->exitcode - EXIT_WRITE_DR(0), true);
		break;
	case EXIT_EXCEPTION(X86_TRAP_GP):
		exit_gp(c, v);
		break;
	case EXIT_EXCEPTION(X86_TRAP_PF):
		exit_pf(c, v);
		break;
	case EXIT_CPUID:
		exit_cpuid(c);
		break;
	case EXIT_MSR:
		svm_exit_msr(c);
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

ENG_HOT bool svm_exit(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);
	struct vmcb *v = svm_vmcb(c);
	u64 *reg = c->ctx.reg;

	reg[ENG_RAX] = v->rax;
	reg[ENG_RSP] = v->rsp;
	reg[ENG_RIP] = v->rip;
	reg[ENG_RFLAGS] = v->rflags;
	v->clean = CLEAN_AT_EXIT;
	v->tlb_control = 0;
	/* an event whose delivery this exit came in between of is delivered again: 15.7.2 */
	v->eventinj = 0;
	if (ENG_UNLIKELY(v->exitintinfo & EVENT_VALID))
		v->eventinj = v->exitintinfo;
	if (ENG_LIKELY(v->exitcode == EXIT_EXCEPTION(X86_TRAP_UD)))
		emulate_ud(c);
	else
		dispatch(c, v);
	v->rax = reg[ENG_RAX];
	v->rsp = reg[ENG_RSP];
	v->rip = reg[ENG_RIP];
	v->rflags = (reg[ENG_RFLAGS] & FLAGS_WRITABLE) | X86_EFLAGS_FIXED;
	return s->leaving;
}
