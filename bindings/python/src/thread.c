/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * thread.c - Thread objects: registers, memory, the call that a thread stands at.
 *
 * There is one object per thread of the library, found again by address without a search by
 * name: callbacks come through here.
 */
#include <stdlib.h>
#include <string.h>

#include "lstarmodule.h"

PyTypeObject *thread_type;

/* --- the objects of a session --------------------------------------------------------------- */

static struct thread_obj **find_slot(const struct thread_table *tab, const struct lstar_thread *t)
{
	size_t i = ((uintptr_t)t >> 4) * 0x9e3779b97f4a7c15u >> 32;

	for (;; i++) {
		struct thread_obj **slot = &tab->slot[i & (tab->size - 1)];

		if (!*slot || (*slot)->t == t)
			return slot;
	}
}

static bool grow(struct thread_table *tab)
{
	struct thread_table bigger = { .size = tab->size ? 2 * tab->size : 16, .used = tab->used };

	if (2 * tab->used < tab->size)
		return true;
	bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
	if (!bigger.slot) {
		PyErr_NoMemory();
		return false;
	}
	for (size_t i = 0; i < tab->size; i++)
		if (tab->slot[i])
			*find_slot(&bigger, tab->slot[i]->t) = tab->slot[i];
	free(tab->slot);
	*tab = bigger;
	return true;
}

struct thread_obj *lst_thread(struct session_obj *s, struct lstar_thread *t)
{
	struct thread_obj **slot, *th;

	if (s->threads.size) {
		slot = find_slot(&s->threads, t);
		if (*slot)
			return *slot;
	}
	if (!grow(&s->threads))
		return NULL;
	th = (struct thread_obj *)((allocfunc)PyType_GetSlot(thread_type, Py_tp_alloc))(thread_type,
											0);
	if (!th)
		return NULL;
	Py_INCREF((PyObject *)s);
	th->session = s;
	th->t = t;
	*find_slot(&s->threads, t) = th;
	s->threads.used++;
	return th;
}

PyObject *lst_thread_ref(struct session_obj *s, struct lstar_thread *t)
{
	PyObject *o = Py_None;

	if (t)
		o = (PyObject *)lst_thread(s, t);
	Py_XINCREF(o);
	return o;
}

PyObject *lst_thread_owner(struct thread_obj *th)
{
	PyObject *factory = th->session->factory;

	if (!th->owner && factory) {
		Py_INCREF(factory);
		th->owner = PyObject_CallFunctionObjArgs(factory, (PyObject *)th, NULL);
		Py_DECREF(factory);
		if (!th->owner)
			return NULL;
	}
	return th->owner ? th->owner : (PyObject *)th;
}

void lst_threads_forget(struct session_obj *s)
{
	struct thread_table old = s->threads;

	memset(&s->threads, 0, sizeof(s->threads));
	for (size_t i = 0; i < old.size; i++)
		Py_XDECREF((PyObject *)old.slot[i]);
	free(old.slot);
}

static struct lstar_thread *ready(PyObject *self)
{
	struct thread_obj *th = (struct thread_obj *)self;

	return lst_usable(th->session) ? th->t : NULL;
}

static struct session_obj *session_of(PyObject *self)
{
	return ((struct thread_obj *)self)->session;
}

static PyObject *number(uint64_t v)
{
	return PyLong_FromUnsignedLongLong(v);
}

/* --- who it is ------------------------------------------------------------------------------ */

enum { TID, PID, PARENT, ALIVE, PHASE, ABI, NUMBER, ORIGINAL, RESULT, ORIGINAL_RESULT };

static PyObject *get(PyObject *self, void *which)
{
	struct lstar_thread *t = ready(self);

	if (!t)
		return NULL;
	switch ((intptr_t)which) {
	case TID:
		return number(lstar_thread_tid(t));
	case PID:
		return number(lstar_thread_pid(t));
	case PARENT:
		return number(lstar_thread_parent(t));
	case ALIVE:
		return PyBool_FromLong(lstar_thread_alive(t));
	case PHASE:
		return number(lstar_call_phase(t));
	case ABI:
		return number(lstar_call_abi(t));
	case NUMBER:
		return number(lstar_call_number(t));
	case ORIGINAL:
		return number(lstar_call_original(t));
	case RESULT:
		return number(lstar_call_return(t));
	default:
		return number(lstar_call_original_return(t));
	}
}

static int set(PyObject *self, PyObject *value, void *which)
{
	struct lstar_thread *t = ready(self);
	uint64_t v;
	int rc;

	if (!value) {
		PyErr_SetString(PyExc_TypeError, "it cannot be deleted");
		return -1;
	}
	if (!t || !lst_u64(value, (intptr_t)which == NUMBER ? "number" : "result", &v))
		return -1;
	rc = (intptr_t)which == NUMBER ? lstar_call_set_number(t, v) : lstar_call_set_return(t, v);
	if (rc < 0)
		lst_fail(session_of(self));
	return rc < 0 ? -1 : 0;
}

static PyObject *get_arg(PyObject *self, void *i)
{
	struct lstar_thread *t = ready(self);

	return t ? number(lstar_call_arg(t, (unsigned)(intptr_t)i)) : NULL;
}

static int set_arg(PyObject *self, PyObject *value, void *i)
{
	struct lstar_thread *t = ready(self);
	uint64_t v;

	if (!value) {
		PyErr_SetString(PyExc_TypeError, "an argument cannot be deleted");
		return -1;
	}
	if (!t || !lst_u64(value, lst_arg_name[(intptr_t)i], &v))
		return -1;
	if (lstar_call_set_arg(t, (unsigned)(intptr_t)i, v) < 0) {
		lst_fail(session_of(self));
		return -1;
	}
	return 0;
}

static PyObject *original_arg(PyObject *self, PyObject *o)
{
	struct lstar_thread *t = ready(self);
	uint32_t i;

	if (!t || !lst_u32(o, "i", &i))
		return NULL;
	if (i > 5) {
		PyErr_SetString(PyExc_IndexError, "a system call has arguments 0 to 5");
		return NULL;
	}
	return number(lstar_call_original_arg(t, i));
}

static PyObject *entered(PyObject *self, PyObject *unused)
{
	struct lstar_thread *t = ready(self);
	PyObject *list = t ? PyList_New(0) : NULL;
	struct lstar_handler *h;
	uint64_t nr;

	for (unsigned i = 0; list && lstar_call_entered(t, i, &h, &nr); i++) {
		PyObject *one = Py_BuildValue("(NK)", lst_handler_ref(session_of(self), h),
					      (unsigned long long)nr);

		if (!one || PyList_Append(list, one))
			Py_CLEAR(list);
		Py_XDECREF(one);
	}
	return list;
}

static PyObject *get_session(PyObject *self, void *unused)
{
	PyObject *s = (PyObject *)session_of(self);

	Py_INCREF(s);
	return s;
}

static PyObject *get_owner(PyObject *self, void *unused)
{
	PyObject *owner = lst_thread_owner((struct thread_obj *)self);

	Py_XINCREF(owner);
	return owner;
}

/* --- registers and memory ------------------------------------------------------------------- */

static PyObject *reg(PyObject *self, PyObject *name)
{
	struct lstar_thread *t = ready(self);
	const char *text = t ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
	uint64_t v;

	if (!text)
		return NULL;
	return lstar_reg_get(t, text, &v) < 0 ? lst_fail(session_of(self)) : number(v);
}

static PyObject *set_reg(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	const char *text;
	uint64_t v;

	if (!t || !lst_arg_count("set_reg", n, 2, 2))
		return NULL;
	text = PyUnicode_AsUTF8AndSize(args[0], NULL);
	if (!text || !lst_u64(args[1], text, &v))
		return NULL;
	return lst_done(session_of(self), lstar_reg_set(t, text, v));
}

static PyObject *read_(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	PyObject *bytes, *cut;
	uint64_t addr;
	Py_ssize_t size;
	int64_t got;

	if (!t || !lst_arg_count("read", n, 2, 2) || !lst_u64(args[0], "address", &addr) ||
	    !lst_size(args[1], "size", &size))
		return NULL;
	bytes = PyBytes_FromStringAndSize(NULL, size);
	if (!bytes)
		return NULL;
	got = size ? lstar_read(t, addr, PyBytes_AsString(bytes), (size_t)size) : 0;
	if (got == size)
		return bytes;
	cut = got < 0 ? lst_fail(session_of(self))
		      : PyBytes_FromStringAndSize(PyBytes_AsString(bytes), (Py_ssize_t)got);
	Py_DECREF(bytes);
	return cut;
}

static PyObject *write_(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	Py_buffer buf;
	uint64_t addr;
	int64_t got;

	if (!t || !lst_arg_count("write", n, 2, 2) || !lst_u64(args[0], "address", &addr) ||
	    PyObject_GetBuffer(args[1], &buf, PyBUF_SIMPLE))
		return NULL;
	got = buf.len ? lstar_write(t, addr, buf.buf, (size_t)buf.len) : 0;
	PyBuffer_Release(&buf);
	return got < 0 ? lst_fail(session_of(self)) : PyLong_FromLongLong(got);
}

static PyObject *read_string(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	PyObject *bytes = NULL;
	Py_ssize_t size = 4096;
	uint64_t addr;
	int64_t got;
	char *buf;

	if (!t || !lst_arg_count("read_string", n, 1, 2) || !lst_u64(args[0], "address", &addr))
		return NULL;
	if (n == 2 && !lst_size(args[1], "size", &size))
		return NULL;
	buf = malloc((size_t)size + 1);
	if (!buf)
		return PyErr_NoMemory();
	got = lstar_read_string(t, addr, buf, (size_t)size + 1);
	bytes = got < 0 ? lst_fail(session_of(self))
			: PyBytes_FromStringAndSize(buf, (Py_ssize_t)got);
	free(buf);
	return bytes;
}

static PyObject *find(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	struct session_obj *s = session_of(self);
	uint64_t from, to, addr;
	Py_buffer what;
	int rc;

	if (!t || !lst_arg_count("find", n, 3, 3) || !lst_u64(args[0], "start", &from) ||
	    !lst_u64(args[1], "end", &to) || PyObject_GetBuffer(args[2], &what, PyBUF_SIMPLE))
		return NULL;
	rc = lstar_find(t, from, to, what.buf, (size_t)what.len, &addr);
	PyBuffer_Release(&what);
	if (rc >= 0)
		return number(addr);
	if (rc == LSTAR_E_NAME)
		Py_RETURN_NONE;
	return lst_fail(s);
}

static PyObject *map_tuple(const struct lstar_map *m)
{
	PyObject *path = PyUnicode_DecodeFSDefault(m->path);

	if (!path)
		return NULL;
	return Py_BuildValue("(KKKsN)", (unsigned long long)m->start, (unsigned long long)m->end,
			     (unsigned long long)m->offset, m->perms, path);
}

static PyObject *maps(PyObject *self, PyObject *unused)
{
	struct lstar_thread *t = ready(self);
	struct lstar_map *map = NULL;
	PyObject *list = NULL;
	int64_t have = 64, max;

	if (!t)
		return NULL;
	do {
		max = have + 16;
		free(map);
		map = calloc((size_t)max, sizeof(*map));
		if (!map)
			return PyErr_NoMemory();
		have = lstar_maps(t, map, (size_t)max);
	} while (have > max);
	list = have < 0 ? lst_fail(session_of(self)) : PyList_New((Py_ssize_t)have);
	for (int64_t i = 0; list && i < have; i++) {
		PyObject *row = map_tuple(&map[i]);

		if (!row || PyList_SetItem(list, (Py_ssize_t)i, row)) {
			Py_CLEAR(list);
			break;
		}
	}
	free(map);
	return list;
}

/* --- running -------------------------------------------------------------------------------- */

static PyObject *skip(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	uint64_t ret = 0;

	if (!t || !lst_arg_count("skip", n, 0, 1) || (n && !lst_u64(args[0], "result", &ret)))
		return NULL;
	return lst_done(session_of(self), lstar_call_skip(t, ret));
}

static PyObject *step(PyObject *self, PyObject *unused)
{
	struct lstar_thread *t = ready(self);

	return t ? lst_done(session_of(self), lstar_step(t)) : NULL;
}

static PyObject *set_signal(PyObject *self, PyObject *o)
{
	struct lstar_thread *t = ready(self);
	int sig;

	if (!t || !lst_int(o, "signal", &sig))
		return NULL;
	return lst_done(session_of(self), lstar_set_signal(t, sig));
}

static PyObject *invoke(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	struct session_obj *s = session_of(self);
	uint64_t nr, value[6] = { 0 };
	uint32_t flags = 0;
	Py_ssize_t count;
	int64_t result;
	int rc;

	if (!t || !lst_arg_count("invoke", n, 1, 3) || !lst_u64(args[0], "number", &nr) ||
	    (n > 2 && !lst_u32(args[2], "flags", &flags)))
		return NULL;
	count = n > 1 ? PySequence_Size(args[1]) : 0;
	if (count < 0)
		return NULL;
	if (count > 6) {
		PyErr_SetString(PyExc_ValueError, "a system call has at most 6 arguments");
		return NULL;
	}
	for (Py_ssize_t i = 0; i < count; i++) {
		PyObject *o = PySequence_GetItem(args[1], i);
		bool ok = o && lst_u64(o, lst_arg_name[i], &value[i]);

		Py_XDECREF(o);
		if (!ok)
			return NULL;
	}
	lst_release(s);
	rc = lstar_invoke_syscall(t, nr, value, flags, &result);
	lst_take(s);
	return rc < 0 ? lst_fail(s) : PyLong_FromLongLong(result);
}

static PyObject *breakpoint_(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	uint32_t kind = LSTAR_BP_SOFTWARE, len = 1;
	uint64_t addr;
	int64_t nr;

	if (!t || !lst_arg_count("breakpoint", n, 1, 3) || !lst_u64(args[0], "address", &addr) ||
	    (n > 1 && !lst_u32(args[1], "kind", &kind)) ||
	    (n > 2 && !lst_u32(args[2], "length", &len)))
		return NULL;
	nr = lstar_breakpoint(t, addr, (enum lstar_bp_kind)kind, len);
	return nr < 0 ? lst_fail(session_of(self)) : PyLong_FromLongLong(nr);
}

static PyObject *symbol(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	struct lstar_thread *t = ready(self);
	const char *name, *file = NULL;
	uint64_t addr;

	if (!t || !lst_arg_count("symbol", n, 1, 2))
		return NULL;
	name = PyUnicode_AsUTF8AndSize(args[0], NULL);
	if (name && n > 1 && args[1] != Py_None)
		file = PyUnicode_AsUTF8AndSize(args[1], NULL);
	if (PyErr_Occurred())
		return NULL;
	return lstar_symbol(t, name, file, &addr) < 0 ? lst_fail(session_of(self)) : number(addr);
}

static PyObject *eval(PyObject *self, PyObject *o)
{
	struct lstar_thread *t = ready(self);
	struct session_obj *s = session_of(self);
	const char *text = t ? PyUnicode_AsUTF8AndSize(o, NULL) : NULL;
	uint64_t v;

	if (!text)
		return NULL;
	return lstar_eval(s->s, t, text, &v) < 0 ? lst_fail(s) : number(v);
}

/* --- the type ------------------------------------------------------------------------------- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
	struct thread_obj *th = (struct thread_obj *)self;

	Py_VISIT(Py_TYPE(self));
	Py_VISIT(th->session);
	Py_VISIT(th->owner);
	Py_VISIT(th->error);
	return 0;
}

static int clear(PyObject *self)
{
	struct thread_obj *th = (struct thread_obj *)self;

	Py_CLEAR(th->owner);
	Py_CLEAR(th->error);
	return 0;
}

static void dealloc(PyObject *self)
{
	lst_dealloc(self, clear, ((struct thread_obj *)self)->session);
}

static PyMethodDef methods[] = {
	{ "original_arg", original_arg, METH_O, "argument i as the program gave it" },
	{ "entered", entered, METH_NOARGS,
	  "(Handler or None, number) of each handler that the call has met" },
	{ "reg", reg, METH_O, "reg(name): value of a register" },
	{ "set_reg", FASTCALL(set_reg), METH_FASTCALL, "set_reg(name, value)" },
	{ "read", FASTCALL(read_), METH_FASTCALL,
	  "read(address, n): bytes, fewer at the first that cannot be read" },
	{ "write", FASTCALL(write_), METH_FASTCALL,
	  "write(address, bytes): how many were written" },
	{ "read_string", FASTCALL(read_string), METH_FASTCALL, "read_string(address, max=4096)" },
	{ "find", FASTCALL(find), METH_FASTCALL,
	  "find(from, to, bytes): the first address, None for nowhere" },
	{ "maps", maps, METH_NOARGS, "list of (start, end, offset, permissions, path)" },
	{ "skip", FASTCALL(skip), METH_FASTCALL, "skip(result=0): the kernel never sees the call" },
	{ "step", step, METH_NOARGS, "one instruction; wait() returns when it is done" },
	{ "set_signal", set_signal, METH_O, "the signal that is delivered instead; 0: none" },
	{ "invoke", FASTCALL(invoke), METH_FASTCALL,
	  "invoke(number, args=(), flags=0): what the kernel returned" },
	{ "breakpoint", FASTCALL(breakpoint_), METH_FASTCALL,
	  "breakpoint(address, kind=BP_SOFTWARE, length=1): its number" },
	{ "symbol", FASTCALL(symbol), METH_FASTCALL, "symbol(name, file=None): its address" },
	{ "eval", eval, METH_O, "value of a script expression in this thread" },
	{ 0 },
};

static PyGetSetDef getset[] = {
	{ "tid", get, NULL, NULL, (void *)TID },
	{ "pid", get, NULL, NULL, (void *)PID },
	{ "parent", get, NULL, "process that made this one; 0: launched or attached",
	  (void *)PARENT },
	{ "alive", get, NULL, NULL, (void *)ALIVE },
	{ "phase", get, NULL, "OUTSIDE, ENTER or EXIT", (void *)PHASE },
	{ "abi", get, NULL, "ABI_X86_64, ABI_I386 or ABI_X32", (void *)ABI },
	{ "number", get, set, "the call as it will be executed", (void *)NUMBER },
	{ "original", get, NULL, "the call as the program made it", (void *)ORIGINAL },
	{ "result", get, set, "what the program gets", (void *)RESULT },
	{ "original_result", get, NULL, "what the kernel returned", (void *)ORIGINAL_RESULT },
	{ "arg0", get_arg, set_arg, NULL, (void *)0 },
	{ "arg1", get_arg, set_arg, NULL, (void *)1 },
	{ "arg2", get_arg, set_arg, NULL, (void *)2 },
	{ "arg3", get_arg, set_arg, NULL, (void *)3 },
	{ "arg4", get_arg, set_arg, NULL, (void *)4 },
	{ "arg5", get_arg, set_arg, NULL, (void *)5 },
	{ "session", get_session, NULL, NULL },
	{ "owner", get_owner, NULL, "what callbacks get instead of the thread" },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "A thread of a debuggee; stays readable after its end." },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, getset },
	{ Py_tp_traverse, traverse },
	{ Py_tp_clear, clear },
	{ Py_tp_dealloc, dealloc },
	{ 0 },
};

PyType_Spec thread_spec = {
	.name = "_lstar.Thread",
	.basicsize = sizeof(struct thread_obj),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};
