/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_softfloat.c - floating point in integers against the hardware, and its decimal
 * text against the C library, over random operands of every size.
 */
#include <math.h>
#include <string.h>

#include "unit.h"

#include "engine/softfloat.h"

#define ROUNDS 600000

static u64 state = 88172645463325252ULL;

static u64 random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static double as_double(u64 v)
{
	double d;

	memcpy(&d, &v, 8);
	return d;
}

static u64 of_double(double d)
{
	u64 v;

	memcpy(&v, &d, 8);
	return v;
}

static float as_float(u64 v)
{
	u32 low = (u32)v;
	float f;

	memcpy(&f, &low, 4);
	return f;
}

static u64 of_float(float f)
{
	u32 v;

	memcpy(&v, &f, 4);
	return v;
}

/* Any bits, near exponents, subnormals, short significands, the corners. */
static u64 operand64(u64 near)
{
	static const u64 corners[] = { 0,
				       1ULL << 63,
				       1,
				       0x000fffffffffffffULL,
				       0x0010000000000000ULL,
				       0x7fefffffffffffffULL,
				       0x3ff0000000000000ULL,
				       0x7ff0000000000000ULL,
				       0x7ff8000000000001ULL,
				       0x3ff0000000000001ULL };
	u64 r = random64();

	switch (random64() % 8) {
	case 0:
		return corners[r % ARRAY_SIZE(corners)] ^ (r >> 40 & 1) << 63;
	case 1:
		return r & 0x800fffffffffffffULL;
	case 2:
	case 3:
		return (near & 0x7ff0000000000000ULL) + ((r >> 58 & 7) << 52) +
		       (r & 0x800fffffffffffffULL);
	case 4:
		return r & ~0ULL << (r & 63);
	case 5:
		return near ^ (r & 0x8000000000000003ULL);
	default:
		return r;
	}
}

static u64 operand32(u64 near)
{
	static const u32 corners[] = { 0,	   1u << 31,   1,	   0x007fffff, 0x00800000,
				       0x7f7fffff, 0x3f800000, 0x7f800000, 0x7fc00001, 0x3f800001 };
	u32 r = (u32)random64();

	switch (random64() % 8) {
	case 0:
		return corners[r % ARRAY_SIZE(corners)];
	case 1:
		return r & 0x807fffff;
	case 2:
	case 3:
		return ((u32)near & 0x7f800000) + ((r >> 28 & 7) << 23) + (r & 0x807fffff);
	case 4:
		return r & ~0u << (r & 31);
	case 5:
		return (u32)near ^ (r & 0x80000003);
	default:
		return r;
	}
}

typedef enum eng_error (*operation)(u64 a, u64 b, u32 width, u64 *result);

static void expect(enum eng_error e, u64 got, bool finite_in, bool div0, bool finite_out, u64 want,
		   const char *what, u64 a, u64 b)
{
	enum eng_error right = !finite_in   ? ENG_E_FNAN
			       : div0	    ? ENG_E_FDIV
			       : finite_out ? ENG_OK
					    : ENG_E_FLOAT;

	if (e != right || (!e && got != want))
		UNIT_FAIL("%s %llx %llx: error %d (want %d), %llx (want %llx)", what, a, b, e,
			  right, got, want);
}

static const operation operations[] = { eng_fp_add, eng_fp_sub, eng_fp_mul, eng_fp_div };
static const char *const names[] = { "add", "sub", "mul", "div" };

TEST(double_arithmetic_is_the_hardwares)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = operand64(random64()), b = operand64(a), got = 0;
		volatile double x = as_double(a), y = as_double(b);
		double want[] = { x + y, x - y, x * y, y == 0 ? 0 : x / y };

		for (int op = 0; op < 4; op++) {
			enum eng_error e = operations[op](a, b, ENG_F64, &got);

			expect(e, got, isfinite(x) && isfinite(y), op == 3 && y == 0,
			       isfinite(want[op]), of_double(want[op]), names[op], a, b);
		}
	}
}

TEST(float_arithmetic_is_the_hardwares)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = operand32(random64()), b = operand32(a), got = 0;
		volatile float x = as_float(a), y = as_float(b);
		float want[] = { x + y, x - y, x * y, y == 0 ? 0 : x / y };

		for (int op = 0; op < 4; op++) {
			enum eng_error e = operations[op](a, b, ENG_F32, &got);

			expect(e, got, isfinite(x) && isfinite(y), op == 3 && y == 0,
			       isfinite(want[op]), of_float(want[op]), names[op], a, b);
		}
	}
}

TEST(comparison)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = operand64(random64()), b = operand64(a);
		double x = as_double(a), y = as_double(b);
		s32 order = 0;
		enum eng_error e = eng_fp_compare(a, b, ENG_F64, &order);

		CHECK_EQ(e, isfinite(x) && isfinite(y) ? ENG_OK : ENG_E_FNAN);
		if (e)
			continue;
		CHECK_EQ(order < 0, x < y);
		CHECK_EQ(order == 0, x == y);
	}
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = operand32(random64()), b = operand32(a);
		float x = as_float(a), y = as_float(b);
		s32 order = 0;
		enum eng_error e = eng_fp_compare(a, b, ENG_F32, &order);

		CHECK_EQ(e, isfinite(x) && isfinite(y) ? ENG_OK : ENG_E_FNAN);
		if (e)
			continue;
		CHECK_EQ(order < 0, x < y);
		CHECK_EQ(order == 0, x == y);
	}
}

TEST(between_the_widths)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = operand64(0x3ff0000000000000ULL), f = operand32(random64()), got = 0;
		double x = as_double(a);
		float y = as_float(f), narrow = (float)x;
		enum eng_error e = eng_fp_convert(a, ENG_F32, &got);

		expect(e, got, isfinite(x), false, isfinite(narrow), of_float(narrow), "narrow", a,
		       0);
		e = eng_fp_convert(f, ENG_F64, &got);
		expect(e, got, isfinite(y), false, true, of_double((double)y), "widen", f, 0);
	}
	CHECK_EQ(eng_fp_widen(0x7f800000, ENG_F32), 0x7ff0000000000000ULL);
	CHECK_EQ(eng_fp_widen(0xff800000, ENG_F32), 0xfff0000000000000ULL);
	CHECK(isnan(as_double(eng_fp_widen(0x7fc00001, ENG_F32))));
}

static double toward_zero(double x)
{
	return x > -0x1p53 && x < 0x1p53 ? (double)(s64)x : x;
}

TEST(integers)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 v = random64() >> (random64() & 63), got = 0;
		u64 a = (random64() & 0x800fffffffffffffULL) |
			(0x3feULL + random64() % 66) << 52; /* around every limit */
		double x = as_double(a), whole = toward_zero(x);
		static const u32 widths[] = { 8, 16, 32, 64 };
		u32 bits = widths[random64() % 4];
		bool fits = whole >= -ldexp(1, (int)bits - 1) && whole < ldexp(1, (int)bits - 1);

		CHECK_EQ(eng_fp_from_int(v, true, ENG_F64), of_double((double)(s64)v));
		CHECK_EQ(eng_fp_from_int(-v, true, ENG_F64), of_double((double)(s64)-v));
		CHECK_EQ(eng_fp_from_int(v, false, ENG_F64), of_double((double)v));
		CHECK_EQ(eng_fp_from_int(v, true, ENG_F32), of_float((float)(s64)v));
		CHECK_EQ(eng_fp_from_int(v, false, ENG_F32), of_float((float)v));
		CHECK_EQ(eng_fp_to_int(a, ENG_F64, bits, true, &got), fits ? ENG_OK : ENG_E_FCONV);
		if (fits)
			CHECK_EQ(got, (u64)(s64)whole);
		fits = whole >= 0 && whole < ldexp(1, (int)bits);
		CHECK_EQ(eng_fp_to_int(a, ENG_F64, bits, false, &got), fits ? ENG_OK : ENG_E_FCONV);
		if (fits)
			CHECK_EQ(got, (u64)whole);
	}
}

struct text {
	char buf[2000];
	size_t len;
};

static void put(void *to, char ch)
{
	struct text *t = to;

	if (t->len < sizeof(t->buf) - 1)
		t->buf[t->len++] = ch;
	t->buf[t->len] = 0;
}

static void same_text(const char *format, double v)
{
	struct text got = { .buf = "" };
	const char *pos = format;
	struct eng_fmt f;
	char want[2000];

	CHECK(eng_fmt_next(&pos, format + strlen(format), &f));
	CHECK_EQ(f.kind, ENG_FMT_FLOAT);
	eng_fp_print(&f, of_double(v), put, &got);
	snprintf(want, sizeof(want), format, v);
	if (strcmp(got.buf, want))
		UNIT_FAIL("%s of %a: '%s', not '%s'", format, v, got.buf, want);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
TEST(text_is_the_c_librarys)
{
	static const double fixed[] = { 0,
					-0.0,
					0.5,
					1.5,
					2.5,
					0.125,
					1e15,
					123456789,
					1e22,
					1e23,
					0.1,
					9.5,
					99.5,
					9.9999995,
					999999.25,
					1e-5,
					0.0001,
					0.00009999995,
					5e-324,
					2.2250738585072014e-308,
					1.7976931348623157e308,
					1e100,
					100,
					100000,
					1000000,
					0.05 };
	static const char *const formats[] = { "%f",	  "%e",	    "%g",     "%.0f",	 "%.0e",
					       "%.0g",	  "%#.0f",  "%#.0e",  "%#g",	 "%.17f",
					       "%.17e",	  "%.17g",  "%20.3f", "%-20.3f", "%020.3f",
					       "%+f",	  "% f",    "%.1f",   "%.2g",	 "%.3e",
					       "%G",	  "%E",	    "%+.40f", "%.300f",	 "%.100g",
					       "%030.5g", "%-30.5e" };
	char format[16];

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		for (size_t j = 0; j < ARRAY_SIZE(formats); j++)
			same_text(formats[j], fixed[i]);
	same_text("%f", INFINITY);
	same_text("%10F", -INFINITY);
	same_text("%-10g", (double)INFINITY);
	same_text("%010e", (double)NAN);
	for (int i = 0; i < 20000; i++) {
		u64 bits = i & 1 ? operand64(0x3ff0000000000000ULL)
				 : (random64() & 0x800fffffffffffffULL) |
					   (0x3ffULL - 20 + random64() % 70) << 52;

		if (!isfinite(as_double(bits)))
			continue;
		snprintf(format, sizeof(format), "%%.%u%c", (u32)(random64() % 18),
			 "feg"[random64() % 3]);
		same_text(format, as_double(bits));
	}
}
#pragma GCC diagnostic pop

UNIT_MAIN()
