/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strings.c - the string functions of scripts, on any address.
 *
 * A bad address is an answer here (0, or 2 of a comparison), not an error.
 */
#include "format.h"
#include "vm.h"

static int unit(struct eng_reader *r, bool wide)
{
	return wide ? eng_reader_wide(r) : eng_reader_byte(r);
}

enum eng_error eng_strlen(struct eng_vm *vm, u64 s, bool wide, u64 *result)
{
	struct eng_reader r;
	u64 n = 0;
	int c;

	eng_reader_init(&r, vm, s);
	while ((c = unit(&r, wide)) > 0)
		n++;
	if (vm->left < 0)
		return ENG_E_BUDGET;
	*result = c < 0 ? 0 : n;
	return ENG_OK;
}

/* How many bytes of @n are equal in both, up to a NUL if @stop_at_nul; by words where it can. */
static u64 equal_bytes(const u8 *a, const u8 *b, u64 n, bool stop_at_nul)
{
	u64 i = 0;

	for (; i + 8 <= n; i += 8) {
		u64 x, y, end;

		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		end = (x ^ y) | (stop_at_nul ? eng_find_byte(x, 0) : 0);
		if (end)
			return i + (u32)__builtin_ctzll(end) / 8;
	}
	while (i < n && a[i] == b[i] && (a[i] || !stop_at_nul))
		i++;
	return i;
}

/* The answer when both strings have a byte that ends the comparison. */
static u64 order(u8 a, u8 b)
{
	if (a == b)
		return 0;
	return (s8)a < (s8)b ? ~0ULL : 1;
}

/* Both lie in the engine's own memory, and all of it is there. */
static enum eng_error compare_window(struct eng_vm *vm, u64 s, u64 t, u64 max, bool stop_at_nul,
				     u64 *result)
{
	u64 n, same, more;
	const u8 *a = eng_window(vm, s, &n, false), *b = eng_window(vm, t, &more, false);

	*result = 2;
	if (!a || !b)
		return ENG_OK;
	if (n > more)
		n = more;
	if (n > max)
		n = max;
	same = equal_bytes(a, b, n, stop_at_nul);
	if (same < n)
		*result = order(a[same], b[same]);
	else if (n == max)
		*result = 0;
	return eng_charge(vm, same / 8) ? ENG_OK : ENG_E_BUDGET;
}

/* Bytes compare as signed char, which is what the language says of them. */
static enum eng_error compare_narrow(struct eng_reader *left, struct eng_reader *right, u64 max,
				     bool stop_at_nul, u64 *result)
{
	*result = 0;
	while (max) {
		bool readable = (left->pos < left->len || eng_reader_refill(left)) &&
				(right->pos < right->len || eng_reader_refill(right));
		const u8 *a, *b;
		u64 n, same;

		if (left->vm->left < 0)
			return ENG_E_BUDGET;
		if (!readable) {
			*result = 2;
			break;
		}
		a = left->at + left->pos;
		b = right->at + right->pos;
		n = left->len - left->pos;
		if (n > right->len - right->pos)
			n = right->len - right->pos;
		if (n > max)
			n = max;
		same = equal_bytes(a, b, n, stop_at_nul);
		if (same < n) {
			*result = order(a[same], b[same]);
			break;
		}
		left->pos += (u32)n;
		right->pos += (u32)n;
		max -= n;
	}
	return ENG_OK;
}

static enum eng_error compare_wide(struct eng_reader *left, struct eng_reader *right, u64 max,
				   u64 *result)
{
	*result = 0;
	for (; max; max--) {
		int x = eng_reader_wide(left);
		int y = x < 0 ? -1 : eng_reader_wide(right);

		if (left->vm->left < 0)
			return ENG_E_BUDGET;
		if (x < 0 || y < 0) {
			*result = 2;
			break;
		}
		if (x != y) {
			*result = x < y ? ~0ULL : 1;
			break;
		}
		if (!x)
			break;
	}
	return ENG_OK;
}

enum eng_error eng_strcmp(struct eng_vm *vm, u64 s, u64 t, u64 max, bool wide, bool stop_at_nul,
			  u64 *result)
{
	struct eng_reader left, right;

	if (!wide && max && ENG_IS_ENGINE_ADDR(s) && ENG_IS_ENGINE_ADDR(t))
		return compare_window(vm, s, t, max, stop_at_nul, result);
	eng_reader_init(&left, vm, s);
	eng_reader_init(&right, vm, t);
	return wide ? compare_wide(&left, &right, max, result)
		    : compare_narrow(&left, &right, max, stop_at_nul, result);
}
