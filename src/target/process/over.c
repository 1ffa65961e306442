/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * over.c - a thread goes on from a breakpoint: the program's own byte is back for the one
 * instruction that it executes there, and whoever shares the memory stands still meanwhile, so
 * that nobody can run past unseen.
 *
 * An instruction may itself wait for somebody who stands still (a page that another thread
 * provides). After some time the others go on, and the thread comes to the breakpoint again,
 * unreported, when it has what it waited for.
 *
 * Execute breakpoints in debug registers need none of that: RF in the flags lets one
 * instruction pass (Intel SDM vol. 3, 18.3.1.1).
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "process.h"

#define R(name) offsetof(struct user_regs_struct, name)
#define FLAG_RF 0x10000
#define MAX_PREFIXES 14
#ifndef PATIENCE_MS /* a test has little */
#define PATIENCE_MS 100
#endif

/* --- the others --- */

/* A vfork parent waits in the kernel, and stops there before it can go on. */
static bool must_pause(const struct tgt_thread *o, const struct space *s)
{
	return o->proc && o->proc->space == s && !o->vforking && can_report(o->state);
}

bool space_pause(struct proc_target *p, const struct space *s)
{
	bool any = false;

	for (struct tgt_thread *o = p->threads; o; o = o->next)
		any |= o->paused |= must_pause(o, s);
	for (struct tgt_thread *o = p->threads; o; o = o->next)
		if (o->paused && must_pause(o, s))
			halt_threads(p, o->proc);
	return any;
}

void space_go_on(struct proc_target *p)
{
	for (struct tgt_thread *o = p->threads; o; o = o->next) {
		if (!o->paused)
			continue;
		o->paused = false;
		if (o->state == TH_HELD && o->halted && o->proc && !p->halted && !o->proc->held)
			thread_run(p, o, 0);
	}
}

/* --- one instruction --- */

/* Length of a repeated string instruction at ip; 0: it is none. */
static unsigned rep_length(struct proc_target *p, struct tgt_thread *th, u64 ip)
{
	static const u8 prefixes[] = { 0xf2, 0xf3, 0x66, 0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 };
	u8 code[MAX_PREFIXES + 1];
	size_t n = proc_read_mem(&p->base, th, ip, code, sizeof(code));
	bool rep = false;
	unsigned i = 0;

	for (; i < n && (memchr(prefixes, code[i], sizeof(prefixes)) || code[i] >> 4 == 4); i++)
		rep |= code[i] == 0xf2 || code[i] == 0xf3;
	if (!rep || i == n)
		return 0;
	switch (code[i]) {
	case 0x6c ... 0x6f: /* ins, outs */
	case 0xa4 ... 0xa7: /* movs, cmps */
	case 0xaa ... 0xaf: /* stos, lods, scas */
		return i + 1;
	default:
		return 0;
	}
}

/* The next status of the thread; what comes of others is kept. False: there is none. */
static bool next_status(struct proc_target *p, struct tgt_thread *th, int *status)
{
	u64 deadline = clock_ns() + PATIENCE_MS * 1000000ULL;
	pid_t pid;

	for (;;) {
		pid = wait_any(status, 0);
		if (pid == (pid_t)th->tid)
			return true;
		if (pid > 0)
			halt_collect(p, th->proc, pid, *status);
		else if (errno != EINTR)
			return false;
		else if (is_woken(p) || clock_ns() >= deadline)
			return !(th->late = true);
	}
}

/* Time passes while somebody waits for the thread. */
static void set_timer(struct proc_target *p, u32 ms)
{
	p->timer_first = 1;
	wake_arm(p, ms, ms);
	if (!ms && is_woken(p))
		wake_target(&p->base); /* its signals may have been ours */
}

static bool advance(struct proc_target *p, struct tgt_thread *th, enum __ptrace_request req,
		    int *status)
{
	return (!ptrace(req, th->tid, 0, 0) || errno == ESRCH) && next_status(p, th, status);
}

static bool is_stepped(const struct tgt_thread *th, int status)
{
	siginfo_t si;

	return WIFSTOPPED(status) && status >> 8 == SIGTRAP &&
	       !ptrace(PTRACE_GETSIGINFO, th->tid, 0, &si) && si.si_code == TRAP_TRACE;
}

/* To the instruction behind a repeated one, at the speed of the processor. True: it is there. */
static bool run_rep(struct proc_target *p, struct tgt_thread *th, u64 end, int *status)
{
	bool there;
	u64 ip;

	if (site_find(th->proc, end)) {
		advance(p, th, PTRACE_CONT, status); /* to the next breakpoint */
		return false;
	}
	if (!site_add(th, end))
		return advance(p, th, PTRACE_SINGLESTEP, status) && is_stepped(th, *status);
	there = advance(p, th, PTRACE_CONT, status) && WIFSTOPPED(*status) &&
		*status >> 8 == SIGTRAP && regs_peek(th, R(rip), &ip) && ip == end + 1 &&
		regs_poke(th, R(rip), end);
	site_put(p, th->proc->space, end);
	return there;
}

/*
 * True: the instruction has been executed, and nothing else happened. A system call is
 * executed up to its entry stop.
 */
static bool execute(struct proc_target *p, struct tgt_thread *th, u64 ip, int *status)
{
	unsigned rep = th->step ? 0 : rep_length(p, th, ip);
	u64 now = ip;
	bool done;

	th->steps_pushf = at_pushf(p, th);

	if (at_call_insn(p, th)) {
		th->step = th->step ? STEP_CALL : STEP_NONE;
		advance(p, th, PTRACE_SYSCALL, status);
		return false;
	}
	do {
		done = rep ? run_rep(p, th, ip + rep, status)
			   : advance(p, th, PTRACE_SINGLESTEP, status) && is_stepped(th, *status);
	} while (done && rep && regs_peek(th, R(rip), &now) && now == ip);
	if (done && th->steps_pushf && !th->step)
		pushf_done(p, th);
	return done;
}

/* Its own int3, at the very place: the signal is the program's. */
static void note_own_int3(struct tgt_thread *th, u64 ip, u8 byte)
{
	u64 now;

	th->own_int3 = byte == INT3 && regs_peek(th, R(rip), &now) && now == ip + 1;
}

/* What has happened instead waits to be told of. It may stand there still. */
static void leave_to_wait(struct proc_target *p, struct tgt_thread *th, u64 ip, u64 sp, int status)
{
	u64 now;

	if (th->late) {
		thread_set(p, th, TH_RUNNING);
		th->again_at = ip;
		th->again_sp = sp;
		th->told_at = 0;
		return;
	}
	if (!WIFSTOPPED(status) || !regs_peek(th, R(rip), &now) || now != ip)
		th->told_at = 0;
	thread_queue(p, th, status);
}

static bool over_site(struct proc_target *p, struct tgt_thread *th, struct site *s)
{
	struct space *space = th->proc->space;
	u64 ip = s->addr, sp = 0;
	u8 byte = s->byte;
	bool done, lifted, waited;
	int status = 0;

	thread_set(p, th, TH_HELD);
	regs_peek(th, R(rsp), &sp);
	waited = space_pause(p, space);
	lifted = site_lift(th, s);
	th->halted = false;
	if (waited)
		set_timer(p, PATIENCE_MS);
	done = execute(p, th, ip, &status);
	if (waited)
		set_timer(p, 0);
	if (done) {
		th->told_at = 0;
		th->at = STOP_TRAP;
	} else {
		note_own_int3(th, ip, byte);
		leave_to_wait(p, th, ip, sp, status);
	}
	if (lifted)
		site_lay(p, space, s);
	if (done && th->step)
		step_done(p, th);
	space_go_on(p);
	return !done || th->is_told;
}

bool bp_over(struct proc_target *p, struct tgt_thread *th)
{
	struct site *s;
	u64 ip, flags;

	if (!regs_peek(th, R(rip), &ip) || ip != th->told_at) {
		th->told_at = 0; /* it has been led elsewhere */
		return false;
	}
	if (debugreg_at(th->proc, ip) && regs_peek(th, R(eflags), &flags))
		regs_poke(th, R(eflags), flags | FLAG_RF);
	s = site_find(th->proc, ip);
	if (s)
		return over_site(p, th, s);
	th->told_at = 0;
	return false;
}
