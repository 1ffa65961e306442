/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.c - the compiled parts into one image, and its verification.
 *
 * An image that the verifier refuses is a bug of the compiler, and said so.
 */
#include <stdlib.h>

#include "gen.h"

struct layout {
	u8 *base;
	size_t pos;
};

static void section(struct layout *l, const void *part, size_t size)
{
	if (l->base && size)
		memcpy(l->base + l->pos, part, size);
	l->pos = (l->pos + size + 7) & ~(size_t)7;
}

static size_t lay_out(const struct scr_compiler *c, const struct eng_image *head, void *base)
{
	struct layout l = { .base = base };

	section(&l, head, sizeof(*head));
	section(&l, c->code, c->ncode * sizeof(*c->code));
	section(&l, c->funcs, c->nfuncs * sizeof(*c->funcs));
	section(&l, c->consts, c->nconsts * sizeof(*c->consts));
	section(&l, c->maps, head->nmaps * sizeof(*c->maps));
	section(&l, c->lines, c->ncode * sizeof(*c->lines));
	section(&l, c->data, c->ndata);
	return l.pos;
}

static void place_maps(struct scr_compiler *c)
{
	const char *name = "";

	c->maps = scr_alloc(c, (c->head.nmaps + 1) * sizeof(*c->maps));
	for (u32 i = 0; i < c->head.nmaps; i++) {
		c->maps[i] = *scr_env_map(c->env, i, &name);
		c->maps[i].name = gen_data(c, name, (u32)strlen(name), 1);
	}
}

static void place_files(struct scr_compiler *c)
{
	for (const struct scr_file *f = c->file->next; f; f = f->next) {
		u32 off = gen_data(c, f->name, (u32)strlen(f->name), 1);

		if (f->index == 1)
			c->head.files = off;
	}
}

struct eng_program *scr_image(struct scr_compiler *c)
{
	struct eng_verdict verdict = { 0 };
	struct eng_program *prog;
	void *image, *scratch;
	size_t size;
	bool ok;

	place_maps(c);
	place_files(c);
	c->head.magic = ENG_MAGIC;
	c->head.version = ENG_IMAGE_VERSION;
	c->head.ncode = c->ncode;
	c->head.nfuncs = c->nfuncs;
	c->head.nconsts = c->nconsts;
	c->head.ndata = c->ndata;
	size = lay_out(c, &c->head, NULL);
	c->head.size = (u32)size;
	image = calloc(1, size);
	scratch = malloc(eng_verify_scratch(size));
	prog = malloc(sizeof(*prog));
	if (!image || !scratch || !prog) {
		free(image);
		free(scratch);
		free(prog);
		scr_oom(c);
	}
	lay_out(c, &c->head, image);
	ok = eng_verify(image, size, scratch, prog, &verdict);
	free(scratch);
	if (ok)
		return prog;
	free(image);
	free(prog);
	scr_error(
		c, (struct scr_span){ 0, 0, 0 }, "please report this script",
		"internal error: the verifier refused the compiled script: %s (at instruction %u)",
		verdict.why, verdict.pc);
	return NULL;
}

void scr_program_free(struct eng_program *prog)
{
	if (!prog)
		return;
	free((void *)prog->image);
	free(prog);
}
