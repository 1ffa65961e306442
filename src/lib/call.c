/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call.c - the system call that a thread stands at, calls made on its behalf, and the table of
 * their names. What callbacks use most: nothing here may be slow.
 */
#include "abi/abi.h"
#include "lib/lib.h"

/* --- the call of a thread --- */

enum lstar_phase lstar_call_phase(const struct lstar_thread *t)
{
	return t ? dbg_call_phase(t) : LSTAR_OUTSIDE;
}

enum lstar_abi lstar_call_abi(const struct lstar_thread *t)
{
	return t ? dbg_call_abi(t) : LSTAR_ABI_X86_64;
}

uint64_t lstar_call_number(const struct lstar_thread *t)
{
	return t ? dbg_call_number(t) : 0;
}

uint64_t lstar_call_original(const struct lstar_thread *t)
{
	return t ? dbg_call_original(t) : 0;
}

uint64_t lstar_call_original_arg(const struct lstar_thread *t, unsigned i)
{
	return t && i < 6 ? dbg_call_original_arg(t, i) : 0;
}

uint64_t lstar_call_original_return(const struct lstar_thread *t)
{
	return t ? dbg_call_original_return(t) : 0;
}

bool lstar_call_entered(const struct lstar_thread *t, unsigned i, struct lstar_handler **h,
			uint64_t *nr)
{
	return t && h && nr && dbg_call_entered(t, i, h, nr);
}

uint64_t lstar_call_arg(struct lstar_thread *t, unsigned i)
{
	return t && i < 6 ? dbg_call_arg(t, i) : 0;
}

uint64_t lstar_call_return(struct lstar_thread *t)
{
	return t ? dbg_call_return(t) : 0;
}

int lstar_call_set_number(struct lstar_thread *t, uint64_t nr)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	return err ?: lib_result(s, dbg_call_set_number(t, nr));
}

int lstar_call_set_arg(struct lstar_thread *t, unsigned i, uint64_t value)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	if (!err && i >= 6)
		err = lib_fail(s, LSTAR_E_ARGUMENT, 0,
			       "a system call has the arguments 0 to 5, and no argument %u", i);
	return err ?: lib_result(s, dbg_call_set_arg(t, i, value));
}

int lstar_call_set_return(struct lstar_thread *t, uint64_t value)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	return err ?: lib_result(s, dbg_call_set_return(t, value));
}

int lstar_call_skip(struct lstar_thread *t, uint64_t ret)
{
	struct lstar *s;
	int err = lib_thread(t, &s);

	return err ?: lib_result(s, dbg_call_skip(t, ret));
}

/* --- invocation --- */

int lstar_invoke_syscall(struct lstar_thread *t, uint64_t nr, const uint64_t args[6],
			 unsigned flags, int64_t *result)
{
	static const uint64_t zeros[6];
	struct lstar *s;
	int64_t unwanted;
	int err = lib_thread(t, &s);

	return err
		       ?: lib_result(s, dbg_invoke_syscall(t, nr, args ? args : zeros, flags,
							   result ? result : &unwanted));
}

/* --- names --- */

static const enum abi_id abis[] = {
	[LSTAR_ABI_X86_64] = ABI_X86_64,
	[LSTAR_ABI_I386] = ABI_I386,
	[LSTAR_ABI_X32] = ABI_X32,
};

static bool is_abi(enum lstar_abi abi)
{
	return (size_t)abi < sizeof(abis) / sizeof(abis[0]);
}

const char *lstar_call_name(enum lstar_abi abi, uint64_t nr)
{
	const struct abi_call *call = is_abi(abi) ? abi_call_by_nr(abis[abi], nr) : NULL;

	return call ? call->name : NULL;
}

bool lstar_call_argument(enum lstar_abi abi, uint64_t nr, unsigned i, const char **type,
			 const char **name)
{
	const struct abi_call *call = is_abi(abi) ? abi_call_by_nr(abis[abi], nr) : NULL;

	if (!call || i >= call->nargs || !type || !name)
		return false;
	*type = call->arg[i].type;
	*name = call->arg[i].name;
	return true;
}

int lstar_call_in_class(enum lstar_abi abi, uint64_t nr, const char *name)
{
	int class = name ? abi_class_by_name(name) : -1;
	const char *near = name ? abi_class_suggest(name) : NULL;

	if (class >= 0)
		return is_abi(abi) && abi_call_in_class(abis[abi], nr, class);
	return lib_fail(NULL, LSTAR_E_NAME, 0, "there is no class of calls '%s'%s%s%s",
			name ? name : "NULL", near ? "; did you mean '" : "", near ? near : "",
			near ? "'?" : "");
}

int64_t lstar_call_by_name(struct lstar *s, enum lstar_abi abi, const char *name)
{
	const struct abi_call *call;
	const char *near;
	int err = lib_session(s);

	if (err)
		return err;
	if (!name)
		return lib_fail(s, LSTAR_E_ARGUMENT, 0, "the name is NULL");
	if (!is_abi(abi))
		return lib_fail(s, LSTAR_E_ARGUMENT, 0, "%d is no enum lstar_abi", abi);
	call = abi_call_by_name(abis[abi], name);
	if (call)
		return call->nr;
	near = abi_call_suggest(abis[abi], name);
	return lib_fail(s, LSTAR_E_NAME, 0, "there is no system call '%s'%s%s%s", name,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
