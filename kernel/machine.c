// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * machine.c - what the debugger asks of the machine outside of events: memory, translation,
 * model-specific registers, counters of the CPUs.
 *
 * In the guest, on behalf of a caller that may do all this: it checks what could hurt the
 * machine by mistake, not what could be misused.
 */
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#include "machine.h"
#include "walk.h"

#define BOUNCE (16u << 10)

static bool is_kernel(u64 addr)
{
	return (s64)addr < 0;
}

/* The process, as the events number it; the caller puts it. */
static struct task_struct *task_of(u32 pid)
{
	struct task_struct *task;

	rcu_read_lock();
	task = get_pid_task(find_pid_ns((int)pid, &init_pid_ns), PIDTYPE_PID);
	rcu_read_unlock();
	return task;
}

/* Through the direct map, a page at a time: it is looked at with interrupts off. */
static size_t direct_piece(const struct lsm_mem *m, u64 addr, void *buf, size_t n, bool write)
{
	u64 cr3 = __native_read_cr3();
	size_t done = 0, got, want;
	unsigned long flags;

	do {
		want = min_t(size_t, n - done, PAGE_SIZE - offset_in_page(addr + done));
		local_irq_save(flags);
		if (m->physical)
			got = write ? hv_write_phys(addr + done, buf + done, want)
				    : hv_read_phys(addr + done, buf + done, want);
		else
			got = write ? hv_write(cr3, addr + done, buf + done, want)
				    : hv_read(cr3, addr + done, buf + done, want);
		local_irq_restore(flags);
		done += got;
	} while (got == want && done < n);
	return done;
}

/*
 * One piece, at most BOUNCE bytes. A process' own memory goes the way of ptrace, which brings
 * pages in and copies shared ones; the kernel's half is read through its page tables, without
 * a fault and only where there is RAM.
 */
static size_t piece(struct task_struct *task, const struct lsm_mem *m, u64 addr, void *buf,
		    size_t n, bool write)
{
	int flags = FOLL_FORCE | (write ? FOLL_WRITE : 0);

	if (m->physical || is_kernel(addr))
		return direct_piece(m, addr, buf, n, write);
	if (!task || addr >= TASK_SIZE_MAX)
		return 0;
	return (size_t)access_process_vm(task, addr, buf, (int)n, flags);
}

static int transfer(struct task_struct *task, struct lsm_mem *m, void *bounce, bool write)
{
	while (m->done < m->len && !fatal_signal_pending(current)) {
		void __user *user = u64_to_user_ptr(m->buf + m->done);
		size_t n = min_t(u64, m->len - m->done, BOUNCE), got;

		if (write && copy_from_user(bounce, user, n))
			return -EFAULT;
		got = piece(task, m, m->addr + m->done, bounce, n, write);
		if (!write && copy_to_user(user, bounce, got))
			return -EFAULT;
		m->done += got;
		if (got < n)
			break;
		cond_resched();
	}
	return 0;
}

static int memory(struct lsm_mem *m, bool write)
{
	struct task_struct *task = NULL;
	void *bounce;
	int err;

	m->done = 0;
	if (m->addr + m->len < m->addr)
		return -EINVAL;
	if (m->pid && !m->physical) {
		task = task_of(m->pid);
		if (!task)
			return -ESRCH;
	}
	bounce = kmalloc(BOUNCE, GFP_KERNEL);
	err = bounce ? transfer(task, m, bounce, write) : -ENOMEM;
	kfree(bounce);
	if (task)
		put_task_struct(task);
	return err;
}

int machine_read(struct lsm_session *s, void *arg)
{
	return memory(arg, false);
}

int machine_write(struct lsm_session *s, void *arg)
{
	return memory(arg, true);
}

/* Interrupts off, see walk.c; @mm keeps its tables meanwhile. */
static void walk(struct mm_struct *mm, struct lsm_translate *t)
{
	u64 cr3 = mm ? __pa(mm->pgd) : __native_read_cr3();
	unsigned long flags;
	struct hv_walk w = { 0 };
	bool present;

	local_irq_save(flags);
	present = hv_walk(cr3, t->addr, &w);
	local_irq_restore(flags);
	t->levels = w.levels;
	memcpy(t->entry_pa, w.entry_pa, sizeof(t->entry_pa));
	memcpy(t->entry, w.entry, sizeof(t->entry));
	if (!present)
		return;
	t->pa = w.pa;
	t->page = w.page;
}

int machine_translate(struct lsm_session *s, void *arg)
{
	struct lsm_translate *t = arg;
	struct task_struct *task;
	struct mm_struct *mm;

	*t = (struct lsm_translate){ .addr = t->addr, .pid = t->pid, .pa = LSM_ANY };
	if (is_kernel(t->addr)) {
		walk(NULL, t);
		return 0;
	}
	if (!t->pid)
		return 0; /* the kernel has nothing there */
	task = task_of(t->pid);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return 0; /* a kernel thread */
	walk(mm, t);
	mmput(mm);
	return 0;
}

/* Through the guest's own instructions, so that what is hidden from it is hidden here. */
static int msr_on(u32 cpu, struct lsm_msr *m)
{
	int err = m->write ? wrmsrl_safe_on_cpu(cpu, m->msr, m->value)
			   : rdmsrl_safe_on_cpu(cpu, m->msr, &m->value);

	if (err == -EIO) {
		m->failed = 1;
		err = 0;
	}
	return err;
}

int machine_msr(struct lsm_session *s, void *arg)
{
	struct lsm_msr *m = arg;
	int cpu, err = 0;

	m->failed = 0;
	if (m->cpu != LSM_ALL)
		return m->cpu < nr_cpu_ids && cpu_online(m->cpu) ? msr_on(m->cpu, m) : -ENXIO;
	if (!m->write)
		return -EINVAL;
	cpus_read_lock();
	for_each_online_cpu(cpu) err = err ?: msr_on(cpu, m);
	cpus_read_unlock();
	return err;
}

int machine_stats(struct lsm_session *s, void *arg)
{
	struct lsm_cpu_stats *st = arg;
	const struct hv_cpu *c = st->cpu < nr_cpu_ids ? hv_cpu(st->cpu) : NULL;

	BUILD_BUG_ON(LSM_NEXITS > ARRAY_SIZE(st->exits));
	if (!c)
		return -ENXIO;
	*st = (struct lsm_cpu_stats){ .cpu = st->cpu,
				      .entered = c->entered,
				      .armed = READ_ONCE(c->armed),
				      .hook = READ_ONCE(c->hook),
				      .returns_other = READ_ONCE(c->returns_other) };
	for (u32 i = 0; i < LSM_NEXITS; i++)
		st->exits[i] = READ_ONCE(c->exits[i]);
	if (!c->events)
		return 0;
	st->fired = READ_ONCE(c->events->fired);
	st->messages = READ_ONCE(c->events->ring.messages);
	st->dropped = READ_ONCE(c->events->ring.dropped);
	return 0;
}
