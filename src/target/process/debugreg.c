/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debugreg.c - the processor's four debug registers, which every thread has its own of: those
 * of a process are alike in all its threads. They are loaded before a thread runs, as a
 * new thread has empty ones (Intel SDM vol. 3, 18.2; ptrace(2), PTRACE_POKEUSER).
 */
#include <errno.h>
#include <string.h>

#include "process.h"

#define DR(n) (offsetof(struct user, u_debugreg) + 8 * (n))

/* R/W and LEN fields of DR7. */
static u64 control(const struct breakpoint *b)
{
	static const u8 len[] = { [1] = 0, [2] = 1, [4] = 3, [8] = 2 };
	u64 rw = b->bp.kind == TGT_BP_WRITE ? 1 : b->bp.kind == TGT_BP_ACCESS ? 3 : 0;
	u64 size = b->bp.kind == TGT_BP_EXECUTE ? 0 : len[b->bp.len];

	return 1ULL << (2 * b->reg) | (rw | size << 2) << (16 + 4 * b->reg);
}

bool debugreg_load(struct tgt_thread *th)
{
	const struct process *proc = th->proc;
	u64 dr7 = 0;

	th->reg_turn = proc->reg_turn;
	if (!regs_poke(th, DR(7), 0))
		return false;
	for (unsigned i = 0; i < DEBUG_REGS; i++) {
		if (!proc->reg[i])
			continue;
		if (!regs_poke(th, DR(i), proc->reg[i]->bp.addr))
			return false;
		dr7 |= control(proc->reg[i]);
	}
	return !dr7 || regs_poke(th, DR(7), dr7);
}

void debugreg_clear(struct tgt_thread *th)
{
	if (th->reg_turn)
		regs_poke(th, DR(7), 0);
	th->reg_turn = 0;
}

/* In all threads that are stopped; the others follow when they are run. 0 or -errno. */
static int load_all(struct proc_target *p, struct process *proc)
{
	proc->reg_turn++;
	for (struct tgt_thread *th = p->threads; th; th = th->next) {
		if (th->proc != proc || can_report(th->state))
			continue;
		if (!debugreg_load(th) && errno != ESRCH)
			return -errno;
	}
	return 0;
}

static int refused(struct proc_target *p, const struct breakpoint *b, int err)
{
	if (err == -ENOSPC)
		return proc_fail(p, err,
				 "no debug register is free for process %u: perf(1) or another "
				 "program holds them; end that one, or use a software breakpoint",
				 b->bp.pid);
	return proc_fail(
		p, err,
		"a hardware breakpoint at 0x%llx of process %u is refused: %s; the address "
		"must be the program's own, not the kernel's",
		b->bp.addr, b->bp.pid, strerror(-err));
}

int debugreg_add(struct proc_target *p, struct process *proc, struct breakpoint *b)
{
	int err;

	b->reg = 0;
	while (b->reg < DEBUG_REGS && proc->reg[b->reg])
		b->reg++;
	if (b->reg == DEBUG_REGS)
		return proc_fail(p, -ENOSPC,
				 "no debug register is free: process %u has %d hardware "
				 "breakpoints, and the processor no more registers; remove one, or "
				 "use a software breakpoint",
				 proc->pid, DEBUG_REGS);
	proc->reg[b->reg] = b;
	err = load_all(p, proc);
	if (!err)
		return 0;
	debugreg_remove(p, proc, b);
	return refused(p, b, err);
}

void debugreg_remove(struct proc_target *p, struct process *proc, const struct breakpoint *b)
{
	proc->reg[b->reg] = NULL;
	load_all(p, proc);
}

struct breakpoint *debugreg_hit(const struct tgt_thread *th)
{
	u64 dr6;

	if (!th->reg_turn || !regs_peek(th, DR(6), &dr6))
		return NULL;
	regs_poke(th, DR(6), 0); /* the kernel clears it at a debug exception only */
	for (unsigned i = 0; i < DEBUG_REGS; i++)
		if ((dr6 >> i & 1) && th->proc->reg[i])
			return th->proc->reg[i];
	return NULL;
}

struct breakpoint *debugreg_at(const struct process *proc, u64 ip)
{
	for (unsigned i = 0; i < DEBUG_REGS; i++) {
		struct breakpoint *b = proc->reg[i];

		if (b && b->bp.kind == TGT_BP_EXECUTE && b->bp.addr == ip)
			return b;
	}
	return NULL;
}
