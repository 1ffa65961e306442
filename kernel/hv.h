/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hv.h - the hypervisor's parts and what they are to each other: the CPU, the vendor's backend,
 * the calls between the core (svm/, host, emulation) and the events (set, host of the engine).
 *
 * "Host" is code that runs between #VMEXIT and VMRUN: interrupts and GIF off, own page tables,
 * own stack. It may call nothing of the kernel that can sleep, take a lock, print or be traced.
 * "Guest" is the running kernel, the rest of this module included.
 */
#ifndef LSTAR_HV_H
#define LSTAR_HV_H

#include <linux/cache.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "engine/engine.h"
#include "uapi.h"

struct hv_guard; /* guard.h */
struct lsm_cpu; /* events' part of a CPU: set.h */

/* An exception that the host raised. */
struct hv_fault {
	u8 vector;
	u64 error, addr, rip;
};

/*
 * A CPU under the hypervisor: one for each possible CPU, part of its struct host_area (host.h), at
 * most 1 MB with all it leads to.
 */
struct hv_cpu {
	/*
	 * The guest's registers at the current exit are the firing context of the engine itself:
	 * the exit path stores the general ones straight into ctx.reg, rax, rsp, rip and rflags
	 * are always loaded, the rest when asked for. What is in ctx.dirty beyond the general
	 * ones is written back before VMRUN.
	 */
	struct eng_ctx ctx;
	u32 cpu; /* number */
	bool entered; /* the kernel runs as a guest on this CPU */
	bool armed; /* SYSCALL and SYSRET are intercepted */
	u8 hook; /* LSM_HOOK_*: the vendor's */
	u8 wants; /* by LSM_WANTS(): what may fire; set.c */
	bool trusts_cpu; /* no event wants the bytes of SYSCALL checked: all have the `2` form */
	bool compat; /* of the instruction being emulated: the user code is 32-bit */
	u64 gs_base; /* of this CPU's per-CPU area: `current` works in the host */
	u64 retry_rip; /* fetches of an instruction from there, in vain, one after another */
	u32 retries;
	/* the kernel's SYSRET that was read last: what stands there cannot have changed */
	u64 sysret_rip;
	u8 sysret_len;
	bool sysret_long;
	struct hv_fault died; /* an exception that nobody expected in the host */
	struct host_cpu *host; /* page tables, descriptors, stacks: host.h */
	u64 exits[LSM_NEXITS];
	u64 returns_other; /* returns.h */
	void *vendor; /* struct svm_cpu */
	void *pages; /* the vendor's */
	struct hv_guard *guard; /* faults and custom code: hv_guard_alloc(), hv_guard_free() */
	struct lsm_cpu *events;
};

struct hv_cpu *hv_cpu(u32 cpu); /* NULL: no such CPU */
struct hv_cpu *hv_this_cpu(void); /* host, or guest with preemption off */

/* What an instruction's emulation must know of the guest at this exit. */
struct hv_mode {
	u8 cpl;
	bool long64; /* of the code segment */
	bool sce; /* EFER.SCE as the guest set it */
	u32 cs_base; /* 0 when long64 */
	u64 cr3;
	u64 star, lstar, cstar, sfmask;
};

/*
 * A vendor's backend. Its memory of a CPU is part of struct host_area. probe, init and exit run in
 * the guest and may sleep; enter and leave on the CPU itself, with interrupts off; everything else
 * in the host.
 */
struct hv_vendor {
	const char *name; /* "svm" */
	/* 0, or a negative errno and why it cannot work on this machine. */
	int (*probe)(char *why, size_t size);
	int (*init)(void);
	void (*exit)(void);
	int (*enter)(struct hv_cpu *c, char *why, size_t size);
	void (*leave)(struct hv_cpu *c);
	/* Intercept SYSCALL and SYSRET (EFER.SCE off, #UD) or leave them alone. */
	void (*intercept)(struct hv_cpu *c, bool on);
	/* Stop at the kernel's entry points, where SYSCALL leads to: lsm_fire_entry(). */
	void (*hook)(struct hv_cpu *c, bool on);
	/* Registers that the exit path does not load: segments, bases, control, debug. */
	bool (*load_regs)(struct hv_cpu *c, u64 mask);
	void (*store_regs)(struct hv_cpu *c, u64 mask);
	/* Raise an exception in the guest at the next entry. */
	void (*inject)(struct hv_cpu *c, u8 vector, bool has_error, u32 error);
	void (*mode)(struct hv_cpu *c, struct hv_mode *m);
	/* Behind the instruction that exited; 0: the processor does not say. */
	u64 (*next_rip)(struct hv_cpu *c);
	/*
	 * An instruction was done for the guest: no interrupt shadow, and a single-step trap
	 * where RFLAGS, as they are now, ask for one.
	 */
	void (*retired)(struct hv_cpu *c);
	void (*flush)(struct hv_cpu *c); /* the guest's TLB */
	/*
	 * The host is broken: the guest goes on in @fn on @stack, in ring 0, interrupts off; and
	 * where the host has to go on for that, from wherever it is now.
	 */
	void (*divert)(struct hv_cpu *c, void (*fn)(void), void *stack);
	void (*resume)(struct hv_cpu *c, u64 *rip, u64 *rsp);
	/* Guest, CPU entered, preemption off: fn(c, arg) in the host. */
	u64 (*call)(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg);
};

extern const struct hv_vendor svm_vendor;
extern const struct hv_vendor *hv_vendor; /* the one that hv_init() has picked */

/*
 * insn.c, host. Length of the instruction 0f @opcode at RIP, which exited: with its prefixes and the bytes
 * of its @operands. 0: something else is there, or nothing that can be read.
 */
u32 hv_insn_length(struct hv_cpu *c, u8 opcode, u32 operands);
/* Is the instruction at RIP one of SVM's, 0f 01 d8 to df? */
bool hv_at_svm_insn(struct hv_cpu *c);
/* RIP behind an instruction of @len bytes, which was carried out. */
void hv_skip(struct hv_cpu *c, u32 len);

/* hide.c, host: what the guest sees of the machine's SVM. False: #GP(0). */
void hv_cpuid(struct hv_cpu *c, u64 cr4);
bool hv_msr_read(struct hv_cpu *c, u32 msr, u64 *value);
bool hv_msr_write(struct hv_cpu *c, u32 msr, u64 value);

/* core.c, guest: what c->died says, for the console, and panic; on the CPU that it befell. */
void hv_broken(void);
#define HV_DIED_EXIT 0xff /* as c->died.vector: an exit that nobody asked for, error its code */

/* core.c: the guest's side. Callers hold hv_mutex. */
extern struct mutex hv_mutex;
int hv_init(char *why, size_t size); /* picks the backend, allocates */
void hv_exit(void);
int hv_enter_all(char *why, size_t size); /* on all online CPUs; new ones follow (hotplug) */
void hv_leave_all(void);
bool hv_entered(void);
size_t hv_cpu_memory(void); /* bytes that the core keeps for each CPU */
void hv_leave_this(void); /* this CPU only; panic */
/*
 * Run @fn(c, arg) in the host of this CPU (a hypercall): preemption must be off, the CPU entered.
 * The host's TLB is empty when @fn begins.
 */
u64 hv_call(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg);
/* The same on every entered CPU, one after another or at once; returns when all are done. */
void hv_call_all(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg);

/*
 * guard.c: run @fn in the host with faults caught: true, or false when it raised an exception
 * (vector and address in @fault). Does not nest.
 */
bool hv_try(struct hv_cpu *c, void (*fn)(void *arg), void *arg, struct hv_fault *fault);

/*
 * Machine code of an event, run in ring 3 of the host's own page tables under single-step: it can
 * reach its code, its stack, the registers' copy and the event's buffer, nothing else. True and
 * rax, or false and the reason in @why.
 */
struct hv_code;
/* @buffer: whole pages, which the code sees. NULL: no memory, or not so. */
struct hv_code *hv_code_new(const u8 *bytes, u32 len, u8 *buffer, u64 buffer_size); /* guest */
void hv_code_free(struct hv_code *code); /* guest, after no host can run it */
bool hv_code_run(struct hv_cpu *c, struct hv_code *code, bool condition, u64 regs[ENG_GUEST_REGS],
		 u64 context, u64 *rax, char *why, size_t size);

/* walk.c: page tables of the guest, read through the direct map; interrupts off. */
/* Physical address of @va under @cr3, or ~0. @page: bytes that follow it in the same page. */
u64 hv_translate(u64 cr3, u64 va, bool write, u64 *page);
/* Bytes copied, short at the first that is not there. */
size_t hv_read(u64 cr3, u64 va, void *dst, size_t n);
size_t hv_write(u64 cr3, u64 va, const void *src, size_t n);

/*
 * What the core asks of the events, in the host, at an intercepted SYSCALL or SYSRET: fire those
 * of a kind at @stage: ENG_PRE and then, unless ctx.skip is set, ENG_POST, where lsm_wants() says
 * that there is any. @c->compat and the general registers, rip and rflags of c->ctx are right, at
 * a SYSRET ctx.context is its address; segments in the vendor's memory are those of the stage. It
 * begins with forgetting ctx.loaded, ctx.dirty and ctx.skip of before, so that what is dirty
 * after one stage is to be stored before the next. ctx.skip: leave out the instruction.
 */
#define LSM_WANTS(kind, stage) ENG_BIT(2 * (kind) + (stage))
static inline bool lsm_wants(const struct hv_cpu *c, enum eng_kind kind, enum eng_stage stage)
{
	return c->wants & LSM_WANTS(kind, stage);
}
void lsm_fire_syscall(struct hv_cpu *c, enum eng_stage stage);
void lsm_fire_sysret(struct hv_cpu *c, enum eng_stage stage);
void lsm_fire_entry(struct hv_cpu *c); /* events of LSM_EV_ENTRY, at an entry point */
/*
 * The hypervisor is under this CPU now (first or again, hotplug): arms what is to be armed there.
 * On the CPU itself, in the guest, interrupts off, under hv_mutex or with hotplug held off.
 */
void lsm_cpu_entered(struct hv_cpu *c);

/*
 * kvm.c: keeps kvm_amd away while the hypervisor is there; 0 or a negative errno. The last one
 * wants hv_mutex, and says why it is not 0.
 */
int kvm_watch(void);
void kvm_unwatch(void);
int kvm_absent(char *why, size_t size);

/* dev.c: /dev/lstar; after hv_init(), before hv_exit(). 0 or a negative errno. */
int lsm_init(void);
void lsm_exit(void);

#endif
