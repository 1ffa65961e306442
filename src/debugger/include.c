/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * include.c - the files that scripts include: beside the file that includes them, then in
 * the working directory.
 *
 * Regular files only: a script must never wait for a pipe or read a device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debugger/session.h"

#define INCLUDE_MAX (16u << 20)

/* Beside the file @from; NULL: no memory. */
static char *beside(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	char *text;

	if (path[0] == '/' || !slash)
		return strdup(path);
	return asprintf(&text, "%.*s/%s", (int)(slash - from), from, path) < 0 ? NULL : text;
}

static char *refuse(const char *name, const char *what)
{
	char *text;

	return asprintf(&text, "'%s': %s", name, what) < 0 ? NULL : text;
}

static bool read_all(int fd, struct scr_included *in)
{
	ssize_t n = 1;

	while (in->len < INCLUDE_MAX && n > 0) {
		n = read(fd, in->text + in->len, INCLUDE_MAX - in->len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			in->len += (size_t)n;
	}
	return n >= 0;
}

static bool load(int fd, struct scr_included *in)
{
	struct stat st;

	if (fstat(fd, &st)) {
		in->why = refuse(in->name, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		in->why = refuse(in->name, "this is no regular file");
	} else if (st.st_size >= INCLUDE_MAX) {
		in->why = refuse(in->name, "this file is too big for a script");
	} else {
		in->text = malloc(INCLUDE_MAX);
		if (in->text && read_all(fd, in))
			return asprintf(&in->id, "%llx:%llx", (u64)st.st_dev, (u64)st.st_ino) >= 0;
		in->why = refuse(in->name, strerror(errno));
	}
	return false;
}

bool dbg_read_include(void *user, const char *from, const char *path, struct scr_included *in)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	bool ok;
	int fd;

	in->name = beside(from, path);
	if (!in->name)
		return false;
	fd = open(in->name, flags);
	if (fd < 0 && errno == ENOENT && strcmp(in->name, path)) {
		free(in->name);
		in->name = strdup(path);
		if (!in->name)
			return false;
		fd = open(in->name, flags);
	}
	if (fd < 0) {
		in->why = refuse(in->name, strerror(errno));
		return false;
	}
	ok = load(fd, in);
	close(fd);
	return ok;
}
