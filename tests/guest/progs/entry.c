// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * entry.c - the hook on the kernel's entry point: it fires for each call and changes what it is
 * told to; debug registers, single-step and breakpoints are as they are without it. Prints TAP.
 *
 * `entry hold N` does no more than to hold N breakpoints of the machine's first CPU.
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "lsm_kit.h"

#define EVENT_ID 5
#define CALLS 1000
#define THREADS 3
#define WATCHED 20
#define DR(n) offsetof(struct user, u_debugreg[n])

static volatile long watched[4];

static void is(const char *name, u64 got, u64 want)
{
	if (!outcome(got == want, name))
		printf("# got %llu, expected %llu\n", (unsigned long long)got,
		       (unsigned long long)want);
}

/* At getppid(2) of @pid; @code is run then. */
static void hook(u64 pid, const void *code, u32 size, u32 flags)
{
	struct lsm_event e = {
		.id = EVENT_ID,
		.kind = ENG_EV_SYSCALL,
		.stages = ENG_STAGE_PRE,
		.flags = LSM_EV_ENABLED | LSM_EV_ENTRY | flags,
		.abi = LSM_ABI_ANY,
		.nr = SYS_getppid,
		.pid = pid,
		.core = LSM_ANY,
		.code = (u64)(uintptr_t)code,
		.code_size = size,
	};

	if (ioctl(dev, LSM_IOC_ADD, &e))
		die("ADD", e.why);
}

static u64 fired(void)
{
	struct lsm_counters c = { .id = EVENT_ID };

	if (ioctl(dev, LSM_IOC_COUNTERS, &c))
		die("COUNTERS", "");
	return c.fired;
}

static u64 unhook(void)
{
	struct lsm_ctl ctl = { LSM_CTL_CLEAR, EVENT_ID };
	u64 n = fired();

	if (ioctl(dev, LSM_IOC_CTL, &ctl))
		die("CTL", "");
	return n;
}

static u64 exits(enum lsm_exit which)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_cpu_stats s = { .cpu = cpu };

		if (!ioctl(dev, LSM_IOC_STATS, &s))
			sum += s.exits[which];
	}
	return sum;
}

static void *calls(void *wrong)
{
	pid_t parent = getppid();

	for (int i = 1; i < CALLS; i++)
		if (syscall(SYS_getppid) != parent)
			__atomic_add_fetch((long *)wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void test_counts(void)
{
	u64 sysrets = exits(LSM_EXIT_SYSRET);
	pthread_t thread[THREADS];
	long wrong = 0;

	hook((u64)getpid(), NULL, 0, 0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, calls, &wrong);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	is("it fires for each call of each thread", unhook(), CALLS * THREADS);
	is("and the calls return what they do", (u64)wrong, 0);
	is("SYSRET does not exit", exits(LSM_EXIT_SYSRET) - sysrets, 0);
}

static void test_changes(void)
{
	static const u8 becomes_getpid[] = { 0x48, 0xc7, 0x02, SYS_getpid, 0, 0, 0 };
	static const u8 answers_42[] = { 0x48, 0xc7, 0x02, 42, 0, 0, 0 };

	hook((u64)getpid(), becomes_getpid, sizeof(becomes_getpid), 0);
	is("another number is another call", (u64)syscall(SYS_getppid), (u64)getpid());
	unhook();
	hook((u64)getpid(), answers_42, sizeof(answers_42), LSM_EV_SC);
	is("a call that is left out returns what RAX says", (u64)syscall(SYS_getppid), 42);
	is("and again", (u64)syscall(SYS_getppid), 42);
	unhook();
	is("nothing of it stays", (u64)syscall(SYS_getppid), (u64)getppid());
}

static pid_t traced(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("traced child", "");
	return pid;
}

static void ten_calls(void)
{
	for (int i = 0; i < 10; i++)
		syscall(SYS_getppid);
}

/* Steps until the end, and the sum of what DR6 said at each. */
static u64 step_through(u64 *dr6)
{
	pid_t pid = traced(ten_calls);
	u64 steps = 0;
	int status;

	while (!ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		*dr6 += (u64)ptrace(PTRACE_PEEKUSER, pid, DR(6), NULL);
		steps++;
	}
	return steps;
}

static void test_steps(void)
{
	u64 plain_dr6 = 0, dr6 = 0;
	u64 plain = step_through(&plain_dr6);

	hook(LSM_ANY, NULL, 0, 0);
	is("as many single-steps as without it", step_through(&dr6), plain);
	is("and DR6 the same at each", dr6, plain_dr6);
	is("it fires while single-stepping", unhook() >= 10, true);
}

static void write_watched(void)
{
	for (int i = 0; i < WATCHED; i++) {
		watched[i & 3] = i;
		syscall(SYS_getppid);
	}
}

/* Writes to the first @n of the words trap; each trap's DR6 must name the right one. */
static u64 watch(u32 n, u64 *wrong)
{
	pid_t pid = traced(write_watched);
	u64 traps = 0, dr7 = 0;
	int status;

	for (u32 i = 0; i < n; i++) {
		ptrace(PTRACE_POKEUSER, pid, DR(i), &watched[i]);
		dr7 |= 1ull << (2 * i) | 0xdull << (16 + 4 * i); /* write, 8 bytes: 9; 4: d */
	}
	if (ptrace(PTRACE_POKEUSER, pid, DR(7), dr7))
		die("DR7", "");
	*wrong += (u64)ptrace(PTRACE_PEEKUSER, pid, DR(7), NULL) != dr7;
	for (;;) {
		u64 dr6;

		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return traps;
		dr6 = (u64)ptrace(PTRACE_PEEKUSER, pid, DR(6), NULL);
		*wrong += (dr6 & 0xf) != 1ull << (traps & 3);
		traps++;
	}
}

static void test_watchpoints(void)
{
	u64 wrong = 0, drs = exits(LSM_EXIT_DR);

	hook(LSM_ANY, NULL, 0, 0);
	is("a watchpoint of the guest's", watch(1, &(u64){ 0 }), WATCHED / 4);
	is("it fires beside that", unhook() >= WATCHED, true);
	is("the guest's debug registers are kept for it", exits(LSM_EXIT_DR) > drs, true);
	hook(LSM_ANY, NULL, 0, 0);
	is("all four of the guest's", watch(4, &wrong), WATCHED);
	is("each reported as itself", wrong, 0);
	is("it fires again when they are free", (fired(), syscall(SYS_getppid), fired() > 0), true);
	unhook();
}

/* A breakpoint of the first CPU, whichever program runs on it. */
static int breakpoint(void *at)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (u64)(uintptr_t)at,
		.bp_len = HW_BREAKPOINT_LEN_8,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);

	if (fd < 0)
		die("perf_event_open", "");
	return fd;
}

static u32 hook_state(void)
{
	struct lsm_cpu_stats s = { .cpu = 0 };

	if (ioctl(dev, LSM_IOC_STATS, &s))
		die("STATS", "");
	return s.hook;
}

static void test_blindness(void)
{
	int fd[4];

	is("no hook", hook_state(), 0);
	hook(LSM_ANY, NULL, 0, 0);
	is("a hook that sees", hook_state(), LSM_HOOK_SET);
	for (int i = 0; i < 2; i++)
		fd[i] = breakpoint((void *)&watched[i]);
	is("two breakpoints leave room for both entry points", hook_state(), LSM_HOOK_SET);
	fd[2] = breakpoint((void *)&watched[2]);
	is("three for one", hook_state(), LSM_HOOK_SET | LSM_HOOK_WAS_BLIND | LSM_HOOK_BLIND_32);
	fd[3] = breakpoint((void *)&watched[3]);
	is("four for none", hook_state(), LSM_HOOK_SET | LSM_HOOK_WAS_BLIND | LSM_HOOK_BLIND);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	is("it is told afterwards", hook_state(), LSM_HOOK_SET | LSM_HOOK_WAS_BLIND);
	unhook();
	is("and gone with the hook", hook_state(), 0);
	hook(LSM_ANY, NULL, 0, 0);
	is("the next one has not been blind", hook_state(), LSM_HOOK_SET);
	unhook();
}

_Noreturn static void hold(int n)
{
	while (n-- > 0)
		breakpoint((void *)&watched[n]);
	puts("holding");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold"))
		hold(atoi(argv[2]));
	begin();
	test_counts();
	test_changes();
	test_steps();
	test_watchpoints();
	test_blindness();
	return finish();
}
