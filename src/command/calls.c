/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.c - which system calls a word of a command names: "openat", "SYS_openat", "101",
 * "i386:futex", "%file", "*".
 *
 * Only looks up; nothing here arms or changes anything.
 */
#include <string.h>

#include "command/internal.h"

static const struct {
	const char *prefix;
	enum abi_id abi;
} abi_prefixes[] = { { "x86-64:", ABI_X86_64 }, { "i386:", ABI_I386 }, { "x32:", ABI_X32 } };

/* The calling convention that is named before a colon, or ABI_N; *@name is what follows. */
static enum abi_id prefix(const char **name)
{
	for (size_t i = 0; i < ARRAY_SIZE(abi_prefixes); i++) {
		size_t n = strlen(abi_prefixes[i].prefix);

		if (strncasecmp(*name, abi_prefixes[i].prefix, n))
			continue;
		*name += n;
		return abi_prefixes[i].abi;
	}
	return ABI_N;
}

static void add(struct cmd_calls *calls, enum abi_id abi, u32 nr)
{
	nr &= ~ABI_X32_BIT;
	if (nr < ENG_CALLS_MAX)
		calls->set.bit[abi][nr / 64] |= 1ULL << (nr % 64);
}

static void only(struct cmd_calls *calls, enum abi_id abi, u32 nr)
{
	calls->nr = nr;
	calls->abi = &abi_conventions[abi];
}

/* All of a class, in one calling convention or (ABI_N) in each. */
static bool class_of_calls(const struct cmd_tok *tok, const char *name, enum abi_id only_abi,
			   struct cmd_calls *calls, struct cmd_err *err)
{
	int class = abi_class_by_name(name);
	const char *near = abi_class_suggest(name);

	calls->nr = ENG_IN_CALLS;
	calls->abi = only_abi == ABI_N ? NULL : &abi_conventions[only_abi];
	for (unsigned abi = 0; class >= 0 && abi < ABI_N; abi++) {
		size_t n;
		const struct abi_call *c = abi_calls((enum abi_id)abi, &n);

		if (only_abi != ABI_N && only_abi != (enum abi_id)abi)
			continue;
		for (size_t i = 0; i < n; i++)
			if (c[i].classes >> class & 1)
				add(calls, (enum abi_id)abi, c[i].nr);
	}
	if (class >= 0)
		return true;
	cmd_err_set(err, tok->off, tok->len, "there is no class of calls '%.64s'", name);
	if (near)
		cmd_err_hint(err, "did you mean '%s'?", near);
	else
		cmd_err_hint(err, "%%file %%desc %%network %%process %%memory %%signal");
	return false;
}

/* By name: one, or several of a 32-bit system that the name stands for. */
static bool named(const char *name, enum abi_id abi, struct cmd_calls *calls)
{
	const struct abi_call *first = abi_call_by_name(abi, name), *call;

	if (!first)
		return false;
	if (!abi_calls_by_name(abi, name, 1)) {
		only(calls, abi, first->nr);
		return true;
	}
	calls->nr = ENG_IN_CALLS;
	calls->abi = &abi_conventions[abi];
	for (size_t i = 0; (call = abi_calls_by_name(abi, name, i)); i++)
		add(calls, abi, call->nr);
	return true;
}

/* No name, no number: an expression. */
static bool evaluate(struct cmd *c, const struct cmd_tok *tok, u64 *nr, struct cmd_err *err)
{
	struct scr_source src = cmd_tok_source(c, tok);
	struct scr_diags diags = { 0 };
	const char *near;
	bool found = !dbg_eval_value(c->d, &src, nr, &diags);

	scr_diags_free(&diags);
	if (found)
		return true;
	cmd_err_set(err, tok->off, tok->len,
		    "'%.64s' is no system call, no number and no expression", tok->text);
	near = abi_call_suggest(ABI_X86_64, tok->text);
	if (near)
		cmd_err_hint(err, "did you mean '%s'?", near);
	return false;
}

static bool unknown(const struct cmd_tok *tok, const char *name, enum abi_id abi,
		    struct cmd_err *err)
{
	cmd_err_set(err, tok->off, tok->len, "%s has no system call '%.64s'",
		    abi_conventions[abi].name, name);
	if (abi_call_suggest(abi, name))
		cmd_err_hint(err, "did you mean '%s'?", abi_call_suggest(abi, name));
	return false;
}

bool cmd_find_calls(struct cmd *c, const struct cmd_tok *tok, struct cmd_calls *calls,
		    struct cmd_err *err)
{
	const char *name = tok ? tok->text : "*";
	enum abi_id abi = prefix(&name);

	*calls = (struct cmd_calls){ .nr = ENG_ANY };
	if (!strcmp(name, "*")) {
		calls->abi = abi == ABI_N ? NULL : &abi_conventions[abi];
		return true;
	}
	if (name[0] == '%')
		return class_of_calls(tok, name, abi, calls, err);
	if (named(name, abi == ABI_N ? ABI_X86_64 : abi, calls))
		return true;
	if (cmd_number(name, &calls->nr)) {
		if (abi != ABI_N)
			only(calls, abi, (u32)calls->nr);
	} else if (abi != ABI_N) {
		return unknown(tok, name, abi, err);
	} else if (!evaluate(c, tok, &calls->nr, err)) {
		return false;
	}
	if (calls->nr <= UINT32_MAX && calls->nr != ENG_IN_CALLS)
		return true;
	cmd_err_set(err, tok->off, tok->len,
		    calls->nr > UINT32_MAX ? "the number of a call has 32 bits, not %llx"
					   : "no call has the number %llx",
		    calls->nr);
	return false;
}
