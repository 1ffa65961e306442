/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - what the files of this room share about a session. Private to src/debugger.
 */
#ifndef DEBUGGER_SESSION_H
#define DEBUGGER_SESSION_H

#include <signal.h>
#include <stdarg.h>
#include <termios.h>

#include "asm/asm.h"
#include "debugger/debugger.h"
#include "debugger/tasks.h"

#define DBG_MAX_GLOBALS 4096
#define DBG_BATCH 4096 /* bytes of `imm no` text gathered before they are delivered */
#define DBG_SETTLE_MS 2000 /* an output that takes nothing for so long is given up at the end */

/* The debugger's record of an event, around what the engine sees of it. */
struct dbg_event {
	struct eng_event ev; /* ev.owner leads back here */
	struct eng_calls calls; /* ev.calls, if any */
	bool imm;
	bool carried; /* armed at the target */
	u64 carried_dropped; /* of ev.dropped, what was lost there */
	bool guarded_buffer; /* ev.buffer belongs to the guard */
	struct eng_program *prog; /* owned; ev.prog is the same */
	struct asm_code *condition, *code;
	struct out_source *out[OUT_EVENT_MAX];
	size_t nout;
	char *command;
	char *script_name; /* where the script stands, for its errors */
};

/* The stop that the session is halted at: kept whole, so that `g` can finish it. */
struct dbg_held {
	bool valid;
	struct tgt_stop stop;
	struct eng_ctx ctx;
	enum eng_stage stage;
	struct lstar_thread *task; /* its record, once somebody has asked for it */
	struct dbg_call *call; /* what its handlers have made of it; NULL: there were none */
	bool kept; /* arguments are changed for the kernel alone */
	bool virtual_call; /* a call that is made for the user: nothing stops at it */
};

/* A process that the user launched or attached, not one that these started. */
struct dbg_root {
	u32 pid;
	bool main; /* its end is the end of a batch: launched when there was no other such */
	bool ended;
	int status;
};

/* A launch with copies of all that it leads to, so that it can be done again. */
struct dbg_launched {
	struct dbg_launch how;
	char **argv, **envp, *path, *cwd;
};

struct dbg_stdio {
	u32 pid;
	int fd[3];
};

struct dbg_breakpoint {
	struct dbg_breakpoint_info info;
	u32 set; /* its number in the target, another one each time; 0: disabled */
	bool removed;
};

/* What ctx->target leads to while the engine runs. */
struct dbg_frame {
	struct dbg *d;
	struct tgt_thread *th; /* NULL: `?` without a debuggee */
};

/* The controlling terminal, when it is our standard input. */
struct dbg_terminal {
	bool take_back; /* dbg_terminal() */
	bool was_ours; /* we were in the foreground when the debuggee was last started */
	pid_t group; /* the debuggee's foreground group while halted; 0: none */
	struct termios modes; /* as that group had set them */
	struct termios our_modes;
};

/* A step over a call, or a repeated instruction: everything runs. */
struct dbg_over {
	u32 pid, tid; /* tid 0: there is none */
	u32 set; /* the target's breakpoint where it is to end */
	u64 addr, sp; /* where that is; the stack pointer before the instruction */
	bool done, cut; /* the last one: has ended there; something else came first */
};

struct dbg_request {
	enum eng_request what;
	u64 event;
};

struct dbg {
	struct console *con;
	struct out_set *outs;
	struct scr_env *env;
	struct target *target;
	const struct dbg_home *home;
	struct asm_guard *guard; /* made with the first custom code */
	struct eng_vm *vm;
	struct eng_globals globals;
	struct eng_maps maps; /* at home here: their memory; else only their number */
	u64 setting[DBG_NSETTINGS];
	char error[1024];

	/* events: all in order of numbers, and by kind for the engine */
	struct dbg_event **event;
	size_t nevents, cap_events;
	struct eng_event **kind[ENG_NKINDS];
	size_t nkind[ENG_NKINDS];
	u32 next_id;
	bool interest_stale;
	struct dbg_request *req;
	size_t nreq, cap_req;
	bool running_requests;

	/* debuggees */
	struct dbg_launched *last; /* how the last program was launched; NULL: there was none */
	struct dbg_stdio *stdio; /* of launched processes, by pid */
	size_t nstdio;
	u32 launched; /* process of the last launch */
	struct dbg_root *root;
	size_t nroots, cap_roots;
	bool have_status;
	int status; /* of the main root */
	u32 current; /* tid */
	bool running; /* between resume_all and halt */
	struct dbg_held held;
	struct lstar_thread *stepping; /* the only one that runs; NULL: all do */
	struct dbg_over over;
	bool again; /* the held thread stays: wait tells of it at once */
	unsigned wanted; /* 1 << enum lstar_reason */
	u64 wanted_signals; /* bit n - 1: signal n */
	bool hold_born; /* the user's will */
	bool held_births; /* children have been held until they were told of */
	u32 nparked;

	struct dbg_breakpoint *breakpoint; /* removed ones too: their hits are still asked for */
	size_t nbreakpoints, cap_breakpoints;
	void *user; /* whose session this is: dbg_user() */

	/* records */
	struct lstar_thread *task_hash[DBG_TASK_HASH];
	struct lstar_thread **task; /* all, in order of birth */
	size_t ntasks, cap_tasks;
	struct dbg_proc *procs, *ended_procs;

	/* handlers: those without and with LSTAR_LAST, in order of making */
	struct lstar_handler *handlers[2];
	size_t nhandlers, nwatching; /* nwatching: those with twins */
	u64 next_made;
	u32 firing; /* callbacks that are running */
	bool sweep; /* removed ones are to go */
	struct dbg_call *free_calls;
	const char *eval_name; /* where the script of `?` stands while it runs */
	const struct eng_program *eval_prog; /* and what it was compiled to */
	volatile sig_atomic_t interrupted; /* atomic: set by other threads, and signal handlers */
	struct dbg_terminal terminal;

	/* the machine */
	bool entered;
	int cpu; /* that the user chose; -1: none */
	bool eval_told; /* a fault of `?` has come as a record */
	bool have_record; /* one that was looked at and not shown yet */
	struct tgt_record record;
	u64 lost, told_lost; /* records without room in the rings; how many of them were told */
	u64 told_lost_ms;
	u32 columns; /* that the target was told */
	bool while_armed; /* a run ends when no event is enabled any more */
	struct sym_table *symbols; /* the kernel's; loaded when first asked for */
	struct sym_cache *sym_cache; /* those of processes; likewise */

	/* messages */
	char batch[DBG_BATCH];
	size_t nbatch, batch_msgs;
	bool fresh_con, fresh_out; /* text of this stop has not been written yet */
	struct dbg_stats stats;
};

/*
 * Where the engine is at home. Either here: the target delivers stops and events fire in the
 * debugger (here.c); or at the target, which carries the events itself (carried.c). Nobody
 * else asks which. 0 or a negative errno with dbg_error().
 */
struct dbg_home {
	/* The event is filled in; afterwards it is enabled. */
	int (*arm)(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec);
	int (*enable)(struct dbg *d, struct dbg_event *e, bool on);
	/* What arm() made goes, also when it failed half-way. */
	void (*disarm)(struct dbg *d, struct dbg_event *e);
	/* Bring the event's counters and state up to date. */
	void (*counters)(struct dbg *d, struct dbg_event *e);
	/* Run once. -EFAULT: ended by a script error, which has been told. */
	int (*eval)(struct dbg *d, const struct eng_program *prog, u64 *value);
	int (*map_add)(struct dbg *d, u32 number, const struct eng_map_desc *desc,
		       const char *name);
	void (*map_info)(struct dbg *d, u32 number, u32 *used, u64 *refused);
	int (*budget)(struct dbg *d, u64 instructions);
	/* Let it run until @until (ms, dbg_now_ms(); 0: no limit) or something stops it. */
	int (*run)(struct dbg *d, u64 until, struct dbg_halt *halt);
	/* Nothing fires any more afterwards. */
	void (*end)(struct dbg *d);
};

extern const struct dbg_home dbg_home_here, dbg_home_carried;

extern const struct eng_host dbg_host;

int dbg_fail(struct dbg *d, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The target's own words for its failure @err. */
int dbg_fail_target(struct dbg *d, int err);
struct tgt_thread *dbg_thread(struct dbg *d, u32 tid);
/* What the target says of a thread; false: it knows none of that number. */
bool dbg_thread_info(struct dbg *d, u32 tid, struct tgt_thread_info *info);

static inline bool dbg_is_interrupted(const struct dbg *d)
{
	return __atomic_load_n(&d->interrupted, __ATOMIC_RELAXED);
}

/* Has it been, since the last time? */
static inline bool dbg_take_interrupt(struct dbg *d)
{
	return dbg_is_interrupted(d) && __atomic_exchange_n(&d->interrupted, 0, __ATOMIC_RELAXED);
}

/* machine.c */
int dbg_machine_self(struct dbg *d, bool seen);

/* debuggee.c */
/* After a thread or process went away: the current one must exist. */
void dbg_fix_current(struct dbg *d);
void dbg_root_ended(struct dbg *d, u32 pid, int status);
struct dbg_root *dbg_root_find(struct dbg *d, u32 pid);
/* Room for one more, before the process is made: an end that nobody keeps would be lost. */
int dbg_root_reserve(struct dbg *d);
void dbg_root_add(struct dbg *d, u32 pid, bool launched);

/* launch.c */
void dbg_launches_free(struct dbg *d);

/* events.c */
void dbg_events_free(struct dbg *d);
struct dbg_event *dbg_event_find(const struct dbg *d, u32 id);
int dbg_update_interest(struct dbg *d);
/* What scripts asked for during a firing. */
void dbg_requests_run(struct dbg *d);
void dbg_request_add(struct dbg *d, enum eng_request what, u64 event);

/* message.c */
void dbg_emit(struct eng_ctx *ctx, const struct eng_msg *msg);
/* A message from wherever it comes; its event, if any, has its owner set. */
void dbg_message(struct dbg *d, const struct eng_msg *msg);
/* Deliver the batch; called before anything else is written and at every halt. */
void dbg_deliver(struct dbg *d);
/* maps.c: the maps that a compiled script uses first are made */
int dbg_maps_ready(struct dbg *d);
int dbg_map_add_here(struct dbg *d, u32 number, const struct eng_map_desc *desc, const char *name);
void dbg_map_info_here(struct dbg *d, u32 number, u32 *used, u64 *refused);
void dbg_maps_free(struct dbg *d);
/* Write what came at this stop and was promised at once; before the thread goes on. */
void dbg_show(struct dbg *d);
/* Say, once, which outputs have failed. */
void dbg_report_outputs(struct dbg *d);
/* At the end: wait for slow outputs, say what could not be delivered. */
void dbg_settle_outputs(struct dbg *d);

/* code.c: custom code and its guard */
int dbg_code_load(struct dbg *d, struct dbg_event *e, const struct dbg_event_spec *spec);
void dbg_code_free(struct dbg *d, struct dbg_event *e);
bool dbg_run_code(struct eng_ctx *ctx, const struct eng_event *ev, enum eng_code which,
		  u64 *result);

/* calls.c: at an entry, before arguments of it are changed for the kernel alone */
void dbg_keep_args(struct dbg *d, struct dbg_held *h);

/* terminal.c */
void dbg_terminal_theirs(struct dbg *d);
void dbg_terminal_ours(struct dbg *d, bool ended);

/* run.c */
u64 dbg_now_ms(void);
int dbg_run_here(struct dbg *d, u64 until, struct dbg_halt *halt);
/* Stop what runs: something is to be done to all of it. */
int dbg_halt_now(struct dbg *d);

/* start.c */
/* The thread that stands at @h goes on, by a step or until something stops it. */
int dbg_go_on(struct dbg *d, struct dbg_held *h, bool step);
/* Failures: there is none; it is the machine. */
int dbg_no_debuggee(struct dbg *d);
int dbg_no_processes(struct dbg *d);

/* over.c */
/* A breakpoint was reached: the end of the step; its place, by somebody who is not meant. */
bool dbg_over_is_done(const struct dbg *d);
bool dbg_over_passes(const struct dbg *d);
/* Its thread has ended, or its process has, or runs another program: it cannot be done. */
bool dbg_over_lost(const struct dbg *d, const struct tgt_stop *s);
/* Everything is halted. */
void dbg_over_end(struct dbg *d);

/* breakpoints.c */
/* One of the target's was reached: its number for users. */
u32 dbg_breakpoint_hit(struct dbg *d, u32 set);
void dbg_hold_births(struct dbg *d);
void dbg_release_birth(struct dbg *d, const struct dbg_proc *proc);

/* eval.c */
int dbg_eval_here(struct dbg *d, const struct eng_program *prog, u64 *value);

/* symbols.c: of a process; NULL and dbg_error() */
const struct sym_table *dbg_symbols_of(struct dbg *d, u32 pid);

/* include.c: the scr_read_fn of a session */
bool dbg_read_include(void *user, const char *from, const char *path, struct scr_included *in);

#endif
