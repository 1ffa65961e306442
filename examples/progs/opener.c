/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opener.c - opens the file that is its argument and says what descriptor it got: the debuggee
 * of the examples that look at a call and change it. open(2), not openat(2), is what it calls.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/etc/hostname";

	printf("open: %ld\n", syscall(SYS_open, path, O_RDONLY));
	return 0;
}
