/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - opening and closing a session, and where its text goes: to the function that
 * the user gave or to standard output, never to the error stream.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* --- text --- */

static void take_output(void *user, const char *text, size_t len)
{
	struct lstar *s = user;

	s->print(text, len, s->print_user);
}

static void take_error(void *user, const char *text, size_t len)
{
	struct lstar *s = user;
	struct lib_said *said = s->said;
	char *more;

	if (!said) {
		s->print(text, len, s->print_user);
		return;
	}
	more = realloc(said->text, said->len + len + 1);
	if (!more)
		return; /* the code is returned all the same */
	said->text = more;
	memcpy(said->text + said->len, text, len);
	said->len += len;
	said->text[said->len] = '\0';
}

/* The console's own error stream is standard output here. */
static void divert(struct lstar *s)
{
	con_divert(s->con, s->print ? take_output : NULL, s->print || s->said ? take_error : NULL,
		   s);
}

void lib_gather(struct lstar *s, struct lib_said *said)
{
	*said = (struct lib_said){ .outer = s->said };
	if (s->prompt)
		return;
	s->said = said;
	divert(s);
}

void lib_gathered(struct lstar *s, struct lib_said *said)
{
	if (s->prompt)
		return;
	s->said = said->outer;
	divert(s);
	if (said->len && said->text[said->len - 1] == '\n')
		said->text[--said->len] = '\0';
}

void lib_print(struct lstar *s, const char *text, size_t len)
{
	con_write(s->con, text, len);
	con_flush(s->con);
}

void lstar_output(struct lstar *s, lstar_print_fn *print, void *user)
{
	if (!s)
		return;
	con_flush(s->con);
	s->print = print;
	s->print_user = user;
	divert(s);
}

/* --- the session --- */

struct lstar *lib_open(struct console *con, enum dbg_kind kind, unsigned mode)
{
	struct lstar *s = calloc(1, sizeof(*s));

	if (!s)
		goto fail;
	s->error.text = "";
	s->prompt = con;
	s->con = con ? con : con_new(stdout, stdout);
	s->d = s->con ? dbg_new(s->con, kind) : NULL;
	s->cmd = s->d ? cmd_new(s->d, mode) : NULL;
	if (s->cmd) {
		dbg_set_user(s->d, s);
		return s;
	}
	lstar_close(s);
fail:
	lib_fail(NULL, LSTAR_E_MEMORY, ENOMEM, "there is no memory for a session");
	return NULL;
}

static struct lstar *open_quiet(enum dbg_kind kind)
{
	struct lstar *s = lib_open(NULL, kind, CMD_QUIET);

	if (s)
		con_set_colour(s->con, CON_NEVER);
	return s;
}

int lib_machine_enter(struct lstar *s)
{
	int err = dbg_machine_enter(s->d, cmd_is_quiet(s->cmd));

	return err ? lib_failed(s, LIB_LAUNCH, err) : 0;
}

struct cmd *lib_commands(struct lstar *s)
{
	return s->cmd;
}

struct dbg *lib_debugger(struct lstar *s)
{
	return s->d;
}

struct lstar *lstar_open(void)
{
	return open_quiet(DBG_PROCESS);
}

struct lstar *lstar_open_machine(void)
{
	struct lstar *s = open_quiet(DBG_MACHINE);

	if (!s || !lib_machine_enter(s))
		return s;
	lib_fail(NULL, s->error.code, s->error.system_errno, "%s", s->error.text);
	lstar_close(s);
	return NULL;
}

void lstar_close(struct lstar *s)
{
	if (!s)
		return;
	if (s->d && dbg_not_in_callback(s->d, "closing the session")) {
		lib_failed(s, LIB_ANY, -EBUSY);
		return;
	}
	cmd_free(s->cmd);
	dbg_free(s->d);
	if (!s->prompt)
		con_free(s->con);
	sym_maps_free(&s->maps);
	free(s->error_text);
	free(s);
}

const char *lstar_version(void)
{
	return LSTAR_VERSION;
}
