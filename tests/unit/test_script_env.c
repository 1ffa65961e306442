/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_env.c - what scripts of a session share, what a target refuses, what an
 * image says about itself, and that the code is as short as it should be.
 */
#include "script_kit.h"

static struct eng_program *compile(struct script_kit *k, const char *text, enum scr_mode mode)
{
	struct scr_source src = { "t", text, strlen(text), 1, 1 };
	struct scr_diags d = { 0 };
	struct eng_program *prog = scr_compile(k->env, &src, mode, &d);

	kit_diags(k, &d);
	scr_diags_free(&d);
	return prog;
}

TEST(globals_live_in_the_session)
{
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, ".n = 5; int .m = -1;", SCR_SCRIPT, true));
	CHECK(kit_run(k, "print(.n); print(.m); .n++;", SCR_SCRIPT, true));
	CHECK(kit_run(k, "print(.n); print(.m < 0); print(sizeof(.m));", SCR_SCRIPT, true));
	CHECK_STR(k->out, "5\nffffffffffffffff\n6\n1\n4\n");
	CHECK_EQ(scr_env_nglobals(k->env), 2);
	CHECK_EQ(scr_env_global(k->env, "m"), 0); /* declarations come first */
	CHECK_EQ(scr_env_global(k->env, "n"), 1);
	CHECK_EQ(scr_env_global(k->env, "x"), -1);
	CHECK_STR(scr_env_global_name(k->env, 1), "n");
	CHECK(!scr_env_global_name(k->env, 2));
	kit_free(k);
}

TEST(errors_leave_the_session_as_it_was)
{
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, "int .n = 5;", SCR_SCRIPT, true));
	CHECK(!kit_run(k, "char .n = 1; .other = 2; int .t[20]; x = ;", SCR_SCRIPT, true));
	CHECK_EQ(scr_env_nglobals(k->env), 1);
	CHECK_EQ(scr_env_global(k->env, "other"), -1);
	k->len = 0;
	CHECK(kit_run(k, "print(sizeof(.n)); print(.n);", SCR_SCRIPT, true));
	CHECK_STR(k->out, "4\n5\n");
	k->len = 0;
	CHECK(!kit_run(k, "print(.other);", SCR_SCRIPT, true));
	for (int i = 0; i < 300; i++) { /* many names, taken back again and again */
		char text[4096];
		size_t n = 0;

		for (int j = 0; j < 60; j++)
			n += (size_t)sprintf(text + n, ".v%d_%d = 1;", i, j);
		sprintf(text + n, "oops");
		CHECK(!kit_run(k, text, SCR_SCRIPT, true));
		CHECK_EQ(scr_env_nglobals(k->env), 1);
	}
	CHECK_EQ(scr_env_global(k->env, "n"), 0);
	kit_free(k);
}

TEST(globals_are_limited)
{
	struct script_kit *k = kit_new();
	char text[16384];
	size_t n = 0;

	for (int i = 0; i < KIT_GLOBALS; i++)
		n += (size_t)sprintf(text + n, ".v%d = 1; ", i);
	CHECK(kit_run(k, text, SCR_SCRIPT, true));
	CHECK_EQ(scr_env_nglobals(k->env), KIT_GLOBALS);
	CHECK(!kit_run(k, ".one_more = 1;", SCR_SCRIPT, true));
	CHECK_STR(k->out, "1:1+9 no room for the global variable '.one_more': all 512 slots of 8 "
			  "bytes are used\n");
	kit_free(k);
}

TEST(expressions)
{
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, "1 + 2 * 3", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 7);
	CHECK(kit_run(k, "@rdi == 8 && $pid == 111;", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 1);
	CHECK(kit_run(k, "-1", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, ~0ULL);
	CHECK(kit_run(k, "x = 5, x * 2", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 10);
	CHECK(!kit_run(k, "1 2", SCR_EXPRESSION, true));
	CHECK_STR(k->out, "1:3+1 expected the end of the expression, found '2'\n");
	k->len = 0;
	CHECK(!kit_run(k, "", SCR_EXPRESSION, true));
	CHECK(!kit_run(k, "print(1)", SCR_EXPRESSION, true));
	CHECK(!kit_run(k, "x = 1; y = 2;", SCR_EXPRESSION, true));
	kit_free(k);
}

static bool resolve(void *user, const char *name, u64 *addr, char **why)
{
	*(int *)user += 1;
	if (strcmp(name, "libc!write")) {
		*why = strdup("the module has no such symbol");
		return false;
	}
	*addr = 0x7f0012345678;
	return true;
}

TEST(symbols)
{
	struct script_kit *k = kit_new();
	int asked = 0;

	scr_env_set_symbols(k->env, resolve, &asked);
	CHECK(kit_run(k,
		      "print(libc!write); x = libc!write + 4; print(x); n=1; if (n!=2) print(3);",
		      SCR_SCRIPT, true));
	CHECK_STR(k->out, "7f0012345678\n7f001234567c\n3\n");
	CHECK_EQ(asked, 2);
	k->len = 0;
	CHECK(!kit_run(k, "print(libc!wirte);", SCR_SCRIPT, true));
	CHECK_STR(k->out,
		  "1:7+10 cannot find the symbol 'libc!wirte': the module has no such symbol\n");
	kit_free(k);
}

TEST(a_target_refuses_by_name)
{
	static const struct eng_caps caps = {
		.target = "process",
		.letter = 'P',
		.regs_readable = ENG_REGS_USER,
		.regs_writable = ENG_REGS_GENERAL,
		.pseudo = ~ENG_BIT(ENG_PS_PROC),
	};
	struct script_kit *k = kit_new();

	scr_env_set_caps(k->env, &caps);
	CHECK(!kit_run(k, "x = @cr3;\n@rip = 5;\nx = @rip;\nx = $proc;", SCR_SCRIPT, true));
	CHECK_STR(k->out,
		  "1:5+4 the register '@cr3' cannot be read on the target 'process' "
		  "[it belongs to the whole machine or to the kernel]\n"
		  "2:1+4 the register '@rip' cannot be written on the target 'process' [it can "
		  "only be read]\n"
		  "4:5+5 the pseudo-register '$proc' does not exist on the target 'process', only "
		  "on: machine\n");
	k->len = 0;
	scr_env_set_caps(k->env, &eng_caps_machine);
	CHECK(!kit_run(k, "pause();", SCR_SCRIPT, true));
	CHECK_STR(k->out,
		  "1:1+7 'pause' does not work on the target 'machine', only on: process\n");
	k->len = 0;
	CHECK(!kit_run(k, "syscall_skip(1);", SCR_SCRIPT, true));
	CHECK_STR(
		k->out,
		"1:1+15 'syscall_skip' does not work on the target 'machine', only on: process\n");
	k->len = 0;
	CHECK(!kit_run(k, "@cr2 = @tr; @cr3 = 5; x = $peb;", SCR_SCRIPT, true));
	CHECK_STR(k->out,
		  "1:13+4 the register '@cr3' cannot be written on the target 'machine' [it can "
		  "only be read]\n"
		  "1:27+4 the pseudo-register '$peb' does not exist on the target 'machine'\n");
	kit_free(k);
}

TEST(an_image_says_what_it_touches)
{
	struct script_kit *k = kit_new();
	struct eng_program *p = compile(
		k, "@bl = @rdi; $syscall_arg1 = $tid; .x = 1; .y = 2; flush();", SCR_SCRIPT);

	CHECK(p);
	CHECK_EQ(p->image->regs_read, ENG_BIT(ENG_RDI) | ENG_BIT(ENG_RBX));
	CHECK_EQ(p->image->regs_written, ENG_BIT(ENG_RBX));
	CHECK_EQ(p->image->pseudo_read, ENG_BIT(ENG_PS_TID));
	CHECK_EQ(p->image->pseudo_written, ENG_BIT(ENG_PS_SYSCALL_ARG1));
	CHECK_EQ(p->image->builtins[0] | p->image->builtins[1], ENG_BIT(ENG_BI_FLUSH));
	CHECK_EQ(p->image->nglobals, 2);
	scr_program_free(p);
	kit_free(k);
}

static void code_is(const char *text, const char *want)
{
	struct script_kit *k = kit_new();
	struct eng_program *p = compile(k, text, SCR_SCRIPT);

	CHECK(p);
	for (u32 pc = 0; pc < p->image->ncode; pc++) {
		char line[160];

		eng_disasm(p, pc, line, sizeof(line));
		strcat(line, "\n");
		kit_text(k, line, strlen(line));
	}
	CHECK_STR(k->out, want);
	scr_program_free(p);
	kit_free(k);
}

TEST(code)
{
	code_is(".n = .n + 1;", "LDG r0, g0\nADDI r0, r0, 1\nSTG r0, g0\nEND\n");
	code_is("n = 5; while (n > 2) n--;",
		"LDI r0, 5\nJ -> 3\nADDI r0, r0, -1\nLDI r1, 2\nJLTU r1, r0, -> 2\nEND\n");
	code_is("if (@rax == 1 && @rdi < 5) { .x = 2 * 3 + 4; }",
		"LDREG r0, @rax\nJNEI r0, 1, -> 6\nLDREG r0, @rdi\nJGESI r0, 5, -> 6\n"
		"LDI r0, 10\nSTG r0, g0\nEND\n");
	code_is("p = 10010; x = poi(p + 8); y = x * 4 / 8;",
		"LDI r0, 65552\nLD r1, r0, u64, 8\nMULI r3, r1, 4\nSHRUI r2, r3, 3\nEND\n");
}

TEST(disassembly)
{
	struct script_kit *k = kit_new();
	struct eng_program *p = compile(k, "int one() {\n return 1; }\n.x = one();", SCR_SCRIPT);
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	CHECK(p);
	scr_disasm(p, f);
	fclose(f);
	CHECK(strstr(out, "main: 1 registers, 0 parameters, 0 bytes of memory\n  ; line 3\n"));
	CHECK(strstr(out, "\none: 1 registers, 0 parameters, 0 bytes of memory\n  ; line 2\n"));
	free(out);
	scr_program_free(p);
	kit_free(k);
}

UNIT_MAIN()
