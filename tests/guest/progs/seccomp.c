/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seccomp.c - filters see the numbers, arguments and addresses that the program used, and what
 * they decide happens; likewise system-call user dispatch.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "kit.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static void install(struct sock_filter *code, unsigned short n)
{
	struct sock_fprog prog = { n, code };

	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

#define INSTALL(...)                                            \
	do {                                                    \
		struct sock_filter code_[] = __VA_ARGS__;       \
		install(code_, sizeof(code_) / sizeof(*code_)); \
	} while (0)

TEST(number_is_answered)
{
	/* clang-format off */
	INSTALL({ LOAD(nr), UNLESS(SYS_getppid, 1), RETURN(SECCOMP_RET_ERRNO | 99),
		  RETURN(SECCOMP_RET_ALLOW) });
	/* clang-format on */
	for (int i = 0; i < 50; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_getppid;
		r = before;
		kit_run(&r, kit_syscall);
		CHECK_EQ(r.rax, -99);
		kit_check_kept(&before, &r, kit_syscall_end);
		CHECK_EQ(kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
	}
}

/* The filter sees the address behind SYSCALL and the architecture. */
TEST(address_and_architecture)
{
	/* clang-format off */
	INSTALL({ LOAD(instruction_pointer), UNLESS((uint32_t)(uintptr_t)kit_syscall_end, 5),
		  LOAD(arch), UNLESS(AUDIT_ARCH_X86_64, 3),
		  LOAD(args[5]), UNLESS(0x5eed, 1), RETURN(SECCOMP_RET_ERRNO | 33),
		  RETURN(SECCOMP_RET_ALLOW) });
	/* clang-format on */
	CHECK_EQ(kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0x5eed), -33);
	CHECK_EQ(kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
	CHECK_EQ(syscall(SYS_getpid, 0, 0, 0, 0, 0, 0x5eed), getpid());
}

static volatile struct {
	int sig, code, nr;
	unsigned arch;
	uintptr_t call, rip;
	uint64_t rax;
} trap;

static void trapped(int sig, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	trap.sig = sig;
	trap.code = info->si_code;
	trap.nr = info->si_syscall;
	trap.arch = info->si_arch;
	trap.call = (uintptr_t)info->si_call_addr;
	trap.rip = g[REG_RIP];
	trap.rax = g[REG_RAX];
	g[REG_RAX] = 4242;
}

TEST(trap_emulates_a_call)
{
	kit_handle(SIGSYS, trapped, 0);
	/* clang-format off */
	INSTALL({ LOAD(nr), UNLESS(SYS_getppid, 1), RETURN(SECCOMP_RET_TRAP | 7),
		  RETURN(SECCOMP_RET_ALLOW) });
	/* clang-format on */
	for (int i = 0; i < 20; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_getppid;
		r = before;
		kit_run(&r, kit_syscall);
		CHECK_EQ(r.rax, 4242);
		kit_check_kept(&before, &r, kit_syscall_end);
		CHECK_EQ(trap.sig, SIGSYS);
		CHECK_EQ(trap.nr, SYS_getppid);
		CHECK_EQ(trap.arch, AUDIT_ARCH_X86_64);
		CHECK_EQ(trap.call, (uintptr_t)kit_syscall_end);
		CHECK_EQ(trap.rip, (uintptr_t)kit_syscall_end);
		CHECK_EQ(trap.rax, SYS_getppid);
	}
}

TEST(kill)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* clang-format off */
		INSTALL({ LOAD(nr), UNLESS(SYS_getppid, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
			  RETURN(SECCOMP_RET_ALLOW) });
		/* clang-format on */
		kit_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSYS);
}

TEST(strict)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		kit_call(SYS_write, -1, 0, 0, 0, 0, 0);
		kit_call(SYS_exit, 5, 0, 0, 0, 0, 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 5);
}

/* Calls from outside a range of code become SIGSYS, with nothing done and nothing changed. */
TEST(user_dispatch)
{
	static volatile char selector = 0;

	kit_handle(SIGSYS, trapped, 0);
	/* The restorer of signal handlers is the C library's; it is in the text that is let by. */
	extern char __executable_start[], etext[];
	unsigned char *page = kit_code_page(0x20000000);

	memcpy(page, "\x0f\x05\xc3", 3);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, __executable_start, etext - __executable_start,
		  &selector))
		SKIP("no system-call user dispatch");
	for (int i = 0; i < 20; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_getpid;
		r = before;
		selector = i & 1;
		kit_run(&r, page);
		selector = 0;
		CHECK_EQ(r.rax, i & 1 ? 4242 : getpid());
		kit_check_kept(&before, &r, (char *)page + 2);
		CHECK_EQ(trap.code, i ? 2 : 0); /* SYS_USER_DISPATCH */
		if (i)
			CHECK_EQ(trap.call, (uintptr_t)page + 2);
	}
}

UNIT_MAIN()
