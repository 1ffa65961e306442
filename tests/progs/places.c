/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * places.c - instructions to set breakpoints at, one case per first argument. It tells where
 * by getppid(place), comes there as often as the second argument says, in as many
 * threads as the third, and prints what it has seen itself.
 */
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE(name, code)                                                     \
	extern char at_##name[];                                              \
	long do_##name(long a, long b, long c, long d);                       \
	__asm__(".text\n.globl do_" #name "\n.type do_" #name ", @function\n" \
		"do_" #name ":\n" code "\n")

PLACE(nop, "at_nop: nop\n ret");
PLACE(push, "at_push: push %rbp\n pop %rbp\n ret");
PLACE(jmp, "at_jmp: jmp 1f\n ud2\n1: ret");
PLACE(pushf, "at_pushf: pushfq\n pop %rax\n ret");
PLACE(rep, "xor %eax, %eax\n at_rep: rep stosb\n ret");
PLACE(sys,
      "mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n at_sys: syscall\n ret");
PLACE(int3, "at_int3: int3\n ret");
PLACE(load, "at_load: mov (%rdi), %rax\n ret");

static volatile int ntraps, nalarms, nfaults;
static volatile long watched[2];
static int passes;

static void on_trap(int sig)
{
	ntraps++;
}

static void on_alarm(int sig)
{
	nalarms++;
}

static char *page;

static void on_fault(int sig)
{
	nfaults++;
	mprotect(page, 4096, PROT_READ);
}

static void *nops(void *arg)
{
	for (int i = 0; i < passes; i++) {
		do_nop(0, 0, 0, 0);
		if (arg)
			syscall(SYS_getuid);
	}
	return NULL;
}

static void threads(int n, void *arg)
{
	pthread_t id[16];

	for (int i = 0; i < n; i++)
		if (pthread_create(&id[i], NULL, nops, arg))
			exit(99);
	for (int i = 0; i < n; i++)
		pthread_join(id[i], NULL);
	printf("joined %d\n", n);
}

/* Children of all kinds come to the place, too; @flags of clone, or -1: vfork. */
static char stack[65536];

static int child(void *arg)
{
	nops(NULL);
	_exit(7);
}

static void children(long flags)
{
	int status = 0, pid = 0;

	if (flags == -1) {
		pid = vfork();
		if (!pid) {
			nops(NULL);
			_exit(7);
		}
	} else {
		pid = clone(child, stack + sizeof(stack), (int)flags | SIGCHLD, NULL);
	}
	nops(NULL);
	waitpid(pid, &status, 0);
	nops(NULL);
	printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void instructions(void)
{
	static char buf[1 << 20];
	long wrong = 0, pid = getpid();

	for (int i = 0; i < passes; i++) {
		wrong += do_push(1, 2, 3, 4) < 0;
		do_jmp(0, 0, 0, 0);
		wrong += do_pushf(0, 0, 0, 0) >> 8 & 1;
		memset(buf, 1, sizeof(buf));
		do_rep((long)buf, 0, 0, sizeof(buf));
		wrong += memchr(buf, 1, sizeof(buf)) != NULL;
		wrong += do_sys(SYS_getpid, 0, 0, 0) != pid;
	}
	printf("wrong %ld\n", wrong);
}

/* A read that SIGALRM interrupts over and over, and that is made again each time. */
static void restarts(void)
{
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int fd[2];
	char c = 0;

	if (pipe(fd))
		exit(99);
	if (!fork()) {
		usleep(300000);
		if (write(fd[1], "x", 1) != 1)
			_exit(1);
		_exit(0);
	}
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 200; i++)
		do_nop(0, 0, 0, 0);
	long n = do_sys(SYS_read, fd[0], (long)&c, 1);
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	printf("read %ld %c alarms %d\n", n, c, nalarms > 3);
}

/* The instruction at the place faults; its handler lets it through. */
static void faults(void)
{
	signal(SIGSEGV, on_fault);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < passes; i++) {
		mprotect(page, 4096, PROT_NONE);
		do_load((long)page, 0, 0, 0);
	}
	printf("faults %d\n", nfaults);
}

/* The instruction at the place waits for a page that another thread provides. */
static void *provide(void *arg)
{
	static char content[4096];
	struct uffd_msg msg;
	int fd = *(int *)arg;

	while (read(fd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_copy c = { .dst = msg.arg.pagefault.address & ~4095ULL,
					 .src = (uintptr_t)content,
					 .len = 4096 };

		ioctl(fd, UFFDIO_COPY, &c);
	}
	return NULL;
}

static void provided(void)
{
	int fd = (int)syscall(SYS_userfaultfd, 0);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range.len = 4096 * (unsigned)passes,
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t id;

	page = mmap(NULL, reg.range.len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)page;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		printf("not here\n");
		return;
	}
	pthread_create(&id, NULL, provide, &fd);
	for (int i = 0; i < passes; i++)
		do_load((long)page + 4096 * i, 0, 0, 0);
	printf("provided\n");
}

static void traps(void)
{
	signal(SIGTRAP, on_trap);
	do_int3(0, 0, 0, 0);
	raise(SIGTRAP);
	do_nop(0, 0, 0, 0);
	printf("traps %d\n", ntraps);
}

static void *writes(void *arg)
{
	for (int i = 0; i < passes; i++)
		watched[1] = i + 1;
	return NULL;
}

static void data(int n)
{
	pthread_t id[16];
	long sum = 0;

	writes(NULL);
	for (int i = 0; i < n; i++)
		pthread_create(&id[i], NULL, writes, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(id[i], NULL);
	for (int i = 0; i < passes; i++)
		sum += watched[1];
	printf("sum %ld\n", sum);
}

/* Sees its own code: what is at the place? */
static void look(void)
{
	printf("byte %x\n", *(volatile unsigned char *)at_nop);
	do_nop(0, 0, 0, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 3 ? atoi(argv[3]) : 0;

	passes = argc > 2 ? atoi(argv[2]) : 1;
	setvbuf(stdout, NULL, _IOFBF, 4096);
	syscall(SYS_getppid, at_nop, at_push, at_jmp, at_pushf, at_rep, at_sys);
	syscall(SYS_getppid, at_int3, at_load, &watched[1], main);
	if (!strcmp(what, "threads"))
		threads(n, NULL);
	else if (!strcmp(what, "calls"))
		threads(n, argv);
	else if (!strcmp(what, "fork"))
		children(0);
	else if (!strcmp(what, "vfork"))
		children(-1);
	else if (!strcmp(what, "vm"))
		children(CLONE_VM);
	else if (!strcmp(what, "instructions"))
		instructions();
	else if (!strcmp(what, "restarts"))
		restarts();
	else if (!strcmp(what, "faults"))
		faults();
	else if (!strcmp(what, "provided"))
		provided();
	else if (!strcmp(what, "traps"))
		traps();
	else if (!strcmp(what, "data"))
		data(n);
	else if (!strcmp(what, "look"))
		look();
	else if (!strcmp(what, "exec"))
		execl("/proc/self/exe", "places", "look", NULL);
	else
		return 96;
	return 0;
}
