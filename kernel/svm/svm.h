/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * svm.h - the AMD backend's own: what a CPU has, what its C files and its assembly share.
 */
#ifndef LSTAR_SVM_H
#define LSTAR_SVM_H

/* struct svm_world, where the host's stack ends */
#define WORLD_CPU 0
#define WORLD_GUEST_PA 8
#define WORLD_HOST_PA 16
#define WORLD_VMCB 24
#define WORLD_CR3 32
#define WORLD_CR4 40
#define WORLD_GDTR 48
#define WORLD_IDTR 64
#define WORLD_RSP 80

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
	u64 rsp __aligned(16); /* where svm_launch() was called */
};

static_assert(offsetof(struct svm_world, c) == WORLD_CPU);
static_assert(offsetof(struct svm_world, guest_pa) == WORLD_GUEST_PA);
static_assert(offsetof(struct svm_world, host_pa) == WORLD_HOST_PA);
static_assert(offsetof(struct svm_world, vmcb) == WORLD_VMCB);
static_assert(offsetof(struct svm_world, cr3) == WORLD_CR3);
static_assert(offsetof(struct svm_world, cr4) == WORLD_CR4);
static_assert(offsetof(struct svm_world, gdtr) == WORLD_GDTR);
static_assert(offsetof(struct svm_world, idtr) == WORLD_IDTR);
static_assert(offsetof(struct svm_world, rsp) == WORLD_RSP);
static_assert(!(sizeof(struct svm_world) & 15)); /* the first frame's alignment */

/* Debug registers while the entry hook is set; unused otherwise. */
struct svm_debug {
	bool hooked;
	u32 ours; /* breakpoints that are the hook's, by bit */
	u64 dr[4], dr6, dr7; /* the guest's */
};

/* What VMRUN and VMLOAD load of a VMCB's state save area. */
#define SVM_STATE_SIZE (offsetof(struct vmcb, pad6e8) - offsetof(struct vmcb, es))

struct svm_cpu {
	struct svm_world world; /* first: the stack ends here */
	struct svm_debug debug;
	bool sce; /* EFER.SCE as the guest believes it */
	bool leaving; /* host: the loop ends after this exit */
	bool running; /* the first entry has succeeded */
	bool refused; /* or not */
	/* svm_state() before the first VMRUN: one that is refused leaves anything in it */
	u8 first[SVM_STATE_SIZE];
};

static_assert(!offsetof(struct svm_cpu, world));
static_assert(sizeof(struct svm_cpu) <= HOST_VENDOR_SIZE);

/* The backend's pages of a CPU. */
struct svm_pages {
	u8 vmcb[PAGE_SIZE];
	u8 host[PAGE_SIZE]; /* VMCB-shaped: only what VMLOAD loads */
	u8 save[PAGE_SIZE]; /* VM_HSAVE_PA: the processor's own */
};
static_assert(sizeof(struct svm_pages) <= HOST_VENDOR_PAGES * PAGE_SIZE);

#define DR7_FIXED 0x400 /* bit 10 reads as one */
#define DR7_GD (1ULL << 13) /* MOV DR raises #DB */
#define DR6_BD (1ULL << 13) /* it has */

static inline struct svm_cpu *svm_of(struct hv_cpu *c)
{
	return c->vendor;
}

static inline struct vmcb *svm_vmcb(const struct hv_cpu *c)
{
	return c->pages;
}

static inline void *svm_state(const struct hv_cpu *c)
{
	return (u8 *)c->pages + offsetof(struct vmcb, es);
}

/* enter.S: become a guest; returns in the guest. Interrupts off. */
void svm_launch(struct svm_world *w, u64 *regs);
/* In the guest: fn(c, arg) in the host. */
u64 svm_call(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg);
extern const char svm_call_insn[], svm_call_end[]; /* its VMMCALL, and behind it */
/* In the host: VMMCALL with these registers but RSP, and back what they are then. */
void svm_vmmcall(void *regs);
extern const char svm_resume[]; /* with RSP at struct svm_world: into the guest, come what may */
extern const char svm_launched[]; /* where the guest goes on for the first time */

static inline bool svm_canonical(u64 va)
{
	u32 shift = native_read_cr4() & X86_CR4_LA57 ? 7 : 16;

	return (u64)((s64)(va << shift) >> shift) == va;
}

/* svm.c, host */
void svm_inject(struct hv_cpu *c, u8 vector, bool has_error, u32 error);
void svm_flush(struct hv_cpu *c);

/* msr.c */
int svm_maps_init(void);
void svm_maps_exit(void);
u64 svm_msr_map(void); /* physical address of what MSRs exit */
void svm_intercept(struct hv_cpu *c, bool on); /* host, and the rest */
void svm_exit_msr(struct hv_cpu *c);

/* exit.c, host */
void svm_entry(struct hv_cpu *c); /* at LSTAR or CSTAR */
void svm_divert(struct hv_cpu *c, void (*fn)(void), void *stack);
void svm_resume_at(struct hv_cpu *c, u64 *rip, u64 *rsp);
/* For enter.S: an exit. True: leave, the guest's state is in the VMCB. */
bool svm_exit(struct hv_cpu *c);

/* launch.c: the VMCB from the running state, and back */
int svm_enter(struct hv_cpu *c, char *why, size_t size);
void svm_leave(struct hv_cpu *c);
u64 svm_leave_host(struct hv_cpu *c, void *arg); /* host */

/* regs.c: registers that the exit path does not load */
bool svm_load_regs(struct hv_cpu *c, u64 mask);
void svm_store_regs(struct hv_cpu *c, u64 mask);

/* debug.c, host: debug registers as the guest sees them, the entry hook, their exits */
u64 svm_dr_read(struct hv_cpu *c, u32 n);
void svm_dr_write(struct hv_cpu *c, u32 n, u64 value);
void svm_hook(struct hv_cpu *c, bool on);
void svm_exit_db(struct hv_cpu *c);
void svm_exit_dr(struct hv_cpu *c, u32 n, bool write);
#endif

#endif
