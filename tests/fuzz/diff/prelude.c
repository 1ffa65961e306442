/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prelude.c - what the C spelling of random programs begins with: maps as the script
 * language has them, done in the plainest way, as the reference for the engine's.
 *
 * Included by generated programs only. Must not share a line with the engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define bool _Bool
#define MAP_BUCKETS 66

enum map_kind { MAP_NUMBER, MAP_COUNT, MAP_SUM, MAP_MIN, MAP_MAX, MAP_AVG, MAP_HIST };

struct map_entry {
	long long key[2], value, updates;
	char text[64];
	long long bucket[MAP_BUCKETS]; /* negative, 0, 1, 2-3, 4-7 ... */
};

struct map {
	enum map_kind kind;
	int keys; /* 0, 1 or 2 integers; 3: a string */
	int n, room;
	struct map_entry *entry;
};

static struct map_entry *map_find(struct map *m, long long k1, long long k2, const char *text)
{
	for (int i = 0; i < m->n; i++)
		if (m->entry[i].key[0] == k1 && m->entry[i].key[1] == k2 &&
		    !strncmp(m->entry[i].text, text, 63))
			return &m->entry[i];
	return NULL;
}

static struct map_entry *map_obtain(struct map *m, long long k1, long long k2, const char *text)
{
	struct map_entry *e = map_find(m, k1, k2, text);

	if (e)
		return e;
	if (m->n == m->room) {
		m->room = 2 * m->room + 4;
		m->entry = realloc(m->entry, m->room * sizeof(*m->entry));
	}
	e = &m->entry[m->n++];
	memset(e, 0, sizeof(*e));
	e->key[0] = k1;
	e->key[1] = k2;
	strncpy(e->text, text, 63);
	return e;
}

static long long map_number(const struct map *m, const struct map_entry *e)
{
	return m->kind == MAP_AVG ? e->value / e->updates : e->value;
}

static long map_get(struct map *m, long long k1, long long k2, const char *text)
{
	struct map_entry *e = map_find(m, k1, k2, text);

	return e ? map_number(m, e) : 0;
}

static long map_has(struct map *m, long long k1, long long k2, const char *text)
{
	return map_find(m, k1, k2, text) != NULL;
}

static void map_set(struct map *m, long long k1, long long k2, const char *text, long v)
{
	map_obtain(m, k1, k2, text)->value = v;
}

static void map_delete(struct map *m, long long k1, long long k2, const char *text)
{
	struct map_entry *e = map_find(m, k1, k2, text);

	if (e)
		*e = m->entry[--m->n];
}

static void map_put(struct map *m, long long k1, long long k2, const char *text, long v)
{
	bool is_new = !map_find(m, k1, k2, text);
	struct map_entry *e = map_obtain(m, k1, k2, text);
	int b = v < 0 ? 0 : 1;

	e->updates++;
	switch (m->kind) {
	case MAP_COUNT:
		e->value++;
		break;
	case MAP_SUM:
	case MAP_AVG:
		e->value += v;
		break;
	case MAP_MIN:
		e->value = is_new || v < e->value ? v : e->value;
		break;
	case MAP_MAX:
		e->value = is_new || v > e->value ? v : e->value;
		break;
	default:
		for (long rest = v; rest > 0; rest >>= 1)
			b++;
		e->bucket[b]++;
		e->value++;
		break;
	}
}

/* --- printing --- */

static const struct map *map_sorted;

static int map_order(const void *p, const void *q)
{
	const struct map_entry *a = p, *b = q;
	long long x = map_number(map_sorted, a), y = map_number(map_sorted, b);

	if (x != y)
		return x < y ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	return strcmp(a->text, b->text);
}

static void map_key(long long v)
{
	if (v >= -0x80000000LL && v <= 0xffffffffLL)
		printf("%lld", v);
	else
		printf("0x%llx", v);
}

static const char *map_power(char *text, int power)
{
	sprintf(text, "%d%.1s", 1 << power % 10, power < 10 ? "" : &"KMGTPE"[power / 10 - 1]);
	return text;
}

static void map_bars(const struct map_entry *e)
{
	int first = -1, last = -1;
	long long most = 0;

	printf("%lld value%s\n", e->value, e->value == 1 ? "" : "s");
	for (int b = 0; b < MAP_BUCKETS; b++) {
		if (e->bucket[b] && first < 0)
			first = b;
		if (e->bucket[b])
			last = b;
		if (e->bucket[b] > most)
			most = e->bucket[b];
	}
	for (int b = first; b <= last && most; b++) {
		char label[40], low[8], high[8];
		int bar = (int)(e->bucket[b] * 40 / most);

		if (b == 0)
			strcpy(label, "(..., 0)");
		else if (b <= 2)
			sprintf(label, "[%d]", b - 1);
		else
			sprintf(label, "[%s, %s)", map_power(low, b - 2), map_power(high, b - 1));
		printf("%-18s%11lld |%.*s%*s|\n", label, e->bucket[b], bar,
		       "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@", 40 - bar, "");
	}
}

static void map_print(struct map *m, const char *name)
{
	map_sorted = m;
	if (m->n)
		qsort(m->entry, m->n, sizeof(*m->entry), map_order);
	else
		printf(".%s: empty\n", name);
	for (int i = 0; i < m->n; i++) {
		const struct map_entry *e = &m->entry[i];

		printf(".%s%s", name, m->keys ? "[" : "");
		if (m->keys == 1 || m->keys == 2)
			map_key(e->key[0]);
		if (m->keys == 2)
			printf(", ");
		if (m->keys == 2)
			map_key(e->key[1]);
		printf("%s%s: ", e->text, m->keys ? "]" : "");
		if (m->kind == MAP_HIST)
			map_bars(e);
		else
			printf("%lld\n", map_number(m, e));
	}
}
