/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * regs.c - registers of a stopped thread: fetched when first asked for, written back once.
 *
 * What a register means depends on where the thread stands:
 *  - before a call, rax is the number (the kernel keeps it in orig_rax and -ENOSYS in rax)
 *    and rip the address of the instruction (the kernel's rip is already behind it);
 *  - where a handler ended a call with EINTR, the registers are those in its frame.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "process.h"

#define R(name) offsetof(struct user_regs_struct, name)

static const u16 user_offset[ENG_CR0] = {
	[ENG_RAX] = R(rax),	    [ENG_RCX] = R(rcx),		[ENG_RDX] = R(rdx),
	[ENG_RBX] = R(rbx),	    [ENG_RSP] = R(rsp),		[ENG_RBP] = R(rbp),
	[ENG_RSI] = R(rsi),	    [ENG_RDI] = R(rdi),		[ENG_R8] = R(r8),
	[ENG_R9] = R(r9),	    [ENG_R10] = R(r10),		[ENG_R11] = R(r11),
	[ENG_R12] = R(r12),	    [ENG_R13] = R(r13),		[ENG_R14] = R(r14),
	[ENG_R15] = R(r15),	    [ENG_RIP] = R(rip),		[ENG_RFLAGS] = R(eflags),
	[ENG_CS] = R(cs),	    [ENG_SS] = R(ss),		[ENG_DS] = R(ds),
	[ENG_ES] = R(es),	    [ENG_FS] = R(fs),		[ENG_GS] = R(gs),
	[ENG_FS_BASE] = R(fs_base), [ENG_GS_BASE] = R(gs_base),
};

/* Registers that a signal frame keeps, by index of gregset_t. */
static const s8 frame_index[ENG_CS] = {
	[ENG_RAX] = REG_RAX, [ENG_RCX] = REG_RCX,    [ENG_RDX] = REG_RDX, [ENG_RBX] = REG_RBX,
	[ENG_RSP] = REG_RSP, [ENG_RBP] = REG_RBP,    [ENG_RSI] = REG_RSI, [ENG_RDI] = REG_RDI,
	[ENG_R8] = REG_R8,   [ENG_R9] = REG_R9,	     [ENG_R10] = REG_R10, [ENG_R11] = REG_R11,
	[ENG_R12] = REG_R12, [ENG_R13] = REG_R13,    [ENG_R14] = REG_R14, [ENG_R15] = REG_R15,
	[ENG_RIP] = REG_RIP, [ENG_RFLAGS] = REG_EFL,
};

/* The kernel has the number in orig_rax, and its rip is behind the instruction. */
static bool in_entry(const struct tgt_thread *th)
{
	return th->at == STOP_ENTRY || th->at == STOP_SECCOMP;
}

static bool before_call(const struct tgt_thread *th)
{
	return in_entry(th) || th->at == STOP_AGAIN;
}

bool regs_poke(const struct tgt_thread *th, size_t offset, u64 value)
{
	return !ptrace(PTRACE_POKEUSER, th->tid, offset, value);
}

bool regs_peek(const struct tgt_thread *th, size_t offset, u64 *value)
{
	errno = 0;
	*value = (u64)ptrace(PTRACE_PEEKUSER, th->tid, offset, 0);
	return !errno;
}

static void give(struct eng_ctx *ctx, unsigned reg, u64 value)
{
	ctx->reg[reg] = value;
	ctx->loaded |= ENG_BIT(reg);
}

void proc_context(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx)
{
	const struct __ptrace_syscall_info *info = &th->info;
	const struct eng_abi *abi = &abi_conventions[th->call.abi];

	ctx->loaded = ctx->dirty = 0;
	ctx->abi = abi;
	ctx->pid = th->proc ? th->proc->pid : th->tid;
	ctx->tid = th->tid;
	ctx->core_known = false;
	ctx->nr = ctx->context = th->call.nr;
	ctx->skip = ctx->ret_set = ctx->brk = false;
	ctx->target = th;
	if (before_call(th)) {
		give(ctx, ENG_RAX, info->entry.nr);
		give(ctx, ENG_RIP, info->instruction_pointer - 2);
		give(ctx, ENG_RSP, info->stack_pointer);
		for (unsigned i = 0; i < 6; i++)
			give(ctx, abi->arg[i], info->entry.args[i]);
	} else if (th->at == STOP_EXIT || th->at == STOP_HANDLER) {
		ctx->context = info->instruction_pointer;
		give(ctx, ENG_RAX, (u64)info->exit.rval);
		give(ctx, ENG_RIP, info->instruction_pointer);
		give(ctx, ENG_RSP, info->stack_pointer);
	}
}

static void load_one(struct eng_ctx *ctx, unsigned reg, u64 value)
{
	if (ctx->dirty & ENG_BIT(reg))
		return;
	give(ctx, reg, value);
}

static bool load_frame(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	greg_t saved[NGREG];

	if (proc_read_mem(&p->base, th, th->frame + offsetof(ucontext_t, uc_mcontext.gregs), saved,
			  sizeof(saved)) != sizeof(saved))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(frame_index); i++)
		load_one(ctx, i, (u64)saved[frame_index[i]]);
	return true;
}

static bool load_user(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	struct user_regs_struct r;
	u64 value;

	if (ptrace(PTRACE_GETREGS, th->tid, 0, &r))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(user_offset); i++) {
		memcpy(&value, (char *)&r + user_offset[i], sizeof(value));
		if (in_entry(th) && i == ENG_RAX)
			value = r.orig_rax;
		else if (in_entry(th) && i == ENG_RIP)
			value -= 2;
		if (th->at != STOP_HANDLER || i >= ARRAY_SIZE(frame_index))
			load_one(ctx, i, value);
	}
	return th->at != STOP_HANDLER || load_frame(p, th, ctx);
}

bool proc_load_regs(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, u64 mask)
{
	u64 missing = mask & ~(ctx->loaded | ctx->dirty), value;

	if ((mask & ~eng_caps_process.regs_readable) || !th->proc)
		return false;
	if ((missing & ENG_REGS_USER) && !load_user(proc_of(t), th, ctx))
		return false;
	for (unsigned i = ENG_DR0; i <= ENG_DR7; i++) {
		/* DR4 and DR5 do not exist; ours are numbered without the gap. */
		unsigned dr = i - ENG_DR0 + (i >= ENG_DR6 ? 2 : 0);

		if (!(missing >> i & 1))
			continue;
		if (!regs_peek(th, offsetof(struct user, u_debugreg) + 8 * dr, &value))
			return false;
		load_one(ctx, i, value);
	}
	return true;
}

/* The kernel keeps it where it was entered by a call, and -1 where by anything else. */
s64 proc_number(struct target *t, struct tgt_thread *th)
{
	u64 number;

	return th->proc && regs_peek(th, R(orig_rax), &number) ? (s64)number : -1;
}

static int store_failed(struct proc_target *p, const struct tgt_thread *th)
{
	int err = errno;

	if (err == ESRCH)
		return 0; /* killed: there is nothing left to change */
	return proc_fail(p, -err,
			 "registers of thread %u cannot be set: %s; a segment selector or base "
			 "address that the CPU does not accept is refused by the kernel",
			 th->tid, strerror(err));
}

static int store_frame(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	u64 at = th->frame + offsetof(ucontext_t, uc_mcontext.gregs);

	for (unsigned i = 0; i < ARRAY_SIZE(frame_index); i++)
		if (ctx->dirty >> i & 1)
			proc_write_mem(&p->base, th, at + 8 * (unsigned)frame_index[i],
				       &ctx->reg[i], 8);
	ctx->dirty &= ~(ENG_BIT(ENG_CS) - 1);
	return 0;
}

/* Three single writes cost as much as reading and writing the whole set. */
#define FEW 3

static int store_user(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	struct user_regs_struct r;
	u64 dirty = ctx->dirty & ENG_REGS_USER;
	bool many = __builtin_popcountll(dirty) > FEW;

	if (many && ptrace(PTRACE_GETREGS, th->tid, 0, &r))
		return store_failed(p, th);
	for (; dirty; dirty &= dirty - 1) {
		unsigned i = (unsigned)__builtin_ctzll(dirty);
		size_t off = user_offset[i];

		if (i == ENG_RAX && in_entry(th))
			off = R(orig_rax);
		if (many)
			memcpy((char *)&r + off, &ctx->reg[i], 8);
		else if (!regs_poke(th, off, ctx->reg[i]))
			return store_failed(p, th);
	}
	if (many && ptrace(PTRACE_SETREGS, th->tid, 0, &r))
		return store_failed(p, th);
	return 0;
}

static u64 read_nr(enum abi_id abi)
{
	switch (abi) {
	case ABI_I386:
		return 3;
	case ABI_X32:
		return ABI_X32_BIT | SYS_read;
	default:
		return SYS_read;
	}
}

/*
 * At a syscall-entry stop the filters of the debuggee are still to be asked: one that lists
 * what is allowed ends the process for number -1, as strict mode does. All of them know
 * read(2), which has no effect on descriptor -1.
 */
static int swap_call(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	unsigned arg = abi_conventions[th->call.abi].arg[0];

	th->swapped = true;
	th->skip_arg = ctx->reg[arg];
	ctx->dirty &= ~ENG_BIT(arg);
	if (!regs_poke(th, R(orig_rax), read_nr(th->call.abi)) ||
	    !regs_poke(th, user_offset[arg], ~0ULL))
		return store_failed(p, th);
	return 0;
}

/* Where the call is not entered yet, leaving it out is to stand behind it. */
static int step_over(struct proc_target *p, struct tgt_thread *th)
{
	th->restart_state = RESTART_NONE;
	if (!regs_poke(th, R(rip), th->info.instruction_pointer) ||
	    !regs_poke(th, R(rax), th->skip_ret))
		return store_failed(p, th);
	return 0;
}

/* The call that is made again is the one that its events have made of it. */
static void again_as(struct tgt_thread *th, const struct eng_ctx *ctx)
{
	if (ctx->dirty >> ENG_RAX & 1)
		th->restart_nr = ctx->reg[ENG_RAX];
	if (ctx->dirty >> ENG_RSP & 1)
		th->restart.sp = ctx->reg[ENG_RSP];
}

/*
 * Leave the call out: number -1 makes the kernel skip it and keep rax, in this very stop.
 * rax as the events left it is the result, unless one set $syscall_return.
 */
static int store_skip(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx)
{
	int err = 0;

	th->skip_ret = ctx->ret_set ? ctx->ret : ctx->reg[ENG_RAX];
	th->swapped = false;
	ctx->dirty &= ~ENG_BIT(ENG_RAX);
	if (th->at == STOP_AGAIN)
		return step_over(p, th);
	if (th->at == STOP_ENTRY && (th->proc->own_filter || p->base_filters))
		err = swap_call(p, th, ctx);
	else if (!regs_poke(th, R(orig_rax), ~0ULL) || !regs_poke(th, R(rax), th->skip_ret))
		err = store_failed(p, th);
	th->skipped = true;
	return err;
}

void regs_skipped(struct tgt_thread *th)
{
	if (th->swapped) {
		regs_poke(th, R(orig_rax), ~0ULL); /* nothing is to be made again */
		regs_poke(th, user_offset[abi_conventions[th->call.abi].arg[0]], th->skip_arg);
	}
	/* A filter may have given number -1 a result of its own. */
	if ((u64)th->info.exit.rval != th->skip_ret)
		regs_poke(th, R(rax), th->skip_ret);
	th->swapped = false;
}

/* --- arguments for the kernel alone --- */

void args_forget(struct tgt_thread *th)
{
	th->args.on = false;
	th->args.changed = 0;
}

void proc_keep_args(struct target *t, struct tgt_thread *th)
{
	struct kept_args *a = &th->args;

	if (!before_call(th))
		return;
	a->on = true;
	a->changed = 0;
	a->ip = th->info.instruction_pointer;
	a->sp = th->info.stack_pointer;
	a->abi = th->call.abi;
	memcpy(a->value, th->info.entry.args, sizeof(a->value));
}

/* A call that is left out has no use for changed arguments. */
static void note_args(struct tgt_thread *th, struct eng_ctx *ctx, bool skip)
{
	if (th->args.ip != th->info.instruction_pointer || th->args.sp != th->info.stack_pointer)
		return;
	for (unsigned i = 0; i < 6; i++) {
		u64 bit = ENG_BIT(abi_conventions[th->args.abi].arg[i]);

		if (!(ctx->dirty & bit))
			continue;
		if (skip)
			ctx->dirty &= ~bit;
		else
			th->args.changed |= (u8)(1u << i);
	}
	if (skip)
		args_forget(th);
}

void regs_give_back(struct proc_target *p, struct tgt_thread *th)
{
	struct kept_args *a = &th->args;
	struct eng_ctx ctx = { .dirty = 0 };

	if (a->ip != th->call.ip || a->sp != th->call.sp)
		return; /* a handler's call, within the one that waits */
	for (unsigned i = 0; i < 6; i++) {
		if (!(a->changed >> i & 1))
			continue;
		ctx.reg[abi_conventions[a->abi].arg[i]] = a->value[i];
		ctx.dirty |= ENG_BIT(abi_conventions[a->abi].arg[i]);
	}
	if (ctx.dirty && th->at == STOP_HANDLER)
		store_frame(p, th, &ctx);
	else if (ctx.dirty)
		store_user(p, th, &ctx);
	args_forget(th);
}

int regs_store(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx, bool skip)
{
	u64 ip = ENG_BIT(ENG_RIP), dirty = ctx->dirty;
	int err = 0;

	if (ENG_UNLIKELY(th->args.on) && before_call(th))
		note_args(th, ctx, skip);
	if (skip && before_call(th))
		err = store_skip(p, th, ctx);
	/* An unchanged rip: the kernel's own is behind the instruction already. */
	if (before_call(th) && ctx->reg[ENG_RIP] == th->info.instruction_pointer - 2)
		ctx->dirty &= ~ip;
	if (!err && th->at == STOP_HANDLER)
		err = store_frame(p, th, ctx);
	if (th->at == STOP_AGAIN && th->restart_state)
		again_as(th, ctx);
	if (!err && ctx->dirty)
		err = store_user(p, th, ctx);
	/* Moved out of an interrupted call: the kernel must not make that call again. */
	if (!err && th->at != STOP_HANDLER && th->at != STOP_AGAIN && th->restart_state &&
	    (dirty & (ip | 1 << ENG_RAX))) {
		regs_poke(th, R(orig_rax), ~0ULL);
		th->restart_state = RESTART_NONE;
	}
	ctx->dirty = 0;
	return err;
}

int proc_store_regs(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx)
{
	int err;

	if (!th->proc)
		return proc_fail(proc_of(t), -ESRCH, "thread %u has ended", th->tid);
	err = regs_store(proc_of(t), th, ctx, false);
	/* A later look must find what was written, not what the stop had brought along. */
	if (before_call(th)) {
		const struct eng_abi *abi = &abi_conventions[th->call.abi];

		th->info.entry.nr =
			ctx->loaded >> ENG_RAX & 1 ? ctx->reg[ENG_RAX] : th->info.entry.nr;
		for (unsigned i = 0; i < 6; i++)
			if (ctx->loaded >> abi->arg[i] & 1)
				th->info.entry.args[i] = ctx->reg[abi->arg[i]];
	} else if (ctx->loaded >> ENG_RAX & 1) {
		th->info.exit.rval = (s64)ctx->reg[ENG_RAX];
	}
	return err;
}
