/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test_guard.c - custom code in its guard: what it may do, and every way to misbehave. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "asm/asm.h"
#include "unit.h"

static struct asm_guard *guard;
static u64 regs[ASM_GUEST_REGS];
static u64 rax;
static char why[256];

static struct asm_code *load(const char *text)
{
	struct asm_code *code;
	char *error = NULL;
	size_t len;
	u8 *bytes;

	if (!guard)
		guard = asm_guard_new();
	CHECK(guard);
	bytes = asm_assemble(text, &len, &error);
	if (!bytes)
		UNIT_FAIL("%s: %s", text, error);
	code = asm_guard_load(guard, bytes, len);
	CHECK(code);
	free(bytes);
	return code;
}

static void fill_regs(void)
{
	for (u64 i = 0; i < ASM_GUEST_REGS; i++)
		regs[i] = 0x1111111111111111ULL * i;
}

static void check_regs(void)
{
	for (u64 i = 0; i < ASM_GUEST_REGS; i++)
		CHECK_EQ(regs[i], 0x1111111111111111ULL * i);
}

static u64 condition(struct asm_code *code, u64 context)
{
	if (!asm_guard_condition(guard, code, regs, context, &rax, why, sizeof(why)))
		UNIT_FAIL("%s", why);
	return rax;
}

/* The code ends badly in the way expected; registers are unchanged; the guard works on. */
static void violates(const char *text, const char *expected)
{
	struct asm_code *code = load(text), *good = load("mov eax, 42");

	fill_regs();
	CHECK(!asm_guard_condition(guard, code, regs, 0, &rax, why, sizeof(why)));
	CHECK_STR(why, expected);
	check_regs();
	CHECK_EQ(condition(good, 0), 42);
	asm_guard_unload(guard, code);
	asm_guard_unload(guard, good);
}

static void finish(void)
{
	asm_guard_free(guard);
	guard = NULL;
}

TEST(condition_convention)
{
	struct asm_code *code = load("mov rax, [rcx + 0x38]; add rax, rdx");

	fill_regs();
	CHECK_EQ(condition(code, 5), 0x7777777777777777 + 5);
	check_regs();
	finish();
}

TEST(action_convention)
{
	struct asm_code *code = load("mov rax, [rcx]; inc qword ptr [rcx]; mov [rdx + 8], r8;"
				     "not qword ptr [rdx + 0x78]");
	u8 *buffer = asm_guard_buffer(guard, 100);
	u64 first;

	CHECK(buffer);
	for (size_t i = 0; i < 100; i++)
		CHECK_EQ(buffer[i], 0);
	for (u64 n = 0; n < 10; n++) {
		fill_regs();
		CHECK(asm_guard_action(guard, code, buffer, regs, 77 + n, &rax, why, sizeof(why)));
		CHECK_EQ(rax, n);
		memcpy(&first, buffer, 8);
		CHECK_EQ(first, n + 1);
		CHECK_EQ(regs[1], 77 + n);
		CHECK_EQ(regs[15], ~(0x1111111111111111ULL * 15));
		CHECK_EQ(regs[14], 0x1111111111111111ULL * 14);
	}
	finish();
}

TEST(no_buffer_is_zero)
{
	struct asm_code *code = load("lea rax, [rcx + 1]");

	CHECK(asm_guard_action(guard, code, NULL, regs, 0, &rax, why, sizeof(why)));
	CHECK_EQ(rax, 1);
	finish();
}

TEST(every_register_may_be_clobbered)
{
	struct asm_code *code = load("mov eax, 7; mov rbx, -1; mov rbp, -1; mov rdi, -1;"
				     "mov rsi, -1; mov r12, -1; mov r13, -1; mov r14, -1;"
				     "mov r15, -1; mov rcx, -1; mov rdx, -1; std");

	fill_regs();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(condition(code, 0), 7);
	check_regs();
	finish();
}

TEST(stack_pointer_may_be_clobbered)
{
	struct asm_code *code = load("pop rdx; lea rsp, [rcx + 8 * 16 + 64]; mov eax, 9; jmp rdx");

	CHECK_EQ(condition(code, 0), 9);
	CHECK_EQ(condition(code, 0), 9);
	finish();
}

TEST(state_does_not_leak)
{
	struct asm_code *spoil = load("push 0x9f80; ldmxcsr [rsp]; pop rax; push 0; fldcw [rsp];"
				      "pop rax; std; mov r15, 5; mov rsi, 6");
	struct asm_code *look = load("push rax; stmxcsr [rsp]; pop rax; pushf; pop rdx;"
				     "and edx, 0x400; add rax, rdx; add rax, r15; add rax, rsi");

	condition(spoil, 0);
	CHECK_EQ(condition(look, 0), 0x1f80);
	finish();
}

TEST(a_stack_to_work_with)
{
	struct asm_code *code = load("mov [rsp + 8], rcx; mov [rsp + 32], rcx;" /* shadow space */
				     "sub rsp, 0x8000; mov qword ptr [rsp], 3; mov rax, [rsp];"
				     "add rsp, 0x8000; mov rdx, rsp; and edx, 15; shl edx, 8;"
				     "or rax, rdx");

	CHECK_EQ(condition(code, 0), 0x803); /* 16-byte aligned before the call */
	finish();
}

/* Where the guarded code finds its registers. */
static void *regs_page(void)
{
	struct asm_code *code = load("mov rax, rcx");

	return (void *)(uintptr_t)condition(code, 0);
}

TEST(null_store)
{
	violates("xor eax, eax; mov [rax], eax", "fault at offset 2: bad address 0x0");
	violates("nop; nop; nop; mov eax, [0x10]", "fault at offset 3: bad address 0x10");
	finish();
}

TEST(wild_jumps)
{
	char text[96], expected[96];

	violates("xor eax, eax; jmp rax", "jumped to 0x0, outside its code");
	violates("mov eax, 0x1234; call rax", "jumped to 0x1234, outside its code");
	/* libc, our own code and our heap are not there */
	snprintf(text, sizeof(text), "mov rax, %p; jmp rax", (void *)(uintptr_t)getpid);
	snprintf(expected, sizeof(expected), "jumped to %p, outside its code",
		 (void *)(uintptr_t)getpid);
	violates(text, expected);
	snprintf(text, sizeof(text), "mov rax, %p; jmp rax", (void *)(uintptr_t)unit_main);
	snprintf(expected, sizeof(expected), "jumped to %p, outside its code",
		 (void *)(uintptr_t)unit_main);
	violates(text, expected);
	snprintf(expected, sizeof(expected), "jumped to %p, outside its code", regs_page());
	violates("jmp rcx", expected); /* data */
	finish();
}

TEST(memory_of_the_debugger)
{
	static volatile u64 secret = 1;
	char text[96], expected[96];

	snprintf(text, sizeof(text), "mov rax, %p; mov qword ptr [rax], 2", (void *)&secret);
	snprintf(expected, sizeof(expected), "fault at offset 10: bad address %p", (void *)&secret);
	violates(text, expected);
	CHECK_EQ(secret, 1);
	snprintf(text, sizeof(text), "mov rax, %p; mov rax, [rax]", (void *)text);
	snprintf(expected, sizeof(expected), "fault at offset 10: bad address %p", (void *)text);
	violates(text, expected);
	finish();
}

TEST(own_code_is_read_only)
{
	struct asm_code *code = load("lea rax, [rip]; mov byte ptr [rax], 0x90");

	CHECK(!asm_guard_condition(guard, code, regs, 0, &rax, why, sizeof(why)));
	CHECK(strstr(why, "fault at offset 7: bad address 0x"));
	finish();
}

TEST(exceptions)
{
	violates("nop; ud2", "fault at offset 1: illegal instruction");
	violates("xor ecx, ecx; div ecx", "fault at offset 2: division error");
	violates("int3", "breakpoint or debug trap before offset 1");
	violates("push 0x302; popf; nop; nop", "breakpoint or debug trap before offset 7");
	violates("cli; hlt", "fault at offset 0: general protection (privileged instruction, or an "
			     "address that cannot exist)");
	violates("hlt", "fault at offset 0: general protection (privileged instruction, or an "
			"address that cannot exist)");
	violates("mov rax, 0x8000000000000000; mov [rax], rax",
		 "fault at offset 10: general protection (privileged instruction, or an address "
		 "that cannot exist)");
	finish();
}

TEST(system_calls)
{
	char text[64], expected[128];
	static const int nrs[] = { SYS_getpid, SYS_write, SYS_futex, SYS_exit_group, SYS_kill };

	for (size_t i = 0; i < ARRAY_SIZE(nrs); i++) {
		snprintf(text, sizeof(text), "mov eax, %d; syscall", nrs[i]);
		snprintf(expected, sizeof(expected),
			 "system call %d before offset 7; custom code cannot make system calls",
			 nrs[i]);
		violates(text, expected);
	}
	violates("mov eax, 20; int 0x80",
		 "system call 20 before offset 7; custom code cannot make system calls");
	finish();
}

TEST(stack_overflow)
{
	violates("l: push rax; jmp l", "fault at offset 0: stack overflow");
	violates("l: call l", "fault at offset 0: stack overflow");
	finish();
}

TEST(unbalanced_stack)
{
	violates("pop rdx", "jumped to 0x0, outside its code");
	violates("push 0x77", "jumped to 0x77, outside its code");
	violates("xor esp, esp", "fault at offset 2: bad address 0x0");
	finish();
}

TEST(endless_loops)
{
	struct timespec a, b;

	load("nop");
	asm_guard_set_limit(guard, 50);
	clock_gettime(CLOCK_MONOTONIC, &a);
	violates("l: jmp l", "did not end within 50 ms");
	violates("l: pause; jmp l", "did not end within 50 ms");
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < 20);
	finish();
}

/* An endless loop that claims to be done: the next run is not spoilt by it. */
TEST(pretended_end)
{
	struct asm_code *code = load("lea rax, [rcx - 8192]; mov dword ptr [rax + 4], 4;"
				     "mov dword ptr [rax], 0; l: jmp l");
	struct asm_code *good = load("mov eax, 42");

	asm_guard_condition(guard, code, regs, 0, &rax, why, sizeof(why));
	CHECK_EQ(condition(good, 0), 42);
	finish();
}

TEST(damaged_control_page)
{
	/* turn, state, stack, request: all overwritten; the code comes back all the same */
	struct asm_code *code = load("lea rdi, [rcx - 8192]; mov ecx, 512; mov eax, 7; rep stosq");
	struct asm_code *good = load("mov eax, 42");

	fill_regs();
	CHECK_EQ(condition(code, 0), 7);
	check_regs();
	CHECK_EQ(condition(good, 0), 42);
	finish();
}

TEST(many_runs)
{
	struct asm_code *code = load("mov rax, [rcx]; inc qword ptr [rcx]");
	struct timespec a, b;

	regs[0] = 0;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (u64 i = 0; i < 10000; i++)
		CHECK_EQ(condition(code, 0), i);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK_EQ(regs[0], 10000);
	printf("# %lld ns per run\n",
	       ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec) / 10000);
	finish();
}

TEST(killed_between_runs)
{
	struct asm_code *code = load("inc qword ptr [rcx]; mov rax, [rcx]");
	u8 *buffer = asm_guard_buffer(guard, 8);
	pid_t before = asm_guard_pid(guard);

	for (u64 i = 1; i <= 5; i++) {
		CHECK(asm_guard_action(guard, code, buffer, regs, 0, &rax, why, sizeof(why)));
		CHECK_EQ(rax, i); /* code and buffer survive */
		CHECK_EQ(kill(asm_guard_pid(guard), SIGKILL), 0);
	}
	CHECK(asm_guard_pid(guard) != before);
	finish();
}

/* A tracer's wait takes the guard's status away; nothing depends on it. */
TEST(status_eaten)
{
	struct asm_code *code = load("mov eax, 3");
	pid_t pid = asm_guard_pid(guard);

	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(-1, NULL, __WALL), pid);
	CHECK_EQ(condition(code, 0), 3);
	violates("ud2", "fault at offset 0: illegal instruction");
	finish();
}

TEST(ordinary_waits_do_not_see_it)
{
	load("nop");
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_EQ(errno, ECHILD);
	finish();
}

TEST(terminal_signals_do_not_end_it)
{
	struct asm_code *code = load("mov eax, 3");
	pid_t pid = asm_guard_pid(guard);

	CHECK_EQ(kill(pid, SIGINT), 0);
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(kill(pid, SIGTSTP), 0);
	CHECK_EQ(condition(code, 0), 3);
	CHECK_EQ(asm_guard_pid(guard), pid);
	finish();
}

TEST(dies_with_the_debugger)
{
	int fds[2], status;
	pid_t pid, child;
	char path[64];

	CHECK_EQ(pipe(fds), 0);
	child = fork();
	if (!child) {
		load("nop");
		pid = asm_guard_pid(guard);
		if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		raise(SIGKILL);
	}
	CHECK_EQ(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	CHECK_EQ(waitpid(child, &status, 0), child);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	for (int i = 0; i < 200; i++) {
		char line[8];
		int fd = open(path, O_RDONLY);
		ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line));

		if (fd >= 0)
			close(fd);
		if (n <= 0)
			return; /* gone, or a zombie that init has yet to reap */
		usleep(10000);
	}
	UNIT_FAIL("the guard outlives the debugger");
}

/* What the guard process has: our pages, no descriptor, and nothing of the debugger. */
TEST(nothing_inherited)
{
	char path[64], line[256];
	unsigned executable = 0, writable = 0;
	FILE *f;

	load("nop");
	snprintf(path, sizeof(path), "ls /proc/%d/fd 2>/dev/null | grep -c .",
		 asm_guard_pid(guard));
	f = popen(path, "r");
	CHECK(f && fgets(line, sizeof(line), f));
	CHECK_STR(line, "0\n");
	pclose(f);
	snprintf(path, sizeof(path), "/proc/%d/maps", asm_guard_pid(guard));
	f = fopen(path, "r");
	if (!f)
		SKIP("maps of a process that is not dumpable need CAP_SYS_PTRACE");
	while (fgets(line, sizeof(line), f)) {
		char perms[8];

		CHECK_EQ(sscanf(line, "%*s %7s", perms), 1);
		if (strstr(line, "[vsyscall]"))
			continue;
		CHECK(strstr(line, "/dev/zero"));
		CHECK(!(perms[1] == 'w' && perms[2] == 'x'));
		executable += perms[2] == 'x';
		writable += perms[1] == 'w';
	}
	fclose(f);
	CHECK_EQ(executable, 2); /* trampoline, code */
	CHECK(writable > 0);
	finish();
}

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* A sealed mapping cannot be undone, and must not keep the others. */
TEST(sealed_mappings)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[96], expected[96];

	if (syscall(SYS_mseal, page, 4096, 0))
		SKIP("mseal(2) is not available");
	snprintf(text, sizeof(text), "mov rax, %p; jmp rax", (void *)(uintptr_t)getpid);
	snprintf(expected, sizeof(expected), "jumped to %p, outside its code",
		 (void *)(uintptr_t)getpid);
	violates(text, expected);
	snprintf(text, sizeof(text), "mov rax, %p; jmp rax", page);
	snprintf(expected, sizeof(expected), "jumped to %p, outside its code", page);
	violates(text, expected);
	finish();
}

TEST(buffers_and_codes)
{
	u8 mov_eax[5] = { 0xb8 };
	struct asm_code *code[300];
	u8 *a, *b, *c;

	asm_guard_free(guard);
	guard = asm_guard_new();
	for (u32 i = 0; i < 300; i++) {
		memcpy(mov_eax + 1, &i, sizeof(i));
		code[i] = asm_guard_load(guard, mov_eax, sizeof(mov_eax));
		CHECK(code[i]);
	}
	for (u32 i = 0; i < 300; i++)
		CHECK_EQ(condition(code[i], 0), i);
	a = asm_guard_buffer(guard, 10000);
	b = asm_guard_buffer(guard, 1);
	CHECK(a && b && (b >= a + 10000 || b < a));
	memset(a, 0xff, 10000);
	asm_guard_buffer_free(guard, a);
	c = asm_guard_buffer(guard, 10000);
	CHECK(c == a);
	for (size_t i = 0; i < 10000; i++)
		CHECK_EQ(c[i], 0);
	CHECK(!asm_guard_buffer(guard, ~(size_t)0 / 2));
	asm_guard_buffer_free(guard, NULL);
	for (u32 i = 0; i < 300; i++)
		asm_guard_unload(guard, code[i]);
	asm_guard_unload(guard, NULL);
	finish();
}

UNIT_MAIN()
