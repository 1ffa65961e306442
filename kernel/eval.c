// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * eval.c - EVAL: statements run once, in the host of the caller's CPU.
 *
 * It works on a copy of the registers: there is no stop whose registers could be changed.
 */
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "session.h"

struct evaluation {
	struct lsm_session *session;
	struct lsm_program script;
	struct eng_ctx ctx;
	struct eng_fault fault;
	enum eng_error error;
	u64 image[];
};

static u64 in_host(struct hv_cpu *c, void *arg)
{
	struct evaluation *ev = arg;
	struct lsm_cpu *e = c->events;

	/* what the CPU's last event has loaded was another thread's */
	c->ctx.loaded = c->ctx.dirty = 0;
	ev->ctx = c->ctx;
	ev->ctx.loaded = ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS);
	ev->ctx.dirty = 0;
	ev->ctx.abi = NULL;
	ev->ctx.kind = ENG_EV_SYSCALL;
	ev->ctx.pid = (u32)current->tgid;
	ev->ctx.tid = (u32)current->pid;
	ev->ctx.context = 0;
	ev->ctx.result = 0;
	session_set_up_vm(ev->session, e, &lsm_eval_host);
	ev->error = eng_run(e->vm, &ev->script.prog, &ev->ctx, NULL, ENG_PRE, &ev->fault);
	lock_forget(&e->locks);
	message_carry_out(&ev->ctx);
	session_set_up_vm(ev->session, e, &lsm_host);
	return 0;
}

static int run(struct evaluation *ev, char *why)
{
	struct hv_cpu *c;
	int err = 0;

	clock_anchor();
	preempt_disable();
	c = hv_this_cpu();
	if (c && c->entered && c->events) {
		hv_call(in_host, ev);
	} else {
		snprintf(why, LSM_WHY, "the hypervisor is not under CPU %u (ENTER first)",
			 smp_processor_id());
		err = -ENXIO;
	}
	preempt_enable();
	return err;
}

int eval_run(struct lsm_session *s, struct lsm_eval *e)
{
	struct evaluation *ev;
	int err;

	e->why[0] = 0;
	err = load_check_size(e->image_size, e->why);
	if (err)
		return err;
	if (!load_charge(s, e->image_size, e->why))
		return -ENOMEM;
	ev = kvzalloc(sizeof(*ev) + ALIGN(e->image_size, 8), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	s->memory -= e->image_size; /* it is gone again before the session loads anything else */
	if (!ev) {
		snprintf(e->why, LSM_WHY, "no memory for the script");
		return -ENOMEM;
	}
	ev->session = s;
	err = load_program(&ev->script, ev->image, e->image, e->image_size, e->why);
	if (!err)
		err = run(ev, e->why);
	if (err)
		goto out;
	e->error = ev->error;
	e->pc = ev->fault.pc;
	e->line = ev->fault.line;
	e->value[0] = ev->fault.value[0];
	e->value[1] = ev->fault.value[1];
	e->result = ev->ctx.result;
out:
	kvfree(ev);
	return err;
}
