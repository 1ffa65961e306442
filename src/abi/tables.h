/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tables.h - the shape of the generated tables of system calls. Only gen.py's output
 * and abi.c include it.
 */
#ifndef ABI_TABLES_H
#define ABI_TABLES_H

#include "abi/abi.h"

struct abi_name {
	const char *name;
	u16 call; /* index into calls */
};

struct abi_table {
	const struct abi_call *calls; /* sorted by number */
	size_t ncalls;
	const u16 *by_nr; /* number without the x32 bit -> index + 1, or 0 */
	size_t nby_nr;
	const struct abi_name *names; /* sorted; of one name's calls its own stands first */
	size_t nnames;
};

extern const struct abi_table abi_tables[ABI_N];

#endif
