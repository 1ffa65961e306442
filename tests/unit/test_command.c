/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_command.c - the pure parts of the command language: splitting, completeness, numbers,
 * arguments of files, the table, and every error of the event options with its place.
 */
#include "unit.h"

#include "command/command.h"

/* --- splitting --------------------------------------------------------------- */

static struct cmd_line line;
static struct cmd_err err;

/* Tokens as "w:text|s:text|b:text"; "!MESSAGE" for an error. */
static const char *split(const char *text)
{
	static char out[1024];
	size_t n = 0;

	cmd_line_free(&line);
	out[0] = '\0';
	if (!cmd_split(text, &line, &err)) {
		snprintf(out, sizeof(out), "!%s", err.message);
		return out;
	}
	for (size_t i = 0; i < line.ntok; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%c:%s", i ? "|" : "",
				      "wsb"[line.tok[i].kind], line.tok[i].text);
	return out;
}

TEST(words_and_blanks)
{
	CHECK_STR(split(""), "");
	CHECK_STR(split(" \t "), "");
	CHECK_STR(split("events"), "w:events");
	CHECK_STR(split("  events\te  all \n"), "w:events|w:e|w:all");
	CHECK_STR(split("events e 1\r"), "w:events|w:e|w:1");
	cmd_line_free(&line);
}

TEST(strings)
{
	CHECK_STR(split(".script \"two words\" x"), "w:.script|s:two words|w:x");
	CHECK_STR(split(".script \"\""), "w:.script|s:");
	CHECK_STR(split(".script \"a\\\"b\""), "w:.script|s:a\"b");
	CHECK_STR(split(".script a\\\"b \\{x\\}"), "w:.script|w:a\"b|w:{x}");
	CHECK_STR(split(".script \"{ // no\""), "w:.script|s:{ // no");
	CHECK_STR(split(".script c:\\tmp\\x"), "w:.script|w:c:\\tmp\\x");
	cmd_line_free(&line);
}

TEST(brackets)
{
	CHECK_STR(split("!syscall script{ a { b } c }pid 5"),
		  "w:!syscall|w:script|b: a { b } c |w:pid|w:5");
	CHECK_STR(split("!syscall script { \"}\" }"), "w:!syscall|w:script|b: \"}\" ");
	CHECK_STR(split("!syscall script { \"\\\"}\" }"), "w:!syscall|w:script|b: \"\\\"}\" ");
	CHECK_STR(split("!syscall script { // }\n x; }"), "w:!syscall|w:script|b: // }\n x; ");
	CHECK_STR(split("!syscall script { /* }{{ \" */ x; }"),
		  "w:!syscall|w:script|b: /* }{{ \" */ x; ");
	CHECK_STR(split("!syscall script {file:/tmp//a b.ds}"),
		  "w:!syscall|w:script|b:file:/tmp//a b.ds");
	CHECK_STR(split("!syscall code {}"), "w:!syscall|w:code|b:");
	cmd_line_free(&line);
}

TEST(comments)
{
	CHECK_STR(split("// nothing"), "");
	CHECK_STR(split("# nothing { \""), "");
	CHECK_STR(split("events e 1 // all"), "w:events|w:e|w:1");
	CHECK_STR(split("events /* in between */ e 1"), "w:events|w:e|w:1");
	CHECK_STR(split("output create a file /tmp//x"), "w:output|w:create|w:a|w:file|w:/tmp//x");
	CHECK_STR(split("!syscall #1"), "w:!syscall|w:#1");
	CHECK_STR(split("!syscall script {\n}\n# note\npid 5"),
		  "w:!syscall|w:script|b:\n|w:pid|w:5");
	cmd_line_free(&line);
}

TEST(unbalanced)
{
	CHECK_STR(split("!syscall script { a"), "!this '{' is never closed");
	CHECK_EQ(err.off, 16);
	CHECK_STR(split("!syscall script a }"), "!'}' without a '{' before it");
	CHECK_EQ(err.off, 18);
	CHECK_STR(split(".script \"a b"), "!a '\"' from here on is never closed");
	CHECK_EQ(err.off, 8);
	CHECK_STR(split("events /* x"), "!a comment from here on is never closed");
	CHECK_EQ(err.off, 7);
	cmd_line_free(&line);
}

TEST(raw_commands_have_one_token)
{
	CHECK_STR(split("? printf(\"{\"); }"), "w:?");
	CHECK_STR(split("print { \" }"), "w:print");
	CHECK_STR(split("EVAL x = 1;"), "w:EVAL");
	cmd_line_free(&line);
}

TEST(positions)
{
	split("!syscall script {\n\tx;\n} pid\n  0n10");
	CHECK_EQ(line.ntok, 5);
	CHECK_EQ(line.tok[0].line, 1);
	CHECK_EQ(line.tok[0].col, 1);
	CHECK_EQ(line.tok[1].col, 10);
	CHECK_EQ(line.tok[2].line, 1);
	CHECK_EQ(line.tok[2].col, 18); /* behind the brace */
	CHECK_EQ(line.tok[2].off, 16);
	CHECK_EQ(line.tok[2].len, 7);
	CHECK_EQ(line.tok[3].line, 3);
	CHECK_EQ(line.tok[3].col, 3);
	CHECK_EQ(line.tok[4].line, 4);
	CHECK_EQ(line.tok[4].col, 3);
	cmd_line_free(&line);
}

/* --- completeness -------------------------------------------------------------- */

TEST(scan)
{
	CHECK_EQ(cmd_scan(""), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("events"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("!syscall script {"), CMD_OPEN_BRACE);
	CHECK_EQ(cmd_scan("!syscall script { { }"), CMD_OPEN_BRACE);
	CHECK_EQ(cmd_scan("!syscall script { \"}\" }"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("!syscall script { // }"), CMD_OPEN_BRACE);
	CHECK_EQ(cmd_scan("!syscall script { /* }"), CMD_OPEN_COMMENT);
	CHECK_EQ(cmd_scan("!syscall script { \" }"), CMD_OPEN_STRING);
	CHECK_EQ(cmd_scan(".script \"a"), CMD_OPEN_STRING);
	CHECK_EQ(cmd_scan("/* a\n b"), CMD_OPEN_COMMENT);
	CHECK_EQ(cmd_scan("# {"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("// {"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("}"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("? {"), CMD_OPEN_BRACE);
	CHECK_EQ(cmd_scan("? if (1) { // }\n"), CMD_OPEN_BRACE);
	CHECK_EQ(cmd_scan("? if (1) { // }\n}"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("? printf(\"{\");"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("? printf(\"{"), CMD_OPEN_STRING);
	CHECK_EQ(cmd_scan("? x = 1;// {"), CMD_COMPLETE);
	CHECK_EQ(cmd_scan("? /* {"), CMD_OPEN_COMMENT);
}

/* Line by line as in one piece, whatever is open at the ends of lines. */
TEST(feed_scans_on)
{
	static const char *const texts[] = {
		"? {\nx = \"}\\\\\n\\\"}\n\";\n}",
		"? {\n/* }\n * }\n*/ /\n* }",
		"? {\n// }\n{ \\{ }\n}",
		"!syscall script {\n} output {\nfoo\n}",
		"!syscall script {file:/x\n//}",
		"? x = \"a\nb\"; {\n{ }\n}",
		"? { /*/ }\n*/ }",
		"? { \"\\\n\" }",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cmd_feed f = { 0 };
		char *copy = strdup(texts[i]), *p = copy, *part;
		bool done = false;

		CHECK(copy);
		while ((part = strsep(&p, "\n"))) {
			if (done)
				UNIT_FAIL("complete too early: %s", texts[i]);
			done = cmd_feed_add(&f, part);
			CHECK_EQ(done, cmd_scan(f.text) == CMD_COMPLETE);
		}
		if (!done)
			UNIT_FAIL("not complete: %s", texts[i]);
		CHECK_STR(f.text, texts[i]);
		cmd_feed_free(&f);
		free(copy);
	}
}

/* In a time that grows with the text and not with its square, which would be minutes. */
TEST(feed_takes_long_scripts)
{
	struct cmd_feed f = { 0 };

	alarm(20);
	CHECK(!cmd_feed_add(&f, "? {"));
	for (u32 i = 0; i < 200000; i++)
		CHECK(!cmd_feed_add(&f, "if (x) { printf(\"one more line of a script\"); } // }"));
	CHECK(cmd_feed_add(&f, "}"));
	cmd_feed_free(&f);
}

TEST(feed_gathers_blocks)
{
	struct cmd_feed f = { 0 };

	CHECK(cmd_feed_add(&f, "events"));
	CHECK_STR(f.text, "events");
	CHECK_EQ(f.first, 1);
	cmd_feed_reset(&f);
	CHECK(!cmd_feed_add(&f, "? {\r"));
	CHECK(!cmd_feed_add(&f, "# x"));
	CHECK(cmd_feed_add(&f, "}"));
	CHECK_STR(f.text, "? {\n# x\n}");
	CHECK_EQ(f.first, 2);
	CHECK_EQ(f.line, 4);
	cmd_feed_free(&f);
}

/* --- numbers --------------------------------------------------------------------- */

static void number_is(const char *text, u64 want)
{
	u64 got;

	if (!cmd_number(text, &got))
		UNIT_FAIL("'%s' is no number", text);
	CHECK_EQ(got, want);
}

TEST(numbers)
{
	static const char *const bad[] = { "",
					   "0x",
					   "0n",
					   "g",
					   "12z",
					   "0n1f",
					   "0y2",
					   "0t8",
					   "-1",
					   "1 ",
					   "1.5",
					   "0x0x1",
					   "10000000000000000",
					   "0n18446744073709551616",
					   "`" };
	u64 value;

	number_is("0", 0);
	number_is("10", 16);
	number_is("4D2", 1234);
	number_is("0x10", 16);
	number_is("0X1f", 31);
	number_is("x1f", 31);
	number_is("\\x1f", 31);
	number_is("0n1234", 1234);
	number_is("0N12", 12);
	number_is("n12", 12);
	number_is("\\n12", 12);
	number_is("0t17", 15);
	number_is("0o17", 15);
	number_is("0y101", 5);
	number_is("fffff800`12340000", 0xfffff80012340000);
	number_is("ffffffffffffffff", ~0ULL);
	number_is("0n18446744073709551615", ~0ULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (cmd_number(bad[i], &value))
			UNIT_FAIL("'%s' became %llx", bad[i], value);
}

TEST(choices)
{
	CHECK_EQ(cmd_choice("pre|post|all", "pre"), 0);
	CHECK_EQ(cmd_choice("pre|post|all", "POST"), 1);
	CHECK_EQ(cmd_choice("pre|post|all", "all"), 2);
	CHECK_EQ(cmd_choice("pre|post|all", "al"), -1);
	CHECK_EQ(cmd_choice("pre|post|all", "pre|post"), -1);
	CHECK_EQ(cmd_choice("pre|post|all", ""), -1);
}

/* --- arguments of files ---------------------------------------------------------- */

static void replaced(const char *text, const char *want)
{
	char a0[] = "file.ds", a1[] = "one", a2[] = "2 + 2", a10[] = "ten", x[] = "x";
	char *argv[] = { a0, a1, a2, x, x, x, x, x, x, x, a10 };
	char *got = cmd_replace_args(text, argv, ARRAY_SIZE(argv));

	CHECK_STR(got, want);
	free(got);
}

TEST(arguments)
{
	replaced("", "");
	replaced("no argument", "no argument");
	replaced("$arg0", "file.ds");
	replaced("$arg1 $arg10 $arg1", "one ten one");
	replaced("\"$arg2\"($arg1)", "\"2 + 2\"(one)");
	replaced("$arg11 $arg $args $arg99999999999", "$arg11 $arg $args $arg99999999999");
	replaced("$$arg1$arg1", "$oneone");
	replaced("$arg01", "one");
}

/* --- the table -------------------------------------------------------------------- */

TEST(every_command_is_documented)
{
	size_t names = 0;

	for (const struct cmd_family *fam = cmd_families; fam->title; fam++) {
		for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
			char name[24];

			cmd_name(desc, name, sizeof(name));
			if (!desc->syntax || !desc->summary || !*desc->summary || !desc->text ||
			    strlen(desc->text) < 40 || !desc->example || !desc->run ||
			    !desc->targets || !*desc->targets ||
			    strspn(desc->targets, "PM") != strlen(desc->targets))
				UNIT_FAIL("%s is not documented", name);
			for (const char *p = desc->names; *p; p++)
				names += *p == ' ';
			names++;
			/* the example is this command, and complete */
			split(desc->example);
			CHECK(line.ntok >= 1);
			CHECK(cmd_find(line.tok[0].text) == desc);
			CHECK_EQ(cmd_scan(desc->example), CMD_COMPLETE);
			/* who takes words says which */
			CHECK(!desc->syntax[0] || desc->options);
			for (const struct cmd_option *opt = desc->options; opt && opt->kind;
			     opt++) {
				CHECK(opt->word || opt->value);
				CHECK(opt->help && *opt->help);
			}
		}
	}
	CHECK(names >= 40 && names <= 160);
	cmd_line_free(&line);
}

TEST(names_are_found)
{
	static const char *const all[] = {
		"!syscall",    "!syscall2",
		"!sysret",     "!sysret2",
		"events",      "event",
		"g",	       "go",
		"continue",    "pause",
		"sleep",       ".start",
		".restart",    ".attach",
		".detach",     ".kill",
		".switch",     ".process",
		".thread",     "?",
		"eval",	       "evaluate",
		"print",       "r",
		"output",      ".script",
		"script",      ".logopen",
		".logclose",   "settings",
		"flush",       "prealloc",
		"preallocate", "preallocation",
		".status",     "status",
		".help",       "help",
		".hh",	       "!help",
		".cls",	       "cls",
		"clear",       "exit",
		".exit",       "q",
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!cmd_find(all[i]))
			UNIT_FAIL("no command %s", all[i]);
	CHECK(cmd_find("!SysCall") == cmd_find("!syscall"));
	CHECK(!cmd_find("!sys"));
	CHECK(!cmd_find(""));
	CHECK_STR(cmd_suggest("!syscal"), "!syscall");
	CHECK_STR(cmd_suggest("evnets"), "events");
	CHECK_STR(cmd_suggest("start"), ".start");
	CHECK(!cmd_suggest("xyzzyplugh"));
}

TEST(manual_page_has_every_command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	CHECK(f);
	cmd_manpage(f);
	CHECK_EQ(fclose(f), 0);
	CHECK(strstr(text, "\n.B !syscall2\n"));
	CHECK(strstr(text, "\n.B \\&.logclose\n"));
	CHECK(strstr(text, "\n[CALL] [pid ID|all] [core N|all] "));
	CHECK(strstr(text, "$syscall_return"));
	CHECK(strstr(text, "spinlock_lock_custom_wait"));
	free(text);
}

/* --- event options ---------------------------------------------------------------- */

static struct dbg_event_spec spec;
static struct cmd_event_words words;

static unsigned target = TGT_BREAKS; /* what it can */

static bool parse(const char *text)
{
	const struct cmd_desc *desc;

	cmd_line_free(&line);
	memset(&spec, 0, sizeof(spec));
	CHECK(cmd_split(text, &line, &err));
	desc = cmd_find(line.tok[0].text);
	CHECK(desc);
	spec.kind = desc->options == cmd_event_options ? ENG_EV_SYSCALL : ENG_EV_SYSRET;
	return cmd_event_words(&line, desc->options, &words, &err) &&
	       cmd_event_values(&words, target, &spec, &err);
}

static void bad(const char *text, size_t off, const char *message)
{
	if (parse(text))
		UNIT_FAIL("no error for: %s", text);
	CHECK_STR(err.message, message);
	if (err.off != off)
		UNIT_FAIL("%s: at %zu, not at %zu", text, err.off, off);
}

TEST(event_defaults)
{
	CHECK(parse("!syscall"));
	CHECK(!words.value[CMD_EV_CALL]);
	CHECK_EQ(spec.pid, ENG_ANY);
	CHECK_EQ(spec.core, ENG_ANY);
	CHECK_EQ(spec.stages, ENG_STAGE_PRE);
	CHECK_EQ(spec.imm, 1);
	CHECK_EQ(spec.sc, 0);
	CHECK_EQ(spec.buffer_size, 0);
	cmd_line_free(&line);
}

TEST(event_options_in_any_order)
{
	CHECK(parse("!SYSCALL script { x; } Stage ALL pid 4d2 imm NO buffer 1000 core 0 openat "
		    "asm condition { nop } CODE {90}"));
	CHECK_STR(words.value[CMD_EV_CALL]->text, "openat");
	CHECK_STR(words.value[CMD_EV_SCRIPT]->text, " x; ");
	CHECK_STR(words.value[CMD_EV_ASM_CONDITION]->text, " nop ");
	CHECK_STR(words.value[CMD_EV_CODE]->text, "90");
	CHECK(!words.value[CMD_EV_ASM_CODE] && !words.value[CMD_EV_CONDITION]);
	CHECK_EQ(spec.stages, ENG_STAGE_PRE | ENG_STAGE_POST);
	CHECK_EQ(spec.pid, 1234);
	CHECK_EQ(spec.core, 0);
	CHECK_EQ(spec.imm, 0);
	CHECK_EQ(spec.buffer_size, 0x1000);
	CHECK(parse("!syscall sc on stage pre"));
	CHECK_EQ(spec.sc, 1);
	cmd_line_free(&line);
}

TEST(asm_binds_to_the_next_word)
{
	CHECK(parse("!syscall condition {90} asm code { nop } "));
	CHECK(words.value[CMD_EV_CONDITION] && words.value[CMD_EV_ASM_CODE]);
	CHECK(!words.value[CMD_EV_ASM_CONDITION] && !words.value[CMD_EV_CODE]);
	CHECK(parse("!sysret asm condition { nop } asm code { nop } condition {90}"));
	CHECK(words.value[CMD_EV_CONDITION] && words.value[CMD_EV_ASM_CODE]);
	CHECK(!words.value[CMD_EV_ASM_CONDITION]);
	cmd_line_free(&line);
}

TEST(last_of_repeated_options_wins)
{
	CHECK(parse("!syscall pid 1 pid 2 stage post stage pre script {a} script {b}"));
	CHECK_EQ(spec.pid, 2);
	CHECK_EQ(spec.stages, ENG_STAGE_PRE);
	CHECK_STR(words.value[CMD_EV_SCRIPT]->text, "b");
	cmd_line_free(&line);
}

TEST(event_errors)
{
	bad("!syscall openat colour red", 16, "unknown parameter 'colour'");
	bad("!syscall openat stge pre", 16, "unknown parameter 'stge'");
	CHECK_STR(err.hint, "did you mean 'stage'?");
	bad("!sysret openat", 8, "unknown parameter 'openat'");
	bad("!syscall pid", 9, "please specify a value for 'pid'");
	bad("!syscall core", 9, "please specify a value for 'core'");
	bad("!syscall imm", 9, "please specify a value for 'imm'");
	bad("!syscall sc", 9, "please specify a value for 'sc'");
	bad("!syscall stage", 9, "please specify a value for 'stage'");
	bad("!syscall buffer", 9, "please specify a value for 'buffer'");
	bad("!syscall script", 9, "please specify a value for 'script'");
	bad("!syscall condition", 9, "please specify a value for 'condition'");
	bad("!syscall code", 9, "please specify a value for 'code'");
	bad("!syscall output", 9, "please specify a value for 'output'");
	bad("!syscall asm code", 13, "please specify a value for 'asm code'");
	bad("!syscall asm", 9, "'asm' belongs before 'condition' or 'code'");
	bad("!syscall asm script {x}", 9, "'asm' belongs before 'condition' or 'code'");
	bad("!syscall script x", 16, "the value of 'script' stands in braces");
	bad("!syscall pid {5}", 13, "the value of 'pid' is a word, not a block in braces");
	bad("!syscall {x}", 9, "a block in braces without an option before it");
	bad("!syscall pid zz", 13, "pid is invalid: 'zz' is not a number");
	bad("!syscall pid 100000000", 13, "pid is invalid: 100000000 is more than ffffffff");
	bad("!syscall core x-", 14, "core id is invalid: 'x-' is not a number");
	bad("!syscall imm perhaps", 13, "'perhaps' is not a value of 'imm'");
	bad("!syscall sc 1", 12, "'1' is not a value of 'sc'");
	bad("!syscall stage later", 15, "'later' is not a value of 'stage'");
	bad("!syscall buffer 0", 16, "buffer size is invalid: '0'");
	bad("!syscall buffer zz", 16, "buffer size is invalid: 'zz'");
	bad("!syscall buffer 10000001", 16, "buffer size is invalid: at most 10000000 bytes");
	bad("!syscall sc on stage post", 12,
	    "'sc on' is impossible in stage post: the call has been executed by then");
	bad("!syscall stage all sc on", 22,
	    "'sc on' is impossible in stage post: the call has been executed by then");
	bad("!sysret sc on", 11,
	    "a return of a process cannot be short-circuited: the kernel is on its way back "
	    "already");
	target = TGT_SKIPS_RETURN;
	CHECK(parse("!sysret sc on"));
	CHECK(spec.sc && spec.stages == ENG_STAGE_PRE);
	bad("!sysret stage all sc on", 21,
	    "'sc on' is impossible in stage post: the call has been executed by then");
	target = TGT_BREAKS;
	bad("!syscall imm no output {x}", 13, "'imm no' cannot be combined with 'output'");
	cmd_line_free(&line);
}

TEST(outputs_of_an_event)
{
	struct cmd_tok tok = { .kind = CMD_BRACKET, .off = 7, .len = 3 };
	char *names[OUT_EVENT_MAX];
	char good[] = " a,b , c\n,d,e ", six[] = "a,b,c,d,e,f", empty[] = " ", hole[] = "a,,b";
	size_t n;

	tok.text = good;
	CHECK(cmd_event_outputs(&tok, names, &n, &err));
	CHECK_EQ(n, 5);
	CHECK_STR(names[0], "a");
	CHECK_STR(names[2], "c");
	CHECK_STR(names[4], "e");
	while (n)
		free(names[--n]);
	tok.text = six;
	CHECK(!cmd_event_outputs(&tok, names, &n, &err));
	CHECK_STR(err.message, "an event has at most 5 outputs");
	CHECK_EQ(err.off, 7);
	CHECK_EQ(n, 0);
	tok.text = empty;
	CHECK(!cmd_event_outputs(&tok, names, &n, &err));
	CHECK_STR(err.message, "the name of an output is empty");
	tok.text = hole;
	CHECK(!cmd_event_outputs(&tok, names, &n, &err));
	CHECK_STR(err.message, "the name of an output is empty");
}

/* --- completion ------------------------------------------------------------------- */

static struct cmd *c;

static const char *completions(const char *text)
{
	static char out[4096];
	const char *word = strrchr(text, ' ');
	size_t n = 0;
	char *one;

	word = word ? word + 1 : text;
	out[0] = '\0';
	for (int i = 0; (one = cmd_complete(c, text, (size_t)(word - text), word, i)); i++) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", i ? " " : "", one);
		free(one);
	}
	return out;
}

TEST(completion)
{
	struct console *con = con_new(stdout, stderr);
	struct dbg *d = dbg_new(con, DBG_PROCESS);

	CHECK(con && d);
	c = cmd_new(d, CMD_QUIET);
	CHECK_STR(completions("sett"), "settings");
	CHECK_STR(completions("!sysc"), "!syscall !syscall2");
	CHECK_STR(completions("!syscall getpp"), "getppid");
	CHECK_STR(completions("!syscall getppid sta"), "stage");
	CHECK_STR(completions("!syscall getppid stage p"), "pre post");
	CHECK_STR(completions("!syscall getppid pid a"), "all");
	CHECK_STR(completions("!syscall getppid asm co"), "condition code");
	CHECK_STR(completions("!syscall script { print(1); spinlock_u"), "spinlock_unlock");
	CHECK_STR(completions("? $syscall_r"), "$syscall_return");
	CHECK_STR(completions("? @r15"), "@r15 @r15d @r15w @r15h @r15l");
	CHECK_STR(completions("settings autof"), "autoflush");
	CHECK_STR(completions("settings autoflush o"), "on off");
	CHECK_STR(completions("events "), "e d c sc");
	CHECK_STR(completions(".help .logc"), ".logclose");
	CHECK_STR(completions("nonsense x"), "");
	CHECK(cmd_completes_file(".script ", 8));
	CHECK(cmd_completes_file("!syscall script {file:", 22));
	CHECK(!cmd_completes_file("events ", 7));
	cmd_free(c);
	dbg_free(d);
	con_free(con);
}

UNIT_MAIN()
