/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk.h - what walk.c tells beyond the copies of hv.h: the way through the tables, and
 * physical memory.
 */
#ifndef LSTAR_WALK_H
#define LSTAR_WALK_H

#include "hv.h"

struct hv_walk {
	u32 levels; /* entries that were read, from the top */
	u64 entry_pa[LSM_MAX_LEVELS], entry[LSM_MAX_LEVELS];
	u64 pa, page; /* the address and the size of its page, when it is present */
	bool writable; /* by every entry on the way */
};

/* Once, before anything here is used. */
void walk_init(void);
/* True: present. Each entry is read once. Entries beyond levels are not touched. */
bool hv_walk(u64 cr3, u64 va, struct hv_walk *w);

/*
 * walk_copy.S: copies; false: there was nothing, or nothing to write to. 1, 2, 4 and 8 bytes are
 * one access. An exception in it ends there: by the kernel's table in the guest, in the host by
 * walk_fixup(), which knows by the address whether it is one.
 */
bool walk_copy(void *dst, const void *src, size_t n);
void walk_copy_failed(void);
bool walk_fixup(u64 *rip);

/* RAM only. Bytes copied, short at the first that cannot be reached. */
size_t hv_read_phys(u64 pa, void *dst, size_t n);
size_t hv_write_phys(u64 pa, const void *src, size_t n);
/* Where the kernel's direct map has it. */
bool hv_direct(u64 pa, u64 *va);

#endif
