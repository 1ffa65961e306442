/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * output.h - where messages go: the console and named output sources.
 *
 * Formats nothing but records into text, loses nothing silently, and never
 * stops the debuggee for longer than the policy allows.
 */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum out_type { OUT_FILE, OUT_NAMEDPIPE, OUT_TCP, OUT_MODULE, OUT_NTYPES };
enum out_state { OUT_CREATED, OUT_OPEN, OUT_CLOSED, OUT_FAILED };
enum out_policy { OUT_WAIT /* a slow sink slows the debuggee down */, OUT_DROP };

/* "file", "namedpipe", "tcp", "module". */
extern const char *const out_type_names[OUT_NTYPES];

struct out_source;
struct out_set;

struct out_info {
	const char *name, *address;
	enum out_type type;
	enum out_state state;
	unsigned long long bytes, messages, dropped; /* delivered; lost */
	const char *failure; /* why FAILED, or NULL */
};

#define OUT_NAME_MAX 49
#define OUT_EVENT_MAX 5 /* outputs of one event */

struct out_set *out_set_new(void);
void out_set_free(struct out_set *set);
void out_set_policy(struct out_set *set, enum out_policy policy);
/*
 * A flag that ends waiting for a slow sink (Ctrl-C): while it is not 0, messages that find no
 * room are dropped and counted, whatever the policy.
 */
void out_set_cancel(struct out_set *set, const volatile sig_atomic_t *flag);

/*
 * The user's commands. 0 or a negative errno; the text of the failure is in
 * out_error(). create opens the resource (file created and truncated, FIFO made if
 * missing, TCP connected, module loaded), open starts delivery, close ends it for good.
 */
int out_create(struct out_set *set, const char *name, const char *type, const char *address);
int out_open(struct out_set *set, const char *name);
int out_close(struct out_set *set, const char *name);
const char *out_error(const struct out_set *set);

struct out_source *out_find(struct out_set *set, const char *name);
/* The i-th source in order of creation; false beyond the last. */
bool out_list(const struct out_set *set, size_t i, struct out_info *info);

/*
 * Deliver one message. Bytes go out in order. A source that is not open gets nothing, and
 * the message counts as dropped. A source that fails (full disk, reader gone) is marked
 * FAILED; then and only then @failed is set to "output 'x' (file y) failed: why", to be said once.
 * False: dropped.
 */
bool out_send(struct out_source *src, const char *text, size_t len, const char **failed);
/*
 * Write what is buffered, as far as the sinks take it at once; called when the debuggee
 * stops or the debugger is idle.
 */
void out_flush(struct out_set *set);
/* The same, waiting until a sink has taken nothing for @ms; messages that are left. At the end. */
unsigned long long out_settle(struct out_set *set, int ms);
/*
 * The next source that has failed without anybody being told yet (out_flush finds some):
 * a text as from out_send(), or NULL.
 */
const char *out_failure(struct out_set *set);

/*
 * The console: stdout or the file of -o, and a log file beside it (.logopen). Buffered;
 * con_flush() before the debugger waits for input or long for the debuggee.
 */
struct console;
struct console *con_new(FILE *out, FILE *err);
void con_free(struct console *con);
/*
 * Text that goes to a function instead of the output, and of the error stream; NULL: to the
 * stream. The log gets it in both cases.
 */
typedef void con_text_fn(void *user, const char *text, size_t len);
void con_divert(struct console *con, con_text_fn *out, con_text_fn *err, void *user);
void con_write(struct console *con, const char *text, size_t len);
/*
 * Text in which a debuggee may have put anything: at a terminal its control characters are
 * shown (^[) and do nothing.
 */
void con_foreign(struct console *con, const char *text, size_t len);
void con_printf(struct console *con, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "lstar: error: ..." and "lstar: warning: ..." on the error stream, and into the log. */
void con_error(struct console *con, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void con_warning(struct console *con, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text to the error stream as it is (rendered diagnostics). */
void con_error_text(struct console *con, const char *text);
/* An input line, for the log only. */
void con_echo(struct console *con, const char *prompt, const char *line);
void con_flush(struct console *con);
/* What was written last does not end with a newline. */
bool con_mid_line(const struct console *con);
int con_log_open(struct console *con, const char *path); /* negative errno */
int con_log_close(struct console *con); /* -ENOENT: none open */
/* Colour: on only for a terminal, and never with NO_COLOR, unless forced. */
enum con_colour { CON_AUTO, CON_ALWAYS, CON_NEVER };
void con_set_colour(struct console *con, enum con_colour when);
bool con_colour(const struct console *con); /* of the output stream */
bool con_colour_err(const struct console *con);
/* Columns of the terminal that the output goes to; 0: it goes to none. */
unsigned con_columns(const struct console *con);
/* True once writing to the output failed (closed pipe, full disk); said once on stderr. */
bool con_broken(const struct console *con);

#endif
