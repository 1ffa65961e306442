/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guest.c - programs in which a debugger makes calls of its own, one case per first
 * argument. Each prints what it has seen itself; nothing depends on a debugger being there.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int sum, nsignals;
static char order[256];
static int fds[2];

static void on_signal(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	sum += si->si_value.sival_int;
	if (nsignals < 200)
		order[nsignals] = (char)('a' + si->si_value.sival_int % 26);
	nsignals++;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static void handle_all(void)
{
	handle(SIGUSR1, SA_RESTART);
	handle(SIGTRAP, SA_RESTART);
	handle(SIGRTMIN, SA_RESTART);
}

/* Calls with a known number each, while signals come. */
static void calls(int n)
{
	long wrong = 0, pid = getpid();

	handle_all();
	for (int i = 0; i < n; i++)
		wrong += syscall(SYS_getppid, 1, 2, 3, 4, 5, 6) != getppid();
	printf("pid %d wrong %ld signals %d %s\n", pid == getpid(), wrong, nsignals, order);
}

/* A call that waits for what standard input brings. */
static void reader(void)
{
	char buf[16];

	handle_all();
	syscall(SYS_getppid);
	printf("read %ld", (long)syscall(SYS_read, 0, buf, sizeof(buf)));
	printf(" signals %d\n", nsignals);
}

static void *writer(void *arg)
{
	for (;;) {
		usleep(100000);
		if (write(fds[1], "x", 1) != 1)
			exit(99);
	}
	return arg;
}

static void *writer_later(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	usleep(300000);
	if (write(fds[1], "x", 1) != 1)
		exit(99);
	return arg;
}

/* A second thread fills a pipe; only it can end a read of that. */
static void pipes(void)
{
	pthread_t id;

	if (pipe(fds) || pthread_create(&id, NULL, writer, NULL))
		exit(99);
	syscall(SYS_getppid, fds[0]);
	printf("done\n");
}

static void *loop(void *arg)
{
	for (int i = 0; i < *(int *)arg; i++)
		syscall(SYS_getppid);
	return arg;
}

static void threads(int n, int count)
{
	pthread_t id[64];

	handle_all();
	for (int i = 0; i < n; i++)
		if (pthread_create(&id[i], NULL, loop, &count))
			exit(99);
	for (int i = 0; i < n; i++)
		pthread_join(id[i], NULL);
	printf("joined %d\n", n);
}

/* A call that looks at its argument registers itself, afterwards. */
static void keeps(void)
{
	register long r10 __asm__("r10") = 4, r8 __asm__("r8") = 5, r9 __asm__("r9") = 6;
	char buf[4] = "";
	long di = fds[0], si = (long)buf, dx = 3, ret = SYS_read;

	__asm__ volatile("syscall"
			 : "+a"(ret), "+D"(di), "+S"(si), "+d"(dx), "+r"(r10), "+r"(r8), "+r"(r9)
			 :
			 : "rcx", "r11", "memory");
	printf("ret %ld kept %d\n", ret,
	       di == fds[0] && si == (long)buf && dx == 3 && r10 == 4 && r8 == 5 && r9 == 6);
}

static void alarm_later(int flags)
{
	handle(SIGALRM, flags);
	ualarm(100000, 0);
}

/* The same after plain reads, after one that a signal ends and one that it interrupts. */
static void keep_cases(void)
{
	pthread_t id;

	if (pipe(fds) || write(fds[1], "abc", 3) != 3)
		exit(99);
	keeps();
	keeps();
	keeps();
	keeps();
	alarm_later(0);
	keeps();
	alarm_later(SA_RESTART);
	if (pthread_create(&id, NULL, writer_later, NULL))
		exit(99);
	keeps();
	pthread_join(id, NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int a = argc > 2 ? atoi(argv[2]) : 0, b = argc > 3 ? atoi(argv[3]) : 0;

	setvbuf(stdout, NULL, _IOFBF, 4096);
	if (!strcmp(what, "calls"))
		calls(a);
	else if (!strcmp(what, "reader"))
		reader();
	else if (!strcmp(what, "pipes"))
		pipes();
	else if (!strcmp(what, "keep"))
		keep_cases();
	else if (!strcmp(what, "threads"))
		threads(a, b);
	else
		return 96;
	return 0;
}
