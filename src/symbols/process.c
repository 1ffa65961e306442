/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.c - the symbols of a process: those of all files that it has mapped, at the places
 * where they are.
 *
 * Files are read once and kept; the process may map and unmap them at any time, so its map is
 * looked at each time. Paths are the process's own: it may live in another root.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"
#include "table.h"

#define MODULE_MAX 64

/* A mapped file: its name as a module, and where. Of a map, in order of addresses. */
struct module {
	struct module *next;
	const struct sym_file *file;
	char name[MODULE_MAX];
	char *path;
	u64 base, end;
};

struct sym_cache {
	struct sym_file **file;
	size_t nfiles;
	/* the process that was asked for last */
	u32 pid;
	char *map_text;
	struct module *module;
	struct sym_table *table;
};

struct sym_cache *sym_cache_new(void)
{
	return calloc(1, sizeof(struct sym_cache));
}

static void forget(struct sym_cache *c)
{
	struct module *next;

	for (struct module *m = c->module; m; m = next) {
		next = m->next;
		free(m->path);
		free(m);
	}
	c->module = NULL;
	sym_free(c->table);
	c->table = NULL;
	free(c->map_text);
	c->map_text = NULL;
	c->pid = 0;
}

void sym_cache_free(struct sym_cache *c)
{
	if (!c)
		return;
	forget(c);
	for (size_t i = 0; i < c->nfiles; i++)
		sym_file_free(c->file[i]);
	free(c->file);
	free(c);
}

/* --- files --- */

/*
 * Where the mapped file can be opened. map_files leads to deleted and replaced ones, too, but
 * may be for the administrator alone (proc(5)).
 */
static bool find_path(u32 pid, const struct sym_map *m, char *path, size_t size, struct stat *st)
{
	snprintf(path, size, "/proc/%u/map_files/%llx-%llx", pid, m->start, m->end);
	if (!stat(path, st))
		return true;
	snprintf(path, size, "/proc/%u/root%s", pid, m->path);
	return !stat(path, st);
}

/* NULL for what is no ELF file, or cannot be read. */
static const struct sym_file *get_file(struct sym_cache *c, u32 pid, const struct sym_map *m)
{
	char path[PATH_MAX + 64];
	struct sym_file **more, *f;
	struct stat st;

	if (!find_path(pid, m, path, sizeof(path), &st))
		return NULL;
	for (size_t i = 0; i < c->nfiles; i++) {
		f = c->file[i];
		if (f->dev == st.st_dev && f->ino == st.st_ino &&
		    !memcmp(&f->mtime, &st.st_mtim, sizeof(f->mtime)))
			return f;
	}
	more = realloc(c->file, (c->nfiles + 1) * sizeof(*more));
	if (!more)
		return NULL;
	c->file = more;
	f = sym_file_load(path);
	if (f)
		c->file[c->nfiles++] = f;
	return f;
}

/* --- modules --- */

/* "/lib/ld-linux-x86-64.so.2" is the module ld_linux_x86_64. */
static void module_name(const char *path, char *name)
{
	const char *base = strrchr(path, '/') + 1, *so = strstr(base, ".so");
	size_t n = so && so > base ? (size_t)(so - base) : strcspn(base, " ");

	if (n >= MODULE_MAX)
		n = MODULE_MAX - 1;
	for (size_t i = 0; i < n; i++)
		name[i] = isalnum((unsigned char)base[i]) ? base[i] : '_';
	name[n] = '\0';
}

/* The first mapping of a file makes a module, later ones make it longer. False: no memory. */
static bool add_map(struct sym_cache *c, u32 pid, const struct sym_map *map, struct module ***last)
{
	struct module *m;

	for (m = c->module; m; m = m->next) {
		if (strcmp(m->path, map->path))
			continue;
		m->end = map->end;
		return true;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return false;
	m->file = get_file(c, pid, map);
	m->path = strdup(map->path);
	m->end = map->end;
	if (!m->path || !m->file || !sym_file_base(m->file, map->start, map->offset, &m->base)) {
		bool memory = m->path != NULL;

		free(m->path);
		free(m);
		return memory;
	}
	module_name(map->path, m->name);
	**last = m;
	*last = &m->next;
	return true;
}

static bool add_modules(struct sym_cache *c, u32 pid, const struct sym_maps *maps)
{
	struct module **last = &c->module;

	for (size_t i = 0; i < maps->n; i++)
		if (maps->map[i].path[0] == '/' && !add_map(c, pid, &maps->map[i], &last))
			return false;
	return true;
}

static bool add_symbols(struct sym_table *t, const struct module *m)
{
	for (size_t i = 0; i < m->file->n; i++) {
		const struct sym_elf *e = &m->file->sym[i];
		struct sym s = {
			.addr = m->base + e->value,
			.name = m->file->names + e->name,
			.module = m->name,
			.path = m->path,
			.type = e->type,
		};

		s.last = (e->size ? s.addr + e->size : m->end) - 1;
		if (!sym_table_add(t, &s))
			return false;
	}
	return true;
}

/* The program's own module; without one, when its file is gone, the first. */
static const char *program_module(const struct sym_cache *c, u32 pid)
{
	char link[32], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	for (const struct module *m = c->module; m; m = m->next)
		if (!strcmp(m->path, path))
			return m->name;
	return c->module ? c->module->name : "";
}

static struct sym_table *make_table(struct sym_cache *c, u32 pid)
{
	struct sym_table *t = calloc(1, sizeof(*t));
	bool ok = t;

	for (const struct module *m = c->module; ok && m; m = m->next)
		ok = add_symbols(t, m);
	if (!ok) {
		sym_free(t);
		return NULL;
	}
	t->usual = program_module(c, pid);
	t->everywhere = true;
	sym_table_sort(t);
	return t;
}

const struct sym_table *sym_process(struct sym_cache *c, u32 pid, char *why, size_t size)
{
	struct sym_maps maps = { 0 };
	char path[32], *text;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	text = sym_read(path, &len);
	if (!text) {
		snprintf(why, size, "the memory map of process %u cannot be read: %s", pid,
			 strerror(errno));
		return NULL;
	}
	if (c->table && c->pid == pid && !strcmp(text, c->map_text)) {
		free(text);
		return c->table;
	}
	forget(c);
	c->pid = pid;
	c->map_text = text;
	if (sym_maps_parse(&maps, text) && add_modules(c, pid, &maps))
		c->table = make_table(c, pid);
	sym_maps_free(&maps);
	if (!c->table)
		snprintf(why, size, "no memory for the symbols of process %u", pid);
	return c->table;
}
