// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * returns.c - the number of returns that SYSRET misses, against programs that make a known number
 * of them: signals, execs, and neither. Prints TAP.
 */
#include <signal.h>
#include <sys/wait.h>

#include "lsm_kit.h"

#define N 1000
#define EXECS 50
/* What the rest of the guest may do meanwhile: its first process hears of a child. */
#define NOISE 10

static volatile sig_atomic_t caught;

static u64 returns(void)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_cpu_stats s = { .cpu = cpu };

		if (!ioctl(dev, LSM_IOC_STATS, &s))
			sum += s.returns_other;
	}
	return sum;
}

static void on_signal(int sig)
{
	caught++;
}

static void calls(void)
{
	for (int i = 0; i < N; i++)
		syscall(SYS_getppid);
}

/*
 * kill(2) returns into the handler, by IRET. rt_sigreturn(2) puts the registers back as kill(2)
 * would have left them, RCX and R11 too, which is fit for SYSRET.
 */
static void signals(void)
{
	for (int i = 0; i < N; i++)
		kill(getpid(), SIGUSR1);
}

/* Exceptions are no calls; rt_sigreturn(2) goes back to where RCX is not RIP, by IRET. */
static void traps(void)
{
	for (int i = 0; i < N; i++)
		__asm__ volatile("int3" : : : "memory");
}

static void execs(void)
{
	for (int i = 0; i < EXECS; i++) {
		pid_t pid = fork();

		if (!pid) {
			execl("/proc/self/exe", "returns", "exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

/* Blocked calls that are interrupted, and others that come back as usual meanwhile. */
static void threads(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < N; i++)
			syscall(SYS_sched_yield);
		_exit(0);
	}
	signals();
	waitpid(pid, NULL, 0);
}

static void check(const char *name, void (*fn)(void), u64 want)
{
	u64 before = returns(), got;

	fn();
	got = returns() - before;
	if (!outcome(got >= want && got <= want + NOISE, name))
		printf("# %llu, expected %llu to %llu\n", (unsigned long long)got,
		       (unsigned long long)want, (unsigned long long)want + NOISE);
}

int main(int argc, char **argv)
{
	struct lsm_event e = {
		.id = 1,
		.kind = ENG_EV_SYSRET,
		.stages = ENG_STAGE_PRE,
		.flags = LSM_EV_ENABLED,
		.abi = LSM_ABI_ANY,
		.nr = LSM_ANY,
		.pid = LSM_ANY,
		.core = LSM_ANY,
	};
	struct lsm_ctl clear = { LSM_CTL_CLEAR, LSM_ALL };

	if (argc > 1)
		return 0;
	signal(SIGUSR1, on_signal);
	signal(SIGTRAP, on_signal);
	begin();
	check("nothing is counted while nothing is armed", signals, 0);
	if (ioctl(dev, LSM_IOC_ADD, &e))
		die("ADD", e.why);
	check("ordinary calls all return by SYSRET", calls, 0);
	check("a signal at the end of a call makes one", signals, N);
	check("a signal between calls makes one", traps, N);
	check("an execve makes one", execs, EXECS);
	check("two processes at once", threads, N);
	if (ioctl(dev, LSM_IOC_CTL, &clear))
		die("CTL", "");
	check("nothing again", signals, 0);
	outcome(caught == 5 * N, "all signals came");
	return finish();
}
