/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handler.c - Handler objects, and the way from a system call to a Python function.
 *
 * The library holds the address of a Handler as its user pointer. The session's set holds a
 * reference for as long, so that a callback never meets a freed object.
 */
#include "lstarmodule.h"

PyTypeObject *handler_type;

/* --- callbacks ------------------------------------------------------------------------------ */

/*
 * Takes the interpreter, calls, gives it back. What the function returns does not matter; an
 * exception is kept with the thread, stops the debuggee, and comes out of wait().
 */
static enum lstar_cb call(struct lstar_thread *t, struct handler_obj *h, bool exiting)
{
	struct session_obj *s = h->session;
	bool outside = s->released, before = s->stop_asked;
	enum lstar_cb answer = LSTAR_CB_CONTINUE;
	PyObject *fn, *owner, *res = NULL;
	struct thread_obj *th;

	if (outside)
		lst_take(s);
	fn = exiting ? h->exit : h->enter;
	if (!fn) /* taken away by an earlier callback of this stop */
		goto out;
	Py_INCREF(fn);
	Py_INCREF((PyObject *)h);
	s->depth++;
	s->stop_asked = false;
	th = lst_thread(s, t);
	owner = th ? lst_thread_owner(th) : NULL;
	if (owner)
		res = PyObject_CallFunctionObjArgs(fn, owner, h->owner ? h->owner : (PyObject *)h,
						   NULL);
	if (s->stop_asked || !res)
		answer = LSTAR_CB_STOP;
	if (!res && th) {
		PyObject *type, *value, *trace;

		PyErr_Fetch(&type, &value, &trace);
		PyErr_NormalizeException(&type, &value, &trace);
		if (trace)
			PyException_SetTraceback(value, trace);
		lst_set(&th->error, value);
		Py_XDECREF(type);
		Py_XDECREF(trace);
	} else if (!res) {
		PyErr_WriteUnraisable(fn);
	}
	Py_XDECREF(res);
	s->stop_asked = before;
	s->depth--;
	Py_DECREF((PyObject *)h);
	Py_DECREF(fn);
out:
	if (outside)
		lst_release(s);
	return answer;
}

static enum lstar_cb on_enter(struct lstar_thread *t, struct lstar_handler *lh, void *user)
{
	return call(t, user, false);
}

static enum lstar_cb on_exit(struct lstar_thread *t, struct lstar_handler *lh, void *user)
{
	return call(t, user, true);
}

/* --- making --------------------------------------------------------------------------------- */

/* True stands for a function that does nothing: it costs no Python. */
static lstar_call_fn *c_side(PyObject *fn, lstar_call_fn *mine)
{
	if (!fn || fn == Py_None)
		return NULL;
	return fn == Py_True ? lstar_pass : mine;
}

static bool python_side(PyObject *fn, const char *what, PyObject **callable)
{
	*callable = NULL;
	return fn == Py_True || lst_callable(fn, what, callable);
}

static struct handler_obj *make(struct session_obj *s)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(handler_type, Py_tp_alloc);
	struct handler_obj *h = (struct handler_obj *)alloc(handler_type, 0);

	if (!h)
		return NULL;
	Py_INCREF((PyObject *)s);
	h->session = s;
	if (PySet_Add(s->handlers, (PyObject *)h)) {
		Py_DECREF((PyObject *)h);
		return NULL;
	}
	return h;
}

static PyObject *made(struct session_obj *s, struct handler_obj *h, int rc)
{
	if (rc < 0) {
		h->h = NULL;
		lst_fail(s);
		PySet_Discard(s->handlers, (PyObject *)h);
		Py_DECREF((PyObject *)h);
		return NULL;
	}
	h->number = lstar_handler_number(h->h);
	return (PyObject *)h;
}

PyObject *lst_handle(struct session_obj *s, const char *name, PyObject *enter, PyObject *exit,
		     unsigned flags)
{
	struct handler_obj *h;
	PyObject *in, *out;
	int rc;

	if (!python_side(enter, "on_enter", &in) || !python_side(exit, "on_exit", &out))
		return NULL;
	h = make(s);
	if (!h)
		return NULL;
	Py_XINCREF(in);
	Py_XINCREF(out);
	h->enter = in;
	h->exit = out;
	rc = lstar_handle_syscall(s->s, name, c_side(enter, on_enter), c_side(exit, on_exit), flags,
				  h, &h->h);
	return made(s, h, rc);
}

PyObject *lst_hijack(struct session_obj *s, const char *name, const char *instead, unsigned args,
		     const uint64_t value[6], unsigned flags)
{
	struct handler_obj *h = make(s);

	if (!h)
		return NULL;
	return made(s, h, lstar_hijack_syscall(s->s, name, instead, args, value, flags, &h->h));
}

/* --- methods -------------------------------------------------------------------------------- */

static bool usable(struct handler_obj *h)
{
	if (!lst_usable(h->session))
		return false;
	if (!h->h) {
		lst_fail_code(LSTAR_E_GONE, "the handler was removed");
		return false;
	}
	return true;
}

static PyObject *callbacks(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct handler_obj *h = (struct handler_obj *)self;
	PyObject *in, *out;
	int rc;

	if (!lst_arg_count("callbacks", n, 2, 2) || !usable(h) ||
	    !python_side(args[0], "on_enter", &in) || !python_side(args[1], "on_exit", &out))
		return NULL;
	rc = lstar_handler_callbacks(h->h, c_side(args[0], on_enter), c_side(args[1], on_exit), h);
	if (rc < 0)
		return lst_fail(h->session);
	Py_XINCREF(in);
	Py_XINCREF(out);
	lst_set(&h->enter, in);
	lst_set(&h->exit, out);
	Py_RETURN_NONE;
}

static PyObject *for_thread(PyObject *self, PyObject *o)
{
	struct handler_obj *h = (struct handler_obj *)self;
	struct lstar_thread *t = NULL;

	if (o != Py_None) {
		if (!PyObject_TypeCheck(o, thread_type)) {
			PyErr_SetString(PyExc_TypeError, "a Thread or None is wanted");
			return NULL;
		}
		t = ((struct thread_obj *)o)->t;
	}
	return usable(h) ? lst_done(h->session, lstar_handler_thread(h->h, t)) : NULL;
}

static PyObject *for_process(PyObject *self, PyObject *o)
{
	struct handler_obj *h = (struct handler_obj *)self;
	uint32_t pid;

	if (!lst_u32(o, "pid", &pid) || !usable(h))
		return NULL;
	return lst_done(h->session, lstar_handler_process(h->h, pid));
}

static PyObject *remove_(PyObject *self, PyObject *unused)
{
	struct handler_obj *h = (struct handler_obj *)self;

	if (!lst_usable(h->session))
		return NULL;
	if (h->h) {
		h->hits = lstar_handler_hits(h->h);
		lstar_handler_remove(h->h);
		h->h = NULL;
		/* In its own callback the library still has its address until that returns, and
		 * call() a reference. */
		if (PySet_Discard(h->session->handlers, self) < 0)
			return NULL;
	}
	Py_RETURN_NONE;
}

static PyObject *hit(PyObject *self, PyObject *o,
		     bool (*asked)(const struct lstar_handler *h, const struct lstar_thread *t))
{
	struct handler_obj *h = (struct handler_obj *)self;

	if (!PyObject_TypeCheck(o, thread_type)) {
		PyErr_SetString(PyExc_TypeError, "a Thread is wanted");
		return NULL;
	}
	if (!lst_usable(h->session))
		return NULL;
	return PyBool_FromLong(h->h && asked(h->h, ((struct thread_obj *)o)->t));
}

static PyObject *hit_on(PyObject *self, PyObject *o)
{
	return hit(self, o, lstar_hit_on);
}

static PyObject *hit_on_enter(PyObject *self, PyObject *o)
{
	return hit(self, o, lstar_hit_on_enter);
}

static PyObject *hit_on_exit(PyObject *self, PyObject *o)
{
	return hit(self, o, lstar_hit_on_exit);
}

/* The counters are words that may be read while another thread waits in the session. */
static PyObject *get_hits(PyObject *self, void *unused)
{
	struct handler_obj *h = (struct handler_obj *)self;

	return PyLong_FromUnsignedLongLong(h->h && h->session->s ? lstar_handler_hits(h->h)
								 : h->hits);
}

static PyObject *get_number(PyObject *self, void *unused)
{
	return PyLong_FromLongLong(((struct handler_obj *)self)->number);
}

static PyObject *get_enabled(PyObject *self, void *unused)
{
	struct handler_obj *h = (struct handler_obj *)self;

	return PyBool_FromLong(h->h && h->session->s && lstar_handler_enabled(h->h));
}

static int set_enabled(PyObject *self, PyObject *value, void *unused)
{
	struct handler_obj *h = (struct handler_obj *)self;
	int on = value ? PyObject_IsTrue(value) : -1;

	if (on < 0 || !usable(h))
		return -1;
	lstar_handler_enable(h->h, on);
	return 0;
}

static PyObject *get_owner(PyObject *self, void *unused)
{
	PyObject *owner = ((struct handler_obj *)self)->owner;

	if (!owner)
		owner = self;
	Py_INCREF(owner);
	return owner;
}

static int set_owner(PyObject *self, PyObject *value, void *unused)
{
	Py_XINCREF(value);
	lst_set(&((struct handler_obj *)self)->owner, value);
	return 0;
}

static PyObject *get_session(PyObject *self, void *unused)
{
	PyObject *s = (PyObject *)((struct handler_obj *)self)->session;

	Py_INCREF(s);
	return s;
}

/* --- the type ------------------------------------------------------------------------------- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
	struct handler_obj *h = (struct handler_obj *)self;

	Py_VISIT(Py_TYPE(self));
	Py_VISIT(h->session);
	Py_VISIT(h->enter);
	Py_VISIT(h->exit);
	Py_VISIT(h->owner);
	return 0;
}

/* The session stays: the object is of no use without it, and it breaks the cycle itself. */
static int clear(PyObject *self)
{
	struct handler_obj *h = (struct handler_obj *)self;

	Py_CLEAR(h->enter);
	Py_CLEAR(h->exit);
	Py_CLEAR(h->owner);
	return 0;
}

static void dealloc(PyObject *self)
{
	lst_dealloc(self, clear, ((struct handler_obj *)self)->session);
}

static PyMethodDef methods[] = {
	{ "callbacks", FASTCALL(callbacks), METH_FASTCALL,
	  "callbacks(on_enter, on_exit): what is called from now on" },
	{ "thread", for_thread, METH_O, "thread(t): only for this thread; None: for all again" },
	{ "process", for_process, METH_O, "process(pid): only for this process; 0: for all" },
	{ "remove", remove_, METH_NOARGS, "the handler is no more; its count stays" },
	{ "hit_on", hit_on, METH_O, "did this handler make the last stop of the thread?" },
	{ "hit_on_enter", hit_on_enter, METH_O, "did it, at the entry of the call?" },
	{ "hit_on_exit", hit_on_exit, METH_O, "did it, at the exit of the call?" },
	{ 0 },
};

static PyGetSetDef getset[] = {
	{ "hits", get_hits, NULL, "calls that were seen at their exit while enabled" },
	{ "number", get_number, NULL, "number of the call, -1 for more than one" },
	{ "enabled", get_enabled, set_enabled, NULL },
	{ "owner", get_owner, set_owner, "what callbacks get instead of the handler" },
	{ "session", get_session, NULL, NULL },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "What is to happen at a system call." },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, getset },
	{ Py_tp_traverse, traverse },
	{ Py_tp_clear, clear },
	{ Py_tp_dealloc, dealloc },
	{ 0 },
};

PyType_Spec handler_spec = {
	.name = "_lstar.Handler",
	.basicsize = sizeof(struct handler_obj),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};
