/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk_copy.S - a copy that may meet what is not there. A leaf: nothing on the stack, so that it
 * can be left at any instruction.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>

	.text

/* bool walk_copy(void *dst, const void *src, size_t n) */
SYM_FUNC_START(walk_copy)
	cmp	$8, %rdx
	ja	.Lmany
	je	.Leight
	cmp	$2, %edx
	je	.Ltwo
	cmp	$4, %edx
	je	.Lfour
	cmp	$1, %edx
	jne	.Lmany
1:	movzbl	(%rsi), %eax
2:	mov	%al, (%rdi)
	mov	$1, %eax
	RET
.Ltwo:
3:	movzwl	(%rsi), %eax
4:	mov	%ax, (%rdi)
	mov	$1, %eax
	RET
.Lfour:
5:	mov	(%rsi), %eax
6:	mov	%eax, (%rdi)
	mov	$1, %eax
	RET
.Leight:
7:	mov	(%rsi), %rax
8:	mov	%rax, (%rdi)
	mov	$1, %eax
	RET
.Lmany:
	mov	%rdx, %rcx
	shr	$3, %rcx
9:	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
10:	rep movsb
	mov	$1, %eax
	RET
/* Whoever comes here comes from above, by an exception. */
SYM_INNER_LABEL(walk_copy_failed, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR	/* an exception goes on here, which is not tracked */
	xor	%eax, %eax
	RET
SYM_FUNC_END(walk_copy)

	_ASM_EXTABLE(1b, walk_copy_failed)
	_ASM_EXTABLE(2b, walk_copy_failed)
	_ASM_EXTABLE(3b, walk_copy_failed)
	_ASM_EXTABLE(4b, walk_copy_failed)
	_ASM_EXTABLE(5b, walk_copy_failed)
	_ASM_EXTABLE(6b, walk_copy_failed)
	_ASM_EXTABLE(7b, walk_copy_failed)
	_ASM_EXTABLE(8b, walk_copy_failed)
	_ASM_EXTABLE(9b, walk_copy_failed)
	_ASM_EXTABLE(10b, walk_copy_failed)
