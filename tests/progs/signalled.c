// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * signalled - makes calls that return at once and calls that wait, while real-time signals come;
 * none of them may be lost and every call must return what it should. SIGRTMIN+1 ends it: it says
 * how many signals it has seen and how many results were wrong.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t seen, ended;

static void on_signal(int sig)
{
	if (sig == SIGRTMIN)
		seen++;
	else
		ended = 1;
}

int main(void)
{
	struct timespec moment = { 0, 100000 };
	struct sigaction action = { .sa_handler = on_signal };
	long parent = syscall(SYS_getppid), wrong = 0, calls = 0;

	sigaction(SIGRTMIN, &action, NULL);
	sigaction(SIGRTMIN + 1, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	while (!ended) {
		int ret;

		wrong += syscall(SYS_getppid) != parent;
		ret = ppoll(NULL, 0, &moment, NULL);
		wrong += ret && (ret != -1 || errno != EINTR);
		calls++;
	}
	printf("signals=%d wrong=%ld calls=%d\n", seen, wrong, calls > 100);
	return 0;
}
