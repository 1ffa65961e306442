// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * visits - places to step over, one case per first argument. visit() calls its argument at
 * visit_call, which comes back to visit_behind; down() calls itself. Ends with the case's result
 * as its status.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* clang-format off */
__asm__(".text\n"
	".globl visit, visit_call, visit_behind\n"
	"visit: push %rax\n"
	"visit_call: call *%rdi\n"
	"visit_behind: pop %rdx\n ret\n"
	".globl down, down_call, down_behind\n"
	"down: xor %eax, %eax\n test %edi, %edi\n je 1f\n dec %edi\n"
	"down_call: call down\n"
	"down_behind: inc %eax\n"
	"1: ret\n"
	".globl fill, fill_rep, fill_behind\n"
	"fill: mov $0x10000, %ecx\n mov $1, %al\n"
	"fill_rep: rep stosb\n"
	"fill_behind: mov %ecx, %eax\n ret\n"
	".globl here, here_call, here_behind\n"
	"here: nop\n"
	"here_call: call here_behind\n"
	"here_behind: pop %rax\n xor %eax, %eax\n ret\n"
	".globl ask, ask_syscall, ask_behind\n"
	"ask: mov $39, %eax\n" /* getpid */
	"ask_syscall: syscall\n"
	"ask_behind: xor %eax, %eax\n ret\n"
	".globl pops, pops_call, pops_behind\n"
	"pops: push $0\n push $0\n"
	"pops_call: call 1f\n"
	"pops_behind: xor %eax, %eax\n ret\n"
	"1: ret $16\n");
/* clang-format on */

int visit(int (*what)(void));
int down(int n);
int fill(char *where);
int here(void);
int ask(void);
int pops(void);

volatile int count;
static char bytes[0x10000];

static int counts(void)
{
	return ++count;
}

static void *visits(void *unused)
{
	for (int i = 0; i < 50; i++)
		visit(counts);
	return unused;
}

/* Two others come by while the first is under way. */
static int two_others(void)
{
	pthread_t id[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&id[i], NULL, visits, NULL))
			exit(99);
	for (int i = 0; i < 2; i++)
		pthread_join(id[i], NULL);
	return 0;
}

static int leaves(void)
{
	exit(7);
}

static int ends(void)
{
	pthread_exit(NULL);
}

static void *visits_its_end(void *unused)
{
	visit(ends);
	return unused;
}

static int thread_ends(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, visits_its_end, NULL))
		return 99;
	pthread_join(id, NULL);
	return 5;
}

static int runs_another(void)
{
	return execl("/proc/self/exe", "another", "nothing", NULL);
}

static int asks(void)
{
	return syscall(SYS_getppid) < 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "nothing";

	if (!strcmp(what, "down"))
		return down(3);
	if (!strcmp(what, "fill"))
		return fill(bytes);
	if (!strcmp(what, "here"))
		return here();
	if (!strcmp(what, "ask"))
		return ask();
	if (!strcmp(what, "pops"))
		return pops();
	if (!strcmp(what, "threads"))
		return visit(two_others);
	if (!strcmp(what, "exit"))
		return visit(leaves);
	if (!strcmp(what, "end"))
		return thread_ends();
	if (!strcmp(what, "exec"))
		return visit(runs_another);
	if (!strcmp(what, "asks"))
		return visit(asks);
	return 0;
}
