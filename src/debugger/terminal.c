/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * terminal.c - whose the terminal is: while a debuggee with job control of its own (a shell)
 * is halted, the prompt needs the foreground, or reading would stop the debugger itself.
 *
 * What the debuggee had is given back before it runs on. A terminal that was never ours
 * in the foreground is left alone.
 */
#include <signal.h>
#include <unistd.h>

#include "debugger/session.h"

/* SIGTTOU would stop a background process that does this; blocked, it is allowed to. */
static bool set_foreground(pid_t group)
{
	sigset_t block, before;
	bool done;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	done = !tcsetpgrp(STDIN_FILENO, group);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return done;
}

void dbg_terminal(struct dbg *d, bool take_back)
{
	d->terminal.take_back = take_back;
}

void dbg_terminal_theirs(struct dbg *d)
{
	struct dbg_terminal *t = &d->terminal;

	t->was_ours = t->take_back && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
		      !tcgetattr(STDIN_FILENO, &t->our_modes);
	if (t->was_ours && t->group && !kill(-t->group, 0)) {
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->modes);
		set_foreground(t->group);
	}
	t->group = 0;
}

void dbg_terminal_ours(struct dbg *d, bool ended)
{
	struct dbg_terminal *t = &d->terminal;
	struct termios theirs;
	pid_t group = tcgetpgrp(STDIN_FILENO);

	if (!t->was_ours || group < 0 || group == getpgrp() || tcgetattr(STDIN_FILENO, &theirs) ||
	    !set_foreground(getpgrp()))
		return;
	t->was_ours = false;
	if (ended)
		return; /* what it did to the terminal is to stay */
	t->group = group;
	t->modes = theirs;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->our_modes); /* a prompt without echo is no prompt */
}
