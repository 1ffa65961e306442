/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * arena.c - memory of one compilation, released all at once, and interned names.
 *
 * Must never hand out memory that outlives its arena.
 */
#include <stdlib.h>

#include "compiler.h"

#define CHUNK_SIZE 32768

struct scr_chunk {
	struct scr_chunk *next;
	size_t used, size;
	u64 mem[];
};

void *scr_arena_alloc(struct scr_arena *arena, size_t size)
{
	struct scr_chunk *chunk = arena->chunk;
	void *p;

	size = (size + 7) & ~(size_t)7;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t want = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + want);
		if (!chunk)
			return NULL;
		chunk->next = arena->chunk;
		chunk->used = 0;
		chunk->size = want;
		arena->chunk = chunk;
	}
	p = (char *)chunk->mem + chunk->used;
	chunk->used += size;
	return memset(p, 0, size);
}

void scr_arena_free(struct scr_arena *arena)
{
	while (arena->chunk) {
		struct scr_chunk *chunk = arena->chunk;

		arena->chunk = chunk->next;
		free(chunk);
	}
}

void *scr_alloc(struct scr_compiler *c, size_t size)
{
	void *p = scr_arena_alloc(&c->arena, size);

	if (!p)
		scr_oom(c);
	return p;
}

/* Doubles in the arena: what is left behind is at most as much as what is in use. */
void *scr_grow(struct scr_compiler *c, void *vec, u32 n, u32 *cap, size_t elem)
{
	u32 more = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return vec;
	if (*cap > UINT32_MAX / 4)
		scr_oom(c);
	p = scr_alloc(c, more * elem);
	if (n)
		memcpy(p, vec, n * elem);
	*cap = more;
	return p;
}

_Noreturn void scr_oom(struct scr_compiler *c)
{
	longjmp(c->oom, 1);
}

u32 scr_hash(const char *text, size_t len)
{
	u32 h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (u8)text[i]) * 16777619u;
	return h ^ h >> 15;
}

static void names_grow(struct scr_compiler *c)
{
	u32 size = c->names ? (c->name_mask + 1) * 2 : 64;
	struct scr_name **names = scr_alloc(c, size * sizeof(*names));

	for (u32 i = 0; c->names && i <= c->name_mask; i++) {
		struct scr_name *n = c->names[i];
		u32 slot;

		if (!n)
			continue;
		for (slot = n->hash & (size - 1); names[slot]; slot = (slot + 1) & (size - 1))
			;
		names[slot] = n;
	}
	c->names = names;
	c->name_mask = size - 1;
}

struct scr_name *scr_intern(struct scr_compiler *c, const char *text, u32 len)
{
	u32 hash = scr_hash(text, len), slot;
	struct scr_name *n;
	char *copy;

	if (!c->names || c->nnames * 2 > c->name_mask)
		names_grow(c);
	for (slot = hash & c->name_mask; (n = c->names[slot]); slot = (slot + 1) & c->name_mask)
		if (n->hash == hash && n->len == len && !memcmp(n->text, text, len))
			return n;
	n = scr_alloc(c, sizeof(*n));
	copy = scr_alloc(c, len + 1);
	memcpy(copy, text, len);
	n->text = copy;
	n->len = len;
	n->hash = hash;
	c->names[slot] = n;
	c->nnames++;
	return n;
}
