/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map.c - the maps of scripts: entries in a row, and a hash table of their numbers.
 *
 * Every operation is bounded by the size of the map and paid for from the budget, whatever
 * keys a debuggee chooses. What is printed is map_print.c's.
 */
#include "format.h"
#include "map.h"
#include "vm.h"

#define STRING_WORDS (ENG_MAP_STRING / 8)

const struct eng_map_op_info eng_map_ops[ENG_NMAPOPS] = {
#define X(id, name, key, values, kinds) [ENG_MAPOP_##id] = { name, key, values, kinds },
	ENG_MAP_OP_TABLE(X)
#undef X
};

const char *const eng_map_kind_names[ENG_NMAPKINDS] = {
#define X(id, name, words) [ENG_MAP_##id] = name,
	ENG_MAP_KIND_TABLE(X)
#undef X
};

const u8 eng_map_key_regs[ENG_NKEYS] = {
#define X(id, regs, words) [ENG_KEYS_##id] = regs,
	ENG_MAP_KEY_TABLE(X)
#undef X
};

static const u8 key_words[ENG_NKEYS] = {
#define X(id, regs, words) [ENG_KEYS_##id] = words,
	ENG_MAP_KEY_TABLE(X)
#undef X
};

/* Operations with a key, and those with a value, by bit. */
#define X(id, name, key, values, kinds) | (key) << ENG_MAPOP_##id
static const u32 keyed = 0 ENG_MAP_OP_TABLE(X);
#undef X
#define X(id, name, key, values, kinds) | ((values) != 0) << ENG_MAPOP_##id
static const u32 updates = 0 ENG_MAP_OP_TABLE(X);
#undef X

static const u8 kind_words[ENG_NMAPKINDS] = {
#define X(id, name, words) [ENG_MAP_##id] = words,
	ENG_MAP_KIND_TABLE(X)
#undef X
};

bool eng_map_desc_ok(const struct eng_map_desc *d)
{
	if (d->keys >= ENG_NKEYS || d->kind >= ENG_NMAPKINDS)
		return false;
	if (d->kind != ENG_MAP_LHIST)
		return !d->buckets && !d->min && !d->step;
	return d->buckets && d->buckets <= ENG_LHIST_MAX && d->step;
}

static u32 entry_words(const struct eng_map_desc *d)
{
	return key_words[d->keys] + kind_words[d->kind] + d->buckets;
}

static u32 index_size(u32 entries)
{
	u32 size = 4;

	while (size < 2 * entries)
		size *= 2;
	return size;
}

size_t eng_map_size(const struct eng_map_desc *d, u32 entries)
{
	return sizeof(struct eng_map) + 8ULL * entries * entry_words(d) + 4ULL * entries +
	       4ULL * index_size(entries);
}

struct eng_map *eng_map_init(void *mem, const struct eng_map_desc *d, u32 entries)
{
	struct eng_map *m = mem;

	m->desc = *d;
	m->cap = entries;
	m->n = 0;
	m->mask = index_size(entries) - 1;
	m->key_words = key_words[d->keys];
	m->words = entry_words(d);
	m->refused = 0;
	m->lock = m->printing = 0;
	m->entries = (u64 *)(m + 1);
	m->index = (u32 *)(m->entries + (size_t)entries * m->words);
	m->order = m->index + index_size(entries);
	return m;
}

/* What is no LHIST has neither min nor step: eng_map_desc_ok(). */
static inline bool same_shape(const struct eng_map_desc *a, const struct eng_map_desc *b)
{
	return a->keys == b->keys && a->kind == b->kind && a->buckets == b->buckets &&
	       (ENG_LIKELY(a->kind != ENG_MAP_LHIST) || (a->min == b->min && a->step == b->step));
}

bool eng_map_same_shape(const struct eng_map_desc *a, const struct eng_map_desc *b)
{
	return same_shape(a, b);
}

static inline u64 *entry(const struct eng_map *m, u32 i)
{
	return m->entries + (size_t)i * m->words;
}

static inline u64 mix(u64 h, u64 word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return h ^ h >> 32;
}

/*
 * What follows is compiled once for each sort of keys where its caller names it, since looking
 * a key up is most of what an operation does.
 *
 * A string is words up to one that is 0 or the last: behind its NUL that word is 0.
 */
static ENG_ALWAYS_INLINE u32 home(const struct eng_map *m, enum eng_map_keys keys, const u64 *key)
{
	u64 h = 0;

	switch (keys) {
	case ENG_KEYS_INT:
		h = mix(0, key[0]);
		break;
	case ENG_KEYS_INT2:
		h = mix(mix(0, key[0]), key[1]);
		break;
	case ENG_KEYS_STR:
		for (u32 i = 0; i < STRING_WORDS && key[i]; i++)
			h = mix(h, key[i]);
		break;
	default:
		break;
	}
	return (u32)h & m->mask;
}

static ENG_ALWAYS_INLINE bool same_key(enum eng_map_keys keys, const u64 *a, const u64 *b)
{
	u32 i = 0;

	switch (keys) {
	case ENG_KEYS_INT:
		return a[0] == b[0];
	case ENG_KEYS_INT2:
		return a[0] == b[0] && a[1] == b[1];
	case ENG_KEYS_STR:
		while (i < STRING_WORDS - 1 && a[i] == b[i] && a[i])
			i++;
		return a[i] == b[i];
	default:
		return true;
	}
}

/* The place of the key in the index, or the free one where it belongs and no entry. */
static ENG_ALWAYS_INLINE u32 find(struct eng_vm *vm, const struct eng_map *m,
				  enum eng_map_keys keys, const u64 *key, u64 **found)
{
	const u32 *index = m->index;
	u32 i = home(m, keys, key), mask = m->mask, tries = 0;

	*found = NULL;
	for (; index[i]; i = (i + 1) & mask) {
		u64 *e = entry(m, index[i] - 1);

		tries++;
		if (same_key(keys, e, key)) {
			*found = e;
			break;
		}
	}
	vm->left -= tries;
	return i;
}

/* An entry for the key, whose place in the index is free; NULL: the map is full. */
static ENG_NOINLINE u64 *insert(struct eng_map *m, u32 place, const u64 *key)
{
	bool string = m->desc.keys == ENG_KEYS_STR;
	u64 *e;

	if (m->n == m->cap) {
		m->refused++;
		return NULL;
	}
	e = entry(m, m->n);
	memset(e, 0, 8 * m->words);
	for (u32 i = 0; i < m->key_words && (key[i] || !string); i++)
		e[i] = key[i];
	m->index[place] = ++m->n;
	return e;
}

/*
 * The places behind a freed one may hold keys that were pushed there: each moves up when its
 * home is not behind the gap. Then the last entry takes the place of the deleted one.
 */
static ENG_NOINLINE void delete (struct eng_vm *vm, struct eng_map *m, const u64 *key)
{
	const enum eng_map_keys keys = (enum eng_map_keys)m->desc.keys;
	u64 *e;
	u32 gap = find(vm, m, keys, key, &e), freed = m->index[gap], last;

	if (!freed)
		return;
	for (u32 i = (gap + 1) & m->mask; m->index[i]; i = (i + 1) & m->mask) {
		u32 from = home(m, keys, entry(m, m->index[i] - 1));

		vm->left--;
		if (((i - from) & m->mask) < ((i - gap) & m->mask))
			continue;
		m->index[gap] = m->index[i];
		gap = i;
	}
	m->index[gap] = 0;
	last = m->n--;
	if (last == freed)
		return;
	m->index[find(vm, m, keys, entry(m, last - 1), &e)] = freed;
	memcpy(entry(m, freed - 1), e, 8 * m->words);
}

static void clear(struct eng_vm *vm, struct eng_map *m)
{
	vm->left -= m->mask / 16;
	memset(m->index, 0, 4 * (m->mask + 1ULL));
	m->n = 0;
	m->refused = 0;
}

/* total, negative, 0, 1, 2-3, 4-7 ... */
static u32 power_bucket(s64 x)
{
	if (x <= 0)
		return x ? 1 : 2;
	return 3 + 63 - (u32)__builtin_clzll((u64)x);
}

static u32 linear_bucket(const struct eng_map_desc *d, s64 x)
{
	u64 i;

	if (x < d->min)
		return 1;
	i = ((u64)x - (u64)d->min) / d->step;
	return 2 + (i < d->buckets ? (u32)i : (u32)d->buckets);
}

static ENG_NOINLINE void aggregate(const struct eng_map_desc *d, u64 *v, s64 x, bool is_new)
{
	switch ((enum eng_map_kind)d->kind) {
	case ENG_MAP_COUNT:
		v[0]++;
		break;
	case ENG_MAP_SUM:
		v[0] += (u64)x;
		break;
	case ENG_MAP_MIN:
		if (is_new || x < (s64)v[0])
			v[0] = (u64)x;
		break;
	case ENG_MAP_MAX:
		if (is_new || x > (s64)v[0])
			v[0] = (u64)x;
		break;
	case ENG_MAP_AVG:
		v[0]++;
		v[1] += (u64)x;
		break;
	case ENG_MAP_HIST:
		v[0]++;
		v[power_bucket(x)]++;
		break;
	case ENG_MAP_LHIST:
		v[0]++;
		v[linear_bucket(d, x)]++;
		break;
	default:
		break;
	}
}

static inline s64 number_of(const struct eng_map *m, const u64 *v)
{
	return m->desc.kind == ENG_MAP_AVG ? (s64)v[1] / (s64)v[0] : (s64)v[0];
}

s64 eng_map_number(const struct eng_map *m, u32 i)
{
	return number_of(m, entry(m, i) + m->key_words);
}

/*
 * A string of the engine's own memory, by words, and a 0 behind them; false: it does not end
 * there, which the reader says as it says it of all memory.
 */
static inline bool copy_string(struct eng_vm *vm, u64 addr, u64 *key)
{
	u64 avail = 0, end = 0;
	const u8 *p = eng_constant(vm, addr, &avail);

	if (ENG_UNLIKELY(!p) && ENG_IS_ENGINE_ADDR(addr))
		p = eng_window(vm, addr, &avail, false);
	for (u64 at = 0; p && !end && at < avail; at += 8) {
		u64 word = 0, n = avail - at < 8 ? avail - at : 8;

		if (ENG_LIKELY(n == 8))
			memcpy(&word, p + at, 8);
		else
			for (u64 i = 0; i < n; i++)
				word |= (u64)p[at + i] << 8 * i;
		end = eng_find_byte(word, 0);
		if (at == ENG_MAP_STRING - 8)
			end |= 1ULL << 63; /* no more than 63 bytes count */
		end &= -end;
		if (n < 8 && end >> 8 * n)
			return false;
		/* without the first byte that was found, and what is behind it */
		*key++ = end ? word & ((end >> 7) - 1) : word;
	}
	*key = 0;
	vm->left -= STRING_WORDS;
	return end != 0;
}

static ENG_NOINLINE enum eng_error read_string(struct eng_vm *vm, u64 addr, u64 *key)
{
	u8 *bytes = (u8 *)key;
	struct eng_reader r;
	int c = 1;

	memset(key, 0, ENG_MAP_STRING);
	eng_reader_init(&r, vm, addr);
	for (u32 i = 0; i < ENG_MAP_STRING - 1 && (c = eng_reader_byte(&r)) > 0; i++)
		bytes[i] = (u8)c;
	if (c >= 0)
		return ENG_OK;
	return vm->left < 0 ? ENG_E_BUDGET : eng_fail(vm, ENG_E_ADDR, addr, 1);
}

/* SET, ADD and PUT; the key is looked up once. */
static ENG_ALWAYS_INLINE void update(struct eng_vm *vm, struct eng_map *m, enum eng_map_keys keys,
				     enum eng_map_op op, const u64 *key, u64 x, u64 *result)
{
	u64 *e, *v;
	u32 place = find(vm, m, keys, key, &e);
	bool is_new = !e;

	if (ENG_UNLIKELY(is_new))
		e = insert(m, place, key);
	*result = x;
	if (ENG_UNLIKELY(!e))
		return; /* full: counted */
	v = e + key_words[keys];
	if (op == ENG_MAPOP_ADD)
		*result = *v += x;
	else if (op == ENG_MAPOP_SET)
		*v = x;
	else
		aggregate(&m->desc, v, (s64)x, is_new);
}

/*
 * An operation with a key. All of it is one critical section, where several CPUs share the
 * maps, and it asks nobody; hence a string was read before. @arg: as eng_map_run() has it.
 */
static ENG_ALWAYS_INLINE enum eng_error with_key(struct eng_vm *vm, struct eng_map *m,
						 enum eng_map_keys keys, enum eng_map_op op,
						 u32 number, const u64 *key, u64 *arg)
{
	enum eng_error e;
	u64 *found;

	vm->left -= 2 + key_words[keys];
	e = eng_map_lock(vm, &m->lock, number);
	if (ENG_UNLIKELY(e))
		return e;
	if (updates >> op & 1) {
		update(vm, m, keys, op, key, arg[eng_map_key_regs[keys]], arg);
	} else if (op == ENG_MAPOP_DELETE) {
		delete (vm, m, key);
	} else {
		find(vm, m, keys, key, &found);
		if (op == ENG_MAPOP_HAS)
			arg[0] = found != NULL;
		else
			arg[0] = found ? (u64)number_of(m, found + key_words[keys]) : 0;
	}
	eng_unlock(vm, &m->lock);
	return ENG_OK;
}

/* An operation on all of a map. */
static ENG_NOINLINE enum eng_error without_key(struct eng_vm *vm, struct eng_map *m,
					       enum eng_map_op op, u32 number, u64 *arg)
{
	const u8 *name = vm->prog->data + vm->prog->maps[number].name;
	enum eng_error e;

	vm->left -= 2 + m->key_words;
	if (op == ENG_MAPOP_PRINT)
		return eng_map_print(vm, m, number, (const char *)name);
	e = eng_map_lock(vm, &m->lock, number);
	if (e)
		return e;
	if (op == ENG_MAPOP_CLEAR)
		clear(vm, m);
	else
		*arg = m->n;
	eng_unlock(vm, &m->lock);
	return ENG_OK;
}

static ENG_NOINLINE enum eng_error with_string(struct eng_vm *vm, struct eng_map *m,
					       enum eng_map_op op, u32 number, u64 *arg)
{
	u64 key[STRING_WORDS + 1];
	enum eng_error e = ENG_OK;

	if (ENG_UNLIKELY(!copy_string(vm, arg[0], key)))
		e = read_string(vm, arg[0], key);
	return e ? e : with_key(vm, m, ENG_KEYS_STR, op, number, key, arg);
}

enum eng_error eng_map_run(struct eng_vm *vm, enum eng_map_op op, u32 map, u64 *arg)
{
	const struct eng_map_desc *d = &vm->prog->maps[map];
	struct eng_map *m = map < vm->maps->nmaps ? vm->maps->map[map] : NULL;

	if (ENG_UNLIKELY(!m || !same_shape(d, &m->desc)))
		return eng_fail(vm, ENG_E_MAP, map, 0);
	if (ENG_UNLIKELY(!(keyed >> op & 1)))
		return without_key(vm, m, op, map, arg);
	switch ((enum eng_map_keys)d->keys) {
	case ENG_KEYS_INT:
		return with_key(vm, m, ENG_KEYS_INT, op, map, arg, arg);
	case ENG_KEYS_INT2:
		return with_key(vm, m, ENG_KEYS_INT2, op, map, arg, arg);
	case ENG_KEYS_STR:
		return with_string(vm, m, op, map, arg);
	default:
		return with_key(vm, m, ENG_KEYS_NONE, op, map, arg, arg);
	}
}
