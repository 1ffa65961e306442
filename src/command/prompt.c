/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prompt.c - reading commands: at a terminal, with history and completion when readline is
 * there, or from standard input. Runs nothing itself but through cmd_run().
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/internal.h"

#ifdef HAVE_READLINE
#include <readline/history.h>
#include <readline/readline.h>
#endif

#define HISTORY_LINES 2000
#define SETTLE_MS 2 /* a message may come behind one that is younger */

/* The prompt's state: readline calls back without an argument of ours. */
static struct {
	struct cmd *c;
	struct cmd_feed feed;
	char *line; /* what was read; NULL: end of input */
	bool ready;
	int added; /* lines for the history file */
} in;

#ifdef HAVE_READLINE
static void hide_line(void)
{
	rl_clear_visible_line();
}

static void show_line(bool mid_line)
{
	if (mid_line)
		putc('\n', rl_outstream);
	rl_forced_update_display();
}
#else
static void hide_line(void)
{
	putchar('\n');
	fflush(stdout);
}

static void show_line(bool mid_line)
{
	fputs(mid_line ? "\n" : "", stdout);
	fputs(cmd_prompt(in.c), stdout);
	fflush(stdout);
}
#endif

/* What the machine says meanwhile stands above the line that is being typed. */
static void show_messages(bool *again)
{
	struct dbg *d = in.c->d;

	if (!dbg_messages_ready(d, again))
		return;
	hide_line();
	dbg_messages(d);
	show_line(con_mid_line(in.c->con));
}

/*
 * Wait for a key with the signals unblocked only while waiting, so that none is missed
 * between the look at its flag and the wait. False: a signal has come.
 */
static bool wait_key(void)
{
	struct pollfd pfd[2] = { { STDIN_FILENO, POLLIN, 0 },
				 { dbg_message_fd(in.c->d), POLLIN, 0 } };
	const struct timespec soon = { 0, SETTLE_MS * 1000000L };
	bool signalled, again = false;
	sigset_t block, old;
	int n = 0;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigprocmask(SIG_BLOCK, &block, &old);
	cmd_signals_prompt(true);
	signalled = cmd_signal_interrupt() || cmd_signal_fatal();
	while (!signalled) {
		n = ppoll(pfd, 2, again ? &soon : NULL, &old);
		if (n < 0 || pfd[0].revents)
			break;
		show_messages(&again);
	}
	if (n < 0)
		signalled = cmd_signal_interrupt() || cmd_signal_fatal();
	cmd_signals_prompt(false);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return !signalled;
}

#ifdef HAVE_READLINE
static char *next_completion(const char *word, int state)
{
	static char *text;
	static size_t start;

	if (!state) {
		/* An open block began on earlier lines. */
		free(text);
		text = cmd_printf("%s%s%s", in.feed.text ? in.feed.text : "",
				  in.feed.first ? "\n" : "", rl_line_buffer);
		start = strlen(text) - strlen(rl_line_buffer) + (size_t)rl_point - strlen(word);
	}
	return cmd_complete(in.c, text, start, word, state);
}

/*
 * Where the word to complete begins: names of files have slashes in them, which scripts divide
 * with. Readline wants the characters that end a word, by the place of the cursor.
 */
static char *word_breaks(void)
{
	static char script[] = " \t\n\"{}(),;=+*/&|<>", file[] = " \t\n\"{}", inner[] = ":";
	int start = rl_point;

	while (start && !strchr(file, rl_line_buffer[start - 1]))
		start--;
	if (start && rl_line_buffer[start - 1] == '{' &&
	    !strncasecmp(rl_line_buffer + start, "file:", 5))
		return inner;
	return cmd_completes_file(rl_line_buffer, (size_t)start) ? file : script;
}

static char **complete(const char *word, int start, int end)
{
	char **matches = rl_completion_matches(word, next_completion);

	(void)end;
	if (start && rl_line_buffer[start - 1] == ':')
		rl_completion_append_character = '}'; /* {file:PATH} is verbatim, blanks too */
	if (matches && strlen(matches[0]) > 1 && matches[0][strlen(matches[0]) - 1] == '!')
		rl_completion_suppress_append = 1; /* a module: the symbol comes behind it */
	rl_attempted_completion_over =
		matches || !cmd_completes_file(rl_line_buffer, (size_t)start);
	return matches;
}

static void on_line(char *line)
{
	rl_callback_handler_remove();
	in.line = line;
	in.ready = true;
}

/* A line, to be freed; NULL with @signalled false at the end of input. */
static char *read_line(const char *prompt, bool *signalled)
{
	*signalled = false;
	in.ready = false;
	rl_callback_handler_install(prompt, on_line);
	while (!in.ready) {
		if (wait_key()) {
			rl_callback_read_char();
			continue;
		}
		*signalled = true;
		rl_free_line_state();
		rl_callback_sigcleanup();
		rl_callback_handler_remove();
		return NULL;
	}
	if (in.line && in.line[strspn(in.line, " \t")]) {
		add_history(in.line);
		in.added++;
	}
	return in.line;
}

/* LSTAR_HISTORY names the file; empty: none. */
static char *history_path(void)
{
	const char *path = getenv("LSTAR_HISTORY"), *home = getenv("HOME");

	if (path)
		return *path ? cmd_strndup(path, strlen(path)) : NULL;
	return home ? cmd_printf("%s/.lstar_history", home) : NULL;
}

static void editing_begin(void)
{
	char *path = history_path();

	rl_readline_name = "lstar";
	rl_catch_signals = 0;
	rl_attempted_completion_function = complete;
	rl_completion_word_break_hook = word_breaks;
	using_history();
	stifle_history(HISTORY_LINES);
	if (path)
		read_history(path);
	free(path);
}

static void editing_end(void)
{
	char *path = history_path();
	struct stat st;

	if (!path || !in.added)
		goto out;
	if (stat(path, &st))
		write_history(path);
	else if (S_ISREG(st.st_mode) && !append_history(in.added, path))
		history_truncate_file(path, HISTORY_LINES);
out:
	free(path);
}
#else
static void editing_begin(void)
{
}

static void editing_end(void)
{
}

static char *read_line(const char *prompt, bool *signalled)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	fputs(prompt, stdout);
	fflush(stdout);
	*signalled = !wait_key();
	n = *signalled ? -1 : getline(&line, &size, stdin);
	if (n < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}
#endif

/* One line more: run the command when it is complete. */
static enum cmd_result take_line(struct cmd *c, struct cmd_feed *feed, const char *line,
				 const char *file)
{
	enum cmd_result res = CMD_OK;

	if (!cmd_feed_add(feed, line))
		return CMD_OK;
	res = cmd_run(c, feed->text, file, feed->first);
	cmd_feed_reset(feed);
	con_flush(c->con);
	return res;
}

/* Ctrl-C between two keys, or when a command was over, is not for the next command. */
static void drop_interrupt(struct cmd *c)
{
	cmd_interrupted(c);
	cmd_signal_interrupt();
	dbg_interrupted(c->d);
}

void cmd_prompt_loop(struct cmd *c)
{
	enum cmd_result res = CMD_OK;

	in.c = c;
	editing_begin();
	while (res != CMD_EXIT) {
		const char *prompt = in.feed.first ? "> " : cmd_prompt(c);
		bool signalled;
		char *line;

		con_flush(c->con);
		line = read_line(prompt, &signalled);
		if (signalled || !line) {
			putchar('\n');
			fflush(stdout);
		}
		if (cmd_signal_fatal() || (!line && !signalled && !in.feed.first))
			break;
		if (!line) {
			/* Ctrl-C, or Ctrl-D in an open block: begin anew. */
			drop_interrupt(c);
			cmd_feed_reset(&in.feed);
			continue;
		}
		con_echo(c->con, prompt, line);
		in.feed.line = in.feed.first ? in.feed.line : 0;
		res = take_line(c, &in.feed, line, "<prompt>");
		drop_interrupt(c);
		free(line);
	}
	cmd_feed_free(&in.feed);
	editing_end();
}

enum cmd_result cmd_read_stdin(struct cmd *c)
{
	struct cmd_feed feed = { 0 };
	enum cmd_result res = CMD_OK;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	/* Byte by byte, so that what follows a `g` is left for a debuggee that reads it. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (res != CMD_EXIT && !cmd_signal_fatal() && !c->interrupted) {
		con_flush(c->con);
		n = getline(&line, &size, stdin);
		if (n < 0) {
			c->interrupted = cmd_signal_interrupt();
			break;
		}
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (strlen(line) != (size_t)n) {
			res = cmd_fail(c,
				       "line %u of standard input is no command: it has NUL "
				       "bytes in it",
				       ++feed.line);
			continue;
		}
		con_echo(c->con, "", line);
		res = take_line(c, &feed, line + (feed.line ? 0 : cmd_bom(line)), "<stdin>");
	}
	/* An unfinished block at the end of input is executed as it is. */
	if (feed.first && res != CMD_EXIT && !cmd_signal_fatal() && !c->interrupted)
		res = cmd_run(c, feed.text, "<stdin>", feed.first);
	con_flush(c->con);
	free(line);
	cmd_feed_free(&feed);
	return res;
}
