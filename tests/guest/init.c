// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * init.c - the first process of a guest: mounts what programs expect, runs the tests that /plan
 * names, each within its time limit, and reports over the second serial line; then power off.
 * Without a plan it gives a person a shell instead.
 *
 * It must never end, and never judge: what a test said and how it ended, what the kernel
 * complained of meanwhile, and whether the module could be unloaded, is told as it was. Lines that
 * begin with '@' are its own, a space marks what a test printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT "/tmp/.output"
#define MAX_OUTPUT (256 << 10) /* of one test; a serial line is slow */
#define MODULE "lstar"

static FILE *report;
static int kmsg = -1;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(report, format, args);
	va_end(args);
	fflush(report);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void mount_at(const char *type, const char *where, const char *options)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, options) && errno != EBUSY)
		fprintf(stderr, "init: %s on %s: %s\n", type, where, strerror(errno));
}

static void surroundings(void)
{
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount_at("devtmpfs", "/dev", NULL);
	mount_at("devpts", "/dev/pts", NULL);
	mount_at("tmpfs", "/dev/shm", NULL);
	mount_at("tmpfs", "/tmp", NULL);
	mount_at("debugfs", "/sys/kernel/debug", NULL);
	mount_at("securityfs", "/sys/kernel/security", NULL);
	mount_at("tracefs", "/sys/kernel/tracing", NULL);
	symlink("/proc/self/fd", "/dev/fd");
	setenv("PATH", "/usr/bin:/bin:/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0); /* the kernel's command line may know better */
	setenv("LC_ALL", "C", 1);
	setsid();
	if (!fork()) {
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	wait(NULL);
}

/* What the kernel said since the last look; complaints are told. */
static void kernel_log(bool quietly)
{
	/* clang-format off */
	static const char *const bad[] = {
		"WARNING:", "BUG:", "Oops", "general protection", "------------[ cut here",
		"INFO: task", "rcu: INFO", "soft lockup", "hard LOCKUP", "possible circular",
		"possible recursive", "inconsistent lock state", "invalid opcode", "Call Trace",
		"double fault", "Bad page", "bad pte", "refcount_t", "Marking clocksource",
		"list_add corruption", "list_del corruption", "Uhhuh. NMI", "Dazed and confused",
		"stack guard page", "unable to handle", "Unable to handle",
	};
	/* clang-format on */
	char record[8192];
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text;

		if (n < 0)
			continue; /* overwritten records: go on behind them */
		record[n] = 0;
		text = strchr(record, ';');
		if (!text || quietly)
			continue;
		text[strcspn(text, "\n")] = 0;
		/* A process that dies of SIGILL is somebody's test, not a fault of the kernel. */
		if (strstr(text, "trap invalid opcode") || strstr(text, "traps: "))
			continue;
		for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			if (strstr(text, bad[i])) {
				tell("@kernel %s\n", text + 1);
				break;
			}
		}
	}
}

/* @name: of a script or a program, with "/MODE" behind it when the profile is to set one. */
static void start(const char *name)
{
	char path[PATH_MAX], *mode, *bare = strdup(name);
	sigset_t none;
	int out;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	out = open(OUTPUT, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(out, 2);
	mkdir("/tmp/test", 0755);
	if (chdir("/tmp/test"))
		_exit(127);
	mode = strchr(bare, '/');
	if (mode)
		*mode++ = 0;
	setenv("MODE", mode ? mode : "", 1);
	snprintf(path, sizeof(path), "/tests/%s.sh", bare);
	if (!access(path, R_OK))
		execl("/bin/sh", "sh", "-c", ". /etc/profile; set_mode; . \"$0\"", path, NULL);
	else
		execl("/bin/sh", "sh", "-c", ". /etc/profile; set_mode; exec \"$0\"", bare, NULL);
	_exit(127);
}

/* Wait for @pid, taking in orphans; false: its time was over. */
static bool wait_for(pid_t pid, int seconds, int *status)
{
	double end = now() + seconds;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		pid_t got = waitpid(-1, status, WNOHANG);
		struct timespec tick = { .tv_nsec = 200000000 };

		if (got == pid)
			return true;
		if (got > 0)
			continue;
		if (now() > end)
			return false;
		sigtimedwait(&child, NULL, &tick);
	}
}

static void copy_output(void)
{
	FILE *f = fopen(OUTPUT, "r");
	char line[2048];
	long all, skipped = 0;

	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	all = ftell(f);
	if (all > MAX_OUTPUT)
		skipped = all - MAX_OUTPUT;
	fseek(f, skipped, SEEK_SET);
	if (skipped)
		tell(" [%ld bytes left out]\n", skipped);
	while (fgets(line, sizeof(line), f))
		tell(" %.*s\n", (int)strcspn(line, "\n"), line);
	fclose(f);
}

/* Every test begins without the module, and with nobody else's processes. */
static void clean_up(void)
{
	char path[] = "/sys/module/" MODULE;

	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	for (int i = 0; !access(path, F_OK); i++) {
		if (!syscall(SYS_delete_module, MODULE, O_NONBLOCK))
			break;
		if (i == 300) {
			tell("@kernel module " MODULE " cannot be unloaded: %s\n", strerror(errno));
			break;
		}
		usleep(100000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	system("cd / && rm -rf /tmp/test");
}

static void run(const char *name, int limit)
{
	double begin = now();
	int status = 0;
	bool ended;
	pid_t pid;

	tell("@begin %s\n", name);
	pid = fork();
	if (!pid)
		start(name);
	ended = wait_for(pid, limit, &status);
	copy_output();
	clean_up();
	kernel_log(false);
	if (!ended)
		tell("@end %s timeout %d\n", name, limit);
	else if (WIFSIGNALED(status))
		tell("@end %s signal %d\n", name, WTERMSIG(status));
	else
		tell("@end %s status %d\n", name, WEXITSTATUS(status));
	printf("%s: %.1f s\n", name, now() - begin);
}

static void run_plan(FILE *plan)
{
	struct termios mode;
	sigset_t child;
	char name[64];
	int limit;

	report = fopen("/dev/ttyS1", "w");
	if (!report) {
		report = stdout;
		tell("@kernel no second serial line: %s\n", strerror(errno));
	}
	tcgetattr(fileno(report), &mode);
	cfmakeraw(&mode);
	tcsetattr(fileno(report), TCSANOW, &mode);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	kernel_log(true);
	tell("@up\n");
	while (fscanf(plan, "%63s %d", name, &limit) == 2)
		run(name, limit);
	tell("@down\n");
	tcdrain(fileno(report));
}

static void shell(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/bin/busybox", "setsid", "cttyhack", "sh", "/etc/hello", NULL);
		_exit(127);
	}
	while (waitpid(-1, &status, 0) != pid)
		;
}

int main(void)
{
	FILE *plan;

	surroundings();
	plan = fopen("/plan", "r");
	if (plan)
		run_plan(plan);
	else
		shell();
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
