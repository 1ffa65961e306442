/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_launch.c - how a program can be started: standard input and output, path, working
 * directory, address randomisation, children left alone.
 */
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>

#include "target_kit.h"

#define GUEST S(kit_prog("guest"))
#define ACT S(kit_prog("act"))

static void launch(struct kit *k, struct tgt_launch *l)
{
	k->t = proc_target_new();
	k->out = -1;
	if (k->t->ops->launch(k->t, l, &k->pid))
		UNIT_FAIL("launch: %s", k->t->error);
}

/* All that comes, until the other end is closed: a terminal says EIO then. */
static const char *all_of(struct kit *k, int fd)
{
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(k->text) - 1 && (r = read(fd, k->text + n, sizeof(k->text) - 1 - n)) > 0)
		n += (size_t)r;
	k->text[n] = 0;
	return k->text;
}

static void run(struct kit *k)
{
	k->t->ops->resume_all(k->t);
	CHECK(kit_run(k, -1));
	CHECK(k->process_ends >= 1);
}

static void talk(enum tgt_stdio kind, char *script, const char *out, const char *err)
{
	int fd[3];
	struct tgt_launch l = {
		.argv = ARGV(S("sh"), S("-c"), script), .seccomp = true, .stdio = kind, .fd = fd
	};
	struct kit k = { 0 };

	launch(&k, &l);
	for (int i = 0; i < 3; i++)
		CHECK(fcntl(fd[i], F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(write(fd[0], "hello\n", 6), 6);
	close(fd[0]);
	run(&k);
	CHECK_STR(all_of(&k, fd[1]), out);
	CHECK_STR(all_of(&k, fd[2]), err);
	close(fd[1]);
	close(fd[2]);
	k.t->ops->free(k.t);
}

static char script[] = "read x; echo \"out $x\"; echo \"err $x\" >&2; test -t 0; i=$?; test -t 1; "
		       "o=$?; test -t 2; echo $i $o $?";

TEST(pipes)
{
	talk(TGT_STDIO_PIPES, script, "out hello\n1 1 1\n", "err hello\n");
}

/* Raw: a newline stays one, nothing is echoed. */
TEST(pseudo_terminals)
{
	talk(TGT_STDIO_PTY, script, "out hello\n1 0 0\n", "err hello\n");
}

/* No more than a child that we start ourselves. */
TEST(no_other_descriptors)
{
	char count[] = "ls /proc/self/fd | wc -l", want[16] = "";
	FILE *f = popen(count, "r");

	CHECK(f && fgets(want, sizeof(want), f));
	pclose(f);
	talk(TGT_STDIO_PTY, count, want, "");
	talk(TGT_STDIO_PIPES, count, want, "");
}

/* The debugger itself has none of the three. */
TEST(without_descriptors_of_our_own)
{
	int keep = fcntl(1, F_DUPFD_CLOEXEC, 10);

	close(0);
	close(1);
	close(2);
	talk(TGT_STDIO_PIPES, script, "out hello\n1 1 1\n", "err hello\n");
	dup2(keep, 1);
}

TEST(another_path_and_directory)
{
	int fd[3];
	struct tgt_launch l = { .path = "/bin/sh",
				.argv = ARGV(S("no such name"), S("-c"), S("echo $0; pwd")),
				.cwd = "/usr/lib",
				.stdio = TGT_STDIO_PIPES,
				.fd = fd };
	struct kit k = { 0 };

	launch(&k, &l);
	run(&k);
	CHECK_STR(all_of(&k, fd[1]), "no such name\n/usr/lib\n");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	k.t->ops->free(k.t);
}

TEST(same_addresses_each_time)
{
	char first[4096] = "";

	for (int i = 0; i < 3; i++) {
		int fd[3];
		struct tgt_launch l = { .argv = ARGV(S("cat"), S("/proc/self/maps")),
					.stdio = TGT_STDIO_PIPES,
					.fd = fd };
		struct kit k = { 0 };

		launch(&k, &l);
		run(&k);
		all_of(&k, fd[1]);
		if (i)
			CHECK_STR(k.text, first);
		strcpy(first, k.text);
		for (int j = 0; j < 3; j++)
			close(fd[j]);
		k.t->ops->free(k.t);
	}
}

/* Children and their calls run by themselves; threads are debugged as ever. */
TEST(children_left_alone)
{
	struct kit k = { .no_exit = true };
	int fd[3];
	struct tgt_launch l = { .argv = ARGV(ACT, S("fork"), S("20"), S("vfork"), S("5"),
					     S("spawn"), ACT, S("7"), S("threads"), S("3"),
					     S("50")),
				.seccomp = true,
				.aslr = true,
				.alone = true,
				.stdio = TGT_STDIO_PIPES,
				.fd = fd };

	launch(&k, &l);
	kit_want(&k, SYS_getppid, true, true);
	run(&k);
	CHECK_EQ(k.enters, 150);
	CHECK_EQ(k.exits, 150);
	CHECK_EQ(k.births, 3);
	CHECK_STR(all_of(&k, fd[1]), "fork=20\nvfork=5\ngetppid=1\nspawn=0\nthreads=3\n");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	k.t->ops->free(k.t);
}

/* A failed launch leaves nothing open. */
TEST(failures_close_everything)
{
	int fd[3] = { -7, -7, -7 }, before = dup(0), after;
	struct tgt_launch l = { .argv = ARGV(S("/nonexistent/x")),
				.stdio = TGT_STDIO_PTY,
				.fd = fd };
	struct target *t = proc_target_new();

	close(before);
	CHECK_EQ(t->ops->launch(t, &l, NULL), -ENOENT);
	after = dup(0);
	CHECK_EQ(after, before);
	CHECK_EQ(fd[0], -7);
	t->ops->free(t);
}

UNIT_MAIN()
