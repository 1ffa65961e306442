/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hijack.c - the program that is named on the command line calls read(), and the kernel executes
 * write() with the same arguments: what was to be overwritten is shown.
 */
#include "example.h"

int main(int argc, char **argv)
{
	struct lstar *s = lstar_open();
	struct lstar_thread *t;

	if (argc < 2 || !s)
		return 2;
	t = launch(s, argv + 1);
	check(s, lstar_hijack_syscall(s, "read", "write", 0, NULL, 0, NULL));
	finish(s);
	show_output(s, t);
	lstar_close(s);
	return 0;
}
