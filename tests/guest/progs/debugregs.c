/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debugregs.c - hardware breakpoints of a traced process on a SYSCALL, behind it, and on what it
 * writes; the interrupt shadow of MOV SS before a SYSCALL.
 */
#include <sys/ptrace.h>
#include <sys/user.h>

#include "kit.h"

/* clang-format off */
__asm__(".globl shadow_code, shadow_call, shadow_end\n"
	"shadow_code:\n\tmov %ss, %ecx\n\tmov %ecx, %ss\n"
	"shadow_call:\n\tsyscall\n"
	"shadow_end:\n\tnop\n\tret\n"
	".globl shadow_pop, shadow_pop_call, shadow_pop_end\n"
	"shadow_pop:\n\tmov %ss, %ecx\n\tpush %rcx\n\tmov (%rsp), %ss\n"
	"shadow_pop_call:\n\tsyscall\n"
	"shadow_pop_end:\n\tpop %rcx\n\tret\n");
/* clang-format on */
extern char shadow_code[], shadow_call[], shadow_end[];
extern char shadow_pop[], shadow_pop_call[], shadow_pop_end[];

#define ROUNDS 10

/* A child that calls @code ROUNDS times; exits with 0 when all results are right. */
static pid_t child(const char *code)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < ROUNDS; i++) {
			struct regs r;

			kit_poison(&r, i);
			r.rax = SYS_getpid;
			kit_run(&r, code);
			if (r.rax != (uint64_t)getpid())
				_exit(1);
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	return pid;
}

static void set_debug(pid_t pid, int reg, uint64_t value)
{
	CHECK_EQ(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[reg]), value), 0);
}

/* Breakpoints at @n addresses; they hit in that order, ROUNDS times, and nothing else comes. */
static void hits(const char *code, char *const *at, int n)
{
	pid_t pid = child(code);
	int status;

	for (int i = 0; i < n; i++)
		set_debug(pid, i, (uintptr_t)at[i]);
	set_debug(pid, 7, n == 1 ? 1 : n == 2 ? 5 : 21);
	for (int i = 0; i < ROUNDS * n; i++) {
		struct user_regs_struct regs;

		CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			UNIT_FAIL("status %x at hit %d", status, i);
		CHECK_EQ(WSTOPSIG(status), SIGTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
		CHECK_EQ(regs.rip, (uintptr_t)at[i % n]);
		CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[6]), 0) & 15,
			 1 << i % n);
	}
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(breakpoint_on_the_call)
{
	hits(kit_syscall, (char *[]){ kit_syscall }, 1);
}

TEST(breakpoint_behind_the_call)
{
	hits(kit_syscall, (char *[]){ kit_syscall_end }, 1);
}

TEST(breakpoints_on_and_behind)
{
	hits(kit_syscall, (char *[]){ kit_syscall, kit_syscall_end }, 2);
}

TEST(breakpoints_around_a_shadow)
{
	hits(shadow_code, (char *[]){ shadow_code, shadow_end }, 2);
}

TEST(call_in_the_shadow_of_mov_ss)
{
	for (int i = 0; i < 200; i++) {
		struct regs r;

		kit_poison(&r, i);
		r.rax = SYS_getpid;
		kit_run(&r, i & 1 ? shadow_code : shadow_pop);
		CHECK_EQ(r.rax, getpid());
	}
}

/* Single steps of a tracer: where each ends. */
static int steps(const char *code, uintptr_t *where, int max)
{
	pid_t pid = child(code);
	struct user_regs_struct regs;
	int status, n = 0;

	set_debug(pid, 0, (uintptr_t)code);
	set_debug(pid, 7, 1);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	set_debug(pid, 7, 0);
	while (n < max) {
		CHECK_EQ(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
		where[n++] = regs.rip;
	}
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
	return n;
}

TEST(steps_over_a_call)
{
	uintptr_t where[1];

	steps(kit_syscall, where, 1);
	CHECK_EQ(where[0], (uintptr_t)kit_syscall_end);
}

TEST(steps_over_a_shadowed_call)
{
	uintptr_t where[3];

	steps(shadow_code, where, 3);
	for (int i = 0; i < 3; i++)
		SEEN("step %d ends at %ld", i, (long)(where[i] - (uintptr_t)shadow_code));
	CHECK_EQ(where[0], (uintptr_t)shadow_code + 2);
	CHECK(where[2] == (uintptr_t)shadow_end || where[1] == (uintptr_t)shadow_end);
}

/*
 * A watchpoint on the memory that MOV SS reads: the trap is held back by the shadow and comes in
 * the kernel, at the first instruction behind SYSCALL (CVE-2018-8897). The kernel lives.
 */
TEST(watchpoint_held_back_by_the_shadow)
{
	static uint64_t ss_word;
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		__asm__ volatile("mov %%ss, %0" : "=r"(ss_word));
		raise(SIGSTOP);
		for (int i = 0; i < ROUNDS; i++) {
			long result;

			__asm__ volatile("mov %2, %%ss\n\tsyscall"
					 : "=a"(result)
					 : "a"(SYS_getpid), "m"(ss_word)
					 : "rcx", "r11", "memory");
			if (result != getpid())
				_exit(1);
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	set_debug(pid, 0, (uintptr_t)&ss_word);
	set_debug(pid, 7, 1 | 3 << 16); /* reads and writes */
	int traps = 0;

	for (;;) {
		CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			break;
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), SIGTRAP);
		traps++;
	}
	CHECK_EQ(WEXITSTATUS(status), 0);
	SEEN("%d traps of %d", traps, ROUNDS);
}

UNIT_MAIN()
