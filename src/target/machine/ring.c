/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.c - messages from the rings of all CPUs, in order of time.
 *
 * Records are copied out as soon as they are seen, so that the rings stay empty. They are handed
 * on only when a later look has found nothing older: a CPU takes the time of a message a moment
 * before it writes it. Nothing in a ring is believed without a look at its size.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine.h"

static size_t map_size(const struct mach_target *m)
{
	return sizeof(struct lsm_ring) + m->info.ring_bytes;
}

int mach_rings_map(struct mach_target *m)
{
	u32 size = m->info.ring_bytes;

	if (size < sizeof(struct lsm_record) || size & (size - 1))
		return mach_fail(m, -EPROTO, "the module has rings of %x bytes, no power of two",
				 size);
	m->ring = calloc(m->info.ncpus, sizeof(*m->ring));
	if (!m->ring)
		return mach_fail(m, -ENOMEM, "no memory for the rings of %u CPUs", m->info.ncpus);
	for (u32 cpu = 0; cpu < m->info.ncpus; cpu++) {
		void *map = mmap(NULL, map_size(m), PROT_READ | PROT_WRITE, MAP_SHARED, m->fd,
				 (off_t)LSM_MMAP_RING(cpu));

		if (map == MAP_FAILED && (errno == ENXIO || errno == ENODEV))
			continue; /* a CPU number without a CPU */
		if (map == MAP_FAILED)
			return mach_fail(m, -errno, "cannot map the messages of CPU %u: %s", cpu,
					 strerror(errno));
		m->ring[cpu].ring = map;
		m->ring[cpu].data = (const u8 *)map + sizeof(struct lsm_ring);
	}
	return 0;
}

void mach_rings_unmap(struct mach_target *m)
{
	for (u32 cpu = 0; m->ring && cpu < m->info.ncpus; cpu++)
		if (m->ring[cpu].ring)
			munmap(m->ring[cpu].ring, map_size(m));
	free(m->ring);
	m->ring = NULL;
}

/* --- taking --- */

static bool store_room(struct mach_store *s, size_t n)
{
	size_t cap = s->cap ? s->cap : 64 << 10;
	u8 *bytes;

	while (cap - s->used < n)
		cap *= 2;
	if (cap == s->cap)
		return true;
	bytes = realloc(s->bytes, cap);
	if (!bytes)
		return false;
	s->bytes = bytes;
	s->cap = cap;
	return true;
}

static bool index_room(struct mach_target *m)
{
	size_t cap = m->cap_rec ? m->cap_rec * 2 : 256;
	struct mach_record *rec;

	if (m->nrec < m->cap_rec)
		return true;
	rec = realloc(m->rec, cap * sizeof(*rec));
	if (!rec)
		return false;
	m->rec = rec;
	m->cap_rec = cap;
	return true;
}

/* Bytes of a ring, which may go round its end. */
static void ring_copy(const struct mach_target *m, const struct mach_ring *r, u64 pos, void *dst,
		      size_t n)
{
	size_t off = pos & (m->info.ring_bytes - 1), first = m->info.ring_bytes - off;

	if (first > n)
		first = n;
	memcpy(dst, r->data + off, first);
	memcpy((u8 *)dst + first, r->data, n - first);
}

static bool keep(struct mach_target *m, const struct mach_ring *r, u64 pos,
		 const struct lsm_record *h)
{
	struct mach_store *s = &m->store[m->current];
	struct lsm_record *copy;

	if (!store_room(s, h->size) || !index_room(m))
		return false;
	copy = (struct lsm_record *)(s->bytes + s->used);
	ring_copy(m, r, pos, copy, h->size);
	*copy = *h; /* what was checked is what is used */
	m->rec[m->nrec++] = (struct mach_record){ h->time, m->order++, s->used };
	s->used += h->size;
	if (h->time > m->newest)
		m->newest = h->time;
	return true;
}

static bool sane(const struct lsm_record *h, u64 left)
{
	return h->size >= sizeof(*h) && h->size <= left && h->size % 8 == 0 &&
	       h->len <= h->size - sizeof(*h);
}

static void take(struct mach_target *m, struct mach_ring *r)
{
	u64 head = __atomic_load_n(&r->ring->head, __ATOMIC_ACQUIRE), tail = r->ring->tail;
	struct lsm_record h;

	if (head - tail > m->info.ring_bytes) {
		tail = head;
		m->lost++;
	}
	while (tail != head) {
		u64 left = head - tail;

		/* The end of the ring may be too short for a header: what fills it has a size. */
		ring_copy(m, r, tail, &h, left < sizeof(h) ? (size_t)left : sizeof(h));
		if (left >= 8 && h.kind == LSM_REC_SKIP && h.size >= 8 && h.size <= left &&
		    h.size % 8 == 0) {
			tail += h.size;
			continue;
		}
		if (left < sizeof(h) || !sane(&h, left)) {
			m->lost++;
			tail = head;
			break;
		}
		m->lost += !keep(m, r, tail, &h);
		tail += h.size;
	}
	__atomic_store_n(&r->ring->tail, tail, __ATOMIC_RELEASE);
}

static int by_time(const void *a, const void *b)
{
	const struct mach_record *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* What was handed on goes; the rest moves to the other store. */
static void compact(struct mach_target *m)
{
	struct mach_store *from = &m->store[m->current], *to = &m->store[!m->current];
	size_t left = m->nrec - m->next;

	to->used = 0;
	if (left && !store_room(to, from->used)) { /* the bytes stay where they are, then */
		memmove(m->rec, m->rec + m->next, left * sizeof(*m->rec));
		m->nrec = left;
		m->next = 0;
		return;
	}
	for (size_t i = 0; i < left; i++) {
		struct mach_record *rec = &m->rec[i];
		const struct lsm_record *h;

		*rec = m->rec[m->next + i];
		h = (const struct lsm_record *)(from->bytes + rec->off);
		memcpy(to->bytes + to->used, h, h->size);
		rec->off = to->used;
		to->used += h->size;
	}
	m->nrec = left;
	m->next = 0;
	m->current = !m->current;
}

bool mach_gather(struct target *t)
{
	struct mach_target *m = mach_of(t);

	compact(m);
	m->settled = m->newest;
	for (u32 cpu = 0; m->ring && cpu < m->info.ncpus; cpu++)
		if (m->ring[cpu].ring)
			take(m, &m->ring[cpu]);
	if (m->nrec)
		qsort(m->rec, m->nrec, sizeof(*m->rec), by_time);
	return m->nrec && m->rec[m->nrec - 1].time > m->settled;
}

/* --- handing on --- */

/* False: a kind or a size that this version does not know. */
static bool decode(const struct lsm_record *h, struct tgt_record *rec)
{
	const void *body = h + 1;
	const struct lsm_fault *f = body;
	const struct lsm_request *q = body;

	*rec = (struct tgt_record){
		.event = h->event,
		.pid = h->pid,
		.tid = h->tid,
		.stage = (u8)h->stage,
		.time = h->time,
		.text = body,
		.len = h->len,
	};
	switch (h->kind) {
	case LSM_REC_TEXT:
		rec->kind = TGT_REC_TEXT;
		return true;
	case LSM_REC_CODE:
		rec->kind = TGT_REC_CODE;
		return true;
	case LSM_REC_FAULT:
		rec->kind = TGT_REC_FAULT;
		if (h->len < sizeof(*f) || f->code >= ENG_NERRORS)
			return false;
		rec->fault = (struct eng_fault){
			(enum eng_error)f->code, f->pc, f->line, { f->value[0], f->value[1] }
		};
		return true;
	case LSM_REC_REQUEST:
		rec->kind = TGT_REC_REQUEST;
		if (h->len < sizeof(*q) || q->what > ENG_REQ_FLUSH)
			return false;
		rec->request = (enum eng_request)q->what;
		rec->request_event = q->event;
		return true;
	default:
		return false;
	}
}

bool mach_next(struct target *t, bool all, struct tgt_record *rec)
{
	struct mach_target *m = mach_of(t);

	while (m->next < m->nrec) {
		const struct mach_record *r = &m->rec[m->next];

		if (!all && r->time > m->settled)
			return false;
		m->next++;
		if (decode((const struct lsm_record *)(m->store[m->current].bytes + r->off), rec))
			return true;
		m->lost++;
	}
	return false;
}

u64 mach_lost(struct target *t)
{
	struct mach_target *m = mach_of(t);
	u64 lost = m->lost;

	for (u32 cpu = 0; m->ring && cpu < m->info.ncpus; cpu++)
		if (m->ring[cpu].ring)
			lost += __atomic_load_n(&m->ring[cpu].ring->dropped, __ATOMIC_RELAXED);
	return lost;
}
