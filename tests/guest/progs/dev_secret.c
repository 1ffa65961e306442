/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dev_secret.c - memory that the kernel's direct map has not got: pages of memfd_secret(2), which
 * programs can use and the kernel cannot reach. Whoever copies from there meets a page fault:
 * events in the host, requests in the guest. Needs secretmem.enable=1 on the kernel's command line.
 */
#include "dev_kit.h"

#define PRE ENG_STAGE_PRE
#define PAGE 4096
#define N 200

/* An ordinary page, a secret one, an ordinary one. */
static u8 *three_pages(void)
{
	u8 *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = (int)syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		UNIT_FAIL("memfd_secret: %s", strerror(errno));
	CHECK(p != MAP_FAILED);
	CHECK(!ftruncate(fd, PAGE));
	CHECK(mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	      p + PAGE);
	memset(p, 'a', 3 * PAGE);
	return p;
}

static u64 physical(const void *p)
{
	struct lsm_translate t = { .addr = (uintptr_t)p, .pid = (u32)getpid() };

	ASK(TRANSLATE, &t);
	CHECK(t.pa != LSM_ANY);
	return t.pa;
}

/* Every size of copy has its own instruction: walk_copy.S. */
TEST(scripts_that_read_it)
{
	static const char *const reads[] = { "db", "dw", "dd", "dq" };
	u8 *p = three_pages();
	char want[32];

	dev_enter();
	on_cpu(0);
	sprintf(want, "[fault %u line 1]", ENG_E_ADDR);
	for (u32 i = 0; i < 4; i++) {
		char script[64];

		sprintf(script, ".ok = 1; .ok = %s($syscall_arg0);", reads[i]);
		dev_on(i, ENG_EV_SYSCALL, PRE, SYS_getppid, script);
		for (u32 n = 0; n < N; n++)
			call(SYS_getppid, (long)(p + PAGE + 64), 0, 0);
		CHECK_EQ(dev_counters(i).faults, N);
		CHECK_EQ(dev_global("ok"), 1);
		CHECK_STR(dev_drain(), want);
		/* what stands beside it is read as ever */
		call(SYS_getppid, (long)(p + PAGE - 8), 0, 0);
		CHECK_EQ(dev_global("ok") & 0xff, 'a');
		CHECK_EQ(dev_ctl(LSM_CTL_CLEAR, i), 0);
	}
}

TEST(texts_and_blocks_that_reach_into_it)
{
	u8 *p = three_pages();
	char want[64];

	dev_enter();
	on_cpu(0);
	memcpy(p + PAGE - 4, "text", 4);
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       "char block[256]; .before = 1; memcpy(block, $syscall_arg0, 0n200); .before = 2;");
	dev_on(2, ENG_EV_SYSCALL, PRE, SYS_getppid, "printf(\"<%s>\", $syscall_arg0);");
	call(SYS_getppid, (long)(p + PAGE - 4), 0, 0);
	CHECK_EQ(dev_global("before"), 1);
	CHECK_EQ(dev_counters(1).faults, 1);
	/* what could be read is printed */
	sprintf(want, "[fault %u line 1]<text[fault %u line 1]", ENG_E_ADDR, ENG_E_ADDR);
	CHECK_STR(dev_drain(), want);
	CHECK_EQ(dev_counters(2).fired, 1);
}

TEST(scripts_that_write_it)
{
	u8 *p = three_pages();

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid, ".ok = eq($syscall_arg0, 0);");
	call(SYS_getppid, (long)p, 0, 0);
	CHECK_EQ(dev_global("ok"), 1);
	CHECK_EQ(p[0], 0);
	call(SYS_getppid, (long)(p + PAGE), 0, 0);
	CHECK_EQ(dev_global("ok"), 0);
	CHECK_EQ(p[PAGE], 'a');
	CHECK_EQ(dev_counters(1).faults, 0);
}

TEST(physical_addresses)
{
	u8 *p = three_pages();

	dev_enter();
	dev_on(1, ENG_EV_SYSCALL, PRE, SYS_getppid,
	       ".ok = 1; .where = physical_to_virtual($syscall_arg0); .ok = dq_pa($syscall_arg0);");
	call(SYS_getppid, (long)physical(p), 0, 0);
	CHECK_EQ(dev_global("ok"), 0x6161616161616161);
	CHECK(dev_global("where"));
	call(SYS_getppid, (long)physical(p + PAGE), 0, 0);
	CHECK_EQ(dev_global("ok"), 1);
	CHECK_EQ(dev_global("where"), 0);
	CHECK_EQ(dev_counters(1).faults, 1);
}

TEST(requests)
{
	u8 *p = three_pages(), copy[16];
	struct lsm_mem m = { .buf = (uintptr_t)copy, .len = sizeof(copy), .physical = 1 };

	dev_enter();
	m.addr = physical(p) + PAGE - 8;
	ASK(READ, &m);
	CHECK(m.done >= 8); /* what is behind the page is anybody's */
	CHECK(!memcmp(copy, "aaaaaaaa", 8));
	for (u32 write = 0; write < 2; write++) {
		m.addr = physical(p + PAGE);
		if (write)
			ASK(WRITE, &m);
		else
			ASK(READ, &m);
		CHECK_EQ(m.done, 0);
		m.addr = (uintptr_t)p + PAGE;
		m.physical = 0;
		m.pid = (u32)getpid();
		if (write)
			ASK(WRITE, &m);
		else
			ASK(READ, &m);
		CHECK_EQ(m.done, 0);
		m.physical = 1;
	}
	for (u32 i = 0; i < PAGE; i++)
		CHECK_EQ(p[PAGE + i], 'a');
}

UNIT_MAIN()
