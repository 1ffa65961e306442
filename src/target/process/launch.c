/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * launch.c - start a program under ptrace. It stays in our process group and keeps our
 * terminal, so Ctrl-C reaches it as it reaches us (struct tgt_ops, keyboard).
 *
 * The child must see nothing of the debugger: no open files, no changed signal
 * dispositions, no stop before its first instruction.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

extern char **environ;

/* How this program was started, before anybody changed it. */
static sigset_t start_mask;
static u64 start_ignored;

__attribute__((constructor)) static void remember_signals(void)
{
	struct sigaction sa;

	pthread_sigmask(SIG_SETMASK, NULL, &start_mask);
	for (int sig = 1; sig < NSIG; sig++)
		if (!sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN)
			start_ignored |= ENG_BIT(sig - 1);
}

static void restore_signals(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, start_ignored >> (sig - 1) & 1 ? SIG_IGN : SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &start_mask, NULL);
}

long tracee_options(bool launched)
{
	long o = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
		 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
		 PTRACE_O_TRACEEXEC;

	return launched ? o | PTRACE_O_EXITKILL : o;
}

/* --- which file --- */

static bool runnable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* As the shell does it: names with a slash are paths, others are looked for in PATH. */
static int find_program(struct proc_target *p, const char *name, char *path, size_t size)
{
	const char *list = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
	bool seen = false;

	if (!*name)
		return proc_fail(p, -ENOENT, "no program given");
	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return 0;
	}
	while (true) {
		size_t len = strcspn(list, ":");

		if (len)
			snprintf(path, size, "%.*s/%s", (int)len, list, name);
		else
			snprintf(path, size, "./%s", name);
		if (runnable(path))
			return 0;
		seen |= !access(path, F_OK);
		if (!list[len])
			break;
		list += len + 1;
	}
	if (seen)
		return proc_fail(p, -EACCES,
				 "%s: found in PATH, but not executable for this "
				 "user; see its mode (chmod +x)",
				 name);
	return proc_fail(p, -ENOENT, "%s: no such program in PATH; give its path with a slash",
			 name);
}

/* --- the child --- */

enum phase { AT_STDIO, AT_CWD, AT_PERSONALITY, AT_EXEC };

struct failure {
	int phase, err;
};

static void child(const struct tgt_launch *l, const char *path, const struct proc_stdio *s,
		  const int *go, const int *back)
{
	struct failure f = { AT_EXEC, 0 };
	char byte;

	close(go[1]);
	close(back[0]);
	while (read(go[0], &byte, 1) < 0 && errno == EINTR)
		;
	restore_signals();
	if (!stdio_take(s)) {
		f.phase = AT_STDIO;
	} else if (l->cwd && chdir(l->cwd)) {
		f.phase = AT_CWD;
	} else if (!l->aslr &&
		   personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE) == -1) {
		f.phase = AT_PERSONALITY;
	} else {
		execve(path, l->argv, l->envp ?: environ);
	}
	f.err = errno;
	if (write(back[1], &f, sizeof(f)) != sizeof(f))
		_exit(126);
	_exit(127);
}

static int launch_failed(struct proc_target *p, const struct tgt_launch *l, const char *path,
			 const struct failure *f)
{
	if (f->phase == AT_STDIO)
		return proc_fail(p, -f->err, "%s: its standard input and output: %s", path,
				 strerror(f->err));
	if (f->phase == AT_CWD)
		return proc_fail(p, -f->err, "%s: cannot be made the working directory: %s", l->cwd,
				 strerror(f->err));
	if (f->phase == AT_PERSONALITY)
		return proc_fail(p, -f->err,
				 "%s: address randomisation cannot be turned off: %s "
				 "(a seccomp policy of a container forbids personality(2))",
				 path, strerror(f->err));
	switch (f->err) {
	case ENOENT:
		if (!access(path, F_OK))
			return proc_fail(p, -ENOENT,
					 "%s: its interpreter (the #! line, or the "
					 "dynamic linker) does not exist",
					 path);
		return proc_fail(p, -ENOENT, "%s: no such file", path);
	case EACCES:
		return proc_fail(p, -EACCES,
				 "%s: not executable for this user; see its mode "
				 "(chmod +x), its directories and the mount option noexec",
				 path);
	case ENOEXEC:
		return proc_fail(p, -ENOEXEC,
				 "%s: neither a program for this machine nor a script "
				 "with a #! line",
				 path);
	default:
		return proc_fail(p, -f->err, "%s: cannot be started: %s", path, strerror(f->err));
	}
}

/* --- the parent --- */

static bool wait_for(pid_t pid, int *status)
{
	pid_t got;

	while ((got = waitpid(pid, status, __WALL)) < 0 && errno == EINTR)
		;
	return got == pid;
}

static void reap(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (wait_for(pid, &status) && WIFSTOPPED(status))
		;
}

/* From PTRACE_EVENT_EXEC to the exit of execve: only there do written registers stay. */
static int run_to_entry(pid_t pid)
{
	int status;

	while (wait_for(pid, &status)) {
		int event = status >> 16, sig = WSTOPSIG(status);

		if (!WIFSTOPPED(status))
			return -1;
		if (!event && sig == (SIGTRAP | 0x80))
			return 0;
		if (event)
			sig = 0;
		if (ptrace(event == PTRACE_EVENT_EXEC ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
			   (long)sig))
			return -1;
	}
	return -1;
}

static int seized(struct proc_target *p, const struct tgt_launch *l, pid_t pid)
{
	struct process *proc = process_add(p, (u32)pid, NULL);
	struct tgt_thread *th;

	if (!proc)
		return proc_fail(p, -ENOMEM, "no memory for process %d", (int)pid);
	proc->launched = p->ever_launched = true;
	proc->alone = l->alone;
	proc->use_filter = l->seccomp && !l->alone;
	process_update(p, proc);
	th = thread_add(p, proc, (u32)pid);
	if (!th) {
		process_remove(p, proc);
		return proc_fail(p, -ENOMEM, "no memory for process %d", (int)pid);
	}
	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(th->info), &th->info);
	th->at = STOP_EXIT;
	th->call.nr = 59;
	th->call.ip = th->info.instruction_pointer;
	th->call.sp = th->info.stack_pointer;
	thread_set(p, th, TH_HELD);
	th->halted = true;
	p->halted = p->halted || p->nthreads == 1;
	return 0;
}

static long launch_options(const struct tgt_launch *l)
{
	long children = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE;

	return tracee_options(true) & ~(l->alone ? children : 0);
}

static int launch(struct proc_target *p, const struct tgt_launch *l, const char *path,
		  const struct proc_stdio *s, u32 *pid)
{
	struct failure f = { 0, 0 };
	int go[2], back[2], err;
	ssize_t got;
	pid_t kid;

	if (pipe2(go, O_CLOEXEC))
		return proc_fail(p, -errno, "no pipe for a new process: %s", strerror(errno));
	if (pipe2(back, O_CLOEXEC)) {
		err = proc_fail(p, -errno, "no pipe for a new process: %s", strerror(errno));
		goto out_go;
	}
	kid = _Fork(); /* no handlers of fork: one that starts a thread would keep execve waiting */
	if (!kid)
		child(l, path, s, go, back);
	if (kid < 0) {
		err = proc_fail(p, -errno, "%s: no new process: %s", path, strerror(errno));
		goto out_back;
	}
	close(go[0]);
	close(back[1]);
	go[0] = back[1] = -1;
	if (ptrace(PTRACE_SEIZE, kid, 0, launch_options(l))) {
		err = proc_fail(p, -errno,
				"ptrace of our own child is refused: %s; a container's "
				"seccomp policy or kernel.yama.ptrace_scope=3 forbids it",
				strerror(errno));
		reap(kid);
		goto out_back;
	}
	if (write(go[1], "g", 1) != 1 || run_to_entry(kid)) {
		got = read(back[0], &f, sizeof(f));
		if (got != sizeof(f))
			f.err = EIO;
		err = launch_failed(p, l, path, &f);
		reap(kid);
		goto out_back;
	}
	err = seized(p, l, kid);
	if (err)
		reap(kid);
	else if (pid)
		*pid = (u32)kid;
out_back:
	close(back[0]);
	if (back[1] >= 0)
		close(back[1]);
out_go:
	close(go[1]);
	if (go[0] >= 0)
		close(go[0]);
	return err;
}

int proc_launch(struct target *t, const struct tgt_launch *l, u32 *pid)
{
	struct proc_target *p = proc_of(t);
	struct proc_stdio s;
	char path[PATH_MAX];
	int err;

	err = proc_begin(p) ?: find_program(p, l->path ?: l->argv[0], path, sizeof(path));
	err = err ?: stdio_open(p, &s, l->stdio);
	if (err)
		return err;
	place_release(p);
	err = launch(p, l, path, &s, pid);
	stdio_close(s.theirs);
	if (err)
		stdio_close(s.ours);
	else if (l->stdio != TGT_STDIO_INHERIT)
		memcpy(l->fd, s.ours, sizeof(s.ours));
	return err;
}
