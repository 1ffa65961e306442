// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dev.c - /dev/lstar: who may open it, the table of its ioctls, what it maps, when it has news.
 *
 * Requests are copied once, answered from the copy, and copied back; nothing here looks at user
 * memory twice. One request at a time.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "machine.h"
#include "session.h"
#include "walk.h"

#define TICK_NS (5 * NSEC_PER_MSEC)
#define PATIENCE 40 /* ticks until a reader is woken for what need not be told at once */

static struct lsm_session *session; /* the one that has the device open */
static DECLARE_WAIT_QUEUE_HEAD(readers);
static struct hrtimer timer;
static u32 ticks; /* while something waits */

/* --- news: the host cannot wake anybody, so a timer looks while somebody sleeps --- */

static bool news(void)
{
	if (!session_waiting(session)) {
		ticks = 0;
		return false;
	}
	return session_urgent(session) || ++ticks >= PATIENCE;
}

static enum hrtimer_restart tick(struct hrtimer *t)
{
	if (news()) {
		ticks = 0;
		wake_up_interruptible(&readers);
		return HRTIMER_NORESTART;
	}
	if (!waitqueue_active(&readers))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

static __poll_t lsm_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &readers, wait);
	if (session_waiting(session))
		return EPOLLIN | EPOLLRDNORM;
	if (!hrtimer_active(&timer))
		hrtimer_start(&timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL);
	return 0;
}

/* --- requests --- */

static int do_info(struct lsm_session *s, void *arg)
{
	struct lsm_info *info = arg;

	*info = (struct lsm_info){
		.version = LSM_ABI_VERSION,
		.ncpus = nr_cpu_ids,
		.ring_bytes = RING_BYTES,
		.nglobals = LSM_NGLOBALS,
		.entered = hv_entered(),
		.memory = hv_cpu_memory() + session_cpu_memory(),
	};
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		info->online += hv_cpu(cpu) && hv_cpu(cpu)->entered;
	strscpy(info->backend, hv_vendor->name, sizeof(info->backend));
	return 0;
}

static int do_enter(struct lsm_session *s, void *arg)
{
	struct lsm_enter *e = arg;
	int err;

	e->why[0] = 0;
	clock_anchor();
	if (hv_entered())
		return 0;
	err = hv_enter_all(e->why, sizeof(e->why));
	if (!err)
		set_resume();
	return err;
}

static int do_leave(struct lsm_session *s, void *arg)
{
	if (!hv_entered())
		return 0;
	set_suspend();
	hv_leave_all();
	return 0;
}

static int do_add(struct lsm_session *s, void *arg)
{
	return set_add(s, arg);
}

static int do_ctl(struct lsm_session *s, void *arg)
{
	return set_ctl(s, arg);
}

static int do_counters(struct lsm_session *s, void *arg)
{
	return set_counters(s, arg);
}

static int do_eval(struct lsm_session *s, void *arg)
{
	return eval_run(s, arg);
}

static int do_budget(struct lsm_session *s, void *arg)
{
	return session_set_budget(s, ((struct lsm_budget *)arg)->budget);
}

static int do_columns(struct lsm_session *s, void *arg)
{
	session_set_columns(s, ((struct lsm_columns *)arg)->columns);
	return 0;
}

static int do_self(struct lsm_session *s, void *arg)
{
	session_set_unseen(s, ((struct lsm_self *)arg)->seen ? 0 : (u32)current->tgid);
	return 0;
}

static int do_map_add(struct lsm_session *s, void *arg)
{
	return session_map_add(s, arg);
}

static int do_map_info(struct lsm_session *s, void *arg)
{
	return session_map_info(s, arg);
}

union request {
	struct lsm_info info;
	struct lsm_enter enter;
	struct lsm_event event;
	struct lsm_ctl ctl;
	struct lsm_counters counters;
	struct lsm_eval eval;
	struct lsm_budget budget;
	struct lsm_columns columns;
	struct lsm_self self;
	struct lsm_map map;
	struct lsm_mem mem;
	struct lsm_translate translate;
	struct lsm_msr msr;
	struct lsm_cpu_stats stats;
};

/* The size and the direction are in the command. */
static const struct {
	u32 cmd;
	int (*fn)(struct lsm_session *s, void *arg);
} requests[] = {
	{ LSM_IOC_INFO, do_info },
	{ LSM_IOC_ENTER, do_enter },
	{ LSM_IOC_LEAVE, do_leave },
	{ LSM_IOC_ADD, do_add },
	{ LSM_IOC_CTL, do_ctl },
	{ LSM_IOC_COUNTERS, do_counters },
	{ LSM_IOC_EVAL, do_eval },
	{ LSM_IOC_BUDGET, do_budget },
	{ LSM_IOC_MAP_ADD, do_map_add },
	{ LSM_IOC_MAP_INFO, do_map_info },
	{ LSM_IOC_READ, machine_read },
	{ LSM_IOC_WRITE, machine_write },
	{ LSM_IOC_TRANSLATE, machine_translate },
	{ LSM_IOC_MSR, machine_msr },
	{ LSM_IOC_STATS, machine_stats },
	{ LSM_IOC_COLUMNS, do_columns },
	{ LSM_IOC_SELF, do_self },
};

static long answer(u32 cmd, int (*fn)(struct lsm_session *s, void *arg), void __user *arg)
{
	union request req = { 0 };
	size_t size = _IOC_SIZE(cmd);
	int err;

	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&req, arg, size))
		return -EFAULT;
	if (mutex_lock_killable(&hv_mutex))
		return -EINTR;
	err = fn(session, &req);
	mutex_unlock(&hv_mutex);
	/* a refusal has its reason in it */
	if (_IOC_DIR(cmd) & _IOC_READ && copy_to_user(arg, &req, size))
		return -EFAULT;
	return err;
}

static long lsm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].cmd == cmd)
			return answer(cmd, requests[i].fn, (void __user *)arg);
	return -ENOTTY;
}

/* --- the file --- */

static int lsm_open(struct inode *inode, struct file *file)
{
	int err = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (mutex_lock_killable(&hv_mutex))
		return -EINTR;
	if (session) {
		err = -EBUSY;
	} else {
		session = session_new();
		err = session ? 0 : -ENOMEM;
	}
	mutex_unlock(&hv_mutex);
	return err;
}

/* The last one to hold the descriptor or a mapping has gone, in whichever way. */
static int lsm_release(struct inode *inode, struct file *file)
{
	hrtimer_cancel(&timer);
	mutex_lock(&hv_mutex);
	session_free(session);
	session = NULL;
	mutex_unlock(&hv_mutex);
	return 0;
}

static int lsm_mmap(struct file *file, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT, cpu;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (offset == LSM_MMAP_GLOBALS)
		return remap_vmalloc_range(vma, session->globals.slot, 0);
	cpu = (offset >> 32) - 1;
	if (cpu >= nr_cpu_ids || offset != LSM_MMAP_RING(cpu) || !session->cpu[cpu])
		return -ENXIO;
	return remap_vmalloc_range(vma, session->cpu[cpu]->ring.shared, 0);
}

static const struct file_operations lsm_fops = {
	.owner = THIS_MODULE,
	.open = lsm_open,
	.release = lsm_release,
	.unlocked_ioctl = lsm_ioctl,
	.poll = lsm_poll,
	.mmap = lsm_mmap,
};

static struct miscdevice lsm_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lstar",
	.fops = &lsm_fops,
	.mode = 0600,
};

int lsm_init(void)
{
	walk_init();
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = tick;
	return misc_register(&lsm_device);
}

void lsm_exit(void)
{
	misc_deregister(&lsm_device);
	hrtimer_cancel(&timer);
}
