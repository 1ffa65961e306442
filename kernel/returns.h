/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * returns.h - system calls that came back by another way than SYSRET: after a signal, exec,
 * sigreturn, ptrace the kernel returns by IRET, which nobody intercepts.
 *
 * In the host: a thread's SYSCALL leaves a mark, its SYSRET takes it away; a SYSCALL that finds
 * the thread's mark still there tells that the call before came back otherwise, and is counted
 * then, on the CPU where it was found.
 */
#ifndef LSTAR_RETURNS_H
#define LSTAR_RETURNS_H

#include "hv.h"

/* Guest. Counting is on between them: all CPUs are armed already, and are armed still. */
void hv_returns_begin(void);
void hv_returns_end(void);

/* Host, at an emulated SYSCALL and SYSRET of `current`. */
void hv_returns_syscall(struct hv_cpu *c);
void hv_returns_sysret(void);

#endif
