/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-sync.c - a handler without callbacks: lstar_wait() returns at both ends of each open() of
 * the program that is named on the command line.
 */
#include "example.h"

int main(int argc, char **argv)
{
	struct lstar *s = lstar_open();
	struct lstar_handler *handler;
	struct lstar_thread *t;
	struct lstar_stop stop;

	if (argc < 2 || !s)
		return 2;
	t = launch(s, argv + 1);
	check(s, lstar_handle_syscall(s, "open", NULL, NULL, 0, NULL, &handler));
	for (;;) {
		char path[256] = "?";

		check(s, lstar_continue(s));
		check(s, lstar_wait(s, -1, &stop));
		if (stop.reason == LSTAR_STOP_NOTHING_LEFT)
			break;
		if (lstar_hit_on_enter(handler, t)) {
			lstar_read_string(t, lstar_call_arg(t, 0), path, sizeof(path));
			printf("open syscall was entered: %s\n", path);
		} else if (lstar_hit_on_exit(handler, t)) {
			printf("open syscall was exited: %lld\n", (long long)lstar_call_return(t));
		}
	}
	show_output(s, t);
	lstar_close(s);
	return 0;
}
