/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem.c - debuggee memory: bytes copied up to the first bad page, never a fault.
 *
 * process_vm_readv needs no open file and is cheapest; /proc/PID/mem reaches pages whose
 * protection forbids the access to the program itself. What software breakpoints have changed
 * is never seen: reads show the program's bytes, writes go under the breakpoints.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "process.h"

#define PAGE 4096u
#define READ_IOVS 16

void mem_close(struct process *proc)
{
	if (proc->mem_fd >= 0)
		close(proc->mem_fd);
	proc->mem_fd = -1;
}

/* The file follows the address space it was opened on: closed again at exec. */
static int mem_open(const struct tgt_thread *th)
{
	struct process *proc = th->proc;
	char path[32];

	if (proc->mem_fd < 0) {
		snprintf(path, sizeof(path), "/proc/%u/mem", th->tid);
		proc->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	}
	return proc->mem_fd;
}

/* One range per page: a transfer is cut at the end of a range, not within it. */
static size_t read_pages(u32 tid, u64 addr, void *dst, size_t n)
{
	struct iovec local = { dst, 0 }, remote[READ_IOVS];
	unsigned count = 0;
	ssize_t got;

	while (local.iov_len < n && count < READ_IOVS) {
		u64 at = addr + local.iov_len;
		size_t part = PAGE - (size_t)(at % PAGE);

		if (part > n - local.iov_len)
			part = n - local.iov_len;
		remote[count].iov_base = (void *)(uintptr_t)at;
		remote[count++].iov_len = part;
		local.iov_len += part;
	}
	got = process_vm_readv((pid_t)tid, &local, 1, remote, count, 0);
	return got > 0 ? (size_t)got : 0;
}

static size_t file_part(u64 addr, size_t n)
{
	size_t part = PAGE - (size_t)(addr % PAGE);

	return part < n ? part : n;
}

size_t mem_read_raw(struct tgt_thread *th, u64 addr, void *dst, size_t n)
{
	size_t done = 0;

	if (!th->proc || addr >> 63 || addr + n < addr)
		return 0;
	while (done < n) {
		size_t got = read_pages(th->tid, addr + done, (char *)dst + done, n - done);
		ssize_t r;

		if (!got) {
			if (mem_open(th) < 0)
				break;
			r = pread(th->proc->mem_fd, (char *)dst + done,
				  file_part(addr + done, n - done), (off_t)(addr + done));
			if (r <= 0)
				break;
			got = (size_t)r;
		}
		done += got;
	}
	return done;
}

size_t mem_write_raw(struct tgt_thread *th, u64 addr, const void *src, size_t n)
{
	size_t done = 0;

	if (!th->proc || addr >> 63 || addr + n < addr || mem_open(th) < 0)
		return 0;
	while (done < n) {
		ssize_t r = pwrite(th->proc->mem_fd, (const char *)src + done,
				   file_part(addr + done, n - done), (off_t)(addr + done));

		if (r <= 0)
			break;
		done += (size_t)r;
	}
	return done;
}

size_t proc_read_mem(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n)
{
	size_t done = mem_read_raw(th, addr, dst, n);
	u8 *bytes = dst;
	struct site *s;

	if (ENG_LIKELY(!done || !th->proc->space->sites))
		return done;
	for (u64 at = addr; (s = site_next(th->proc, at, addr + done)); at = s->addr + 1)
		if (bytes[s->addr - addr] == INT3)
			bytes[s->addr - addr] = s->byte;
	return done;
}

/* Up to the next breakpoint, whose byte in memory stays. */
size_t proc_write_mem(struct target *t, struct tgt_thread *th, u64 addr, const void *src, size_t n)
{
	const u8 *bytes = src;
	size_t done = 0;

	if (!th->proc || addr >> 63 || addr + n < addr)
		return 0;
	while (done < n) {
		struct site *s = site_next(th->proc, addr + done, addr + n);
		size_t part = s ? s->addr - (addr + done) : n - done;
		u8 now = 0;
		size_t got = part ? mem_write_raw(th, addr + done, bytes + done, part) : 0;

		done += got;
		if (!s || got < part)
			break;
		if (mem_read_raw(th, s->addr, &now, 1) == 1 && now == INT3)
			s->byte = bytes[done];
		else if (mem_write_raw(th, s->addr, bytes + done, 1) != 1)
			break;
		done++;
	}
	return done;
}
