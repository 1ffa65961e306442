/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check.c - files that are looked at without being run: scripts, or commands with scripts
 * in them, for --check and --dump-bytecode.
 *
 * Nothing here may start, arm or change anything but the session's list of globals.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

#define NARGS 16 /* $arg1 ... stand for 0 here */

/* Symbols are only known once there is a debuggee: every one may exist. */
static bool any_symbol(void *user, const char *name, u64 *addr, char **why)
{
	*addr = 0;
	return true;
}

enum cmd_result cmd_check_source(struct cmd *c, const struct scr_source *src, enum scr_mode mode)
{
	struct scr_diags diags = { 0 };
	struct eng_program *prog = scr_compile(dbg_env(c->d), src, mode, &diags);
	bool ok = prog != NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *f = ok && c->mode & CMD_DUMP ? open_memstream(&text, &size) : NULL;

	dbg_show_diags(c->d, &diags);
	if (f) {
		fprintf(f, "; %s:%u\n", src->name, src->line);
		scr_disasm(prog, f);
		fputc('\n', f);
		if (!fclose(f))
			con_write(c->con, text, size);
		free(text);
	}
	scr_program_free(prog);
	return ok ? CMD_OK : CMD_FAILED;
}

/* Blanks and comments; lines that begin with '#', too, but for #include. */
static const char *skip_blanks(const char *p)
{
	const char *end;

	for (;;) {
		p += strspn(p, " \t\r\n\f\v");
		if (p[0] == '/' && p[1] == '*') {
			end = strstr(p + 2, "*/");
			p = end ? end + 2 : p + strlen(p);
		} else if ((p[0] == '/' && p[1] == '/') ||
			   (*p == '#' && strncmp(p, "#include", 8))) {
			p += strcspn(p, "\n");
		} else {
			return p;
		}
	}
}

/* A file of commands begins with one; print(x) and r = 1 begin a script. */
static bool is_commands(const char *text)
{
	const char *p = skip_blanks(text);
	size_t n = 0;
	char *word;
	bool known;

	if (*p == '?' || *p == '!')
		return true;
	while (isalnum((unsigned char)p[n]) || p[n] == '_' || (!n && p[n] == '.'))
		n++;
	word = cmd_strndup(p, n);
	known = n && cmd_find(word);
	free(word);
	p += n + strspn(p + n, " \t");
	return known && !strchr("=+-*/%&|^<>[(.;,", *p ? *p : ' ');
}

enum cmd_result cmd_check(struct cmd *c, const char *path, bool dump)
{
	char *argv[NARGS], *text, *why = NULL;
	enum cmd_result res;
	size_t len;

	c->mode |= CMD_CHECK | CMD_QUIET | (dump ? CMD_DUMP : 0);
	scr_env_set_symbols(dbg_env(c->d), any_symbol, NULL);
	text = cmd_read_file(path, &len, &why);
	if (!text) {
		cmd_fail(c, "%s", why);
		free(why);
		return CMD_FAILED;
	}
	if (strlen(text) == len && is_commands(text)) {
		for (size_t i = 0; i < NARGS; i++)
			argv[i] = i ? (char *)"0" : (char *)path;
		res = cmd_script(c, argv, NARGS);
	} else {
		struct scr_source src = { path, text, len, 1, 1 };

		res = cmd_check_source(c, &src, SCR_SCRIPT);
	}
	free(text);
	return res;
}
