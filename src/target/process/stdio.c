/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stdio.c - standard input, output and error of a launched program, when the debugger
 * keeps their other ends: pipes, or raw pseudo-terminals for what the program writes, so
 * that its C library thinks of a terminal and writes lines.
 *
 * It must leave no descriptor open in the debuggee but its own three.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "process.h"

/* Not 0, 1 or 2: those are to be put over. */
static int above(int fd)
{
	int copy = fd;

	if (fd < 0 || fd > 2)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return copy;
}

static bool open_pipe(int *reads, int *writes)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	*reads = above(fds[0]);
	*writes = above(fds[1]);
	return *reads >= 0 && *writes >= 0;
}

static bool open_pty(int *ours, int *theirs)
{
	struct termios raw;
	char name[64];

	*ours = above(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (*ours < 0 || grantpt(*ours) || unlockpt(*ours) || ptsname_r(*ours, name, sizeof(name)))
		return false;
	*theirs = above(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (*theirs < 0 || tcgetattr(*theirs, &raw))
		return false;
	cfmakeraw(&raw);
	return !tcsetattr(*theirs, TCSANOW, &raw);
}

void stdio_close(int fd[3])
{
	for (int i = 0; i < 3; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

int stdio_open(struct proc_target *p, struct proc_stdio *s, enum tgt_stdio kind)
{
	bool ok;

	for (int i = 0; i < 3; i++)
		s->ours[i] = s->theirs[i] = -1;
	if (kind == TGT_STDIO_INHERIT)
		return 0;
	ok = open_pipe(&s->theirs[0], &s->ours[0]);
	for (int i = 1; ok && i < 3; i++)
		ok = kind == TGT_STDIO_PTY ? open_pty(&s->ours[i], &s->theirs[i])
					   : open_pipe(&s->ours[i], &s->theirs[i]);
	if (ok)
		return 0;
	int err = errno;

	stdio_close(s->ours);
	stdio_close(s->theirs);
	return proc_fail(p, -err, "no %s for the program's standard input and output: %s%s",
			 kind == TGT_STDIO_PTY ? "pseudo-terminal" : "pipe", strerror(err),
			 kind == TGT_STDIO_PTY ? " (is /dev/pts mounted?)" : "");
}

/* In the child. */
bool stdio_take(const struct proc_stdio *s)
{
	for (int i = 0; i < 3; i++)
		if (s->theirs[i] >= 0 && dup2(s->theirs[i], i) < 0)
			return false;
	return true;
}
