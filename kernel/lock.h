/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock.h - spinlocks of scripts and maps between CPUs; in the host.
 */
#ifndef LSTAR_LOCK_H
#define LSTAR_LOCK_H

#include "engine/engine.h"

#define LOCK_HELD 8 /* that are known by name; a firing that holds more may hold any */

/*
 * What a CPU has to do with locks: it writes, the others read. Empty, unless @firing is what
 * lsm_cpu.fired is now: a firing that is over holds nothing.
 */
struct lsm_locks {
	u64 firing;
	const u32 *wants; /* about to be taken */
	bool pausing; /* between two looks at it */
	u32 nheld;
	const u32 *held[LOCK_HELD];
	u64 since; /* time-stamp when this firing began to wait; 0: it has not */
};

/* For struct eng_host. */
bool lock_take(struct eng_ctx *ctx, u32 *lock, u32 ceiling);
void lock_give(struct eng_ctx *ctx, u32 *lock);

/* A run outside of any firing is over. */
void lock_forget(struct lsm_locks *l);

#endif
