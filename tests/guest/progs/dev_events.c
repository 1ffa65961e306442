/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dev_events.c - events of the module, driven through /dev/lstar without the debugger: exact
 * counts on all CPUs, what scripts see and change, messages, maps.
 *
 * Each test looks at calls of its own process only, so that it does not matter what else runs.
 */
#include "dev_kit.h"

#define PRE ENG_STAGE_PRE
#define POST ENG_STAGE_POST
#define N 500

static void *caller(void *arg)
{
	on_cpu((u32)(uintptr_t)arg);
	for (int i = 0; i < N; i++)
		call(SYS_getppid, 0, 0, 0);
	return NULL;
}

/* A thread on each CPU. */
static void call_everywhere(void)
{
	pthread_t thread[64];

	for (u32 i = 0; i < info.online; i++)
		CHECK(!pthread_create(&thread[i], NULL, caller, (void *)(uintptr_t)i));
	for (u32 i = 0; i < info.online; i++)
		pthread_join(thread[i], NULL);
}

TEST(counts_are_exact)
{
	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE | POST, SYS_getppid, NULL);
	dev_on(2, ENG_EV_SYSRET, PRE, SYS_getppid, NULL);
	dev_on(7, ENG_EV_SYSCALL, PRE, SYS_getpgrp, NULL);
	call_everywhere();
	CHECK_EQ(dev_counters(1).fired, 2ULL * N * info.online);
	CHECK_EQ(dev_counters(2).fired, 1ULL * N * info.online);
	CHECK_EQ(dev_counters(7).fired, 0);
	CHECK_EQ(dev_counters(1).faults, 0);
	CHECK_EQ(dev_counters(1).enabled, 1);
}

TEST(enable_disable_clear)
{
	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	dev_on(2, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	getppid();
	CHECK_EQ(dev_ctl(LSM_CTL_DISABLE, 1), 0);
	getppid();
	CHECK_EQ(dev_ctl(LSM_CTL_ENABLE, LSM_ALL), 0);
	getppid();
	CHECK_EQ(dev_counters(1).fired, 2);
	CHECK_EQ(dev_counters(2).fired, 3);
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, 1), 0);
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, 1), ENOENT);
	CHECK_EQ(dev_ctl(LSM_CTL_ENABLE, 1), ENOENT);
	getppid();
	CHECK_EQ(dev_counters(2).fired, 4);
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, LSM_ALL), 0);
	CHECK_EQ(dev_ctl(LSM_CTL_DISABLE, 2), ENOENT);
	CHECK_EQ(dev_ctl(9, 2), EINVAL);
	getppid();
}

TEST(nothing_is_intercepted_without_an_enabled_event)
{
	struct lsm_cpu_stats st = { .cpu = 0 };

	dev_enter();
	on_cpu(0);
	ASK(STATS, &st);
	CHECK_EQ(st.entered, 1);
	CHECK_EQ(st.armed, 0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	ASK(STATS, &st);
	CHECK_EQ(st.armed, 1);
	CHECK_EQ(dev_ctl(LSM_CTL_DISABLE, 1), 0);
	ASK(STATS, &st);
	CHECK_EQ(st.armed, 0);
	CHECK_EQ(dev_ctl(LSM_CTL_ENABLE, 1), 0);
	getppid();
	ASK(STATS, &st);
	CHECK_EQ(st.armed, 1);
	CHECK(st.fired >= 1);
	CHECK_EQ(dev_counters(1).fired, 1);
}

TEST(an_event_of_one_cpu)
{
	struct lsm_event e = dev_event(3, ENG_EV_SYSCALL, PRE, SYS_getppid);

	dev_enter();
	e.pid = (u64)getpid();
	e.core = info.online - 1;
	dev_add(e, ".core = $core;");
	call_everywhere();
	CHECK_EQ(dev_counters(3).fired, N);
	CHECK_EQ(dev_global("core"), info.online - 1);
}

TEST(what_a_script_sees)
{
	char want[256], name[17] = "";
	FILE *f = fopen("/proc/self/comm", "re");

	CHECK(f && fscanf(f, "%16s", name) == 1);
	fclose(f);
	dev_enter();
	on_cpu(0);
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getpriority,
	       "printf(\"%d %d %s %d %llx %llx %llx %llx\n\", $pid, $tid, $pname, $core, "
	       "$syscall_number, $syscall_arg0, $syscall_arg2, $context);");
	call(SYS_getpriority, 0x1122334455667788, 2, 3);
	snprintf(want, sizeof(want), "%d %d %s 0 %x 1122334455667788 3 %x\n", getpid(), getpid(),
		 name, (unsigned)SYS_getpriority, (unsigned)SYS_getpriority);
	CHECK_STR(dev_drain(), want);
}

TEST(stages)
{
	dev_enter();
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid, ".user = @rip; .n = @rax;");
	dev_on(1, ENG_EV_SYSCALL, POST, SYS_getppid, ".entry = @rip; .back = @rcx;");
	dev_on(2, ENG_EV_SYSRET, PRE, SYS_getppid,
	       ".sysret = @rip; .to = @rcx; .c = $context; .r = @rax;");
	dev_on(3, ENG_EV_SYSRET, POST, SYS_getppid, ".after = @rip; .c2 = $context;");
	call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_global("n"), SYS_getppid);
	CHECK_EQ(dev_global("back"), dev_global("user") + 2);
	CHECK_EQ(dev_global("to"), dev_global("back"));
	CHECK_EQ(dev_global("after"), dev_global("back"));
	CHECK_EQ(dev_global("entry") >> 47, 0x1ffff);
	CHECK_EQ(dev_global("sysret") >> 47, 0x1ffff);
	CHECK_EQ(dev_global("c"), dev_global("sysret"));
	CHECK_EQ(dev_global("c2"), dev_global("sysret"));
	CHECK_EQ(dev_global("r"), (u64)getppid());
}

TEST(registers_are_changed)
{
	dev_enter();
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid, "$syscall_number = 0n39;");
	CHECK_EQ(call(SYS_getppid, 0, 0, 0), getpid());
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, 0), 0);
	dev_on(1, ENG_EV_SYSRET, PRE, SYS_getppid, "$syscall_return = 0n1234567;");
	CHECK_EQ(call(SYS_getppid, 0, 0, 0), 1234567);
	dev_on(2, ENG_EV_SYSRET, POST, SYS_getppid, "@rax = @rax + 1;");
	CHECK_EQ(call(SYS_getppid, 0, 0, 0), 1234568);
}

TEST(short_circuit)
{
	struct lsm_event e = dev_event(2, ENG_EV_SYSCALL, PRE, SYS_getpgrp);

	dev_enter();
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid, "event_sc(1); $syscall_return = 0n4711;");
	dev_on(1, ENG_EV_SYSCALL, POST, SYS_getppid, NULL);
	CHECK_EQ(call(SYS_getppid, 0, 0, 0), 4711);
	CHECK_EQ(dev_counters(0).fired, 1);
	CHECK_EQ(dev_counters(1).fired, 0);
	e.pid = (u64)getpid();
	e.flags |= LSM_EV_SC;
	dev_add(e, NULL);
	/* every register stays as it was: rax is the number */
	CHECK_EQ(call(SYS_getpgrp, 0, 0, 0), SYS_getpgrp);
}

TEST(memory_of_the_program)
{
	static char text[8192] __attribute__((aligned(4096)));

	dev_enter();
	memset(text, 0, sizeof(text));
	strcpy(text + 4090, "across pages");
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "printf(\"<%s>\", $syscall_arg0); eq($syscall_arg1, 0x1122334455667788); "
	       ".bad = check_address(0x10); .pa = virtual_to_physical($syscall_arg1); "
	       ".same = dq_pa(.pa); .none = virtual_to_physical(0x10);");
	call(SYS_getppid, (long)(text + 4090), (long)(text + 64), 0);
	CHECK_STR(dev_drain(), "<across pages>");
	CHECK_EQ(*(u64 *)(text + 64), 0x1122334455667788);
	CHECK_EQ(dev_global("bad"), 0);
	CHECK_EQ(dev_global("none"), 0);
	CHECK_EQ(dev_global("same"), 0x1122334455667788);
	CHECK_EQ(dev_global("pa") & 0xfff, 64);
}

TEST(what_cannot_be_written)
{
	static const char fixed[] __attribute__((aligned(4096))) = "constant";
	struct lsm_counters c;

	dev_enter();
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid, ".ok = eb($syscall_arg0, 1);");
	call(SYS_getppid, (long)fixed, 0, 0);
	CHECK_EQ(dev_global("ok"), 0);
	CHECK_STR(fixed, "constant");
	c = dev_counters(0);
	CHECK_EQ(c.faults, 0);
	/* the kernel's own code, where the next SYSCALL goes */
	dev_on(1, ENG_EV_SYSCALL, POST, SYS_getppid, ".entry = eb(@rip, 0xcc); .byte = db(@rip);");
	call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_global("entry"), 0);
	CHECK(dev_global("byte"));
}

TEST(kernel_objects)
{
	char name[17] = "";
	struct lsm_mem m = { .buf = (uintptr_t)name };

	dev_enter();
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       ".task = $proc; .thread = $thread; .word = poi($proc); .cr3 = @cr3; .teb = $teb; "
	       ".efer = @cr0; .tr = @tr; .idtr = @idtr; .cs = @cs; .cr4 = @cr4; .dr7 = @dr7;");
	call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_global("task"), dev_global("thread"));
	CHECK_EQ(dev_global("task") >> 56, 0xff); /* with five levels too */
	CHECK_EQ(dev_global("cs"), 0x33);
	CHECK_EQ(dev_global("tr"), 0x40); /* GDT_ENTRY_TSS * 8 */
	CHECK_EQ(dev_global("idtr") >> 47, 0x1ffff);
	CHECK_EQ(dev_global("teb"), (u64)__builtin_thread_pointer());
	CHECK_EQ(dev_global("efer") & 0x80000001, 0x80000001); /* PG, PE of CR0 */
	/* GE stays behind what perf has once watched (encode_dr7). */
	CHECK_EQ(dev_global("dr7") & ~0x200ull, 0x400);
	CHECK(dev_global("cr4") & 0x20); /* PAE */
	m.addr = dev_global("task");
	m.len = 8;
	ASK(READ, &m);
	CHECK_EQ(m.done, 8);
}

TEST(requests_of_scripts)
{
	dev_enter();
	on_cpu(0);
	dev_on(0, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "event_disable(1); event_enable(2); event_clear(77); flush();");
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	dev_on(2, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	CHECK_EQ(dev_ctl(LSM_CTL_DISABLE, 2), 0);
	/* carried out when the firing is over: 1 still fires, 2 not yet */
	getppid();
	CHECK_EQ(dev_counters(1).fired, 1);
	CHECK_EQ(dev_counters(2).fired, 0);
	CHECK_STR(dev_drain(), "[request 1 1][request 0 2][request 2 119][request 3 0]");
	getppid();
	CHECK_EQ(dev_counters(1).fired, 1);
	CHECK_EQ(dev_counters(1).enabled, 0);
	CHECK_EQ(dev_counters(2).fired, 1);
	CHECK_EQ(dev_counters(2).enabled, 1);
	/* what is so already is not told again */
	CHECK_STR(dev_drain(), "[request 2 119][request 3 0]");
}

TEST(faults_are_said_once_and_counted)
{
	dev_enter();
	on_cpu(0);
	dev_on(5, ENG_EV_SYSCALL, PRE, SYS_getppid, "x = 1;\ny = poi(0x10);");
	for (int i = 0; i < 10; i++)
		call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_counters(5).faults, 10);
	CHECK_STR(dev_drain(), "[fault 1 line 2]");
}

TEST(scripts_that_do_not_end)
{
	dev_enter();
	on_cpu(0);
	dev_on(5, ENG_EV_SYSCALL, PRE, SYS_getppid, "for (;;) ;");
	for (int i = 0; i < 10; i++)
		call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_counters(5).faults, 8);
	CHECK_EQ(dev_counters(5).enabled, 0);
	CHECK_STR(dev_drain(),
		  "[fault 5 line 1][its script came to the end of its budget, or waited for a lock "
		  "in vain, too often; the event is disabled now][request 1 5]");
}

TEST(maps_are_shared)
{
	struct lsm_map m = { .number = 0 };
	char want[64];

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, ".by[0] += 1; .cpus[$core] = count();");
	call_everywhere();
	CHECK_EQ(dev_counters(1).faults, 0);
	ASK(MAP_INFO, &m);
	CHECK_EQ(m.used, 1);
	m.number = 1;
	ASK(MAP_INFO, &m);
	CHECK_EQ(m.used, info.online);
	on_cpu(0);
	dev_on(2, ENG_EV_SYSCALL, PRE, SYS_getpgrp, "print(.by);");
	call(SYS_getpgrp, 0, 0, 0);
	snprintf(want, sizeof(want), ".by[0]: %u\n", N * info.online);
	CHECK_STR(dev_drain(), want);
}

TEST(overflow_is_counted)
{
	struct lsm_counters c;
	struct lsm_ring *r;
	const struct lsm_record *rec;
	u64 next = 0, n = 20000;

	dev_enter();
	on_cpu(0);
	r = dev_ring(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"%d\", .i); .i = .i + 1;");
	for (u64 i = 0; i < n; i++)
		call(SYS_getppid, 0, 0, 0);
	c = dev_counters(1);
	CHECK_EQ(c.fired, n);
	CHECK(c.dropped > 0);
	CHECK_EQ(r->dropped, c.dropped);
	/* what arrived is the beginning, whole and in order */
	while ((rec = dev_next(r))) {
		char want[24];

		CHECK_EQ(rec->event, 1);
		CHECK_EQ(rec->pid, (u32)getpid());
		CHECK_EQ(rec->core, 0);
		snprintf(want, sizeof(want), "%llu", (unsigned long long)next++);
		CHECK_EQ(rec->len, strlen(want));
		CHECK(!memcmp(rec + 1, want, rec->len));
	}
	CHECK_EQ(next + c.dropped, n);
	/* and there is room again */
	call(SYS_getppid, 0, 0, 0);
	rec = dev_next(r);
	CHECK(rec && rec->len == 5 && !memcmp(rec + 1, "20000", 5));
}

TEST(a_ring_wraps)
{
	struct lsm_ring *r;
	const struct lsm_record *rec;
	char text[4000];

	dev_enter();
	on_cpu(0);
	r = dev_ring(0);
	memset(text, 'x', sizeof(text));
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"%s\", $syscall_arg0);");
	for (u32 i = 0; i < 600; i++) {
		u32 len = 1 + i * 37 % 3000;

		text[len] = 0;
		call(SYS_getppid, (long)text, 0, 0);
		text[len] = 'x';
		rec = dev_next(r);
		CHECK(rec);
		CHECK_EQ(rec->len, len);
		CHECK(!memcmp(rec + 1, text, len));
		CHECK(!dev_next(r));
	}
	CHECK(r->head > 3ULL * info.ring_bytes);
	CHECK_EQ(r->dropped, 0);
}

TEST(a_reader_that_scribbles)
{
	static const u64 tails[] = { ~0ULL, 1, 0x8000000000000000, 0x100000000, 7 };
	struct lsm_ring *r;

	dev_enter();
	on_cpu(0);
	r = dev_ring(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"some text\\n\");");
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
		for (int n = 0; n < 6000; n++) {
			r->tail = tails[i];
			r->head = tails[i] ^ (u64)n;
			call(SYS_getppid, 0, 0, 0);
		}
	memset(r, 0xff, sizeof(*r) + info.ring_bytes);
	for (int n = 0; n < 6000; n++)
		call(SYS_getppid, 0, 0, 0);
	CHECK_EQ(dev_counters(1).fired, 36000);
}

TEST(time_of_messages)
{
	struct timespec before, after;
	const struct lsm_record *rec;
	struct lsm_ring *r;
	u64 t;

	dev_enter();
	on_cpu(0);
	r = dev_ring(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "print(1);");
	usleep(300000);
	clock_gettime(CLOCK_MONOTONIC, &before);
	call(SYS_getppid, 0, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	rec = dev_next(r);
	CHECK(rec);
	t = rec->time;
	/* half a second is generous: emulated counters are measured badly on a busy machine */
	CHECK(t + 500000000 > (u64)before.tv_sec * 1000000000 + (u64)before.tv_nsec);
	CHECK(t < (u64)after.tv_sec * 1000000000 + (u64)after.tv_nsec + 500000000);
}

TEST(date_and_time)
{
	time_t now = time(NULL);
	char date[16], want[16];

	dev_enter();
	on_cpu(0);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"%s %s\", $date, $time);");
	call(SYS_getppid, 0, 0, 0);
	strftime(want, sizeof(want), "%Y-%m-%d", gmtime(&now));
	snprintf(date, sizeof(date), "%.10s", dev_drain());
	CHECK_STR(date, want);
}

TEST(closing_disarms)
{
	struct lsm_cpu_stats st = { .cpu = 0 };

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, LSM_ANY, ".n = .n + 1;");
	getppid();
	munmap(globals, info.nglobals * 8UL);
	CHECK(!close(dev));
	dev = -1;
	dev_open();
	ASK(STATS, &st);
	CHECK_EQ(st.armed, 0);
	CHECK_EQ(st.entered, 1);
	for (u32 i = 0; i < info.nglobals; i++)
		CHECK_EQ(globals[i], 0);
}

/* Threads on all CPUs that make calls until they are told to stop. */
static struct {
	pthread_t thread[64];
	u32 n;
	bool stop;
} busy;

static void *busy_caller(void *arg)
{
	on_cpu((u32)(uintptr_t)arg);
	while (!__atomic_load_n(&busy.stop, __ATOMIC_RELAXED))
		call(SYS_getppid, 0, 0, 0);
	return NULL;
}

static void be_busy(void)
{
	busy.stop = false;
	for (busy.n = 0; busy.n < info.online; busy.n++)
		CHECK(!pthread_create(&busy.thread[busy.n], NULL, busy_caller,
				      (void *)(uintptr_t)busy.n));
}

static void be_quiet(void)
{
	__atomic_store_n(&busy.stop, true, __ATOMIC_RELAXED);
	while (busy.n)
		pthread_join(busy.thread[--busy.n], NULL);
}

static void unmap_ring(struct lsm_ring *r)
{
	CHECK(!munmap(r, sizeof(*r) + info.ring_bytes));
}

TEST(rings_are_unmapped_while_messages_come)
{
	u64 messages = 0, dropped = 0;
	struct lsm_counters c;

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"%d %s\", $core, $pname);");
	be_busy();
	for (u32 round = 0; round < 100; round++) {
		for (u32 cpu = 0; cpu < info.online; cpu++) {
			struct lsm_ring *r = dev_ring(cpu);

			for (u32 i = 0; i < round; i++)
				dev_next(r);
			unmap_ring(r);
		}
		usleep(round * 100);
	}
	be_quiet();
	c = dev_counters(1);
	for (u32 cpu = 0; cpu < info.online; cpu++) {
		struct lsm_cpu_stats st = { .cpu = cpu };

		ASK(STATS, &st);
		CHECK(st.messages);
		messages += st.messages;
		dropped += st.dropped;
	}
	CHECK_EQ(c.dropped, dropped);
	CHECK_EQ(c.fired, messages + dropped);
}

/* A mapping keeps the session; with the last one it ends, whatever is being printed. */
TEST(the_device_is_closed_while_messages_come)
{
	struct lsm_cpu_stats st = { .cpu = 0 };
	struct lsm_ring *ring[64];
	u64 head;

	for (u32 round = 0; round < 20; round++) {
		dev_enter();
		dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"%d %s\", $core, $pname);");
		for (u32 cpu = 0; cpu < info.online; cpu++)
			ring[cpu] = dev_ring(cpu);
		be_busy();
		CHECK(!munmap(globals, info.nglobals * 8UL));
		CHECK(!close(dev));
		CHECK_EQ(open(LSM_DEVICE, O_RDWR | O_CLOEXEC), -1);
		CHECK_EQ(errno, EBUSY);
		head = __atomic_load_n(&ring[0]->head, __ATOMIC_ACQUIRE) +
		       __atomic_load_n(&ring[0]->dropped, __ATOMIC_RELAXED);
		while (__atomic_load_n(&ring[0]->head, __ATOMIC_ACQUIRE) +
			       __atomic_load_n(&ring[0]->dropped, __ATOMIC_RELAXED) ==
		       head)
			usleep(1000);
		for (u32 cpu = 0; cpu < info.online; cpu++)
			unmap_ring(ring[cpu]);
		dev = -1;
		dev_open();
		ASK(STATS, &st);
		CHECK_EQ(st.armed, 0);
		CHECK_EQ(st.fired, 0);
		be_quiet();
		CHECK(!munmap(globals, info.nglobals * 8UL));
		CHECK(!close(dev));
		dev = -1;
	}
}

/* 512 calls deep; by the registers and the variables that all of them have, less. */
TEST(recursion_comes_to_an_end)
{
	static const char *const endless[] = {
		"int deep(int n) { return deep(n + 1) + 1; } .depth = deep(0);",
		"int deep(int n) { char big[8192]; big[n & 7] = 1; return deep(n + 1) + big[0]; } "
		".depth = deep(0);",
		"int tick(int n); int tock(int n) { return tick(n + 1) * 2; } "
		"int tick(int n) { return tock(n + 1) + 3; } .depth = tick(0);",
	};

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "int deep(int n) { if (n == 0) { return 0; } return 1 + deep(n - 1); } "
	       ".depth = deep(0n500);");
	call_everywhere();
	CHECK_EQ(dev_counters(1).faults, 0);
	CHECK_EQ(dev_global("depth"), 500);
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, 1), 0);
	for (u32 i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
		char want[64] = "", *at = want;

		dev_on(i, ENG_EV_SYSCALL, PRE, SYS_getppid, endless[i]);
		call_everywhere();
		CHECK_EQ(dev_counters(i).faults, 1ULL * N * info.online);
		CHECK_EQ(dev_counters(i).enabled, 1);
		CHECK_EQ(dev_global("depth"), 500);
		/* each CPU says it once */
		for (u32 cpu = 0; cpu < info.online; cpu++)
			at += sprintf(at, "[fault %u line 1]", ENG_E_STACK);
		CHECK_STR(dev_drain(), want);
		CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, i), 0);
	}
}

TEST(leaving_and_entering_again)
{
	struct lsm_enter e = { "" };

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, NULL);
	getppid();
	ASK(LEAVE, &e);
	ASK(INFO, &info);
	CHECK_EQ(info.entered, 0);
	CHECK_EQ(info.online, 0);
	getppid();
	CHECK_EQ(dev_counters(1).fired, 1);
	/* the session still has its event */
	dev_enter();
	getppid();
	CHECK_EQ(dev_counters(1).fired, 2);
}

UNIT_MAIN()
