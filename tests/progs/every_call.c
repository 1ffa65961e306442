/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * every_call.c - asks the kernel for each system call by number, once, and gets ENOSYS for all:
 * a seccomp filter answers. What a tracer shows of it is the tracer's own choice of calls. It
 * ends by an illegal instruction, as there is no other way left. Never without its filter.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define GAP_FIRST 335 /* uretprobe and uprobe, which raise SIGILL by themselves; then nothing */
#define GAP_LAST 423

static void call(long nr)
{
	register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0, r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(0), "S"(0), "d"(0), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
}

int main(int argc, char **argv)
{
	static struct sock_filter insn[] = {
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
	};
	struct sock_fprog prog = { 1, insn };
	long last = argc > 1 ? atol(argv[1]) : 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("every_call: no filter");
		return 1;
	}
	for (long nr = 0; nr <= last; nr++)
		if (nr < GAP_FIRST || nr > GAP_LAST)
			call(nr);
	__builtin_trap();
}
