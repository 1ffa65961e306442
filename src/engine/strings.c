/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strings.c - the string functions of scripts, on any address.
 *
 * A bad address is an answer here (0, or 2 of a comparison), not an error.
 */
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

/* Bytes compare as signed char, which is what the language says of them. */
enum eng_error eng_strcmp(struct eng_vm *vm, u64 s, u64 t, u64 max, bool wide, bool stop_at_nul,
			  u64 *result)
{
	struct eng_reader left, right;

	eng_reader_init(&left, vm, s);
	eng_reader_init(&right, vm, t);
	*result = 0;
	for (; max; max--) {
		int x = unit(&left, wide);
		int y = x < 0 ? -1 : unit(&right, wide);

		if (vm->left < 0)
			return ENG_E_BUDGET;
		if (x < 0 || y < 0) {
			*result = 2;
			break;
		}
		if (x != y) {
			bool less = wide ? x < y : (s8)x < (s8)y;

			*result = less ? ~0ULL : 1;
			break;
		}
		if (!x && stop_at_nul)
			break;
	}
	return ENG_OK;
}
