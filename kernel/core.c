// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * core.c - the hypervisor as the rest of the module sees it: which backend, its memory, under
 * all CPUs and away again, calls into the host. All of it runs in the guest.
 *
 * Who is entered changes under hv_mutex with CPU hotplug held off, or in a hotplug callback.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "compat.h"
#include "guard.h"
#include "host.h"
#include "hv.h"

DEFINE_MUTEX(hv_mutex);
const struct hv_vendor *hv_vendor;
static DEFINE_PER_CPU(struct hv_cpu *, cpus);
static bool wanted; /* under all CPUs, those that come online later too */

struct hv_cpu *hv_cpu(u32 cpu)
{
	return cpu < nr_cpu_ids && cpu_possible(cpu) ? per_cpu(cpus, cpu) : NULL;
}

struct hv_cpu *hv_this_cpu(void)
{
	return raw_cpu_read(cpus);
}

bool hv_entered(void)
{
	return READ_ONCE(wanted);
}

static int probe(char *why, size_t size)
{
	int err = hv_vendor->probe(why, size);

	return err ? err : kvm_absent(why, size);
}

size_t hv_cpu_memory(void)
{
	return host_memory() + hv_guard_memory();
}

static void free_cpu(struct hv_cpu *c)
{
	if (!c)
		return;
	hv_guard_free(c);
	host_free(c);
}

static struct hv_cpu *new_cpu(u32 cpu)
{
	struct hv_cpu *c = host_alloc(cpu);

	if (c && hv_guard_alloc(c)) {
		free_cpu(c);
		return NULL;
	}
	return c;
}

static void free_all(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
	{
		free_cpu(per_cpu(cpus, cpu));
		per_cpu(cpus, cpu) = NULL;
	}
	hv_vendor->exit();
	host_exit();
}

static int alloc_all(char *why, size_t size)
{
	u32 cpu;
	int err = host_init();

	if (err)
		goto fail;
	err = hv_vendor->init();
	for_each_possible_cpu(cpu)
	{
		if (err)
			break;
		per_cpu(cpus, cpu) = new_cpu(cpu);
		if (!per_cpu(cpus, cpu))
			err = -ENOMEM;
	}
	if (!err)
		return 0;
	free_all();
fail:
	snprintf(why, size, "not enough memory for %u CPUs", num_possible_cpus());
	return err;
}

/* Under one CPU and away: on it, interrupts off. */

struct request {
	char why[LSM_WHY];
	int err;
};

static void enter_this(void *arg)
{
	struct hv_cpu *c = hv_this_cpu();
	struct request *r = arg;
	char why[LSM_WHY];
	int err;

	if (c->entered)
		return;
	c->entered = true; /* a crash may come in between: see in_emergency() */
	err = hv_vendor->enter(c, why, sizeof(why));
	if (err) {
		c->entered = false;
		/* the first that fails says why */
		if (!cmpxchg(&r->err, 0, err))
			memcpy(r->why, why, sizeof(why));
		return;
	}
	lsm_cpu_entered(c);
}

static void leave_this(void *unused)
{
	struct hv_cpu *c = hv_this_cpu();

	if (!c->entered)
		return;
	hv_vendor->leave(c);
	c->entered = false;
	c->armed = false;
}

/*
 * A crash kernel, or the firmware, gets the CPUs as it knows them. In an NMI: the CPU may be on its way in or
 * out, and no guest yet or any more. Then the hypercall does nothing.
 */
static void in_emergency(void)
{
	hv_leave_this();
}

int hv_enter_all(char *why, size_t size)
{
	struct request r = { .err = probe(why, size) };

	if (r.err)
		return r.err;
	cpus_read_lock();
	cpu_emergency_register_virt_callback(in_emergency);
	on_each_cpu(enter_this, &r, 1);
	if (r.err) {
		on_each_cpu(leave_this, NULL, 1);
		cpu_emergency_unregister_virt_callback(in_emergency);
		strscpy(why, r.why, size);
	} else {
		WRITE_ONCE(wanted, true);
	}
	cpus_read_unlock();
	return r.err;
}

void hv_leave_all(void)
{
	bool was = wanted;

	cpus_read_lock();
	WRITE_ONCE(wanted, false);
	on_each_cpu(leave_this, NULL, 1);
	cpus_read_unlock();
	if (was)
		cpu_emergency_unregister_virt_callback(in_emergency);
}

void hv_leave_this(void)
{
	unsigned long flags;

	local_irq_save(flags);
	leave_this(NULL);
	local_irq_restore(flags);
}

/* Calls into the host. */

u64 hv_call(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg)
{
	return hv_vendor->call(fn, arg);
}

struct call {
	u64 (*fn)(struct hv_cpu *c, void *arg);
	void *arg;
};

static void call_this(void *arg)
{
	const struct call *call = arg;

	if (hv_this_cpu()->entered)
		hv_call(call->fn, call->arg);
}

void hv_call_all(u64 (*fn)(struct hv_cpu *c, void *arg), void *arg)
{
	struct call call = { fn, arg };

	cpus_read_lock();
	on_each_cpu(call_this, &call, 1);
	cpus_read_unlock();
}

/* A CPU comes and goes; on it. */

static int cpu_online_here(unsigned int cpu)
{
	struct request r = { .err = 0 };
	unsigned long flags;

	if (!READ_ONCE(wanted))
		return 0;
	local_irq_save(flags);
	enter_this(&r);
	local_irq_restore(flags);
	if (r.err)
		pr_err("lstar: CPU %u stays without the hypervisor: %s\n", cpu, r.why);
	return 0; /* the CPU shall work all the same */
}

static int cpu_offline_here(unsigned int cpu)
{
	hv_leave_this();
	return 0;
}

static int hotplug;

int hv_init(char *why, size_t size)
{
	int err;

	hv_vendor = &svm_vendor;
	err = probe(why, size);
	if (err)
		return err;
	err = alloc_all(why, size);
	if (err)
		return err;
	hotplug = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "lstar:online", cpu_online_here,
				    cpu_offline_here);
	if (hotplug < 0) {
		snprintf(why, size, "no place in the CPU hotplug states (error %d)", hotplug);
		free_all();
		return hotplug;
	}
	return 0;
}

void hv_exit(void)
{
	cpuhp_remove_state(hotplug); /* leaves, on every CPU */
	free_all();
}

void hv_broken(void)
{
	const struct hv_cpu *c = hv_this_cpu();
	const struct hv_fault *f = &c->died;

	if (f->vector == HV_DIED_EXIT)
		panic("lstar: CPU %u left the guest for a reason that nobody asked for: "
		      "exit %llx, information %llx, at %pS\n",
		      c->cpu, f->error, f->addr, (void *)f->rip);
	panic("lstar: exception %u in the hypervisor of CPU %u: error %llx, address %llx, at %pS\n",
	      f->vector, c->cpu, f->error, f->addr, (void *)f->rip);
}
