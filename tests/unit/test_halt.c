/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_halt.c - the process target: halting, attaching, letting go, waking, errors. Nothing
 * may be lost, disturbed or left stopped.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include "process_kit.h"
#include "target_kit.h"

#define ACT S(kit_prog("act"))
#define TRICKY S(kit_prog("tricky"))
#define STRESS_MS 10000

/* --- halting --- */

/* Up to so many times: on a busy machine the program may be at its end before. Then to its end. */
static void halt_a_few_times(struct kit *k, int times, int ms)
{
	int i;

	for (i = 0; i < times && !kit_run(k, ms); i++) {
		CHECK_EQ(k->t->ops->halt(k->t), 0);
		usleep(5000);
		CHECK_EQ(k->t->ops->resume_all(k->t), 0);
	}
	CHECK(i > 0);
	CHECK(kit_run(k, -1));
}

static void halted_sleep(bool no_filter, bool no_exit)
{
	struct kit k = { .no_filter = no_filter };
	u64 start_ms;

	kit_launch(&k, ARGV(ACT, S("sleep"), S("400")));
	kit_want(&k, SYS_nanosleep, true, !no_exit);
	start_ms = now_ms();
	k.t->ops->resume_all(k.t);
	halt_a_few_times(&k, 5, 50);
	CHECK(now_ms() - start_ms >= 400);
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, no_exit ? 0 : 1);
	CHECK_EQ(k.last_ret, 0);
	CHECK_STR(kit_text(&k), "sleep=0\n");
	kit_free(&k);
}

TEST(halted_sleep_filter)
{
	halted_sleep(false, false);
}

TEST(halted_sleep_ptrace)
{
	halted_sleep(true, false);
}

TEST(halted_sleep_entries_only)
{
	halted_sleep(false, true);
}

/* epoll_wait says EINTR for every stop, unless it is made again. */
static void halted_epoll(bool no_filter, bool no_exit)
{
	struct kit k = { .no_filter = no_filter };

	kit_launch(&k, ARGV(TRICKY, S("epoll")));
	kit_want(&k, SYS_epoll_wait, true, !no_exit);
	k.t->ops->resume_all(k.t);
	halt_a_few_times(&k, 3, 50);
	CHECK_EQ(k.enters, 1);
	CHECK_EQ(k.exits, no_exit ? 0 : 1);
	CHECK_STR(kit_text(&k), "epoll 0 0\n");
	kit_free(&k);
}

TEST(halted_epoll_filter)
{
	halted_epoll(false, false);
}

TEST(halted_epoll_ptrace)
{
	halted_epoll(true, false);
}

TEST(halted_epoll_entries_only)
{
	halted_epoll(false, true);
}

/* With nothing wanted the call must not be disturbed either. */
TEST(halted_epoll_uninteresting)
{
	struct kit k = { 0 };

	kit_launch(&k, ARGV(TRICKY, S("epoll")));
	k.t->ops->resume_all(k.t);
	halt_a_few_times(&k, 3, 50);
	CHECK_STR(kit_text(&k), "epoll 0 0\n");
	kit_free(&k);
}

/* Busy threads: each halt finds all of them stopped, and no call is counted twice. */
TEST(halted_threads_lose_nothing)
{
	struct kit k = { 0 };
	int halts = 0;

	kit_launch(&k, ARGV(ACT, S("threads"), S("6"), S("3000")));
	kit_want(&k, SYS_getppid, true, true);
	k.t->ops->resume_all(k.t);
	for (; !kit_run(&k, 3); halts++) {
		struct tgt_thread_info info[16];
		size_t n;

		k.t->ops->halt(k.t);
		n = k.t->ops->threads(k.t, info, 16);
		CHECK(n <= 7);
		for (size_t j = 0; j < n; j++)
			CHECK(info[j].stopped);
		k.t->ops->resume_all(k.t);
	}
	CHECK(halts >= 5);
	CHECK_EQ(k.enters, 18000);
	CHECK_EQ(k.exits, 18000);
	CHECK_STR(kit_text(&k), "threads=6\n");
	kit_free(&k);
}

/* A vfork parent cannot be stopped while its child lives: halting must not wait for it. */
TEST(halt_during_vfork)
{
	struct kit k = { 0 };

	kit_launch(&k, ARGV(ACT, S("vfork"), S("400")));
	kit_want(&k, SYS_getppid, true, false);
	k.t->ops->resume_all(k.t);
	for (int i = 0; i < 20 && !kit_run(&k, 3); i++) {
		k.t->ops->halt(k.t);
		k.t->ops->resume_all(k.t);
	}
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.enters, 400);
	CHECK_STR(kit_text(&k), "vfork=400\n");
	kit_free(&k);
}

TEST(halt_with_dead_leader)
{
	struct kit k = { 0 };

	kit_launch(&k, ARGV(TRICKY, S("leader-exit")));
	kit_want(&k, SYS_getppid, true, false);
	k.t->ops->resume_all(k.t);
	halt_a_few_times(&k, 3, 20);
	CHECK_EQ(k.enters, 10);
	CHECK_STR(kit_text(&k), "outlived\n");
	kit_free(&k);
}

/* Interest that grows and shrinks while the program runs: a second filter, then none wanted. */
TEST(interest_changes)
{
	struct kit k = { 0 };
	u64 before;

	kit_launch(&k, ARGV(ACT, S("loop"), S("100")));
	kit_want(&k, SYS_getuid, true, true);
	k.t->ops->resume_all(k.t);
	CHECK(!kit_run(&k, 50));
	CHECK_EQ(k.enters, 0);
	kit_want(&k, SYS_getppid, true, true); /* not even halted */
	while (k.enters <= 10)
		CHECK(!kit_run(&k, 10));
	CHECK(k.enters - k.exits <= 1);
	kit_want(&k, SYS_getuid, true, true);
	CHECK(!kit_run(&k, 20));
	before = k.enters;
	CHECK(!kit_run(&k, 50));
	CHECK_EQ(k.enters, before);
	kit_free(&k);
}

/* --- wait --- */

TEST(wait_has_a_limit)
{
	struct kit k = { 0 };
	struct tgt_stop s;
	u64 start_ms;

	kit_launch(&k, ARGV(ACT, S("spin")));
	k.t->ops->resume_all(k.t);
	start_ms = now_ms();
	CHECK_EQ(k.t->ops->wait(k.t, &s, 50), 0);
	CHECK_EQ(s.kind, TGT_STOP_NONE);
	CHECK(now_ms() - start_ms >= 50);
	CHECK_EQ(k.t->ops->wait(k.t, &s, 0), 0);
	CHECK_EQ(s.kind, TGT_STOP_NONE);
	kit_free(&k);
}

static struct target *to_wake;

static void on_usr1(int sig)
{
	to_wake->ops->wake(to_wake);
}

TEST(woken_from_a_signal_handler)
{
	struct kit k = { 0 };
	struct tgt_stop s;

	kit_launch(&k, ARGV(ACT, S("spin")));
	k.t->ops->resume_all(k.t);
	to_wake = k.t;
	signal(SIGUSR1, on_usr1);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork(), me = getppid();
		int status;

		if (!pid) {
			kill(getppid(), SIGUSR1);
			_exit(7);
		}
		(void)me;
		CHECK_EQ(k.t->ops->wait(k.t, &s, -1), 0);
		CHECK_EQ(s.kind, TGT_STOP_NONE);
		/* Our own child is not lost, whoever reaped it. */
		if (waitpid(pid, &status, 0) != pid)
			CHECK(proc_child_ended(pid, &status));
		CHECK_EQ(WEXITSTATUS(status), 7);
	}
	kit_free(&k);
}

/* --- attached processes --- */

TEST(attach_counts_and_lets_go)
{
	pid_t pid = start(4, ARGV(TRICKY, S("busy"), S("4")));
	struct kit k = { .t = proc_target_new(), .out = -1 };

	CHECK_EQ(k.t->ops->attach(k.t, (u32)pid), 0);
	kit_want(&k, SYS_getppid, true, true);
	k.t->ops->resume_all(k.t);
	while (k.enters <= 100)
		CHECK(!kit_run(&k, 10));
	k.t->ops->halt(k.t);
	CHECK_EQ(k.t->ops->detach(k.t, (u32)pid), 0);
	check_goes_on(pid, 4);
	k.t->ops->free(k.t);
	finish(pid);
}

TEST(attach_by_thread_id)
{
	pid_t pid = start(4, ARGV(ACT, S("idlers"), S("3"), S("loop"), S("1000")));
	struct kit k = { .t = proc_target_new(), .out = -1 };
	struct tgt_thread_info info[8];

	CHECK_EQ(k.t->ops->attach(k.t, another_thread(pid)), 0);
	CHECK_EQ(k.t->ops->threads(k.t, info, 8), 4);
	CHECK_EQ(info[0].pid, pid);
	CHECK_EQ(info[0].launched, 0);
	k.t->ops->free(k.t);
	finish(pid);
}

/* Each test of many rounds makes all of them, unless the machine is too busy for that. */
static bool time_is_up(u64 start_ms, int rounds)
{
	return rounds >= 16 && now_ms() - start_ms > STRESS_MS;
}

/* A thousand times in and out of a busy process. */
TEST(attach_stress)
{
	pid_t pid = start(4, ARGV(TRICKY, S("busy"), S("4")));
	struct kit k = { .t = proc_target_new(), .out = -1 };
	u64 start_ms = now_ms();

	for (int i = 0; i < 1000 && !time_is_up(start_ms, i); i++) {
		k.enters = 0;
		if (k.t->ops->attach(k.t, (u32)pid))
			UNIT_FAIL("round %d: %s", i, k.t->error);
		kit_want(&k, SYS_getppid, true, i & 1);
		k.t->ops->resume_all(k.t);
		CHECK(!kit_run(&k, 2));
		if (i & 2)
			k.t->ops->halt(k.t);
		if (k.t->ops->detach(k.t, (u32)pid))
			UNIT_FAIL("round %d: %s", i, k.t->error);
	}
	check_goes_on(pid, 4);
	k.t->ops->free(k.t);
	finish(pid);
}

/* Tasks, of any process, that this one traces. */
static int traced_by_us(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *de;
	int n = 0;

	while (dir && (de = readdir(dir))) {
		char path[300], buf[1024], *at;
		FILE *f;
		size_t got;

		snprintf(path, sizeof(path), "/proc/%s/status", de->d_name);
		f = de->d_name[0] >= '0' && de->d_name[0] <= '9' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		got = fread(buf, 1, sizeof(buf) - 1, f);
		fclose(f);
		buf[got] = 0;
		at = strstr(buf, "\nTracerPid:");
		n += at && atoi(at + 11) == getpid();
	}
	if (dir)
		closedir(dir);
	return n;
}

/* The same with threads and children being born and dying meanwhile. */
TEST(attach_stress_with_births)
{
	pid_t pid = start(1, ARGV(TRICKY, S("births")));
	u64 start_ms = now_ms();

	for (int i = 0; i < 200 && !time_is_up(start_ms, i); i++) {
		struct kit k = { .t = proc_target_new(), .out = -1 };

		if (k.t->ops->attach(k.t, (u32)pid))
			UNIT_FAIL("round %d: %s", i, k.t->error);
		kit_want(&k, SYS_getppid, i & 1, i & 4);
		k.t->ops->resume_all(k.t);
		CHECK(!kit_run(&k, 3));
		if (i & 2)
			k.t->ops->halt(k.t);
		if (i & 8)
			CHECK_EQ(k.t->ops->detach(k.t, (u32)pid), 0);
		k.t->ops->free(k.t);
		CHECK_EQ(traced_by_us(), 0);
	}
	wait_states(pid, "tT", 0);
	finish(pid);
}

/* A tree that forks all the time ends with the debugger's target. */
TEST(free_kills_the_tree)
{
	u64 start_ms = now_ms();

	for (int i = 0; i < 50 && !time_is_up(start_ms, i); i++) {
		struct kit k = { 0 };

		kit_launch(&k, ARGV(TRICKY, S("births")));
		kit_want(&k, SYS_getppid, true, i & 1);
		k.t->ops->resume_all(k.t);
		CHECK(!kit_run(&k, 20));
		if (i & 2)
			k.t->ops->halt(k.t);
		kit_free(&k);
		CHECK_EQ(traced_by_us(), 0);
	}
}

/* Children of an attached process are never taken for those of a launched one. */
TEST(free_of_mixed_trees)
{
	pid_t pid = start(1, ARGV(TRICKY, S("births")));
	u64 start_ms = now_ms();
	int status;

	for (int i = 0; i < 100 && !time_is_up(start_ms, i); i++) {
		struct kit k = { 0 };

		kit_launch(&k, ARGV(TRICKY, S("births")));
		if (k.t->ops->attach(k.t, (u32)pid))
			UNIT_FAIL("round %d: %s", i, k.t->error);
		kit_want(&k, SYS_getppid, true, i & 1);
		k.t->ops->resume_all(k.t);
		CHECK(!kit_run(&k, 5));
		if (i & 2)
			k.t->ops->halt(k.t);
		kit_free(&k);
		CHECK_EQ(traced_by_us(), 0);
		CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	}
	finish(pid);
}

/*
 * A read that is under way at attach, through halts and a detach, still gets its byte. Its entry is
 * told of once to each who attaches.
 */
TEST(attach_does_not_disturb)
{
	int in[2], out[2], status;
	struct kit k = { .t = proc_target_new(), .out = -1 };
	char c = 0;
	pid_t pid;

	CHECK_EQ(pipe(in) | pipe(out), 0);
	pid = fork_bound();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execl(ACT, "act", "cat", NULL);
		_exit(127);
	}
	wait_call(pid, SYS_read, 0);
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(k.t->ops->attach(k.t, (u32)pid), 0);
		kit_want(&k, SYS_read, true, true);
		k.t->ops->resume_all(k.t);
		for (int tries = 0; tries < 1000 && k.enters <= (u64)i; tries++)
			CHECK(!kit_run(&k, 5));
		CHECK_EQ(k.enters, i + 1);
		CHECK_EQ(k.t->ops->halt(k.t), 0);
		k.t->ops->resume_all(k.t);
		CHECK(!kit_run(&k, 5));
		CHECK_EQ(k.t->ops->detach(k.t, (u32)pid), 0);
	}
	CHECK_EQ(k.enters, 20);
	CHECK_EQ(k.exits, 0);
	CHECK_EQ(write(in[1], "y", 1), 1);
	CHECK_EQ(read(out[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	close(in[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	k.t->ops->free(k.t);
}

/* Job control: the real parent sees the stop and the end; we are not its parent. */
TEST(job_control)
{
	struct kit k = { .t = proc_target_new(), .out = -1 };
	int report[2], go[2], status = 0;
	pid_t middle, pid = 0;

	CHECK_EQ(pipe(report) | pipe(go), 0);
	middle = fork_bound();
	if (!middle) {
		pid_t kid = fork_bound();

		if (!kid) {
			dup2(go[0], 0);
			dup2(open("/dev/null", O_WRONLY), 1);
			execl(TRICKY, "tricky", "stop-self", NULL);
			_exit(127);
		}
		if (write(report[1], &kid, sizeof(kid)) != sizeof(kid) ||
		    waitpid(kid, &status, WUNTRACED) != kid ||
		    write(report[1], &status, sizeof(status)) != sizeof(status))
			_exit(1);
		usleep(50000);
		kill(kid, SIGCONT);
		if (waitpid(kid, &status, 0) != kid ||
		    write(report[1], &status, sizeof(status)) != sizeof(status))
			_exit(1);
		_exit(0);
	}
	CHECK_EQ(read(report[0], &pid, sizeof(pid)), sizeof(pid));
	wait_call(pid, SYS_read, 0);
	CHECK_EQ(k.t->ops->attach(k.t, (u32)pid), 0);
	kit_want(&k, SYS_getppid, true, true);
	k.t->ops->resume_all(k.t);
	CHECK_EQ(write(go[1], "g", 1), 1);
	/* A halt in the middle of the group-stop must not end it. */
	CHECK(!kit_run(&k, 30));
	k.t->ops->halt(k.t);
	k.t->ops->resume_all(k.t);
	CHECK(kit_run(&k, -1));
	CHECK_EQ(k.enters, 2);
	CHECK_EQ(read(report[0], &status, sizeof(status)), sizeof(status));
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(read(report[0], &status, sizeof(status)), sizeof(status));
	CHECK_EQ(status, 0);
	k.t->ops->free(k.t);
}

/* --- the end of the debugger --- */

static void die_with(pid_t *launched, pid_t attached)
{
	int fd[2];
	pid_t tracer;

	CHECK_EQ(pipe(fd), 0);
	tracer = fork_bound();
	if (!tracer) {
		struct kit k = { 0 };
		pid_t pid;

		kit_launch(&k, ARGV(ACT, S("loop"), S("1000")));
		if (k.t->ops->attach(k.t, (u32)attached))
			_exit(1);
		kit_want(&k, SYS_getppid, true, true);
		k.t->ops->resume_all(k.t);
		kit_run(&k, 50);
		k.t->ops->halt(k.t);
		pid = (pid_t)k.pid;
		if (write(fd[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		pause();
	}
	CHECK_EQ(read(fd[0], launched, sizeof(*launched)), sizeof(*launched));
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
}

TEST(debugger_killed)
{
	pid_t attached = start(4, ARGV(TRICKY, S("busy"), S("4"))), launched = 0;
	u64 start_ms = now_ms();
	int tasks;

	die_with(&launched, attached);
	CHECK(launched > 0);
	while (!kill(launched, 0) && count_state(launched, "ZX", &tasks) != 1) {
		CHECK(now_ms() - start_ms < PATIENCE_MS);
		usleep(1000);
	}
	check_goes_on(attached, 4);
	finish(attached);
}

/* --- errors --- */

static void launch_error(const char *prog, int err, const char *text)
{
	struct target *t = proc_target_new();
	struct tgt_launch l = { .argv = ARGV(S(prog)), .seccomp = true, .aslr = true };
	u32 pid;

	CHECK_EQ(t->ops->launch(t, &l, &pid), err);
	if (!strstr(t->error, text))
		UNIT_FAIL("'%s' does not say '%s'", t->error, text);
	t->ops->free(t);
}

TEST(launch_errors)
{
	char path[] = "/tmp/lstar-test-XXXXXX";
	int fd = mkstemp(path);

	launch_error("no-such-program-anywhere", -ENOENT, "no such program in PATH");
	launch_error("/no/such/file", -ENOENT, "no such file");
	launch_error("/etc", -EACCES, "not executable");
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "what\n", 5), 5);
	fchmod(fd, 0644);
	launch_error(path, -EACCES, "not executable");
	fchmod(fd, 0755);
	close(fd);
	launch_error(path, -ENOEXEC, "neither a program");
	fd = open(path, O_WRONLY | O_TRUNC);
	CHECK_EQ(write(fd, "#!/no/such/shell\n", 17), 17);
	close(fd);
	launch_error(path, -ENOENT, "interpreter");
	unlink(path);
}

static void attach_error(u32 pid, int err, const char *text)
{
	struct target *t = proc_target_new();

	CHECK_EQ(t->ops->attach(t, pid), err);
	if (!strstr(t->error, text))
		UNIT_FAIL("'%s' does not say '%s'", t->error, text);
	t->ops->free(t);
}

TEST(attach_errors)
{
	pid_t pid = start(1, ARGV(ACT, S("loop"), S("1000"))), zombie;
	siginfo_t end;
	struct target *t;

	attach_error(0, -ESRCH, "there is no process 0");
	attach_error(4194304, -ESRCH, "there is no process 4194304");
	attach_error((u32)getpid(), -EPERM, "itself");
	attach_error(2, -EPERM, "kernel thread");
	zombie = fork();
	if (!zombie)
		_exit(0);
	CHECK_EQ(waitid(P_PID, (id_t)zombie, &end, WEXITED | WNOWAIT), 0);
	attach_error((u32)zombie, -ESRCH, "zombie");
	t = proc_target_new();
	CHECK_EQ(t->ops->attach(t, (u32)pid), 0);
	attach_error((u32)pid, -EPERM, "already traced by process");
	CHECK_EQ(t->ops->attach(t, (u32)pid), -EEXIST);
	t->ops->free(t);
	finish(pid);
}

TEST(other_users_process)
{
	pid_t pid, kid;
	int status;

	if (geteuid())
		SKIP("needs root, to become somebody else");
	pid = start(1, ARGV(ACT, S("loop"), S("1000")));
	kid = fork();
	if (!kid) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		attach_error((u32)pid, -EPERM, "belongs to user root (uid 0)");
		_exit(0);
	}
	CHECK_EQ(waitpid(kid, &status, 0), kid);
	CHECK_EQ(status, 0);
	finish(pid);
}

TEST(detach_of_a_filtered_process)
{
	struct kit k = { 0 };

	kit_launch(&k, ARGV(ACT, S("loop"), S("100")));
	kit_want(&k, SYS_getppid, true, false);
	k.t->ops->resume_all(k.t);
	CHECK(!kit_run(&k, 50));
	CHECK_EQ(k.t->ops->detach(k.t, k.pid), -EPERM);
	CHECK(strstr(k.t->error, "settings filter off"));
	kit_free(&k);
}

TEST(detach_of_an_unfiltered_one)
{
	struct kit k = { .no_filter = true };
	int tasks;

	kit_launch(&k, ARGV(ACT, S("loop"), S("100")));
	kit_want(&k, SYS_getppid, true, false);
	k.t->ops->resume_all(k.t);
	CHECK(!kit_run(&k, 50));
	CHECK_EQ(k.t->ops->detach(k.t, k.pid), 0);
	CHECK_EQ(kit_run(&k, -1), 1); /* nothing is left for us */
	check_goes_on((pid_t)k.pid, 1);
	CHECK_EQ(count_state((pid_t)k.pid, "Z", &tasks), 0);
	finish((pid_t)k.pid);
	kit_free(&k);
}

UNIT_MAIN()
