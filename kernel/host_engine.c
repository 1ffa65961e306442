// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * host_engine.c - the machine as the engine's host, and the firing of events.
 *
 * Runs in the hypervisor's host: interrupts and GIF are off, and no function of the kernel may
 * be called that sleeps, takes a lock, prints or can be traced.
 */
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/special_insns.h>

#include "abi/abi.h"
#include "engine/text.h"
#include "host.h"
#include "set.h"
#include "walk.h"

/* What every exit loads. */
#define LOADED (ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS))
#define SLEEP_MAX_US 10000 /* that a run may wait of its own will */

static bool host_load_regs(struct eng_ctx *ctx, u64 mask)
{
	struct hv_cpu *c = ctx->target;

	mask &= ~(ctx->loaded | ctx->dirty);
	if (!mask)
		return true;
	if (!hv_vendor->load_regs(c, mask))
		return false;
	if (ctx != &c->ctx) /* an evaluation works on a copy */
		for (u32 i = 0; i < ENG_NREGS; i++)
			if (mask & ENG_BIT(i))
				ctx->reg[i] = c->ctx.reg[i];
	ctx->loaded |= mask;
	return true;
}

/*
 * The tables that lead to @addr. With page-table isolation the guest runs on tables without
 * the kernel at both instructions, so the kernel's half is looked up in the host's own.
 */
static u64 tables_of(struct eng_ctx *ctx, u64 addr)
{
	if ((s64)addr < 0)
		return __native_read_cr3();
	return host_load_regs(ctx, ENG_BIT(ENG_CR3)) ? ctx->reg[ENG_CR3] : 0;
}

static size_t host_read_mem(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	return hv_read(tables_of(ctx, addr), addr, dst, len);
}

static size_t host_write_mem(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	return hv_write(tables_of(ctx, addr), addr, src, len);
}

static size_t host_read_phys(struct eng_ctx *ctx, u64 pa, void *dst, size_t len)
{
	return hv_read_phys(pa, dst, len);
}

static size_t host_write_phys(struct eng_ctx *ctx, u64 pa, const void *src, size_t len)
{
	return hv_write_phys(pa, src, len);
}

static bool host_to_phys(struct eng_ctx *ctx, u64 addr, u64 *pa)
{
	*pa = hv_translate(tables_of(ctx, addr), addr, false, NULL);
	return *pa != ~0ULL;
}

static bool host_from_phys(struct eng_ctx *ctx, u64 pa, u64 *addr)
{
	return hv_direct(pa, addr);
}

static bool host_pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	switch (id) {
	case ENG_PS_PROC:
		*value = (u64)READ_ONCE(current->group_leader);
		return true;
	case ENG_PS_THREAD:
		*value = (u64)current;
		return true;
	case ENG_PS_TEB:
		if (!host_load_regs(ctx, ENG_BIT(ENG_FS_BASE)))
			return false;
		*value = ctx->reg[ENG_FS_BASE];
		return true;
	default:
		return false;
	}
}

static bool host_text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	switch (id) {
	case ENG_PS_PNAME:
		memcpy(buf, current->comm, TASK_COMM_LEN);
		buf[TASK_COMM_LEN - 1] = 0;
		return true;
	case ENG_PS_DATE:
		clock_date(buf, size);
		return true;
	case ENG_PS_TIME:
		clock_time(buf, size);
		return true;
	default:
		return false;
	}
}

static u64 host_clock(struct eng_ctx *ctx)
{
	return clock_now();
}

static u32 host_columns(struct eng_ctx *ctx, const struct eng_event *ev)
{
	const struct lsm_armed *a = ev ? ev->owner : NULL;

	if (a && a->flags & LSM_EV_OUTPUTS)
		return 0;
	return READ_ONCE(((struct hv_cpu *)ctx->target)->events->columns);
}

static void tell_violation(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which,
			   const char *why)
{
	char text[LSM_WHY + 96];
	struct eng_text t = { text, sizeof(text), 0 };
	struct eng_msg msg = { .kind = ENG_MSG_CODE, .event = ev, .text = text };

	eng_text_str(&t, which == ENG_CODE_CONDITION ? "the condition was ended: "
						     : "the custom code was ended: ");
	eng_text_str(&t, why);
	eng_text_str(&t, "; the event is disabled now");
	msg.len = min_t(u32, (u32)eng_text_end(&t), sizeof(text) - 1);
	msg.time = clock_now();
	message_emit(ctx, &msg);
}

static bool host_run_code(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which,
			  u64 *result)
{
	const struct lsm_armed *a = ev->owner;
	u64 regs[ENG_GUEST_REGS];
	char why[LSM_WHY];
	bool condition = which == ENG_CODE_CONDITION;

	memcpy(regs, ctx->reg, sizeof(regs));
	if (!hv_code_run(ctx->target, condition ? a->condition : a->code, condition, regs,
			 ctx->context, result, why, sizeof(why))) {
		tell_violation(ctx, ev, which, why);
		message_request(ctx, ENG_REQ_DISABLE, ev->id);
		return false;
	}
	for (u32 i = 0; i < ENG_GUEST_REGS; i++) {
		if (ctx->reg[i] == regs[i])
			continue;
		ctx->reg[i] = regs[i];
		ctx->dirty |= ENG_BIT(i);
	}
	return true;
}

#define HOST_COMMON                                                                          \
	.load_regs = host_load_regs, .read_mem = host_read_mem, .write_mem = host_write_mem, \
	.read_phys = host_read_phys, .write_phys = host_write_phys, .to_phys = host_to_phys, \
	.from_phys = host_from_phys, .pseudo = host_pseudo, .text = host_text,               \
	.clock = host_clock, .emit = message_emit, .request = message_request,               \
	.run_code = host_run_code, .lock = lock_take, .unlock = lock_give,                   \
	.spent_max = LSM_SPENT_MAX, .sleep_max = SLEEP_MAX_US, .columns = host_columns,      \
	.regs_readable = ENG_REGS_MACHINE

const struct eng_host lsm_host = {
	HOST_COMMON,
	.regs_writable = ENG_REGS_MACHINE_WRITABLE,
	.skips_returns = true,
};
const struct eng_host lsm_eval_host = { HOST_COMMON };

/* Only SYSCALL and SYSRET come here, so that i386 is never int 0x80. */
static const struct eng_abi *convention(const struct hv_cpu *c, u32 nr)
{
	if (unlikely(c->compat))
		return &abi_i386_syscall;
	return &abi_conventions[nr & ABI_X32_BIT ? ABI_X32 : ABI_X86_64];
}

static __always_inline void fire(struct hv_cpu *c, const struct lsm_list *l, enum eng_kind kind,
				 enum eng_stage stage, u32 nr)
{
	struct eng_ctx *ctx = &c->ctx;
	struct lsm_cpu *e = c->events;

	ctx->pid = (u32)current->tgid;
	if (unlikely(ctx->pid == READ_ONCE(e->unseen)))
		return;
	ctx->loaded = LOADED;
	ctx->abi = convention(c, nr);
	ctx->nr = nr;
	ctx->tid = (u32)current->pid;
	ctx->ret_set = false;
	if (kind == ENG_EV_SYSCALL)
		ctx->context = nr;
	e->fired += eng_fire(e->vm, l->ev, l->n, kind, stage, ctx);
	if (ctx->skip && ctx->ret_set) {
		ctx->reg[ENG_RAX] = ctx->ret;
		ctx->dirty |= ENG_BIT(ENG_RAX);
	}
	if (unlikely(e->npending))
		message_carry_out(ctx);
}

/* Is there any event that may be about this number? */
static bool wanted(const struct lsm_list *l, u32 nr)
{
	return nr >= 64 * LSM_NR_WORDS || l->nr[nr / 64] & ENG_BIT(nr % 64);
}

static __always_inline void fire_wanted(struct hv_cpu *c, enum eng_kind kind, enum eng_stage stage,
					u32 nr)
{
	const struct lsm_set *set = set_now();
	const struct lsm_list *l;

	c->ctx.dirty = 0;
	c->ctx.skip = false;
	if (ENG_UNLIKELY(!set || !set->cpu[c->cpu]))
		return; /* just taken away */
	l = &set->cpu[c->cpu]->list[kind][stage];
	OPTIMIZER_HIDE_VAR(l); /* its address is worked out once */
	if (wanted(l, nr))
		fire(c, l, kind, stage, nr);
}

ENG_HOT void lsm_fire_syscall(struct hv_cpu *c, enum eng_stage stage)
{
	fire_wanted(c, ENG_EV_SYSCALL, stage, (u32)c->ctx.reg[ENG_RAX]);
}

/*
 * A return keeps the number where the kernel put it at the entry: on the thread's stack, which
 * lies where threads that are gone had theirs.
 */
ENG_HOT void lsm_fire_sysret(struct hv_cpu *c, enum eng_stage stage)
{
	const struct pt_regs *regs = task_pt_regs(current);

	host_forget(&regs->orig_ax);
	fire_wanted(c, ENG_EV_SYSRET, stage, (u32)regs->orig_ax);
}

void lsm_fire_entry(struct hv_cpu *c)
{
	const struct lsm_set *set = set_now();
	u32 nr = (u32)c->ctx.reg[ENG_RAX];

	c->ctx.dirty = 0;
	c->ctx.skip = false;
	if (set && set->cpu[c->cpu] && wanted(&set->cpu[c->cpu]->entry, nr))
		fire(c, &set->cpu[c->cpu]->entry, ENG_EV_SYSCALL, ENG_PRE, nr);
}
