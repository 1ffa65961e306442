/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine.c - what the script language costs without any debuggee: compiling a long script,
 * compiling a typical event's script, and one run of that in the engine over an empty host.
 *
 * Prints one line per figure: name, figure, unit; the best of several rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script/script.h"

#define GLOBALS 64
#define ROUNDS 15

/* The script of examples/syscall-result.ds, with a process and a call filled in. */
static const char typical[] = "if ($pid == 4d2 && @rax == 101) {\n"
			      "	spinlock_lock(&.thread_id_lock);\n"
			      "	if (.thread_id == 0) {\n"
			      "		.thread_id = $tid;\n"
			      "		printf(\"[%llx] syscall num: %llx, arg1: %llx, arg2: %llx, "
			      "arg3: %llx, arg4: %llx\\n\",\n"
			      "		       $tid, @rax, @rdi, @rsi, @rdx, @r10);\n"
			      "	}\n"
			      "	spinlock_unlock(&.thread_id_lock);\n"
			      "}\n";

static u64 slots[GLOBALS];
static struct eng_globals globals = { slots, GLOBALS };
static struct eng_vm *vm;

static bool load_regs(struct eng_ctx *ctx, u64 mask)
{
	ctx->loaded |= mask;
	return true;
}

static void emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
}

static const struct eng_host host = {
	.load_regs = load_regs,
	.emit = emit,
	.regs_readable = ENG_REGS_USER,
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct eng_program *compile(struct scr_env *env, const char *text)
{
	struct scr_source src = { "bench", text, strlen(text), 1, 1 };
	struct scr_diags d = { 0 };
	struct eng_program *prog = scr_compile(env, &src, SCR_SCRIPT, &d);

	if (!prog) {
		scr_diags_print(&d, stderr, false);
		exit(1);
	}
	scr_diags_free(&d);
	return prog;
}

static struct scr_env *environment(void)
{
	struct scr_env *env = scr_env_new(GLOBALS);

	scr_program_free(compile(env, ".thread_id = 0; .thread_id_lock = 0;"));
	return env;
}

/* @lines lines of ordinary statements in functions. */
static char *long_script(u32 lines)
{
	char *text = malloc(lines * 80ULL + 1), *p = text;

	for (u32 i = 0; i < lines; i += 8)
		p += sprintf(p,
			     "long step_%u(long n, int k) {\n"
			     "	long sum = n * 0n%u + k;\n"
			     "	for (int i = 0; i < k; i++)\n"
			     "		sum += (sum >> 3) ^ (n & 0n%u);\n"
			     "	if (sum > n && k != 7)\n"
			     "		printf(\"%%llx of %%d\\n\", sum, k);\n"
			     "	return sum / (k + 1);\n"
			     "}\n",
			     i, i, i);
	return text;
}

static double compile_ns(const char *text, u32 times)
{
	double best = 1e18;

	for (u32 r = 0; r < ROUNDS; r++) {
		struct scr_env *env = environment();
		double start = now(), each;

		for (u32 i = 0; i < times; i++)
			scr_program_free(compile(env, text));
		each = (now() - start) / times;
		best = each < best ? each : best;
		scr_env_free(env);
	}
	return best;
}

/* As a target begins a stop: the kernel has told number and arguments, nothing else. */
static void begin(struct eng_ctx *ctx, u64 nr)
{
	memset((char *)ctx + sizeof(ctx->reg), 0, sizeof(*ctx) - sizeof(ctx->reg));
	ctx->reg[ENG_RAX] = ctx->nr = nr;
	ctx->reg[ENG_RDI] = 3;
	ctx->reg[ENG_RSI] = 0x7ffd1234a678;
	ctx->reg[ENG_RDX] = 0x1000;
	ctx->reg[ENG_R10] = 0;
	ctx->loaded = ENG_BIT(ENG_RAX) | ENG_BIT(ENG_RDI) | ENG_BIT(ENG_RSI) | ENG_BIT(ENG_RDX) |
		      ENG_BIT(ENG_R10);
	ctx->pid = 0x4d2;
	ctx->tid = 0x4d3;
}

/*
 * One run through eng_fire(), as at a stop; @nr: number of the call that is there; @reset:
 * a global that is 0 before each run, or NULL.
 */
static double run_ns(const struct eng_program *prog, u64 nr, u64 *reset)
{
	const u32 times = 100000;
	struct eng_event event = { .id = 1,
				   .kind = ENG_EV_SYSCALL,
				   .stages = ENG_STAGE_PRE,
				   .enabled = true,
				   .nr = ENG_ANY,
				   .pid = ENG_ANY,
				   .core = ENG_ANY,
				   .prog = prog };
	struct eng_event *events[] = { &event };
	double best = 1e18;

	for (u32 r = 0; r < ROUNDS; r++) {
		double start = now(), each;

		for (u32 i = 0; i < times; i++) {
			struct eng_ctx ctx;

			begin(&ctx, nr);
			if (reset)
				*reset = 0;
			eng_fire(vm, events, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx);
		}
		each = (now() - start) / times;
		best = each < best ? each : best;
	}
	if (event.faults) {
		fprintf(stderr, "the script failed\n");
		exit(1);
	}
	return best;
}

int main(void)
{
	struct scr_env *env = environment();
	struct eng_program *prog = compile(env, typical);
	char *text = long_script(10000);
	u64 *id = &slots[scr_env_global(env, "thread_id")];

	vm = malloc(eng_vm_size());
	eng_vm_init(vm, &host, &globals, 1000000);
	printf("compile 10000 lines: %.1f ms\n", compile_ns(text, 1) / 1e6);
	printf("compile a typical event's script: %.1f us\n", compile_ns(typical, 500) / 1e3);
	printf("run it, another call: %.0f ns\n", run_ns(prog, 1, NULL));
	*id = 1;
	printf("run it, lock taken and given back: %.0f ns\n", run_ns(prog, 0x101, NULL));
	printf("run it, a line of six numbers printed: %.0f ns\n", run_ns(prog, 0x101, id));
	scr_program_free(prog);
	scr_env_free(env);
	free(text);
	free(vm);
	return 0;
}
