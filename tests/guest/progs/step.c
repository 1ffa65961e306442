/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step.c - single-stepping through system calls by TF: where the traps are, SYSCALL and INT 0x80
 * included, and none in a handler.
 */
#include "kit.h"

#define MAX 64
static struct {
	uintptr_t rip[MAX];
	int code[MAX];
	int n;
} trap;

static void trapped(int sig, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (trap.n < MAX) {
		trap.rip[trap.n] = g[REG_RIP];
		trap.code[trap.n] = info->si_code;
	}
	trap.n++;
}

/*
 * Each piece of code begins behind the setting of TF; RSI holds an address to write to. The
 * first trap comes after the first instruction of it.
 */
#define STEPPED(name, body)                                                            \
	__asm__(".globl " #name ", " #name "_on, " #name "_off\n" #name                \
		":\n\tpushfq\n\torl $0x100, (%rsp)\n\tpopfq\n" #name "_on:\n\t" body   \
		"\n\tpushfq\n\tandl $~0x100, (%rsp)\n\tpopfq\n" #name "_off:\n\tret"); \
	extern char name[], name##_on[], name##_off[];

/* clang-format off */
STEPPED(step_nops, "nop\n\tnop\n\tnop")
STEPPED(step_syscall, "nop\n\tsyscall\n\tnop\n\tnop")
STEPPED(step_two, "syscall\n\tmov $39, %eax\n\tsyscall")
STEPPED(step_int80, "nop\n\tint $0x80\n\tnop\n\tnop")
/* clang-format on */

/* pushfq, andl, popfq: the last is stepped as well, since TF was on when it began. */
#define OFF "\7\1"
#define ALL_OFF "\1" OFF

/*
 * Traps come @len bytes apart, from @on. A return to user mode with TF set is made by IRET, and
 * then the first trap is behind the instruction that follows the call: both are one step.
 */
static void run(char *code, char *on, uint64_t rax, const char *len, uint64_t want)
{
	struct regs r;

	kit_handle(SIGTRAP, trapped, 0);
	for (int round = 0; round < 20; round++) {
		uintptr_t at = (uintptr_t)on;
		int n = 0;

		trap.n = 0;
		kit_poison(&r, round);
		r.rax = rax;
		kit_run(&r, code);
		CHECK_EQ(r.rax, want);
		CHECK_EQ(r.flags & FLAG_TF, 0);
		for (; len[n]; n++) {
			at += len[n];
			CHECK_EQ(trap.rip[n], at);
			CHECK_EQ(trap.code[n], 2); /* TRAP_TRACE */
		}
		CHECK_EQ(trap.n, n);
	}
}

TEST(plain_instructions)
{
	run(step_nops, step_nops_on, 5, "\1\1\1" ALL_OFF, 5);
}

TEST(syscall_instruction)
{
	run(step_syscall, step_syscall_on, SYS_getpid, "\1\3\1" ALL_OFF, getpid());
}

TEST(two_calls)
{
	run(step_two, step_two_on, SYS_gettid, "\7\3" OFF, getpid());
}

TEST(refused_call)
{
	run(step_syscall, step_syscall_on, 100000, "\1\3\1" ALL_OFF, -38);
}

TEST(old_gate)
{
	run(step_int80, step_int80_on, 20, "\1\3\1" ALL_OFF, getpid());
}

/* The flags that SYSCALL leaves in R11 have TF, as the hardware saved them. */
TEST(saved_flags_have_trap_flag)
{
	struct regs r = { .rax = SYS_getpid, .flags = FLAGS_PLAIN | FLAG_TF | FLAG_CF };

	trap.n = 0;
	kit_handle(SIGTRAP, trapped, 0);
	kit_run(&r, kit_syscall);
	CHECK_EQ(r.r11, FLAGS_PLAIN | FLAG_TF | FLAG_CF);
	CHECK(trap.n > 10);
}

/* A handler itself is not stepped, and stepping goes on behind it. */
static volatile int handled;

static void handler(int sig, siginfo_t *info, void *context)
{
	kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	handled = trap.n;
	kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	if (trap.n != handled)
		UNIT_FAIL("a handler was stepped");
}

TEST(handlers_are_not_stepped)
{
	struct regs r = { .rax = SYS_kill, .rdi = getpid(), .rsi = SIGUSR1, .flags = FLAGS_PLAIN };

	kit_handle(SIGTRAP, trapped, 0);
	kit_handle(SIGUSR1, handler, 0);
	for (int i = 0; i < 20; i++) {
		trap.n = 0;
		r.rax = SYS_kill;
		kit_run(&r, step_syscall);
		CHECK_EQ(r.rax, 0);
		CHECK(trap.n == 6 || trap.n == 7);
		CHECK_EQ(trap.rip[0], (uintptr_t)step_syscall_on + 1);
		CHECK_EQ(trap.rip[trap.n - 1], (uintptr_t)step_syscall_off);
	}
	SEEN("%d traps around a call that raises a signal", trap.n);
}

UNIT_MAIN()
