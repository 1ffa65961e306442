/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inject.c - installs a seccomp filter in a debuggee, by calls that one of its threads makes.
 *
 * Afterwards every register, the signal mask and the memory map are as before.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "remote.h"

/* Standing well: in user mode or at the very end of a call, with no signal in hand. */
static bool stands_well(const struct tgt_thread *th)
{
	return th->at == STOP_EXIT || th->at == STOP_TRAP;
}

static s64 call(struct remote *r, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return remote_call(r, nr, (u64[6]){ a0, a1, a2, a3, a4, 0 });
}

static bool put(struct remote *r, u64 addr, const void *src, size_t n)
{
	return proc_write_mem(&r->p->base, r->th, addr, src, n) == n;
}

/* TSYNC: all threads at once; > 0 is a thread whose filters differ from this one's. */
static s64 install(struct remote *r, const struct sock_filter *prog, size_t n)
{
	size_t len = (n * sizeof(*prog) + sizeof(struct sock_fprog) + 4095) & ~4095UL;
	struct sock_fprog fprog = { .len = (unsigned short)n };
	u64 flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	u64 map;
	s64 ret;

	ret = call(r, SYS_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL);
	if (ret < 0)
		return ret;
	map = (u64)ret;
	fprog.filter = (struct sock_filter *)(uintptr_t)(map + sizeof(fprog));
	if (!put(r, map, &fprog, sizeof(fprog)) ||
	    !put(r, map + sizeof(fprog), prog, n * sizeof(*prog))) {
		ret = -EFAULT;
	} else {
		ret = call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, map, 0, 0);
		if (ret == -EACCES) {
			/* Without CAP_SYS_ADMIN a filter must give up setuid programs. */
			ret = call(r, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			if (!ret)
				ret = call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, map, 0,
					   0);
		}
	}
	call(r, SYS_munmap, map, len, 0, 0, 0);
	return ret;
}

static struct call_set missing_set(const struct proc_target *p, const struct process *proc)
{
	const struct tgt_interest *in = &p->interest;
	struct call_set set;

	for (size_t i = 0; i < ARRAY_SIZE(set.nr); i++)
		set.nr[i] = (in->enter[i] | in->exit[i]) & ~proc->installed.nr[i];
	set.other = (in->enter_other || in->exit_other) && !proc->installed.other;
	return set;
}

static bool foreign_filters(const struct proc_target *p, const struct process *proc)
{
	struct task_status st;

	return !procfs_status(proc->pid, &st) || st.seccomp == 1 ||
	       st.filters > p->base_filters + proc->nfilters;
}

void inject_filter(struct proc_target *p, struct tgt_thread *th)
{
	struct sock_filter prog[FILTER_MAX];
	struct process *proc = th->proc;
	struct remote r = { .p = p, .th = th };
	struct call_set set;
	s64 ret;

	if (!stands_well(th) || (th->at == STOP_EXIT && is_restart_code(th->info.exit.rval)))
		return;
	if (foreign_filters(p, proc) || remote_begin(&r)) {
		proc->own_filter = true;
		process_update(p, proc);
		return;
	}
	set = missing_set(p, proc);
	ret = install(&r, prog, filter_compile(&set, !proc->nfilters, prog));
	remote_end(&r);
	if (r.lost)
		return;
	th->at = STOP_TRAP;
	if (ret) {
		proc->own_filter = true;
	} else {
		proc->nfilters++;
		for (size_t i = 0; i < ARRAY_SIZE(set.nr); i++)
			proc->installed.nr[i] |= set.nr[i];
		proc->installed.other |= set.other;
	}
	process_update(p, proc);
}
