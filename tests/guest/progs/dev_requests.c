/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dev_requests.c - requests to /dev/lstar: who may make them, what is refused and with which
 * words, evaluation, memory, translation, MSRs; and requests that are meant to do harm.
 *
 * Nothing it sends may end anything but itself.
 */
#include <poll.h>
#include <sys/prctl.h>

#include "dev_kit.h"

static const char *refused(struct lsm_event e, int err)
{
	static char why[LSM_WHY];

	errno = 0;
	CHECK_EQ(ioctl(dev, LSM_IOC_ADD, &e), -1);
	CHECK_EQ(errno, err);
	memcpy(why, e.why, sizeof(why));
	CHECK(memchr(why, 0, sizeof(why)));
	return why;
}

static struct lsm_event good(void)
{
	struct lsm_event e = dev_event(1, ENG_EV_SYSCALL, ENG_STAGE_PRE, SYS_getppid);

	e.pid = (u64)getpid();
	return e;
}

TEST(one_session_at_a_time)
{
	dev_open();
	CHECK_EQ(open(LSM_DEVICE, O_RDWR), -1);
	CHECK_EQ(errno, EBUSY);
}

TEST(only_for_administrators)
{
	struct lsm_event e = good();

	dev_open();
	CHECK(!setuid(1000));
	CHECK_EQ(ioctl(dev, LSM_IOC_INFO, &info), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(ioctl(dev, LSM_IOC_ADD, &e), -1);
	CHECK_EQ(errno, EPERM);
	close(dev);
	CHECK_EQ(open(LSM_DEVICE, O_RDWR), -1);
	CHECK_EQ(errno, EACCES);
}

TEST(unknown_requests)
{
	char buf[4096];

	dev_open();
	for (unsigned i = 0; i < 256; i++) {
		CHECK_EQ(ioctl(dev,
			       _IOWR(
				       LSM_IOC, i, struct { char c[17]; }),
			       buf),
			 -1);
		CHECK_EQ(errno, ENOTTY);
	}
	CHECK_EQ(ioctl(dev, LSM_IOC_ADD, NULL), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(ioctl(dev, LSM_IOC_INFO, (void *)-4096L), -1);
	CHECK_EQ(errno, EFAULT);
}

#define REFUSED(err, words, ...)                   \
	do {                                       \
		struct lsm_event e = good();       \
		__VA_ARGS__;                       \
		CHECK_STR(refused(e, err), words); \
	} while (0)

TEST(events_that_are_refused)
{
	dev_enter();
	REFUSED(EINVAL, "unknown kind of event", e.kind = 2);
	REFUSED(EINVAL, "an event needs a stage: pre, post or both", e.stages = 0);
	REFUSED(EINVAL, "an event needs a stage: pre, post or both", e.stages = 4);
	REFUSED(EINVAL, "unknown flag of an event", e.flags = 1u << 31);
	REFUSED(EINVAL, "unknown calling convention", e.abi = ABI_N);
	REFUSED(EINVAL, "there is no such CPU", e.core = 0x100000000);
	REFUSED(EINVAL, "too much custom code (LSM_MAX_CODE, 4096 bytes)", e.code_size = 4097);
	REFUSED(EINVAL, "too much custom code (LSM_MAX_CODE, 4096 bytes)", e.condition_size = ~0u);
	REFUSED(EINVAL, "the buffer is too big (LSM_MAX_BUFFER, 1 MB)", e.buffer_size = ~0ULL);
	REFUSED(EFAULT, "the script is not where it was said to be", e.image_size = 100);
	REFUSED(EFAULT, "the script is not where it was said to be", e.image_size = 100;
		e.image = 0xffffffff81000000);
	REFUSED(EINVAL, "a script of 4194305 bytes: the module takes 1 to 4194304 (LSM_MAX_IMAGE)",
		e.image_size = LSM_MAX_IMAGE + 1);
	REFUSED(EINVAL, "the script was refused: not a script image (instruction 0)",
		e.image = (uintptr_t)good;
		e.image_size = 200);
	REFUSED(EINVAL, "the script was refused: image too short (instruction 0)",
		e.image = (uintptr_t)good;
		e.image_size = 7);
	dev_add(good(), NULL);
	REFUSED(EEXIST, "there is an event with the number 1 already", e.id = 1);
	CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, LSM_ALL), 0);
	for (u32 i = 0; i < LSM_MAX_EVENTS; i++) {
		struct lsm_event e = good();

		e.id = i * 3;
		dev_add(e, NULL);
	}
	REFUSED(ENOSPC, "there are 1024 events already (LSM_MAX_EVENTS)", e.id = 1);
	getppid();
	CHECK_EQ(dev_counters(0).fired + dev_counters(3 * 1023).fired, 2);
}

/* What the compiler would have refused, from a compiler that knows of no target. */
TEST(scripts_for_other_targets)
{
	static const struct {
		const char *script, *why;
	} cases[] = {
		{ "pause();", "the script uses pause(), which the machine has not got" },
		{ "x = $peb;", "the script uses $peb, which the machine has not got" },
		{ "@cs = 1;", "the script uses a register that it cannot have here (mask 40000)" },
	};

	dev_enter();
	scr_env_set_caps(env, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct eng_program *prog = dev_compile(cases[i].script);

		REFUSED(EINVAL, cases[i].why, e.image = (uintptr_t)prog->image;
			e.image_size = prog->image->size);
		scr_program_free(prog);
	}
}

TEST(memory_of_a_session_is_bounded)
{
	struct lsm_map m = { .entries = ENG_MAP_ENTRIES, .kind = ENG_MAP_HIST };
	u32 n = 0;

	dev_open();
	while (n < 1024) {
		m.number = n;
		if (ioctl(dev, LSM_IOC_MAP_ADD, &m))
			break;
		n++;
	}
	CHECK_EQ(errno, EDQUOT);
	CHECK(n > 25 && n < 32); /* 64 MB of about 2.2 MB each */
	/* the rest, less than a map of that kind, does for a buffer or two */
	for (n = 0; n < 3; n++) {
		struct lsm_event e = good();

		e.id = n;
		e.buffer_size = LSM_MAX_BUFFER;
		if (ioctl(dev, LSM_IOC_ADD, &e)) {
			CHECK_EQ(errno, ENOMEM);
			CHECK(strstr(e.why, "may have in the kernel (LSM_MAX_MEMORY, 67108864)"));
			break;
		}
	}
	CHECK(n < 3);
}

TEST(maps_that_are_refused)
{
	struct lsm_map m = { .entries = 8 };

	dev_open();
#define MAP(field, value, err)                                     \
	do {                                                       \
		struct lsm_map other = m;                          \
		other.field = value;                               \
		CHECK_EQ(ioctl(dev, LSM_IOC_MAP_ADD, &other), -1); \
		CHECK_EQ(errno, err);                              \
	} while (0)
	MAP(number, ENG_MAX_MAPS, EINVAL);
	MAP(entries, 0, EINVAL);
	MAP(entries, ~0u, EINVAL);
	MAP(keys, ENG_NKEYS, EINVAL);
	MAP(kind, ENG_NMAPKINDS, EINVAL);
	MAP(step, 1, EINVAL);
	ASK(MAP_ADD, &m);
	MAP(number, 0, EEXIST);
	m.number = 1;
	CHECK_EQ(ioctl(dev, LSM_IOC_MAP_INFO, &m), -1);
	CHECK_EQ(errno, ENOENT);
}

static struct lsm_eval eval(const char *script)
{
	struct eng_program *prog = dev_compile(script);
	struct lsm_eval e = { .image = (uintptr_t)prog->image, .image_size = prog->image->size };

	if (ioctl(dev, LSM_IOC_EVAL, &e))
		UNIT_FAIL("EVAL: %s: %s", strerror(errno), e.why);
	scr_program_free(prog);
	return e;
}

TEST(evaluation)
{
	static const char text[] = "of this process";
	char script[128], want[64];
	struct lsm_eval e;

	dev_enter();
	on_cpu(0);
	CHECK_EQ(eval("printf(\"%d %d\", $pid, $core); .v = 0n42;").error, ENG_OK);
	snprintf(want, sizeof(want), "%d 0", getpid());
	CHECK_STR(dev_drain(), want);
	CHECK_EQ(dev_global("v"), 42);
	snprintf(script, sizeof(script), "printf(\"%%s\", 0x%lx);", (unsigned long)text);
	CHECK_EQ(eval(script).error, ENG_OK);
	CHECK_STR(dev_drain(), text);
	e = eval("x = 5;\ny = 1 / (x - 5);");
	CHECK_EQ(e.error, ENG_E_DIV);
	CHECK_EQ(e.line, 2);
	CHECK_EQ(e.value[0], 1);
	CHECK_EQ(eval("@rax = 1;").error, ENG_E_REG);
	CHECK_EQ(eval("@dr7 = 0;").error, ENG_E_REG);
	CHECK_EQ(eval("x = $syscall_arg0;").error, ENG_E_STAGE);
	CHECK_EQ(eval(".cr3 = @cr3; .rip = @rip;").error, ENG_OK);
	CHECK_EQ(dev_global("rip") >> 47, 0x1ffff);
	CHECK_EQ(eval("for (;;) ;").error, ENG_E_BUDGET);
	CHECK_EQ(eval("spinlock_lock(&.v); ").error, ENG_OK);
}

static void *call_once(void *arg)
{
	on_cpu(0);
	getppid();
	return NULL;
}

/* Not as the event before has seen them, of another thread. */
TEST(evaluation_loads_registers_anew)
{
	pthread_t t;

	dev_enter();
	on_cpu(0);
	dev_on(1, ENG_EV_SYSCALL, ENG_STAGE_PRE, SYS_getppid, ".event = $teb;");
	CHECK(!pthread_create(&t, NULL, call_once, NULL));
	pthread_join(t, NULL);
	CHECK_EQ(dev_counters(1).fired, 1);
	CHECK_EQ(eval(".now = $teb;").error, ENG_OK);
	CHECK_EQ(dev_global("now"), (u64)__builtin_thread_pointer());
	CHECK(dev_global("event") != dev_global("now"));
}

TEST(budget)
{
	struct lsm_budget b = { 1000 };
	struct lsm_eval e;

	dev_enter();
	ASK(BUDGET, &b);
	e = eval("for (i = 0; i < 0n2000; i++) .n = i;");
	CHECK_EQ(e.error, ENG_E_BUDGET);
	CHECK(dev_global("n") < 1000);
	b.budget = 100000;
	ASK(BUDGET, &b);
	CHECK_EQ(eval("for (i = 0; i < 0n2000; i++) .n = i;").error, ENG_OK);
	CHECK_EQ(dev_global("n"), 1999);
	b.budget = LSM_MAX_BUDGET + 1;
	CHECK_EQ(ioctl(dev, LSM_IOC_BUDGET, &b), -1);
	CHECK_EQ(errno, EINVAL);
}

TEST(memory)
{
	static char text[3 * 4096] __attribute__((aligned(4096)));
	char copy[3 * 4096];
	struct lsm_mem m = { (uintptr_t)text, (uintptr_t)copy, sizeof(text), 0, (u32)getpid(), 0 };
	struct lsm_translate t = { .addr = (uintptr_t)text + 5, .pid = (u32)getpid() };

	dev_open();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	ASK(READ, &m);
	CHECK_EQ(m.done, sizeof(text));
	CHECK(!memcmp(text, copy, sizeof(text)));
	memset(copy, 'w', sizeof(copy));
	m.len = 4097;
	ASK(WRITE, &m);
	CHECK_EQ(m.done, 4097);
	CHECK(text[4096] == 'w' && text[4097] == (char)(4097 * 7));
	ASK(TRANSLATE, &t);
	CHECK_EQ(t.pa % 4096, 5);
	CHECK(t.levels >= 3 && t.levels <= 5);
	CHECK(t.entry[t.levels - 1] & 1);
	/* the same bytes by their physical address */
	m = (struct lsm_mem){ t.pa, (uintptr_t)copy, 16, 0, 0, 1 };
	ASK(READ, &m);
	CHECK_EQ(m.done, 16);
	CHECK(!memcmp(text + 5, copy, 16));
	copy[0] = '!';
	m.len = 1;
	ASK(WRITE, &m);
	CHECK_EQ(m.done, 1);
	CHECK_EQ(text[5], '!');
	/* nobody there, nothing there */
	m = (struct lsm_mem){ 0x1000, (uintptr_t)copy, 16, 0, (u32)getpid(), 0 };
	ASK(READ, &m);
	CHECK_EQ(m.done, 0);
	m.pid = 0x7fffffff;
	CHECK_EQ(ioctl(dev, LSM_IOC_READ, &m), -1);
	CHECK_EQ(errno, ESRCH);
	m = (struct lsm_mem){ (uintptr_t)text, 0x1000, 16, 0, (u32)getpid(), 0 };
	CHECK_EQ(ioctl(dev, LSM_IOC_READ, &m), -1);
	CHECK_EQ(errno, EFAULT);
	t = (struct lsm_translate){ .addr = 0x1000, .pid = (u32)getpid() };
	ASK(TRANSLATE, &t);
	CHECK_EQ(t.pa, LSM_ANY);
	t = (struct lsm_translate){ .addr = 0x8000000000000000 };
	ASK(TRANSLATE, &t);
	CHECK_EQ(t.levels, 0);
}

static u64 symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], sym[400];
	unsigned long long addr;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %399s", &addr, sym) == 2 && !strcmp(sym, name)) {
			fclose(f);
			return addr;
		}
	UNIT_FAIL("no symbol %s", name);
}

TEST(memory_of_the_kernel)
{
	char banner[64] = "", code[8], was[8];
	struct lsm_mem m = { symbol("linux_banner"), (uintptr_t)banner, 60, 0, 0, 0 };
	struct lsm_translate t = { .addr = m.addr };

	dev_open();
	ASK(READ, &m);
	CHECK_EQ(m.done, 60);
	CHECK(!strncmp(banner, "Linux version ", 14));
	ASK(TRANSLATE, &t);
	CHECK(t.pa != LSM_ANY);
	CHECK(t.page == 4096 || t.page == 2 << 20);
	/* what the kernel holds read-only stays so, by its own address and by its physical one */
	m = (struct lsm_mem){ symbol("do_syscall_64"), (uintptr_t)was, 8, 0, 0, 0 };
	ASK(READ, &m);
	memset(code, 0xcc, sizeof(code));
	m.buf = (uintptr_t)code;
	ASK(WRITE, &m);
	CHECK_EQ(m.done, 0);
	t.addr = m.addr;
	ASK(TRANSLATE, &t);
	m = (struct lsm_mem){ t.pa, (uintptr_t)code, 8, 0, 0, 1 };
	ASK(WRITE, &m);
	CHECK_EQ(m.done, 0);
	m = (struct lsm_mem){ symbol("do_syscall_64"), (uintptr_t)code, 8, 0, 0, 0 };
	ASK(READ, &m);
	CHECK(!memcmp(code, was, 8));
	/* device memory, and what is no memory at all */
	m = (struct lsm_mem){ 0xb8000, (uintptr_t)code, 8, 0, 0, 1 };
	ASK(READ, &m);
	CHECK_EQ(m.done, 0);
	m.addr = 0xfee00000;
	ASK(READ, &m);
	CHECK_EQ(m.done, 0);
	m.addr = 0xffffffffffff0000;
	ASK(READ, &m);
	CHECK_EQ(m.done, 0);
}

#define EFER 0xc0000080u
#define LSTAR 0xc0000082u
#define EFER_SVME 0x1000u

TEST(registers_of_the_processor)
{
	struct lsm_msr m = { .msr = EFER };

	dev_enter();
	dev_add(good(), NULL);
	ASK(MSR, &m);
	CHECK_EQ(m.failed, 0);
	/* the guest's view: SYSCALL is on, virtualisation is not */
	CHECK_EQ(m.value & 0x1001, 1);
	m.write = 1;
	m.value |= EFER_SVME;
	ASK(MSR, &m);
	CHECK_EQ(m.failed, 1);
	m = (struct lsm_msr){ .msr = LSTAR };
	ASK(MSR, &m);
	CHECK_EQ(m.value, symbol("entry_SYSCALL_64"));
	m = (struct lsm_msr){ .cpu = LSM_ALL, .msr = LSTAR, .write = 0 };
	CHECK_EQ(ioctl(dev, LSM_IOC_MSR, &m), -1);
	CHECK_EQ(errno, EINVAL);
	m.cpu = 4000;
	CHECK_EQ(ioctl(dev, LSM_IOC_MSR, &m), -1);
	CHECK_EQ(errno, ENXIO);
	getppid();
	CHECK_EQ(dev_counters(1).fired, 1);
}

/*
 * An access to what the hypervisor's map of registers does not cover exits always, and must do what
 * it does without one: machine-check banks, what other hypervisors have, nothing at all.
 */
TEST(registers_far_out)
{
	static const u32 far[] = { 0x2000,     0x12345678, 0x40000000, 0x4b564d00, 0xbfffffff,
				   0xc0002000, 0xc0002001, 0xc0012000, 0xffffffff };
	struct lsm_msr bare[sizeof(far) / sizeof(*far)];

	dev_open();
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		bare[i] = (struct lsm_msr){ .msr = far[i] };
		ASK(MSR, &bare[i]);
	}
	dev_enter();
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		struct lsm_msr m = { .msr = far[i] };

		ASK(MSR, &m);
		CHECK_EQ(m.failed, bare[i].failed);
		CHECK_EQ(m.value, bare[i].value);
		m.write = 1;
		ASK(MSR, &m);
		CHECK_EQ(m.failed, bare[i].failed);
	}
}

TEST(a_reader_is_woken)
{
	struct pollfd p = { .events = POLLIN };
	pid_t pid;

	dev_enter();
	p.fd = dev;
	CHECK_EQ(poll(&p, 1, 50), 0);
	dev_add(dev_event(4, ENG_EV_SYSCALL, ENG_STAGE_PRE, SYS_getpgrp), "print(1);");
	pid = fork();
	if (!pid) {
		usleep(200000);
		syscall(SYS_getpgrp);
		_exit(0);
	}
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_STR(dev_drain(), "1\n");
	waitpid(pid, NULL, 0);
	CHECK_EQ(poll(&p, 1, 50), 0);
}

TEST(mappings)
{
	size_t size = sizeof(struct lsm_ring) + 4096;

	dev_open();
#define MAPS(len, flags, offset) \
	(mmap(NULL, len, PROT_READ, flags, dev, (off_t)(offset)) != MAP_FAILED)
	size = sizeof(struct lsm_ring) + info.ring_bytes;
	CHECK(MAPS(size, MAP_SHARED, LSM_MMAP_RING(0)));
	CHECK(!MAPS(size + 4096, MAP_SHARED, LSM_MMAP_RING(0)));
	CHECK(!MAPS(size, MAP_PRIVATE, LSM_MMAP_RING(0)));
	CHECK(!MAPS(4096, MAP_SHARED, LSM_MMAP_RING(0) + 4096));
	CHECK(!MAPS(4096, MAP_SHARED, LSM_MMAP_RING(info.ncpus)));
	CHECK(!MAPS(4096, MAP_SHARED, LSM_MMAP_RING(0x7ffffffe)));
	CHECK(!MAPS(info.nglobals * 8 + 4096, MAP_SHARED, 0));
	CHECK(!MAPS(4096, MAP_SHARED, 4096));
}

static u64 seed = 88172645463325252ULL;

static u64 chance(u64 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* Images with a few bytes changed: refused, or run without harm. */
TEST(damaged_scripts)
{
	static const char *const text[] = {
		".n = .n + 1; int x[8]; x[$syscall_arg0 & 7] = @rdi; printf(\"%d %s\", x[1], "
		"$pname);",
		"int product(int n) { return n < 1 ? 1 : n * product(n - 1); } .m[product(5)]++; "
		".h[0] = "
		"hist(.n);",
	};
	u32 accepted = 0, rounds = 0;

	dev_enter();
	for (size_t t = 0; t < sizeof(text) / sizeof(*text); t++) {
		struct eng_program *prog = dev_compile(text[t]);
		u32 size = prog->image->size;
		u8 *bytes = malloc(size);

		for (u32 i = 0; i < 1500; i++, rounds++) {
			struct lsm_event e = good();

			memcpy(bytes, prog->image, size);
			for (u64 n = 1 + chance(3); n; n--)
				bytes[40 + chance(size - 40)] ^= (u8)(1u << chance(8));
			e.image = (uintptr_t)bytes;
			e.image_size = size;
			e.pid = (u64)getpid();
			if (ioctl(dev, LSM_IOC_ADD, &e)) {
				CHECK_EQ(errno, EINVAL);
				CHECK(*e.why);
				continue;
			}
			accepted++;
			call(SYS_getppid, (long)chance(~0ULL), (long)chance(~0ULL), 0);
			CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, 1), 0);
		}
		free(bytes);
		scr_program_free(prog);
	}
	CHECK(accepted > rounds / 50 && accepted < rounds);
	dev_drain();
}

/* Requests of random bytes; those that could change memory or MSRs are left out. */
TEST(random_requests)
{
	static const unsigned long cmd[] = {
		LSM_IOC_INFO,	LSM_IOC_ADD,	  LSM_IOC_CTL,	LSM_IOC_COUNTERS,  LSM_IOC_EVAL,
		LSM_IOC_BUDGET, LSM_IOC_MAP_INFO, LSM_IOC_READ, LSM_IOC_TRANSLATE, LSM_IOC_STATS,
	};
	union {
		u8 byte[1024];
		struct lsm_mem mem;
	} arg;

	dev_enter();
	for (u32 i = 0; i < 20000; i++) {
		size_t n = chance(sizeof(cmd) / sizeof(*cmd));

		for (size_t b = 0; b < sizeof(arg); b++)
			arg.byte[b] = chance(3) ? (u8)chance(256) : 0;
		if (cmd[n] == LSM_IOC_READ)
			arg.mem.len %= 65536;
		ioctl(dev, cmd[n], &arg);
	}
	dev_ctl(LSM_CTL_CLEAR, LSM_ALL);
}

/* Addresses of all kinds, from a script and by requests. */
TEST(wild_addresses)
{
	struct lsm_mem m;
	char buf[64];

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, ENG_STAGE_PRE, SYS_getppid,
	       ".a = check_address($syscall_arg0); .b = check_address($syscall_arg1); "
	       ".pa = virtual_to_physical($syscall_arg0); .x = db_pa($syscall_arg1 & 0xffffffff);");
	for (u32 i = 0; i < 20000; i++) {
		u64 addr = chance(~0ULL) | (chance(2) ? 0xffff800000000000 : 0);

		if (chance(2))
			addr &= ~0ULL >> chance(40);
		call(SYS_getppid, (long)addr, (long)~addr, 0);
		m = (struct lsm_mem){ addr,
				      (uintptr_t)buf,
				      sizeof(buf),
				      0,
				      chance(2) ? (u32)getpid() : 0,
				      (u32)chance(2) };
		if (ioctl(dev, LSM_IOC_READ, &m))
			CHECK_EQ(errno, EINVAL); /* goes round the end */
	}
	CHECK_EQ(dev_counters(1).fired, 20000);
}

UNIT_MAIN()
