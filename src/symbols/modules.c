/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.c - the modules that the kernel says are loaded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

/* name size users dependencies state address; the last two may be missing on old kernels. */
static bool parse_line(const char *line, struct sym_module *m)
{
	char name[128], deps[2048], state[32] = "";
	unsigned long long size, base = 0;
	unsigned users = 0;

	if (sscanf(line, "%127s %llu %u %2047s %31s %llx", name, &size, &users, deps, state,
		   &base) < 2)
		return false;
	*m = (struct sym_module){ strdup(name), strdup(state), base, size, users };
	return true;
}

bool sym_modules_parse(struct sym_modules *m, const char *text)
{
	char *line = NULL;

	*m = (struct sym_modules){ 0 };
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct sym_module *more = realloc(m->module, (m->n + 1) * sizeof(*more));

		line = strndup(text, len);
		if (more)
			m->module = more;
		if (!line || !more)
			goto fail;
		if (parse_line(line, &m->module[m->n])) {
			m->n++;
			if (!m->module[m->n - 1].name || !m->module[m->n - 1].state)
				goto fail;
		}
		free(line);
		text += len + (text[len] == '\n');
	}
	return true;
fail:
	free(line);
	sym_modules_free(m);
	return false;
}

bool sym_modules_load(struct sym_modules *m, const char *path, char *why, size_t size)
{
	size_t len;
	char *text = sym_read(path, &len);
	bool ok;

	if (!text) {
		snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
		return false;
	}
	ok = sym_modules_parse(m, text);
	free(text);
	if (!ok)
		snprintf(why, size, "no memory for the list of modules");
	return ok;
}

void sym_modules_free(struct sym_modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->module[i].name);
		free(m->module[i].state);
	}
	free(m->module);
	*m = (struct sym_modules){ 0 };
}
