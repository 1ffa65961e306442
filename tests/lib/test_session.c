/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_session.c - sessions, launching, attaching and ending; commands, expressions, and
 * where text goes. Every debuggee is a real process.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

#include "../unit/process_kit.h"
#include "lib_kit.h"

static struct heard out;

static struct lstar *open_quiet(void)
{
	struct lstar *s = lstar_open();

	CHECK(s);
	lstar_output(s, hear, &out);
	return s;
}

/* --- sessions --- */

TEST(an_empty_session)
{
	struct lstar *s = lstar_open();

	CHECK(s);
	CHECK_EQ(lstar_error(s)->code, LSTAR_OK);
	CHECK_EQ(lstar_error(s)->system_errno, 0);
	CHECK_STR(lstar_error(s)->text, "");
	lstar_close(s);
	lstar_close(NULL);
}

TEST(version_is_a_number)
{
	unsigned major, minor, patch;

	CHECK_EQ(sscanf(lstar_version(), "%u.%u.%u", &major, &minor, &patch), 3);
}

TEST(null_is_no_session)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;

	CHECK_EQ(lstar_error(NULL)->code, LSTAR_OK);
	CHECK_FAILS(NULL, lstar_launch(NULL, &how, NULL), LSTAR_E_ARGUMENT, "lstar_open()");
	CHECK_FAILS(NULL, lstar_command(NULL, "events"), LSTAR_E_ARGUMENT, "lstar_open()");
}

TEST(a_machine_needs_its_module)
{
	if (!access("/dev/lstar", F_OK))
		SKIP("the module is loaded");
	CHECK(!lstar_open_machine());
	CHECK_EQ(lstar_error(NULL)->code, LSTAR_E_SYSTEM);
	CHECK_HAS(lstar_error(NULL)->text, "/dev/lstar");
	CHECK_HAS(lstar_error(NULL)->text, "modprobe");
}

/* --- launching --- */

TEST(a_program_that_is_not_there)
{
	const char *argv[] = { "/no/such/program", NULL }, *none[] = { NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar *s = open_quiet();

	CHECK_FAILS(s, lstar_launch(s, NULL, NULL), LSTAR_E_ARGUMENT, "LSTAR_LAUNCH_INIT");
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_ARGUMENT, "set path, or argv");
	how.argv = none;
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_ARGUMENT, "set path, or argv");
	how.argv = argv;
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_SYSTEM, "/no/such/program");
	CHECK_EQ(lstar_error(s)->system_errno, ENOENT);
	argv[0] = "/etc/passwd";
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_PERMISSION, "/etc/passwd");
	how.stdio = (enum lstar_stdio)7;
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_ARGUMENT, "enum lstar_stdio");
	how.stdio = LSTAR_STDIO_INHERIT;
	how.cwd = "/no/such/directory";
	how.path = "/bin/true";
	CHECK_FAILS(s, lstar_launch(s, &how, NULL), LSTAR_E_SYSTEM, "/no/such/directory");
	lstar_close(s);
}

/* All that comes from @fd until its end, or until @part is in it. */
static const char *slurp(int fd, const char *part)
{
	static char text[4096];
	size_t n = 0;
	ssize_t got;

	text[0] = '\0';
	while ((!part || !strstr(text, part)) &&
	       (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0) {
		n += (size_t)got;
		text[n] = '\0';
	}
	return text;
}

static uint32_t pid_now(struct lstar *s)
{
	uint64_t pid = 0;

	CHECK_OK(s, lstar_eval(s, NULL, "$pid", &pid));
	return (uint32_t)pid;
}

TEST(path_argv_environment_and_directory)
{
	const char *argv[] = { "name", "-c", "echo $0 $MARK $HOME; pwd; echo oops >&2", NULL };
	const char *envp[] = { "MARK=here", NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar *s = open_quiet();
	int fd[3];

	how.path = "/bin/sh";
	how.argv = argv;
	how.envp = envp;
	how.cwd = "/usr/lib";
	how.stdio = LSTAR_STDIO_PIPE;
	CHECK_OK(s, lstar_launch(s, &how, NULL));
	CHECK_OK(s, lstar_stdio_fds(s, pid_now(s), fd));
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_STR(slurp(fd[1], NULL), "name here\n/usr/lib\n");
	CHECK_STR(slurp(fd[2], NULL), "oops\n");
	CHECK_HAS(heard(&out), "exited with status 0");
	lstar_close(s);
}

TEST(a_path_alone_is_a_program)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar *s = open_quiet();

	how.path = "/bin/true";
	CHECK_OK(s, lstar_launch(s, &how, NULL));
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_HAS(heard(&out), "exited with status 0");
	lstar_close(s);
}

TEST(a_structure_of_an_older_program)
{
	const char *argv[] = { prog("act"), "exit", "3", NULL };
	struct lstar_launch how;
	struct lstar *s = open_quiet();

	memset(&how, 0xff, sizeof(how));
	how.size = offsetof(struct lstar_launch, envp);
	how.path = NULL;
	how.argv = argv;
	CHECK_OK(s, lstar_launch(s, &how, NULL));
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_HAS(heard(&out), "exited with status 3");
	lstar_close(s);
}

TEST(a_terminal_for_what_the_program_writes)
{
	const char *argv[] = { "sh", "-c", "test -t 1 && test -t 2 && test ! -t 0 && echo yes",
			       NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar *s = open_quiet();
	int fd[3];

	how.argv = argv;
	how.stdio = LSTAR_STDIO_PTY;
	CHECK_OK(s, lstar_launch(s, &how, NULL));
	CHECK_OK(s, lstar_stdio_fds(s, pid_now(s), fd));
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_STR(slurp(fd[1], "yes\n"), "yes\n");
	lstar_close(s);
}

TEST(streams_are_the_sessions)
{
	struct lstar *s = open_quiet();
	uint32_t first, second;
	int fd[3], old;

	launch(s, LSTAR_STDIO_PIPE, "act", "exit", "0", NULL);
	first = pid_now(s);
	CHECK_OK(s, lstar_stdio_fds(s, first, fd));
	CHECK(fcntl(fd[0], F_GETFD) & FD_CLOEXEC);
	old = fd[1];
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK(fcntl(old, F_GETFD) >= 0); /* what it wrote may still be read */
	launch(s, LSTAR_STDIO_INHERIT, "act", "exit", "0", NULL);
	second = pid_now(s);
	CHECK(fcntl(old, F_GETFD) < 0);
	CHECK_FAILS(s, lstar_stdio_fds(s, first, fd), LSTAR_E_GONE, "was not launched here");
	CHECK_OK(s, lstar_stdio_fds(s, second, fd));
	CHECK_EQ(fd[0], -1);
	CHECK_EQ(fd[2], -1);
	launch(s, LSTAR_STDIO_PIPE, "act", "exit", "0", NULL);
	CHECK_OK(s, lstar_command(s, "g"));
	lstar_close(s);
	CHECK(fcntl(old, F_GETFD) < 0); /* the number was in use again */
}

/* 300 programs one after the other, for scripts that try until one works. */
TEST(descriptors_do_not_pile_up)
{
	struct lstar *s = open_quiet();
	int before = 0, after = 0;

	for (int i = 0; i < 300; i++) {
		int fd;

		launch(s, LSTAR_STDIO_PTY, "act", "exit", "0", NULL);
		CHECK_OK(s, lstar_command(s, "g"));
		fd = dup(0);
		close(fd);
		if (i == 10)
			before = fd;
		after = fd;
	}
	CHECK_EQ(after, before);
	lstar_close(s);
}

/* --- attaching --- */

static pid_t sleeper(void)
{
	return start(1, (char *[]){ (char *)prog("act"), "loop", "1000", NULL });
}

TEST(attached_ones_go_on)
{
	struct lstar *s = open_quiet();
	pid_t pid = sleeper();
	int tasks;

	CHECK_OK(s, lstar_attach(s, (uint32_t)pid, NULL));
	CHECK_EQ(pid_now(s), pid);
	CHECK_EQ(count_state(pid, "t", &tasks), 1);
	CHECK_FAILS(s, lstar_attach(s, (uint32_t)pid, NULL), LSTAR_E_ARGUMENT, "already");
	CHECK_OK(s, lstar_detach(s, (uint32_t)pid));
	check_goes_on(pid, 1);
	CHECK_FAILS(s, lstar_detach(s, (uint32_t)pid), LSTAR_E_GONE, "not being debugged");
	CHECK_OK(s, lstar_attach(s, (uint32_t)pid, NULL));
	lstar_close(s);
	check_goes_on(pid, 1);
	finish(pid);
}

TEST(launched_ones_are_killed)
{
	struct lstar *s = open_quiet();
	uint32_t pid;

	launch(s, LSTAR_STDIO_INHERIT, "act", "loop", "1000", NULL);
	pid = pid_now(s);
	lstar_close(s);
	CHECK(kill((pid_t)pid, 0) && errno == ESRCH);
}

TEST(killing)
{
	struct lstar *s = open_quiet();
	pid_t other = sleeper();
	uint32_t pid;

	CHECK_FAILS(s, lstar_kill(s, 1), LSTAR_E_GONE, "");
	launch(s, LSTAR_STDIO_INHERIT, "act", "loop", "1000", NULL);
	pid = pid_now(s);
	CHECK_FAILS(s, lstar_kill(s, (uint32_t)other), LSTAR_E_GONE, "not being debugged");
	CHECK_OK(s, lstar_kill(s, pid));
	CHECK(kill((pid_t)pid, 0));
	CHECK_OK(s, lstar_kill(s, pid)); /* its end is still to be reported */
	kill(other, SIGKILL);
	lstar_close(s);
}

TEST(nobody_to_attach_to)
{
	struct lstar *s = open_quiet();

	CHECK_FAILS(s, lstar_attach(s, 4194304, NULL), LSTAR_E_GONE, "there is no process 4194304");
	CHECK_FAILS(s, lstar_attach(s, (uint32_t)getpid(), NULL), LSTAR_E_PERMISSION, "");
	lstar_close(s);
}

/* --- commands and expressions --- */

TEST(commands_print_to_the_function)
{
	struct lstar *s = open_quiet();

	CHECK_OK(s, lstar_command(s, "print 1+1"));
	CHECK_STR(heard(&out), "2\n");
	CHECK_OK(s, lstar_command(s, "? { printf(\"%d\\n\", 10); }"));
	CHECK_STR(heard(&out), "16\n");
	CHECK_EQ(lstar_command(s, "exit"), 1);
	CHECK_OK(s, lstar_command(s, "print 3")); /* only lstar_close() ends a session */
	CHECK_STR(heard(&out), "3\n");
	lstar_close(s);
}

TEST(what_is_wrong_with_a_command)
{
	struct lstar *s = open_quiet();

	CHECK_FAILS(s, lstar_command(s, NULL), LSTAR_E_ARGUMENT, "NULL");
	CHECK_FAILS(s, lstar_command(s, "evnts"), LSTAR_E_SCRIPT, "did you mean 'events'?");
	CHECK_FAILS(s, lstar_command(s, "!syscall opnat"), LSTAR_E_SCRIPT, "openat");
	CHECK_FAILS(s, lstar_command(s, "!syscall script { x = ; }"), LSTAR_E_SCRIPT,
		    "<command>:1");
	CHECK_FAILS(s, lstar_command(s, "r"), LSTAR_E_SCRIPT, "'r' needs a debuggee");
	CHECK(strncmp(lstar_error(s)->text, "lstar:", 6));
	CHECK_STR(heard(&out), "");
	lstar_close(s);
}

static rlim_t memory_used(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* The command fails; the program goes on, and so does the session. */
TEST(a_command_without_memory)
{
	enum { SIZE = 12 << 20 };
	struct lstar *s = open_quiet();
	struct rlimit all, few;
	char *text = malloc(SIZE);

	if (getenv("WATCHED"))
		SKIP("what watches over memory needs more of it than may be left here");
	CHECK(text);
	memset(text, 'x', SIZE);
	memcpy(text, "db \"", 4);
	memcpy(text + SIZE - 2, "\"", 2);
	getrlimit(RLIMIT_AS, &all);
	few = all;
	few.rlim_cur = memory_used() + (2 << 20);
	setrlimit(RLIMIT_AS, &few);
	CHECK_FAILS(s, lstar_command(s, text), LSTAR_E_SCRIPT,
		    "there is no memory for this command");
	setrlimit(RLIMIT_AS, &all);
	CHECK_OK(s, lstar_command(s, "print 4"));
	CHECK_STR(heard(&out), "4\n");
	free(text);
	lstar_close(s);
}

TEST(an_event_in_a_program)
{
	struct lstar *s = open_quiet();

	launch(s, LSTAR_STDIO_PIPE, "act", "getppid", "5", NULL);
	CHECK_OK(s, lstar_command(s, "? .n = 0;"));
	CHECK_OK(s, lstar_command(s, "!syscall getppid script { .n++; printf(\"%d \", .n); }"));
	heard(&out);
	out.text[0] = '\0';
	CHECK_OK(s, lstar_command(s, "g"));
	CHECK_HAS(heard(&out), "1 2 3 4 5 6 ");
	lstar_close(s);
}

TEST(expressions)
{
	struct lstar *s = open_quiet();
	uint64_t v = 99;

	CHECK_OK(s, lstar_eval(s, NULL, "10 * 0n10", &v));
	CHECK_EQ(v, 160);
	v = 99;
	CHECK_FAILS(s, lstar_eval(s, NULL, "10 *", &v), LSTAR_E_SCRIPT, "<command>:1");
	CHECK_EQ(v, 99);
	CHECK_FAILS(s, lstar_eval(s, NULL, "poi(8)", &v), LSTAR_E_SCRIPT, "");
	CHECK_FAILS(s, lstar_eval(s, NULL, NULL, &v), LSTAR_E_ARGUMENT, "NULL");
	CHECK_FAILS(s, lstar_eval(s, NULL, "1", NULL), LSTAR_E_ARGUMENT, "NULL");
	lstar_close(s);
}

/* Standard output, and never the error stream. */
TEST(text_without_a_function)
{
	struct lstar *s = lstar_open();
	int out_fd = dup(1), err_fd = dup(2), p[2], e[2];
	char text[64] = "", err[64] = "";

	CHECK(s && !pipe(p) && !pipe(e));
	fflush(stdout);
	dup2(p[1], 1);
	dup2(e[1], 2);
	printf("first\n");
	lstar_command(s, "print 5");
	lstar_command(s, "nonsense");
	printf("last\n");
	lstar_output(s, hear, &out);
	lstar_command(s, "print 6");
	lstar_output(s, NULL, NULL);
	lstar_command(s, "print 7");
	fflush(stdout);
	dup2(out_fd, 1);
	dup2(err_fd, 2);
	close(p[1]);
	close(e[1]);
	CHECK(read(p[0], text, sizeof(text) - 1) > 0);
	CHECK_STR(text, "first\n5\nlast\n7\n");
	CHECK_EQ(read(e[0], err, sizeof(err) - 1), 0);
	CHECK_STR(heard(&out), "6\n");
	lstar_close(s);
}

/* --- threads of the program that uses the library --- */

static void *use_it(void *user)
{
	struct lstar *s = user;

	CHECK_FAILS(NULL, lstar_command(s, "print 1"), LSTAR_E_STAGE, "belongs to the thread");
	return NULL;
}

TEST(a_session_belongs_to_a_thread)
{
	struct lstar *s = open_quiet();
	pthread_t other;

	launch(s, LSTAR_STDIO_INHERIT, "act", "exit", "0", NULL);
	CHECK(!pthread_create(&other, NULL, use_it, s));
	pthread_join(other, NULL);
	CHECK_EQ(lstar_error(s)->code, LSTAR_OK);
	lstar_close(s);
}

/* Signal dispositions and the mask are the program's, before and after. */
TEST(signals_are_left_alone)
{
	struct sigaction before[65] = { 0 }, after;
	sigset_t mask, mask_after;
	struct lstar *s;

	sigemptyset(&mask);
	sigemptyset(&mask_after);
	for (int sig = 1; sig < 65; sig++)
		sigaction(sig, NULL, &before[sig]);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	s = open_quiet();
	launch(s, LSTAR_STDIO_PIPE, "act", "getppid", "3", NULL);
	CHECK_OK(s, lstar_command(s, "!syscall getppid script { ; }"));
	CHECK_OK(s, lstar_command(s, "g"));
	lstar_close(s);
	for (int sig = 1; sig < 65; sig++)
		if (!sigaction(sig, NULL, &after)) /* not so for the C library's own */
			CHECK(after.sa_handler == before[sig].sa_handler);
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	for (int sig = 1; sig < 65; sig++)
		CHECK_EQ(sigismember(&mask, sig), sigismember(&mask_after, sig));
}

UNIT_MAIN()
