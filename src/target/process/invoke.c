/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invoke.c - one system call in a stopped thread, for whoever asks: what is refused and
 * why, and what the target must know of the call.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "remote.h"

static const char *name_of(u64 nr)
{
	const struct abi_call *c = abi_call_by_nr(ABI_X86_64, nr);

	return c ? c->name : "this call";
}

/* Why it is not made; NULL: it is. */
static const char *danger(u64 nr)
{
	switch (nr & ~(u64)ABI_X32_BIT) {
	case SYS_execve:
	case SYS_execveat:
		return "the program would be replaced";
	case SYS_exit:
	case SYS_exit_group:
		return "the thread would end";
	case SYS_rt_sigreturn:
		return "it takes the thread's registers from its stack";
	case SYS_fork:
	case SYS_clone:
	case SYS_clone3:
		return "a second thread would go on from here";
	default:
		return NULL;
	}
}

/* What not even insisting helps against. */
static const char *impossible(const struct remote *r, const struct tgt_invoke *c)
{
	u64 nr = c->nr & ~(u64)ABI_X32_BIT;
	bool exec = nr == SYS_execve || nr == SYS_execveat;
	bool sleep = nr == SYS_nanosleep || nr == SYS_clock_nanosleep || nr == SYS_poll ||
		     nr == SYS_futex || nr == SYS_restart_syscall;

	if (nr == SYS_vfork || (nr == SYS_clone && c->arg[0] & CLONE_VFORK))
		return "the thread would wait for a child that is stopped, too; use fork";
	if (exec && r->th->tid != r->th->proc->pid)
		return "only the first thread of a process can be asked to";
	if (sleep && r->saved.orig_rax != ~0ULL && (s64)r->saved.rax == -516)
		return "the thread is in the middle of a sleep, of which the kernel would forget "
		       "how long it still has; let it return from that call first";
	return NULL;
}

static int refuse(struct remote *r, u64 nr, const char *why, const char *help)
{
	return proc_fail(r->p, -EPERM, "%s (%llu) is not made in thread %u: %s%s", name_of(nr), nr,
			 r->th->tid, why, help);
}

/* The thread does not come back from it: it is let run, and wait() tells of its end. */
static bool is_end(u64 nr)
{
	nr &= ~(u64)ABI_X32_BIT;
	return nr == SYS_exit || nr == SYS_exit_group;
}

static int run_into_end(struct remote *r, const struct tgt_invoke *c)
{
	struct user_regs_struct regs = r->saved;
	struct tgt_thread *th = r->th;

	regs.rip = r->insn;
	regs.rax = c->nr;
	regs.orig_rax = ~0ULL;
	regs.rdi = c->arg[0];
	if (ptrace(PTRACE_SETREGS, th->tid, 0, &regs) || ptrace(PTRACE_CONT, th->tid, 0, 0))
		return proc_fail(r->p, -ESRCH, "thread %u has ended", th->tid);
	th->restart_state = RESTART_NONE;
	th->inside = th->halted = false;
	thread_set(r->p, th, TH_RUNNING);
	return 0;
}

static int after_loss(struct remote *r, const struct tgt_invoke *c, s64 *result)
{
	int sig = WIFSIGNALED(r->status) ? WTERMSIG(r->status) : 0;

	*result = 0;
	if (WIFSTOPPED(r->status) && r->status >> 16 == PTRACE_EVENT_EXEC)
		return 0;
	if (sig == SIGSYS)
		return proc_fail(r->p, -ESRCH,
				 "%s (%llu) has ended the thread: a seccomp filter of the "
				 "program's kills who makes it",
				 name_of(c->nr), c->nr);
	return proc_fail(r->p, -ESRCH, "the thread has ended%s%s during %s (%llu)",
			 sig ? " by " : "", sig ? (abi_signal_name(sig) ?: "a signal") : "",
			 name_of(c->nr), c->nr);
}

/* What the target watches for in the program's own calls. */
static void own_effects(struct proc_target *p, struct tgt_thread *th, const struct tgt_invoke *c)
{
	struct call call = { .nr = c->nr, .abi = c->nr & ABI_X32_BIT ? ABI_X32 : ABI_X86_64 };

	if (!filter_own_call(&call, c->arg[0]) || th->proc->own_filter)
		return;
	th->proc->own_filter = true;
	process_update(p, th->proc);
	process_kick(p, th->proc);
}

static int make(struct remote *r, const struct tgt_invoke *c, s64 *result)
{
	*result = remote_call(r, c->nr, c->arg);
	if (r->lost)
		return after_loss(r, c, result);
	if (!r->insn)
		return proc_fail(r->p, -EFAULT,
				 "the SYSCALL instruction that thread %u was to execute is gone",
				 r->th->tid);
	if (r->trapped)
		return proc_fail(r->p, -EPERM,
				 "%s (%llu) was refused by a seccomp filter of the program's, "
				 "with SIGSYS; the program has not seen it",
				 name_of(c->nr), c->nr);
	if (r->cancelled && *result == -EINTR)
		return proc_fail(r->p, -ETIMEDOUT,
				 "%s (%llu) did not return and was interrupted; if it waits for "
				 "another thread, let the others run meanwhile",
				 name_of(c->nr), c->nr);
	if (*result >= 0)
		own_effects(r->p, r->th, c);
	return 0;
}

int proc_invoke(struct target *t, struct tgt_thread *th, const struct tgt_invoke *c, s64 *result)
{
	struct proc_target *p = proc_of(t);
	struct call call = { .nr = c->nr, .abi = ABI_X86_64 };
	struct remote r = { .p = p, .th = th };
	const char *why = danger(c->nr);
	int err;

	*result = 0;
	if (!th->proc)
		return proc_fail(p, -ESRCH, "thread %u has ended", th->tid);
	if (why && !(c->flags & TGT_INVOKE_INSIST))
		return refuse(&r, c->nr, why, "; that has to be insisted on");
	r.others = (c->flags & TGT_INVOKE_OTHERS) && !is_end(c->nr);
	r.timeout_ms = c->timeout_ms ?: TGT_INVOKE_MS;
	if (filter_affinity_call(&call))
		place_release(p);
	err = remote_begin(&r);
	if (err)
		return err;
	why = impossible(&r, c);
	if (why)
		err = refuse(&r, c->nr, why, "");
	else if (is_end(c->nr))
		return run_into_end(&r, c);
	else
		err = make(&r, c, result);
	remote_end(&r);
	return err;
}
