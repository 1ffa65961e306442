/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step.c - one instruction of one thread, while the others stay as they are.
 *
 * PTRACE_SINGLESTEP would lead over a system call without a stop at its entry and exit, so
 * that events would miss it: before such an instruction, and within the call, the thread is
 * run to the exit stop instead, which stands just behind it.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "process.h"

#define R(name) offsetof(struct user_regs_struct, name)
#define FLAG_TF 0x100

bool at_call_insn(struct proc_target *p, struct tgt_thread *th)
{
	u8 code[2];
	u64 ip;

	if (!regs_peek(th, R(rip), &ip) || proc_read_mem(&p->base, th, ip, code, 2) != 2)
		return false;
	return (code[0] == 0x0f && (code[1] == 0x05 || code[1] == 0x34)) ||
	       (code[0] == 0xcd && code[1] == 0x80);
}

bool at_pushf(struct proc_target *p, struct tgt_thread *th)
{
	u8 code[4] = { 0 };
	unsigned i = 0;
	u64 ip;

	if (!regs_peek(th, R(rip), &ip) || !proc_read_mem(&p->base, th, ip, code, sizeof(code)))
		return false;
	while (i < 3 && (code[i] == 0x66 || code[i] >> 4 == 4)) /* operand size, REX */
		i++;
	return code[i] == 0x9c;
}

/* The kernel hides the trap flag of a step in the registers, not in what PUSHF stores. */
void pushf_done(struct proc_target *p, struct tgt_thread *th)
{
	u64 flags, sp;
	u8 high;

	if (!regs_peek(th, R(eflags), &flags) || (flags & FLAG_TF) || !regs_peek(th, R(rsp), &sp) ||
	    proc_read_mem(&p->base, th, sp + 1, &high, 1) != 1)
		return;
	high &= (u8) ~(FLAG_TF >> 8);
	proc_write_mem(&p->base, th, sp + 1, &high, 1);
}

static bool will_restart(const struct tgt_thread *th)
{
	return th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW;
}

enum __ptrace_request step_request(struct proc_target *p, struct tgt_thread *th)
{
	bool inside = th->at == STOP_ENTRY || th->at == STOP_SECCOMP || th->at == STOP_EVENT;

	if (inside || will_restart(th) || at_call_insn(p, th))
		th->step = STEP_CALL;
	else
		th->steps_pushf = at_pushf(p, th);
	return th->step == STEP_CALL ? PTRACE_SYSCALL : PTRACE_SINGLESTEP;
}

static void fill(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	u64 value;

	th->at = STOP_TRAP;
	stop_report(p, th, TGT_STOP_STEP, stop);
	if (th->steps_pushf)
		pushf_done(p, th);
	th->steps_pushf = false;
	stop->breakpoint = 0;
	if (regs_peek(th, R(rip), &value)) {
		stop->ip = value;
		stop->breakpoint = bp_arrive(p, th, value);
	}
	if (regs_peek(th, R(rsp), &value))
		stop->sp = value;
}

bool step_report(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop)
{
	fill(p, th, stop);
	th->step = STEP_NONE;
	return true;
}

bool step_over_now(struct proc_target *p, struct tgt_thread *th)
{
	bool behind = th->step == STEP_CALL && th->at == STOP_EXIT && !will_restart(th);
	bool skipped = th->step == STEP_CALL && th->at == STOP_AGAIN && !th->restart_state;

	if (!behind && !skipped && th->at != STOP_HANDLER)
		return false;
	step_done(p, th);
	return true;
}

void step_done(struct proc_target *p, struct tgt_thread *th)
{
	fill(p, th, &th->told);
	th->is_told = true;
	thread_queue(p, th, SIGTRAP << 8 | 0x7f);
}

bool step_trap(const struct tgt_thread *th, int sig)
{
	siginfo_t si;

	if (sig != SIGTRAP || ptrace(PTRACE_GETSIGINFO, th->tid, 0, &si))
		return false;
	/* A step; a step over a system call; the frame of a handler has been set up. */
	return si.si_code == TRAP_TRACE || si.si_code == TRAP_BRKPT || si.si_code == SIGTRAP;
}

/* The instruction has been executed, and its SIGTRAP comes after the stop that was asked for. */
static bool is_due(const struct tgt_thread *th)
{
	struct __ptrace_peeksiginfo_args a = { .nr = 1 };
	siginfo_t si;

	for (; ptrace(PTRACE_PEEKSIGINFO, th->tid, &a, &si) == 1; a.off++)
		if (si.si_signo == SIGTRAP && si.si_code == TRAP_TRACE)
			return true;
	return false;
}

/* Its SIGTRAP is nobody's: the program would die of it. */
static bool swallow(struct proc_target *p, struct tgt_thread *th, int status)
{
	if (!WIFSTOPPED(status) || status >> 8 != SIGTRAP || !step_trap(th, SIGTRAP))
		return false;
	thread_set(p, th, TH_HELD);
	th->halted = true;
	th->at = STOP_TRAP;
	if (th->steps_pushf)
		pushf_done(p, th);
	return true;
}

void step_cut(struct proc_target *p, struct tgt_thread *th)
{
	bool one = th->step == STEP_ONE && !th->is_told;
	int status;
	pid_t pid;

	th->step = STEP_NONE;
	if (one && th->state == TH_QUEUED) {
		swallow(p, th, th->status);
	} else if (one && th->state == TH_HELD && th->at == STOP_TRAP && is_due(th) &&
		   !ptrace(PTRACE_CONT, th->tid, 0, 0)) {
		while ((pid = waitpid((pid_t)th->tid, &status, __WALL)) < 0 && errno == EINTR)
			;
		if (pid > 0 && !swallow(p, th, status))
			thread_queue(p, th, status);
	}
	th->steps_pushf = false;
}

int proc_step(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip)
{
	struct proc_target *p = proc_of(t);
	bool queued = th->state == TH_QUEUED && WIFSTOPPED(th->status);
	int err = 0;

	if (!th->proc || (th->state == TH_QUEUED && !queued))
		return proc_fail(p, -ESRCH, "thread %u has ended", th->tid);
	if (!queued && th->state != TH_HELD && th->state != TH_REPORTED)
		return proc_fail(p, -EBUSY, "thread %u is running; stop it first", th->tid);
	if (th->at == STOP_GROUP)
		return proc_fail(
			p, -EBUSY,
			"thread %u is stopped by job control and executes nothing; send its "
			"process SIGCONT first",
			th->tid);
	th->step = STEP_ONE;
	if (queued)
		return 0; /* what it stands at is told of first */
	if (ctx && (ctx->dirty || skip))
		err = regs_store(p, th, ctx, skip);
	if (skip && th->at == STOP_AGAIN)
		th->step = STEP_CALL;
	if (th->at == STOP_HANDLER)
		th->at = STOP_TRAP; /* its exit has been told of */
	if (p->breakpoints && (th->at == STOP_TRAP || th->at == STOP_EXIT || th->at == STOP_SIGNAL))
		bp_step(p, th);
	return thread_run(p, th, 0) ?: err;
}
