/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.c - symbols in order of addresses: by name, by address, by pattern.
 *
 * A name is looked for when a command or a script has one in it, and then reading them all is
 * cheaper than another order of so many.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/nearest.h"
#include "table.h"

bool sym_table_add(struct sym_table *t, const struct sym *s)
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

void sym_table_sort(struct sym_table *t)
{
	if (t->n)
		qsort(t->sym, t->n, sizeof(*t->sym), by_addr);
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

/* --- by name --- */

static bool is_global(const struct sym *s)
{
	return isupper((unsigned char)s->type);
}

/* Which symbols are meant; NULL: any. */
struct where {
	const char *module, *file;
};

static bool is_there(const struct sym *s, const struct where *w)
{
	return (!w->module || !strcmp(s->module, w->module)) &&
	       (!w->file || (s->path && strstr(s->path, w->file)));
}

/* Global ones before local ones. @different: how many more have another address. */
static const struct sym *find(const struct sym_table *t, const char *name, const struct where *w,
			      size_t *different)
{
	const struct sym *found = NULL;

	*different = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct sym *s = &t->sym[i];

		if (strcmp(s->name, name) || !is_there(s, w))
			continue;
		if (found && is_global(found) && !is_global(s))
			continue;
		if (found && (is_global(found) || !is_global(s)))
			*different += s->addr != found->addr;
		else
			*different = 0;
		found = s;
	}
	return found;
}

struct words {
	const struct sym_table *t;
	const struct where *where;
};

static const char *ith_name(const void *user, size_t i)
{
	const struct words *w = user;

	if (i >= w->t->n)
		return NULL;
	return is_there(&w->t->sym[i], w->where) ? w->t->sym[i].name : "";
}

static const char *nearest(const struct sym_table *t, const char *name, const struct where *w)
{
	struct words words = { t, w };

	return abi_nearest(name, ith_name, &words);
}

bool sym_find(const struct sym_table *t, const char *text, u64 *addr, char *why, size_t size)
{
	const char *bang = strchr(text, '!');
	char module[64];
	const char *name = bang ? bang + 1 : text;
	struct where w = { .module = module };
	const struct sym *found;
	size_t different;

	if (!bang && t->everywhere)
		return sym_find_in(t, name, NULL, addr, why, size);
	snprintf(module, sizeof(module), "%.*s", bang ? (int)(bang - text) : 63,
		 bang ? text : t->usual);
	found = find(t, name, &w, &different);
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

/* The program's own symbol, or else the first library's. */
static const struct sym *find_first(const struct sym_table *t, const char *name, const char *file,
				    size_t *different)
{
	const struct where own = { t->usual, file }, any = { NULL, file };
	const struct sym *found = find(t, name, &own, different);

	if (found)
		return found;
	found = find(t, name, &any, different);
	if (found && !file)
		*different = 0; /* several libraries have it: one of them is right */
	return found;
}

bool sym_find_in(const struct sym_table *t, const char *text, const char *file, u64 *addr,
		 char *why, size_t size)
{
	const struct where w = { NULL, file };
	const char *plus = strrchr(text, '+'), *near;
	char name[256], *end = NULL;
	const struct sym *found;
	size_t different;
	u64 offset = plus ? strtoull(plus + 1, &end, 16) : 0;

	if (plus && (!isxdigit((unsigned char)plus[1]) || *end)) {
		snprintf(why, size, "'%s' is no hexadecimal offset", plus + 1);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", plus ? (int)(plus - text) : 255, text);
	found = find_first(t, name, file, &different);
	if (found && !different) {
		*addr = found->addr + offset;
		return true;
	}
	if (found) {
		snprintf(why, size, "%zu symbols are called '%s'", different + 1, name);
		return false;
	}
	near = nearest(t, name, &w);
	snprintf(why, size, "there is no symbol '%s'%s%s%s%s%s", name, file ? " in '" : "",
		 file ? file : "", file ? "'" : "", near ? "; did you mean " : "",
		 near ? near : "");
	return false;
}

/* --- by address --- */

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
	if (!low || t->sym[low - 1].addr < t->floor || addr > t->sym[low - 1].last)
		return NULL;
	while (low > 1 && t->sym[low - 2].addr == t->sym[low - 1].addr)
		low--;
	*offset = addr - t->sym[low - 1].addr;
	return &t->sym[low - 1];
}

/* --- by pattern --- */

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
