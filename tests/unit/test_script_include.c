/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_include.c - #include: what is read, once, from where, and where errors are.
 * The files are a table; which of them the compiler asks for is checked, too.
 */
#include "script_kit.h"

static const struct {
	const char *name, *text;
} files[] = {
	{ "one.ds", "int one() { return 1; }" },
	{ "block.ds", "// a comment\n? {\n\tint seven() { return 7; }\n\t.x = 5;\n}\n" },
	{ "both.ds", "#include \"one.ds\";\n#include \"block.ds\";\n" },
	{ "inner.ds", "? {\n#include \"one.ds\"\nx1 = one();\n}" },
	{ "types.ds", "struct point { int x, y; };\nenum { LIMIT = 3 };" },
	{ "bad.ds", "int two() {\n  return q;\n}\nx = ;" },
	{ "loop1.ds", "#include \"loop2.ds\";" },
	{ "loop2.ds", "\n  #include \"loop1.ds\";" },
	{ "open.ds", "if (1) {" },
	{ "close.ds", "}" },
	{ "odd.ds", "? x = 1;" },
	{ "two.ds", "? { x = 1; } ? { y = 1; }" },
	{ "empty.ds", "" },
	{ "string.ds", "x = \"abc" },
	{ "nul.ds", "x = 5;" },
	{ "fault.ds", "int cut(int n)\n{\n\treturn 6 / n;\n}\n" },
	{ "map.ds", "\n.m[1] = 5;" },
};

static bool reader(void *user, const char *from, const char *path, struct scr_included *in)
{
	char *log = user;

	sprintf(log + strlen(log), "%s<%s ", path, from);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(files[i].name, path))
			continue;
		in->name = strdup(path);
		in->id = strdup(path);
		in->text = strdup(files[i].text);
		in->len = strlen(files[i].text);
		return true;
	}
	in->why = strdup("no such thing");
	return false;
}

/* What happened; then what was asked for. Diagnostics are "FILE:LINE:COL message". */
static void check(const char *text, const char *want)
{
	struct script_kit *k = kit_new();
	struct scr_source src = { "main", text, strlen(text), 10, 3 };
	struct scr_diags d = { 0 };
	struct eng_program *prog;
	struct eng_fault fault;
	char log[4096] = "", line[512];

	scr_env_set_reader(k->env, reader, log);
	prog = scr_compile(k->env, &src, SCR_SCRIPT, &d);
	for (size_t i = 0; i < d.n; i++) {
		snprintf(line, sizeof(line), "%s:%u:%u %s|%s\n", d.diag[i].file, d.diag[i].pos.line,
			 d.diag[i].pos.col, d.diag[i].message, d.diag[i].line_text);
		kit_text(k, line, strlen(line));
	}
	CHECK_EQ(!prog, d.errors > 0);
	if (prog && eng_run(k->vm, prog, &k->ctx, NULL, ENG_PRE, &fault) != ENG_OK) {
		const char *file = eng_program_file(prog, fault.pc);

		snprintf(line, sizeof(line), "fault at %s:%u\n", file ? file : "the script",
			 fault.line);
		kit_text(k, line, strlen(line));
	}
	kit_text(k, log, strlen(log));
	CHECK_STR(k->out, want);
	scr_program_free(prog);
	scr_diags_free(&d);
	kit_free(k);
}

TEST(reads)
{
	check("#include \"one.ds\"; print(one());", "1\none.ds<main ");
	check("#include \"one.ds\"\nprint(one());", "1\none.ds<main ");
	check("n = 4;\n #include\t\"one.ds\" ; print(one() + n);", "5\none.ds<main ");
	check("# include \"block.ds\";\nprint(seven() + .x);", "c\nblock.ds<main ");
	check("print(one());\n#include \"one.ds\";", "1\none.ds<main ");
	check("#include \"types.ds\";\nstruct point p = { LIMIT }; print(p.x);",
	      "3\ntypes.ds<main ");
	check("#include \"empty.ds\";\nprint(5);", "5\nempty.ds<main ");
	check("#include \"nul.ds\"; print(x);", "5\nnul.ds<main ");
}

TEST(each_once)
{
	check("#include \"both.ds\";\n#include \"one.ds\";\n#include \"one.ds\";\n"
	      "print(one() + seven());",
	      "8\nboth.ds<main one.ds<both.ds block.ds<both.ds one.ds<main one.ds<main ");
	check("#include \"inner.ds\";\nprint(x1);", "1\ninner.ds<main one.ds<inner.ds ");
}

TEST(errors_have_their_place)
{
	check("n = 1;\n#include \"bad.ds\";\nm = ;",
	      "bad.ds:2:10 the variable 'q' is read, but nothing before it assigns it|  return q;\n"
	      "bad.ds:4:5 expected an expression, found ';'|x = ;\n"
	      "main:12:5 expected an expression, found ';'|m = ;\nbad.ds<main ");
	check("#include \"one.ds\"; int one() { return 2; }",
	      "main:10:26 the function 'one' is defined twice (first at one.ds:1)|"
	      "  #include \"one.ds\"; int one() { return 2; }\none.ds<main ");
	check("#include \"string.ds\";\nn = 1;",
	      "string.ds:1:5 this string is never closed|x = \"abc\nstring.ds<main ");
}

TEST(run_time_errors_have_their_place)
{
	check("#include \"fault.ds\"\nprint(cut(2));\nprint(cut(0));",
	      "3\nfault at fault.ds:3\nfault.ds<main ");
	check("#include \"both.ds\"\n#include \"fault.ds\"\nprint(cut(one() - 1));",
	      "fault at fault.ds:3\nboth.ds<main one.ds<both.ds block.ds<both.ds fault.ds<main ");
	check("#include \"fault.ds\"\nn = cut(1);\nprint(n / (n - 6));",
	      "fault at the script:12\nfault.ds<main ");
}

TEST(other_places_are_named)
{
	check("#include \"types.ds\";\nstruct point { int x; };",
	      "main:11:8 'struct point' is defined twice (first at types.ds:1)|"
	      "struct point { int x; };\ntypes.ds<main ");
	check("#include \"types.ds\";\nenum { LIMIT };",
	      "main:11:8 the constant 'LIMIT' is defined twice (first at types.ds:2)|"
	      "enum { LIMIT };\ntypes.ds<main ");
	check("#include \"map.ds\";\n.m[1, 2] = 3;",
	      "main:11:1 '.m' is a map of numbers with an integer as key, here it is used as "
	      "a map of numbers with two integers as key|.m[1, 2] = 3;\nmap.ds<main ");
}

TEST(refused)
{
	check("#include \"none.ds\";",
	      "main:10:3 cannot include 'none.ds': no such thing|  #include \"none.ds\";\n"
	      "none.ds<main ");
	check("x = 1;\n#include \"loop1.ds\";",
	      "loop2.ds:2:3 files include each other in a circle: loop1.ds includes loop2.ds "
	      "includes loop1.ds|  #include \"loop1.ds\";\n"
	      "loop1.ds<main loop2.ds<loop1.ds loop1.ds<loop2.ds ");
	check("if (1) {\n#include \"one.ds\";\n}",
	      "main:11:1 '#include' cannot stand inside a block|#include \"one.ds\";\n");
	check("#include one;",
	      "main:10:3 expected the path of a file: #include \"FILE\";|  #include one;\n"
	      "main:10:12 the variable 'one' is read, but nothing before it assigns it|"
	      "  #include one;\n");
	check("#include \"open.ds\";\nn = 1;",
	      "open.ds:1:1 a '{' of this file is never closed|if (1) {\nopen.ds<main ");
	check("#include \"close.ds\";\nn = 1;",
	      "close.ds:1:1 '}' without a '{' before it|}\nclose.ds<main ");
	check("#include \"odd.ds\";",
	      "odd.ds:1:1 an included file holds statements, or all of them in one '? { ... }'|"
	      "? x = 1;\nodd.ds<main ");
	check("#include \"two.ds\";",
	      "two.ds:1:1 an included file holds statements, or all of them in one '? { ... }'|"
	      "? { x = 1; } ? { y = 1; }\ntwo.ds<main ");
}

UNIT_MAIN()
