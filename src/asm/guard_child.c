/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_child.c - the first steps of the guard process: from a copy of the debugger to the
 * trampoline, which then unmaps that copy. Must not call into libc (locks, sanitizers, TLS
 * of other threads): system calls only, in functions that no sanitizer touches.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asm/guard_internal.h"

#define BARE __attribute__((no_sanitize("address", "undefined"), noinline))

#ifndef ARCH_SHSTK_DISABLE
#define ARCH_SHSTK_DISABLE 0x5002 /* arch_prctl(2), Linux 6.6 */
#define ARCH_SHSTK_SHSTK 1
#endif
#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

/* End of the user half with four paging levels; mappings above it need an explicit hint. */
#define TASK_END 0x7ffffffff000ULL

/* The kernel's own struct sigaction, which differs from libc's. */
struct kernel_sigaction {
	const void *handler;
	unsigned long flags;
	const void *restorer;
	u64 mask;
};

BARE static long sys(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

BARE static void give_up(struct guard_ctl *ctl, u32 step, long error)
{
	ctl->step = step;
	ctl->error = (s32)error;
	for (;;)
		sys(SYS_exit_group, 1, 0, 0, 0, 0);
}

/*
 * After the unmapping, the kernel would still write to the area that libc registered for
 * restartable sequences, and kill the process for it.
 */
BARE static long leave_rseq(const struct guard_start *s)
{
	if (!s->rseq)
		return 0;
	for (u32 len = s->rseq_len; len <= 256; len += 32)
		if (!sys(SYS_rseq, (long)s->rseq, len, RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0))
			return 0;
	return -EINVAL;
}

BARE static long protect(u8 *base)
{
	static const struct {
		u64 start, len;
		int prot;
	} area[] = {
		{ 0, GUARD_PAGE, PROT_READ | PROT_EXEC },
		{ GUARD_CTL + GUARD_PAGE, GUARD_PAGE, PROT_NONE },
		{ GUARD_REGS + GUARD_PAGE, GUARD_PAGE, PROT_NONE },
		{ GUARD_STACK + GUARD_STACK_SIZE, GUARD_PAGE, PROT_NONE },
		{ GUARD_SIGSTACK + GUARD_SIGSTACK_SIZE, GUARD_PAGE, PROT_NONE },
		{ GUARD_CODE, GUARD_CODE_SIZE, PROT_READ | PROT_EXEC },
		{ GUARD_CODE + GUARD_CODE_SIZE, GUARD_PAGE, PROT_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(area); i++) {
		long ret = sys(SYS_mprotect, (long)(base + area[i].start), (long)area[i].len,
			       area[i].prot, 0, 0);

		if (ret)
			return ret;
	}
	return 0;
}

BARE static long take_signals(u8 *base)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
	u64 all = ~0ULL;
	struct kernel_sigaction sa;
	stack_t ss;
	long ret;

	sa.handler = base + (guard_blob_handler - guard_blob);
	sa.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER;
	sa.restorer = sa.handler; /* never used: the handler does not return */
	sa.mask = all;
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++) {
		ret = sys(SYS_rt_sigaction, sigs[i], (long)&sa, 0, sizeof(all), 0);
		if (ret)
			return ret;
		all &= ~(1ULL << (sigs[i] - 1));
	}
	ss.ss_sp = base + GUARD_SIGSTACK;
	ss.ss_flags = 0;
	ss.ss_size = GUARD_SIGSTACK_SIZE;
	ret = sys(SYS_sigaltstack, (long)&ss, 0, 0, 0, 0);
	/* Ctrl-C and the like are for the debugger */
	return ret ? ret : sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, sizeof(all), 0);
}

BARE void guard_child(const struct guard_start *s)
{
	struct guard_ctl *ctl = (struct guard_ctl *)(s->base + GUARD_CTL);
	struct rlimit no_core;
	long ret;

	sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (sys(SYS_getppid, 0, 0, 0, 0, 0) != s->parent)
		give_up(ctl, 1, -ESRCH);
	sys(SYS_setsid, 0, 0, 0, 0, 0);
	sys(SYS_prctl, PR_SET_NAME, (long)"lstar-guard", 0, 0, 0);
	sys(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	no_core.rlim_cur = no_core.rlim_max = 0;
	sys(SYS_prlimit64, 0, RLIMIT_CORE, (long)&no_core, 0, 0);
	ret = sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (ret)
		give_up(ctl, 2, ret);
	ret = sys(SYS_close_range, 0, ~0U, 0, 0, 0);
	if (ret)
		give_up(ctl, 3, ret);
	ret = leave_rseq(s);
	if (ret)
		give_up(ctl, 4, ret);
	/* returns of custom code do not match a shadow stack that is about to vanish */
	sys(SYS_arch_prctl, ARCH_SHSTK_DISABLE, ARCH_SHSTK_SHSTK, 0, 0, 0);
	ret = protect(s->base);
	if (ret)
		give_up(ctl, 5, ret);
	ret = take_signals(s->base);
	if (ret)
		give_up(ctl, 6, ret);
	__asm__ volatile("jmp *%0" : : "r"(s->base) : "memory");
	__builtin_unreachable();
}

/*
 * Allowed: futex, made by the x86-64 system-call instructions of the trampoline's page.
 * Everything else is a signal that says so.
 */
static void make_filter(struct guard_ctl *ctl, u64 trampoline)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (u32)(trampoline >> 32), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(GUARD_PAGE - 1U)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (u32)trampoline, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};

	_Static_assert(sizeof(filter) <= sizeof(ctl->filter), "the filter has its place");
	memcpy(ctl->filter, filter, sizeof(filter));
	ctl->fprog.len = ARRAY_SIZE(filter);
	ctl->fprog.filter = ctl->filter;
}

/* What this process has mapped now, but for the shared memory, for the trampoline to undo. */
static void list_mappings(u8 *base, u64 end)
{
	struct guard_mapping *m = (struct guard_mapping *)(base + GUARD_STACK);
	size_t n = 0, max = GUARD_STACK_SIZE / sizeof(*m) - 1;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	u64 from, to;

	while (f && n < max && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx ", &from, &to) != 2 || to > TASK_END)
			continue;
		if (from >= (u64)(uintptr_t)base && to <= end)
			continue;
		m[n++] = (struct guard_mapping){ from, to - from };
	}
	m[n].len = 0;
	if (f)
		fclose(f);
}

void guard_start_init(struct guard_start *s, u8 *base)
{
	struct guard_ctl *ctl = (struct guard_ctl *)(base + GUARD_CTL);
	u64 end = (u64)(uintptr_t)base + GUARD_BUFFERS + GUARD_BUFFERS_SIZE;

	memset(ctl, 0, sizeof(*ctl));
	memcpy(base, guard_blob, (size_t)(guard_blob_end - guard_blob));
	ctl->turn = TURN_GUARD;
	ctl->low_len = (u64)(uintptr_t)base;
	ctl->high = end;
	ctl->high_len = TASK_END - end;
	make_filter(ctl, (u64)(uintptr_t)base);
	list_mappings(base, end);
	s->base = base;
	s->parent = getpid();
	s->rseq = __rseq_size ? (u8 *)__builtin_thread_pointer() + __rseq_offset : NULL;
	s->rseq_len = (__rseq_size + 31) / 32 * 32;
}
