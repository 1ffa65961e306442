/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_conformance.c - runs the cases of tests/conformance/NAME.cases: scripts with what they
 * print or which errors they get. It knows the format of the files and nothing of the language.
 *
 *	# a comment
 *	> one line of the script; more such lines follow
 *	+ the first line of another script, run after it in the same session
 *	= a line that they print, or an error
 *	~ the same without the newline at its end
 *
 * An empty line ends a case. Lines that begin with '\' instead of the blank behind the sign
 * know the escapes \t, \r and \xHH. Registers and memory are those of script_kit.h.
 */
#include <dirent.h>
#include <errno.h>

#include "script_kit.h"

#define CASES_MIN 400 /* all files together: none may get lost */
#define SCRIPTS_MAX 16

struct conf_case {
	char text[SCRIPTS_MAX][8192];
	size_t nscripts;
	char want[16384];
	unsigned line; /* of the file */
};

static unsigned total, failed;

/* Compile and run one script of a case, with the values of a run-time error. */
static void run_script(struct script_kit *k, const char *text)
{
	struct scr_source src = { "case", text, strlen(text), 1, 1 };
	struct scr_diags d = { 0 };
	struct eng_program *prog = scr_compile(k->env, &src, SCR_SCRIPT, &d);
	struct eng_fault fault;
	char what[256], where[32];

	kit_diags(k, &d);
	scr_diags_free(&d);
	if (!prog)
		return;
	if (eng_run(k->vm, prog, &k->ctx, NULL, ENG_PRE, &fault) != ENG_OK) {
		eng_fault_text(&fault, what, sizeof(what));
		snprintf(where, sizeof(where), "%u: run: ", fault.line);
		kit_text(k, where, strlen(where));
		kit_text(k, what, strlen(what));
		kit_text(k, "\n", 1);
	}
	scr_program_free(prog);
}

static void run_case(const char *file, const struct conf_case *cs)
{
	struct script_kit *k = kit_new();

	total++;
	for (size_t i = 0; i < cs->nscripts; i++)
		run_script(k, cs->text[i]);
	if (strcmp(k->out, cs->want)) {
		printf("# %s:%u:\n", file, cs->line);
		for (size_t i = 0; i < cs->nscripts; i++)
			printf("#   script: %s", cs->text[i]);
		printf("#   got:  %s\n#   want: %s\n", k->out, cs->want);
		failed++;
	}
	kit_free(k);
}

/* Appends a line of the file, its first two bytes taken off. */
static void append(char *to, size_t size, const char *line, bool newline)
{
	size_t n = strlen(to);
	const char *p = line[1] ? line + 2 : line + 1;

	if (line[1] && line[1] != ' ' && line[1] != '\\')
		UNIT_FAIL("a blank or '\\' must follow the sign: %s", line);
	if (n + strlen(p) + 2 > size)
		UNIT_FAIL("too long: %s", line);
	while (*p) {
		char c = *p++;

		if (c == '\\' && line[1] == '\\' && *p == 'x') {
			c = (char)strtol((char[]){ p[1], p[2], 0 }, NULL, 16);
			p += 3;
		} else if (c == '\\' && line[1] == '\\') {
			c = *p == 't' ? '\t' : *p == 'r' ? '\r' : *p;
			p++;
		}
		to[n++] = c;
	}
	if (newline)
		to[n++] = '\n';
	to[n] = 0;
}

static void add_line(struct conf_case *cs, const char *line, unsigned number)
{
	if (*line == '+' || (*line == '>' && !cs->nscripts)) {
		if (cs->nscripts == SCRIPTS_MAX)
			UNIT_FAIL("line %u: too many scripts in a case", number);
		if (!cs->nscripts)
			cs->line = number;
		cs->text[cs->nscripts++][0] = 0;
	}
	if (*line == '>' || *line == '+')
		append(cs->text[cs->nscripts - 1], sizeof(cs->text[0]), line, true);
	else if (*line == '=' || *line == '~')
		append(cs->want, sizeof(cs->want), line, *line == '=');
	else
		UNIT_FAIL("line %u: a line begins with '>', '+', '=', '~' or '#': %s", number,
			  line);
}

static void run_file(const char *name)
{
	static struct conf_case cs;
	char path[1024], line[8192];
	unsigned number = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", CONFORMANCE, name);
	f = fopen(path, "re");
	if (!f)
		UNIT_FAIL("%s: %s", path, strerror(errno));
	cs.nscripts = 0;
	while (fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\n")] = 0;
		if (!*line && cs.nscripts)
			run_case(name, &cs);
		if (!*line || !cs.nscripts)
			cs.want[0] = 0;
		if (!*line)
			cs.nscripts = 0;
		else if (*line != '#')
			add_line(&cs, line, number);
	}
	if (cs.nscripts)
		run_case(name, &cs);
	fclose(f);
}

static int is_cases(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && !strcmp(dot, ".cases");
}

TEST(all_cases)
{
	struct dirent **file;
	int n = scandir(CONFORMANCE, &file, is_cases, alphasort);

	if (n < 0)
		UNIT_FAIL("%s: %s", CONFORMANCE, strerror(errno));
	for (int i = 0; i < n; i++) {
		unsigned before = total;

		run_file(file[i]->d_name);
		printf("# %s: %u cases\n", file[i]->d_name, total - before);
		free(file[i]);
	}
	free(file);
	printf("# %u cases, %u failed\n", total, failed);
	CHECK_EQ(failed, 0);
	CHECK(total >= CASES_MIN);
}

UNIT_MAIN()
