/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host_entry.S - where exceptions of the host arrive. All of them are one way: registers into
 * struct hv_host_frame, hv_host_exception(), back to what is in the frame then.
 *
 * GS base is the host's own, in ring 3 too: custom code cannot change it.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

#define HOST_PEEK_FAULT 0xffffffff

/* Vectors with an error code: AMD64 volume 2, 8.2. */
#define HAS_ERROR(v) \
	((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)

	.text

SYM_FUNC_START_LOCAL(host_trap)
	.balign 16	/* a kernel with IBT begins its functions with ENDBR */
.Lstubs:
vector = 0
.rept 32
	.balign 16
	ENDBR
	.if !HAS_ERROR(vector)
	push	$0
	.endif
	push	$vector
	jmp	.Lcommon
	vector = vector + 1
.endr
.Lcommon:
	cld
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	call	hv_host_exception
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp	/* vector, error code */
	iretq
SYM_FUNC_END(host_trap)
STACK_FRAME_NON_STANDARD host_trap

	.section .text.hot, "ax"

/*
 * u32 host_peek2(const void *p), host_peek1: two bytes or one at @p, or HOST_PEEK_FAULT. The
 * exception that p raises goes on at host_peek_fault (host.c).
 */
SYM_FUNC_START(host_peek2)
SYM_INNER_LABEL(host_peek2_insn, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* only compared with */
	movzwl	(%rdi), %eax
	RET
SYM_FUNC_END(host_peek2)

SYM_FUNC_START(host_peek_fault)
	mov	$HOST_PEEK_FAULT, %eax
	RET
SYM_FUNC_END(host_peek_fault)

SYM_FUNC_START(host_peek1)
SYM_INNER_LABEL(host_peek1_insn, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* only compared with */
	movzbl	(%rdi), %eax
	RET
SYM_FUNC_END(host_peek1)

/* Stubs stand 16 bytes apart. */
	.section .rodata
	.balign 8
SYM_DATA_START(host_stubs)
stub = 0
.rept 32
	.quad	.Lstubs + stub
	stub = stub + 16
.endr
SYM_DATA_END(host_stubs)
