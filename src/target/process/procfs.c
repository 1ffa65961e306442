/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * procfs.c - the few facts that only /proc tells. Slow: never called for a stop that is
 * part of an ordinary system call.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

/* Whole file, NUL-terminated, cut at @size; bytes read. */
size_t procfs_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	buf[0] = 0;
	if (fd < 0)
		return 0;
	while (n + 1 < size) {
		ssize_t r = read(fd, buf + n, size - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(fd);
	buf[n] = 0;
	return n;
}

static u64 field(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* @tid may be a process or a thread: /proc knows both by number. */
bool procfs_status(u32 tid, struct task_status *st)
{
	char path[64], buf[4096];
	const char *state;

	memset(st, 0, sizeof(*st));
	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	if (!procfs_read(path, buf, sizeof(buf)))
		return false;
	sscanf(buf, "Name:\t%63[^\n]", st->name);
	state = strstr(buf, "\nState:\t");
	st->state = state ? state[8] : '?';
	st->tgid = (u32)field(buf, "\nTgid:", 10);
	st->ppid = (u32)field(buf, "\nPPid:", 10);
	st->tracer = (u32)field(buf, "\nTracerPid:", 10);
	st->uid = (u32)field(buf, "\nUid:", 10);
	st->seccomp = (u32)field(buf, "\nSeccomp:", 10);
	st->filters = (u32)field(buf, "\nSeccomp_filters:", 10);
	st->pending = field(buf, "\nSigPnd:", 16) | field(buf, "\nShdPnd:", 16);
	st->blocked = field(buf, "\nSigBlk:", 16);
	st->ignored = field(buf, "\nSigIgn:", 16);
	st->caught = field(buf, "\nSigCgt:", 16);
	/* A task without a user address space has no Vm lines; a zombie has none either. */
	st->kernel_thread = !strstr(buf, "\nVmSize:") && st->state != 'Z' && st->state != 'X';
	return true;
}

bool procfs_auxv(u32 pid, u64 type, u64 *value)
{
	char path[64];
	u64 entry[2 * 64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%u/auxv", pid);
	n = procfs_read(path, (char *)entry, sizeof(entry)) / 16;
	for (size_t i = 0; i < n; i++) {
		if (entry[2 * i] != type)
			continue;
		*value = entry[2 * i + 1];
		return true;
	}
	return false;
}

bool procfs_traces(u32 tracer)
{
	DIR *dir = opendir("/proc");
	struct task_status st;
	struct dirent *de;
	bool found = false;

	while (dir && !found && (de = readdir(dir))) {
		u32 pid = (u32)strtoul(de->d_name, NULL, 10);

		found = pid && procfs_status(pid, &st) && st.tracer == tracer;
	}
	if (dir)
		closedir(dir);
	return found;
}
