/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine.h - what happens at an event: firing contexts, hosts, armed events,
 * and the functions that run them.
 *
 * The engine keeps no state of its own. Everything it changes belongs to the
 * caller: the firing context, the armed events' counters, the globals.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base.h"
#include "builtins.h"
#include "program.h"
#include "regs.h"

/*
 * The engine's own address window. Its addresses are not canonical on x86-64,
 * with 4 or 5 paging levels, so no debuggee can have memory there:
 *
 *	 63      56 55      48 47                                0
 *	 | 0x5c    | segment  | byte offset in the segment       |
 */
#define ENG_WINDOW 0x5cULL
#define ENG_ADDR(seg, off) (ENG_WINDOW << 56 | (u64)(seg) << 48 | (u64)(off))
#define ENG_IS_ENGINE_ADDR(a) ((a) >> 56 == ENG_WINDOW)

enum eng_segment {
	ENG_SEG_DATA, /* the program's constant data; read-only */
	ENG_SEG_GLOBALS, /* global i at offset 8 * i */
	ENG_SEG_FRAME, /* frame memory of this run */
	ENG_SEG_BUFFER, /* the event's pre-allocated buffer */
	ENG_SEG_TEXT, /* texts of pseudo-registers; read-only */
};

enum eng_stage { ENG_PRE = 0, ENG_POST = 1 };
#define ENG_STAGE_PRE ENG_BIT(ENG_PRE)
#define ENG_STAGE_POST ENG_BIT(ENG_POST)

enum eng_kind { ENG_EV_SYSCALL, ENG_EV_SYSRET, ENG_NKINDS };

#define ENG_ARG_STACK 0xff /* an argument at the top of the user's 32-bit stack */

/* A calling convention: where a system call keeps its number, arguments and result. */
struct eng_abi {
	const char *name; /* "x86-64", "i386", "x32" */
	u8 nr, ret; /* enum eng_reg */
	u8 arg[6]; /* enum eng_reg or ENG_ARG_STACK */
	u8 width; /* bits of an argument: 32 or 64 */
	u8 id; /* its place in struct eng_calls */
};

/* A set of calls: for each calling convention, by number (x32: without its bit). */
#define ENG_CALLS_ABIS 3
#define ENG_CALLS_MAX 512
struct eng_calls {
	u64 bit[ENG_CALLS_ABIS][ENG_CALLS_MAX / 64];
};

/*
 * A firing context: one thread at one stop. Registers are fetched when first
 * asked for (eng_host.load_regs) and written back once, by the host, from
 * @dirty, before the thread is resumed.
 *
 * At a system-call entry stage pre, ENG_RAX is the number of the call.
 */
struct eng_ctx {
	u64 reg[ENG_NREGS];
	u64 loaded, dirty; /* by enum eng_reg */
	const struct eng_abi *abi;
	u32 pid, tid;
	u32 core; /* valid once core_known */
	bool core_known;
	u64 nr; /* number of the call as the kernel gave it (filter, $context of !syscall) */
	u64 context; /* $context */
	/* answers of the events of this stop */
	bool skip; /* short-circuit */
	bool ret_set; /* $syscall_return was assigned before the call: */
	u64 ret; /* the result if, and only if, the call is short-circuited */
	bool brk; /* break into the debugger */
	u32 brk_event; /* which event asked first */
	u8 kind; /* enum eng_kind of this stop, for `?`, which has no event */
	void *target; /* the host's own handle of the thread */
	u64 result; /* what function 0 of the last program run returned (SCR_EXPRESSION) */
};

enum eng_error {
	ENG_OK,
	ENG_E_ADDR, /* bad address: values = address, length */
	ENG_E_DIV, /* division by zero, MIN / -1: values = the operands */
	ENG_E_SHIFT, /* shift count: values = count, width */
	ENG_E_BOUND, /* array index: values = index, bound */
	ENG_E_BUDGET, /* instruction budget used up */
	ENG_E_STACK, /* call depth or stack used up */
	ENG_E_DEADLOCK, /* spinlock that nobody can release: values = address, or number of a map
			   and ENG_SUBJECT_MAP */
	ENG_E_REG, /* register not readable or writable here: values = enum eng_reg */
	ENG_E_UNSUPPORTED, /* the host cannot do this: values = number, enum eng_subject */
	ENG_E_STAGE, /* not in this stage: values = number, enum eng_subject */
	ENG_E_ATOMIC, /* atomic access to debuggee or misaligned memory: values = address */
	ENG_E_COUNT, /* memcpy of 0 bytes */
	ENG_E_MAP, /* no memory for a map, or another shape: values = its number */
	ENG_E_FLOAT, /* floating-point result out of range: values = operands, as doubles */
	ENG_E_FDIV, /* floating-point division by zero: likewise */
	ENG_E_FNAN, /* operand is an infinity or a NaN: likewise */
	ENG_E_EVENT, /* only in the script of an event: values = number, enum eng_subject */
	ENG_E_FCONV, /* does not fit into the integer: values = the double, bits */
	ENG_E_SLEEP, /* microsleep() beyond what the host allows: values = asked, allowed */
	ENG_E_INVOKE, /* the target did not make the call: values = its number, -errno */
	ENG_NERRORS
};

/* What the number in a fault's value[0] counts. */
enum eng_subject { ENG_SUBJECT_PSEUDO, ENG_SUBJECT_BUILTIN, ENG_SUBJECT_MAP };

/* "division by zero" ...; never NULL. */
const char *eng_error_text(enum eng_error e);

struct eng_fault {
	enum eng_error code;
	u32 pc, line;
	u64 value[2];
};

/* The error with its values, "bad address: 1000, length 8"; the length it has or would have. */
size_t eng_fault_text(const struct eng_fault *fault, char *buf, size_t size);

struct eng_event;

enum eng_msg_kind {
	ENG_MSG_TEXT, /* text of print and printf */
	ENG_MSG_FAULT, /* a script error: fault is set, text is not */
	ENG_MSG_CODE, /* custom code was ended by its guard: text says why */
};

/* A message: borrowed memory, valid during emit() only. */
struct eng_msg {
	enum eng_msg_kind kind;
	const struct eng_event *event; /* NULL for `?` */
	u32 pid, tid;
	u8 stage;
	u64 time; /* host's clock, ns; 0 if the host has none */
	const char *text;
	u32 len;
	const struct eng_fault *fault;
};

enum eng_request { ENG_REQ_ENABLE, ENG_REQ_DISABLE, ENG_REQ_CLEAR, ENG_REQ_FLUSH };

/* Which piece of custom code of an event to run. */
enum eng_code { ENG_CODE_CONDITION, ENG_CODE_ACTION };

/*
 * A host: what the engine asks of the world. All functions get the context, and
 * through ctx->target the host's own state. No function may free or change an
 * armed event during a firing; requests are carried out when it is over.
 */
struct eng_host {
	/*
	 * Fetch at least the registers of @mask into ctx->reg and set their bits in
	 * ctx->loaded; dirty ones are not overwritten. False: not available here.
	 */
	bool (*load_regs)(struct eng_ctx *ctx, u64 mask);
	/* Copy debuggee memory. Number of bytes copied, short at the first unreadable one. */
	size_t (*read_mem)(struct eng_ctx *ctx, u64 addr, void *dst, size_t len);
	size_t (*write_mem)(struct eng_ctx *ctx, u64 addr, const void *src, size_t len);
	/* Value of a pseudo-register that the engine does not know itself. False: none here. */
	bool (*pseudo)(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value);
	/* Text of a TEXT pseudo-register, NUL-terminated, into @buf. */
	bool (*text)(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size);
	u64 (*clock)(struct eng_ctx *ctx); /* ns, monotonic */
	void (*emit)(struct eng_ctx *ctx, const struct eng_msg *msg);
	void (*request)(struct eng_ctx *ctx, enum eng_request what, u64 event);
	/*
	 * Run custom code on a copy of the registers. Returns false when the guard ended
	 * it (the host has then told the user and requested that the event be disabled).
	 * @result: what the code returned in rax.
	 */
	bool (*run_code)(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which,
			 u64 *result);
	/*
	 * Spinlocks, where others run meanwhile: set bit 0 of @lock, pausing at most @ceiling
	 * spins between two looks, or return false when whoever has it will not give it back.
	 * The host bounds the wait, the budget does not. Both NULL: nobody else runs.
	 */
	bool (*lock)(struct eng_ctx *ctx, u32 *lock, u32 ceiling);
	void (*unlock)(struct eng_ctx *ctx, u32 *lock);
	/* Columns of the terminal that shows what @ev (NULL: `?`) prints; 0 or NULL: none. */
	u32 (*columns)(struct eng_ctx *ctx, const struct eng_event *ev);
	/* Physical memory; NULL where there is none to reach. Bytes copied, as read_mem. */
	size_t (*read_phys)(struct eng_ctx *ctx, u64 pa, void *dst, size_t len);
	size_t (*write_phys)(struct eng_ctx *ctx, u64 pa, const void *src, size_t len);
	/* Physical address of a virtual one in the thread's address space; false: not present. */
	bool (*to_phys)(struct eng_ctx *ctx, u64 addr, u64 *pa);
	/* Where physical memory can be read; false: nowhere. */
	bool (*from_phys)(struct eng_ctx *ctx, u64 pa, u64 *addr);
	/*
	 * The argument registers are to be changed for this one call: the program gets them back
	 * when it returns. NULL: no call can be hijacked here.
	 */
	void (*keep_args)(struct eng_ctx *ctx);
	/* A system call of the thread's own; false: not made, *@result is a negative errno. */
	bool (*invoke)(struct eng_ctx *ctx, u64 nr, const u64 arg[6], s64 *result);
	u64 regs_readable, regs_writable; /* storage registers, by bit */
	/*
	 * An event is disabled when so many of its runs have ended by their budget or a
	 * deadlock, where such a run stands in the way of more than its debuggee. 0: never.
	 */
	u32 spent_max;
	/*
	 * Microseconds that microsleep() may take in one run, all calls of it together: waiting
	 * costs as much of the budget as it takes of them. 0: no limit but the budget.
	 */
	u32 sleep_max;
	bool skips_returns; /* a return can be short-circuited, too */
};

/* What a target lets scripts use; the compiler refuses the rest by name. */
struct eng_caps {
	const char *target; /* "process" */
	char letter; /* 'P', in the built-ins' targets column */
	u64 regs_readable, regs_writable;
	u64 pseudo; /* enum eng_pseudo, by bit */
};

extern const struct eng_caps eng_caps_process, eng_caps_machine; /* caps.c */

/*
 * An armed event. Data only; owner is whoever armed it. Filters: ENG_ANY means all.
 */
#define ENG_ANY (~0ULL)
#define ENG_IN_CALLS 0xfffffffeULL /* no call has this number: ev->calls says which ones */
#define ENG_TOLD_MAX 16

struct eng_event {
	u32 id; /* number; tag = id + ENG_TAG */
	u8 kind; /* enum eng_kind */
	u8 stages; /* ENG_STAGE_* */
	bool enabled;
	union {
		struct {
			bool sc; /* short-circuit by default */
			bool brk; /* action: break */
			bool has_condition, has_code; /* custom code exists; the host runs it */
		};
		u32 more; /* any of them: more than a script */
	};
	u64 nr; /* number of the call, low 32 bits compared; or ENG_ANY, ENG_IN_CALLS */
	const struct eng_abi *abi; /* NULL: any */
	const struct eng_calls *calls; /* ENG_IN_CALLS: which */
	u64 pid, core; /* or ENG_ANY */
	const struct eng_program *prog; /* NULL: no script */
	u8 *buffer; /* pre-allocated buffer */
	u64 buffer_size;
	void *owner; /* the debugger's own record */
	/* counters */
	u64 fired, condition_false, faults, dropped;
	/* places whose script error or warning was said already; repeats only count */
	u64 told[ENG_TOLD_MAX];
	u32 ntold;
	u32 spent; /* runs that ended by budget or deadlock */
};

/* Is this place's error, or warning, to be said for this event? Once for each; full: no more. */
bool eng_tell_once(struct eng_event *ev, u32 code, u32 pc);

#define ENG_TAG 0x1000000u

/* Where the globals live: memory of the host, one 64-bit slot each. */
struct eng_globals {
	u64 *slot;
	u32 nslots;
};

/*
 * Working memory of one run at a time: stacks and the print buffer. Big; one per
 * CPU or per debugger. Opaque but for its size. A kernel has one for each CPU, in memory
 * that is never swapped, so it gets less.
 */
#ifdef __KERNEL__
#define ENG_STACK_REGS 8192
#define ENG_STACK_MEM (256u << 10)
#define ENG_STACK_CALLS 512
#else
#define ENG_STACK_REGS 16384
#define ENG_STACK_MEM (1u << 20)
#define ENG_STACK_CALLS 1024
#endif
#define ENG_PRINT_MAX 4096
struct eng_vm;
size_t eng_vm_size(void);
void eng_vm_init(struct eng_vm *vm, const struct eng_host *host, struct eng_globals *globals,
		 u64 budget);
/* The session's maps; borrowed, may grow between runs. Without them maps are errors. */
void eng_vm_set_maps(struct eng_vm *vm, const struct eng_maps *maps);
/* Instructions that one run may execute; counted at jumps back and calls, never too few. */
void eng_vm_set_budget(struct eng_vm *vm, u64 budget);

/*
 * Run @prog in @ctx for @ev (NULL: `?`). Messages go to the host. On a script error
 * returns its code, fills @fault, and leaves the effects so far. Without @fault the error is
 * counted and told as @ev's.
 */
enum eng_error eng_run(struct eng_vm *vm, const struct eng_program *prog, struct eng_ctx *ctx,
		       struct eng_event *ev, enum eng_stage stage, struct eng_fault *fault);

/*
 * All events of @kind and @stage at one stop, in order of their numbers:
 * filter, condition, script, custom code, break. @evs is sorted by number.
 * Results: ctx->skip, ctx->brk, ctx->dirty, messages. Returns how many fired.
 */
u32 eng_fire(struct eng_vm *vm, struct eng_event *const *evs, u32 nevs, enum eng_kind kind,
	     enum eng_stage stage, struct eng_ctx *ctx);

#endif
