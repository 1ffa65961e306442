/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine_kit.h - what the engine's tests share: a small assembler of images, and a
 * host over arrays. Programs always go through eng_verify().
 */
#ifndef TESTS_ENGINE_KIT_H
#define TESTS_ENGINE_KIT_H

#include "unit.h"

#include "engine/engine.h"
#include "engine/vm.h"

struct kit {
	struct eng_image im;
	struct eng_insn code[2048];
	struct eng_func fn[32];
	u64 k[64];
	struct eng_map_desc map[8];
	u8 data[8192];
	u64 image[8192]; /* the finished image */
	size_t size;
	struct eng_program prog;
	struct eng_verdict verdict;
};

static inline u32 kit_str(struct kit *k, const char *s)
{
	u32 off = k->im.ndata;

	memcpy(k->data + off, s, strlen(s) + 1);
	k->im.ndata += (u32)strlen(s) + 1;
	return off;
}

/* Starts the next function; code that follows belongs to it. */
static inline u32 kit_func(struct kit *k, u16 nregs, u16 nparams, u32 mem)
{
	u32 n = k->im.nfuncs++;

	k->fn[n] = (struct eng_func){
		.entry = k->im.ncode, .nregs = nregs, .nparams = nparams, .mem = mem
	};
	k->fn[n].name = kit_str(k, n ? "func" : "main");
	return n;
}

static inline void kit_init(struct kit *k, u16 nregs, u32 mem)
{
	memset(k, 0, sizeof(*k));
	k->im.magic = ENG_MAGIC;
	k->im.version = ENG_IMAGE_VERSION;
	kit_func(k, nregs, 0, mem);
}

static inline u32 kit_op(struct kit *k, enum eng_op op, u8 a, u8 b, u8 c, s32 imm)
{
	k->code[k->im.ncode] = (struct eng_insn){ (u8)op, a, b, c, imm };
	k->fn[k->im.nfuncs - 1].len++;
	switch (op) {
	case ENG_OP_LDREG:
		k->im.regs_read |= ENG_BIT(eng_reg_names[imm].reg);
		break;
	case ENG_OP_STREG:
		k->im.regs_written |= ENG_BIT(eng_reg_names[imm].reg);
		break;
	case ENG_OP_LDPS:
		k->im.pseudo_read |= ENG_BIT(imm);
		break;
	case ENG_OP_STPS:
		k->im.pseudo_written |= ENG_BIT(imm);
		break;
	case ENG_OP_BUILTIN:
		k->im.builtins[imm / 64] |= ENG_BIT(imm % 64);
		break;
	case ENG_OP_LDG:
	case ENG_OP_STG:
	case ENG_OP_LEAG:
		if (k->im.nglobals <= (u32)imm)
			k->im.nglobals = (u32)imm + 1;
		break;
	default:
		break;
	}
	return k->im.ncode++;
}

#define OP(name, a, b, c, imm) kit_op(&k, ENG_OP_##name, a, b, c, imm)

/* Any 64-bit value into a register. */
static inline void kit_load(struct kit *k, u8 reg, u64 v)
{
	k->k[k->im.nconsts] = v;
	kit_op(k, ENG_OP_LDK, reg, 0, 0, (s32)k->im.nconsts++);
}

/* Instructions jump from @from to @to. */
static inline void kit_jump(struct kit *k, u32 from, u32 to)
{
	k->code[from].imm = (s32)to - (s32)from - 1;
}

static inline s32 kit_reg(const char *name)
{
	return (s32)(eng_reg_find(name, strlen(name)) - eng_reg_names);
}

static inline u8 *kit_section(u8 *p, const void *from, size_t len)
{
	memcpy(p, from, len);
	return p + ((len + 7) & ~(size_t)7);
}

/* Puts the image together; line of instruction i is 100 + i. */
static inline void kit_image(struct kit *k)
{
	u8 *start = (u8 *)k->image, *p = start + sizeof(k->im);
	u32 lines[2048];

	for (u32 i = 0; i < k->im.ncode; i++)
		lines[i] = 100 + i;
	p = kit_section(p, k->code, k->im.ncode * sizeof(*k->code));
	p = kit_section(p, k->fn, k->im.nfuncs * sizeof(*k->fn));
	p = kit_section(p, k->k, k->im.nconsts * sizeof(*k->k));
	p = kit_section(p, k->map, k->im.nmaps * sizeof(*k->map));
	p = kit_section(p, lines, k->im.ncode * sizeof(*lines));
	p = kit_section(p, k->data, k->im.ndata);
	k->size = (size_t)(p - start);
	k->im.size = (u32)k->size;
	memcpy(k->image, &k->im, sizeof(k->im));
}

static inline bool kit_verify(struct kit *k)
{
	void *scratch = malloc(eng_verify_scratch(k->size));
	bool ok = eng_verify(k->image, k->size, scratch, &k->prog, &k->verdict);

	free(scratch);
	return ok;
}

static inline void kit_build(struct kit *k)
{
	kit_image(k);
	if (!kit_verify(k))
		UNIT_FAIL("image refused: %s at %u", k->verdict.why, k->verdict.pc);
}

/* The host: debuggee memory of two pages, registers, a clock that ticks, gathered messages. */
#define MEM_BASE 0x10000ULL
#define MEM_SIZE 0x2000ULL

static struct world {
	u8 mem[MEM_SIZE];
	u64 regs[ENG_NREGS];
	u64 missing; /* registers that load_regs refuses */
	char out[1 << 18];
	size_t nout;
	u32 ntexts, nfaults, loads;
	u32 longest; /* text message */
	struct eng_fault fault; /* the last one emitted */
	u64 ticks;
	enum eng_request what;
	u64 request_event;
	u32 nrequests;
	u32 nwaits, ceiling;
	u32 *unlock; /* what relax() sets to 0 */
	bool code_ok;
	u64 code_result;
	char order[256]; /* of code runs and script texts */
} world;

static inline bool world_load(struct eng_ctx *ctx, u64 mask)
{
	world.loads++;
	if (mask & world.missing)
		return false;
	for (u32 i = 0; i < ENG_NREGS; i++)
		if (mask & ENG_BIT(i) && !(ctx->dirty & ENG_BIT(i)))
			ctx->reg[i] = world.regs[i];
	ctx->loaded |= mask;
	return true;
}

static inline size_t world_span(u64 addr, size_t len)
{
	if (addr < MEM_BASE || addr >= MEM_BASE + MEM_SIZE)
		return 0;
	return len < MEM_BASE + MEM_SIZE - addr ? len : MEM_BASE + MEM_SIZE - addr;
}

static inline size_t world_read(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	size_t n = world_span(addr, len);

	if (n)
		memcpy(dst, world.mem + (addr - MEM_BASE), n);
	return n;
}

static inline size_t world_write(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	size_t n = world_span(addr, len);

	if (n)
		memcpy(world.mem + (addr - MEM_BASE), src, n);
	return n;
}

static inline bool world_pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	if (id == ENG_PS_CORE)
		*value = 3;
	else if (id == ENG_PS_TEB)
		*value = 0x7eb;
	else
		return false;
	return true;
}

static inline bool world_text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	if (id == ENG_PS_TIME)
		return false;
	snprintf(buf, size, "%s", id == ENG_PS_PNAME ? "redis-server" : "2026-01-02");
	return true;
}

static inline u64 world_clock(struct eng_ctx *ctx)
{
	return world.ticks += 100;
}

static inline void world_emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	if (msg->kind == ENG_MSG_FAULT) {
		world.nfaults++;
		world.fault = *msg->fault;
		return;
	}
	world.ntexts++;
	if (msg->len > world.longest)
		world.longest = msg->len;
	CHECK(world.nout + msg->len < sizeof(world.out));
	memcpy(world.out + world.nout, msg->text, msg->len);
	world.nout += msg->len;
	world.out[world.nout] = 0;
}

static inline void world_request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
	world.what = what;
	world.request_event = event;
	world.nrequests++;
}

static inline bool world_code(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which,
			      u64 *result)
{
	sprintf(world.out + world.nout, "[%s %u]", which == ENG_CODE_ACTION ? "code" : "cond",
		ev->id);
	world.nout = strlen(world.out);
	*result = world.code_result;
	return world.code_ok;
}

/* world.unlock: the lock that is given back as soon as somebody waits. */
static inline bool world_lock(struct eng_ctx *ctx, u32 *lock, u32 ceiling)
{
	world.ceiling = ceiling;
	if (*lock & 1) {
		world.nwaits++;
		if (world.unlock)
			*world.unlock = 0;
	}
	return !(__atomic_fetch_or(lock, 1, __ATOMIC_ACQUIRE) & 1);
}

static inline void world_unlock(struct eng_ctx *ctx, u32 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* Physical memory is the same memory, at another address. */
#define PHYS_BASE 0x800000ULL

static inline size_t world_read_phys(struct eng_ctx *ctx, u64 pa, void *dst, size_t len)
{
	return world_read(ctx, pa - PHYS_BASE + MEM_BASE, dst, len);
}

static inline size_t world_write_phys(struct eng_ctx *ctx, u64 pa, const void *src, size_t len)
{
	return world_write(ctx, pa - PHYS_BASE + MEM_BASE, src, len);
}

static inline bool world_to_phys(struct eng_ctx *ctx, u64 addr, u64 *pa)
{
	*pa = addr - MEM_BASE + PHYS_BASE;
	return world_span(addr, 1);
}

static inline bool world_from_phys(struct eng_ctx *ctx, u64 pa, u64 *addr)
{
	*addr = pa - PHYS_BASE + MEM_BASE;
	return world_span(*addr, 1);
}

static const struct eng_host world_host = {
	.load_regs = world_load,
	.read_phys = world_read_phys,
	.write_phys = world_write_phys,
	.to_phys = world_to_phys,
	.from_phys = world_from_phys,
	.spent_max = 3,
	.read_mem = world_read,
	.write_mem = world_write,
	.pseudo = world_pseudo,
	.text = world_text,
	.clock = world_clock,
	.emit = world_emit,
	.request = world_request,
	.run_code = world_code,
	.lock = world_lock,
	.unlock = world_unlock,
	.regs_readable = ENG_REGS_USER,
	.regs_writable = ENG_REGS_USER & ~ENG_BIT(ENG_CS),
};

static const struct eng_abi abi64 = {
	"x86-64", ENG_RAX, ENG_RAX, { ENG_RDI, ENG_RSI, ENG_RDX, ENG_R10, ENG_R8, ENG_R9 }, 64
};
static const struct eng_abi abi_stack = {
	"i386", ENG_RAX, ENG_RAX, { ENG_RBX, ENG_RBP, ENG_RDX, ENG_RSI, ENG_RDI, ENG_ARG_STACK }, 32
};
static const struct eng_abi abi32 = {
	"i386", ENG_RAX, ENG_RAX, { ENG_RBX, ENG_RCX, ENG_RDX, ENG_RSI, ENG_RDI, ENG_RBP }, 32
};

/* Everything that a run needs; each test has its own process, so one of each is enough. */
static u64 slots[64];
static struct eng_globals globals = { slots, 64 };
static struct eng_vm *vm;
static struct eng_fault fault;
static struct eng_ctx ctx;

static inline struct eng_vm *world_vm(u64 budget)
{
	if (!vm)
		vm = malloc(eng_vm_size());
	eng_vm_init(vm, &world_host, &globals, budget);
	return vm;
}

static inline void world_ctx(const struct eng_abi *abi)
{
	memset(&ctx, 0, sizeof(ctx));
	ctx.abi = abi;
	ctx.pid = 0x100;
	ctx.tid = 0x101;
	for (u32 i = 0; i < ENG_NREGS; i++)
		world.regs[i] = 0x1111111111111111ULL * (i % 16);
}

static inline enum eng_error kit_run_ev(struct kit *k, struct eng_event *ev, enum eng_stage stage)
{
	kit_build(k);
	memset(&fault, 0, sizeof(fault));
	return eng_run(world_vm(1000000), &k->prog, &ctx, ev, stage, &fault);
}

static inline enum eng_error kit_run(struct kit *k)
{
	return kit_run_ev(k, NULL, ENG_PRE);
}

static inline struct eng_event event(u32 id)
{
	return (struct eng_event){ .id = id,
				   .enabled = true,
				   .stages = ENG_STAGE_PRE,
				   .nr = ENG_ANY,
				   .pid = ENG_ANY,
				   .core = ENG_ANY };
}

#endif
