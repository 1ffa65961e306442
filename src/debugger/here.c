/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * here.c - the engine at home in the debugger: the target delivers stops, and events fire in
 * this process. The counters of events are the engine's own.
 */
#include "debugger/session.h"

static int arm_here(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec)
{
	return dbg_code_load(d, e, spec);
}

static int enable_here(struct dbg *d, struct dbg_event *e, bool on)
{
	(void)d;
	e->ev.enabled = on;
	return 0;
}

static void disarm_here(struct dbg *d, struct dbg_event *e)
{
	dbg_code_free(d, e);
}

static void counters_here(struct dbg *d, struct dbg_event *e)
{
	(void)d, (void)e;
}

static int budget_here(struct dbg *d, u64 instructions)
{
	eng_vm_set_budget(d->vm, instructions);
	return 0;
}

static void end_here(struct dbg *d)
{
	d->target->ops->free(d->target);
	d->target = NULL;
}

const struct dbg_home dbg_home_here = {
	.arm = arm_here,
	.enable = enable_here,
	.disarm = disarm_here,
	.counters = counters_here,
	.eval = dbg_eval_here,
	.map_add = dbg_map_add_here,
	.map_info = dbg_map_info_here,
	.budget = budget_here,
	.run = dbg_run_here,
	.end = end_here,
};
