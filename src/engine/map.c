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

static bool same_shape(const struct eng_map_desc *a, const struct eng_map_desc *b)
{
	return a->keys == b->keys && a->kind == b->kind && a->buckets == b->buckets &&
	       a->min == b->min && a->step == b->step;
}

bool eng_map_same_shape(const struct eng_map_desc *a, const struct eng_map_desc *b)
{
	return same_shape(a, b);
}

static u64 *entry(const struct eng_map *m, u32 i)
{
	return m->entries + (size_t)i * m->words;
}

static u64 mix(u64 h, u64 word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return h ^ h >> 32;
}

/* Behind the NUL of a string all is 0, so that a word of 0 is its end for all purposes. */
static u32 home(const struct eng_map *m, const u64 *key)
{
	u64 h = 0;

	switch ((enum eng_map_keys)m->desc.keys) {
	case ENG_KEYS_INT:
		h = mix(0, key[0]);
		break;
	case ENG_KEYS_INT2:
		h = mix(mix(0, key[0]), key[1]);
		break;
	case ENG_KEYS_STR:
		for (u32 i = 0; i < ENG_MAP_STRING / 8 && key[i]; i++)
			h = mix(h, key[i]);
		break;
	default:
		break;
	}
	return (u32)h & m->mask;
}

static bool same_key(const struct eng_map *m, const u64 *a, const u64 *b)
{
	u32 i = 0;

	switch ((enum eng_map_keys)m->desc.keys) {
	case ENG_KEYS_INT:
		return a[0] == b[0];
	case ENG_KEYS_INT2:
		return a[0] == b[0] && a[1] == b[1];
	case ENG_KEYS_STR:
		while (i < ENG_MAP_STRING / 8 - 1 && a[i] == b[i] && a[i])
			i++;
		return a[i] == b[i];
	default:
		return true;
	}
}

/* The place of the key in the index, or the free one where it belongs. */
static u32 find(struct eng_vm *vm, const struct eng_map *m, const u64 *key)
{
	u32 i = home(m, key);

	for (; m->index[i]; i = (i + 1) & m->mask) {
		vm->left--;
		if (same_key(m, entry(m, m->index[i] - 1), key))
			break;
	}
	return i;
}

/* The value under the key, a new one when there is none; NULL: the map is full. */
static u64 *obtain(struct eng_vm *vm, struct eng_map *m, const u64 *key, bool *is_new)
{
	u32 i = find(vm, m, key);
	u64 *e;

	*is_new = !m->index[i];
	if (!*is_new)
		return entry(m, m->index[i] - 1) + m->key_words;
	if (m->n == m->cap) {
		m->refused++;
		return NULL;
	}
	e = entry(m, m->n);
	memcpy(e, key, 8 * m->key_words);
	memset(e + m->key_words, 0, 8 * (m->words - m->key_words));
	m->index[i] = ++m->n;
	return e + m->key_words;
}

/*
 * The places behind a freed one may hold keys that were pushed there: each moves up when its
 * home is not behind the gap. Then the last entry takes the place of the deleted one.
 */
static void delete (struct eng_vm *vm, struct eng_map *m, const u64 *key)
{
	u32 gap = find(vm, m, key), freed = m->index[gap], last;

	if (!freed)
		return;
	for (u32 i = (gap + 1) & m->mask; m->index[i]; i = (i + 1) & m->mask) {
		u32 from = home(m, entry(m, m->index[i] - 1));

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
	m->index[find(vm, m, entry(m, last - 1))] = freed;
	memcpy(entry(m, freed - 1), entry(m, last - 1), 8 * m->words);
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

static void aggregate(const struct eng_map_desc *d, u64 *v, s64 x, bool is_new)
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

s64 eng_map_number(const struct eng_map *m, u32 i)
{
	const u64 *v = entry(m, i) + m->key_words;

	return m->desc.kind == ENG_MAP_AVG ? (s64)v[1] / (s64)v[0] : (s64)v[0];
}

/*
 * A string of the engine's own memory, by words; false: it does not end there, which the
 * reader says as it says it of all memory. @key is all 0.
 */
static bool copy_string(struct eng_vm *vm, u64 addr, u64 *key)
{
	u64 avail, end = 0;
	const u8 *p = ENG_IS_ENGINE_ADDR(addr) ? eng_window(vm, addr, &avail, false) : NULL;

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
	vm->left -= ENG_MAP_STRING / 8;
	return end != 0;
}

static enum eng_error read_string(struct eng_vm *vm, u64 addr, u64 *key)
{
	u8 *bytes = (u8 *)key;
	struct eng_reader r;
	int c = 1;

	memset(key, 0, ENG_MAP_STRING);
	if (copy_string(vm, addr, key))
		return ENG_OK;
	memset(key, 0, ENG_MAP_STRING);
	eng_reader_init(&r, vm, addr);
	for (u32 i = 0; i < ENG_MAP_STRING - 1 && (c = eng_reader_byte(&r)) > 0; i++)
		bytes[i] = (u8)c;
	if (c >= 0)
		return ENG_OK;
	return vm->left < 0 ? ENG_E_BUDGET : eng_fail(vm, ENG_E_ADDR, addr, 1);
}

static void update(struct eng_vm *vm, struct eng_map *m, enum eng_map_op op, const u64 *key, u64 x,
		   u64 *result)
{
	bool is_new;
	u64 *v = obtain(vm, m, key, &is_new);

	*result = x;
	if (!v)
		return; /* full: counted */
	if (op == ENG_MAPOP_SET)
		*v = x;
	else if (op == ENG_MAPOP_ADD)
		*result = *v += x;
	else
		aggregate(&m->desc, v, (s64)x, is_new);
}

enum eng_error eng_map_lock(struct eng_vm *vm, u32 *lock, u32 number)
{
	enum eng_error e = eng_lock(vm, lock, ENG_SPIN_MAX, 0);

	return e == ENG_E_DEADLOCK ? eng_fail(vm, e, number, ENG_SUBJECT_MAP) : e;
}

static void operate(struct eng_vm *vm, struct eng_map *m, enum eng_map_op op, const u64 *key,
		    u64 value, u64 *result)
{
	u32 i;

	switch (op) {
	case ENG_MAPOP_GET:
		i = find(vm, m, key);
		*result = m->index[i] ? (u64)eng_map_number(m, m->index[i] - 1) : 0;
		break;
	case ENG_MAPOP_HAS:
		*result = m->index[find(vm, m, key)] != 0;
		break;
	case ENG_MAPOP_DELETE:
		delete (vm, m, key);
		break;
	case ENG_MAPOP_CLEAR:
		clear(vm, m);
		break;
	case ENG_MAPOP_LEN:
		*result = m->n;
		break;
	default:
		update(vm, m, op, key, value, result);
		break;
	}
}

/*
 * A string is read before the map is touched, since reading asks the host: all of operate()
 * is one critical section, where several CPUs share the maps, and it asks nobody.
 */
enum eng_error eng_map_run(struct eng_vm *vm, enum eng_map_op op, u32 map, u64 *arg)
{
	const struct eng_map_desc *d = &vm->prog->maps[map];
	const char *name = (const char *)vm->prog->data + d->name;
	u32 nregs = eng_map_ops[op].key ? eng_map_key_regs[d->keys] : 0;
	struct eng_map *m = map < vm->nmaps ? vm->maps->map[map] : NULL;
	u64 key[ENG_MAP_STRING / 8];
	enum eng_error e;

	if (!m || !same_shape(d, &m->desc))
		return eng_fail(vm, ENG_E_MAP, map, 0);
	if (nregs && d->keys == ENG_KEYS_STR) {
		e = read_string(vm, arg[0], key);
		if (e)
			return e;
	} else if (nregs) { /* one or two */
		key[0] = arg[0];
		key[1] = arg[nregs - 1];
	}
	vm->left -= 2 + m->key_words;
	if (op == ENG_MAPOP_PRINT) {
		e = eng_map_print(vm, m, map, name);
	} else {
		e = eng_map_lock(vm, &m->lock, map);
		if (!e) {
			operate(vm, m, op, key, eng_map_ops[op].values ? arg[nregs] : 0, arg);
			eng_unlock(&m->lock);
		}
	}
	return e ? e : vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}
