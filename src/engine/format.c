/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * format.c - the parser of printf formats.
 *
 * It parses, and nothing else: the front end, the verifier and print.c each do
 * their own with what it finds.
 */
#include "format.h"

/* A number of decimal digits; -1 when it is too big. */
static s32 number(const char **pos, const char *end)
{
	s32 v = 0;

	for (; *pos < end && **pos >= '0' && **pos <= '9'; (*pos)++)
		if (v >= 0) {
			v = v * 10 + (**pos - '0');
			if (v > ENG_FMT_MAX)
				v = -1;
		}
	return v;
}

static u8 flag(char c)
{
	switch (c) {
	case '-':
		return ENG_FMT_LEFT;
	case '+':
		return ENG_FMT_PLUS;
	case ' ':
		return ENG_FMT_BLANK;
	case '#':
		return ENG_FMT_ALT;
	case '0':
		return ENG_FMT_ZERO;
	default:
		return 0;
	}
}

enum size { SIZE_NONE, SIZE_HH, SIZE_H, SIZE_L, SIZE_LL, SIZE_W };

static enum size size_of(const char **pos, const char *end)
{
	const char *p = *pos;
	bool twice;

	if (p == end || (*p != 'l' && *p != 'h' && *p != 'w'))
		return SIZE_NONE;
	twice = *p != 'w' && p + 1 < end && p[1] == *p;
	*pos += twice ? 2 : 1;
	if (*p == 'l')
		return twice ? SIZE_LL : SIZE_L;
	if (*p == 'h')
		return twice ? SIZE_HH : SIZE_H;
	return SIZE_W;
}

#define PLAIN ENG_BIT(SIZE_NONE)
#define INTEGER (PLAIN | ENG_BIT(SIZE_HH) | ENG_BIT(SIZE_H) | ENG_BIT(SIZE_L) | ENG_BIT(SIZE_LL))
#define FLOATING (PLAIN | ENG_BIT(SIZE_L))
#define TEXT (PLAIN | ENG_BIT(SIZE_L) | ENG_BIT(SIZE_W))

/* clang-format off */
static const struct conversion {
	u8 kind, base, flags, sizes; /* sizes: enum size, by bit; none: no conversion */
} conversions['z' - 'A' + 1] = {
	['d' - 'A'] = { ENG_FMT_SIGNED, 10, 0, INTEGER },
	['i' - 'A'] = { ENG_FMT_SIGNED, 10, 0, INTEGER },
	['u' - 'A'] = { ENG_FMT_UNSIGNED, 10, 0, INTEGER },
	['o' - 'A'] = { ENG_FMT_UNSIGNED, 8, 0, INTEGER },
	['x' - 'A'] = { ENG_FMT_UNSIGNED, 16, 0, INTEGER },
	['X' - 'A'] = { ENG_FMT_UNSIGNED, 16, ENG_FMT_UPPER, INTEGER },
	['p' - 'A'] = { ENG_FMT_UNSIGNED, 16, 0, PLAIN },
	['f' - 'A'] = { ENG_FMT_FLOAT, 'f', 0, FLOATING },
	['e' - 'A'] = { ENG_FMT_FLOAT, 'e', 0, FLOATING },
	['g' - 'A'] = { ENG_FMT_FLOAT, 'g', 0, FLOATING },
	['F' - 'A'] = { ENG_FMT_FLOAT, 'f', ENG_FMT_UPPER, FLOATING },
	['E' - 'A'] = { ENG_FMT_FLOAT, 'e', ENG_FMT_UPPER, FLOATING },
	['G' - 'A'] = { ENG_FMT_FLOAT, 'g', ENG_FMT_UPPER, FLOATING },
	['c' - 'A'] = { ENG_FMT_CHAR, 0, 0, PLAIN },
	['s' - 'A'] = { ENG_FMT_STRING, 0, 0, TEXT },
};
/* clang-format on */

static bool conversion(struct eng_fmt *f, enum size size, char letter)
{
	static const u8 bits[] = {
		[SIZE_NONE] = 32, [SIZE_HH] = 8, [SIZE_H] = 16, [SIZE_L] = 64, [SIZE_LL] = 64
	};
	u32 i = (u8)letter - (u32)'A';
	struct conversion v;

	if (i >= ARRAY_SIZE(conversions))
		return false;
	v = conversions[i];
	if (!(v.sizes >> size & 1))
		return false;
	f->kind = v.kind;
	f->base = v.base;
	f->flags |= v.flags;
	if (f->kind == ENG_FMT_STRING && size != SIZE_NONE)
		f->kind = ENG_FMT_WSTRING;
	else if (f->kind <= ENG_FMT_UNSIGNED)
		f->bits = v.sizes == PLAIN ? 64 : bits[size]; /* %p has one size */
	return true;
}

/* Flags, width and precision. */
static bool decoration(const char **pos, const char *end, struct eng_fmt *f)
{
	u8 bit;

	while (*pos < end && (bit = flag(**pos))) {
		f->flags |= bit;
		(*pos)++;
	}
	f->width = number(pos, end);
	if (*pos < end && **pos == '.') {
		(*pos)++;
		f->prec = number(pos, end);
		if (f->prec < 0)
			return false;
	}
	return f->width >= 0;
}

/* Parses what follows a '%'; false when that is no conversion. */
static bool parse(const char **pos, const char *end, struct eng_fmt *f)
{
	enum size size;

	/* flags, digits and '.' are all in front of the letters, and mostly absent */
	if (*pos < end && **pos < 'A' && !decoration(pos, end, f))
		return false;
	size = size_of(pos, end);
	if (*pos == end || !conversion(f, size, **pos))
		return false;
	(*pos)++;
	return true;
}

bool eng_fmt_next(const char **pos, const char *end, struct eng_fmt *f)
{
	const char *start = *pos, *p = start + 1;

	if (start >= end || !*start)
		return false;
	*f = (struct eng_fmt){ .kind = ENG_FMT_TEXT, .prec = -1, .text = start };
	if (*start != '%') {
		p = eng_fmt_text(start, end);
	} else if (p < end && *p == '%') {
		f->text = p++;
	} else if (!parse(&p, end, f)) {
		/* no conversion: the sign and what follows it are ordinary text */
		*f = (struct eng_fmt){
			.kind = ENG_FMT_TEXT, .prec = -1, .text = start, .unknown = true
		};
		p = eng_fmt_text(start + 1, end);
	}
	f->len = (size_t)(p - f->text);
	*pos = p;
	return true;
}

u32 eng_fmt_count(const char *text, const char *end)
{
	struct eng_fmt f;
	u32 n = 0;

	while (eng_fmt_next(&text, end, &f))
		n += f.kind != ENG_FMT_TEXT;
	return n;
}
