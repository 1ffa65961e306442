/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * space.c - the address space of a thread's process: its map, bytes somewhere in it, names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"
#include "debugger/tasks.h"
#include "symbols/symbols.h"

#define PAGE 0x1000u
#define CHUNK (1u << 20)

int dbg_maps(struct lstar_thread *t, struct sym_maps *maps)
{
	struct dbg *d = dbg_thread_session(t);
	int err = dbg_task_ready(t);

	if (!err && !sym_maps_load(maps, dbg_thread_pid(t)))
		err = dbg_fail(d, -errno, "the memory map of process %u cannot be read: %s",
			       dbg_thread_pid(t), strerror(errno));
	return err;
}

/* --- search --- */

/* A walk through memory: what was read last, with the end of what was read before in front. */
struct search {
	struct lstar_thread *t;
	const void *what;
	size_t n;
	unsigned char *buf; /* n - 1 + CHUNK bytes */
	size_t kept;
};

/* Between two readable addresses that follow on what was searched before. Found: true. */
static bool search_range(struct search *s, u64 from, u64 to, u64 *addr)
{
	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK, have;
		int64_t got = dbg_read(s->t, from, s->buf + s->kept, want);
		unsigned char *hit;

		if (got <= 0) { /* a hole: a file that is shorter than its mapping, for one */
			s->kept = 0;
			from = (from | (PAGE - 1)) + 1;
			continue;
		}
		have = s->kept + (size_t)got;
		hit = memmem(s->buf, have, s->what, s->n);
		if (hit) {
			*addr = from - s->kept + (u64)(hit - s->buf);
			return true;
		}
		from += (u64)got;
		s->kept = have < s->n - 1 ? have : s->n - 1;
		memmove(s->buf, s->buf + have - s->kept, s->kept);
	}
	return false;
}

static bool search_maps(struct search *s, const struct sym_maps *maps, u64 from, u64 to, u64 *addr)
{
	u64 last = 0;

	for (size_t i = 0; i < maps->n && maps->map[i].start < to; i++) {
		const struct sym_map *m = &maps->map[i];
		u64 start = m->start > from ? m->start : from, end = m->end < to ? m->end : to;

		if (m->perms[0] != 'r' || start >= end)
			continue;
		if (start != last)
			s->kept = 0;
		last = end;
		if (search_range(s, start, end, addr))
			return true;
	}
	return false;
}

int dbg_find(struct lstar_thread *t, uint64_t from, uint64_t to, const void *what, size_t n,
	     uint64_t *addr)
{
	struct search s = { .t = t, .what = what, .n = n };
	struct dbg *d = dbg_thread_session(t);
	struct sym_maps maps;
	bool found = false;
	u64 at = 0;
	int err;

	if (!n)
		return dbg_fail(d, -EINVAL, "there is nothing to search for: 0 bytes");
	err = dbg_maps(t, &maps);
	if (err)
		return err;
	s.buf = n < SIZE_MAX - CHUNK ? malloc(n - 1 + CHUNK) : NULL;
	if (!s.buf) {
		err = dbg_fail(d, -ENOMEM, "no memory to search for %zu bytes", n);
		goto out;
	}
	found = search_maps(&s, &maps, from, to, &at);
	if (found)
		*addr = at;
	else
		err = dbg_fail(d, -ENOENT,
			       "these %zu bytes are nowhere in process %u from %llx to %llx", n,
			       dbg_thread_pid(t), (unsigned long long)from, (unsigned long long)to);
out:
	free(s.buf);
	sym_maps_free(&maps);
	return err;
}

/* --- names --- */

int dbg_symbol(struct lstar_thread *t, const char *name, const char *file, uint64_t *addr)
{
	struct dbg *d = dbg_thread_session(t);
	const struct sym_table *table;
	char why[256];
	u64 at;
	int err = dbg_task_ready(t);

	if (err)
		return err;
	table = dbg_symbols_of(d, dbg_thread_pid(t));
	if (!table)
		return -ENOENT;
	if (!sym_find_in(table, name, file, &at, why, sizeof(why)))
		return dbg_fail(d, -ENOENT, "%s", why);
	*addr = at;
	return 0;
}
