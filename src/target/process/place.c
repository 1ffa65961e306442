/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place.c - placement: while one launched thread stops very often, debugger and thread
 * share one CPU, because waking a sleeper on another, idle CPU costs ten times the stop.
 *
 * The debuggee must never see it: its mask is restored before it asks for it or sets it,
 * and in every child before that runs. Attached processes are never moved.
 */
#include <errno.h>
#include <string.h>

#include "process.h"

#define HOT_STOPS 128 /* so many in a row from one thread ... */
#define HOT_NS (HOT_STOPS * 200000ULL) /* ... in that time make it hot: 5 000 stops/s */
#define COLD_NS 100000000ULL /* pinned: so long without HOT_STOPS stops ends it */

void place_release(struct proc_target *p)
{
	struct place *pl = &p->place;

	if (pl->pinned) {
		sched_setaffinity((pid_t)pl->hot->tid, sizeof(pl->hot->own_mask),
				  &pl->hot->own_mask);
		sched_setaffinity(0, sizeof(pl->tracer_mask), &pl->tracer_mask);
		pl->pinned = false;
	}
	pl->hot = NULL;
	pl->count = 0;
}

static void pin(struct proc_target *p, struct tgt_thread *th)
{
	struct place *pl = &p->place;
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity((pid_t)th->tid, sizeof(th->own_mask), &th->own_mask) ||
	    sched_getaffinity(0, sizeof(pl->tracer_mask), &pl->tracer_mask) ||
	    !CPU_ISSET(cpu, &th->own_mask))
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return;
	if (sched_setaffinity((pid_t)th->tid, sizeof(one), &one)) {
		sched_setaffinity(0, sizeof(pl->tracer_mask), &pl->tracer_mask);
		return;
	}
	th->pinned_before = true;
	pl->pinned = true;
	pl->cpu = cpu;
}

static void new_candidate(struct proc_target *p, struct tgt_thread *th)
{
	struct place *pl = &p->place;

	place_release(p);
	/* An untraced child would keep the mask that it inherits. */
	if (!pl->on || !th->proc->launched || th->proc->alone)
		return;
	pl->hot = th;
	pl->since = clock_ns();
}

/* Every stop at a system call or breakpoint comes here. */
void place_stop(struct proc_target *p, struct tgt_thread *th)
{
	struct place *pl = &p->place;
	u64 now;

	if (ENG_UNLIKELY(pl->hot != th)) {
		if (pl->hot || (pl->on && th->proc->launched))
			new_candidate(p, th);
		return;
	}
	if (ENG_LIKELY(++pl->count < HOT_STOPS))
		return;
	now = clock_ns();
	if (!pl->pinned && now - pl->since < HOT_NS)
		pin(p, th);
	pl->count = 0;
	pl->since = now;
}

/* Called now and then while pinned and nothing stops. */
void place_tick(struct proc_target *p)
{
	if (clock_ns() - p->place.since > COLD_NS)
		place_release(p);
}

/* A child inherits its parent's mask: give it the one that the parent believes in. */
void place_birth(struct proc_target *p, const struct tgt_thread *parent, u32 tid)
{
	cpu_set_t now;

	if (!parent->pinned_before || sched_getaffinity((pid_t)tid, sizeof(now), &now) ||
	    CPU_COUNT(&now) != 1)
		return;
	sched_setaffinity((pid_t)tid, sizeof(parent->own_mask), &parent->own_mask);
}

void proc_placement(struct target *t, bool on)
{
	struct proc_target *p = proc_of(t);

	p->place.on = on;
	if (!on)
		place_release(p);
}
