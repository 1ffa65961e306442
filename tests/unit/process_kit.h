/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process_kit.h - processes that are nobody's debuggee: started, watched through /proc and
 * waited for. It never takes a time that has gone by for a state that has been reached.
 */
#ifndef TESTS_PROCESS_KIT_H
#define TESTS_PROCESS_KIT_H

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include "unit.h"

#define PATIENCE_MS 30000 /* no load explains more */

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline char state_of(pid_t pid, const char *tid)
{
	char path[300], buf[512], *at;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[n] = 0;
	at = strrchr(buf, ')');
	return at ? at[2] : 0;
}

static inline int count_state(pid_t pid, const char *states, int *tasks)
{
	char path[64];
	struct dirent *de;
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	*tasks = 0;
	while (dir && (de = readdir(dir))) {
		char st = de->d_name[0] == '.' ? 0 : state_of(pid, de->d_name);

		*tasks += st != 0;
		n += st && strchr(states, st) != NULL;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* Waits for @n tasks of @pid in one of @states. A limit that no load explains ends it. */
static inline void wait_states(pid_t pid, const char *states, int n)
{
	uint64_t start_ms = now_ms();
	int tasks;

	while (count_state(pid, states, &tasks) != n) {
		if (now_ms() - start_ms > PATIENCE_MS)
			UNIT_FAIL("process %d: %d of %d tasks in '%s', expected %d", (int)pid,
				  count_state(pid, states, &tasks), tasks, states, n);
		usleep(1000);
	}
}

/* All @n threads of @pid are there, and none of them is left stopped. */
static inline void check_goes_on(pid_t pid, int n)
{
	int tasks;

	wait_states(pid, "tT", 0);
	CHECK_EQ(count_state(pid, "", &tasks), 0);
	CHECK_EQ(tasks, n);
}

/* A child that does not outlive this process, even if that has ended already. */
static inline pid_t fork_bound(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	return 0;
}

/* A program that is nobody's debuggee, its output thrown away; it has made its @n threads. */
static inline pid_t start(int n, char *const *argv)
{
	int executed[2], tasks = 0;
	uint64_t start_ms = now_ms();
	pid_t pid;
	char c;

	CHECK_EQ(pipe2(executed, O_CLOEXEC), 0);
	pid = fork_bound();
	if (!pid) {
		dup2(open("/dev/null", O_RDWR), 1);
		execv(argv[0], argv);
		_exit(127);
	}
	close(executed[1]);
	CHECK_EQ(read(executed[0], &c, 1), 0); /* until then it is a copy of this program */
	close(executed[0]);
	while (tasks < n && now_ms() - start_ms < PATIENCE_MS) {
		count_state(pid, "", &tasks);
		usleep(1000);
	}
	CHECK(tasks >= n);
	return pid;
}

static inline void finish(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		;
}

static inline uint32_t another_thread(pid_t pid)
{
	char path[64];
	struct dirent *de;
	uint32_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (!tid || tid == (uint32_t)pid) && (de = readdir(dir)))
		tid = (uint32_t)atoi(de->d_name);
	CHECK(dir && tid && tid != (uint32_t)pid);
	closedir(dir);
	return tid;
}

/* It sleeps in this call, with this first argument, of the program that it executes. */
static inline void wait_call(pid_t pid, long nr, uint64_t arg0)
{
	char path[64], ours[300], theirs[300];
	uint64_t start_ms = now_ms();
	ssize_t len = readlink("/proc/self/exe", ours, sizeof(ours));
	unsigned long long arg = 0;
	long now = -1;

	CHECK(len > 0);
	while ((now != nr || arg != arg0) && now_ms() - start_ms < PATIENCE_MS) {
		ssize_t n;
		FILE *f;

		usleep(1000);
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
		n = readlink(path, theirs, sizeof(theirs));
		if (n <= 0 || (n == len && !memcmp(ours, theirs, (size_t)n)))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%ld %llx", &now, &arg) != 2)
			now = -1;
		if (f)
			fclose(f);
	}
	CHECK_EQ(now, nr);
	CHECK_EQ(arg, arg0);
}

#endif
