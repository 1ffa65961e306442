/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kit.c - see kit.h.
 */
#include <setjmp.h>
#include <sys/mman.h>

#include "kit.h"

const char *const kit_reg_name[KIT_NREGS] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",	  "r8",
	"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "flags",
};

void kit_poison(struct regs *r, uint64_t seed)
{
	for (int i = 0; i < KIT_NREGS; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		*kit_reg(r, i) = seed ^ seed >> 29;
	}
	r->flags = FLAGS_PLAIN;
}

void kit_check_kept(const struct regs *before, const struct regs *after, const char *end)
{
	for (int i = 0; i < KIT_NREGS; i++) {
		uint64_t was = *kit_reg((struct regs *)before, i);
		uint64_t is = *kit_reg((struct regs *)after, i);

		if (i == offsetof(struct regs, rax) / 8 || i == offsetof(struct regs, rsp) / 8)
			continue;
		if (i == offsetof(struct regs, rcx) / 8)
			was = (uintptr_t)end;
		if (i == offsetof(struct regs, r11) / 8)
			was = before->flags;
		if (is != was)
			UNIT_FAIL("%s is %lx after the call, expected %lx", kit_reg_name[i], is,
				  was);
	}
}

void *kit_code_page(uintptr_t where)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (where ? MAP_FIXED : MAP_32BIT);
	void *page = mmap((void *)where, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

void kit_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction act = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_ONSTACK | flags };

	CHECK_EQ(sigaltstack(&alt, NULL), 0);
	CHECK_EQ(sigaction(sig, &act, NULL), 0);
}

static sigjmp_buf probe_out;
static struct caught *probe_caught;

static void probe_signal(int sig, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	*probe_caught = (struct caught){
		.sig = sig,
		.code = info->si_code,
		.addr = (uintptr_t)info->si_addr,
		.trap = g[REG_TRAPNO],
		.error = g[REG_ERR],
		.rip = g[REG_RIP],
		.cs = g[REG_CSGSFS],
		.ss = (uint64_t)g[REG_CSGSFS] >> 48,
		.r = { g[REG_RAX], g[REG_RCX], g[REG_RDX], g[REG_RBX], g[REG_RSP], g[REG_RBP],
		       g[REG_RSI], g[REG_RDI], g[REG_R8], g[REG_R9], g[REG_R10], g[REG_R11],
		       g[REG_R12], g[REG_R13], g[REG_R14], g[REG_R15], g[REG_EFL] },
	};
	siglongjmp(probe_out, 1);
}

int kit_probe(struct regs *r, const void *code, struct caught *c)
{
	static const int signals[] = { SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGSYS };

	probe_caught = c;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		kit_handle(signals[i], probe_signal, 0);
	if (!sigsetjmp(probe_out, 1)) {
		*c = (struct caught){ 0 };
		kit_run(r, code);
		c->r = *r;
	}
	return c->sig;
}

long kit_call(long nr, long a, long b, long c, long d, long e, long f)
{
	struct regs r = { .rax = nr,
			  .rdi = a,
			  .rsi = b,
			  .rdx = c,
			  .r10 = d,
			  .r8 = e,
			  .r9 = f,
			  .flags = FLAGS_PLAIN };

	kit_run(&r, kit_syscall);
	return r.rax;
}
