/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * include.c - the sources of one compilation: the script itself, and the files that it
 * includes, each once, in one text.
 *
 * Reads files only through the environment's reader.
 */
#include <stdlib.h>

#include "compiler.h"

#define MAX_FILES 64
#define MAX_DEPTH 16

void scr_files_init(struct scr_compiler *c)
{
	c->text = c->src->text;
	c->text_len = c->src->len > SCR_MAX_TEXT ? SCR_MAX_TEXT : (u32)c->src->len;
	c->file = scr_alloc(c, sizeof(*c->file));
	*c->file = (struct scr_file){
		.name = c->src->name, .end = c->text_len, .line = c->src->line, .col = c->src->col
	};
	c->last_file = c->file;
}

static void *copy(struct scr_compiler *c, const char *text, size_t len)
{
	char *p = scr_arena_alloc(&c->arena, len + 1);

	return p ? memcpy(p, text, len) : NULL;
}

/* Takes what the reader has delivered into the arena. False: no memory. */
static bool take(struct scr_compiler *c, struct scr_included *in, struct scr_file **file)
{
	struct scr_file *f = scr_arena_alloc(&c->arena, sizeof(*f));
	char *text = scr_arena_alloc(&c->arena, c->text_len + 1 + in->len);

	if (!f || !text)
		return false;
	f->name = copy(c, in->name, strlen(in->name));
	f->id = copy(c, in->id, strlen(in->id));
	if (!f->name || !f->id)
		return false;
	memcpy(text, c->text, c->text_len);
	text[c->text_len] = '\n';
	memcpy(text + c->text_len + 1, in->text, in->len);
	f->off = c->text_len + 1;
	f->end = f->off + (u32)in->len;
	f->line = f->col = 1;
	c->text = text;
	c->text_len = f->end;
	*file = f;
	return true;
}

static struct scr_file *known(struct scr_compiler *c, const char *id)
{
	for (struct scr_file *f = c->file; f; f = f->next)
		if (f->id && !strcmp(f->id, id))
			return f;
	return NULL;
}

/* "a.ds includes b.ds includes a.ds", from the file @f that is being read down to itself. */
static const char *circle(struct scr_compiler *c, const struct scr_file *f,
			  const struct scr_file *from)
{
	const char *text = f->name;

	for (const struct scr_file *o = from; o && o != f; o = o->outer)
		text = scr_textf(c, "%s includes %s", o->name, text);
	return scr_textf(c, "%s includes %s", f->name, text);
}

static bool allowed(struct scr_compiler *c, struct scr_file *from, struct scr_span span,
		    const struct scr_included *in)
{
	const struct scr_file *old = known(c, in->id);
	u32 depth = 0, files = 0;

	for (const struct scr_file *f = from; f; f = f->outer)
		depth++;
	for (const struct scr_file *f = c->file; f; f = f->next)
		files++;
	if (old && old->open)
		scr_error(c, span, NULL, "files include each other in a circle: %s",
			  circle(c, old, from));
	else if (old)
		return false; /* each file once */
	else if (depth >= MAX_DEPTH)
		scr_error(c, span, NULL, "files include each other more than %u deep", MAX_DEPTH);
	else if (files > MAX_FILES)
		scr_error(c, span, NULL, "more than %u files are included", MAX_FILES);
	else if (in->len >= SCR_MAX_TEXT - c->text_len)
		scr_error(c, span, NULL, "a script has at most %u bytes, included files and all",
			  SCR_MAX_TEXT);
	else
		return true;
	return false;
}

struct scr_file *scr_include(struct scr_compiler *c, struct scr_file *from, struct scr_span span,
			     const char *path)
{
	struct scr_included in = { 0 };
	struct scr_file *file = NULL;
	bool ok = true;

	if (!c->env->read) {
		scr_error(c, span, NULL, "'#include' is not possible here");
		return NULL;
	}
	if (!c->env->read(c->env->read_user, from->name, path, &in))
		scr_error(c, span, NULL, "cannot include '%s': %s", path,
			  in.why ? in.why : "out of memory");
	else if (allowed(c, from, span, &in))
		ok = take(c, &in, &file);
	free(in.name);
	free(in.id);
	free(in.text);
	free(in.why);
	if (!ok)
		scr_oom(c);
	if (!file)
		return NULL;
	file->outer = from;
	file->at = from->outer ? from->at : span.off;
	file->open = true;
	file->index = c->last_file->index + 1;
	c->last_file->next = file;
	c->last_file = file;
	return file;
}

/* The brace that closes the one at token @i, or the end. */
static u32 closing(const struct scr_compiler *c, u32 i)
{
	u32 depth = 0;

	for (; i < c->ntok; i++) {
		depth += c->tok[i].kind == T_LBRACE;
		if (c->tok[i].kind == T_RBRACE && !--depth)
			break;
	}
	return i;
}

void scr_unwrap(struct scr_compiler *c, u32 first)
{
	struct scr_token *t;

	if (first >= c->ntok || c->tok[first].kind != T_QUESTION)
		return;
	t = &c->tok[first];
	if (first + 2 >= c->ntok || t[1].kind != T_LBRACE || closing(c, first + 1) != c->ntok - 1) {
		scr_error(c, t->span, NULL,
			  "an included file holds statements, or all of them in one '? { ... }'");
		c->ntok = first;
		return;
	}
	memmove(t, t + 2, (c->ntok - first - 3) * sizeof(*t));
	c->ntok -= 3;
}
