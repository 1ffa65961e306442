/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * password.c - overwrites a secret with what it reads from its terminal and never shows it: the
 * debuggee of the examples that hijack a call with the arguments that it has.
 */
#include <unistd.h>

char secretBuffer[32] = "The password is 12345678";

int main(int argc, char **argv)
{
	/* In a terminal, standard input and output are one and the same. So they are here. */
	if (dup2(STDOUT_FILENO, STDIN_FILENO) < 0)
		return 1;
	if (read(0, secretBuffer, 31) < 0)
		return 1;
	return 0;
}
