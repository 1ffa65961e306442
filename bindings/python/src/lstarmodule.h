/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lstarmodule.h - what the files of the extension module _lstar share.
 *
 * The module is lstar.h in the shapes of Python and nothing more: it must never decide what a
 * debuggee does. Only the stable ABI of Python 3.11 is used.
 *
 * While lstar_wait() and the like run, the interpreter is free. Callbacks take it back with the
 * thread state that wait() put aside (struct session_obj.released): that is also the mark by
 * which a second Python thread sees that the session is at work.
 */
#ifndef LSTARMODULE_H
#define LSTARMODULE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <sys/types.h>

#include <lstar.h>

#define FASTCALL(fn) ((PyCFunction)(void (*)(void))(fn))

/* The Thread objects of a session by address; they are never taken out. */
struct thread_table {
	struct thread_obj **slot;
	size_t size, used; /* a power of two, or 0 */
};

struct session_obj {
	PyObject head;
	struct lstar *s; /* NULL: closed */
	pid_t owner; /* process that opened it: a fork of it must not end what it debugs */
	PyThreadState *released; /* of the thread that is in the library without the GIL */
	unsigned depth; /* callbacks that are running */
	bool stop_asked; /* by the callback that is running */
	struct thread_table threads;
	PyObject *handlers; /* set of all Handler objects that the library may call */
	PyObject *factory; /* thread_factory */
	PyObject *output;
	PyObject *last_stop;
};

struct thread_obj {
	PyObject head;
	struct session_obj *session;
	struct lstar_thread *t;
	PyObject *owner; /* what callbacks get instead of this object; NULL: not asked for yet */
	PyObject *error; /* the exception that a callback ended with */
};

struct handler_obj {
	PyObject head;
	struct session_obj *session;
	struct lstar_handler *h; /* NULL: removed */
	PyObject *enter, *exit; /* NULL: none */
	PyObject *owner;
	uint64_t hits; /* when it was removed */
	int64_t number;
};

extern PyTypeObject *session_type, *thread_type, *handler_type, *stop_type;
extern PyObject *lst_error_type;
extern PyType_Spec session_spec, thread_spec, handler_spec;
extern PyStructSequence_Desc stop_desc;

/* --- convert.c: errors and numbers --------------------------------------------------------- */

/* Raises what lstar_error() says. */
PyObject *lst_fail(struct session_obj *s);
PyObject *lst_fail_code(enum lstar_code code, const char *text);
/* False, and an exception, when the session is closed or another thread is in it. */
bool lst_usable(struct session_obj *s);
/*
 * Numbers. False: TypeError, or a ValueError that names the parameter @name. lst_u64():
 * -2^63 .. 2^64-1, negative ones as two's complement.
 */
bool lst_u64(PyObject *o, const char *name, uint64_t *value);
bool lst_u32(PyObject *o, const char *name, uint32_t *value);
bool lst_int(PyObject *o, const char *name, int *value);
bool lst_size(PyObject *o, const char *name, Py_ssize_t *value);
/* What the arguments of a system call are named. */
extern const char *const lst_arg_name[6];
/* Parameter "flags" for PyArg_Parse: "O&" with an uint32_t. */
int lst_flags(PyObject *o, void *flags);
/* None or an int with its result code: None for 0, an exception for negative ones. */
PyObject *lst_done(struct session_obj *s, int rc);
bool lst_arg_count(const char *name, Py_ssize_t n, Py_ssize_t min, Py_ssize_t max);
/* A callable to keep, NULL for None. False: it is neither. */
bool lst_callable(PyObject *o, const char *what, PyObject **callable);

/* *@where becomes @value, whose reference is taken over. */
void lst_set(PyObject **where, PyObject *value);

/* Ends an object whose tp_clear is @clear; its reference to @session (or NULL) goes last. */
void lst_dealloc(PyObject *self, inquiry clear, struct session_obj *session);

/* Without the GIL between them; callbacks of the library take it for themselves. */
void lst_release(struct session_obj *s);
void lst_take(struct session_obj *s);

/* --- thread.c ------------------------------------------------------------------------------ */

/* The one Thread object of @t, borrowed; NULL with an exception. */
struct thread_obj *lst_thread(struct session_obj *s, struct lstar_thread *t);
/* A new reference to it, None for NULL. */
PyObject *lst_thread_ref(struct session_obj *s, struct lstar_thread *t);
/* The Handler object, or None. */
PyObject *lst_handler_ref(struct session_obj *s, struct lstar_handler *h);
/* What a callback gets for it, borrowed. */
PyObject *lst_thread_owner(struct thread_obj *th);
void lst_threads_forget(struct session_obj *s);

/* --- handler.c ----------------------------------------------------------------------------- */

PyObject *lst_handle(struct session_obj *s, const char *call, PyObject *enter, PyObject *exit,
		     unsigned flags);
PyObject *lst_hijack(struct session_obj *s, const char *call, const char *instead, unsigned args,
		     const uint64_t value[6], unsigned flags);

#endif
