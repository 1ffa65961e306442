/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inject.c - system calls made in a stopped debuggee, to install a seccomp filter in it.
 *
 * Afterwards every register, the signal mask and the memory map are as before. The calls
 * are single-stepped: the stop behind the instruction is a signal-delivery stop, so that the
 * kernel still sees to an interrupted call of the thread when its registers are put back
 * (after a syscall-exit stop it would not, and -512 would reach the program).
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "process.h"

#define VDSO_MAX 16384

struct remote {
	struct proc_target *p;
	struct tgt_thread *th;
	struct user_regs_struct saved;
	u64 mask; /* signals */
	u64 insn; /* address of a SYSCALL instruction */
	bool lost; /* something else happened: the thread is queued or gone */
};

/* Standing well: in user mode or at the very end of a call, with no signal in hand. */
static bool stands_well(const struct tgt_thread *th)
{
	return th->at == STOP_EXIT || th->at == STOP_TRAP;
}

/* The instruction just executed, else the one in the vdso's fallback paths. */
static u64 find_insn(struct proc_target *p, struct tgt_thread *th, u64 ip)
{
	static const u8 insn[2] = { 0x0f, 0x05 };
	u8 code[VDSO_MAX], *hit;
	u64 vdso;
	size_t n;

	if (proc_read_mem(&p->base, th, ip - 2, code, 2) == 2 && !memcmp(code, insn, 2))
		return ip - 2;
	if (th->proc->syscall_insn)
		return th->proc->syscall_insn;
	if (!procfs_auxv(th->proc->pid, AT_SYSINFO_EHDR, &vdso))
		return 0;
	n = proc_read_mem(&p->base, th, vdso, code, sizeof(code));
	hit = memmem(code, n, insn, 2);
	if (hit)
		th->proc->syscall_insn = vdso + (u64)(hit - code);
	return th->proc->syscall_insn;
}

static bool begin(struct remote *r)
{
	u64 all = ~ENG_BIT(SIGTRAP - 1);
	u32 tid = r->th->tid;

	if (ptrace(PTRACE_GETREGS, tid, 0, &r->saved) || r->saved.cs != 0x33 ||
	    ptrace(PTRACE_GETSIGMASK, tid, 8, &r->mask))
		return false;
	r->insn = find_insn(r->p, r->th, r->saved.rip);
	return r->insn && !ptrace(PTRACE_SETSIGMASK, tid, 8, &all);
}

static void end(struct remote *r)
{
	ptrace(PTRACE_SETREGS, r->th->tid, 0, &r->saved);
	ptrace(PTRACE_SETSIGMASK, r->th->tid, 8, &r->mask);
}

/* One instruction. False: another stop came, which is kept for wait(). */
static bool step(struct remote *r)
{
	pid_t tid = (pid_t)r->th->tid;
	int status;

	do {
		if (ptrace(PTRACE_SINGLESTEP, tid, 0, 0) && errno != ESRCH)
			return false;
		while (waitpid(tid, &status, __WALL) < 0)
			if (errno != EINTR)
				return false;
		/* Filters of ours may stop our own calls. */
	} while (WIFSTOPPED(status) && (status >> 16 == PTRACE_EVENT_SECCOMP ||
					status >> 8 == (SIGTRAP | PTRACE_EVENT_STOP << 8)));
	if (WIFSTOPPED(status) && status >> 8 == SIGTRAP)
		return true;
	r->lost = true;
	if (WIFSTOPPED(status))
		end(r);
	thread_queue(r->p, r->th, status);
	return false;
}

/* Result of the call; -EINTR when it could not be made. */
static s64 call(struct remote *r, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct user_regs_struct regs = r->saved;

	regs.rip = r->insn;
	regs.rax = nr;
	regs.orig_rax = ~0ULL; /* no restart of what was interrupted before */
	regs.rdi = a0;
	regs.rsi = a1;
	regs.rdx = a2;
	regs.r10 = a3;
	regs.r8 = a4;
	regs.r9 = 0;
	if (r->lost || ptrace(PTRACE_SETREGS, r->th->tid, 0, &regs) || !step(r) ||
	    ptrace(PTRACE_GETREGS, r->th->tid, 0, &regs))
		return -EINTR;
	r->p->injected++;
	return (s64)regs.rax;
}

static bool put(struct remote *r, u64 addr, const void *src, size_t n)
{
	return proc_write_mem(&r->p->base, r->th, addr, src, n) == n;
}

/* TSYNC: all threads at once; > 0 is a thread whose filters differ from this one's. */
static s64 install(struct remote *r, const struct sock_filter *prog, size_t n)
{
	size_t len = (n * sizeof(*prog) + sizeof(struct sock_fprog) + 4095) & ~4095UL;
	struct sock_fprog fprog = { .len = (unsigned short)n };
	u64 flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	u64 map;
	s64 ret;

	ret = call(r, SYS_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL);
	if (ret < 0)
		return ret;
	map = (u64)ret;
	fprog.filter = (struct sock_filter *)(uintptr_t)(map + sizeof(fprog));
	if (!put(r, map, &fprog, sizeof(fprog)) ||
	    !put(r, map + sizeof(fprog), prog, n * sizeof(*prog))) {
		ret = -EFAULT;
	} else {
		ret = call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, map, 0, 0);
		if (ret == -EACCES) {
			/* Without CAP_SYS_ADMIN a filter must give up setuid programs. */
			ret = call(r, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			if (!ret)
				ret = call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, map, 0,
					   0);
		}
	}
	call(r, SYS_munmap, map, len, 0, 0, 0);
	return ret;
}

static struct call_set missing_set(const struct proc_target *p, const struct process *proc)
{
	const struct tgt_interest *in = &p->interest;
	struct call_set set;

	for (size_t i = 0; i < ARRAY_SIZE(set.nr); i++)
		set.nr[i] = (in->enter[i] | in->exit[i]) & ~proc->installed.nr[i];
	set.other = (in->enter_other || in->exit_other) && !proc->installed.other;
	return set;
}

static bool foreign_filters(const struct proc_target *p, const struct process *proc)
{
	struct task_status st;

	return !procfs_status(proc->pid, &st) || st.seccomp == 1 ||
	       st.filters > p->base_filters + proc->nfilters;
}

void inject_filter(struct proc_target *p, struct tgt_thread *th)
{
	struct sock_filter prog[FILTER_MAX];
	struct process *proc = th->proc;
	struct remote r = { .p = p, .th = th };
	struct call_set set;
	s64 ret;

	if (!stands_well(th) || (th->at == STOP_EXIT && is_restart_code(th->info.exit.rval)))
		return;
	if (foreign_filters(p, proc) || !begin(&r)) {
		proc->own_filter = true;
		process_update(p, proc);
		return;
	}
	set = missing_set(p, proc);
	ret = install(&r, prog, filter_compile(&set, !proc->nfilters, prog));
	if (r.lost)
		return; /* tried again at the next good stop */
	end(&r);
	th->at = STOP_TRAP;
	if (ret) {
		proc->own_filter = true;
	} else {
		proc->nfilters++;
		for (size_t i = 0; i < ARRAY_SIZE(set.nr); i++)
			proc->installed.nr[i] |= set.nr[i];
		proc->installed.other |= set.other;
	}
	process_update(p, proc);
}
