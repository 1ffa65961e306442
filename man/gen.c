/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gen.c - the manual pages: a template with the reference of the commands in its place.
 *
 * Runs at build time, and knows no command: what is printed comes from their table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"

/* @VERSION@ and @DATE@ stand once per line at most. */
static void put_line(const char *line, const char *date)
{
	static const char version_mark[] = "@VERSION@", date_mark[] = "@DATE@";
	const char *version = strstr(line, version_mark), *day = strstr(line, date_mark);

	if (day && version && day < version)
		printf("%.*s%s%.*s%s%s", (int)(day - line), line, date,
		       (int)(version - day - (long)strlen(date_mark)), day + strlen(date_mark),
		       LSTAR_VERSION, version + strlen(version_mark));
	else
		fputs(line, stdout);
}

int main(int argc, char **argv)
{
	char line[1024];
	FILE *in;

	if (argc != 3) {
		fprintf(stderr, "usage: man-gen TEMPLATE DATE\n");
		return 2;
	}
	in = fopen(argv[1], "re");
	if (!in) {
		fprintf(stderr, "man-gen: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), in)) {
		if (!strcmp(line, "@COMMANDS@\n"))
			cmd_manpage(stdout);
		else if (!strcmp(line, "@MACHINE@\n"))
			cmd_manpage_machine(stdout);
		else
			put_line(line, argv[2]);
	}
	fclose(in);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "man-gen: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
