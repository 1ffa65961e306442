// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fork_chain - FORKS processes, each the child of the one before; the last one asks for a line
 * and repeats it, all others wait for their child. Built with FORKS = 1 and 5.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "label.h"

static void converse(void)
{
	char line[128] = "";

	printf("Enter your input: ");
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
	line[strcspn(line, "\n")] = '\0';
	printf("You entered: %s\n", line);
	exit(0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		LABEL(after_fork);
		if (pid < 0)
			return 1;
		if (pid > 0) {
			waitpid(pid, NULL, 0);
			return 0;
		}
	}
	converse();
}
