/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test_asm.c - machine code from text (through the real GNU as) and from hex digits. */
#include "asm/asm.h"
#include "unit.h"

static void good(const char *text, const char *hex)
{
	char *error = NULL, got[512] = "";
	size_t len;
	u8 *code = asm_assemble(text, &len, &error);

	if (!code)
		UNIT_FAIL("%s: %s", text, error);
	for (size_t i = 0; i < len && i < 200; i++)
		sprintf(got + 2 * i, "%02x", code[i]);
	CHECK_STR(got, hex);
	free(code);
}

static void bad(const char *text, const char *expected)
{
	char *error = NULL;
	size_t len;
	u8 *code = asm_assemble(text, &len, &error);

	if (code)
		UNIT_FAIL("%s: no error", text);
	CHECK_STR(error, expected);
	free(error);
}

/* How much of it is the instruction that comes back; 0: it does not. */
static unsigned comes_back(const char *hex, bool bits32)
{
	char *error = NULL;
	size_t n;
	u8 *code = asm_parse_hex(hex, &n, &error);
	unsigned len;

	if (!code)
		UNIT_FAIL("%s: %s", hex, error);
	len = asm_comes_back(code, n, bits32);
	free(code);
	return len;
}

TEST(what_comes_back)
{
	CHECK_EQ(comes_back("e8 01000000 90", false), 5);
	CHECK_EQ(comes_back("e8 00000000 90", false), 0); /* to the next one */
	CHECK_EQ(comes_back("ff d7 90", false), 2); /* call rdi */
	CHECK_EQ(comes_back("ff 15 00000000 90", false), 6); /* call [rip] */
	CHECK_EQ(comes_back("41 ff 54 24 08", false), 5); /* call [r12 + 8] */
	CHECK_EQ(comes_back("41 ff d4", false), 3);
	CHECK_EQ(comes_back("41 ff d4", true), 0); /* inc ecx */
	CHECK_EQ(comes_back("e8 01000000", true), 5);
	CHECK_EQ(comes_back("9a 00000000 3300", true), 7); /* far */
	CHECK_EQ(comes_back("f3 aa", false), 2);
	CHECK_EQ(comes_back("f3 48 a5", false), 3);
	CHECK_EQ(comes_back("f2 ae", false), 2);
	CHECK_EQ(comes_back("f3 a6", false), 2);
	CHECK_EQ(comes_back("aa", false), 0); /* once */
	CHECK_EQ(comes_back("f3 c3", false), 0); /* rep ret */
	CHECK_EQ(comes_back("f3 90", false), 0); /* pause */
	CHECK_EQ(comes_back("0f 05", false), 0); /* syscall */
	CHECK_EQ(comes_back("e2 fe", false), 0); /* loop */
	CHECK_EQ(comes_back("e9 00000000", false), 0);
	CHECK_EQ(comes_back("e8 01 00", false), 0); /* cut off */
}

TEST(assembles)
{
	good("nop", "90");
	good("mov rdx, [rcx+0x38]; xor eax, eax; cmp edx, 2; sete al", "488b513831c083fa020f94c0");
	good("mov eax, 10", "b80a000000"); /* decimal ... */
	good("mov eax, 0x10", "b810000000"); /* ... unless it says otherwise */
	good("xor eax, eax\n\n ; ; ret // yes\n# nothing here\n", "31c0c3");
	good("nop /* ; foo */; nop", "9090");
	good("l: dec ecx; jnz l", "ffc975fc");
	good("mov al, 'a'; nop", "b06190");
	good(".byte 1, 2; .word 3; .long 4; .quad 5", "0102030004000000"
						      "0500000000000000");
	good("fsub st(1), st", "dce9"); /* Intel's mnemonic, not AT&T's */
}

TEST(complaints)
{
	bad(" foo ", "statement 1: no such instruction: `foo': \"foo\"");
	bad("nop; foo bar; nop", "statement 2: no such instruction: `foo bar': \"foo bar\"");
	bad("", "there are no instructions");
	bad(" ; # \n ;", "there are no instructions");
	bad("l:", "there are no instructions");
	bad("call nowhere", "undefined symbol 'nowhere'");
	bad("mov rax, [nowhere]", "undefined symbol 'nowhere'");
	bad("mov rax, offset l; l: nop", "the code needs the address of one of its labels; use "
					 "lea REGISTER, [rip + LABEL]");
}

#define DIRECTIVE(d) \
	"statement 1: the directive '" d "' is not allowed; .byte, .word, .long and .quad are"
#define QUOTES \
	"statement 1: only characters in single quotes can be quoted here, and comments must end"

/* Nothing may read files or leave the code section, however it is dressed up. */
TEST(directives)
{
	bad(".incbin /etc/passwd", DIRECTIVE(".incbin"));
	bad("x: y : .INCBIN /etc/passwd", DIRECTIVE(".INCBIN"));
	bad(".include", DIRECTIVE(".include"));
	bad(".data", DIRECTIVE(".data"));
	bad(".macro m", DIRECTIVE(".macro"));
	bad(".bytes 1", DIRECTIVE(".bytes"));
	bad("/*\n*/ .incbin x", DIRECTIVE(".incbin"));
	bad("mov al, '\"'; .incbin \"x\"", QUOTES);
	bad("mov al, ';'; nop", QUOTES);
	bad(".byte \"a\"", QUOTES);
	bad("nop /* x", QUOTES);
	bad("nop \\", QUOTES);
	bad("mov al, '", QUOTES);
}

TEST(assembler_missing)
{
	setenv("PATH", "/nonexistent", 1);
	bad("nop", "the GNU assembler 'as' was not found; install binutils, or give the code as "
		   "hexadecimal bytes");
}

TEST(works_with_closed_standard_streams)
{
	char *error = NULL;
	size_t len;
	u8 *code;

	close(0);
	code = asm_assemble("ret", &len, &error);
	CHECK(code && len == 1 && code[0] == 0xc3);
	free(code);
}

static void hex_good(const char *text, const char *hex)
{
	char *error = NULL, got[64] = "";
	size_t len;
	u8 *code = asm_parse_hex(text, &len, &error);

	if (!code)
		UNIT_FAIL("%s: %s", text, error);
	for (size_t i = 0; i < len; i++)
		sprintf(got + 2 * i, "%02x", code[i]);
	CHECK_STR(got, hex);
	free(code);
}

static void hex_bad(const char *text, const char *expected)
{
	char *error = NULL;
	size_t len;

	CHECK(!asm_parse_hex(text, &len, &error));
	CHECK_STR(error, expected);
	free(error);
}

TEST(hex)
{
	hex_good("90c3", "90c3");
	hex_good("0x90 0xC3", "90c3");
}

TEST(hex_forms)
{
	hex_good("\\x48\\x31\\xc0", "4831c0");
	hex_good(" 48 31\n\tc0 ", "4831c0");
	hex_good("x4831C0", "4831c0");
	hex_good("f", "0f");
	hex_good("148 31", "014831"); /* an odd count: one zero in front of all */
}

TEST(hex_errors)
{
	hex_bad("", "there are no hexadecimal digits");
	hex_bad(" 0x ", "there are no hexadecimal digits");
	hex_bad("90 zz", "column 4: 'z' is not a hexadecimal digit");
	hex_bad("90x90", "column 3: 'x' is not a hexadecimal digit");
	hex_bad("90\x01", "column 3: byte 0x01 is not a hexadecimal digit");
	hex_bad("90\\n", "column 3: '\\' is not a hexadecimal digit");
}

UNIT_MAIN()
