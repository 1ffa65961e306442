/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debuggee.c - launching, attaching, letting go and killing.
 */
#include <string.h>

#include "lib/lib.h"

/* What the caller's own, perhaps older, structure does not have is 0. */
static int take_launch(struct lstar *s, const struct lstar_launch *from, struct lstar_launch *how)
{
	memset(how, 0, sizeof(*how));
	if (!from || !from->size)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0,
				"lstar_launch() wants a struct lstar_launch that began as "
				"LSTAR_LAUNCH_INIT");
	memcpy(how, from, from->size < sizeof(*how) ? from->size : sizeof(*how));
	if (!how->path && (!how->argv || !how->argv[0]))
		return lib_fail(s, LSTAR_E_ARGUMENT, 0,
				"there is no program to launch: set path, or argv, whose first "
				"string is the program's name");
	if ((unsigned)how->stdio > LSTAR_STDIO_PTY)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0, "%d is no enum lstar_stdio", how->stdio);
	return 0;
}

/* ptrace(2) knows the debuggees of a thread: it is this one from now on. */
static void own(struct lstar *s)
{
	s->owned = true;
	s->owner = pthread_self();
}

int lstar_launch(struct lstar *s, const struct lstar_launch *from,
		 struct lstar_thread **main_thread)
{
	static const enum tgt_stdio kinds[] = {
		[LSTAR_STDIO_INHERIT] = TGT_STDIO_INHERIT,
		[LSTAR_STDIO_PIPE] = TGT_STDIO_PIPES,
		[LSTAR_STDIO_PTY] = TGT_STDIO_PTY,
	};
	struct lstar_launch how;
	const char *name[2];
	int err = lib_session(s) ?: take_launch(s, from, &how);

	if (err)
		return err;
	name[0] = how.path;
	name[1] = NULL;
	struct dbg_launch l = {
		.path = how.path,
		.argv = how.argv && how.argv[0] ? how.argv : name,
		.envp = how.envp,
		.cwd = how.cwd,
		.stdio = kinds[how.stdio],
		.no_aslr = how.no_aslr,
		.no_filter = how.no_filter,
		.alone = how.leave_children,
	};

	err = dbg_launch_as(s->d, &l);
	if (err)
		return lib_failed(s, LIB_LAUNCH, err);
	own(s);
	if (main_thread)
		*main_thread = dbg_thread_find(s->d, dbg_launched_pid(s->d));
	return 0;
}

int lstar_stdio_fds(struct lstar *s, uint32_t pid, int fd[3])
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_stdio_fds(s->d, pid, fd));
}

int lstar_close_stdin(struct lstar *s, uint32_t pid)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_close_stdin(s->d, pid));
}

int lstar_attach(struct lstar *s, uint32_t pid, struct lstar_thread **main_thread)
{
	int err = lib_session(s);

	if (err)
		return err;
	err = dbg_attach(s->d, pid);
	if (err)
		return lib_failed(s, LIB_LAUNCH, err);
	own(s);
	if (main_thread)
		*main_thread = dbg_thread_find(s->d, pid);
	return 0;
}

int lstar_detach(struct lstar *s, uint32_t pid)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_detach(s->d, pid));
}

int lstar_kill(struct lstar *s, uint32_t pid)
{
	int err = lib_session(s);

	return err ?: lib_result(s, dbg_kill(s->d, pid));
}
