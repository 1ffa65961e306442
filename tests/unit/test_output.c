/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test_output.c - output sources and the console against real files, FIFOs, sockets, modules. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "output/output.h"
#include "unit.h"

static char dir[64];

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned i;

	if (!*dir) {
		strcpy(dir, "/tmp/lstar-output-XXXXXX");
		CHECK(mkdtemp(dir));
	}
	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void clean_up(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	CHECK_EQ(system(cmd), 0);
}

static char *slurp_fd(int fd, size_t *len)
{
	size_t cap = 1 << 20, used = 0;
	char *text = malloc(cap);
	ssize_t n;

	while ((n = read(fd, text + used, cap - used - 1)) > 0) {
		used += (size_t)n;
		if (cap - used < 4096)
			text = realloc(text, cap *= 2);
	}
	text[used] = '\0';
	if (len)
		*len = used;
	return text;
}

static char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	char *text;

	CHECK(fd >= 0);
	text = slurp_fd(fd, NULL);
	close(fd);
	return text;
}

static void send_text(struct out_set *set, const char *name, const char *text)
{
	const char *failed;

	out_send(out_find(set, name), text, strlen(text), &failed);
	if (failed)
		UNIT_FAIL("%s failed: %s", name, failed);
}

static struct out_info info_of(struct out_set *set, const char *name)
{
	struct out_info info;

	for (size_t i = 0; out_list(set, i, &info); i++)
		if (!strcmp(info.name, name))
			return info;
	UNIT_FAIL("no source %s", name);
}

TEST(file)
{
	struct out_set *set = out_set_new();
	char *text;

	CHECK_EQ(out_create(set, "log", "file", path_of("a")), 0);
	CHECK_EQ(info_of(set, "log").state, OUT_CREATED);
	send_text(set, "log", "too early\n");
	CHECK_EQ(out_open(set, "log"), 0);
	send_text(set, "log", "one\n");
	send_text(set, "log", "two\n");
	out_flush(set);
	text = slurp(path_of("a"));
	CHECK_STR(text, "one\ntwo\n");
	free(text);
	send_text(set, "log", "three\n");
	CHECK_EQ(out_close(set, "log"), 0);
	send_text(set, "log", "too late\n");
	text = slurp(path_of("a"));
	CHECK_STR(text, "one\ntwo\nthree\n");
	free(text);
	CHECK_EQ(info_of(set, "log").messages, 3);
	CHECK_EQ(info_of(set, "log").dropped, 2);
	CHECK_EQ(info_of(set, "log").bytes, 14);
	out_set_free(set);
	clean_up();
}

TEST(command_errors)
{
	struct out_set *set = out_set_new();
	char name[OUT_NAME_MAX + 2];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_EQ(out_create(set, name, "file", path_of("x")), -ENAMETOOLONG);
	CHECK_STR(out_error(set), "the name 'nnnnnnnnnnnnnnnnnnnn...' is too long: 50 characters, "
				  "at most 49");
	CHECK_EQ(out_create(set, name + 1, "file", path_of("x")), 0);
	CHECK_EQ(out_create(set, name + 1, "file", path_of("x")), -EEXIST);
	CHECK_EQ(out_create(set, "a", "flie", path_of("x")), -EINVAL);
	CHECK_STR(out_error(set), "incorrect type 'flie'; did you mean 'file'?");
	CHECK_EQ(out_create(set, "a", "xyz", path_of("x")), -EINVAL);
	CHECK_EQ(out_create(set, "", "file", path_of("x")), -EINVAL);
	CHECK_EQ(out_create(set, "a", "file", "/no/such/dir/x"), -ENOENT);
	CHECK_STR(out_error(set),
		  "cannot open file '/no/such/dir/x' for output 'a': No such file or "
		  "directory");
	CHECK_EQ(out_create(set, "a", "file", "/"), -EISDIR);
	CHECK_EQ(out_create(set, "a", "namedpipe", "/dev/null"), -EEXIST);
	CHECK_EQ(out_create(set, "a", "tcp", "localhost"), -EINVAL);
	CHECK_EQ(out_create(set, "a", "tcp", "::1:80"), -EINVAL);
	CHECK_EQ(out_create(set, "a", "tcp", "127.0.0.1:99999"), -EINVAL);
	CHECK_EQ(out_create(set, "a", "tcp", "127.0.0.1:0"), -EINVAL);
	CHECK_EQ(out_create(set, "a", "tcp", "127.0.0.1:1"), -ECONNREFUSED);
	CHECK_STR(out_error(set),
		  "cannot open tcp '127.0.0.1:1' for output 'a': connection refused: "
		  "nobody listens there");
	CHECK_EQ(out_create(set, "a", "module", "/no/such.so"), -ELIBACC);
	CHECK_EQ(out_create(set, "a", "module", "libm.so.6"),
		 -ELIBACC); /* ./, not the library path */
	CHECK_EQ(out_create(set, "a", "module", "/lib/x86_64-linux-gnu/libm.so.6"), -ELIBBAD);
	CHECK_EQ(out_open(set, "nobody"), -ENOENT);
	CHECK_EQ(out_close(set, name + 1), -EINVAL); /* not opened */
	CHECK_EQ(out_open(set, name + 1), 0);
	CHECK_EQ(out_open(set, name + 1), -EALREADY);
	CHECK_EQ(out_close(set, name + 1), 0);
	CHECK_EQ(out_close(set, name + 1), -ESHUTDOWN);
	CHECK_EQ(out_open(set, name + 1), -ESHUTDOWN);
	out_set_free(set);
	clean_up();
}

TEST(full_disk_is_told_once)
{
	struct out_set *set = out_set_new();
	const char *failed;
	char block[4096];
	int told = 0;

	memset(block, 'x', sizeof(block));
	CHECK_EQ(out_create(set, "full", "file", "/dev/full"), 0);
	CHECK_EQ(out_open(set, "full"), 0);
	for (int i = 0; i < 100; i++) {
		out_send(out_find(set, "full"), block, sizeof(block), &failed);
		if (failed) {
			CHECK_STR(failed, "output 'full' (file /dev/full) failed: No space left on "
					  "device");
			told++;
		}
	}
	CHECK_EQ(told, 1);
	CHECK(!out_failure(set));
	CHECK_EQ(info_of(set, "full").state, OUT_FAILED);
	CHECK_STR(info_of(set, "full").failure, "No space left on device");
	CHECK_EQ(info_of(set, "full").messages, 0);
	CHECK_EQ(info_of(set, "full").dropped, 100);
	CHECK_EQ(out_close(set, "full"), 0);
	out_set_free(set);
}

TEST(failure_found_by_flush)
{
	struct out_set *set = out_set_new();
	const char *failed;

	CHECK_EQ(out_create(set, "full", "file", "/dev/full"), 0);
	CHECK_EQ(out_open(set, "full"), 0);
	send_text(set, "full", "x\n");
	CHECK(!out_failure(set));
	out_flush(set);
	CHECK_STR(out_failure(set),
		  "output 'full' (file /dev/full) failed: No space left on device");
	CHECK(!out_failure(set));
	out_send(out_find(set, "full"), "y\n", 2, &failed);
	CHECK(!failed);
	CHECK_EQ(info_of(set, "full").dropped, 2);
	out_set_free(set);
}

TEST(fifo_keeps_what_came_before_the_reader)
{
	struct out_set *set = out_set_new();
	char *text;
	int fd;

	CHECK_EQ(out_create(set, "p", "namedpipe", path_of("fifo")), 0); /* made, and no hang */
	CHECK_EQ(out_open(set, "p"), 0);
	send_text(set, "p", "early\n");
	out_flush(set);
	out_flush(set);
	fd = open(path_of("fifo"), O_RDONLY);
	CHECK(fd >= 0);
	send_text(set, "p", "later\n");
	CHECK_EQ(out_close(set, "p"), 0);
	text = slurp_fd(fd, NULL);
	CHECK_STR(text, "early\nlater\n");
	free(text);
	CHECK_EQ(info_of(set, "p").messages, 2);
	out_set_free(set);
	clean_up();
}

TEST(fifo_reader_goes)
{
	struct out_set *set = out_set_new();
	const char *failed;
	char buf[16];
	int fd;

	CHECK_EQ(out_create(set, "p", "namedpipe", path_of("fifo")), 0);
	CHECK_EQ(out_open(set, "p"), 0);
	fd = open(path_of("fifo"), O_RDONLY);
	send_text(set, "p", "one\n");
	out_flush(set);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 4);
	close(fd);
	send_text(set, "p", "two\n");
	out_flush(set); /* SIGPIPE would end this test */
	out_send(out_find(set, "p"), "three\n", 6, &failed);
	CHECK(strstr(failed, "failed: the reader has gone"));
	CHECK_EQ(info_of(set, "p").messages, 1);
	CHECK_EQ(info_of(set, "p").dropped, 2);
	out_set_free(set);
	clean_up();
}

#define MESSAGES 20000

/* "message NNNNNNN\n": 16 bytes. */
static void send_numbered(struct out_set *set, const char *name)
{
	char msg[32];

	for (int i = 0; i < MESSAGES; i++) {
		snprintf(msg, sizeof(msg), "message %07d\n", i);
		send_text(set, name, msg);
	}
}

/* Whole messages in ascending order; how many. */
static unsigned count_numbered(const char *text, size_t len)
{
	int last = -1, nr;
	unsigned n = 0;

	CHECK_EQ(len % 16, 0);
	for (size_t i = 0; i < len; i += 16) {
		CHECK_EQ(sscanf(text + i, "message %07d\n", &nr), 1);
		CHECK(nr > last && text[i + 15] == '\n');
		last = nr;
		n++;
	}
	return n;
}

TEST(slow_reader_drop)
{
	struct out_set *set = out_set_new();
	struct out_info info;
	size_t len;
	char *text;
	int fd;

	out_set_policy(set, OUT_DROP);
	CHECK_EQ(out_create(set, "p", "namedpipe", path_of("fifo")), 0);
	CHECK_EQ(out_open(set, "p"), 0);
	fd = open(path_of("fifo"), O_RDONLY | O_NONBLOCK);
	send_numbered(set, "p"); /* 320 000 bytes; the pipe and our buffer hold 64 KiB each */
	info = info_of(set, "p");
	CHECK_EQ(info.messages, 4096);
	CHECK_EQ(info.dropped, MESSAGES - 8192);
	text = slurp_fd(fd, &len);
	CHECK_EQ(count_numbered(text, len), 4096);
	free(text);
	out_flush(set);
	text = slurp_fd(fd, &len);
	CHECK_EQ(count_numbered(text, len), 4096);
	free(text);
	CHECK_EQ(out_close(set, "p"), 0);
	info = info_of(set, "p");
	CHECK_EQ(info.messages, 8192);
	CHECK_EQ(info.messages + info.dropped, MESSAGES);
	out_set_free(set);
	clean_up();
}

TEST(slow_reader_wait)
{
	struct out_set *set = out_set_new();
	struct timespec nap = { 0, 2000000 };
	struct out_info info;
	int status;
	pid_t pid;

	CHECK_EQ(out_create(set, "p", "namedpipe", path_of("fifo")), 0);
	CHECK_EQ(out_open(set, "p"), 0);
	pid = fork();
	if (!pid) { /* reads 4 KiB every 2 ms */
		int fd = open(path_of("fifo"), O_RDONLY);
		size_t len = 0, cap = 2 * MESSAGES * 16;
		char *text = malloc(cap);
		ssize_t n;

		out_set_free(set); /* or its writing end would keep us waiting */
		while ((n = read(fd, text + len, 4096)) > 0) {
			len += (size_t)n;
			nanosleep(&nap, NULL);
		}
		_exit(count_numbered(text, len) == MESSAGES ? 0 : 1);
	}
	send_numbered(set, "p");
	CHECK_EQ(out_close(set, "p"), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	info = info_of(set, "p");
	CHECK_EQ(info.messages, MESSAGES);
	CHECK_EQ(info.dropped, 0);
	out_set_free(set);
	clean_up();
}

static volatile sig_atomic_t cancel_flag;

static void on_alarm(int sig)
{
	cancel_flag = sig;
}

TEST(waiting_can_be_cancelled)
{
	struct out_set *set = out_set_new();
	struct out_info info;

	out_set_cancel(set, &cancel_flag);
	signal(SIGALRM, on_alarm);
	alarm(1);
	CHECK_EQ(out_create(set, "p", "namedpipe", path_of("fifo")), 0);
	CHECK_EQ(out_open(set, "p"), 0);
	send_numbered(set, "p"); /* nobody reads */
	info = info_of(set, "p");
	CHECK(cancel_flag);
	CHECK_EQ(info.messages, 4096);
	CHECK_EQ(info.dropped, MESSAGES - 8192);
	cancel_flag = 0;
	CHECK_EQ(out_close(set, "p"), -ETIMEDOUT);
	CHECK_STR(out_error(set), "output 'p' is closed, but its reader did not take the last 4096 "
				  "messages; they are lost");
	CHECK_EQ(info_of(set, "p").dropped, MESSAGES - 4096);
	out_set_free(set);
	clean_up();
}

TEST(large_messages)
{
	struct out_set *set = out_set_new();
	size_t len = 300000;
	char *big = malloc(len), *text;
	const char *failed;

	for (size_t i = 0; i < len; i++)
		big[i] = (char)('a' + i % 26);
	CHECK_EQ(out_create(set, "f", "file", path_of("a")), 0);
	CHECK_EQ(out_open(set, "f"), 0);
	send_text(set, "f", "<");
	out_send(out_find(set, "f"), big, len, &failed);
	send_text(set, "f", ">");
	CHECK_EQ(out_close(set, "f"), 0);
	text = slurp(path_of("a"));
	CHECK_EQ(strlen(text), len + 2);
	CHECK(text[0] == '<' && text[len + 1] == '>' && !memcmp(text + 1, big, len));
	CHECK_EQ(info_of(set, "f").messages, 3);
	free(text);
	free(big);
	out_set_free(set);
	clean_up();
}

static int listen_on(int family, char *address, size_t size)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, sa, len))
		SKIP("this address family is not available");
	CHECK_EQ(listen(fd, 1), 0);
	CHECK_EQ(getsockname(fd, sa, &len), 0);
	snprintf(address, size, family == AF_INET ? "localhost:%u" : "[::1]:%u",
		 ntohs(family == AF_INET ? in.sin_port : in6.sin6_port));
	return fd;
}

static void tcp_round(int family)
{
	struct out_set *set = out_set_new();
	char address[64], *text;
	size_t len;
	int lfd = listen_on(family, address, sizeof(address)), fd;

	CHECK_EQ(out_create(set, "t", "tcp", address), 0);
	fd = accept(lfd, NULL, NULL);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "unasked", 7), 7); /* must not make the close a reset */
	CHECK_EQ(out_open(set, "t"), 0);
	send_text(set, "t", "hello\n");
	send_text(set, "t", "world\n");
	CHECK_EQ(out_close(set, "t"), 0);
	text = slurp_fd(fd, &len);
	CHECK_STR(text, "hello\nworld\n");
	free(text);
	CHECK_EQ(info_of(set, "t").messages, 2);
	out_set_free(set);
	close(fd);
	close(lfd);
}

TEST(tcp)
{
	tcp_round(AF_INET);
}

TEST(tcp_v6)
{
	tcp_round(AF_INET6);
}

TEST(tcp_peer_closes)
{
	struct out_set *set = out_set_new();
	struct timespec nap = { 0, 1000000 };
	struct linger reset = { 1, 0 };
	const char *failed = NULL;
	char address[64];
	int lfd = listen_on(AF_INET, address, sizeof(address)), fd, sent = 0;

	CHECK_EQ(out_create(set, "t", "tcp", address), 0);
	CHECK_EQ(out_open(set, "t"), 0);
	fd = accept(lfd, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	while (!failed && sent < 1000) {
		out_send(out_find(set, "t"), "x", 1, &failed);
		out_flush(set);
		nanosleep(&nap, NULL);
		sent++;
	}
	CHECK(failed && strstr(failed, "failed: the peer closed the connection"));
	CHECK_EQ(info_of(set, "t").messages + info_of(set, "t").dropped, sent);
	out_set_free(set);
	close(lfd);
}

TEST(module)
{
	struct out_set *set = out_set_new();
	char cmd[512], *text;
	FILE *f = fopen(path_of("m.c"), "w");

	fprintf(f,
		"#include <stdio.h>\n#include <string.h>\n"
		"void hyperdbg_event_forwarding(char *m, unsigned n)\n"
		"{ FILE *f = fopen(\"%s\", \"a\"); fprintf(f, \"[%%u:%%s]\", n, m); m[0] = 0; "
		"fclose(f); }\n",
		path_of("got"));
	fclose(f);
	snprintf(cmd, sizeof(cmd), "cc -shared -fPIC -o '%s' '%s'", path_of("m.so"),
		 path_of("m.c"));
	if (system(cmd))
		SKIP("no C compiler at hand");
	CHECK_EQ(out_create(set, "m", "module", path_of("m.so")), 0);
	CHECK_EQ(out_open(set, "m"), 0);
	send_text(set, "m", "first");
	send_text(set, "m", "a second");
	CHECK_EQ(out_close(set, "m"), 0);
	text = slurp(path_of("got"));
	CHECK_STR(text, "[5:first][8:a second]");
	free(text);
	CHECK_EQ(info_of(set, "m").messages, 2);
	out_set_free(set);
	clean_up();
}

TEST(console_order_and_log)
{
	FILE *out = fopen(path_of("out"), "w"), *err = fopen(path_of("err"), "w");
	struct console *con = con_new(out, err);
	char *text;

	con_set_colour(con, CON_NEVER);
	CHECK(!con_colour(con));
	CHECK_EQ(con_log_close(con), -ENOENT);
	CHECK_EQ(con_log_open(con, "/no/such/dir/log"), -ENOENT);
	CHECK_EQ(con_log_open(con, path_of("log")), 0);
	CHECK_EQ(con_log_open(con, path_of("log2")), -EALREADY);
	con_echo(con, "lstar> ", "events");
	con_printf(con, "%s %d\n", "line", 1);
	con_error(con, "bad %s", "thing");
	con_write(con, "line 2\n", 7);
	con_warning(con, "careful");
	con_write(con, "\033[31mred\033[0m \033[x\n", 17);
	CHECK_EQ(con_log_close(con), 0);
	con_free(con);
	fclose(out);
	fclose(err);
	text = slurp(path_of("out"));
	CHECK_STR(text, "line 1\nline 2\n\033[31mred\033[0m \033[x\n");
	free(text);
	text = slurp(path_of("err"));
	CHECK_STR(text, "lstar: error: bad thing\nlstar: warning: careful\n");
	free(text);
	text = slurp(path_of("log"));
	CHECK(!strncmp(text, "# lstar: log opened ", 20));
	char *body = strchr(text, '\n') + 1, *end = strstr(body, "# lstar: log closed ");
	CHECK(end);
	*end = '\0';
	CHECK_STR(body, "lstar> events\nline 1\nlstar: error: bad thing\nline 2\n"
			"lstar: warning: careful\nred \033[x\n");
	free(text);
	clean_up();
}

TEST(console_streams_share_a_file_in_order)
{
	int fd = open(path_of("both"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	FILE *out = fdopen(fd, "a"), *err = fdopen(dup(fd), "a");
	struct console *con = con_new(out, err);
	char *text;

	con_printf(con, "1\n");
	con_error(con, "2");
	con_printf(con, "3\n");
	con_flush(con);
	text = slurp(path_of("both"));
	CHECK_STR(text, "1\nlstar: error: 2\n3\n");
	free(text);
	con_free(con);
	fclose(out);
	fclose(err);
	clean_up();
}

TEST(console_colour)
{
	FILE *out = fopen("/dev/null", "w"), *err = fopen(path_of("err"), "w");
	struct console *con = con_new(out, err);
	char *text;

	CHECK(!con_colour(con)); /* no terminal */
	setenv("NO_COLOR", "1", 1);
	con_set_colour(con, CON_ALWAYS);
	CHECK(con_colour(con) && con_colour_err(con)); /* forced */
	con_error(con, "x");
	con_free(con);
	fclose(out);
	fclose(err);
	text = slurp(path_of("err"));
	CHECK_STR(text, "lstar: \033[1;31merror:\033[0m x\n");
	free(text);
	clean_up();
}

static void broken_console(const char *path, int fd, const char *expected)
{
	FILE *out = path ? fopen(path, "w") : fdopen(fd, "w"), *err = fopen(path_of("err"), "w");
	struct console *con = con_new(out, err);
	char *text;

	CHECK(!con_broken(con));
	for (int i = 0; i < 3; i++) {
		con_printf(con, "hello\n");
		con_flush(con);
	}
	CHECK(con_broken(con));
	con_free(con);
	fclose(out);
	fclose(err);
	text = slurp(path_of("err"));
	CHECK_STR(text, expected);
	free(text);
	clean_up();
}

TEST(console_full_disk)
{
	broken_console("/dev/full", -1,
		       "lstar: error: cannot write to the output: No space left on device; further "
		       "messages are lost\n");
}

TEST(console_closed_pipe)
{
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	close(fd[0]);
	broken_console(
		NULL, fd[1],
		"lstar: error: cannot write to the output: nobody reads it any more; further "
		"messages are lost\n");
}

UNIT_MAIN()
