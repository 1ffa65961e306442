/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sinks.c - opening and closing what an output source writes to: a file, a named pipe, a
 * TCP connection, a module. Nothing here may wait without a limit.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/internal.h"

/* 0666: the umask decides, as for every file that a command makes */
#define SINK_MODE (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)

static int create_file(struct out_source *src, char *why, size_t size)
{
	/* O_NONBLOCK: opening a FIFO that nobody reads would hang; regular files ignore it */
	int fd = open(src->address,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, SINK_MODE);
	int err = errno;

	if (fd >= 0) {
		src->fd = fd;
		return 0;
	}
	if (err == ENXIO)
		snprintf(why, size,
			 "it is a named pipe or a device that nobody reads; for a "
			 "named pipe, use the type 'namedpipe'");
	else
		snprintf(why, size, "%s", strerror(err));
	return -err;
}

/*
 * Both ends are opened, ours for reading only so that the pipe exists and keeps what is
 * written before a reader comes. It is closed as soon as there is one: from then on the
 * kernel tells when the last reader has gone.
 */
static int create_fifo(struct out_source *src, char *why, size_t size)
{
	struct stat st;
	int err;

	if (mkfifo(src->address, SINK_MODE) && errno != EEXIST) {
		err = errno;
		snprintf(why, size, "cannot make the named pipe: %s", strerror(err));
		return -err;
	}
	src->self_reader = open(src->address, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (src->self_reader < 0)
		goto failed;
	if (fstat(src->self_reader, &st) || !S_ISFIFO(st.st_mode)) {
		snprintf(why, size, "it exists and is no named pipe");
		out_sink_close(src);
		return -EEXIST;
	}
	src->fd = open(src->address, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (src->fd >= 0)
		return 0;
failed:
	err = errno;
	snprintf(why, size, "%s", strerror(err));
	out_sink_close(src);
	return -err;
}

bool out_fifo_has_reader(struct out_source *src)
{
	struct pollfd p = { src->fd, POLLOUT, 0 };
	char self[32];

	if (src->self_reader < 0)
		return true;
	/*
	 * Let go and look: a FIFO without readers polls as POLLERR. What it holds stays, the
	 * kernel frees it with the last descriptor of either kind.
	 */
	close(src->self_reader);
	src->self_reader = -1;
	poll(&p, 1, 0);
	if (!(p.revents & POLLERR))
		return true;
	/* not by its path, which may lead elsewhere by now */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", src->fd);
	src->self_reader = open(self, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return false;
}

/* "host:port" or "[v6]:port" into @host (brackets removed) and @port. */
static bool split_address(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!len || !colon[1])
		return false;
	if (address[0] == '[') {
		if (colon[-1] != ']')
			return false;
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return false; /* a bare IPv6 address: where does the port begin? */
	}
	if (!len || len >= size)
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	/* the resolver takes numbers beyond 16 bits and cuts them */
	return strspn(*port, "0123456789") < strlen(*port) ||
	       (strlen(*port) < 6 && atoi(*port) > 0 && atoi(*port) < 65536);
}

/* 0, or a negative errno; waits at most @ms. */
static int connect_within(int fd, const struct addrinfo *ai, int ms)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int64_t end = out_clock_ms() + ms;
	socklen_t len = sizeof(int);
	int err = 0, n;

	if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	do {
		int64_t left = end - out_clock_ms();

		n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n < 0 && errno == EINTR && left > 0)
			continue;
		break;
	} while (true);
	if (n == 0)
		return -ETIMEDOUT;
	if (n < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static int create_tcp(struct out_source *src, char *why, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	char host[NI_MAXHOST];
	const char *port;
	int ret, one = 1;

	if (!split_address(src->address, host, sizeof(host), &port)) {
		snprintf(why, size,
			 "expected HOST:PORT or [IPV6]:PORT, with a port from 1 to 65535");
		return -EINVAL;
	}
	ret = getaddrinfo(host, port, &hints, &list);
	if (ret) {
		snprintf(why, size, "%s", ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret));
		return -EHOSTUNREACH;
	}
	ret = -EHOSTUNREACH;
	for (ai = list; ai; ai = ai->ai_next) {
		int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd < 0) {
			ret = -errno;
			continue;
		}
		ret = connect_within(fd, ai, OUT_CONNECT_MS);
		if (!ret) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			src->fd = fd;
			break;
		}
		close(fd);
	}
	freeaddrinfo(list);
	if (ret == -ECONNREFUSED)
		snprintf(why, size, "connection refused: nobody listens there");
	else if (ret == -ETIMEDOUT)
		snprintf(why, size, "no answer within %d seconds", OUT_CONNECT_MS / 1000);
	else if (ret)
		snprintf(why, size, "%s", strerror(-ret));
	return ret;
}

static int create_module(struct out_source *src, char *why, size_t size)
{
	static const char *const entry[] = { "lstar_event_forwarding",
					     "hyperdbg_event_forwarding" };
	char *path = NULL;

	/* a bare name is a file here, not something of the library path */
	if (!strchr(src->address, '/') && asprintf(&path, "./%s", src->address) < 0)
		return -ENOMEM;
	src->module = dlopen(path ? path : src->address, RTLD_NOW | RTLD_LOCAL);
	free(path);
	if (!src->module) {
		snprintf(why, size, "%s", dlerror());
		return -ELIBACC;
	}
	for (size_t i = 0; i < 2 && !src->forward; i++) {
		void *sym = dlsym(src->module, entry[i]);

		memcpy(&src->forward, &sym, sizeof(sym));
	}
	if (src->forward)
		return 0;
	snprintf(why, size, "it exports neither %s nor %s", entry[0], entry[1]);
	out_sink_close(src);
	return -ELIBBAD;
}

int out_sink_create(struct out_source *src, char *why, size_t size)
{
	static int (*const create[OUT_NTYPES])(struct out_source *, char *, size_t) = {
		[OUT_FILE] = create_file,
		[OUT_NAMEDPIPE] = create_fifo,
		[OUT_TCP] = create_tcp,
		[OUT_MODULE] = create_module,
	};

	snprintf(why, size, "out of memory");
	return create[src->type](src, why, size);
}

/* Unread input makes close(2) reset the connection, and the peer may lose the end of it. */
static void finish_tcp(int fd)
{
	char sink[4096];

	shutdown(fd, SHUT_WR);
	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

void out_sink_close(struct out_source *src)
{
	if (src->fd >= 0) {
		if (src->type == OUT_TCP)
			finish_tcp(src->fd);
		close(src->fd);
	}
	if (src->self_reader >= 0)
		close(src->self_reader);
	if (src->module)
		dlclose(src->module);
	src->fd = src->self_reader = -1;
	src->module = NULL;
	src->forward = NULL;
}
