/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ptrace.c - a tracer sees and changes calls as always: both stops with all registers, numbers and
 * results replaced, calls emulated, restarted and redirected to other addresses.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "kit.h"

#define SYSTRAP (SIGTRAP | 0x80)

/* A child that makes the call of @r once, keeps @kept and tells how that ended by its status. */
static pid_t child(const struct regs *before, uint64_t want, bool check)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct regs r = *before;

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		kit_run(&r, kit_syscall);
		if (check)
			kit_check_kept(before, &r, kit_syscall_end);
		_exit(r.rax == want ? 0 : 3);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	return pid;
}

static void go(pid_t pid, int request, int sig)
{
	int status;

	CHECK_EQ(ptrace(request, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != sig)
		UNIT_FAIL("status %x, expected a stop with signal %d", status, sig);
}

/* On to the call at kit_syscall: what raise() does after its stop is not ours. */
static struct user_regs_struct to_the_call(pid_t pid, int request)
{
	struct user_regs_struct regs;

	for (;;) {
		go(pid, request, SYSTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
		if (regs.rip == (uintptr_t)kit_syscall_end)
			return regs;
		/* An entry or an exit: both lead on. */
	}
}

static void ends_well(pid_t pid)
{
	int status;

	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		UNIT_FAIL("the child ended with status %x", status);
}

TEST(registers_at_both_stops)
{
	for (int i = 0; i < 20; i++) {
		struct user_regs_struct regs;
		struct regs r;

		kit_poison(&r, i);
		r.rax = 600;
		pid_t pid = child(&r, -ENOSYS, true);

		regs = to_the_call(pid, PTRACE_SYSCALL);
		for (int stop = 0; stop < 2; stop++) {
			CHECK_EQ(regs.orig_rax, 600);
			CHECK_EQ(regs.rax, -ENOSYS);
			CHECK_EQ(regs.rdi, r.rdi);
			CHECK_EQ(regs.rsi, r.rsi);
			CHECK_EQ(regs.rdx, r.rdx);
			CHECK_EQ(regs.r10, r.r10);
			CHECK_EQ(regs.r8, r.r8);
			CHECK_EQ(regs.r9, r.r9);
			CHECK_EQ(regs.rbx, r.rbx);
			CHECK_EQ(regs.rbp, r.rbp);
			CHECK_EQ(regs.r12, r.r12);
			CHECK_EQ(regs.r13, r.r13);
			CHECK_EQ(regs.r14, r.r14);
			CHECK_EQ(regs.r15, r.r15);
			CHECK_EQ(regs.rcx, (uintptr_t)kit_syscall_end);
			CHECK_EQ(regs.r11, r.flags);
			CHECK_EQ(regs.eflags, r.flags);
			CHECK_EQ(regs.cs, 0x33);
			CHECK_EQ(regs.ss, 0x2b);
			if (!stop) {
				go(pid, PTRACE_SYSCALL, SYSTRAP);
				CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
			}
		}
		ends_well(pid);
	}
}

TEST(number_and_result_replaced)
{
	struct regs r;

	kit_poison(&r, 1);
	r.rax = SYS_getpid;
	pid_t pid = child(&r, 0x123456789, true);
	struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL);

	regs.orig_rax = SYS_getppid;
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	go(pid, PTRACE_SYSCALL, SYSTRAP);
	CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
	CHECK_EQ(regs.rax, getpid());
	regs.rax = 0x123456789;
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	ends_well(pid);
}

TEST(call_skipped)
{
	struct regs r;

	kit_poison(&r, 2);
	r.rax = SYS_exit_group;
	pid_t pid = child(&r, 77, true);
	struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL);

	regs.orig_rax = -1;
	regs.rax = 77;
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	ends_well(pid);
}

TEST(call_emulated)
{
	for (int step = 0; step < 2; step++) {
		struct regs r;

		kit_poison(&r, 2);
		r.rax = SYS_exit_group;
		pid_t pid = child(&r, 99, true);
		struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSEMU);

		CHECK_EQ(regs.orig_rax, SYS_exit_group);
		regs.rax = 99;
		CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
		if (step) {
			go(pid, PTRACE_SYSEMU_SINGLESTEP, SIGTRAP);
			CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
			SEEN("the step after an emulated call ends at %lld",
			     (long long)(regs.rip - (uintptr_t)kit_syscall_end));
		}
		ends_well(pid);
	}
}

/* All registers changed at the exit stop are those the program goes on with, by IRET. */
TEST(all_registers_replaced)
{
	for (int i = 0; i < 3; i++) {
		struct regs r;

		kit_poison(&r, 5 + i);
		r.rax = SYS_getpid;
		pid_t pid = child(&r, 42, false);
		struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL), now;

		go(pid, PTRACE_SYSCALL, SYSTRAP);
		regs.rax = 42;
		regs.rcx = 0x1111 * i;
		regs.r11 = 0x2222 * i;
		regs.rbx = 0x3333;
		regs.rdi = 0x4444;
		regs.eflags |= FLAG_CF;
		CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
		go(pid, PTRACE_SINGLESTEP, SIGTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &now), 0);
		CHECK_EQ(now.rax, 42);
		CHECK_EQ(now.rcx, regs.rcx);
		CHECK_EQ(now.r11, regs.r11);
		CHECK_EQ(now.rbx, 0x3333);
		CHECK_EQ(now.rdi, 0x4444);
		CHECK_EQ(now.eflags & ~FLAG_TF, FLAGS_PLAIN | FLAG_CF);
		ends_well(pid);
	}
}

TEST(sent_to_addresses_that_are_none)
{
	/* clang-format off */
	static const uint64_t rip[] = {
		0x800000000000, 0xffff800000000000, 0xffffffff81000000, 0x4141414141414141, 0,
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(rip) / sizeof(*rip); i++) {
		struct regs r;

		kit_poison(&r, 5 + i);
		r.rax = SYS_getpid;
		pid_t pid = child(&r, 0, false);
		struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL);

		go(pid, PTRACE_SYSCALL, SYSTRAP);
		regs.rip = regs.rcx = rip[i];
		if (ptrace(PTRACE_SETREGS, pid, 0, &regs)) {
			SEEN("%lx is refused: %s", rip[i], strerrorname_np(errno));
		} else {
			go(pid, PTRACE_CONT, SIGSEGV);
			CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
			CHECK_EQ(regs.rip, rip[i]);
		}
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
	}
}

/* A call is made again when the tracer sets RIP back, as the kernel's own restart does. */
TEST(restarted_by_the_tracer)
{
	struct regs r;

	kit_poison(&r, 9);
	r.rax = SYS_getppid;
	pid_t pid = child(&r, getpid(), true);

	for (int i = 0; i < 5; i++) {
		struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL);

		CHECK_EQ(regs.orig_rax, SYS_getppid);
		go(pid, PTRACE_SYSCALL, SYSTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
		CHECK_EQ(regs.rax, getpid());
		if (i == 4)
			break;
		regs.rip -= 2;
		regs.rax = SYS_getppid;
		CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	}
	ends_well(pid);
}

/* A signal interrupts a blocking call; without a handler it is made again, after the stop. */
TEST(restarted_after_a_signal)
{
	struct regs r;
	char c = 'x';
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	kit_poison(&r, 9);
	r.rax = SYS_read;
	r.rdi = fd[0];
	r.rsi = (uintptr_t)&c;
	r.rdx = 1;
	pid_t pid = child(&r, 1, true);
	struct user_regs_struct regs = to_the_call(pid, PTRACE_SYSCALL);

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
		usleep(20000);
		kill(pid, SIGWINCH);
		int status;

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WSTOPSIG(status), SYSTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
		CHECK_EQ(regs.rax, -512); /* ERESTARTSYS */
		go(pid, PTRACE_SYSCALL, SIGWINCH);
		regs = to_the_call(pid, PTRACE_SYSCALL);
		CHECK_EQ(regs.orig_rax, SYS_read);
		CHECK_EQ(regs.rax, -ENOSYS);
	}
	CHECK_EQ(write(fd[1], "y", 1), 1);
	ends_well(pid);
}

UNIT_MAIN()
