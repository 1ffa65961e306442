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
	[SCR_VOID]   = { SCR_VOID,   ENG_X64, 0, false, 0, 0, NULL, NULL, false },
	[SCR_BOOL]   = { SCR_BOOL,   ENG_U8,  1, false, 1, 0, NULL, NULL, false },
	[SCR_S8]     = { SCR_S8,     ENG_S8,  2, true,  1, 0, NULL, NULL, false },
	[SCR_U8]     = { SCR_U8,     ENG_U8,  2, false, 1, 0, NULL, NULL, false },
	[SCR_S16]    = { SCR_S16,    ENG_S16, 3, true,  2, 0, NULL, NULL, false },
	[SCR_U16]    = { SCR_U16,    ENG_U16, 3, false, 2, 0, NULL, NULL, false },
	[SCR_S32]    = { SCR_S32,    ENG_S32, 4, true,  4, 0, NULL, NULL, false },
	[SCR_U32]    = { SCR_U32,    ENG_U32, 4, false, 4, 0, NULL, NULL, false },
	[SCR_LONG]   = { SCR_LONG,   ENG_X64, 5, true,  8, 0, NULL, NULL, false },
	[SCR_ULONG]  = { SCR_ULONG,  ENG_X64, 5, false, 8, 0, NULL, NULL, false },
	[SCR_LLONG]  = { SCR_LLONG,  ENG_X64, 6, true,  8, 0, NULL, NULL, false },
	[SCR_ULLONG] = { SCR_ULLONG, ENG_X64, 6, false, 8, 0, NULL, NULL, false },
	[SCR_F32]    = { SCR_F32,    ENG_U32, 7, true,  4, 0, NULL, NULL, false },
	[SCR_F64]    = { SCR_F64,    ENG_X64, 8, true,  8, 0, NULL, NULL, false },
};

const struct scr_type scr_type_map = { .kind = SCR_MAP, .ext = ENG_X64 };

static const char *const scalar_names[SCR_NSCALARS] = {
	[SCR_VOID] = "void", [SCR_BOOL] = "bool",
	[SCR_S8] = "char", [SCR_U8] = "unsigned char",
	[SCR_S16] = "short", [SCR_U16] = "unsigned short",
	[SCR_S32] = "int", [SCR_U32] = "unsigned int",
	[SCR_LONG] = "long", [SCR_ULONG] = "unsigned long",
	[SCR_LLONG] = "long long", [SCR_ULLONG] = "unsigned long long",
	[SCR_F32] = "float", [SCR_F64] = "double",
};
/* clang-format on */

static struct scr_struct *struct_copy(struct scr_arena *arena, struct scr_struct *st);

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

const struct scr_type *scr_type_const(struct scr_arena *arena, const struct scr_type *t)
{
	struct scr_type *type;

	if (t->is_const)
		return t;
	if (t->kind == SCR_STRUCT)
		return &t->st->type[1];
	if (t->kind == SCR_ARRAY) {
		const struct scr_type *base = scr_type_const(arena, t->base);

		return base ? scr_type_array(arena, base, t->count) : NULL;
	}
	type = scr_arena_alloc(arena, sizeof(*type));
	if (!type)
		return NULL;
	*type = *t;
	type->is_const = true;
	return type;
}

/* --- structures --- */

struct scr_struct *scr_struct_new(struct scr_arena *arena, const char *tag)
{
	struct scr_struct *st = scr_arena_alloc(arena, sizeof(*st));

	if (!st)
		return NULL;
	st->tag = tag;
	st->align = 1;
	for (u32 i = 0; i < 2; i++)
		st->type[i] = (struct scr_type){
			.kind = SCR_STRUCT, .ext = ENG_X64, .st = st, .is_const = i
		};
	return st;
}

u32 scr_type_align(const struct scr_type *t)
{
	while (t->kind == SCR_ARRAY)
		t = t->base;
	return t->kind == SCR_STRUCT ? t->st->align : t->size;
}

/* The size so far is kept in the plain type; nobody sees it before the end. */
bool scr_struct_add(struct scr_struct *st, struct scr_member *m)
{
	struct scr_member **tail = &st->member;
	u32 align = scr_type_align(m->type);
	u64 offset = (st->type[0].size + align - 1) & ~(u64)(align - 1);

	if (offset + m->type->size > ENG_MAX_MEM)
		return false;
	while (*tail)
		tail = &(*tail)->next;
	*tail = m;
	m->offset = (u32)offset;
	st->type[0].size = m->offset + m->type->size;
	if (align > st->align)
		st->align = align;
	return true;
}

void scr_struct_complete(struct scr_struct *st)
{
	u32 size = (st->type[0].size + st->align - 1) & ~(st->align - 1);

	st->type[0].size = st->type[1].size = size ? size : 1;
	st->complete = true;
	st->defining = false;
}

const struct scr_member *scr_struct_find(const struct scr_struct *st, const char *name)
{
	for (const struct scr_member *m = st->member; m; m = m->next)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static const char *text_copy(struct scr_arena *arena, const char *text)
{
	char *copy = scr_arena_alloc(arena, strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

/*
 * Structures may point to each other in circles: a copy is known before its members are.
 * What is copied is not looked at again after this compilation, or is a copy itself.
 */
static struct scr_struct *struct_copy(struct scr_arena *arena, struct scr_struct *st)
{
	struct scr_struct *copy = st->copy;
	struct scr_member **tail;

	if (copy)
		return copy;
	copy = scr_struct_new(arena, st->tag ? text_copy(arena, st->tag) : NULL);
	if (!copy || (st->tag && !copy->tag))
		return NULL;
	copy->copy = copy;
	copy->type[0].size = copy->type[1].size = st->type[0].size;
	copy->align = st->align;
	copy->nested = st->nested;
	copy->complete = st->complete;
	st->copy = copy;
	tail = &copy->member;
	for (const struct scr_member *m = st->member; m; m = m->next) {
		struct scr_member *n = scr_arena_alloc(arena, sizeof(*n));

		if (!n)
			return NULL;
		n->name = text_copy(arena, m->name);
		n->type = scr_type_copy(arena, m->type);
		n->offset = m->offset;
		if (!n->name || !n->type)
			return NULL;
		*tail = n;
		tail = &n->next;
	}
	return copy;
}

const struct scr_type *scr_type_copy(struct scr_arena *arena, const struct scr_type *t)
{
	const struct scr_type *base;

	if (t->kind == SCR_STRUCT) {
		struct scr_struct *st = struct_copy(arena, t->st);

		return st ? &st->type[t->is_const] : NULL;
	}
	if (t->kind == SCR_MAP)
		return t;
	if (t->kind < SCR_NSCALARS) {
		base = &scr_scalars[t->kind];
	} else {
		base = scr_type_copy(arena, t->base);
		if (!base)
			return NULL;
		base = t->kind == SCR_PTR ? scr_type_ptr(arena, base)
					  : scr_type_array(arena, base, t->count);
	}
	return base && t->is_const ? scr_type_const(arena, base) : base;
}

u32 scr_type_depth(const struct scr_type *t)
{
	u32 depth = 0;

	for (; t->base; t = t->base)
		depth++;
	return depth;
}

static bool tag_same(const struct scr_struct *a, const struct scr_struct *b)
{
	return a == b || (a->tag && b->tag ? !strcmp(a->tag, b->tag) : a->tag == b->tag);
}

/* Members of the same layout; of structures in them the tags decide. */
static bool member_same(const struct scr_type *a, const struct scr_type *b)
{
	for (; a->base && a->kind == b->kind && a->count == b->count; b = b->base)
		a = a->base;
	return a->kind == b->kind && a->size == b->size &&
	       (a->kind != SCR_STRUCT || tag_same(a->st, b->st));
}

/* Two scripts may both define a structure that a global variable has. */
static bool struct_same(const struct scr_struct *a, const struct scr_struct *b)
{
	const struct scr_member *m = a->member, *n = b->member;

	if (a == b)
		return true;
	if (!tag_same(a, b) || a->type[0].size != b->type[0].size)
		return false;
	for (; m && n; m = m->next, n = n->next)
		if (strcmp(m->name, n->name) || m->offset != n->offset ||
		    !member_same(m->type, n->type))
			return false;
	return !m && !n;
}

bool scr_type_same(const struct scr_type *a, const struct scr_type *b)
{
	while (a->kind == b->kind && a->count == b->count) {
		if (a->kind < SCR_NSCALARS || a->kind == SCR_MAP)
			return true;
		if (a->kind == SCR_STRUCT)
			return struct_same(a->st, b->st);
		a = a->base;
		b = b->base;
	}
	return false;
}

bool scr_type_is_int(const struct scr_type *t)
{
	return t->kind < SCR_F32 && t->kind != SCR_VOID;
}

bool scr_type_is_float(const struct scr_type *t)
{
	return t->kind == SCR_F32 || t->kind == SCR_F64;
}

enum eng_fp scr_type_width(const struct scr_type *t)
{
	return t->kind == SCR_F32 ? ENG_F32 : ENG_F64;
}

bool scr_type_is_aggregate(const struct scr_type *t)
{
	return t->kind == SCR_ARRAY || t->kind == SCR_STRUCT;
}

const struct scr_type *scr_type_promote(const struct scr_type *t)
{
	return scr_type_is_int(t) && t->rank < scr_scalars[SCR_S32].rank ? SCR_TYPE(S32) : t;
}

/* C's usual arithmetic conversions; pointers count as unsigned 64-bit numbers. */
const struct scr_type *scr_type_common(const struct scr_type *a, const struct scr_type *b)
{
	if (scr_type_is_float(a) || scr_type_is_float(b))
		return a->rank >= b->rank ? a : b;
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
	if (scr_type_is_float(to) || scr_type_is_float(from))
		return to->kind != from->kind;
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

	if (t->kind == SCR_MAP) {
		snprintf(buf, size, "map");
		return buf;
	}
	if (t->kind < SCR_NSCALARS) {
		snprintf(buf, size, "%s", scalar_names[t->kind]);
	} else if (t->kind == SCR_STRUCT) {
		snprintf(buf, size, "struct %s", t->st->tag ? t->st->tag : "{...}");
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
