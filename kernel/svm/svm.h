/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * svm.h - the AMD backend's own: what a CPU has, what its C files and its assembly share.
 */
#ifndef LSTAR_SVM_H
#define LSTAR_SVM_H

/* struct svm_world, at the top of the host's stack */
#define WORLD_CPU 0
#define WORLD_GUEST_PA 8
#define WORLD_HOST_PA 16
#define WORLD_VMCB 24
#define WORLD_CR3 32
#define WORLD_CR4 40
#define WORLD_GDTR 48
#define WORLD_IDTR 64

#ifndef __ASSEMBLY__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/special_insns.h>

#include "../host.h"
#include "../hv.h"
#include "vmcb.h"

/* What the world switch needs of the host, right above its first stack frame. */
struct svm_world {
	struct hv_cpu *c;
	u64 guest_pa; /* VMCB of the guest; VMSAVE, VMLOAD and VMRUN take physical addresses */
	u64 host_pa; /* VMCB-shaped page with what VMLOAD loads for the host */
	struct vmcb *vmcb;
	u64 cr3, cr4;
	struct host_table gdtr __aligned(16), idtr __aligned(16);
};

static_assert(offsetof(struct svm_world, c) == WORLD_CPU);
static_assert(offsetof(struct svm_world, guest_pa) == WORLD_GUEST_PA);
static_assert(offsetof(struct svm_world, host_pa) == WORLD_HOST_PA);
static_assert(offsetof(struct svm_world, vmcb) == WORLD_VMCB);
static_assert(offsetof(struct svm_world, cr3) == WORLD_CR3);
static_assert(offsetof(struct svm_world, cr4) == WORLD_CR4);
static_assert(offsetof(struct svm_world, gdtr) == WORLD_GDTR);
static_assert(offsetof(struct svm_world, idtr) == WORLD_IDTR);
static_assert(!(sizeof(struct svm_world) & 15)); /* the first frame's alignment */

struct svm_cpu {
	struct vmcb *vmcb;
	struct vmcb *host; /* only what VMLOAD loads */
	void *save; /* VM_HSAVE_PA: the processor's own */
	struct svm_world *world;
	bool sce; /* EFER.SCE as the guest believes it */
	bool leaving; /* host: the loop ends after this exit */
	bool running; /* the first entry has succeeded */
	bool refused; /* or not */
};

#define DR7_FIXED 0x400 /* bit 10 reads as one */

static inline struct svm_cpu *svm_of(struct hv_cpu *c)
{
	return c->vendor;
}

/* enter.S: become a guest; returns in the guest. Interrupts off. */
void svm_launch(struct svm_world *w, u64 *regs);
/* In the guest: fn(c, arg) in the host. */
u64 svm_call(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg);
extern const char svm_call_insn[]; /* its VMMCALL */
extern const char svm_resume[]; /* with RSP at struct svm_world: into the guest, come what may */

static inline bool svm_canonical(u64 va)
{
	u32 shift = native_read_cr4() & X86_CR4_LA57 ? 7 : 16;

	return (u64)((s64)(va << shift) >> shift) == va;
}

/* svm.c, for enter.S: an exit. True: leave, the guest's state is in the VMCB. */
bool svm_exit(struct hv_cpu *c);
u64 svm_msr_map(void); /* physical address of what MSRs exit */

/* launch.c: the VMCB from the running state, and back */
int svm_enter(struct hv_cpu *c, char *why, size_t size);
void svm_leave(struct hv_cpu *c);
u64 svm_leave_host(struct hv_cpu *c, void *arg); /* host */

/* regs.c: registers that the exit path does not load */
bool svm_load_regs(struct hv_cpu *c, u64 mask);
void svm_store_regs(struct hv_cpu *c, u64 mask);
#endif

#endif
