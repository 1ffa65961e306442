/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tasks.h - records of processes, threads, open calls and handlers. Private to src/debugger.
 *
 * What a thread stands at, and what happened in its present call, is kept with the thread,
 * never with a handler: several threads may be at different ends of one call at once.
 */
#ifndef DEBUGGER_TASKS_H
#define DEBUGGER_TASKS_H

#include "debugger/handlers.h"
#include "target/target.h"

#define DBG_TASK_HASH 1024 /* buckets; a power of two */

/* Lives to the end of the session, as its threads do. */
struct dbg_proc {
	struct dbg_proc *next; /* of the living, or of the ended */
	struct dbg_proc *parent; /* NULL: not known, or none */
	u32 pid, parent_pid;
	bool root; /* launched or attached by the user */
	bool alive;
	bool held;
	struct lstar_thread *threads; /* the living */
};

/* A handler that a call has entered. */
struct dbg_entered {
	struct lstar_handler *h; /* NULL: removed, or not to see the exit */
	u64 nr; /* number that it was entered for */
	bool hit; /* the thread stands here because of it, or it is running */
};

/* How far the handlers of a stop have come. */
enum dbg_progress {
	DBG_ROUND, /* those of the present number are to be entered */
	DBG_CHANGED, /* they were: has the number changed? */
	DBG_LATE, /* those with LSTAR_LAST are to be entered */
	DBG_ENTERED, /* all were; a call that is left out has still to be left */
	DBG_LEAVING, /* at the exit: all that were entered are to be left */
	DBG_LEFT,
};

/*
 * A call between its entry and its exit. Calls of signal handlers lie within the one that the
 * signal has interrupted: a stack of them, matched by number and place.
 */
struct dbg_call {
	struct dbg_call *below;
	u64 ip, sp, program_nr; /* as the stops tell of it */
	enum abi_id abi;
	u64 first_nr; /* as events left it */
	u64 nr; /* the one whose handlers are entered */
	u64 seen_nr; /* after these have run */
	u64 executed; /* what the kernel was given */
	u64 arg[6]; /* as the program gave them */
	s64 ret; /* as the kernel gave it */
	enum dbg_progress progress;
	bool skipped; /* ... and its exit is seen at its entry */
	bool looped; /* hijacks came back to a number: dbg_error() has been set */
	bool recursive; /* the flag of who was last to change the number in this round */
	u64 limit; /* handlers that were made later do not see this call */
	struct dbg_entered *in;
	size_t n, cap;
	/* Does the thread stay here, and who was first to want it? */
	bool stay, asked_recursive;
	struct lstar_handler *asked;
	enum lstar_reason reason;
};

/* What there was to know of a thread's call; at none: what the registers gave. */
struct dbg_seen_call {
	enum lstar_abi abi;
	u64 number, original, ret, original_ret;
	u64 arg[6]; /* as the program gave them */
};

struct lstar_thread {
	struct lstar_thread *hnext; /* the living, by tid */
	struct lstar_thread *sibling; /* the living of the process */
	struct dbg *d;
	struct dbg_proc *proc;
	u32 tid;
	bool alive;
	struct dbg_held *at; /* the reported stop that it stands at; NULL: none */
	struct dbg_held *parked; /* ... its own memory, when others run meanwhile */
	struct dbg_call *call; /* innermost open call; NULL: none that handlers entered */
	struct lstar_handler *running; /* whose callback runs in it */
	int signal; /* at a SIGNAL stop: what is delivered */
	u64 last[ENG_NREGS], last_known; /* registers when it was last looked at */
	struct dbg_seen_call last_call; /* and its call, then: all that is known at its end */
};

/* What a handler is for: numbers as programs give them, x32 without its bit. */
struct dbg_calls {
	u64 nr[ABI_N][TGT_MAX_NR / 64];
	bool all; /* every number there is or is not */
	bool single; /* one number in all conventions: */
	u64 number;
};

/* Calls that a program may make instead of the one that a handler is for. */
struct dbg_twins {
	struct dbg_calls calls;
	u64 seen; /* how often */
	enum abi_id abi; /* the first one */
	u64 nr;
	char text[256];
};

struct lstar_handler {
	struct lstar_handler *next;
	struct dbg *d;
	u64 made; /* order; those made during a stop do not see it */
	struct dbg_calls calls;
	char *text; /* as the user wrote it */
	lstar_call_fn *on_enter, *on_exit;
	void *user;
	unsigned flags;
	bool enabled, removed;
	struct lstar_thread *thread; /* or NULL */
	u32 pid; /* or 0 */
	u64 hits;
	s64 number; /* -1: more than one */
	struct dbg_twins *twins; /* LSTAR_REPORT_UNUSED, until it fires; else NULL */
	/* a hijack */
	bool hijack;
	u64 instead[ABI_N];
	unsigned args;
	u64 value[6];
};

/* tasks.c */
int dbg_tasks_attached(struct dbg *d, u32 pid);
struct lstar_thread *dbg_task_of(struct dbg *d, u32 pid, u32 tid);
void dbg_task_born(struct dbg *d, const struct tgt_stop *s);
void dbg_task_exec(struct dbg *d, const struct tgt_stop *s);
void dbg_task_ended(struct dbg *d, u32 tid);
void dbg_process_gone(struct dbg *d, u32 pid);
void dbg_tasks_free(struct dbg *d);
/* Looks at the registers that @h holds: they are those of the thread's end, if it ends now. */
void dbg_task_remember(struct lstar_thread *t, const struct dbg_held *h);
/* Registers of a thread that nothing else remembers: it has been halted, or was changed there. */
void dbg_task_look(struct lstar_thread *t, const struct eng_ctx *ctx);
/* Looks at all threads of a process that is stopped, and about to end. */
void dbg_tasks_look(struct dbg *d, u32 pid);
/* calls.c: the same of the call at a stop; of a thread that stands at no call */
void dbg_call_remember(struct lstar_thread *t, const struct dbg_held *h);
void dbg_call_look(struct lstar_thread *t);
struct dbg_proc *dbg_proc_find(const struct dbg *d, u32 pid);
/* 0, or why registers and memory of the thread cannot be had. */
int dbg_task_ready(const struct lstar_thread *t);

/* handlers.c */
static inline bool dbg_calls_match(const struct dbg_calls *c, enum abi_id abi, u64 nr)
{
	u64 low = abi == ABI_X32 ? nr & ~(u64)ABI_X32_BIT : nr;

	if (c->all)
		return true;
	if (c->single)
		return c->number == nr;
	return low < TGT_MAX_NR && (c->nr[abi][low / 64] >> (low % 64) & 1);
}
struct tgt_interest;
void dbg_handlers_interest(struct dbg *d, struct tgt_interest *in);
void dbg_handlers_free(struct dbg *d);
/* twins.c */
void dbg_twins_watch(struct lstar_handler *h);
void dbg_twins_forget(struct lstar_handler *h);
/* Looks whether the call, which is entered, is a twin that a handler would like to know of. */
void dbg_twins_look(struct dbg *d, const struct lstar_thread *t, const struct dbg_call *c);
void dbg_twins_interest(struct dbg *d, struct tgt_interest *in);
/* Removed handlers go, now that none of them can be running. */
void dbg_handlers_sweep(struct dbg *d);

/* flow.c: the way of one call through its handlers */
/* A reported entry or exit, after its events. True: the thread is to stay; @h->call says why. */
bool dbg_call_stop(struct dbg *d, struct dbg_held *h);
/* Before the thread goes on from @h. True: it is to stay once more. */
bool dbg_call_advance(struct dbg *d, struct dbg_held *h);
/* It goes on now. */
void dbg_call_gone(struct dbg *d, struct dbg_held *h);
/* Is the handler for this thread at all? */
bool dbg_handler_is_for(const struct lstar_handler *h, const struct lstar_thread *t);
void dbg_calls_drop(struct dbg *d, struct lstar_thread *t);
/* A handler that is no more leaves the calls that it has entered. */
void dbg_calls_forget(struct dbg *d, const struct lstar_handler *gone);
/* A call that is made for the user: its handlers, without those that would stop it. */
void dbg_call_begin(struct dbg *d, struct dbg_held *h, struct dbg_call *c);
/* @made: it was, and those that it entered are to be left. */
void dbg_call_end(struct dbg *d, struct dbg_held *h, bool made);

#endif
