// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * untraced - refuses to run in a debugger, then checks a word letter by letter. After each right
 * letter it asks to be traced again, which fails for a program whose first request succeeded.
 */
#include <stdbool.h>
#include <stdio.h>
#include <sys/ptrace.h>

#include "label.h"

static const char wanted[] = "BRUTE";

static bool same(const char *line)
{
	for (unsigned i = 0; i < sizeof(wanted) - 1; i++) {
		LABEL(compare_branch);
		if (line[i] != wanted[i])
			return false;
		if (ptrace(PTRACE_TRACEME, 0, 1, 0) != -1)
			return false;
	}
	return true;
}

int main(void)
{
	char line[64] = "";

	if (ptrace(PTRACE_TRACEME, 0, 1, 0) == -1) {
		puts("Debugger detected");
		return 1;
	}
	puts("Write up to 64 chars");
	if (!fgets(line, sizeof(line), stdin))
		return 2;
	puts(same(line) ? "Giusto!" : "Sbagliato!");
	return 0;
}
