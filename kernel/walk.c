// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * walk.c - memory by page tables: translation, and copies through the direct map.
 *
 * Runs in the host, or in the guest with interrupts off while it looks. Never follows an
 * address that the tables do not lead to, never touches what is not RAM, never faults.
 *
 * Why nothing goes away meanwhile: interrupts are off here, so that a CPU which unmaps a page
 * of this address space waits for our answer to its TLB shootdown before it frees the page or
 * the table (the same argument as in the kernel's mm/gup.c for lockless walks).
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

#include "walk.h"

#define ISA_HOLE 0xa0000ULL /* device memory and ROMs, which the direct map covers */
#define ISA_END 0x100000ULL

/* Bits 51..12 of an entry or of CR3, without the encryption bit. */
static u64 frame_of(u64 entry)
{
	return entry & PTE_PFN_MASK;
}

static bool has_memory(u64 pa)
{
	return pa <= __PHYSICAL_MASK && pfn_valid(pa >> PAGE_SHIFT) &&
	       !(pa >= ISA_HOLE && pa < ISA_END);
}

static bool canonical(u64 va, u32 levels)
{
	u32 shift = 64 - (PAGE_SHIFT + 9 * levels);

	return (u64)((s64)(va << shift) >> shift) == va;
}

bool hv_walk(u64 cr3, u64 va, struct hv_walk *w)
{
	u32 level = native_read_cr4() & X86_CR4_LA57 ? 5 : 4;
	u64 table = frame_of(cr3);

	*w = (struct hv_walk){ .writable = true };
	if (!canonical(va, level))
		return false;
	for (;; level--) {
		u32 shift = PAGE_SHIFT + 9 * (level - 1);
		u64 at = table + 8 * (va >> shift & 511), entry;

		if (!has_memory(at))
			return false;
		entry = READ_ONCE(*(u64 *)__va(at));
		w->entry_pa[w->levels] = at;
		w->entry[w->levels++] = entry;
		if (!(entry & _PAGE_PRESENT))
			return false;
		w->writable &= !!(entry & _PAGE_RW);
		if (level == 1 || (level <= 3 && entry & _PAGE_PSE)) {
			w->page = 1ULL << shift;
			w->pa = (frame_of(entry) & ~(w->page - 1)) | (va & (w->page - 1));
			return true;
		}
		table = frame_of(entry);
	}
}

u64 hv_translate(u64 cr3, u64 va, bool write, u64 *page)
{
	struct hv_walk w;

	if (!hv_walk(cr3, va, &w) || (write && !w.writable))
		return ~0ULL;
	if (page)
		*page = w.page - (va & (w.page - 1));
	return w.pa;
}

/*
 * Where the kernel's direct map has @pa; NULL: nowhere. Pages can be taken out of it or made
 * read-only (set_memory_*(), secretmem), so its own tables are asked.
 */
static void *direct(u64 pa, bool write)
{
	void *p;

	if (!has_memory(pa))
		return NULL;
	p = __va(pa);
	return hv_translate(__native_read_cr3(), (u64)p, write, NULL) == pa ? p : NULL;
}

/*
 * A page that is written behind the processor's back must look written: else its contents are
 * dropped instead of being saved. False: the entry has changed meanwhile.
 */
static bool mark_dirty(const struct hv_walk *w)
{
	u64 old = w->entry[w->levels - 1], new = old | _PAGE_ACCESSED | _PAGE_DIRTY;

	return new == old || cmpxchg((u64 *)__va(w->entry_pa[w->levels - 1]), old, new) == old;
}

/* Bytes of @n that lie in the same 4 KB as @addr: large pages may be cut up in the direct map. */
static size_t chunk(u64 addr, size_t n)
{
	return min_t(size_t, n, PAGE_SIZE - offset_in_page(addr));
}

static void copy(void *dst, const void *src, size_t n)
{
	/* what a script reads or writes as one value is one access */
	if (n == 8 && !(((unsigned long)dst | (unsigned long)src) & 7))
		WRITE_ONCE(*(u64 *)dst, READ_ONCE(*(const u64 *)src));
	else
		memcpy(dst, src, n);
}

static size_t read_piece(u64 cr3, u64 va, void *dst, size_t n)
{
	u64 pa = hv_translate(cr3, va, false, NULL);
	const void *p = pa == ~0ULL ? NULL : direct(pa, false);

	if (!p)
		return 0;
	copy(dst, p, n);
	return n;
}

static size_t write_piece(u64 cr3, u64 va, const void *src, size_t n)
{
	for (u32 tries = 0; tries < 16; tries++) {
		struct hv_walk w;
		void *p;

		if (!hv_walk(cr3, va, &w) || !w.writable)
			return 0;
		p = direct(w.pa, true);
		if (!p)
			return 0;
		if (mark_dirty(&w)) {
			copy(p, src, n);
			return n;
		}
	}
	return 0;
}

size_t hv_read(u64 cr3, u64 va, void *dst, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t want = chunk(va + done, n - done);
		unsigned long flags;
		size_t got;

		raw_local_irq_save(flags);
		got = read_piece(cr3, va + done, dst + done, want);
		raw_local_irq_restore(flags);
		if (!got)
			break;
		done += got;
	}
	return done;
}

size_t hv_write(u64 cr3, u64 va, const void *src, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t want = chunk(va + done, n - done);
		unsigned long flags;
		size_t got;

		raw_local_irq_save(flags);
		got = write_piece(cr3, va + done, src + done, want);
		raw_local_irq_restore(flags);
		if (!got)
			break;
		done += got;
	}
	return done;
}

size_t hv_read_phys(u64 pa, void *dst, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t want = chunk(pa + done, n - done);
		const void *p = direct(pa + done, false);

		if (!p)
			break;
		copy(dst + done, p, want);
		done += want;
	}
	return done;
}

size_t hv_write_phys(u64 pa, const void *src, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t want = chunk(pa + done, n - done);
		void *p = direct(pa + done, true);

		if (!p)
			break;
		copy(p, src + done, want);
		done += want;
	}
	return done;
}

bool hv_direct(u64 pa, u64 *va)
{
	*va = (u64)direct(pa, false);
	return *va != 0;
}
