/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nearest.c - the restricted Damerau-Levenshtein distance, with a limit. Allocates nothing;
 * words longer than NEAREST_MAX are never near.
 */
#include "abi/nearest.h"

#include <ctype.h>
#include <string.h>

#define NEAREST_MAX 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static int lower(const char *s, size_t i)
{
	return tolower((unsigned char)s[i]);
}

/* Distance of two words, or @limit + 1 as soon as it must be more than @limit. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
	unsigned char row[3][NEAREST_MAX + 1]; /* the last two rows and the current one */

	if ((na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned char *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		unsigned best = (unsigned)i;

		cur[0] = (unsigned char)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned slip = lower(a, i - 1) != lower(b, j - 1);
			unsigned d = min3(up[j] + 1u, cur[j - 1] + 1u, up[j - 1] + slip);

			if (i > 1 && j > 1 && lower(a, i - 1) == lower(b, j - 2) &&
			    lower(a, i - 2) == lower(b, j - 1) && up2[j - 2] + 1u < d)
				d = up2[j - 2] + 1u;
			cur[j] = (unsigned char)d;
			best = d < best ? d : best;
		}
		/* rows grow by at most one, and a swap reaches back to the row before this one */
		if (best > limit + 1)
			return limit + 1;
	}
	return row[na % 3][nb];
}

const char *abi_nearest(const char *typed, abi_word_fn word, const void *user)
{
	size_t len = strlen(typed);
	unsigned limit = (unsigned)(len + 2) / 3;
	const char *nearest = NULL, *w;

	if (!len || len > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; (w = word(user, i)); i++) {
		size_t n = strlen(w);
		unsigned d;

		if (!n || n > NEAREST_MAX)
			continue;
		d = distance(typed, len, w, n, limit);
		if (d > limit || d >= (len > n ? len : n)) /* nothing in common is not near */
			continue;
		nearest = w;
		if (!d)
			break;
		limit = d - 1; /* only better ones from here on */
	}
	return nearest;
}

struct words {
	const char *const *word;
	size_t n;
};

static const char *word_at(const void *user, size_t i)
{
	const struct words *w = user;

	return i < w->n ? w->word[i] : NULL;
}

const char *abi_nearest_of(const char *typed, const char *const *words, size_t n)
{
	struct words w = { words, n };

	return abi_nearest(typed, word_at, &w);
}
