/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h - what the files of the process target share: tables of processes and
 * threads, their states, and the calls between the files.
 *
 * Nothing outside this folder may include it. All functions run in the one thread that
 * launched or attached (ptrace requests are bound to it); only wake_target() may be
 * called from elsewhere.
 */
#ifndef TARGET_PROCESS_PROCESS_H
#define TARGET_PROCESS_PROCESS_H

#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <time.h>

#include "target/target.h"

#define PROC_HASH 4096 /* buckets; a power of two */
#define LET_GO 64 /* the last attached processes that were let go at the end */

/* A set of system calls: x86-64 numbers, and all the rest as one. */
struct call_set {
	u64 nr[TGT_MAX_NR / 64];
	bool other;
};

/* How the threads of a process are run. */
enum tracing {
	TRACE_NONE, /* PTRACE_CONT: nothing is wanted */
	TRACE_FILTER, /* a seccomp filter stops what is wanted */
	TRACE_ALL, /* PTRACE_SYSCALL: every entry and exit stops */
};

/* A software breakpoint's place in memory. */
struct site {
	struct site *next;
	u64 addr;
	u32 users; /* breakpoints here; 0: not in memory any more */
	u8 byte; /* the program's own */
};

/* What processes share that were made by vfork, or clone with CLONE_VM. */
struct space {
	u32 users; /* processes */
	struct site *sites;
};

#define GHOSTS 64
#define DEBUG_REGS 4
#define INT3 0xcc

struct breakpoint {
	struct breakpoint *next;
	u32 number;
	struct tgt_bp bp;
	unsigned reg; /* its debug register, unless SOFTWARE */
};

struct process {
	struct process *next;
	u32 pid;
	u32 nthreads;
	bool launched; /* or descends from a launched one */
	bool alone; /* its children are not traced */
	bool held; /* its threads stay stopped */
	bool use_filter; /* filters may be installed in it */
	bool own_filter; /* it has filters that are not ours, or refused ours */
	bool want_filter; /* the installed ones do not cover the interest set yet */
	u32 nfilters; /* ours */
	struct call_set installed; /* what they stop */
	enum tracing mode;
	int mem_fd; /* /proc/PID/mem, or -1 */
	u64 syscall_insn; /* address of a SYSCALL instruction, or 0: not looked for yet */
	struct space *space;
	struct breakpoint *reg[DEBUG_REGS];
	u32 reg_turn; /* changes with them; threads that are behind load them when they run */
};

enum thread_state {
	TH_RUNNING,
	TH_HELD, /* stopped and not reported: halted, newborn, just launched or attached */
	TH_QUEUED, /* stopped or ended; the status waits in the queue for wait() */
	TH_REPORTED, /* stopped; the caller has it */
	TH_LISTENING, /* in a group-stop that SIGCONT ends */
	TH_DEAD,
};

/* Where a stopped thread stands. */
enum stop_at {
	STOP_EVENT, /* fork, exec ...: inside a system call */
	STOP_ENTRY, /* syscall-entry stop */
	STOP_SECCOMP, /* seccomp stop: also before the call */
	STOP_EXIT, /* syscall-exit stop */
	STOP_SIGNAL, /* signal-delivery stop */
	STOP_TRAP, /* PTRACE_EVENT_STOP: interrupted, or newborn */
	STOP_GROUP, /* group-stop */
	STOP_AGAIN, /* an entry undone: the next instruction makes the call once more */
	STOP_HANDLER, /* first instruction of a signal handler that ended a call with EINTR */
};

/* A system call that the kernel will, or may, make again by itself. */
enum restart_state {
	RESTART_NONE,
	RESTART_WAIT, /* it returned -ERESTART*: a handler runs, or the next entry is it */
	RESTART_HANDLER, /* a handler runs; rt_sigreturn leads back to the call */
	RESTART_NOW, /* the next entry is it */
};

/* A step that the debugger has asked for. */
enum step_state {
	STEP_NONE,
	STEP_ONE, /* one instruction */
	STEP_CALL, /* in a system call: to its exit */
};

struct call {
	u64 nr, ip, sp;
	enum abi_id abi;
};

/* Argument registers that are given back at the end of the call. */
struct kept_args {
	u64 ip, sp; /* which call it is */
	u64 value[6];
	enum abi_id abi;
	u8 changed; /* bits: which */
	bool on;
};

struct tgt_thread {
	struct tgt_thread *hnext; /* hash chain */
	struct tgt_thread *next, *prev; /* all threads */
	struct tgt_thread *qnext; /* queue */
	struct process *proc; /* NULL: born, its parent's event has not come yet */
	u32 tid;
	enum thread_state state;
	enum stop_at at;
	int status; /* QUEUED: as from waitpid */
	bool interrupted; /* PTRACE_INTERRUPT sent, its stop not seen yet */
	bool halted; /* HELD by halt(), launch or attach: resume_all() runs it */
	bool inside; /* between a seen entry and its exit */
	bool fresh; /* attached, and no call of it was seen yet */
	bool entry_seen; /* this call's syscall-entry stop was handled: ignore its seccomp stop */
	bool skipped; /* short-circuited: ignore its exit stop */
	bool swapped; /* ... by another call in its place; at its exit come back: */
	u64 skip_ret, skip_arg; /* ... the result, and the first argument */
	bool watch_exit; /* the target itself wants to see the result */
	bool stepping; /* stepped into a signal handler */
	enum step_state step;
	bool steps_pushf; /* the instruction stores the flags: without the step's own */
	bool own_int3; /* the next one that is executed is the program's */
	bool late; /* still at work on an instruction that a breakpoint is at */
	bool paused; /* ran, until another thread went over a breakpoint */
	u64 told_at; /* it stands at a breakpoint there, and its debugger knows */
	u64 again_at, again_sp; /* ... and will come there again, out of a handler */
	u32 reg_turn; /* whose debug registers it has */
	bool detaching; /* let go at its next stop */
	bool vforking; /* waits, uninterruptibly, for its vfork child */
	struct call call; /* inside: the call as the program made it */
	struct call restart;
	struct kept_args args;
	u64 restart_nr; /* what the kernel executes; differs where the number was changed */
	enum restart_state restart_state;
	struct __ptrace_syscall_info
		info; /* STOP_ENTRY, STOP_SECCOMP, STOP_EXIT: what the kernel told */
	u64 frame; /* STOP_HANDLER: address of the saved ucontext */
	int held_signal; /* to be delivered when it goes on; its siginfo is set */
	bool info_kept; /* QUEUED at an exit, and info is of it: calls were made since */
	bool is_told; /* QUEUED: the stop was seen to already, it is: */
	struct tgt_stop told;
	/* placement */
	bool pinned_before; /* own_mask is set: children may have inherited an altered mask */
	cpu_set_t own_mask;
};

/* place.c */
struct place {
	bool on;
	struct tgt_thread *hot; /* candidate, or the pinned one */
	u32 count; /* its stops in a row */
	u64 since; /* ns: start of the present count */
	bool pinned;
	int cpu;
	cpu_set_t tracer_mask;
	u64 last_count_stops, ticks_at; /* for the rate while pinned */
};

struct proc_target {
	struct target base;
	struct tgt_thread *hash[PROC_HASH];
	struct tgt_thread *threads;
	struct process *procs;
	struct tgt_thread *qhead, *qtail;
	struct tgt_thread *dead; /* reported end; freed at the next call */
	u32 let_go[LET_GO]; /* attached processes, at the end of the target */
	unsigned nlet_go;
	u32 nthreads, nrunning;
	bool ever_launched, ever_attached; /* what kinds of trees there have been */
	bool halted, hold_born;
	bool any_end; /* of a debuggee's thread */
	bool newborn; /* held without a process since it was last asked who made it */
	u64 wanted_signals; /* bit n - 1: signal n */
	bool pass_keyboard; /* Ctrl-C of the terminal reaches launched debuggees */
	struct tgt_interest interest;
	bool any_interest, full_exit;
	u32 base_filters; /* seccomp filters that this process itself lives under */
	pid_t tracer; /* thread id that owns the tracees */
	struct proc_target *next_target; /* of this program */
	/* waking and time limits */
	timer_t timer;
	bool have_timer, woken; /* atomic: read and written by who wakes, too */
	bool was_blocked; /* WAKE_SIGNAL, in our thread */
	u32 timer_first, timer_every; /* ms, as programmed */
	struct place place;
	struct site ghost[GHOSTS]; /* of the memory that ended last with any */
	u32 nghosts;
	struct breakpoint *breakpoints;
	u32 last_breakpoint;
	u64 stops, quiet_stops, signals, injected;
};

/* process.c */
int proc_fail(struct proc_target *p, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int proc_begin(struct proc_target *p); /* before the first tracee */
struct tgt_thread *thread_add(struct proc_target *p, struct process *proc, u32 tid);
void thread_remove(struct proc_target *p, struct tgt_thread *th);
void thread_rekey(struct proc_target *p, struct tgt_thread *th, u32 tid);
void thread_queue(struct proc_target *p, struct tgt_thread *th, int status);
void thread_unqueue(struct proc_target *p, struct tgt_thread *th);
struct process *process_find(const struct proc_target *p, u32 pid);
struct process *process_add(struct proc_target *p, u32 pid, const struct process *parent);
void process_remove(struct proc_target *p, struct process *proc);
void process_update(struct proc_target *p, struct process *proc);
/* Make running threads stop for a moment, so that they go on in the present mode. */
void process_kick(struct proc_target *p, struct process *proc);

static inline struct tgt_thread *thread_find(const struct proc_target *p, u32 tid)
{
	struct tgt_thread *th = p->hash[tid & (PROC_HASH - 1)];

	while (th && th->tid != tid)
		th = th->hnext;
	return th;
}

/* A listening thread may report at any time too: SIGCONT wakes it. */
static inline bool can_report(enum thread_state state)
{
	return state == TH_RUNNING || state == TH_LISTENING;
}

static inline void thread_set(struct proc_target *p, struct tgt_thread *th, enum thread_state state)
{
	if (ENG_UNLIKELY(th->state == TH_QUEUED) && state != TH_QUEUED)
		thread_unqueue(p, th);
	p->nrunning += (u32)can_report(state) - (u32)can_report(th->state);
	th->state = state;
}

/* Of a set of the interest, does it stop at this call? */
static inline bool has_call(const u64 *map, bool other, const struct call *c)
{
	if (ENG_LIKELY(c->abi == ABI_X86_64 && c->nr < TGT_MAX_NR))
		return map[c->nr / 64] >> (c->nr % 64) & 1;
	return other;
}

static inline bool wants_enter(const struct proc_target *p, const struct call *c)
{
	return has_call(p->interest.enter, p->interest.enter_other, c);
}

static inline bool wants_exit(const struct proc_target *p, const struct call *c)
{
	return has_call(p->interest.exit, p->interest.exit_other, c);
}

/* stdio.c: of a launched program; -1: none */
struct proc_stdio {
	int ours[3], theirs[3];
};
int stdio_open(struct proc_target *p, struct proc_stdio *s, enum tgt_stdio kind);
bool stdio_take(const struct proc_stdio *s);
void stdio_close(int fd[3]);

/* launch.c, attach.c */
long tracee_options(bool launched);
int proc_launch(struct target *t, const struct tgt_launch *l, u32 *pid);
int proc_attach(struct target *t, u32 pid);
int proc_detach(struct target *t, u32 pid);
void attach_undo(struct proc_target *p, struct process *proc);
/* Does a birth wait in the queue to be told of by this thread? */
bool is_birth(const struct tgt_thread *th);

/* end.c */
int proc_kill(struct target *t, u32 pid);
void proc_free(struct target *t);

/* wait.c */
int proc_wait(struct target *t, struct tgt_stop *stop, int timeout_ms);
bool wait_dispatch(struct proc_target *p, struct tgt_thread *th, int status, struct tgt_stop *stop);
/* A thread let go before its birth event was seen: give the child its process. */
struct tgt_thread *wait_birth(struct proc_target *p, struct tgt_thread *th);
struct tgt_thread *wait_unknown(struct proc_target *p, u32 tid, int status);
/* waitpid(-1) without losing anybody's child: 0 none yet, -1 errno. */
pid_t wait_any(int *status, int flags);
/* The thread waits for the debugger; true. */
bool stop_report(struct proc_target *p, struct tgt_thread *th, enum tgt_stop_kind kind,
		 struct tgt_stop *stop);
/* Nobody asked for this stop: the thread goes on; false. */
bool stop_quiet(struct proc_target *p, struct tgt_thread *th);

/* sessions.c */
#define WAKE_SIGNAL (SIGRTMAX - 3)
/* Before the first tracee: is our thread free? */
int session_check(struct proc_target *p);
void session_begin(struct proc_target *p);
/* Our thread is the one that drives @p, and has no debuggees of another target. */
bool session_alone(const struct proc_target *p);
void session_end(struct proc_target *p);
/* A child of ours that is no debuggee has ended; see proc_child_ended(). */
void stray_keep(pid_t pid, int status);

/* wake.c */
int wake_begin(struct proc_target *p);
void wake_end(struct proc_target *p);
void wake_arm(struct proc_target *p, u32 first_ms, u32 every_ms);
void wake_target(struct target *t);
u64 clock_ns(void);

/* calls.c: system-call stops */
bool call_stop(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop);
bool call_signal(struct proc_target *p, struct tgt_thread *th, int sig, struct tgt_stop *stop);
/*
 * A thread was stopped, perhaps in the middle of a call: make that unseen. @sig: the signal
 * that is about to be delivered, 0 when only we stopped it, CALL_GROUP_STOP for job control.
 */
#define CALL_GROUP_STOP (-1)
void call_interrupted(struct proc_target *p, struct tgt_thread *th, int sig);
/* Is this a key of our terminal that the debuggee is not to have? In a signal's stop. */
bool call_from_keyboard(const struct proc_target *p, const struct tgt_thread *th, int sig);
/* The thread was led out of a call at its entry, and enters it again as @nr, unseen. */
void call_rewound(struct tgt_thread *th, u64 nr);
/* Resume with a signal, into whose handler the thread is followed if that matters. */
int call_deliver(struct proc_target *p, struct tgt_thread *th, int sig);

/* resume.c */
int thread_run(struct proc_target *p, struct tgt_thread *th, int sig);
int thread_step(struct proc_target *p, struct tgt_thread *th, int sig);
int proc_resume(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip,
		int signal);
int proc_resume_all(struct target *t);

/* step.c */
int proc_step(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip);
/* The request with which a thread that is being stepped goes on. */
enum __ptrace_request step_request(struct proc_target *p, struct tgt_thread *th);
/* Nothing more is to be executed: the end of the step is what wait() tells of next. */
bool step_over_now(struct proc_target *p, struct tgt_thread *th);
/* This stop ends the step; true. */
bool step_report(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop);
/* The step has ended, unseen by wait(): it is what wait() tells of next. */
void step_done(struct proc_target *p, struct tgt_thread *th);
/* Nobody waits for the step any more. */
void step_cut(struct proc_target *p, struct tgt_thread *th);
/* Was it the step that raised SIGTRAP? */
bool step_trap(const struct tgt_thread *th, int sig);
/* Is the instruction at its ip one that enters the kernel, one that stores the flags? */
bool at_call_insn(struct proc_target *p, struct tgt_thread *th);
bool at_pushf(struct proc_target *p, struct tgt_thread *th);
/* After a step over such a one: the stored flags are the program's. */
void pushf_done(struct proc_target *p, struct tgt_thread *th);

/* space.c: memory that is shared, and what we have changed in it */
struct space *space_new(void);
void space_leave(struct space *s);
/* It ends with the process: what is in it may be in a child that nobody has told of. */
void space_remember(struct proc_target *p, const struct space *s);
/* The process is new: it shares its maker's memory, or has a copy, which is cleaned. */
void space_born(struct proc_target *p, struct process *proc, const struct tgt_thread *parent);
/* It runs another program, in memory of its own. */
void space_exec(struct proc_target *p, struct process *proc);
struct site *site_find(const struct process *proc, u64 addr);
/* The lowest in memory at addr or behind it, below end. */
struct site *site_next(const struct process *proc, u64 addr, u64 end);
/* NULL: the byte cannot be written. */
struct site *site_add(struct tgt_thread *th, u64 addr);
void site_put(struct proc_target *p, struct space *space, u64 addr);
/* All that we have changed, for a process that is let go; for an unknown child of it. */
void space_restore(struct proc_target *p, struct space *space);
void space_clean(u32 tid, const struct space *s);
/* For one instruction of @th the program's own byte is back. False: it was already. */
bool site_lift(struct tgt_thread *th, const struct site *s);
void site_lay(struct proc_target *p, struct space *space, const struct site *s);

/* breakpoint.c */
int proc_bp_add(struct target *t, const struct tgt_bp *bp, u32 *number);
int proc_bp_remove(struct target *t, u32 number);
/* SIGTRAP: is a breakpoint the reason? True: @report says whether @stop is to be reported. */
bool bp_trap(struct proc_target *p, struct tgt_thread *th, struct tgt_stop *stop, bool *report);
/*
 * Was a breakpoint hit, or a late instruction executed, and the signal of it comes after the stop
 * that we asked for?
 */
bool bp_due(const struct tgt_thread *th);
/* The thread has been stopped: a hit that has not come through yet comes next; true. */
bool bp_drain(struct proc_target *p, struct tgt_thread *th);
/* A signal was collected by a halt: if it is a hit, ip is set back at once; true. */
bool bp_queue(struct proc_target *p, struct tgt_thread *th, int status);
/* Of a place that the debugger is told of: the breakpoint there, 0: none. */
u32 bp_arrive(struct proc_target *p, struct tgt_thread *th, u64 ip);
/* It runs into a signal's handler before it goes on from there. */
void bp_expect(struct tgt_thread *th);
/* A step executes the instruction where the thread stands, breakpoint or not. */
void bp_step(struct proc_target *p, struct tgt_thread *th);
/* @space: what it has had until now. */
void bp_forget(struct proc_target *p, struct process *proc, struct space *space);
void bp_forget_all(struct proc_target *p);
/* Another process whose software breakpoints are in this one's memory; 0: none. */
u32 bp_sharing(const struct proc_target *p, const struct process *proc);
/* Nothing of them is left in a process that is to be let go. */
void bp_let_go(struct proc_target *p, struct process *proc);

/* debugreg.c */
int debugreg_add(struct proc_target *p, struct process *proc, struct breakpoint *b);
void debugreg_remove(struct proc_target *p, struct process *proc, const struct breakpoint *b);
bool debugreg_load(struct tgt_thread *th);
void debugreg_clear(struct tgt_thread *th);
/* Which one has the thread come to, by what the CPU said at its last trap? */
struct breakpoint *debugreg_hit(const struct tgt_thread *th);
struct breakpoint *debugreg_at(const struct process *proc, u64 ip);

/* over.c: go on from a breakpoint */
/* Whoever runs in the memory stands still from here to there. */
bool space_pause(struct proc_target *p, const struct space *s); /* true: there was somebody */
void space_go_on(struct proc_target *p);
/* True: something else is to be told of first. */
bool bp_over(struct proc_target *p, struct tgt_thread *th);

/* halt.c */
int proc_halt(struct target *t);
int proc_hold(struct target *t, u32 pid, bool on);
void proc_hold_born(struct target *t, bool on);
/* Interrupt the running threads of @proc (NULL: all) and wait until they have stopped. */
void halt_threads(struct proc_target *p, struct process *proc);
/* A status that came while @proc (NULL: all) is being stopped. */
void halt_collect(struct proc_target *p, const struct process *proc, pid_t pid, int status);

/* regs.c */
void proc_context(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
bool proc_load_regs(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, u64 mask);
s64 proc_number(struct target *t, struct tgt_thread *th);
int proc_store_regs(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
int regs_store(struct proc_target *p, struct tgt_thread *th, struct eng_ctx *ctx, bool skip);
bool regs_poke(const struct tgt_thread *th, size_t offset, u64 value);
bool regs_peek(const struct tgt_thread *th, size_t offset, u64 *value);
void args_forget(struct tgt_thread *th);
void proc_keep_args(struct target *t, struct tgt_thread *th);
/* The call has ended: the argument registers that were changed for it are the program's again. */
void regs_give_back(struct proc_target *p, struct tgt_thread *th);
/* At the exit of a call that was left out: what its events had decided. */
void regs_skipped(struct tgt_thread *th);

/* mem.c */
size_t proc_read_mem(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n);
size_t proc_write_mem(struct target *t, struct tgt_thread *th, u64 addr, const void *src, size_t n);
size_t mem_read_raw(struct tgt_thread *th, u64 addr, void *dst, size_t n);
size_t mem_write_raw(struct tgt_thread *th, u64 addr, const void *src, size_t n);
void mem_close(struct process *proc);

/* pseudo.c */
bool proc_pseudo(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, enum eng_pseudo id,
		 u64 *value);
bool proc_comm(struct target *t, struct tgt_thread *th, char *buf, size_t size);

/* procfs.c */
struct task_status {
	u32 tgid, ppid, tracer, uid, filters;
	u32 seccomp; /* 0 none, 1 strict, 2 filters */
	u64 pending, blocked, ignored, caught; /* bit n - 1: signal n */
	char state;
	bool kernel_thread;
	char name[64];
};
bool procfs_status(u32 tid, struct task_status *st);
/* Is any process traced by this thread? */
bool procfs_traces(u32 tracer);
/* Value of an entry of /proc/PID/auxv. */
bool procfs_auxv(u32 pid, u64 type, u64 *value);
size_t procfs_read(const char *path, char *buf, size_t size);

/* filter.c */
#define FILTER_COOKIE 0x4c2a /* data of our SECCOMP_RET_TRACE */
#define FILTER_MAX 4096 /* instructions; the kernel's BPF_MAXINSNS */
/* Program that stops the calls in @set; @base adds what the target itself must see. */
size_t filter_compile(const struct call_set *set, bool base, struct sock_filter *prog);
/* Calls that change what the filters mean or what placement hides. */
bool filter_own_call(const struct call *c, u64 arg0);
bool filter_clone_call(const struct call *c, bool *flags_in_memory);
bool filter_affinity_call(const struct call *c);
/* True: it is none of these. False: one of them, or of another ABI: ask them. */
bool filter_passes(const struct call *c);

/* inject.c */
/* Install what proc->want_filter asks for, through this stopped thread, if it stands well. */
void inject_filter(struct proc_target *p, struct tgt_thread *th);

/* invoke.c */
int proc_invoke(struct target *t, struct tgt_thread *th, const struct tgt_invoke *call,
		s64 *result);

/* place.c */
void proc_placement(struct target *t, bool on);
void place_stop(struct proc_target *p, struct tgt_thread *th);
void place_tick(struct proc_target *p);
void place_release(struct proc_target *p);
void place_birth(struct proc_target *p, const struct tgt_thread *parent, u32 tid);

static inline struct proc_target *proc_of(struct target *t)
{
	return (struct proc_target *)t;
}

static inline bool is_woken(const struct proc_target *p)
{
	return __atomic_load_n(&p->woken, __ATOMIC_RELAXED);
}

static inline bool is_restart_code(s64 ret)
{
	/* -ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK */
	return ret == -512 || ret == -513 || ret == -514 || ret == -516;
}

#endif
