/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * launch.c - starting programs, once and again, and our ends of their standard streams.
 *
 * A launch is copied whole before it is done: what cannot be repeated is not begun.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debugger/session.h"

/* --- copies --- */

static void free_words(char **words)
{
	for (char **p = words; p && *p; p++)
		free(*p);
	free(words);
}

/* NULL without memory. */
static char **copy_words(const char *const *words)
{
	size_t n = 0;
	char **copy;

	while (words[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i]) {
			free_words(copy);
			return NULL;
		}
	}
	return copy;
}

static void launched_free(struct dbg_launched *l)
{
	if (!l)
		return;
	free_words(l->argv);
	free_words(l->envp);
	free(l->path);
	free(l->cwd);
	free(l);
}

static struct dbg_launched *launched_copy(const struct dbg_launch *how)
{
	struct dbg_launched *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->how = *how;
	l->argv = copy_words(how->argv);
	l->envp = how->envp ? copy_words(how->envp) : NULL;
	l->path = how->path ? strdup(how->path) : NULL;
	l->cwd = how->cwd ? strdup(how->cwd) : NULL;
	l->how.argv = (const char *const *)l->argv;
	l->how.envp = (const char *const *)l->envp;
	l->how.path = l->path;
	l->how.cwd = l->cwd;
	if (l->argv && !l->envp == !how->envp && !l->path == !how->path && !l->cwd == !how->cwd)
		return l;
	launched_free(l);
	return NULL;
}

/* --- standard streams --- */

static void close_fds(const int fd[3])
{
	for (int i = 0; i < 3; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* Streams of processes that have ended go; those of detached ones are still read. */
static void close_old(struct dbg *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nstdio; i++) {
		u32 pid = d->stdio[i].pid;

		if (!dbg_thread(d, pid) && kill((pid_t)pid, 0) && errno == ESRCH)
			close_fds(d->stdio[i].fd);
		else
			d->stdio[n++] = d->stdio[i];
	}
	d->nstdio = n;
}

/* Room for one more. */
static int reserve_stdio(struct dbg *d)
{
	struct dbg_stdio *more;

	close_old(d);
	more = realloc(d->stdio, (d->nstdio + 1) * sizeof(*more));
	if (!more)
		return dbg_fail(d, -ENOMEM, "no memory for another debuggee");
	d->stdio = more;
	return 0;
}

int dbg_stdio_fds(struct dbg *d, u32 pid, int fd[3])
{
	for (size_t i = 0; i < d->nstdio; i++) {
		if (d->stdio[i].pid != pid)
			continue;
		memcpy(fd, d->stdio[i].fd, sizeof(d->stdio[i].fd));
		return 0;
	}
	return dbg_fail(d, -ESRCH, "process %u was not launched here, or another program was since",
			pid);
}

int dbg_close_stdin(struct dbg *d, u32 pid)
{
	int fd[3], err = dbg_stdio_fds(d, pid, fd);

	for (size_t i = 0; !err && i < d->nstdio; i++) {
		if (d->stdio[i].pid != pid || fd[0] < 0)
			continue;
		close(fd[0]);
		d->stdio[i].fd[0] = -1;
	}
	return err;
}

void dbg_launches_free(struct dbg *d)
{
	for (size_t i = 0; i < d->nstdio; i++)
		close_fds(d->stdio[i].fd);
	free(d->stdio);
	launched_free(d->last);
}

/* --- launching --- */

/* @l becomes the last launch, or is freed. */
static int launch(struct dbg *d, struct dbg_launched *l)
{
	const struct dbg_launch *how = &l->how;
	struct dbg_stdio s = { .fd = { -1, -1, -1 } };
	struct tgt_launch tl = {
		.path = how->path,
		.argv = l->argv,
		.envp = l->envp,
		.cwd = how->cwd,
		.seccomp = d->setting[DBG_SET_FILTER] && !how->no_filter,
		.aslr = !how->no_aslr,
		.alone = how->alone,
		.stdio = how->stdio,
		.fd = s.fd,
	};
	int err;

	con_flush(d->con);
	err = dbg_not_in_callback(d, "starting a program") ?: dbg_halt_now(d);
	err = err ?: dbg_root_reserve(d) ?: reserve_stdio(d);
	if (err)
		goto fail;
	err = d->target->ops->launch(d->target, &tl, &s.pid);
	if (err) {
		dbg_fail_target(d, err);
		goto fail;
	}
	launched_free(d->last);
	d->last = l;
	d->stdio[d->nstdio++] = s;
	d->launched = s.pid;
	dbg_root_add(d, s.pid, true);
	if (!d->held.valid)
		d->current = s.pid;
	d->interest_stale = true;
	return dbg_tasks_attached(d, s.pid);
fail:
	launched_free(l);
	return err;
}

int dbg_launch_as(struct dbg *d, const struct dbg_launch *how)
{
	struct dbg_launched *l = launched_copy(how);

	return l ? launch(d, l) : dbg_fail(d, -ENOMEM, "no memory to start a program");
}

int dbg_launch(struct dbg *d, char *const *argv)
{
	struct dbg_launch how = { .argv = (const char *const *)argv };

	return dbg_launch_as(d, &how);
}

int dbg_restart(struct dbg *d)
{
	struct dbg_root *root;
	struct dbg_launched *again;
	int err;

	if (!d->last)
		return dbg_fail(d, -ENOENT, "nothing to restart: no program has been started");
	again = launched_copy(&d->last->how);
	if (!again)
		return dbg_fail(d, -ENOMEM, "no memory to restart");
	root = dbg_root_find(d, d->launched);
	if (!root || root->main)
		d->have_status = false;
	err = root ? dbg_kill(d, d->launched) : 0;
	if (err) {
		launched_free(again);
		return err;
	}
	err = launch(d, again);
	if (!err)
		d->current = d->launched;
	return err;
}
