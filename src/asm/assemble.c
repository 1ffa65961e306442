/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * assemble.c - assembly text to machine code by GNU as. No shell, no temporary files; the
 * text can reach no directive that reads files or leaves the code section.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asm/object.h"

extern char **environ;

/* The statements, one per line, so that a line number of as is the number of a statement. */
struct source {
	char *text;
	size_t len;
	unsigned nstatements;
};

static char *message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *message(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

/* Directives: those that place data and nothing else. NULL if @s, a line, is harmless. */
static char *check_statement(const char *s, unsigned nr)
{
	static const char *const allowed[] = { ".byte", ".word", ".long", ".quad" };
	size_t n;

	for (;;) { /* labels */
		const char *p;

		while (isblank((unsigned char)*s))
			s++;
		for (n = 0; is_word(s[n]); n++)
			;
		for (p = s + n; isblank((unsigned char)*p); p++)
			;
		if (!n || *p != ':')
			break;
		s = p + 1;
	}
	if (*s != '.')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (strlen(allowed[i]) == n && !strncasecmp(s, allowed[i], n))
			return NULL;
	return message("statement %u: the directive '%.*s' is not allowed; .byte, .word, .long "
		       "and .quad are",
		       nr, (int)n, s);
}

/*
 * Length of the character constant or block comment at @p; 0: neither. What GNU as could
 * read in another way than we do is refused (@bad), or a separator could hide in it.
 */
static size_t opaque(const char *p, bool *bad)
{
	const char *end;

	if (*p == '\'') {
		*bad = !p[1] || strchr("\n\"'\\;#", p[1]) || p[2] != '\'';
		return 3;
	}
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		*bad = !end;
		return end ? (size_t)(end + 2 - p) : 0;
	}
	*bad = *p == '"' || *p == '\\';
	return 0;
}

/* End of a statement at @p, a comment or a separator: where the next one begins, or NULL. */
static const char *statement_end(const char *p)
{
	if (*p == ';' || *p == '\n')
		return p + 1;
	if (*p == '#' || (*p == '/' && p[1] == '/')) {
		p += strcspn(p, "\n");
		return *p ? p + 1 : p;
	}
	return *p ? NULL : p;
}

/* One statement, from @p on, to the end of src->text. Where the next one begins; NULL: bad. */
static const char *take_statement(const char *p, struct source *src)
{
	const char *next;
	bool bad = false;

	while (!(next = statement_end(p))) {
		size_t n = opaque(p, &bad);

		if (bad)
			return NULL;
		if (n == 3 && *p == '\'') {
			memcpy(src->text + src->len, p, n);
			src->len += n;
		} else {
			src->text[src->len++] = n || (unsigned char)*p < ' ' ? ' ' : *p;
		}
		p += n ? n : 1;
	}
	while (src->len && src->text[src->len - 1] == ' ')
		src->len--;
	src->text[src->len] = '\0';
	return next;
}

static char *split(const char *text, struct source *src)
{
	const char *p = text;

	src->text = malloc(2 * strlen(text) + 2);
	if (!src->text)
		return message("out of memory");
	while (*p) {
		char *line = src->text + src->len, *error;

		p = take_statement(p, src);
		if (!p)
			return message("statement %u: only characters in single quotes can be "
				       "quoted here, and comments must end",
				       src->nstatements + 1);
		if (strspn(line, " ") == strlen(line)) {
			src->len = (size_t)(line - src->text);
			continue;
		}
		src->nstatements++;
		error = check_statement(line, src->nstatements);
		if (error)
			return error;
		src->text[src->len++] = '\n';
	}
	return src->nstatements ? NULL : message("there are no instructions");
}

/* Statement @nr, without its newline. */
static const char *statement(const struct source *src, unsigned nr, int *len)
{
	const char *s = src->text;

	while (--nr && *s)
		s += strcspn(s, "\n") + 1;
	while (*s == ' ')
		s++;
	*len = (int)strcspn(s, "\n");
	return s;
}

static u8 *read_fd(int fd, size_t *size)
{
	struct stat st;
	size_t n = 0;
	u8 *data;

	if (fstat(fd, &st))
		return NULL;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return NULL;
	while (n < (size_t)st.st_size) {
		ssize_t ret = pread(fd, data + n, (size_t)st.st_size - n, (off_t)n);

		if (ret <= 0)
			break;
		n += (size_t)ret;
	}
	data[n] = '\0';
	*size = n;
	return data;
}

/* Its first complaint, "{standard input}:2: Error: ...", with the statement it is about. */
static char *complaint(const struct source *src, int fd)
{
	static const char mark[] = "Error: ", input[] = "{standard input}:";
	size_t size;
	char *text = (char *)read_fd(fd, &size), *line = NULL, *said, *error;
	unsigned nr = 0;
	int len;

	if (!text)
		return message("out of memory");
	said = strstr(text, mark);
	if (!said) {
		len = (int)strcspn(text, "\n");
		error = message("the assembler failed%s%.*s", len ? ": " : "", len, text);
		free(text);
		return error;
	}
	for (line = said; line > text && line[-1] != '\n'; line--)
		;
	if (!strncmp(line, input, strlen(input)))
		nr = (unsigned)strtoul(line + strlen(input), NULL, 10);
	said += strlen(mark);
	said[strcspn(said, "\n")] = '\0';
	if (nr && nr <= src->nstatements) {
		const char *s = statement(src, nr, &len);

		error = message("statement %u: %s: \"%.*s\"", nr, said, len, s);
	} else {
		error = message("%s", said);
	}
	free(text);
	return error;
}

/* Our environment, but messages in English, because they are looked through. */
static char **plain_environment(void)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n])
		n++;
	env = malloc((n + 2) * sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LC_ALL=", 7) && strncmp(environ[i], "LANGUAGE=", 9))
			env[k++] = environ[i];
	env[k++] = (char *)"LC_ALL=C";
	env[k] = NULL;
	return env;
}

/* 0, or a positive errno; @status as from wait(2). */
static int run_as(int in, int out, int err, int *status)
{
	char path[32];
	char *const argv[] = { (char *)"as",
			       (char *)"--64",
			       (char *)"-msyntax=intel",
			       (char *)"-mmnemonic=intel",
			       (char *)"-mnaked-reg",
			       (char *)"-o",
			       path,
			       (char *)"--",
			       NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char **env = plain_environment();
	sigset_t none, all;
	pid_t pid;
	int ret;

	if (!env)
		return ENOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", 3);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, err, 1);
	posix_spawn_file_actions_adddup2(&files, err, 2);
	posix_spawn_file_actions_adddup2(&files, out, 3);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	ret = posix_spawnp(&pid, "as", &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	free(env);
	if (ret)
		return ret;
	while (waitpid(pid, status, 0) < 0) {
		if (errno == EINTR)
			continue;
		*status = 0; /* somebody else reaped it: the output tells */
		break;
	}
	return 0;
}

/* Above the descriptors that run_as() gives to the child. */
static int open_memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC), high;

	if (fd < 0 || fd > 9)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	return high;
}

static u8 *assemble(const struct source *src, int in, int out, int err, size_t *len, char **error)
{
	int status, ret;
	size_t size;
	u8 *obj, *code;

	if (pwrite(in, src->text, src->len, 0) != (ssize_t)src->len) {
		*error = message("cannot hand the text to the assembler: %s", strerror(errno));
		return NULL;
	}
	ret = run_as(in, out, err, &status);
	if (ret == ENOENT)
		*error = message("the GNU assembler 'as' was not found; install binutils, or give "
				 "the code as hexadecimal bytes");
	else if (ret)
		*error = message("cannot run the GNU assembler 'as': %s", strerror(ret));
	else if (status)
		*error = complaint(src, err);
	if (ret || status)
		return NULL;
	obj = read_fd(out, &size);
	if (!obj)
		return NULL;
	code = object_text(obj, size, len, error);
	free(obj);
	return code;
}

u8 *asm_assemble(const char *text, size_t *len, char **error)
{
	struct source src = { NULL, 0, 0 };
	int in = open_memory("asm-text"), out = open_memory("asm-object"),
	    err = open_memory("asm-errors");
	u8 *code = NULL;

	*len = 0;
	if (in < 0 || out < 0 || err < 0)
		*error = message("cannot run the assembler: %s", strerror(errno));
	else
		*error = split(text, &src);
	if (!*error)
		code = assemble(&src, in, out, err, len, error);
	if (!code && !*error)
		*error = message("out of memory");
	free(src.text);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	return code;
}
