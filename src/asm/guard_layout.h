/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_layout.h - the memory that debugger and guard share, as offsets that C and assembly
 * read alike. Nothing else may be known to both sides.
 *
 *	page 0	     trampoline		guard: r-x
 *	page 1	     control		guard: rw-
 *	page 3	     GUEST_REGS		guard: rw-
 *	page 5 on    stack		guard: rw-; at its start, the mappings to undo
 *	then	     signal stack	guard: rw-
 *	then	     code		guard: r-x
 *	then	     buffers		guard: rw-
 *
 * Pages between these are inaccessible in the guard. The debugger sees all of it rw-.
 */
#ifndef ASM_GUARD_LAYOUT_H
#define ASM_GUARD_LAYOUT_H

#define GUARD_PAGE 4096
#define GUARD_CTL (1 * GUARD_PAGE)
#define GUARD_REGS (3 * GUARD_PAGE)
#define GUARD_STACK (5 * GUARD_PAGE)
#define GUARD_STACK_SIZE (16 * GUARD_PAGE)
#define GUARD_SIGSTACK (GUARD_STACK + GUARD_STACK_SIZE + GUARD_PAGE)
#define GUARD_SIGSTACK_SIZE (16 * GUARD_PAGE) /* AVX-512 and AMX make frames of 11 KiB */
#define GUARD_CODE (GUARD_SIGSTACK + GUARD_SIGSTACK_SIZE + GUARD_PAGE)
#define GUARD_CODE_SIZE (4096 * GUARD_PAGE)
#define GUARD_BUFFERS (GUARD_CODE + GUARD_CODE_SIZE + GUARD_PAGE)
#define GUARD_BUFFERS_SIZE (0x10000 * GUARD_PAGE) /* address space; memory only when touched */

/* struct guard_ctl */
#define CTL_TURN 0
#define CTL_STATE 4
#define CTL_CODE 8
#define CTL_STACK_TOP 16
#define CTL_RCX 24
#define CTL_RDX 32
#define CTL_R8 40
#define CTL_RAX 48
#define CTL_SIGNAL 56
#define CTL_SYSCALL 60
#define CTL_ADDR 64
#define CTL_RIP 72
#define CTL_TRAP 80
#define CTL_TRAP_ERR 88
#define CTL_LOW_LEN 96
#define CTL_HIGH 104
#define CTL_HIGH_LEN 112
#define CTL_FPROG 120 /* struct sock_fprog, 16 bytes */
#define CTL_ERROR 136

/* CTL_TURN: a futex. */
#define TURN_DEBUGGER 0
#define TURN_GUARD 1

/* CTL_STATE */
#define STATE_STARTING 0
#define STATE_READY 1
#define STATE_POSTED 2
#define STATE_RUNNING 3
#define STATE_DONE 4
#define STATE_FAULT 5

#endif
