/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.c - the table of commands as a whole: the families in the order of the help,
 * and looking names up.
 *
 * The rows stand in the file of their family; no other list of commands may exist.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "abi/nearest.h"
#include "command/internal.h"

#define CMD_NAME_MAX 24
#define CMD_NAMES_MAX 160 /* names and aliases; a test counts them */

const struct cmd_family cmd_families[] = {
	{ "Events", cmd_events },
	{ "Running", cmd_running },
	{ "Breakpoints", cmd_breakpoints },
	{ "System calls of one's own", cmd_invoke },
	{ "Debuggees, processes and threads", cmd_debuggee },
	{ "Evaluating", cmd_evaluate },
	{ "Registers", cmd_registers },
	{ "Memory and code", cmd_memory },
	{ "The whole machine", cmd_machine },
	{ "Outputs", cmd_outputs },
	{ "Files of commands and logs", cmd_scripts },
	{ "Session", cmd_session },
	{ NULL, NULL },
};

/* The next blank-separated name from *@p on; NULL behind the last. */
static const char *next_name(const char **p, size_t *len)
{
	const char *name = *p + strspn(*p, " ");

	*len = strcspn(name, " ");
	*p = name + *len;
	return *len ? name : NULL;
}

const struct cmd_desc *cmd_find(const char *name)
{
	for (const struct cmd_family *fam = cmd_families; fam->title; fam++) {
		for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
			const char *p = desc->names, *one;
			size_t len;

			while ((one = next_name(&p, &len)))
				if (strlen(name) == len && !strncasecmp(name, one, len))
					return desc;
		}
	}
	return NULL;
}

const char *cmd_name(const struct cmd_desc *desc, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)strcspn(desc->names, " "), desc->names);
	return buf;
}

/* The i-th of all names; the word lives until the next call. */
static const char *ith_name(const void *user, size_t i)
{
	char *word = (char *)(uintptr_t)user;

	for (const struct cmd_family *fam = cmd_families; fam->title; fam++) {
		for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
			const char *p = desc->names, *one;
			size_t len;

			while ((one = next_name(&p, &len))) {
				if (i--)
					continue;
				snprintf(word, CMD_NAME_MAX, "%.*s", (int)len, one);
				return word;
			}
		}
	}
	return NULL;
}

/* abi_nearest_of() keeps pointers to the words, so that all of them must live at once. */
static char words[CMD_NAMES_MAX][CMD_NAME_MAX];
static const char *list[CMD_NAMES_MAX];
static size_t nlist;

static void make_list(void)
{
	for (; nlist < CMD_NAMES_MAX && ith_name(words[nlist], nlist); nlist++)
		list[nlist] = words[nlist];
}

const char *cmd_suggest(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_list);
	return abi_nearest_of(name, list, nlist);
}

int cmd_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (int i = 0;; i++) {
		size_t len = strcspn(choices, "|");

		if (n && n == len && !strncasecmp(choices, text, n))
			return i;
		if (!choices[len])
			return -1;
		choices += len + 1;
	}
}
