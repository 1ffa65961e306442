/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pseudo.c - values of pseudo-registers that need the thread: $core, $peb, $teb, $pname.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/* Field 39 of /proc/PID/task/TID/stat: the CPU that the thread ran on last. */
static bool cpu_of(const struct tgt_thread *th, u64 *cpu)
{
	char path[64], buf[1024], *at;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", th->proc->pid, th->tid);
	if (!procfs_read(path, buf, sizeof(buf)))
		return false;
	at = strrchr(buf, ')'); /* the name before it may hold anything */
	for (int i = 0; at && i < 37; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*cpu = strtoull(at, NULL, 10);
	return true;
}

static bool read_exact(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n)
{
	return proc_read_mem(t, th, addr, dst, n) == n;
}

/* Address and size of the PT_DYNAMIC segment in memory. */
static bool dynamic_of(struct target *t, struct tgt_thread *th, u64 *addr, u64 *size)
{
	u64 phdr, count, bias = 0;
	bool found = false;
	Elf64_Phdr ph;

	if (!procfs_auxv(th->proc->pid, AT_PHDR, &phdr) ||
	    !procfs_auxv(th->proc->pid, AT_PHNUM, &count) || count > 256)
		return false;
	for (u64 i = 0; i < count; i++) {
		if (!read_exact(t, th, phdr + i * sizeof(ph), &ph, sizeof(ph)))
			return false;
		if (ph.p_type == PT_PHDR)
			bias = phdr - ph.p_vaddr;
		if (ph.p_type != PT_DYNAMIC)
			continue;
		*addr = ph.p_vaddr;
		*size = ph.p_memsz;
		found = true;
	}
	if (found)
		*addr += bias;
	return found;
}

/* The dynamic linker stores the address of its r_debug in DT_DEBUG; 0 in a static program. */
static u64 r_debug_of(struct target *t, struct tgt_thread *th)
{
	u64 addr, size;
	Elf64_Dyn dyn;

	if (!dynamic_of(t, th, &addr, &size) || size > 1 << 20)
		return 0;
	for (u64 i = 0; i + sizeof(dyn) <= size; i += sizeof(dyn)) {
		if (!read_exact(t, th, addr + i, &dyn, sizeof(dyn)) || dyn.d_tag == DT_NULL)
			return 0;
		if (dyn.d_tag == DT_DEBUG)
			return dyn.d_un.d_ptr;
	}
	return 0;
}

bool proc_pseudo(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, enum eng_pseudo id,
		 u64 *value)
{
	unsigned reg = id == ENG_PS_TEB ? ENG_FS_BASE : ENG_RIP;

	if (!th->proc)
		return false;
	switch (id) {
	case ENG_PS_PID:
		*value = th->proc->pid;
		return true;
	case ENG_PS_TID:
		*value = th->tid;
		return true;
	case ENG_PS_CORE:
		return cpu_of(th, value);
	case ENG_PS_PEB:
		*value = r_debug_of(t, th);
		return true;
	case ENG_PS_TEB:
	case ENG_PS_IP:
		if (!proc_load_regs(t, th, ctx, ENG_BIT(reg)))
			return false;
		*value = ctx->reg[reg];
		return true;
	default:
		return false;
	}
}

bool proc_comm(struct target *t, struct tgt_thread *th, char *buf, size_t size)
{
	char path[64];
	size_t n;

	if (!th->proc || !size)
		return false;
	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", th->proc->pid, th->tid);
	n = procfs_read(path, buf, size);
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = 0;
	return n > 0;
}
