/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - stops at system calls, and signals that interrupt them: each call that the
 * program makes is reported once at its entry and once at its exit.
 *
 * Phase, ABI, number and arguments come from PTRACE_GET_SYSCALL_INFO; nothing is counted
 * or guessed from the order of stops. Stops come in this order (kernel 4.8 and later):
 *
 *	syscall-entry (PTRACE_SYSCALL only) -> seccomp (filter only) -> syscall-exit
 *
 * A call that a signal or a stop interrupts leaves -ERESTART* in rax and is made again by
 * the kernel: same address, same stack, same number or restart_syscall. struct call
 * restart remembers it until then, so that the second entry stays unseen.
 */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "process.h"

#define REG(name) offsetof(struct user_regs_struct, name)
#define UC_OFFSET 8 /* of the ucontext in a 64-bit signal frame: behind the return address */
#define GREGS_OFFSET offsetof(ucontext_t, uc_mcontext.gregs)

static enum abi_id abi_of(u32 arch, u64 nr)
{
	if (ENG_LIKELY(arch == AUDIT_ARCH_X86_64 && !(nr & ABI_X32_BIT)))
		return ABI_X86_64;
	return abi_from_audit(arch, nr);
}

static u64 restart_nr(enum abi_id abi)
{
	switch (abi) {
	case ABI_I386:
		return 0;
	case ABI_X32:
		return ABI_X32_BIT | SYS_restart_syscall;
	default:
		return SYS_restart_syscall;
	}
}

/* --- calls that a stop of ours ended, or that will be made again --- */

/* The call is made again from its start, as if the thread had not entered it yet. */
static bool rewind_call(struct tgt_thread *th, u64 nr, u64 ip)
{
	return regs_poke(th, REG(rip), ip - 2) && regs_poke(th, REG(rax), nr) &&
	       regs_poke(th, REG(orig_rax), ~0ULL);
}

/*
 * Some calls (epoll_wait, semop, timed socket calls: signal(7), "interruption by stop
 * signals") say EINTR for a stop that no signal caused. close and connect have had their
 * effect by then and must not be made twice.
 */
static bool may_rewind(u64 nr)
{
	return nr != SYS_close && nr != SYS_connect;
}

/* Signals that would not even have been queued without a tracer. */
static u64 harmless(const struct task_status *st)
{
	u64 by_default = ENG_BIT(SIGCHLD - 1) | ENG_BIT(SIGURG - 1) | ENG_BIT(SIGWINCH - 1);

	return (st->ignored | by_default) & ~st->caught;
}

/* Did a signal end the call, one that the program is meant to notice? @sig: see process.h. */
static bool signalled(const struct tgt_thread *th, int sig)
{
	struct task_status st;
	u64 waiting;

	if (sig == CALL_GROUP_STOP || !procfs_status(th->tid, &st))
		return true;
	waiting = st.pending & ~st.blocked;
	if (sig)
		waiting |= ENG_BIT(sig - 1);
	return waiting & ~harmless(&st);
}

static void expect_restart(struct tgt_thread *th, enum restart_state state, u64 nr, u64 ip, u64 sp)
{
	th->restart.abi = nr & ABI_X32_BIT ? ABI_X32 : ABI_X86_64;
	th->restart.nr = nr;
	if (th->inside) {
		th->restart.abi = th->call.abi;
		th->restart.nr = th->call.nr;
	}
	th->restart.ip = ip;
	th->restart.sp = sp;
	th->restart_nr = nr;
	th->restart_state = state;
	th->inside = false;
}

/*
 * The result of a call, before the program has it. True: the call will be made again, and
 * its end is yet to come.
 */
static bool unfinished(struct tgt_thread *th, s64 ret, u64 nr, u64 ip, u64 sp, int sig)
{
	if (is_restart_code(ret)) {
		expect_restart(th, RESTART_WAIT, nr, ip, sp);
		return true;
	}
	if (ret != -EINTR || !may_rewind(nr) || signalled(th, sig) || !rewind_call(th, nr, ip))
		return false;
	expect_restart(th, RESTART_NOW, nr, ip, sp);
	return true;
}

void call_interrupted(struct proc_target *p, struct tgt_thread *th, int sig)
{
	struct user_regs_struct r;

	if (th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW)
		return;
	if (!ptrace(PTRACE_GETREGS, th->tid, 0, &r) && (s64)r.orig_rax >= 0)
		unfinished(th, (s64)r.rax, r.orig_rax, r.rip, r.rsp, sig);
}

void call_rewound(struct tgt_thread *th, u64 nr)
{
	expect_restart(th, RESTART_WAIT, nr, th->info.instruction_pointer, th->info.stack_pointer);
}

/*
 * True: this entry is a call that was seen before. One that a thread was in when it was attached
 * to was not: its entry is told of now.
 */
static bool restarted(struct tgt_thread *th)
{
	const struct call *c = &th->call, *r = &th->restart;
	bool same = c->ip == r->ip && c->sp == r->sp &&
		    (c->nr == th->restart_nr || c->nr == restart_nr(c->abi));

	if (th->restart_state == RESTART_HANDLER) {
		/* The same call out of a handler: it was left by longjmp and begins anew. */
		if (same)
			th->restart_state = RESTART_NONE;
		return false;
	}
	th->restart_state = RESTART_NONE;
	if (same)
		th->call.nr = r->nr;
	return same && !th->fresh;
}

/* --- entry --- */

/*
 * A child made with CLONE_UNTRACED would run with our filters and without a tracer: its
 * calls would fail with ENOSYS. The flag means nothing else.
 */
static void keep_child(struct proc_target *p, struct tgt_thread *th, bool in_memory)
{
	u64 arg = th->info.entry.args[0], flags = arg;

	if (in_memory && proc_read_mem(&p->base, th, arg, &flags, sizeof(flags)) != sizeof(flags))
		return;
	if (!(flags & CLONE_UNTRACED))
		return;
	flags &= ~(u64)CLONE_UNTRACED;
	if (in_memory)
		proc_write_mem(&p->base, th, arg, &flags, sizeof(flags));
	else
		regs_poke(th, th->call.abi == ABI_I386 ? REG(rbx) : REG(rdi), flags);
}

/* The target's own business with a call: what other stops rely on. */
static void own_enter(struct proc_target *p, struct tgt_thread *th)
{
	bool in_memory;

	if (ENG_LIKELY(filter_passes(&th->call)))
		return;
	if (th->proc->launched && filter_affinity_call(&th->call))
		place_release(p);
	if (filter_own_call(&th->call, th->info.entry.args[0]))
		th->watch_exit = true;
	if (filter_clone_call(&th->call, &in_memory))
		keep_child(p, th, in_memory);
}

static bool enter(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	bool again;

	th->call.nr = th->info.entry.nr;
	th->call.abi = abi_of(th->info.arch, th->call.nr);
	th->call.ip = th->info.instruction_pointer;
	th->call.sp = th->info.stack_pointer;
	th->inside = true;
	th->skipped = false;
	th->watch_exit = false;
	again = ENG_UNLIKELY(th->restart_state) && restarted(th);
	th->fresh = false;
	if (!again && th->args.ip == th->call.ip && th->args.sp == th->call.sp)
		args_forget(th); /* of a call that never ended */
	own_enter(p, th);
	if (again || !wants_enter(p, &th->call))
		return stop_quiet(p, th);
	return stop_report(p, th, TGT_STOP_ENTER, stop);
}

/*
 * A filter of the debuggee's own says RET_TRACE. Without a tracer the kernel would not
 * make the call and say ENOSYS, which rax already holds.
 */
static bool foreign_trace(struct proc_target *p, struct tgt_thread *th)
{
	regs_poke(th, REG(orig_rax), ~0ULL);
	return stop_quiet(p, th);
}

/* --- exit --- */

static void own_exit(struct proc_target *p, struct tgt_thread *th)
{
	th->watch_exit = false;
	if (th->info.exit.rval < 0 || th->proc->own_filter)
		return;
	/* It installed a filter of its own: the strictest wins, so ours may not be heard. */
	th->proc->own_filter = true;
	if (th->proc->mode == TRACE_ALL)
		return;
	process_update(p, th->proc);
	process_kick(p, th->proc);
}

/* rt_sigreturn has put back what a handler interrupted. */
static void handler_left(struct tgt_thread *th)
{
	if (th->restart_state != RESTART_HANDLER)
		return;
	if (th->info.stack_pointer != th->restart.sp)
		return; /* a handler within a handler */
	th->restart_state =
		th->info.instruction_pointer == th->restart.ip - 2 ? RESTART_NOW : RESTART_NONE;
}

/* An exit whose entry was not seen: the call was under way when interest in it began. */
static bool unseen_entry(struct tgt_thread *th)
{
	u64 nr;

	if (!regs_peek(th, REG(orig_rax), &nr) || (s64)nr < 0)
		return false;
	th->call.nr = nr;
	th->call.abi = abi_of(th->info.arch, nr);
	th->call.ip = th->info.instruction_pointer;
	th->call.sp = th->info.stack_pointer;
	th->skipped = false;
	th->watch_exit = false;
	th->inside = true;
	return true;
}

static bool leave(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	const struct __ptrace_syscall_info *info = &th->info;
	s64 ret = info->exit.rval;
	u64 nr;

	if (th->skipped)
		regs_skipped(th);
	if ((!th->inside && !unseen_entry(th)) || th->skipped) {
		th->inside = th->skipped = false;
		return stop_quiet(p, th);
	}
	if (th->call.abi == ABI_X86_64 && th->call.nr == SYS_rt_sigreturn)
		handler_left(th);
	else if (ENG_UNLIKELY(is_restart_code(ret) || ret == -EINTR) &&
		 regs_peek(th, REG(orig_rax), &nr) && (s64)nr >= 0 &&
		 unfinished(th, ret, nr, info->instruction_pointer, info->stack_pointer, 0))
		return stop_quiet(p, th);
	th->inside = false;
	if (ENG_UNLIKELY(th->args.on))
		regs_give_back(p, th);
	if (ENG_UNLIKELY(th->watch_exit))
		own_exit(p, th);
	if (!wants_exit(p, &th->call))
		return stop_quiet(p, th);
	return stop_report(p, th, TGT_STOP_EXIT, stop);
}

bool call_stop(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	bool seen = th->entry_seen;

	if (ENG_LIKELY(!th->info_kept) &&
	    ptrace(PTRACE_GET_SYSCALL_INFO, th->tid, sizeof(th->info), &th->info) <= 0)
		return stop_quiet(p, th); /* killed meanwhile */
	th->info_kept = false;
	place_stop(p, th);
	switch (th->info.op) {
	case PTRACE_SYSCALL_INFO_SECCOMP:
		th->at = STOP_SECCOMP;
		th->entry_seen = false;
		if (th->info.seccomp.ret_data != FILTER_COOKIE)
			return foreign_trace(p, th);
		return seen ? stop_quiet(p, th) : enter(p, th, stop);
	case PTRACE_SYSCALL_INFO_ENTRY:
		th->at = STOP_ENTRY;
		th->entry_seen = true;
		return enter(p, th, stop);
	case PTRACE_SYSCALL_INFO_EXIT:
		th->at = STOP_EXIT;
		th->entry_seen = false;
		return leave(p, th, stop);
	default:
		th->at = STOP_EVENT;
		return stop_quiet(p, th);
	}
}

/* --- signals --- */

/*
 * The terminal's keys: the kernel is the sender of what its tty layer raises. Only in our
 * own process group are they also ours: job control of a debuggee has groups of its own.
 * What launched debuggees do not get of it, unless the session passes it on.
 */
bool call_from_keyboard(const struct proc_target *p, const struct tgt_thread *th, int sig)
{
	siginfo_t si;

	return !p->pass_keyboard && th->proc->launched && (sig == SIGINT || sig == SIGQUIT) &&
	       getpgid((pid_t)th->proc->pid) == getpgrp() &&
	       !ptrace(PTRACE_GETSIGINFO, th->tid, 0, &si) && si.si_code == SI_KERNEL;
}

static bool is_caught(const struct tgt_thread *th, int sig)
{
	struct task_status st;

	return procfs_status(th->tid, &st) && (st.caught >> (sig - 1) & 1);
}

/* Nobody wants to know of it but a step that has led here. */
static bool handler_quiet(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	return th->step ? step_report(p, th, stop) : stop_quiet(p, th);
}

/*
 * The handler has been entered; its frame holds what the program will find after it. If
 * that is EINTR the call is over, and this is the last place to see and change its result.
 */
static bool handler_entered(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	struct user_regs_struct r;
	greg_t saved[NGREG];
	struct call call = th->restart;

	th->at = STOP_TRAP;
	if (ptrace(PTRACE_GETREGS, th->tid, 0, &r) || r.cs != 0x33 ||
	    proc_read_mem(&p->base, th, r.rsp + UC_OFFSET + GREGS_OFFSET, saved, sizeof(saved)) !=
		    sizeof(saved)) {
		th->restart_state = RESTART_NONE;
		return handler_quiet(p, th, stop);
	}
	if ((u64)saved[REG_RIP] == call.ip - 2) {
		th->restart_state = RESTART_HANDLER;
		return handler_quiet(p, th, stop);
	}
	th->restart_state = RESTART_NONE;
	if ((u64)saved[REG_RIP] != call.ip || saved[REG_RAX] != -EINTR)
		return handler_quiet(p, th, stop);
	th->at = STOP_HANDLER;
	th->frame = r.rsp + UC_OFFSET;
	th->call = call;
	if (th->args.on)
		regs_give_back(p, th);
	if (!wants_exit(p, &call)) {
		th->at = STOP_TRAP;
		return handler_quiet(p, th, stop);
	}
	th->info.instruction_pointer = call.ip;
	th->info.stack_pointer = call.sp;
	th->info.exit.rval = -EINTR;
	th->info.exit.is_error = 1;
	return stop_report(p, th, TGT_STOP_EXIT, stop);
}

int call_deliver(struct proc_target *p, struct tgt_thread *th, int sig)
{
	bool again = th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW;

	if (!sig || !(again || th->step) || !is_caught(th, sig))
		return thread_run(p, th, sig);
	th->stepping = again;
	if (th->step)
		th->step = STEP_ONE;
	return thread_step(p, th, sig);
}

/* Signals are delivered unchanged: resuming with the same number keeps siginfo. */
bool call_signal(struct proc_target *p, struct tgt_thread *th, int sig, struct tgt_stop *stop)
{
	siginfo_t si;
	bool report;

	if (th->stepping) {
		th->stepping = false;
		/* ptrace_notify() after setting up a frame has si_code SIGTRAP; real traps differ. */
		if (sig == SIGTRAP && !ptrace(PTRACE_GETSIGINFO, th->tid, 0, &si)) {
			if (si.si_code == SIGTRAP)
				return handler_entered(p, th, stop);
			if (si.si_code == TRAP_TRACE) {
				th->at = STOP_TRAP;
				return stop_quiet(p, th);
			}
		}
	}
	if (ENG_UNLIKELY(sig == SIGTRAP) && bp_trap(p, th, stop, &report)) {
		place_stop(p, th);
		return report || stop_quiet(p, th);
	}
	if (ENG_UNLIKELY(th->step) && step_trap(th, sig))
		return step_report(p, th, stop);
	p->signals++;
	th->at = STOP_SIGNAL;
	if (call_from_keyboard(p, th, sig))
		sig = 0;
	call_interrupted(p, th, sig);
	if (ENG_UNLIKELY(p->wanted_signals) && sig && p->wanted_signals >> (sig - 1) & 1) {
		th->held_signal = sig;
		stop->signal = sig;
		return stop_report(p, th, TGT_STOP_SIGNAL, stop);
	}
	call_deliver(p, th, sig);
	return false;
}
