/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_mem.c - pages of the memory that debugger and guard share: who has which. The lists
 * are in the debugger's own memory, where guarded code cannot reach them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "asm/guard_internal.h"

u8 *guard_alloc(struct guard_area *area, size_t size)
{
	u64 npages = ((u64)size + GUARD_PAGE - 1) / GUARD_PAGE, at = 0;
	struct guard_range **link = &area->used, *range;

	if (!npages)
		npages = 1;
	if (npages > area->npages)
		return NULL;
	while (*link && (*link)->start - at < npages) {
		at = (*link)->start + (*link)->npages;
		link = &(*link)->next;
	}
	if (area->npages - at < npages)
		return NULL;
	range = malloc(sizeof(*range));
	if (!range)
		return NULL;
	*range = (struct guard_range){ .next = *link, .start = at, .npages = npages };
	*link = range;
	return area->base + at * GUARD_PAGE;
}

void guard_release(struct guard_area *area, const u8 *mem)
{
	u64 at = (u64)(mem - area->base) / GUARD_PAGE;
	struct guard_range **link = &area->used, *range;

	while (*link && (*link)->start != at)
		link = &(*link)->next;
	range = *link;
	if (!range)
		return;
	if (madvise(area->base + at * GUARD_PAGE, range->npages * GUARD_PAGE, MADV_REMOVE))
		memset(area->base + at * GUARD_PAGE, 0, range->npages * GUARD_PAGE);
	*link = range->next;
	free(range);
}

void guard_release_all(struct guard_area *area)
{
	while (area->used) {
		struct guard_range *next = area->used->next;

		free(area->used);
		area->used = next;
	}
}
