/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm.h - the inside of the interpreter, for the engine's own files.
 *
 * Nobody outside src/engine may include it, but for tests.
 */
#ifndef ENGINE_VM_H
#define ENGINE_VM_H

#include "engine.h"

#define ENG_TEXT_SIZE 64 /* of one text of a pseudo-register */
#define ENG_NTEXTS 3
#define ENG_STRING_MAX 65536 /* bytes that one %s prints at most */
#define ENG_PAGE 4096
#define ENG_BUDGET_MAX (1ULL << 62)

/* What instructions beyond themselves cost, in units of the budget. */
#define ENG_COST_BUILTIN 16
#define ENG_COST_FLOAT 256 /* a floating-point number in decimal */
#define ENG_COST_HOST 32 /* one access to debuggee memory */

struct eng_call {
	const struct eng_insn *ip; /* the CALL */
	const struct eng_func *fn; /* the caller */
};

struct eng_vm {
	const struct eng_host *host;
	const struct eng_globals *globals; /* without any, and so for maps: none of them */
	const struct eng_maps *maps;
	s64 budget;
	/* the current run */
	s64 left; /* of the budget */
	const struct eng_program *prog;
	struct eng_ctx *ctx;
	struct eng_event *ev; /* NULL: `?` */
	u8 kind, stage;
	const struct eng_insn *ip; /* current at calls out of the interpreter's loop */
	u64 frame_top; /* bytes of @mem that belong to live frames */
	u64 value[2]; /* of the fault */
	u32 nprint;
	u64 reg[ENG_STACK_REGS]; /* those of a small script lie beside what is above */
	char text[ENG_NTEXTS][ENG_TEXT_SIZE];
	char print[ENG_PRINT_MAX];
	struct eng_call call[ENG_STACK_CALLS];
	u8 mem[ENG_STACK_MEM] __attribute__((aligned(8)));
};

static inline enum eng_error eng_fail(struct eng_vm *vm, enum eng_error code, u64 v0, u64 v1)
{
	vm->value[0] = v0;
	vm->value[1] = v1;
	return code;
}

/* Takes @cost off the budget; false when it is used up. */
static inline bool eng_charge(struct eng_vm *vm, u64 cost)
{
	vm->left -= cost > (1ULL << 60) ? (s64)(1ULL << 60) : (s64)cost;
	return vm->left >= 0;
}

/* True when the run is at the entry of a system call, before anything was done. */
static inline bool eng_before_call(const struct eng_vm *vm)
{
	return vm->kind == ENG_EV_SYSCALL && vm->stage == ENG_PRE;
}

/* memory.c */
/* Memory at a window address and how much of it follows; NULL: no such memory. */
u8 *eng_window(struct eng_vm *vm, u64 addr, u64 *avail, bool write);

/* The same for an address of constant data, without a call; NULL: none. */
static inline const u8 *eng_constant(const struct eng_vm *vm, u64 addr, u64 *avail)
{
	u64 off = addr - ENG_ADDR(ENG_SEG_DATA, 0), size = vm->prog->image->ndata;

	if (off >= size)
		return NULL;
	*avail = size - off;
	return vm->prog->data + off;
}

/* Copy between any address and @buf; false: bad address (the fault's values are set). */
bool eng_read(struct eng_vm *vm, u64 addr, void *buf, u32 len);
bool eng_write(struct eng_vm *vm, u64 addr, const void *buf, u32 len);
enum eng_error eng_copy(struct eng_vm *vm, u64 dst, u64 src, u64 len);
/* The same for physical addresses; the host has read_phys and write_phys. */
bool eng_read_phys(struct eng_vm *vm, u64 pa, void *buf, u32 len);
bool eng_write_phys(struct eng_vm *vm, u64 pa, const void *buf, u32 len);
enum eng_error eng_copy_phys(struct eng_vm *vm, u64 dst, u64 src, u64 len);

/* A sequential read of memory that may end anywhere; never reads past a page that it needs. */
struct eng_reader {
	struct eng_vm *vm;
	u64 addr; /* of the next chunk */
	const u8 *at; /* this chunk: in the window itself, or in @buf */
	u32 pos, len;
	u8 buf[256];
};

void eng_reader_init(struct eng_reader *r, struct eng_vm *vm, u64 addr);
/* Makes the next chunk the current one; false: not readable, and then it is empty. */
bool eng_reader_refill(struct eng_reader *r);

/* The next byte, or -1: not readable. */
static inline int eng_reader_byte(struct eng_reader *r)
{
	if (r->pos == r->len && !eng_reader_refill(r))
		return -1;
	return r->at[r->pos++];
}

/* The next 16-bit unit, or -1. */
int eng_reader_wide(struct eng_reader *r);

/* pseudo.c */
/* Fetches a register that is not loaded. */
enum eng_error eng_reg_load(struct eng_vm *vm, u32 reg);
static inline u64 eng_width_mask(u32 width)
{
	return width == 64 ? ~0ULL : (1ULL << width) - 1;
}

static inline bool eng_reg_loaded(const struct eng_vm *vm, const struct eng_reg_name *n)
{
	return vm->ctx->loaded & ENG_BIT(n->reg);
}

/* Of a register that is loaded. */
static inline u64 eng_reg_part(const struct eng_vm *vm, const struct eng_reg_name *n)
{
	return vm->ctx->reg[n->reg] >> n->shift & eng_width_mask(n->width);
}

static inline enum eng_error eng_reg_read(struct eng_vm *vm, const struct eng_reg_name *n, u64 *v)
{
	if (!eng_reg_loaded(vm, n)) {
		enum eng_error e = eng_reg_load(vm, n->reg);

		if (e)
			return e;
	}
	*v = eng_reg_part(vm, n);
	return ENG_OK;
}

enum eng_error eng_reg_write(struct eng_vm *vm, const struct eng_reg_name *n, u64 v);
enum eng_error eng_pseudo_read(struct eng_vm *vm, enum eng_pseudo id, u64 *v);
enum eng_error eng_pseudo_write(struct eng_vm *vm, enum eng_pseudo id, u64 v);
/* Number of the CPU; false when the host does not know it. */
bool eng_core(const struct eng_host *host, struct eng_ctx *ctx, u64 *core);

/* builtin.c: arguments in @arg, result to @arg[0] */
enum eng_error eng_builtin_call(struct eng_vm *vm, enum eng_builtin id, u64 *arg);

/*
 * Spinlocks of scripts, and of maps. @ceiling: of the pause between two looks; @addr is what
 * the fault names when waiting is of no use.
 */
#define ENG_SPIN_MAX 65536

static inline enum eng_error eng_lock(struct eng_vm *vm, u32 *lock, u32 ceiling, u64 addr)
{
	const struct eng_host *host = vm->host;

	if (host->lock ? !host->lock(vm->ctx, lock, ceiling) : *lock & 1)
		return eng_fail(vm, ENG_E_DEADLOCK, addr, 0);
	/* nobody else runs meanwhile: a plain store does what costs 20 times as much */
	if (!host->lock)
		*lock |= 1;
	return ENG_OK;
}

static inline void eng_unlock(struct eng_vm *vm, u32 *lock)
{
	if (vm->host->unlock)
		vm->host->unlock(vm->ctx, lock);
	else
		*lock = 0;
}

/* map.c: key and value in @arg, result to @arg[0] */
enum eng_error eng_map_run(struct eng_vm *vm, enum eng_map_op op, u32 map, u64 *arg);
/* The number that is kept in entry @i; what it is sorted by. */
s64 eng_map_number(const struct eng_map *m, u32 i);
/* map_print.c */
enum eng_error eng_map_print(struct eng_vm *vm, struct eng_map *m, u32 number, const char *name);

/* @number, in the session, is what a fault names. Held for one operation or one printed entry. */
static inline enum eng_error eng_map_lock(struct eng_vm *vm, u32 *lock, u32 number)
{
	enum eng_error e = eng_lock(vm, lock, ENG_SPIN_MAX, 0);

	return ENG_UNLIKELY(e == ENG_E_DEADLOCK) ? eng_fail(vm, e, number, ENG_SUBJECT_MAP) : e;
}

/* strings.c */
enum eng_error eng_strlen(struct eng_vm *vm, u64 s, bool wide, u64 *result);
enum eng_error eng_strcmp(struct eng_vm *vm, u64 s, u64 t, u64 max, bool wide, bool stop_at_nul,
			  u64 *result);

/* print.c */
enum eng_error eng_printf(struct eng_vm *vm, const char *format, const char *end, const u64 *arg);
void eng_print_char(struct eng_vm *vm, char c);
void eng_print_str(struct eng_vm *vm, const char *s);
void eng_print_num(struct eng_vm *vm, u64 v, u32 base);
/* Sends what was printed. */
void eng_print_flush(struct eng_vm *vm);

/* fire.c */
/* The run of vm->ev's script has failed. */
void eng_script_failed(const struct eng_vm *vm, const struct eng_fault *fault);
void eng_emit(const struct eng_host *host, struct eng_ctx *ctx, struct eng_event *ev,
	      struct eng_msg *msg);

#endif
