/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error.c - failures as the library tells them: a code, the system's number, a text.
 *
 * The text is written where the failure is known. Nothing is lost between there and here,
 * and nothing is printed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* Of functions that have no session: lstar_open() above all. */
static __thread struct {
	struct lstar_error error;
	char text[512];
} own = { .error = { .text = "" } };

const struct lstar_error *lstar_error(const struct lstar *s)
{
	return s ? &s->error : &own.error;
}

/* clang-format off */
/* The first row that fits counts. */
static const struct {
	int err;
	unsigned what; /* functions that the row is for */
	enum lstar_code code;
} codes[] = {
	{ ENOENT,    LIB_LAUNCH, LSTAR_E_SYSTEM },
	{ EPERM,     LIB_LAUNCH, LSTAR_E_PERMISSION },
	{ EINVAL,    ~0u,        LSTAR_E_ARGUMENT },
	{ ERANGE,    ~0u,        LSTAR_E_ARGUMENT },
	{ EEXIST,    ~0u,        LSTAR_E_ARGUMENT },
	{ ENOENT,    ~0u,        LSTAR_E_NAME },
	{ EBUSY,     ~0u,        LSTAR_E_STAGE },
	{ ESRCH,     ~0u,        LSTAR_E_GONE },
	{ EPERM,     ~0u,        LSTAR_E_REFUSED },
	{ EACCES,    ~0u,        LSTAR_E_PERMISSION },
	{ ENOMEM,    ~0u,        LSTAR_E_MEMORY },
	{ EFAULT,    ~0u,        LSTAR_E_FAULT },
	{ ETIMEDOUT, ~0u,        LSTAR_E_TIMEOUT },
	{ ELOOP,     ~0u,        LSTAR_E_LOOP },
	{ ENOTSUP,   ~0u,        LSTAR_E_UNSUPPORTED },
	{ ENODATA,   ~0u,        LSTAR_E_UNSUPPORTED },
	{ ENODEV,    ~0u,        LSTAR_E_UNSUPPORTED },
};
/* clang-format on */

static enum lstar_code code_of(int err, enum lib_what what)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].err == err && codes[i].what & what)
			return codes[i].code;
	return LSTAR_E_SYSTEM;
}

/* Takes @text, which is malloc'ed or NULL. */
static void keep(struct lstar *s, char *text)
{
	if (s) {
		free(s->error_text);
		s->error_text = text;
		s->error.text = text ? text : "there is no memory to say what has failed";
		return;
	}
	snprintf(own.text, sizeof(own.text), "%s", text ? text : "there is no memory");
	own.error.text = own.text;
	free(text);
}

int lib_fail(struct lstar *s, enum lstar_code code, int err, const char *fmt, ...)
{
	struct lstar_error *e = s ? &s->error : &own.error;
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	keep(s, text);
	e->code = code;
	e->system_errno = err;
	return code;
}

int lib_failed(struct lstar *s, enum lib_what what, int err)
{
	return lib_fail(s, code_of(-err, what), -err, "%s", dbg_error(s->d));
}
