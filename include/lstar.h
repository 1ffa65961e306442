/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lstar.h - liblstar: system calls of other programs, handled, hijacked and invoked.
 *
 * A session debugs any number of processes with all their threads and children. Functions
 * return 0 or a positive result on success, and a negative enum lstar_code on failure, with
 * everything that is known about it in lstar_error(). Pointers that a session hands out
 * belong to it and live until lstar_close() unless something else is said.
 *
 * ptrace(2) binds debuggees to the thread that took them: a session is to be used by one
 * thread, the one that launches or attaches first. Only lstar_interrupt() may be called from
 * any thread and from a signal handler. Sessions of different threads do not know each other.
 *
 * "Stage" says when a function is allowed: always; stopped: between a return of lstar_wait()
 * and the next lstar_continue(), or inside a handler's callback; callback: only in one.
 */
#ifndef LSTAR_H
#define LSTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LSTAR_API __attribute__((visibility("default")))

struct lstar; /* a session */
struct lstar_thread; /* a thread of a debuggee; stays readable after its end */
struct lstar_handler; /* what is to happen at a system call */

/* --- errors ------------------------------------------------------------------------------ */

enum lstar_code {
	LSTAR_OK = 0,
	LSTAR_E_ARGUMENT = -1, /* an argument makes no sense */
	LSTAR_E_NAME = -2, /* no such system call, register, symbol; the text has the nearest */
	LSTAR_E_STAGE = -3, /* not allowed now: the text says when it is */
	LSTAR_E_GONE = -4, /* the thread or process has ended, or is not debugged */
	LSTAR_E_PERMISSION = -5, /* the text names the knob */
	LSTAR_E_SYSTEM = -6, /* a system call of ours failed: system_errno */
	LSTAR_E_MEMORY = -7, /* no memory, here */
	LSTAR_E_FAULT = -8, /* no such memory, in the debuggee */
	LSTAR_E_SCRIPT = -9, /* a script or command is wrong: the text is the diagnostics */
	LSTAR_E_TIMEOUT = -10,
	LSTAR_E_REFUSED = -11, /* would destroy something; a flag insists */
	LSTAR_E_LOOP = -12, /* hijacking came back to a call of the same chain */
	LSTAR_E_UNSUPPORTED = -13, /* not on this target or machine */
};

struct lstar_error {
	enum lstar_code code;
	int system_errno; /* 0: none */
	const char *text; /* what happened, to whom, what to do about it; never NULL */
};

/* The last failure of this session, or of lstar_open() in this thread with NULL. Always. */
LSTAR_API const struct lstar_error *lstar_error(const struct lstar *s);

/* --- sessions ---------------------------------------------------------------------------- */

/* Stage: always. NULL without memory. */
LSTAR_API struct lstar *lstar_open(void);
/* Every process of the machine, by the module lstar.ko: commands and scripts only. */
LSTAR_API struct lstar *lstar_open_machine(void);
/* Launched debuggees are killed, attached ones go on as if nothing had been. */
LSTAR_API void lstar_close(struct lstar *s);
/* "0.2.0" */
LSTAR_API const char *lstar_version(void);

/* --- debuggees --------------------------------------------------------------------------- */

enum lstar_stdio {
	LSTAR_STDIO_INHERIT, /* ours */
	LSTAR_STDIO_PIPE, /* three pipes */
	LSTAR_STDIO_PTY, /* stdin a pipe, stdout and stderr raw pseudo-terminals: line-buffered */
};

/* Fill with LSTAR_LAUNCH_INIT; fields behind @size of an older program count as 0. */
struct lstar_launch {
	size_t size;
	const char *path; /* NULL: argv[0], looked up in PATH */
	const char *const *argv;
	const char *const *envp; /* NULL: ours */
	const char *cwd; /* NULL: ours */
	enum lstar_stdio stdio;
	bool no_aslr;
	bool no_filter; /* never put a seccomp filter into it (slower) */
	bool leave_children; /* children are not debugged */
};
#define LSTAR_LAUNCH_INIT                                                             \
	{                                                                             \
		sizeof(struct lstar_launch), 0, 0, 0, 0, LSTAR_STDIO_INHERIT, 0, 0, 0 \
	}

/* Starts a program, stopped at the entry point of its image. Stage: always but callback. */
LSTAR_API int lstar_launch(struct lstar *s, const struct lstar_launch *how,
			   struct lstar_thread **main_thread);
/* Our ends of stdin, stdout, stderr of what was launched; -1: not redirected. Ours to close:
 * never; lstar_close() or the next launch does. Stage: always. */
LSTAR_API int lstar_stdio_fds(struct lstar *s, uint32_t pid, int fd[3]);
/* All threads of a running process; stopped afterwards. Stage: always but callback. */
LSTAR_API int lstar_attach(struct lstar *s, uint32_t pid, struct lstar_thread **main_thread);
/* Lets a process go; changed registers take effect. Stage: stopped. */
LSTAR_API int lstar_detach(struct lstar *s, uint32_t pid);
/* Stage: always but callback. */
LSTAR_API int lstar_kill(struct lstar *s, uint32_t pid);

/* --- running ----------------------------------------------------------------------------- */

enum lstar_reason {
	LSTAR_STOP_TIMEOUT, /* nothing happened; the debuggee still runs */
	LSTAR_STOP_SYSCALL, /* a synchronous handler: thread, handler, phase */
	LSTAR_STOP_EVENT, /* a break of an event command: event */
	LSTAR_STOP_BREAKPOINT, /* breakpoint */
	LSTAR_STOP_STEP, /* lstar_step() is done */
	LSTAR_STOP_INTERRUPT, /* lstar_interrupt() */
	LSTAR_STOP_SIGNAL, /* a signal that was asked for: signal */
	LSTAR_STOP_NEW_PROCESS, /* asked for: thread is the child's first */
	LSTAR_STOP_EXEC, /* asked for */
	LSTAR_STOP_ENDED, /* a process ended: pid, status as from waitpid(2) */
	LSTAR_STOP_NOTHING_LEFT, /* no debuggee any more */
	LSTAR_STOP_CALLBACK, /* a callback returned LSTAR_CB_STOP */
};

enum lstar_phase { LSTAR_OUTSIDE, LSTAR_ENTER, LSTAR_EXIT };

struct lstar_stop {
	enum lstar_reason reason;
	struct lstar_thread *thread; /* NULL where there is none */
	struct lstar_handler *handler; /* SYSCALL, CALLBACK */
	enum lstar_phase phase; /* SYSCALL, CALLBACK */
	uint32_t pid, event, breakpoint;
	int signal, status;
};

/* Every stopped thread runs. Stage: stopped, but not callback. */
LSTAR_API int lstar_continue(struct lstar *s);
/*
 * Handle what happens until something stops the debuggee; then all its threads are stopped.
 * @timeout_ms < 0: no limit. Callbacks of handlers run in here. Stage: always but callback.
 */
LSTAR_API int lstar_wait(struct lstar *s, int timeout_ms, struct lstar_stop *stop);
/* lstar_wait() returns soon, with everything stopped. Any thread, signal handlers, callbacks. */
LSTAR_API void lstar_interrupt(struct lstar *s);
/* One instruction of one thread; the others stay stopped. Stage: stopped, but not callback. */
LSTAR_API int lstar_step(struct lstar_thread *t);
/* Which of the optional stops are wanted: bits 1 << LSTAR_STOP_NEW_PROCESS, ..._EXEC, ..._ENDED. */
LSTAR_API int lstar_want(struct lstar *s, unsigned reasons);
/*
 * A held process stays stopped over lstar_continue() while the others run, until it is let go;
 * what it stands at is kept. @pid 0: processes that are born from now on are held before their
 * first instruction. Stage: stopped.
 */
LSTAR_API int lstar_hold(struct lstar *s, uint32_t pid, bool on);
/* Should lstar_wait() return for @signal, before it is delivered? 0 < @signal < 65. */
LSTAR_API int lstar_want_signal(struct lstar *s, int signal, bool want);
/* What is delivered instead at the next continue; 0: nothing. Stage: a SIGNAL stop of @t. */
LSTAR_API int lstar_set_signal(struct lstar_thread *t, int signal);

/* --- processes and threads --------------------------------------------------------------- */

/* The i-th thread that the session ever saw, in order of birth, ended ones too; NULL beyond. */
LSTAR_API struct lstar_thread *lstar_thread_at(struct lstar *s, size_t i);
/* NULL: no living thread has this number. */
LSTAR_API struct lstar_thread *lstar_thread_find(struct lstar *s, uint32_t tid);
LSTAR_API uint32_t lstar_thread_tid(const struct lstar_thread *t);
LSTAR_API uint32_t lstar_thread_pid(const struct lstar_thread *t);
/* Parent process as seen at birth; 0: launched or attached. */
LSTAR_API uint32_t lstar_thread_parent(const struct lstar_thread *t);
LSTAR_API bool lstar_thread_alive(const struct lstar_thread *t);
LSTAR_API struct lstar *lstar_thread_session(const struct lstar_thread *t);

/* --- registers and memory ---------------------------------------------------------------- */

/* "rax", "eip", "fs_base", ...: the registers of the script language. Stage: stopped; after the
 * thread's end the last values are read. */
LSTAR_API int lstar_reg_get(struct lstar_thread *t, const char *name, uint64_t *value);
LSTAR_API int lstar_reg_set(struct lstar_thread *t, const char *name, uint64_t value);
/* Number of bytes, short at the first unreadable one, LSTAR_E_FAULT for none at all. */
LSTAR_API int64_t lstar_read(struct lstar_thread *t, uint64_t addr, void *buf, size_t n);
LSTAR_API int64_t lstar_write(struct lstar_thread *t, uint64_t addr, const void *buf, size_t n);
/* A NUL-terminated string, cut to @size - 1; its length. */
LSTAR_API int64_t lstar_read_string(struct lstar_thread *t, uint64_t addr, char *buf, size_t size);
/* First place of @what at or behind @from and before @to. LSTAR_E_NAME: nowhere. */
LSTAR_API int lstar_find(struct lstar_thread *t, uint64_t from, uint64_t to, const void *what,
			 size_t n, uint64_t *addr);

struct lstar_map {
	uint64_t start, end, offset;
	char perms[5]; /* "rw-p" */
	const char *path; /* "" for none; valid until the next lstar_maps() */
};
/* Memory map of the thread's process; how many there are, at most @max are filled. */
LSTAR_API int64_t lstar_maps(struct lstar_thread *t, struct lstar_map *maps, size_t max);

/* --- handlers ---------------------------------------------------------------------------- */

enum lstar_cb {
	LSTAR_CB_CONTINUE = 0,
	LSTAR_CB_STOP = 1, /* lstar_wait() returns LSTAR_STOP_CALLBACK */
};

/* At entry or exit of a call. The thread stands at it; its siblings run on. */
typedef enum lstar_cb lstar_call_fn(struct lstar_thread *t, struct lstar_handler *h, void *user);
/* A callback that does nothing: for a handler that only counts. */
LSTAR_API enum lstar_cb lstar_pass(struct lstar_thread *t, struct lstar_handler *h, void *user);

enum lstar_handler_flags {
	LSTAR_RECURSIVE = 1, /* a changed number meets the handlers of the new one, too */
	LSTAR_KEEP_ARGUMENTS = 2, /* changed arguments stay changed when the call returns */
	LSTAR_INHERIT = 4, /* also in children that are born later */
	LSTAR_REPLACE = 8, /* take the place of the call's last handler, keeping its count */
	LSTAR_REPORT_UNUSED = 16, /* see lstar_unused() */
	LSTAR_LAST = 32, /* runs after all handlers without this flag, and is no hijack's concern */
};

/*
 * A handler for a system call by number ("0n59", "0x3b"), name ("openat", "SYS_openat", the C
 * library's name), class ("%file", "%desc", "%network", "%process", "%memory", "%signal") or all
 * ("*"). Handlers of one call run in the order in which they were made. Without any callback the
 * handler is synchronous: lstar_wait() returns at entry and at exit. Stage: always.
 */
LSTAR_API int lstar_handle_syscall(struct lstar *s, const char *call, lstar_call_fn *on_enter,
				   lstar_call_fn *on_exit, unsigned flags, void *user,
				   struct lstar_handler **handler);
/*
 * Another call is made in the place of @call, with its own arguments where @args has a bit
 * (1 << i) and the original ones elsewhere; its result is the program's.
 */
LSTAR_API int lstar_hijack_syscall(struct lstar *s, const char *call, const char *instead,
				   unsigned args, const uint64_t value[6], unsigned flags,
				   struct lstar_handler **handler);
/* Only for this thread (NULL: for all again), or only for this process (0: all). */
LSTAR_API int lstar_handler_thread(struct lstar_handler *h, struct lstar_thread *t);
LSTAR_API int lstar_handler_process(struct lstar_handler *h, uint32_t pid);
LSTAR_API int lstar_handler_callbacks(struct lstar_handler *h, lstar_call_fn *on_enter,
				      lstar_call_fn *on_exit, void *user);
LSTAR_API void lstar_handler_enable(struct lstar_handler *h, bool on);
LSTAR_API bool lstar_handler_enabled(const struct lstar_handler *h);
/* Calls seen at their exit while enabled. */
LSTAR_API uint64_t lstar_handler_hits(const struct lstar_handler *h);
/* Number as it was given or found by name; -1: more than one. */
LSTAR_API int64_t lstar_handler_number(const struct lstar_handler *h);
/* @h is no more. In its own callback it goes when that returns. */
LSTAR_API void lstar_handler_remove(struct lstar_handler *h);
/* Was the last stop of @t made by @h, at this end of the call? */
LSTAR_API bool lstar_hit_on(const struct lstar_handler *h, const struct lstar_thread *t);
LSTAR_API bool lstar_hit_on_enter(const struct lstar_handler *h, const struct lstar_thread *t);
LSTAR_API bool lstar_hit_on_exit(const struct lstar_handler *h, const struct lstar_thread *t);
/*
 * The i-th handler with LSTAR_REPORT_UNUSED that never fired although a twin of its call was made
 * (open: openat), as a sentence; NULL beyond the last. Stage: always.
 */
LSTAR_API const char *lstar_unused(struct lstar *s, size_t i);

/* --- the call that a thread stands at ---------------------------------------------------- */

enum lstar_abi { LSTAR_ABI_X86_64, LSTAR_ABI_I386, LSTAR_ABI_X32 };

/* Stage of all: stopped. Outside of a call the values are those that the registers would give. */
LSTAR_API enum lstar_phase lstar_call_phase(const struct lstar_thread *t);
LSTAR_API enum lstar_abi lstar_call_abi(const struct lstar_thread *t);
/* The call as it will be executed; and as the program made it. */
LSTAR_API uint64_t lstar_call_number(const struct lstar_thread *t);
LSTAR_API uint64_t lstar_call_original(const struct lstar_thread *t);
/* Arguments as the program gave them, result as the kernel gave it, whatever handlers changed. */
LSTAR_API uint64_t lstar_call_original_arg(const struct lstar_thread *t, unsigned i);
LSTAR_API uint64_t lstar_call_original_return(const struct lstar_thread *t);
LSTAR_API int lstar_call_set_number(struct lstar_thread *t, uint64_t nr);
LSTAR_API uint64_t lstar_call_arg(struct lstar_thread *t, unsigned i);
LSTAR_API int lstar_call_set_arg(struct lstar_thread *t, unsigned i, uint64_t value);
/* Before its exit -ENOSYS. Setting it at entry counts only for a skipped call. */
LSTAR_API uint64_t lstar_call_return(struct lstar_thread *t);
LSTAR_API int lstar_call_set_return(struct lstar_thread *t, uint64_t value);
/* The kernel never sees the call; the program gets @ret. Exit handlers run. Stage: ENTER. */
LSTAR_API int lstar_call_skip(struct lstar_thread *t, uint64_t ret);
/* "openat", or NULL; number by name, LSTAR_E_NAME with the nearest name in the text. */
LSTAR_API const char *lstar_call_name(enum lstar_abi abi, uint64_t nr);
/*
 * The i-th argument of a call as C declares it: "const void *" and "buf"; false, and nothing is
 * set, beyond the last one and for a number without a name. Stage: always.
 */
LSTAR_API bool lstar_call_argument(enum lstar_abi abi, uint64_t nr, unsigned i, const char **type,
				   const char **name);
LSTAR_API int64_t lstar_call_by_name(struct lstar *s, enum lstar_abi abi, const char *name);
/* Is a call with this number one of those that @h was made for? Stage: always. */
LSTAR_API bool lstar_handler_matches(const struct lstar_handler *h, enum lstar_abi abi,
				     uint64_t nr);

/* --- invocation -------------------------------------------------------------------------- */

enum lstar_invoke_flags {
	LSTAR_INVOKE_INSIST = 1, /* even what ends, replaces or copies the thread */
	LSTAR_INVOKE_HANDLERS = 2, /* handlers see it */
	LSTAR_INVOKE_RUN_OTHERS = 4, /* the other threads run meanwhile */
};

/*
 * A system call made by a stopped thread; *@result is what the kernel returned (-errno). Nothing
 * is left changed but the call's own effects, wherever the thread stood: in user code, at either
 * end of a call, inside a blocking one (which goes on afterwards). -EINTR: a signal ended it.
 * Stage: stopped, callbacks included.
 */
LSTAR_API int lstar_invoke_syscall(struct lstar_thread *t, uint64_t nr, const uint64_t args[6],
				   unsigned flags, int64_t *result);

/* --- breakpoints ------------------------------------------------------------------------- */

enum lstar_bp_kind { LSTAR_BP_SOFTWARE, LSTAR_BP_EXECUTE, LSTAR_BP_WRITE, LSTAR_BP_ACCESS };

/* In the thread's process; @len: 1, 2, 4 or 8 for WRITE and ACCESS, else 1. Its number. */
LSTAR_API int64_t lstar_breakpoint(struct lstar_thread *t, uint64_t addr, enum lstar_bp_kind kind,
				   unsigned len);
LSTAR_API int lstar_breakpoint_remove(struct lstar *s, uint32_t number);
LSTAR_API uint64_t lstar_breakpoint_hits(const struct lstar *s, uint32_t number);
/*
 * Address of "main", "main+1f" (hexadecimal), in the thread's process: of the file whose path
 * contains @file, NULL: of any, the program first. LSTAR_E_NAME: the text has the nearest name.
 */
LSTAR_API int lstar_symbol(struct lstar_thread *t, const char *name, const char *file,
			   uint64_t *addr);

/* --- commands and scripts ---------------------------------------------------------------- */

/* Text that commands and events print; NULL: standard output. Borrowed during the call. */
typedef void lstar_print_fn(const char *text, size_t len, void *user);
LSTAR_API void lstar_output(struct lstar *s, lstar_print_fn *print, void *user);
/* A command as at the prompt: "!syscall openat script { ... }". Stage: as the command's. */
LSTAR_API int lstar_command(struct lstar *s, const char *text);
/* One script expression in a stopped thread (NULL: none). */
LSTAR_API int lstar_eval(struct lstar *s, struct lstar_thread *t, const char *expression,
			 uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
