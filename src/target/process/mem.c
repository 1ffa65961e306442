/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem.c - debuggee memory: bytes copied up to the first bad page, never a fault.
 *
 * process_vm_readv needs no open file and is cheapest; /proc/PID/mem reaches pages whose
 * protection forbids the access to the program itself.
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
static int mem_open(struct process *proc)
{
	char path[32];

	if (proc->mem_fd < 0) {
		snprintf(path, sizeof(path), "/proc/%u/mem", proc->pid);
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

size_t proc_read_mem(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n)
{
	size_t done = 0;

	if (!th->proc || addr >> 63 || addr + n < addr)
		return 0;
	while (done < n) {
		size_t got = read_pages(th->tid, addr + done, (char *)dst + done, n - done);
		ssize_t r;

		if (!got) {
			if (mem_open(th->proc) < 0)
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

size_t proc_write_mem(struct target *t, struct tgt_thread *th, u64 addr, const void *src, size_t n)
{
	size_t done = 0;

	if (!th->proc || addr >> 63 || addr + n < addr || mem_open(th->proc) < 0)
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
