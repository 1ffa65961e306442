/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_server.c - a busy redis-server is attached to, watched and let go, over and over. No
 * request may be lost, none may fail. $ROUNDS says how often (50).
 */
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "target_kit.h"

#define SERVER "redis-check-rdb"
#define WATCH_MS 8
#define BENCHMARKS_EACH "20000" /* requests of one run of redis-benchmark */

static char dir[] = "/tmp/lstar-server-XXXXXX";
static char sock[64];
static int stopping[2]; /* its write end is closed when the clients are to end */

/* redis-tools has the server, too, under the name of a tool; argv[0] says what it is. */
static pid_t start(const char *program, char *const *argv)
{
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		execvp(program, argv);
		_exit(127);
	}
	return pid;
}

static int connect_to(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", sock);
	for (int i = 0; i < 500; i++) {
		if (!connect(fd, (struct sockaddr *)&un, sizeof(un)))
			return fd;
		usleep(10000);
	}
	return -1;
}

static bool is_stopping(void)
{
	struct pollfd pfd = { .fd = stopping[0], .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/* Counts, and the server must count the same, answer by answer. */
static int count(void)
{
	static const char incr[] = "INCR counter\r\n";
	char want[32], got[32];
	int fd = connect_to();

	for (long n = 1; fd >= 0 && !is_stopping(); n++) {
		size_t len = (size_t)snprintf(want, sizeof(want), ":%ld\r\n", n);

		if (write(fd, incr, sizeof(incr) - 1) != sizeof(incr) - 1 ||
		    recv(fd, got, len, MSG_WAITALL) != (ssize_t)len || memcmp(got, want, len))
			return 1;
	}
	return fd < 0;
}

/* One redis-benchmark after the other; each ends with status 0, or a request has failed. */
static int load(void)
{
	char *argv[] = { S("redis-benchmark"),
			 S("-s"),
			 sock,
			 S("-c"),
			 S("10"),
			 S("-n"),
			 S(BENCHMARKS_EACH),
			 S("-t"),
			 S("set,get,incr,lpush"),
			 S("-q"),
			 NULL };
	int status = 0, runs = 0;

	while (!status && (!runs || !is_stopping())) {
		pid_t pid = start(argv[0], argv);

		runs++;
		if (waitpid(pid, &status, 0) != pid)
			return 2;
	}
	return status != 0;
}

static pid_t client(int (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(stopping[1]);
		_exit(fn());
	}
	return pid;
}

/* Waiting for debuggees may have reaped it. */
static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) == pid || proc_child_ended(pid, &status))
		return status;
	return -1;
}

static void interest(struct target *t)
{
	static const u64 calls[] = { SYS_read, SYS_write, SYS_epoll_wait, SYS_futex };
	struct tgt_interest in;

	memset(&in, 0, sizeof(in));
	for (size_t i = 0; i < 4; i++) {
		in.enter[calls[i] / 64] |= ENG_BIT(calls[i] % 64);
		in.exit[calls[i] / 64] |= ENG_BIT(calls[i] % 64);
	}
	CHECK_EQ(t->ops->set_interest(t, &in), 0);
}

TEST(attached_to_and_let_go)
{
	struct kit k = { .no_filter = true };
	int rounds = atoi(getenv("ROUNDS") ?: "50");
	pid_t server, counter, loader;
	u64 before, silent = 0;

	if (system("command -v " SERVER " >&2 && command -v redis-benchmark >&2"))
		SKIP("redis-tools is not installed");
	CHECK(mkdtemp(dir) != NULL);
	snprintf(sock, sizeof(sock), "%s/s", dir);
	server = start(SERVER, ARGV(S("redis-server"), S("--port"), S("0"), S("--unixsocket"), sock,
				    S("--save"), S(""), S("--dir"), dir));
	close(connect_to());
	CHECK_EQ(pipe(stopping), 0);
	counter = client(count);
	loader = client(load);
	k.t = proc_target_new();
	interest(k.t);
	for (int i = 0; i < rounds; i++) {
		before = k.enters;
		if (k.t->ops->attach(k.t, (u32)server))
			UNIT_FAIL("attach: %s", k.t->error);
		CHECK_EQ(k.t->ops->resume_all(k.t), 0);
		CHECK(!kit_run(&k, WATCH_MS));
		if (k.t->ops->detach(k.t, (u32)server))
			UNIT_FAIL("detach: %s", k.t->error);
		silent += k.enters == before;
		usleep(2000);
	}
	close(stopping[1]);
	CHECK_EQ(status_of(counter), 0);
	CHECK_EQ(status_of(loader), 0);
	printf("# %d rounds, %llu entries, %llu exits seen\n", rounds, k.enters, k.exits);
	/* Most rounds have found it at work. */
	CHECK(silent < (u64)rounds / 2);
	CHECK(k.enters - k.exits <= 5 * (u64)rounds);
	kill(server, SIGTERM);
	CHECK_EQ(status_of(server), 0);
	k.t->ops->free(k.t);
	unlink(sock);
	CHECK_EQ(rmdir(dir), 0);
}

int main(int argc, char **argv)
{
	return unit_main(argc, argv, 3000);
}
