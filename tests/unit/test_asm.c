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
