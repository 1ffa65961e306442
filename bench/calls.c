/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - what a system call costs: "calls COUNT [NUMBER]" makes so many calls (getppid
 * unless a number is given) and prints the nanoseconds that one took. With a third argument
 * it waits for a byte on standard input first, so that a tracer can attach.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	long nr = argc > 2 ? atol(argv[2]) : SYS_getppid;
	char byte;
	double start;

	if (argc > 3 && read(0, &byte, 1) != 1)
		return 1;
	for (long i = 0; i < count / 10; i++) /* the placement of a tracer has to settle */
		syscall(nr);
	start = now();
	for (long i = 0; i < count; i++)
		syscall(nr);
	printf("%.1f\n", (now() - start) / (double)count);
	return 0;
}
