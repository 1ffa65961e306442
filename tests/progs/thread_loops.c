// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * thread_loops - one thread after the other, each with a loop that passes a place known by its
 * offset: thread_1_function+0x17 with RAX = 0 .. 49, thread_2_function+0x1e with RAX = 1!, 2! ..
 * 49! in 32 bits. The functions are assembly, so that the offsets are the same with any compiler.
 */
#include <pthread.h>
#include <stddef.h>

void *thread_1_function(void *unused);
void *thread_2_function(void *unused);
void do_nothing(void);

__asm__(".text\n"
	".globl thread_1_function\n"
	".type thread_1_function, @function\n"
	"thread_1_function:\n"
	"	xor %ecx, %ecx\n" /* the sum */
	"	xor %eax, %eax\n"
	"1:	.org thread_1_function + 0x17, 0x90\n"
	"	add %eax, %ecx\n"
	"	inc %eax\n"
	"	cmp $50, %eax\n"
	"	jb 1b\n"
	"	xor %eax, %eax\n"
	"	ret\n"
	".size thread_1_function, . - thread_1_function\n"
	".globl thread_2_function\n"
	".type thread_2_function, @function\n"
	"thread_2_function:\n"
	"	mov $1, %ecx\n"
	"	mov $1, %eax\n" /* the product; writing EAX clears the upper half of RAX */
	"2:	imul %ecx, %eax\n"
	"	.org thread_2_function + 0x1e, 0x90\n"
	"	inc %ecx\n"
	"	cmp $50, %ecx\n"
	"	jb 2b\n"
	"	xor %eax, %eax\n"
	"	ret\n"
	".size thread_2_function, . - thread_2_function\n");

void do_nothing(void)
{
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_1_function, NULL))
		return 1;
	pthread_join(thread, NULL);
	do_nothing();
	if (pthread_create(&thread, NULL, thread_2_function, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 0;
}
