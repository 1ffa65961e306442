/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * illegal.c - instructions that end in a signal do so with the right address and registers:
 * undefined ones, SYSRET in user mode, everything of virtualisation.
 */
#include <cpuid.h>

#include "kit.h"

static void raises(const char *what, const char *bytes, size_t size, int sig, int trap)
{
	unsigned char *page = kit_code_page(0);
	struct regs before, r;
	struct caught c;

	memcpy(page, bytes, size);
	page[size] = 0xc3;
	kit_poison(&before, size);
	before.rax = 1;
	for (int i = 0; i < 3; i++) {
		r = before;
		kit_probe(&r, page, &c);
		if (c.sig != sig || c.trap != (uint64_t)trap)
			UNIT_FAIL("%s: signal %d, exception %lu, expected %d and %d", what, c.sig,
				  c.trap, sig, trap);
		CHECK_EQ(c.rip, (uintptr_t)page);
		if (sig == SIGILL)
			CHECK_EQ(c.addr, (uintptr_t)page);
		CHECK_EQ(c.error, 0);
		for (int n = 0; n < KIT_NREGS - 1; n++)
			if (n != offsetof(struct regs, rsp) / 8)
				CHECK_EQ(*kit_reg(&c.r, n), *kit_reg(&before, n));
		/* A fault pushes RF; the kernel shows it or takes it away. */
		CHECK_EQ(c.r.flags & ~FLAG_RF, before.flags);
	}
}

#define RAISES(what, bytes, sig, trap) raises(what, bytes, sizeof(bytes) - 1, sig, trap)
#define UD(what, bytes) RAISES(what, bytes, SIGILL, 6)
#define GP(what, bytes) RAISES(what, bytes, SIGSEGV, 13)

TEST(undefined)
{
	UD("ud2", "\x0f\x0b");
	UD("ud1", "\x0f\xb9\xc0");
	UD("ud0", "\x0f\xff\xc0");
	UD("lock nop", "\xf0\x90");
	UD("push es", "\x06");
	UD("aaa", "\x37");
	UD("prefixed ud2", "\x66\x0f\x0b");
	UD("rex ud2", "\x48\x0f\x0b");
}

TEST(sysret_in_user_mode)
{
	GP("sysretl", "\x0f\x07");
	GP("sysretq", "\x48\x0f\x07");
	GP("sysret with rex", "\x4f\x0f\x07");
	GP("sysret with 66", "\x66\x0f\x07");
	GP("sysret with 66 and rex", "\x66\x48\x0f\x07");
}

TEST(privileged)
{
	GP("hlt", "\xf4");
	GP("wrmsr", "\x0f\x30");
	GP("rdmsr", "\x0f\x32");
	GP("cli", "\xfa");
	GP("mov cr0", "\x0f\x20\xc0");
	GP("clts", "\x0f\x06");
	GP("swapgs", "\x0f\x01\xf8");
}

/* As on a processor whose EFER.SVME is off: not defined, whatever the privilege. */
TEST(virtualisation)
{
	UD("vmrun", "\x0f\x01\xd8");
	UD("vmmcall", "\x0f\x01\xd9");
	UD("vmload", "\x0f\x01\xda");
	UD("vmsave", "\x0f\x01\xdb");
	UD("stgi", "\x0f\x01\xdc");
	UD("clgi", "\x0f\x01\xdd");
	UD("invlpga", "\x0f\x01\xdf");
	UD("vmcall", "\x0f\x01\xc1");
}

TEST(skinit)
{
	struct regs r;
	struct caught c;
	unsigned char *page = kit_code_page(0);

	memcpy(page, "\x0f\x01\xde\xc3", 4);
	kit_poison(&r, 1);
	kit_probe(&r, page, &c);
	SEEN("skinit: signal %d, exception %lu", c.sig, c.trap);
	CHECK(c.sig == SIGILL || c.sig == SIGSEGV);
	CHECK_EQ(c.rip, (uintptr_t)page);
}

/* What the processor says of itself is for the comparison of the modes. */
TEST(cpuid)
{
	/* clang-format off */
	static const unsigned leaf[] = {
		0, 1, 7, 0xd, 0x40000000, 0x80000000, 0x80000001, 0x80000008, 0x8000000a,
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(leaf) / sizeof(*leaf); i++) {
		unsigned a = leaf[i], b = 0, c = 0, d = 0;

		__cpuid_count(a, c, a, b, c, d);
		if (leaf[i] == 1)
			b &= 0x00ffffff; /* the CPU's own number */
		if (leaf[i] == 0x80000001)
			c &= ~4u; /* SVM is hidden by a hypervisor of our own */
		if (leaf[i] == 0x8000000a)
			a = b = c = d = 0; /* and with it what it can do */
		SEEN("cpuid %x: %x %x %x %x", leaf[i], a, b, c, d);
	}
}

UNIT_MAIN()
