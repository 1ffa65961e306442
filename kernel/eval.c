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

#include "set.h"

struct evaluation {
	struct lsm_session *session;
	struct lsm_program script;
	struct eng_ctx ctx;
	struct eng_fault fault;
	enum eng_error error;
};

static void prepare_vm(const struct lsm_session *s, struct eng_vm *vm, const struct eng_host *host)
{
	eng_vm_init(vm, host, (struct eng_globals *)&s->globals, s->budget);
	eng_vm_set_maps(vm, &s->maps);
}

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
	prepare_vm(ev->session, e->vm, &lsm_eval_host);
	ev->error = eng_run(e->vm, &ev->script.prog, &ev->ctx, NULL, ENG_PRE, &ev->fault);
	lock_forget(&e->locks);
	message_carry_out(&ev->ctx);
	prepare_vm(ev->session, e->vm, &lsm_host);
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
	struct evaluation *ev = kzalloc(sizeof(*ev), GFP_KERNEL);
	int err;

	e->why[0] = 0;
	if (!ev)
		return -ENOMEM;
	ev->session = s;
	err = load_program(s, e->image, e->image_size, &ev->script, e->why);
	if (err)
		goto out;
	err = run(ev, e->why);
	s->memory -= ev->script.size;
	load_free(&ev->script);
	if (err)
		goto out;
	e->error = ev->error;
	e->pc = ev->fault.pc;
	e->line = ev->fault.line;
	e->value[0] = ev->fault.value[0];
	e->value[1] = ev->fault.value[1];
	e->result = ev->ctx.result;
out:
	kfree(ev);
	return err;
}
