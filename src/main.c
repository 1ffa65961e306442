/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c - options, and how lstar ends. Everything in between is the library's, and commands.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/program.h"

enum { EXIT_USAGE = 2, EXIT_LSTAR = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static const char help_text[] =
	"Usage: lstar [options] [--] PROGRAM [ARG...]   launch, stop at its entry point\n"
	"       lstar [options] -p PID[,PID...]         attach to running processes\n"
	"       lstar [options]                         no debuggee yet\n"
	"       lstar machine [options]                 the machine; see lstar-machine(1)\n"
	"       lstar --check FILE...                   compile scripts, run nothing\n"
	"Break on, script, rewrite and skip the system calls of programs.\n"
	"\n"
	"  -c, --command CMD           run a debugger command; may be repeated\n"
	"  -s, --script FILE [ARG...]  run a file of commands; the ARGs end at '--'\n"
	"  -b, --batch                 no prompt: after the commands the debuggee runs\n"
	"                              to its end, and lstar ends as it did\n"
	"  -o, --output FILE           lstar's messages go to FILE, not standard output\n"
	"  -p PID[,PID...]             attach to these processes (decimal numbers)\n"
	"      --color WHEN            auto, always or never\n"
	"      --check FILE...         what is wrong with scripts and files of commands\n"
	"      --dump-bytecode FILE... the same, and what they are compiled to\n"
	"  -q, --quiet                 no banner and no notes\n"
	"  -V, --version               show the version\n"
	"  -h, --help                  show this help\n"
	"\n"
	"  lstar -b -c '!syscall openat script { printf(\"%s\\n\", @rsi); }' ls\n"
	"\n"
	"Commands: 'lstar -b -c .help'. Numbers in commands are hexadecimal, 0n10 is ten.\n";

/* -c and -s in the order in which they were given. */
struct action {
	bool script;
	char **argv;
	size_t argc;
};

struct options {
	struct action *action;
	size_t nactions;
	u32 *pid;
	size_t npids;
	char **program;
	const char *output;
	enum con_colour colour;
	bool batch, quiet, machine;
	bool check, dump; /* program: the files */
};

static int usage(const char *fmt, const char *what)
{
	fputs("lstar: ", stderr);
	fprintf(stderr, fmt, what);
	fputs("\nTry 'lstar -h'.\n", stderr);
	return EXIT_USAGE;
}

static bool parse_pids(struct options *o, const char *text)
{
	const char *p = text;

	for (;;) {
		char *end;
		unsigned long long pid;

		errno = 0;
		pid = strtoull(p, &end, 10);
		if (*p < '0' || *p > '9' || errno || !pid || pid > INT32_MAX ||
		    (*end && *end != ','))
			return false;
		o->pid[o->npids++] = (u32)pid;
		if (!*end)
			return true;
		p = end + 1;
	}
}

static bool parse_colour(struct options *o, const char *text)
{
	static const char *const words[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(text, words[i])) {
			o->colour = (enum con_colour)i;
			return true;
		}
	}
	return false;
}

static void add_action(struct options *o, bool script, char **argv, size_t argc)
{
	o->action[o->nactions++] = (struct action){ script, argv, argc };
}

/* FILE is at argv[optind - 1]; its ARGs go on to `--` or to the end. */
static void take_script(struct options *o, int argc, char **argv)
{
	char **first = &argv[optind - 1];
	size_t n = 1;

	*first = optarg; /* in one word with the option: -sFILE, --script=FILE */
	while (optind < argc && strcmp(argv[optind], "--")) {
		optind++;
		n++;
	}
	if (optind < argc)
		optind++;
	add_action(o, true, first, n);
}

static const struct option long_options[] = {
	{ "command", required_argument, NULL, 'c' },
	{ "script", required_argument, NULL, 's' },
	{ "batch", no_argument, NULL, 'b' },
	{ "output", required_argument, NULL, 'o' },
	{ "color", required_argument, NULL, 'C' },
	{ "check", no_argument, NULL, 'k' },
	{ "dump-bytecode", no_argument, NULL, 'd' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* The exit status, or -1 to go on. */
static int parse(struct options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:s:bo:p:qVh", long_options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			add_action(o, false, &argv[optind - 1], 1);
			o->action[o->nactions - 1].argv = calloc(1, sizeof(char *));
			if (!o->action[o->nactions - 1].argv)
				return EXIT_LSTAR;
			o->action[o->nactions - 1].argv[0] = optarg;
			break;
		case 's':
			take_script(o, argc, argv);
			break;
		case 'b':
			o->batch = true;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'p':
			if (!parse_pids(o, optarg))
				return usage("-p takes decimal process numbers, not '%s'", optarg);
			break;
		case 'C':
			if (!parse_colour(o, optarg))
				return usage("--color takes auto, always or never, not '%s'",
					     optarg);
			break;
		case 'd':
			o->dump = true;
			o->check = true;
			break;
		case 'k':
			o->check = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'V':
			puts("lstar " LSTAR_VERSION);
			return 0;
		case 'h':
			fputs(help_text, stdout);
			return 0;
		default:
			fputs("Try 'lstar -h'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		o->program = &argv[optind];
	if (o->machine && !o->check && (o->program || o->npids))
		return usage("the machine is all there is to debug: 'lstar machine' goes with no "
			     "program and no -p%s",
			     "");
	if (o->check && !o->program)
		return usage("%s needs a file", o->dump ? "--dump-bytecode" : "--check");
	if (o->check && (o->npids || o->nactions || o->batch))
		return usage("%s runs nothing: it goes with no -p, -c, -s or -b",
			     o->dump ? "--dump-bytecode" : "--check");
	if (o->program && o->npids)
		return usage("-p and a program exclude each other: '%s'", o->program[0]);
	return -1;
}

static int launch_status(const struct lstar_error *e)
{
	switch (e->system_errno) {
	case ENOENT:
		return EXIT_NOT_FOUND;
	case EACCES:
	case ENOEXEC:
	case EISDIR:
	case ENOTDIR:
	case ELIBBAD:
	case EPERM:
		return EXIT_NOT_EXECUTABLE;
	default:
		return EXIT_LSTAR;
	}
}

/* The debuggee of the command line: 0 or the exit status. */
static int begin(struct lstar *s, const struct options *o, struct console *con)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	int err = o->machine ? lib_machine_enter(s) : 0;
	int status = EXIT_LSTAR;

	if (!err && o->program) {
		how.argv = (const char *const *)o->program;
		err = lstar_launch(s, &how, NULL);
		status = launch_status(lstar_error(s));
	}
	for (size_t i = 0; !err && i < o->npids; i++)
		err = lstar_attach(s, o->pid[i], NULL);
	if (err)
		con_error(con, "%s%s", lstar_error(s)->text,
			  o->program && !strcmp(o->program[0], "machine")
				  ? "; for the whole machine that word comes first: 'lstar machine "
				    "-q'"
				  : "");
	return err ? status : 0;
}

static enum cmd_result run_command(struct lstar *s, struct console *con, const char *text)
{
	int res;

	con_echo(con, cmd_prompt(lib_commands(s)), text);
	res = lstar_command(s, text);
	return res < 0 ? CMD_FAILED : res ? CMD_EXIT : CMD_OK;
}

static enum cmd_result run_actions(struct lstar *s, const struct options *o, struct console *con)
{
	struct cmd *c = lib_commands(s);
	enum cmd_result res = CMD_OK;

	for (size_t i = 0; i < o->nactions && res != CMD_EXIT; i++) {
		const struct action *a = &o->action[i];

		if (a->script)
			res = cmd_script(c, a->argv, a->argc);
		else
			res = run_command(s, con, a->argv[0]);
		if (cmd_signal_fatal() || cmd_was_interrupted(c))
			break;
	}
	return res;
}

/* What lstar's end is to be: an exit status, or a signal to die of. */
struct ending {
	int status, signal;
};

static void batch_ending(struct dbg *d, enum cmd_result res, struct ending *end)
{
	int status;

	if (dbg_exit_status(d, &status)) {
		end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	} else if (res == CMD_FAILED) {
		end->status = EXIT_LSTAR;
	}
}

static void run(struct lstar *s, const struct options *o, struct console *con, struct ending *end)
{
	struct cmd *c = lib_commands(s);
	enum cmd_result res;
	bool terminal = isatty(STDIN_FILENO) && !o->batch;

	end->status = begin(s, o, con);
	if (end->status)
		return;
	res = run_actions(s, o, con);
	if (res != CMD_EXIT && !cmd_signal_fatal() && terminal) {
		cmd_interrupted(c);
		cmd_prompt_loop(c);
	} else if (res != CMD_EXIT && !cmd_signal_fatal() && !cmd_was_interrupted(c)) {
		/* In batch mode standard input is the debuggee's when commands were given. */
		if (!o->batch || (!o->nactions && !isatty(STDIN_FILENO)))
			res = cmd_read_stdin(c);
		if (o->batch && res != CMD_EXIT)
			batch_ending(lib_debugger(s),
				     cmd_run_to_end(c) == CMD_FAILED ? CMD_FAILED : res, end);
	}
	if (cmd_signal_fatal())
		end->signal = cmd_signal_fatal();
	else if (cmd_interrupted(c) && !terminal)
		end->signal = SIGINT;
}

/* --check and --dump-bytecode: the exit status. */
static int check(struct cmd *c, const struct options *o)
{
	int status = 0;

	for (char **file = o->program; *file; file++)
		if (cmd_check(c, *file, o->dump) != CMD_OK)
			status = 1;
	return status;
}

/* As the debuggee did, without a core file of our own. */
static void die_of(int sig)
{
	struct rlimit none = { 0, 0 };
	sigset_t all;

	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	raise(sig);
}

static int session(const struct options *o, struct console *con)
{
	struct ending end = { 0, 0 };
	bool terminal = isatty(STDIN_FILENO) && !o->batch;
	unsigned mode = (o->quiet || o->check ? CMD_QUIET : 0) |
			(terminal && !o->check ? CMD_TERMINAL | CMD_ECHO : 0);
	struct lstar *s = lib_open(con, o->machine ? DBG_MACHINE : DBG_PROCESS, mode);

	if (!s) {
		con_error(con, "%s", lstar_error(NULL)->text);
		con_free(con);
		return EXIT_LSTAR;
	}
	if (o->check) {
		end.status = check(lib_commands(s), o);
		goto out;
	}
	dbg_terminal(lib_debugger(s), true);
	cmd_signals_init(lib_commands(s));
	/* with a prompt, Ctrl-C stops the debuggee and is ours */
	dbg_keyboard(lib_debugger(s), !terminal);
	if (terminal && !o->quiet)
		con_printf(con, "lstar " LSTAR_VERSION ". Numbers are hexadecimal: 10 is sixteen, "
				"0n10 is ten. '.help' lists the commands.\n");
	run(s, o, con, &end);
	cmd_signals_end();
out:
	con_flush(con);
	lstar_close(s);
	con_free(con);
	if (end.signal)
		die_of(end.signal);
	return end.signal ? 128 + end.signal : end.status;
}

static void free_options(struct options *o)
{
	for (size_t i = 0; i < o->nactions; i++)
		if (!o->action[i].script)
			free(o->action[i].argv);
	free(o->action);
	free(o->pid);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	size_t room = 0;
	FILE *out = stdout;
	int status;

	for (int i = 0; i < argc; i++)
		room += strlen(argv[i]) + 1; /* no list can have more entries than this */
	o.action = calloc((size_t)argc + 1, sizeof(*o.action));
	o.pid = calloc(room, sizeof(*o.pid));
	if (!o.action || !o.pid) {
		fputs("lstar: error: out of memory\n", stderr);
		status = EXIT_LSTAR;
		goto out;
	}
	/* A word, not an option: `lstar ./machine` and `lstar -- machine` are programs. */
	o.machine = argc > 1 && !strcmp(argv[1], "machine");
	if (o.machine)
		argv[1] = argv[0];
	status = parse(&o, argc - o.machine, argv + o.machine);
	if (status >= 0)
		goto out;
	if (o.output)
		out = fopen(o.output, "we");
	if (out) {
		struct console *con = con_new(out, stderr);

		if (con)
			con_set_colour(con, o.colour);
		status = con ? session(&o, con) : EXIT_LSTAR;
		if (out != stdout)
			fclose(out);
	} else {
		fprintf(stderr, "lstar: error: cannot open '%s': %s\n", o.output, strerror(errno));
		status = EXIT_LSTAR;
	}
out:
	free_options(&o);
	return status;
}
