/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module.c - the extension module _lstar: its types, numbers and functions without a session.
 */
#include <string.h>

#include "lstarmodule.h"

static PyObject *version(PyObject *self, PyObject *unused)
{
	return PyUnicode_FromString(lstar_version());
}

static PyObject *call_name(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	const char *name;
	uint32_t abi;
	uint64_t nr;

	if (!lst_arg_count("call_name", n, 2, 2) || !lst_u32(args[0], "abi", &abi) ||
	    !lst_u64(args[1], "number", &nr))
		return NULL;
	name = lstar_call_name((enum lstar_abi)abi, nr);
	if (!name)
		Py_RETURN_NONE;
	return PyUnicode_FromString(name);
}

static PyObject *call_in_class(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	const char *name;
	uint32_t abi;
	uint64_t nr;
	int in;

	if (!lst_arg_count("call_in_class", n, 3, 3) || !lst_u32(args[0], "abi", &abi) ||
	    !lst_u64(args[1], "number", &nr))
		return NULL;
	name = PyUnicode_AsUTF8AndSize(args[2], NULL);
	if (!name)
		return NULL;
	in = lstar_call_in_class((enum lstar_abi)abi, nr, name);
	return in < 0 ? lst_fail(NULL) : PyBool_FromLong(in);
}

static PyObject *raise_in(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	uint64_t ident;

	if (!lst_arg_count("raise_in", n, 2, 2) || !lst_u64(args[0], "ident", &ident))
		return NULL;
	return PyBool_FromLong(PyThreadState_SetAsyncExc((unsigned long)ident, args[1]));
}

/* "const void *buf", "int fd" */
static PyObject *label(const char *type, const char *name)
{
	const char *gap = type[0] && type[strlen(type) - 1] == '*' ? "" : " ";

	return PyUnicode_FromFormat("%s%s%s", type, gap, name);
}

static PyObject *call_arguments(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	const char *type, *name;
	PyObject *list, *tuple;
	uint32_t abi;
	uint64_t nr;

	if (!lst_arg_count("call_arguments", n, 2, 2) || !lst_u32(args[0], "abi", &abi) ||
	    !lst_u64(args[1], "number", &nr))
		return NULL;
	list = PyList_New(0);
	if (!list)
		return NULL;
	for (unsigned i = 0; lstar_call_argument((enum lstar_abi)abi, nr, i, &type, &name); i++) {
		PyObject *text = label(type, name);

		if (!text || PyList_Append(list, text)) {
			Py_XDECREF(text);
			Py_DECREF(list);
			return NULL;
		}
		Py_DECREF(text);
	}
	tuple = PyList_AsTuple(list);
	Py_DECREF(list);
	return tuple;
}

static PyMethodDef functions[] = {
	{ "version", version, METH_NOARGS, "version of the library" },
	{ "call_name", FASTCALL(call_name), METH_FASTCALL,
	  "call_name(abi, number): name of a system call, or None" },
	{ "raise_in", FASTCALL(raise_in), METH_FASTCALL,
	  "raise_in(ident, type): an exception in a thread of Python; False: there is no such "
	  "thread" },
	{ "call_in_class", FASTCALL(call_in_class), METH_FASTCALL,
	  "call_in_class(abi, number, name): is it in \"%file\"?" },
	{ "call_arguments", FASTCALL(call_arguments), METH_FASTCALL,
	  "call_arguments(abi, number): its arguments as C declares them, a tuple of strings" },
	{ 0 },
};

/* The numbers of lstar.h under their names without LSTAR_. */
/* clang-format off */
#define N(name) { #name, LSTAR_##name }
static const struct {
	const char *name;
	long value;
} numbers[] = {
	N(E_ARGUMENT), N(E_NAME), N(E_STAGE), N(E_GONE), N(E_PERMISSION), N(E_SYSTEM), N(E_MEMORY),
	N(E_FAULT), N(E_SCRIPT), N(E_TIMEOUT), N(E_REFUSED), N(E_LOOP), N(E_UNSUPPORTED),
	N(STDIO_INHERIT), N(STDIO_PIPE), N(STDIO_PTY),
	N(STOP_TIMEOUT), N(STOP_SYSCALL), N(STOP_EVENT), N(STOP_BREAKPOINT), N(STOP_STEP),
	N(STOP_INTERRUPT), N(STOP_SIGNAL), N(STOP_NEW_PROCESS), N(STOP_EXEC), N(STOP_ENDED),
	N(STOP_NOTHING_LEFT), N(STOP_CALLBACK),
	N(OUTSIDE), N(ENTER), N(EXIT),
	N(RECURSIVE), N(KEEP_ARGUMENTS), N(INHERIT), N(REPLACE), N(REPORT_UNUSED), N(LAST),
	N(ABI_X86_64), N(ABI_I386), N(ABI_X32),
	N(INVOKE_INSIST), N(INVOKE_HANDLERS), N(INVOKE_RUN_OTHERS),
	N(BP_SOFTWARE), N(BP_EXECUTE), N(BP_WRITE), N(BP_ACCESS),
};
#undef N
/* clang-format on */

static bool add_type(PyObject *m, PyTypeObject **type, PyType_Spec *spec)
{
	*type = (PyTypeObject *)PyType_FromSpec(spec);
	return *type && !PyModule_AddType(m, *type);
}

static bool fill(PyObject *m)
{
	lst_error_type = PyErr_NewExceptionWithDoc(
		"_lstar.Error", "A call of the library failed: code (E_...), system_errno, text.",
		PyExc_RuntimeError, NULL);
	if (!lst_error_type || PyModule_AddObjectRef(m, "Error", lst_error_type))
		return false;
	stop_type = PyStructSequence_NewType(&stop_desc);
	if (!stop_type || PyModule_AddObjectRef(m, "Stop", (PyObject *)stop_type))
		return false;
	if (!add_type(m, &session_type, &session_spec) ||
	    !add_type(m, &thread_type, &thread_spec) || !add_type(m, &handler_type, &handler_spec))
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (PyModule_AddIntConstant(m, numbers[i].name, numbers[i].value))
			return false;
	return true;
}

/* The types are the process's: the module is not made anew by further interpreters. */
static PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_lstar",
	.m_doc = "lstar.h in the shapes of Python; the package lstar is what programs use.",
	.m_size = -1,
	.m_methods = functions,
};

PyMODINIT_FUNC PyInit__lstar(void);

PyMODINIT_FUNC PyInit__lstar(void)
{
	PyObject *m = PyModule_Create(&definition);

	if (m && !fill(m))
		Py_CLEAR(m);
	return m;
}
