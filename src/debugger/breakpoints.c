/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * breakpoints.c - breakpoints of the user's, their hits, and processes that are held. The
 * target does both; here it is remembered.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

_Static_assert((int)LSTAR_BP_SOFTWARE == TGT_BP_SOFTWARE &&
		       (int)LSTAR_BP_EXECUTE == TGT_BP_EXECUTE &&
		       (int)LSTAR_BP_WRITE == TGT_BP_WRITE && (int)LSTAR_BP_ACCESS == TGT_BP_ACCESS,
	       "the library's kinds are the target's");

static struct dbg_breakpoint *find(const struct dbg *d, u32 number)
{
	for (size_t i = 0; i < d->nbreakpoints; i++)
		if (d->breakpoint[i].info.number == number)
			return &d->breakpoint[i];
	return NULL;
}

static struct dbg_breakpoint *room(struct dbg *d)
{
	if (d->nbreakpoints == d->cap_breakpoints) {
		size_t cap = d->cap_breakpoints ? d->cap_breakpoints * 2 : 16;
		struct dbg_breakpoint *all = realloc(d->breakpoint, cap * sizeof(*all));

		if (!all)
			return NULL;
		d->breakpoint = all;
		d->cap_breakpoints = cap;
	}
	return &d->breakpoint[d->nbreakpoints];
}

/* In a callback the process's other threads run: they stop for as long as it takes. */
static int halted(struct dbg *d, u32 pid, int (*fn)(struct target *t, void *arg), void *arg)
{
	struct target *t = d->target;
	int err = d->running ? t->ops->hold(t, pid, true) : 0;

	if (err)
		return dbg_fail_target(d, err);
	err = fn(t, arg);
	if (err)
		dbg_fail_target(d, err);
	if (!d->running)
		return err;
	t->ops->hold(t, pid, false);
	t->ops->resume_all(t);
	return err;
}

struct added {
	struct tgt_bp bp;
	u32 number;
};

static int add(struct target *t, void *arg)
{
	struct added *a = arg;

	return t->ops->bp_add(t, &a->bp, &a->number);
}

static int take_away(struct target *t, void *arg)
{
	return t->ops->bp_remove(t, *(u32 *)arg);
}

int64_t dbg_breakpoint(struct lstar_thread *t, uint64_t addr, enum lstar_bp_kind kind, unsigned len)
{
	struct dbg *d = t->d;
	struct added a = { .bp = { t->proc->pid, addr, (enum tgt_bp_kind)kind, (u8)len } };
	struct dbg_breakpoint *b;
	int err = dbg_task_ready(t);

	if (err)
		return err;
	if (kind > LSTAR_BP_ACCESS || len > 8)
		return dbg_fail(d, -EINVAL,
				"a breakpoint is LSTAR_BP_SOFTWARE, ..._EXECUTE, ..._WRITE or "
				"..._ACCESS, of 1, 2, 4 or 8 bytes, not kind %d of %u bytes",
				(int)kind, len);
	b = room(d);
	if (!b)
		return dbg_fail(d, -ENOMEM, "no memory for a breakpoint");
	err = halted(d, a.bp.pid, add, &a);
	if (err)
		return err;
	*b = (struct dbg_breakpoint){ .info = { a.number, a.bp.pid, addr, 0, kind, len, false },
				      .set = a.number };
	d->nbreakpoints++;
	return a.number;
}

static int changeable(struct dbg *d, const struct dbg_breakpoint *b, u32 number)
{
	if (!b || b->removed)
		return dbg_fail(d, -ENOENT, "there is no breakpoint %u", number);
	if (d->running && !d->firing)
		return dbg_fail(d, -EBUSY,
				"the debuggee runs: breakpoints are changed while it is stopped");
	return 0;
}

static int unset(struct dbg *d, struct dbg_breakpoint *b)
{
	u32 set = b->set;

	b->set = 0; /* also when its process has ended, or runs another program */
	b->info.disabled = true;
	return set ? halted(d, b->info.pid, take_away, &set) : 0;
}

int dbg_breakpoint_remove(struct dbg *d, uint32_t number)
{
	struct dbg_breakpoint *b = find(d, number);
	int err = changeable(d, b, number);

	if (err)
		return err;
	b->removed = true;
	return unset(d, b);
}

int dbg_breakpoint_enable(struct dbg *d, uint32_t number, bool on)
{
	struct dbg_breakpoint *b = find(d, number);
	struct added a = { .number = 0 };
	int err;

	err = changeable(d, b, number);
	if (err || on != b->info.disabled)
		return err;
	if (!on)
		return unset(d, b);
	a.bp = (struct tgt_bp){ b->info.pid, b->info.addr, (enum tgt_bp_kind)b->info.kind,
				(u8)b->info.len };
	err = halted(d, a.bp.pid, add, &a);
	if (err)
		return err;
	b->set = a.number;
	b->info.disabled = false;
	return 0;
}

bool dbg_breakpoint_list(const struct dbg *d, size_t i, struct dbg_breakpoint_info *info)
{
	for (size_t k = 0; k < d->nbreakpoints; k++) {
		if (d->breakpoint[k].removed || i--)
			continue;
		*info = d->breakpoint[k].info;
		return true;
	}
	return false;
}

uint64_t dbg_breakpoint_hits(const struct dbg *d, uint32_t number)
{
	const struct dbg_breakpoint *b = find(d, number);

	return b ? b->info.hits : 0;
}

u32 dbg_breakpoint_hit(struct dbg *d, u32 set)
{
	for (size_t i = 0; i < d->nbreakpoints; i++) {
		struct dbg_breakpoint *b = &d->breakpoint[i];

		if (b->set != set)
			continue;
		b->info.hits++;
		return b->info.number;
	}
	return set;
}

/* --- held processes --- */

/*
 * A child runs as soon as it can, which may be before its birth is told of. Where that is asked
 * for, it is to be found before its first instruction.
 */
void dbg_hold_births(struct dbg *d)
{
	bool told = d->wanted >> LSTAR_STOP_NEW_PROCESS & 1;

	d->held_births |= told;
	d->target->ops->hold_born(d->target, d->hold_born || told);
}

/* It has been told of; @proc has the user's own will. */
void dbg_release_birth(struct dbg *d, const struct dbg_proc *proc)
{
	struct target *t = d->target;

	if (!d->held_births || proc->held)
		return;
	t->ops->hold(t, proc->pid, false);
	if (d->running)
		t->ops->resume_all(t);
}

int dbg_hold(struct dbg *d, uint32_t pid, bool on)
{
	struct target *t = d->target;
	struct dbg_proc *p = pid ? dbg_proc_find(d, pid) : NULL;
	int err;

	if (dbg_can(d, TGT_WHOLE))
		return dbg_fail(d, -EOPNOTSUPP, "the machine's processes cannot be held");
	if (!pid) {
		d->hold_born = on;
		dbg_hold_births(d);
		return 0;
	}
	if (!p)
		return dbg_fail(d, -ESRCH, "%u is no process of the debuggee", pid);
	if (d->running && !(d->firing && on))
		return dbg_fail(d, -EBUSY,
				"the debuggee runs: processes are held and let go while it is "
				"stopped");
	err = t->ops->hold(t, pid, on);
	if (err)
		return dbg_fail_target(d, err);
	p->held = on;
	return 0;
}
