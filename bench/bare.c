/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bare.c - the barest tracer there can be: it stops at calls, reads nothing, goes on.
 *
 *	bare [-2] [-u] [-n NUMBER|all] PROGRAM...	launch
 *	bare -2 [-u] -p PID				attach
 *
 * One stop per call: a seccomp filter that answers RET_TRACE, and PTRACE_CONT. With -2 two
 * stops, by PTRACE_SYSCALL. Tracer and tracee share one CPU unless -u is given. This is the
 * floor that lstar is compared with; it must never grow a feature.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void install_filter(long nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(nr < 0 ? BPF_JMP | BPF_JGE | BPF_K : BPF_JMP | BPF_JEQ | BPF_K,
			 nr < 0 ? 0 : (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		exit(125);
}

static void trace(pid_t first, long how)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		long sig = 0;

		if (pid < 0 || !WIFSTOPPED(status)) {
			if (pid == first && !WIFSTOPPED(status))
				exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
			continue;
		}
		if (status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80) &&
		    WSTOPSIG(status) != SIGTRAP)
			sig = WSTOPSIG(status);
		ptrace(how, pid, 0, sig);
	}
}

int main(int argc, char **argv)
{
	long opts = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
		    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	long nr = SYS_getppid;
	int two = 0, pin = 1, opt;
	pid_t pid = 0;

	while ((opt = getopt(argc, argv, "+2un:p:")) != -1) {
		if (opt == '2')
			two = 1;
		else if (opt == 'u')
			pin = 0;
		else if (opt == 'n')
			nr = strcmp(optarg, "all") ? atol(optarg) : -1;
		else if (opt == 'p')
			pid = atoi(optarg);
		else
			return 2;
	}
	if (pin) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(sched_getcpu(), &one);
		sched_setaffinity(0, sizeof(one), &one);
		if (pid)
			sched_setaffinity(pid, sizeof(one), &one);
	}
	if (pid) {
		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) ||
		    ptrace(PTRACE_INTERRUPT, pid, 0, 0))
			return 125;
		trace(pid, PTRACE_SYSCALL);
	}
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		if (!two)
			install_filter(nr);
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	waitpid(pid, NULL, WUNTRACED);
	if (ptrace(PTRACE_SEIZE, pid, 0, opts | PTRACE_O_EXITKILL))
		return 125;
	kill(pid, SIGCONT);
	trace(pid, two ? PTRACE_SYSCALL : PTRACE_CONT);
	return 0;
}
