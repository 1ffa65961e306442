/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compile.c - one compilation from text to verified program.
 *
 * Leaves the environment as it was when there were errors.
 */
#include <stdlib.h>

#include "env.h"

static void *run(struct scr_compiler *c)
{
	scr_lex(c);
	scr_parse(c);
	scr_sema(c);
	if (!c->nerrors)
		scr_gen(c);
	return c->nerrors ? NULL : scr_image(c);
}

static void *literal(struct scr_compiler *c)
{
	const struct scr_str *s;
	char *bytes;

	scr_lex(c);
	if (c->nerrors || c->tok[0].kind != T_STR)
		return NULL;
	s = c->tok[0].str;
	bytes = malloc((size_t)s->len + 1);
	if (!bytes)
		longjmp(c->oom, 1);
	memcpy(bytes, s->bytes, s->len);
	bytes[s->len] = '\0';
	c->literal_len = s->len; /* bytes, NULs among them */
	return bytes;
}

/* Called when what the compilation used is free again. */
static void say_no_memory(struct scr_diags *d, const struct scr_source *src)
{
	struct scr_diag *diag = realloc(d->diag, (d->n + 8) * sizeof(*diag)), *g;

	d->errors++;
	if (!diag)
		return;
	d->diag = diag;
	d->cap = d->n + 8;
	g = &diag[d->n];
	*g = (struct scr_diag){ .severity = SCR_ERROR, .pos = { src->line, src->col, 0 } };
	g->message = strdup("out of memory while compiling");
	g->file = strdup(src->name);
	g->line_text = strdup("");
	if (g->message && g->file && g->line_text) {
		d->n++;
		return;
	}
	free(g->message);
	free(g->file);
	free(g->line_text);
}

/* A diagnostic that memory ran out for is taken back: its texts are not complete. */
static void drop_incomplete(struct scr_diags *d)
{
	struct scr_diag *g;

	if (!d->n)
		return;
	g = &d->diag[d->n - 1];
	if (g->file && g->line_text)
		return;
	free(g->message);
	free(g->hint);
	free(g->file);
	free(g->line_text);
	d->n--;
}

/* The one place that running out of memory comes back to. */
static void *guarded(struct scr_compiler *c, void *(*work)(struct scr_compiler *c))
{
	if (setjmp(c->oom)) {
		drop_incomplete(c->diags);
		c->no_memory = true;
		return NULL;
	}
	scr_files_init(c);
	if (c->src->len > SCR_MAX_TEXT) {
		scr_error(c, (struct scr_span){ 0, 0, 0 }, NULL, "a script has at most %u bytes",
			  SCR_MAX_TEXT);
		return NULL;
	}
	return work(c);
}

char *scr_string(const struct scr_source *src, size_t *len, struct scr_diags *diags)
{
	struct scr_compiler *c = calloc(1, sizeof(*c));
	size_t before = diags->n;
	char *bytes;

	if (!c) {
		say_no_memory(diags, src);
		return NULL;
	}
	c->src = src;
	c->diags = diags;
	bytes = guarded(c, literal);
	*len = c->literal_len;
	scr_diags_sort(diags, before);
	scr_arena_free(&c->arena);
	if (c->no_memory)
		say_no_memory(diags, src);
	free(c);
	return bytes;
}

struct eng_program *scr_compile(struct scr_env *env, const struct scr_source *src,
				enum scr_mode mode, struct scr_diags *diags)
{
	struct scr_compiler *c = calloc(1, sizeof(*c));
	size_t before = diags->n;
	struct eng_program *prog;

	if (!c) {
		say_no_memory(diags, src);
		return NULL;
	}
	c->env = env;
	c->src = src;
	c->mode = mode;
	c->diags = diags;
	c->nglobals_before = env->nglobals;
	c->nslots_before = env->nslots;
	prog = guarded(c, run);
	if (prog)
		scr_env_commit(env);
	else
		scr_env_rollback(env, c->nglobals_before, c->nslots_before);
	scr_diags_sort(diags, before);
	scr_arena_free(&c->arena);
	if (c->no_memory)
		say_no_memory(diags, src);
	free(c);
	return prog;
}
