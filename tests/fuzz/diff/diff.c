/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * diff.c - the same random programs as scripts and as C must print the same.
 *
 * Usage: difftest [-s SEED] [-n COUNT] [-f FIRST] [-b BATCH] [-c COMPILER] [-d DIR] [-p]
 *
 * Scripts run in this process, through compiler, verifier and engine; C programs are
 * compiled in batches, meanwhile, and run as one. At a difference both texts and both
 * outputs are printed. -p prints the programs and runs nothing. Numbers are decimal.
 *
 * COMPILER is gcc unless said otherwise; a faster one (tcc) may be wrong, so its differences
 * are tried again with gcc. Programs on which the compiler itself fails are counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "script/script.h"

#define BUDGET 100000000
#define GLOBALS 512
#define MAX_TOLD 5
#define REFERENCE "gcc" /* whose differences count */

struct options {
	u64 seed;
	u32 count, first, batch;
	const char *compiler, *dir;
	bool print;
};

struct runner {
	struct rp g;
	struct eng_vm *vm;
	u64 slot[GLOBALS];
	struct eng_globals globals;
	char *out; /* of the scripts of a batch */
	size_t len, cap;
	size_t *start; /* of each program's part; batch + 1 */
	u32 skipped, refused, wrong, differences;
};

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "difftest: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *need(void *p)
{
	if (!p)
		die("memory");
	return p;
}

static void say(struct runner *r, const char *text, size_t len)
{
	if (r->len + len + 1 > r->cap) {
		r->cap = 2 * r->cap + len + 1;
		r->out = need(realloc(r->out, r->cap));
	}
	memcpy(r->out + r->len, text, len);
	r->len += len;
	r->out[r->len] = '\0';
}

/* --- the host: nothing but a place for what is printed --- */

static bool load_regs(struct eng_ctx *ctx, u64 mask)
{
	ctx->loaded |= mask;
	return true;
}

static size_t no_memory(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	return 0;
}

static size_t no_store(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	return 0;
}

static void emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	if (msg->kind == ENG_MSG_TEXT)
		say(ctx->target, msg->text, msg->len);
}

static const struct eng_host host = {
	.load_regs = load_regs,
	.read_mem = no_memory,
	.write_mem = no_store,
	.emit = emit,
};

static void say_diags(struct runner *r, const struct scr_diags *d)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = need(open_memstream(&text, &len));

	scr_diags_print(d, f, false);
	fclose(f);
	say(r, text, len);
	free(text);
}

static u32 make_maps(const struct scr_env *env, struct eng_map **map)
{
	u32 n = scr_env_nmaps(env);
	const char *name;

	for (u32 i = 0; i < n; i++) {
		const struct eng_map_desc *d = scr_env_map(env, i, &name);

		map[i] = eng_map_init(need(calloc(1, eng_map_size(d, ENG_MAP_ENTRIES))), d,
				      ENG_MAP_ENTRIES);
	}
	return n;
}

static void run_script(struct runner *r)
{
	struct scr_env *env = need(scr_env_new(GLOBALS));
	struct scr_source src = { "script", r->g.l, r->g.nl, 1, 1 };
	struct scr_diags d = { 0 };
	struct eng_program *prog = scr_compile(env, &src, SCR_SCRIPT, &d);
	struct eng_ctx ctx = { .target = r };
	struct eng_fault fault;
	struct eng_map *map[RP_MAPS];
	const struct eng_maps maps = { map, prog ? make_maps(env, map) : 0 };
	char text[200];

	if (!prog) {
		say_diags(r, &d);
	} else {
		memset(r->slot, 0, sizeof(r->slot));
		eng_vm_init(r->vm, &host, &r->globals, BUDGET);
		eng_vm_set_maps(r->vm, &maps);
		if (eng_run(r->vm, prog, &ctx, NULL, ENG_PRE, &fault)) {
			eng_fault_text(&fault, text, sizeof(text));
			say(r, text, strlen(text));
			snprintf(text, sizeof(text), " in line %u\n", fault.line);
			say(r, text, strlen(text));
		}
	}
	for (u32 i = 0; i < maps.nmaps; i++)
		free(map[i]);
	scr_program_free(prog);
	scr_diags_free(&d);
	scr_env_free(env);
}

/* --- C --- */

static FILE *create(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return need(fopen(path, "w"));
}

/* The batch as one C file; programs that did not fit into the generator are left out. */
static void write_c(struct runner *r, const struct options *o, u32 first, u32 n)
{
	FILE *f = create(o->dir, "batch.c");
	bool *made = need(calloc(n, 1));

	fprintf(f, "#include \"%s\"\n%s", DIFF_PRELUDE, rp_float_helpers);
	for (u32 i = 0; i < n; i++) {
		made[i] = rp_program(&r->g, o->seed, first + i);
		if (made[i])
			fputs(r->g.c, f);
	}
	fprintf(f, "int main(void) {\n");
	for (u32 i = 0; i < n; i++) {
		if (made[i])
			fprintf(f, "prog_%u();\n", first + i);
		fprintf(f, "putchar(1);\n");
	}
	fprintf(f, "return 0;\n}\n");
	if (fclose(f))
		die("batch.c");
	free(made);
}

static pid_t start_c(const struct options *o)
{
	char command[2048];
	pid_t pid;

	/* Without -frounding-math gcc 12 makes -x of 0.0 - x, for x converted from an integer. */
	snprintf(command, sizeof(command),
		 "cd '%s' && %s -w -O0 -fwrapv -frounding-math -o batch batch.c 2> batch.err && "
		 "./batch > batch.out",
		 o->dir, o->compiler);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static char *read_all(const char *dir, const char *name)
{
	char path[512], *text;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = need(fopen(path, "r"));
	fseek(f, 0, SEEK_END);
	len = (size_t)ftell(f);
	rewind(f);
	text = need(malloc(len + 1));
	if (fread(text, 1, len, f) != len)
		die(path);
	text[len] = '\0';
	fclose(f);
	return text;
}

/* --- batches --- */

static void tell(struct runner *r, const struct options *o, u32 number, const char *script,
		 const char *c)
{
	if (r->differences++ >= MAX_TOLD)
		return;
	rp_program(&r->g, o->seed, number);
	printf("DIFFERENCE: seed %llu, program %u\n--- script\n%s--- C\n%s"
	       "--- script prints\n%s\n--- C prints\n%s\n",
	       o->seed, number, r->g.l, r->g.c, script, c);
	fflush(stdout);
}

static bool c_agrees(struct runner *r, const struct options *o, u32 number, const char *script);

static void differs(struct runner *r, const struct options *o, u32 number, const char *script,
		    const char *c)
{
	if (strcmp(o->compiler, REFERENCE) != 0 && c_agrees(r, o, number, script))
		r->wrong++;
	else
		tell(r, o, number, script, c);
}

static void compare(struct runner *r, const struct options *o, u32 first, u32 n)
{
	char *text = read_all(o->dir, "batch.out"), *p = text;

	for (u32 i = 0; i < n; i++) {
		char *end = strchr(p, 1);
		size_t len = r->start[i + 1] - r->start[i];
		char *script = need(strndup(r->out + r->start[i], len));

		if (end)
			*end = '\0';
		if (strcmp(script, p) != 0)
			differs(r, o, first + i, script, p);
		free(script);
		if (!end) /* the C program died in this one */
			break;
		p = end + 1;
	}
	free(text);
}

enum outcome { RAN, REFUSED, DIED };

static enum outcome end_c(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return RAN;
	return WIFEXITED(status) && WEXITSTATUS(status) < 128 ? REFUSED : DIED;
}

/* Does what the reference compiler makes of one program print the same? */
static bool c_agrees(struct runner *r, const struct options *o, u32 number, const char *script)
{
	struct options one = *o;
	char *text;
	bool same;

	one.compiler = REFERENCE;
	write_c(r, &one, number, 1);
	if (end_c(start_c(&one)) == REFUSED) {
		r->refused++;
		return true;
	}
	text = read_all(one.dir, "batch.out");
	text[strcspn(text, "\1")] = '\0';
	same = !strcmp(text, script);
	free(text);
	return same;
}

static void batch(struct runner *r, const struct options *o, u32 first, u32 n)
{
	u32 skipped = r->skipped;
	enum outcome outcome;
	pid_t pid;

	write_c(r, o, first, n);
	pid = start_c(o);
	r->len = 0;
	for (u32 i = 0; i < n; i++) {
		r->start[i] = r->len;
		if (rp_program(&r->g, o->seed, first + i))
			run_script(r);
		else
			r->skipped++;
	}
	r->start[n] = r->len;
	outcome = end_c(pid);
	if (outcome != REFUSED) {
		compare(r, o, first, n);
	} else if (n == 1) {
		r->refused++;
	} else {
		r->skipped = skipped;
		batch(r, o, first, n / 2);
		batch(r, o, first + n / 2, n - n / 2);
	}
}

static void print_programs(struct runner *r, const struct options *o)
{
	for (u32 i = 0; i < o->count; i++) {
		rp_program(&r->g, o->seed, o->first + i);
		printf("--- script %u\n%s--- C %u\n%s", o->first + i, r->g.l, o->first + i, r->g.c);
	}
}

static u64 numeric(const char *text)
{
	char *end;
	u64 v = strtoull(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "difftest: not a decimal number: %s\n", text);
		exit(2);
	}
	return v;
}

static void parse(struct options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:n:f:b:c:d:p")) != -1) {
		switch (opt) {
		case 's':
			o->seed = numeric(optarg);
			break;
		case 'n':
			o->count = (u32)numeric(optarg);
			break;
		case 'f':
			o->first = (u32)numeric(optarg);
			break;
		case 'b':
			o->batch = (u32)numeric(optarg);
			break;
		case 'c':
			o->compiler = optarg;
			break;
		case 'd':
			o->dir = optarg;
			break;
		case 'p':
			o->print = true;
			break;
		default:
			exit(2);
		}
	}
	if (!o->batch)
		o->batch = 1;
}

int main(int argc, char **argv)
{
	static struct runner r;
	char temp[] = "/tmp/lstar-diff-XXXXXX";
	struct options o = {
		.seed = (u64)time(NULL), .count = 500, .batch = 500, .compiler = REFERENCE
	};

	parse(&o, argc, argv);
	r.g.l = need(malloc(RP_TEXT));
	r.g.c = need(malloc(RP_TEXT));
	r.g.arena = need(malloc(1u << 20));
	r.vm = need(malloc(eng_vm_size()));
	r.start = need(calloc(o.batch + 1, sizeof(*r.start)));
	r.globals = (struct eng_globals){ r.slot, GLOBALS };
	say(&r, "", 0);
	if (o.print) {
		print_programs(&r, &o);
		return 0;
	}
	if (!o.dir)
		o.dir = need(mkdtemp(temp));
	printf("seed %llu, %u programs from %u on\n", o.seed, o.count, o.first);
	fflush(stdout);
	for (u32 done = 0; done < o.count && r.differences < MAX_TOLD; done += o.batch)
		batch(&r, &o, o.first + done, o.count - done < o.batch ? o.count - done : o.batch);
	printf("%u too big, %u on which a compiler failed, %u wrong only with %s; %u differences\n",
	       r.skipped, r.refused, r.wrong, o.compiler, r.differences);
	if (r.refused * 100 > o.count + 100) {
		fprintf(stderr, "difftest: '%s' fails too often\n", o.compiler);
		return 2;
	}
	if (o.dir == temp && !r.differences) {
		char command[64];

		snprintf(command, sizeof(command), "rm -r %s", temp);
		if (system(command))
			die(temp);
	}
	return r.differences ? 1 : 0;
}
