/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * target.h - the one interface of all kinds of debuggee.
 *
 * A target delivers stops and carries out requests on stopped threads. It knows
 * nothing of events or scripts; an interest set tells it what to stop for.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdio.h>
#include <sys/types.h>

#include "abi/abi.h"
#include "engine/engine.h"

/* Text of the last failure on this target: what, whom, what to do about it. */
#define TGT_ERRLEN 512

/*
 * What all armed events need together. Bit maps by call number (x86-64 numbers
 * below TGT_MAX_NR; all others, x32 and i386 count as "other").
 */
#define TGT_MAX_NR 1024
struct tgt_interest {
	u64 enter[TGT_MAX_NR / 64]; /* stop at entry of these x86-64 calls */
	u64 exit[TGT_MAX_NR / 64]; /* ... and at their exit */
	bool enter_other, exit_other; /* calls of other ABIs, numbers out of range */
};

enum tgt_stop_kind {
	TGT_STOP_NONE, /* wait() timed out or was woken by tgt_wake() */
	TGT_STOP_ENTER, /* system-call entry, nothing done yet */
	TGT_STOP_EXIT, /* system-call exit */
	TGT_STOP_NEW_TASK, /* a thread or process was born (informational) */
	TGT_STOP_EXEC, /* the process now runs another program */
	TGT_STOP_SIGNAL, /* a signal is about to be delivered */
	TGT_STOP_STEP, /* tgt_ops.step() is done */
	TGT_STOP_BREAKPOINT, /* a thread has come to a breakpoint */
	TGT_STOP_TASK_END, /* a thread ended (informational; cannot be resumed) */
	TGT_STOP_PROCESS_END, /* the last thread of a process ended (cannot be resumed) */
	TGT_STOP_HALTED, /* all threads are stopped, after halt() or hold() */
	TGT_STOP_ALL_GONE, /* no debuggee is left */
};

struct tgt_thread;

/*
 * A stop is a value: everything that the kernel told at no extra cost. The thread
 * stays stopped until tgt_resume().
 */
struct tgt_stop {
	enum tgt_stop_kind kind;
	struct tgt_thread *thread;
	u32 pid, tid;
	enum abi_id abi; /* ENTER, EXIT */
	u64 nr; /* ENTER, EXIT: number as the program gave it, x32 bit included */
	u64 arg[6]; /* ENTER */
	u64 ip, sp; /* ENTER, EXIT, STEP, BREAKPOINT */
	s64 ret; /* EXIT */
	bool skipped; /* EXIT: the call was short-circuited, no event sees it */
	int signal; /* SIGNAL */
	u32 breakpoint; /* BREAKPOINT: which; STEP: the one that it led to, 0: none */
	u32 child_pid; /* NEW_TASK: of the new one (a thread if it is pid) */
	u32 child_tid; /* NEW_TASK: of the new one; EXEC: the number that the caller had */
	int status; /* PROCESS_END: as from wait(2) */
};

struct tgt_thread_info {
	u32 pid, tid;
	bool stopped;
	bool in_syscall; /* stopped between entry and exit, or inside a blocking call */
	enum abi_id abi;
	u64 nr;
	bool launched; /* descends from a launched process, else attached */
};

struct target;

/*
 * A system call for a stopped thread to make. Nothing of the thread changes but what the call
 * itself changes; no event sees it. Calls after which the thread would not go on as before
 * (execve, exit, rt_sigreturn, fork and clone) are refused, unless insisted on.
 */
#define TGT_INVOKE_INSIST 1u
#define TGT_INVOKE_OTHERS 2u /* the process's other threads run meanwhile: for futex, a pipe */
#define TGT_INVOKE_MS 5000 /* usual time limit */
struct tgt_invoke {
	u64 nr; /* x86-64 */
	u64 arg[6];
	unsigned flags;
	int timeout_ms; /* 0: TGT_INVOKE_MS; negative: none */
};

/*
 * A breakpoint of one process and all its threads. SOFTWARE changes the code: an attached
 * process whose debugger is killed by SIGKILL keeps the change, and dies of it. The others take
 * one of four debug registers.
 */
enum tgt_bp_kind {
	TGT_BP_SOFTWARE, /* before the instruction at addr is executed */
	TGT_BP_EXECUTE, /* the same */
	TGT_BP_WRITE, /* after an instruction has written to addr .. addr + len */
	TGT_BP_ACCESS, /* ... has read or written there */
};

struct tgt_bp {
	u32 pid;
	u64 addr;
	enum tgt_bp_kind kind;
	u8 len; /* WRITE, ACCESS: 1, 2, 4 or 8, and addr a multiple of it */
};

enum tgt_stdio {
	TGT_STDIO_INHERIT, /* ours */
	TGT_STDIO_PIPES,
	TGT_STDIO_PTY, /* standard input a pipe, output and error raw pseudo-terminals */
};

struct tgt_launch {
	const char *path; /* the program; NULL: argv[0], without a slash looked for in PATH */
	char *const *argv;
	char *const *envp; /* NULL: ours */
	const char *cwd; /* NULL: ours */
	bool seccomp; /* a filter may be installed in the debuggee */
	bool aslr;
	/*
	 * Its children run untraced (its threads do not). There is no filter then: they would
	 * inherit it, and a filter's stops need a tracer.
	 */
	bool alone;
	enum tgt_stdio stdio;
	int *fd; /* unless INHERIT: int[3], our ends of 0, 1, 2; the caller closes them */
};

/* What targets differ in. */
#define TGT_WHOLE \
	1u /* the debuggee is the machine: never stopped; memory without a thread is the kernel's */
#define TGT_BREAKS 2u /* an event may stop the debuggee */
#define TGT_SKIPS_RETURN 4u /* a return from a call can be left out */
#define TGT_BY_RIP 8u /* the `2` forms are a mechanism of their own */

/* --- targets that carry events themselves: the engine runs there, not in the debugger --- */

/* An event as it is sent; @id is unique in the session. Filters: ENG_ANY. */
struct tgt_event {
	u32 id;
	enum eng_kind kind;
	u8 stages;
	bool sc, batch, by_rip, entry, outputs;
	u64 nr, pid, core;
	const struct eng_abi *abi; /* NULL: any */
	const struct eng_image *image; /* NULL: no script */
	const u8 *condition, *code;
	size_t condition_len, code_len;
	u64 buffer_size;
};

enum tgt_ctl { TGT_ENABLE, TGT_DISABLE, TGT_CLEAR };

struct tgt_counters {
	bool enabled;
	u64 fired, condition_false, faults, dropped;
};

enum tgt_record_kind {
	TGT_REC_TEXT,
	TGT_REC_FAULT, /* fault is set */
	TGT_REC_CODE, /* custom code was ended: text says why */
	TGT_REC_REQUEST, /* a script asks the debugger for something */
};

#define TGT_NO_EVENT (~0u)

/* What an event has said. Text is borrowed until the next gather(). */
struct tgt_record {
	enum tgt_record_kind kind;
	u32 event; /* or TGT_NO_EVENT */
	u32 pid, tid;
	u8 stage;
	u64 time;
	const char *text;
	u32 len;
	struct eng_fault fault;
	enum eng_request request;
	u64 request_event;
};

/* A script that was run once: how it ended, and what function 0 returned. */
struct tgt_eval {
	struct eng_fault fault; /* code ENG_OK: none */
	u64 result;
};

/* As everywhere: 0 or a negative errno and a text. */
struct tgt_carry {
	int (*arm)(struct target *t, const struct tgt_event *ev);
	/* When it returns, no CPU is still at work on an event that was disabled or cleared. */
	int (*ctl)(struct target *t, enum tgt_ctl op, u32 id);
	int (*counters)(struct target *t, u32 id, struct tgt_counters *c);
	int (*eval)(struct target *t, const struct eng_image *image, struct tgt_eval *ev);
	u64 usual_budget, max_budget; /* instructions that one run may execute, and at most */
	int (*budget)(struct target *t, u64 instructions);
	int (*map_add)(struct target *t, u32 number, const struct eng_map_desc *desc, u32 entries);
	int (*map_info)(struct target *t, u32 number, u32 *used, u64 *refused);
	/* Until there are records, wake() or the end of the time. */
	void (*wait)(struct target *t, int timeout_ms);
	int (*fd)(struct target *t); /* for poll(2) */
	/* Take what the CPUs have written. True: gather again soon, something is held back. */
	bool (*gather)(struct target *t);
	/*
	 * The next record in order of time; false: no more now. What came with the last gather()
	 * may still be preceded by records of other CPUs and is held back, unless @all.
	 */
	bool (*next)(struct target *t, bool all, struct tgt_record *rec);
	u64 (*lost)(struct target *t); /* records that found no room, since the beginning */
	/* How wide the terminal is that shows what scripts print; 0: there is none. */
	int (*columns)(struct target *t, u32 columns);
};

/* --- what only the machine has --- */
#define TGT_MAX_LEVELS 5
#define TGT_ALL_CPUS (~0u)

struct tgt_translation {
	u32 levels; /* entries that were read, from the top of the page tables */
	u64 entry_pa[TGT_MAX_LEVELS], entry[TGT_MAX_LEVELS];
	bool present;
	u64 pa, page; /* physical address; size of its page */
};

struct tgt_cpu {
	u32 cpu;
	bool entered, armed;
};

struct tgt_machine {
	/* From here on events can be armed. @slow is called when it takes more than a second. */
	int (*enter)(struct target *t, void (*slow)(void *user), void *user);
	int (*leave)(struct target *t);
	/* @cpu may be TGT_ALL_CPUS for writing. -EIO: the processor refuses that register. */
	int (*rdmsr)(struct target *t, u32 cpu, u32 msr, u64 *value);
	int (*wrmsr)(struct target *t, u32 cpu, u32 msr, u64 value);
	int (*translate)(struct target *t, struct tgt_thread *th, u64 addr,
			 struct tgt_translation *tr);
	size_t (*read_physical)(struct target *t, u64 addr, void *dst, size_t n);
	/* The i-th CPU that is online; false beyond the last. */
	bool (*cpu)(struct target *t, size_t i, struct tgt_cpu *info);
	int (*self)(struct target *t, bool seen); /* do events fire at our own calls? */
};

/*
 * All calls return 0 or a negative errno and leave a text in tgt_error(). A target that carries
 * events has no launch ... resume_all, context, load_regs, store_regs and pseudo.
 */
struct tgt_ops {
	const char *name;
	unsigned can; /* TGT_... */
	const struct eng_caps *caps;
	const struct tgt_carry *carry; /* NULL: stops are delivered instead */
	const struct tgt_machine *machine; /* or NULL */
	void (*free)(struct target *t); /* launched debuggees are killed, attached ones let go */
	/* Start a program; it is stopped at the entry point of its image (of ld.so if dynamic). */
	int (*launch)(struct target *t, const struct tgt_launch *l, u32 *pid);
	/* All threads of a running process; they are stopped afterwards. */
	int (*attach)(struct target *t, u32 pid);
	int (*detach)(struct target *t, u32 pid);
	int (*kill)(struct target *t, u32 pid);
	/* What to stop for from the next resume on. */
	int (*set_interest)(struct target *t, const struct tgt_interest *in);
	/*
	 * Next stop, in order of arrival. Threads not reported run on. @timeout_ms < 0: no limit.
	 * Returns at once with TGT_STOP_NONE after tgt_wake() (async-signal-safe).
	 */
	int (*wait)(struct target *t, struct tgt_stop *stop, int timeout_ms);
	void (*wake)(struct target *t);
	/*
	 * Let the thread of a reported stop run. For ENTER: @skip leaves the call out (registers
	 * as they are in ctx). Dirty registers of @ctx (may be NULL) are written back before.
	 * For SIGNAL, @signal is delivered (0: none); the reported one keeps what its sender said.
	 */
	int (*resume)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip,
		      int signal);
	/*
	 * At a reported entry, before registers of it are stored: the argument registers are
	 * to be changed for the kernel alone. When the call ends, before its exit is reported,
	 * they have the program's values again, as the calling convention promises.
	 */
	void (*keep_args)(struct target *t, struct tgt_thread *th);
	/*
	 * Let the thread of a reported stop, or a halted one, execute one instruction; what halt()
	 * has stopped stays stopped. wait() reports TGT_STOP_STEP when it is done, before that
	 * what else happens: entry, exit, exec, birth, each to be resumed as ever.
	 *  - A system call is one instruction: from before it, from its entry and from a call
	 *    that was interrupted the step leads to just behind it, after its exit was reported.
	 *  - From an exit that was reached by running the next instruction is executed.
	 *  - A signal that is delivered, also one whose stop this is, leads to the first
	 *    instruction of its handler.
	 * halt() ends a step that waits in a call.
	 */
	int (*step)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip);
	/*
	 * Breakpoints are set and removed while the process is halted; exec and the end of the
	 * process remove them. Children have none, memory shows the program's own bytes.
	 * wait() reports TGT_STOP_BREAKPOINT to every thread that arrives, with ip at the
	 * instruction (WRITE, ACCESS: behind it). One that has been told to stand there, by
	 * that or by TGT_STOP_STEP, and one that stood there when the breakpoint was set,
	 * executes the instruction when it goes on, unreported.
	 */
	int (*bp_add)(struct target *t, const struct tgt_bp *bp, u32 *number);
	int (*bp_remove)(struct target *t, u32 number);
	/*
	 * Stop every running thread without disturbing its blocking call; the stops of threads
	 * already on their way are kept and reported by wait() after the next resume_all().
	 * Already reported, unresumed stops stay as they are.
	 */
	int (*halt)(struct target *t);
	/*
	 * The threads of one process are halted, and stay so over resume() and resume_all() until
	 * it is let go again; it then runs with the next resume_all(). A vfork parent whose
	 * child is held waits for it in the kernel and counts as stopped.
	 */
	int (*hold)(struct target *t, u32 pid, bool on);
	/*
	 * Processes that are born from now on are held before their first instruction; they are
	 * when their parent's TGT_STOP_NEW_TASK is reported.
	 */
	void (*hold_born)(struct target *t, bool on);
	/* Undo halt(): all threads that halt() stopped, and newly attached or launched ones, run. */
	int (*resume_all)(struct target *t);
	/* Firing context of a stopped thread: what the last stop gave for free is loaded. */
	void (*context)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
	bool (*load_regs)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, u64 mask);
	/* Number of the call that a stopped thread is in or has just left; negative: of none. */
	s64 (*number)(struct target *t, struct tgt_thread *th);
	/* Write the dirty registers of a stopped thread now (the prompt's `r`). */
	int (*store_regs)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
	size_t (*read_mem)(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n);
	size_t (*write_mem)(struct target *t, struct tgt_thread *th, u64 addr, const void *src,
			    size_t n);
	bool (*pseudo)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx,
		       enum eng_pseudo id, u64 *value);
	/* Short program name (comm) of a thread. */
	bool (*comm)(struct target *t, struct tgt_thread *th, char *buf, size_t size);
	/*
	 * *@result is what the kernel returned, -EINTR when a signal that came ended the call.
	 * Fails with -EPERM (refused), -EBUSY (it stands badly), -ETIMEDOUT (the call was
	 * ended) and -ESRCH (the thread was: its end is reported next). Registers that @ctx of
	 * a stop holds stay valid.
	 */
	int (*invoke)(struct target *t, struct tgt_thread *th, const struct tgt_invoke *call,
		      s64 *result);
	/* Threads of the debuggee; returns how many there are, fills at most @max. */
	size_t (*threads)(struct target *t, struct tgt_thread_info *info, size_t max);
	struct tgt_thread *(*find)(struct target *t, u32 tid);
	/* Keep the debugger and a busy launched thread on one CPU, or leave placement alone. */
	void (*placement)(struct target *t, bool on);
	/* Lines for .status: counters, what mechanism is in use. */
	void (*status)(struct target *t, FILE *out);
	/*
	 * Do the signals of the terminal's keys (SIGINT, SIGQUIT) reach launched debuggees, which
	 * share our process group? Default: yes.
	 */
	void (*keyboard)(struct target *t, bool pass);
	/* Signals that are reported before they are delivered; bit n - 1: signal n. */
	void (*signals)(struct target *t, u64 wanted);
	/* May filters be installed in the launched debuggees that have none yet? */
	void (*filter)(struct target *t, bool on);
};

struct target {
	const struct tgt_ops *ops;
	char error[TGT_ERRLEN];
};

/* process/: launched and attached process trees through ptrace(2). NULL only without memory. */
struct target *proc_target_new(void);
/* machine/: every process of the machine, by the module lstar.ko. Nothing is opened yet. */
struct target *mach_target_new(void);
/*
 * Waiting for debuggees may reap other children of the same thread. Whoever waits for such a
 * child, in any thread, and gets ECHILD asks here. True, once: it has ended with *@status.
 * The last 4096 are known.
 */
bool proc_child_ended(pid_t pid, int *status);

#endif
