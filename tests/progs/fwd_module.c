/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fwd_module.c - a forwarding module for the tests: appends every message, between
 * brackets, to the file named by LSTAR_FWD_FILE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void hyperdbg_event_forwarding(char *message, unsigned length);

void hyperdbg_event_forwarding(char *message, unsigned length)
{
	int fd = open(getenv("LSTAR_FWD_FILE"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0)
		return;
	dprintf(fd, "[%.*s]", (int)length, message);
	close(fd);
}
