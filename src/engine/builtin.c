/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * builtin.c - the built-in functions, one small function each, in a table made from
 * ENG_BUILTIN_TABLE.
 *
 * The verifier has checked the number of arguments; nothing else about them is known.
 */
#include "vm.h"

#define DEFINE(id) static enum eng_error bi_##id(struct eng_vm *vm, u64 *arg)

static enum eng_error fetch(struct eng_vm *vm, u64 *arg, u32 size, u32 shift)
{
	u64 v = 0;

	if (!eng_read(vm, arg[0], &v, size))
		return ENG_E_ADDR;
	arg[0] = v >> shift;
	return ENG_OK;
}

DEFINE(DB)
{
	return fetch(vm, arg, 1, 0);
}

DEFINE(DW)
{
	return fetch(vm, arg, 2, 0);
}

DEFINE(DD)
{
	return fetch(vm, arg, 4, 0);
}

DEFINE(DQ)
{
	return fetch(vm, arg, 8, 0);
}

DEFINE(POI)
{
	return fetch(vm, arg, 8, 0);
}

DEFINE(HI)
{
	return fetch(vm, arg, 4, 16);
}

DEFINE(LOW)
{
	return fetch(vm, arg, 2, 0);
}

static enum eng_error store(struct eng_vm *vm, u64 *arg, u32 size)
{
	arg[0] = eng_write(vm, arg[0], &arg[1], size);
	return ENG_OK;
}

DEFINE(EB)
{
	return store(vm, arg, 1);
}

DEFINE(ED)
{
	return store(vm, arg, 4);
}

DEFINE(EQ)
{
	return store(vm, arg, 8);
}

DEFINE(CHECK_ADDRESS)
{
	u8 byte;

	arg[0] = eng_read(vm, arg[0], &byte, 1);
	return ENG_OK;
}

DEFINE(MEMCPY)
{
	if (!arg[2])
		return eng_fail(vm, ENG_E_COUNT, 0, 0);
	return eng_copy(vm, arg[0], arg[1], arg[2]);
}

DEFINE(STRLEN)
{
	return eng_strlen(vm, arg[0], false, &arg[0]);
}

DEFINE(STRCMP)
{
	return eng_strcmp(vm, arg[0], arg[1], ~0ULL, false, true, &arg[0]);
}

DEFINE(STRNCMP)
{
	return eng_strcmp(vm, arg[0], arg[1], arg[2], false, true, &arg[0]);
}

DEFINE(MEMCMP)
{
	return eng_strcmp(vm, arg[0], arg[1], arg[2], false, false, &arg[0]);
}

DEFINE(WCSLEN)
{
	return eng_strlen(vm, arg[0], true, &arg[0]);
}

DEFINE(WCSCMP)
{
	return eng_strcmp(vm, arg[0], arg[1], ~0ULL, true, true, &arg[0]);
}

DEFINE(WCSNCMP)
{
	return eng_strcmp(vm, arg[0], arg[1], arg[2], true, true, &arg[0]);
}

DEFINE(NEG)
{
	(void)vm;
	arg[0] = -arg[0];
	return ENG_OK;
}

DEFINE(NOT)
{
	(void)vm;
	arg[0] = ~arg[0];
	return ENG_OK;
}

DEFINE(PRINT)
{
	eng_print_num(vm, arg[0], 16);
	eng_print_char(vm, '\n');
	eng_print_flush(vm);
	return ENG_OK;
}

DEFINE(TEST_STATEMENT)
{
	return bi_PRINT(vm, arg);
}

DEFINE(FORMATS)
{
	static const struct {
		const char *name;
		u8 base;
	} row[] = {
		{ "hex      ", 16 }, { "unsigned ", 10 }, { "octal    ", 8 }, { "binary   ", 2 }
	};

	for (u32 i = 0; i < ARRAY_SIZE(row); i++) {
		eng_print_str(vm, row[i].name);
		eng_print_num(vm, arg[0], row[i].base);
		eng_print_char(vm, '\n');
	}
	eng_print_str(vm, "signed   ");
	if ((s64)arg[0] < 0)
		eng_print_char(vm, '-');
	eng_print_num(vm, (s64)arg[0] < 0 ? -arg[0] : arg[0], 10);
	eng_print_str(vm, "\nchar     ");
	for (u32 i = 0; i < 8; i++) {
		u8 c = (u8)(arg[0] >> 8 * i);

		eng_print_char(vm, c >= ' ' && c <= '~' ? (char)c : '.');
	}
	eng_print_char(vm, '\n');
	eng_print_flush(vm);
	return ENG_OK;
}

static enum eng_error unsupported(struct eng_vm *vm, enum eng_builtin id)
{
	return eng_fail(vm, ENG_E_UNSUPPORTED, id, ENG_SUBJECT_BUILTIN);
}

DEFINE(PAUSE)
{
	struct eng_ctx *ctx = vm->ctx;

	(void)arg;
	if (!vm->ev) {
		eng_print_str(vm, "pause(): not in an event, nothing to break into\n");
		eng_print_flush(vm);
		return ENG_OK;
	}
	if (!ctx->brk)
		ctx->brk_event = vm->ev->id;
	ctx->brk = true;
	return ENG_OK;
}

static enum eng_error request(struct eng_vm *vm, enum eng_builtin id, enum eng_request what,
			      u64 event)
{
	if (!vm->host->request)
		return unsupported(vm, id);
	vm->host->request(vm->ctx, what, event);
	return ENG_OK;
}

DEFINE(FLUSH)
{
	(void)arg;
	return request(vm, ENG_BI_FLUSH, ENG_REQ_FLUSH, 0);
}

DEFINE(EVENT_ENABLE)
{
	return request(vm, ENG_BI_EVENT_ENABLE, ENG_REQ_ENABLE, arg[0]);
}

DEFINE(EVENT_DISABLE)
{
	return request(vm, ENG_BI_EVENT_DISABLE, ENG_REQ_DISABLE, arg[0]);
}

DEFINE(EVENT_CLEAR)
{
	return request(vm, ENG_BI_EVENT_CLEAR, ENG_REQ_CLEAR, arg[0]);
}

DEFINE(EVENT_SC)
{
	u32 pc = (u32)(vm->ip - vm->prog->code);

	if (!vm->ev)
		return eng_fail(vm, ENG_E_EVENT, ENG_BI_EVENT_SC, ENG_SUBJECT_BUILTIN);
	if ((vm->kind != ENG_EV_SYSCALL && !vm->host->skips_returns) || !vm->ctx->abi)
		return eng_fail(vm, ENG_E_STAGE, ENG_BI_EVENT_SC, ENG_SUBJECT_BUILTIN);
	if (vm->stage == ENG_PRE) {
		vm->ctx->skip = arg[0] != 0;
		return ENG_OK;
	}
	if (eng_tell_once(vm->ev, ENG_NERRORS, pc)) {
		eng_print_str(vm, "event_sc(): no effect in stage post, the call was made\n");
		eng_print_flush(vm);
	}
	return ENG_OK;
}

DEFINE(SYSCALL_SKIP)
{
	if (!vm->ev)
		return eng_fail(vm, ENG_E_EVENT, ENG_BI_SYSCALL_SKIP, ENG_SUBJECT_BUILTIN);
	if (!eng_before_call(vm) || !vm->ctx->abi)
		return eng_fail(vm, ENG_E_STAGE, ENG_BI_SYSCALL_SKIP, ENG_SUBJECT_BUILTIN);
	vm->ctx->skip = true;
	return eng_pseudo_write(vm, ENG_PS_SYSCALL_RETURN, arg[0]);
}

DEFINE(SYSCALL_HIJACK)
{
	enum eng_error e;

	if (!vm->host->keep_args)
		return unsupported(vm, ENG_BI_SYSCALL_HIJACK);
	if (!vm->ev)
		return eng_fail(vm, ENG_E_EVENT, ENG_BI_SYSCALL_HIJACK, ENG_SUBJECT_BUILTIN);
	if (!eng_before_call(vm) || !vm->ctx->abi)
		return eng_fail(vm, ENG_E_STAGE, ENG_BI_SYSCALL_HIJACK, ENG_SUBJECT_BUILTIN);
	vm->host->keep_args(vm->ctx);
	e = eng_pseudo_write(vm, ENG_PS_SYSCALL_NUMBER, arg[0]);
	for (u32 i = 0; i < arg[7] && i < 6 && !e; i++)
		e = eng_pseudo_write(vm, (enum eng_pseudo)(ENG_PS_SYSCALL_ARG0 + i), arg[1 + i]);
	return e;
}

DEFINE(SYSCALL_INVOKE)
{
	u64 nr = arg[0];
	s64 result;

	if (!vm->host->invoke)
		return unsupported(vm, ENG_BI_SYSCALL_INVOKE);
	vm->left -= ENG_COST_HOST;
	if (!vm->host->invoke(vm->ctx, nr, arg + 1, &result))
		return eng_fail(vm, ENG_E_INVOKE, nr, (u64)result);
	arg[0] = (u64)result;
	return ENG_OK;
}

DEFINE(RDTSC)
{
	(void)vm;
	arg[0] = __builtin_ia32_rdtsc();
	return ENG_OK;
}

DEFINE(RDTSCP)
{
	u32 cpu;

	(void)vm;
	arg[0] = __builtin_ia32_rdtscp(&cpu);
	return ENG_OK;
}

/*
 * Waiting costs budget too, so that a script cannot hold a thread for ever: one unit
 * for every 256 polls of the clock, which bounds a clock that stands still as well. Where
 * waiting holds more than the thread, it is paid for beforehand.
 */
DEFINE(MICROSLEEP)
{
	u64 ns = arg[0] > ~0ULL / 1000 ? ~0ULL : arg[0] * 1000, start, max = vm->host->sleep_max;

	if (!vm->host->clock)
		return unsupported(vm, ENG_BI_MICROSLEEP);
	if (max && (arg[0] > max || !eng_charge(vm, arg[0] * (u64)vm->budget / max)))
		return eng_fail(vm, ENG_E_SLEEP, arg[0], max);
	start = vm->host->clock(vm->ctx);
	while (vm->host->clock(vm->ctx) - start < ns) {
		for (u32 i = 0; i < 256 && vm->host->clock(vm->ctx) - start < ns; i++)
			__builtin_ia32_pause();
		if (!eng_charge(vm, 1))
			return ENG_E_BUDGET;
	}
	return ENG_OK;
}

/*
 * Memory for an atomic access: the window's only, since a read and a write through the
 * host are two accesses, and aligned, since a split one locks the bus of the machine.
 */
static void *atomic_memory(struct eng_vm *vm, u64 addr, u32 size, enum eng_error *e)
{
	u64 avail;
	u8 *p;

	if (!ENG_IS_ENGINE_ADDR(addr)) {
		*e = eng_fail(vm, ENG_E_ATOMIC, addr, size);
		return NULL;
	}
	p = eng_window(vm, addr, &avail, true);
	if (!p || avail < size) {
		*e = eng_fail(vm, ENG_E_ADDR, addr, size);
		return NULL;
	}
	if ((uintptr_t)p % size) {
		*e = eng_fail(vm, ENG_E_ATOMIC, addr, size);
		return NULL;
	}
	return p;
}

DEFINE(INTERLOCKED_INCREMENT)
{
	enum eng_error e = ENG_OK;
	u64 *p = atomic_memory(vm, arg[0], 8, &e);

	if (p)
		arg[0] = __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);
	return e;
}

DEFINE(INTERLOCKED_DECREMENT)
{
	enum eng_error e = ENG_OK;
	u64 *p = atomic_memory(vm, arg[0], 8, &e);

	if (p)
		arg[0] = __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);
	return e;
}

DEFINE(INTERLOCKED_EXCHANGE)
{
	enum eng_error e = ENG_OK;
	u64 *p = atomic_memory(vm, arg[0], 8, &e);

	if (p)
		arg[0] = __atomic_exchange_n(p, arg[1], __ATOMIC_SEQ_CST);
	return e;
}

DEFINE(INTERLOCKED_EXCHANGE_ADD)
{
	enum eng_error e = ENG_OK;
	u64 *p = atomic_memory(vm, arg[0], 8, &e);

	if (p)
		arg[0] = __atomic_fetch_add(p, arg[1], __ATOMIC_SEQ_CST);
	return e;
}

DEFINE(INTERLOCKED_COMPARE_EXCHANGE)
{
	enum eng_error e = ENG_OK;
	u64 *p = atomic_memory(vm, arg[0], 8, &e), old = arg[2];

	if (p) {
		__atomic_compare_exchange_n(p, &old, arg[1], false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
		arg[0] = old;
	}
	return e;
}

static enum eng_error lock(struct eng_vm *vm, u64 addr, u32 ceiling)
{
	enum eng_error e = ENG_OK;
	u32 *p = atomic_memory(vm, addr, 4, &e);

	return p ? eng_lock(vm, p, ceiling, addr) : e;
}

DEFINE(SPINLOCK_LOCK)
{
	return lock(vm, arg[0], ENG_SPIN_MAX);
}

DEFINE(SPINLOCK_LOCK_CUSTOM_WAIT)
{
	return lock(vm, arg[0], arg[1] < ENG_SPIN_MAX ? (u32)arg[1] : ENG_SPIN_MAX);
}

DEFINE(SPINLOCK_UNLOCK)
{
	enum eng_error e = ENG_OK;
	u32 *p = atomic_memory(vm, arg[0], 4, &e);

	if (p)
		eng_unlock(vm, p);
	return e;
}

/* The verifier's images may call what this host has not got. */
static enum eng_error fetch_phys(struct eng_vm *vm, enum eng_builtin id, u64 *arg, u32 size,
				 u32 shift)
{
	u64 v = 0;

	if (!vm->host->read_phys)
		return unsupported(vm, id);
	if (!eng_read_phys(vm, arg[0], &v, size))
		return ENG_E_ADDR;
	arg[0] = v >> shift;
	return ENG_OK;
}

DEFINE(DB_PA)
{
	return fetch_phys(vm, ENG_BI_DB_PA, arg, 1, 0);
}

DEFINE(DW_PA)
{
	return fetch_phys(vm, ENG_BI_DW_PA, arg, 2, 0);
}

DEFINE(DD_PA)
{
	return fetch_phys(vm, ENG_BI_DD_PA, arg, 4, 0);
}

DEFINE(DQ_PA)
{
	return fetch_phys(vm, ENG_BI_DQ_PA, arg, 8, 0);
}

DEFINE(POI_PA)
{
	return fetch_phys(vm, ENG_BI_POI_PA, arg, 8, 0);
}

DEFINE(HI_PA)
{
	return fetch_phys(vm, ENG_BI_HI_PA, arg, 4, 16);
}

DEFINE(LOW_PA)
{
	return fetch_phys(vm, ENG_BI_LOW_PA, arg, 2, 0);
}

static enum eng_error store_phys(struct eng_vm *vm, enum eng_builtin id, u64 *arg, u32 size)
{
	if (!vm->host->write_phys)
		return unsupported(vm, id);
	arg[0] = eng_write_phys(vm, arg[0], &arg[1], size);
	return ENG_OK;
}

DEFINE(EB_PA)
{
	return store_phys(vm, ENG_BI_EB_PA, arg, 1);
}

DEFINE(ED_PA)
{
	return store_phys(vm, ENG_BI_ED_PA, arg, 4);
}

DEFINE(EQ_PA)
{
	return store_phys(vm, ENG_BI_EQ_PA, arg, 8);
}

DEFINE(MEMCPY_PA)
{
	if (!vm->host->read_phys || !vm->host->write_phys)
		return unsupported(vm, ENG_BI_MEMCPY_PA);
	if (!arg[2])
		return eng_fail(vm, ENG_E_COUNT, 0, 0);
	return eng_copy_phys(vm, arg[0], arg[1], arg[2]);
}

DEFINE(VIRTUAL_TO_PHYSICAL)
{
	if (!vm->host->to_phys)
		return unsupported(vm, ENG_BI_VIRTUAL_TO_PHYSICAL);
	vm->left -= ENG_COST_HOST;
	if (!vm->host->to_phys(vm->ctx, arg[0], &arg[0]))
		arg[0] = 0;
	return ENG_OK;
}

DEFINE(PHYSICAL_TO_VIRTUAL)
{
	if (!vm->host->from_phys)
		return unsupported(vm, ENG_BI_PHYSICAL_TO_VIRTUAL);
	vm->left -= ENG_COST_HOST;
	if (!vm->host->from_phys(vm->ctx, arg[0], &arg[0]))
		arg[0] = 0;
	return ENG_OK;
}

static enum eng_error (*const table[ENG_NBUILTINS])(struct eng_vm *vm, u64 *arg) = {
#define X(id, name, args, result, targets, help) [ENG_BI_##id] = bi_##id,
	ENG_BUILTIN_TABLE(X)
#undef X
};

enum eng_error eng_builtin_call(struct eng_vm *vm, enum eng_builtin id, u64 *arg)
{
	enum eng_error e;

	vm->left -= ENG_COST_BUILTIN;
	e = table[id](vm, arg);
	return e ? e : vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}
