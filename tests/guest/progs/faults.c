/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * faults.c - addresses that are not there: arguments come back as EFAULT and never as a signal;
 * code that is not there or not executable ends in the signal of its own fault; a SYSCALL that
 * lies across two pages.
 */
#include <sys/mman.h>
#include <sys/uio.h>

#include "kit.h"

#define FAULT (-14)

TEST(bad_arguments_are_efault)
{
	/* clang-format off */
	static const uint64_t bad[] = {
		0, 8, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0xffff800000000000,
		0xffffffff81000000, 0xffffffffff600000, 0xfffffffffffffff8, ~0ul,
		0x4141414141414141, 0x8000000000000000,
	};
	/* clang-format on */
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK_EQ(kit_call(SYS_pipe, bad[i], 0, 0, 0, 0, 0), FAULT);
		CHECK_EQ(kit_call(SYS_write, fd[1], bad[i], 1, 0, 0, 0), FAULT);
		CHECK_EQ(kit_call(SYS_openat, -100, bad[i], 0, 0, 0, 0), FAULT);
		CHECK_EQ(kit_call(SYS_clock_gettime, 0, bad[i], 0, 0, 0, 0), FAULT);
		CHECK_EQ(kit_call(SYS_writev, fd[1], bad[i], 1, 0, 0, 0), FAULT);
	}
}

/* A page that was never touched: the kernel, not the debugger below it, makes it. */
TEST(untouched_pages_are_made)
{
	for (int i = 0; i < 50; i++) {
		char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		CHECK_EQ(kit_call(SYS_pipe, (long)(p + 4092), 0, 0, 0, 0, 0), 0);
		int *fd = (int *)(p + 4092);

		CHECK(fd[0] > 2 && fd[1] == fd[0] + 1);
		close(fd[0]);
		close(fd[1]);
		munmap(p, 8192);
	}
}

/* Two pages of code below 2 GB. */
static unsigned char *two_pages(void)
{
	unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(call_across_two_pages)
{
	unsigned char *p = two_pages();

	memcpy(p + 4095, "\x0f\x05\xc3", 3);
	for (int i = 0; i < 100; i++) {
		struct regs before, r;

		kit_poison(&before, i);
		before.rax = SYS_getpid;
		r = before;
		kit_run(&r, p + 4095);
		CHECK_EQ(r.rax, getpid());
		kit_check_kept(&before, &r, (char *)p + 4097);
	}
}

TEST(second_page_absent)
{
	unsigned char *p = two_pages();
	struct regs before, r;
	struct caught c;

	p[4095] = 0x0f;
	munmap(p + 4096, 4096);
	for (int i = 0; i < 10; i++) {
		kit_poison(&before, i);
		before.rax = SYS_getpid;
		r = before;
		kit_probe(&r, p + 4095, &c);
		CHECK_EQ(c.sig, SIGSEGV);
		CHECK_EQ(c.trap, 14);
		CHECK_EQ(c.rip, (uintptr_t)p + 4095);
		CHECK_EQ(c.addr, (uintptr_t)p + 4096);
		CHECK_EQ(c.r.rcx, before.rcx);
		CHECK_EQ(c.r.r11, before.r11);
	}
}

TEST(second_page_may_not_execute)
{
	unsigned char *p = two_pages();
	struct regs r;
	struct caught c;

	memcpy(p + 4095, "\x0f\x05\xc3", 3);
	mprotect(p + 4096, 4096, PROT_READ);
	kit_poison(&r, 1);
	r.rax = SYS_getpid;
	kit_probe(&r, p + 4095, &c);
	CHECK_EQ(c.sig, SIGSEGV);
	CHECK_EQ(c.addr, (uintptr_t)p + 4096);
	mprotect(p + 4096, 4096, PROT_READ | PROT_EXEC);
	kit_poison(&r, 1);
	r.rax = SYS_getpid;
	CHECK_EQ(kit_probe(&r, p + 4095, &c), 0);
	CHECK_EQ(r.rax, getpid());
}

/* Code of a file that no page table has yet: fetched by the fault of its first byte. */
TEST(code_thrown_out_of_memory)
{
	static const char name[] = "/tmp/faults.code";
	unsigned char *p;
	FILE *f = fopen(name, "w");

	CHECK(f);
	for (int i = 0; i < 4095; i++)
		fputc(0x90, f);
	fwrite("\x0f\x05\xc3", 1, 3, f);
	for (int i = 0; i < 4094; i++)
		fputc(0x90, f);
	fclose(f);
	f = fopen(name, "r");
	p = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(f), 0);
	CHECK(p != MAP_FAILED);
	unlink(name);
	for (int i = 0; i < 50; i++) {
		struct regs r = { .rax = SYS_getpid, .flags = FLAGS_PLAIN };

		CHECK_EQ(madvise(p + (i & 1 ? 4096 : 0), i & 2 ? 8192 - (i & 1 ? 4096 : 0) : 4096,
				 MADV_DONTNEED),
			 0);
		kit_run(&r, p + 4095);
		CHECK_EQ(r.rax, getpid());
		CHECK_EQ(r.rcx, (uintptr_t)p + 4097);
	}
}

/* Code that is changed between two calls, first SYSCALL, then something else. */
TEST(code_that_changes)
{
	unsigned char *p = kit_code_page(0);
	struct regs r;
	struct caught c;

	p[2] = 0xc3;
	for (int i = 0; i < 50; i++) {
		memcpy(p, "\x0f\x05", 2);
		kit_poison(&r, i);
		r.rax = SYS_getpid;
		CHECK_EQ(kit_probe(&r, p, &c), 0);
		CHECK_EQ(r.rax, getpid());
		memcpy(p, i & 1 ? "\x0f\x0b" : "\x90\x90", 2);
		kit_poison(&r, i);
		CHECK_EQ(kit_probe(&r, p, &c), i & 1 ? SIGILL : 0);
	}
}

/* Code that may not be read, where the processor has keys for that: it is executed all the same. */
TEST(code_that_cannot_be_read)
{
	unsigned char *p = kit_code_page(0), *load = kit_code_page(0);
	struct regs r;
	struct caught c;

	memcpy(p, "\x0f\x05\xc3", 3);
	memcpy(load, "\x8a\x07\xc3", 3); /* mov (%rdi), %al */
	CHECK_EQ(mprotect(p, 4096, PROT_EXEC), 0);
	for (int i = 0; i < 20; i++) {
		kit_poison(&r, i);
		r.rdi = (uintptr_t)p;
		kit_probe(&r, load, &c);
		SEEN("read: signal %d, code %d", c.sig, c.code);
		kit_poison(&r, i);
		r.rax = SYS_getpid;
		CHECK_EQ(kit_probe(&r, p, &c), 0);
		CHECK_EQ(r.rax, getpid());
		CHECK_EQ(r.rcx, (uintptr_t)p + 2);
	}
}

/* A signal that finds no stack ends the process, and nobody else. */
TEST(signal_without_a_stack)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct regs r = { .rax = SYS_tkill,
				  .rdi = getpid(),
				  .rsi = SIGUSR1,
				  .rsp = 0xffff800000000000,
				  .flags = FLAGS_PLAIN };

		signal(SIGUSR1, (void (*)(int))(uintptr_t)kit_call);
		kit_run_rsp(&r, kit_syscall);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

UNIT_MAIN()
