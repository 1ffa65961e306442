/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * twins.c - calls that serve the same purpose: a program, or its C library, makes one of them,
 * and whoever waits for another waits for ever. Data only.
 */
#include <string.h>

#include "abi/abi.h"

#define GROUP 8

/* clang-format off */
static const char *const groups[][GROUP] = {
	{ "open", "openat", "openat2", "creat" },
	{ "stat", "lstat", "newfstatat", "statx", "stat64", "lstat64", "fstatat64" },
	{ "fstat", "newfstatat", "statx", "fstat64", "fstatat64" },
	{ "access", "faccessat", "faccessat2" },
	{ "readlink", "readlinkat" },
	{ "unlink", "unlinkat", "rmdir" },
	{ "mkdir", "mkdirat" },
	{ "mknod", "mknodat" },
	{ "rename", "renameat", "renameat2" },
	{ "link", "linkat" },
	{ "symlink", "symlinkat" },
	{ "chmod", "fchmodat", "fchmodat2" },
	{ "chown", "lchown", "fchownat", "chown32", "lchown32" },
	{ "fchown", "fchown32" },
	{ "utime", "utimes", "futimesat", "utimensat", "utimensat_time64" },
	{ "getdents", "getdents64" },
	{ "statfs", "statfs64" },
	{ "fstatfs", "fstatfs64" },
	{ "truncate", "truncate64" },
	{ "ftruncate", "ftruncate64" },
	{ "lseek", "_llseek" },
	{ "read", "readv", "pread64", "preadv", "preadv2", "recvfrom", "recvmsg" },
	{ "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg" },
	{ "sendto", "sendmsg", "sendmmsg" },
	{ "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64" },
	{ "accept", "accept4" },
	{ "dup2", "dup3", "dup" },
	{ "pipe", "pipe2" },
	{ "select", "pselect6", "poll", "ppoll", "_newselect", "pselect6_time64", "ppoll_time64" },
	{ "poll", "ppoll", "ppoll_time64" },
	{ "epoll_create", "epoll_create1" },
	{ "epoll_wait", "epoll_pwait", "epoll_pwait2" },
	{ "eventfd", "eventfd2" },
	{ "signalfd", "signalfd4" },
	{ "inotify_init", "inotify_init1" },
	{ "mmap", "mmap2" },
	{ "fork", "vfork", "clone", "clone3" },
	{ "execve", "execveat" },
	{ "exit", "exit_group" },
	{ "waitpid", "wait4", "waitid" },
	{ "kill", "tkill", "tgkill", "pidfd_send_signal" },
	{ "nanosleep", "clock_nanosleep", "clock_nanosleep_time64" },
	{ "pause", "rt_sigsuspend", "sigsuspend", "ppoll" },
	{ "signal", "sigaction", "rt_sigaction" },
	{ "sigprocmask", "rt_sigprocmask" },
	{ "sigreturn", "rt_sigreturn" },
	{ "alarm", "setitimer" },
	{ "time", "gettimeofday", "clock_gettime", "clock_gettime64" },
	{ "getrlimit", "setrlimit", "prlimit64", "ugetrlimit" },
	{ "getuid", "getuid32" },
	{ "getgid", "getgid32" },
	{ "geteuid", "geteuid32" },
	{ "getegid", "getegid32" },
	{ "setuid", "setuid32" },
	{ "setgid", "setgid32" },
	{ "fcntl", "fcntl64" },
	{ "sendfile", "sendfile64", "copy_file_range", "splice" },
	{ "futex", "futex_time64", "futex_waitv" },
	{ "getpgrp", "getpgid" },
};
/* clang-format on */

static bool has(const char *const group[GROUP], const char *name)
{
	for (size_t i = 0; i < GROUP && group[i]; i++)
		if (!strcmp(group[i], name))
			return true;
	return false;
}

const char *abi_twin(const char *name, size_t i)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		if (!has(groups[g], name))
			continue;
		for (size_t k = 0; k < GROUP && groups[g][k]; k++)
			if (strcmp(groups[g][k], name) && !i--)
				return groups[g][k];
	}
	return NULL;
}
