/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invoke.c - .invoke: a system call made by the current thread, with numbers and texts.
 *
 * Texts are put into memory that is mapped for the call and taken away behind it: nothing of the
 * program's own is overwritten.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "command/internal.h"

#define NARGS 6
#define PAGE 4096ULL

/* A call on its way. */
struct invocation {
	struct lstar_thread *thread;
	u64 nr, arg[NARGS];
	char *text[NARGS]; /* the argument is a text; malloc'ed */
	size_t len[NARGS]; /* ... with its NUL */
	size_t nargs, space; /* space: bytes of all texts */
	unsigned flags;
	u64 memory; /* of the texts, in the debuggee */
};

static bool number_of(struct cmd *c, const struct cmd_line *line, u64 *nr)
{
	const struct cmd_tok *tok = &line->tok[1];
	struct cmd_err err = { 0 };
	struct cmd_calls calls;

	if (!cmd_find_calls(c, tok, &calls, &err)) {
		cmd_show_err(c, line, &err);
		return false;
	}
	*nr = calls.nr;
	if (calls.nr < ENG_IN_CALLS && (!calls.abi || calls.abi->id != ABI_I386))
		return true;
	cmd_error_at(c, line, tok, "one call of x86-64 or x32 is made: a name or a number");
	return false;
}

/* Words behind the arguments that say how. */
static unsigned flag(const struct cmd_tok *tok)
{
	if (cmd_tok_is(tok, "insist"))
		return LSTAR_INVOKE_INSIST;
	return cmd_tok_is(tok, "others") ? LSTAR_INVOKE_RUN_OTHERS : 0;
}

static bool text_of(struct cmd *c, const struct cmd_line *line, const struct cmd_tok *tok,
		    struct invocation *v)
{
	struct scr_source src = cmd_tok_source(c, tok);
	struct scr_diags diags = { 0 };
	size_t i = v->nargs;

	src.text = line->text + tok->off; /* with quotes, and escapes as they were typed */
	src.len = tok->len;
	src.col--;
	v->text[i] = scr_string(&src, &v->len[i], &diags);
	dbg_show_diags(c->d, &diags);
	if (!v->text[i])
		return false;
	v->space += ++v->len[i];
	return true;
}

static bool parse(struct cmd *c, const struct cmd_desc *desc, const struct cmd_line *line,
		  struct invocation *v)
{
	if (line->ntok < 2) {
		cmd_misuse(c, desc, line, NULL);
		return false;
	}
	if (!number_of(c, line, &v->nr))
		return false;
	for (size_t i = 2; i < line->ntok; i++) {
		const struct cmd_tok *tok = &line->tok[i];

		if (tok->kind == CMD_WORD && flag(tok)) {
			v->flags |= flag(tok);
			continue;
		}
		if (v->nargs == NARGS) {
			cmd_error_at(c, line, tok, "a system call has at most 6 arguments");
			return false;
		}
		if (tok->kind == CMD_STRING) {
			if (!text_of(c, line, tok, v))
				return false;
		} else if (!cmd_value(c, line, tok, &v->arg[v->nargs])) {
			return false;
		}
		v->nargs++;
	}
	return true;
}

static bool call(struct cmd *c, const struct invocation *v, u64 nr, const u64 arg[NARGS],
		 unsigned flags, int64_t *result)
{
	uint64_t value[NARGS];

	for (unsigned i = 0; i < NARGS; i++)
		value[i] = arg[i];
	if (!dbg_invoke_syscall(v->thread, nr, value, flags, result))
		return true;
	cmd_fail(c, "%s", dbg_error(c->d));
	return false;
}

static u64 pages(const struct invocation *v)
{
	return (v->space + PAGE - 1) & -PAGE;
}

static bool place_texts(struct cmd *c, struct invocation *v)
{
	u64 arg[NARGS] = { 0,	  pages(v), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   ~0ULL, 0 };
	int64_t result;
	u64 at;

	if (!v->space)
		return true;
	if (!call(c, v, SYS_mmap, arg, 0, &result))
		return false;
	if (result < 0 && result > -4096) {
		cmd_fail(c, "the debuggee has no memory for the texts: its mmap() says %s",
			 abi_errno_name((int)-result) ?: "no");
		return false;
	}
	v->memory = at = (u64)result;
	for (size_t i = 0; i < v->nargs; i++) {
		size_t n = v->len[i];

		if (n && dbg_write(v->thread, at, v->text[i], n) != (int64_t)n) {
			cmd_fail(c, "the texts cannot be written into the debuggee");
			return false;
		}
		if (n)
			v->arg[i] = at;
		at += n;
	}
	return true;
}

static void take_texts_away(struct cmd *c, const struct invocation *v)
{
	u64 arg[NARGS] = { v->memory, pages(v) };
	int64_t result;

	if (v->memory && dbg_thread_alive(v->thread))
		call(c, v, SYS_munmap, arg, 0, &result);
}

static void show(struct cmd *c, const struct invocation *v, int64_t result)
{
	enum abi_id abi = v->nr & ABI_X32_BIT ? ABI_X32 : ABI_X86_64;
	const struct abi_call *known = abi_call_by_nr(abi, v->nr);
	const char *error = result < 0 && result > -4096 ? abi_errno_name((int)-result) : NULL;

	if (known)
		con_printf(c->con, "%s", known->name);
	else
		con_printf(c->con, "call %llx", v->nr);
	if (error)
		con_printf(c->con, " = -%llx %s\n", (unsigned long long)-result, error);
	else
		con_printf(c->con, " = %llx\n", (unsigned long long)result);
}

static enum cmd_result run_invoke(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	struct invocation v = { .thread = dbg_thread_find(c->d, dbg_current_tid(c->d)) };
	int64_t result = 0;
	bool made = false;

	if (!parse(c, desc, line, &v))
		goto out;
	if (!v.thread) {
		cmd_fail(c, "there is no current thread that could make it");
		goto out;
	}
	con_flush(c->con);
	made = place_texts(c, &v) && call(c, &v, v.nr, v.arg, v.flags, &result);
	take_texts_away(c, &v);
	if (made)
		show(c, &v, result);
out:
	for (size_t i = 0; i < NARGS; i++)
		free(v.text[i]);
	return made ? CMD_OK : CMD_FAILED;
}

/* clang-format off */
static const struct cmd_option options[] = {
	{ NULL, CMD_ARG_CALL, "CALL", "the system call, by name or number" },
	{ NULL, CMD_ARG_TEXT, "ARG",
		"a number, an expression, or a text in quotes, whose address is the argument" },
	{ NULL, CMD_ARG_CHOICE, "insist|others",
		"insist: even what ends, replaces or copies the thread; others: the other threads run "
		"meanwhile, for calls that wait for them" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

const struct cmd_desc cmd_invoke[] = {
	{ ".invoke", "CALL [ARG ...] [insist] [others]",
	  "have the current thread make a system call",
	  "Wherever the thread stands: in its own code, at either end of a call, inside of one that "
	  "waits and then goes on. Nothing is left changed but by the call itself. The result is "
	  "shown, an error with its name. No event sees the call. A text in quotes, with the "
	  "escapes of a script's strings, is put into memory that is mapped for the call, and "
	  "unmapped after it.\n"
	  "What would end, replace or copy the thread is refused without 'insist'.",
	  ".invoke write 1 \"text\\n\" 5",
	  CMD_NEEDS_STOPPED, options, run_invoke, "P" },
	{ .names = NULL },
};
/* clang-format on */
