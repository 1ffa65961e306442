// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ring.c - rings of messages, one for each CPU, without locks: only the host of that CPU
 * writes, and nothing can come between since its interrupts and GIF are off.
 *
 * Everything in the shared memory may be changed by the reader at any time: it is never read
 * back, but for tail, which is compared and not used as a place. Never blocks: what does not
 * fit is counted.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "ring.h"

static_assert(sizeof(struct lsm_ring) == PAGE_SIZE);
static_assert(sizeof(struct lsm_record) % 8 == 0);

size_t ring_memory(void)
{
	return sizeof(struct lsm_ring) + RING_BYTES;
}

int ring_init(struct ring *r)
{
	*r = (struct ring){ .shared = vmalloc_user(ring_memory()) };
	if (!r->shared)
		return -ENOMEM;
	r->data = (u8 *)(r->shared + 1);
	return 0;
}

void ring_free(struct ring *r)
{
	vfree(r->shared);
	r->shared = NULL;
}

/* More than the ring holds: the reader has written nonsense, and gets nothing new. */
static u64 used(const struct ring *r, u64 tail)
{
	u64 n = r->head - tail;

	return n > RING_BYTES ? RING_BYTES : n;
}

u64 ring_waiting(const struct ring *r)
{
	return READ_ONCE(r->head) - READ_ONCE(r->shared->tail);
}

bool ring_urgent(const struct ring *r)
{
	u64 tail = READ_ONCE(r->shared->tail);

	return (s64)(READ_ONCE(r->urgent) - tail) > 0 || READ_ONCE(r->head) - tail > RING_BYTES / 2;
}

/* Records do not wrap: what is too short at the end of the data is skipped. */
static void skip(struct ring *r, u32 n)
{
	struct lsm_record *rec = (struct lsm_record *)(r->data + r->head % RING_BYTES);

	rec->size = n;
	rec->kind = LSM_REC_SKIP;
	r->head += n;
}

bool ring_put(struct ring *r, struct lsm_record *rec, const void *data)
{
	u32 size = (u32)(sizeof(*rec) + ALIGN(rec->len, 8));
	u32 to_end = (u32)(RING_BYTES - r->head % RING_BYTES);
	u32 gap = to_end < size ? to_end : 0;
	u64 room = RING_BYTES - used(r, READ_ONCE(r->shared->tail));
	u8 *at;

	if (gap + size > room) {
		WRITE_ONCE(r->shared->dropped, ++r->dropped);
		return false;
	}
	if (gap)
		skip(r, gap);
	rec->size = size;
	at = r->data + r->head % RING_BYTES;
	memcpy(at, rec, sizeof(*rec));
	memcpy(at + sizeof(*rec), data, rec->len);
	memset(at + sizeof(*rec) + rec->len, 0, size - sizeof(*rec) - rec->len);
	r->head += size;
	r->messages++;
	if (!(rec->flags & LSM_EV_BATCH))
		WRITE_ONCE(r->urgent, r->head);
	/* the record before the news of it */
	smp_store_release(&r->shared->head, r->head);
	return true;
}
