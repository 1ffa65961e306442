/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * regs.S - run a piece of machine code with chosen registers and store what it left.
 *
 * No instruction between the code and the storing of the flags may change them.
 */
	.text

/* Offsets in struct regs. */
#define RAX 0
#define RCX 8
#define RDX 16
#define RBX 24
#define RSP 32
#define RBP 40
#define RSI 48
#define RDI 56
#define R8 64
#define R9 72
#define R10 80
#define R11 88
#define R12 96
#define R13 104
#define R14 112
#define R15 120
#define FLAGS 128

.macro save_callee
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro restore_callee
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
.endm

/* From *rdi; flags first, rdi last. */
.macro load_all
	pushq	FLAGS(%rdi)
	popfq
	mov	RAX(%rdi), %rax
	mov	RCX(%rdi), %rcx
	mov	RDX(%rdi), %rdx
	mov	RBX(%rdi), %rbx
	mov	RBP(%rdi), %rbp
	mov	RSI(%rdi), %rsi
	mov	R8(%rdi), %r8
	mov	R9(%rdi), %r9
	mov	R10(%rdi), %r10
	mov	R11(%rdi), %r11
	mov	R12(%rdi), %r12
	mov	R13(%rdi), %r13
	mov	R14(%rdi), %r14
	mov	R15(%rdi), %r15
.endm

/* To *rdi, all but RDI, RSP and the flags. */
.macro store_most
	mov	%rax, RAX(%rdi)
	mov	%rcx, RCX(%rdi)
	mov	%rdx, RDX(%rdi)
	mov	%rbx, RBX(%rdi)
	mov	%rbp, RBP(%rdi)
	mov	%rsi, RSI(%rdi)
	mov	%r8, R8(%rdi)
	mov	%r9, R9(%rdi)
	mov	%r10, R10(%rdi)
	mov	%r11, R11(%rdi)
	mov	%r12, R12(%rdi)
	mov	%r13, R13(%rdi)
	mov	%r14, R14(%rdi)
	mov	%r15, R15(%rdi)
.endm

	.globl	kit_run
	.type	kit_run, @function
kit_run:
	save_callee
	push	%rdi
	push	%rsi
	load_all
	mov	RDI(%rdi), %rdi
	call	*(%rsp)
	xchg	%rdi, 8(%rsp)
	mov	%rsp, RSP(%rdi)
	store_most
	pushfq
	popq	FLAGS(%rdi)
	pushq	$0x202
	popfq
	pop	%rcx
	pop	%rcx
	mov	%rcx, RDI(%rdi)
	restore_callee
	ret
	.size	kit_run, . - kit_run

	.globl	kit_run_rsp
	.type	kit_run_rsp, @function
kit_run_rsp:
	save_callee
	mov	%rdi, saved_regs
	mov	%rsi, saved_code
	mov	%rsp, saved_rsp
	load_all
	mov	RSP(%rdi), %rsp
	mov	RDI(%rdi), %rdi
	jmp	*saved_code
back:
	mov	%rdi, saved_rdi
	mov	saved_regs, %rdi
	mov	%rsp, RSP(%rdi)
	mov	saved_rsp, %rsp
	store_most
	pushfq
	popq	FLAGS(%rdi)
	pushq	$0x202
	popfq
	mov	saved_rdi, %rcx
	mov	%rcx, RDI(%rdi)
	restore_callee
	ret
	.size	kit_run_rsp, . - kit_run_rsp

	.globl	kit_syscall, kit_syscall_end, kit_int80, kit_int80_end
kit_syscall:
	syscall
kit_syscall_end:
	ret
kit_int80:
	int	$0x80
kit_int80_end:
	ret

	.data
	.balign	8
	.globl	kit_back
kit_back:
	.quad	back
saved_regs:
	.quad	0
saved_code:
	.quad	0
saved_rsp:
	.quad	0
saved_rdi:
	.quad	0

	.section .note.GNU-stack, "", @progbits
