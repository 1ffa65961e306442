/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * softfloat.h - IEEE-754 arithmetic in integers, and its decimal text.
 *
 * A value is held as its bits in a 64-bit register; a float has zeros above. All
 * results are rounded to nearest, ties to even. There is no infinity and no NaN: what
 * would give one is an error, and so is an operand that is one (read from a debuggee).
 */
#ifndef ENGINE_SOFTFLOAT_H
#define ENGINE_SOFTFLOAT_H

#include "engine.h"
#include "format.h"

/* Each writes its result only when it returns ENG_OK. */
enum eng_error eng_fp_add(u64 a, u64 b, u32 width, u64 *result);
enum eng_error eng_fp_sub(u64 a, u64 b, u32 width, u64 *result);
enum eng_error eng_fp_mul(u64 a, u64 b, u32 width, u64 *result);
enum eng_error eng_fp_div(u64 a, u64 b, u32 width, u64 *result);
/* @order: negative, zero or positive; -0.0 equals 0.0. */
enum eng_error eng_fp_compare(u64 a, u64 b, u32 width, s32 *order);
/* The other sign, of anything. */
u64 eng_fp_neg(u64 a, u32 width);
bool eng_fp_is_zero(u64 a, u32 width);
/* From the other width to @width. */
enum eng_error eng_fp_convert(u64 a, u32 width, u64 *result);
/* Toward zero, into an integer of @bits bits; ENG_E_FCONV when it does not fit. */
enum eng_error eng_fp_to_int(u64 a, u32 width, u32 bits, bool is_signed, u64 *result);
u64 eng_fp_from_int(u64 a, bool is_signed, u32 width);
/* The same number as a double, infinities and NaNs too; for showing it. */
u64 eng_fp_widen(u64 a, u32 width);

/* float_text.c: a double as C's printf writes it by @f, character by character. */
void eng_fp_print(const struct eng_fmt *f, u64 bits, void (*put)(void *to, char ch), void *to);

#endif
