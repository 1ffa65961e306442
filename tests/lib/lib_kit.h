/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lib_kit.h - what the tests of liblstar share: launching, output kept as text, failures
 * compared with code and text. Uses nothing of lstar but lstar.h.
 */
#ifndef TESTS_LIB_KIT_H
#define TESTS_LIB_KIT_H

#include <errno.h>
#include <stdint.h>

#include "../unit/unit.h"
#include "lstar.h"

#define UNUSED __attribute__((unused))

/* Text that a session printed. */
struct heard {
	char text[16384];
	size_t n;
};

UNUSED static void hear(const char *text, size_t len, void *user)
{
	struct heard *h = (struct heard *)user;

	if (len > sizeof(h->text) - 1 - h->n)
		len = sizeof(h->text) - 1 - h->n;
	memcpy(h->text + h->n, text, len);
	h->n += len;
	h->text[h->n] = '\0';
}

/* What was heard since the last time. */
UNUSED static const char *heard(struct heard *h)
{
	h->n = 0;
	return h->text;
}

/* The path of a program of tests/progs. */
UNUSED static const char *prog(const char *name)
{
	static char path[8192], dir[4096];
	const char *progs = getenv("PROGS");

	if (!realpath(progs ? progs : "tests/progs", dir))
		UNIT_FAIL("PROGS is not the directory of the programs");
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

#define CHECK_OK(s, call)                                                           \
	do {                                                                        \
		int ret_ = (int)(call);                                             \
		if (ret_ < 0)                                                       \
			UNIT_FAIL("%s: %d, %s", #call, ret_, lstar_error(s)->text); \
	} while (0)

/* The call fails with @code, and the text has @part in it. */
#define CHECK_FAILS(s, call, want, part)                                                      \
	do {                                                                                  \
		long long ret_ = (long long)(call);                                           \
		const struct lstar_error *e_ = lstar_error(s);                                \
		if (ret_ != (want) || e_->code != (want) || !strstr(e_->text, part))          \
			UNIT_FAIL("%s: %lld, error %d: %s", #call, ret_, e_->code, e_->text); \
	} while (0)

#define CHECK_HAS(text, part)                                                         \
	do {                                                                          \
		const char *text_ = (text);                                           \
		if (!strstr(text_, part))                                             \
			UNIT_FAIL("\"%s\" is not in %s: \"%s\"", part, #text, text_); \
	} while (0)

/* A program of tests/progs with up to three arguments. */
UNUSED static struct lstar_thread *launch(struct lstar *s, enum lstar_stdio stdio, const char *name,
					  const char *a, const char *b, const char *c)
{
	const char *argv[] = { prog(name), a, b, c, NULL };
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar_thread *t = NULL;

	how.argv = argv;
	how.stdio = stdio;
	CHECK_OK(s, lstar_launch(s, &how, &t));
	CHECK(t);
	return t;
}

#endif
