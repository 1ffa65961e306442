/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcb.h - the virtual machine control block of AMD SVM, as the processor reads it: AMD64
 * Architecture Programmer's Manual volume 2, appendix B. What this module does not use is left
 * unnamed. Read by assembly too; offsets that it needs come first.
 */
#ifndef LSTAR_VMCB_H
#define LSTAR_VMCB_H

#define VMCB_ES 0x400
#define VMCB_DS 0x430
#define VMCB_RFLAGS 0x570
#define VMCB_RIP 0x578
#define VMCB_RSP 0x5d8
#define VMCB_RAX 0x5f8

#ifndef __ASSEMBLY__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/trapnr.h>

struct vmcb_seg {
	u16 sel;
	u16 attr; /* bits 55:52 and 47:40 of a descriptor, side by side */
	u32 limit;
	u64 base;
} __packed;

/* Attributes of flat segments with privilege level 0; SEG_DPL3 makes them level 3. */
#define SEG_CODE64 0xa9b
#define SEG_CODE32 0xc9b
#define SEG_DATA 0xc93
#define SEG_TSS64_BUSY 0x8b
#define SEG_DPL3 0x60
#define SEG_LONG 0x200

struct vmcb {
	/* control area, table B-1 */
	u16 cr_read, cr_write, dr_read, dr_write;
	u32 exceptions;
	u32 intercept3, intercept4, intercept5;
	u8 pad018[0x40 - 0x18];
	u64 iopm, msrpm;
	u64 tsc_offset;
	u32 asid;
	u8 tlb_control, pad05d[3];
	u64 int_ctl;
	u64 int_state;
	u64 exitcode, exitinfo1, exitinfo2, exitintinfo;
	u64 np_enable;
	u8 pad098[0xa8 - 0x98];
	u64 eventinj;
	u64 n_cr3;
	u64 virt_ext;
	u64 clean; /* 32 bits, the rest is reserved */
	u64 next_rip;
	u8 pad0d0[0x400 - 0xd0];
	/* state save area, table B-2 */
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 pad4a0[0x4cb - 0x4a0];
	u8 cpl;
	u32 pad4cc;
	u64 efer;
	u8 pad4d8[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 pad580[0x5d8 - 0x580];
	u64 rsp, s_cet, ssp, isst_addr, rax;
	u64 star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 cr2;
	u8 pad648[0x668 - 0x648];
	u64 g_pat, dbgctl, br_from, br_to, last_excp_from, last_excp_to;
	u8 pad698[0x6e0 - 0x698];
	u64 spec_ctrl;
	u8 pad6e8[0x1000 - 0x6e8];
} __packed;

static_assert(sizeof(struct vmcb) == 0x1000);
static_assert(offsetof(struct vmcb, iopm) == 0x40);
static_assert(offsetof(struct vmcb, exitcode) == 0x70);
static_assert(offsetof(struct vmcb, eventinj) == 0xa8);
static_assert(offsetof(struct vmcb, next_rip) == 0xc8);
static_assert(offsetof(struct vmcb, es) == VMCB_ES);
static_assert(offsetof(struct vmcb, ds) == VMCB_DS);
static_assert(offsetof(struct vmcb, cpl) == 0x4cb);
static_assert(offsetof(struct vmcb, efer) == 0x4d0);
static_assert(offsetof(struct vmcb, cr4) == 0x548);
static_assert(offsetof(struct vmcb, rflags) == VMCB_RFLAGS);
static_assert(offsetof(struct vmcb, rip) == VMCB_RIP);
static_assert(offsetof(struct vmcb, rsp) == VMCB_RSP);
static_assert(offsetof(struct vmcb, rax) == VMCB_RAX);
static_assert(offsetof(struct vmcb, cr2) == 0x640);
static_assert(offsetof(struct vmcb, dbgctl) == 0x670);
static_assert(offsetof(struct vmcb, spec_ctrl) == 0x6e0);

/* clang-format off */
#define INTERCEPT3_CPUID     BIT(18)
#define INTERCEPT3_INVLPGA   BIT(26)
#define INTERCEPT3_MSR       BIT(28)
#define INTERCEPT3_SHUTDOWN  BIT(31)
#define INTERCEPT4_VMRUN     BIT(0) /* must be on, 15.5.1 */
#define INTERCEPT4_VMMCALL   BIT(1)
#define INTERCEPT4_VMLOAD    BIT(2)
#define INTERCEPT4_VMSAVE    BIT(3)
#define INTERCEPT4_STGI      BIT(4)
#define INTERCEPT4_CLGI      BIT(5)
#define INTERCEPT4_SKINIT    BIT(6)

/* Exceptions that exit at all times: see exit_gp(). */
#define SVM_EXCEPTIONS       BIT(X86_TRAP_GP)

/* Exit codes, appendix C. */
#define EXIT_READ_DR(n)      (0x20 + (n))
#define EXIT_WRITE_DR(n)     (0x30 + (n))
#define EXIT_EXCEPTION(v)    (0x40 + (v))
#define EXIT_CPUID           0x72
#define EXIT_INVLPGA         0x7a
#define EXIT_MSR             0x7c
#define EXIT_SHUTDOWN        0x7f
#define EXIT_VMRUN           0x80
#define EXIT_VMMCALL         0x81
#define EXIT_SKINIT          0x86
/* -1. Of its 64 bits QEMU 7.2, and KVM for a hypervisor in its guests, write the low half only. */
#define EXIT_INVALID         0xffffffff

/*
 * What the processor may keep of a VMCB from run to run, 15.15.3. CR2 it may never: a page fault
 * of the host's changes it. Bits that are not defined yet would say that nothing at all has changed.
 */
#define CLEAN_INTERCEPTS     BIT(0)
#define CLEAN_PERMISSIONS    BIT(1)
#define CLEAN_CR             BIT(5) /* EFER too */
#define CLEAN_DR             BIT(6)
#define CLEAN_SEG            BIT(8) /* CPL too */
#define CLEAN_CR2            BIT(9)
#define CLEAN_AT_EXIT        (0x1fffU & ~CLEAN_CR2)

#define TLB_CONTROL_ALL        1 /* every ASID */

#define EVENT_VALID          BIT_ULL(31)
#define EVENT_HAS_ERROR      BIT_ULL(11)
#define EVENT_NMI            (2u << 8)
#define EVENT_EXCEPTION      (3u << 8)
#define EVENT_TYPE           (7u << 8)

#define INT_SHADOW           BIT_ULL(0)
#define NP_INVLPGB           BIT_ULL(7) /* INVLPGB and TLBSYNC are there for the guest */
/* clang-format on */

static inline void vmcb_dirty(struct vmcb *v, u32 what)
{
	v->clean &= ~(u64)what;
}
#endif

#endif
