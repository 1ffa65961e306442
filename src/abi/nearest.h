/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nearest.h - "did you mean": the known word that is nearest to a mistyped one. Depends on
 * nothing, so that every room may use it.
 */
#ifndef ABI_NEAREST_H
#define ABI_NEAREST_H

#include <stddef.h>

/* The i-th known word, NULL beyond the last. */
typedef const char *(*abi_word_fn)(const void *user, size_t i);

/*
 * The word that the fewest single-character slips (insert, delete, replace, swap of
 * neighbours; case does not count) make of @typed; the first one of equals. NULL when the
 * nearest is too far away to be meant: more than one slip in three characters.
 */
const char *abi_nearest(const char *typed, abi_word_fn word, const void *user);
/* The same for an array of words. */
const char *abi_nearest_of(const char *typed, const char *const *words, size_t n);

#endif
