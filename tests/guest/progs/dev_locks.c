/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dev_locks.c - spinlocks of scripts between CPUs: nothing is lost between them, a lock whose
 * holder is at work is waited for, one that nobody will give back is found. Needs two CPUs.
 *
 * The machine may have more CPUs than its host has cores: nothing here may depend on how long a
 * CPU stands still. The one limit of time separates the tenth of a second after which a lost lock
 * is found from the ten seconds that a lock in good hands is waited for.
 */
#include "dev_kit.h"

#define PRE ENG_STAGE_PRE
#define N 500
#define SOON_MS 6000

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/*
 * Calls of @nr on a CPU. While a script waits, its CPU answers no interrupts, those of other CPUs
 * that change the process's memory included: threads are there before the first call is made.
 */
struct caller {
	pthread_t thread;
	u32 cpu;
	long nr;
	int n;
	volatile bool *stop; /* NULL: @n calls, else until it is set */
	u64 longest_ms; /* that a call took */
	volatile u32 *gate, opens; /* they begin when *gate, which counts callers, is @opens */
};

static void *calls(void *arg)
{
	struct caller *c = arg;

	on_cpu(c->cpu);
	if (c->gate) {
		__atomic_add_fetch(c->gate, 1, __ATOMIC_SEQ_CST);
		while (*c->gate < c->opens)
			;
	}
	for (int i = 0; c->stop ? !*c->stop : i < c->n; i++) {
		u64 before = now_ms(), ms;

		call(c->nr, 0, 0, 0);
		ms = now_ms() - before;
		if (ms > c->longest_ms)
			c->longest_ms = ms;
	}
	return NULL;
}

static void start(struct caller *c)
{
	CHECK(!pthread_create(&c->thread, NULL, calls, c));
}

static void wait_for(struct caller *c)
{
	CHECK(!pthread_join(c->thread, NULL));
}

static void call_everywhere(long nr, int n)
{
	struct caller c[64];

	for (u32 i = 0; i < info.online; i++) {
		c[i] = (struct caller){ .cpu = i, .nr = nr, .n = n };
		start(&c[i]);
	}
	for (u32 i = 0; i < info.online; i++)
		wait_for(&c[i]);
}

/* Globals that scripts only take the address of, or read. */
static void declare(const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), ".%s = 0;", name);
	scr_program_free(dev_compile(text));
}

TEST(between_all_cpus)
{
	dev_enter();
	declare("lock");
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "spinlock_lock(&.lock); .n = .n + 1; .m = .m + 2; spinlock_unlock(&.lock);");
	call_everywhere(SYS_getppid, N);
	CHECK_EQ(dev_counters(1).faults, 0);
	CHECK_EQ(dev_global("n"), 1ULL * N * info.online);
	CHECK_EQ(dev_global("m"), 2ULL * N * info.online);
	CHECK_EQ(dev_global("lock"), 0);
}

/* One in the other, more of them than the module lists by name. */
TEST(many_at_once)
{
	char script[1024] = "", name[16];

	dev_enter();
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "lock%d", i);
		declare(name);
		sprintf(script + strlen(script), "spinlock_lock(&.%s); ", name);
	}
	strcat(script, ".n = .n + 1; ");
	for (int i = 0; i < 12; i++)
		sprintf(script + strlen(script), "spinlock_unlock(&.lock%d); ", i);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, script);
	call_everywhere(SYS_getppid, N);
	CHECK_EQ(dev_counters(1).faults, 0);
	CHECK_EQ(dev_global("n"), 1ULL * N * info.online);
}

/*
 * For longer than a lost lock takes to be found, and than a budget would last: by many events of
 * one firing.
 */
TEST(held_for_long)
{
	volatile u32 slow_gate = 0, fast_gate = 0;
	struct caller slow = {
		.cpu = 0, .nr = SYS_getppid, .n = 1, .gate = &slow_gate, .opens = 2
	};
	struct caller fast = {
		.cpu = 1, .nr = SYS_getpgrp, .n = 1, .gate = &fast_gate, .opens = 2
	};

	dev_enter();
	declare("lock");
	declare("order");
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "spinlock_lock(&.lock); .held = 1;");
	for (u32 i = 2; i < 100; i++)
		dev_on(i, ENG_EV_SYSCALL, PRE, SYS_getppid, "microsleep(0n9000);");
	dev_on(100, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       ".order = .order * 2 + 1; spinlock_unlock(&.lock);");
	dev_on(101, ENG_EV_SYSCALL, PRE, SYS_getpgrp,
	       "spinlock_lock(&.lock); .order = .order * 2; spinlock_unlock(&.lock);");
	on_cpu(1);
	start(&slow);
	start(&fast);
	while (!slow_gate || !fast_gate)
		sched_yield();
	slow_gate++;
	while (!dev_global("held"))
		sched_yield();
	fast_gate++;
	wait_for(&slow);
	wait_for(&fast);
	CHECK_STR(dev_drain(), "");
	CHECK_EQ(dev_counters(100).fired, 1);
	CHECK_EQ(dev_counters(101).fired, 1);
	CHECK_EQ(dev_global("order"), 2);
}

/* However much else the other CPUs fire meanwhile, with other locks. */
TEST(a_lost_lock_is_found)
{
	volatile bool stop = false;
	struct caller other = { .cpu = 1, .nr = SYS_getpgrp, .stop = &stop };
	u64 start_ms;

	dev_enter();
	declare("lost");
	declare("other");
	on_cpu(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "spinlock_lock(&.lost); .n = .n + 1;");
	dev_on(2, ENG_EV_SYSCALL, PRE, SYS_getpgrp,
	       "spinlock_lock(&.other); .m = .m + 1; spinlock_unlock(&.other);");
	start(&other);
	call(SYS_getppid, 0, 0, 0);
	start_ms = now_ms();
	call(SYS_getppid, 0, 0, 0);
	CHECK(now_ms() - start_ms < SOON_MS);
	stop = true;
	wait_for(&other);
	CHECK_EQ(dev_counters(1).faults, 1);
	CHECK_EQ(dev_counters(2).faults, 0);
	CHECK_EQ(dev_global("n"), 1);
	CHECK_EQ(dev_global("m"), dev_counters(2).fired);
}

TEST(a_lock_of_ones_own)
{
	u64 start_ms;
	char want[32];

	dev_enter();
	declare("lock");
	on_cpu(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "spinlock_lock(&.lock); spinlock_lock(&.lock); .n = .n + 1;");
	start_ms = now_ms();
	call(SYS_getppid, 0, 0, 0);
	CHECK(now_ms() - start_ms < SOON_MS);
	CHECK_EQ(dev_counters(1).faults, 1);
	CHECK_EQ(dev_global("n"), 0);
	snprintf(want, sizeof(want), "[fault %u line 1]", ENG_E_DEADLOCK);
	CHECK_STR(dev_drain(), want);
}

/*
 * Each CPU has the lock that the other one waits for. When they do not meet in time, which is up
 * to the machine's host, they try again.
 */
static void circle(u32 id, long nr, int mine, int others)
{
	char script[512];

	snprintf(script, sizeof(script),
		 "spinlock_lock(&.lock%d); .in%d = 1; for (i = 0; !.in%d && i < 0n20000; i++) ; "
		 "if (.in%d) { spinlock_lock(&.lock%d); spinlock_unlock(&.lock%d); } "
		 ".in%d = 0; spinlock_unlock(&.lock%d);",
		 mine, mine, others, others, others, others, mine, mine);
	dev_on(id, ENG_EV_SYSCALL, PRE, nr, script);
}

TEST(a_circle_is_found)
{
	volatile bool stop = false;
	struct caller a = { .cpu = 0, .nr = SYS_getppid, .stop = &stop };
	struct caller b = { .cpu = 1, .nr = SYS_getpgrp, .stop = &stop };

	dev_enter();
	declare("lock1");
	declare("lock2");
	declare("in2");
	circle(1, SYS_getppid, 1, 2);
	circle(2, SYS_getpgrp, 2, 1);
	on_cpu(1);
	start(&a);
	start(&b);
	while (!dev_counters(1).faults || !dev_counters(2).faults)
		sched_yield();
	stop = true;
	wait_for(&a);
	wait_for(&b);
	CHECK(a.longest_ms < SOON_MS);
	CHECK(b.longest_ms < SOON_MS);
}

/* Taken in one firing and given back in another, on any CPU: slow, but it works. */
TEST(from_one_firing_to_the_next)
{
	dev_enter();
	declare("lock");
	on_cpu(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "spinlock_lock(&.lock); .n = .n + 1;");
	dev_on(2, ENG_EV_SYSRET, PRE, SYS_getppid, "spinlock_unlock(&.lock);");
	for (int i = 0; i < N; i++)
		call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_counters(1).faults, 0);
	CHECK_EQ(dev_global("n"), N);
}

UNIT_MAIN()
