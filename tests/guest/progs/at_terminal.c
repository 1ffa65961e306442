/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * at_terminal.c - a person at a terminal: runs a program there, waits for texts and types.
 *
 *	at_terminal PROGRAM ARG... -- 'lstar> ' 'print 1\n' '+bash -c true' ...
 *
 * Behind `--` stand pairs: a text to wait for, and what to do then: keys to type, or with `+`
 * before it a shell command to run, with `=` how many columns the terminal is to have. \n, \003
 * (Ctrl-C) and \004 are written so. Prints all that was on the terminal. It must judge nothing but
 * that each text comes.
 */
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000

static char screen[1 << 20];
static size_t used, seen;
static int terminal;

/* False: nothing more comes. */
static bool more(int ms)
{
	struct pollfd p = { terminal, POLLIN, 0 };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0 || used + 4096 > sizeof(screen))
		return false;
	n = read(terminal, screen + used, 4095);
	if (n <= 0)
		return false;
	used += (size_t)n;
	screen[used] = '\0';
	return true;
}

static bool wait_for(const char *text)
{
	for (;;) {
		char *at = strstr(screen + seen, text);

		if (at) {
			seen = (size_t)(at - screen) + strlen(text);
			return true;
		}
		if (!more(PATIENCE_MS))
			return false;
	}
}

/* \n and \NNN as C has them. */
static void type(const char *keys)
{
	for (; *keys; keys++) {
		char ch = *keys;

		if (ch == '\\' && keys[1] == 'n') {
			ch = '\n';
			keys++;
		} else if (ch == '\\' && keys[1] == '0') {
			ch = (char)strtol((char[]){ keys[1], keys[2], keys[3], '\0' }, NULL, 8);
			keys += 3;
		}
		if (write(terminal, &ch, 1) != 1)
			exit(98);
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { 24, 200, 0, 0 };
	int first = 1, status;
	pid_t pid;

	while (first < argc && strcmp(argv[first], "--"))
		first++;
	if (first < 2 || first == argc) {
		fprintf(stderr, "usage: at_terminal PROGRAM ARG... -- TEXT KEYS ...\n");
		return 96;
	}
	argv[first] = NULL;
	pid = forkpty(&terminal, NULL, NULL, &size);
	if (!pid) {
		setenv("TERM", "dumb", 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (int i = first + 1; i + 1 < argc; i += 2) {
		if (!wait_for(argv[i])) {
			printf("%s\n-- no '%s' came\n", screen, argv[i]);
			return 1;
		}
		if (argv[i + 1][0] == '+') {
			status = system(argv[i + 1] + 1);
		} else if (argv[i + 1][0] == '=') {
			size.ws_col = (unsigned short)atoi(argv[i + 1] + 1);
			ioctl(terminal, TIOCSWINSZ, &size);
		} else {
			type(argv[i + 1]);
		}
	}
	while (more(PATIENCE_MS))
		continue;
	fputs(screen, stdout);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
