/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hijack-args.c - read() becomes write() with arguments of its own: the program that is named on
 * the command line shows what lies at the symbol that is named behind it.
 */
#include "example.h"

int main(int argc, char **argv)
{
	struct lstar *s = lstar_open();
	uint64_t args[6] = { 0x1, 0, 0x100 };
	char *program[] = { argv[1], NULL };
	struct lstar_thread *t;

	if (argc < 3 || !s)
		return 2;
	t = launch(s, program);
	check(s, lstar_symbol(t, argv[2], NULL, &args[1]));
	check(s, lstar_hijack_syscall(s, "read", "write", 1 << 0 | 1 << 1 | 1 << 2, args, 0, NULL));
	finish(s);
	show_output(s, t);
	lstar_close(s);
	return 0;
}
