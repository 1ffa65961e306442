/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * abi.c - lookups in the tables of system calls. Lookups by number are on the path of
 * every message that names a call: they never search.
 */
#include <linux/audit.h>
#include <stdlib.h>
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

static int compare_names(const void *key, const void *elem)
{
	return strcmp(key, ((const struct abi_name *)elem)->name);
}

static const char *skip_prefix(const char *name)
{
	static const char *const prefix[] = { "SYS_", "__NR_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefix); i++)
		if (!strncmp(name, prefix[i], strlen(prefix[i])))
			return name + strlen(prefix[i]);
	return name;
}

const struct abi_call *abi_call_by_name(enum abi_id abi, const char *name)
{
	const struct abi_table *t = &abi_tables[abi];
	const struct abi_name *hit =
		bsearch(skip_prefix(name), t->names, t->nnames, sizeof(*t->names), compare_names);

	return hit ? &t->calls[hit->call] : NULL;
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

enum abi_id abi_from_audit(u32 arch, u64 nr)
{
	if (arch == AUDIT_ARCH_I386)
		return ABI_I386;
	return nr & ABI_X32_BIT && nr >> 31 == 0 ? ABI_X32 : ABI_X86_64;
}
