/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf.c - the symbols of one ELF file, as it was linked: programs, libraries, and the
 * separate files that hold the symbols of stripped ones.
 *
 * The debuggee chooses these files. Every number in them is checked, nothing is mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"

#define MAX_SYMBOLS (8u << 20)
#define PAGE_MASK (~(u64)0xfff)

/* --- names, one behind the other --- */

/* Offset of a copy of @name; 0: no memory. */
static u32 add_name(struct sym_file *f, const char *name)
{
	size_t len = strlen(name) + 1, want = f->nnames + len;

	if (want > f->cap_names) {
		size_t cap = want * 2;
		char *more = cap < UINT32_MAX ? realloc(f->names, cap) : NULL;

		if (!more)
			return 0;
		f->names = more;
		f->cap_names = cap;
	}
	memcpy(f->names + f->nnames, name, len);
	f->nnames = want;
	return (u32)(want - len);
}

/* --- symbols --- */

/* As nm(1) has it: small letters are local. */
static char type_letter(Elf *elf, const GElf_Sym *s)
{
	Elf_Scn *scn = s->st_shndx < SHN_LORESERVE ? elf_getscn(elf, s->st_shndx) : NULL;
	GElf_Shdr sh;
	char letter = 'A';

	if (GELF_ST_BIND(s->st_info) == STB_WEAK)
		return 'W';
	if (scn && gelf_getshdr(scn, &sh))
		letter = sh.sh_flags & SHF_EXECINSTR ? 'T'
			 : sh.sh_type == SHT_NOBITS  ? 'B'
			 : sh.sh_flags & SHF_WRITE   ? 'D'
						     : 'R';
	return GELF_ST_BIND(s->st_info) == STB_LOCAL ? (char)(letter + 'a' - 'A') : letter;
}

static bool is_wanted(const GElf_Sym *s)
{
	unsigned type = GELF_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT ||
					    type == STT_NOTYPE || type == STT_GNU_IFUNC);
}

/* False: no memory. */
static bool add_symbol(struct sym_file *f, Elf *elf, const GElf_Sym *s, const char *name)
{
	struct sym_elf *e;

	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 256;
		struct sym_elf *more = realloc(f->sym, cap * sizeof(*more));

		if (!more)
			return false;
		f->sym = more;
		f->cap = cap;
	}
	e = &f->sym[f->n];
	*e = (struct sym_elf){ .value = s->st_value, .size = s->st_size };
	e->type = type_letter(elf, s);
	e->name = add_name(f, name);
	f->n += e->name != 0;
	return e->name != 0;
}

static bool read_section(struct sym_file *f, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym s;

	for (int i = 0; data && f->n < MAX_SYMBOLS && gelf_getsym(data, i, &s); i++) {
		const char *name = is_wanted(&s) ? elf_strptr(elf, sh->sh_link, s.st_name) : NULL;

		if (name && *name && !add_symbol(f, elf, &s, name))
			return false;
	}
	return true;
}

/* All sections of a type; false: no memory. @any: there was one. */
static bool read_sections(struct sym_file *f, Elf *elf, unsigned type, bool *any)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	*any = false;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != type)
			continue;
		*any = true;
		if (!read_section(f, elf, scn, &sh))
			return false;
	}
	return true;
}

/* --- files --- */

static Elf *open_elf(const char *path, int *fd, struct stat *st)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return NULL;
	if (!fstat(*fd, st) && S_ISREG(st->st_mode)) {
		elf = elf_begin(*fd, ELF_C_READ, NULL);
		if (elf && elf_kind(elf) == ELF_K_ELF)
			return elf;
		elf_end(elf);
	}
	close(*fd);
	errno = ENOEXEC;
	return NULL;
}

static void close_elf(Elf *elf, int fd)
{
	elf_end(elf);
	close(fd);
}

/* Path of the file with the symbols that were stripped of @elf, by its build number. */
static bool debug_path(Elf *elf, char *path, size_t size)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Nhdr note;
	size_t name, desc;

	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *data = gelf_getshdr(scn, &sh) && sh.sh_type == SHT_NOTE
					 ? elf_getdata(scn, NULL)
					 : NULL;

		if (!data || !gelf_getnote(data, 0, &note, &name, &desc) ||
		    note.n_type != NT_GNU_BUILD_ID || note.n_descsz < 2 || note.n_descsz > 64)
			continue;
		const unsigned char *id = (const unsigned char *)data->d_buf + desc;
		int n = snprintf(path, size, "/usr/lib/debug/.build-id/%02x/", id[0]);

		for (u32 i = 1; i < note.n_descsz; i++)
			n += snprintf(path + n, size - (size_t)n, "%02x", id[i]);
		snprintf(path + n, size - (size_t)n, ".debug");
		return true;
	}
	return false;
}

/* True when a separate file was there and had symbols. */
static bool read_debug_file(struct sym_file *f, Elf *stripped)
{
	char path[256];
	struct stat st;
	bool any = false;
	Elf *elf;
	int fd;

	if (!debug_path(stripped, path, sizeof(path)))
		return false;
	elf = open_elf(path, &fd, &st);
	if (!elf)
		return false;
	if (!read_sections(f, elf, SHT_SYMTAB, &any))
		any = false;
	close_elf(elf, fd);
	return any;
}

static void read_segments(struct sym_file *f, Elf *elf)
{
	size_t n;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &n))
		return;
	for (size_t i = 0; i < n && f->nsegs < SYM_SEGMENTS && gelf_getphdr(elf, (int)i, &ph); i++)
		if (ph.p_type == PT_LOAD)
			f->seg[f->nsegs++] = (struct sym_segment){ ph.p_offset, ph.p_vaddr };
}

struct sym_file *sym_file_load(const char *path)
{
	struct sym_file *f = calloc(1, sizeof(*f));
	struct stat st;
	bool any, ok;
	Elf *elf;
	int fd;

	if (!f)
		return NULL;
	elf = open_elf(path, &fd, &st);
	if (!elf) {
		free(f);
		return NULL;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->mtime = st.st_mtim;
	f->nnames = 1; /* no name is at 0 */
	read_segments(f, elf);
	ok = read_sections(f, elf, SHT_SYMTAB, &any);
	if (ok && !any && !read_debug_file(f, elf))
		ok = read_sections(f, elf, SHT_DYNSYM, &any);
	close_elf(elf, fd);
	if (ok)
		return f;
	sym_file_free(f);
	errno = ENOMEM;
	return NULL;
}

void sym_file_free(struct sym_file *f)
{
	if (!f)
		return;
	free(f->sym);
	free(f->names);
	free(f);
}

bool sym_file_base(const struct sym_file *f, u64 start, u64 offset, u64 *base)
{
	for (size_t i = 0; i < f->nsegs; i++) {
		if ((f->seg[i].offset & PAGE_MASK) != offset)
			continue;
		*base = start - (f->seg[i].vaddr & PAGE_MASK);
		return true;
	}
	return false;
}
