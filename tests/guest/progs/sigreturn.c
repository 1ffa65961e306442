/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sigreturn.c - where the kernel returns to: addresses that SYSRET cannot take, changed registers,
 * selectors and flags by rt_sigreturn, the end of the address space.
 */
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <setjmp.h>
#include <sys/mman.h>

#include "kit.h"

static greg_t *context_regs(void *context)
{
	return ((ucontext_t *)context)->uc_mcontext.gregs;
}

static uint64_t put_rip;
static struct caught got;
static sigjmp_buf out;

/* Return from the handler as from an ordinary call: RCX is RIP, R11 the flags. */
static void put(int sig, siginfo_t *info, void *context)
{
	greg_t *g = context_regs(context);

	g[REG_RIP] = g[REG_RCX] = put_rip;
	g[REG_R11] = g[REG_EFL];
}

static void segv(int sig, siginfo_t *info, void *context)
{
	greg_t *g = context_regs(context);

	got.sig = sig;
	got.rip = g[REG_RIP];
	got.trap = g[REG_TRAPNO];
	got.error = g[REG_ERR];
	got.addr = (uintptr_t)info->si_addr;
	siglongjmp(out, 1);
}

/* clang-format off */
static const uint64_t bad_rip[] = {
	0x800000000000, 0x7fffffffffff, 0x7ffffffff000, 0xffff7fffffffffff, 0xffff800000000000,
	0xffffffff81000000, 0xfffffffffffff000, ~0ul, 0x8000000000000000, 0xff000000000000,
	0x100000000000000, 0x4141414141414141, 0,
};
/* clang-format on */
#define N_BAD (sizeof(bad_rip) / sizeof(*bad_rip))

static void land_on(uint64_t rip)
{
	put_rip = rip;
	kit_handle(SIGUSR1, put, 0);
	kit_handle(SIGSEGV, segv, SA_NODEFER);
	memset(&got, 0, sizeof(got));
	if (!sigsetjmp(out, 1))
		raise(SIGUSR1);
}

TEST(sigreturn_to_bad_addresses)
{
	for (size_t i = 0; i < 5 * N_BAD; i++) {
		uint64_t rip = bad_rip[i % N_BAD];

		land_on(rip);
		CHECK_EQ(got.sig, SIGSEGV);
		CHECK_EQ(got.rip, rip);
		if (i < N_BAD)
			SEEN("%lx: exception %lu, error %lx, address %lx", rip, got.trap, got.error,
			     got.addr);
	}
}

/* A SYSCALL whose end is the end of user addresses: the next instruction is not there. */
TEST(call_at_the_end_of_user_addresses)
{
	const uintptr_t end = 0x7ffffffff000;
	unsigned char *page = mmap((void *)(end - 4096), 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct regs r;

	if (page != (unsigned char *)end - 4096)
		SKIP("the last page of user addresses cannot be had");
	memset(page, 0x90, 4096);
	memcpy(page + 4094, "\x0f\x05", 2);
	for (int i = 0; i < 10; i++) {
		struct caught c;

		kit_poison(&r, i);
		r.rax = SYS_getpid;
		kit_probe(&r, page + 4094, &c);
		CHECK_EQ(c.sig, SIGSEGV);
		CHECK_EQ(c.rip, end);
		CHECK_EQ(c.r.rax, getpid());
		CHECK_EQ(c.r.rcx, end);
		SEEN("exception %lu, error %lx, address %lx", c.trap, c.error, c.addr);
	}
}

/* Registers changed in the handler are those that the program goes on with. */
static struct regs want;
static bool as_sysret;

static void change(int sig, siginfo_t *info, void *context)
{
	/* clang-format off */
	static const int where[] = {
		REG_RAX, REG_RCX, REG_RDX, REG_RBX, -1, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9,
		REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_EFL,
	};
	/* clang-format on */
	greg_t *g = context_regs(context);

	if (as_sysret) {
		want.rcx = g[REG_RIP];
		want.r11 = want.flags;
	}
	for (int i = 0; i < KIT_NREGS; i++)
		if (where[i] >= 0)
			g[where[i]] = *kit_reg(&want, i);
}

TEST(sigreturn_with_changed_registers)
{
	kit_handle(SIGUSR2, change, 0);
	for (int i = 0; i < 200; i++) {
		struct regs r;

		as_sysret = i & 1;
		kit_poison(&want, i);
		want.flags = FLAGS_PLAIN | (i & 2 ? FLAG_CF | FLAG_DF : 0) | (i & 4 ? FLAG_OF : 0) |
			     (i & 8 ? FLAG_AC : 0);
		kit_poison(&r, i * 3);
		r.rax = SYS_tkill;
		r.rdi = getpid();
		r.rsi = SIGUSR2;
		kit_run(&r, kit_syscall);
		for (int n = 0; n < KIT_NREGS; n++)
			if (n != offsetof(struct regs, rsp) / 8)
				CHECK_EQ(*kit_reg(&r, n), *kit_reg(&want, n));
	}
}

/* Code and stack selectors of an LDT, and ones that are nothing. */
static uint16_t put_cs, put_ss;

static void select_them(int sig, siginfo_t *info, void *context)
{
	greg_t *g = context_regs(context);
	uint64_t all = g[REG_CSGSFS];

	all = (all & ~0xffff00000000ffffull) | put_cs | (uint64_t)put_ss << 48;
	g[REG_CSGSFS] = all;
}

static int with_selectors(uint16_t cs, uint16_t ss)
{
	put_cs = cs;
	put_ss = ss;
	memset(&got, 0, sizeof(got));
	kit_handle(SIGUSR1, select_them, 0);
	kit_handle(SIGSEGV, segv, SA_NODEFER);
	kit_handle(SIGBUS, segv, SA_NODEFER);
	if (!sigsetjmp(out, 1))
		raise(SIGUSR1);
	return got.sig;
}

static void ldt_entry(unsigned nr, bool code, bool present)
{
	struct user_desc d = { .entry_number = nr,
			       .base_addr = 0,
			       .limit = 0xfffff,
			       .seg_32bit = 1,
			       .contents = code ? 2 : 0,
			       .limit_in_pages = 1,
			       .seg_not_present = !present };

	CHECK_EQ(kit_call(SYS_modify_ldt, 1, (long)&d, sizeof(d), 0, 0, 0), 0);
}

TEST(sigreturn_with_selectors)
{
	ldt_entry(0, false, true);
	ldt_entry(1, false, false);
	ldt_entry(2, true, false);
	CHECK_EQ(with_selectors(0x33, 0x2b), 0);
	CHECK_EQ(with_selectors(0x33, 0x07), 0); /* data segment of the LDT */
	/* clang-format off */
	static const struct { uint16_t cs, ss; } bad[] = {
		{ 0x33, 0x0f }, { 0x17, 0x2b }, { 0x10, 0x2b }, { 0x33, 0x18 }, { 0x2b, 0x2b },
		{ 0x33, 0x33 }, { 0x7f, 0x2b }, { 0x33, 0x7fff }, { 0x03, 0x2b },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int sig = with_selectors(bad[i].cs, bad[i].ss);

		CHECK(sig == SIGSEGV || sig == SIGBUS);
		SEEN("cs %x ss %x: signal %d, exception %lu, error %lx", bad[i].cs, bad[i].ss, sig,
		     got.trap, got.error);
		CHECK_EQ(kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
	}
}

/* SYSRET loads SS fully: data of a null-selector interrupt return do not stay in it. */
TEST(stack_segment_after_calls)
{
	ldt_entry(0, false, true);
	for (int i = 0; i < 50; i++) {
		uint16_t ss;

		CHECK_EQ(with_selectors(0x33, 0x07), 0);
		CHECK_EQ(kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0), 0);
		__asm__ volatile("mov %%ss, %0" : "=r"(ss));
		CHECK_EQ(ss, 0x2b);
		/* The limit of SS counts in 32-bit code: it is used by INT 0x80's return. */
		__asm__ volatile("push %%rax\n\tmovl $1, %%ss:-64(%%rsp)\n\tpop %%rax" ::
					 : "memory");
	}
}

UNIT_MAIN()
