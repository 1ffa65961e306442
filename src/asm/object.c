/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * object.c - a reader of just so much ELF as the assembler's output needs. Every offset is
 * checked against the file before it is followed.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm/object.h"

struct object {
	const u8 *data;
	size_t size;
	Elf64_Ehdr eh;
};

static const u8 *bytes_at(const struct object *o, u64 offset, u64 len)
{
	return offset <= o->size && len <= o->size - offset ? o->data + offset : NULL;
}

static bool section(const struct object *o, unsigned i, Elf64_Shdr *sh)
{
	const u8 *p;

	if (i >= o->eh.e_shnum || o->eh.e_shoff > o->size)
		return false;
	p = bytes_at(o, o->eh.e_shoff + (u64)i * sizeof(*sh), sizeof(*sh));
	if (!p)
		return false;
	memcpy(sh, p, sizeof(*sh));
	return true;
}

/* A NUL-terminated string of string table @table; "" when there is none. */
static const char *string(const struct object *o, unsigned table, u64 offset)
{
	Elf64_Shdr sh;
	const u8 *p;

	if (!section(o, table, &sh) || offset >= sh.sh_size)
		return "";
	p = bytes_at(o, sh.sh_offset, sh.sh_size);
	return p && memchr(p + offset, 0, sh.sh_size - offset) ? (const char *)p + offset : "";
}

static int find_text(const struct object *o, Elf64_Shdr *text)
{
	for (unsigned i = 1; i < o->eh.e_shnum; i++)
		if (section(o, i, text) && text->sh_type == SHT_PROGBITS &&
		    !strcmp(string(o, o->eh.e_shstrndx, text->sh_name), ".text"))
			return (int)i;
	return -1;
}

/* The first relocation of section @text: an address that only a linker would know. */
static char *unresolved(const struct object *o, int text)
{
	Elf64_Shdr rela, symtab;
	const u8 *r, *s;
	Elf64_Rela rel;
	Elf64_Sym sym;
	const char *name;
	char *error;
	int n;

	for (unsigned i = 1; i < o->eh.e_shnum; i++) {
		if (!section(o, i, &rela) || rela.sh_type != SHT_RELA ||
		    rela.sh_info != (unsigned)text || rela.sh_size < sizeof(rel))
			continue;
		r = bytes_at(o, rela.sh_offset, sizeof(rel));
		if (!r || !section(o, rela.sh_link, &symtab))
			return strdup("the assembler's output is damaged");
		memcpy(&rel, r, sizeof(rel));
		s = bytes_at(o, symtab.sh_offset + ELF64_R_SYM(rel.r_info) * sizeof(sym),
			     sizeof(sym));
		if (!s)
			return strdup("the assembler's output is damaged");
		memcpy(&sym, s, sizeof(sym));
		name = string(o, symtab.sh_link, sym.st_name);
		if (*name && sym.st_shndx == SHN_UNDEF)
			n = asprintf(&error, "undefined symbol '%s'", name);
		else
			n = asprintf(&error, "the code needs the address of one of its labels; use "
					     "lea REGISTER, [rip + LABEL]");
		return n < 0 ? NULL : error;
	}
	return NULL;
}

u8 *object_text(const u8 *obj, size_t size, size_t *len, char **error)
{
	struct object o = { .data = obj, .size = size };
	const u8 *code;
	Elf64_Shdr sh;
	u8 *copy;
	int text;

	*error = NULL;
	if (size < sizeof(o.eh) || memcmp(obj, ELFMAG, SELFMAG)) {
		*error = strdup("the assembler's output is no ELF file");
		return NULL;
	}
	memcpy(&o.eh, obj, sizeof(o.eh));
	if (o.eh.e_ident[EI_CLASS] != ELFCLASS64 || o.eh.e_machine != EM_X86_64 ||
	    o.eh.e_type != ET_REL || o.eh.e_shentsize != sizeof(Elf64_Shdr)) {
		*error = strdup("the assembler's output is not for x86-64");
		return NULL;
	}
	text = find_text(&o, &sh);
	code = text < 0 ? NULL : bytes_at(&o, sh.sh_offset, sh.sh_size);
	if (!code || !sh.sh_size) {
		*error = strdup("there are no instructions");
		return NULL;
	}
	*error = unresolved(&o, text);
	if (*error)
		return NULL;
	copy = malloc(sh.sh_size);
	if (!copy)
		return NULL;
	memcpy(copy, code, sh.sh_size);
	*len = sh.sh_size;
	return copy;
}
