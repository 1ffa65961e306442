/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fire.c - what happens at one stop: which events fire, in which order, what they do.
 *
 * It decides nothing about the debuggee: the answers lie in the context, and the
 * target carries them out.
 */
#include "vm.h"

void eng_emit(const struct eng_host *host, struct eng_ctx *ctx, struct eng_event *ev,
	      struct eng_msg *msg)
{
	if (!host->emit) {
		if (ev)
			ev->dropped++;
		return;
	}
	msg->event = ev;
	msg->pid = ctx->pid;
	msg->tid = ctx->tid;
	msg->time = host->clock ? host->clock(ctx) : 0;
	host->emit(ctx, msg);
}

bool eng_tell_once(struct eng_event *ev, u32 code, u32 pc)
{
	u64 place = (u64)code << 32 | pc;

	for (u32 i = 0; i < ev->ntold && i < ENG_TOLD_MAX; i++)
		if (ev->told[i] == place)
			return false;
	if (ev->ntold >= ENG_TOLD_MAX)
		return false;
	ev->told[ev->ntold++] = place;
	return true;
}

static bool core_matches(const struct eng_host *host, const struct eng_event *ev,
			 struct eng_ctx *ctx)
{
	u64 core;

	return ev->core == ENG_ANY || (eng_core(host, ctx, &core) && core == ev->core);
}

static bool in_calls(const struct eng_event *ev, const struct eng_ctx *ctx)
{
	u32 nr = (u32)ctx->nr & ~0x40000000u; /* __X32_SYSCALL_BIT */

	return ev->nr == ENG_IN_CALLS && ctx->abi && nr < ENG_CALLS_MAX &&
	       ev->calls->bit[ctx->abi->id][nr / 64] >> (nr % 64) & 1;
}

/* What few events ask for: of one process, CPU or convention. */
static bool matches(const struct eng_host *host, const struct eng_event *ev, struct eng_ctx *ctx)
{
	return (!ev->abi || ev->abi == ctx->abi) && (ev->pid == ENG_ANY || ev->pid == ctx->pid) &&
	       core_matches(host, ev, ctx);
}

static bool condition(const struct eng_host *host, struct eng_event *ev, struct eng_ctx *ctx)
{
	u64 result = 0;

	if (!ev->has_condition)
		return true;
	if (!host->run_code || !host->run_code(ctx, ev, ENG_CODE_CONDITION, &result)) {
		ev->faults++;
		return false;
	}
	if (!result)
		ev->condition_false++;
	return result != 0;
}

/* @ev's runs take too long, again and again. */
static void disable_spent(const struct eng_host *host, struct eng_ctx *ctx, struct eng_event *ev,
			  enum eng_stage stage)
{
	static const char why[] = "its script came to the end of its budget, or waited for a lock "
				  "in vain, too often; the event is disabled now";
	struct eng_msg msg = {
		.kind = ENG_MSG_CODE, .stage = (u8)stage, .text = why, .len = sizeof(why) - 1
	};

	eng_emit(host, ctx, ev, &msg);
	if (host->request)
		host->request(ctx, ENG_REQ_DISABLE, ev->id);
}

void eng_script_failed(const struct eng_vm *vm, const struct eng_fault *fault)
{
	struct eng_msg msg = { .kind = ENG_MSG_FAULT, .stage = vm->stage, .fault = fault };
	struct eng_event *ev = vm->ev;

	ev->faults++;
	if (eng_tell_once(ev, fault->code, fault->pc))
		eng_emit(vm->host, vm->ctx, ev, &msg);
	if ((fault->code == ENG_E_BUDGET || fault->code == ENG_E_DEADLOCK) &&
	    ++ev->spent == vm->host->spent_max)
		disable_spent(vm->host, vm->ctx, ev, (enum eng_stage)vm->stage);
}

/* Short-circuiting by default is for what can still be skipped. */
static bool skips(const struct eng_host *host, const struct eng_event *ev, enum eng_stage stage)
{
	return ev->sc && stage == ENG_PRE && (ev->kind == ENG_EV_SYSCALL || host->skips_returns);
}

static ENG_ALWAYS_INLINE u32 act(struct eng_vm *vm, struct eng_event *ev, enum eng_stage stage,
				 struct eng_ctx *ctx)
{
	ev->fired++;
	if (ev->prog)
		eng_run(vm, ev->prog, ctx, ev, stage, NULL);
	return 1;
}

/* The same for an event that has more than a number and a script. */
static ENG_NOINLINE u32 act_more(struct eng_vm *vm, struct eng_event *ev, enum eng_stage stage,
				 struct eng_ctx *ctx)
{
	u64 result;

	if (!matches(vm->host, ev, ctx) || !condition(vm->host, ev, ctx))
		return 0;
	if (skips(vm->host, ev, stage))
		ctx->skip = true;
	act(vm, ev, stage, ctx);
	if (ev->has_code &&
	    (!vm->host->run_code || !vm->host->run_code(ctx, ev, ENG_CODE_ACTION, &result)))
		ev->faults++;
	if (ev->brk) {
		if (!ctx->brk)
			ctx->brk_event = ev->id;
		ctx->brk = true;
	}
	return 1;
}

/* The same for an event on a set of calls. */
static ENG_NOINLINE u32 act_in_calls(struct eng_vm *vm, struct eng_event *ev, enum eng_stage stage,
				     struct eng_ctx *ctx)
{
	return in_calls(ev, ctx) ? act_more(vm, ev, stage, ctx) : 0;
}

/* Nothing here is needed behind a call, so that no register is saved for it. */
static ENG_ALWAYS_INLINE u32 fire_one(struct eng_vm *vm, struct eng_event *ev, enum eng_kind kind,
				      enum eng_stage stage, struct eng_ctx *ctx)
{
	if (!ev->enabled || ev->kind != kind || !(ev->stages >> stage & 1))
		return 0;
	if (ev->nr != ENG_ANY && (u32)ev->nr != (u32)ctx->nr)
		return ev->calls ? act_in_calls(vm, ev, stage, ctx) : 0;
	if (ENG_UNLIKELY((ev->pid & ev->core) != ENG_ANY || ev->abi || ev->more))
		return act_more(vm, ev, stage, ctx);
	return act(vm, ev, stage, ctx);
}

static ENG_NOINLINE u32 fire_many(struct eng_vm *vm, struct eng_event *const *evs, u32 nevs,
				  enum eng_kind kind, enum eng_stage stage, struct eng_ctx *ctx)
{
	u32 fired = 0;

	for (u32 i = 0; i < nevs; i++)
		fired += fire_one(vm, evs[i], kind, stage, ctx);
	return fired;
}

ENG_HOT u32 eng_fire(struct eng_vm *vm, struct eng_event *const *evs, u32 nevs, enum eng_kind kind,
		     enum eng_stage stage, struct eng_ctx *ctx)
{
	if (ENG_LIKELY(nevs == 1))
		return fire_one(vm, *evs, kind, stage, ctx);
	return fire_many(vm, evs, nevs, kind, stage, ctx);
}
