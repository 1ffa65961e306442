/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * processes.c - calls that return twice, elsewhere, or never: fork, vfork, clone with a stack of
 * its own, threads, exec, exit; many of them at once.
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "kit.h"

static void ended(pid_t pid, int want)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), want);
}

/* Both returns of a fork have every register but the result. */
TEST(fork_keeps_registers_twice)
{
	for (int i = 0; i < 30; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_fork;
		r = before;
		kit_run(&r, kit_syscall);
		CHECK((long)r.rax >= 0);
		kit_check_kept(&before, &r, kit_syscall_end);
		if (!r.rax)
			_exit(i);
		ended(r.rax, i);
	}
}

TEST(vfork_shares_memory)
{
	volatile int mark = 0;

	for (int i = 1; i <= 20; i++) {
		pid_t pid = vfork();

		if (!pid) {
			mark = i;
			_exit(i);
		}
		CHECK_EQ(mark, i);
		ended(pid, i);
	}
}

/* clone on a new stack: the child's first return is to the instruction behind the call. */
/* clang-format off */
__asm__(".globl clone_here\n"
	"clone_here:\n\tpush %rbx\n\tmov $56, %eax\n\txor %edx, %edx\n\txor %r10d, %r10d\n"
	"\txor %r8d, %r8d\n\tmov $0x1234567, %ebx\n\tsyscall\n\ttest %eax, %eax\n\tjz 1f\n"
	"\tpop %rbx\n\tret\n"
	"1:\txor %edi, %edi\n\tcmp $0x1234567, %ebx\n\tsete %dil\n\tadd (%rsp), %rdi\n"
	"\tmov $60, %eax\n\tsyscall\n\tud2\n");
/* clang-format on */
long clone_here(unsigned long flags, void *stack);

TEST(clone_on_a_stack_of_its_own)
{
	uint64_t *stack =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 30; i++) {
		stack[1000] = 40 + i;
		long pid = clone_here(SIGCHLD | (i & 1 ? CLONE_VM | CLONE_VFORK : 0), stack + 1000);

		CHECK(pid > 0);
		ended(pid, 41 + i);
	}
}

TEST(clone3)
{
	for (int i = 0; i < 10; i++) {
		struct clone_args args = { .exit_signal = SIGCHLD };
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_clone3;
		before.rdi = (uintptr_t)&args;
		before.rsi = sizeof(args);
		r = before;
		kit_run(&r, kit_syscall);
		CHECK((long)r.rax >= 0);
		kit_check_kept(&before, &r, kit_syscall_end);
		if (!r.rax)
			_exit(9);
		ended(r.rax, 9);
	}
}

static void *checked_calls(void *arg)
{
	pid_t tid = gettid();

	for (int i = 0; i < 2000; i++) {
		struct regs before, r;

		kit_poison(&before, i + tid);
		before.rax = i & 1 ? SYS_gettid : SYS_sched_yield;
		r = before;
		kit_run(&r, kit_syscall);
		kit_check_kept(&before, &r, kit_syscall_end);
		CHECK_EQ(r.rax, i & 1 ? tid : 0);
	}
	return arg;
}

TEST(threads)
{
	static char name[8];
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, checked_calls, &name[i]), 0);
	for (int i = 0; i < 8; i++) {
		void *end;

		CHECK_EQ(pthread_join(t[i], &end), 0);
		CHECK(end == &name[i]);
	}
}

static int futex_word;

static void *ping(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		while (__atomic_load_n(&futex_word, __ATOMIC_ACQUIRE) != 1)
			syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
		__atomic_store_n(&futex_word, 0, __ATOMIC_RELEASE);
		syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

TEST(two_threads_in_turns)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, ping, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		while (__atomic_load_n(&futex_word, __ATOMIC_ACQUIRE) != 0)
			syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		__atomic_store_n(&futex_word, 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	pthread_join(t, NULL);
	CHECK_EQ(futex_word, 0);
}

/* This program again: "processes exec N" ends with status N. */
static pid_t exec_again(bool by_vfork, const char *number)
{
	pid_t pid = by_vfork ? vfork() : fork();

	if (!pid) {
		execl("/proc/self/exe", "processes", "exec", number, NULL);
		_exit(1);
	}
	return pid;
}

TEST(exec)
{
	for (int i = 0; i < 10; i++) {
		char number[8];

		snprintf(number, sizeof(number), "%d", i + 100);
		ended(exec_again(i & 1, number), i + 100);
	}
}

TEST(refused_exec_returns)
{
	static char *const none[] = { NULL };
	struct regs before, r;

	kit_poison(&before, 4);
	before.rax = SYS_execve;
	before.rdi = (uintptr_t) "/no/such/program";
	before.rsi = before.rdx = (uintptr_t)none;
	r = before;
	kit_run(&r, kit_syscall);
	CHECK_EQ(r.rax, -ENOENT);
	kit_check_kept(&before, &r, kit_syscall_end);
}

TEST(exec_from_a_thread_ends_the_others)
{
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, checked_calls, NULL);
		pthread_create(&t, NULL, checked_calls, NULL);
		execl("/proc/self/exe", "processes", "exec", "55", NULL);
		_exit(1);
	}
	ended(pid, 55);
}

TEST(many_at_once)
{
	pid_t pid[20];

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 20; i++) {
			pid[i] = fork();
			if (!pid[i]) {
				for (int n = 0; n < 20; n++)
					sched_yield();
				_exit(i);
			}
		}
		for (int i = 0; i < 20; i++)
			ended(pid[i], i);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "exec"))
		return atoi(argv[2]);
	return unit_main(argc, argv, 60);
}
