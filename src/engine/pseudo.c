/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pseudo.c - registers and pseudo-registers of a firing context.
 *
 * Registers are fetched when first asked for and only marked when changed: nothing
 * here may write to a thread.
 */
#include "vm.h"

enum eng_error eng_reg_load(struct eng_vm *vm, u32 reg)
{
	struct eng_ctx *ctx = vm->ctx;
	u64 bit = ENG_BIT(reg);

	if (!(vm->host->regs_readable & bit) || !vm->host->load_regs ||
	    !vm->host->load_regs(ctx, bit))
		return eng_fail(vm, ENG_E_REG, reg, 0);
	return ENG_OK;
}

enum eng_error eng_reg_write(struct eng_vm *vm, const struct eng_reg_name *n, u64 v)
{
	struct eng_ctx *ctx = vm->ctx;
	u64 bit = ENG_BIT(n->reg), mask = eng_width_mask(n->width) << n->shift;

	if (!(vm->host->regs_writable & bit))
		return eng_fail(vm, ENG_E_REG, n->reg, 0);
	if (n->width != 64 && !(ctx->loaded & bit)) {
		enum eng_error e = eng_reg_load(vm, n->reg);

		if (e)
			return e;
	}
	ctx->reg[n->reg] = (ctx->reg[n->reg] & ~mask) | (v << n->shift & mask);
	ctx->loaded |= bit;
	ctx->dirty |= bit;
	return ENG_OK;
}

/*
 * A result of a 32-bit call. The kernel keeps results sign-extended; of those that are
 * no errors (-4095..-1) the user sees 32 bits, addresses of mmap for example.
 */
static u64 narrow_result(u64 v)
{
	u32 low = (u32)v;

	return low >= 0xfffff001u ? (u64)(s64)(s32)low : low;
}

static struct eng_reg_name abi_reg(const struct eng_abi *abi, u8 reg)
{
	return (struct eng_reg_name){ .reg = reg, .width = abi->width };
}

static enum eng_error not_now(struct eng_vm *vm, enum eng_pseudo id)
{
	return eng_fail(vm, ENG_E_STAGE, id, ENG_SUBJECT_PSEUDO);
}

static enum eng_error read_return(struct eng_vm *vm, const struct eng_abi *abi, u64 *v)
{
	struct eng_reg_name n = abi_reg(abi, abi->ret);
	enum eng_error e;

	if (eng_before_call(vm)) {
		if (!vm->ctx->ret_set)
			return not_now(vm, ENG_PS_SYSCALL_RETURN);
		*v = vm->ctx->ret;
		return ENG_OK;
	}
	e = eng_reg_read(vm, &n, v);
	if (!e && abi->width == 32)
		*v = narrow_result(*v);
	return e;
}

static enum eng_error write_return(struct eng_vm *vm, const struct eng_abi *abi, u64 v)
{
	struct eng_reg_name n = { .reg = abi->ret, .width = 64 };

	if (abi->width == 32)
		v = narrow_result(v);
	if (eng_before_call(vm)) {
		vm->ctx->ret = v;
		vm->ctx->ret_set = true;
		return ENG_OK;
	}
	return eng_reg_write(vm, &n, v);
}

/* The address of an argument that is on the stack. */
static enum eng_error stack_slot(struct eng_vm *vm, u64 *addr)
{
	static const struct eng_reg_name esp = { .reg = ENG_RSP, .width = 32 };

	return eng_reg_read(vm, &esp, addr);
}

static enum eng_error read_stack(struct eng_vm *vm, u64 *v)
{
	u32 arg;
	u64 addr;
	enum eng_error e = stack_slot(vm, &addr);

	if (e)
		return e;
	if (!eng_read(vm, addr, &arg, sizeof(arg)))
		return ENG_E_ADDR;
	*v = arg;
	return ENG_OK;
}

static enum eng_error write_stack(struct eng_vm *vm, u64 v)
{
	u32 arg = (u32)v;
	u64 addr;
	enum eng_error e = stack_slot(vm, &addr);

	if (e)
		return e;
	return eng_write(vm, addr, &arg, sizeof(arg)) ? ENG_OK : ENG_E_ADDR;
}

static enum eng_error read_call(struct eng_vm *vm, enum eng_pseudo id, u64 *v)
{
	const struct eng_abi *abi = vm->ctx->abi;
	struct eng_reg_name n;

	if (!abi)
		return not_now(vm, id);
	if (id == ENG_PS_SYSCALL_RETURN)
		return read_return(vm, abi, v);
	if (id == ENG_PS_SYSCALL_NUMBER) {
		n = abi_reg(abi, abi->nr);
		if (eng_before_call(vm))
			return eng_reg_read(vm, &n, v);
		*v = vm->ctx->nr & eng_width_mask(abi->width);
		return ENG_OK;
	}
	n = abi_reg(abi, abi->arg[id - ENG_PS_SYSCALL_ARG0]);
	if (n.reg == ENG_ARG_STACK)
		return read_stack(vm, v);
	return eng_reg_read(vm, &n, v);
}

enum eng_error eng_pseudo_write(struct eng_vm *vm, enum eng_pseudo id, u64 v)
{
	const struct eng_abi *abi = vm->ctx->abi;
	struct eng_reg_name n;

	if (!abi)
		return not_now(vm, id);
	if (id == ENG_PS_SYSCALL_RETURN)
		return write_return(vm, abi, v);
	if (id == ENG_PS_SYSCALL_NUMBER) {
		if (!eng_before_call(vm))
			return not_now(vm, id);
		n = abi_reg(abi, abi->nr);
	} else {
		n = abi_reg(abi, abi->arg[id - ENG_PS_SYSCALL_ARG0]);
		if (n.reg == ENG_ARG_STACK)
			return write_stack(vm, v);
	}
	return eng_reg_write(vm, &n, v);
}

static u32 text_index(enum eng_pseudo id)
{
	u32 n = 0;

	for (u32 i = 0; i < (u32)id; i++)
		if (eng_pseudo_names[i].flags & ENG_PS_TEXT)
			n++;
	return n;
}

static enum eng_error read_text(struct eng_vm *vm, enum eng_pseudo id, u64 *v)
{
	u32 i = text_index(id);
	char *buf = vm->text[i];

	if (!vm->host->text || !vm->host->text(vm->ctx, id, buf, ENG_TEXT_SIZE))
		return eng_fail(vm, ENG_E_UNSUPPORTED, id, ENG_SUBJECT_PSEUDO);
	buf[ENG_TEXT_SIZE - 1] = 0;
	*v = ENG_ADDR(ENG_SEG_TEXT, i * ENG_TEXT_SIZE);
	return ENG_OK;
}

bool eng_core(const struct eng_host *host, struct eng_ctx *ctx, u64 *core)
{
	if (!ctx->core_known) {
		u64 v;

		if (!host->pseudo || !host->pseudo(ctx, ENG_PS_CORE, &v))
			return false;
		ctx->core = (u32)v;
		ctx->core_known = true;
	}
	*core = ctx->core;
	return true;
}

static enum eng_error read_host(struct eng_vm *vm, enum eng_pseudo id, u64 *v)
{
	if (vm->host->pseudo && vm->host->pseudo(vm->ctx, id, v))
		return ENG_OK;
	return eng_fail(vm, ENG_E_UNSUPPORTED, id, ENG_SUBJECT_PSEUDO);
}

enum eng_error eng_pseudo_read(struct eng_vm *vm, enum eng_pseudo id, u64 *v)
{
	static const struct eng_reg_name rip = { .reg = ENG_RIP, .width = 64 };
	const struct eng_event *ev = vm->ev;

	switch (id) {
	case ENG_PS_PID:
		*v = vm->ctx->pid;
		return ENG_OK;
	case ENG_PS_TID:
		*v = vm->ctx->tid;
		return ENG_OK;
	case ENG_PS_CORE:
		return eng_core(vm->host, vm->ctx, v) ? ENG_OK : read_host(vm, id, v);
	case ENG_PS_IP:
		return eng_reg_read(vm, &rip, v);
	case ENG_PS_BUFFER:
		*v = ev && ev->buffer && ev->buffer_size ? ENG_ADDR(ENG_SEG_BUFFER, 0) : 0;
		return ENG_OK;
	case ENG_PS_CONTEXT:
		*v = vm->ctx->context;
		return ENG_OK;
	case ENG_PS_EVENT_TAG:
		*v = ev ? (u64)ev->id + ENG_TAG : 0;
		return ENG_OK;
	case ENG_PS_EVENT_ID:
		*v = ev ? ev->id : 0;
		return ENG_OK;
	case ENG_PS_EVENT_STAGE:
		*v = vm->stage;
		return ENG_OK;
	default:
		if (eng_pseudo_names[id].flags & ENG_PS_TEXT)
			return read_text(vm, id, v);
		if (id >= ENG_PS_SYSCALL_NUMBER)
			return read_call(vm, id, v);
		return read_host(vm, id, v);
	}
}
