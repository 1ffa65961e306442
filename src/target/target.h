/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * target.h - the one interface of all kinds of debuggee.
 *
 * A target delivers stops and carries out requests on stopped threads. It knows
 * nothing of events or scripts; an interest set tells it what to stop for.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

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
	TGT_STOP_TASK_END, /* a thread ended (informational; cannot be resumed) */
	TGT_STOP_PROCESS_END, /* the last thread of a process ended (cannot be resumed) */
	TGT_STOP_HALTED, /* all threads are stopped, after tgt_halt() */
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
	u64 ip, sp; /* ENTER, EXIT */
	s64 ret; /* EXIT */
	bool skipped; /* EXIT: the call was short-circuited, no event sees it */
	int signal; /* SIGNAL */
	u32 child_pid, child_tid; /* NEW_TASK: of the new one (thread if child_pid == pid) */
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

struct tgt_launch {
	char *const *argv;
	char *const *envp; /* NULL: ours */
	const char *cwd; /* NULL: ours */
	bool seccomp; /* a filter may be installed in the debuggee */
	bool aslr;
};

/* All calls return 0 or a negative errno and leave a text in tgt_error(). */
struct tgt_ops {
	const char *name;
	const struct eng_caps *caps;
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
	 * For SIGNAL, @signal is delivered (0: none).
	 */
	int (*resume)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, bool skip,
		      int signal);
	/*
	 * Stop every running thread without disturbing its blocking call; the stops of threads
	 * already on their way are kept and reported by wait() after the next resume_all().
	 * Already reported, unresumed stops stay as they are.
	 */
	int (*halt)(struct target *t);
	/* Undo halt(): all threads that halt() stopped, and newly attached or launched ones, run. */
	int (*resume_all)(struct target *t);
	/* Firing context of a stopped thread: what the last stop gave for free is loaded. */
	void (*context)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
	bool (*load_regs)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx, u64 mask);
	/* Write the dirty registers of a stopped thread now (the prompt's `r`). */
	int (*store_regs)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx);
	size_t (*read_mem)(struct target *t, struct tgt_thread *th, u64 addr, void *dst, size_t n);
	size_t (*write_mem)(struct target *t, struct tgt_thread *th, u64 addr, const void *src,
			    size_t n);
	bool (*pseudo)(struct target *t, struct tgt_thread *th, struct eng_ctx *ctx,
		       enum eng_pseudo id, u64 *value);
	/* Short program name (comm) of a thread. */
	bool (*comm)(struct target *t, struct tgt_thread *th, char *buf, size_t size);
	/* Threads of the debuggee; returns how many there are, fills at most @max. */
	size_t (*threads)(struct target *t, struct tgt_thread_info *info, size_t max);
	struct tgt_thread *(*find)(struct target *t, u32 tid);
	/* Keep the debugger and a busy launched thread on one CPU, or leave placement alone. */
	void (*placement)(struct target *t, bool on);
	/* A line or two for .status: counters, what mechanism is in use. */
	void (*status)(struct target *t, char *buf, size_t size);
	/*
	 * Do the signals of the terminal's keys (SIGINT, SIGQUIT) reach launched debuggees, which
	 * share our process group? Default: yes.
	 */
	void (*keyboard)(struct target *t, bool pass);
	/* May filters be installed in the launched debuggees that have none yet? */
	void (*filter)(struct target *t, bool on);
};

struct target {
	const struct tgt_ops *ops;
	char error[TGT_ERRLEN];
};

/* process/: launched and attached process trees through ptrace(2). NULL only without memory. */
struct target *proc_target_new(void);
/*
 * Waiting for debuggees may reap other children of the same thread. Whoever waits for such a
 * child and gets ECHILD asks here. True, once: it has ended with *@status.
 */
bool proc_child_ended(pid_t pid, int *status);

#endif
