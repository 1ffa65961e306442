/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h - the world that the host runs in: page tables, descriptor tables, stacks, exceptions.
 * Vendor-neutral; the guest builds it, the host only uses it.
 */
#ifndef LSTAR_HOST_H
#define LSTAR_HOST_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/desc_defs.h>
#include <asm/page.h>
#include <asm/pgtable_types.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/special_insns.h>

#include "guard.h"
#include "hv.h"

/* Operand of LGDT and LIDT. */
struct host_table {
	u16 limit;
	u64 base;
} __packed;

/*
 * The kernel's own accessors of these are traced, look exceptions up in its tables, keep some bits,
 * and change their names from version to version.
 */
static __always_inline u64 host_rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static __always_inline void host_wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static __always_inline void host_write_cr0(unsigned long value)
{
	asm volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

/*
 * The host's own entries in the TLB (AMD64 volume 2, 15.16: ASID 0) are not reached by what the
 * guest invalidates, and nothing drops them at an exit. So it forgets a page before it looks
 * where the guest may have mapped another one since; INVLPG takes global entries and what the
 * processor keeps of the tables on the way, too (5.5.3).
 */
static __always_inline void host_forget(const volatile void *p)
{
	asm volatile("invlpg (%0)" : : "r"(p) : "memory");
}

/* A change of CR4.PGE drops everything (5.5.2). */
static inline void host_forget_all(void)
{
	unsigned long cr4 = native_read_cr4();

	asm volatile("mov %0, %%cr4" : : "r"(cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

#define HOST_TRAP_STACK_SIZE (2 * 4096)
#define HOST_LAST_STACK_SIZE (4 * 4096)
#define HOST_VECTORS 32

/* A 64-bit task-state segment: AMD64 volume 2, figure 12-8. */
struct host_tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iomap;
} __packed;

/* Stacks for exceptions, by IST number. */
enum host_ist { HOST_IST_TRAP = 1, HOST_IST_DOUBLE, HOST_IST_NMI, HOST_IST_MC, HOST_NISTS };

struct host_cpu {
	u64 *pgd;
	/* as the kernel has them, beside the rest of what an event needs */
	u64 direct_map; /* where physical memory begins */
	u64 table_mask; /* of an address of page tables in CR3 */
	u32 pgd_shift;
	struct host_tss tss;
	u64 gdt[GDT_ENTRIES];
	u8 *trap_stack[HOST_NISTS];
	u8 *last_stack; /* of the guest, when the host is broken */
};

/*
 * The host's memory of a CPU, in one piece, so that an event finds what it needs in few pages: the
 * end of the stack and what lies above it are one. vmalloc: there is a guard page below, for good.
 */
#define HOST_STACK_PAGES 8
#define HOST_VENDOR_SIZE 1024
#define HOST_VENDOR_PAGES 3

struct host_top {
	u8 vendor[HOST_VENDOR_SIZE] __aligned(16);
	struct host_cpu host;
	struct hv_cpu cpu;
};

struct host_area {
	u8 stack[HOST_STACK_PAGES * PAGE_SIZE - sizeof(struct host_top)];
	struct host_top top;
	u64 pgd[PTRS_PER_PGD];
	u8 pages[HOST_VENDOR_PAGES][PAGE_SIZE]; /* the vendor's */
};
static_assert(offsetof(struct host_area, pgd) == HOST_STACK_PAGES * PAGE_SIZE);

/* host_entry.S */
#define HOST_PEEK_FAULT (~0u)
u32 host_peek2(const void *p);
u32 host_peek1(const void *p);
extern const char host_peek2_insn[], host_peek1_insn[], host_peek_fault[];
extern const char *const host_stubs[HOST_VECTORS];
/* host.c, from there */
void hv_host_exception(struct hv_host_frame *f);

int host_init(void); /* the IDT, the same for all CPUs */
void host_exit(void);
struct hv_cpu *host_alloc(u32 cpu); /* NULL: no memory */
void host_free(struct hv_cpu *c);
/* Physical address of a page of struct host_area, as the processor wants it. */
u64 host_pa(const void *page);
size_t host_memory(void); /* of a CPU, bytes */
/* The kernel half of the page tables as it is now; on the CPU, in the guest, before entering. */
void host_refresh(struct hv_cpu *c);
void host_tables(struct hv_cpu *c, struct host_table *gdtr, struct host_table *idtr);

#endif
