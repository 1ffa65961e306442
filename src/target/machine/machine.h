/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.h - what the files of the machine target share. Private to src/target/machine.
 */
#ifndef TARGET_MACHINE_MACHINE_H
#define TARGET_MACHINE_MACHINE_H

#include <stdarg.h>

#include "kernel/uapi.h"
#include "target/target.h"

/* A process whose memory is looked at; the only kind of thread that this target knows. */
struct tgt_thread {
	u32 pid;
};

/* One CPU's ring as it is mapped. */
struct mach_ring {
	struct lsm_ring *ring; /* NULL: this CPU has none */
	const u8 *data;
	u64 lost; /* by its own count */
	bool damaged; /* said already */
};

/* A record that was taken and not yet handed on. */
struct mach_record {
	u64 time, order;
	size_t off; /* in the store */
};

struct mach_store {
	u8 *bytes;
	size_t used, cap;
};

struct mach_target {
	struct target base;
	int fd; /* of LSM_DEVICE; -1: not open */
	int wake_fd;
	struct lsm_info info;
	struct tgt_thread who; /* what find() hands out */
	u64 since; /* ns; the hypervisor is there since then */

	struct mach_ring *ring; /* by CPU */
	struct mach_store store[2]; /* records taken; the other one is for moving them */
	int current;
	struct mach_record *rec; /* in order of time from @next on */
	size_t nrec, cap_rec, next;
	u64 order;
	u64 newest; /* time of the newest record of all */
	u64 settled; /* records up to here are complete */
	u64 lost; /* records that were dropped for want of memory here */
};

static inline struct mach_target *mach_of(struct target *t)
{
	return (struct mach_target *)t;
}

int mach_fail(struct mach_target *m, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* An ioctl of LSM_DEVICE; 0, or a negative errno with its text; @what: "arm the event". */
int mach_call(struct mach_target *m, unsigned long request, void *arg, const char *what);
/* The same for those that give a reason: @why, of LSM_WHY bytes, in @arg. */
int mach_call_why(struct mach_target *m, unsigned long request, void *arg, char *why,
		  const char *what);

/* enter.c */
int mach_enter(struct target *t, void (*slow)(void *user), void *user);
int mach_leave(struct target *t);
void mach_close(struct mach_target *m);

/* ring.c */
int mach_rings_map(struct mach_target *m);
void mach_rings_unmap(struct mach_target *m);
bool mach_gather(struct target *t);
bool mach_next(struct target *t, bool all, struct tgt_record *rec);
u64 mach_lost(struct target *t);

/* memory.c */
size_t mach_read_mem(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n);
size_t mach_write_mem(struct target *t, struct tgt_thread *th, u64 addr, const void *src, size_t n);
size_t mach_read_physical(struct target *t, u64 addr, void *dst, size_t n);
int mach_translate(struct target *t, struct tgt_thread *th, u64 addr, struct tgt_translation *tr);
int mach_rdmsr(struct target *t, u32 cpu, u32 msr, u64 *value);
int mach_wrmsr(struct target *t, u32 cpu, u32 msr, u64 value);

/* status.c */
bool mach_cpu(struct target *t, size_t i, struct tgt_cpu *info);
void mach_status(struct target *t, FILE *out);

#endif
