/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io.c - writing without ever dying of SIGPIPE, whatever the process has set for it (the
 * debuggee inherits dispositions, so this room changes none).
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "output/internal.h"

/* A pipe, and only a pipe, answers EPIPE with a signal that no flag prevents. */
static ssize_t writev_masked(int fd, const struct iovec *iov, int n)
{
	static const struct timespec now = { 0, 0 };
	sigset_t pipe_set, old, pending;
	bool was_pending;
	ssize_t ret;
	int err;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
	do {
		ret = writev(fd, iov, n);
	} while (ret < 0 && errno == EINTR);
	err = errno;
	if (ret < 0 && err == EPIPE && !was_pending)
		while (sigtimedwait(&pipe_set, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = err;
	return ret;
}

ssize_t out_writev(int fd, const struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n };
	ssize_t ret;

	do {
		ret = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0 && errno == ENOTSOCK)
		ret = writev_masked(fd, iov, n);
	return ret;
}

int64_t out_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
