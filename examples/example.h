/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * example.h - what the examples of the library share: a program that is launched and has come to
 * its main(). Before that the loader makes system calls of its own.
 *
 *	cc -o hijack hijack.c $(pkg-config --cflags --libs lstar)
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <lstar.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the example when something fails: the session says what, to whom and what to do about it. */
static inline void check(struct lstar *s, int64_t result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s\n", lstar_error(s)->text);
	exit(1);
}

/* Starts @argv with pipes for its standard streams, and lets it run up to its main(). */
static inline struct lstar_thread *launch(struct lstar *s, char **argv)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar_thread *t;
	struct lstar_stop stop;
	uint64_t address;
	int64_t breakpoint;

	how.argv = (const char *const *)argv;
	how.stdio = LSTAR_STDIO_PIPE;
	check(s, lstar_launch(s, &how, &t));
	check(s, lstar_symbol(t, "main", NULL, &address));
	breakpoint = lstar_breakpoint(t, address, LSTAR_BP_SOFTWARE, 1);
	check(s, breakpoint);
	check(s, lstar_continue(s));
	check(s, lstar_wait(s, -1, &stop));
	check(s, lstar_breakpoint_remove(s, (uint32_t)breakpoint));
	return t;
}

/* The program runs to its end. */
static inline void finish(struct lstar *s)
{
	struct lstar_stop stop;

	do {
		check(s, lstar_continue(s));
		check(s, lstar_wait(s, -1, &stop));
	} while (stop.reason != LSTAR_STOP_NOTHING_LEFT);
}

/* Everything that the program has written to its standard output, to ours. */
static inline void show_output(struct lstar *s, struct lstar_thread *t)
{
	int fd[3], c;
	FILE *out;

	check(s, lstar_stdio_fds(s, lstar_thread_pid(t), fd));
	out = fdopen(fd[1], "r");
	while (out && (c = fgetc(out)) != EOF)
		putchar(c);
}

#endif
