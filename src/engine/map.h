/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map.h - maps of scripts: from integers or a short string to numbers, and aggregations.
 *
 * A map lives in memory that the host gives once and keeps as long as the session; the
 * engine never allocates. What shape a map has stands in every image that uses it, and
 * an image can use only a map of exactly that shape.
 */
#ifndef ENGINE_MAP_H
#define ENGINE_MAP_H

#include "base.h"

#define ENG_MAP_ENTRIES 4096 /* of a map, unless its host wants fewer */
#define ENG_MAP_STRING 64 /* bytes of a string as a key, with its NUL; longer ones are cut */
#define ENG_MAX_MAPS 1024
#define ENG_LHIST_MAX 1000 /* buckets between min and max */

/* clang-format off */
/* Keys: id, registers, 64-bit words in memory */
#define ENG_MAP_KEY_TABLE(X) \
	X(NONE, 0, 0) \
	X(INT, 1, 1) \
	X(INT2, 2, 2) \
	X(STR, 1, ENG_MAP_STRING / 8) /* the register holds its address */

/* What is kept under a key: id, name, words. HIST and LHIST begin with their total. */
#define ENG_MAP_KIND_TABLE(X) \
	X(VALUE, "number", 1) \
	X(COUNT, "count", 1) \
	X(SUM, "sum", 1) \
	X(MIN, "min", 1) \
	X(MAX, "max", 1) \
	X(AVG, "avg", 2) /* count, sum */ \
	X(HIST, "hist", 66) /* total, negative, 0, 1, 2-3, 4-7 ... */ \
	X(LHIST, "lhist", 3) /* total, below min, so many buckets as the map says, above */

/* Operations: id, name, takes a key, values, for which kinds */
#define ENG_MAP_OP_TABLE(X) \
	X(GET, "get", 1, 0, ~(ENG_BIT(ENG_MAP_HIST) | ENG_BIT(ENG_MAP_LHIST))) \
	X(SET, "set", 1, 1, ENG_BIT(ENG_MAP_VALUE)) \
	X(ADD, "add", 1, 1, ENG_BIT(ENG_MAP_VALUE)) \
	X(PUT, "put", 1, 1, ~ENG_BIT(ENG_MAP_VALUE)) \
	X(HAS, "has", 1, 0, ~0ULL) \
	X(DELETE, "delete", 1, 0, ~0ULL) \
	X(CLEAR, "clear", 0, 0, ~0ULL) \
	X(LEN, "len", 0, 0, ~0ULL) \
	X(PRINT, "print", 0, 0, ~0ULL)
/* clang-format on */

enum eng_map_keys {
#define X(id, regs, words) ENG_KEYS_##id,
	ENG_MAP_KEY_TABLE(X)
#undef X
		ENG_NKEYS
};

enum eng_map_kind {
#define X(id, name, words) ENG_MAP_##id,
	ENG_MAP_KIND_TABLE(X)
#undef X
		ENG_NMAPKINDS
};

enum eng_map_op {
#define X(id, name, key, values, kinds) ENG_MAPOP_##id,
	ENG_MAP_OP_TABLE(X)
#undef X
		ENG_NMAPOPS
};

struct eng_map_op_info {
	const char *name;
	bool key;
	u8 values;
	u64 kinds; /* enum eng_map_kind, by bit */
};

extern const struct eng_map_op_info eng_map_ops[ENG_NMAPOPS];
extern const char *const eng_map_kind_names[ENG_NMAPKINDS];
extern const u8 eng_map_key_regs[ENG_NKEYS];

/* The shape of a map. */
struct eng_map_desc {
	u8 keys, kind; /* enum eng_map_keys, eng_map_kind */
	u16 buckets; /* LHIST: of min + i * step each; else 0 */
	u32 name; /* in an image: offset of the name in its data; no part of the shape */
	s64 min;
	u64 step; /* LHIST: at least 1; else 0 */
};

struct eng_map {
	struct eng_map_desc desc;
	u32 lock; /* spinlock over all of it but order, for hosts that run on several CPUs */
	u32 printing; /* spinlock over order, taken before the other */
	u32 cap, n; /* entries */
	u32 mask; /* of index: a power of two, at least 2 * cap, minus 1 */
	u32 key_words, words; /* of an entry: key, value */
	u64 refused; /* updates of new keys while it was full */
	u32 *index; /* hash table: number of an entry + 1; 0: free */
	u32 *order; /* for sorting */
	u64 *entries; /* the first n are used */
};

/* What a host hands to eng_vm_set_maps(); a NULL is a map without memory. */
struct eng_maps {
	struct eng_map **map;
	u32 nmaps;
};

/* Is this the shape of a map at all? */
bool eng_map_desc_ok(const struct eng_map_desc *d);
bool eng_map_same_shape(const struct eng_map_desc *a, const struct eng_map_desc *b);
/* Bytes of memory for a map; @entries is at least 1. */
size_t eng_map_size(const struct eng_map_desc *d, u32 entries);
/* Makes an empty map in zeroed, 8-byte aligned memory of that size. */
struct eng_map *eng_map_init(void *mem, const struct eng_map_desc *d, u32 entries);

#endif
