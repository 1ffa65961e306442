/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_builtins.c - built-in functions, the engine's address window, registers and
 * pseudo-registers.
 */
#include "engine_kit.h"

static struct kit k;
static struct eng_event ev;

/* Result of one built-in. */
static u64 call(enum eng_builtin id, u64 a, u64 b, u64 c, enum eng_error want)
{
	kit_init(&k, 3, 64);
	kit_load(&k, 0, a);
	kit_load(&k, 1, b);
	kit_load(&k, 2, c);
	OP(BUILTIN, 0, (u8)strlen(eng_builtin_names[id].args), 0, id);
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run_ev(&k, &ev, ENG_PRE), want);
	return ctx.result;
}

static void setup(void)
{
	world_ctx(&abi64);
	ev = event(4);
	for (u32 i = 0; i < MEM_SIZE; i++)
		world.mem[i] = (u8)(i * 7 + 1);
}

TEST(peek)
{
	setup();
	u64 v, last = MEM_BASE + MEM_SIZE;

	memcpy(&v, world.mem + 16, 8);
	CHECK_EQ(call(ENG_BI_DB, MEM_BASE + 16, 0, 0, ENG_OK), v & 0xff);
	CHECK_EQ(call(ENG_BI_DW, MEM_BASE + 16, 0, 0, ENG_OK), v & 0xffff);
	CHECK_EQ(call(ENG_BI_DD, MEM_BASE + 16, 0, 0, ENG_OK), v & 0xffffffff);
	CHECK_EQ(call(ENG_BI_DQ, MEM_BASE + 16, 0, 0, ENG_OK), v);
	CHECK_EQ(call(ENG_BI_POI, MEM_BASE + 16, 0, 0, ENG_OK), v);
	CHECK_EQ(call(ENG_BI_HI, MEM_BASE + 16, 0, 0, ENG_OK), v >> 16 & 0xffff);
	CHECK_EQ(call(ENG_BI_LOW, MEM_BASE + 16, 0, 0, ENG_OK), v & 0xffff);
	/* the whole access has to be readable */
	call(ENG_BI_POI, last - 8, 0, 0, ENG_OK);
	call(ENG_BI_POI, last - 7, 0, 0, ENG_E_ADDR);
	CHECK_EQ(fault.value[0], last - 7);
	CHECK_EQ(fault.value[1], 8);
	call(ENG_BI_DB, last, 0, 0, ENG_E_ADDR);
	call(ENG_BI_DW, ~0ULL, 0, 0, ENG_E_ADDR);
	CHECK_EQ(call(ENG_BI_CHECK_ADDRESS, last - 1, 0, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_CHECK_ADDRESS, last, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_CHECK_ADDRESS, 0, 0, 0, ENG_OK), 0);
}

TEST(physical_memory)
{
	setup();
	u64 v, last = PHYS_BASE + MEM_SIZE;

	memcpy(&v, world.mem + 16, 8);
	CHECK_EQ(call(ENG_BI_DB_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v & 0xff);
	CHECK_EQ(call(ENG_BI_DW_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v & 0xffff);
	CHECK_EQ(call(ENG_BI_DD_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v & 0xffffffff);
	CHECK_EQ(call(ENG_BI_DQ_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v);
	CHECK_EQ(call(ENG_BI_POI_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v);
	CHECK_EQ(call(ENG_BI_HI_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v >> 16 & 0xffff);
	CHECK_EQ(call(ENG_BI_LOW_PA, PHYS_BASE + 16, 0, 0, ENG_OK), v & 0xffff);
	call(ENG_BI_POI_PA, last - 7, 0, 0, ENG_E_ADDR);
	CHECK_EQ(fault.value[0], last - 7);
	CHECK_EQ(fault.value[1], 8);
	/* an address of the engine is no physical one */
	call(ENG_BI_DB_PA, ENG_ADDR(ENG_SEG_GLOBALS, 0), 0, 0, ENG_E_ADDR);
	CHECK_EQ(call(ENG_BI_EB_PA, PHYS_BASE + 32, 0x11223344, 0, ENG_OK), 1);
	CHECK_EQ(world.mem[32], 0x44);
	CHECK_EQ(call(ENG_BI_ED_PA, PHYS_BASE + 32, 0x55667788, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_DD_PA, PHYS_BASE + 32, 0, 0, ENG_OK), 0x55667788);
	CHECK_EQ(call(ENG_BI_EQ_PA, PHYS_BASE + 32, 0x1020304050607080, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_DQ_PA, PHYS_BASE + 32, 0, 0, ENG_OK), 0x1020304050607080);
	CHECK_EQ(call(ENG_BI_EQ_PA, last, 1, 0, ENG_OK), 0);
	call(ENG_BI_MEMCPY_PA, PHYS_BASE + 0x1000, PHYS_BASE + 0x10, 0x400, ENG_OK);
	CHECK(!memcmp(world.mem + 0x1000, world.mem + 0x10, 0x400));
	call(ENG_BI_MEMCPY_PA, last - 4, PHYS_BASE, 8, ENG_E_ADDR);
	call(ENG_BI_MEMCPY_PA, PHYS_BASE, PHYS_BASE, 0, ENG_E_COUNT);
	CHECK_EQ(call(ENG_BI_VIRTUAL_TO_PHYSICAL, MEM_BASE + 5, 0, 0, ENG_OK), PHYS_BASE + 5);
	CHECK_EQ(call(ENG_BI_VIRTUAL_TO_PHYSICAL, 5, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_PHYSICAL_TO_VIRTUAL, PHYS_BASE + 5, 0, 0, ENG_OK), MEM_BASE + 5);
	CHECK_EQ(call(ENG_BI_PHYSICAL_TO_VIRTUAL, last, 0, 0, ENG_OK), 0);
}

TEST(a_host_that_has_not_got_it)
{
	static const enum eng_builtin ids[] = { ENG_BI_POI_PA,
						ENG_BI_EB_PA,
						ENG_BI_MEMCPY_PA,
						ENG_BI_VIRTUAL_TO_PHYSICAL,
						ENG_BI_PHYSICAL_TO_VIRTUAL,
						ENG_BI_SYSCALL_HIJACK,
						ENG_BI_SYSCALL_INVOKE };
	static const struct eng_host poor = { .regs_readable = ENG_REGS_USER };

	setup();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		kit_init(&k, 8, 0);
		OP(BUILTIN, 0, (u8)strlen(eng_builtin_names[ids[i]].args), 0, ids[i]);
		OP(END, 0, 0, 0, 0);
		kit_build(&k);
		eng_vm_init(world_vm(1000), &poor, &globals, 1000);
		CHECK_EQ(eng_run(vm, &k.prog, &ctx, &ev, ENG_PRE, &fault), ENG_E_UNSUPPORTED);
		CHECK_EQ(fault.value[0], ids[i]);
		CHECK_EQ(fault.value[1], ENG_SUBJECT_BUILTIN);
	}
}

TEST(an_argument_on_the_stack)
{
	u32 arg;

	setup();
	ctx.abi = &abi_stack;
	world.regs[ENG_RSP] = 0xffffffff00000000ULL | (MEM_BASE + 0x40);
	kit_init(&k, 2, 0);
	OP(LDPS, 0, 0, 0, ENG_PS_SYSCALL_ARG5);
	OP(LDI, 1, 0, 0, 0x1234567);
	OP(STPS, 1, 0, 0, ENG_PS_SYSCALL_ARG5);
	OP(RET, 0, 0, 0, 0);
	memcpy(&arg, world.mem + 0x40, 4);
	CHECK_EQ(kit_run_ev(&k, &ev, ENG_PRE), ENG_OK);
	CHECK_EQ(ctx.result, arg);
	memcpy(&arg, world.mem + 0x40, 4);
	CHECK_EQ(arg, 0x1234567);
	CHECK_EQ(ctx.dirty, 0);
	world.regs[ENG_RSP] = 0x10;
	ctx.loaded = 0;
	CHECK_EQ(kit_run_ev(&k, &ev, ENG_PRE), ENG_E_ADDR);
	CHECK_EQ(fault.value[0], 0x10);
}

TEST(poke)
{
	u64 v;

	setup();
	memset(world.mem, 0, 32);
	CHECK_EQ(call(ENG_BI_EB, MEM_BASE + 1, 0x1ff, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_ED, MEM_BASE + 4, 0x1122334455ULL, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_EQ, MEM_BASE + 8, 0x1122334455667788ULL, 0, ENG_OK), 1);
	memcpy(&v, world.mem, 8);
	CHECK_EQ(v, 0x223344550000ff00ULL);
	memcpy(&v, world.mem + 8, 8);
	CHECK_EQ(v, 0x1122334455667788ULL);
	CHECK_EQ(call(ENG_BI_EB, 0, 1, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_EQ, MEM_BASE + MEM_SIZE - 7, 1, 0, ENG_OK), 0);
	/* read-only parts of the window */
	CHECK_EQ(call(ENG_BI_EB, ENG_ADDR(ENG_SEG_DATA, 0), 1, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_EB, ENG_ADDR(ENG_SEG_TEXT, 0), 1, 0, ENG_OK), 0);
}

/* Every segment: the last byte, one behind, one before the first, and access across the end. */
TEST(window_bounds)
{
	u8 *buffer = malloc(40);
	static const char *const names[] = { "data", "globals", "frame", "buffer", "text" };

	setup();
	memset(buffer, 1, 40);
	ev.buffer = buffer;
	ev.buffer_size = 40;
	for (u32 seg = 0; seg < ARRAY_SIZE(names); seg++) {
		u64 size = seg == ENG_SEG_DATA	    ? 5
			   : seg == ENG_SEG_GLOBALS ? sizeof(slots)
			   : seg == ENG_SEG_FRAME   ? 64
			   : seg == ENG_SEG_BUFFER  ? 40
						    : ENG_NTEXTS * ENG_TEXT_SIZE;

		call(ENG_BI_DB, ENG_ADDR(seg, 0), 0, 0, ENG_OK);
		call(ENG_BI_DB, ENG_ADDR(seg, size - 1), 0, 0, ENG_OK);
		call(ENG_BI_DB, ENG_ADDR(seg, size), 0, 0, ENG_E_ADDR);
		CHECK_EQ(fault.value[0], ENG_ADDR(seg, size));
		call(ENG_BI_DB, ENG_ADDR(seg, 0) - 1, 0, 0, ENG_E_ADDR);
		call(ENG_BI_DW, ENG_ADDR(seg, size - 1), 0, 0, ENG_E_ADDR);
		call(ENG_BI_DQ, ENG_ADDR(seg, size - 7), 0, 0, ENG_E_ADDR);
		call(ENG_BI_DB, ENG_ADDR(seg, 0xffffffffffffULL), 0, 0, ENG_E_ADDR);
	}
	for (u32 seg = ARRAY_SIZE(names); seg < 256; seg++)
		call(ENG_BI_DB, ENG_ADDR(seg, 0), 0, 0, ENG_E_ADDR);
	ev.buffer = NULL;
	call(ENG_BI_DB, ENG_ADDR(ENG_SEG_BUFFER, 0), 0, 0, ENG_E_ADDR);
	free(buffer);
}

/* LD, ST and COPY go the same way. */
TEST(memory_instructions)
{
	setup();
	kit_init(&k, 4, 16);
	kit_load(&k, 0, MEM_BASE + 100);
	OP(LEAF, 1, 0, 0, 0);
	OP(COPY, 1, 0, 0, 12);
	OP(LDF, 2, 0, ENG_U32, 8);
	OP(STG, 2, 0, 0, 0);
	OP(COPY, 0, 1, 0, 4);
	OP(LDI, 3, 0, 0, -2);
	OP(ST, 0, 3, ENG_S16, 20);
	OP(LD, 2, 0, ENG_S16, 20);
	OP(STG, 2, 0, 0, 1);
	OP(LD, 2, 0, ENG_S8, -90);
	OP(LD, 3, 1, ENG_X64, 9);
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_E_ADDR);
	CHECK_EQ(fault.pc, 11);
	CHECK_EQ(fault.value[0], ENG_ADDR(ENG_SEG_FRAME, 9));
	u32 v;
	memcpy(&v, world.mem + 108, 4);
	CHECK_EQ(slots[0], v);
	CHECK_EQ(slots[1], -2ULL);
	CHECK_EQ(vm->reg[2], (u64)(s8)world.mem[10]);
	CHECK(world.mem[120] == 0xfe && world.mem[121] == 0xff);
	kit_init(&k, 2, 0);
	OP(ST, 0, 1, ENG_U8, 16);
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_E_ADDR);
	CHECK_EQ(fault.value[0], 16);
}

TEST(copying)
{
	setup();
	u8 want[0x1000];

	memcpy(want, world.mem, sizeof(want));
	call(ENG_BI_MEMCPY, MEM_BASE + 0x1000, MEM_BASE, 0x1000, ENG_OK);
	CHECK(!memcmp(world.mem + 0x1000, want, 0x1000));
	call(ENG_BI_MEMCPY, ENG_ADDR(ENG_SEG_GLOBALS, 3), MEM_BASE + 5, 100, ENG_OK);
	CHECK(!memcmp((u8 *)slots + 3, want + 5, 100));
	/* overlapping, inside the window */
	for (u32 i = 0; i < 64; i++)
		slots[i] = i;
	call(ENG_BI_MEMCPY, ENG_ADDR(ENG_SEG_GLOBALS, 8), ENG_ADDR(ENG_SEG_GLOBALS, 0), 63 * 8,
	     ENG_OK);
	CHECK_EQ(slots[63], 62);
	CHECK_EQ(slots[1], 0);
	call(ENG_BI_MEMCPY, MEM_BASE, MEM_BASE + 1, 0, ENG_E_COUNT);
	call(ENG_BI_MEMCPY, MEM_BASE, 0, 8, ENG_E_ADDR);
	CHECK_EQ(fault.value[0], 0);
	call(ENG_BI_MEMCPY, 0x20, MEM_BASE, 8, ENG_E_ADDR);
	CHECK_EQ(fault.value[0], 0x20);
	call(ENG_BI_MEMCPY, MEM_BASE, MEM_BASE, ~0ULL, ENG_E_ADDR);
	call(ENG_BI_MEMCPY, ENG_ADDR(ENG_SEG_GLOBALS, 0), ENG_ADDR(ENG_SEG_GLOBALS, 0), 513,
	     ENG_E_ADDR);
	call(ENG_BI_MEMCPY, ENG_ADDR(ENG_SEG_DATA, 0), ENG_ADDR(ENG_SEG_GLOBALS, 0), 1, ENG_E_ADDR);
}

TEST(narrow_strings)
{
	u64 s = MEM_BASE, t = MEM_BASE + 0x100, last = MEM_BASE + MEM_SIZE;
	const u64 minus = ~0ULL;

	setup();
	strcpy((char *)world.mem, "abcdef");
	strcpy((char *)world.mem + 0x100, "abcxef");
	CHECK_EQ(call(ENG_BI_STRLEN, s, 0, 0, ENG_OK), 6);
	CHECK_EQ(call(ENG_BI_STRLEN, s + 6, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_STRLEN, 0, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_STRCMP, s, s, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_STRCMP, s, t, 0, ENG_OK), minus);
	CHECK_EQ(call(ENG_BI_STRCMP, t, s, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_STRCMP, s, 0, 0, ENG_OK), 2);
	CHECK_EQ(call(ENG_BI_STRCMP, 0, s, 0, ENG_OK), 2);
	CHECK_EQ(call(ENG_BI_STRNCMP, s, t, 3, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_STRNCMP, s, t, 4, ENG_OK), minus);
	CHECK_EQ(call(ENG_BI_STRNCMP, s, t, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_STRNCMP, s, s, 100, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_MEMCMP, s, t, 3, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_MEMCMP, s, t, 4, ENG_OK), minus);
	/* memcmp looks behind a NUL, and compares signed */
	world.mem[8] = 0x80;
	world.mem[0x108] = 1;
	memcpy(world.mem + 0x100, world.mem, 8);
	CHECK_EQ(call(ENG_BI_MEMCMP, s, t, 9, ENG_OK), minus);
	/* a long one over a page's end, and one that ends where memory does */
	memset(world.mem, 'x', MEM_SIZE);
	world.mem[0x1200] = 0;
	CHECK_EQ(call(ENG_BI_STRLEN, s + 0x13, 0, 0, ENG_OK), 0x1200 - 0x13);
	world.mem[MEM_SIZE - 1] = 0;
	CHECK_EQ(call(ENG_BI_STRLEN, last - 100, 0, 0, ENG_OK), 99);
	world.mem[MEM_SIZE - 1] = 'x';
	CHECK_EQ(call(ENG_BI_STRLEN, last - 100, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_MEMCMP, last - 4, last - 8, 4, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_MEMCMP, last - 4, last - 8, 5, ENG_OK), 2);
	/* the program's own data: "main" */
	CHECK_EQ(call(ENG_BI_STRLEN, ENG_ADDR(ENG_SEG_DATA, 0), 0, 0, ENG_OK), 4);
}

static u64 first_difference(const u8 *a, const u8 *b, u64 max, bool stop_at_nul)
{
	for (u64 i = 0; i < max; i++) {
		if (a[i] != b[i])
			return (s8)a[i] < (s8)b[i] ? ~0ULL : 1;
		if (!a[i] && stop_at_nul)
			break;
	}
	return 0;
}

/* The same answers in the engine's memory, which is compared by words, and in the debuggee's. */
TEST(comparisons_everywhere)
{
	u64 g = ENG_ADDR(ENG_SEG_GLOBALS, 0);
	u8 *own = (u8 *)slots;

	setup();
	for (u32 seed = 0; seed < 4000; seed++) {
		u32 at = seed % 9, to = 256 + seed % 7, len = seed % 23, odd = seed % 29;
		u64 max = seed % 5 ? 40 : seed % 24, want;

		memset(own, 0, sizeof(slots));
		memset(own + at, 'a' + seed % 3, len);
		memset(own + to, 'a' + seed % 3, len);
		own[to + odd] = (u8)(seed >> 2);
		memcpy(world.mem, own, sizeof(slots));
		for (u32 half = 0; half < 4; half++) {
			u64 s = (half & 1 ? g : MEM_BASE) + at, t = (half & 2 ? g : MEM_BASE) + to;

			want = first_difference(own + at, own + to, max, true);
			CHECK_EQ(call(ENG_BI_STRNCMP, s, t, max, ENG_OK), want);
			want = first_difference(own + at, own + to, max, false);
			CHECK_EQ(call(ENG_BI_MEMCMP, s, t, max, ENG_OK), want);
		}
	}
	/* both run out where the globals end */
	memset(own, 'x', sizeof(slots));
	CHECK_EQ(call(ENG_BI_STRCMP, g, g, 0, ENG_OK), 2);
	CHECK_EQ(call(ENG_BI_MEMCMP, g, g + 8, sizeof(slots) - 8, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_MEMCMP, g, g + 8, sizeof(slots) - 7, ENG_OK), 2);
	CHECK_EQ(call(ENG_BI_MEMCMP, g, g + sizeof(slots), 1, ENG_OK), 2);
}

TEST(wide_strings)
{
	setup();
	memcpy(world.mem, "a\0b\0c\0\0\0", 8);
	memcpy(world.mem + 16, "a\0b\0\0\x80\0\0", 8);
	CHECK_EQ(call(ENG_BI_WCSLEN, MEM_BASE, 0, 0, ENG_OK), 3);
	CHECK_EQ(call(ENG_BI_WCSLEN, 1, 0, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_WCSCMP, MEM_BASE, MEM_BASE, 0, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_WCSCMP, MEM_BASE, MEM_BASE + 16, 0, ENG_OK), ~0ULL);
	CHECK_EQ(call(ENG_BI_WCSCMP, MEM_BASE + 16, MEM_BASE, 0, ENG_OK), 1);
	CHECK_EQ(call(ENG_BI_WCSCMP, MEM_BASE, 1, 0, ENG_OK), 2);
	CHECK_EQ(call(ENG_BI_WCSNCMP, MEM_BASE, MEM_BASE + 16, 2, ENG_OK), 0);
	CHECK_EQ(call(ENG_BI_WCSNCMP, MEM_BASE, MEM_BASE + 16, 3, ENG_OK), ~0ULL);
	/* half a unit at the end of memory */
	CHECK_EQ(call(ENG_BI_WCSLEN, MEM_BASE + MEM_SIZE - 1, 0, 0, ENG_OK), 0);
}

/* Runs the program on a small budget, which instruction @pc has to use up. */
static void expect_budget(u32 pc)
{
	kit_build(&k);
	world_vm(20000);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, &ev, ENG_PRE, &fault), ENG_E_BUDGET);
	CHECK_EQ(fault.pc, pc);
}

TEST(long_work_costs_budget)
{
	static u8 big[1 << 20];
	static const struct {
		enum eng_builtin id;
		u8 nargs;
	} cases[] = { { ENG_BI_STRLEN, 1 },
		      { ENG_BI_STRCMP, 2 },
		      { ENG_BI_MEMCMP, 3 },
		      { ENG_BI_MEMCPY, 3 } };

	setup();
	memset(big, 'x', sizeof(big));
	ev.buffer = big;
	ev.buffer_size = sizeof(big);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		kit_init(&k, 3, 0);
		OP(LDPS, 0, 0, 0, ENG_PS_BUFFER);
		OP(LDPS, 1, 0, 0, ENG_PS_BUFFER);
		OP(LDI, 2, 0, 0, sizeof(big));
		OP(BUILTIN, 0, cases[i].nargs, 0, cases[i].id);
		OP(END, 0, 0, 0, 0);
		expect_budget(3);
	}
	kit_init(&k, 1, 0);
	OP(LDPS, 0, 0, 0, ENG_PS_BUFFER);
	for (u32 i = 0; i < 3; i++)
		OP(PRINTF, 0, 1, 0, (s32)kit_str(&k, "%s"));
	OP(END, 0, 0, 0, 0);
	expect_budget(2);
	kit_init(&k, 1, ENG_MAX_MEM / 8);
	OP(NOP, 0, 0, 0, 0);
	OP(ZEROF, 0, 0xff, 0x7f, 0);
	OP(J, 0, 0, 0, -2);
	expect_budget(1);
}

TEST(interlocked)
{
	u64 g = ENG_ADDR(ENG_SEG_GLOBALS, 16);

	setup();
	slots[2] = 5;
	CHECK_EQ(call(ENG_BI_INTERLOCKED_INCREMENT, g, 0, 0, ENG_OK), 6);
	CHECK_EQ(call(ENG_BI_INTERLOCKED_DECREMENT, g, 0, 0, ENG_OK), 5);
	CHECK_EQ(call(ENG_BI_INTERLOCKED_EXCHANGE, g, 9, 0, ENG_OK), 5);
	CHECK_EQ(call(ENG_BI_INTERLOCKED_EXCHANGE_ADD, g, 4, 0, ENG_OK), 9);
	CHECK_EQ(slots[2], 13);
	CHECK_EQ(call(ENG_BI_INTERLOCKED_COMPARE_EXCHANGE, g, 1, 12, ENG_OK), 13);
	CHECK_EQ(slots[2], 13);
	CHECK_EQ(call(ENG_BI_INTERLOCKED_COMPARE_EXCHANGE, g, 1, 13, ENG_OK), 13);
	CHECK_EQ(slots[2], 1);
	for (u32 id = ENG_BI_INTERLOCKED_INCREMENT; id <= ENG_BI_INTERLOCKED_COMPARE_EXCHANGE;
	     id++) {
		call(id, MEM_BASE, 0, 0, ENG_E_ATOMIC);
		CHECK_EQ(fault.value[0], MEM_BASE);
		call(id, g + 4, 0, 0, ENG_E_ATOMIC);
		call(id, ENG_ADDR(ENG_SEG_GLOBALS, sizeof(slots)), 0, 0, ENG_E_ADDR);
		call(id, ENG_ADDR(ENG_SEG_DATA, 0), 0, 0, ENG_E_ADDR);
	}
	CHECK_EQ(slots[2], 1);
}

TEST(spinlocks)
{
	u64 g = ENG_ADDR(ENG_SEG_GLOBALS, 16);

	setup();
	slots[2] = 0;
	call(ENG_BI_SPINLOCK_LOCK, g, 0, 0, ENG_OK);
	CHECK_EQ(slots[2], 1);
	/* nobody else can run */
	call(ENG_BI_SPINLOCK_LOCK, g, 0, 0, ENG_E_DEADLOCK);
	CHECK_EQ(fault.value[0], g);
	CHECK_EQ(world.nwaits, 1);
	CHECK_EQ(world.ceiling, 65536);
	call(ENG_BI_SPINLOCK_LOCK_CUSTOM_WAIT, g, 10, 0, ENG_E_DEADLOCK);
	CHECK_EQ(world.ceiling, 10);
	call(ENG_BI_SPINLOCK_LOCK_CUSTOM_WAIT, g, 1ULL << 32, 0, ENG_E_DEADLOCK);
	CHECK_EQ(world.ceiling, 65536);
	/* somebody can */
	world.unlock = (u32 *)&slots[2];
	world.nwaits = 0;
	call(ENG_BI_SPINLOCK_LOCK, g, 0, 0, ENG_OK);
	CHECK_EQ(world.nwaits, 1);
	CHECK_EQ(slots[2], 1);
	call(ENG_BI_SPINLOCK_UNLOCK, g, 0, 0, ENG_OK);
	CHECK_EQ(slots[2], 0);
	call(ENG_BI_SPINLOCK_LOCK_CUSTOM_WAIT, g, 10, 0, ENG_OK);
	CHECK_EQ(slots[2], 1);
	call(ENG_BI_SPINLOCK_LOCK, MEM_BASE, 0, 0, ENG_E_ATOMIC);
	call(ENG_BI_SPINLOCK_UNLOCK, MEM_BASE, 0, 0, ENG_E_ATOMIC);
	call(ENG_BI_SPINLOCK_LOCK, g + 2, 0, 0, ENG_E_ATOMIC);
}

/* Where waiting holds a CPU: so long in one run and no longer, in one piece or in several. */
TEST(microsleep_is_bounded)
{
	struct eng_host host = world_host;
	u64 before;

	setup();
	host.sleep_max = 100;
	kit_init(&k, 4, 0);
	OP(LDI, 0, 0, 0, 40);
	OP(BUILTIN, 0, 1, 0, ENG_BI_MICROSLEEP);
	OP(LDI, 0, 0, 0, 40);
	OP(BUILTIN, 0, 1, 0, ENG_BI_MICROSLEEP);
	OP(LDI, 0, 0, 0, 40);
	OP(BUILTIN, 0, 1, 0, ENG_BI_MICROSLEEP);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	eng_vm_init(world_vm(1000), &host, &globals, 100000);
	for (u32 run = 0; run < 2; run++) {
		before = world.ticks;
		CHECK_EQ(eng_run(vm, &k.prog, &ctx, &ev, ENG_PRE, &fault), ENG_E_SLEEP);
		CHECK_EQ(fault.pc, 5);
		CHECK_EQ(fault.value[0], 40);
		CHECK_EQ(fault.value[1], 100);
		CHECK(world.ticks - before >= 80000 && world.ticks - before < 84000);
	}
	before = world.ticks;
	kit_init(&k, 4, 0);
	OP(LDI, 0, 0, 0, 101);
	OP(BUILTIN, 0, 1, 0, ENG_BI_MICROSLEEP);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, &ev, ENG_PRE, &fault), ENG_E_SLEEP);
	CHECK_EQ(world.ticks, before);
}

TEST(small_ones)
{
	u64 a, b;

	setup();
	CHECK_EQ(call(ENG_BI_NEG, 5, 0, 0, ENG_OK), -5ULL);
	CHECK_EQ(call(ENG_BI_NOT, 5, 0, 0, ENG_OK), ~5ULL);
	a = call(ENG_BI_RDTSC, 0, 0, 0, ENG_OK);
	b = call(ENG_BI_RDTSCP, 0, 0, 0, ENG_OK);
	CHECK(a && b > a);
	a = world.ticks;
	call(ENG_BI_MICROSLEEP, 50, 0, 0, ENG_OK);
	CHECK(world.ticks - a >= 50000 && world.ticks - a < 52000);
	/* waiting for ever costs the budget */
	CHECK_EQ(call(ENG_BI_MICROSLEEP, 0, 0, 0, ENG_OK), 0);
	k.k[0] = ~0ULL;
	kit_build(&k);
	eng_vm_set_budget(vm, 1000);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, &ev, ENG_PRE, &fault), ENG_E_BUDGET);
	call(ENG_BI_EVENT_ENABLE, 7, 0, 0, ENG_OK);
	CHECK(world.what == ENG_REQ_ENABLE && world.request_event == 7);
	call(ENG_BI_EVENT_DISABLE, 8, 0, 0, ENG_OK);
	CHECK(world.what == ENG_REQ_DISABLE && world.request_event == 8);
	call(ENG_BI_EVENT_CLEAR, 9, 0, 0, ENG_OK);
	CHECK(world.what == ENG_REQ_CLEAR && world.request_event == 9);
	call(ENG_BI_FLUSH, 0, 0, 0, ENG_OK);
	CHECK(world.what == ENG_REQ_FLUSH && world.nrequests == 4);
}

static u64 get_reg(const char *name)
{
	kit_init(&k, 1, 0);
	OP(LDREG, 0, 0, 0, kit_reg(name));
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	return ctx.result;
}

static void set_reg(const char *name, u64 v, enum eng_error want)
{
	kit_init(&k, 1, 0);
	kit_load(&k, 0, v);
	OP(STREG, 0, 0, 0, kit_reg(name));
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), want);
}

TEST(register_names)
{
	static const struct {
		const char *name;
		u8 reg, shift, width;
	} some[] = {
		{ "rax", ENG_RAX, 0, 64 },	{ "eax", ENG_RAX, 0, 32 },
		{ "ax", ENG_RAX, 0, 16 },	{ "ah", ENG_RAX, 8, 8 },
		{ "al", ENG_RAX, 0, 8 },	{ "spl", ENG_RSP, 0, 8 },
		{ "r15h", ENG_R15, 8, 8 },	{ "r15l", ENG_R15, 0, 8 },
		{ "r9d", ENG_R9, 0, 32 },	{ "ip", ENG_RIP, 0, 16 },
		{ "flags", ENG_RFLAGS, 0, 16 }, { "if", ENG_RFLAGS, 9, 1 },
		{ "iopl", ENG_RFLAGS, 12, 2 },	{ "id", ENG_RFLAGS, 21, 1 },
		{ "tr", ENG_TR, 0, 16 },	{ "cr8", ENG_CR8, 0, 64 },
		{ "dr7", ENG_DR7, 0, 64 },	{ "gs", ENG_GS, 0, 16 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(some); i++) {
		const struct eng_reg_name *n = eng_reg_find(some[i].name, strlen(some[i].name));

		CHECK(n);
		CHECK_EQ(n->reg, some[i].reg);
		CHECK_EQ(n->shift, some[i].shift);
		CHECK_EQ(n->width, some[i].width);
	}
	CHECK(!eng_reg_find("r8b", 3) && !eng_reg_find("RAX", 3) && !eng_reg_find("cr1", 3));
	CHECK(!eng_reg_find("ra", 2) && !eng_reg_find("", 0) && !eng_reg_find("raxx", 4));
	CHECK(eng_reg_find("raxx", 3));
	for (u32 i = 0; i < eng_nreg_names; i++)
		CHECK(eng_reg_find(eng_reg_names[i].name, strlen(eng_reg_names[i].name)) ==
		      &eng_reg_names[i]);
	/* the order that custom code relies on */
	CHECK(ENG_RSP == 4 && ENG_RDI == 7 && ENG_R15 == 15);
}

TEST(sub_registers)
{
	setup();
	world.regs[ENG_RAX] = 0x1122334455667788ULL;
	world.regs[ENG_RFLAGS] = 0x246;
	CHECK_EQ(get_reg("rax"), 0x1122334455667788ULL);
	CHECK_EQ(get_reg("eax"), 0x55667788);
	CHECK_EQ(get_reg("ax"), 0x7788);
	CHECK_EQ(get_reg("ah"), 0x77);
	CHECK_EQ(get_reg("al"), 0x88);
	CHECK_EQ(world.loads, 1); /* fetched once, and asked for again never */
	CHECK_EQ(ctx.dirty, 0);
	set_reg("ah", 0x1ff, ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RAX], 0x112233445566ff88ULL);
	set_reg("eax", 0xa00000000ULL, ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RAX], 0x1122334400000000ULL);
	CHECK_EQ(ctx.dirty, ENG_BIT(ENG_RAX));
	CHECK_EQ(get_reg("zf"), 1);
	CHECK_EQ(get_reg("cf"), 0);
	set_reg("zf", 2, ENG_OK); /* bit 0 counts */
	CHECK_EQ(ctx.reg[ENG_RFLAGS], 0x206);
	set_reg("iopl", 3, ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RFLAGS], 0x3206);
}

TEST(whole_registers_are_not_fetched_to_be_written)
{
	setup();
	set_reg("rdi", 5, ENG_OK);
	CHECK_EQ(world.loads, 0);
	CHECK_EQ(ctx.reg[ENG_RDI], 5);
	CHECK_EQ(get_reg("rdi"), 5);
	CHECK_EQ(world.loads, 0);
}

TEST(registers_that_are_not_there)
{
	setup();
	kit_init(&k, 1, 0);
	OP(LDREG, 0, 0, 0, kit_reg("cr3"));
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_E_REG);
	CHECK_EQ(fault.value[0], ENG_CR3);
	set_reg("cs", 1, ENG_E_REG); /* readable only */
	CHECK_EQ(get_reg("cs"), world.regs[ENG_CS] & 0xffff);
	world.missing = ENG_BIT(ENG_RDX);
	set_reg("dl", 1, ENG_E_REG);
	CHECK_EQ(fault.value[0], ENG_RDX);
	CHECK_EQ(ctx.dirty, 0);
}

static enum eng_error get_ps(enum eng_pseudo id, enum eng_kind kind, enum eng_stage stage, u64 *v)
{
	enum eng_error e;

	ev.kind = (u8)kind;
	kit_init(&k, 1, 0);
	OP(LDPS, 0, 0, 0, id);
	OP(RET, 0, 0, 0, 0);
	e = kit_run_ev(&k, &ev, stage);
	*v = ctx.result;
	return e;
}

static enum eng_error set_ps(enum eng_pseudo id, enum eng_kind kind, enum eng_stage stage, u64 v)
{
	ev.kind = (u8)kind;
	kit_init(&k, 1, 0);
	kit_load(&k, 0, v);
	OP(STPS, 0, 0, 0, id);
	OP(END, 0, 0, 0, 0);
	return kit_run_ev(&k, &ev, stage);
}

TEST(pseudo_registers)
{
	u8 buffer[8] = { 0 };
	u64 v;
	static const struct {
		enum eng_pseudo id;
		u64 want;
	} cases[] = {
		{ ENG_PS_PID, 0x100 },
		{ ENG_PS_TID, 0x101 },
		{ ENG_PS_CORE, 3 },
		{ ENG_PS_TEB, 0x7eb },
		{ ENG_PS_IP, 0 },
		{ ENG_PS_CONTEXT, 0x55 },
		{ ENG_PS_EVENT_TAG, 0x1000004 },
		{ ENG_PS_EVENT_ID, 4 },
		{ ENG_PS_EVENT_STAGE, 1 },
		{ ENG_PS_BUFFER, ENG_ADDR(ENG_SEG_BUFFER, 0) },
		{ ENG_PS_PNAME, ENG_ADDR(ENG_SEG_TEXT, 0) },
		{ ENG_PS_DATE, ENG_ADDR(ENG_SEG_TEXT, ENG_TEXT_SIZE) },
	};

	setup();
	ctx.context = 0x55;
	ev.buffer = buffer;
	ev.buffer_size = 8;
	world.regs[ENG_RIP] = 0;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_EQ(get_ps(cases[i].id, ENG_EV_SYSCALL, ENG_POST, &v), ENG_OK);
		CHECK_EQ(v, cases[i].want);
	}
	CHECK_EQ(get_ps(ENG_PS_TIME, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_E_UNSUPPORTED);
	CHECK_EQ(fault.value[0], ENG_PS_TIME);
	CHECK_EQ(get_ps(ENG_PS_PROC, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_E_UNSUPPORTED);
	ev.buffer_size = 0;
	CHECK_EQ(get_ps(ENG_PS_BUFFER, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, 0);
	/* outside of events */
	kit_init(&k, 2, 0);
	OP(LDPS, 0, 0, 0, ENG_PS_EVENT_TAG);
	OP(LDPS, 1, 0, 0, ENG_PS_BUFFER);
	OP(OR, 0, 0, 1, 0);
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(ctx.result, 0);
}

TEST(call_at_entry)
{
	u64 v;

	setup();
	ctx.nr = 0x27;
	world.regs[ENG_RAX] = 0x101;
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_NUMBER, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, 0x101);
	CHECK_EQ(set_ps(ENG_PS_SYSCALL_NUMBER, ENG_EV_SYSCALL, ENG_PRE, 0x102), ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RAX], 0x102);
	for (u32 i = 0; i < 6; i++) {
		CHECK_EQ(get_ps(ENG_PS_SYSCALL_ARG0 + i, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_OK);
		CHECK_EQ(v, world.regs[abi64.arg[i]]);
		CHECK_EQ(set_ps(ENG_PS_SYSCALL_ARG0 + i, ENG_EV_SYSCALL, ENG_PRE, ~0ULL - i),
			 ENG_OK);
		CHECK_EQ(ctx.reg[abi64.arg[i]], ~0ULL - i);
	}
	/* the result does not exist yet, unless a script has set it */
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_E_STAGE);
	CHECK_EQ(fault.value[0], ENG_PS_SYSCALL_RETURN);
	CHECK(!ctx.ret_set);
	CHECK_EQ(set_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSCALL, ENG_PRE, -2ULL), ENG_OK);
	CHECK(ctx.ret_set);
	CHECK_EQ(ctx.ret, -2ULL);
	CHECK_EQ(ctx.reg[ENG_RAX], 0x102);
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, -2ULL);
}

TEST(call_at_exit)
{
	static const struct {
		enum eng_kind kind;
		enum eng_stage stage;
	} when[] = { { ENG_EV_SYSCALL, ENG_POST },
		     { ENG_EV_SYSRET, ENG_PRE },
		     { ENG_EV_SYSRET, ENG_POST } };
	u64 v;

	setup();
	for (u32 i = 0; i < ARRAY_SIZE(when); i++) {
		world_ctx(&abi64);
		ctx.nr = 0x27;
		world.regs[ENG_RAX] = -2ULL;
		CHECK_EQ(get_ps(ENG_PS_SYSCALL_NUMBER, when[i].kind, when[i].stage, &v), ENG_OK);
		CHECK_EQ(v, 0x27);
		CHECK_EQ(set_ps(ENG_PS_SYSCALL_NUMBER, when[i].kind, when[i].stage, 1),
			 ENG_E_STAGE);
		CHECK_EQ(ctx.dirty, 0);
		CHECK_EQ(get_ps(ENG_PS_SYSCALL_RETURN, when[i].kind, when[i].stage, &v), ENG_OK);
		CHECK_EQ(v, -2ULL);
		CHECK_EQ(set_ps(ENG_PS_SYSCALL_RETURN, when[i].kind, when[i].stage, 7), ENG_OK);
		CHECK_EQ(ctx.reg[ENG_RAX], 7);
		CHECK(!ctx.ret_set);
	}
}

TEST(narrow_calls)
{
	u64 v;

	setup();
	world_ctx(&abi32);
	ctx.nr = 5;
	world.regs[ENG_RBX] = 0xdeadbeef12345678ULL;
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_ARG0, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, 0x12345678);
	CHECK_EQ(set_ps(ENG_PS_SYSCALL_ARG0, ENG_EV_SYSCALL, ENG_PRE, 0xffffffff00000001ULL),
		 ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RBX], 0xdeadbeef00000001ULL);
	/* errors are negative, addresses are not */
	world.regs[ENG_RAX] = 0xfffffffe;
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSRET, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, -2ULL);
	CHECK_EQ(set_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSRET, ENG_PRE, 0xabcd0000f7fc0000ULL),
		 ENG_OK);
	CHECK_EQ(ctx.reg[ENG_RAX], 0xf7fc0000);
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_RETURN, ENG_EV_SYSRET, ENG_PRE, &v), ENG_OK);
	CHECK_EQ(v, 0xf7fc0000);
}

TEST(no_call_at_all)
{
	u64 v;

	setup();
	ctx.abi = NULL;
	CHECK_EQ(get_ps(ENG_PS_SYSCALL_NUMBER, ENG_EV_SYSCALL, ENG_PRE, &v), ENG_E_STAGE);
	CHECK_EQ(set_ps(ENG_PS_SYSCALL_ARG5, ENG_EV_SYSCALL, ENG_PRE, 1), ENG_E_STAGE);
}

UNIT_MAIN()
