/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lstar.h - liblstar: system calls of other programs, handled, hijacked and invoked.
 *
 * A session debugs any number of processes with all their threads and children. Functions
 * return 0 or a positive result on success, and a negative enum lstar_code on failure, with
 * everything that is known about it in lstar_error(). Pointers that a session hands out
 * belong to it and live until lstar_close() unless something else is said. Strings and
 * structures that are passed in are copied, unless something else is said.
 *
 * ptrace(2) binds debuggees to the thread that took them: a session is to be used by one
 * thread, the one that launches or attaches first. Only lstar_interrupt() may be called from
 * any thread and from a signal handler. Sessions of different threads do not know each other.
 *
 * "Stage" says when a function is allowed. Always: whenever. Stopped: between a return of
 * lstar_wait() and the next lstar_continue(), before the first one, and inside a handler's
 * callback, there for the thread that the callback is for. Not callback: not inside one. A
 * function at the wrong stage fails with LSTAR_E_STAGE, changes nothing, and says in its text
 * when it is allowed. A session that is NULL or used by another thread, and a thread or
 * handler that is NULL, fail in the same way everywhere and are not named again.
 *
 * The pages of the manual are made of the comments in this file.
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

/* --- lstar_session: errors --- */

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
	LSTAR_E_TIMEOUT = -10, /* a call that was invoked did not end in time */
	LSTAR_E_REFUSED = -11, /* would destroy something; a flag insists */
	LSTAR_E_LOOP = -12, /* hijacking came back to a call of the same chain */
	LSTAR_E_UNSUPPORTED = -13, /* not on this target or machine */
};

struct lstar_error {
	enum lstar_code code;
	int system_errno; /* 0: none */
	const char *text; /* what happened, to whom, what to do about it; never NULL */
};

/*
 * The last failure of a session; code LSTAR_OK: there was none. With NULL: the last failure in
 * this thread of a function that had no session to keep it in, as lstar_open() or one whose
 * arguments were NULL. A success leaves it as it is. The text is valid until the next failure.
 * Stage: always.
 */
LSTAR_API const struct lstar_error *lstar_error(const struct lstar *s);

/* --- lstar_session: sessions --- */

/*
 * A new session without a debuggee; to be ended by lstar_close(). Nothing of the process is
 * changed by it: no signal handler stays, no text is printed, the terminal is left alone. Stage:
 * always. NULL, with lstar_error(NULL): LSTAR_E_MEMORY.
 */
LSTAR_API struct lstar *lstar_open(void);
/*
 * A session of every process of the machine, by the kernel module lstar.ko: for commands and
 * scripts only. The functions that need a thread or a handler fail with LSTAR_E_UNSUPPORTED.
 * Stage: always. NULL, with lstar_error(NULL): LSTAR_E_PERMISSION without the rights,
 * LSTAR_E_SYSTEM without the module, LSTAR_E_UNSUPPORTED, LSTAR_E_MEMORY.
 */
LSTAR_API struct lstar *lstar_open_machine(void);
/*
 * Ends a session in whatever state it is. Launched debuggees are killed, attached ones go on as
 * if nothing had been. What outputs have not taken yet is delivered before; then everything that
 * the session has handed out is gone. NULL does nothing; in a callback it fails, which only
 * lstar_error() tells. Stage: not callback.
 */
LSTAR_API void lstar_close(struct lstar *s);
/*
 * The library's version, as "0.1.0". Stage: always.
 */
LSTAR_API const char *lstar_version(void);

/* --- lstar_launch: debuggees --- */

enum lstar_stdio {
	LSTAR_STDIO_INHERIT, /* ours */
	LSTAR_STDIO_PIPE, /* three pipes */
	LSTAR_STDIO_PTY, /* stdin a pipe, stdout and stderr raw pseudo-terminals: line-buffered */
};

/* Fill with LSTAR_LAUNCH_INIT; fields behind @size of an older program count as 0. */
struct lstar_launch {
	size_t size;
	const char *path; /* NULL: argv[0], looked up in PATH */
	const char *const *argv; /* NULL: the path alone */
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

/*
 * Starts a program, stopped at the entry point of its image, which is the dynamic loader's for
 * most programs. Others of the session are stopped, too. *@main_thread (may be NULL) is its first
 * thread. The program gets a seccomp filter that stops only at wanted calls, unless no_filter or
 * leave_children say otherwise; it could not go on without its tracer then, and lstar_detach()
 * refuses it. Stage: not callback. LSTAR_E_ARGUMENT, LSTAR_E_PERMISSION for what cannot be
 * executed, LSTAR_E_SYSTEM with ENOENT for what is not there, LSTAR_E_MEMORY.
 */
LSTAR_API int lstar_launch(struct lstar *s, const struct lstar_launch *how,
			   struct lstar_thread **main_thread);
/*
 * Our ends of stdin, stdout and stderr of a process that was launched; -1: not redirected, or
 * closed. They are the session's, which closes them: at lstar_close(), or with the first launch
 * after the end of that process. The second function closes that of stdin, so that the program
 * finds the end of its input. Stage: always. LSTAR_E_GONE: not launched here, or closed since.
 */
LSTAR_API int lstar_stdio_fds(struct lstar *s, uint32_t pid, int fd[3]);
LSTAR_API int lstar_close_stdin(struct lstar *s, uint32_t pid);
/*
 * Takes all threads of a running process, and its children from then on; they are stopped
 * afterwards, calls that they wait in undisturbed. *@main_thread (may be NULL) is the first one.
 * Stage: not callback. LSTAR_E_GONE, LSTAR_E_PERMISSION (another tracer, another user,
 * kernel.yama.ptrace_scope), LSTAR_E_ARGUMENT for one that is debugged already, LSTAR_E_MEMORY.
 */
LSTAR_API int lstar_attach(struct lstar *s, uint32_t pid, struct lstar_thread **main_thread);
/*
 * Lets a process go; registers that were changed take effect, breakpoints are gone. @pid 0 is the
 * process that commands call the current one. Stage: stopped, not callback. LSTAR_E_GONE,
 * LSTAR_E_REFUSED for a launched program that has a seccomp filter.
 */
LSTAR_API int lstar_detach(struct lstar *s, uint32_t pid);
/*
 * Kills a process with SIGKILL; it has gone when this returns. @pid 0 as for lstar_detach().
 * Stage: not callback. LSTAR_E_GONE.
 */
LSTAR_API int lstar_kill(struct lstar *s, uint32_t pid);

/* --- lstar_wait: running --- */

enum lstar_reason {
	LSTAR_STOP_TIMEOUT, /* nothing happened; the debuggee still runs */
	LSTAR_STOP_SYSCALL, /* a synchronous handler: thread, handler, phase */
	LSTAR_STOP_EVENT, /* a break of an event command: event */
	LSTAR_STOP_BREAKPOINT, /* breakpoint */
	LSTAR_STOP_STEP, /* lstar_step() is done */
	LSTAR_STOP_INTERRUPT, /* lstar_interrupt() */
	LSTAR_STOP_SIGNAL, /* a signal that was asked for: signal */
	LSTAR_STOP_NEW_PROCESS, /* asked for: thread is the first of a child that has not run yet */
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

/*
 * Every stopped thread that is not held runs. Returns at once; what happens then waits for
 * lstar_wait(). Does nothing when the debuggee runs. Stage: not callback. LSTAR_E_GONE: there is
 * no debuggee.
 */
LSTAR_API int lstar_continue(struct lstar *s);
/*
 * Handles what happens until something stops the debuggee; then all its threads are stopped, and
 * *@stop (may be NULL) says why. @timeout_ms: milliseconds; < 0: no limit. LSTAR_STOP_TIMEOUT
 * leaves the debuggee running. Callbacks of handlers run in here. Without a debuggee it returns
 * at once with LSTAR_STOP_NOTHING_LEFT. Stage: after lstar_continue() or lstar_step(), not
 * callback. LSTAR_E_LOOP: a chain of hijacks came back to itself; the thread stands at the entry
 * of its call.
 */
LSTAR_API int lstar_wait(struct lstar *s, int timeout_ms, struct lstar_stop *stop);
/*
 * lstar_wait() returns soon, with everything stopped; one that begins later returns at once.
 * Stage: always, from any thread, signal handlers and callbacks.
 */
LSTAR_API void lstar_interrupt(struct lstar *s);
/*
 * Lets one thread execute one instruction, of which a system call is one; the others stay
 * stopped. lstar_wait() reports LSTAR_STOP_STEP, or before that what else the instruction caused.
 * Stage: stopped, not callback. LSTAR_E_GONE.
 */
LSTAR_API int lstar_step(struct lstar_thread *t);
/*
 * Which of the optional stops are wanted: bits 1 << LSTAR_STOP_NEW_PROCESS, 1 << LSTAR_STOP_EXEC,
 * 1 << LSTAR_STOP_ENDED. None are at first. Stage: always. LSTAR_E_ARGUMENT for other bits.
 */
LSTAR_API int lstar_want(struct lstar *s, unsigned reasons);
/*
 * A held process stays stopped over lstar_continue() while the others run, until it is let go;
 * what it stands at is kept. @pid 0: processes that are born from now on are held before their
 * first instruction. Stage: stopped. LSTAR_E_GONE.
 */
LSTAR_API int lstar_hold(struct lstar *s, uint32_t pid, bool on);
/*
 * Should lstar_wait() return for @signal, before it is delivered? 0 < @signal < 65. Stage:
 * always. LSTAR_E_ARGUMENT, also for SIGKILL.
 */
LSTAR_API int lstar_want_signal(struct lstar *s, int signal, bool want);
/*
 * What is delivered instead at the next continue; 0: nothing. Stage: at an LSTAR_STOP_SIGNAL of
 * @t. LSTAR_E_ARGUMENT.
 */
LSTAR_API int lstar_set_signal(struct lstar_thread *t, int signal);

/* --- lstar_thread: processes and threads --- */

/*
 * The i-th thread that the session ever saw, in order of birth, ended ones too; NULL beyond the
 * last. Stage: always.
 */
LSTAR_API struct lstar_thread *lstar_thread_at(struct lstar *s, size_t i);
/*
 * The living thread with this number; a process's number is that of its first thread. NULL: there
 * is none. Stage: always.
 */
LSTAR_API struct lstar_thread *lstar_thread_find(struct lstar *s, uint32_t tid);
/*
 * The thread's number, and its process's. They stay after its end, when the system may have given
 * them to another. Stage: always.
 */
LSTAR_API uint32_t lstar_thread_tid(const struct lstar_thread *t);
LSTAR_API uint32_t lstar_thread_pid(const struct lstar_thread *t);
/*
 * The process whose child the thread's process is, as seen at its birth; 0: it was launched or
 * attached. Stage: always.
 */
LSTAR_API uint32_t lstar_thread_parent(const struct lstar_thread *t);
/*
 * False after its end, or when its process was let go. Stage: always.
 */
LSTAR_API bool lstar_thread_alive(const struct lstar_thread *t);
/*
 * The session that the thread is of. Stage: always.
 */
LSTAR_API struct lstar *lstar_thread_session(const struct lstar_thread *t);

/* --- lstar_memory: registers and memory --- */

/*
 * A register by its name in the script language: "rax", "eip", "r8d", "fs_base", ... Written ones
 * reach the thread before it goes on; parts of registers leave the other bits as they are. After
 * the thread's end the values of the last time that somebody looked are read. Stage: stopped.
 * LSTAR_E_NAME, LSTAR_E_GONE, LSTAR_E_UNSUPPORTED for one that cannot be had or written,
 * LSTAR_E_ARGUMENT for a value that is too large.
 */
LSTAR_API int lstar_reg_get(struct lstar_thread *t, const char *name, uint64_t *value);
LSTAR_API int lstar_reg_set(struct lstar_thread *t, const char *name, uint64_t value);
/*
 * Memory of the thread's process: the number of bytes that were copied, fewer than @n at the
 * first unreadable one. Writing reaches read-only pages, too. Breakpoints are not seen. Stage:
 * stopped. LSTAR_E_FAULT: not a single byte; LSTAR_E_GONE.
 */
LSTAR_API int64_t lstar_read(struct lstar_thread *t, uint64_t addr, void *buf, size_t n);
LSTAR_API int64_t lstar_write(struct lstar_thread *t, uint64_t addr, const void *buf, size_t n);
/*
 * A NUL-terminated string, cut to @size - 1 bytes, always terminated in @buf; its length there.
 * Stage: stopped. LSTAR_E_FAULT when not even the first byte can be read, LSTAR_E_ARGUMENT for a
 * @size of 0, LSTAR_E_GONE.
 */
LSTAR_API int64_t lstar_read_string(struct lstar_thread *t, uint64_t addr, char *buf, size_t size);
/*
 * Finds the first place of the @n bytes of @what that lies wholly between @from and @to, passing
 * over what cannot be read. Stage: stopped. LSTAR_E_NAME: nowhere; LSTAR_E_ARGUMENT for 0 bytes,
 * LSTAR_E_MEMORY, LSTAR_E_GONE.
 */
LSTAR_API int lstar_find(struct lstar_thread *t, uint64_t from, uint64_t to, const void *what,
			 size_t n, uint64_t *addr);

struct lstar_map {
	uint64_t start, end, offset;
	char perms[5]; /* "rw-p" */
	const char *path; /* "" for none; valid until the next lstar_maps() of the session */
};
/*
 * The memory map of the thread's process, in order of addresses: how many parts it has; at most
 * @max are filled in (@maps may be NULL). Stage: stopped. LSTAR_E_GONE, LSTAR_E_SYSTEM.
 */
LSTAR_API int64_t lstar_maps(struct lstar_thread *t, struct lstar_map *maps, size_t max);

/* --- lstar_handler: handlers --- */

enum lstar_cb {
	LSTAR_CB_CONTINUE = 0,
	LSTAR_CB_STOP = 1, /* lstar_wait() returns LSTAR_STOP_CALLBACK */
};

/*
 * At entry or exit of a call. The thread stands at it; its siblings run on. It must not throw
 * exceptions through the library.
 */
typedef enum lstar_cb lstar_call_fn(struct lstar_thread *t, struct lstar_handler *h, void *user);

/* The conventions by which calls are made: each has numbers of its own. */
enum lstar_abi { LSTAR_ABI_X86_64, LSTAR_ABI_I386, LSTAR_ABI_X32 };

enum lstar_handler_flags {
	LSTAR_RECURSIVE = 1, /* a changed number meets the handlers of the new one, too */
	LSTAR_KEEP_ARGUMENTS = 2, /* changed arguments stay changed when the call returns */
	LSTAR_INHERIT = 4, /* also in children, and in theirs */
	LSTAR_REPLACE = 8, /* take the place of the call's last handler, keeping its count */
	LSTAR_REPORT_UNUSED = 16, /* see lstar_unused() */
	LSTAR_LAST = 32, /* runs after all handlers without this flag, and is no hijack's concern */
};

/*
 * A callback that does nothing: for a handler that only counts. Stage: always.
 */
LSTAR_API enum lstar_cb lstar_pass(struct lstar_thread *t, struct lstar_handler *h, void *user);
/*
 * Makes a handler for a system call by number ("0n59", "0x3b"), name ("openat", "SYS_openat", the
 * C library's name), class ("%file", "%desc", "%network", "%process", "%memory", "%signal") or
 * all ("*"), of the processes that were launched or attached, and with LSTAR_INHERIT of their
 * children. Handlers of one call run in the order in which they were made. A callback that is
 * NULL is left out; without any the handler is synchronous: lstar_wait() returns at entry and at
 * exit. @user is handed to the callbacks. *@handler (may be NULL) is the new one. A thread that
 * is inside a call meets it at its next one. Stage: always. LSTAR_E_NAME, LSTAR_E_ARGUMENT for
 * unknown flags, LSTAR_E_UNSUPPORTED on the machine, LSTAR_E_MEMORY.
 */
LSTAR_API int lstar_handle_syscall(struct lstar *s, const char *call, lstar_call_fn *on_enter,
				   lstar_call_fn *on_exit, unsigned flags, void *user,
				   struct lstar_handler **handler);
/*
 * Another call is made in the place of @call, with its own arguments from @value where @args has
 * a bit (1 << i) and the original ones elsewhere; its result is the program's. The argument
 * registers have the program's values again when the call returns, unless LSTAR_KEEP_ARGUMENTS.
 * Stage: always. LSTAR_E_NAME, LSTAR_E_ARGUMENT when both are the same call or @instead is more
 * than one, LSTAR_E_UNSUPPORTED, LSTAR_E_MEMORY.
 */
LSTAR_API int lstar_hijack_syscall(struct lstar *s, const char *call, const char *instead,
				   unsigned args, const uint64_t value[6], unsigned flags,
				   struct lstar_handler **handler);
/*
 * From now on only for this thread (NULL: for all again), or only for this process (0: all) and
 * with LSTAR_INHERIT its children. Stage: always. LSTAR_E_GONE, LSTAR_E_ARGUMENT for a thread of
 * another session.
 */
LSTAR_API int lstar_handler_thread(struct lstar_handler *h, struct lstar_thread *t);
LSTAR_API int lstar_handler_process(struct lstar_handler *h, uint32_t pid);
/*
 * Other callbacks, from the next stop on; with none it is synchronous. Stage: always.
 */
LSTAR_API int lstar_handler_callbacks(struct lstar_handler *h, lstar_call_fn *on_enter,
				      lstar_call_fn *on_exit, void *user);
/*
 * A disabled handler keeps its count and its place, and nothing happens at its call. One that is
 * disabled in its own on_enter counts that call, and gets no exit of it. Stage: always.
 */
LSTAR_API void lstar_handler_enable(struct lstar_handler *h, bool on);
LSTAR_API bool lstar_handler_enabled(const struct lstar_handler *h);
/*
 * How many calls were seen at their exit while it was enabled. Stage: always.
 */
LSTAR_API uint64_t lstar_handler_hits(const struct lstar_handler *h);
/*
 * The call's number, as it was given or found by name; -1: more than one. Stage: always.
 */
LSTAR_API int64_t lstar_handler_number(const struct lstar_handler *h);
/*
 * @h is no more, also for calls that it has entered. In its own callback it goes when that
 * returns. NULL does nothing. Stage: always.
 */
LSTAR_API void lstar_handler_remove(struct lstar_handler *h);
/*
 * Was the last stop of @t made by @h, at this end of the call? True also in its callbacks, until
 * the thread goes on. Stage: stopped.
 */
LSTAR_API bool lstar_hit_on(const struct lstar_handler *h, const struct lstar_thread *t);
LSTAR_API bool lstar_hit_on_enter(const struct lstar_handler *h, const struct lstar_thread *t);
LSTAR_API bool lstar_hit_on_exit(const struct lstar_handler *h, const struct lstar_thread *t);
/*
 * The i-th handler with LSTAR_REPORT_UNUSED that never fired although a twin of its call was made
 * (open: openat), as a sentence, valid until the next such question; NULL beyond the last. Stage:
 * always.
 */
LSTAR_API const char *lstar_unused(struct lstar *s, size_t i);

/* --- lstar_call: the call that a thread stands at --- */

/*
 * Where in a call a thread stands, and by which convention it was made; the same program may use
 * several. Outside of a call the functions of this family tell what the registers would give, and
 * as number that of the call that the thread is blocked in or has just left, if there is one.
 * After the thread's end they tell what they told at its last stop, but for the phase. Stage:
 * stopped.
 */
LSTAR_API enum lstar_phase lstar_call_phase(const struct lstar_thread *t);
LSTAR_API enum lstar_abi lstar_call_abi(const struct lstar_thread *t);
/*
 * The number of the call as it will be, or was, executed; and as the program made it. Stage:
 * stopped.
 */
LSTAR_API uint64_t lstar_call_number(const struct lstar_thread *t);
LSTAR_API uint64_t lstar_call_original(const struct lstar_thread *t);
/*
 * An argument as the program gave it, the result as the kernel gave it, whatever handlers
 * changed. 0 for an argument beyond 5. Stage: stopped.
 */
LSTAR_API uint64_t lstar_call_original_arg(const struct lstar_thread *t, unsigned i);
LSTAR_API uint64_t lstar_call_original_return(const struct lstar_thread *t);
/*
 * The i-th handler that the call has met, in the order in which they were entered, and the number
 * that the call had then: more than one number when recursive hijacks have changed it. *@h is
 * NULL for one that is gone, or has disabled itself at the entry. False beyond the last. Stage:
 * stopped.
 */
LSTAR_API bool lstar_call_entered(const struct lstar_thread *t, unsigned i,
				  struct lstar_handler **h, uint64_t *nr);
/*
 * Another call is made in the place of this one. Whether its handlers see it says LSTAR_RECURSIVE
 * of the handler that is at work. -1 leaves the call out: its result is what
 * lstar_call_set_return() has set, else -ENOSYS. Stage: LSTAR_ENTER. LSTAR_E_GONE.
 */
LSTAR_API int lstar_call_set_number(struct lstar_thread *t, uint64_t nr);
/*
 * Argument 0 to 5, where the calling convention has it, unsigned; 0 beyond. What is set at the
 * entry is what the kernel gets; the register has the program's value again at the exit, unless
 * the handler has LSTAR_KEEP_ARGUMENTS. Stage: stopped; for setting LSTAR_ENTER or outside.
 * LSTAR_E_ARGUMENT, LSTAR_E_GONE.
 */
LSTAR_API uint64_t lstar_call_arg(struct lstar_thread *t, unsigned i);
LSTAR_API int lstar_call_set_arg(struct lstar_thread *t, unsigned i, uint64_t value);
/*
 * The result, unsigned: errors are -errno, as in (uint64_t)-ENOENT. Before the exit it is
 * -ENOSYS. Setting it at the entry counts only for a call that is skipped. Stage: stopped.
 * LSTAR_E_GONE.
 */
LSTAR_API uint64_t lstar_call_return(struct lstar_thread *t);
LSTAR_API int lstar_call_set_return(struct lstar_thread *t, uint64_t value);
/*
 * The kernel never sees the call; the program gets @ret. Exit handlers run at once. Stage:
 * LSTAR_ENTER. LSTAR_E_GONE.
 */
LSTAR_API int lstar_call_skip(struct lstar_thread *t, uint64_t ret);
/*
 * The name of a system call, "openat", or NULL for a number that has none. Stage: always.
 */
LSTAR_API const char *lstar_call_name(enum lstar_abi abi, uint64_t nr);
/*
 * The i-th argument of a call as C declares it: "const void *" and "buf"; false, and nothing is
 * set, beyond the last one and for a number without a name. Stage: always.
 */
LSTAR_API bool lstar_call_argument(enum lstar_abi abi, uint64_t nr, unsigned i, const char **type,
				   const char **name);
/*
 * 1 if the call is in a class ("%file"; see lstar_handle_syscall()), else 0. Stage: always.
 * LSTAR_E_NAME, whose text is lstar_error(NULL)'s.
 */
LSTAR_API int lstar_call_in_class(enum lstar_abi abi, uint64_t nr, const char *name);
/*
 * The number of a system call by the kernel's name or the C library's, with or without SYS_ or
 * __NR_ before it. Stage: always. LSTAR_E_NAME with the nearest name, LSTAR_E_ARGUMENT.
 */
LSTAR_API int64_t lstar_call_by_name(struct lstar *s, enum lstar_abi abi, const char *name);

/* --- lstar_invoke: invocation --- */

enum lstar_invoke_flags {
	LSTAR_INVOKE_INSIST = 1, /* even what ends, replaces or copies the thread */
	LSTAR_INVOKE_HANDLERS = 2, /* handlers see it */
	LSTAR_INVOKE_RUN_OTHERS = 4, /* the other threads run meanwhile */
};

/*
 * A system call, by its x86-64 number, made by a stopped thread; *@result (may be NULL) is what
 * the kernel returned, or -errno. @args NULL: all are 0. Nothing is left changed but the call's
 * own effects, wherever the thread stood: in user code, at either end of a call, inside a
 * blocking one, which goes on afterwards. A result of -EINTR: a signal ended it. A failure of the
 * call itself is a result, not an error of this function. Stage: stopped. LSTAR_E_REFUSED for
 * calls that end, replace or copy the thread, LSTAR_E_TIMEOUT when it took more than 5 seconds
 * and was ended, LSTAR_E_GONE when the thread was, LSTAR_E_STAGE where it stands badly,
 * LSTAR_E_ARGUMENT.
 */
LSTAR_API int lstar_invoke_syscall(struct lstar_thread *t, uint64_t nr, const uint64_t args[6],
				   unsigned flags, int64_t *result);

/* --- lstar_breakpoint: breakpoints --- */

enum lstar_bp_kind { LSTAR_BP_SOFTWARE, LSTAR_BP_EXECUTE, LSTAR_BP_WRITE, LSTAR_BP_ACCESS };

/*
 * Sets a breakpoint in the thread's process, for all its threads: SOFTWARE in its code, the
 * others in one of the processor's four registers. @len: 1, 2, 4 or 8 bytes for WRITE and ACCESS,
 * which stop behind the access, else 1. Returns its number, from 1 on. A new program in the
 * process has none. Stage: stopped. LSTAR_E_ARGUMENT, LSTAR_E_FAULT, LSTAR_E_GONE, LSTAR_E_SYSTEM
 * or LSTAR_E_UNSUPPORTED when no register is free, LSTAR_E_MEMORY.
 */
LSTAR_API int64_t lstar_breakpoint(struct lstar_thread *t, uint64_t addr, enum lstar_bp_kind kind,
				   unsigned len);
/*
 * Takes a breakpoint away. Its number is not used again. Stage: stopped. LSTAR_E_NAME.
 */
LSTAR_API int lstar_breakpoint_remove(struct lstar *s, uint32_t number);
/*
 * How often it was reported. Stays readable after it was removed; 0 for a number that never was.
 * Stage: always.
 */
LSTAR_API uint64_t lstar_breakpoint_hits(const struct lstar *s, uint32_t number);
/*
 * The address of "main" or "main+1f" (hexadecimal) in the thread's process: of a file whose path
 * contains @file, NULL: of any, the program first. Symbols are read from the files that are
 * mapped now, or from their separate files below /usr/lib/debug. Stage: stopped. LSTAR_E_NAME:
 * the text has the nearest name, or how many there are; LSTAR_E_GONE.
 */
LSTAR_API int lstar_symbol(struct lstar_thread *t, const char *name, const char *file,
			   uint64_t *addr);

/* --- lstar_command: commands and scripts --- */

/* Text that commands and events print; borrowed during the call. It must not call the library. */
typedef void lstar_print_fn(const char *text, size_t len, void *user);
/*
 * Who gets the text that commands and events print, warnings and script errors included; NULL:
 * standard output. Nothing is ever written to standard error. Stage: always.
 */
LSTAR_API void lstar_output(struct lstar *s, lstar_print_fn *print, void *user);
/*
 * Runs a command as at the prompt of lstar(1): "!syscall openat script { ... }", "g", "u main".
 * Numbers in it are hexadecimal. 1: it was "exit", which ends nothing here. Stage: as the
 * command's; those that let the debuggee run are not for callbacks. LSTAR_E_SCRIPT: the text is
 * what the prompt would have said.
 */
LSTAR_API int lstar_command(struct lstar *s, const char *text);
/*
 * The value of one script expression, in a stopped thread; @t NULL: in the one that commands call
 * the current one, if any; without a debuggee all registers are 0. Stage: stopped.
 * LSTAR_E_SCRIPT: the text is what the compiler says, or why the script was ended; LSTAR_E_GONE,
 * LSTAR_E_ARGUMENT.
 */
LSTAR_API int lstar_eval(struct lstar *s, struct lstar_thread *t, const char *expression,
			 uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
