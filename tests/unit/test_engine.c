/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_engine.c - the interpreter: every opcode, calls, jumps, budget, stacks.
 */
#include "engine_kit.h"

#define MIN64 (1ULL << 63)

static struct kit k;

struct value_case {
	enum eng_op op;
	u64 b, c;
	s32 imm;
	u64 want;
};

/* R0 = op(R1, R2, imm) */
static void check_value(const struct value_case *t, u8 cfield)
{
	enum eng_error e;

	kit_init(&k, 3, 0);
	kit_load(&k, 1, t->b);
	kit_load(&k, 2, t->c);
	kit_op(&k, t->op, 0, 1, cfield, t->imm);
	OP(RET, 0, 0, 0, 0);
	e = kit_run(&k);
	if (e || ctx.result != t->want)
		UNIT_FAIL("op %d of %llx %llx imm %d: error %d, %llx instead of %llx", t->op, t->b,
			  t->c, t->imm, e, ctx.result, t->want);
}

TEST(values)
{
	static const struct value_case cases[] = {
		{ ENG_OP_MOV, 5, 0, 0, 5 },
		{ ENG_OP_LDI, 0, 0, -7, -7ULL },
		{ ENG_OP_ADD, ~0ULL, 2, 0, 1 },
		{ ENG_OP_SUB, 1, 2, 0, ~0ULL },
		{ ENG_OP_MUL, 1ULL << 63, 2, 0, 0 },
		{ ENG_OP_MUL, -3ULL, 5, 0, -15ULL },
		{ ENG_OP_DIVS, -7ULL, 2, 0, -3ULL },
		{ ENG_OP_DIVS, MIN64, 1, 0, MIN64 },
		{ ENG_OP_DIVU, -1ULL, 2, 0, ~0ULL >> 1 },
		{ ENG_OP_DIVU, MIN64, ~0ULL, 0, 0 },
		{ ENG_OP_REMS, -7ULL, 3, 0, -1ULL },
		{ ENG_OP_REMU, ~0ULL, 10, 0, 5 },
		{ ENG_OP_AND, 0xf0f0, 0xff00, 0, 0xf000 },
		{ ENG_OP_OR, 0xf0f0, 0xff00, 0, 0xfff0 },
		{ ENG_OP_XOR, 0xf0f0, 0xff00, 0, 0x0ff0 },
		{ ENG_OP_SHL, 1, 63, 64, MIN64 },
		{ ENG_OP_SHL, 1, 31, 32, 1ULL << 31 },
		{ ENG_OP_SHRS, -8ULL, 1, 64, -4ULL },
		{ ENG_OP_SHRU, -8ULL, 1, 64, 0x7ffffffffffffffcULL },
		{ ENG_OP_ADDI, 5, 0, -6, ~0ULL },
		{ ENG_OP_MULI, 5, 0, -6, -30ULL },
		{ ENG_OP_ANDI, ~0ULL, 0, -16, -16ULL },
		{ ENG_OP_ORI, 1, 0, 6, 7 },
		{ ENG_OP_XORI, 5, 0, -1, ~5ULL },
		{ ENG_OP_SHLI, 3, 0, 62, 3ULL << 62 },
		{ ENG_OP_SHRSI, MIN64, 0, 63, ~0ULL },
		{ ENG_OP_SHRUI, MIN64, 0, 63, 1 },
		{ ENG_OP_NEG, 5, 0, 0, -5ULL },
		{ ENG_OP_NEG, MIN64, 0, 0, MIN64 },
		{ ENG_OP_NOT, 5, 0, 0, ~5ULL },
		{ ENG_OP_LNOT, 5, 0, 0, 0 },
		{ ENG_OP_LNOT, 0, 0, 0, 1 },
		{ ENG_OP_BOOL, 1ULL << 40, 0, 0, 1 },
		{ ENG_OP_BOOL, 0, 0, 0, 0 },
		{ ENG_OP_SEQ, 4, 4, 0, 1 },
		{ ENG_OP_SEQ, 4, 5, 0, 0 },
		{ ENG_OP_SNE, 4, 5, 0, 1 },
		{ ENG_OP_SNE, 4, 4, 0, 0 },
		{ ENG_OP_SLTS, -1ULL, 0, 0, 1 },
		{ ENG_OP_SLTS, 0, 0, 0, 0 },
		{ ENG_OP_SLES, 0, 0, 0, 1 },
		{ ENG_OP_SLES, 1, -1ULL, 0, 0 },
		{ ENG_OP_SLTU, -1ULL, 0, 0, 0 },
		{ ENG_OP_SLTU, 0, ~0ULL, 0, 1 },
		{ ENG_OP_SLEU, 7, 7, 0, 1 },
		{ ENG_OP_SLEU, ~0ULL, 7, 0, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		check_value(&cases[i], 2);
}

TEST(extension)
{
	static const struct {
		u8 ext;
		u64 want;
	} cases[] = {
		{ ENG_U8, 0xf8 },
		{ ENG_S8, 0xfffffffffffffff8ULL },
		{ ENG_U16, 0x87f8 },
		{ ENG_S16, 0xffffffffffff87f8ULL },
		{ ENG_U32, 0x800087f8ULL },
		{ ENG_S32, 0xffffffff800087f8ULL },
		{ ENG_X64, 0x12345678800087f8ULL },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct value_case t = { ENG_OP_EXT, 0x12345678800087f8ULL, 0, 0, cases[i].want };

		check_value(&t, cases[i].ext);
	}
}

/* Runs op(R1, R2) and expects an error with its values at instruction 2, line 102. */
static void check_error(enum eng_op op, u64 b, u64 c, s32 imm, enum eng_error want, u64 v0, u64 v1)
{
	kit_init(&k, 3, 0);
	kit_load(&k, 1, b);
	kit_load(&k, 2, c);
	kit_op(&k, op, op == ENG_OP_BOUND ? 1 : 0, 1, 2, imm);
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), want);
	CHECK_EQ(fault.code, want);
	CHECK_EQ(fault.pc, 2);
	CHECK_EQ(fault.line, 102);
	CHECK_EQ(fault.value[0], v0);
	CHECK_EQ(fault.value[1], v1);
}

TEST(arithmetic_errors)
{
	check_error(ENG_OP_DIVS, 9, 0, 0, ENG_E_DIV, 9, 0);
	check_error(ENG_OP_DIVS, MIN64, ~0ULL, 0, ENG_E_DIV, MIN64, ~0ULL);
	check_error(ENG_OP_DIVU, 9, 0, 0, ENG_E_DIV, 9, 0);
	check_error(ENG_OP_REMS, 9, 0, 0, ENG_E_DIV, 9, 0);
	check_error(ENG_OP_REMS, MIN64, ~0ULL, 0, ENG_E_DIV, MIN64, ~0ULL);
	check_error(ENG_OP_REMU, 9, 0, 0, ENG_E_DIV, 9, 0);
	check_error(ENG_OP_SHL, 9, 64, 64, ENG_E_SHIFT, 64, 64);
	check_error(ENG_OP_SHL, 9, 32, 32, ENG_E_SHIFT, 32, 32);
	check_error(ENG_OP_SHRS, 9, -1ULL, 64, ENG_E_SHIFT, -1ULL, 64);
	check_error(ENG_OP_SHRU, 9, 64, 64, ENG_E_SHIFT, 64, 64);
	check_error(ENG_OP_BOUND, 10, 0, 10, ENG_E_BOUND, 10, 10);
	check_error(ENG_OP_BOUND, -1ULL, 0, 10, ENG_E_BOUND, -1ULL, 10);
}

TEST(bound_inside)
{
	kit_init(&k, 1, 0);
	OP(LDI, 0, 0, 0, 9);
	OP(BOUND, 0, 0, 0, 10);
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(ctx.result, 9);
}

/* Does op jump with R0 = x, and R1 = y or the number y? */
static bool jumps(enum eng_op op, u64 x, u64 y, bool number)
{
	u32 jump;

	kit_init(&k, 2, 0);
	kit_load(&k, 0, x);
	kit_load(&k, 1, y);
	jump = kit_op(&k, op, 0, number ? (u8)y : 1, number ? (u8)(y >> 8) : 0, 0);
	OP(LDI, 0, 0, 0, 0);
	OP(RET, 0, 0, 0, 0);
	kit_jump(&k, jump, OP(LDI, 0, 0, 0, 1));
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	return ctx.result;
}

TEST(jumps)
{
	static const struct {
		enum eng_op op;
		u64 x, y;
		bool number, want;
	} cases[] = {
		{ ENG_OP_J, 0, 0, false, true },
		{ ENG_OP_JZ, 0, 0, false, true },
		{ ENG_OP_JZ, 1, 0, false, false },
		{ ENG_OP_JNZ, 0, 0, false, false },
		{ ENG_OP_JNZ, 1ULL << 60, 0, false, true },
		{ ENG_OP_JEQ, 3, 3, false, true },
		{ ENG_OP_JEQ, 3, 4, false, false },
		{ ENG_OP_JNE, 3, 4, false, true },
		{ ENG_OP_JNE, 4, 4, false, false },
		{ ENG_OP_JLTS, -1ULL, 0, false, true },
		{ ENG_OP_JLTS, 0, 0, false, false },
		{ ENG_OP_JLES, 0, 0, false, true },
		{ ENG_OP_JLES, 1, 0, false, false },
		{ ENG_OP_JLTU, -1ULL, 0, false, false },
		{ ENG_OP_JLTU, 0, 1, false, true },
		{ ENG_OP_JLEU, 1, 1, false, true },
		{ ENG_OP_JLEU, 2, 1, false, false },
		{ ENG_OP_JEQI, -5ULL, -5ULL, true, true },
		{ ENG_OP_JEQI, 5, -5ULL, true, false },
		{ ENG_OP_JNEI, 5, -5ULL, true, true },
		{ ENG_OP_JNEI, 5, 5, true, false },
		{ ENG_OP_JLTSI, -301ULL, -300ULL, true, true },
		{ ENG_OP_JLTSI, -300ULL, -300ULL, true, false },
		{ ENG_OP_JLESI, 300, 300, true, true },
		{ ENG_OP_JLESI, 301, 300, true, false },
		{ ENG_OP_JGTSI, 32767, 32766, true, true },
		{ ENG_OP_JGTSI, 5, 5, true, false },
		{ ENG_OP_JGESI, 5, 5, true, true },
		{ ENG_OP_JGESI, -32768ULL, -32767ULL, true, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		if (jumps(cases[i].op, cases[i].x, cases[i].y, cases[i].number) != cases[i].want)
			UNIT_FAIL("case %u", i);
}

TEST(globals)
{
	kit_init(&k, 2, 0);
	OP(LDG, 0, 0, 0, 5);
	OP(ADDI, 0, 0, 0, 1);
	OP(STG, 0, 0, 0, 5);
	OP(LEAG, 1, 0, 0, 5);
	OP(LD, 0, 1, ENG_X64, 0);
	OP(RET, 0, 0, 0, 0);
	slots[5] = 41;
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(slots[5], 42);
	CHECK_EQ(ctx.result, 42);
	CHECK_EQ(vm->reg[1], ENG_ADDR(ENG_SEG_GLOBALS, 40));
	/* a program that needs more globals than the host has does not start */
	globals.nslots = 5;
	CHECK_EQ(kit_run(&k), ENG_E_ADDR);
	CHECK_EQ(fault.value[0], ENG_ADDR(ENG_SEG_GLOBALS, 40));
	CHECK_EQ(slots[5], 42);
}

/* fib(n): recursion, arguments and results in windows. */
static void emit_fib(u32 n)
{
	u32 f, base;

	kit_init(&k, 4, 0);
	OP(LDI, 1, 0, 0, (s32)n);
	OP(CALL, 1, 0, 0, 1);
	OP(RET, 1, 0, 0, 0);
	f = kit_func(&k, 5, 1, 0);
	base = OP(JGESI, 0, 2, 0, 0);
	OP(RET, 0, 0, 0, 0);
	kit_jump(&k, base, OP(ADDI, 3, 0, 0, -1));
	OP(CALL, 3, 0, 0, (s32)f);
	OP(MOV, 1, 3, 0, 0);
	OP(ADDI, 3, 0, 0, -2);
	OP(CALL, 3, 0, 0, (s32)f);
	OP(ADD, 0, 1, 3, 0);
	OP(RET, 0, 0, 0, 0);
}

TEST(recursion)
{
	emit_fib(20);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(ctx.result, 6765);
}

TEST(new_frames_are_zero)
{
	u32 f;

	kit_init(&k, 6, 16);
	f = kit_func(&k, 4, 1, 32);
	k.im.nfuncs--; /* main's code first */
	OP(LDI, 1, 0, 0, 1);
	OP(LDI, 3, 0, 0, 77); /* lies where the callee's R2 will be */
	OP(LDI, 4, 0, 0, -1);
	OP(STF, 4, 0, ENG_X64, 8);
	OP(CALL, 1, 0, 0, (s32)f);
	OP(LDI, 1, 0, 0, 2);
	OP(CALL, 1, 0, 0, (s32)f);
	OP(LDF, 0, 0, ENG_X64, 8);
	OP(BOUND, 0, 0, 0, 0x7fffffff);
	OP(RET, 1, 0, 0, 0);
	k.im.nfuncs++;
	k.fn[f].entry = k.im.ncode;
	/* R0 = R2 + memory[24]; memory[24] = -1 */
	OP(LDF, 3, 0, ENG_X64, 24);
	OP(ADD, 0, 2, 3, 0);
	OP(LDI, 3, 0, 0, -1);
	OP(STF, 3, 0, ENG_X64, 24);
	OP(RET, 0, 0, 0, 0);
	/* main's own frame memory is still there: BOUND sees -1 */
	CHECK_EQ(kit_run(&k), ENG_E_BOUND);
	CHECK_EQ(vm->reg[1], 0);
}

TEST(frame_memory)
{
	kit_init(&k, 3, 24);
	OP(LDI, 0, 0, 0, -2);
	OP(STF, 0, 0, ENG_S16, 3);
	OP(LEAF, 1, 0, 0, 0);
	OP(LD, 2, 1, ENG_U32, 2); /* bytes 0 fe ff 0 */
	OP(STG, 2, 0, 0, 0);
	OP(LDF, 2, 0, ENG_S16, 3);
	OP(STG, 2, 0, 0, 1);
	OP(ZEROF, 0, 2, 0, 3);
	OP(LDF, 2, 0, ENG_U16, 3);
	OP(STG, 2, 0, 0, 2);
	OP(ST, 1, 0, ENG_U8, 23);
	OP(LD, 2, 1, ENG_S8, 23);
	OP(RET, 2, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(slots[0], 0xfffe00);
	CHECK_EQ(slots[1], -2ULL);
	CHECK_EQ(slots[2], 0);
	CHECK_EQ(ctx.result, -2ULL);
}

TEST(endless_recursion)
{
	kit_init(&k, 2, 0);
	OP(CALL, 0, 0, 0, 1);
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 1, 0, 0);
	OP(CALL, 0, 0, 0, 1);
	OP(RET, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_E_STACK);
	CHECK_EQ(fault.pc, 2);
	/* register stack: 249 more each time */
	k.fn[1].nregs = 250;
	k.code[2].a = 249;
	CHECK_EQ(kit_run(&k), ENG_E_STACK);
	/* frame memory */
	k.fn[1].mem = ENG_STACK_MEM / 4;
	CHECK_EQ(kit_run(&k), ENG_E_STACK);
	CHECK(vm->frame_top <= ENG_STACK_MEM);
}

TEST(depth_of_calls_is_exact)
{
	u32 jump;

	/* f(n): n ? f(n - 1) : 0 */
	kit_init(&k, 2, 0);
	OP(LDG, 0, 0, 0, 0);
	OP(CALL, 0, 0, 0, 1);
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 2, 1, 0);
	jump = OP(JZ, 0, 0, 0, 0);
	OP(ADDI, 1, 0, 0, -1);
	OP(CALL, 1, 0, 0, 1);
	kit_jump(&k, jump, OP(RET, 0, 0, 0, 0));
	slots[0] = ENG_STACK_CALLS - 1;
	CHECK_EQ(kit_run(&k), ENG_OK);
	slots[0] = ENG_STACK_CALLS;
	CHECK_EQ(kit_run(&k), ENG_E_STACK);
}

TEST(endless_loops)
{
	kit_init(&k, 2, 0);
	OP(J, 0, 0, 0, -1);
	CHECK_EQ(kit_run(&k), ENG_E_BUDGET);
	CHECK_EQ(fault.pc, 0);
	kit_init(&k, 2, 0);
	OP(ADDI, 0, 0, 0, 1);
	OP(STG, 0, 0, 0, 0);
	OP(J, 0, 0, 0, -3);
	slots[0] = 0;
	CHECK_EQ(kit_run(&k), ENG_E_BUDGET);
	/* never more than the budget, and not much less */
	CHECK(slots[0] * 3 <= 1000000);
	CHECK(slots[0] * 3 > 999990);
	/* the next run starts anew */
	kit_init(&k, 1, 0);
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
}

/* Counts what a run executes and compares with what it pays. */
TEST(budget_is_never_too_little)
{
	u64 executed = 2 + 1; /* of main */
	s64 paid;

	emit_fib(15);
	kit_build(&k);
	world_vm(1000000000);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_OK);
	/* calls of fib(15): 1973, of which 987 return at once (2), the others 8 instructions */
	executed += 987 * 2 + 986 * 8;
	paid = 1000000000 - vm->left;
	CHECK(paid >= (s64)executed);
	CHECK(paid < 2 * (s64)executed);
	eng_vm_set_budget(vm, executed / 2);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_E_BUDGET);
}

TEST(budget_of_builtins)
{
	/* a loop of built-ins costs far more than its instructions */
	kit_init(&k, 1, 0);
	OP(LDG, 0, 0, 0, 0);
	OP(ADDI, 0, 0, 0, 1);
	OP(STG, 0, 0, 0, 0);
	OP(BUILTIN, 0, 1, 0, ENG_BI_NEG);
	OP(J, 0, 0, 0, -5);
	slots[0] = 0;
	CHECK_EQ(kit_run(&k), ENG_E_BUDGET);
	CHECK(slots[0] > 10000 && slots[0] <= 1000000 / (5 + ENG_COST_BUILTIN));
}

TEST(budget_smaller_than_main)
{
	kit_init(&k, 1, 0);
	OP(NOP, 0, 0, 0, 0);
	OP(NOP, 0, 0, 0, 0);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	world_vm(2);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_E_BUDGET);
	eng_vm_set_budget(vm, 3);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_OK);
	eng_vm_set_budget(vm, ~0ULL);
	CHECK_EQ(eng_run(vm, &k.prog, &ctx, NULL, ENG_PRE, &fault), ENG_OK);
}

TEST(result_of_main)
{
	kit_init(&k, 1, 0);
	OP(LDI, 0, 0, 0, 7);
	OP(END, 0, 0, 0, 0);
	ctx.result = 99;
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_EQ(ctx.result, 0);
}

TEST(disassembly)
{
	char buf[128];
	u32 f;

	kit_init(&k, 8, 16);
	f = kit_str(&k, "n %d\n");
	OP(ADDI, 2, 1, 0, -1);
	OP(LDK, 2, 0, 0, 0);
	k.k[0] = 0x1234;
	k.im.nconsts = 1;
	OP(JLTSI, 2, 0xfe, 0xff, 0);
	OP(LDREG, 1, 0, 0, kit_reg("eax"));
	OP(LDPS, 1, 0, 0, ENG_PS_PID);
	OP(LD, 1, 2, ENG_S16, -8);
	OP(LDF, 1, 0, ENG_U8, 15);
	OP(PRINTF, 4, 1, 0, (s32)f);
	OP(BUILTIN, 4, 3, 0, ENG_BI_MEMCPY);
	OP(CALL, 3, 0, 0, 1);
	OP(STG, 3, 0, 0, 9);
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 2, 2, 0);
	OP(RET, 0, 0, 0, 0);
	kit_build(&k);
	static const char *const want[] = {
		"ADDI r2, r1, -1",
		"LDK r2, 0x1234",
		"JLTSI r2, -2, -> 3",
		"LDREG r1, @eax",
		"LDPS r1, $pid",
		"LD r1, r2, s16, -8",
		"LDF r1, u8, frame+15",
		"PRINTF \"n %d\\n\", r4",
		"BUILTIN r4, memcpy(r4..r6)",
		"CALL r3, func(r3..r4)",
		"STG r3, g9",
		"END",
		"RET r0",
	};
	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		CHECK_EQ(eng_disasm(&k.prog, i, buf, sizeof(buf)), strlen(want[i]));
		CHECK_STR(buf, want[i]);
	}
	CHECK_EQ(eng_disasm(&k.prog, 0, buf, 5), strlen(want[0]));
	CHECK_STR(buf, "ADDI");
}

TEST(fault_texts)
{
	static const struct {
		struct eng_fault f;
		const char *want;
	} cases[] = {
		{ { ENG_E_ADDR, 0, 0, { 0x1000, 8 } }, "bad address: 1000, length 8" },
		{ { ENG_E_DIV, 0, 0, { 7, 0 } },
		  "division by zero, or quotient out of range: 7 / 0" },
		{ { ENG_E_SHIFT, 0, 0, { -1ULL, 32 } },
		  "shift count out of range: -1 in a value of 32 bits" },
		{ { ENG_E_BOUND, 0, 0, { 16, 10 } }, "array index out of bounds: index 10 of a" },
		{ { ENG_E_REG, 0, 0, { ENG_CR3, 0 } }, "register not available here: @cr3" },
		{ { ENG_E_STAGE, 0, 0, { ENG_PS_SYSCALL_RETURN, ENG_SUBJECT_PSEUDO } },
		  "not possible in this stage: $syscall_return" },
		{ { ENG_E_UNSUPPORTED, 0, 0, { ENG_BI_MICROSLEEP, ENG_SUBJECT_BUILTIN } },
		  "not available on this target: microsleep()" },
		{ { ENG_E_SLEEP, 0, 0, { 20000, 10000 } },
		  "the script would hold the CPU for too long: microsleep() of 20000 us, with at "
		  "most 10000 us in one run" },
	};
	char buf[128];

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		eng_fault_text(&cases[i].f, buf, sizeof(buf));
		CHECK_STR(buf, cases[i].want);
	}
	for (u32 e = 0; e < ENG_NERRORS; e++)
		CHECK(strcmp(eng_error_text((enum eng_error)e), "unknown error"));
	CHECK_STR(eng_error_text((enum eng_error)999), "unknown error");
}

UNIT_MAIN()
