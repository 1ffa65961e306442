/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * script_kit.h - what the tests of the script language share: compile a text, run it for
 * real in the engine over fake registers and memory, compare what it printed.
 */
#ifndef TESTS_SCRIPT_KIT_H
#define TESTS_SCRIPT_KIT_H

#include "unit.h"

#include "script/script.h"

#define KIT_BASE 0x10000ULL /* the debuggee's memory: so many bytes from here */
#define KIT_SIZE 0x1000
#define KIT_GLOBALS 512

struct script_kit {
	struct scr_env *env;
	struct eng_vm *vm;
	u64 slot[KIT_GLOBALS];
	struct eng_globals globals;
	struct eng_map *map[8];
	struct eng_maps maps;
	struct eng_ctx ctx;
	u8 mem[KIT_SIZE];
	char out[65536];
	size_t len;
};

static inline void kit_text(struct script_kit *k, const char *text, size_t n)
{
	if (n > sizeof(k->out) - 1 - k->len)
		n = sizeof(k->out) - 1 - k->len;
	memcpy(k->out + k->len, text, n);
	k->len += n;
	k->out[k->len] = 0;
}

static bool kit_load_regs(struct eng_ctx *ctx, u64 mask)
{
	ctx->loaded |= mask; /* they are in place from the start */
	return true;
}

static size_t kit_span(u64 addr, size_t len)
{
	if (addr < KIT_BASE || addr >= KIT_BASE + KIT_SIZE)
		return 0;
	return len < KIT_BASE + KIT_SIZE - addr ? len : (size_t)(KIT_BASE + KIT_SIZE - addr);
}

static size_t kit_read(struct eng_ctx *ctx, u64 addr, void *dst, size_t len)
{
	struct script_kit *k = ctx->target;

	len = kit_span(addr, len);
	if (len)
		memcpy(dst, k->mem + (addr - KIT_BASE), len);
	return len;
}

static size_t kit_write(struct eng_ctx *ctx, u64 addr, const void *src, size_t len)
{
	struct script_kit *k = ctx->target;

	len = kit_span(addr, len);
	if (len)
		memcpy(k->mem + (addr - KIT_BASE), src, len);
	return len;
}

static bool kit_pseudo(struct eng_ctx *ctx, enum eng_pseudo id, u64 *value)
{
	*value = 0x1000 + id;
	return true;
}

static bool kit_pseudo_text(struct eng_ctx *ctx, enum eng_pseudo id, char *buf, size_t size)
{
	snprintf(buf, size, "%s", id == ENG_PS_PNAME ? "cat" : "2026-01-02");
	return true;
}

static u64 kit_clock(struct eng_ctx *ctx)
{
	return 5;
}

static void kit_emit(struct eng_ctx *ctx, const struct eng_msg *msg)
{
	struct script_kit *k = ctx->target;
	char text[160];

	if (msg->kind != ENG_MSG_FAULT) {
		kit_text(k, msg->text, msg->len);
		return;
	}
	snprintf(text, sizeof(text), "fault: %s, line %u\n", eng_error_text(msg->fault->code),
		 msg->fault->line);
	kit_text(k, text, strlen(text));
}

static void kit_request(struct eng_ctx *ctx, enum eng_request what, u64 event)
{
	char text[64];

	snprintf(text, sizeof(text), "request %d %llx\n", what, event);
	kit_text(ctx->target, text, strlen(text));
}

static const struct eng_host kit_host = {
	.load_regs = kit_load_regs,
	.read_mem = kit_read,
	.write_mem = kit_write,
	.pseudo = kit_pseudo,
	.text = kit_pseudo_text,
	.clock = kit_clock,
	.emit = kit_emit,
	.request = kit_request,
	.regs_readable = ENG_BIT(ENG_NREGS) - 1,
	.regs_writable = ENG_BIT(ENG_NREGS) - 1,
};

static inline void kit_put64(struct script_kit *k, u64 addr, u64 value)
{
	memcpy(k->mem + (addr - KIT_BASE), &value, 8);
}

/* The registers are those of the conformance cases that the language's authors published. */
static inline void kit_reset(struct script_kit *k)
{
	static const struct {
		u8 reg, value;
	} preset[] = { { ENG_RAX, 1 }, { ENG_RDX, 3 },	{ ENG_RBX, 4 },	 { ENG_RSP, 5 },
		       { ENG_RBP, 6 }, { ENG_RSI, 7 },	{ ENG_RDI, 8 },	 { ENG_R8, 9 },
		       { ENG_R9, 10 }, { ENG_R10, 11 }, { ENG_R11, 12 }, { ENG_R12, 13 },
		       { ENG_R13, 14 } };

	memset(&k->ctx, 0, sizeof(k->ctx));
	for (size_t i = 0; i < ARRAY_SIZE(preset); i++)
		k->ctx.reg[preset[i].reg] = preset[i].value;
	k->ctx.target = k;
	k->ctx.pid = 0x111;
	k->ctx.tid = 0x222;
	memset(k->mem, 0, sizeof(k->mem));
	kit_put64(k, 0x10010, 0x1122334455667788);
	memcpy(k->mem + 0x100, "hello", 6);
	memcpy(k->mem + 0x120, "hellp", 6);
	memcpy(k->mem + 0x140, L"hi", 4); /* not a 16-bit string: "h" and its NUL */
	k->len = 0;
	k->out[0] = 0;
}

static inline struct script_kit *kit_new(void)
{
	struct script_kit *k = calloc(1, sizeof(*k));

	CHECK(k);
	k->env = scr_env_new(KIT_GLOBALS);
	scr_env_set_caps(k->env, &eng_caps_process);
	k->vm = malloc(eng_vm_size());
	CHECK(k->env && k->vm);
	k->globals = (struct eng_globals){ k->slot, KIT_GLOBALS };
	eng_vm_init(k->vm, &kit_host, &k->globals, 1000000);
	k->maps.map = k->map;
	eng_vm_set_maps(k->vm, &k->maps);
	kit_reset(k);
	return k;
}

static inline void kit_free(struct script_kit *k)
{
	for (u32 i = 0; i < k->maps.nmaps; i++)
		free(k->map[i]);
	scr_env_free(k->env);
	free(k->vm);
	free(k);
}

/* All diagnostics, one per line: "LINE:COL+LEN message [hint]", warnings marked by 'w'. */
static inline void kit_diags(struct script_kit *k, const struct scr_diags *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct scr_diag *g = &d->diag[i];
		char text[1024];

		snprintf(text, sizeof(text), "%s%u:%u+%u %s%s%s%s\n",
			 g->severity == SCR_WARNING ? "w" : "", g->pos.line, g->pos.col, g->pos.len,
			 g->message, g->hint ? " [" : "", g->hint ? g->hint : "",
			 g->hint ? "]" : "");
		kit_text(k, text, strlen(text));
	}
}

/* Memory for the maps of new scripts, with room for 8 keys only. */
static inline void kit_maps(struct script_kit *k)
{
	for (u32 i = k->maps.nmaps; i < scr_env_nmaps(k->env); i++) {
		const char *name;
		const struct eng_map_desc *d = scr_env_map(k->env, i, &name);

		CHECK(i < ARRAY_SIZE(k->map));
		k->map[i] = eng_map_init(calloc(1, eng_map_size(d, 8)), d, 8);
		k->maps.nmaps++;
	}
}

/* Compile and run; what happened is in k->out. Returns whether it compiled without errors. */
static inline bool kit_run(struct script_kit *k, const char *text, enum scr_mode mode, bool diags)
{
	struct scr_source src = { "t", text, strlen(text), 1, 1 };
	struct scr_diags d = { 0 };
	struct eng_program *prog = scr_compile(k->env, &src, mode, &d);
	struct eng_fault fault;
	enum eng_error e;
	bool ok = prog != NULL;

	if (ok != !d.errors)
		UNIT_FAIL("%zu errors, but %s program:\n%s", d.errors, ok ? "a" : "no", text);
	if (diags || d.errors)
		kit_diags(k, &d);
	scr_diags_free(&d);
	if (!prog)
		return false;
	kit_maps(k);
	e = eng_run(k->vm, prog, &k->ctx, NULL, ENG_PRE, &fault);
	if (e != ENG_OK && !strstr(k->out, "fault:")) {
		struct eng_msg msg = { .kind = ENG_MSG_FAULT, .fault = &fault };

		kit_emit(&k->ctx, &msg);
	}
	scr_program_free(prog);
	return true;
}

/* A case: what the text prints, or which diagnostics it gets. */
struct script_case {
	const char *text, *want;
};

/* Each case in a session of its own; all failures are shown before the test fails. */
static inline void kit_cases(const struct script_case *cases, size_t n, bool diags)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		struct script_kit *k = kit_new();

		kit_run(k, cases[i].text, SCR_SCRIPT, diags);
		if (strcmp(k->out, cases[i].want)) {
			printf("# case %zu: %s\n#   got:  %s#   want: %s\n", i, cases[i].text,
			       k->out, cases[i].want);
			failed++;
		}
		kit_free(k);
	}
	if (failed)
		UNIT_FAIL("%d of %zu cases failed", failed, n);
}

#define RUNS(name, ...)                                                    \
	TEST(name)                                                         \
	{                                                                  \
		static const struct script_case cases[] = { __VA_ARGS__ }; \
		kit_cases(cases, ARRAY_SIZE(cases), false);                \
	}

#define DIAGNOSES(name, ...)                                               \
	TEST(name)                                                         \
	{                                                                  \
		static const struct script_case cases[] = { __VA_ARGS__ }; \
		kit_cases(cases, ARRAY_SIZE(cases), true);                 \
	}

#endif
