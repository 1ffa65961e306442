/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbols.h - names of addresses, and the modules that they are in: the kernel's, and those of
 * processes with the files that they have mapped.
 *
 * Knows files and text, and nothing of targets. What it reads may hold anything.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include "engine/base.h"

#define SYM_KERNEL "vmlinux" /* module of what is in no module */

struct sym {
	u64 addr;
	u64 last; /* addresses behind this one are not called by it */
	const char *name, *module;
	const char *path; /* of the module's file; NULL: none */
	char type; /* as in nm(1): capital letters are global */
};

struct sym_table;

/* A file such as /proc/kallsyms. NULL, and why. */
struct sym_table *sym_load(const char *path, char *why, size_t size);
/* The same from text: lines of address, type, name and [module]; others are passed over. */
struct sym_table *sym_parse(const char *text, size_t len); /* NULL: no memory */
void sym_free(struct sym_table *t);

size_t sym_count(const struct sym_table *t);
/* In order of addresses. */
const struct sym *sym_get(const struct sym_table *t, size_t i);
/*
 * Address of "module!name". A name alone is the kernel's; in a process it is the program's, or else
 * that of any of its libraries. False, and why.
 */
bool sym_find(const struct sym_table *t, const char *name, u64 *addr, char *why, size_t size);
/*
 * The same of "name" or "name+OFFSET" (hexadecimal), only of modules whose path has @file in it, if
 * that is not NULL.
 */
bool sym_find_in(const struct sym_table *t, const char *name, const char *file, u64 *addr,
		 char *why, size_t size);
/* The symbol that an address is in, or next behind; NULL: none is near. */
const struct sym *sym_at(const struct sym_table *t, u64 addr, u64 *offset);
/* Does a name match a pattern of '*' and '?'? Without regard to case. */
bool sym_matches(const char *pattern, const char *name);

struct sym_module {
	char *name, *state;
	u64 base, size;
	u32 users;
};

struct sym_modules {
	struct sym_module *module; /* in the order of the file */
	size_t n;
};

/* A file such as /proc/modules. False, and why. */
bool sym_modules_load(struct sym_modules *m, const char *path, char *why, size_t size);
bool sym_modules_parse(struct sym_modules *m, const char *text); /* false: no memory */
void sym_modules_free(struct sym_modules *m);

/* --- processes --- */

struct sym_map {
	u64 start, end, offset;
	char perms[5];
	const char *path; /* "" for none */
};

/* A process's memory map; the text is kept. */
struct sym_maps {
	struct sym_map *map;
	size_t n;
	char *text;
};

/* False with errno. */
bool sym_maps_load(struct sym_maps *m, u32 pid);
bool sym_maps_parse(struct sym_maps *m, const char *text);
void sym_maps_free(struct sym_maps *m);

/* What files of processes hold is read once; the table is made anew when the process's map changes. */
struct sym_cache;
struct sym_cache *sym_cache_new(void);
void sym_cache_free(struct sym_cache *c);
/*
 * Symbols of a process. Modules are called by their file's name up to ".so", with an underscore for
 * what cannot be in a name. Valid until the next call. NULL, and why.
 */
const struct sym_table *sym_process(struct sym_cache *c, u32 pid, char *why, size_t size);

/* A whole file of the kernel's, malloc'ed with a NUL behind it; NULL with errno. */
char *sym_read(const char *path, size_t *len);

#endif
