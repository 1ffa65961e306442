/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * abi.c - lookups in the tables of system calls. Lookups by number are on the path of
 * every message that names a call: they never search.
 */
#include <linux/audit.h>
#include <string.h>

#include "abi/nearest.h"
#include "abi/tables.h"

const struct abi_call *abi_calls(enum abi_id abi, size_t *n)
{
	*n = abi_tables[abi].ncalls;
	return abi_tables[abi].calls;
}

const struct abi_call *abi_call_by_nr(enum abi_id abi, u64 nr)
{
	const struct abi_table *t = &abi_tables[abi];

	if (abi == ABI_X32)
		nr &= ~(u64)ABI_X32_BIT;
	if (nr >= t->nby_nr || !t->by_nr[nr])
		return NULL;
	return &t->calls[t->by_nr[nr] - 1];
}

static const char *skip_prefix(const char *name)
{
	static const char *const prefix[] = { "SYS_", "__NR_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefix); i++)
		if (!strncmp(name, prefix[i], strlen(prefix[i])))
			return name + strlen(prefix[i]);
	return name;
}

/* The first of the names that are not before @name. */
static size_t lower_bound(const struct abi_table *t, const char *name)
{
	size_t from = 0, to = t->nnames;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(t->names[mid].name, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const struct abi_call *abi_calls_by_name(enum abi_id abi, const char *name, size_t i)
{
	const struct abi_table *t = &abi_tables[abi];

	name = skip_prefix(name);
	i += lower_bound(t, name);
	return i < t->nnames && !strcmp(t->names[i].name, name) ? &t->calls[t->names[i].call]
								: NULL;
}

const struct abi_call *abi_call_by_name(enum abi_id abi, const char *name)
{
	return abi_calls_by_name(abi, name, 0);
}

static const char *name_at(const void *user, size_t i)
{
	const struct abi_table *t = user;

	return i < t->nnames ? t->names[i].name : NULL;
}

const char *abi_call_suggest(enum abi_id abi, const char *name)
{
	return abi_nearest(skip_prefix(name), name_at, &abi_tables[abi]);
}

int abi_class_by_name(const char *name)
{
	for (size_t i = 0; i < abi_nclasses; i++)
		if (!strcmp(abi_classes[i].name, name))
			return (int)i;
	return -1;
}

static const char *class_at(const void *user, size_t i)
{
	return i < abi_nclasses ? abi_classes[i].name : NULL;
}

const char *abi_class_suggest(const char *name)
{
	return abi_nearest(name, class_at, NULL);
}

u8 abi_call_classes(enum abi_id abi, u64 nr)
{
	const struct abi_call *c = abi_call_by_nr(abi, nr);

	return c ? c->classes : 0;
}

bool abi_call_in_class(enum abi_id abi, u64 nr, int class)
{
	return abi_call_classes(abi, nr) >> class & 1;
}

enum abi_id abi_from_audit(u32 arch, u64 nr)
{
	if (arch == AUDIT_ARCH_I386)
		return ABI_I386;
	return nr & ABI_X32_BIT && nr >> 31 == 0 ? ABI_X32 : ABI_X86_64;
}
