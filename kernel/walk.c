// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * walk.c - memory by page tables: translation, and copies through the direct map.
 *
 * Interrupts are off: in the host, or in the guest for as long as it looks. Touches only what the
 * kernel's direct map has, which is RAM; what is not there in the end is met by walk_copy(), and
 * no exception comes of it. The tables are the kernel's own: that they stand in memory is taken
 * for granted, as the processor takes it.
 *
 * Why no page goes to somebody else meanwhile: a CPU which unmaps a page of this address space
 * waits for our answer to its TLB shootdown before it frees the page or the table (the same
 * argument as in the kernel's mm/gup.c for lockless walks).
 */
#include <linux/mm.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

#include "host.h"
#include "walk.h"

#define ISA_HOLE 0xa0000ULL /* device memory and ROMs, which the direct map covers */
#define ISA_END 0x100000ULL
#define LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * ((level)-1))

/* Of all tables of this machine; walk_init(). */
static u32 top_shift; /* of the index into the first */
static u64 frame_mask; /* bits 51..12 of an entry or of CR3, without the encryption bit */

void walk_init(void)
{
	top_shift = LEVEL_SHIFT(native_read_cr4() & X86_CR4_LA57 ? 5 : 4);
	frame_mask = PTE_PFN_MASK;
}

static inline bool canonical(u64 va)
{
	u64 top = (u64)((s64)va >> (top_shift + 8));

	return top + 1 <= 1;
}

/*
 * Each entry is read once. @way: where to write down what was met, or NULL. Bits that any entry
 * has not got are off in @common. The address, or ~0.
 */
static __always_inline u64 walk(u64 cr3, u64 va, u64 *common, u64 *page, struct hv_walk *way)
{
	const u64 mask = frame_mask;
	u32 shift = top_shift;
	u64 table = cr3 & mask;

	*common = ~0ULL;
	if (!canonical(va))
		return ~0ULL;
	for (;; shift -= 9) {
		u64 at = table + 8 * (va >> shift & 511);
		u64 entry = READ_ONCE(*(u64 *)__va(at));

		if (way) {
			way->entry_pa[way->levels] = at;
			way->entry[way->levels++] = entry;
		}
		if (!(entry & _PAGE_PRESENT))
			return ~0ULL;
		*common &= entry;
		table = entry & mask;
		if (shift == PAGE_SHIFT || (entry & _PAGE_PSE && shift <= LEVEL_SHIFT(3))) {
			*page = 1ULL << shift;
			return (table & -*page) | (va & (*page - 1));
		}
	}
}

bool hv_walk(u64 cr3, u64 va, struct hv_walk *w)
{
	u64 common;

	w->levels = 0;
	w->pa = walk(cr3, va, &common, &w->page, w);
	w->writable = common & _PAGE_RW;
	return w->pa != ~0ULL;
}

u64 hv_translate(u64 cr3, u64 va, bool write, u64 *left)
{
	u64 common, page, pa = walk(cr3, va, &common, &page, NULL);

	if (pa == ~0ULL || (write && !(common & _PAGE_RW)))
		return ~0ULL;
	if (left)
		*left = page - (va & (page - 1));
	return pa;
}

/*
 * Where the kernel's direct map has @pa, if anywhere; NULL: certainly nowhere. It may be mapped
 * otherwise than when the host last looked there (taken out, unencrypted).
 */
static inline void *direct(u64 pa)
{
	if (pa - ISA_HOLE < ISA_END - ISA_HOLE || pa >= (u64)high_memory - PAGE_OFFSET)
		return NULL;
	host_forget(__va(pa));
	return __va(pa);
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

static inline size_t read_piece(u64 cr3, u64 va, void *dst, size_t n)
{
	u64 common, page, pa = walk(cr3, va, &common, &page, NULL);
	const void *p = direct(pa);

	return p && walk_copy(dst, p, n) ? n : 0;
}

static size_t write_piece(u64 cr3, u64 va, const void *src, size_t n)
{
	for (u32 tries = 0; tries < 16; tries++) {
		struct hv_walk w;
		void *p;

		if (!hv_walk(cr3, va, &w) || !w.writable)
			return 0;
		p = direct(w.pa);
		if (!p)
			return 0;
		if (mark_dirty(&w))
			return walk_copy(p, src, n) ? n : 0;
	}
	return 0;
}

size_t hv_read(u64 cr3, u64 va, void *dst, size_t n)
{
	size_t done = 0, want;

	if (likely(n && n <= PAGE_SIZE - offset_in_page(va)))
		return read_piece(cr3, va, dst, n);
	for (; done < n; done += want) {
		want = chunk(va + done, n - done);
		if (!read_piece(cr3, va + done, dst + done, want))
			break;
	}
	return done;
}

size_t hv_write(u64 cr3, u64 va, const void *src, size_t n)
{
	size_t done = 0, want;

	for (; done < n; done += want) {
		want = chunk(va + done, n - done);
		if (!write_piece(cr3, va + done, src + done, want))
			break;
	}
	return done;
}

size_t hv_read_phys(u64 pa, void *dst, size_t n)
{
	size_t done = 0, want;

	for (; done < n; done += want) {
		const void *p = direct(pa + done);

		want = chunk(pa + done, n - done);
		if (!p || !walk_copy(dst + done, p, want))
			break;
	}
	return done;
}

size_t hv_write_phys(u64 pa, const void *src, size_t n)
{
	size_t done = 0, want;

	for (; done < n; done += want) {
		void *p = direct(pa + done);

		want = chunk(pa + done, n - done);
		if (!p || !walk_copy(p, src + done, want))
			break;
	}
	return done;
}

bool hv_direct(u64 pa, u64 *va)
{
	u8 byte;

	*va = (u64)direct(pa);
	return *va && walk_copy(&byte, (const void *)*va, 1);
}

bool walk_fixup(u64 *rip)
{
	if (*rip - (u64)walk_copy >= (u64)walk_copy_failed - (u64)walk_copy)
		return false;
	*rip = (u64)walk_copy_failed;
	return true;
}
