/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handlers.h - threads, running, handlers of system calls, invocation and breakpoints: what
 * lstar.h offers, one to one, for the library and for commands.
 *
 * dbg_X() has the arguments of lstar_X() and returns what that returns, but for a failure one
 * of these, with dbg_error():
 *
 *	EINVAL an argument	ENOENT a name		EBUSY not at this stage
 *	ESRCH it has ended	EACCES permission	EPERM refused, insist
 *	ENOMEM memory		EFAULT debuggee memory	ELOOP a loop of hijacks
 *	ETIMEDOUT		EOPNOTSUPP unsupported	any other: a system call of ours
 */
#ifndef DEBUGGER_HANDLERS_H
#define DEBUGGER_HANDLERS_H

#include "lstar.h"

struct dbg;

/* --- running (run.c) --- */
int dbg_continue(struct dbg *d);
int dbg_wait(struct dbg *d, int timeout_ms, struct lstar_stop *stop);
int dbg_step(struct lstar_thread *t);
/* Over a call, or a repeated string instruction, to the one behind it. */
int dbg_step_over(struct lstar_thread *t); /* over.c */
int dbg_want(struct dbg *d, unsigned reasons);
/* Is a callback of a handler running? */
bool dbg_in_callback(const struct dbg *d);
int dbg_want_signal(struct dbg *d, int signal, bool want);
int dbg_set_signal(struct lstar_thread *t, int signal);

/* --- threads (tasks.c) --- */
struct lstar_thread *dbg_thread_at(struct dbg *d, size_t i);
struct lstar_thread *dbg_thread_find(struct dbg *d, uint32_t tid);
uint32_t dbg_thread_tid(const struct lstar_thread *t);
uint32_t dbg_thread_pid(const struct lstar_thread *t);
uint32_t dbg_thread_parent(const struct lstar_thread *t);
bool dbg_thread_alive(const struct lstar_thread *t);
struct dbg *dbg_thread_session(const struct lstar_thread *t);

/* --- registers and memory of any stopped thread (tasks.c) --- */
int dbg_reg_get(struct lstar_thread *t, const char *name, uint64_t *value);
int dbg_reg_set(struct lstar_thread *t, const char *name, uint64_t value);
int64_t dbg_read(struct lstar_thread *t, uint64_t addr, void *buf, size_t n);
int64_t dbg_write(struct lstar_thread *t, uint64_t addr, const void *buf, size_t n);
int64_t dbg_read_string(struct lstar_thread *t, uint64_t addr, char *buf, size_t size);

/* --- its process's address space (space.c) --- */
struct sym_maps; /* symbols/symbols.h */
int dbg_maps(struct lstar_thread *t, struct sym_maps *maps);
int dbg_find(struct lstar_thread *t, uint64_t from, uint64_t to, const void *what, size_t n,
	     uint64_t *addr);
int dbg_symbol(struct lstar_thread *t, const char *name, const char *file, uint64_t *addr);

/* --- handlers (handlers.c) --- */
int dbg_handle_syscall(struct dbg *d, const char *call, lstar_call_fn *on_enter,
		       lstar_call_fn *on_exit, unsigned flags, void *user,
		       struct lstar_handler **handler);
int dbg_hijack_syscall(struct dbg *d, const char *call, const char *instead, unsigned args,
		       const uint64_t value[6], unsigned flags, struct lstar_handler **handler);
int dbg_handler_thread(struct lstar_handler *h, struct lstar_thread *t);
int dbg_handler_process(struct lstar_handler *h, uint32_t pid);
int dbg_handler_callbacks(struct lstar_handler *h, lstar_call_fn *on_enter, lstar_call_fn *on_exit,
			  void *user);
void dbg_handler_enable(struct lstar_handler *h, bool on);
bool dbg_handler_enabled(const struct lstar_handler *h);
uint64_t dbg_handler_hits(const struct lstar_handler *h);
int64_t dbg_handler_number(const struct lstar_handler *h);
void dbg_handler_remove(struct lstar_handler *h);
/* The session and the text the handler was made with, for messages. */
struct dbg *dbg_handler_session(const struct lstar_handler *h);
const char *dbg_handler_call(const struct lstar_handler *h);
bool dbg_hit_on(const struct lstar_handler *h, const struct lstar_thread *t);
bool dbg_hit_on_enter(const struct lstar_handler *h, const struct lstar_thread *t);
bool dbg_hit_on_exit(const struct lstar_handler *h, const struct lstar_thread *t);
const char *dbg_unused(struct dbg *d, size_t i);

/* --- the call that a thread stands at (calls.c) --- */
enum lstar_phase dbg_call_phase(const struct lstar_thread *t);
enum lstar_abi dbg_call_abi(const struct lstar_thread *t);
uint64_t dbg_call_number(const struct lstar_thread *t);
uint64_t dbg_call_original(const struct lstar_thread *t);
uint64_t dbg_call_original_arg(const struct lstar_thread *t, unsigned i);
uint64_t dbg_call_original_return(const struct lstar_thread *t);
bool dbg_call_entered(const struct lstar_thread *t, unsigned i, struct lstar_handler **h,
		      uint64_t *nr);
int dbg_call_set_number(struct lstar_thread *t, uint64_t nr);
uint64_t dbg_call_arg(struct lstar_thread *t, unsigned i);
int dbg_call_set_arg(struct lstar_thread *t, unsigned i, uint64_t value);
uint64_t dbg_call_return(struct lstar_thread *t);
int dbg_call_set_return(struct lstar_thread *t, uint64_t value);
int dbg_call_skip(struct lstar_thread *t, uint64_t ret);

/* --- invocation (invoke.c) --- */
int dbg_invoke_syscall(struct lstar_thread *t, uint64_t nr, const uint64_t args[6], unsigned flags,
		       int64_t *result);

/* --- breakpoints and held processes (breakpoints.c) --- */
int64_t dbg_breakpoint(struct lstar_thread *t, uint64_t addr, enum lstar_bp_kind kind,
		       unsigned len);
struct dbg_breakpoint_info {
	uint32_t number, pid;
	uint64_t addr, hits;
	enum lstar_bp_kind kind;
	unsigned len;
	bool disabled;
};
/* The i-th of those that are not removed, in order of numbers; false beyond the last. */
bool dbg_breakpoint_list(const struct dbg *d, size_t i, struct dbg_breakpoint_info *info);
int dbg_breakpoint_remove(struct dbg *d, uint32_t number);
/* A disabled one keeps its number and its hits; enabling it may fail as setting it does. */
int dbg_breakpoint_enable(struct dbg *d, uint32_t number, bool on);
uint64_t dbg_breakpoint_hits(const struct dbg *d, uint32_t number);
int dbg_hold(struct dbg *d, uint32_t pid, bool on);

#endif
