/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote.c - makes a stopped thread execute system calls, and puts everything back but
 * their effects. No code is written: a SYSCALL instruction that is there already is used.
 *
 * The calls are single-stepped: the stop behind the instruction is a signal-delivery stop,
 * so that the kernel still sees to an interrupted call of the thread when its registers are
 * put back (after a syscall-exit stop it would not, and -512 would reach the program).
 * A thread that stands at the entry of a call is led out of it, and makes it again.
 *
 * A signal that was pending before comes first, as a stop with the instruction not yet
 * executed. It is held, the rest are blocked, and all are delivered afterwards with what
 * the sender said. One that comes during a call ends that call with EINTR, as always.
 */
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote.h"

#define R(name) offsetof(struct user_regs_struct, name)
#define VDSO_MAX 16384
#define TICK_MS 50
#define CS_64 0x33 /* the kernel's selector of 64-bit code */

/* --- where --- */

static bool is_insn(struct remote *r, u64 addr)
{
	static const u8 insn[2] = { 0x0f, 0x05 };
	u8 code[2];

	if (site_next(r->th->proc, addr, addr + 2))
		return false; /* a breakpoint would be executed instead */
	return proc_read_mem(&r->p->base, r->th, addr, code, 2) == 2 && !memcmp(code, insn, 2);
}

/* The instruction just executed, else the one in the vdso's fallback paths. */
static u64 find_insn(struct remote *r, u64 ip)
{
	struct process *proc = r->th->proc;
	u8 code[VDSO_MAX], *hit;
	u64 vdso;
	size_t n;

	if (is_insn(r, ip - 2))
		return ip - 2;
	if (proc->syscall_insn && is_insn(r, proc->syscall_insn))
		return proc->syscall_insn;
	proc->syscall_insn = 0;
	if (!procfs_auxv(proc->pid, AT_SYSINFO_EHDR, &vdso))
		return 0;
	n = proc_read_mem(&r->p->base, r->th, vdso, code, sizeof(code));
	hit = memmem(code, n, "\x0f\x05", 2);
	if (hit)
		proc->syscall_insn = vdso + (u64)(hit - code);
	return proc->syscall_insn;
}

/* --- other threads --- */

/* What they stop for is seen to; what somebody wants to know is kept for wait(). */
static void other_stop(struct remote *r, u32 tid, int status)
{
	struct tgt_thread *o = thread_find(r->p, tid);
	struct tgt_stop stop = { .kind = TGT_STOP_NONE };
	u32 own = r->th->tid;

	if (!o) {
		wait_unknown(r->p, tid, status);
	} else if (!WIFSTOPPED(status)) {
		thread_queue(r->p, o, status);
	} else if (wait_dispatch(r->p, o, status, &stop)) {
		stop.thread->told = stop;
		stop.thread->is_told = true;
		thread_queue(r->p, stop.thread, status);
	}
	r->lost |= thread_find(r->p, own) != r->th; /* another thread has called execve */
}

static bool is_other(const struct remote *r, const struct tgt_thread *o)
{
	return o != r->th && o->proc == r->th->proc;
}

/* A stop of theirs that wait() has not looked at. */
static struct tgt_thread *other_queued(const struct remote *r)
{
	struct tgt_thread *o = r->p->qhead;

	while (o && (!is_other(r, o) || o->is_told || !WIFSTOPPED(o->status)))
		o = o->qnext;
	return o;
}

static void others_go(struct remote *r)
{
	struct tgt_thread *o, *next;

	r->was_halted = r->p->halted;
	r->p->halted = false;
	while (!r->lost && (o = other_queued(r)))
		other_stop(r, o->tid, o->status);
	for (o = r->p->threads; o && !r->lost; o = next) {
		next = o->next;
		if (is_other(r, o) && o->state == TH_HELD && o->halted)
			thread_run(r->p, o, 0);
	}
}

/* --- stops --- */

static void cancel(struct remote *r)
{
	r->cancelled = true;
	r->th->interrupted = !ptrace(PTRACE_INTERRUPT, r->th->tid, 0, 0);
}

/* The next status of the thread. False: it is not there any more. */
static bool next_status(struct remote *r, int *status)
{
	pid_t tid = (pid_t)r->th->tid, pid;

	while (!r->lost) {
		pid = r->others ? wait_any(status, 0) : waitpid(tid, status, __WALL);
		if (pid == tid)
			return true;
		if (pid > 0)
			other_stop(r, (u32)pid, *status);
		else if (errno != EINTR)
			r->lost = true;
		else if (!r->cancelled &&
			 (is_woken(r->p) || (r->deadline && clock_ns() >= r->deadline)))
			cancel(r);
	}
	return false;
}

/* Its end, or its new program, is what wait() tells of next. */
static bool lost(struct remote *r, int status)
{
	r->lost = true;
	r->status = status;
	thread_queue(r->p, r->th, status);
	return false;
}

static bool advance(struct remote *r, enum __ptrace_request req, int *status)
{
	if (ptrace(req, r->th->tid, 0, 0) && errno != ESRCH)
		return false;
	if (!next_status(r, status))
		return false;
	return WIFSTOPPED(*status) || lost(r, *status);
}

static void block(struct remote *r)
{
	u64 all = ~ENG_BIT(SIGTRAP - 1); /* a blocked trap would take the program's handler away */

	if (r->blocked || ptrace(PTRACE_GETSIGMASK, r->th->tid, 8, &r->mask))
		return;
	r->blocked = !ptrace(PTRACE_SETSIGMASK, r->th->tid, 8, &all);
}

/* The kernel asks for rax as it is when nobody traces a filter's RET_TRACE: ENOSYS. */
static void seccomp_stop(struct remote *r)
{
	unsigned long data;

	if (!ptrace(PTRACE_GETEVENTMSG, r->th->tid, 0, &data) && data != FILTER_COOKIE)
		regs_poke(r->th, R(orig_rax), ~0ULL);
}

static void event_stop(struct remote *r, int sig)
{
	r->th->interrupted = false;
	r->interrupted = true;
	r->grouped |= sig != SIGTRAP;
}

/* A task that an insisted-on clone made: it begins where its parent really stands. */
static void newborn(struct remote *r, u64 stack)
{
	struct user_regs_struct regs = r->saved;
	unsigned long tid = 0;
	int status;

	if (ptrace(PTRACE_GETEVENTMSG, r->th->tid, 0, &tid) || !tid)
		return;
	if (!thread_find(r->p, (u32)tid)) {
		while (waitpid((pid_t)tid, &status, __WALL) < 0)
			if (errno != EINTR)
				return;
		wait_unknown(r->p, (u32)tid, status);
	}
	if (stack)
		regs.rsp = stack;
	ptrace(PTRACE_SETREGS, tid, 0, &regs);
	wait_birth(r->p, r->th);
}

static bool trap_pending(const struct remote *r)
{
	struct __ptrace_peeksiginfo_args a = { .nr = 1 };
	siginfo_t si;

	for (; ptrace(PTRACE_PEEKSIGINFO, r->th->tid, &a, &si) == 1; a.off++)
		if (si.si_signo == SIGTRAP && si.si_code > 0)
			return true;
	return false;
}

/* True: the instruction has been executed. */
static bool signal_stop(struct remote *r, int sig)
{
	siginfo_t si;
	u64 ip;

	if (ptrace(PTRACE_GETSIGINFO, r->th->tid, 0, &si) || !regs_peek(r->th, R(rip), &ip))
		return false;
	if (ip != r->insn && sig == SIGTRAP &&
	    (si.si_code == TRAP_BRKPT || si.si_code == TRAP_TRACE))
		return true;
	if (ip != r->insn && sig == SIGSYS && si.si_code > 0) {
		r->trapped = true;
		return !trap_pending(r);
	}
	if (ip == r->insn && (sig == SIGSEGV || sig == SIGBUS) && si.si_code > 0 &&
	    (u64)(uintptr_t)si.si_addr == ip) {
		r->insn = r->th->proc->syscall_insn = 0; /* unmapped since it was read */
		return true;
	}
	if (call_from_keyboard(r->p, r->th, sig))
		return false;
	if (r->held.si_signo || r->queued.si_signo)
		r->again = sig; /* SIGSTOP */
	else
		r->held = si;
	block(r);
	return false;
}

/* One instruction. False: lost. */
static bool step(struct remote *r, u64 stack)
{
	int status, event, sig;

	while (advance(r, PTRACE_SINGLESTEP, &status)) {
		event = status >> 16;
		sig = WSTOPSIG(status);
		switch (event) {
		case 0:
			if (signal_stop(r, sig))
				return true;
			break;
		case PTRACE_EVENT_SECCOMP:
			seccomp_stop(r);
			break;
		case PTRACE_EVENT_STOP:
			event_stop(r, sig);
			break;
		case PTRACE_EVENT_FORK:
		case PTRACE_EVENT_VFORK:
		case PTRACE_EVENT_CLONE:
			newborn(r, stack);
			break;
		case PTRACE_EVENT_EXEC:
			return lost(r, status);
		default:
			break;
		}
	}
	return false;
}

/* --- beginning --- */

static int stands_badly(struct remote *r, const char *why)
{
	return proc_fail(r->p, -EBUSY, "thread %u of process %u cannot make a call now: %s",
			 r->th->tid, r->th->proc->pid, why);
}

/* A stop that wait() has not told of yet. */
static int queued_stop(struct remote *r)
{
	struct tgt_thread *th = r->th;
	int event = th->status >> 16, sig = WSTOPSIG(th->status);

	if (event == PTRACE_EVENT_STOP) {
		thread_set(r->p, th, TH_HELD);
		th->halted = true;
		th->at = sig == SIGTRAP ? STOP_TRAP : STOP_GROUP;
		call_interrupted(r->p, th, sig == SIGTRAP ? 0 : CALL_GROUP_STOP);
		return 0;
	}
	if (!event && sig != (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GETSIGINFO, th->tid, 0, &r->queued))
			return stands_badly(r, "it is being killed");
		th->at = STOP_SIGNAL;
		block(r);
		return 0;
	}
	if (event && event != PTRACE_EVENT_SECCOMP)
		return stands_badly(r, "it is in the middle of a clone or execve that is still "
				       "to be reported; let it go on first");
	if (th->info_kept)
		return 0;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, th->tid, sizeof(th->info), &th->info) <= 0)
		return stands_badly(r, "it is being killed");
	th->at = th->info.op == PTRACE_SYSCALL_INFO_EXIT    ? STOP_EXIT
		 : th->info.op == PTRACE_SYSCALL_INFO_ENTRY ? STOP_ENTRY
							    : STOP_SECCOMP;
	return 0;
}

static int check_stop(struct remote *r)
{
	struct tgt_thread *th = r->th;
	int err = 0;

	if (th->state != TH_HELD && th->state != TH_REPORTED && th->state != TH_QUEUED)
		return stands_badly(r, "it is running; stop it first");
	if (th->state == TH_QUEUED && !WIFSTOPPED(th->status))
		return proc_fail(r->p, -ESRCH, "thread %u has ended", th->tid);
	if (th->state == TH_QUEUED && !th->is_told)
		err = queued_stop(r);
	if (!err && th->held_signal && !ptrace(PTRACE_GETSIGINFO, th->tid, 0, &r->held))
		block(r);
	if (!err && th->at == STOP_EVENT)
		err = stands_badly(r, "it is in the middle of a clone or execve; let it go on to "
				      "its next stop");
	return err;
}

/*
 * Out of the call that it has entered: with number -1 where the filters have been asked
 * already. Where not, one that lists what is allowed would end the process for that; all
 * know read(2), which has no effect on descriptor -1.
 */
static int leave_call(struct remote *r)
{
	struct user_regs_struct regs = r->saved;
	enum abi_id abi = abi_from_audit(r->th->info.arch, regs.orig_rax);
	int status = 0;

	regs.orig_rax = ~0ULL;
	regs.rdi = regs.rbx = ~0ULL;
	if (r->th->at == STOP_ENTRY)
		regs.orig_rax = abi == ABI_I386 ? 3 : abi == ABI_X32 ? ABI_X32_BIT : SYS_read;
	if (ptrace(PTRACE_SETREGS, r->th->tid, 0, &regs))
		return stands_badly(r, "its registers cannot be set");
	do {
		if (!advance(r, PTRACE_SYSCALL, &status))
			return proc_fail(r->p, -ESRCH, "thread %u has ended", r->th->tid);
		if (status >> 16 == PTRACE_EVENT_SECCOMP)
			seccomp_stop(r);
	} while (status >> 8 != (SIGTRAP | 0x80));
	r->entered = true;
	r->saved.rip -= 2;
	r->saved.rax = r->saved.orig_rax;
	r->saved.orig_rax = ~0ULL;
	return 0;
}

int remote_begin(struct remote *r)
{
	struct tgt_thread *th = r->th;
	int err = check_stop(r);

	if (err)
		return err;
	if (ptrace(PTRACE_GETREGS, th->tid, 0, &r->saved))
		err = stands_badly(r, "it is being killed");
	else if (r->saved.cs != CS_64)
		err = stands_badly(r, "it executes 32-bit code, where SYSCALL does not exist");
	else if (!(r->insn = find_insn(r, r->saved.rip)))
		err = stands_badly(r,
				   "no SYSCALL instruction was found in it: it has no vdso; stop "
				   "it at a system call, which has one");
	if (!err && (th->at == STOP_ENTRY || th->at == STOP_SECCOMP))
		err = leave_call(r);
	if (err && r->blocked && !r->lost)
		ptrace(PTRACE_SETSIGMASK, th->tid, 8, &r->mask);
	if (!err && r->others)
		others_go(r);
	return err;
}

/* --- the call --- */

/* With all signals blocked by us, what the program's own set would have become. */
static void mask_call(struct remote *r, const u64 arg[6])
{
	struct target *t = &r->p->base;
	u64 old = r->mask, set = 0;

	if (arg[1] && proc_read_mem(t, r->th, arg[1], &set, 8) == 8) {
		if (arg[0] == SIG_BLOCK)
			r->mask |= set;
		else if (arg[0] == SIG_UNBLOCK)
			r->mask &= ~set;
		else
			r->mask = set;
	}
	if (arg[2])
		proc_write_mem(t, r->th, arg[2], &old, 8);
}

static void arm(struct remote *r)
{
	r->cancelled = false;
	r->deadline = 0;
	if (r->timeout_ms <= 0)
		return;
	r->deadline = clock_ns() + (u64)r->timeout_ms * 1000000;
	wake_arm(r->p, r->timeout_ms < TICK_MS ? (u32)r->timeout_ms : TICK_MS, TICK_MS);
}

static void disarm(struct remote *r)
{
	if (r->timeout_ms <= 0)
		return;
	wake_arm(r->p, 0, 0);
	if (is_woken(r->p))
		wake_target(&r->p->base); /* the signals were for wait() */
}

s64 remote_call(struct remote *r, u64 nr, const u64 arg[6])
{
	struct user_regs_struct regs;
	bool done;

	if (r->lost || !r->insn)
		return -EINTR;
	arm(r);
	do {
		r->interrupted = r->trapped = false;
		regs = r->saved;
		regs.rip = r->insn;
		regs.rax = nr;
		regs.orig_rax = ~0ULL; /* no restart of what was interrupted before */
		regs.rdi = arg[0];
		regs.rsi = arg[1];
		regs.rdx = arg[2];
		regs.r10 = arg[3];
		regs.r8 = arg[4];
		regs.r9 = arg[5];
		done = !ptrace(PTRACE_SETREGS, r->th->tid, 0, &regs) &&
		       step(r, nr == SYS_clone ? arg[1] : 0) && r->insn &&
		       !ptrace(PTRACE_GETREGS, r->th->tid, 0, &regs);
		/* Only a stop of ours has ended it: once more. */
	} while (done && r->interrupted && !r->cancelled && is_restart_code((s64)regs.rax));
	disarm(r);
	if (!done)
		return -EINTR;
	r->p->injected++;
	if (r->trapped)
		return -EPERM;
	if (nr == SYS_rt_sigprocmask && r->blocked && !regs.rax)
		mask_call(r, arg);
	return is_restart_code((s64)regs.rax) ? -EINTR : (s64)regs.rax;
}

/* --- end --- */

/* Where the thread stands now, for what comes next. */
static void settle(struct remote *r)
{
	struct tgt_thread *th = r->th;
	bool queued = th->state == TH_QUEUED && !th->is_told;

	if (r->entered && (!queued || th->entry_seen))
		call_rewound(th, r->saved.rax);
	if (r->entered)
		th->entry_seen = false;
	if (!queued) {
		if (r->entered)
			th->at = STOP_AGAIN;
		else if (th->at == STOP_GROUP)
			th->at = STOP_TRAP;
	} else if (r->entered) {
		/* Its entry is still to come, a second time. */
		thread_set(r->p, th, TH_HELD);
		th->halted = true;
		th->at = STOP_TRAP;
	} else {
		th->info_kept = th->at == STOP_EXIT;
	}
}

static void others_stop(struct remote *r)
{
	r->p->halted = r->was_halted;
	if (r->was_halted)
		halt_threads(r->p, NULL);
}

void remote_end(struct remote *r)
{
	struct tgt_thread *th = r->th;
	siginfo_t *si = r->queued.si_signo ? &r->queued : &r->held;

	if (!r->lost) {
		ptrace(PTRACE_SETREGS, th->tid, 0, &r->saved);
		if (r->blocked)
			ptrace(PTRACE_SETSIGMASK, th->tid, 8, &r->mask);
		if (si->si_signo)
			ptrace(PTRACE_SETSIGINFO, th->tid, 0, si);
		th->held_signal = r->held.si_signo;
		if (r->again)
			syscall(SYS_tgkill, th->proc->pid, th->tid, r->again);
		/* Back into a group-stop, from which only SIGCONT leads. */
		if (r->grouped || th->at == STOP_GROUP)
			th->interrupted = !ptrace(PTRACE_INTERRUPT, th->tid, 0, 0);
		settle(r);
	}
	if (r->others)
		others_stop(r);
}
