/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kallsyms.c - the symbols that the kernel says it has.
 *
 * The text stays as it was read; the table leads into it. Sorted by address only: a name is
 * looked for when a command or a script has one in it, and then reading them all is cheaper
 * than another order of so many.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define NEAR (16u << 20) /* farther from a symbol an address is no longer called by it */

char *sym_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL, *more;
	size_t n = 0, size = 0, got = 1;

	if (!f)
		return NULL;
	while (got) {
		if (n + 1 >= size) {
			size = size ? size * 2 : 64 << 10;
			more = realloc(text, size);
			if (!more)
				goto fail;
			text = more;
		}
		got = fread(text + n, 1, size - n - 1, f);
		n += got;
	}
	if (ferror(f))
		goto fail;
	fclose(f);
	text[n] = '\0';
	*len = n;
	return text;
fail:
	free(text);
	fclose(f);
	return NULL;
}

/* The word at *@p, ended in place; *@p goes behind it. NULL: no more on this line. */
static char *word(char **p)
{
	char *start = *p + strspn(*p, " \t\r"), *end = start + strcspn(start, " \t\r\n");

	*p = end;
	if (end == start)
		return NULL;
	if (*end && *end != '\n') {
		*end = '\0';
		*p = end + 1;
	}
	return start;
}

static bool parse_line(char *line, struct sym *s)
{
	char *p = line, *addr = word(&p), *type = word(&p), *name = word(&p), *module = word(&p);
	char *end;
	size_t n;

	if (!addr || !type || !name || type[1] || !isalpha((unsigned char)type[0]))
		return false;
	s->addr = strtoull(addr, &end, 16);
	if (*end || !isxdigit((unsigned char)addr[0]))
		return false;
	s->last = s->addr + NEAR < s->addr ? ~0ULL : s->addr + NEAR - 1;
	s->type = type[0];
	s->name = name;
	s->module = SYM_KERNEL;
	n = module ? strlen(module) : 0;
	if (n > 2 && module[0] == '[' && module[n - 1] == ']') {
		module[n - 1] = '\0';
		s->module = module + 1;
	}
	return true;
}

/* Takes the text. */
static struct sym_table *parse(char *text, size_t len)
{
	struct sym_table *t = calloc(1, sizeof(*t));
	char *p = text, *end = text + len;
	struct sym s;

	if (!t) {
		free(text);
		return NULL;
	}
	t->text = text;
	t->usual = SYM_KERNEL;
	/* Symbols of per-CPU variables are offsets: none is in the lower half. */
	t->floor = 1ULL << 63;
	while (p < end) {
		char *next = memchr(p, '\n', (size_t)(end - p));

		if (next)
			*next = '\0';
		if (parse_line(p, &s) && !sym_table_add(t, &s))
			goto fail;
		p = next ? next + 1 : end;
	}
	sym_table_sort(t);
	return t;
fail:
	sym_free(t);
	return NULL;
}

struct sym_table *sym_parse(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse(copy, len);
}

struct sym_table *sym_load(const char *path, char *why, size_t size)
{
	struct sym_table *t;
	size_t len;
	char *text = sym_read(path, &len);

	if (!text) {
		snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	t = parse(text, len);
	if (!t) {
		snprintf(why, size, "no memory for the symbols of %s", path);
		return NULL;
	}
	if (t->n && t->sym[t->n - 1].addr)
		return t;
	snprintf(why, size,
		 t->n ? "%s shows all addresses as 0: be root, and 'sysctl kernel.kptr_restrict=1'"
		      : "%s has no symbols: the kernel was built without CONFIG_KALLSYMS",
		 path);
	sym_free(t);
	return NULL;
}
