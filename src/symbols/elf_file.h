/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf_file.h - what is known of one ELF file. Private to src/symbols.
 */
#ifndef SYMBOLS_ELF_FILE_H
#define SYMBOLS_ELF_FILE_H

#include <sys/types.h>
#include <time.h>

#include "symbols.h"

#define SYM_SEGMENTS 32

/* Addresses as linked. */
struct sym_elf {
	u64 value, size;
	u32 name; /* offset in names */
	char type;
};

struct sym_segment {
	u64 offset, vaddr; /* in the file, and as linked */
};

struct sym_file {
	dev_t dev;
	ino_t ino;
	struct timespec mtime;
	struct sym_elf *sym;
	size_t n, cap;
	char *names;
	size_t nnames, cap_names;
	struct sym_segment seg[SYM_SEGMENTS];
	size_t nsegs;
};

/* NULL with errno: ENOEXEC for what is no ELF file. */
struct sym_file *sym_file_load(const char *path);
void sym_file_free(struct sym_file *f);
/* What is to be added to linked addresses when @offset of the file is mapped at @start. */
bool sym_file_base(const struct sym_file *f, u64 start, u64 offset, u64 *base);

#endif
