/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_verify.c - every rule of the verifier, attacked one at a time: an accepted image
 * is changed in one place and must be refused for the right reason.
 */
#include "engine_kit.h"

static struct kit k;

/* An image with one of everything. */
static void start(void)
{
	kit_init(&k, 8, 16);
	OP(LDI, 0, 0, 0, 1);
}

static void finish(void)
{
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 3, 2, 8);
	OP(RET, 0, 0, 0, 0);
	kit_image(&k);
}

static void refused(const char *why)
{
	bool ok;

	memcpy(k.image, &k.im, sizeof(k.im));
	ok = kit_verify(&k);
	if (ok)
		UNIT_FAIL("accepted, though: %s", why);
	CHECK_STR(k.verdict.why, why);
}

static struct eng_insn *code(u32 i)
{
	return (struct eng_insn *)((u8 *)k.image + sizeof(k.im)) + i;
}

static struct eng_func *func(u32 i)
{
	return (struct eng_func *)code(k.im.ncode) + i;
}

TEST(accepts)
{
	start();
	finish();
	CHECK(kit_verify(&k));
	CHECK(!k.verdict.why);
	CHECK(k.prog.image == (void *)k.image);
	CHECK_EQ(k.prog.code[0].op, ENG_OP_LDI);
	CHECK_EQ(k.prog.lines[1], 101);
	CHECK_STR((const char *)k.prog.data + k.prog.funcs[1].name, "func");
}

/* A line may name any file: what there is no name for is nameless, and nothing is overrun. */
TEST(file_names)
{
	u32 *lines;

	start();
	k.im.files = kit_str(&k, "one.ds");
	kit_str(&k, "two.ds");
	finish();
	CHECK(kit_verify(&k));
	CHECK(!eng_program_file(&k.prog, 0));
	lines = (u32 *)k.prog.lines;
	lines[0] |= 1u << ENG_LINE_BITS;
	CHECK_STR(eng_program_file(&k.prog, 0), "one.ds");
	lines[0] += 1u << ENG_LINE_BITS;
	CHECK_STR(eng_program_file(&k.prog, 0), "two.ds");
	lines[0] += 2u << ENG_LINE_BITS; /* the third text is the name of a function */
	CHECK_STR(eng_program_file(&k.prog, 0), "");
	CHECK(eng_program_file(&k.prog, 0) == (const char *)k.prog.data + k.im.ndata - 1);
	lines[0] = ~0u;
	CHECK_STR(eng_program_file(&k.prog, 0), "");
}

#define HEADER(field, value, why)              \
	do {                                   \
		struct eng_image saved = k.im; \
		k.im.field = (value);          \
		refused(why);                  \
		k.im = saved;                  \
	} while (0)

TEST(header)
{
	start();
	finish();
	HEADER(magic, 1, "not a script image");
	HEADER(version, ENG_IMAGE_VERSION + 1, "image of another version");
	HEADER(size, k.im.size + 8, "image size differs");
	HEADER(size, k.im.size - 8, "image size differs");
	HEADER(size, 0, "image size differs");
	HEADER(ncode, 0, "no code or too much");
	HEADER(ncode, ~0u, "no code or too much");
	HEADER(ncode, ENG_MAX_CODE, "section outside the image");
	HEADER(nfuncs, 0, "no function or too many");
	HEADER(nfuncs, ~0u, "no function or too many");
	HEADER(nfuncs, ENG_MAX_FUNCS, "section outside the image");
	HEADER(ndata, 0, "no data or too much");
	HEADER(ndata, ~0u, "no data or too much");
	HEADER(ndata, ENG_MAX_DATA, "section outside the image");
	HEADER(ndata, k.im.ndata - 8, "sections do not fill the image");
	HEADER(nconsts, ~0u, "section outside the image");
	HEADER(nconsts, 0x20000000u, "section outside the image"); /* 8 times that wraps 32 bits */
	HEADER(nconsts, 1, "section outside the image");
	HEADER(nmaps, ENG_MAX_MAPS + 1, "too many maps");
	HEADER(nmaps, ENG_MAX_MAPS, "section outside the image");
	HEADER(files, k.im.ndata, "names of files outside the data");
	HEADER(regs_read, ENG_BIT(ENG_NREGS), "unknown register in header");
	HEADER(regs_written, ENG_BIT(63), "unknown register in header");
	HEADER(pseudo_read, ENG_BIT(ENG_NPSEUDO), "unknown pseudo-register in header");
	HEADER(pseudo_written, ENG_BIT(63), "unknown pseudo-register in header");
	k.size = sizeof(k.im) - 1;
	refused("image too short");
	k.size = 0;
	refused("image too short");
}

TEST(alignment)
{
	u8 scratch[64];

	CHECK(!eng_verify((u8 *)k.image + 4, sizeof(k.im), scratch, &k.prog, &k.verdict));
	CHECK_STR(k.verdict.why, "image not aligned");
}

TEST(truncation)
{
	start();
	finish();
	CHECK(kit_verify(&k));
	/* all but the padding behind the data is needed */
	for (size_t size = 0; size < (size_t)(k.prog.data + k.im.ndata - (u8 *)k.image); size++) {
		u64 *copy = malloc(size + 1);
		u8 *scratch = malloc(size + 1);

		memcpy(copy, k.image, size);
		if (size >= sizeof(k.im))
			((struct eng_image *)copy)->size = (u32)size;
		CHECK(!eng_verify(copy, size, scratch, &k.prog, &k.verdict));
		free(copy);
		free(scratch);
	}
}

TEST(data_end)
{
	start();
	finish();
	((u8 *)k.image)[k.size - 8 + (k.im.ndata + 7) % 8] = 'x';
	refused("data without a final NUL");
}

#define FUNC(i, field, value, why)                   \
	do {                                         \
		struct eng_func saved_fn = *func(i); \
		func(i)->field = (value);            \
		refused(why);                        \
		*func(i) = saved_fn;                 \
	} while (0)

TEST(functions)
{
	start();
	finish();
	FUNC(0, entry, 1, "functions out of order");
	FUNC(1, entry, 1, "functions out of order");
	FUNC(1, entry, ~0u, "functions out of order");
	FUNC(1, entry, 3, "functions out of order");
	FUNC(1, len, 2, "functions out of order");
	FUNC(1, len, ~0u, "functions out of order");
	FUNC(1, len, 0, "functions out of order");
	FUNC(0, nregs, 0, "bad register count of a function");
	FUNC(0, nregs, ENG_MAX_REGS + 1, "bad register count of a function");
	FUNC(1, nparams, 4, "bad register count of a function");
	FUNC(0, nparams, 1, "main program with parameters");
	FUNC(0, mem, 12, "bad frame memory of a function");
	FUNC(0, mem, ENG_MAX_MEM + 8, "bad frame memory of a function");
	FUNC(0, mem, 0xfffffff8u, "bad frame memory of a function");
	FUNC(1, name, k.im.ndata, "function name outside the data");
	/* code that belongs to nobody */
	k.im.nfuncs = 1;
	k.im.ncode = 3;
	start();
	OP(END, 0, 0, 0, 0);
	OP(END, 0, 0, 0, 0);
	k.fn[0].len = 2;
	kit_image(&k);
	refused("code outside of functions");
}

TEST(ends)
{
	start();
	finish();
	code(1)->op = ENG_OP_NOP;
	refused("function without an end");
	CHECK_EQ(k.verdict.pc, 1);
	code(1)->op = ENG_OP_JZ;
	code(1)->imm = -1;
	refused("function without an end");
	code(1)->op = ENG_OP_J;
	CHECK(kit_verify(&k));
	code(2)->op = ENG_OP_END;
	refused("end of the script in a function");
	CHECK_EQ(k.verdict.pc, 2);
}

static const struct eng_map_desc shapes[] = {
	{ .keys = ENG_KEYS_INT, .kind = ENG_MAP_VALUE },
	{ .keys = ENG_KEYS_INT2, .kind = ENG_MAP_VALUE },
	{ .keys = ENG_KEYS_STR, .kind = ENG_MAP_COUNT },
	{ .keys = ENG_KEYS_NONE, .kind = ENG_MAP_HIST },
	{ .keys = ENG_KEYS_INT, .kind = ENG_MAP_LHIST, .buckets = 3, .min = -5, .step = 2 },
};

/* One instruction in the middle of a program whose frame has 8 registers, 16 bytes of memory. */
static void attack(enum eng_op op, u8 a, u8 b, u8 c, s32 imm, const char *why)
{
	start();
	k.im.nglobals = 4;
	k.im.nconsts = 2;
	k.im.nmaps = ARRAY_SIZE(shapes);
	memcpy(k.map, shapes, sizeof(shapes));
	k.code[k.im.ncode] = (struct eng_insn){ (u8)op, a, b, c, imm };
	k.im.ncode++;
	k.fn[0].len++;
	finish();
	if (why) {
		refused(why);
		CHECK_EQ(k.verdict.pc, 1);
	} else if (!kit_verify(&k)) {
		UNIT_FAIL("op %d refused: %s", op, k.verdict.why);
	}
}

TEST(opcodes)
{
	attack(ENG_NOPS, 0, 0, 0, 0, "unknown instruction");
	attack(255, 0, 0, 0, 0, "unknown instruction");
}

/* The last register is 7; every register operand of every instruction is tried with 8. */
TEST(registers)
{
	static const char *const formats[ENG_NOPS] = {
#define X(id, format, meaning) format,
		ENG_OPCODES(X)
#undef X
	};
	const char *why = "register outside the frame";

	for (u32 op = 0; op < ENG_NOPS; op++) {
		s32 imm = op == ENG_OP_SHL || op == ENG_OP_SHRS || op == ENG_OP_SHRU ? 64 : 0;
		bool plain = !strpbrk(formats[op], "rpfBFMm");

		for (const char *f = formats[op]; *f; f++) {
			if (*f == 'a' || *f == 'A')
				attack((enum eng_op)op, 8, 7, 7 % ENG_NEXT, imm, why);
			if (*f == 'b')
				attack((enum eng_op)op, 7, 8, 6, imm, why);
			if (*f == 'c')
				attack((enum eng_op)op, 7, 7, 8, imm, why);
		}
		if (plain && op != ENG_OP_END)
			attack((enum eng_op)op, 7, 7, strchr(formats[op], 'c') ? 7 : 6, imm, NULL);
	}
}

TEST(numbers)
{
	attack(ENG_OP_SHLI, 0, 0, 0, 64, "bad shift count");
	attack(ENG_OP_SHRSI, 0, 0, 0, -1, "bad shift count");
	attack(ENG_OP_SHRUI, 0, 0, 0, 64, "bad shift count");
	attack(ENG_OP_SHL, 0, 0, 0, 65, "bad width of a shift");
	attack(ENG_OP_SHL, 0, 0, 0, 0, "bad width of a shift");
	attack(ENG_OP_SHRS, 0, 0, 0, -1, "bad width of a shift");
	attack(ENG_OP_SHRU, 0, 0, 0, 65, "bad width of a shift");
	attack(ENG_OP_COPY, 0, 0, 0, -1, "negative number");
	attack(ENG_OP_BOUND, 0, 0, 0, -1, "negative number");
	attack(ENG_OP_LDK, 0, 0, 0, 2, "unknown constant");
	attack(ENG_OP_LDK, 0, 0, 0, -1, "unknown constant");
	attack(ENG_OP_LDG, 0, 0, 0, 4, "unknown global");
	attack(ENG_OP_STG, 0, 0, 0, -1, "unknown global");
	attack(ENG_OP_LEAG, 0, 0, 0, 4, "unknown global");
	attack(ENG_OP_LEAO, 0, 0, 0, 10, "outside the data");
	attack(ENG_OP_LEAO, 0, 0, 0, 9, NULL);
	attack(ENG_OP_LEAO, 0, 0, 0, -1, "outside the data");
	attack(ENG_OP_EXT, 0, 0, ENG_NEXT, 0, "unknown width");
	attack(ENG_OP_LD, 0, 0, ENG_NEXT, 0, "unknown width");
	attack(ENG_OP_ST, 0, 0, 255, 0, "unknown width");
}

TEST(float_widths)
{
	static const u8 ops[] = { ENG_OP_FADD, ENG_OP_FSUB, ENG_OP_FMUL, ENG_OP_FDIV, ENG_OP_FNEG,
				  ENG_OP_FSEQ, ENG_OP_FSLT, ENG_OP_FSLE, ENG_OP_FCVT, ENG_OP_FTOS,
				  ENG_OP_FTOU, ENG_OP_STOF, ENG_OP_UTOF };

	for (u32 i = 0; i < ARRAY_SIZE(ops); i++) {
		attack(ops[i], 0, 0, 0, ENG_F32, NULL);
		attack(ops[i], 0, 0, 0, ENG_F64, NULL);
		attack(ops[i], 0, 0, 0, ENG_NFP, "unknown float width");
		attack(ops[i], 0, 0, 0, -1, "unknown float width");
	}
	attack(ENG_OP_FTOS, 0, 0, ENG_NEXT, ENG_F64, "unknown width");
	attack(ENG_OP_FTOU, 0, 0, 255, ENG_F32, "unknown width");
}

/* a, b: first register and how many; c: operation; imm: map */
TEST(map_operands)
{
	const char *regs = "wrong number of registers of an operation on a map";
	const char *kind = "this kind of map has no such operation";

	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, 0, NULL);
	attack(ENG_OP_MAP, 7, 1, ENG_MAPOP_GET, 0, NULL);
	attack(ENG_OP_MAP, 8, 1, ENG_MAPOP_GET, 0, "register outside the frame");
	attack(ENG_OP_MAP, 7, 2, ENG_MAPOP_SET, 0, "register outside the frame");
	attack(ENG_OP_MAP, 5, 3, ENG_MAPOP_ADD, 1, NULL);
	attack(ENG_OP_MAP, 6, 3, ENG_MAPOP_ADD, 1, "register outside the frame");
	attack(ENG_OP_MAP, 8, 0, ENG_MAPOP_LEN, 0, "register outside the frame");
	attack(ENG_OP_MAP, 0, 0, ENG_MAPOP_GET, 0, regs);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_GET, 0, regs);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, 1, regs);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_SET, 0, regs);
	attack(ENG_OP_MAP, 0, 3, ENG_MAPOP_SET, 0, regs);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_PUT, 2, regs);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_PUT, 2, NULL);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_PUT, 3, regs);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_PUT, 3, NULL);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_CLEAR, 0, regs);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_SET, 2, kind);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_ADD, 2, kind);
	attack(ENG_OP_MAP, 0, 2, ENG_MAPOP_PUT, 0, kind);
	attack(ENG_OP_MAP, 0, 0, ENG_MAPOP_GET, 3, kind);
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, 4, kind);
	attack(ENG_OP_MAP, 0, 1, ENG_NMAPOPS, 0, "unknown operation on a map");
	attack(ENG_OP_MAP, 0, 1, 255, 0, "unknown operation on a map");
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, ARRAY_SIZE(shapes), "unknown map");
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, -1, "unknown map");
	attack(ENG_OP_MAP, 0, 1, ENG_MAPOP_GET, 0x7fffffff, "unknown map");
}

TEST(map_shapes)
{
	static const struct eng_map_desc bad[] = {
		{ .keys = ENG_NKEYS },
		{ .kind = ENG_NMAPKINDS },
		{ .keys = 255, .kind = 255 },
		{ .kind = ENG_MAP_VALUE, .buckets = 1 },
		{ .kind = ENG_MAP_HIST, .step = 1 },
		{ .kind = ENG_MAP_COUNT, .min = 1 },
		{ .kind = ENG_MAP_LHIST, .buckets = 0, .step = 1 },
		{ .kind = ENG_MAP_LHIST, .buckets = ENG_LHIST_MAX + 1, .step = 1 },
		{ .kind = ENG_MAP_LHIST, .buckets = 1, .step = 0 },
		{ .name = 10 },
		{ .name = ~0u },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		start();
		k.im.nmaps = 2;
		memset(k.map, 0, sizeof(k.map));
		k.map[1] = bad[i];
		finish();
		refused("bad shape of a map");
		k.map[1] = (struct eng_map_desc){ .name = 9 };
		kit_image(&k);
		CHECK(kit_verify(&k));
	}
}

TEST(frame_memory)
{
	attack(ENG_OP_LEAF, 0, 0, 0, 15, NULL);
	attack(ENG_OP_LEAF, 0, 0, 0, 16, "outside the frame memory");
	attack(ENG_OP_LEAF, 0, 0, 0, -1, "outside the frame memory");
	attack(ENG_OP_LDF, 0, 0, ENG_X64, 8, NULL);
	attack(ENG_OP_LDF, 0, 0, ENG_X64, 9, "outside the frame memory");
	attack(ENG_OP_STF, 0, 0, ENG_U8, 15, NULL);
	attack(ENG_OP_STF, 0, 0, ENG_U8, 16, "outside the frame memory");
	attack(ENG_OP_STF, 0, 0, ENG_S16, 15, "outside the frame memory");
	attack(ENG_OP_STF, 0, 0, ENG_U32, -4, "outside the frame memory");
	attack(ENG_OP_LDF, 0, 0, ENG_NEXT, 0, "unknown width");
	attack(ENG_OP_ZEROF, 0, 16, 0, 0, NULL);
	attack(ENG_OP_ZEROF, 0, 17, 0, 0, "outside the frame memory");
	attack(ENG_OP_ZEROF, 0, 0xff, 0xff, 8, "outside the frame memory");
}

TEST(jumps)
{
	attack(ENG_OP_J, 0, 0, 0, -2, NULL);
	attack(ENG_OP_J, 0, 0, 0, -3, "jump out of the function");
	attack(ENG_OP_J, 0, 0, 0, 0, NULL);
	attack(ENG_OP_JZ, 0, 0, 0, 1, "jump out of the function"); /* into the next function */
	attack(ENG_OP_JNZ, 0, 0, 0, 0x7fffffff, "jump out of the function");
	attack(ENG_OP_JEQ, 0, 0, 0, (s32)0x80000000, "jump out of the function");
	start();
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 3, 2, 8);
	OP(J, 0, 0, 0, -2); /* back into main */
	kit_image(&k);
	refused("jump out of the function");
}

TEST(calls)
{
	attack(ENG_OP_CALL, 6, 0, 0, 1, NULL);
	attack(ENG_OP_CALL, 7, 0, 0, 1, "register outside the frame");
	attack(ENG_OP_CALL, 255, 0, 0, 1, "register outside the frame");
	attack(ENG_OP_CALL, 0, 0, 0, 0, "unknown function");
	attack(ENG_OP_CALL, 0, 0, 0, 2, "unknown function");
	attack(ENG_OP_CALL, 0, 0, 0, -1, "unknown function");
}

TEST(masks)
{
	attack(ENG_OP_LDREG, 0, 0, 0, 0, "register missing in the header");
	attack(ENG_OP_STREG, 0, 0, 0, 0, "register missing in the header");
	attack(ENG_OP_LDREG, 0, 0, 0, -1, "unknown register");
	attack(ENG_OP_LDREG, 0, 0, 0, (s32)eng_nreg_names, "unknown register");
	attack(ENG_OP_LDPS, 0, 0, 0, ENG_PS_PID, "pseudo-register missing in the header");
	attack(ENG_OP_LDPS, 0, 0, 0, ENG_NPSEUDO, "unknown pseudo-register");
	attack(ENG_OP_STPS, 0, 0, 0, -1, "unknown pseudo-register");
	attack(ENG_OP_STPS, 0, 0, 0, ENG_PS_PID, "read-only pseudo-register");
	attack(ENG_OP_STPS, 0, 0, 0, ENG_PS_SYSCALL_ARG0, "pseudo-register missing in the header");
	attack(ENG_OP_BUILTIN, 0, 1, 0, ENG_BI_DB, "built-in missing in the header");
}

TEST(builtins)
{
	for (s32 id = 0; id < ENG_NBUILTINS; id++) {
		u8 n = (u8)strlen(eng_builtin_names[id].args), width = n ? n : 1;

		start();
		OP(BUILTIN, (u8)(8 - width), n, 0, id);
		finish();
		CHECK(kit_verify(&k));
		code(1)->a++;
		refused("register outside the frame");
		code(1)->a--;
		code(1)->b++;
		refused("wrong number of arguments of a built-in");
		code(1)->b -= 2;
		refused("wrong number of arguments of a built-in");
	}
	attack(ENG_OP_BUILTIN, 0, 0, 0, ENG_NBUILTINS, "unknown built-in");
	attack(ENG_OP_BUILTIN, 0, 0, 0, -1, "unknown built-in");
}

TEST(formats)
{
	u32 f;

	start();
	f = kit_str(&k, "%d %s %%d %q\n");
	OP(PRINTF, 6, 2, 0, (s32)f);
	OP(PRINTF, 6, 2, 0, (s32)f);
	finish();
	CHECK(kit_verify(&k));
	code(2)->b = 1;
	refused("wrong number of arguments of a format");
	code(2)->b = 3;
	refused("wrong number of arguments of a format");
	code(2)->b = 2;
	code(2)->a = 7;
	refused("register outside the frame");
	code(2)->a = 6;
	code(2)->imm = (s32)k.im.ndata;
	refused("format outside the data");
	code(2)->imm = -1;
	refused("format outside the data");
}

/* A long format used from each of its bytes must not cost the square of its length. */
TEST(overlapping_formats)
{
	u32 f;

	start();
	f = kit_str(&k, "");
	k.im.ndata--;
	memset(k.data + k.im.ndata, 'x', 4000);
	k.im.ndata += 4000;
	k.data[k.im.ndata++] = 0;
	for (u32 i = 0; i < 1000; i++)
		OP(PRINTF, 0, 0, 0, (s32)(f + i));
	finish();
	refused("formats overlap");
	CHECK_EQ(k.verdict.pc, 2);
	/* the same one a thousand times is fine */
	for (u32 i = 0; i < 1000; i++)
		code(1 + i)->imm = (s32)f;
	CHECK(kit_verify(&k));
}

TEST(many_arguments)
{
	char text[601] = "";
	u32 f;

	for (u32 i = 0; i < 300; i++)
		strcat(text, "%d");
	start();
	f = kit_str(&k, text);
	OP(PRINTF, 0, 44, 0, (s32)f); /* 300 modulo 256 */
	finish();
	refused("wrong number of arguments of a format");
	/* the count saturates above what a frame can hold, so no count of arguments fits */
	code(1)->b = 0;
	refused("wrong number of arguments of a format");
	code(1)->b = 254;
	refused("register outside the frame");
	code(1)->b = 255;
	refused("wrong number of arguments of a format");
}

/* The biggest frame is fine; the register behind it is not, also at the end of a byte. */
TEST(biggest_frame)
{
	start();
	k.fn[0].nregs = ENG_MAX_REGS;
	k.fn[0].mem = ENG_MAX_MEM;
	OP(MOV, ENG_MAX_REGS - 1, ENG_MAX_REGS - 1, 0, 0);
	OP(LDF, 0, 0, ENG_X64, ENG_MAX_MEM - 8);
	finish();
	CHECK(kit_verify(&k));
	code(1)->a = ENG_MAX_REGS;
	refused("register outside the frame");
	code(1)->a = 255;
	refused("register outside the frame");
	code(1)->a = 0;
	code(2)->imm = ENG_MAX_MEM - 7;
	refused("outside the frame memory");
	code(2)->imm = 0x7fffffff;
	refused("outside the frame memory");
}

/* Behind the last instruction of the last function there is nothing to jump to. */
TEST(jump_behind_the_end)
{
	start();
	OP(END, 0, 0, 0, 0);
	kit_func(&k, 3, 2, 8);
	OP(J, 0, 0, 0, 0);
	kit_image(&k);
	refused("jump out of the function");
	CHECK_EQ(k.verdict.pc, 2);
	code(2)->imm = -1;
	CHECK(kit_verify(&k));
}

/* A name that begins in the data ends there: its last byte is a NUL, and it may be that one. */
TEST(names)
{
	start();
	finish();
	func(1)->name = k.im.ndata - 1;
	CHECK(kit_verify(&k));
	CHECK_STR((const char *)k.prog.data + k.prog.funcs[1].name, "");
	func(1)->name = ~0u;
	refused("function name outside the data");
}

/* A refused image leaves the caller's view as it was. */
TEST(refused_views)
{
	struct eng_program before;

	start();
	finish();
	CHECK(kit_verify(&k));
	before = k.prog;
	code(0)->op = ENG_NOPS;
	refused("unknown instruction");
	CHECK(!memcmp(&before, &k.prog, sizeof(before)));
}

UNIT_MAIN()
