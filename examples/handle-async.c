/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-async.c - callbacks at both ends of a system call: open() of the program that is named on
 * the command line gets another argument and another result.
 *
 * The program never stops: the callbacks run, and it goes on.
 */
#include "example.h"

static enum lstar_cb on_enter_open(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	puts("entering open");
	lstar_call_set_arg(t, 0, 0x1);
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_exit_open(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	puts("exiting open");
	lstar_call_set_return(t, 0x0);
	return LSTAR_CB_CONTINUE;
}

int main(int argc, char **argv)
{
	struct lstar *s = lstar_open();
	struct lstar_handler *handler;
	struct lstar_thread *t;

	if (argc < 2 || !s)
		return 2;
	t = launch(s, argv + 1);
	check(s, lstar_handle_syscall(s, "open", on_enter_open, on_exit_open, 0, NULL, &handler));
	finish(s);
	show_output(s, t);
	printf("%llu call\n", (unsigned long long)lstar_handler_hits(handler));
	lstar_close(s);
	return 0;
}
