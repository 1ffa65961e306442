/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signals.c - Ctrl-C and the signals that end lstar. The handlers only set flags and wake
 * the session; what follows from it is decided where the session runs.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "command/internal.h"

static struct dbg *session;
static volatile sig_atomic_t at_prompt, interrupted, fatal;
static volatile s64 last_interrupt; /* ms; read and written by the handler alone */

static void die_of(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_interrupt(int sig)
{
	int saved = errno;
	struct timespec ts;
	s64 now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (s64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	/* Asked twice and nothing has reacted: the kernel ends or frees what we hold. */
	if (!at_prompt && interrupted && now - last_interrupt < 1000)
		die_of(sig);
	last_interrupt = now;
	interrupted = 1;
	if (!at_prompt)
		dbg_interrupt(session);
	errno = saved;
}

static void on_fatal(int sig)
{
	int saved = errno;

	if (fatal)
		die_of(sig);
	fatal = sig;
	dbg_interrupt(session);
	errno = saved;
}

/* A write to a closed pipe is an error where it happens, not a death. */
static void on_pipe(int sig)
{
	(void)sig;
}

/*
 * Handlers, never SIG_IGN: an ignored signal would stay ignored in launched programs. One
 * that was ignored when lstar began (nohup) stays so.
 */
static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags }, old;

	sigemptyset(&sa.sa_mask);
	if (!sigaction(sig, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(sig, &sa, NULL);
}

static bool is_ending(void)
{
	return fatal;
}

void cmd_signals_init(struct cmd *c)
{
	session = c->d;
	cmd_set_ending(c, is_ending);
	handle(SIGINT, on_interrupt, 0);
	handle(SIGTERM, on_fatal, 0);
	handle(SIGHUP, on_fatal, 0);
	handle(SIGPIPE, on_pipe, SA_RESTART);
}

/* The session goes away: signals do what they always do from now on. */
void cmd_signals_end(void)
{
	handle(SIGINT, SIG_DFL, 0);
	handle(SIGTERM, SIG_DFL, 0);
	handle(SIGHUP, SIG_DFL, 0);
}

void cmd_signals_prompt(bool waiting)
{
	at_prompt = waiting;
}

int cmd_signal_fatal(void)
{
	return fatal;
}

bool cmd_signal_interrupt(void)
{
	bool was = interrupted;

	interrupted = 0;
	return was;
}
