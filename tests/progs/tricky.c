/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tricky.c - behaviour that tracers get wrong, one case per first argument. Each prints one
 * line of which every word is known beforehand; nothing depends on a debugger being there.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static int pipes[2];

static void on_nothing(int sig)
{
	(void)sig;
}

static void on_calls(int sig)
{
	(void)sig;
	for (int i = 0; i < 3; i++)
		syscall(SYS_getppid);
}

static void on_jump(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static void alarm_in(long us, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
	struct itimerval soon = { .it_value.tv_usec = us };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* A byte for the reader after @us. */
static void byte_in(long us)
{
	if (pipe(pipes))
		exit(99);
	if (!fork()) {
		usleep((useconds_t)us);
		_exit(write(pipes[1], "x", 1) != 1);
	}
}

static long read_byte(void)
{
	char byte;

	return syscall(SYS_read, pipes[0], &byte, 1L);
}

/* Nobody writes: epoll_wait ends by its time limit, and never with EINTR. */
static void epoll_idle(void)
{
	struct epoll_event ev;
	int fd = epoll_create1(0);
	int n = epoll_wait(fd, &ev, 1, 400);

	printf("epoll %d %d\n", n, n < 0 ? errno : 0);
}

/* Without a tracer an ignored signal is not even queued, and ends nothing. */
static void epoll_ignored(void)
{
	alarm_in(100000, SIG_IGN, 0);
	epoll_idle();
}

/* The handler makes calls of its own before the read is restarted. */
static void handler_calls(void)
{
	byte_in(300000);
	alarm_in(100000, on_calls, SA_RESTART);
	printf("read %ld\n", read_byte());
}

/* The handler never returns; the same read is then made anew: two reads. */
static void handler_jumps(void)
{
	byte_in(300000);
	if (!sigsetjmp(back, 1))
		alarm_in(100000, on_jump, SA_RESTART);
	printf("read %ld\n", read_byte());
}

/* -ERESTART_RESTARTBLOCK with a handler is EINTR whatever the flags say. */
static void sleep_handler(void)
{
	struct timespec t = { 5, 0 };
	long ret;

	alarm_in(100000, on_nothing, SA_RESTART);
	ret = syscall(SYS_nanosleep, &t, NULL);
	printf("nanosleep %ld %d\n", ret, errno);
}

/* An ignored signal must not end the sleep. */
static void sleep_ignored(void)
{
	struct timespec t = { 0, 300000000 };

	alarm_in(100000, SIG_IGN, 0);
	printf("nanosleep %ld\n", syscall(SYS_nanosleep, &t, NULL));
}

static int cpus(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	return CPU_COUNT(&set);
}

/* Very many calls, so that a tracer moves us; then look where we may run. */
static void affinity(void)
{
	int before = cpus(), status = 0;
	pid_t pid;

	for (int i = 0; i < 30000; i++)
		syscall(SYS_getppid);
	printf("cpus %s ", cpus() == before ? "same" : "changed");
	fflush(stdout);
	for (int i = 0; i < 30000; i++)
		syscall(SYS_getppid);
	pid = fork();
	if (!pid) {
		char buf[4096];
		FILE *f = fopen("/proc/self/status", "r");
		const char *list;
		size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

		buf[n] = 0;
		list = strstr(buf, "Cpus_allowed_list:");
		if (list)
			buf[(size_t)(list - buf) + strcspn(list, "\n")] = 0;
		_exit(!list || (before > 1 && !strpbrk(list, "-,")));
	}
	waitpid(pid, &status, 0);
	printf("child %s\n", status ? "changed" : "same");
}

static void *thread_loop(void *arg)
{
	for (;;)
		syscall(SYS_getppid);
	return arg;
}

/* Threads that call all the time; for ever. */
static void busy(int n)
{
	pthread_t id;

	for (int i = 1; i < n; i++)
		if (pthread_create(&id, NULL, thread_loop, NULL))
			exit(99);
	thread_loop(NULL);
}

static void *thread_later(void *arg)
{
	usleep(1000000); /* longer than whoever watches takes to stop it some times */
	for (int i = 0; i < 10; i++)
		syscall(SYS_getppid);
	printf("outlived\n");
	exit(5);
	return arg;
}

static void *thread_short(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

/* Threads and children are born and die all the time; as long as all children end well. */
static void births(void)
{
	int status;

	for (int i = 0;; i++) {
		pthread_t id;
		pid_t pid = i % 3 ? -1 : fork();

		if (!pid)
			_exit(0);
		if (!pthread_create(&id, NULL, thread_short, NULL))
			pthread_join(id, NULL);
		if (pid > 0 && waitpid(pid, &status, 0) == pid && status)
			_exit(1);
	}
}

/* The main thread ends first; the process goes on. */
static void leader_exit(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread_later, NULL);
	pthread_exit(NULL);
}

/* A filter of our own that asks for a tracer: without one the call is ENOSYS. */
static void own_trace(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };
	long ret;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	printf("filter %ld ", ret);
	ret = syscall(SYS_getuid);
	printf("getuid %ld %d\n", ret, errno);
}

/* A CLONE_VM process that is no thread. */
static int clone_child(void *arg)
{
	(void)arg;
	for (int i = 0; i < 4; i++)
		syscall(SYS_getppid);
	return 3;
}

static void clone_vm(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status = 0;
	pid_t pid = clone(clone_child, stack + sizeof(stack), CLONE_VM, NULL);

	waitpid(pid, &status, __WALL);
	printf("clone %d\n", WEXITSTATUS(status));
}

/* After a byte from standard input it stops itself; whoever sends SIGCONT lets it end. */
static void stop_self(void)
{
	char byte;

	if (read(0, &byte, 1) != 1)
		exit(99);
	syscall(SYS_getppid);
	raise(SIGSTOP);
	syscall(SYS_getppid);
	printf("continued\n");
}

int main(int argc, char **argv)
{
	/* clang-format off */
	static const struct {
		const char *name;
		void (*fn)(void);
	} cases[] = {
		{ "epoll", epoll_idle },
		{ "epoll-ignored", epoll_ignored },
		{ "handler-calls", handler_calls },
		{ "handler-jumps", handler_jumps },
		{ "sleep-handler", sleep_handler },
		{ "sleep-ignored", sleep_ignored },
		{ "affinity", affinity },
		{ "births", births },
		{ "leader-exit", leader_exit },
		{ "own-trace", own_trace },
		{ "clone-vm", clone_vm },
		{ "stop-self", stop_self },
	};
	/* clang-format on */

	setvbuf(stdout, NULL, _IOFBF, 4096);
	if (argc > 2 && !strcmp(argv[1], "busy"))
		busy(atoi(argv[2]));
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		cases[i].fn();
		return 0;
	}
	fprintf(stderr, "tricky: no such case\n");
	return 96;
}
