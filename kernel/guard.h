/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard.h - what the host's exception stubs and the guard are to each other, and the cage:
 * the part of the host's address space that ring 3 sees. Layout first, read by assembly too.
 */
#ifndef LSTAR_GUARD_H
#define LSTAR_GUARD_H

/* struct hv_guard */
#define GUARD_RSP 8
#define GUARD_CS 16
#define GUARD_SS 24
/* struct hv_cage_entry */
#define CAGE_ENTRY_RIP 0
#define CAGE_ENTRY_RSP 8
#define CAGE_ENTRY_RCX 16
#define CAGE_ENTRY_RDX 24
#define CAGE_ENTRY_R8 32

#ifndef __ASSEMBLY__
#include "code_check.h"
#include "hv.h"

/*
 * Registers at an exception in the host, as its stubs push them. What a stub must do besides:
 * CLD, run on a stack of its own (IST: the interrupted code may have been in ring 3 or deep in
 * the host), leave GS base alone, and go back by POP and IRETQ, with what is in the frame then.
 * The host's GDT needs __USER_CS and __USER_DS at their places in Linux's, gates have DPL 0.
 */
struct hv_host_frame {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* True: go on with what is in @f. False: nobody expected it, the host is broken. */
bool hv_guard_exception(struct hv_cpu *c, struct hv_host_frame *f);

/* A CPU's part; guest, may sleep. Called with the allocation and release of @c. */
int hv_guard_alloc(struct hv_cpu *c);
void hv_guard_free(struct hv_cpu *c);
size_t hv_guard_memory(void); /* of a CPU, bytes */
/* The host's page tables are new: on the CPU, before entering. */
void hv_guard_refresh(struct hv_cpu *c);

/*
 * The cage, in the low half of a CPU's own tables, everything else of which is supervisor's:
 *
 *	0x200000	GUEST_REGS			rw-
 *	0x204000	stack, 4 pages			rw-
 *	0x400000	the code, 2 pages at most	r-x
 *	0x500000	the event's buffer, 1 MB at most rw-
 *
 * Pages between these do not exist. A run ends when it returns to CAGE_EXIT.
 */
#define CAGE_REGS 0x200000ULL
#define CAGE_STACK 0x204000ULL
#define CAGE_STACK_PAGES 4
#define CAGE_STACK_TOP (CAGE_STACK + CAGE_STACK_PAGES * 4096ULL)
#define CAGE_CODE 0x400000ULL
#define CAGE_CODE_ORDER 1
#define CAGE_CODE_BYTES (4096ULL << CAGE_CODE_ORDER)
#define CAGE_BUFFER 0x500000ULL
#define CAGE_EXIT 0x600000ULL

enum guard_mode { GUARD_OFF, GUARD_TRY, GUARD_CAGE };

enum cage_end {
	CAGE_RETURNED,
	CAGE_FAULT, /* fault is set */
	CAGE_REFUSED, /* insn is set: not executed */
	CAGE_STRAYED, /* jumped out of the code */
	CAGE_BOUND, /* did not end */
};

struct hv_code {
	u8 *bytes; /* pages; behind the code and its RET they hold INT3 */
	u32 len; /* the RET included */
	bool buffer;
	u64 *table; /* last level of page tables of code and buffer; the same for all CPUs */
};

struct hv_guard {
	enum guard_mode mode;
	u64 rsp; /* of the host, to go back to */
	u64 cs, ss;
	struct hv_fault fault;
	/* the cage */
	const struct hv_code *code; /* that runs */
	u32 steps;
	enum cage_end end;
	enum code_insn insn;
	u64 rip; /* where it ended */
	u64 rax;
	u64 host_cr3; /* whose kernel half was copied, or 0 */
	u64 *pgd, *p4d, *pud, *pmd, *table; /* p4d: five levels only */
	u64 *regs;
	u8 *stack;
};

struct hv_cage_entry {
	u64 rip, rsp, rcx, rdx, r8;
};

/* guard_entry.S */
bool hv_guard_call(struct hv_guard *g, void (*fn)(void *arg), void *arg); /* true: returned */
void hv_cage_enter(struct hv_guard *g, const struct hv_cage_entry *e);
/* Where the exception's IRETQ goes when a call or a run has ended; not to be called. */
extern const char hv_guard_recover[], hv_cage_return[];

/* cage.c: page tables */
int hv_cage_alloc(struct hv_guard *g, int node);
void hv_cage_free(struct hv_guard *g);
size_t hv_cage_memory(void);
/* Host: the CR3 under which @code runs on this CPU. */
u64 hv_cage_cr3(struct hv_guard *g, const struct hv_code *code);

/* code.c: an exception in ring 3; says in @f how it goes on. */
void hv_cage_exception(struct hv_guard *g, struct hv_host_frame *f);
#endif

#endif
