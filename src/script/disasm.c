/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disasm.c - a whole program as text, for --dump-bytecode.
 *
 * One instruction is the engine's business (eng_disasm); this adds the functions.
 */
#include "script.h"

static void function(const struct eng_program *prog, u32 index, FILE *out)
{
	const struct eng_func *f = &prog->funcs[index];
	const char *file;
	u32 line = 0;
	char text[160];

	fprintf(out, "%s%s: %u registers, %u parameters, %u bytes of memory\n", index ? "\n" : "",
		(const char *)prog->data + f->name, f->nregs, f->nparams, f->mem);
	for (u32 pc = f->entry; pc < f->entry + f->len; pc++) {
		eng_disasm(prog, pc, text, sizeof(text));
		if (prog->lines[pc] != line) {
			line = prog->lines[pc];
			file = eng_program_file(prog, pc);
			fprintf(out, "  ; %s%s%u\n", file ? file : "line", file ? ":" : " ",
				line & ENG_LINE_MASK);
		}
		fprintf(out, "%6u  %s\n", pc, text);
	}
}

void scr_disasm(const struct eng_program *prog, FILE *out)
{
	const struct eng_image *im = prog->image;

	fprintf(out, "; %u bytes: %u instructions, %u functions, %u constants, %u bytes of data\n",
		im->size, im->ncode, im->nfuncs, im->nconsts, im->ndata);
	for (u32 i = 0; i < im->nfuncs; i++)
		function(prog, i, out);
}
