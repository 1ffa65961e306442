/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * help.c - the help at the prompt and the reference in the manual page, both made from the
 * table of commands and from the engine's tables. It must know no command by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/internal.h"

#define HELP_WIDTH 80

/* Text in lines of HELP_WIDTH, each indented; a newline in the text begins a paragraph. */
static void put_wrapped(FILE *out, const char *text, unsigned indent)
{
	unsigned col = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (col && col + 1 + len > HELP_WIDTH) {
			fputc('\n', out);
			col = 0;
		}
		if (!col)
			col = (unsigned)fprintf(out, "%*s", (int)indent, "");
		else
			col += (unsigned)fprintf(out, " ");
		col += (unsigned)fprintf(out, "%.*s", (int)len, text);
		text += len;
		if (*text == '\n') {
			fputc('\n', out);
			col = 0;
		}
		if (*text)
			text++;
	}
	fputc('\n', out);
}

/* What a command is for, when it is not for everything. */
static const char *only_for(const struct cmd_desc *desc)
{
	if (strlen(desc->targets) > 1)
		return NULL;
	return desc->targets[0] == 'M' ? "the whole machine" : "processes";
}

static void put_command(FILE *out, const struct cmd_desc *desc)
{
	char name[24];
	const char *aliases = strchr(desc->names, ' ');

	cmd_name(desc, name, sizeof(name));
	fprintf(out, "%s: %s\n\n", name, desc->summary);
	if (aliases)
		fprintf(out, "  also:     %s\n", aliases + 1);
	if (only_for(desc))
		fprintf(out, "  works on: %s\n", only_for(desc));
	fputs("  syntax:\n", out);
	put_wrapped(out, name, 4);
	if (desc->syntax[0])
		put_wrapped(out, desc->syntax, 8);
	fputc('\n', out);
	put_wrapped(out, desc->text, 2);
	for (const struct cmd_option *opt = desc->options; opt && opt->kind; opt++) {
		fprintf(out, "\n  %s%s%s\n", opt->word ? opt->word : "",
			opt->word && opt->value ? " " : "", opt->value ? opt->value : "");
		put_wrapped(out, opt->help, 8);
	}
	fprintf(out, "\n  example:  %s\n", desc->example);
}

/* On the machine what is for processes alone would only be refused. */
static void put_family(FILE *out, const struct cmd_family *fam, bool machine)
{
	const char *title = fam->title;
	char name[24];

	for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
		if (machine && !strchr(desc->targets, 'M'))
			continue;
		if (title)
			fprintf(out, "%s\n", title);
		title = NULL;
		fprintf(out, "  %-10s  %s\n", cmd_name(desc, name, sizeof(name)), desc->summary);
	}
	if (!title)
		fputc('\n', out);
}

static void put_list(FILE *out, bool machine)
{
	for (const struct cmd_family *fam = cmd_families; fam->title; fam++)
		put_family(out, fam, machine);
	if (machine)
		fputs("This is what there is for the whole machine; 'lstar PROGRAM' has more.\n",
		      out);
	fputs("'.help COMMAND' tells everything about a command, '.help script' about scripts.\n"
	      "Numbers are hexadecimal; 0n begins a decimal one, 0t an octal, 0y a binary one.\n",
	      out);
}

/* --- the script language --- */

static const char script_text[] =
	"Numbers are hexadecimal: 10 is sixteen, 0n10 is ten, 0t17 octal, 0y101 binary; 1.5 is "
	"floating point. Words of the letters a-f and digits are numbers too: call a variable "
	"my_fac, not fac. 'A' is a character, \"text\" a string, L\"text\" a wide one. Comments "
	"are "
	"// and /* */.\n"
	"Variables come into being when they are assigned. name: local to one run of the script. "
	".name: global, shared by all scripts of the session. @name: a register or a part of one. "
	"$name: a pseudo-register, below. Assign a global once ('? .hits = 0;') before a script "
	"reads it. A variable without a type is unsigned and has 64 bits; registers and numbers "
	"are "
	"signed.\n"
	"Types: bool char short int long float double, with signed or unsigned, pointers, arrays "
	"(int t[10];), struct, enum, typedef, const. (type)x casts, sizeof(x) counts bytes.\n"
	"Statements: x = 5; if (x) { } elsif (x) { } else { }, while (x) { }, do { } while (x);, "
	"for (i = 0; i < 5; i++) { }, switch (x) { case 1: break; default: }, break; continue; "
	"return; and functions: int twice(int n) { return n * 2; }\n"
	"Operators from loosest to tightest: the comma, then = += -= *= /= %= <<= >>= &= ^= |=, "
	"then "
	"?:, then ||, then &&, then |, then ^, then &, then == !=, then < > <= >=, then << >>, "
	"then "
	"+ -, then * / %, then before the operand - + ~ ! * & ++ --, then behind it ++ -- [] . "
	"->.\n"
	"Maps: .calls[$pid]++; counts by one integer, by two (.m[x, y]) or by a string "
	"(.m[$pname], .m[str(address)], .m[\"text\"]). print(.m), len(.m), clear(.m), "
	"has(.m[x]) and delete(.m[x]) do what they say. A map may keep an aggregation instead: "
	".m[x] = count(), sum(n), min(n), max(n), avg(n), hist(n) by powers of two, "
	"lhist(n, min, max, step); without a key too: .m = hist(n);\n"
	"Files: #include \"FILE\"; takes over functions, types and statements, each file once; "
	"it is looked for beside the file that includes it, then in the working directory.\n"
	"Memory: *p, p[i] and p->m go to the debuggee when p is an address there, and &x is the "
	"address of a variable of the script.\n"
	"printf(\"text %d %x %s\\n\", ...) knows d i u o x X c p s f e g %, with h, l, ll, flags, "
	"width "
	"and precision; without l it prints 32 bits. %s takes the address of a string, %ls that of "
	"a wide one.";

static void put_registers(FILE *out)
{
	static const struct {
		u8 width, shift;
		bool any_shift;
		const char *title;
	} groups[] = {
		{ 64, 0, false, "64 bits" },	    { 32, 0, false, "32 bits" },
		{ 16, 0, false, "16 bits" },	    { 8, 8, false, "bits 15 to 8" },
		{ 8, 0, false, "bits 7 to 0" },	    { 2, 0, true, "2 bits of @rflags" },
		{ 1, 0, true, "1 bit of @rflags" },
	};

	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		char *text = NULL;
		size_t size = 0;
		FILE *list = open_memstream(&text, &size);

		if (!list)
			return;
		fprintf(list, "%s:", groups[g].title);
		for (u32 i = 0; i < eng_nreg_names; i++)
			if (eng_reg_names[i].width == groups[g].width &&
			    (groups[g].any_shift || eng_reg_names[i].shift == groups[g].shift))
				fprintf(list, " %s", eng_reg_names[i].name);
		if (!fclose(list))
			put_wrapped(out, text, 2);
		free(text);
	}
}

static void put_builtin(FILE *out, const struct eng_builtin_name *b)
{
	char syntax[64];
	int n = snprintf(syntax, sizeof(syntax), "%s(", b->name);

	for (const char *p = b->args; *p && *p != 'o'; p++) {
		const char *arg = *p == 's' || *p == 'w' ? "string" : *p == 'a' ? "addr" : "n";

		n += snprintf(syntax + n, sizeof(syntax) - (size_t)n, "%s%s",
			      p == b->args ? "" : ", ", arg);
	}
	if (strchr(b->args, 'o'))
		n += snprintf(syntax + n, sizeof(syntax) - (size_t)n, ", ...");
	snprintf(syntax + n, sizeof(syntax) - (size_t)n, ")");
	fprintf(out, "  %-34s  %s\n", syntax, b->help);
}

static void put_script_help(FILE *out)
{
	fputs("The script language\n\n", out);
	put_wrapped(out, script_text, 2);
	fputs("\nRegisters (a name of a part leaves the rest as it is)\n", out);
	put_registers(out);
	fputs("\nPseudo-registers ('=': may be assigned)\n", out);
	for (int i = 0; i < ENG_NPSEUDO; i++)
		fprintf(out, "  $%-16s %s %s\n", eng_pseudo_names[i].name,
			eng_pseudo_names[i].flags & ENG_PS_WRITABLE ? "=" : " ",
			eng_pseudo_names[i].help);
	fputs("\nBuilt-in functions\n", out);
	for (int i = 0; i < ENG_NBUILTINS; i++)
		put_builtin(out, &eng_builtin_names[i]);
}

enum cmd_result cmd_run_help(struct cmd *c, const struct cmd_desc *desc,
			     const struct cmd_line *line)
{
	const struct cmd_desc *what = NULL;
	bool script = line->ntok == 2 && cmd_tok_is(&line->tok[1], "script");
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (line->ntok > 2)
		return cmd_misuse(c, desc, line, &line->tok[2]);
	if (line->ntok == 2 && !script) {
		const char *near = cmd_suggest(line->tok[1].text);

		what = cmd_find(line->tok[1].text);
		if (!what)
			return cmd_error_at(c, line, &line->tok[1],
					    "there is no command '%s'%s%s%s", line->tok[1].text,
					    near ? "; did you mean '" : "", near ? near : "",
					    near ? "'?" : "");
	}
	out = open_memstream(&text, &size);
	if (!out)
		return cmd_fail(c, "no memory for the help");
	if (script)
		put_script_help(out);
	else if (what)
		put_command(out, what);
	else
		put_list(out, dbg_target_letter(c->d) == 'M');
	if (!fclose(out))
		con_write(c->con, text, size);
	free(text);
	return CMD_OK;
}

/* --- the manual page --- */

/* Text as roff shows it: '-' stays a minus, a '.' or '\'' at the start of a line is text. */
static void put_roff(FILE *out, const char *text)
{
	bool bol = true;

	for (; *text; text++) {
		if (bol && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		bol = *text == '\n';
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\n')
			fputs("\n.PP\n", out);
		else
			fputc(*text, out);
	}
}

static void man_command(FILE *out, const struct cmd_desc *desc)
{
	char name[24];
	const char *aliases = strchr(desc->names, ' ');

	fputs(".TP\n.B ", out);
	put_roff(out, cmd_name(desc, name, sizeof(name)));
	if (desc->syntax[0]) {
		fputc('\n', out);
		put_roff(out, desc->syntax);
	}
	fputs("\n.br\n", out);
	put_roff(out, desc->summary);
	if (aliases) {
		fputs(" (also: ", out);
		put_roff(out, aliases + 1);
		fputc(')', out);
	}
	if (only_for(desc))
		fprintf(out, "; for %s only", only_for(desc));
	fputs("\n.RS\n.PP\n", out);
	put_roff(out, desc->text);
	fputc('\n', out);
	for (const struct cmd_option *opt = desc->options; opt && opt->kind; opt++) {
		fputs(".TP\n", out);
		if (opt->word) {
			fputs(".B ", out);
			put_roff(out, opt->word);
			fputc(opt->value ? ' ' : '\n', out);
		}
		if (opt->value) {
			put_roff(out, opt->value);
			fputc('\n', out);
		}
		put_roff(out, opt->help);
		fputc('\n', out);
	}
	fputs(".PP\nExample:\n.PP\n.RS\n.nf\n", out);
	put_roff(out, desc->example);
	fputs("\n.fi\n.RE\n.RE\n", out);
}

/* The commands of a family that have @letter among their targets, or are for it only. */
static void man_family(FILE *out, const struct cmd_family *fam, char letter, bool only)
{
	bool titled = false;

	for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
		if (!strchr(desc->targets, letter) || (only && desc->targets[1]))
			continue;
		if (!titled)
			fprintf(out, ".SS %s\n", fam->title);
		titled = true;
		man_command(out, desc);
	}
}

void cmd_manpage_machine(FILE *out)
{
	char name[24];
	const char *sep = "";

	for (const struct cmd_family *fam = cmd_families; fam->title; fam++)
		man_family(out, fam, 'M', true);
	fputs(".SS The others\n"
	      "These work as\n.BR lstar (1)\ndescribes them, but for what this page says:\n",
	      out);
	for (const struct cmd_family *fam = cmd_families; fam->title; fam++) {
		for (const struct cmd_desc *desc = fam->commands; desc->names; desc++) {
			if (!strchr(desc->targets, 'M') || !desc->targets[1])
				continue;
			fputs(sep, out);
			put_roff(out, cmd_name(desc, name, sizeof(name)));
			sep = ",\n";
		}
	}
	fputs(".\n", out);
}

void cmd_manpage(FILE *out)
{
	for (const struct cmd_family *fam = cmd_families; fam->title; fam++)
		man_family(out, fam, 'P', false);
	fputs(".SH SCRIPTS\n", out);
	put_roff(out, script_text);
	fputs("\n.SS Pseudo\\-registers\n", out);
	for (int i = 0; i < ENG_NPSEUDO; i++) {
		fprintf(out, ".TP\n.B $%s\n", eng_pseudo_names[i].name);
		put_roff(out, eng_pseudo_names[i].help);
		fputs(eng_pseudo_names[i].flags & ENG_PS_WRITABLE ? " (may be assigned)\n" : "\n",
		      out);
	}
	fputs(".SS Built\\-in functions\n", out);
	for (int i = 0; i < ENG_NBUILTINS; i++) {
		fprintf(out, ".TP\n.B %s\n", eng_builtin_names[i].name);
		put_roff(out, eng_builtin_names[i].help);
		fputc('\n', out);
	}
}
