/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unit.h - a test harness in one header: named tests, each in a child process with
 * a time limit, results as TAP. It must stay free of any dependency.
 *
 *	TEST(adds) { CHECK_EQ(1 + 1, 2); }
 *	UNIT_MAIN()
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct unit_test {
	const char *name;
	void (*fn)(void);
	struct unit_test *next;
};

static struct unit_test *unit_first;
__attribute__((unused)) static struct unit_test **unit_last = &unit_first;

#define TEST(id)                                                      \
	static void test_##id(void);                                  \
	static struct unit_test unit_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void unit_add_##id(void)  \
	{                                                             \
		*unit_last = &unit_##id;                              \
		unit_last = &unit_##id.next;                          \
	}                                                             \
	static void test_##id(void)

#define UNIT_FAIL(...)                                   \
	do {                                             \
		printf("# %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                     \
		printf("\n");                            \
		fflush(stdout);                          \
		exit(1);                                 \
	} while (0)

#define SKIP(why)                      \
	do {                           \
		printf("# %s\n", why); \
		fflush(stdout);        \
		exit(77);              \
	} while (0)

#define CHECK(cond)                                       \
	do {                                              \
		if (!(cond))                              \
			UNIT_FAIL("not true: %s", #cond); \
	} while (0)

#define CHECK_EQ(got, want)                                                              \
	do {                                                                             \
		unsigned long long got_ = (unsigned long long)(got),                     \
				   want_ = (unsigned long long)(want);                   \
		if (got_ != want_)                                                       \
			UNIT_FAIL("%s is %llx (%lld), expected %llx (%lld)", #got, got_, \
				  (long long)got_, want_, (long long)want_);             \
	} while (0)

#define CHECK_STR(got, want)                                                                     \
	do {                                                                                     \
		const char *got_ = (got), *want_ = (want);                                       \
		if (!got_ || strcmp(got_, want_))                                                \
			UNIT_FAIL("%s is \"%s\", expected \"%s\"", #got, got_ ? got_ : "(null)", \
				  want_);                                                        \
	} while (0)

/*
 * A file for what debuggees print. Two processes that write to one memfd at once may get the same
 * position, unless each appends.
 */
__attribute__((unused)) static int unit_output(void)
{
	int fd = memfd_create("out", MFD_CLOEXEC);

	return fcntl(fd, F_SETFL, O_APPEND) ? -1 : fd;
}

/* UNIT_MAIN's optional argument names one test to run, in this process (for gdb). */
__attribute__((unused)) static int unit_main(int argc, char **argv, unsigned limit)
{
	int n = 0, failed = 0;

	if (argc > 1) {
		for (struct unit_test *t = unit_first; t; t = t->next)
			if (!strcmp(t->name, argv[1]))
				t->fn();
		return 0;
	}
	for (struct unit_test *t = unit_first; t; t = t->next)
		n++;
	printf("1..%d\n", n);
	n = 0;
	for (struct unit_test *t = unit_first; t; t = t->next) {
		int status;

		n++;
		fflush(stdout);
		pid_t pid = fork();
		if (!pid) {
			alarm(limit);
			t->fn();
			fflush(stdout);
			exit(0); /* so that leak checkers see the end of every test */
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid) {
			printf("Bail out! cannot fork\n");
			return 1;
		}
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
			printf("ok %d - %s\n", n, t->name);
		} else if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
			printf("ok %d - %s # SKIP\n", n, t->name);
		} else {
			failed++;
			if (WIFSIGNALED(status))
				printf("# ended by signal %d\n", WTERMSIG(status));
			printf("not ok %d - %s\n", n, t->name);
		}
	}
	return failed != 0;
}

#define UNIT_MAIN()                               \
	int main(int argc, char **argv)           \
	{                                         \
		return unit_main(argc, argv, 60); \
	}

#endif
