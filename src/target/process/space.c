/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * space.c - address spaces: which processes share one, and the bytes that software
 * breakpoints have put into it.
 *
 * A byte is put back only where ours still stands: the program may have unmapped or
 * rewritten the place meanwhile, and then it is none of our business.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

struct space *space_new(void)
{
	struct space *s = calloc(1, sizeof(*s));

	if (s)
		s->users = 1;
	return s;
}

void space_leave(struct space *s)
{
	struct site *site;

	if (!s || --s->users)
		return;
	while ((site = s->sites)) {
		s->sites = site->next;
		free(site);
	}
	free(s);
}

/* --- sites --- */

static bool put(struct tgt_thread *th, u64 addr, u8 from, u8 to)
{
	u8 now;

	return mem_read_raw(th, addr, &now, 1) == 1 && now == from &&
	       mem_write_raw(th, addr, &to, 1) == 1;
}

struct site *site_find(const struct process *proc, u64 addr)
{
	struct site *s = proc->space->sites;

	while (s && (s->addr != addr || !s->users))
		s = s->next;
	return s;
}

struct site *site_next(const struct process *proc, u64 addr, u64 end)
{
	struct site *best = NULL;

	for (struct site *s = proc->space->sites; s; s = s->next)
		if (s->users && s->addr >= addr && s->addr < end && (!best || s->addr < best->addr))
			best = s;
	return best;
}

struct site *site_add(struct tgt_thread *th, u64 addr)
{
	struct space *space = th->proc->space;
	struct site *s = site_find(th->proc, addr);
	u8 int3 = INT3, byte;

	if (s) {
		s->users++;
		return s;
	}
	if (mem_read_raw(th, addr, &byte, 1) != 1 || mem_write_raw(th, addr, &int3, 1) != 1)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s) {
		mem_write_raw(th, addr, &byte, 1);
		return NULL;
	}
	s->addr = addr;
	s->byte = byte;
	s->users = 1;
	s->next = space->sites;
	space->sites = s;
	return s;
}

/* --- children --- */

/* A copy of the memory, of a child that has not run yet and need not be in our tables. */
static void clean(u32 tid, const struct site *first, bool all)
{
	char path[32];
	u8 now;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/mem", tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return; /* killed meanwhile */
	for (const struct site *s = first; s; s = all ? s->next : NULL)
		if (pread(fd, &now, 1, (off_t)s->addr) == 1 && now == INT3 &&
		    pwrite(fd, &s->byte, 1, (off_t)s->addr) != 1)
			break;
	close(fd);
}

void space_clean(u32 tid, const struct space *s)
{
	if (s->sites)
		clean(tid, s->sites, true);
}

/* Where kcmp(2) is forbidden, only a vfork child is taken to share its maker's memory. */
static bool shares(u32 tid, u32 other, bool vforking)
{
	long differ = syscall(SYS_kcmp, tid, other, KCMP_VM, 0, 0);

	return differ < 0 && errno != ESRCH ? vforking : !differ;
}

static void join(struct process *proc, struct space *s)
{
	free(proc->space); /* new, and its own */
	proc->space = s;
	s->users++;
}

void space_remember(struct proc_target *p, const struct space *s)
{
	u32 n = 0;

	if (ENG_LIKELY(!s->sites) || s->users > 1)
		return;
	for (const struct site *site = s->sites; site && n < GHOSTS; site = site->next)
		p->ghost[n++] = *site;
	for (u32 i = 0; i < n; i++)
		p->ghost[i].next = i + 1 < n ? &p->ghost[i + 1] : NULL;
	p->nghosts = n;
}

/* Its maker has ended: whoever lives may share its memory, and it may be a copy of the last one. */
static void born_orphan(struct proc_target *p, struct process *proc)
{
	for (struct process *o = p->procs; o; o = o->next) {
		if (o == proc || !shares(proc->pid, o->pid, false))
			continue;
		join(proc, o->space);
		return;
	}
	if (p->nghosts)
		clean(proc->pid, p->ghost, true);
}

void space_born(struct proc_target *p, struct process *proc, const struct tgt_thread *parent)
{
	if (!parent)
		born_orphan(p, proc);
	else if (shares(proc->pid, parent->tid, parent->vforking))
		join(proc, parent->proc->space);
	else
		space_clean(proc->pid, parent->proc->space);
}

/* Births that wait() has still to tell of: these children have a copy of it, too. */
static void clean_queued(struct proc_target *p, const struct space *space, const struct site *s)
{
	for (struct tgt_thread *th = p->qhead; th; th = th->qnext) {
		unsigned long tid = 0;

		if (th->proc && th->proc->space == space && is_birth(th) &&
		    !ptrace(PTRACE_GETEVENTMSG, th->tid, 0, &tid) && tid)
			clean((u32)tid, s, false);
	}
}

/* --- removal --- */

/* The process itself may have left the space already: any thread in it will do. */
static struct tgt_thread *member(const struct proc_target *p, const struct space *space)
{
	for (struct tgt_thread *th = p->threads; th; th = th->next)
		if (th->proc && th->proc->space == space &&
		    (th->state != TH_QUEUED || WIFSTOPPED(th->status)))
			return th;
	return NULL;
}

static void take_out(struct proc_target *p, struct space *space, struct site *s)
{
	struct tgt_thread *th = member(p, space);

	s->users = 0;
	if (th)
		put(th, s->addr, INT3, s->byte);
	clean_queued(p, space, s);
}

void site_put(struct proc_target *p, struct space *space, u64 addr)
{
	struct site **at = &space->sites, *s;

	while (*at && ((*at)->addr != addr || !(*at)->users))
		at = &(*at)->next;
	s = *at;
	if (!s || --s->users)
		return;
	take_out(p, space, s);
	*at = s->next;
	free(s);
}

/* The list stays: children that are not known yet may have copies. */
void space_restore(struct proc_target *p, struct space *space)
{
	for (struct site *s = space->sites; s; s = s->next)
		if (s->users)
			take_out(p, space, s);
}

bool site_lift(struct tgt_thread *th, const struct site *s)
{
	return put(th, s->addr, INT3, s->byte);
}

void site_lay(struct proc_target *p, struct space *space, const struct site *s)
{
	struct tgt_thread *th = member(p, space);

	if (th)
		put(th, s->addr, s->byte, INT3);
}

void space_exec(struct proc_target *p, struct process *proc)
{
	struct space *old = proc->space, *own = space_new();

	/* Without memory for it: clean, as long as the other has no breakpoints of its own. */
	proc->space = own ?: old;
	bp_forget(p, proc, old);
	if (own)
		space_leave(old);
}
