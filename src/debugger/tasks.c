/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tasks.c - records of the debuggees' processes and threads, fed by what the target reports,
 * and registers and memory of any of them.
 *
 * A record never goes before the session does: whoever holds one may ask it anything.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"

/* --- records --- */

struct dbg_proc *dbg_proc_find(const struct dbg *d, u32 pid)
{
	struct dbg_proc *p = d->procs;

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

static struct dbg_proc *proc_add(struct dbg *d, u32 pid, struct dbg_proc *parent, u32 parent_pid)
{
	struct dbg_proc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = pid;
	p->parent = parent;
	p->parent_pid = parent_pid;
	p->alive = true;
	p->next = d->procs;
	d->procs = p;
	return p;
}

static struct lstar_thread **bucket(struct dbg *d, u32 tid)
{
	return &d->task_hash[tid & (DBG_TASK_HASH - 1)];
}

static struct lstar_thread *find(const struct dbg *d, u32 tid)
{
	struct lstar_thread *t = d->task_hash[tid & (DBG_TASK_HASH - 1)];

	while (t && t->tid != tid)
		t = t->hnext;
	return t;
}

static struct lstar_thread *thread_add(struct dbg *d, struct dbg_proc *proc, u32 tid)
{
	struct lstar_thread *t = find(d, tid);

	if (t)
		return t;
	if (d->ntasks == d->cap_tasks) {
		size_t cap = d->cap_tasks ? d->cap_tasks * 2 : 64;
		struct lstar_thread **all = realloc(d->task, cap * sizeof(struct lstar_thread *));

		if (!all)
			return NULL;
		d->task = all;
		d->cap_tasks = cap;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->d = d;
	t->proc = proc;
	t->tid = tid;
	t->alive = true;
	t->hnext = *bucket(d, tid);
	*bucket(d, tid) = t;
	t->sibling = proc->threads;
	proc->threads = t;
	d->task[d->ntasks++] = t;
	return t;
}

static void thread_gone(struct dbg *d, struct lstar_thread *t)
{
	struct lstar_thread **at = bucket(d, t->tid);

	while (*at != t)
		at = &(*at)->hnext;
	*at = t->hnext;
	for (at = &t->proc->threads; *at != t;)
		at = &(*at)->sibling;
	*at = t->sibling;
	if (t->at)
		dbg_task_remember(t, t->at);
	if (d->held.task == t) {
		d->held.valid = false;
		d->held.task = NULL;
		d->held.call = NULL;
	}
	t->alive = false;
	t->at = NULL;
	if (t->parked)
		d->nparked--;
	free(t->parked);
	t->parked = NULL;
	dbg_calls_drop(d, t);
}

int dbg_tasks_attached(struct dbg *d, u32 pid)
{
	size_t n = dbg_threads(d, NULL, 0);
	struct tgt_thread_info *info = calloc(n + 1, sizeof(*info));
	struct dbg_proc *proc = proc_add(d, pid, NULL, 0);

	if (!info || !proc) {
		free(info);
		return dbg_fail(d, -ENOMEM, "no memory for another debuggee");
	}
	proc->root = true;
	n = dbg_threads(d, info, n);
	/* The first thread first, whatever order they were taken in. */
	if (!thread_add(d, proc, pid))
		n = 0;
	for (size_t i = 0; i < n; i++)
		if (info[i].pid == pid)
			thread_add(d, proc, info[i].tid);
	free(info);
	return 0;
}

/*
 * A thread whose birth nobody told of: its parent died before it could. The kernel has given
 * the process to somebody else by now, usually process 1.
 */
struct lstar_thread *dbg_task_of(struct dbg *d, u32 pid, u32 tid)
{
	struct lstar_thread *t = find(d, tid);
	struct dbg_proc *proc;

	if (ENG_LIKELY(t != NULL))
		return t;
	proc = dbg_proc_find(d, pid);
	if (!proc)
		proc = proc_add(d, pid, NULL, 1);
	return proc ? thread_add(d, proc, tid) : NULL;
}

void dbg_task_born(struct dbg *d, const struct tgt_stop *s)
{
	struct dbg_proc *proc = dbg_proc_find(d, s->child_pid);

	if (!proc) {
		proc = proc_add(d, s->child_pid, dbg_proc_find(d, s->pid), s->pid);
		if (proc)
			proc->held = d->hold_born;
	}
	if (proc)
		thread_add(d, proc, s->child_tid);
}

/*
 * The caller has the process id as its number now, the first thread's record goes on as its
 * own, and the call that it is in comes along.
 */
void dbg_task_exec(struct dbg *d, const struct tgt_stop *s)
{
	struct lstar_thread *first = dbg_task_of(d, s->pid, s->tid);
	struct lstar_thread *caller = s->child_tid != s->tid ? find(d, s->child_tid) : NULL;

	if (!first)
		return;
	if (caller && caller->proc == first->proc) {
		dbg_calls_drop(d, first);
		first->call = caller->call;
		caller->call = NULL;
	}
	for (struct lstar_thread *t = first->proc->threads, *next; t; t = next) {
		next = t->sibling;
		if (t != first)
			thread_gone(d, t);
	}
}

void dbg_task_ended(struct dbg *d, u32 tid)
{
	struct lstar_thread *t = find(d, tid);

	if (t)
		thread_gone(d, t);
}

void dbg_process_gone(struct dbg *d, u32 pid)
{
	struct dbg_proc **at = &d->procs, *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return;
	while (p->threads)
		thread_gone(d, p->threads);
	*at = p->next;
	p->alive = false;
	p->next = d->ended_procs;
	d->ended_procs = p;
}

static void free_procs(struct dbg_proc *p)
{
	while (p) {
		struct dbg_proc *next = p->next;

		free(p);
		p = next;
	}
}

void dbg_tasks_free(struct dbg *d)
{
	for (size_t i = 0; i < d->ntasks; i++) {
		dbg_calls_drop(d, d->task[i]);
		free(d->task[i]->parked);
		free(d->task[i]);
	}
	free(d->task);
	free_procs(d->procs);
	free_procs(d->ended_procs);
}

static void remember(struct lstar_thread *t, const struct eng_ctx *ctx)
{
	for (u64 left = ctx->loaded | ctx->dirty; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		t->last[i] = ctx->reg[i];
	}
	t->last_known |= ctx->loaded | ctx->dirty;
}

void dbg_task_remember(struct lstar_thread *t, const struct dbg_held *h)
{
	remember(t, &h->ctx);
	dbg_call_remember(t, h);
}

void dbg_task_look(struct lstar_thread *t, const struct eng_ctx *ctx)
{
	remember(t, ctx); /* whoever asks for one register has seen them all */
	dbg_call_look(t);
}

/* --- what records say --- */

struct lstar_thread *dbg_thread_at(struct dbg *d, size_t i)
{
	return i < d->ntasks ? d->task[i] : NULL;
}

struct lstar_thread *dbg_thread_find(struct dbg *d, uint32_t tid)
{
	return find(d, tid);
}

uint32_t dbg_thread_tid(const struct lstar_thread *t)
{
	return t->tid;
}

uint32_t dbg_thread_pid(const struct lstar_thread *t)
{
	return t->proc->pid;
}

uint32_t dbg_thread_parent(const struct lstar_thread *t)
{
	return t->proc->parent_pid;
}

bool dbg_thread_alive(const struct lstar_thread *t)
{
	return t->alive;
}

struct dbg *dbg_thread_session(const struct lstar_thread *t)
{
	return t->d;
}

/* --- registers --- */

int dbg_task_ready(const struct lstar_thread *t)
{
	if (!t->alive)
		return dbg_fail(t->d, -ESRCH, "thread %u has ended, or is no longer debugged",
				t->tid);
	if (!dbg_thread(t->d, t->tid))
		return dbg_fail(t->d, -ESRCH, "thread %u has ended", t->tid);
	if (t->at || !t->d->running)
		return 0;
	return dbg_fail(t->d, -EBUSY,
			"thread %u is running: this is allowed in a callback of its own, or after "
			"waiting for a stop (an interrupt brings one about)",
			t->tid);
}

/* The context of the stop that the thread stands at, or a fresh one in @own. */
static struct eng_ctx *ctx_get(struct lstar_thread *t, struct eng_ctx *own)
{
	struct target *target = t->d->target;

	if (t->at)
		return &t->at->ctx;
	memset(own, 0, sizeof(*own));
	target->ops->context(target, dbg_thread(t->d, t->tid), own);
	return own;
}

static u64 part_mask(const struct eng_reg_name *r)
{
	return (r->width == 64 ? ~0ULL : ENG_BIT(r->width) - 1) << r->shift;
}

static int load(struct lstar_thread *t, struct eng_ctx *ctx, const struct eng_reg_name *r)
{
	struct target *target = t->d->target;

	if ((ctx->loaded | ctx->dirty) & ENG_BIT(r->reg) ||
	    target->ops->load_regs(target, dbg_thread(t->d, t->tid), ctx, ENG_BIT(r->reg)))
		return 0;
	return dbg_fail(t->d, -EOPNOTSUPP,
			"the register '%s' of thread %u cannot be read on this target", r->name,
			t->tid);
}

void dbg_tasks_look(struct dbg *d, u32 pid)
{
	struct dbg_proc *p = dbg_proc_find(d, pid);

	for (struct lstar_thread *t = p ? p->threads : NULL; t; t = t->sibling) {
		struct tgt_thread *th = dbg_thread(d, t->tid);
		struct eng_ctx own, *ctx = th ? ctx_get(t, &own) : NULL;

		if (ctx && d->target->ops->load_regs(d->target, th, ctx, ENG_REGS_USER))
			dbg_task_look(t, ctx);
	}
}

static const struct eng_reg_name *name(struct dbg *d, const char *text)
{
	const struct eng_reg_name *r = eng_reg_find(text, strlen(text));

	if (!r)
		dbg_fail(d, -ENOENT,
			 "there is no register '%s'; the names are those of the script language, "
			 "as rax, eax, rip, fs_base",
			 text);
	return r;
}

static int last_value(struct lstar_thread *t, const struct eng_reg_name *r, uint64_t *value)
{
	if (!(t->last_known & ENG_BIT(r->reg)))
		return dbg_fail(t->d, -ESRCH,
				"thread %u has ended, and nobody looked at its register '%s' "
				"while it was stopped",
				t->tid, r->name);
	*value = (t->last[r->reg] & part_mask(r)) >> r->shift;
	return 0;
}

int dbg_reg_get(struct lstar_thread *t, const char *text, uint64_t *value)
{
	const struct eng_reg_name *r = name(t->d, text);
	struct eng_ctx own, *ctx;
	int err;

	if (!r)
		return -ENOENT;
	/* Between its last instruction and the news of its end a thread has no registers either. */
	if (!t->alive || !dbg_thread(t->d, t->tid))
		return last_value(t, r, value);
	err = dbg_task_ready(t);
	if (err)
		return err;
	ctx = ctx_get(t, &own);
	err = load(t, ctx, r);
	if (err)
		return err;
	dbg_task_look(t, ctx);
	*value = (ctx->reg[r->reg] & part_mask(r)) >> r->shift;
	return 0;
}

/* Not at a stop: what is changed is written at once. */
static int put(struct lstar_thread *t, struct eng_ctx *ctx)
{
	struct target *target = t->d->target;
	int err = 0;

	if (!t->at && ctx->dirty)
		err = target->ops->store_regs(target, dbg_thread(t->d, t->tid), ctx);
	return err ? dbg_fail_target(t->d, err) : 0;
}

int dbg_reg_set(struct lstar_thread *t, const char *text, uint64_t value)
{
	const struct eng_reg_name *r = name(t->d, text);
	struct eng_ctx own, *ctx;
	int err = dbg_task_ready(t);

	if (!r)
		return -ENOENT;
	if (err)
		return err;
	if (!(t->d->target->ops->caps->regs_writable & ENG_BIT(r->reg)))
		return dbg_fail(t->d, -EOPNOTSUPP,
				"the register '%s' cannot be written on this target", r->name);
	if (r->width < 64 && value >> r->width)
		return dbg_fail(t->d, -EINVAL, "%#llx does not fit the %u bits of '%s'", (u64)value,
				r->width, r->name);
	ctx = ctx_get(t, &own);
	err = load(t, ctx, r);
	if (err)
		return err;
	ctx->reg[r->reg] = (ctx->reg[r->reg] & ~part_mask(r)) | value << r->shift;
	ctx->dirty |= ENG_BIT(r->reg);
	err = put(t, ctx);
	if (!err)
		dbg_task_look(t, ctx);
	return err;
}

/* --- memory --- */

static int64_t no_memory(struct lstar_thread *t, u64 addr)
{
	return dbg_fail(t->d, -EFAULT, "process %u has no such memory at %#llx", t->proc->pid,
			addr);
}

int64_t dbg_read(struct lstar_thread *t, uint64_t addr, void *buf, size_t n)
{
	struct target *target = t->d->target;
	int err = dbg_task_ready(t);
	size_t got;

	if (err || !n)
		return err;
	got = target->ops->read_mem(target, dbg_thread(t->d, t->tid), addr, buf, n);
	return got ? (int64_t)got : no_memory(t, addr);
}

int64_t dbg_write(struct lstar_thread *t, uint64_t addr, const void *buf, size_t n)
{
	struct target *target = t->d->target;
	int err = dbg_task_ready(t);
	size_t got;

	if (err || !n)
		return err;
	got = target->ops->write_mem(target, dbg_thread(t->d, t->tid), addr, buf, n);
	return got ? (int64_t)got : no_memory(t, addr);
}

int64_t dbg_read_string(struct lstar_thread *t, uint64_t addr, char *buf, size_t size)
{
	size_t n = 0, page = 4096;

	if (!size)
		return dbg_fail(t->d, -EINVAL, "a string of no bytes has no room for its end");
	buf[0] = '\0';
	while (n < size - 1) {
		size_t want = page - (addr + n) % page;
		int64_t got;

		if (want > size - 1 - n)
			want = size - 1 - n;
		got = dbg_read(t, addr + n, buf + n, want);
		if (got < 0 && !n)
			return got;
		if (got <= 0)
			break;
		char *end = memchr(buf + n, '\0', (size_t)got);

		if (end)
			return end - buf;
		n += (size_t)got;
	}
	buf[n] = '\0';
	return (int64_t)n;
}
