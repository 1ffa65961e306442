/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * console.c - the debugger's own messages: standard output or the file of -o, standard
 * error, and a log of both. Keeps their order; a stream that fails is said once.
 *
 * Output is buffered here and not by stdio, which loses what a full pipe refuses.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output/internal.h"

#define CON_BUF (32u << 10)
#define CON_AGE_MS 50 /* at a terminal, or for someone who follows the file */

struct console {
	FILE *out, *err, *log;
	con_text_fn *out_fn, *err_fn; /* or NULL */
	void *user;
	enum con_colour colour;
	bool terminal; /* out is one */
	bool broken, log_broken, mid_line;
	int64_t since;
	size_t used;
	char buf[CON_BUF];
};

struct console *con_new(FILE *out, FILE *err)
{
	struct console *con = calloc(1, sizeof(*con));

	if (con) {
		con->out = out;
		con->err = err;
		con->terminal = fileno(out) >= 0 && isatty(fileno(out));
	}
	return con;
}

void con_free(struct console *con)
{
	if (!con)
		return;
	con_flush(con);
	con_log_close(con);
	free(con);
}

void con_divert(struct console *con, con_text_fn *out, con_text_fn *err, void *user)
{
	con_flush(con);
	con->broken &= con->out_fn == out;
	con->out_fn = out;
	con->err_fn = err;
	con->user = user;
	con->terminal = !out && fileno(con->out) >= 0 && isatty(fileno(con->out));
}

/* 0 or a negative errno. Streams without a descriptor (memory) are written through stdio. */
static int write_all(FILE *to, const char *text, size_t len)
{
	int fd = fileno(to);

	if (fd < 0)
		return fwrite(text, 1, len, to) == len && !fflush(to) ? 0 : -EIO;
	while (len) {
		struct iovec iov = { (char *)text, len };
		ssize_t n = out_writev(fd, &iov, 1);

		if (n < 0 && errno == EAGAIN) { /* somebody made the terminal non-blocking */
			struct pollfd p = { fd, POLLOUT, 0 };

			poll(&p, 1, OUT_SLICE_MS);
			continue;
		}
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Colour belongs to the terminal: the log gets the text without "ESC[...m". */
static void log_text(struct console *con, const char *text, size_t len)
{
	const char *end = text + len;

	if (!con->log || con->log_broken)
		return;
	while (text < end) {
		const char *esc = memchr(text, '\033', (size_t)(end - text));
		const char *p = esc ? esc + 1 : end;

		fwrite(text, 1, (size_t)((esc ? esc : end) - text), con->log);
		if (!esc)
			break;
		if (p < end && *p == '[')
			for (p++; p < end && ((*p >= '0' && *p <= '9') || *p == ';');)
				p++;
		if (p < end && *p == 'm' && p > esc + 1) {
			text = p + 1;
		} else {
			fputc('\033', con->log);
			text = esc + 1;
		}
	}
}

static void log_flush(struct console *con)
{
	if (!con->log || con->log_broken)
		return;
	errno = 0;
	if (!fflush(con->log) && !ferror(con->log))
		return;
	con->log_broken = true;
	con_error(con, "cannot write to the log: %s; it is incomplete",
		  strerror(errno ? errno : EIO));
}

static void write_out(struct console *con)
{
	size_t len = con->used;
	int ret;

	con->used = 0;
	if (!len || con->broken)
		return;
	if (con->out_fn) {
		con->out_fn(con->user, con->buf, len);
		return;
	}
	ret = write_all(con->out, con->buf, len);
	if (!ret)
		return;
	con->broken = true;
	con_error(con, "cannot write to the output: %s; further messages are lost",
		  ret == -EPIPE ? "nobody reads it any more" : strerror(-ret));
}

void con_flush(struct console *con)
{
	if (!con->out_fn)
		fflush(con->out); /* what others wrote through stdio comes first */
	write_out(con);
	log_flush(con);
}

void con_write(struct console *con, const char *text, size_t len)
{
	log_text(con, text, len);
	if (len)
		con->mid_line = text[len - 1] != '\n';
	if (con->broken)
		return;
	if (!con->used)
		con->since = out_clock_ms();
	while (len) {
		size_t n = CON_BUF - con->used < len ? CON_BUF - con->used : len;

		memcpy(con->buf + con->used, text, n);
		con->used += n;
		text += n;
		len -= n;
		if (con->used == CON_BUF)
			write_out(con);
	}
	if (con->used && out_clock_ms() - con->since >= CON_AGE_MS)
		write_out(con);
}

bool con_mid_line(const struct console *con)
{
	return con->mid_line && con->terminal;
}

static bool is_control(unsigned char ch)
{
	return (ch < 0x20 && ch != '\n' && ch != '\t' && ch != '\r') || ch == 0x7f;
}

void con_foreign(struct console *con, const char *text, size_t len)
{
	const char *end = text + len, *p = text;

	if (!con->terminal) {
		con_write(con, text, len);
		return;
	}
	for (; p < end; p++) {
		char shown[2] = { '^', (char)(*p ^ 0x40) };
		/* U+0080 to U+009F: the same controls once more, in UTF-8 */
		bool high = p + 1 < end && (unsigned char)p[0] == 0xc2 && (p[1] & 0xe0) == 0x80;

		if (!high && !is_control((unsigned char)*p))
			continue;
		con_write(con, text, (size_t)(p - text));
		con_write(con, high ? "?" : shown, high ? 1 : 2);
		p += high;
		text = p + 1;
	}
	if (text < end)
		con_write(con, text, (size_t)(end - text));
}

/* Formatted text, malloc'ed unless it fits @buf. NULL without memory. */
static char *format(char *buf, size_t size, size_t *len, const char *fmt, va_list ap)
{
	va_list again;
	char *text = buf;
	int n;

	va_copy(again, ap);
	n = vsnprintf(buf, size, fmt, ap);
	if (n >= (int)size && vasprintf(&text, fmt, again) < 0)
		text = NULL;
	va_end(again);
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : text;
}

void con_printf(struct console *con, const char *fmt, ...)
{
	char buf[512], *text;
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	text = format(buf, sizeof(buf), &len, fmt, ap);
	va_end(ap);
	if (!text)
		return;
	con_write(con, text, len);
	if (text != buf)
		free(text);
}

void con_error_text(struct console *con, const char *text)
{
	write_out(con);
	if (con->err_fn) {
		con->err_fn(con->user, text, strlen(text));
	} else {
		fflush(con->err);
		/* when the error stream fails too there is nobody left to tell */
		(void)write_all(con->err, text, strlen(text));
	}
	log_text(con, text, strlen(text));
}

/* One write for the whole line, so that the debuggee's own output cannot split it. */
static void message(struct console *con, const char *kind, const char *sgr, const char *fmt,
		    va_list ap)
{
	char buf[512], *text, *line;
	bool colour = con_colour_err(con);
	size_t len;

	text = format(buf, sizeof(buf), &len, fmt, ap);
	if (!text)
		return;
	if (asprintf(&line, "lstar: %s%s:%s %s\n", colour ? sgr : "", kind, colour ? "\033[0m" : "",
		     text) >= 0) {
		con_error_text(con, line);
		free(line);
	}
	if (text != buf)
		free(text);
}

void con_error(struct console *con, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(con, "error", "\033[1;31m", fmt, ap);
	va_end(ap);
}

void con_warning(struct console *con, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(con, "warning", "\033[1;33m", fmt, ap);
	va_end(ap);
}

void con_echo(struct console *con, const char *prompt, const char *line)
{
	log_text(con, prompt, strlen(prompt));
	log_text(con, line, strlen(line));
	log_text(con, "\n", 1);
}

static void log_stamp(struct console *con, const char *what)
{
	time_t now = time(NULL);
	char date[64];
	struct tm tm;

	if (con->log_broken)
		return;
	strftime(date, sizeof(date), "%F %T %z", localtime_r(&now, &tm));
	fprintf(con->log, "# lstar: log %s %s\n", what, date);
}

int con_log_open(struct console *con, const char *path)
{
	if (con->log)
		return -EALREADY;
	con->log = fopen(path, "we");
	if (!con->log)
		return -errno;
	con->log_broken = false;
	log_stamp(con, "opened");
	return 0;
}

int con_log_close(struct console *con)
{
	if (!con->log)
		return -ENOENT;
	log_stamp(con, "closed");
	log_flush(con);
	fclose(con->log);
	con->log = NULL;
	return 0;
}

void con_set_colour(struct console *con, enum con_colour when)
{
	con->colour = when;
}

/* https://no-color.org: set and not empty. */
static bool wants_colour(const struct console *con, FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (con->colour != CON_AUTO)
		return con->colour == CON_ALWAYS;
	if ((no && *no) || (term && !strcmp(term, "dumb")))
		return false;
	return fileno(f) >= 0 && isatty(fileno(f));
}

bool con_colour(const struct console *con)
{
	return con->out_fn ? con->colour == CON_ALWAYS : wants_colour(con, con->out);
}

bool con_colour_err(const struct console *con)
{
	return con->err_fn ? con->colour == CON_ALWAYS : wants_colour(con, con->err);
}

bool con_broken(const struct console *con)
{
	return con->broken;
}

/* Of a terminal that does not know its size: what COLUMNS says, or 80. */
unsigned con_columns(const struct console *con)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	unsigned long n;

	if (!con->terminal)
		return 0;
	if (!ioctl(fileno(con->out), TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	n = text ? strtoul(text, NULL, 10) : 0;
	return n && n < 10000 ? (unsigned)n : 80;
}
