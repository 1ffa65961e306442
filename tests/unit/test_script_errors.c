/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_errors.c - what is said about scripts that are wrong, and where.
 * "LINE:COL+LEN message [hint]"; warnings begin with 'w'.
 */
#include "script_kit.h"

/* clang-format off */

DIAGNOSES(lexical,
	{ "x = 0n1f;", "1:5+4 'f' is not a decimal digit (in '0n1f')\n" },
	{ "x = 0y2;", "1:5+3 '2' is not a binary digit (in '0y2')\n" },
	{ "x = 0o8;", "1:5+3 '8' is not an octal digit (in '0o8')\n" },
	{ "x = 5g;", "1:5+2 'g' is not a hexadecimal digit (in '5g') [numbers are hexadecimal here: digits are 0-9 and a-f]\n" },
	{ "x = bad_cafe;", "1:5+8 'bad_cafe' looks like a hexadecimal number with '_' in it [a name needs a letter behind 'f': 'my_bad_cafe'; digits are grouped with a backtick: ffff`8000]\n" },
	{ "x = 1ffffffffffffffff;", "w1:5+17 the number '1ffffffffffffffff' has more than 64 bits; only the low 64 are used\n" },
	{ "x = \"abc;\n", "1:5+1 this string is never closed [end it with '\"']\n" },
	{ "x = 1; /* open\n", "1:8+2 this comment is never closed [end it with '*/']\n" },
	{ "x = '';", "1:5+2 expected exactly one character between the quotes, found 0\n" },
	{ "x = 'ab';", "1:5+4 expected exactly one character between the quotes, found 2\n" },
	{ "printf(\"\\q\");", "1:9+2 unknown escape in a string or character [escapes are \\n \\t \\r \\a \\b \\f \\v \\e \\0 \\xHH \\\\ \\\" \\']\n" },
	{ "printf(\"\\x123\");", "1:9+5 '\\x' takes one to 2 hexadecimal digits here\n" },
	{ "x = 1 \x01;", "1:7+1 stray character (code 1)\n" },
	{ "x = 1; \xc3\xa4 y = 2;", "1:8+2 stray character '\xc3\xa4'\n" },
	{ "#include \"x\";", "1:1+12 '#include' is not possible here\n" },
	{ "#define X 5", "1:1+1 there is no preprocessor but '#include \"FILE\";' [comments are '//' and '/* */']\n1:9+1 expected ';' after the statement, found 'X'\n" },
	{ "@rax = @rxa;", "1:8+4 there is no register '@rxa' [did you mean '@rax'?]\n" },
	{ "@RAX = 1;", "1:1+4 there is no register '@RAX'\n" },
	{ "x = $pdi;", "1:5+4 there is no pseudo-register '$pdi' [did you mean '$pid'?]\n" },
	{ "x = $arg3;", "1:5+5 there is no pseudo-register '$arg3' ['$arg1' and so on are replaced by the arguments of '.script FILE ARGUMENTS'; this one was not given]\n" },
	{ "x = 0X10;", "1:5+4 'X' is not a hexadecimal digit (in '0X10') [numbers are hexadecimal here: digits are 0-9 and a-f]\n" },
)

DIAGNOSES(syntax,
	{ "x = 5", "1:6+1 expected ';' after the statement, found the end of the script\n" },
	{ "x = 5\ny = 6;", "1:6+1 expected ';' after the statement, found 'y'\n" },
	{ "x = ;", "1:5+1 expected an expression, found ';'\n" },
	{ "x = 1 2;", "1:7+1 expected ';' after the statement, found '2'\n" },
	{ "x = (1 + 2;", "1:11+1 expected ')' to close the parenthesis, found ';'\n" },
	{ "x = 1 + 2);", "1:10+1 expected ';' after the statement, found ')'\n" },
	{ "if (1 { x = 1; }", "1:7+1 expected ')' after the condition, found '{'\n" },
	{ "if 1 { x = 1; }", "1:4+1 expected '(' after 'if', found '1'\n" },
	{ "if () { x = 1; }", "1:5+1 expected an expression, found ')'\n" },
	{ "while () { x = 1; }", "1:8+1 expected an expression, found ')'\n" },
	{ "if (1) { x = 1;", "1:8+1 this '{' is never closed\n" },
	{ "x = 1; }", "1:8+1 '}' without a '{' before it\n" },
	{ "else { x = 1; }", "1:1+4 'else' without an 'if' before it\n" },
	{ "n = 1; if (n <> 2) { }", "1:15+1 expected an expression, found '>' ['not equal' is '!=']\n" },
	{ "n = 1; if (n >< 2) { }", "1:15+1 expected an expression, found '<' ['not equal' is '!=']\n" },
	{ "n = 1; x = n ! 2;", "1:14+1 expected ';' after the statement, found '!' ['!' stands before its operand]\n" },
	{ "IF (1) { x = 1; }", "1:1+2 there is no statement 'IF' [keywords are written in lower case: 'if']\n" },
	{ "x = 1; do { x--; }", "1:19+1 expected 'while' after the body of 'do', found the end of the script\n" },
	{ "for (x = 0, x < 3; x++) { y = x; }", "1:23+1 expected ';' after the condition of 'for', found ')'\n" },
	{ "x = fac(3);", "1:5+3 'fac' is a number, not a function [words of the letters a-f and digits are numbers; call it 'my_fac']\n" },
	{ "int fac(int n) { return n; }", "1:5+3 expected the name of a function, found the number 'fac' [words of the letters a-f and digits are numbers; call it 'my_fac']\n" },
	{ "int cf = 1;", "w1:5+2 'cf' is a register: this assigns it and makes no variable [call a variable 'my_cf', the register '@cf']\n" },
	{ "elif (x) { y = 1; }", "1:1+4 there is no statement 'elif' [write 'elsif' or 'else if']\n" },
	{ "int cf() { return 1; }", "1:5+2 expected the name of a function, found the register 'cf' [call it 'my_cf']\n" },
	{ "int a = 1;", "1:5+1 expected the name of a variable, found the number 'a' [words of the letters a-f and digits are numbers; call it 'my_a']\n" },
	{ "int db = 1;", "1:5+2 expected the name of a variable, found the built-in function 'db' [call it 'my_db']\n" },
	{ "poi 5;", "1:5+1 expected '(' after the name of the function, found '5'\n" },
	{ "int int x = 1;", "1:1+7 'int int' is not a type: the words contradict each other\n" },
	{ "signed unsigned x = 1;", "1:1+15 'signed unsigned' is not a type: the words contradict each other\n" },
	{ "long long long x = 1;", "1:1+14 'long long long' is not a type: the words contradict each other\n" },
)

DIAGNOSES(several_errors,
	{ "x = ;\ny = );\nz1 = 3;\nw1 = foo;", "1:5+1 expected an expression, found ';'\n2:5+1 expected an expression, found ')'\n4:6+3 the variable 'foo' is read, but nothing before it assigns it\n" },
	{ "x = @foo + 1; y = x;", "1:5+4 there is no register '@foo'\n" },
	{ "if (x ==) { y = 1; } z1 = y; q = ;", "1:9+1 expected an expression, found ')'\n1:34+1 expected an expression, found ';'\n" },
	{ "bogus1 = q1; bogus2 = q2;", "1:10+2 the variable 'q1' is read, but nothing before it assigns it\n1:23+2 the variable 'q2' is read, but nothing before it assigns it\n" },
	{ "while (1) { x = 1 y = 2; } n = zz;", "1:19+1 expected ';' after the statement, found 'y'\n1:32+2 the variable 'zz' is read, but nothing before it assigns it\n" },
)

DIAGNOSES(variables,
	{ "x = y;", "1:5+1 the variable 'y' is read, but nothing before it assigns it\n" },
	{ "count = 1; x = cuont;", "1:16+5 the variable 'cuont' is read, but nothing before it assigns it [did you mean 'count'?]\n" },
	{ "x = x + 1;", "1:5+1 the variable 'x' is read, but nothing before it assigns it\n" },
	{ "n++;", "1:1+1 the variable 'n' is read, but nothing before it assigns it\n" },
	{ "n += 1;", "1:1+1 the variable 'n' is read, but nothing before it assigns it\n" },
	{ "print(.cnt);", "1:7+4 the global variable '.cnt' is never assigned, here or in an earlier script [assign it first: '? .cnt = 0;', or define the event that does so]\n" },
	{ "spinlock_lock(&.lock);", "1:16+5 the global variable '.lock' is never assigned, here or in an earlier script [assign it first: '? .lock = 0;', or define the event that does so]\n" },
	{ ".count = 1; x = .cuont;", "1:17+6 the global variable '.cuont' is never assigned, here or in an earlier script [did you mean '.count'?]\n" },
	{ ".count = 1; x = count;", "1:17+5 the variable 'count' is read, but nothing before it assigns it [did you mean the global variable '.count'?]\n" },
	{ ".n++;", "1:1+2 the global variable '.n' is never assigned, here or in an earlier script [assign it first: '? .n = 0;', or define the event that does so]\n" },
	{ "$pid = 5;", "1:1+4 the pseudo-register '$pid' cannot be assigned\n" },
	{ "poi(10) = 1;", "1:1+7 the result of a function cannot be assigned [store through a pointer, '*p = value', or with eb(), ed(), eq()]\n" },
	{ "5 = 1;", "1:1+1 this cannot be assigned: it is a value, not a variable\n" },
	{ "x = &@rax;", "1:5+5 a register has no address [assign it to a variable first]\n" },
	{ "x = &5;", "1:5+2 only a variable has an address\n" },
	{ "x = 1; x = *x++ + &(x + 1);", "1:19+8 only a variable has an address\n" },
	{ "int *p = 5000;", "1:10+4 a number cannot initialise a pointer of type 'int *' [cast it: (int *)...]\n" },
	{ "n = 1; if (1) { int n = 2; }", "w1:21+1 this 'n' is a new variable, which hides the one in line 1\n" },
	{ "x = libx!func;", "1:5+9 cannot find the symbol 'libx!func': there is no debuggee\n" },
)

DIAGNOSES(statements,
	{ "break;", "1:1+5 'break' outside of a loop\n" },
	{ "if (1) { continue; }", "1:10+8 'continue' outside of a loop\n" },
	{ "return 5;", "1:8+1 the script itself returns no value\n" },
	{ "n = 1; n;", "w1:8+1 this statement has no effect\n" },
	{ "n = 1; n == 2;", "w1:8+6 this statement has no effect [did you mean '='?]\n" },
	{ "n = 1; if (n = 2) { }", "w1:12+5 '=' in a condition assigns [compare with '=='; or add parentheses to say that you mean it]\n" },
	{ "n = 1; if ((n = 2)) { }", "" },
	{ "if (1 == 2 < 3) { }", "w1:5+10 comparisons do not chain: the result of one (0 or 1) is compared [add parentheses]\n" },
	{ "x = 1 / 0;", "w1:5+5 division by zero\nfault: division by zero, or quotient out of range, line 1\n" },
	{ "n = 1; x = n << 40;", "w1:12+7 the shift count is not less than the width of 64 bits\nfault: shift count out of range, line 1\n" },
)

DIAGNOSES(comparisons_of_unsigned,
	{ "n = -1; if (n < 0) print(1);", "w1:13+5 this is always false: an unsigned value is compared [declare it signed, 'long n = ...', or cast it: (long)n]\n" },
	{ "for (k = 3; k >= 0 && k < 5; k--) { }", "w1:13+6 this is always true: an unsigned value is compared [declare it signed, 'long k = ...', or cast it: (long)k]\n" },
	{ ".g = 1; if (0 > .g) print(1);", "w1:13+6 this is always false: an unsigned value is compared [declare it signed, 'long .g = ...', or cast it: (long).g]\n" },
	{ "if (strcmp($pname, \"x\") < 0) print(1);", "w1:5+23 this is always false: an unsigned value is compared [cast the result: (int)strcmp(...)]\n" },
	{ "n = 1; if (n + 1 < 0) print(1);", "w1:12+9 this is always false: an unsigned value is compared [cast it: (long)...]\n" },
	{ "long n = -1; if (n < 0 && @rax >= 0 && (long)$pid > 0) print(1);", "1\n" },
	{ "n = -1; if ((long)n < 0) print(1); if (n > 0 && n != 0 && 0 < n) print(2);", "1\n2\n" },
	{ "unsigned char k = 1; if (k >= 0) print(1);", "1\n" },
	{ "n = 1; if (n == 2); { print(1); }", "w1:19+1 this ';' is all that the 'if' decides about; the block is always run [remove the ';']\n1\n" },
)

DIAGNOSES(functions,
	{ "foo(1);", "1:1+6 there is no function 'foo'\n" },
	{ "x = strlne(5);", "1:5+9 there is no function 'strlne' [did you mean 'strlen'?]\n" },
	{ "disable_event(1);", "1:1+16 there is no function 'disable_event' [did you mean 'event_disable'?]\n" },
	{ "int sum(int k, int m) { return k + m; } x = sum(1);", "1:45+6 the function 'sum' takes 2 arguments, 1 given\n" },
	{ "int one() { return 1; } int one() { return 2; }", "1:29+3 the function 'one' is defined twice (first in line 1)\n" },
	{ "void vf() { return 5; }", "1:20+1 'vf' is a void function, it returns no value\n" },
	{ "int nf() { return; }", "1:12+6 'nf' must return a value\n" },
	{ "void vf() { } x = vf();", "1:19+4 this has no result, so it cannot stand in an expression\n" },
	{ "int px(int n); x = px(1);", "1:20+5 the function 'px' is declared but never defined\n" },
	{ "int dup(int n, int n) { return n; }", "1:20+1 two parameters are called 'n'\n" },
	{ "if (1) { int in() { return 1; } }", "1:14+2 a function cannot be defined inside a block\n" },
	{ "int main() { return 1; }", "1:5+4 'main' is reserved [the script itself is the main program]\n" },
	{ "n = 1; int look() { return n; }", "1:28+1 the variable 'n' is read, but nothing before it assigns it\n" },
	{ "int two() { return 2; } x = two;", "1:29+3 the variable 'two' is read, but nothing before it assigns it ['two' is a function: write 'two(...)']\n" },
)

DIAGNOSES(builtins,
	{ "x = poi();", "1:5+5 'poi' takes 1 argument, 0 given\n" },
	{ "eb(1);", "1:1+5 'eb' takes 2 arguments, 1 given\n" },
	{ "x = print(1);", "1:5+8 this has no result, so it cannot stand in an expression\n" },
	{ "print(\"s\");", "1:7+3 'print' takes no string here\n" },
	{ "x = strlen(L\"s\");", "1:12+4 'strlen' takes a narrow string here [write \"...\"]\n" },
	{ "x = wcslen(\"s\");", "1:12+3 'wcslen' takes a wide string here [write L\"...\"]\n" },
	{ "x = \"s\";", "1:5+3 a string can stand only as an argument of printf, of strlen, strcmp, strncmp and memcmp\n" },
	{ ".l = 0; interlocked_increment(.l);", "w1:31+2 'interlocked_increment' takes an address; this is the value of the variable [did you mean '&.l'?]\nfault: interlocked functions and spinlocks need an aligned variable or $buffer, line 1\n" },
	{ "reference(1, 2);", "1:1+15 'reference' takes one argument\n" },
	{ "x = reference(rax);", "1:5+14 a register has no address [assign it to a variable first]\n" },
)

DIAGNOSES(built_ins_of_other_targets,
	{ "x = poi_pa(10);", "1:5+10 'poi_pa' does not work on the target 'process', only on: machine\n" },
	{ "event_inject(2, 3);", "1:1+18 'event_inject' does not work on the target 'process', only on: machine (it makes an interrupt of the processor)\n" },
	{ "lbr_save(); x = virtual_to_physical(@rip);", "1:1+10 'lbr_save' does not work on the target 'process', only on: machine (it uses the branch records of the processor)\n"
	  "1:17+25 'virtual_to_physical' does not work on the target 'process', only on: machine\n" },
	{ "x = disassemble_len(@rip);", "1:5+21 'disassemble_len' works on no target: scripts have no disassembler\n" },
	{ "int lbr_dump = 1;", "1:5+8 expected the name of a variable, found the built-in function 'lbr_dump' [call it 'my_lbr_dump']\n" },
)

DIAGNOSES(printf_arguments,
	{ "printf(\"%d\");", "1:9+2 the conversion '%d' has no argument: the format takes 1, 0 given\n" },
	{ "printf(\"a %d %s\\n\", 1);", "1:14+2 the conversion '%s' has no argument: the format takes 2, 1 given\n" },
	{ "printf(\"\\x41\\101\\n%d\", 1, 2, 3); printf(\"\\t%d\\\\ %5ld\", 1);", "1:27+1 too many arguments: the format takes 1, 3 given\n1:49+4 the conversion '%5ld' has no argument: the format takes 2, 1 given\n" },
	{ "printf(\"one\n\\t%d %d\n\", 1);", "2:6+2 the conversion '%d' has no argument: the format takes 2, 1 given\n" },
	{ "printf(\"a %d %s\", 1);", "1:14+2 the conversion '%s' has no argument: the format takes 2, 1 given\n" },
	{ "printf(\"a\", 1);", "1:13+1 too many arguments: the format takes 0, 1 given\n" },
	{ "x = 1; printf(x);", "1:15+1 the first argument of printf must be a string literal, the format\n" },
	{ "printf();", "1:1+8 the first argument of printf must be a string literal, the format\n" },
	{ "printf(\"%d\", \"s\");", "1:14+3 '%d' does not print this string ['%s' prints a string, '%ls' a wide one]\n" },
	{ "printf(\"100% yes\");", "w1:12+5 '%' without a known conversion is printed as it is [a percent sign is written '%%']\n100% yes" },
)

DIAGNOSES(arrays_and_types,
	{ "int t[2] = { 1, 2, 3 };", "1:20+1 too many values: the array has 2 elements\n" },
	{ "int t[2]; t[2] = 1;", "1:13+1 the index 2 is outside the array of 2 elements\n" },
	{ "int t[2]; t = 1;", "1:11+1 an array cannot be assigned [assign its elements]\n" },
	{ "int t[0];", "1:7+1 an array has 1 to 100000 elements\n" },
	{ "int t[2] = 5;", "1:12+1 an array is initialised with a list, { 1, 2, 3 }, or with a string\n" },
	{ "n = 1; x = n[0];", "1:12+4 'unsigned long long' cannot be indexed\n" },
	{ "x = sizeof(void);", "1:5+12 'void' has no size\n" },
	{ "int *p = 0; x = p * 2;", "1:17+5 the operator cannot be applied to 'int *' and 'long' [cast the pointer to an integer: (long)p]\n" },
	{ "typedef int num; typedef char num;", "1:31+3 the type 'num' is already defined as something else (first in line 1)\n" },
)

/* clang-format on */

TEST(nesting_is_bounded)
{
	static const char *const parts[][3] = {
		{ "x = ", "(", "1;" },
		{ "x = ", "-", "1;" },
		{ "", "{", "" },
		{ "", "if (1) ", ";" },
		{ "x = ", "1 ? 2 : ", "3;" },
		{ "x = ", "1 + ", "1;" },
		{ "", "x = ", "1;" },
		{ "int t[1] = ", "{", "" },
		{ "x = 1; x ", "[1]", ";" },
		{ "", "while (1) ", ";" },
		{ "int ", "*", "p;" },
		{ "x = ", "poi(", "1;" },
		{ "int t", "[1]", ";" },
		{ "x = ", "1 , ", "1;" },
		{ "x = ", "(char)", "1;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct script_kit *k = kit_new();
		char *text = calloc(1, 1000000);
		size_t n = (size_t)sprintf(text, "%s", parts[i][0]);

		for (int r = 0; r < 20000; r++)
			n += (size_t)sprintf(text + n, "%s", parts[i][1]);
		sprintf(text + n, "%s", parts[i][2]);
		CHECK(!kit_run(k, text, SCR_SCRIPT, true));
		if (!strstr(k->out, "inside each other") && !strstr(k->out, "cannot be indexed") &&
		    !strstr(k->out, "pointers and arrays") && !strstr(k->out, "dimensions"))
			UNIT_FAIL("case %zu: %s", i, k->out);
		free(text);
		kit_free(k);
	}
}

TEST(long_chains_are_fine)
{
	struct script_kit *k = kit_new();
	char *text = calloc(1, 2000000);
	size_t n = (size_t)sprintf(text, "n = 0n9999; if (n == 0) { }");

	for (int i = 1; i < 10000; i++)
		n += (size_t)sprintf(text + n, " elsif (n == 0n%d) { print(n); }\n", i);
	sprintf(text + n, " else { print(0); }");
	CHECK(kit_run(k, text, SCR_SCRIPT, true));
	CHECK_STR(k->out, "270f\n");
	free(text);
	kit_free(k);
}

TEST(errors_are_limited)
{
	struct script_kit *k = kit_new();
	char *text = calloc(1, 200000);
	struct scr_diags d = { 0 };
	size_t n = 0;

	for (int i = 0; i < 5000; i++)
		n += (size_t)sprintf(text + n, "x = ;\n");
	struct scr_source src = { "t", text, n, 1, 1 };

	CHECK(!scr_compile(k->env, &src, SCR_SCRIPT, &d));
	CHECK_EQ(d.n, 51);
	CHECK_STR(d.diag[50].message, "too many errors; the rest is not shown");
	scr_diags_free(&d);
	free(text);
	kit_free(k);
}

/* As it is printed: file, line, caret, hint; a script may begin inside a line of a file. */
TEST(rendering)
{
	static const char text[] = "count = 1;\n\tx = cuont; // \xc3\xa4\n";
	struct scr_source src = { "a.ds", text, sizeof(text) - 1, 7, 10 };
	struct script_kit *k = kit_new();
	struct scr_diags d = { 0 };
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	CHECK(!scr_compile(k->env, &src, SCR_SCRIPT, &d));
	scr_diags_print(&d, f, false);
	fclose(f);
	CHECK_STR(
		out,
		"a.ds:8:6: error: the variable 'cuont' is read, but nothing before it assigns it\n"
		"    \tx = cuont; // \xc3\xa4\n"
		"    \t    ^~~~~\n"
		"    hint: did you mean 'count'?\n");
	free(out);
	scr_diags_free(&d);
	src = (struct scr_source){ "a.ds", "x = ;", 5, 3, 9 };
	CHECK(!scr_compile(k->env, &src, SCR_SCRIPT, &d));
	CHECK_EQ(d.diag[0].pos.line, 3);
	CHECK_EQ(d.diag[0].pos.col, 13);
	CHECK_STR(d.diag[0].line_text, "        x = ;");
	scr_diags_free(&d);
	kit_free(k);
}

/* A line of a megabyte is not echoed whole: the part around the caret is enough. */
TEST(rendering_of_long_lines)
{
	struct script_kit *k = kit_new();
	char *text = malloc(1000001), *out = NULL;
	struct scr_diags d = { 0 };
	size_t size, lines = 0;
	FILE *f = open_memstream(&out, &size);

	memset(text, ';', 1000000);
	memcpy(text + 500000, "x = ;", 5);
	struct scr_source src = { "t", text, 1000000, 1, 1 };

	CHECK(!scr_compile(k->env, &src, SCR_SCRIPT, &d));
	scr_diags_print(&d, f, false);
	fclose(f);
	for (char *line = strtok(out, "\n"), *before = NULL; line; line = strtok(NULL, "\n")) {
		CHECK(strlen(line) < 200);
		if (strchr(line, '^'))
			CHECK_EQ(before[strchr(line, '^') - line], ';');
		before = line;
		lines++;
	}
	CHECK_EQ(lines, 3);
	free(out);
	free(text);
	scr_diags_free(&d);
	kit_free(k);
}

UNIT_MAIN()
