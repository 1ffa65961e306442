/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * over.c - a step over an instruction that comes back: a CALL with all that it calls, a
 * repeated string instruction. Everything runs, to a breakpoint behind it that nobody sees.
 * Any other instruction is a step like all others (start.c).
 *
 * The stack pointer tells the call that is meant from those that it makes to itself.
 */
#include <errno.h>

#include "asm/asm.h"
#include "debugger/session.h"

#define CS_32 0x23 /* Linux: __USER32_CS */
#define MAX_RET 0xffff /* RET imm16 takes at most so many bytes off the stack (SDM vol. 2) */

/*
 * Is the instruction at its ip what the thread executes next? Not within a system call, nor
 * before a signal is delivered.
 */
static bool is_at_insn(struct lstar_thread *t)
{
	struct tgt_thread_info info;

	switch (t->at ? t->at->stop.kind : TGT_STOP_NONE) {
	case TGT_STOP_STEP:
	case TGT_STOP_BREAKPOINT:
		return true;
	case TGT_STOP_NONE:
	case TGT_STOP_EXIT:
		return !dbg_thread_info(t->d, t->tid, &info) || !info.in_syscall;
	default:
		return false;
	}
}

/* Where the instruction comes back to, and the stack pointer before it. False: it does not. */
static bool comes_back(struct lstar_thread *t, u64 *addr, u64 *sp)
{
	uint64_t ip, rsp, cs;
	u8 code[ASM_INSN_MAX];
	unsigned len;
	int64_t n;

	if (!is_at_insn(t) || dbg_reg_get(t, "rip", &ip) || dbg_reg_get(t, "rsp", &rsp) ||
	    dbg_reg_get(t, "cs", &cs))
		return false;
	n = dbg_read(t, ip, code, sizeof(code));
	len = n > 0 ? asm_comes_back(code, (size_t)n, cs == CS_32) : 0;
	*addr = ip + len;
	*sp = rsp;
	return len;
}

int dbg_step_over(struct lstar_thread *t)
{
	struct dbg *d = t->d;
	struct dbg_over *o = &d->over;
	struct tgt_bp bp = { .kind = TGT_BP_SOFTWARE, .len = 1 };
	u64 sp;
	int err = dbg_not_in_callback(d, "a step") ?: dbg_task_ready(t);

	o->done = o->cut = false;
	if (err)
		return err;
	if (d->running || !comes_back(t, &bp.addr, &sp))
		return dbg_step(t);
	if (t->proc->held)
		return dbg_fail(d, -EBUSY,
				"process %u is held: let it go before a step over a call of it",
				t->proc->pid);
	bp.pid = t->proc->pid;
	err = d->target->ops->bp_add(d->target, &bp, &o->set);
	if (err)
		return dbg_fail_target(d, err);
	o->pid = bp.pid;
	o->tid = t->tid;
	o->addr = bp.addr;
	o->sp = sp;
	err = dbg_continue(d);
	if (!d->running) {
		dbg_over_end(d);
		o->cut = !err; /* another thread stays where it is, and is told of at once */
	}
	return err;
}

bool dbg_over_is_done(const struct dbg *d)
{
	const struct tgt_stop *s = &d->held.stop;
	const struct dbg_over *o = &d->over;

	return o->tid && s->tid == o->tid && s->ip == o->addr && s->sp - o->sp <= MAX_RET;
}

bool dbg_over_passes(const struct dbg *d)
{
	const struct tgt_stop *s = &d->held.stop;
	const struct dbg_over *o = &d->over;

	return o->tid && s->breakpoint == o->set && !dbg_over_is_done(d);
}

bool dbg_over_lost(const struct dbg *d, const struct tgt_stop *s)
{
	const struct dbg_over *o = &d->over;

	if (!o->tid || s->pid != o->pid || !dbg_has_debuggee(d))
		return false;
	return s->kind != TGT_STOP_TASK_END || s->tid == o->tid;
}

void dbg_over_end(struct dbg *d)
{
	struct dbg_over *o = &d->over;

	if (!o->tid)
		return;
	o->cut = !o->done;
	o->tid = 0;
	/* Gone already when the process has ended, or runs another program. */
	d->target->ops->bp_remove(d->target, o->set);
}
