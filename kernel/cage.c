// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cage.c - the page tables that custom code runs under: the host's kernel half, all of it
 * supervisor's, and below it the few pages of guard.h.
 *
 * Each CPU has its own top, with its own registers and stack. What belongs to a piece of code
 * fills one last level of its own, made once, never changed, and hung into the CPU's tables for
 * the run. The run's CR3 is loaded at its beginning and the host's at its end; both loads flush
 * what is not global (AMD64 volume 2, 5.5.3), so that neither the code that ran before nor a
 * freed table can be found in a TLB, and outside of a run the host has no low half at all.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/io.h>
#include <asm/mem_encrypt.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

#include "guard.h"

/* Accessed and dirty from the start: the processor has nothing to write back. */
#define CAGE_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)
#define CAGE_DATA (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX)
#define CAGE_EXEC (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

static u64 entry(const void *page, u64 flags)
{
	return __sme_pa(page) | flags;
}

static u64 *new_table(int node)
{
	struct page *page = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);

	return page ? page_address(page) : NULL;
}

size_t hv_cage_memory(void)
{
	u32 tables = pgtable_l5_enabled() ? 5 : 4;

	return (tables + 1 + CAGE_STACK_PAGES) * PAGE_SIZE; /* 1: of registers */
}

int hv_cage_alloc(struct hv_guard *g, int node)
{
	u64 **all[] = { &g->pgd, &g->pud, &g->pmd, &g->table, &g->regs };
	struct page *stack;
	u64 *top;

	for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
		*all[i] = new_table(node);
		if (!*all[i])
			goto fail;
	}
	stack = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO,
				 get_order(CAGE_STACK_PAGES * PAGE_SIZE));
	if (!stack)
		goto fail;
	g->stack = page_address(stack);
	top = g->pgd;
	if (pgtable_l5_enabled()) {
		g->p4d = new_table(node);
		if (!g->p4d)
			goto fail;
		g->pgd[0] = entry(g->p4d, CAGE_TABLE);
		top = g->p4d;
	}
	top[0] = entry(g->pud, CAGE_TABLE);
	g->pud[0] = entry(g->pmd, CAGE_TABLE);
	g->pmd[pmd_index(CAGE_REGS)] = entry(g->table, CAGE_TABLE);
	g->table[pte_index(CAGE_REGS)] = entry(g->regs, CAGE_DATA);
	for (u32 i = 0; i < CAGE_STACK_PAGES; i++)
		g->table[pte_index(CAGE_STACK) + i] = entry(g->stack + i * PAGE_SIZE, CAGE_DATA);
	return 0;
fail:
	hv_cage_free(g);
	return -ENOMEM;
}

void hv_cage_free(struct hv_guard *g)
{
	u64 *all[] = { g->pgd, g->p4d, g->pud, g->pmd, g->table, g->regs };

	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		free_page((unsigned long)all[i]);
	free_pages((unsigned long)g->stack, get_order(CAGE_STACK_PAGES * PAGE_SIZE));
}

u64 hv_cage_cr3(struct hv_guard *g, const struct hv_code *code)
{
	u64 host = __native_read_cr3();

	if (g->host_cr3 != host) {
		u64 *from = __va(host & CR3_ADDR_MASK);

		memcpy(g->pgd + PTRS_PER_PGD / 2, from + PTRS_PER_PGD / 2, PAGE_SIZE / 2);
		g->host_cr3 = host;
	}
	g->pmd[pmd_index(CAGE_CODE)] = entry(code->table, CAGE_TABLE);
	return __sme_pa(g->pgd) | (host & X86_CR3_PCID_MASK);
}

static void *page_behind(u8 *buffer)
{
	return is_vmalloc_addr(buffer) ? page_address(vmalloc_to_page(buffer)) : buffer;
}

struct hv_code *hv_code_new(const u8 *bytes, u32 len, u8 *buffer, u64 buffer_size)
{
	struct hv_code *code;

	/* whole pages are shown to the code: they may hold nothing else */
	if (len >= CAGE_CODE_BYTES || buffer_size > LSM_MAX_BUFFER || !PAGE_ALIGNED(buffer))
		return NULL;
	code = kzalloc(sizeof(*code), GFP_KERNEL_ACCOUNT);
	if (!code)
		return NULL;
	code->bytes = (u8 *)__get_free_pages(GFP_KERNEL_ACCOUNT, CAGE_CODE_ORDER);
	code->table = new_table(NUMA_NO_NODE);
	if (!code->bytes || !code->table) {
		hv_code_free(code);
		return NULL;
	}
	memset(code->bytes, 0xcc, CAGE_CODE_BYTES);
	memcpy(code->bytes, bytes, len);
	code->bytes[len] = 0xc3;
	code->len = len + 1;
	for (u32 at = 0; at < CAGE_CODE_BYTES; at += PAGE_SIZE)
		code->table[pte_index(CAGE_CODE + at)] = entry(code->bytes + at, CAGE_EXEC);
	code->buffer = buffer_size != 0;
	for (u64 at = 0; at < buffer_size; at += PAGE_SIZE)
		code->table[pte_index(CAGE_BUFFER + at)] =
			entry(page_behind(buffer + at), CAGE_DATA);
	return code;
}

void hv_code_free(struct hv_code *code)
{
	if (!code)
		return;
	free_pages((unsigned long)code->bytes, CAGE_CODE_ORDER);
	free_page((unsigned long)code->table);
	kfree(code);
}
