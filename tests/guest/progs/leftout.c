/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * leftout.c - a call, 999, that expects to return elsewhere: its first argument is a frame for
 * IRET, made as the processor makes one. Says which way it came back.
 */
#include <stdint.h>
#include <stdio.h>

/* Volume 2, 8.9.3 */
struct frame {
	uint64_t rip, cs, rflags, rsp, ss;
};

/* 0: behind the call; 1: at the frame's RIP. */
long call_or_land(struct frame *f);
/* clang-format off */
__asm__("	.globl call_or_land\n"
	"call_or_land:\n"
	"	lea landing(%rip), %rax\n mov %rax, 0(%rdi)\n"
	"	mov %cs, %eax\n mov %rax, 8(%rdi)\n"
	"	pushf\n pop 16(%rdi)\n"
	"	mov %rsp, 24(%rdi)\n"
	"	mov %ss, %eax\n mov %rax, 32(%rdi)\n"
	"	mov $999, %eax\n"
	"	syscall\n"
	"	xor %eax, %eax\n ret\n"
	"landing:\n"
	"	mov $1, %eax\n ret\n");
/* clang-format on */

int main(void)
{
	struct frame f;

	puts(call_or_land(&f) ? "landed" : "returned");
	return 0;
}
