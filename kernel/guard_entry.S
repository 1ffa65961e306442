/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_entry.S - into guarded C code and into ring 3, and the places where exceptions come
 * back from both. Knows nothing of why.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "guard.h"

.macro save_callee
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, GUARD_RSP(%rdi)
.endm

.macro restore_callee
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
.endm

	.text

/* bool hv_guard_call(struct hv_guard *g, void (*fn)(void *arg), void *arg) */
SYM_FUNC_START(hv_guard_call)
	save_callee
	mov	%rdx, %rdi
	sub	$8, %rsp	/* the ABI's alignment */
	CALL_NOSPEC rsi
	add	$8, %rsp
	restore_callee
	mov	$1, %eax
	RET
SYM_FUNC_END(hv_guard_call)

/* RSP is what hv_guard_call() stored; the frame of what raised the exception is gone. */
SYM_FUNC_START(hv_guard_recover)
	restore_callee
	xor	%eax, %eax
	RET
SYM_FUNC_END(hv_guard_recover)
STACK_FRAME_NON_STANDARD hv_guard_recover

/*
 * void hv_cage_enter(struct hv_guard *g, const struct hv_cage_entry *e)
 *
 * IRETQ to ring 3 makes null what DS, ES, FS and GS hold of ring 0; null selectors keep their
 * bases (AMD64 volume 3, IRETQ). DS and ES are the guest's again at VMRUN.
 */
SYM_FUNC_START(hv_cage_enter)
	save_callee
	xor	%eax, %eax
	mov	%cs, %eax
	mov	%rax, GUARD_CS(%rdi)
	mov	%ss, %eax
	mov	%rax, GUARD_SS(%rdi)
	push	$__USER_DS
	push	CAGE_ENTRY_RSP(%rsi)
	push	$(X86_EFLAGS_FIXED | X86_EFLAGS_TF)
	push	$__USER_CS
	push	CAGE_ENTRY_RIP(%rsi)
	mov	CAGE_ENTRY_RCX(%rsi), %rcx
	mov	CAGE_ENTRY_RDX(%rsi), %rdx
	mov	CAGE_ENTRY_R8(%rsi), %r8
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	iretq

/* RSP is what was stored above; the caller's view: a call that returned. */
SYM_INNER_LABEL(hv_cage_return, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* IRET goes here, which is not tracked */
	restore_callee
	RET
SYM_FUNC_END(hv_cage_enter)
STACK_FRAME_NON_STANDARD hv_cage_enter
