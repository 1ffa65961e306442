/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_print.c - print(.map): entries by value, histograms as bars.
 *
 * Bars are as long as the terminal allows, and of one length elsewhere. Changes nothing but
 * the order.
 */
#include "map.h"
#include "vm.h"

#define BAR 40 /* characters of the longest, where no terminal says how wide it is */
#define BAR_MIN 10
#define BAR_MAX 200
#define LABEL 18
#define COUNT 10

static const u64 *key_of(const struct eng_map *m, u32 i)
{
	return m->entries + (size_t)i * m->words;
}

/* By value, then by key. */
static bool before(const struct eng_map *m, u32 i, u32 j)
{
	s64 x = eng_map_number(m, i), y = eng_map_number(m, j);
	const u64 *a = key_of(m, i), *b = key_of(m, j);

	if (x != y)
		return x < y;
	if (m->desc.keys == ENG_KEYS_STR)
		return memcmp(a, b, ENG_MAP_STRING) < 0;
	for (u32 k = 0; k < m->key_words; k++)
		if (a[k] != b[k])
			return (s64)a[k] < (s64)b[k];
	return false;
}

/* Lets the entry at @top sink in the heap of the first @n, whose top is the last in order. */
static void sift(const struct eng_map *m, u32 top, u32 n)
{
	u32 *heap = m->order, moved = heap[top], child;

	for (; (child = 2 * top + 1) < n; top = child) {
		if (child + 1 < n && before(m, heap[child], heap[child + 1]))
			child++;
		if (!before(m, moved, heap[child]))
			break;
		heap[top] = heap[child];
	}
	heap[top] = moved;
}

static void sort(const struct eng_map *m)
{
	u32 *heap = m->order;

	for (u32 i = 0; i < m->n; i++)
		heap[i] = i;
	for (u32 i = m->n / 2; i-- > 0;)
		sift(m, i, m->n);
	for (u32 n = m->n; n > 1; n--) {
		u32 last = heap[0];

		heap[0] = heap[n - 1];
		heap[n - 1] = last;
		sift(m, 0, n - 1);
	}
}

static void put_signed(struct eng_vm *vm, s64 v)
{
	if (v < 0)
		eng_print_char(vm, '-');
	eng_print_num(vm, v < 0 ? -(u64)v : (u64)v, 10);
}

/* Decimal, as process numbers are; what needs more than 32 bits looks like an address. */
static void put_key(struct eng_vm *vm, u64 v)
{
	if ((s64)v == (s64)(s32)v || v >> 32 == 0) {
		put_signed(vm, (s64)v);
		return;
	}
	eng_print_str(vm, "0x");
	eng_print_num(vm, v, 16);
}

static void put_string(struct eng_vm *vm, const u8 *s)
{
	for (; *s; s++)
		eng_print_char(vm, *s >= ' ' && *s != 0x7f ? (char)*s : '?');
}

static void put_head(struct eng_vm *vm, const struct eng_map *m, const char *name, u32 i)
{
	const u64 *key = key_of(m, i);

	eng_print_char(vm, '.');
	eng_print_str(vm, name);
	if (m->desc.keys != ENG_KEYS_NONE)
		eng_print_char(vm, '[');
	switch ((enum eng_map_keys)m->desc.keys) {
	case ENG_KEYS_INT2:
		put_key(vm, key[0]);
		eng_print_str(vm, ", ");
		put_key(vm, key[1]);
		break;
	case ENG_KEYS_INT:
		put_key(vm, key[0]);
		break;
	case ENG_KEYS_STR:
		put_string(vm, (const u8 *)key);
		break;
	default:
		break;
	}
	eng_print_str(vm, m->desc.keys != ENG_KEYS_NONE ? "]: " : ": ");
}

/* 1K is 1024; an odd number of them is never asked for. */
static void put_power(struct eng_vm *vm, u32 power)
{
	static const char units[] = "KMGTPE";

	eng_print_num(vm, 1ULL << power % 10, 10);
	if (power >= 10)
		eng_print_char(vm, units[power / 10 - 1]);
}

static void put_power_label(struct eng_vm *vm, u32 bucket)
{
	if (bucket == 1) {
		eng_print_str(vm, "(..., 0)");
	} else if (bucket <= 3) {
		eng_print_str(vm, bucket == 2 ? "[0]" : "[1]");
	} else {
		eng_print_char(vm, '[');
		put_power(vm, bucket - 3);
		eng_print_str(vm, ", ");
		put_power(vm, bucket - 2);
		eng_print_char(vm, ')');
	}
}

static void put_linear_label(struct eng_vm *vm, const struct eng_map_desc *d, u32 bucket)
{
	u64 low = (u64)d->min + (bucket - 2ULL) * d->step;

	if (bucket == 1) {
		eng_print_str(vm, "(..., ");
		put_signed(vm, d->min);
		eng_print_char(vm, ')');
		return;
	}
	eng_print_char(vm, '[');
	put_signed(vm, (s64)low);
	eng_print_str(vm, ", ");
	if (bucket == 2u + d->buckets)
		eng_print_str(vm, "...");
	else
		put_signed(vm, (s64)(low + d->step));
	eng_print_char(vm, ')');
}

static void blanks(struct eng_vm *vm, s64 n)
{
	for (; n > 0; n--)
		eng_print_char(vm, ' ');
}

static u32 digits(u64 v)
{
	u32 n = 1;

	while (v /= 10)
		n++;
	return n;
}

/* What the longest bar may have beside label, count and frame, one column staying free. */
static u32 bar_width(struct eng_vm *vm)
{
	u32 columns = vm->host->columns ? vm->host->columns(vm->ctx, vm->ev) : 0;
	u32 rest = LABEL + 1 + COUNT + 3 + 1;

	if (!columns)
		return BAR;
	if (columns < rest + BAR_MIN)
		return BAR_MIN;
	return columns - rest < BAR_MAX ? columns - rest : BAR_MAX;
}

static void put_row(struct eng_vm *vm, const struct eng_map_desc *d, u32 bucket, u64 count, u64 max,
		    u32 width)
{
	u32 bar = (u32)(max > ~0ULL / BAR_MAX ? count / (max / width) : count * width / max), start;

	/* a row is shorter than the buffer, so it is never cut in two by a flush */
	if (vm->nprint > ENG_PRINT_MAX - 128 - width)
		eng_print_flush(vm);
	start = vm->nprint;
	if (d->kind == ENG_MAP_HIST)
		put_power_label(vm, bucket);
	else
		put_linear_label(vm, d, bucket);
	blanks(vm, LABEL - (s64)(vm->nprint - start));
	blanks(vm, 1 + COUNT - (s64)digits(count));
	eng_print_num(vm, count, 10);
	eng_print_str(vm, " |");
	if (bar > width)
		bar = width;
	for (u32 i = 0; i < width; i++)
		eng_print_char(vm, i < bar ? '@' : ' ');
	eng_print_str(vm, "|\n");
}

/* From the first bucket with something in it to the last. */
static void put_histogram(struct eng_vm *vm, const struct eng_map *m, u32 i)
{
	const u64 *v = key_of(m, i) + m->key_words;
	u32 n = m->words - m->key_words, first = 0, last = 0, width = bar_width(vm);
	u64 max = 0;

	eng_print_num(vm, v[0], 10);
	eng_print_str(vm, v[0] == 1 ? " value\n" : " values\n");
	for (u32 b = 1; b < n; b++) {
		if (!v[b])
			continue;
		first = first ? first : b;
		last = b;
		max = v[b] > max ? v[b] : max;
	}
	for (u32 b = first; max && b <= last; b++) {
		vm->left -= 4 + width / 16;
		put_row(vm, &m->desc, b, v[b], max, width);
	}
}

static void put_entry(struct eng_vm *vm, const struct eng_map *m, const char *name, u32 i)
{
	put_head(vm, m, name, i);
	if (m->desc.kind == ENG_MAP_HIST || m->desc.kind == ENG_MAP_LHIST) {
		put_histogram(vm, m, i);
		return;
	}
	put_signed(vm, eng_map_number(m, i));
	eng_print_char(vm, '\n');
}

static void put_summary(struct eng_vm *vm, const struct eng_map *m, const char *name)
{
	if (m->n && !m->refused)
		return;
	eng_print_char(vm, '.');
	eng_print_str(vm, name);
	if (!m->n) {
		eng_print_str(vm, ": empty\n");
		return;
	}
	eng_print_str(vm, ": full with ");
	eng_print_num(vm, m->n, 10);
	eng_print_str(vm, " keys; refused updates of new ones: ");
	eng_print_num(vm, m->refused, 10);
	eng_print_char(vm, '\n');
}

/*
 * The map is locked for the sorting and then for one entry at a time, so that no other CPU
 * waits for a whole listing. What others change meanwhile shows in the entries that are still
 * to come; a key that they delete may let another take its place in the listing.
 */
static enum eng_error print_entries(struct eng_vm *vm, struct eng_map *m, u32 number,
				    const char *name)
{
	enum eng_error e = eng_map_lock(vm, &m->lock, number);
	u32 n = m->n;

	if (e)
		return e;
	if (!eng_charge(vm, n * 4ULL)) {
		eng_unlock(vm, &m->lock);
		return ENG_E_BUDGET;
	}
	sort(m);
	for (u32 i = 0; i < n && vm->left >= 0; i++) {
		if (m->order[i] < m->n)
			put_entry(vm, m, name, m->order[i]);
		eng_unlock(vm, &m->lock);
		e = eng_map_lock(vm, &m->lock, number);
		if (e)
			return e;
	}
	put_summary(vm, m, name);
	eng_unlock(vm, &m->lock);
	return vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}

enum eng_error eng_map_print(struct eng_vm *vm, struct eng_map *m, u32 number, const char *name)
{
	enum eng_error e = eng_map_lock(vm, &m->printing, number);

	if (e)
		return e;
	e = print_entries(vm, m, number, name);
	eng_unlock(vm, &m->printing);
	eng_print_flush(vm);
	return e ? e : vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}
