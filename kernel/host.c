// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * host.c - the world of the host: its page tables, descriptor tables and stacks, and what becomes
 * of an exception in it. Must never use memory whose mapping can change while it is used.
 */
#include <linux/gfp.h>
#include <linux/mem_encrypt.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/io.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "host.h"

#define HOST_DESC_CODE64 0x00af9b000000ffffULL
#define HOST_DESC_DATA 0x00cf93000000ffffULL
#define HOST_DESC_DPL3 0x0000600000000000ULL

static gate_desc *host_idt; /* one page, the same for all CPUs */

static u8 ist_of(u32 vector)
{
	switch (vector) {
	case X86_TRAP_NMI:
		return HOST_IST_NMI;
	case X86_TRAP_DF:
		return HOST_IST_DOUBLE;
	case X86_TRAP_MC:
		return HOST_IST_MC;
	default:
		return HOST_IST_TRAP;
	}
}

int host_init(void)
{
	host_idt = (gate_desc *)get_zeroed_page(GFP_KERNEL);
	if (!host_idt)
		return -ENOMEM;
	for (u32 i = 0; i < HOST_VECTORS; i++) {
		u64 at = (u64)host_stubs[i];

		host_idt[i] = (gate_desc){
			.offset_low = at,
			.segment = __KERNEL_CS,
			.bits = { .ist = ist_of(i), .type = GATE_INTERRUPT, .p = 1 },
			.offset_middle = at >> 16,
			.offset_high = at >> 32,
		};
	}
	return 0;
}

void host_exit(void)
{
	free_page((unsigned long)host_idt);
	host_idt = NULL;
}

static void fill_descriptors(struct host_cpu *h)
{
	h->gdt[GDT_ENTRY_KERNEL_CS] = HOST_DESC_CODE64;
	h->gdt[GDT_ENTRY_KERNEL_DS] = HOST_DESC_DATA;
	h->gdt[GDT_ENTRY_DEFAULT_USER_CS] = HOST_DESC_CODE64 | HOST_DESC_DPL3;
	h->gdt[GDT_ENTRY_DEFAULT_USER_DS] = HOST_DESC_DATA | HOST_DESC_DPL3;
	h->tss.rsp[0] = (u64)h->trap_stack[HOST_IST_TRAP] + HOST_TRAP_STACK_SIZE;
	for (u32 i = HOST_IST_TRAP; i < HOST_NISTS; i++)
		h->tss.ist[i - 1] = (u64)h->trap_stack[i] + HOST_TRAP_STACK_SIZE;
	h->tss.iomap = sizeof(h->tss); /* none */
}

size_t host_memory(void)
{
	return sizeof(struct host_area) + HOST_LAST_STACK_SIZE +
	       (HOST_NISTS - HOST_IST_TRAP) * HOST_TRAP_STACK_SIZE;
}

static bool alloc_stacks(struct host_cpu *h, int node)
{
	bool whole;

	/* vmalloc: a guard page below each, for good */
	h->last_stack = vzalloc_node(HOST_LAST_STACK_SIZE, node);
	whole = h->last_stack;
	for (u32 i = HOST_IST_TRAP; i < HOST_NISTS; i++) {
		h->trap_stack[i] = vzalloc_node(HOST_TRAP_STACK_SIZE, node);
		whole = whole && h->trap_stack[i];
	}
	return whole;
}

struct hv_cpu *host_alloc(u32 cpu)
{
	int node = cpu_to_node(cpu);
	struct host_area *area = vzalloc_node(sizeof(*area), node);
	struct hv_cpu *c;

	if (!area)
		return NULL;
	c = &area->top.cpu;
	c->cpu = cpu;
	c->host = &area->top.host;
	c->vendor = area->top.vendor;
	c->pages = area->pages;
	if (!alloc_stacks(c->host, node)) {
		host_free(c);
		return NULL;
	}
	c->host->pgd = area->pgd;
	c->host->direct_map = PAGE_OFFSET;
	c->host->table_mask = PTE_PFN_MASK;
	c->host->pgd_shift = PGDIR_SHIFT;
	fill_descriptors(c->host);
	return c;
}

void host_free(struct hv_cpu *c)
{
	struct host_cpu *h = c->host;

	for (u32 i = HOST_IST_TRAP; i < HOST_NISTS; i++)
		vfree(h->trap_stack[i]);
	vfree(h->last_stack);
	vfree(container_of(c, struct host_area, top.cpu));
}

u64 host_pa(const void *page)
{
	return __sme_set(page_to_phys(vmalloc_to_page(page)));
}

/*
 * Everything of the kernel half is the same in all address spaces but the LDT's mapping, which
 * belongs to the process and goes with it.
 */
void host_refresh(struct hv_cpu *c)
{
	const u64 *now = __va(__native_read_cr3() & CR3_ADDR_MASK);
	u64 *pgd = c->host->pgd;

	memset(pgd, 0, PAGE_SIZE / 2);
	memcpy(pgd + PTRS_PER_PGD / 2, now + PTRS_PER_PGD / 2, PAGE_SIZE / 2);
	pgd[pgd_index(LDT_BASE_ADDR)] = 0;
}

void host_tables(struct hv_cpu *c, struct host_table *gdtr, struct host_table *idtr)
{
	*gdtr = (struct host_table){ sizeof(c->host->gdt) - 1, (u64)c->host->gdt };
	*idtr = (struct host_table){ HOST_VECTORS * sizeof(gate_desc) - 1, (u64)host_idt };
}

/*
 * Somebody expects it (guard.c), or the host is broken: it says so through the kernel, whose
 * console and crash dump know more ways than a hypervisor has.
 */
void hv_host_exception(struct hv_host_frame *f)
{
	struct hv_cpu *c = hv_this_cpu();

	if ((f->rip == (u64)host_peek2_insn || f->rip == (u64)host_peek1_insn) &&
	    (f->vector == X86_TRAP_PF || f->vector == X86_TRAP_GP)) {
		f->rip = (u64)host_peek_fault;
		return;
	}
	if (hv_guard_exception(c, f))
		return;
	c->died = (struct hv_fault){
		.vector = f->vector,
		.error = f->error,
		.addr = f->vector == X86_TRAP_PF ? native_read_cr2() : 0,
		.rip = f->rip,
	};
	hv_vendor->divert(c, hv_broken, c->host->last_stack + HOST_LAST_STACK_SIZE - 8);
	hv_vendor->resume(c, &f->rip, &f->rsp);
	f->cs = __KERNEL_CS;
	f->ss = __KERNEL_DS;
	f->rflags = X86_EFLAGS_FIXED;
}
