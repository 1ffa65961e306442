/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * thread.c - threads, their registers and the memory of their processes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* --- threads --- */

struct lstar_thread *lstar_thread_at(struct lstar *s, size_t i)
{
	return s ? dbg_thread_at(s->d, i) : NULL;
}

struct lstar_thread *lstar_thread_find(struct lstar *s, uint32_t tid)
{
	return s ? dbg_thread_find(s->d, tid) : NULL;
}

uint32_t lstar_thread_tid(const struct lstar_thread *t)
{
	return t ? dbg_thread_tid(t) : 0;
}

uint32_t lstar_thread_pid(const struct lstar_thread *t)
{
	return t ? dbg_thread_pid(t) : 0;
}

uint32_t lstar_thread_parent(const struct lstar_thread *t)
{
	return t ? dbg_thread_parent(t) : 0;
}

bool lstar_thread_alive(const struct lstar_thread *t)
{
	return t && dbg_thread_alive(t);
}

struct lstar *lstar_thread_session(const struct lstar_thread *t)
{
	return t ? dbg_user(dbg_thread_session(t)) : NULL;
}

/* --- registers --- */

int lstar_reg_get(struct lstar_thread *t, const char *name, uint64_t *value)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	if (!err && (!name || !value))
		err = lib_fail(s, LSTAR_E_ARGUMENT, 0, "%s is NULL",
			       name ? "the place for the value" : "the register's name");
	return err ?: lib_result(s, dbg_reg_get(t, name, value));
}

int lstar_reg_set(struct lstar_thread *t, const char *name, uint64_t value)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	if (!err && !name)
		err = lib_fail(s, LSTAR_E_ARGUMENT, 0, "the register's name is NULL");
	return err ?: lib_result(s, dbg_reg_set(t, name, value));
}

/* --- memory --- */

/* Sizes are not cut by the type of a result. */
static int64_t amount(struct lstar *s, int64_t n)
{
	return n < 0 ? lib_failed(s, LIB_ANY, (int)n) : n;
}

static int check_buffer(const struct lstar_thread *t, const void *buf, struct lstar **s)
{
	int err = lib_thread(t, s);

	return err || buf ? err : lib_fail(*s, LSTAR_E_ARGUMENT, 0, "the buffer is NULL");
}

int64_t lstar_read(struct lstar_thread *t, uint64_t addr, void *buf, size_t n)
{
	struct lstar *s;
	int err = check_buffer(t, buf, &s);

	return err ? err : amount(s, dbg_read(t, addr, buf, n));
}

int64_t lstar_write(struct lstar_thread *t, uint64_t addr, const void *buf, size_t n)
{
	struct lstar *s;
	int err = check_buffer(t, buf, &s);

	return err ? err : amount(s, dbg_write(t, addr, buf, n));
}

int64_t lstar_read_string(struct lstar_thread *t, uint64_t addr, char *buf, size_t size)
{
	struct lstar *s;
	int err = check_buffer(t, buf, &s);

	return err ? err : amount(s, dbg_read_string(t, addr, buf, size));
}

int lstar_find(struct lstar_thread *t, uint64_t from, uint64_t to, const void *what, size_t n,
	       uint64_t *addr)
{
	struct lstar *s;
	uint64_t unwanted;
	int err = check_buffer(t, what, &s);

	return err ?: lib_result(s, dbg_find(t, from, to, what, n, addr ? addr : &unwanted));
}

int64_t lstar_maps(struct lstar_thread *t, struct lstar_map *maps, size_t max)
{
	struct lstar *s;
	struct sym_maps m;
	int err = lib_thread(t, &s) ?: lib_result(s, dbg_maps(t, &m));

	if (err)
		return err;
	for (size_t i = 0; maps && i < m.n && i < max; i++) {
		maps[i].start = m.map[i].start;
		maps[i].end = m.map[i].end;
		maps[i].offset = m.map[i].offset;
		maps[i].path = m.map[i].path;
		memcpy(maps[i].perms, m.map[i].perms, sizeof(maps[i].perms));
	}
	sym_maps_free(&s->maps);
	s->maps = m;
	return (int64_t)m.n;
}

int lstar_symbol(struct lstar_thread *t, const char *name, const char *file, uint64_t *addr)
{
	struct lstar *s;
	uint64_t unwanted;
	int err = lib_thread(t, &s);

	if (!err && !name)
		err = lib_fail(s, LSTAR_E_ARGUMENT, 0, "the symbol's name is NULL");
	return err ?: lib_result(s, dbg_symbol(t, name, file, addr ? addr : &unwanted));
}
