/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_script.c - the front end on any text: no crash, a verified program or an error
 * with a position, an environment that errors do not change; and what compiles runs
 * within its budget.
 */
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

#define SLOTS 64

static bool load_regs(struct eng_ctx *ctx, u64 mask)
{
	ctx->loaded |= mask;
	return true;
}

static size_t read_mem(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	return 0;
}

static size_t write_mem(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	return 0;
}

static bool pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	*value = id;
	return true;
}

static bool text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	return false;
}

static u64 now(struct eng_ctx *ctx)
{
	return 1;
}

static void emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
}

static void request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
}

static const struct eng_host host = {
	.load_regs = load_regs,
	.read_mem = read_mem,
	.write_mem = write_mem,
	.pseudo = pseudo,
	.text = text,
	.clock = now,
	.emit = emit,
	.request = request,
	.regs_readable = ENG_BIT(ENG_NREGS) - 1,
	.regs_writable = ENG_BIT(ENG_NREGS) - 1,
};

static void check_diags(const struct scr_diags *d, const struct eng_program *prog)
{
	if ((prog == NULL) != (d->errors != 0))
		abort();
	for (size_t i = 0; i < d->n; i++)
		if (!strncmp(d->diag[i].message, "internal error:", 15) || !d->diag[i].pos.line ||
		    !d->diag[i].pos.col)
			abort();
}

/* Maps of four entries, so that they fill up. */
static void make_maps(const struct scr_env *env, struct eng_maps *maps)
{
	u32 n = scr_env_nmaps(env);

	maps->map = realloc(maps->map, (n + 1) * sizeof(struct eng_map *));
	for (; maps->nmaps < n; maps->nmaps++) {
		const char *name;
		const struct eng_map_desc *d = scr_env_map(env, maps->nmaps, &name);

		maps->map[maps->nmaps] = eng_map_init(calloc(1, eng_map_size(d, 4)), d, 4);
	}
}

static void run(const struct eng_program *prog, u64 *slots, const struct eng_maps *maps)
{
	static struct eng_vm *vm;
	static struct eng_globals globals;
	struct eng_ctx ctx = { 0 };
	struct eng_fault fault;

	if (!vm)
		vm = malloc(eng_vm_size());
	if (!vm)
		abort();
	globals = (struct eng_globals){ slots, SLOTS };
	eng_vm_init(vm, &host, &globals, 20000);
	eng_vm_set_maps(vm, maps);
	eng_run(vm, prog, &ctx, NULL, ENG_PRE, &fault);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static FILE *null;
	struct scr_env *env = scr_env_new(SLOTS);
	char *copy = malloc(size + 1); /* exactly as long as the text, for the sanitizer */
	u64 slots[SLOTS] = { 0 };
	struct eng_maps maps = { 0 };

	if (!null)
		null = fopen("/dev/null", "w");
	if (!env || !copy || !null)
		abort();
	if (size)
		memcpy(copy, data, size);
	for (int mode = SCR_SCRIPT; mode <= SCR_EXPRESSION; mode++) {
		struct scr_source src = { "fuzz", copy, size, 1, 1 };
		struct scr_diags d = { 0 };
		u32 before = scr_env_nglobals(env);
		struct eng_program *prog = scr_compile(env, &src, (enum scr_mode)mode, &d);

		check_diags(&d, prog);
		if (!prog && scr_env_nglobals(env) != before)
			abort();
		scr_diags_print(&d, null, true);
		if (prog) {
			scr_disasm(prog, null);
			make_maps(env, &maps);
			run(prog, slots, &maps);
		}
		scr_program_free(prog);
		scr_diags_free(&d);
	}
	for (u32 i = 0; i < maps.nmaps; i++)
		free(maps.map[i]);
	free(maps.map);
	free(copy);
	scr_env_free(env);
	return 0;
}
