/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * maps.c - the memory map of a process, as /proc/PID/maps has it (proc(5)).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

/* "start-end perms offset dev inode   path"; the line is ended in place. */
static bool parse_line(char *line, struct sym_map *m)
{
	unsigned long long start, end, offset;
	int path = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, m->perms, &offset, &path) <
		    4 ||
	    !path)
		return false;
	m->start = start;
	m->end = end;
	m->offset = offset;
	m->path = line + path;
	return true;
}

/* Takes the text. */
static bool parse(struct sym_maps *m, char *text)
{
	size_t cap = 0;

	*m = (struct sym_maps){ .text = text };
	while (*text) {
		char *next = strchr(text, '\n');

		if (next)
			*next++ = '\0';
		if (m->n == cap) {
			struct sym_map *more;

			cap = cap ? cap * 2 : 64;
			more = realloc(m->map, cap * sizeof(*more));
			if (!more) {
				sym_maps_free(m);
				return false;
			}
			m->map = more;
		}
		m->n += parse_line(text, &m->map[m->n]);
		text = next ? next : text + strlen(text);
	}
	return true;
}

bool sym_maps_parse(struct sym_maps *m, const char *text)
{
	char *copy = strdup(text);

	return copy && parse(m, copy);
}

bool sym_maps_load(struct sym_maps *m, u32 pid)
{
	char path[32], *text;
	size_t len;

	*m = (struct sym_maps){ 0 };
	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	text = sym_read(path, &len);
	return text && parse(m, text);
}

void sym_maps_free(struct sym_maps *m)
{
	free(m->map);
	free(m->text);
	*m = (struct sym_maps){ 0 };
}
