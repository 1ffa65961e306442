/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.c - the machine target: its table of operations, and events on their way to the
 * module. The engine runs in the module; nothing here decides what an event does.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

int mach_fail(struct mach_target *m, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->base.error, sizeof(m->base.error), fmt, ap);
	va_end(ap);
	return err;
}

static int call_failed(struct mach_target *m, int err, const char *what)
{
	switch (err) {
	case ENOTTY:
		return mach_fail(m, -err,
				 "cannot %s: the module lstar.ko that is loaded cannot do that; "
				 "install the one of this release and reload it",
				 what);
	case EPERM:
		return mach_fail(m, -err,
				 "cannot %s: CAP_SYS_ADMIN is gone; lstar machine needs it all "
				 "the time",
				 what);
	case EBADF:
	case ENODEV:
	case ENXIO:
		return mach_fail(m, -ENODEV,
				 "cannot %s: the hypervisor is not there; start 'lstar machine' "
				 "again",
				 what);
	default:
		return mach_fail(m, -err, "cannot %s: %s", what, strerror(err));
	}
}

int mach_call(struct mach_target *m, unsigned long request, void *arg, const char *what)
{
	int ret;

	do
		ret = ioctl(m->fd, request, arg);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? call_failed(m, errno, what) : 0;
}

int mach_call_why(struct mach_target *m, unsigned long request, void *arg, char *why,
		  const char *what)
{
	int err;

	why[0] = '\0';
	err = mach_call(m, request, arg, what);
	if (err && why[0])
		mach_fail(m, err, "cannot %s: %.*s", what, LSM_WHY - 1, why);
	return err;
}

/* --- events --- */

static u32 abi_number(const struct eng_abi *abi)
{
	return abi ? (u32)(abi - abi_conventions) : LSM_ABI_ANY;
}

static int too_big(struct mach_target *m, const struct tgt_event *ev)
{
	if (ev->buffer_size > LSM_MAX_BUFFER)
		return mach_fail(m, -E2BIG,
				 "a buffer on the machine has at most %x bytes, not %llx: it is "
				 "kernel memory",
				 LSM_MAX_BUFFER, ev->buffer_size);
	if (ev->condition_len > LSM_MAX_CODE || ev->code_len > LSM_MAX_CODE)
		return mach_fail(m, -E2BIG, "custom code on the machine has at most %x bytes",
				 LSM_MAX_CODE);
	return 0;
}

static int mach_arm(struct target *t, const struct tgt_event *ev)
{
	struct mach_target *m = mach_of(t);
	struct lsm_event e = {
		.id = ev->id,
		.kind = ev->kind,
		.stages = ev->stages,
		.flags = LSM_EV_ENABLED | (ev->sc ? LSM_EV_SC : 0) |
			 (ev->by_rip ? LSM_EV_BY_RIP : 0) | (ev->entry ? LSM_EV_ENTRY : 0) |
			 (ev->batch ? LSM_EV_BATCH : 0) | (ev->outputs ? LSM_EV_OUTPUTS : 0),
		.abi = abi_number(ev->abi),
		.nr = ev->nr,
		.pid = ev->pid,
		.core = ev->core,
		.image = (uintptr_t)ev->image,
		.image_size = ev->image ? ev->image->size : 0,
		.condition = (uintptr_t)ev->condition,
		.condition_size = (u32)ev->condition_len,
		.code = (uintptr_t)ev->code,
		.code_size = (u32)ev->code_len,
		.buffer_size = ev->buffer_size,
	};
	int err = too_big(m, ev);

	return err ? err : mach_call_why(m, LSM_IOC_ADD, &e, e.why, "arm the event");
}

static int mach_ctl(struct target *t, enum tgt_ctl op, u32 id)
{
	static const struct {
		u32 op;
		const char *what;
	} ops[] = {
		[TGT_ENABLE] = { LSM_CTL_ENABLE, "enable the event" },
		[TGT_DISABLE] = { LSM_CTL_DISABLE, "disable the event" },
		[TGT_CLEAR] = { LSM_CTL_CLEAR, "clear the event" },
	};
	struct lsm_ctl ctl = { .op = ops[op].op, .id = id };

	return mach_call(mach_of(t), LSM_IOC_CTL, &ctl, ops[op].what);
}

static int mach_counters(struct target *t, u32 id, struct tgt_counters *c)
{
	struct lsm_counters k = { .id = id };
	int err = mach_call(mach_of(t), LSM_IOC_COUNTERS, &k, "read the event's counters");

	*c = (struct tgt_counters){ k.enabled, k.fired, k.condition_false, k.faults, k.dropped };
	return err;
}

static int mach_eval(struct target *t, const struct eng_image *image, struct tgt_eval *ev)
{
	struct lsm_eval e = { .image = (uintptr_t)image, .image_size = image->size };
	int err = mach_call_why(mach_of(t), LSM_IOC_EVAL, &e, e.why, "run the script");

	ev->fault = (struct eng_fault){
		.code = e.error < ENG_NERRORS ? (enum eng_error)e.error : ENG_E_UNSUPPORTED,
		.pc = e.pc,
		.line = e.line,
		.value = { e.value[0], e.value[1] },
	};
	ev->result = e.result;
	return err;
}

static int mach_budget(struct target *t, u64 instructions)
{
	struct lsm_budget b = { instructions };

	return mach_call(mach_of(t), LSM_IOC_BUDGET, &b, "set the budget");
}

static int mach_columns(struct target *t, u32 columns)
{
	struct lsm_columns c = { columns };

	return mach_call(mach_of(t), LSM_IOC_COLUMNS, &c, "tell how wide the terminal is");
}

static int mach_map_add(struct target *t, u32 number, const struct eng_map_desc *desc, u32 entries)
{
	struct lsm_map map = {
		.number = number,
		.entries = entries,
		.keys = desc->keys,
		.kind = desc->kind,
		.buckets = desc->buckets,
		.min = desc->min,
		.step = desc->step,
	};

	return mach_call(mach_of(t), LSM_IOC_MAP_ADD, &map, "make a map");
}

static int mach_map_info(struct target *t, u32 number, u32 *used, u64 *refused)
{
	struct lsm_map map = { .number = number };
	int err = mach_call(mach_of(t), LSM_IOC_MAP_INFO, &map, "look at a map");

	*used = map.used;
	*refused = map.refused;
	return err;
}

static int mach_self(struct target *t, bool seen)
{
	struct lsm_self s = { seen };

	return mach_call(mach_of(t), LSM_IOC_SELF, &s, "leave lstar's own calls out");
}

/* --- waiting --- */

static void mach_wait(struct target *t, int timeout_ms)
{
	struct mach_target *m = mach_of(t);
	struct pollfd p[2] = { { m->wake_fd, POLLIN, 0 }, { m->fd, POLLIN, 0 } };
	u64 count;

	if (poll(p, 2, timeout_ms) > 0 && p[0].revents && read(m->wake_fd, &count, sizeof(count)))
		return; /* the counter is at 0 again, and that is all */
}

static int mach_fd(struct target *t)
{
	return mach_of(t)->fd;
}

static void mach_wake(struct target *t)
{
	u64 one = 1;

	if (write(mach_of(t)->wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: somebody is woken anyway */
}

/* --- processes --- */

static struct tgt_thread *mach_find(struct target *t, u32 tid)
{
	struct mach_target *m = mach_of(t);

	if (kill((pid_t)tid, 0) && errno == ESRCH)
		return NULL;
	m->who.pid = tid;
	return &m->who;
}

static size_t mach_threads(struct target *t, struct tgt_thread_info *info, size_t max)
{
	(void)t, (void)info, (void)max;
	return 0; /* none is ever held */
}

static bool mach_comm(struct target *t, struct tgt_thread *th, char *buf, size_t size)
{
	char path[64];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%u/comm", th->pid);
	f = fopen(path, "re");
	ok = f && fgets(buf, (int)size, f);
	if (f)
		fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

/* Settings of other targets: nothing to do here. */
static void mach_ignore(struct target *t, bool on)
{
	(void)t, (void)on;
}

static void mach_free(struct target *t)
{
	struct mach_target *m = mach_of(t);

	mach_close(m);
	free(m->rec);
	free(m->store[0].bytes);
	free(m->store[1].bytes);
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	free(m);
}

static const struct tgt_carry mach_carry = {
	.arm = mach_arm,
	.ctl = mach_ctl,
	.counters = mach_counters,
	.eval = mach_eval,
	.usual_budget = 1u << 20, /* a CPU is away for 10 ms, and takes no interrupts */
	.max_budget = LSM_MAX_BUDGET,
	.budget = mach_budget,
	.map_add = mach_map_add,
	.map_info = mach_map_info,
	.wait = mach_wait,
	.fd = mach_fd,
	.gather = mach_gather,
	.next = mach_next,
	.lost = mach_lost,
	.columns = mach_columns,
};

static const struct tgt_machine mach_machine = {
	.enter = mach_enter,
	.leave = mach_leave,
	.rdmsr = mach_rdmsr,
	.wrmsr = mach_wrmsr,
	.translate = mach_translate,
	.read_physical = mach_read_physical,
	.cpu = mach_cpu,
	.self = mach_self,
};

static const struct tgt_ops mach_ops = {
	.name = "machine (hypervisor)",
	.can = TGT_WHOLE | TGT_SKIPS_RETURN | TGT_BY_RIP,
	.caps = &eng_caps_machine,
	.carry = &mach_carry,
	.machine = &mach_machine,
	.free = mach_free,
	.wake = mach_wake,
	.read_mem = mach_read_mem,
	.write_mem = mach_write_mem,
	.comm = mach_comm,
	.threads = mach_threads,
	.find = mach_find,
	.status = mach_status,
	.placement = mach_ignore,
	.keyboard = mach_ignore,
	.filter = mach_ignore,
};

struct target *mach_target_new(void)
{
	struct mach_target *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->base.ops = &mach_ops;
	m->fd = -1;
	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return &m->base;
}
