/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard.c - the debugger's side of the guard: a process that runs custom code, is handed
 * over registers through shared memory, is watched, and is replaced when the code misbehaved.
 * Must never execute a byte of custom code nor believe what the guard wrote.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asm/guard_internal.h"

#define GUARD_SIZE ((size_t)GUARD_BUFFERS + GUARD_BUFFERS_SIZE)
#define START_MS 5000
#define SLICE_MS 10 /* how often a run that takes long is looked at */
/* Wall-clock time after which a run ends even if it never got the CPU (guard stopped). */
#define STALL_MS 3000
/* Above the return address: the caller's shadow space, and room for a stray pop or two. */
#define STACK_RESERVE 256

struct asm_guard {
	u8 *base;
	struct guard_ctl *ctl;
	u64 *regs;
	struct guard_area code, buffers;
	struct asm_code *loaded;
	pid_t pid; /* 0: none runs */
	int pidfd;
	int cpu; /* where the guard is placed, -1: anywhere */
	unsigned limit_ms;
	int death; /* signal that ended the last guard, 0: unknown */
};

static int64_t now_ms(clockid_t clock)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* CPU-time clock of a process; the encoding of clock_getcpuclockid(3), for a known child. */
static clockid_t cpu_clock(pid_t pid)
{
	return (clockid_t)(~(unsigned)pid << 3 | 2);
}

static bool is_dead(const struct asm_guard *g)
{
	struct pollfd p = { g->pidfd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

/*
 * End the guard if it still lives, and reap it. Somebody's waitpid(-1) may have done that
 * already: the descriptor tells all the same that it is gone.
 */
static void stop_guard(struct asm_guard *g)
{
	siginfo_t info = { .si_pid = 0 };

	if (!g->pid)
		return;
	syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)g->pidfd, &info, WEXITED | __WALL) && errno == EINTR)
		;
	g->death = info.si_pid && info.si_code != CLD_EXITED ? info.si_status : 0;
	close(g->pidfd);
	g->pidfd = -1;
	g->pid = 0;
}

/* Until it is the debugger's turn; looks up after @ms. False: it still is the guard's. */
static bool await_turn(struct asm_guard *g, unsigned ms)
{
	struct timespec slice = { ms / 1000, (long)(ms % 1000) * 1000000 };

	if (__atomic_load_n(&g->ctl->turn, __ATOMIC_ACQUIRE) == TURN_DEBUGGER)
		return true;
	syscall(SYS_futex, &g->ctl->turn, FUTEX_WAIT, TURN_GUARD, &slice, NULL, 0);
	return __atomic_load_n(&g->ctl->turn, __ATOMIC_ACQUIRE) == TURN_DEBUGGER;
}

/* A new guard, ready to run. 0 or a negative errno. */
static int start_guard(struct asm_guard *g)
{
	struct guard_start start;
	int64_t end;
	long pid;

	guard_start_init(&start, g->base);
	/* no exit signal: it is nobody's business but ours when the guard ends */
	pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &g->pidfd, NULL, 0);
	if (pid < 0)
		return -errno;
	if (!pid)
		guard_child(&start);
	g->pid = (pid_t)pid;
	g->cpu = -1;
	end = now_ms(CLOCK_MONOTONIC) + START_MS;
	while (!await_turn(g, SLICE_MS)) {
		int err = g->ctl->error;

		if (!is_dead(g) && now_ms(CLOCK_MONOTONIC) < end)
			continue;
		stop_guard(g);
		return err ? err : -ETIMEDOUT;
	}
	if (!g->ctl->error)
		return 0;
	stop_guard(g);
	return g->ctl->error;
}

struct asm_guard *asm_guard_new(void)
{
	struct asm_guard *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return NULL;
	g->pidfd = -1;
	g->limit_ms = ASM_GUARD_LIMIT;
	g->base = mmap(NULL, GUARD_SIZE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (g->base == MAP_FAILED) {
		free(g);
		return NULL;
	}
	g->ctl = (struct guard_ctl *)(g->base + GUARD_CTL);
	g->regs = (u64 *)(g->base + GUARD_REGS);
	g->code = (struct guard_area){ g->base + GUARD_CODE, GUARD_CODE_SIZE / GUARD_PAGE, NULL };
	g->buffers = (struct guard_area){ g->base + GUARD_BUFFERS, GUARD_BUFFERS_SIZE / GUARD_PAGE,
					  NULL };
	err = start_guard(g);
	if (!err)
		return g;
	asm_guard_free(g);
	errno = -err;
	return NULL;
}

void asm_guard_free(struct asm_guard *g)
{
	if (!g)
		return;
	stop_guard(g);
	while (g->loaded)
		asm_guard_unload(g, g->loaded);
	guard_release_all(&g->code);
	guard_release_all(&g->buffers);
	munmap(g->base, GUARD_SIZE);
	free(g);
}

void asm_guard_set_limit(struct asm_guard *g, unsigned ms)
{
	g->limit_ms = ms ? ms : 1;
}

pid_t asm_guard_pid(const struct asm_guard *g)
{
	return g->pid;
}

u8 *asm_guard_buffer(struct asm_guard *g, size_t size)
{
	return guard_alloc(&g->buffers, size);
}

void asm_guard_buffer_free(struct asm_guard *g, u8 *buf)
{
	if (buf)
		guard_release(&g->buffers, buf);
}

#define X86_RET 0xc3
#define X86_INT3 0xcc

struct asm_code *asm_guard_load(struct asm_guard *g, const u8 *bytes, size_t len)
{
	struct asm_code *code = malloc(sizeof(*code));

	if (!code)
		return NULL;
	code->mem = len < GUARD_CODE_SIZE ? guard_alloc(&g->code, len + 1) : NULL;
	if (!code->mem) {
		free(code);
		errno = ENOMEM;
		return NULL;
	}
	code->len = len + 1;
	memset(code->mem, X86_INT3, (code->len + GUARD_PAGE - 1) / GUARD_PAGE * GUARD_PAGE);
	memcpy(code->mem, bytes, len);
	code->mem[len] = X86_RET;
	code->next = g->loaded;
	g->loaded = code;
	return code;
}

void asm_guard_unload(struct asm_guard *g, struct asm_code *code)
{
	struct asm_code **link = &g->loaded;

	while (*link && *link != code)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = code->next;
	guard_release(&g->code, code->mem);
	free(code);
}

/*
 * On the CPU of the debugger: the hand-over is two context switches there, while waking
 * another, idle CPU takes ten times as long.
 */
static void place(struct asm_guard *g)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu == g->cpu || cpu < 0 || cpu >= CPU_SETSIZE || is_dead(g))
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(g->pid, sizeof(set), &set);
	g->cpu = cpu;
}

/*
 * The limit counts CPU time: custom code cannot sleep, and a busy machine is not its fault.
 * Taken from the end of the first slice on, so that short runs pay for no clock.
 */
static enum guard_end watch(struct asm_guard *g)
{
	unsigned slice = g->limit_ms < SLICE_MS ? g->limit_ms : SLICE_MS;
	int64_t cpu_start, wall_end;

	if (await_turn(g, slice))
		return GUARD_OK;
	cpu_start = now_ms(cpu_clock(g->pid));
	wall_end = now_ms(CLOCK_MONOTONIC) + g->limit_ms + STALL_MS;
	do {
		if (is_dead(g))
			return GUARD_DIED;
		if (now_ms(cpu_clock(g->pid)) - cpu_start >= g->limit_ms ||
		    now_ms(CLOCK_MONOTONIC) >= wall_end)
			return GUARD_TIMEOUT;
	} while (!await_turn(g, slice));
	return GUARD_OK;
}

struct request {
	const struct asm_code *code;
	const u64 *regs;
	u64 rcx, rdx, r8;
};

static enum guard_end run_once(struct asm_guard *g, const struct request *req)
{
	struct guard_ctl *ctl = g->ctl;
	u8 *top = g->base + GUARD_STACK + GUARD_STACK_SIZE - STACK_RESERVE;

	memset(top, 0, STACK_RESERVE); /* a RET too many goes to address 0 */
	memcpy(g->regs, req->regs, ASM_GUEST_REGS * sizeof(u64));
	ctl->code = (u64)(uintptr_t)req->code->mem;
	ctl->stack_top = (u64)(uintptr_t)top;
	ctl->rcx = req->rcx;
	ctl->rdx = req->rdx;
	ctl->r8 = req->r8;
	ctl->state = STATE_POSTED;
	place(g);
	__atomic_store_n(&ctl->turn, TURN_GUARD, __ATOMIC_RELEASE);
	syscall(SYS_futex, &ctl->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
	return watch(g);
}

/*
 * A guard that was killed from outside, or spoilt by what ran before, takes nothing up: the
 * next one does. Custom code runs at most once.
 */
static bool run(struct asm_guard *g, const struct request *req, u64 *regs, u64 *rax, char *why,
		size_t size)
{
	enum guard_end end = GUARD_DIED;
	struct guard_ctl got;

	for (int attempt = 0; attempt < 2; attempt++) {
		int err = g->pid ? 0 : start_guard(g);

		if (err) {
			snprintf(why, size, "cannot start its guard process: %s", strerror(-err));
			return false;
		}
		end = run_once(g, req);
		memcpy(&got, g->ctl, sizeof(got));
		if (end == GUARD_OK && got.state == STATE_DONE) {
			memcpy(regs, g->regs, ASM_GUEST_REGS * sizeof(u64));
			*rax = got.rax;
			return true;
		}
		stop_guard(g);
		if (end == GUARD_OK || got.state != STATE_POSTED)
			break;
	}
	if (end == GUARD_TIMEOUT)
		snprintf(why, size, "did not end within %u ms", g->limit_ms);
	else if (end == GUARD_DIED && g->death)
		snprintf(why, size, "its guard process was killed by signal %d (%s)", g->death,
			 strsignal(g->death));
	else if (end == GUARD_DIED)
		snprintf(why, size, "its guard process was killed");
	else if (got.state == STATE_FAULT)
		guard_explain(&got, g->base, req->code, why, size);
	else
		snprintf(why, size, "it damaged its guard");
	return false;
}

bool asm_guard_condition(struct asm_guard *g, struct asm_code *code, u64 regs[ASM_GUEST_REGS],
			 u64 context, u64 *rax, char *why, size_t why_size)
{
	const struct request req = { code, regs, (u64)(uintptr_t)g->regs, context, 0 };

	return run(g, &req, regs, rax, why, why_size);
}

bool asm_guard_action(struct asm_guard *g, struct asm_code *code, u8 *buffer,
		      u64 regs[ASM_GUEST_REGS], u64 context, u64 *rax, char *why, size_t why_size)
{
	const struct request req = { code, regs, (u64)(uintptr_t)buffer, (u64)(uintptr_t)g->regs,
				     context };

	return run(g, &req, regs, rax, why, why_size);
}
