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
	bool twice = p + 1 < end && p[1] == p[0];

	if (p == end)
		return SIZE_NONE;
	switch (*p) {
	case 'h':
		*pos += twice ? 2 : 1;
		return twice ? SIZE_HH : SIZE_H;
	case 'l':
		*pos += twice ? 2 : 1;
		return twice ? SIZE_LL : SIZE_L;
	case 'w':
		*pos += 1;
		return SIZE_W;
	default:
		return SIZE_NONE;
	}
}

static bool integer(struct eng_fmt *f, enum size size, enum eng_fmt_kind kind, u8 base)
{
	static const u8 bits[] = {
		[SIZE_NONE] = 32, [SIZE_HH] = 8, [SIZE_H] = 16, [SIZE_L] = 64, [SIZE_LL] = 64
	};

	if (size == SIZE_W)
		return false;
	f->kind = (u8)kind;
	f->base = base;
	f->bits = bits[size];
	return true;
}

static bool conversion(struct eng_fmt *f, enum size size, char c)
{
	switch (c) {
	case 'd':
	case 'i':
		return integer(f, size, ENG_FMT_SIGNED, 10);
	case 'u':
		return integer(f, size, ENG_FMT_UNSIGNED, 10);
	case 'o':
		return integer(f, size, ENG_FMT_UNSIGNED, 8);
	case 'X':
		f->flags |= ENG_FMT_UPPER;
		return integer(f, size, ENG_FMT_UNSIGNED, 16);
	case 'x':
		return integer(f, size, ENG_FMT_UNSIGNED, 16);
	case 'p':
		return size == SIZE_NONE && integer(f, SIZE_LL, ENG_FMT_UNSIGNED, 16);
	case 'F':
	case 'E':
	case 'G':
		f->flags |= ENG_FMT_UPPER;
		c = (char)(c + 'a' - 'A');
		__attribute__((__fallthrough__));
	case 'f':
	case 'e':
	case 'g':
		f->kind = ENG_FMT_FLOAT;
		f->base = (u8)c;
		return size == SIZE_NONE || size == SIZE_L;
	case 'c':
		f->kind = ENG_FMT_CHAR;
		return size == SIZE_NONE;
	case 's':
		f->kind = size == SIZE_NONE ? ENG_FMT_STRING : ENG_FMT_WSTRING;
		return size == SIZE_NONE || size == SIZE_L || size == SIZE_W;
	default:
		return false;
	}
}

/* Parses what follows a '%'; false when that is no conversion. */
static bool parse(const char **pos, const char *end, struct eng_fmt *f)
{
	enum size size;
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
	if (f->width < 0)
		return false;
	size = size_of(pos, end);
	if (*pos == end || !conversion(f, size, **pos))
		return false;
	(*pos)++;
	return true;
}

static const char *text_end(const char *p, const char *end)
{
	while (p < end && *p && *p != '%')
		p++;
	return p;
}

bool eng_fmt_next(const char **pos, const char *end, struct eng_fmt *f)
{
	const char *start = *pos, *p = start + 1;

	if (start >= end || !*start)
		return false;
	*f = (struct eng_fmt){ .kind = ENG_FMT_TEXT, .prec = -1, .text = start };
	if (*start != '%') {
		p = text_end(start, end);
	} else if (p < end && *p == '%') {
		f->text = p++;
	} else if (!parse(&p, end, f)) {
		/* no conversion: the sign and what follows it are ordinary text */
		*f = (struct eng_fmt){
			.kind = ENG_FMT_TEXT, .prec = -1, .text = start, .unknown = true
		};
		p = text_end(start + 1, end);
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
