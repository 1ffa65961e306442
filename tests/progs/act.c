/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * act.c - does, in order, what its arguments say, and prints what the kernel answered.
 *
 * System calls are made with the instruction itself, so that every test knows exactly
 * which calls happen, with which arguments, and sees the raw result. Nothing here may
 * depend on a debugger being present.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

/* Every register is an output as well: a debugger may have changed it. */
static long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(nr), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
			 :
			 : "rcx", "r11", "memory");
	return nr;
}

static long raw0(long nr)
{
	return raw(nr, 0, 0, 0, 0, 0, 0);
}

static void say(const char *what, long value)
{
	dprintf(1, "%s=%ld\n", what, value);
}

static long number(const char *text)
{
	return strtol(text, NULL, 0);
}

/* --- verbs; each gets its own arguments only --- */

static void do_getppid(char **arg)
{
	long n = number(arg[0]), ret = 0;

	for (long i = 0; i < n; i++)
		ret = raw0(SYS_getppid);
	say("getppid", ret == getppid() ? 1 : ret);
}

static void do_call(char **arg)
{
	say("call", raw(number(arg[0]), number(arg[1]), number(arg[2]), number(arg[3]), 0, 0, 0));
}

static void do_quiet(char **arg)
{
	raw(number(arg[0]), number(arg[1]), number(arg[2]), number(arg[3]), 0, 0, 0);
}

static void do_open(char **arg)
{
	long fd = raw(SYS_openat, AT_FDCWD, (long)arg[0], O_RDONLY, 0, 0, 0);

	say("open", fd);
	if (fd >= 0)
		close((int)fd);
}

static void do_write(char **arg)
{
	long ret = raw(SYS_write, 1, (long)arg[0], (long)strlen(arg[0]), 0, 0, 0);

	dprintf(1, "\n");
	say("write", ret);
}

static void do_connect(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)number(arg[0])),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	say("connect", raw(SYS_connect, fd, (long)&to, sizeof(to), 0, 0, 0));
	close(fd);
}

static void do_int80(char **arg)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number(arg[0])), "b"(0) : "memory");
	say("int80", ret == getpid() ? 1 : ret);
}

static void do_fork(char **arg)
{
	long n = number(arg[0]), done = 0;
	int status;

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			raw0(SYS_getppid);
			_exit(0);
		}
		if (pid > 0 && i % 50 == 49) /* so that not all exist at once, yet many do */
			while (done < i && wait(&status) > 0)
				done += status == 0;
	}
	while (wait(&status) > 0)
		done += status == 0;
	say("fork", done);
}

/* A function of its own: what the child does to its caller's variables stays in here. */
static __attribute__((noinline)) long vfork_once(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		raw0(SYS_getppid);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* Children that ask not to be traced. */
static void do_untraced(char **arg)
{
	struct clone_args args = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
	int status;
	long pid;

	if (strcmp(arg[0], "clone3"))
		pid = raw(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0, 0);
	else
		pid = raw(SYS_clone3, (long)&args, sizeof(args), 0, 0, 0, 0);
	if (!pid)
		_exit(raw0(SYS_getppid) > 0 ? 3 : 4);
	waitpid((pid_t)pid, &status, 0);
	say("untraced", WEXITSTATUS(status));
}

static void do_vfork(char **arg)
{
	long done = 0;

	for (long i = 0; i < number(arg[0]); i++)
		done += vfork_once();
	say("vfork", done);
}

static void do_spawn(char **arg)
{
	char *argv[] = { arg[0], (char *)"getppid", arg[1], NULL };
	pid_t pid;
	int status = -1;

	if (posix_spawn(&pid, arg[0], NULL, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	say("spawn", status);
}

static void do_system(char **arg)
{
	say("system", system(arg[0]));
}

static void *thread_calls(void *arg)
{
	for (long i = 0; i < (long)(intptr_t)arg; i++)
		raw0(SYS_getppid);
	return NULL;
}

static void do_threads(char **arg)
{
	long n = number(arg[0]), each = number(arg[1]);
	pthread_t *id = calloc((size_t)n, sizeof(*id));

	for (long i = 0; i < n; i++)
		if (pthread_create(&id[i], NULL, thread_calls, (void *)(intptr_t)each))
			exit(99);
	for (long i = 0; i < n; i++)
		pthread_join(id[i], NULL);
	free(id);
	say("threads", n);
}

static void *thread_sleep(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void do_idlers(char **arg)
{
	for (long i = 0; i < number(arg[0]); i++) {
		pthread_t id;

		if (pthread_create(&id, NULL, thread_sleep, NULL))
			exit(99);
	}
	say("idlers", number(arg[0]));
}

static void *thread_exec(void *arg)
{
	char **argv = arg;

	execv(argv[0], argv);
	_exit(98);
}

/* The thread's tid disappears: after the exec it runs as the leader. */
static void do_thread_exec(char **arg)
{
	static char *argv[4];
	pthread_t id;

	argv[0] = arg[0];
	argv[1] = (char *)"getppid";
	argv[2] = arg[1];
	if (!pthread_create(&id, NULL, thread_exec, argv))
		pause();
	exit(97);
}

static void do_exec(char **arg)
{
	execv(arg[0], arg);
	say("exec", -1);
}

/* A filter of our own: getuid fails with 77. */
static void do_seccomp(char **arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };

	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say("filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	say("getuid", raw0(SYS_getuid));
}

/* A sandbox that lists what is allowed: getuid is not; or strict mode. */
static void do_sandbox(char **arg)
{
	unsigned refuse =
		strcmp(arg[0], "kill") ? SECCOMP_RET_ERRNO | 77 : SECCOMP_RET_KILL_PROCESS;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, refuse),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 6, .filter = code };
	char text[64];
	long uid;
	int made, n;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(arg[0], "strict"))
		made = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	else
		made = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	uid = raw(SYS_getuid, 5, 0, 0, 0, 0, 0);
	n = snprintf(text, sizeof(text), "sandbox=%d\ngetuid=%ld\n", made, uid);
	raw(SYS_write, 1, (long)text, n, 0, 0, 0); /* dprintf would also seek */
	raw0(SYS_exit);
}

/* An argument that is not there any more when somebody looks at it. */
static void do_unmapped(char **arg)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	strcpy(page, "gone");
	munmap(page, 4096);
	say("unmapped", raw(SYS_openat, AT_FDCWD, (long)page, O_RDONLY, 0, 0, 0));
}

/* A string that ends exactly where its mapping ends. */
static void do_edge(char **arg)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	munmap(page + 4096, 4096);
	memcpy(page + 4096 - 9, "/at-edge", 9);
	say("edge", raw(SYS_openat, AT_FDCWD, (long)page + 4096 - 9, O_RDONLY, 0, 0, 0));
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A read that a signal interrupts; with "restart" it is restarted and ends by the writer. */
static void do_interrupted(char **arg)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value.tv_usec = 100000 };
	int fd[2];
	char byte;

	if (!strcmp(arg[0], "restart"))
		action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	if (pipe(fd))
		exit(99);
	pid_t pid = fork();
	if (!pid) {
		usleep(500000);
		_exit(write(fd[1], "x", 1) != 1);
	}
	setitimer(ITIMER_REAL, &soon, NULL);
	say("read", raw(SYS_read, fd[0], (long)&byte, 1, 0, 0, 0));
	waitpid(pid, NULL, 0);
}

static void do_sleep(char **arg)
{
	struct timespec t = { number(arg[0]) / 1000, number(arg[0]) % 1000 * 1000000 };

	say("sleep", raw(SYS_nanosleep, (long)&t, 0, 0, 0, 0, 0));
}

static void do_loop(char **arg)
{
	long us = number(arg[0]);

	for (;;) {
		raw0(SYS_getppid);
		if (us)
			usleep((useconds_t)us);
	}
}

static void do_spin(char **arg)
{
	(void)arg;
	for (volatile unsigned long i = 0;; i++)
		;
}

static void do_cat(char **arg)
{
	char buf[256];
	ssize_t n;

	(void)arg;
	while ((n = read(0, buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			exit(99);
}

/* What a shell does with its terminal: a foreground group and modes of its own. */
static void do_terminal(char **arg)
{
	pid_t before = tcgetpgrp(0);
	struct termios old, raw_modes, now;

	(void)arg;
	signal(SIGTTOU, SIG_IGN);
	setpgid(0, 0);
	tcsetpgrp(0, getpgrp());
	tcgetattr(0, &old);
	raw_modes = old;
	raw_modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(0, TCSADRAIN, &raw_modes);
	raw0(SYS_getppid);
	tcgetattr(0, &now);
	say("foreground", tcgetpgrp(0) == getpgrp());
	say("modes", now.c_lflag == raw_modes.c_lflag);
	tcsetattr(0, TCSADRAIN, &old);
	tcsetpgrp(0, before);
}

static void do_kill(char **arg)
{
	int sig = (int)number(arg[0]);

	signal(sig, SIG_DFL); /* we may have been started with it ignored */
	raise(sig);
}

static void do_exit(char **arg)
{
	exit((int)number(arg[0]));
}

static const struct verb {
	const char *name;
	int args; /* -1: all that follow */
	void (*run)(char **arg);
} verbs[] = {
	{ "getppid", 1, do_getppid },
	{ "call", 4, do_call }, /* NR A B C */
	{ "quiet", 4, do_quiet }, /* the same, prints nothing */
	{ "open", 1, do_open },
	{ "write", 1, do_write },
	{ "connect", 1, do_connect },
	{ "int80", 1, do_int80 },
	{ "fork", 1, do_fork },
	{ "untraced", 1, do_untraced }, /* clone|clone3 */
	{ "vfork", 1, do_vfork },
	{ "spawn", 2, do_spawn }, /* PROGRAM N */
	{ "system", 1, do_system },
	{ "threads", 2, do_threads }, /* THREADS CALLS */
	{ "idlers", 1, do_idlers },
	{ "thread-exec", 2, do_thread_exec }, /* PROGRAM N */
	{ "exec", -1, do_exec },
	{ "seccomp", 0, do_seccomp },
	{ "sandbox", 1, do_sandbox }, /* kill|errno|strict */
	{ "unmapped", 0, do_unmapped },
	{ "edge", 0, do_edge },
	{ "interrupted", 1, do_interrupted }, /* restart|plain */
	{ "sleep", 1, do_sleep }, /* ms */
	{ "loop", 1, do_loop }, /* us between the calls */
	{ "spin", 0, do_spin },
	{ "cat", 0, do_cat },
	{ "terminal", 0, do_terminal },
	{ "kill", 1, do_kill },
	{ "exit", 1, do_exit },
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		const struct verb *verb = NULL;

		for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
			if (!strcmp(argv[i], verbs[v].name))
				verb = &verbs[v];
		if (!verb || i + verb->args >= argc) {
			dprintf(2, "act: what is '%s'?\n", argv[i]);
			return 96;
		}
		verb->run(argv + i + 1);
		i += 1 + (verb->args < 0 ? argc : verb->args);
	}
	return 0;
}
