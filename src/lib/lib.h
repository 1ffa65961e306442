/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lib.h - what the files of liblstar share: the session, its failures, the checks that all
 * functions begin with. The library itself decides nothing: that is the debugger's.
 */
#ifndef LIB_LIB_H
#define LIB_LIB_H

#include <pthread.h>

#include "command/command.h"
#include "debugger/handlers.h"
#include "lib/program.h"
#include "lstar.h"
#include "symbols/symbols.h"

struct lstar {
	struct console *con;
	struct dbg *d;
	struct cmd *cmd;
	lstar_print_fn *print; /* NULL: standard output */
	void *print_user;
	struct lstar_error error;
	char *error_text; /* malloc'ed, or NULL */
	bool prompt; /* lib_open(): the console is the caller's, and takes errors, too */
	struct lib_said *said; /* errors are kept for lstar_error() instead of being printed */
	struct sym_maps maps; /* whose paths lstar_maps() has given away */
	bool owned; /* by the thread that launched or attached first */
	pthread_t owner;
};

/* What was tried: some numbers of errors mean different things to different functions. */
enum lib_what { LIB_ANY = 1, LIB_LAUNCH = 2 };

/* error.c: all return a negative enum lstar_code. @s NULL: the thread's own error. */
int lib_fail(struct lstar *s, enum lstar_code code, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A dbg_ function has returned @err, which is negative; the text is dbg_error()'s. */
int lib_failed(struct lstar *s, enum lib_what what, int err);
/* The same for what may have succeeded. */
static inline int lib_result(struct lstar *s, int err)
{
	return err < 0 ? lib_failed(s, LIB_ANY, err) : err;
}

/*
 * stage.c: 0, or the failure. It is a session, used by its own thread. What the debuggee must
 * be doing is the debugger's to check.
 */
int lib_session(struct lstar *s);
/* The same for the session of a thread or a handler, which goes to *@s. */
int lib_thread(const struct lstar_thread *t, struct lstar **s);
int lib_handler(const struct lstar_handler *h, struct lstar **s);

/* session.c: between the two, errors and warnings are kept. In a callback they may be so again. */
struct lib_said {
	char *text; /* malloc'ed; NULL: nothing was said */
	size_t len;
	struct lib_said *outer;
};
void lib_gather(struct lstar *s, struct lib_said *said);
/* @said has what was said, without its last newline; the text is the caller's to free. */
void lib_gathered(struct lstar *s, struct lib_said *said);
/* Text for whoever takes the output. */
void lib_print(struct lstar *s, const char *text, size_t len);

#endif
