/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bases.c - the bases of FS and GS are the program's own: set by call and by instruction, kept
 * across calls, switches of thread and of CPU, in children and in signal handlers.
 */
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>

#include "kit.h"

static bool has_fsgsbase(void)
{
	return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
}

static uint64_t get_gs(void)
{
	uint64_t base = 0x77;

	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_GET_GS, (long)&base, 0, 0, 0, 0), 0);
	return base;
}

static void set_gs(uint64_t base)
{
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_SET_GS, base, 0, 0, 0, 0), 0);
}

static uint64_t read_gs(void)
{
	uint64_t base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

static void write_gs(uint64_t base)
{
	__asm__ volatile("wrgsbase %0" : : "r"(base));
}

static const uint64_t some_base[] = { 0, 1, 0x1000, 0x12345678, 0x123456789abc, 0x7fffffffefff };
#define N_BASES (sizeof(some_base) / sizeof(*some_base))

TEST(by_call)
{
	for (size_t i = 0; i < N_BASES; i++) {
		set_gs(some_base[i]);
		CHECK_EQ(get_gs(), some_base[i]);
		sched_yield();
		CHECK_EQ(get_gs(), some_base[i]);
	}
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_SET_GS, 0x7ffffffff000, 0, 0, 0, 0), -1);
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_SET_GS, 0xffff888000000000, 0, 0, 0, 0), -1);
	CHECK_EQ(get_gs(), some_base[N_BASES - 1]);
}

TEST(by_instruction)
{
	if (!has_fsgsbase())
		SKIP("no FSGSBASE");
	for (size_t i = 0; i < N_BASES; i++) {
		write_gs(some_base[i]);
		for (int n = 0; n < 20; n++) {
			CHECK_EQ(kit_call(SYS_getppid, 0, 0, 0, 0, 0, 0), getppid());
			CHECK_EQ(read_gs(), some_base[i]);
		}
		CHECK_EQ(get_gs(), some_base[i]);
		set_gs(some_base[N_BASES - 1 - i]);
		CHECK_EQ(read_gs(), some_base[N_BASES - 1 - i]);
	}
	/* An address of the kernel is allowed here, and is none of the kernel's business. */
	write_gs(0xffffffff81000000);
	CHECK_EQ(kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(read_gs(), 0xffffffff81000000);
}

/* The data that GS leads to are the program's, before and behind a call. */
TEST(memory_through_gs)
{
	uint64_t data = 0xfeedface, seen;

	set_gs((uintptr_t)&data);
	for (int i = 0; i < 200; i++) {
		kit_call(i & 1 ? SYS_getpid : SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		__asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
		CHECK_EQ(seen, data);
	}
}

static void *other_thread(void *arg)
{
	uint64_t base = (uintptr_t)arg;

	set_gs(base);
	for (int i = 0; i < 300; i++) {
		if (has_fsgsbase())
			CHECK_EQ(read_gs(), base);
		sched_yield();
		CHECK_EQ(get_gs(), base);
	}
	return arg;
}

TEST(across_switches)
{
	pthread_t t[4];

	for (uint64_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, other_thread, (void *)(0x1000 + i)), 0);
	for (uint64_t i = 0; i < 4; i++) {
		void *end;

		CHECK_EQ(pthread_join(t[i], &end), 0);
		CHECK_EQ((uintptr_t)end, 0x1000 + i);
	}
}

TEST(across_cpus)
{
	cpu_set_t set;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	set_gs(0xabcdef);
	for (int i = 0; i < 40; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
		CHECK_EQ(get_gs(), 0xabcdef);
		CHECK_EQ(sched_getcpu(), i % cpus);
	}
}

static volatile uint64_t in_handler;

static void handler(int sig, siginfo_t *info, void *context)
{
	in_handler = get_gs();
	set_gs(0x5555);
}

TEST(in_handlers_and_children)
{
	int status;

	set_gs(0x4444);
	kit_handle(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	CHECK_EQ(in_handler, 0x4444);
	CHECK_EQ(get_gs(), 0x5555);
	pid_t pid = fork();

	if (!pid)
		_exit(get_gs() == 0x5555 ? 7 : 8);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

/* A selector in GS: its base is the descriptor's. Null: as the processor does it. */
TEST(selector_in_gs)
{
	uint16_t sel;

	set_gs(0x6666);
	__asm__ volatile("mov %0, %%gs" : : "r"((uint16_t)0x2b));
	SEEN("base with selector 2b: %lx", get_gs());
	kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	__asm__ volatile("mov %%gs, %0" : "=r"(sel));
	CHECK_EQ(sel, 0x2b);
	__asm__ volatile("mov %0, %%gs" : : "r"((uint16_t)3));
	SEEN("base with selector 3: %lx", get_gs());
	kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	__asm__ volatile("mov %%gs, %0" : "=r"(sel));
	SEEN("selector 3 is %x after a call", sel);
}

UNIT_MAIN()
