/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.c - see host.h: registers, a page of memory at address 0, texts without an end, a
 * clock that leaps.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define MEM 512
#define BUFFER 32
#define BUDGET 20000

static u8 memory[MEM];
static u64 ticks;

static bool load_regs(struct eng_ctx *ctx, u64 mask)
{
	ctx->loaded |= mask;
	return true;
}

static size_t span(u64 addr, size_t len)
{
	if (addr >= MEM)
		return 0;
	return len < MEM - addr ? len : MEM - addr;
}

static size_t read_mem(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	size_t n = span(addr, len);

	memcpy(dst, memory + (n ? addr : 0), n);
	return n;
}

static size_t write_mem(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	size_t n = span(addr, len);

	memcpy(memory + (n ? addr : 0), src, n);
	return n;
}

static bool pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	*value = id;
	return true;
}

static bool text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	memset(buf, 'x', size); /* without a NUL: the engine has to end it */
	return true;
}

static u64 host_clock(struct eng_ctx *ctx)
{
	return ticks += 1000000 + ticks / 2; /* microsleep() ends soon */
}

static void emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	static volatile char sink;
	char buf[200];

	for (u32 i = 0; i < msg->len; i++)
		sink = msg->text[i];
	(void)sink;
	if (msg->fault)
		eng_fault_text(msg->fault, buf, sizeof(buf));
}

static void request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
}

static bool take(struct eng_ctx *ctx, u32 *lock, u32 ceiling)
{
	return !(__atomic_fetch_or(lock, 1, __ATOMIC_ACQUIRE) & 1);
}

static void give(struct eng_ctx *ctx, u32 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static const struct eng_abi abi = {
	"x86-64", ENG_RAX, ENG_RAX, { ENG_RDI, ENG_RSI, ENG_RDX, ENG_R10, ENG_R8, ENG_R9 }, 64
};

static const struct eng_host host = {
	.load_regs = load_regs,
	.read_mem = read_mem,
	.write_mem = write_mem,
	.pseudo = pseudo,
	.text = text,
	.clock = host_clock,
	.emit = emit,
	.request = request,
	.lock = take,
	.unlock = give,
	.regs_readable = ~0ULL,
	.regs_writable = ~0ULL,
};

struct eng_map *fuzz_map(const struct eng_map_desc *d)
{
	void *mem = calloc(1, eng_map_size(d, FUZZ_MAP_ENTRIES));

	if (!mem)
		abort();
	return eng_map_init(mem, d, FUZZ_MAP_ENTRIES);
}

/* A page of 'm's with a short string, a short wide string and pointers to itself in it. */
static void fill_memory(void)
{
	memset(memory, 'm', sizeof(memory));
	memcpy(memory + 64, "openat", 7);
	memcpy(memory + 80, "w\0i\0d\0e\0\0", 10);
	for (u64 i = 0; i < 16; i++)
		memcpy(memory + 128 + 8 * i, &i, 8);
}

void fuzz_fire(const struct eng_program *prog, u64 *slots, u32 nslots, const struct eng_maps *maps)
{
	static struct eng_vm *vm;
	struct eng_globals globals = { slots, nslots };
	struct eng_event ev = { .id = 1,
				.enabled = true,
				.stages = ENG_STAGE_PRE | ENG_STAGE_POST,
				.nr = ENG_ANY,
				.pid = ENG_ANY,
				.core = ENG_ANY,
				.prog = prog,
				.buffer = calloc(1, BUFFER),
				.buffer_size = BUFFER };
	struct eng_event *evs = &ev;
	struct eng_ctx ctx = { .abi = &abi, .nr = 1, .pid = 2, .tid = 3 };
	char buf[300];

	if (!vm)
		vm = malloc(eng_vm_size());
	if (!vm || !ev.buffer)
		abort();
	for (u32 i = 0; i < prog->image->ncode; i++)
		eng_disasm(prog, i, buf, sizeof(buf));
	for (u32 i = 0; i < ENG_NREGS; i++)
		ctx.reg[i] = 8 * i;
	fill_memory();
	ticks = 0;
	eng_vm_init(vm, &host, &globals, BUDGET);
	eng_vm_set_maps(vm, maps);
	eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx);
	eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_POST, &ctx);
	free(ev.buffer);
}
