/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbols.c - names of the debuggee's addresses: the kernel's on the machine, those of the
 * current process else. Read when somebody asks for one, never before.
 */
#include <errno.h>
#include <string.h>

#include "debugger/session.h"
#include "symbols/symbols.h"

static const struct sym_table *of_kernel(struct dbg *d)
{
	char why[256];

	if (!d->symbols)
		d->symbols = sym_load("/proc/kallsyms", why, sizeof(why));
	if (!d->symbols)
		dbg_fail(d, -ENOENT, "%s", why);
	return d->symbols;
}

const struct sym_table *dbg_symbols_of(struct dbg *d, u32 pid)
{
	const struct sym_table *table;
	char why[256];

	if (!d->sym_cache)
		d->sym_cache = sym_cache_new();
	if (!d->sym_cache) {
		dbg_fail(d, -ENOMEM, "no memory for symbols");
		return NULL;
	}
	table = sym_process(d->sym_cache, pid, why, sizeof(why));
	if (!table)
		dbg_fail(d, -ENOENT, "%s", why);
	return table;
}

const struct sym_table *dbg_symbols(struct dbg *d)
{
	u32 pid;

	if (dbg_can(d, TGT_WHOLE))
		return of_kernel(d);
	pid = dbg_current_pid(d);
	if (pid)
		return dbg_symbols_of(d, pid);
	dbg_fail(d, -ESRCH, "there is no debuggee, and so there are no symbols");
	return NULL;
}

bool dbg_resolve(void *user, const char *name, u64 *addr, char **why)
{
	struct dbg *d = user;
	const struct sym_table *table = dbg_symbols(d);
	char text[256];

	if (table && sym_find(table, name, addr, text, sizeof(text)))
		return true;
	if (why)
		*why = strdup(table ? text : d->error);
	return false;
}
