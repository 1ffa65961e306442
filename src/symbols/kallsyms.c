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

#include "symbols.h"

#define NEAR (16u << 20) /* farther from a symbol an address is no longer called by it */

struct sym_table {
	char *text;
	struct sym *sym; /* by address */
	size_t n, cap;
};

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

static bool add(struct sym_table *t, const struct sym *s)
{
	size_t cap = t->cap ? t->cap * 2 : 1024;
	struct sym *sym;

	if (t->n == t->cap) {
		sym = realloc(t->sym, cap * sizeof(*sym));
		if (!sym)
			return false;
		t->sym = sym;
		t->cap = cap;
	}
	t->sym[t->n++] = *s;
	return true;
}

static int by_addr(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name; /* as the file has them */
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
	while (p < end) {
		char *next = memchr(p, '\n', (size_t)(end - p));

		if (next)
			*next = '\0';
		if (parse_line(p, &s) && !add(t, &s))
			goto fail;
		p = next ? next + 1 : end;
	}
	if (t->n)
		qsort(t->sym, t->n, sizeof(*t->sym), by_addr);
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

void sym_free(struct sym_table *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->sym);
	free(t);
}

size_t sym_count(const struct sym_table *t)
{
	return t->n;
}

const struct sym *sym_get(const struct sym_table *t, size_t i)
{
	return &t->sym[i];
}

static bool is_global(const struct sym *s)
{
	return isupper((unsigned char)s->type);
}

bool sym_find(const struct sym_table *t, const char *text, u64 *addr, char *why, size_t size)
{
	const char *bang = strchr(text, '!');
	char module[64] = SYM_KERNEL;
	const char *name = bang ? bang + 1 : text;
	const struct sym *found = NULL;
	size_t different = 0;

	if (bang)
		snprintf(module, sizeof(module), "%.*s", (int)(bang - text), text);
	for (size_t i = 0; i < t->n; i++) {
		const struct sym *s = &t->sym[i];

		if (strcmp(s->name, name) || strcmp(s->module, module))
			continue;
		if (found && is_global(found) && !is_global(s))
			continue;
		if (found && (is_global(found) || !is_global(s)))
			different += s->addr != found->addr;
		else
			different = 0;
		found = s;
	}
	if (found && !different) {
		*addr = found->addr;
		return true;
	}
	if (found)
		snprintf(why, size, "%zu symbols have this name; 'x %s!%s' lists them",
			 different + 1, module, name);
	else
		snprintf(why, size, "'%s' has no such symbol; 'x %s!*NAME*' searches", module,
			 module);
	return false;
}

const struct sym *sym_at(const struct sym_table *t, u64 addr, u64 *offset)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->sym[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	/* Symbols of per-CPU variables are offsets: none is in the lower half. */
	if (!low || t->sym[low - 1].addr >> 63 == 0 || addr - t->sym[low - 1].addr >= NEAR)
		return NULL;
	while (low > 1 && t->sym[low - 2].addr == t->sym[low - 1].addr)
		low--;
	*offset = addr - t->sym[low - 1].addr;
	return &t->sym[low - 1];
}

bool sym_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = name;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?' ||
			   tolower((unsigned char)*pattern) == tolower((unsigned char)*name)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
