/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * float_text.c - a double in decimal: %f %e %g, exact before it is rounded.
 *
 * The number is expanded to all its digits (1074 behind the point at most), so that
 * rounding to any precision is right. No floating-point type may appear here.
 */
#include "softfloat.h"
#include "text.h"

#define BILLION 1000000000u
#define UNITS 36 /* the limb before the point: 309 digits are 35 limbs */
#define LIMBS (UNITS + 1 + 120) /* 1074 halvings, nine for each limb */
#define DIGITS (9 * LIMBS)

/* 0.d1d2d3... * 10^point; no zeros at either end */
struct decimal {
	u32 n;
	s32 point;
	char digit[DIGITS + 1]; /* values, not characters; the first place is for a carry */
};

struct big {
	u32 first, last;
	u32 limb[LIMBS];
};

static void big_double(struct big *b, u32 times)
{
	u64 carry = 0;

	for (u32 i = b->last + 1; i-- > b->first;) {
		u64 t = ((u64)b->limb[i] << times) + carry;

		b->limb[i] = (u32)(t % BILLION);
		carry = t / BILLION;
	}
	if (carry)
		b->limb[--b->first] = (u32)carry;
}

/* At most nine at once: 10^9 can be halved nine times. */
static void big_halve(struct big *b, u32 times)
{
	u32 rest = 0;

	for (u32 i = b->first; i <= b->last; i++) {
		u32 t = b->limb[i];

		b->limb[i] = (t >> times) + rest;
		rest = (t & ((1u << times) - 1)) * (BILLION >> times);
	}
	if (rest)
		b->limb[++b->last] = rest;
	if (!b->limb[b->first] && b->first < b->last)
		b->first++;
}

static void expand(struct big *b, u64 sig, s32 exp)
{
	u32 even = (u32)__builtin_ctzll(sig);

	if (exp < 0) {
		even = even < (u32)-exp ? even : (u32)-exp;
		sig >>= even;
		exp += (s32)even;
	}
	b->first = UNITS - 1;
	b->last = UNITS;
	b->limb[UNITS - 1] = (u32)(sig / BILLION);
	b->limb[UNITS] = (u32)(sig % BILLION);
	while (exp) {
		s32 step = exp > 29 ? 29 : exp < -9 ? -9 : exp;

		if (step > 0)
			big_double(b, (u32)step);
		else
			big_halve(b, (u32)-step);
		exp -= step;
	}
}

static void to_decimal(u64 bits, struct decimal *d)
{
	u64 frac = bits & (ENG_BIT(52) - 1);
	s32 exp = (s32)(bits >> 52 & 0x7ff);
	u32 n = 0, zeros = 0;
	struct big b;

	d->n = 0;
	d->point = 1;
	if (exp)
		frac |= ENG_BIT(52);
	else
		exp = 1;
	if (!frac)
		return;
	expand(&b, frac, exp - 1075);
	for (u32 i = b.first; i <= b.last; i++)
		for (u32 unit = BILLION / 10; unit; unit /= 10) {
			char digit = (char)(b.limb[i] / unit % 10);

			if (!n && !digit)
				zeros++;
			else
				d->digit[1 + n++] = digit;
		}
	d->point = 9 * ((s32)UNITS - (s32)b.first + 1) - (s32)zeros;
	while (n && !d->digit[n])
		n--;
	d->n = n;
}

/* To @keep digits, which may be 0 or fewer; ties to even. */
static void round_decimal(struct decimal *d, s32 keep)
{
	char *digit = d->digit + 1;
	bool up;

	if (keep >= (s32)d->n)
		return;
	if (keep < 0) {
		d->n = 0;
		d->point = 1;
		return;
	}
	if (digit[keep] != 5 || d->n > (u32)keep + 1)
		up = digit[keep] >= 5;
	else
		up = keep && digit[keep - 1] & 1;
	d->n = (u32)keep;
	while (up && d->n && digit[d->n - 1] == 9)
		d->n--;
	if (up && d->n) {
		digit[d->n - 1]++;
	} else if (up) {
		digit[0] = 1;
		d->n = 1;
		d->point++;
	}
	while (d->n && !digit[d->n - 1])
		d->n--;
	if (!d->n)
		d->point = 1;
}

struct out {
	void (*put)(void *to, char ch);
	void *to;
};

static void repeat(const struct out *o, char ch, s64 n)
{
	for (; n > 0; n--)
		o->put(o->to, ch);
}

/* @count digits from place @from on; places outside of the number are zeros. */
static void put_digits(const struct out *o, const struct decimal *d, s32 from, s32 count)
{
	for (; count > 0; count--, from++)
		o->put(o->to,
		       from >= 0 && from < (s32)d->n ? (char)('0' + d->digit[1 + from]) : '0');
}

/* What stands before, between and behind; the parts of every conversion. */
struct layout {
	s32 whole, behind; /* digits */
	bool point, scientific;
	s32 exponent;
};

static u32 exponent_digits(s32 e)
{
	return e <= -100 || e >= 100 ? 3 : 2;
}

static void layout_of(const struct eng_fmt *f, struct decimal *d, struct layout *l)
{
	s32 prec = f->prec < 0 ? 6 : f->prec, exponent;
	bool general = f->base == 'g';

	*l = (struct layout){ .whole = 1, .scientific = f->base == 'e' };
	if (general && !prec)
		prec = 1;
	if (f->base == 'f')
		round_decimal(d, d->point + prec);
	else
		round_decimal(d, general ? prec : prec + 1);
	exponent = d->n ? d->point - 1 : 0;
	if (general) {
		l->scientific = exponent < -4 || exponent >= prec;
		prec = l->scientific ? prec - 1 : prec - 1 - exponent;
		if (!(f->flags & ENG_FMT_ALT)) {
			s32 used = (s32)d->n - (l->scientific ? 1 : d->point);

			prec = used < 0 ? 0 : used < prec ? used : prec;
		}
	}
	if (l->scientific)
		l->exponent = exponent;
	else if (d->n && d->point > 1)
		l->whole = d->point;
	l->behind = prec;
	l->point = prec || f->flags & ENG_FMT_ALT;
}

static void put_number(const struct out *o, const struct eng_fmt *f, const struct decimal *d,
		       const struct layout *l)
{
	/* the place in @d of the digit before the point */
	s32 units = l->scientific || !d->n ? 0 : d->point - 1;
	u32 e = (u32)(l->exponent < 0 ? -l->exponent : l->exponent);

	put_digits(o, d, units - l->whole + 1, l->whole);
	if (l->point)
		o->put(o->to, '.');
	put_digits(o, d, units + 1, l->behind);
	if (!l->scientific)
		return;
	o->put(o->to, f->flags & ENG_FMT_UPPER ? 'E' : 'e');
	o->put(o->to, l->exponent < 0 ? '-' : '+');
	if (e >= 100)
		o->put(o->to, (char)('0' + e / 100));
	o->put(o->to, (char)('0' + e / 10 % 10));
	o->put(o->to, (char)('0' + e % 10));
}

void eng_fp_print(const struct eng_fmt *f, u64 bits, void (*put)(void *to, char ch), void *to)
{
	bool neg = bits >> 63, finite = (bits >> 52 & 0x7ff) != 0x7ff;
	bool zero_pad = finite && f->flags & ENG_FMT_ZERO && !(f->flags & ENG_FMT_LEFT);
	const char *special = f->flags & ENG_FMT_UPPER ? "INFNAN" : "infnan";
	char sign = neg ? '-' : f->flags & ENG_FMT_PLUS ? '+' : f->flags & ENG_FMT_BLANK ? ' ' : 0;
	const struct out o = { put, to };
	struct layout l = { 0 };
	struct decimal d;
	s64 len = 3, room;

	if (finite) {
		to_decimal(bits, &d);
		layout_of(f, &d, &l);
		len = (s64)l.whole + l.point + l.behind;
		if (l.scientific)
			len += 2 + exponent_digits(l.exponent);
	}
	room = f->width - len - (sign != 0);
	if (!zero_pad && !(f->flags & ENG_FMT_LEFT))
		repeat(&o, ' ', room);
	if (sign)
		put(to, sign);
	if (zero_pad)
		repeat(&o, '0', room);
	if (finite)
		put_number(&o, f, &d, &l);
	else
		for (u32 i = 0; i < 3; i++)
			put(to, special[(bits << 12 ? 3 : 0) + i]);
	if (f->flags & ENG_FMT_LEFT)
		repeat(&o, ' ', room);
}
