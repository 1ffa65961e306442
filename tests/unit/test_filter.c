/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_filter.c - compiled seccomp filters, run by a small interpreter of classic BPF for
 * every call number: the answer must be the set's.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "target/process/process.h"
#include "unit.h"

static u32 run(const struct sock_filter *prog, size_t n, const struct seccomp_data *data)
{
	u32 a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &prog[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			CHECK(f->k % 4 == 0 && f->k < sizeof(*data));
			memcpy(&a, (const char *)data + f->k, 4);
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			UNIT_FAIL("instruction %x", f->code);
		}
	}
	UNIT_FAIL("no answer");
}

static bool stops(const struct sock_filter *prog, size_t n, u32 arch, u32 nr, u64 arg0)
{
	struct seccomp_data data = { .arch = arch, .nr = (int)nr, .args = { arg0 } };
	u32 answer = run(prog, n, &data);

	if (answer == SECCOMP_RET_ALLOW)
		return false;
	CHECK_EQ(answer, SECCOMP_RET_TRACE | FILTER_COOKIE);
	return true;
}

static bool in_set(const struct call_set *set, u32 nr)
{
	return set->nr[nr / 64] >> (nr % 64) & 1;
}

static bool base_call(u32 nr)
{
	return nr == SYS_clone3 || nr == SYS_seccomp || nr == SYS_sched_setaffinity ||
	       nr == SYS_sched_getaffinity;
}

static void check_set(const struct call_set *set, bool base)
{
	static struct sock_filter prog[FILTER_MAX];
	size_t n = filter_compile(set, base, prog);

	CHECK(n <= FILTER_MAX);
	for (u32 nr = 0; nr < TGT_MAX_NR; nr++) {
		bool want = in_set(set, nr) || (base && base_call(nr));
		bool filters = base && nr == SYS_prctl;
		bool untraced = base && nr == SYS_clone;

		CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, nr, 0), want);
		CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, nr, PR_SET_SECCOMP), want || filters);
		CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, nr, CLONE_UNTRACED), want || untraced);
		CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, nr, (u32)~CLONE_UNTRACED), want);
	}
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, TGT_MAX_NR, 0), set->other);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, ~0u, 0), set->other);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, ABI_X32_BIT | 39, 0), set->other);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_X86_64, ABI_X32_BIT | SYS_seccomp, 0),
		 set->other || base);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_I386, 20, 0), set->other);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_I386, 354, 0), set->other || base);
	CHECK_EQ(stops(prog, n, AUDIT_ARCH_I386, 317, 0), set->other);
}

TEST(empty_and_full)
{
	struct call_set set = { .other = false };

	check_set(&set, false);
	check_set(&set, true);
	memset(set.nr, 0xff, sizeof(set.nr));
	set.other = true;
	check_set(&set, false);
	check_set(&set, true);
}

/* Every other call: the longest program there is. */
TEST(longest)
{
	struct call_set set = { .other = true };

	memset(set.nr, 0x55, sizeof(set.nr));
	check_set(&set, true);
}

TEST(random_sets)
{
	srandom(1);
	for (int i = 0; i < 300; i++) {
		struct call_set set = { .other = i & 1 };

		for (int n = (int)(random() % 200); n > 0; n--) {
			u32 nr = (u32)random() % TGT_MAX_NR;

			set.nr[nr / 64] |= ENG_BIT(nr % 64);
		}
		check_set(&set, i & 2);
	}
}

UNIT_MAIN()
