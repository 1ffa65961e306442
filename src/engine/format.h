/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * format.h - the one parser of printf formats.
 *
 * The front end counts and checks arguments with it, the verifier does so again
 * with an image that it does not trust, and the interpreter prints by it.
 */
#ifndef ENGINE_FORMAT_H
#define ENGINE_FORMAT_H

#include "base.h"

enum eng_fmt_kind {
	ENG_FMT_TEXT, /* ordinary text; takes no argument, all others take one */
	ENG_FMT_SIGNED, /* %d %i */
	ENG_FMT_UNSIGNED, /* %u %o %x %X %p */
	ENG_FMT_CHAR, /* %c */
	ENG_FMT_STRING, /* %s: address of bytes that a NUL ends */
	ENG_FMT_FLOAT, /* %f %e %g: a double */
	ENG_FMT_WSTRING, /* %ls %ws: address of 16-bit units that a NUL ends */
};

#define ENG_FMT_LEFT 1 /* - */
#define ENG_FMT_PLUS 2 /* + */
#define ENG_FMT_BLANK 4
#define ENG_FMT_ALT 8 /* # */
#define ENG_FMT_ZERO 16
#define ENG_FMT_UPPER 32 /* %X %F %E %G */

/* Widths and precisions beyond this make a conversion unknown. */
#define ENG_FMT_MAX 65535

struct eng_fmt {
	u8 kind; /* enum eng_fmt_kind */
	u8 flags; /* ENG_FMT_* */
	u8 base; /* 8, 10, 16; 'f', 'e' or 'g' of FLOAT */
	u8 bits; /* of the argument that count: 8, 16, 32, 64 */
	s32 width; /* 0: none */
	s32 prec; /* -1: none */
	bool unknown; /* TEXT that starts with a % which begins no conversion */
	const char *text; /* the text, or the whole conversion */
	size_t len;
};

/* Sets the highest bit of the first byte that is @c, and maybe of later ones; else 0. */
static inline u64 eng_find_byte(u64 v, u8 c)
{
	u64 x = v ^ 0x0101010101010101ULL * c;

	return (x - 0x0101010101010101ULL) & ~x & 0x8080808080808080ULL;
}

/* The end of the ordinary text at @p: a '%', a NUL or @end. */
static inline const char *eng_fmt_text(const char *p, const char *end)
{
	while (end - p >= 8) {
		u64 v, found;

		memcpy(&v, p, 8);
		found = eng_find_byte(v, '%') | eng_find_byte(v, 0);
		if (found)
			return p + (u32)__builtin_ctzll(found) / 8;
		p += 8;
	}
	while (p < end && *p && *p != '%')
		p++;
	return p;
}

/*
 * The next piece of the format at *@pos, which ends at @end or at a NUL; moves *@pos
 * behind it. False at the end.
 */
bool eng_fmt_next(const char **pos, const char *end, struct eng_fmt *f);

/* Number of arguments that a format takes. */
u32 eng_fmt_count(const char *text, const char *end);

#endif
