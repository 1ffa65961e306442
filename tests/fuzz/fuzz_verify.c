/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_verify.c - any bytes as an image: the verifier must survive them, and what it
 * accepts must run, within its budget and its memory, against a host over an array.
 *
 * The input is either an image as it is, or (first byte odd) code that is put into an
 * otherwise good image, so that the fuzzer reaches the interpreter quickly.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEM 512
#define NSLOTS 16

static u8 memory[MEM];
static u64 slots[NSLOTS];

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
	*value = 1;
	return true;
}

static bool text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	memset(buf, 'x', size); /* without a NUL: the engine has to end it */
	return true;
}

static u64 ticks;

static u64 host_clock(struct eng_ctx *ctx)
{
	return ticks += 1000000;
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

static bool relax(struct eng_ctx *ctx, u32 spins)
{
	return true;
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
	.relax = relax,
	.regs_readable = ~0ULL,
	.regs_writable = ~0ULL,
};

#define NMAPS 4

static const struct eng_map_desc shapes[NMAPS] = {
	{ .keys = ENG_KEYS_INT, .kind = ENG_MAP_VALUE, .name = 1 },
	{ .keys = ENG_KEYS_STR, .kind = ENG_MAP_AVG },
	{ .keys = ENG_KEYS_INT2, .kind = ENG_MAP_LHIST, .buckets = 3, .min = -1, .step = 2 },
	{ .keys = ENG_KEYS_NONE, .kind = ENG_MAP_HIST },
};
static struct eng_map *map[NMAPS];
static const struct eng_maps maps = { map, NMAPS };

/* Exactly as much memory as promised; three entries, so that they fill up. */
static void make_maps(void)
{
	for (u32 i = 0; i < NMAPS; i++)
		map[i] = eng_map_init(calloc(1, eng_map_size(&shapes[i], 3)), &shapes[i], 3);
}

static void run(const struct eng_program *prog)
{
	static struct eng_vm *vm;
	static struct eng_globals globals = { slots, NSLOTS };
	struct eng_event ev = { .id = 1,
				.enabled = true,
				.nr = ENG_ANY,
				.pid = ENG_ANY,
				.core = ENG_ANY,
				.prog = prog,
				.buffer_size = 32 };
	struct eng_event *evs = &ev;
	struct eng_ctx ctx = { .abi = &abi };
	char buf[300];

	if (!vm)
		vm = malloc(eng_vm_size());
	for (u32 i = 0; i < prog->image->ncode; i++)
		eng_disasm(prog, i, buf, sizeof(buf));
	ev.buffer = malloc(32);
	memset(ev.buffer, 0, 32);
	memset(slots, 0, sizeof(slots));
	memset(memory, 'm', sizeof(memory));
	ev.stages = ENG_STAGE_PRE | ENG_STAGE_POST;
	eng_vm_init(vm, &host, &globals, 20000);
	make_maps();
	eng_vm_set_maps(vm, &maps);
	eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx);
	eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_POST, &ctx);
	free(ev.buffer);
	for (u32 i = 0; i < NMAPS; i++)
		free(map[i]);
}

/* A good image around @size bytes of instructions; operands are brought near their ranges. */
static size_t wrap(const uint8_t *data, size_t size, u8 *out)
{
	static const char strings[40] = "main\0%d %s %c\0%x\0f\0%5.3lld%ws%%\0str";
	u32 n = size / 8 < 200 ? (u32)(size / 8) : 200;
	struct eng_image im = { .magic = ENG_MAGIC,
				.version = ENG_IMAGE_VERSION,
				.ncode = n + 4,
				.nfuncs = 2,
				.nconsts = 4,
				.ndata = sizeof(strings),
				.nmaps = NMAPS,
				.nglobals = NSLOTS,
				.regs_read = (1ULL << ENG_NREGS) - 1,
				.regs_written = (1ULL << ENG_NREGS) - 1,
				.pseudo_read = (1ULL << ENG_NPSEUDO) - 1,
				.pseudo_written = (1ULL << ENG_NPSEUDO) - 1,
				.builtins = { ~0ULL, ~0ULL } };
	struct eng_insn *code = (struct eng_insn *)(out + sizeof(im));
	u32 half = n / 2 + 2;
	struct eng_func fn[2] = { { .entry = 0, .len = half, .nregs = 16, .mem = 64 },
				  { .entry = half,
				    .len = n + 4 - half,
				    .nregs = 12,
				    .nparams = 2,
				    .mem = 32,
				    .name = 18 } };
	u64 consts[4] = { ENG_ADDR(ENG_SEG_FRAME, 60), ENG_ADDR(ENG_SEG_GLOBALS, 8), 500,
			  ENG_ADDR(ENG_SEG_BUFFER, 8) };
	u8 *p;

	memset(code, 0, (n + 4) * 8ULL);
	for (u32 i = 0, from = 0; i < n + 4; i++) {
		if (i == half - 1 || i == half - 2 || i >= n + 2) {
			code[i].op = ENG_OP_RET;
			continue;
		}
		memcpy(&code[i], data + 8 * from++, 8);
		code[i].op %= ENG_NOPS;
		code[i].a %= 13;
	}
	p = out + sizeof(im) + (n + 4) * 8ULL;
	memcpy(p, fn, sizeof(fn));
	p += (sizeof(fn) + 7) & ~7ULL;
	memcpy(p, consts, sizeof(consts));
	p += sizeof(consts);
	memcpy(p, shapes, sizeof(shapes));
	p += sizeof(shapes);
	memset(p, 0, ((n + 4) * 4ULL + 7) & ~7ULL);
	p += ((n + 4) * 4ULL + 7) & ~7ULL;
	memcpy(p, strings, sizeof(strings));
	p += sizeof(strings);
	im.size = (u32)(p - out);
	memcpy(out, &im, sizeof(im));
	return im.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eng_program prog;
	struct eng_verdict verdict;
	size_t image_size = size ? size - 1 : 0;
	u8 *image = malloc(image_size + 8), *scratch;
	static u64 wrapped[1024];

	if (size)
		memcpy(image, data + 1, image_size);
	if (size && data[0] & 1) {
		free(image);
		image_size = wrap(data + 1, size - 1, (u8 *)wrapped);
		image = malloc(image_size);
		memcpy(image, wrapped, image_size);
	}
	/* exactly as much scratch as promised */
	scratch = malloc(eng_verify_scratch(image_size));
	if (eng_verify(image, image_size, scratch, &prog, &verdict))
		run(&prog);
	free(scratch);
	free(image);
	return 0;
}
