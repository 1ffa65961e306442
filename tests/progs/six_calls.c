// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * six_calls - makes exactly six system calls from its entry point on: write, read, write, mmap,
 * getcwd, exit_group. It must never use anything of the C library that makes another.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "label.h"

int main(void)
{
	static const char hello[] = "Hello, World!\n";
	char buf[1024];
	char *map;

	write(STDOUT_FILENO, hello, sizeof(hello) - 1);
	LABEL(after_first_write);
	memset(buf, 0, sizeof(buf));
	if (read(STDIN_FILENO, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	buf[sizeof(buf) - 1] = '\0';
	LABEL(before_second_write);
	write(STDOUT_FILENO, buf, sizeof(buf));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return 1;
	getcwd(map, 4096);
	return 0;
}
