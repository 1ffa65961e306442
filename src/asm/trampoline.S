/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trampoline.S - all code of its own that the guard process has: copied to the first page of
 * the shared memory, it unmaps everything else, locks itself in, and then runs what it is
 * told. Position-independent; trusts no register and no stack that custom code had.
 *
 * It may make two system calls once it is locked in: futex(WAIT) and futex(WAKE).
 */
#include "asm/guard_layout.h"

#define NR_munmap 11
#define NR_futex 202
#define NR_seccomp 317
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

	.intel_syntax noprefix
	.section .rodata
	.balign 64
	.globl guard_blob, guard_blob_handler, guard_blob_end
	.hidden guard_blob, guard_blob_handler, guard_blob_end
guard_blob:
	.set ctl, guard_blob + GUARD_CTL
	.set mappings, guard_blob + GUARD_STACK

	/*
	 * First one by one, because the kernel refuses a range that has a sealed mapping in
	 * it (mseal(2); Linux 6.16 may seal its own, the vDSO for one) as a whole.
	 */
	lea	r12, [rip + mappings]
one:	mov	rsi, [r12 + 8]		/* length; 0 ends the list */
	test	rsi, rsi
	jz	rest
	mov	eax, NR_munmap
	mov	rdi, [r12]
	syscall
	add	r12, 16
	jmp	one
rest:	lea	rbx, [rip + ctl]
	mov	eax, NR_munmap		/* all below the shared memory */
	xor	edi, edi
	mov	rsi, [rbx + CTL_LOW_LEN]
	syscall
	mov	eax, NR_munmap		/* all above it: the debugger's stack, libraries, vDSO */
	mov	rdi, [rbx + CTL_HIGH]
	mov	rsi, [rbx + CTL_HIGH_LEN]
	syscall
	mov	eax, NR_seccomp
	mov	edi, 1			/* SECCOMP_SET_MODE_FILTER */
	xor	esi, esi
	lea	rdx, [rbx + CTL_FPROG]
	syscall
	mov	[rbx + CTL_ERROR], eax
	mov	eax, STATE_READY

hand_over:				/* eax: state */
	lea	rbx, [rip + ctl]
	mov	[rbx + CTL_STATE], eax
	mov	dword ptr [rbx + CTL_TURN], TURN_DEBUGGER
	mov	eax, NR_futex
	mov	rdi, rbx
	mov	esi, FUTEX_WAKE
	mov	edx, 1
	syscall
await:
	mov	eax, NR_futex
	mov	rdi, rbx
	mov	esi, FUTEX_WAIT
	mov	edx, TURN_DEBUGGER
	xor	r10d, r10d
	syscall
	cmp	dword ptr [rbx + CTL_TURN], TURN_GUARD
	jne	await

	mov	dword ptr [rbx + CTL_STATE], STATE_RUNNING
	mov	rsp, [rbx + CTL_STACK_TOP]
	fninit				/* the last code may have changed rounding or masks */
	ldmxcsr	[rip + simd_control]
	xor	eax, eax		/* known registers; also clears what a stray POPF left */
	push	2
	popf
	mov	rcx, [rbx + CTL_RCX]
	mov	rdx, [rbx + CTL_RDX]
	mov	r8, [rbx + CTL_R8]
	xor	ebx, ebx
	xor	ebp, ebp
	xor	esi, esi
	xor	edi, edi
	xor	r9d, r9d
	xor	r10d, r10d
	xor	r11d, r11d
	xor	r12d, r12d
	xor	r13d, r13d
	xor	r14d, r14d
	xor	r15d, r15d
	call	[rip + ctl + CTL_CODE]
	mov	[rip + ctl + CTL_RAX], rax
	mov	eax, STATE_DONE
	jmp	hand_over

/* Signal handler, on its own stack: edi signal, rsi siginfo, rdx ucontext. Never returns. */
guard_blob_handler:
	lea	rbx, [rip + ctl]
	mov	[rbx + CTL_SIGNAL], edi
	mov	rax, [rsi + 16]		/* si_addr; si_call_addr of SIGSYS */
	mov	[rbx + CTL_ADDR], rax
	mov	eax, [rsi + 24]		/* si_syscall */
	mov	[rbx + CTL_SYSCALL], eax
	mov	rax, [rdx + 168]	/* uc_mcontext.gregs[REG_RIP] */
	mov	[rbx + CTL_RIP], rax
	mov	rax, [rdx + 192]	/* REG_ERR */
	mov	[rbx + CTL_TRAP_ERR], rax
	mov	rax, [rdx + 200]	/* REG_TRAPNO */
	mov	[rbx + CTL_TRAP], rax
	mov	eax, STATE_FAULT
	jmp	hand_over

	.balign 4
simd_control:
	.long	0x1f80			/* the architecture's initial value */
guard_blob_end:
	.size	guard_blob, . - guard_blob

	.section .note.GNU-stack, "", @progbits
