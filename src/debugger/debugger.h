/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * debugger.h - a session: one target, its events, globals, outputs and settings.
 *
 * The only thing that commands call. No function here prints to the terminal except
 * through the session's console, and none reads from it.
 */
#ifndef DEBUGGER_DEBUGGER_H
#define DEBUGGER_DEBUGGER_H

#include "debugger/handlers.h"
#include "output/output.h"
#include "script/script.h"
#include "target/target.h"

struct dbg;

/* What is debugged: process trees, or the whole machine. */
enum dbg_kind { DBG_PROCESS, DBG_MACHINE };
struct dbg *dbg_new(struct console *con, enum dbg_kind kind);
/* Launched debuggees are killed, attached ones let go; the machine's events are disarmed. */
void dbg_free(struct dbg *d);
/* Which of these the target can: TGT_... */
unsigned dbg_can(const struct dbg *d, unsigned what);
const char *dbg_target_name(const struct dbg *d);
char dbg_target_letter(const struct dbg *d); /* 'P' or 'M', in columns of tables */

/* Something of whoever made the session, to be found again from a thread or a handler. */
void dbg_set_user(struct dbg *d, void *user);
void *dbg_user(const struct dbg *d);

struct console *dbg_console(struct dbg *d);
struct out_set *dbg_outputs(struct dbg *d);
struct scr_env *dbg_env(struct dbg *d);
/* Map @i of the session: its name, or NULL; entries in use, updates refused while full. */
const char *dbg_map_info(struct dbg *d, u32 i, u32 *used, u64 *refused);
/* Text of the last failure of a call below. */
const char *dbg_error(const struct dbg *d);

/* --- settings: data, one row each; the `settings` command shows and sets them --- */
/* clang-format off */
#define DBG_SETTINGS(X)                                                                         \
	/* id, name, kind, default, help */                                                     \
	X(AUTOFLUSH, "autoflush", "on|off", 0,                                                  \
	  "drop queued messages when an event is disabled or cleared")                          \
	X(FILTER, "filter", "on|off", 1,                                                        \
	  "launched debuggees get a seccomp filter, so that only wanted calls stop")            \
	X(PLACEMENT, "placement", "on|off", 1,                                                  \
	  "keep the debugger and a busy launched thread on one CPU")                            \
	X(BUDGET, "budget", "number", 0x4000000,                                                \
	  "instructions that one run of a script may execute")                                  \
	X(SLOWSINK, "slowsink", "wait|drop", 0,                                                 \
	  "an output that cannot keep up slows the debuggee down, or loses messages (counted)") \
	X(CODETIME, "codetime", "number", 0x64, "milliseconds that custom code may run")            \
	X(STAY, "stay", "on|off", 0,                                                            \
	  "the hypervisor of 'lstar machine' stays under the kernel when the session ends")          \
	X(SELF, "self", "on|off", 0,                                                            \
	  "events of 'lstar machine' see the calls of lstar itself, too")

enum dbg_setting {
#define X(id, name, kind, def, help) DBG_SET_##id,
	DBG_SETTINGS(X)
#undef X
	DBG_NSETTINGS
};
/* clang-format on */

struct dbg_setting_name {
	const char *name, *kind, *help;
	u64 def;
};

extern const struct dbg_setting_name dbg_setting_names[DBG_NSETTINGS];
u64 dbg_setting(const struct dbg *d, enum dbg_setting s);
int dbg_set(struct dbg *d, enum dbg_setting s, u64 value);

/* --- debuggees; 0 or a negative errno with dbg_error() --- */
int dbg_launch(struct dbg *d, char *const *argv);
/* The same, with all that may be chosen. */
struct dbg_launch {
	const char *path; /* NULL: argv[0] */
	const char *const *argv, *const *envp; /* envp NULL: ours */
	const char *cwd; /* NULL: ours */
	enum tgt_stdio stdio;
	bool no_aslr;
	bool no_filter; /* whatever the setting says */
	bool alone; /* its children are not debugged */
};
int dbg_launch_as(struct dbg *d, const struct dbg_launch *how);
int dbg_restart(struct dbg *d); /* kill what was launched last, launch it again */
/*
 * Our ends of a launched process's standard input, output and error; -1: not redirected. They
 * are the session's, until it ends or the first launch after the end of that process.
 */
int dbg_stdio_fds(struct dbg *d, u32 pid, int fd[3]);
int dbg_close_stdin(struct dbg *d, u32 pid);
int dbg_attach(struct dbg *d, u32 pid);
int dbg_detach(struct dbg *d, u32 pid); /* 0: the current process */
int dbg_kill(struct dbg *d, u32 pid); /* 0: the current process */
bool dbg_has_debuggee(const struct dbg *d);
/* True between a stop and the next `g`; all threads are halted then. */
bool dbg_stopped(const struct dbg *d);

/* Current thread: registers, memory and `?` refer to it. 0 when there is none. */
u32 dbg_current_tid(const struct dbg *d);
u32 dbg_current_pid(const struct dbg *d);
int dbg_switch(struct dbg *d, u32 tid); /* a tid, or a pid for its main thread */
size_t dbg_threads(struct dbg *d, struct tgt_thread_info *info, size_t max);
bool dbg_comm(struct dbg *d, u32 tid, char *buf, size_t size);

/* --- running --- */
enum dbg_why {
	DBG_BREAK, /* an event's break, or pause() */
	DBG_INTERRUPTED, /* dbg_interrupt(): Ctrl-C, `pause` */
	DBG_ERROR, /* the target failed; dbg_error() */
	DBG_ENDED, /* no debuggee is left */
	DBG_TIMEOUT, /* dbg_run_for() only: still running */
	DBG_STOPPED, /* a handler, a breakpoint, ...: at.reason */
	DBG_IDLE, /* dbg_go_while_armed() only: no event is enabled any more */
};

struct dbg_halt {
	enum dbg_why why;
	u32 event; /* BREAK: which */
	struct tgt_stop stop; /* BREAK, STOPPED at a call: where */
	enum eng_stage stage;
	bool cut; /* dbg_step_over_current(): the instruction has not come back yet */
	struct lstar_stop at; /* processes: the same for users of the library */
};

/* Let the debuggee run until something stops it. */
int dbg_go(struct dbg *d, struct dbg_halt *halt);
/* The same for the machine, which has no end: until nothing can happen any more. */
int dbg_go_while_armed(struct dbg *d, struct dbg_halt *halt);
/* One instruction of the current thread, while all others stay stopped. */
int dbg_step_current(struct dbg *d, struct dbg_halt *halt);
/* The same, but a call or a repeated string instruction is one, and all threads run meanwhile. */
int dbg_step_over_current(struct dbg *d, struct dbg_halt *halt);
/* Run for at most @ms (the `sleep` command). */
int dbg_run_for(struct dbg *d, u64 ms, struct dbg_halt *halt);
/* Do Ctrl-C and Ctrl-\ of the terminal reach launched debuggees, too? Default: yes. */
void dbg_keyboard(struct dbg *d, bool pass);
/*
 * A debuggee with job control may have taken the terminal: take it back while it is halted, as a
 * prompt must. Default: no, the terminal is left alone.
 */
void dbg_terminal(struct dbg *d, bool take_back);
/* 0, or the failure -EBUSY of what a callback may not do. */
int dbg_not_in_callback(struct dbg *d, const char *what);
/* Stop it as soon as possible. Async-signal-safe. */
void dbg_interrupt(struct dbg *d);
bool dbg_interrupted(struct dbg *d); /* has it been called since the last time? */
/*
 * Wait status, as from wait(2), of the process that was launched first (or of what `.restart`
 * put in its place), once it ended.
 */
bool dbg_exit_status(const struct dbg *d, int *status);
/* The next process, launched or attached, whose end has not been told yet. */
bool dbg_next_end(struct dbg *d, u32 *pid, int *status);
/* The process of the last dbg_launch() or dbg_restart(). */
u32 dbg_launched_pid(const struct dbg *d);

/* --- events --- */
struct dbg_event_spec {
	enum eng_kind kind;
	u8 stages;
	bool sc, imm;
	bool by_rip; /* a `2` form, where the target tells them apart */
	bool entry; /* at the kernel's entry point */
	u64 nr; /* or ENG_ANY, ENG_IN_CALLS */
	const struct eng_abi *abi; /* of nr; NULL: any calling convention */
	const struct eng_calls *calls; /* ENG_IN_CALLS; copied */
	u64 pid, core; /* or ENG_ANY */
	u64 buffer_size;
	struct scr_source script; /* text NULL: none */
	const u8 *condition, *code; /* machine code; NULL: none */
	size_t condition_len, code_len;
	const char *outputs[OUT_EVENT_MAX]; /* names; checked here */
	size_t noutputs;
	const char *command; /* as typed, for `events` */
};

/*
 * Arm. Order of checks as documented (script, output, the rest), so that a script error
 * takes no number. @diags receives compile errors and warnings.
 */
int dbg_event_add(struct dbg *d, const struct dbg_event_spec *spec, struct scr_diags *diags,
		  u32 *id);

enum dbg_event_op { DBG_EV_ENABLE, DBG_EV_DISABLE, DBG_EV_CLEAR };
#define DBG_ALL (~0u)
/* @id may be DBG_ALL. -ENOENT: no such event. */
int dbg_event_ctl(struct dbg *d, enum dbg_event_op op, u32 id);
/* Short-circuit (or not) the call that the debuggee is halted at. */
int dbg_event_sc(struct dbg *d, bool on);

struct dbg_event_info {
	u32 id;
	bool enabled;
	const char *command;
	const struct eng_event *ev; /* counters, filters */
};
/* The i-th event in order of numbers; false beyond the last. */
bool dbg_event_list(struct dbg *d, size_t i, struct dbg_event_info *info);
/* Does its script call that function, somewhere? */
bool dbg_event_calls(const struct dbg *d, u32 id, enum eng_builtin fn);
/* Does the event with this number print to the output of that name? */
bool dbg_event_prints_to(const struct dbg *d, u32 id, const char *output);

/* --- evaluate --- */
/* Prints what the compiler said, and forgets it. */
void dbg_show_diags(struct dbg *d, struct scr_diags *diags);
/*
 * Compile and run statements in the current thread (registers all zero without one).
 * Returns 0, -EINVAL for compile errors (in @diags), -EFAULT for a script error; that and
 * warnings have been printed.
 */
int dbg_eval(struct dbg *d, const struct scr_source *src, struct scr_diags *diags);
/* One expression to a value. */
int dbg_eval_value(struct dbg *d, const struct scr_source *src, u64 *value,
		   struct scr_diags *diags);

/* --- registers and memory of the current thread --- */
/* Value of a register or of a part of one. -ENODATA: not available on this target. */
int dbg_current_reg_get(struct dbg *d, const struct eng_reg_name *reg, u64 *value);
int dbg_current_reg_set(struct dbg *d, const struct eng_reg_name *reg, u64 value);
/* Memory of process @pid; 0: of the current thread, on the machine of the kernel. */
size_t dbg_mem_read(struct dbg *d, u32 pid, u64 addr, void *buf, size_t n);
size_t dbg_mem_write(struct dbg *d, u32 pid, u64 addr, const void *buf, size_t n);

/* --- messages --- */
/* Drop (counted) what is queued and not yet delivered; returns how many messages. */
u64 dbg_flush(struct dbg *d);

struct dbg_stats {
	u64 stops, fired, faults, dropped, messages;
};
void dbg_stats(const struct dbg *d, struct dbg_stats *st);
/* Target's own lines for .status. */
void dbg_target_status(struct dbg *d, FILE *out);

/* --- messages while the prompt waits: the machine never stops --- */
int dbg_message_fd(struct dbg *d); /* to poll(2); -1: nothing comes by itself */
/* Take what has come. True: dbg_messages() has something to print. @again: ask again soon. */
bool dbg_messages_ready(struct dbg *d, bool *again);
void dbg_messages(struct dbg *d);

/* --- the machine --- */
/* Put the hypervisor under the kernel. */
int dbg_machine_enter(struct dbg *d, bool quiet);
/* Events are cleared, the hypervisor goes. */
int dbg_machine_leave(struct dbg *d);
/* The CPU that `?`, rdmsr and wrmsr use; -1: none was chosen, whichever comes. */
int dbg_cpu_select(struct dbg *d, u32 cpu);
int dbg_cpu_selected(const struct dbg *d);
bool dbg_cpu_list(struct dbg *d, size_t i, struct tgt_cpu *cpu);
/* @cpu: a CPU; for writing also TGT_ALL_CPUS. */
int dbg_rdmsr(struct dbg *d, u32 cpu, u32 msr, u64 *value);
int dbg_wrmsr(struct dbg *d, u32 cpu, u32 msr, u64 value);
int dbg_translate(struct dbg *d, u32 pid, u64 addr, struct tgt_translation *tr);

/* --- symbols: the kernel's on the machine, else those of the current process --- */
struct sym_table;
/* Valid until the debuggee goes on, or another is asked for. NULL and dbg_error(): there are none. */
const struct sym_table *dbg_symbols(struct dbg *d);
/*
 * Address of "module!name" or "name", which is the program's, or any library's; false: there is none,
 * and why (malloc'ed), unless that is NULL. A scr_symbol_fn.
 */
bool dbg_resolve(void *d, const char *name, u64 *addr, char **why);

#endif
