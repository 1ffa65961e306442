/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numbers.c - which system call RAX names: 32 bits count, the x32 bit, negative numbers, the
 * first number past the table; the same through int 0x80.
 */
#include "kit.h"

#define NOSYS (-38)
#define X32 0x40000000ul
#define NR_I386_GETPID 20

static long by(const char *code, uint64_t rax)
{
	struct regs before, after;

	kit_poison(&before, rax);
	before.rax = rax;
	after = before;
	kit_run(&after, code);
	if (code == kit_syscall)
		kit_check_kept(&before, &after, kit_syscall_end);
	return after.rax;
}

TEST(upper_half_of_the_number_is_ignored)
{
	static const uint64_t upper[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xdefaced0 };

	for (size_t i = 0; i < sizeof(upper) / sizeof(*upper); i++)
		CHECK_EQ(by(kit_syscall, upper[i] << 32 | SYS_getpid), getpid());
}

TEST(numbers_that_are_none)
{
	/* clang-format off */
	static const uint64_t nr[] = {
		336, 387, 423, 600, 1000, 65536, 0x3fffffff, 0x7fffffff, 0x80000000,
		0x80000000 + SYS_getpid, 0xfffffffe, 0xffffffff, ~0ul, ~0ul - 1, -38ul,
		0xffffffff00000000 + 600,
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(nr) / sizeof(*nr); i++)
		CHECK_EQ(by(kit_syscall, nr[i]), NOSYS);
}

/* Either the kernel has x32 or these are numbers that are none; the same in every mode. */
TEST(x32_bit)
{
	long pid = by(kit_syscall, X32 | SYS_getpid);

	CHECK(pid == getpid() || pid == NOSYS);
	SEEN("x32 getpid %s", pid == NOSYS ? "is refused" : "works");
	CHECK_EQ(by(kit_syscall, 1ul << 32 | X32 | SYS_getpid), pid);
	CHECK_EQ(by(kit_syscall, X32 | 1000), NOSYS);
	CHECK_EQ(by(kit_syscall, X32 | X32 << 1 | SYS_getpid), NOSYS);
}

TEST(old_gate_has_its_own_numbers)
{
	CHECK_EQ(by(kit_int80, NR_I386_GETPID), getpid());
	CHECK_EQ(by(kit_int80, 1ul << 32 | NR_I386_GETPID), getpid());
	CHECK_EQ(by(kit_int80, ~0u), NOSYS);
	CHECK_EQ(by(kit_int80, 10000), NOSYS);
}

/* r10, not rcx, is the fourth argument: rcx is the return address. */
TEST(six_arguments)
{
	unsigned char *page = kit_code_page(0);
	struct regs r = { .rax = SYS_mmap,
			  .rdi = (uintptr_t)page,
			  .rsi = 4096,
			  .rdx = 3,
			  .r10 = 0x32,
			  .r8 = ~0ul,
			  .r9 = 0,
			  .rcx = 0x1234,
			  .flags = FLAGS_PLAIN };

	page[0] = 1;
	kit_run(&r, kit_syscall);
	CHECK_EQ(r.rax, (uintptr_t)page);
	CHECK_EQ(page[0], 0);
	CHECK_EQ(kit_call(SYS_pwrite64, -1, (long)page, 1, 0, 0, 0), -9);
	CHECK_EQ(kit_call(SYS_mmap, 0, 4096, 3, 0x22, -1, 1), -22);
}

UNIT_MAIN()
