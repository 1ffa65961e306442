/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * breakpoint.c - breakpoints of a process: set, removed, and what a SIGTRAP has to do with
 * them. How a thread goes on from one is in over.c.
 *
 * A SIGTRAP that no breakpoint of ours has raised is the program's, and stays a signal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "process.h"

#define R(name) offsetof(struct user_regs_struct, name)

static struct breakpoint *find_at(const struct proc_target *p, const struct process *proc, u64 addr)
{
	struct breakpoint *b = p->breakpoints;

	while (b && (b->bp.pid != proc->pid || b->bp.addr != addr || b->bp.kind > TGT_BP_EXECUTE))
		b = b->next;
	return b;
}

static bool is_trap(int status)
{
	return WIFSTOPPED(status) && status >> 8 == SIGTRAP;
}

/* --- arriving --- */

static void fill(struct proc_target *p, struct tgt_thread *th, const struct breakpoint *b, u64 ip,
		 struct tgt_stop *stop)
{
	stop_report(p, th, TGT_STOP_BREAKPOINT, stop);
	stop->breakpoint = b->number;
	stop->ip = ip;
	if (!regs_peek(th, R(rsp), &stop->sp))
		stop->sp = 0;
}

/* It has been here before, and told: a signal's handler, or a stop of ours, has led it back. */
static bool is_back(struct tgt_thread *th, u64 addr)
{
	bool again = th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW;
	u64 sp;

	if (!regs_peek(th, R(rsp), &sp))
		return false;
	if (again && th->restart.ip - 2 == addr && th->restart.sp == sp)
		return true;
	if (th->again_at != addr || th->again_sp != sp)
		return false;
	th->again_at = 0;
	return true;
}

static bool software(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop,
		     bool *report)
{
	const struct breakpoint *b;
	u64 ip;

	if (th->own_int3) {
		th->own_int3 = false;
		return false;
	}
	if (!regs_peek(th, R(rip), &ip) || !site_find(th->proc, --ip) || !regs_poke(th, R(rip), ip))
		return false;
	b = find_at(p, th->proc, ip);
	*report = b && !is_back(th, ip);
	th->at = STOP_TRAP;
	th->told_at = ip;
	if (*report)
		fill(p, th, b, ip, stop);
	return true;
}

/* The end of a repeated instruction that was late: what stood there is gone by now (over.c). */
static bool behind_rep(struct tgt_thread *th, bool *report)
{
	u8 byte;
	u64 ip;

	if (!regs_peek(th, R(rip), &ip) || mem_read_raw(th, --ip, &byte, 1) != 1 || byte == INT3 ||
	    !regs_poke(th, R(rip), ip))
		return false;
	th->at = STOP_TRAP;
	*report = false;
	return true;
}

static bool hardware(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop,
		     bool *report)
{
	const struct breakpoint *b = debugreg_hit(th);
	u64 ip;

	if (!regs_peek(th, R(rip), &ip))
		return false;
	th->at = STOP_TRAP;
	/* Without a register: it has just been removed. */
	*report = b && (b->bp.kind != TGT_BP_EXECUTE || !is_back(th, ip));
	if (b && b->bp.kind == TGT_BP_EXECUTE)
		th->told_at = ip;
	if (*report)
		fill(p, th, b, ip, stop);
	return true;
}

/* It has executed the instruction after all; a step is told of as ever. */
static bool came_late(struct proc_target *p, struct tgt_thread *th, bool *report)
{
	th->again_at = 0;
	if (th->step)
		return false;
	if (th->steps_pushf)
		pushf_done(p, th);
	th->steps_pushf = false;
	th->at = STOP_TRAP;
	*report = false;
	return true;
}

bool bp_trap(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop, bool *report)
{
	siginfo_t si;

	bool late = th->late;

	th->late = false;
	if ((!th->proc->space->sites && !th->reg_turn && !late) ||
	    ptrace(PTRACE_GETSIGINFO, th->tid, 0, &si))
		return false;
	if (late && si.si_code == TRAP_TRACE)
		return came_late(p, th, report);
	if (si.si_code == SI_KERNEL)
		return software(p, th, stop, report) || (late && behind_rep(th, report));
	return si.si_code == TRAP_HWBKPT && th->reg_turn && hardware(p, th, stop, report);
}

u32 bp_arrive(struct proc_target *p, struct tgt_thread *th, u64 ip)
{
	const struct breakpoint *b = find_at(p, th->proc, ip);

	if (b)
		th->told_at = ip;
	else
		b = debugreg_hit(th);
	return b ? b->number : 0;
}

void bp_expect(struct tgt_thread *th)
{
	u64 sp = 0;

	regs_peek(th, R(rsp), &sp);
	th->again_at = th->told_at;
	th->again_sp = sp;
	th->told_at = 0;
}

void bp_step(struct proc_target *p, struct tgt_thread *th)
{
	u64 ip;

	if (regs_peek(th, R(rip), &ip) && find_at(p, th->proc, ip))
		th->told_at = ip;
}

/* --- hits while everything is being stopped --- */

bool bp_queue(struct proc_target *p, struct tgt_thread *th, int status)
{
	bool report;

	if (!is_trap(status) || !bp_trap(p, th, &th->told, &report))
		return false;
	th->interrupted = false;
	th->is_told = report;
	if (report) {
		thread_queue(p, th, status);
	} else {
		thread_set(p, th, TH_HELD);
		th->halted = true;
	}
	return true;
}

bool bp_due(const struct tgt_thread *th)
{
	struct __ptrace_peeksiginfo_args a = { .nr = 1 };
	siginfo_t si;

	for (; ptrace(PTRACE_PEEKSIGINFO, th->tid, &a, &si) == 1; a.off++)
		if (si.si_signo == SIGTRAP &&
		    (si.si_code == SI_KERNEL || si.si_code == TRAP_HWBKPT ||
		     (si.si_code == TRAP_TRACE && th->late)))
			return true;
	return false;
}

/* It comes before anything is executed, and is waited for like the stop that we asked for. */
bool bp_drain(struct proc_target *p, struct tgt_thread *th)
{
	if (ENG_LIKELY(!th->proc->space->sites && !th->reg_turn && !th->late) ||
	    th->at != STOP_TRAP || !bp_due(th) || ptrace(PTRACE_CONT, th->tid, 0, 0))
		return false;
	thread_set(p, th, TH_RUNNING);
	th->halted = false;
	th->interrupted = true;
	return true;
}

/* What is in the queue must be known as hits before their breakpoint goes. */
static void sort_queue(struct proc_target *p, const struct space *space)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		if (!th->proc || th->proc->space != space || th->state != TH_QUEUED || th->is_told)
			continue;
		if (WIFSTOPPED(th->status) &&
		    th->status >> 8 == (SIGTRAP | PTRACE_EVENT_STOP << 8)) {
			th->at = STOP_TRAP;
			if (bp_drain(p, th))
				halt_threads(p, th->proc);
		} else {
			bp_queue(p, th, th->status);
		}
	}
}

/* --- set and remove --- */

/* In user mode, with this instruction next: not inside a call, nor led back into one. */
static bool stands(const struct tgt_thread *th, u64 *ip)
{
	bool restart = th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW;
	bool user = th->at == STOP_TRAP || th->at == STOP_EXIT || th->at == STOP_SIGNAL;
	u64 orig, rax;

	if ((th->state != TH_HELD && th->state != TH_REPORTED) || !user || restart ||
	    !regs_peek(th, R(rip), ip) || !regs_peek(th, R(orig_rax), &orig) ||
	    !regs_peek(th, R(rax), &rax))
		return false;
	return (s64)orig < 0 || !is_restart_code((s64)rax);
}

/* A stopped thread of the process; NULL: none, or some still run. */
static struct tgt_thread *stopped(const struct proc_target *p, const struct process *proc)
{
	struct tgt_thread *found = NULL;

	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		bool runs = can_report(th->state);

		if (th->proc != proc || (th->state == TH_QUEUED && !WIFSTOPPED(th->status)))
			continue;
		if (runs && !p->halted)
			return NULL;
		if (!runs)
			found = th;
	}
	return found;
}

static int check(struct proc_target *p, const struct tgt_bp *bp, struct process **proc,
		 struct tgt_thread **th)
{
	bool data = bp->kind == TGT_BP_WRITE || bp->kind == TGT_BP_ACCESS;

	*proc = process_find(p, bp->pid);
	if (!*proc)
		return proc_fail(p, -ESRCH, "process %u is not being debugged", bp->pid);
	*th = stopped(p, *proc);
	if (!*th)
		return proc_fail(p, -EBUSY, "process %u is running; halt it first", bp->pid);
	if (!data)
		return 0;
	if (bp->len != 1 && bp->len != 2 && bp->len != 4 && bp->len != 8)
		return proc_fail(p, -EINVAL, "a debug register watches 1, 2, 4 or 8 bytes, not %u",
				 bp->len);
	if (bp->addr % bp->len)
		return proc_fail(p, -EINVAL,
				 "a debug register watches %u bytes at a multiple of %u only; "
				 "0x%llx is none",
				 bp->len, bp->len, bp->addr);
	return 0;
}

static int insert(struct proc_target *p, struct process *proc, struct tgt_thread *th,
		  struct breakpoint *b)
{
	if (b->bp.kind != TGT_BP_SOFTWARE)
		return debugreg_add(p, proc, b);
	if (site_add(th, b->bp.addr))
		return 0;
	return proc_fail(p, -EFAULT,
			 "no breakpoint at 0x%llx: process %u has no memory there that can be "
			 "changed; see its memory map",
			 b->bp.addr, proc->pid);
}

int proc_bp_add(struct target *t, const struct tgt_bp *bp, u32 *number)
{
	struct proc_target *p = proc_of(t);
	struct breakpoint *b, **at = &p->breakpoints;
	struct tgt_thread *th = NULL;
	struct process *proc;
	u64 ip;
	int err = check(p, bp, &proc, &th);

	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return proc_fail(p, -ENOMEM, "no memory for a breakpoint");
	b->bp = *bp;
	err = insert(p, proc, th, b);
	if (err) {
		free(b);
		return err;
	}
	b->number = ++p->last_breakpoint;
	while (*at) /* in order of numbers */
		at = &(*at)->next;
	*at = b;
	for (th = p->threads; th; th = th->next)
		if (bp->kind <= TGT_BP_EXECUTE && th->proc == proc && stands(th, &ip) &&
		    ip == bp->addr)
			th->told_at = ip;
	*number = b->number;
	return 0;
}

/* Hits of it that nobody has been told of: they have not been. */
static void drop_hits(struct proc_target *p, const struct process *proc, const struct breakpoint *b)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		if (th->proc != proc || th->state != TH_QUEUED || !th->is_told ||
		    th->told.kind != TGT_STOP_BREAKPOINT || th->told.breakpoint != b->number)
			continue;
		th->is_told = false;
		thread_set(p, th, TH_HELD);
		th->halted = true;
	}
}

static void take_away(struct proc_target *p, struct process *proc, struct breakpoint *b)
{
	struct breakpoint **at = &p->breakpoints;

	sort_queue(p, proc->space);
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	drop_hits(p, proc, b);
	if (b->bp.kind == TGT_BP_SOFTWARE)
		site_put(p, proc->space, b->bp.addr);
	else
		debugreg_remove(p, proc, b);
	free(b);
}

int proc_bp_remove(struct target *t, u32 number)
{
	struct proc_target *p = proc_of(t);
	struct breakpoint *b = p->breakpoints;
	struct process *proc;

	while (b && b->number != number)
		b = b->next;
	if (!b)
		return proc_fail(p, -ENOENT,
				 "there is no breakpoint %u; its process may have ended, or run "
				 "another program",
				 number);
	proc = process_find(p, b->bp.pid);
	if (!stopped(p, proc))
		return proc_fail(p, -EBUSY, "process %u is running; halt it first", proc->pid);
	take_away(p, proc, b);
	return 0;
}

static bool has_any(const struct proc_target *p, const struct process *proc)
{
	const struct breakpoint *b = p->breakpoints;

	while (b && b->bp.pid != proc->pid)
		b = b->next;
	return b != NULL;
}

/*
 * Ended, or another program. Others may share the memory, run, and have come to a place of
 * its breakpoints that very moment: they must be known as hits while it is one.
 */
void bp_forget(struct proc_target *p, struct process *proc, struct space *space)
{
	struct breakpoint **at = &p->breakpoints, *b;

	memset(proc->reg, 0, sizeof(proc->reg));
	if (ENG_LIKELY(!has_any(p, proc)))
		return;
	space_pause(p, space);
	sort_queue(p, space);
	while ((b = *at)) {
		if (b->bp.pid != proc->pid) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		if (b->bp.kind == TGT_BP_SOFTWARE)
			site_put(p, space, b->bp.addr);
		free(b);
	}
	space_go_on(p);
}

void bp_forget_all(struct proc_target *p)
{
	struct breakpoint *b;

	while ((b = p->breakpoints)) {
		p->breakpoints = b->next;
		free(b);
	}
}

u32 bp_sharing(const struct proc_target *p, const struct process *proc)
{
	for (const struct breakpoint *b = p->breakpoints; b; b = b->next) {
		const struct process *o = process_find(p, b->bp.pid);

		if (b->bp.kind == TGT_BP_SOFTWARE && o != proc && o->space == proc->space)
			return o->pid;
	}
	return 0;
}

void bp_let_go(struct proc_target *p, struct process *proc)
{
	struct breakpoint *b;

	sort_queue(p, proc->space);
	while ((b = p->breakpoints)) {
		while (b && b->bp.pid != proc->pid)
			b = b->next;
		if (!b)
			break;
		take_away(p, proc, b);
	}
	space_restore(p, proc->space);
}
