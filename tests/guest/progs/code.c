// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * code.c - custom code in the hypervisor: what it may do is done, everything else ends it with
 * the right words, and the machine goes on. Prints TAP.
 *
 * A call is short-circuited by most events here, so that RAX, which the code stores into the
 * registers' block, is what the call returns.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "lsm_kit.h"

#define EVENT_ID 7
#define CALLS 2000 /* of each thread */
#define THREADS 2

static void result(bool ok, const char *name, const char *got)
{
	if (!outcome(ok, name))
		printf("# got: %s\n", got);
}

/* Hex digits and blanks. */
static u32 parse(const char *hex, u8 *bytes)
{
	u32 n = 0;
	int used;
	unsigned value;

	while (sscanf(hex, " %2x%n", &value, &used) == 1) {
		bytes[n++] = (u8)value;
		hex += used;
	}
	return n;
}

static void arm(const char *condition, const char *code, u64 buffer_size, u32 flags)
{
	static u8 bytes[2][LSM_MAX_CODE];
	struct lsm_event e = {
		.id = EVENT_ID,
		.kind = ENG_EV_SYSCALL,
		.stages = ENG_STAGE_PRE,
		.flags = LSM_EV_ENABLED | flags,
		.abi = LSM_ABI_ANY,
		.nr = SYS_getppid,
		.pid = (u64)getpid(),
		.core = LSM_ANY,
		.buffer_size = buffer_size,
		.condition = (u64)(uintptr_t)bytes[0],
		.code = (u64)(uintptr_t)bytes[1],
	};

	e.condition_size = parse(condition, bytes[0]);
	e.code_size = parse(code, bytes[1]);
	if (ioctl(dev, LSM_IOC_ADD, &e))
		die("ADD", e.why);
}

static struct lsm_counters disarm(void)
{
	struct lsm_counters counters = { .id = EVENT_ID };
	struct lsm_ctl ctl = { LSM_CTL_CLEAR, EVENT_ID };

	if (ioctl(dev, LSM_IOC_COUNTERS, &counters))
		die("COUNTERS", "");
	if (ioctl(dev, LSM_IOC_CTL, &ctl))
		die("CTL", "");
	return counters;
}

/* What the rings say of code that was ended; how often. */
static int drain(char text[LSM_WHY])
{
	size_t size = sizeof(struct lsm_ring) + info.ring_bytes;
	int n = 0;

	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_ring *ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dev,
					     LSM_MMAP_RING(cpu));
		const u8 *data = (const u8 *)(ring + 1);
		const struct lsm_record *r;

		if (ring == MAP_FAILED)
			continue;
		while (ring->tail < __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE)) {
			r = (const void *)(data + (ring->tail & (info.ring_bytes - 1)));
			if (r->kind == LSM_REC_CODE && r->event == EVENT_ID && n++ == 0)
				snprintf(text, LSM_WHY, "%.*s", (int)r->len, (const char *)(r + 1));
			ring->tail += r->size;
		}
		munmap(ring, size);
	}
	return n;
}

/* Works: the call returns @want. */
static const struct good {
	const char *name, *condition, *code;
	u64 want;
	u64 fired;
} good[] = {
	/* clang-format off */
	{ "a register is changed", "", "48 c7 02 d2 04 00 00", 1234, 1 },
	{ "a register is read", "", "48 8b 42 38 48 89 02", 0x5eed, 1 }, /* rdi to rax */
	{ "r8 is the number of the call", "", "4c 89 02", SYS_getppid, 1 },
	{ "an empty condition holds not", "31 c0", "48 c7 02 d2 04 00 00", 0, 0 },
	{ "a condition that holds", "b8 01 00 00 00", "48 c7 02 d2 04 00 00", 1234, 1 },
	{ "rdx is the number in a condition", "48 31 c0 48 83 fa 6e 0f 94 c0",
	  "48 c7 02 d2 04 00 00", 1234, 1 },
	{ "rcx is the registers in a condition", "31 c0 48 81 79 38 ed 5e 00 00 0f 94 c0",
	  "48 c7 02 d2 04 00 00", 1234, 1 },
	{ "its last bytes of buffer", "", "c7 81 fc 1f 00 00 07 00 00 00 8b 81 fc 1f 00 00 48 89 02",
	  7, 1 },
	{ "its own stack", "", "68 39 05 00 00 58 48 89 02", 1337, 1 },
	{ "calls of its own", "", "e8 08 00 00 00 48 89 02 c3 90 90 90 90 b8 2a 00 00 00 c3", 42, 1 },
	{ "4096 times round a loop", "", "b9 00 10 00 00 31 c0 ff c0 e2 fc 48 89 02", 4096, 1 },
	{ "string instructions", "", "48 89 cf b9 00 10 00 00 b0 11 f3 aa 0f b6 47 ff 48 89 02",
	  0x11, 1 },
	{ "STD does not stay", "", "fd 48 c7 02 d2 04 00 00", 1234, 1 },
	{ "VEX instructions of general registers", "",
	  "b8 ff 00 00 00 b9 04 00 00 00 c4 e2 70 f5 c0 48 89 02", 15, 1 },
	/* clang-format on */
};

static void test_good(const struct good *g)
{
	char got[400], said[LSM_WHY] = "";
	struct lsm_counters c;
	int ended;
	u64 value;

	/* without a change RAX would be the number of the call */
	arm(g->condition, g->code, 8192, g->fired ? LSM_EV_SC : 0);
	value = (u64)syscall(SYS_getppid, 0x5eed);
	c = disarm();
	ended = drain(said);
	snprintf(got, sizeof(got), "%#llx, fired %llu, enabled %u, %d records %s",
		 (unsigned long long)value, c.fired, c.enabled, ended, said);
	result(value == (g->fired ? g->want : (u64)getppid()) && c.fired == g->fired && c.enabled &&
		       !ended,
	       g->name, got);
}

#define TOO_LONG "did not end within 65536 instructions"
#define REFUSED(at) "instruction at offset " #at " could leave the guard and is not allowed"
#define VECTOR(at) "floating-point or vector instruction at offset " #at ": the hypervisor has none"
#define PROTECTION(at)         \
	"fault at offset " #at \
	": general protection (privileged instruction, or an address that cannot exist)"

/* Ended. */
static const struct bad {
	const char *name, *code, *want;
	bool in_condition; /* try it there too */
} bad[] = {
	/* clang-format off */
	{ "load from nothing", "48 8b 04 25 10 00 00 00", "fault at offset 0: bad address 0x10", true },
	{ "load of the kernel's memory", "48 8b 04 25 00 00 00 81",
	  "fault at offset 0: bad address 0xffffffff81000000" },
	{ "store to the kernel's memory", "90 48 89 04 25 00 00 00 81",
	  "fault at offset 1: bad address 0xffffffff81000000" },
	{ "store to its own code", "c6 05 00 00 00 00 00", "fault at offset 0: bad address 0x400007" },
	{ "behind its buffer", "48 ff 81 00 20 00 00", "fault at offset 0: bad address 0x502000" },
	{ "behind the registers", "48 ff 82 00 10 00 00", "fault at offset 0: bad address 0x201000" },
	{ "an address that cannot exist", "48 b8 00 00 00 00 00 00 00 80 48 8b 00", PROTECTION(10) },
	{ "jump to the registers", "ff e2", "jumped to 0x200000, outside its code" },
	{ "jump to the buffer", "ff e1", "jumped to 0x500000, outside its code" },
	{ "jump to the kernel", "48 c7 c0 00 00 00 81 ff e0",
	  "jumped to 0xffffffff81000000, outside its code" },
	{ "return to nowhere", "6a 20 c3", "jumped to 0x20, outside its code" },
	{ "endless loop", "eb fe", TOO_LONG, true },
	{ "endless loop of REP", "bf 00 00 50 00 b9 00 10 00 00 f3 aa eb f2", TOO_LONG },
	{ "stack overflow", "50 eb fd", "fault at offset 0: stack overflow", true },
	{ "endless recursion", "e8 fb ff ff ff", "fault at offset 0: stack overflow" },
	{ "POPF that ends single-step, loop", "6a 02 9d eb fe", REFUSED(2), true },
	{ "the same behind prefixes", "6a 02 66 2e 9d eb fe", REFUSED(2) },
	{ "MOV SS that hides the next instruction", "8e d0 9d eb fe", REFUSED(0) },
	{ "IRET", "48 cf", REFUSED(0) },
	{ "far return", "48 cb", REFUSED(0) },
	{ "INT 0x80", "cd 80", REFUSED(0) },
	{ "VMMCALL", "0f 01 d9", REFUSED(0) },
	{ "SWAPGS", "0f 01 f8", REFUSED(0) },
	{ "WRGSBASE", "f3 48 0f ae d8", REFUSED(0) },
	{ "MWAITX", "0f 01 fb", REFUSED(0), true },
	{ "SYSCALL", "90 0f 05", "system call at offset 1; custom code cannot make system calls" },
	{ "INT3", "cc", "breakpoint at offset 0" },
	{ "HLT", "f4", "privileged instruction at offset 0" },
	{ "CLI", "fa", "privileged instruction at offset 0" },
	{ "OUT", "ee", "privileged instruction at offset 0" },
	{ "WRMSR", "0f 30", "privileged instruction at offset 0" },
	{ "MOV to CR3", "0f 22 d8", "privileged instruction at offset 0" },
	{ "SSE", "66 0f ef c0", VECTOR(0), true },
	{ "AVX", "c5 f8 77", VECTOR(0) },
	{ "x87", "d9 e8", VECTOR(0) },
	{ "UD2", "90 90 0f 0b", "fault at offset 2: illegal instruction" },
	{ "division by zero", "31 c9 f7 f1", "fault at offset 2: division error", true },
	/* clang-format on */
};

static void test_bad(const struct bad *b, bool in_condition)
{
	char got[400], said[LSM_WHY] = "", name[128];
	struct lsm_counters c;
	long first, second;
	int ended;

	arm(in_condition ? b->code : "", in_condition ? "90" : b->code, 8192, 0);
	first = syscall(SYS_getppid, 0x5eed);
	second = syscall(SYS_getppid, 0x5eed);
	c = disarm();
	ended = drain(said);
	snprintf(got, sizeof(got), "%ld %ld, fired %llu, enabled %u, %d records: %s", first, second,
		 c.fired, c.enabled, ended, said);
	snprintf(name, sizeof(name), "%s%s", b->name, in_condition ? " in a condition" : "");
	result(first == getppid() && second == first && !c.enabled && ended == 1 &&
		       strstr(said, b->want),
	       name, got);
}

static pthread_barrier_t barrier;
static u8 seen[CALLS * THREADS];

static void *caller(void *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((int)(long)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < CALLS; i++) {
		long ticket = syscall(SYS_getppid, 0x5eed);

		if (ticket >= 0 && ticket < CALLS * THREADS)
			__atomic_add_fetch(&seen[ticket], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Tickets out of the buffer that all CPUs share: each number is given once. */
static void test_two_cpus(void)
{
	char got[400], said[LSM_WHY] = "";
	pthread_t thread[THREADS];
	struct lsm_counters c;
	int once = 0, ended;

	pthread_barrier_init(&barrier, NULL, THREADS);
	/* mov eax, 1; lock xadd [rcx], rax; mov [rdx], rax; its own counter in its own stack */
	arm("", "b8 01 00 00 00 f0 48 0f c1 01 50 58 48 89 02", 8, LSM_EV_SC);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, caller, (void *)(i % (long)info.online));
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	c = disarm();
	ended = drain(said);
	for (int i = 0; i < CALLS * THREADS; i++)
		once += seen[i] == 1;
	snprintf(got, sizeof(got), "%d of %d, fired %llu, %d records %s", once, CALLS * THREADS,
		 c.fired, ended, said);
	result(once == CALLS * THREADS && c.fired == CALLS * THREADS && !ended,
	       "two CPUs at once: buffer shared, registers and stack not", got);
}

int main(void)
{
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		test_good(&good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		test_bad(&bad[i], false);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (bad[i].in_condition)
			test_bad(&bad[i], true);
	test_two_cpus();
	return finish();
}
