/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debuggee.c - starting, taking, letting go and choosing debuggees.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

#define NO_DEBUGGEE "there is no debuggee: start one with '.start', or take one with '.attach'"

struct tgt_thread *dbg_thread(struct dbg *d, u32 tid)
{
	return tid ? d->target->ops->find(d->target, tid) : NULL;
}

bool dbg_thread_info(struct dbg *d, u32 tid, struct tgt_thread_info *info)
{
	size_t n = dbg_threads(d, NULL, 0);
	struct tgt_thread_info *all = calloc(n + 1, sizeof(*all));
	bool found = false;

	n = all ? dbg_threads(d, all, n) : 0;
	for (size_t i = 0; i < n && !found; i++) {
		found = all[i].tid == tid;
		*info = all[i];
	}
	free(all);
	return found;
}

static u32 pid_of(struct dbg *d, u32 tid)
{
	struct tgt_thread_info info;

	return dbg_thread_info(d, tid, &info) ? info.pid : tid;
}

void dbg_fix_current(struct dbg *d)
{
	struct tgt_thread_info info;

	if (dbg_thread(d, d->current))
		return;
	d->current = dbg_threads(d, &info, 1) ? info.tid : 0;
	if (d->held.valid && !dbg_thread(d, d->held.stop.tid))
		d->held.valid = false;
}

/* --- roots --- */

struct dbg_root *dbg_root_find(struct dbg *d, u32 pid)
{
	for (size_t i = 0; i < d->nroots; i++)
		if (d->root[i].pid == pid && !d->root[i].ended)
			return &d->root[i];
	return NULL;
}

int dbg_root_reserve(struct dbg *d)
{
	size_t cap = d->cap_roots ? d->cap_roots * 2 : 4;
	struct dbg_root *root;

	if (d->nroots < d->cap_roots)
		return 0;
	root = realloc(d->root, cap * sizeof(*root));
	if (!root)
		return dbg_fail(d, -ENOMEM, "no memory for another debuggee");
	d->root = root;
	d->cap_roots = cap;
	return 0;
}

void dbg_root_add(struct dbg *d, u32 pid, bool launched)
{
	struct dbg_root root = { .pid = pid, .main = launched };

	for (size_t i = 0; i < d->nroots; i++)
		root.main &= !d->root[i].main;
	root.main &= !d->have_status;
	d->root[d->nroots++] = root;
}

static void remove_root(struct dbg *d, struct dbg_root *root)
{
	if (root)
		memmove(root, root + 1, (size_t)(d->root + --d->nroots - root) * sizeof(*root));
}

void dbg_root_ended(struct dbg *d, u32 pid, int status)
{
	struct dbg_root *root = dbg_root_find(d, pid);

	if (!root)
		return;
	root->ended = true;
	root->status = status;
	if (root->main) {
		d->status = status;
		d->have_status = true;
	}
}

bool dbg_next_end(struct dbg *d, u32 *pid, int *status)
{
	for (size_t i = 0; i < d->nroots; i++) {
		if (!d->root[i].ended)
			continue;
		*pid = d->root[i].pid;
		*status = d->root[i].status;
		remove_root(d, &d->root[i]);
		return true;
	}
	return false;
}

u32 dbg_launched_pid(const struct dbg *d)
{
	return d->launched;
}

int dbg_attach(struct dbg *d, u32 pid)
{
	int err = dbg_not_in_callback(d, "attaching") ?: dbg_halt_now(d) ?: dbg_root_reserve(d);

	if (err)
		return err;
	err = d->target->ops->attach(d->target, pid);
	if (err)
		return dbg_fail_target(d, err);
	dbg_root_add(d, pid, false);
	if (!d->held.valid)
		d->current = pid;
	d->interest_stale = true;
	return dbg_tasks_attached(d, pid);
}

static int current_or(struct dbg *d, u32 *pid)
{
	if (!*pid)
		*pid = dbg_current_pid(d);
	return *pid ? 0 : dbg_fail(d, -ESRCH, NO_DEBUGGEE);
}

/* The process is about to go its own way: what its threads stand at is finished first. */
static void store_held(struct dbg *d, u32 pid)
{
	struct dbg_proc *p = dbg_proc_find(d, pid);
	struct target *target = d->target;

	for (struct lstar_thread *t = p ? p->threads : NULL; t; t = t->sibling) {
		struct dbg_held *h = t->at;
		struct tgt_thread *th = h ? dbg_thread(d, t->tid) : NULL;

		if (!th)
			continue;
		if (h->stop.kind == TGT_STOP_ENTER && h->ctx.skip)
			target->ops->resume(target, th, &h->ctx, true, 0); /* it stays halted */
		else if (h->stop.kind == TGT_STOP_SIGNAL)
			target->ops->resume(target, th, &h->ctx, false, t->signal);
		else
			target->ops->store_regs(target, th, &h->ctx);
	}
}

/* The process has gone, by our own doing. */
static void forget(struct dbg *d, u32 pid)
{
	remove_root(d, dbg_root_find(d, pid));
	dbg_process_gone(d, pid);
	if (d->held.stop.pid == pid)
		d->held.valid = false;
	dbg_fix_current(d);
}

int dbg_detach(struct dbg *d, u32 pid)
{
	int err = current_or(d, &pid) ?: dbg_not_in_callback(d, "detaching");

	if (!err && d->running)
		err = dbg_fail(d, -EBUSY,
			       "the debuggee runs: wait for a stop, or interrupt it, before "
			       "letting process %u go",
			       pid);
	if (err)
		return err;
	store_held(d, pid);
	err = d->target->ops->detach(d->target, pid);
	if (err)
		return dbg_fail_target(d, err);
	forget(d, pid);
	return 0;
}

int dbg_kill(struct dbg *d, u32 pid)
{
	int err = current_or(d, &pid) ?: dbg_not_in_callback(d, "ending a process");

	if (err)
		return err;
	if (!d->running)
		dbg_tasks_look(d, pid);
	err = d->target->ops->kill(d->target, pid);
	if (err)
		return dbg_fail_target(d, err);
	forget(d, pid);
	return 0;
}

bool dbg_has_debuggee(const struct dbg *d)
{
	return dbg_can(d, TGT_WHOLE) ? d->entered
				     : d->target->ops->threads(d->target, NULL, 0) != 0;
}

bool dbg_stopped(const struct dbg *d)
{
	return !d->running && !dbg_can(d, TGT_WHOLE) && dbg_has_debuggee(d);
}

u32 dbg_current_tid(const struct dbg *d)
{
	return d->current;
}

u32 dbg_current_pid(const struct dbg *d)
{
	return d->current ? pid_of((struct dbg *)d, d->current) : 0;
}

int dbg_switch(struct dbg *d, u32 tid)
{
	if (!dbg_has_debuggee(d))
		return dbg_fail(d, -ESRCH, NO_DEBUGGEE);
	if (!dbg_thread(d, tid))
		return dbg_fail(d, -ESRCH,
				dbg_can(d, TGT_WHOLE)
					? "there is no process %u; '.process list' shows them"
					: "%u is no thread or process of the debuggee; "
					  "'.switch list' shows them",
				tid);
	d->current = tid;
	return 0;
}

size_t dbg_threads(struct dbg *d, struct tgt_thread_info *info, size_t max)
{
	return d->target->ops->threads(d->target, info, max);
}

bool dbg_comm(struct dbg *d, u32 tid, char *buf, size_t size)
{
	struct tgt_thread *th = dbg_thread(d, tid);

	return th && d->target->ops->comm(d->target, th, buf, size);
}

bool dbg_exit_status(const struct dbg *d, int *status)
{
	*status = d->status;
	return d->have_status;
}
