/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enter.S - the world switch of AMD SVM: into the guest for the first time, the loop around
 * VMRUN, and out of it for good. Knows nothing of why a guest exits.
 *
 * The stack pointer of the host stands at struct svm_world whenever a guest runs: #VMEXIT
 * restores RSP (AMD64 volume 2, 15.6), and that is all that the way back needs.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <linux/objtool.h>

#include "svm.h"
#include "vmcb.h"

/* Places in hv_cpu.ctx.reg: enum eng_reg. */
#define REG(n) (8 * (n))
#define RAX REG(0)
#define RCX REG(1)
#define RDX REG(2)
#define RBX REG(3)
#define RBP REG(5)
#define RSI REG(6)
#define RDI REG(7)
#define R_8 REG(8)
#define R_9 REG(9)
#define R_10 REG(10)
#define R_11 REG(11)
#define R_12 REG(12)
#define R_13 REG(13)
#define R_14 REG(14)
#define R_15 REG(15)

/* All general registers but RAX and RSP, which are in the VMCB, from or to the block at RAX. */
.macro load_registers
	mov	RCX(%rax), %rcx
	mov	RDX(%rax), %rdx
	mov	RBX(%rax), %rbx
	mov	RBP(%rax), %rbp
	mov	RSI(%rax), %rsi
	mov	RDI(%rax), %rdi
	mov	R_8(%rax), %r8
	mov	R_9(%rax), %r9
	mov	R_10(%rax), %r10
	mov	R_11(%rax), %r11
	mov	R_12(%rax), %r12
	mov	R_13(%rax), %r13
	mov	R_14(%rax), %r14
	mov	R_15(%rax), %r15
.endm

.macro store_registers
	mov	%rcx, RCX(%rax)
	mov	%rdx, RDX(%rax)
	mov	%rbx, RBX(%rax)
	mov	%rbp, RBP(%rax)
	mov	%rsi, RSI(%rax)
	mov	%rdi, RDI(%rax)
	mov	%r8, R_8(%rax)
	mov	%r9, R_9(%rax)
	mov	%r10, R_10(%rax)
	mov	%r11, R_11(%rax)
	mov	%r12, R_12(%rax)
	mov	%r13, R_13(%rax)
	mov	%r14, R_14(%rax)
	mov	%r15, R_15(%rax)
.endm

/* CR4 becomes what is in @value; a change of CR4.PGE empties the TLB: 5.5.2. */
.macro empty_tlb value
	xor	$X86_CR4_PGE, %\value
	mov	%\value, %cr4
	xor	$X86_CR4_PGE, %\value
	mov	%\value, %cr4
.endm

	.section .text.hot, "ax"
	.balign	4096

/*
 * void svm_launch(struct svm_world *w, u64 *regs)
 *
 * Everything of the guest is in the VMCB but what only this code knows. The guest goes on at
 * svm_launched, on the stack that this function was called on; so does the host, natively, when
 * the processor refuses the guest.
 */
SYM_FUNC_START(svm_launch)
	mov	%rbx, RBX(%rsi)
	mov	%rbp, RBP(%rsi)
	mov	%r12, R_12(%rsi)
	mov	%r13, R_13(%rsi)
	mov	%r14, R_14(%rsi)
	mov	%r15, R_15(%rsi)
	mov	WORLD_VMCB(%rdi), %rdx
	/* SS can be a null selector here; the VMCB says __KERNEL_DS */
	mov	$__KERNEL_DS, %ecx
	mov	%ecx, %ss
	pushf
	pop	VMCB_RFLAGS(%rdx)
	mov	%rsp, WORLD_RSP(%rdi)
	lea	svm_launched(%rip), %rcx
	mov	%rcx, VMCB_RIP(%rdx)
	mov	%rsp, VMCB_RSP(%rdx)
	clgi			/* from here on nothing can come between: 15.17 */
	mov	WORLD_CR3(%rdi), %rcx
	mov	%rcx, %cr3
	mov	WORLD_CR4(%rdi), %rcx
	empty_tlb rcx
	lgdt	WORLD_GDTR(%rdi)
	lidt	WORLD_IDTR(%rdi)
	mov	%rdi, %rsp
	xor	%ecx, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
SYM_INNER_LABEL(svm_resume, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* IRET goes here, which is not tracked */
	mov	WORLD_CPU(%rsp), %rax
	load_registers
	mov	WORLD_GUEST_PA(%rsp), %rax
	vmload	%rax
	vmrun	%rax
	/* RAX is what it was at VMRUN */
	vmsave	%rax
	mov	WORLD_CPU(%rsp), %rax
	store_registers
	mov	WORLD_HOST_PA(%rsp), %rax
	vmload	%rax		/* GS and TR of the host */
	mov	WORLD_CPU(%rsp), %rdi
	call	svm_exit
	test	%al, %al
	jz	svm_resume

	/* Out for good, on the guest's stack. svm_exit() has put the guest's into struct svm_world. */
	mov	WORLD_CPU(%rsp), %rbx
	mov	WORLD_GUEST_PA(%rsp), %rax
	mov	WORLD_VMCB(%rsp), %rdx
	mov	WORLD_CR4(%rsp), %rcx
	empty_tlb rcx	/* PCIDE comes back while CR3 has PCID 0: 5.5.1 */
	lgdt	WORLD_GDTR(%rsp)
	lidt	WORLD_IDTR(%rsp)
	mov	WORLD_CR3(%rsp), %rcx
	vmload	%rax
	mov	VMCB_ES(%rdx), %esi
	mov	VMCB_DS(%rdx), %edi
	mov	%rcx, %cr3
	mov	%esi, %es
	mov	%edi, %ds
	mov	$__KERNEL_DS, %ecx
	mov	%ecx, %ss
	mov	VMCB_RSP(%rdx), %rsp
	push	VMCB_RIP(%rdx)
	push	VMCB_RAX(%rdx)
	push	VMCB_RFLAGS(%rdx)
	mov	%rbx, %rax
	load_registers
	stgi
	popf
	pop	%rax
	RET

SYM_INNER_LABEL(svm_launched, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* VMRUN goes there */
	RET
SYM_FUNC_END(svm_launch)
STACK_FRAME_NON_STANDARD svm_launch

/* void svm_vmmcall(void *regs) */
SYM_FUNC_START(svm_vmmcall)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	%rdi, %rax
	load_registers
	mov	RAX(%rax), %rax
	vmmcall
	xchg	%rax, (%rsp)
	store_registers
	pop	RAX(%rax)
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	RET
SYM_FUNC_END(svm_vmmcall)
STACK_FRAME_NON_STANDARD svm_vmmcall

/*
 * u64 svm_call(fn, arg): fn in RDI, arg in RSI, result in RAX. The host knows its own VMMCALL
 * by the address. Without a host (a crash meets a CPU on its way in or out) it is #UD and does nothing.
 */
SYM_FUNC_START(svm_call)
SYM_INNER_LABEL(svm_call_insn, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* an address to compare with */
	vmmcall
SYM_INNER_LABEL(svm_call_end, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* where it goes on: VMRUN goes there */
	RET
	_ASM_EXTABLE(svm_call_insn, svm_call_end)
SYM_FUNC_END(svm_call)
