/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm.c - the interpreter: runs programs that the verifier has accepted.
 *
 * What the verifier has proved (operands, jump targets, windows of calls) is not
 * tested again here; what depends on values (addresses, divisors, depth, budget) is.
 * Nothing here may run an image that eng_verify() has not seen.
 */
#include "softfloat.h"
#include "vm.h"

static u64 extend(u64 v, u8 ext)
{
	switch (ext) {
	case ENG_U8:
		return (u8)v;
	case ENG_S8:
		return (u64)(s8)v;
	case ENG_U16:
		return (u16)v;
	case ENG_S16:
		return (u64)(s16)v;
	case ENG_U32:
		return (u32)v;
	case ENG_S32:
		return (u64)(s32)v;
	default:
		return v;
	}
}

static u32 ext_size(u8 ext)
{
	return 1u << (ext >> 1);
}

/* By cases, so that each becomes one instruction. */
static u64 fetch(const u8 *p, u8 ext)
{
	u64 v = 0;

	switch (ext_size(ext)) {
	case 1:
		memcpy(&v, p, 1);
		break;
	case 2:
		memcpy(&v, p, 2);
		break;
	case 4:
		memcpy(&v, p, 4);
		break;
	default:
		memcpy(&v, p, 8);
		break;
	}
	return extend(v, ext);
}

static void store(u8 *p, u64 v, u8 ext)
{
	switch (ext_size(ext)) {
	case 1:
		memcpy(p, &v, 1);
		break;
	case 2:
		memcpy(p, &v, 2);
		break;
	case 4:
		memcpy(p, &v, 4);
		break;
	default:
		memcpy(p, &v, 8);
		break;
	}
}

/* Arrays of the script itself are most of what is loaded and stored: no call for them. */
static inline u8 *frame_memory(struct eng_vm *vm, u64 addr, u8 ext)
{
	u64 off = addr - ENG_ADDR(ENG_SEG_FRAME, 0), top = vm->frame_top;

	return off < top && top - off >= ext_size(ext) ? vm->mem + off : NULL;
}

static bool load_memory(struct eng_vm *vm, u64 addr, u8 ext, u64 *v)
{
	u64 avail, raw = 0;

	if (ENG_LIKELY(ENG_IS_ENGINE_ADDR(addr))) {
		const u8 *p = eng_window(vm, addr, &avail, false);

		if (p && avail >= ext_size(ext)) {
			*v = fetch(p, ext);
			return true;
		}
	}
	if (!eng_read(vm, addr, &raw, ext_size(ext)))
		return false;
	*v = extend(raw, ext);
	return true;
}

static bool store_memory(struct eng_vm *vm, u64 addr, u64 v, u8 ext)
{
	u64 avail;

	if (ENG_LIKELY(ENG_IS_ENGINE_ADDR(addr))) {
		u8 *p = eng_window(vm, addr, &avail, true);

		if (p && avail >= ext_size(ext)) {
			store(p, v, ext);
			return true;
		}
	}
	return eng_write(vm, addr, &v, ext_size(ext));
}

/* The empty statement keeps compilers from making a call to memset of a few stores. */
static inline void zero_registers(u64 *p, const u64 *end)
{
	for (; p < end; p++) {
		*p = 0;
		__asm__ volatile("" : "+r"(p));
	}
}

static inline s32 sbc(const struct eng_insn *ip)
{
	return (s16)(ip->b | ip->c << 8);
}

#define A R[ip->a]
#define B R[ip->b]
#define C R[ip->c]
#define I ((u64)(s64)ip->imm)
#define SB ((s64)B)
#define SC ((s64)C)

#define DISPATCH() goto *label[ip->op]
#define NEXT()              \
	do {                \
		ip++;       \
		DISPATCH(); \
	} while (0)
/*
 * Where no jump may be predicted from a table (a kernel's retpolines), a jump to a place in a
 * register costs as much as two instructions of a script: what mostly comes next there, in
 * scripts that count, is compared first.
 */
#ifdef __KERNEL__
#define DISPATCH_MOSTLY(id)                            \
	do {                                           \
		if (ENG_LIKELY(ip->op == ENG_OP_##id)) \
			goto op_##id;                  \
		DISPATCH();                            \
	} while (0)
#else
#define DISPATCH_MOSTLY(id) DISPATCH()
#endif
#define NEXT_MOSTLY(id)              \
	do {                         \
		ip++;                \
		DISPATCH_MOSTLY(id); \
	} while (0)
#define FAIL(call)          \
	do {                \
		e = (call); \
		goto fault; \
	} while (0)
/* A jump backward pays for what it lets run again; a jump forward adds 0. */
#define JUMP_IF(cond)                               \
	do {                                        \
		if (cond) {                         \
			s64 far = ip->imm;          \
			left += far & (far >> 63);  \
			if (ENG_UNLIKELY(left < 0)) \
				FAIL(ENG_E_BUDGET); \
			ip += far;                  \
		}                                   \
		NEXT();                             \
	} while (0)
#define BINARY(id, value)      \
	op_##id : A = (value); \
	NEXT()
/* Floating point leaves the target as it was when it fails. */
#define FLOAT(call, bad)             \
	do {                         \
		e = (call);          \
		if (ENG_UNLIKELY(e)) \
			goto bad;    \
		NEXT();              \
	} while (0)
#define FCOMPARE(op)                                            \
	do {                                                    \
		e = eng_fp_compare(B, C, (u32)ip->imm, &order); \
		if (ENG_UNLIKELY(e))                            \
			goto bad_float;                         \
		A = order op 0;                                 \
		NEXT();                                         \
	} while (0)
#define WIDEN(v) eng_fp_widen(v, (u32)ip->imm)
/* Calls out of the loop see the instruction and the budget, and may lower that. */
#define OUTSIDE(call)                       \
	do {                                \
		vm->ip = ip;                \
		vm->left = left;            \
		e = (call);                 \
		left = vm->left;            \
		if (ENG_UNLIKELY(e))        \
			goto fault;         \
		if (ENG_UNLIKELY(left < 0)) \
			FAIL(ENG_E_BUDGET); \
		NEXT();                     \
	} while (0)

/* @fault: where to, or NULL: the event's affair. */
static ENG_NOINLINE void failed(const struct eng_vm *vm, enum eng_error e, struct eng_fault *fault)
{
	u32 pc = (u32)(vm->ip - vm->prog->code);
	struct eng_fault own;
	bool tell = !fault;

	if (tell)
		fault = &own;
	*fault = (struct eng_fault){ .code = e,
				     .pc = pc,
				     .line = vm->prog->lines[pc] & ENG_LINE_MASK };
	if (e != ENG_E_BUDGET && e != ENG_E_STACK) {
		fault->value[0] = vm->value[0];
		fault->value[1] = vm->value[1];
	}
	if (tell)
		eng_script_failed(vm, fault);
}

/*
 * Budget: entering a function pays for all its instructions, a return gives back those
 * behind it, and a jump backward pays its distance. So what was paid is at every moment
 * at least what was executed.
 */
ENG_HOT enum eng_error eng_run(struct eng_vm *vm, const struct eng_program *prog,
			       struct eng_ctx *ctx, struct eng_event *ev, enum eng_stage stage,
			       struct eng_fault *fault)
{
	/* clang-format off */
	static const void *const label[ENG_NOPS] ENG_JUMP_TABLE = {
#define X(id, format, meaning) [ENG_OP_##id] = &&op_##id,
		ENG_OPCODES(X)
#undef X
	};
	/* clang-format on */
	const struct eng_insn *ip = prog->code;
	const struct eng_func *fn = prog->funcs;
	struct eng_call *call = vm->call;
	u64 *R = vm->reg, *slot = vm->globals->slot;
	u8 *mem = vm->mem; /* of this frame */
	s64 left = vm->budget - fn->len;
	u32 size = fn->mem;
	enum eng_error e;
	u8 *at;
	s32 order;

	vm->prog = prog;
	vm->ctx = ctx;
	vm->ev = ev;
	vm->kind = ev ? ev->kind : ctx->kind;
	vm->stage = (u8)stage;
	vm->nprint = 0;
	vm->frame_top = size;
	if (ENG_UNLIKELY(prog->image->nglobals > vm->globals->nslots))
		FAIL(eng_fail(vm, ENG_E_ADDR, ENG_ADDR(ENG_SEG_GLOBALS, 8ULL * vm->globals->nslots),
			      8));
	if (ENG_UNLIKELY(size)) {
		if (size > ENG_STACK_MEM)
			FAIL(ENG_E_STACK);
		left -= size >> 3;
		if (left >= 0)
			memset(mem, 0, size);
	}
	if (ENG_UNLIKELY(left < 0))
		FAIL(ENG_E_BUDGET);
	zero_registers(R, R + fn->nregs);
	DISPATCH_MOSTLY(LDG);

	/* clang-format off */
op_NOP:	NEXT();
	BINARY(MOV, B);
	BINARY(LDI, I);
	BINARY(LDK, prog->consts[ip->imm]);
op_LDG:	A = __atomic_load_n(&slot[ip->imm], __ATOMIC_RELAXED);
	NEXT_MOSTLY(ADDI);
op_STG:	__atomic_store_n(&slot[ip->imm], A, __ATOMIC_RELAXED);
	NEXT_MOSTLY(END);
	BINARY(LEAG, ENG_ADDR(ENG_SEG_GLOBALS, 8 * I));
	BINARY(LEAF, ENG_ADDR(ENG_SEG_FRAME, (u64)(mem - vm->mem) + I));
	BINARY(LEAO, ENG_ADDR(ENG_SEG_DATA, I));
	BINARY(EXT, extend(B, ip->c));
	BINARY(ADD, B + C);
	BINARY(SUB, B - C);
	BINARY(MUL, B * C);
	BINARY(AND, B & C);
	BINARY(OR, B | C);
	BINARY(XOR, B ^ C);
op_ADDI: A = B + I;
	NEXT_MOSTLY(STG);
	BINARY(MULI, B * I);
	BINARY(ANDI, B & I);
	BINARY(ORI, B | I);
	BINARY(XORI, B ^ I);
	BINARY(SHLI, B << ip->imm);
	BINARY(SHRSI, (u64)(SB >> ip->imm));
	BINARY(SHRUI, B >> ip->imm);
	BINARY(NEG, -B);
	BINARY(NOT, ~B);
	BINARY(LNOT, B == 0);
	BINARY(BOOL, B != 0);
	BINARY(SEQ, B == C);
	BINARY(SNE, B != C);
	BINARY(SLTS, SB < SC);
	BINARY(SLES, SB <= SC);
	BINARY(SLTU, B < C);
	BINARY(SLEU, B <= C);
	/* clang-format on */

op_SHL:
	if (ENG_UNLIKELY(C >= I))
		goto bad_shift;
	A = B << C;
	NEXT();
op_SHRS:
	if (ENG_UNLIKELY(C >= I))
		goto bad_shift;
	A = (u64)(SB >> C);
	NEXT();
op_SHRU:
	if (ENG_UNLIKELY(C >= I))
		goto bad_shift;
	A = B >> C;
	NEXT();

op_DIVS:
	if (ENG_UNLIKELY(!C || (C == ~0ULL && B == 1ULL << 63)))
		goto bad_division;
	A = (u64)(SB / SC);
	NEXT();
op_DIVU:
	if (ENG_UNLIKELY(!C))
		goto bad_division;
	A = B / C;
	NEXT();
op_REMS:
	if (ENG_UNLIKELY(!C || (C == ~0ULL && B == 1ULL << 63)))
		goto bad_division;
	A = (u64)(SB % SC);
	NEXT();
op_REMU:
	if (ENG_UNLIKELY(!C))
		goto bad_division;
	A = B % C;
	NEXT();

	/* clang-format off */
op_J:	 JUMP_IF(true);
op_JZ:	 JUMP_IF(A == 0);
op_JNZ:	 JUMP_IF(A != 0);
op_JEQ:	 JUMP_IF(A == B);
op_JNE:	 JUMP_IF(A != B);
op_JLTS: JUMP_IF((s64)A < SB);
op_JLES: JUMP_IF((s64)A <= SB);
op_JLTU: JUMP_IF(A < B);
op_JLEU: JUMP_IF(A <= B);
op_JEQI: JUMP_IF((s64)A == sbc(ip));
op_JNEI: JUMP_IF((s64)A != sbc(ip));
op_JLTSI: JUMP_IF((s64)A < sbc(ip));
op_JLESI: JUMP_IF((s64)A <= sbc(ip));
op_JGTSI: JUMP_IF((s64)A > sbc(ip));
op_JGESI: JUMP_IF((s64)A >= sbc(ip));
	/* clang-format on */

op_LDREG:
	if (ENG_LIKELY(eng_reg_loaded(vm, &eng_reg_names[ip->imm]))) {
		A = eng_reg_part(vm, &eng_reg_names[ip->imm]);
		NEXT();
	}
	OUTSIDE(eng_reg_read(vm, &eng_reg_names[ip->imm], &A));
op_STREG:
	OUTSIDE(eng_reg_write(vm, &eng_reg_names[ip->imm], A));
op_LDPS:
	OUTSIDE(eng_pseudo_read(vm, (enum eng_pseudo)ip->imm, &A));
op_STPS:
	OUTSIDE(eng_pseudo_write(vm, (enum eng_pseudo)ip->imm, A));
op_LD:
	at = frame_memory(vm, B + I, ip->c);
	if (ENG_LIKELY(at)) {
		A = fetch(at, ip->c);
		NEXT();
	}
	OUTSIDE(load_memory(vm, B + I, ip->c, &A) ? ENG_OK : ENG_E_ADDR);
op_ST:
	at = frame_memory(vm, A + I, ip->c);
	if (ENG_LIKELY(at)) {
		store(at, B, ip->c);
		NEXT();
	}
	OUTSIDE(store_memory(vm, A + I, B, ip->c) ? ENG_OK : ENG_E_ADDR);
op_COPY:
	OUTSIDE(eng_copy(vm, A, B, I));
op_BUILTIN:
	OUTSIDE(eng_builtin_call(vm, (enum eng_builtin)ip->imm, &A));
op_MAP:
	OUTSIDE(eng_map_run(vm, (enum eng_map_op)ip->c, (u32)ip->imm, &A));
op_PRINTF:
	OUTSIDE(eng_printf(vm, (const char *)prog->data + ip->imm,
			   (const char *)prog->data + prog->image->ndata, &A));

op_LDF:
	A = fetch(mem + ip->imm, ip->c);
	NEXT();
op_STF:
	store(mem + ip->imm, A, ip->c);
	NEXT();
op_ZEROF:
	memset(mem + ip->imm, 0, (size_t)sbc(ip));
	left -= sbc(ip) >> 3;
	if (ENG_UNLIKELY(left < 0))
		FAIL(ENG_E_BUDGET);
	NEXT();
op_BOUND:
	if (ENG_UNLIKELY(A >= I))
		FAIL(eng_fail(vm, ENG_E_BOUND, A, I));
	NEXT();

/* clang-format off */
op_CALL: {
	/* clang-format on */
	const struct eng_func *callee = &prog->funcs[ip->imm];
	u64 *frame = &A;

	if (ENG_UNLIKELY(frame + callee->nregs > vm->reg + ENG_STACK_REGS ||
			 call == vm->call + ENG_STACK_CALLS ||
			 mem + fn->mem + callee->mem > vm->mem + ENG_STACK_MEM))
		FAIL(ENG_E_STACK);
	left -= callee->len + (callee->nregs >> 2) + (callee->mem >> 3);
	if (ENG_UNLIKELY(left < 0))
		FAIL(ENG_E_BUDGET);
	zero_registers(frame + callee->nparams, frame + callee->nregs);
	mem += fn->mem;
	if (callee->mem) {
		memset(mem, 0, callee->mem);
		vm->frame_top = (u64)(mem - vm->mem) + callee->mem;
	}
	call->ip = ip;
	call->fn = fn;
	call++;
	R = frame;
	fn = callee;
	ip = prog->code + callee->entry;
	DISPATCH();
}

/* clang-format off */
op_RET: {
	/* clang-format on */
	u64 result = A;

	if (call == vm->call) {
		ctx->result = result;
		vm->left = left;
		return ENG_OK;
	}
	left += prog->code + fn->entry + fn->len - 1 - ip;
	call--;
	ip = call->ip;
	R[0] = result;
	R -= ip->a;
	if (fn->mem)
		vm->frame_top = (u64)(mem - vm->mem);
	fn = call->fn;
	mem -= fn->mem;
	NEXT();
}

op_END:
	ctx->result = 0;
	vm->left = left;
	return ENG_OK;

	/* clang-format off */
op_FADD: FLOAT(eng_fp_add(B, C, (u32)ip->imm, &A), bad_float);
op_FSUB: FLOAT(eng_fp_sub(B, C, (u32)ip->imm, &A), bad_float);
op_FMUL: FLOAT(eng_fp_mul(B, C, (u32)ip->imm, &A), bad_float);
op_FDIV: FLOAT(eng_fp_div(B, C, (u32)ip->imm, &A), bad_float);
	BINARY(FNEG, eng_fp_neg(B, (u32)ip->imm));
op_FSEQ: FCOMPARE(==);
op_FSLT: FCOMPARE(<);
op_FSLE: FCOMPARE(<=);
op_FCVT: FLOAT(eng_fp_convert(B, (u32)ip->imm, &A), bad_width);
op_FTOS: FLOAT(eng_fp_to_int(B, (u32)ip->imm, 8 * ext_size(ip->c), true, &A), bad_integer);
op_FTOU: FLOAT(eng_fp_to_int(B, (u32)ip->imm, 8 * ext_size(ip->c), false, &A), bad_integer);
	BINARY(STOF, eng_fp_from_int(B, true, (u32)ip->imm));
	BINARY(UTOF, eng_fp_from_int(B, false, (u32)ip->imm));
	/* clang-format on */

bad_float:
	FAIL(eng_fail(vm, e, WIDEN(B), WIDEN(C)));
bad_width:
	order = ip->imm == ENG_F64 ? ENG_F32 : ENG_F64;
	FAIL(eng_fail(vm, e, eng_fp_widen(B, (u32)order), eng_fp_widen(B, (u32)order)));
bad_integer:
	FAIL(eng_fail(vm, e, WIDEN(B), e == ENG_E_FCONV ? 8 * ext_size(ip->c) : WIDEN(B)));
bad_shift:
	FAIL(eng_fail(vm, ENG_E_SHIFT, C, I));
bad_division:
	FAIL(eng_fail(vm, ENG_E_DIV, B, C));
fault:
	vm->ip = ip;
	vm->left = left;
	failed(vm, e, fault);
	return e;
}

size_t eng_vm_size(void)
{
	return sizeof(struct eng_vm);
}

/* Instead of pointers that each run, or each operation, would have to test. */
static const struct eng_globals no_globals;
static const struct eng_maps no_maps;

void eng_vm_init(struct eng_vm *vm, const struct eng_host *host, struct eng_globals *globals,
		 u64 budget)
{
	vm->host = host;
	vm->globals = globals ? globals : &no_globals;
	vm->maps = &no_maps;
	eng_vm_set_budget(vm, budget);
	memset(vm->text, 0, sizeof(vm->text));
}

void eng_vm_set_maps(struct eng_vm *vm, const struct eng_maps *maps)
{
	vm->maps = maps ? maps : &no_maps;
}

void eng_vm_set_budget(struct eng_vm *vm, u64 budget)
{
	vm->budget = budget > ENG_BUDGET_MAX ? (s64)ENG_BUDGET_MAX : (s64)budget;
}
