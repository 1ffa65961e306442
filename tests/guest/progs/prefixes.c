/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prefixes.c - SYSCALL written with prefixes that change nothing, and with those that do: what
 * comes of it, where RCX points, how long the instruction is.
 */
#include "kit.h"

/* A SYSCALL with @prefix before it is one; the return address is behind all of it. */
static void is_call(const char *what, const char *prefix, size_t size)
{
	unsigned char *page = kit_code_page(0);
	struct regs before, r;
	struct caught c;

	memcpy(page, prefix, size);
	memcpy(page + size, "\x0f\x05\xc3", 3);
	for (int i = 0; i < 5; i++) {
		kit_poison(&before, i);
		before.rax = SYS_getpid;
		r = before;
		kit_probe(&r, page, &c);
		if (c.sig)
			UNIT_FAIL("%s syscall: signal %d", what, c.sig);
		if (r.rax != (uint64_t)getpid())
			UNIT_FAIL("%s syscall: %lx", what, r.rax);
		kit_check_kept(&before, &r, (char *)page + size + 2);
	}
}

#define IS_CALL(what, prefix) is_call(what, prefix, sizeof(prefix) - 1)

TEST(none)
{
	IS_CALL("plain", "");
}

TEST(rex)
{
	static const char *const name[] = { "rex", "rex.b", "rex.x", "rex.r", "rex.w", "rex.wrxb" };
	static const unsigned char rex[] = { 0x40, 0x41, 0x42, 0x44, 0x48, 0x4f };

	for (size_t i = 0; i < sizeof(rex); i++)
		is_call(name[i], (const char *)&rex[i], 1);
}

TEST(segments)
{
	IS_CALL("es", "\x26");
	IS_CALL("cs", "\x2e");
	IS_CALL("ss", "\x36");
	IS_CALL("ds", "\x3e");
	IS_CALL("fs", "\x64");
	IS_CALL("gs", "\x65");
}

TEST(sizes)
{
	IS_CALL("operand size", "\x66");
	IS_CALL("address size", "\x67");
	IS_CALL("both sizes", "\x66\x67");
	IS_CALL("operand size and rex.w", "\x66\x48");
}

TEST(repeats)
{
	IS_CALL("repne", "\xf2");
	IS_CALL("rep", "\xf3");
	IS_CALL("both repeats", "\xf2\xf3");
}

TEST(many)
{
	IS_CALL("several", "\x64\x66\x67\xf3\x41");
	IS_CALL("longest", "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66");
	IS_CALL("rex before another prefix", "\x48\x66");
	IS_CALL("two rex", "\x48\x41");
}

static void too_long(const char *prefix, size_t size)
{
	unsigned char *page = kit_code_page(0);
	struct regs r;
	struct caught c;

	memcpy(page, prefix, size);
	memcpy(page + size, "\x0f\x05\xc3", 3);
	kit_poison(&r, 1);
	r.rax = SYS_getpid;
	kit_probe(&r, page, &c);
	CHECK_EQ(c.sig, SIGSEGV);
	CHECK_EQ(c.trap, 13);
}

#define TOO_LONG(prefix) too_long(prefix, sizeof(prefix) - 1)

/* "Any LOCK prefix" is #UD on a processor; QEMU makes the call. Never anything else. */
TEST(lock)
{
	static const char *const code[] = { "\xf0\x0f\x05\xc3\xc3", "\xf0\x48\x0f\x05\xc3" };
	unsigned char *page = kit_code_page(0);

	for (int i = 0; i < 4; i++) {
		struct regs r;
		struct caught c;

		memcpy(page, code[i & 1], 5);
		kit_poison(&r, i);
		r.rax = SYS_getpid;
		kit_probe(&r, page, &c);
		CHECK(c.sig ? c.sig == SIGILL && c.rip == (uintptr_t)page
			    : r.rax == (uint64_t)getpid());
	}
}

/* An instruction has at most 15 bytes (AMD APM volume 3, 1.1). */
TEST(longer_than_an_instruction)
{
	TOO_LONG("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66");
	TOO_LONG(
		"\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66");
}

/* Each prefix at the end of a page, the instruction on the next. */
TEST(across_a_page)
{
	unsigned char *page = kit_code_page(0x10000000);
	struct regs before, r;

	kit_code_page(0x10001000);
	for (int shift = 1; shift <= 4; shift++) {
		unsigned char *at = page + 4096 - shift;

		memcpy(at, "\x66\x41\x0f\x05\xc3", 5);
		kit_poison(&before, shift);
		before.rax = SYS_getpid;
		r = before;
		kit_run(&r, at);
		CHECK_EQ(r.rax, getpid());
		kit_check_kept(&before, &r, (char *)at + 4);
	}
}

UNIT_MAIN()
