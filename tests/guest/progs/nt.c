/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nt.c - flags that would hurt the kernel or be lost on the way: NT through SYSCALL, AC and DF
 * seen by nobody in the kernel, RF gone after one instruction.
 */
#include "kit.h"

static void call_with(uint64_t flags)
{
	for (int i = 0; i < 50; i++) {
		struct regs before, after;

		kit_poison(&before, i);
		before.rax = SYS_gettid;
		before.flags = FLAGS_PLAIN | flags;
		after = before;
		kit_run(&after, kit_syscall);
		CHECK_EQ(after.rax, getpid());
		kit_check_kept(&before, &after, kit_syscall_end);
	}
}

TEST(nested_task)
{
	call_with(FLAG_NT);
}
TEST(nested_task_and_others)
{
	call_with(FLAG_NT | FLAG_AC | FLAG_DF | FLAG_ID | FLAG_CF);
}
TEST(direction)
{
	call_with(FLAG_DF);
}
TEST(alignment_check)
{
	call_with(FLAG_AC | FLAG_OF);
}

static volatile uint64_t in_handler;

static void look(int sig, siginfo_t *info, void *context)
{
	__asm__ volatile("pushfq\n\tpop %0" : "=r"(in_handler));
}

/* A handler begins without DF and TF; the flags before it come back. */
TEST(handlers_have_plain_flags)
{
	struct regs before, after;

	kit_handle(SIGUSR1, look, 0);
	kit_poison(&before, 3);
	before.rax = SYS_tkill;
	before.rdi = getpid();
	before.rsi = SIGUSR1;
	before.flags = FLAGS_PLAIN | FLAG_DF | FLAG_CF | FLAG_OF | FLAG_NT;
	after = before;
	kit_run(&after, kit_syscall);
	CHECK_EQ(after.rax, 0);
	CHECK_EQ(in_handler & (FLAG_DF | FLAG_TF), 0);
	kit_check_kept(&before, &after, kit_syscall_end);
}

static uint64_t put_flags, put_rip;

static void put(int sig, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	g[REG_EFL] = put_flags;
	if (put_rip)
		g[REG_RIP] = put_rip;
	g[REG_RAX] = SYS_getppid;
}

/*
 * RF set before a SYSCALL, by a return from a signal: "RFLAGS.RF is cleared" in what SYSCALL
 * saves (AMD APM volume 3, SYSCALL), and the next SYSCALL has nothing of it.
 */
TEST(resume_flag)
{
	static const unsigned char code[] = "\x0f\x0b" /* ud2 */ "\x0f\x05\xc3" /* syscall; ret */;
	unsigned char *page = kit_code_page(0);
	struct regs before, after;

	memcpy(page, code, sizeof(code));
	put_rip = (uintptr_t)page + 2;
	kit_handle(SIGILL, put, 0);
	for (int i = 0; i < 4; i++) {
		put_flags = FLAGS_PLAIN | FLAG_RF | (i & 1 ? FLAG_CF : 0);
		kit_poison(&before, i);
		after = before;
		kit_run(&after, page);
		CHECK_EQ(after.rax, getppid());
		CHECK_EQ(after.rcx, (uintptr_t)page + 4);
		CHECK_EQ(after.r11, put_flags & ~FLAG_RF);
		CHECK_EQ(after.flags, put_flags & ~FLAG_RF);
	}
}

UNIT_MAIN()
