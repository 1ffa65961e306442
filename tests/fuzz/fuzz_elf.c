/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_elf.c - files that say they are ELF and hold anything: what is read of them stays within
 * what was read. And memory maps that hold anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/elf_file.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void look_at(const struct sym_file *f)
{
	u64 base;

	for (size_t i = 0; i < f->n; i++) {
		check(f->sym[i].name && f->sym[i].name < f->nnames);
		check(f->names[f->sym[i].name] &&
		      f->sym[i].name + strlen(f->names + f->sym[i].name) < f->nnames);
	}
	check(f->nsegs <= SYM_SEGMENTS);
	for (size_t i = 0; i < f->nsegs; i++)
		sym_file_base(f, 0x1000, f->seg[i].offset & ~0xfffULL, &base);
}

static void maps(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);
	struct sym_maps m;

	check(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sym_maps_parse(&m, text)) {
		for (size_t i = 0; i < m.n; i++)
			check(strlen(m.map[i].perms) < sizeof(m.map[i].perms) && m.map[i].path);
		sym_maps_free(&m);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	struct sym_file *f;
	char path[64];

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	f = sym_file_load(path);
	if (f)
		look_at(f);
	sym_file_free(f);
	close(fd);
	maps(data, size);
	return 0;
}
