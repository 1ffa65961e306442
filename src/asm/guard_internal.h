/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_internal.h - what guard.c (the debugger's side) and guard_child.c (the first steps
 * of the guard process) share.
 */
#ifndef ASM_GUARD_INTERNAL_H
#define ASM_GUARD_INTERNAL_H

#include <linux/filter.h>
#include <stddef.h>
#include <sys/types.h>

#include "asm/asm.h"
#include "asm/guard_layout.h"

/* What is exchanged. The guarded code can write to it: every value in it is only a claim. */
struct guard_ctl {
	u32 turn, state;
	u64 code, stack_top;
	u64 rcx, rdx, r8, rax;
	u32 signal, syscall;
	u64 addr, rip, trap, trap_err;
	u64 low_len, high, high_len;
	struct sock_fprog fprog;
	s32 error; /* of the guard's own start: negative errno */
	u32 step; /* ... and in which step */
	struct sock_filter filter[16];
};

/* An entry of the list of mappings that the trampoline undoes. */
struct guard_mapping {
	u64 start, len;
};

#define CTL_AT(field, offset) \
	_Static_assert(offsetof(struct guard_ctl, field) == (offset), "layout of " #field)
CTL_AT(turn, CTL_TURN);
CTL_AT(state, CTL_STATE);
CTL_AT(code, CTL_CODE);
CTL_AT(stack_top, CTL_STACK_TOP);
CTL_AT(rcx, CTL_RCX);
CTL_AT(rdx, CTL_RDX);
CTL_AT(r8, CTL_R8);
CTL_AT(rax, CTL_RAX);
CTL_AT(signal, CTL_SIGNAL);
CTL_AT(syscall, CTL_SYSCALL);
CTL_AT(addr, CTL_ADDR);
CTL_AT(rip, CTL_RIP);
CTL_AT(trap, CTL_TRAP);
CTL_AT(trap_err, CTL_TRAP_ERR);
CTL_AT(low_len, CTL_LOW_LEN);
CTL_AT(high, CTL_HIGH);
CTL_AT(high_len, CTL_HIGH_LEN);
CTL_AT(fprog, CTL_FPROG);
CTL_AT(error, CTL_ERROR);

extern const u8 guard_blob[], guard_blob_handler[], guard_blob_end[];

/*
 * What a new guard process needs to know, made before it is cloned: it has no libc of its
 * own, as another thread may have held a lock of it.
 */
struct guard_start {
	u8 *base;
	pid_t parent;
	void *rseq; /* restartable-sequences area of the cloning thread, or NULL */
	u32 rseq_len;
};

/* Whole pages of one area, first fit. */
struct guard_range {
	struct guard_range *next; /* by address */
	u64 start, npages;
};

struct guard_area {
	u8 *base;
	u64 npages;
	struct guard_range *used;
};

u8 *guard_alloc(struct guard_area *area, size_t size);
/* Gives the memory back; it reads as zero when it is allocated again. */
void guard_release(struct guard_area *area, const u8 *mem);
void guard_release_all(struct guard_area *area);

struct asm_code {
	struct asm_code *next;
	u8 *mem; /* the same address on both sides */
	size_t len; /* the appended RET included */
};

enum guard_end { GUARD_OK, GUARD_FAULT, GUARD_TIMEOUT, GUARD_DIED };

/* Why a run came to a bad end, as text. @ctl is the caller's copy. */
void guard_explain(const struct guard_ctl *ctl, const u8 *base, const struct asm_code *code,
		   char *why, size_t size);

/* Everything that has to be known before the clone. */
void guard_start_init(struct guard_start *s, u8 *base);
/* The guard process from its first instruction on. */
void guard_child(const struct guard_start *s) __attribute__((noreturn));

#endif
