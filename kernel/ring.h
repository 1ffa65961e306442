/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h - the ring of messages of one CPU: written by its host, read by the debugger.
 */
#ifndef LSTAR_RING_H
#define LSTAR_RING_H

#include "hv.h"

#define RING_BYTES (256u << 10)

/* The writer's own view; what stands in the shared page is a copy for the reader. */
struct ring {
	struct lsm_ring *shared; /* vmalloc_user() memory: a page, then the data */
	u8 *data;
	u64 head; /* bytes written ever */
	u64 urgent; /* head behind the last record that the reader is to be woken for */
	u64 messages, dropped;
};

int ring_init(struct ring *r); /* guest */
void ring_free(struct ring *r);
size_t ring_memory(void); /* bytes to map */
/* Host: appends @rec and its @rec->len bytes; sets rec->size. False: no room, counted. */
bool ring_put(struct ring *r, struct lsm_record *rec, const void *data);
/* Guest: bytes that wait for the reader, or will not be read since it says nonsense. */
u64 ring_waiting(const struct ring *r);
/* Guest: is there something that the reader should not wait for? */
bool ring_urgent(const struct ring *r);

#endif
