/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbols.h - names of addresses, and the modules that they are in.
 *
 * Knows files and text, and nothing of targets. What it reads may hold anything.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include "engine/base.h"

#define SYM_KERNEL "vmlinux" /* module of what is in no module */

struct sym {
	u64 addr;
	const char *name, *module;
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
/* Address of "module!name"; false, and why. */
bool sym_find(const struct sym_table *t, const char *name, u64 *addr, char *why, size_t size);
/* The symbol at or next below an address of the kernel's half; NULL: none is near. */
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

/* A whole file of the kernel's, malloc'ed with a NUL behind it; NULL with errno. */
char *sym_read(const char *path, size_t *len);

#endif
