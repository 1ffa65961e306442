/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * types.c - the types of the language and their conversions.
 *
 * The invariant that everything relies on: a register that holds a value of
 * type T holds it truncated to T's size and extended as T says. Must not know
 * of syntax or of code.
 */
#include "compiler.h"

/* clang-format off */
const struct scr_type scr_scalars[SCR_NSCALARS] = {
	[SCR_VOID]   = { SCR_VOID,   ENG_X64, 0, false, 0, 0, NULL },
	[SCR_BOOL]   = { SCR_BOOL,   ENG_U8,  1, false, 1, 0, NULL },
	[SCR_S8]     = { SCR_S8,     ENG_S8,  2, true,  1, 0, NULL },
	[SCR_U8]     = { SCR_U8,     ENG_U8,  2, false, 1, 0, NULL },
	[SCR_S16]    = { SCR_S16,    ENG_S16, 3, true,  2, 0, NULL },
	[SCR_U16]    = { SCR_U16,    ENG_U16, 3, false, 2, 0, NULL },
	[SCR_S32]    = { SCR_S32,    ENG_S32, 4, true,  4, 0, NULL },
	[SCR_U32]    = { SCR_U32,    ENG_U32, 4, false, 4, 0, NULL },
	[SCR_LONG]   = { SCR_LONG,   ENG_X64, 5, true,  8, 0, NULL },
	[SCR_ULONG]  = { SCR_ULONG,  ENG_X64, 5, false, 8, 0, NULL },
	[SCR_LLONG]  = { SCR_LLONG,  ENG_X64, 6, true,  8, 0, NULL },
	[SCR_ULLONG] = { SCR_ULLONG, ENG_X64, 6, false, 8, 0, NULL },
};

static const char *const scalar_names[SCR_NSCALARS] = {
	[SCR_VOID] = "void", [SCR_BOOL] = "bool",
	[SCR_S8] = "char", [SCR_U8] = "unsigned char",
	[SCR_S16] = "short", [SCR_U16] = "unsigned short",
	[SCR_S32] = "int", [SCR_U32] = "unsigned int",
	[SCR_LONG] = "long", [SCR_ULONG] = "unsigned long",
	[SCR_LLONG] = "long long", [SCR_ULLONG] = "unsigned long long",
};
/* clang-format on */

const struct scr_type *scr_type_ptr(struct scr_arena *arena, const struct scr_type *base)
{
	struct scr_type *t = scr_arena_alloc(arena, sizeof(*t));

	if (t)
		*t = (struct scr_type){ .kind = SCR_PTR, .ext = ENG_X64, .size = 8, .base = base };
	return t;
}

const struct scr_type *scr_type_array(struct scr_arena *arena, const struct scr_type *base,
				      u32 count)
{
	struct scr_type *t = scr_arena_alloc(arena, sizeof(*t));

	if (t)
		*t = (struct scr_type){ .kind = SCR_ARRAY,
					.ext = ENG_X64,
					.size = base->size * count,
					.count = count,
					.base = base };
	return t;
}

const struct scr_type *scr_type_copy(struct scr_arena *arena, const struct scr_type *t)
{
	const struct scr_type *base;

	if (t->kind < SCR_NSCALARS)
		return t; /* one of the static ones */
	base = scr_type_copy(arena, t->base);
	if (!base)
		return NULL;
	return t->kind == SCR_PTR ? scr_type_ptr(arena, base)
				  : scr_type_array(arena, base, t->count);
}

u32 scr_type_depth(const struct scr_type *t)
{
	u32 depth = 0;

	for (; t->base; t = t->base)
		depth++;
	return depth;
}

bool scr_type_same(const struct scr_type *a, const struct scr_type *b)
{
	while (a->kind == b->kind && a->count == b->count) {
		if (a->kind < SCR_NSCALARS)
			return true;
		a = a->base;
		b = b->base;
	}
	return false;
}

bool scr_type_is_int(const struct scr_type *t)
{
	return t->kind < SCR_NSCALARS && t->kind != SCR_VOID;
}

bool scr_type_is_scalar(const struct scr_type *t)
{
	return scr_type_is_int(t) || t->kind == SCR_PTR;
}

const struct scr_type *scr_type_promote(const struct scr_type *t)
{
	return scr_type_is_int(t) && t->rank < scr_scalars[SCR_S32].rank ? SCR_TYPE(S32) : t;
}

/* C's usual arithmetic conversions; pointers count as unsigned 64-bit numbers. */
const struct scr_type *scr_type_common(const struct scr_type *a, const struct scr_type *b)
{
	a = scr_type_is_int(a) ? scr_type_promote(a) : SCR_TYPE(ULLONG);
	b = scr_type_is_int(b) ? scr_type_promote(b) : SCR_TYPE(ULLONG);
	if (a->is_signed == b->is_signed)
		return a->rank >= b->rank ? a : b;
	if (a->is_signed) {
		const struct scr_type *t = a;

		a = b;
		b = t;
	}
	/* a is the unsigned one */
	if (a->rank >= b->rank)
		return a;
	if (b->size > a->size)
		return b;
	return &scr_scalars[b->kind + 1]; /* the unsigned type of the signed one's rank */
}

bool scr_type_needs_conv(const struct scr_type *to, const struct scr_type *from)
{
	if (to->kind == SCR_BOOL)
		return from->kind != SCR_BOOL;
	if (to->size == 8 || !scr_type_is_int(to))
		return false;
	if (to->size < from->size)
		return true;
	if (to->size == from->size)
		return to->is_signed != from->is_signed;
	return from->is_signed && !to->is_signed;
}

u64 scr_type_norm(const struct scr_type *t, u64 value)
{
	if (t->kind == SCR_BOOL)
		return value != 0;
	switch ((enum eng_ext)t->ext) {
	case ENG_U8:
		return (u8)value;
	case ENG_S8:
		return (u64)(s64)(s8)value;
	case ENG_U16:
		return (u16)value;
	case ENG_S16:
		return (u64)(s64)(s16)value;
	case ENG_U32:
		return (u32)value;
	case ENG_S32:
		return (u64)(s64)(s32)value;
	case ENG_X64:
	case ENG_NEXT:
		break;
	}
	return value;
}

const char *scr_type_name(const struct scr_type *t, char *buf, size_t size)
{
	char base[64];

	if (t->kind < SCR_NSCALARS) {
		snprintf(buf, size, "%s", scalar_names[t->kind]);
	} else if (t->kind == SCR_PTR) {
		scr_type_name(t->base, base, sizeof(base));
		snprintf(buf, size, "%s%s*", base, t->base->kind == SCR_PTR ? "" : " ");
	} else {
		u32 dims[16], n = 0;
		size_t used;

		for (; t->kind == SCR_ARRAY; t = t->base)
			if (n < ARRAY_SIZE(dims))
				dims[n++] = t->count;
		scr_type_name(t, base, sizeof(base));
		used = (size_t)snprintf(buf, size, "%s ", base);
		for (u32 i = 0; i < n && used < size; i++)
			used += (size_t)snprintf(buf + used, size - used, "[%x]", dims[i]);
	}
	return buf;
}
