/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_symbols.c - lists of symbols and of modules that hold anything: every symbol that the
 * table has is found by its own name and at its own address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/symbols.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void one_symbol(const struct sym_table *t, const struct sym *s)
{
	char name[512], why[160];
	const struct sym *near;
	u64 addr, offset;

	near = sym_at(t, s->addr, &offset);
	check(s->addr >> 63 ? near && near->addr == s->addr && !offset : !near);
	if (strlen(s->module) > 60 || strchr(s->module, '!') || strlen(s->name) > 400)
		return;
	snprintf(name, sizeof(name), "%s!%s", s->module, s->name);
	/* Another of its name may be meant, or it may be one of several. */
	check(sym_find(t, name, &addr, why, sizeof(why)) || strstr(why, "symbols have this name"));
	check(sym_matches("*", s->name) &&
	      (strpbrk(s->name, "*?") || sym_matches(s->name, s->name)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct sym_table *t = sym_parse((const char *)data, size);
	struct sym_modules m;
	char *text = malloc(size + 1);

	if (!t || !text)
		abort();
	for (size_t i = 0; i < sym_count(t); i++) {
		check(!i || sym_get(t, i - 1)->addr <= sym_get(t, i)->addr);
		one_symbol(t, sym_get(t, i));
	}
	sym_free(t);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sym_modules_parse(&m, text))
		sym_modules_free(&m);
	free(text);
	return 0;
}
