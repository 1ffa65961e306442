/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.c - the process target: its table of operations, its tables of processes and
 * threads, and what an interest set means for each of them.
 *
 * Nothing here waits; ptrace requests are made by the files named after what they do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

int proc_fail(struct proc_target *p, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->base.error, sizeof(p->base.error), fmt, ap);
	va_end(ap);
	return err;
}

/* --- threads --- */

static void hash_insert(struct proc_target *p, struct tgt_thread *th)
{
	struct tgt_thread **head = &p->hash[th->tid & (PROC_HASH - 1)];

	th->hnext = *head;
	*head = th;
}

static void hash_remove(struct proc_target *p, struct tgt_thread *th)
{
	struct tgt_thread **at = &p->hash[th->tid & (PROC_HASH - 1)];

	while (*at && *at != th)
		at = &(*at)->hnext;
	if (*at)
		*at = th->hnext;
}

struct tgt_thread *thread_add(struct proc_target *p, struct process *proc, u32 tid)
{
	struct tgt_thread *th = calloc(1, sizeof(*th));

	if (!th)
		return NULL;
	th->tid = tid;
	th->proc = proc;
	th->state = TH_RUNNING;
	th->next = p->threads;
	if (p->threads)
		p->threads->prev = th;
	p->threads = th;
	hash_insert(p, th);
	p->nthreads++;
	p->nrunning++;
	if (proc)
		proc->nthreads++;
	return th;
}

void thread_unqueue(struct proc_target *p, struct tgt_thread *th)
{
	struct tgt_thread *prev = NULL;

	for (struct tgt_thread *q = p->qhead; q; prev = q, q = q->qnext) {
		if (q != th)
			continue;
		*(prev ? &prev->qnext : &p->qhead) = q->qnext;
		if (p->qtail == q)
			p->qtail = prev;
		q->qnext = NULL;
		return;
	}
}

void thread_remove(struct proc_target *p, struct tgt_thread *th)
{
	struct process *proc = th->proc;

	if (p->place.hot == th)
		place_release(p);
	thread_set(p, th, TH_DEAD);
	hash_remove(p, th);
	*(th->prev ? &th->prev->next : &p->threads) = th->next;
	if (th->next)
		th->next->prev = th->prev;
	p->nthreads--;
	if (proc && --proc->nthreads == 0)
		process_remove(p, proc);
	/* The caller may still look at the one it was told of last. */
	th->proc = NULL;
	free(p->dead);
	p->dead = th;
}

void thread_rekey(struct proc_target *p, struct tgt_thread *th, u32 tid)
{
	hash_remove(p, th);
	th->tid = tid;
	hash_insert(p, th);
}

void thread_queue(struct proc_target *p, struct tgt_thread *th, int status)
{
	th->status = status;
	if (th->state == TH_QUEUED)
		return;
	thread_set(p, th, TH_QUEUED);
	th->qnext = NULL;
	*(p->qtail ? &p->qtail->qnext : &p->qhead) = th;
	p->qtail = th;
}

/* --- processes --- */

struct process *process_find(const struct proc_target *p, u32 pid)
{
	struct process *proc = p->procs;

	while (proc && proc->pid != pid)
		proc = proc->next;
	return proc;
}

/* What a forked child shares with its parent is copied; @parent NULL: a new tree. */
struct process *process_add(struct proc_target *p, u32 pid, const struct process *parent)
{
	struct process *proc = calloc(1, sizeof(*proc));

	if (!proc)
		return NULL;
	if (parent)
		*proc = *parent;
	proc->pid = pid;
	proc->nthreads = 0;
	proc->mem_fd = -1;
	proc->held = false;
	proc->reg_turn = 0;
	memset(proc->reg, 0, sizeof(proc->reg));
	proc->space = space_new();
	if (!proc->space) {
		free(proc);
		return NULL;
	}
	proc->next = p->procs;
	p->procs = proc;
	process_update(p, proc);
	return proc;
}

void process_remove(struct proc_target *p, struct process *proc)
{
	struct process **at = &p->procs;

	while (*at && *at != proc)
		at = &(*at)->next;
	if (*at)
		*at = proc->next;
	space_remember(p, proc->space);
	bp_forget(p, proc, proc->space);
	mem_close(proc);
	space_leave(proc->space);
	free(proc);
}

/* --- interest --- */

static bool covered(const struct proc_target *p, const struct process *proc)
{
	const struct tgt_interest *in = &p->interest;

	for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++)
		if ((in->enter[i] | in->exit[i]) & ~proc->installed.nr[i])
			return false;
	return proc->installed.other || !(in->enter_other || in->exit_other);
}

/*
 * Until a wanted filter is installed the process is run with PTRACE_SYSCALL: slower,
 * never wrong. Where every exit is wanted a filter would only add a stop per call.
 */
void process_update(struct proc_target *p, struct process *proc)
{
	proc->want_filter = false;
	if (!p->any_interest) {
		proc->mode = TRACE_NONE;
	} else if (!proc->use_filter || proc->own_filter) {
		proc->mode = TRACE_ALL;
	} else if (proc->nfilters && covered(p, proc)) {
		proc->mode = TRACE_FILTER;
	} else {
		proc->mode = TRACE_ALL;
		proc->want_filter = !(p->full_exit && !proc->nfilters);
	}
}

void process_kick(struct proc_target *p, struct process *proc)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next)
		if (th->proc == proc && th->state == TH_RUNNING && !th->interrupted)
			th->interrupted = !ptrace(PTRACE_INTERRUPT, th->tid, 0, 0);
}

static int proc_set_interest(struct target *t, const struct tgt_interest *in)
{
	struct proc_target *p = proc_of(t);
	u64 any = in->enter_other | in->exit_other, all = ~0ULL;

	for (size_t i = 0; i < ARRAY_SIZE(in->enter); i++) {
		any |= in->enter[i] | in->exit[i];
		all &= in->exit[i];
	}
	p->interest = *in;
	p->any_interest = any != 0;
	p->full_exit = all == ~0ULL && in->exit_other;
	if (!p->any_interest)
		place_release(p);
	for (struct process *proc = p->procs; proc; proc = proc->next) {
		enum tracing before = proc->mode;

		process_update(p, proc);
		if (proc->want_filter || (proc->mode == TRACE_ALL && before != TRACE_ALL))
			process_kick(p, proc);
	}
	return 0;
}

/* --- questions --- */

/* Its end is known, and only wait() has still to tell of it. */
static bool has_ended(const struct tgt_thread *th)
{
	return th->state == TH_QUEUED && !WIFSTOPPED(th->status);
}

static struct tgt_thread *proc_find(struct target *t, u32 tid)
{
	struct tgt_thread *th = thread_find(proc_of(t), tid);

	return th && th->proc && !has_ended(th) ? th : NULL;
}

static void thread_info(const struct tgt_thread *th, struct tgt_thread_info *info)
{
	u64 orig, rax;

	memset(info, 0, sizeof(*info));
	info->pid = th->proc->pid;
	info->tid = th->tid;
	info->launched = th->proc->launched;
	info->stopped = !can_report(th->state);
	info->in_syscall = th->inside;
	info->abi = th->call.abi;
	info->nr = th->call.nr;
	if (th->inside || !info->stopped)
		return;
	if (th->restart_state == RESTART_WAIT || th->restart_state == RESTART_NOW) {
		info->in_syscall = true;
		info->abi = th->restart.abi;
		info->nr = th->restart.nr;
	} else if (regs_peek(th, offsetof(struct user_regs_struct, orig_rax), &orig) &&
		   regs_peek(th, offsetof(struct user_regs_struct, rax), &rax) && (s64)orig >= 0 &&
		   (is_restart_code((s64)rax) || th->at == STOP_EVENT)) {
		info->in_syscall = true;
		info->abi = orig & ABI_X32_BIT ? ABI_X32 : ABI_X86_64;
		info->nr = orig;
	}
}

static size_t proc_threads(struct target *t, struct tgt_thread_info *info, size_t max)
{
	struct tgt_thread *th = proc_of(t)->threads;
	size_t n = 0;

	while (th && th->next) /* oldest first */
		th = th->next;
	for (; th; th = th->prev) {
		if (!th->proc || has_ended(th))
			continue;
		if (n < max)
			thread_info(th, &info[n]);
		n++;
	}
	return n;
}

static void proc_status(struct target *t, FILE *out)
{
	struct proc_target *p = proc_of(t);
	u32 nprocs = 0, filtered = 0, all = 0;

	for (struct process *proc = p->procs; proc; proc = proc->next) {
		nprocs++;
		filtered += proc->mode == TRACE_FILTER;
		all += proc->mode == TRACE_ALL;
	}
	fprintf(out,
		"%u process%s, %u thread%s; %u stopped by a seccomp filter, %u at every call\n"
		"%llu stops reported, %llu passed over, %llu signals, %llu calls injected%s\n",
		nprocs, nprocs == 1 ? "" : "es", p->nthreads, p->nthreads == 1 ? "" : "s", filtered,
		all, p->stops, p->quiet_stops, p->signals, p->injected,
		p->place.pinned ? "; on one CPU with its busy thread" : "");
}

static void proc_keyboard(struct target *t, bool pass)
{
	proc_of(t)->pass_keyboard = pass;
}

static void proc_signals(struct target *t, u64 wanted)
{
	proc_of(t)->wanted_signals = wanted;
}

static void proc_filter(struct target *t, bool on)
{
	struct proc_target *p = proc_of(t);

	for (struct process *proc = p->procs; proc; proc = proc->next) {
		if (!proc->launched || proc->nfilters || proc->alone)
			continue;
		proc->use_filter = on;
		process_update(p, proc);
	}
}

/* --- life --- */

int proc_begin(struct proc_target *p)
{
	struct task_status st;
	int err;

	if (p->tracer) {
		if (p->tracer == gettid())
			return p->nthreads ? 0 : session_check(p);
		return proc_fail(p, -EPERM,
				 "thread %d cannot use this target: ptrace binds it to thread %d",
				 (int)gettid(), (int)p->tracer);
	}
	err = session_check(p);
	if (err)
		return err;
	p->tracer = gettid();
	if (wake_begin(p)) {
		p->tracer = 0;
		return proc_fail(p, -errno,
				 "no timer for the target: %s; raise the limit of "
				 "pending signals (ulimit -i)",
				 strerror(errno));
	}
	if (procfs_status(p->tracer, &st))
		p->base_filters = st.filters;
	return 0;
}

static const struct tgt_ops proc_ops = {
	.name = "process (ptrace)",
	.can = TGT_BREAKS,
	.caps = &eng_caps_process,
	.free = proc_free,
	.launch = proc_launch,
	.attach = proc_attach,
	.detach = proc_detach,
	.kill = proc_kill,
	.set_interest = proc_set_interest,
	.wait = proc_wait,
	.wake = wake_target,
	.resume = proc_resume,
	.keep_args = proc_keep_args,
	.step = proc_step,
	.bp_add = proc_bp_add,
	.bp_remove = proc_bp_remove,
	.halt = proc_halt,
	.hold = proc_hold,
	.hold_born = proc_hold_born,
	.resume_all = proc_resume_all,
	.context = proc_context,
	.load_regs = proc_load_regs,
	.number = proc_number,
	.store_regs = proc_store_regs,
	.read_mem = proc_read_mem,
	.write_mem = proc_write_mem,
	.pseudo = proc_pseudo,
	.comm = proc_comm,
	.invoke = proc_invoke,
	.threads = proc_threads,
	.find = proc_find,
	.status = proc_status,
	.placement = proc_placement,
	.keyboard = proc_keyboard,
	.signals = proc_signals,
	.filter = proc_filter,
};

struct target *proc_target_new(void)
{
	struct proc_target *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base.ops = &proc_ops;
	p->pass_keyboard = true;
	p->place.on = true;
	return &p->base;
}
