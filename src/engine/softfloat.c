/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * softfloat.c - IEEE-754 arithmetic in integers, since a kernel may not touch the FPU.
 *
 * No floating-point type may appear here.
 */
#include "softfloat.h"

static const struct layout {
	u32 bits, man; /* of the whole, of the fraction */
	s32 bias, max; /* of the exponent; the exponent of infinities and NaNs */
} layouts[ENG_NFP] = { [ENG_F32] = { 32, 23, 127, 255 }, [ENG_F64] = { 64, 52, 1023, 2047 } };

#define TOP 62 /* the highest bit of a normal significand; the one above is for carries */

/* sig * 2^exp; sig is 0 or has bit TOP as its highest */
struct number {
	bool neg;
	s32 exp;
	u64 sig;
};

static bool sign_of(u64 v, u32 width)
{
	return v >> (layouts[width].bits - 1) & 1;
}

/* False: infinity or NaN. */
static bool unpack(u64 v, u32 width, struct number *n)
{
	const struct layout *l = &layouts[width];
	u64 frac = v & (ENG_BIT(l->man) - 1);
	s32 exp = (s32)(v >> l->man) & l->max, shift;

	*n = (struct number){ .neg = sign_of(v, width) };
	if (exp == l->max)
		return false;
	if (exp)
		frac |= ENG_BIT(l->man);
	else
		exp = 1; /* subnormal */
	if (!frac)
		return true;
	shift = __builtin_clzll(frac) - 1;
	n->sig = frac << shift;
	n->exp = exp - l->bias - (s32)l->man - shift;
	return true;
}

/* Right shift that keeps in bit 0 whether anything was lost. */
static u64 shift_sticky(u64 v, u32 n)
{
	if (!n)
		return v;
	if (n > 63)
		return v != 0;
	return v >> n | ((v & (ENG_BIT(n) - 1)) != 0);
}

static void normalise(struct number *n)
{
	s32 shift;

	if (!n->sig)
		return;
	if (n->sig >> 63) {
		n->sig = shift_sticky(n->sig, 1);
		n->exp++;
		return;
	}
	shift = __builtin_clzll(n->sig) - 1;
	n->sig <<= shift;
	n->exp -= shift;
}

/* Rounds; the lowest bit of the significand may stand for more behind it. */
static enum eng_error pack(const struct number *n, u32 width, u64 *result)
{
	const struct layout *l = &layouts[width];
	u64 sign = (u64)n->neg << (l->bits - 1), frac, rest, half;
	s32 exp = n->exp + TOP + l->bias, shift = TOP - (s32)l->man;

	if (exp < 1) {
		shift += 1 - exp;
		exp = 1;
	}
	if (!n->sig || shift > 63) {
		*result = sign;
		return ENG_OK;
	}
	frac = n->sig >> shift;
	rest = n->sig & (ENG_BIT(shift) - 1);
	half = ENG_BIT(shift - 1);
	if (rest > half || (rest == half && frac & 1))
		frac++;
	/* The fraction's leading 1, where there is one, counts the exponent up from exp - 1. */
	if (exp > l->max || (((u64)(exp - 1) << l->man) + frac) >> l->man >= (u64)l->max)
		return ENG_E_FLOAT;
	*result = sign | (((u64)(exp - 1) << l->man) + frac);
	return ENG_OK;
}

enum eng_error eng_fp_add(u64 a, u64 b, u32 width, u64 *result)
{
	struct number x, y, t;

	if (!unpack(a, width, &x) || !unpack(b, width, &y))
		return ENG_E_FNAN;
	if (!x.sig || !y.sig) {
		if (!x.sig && !y.sig)
			x.neg &= y.neg;
		return pack(x.sig || !y.sig ? &x : &y, width, result);
	}
	if (x.exp < y.exp || (x.exp == y.exp && x.sig < y.sig)) {
		t = x;
		x = y;
		y = t;
	}
	y.sig = shift_sticky(y.sig, (u32)(x.exp - y.exp));
	x.sig = x.neg == y.neg ? x.sig + y.sig : x.sig - y.sig;
	if (!x.sig)
		x.neg = false;
	normalise(&x);
	return pack(&x, width, result);
}

enum eng_error eng_fp_sub(u64 a, u64 b, u32 width, u64 *result)
{
	return eng_fp_add(a, eng_fp_neg(b, width), width, result);
}

enum eng_error eng_fp_mul(u64 a, u64 b, u32 width, u64 *result)
{
	unsigned __int128 product;
	struct number x, y;

	if (!unpack(a, width, &x) || !unpack(b, width, &y))
		return ENG_E_FNAN;
	product = (unsigned __int128)x.sig * y.sig;
	x.neg ^= y.neg;
	x.exp += y.exp + TOP;
	x.sig = (u64)(product >> TOP) | (((u64)product & (ENG_BIT(TOP) - 1)) != 0);
	normalise(&x);
	return pack(&x, width, result);
}

/* The quotient bit by bit: the 64th one is the last that can matter, the rest is sticky. */
enum eng_error eng_fp_div(u64 a, u64 b, u32 width, u64 *result)
{
	struct number x, y;
	u64 rest, quotient = 0;

	if (!unpack(a, width, &x) || !unpack(b, width, &y))
		return ENG_E_FNAN;
	if (!y.sig)
		return ENG_E_FDIV;
	x.neg ^= y.neg;
	rest = x.sig;
	for (u32 i = 0; i < 64 && x.sig; i++) {
		bool one = rest >= y.sig;

		quotient = quotient << 1 | one;
		rest = (one ? rest - y.sig : rest) << 1;
	}
	x.sig = quotient | (rest != 0);
	x.exp -= y.exp + 63;
	normalise(&x);
	return pack(&x, width, result);
}

enum eng_error eng_fp_compare(u64 a, u64 b, u32 width, s32 *order)
{
	struct number x, y;
	s32 magnitude;

	if (!unpack(a, width, &x) || !unpack(b, width, &y))
		return ENG_E_FNAN;
	if (!x.sig || !y.sig) {
		s32 left = !x.sig ? 0 : x.neg ? -1 : 1, right = !y.sig ? 0 : y.neg ? -1 : 1;

		*order = left - right;
		return ENG_OK;
	}
	if (x.neg != y.neg) {
		*order = x.neg ? -1 : 1;
		return ENG_OK;
	}
	if (x.exp != y.exp)
		magnitude = x.exp < y.exp ? -1 : 1;
	else
		magnitude = x.sig < y.sig ? -1 : x.sig > y.sig;
	*order = x.neg ? -magnitude : magnitude;
	return ENG_OK;
}

u64 eng_fp_neg(u64 a, u32 width)
{
	return a ^ ENG_BIT(layouts[width].bits - 1);
}

bool eng_fp_is_zero(u64 a, u32 width)
{
	return a << (65 - layouts[width].bits) == 0;
}

enum eng_error eng_fp_convert(u64 a, u32 width, u64 *result)
{
	struct number x;

	if (!unpack(a, width == ENG_F64 ? ENG_F32 : ENG_F64, &x))
		return ENG_E_FNAN;
	return pack(&x, width, result);
}

enum eng_error eng_fp_to_int(u64 a, u32 width, u32 bits, bool is_signed, u64 *result)
{
	struct number x;
	u64 magnitude, limit;

	if (!unpack(a, width, &x))
		return ENG_E_FNAN;
	if (x.sig && x.exp > 1)
		return ENG_E_FCONV;
	if (x.exp >= 0)
		magnitude = x.sig << x.exp;
	else
		magnitude = x.exp < -63 ? 0 : x.sig >> -x.exp;
	if (is_signed)
		limit = ENG_BIT(bits - 1) - !x.neg;
	else
		limit = x.neg ? 0 : ~0ULL >> (64 - bits);
	if (magnitude > limit)
		return ENG_E_FCONV;
	*result = x.neg ? -magnitude : magnitude;
	return ENG_OK;
}

u64 eng_fp_from_int(u64 a, bool is_signed, u32 width)
{
	struct number x = { .neg = is_signed && (s64)a < 0 };
	u64 result = 0;

	x.sig = x.neg ? -a : a;
	normalise(&x);
	pack(&x, width, &result); /* 2^64 is far from the largest float */
	return result;
}

u64 eng_fp_widen(u64 a, u32 width)
{
	u64 result, frac = a & (ENG_BIT(layouts[ENG_F32].man) - 1);

	if (width == ENG_F64)
		return a;
	if (eng_fp_convert(a, ENG_F64, &result) == ENG_OK)
		return result;
	return (u64)sign_of(a, ENG_F32) << 63 | 0x7ffULL << 52 | frac << 29;
}
