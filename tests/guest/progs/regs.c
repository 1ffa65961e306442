/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * regs.c - a system call changes RAX, RCX and R11 and no other register: general ones, flags,
 * stack pointer whatever it points to, vector and x87 state, segment bases.
 */
#include <asm/prctl.h>
#include <immintrin.h>

#include "kit.h"

TEST(general_registers)
{
	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct regs before, after;

		kit_poison(&before, seed);
		before.rax = SYS_getpid;
		after = before;
		kit_run(&after, kit_syscall);
		CHECK_EQ(after.rax, getpid());
		kit_check_kept(&before, &after, kit_syscall_end);
	}
}

TEST(general_registers_of_a_refused_call)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct regs before, after;

		kit_poison(&before, seed);
		before.rax = 0x7fffffff;
		after = before;
		kit_run(&after, kit_syscall);
		CHECK_EQ(after.rax, -38);
		kit_check_kept(&before, &after, kit_syscall_end);
	}
}

TEST(every_flag_alone_and_together)
{
	/* clang-format off */
	static const uint64_t flag[] = {
		FLAG_CF, FLAG_PF, FLAG_AF, FLAG_ZF, FLAG_SF, FLAG_DF, FLAG_OF, FLAG_AC, FLAG_ID,
	};
	/* clang-format on */
	const int n = sizeof(flag) / sizeof(*flag);

	for (int set = 0; set < 1 << n; set++) {
		struct regs before, after;

		kit_poison(&before, set);
		before.rax = SYS_gettid;
		for (int i = 0; i < n; i++)
			if (set >> i & 1)
				before.flags |= flag[i];
		after = before;
		kit_run(&after, kit_syscall);
		CHECK_EQ(after.rax, getpid());
		kit_check_kept(&before, &after, kit_syscall_end);
	}
}

/* SYSCALL does not touch the stack: RSP may be anything. */
TEST(stack_pointer_may_be_anything)
{
	/* clang-format off */
	static const uint64_t rsp[] = {
		0, 1, 7, 0x1000, 0x7fffffffeff8, 0x7ffffffff000, 0x800000000000, 0xffff800000000000,
		0xffffffff81000000, 0xfffffffffffffff8, ~0ul, 0xdead000000000000,
	};
	/* clang-format on */
	unsigned char *code = kit_code_page(0);
	uint32_t back = (uintptr_t)&kit_back;

	memcpy(code, "\x0f\x05" KIT_BACK, 5);
	memcpy(code + 5, &back, 4);
	for (size_t i = 0; i < sizeof(rsp) / sizeof(*rsp); i++) {
		struct regs before, after;

		kit_poison(&before, i);
		before.rax = SYS_getpid;
		before.rsp = rsp[i];
		after = before;
		kit_run_rsp(&after, code);
		CHECK_EQ(after.rax, getpid());
		CHECK_EQ(after.rsp, rsp[i]);
		kit_check_kept(&before, &after, (char *)code + 2);
	}
}

TEST(vector_registers)
{
	unsigned char before[16][16], after[16][16];

	for (int i = 0; i < 256; i++)
		before[i / 16][i % 16] = i * 7 + 3;
	for (int round = 0; round < 200; round++) {
		long result;

		__asm__ volatile("movups 0x00(%2), %%xmm0\n\tmovups 0x10(%2), %%xmm1\n\t"
				 "movups 0x70(%2), %%xmm7\n\tmovups 0xf0(%2), %%xmm15\n\t"
				 "syscall\n\t"
				 "movups %%xmm0, 0x00(%3)\n\tmovups %%xmm1, 0x10(%3)\n\t"
				 "movups %%xmm7, 0x70(%3)\n\tmovups %%xmm15, 0xf0(%3)"
				 : "=a"(result)
				 : "a"(SYS_sched_yield), "r"(before), "r"(after)
				 : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm7", "xmm15");
		CHECK_EQ(result, 0);
		CHECK(!memcmp(before[0], after[0], 16));
		CHECK(!memcmp(before[1], after[1], 16));
		CHECK(!memcmp(before[7], after[7], 16));
		CHECK(!memcmp(before[15], after[15], 16));
	}
}

TEST(floating_point_control)
{
	uint16_t cw = 0x0c7f, cw_after = 0;
	uint32_t mxcsr = 0x9fc0, plain = 0x1f80;

	_mm_setcsr(mxcsr);
	__asm__ volatile("fldcw %0\n\tfldpi" : : "m"(cw));
	CHECK_EQ(kit_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
	CHECK_EQ(_mm_getcsr(), mxcsr);
	_mm_setcsr(plain);
	long double pi = 0;

	__asm__ volatile("fnstcw %0\n\tfstpt %1" : "=m"(cw_after), "=m"(pi));
	CHECK_EQ(cw_after, cw);
	CHECK(pi > 3.14159265358979L && pi < 3.1415926535898L);
}

TEST(segment_bases_and_selectors)
{
	uint64_t gs = 0x123456789000, fs = 0, now = 0;
	uint16_t sel[6], sel_after[6];

	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_GET_FS, (long)&fs, 0, 0, 0, 0), 0);
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_SET_GS, gs, 0, 0, 0, 0), 0);
	for (int i = 0; i < 100; i++) {
#define SELECTORS(to)                                                                       \
	__asm__ volatile("mov %%cs, %0\n\tmov %%ds, %1\n\tmov %%es, %2\n\tmov %%ss, %3"     \
			 "\n\tmov %%fs, %4\n\tmov %%gs, %5"                                 \
			 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]), "=r"(to[4]), \
			   "=r"(to[5]))
		SELECTORS(sel);
		CHECK_EQ(kit_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0), 0);
		SELECTORS(sel_after);
		CHECK(!memcmp(sel, sel_after, sizeof(sel)));
	}
	CHECK_EQ(sel[0], 0x33);
	CHECK_EQ(sel[3], 0x2b);
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_GET_GS, (long)&now, 0, 0, 0, 0), 0);
	CHECK_EQ(now, gs);
	CHECK_EQ(kit_call(SYS_arch_prctl, ARCH_GET_FS, (long)&now, 0, 0, 0, 0), 0);
	CHECK_EQ(now, fs);
}

UNIT_MAIN()
