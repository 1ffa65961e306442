/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_maps.c - the engine's maps against a plain array that does the same, over random
 * operations on full and nearly full tables; and images that do not fit to their maps.
 */
#include "engine_kit.h"

#define CAP 13
#define KEYS 40

static struct kit k;
static struct eng_map *map;
static struct eng_maps maps = { &map, 1 };

static void new_map(u8 keys, u8 kind)
{
	struct eng_map_desc d = { .keys = keys, .kind = kind };

	map = eng_map_init(calloc(1, eng_map_size(&d, CAP)), &d, CAP);
	kit_init(&k, 8, 0);
	k.im.nmaps = 1;
	k.map[0] = d;
}

/* Runs one operation with these registers; its result. */
static enum eng_error operate(enum eng_map_op op, u64 r0, u64 r1, u64 r2, u64 *result)
{
	struct eng_map_desc d = k.map[0];
	enum eng_error e;
	u32 nregs = (eng_map_ops[op].key ? eng_map_key_regs[d.keys] : 0) + eng_map_ops[op].values;

	kit_init(&k, 8, 0);
	k.im.nmaps = 1;
	k.map[0] = d;
	kit_load(&k, 0, r0);
	kit_load(&k, 1, r1);
	kit_load(&k, 2, r2);
	kit_op(&k, ENG_OP_MAP, 0, (u8)nregs, (u8)op, 0);
	kit_op(&k, ENG_OP_RET, 0, 0, 0, 0);
	kit_build(&k);
	ctx = (struct eng_ctx){ 0 };
	vm = vm ? vm : malloc(eng_vm_size());
	eng_vm_init(vm, &world_host, NULL, 100000);
	eng_vm_set_maps(vm, &maps);
	e = eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault);
	*result = ctx.result;
	return e;
}

static u64 do_op(enum eng_map_op op, u64 r0, u64 r1, u64 r2)
{
	u64 result = 0;

	CHECK_EQ(operate(op, r0, r1, r2, &result), ENG_OK);
	return result;
}

TEST(random_operations)
{
	u64 value[KEYS] = { 0 }, refused = 0;
	bool there[KEYS] = { false };
	u32 n = 0;

	new_map(ENG_KEYS_INT, ENG_MAP_VALUE);
	srand(1);
	for (int i = 0; i < 4000; i++) {
		u32 key = (u32)rand() % KEYS, what = (u32)rand() % 16;
		u64 v = (u64)rand();
		/* far apart and close together: runs of full places in the table */
		u64 name = key % 2 ? key : key * 0x100000001ULL;

		if (what < 6) {
			do_op(what < 3 ? ENG_MAPOP_SET : ENG_MAPOP_ADD, name, v, 0);
			if (!there[key] && n == CAP) {
				refused++;
			} else {
				n += !there[key];
				value[key] = what < 3 ? v : value[key] + v;
				there[key] = true;
			}
		} else if (what < 11) {
			do_op(ENG_MAPOP_DELETE, name, 0, 0);
			n -= there[key];
			there[key] = false;
			value[key] = 0;
		} else if (what == 15 && !(rand() % 32)) {
			do_op(ENG_MAPOP_CLEAR, 0, 0, 0);
			memset(there, 0, sizeof(there));
			memset(value, 0, sizeof(value));
			n = 0;
			refused = 0;
		}
		CHECK_EQ(map->n, n);
		CHECK_EQ(map->refused, refused);
		key = (u32)rand() % KEYS;
		name = key % 2 ? key : key * 0x100000001ULL;
		CHECK_EQ(do_op(ENG_MAPOP_GET, name, 0, 0), value[key]);
		CHECK_EQ(do_op(ENG_MAPOP_HAS, name, 0, 0), there[key]);
	}
	CHECK_EQ(do_op(ENG_MAPOP_LEN, 0, 0, 0), n);
}

TEST(two_keys_are_ordered)
{
	new_map(ENG_KEYS_INT2, ENG_MAP_VALUE);
	do_op(ENG_MAPOP_SET, 1, 2, 3);
	CHECK_EQ(do_op(ENG_MAPOP_GET, 1, 2, 0), 3);
	CHECK_EQ(do_op(ENG_MAPOP_GET, 2, 1, 0), 0);
}

/* Adds 1 under a string: a constant of the image, with more behind it, or in memory. */
static u64 add_string(const char *text, bool constant)
{
	struct eng_map_desc d = k.map[0];

	kit_init(&k, 8, 0);
	k.im.nmaps = 1;
	k.map[0] = d;
	memcpy(world.mem, text, strlen(text) + 1);
	if (constant)
		kit_op(&k, ENG_OP_LEAO, 0, 0, 0, (s32)kit_str(&k, text));
	else
		kit_load(&k, 0, MEM_BASE);
	kit_str(&k, "behind");
	kit_op(&k, ENG_OP_LDI, 1, 0, 0, 1);
	kit_op(&k, ENG_OP_MAP, 0, 2, ENG_MAPOP_ADD, 0);
	kit_op(&k, ENG_OP_RET, 0, 0, 0, 0);
	kit_build(&k);
	ctx = (struct eng_ctx){ 0 };
	vm = vm ? vm : malloc(eng_vm_size());
	eng_vm_init(vm, &world_host, NULL, 100000);
	eng_vm_set_maps(vm, &maps);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_OK);
	return ctx.result;
}

TEST(strings_of_all_lengths)
{
	char text[80], key[ENG_MAP_STRING];

	for (u32 len = 0; len < sizeof(text) - 8; len++) {
		free(map);
		new_map(ENG_KEYS_STR, ENG_MAP_VALUE);
		memset(map->entries, 0xee, (size_t)CAP * map->words * 8);
		memset(key, 0, sizeof(key));
		memset(text, 0, sizeof(text));
		for (u32 i = 0; i < len; i++)
			text[i] = (char)('a' + i % 26);
		memcpy(key, text, len < ENG_MAP_STRING ? len : ENG_MAP_STRING - 1);
		CHECK_EQ(add_string(text, len % 2), 1);
		CHECK_EQ(memcmp(map->entries, key, sizeof(key)), 0);
		CHECK_EQ(add_string(text, true), 2);
		CHECK_EQ(add_string(text, false), 3);
		CHECK_EQ(map->n, 1);
		/* only as many characters count as fit with a NUL */
		text[len] = '\xff';
		CHECK_EQ(add_string(text, true), len < ENG_MAP_STRING - 1 ? 1 : 4);
		CHECK_EQ(add_string(text, false), len < ENG_MAP_STRING - 1 ? 2 : 5);
		CHECK_EQ(map->n, len < ENG_MAP_STRING - 1 ? 2 : 1);
	}
}

TEST(histogram_of_the_extremes)
{
	new_map(ENG_KEYS_NONE, ENG_MAP_HIST);
	do_op(ENG_MAPOP_PUT, 1ULL << 63, 0, 0);
	do_op(ENG_MAPOP_PUT, ~0ULL >> 1, 0, 0);
	do_op(ENG_MAPOP_PUT, 0, 0, 0);
	CHECK_EQ(map->entries[0], 3);
	CHECK_EQ(map->entries[1], 1);
	CHECK_EQ(map->entries[2], 1);
	CHECK_EQ(map->entries[65], 1);
}

TEST(locks)
{
	char text[128];
	u64 result;

	new_map(ENG_KEYS_INT, ENG_MAP_VALUE);
	do_op(ENG_MAPOP_SET, 5, 7, 0);
	CHECK_EQ(map->lock, 0);
	/* somebody holds it and lets it go while we wait */
	world.unlock = &map->lock;
	map->lock = 1;
	CHECK_EQ(do_op(ENG_MAPOP_GET, 5, 0, 0), 7);
	CHECK_EQ(world.nwaits, 1);
	CHECK_EQ(map->lock, 0);
	/* nobody will */
	world.unlock = NULL;
	map->lock = 1;
	CHECK_EQ(operate(ENG_MAPOP_SET, 5, 8, 0, &result), ENG_E_DEADLOCK);
	CHECK_EQ(fault.value[0], 0);
	CHECK_EQ(fault.value[1], ENG_SUBJECT_MAP);
	eng_fault_text(&fault, text, sizeof(text));
	CHECK_STR(text,
		  "deadlock: the spinlock is held and nobody can release it: of map number 0");
	CHECK_EQ(operate(ENG_MAPOP_PRINT, 0, 0, 0, &result), ENG_E_DEADLOCK);
	CHECK_EQ(map->printing, 0);
	map->lock = 0;
	map->printing = 1;
	CHECK_EQ(operate(ENG_MAPOP_PRINT, 0, 0, 0, &result), ENG_E_DEADLOCK);
	CHECK_EQ(map->lock, 0);
	map->printing = 0;
	CHECK_EQ(do_op(ENG_MAPOP_PRINT, 0, 0, 0), 0);
	CHECK_EQ(map->lock | map->printing, 0);
	CHECK_EQ(do_op(ENG_MAPOP_GET, 5, 0, 0), 7);
}

TEST(image_and_map_must_fit)
{
	u64 result;

	new_map(ENG_KEYS_INT, ENG_MAP_VALUE);
	map->desc.keys = ENG_KEYS_STR;
	CHECK_EQ(operate(ENG_MAPOP_SET, 1, 2, 0, &result), ENG_E_MAP);
	map->desc.keys = ENG_KEYS_INT;
	map->desc.kind = ENG_MAP_HIST;
	CHECK_EQ(operate(ENG_MAPOP_SET, 1, 2, 0, &result), ENG_E_MAP);
	map->desc.kind = ENG_MAP_VALUE;
	CHECK_EQ(operate(ENG_MAPOP_SET, 1, 2, 0, &result), ENG_OK);
	maps.nmaps = 0;
	CHECK_EQ(operate(ENG_MAPOP_SET, 1, 2, 0, &result), ENG_E_MAP);
	maps.nmaps = 1;
	free(map);
	map = NULL;
	CHECK_EQ(operate(ENG_MAPOP_SET, 1, 2, 0, &result), ENG_E_MAP);
}

UNIT_MAIN()
