/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * events.c - the commands of events: !syscall, !sysret and their like, and `events`.
 *
 * Everything about an event command that needs a session: machine code is made, script
 * files are read, calls looked up, and the event is armed. The order of checks is part of
 * the language: condition, code, script, output, words, call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm/asm.h"
#include "command/internal.h"

/* An event on its way: what has been made for it and is freed again. */
struct draft {
	struct dbg_event_spec spec;
	struct cmd_event_words words;
	struct cmd_calls calls; /* spec.calls leads there */
	struct cmd_err late; /* the first error of words or call; checked after the script */
	bool has_late;
	u8 *condition, *code;
	char *script;
	char *outputs[OUT_EVENT_MAX];
};

static void draft_free(struct draft *dr)
{
	free(dr->condition);
	free(dr->code);
	free(dr->script);
	for (size_t i = 0; i < dr->spec.noutputs; i++)
		free(dr->outputs[i]);
}

static bool is_empty(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

static bool show_late(struct draft *dr)
{
	dr->has_late = true;
	return false;
}

/* Machine code from hexadecimal digits or from assembly text. */
static bool make_code(struct cmd *c, const struct cmd_line *line, const struct draft *dr,
		      enum cmd_event_option hex, enum cmd_event_option text, u8 **bytes,
		      size_t *len)
{
	const struct cmd_tok *tok = dr->words.value[hex];
	bool assembly = !tok;
	const char *word;
	char *error = NULL;

	if (assembly)
		tok = dr->words.value[text];
	if (!tok)
		return true;
	word = cmd_event_options[assembly ? text : hex].word;
	if (is_empty(tok->text)) {
		cmd_error_at(c, line, tok, "the '%s' is empty", word);
		return false;
	}
	if (assembly) {
		char *source = cmd_asm_text(c, tok);

		if (!source)
			return false;
		*bytes = asm_assemble(source, len, &error);
		free(source);
	} else {
		*bytes = asm_parse_hex(tok->text, len, &error);
	}
	if (*bytes)
		return true;
	cmd_error_at(c, line, tok, "the '%s' is unusable: %s", word, error ? error : "no memory");
	free(error);
	return false;
}

/* script { ... } or script {file:PATH}: the path is verbatim. */
static bool make_script(struct cmd *c, const struct cmd_line *line, struct draft *dr)
{
	const struct cmd_tok *tok = dr->words.value[CMD_EV_SCRIPT];
	const char *path;
	char *why = NULL;
	size_t len;

	if (!tok)
		return true;
	if (!tok->text[0]) { /* { } is a script that does nothing */
		cmd_error_at(c, line, tok, "the script is empty");
		return false;
	}
	if (strncasecmp(tok->text, "file:", 5)) {
		dr->spec.script = cmd_tok_source(c, tok);
		return true;
	}
	path = tok->text + 5;
	if (!*path) {
		cmd_error_at(c, line, tok, "the path of the script is missing: script {file:PATH}");
		return false;
	}
	dr->script = cmd_read_file(path, &len, &why);
	if (!dr->script) {
		cmd_error_at(c, line, tok, "%s", why);
		free(why);
		return false;
	}
	if (is_empty(dr->script)) {
		cmd_error_at(c, line, tok, "the script file '%s' is empty", path);
		return false;
	}
	dr->spec.script = (struct scr_source){ path, dr->script, len, 1, 1 };
	return true;
}

static bool find_outputs(struct cmd *c, struct draft *dr)
{
	const struct cmd_tok *tok = dr->words.value[CMD_EV_OUTPUT];
	struct out_set *set = dbg_outputs(c->d);

	if (!tok)
		return true;
	if (!cmd_event_outputs(tok, dr->outputs, &dr->spec.noutputs, &dr->late))
		return show_late(dr);
	if (c->mode & CMD_CHECK) /* the commands that create them are not run */
		return true;
	for (size_t i = 0; i < dr->spec.noutputs; i++) {
		struct out_info info;

		dr->spec.outputs[i] = dr->outputs[i];
		if (!out_find(set, dr->outputs[i])) {
			cmd_err_set(&dr->late, tok->off, tok->len, "there is no output '%s'",
				    dr->outputs[i]);
			cmd_err_hint(&dr->late, "output create %s file PATH; output open %s",
				     dr->outputs[i], dr->outputs[i]);
			return show_late(dr);
		}
		for (size_t k = 0; out_list(set, k, &info); k++) {
			if (strcmp(info.name, dr->outputs[i]) || info.state < OUT_CLOSED)
				continue;
			cmd_err_set(&dr->late, tok->off, tok->len,
				    "the output '%s' is closed, and closed is final", info.name);
			return show_late(dr);
		}
	}
	return true;
}

/* --- arming --- */

static void find_call(struct cmd *c, struct draft *dr, const struct cmd_event_of *what)
{
	if (what)
		dr->calls = what->calls;
	else if (!cmd_find_calls(c, dr->words.value[CMD_EV_CALL], &dr->calls, &dr->late))
		dr->has_late = true;
	dr->spec.nr = dr->calls.nr;
	dr->spec.abi = dr->calls.abi;
	dr->spec.calls = &dr->calls.set;
}

/* An error of words is told only when the script has none. Nothing keeps the compiled script. */
static enum cmd_result fail_late(struct cmd *c, const struct cmd_line *line, struct draft *dr)
{
	struct scr_diags diags = { 0 };
	bool errors = false;

	if (dr->spec.script.text) {
		struct eng_program *prog =
			scr_compile(dbg_env(c->d), &dr->spec.script, SCR_SCRIPT, &diags);

		errors = !prog;
		if (prog)
			scr_program_free(prog);
	}
	if (!errors) {
		scr_diags_free(&diags);
		return cmd_show_err(c, line, &dr->late);
	}
	dbg_show_diags(c->d, &diags);
	return CMD_FAILED;
}

static void say_armed(struct cmd *c, const char *text, u32 id)
{
	char brief[80];

	cmd_shorten(text, brief, 70);
	cmd_note(c, "event %x armed: %s", id, brief);
}

/* A number that `ps` shows, taken for hexadecimal: an event that would wait in silence. */
static void say_absent(struct cmd *c, const struct draft *dr)
{
	const struct cmd_tok *tok = dr->words.value[CMD_EV_PID];
	size_t n = dbg_threads(c->d, NULL, 0);
	struct tgt_thread_info *info;
	bool found = !n || dr->spec.pid == ENG_ANY;

	if (found)
		return;
	info = cmd_alloc(n * sizeof(*info));
	dbg_threads(c->d, info, n);
	for (size_t i = 0; i < n && !found; i++)
		found = info[i].pid == dr->spec.pid;
	free(info);
	if (!found)
		cmd_note(c, "note: the debuggee has no process %llu (hexadecimal %llx) now%s%s",
			 dr->spec.pid, dr->spec.pid,
			 tok->text[strspn(tok->text, "0123456789")] ? "" : "; decimal is 0n",
			 tok->text[strspn(tok->text, "0123456789")] ? "" : tok->text);
}

/* One of the `2` forms. */
static bool is_variant(const struct cmd_line *line)
{
	const char *name = line->tok[0].text;

	return name[strlen(name) - 1] == '2';
}

/* For a process they are promised for a target that runs inside the debuggee. */
static void say_variant(struct cmd *c, const struct cmd_line *line)
{
	const char *name = line->tok[0].text;

	if (c->said_variant || !is_variant(line) || dbg_can(c->d, TGT_BY_RIP))
		return;
	c->said_variant = true;
	cmd_note(c, "note: for a process, %s works like %.*s: out of process, through ptrace", name,
		 (int)strlen(name) - 1, name);
}

static void warn_skipped_return(struct cmd *c, const struct dbg_event_spec *spec, u32 id)
{
	if (spec->kind != ENG_EV_SYSRET || c->mode & CMD_QUIET ||
	    !(spec->sc || dbg_event_calls(c->d, id, ENG_BI_EVENT_SC)))
		return;
	con_warning(c->con,
		    "a SYSRET that is left out lets the kernel run on behind it: the machine "
		    "crashes unless the script sends @rip elsewhere");
}

static enum cmd_result arm(struct cmd *c, const struct cmd_line *line, struct draft *dr)
{
	struct scr_diags diags = { 0 };
	bool told;
	u32 id;
	int err;

	if (c->mode & CMD_CHECK)
		return dr->spec.script.text ? cmd_check_source(c, &dr->spec.script, SCR_SCRIPT)
					    : CMD_OK;
	err = dbg_event_add(c->d, &dr->spec, &diags, &id);
	told = diags.errors;
	dbg_show_diags(c->d, &diags);
	if (err)
		return told ? CMD_FAILED : cmd_fail(c, "%s", dbg_error(c->d));
	say_variant(c, line);
	warn_skipped_return(c, &dr->spec, id);
	say_armed(c, dr->spec.command, id);
	say_absent(c, dr);
	return CMD_OK;
}

enum cmd_result cmd_event(struct cmd *c, const struct cmd_option *options,
			  const struct cmd_line *line, const struct cmd_event_of *what)
{
	struct draft dr = { 0 };
	enum cmd_result res = CMD_FAILED;

	dr.spec.kind = options == cmd_event_options ? ENG_EV_SYSCALL : ENG_EV_SYSRET;
	dr.spec.by_rip = is_variant(line);
	dr.spec.entry = cmd_tok_is(&line->tok[0], "!entryhook");
	dr.spec.command = line->text + line->tok[0].off;
	dr.has_late = !cmd_event_words(line, options, &dr.words, &dr.late);
	if (!make_code(c, line, &dr, CMD_EV_CONDITION, CMD_EV_ASM_CONDITION, &dr.condition,
		       &dr.spec.condition_len) ||
	    !make_code(c, line, &dr, CMD_EV_CODE, CMD_EV_ASM_CODE, &dr.code, &dr.spec.code_len) ||
	    !make_script(c, line, &dr))
		goto out;
	if (what)
		dr.spec.script = what->script;
	dr.spec.condition = dr.condition;
	dr.spec.code = dr.code;
	if (find_outputs(c, &dr) && !dr.has_late) {
		dr.has_late = !cmd_event_values(&dr.words, dbg_can(c->d, ~0u), &dr.spec, &dr.late);
		if (!dr.has_late)
			find_call(c, &dr, what);
	}
	res = dr.has_late ? fail_late(c, line, &dr) : arm(c, line, &dr);
out:
	draft_free(&dr);
	return res;
}

static enum cmd_result run_event(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	return cmd_event(c, desc->options, line, NULL);
}

/* --- events --- */

static void list_one(struct cmd *c, const struct dbg_event_info *info)
{
	const struct eng_event *ev = info->ev;
	char brief[80];

	cmd_shorten(info->command, brief, 70);
	con_printf(c->con, "%-3x (%s)%*s %s  [fired %llu", info->id,
		   info->enabled ? "enabled" : "disabled", info->enabled ? 1 : 0, "", brief,
		   ev->fired);
	if (ev->has_condition)
		con_printf(c->con, ", condition false %llu", ev->condition_false);
	if (ev->faults)
		con_printf(c->con, ", faults %llu", ev->faults);
	if (ev->dropped)
		con_printf(c->con, ", messages dropped %llu", ev->dropped);
	con_printf(c->con, "]\n");
}

static enum cmd_result list_events(struct cmd *c)
{
	struct dbg_event_info info;
	size_t i = 0;

	for (; dbg_event_list(c->d, i, &info); i++)
		list_one(c, &info);
	if (!i)
		con_printf(c->con, "no active or disabled events\n");
	return CMD_OK;
}

static enum cmd_result events_sc(struct cmd *c, const struct cmd_desc *desc,
				 const struct cmd_line *line)
{
	int on = line->ntok == 3 ? cmd_choice("on|off", line->tok[2].text) : -1;

	if (on < 0)
		return cmd_misuse(c, desc, line, line->ntok > 2 ? &line->tok[2] : NULL);
	if (dbg_event_sc(c->d, on == 0))
		return cmd_fail(c, "%s", dbg_error(c->d));
	cmd_note(c, on == 0 ? "the call that the debuggee is stopped at will not be executed"
			    : "the call that the debuggee is stopped at will be executed");
	return CMD_OK;
}

static enum cmd_result run_events(struct cmd *c, const struct cmd_desc *desc,
				  const struct cmd_line *line)
{
	static const enum dbg_event_op ops[] = { DBG_EV_ENABLE, DBG_EV_DISABLE, DBG_EV_CLEAR };
	static const char *const done[] = { "enabled", "disabled", "cleared" };
	u64 id = DBG_ALL;
	int op;

	if (line->ntok == 1)
		return list_events(c);
	if (cmd_tok_is(&line->tok[1], "sc"))
		return events_sc(c, desc, line);
	op = cmd_choice("e|d|c", line->tok[1].text);
	if (op < 0 || line->ntok < 3)
		return cmd_misuse(c, desc, line, op < 0 ? &line->tok[1] : NULL);
	if (line->ntok > 3)
		return cmd_misuse(c, desc, line, &line->tok[3]);
	if (!cmd_tok_is(&line->tok[2], "all") &&
	    (line->tok[2].kind != CMD_WORD || !cmd_number(line->tok[2].text, &id)))
		return cmd_error_at(c, line, &line->tok[2],
				    "'%s' is no number of an event: a hexadecimal number, or 'all'",
				    line->tok[2].text);
	if (!cmd_tok_is(&line->tok[2], "all") && id >= DBG_ALL)
		return cmd_error_at(c, line, &line->tok[2], "there is no event %llx", id);
	if (dbg_event_ctl(c->d, ops[op], (u32)id))
		return cmd_error_at(c, line, &line->tok[2], "%s; 'events' lists them",
				    dbg_error(c->d));
	if (id == DBG_ALL)
		cmd_note(c, "all events %s", done[op]);
	else
		cmd_note(c, "event %llx %s", id, done[op]);
	return CMD_OK;
}

/* --- the rows --- */

#define EVENT_SYNTAX                                                                              \
	"[pid ID|all] [core N|all] [imm yes|no] [sc on|off] [stage pre|post|all] [buffer BYTES] " \
	"[script {...}] [[asm] condition {...}] [[asm] code {...}] [output {...}]"

static const struct cmd_option events_options[] = {
	{ NULL, CMD_ARG_CHOICE, "e|d|c|sc", "enable, disable, clear; or short-circuit" },
	{ NULL, CMD_ARG_EVENT, "N|all|on|off", "number of an event, or all; for sc: on or off" },
	{ NULL, CMD_ARG_NONE, NULL, NULL },
};

/* clang-format off */
const struct cmd_desc cmd_events[] = {
	{ "!syscall", "[CALL] " EVENT_SYNTAX,
	  "set an event on system calls",
	  "The event takes place whenever a thread of the debuggee makes the call. In stage pre "
	  "nothing has been done yet: @rax is the number, the arguments are in @rdi @rsi @rdx @r10 "
	  "@r8 @r9 (or $syscall_arg0 ... $syscall_arg5), and what the script writes there is what "
	  "the kernel gets. In stage post the call has been executed and @rax is its result, which "
	  "may be changed. $context is the number of the call.\n"
	  "With 'sc on', or event_sc(1) in the script, the kernel never executes the call: the "
	  "program goes on behind it with the registers as they are, so that the script should "
	  "set @rax (the result) itself.\n"
	  "On the machine stage post is right behind the SYSCALL, in the kernel, which has done nothing "
	  "yet; results are seen by !sysret.\n"
	  "With a script or code the event runs them; without either it breaks into the debugger. "
	  "The options come in any order; the last one counts when one is repeated. A call of "
	  "another calling convention is written i386:open or x32:read; a class of calls is %file, "
	  "%desc, %network, %process, %memory or %signal, of all calling conventions; * is every call.",
	  "!syscall openat script { printf(\"%d opens %s\\n\", $pid, @rsi); }",
	  CMD_CHECKS, cmd_event_options, run_event, "PM" },
	{ "!syscall2", "[CALL] " EVENT_SYNTAX,
	  "set an event on system calls, the fast way",
	  "The same event as !syscall, for targets that have a faster and less guarded way to see "
	  "system calls: on the machine the address of the instruction decides, and none of its bytes "
	  "is read. For a process it works like !syscall.",
	  "!syscall2 3b script { printf(\"%s runs %s\\n\", $pname, @rdi); }",
	  CMD_CHECKS, cmd_event_options, run_event, "PM" },
	{ "!sysret", EVENT_SYNTAX,
	  "set an event on the return from system calls",
	  "The event takes place whenever a system call returns to the program: @rax is the result "
	  "and may be changed, $context is the address that the call returns to, $syscall_number "
	  "the call. It follows all '!syscall ... stage post' events of the same call. Calls that "
	  "were short-circuited do not return from anywhere and cause no event; nor do those that "
	  "never return, such as exit.\n"
	  "On the machine it is the SYSRET instruction, in stage pre in the kernel and in stage post "
	  "behind it; $context is its address. Returns by IRET are not seen; '.status' counts them.",
	  "!sysret script { if ($syscall_return == -2) { printf(\"%d: ENOENT\\n\", $tid); } }",
	  CMD_CHECKS, cmd_event_options + 1, run_event, "PM" },
	{ "!sysret2", EVENT_SYNTAX,
	  "set an event on the return from system calls, the fast way",
	  "The same event as !sysret, for targets that have a faster and less guarded way. For a "
	  "process it works like !sysret.",
	  "!sysret2 core 1 imm no script { print(@rax); }",
	  CMD_CHECKS, cmd_event_options + 1, run_event, "PM" },
	{ "!entryhook", "[CALL] " EVENT_SYNTAX,
	  "set an event on the kernel's entry point for system calls",
	  "The event takes place at the first instruction of the kernel behind SYSCALL, by a "
	  "breakpoint of the processor that the hypervisor holds: @rip is the kernel's entry, "
	  "@rcx the address that the call returns to, @r11 its flags; number and arguments are "
	  "where they are for !syscall. It costs less than half of what !syscall and !sysret "
	  "together do, and SYSRET is left alone. With 'sc on' the call returns at once. There is "
	  "no stage post.",
	  "!entryhook openat script { printf(\"%s: %s\\n\", $pname, @rsi); }",
	  CMD_CHECKS, cmd_event_options, run_event, "M" },
	{ "!hijack", "CALL INSTEAD [arg0=X] ... [arg5=X] [pid ID|all] [core N|all] [[asm] condition {...}]",
	  "have another system call made instead",
	  "Whenever a thread of the debuggee makes CALL, the kernel executes the call INSTEAD, with the "
	  "arguments that are given, each a number or an expression that is evaluated then and there, "
	  "and with the program's own where none is given. Its result is what the program gets; the "
	  "program's argument registers come back to it. Both calls are of the same calling "
	  "convention; CALL may be * or a class, such as %network, of x86-64 then.\n"
	  "It is an event with the script syscall_hijack(): 'events' lists, enables, disables and "
	  "clears it. Other events look at the number that the program gave.",
	  "!hijack read write arg0=1 arg1=@rsi+2",
	  CMD_CHECKS, cmd_hijack_options, cmd_run_hijack, "P" },
	{ "events event", "[e|d|c N|all] [sc on|off]",
	  "list, enable, disable or clear events",
	  "Without arguments: one entry for each event, with its number, its state, the beginning "
	  "of its command and how often it fired. 'e', 'd' and 'c' enable, disable and clear one "
	  "event or all. 'sc on' leaves out the call that the debuggee is stopped at now, 'sc off' "
	  "has it executed after all.",
	  "events d all",
	  0, events_options, run_events, "PM" },
	{ .names = NULL },
};
/* clang-format on */
