/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.c - what a session of the whole machine has besides events: the hypervisor's coming
 * and going, CPUs, model-specific registers, page tables.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

static const struct tgt_machine *machine_of(const struct dbg *d)
{
	return d->target->ops->machine;
}

static void say_slow(void *user)
{
	struct dbg *d = user;

	con_printf(d->con, "slipping the hypervisor under the kernel ...\n");
	con_flush(d->con);
}

static void say_nothing(void *user)
{
	(void)user;
}

int dbg_machine_enter(struct dbg *d, bool quiet)
{
	int err = machine_of(d)->enter(d->target, quiet ? say_nothing : say_slow, d);

	if (err)
		return dbg_fail_target(d, err);
	d->entered = true;
	return dbg_set(d, DBG_SET_BUDGET, d->target->ops->carry->usual_budget)
		       ?: dbg_set(d, DBG_SET_SELF, d->setting[DBG_SET_SELF]);
}

int dbg_machine_self(struct dbg *d, bool seen)
{
	int err = d->entered ? machine_of(d)->self(d->target, seen) : 0;

	return err ? dbg_fail_target(d, err) : 0;
}

static int need_machine(struct dbg *d)
{
	if (d->entered)
		return 0;
	return dbg_fail(d, -ENODEV, "the hypervisor is not there; start 'lstar machine' again");
}

int dbg_machine_leave(struct dbg *d)
{
	int err = need_machine(d);

	if (err)
		return err;
	dbg_event_ctl(d, DBG_EV_CLEAR, DBG_ALL);
	err = machine_of(d)->leave(d->target);
	if (err)
		return dbg_fail_target(d, err);
	d->entered = false;
	return 0;
}

/* --- CPUs --- */

bool dbg_cpu_list(struct dbg *d, size_t i, struct tgt_cpu *cpu)
{
	return machine_of(d)->cpu(d->target, i, cpu);
}

int dbg_cpu_select(struct dbg *d, u32 cpu)
{
	size_t n = cpu + 1u, size = CPU_ALLOC_SIZE(n);
	cpu_set_t *set = CPU_ALLOC(n);
	int err = 0;

	if (!set)
		return dbg_fail(d, -ENOMEM, "no memory for a set of CPUs");
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set))
		err = dbg_fail(d, -errno, "%s CPU %x%s%s; 'cpu' lists what is online",
			       errno == EINVAL ? "there is no" : "cannot move to", cpu,
			       errno == EINVAL ? "" : ": ", errno == EINVAL ? "" : strerror(errno));
	else
		d->cpu = (int)cpu;
	CPU_FREE(set);
	return err;
}

int dbg_cpu_selected(const struct dbg *d)
{
	return d->cpu;
}

int dbg_rdmsr(struct dbg *d, u32 cpu, u32 msr, u64 *value)
{
	int err = need_machine(d);

	if (err)
		return err;
	err = machine_of(d)->rdmsr(d->target, cpu, msr, value);
	return err ? dbg_fail_target(d, err) : 0;
}

int dbg_wrmsr(struct dbg *d, u32 cpu, u32 msr, u64 value)
{
	int err = need_machine(d);

	if (err)
		return err;
	err = machine_of(d)->wrmsr(d->target, cpu, msr, value);
	return err ? dbg_fail_target(d, err) : 0;
}

int dbg_translate(struct dbg *d, u32 pid, u64 addr, struct tgt_translation *tr)
{
	struct tgt_thread *th = dbg_thread(d, pid ? pid : d->current);
	int err = need_machine(d);

	if (!err && pid && !th)
		err = dbg_fail(d, -ESRCH, "there is no process %u; '.process list' shows them",
			       pid);
	if (err)
		return err;
	err = machine_of(d)->translate(d->target, th, addr, tr);
	return err ? dbg_fail_target(d, err) : 0;
}
