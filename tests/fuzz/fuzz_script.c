/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_script.c - the front end on any text: no crash, a verified program or an error
 * with a position, an environment that errors do not change; and what compiles runs
 * within its budget.
 *
 * Form feeds cut the input into the script and the files "a", "b" ... that it may include.
 * Mutations know the words of the language.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "script/compiler.h"
#include "script/script.h"

#define SLOTS 64
#define CUT '\f'

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);

/* --- words --- */

/* clang-format off */
static const char *const words[] = {
#define X(id, text) text,
	SCR_KEYWORDS(X) SCR_PUNCTUATION(X)
#undef X
#define X(id, name, args, result, targets, help) name "(",
	ENG_BUILTIN_TABLE(X)
#undef X
#define X(id, name, flags, help) "$" name,
	ENG_PSEUDO_TABLE(X)
#undef X
#define X(id, name, words) name "(",
	ENG_MAP_KIND_TABLE(X)
#undef X
#define X(id, name, key, values, kinds) name "(",
	ENG_MAP_OP_TABLE(X)
#undef X
	"\n#include \"a\";\n", "\n#include \"b\";\n", "\f", "@rax", "@eip", "@al", "L\"w\"",
	"\"s\"", "'c'", "0n", "1.5", "2e3", ".m[", ".g", "str(", "&x", "*p", "%lld", "%-8.3f", "%ws",
};
/* clang-format on */

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	const char *word = words[seed / 64 % ARRAY_SIZE(words)];
	size_t len = strlen(word), at = size ? seed / 8192 % (size + 1) : 0;

	if (seed % 4 || size + len + 2 > max)
		return LLVMFuzzerMutate(data, size, max);
	memmove(data + at + len + 2, data + at, size - at);
	data[at] = data[at + len + 1] = ' ';
	memcpy(data + at + 1, word, len);
	return size + len + 2;
}

/* --- files --- */

struct text {
	const u8 *at;
	size_t len;
};

static struct text part(const u8 *data, size_t size, u32 n)
{
	const u8 *end;

	for (; n; n--) {
		end = size ? memchr(data, CUT, size) : NULL;
		if (!end)
			return (struct text){ NULL, 0 };
		size -= (size_t)(end + 1 - data);
		data = end + 1;
	}
	end = size ? memchr(data, CUT, size) : NULL;
	return (struct text){ data, end ? (size_t)(end - data) : size };
}

/* Exactly as long as the text, for the sanitizer. */
static char *copy_of(struct text t)
{
	char *p = malloc(t.len ? t.len : 1);

	if (!p)
		abort();
	if (t.len)
		memcpy(p, t.at, t.len);
	return p;
}

static bool read_file(void *user, const char *from, const char *path, struct scr_included *in)
{
	const struct text *input = user;
	struct text t = { NULL, 0 };

	if (path[0] >= 'a' && path[0] <= 'z')
		t = part(input->at, input->len, (u32)(path[0] - 'a' + 1));
	if (!t.at) {
		in->why = strdup("no such file");
		return false;
	}
	in->name = strdup(path);
	in->id = strndup(path, 1);
	in->text = copy_of(t);
	in->len = t.len;
	return true;
}

/* --- one input --- */

static void check_diags(const struct scr_diags *d, const struct eng_program *prog)
{
	if ((prog == NULL) != (d->errors != 0))
		abort();
	for (size_t i = 0; i < d->n; i++)
		if (!strncmp(d->diag[i].message, "internal error:", 15) || !d->diag[i].pos.line ||
		    !d->diag[i].pos.col)
			abort();
}

static void make_maps(const struct scr_env *env, struct eng_maps *maps)
{
	u32 n = scr_env_nmaps(env);

	maps->map = realloc(maps->map, (n + 1) * sizeof(struct eng_map *));
	if (!maps->map)
		abort();
	for (; maps->nmaps < n; maps->nmaps++) {
		const char *name;

		maps->map[maps->nmaps] = fuzz_map(scr_env_map(env, maps->nmaps, &name));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static FILE *null;
	struct scr_env *env = scr_env_new(SLOTS);
	struct text input = { data, size }, script = part(data, size, 0);
	char *copy = copy_of(script);
	u64 slots[SLOTS] = { 0 };
	struct eng_maps maps = { 0 };

	if (!null)
		null = fopen("/dev/null", "w");
	if (!env || !null)
		abort();
	scr_env_set_reader(env, read_file, &input);
	for (int mode = SCR_SCRIPT; mode <= SCR_EXPRESSION; mode++) {
		struct scr_source src = { "fuzz", copy, script.len, 1, 1 };
		struct scr_diags d = { 0 };
		u32 before = scr_env_nglobals(env);
		struct eng_program *prog = scr_compile(env, &src, (enum scr_mode)mode, &d);

		check_diags(&d, prog);
		if (!prog && scr_env_nglobals(env) != before)
			abort();
		scr_diags_print(&d, null, true);
		if (prog) {
			scr_disasm(prog, null);
			make_maps(env, &maps);
			fuzz_fire(prog, slots, SLOTS, &maps);
		}
		scr_program_free(prog);
		scr_diags_free(&d);
	}
	for (u32 i = 0; i < maps.nmaps; i++)
		free(maps.map[i]);
	free(maps.map);
	free(copy);
	scr_env_free(env);
	return 0;
}
