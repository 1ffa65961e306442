/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.h - how a table of symbols is made. Private to src/symbols.
 */
#ifndef SYMBOLS_TABLE_H
#define SYMBOLS_TABLE_H

#include "symbols.h"

struct sym_table {
	char *text; /* owned; what symbols lead into */
	const char *usual; /* module of names that are given without one */
	bool everywhere; /* ... they are looked for in the others, too */
	u64 floor; /* no address below has a name */
	struct sym *sym; /* by address */
	size_t n, cap;
};

bool sym_table_add(struct sym_table *t, const struct sym *s); /* false: no memory */
void sym_table_sort(struct sym_table *t);

#endif
