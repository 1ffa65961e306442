/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_format.c - printf of scripts: the parser of formats, and what is printed, with
 * the C library's snprintf as the reference for flags, widths and precisions.
 */
#include "engine_kit.h"

#include "engine/format.h"

static struct kit k;

static const char *printed(const char *format, u32 n, const u64 *arg, enum eng_error want)
{
	kit_init(&k, 8, 0);
	for (u32 i = 0; i < n; i++)
		kit_load(&k, (u8)i, arg[i]);
	OP(PRINTF, 0, (u8)n, 0, (s32)kit_str(&k, format));
	OP(END, 0, 0, 0, 0);
	world.nout = world.ntexts = world.longest = 0;
	world.out[0] = 0;
	CHECK_EQ(kit_run(&k), want);
	return world.out;
}

static const char *printed1(const char *format, u64 arg)
{
	return printed(format, 1, &arg, ENG_OK);
}

TEST(parser)
{
	static const struct {
		const char *text;
		u8 kind, base, bits;
	} cases[] = {
		{ "%d", ENG_FMT_SIGNED, 10, 32 },
		{ "%i", ENG_FMT_SIGNED, 10, 32 },
		{ "%hhd", ENG_FMT_SIGNED, 10, 8 },
		{ "%hd", ENG_FMT_SIGNED, 10, 16 },
		{ "%ld", ENG_FMT_SIGNED, 10, 64 },
		{ "%lld", ENG_FMT_SIGNED, 10, 64 },
		{ "%u", ENG_FMT_UNSIGNED, 10, 32 },
		{ "%o", ENG_FMT_UNSIGNED, 8, 32 },
		{ "%x", ENG_FMT_UNSIGNED, 16, 32 },
		{ "%X", ENG_FMT_UNSIGNED, 16, 32 },
		{ "%llX", ENG_FMT_UNSIGNED, 16, 64 },
		{ "%p", ENG_FMT_UNSIGNED, 16, 64 },
		{ "%c", ENG_FMT_CHAR, 0, 0 },
		{ "%s", ENG_FMT_STRING, 0, 0 },
		{ "%ls", ENG_FMT_WSTRING, 0, 0 },
		{ "%ws", ENG_FMT_WSTRING, 0, 0 },
		{ "%-+ #08.3llx", ENG_FMT_UNSIGNED, 16, 64 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *pos = cases[i].text, *end = pos + strlen(pos);
		struct eng_fmt f;

		CHECK(eng_fmt_next(&pos, end, &f));
		CHECK_EQ(f.kind, cases[i].kind);
		CHECK_EQ(f.base, cases[i].base);
		CHECK_EQ(f.bits, cases[i].bits);
		CHECK_EQ(f.len, strlen(cases[i].text));
		CHECK(!eng_fmt_next(&pos, end, &f));
	}
}

TEST(pieces)
{
	const char *text = "ab%-5.2hd%%c%q%", *pos = text, *end = text + strlen(text);
	struct eng_fmt f;

	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_TEXT && f.len == 2 && f.text == text && !f.unknown);
	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_SIGNED && f.width == 5 && f.prec == 2 && f.flags == ENG_FMT_LEFT);
	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_TEXT && f.len == 1 && *f.text == '%' && !f.unknown);
	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_TEXT && f.len == 1 && *f.text == 'c');
	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_TEXT && f.unknown && f.len == 2 && f.text[1] == 'q');
	CHECK(eng_fmt_next(&pos, end, &f));
	CHECK(f.kind == ENG_FMT_TEXT && f.unknown && f.len == 1);
	CHECK(!eng_fmt_next(&pos, end, &f));
	CHECK_EQ(eng_fmt_count(text, end), 1);
}

static u32 count(const char *text, size_t len)
{
	return eng_fmt_count(text, text + len);
}

TEST(unknown_is_text)
{
	static const char *const texts[] = {
		"%",   "%a",  "%n",  "%lc", "%hs",     "%5",	   "%-",
		"%.",  "%ll", "%wd", "%*d", "%65536d", "%.65536d", "%99999999999999999999d",
		"%lp", "%hc"
	};

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++) {
		CHECK_EQ(count(texts[i], strlen(texts[i])), 0);
		CHECK_STR(printed(texts[i], 0, NULL, ENG_OK), texts[i]);
	}
	CHECK_STR(printed("100%, %% and %%d", 0, NULL, ENG_OK), "100%, % and %d");
	/* as in C, a blank is a flag: "% o" */
	CHECK_EQ(count("100% of", 7), 1);
	/* the end of the text is an end even without a NUL */
	CHECK_EQ(count("%d%d", 3), 1);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

TEST(integers_like_the_c_library)
{
	static const char *const flags[] = { "",   "-",	 "+",  " ",  "#",  "0",	  "-+", "+0",
					     "#0", "-#", " 0", "-0", "+ ", "#+0", "- #" };
	static const char *const widths[] = { "", "1", "4", "12", "30" };
	static const char *const precs[] = { "", ".0", ".1", ".5", ".20" };
	static const char *const convs[] = { "d",   "i",   "u",	  "o",	"x",   "X",
					     "hd",  "hx",  "hu",  "ld", "lld", "llu",
					     "llo", "llx", "llX", "lx", "hhd", "hho" };
	static const u64 values[] = { 0,	  1,	      7,	  8,
				      42,	  255,	      -1ULL,	  -42ULL,
				      0x80000000, 0x7fffffff, 1ULL << 63, 0x123456789abcdefULL,
				      0xffff8000, 0x80 };
	char format[64], want[256];
	u32 n = 0;

	for (u32 f = 0; f < ARRAY_SIZE(flags); f++)
		for (u32 w = 0; w < ARRAY_SIZE(widths); w++)
			for (u32 p = 0; p < ARRAY_SIZE(precs); p++)
				for (u32 c = 0; c < ARRAY_SIZE(convs); c++)
					for (u32 v = 0; v < ARRAY_SIZE(values); v++) {
						snprintf(format, sizeof(format), "<%%%s%s%s%s>",
							 flags[f], widths[w], precs[p], convs[c]);
						snprintf(want, sizeof(want), format, values[v]);
						if (strcmp(printed1(format, values[v]), want))
							UNIT_FAIL("%s of %llx: '%s', not '%s'",
								  format, values[v], world.out,
								  want);
						n++;
					}
	CHECK_EQ(n, 15 * 5 * 5 * 18 * 14);
}

TEST(pointers_and_chars)
{
	CHECK_STR(printed1("%p", 0x7fff12345678ULL), "7fff12345678");
	CHECK_STR(printed1("%16p|", 0x1f), "              1f|");
	CHECK_STR(printed1("%#p", 0x1f), "0x1f");
	CHECK_STR(printed1("%c", 0x1141), "A");
	CHECK_STR(printed1("%3c|", 'A'), "  A|");
	CHECK_STR(printed1("%-3c|", 'A'), "A  |");
	printed1("a%cb", 0);
	CHECK_EQ(world.nout, 3);
	CHECK(!memcmp(world.out, "a\0b", 3));
}

TEST(strings)
{
	u64 args[] = { MEM_BASE, 42, MEM_BASE + 6 };

	strcpy((char *)world.mem, "hello");
	strcpy((char *)world.mem + 6, "world");
	CHECK_STR(printed("%s %d %s\n", 3, args, ENG_OK), "hello 42 world\n");
	CHECK_EQ(world.ntexts, 1);
	CHECK_STR(printed1("%8s|", MEM_BASE), "   hello|");
	CHECK_STR(printed1("%-8s|", MEM_BASE), "hello   |");
	CHECK_STR(printed1("%2s|", MEM_BASE), "hello|");
	CHECK_STR(printed1("%.2s|", MEM_BASE), "he|");
	CHECK_STR(printed1("%5.2s|", MEM_BASE), "   he|");
	CHECK_STR(printed1("%.0s|", MEM_BASE), "|");
	memcpy(world.mem + 32, "h\0i\0\xe9\0\0\0", 8);
	CHECK_STR(printed1("%ls|", MEM_BASE + 32), "hi?|");
	CHECK_STR(printed1("%ws|", MEM_BASE + 32), "hi?|");
	CHECK_STR(printed1("%5ls|", MEM_BASE + 32), "  hi?|");
}

TEST(string_of_the_engine)
{
	kit_init(&k, 2, 16);
	OP(LDPS, 0, 0, 0, ENG_PS_PNAME);
	OP(LEAF, 1, 0, 0, 0);
	OP(LDI, 0, 0, 0, 0x4142);
	OP(ST, 1, 0, ENG_U32, 0);
	OP(LDPS, 0, 0, 0, ENG_PS_PNAME);
	OP(PRINTF, 0, 2, 0, (s32)kit_str(&k, "%s %s\n"));
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_STR(world.out, "redis-server BA\n");
}

TEST(string_at_the_end_of_memory)
{
	u64 last = MEM_BASE + MEM_SIZE;

	memcpy(world.mem + MEM_SIZE - 4, "end", 4);
	CHECK_STR(printed1("%s", last - 4), "end");
	/* without its NUL the next page is needed, and is not there */
	world.mem[MEM_SIZE - 1] = '!';
	CHECK_STR(printed(">%s", 1, &(u64){ last - 4 }, ENG_E_ADDR), ">end!");
	CHECK_EQ(fault.value[0], last - 4);
	CHECK_STR(printed1("%.4s", last - 4), "end!");
	CHECK_STR(printed("a%sb", 1, &(u64){ 0 }, ENG_E_ADDR), "a");
	CHECK_STR(printed("a%8sb", 1, &(u64){ 0 }, ENG_E_ADDR), "a");
	CHECK_STR(printed("a%lsb", 1, &(u64){ 0 }, ENG_E_ADDR), "a");
}

TEST(long_output_is_not_lost)
{
	memset(world.mem, 'x', MEM_SIZE - 1);
	world.mem[MEM_SIZE - 1] = 0;
	printed1("<%s>", MEM_BASE);
	CHECK_EQ(world.nout, MEM_SIZE + 1);
	CHECK_EQ(world.longest, ENG_PRINT_MAX);
	CHECK_EQ(world.ntexts, 3);
	CHECK(world.out[0] == '<' && world.out[MEM_SIZE] == '>' && world.out[MEM_SIZE - 1] == 'x');
	printed1("%5000d", 7);
	CHECK_EQ(world.nout, 5000);
	CHECK_EQ(world.out[4999], '7');
	printed1("%.60000d", 7);
	CHECK_EQ(world.nout, 60000);
}

/* Text and numbers of all lengths wherever in the print buffer, and at the end of the data. */
TEST(pieces_at_every_place)
{
	static const char rest[] = "%llx%llx,%lld of %lld, %lld%%|%x";
	const u64 args[] = { 0, 0x7ffd1234a678, 3, 1ULL << 63, ~0ULL, 0, 0x123456789 };
	char format[128], want[ENG_PRINT_MAX + 256];

	for (int place = ENG_PRINT_MAX - 120; place <= ENG_PRINT_MAX + 2; place++)
		for (int text = 0; text <= 17; text++) {
			snprintf(format, sizeof(format), "%%%dd%.*s%s%.*s", place, text,
				 "ordinary text, 17", rest, text / 2, "the end.");
			snprintf(want, sizeof(want), format, (int)args[0], args[1], args[2],
				 args[3], args[4], args[5], (u32)args[6]);
			CHECK_STR(printed(format, 7, args, ENG_OK), want);
			CHECK(world.longest <= ENG_PRINT_MAX);
			CHECK_EQ(world.ntexts, strlen(want) > ENG_PRINT_MAX ? 2 : 1);
		}
}

/* A conversion that comes again is the same only when all of it is. */
TEST(conversions_that_resemble)
{
	const u64 args[] = { 300, 300, 300, 300, 300, 300, 300 };

	CHECK_STR(printed("%x%x%X%hhx%hx%llx%x.......", 7, args, ENG_OK),
		  "12c12c12C2c12c12c12c.......");
	CHECK_STR(printed("%5d%5d%d%5d%-5d%%%5x%05d", 7, (u64[]){ 1, 2, 3, 4, 5, 6, 7 }, ENG_OK),
		  "    1    23    45    %    600007");
	CHECK_STR(printed("%.0000001d%.0000001d%.0000003d ", 3, args, ENG_OK), "300300300 ");
	CHECK_STR(printed("%d%d%k%d", 3, args, ENG_OK), "300300%k300");
}

TEST(print_statements)
{
	kit_init(&k, 1, 0);
	kit_load(&k, 0, 0xfeedULL << 48);
	OP(BUILTIN, 0, 1, 0, ENG_BI_PRINT);
	OP(BUILTIN, 0, 1, 0, ENG_BI_TEST_STATEMENT);
	OP(LDI, 0, 0, 0, -191);
	OP(BUILTIN, 0, 1, 0, ENG_BI_FORMATS);
	OP(END, 0, 0, 0, 0);
	CHECK_EQ(kit_run(&k), ENG_OK);
	CHECK_STR(world.out,
		  "feed000000000000\nfeed000000000000\n"
		  "hex      ffffffffffffff41\n"
		  "unsigned 18446744073709551425\n"
		  "octal    1777777777777777777501\n"
		  "binary   1111111111111111111111111111111111111111111111111111111101000001\n"
		  "signed   -191\n"
		  "char     A.......\n");
	CHECK_EQ(world.ntexts, 3);
}

UNIT_MAIN()
