/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compat.c - 32-bit calls: the vDSO's own (SYSCALL on AMD, from compatibility mode), INT 0x80,
 * with registers kept and results right, signals and restarts between them.
 *
 * A program of 32 bits without a C library, so that no 32-bit one has to be installed. It has its
 * own start, and prints the same TAP as the others.
 */
#include <stddef.h>
#include <stdint.h>

#define NR_EXIT 1
#define NR_WRITE 4
#define NR_GETPID 20
#define NR_PIPE 42
#define NR_KILL 37
#define NR_RT_SIGACTION 174
#define NR_SCHED_YIELD 158
#define NR_GETTID 224
#define NR_MMAP2 192
#define NR_READ 3
#define NR_SETITIMER 104
#define AT_SYSINFO 32
#define SIGUSR1 10
#define SIGALRM 14
#define SA_SIGINFO 4
#define SA_RESTART 0x10000000

struct regs {
	uint32_t eax, ecx, edx, ebx, ebp, esi, edi, flags;
};

void run(struct regs *r, uint32_t entry);
void start(uint32_t *stack);
static uint32_t vsyscall;

/* All registers from *r, call entry, all registers to *r. */
/* clang-format off */
__asm__("	.globl run\n"
	"run:	push %ebx\n push %esi\n push %edi\n push %ebp\n"
	"	mov 20(%esp), %edi\n"
	"	push 24(%esp)\n" /* entry */
	"	push %edi\n"
	"	push 28(%edi)\n popf\n"
	"	mov 0(%edi), %eax\n mov 4(%edi), %ecx\n mov 8(%edi), %edx\n mov 12(%edi), %ebx\n"
	"	mov 16(%edi), %ebp\n mov 20(%edi), %esi\n mov 24(%edi), %edi\n"
	"	call *4(%esp)\n"
	"	xchg %edi, (%esp)\n"
	"	mov %eax, 0(%edi)\n mov %ecx, 4(%edi)\n mov %edx, 8(%edi)\n mov %ebx, 12(%edi)\n"
	"	mov %ebp, 16(%edi)\n mov %esi, 20(%edi)\n"
	"	pushf\n pop 28(%edi)\n"
	"	push $0x202\n popf\n"
	"	pop %ecx\n mov %ecx, 24(%edi)\n"
	"	pop %ecx\n"
	"	pop %ebp\n pop %edi\n pop %esi\n pop %ebx\n"
	"	ret\n"
	"	.globl gate\n"
	"gate:	int $0x80\n ret\n"
	"	.globl _start\n"
	"_start:	mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call start\n"
	"	.globl restorer\n"
	"restorer:	mov $173, %eax\n int $0x80\n");
/* clang-format on */
extern char gate[], restorer[];

static int32_t call(uint32_t nr, uint32_t a, uint32_t b, uint32_t c)
{
	struct regs r = { .eax = nr, .ebx = a, .ecx = b, .edx = c, .flags = 0x202 };

	run(&r, (uint32_t)gate);
	return r.eax;
}

static void say(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	call(NR_WRITE, 1, (uint32_t)text, n);
}

static void poison(struct regs *r, uint32_t seed)
{
	uint32_t *reg = &r->eax;

	for (int i = 0; i < 7; i++)
		reg[i] = seed = seed * 1664525 + 1013904223;
	r->flags = 0x202 | (seed & 0x400 ? 0x8c1 : 0);
}

/* By the vDSO or by the gate: only EAX changes. */
static int kept(uint32_t entry, uint32_t nr, int32_t want, uint32_t rounds)
{
	for (uint32_t i = 0; i < rounds; i++) {
		struct regs r, b;

		poison(&b, i);
		b.eax = nr;
		r = b;
		run(&r, entry);
		if (r.eax != (uint32_t)want || r.ecx != b.ecx || r.edx != b.edx || r.ebx != b.ebx ||
		    r.ebp != b.ebp || r.esi != b.esi || r.edi != b.edi || r.flags != b.flags)
			return 0;
	}
	return 1;
}

static int vdso_call_keeps_registers(void)
{
	return vsyscall && kept(vsyscall, NR_GETPID, call(NR_GETPID, 0, 0, 0), 300);
}

static int vdso_refuses_numbers(void)
{
	return kept(vsyscall, 1000, -38, 50) && kept(vsyscall, ~0u, -38, 50) &&
	       kept(vsyscall, 0x40000000 | NR_GETPID, -38, 50);
}

static int gate_keeps_registers(void)
{
	return kept((uint32_t)gate, NR_GETTID, call(NR_GETPID, 0, 0, 0), 300);
}

/* The sixth argument is in EBP, which the vDSO passes over the stack. */
static int six_arguments(void)
{
	for (int i = 0; i < 50; i++) {
		struct regs r = { .eax = NR_MMAP2,
				  .ebx = 0,
				  .ecx = 4096,
				  .edx = 3,
				  .esi = 0x22,
				  .edi = ~0u,
				  .ebp = 0x1000 + i,
				  .flags = 0x202 };
		uint32_t *page;

		run(&r, i & 1 ? vsyscall : (uint32_t)gate);
		page = (uint32_t *)r.eax;
		if (r.eax > 0xfffff000 || r.ebp != 0x1000u + i)
			return 0;
		page[1023] = i;
	}
	return 1;
}

static int bad_pointers_are_efault(void)
{
	struct regs r = { .eax = NR_PIPE, .ebx = 0xfffff000, .flags = 0x202 };

	run(&r, vsyscall);
	return (int32_t)r.eax == -14;
}

static volatile uint32_t handled;
static uint32_t write_when, write_to; /* the signal whose handler writes, where to; 0: none */

static void handler(int sig)
{
	struct regs r = { .eax = NR_GETPID, .flags = 0x202 };

	handled++;
	run(&r, vsyscall);
	if (handled == write_when)
		call(NR_WRITE, write_to, (uint32_t) "w", 1);
}

static void handle(int sig)
{
	struct {
		void (*fn)(int);
		uint32_t flags;
		void *restorer;
		uint32_t mask[2];
	} act = { handler, SA_SIGINFO | SA_RESTART | 0x04000000, restorer, { 0 } };
	struct regs r = {
		.eax = NR_RT_SIGACTION, .ebx = sig, .ecx = (uint32_t)&act, .esi = 8, .flags = 0x202
	};

	run(&r, (uint32_t)gate);
}

static int signals_to_oneself(void)
{
	uint32_t pid = call(NR_GETPID, 0, 0, 0);

	handle(SIGUSR1);
	handled = 0;
	for (uint32_t i = 1; i <= 50; i++) {
		struct regs r = { .eax = NR_KILL,
				  .ebx = pid,
				  .ecx = SIGUSR1,
				  .esi = 0x51,
				  .edi = 0xd1,
				  .ebp = 0xb9,
				  .flags = 0x202 };

		run(&r, vsyscall);
		if (r.eax || handled != i || r.ebx != pid || r.ecx != SIGUSR1 || r.esi != 0x51 ||
		    r.edi != 0xd1 || r.ebp != 0xb9)
			return 0;
	}
	return 1;
}

/*
 * A read from a pipe is interrupted by the timer again and again, and made again until a handler
 * has written what it waits for.
 */
static int restarted_read(void)
{
	uint32_t timer[4] = { 0, 5000, 0, 5000 }, off[4] = { 0 };
	int fd[2];
	char c = 0;

	handle(SIGALRM);
	handled = 0;
	if (call(NR_PIPE, (uint32_t)fd, 0, 0))
		return 0;
	write_when = 10;
	write_to = (uint32_t)fd[1];
	call(NR_SETITIMER, 0, (uint32_t)timer, 0);
	struct regs r = { .eax = NR_READ,
			  .ebx = fd[0],
			  .ecx = (uint32_t)&c,
			  .edx = 1,
			  .ebp = 0xbbbb,
			  .esi = 0x5151,
			  .edi = 0xd1d1,
			  .flags = 0x202 };

	run(&r, vsyscall);
	call(NR_SETITIMER, 0, (uint32_t)off, 0);
	write_when = 0;
	return r.eax == 1 && c == 'w' && handled >= 10 && r.ebx == (uint32_t)fd[0] &&
	       r.ebp == 0xbbbb && r.esi == 0x5151 && r.edi == 0xd1d1;
}

/* Back in 32-bit code with 32-bit segments: an address beyond the limit would fault. */
static int segments(void)
{
	for (int i = 0; i < 50; i++) {
		struct regs r = { .eax = NR_SCHED_YIELD, .flags = 0x202 };
		uint16_t cs, ss, ds;

		run(&r, vsyscall);
		__asm__ volatile("mov %%cs, %0\n\tmov %%ss, %1\n\tmov %%ds, %2"
				 : "=r"(cs), "=r"(ss), "=r"(ds));
		if (r.eax || cs != 0x23 || ss != 0x2b || ds != 0x2b)
			return 0;
	}
	return 1;
}

/* clang-format off */
static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "vdso_call_keeps_registers", vdso_call_keeps_registers },
	{ "vdso_refuses_numbers", vdso_refuses_numbers },
	{ "gate_keeps_registers", gate_keeps_registers },
	{ "six_arguments", six_arguments },
	{ "bad_pointers_are_efault", bad_pointers_are_efault },
	{ "signals_to_oneself", signals_to_oneself },
	{ "restarted_read", restarted_read },
	{ "segments", segments },
};
/* clang-format on */
#define N_TESTS (sizeof(tests) / sizeof(*tests))

void start(uint32_t *stack)
{
	uint32_t *aux = stack + 1 + stack[0] + 1;
	int bad = 0;

	_Static_assert(N_TESTS < 10, "one digit");
	while (*aux++)
		;
	for (; aux[0]; aux += 2)
		if (aux[0] == AT_SYSINFO)
			vsyscall = aux[1];
	char number[] = "1..0\n";

	number[3] = '0' + N_TESTS;
	say(number);
	for (size_t i = 0; i < N_TESTS; i++) {
		char nr[] = "ok 0 - ";
		int good = tests[i].fn();

		nr[3] = '1' + i;
		bad |= !good;
		say(good ? "" : "not ");
		say(nr);
		say(tests[i].name);
		say("\n");
	}
	call(NR_EXIT, bad, 0, 0);
}
