/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - Session objects: debuggees, running, stops, making handlers, commands.
 *
 * Must never hold the interpreter while it waits for a debuggee.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstarmodule.h"

PyTypeObject *session_type, *stop_type;

static struct session_obj *ready(PyObject *self)
{
	struct session_obj *s = (struct session_obj *)self;

	return lst_usable(s) ? s : NULL;
}

/* --- debuggees ------------------------------------------------------------------------------ */

/* NULL-terminated strings of a sequence of str or bytes; *@keep holds them. */
static const char **strings(PyObject *seq, PyObject **keep)
{
	Py_ssize_t n = PyUnicode_Check(seq) ? -1 : PySequence_Size(seq);
	const char **v = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*v));

	if (n < 0 && !PyErr_Occurred())
		PyErr_SetString(PyExc_TypeError, "a list of words is wanted, not one");
	*keep = v ? PyList_New(0) : NULL;
	for (Py_ssize_t i = 0; *keep && i < n; i++) {
		PyObject *o = PySequence_GetItem(seq, i), *bytes = NULL;

		if (!o || !PyUnicode_FSConverter(o, &bytes) || PyList_Append(*keep, bytes))
			Py_CLEAR(*keep);
		else
			v[i] = PyBytes_AsString(bytes);
		Py_XDECREF(bytes);
		Py_XDECREF(o);
	}
	if (!*keep) {
		free(v);
		return NULL;
	}
	return v;
}

static PyObject *launched(struct session_obj *s, const struct lstar_launch *how)
{
	struct lstar_thread *t = NULL;
	int rc;

	lst_release(s);
	rc = lstar_launch(s->s, how, &t);
	lst_take(s);
	return rc < 0 ? lst_fail(s) : lst_thread_ref(s, t);
}

static int as_stdio(PyObject *o, void *stdio)
{
	return lst_int(o, "stdio", stdio);
}

static PyObject *launch(PyObject *self, PyObject *args, PyObject *kw)
{
	static char *words[] = { "argv",      "path",		"env", "cwd", "stdio", "no_aslr",
				 "no_filter", "leave_children", NULL };
	PyObject *argv, *env = Py_None, *keep_argv = NULL, *keep_env = NULL, *t = NULL;
	const char **argv_text = NULL, **env_text = NULL, *path = NULL, *cwd = NULL;
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct session_obj *s = ready(self);
	int stdio = LSTAR_STDIO_INHERIT, no_aslr = 0, no_filter = 0, leave = 0;

	if (!s ||
	    !PyArg_ParseTupleAndKeywords(args, kw, "O|zOz$O&ppp", words, &argv, &path, &env, &cwd,
					 as_stdio, &stdio, &no_aslr, &no_filter, &leave))
		return NULL;
	argv_text = strings(argv, &keep_argv);
	if (!argv_text)
		goto out;
	if (env != Py_None) {
		env_text = strings(env, &keep_env);
		if (!env_text)
			goto out;
	}
	how.path = path;
	how.argv = argv_text;
	how.envp = env_text;
	how.cwd = cwd;
	how.stdio = (enum lstar_stdio)stdio;
	how.no_aslr = no_aslr;
	how.no_filter = no_filter;
	how.leave_children = leave;
	t = launched(s, &how);
out:
	Py_XDECREF(keep_argv);
	Py_XDECREF(keep_env);
	free(argv_text);
	free(env_text);
	return t;
}

static PyObject *attach(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	struct lstar_thread *t = NULL;
	uint32_t pid;
	int rc;

	if (!s || !lst_u32(o, "pid", &pid))
		return NULL;
	lst_release(s);
	rc = lstar_attach(s->s, pid, &t);
	lst_take(s);
	return rc < 0 ? lst_fail(s) : lst_thread_ref(s, t);
}

static PyObject *stdio_fds(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t pid;
	int fd[3];

	if (!s || !lst_u32(o, "pid", &pid))
		return NULL;
	if (lstar_stdio_fds(s->s, pid, fd) < 0)
		return lst_fail(s);
	return Py_BuildValue("(iii)", fd[0], fd[1], fd[2]);
}

static PyObject *of_pid(PyObject *self, PyObject *o, int (*act)(struct lstar *s, uint32_t pid))
{
	struct session_obj *s = ready(self);
	uint32_t pid;
	int rc;

	if (!s || !lst_u32(o, "pid", &pid))
		return NULL;
	lst_release(s);
	rc = act(s->s, pid);
	lst_take(s);
	return lst_done(s, rc);
}

static PyObject *close_stdin(PyObject *self, PyObject *o)
{
	return of_pid(self, o, lstar_close_stdin);
}

static PyObject *detach(PyObject *self, PyObject *o)
{
	return of_pid(self, o, lstar_detach);
}

static PyObject *kill_(PyObject *self, PyObject *o)
{
	return of_pid(self, o, lstar_kill);
}

/* --- running -------------------------------------------------------------------------------- */

static PyStructSequence_Field stop_fields[] = {
	{ "reason", "one of the STOP_ numbers" },
	{ "thread", "the Thread, or None" },
	{ "handler", "the Handler of a SYSCALL or CALLBACK stop, or None" },
	{ "phase", "OUTSIDE, ENTER or EXIT" },
	{ "pid", NULL },
	{ "event", NULL },
	{ "breakpoint", "number of the breakpoint" },
	{ "signal", NULL },
	{ "status", "as from os.waitpid()" },
	{ 0 },
};

PyStructSequence_Desc stop_desc = { "_lstar.Stop", "Why wait() has returned.", stop_fields, 9 };

/* Those that are alive are in the set; they are few, and the C side of a callback never asks. */
PyObject *lst_handler_ref(struct session_obj *s, struct lstar_handler *h)
{
	PyObject *found = Py_None, *it, *o;

	if (!h) {
		Py_INCREF(found);
		return found;
	}
	it = PyObject_GetIter(s->handlers);
	while (it && (o = PyIter_Next(it))) {
		if (((struct handler_obj *)o)->h == h)
			found = o;
		Py_DECREF(o);
	}
	Py_XDECREF(it);
	Py_INCREF(found);
	return found;
}

static PyObject *stop_object(struct session_obj *s, const struct lstar_stop *stop)
{
	PyObject *o = PyStructSequence_New(stop_type);
	const long number[] = { stop->phase,	  stop->pid,	stop->event,
				stop->breakpoint, stop->signal, stop->status };

	if (!o)
		return NULL;
	PyStructSequence_SetItem(o, 0, PyLong_FromLong(stop->reason));
	PyStructSequence_SetItem(o, 1, lst_thread_ref(s, stop->thread));
	PyStructSequence_SetItem(o, 2, lst_handler_ref(s, stop->handler));
	for (size_t i = 0; i < sizeof(number) / sizeof(*number); i++)
		PyStructSequence_SetItem(o, (Py_ssize_t)i + 3, PyLong_FromLong(number[i]));
	if (PyErr_Occurred())
		Py_CLEAR(o);
	/*
	 * The collector does not know of structure sequences, which seldom hold anything. This one
	 * has a thread, and with that the whole session.
	 */
	else if (!PyObject_GC_IsTracked(o))
		PyObject_GC_Track(o);
	return o;
}

/* The exception that the callback of this stop ended with comes out here. */
static bool raise_kept(struct session_obj *s, struct lstar_thread *t)
{
	struct thread_obj *th = t ? lst_thread(s, t) : NULL;
	PyObject *error = th ? th->error : NULL;

	if (!error)
		return false;
	th->error = NULL;
	PyErr_SetObject((PyObject *)Py_TYPE(error), error);
	Py_DECREF(error);
	return true;
}

static PyObject *wait_(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct session_obj *s = ready(self);
	struct lstar_stop stop = { 0 };
	int timeout = -1, rc;
	PyObject *o;

	if (!s || !lst_arg_count("wait", n, 0, 1))
		return NULL;
	if (n && !lst_int(args[0], "timeout", &timeout))
		return NULL;
	lst_release(s);
	rc = lstar_wait(s->s, timeout, &stop);
	lst_take(s);
	o = stop_object(s, &stop);
	if (!o)
		return NULL;
	Py_INCREF(o);
	lst_set(&s->last_stop, o);
	if (rc < 0)
		lst_fail(s);
	if (rc < 0 || (stop.reason == LSTAR_STOP_CALLBACK && raise_kept(s, stop.thread)))
		Py_CLEAR(o);
	return o;
}

static PyObject *cont(PyObject *self, PyObject *unused)
{
	struct session_obj *s = ready(self);

	return s ? lst_done(s, lstar_continue(s->s)) : NULL;
}

/* Allowed while another thread waits: that is what it is for. */
static PyObject *interrupt(PyObject *self, PyObject *unused)
{
	struct session_obj *s = (struct session_obj *)self;

	if (s->s)
		lstar_interrupt(s->s);
	Py_RETURN_NONE;
}

static PyObject *stop_after(PyObject *self, PyObject *unused)
{
	struct session_obj *s = ready(self);

	if (!s)
		return NULL;
	if (!s->depth)
		return lst_fail_code(LSTAR_E_STAGE, "stop_after_callback() is for callbacks");
	s->stop_asked = true;
	Py_RETURN_NONE;
}

static PyObject *want(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t bits;

	if (!s || !lst_u32(o, "reasons", &bits))
		return NULL;
	return lst_done(s, lstar_want(s->s, bits));
}

static PyObject *want_signal(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct session_obj *s = ready(self);
	uint32_t sig;
	int on;

	if (!s || !lst_arg_count("want_signal", n, 2, 2) || !lst_u32(args[0], "signal", &sig))
		return NULL;
	on = PyObject_IsTrue(args[1]);
	return on < 0 ? NULL : lst_done(s, lstar_want_signal(s->s, (int)sig, on));
}

static PyObject *hold(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct session_obj *s = ready(self);
	uint32_t pid;
	int on;

	if (!s || !lst_arg_count("hold", n, 2, 2) || !lst_u32(args[0], "pid", &pid))
		return NULL;
	on = PyObject_IsTrue(args[1]);
	return on < 0 ? NULL : lst_done(s, lstar_hold(s->s, pid, on));
}

/* --- threads -------------------------------------------------------------------------------- */

static PyObject *thread_at(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t i;

	if (!s || !lst_u32(o, "i", &i))
		return NULL;
	return lst_thread_ref(s, lstar_thread_at(s->s, i));
}

static PyObject *thread_find(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t tid;

	if (!s || !lst_u32(o, "tid", &tid))
		return NULL;
	return lst_thread_ref(s, lstar_thread_find(s->s, tid));
}

/* --- handlers ------------------------------------------------------------------------------- */

static PyObject *handle(PyObject *self, PyObject *args, PyObject *kw)
{
	static char *words[] = { "call", "on_enter", "on_exit", "flags", NULL };
	PyObject *enter = Py_None, *exit = Py_None;
	struct session_obj *s = ready(self);
	uint32_t flags = 0;
	const char *call;

	if (!s || !PyArg_ParseTupleAndKeywords(args, kw, "s|OOO&", words, &call, &enter, &exit,
					       lst_flags, &flags))
		return NULL;
	return lst_handle(s, call, enter, exit, flags);
}

static PyObject *hijack(PyObject *self, PyObject *args, PyObject *kw)
{
	static char *words[] = { "call", "instead", "args", "flags", NULL };
	struct session_obj *s = ready(self);
	PyObject *with = NULL, *key, *o;
	const char *call, *instead;
	uint32_t flags = 0;
	unsigned mask = 0;
	Py_ssize_t pos = 0;
	uint64_t value[6] = { 0 };

	if (!s || !PyArg_ParseTupleAndKeywords(args, kw, "ss|O!O&", words, &call, &instead,
					       &PyDict_Type, &with, lst_flags, &flags))
		return NULL;
	while (with && PyDict_Next(with, &pos, &key, &o)) {
		uint32_t i;

		if (!lst_u32(key, "a key of args", &i))
			return NULL;
		if (i > 5) {
			PyErr_SetString(PyExc_IndexError, "a system call has arguments 0 to 5");
			return NULL;
		}
		if (!lst_u64(o, lst_arg_name[i], &value[i]))
			return NULL;
		mask |= 1u << i;
	}
	return lst_hijack(s, call, instead, mask, value, flags);
}

static PyObject *unused_handlers(PyObject *self, PyObject *unused)
{
	struct session_obj *s = ready(self);
	PyObject *list = s ? PyList_New(0) : NULL;
	const char *text;

	for (size_t i = 0; list && (text = lstar_unused(s->s, i)); i++) {
		PyObject *o = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");

		if (!o || PyList_Append(list, o))
			Py_CLEAR(list);
		Py_XDECREF(o);
	}
	return list;
}

static PyObject *call_by_name(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct session_obj *s = ready(self);
	const char *name;
	uint32_t abi;
	int64_t nr;

	if (!s || !lst_arg_count("call_by_name", n, 2, 2) || !lst_u32(args[0], "abi", &abi))
		return NULL;
	name = PyUnicode_AsUTF8AndSize(args[1], NULL);
	if (!name)
		return NULL;
	nr = lstar_call_by_name(s->s, (enum lstar_abi)abi, name);
	return nr < 0 ? lst_fail(s) : PyLong_FromLongLong(nr);
}

/* --- breakpoints, commands ------------------------------------------------------------------ */

static PyObject *breakpoint_remove(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t nr;

	if (!s || !lst_u32(o, "number", &nr))
		return NULL;
	return lst_done(s, lstar_breakpoint_remove(s->s, nr));
}

static PyObject *breakpoint_hits(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	uint32_t nr;

	if (!s || !lst_u32(o, "number", &nr))
		return NULL;
	return PyLong_FromUnsignedLongLong(lstar_breakpoint_hits(s->s, nr));
}

static void print(const char *text, size_t len, void *user)
{
	struct session_obj *s = user;
	bool outside = s->released;
	PyObject *o, *res = NULL;

	if (outside)
		lst_take(s);
	o = PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "replace");
	if (o && s->output)
		res = PyObject_CallFunctionObjArgs(s->output, o, NULL);
	if (PyErr_Occurred())
		PyErr_WriteUnraisable(s->output);
	Py_XDECREF(res);
	Py_XDECREF(o);
	if (outside)
		lst_release(s);
}

static PyObject *output(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	PyObject *fn;

	if (!s || !lst_callable(o, "the output", &fn))
		return NULL;
	Py_XINCREF(fn);
	lst_set(&s->output, fn);
	lstar_output(s->s, fn ? print : NULL, s);
	Py_RETURN_NONE;
}

static PyObject *command(PyObject *self, PyObject *o)
{
	struct session_obj *s = ready(self);
	const char *text = s ? PyUnicode_AsUTF8AndSize(o, NULL) : NULL;
	int rc;

	if (!text)
		return NULL;
	lst_release(s);
	rc = lstar_command(s->s, text);
	lst_take(s);
	return lst_done(s, rc);
}

/* --- life ----------------------------------------------------------------------------------- */

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *kw)
{
	static char *words[] = { NULL };
	struct session_obj *s;

	if (!PyArg_ParseTupleAndKeywords(args, kw, "", words))
		return NULL;
	s = (struct session_obj *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
	if (!s)
		return NULL;
	s->handlers = PySet_New(NULL);
	s->owner = getpid();
	s->s = s->handlers ? lstar_open() : NULL;
	if (!s->s) {
		if (s->handlers)
			PyErr_NoMemory();
		Py_DECREF(s);
		return NULL;
	}
	return (PyObject *)s;
}

/* Counts outlive the library's handlers. */
static void keep_counts(struct session_obj *s)
{
	PyObject *it = PyObject_GetIter(s->handlers), *o;

	while (it && (o = PyIter_Next(it))) {
		struct handler_obj *h = (struct handler_obj *)o;

		if (h->h)
			h->hits = lstar_handler_hits(h->h);
		h->h = NULL;
		Py_DECREF(o);
	}
	Py_XDECREF(it);
}

static void shut(struct session_obj *s)
{
	struct lstar *open = s->s;

	if (!open)
		return;
	if (s->handlers)
		keep_counts(s);
	s->s = NULL;
	if (s->owner == getpid())
		lstar_close(open);
}

static PyObject *close_(PyObject *self, PyObject *unused)
{
	struct session_obj *s = (struct session_obj *)self;

	if (s->released || s->depth)
		return lst_fail_code(LSTAR_E_STAGE, "the session is at work: it can be closed when "
						    "wait() has returned");
	shut(s);
	Py_RETURN_NONE;
}

static PyObject *get_closed(PyObject *self, void *unused)
{
	return PyBool_FromLong(!((struct session_obj *)self)->s);
}

static PyObject *get_in_callback(PyObject *self, void *unused)
{
	return PyBool_FromLong(((struct session_obj *)self)->depth);
}

static PyObject *get_last_stop(PyObject *self, void *unused)
{
	PyObject *o = ((struct session_obj *)self)->last_stop;

	if (!o)
		o = Py_None;
	Py_INCREF(o);
	return o;
}

static PyObject *get_factory(PyObject *self, void *unused)
{
	PyObject *o = ((struct session_obj *)self)->factory;

	if (!o)
		o = Py_None;
	Py_INCREF(o);
	return o;
}

static int set_factory(PyObject *self, PyObject *value, void *unused)
{
	PyObject *fn;

	if (!lst_callable(value, "the factory", &fn))
		return -1;
	Py_XINCREF(fn);
	lst_set(&((struct session_obj *)self)->factory, fn);
	return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
	struct session_obj *s = (struct session_obj *)self;

	Py_VISIT(Py_TYPE(self));
	for (size_t i = 0; i < s->threads.size; i++)
		Py_VISIT(s->threads.slot[i]);
	Py_VISIT(s->handlers);
	Py_VISIT(s->factory);
	Py_VISIT(s->output);
	Py_VISIT(s->last_stop);
	return 0;
}

static int clear(PyObject *self)
{
	struct session_obj *s = (struct session_obj *)self;

	shut(s);
	lst_threads_forget(s);
	Py_CLEAR(s->handlers);
	Py_CLEAR(s->factory);
	Py_CLEAR(s->output);
	Py_CLEAR(s->last_stop);
	return 0;
}

static void dealloc(PyObject *self)
{
	lst_dealloc(self, clear, NULL);
}

static PyMethodDef methods[] = {
	{ "launch", (PyCFunction)(void (*)(void))launch, METH_VARARGS | METH_KEYWORDS,
	  "launch(argv, path=None, env=None, cwd=None, *, stdio, no_aslr, no_filter, "
	  "leave_children): the first thread, stopped" },
	{ "attach", attach, METH_O, "attach(pid): its first thread, all stopped" },
	{ "stdio_fds", stdio_fds, METH_O, "stdio_fds(pid): our ends of 0, 1, 2, -1 for none" },
	{ "close_stdin", close_stdin, METH_O, "close_stdin(pid): its input ends" },
	{ "detach", detach, METH_O, "detach(pid): it goes on without us" },
	{ "kill", kill_, METH_O, "kill(pid)" },
	{ "wait", FASTCALL(wait_), METH_FASTCALL,
	  "wait(timeout_ms=-1): the Stop; exceptions of callbacks come out here" },
	{ "cont", cont, METH_NOARGS, "every stopped thread that is not held runs" },
	{ "interrupt", interrupt, METH_NOARGS, "wait() returns soon; for any thread" },
	{ "stop_after_callback", stop_after, METH_NOARGS,
	  "wait() returns after the callback that is running" },
	{ "want", want, METH_O, "which optional stops: bits 1 << STOP_..." },
	{ "want_signal", FASTCALL(want_signal), METH_FASTCALL, "want_signal(signal, on)" },
	{ "hold", FASTCALL(hold), METH_FASTCALL,
	  "hold(pid, on): stays stopped over cont(); pid 0: those yet to be born" },
	{ "thread_at", thread_at, METH_O, "the i-th thread ever seen, None beyond" },
	{ "thread_find", thread_find, METH_O, "the living thread of this number, or None" },
	{ "handle_syscall", (PyCFunction)(void (*)(void))handle, METH_VARARGS | METH_KEYWORDS,
	  "handle_syscall(call, on_enter=None, on_exit=None, flags=0): a Handler. Functions get "
	  "(thread, handler); True: one that does nothing; none at all: wait() returns" },
	{ "hijack_syscall", (PyCFunction)(void (*)(void))hijack, METH_VARARGS | METH_KEYWORDS,
	  "hijack_syscall(call, instead, args={}, flags=0): a Handler; args: index to value" },
	{ "unused", unused_handlers, METH_NOARGS, "what REPORT_UNUSED has found, as sentences" },
	{ "call_by_name", FASTCALL(call_by_name), METH_FASTCALL, "call_by_name(abi, name)" },
	{ "breakpoint_remove", breakpoint_remove, METH_O, NULL },
	{ "breakpoint_hits", breakpoint_hits, METH_O, NULL },
	{ "output", output, METH_O, "output(function): gets the text that commands print" },
	{ "command", command, METH_O, "a command as at lstar's prompt" },
	{ "close", close_, METH_NOARGS, "kills what was launched, lets go what was attached" },
	{ 0 },
};

static PyGetSetDef getset[] = {
	{ "closed", get_closed, NULL, NULL },
	{ "in_callback", get_in_callback, NULL, "is a handler's function running?" },
	{ "last_stop", get_last_stop, NULL, "of the last wait(), also when that raised" },
	{ "thread_factory", get_factory, set_factory,
	  "makes of a Thread what callbacks get instead of it" },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc,
	  "Debugs any number of processes. To be used by one thread; interrupt() by any." },
	{ Py_tp_new, new },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, getset },
	{ Py_tp_traverse, traverse },
	{ Py_tp_clear, clear },
	{ Py_tp_dealloc, dealloc },
	{ 0 },
};

PyType_Spec session_spec = {
	.name = "_lstar.Session",
	.basicsize = sizeof(struct session_obj),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.slots = slots,
};
