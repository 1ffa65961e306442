/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * convert.c - errors, numbers and the interpreter's lock, between Python and the library.
 *
 * Must never lose an error: whatever fails leaves a Python exception.
 */
#include <limits.h>

#include "lstarmodule.h"

PyObject *lst_error_type;
const char *const lst_arg_name[6] = { "argument 0", "argument 1", "argument 2",
				      "argument 3", "argument 4", "argument 5" };

static PyObject *set_error(enum lstar_code code, int system_errno, const char *text)
{
	PyObject *error = PyObject_CallFunction(lst_error_type, "s", text);
	PyObject *number = PyLong_FromLong(code), *sys = PyLong_FromLong(system_errno);

	if (error && number && sys && !PyObject_SetAttrString(error, "code", number) &&
	    !PyObject_SetAttrString(error, "system_errno", sys))
		PyErr_SetObject(lst_error_type, error);
	Py_XDECREF(error);
	Py_XDECREF(number);
	Py_XDECREF(sys);
	return NULL;
}

PyObject *lst_fail(struct session_obj *s)
{
	const struct lstar_error *e = lstar_error(s ? s->s : NULL);

	/* A callback of the failed call may have left its own. */
	if (PyErr_Occurred())
		return NULL;
	return set_error(e->code, e->system_errno, e->text);
}

PyObject *lst_fail_code(enum lstar_code code, const char *text)
{
	return set_error(code, 0, text);
}

bool lst_usable(struct session_obj *s)
{
	if (!s->s) {
		lst_fail_code(LSTAR_E_STAGE, "the session is closed");
		return false;
	}
	if (s->released) {
		lst_fail_code(LSTAR_E_STAGE, "another thread is waiting in this session: its "
					     "interrupt() ends the wait");
		return false;
	}
	return true;
}

/* In hexadecimal: a decimal number of thousands of digits is refused by Python itself. */
static bool out_of_range(PyObject *n, const char *name, const char *range)
{
	PyObject *text = PyNumber_ToBase(n, 16);

	if (text)
		PyErr_Format(PyExc_ValueError, "%s = %U %s", name, text, range);
	Py_XDECREF(text);
	return false;
}

bool lst_u64(PyObject *o, const char *name, uint64_t *value)
{
	PyObject *n = PyNumber_Index(o);
	int overflow = 0;
	bool ok = n;

	if (!n)
		return false;
	*value = (uint64_t)PyLong_AsLongLongAndOverflow(n, &overflow);
	if (overflow > 0) {
		*value = PyLong_AsUnsignedLongLong(n);
		overflow = PyErr_Occurred() != NULL;
		PyErr_Clear();
	}
	if (overflow)
		ok = out_of_range(n, name, "has more than 64 bits");
	Py_DECREF(n);
	return ok;
}

static bool between(PyObject *o, const char *name, long long min, long long max, const char *range,
		    long long *value)
{
	PyObject *n = PyNumber_Index(o);
	int overflow = 0;
	bool ok;

	if (!n)
		return false;
	*value = PyLong_AsLongLongAndOverflow(n, &overflow);
	ok = !overflow && *value >= min && *value <= max;
	if (!ok)
		out_of_range(n, name, range);
	Py_DECREF(n);
	return ok;
}

bool lst_u32(PyObject *o, const char *name, uint32_t *value)
{
	long long n;

	if (!between(o, name, 0, UINT32_MAX, "is not a number of 32 bits, from 0 on", &n))
		return false;
	*value = (uint32_t)n;
	return true;
}

bool lst_int(PyObject *o, const char *name, int *value)
{
	long long n;

	if (!between(o, name, INT_MIN, INT_MAX, "has more than 32 bits", &n))
		return false;
	*value = (int)n;
	return true;
}

bool lst_size(PyObject *o, const char *name, Py_ssize_t *value)
{
	long long n;

	/* As much as a bytes object can have with what is around it. */
	if (!between(o, name, 0, PY_SSIZE_T_MAX - 4096, "is no size", &n))
		return false;
	*value = (Py_ssize_t)n;
	return true;
}

int lst_flags(PyObject *o, void *flags)
{
	return lst_u32(o, "flags", flags);
}

PyObject *lst_done(struct session_obj *s, int rc)
{
	if (rc < 0)
		return lst_fail(s);
	Py_RETURN_NONE;
}

bool lst_arg_count(const char *name, Py_ssize_t n, Py_ssize_t min, Py_ssize_t max)
{
	if (n >= min && n <= max)
		return true;
	PyErr_Format(PyExc_TypeError, "%s() takes %zd to %zd arguments, not %zd", name, min, max,
		     n);
	return false;
}

bool lst_callable(PyObject *o, const char *what, PyObject **callable)
{
	*callable = NULL;
	if (!o || o == Py_None)
		return true;
	if (!PyCallable_Check(o)) {
		PyErr_Format(PyExc_TypeError, "%s is to be a function or None", what);
		return false;
	}
	*callable = o;
	return true;
}

void lst_set(PyObject **where, PyObject *value)
{
	PyObject *old = *where;

	*where = value;
	Py_XDECREF(old);
}

void lst_dealloc(PyObject *self, inquiry clear, struct session_obj *session)
{
	PyTypeObject *type = Py_TYPE(self);

	PyObject_GC_UnTrack(self);
	clear(self);
	Py_XDECREF((PyObject *)session);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}

void lst_release(struct session_obj *s)
{
	s->released = PyEval_SaveThread();
}

void lst_take(struct session_obj *s)
{
	PyThreadState *mine = s->released;

	PyEval_RestoreThread(mine);
	s->released = NULL;
}
