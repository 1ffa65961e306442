// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * lsm.c - /dev/lstar by hand: does, in order, what its arguments say, over one descriptor, and
 * prints what came of it, one word or "name=value" per line. The script of an event is compiled
 * with the debugger's own compiler.
 *
 * It must never hide what the module said: the first thing that fails ends it, with the reason.
 *
 *	lsm enter | leave | info | stats
 *	lsm on KIND:STAGE:NR[:PID] SCRIPT	an event; SCRIPT may be empty; NR: decimal or "any"
 *	lsm enable|disable|clear ID|all		lsm counters ID
 *	lsm burst NR N THREADS			N calls from each of so many threads of a child
 *	lsm time NR N				what one of N calls of its own costs
 *	lsm run|start PROGRAM ... ';'		a child, waited for; or in the background
 *	lsm wait				for all children
 *	lsm global NAME | drain | sleep MS | hold
 *	lsm rdmsr CPU MSR | wrmsr CPU MSR VALUE	hexadecimal but for CPU
 *	lsm peek ADDR | poke ADDR VALUE		eight bytes of the kernel, hexadecimal
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../kernel/uapi.h"
#include "engine/program.h"
#include "script/script.h"

static int dev = -1;
static struct scr_env *env;
static struct lsm_info info;
static u32 next_id;

_Noreturn static void die(const char *what, const char *why)
{
	int err = errno;

	fflush(stdout);
	fprintf(stderr, "lsm: %s: %s%s%s\n", what, strerror(err), why && *why ? ": " : "",
		why ? why : "");
	_exit(1);
}

static int device(void)
{
	if (dev >= 0)
		return dev;
	dev = open(LSM_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		die(LSM_DEVICE, NULL);
	if (ioctl(dev, LSM_IOC_INFO, &info))
		die("INFO", NULL);
	if (info.version != LSM_ABI_VERSION) {
		errno = EPROTO;
		die("INFO", "another version of the interface");
	}
	return dev;
}

static void do_enter(char **arg)
{
	struct lsm_enter e = { 0 };

	if (ioctl(device(), LSM_IOC_ENTER, &e))
		die("ENTER", e.why);
}

static void do_leave(char **arg)
{
	struct lsm_enter e = { 0 };

	if (ioctl(device(), LSM_IOC_LEAVE, &e))
		die("LEAVE", e.why);
}

static void do_info(char **arg)
{
	if (ioctl(device(), LSM_IOC_INFO, &info))
		die("INFO", NULL);
	printf("online=%u\nentered=%u\nbackend=%.16s\nmemory=%llu\n", info.online, info.entered,
	       info.backend, info.memory);
}

static void do_stats(char **arg)
{
	static const char *const name[] = {
#define X(id, name, help) name,
		LSM_EXIT_TABLE(X)
#undef X
	};

	device();
	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_cpu_stats s = { .cpu = cpu };

		if (ioctl(dev, LSM_IOC_STATS, &s)) {
			printf("cpu=%u none\n", cpu);
			continue;
		}
		printf("cpu=%u entered=%u armed=%u fired=%llu messages=%llu dropped=%llu", cpu,
		       s.entered, s.armed, s.fired, s.messages, s.dropped);
		for (int i = 0; i < LSM_NEXITS; i++)
			printf(" %s=%llu", name[i], s.exits[i]);
		printf(" returns_other=%llu\n", s.returns_other);
	}
}

static u64 number(const char *text)
{
	return !strcmp(text, "any") ? LSM_ANY : strtoull(text, NULL, 10);
}

static struct eng_program *compile(const char *text)
{
	struct scr_source src = { "script", text, strlen(text), 1, 1 };
	struct scr_diags diags = { 0 };
	struct eng_program *prog;

	if (!env) {
		env = scr_env_new(info.nglobals);
		scr_env_set_caps(env, &eng_caps_machine);
	}
	prog = scr_compile(env, &src, SCR_SCRIPT, &diags);
	if (!prog) {
		scr_diags_print(&diags, stderr, false);
		_exit(1);
	}
	scr_diags_free(&diags);
	return prog;
}

/* on KIND:STAGE:NR[:PID] SCRIPT */
static void do_on(char **arg)
{
	struct lsm_event e = {
		.id = next_id++, .flags = LSM_EV_ENABLED, .abi = LSM_ABI_ANY, .core = LSM_ANY
	};
	char *rest = arg[0], *kind = strsep(&rest, ":"), *stage = strsep(&rest, ":");
	char *nr = strsep(&rest, ":");
	struct eng_program *prog = NULL;

	if (!nr) {
		errno = EINVAL;
		die("on", "KIND:STAGE:NR[:PID] expected");
	}
	device();
	e.kind = !strcmp(kind, "sysret") ? ENG_EV_SYSRET : ENG_EV_SYSCALL;
	e.flags |= !strcmp(kind, "entry") ? LSM_EV_ENTRY : 0;
	e.stages = !strcmp(stage, "post") ? ENG_STAGE_POST : ENG_STAGE_PRE;
	e.nr = number(nr);
	e.pid = rest ? number(rest) : LSM_ANY;
	if (*arg[1]) {
		prog = compile(arg[1]);
		e.image = (uintptr_t)prog->image;
		e.image_size = prog->image->size;
	}
	if (ioctl(dev, LSM_IOC_ADD, &e))
		die("ADD", e.why);
	if (prog)
		scr_program_free(prog);
}

static void control(enum lsm_ctl_op op, const char *id)
{
	struct lsm_ctl c = { op, strcmp(id, "all") ? (u32)number(id) : LSM_ALL };

	if (ioctl(device(), LSM_IOC_CTL, &c))
		die("CTL", id);
}

static void do_enable(char **arg)
{
	control(LSM_CTL_ENABLE, arg[0]);
}

static void do_disable(char **arg)
{
	control(LSM_CTL_DISABLE, arg[0]);
}

static void do_clear(char **arg)
{
	control(LSM_CTL_CLEAR, arg[0]);
}

static void do_counters(char **arg)
{
	struct lsm_counters c = { .id = (u32)number(arg[0]) };

	if (ioctl(device(), LSM_IOC_COUNTERS, &c))
		die("COUNTERS", arg[0]);
	printf("fired=%llu\nfaults=%llu\n", c.fired, c.faults);
}

struct burst {
	long nr, n;
};

static void *burst_thread(void *p)
{
	const struct burst *b = p;

	for (long i = 0; i < b->n; i++)
		syscall(b->nr, 0, 0, 0, 0, 0, 0);
	return NULL;
}

static void check_status(int status)
{
	if (!status)
		return;
	errno = ECHILD;
	die("child", "did not end with status 0");
}

static void wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	check_status(status);
}

static void do_burst(char **arg)
{
	struct burst b = { (long)number(arg[0]), (long)number(arg[1]) };
	long n = (long)number(arg[2]);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		pthread_t thread[64];

		close(dev); /* the session ends with its holder */
		for (long i = 0; i < n && i < 64; i++)
			pthread_create(&thread[i], NULL, burst_thread, &b);
		for (long i = 0; i < n && i < 64; i++)
			pthread_join(thread[i], NULL);
		_exit(0);
	}
	wait_for(pid);
}

static pid_t child(char **arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (int i = 0; arg[i]; i++)
			if (!strcmp(arg[i], ";"))
				arg[i] = NULL;
		execvp(arg[0], arg);
		_exit(127);
	}
	return pid;
}

static void do_run(char **arg)
{
	wait_for(child(arg));
}

static void do_start(char **arg)
{
	child(arg);
}

static void do_wait(char **arg)
{
	int status;

	while (wait(&status) > 0)
		check_status(status);
}

/* What one call costs: the shortest of ten rounds, on the clock of the guest. */
static void do_time(char **arg)
{
	long nr = (long)number(arg[0]), n = (long)number(arg[1]);
	double best = 0;

	for (int round = 0; round < 10; round++) {
		struct timespec a, b;
		double ns;

		clock_gettime(CLOCK_MONOTONIC, &a);
		for (long i = 0; i < n; i++)
			syscall(nr, 0, 0, 0, 0, 0, 0);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
		     (double)n;
		best = !round || ns < best ? ns : best;
	}
	printf("ns=%.1f\n", best);
}

static void do_global(char **arg)
{
	const u64 *globals =
		mmap(NULL, info.nglobals * 8ul, PROT_READ, MAP_SHARED, device(), LSM_MMAP_GLOBALS);
	s32 slot = env ? scr_env_global(env, arg[0]) : -1;

	if (globals == MAP_FAILED)
		die("mmap of the globals", NULL);
	if (slot < 0) {
		errno = ENOENT;
		die("global", arg[0]);
	}
	printf("%s=%llu\n", arg[0], (unsigned long long)__atomic_load_n(&globals[slot], 5));
	munmap((void *)globals, info.nglobals * 8ul);
}

static void drain_ring(u32 cpu, struct lsm_ring *ring)
{
	const u8 *data = (const u8 *)(ring + 1);
	u64 head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE), at = ring->tail;

	while (at < head) {
		const struct lsm_record *r = (const void *)(data + (at & (info.ring_bytes - 1)));

		if (r->kind == LSM_REC_TEXT || r->kind == LSM_REC_CODE)
			printf("text %.*s\n", (int)r->len, (const char *)(r + 1));
		else if (r->kind == LSM_REC_FAULT)
			printf("fault %u line %u\n", ((const struct lsm_fault *)(r + 1))->code,
			       ((const struct lsm_fault *)(r + 1))->line);
		at += r->size;
		if (!r->size)
			die("ring", "a record without a size");
	}
	__atomic_store_n(&ring->tail, at, __ATOMIC_RELEASE);
	if (ring->dropped)
		printf("dropped=%llu cpu=%u\n", (unsigned long long)ring->dropped, cpu);
}

static void do_drain(char **arg)
{
	size_t size;

	device();
	size = sizeof(struct lsm_ring) + info.ring_bytes;
	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_ring *ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dev,
					     LSM_MMAP_RING(cpu));

		if (ring == MAP_FAILED)
			continue;
		drain_ring(cpu, ring);
		munmap(ring, size);
	}
}

static struct lsm_msr msr_of(char **arg)
{
	return (struct lsm_msr){ .cpu = (u32)number(arg[0]),
				 .msr = (u32)strtoul(arg[1], NULL, 16) };
}

static void access_msr(struct lsm_msr *m)
{
	if (ioctl(device(), LSM_IOC_MSR, m))
		die("MSR", NULL);
	errno = EIO;
	if (m->failed)
		die("MSR", "#GP");
}

static void do_rdmsr(char **arg)
{
	struct lsm_msr m = msr_of(arg);

	access_msr(&m);
	printf("%llx\n", (unsigned long long)m.value);
}

static void do_wrmsr(char **arg)
{
	struct lsm_msr m = msr_of(arg);

	m.write = 1;
	m.value = strtoull(arg[2], NULL, 16);
	access_msr(&m);
}

/* Eight bytes of the kernel's memory. */
static void access_memory(const char *addr, uint64_t *value, unsigned long request)
{
	struct lsm_mem m = { .addr = strtoull(addr, NULL, 16),
			     .buf = (uintptr_t)value,
			     .len = sizeof(*value) };

	if (ioctl(device(), request, &m) || m.done != m.len)
		die("memory", addr);
}

static void do_peek(char **arg)
{
	uint64_t value;

	access_memory(arg[0], &value, LSM_IOC_READ);
	printf("%llx\n", (unsigned long long)value);
}

static void do_poke(char **arg)
{
	uint64_t value = strtoull(arg[1], NULL, 16);

	access_memory(arg[0], &value, LSM_IOC_WRITE);
}

static void do_sleep(char **arg)
{
	usleep((useconds_t)number(arg[0]) * 1000);
}

static void do_hold(char **arg)
{
	printf("holding\n");
	fflush(stdout);
	for (;;)
		pause();
}

/* clang-format off */
static const struct verb {
	const char *name;
	int args; /* -1: to the next ';' */
	void (*fn)(char **arg);
} verbs[] = {
	{ "enter", 0, do_enter },	{ "leave", 0, do_leave },
	{ "info", 0, do_info },		{ "stats", 0, do_stats },
	{ "on", 2, do_on },		{ "enable", 1, do_enable },
	{ "disable", 1, do_disable },	{ "clear", 1, do_clear },
	{ "counters", 1, do_counters },	{ "burst", 3, do_burst },
	{ "run", -1, do_run },		{ "start", -1, do_start },
	{ "wait", 0, do_wait },		{ "time", 2, do_time },
	{ "global", 1, do_global },
	{ "drain", 0, do_drain },	{ "sleep", 1, do_sleep },
	{ "hold", 0, do_hold },
	{ "rdmsr", 2, do_rdmsr },	{ "wrmsr", 3, do_wrmsr },
	{ "peek", 1, do_peek },		{ "poke", 2, do_poke },
};
/* clang-format on */

int main(int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		const struct verb *v = NULL;
		int n;

		for (size_t k = 0; k < sizeof(verbs) / sizeof(*verbs); k++)
			if (!strcmp(argv[i], verbs[k].name))
				v = &verbs[k];
		n = v ? v->args : 0;
		if (n < 0)
			for (n = 1; i + n < argc && strcmp(argv[i + n], ";"); n++)
				;
		if (!v || i + 1 + (v->args < 0 ? 1 : n) > argc) {
			errno = EINVAL;
			die(argv[i], "no such verb, or too few words behind it");
		}
		v->fn(argv + i + 1);
		i += 1 + n;
	}
	return 0;
}
