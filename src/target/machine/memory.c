/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory.c - memory, page tables and model-specific registers of the machine, through the
 * module. Interprets nothing of what it reads.
 */
#include <errno.h>
#include <string.h>

#include "machine.h"

static size_t transfer(struct target *t, unsigned long request, struct lsm_mem *mem)
{
	struct mach_target *m = mach_of(t);

	if (m->fd < 0)
		return 0;
	/* An error says no more than that the first byte is not there. */
	mach_call(m, request, mem, "reach memory");
	return mem->done <= mem->len ? (size_t)mem->done : 0;
}

size_t mach_read_mem(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n)
{
	struct lsm_mem mem = {
		.addr = addr, .buf = (uintptr_t)dst, .len = n, .pid = th ? th->pid : 0
	};

	return transfer(t, LSM_IOC_READ, &mem);
}

size_t mach_write_mem(struct target *t, struct tgt_thread *th, u64 addr, const void *src, size_t n)
{
	struct lsm_mem mem = {
		.addr = addr, .buf = (uintptr_t)src, .len = n, .pid = th ? th->pid : 0
	};

	return transfer(t, LSM_IOC_WRITE, &mem);
}

size_t mach_read_physical(struct target *t, u64 addr, void *dst, size_t n)
{
	struct lsm_mem mem = { .addr = addr, .buf = (uintptr_t)dst, .len = n, .physical = 1 };

	return transfer(t, LSM_IOC_READ, &mem);
}

int mach_translate(struct target *t, struct tgt_thread *th, u64 addr, struct tgt_translation *tr)
{
	struct lsm_translate k = { .addr = addr, .pid = th ? th->pid : 0 };
	int err = mach_call(mach_of(t), LSM_IOC_TRANSLATE, &k, "walk the page tables");

	if (err)
		return err;
	*tr = (struct tgt_translation){
		.levels = k.levels < TGT_MAX_LEVELS ? k.levels : TGT_MAX_LEVELS,
		.present = k.pa != LSM_ANY,
		.pa = k.pa,
		.page = k.page,
	};
	memcpy(tr->entry, k.entry, sizeof(tr->entry));
	memcpy(tr->entry_pa, k.entry_pa, sizeof(tr->entry_pa));
	return 0;
}

static int msr(struct target *t, struct lsm_msr *k, const char *what)
{
	struct mach_target *m = mach_of(t);
	int err;

	if (k->cpu != LSM_ALL && k->cpu >= m->info.ncpus)
		return mach_fail(m, -ENXIO, "there is no CPU %x; 'cpu' lists them", k->cpu);
	err = mach_call(m, LSM_IOC_MSR, k, what);
	if (err || k->failed)
		return mach_fail(m, err ? err : -EIO,
				 "cannot %s %x: the processor has no such register, or not for "
				 "this (#GP)",
				 what, k->msr);
	return 0;
}

int mach_rdmsr(struct target *t, u32 cpu, u32 number, u64 *value)
{
	struct lsm_msr k = { .cpu = cpu, .msr = number };
	int err = msr(t, &k, "read the model-specific register");

	*value = k.value;
	return err;
}

int mach_wrmsr(struct target *t, u32 cpu, u32 number, u64 value)
{
	struct lsm_msr k = { .cpu = cpu, .msr = number, .value = value, .write = 1 };

	return msr(t, &k, "write the model-specific register");
}
