/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_verify.c - any bytes as an image: the verifier must survive them, and what it
 * accepts must run, within its budget and its memory, against the host of host.c.
 *
 * The first byte of an input says what the others are: an image as it is; instructions
 * that are put into an otherwise good image; or changes to an image that the compiler made
 * of one of the scripts below, which between them use all of the language.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "script/script.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define NSLOTS 64

static u64 slots[NSLOTS];

#define NMAPS 4

static const struct eng_map_desc shapes[NMAPS] = {
	{ .keys = ENG_KEYS_INT, .kind = ENG_MAP_VALUE, .name = 1 },
	{ .keys = ENG_KEYS_STR, .kind = ENG_MAP_AVG },
	{ .keys = ENG_KEYS_INT2, .kind = ENG_MAP_LHIST, .buckets = 3, .min = -1, .step = 2 },
	{ .keys = ENG_KEYS_NONE, .kind = ENG_MAP_HIST },
};

/* The maps that the image wants, if they are not too many. */
static void run(const struct eng_program *prog)
{
	struct eng_map *map[8];
	struct eng_maps maps = { map, 0 };

	for (; maps.nmaps < prog->image->nmaps && maps.nmaps < ARRAY_SIZE(map); maps.nmaps++)
		map[maps.nmaps] = fuzz_map(&prog->maps[maps.nmaps]);
	memset(slots, 0, sizeof(slots));
	fuzz_fire(prog, slots, NSLOTS, &maps);
	for (u32 i = 0; i < maps.nmaps; i++)
		free(map[i]);
}

/* --- instructions in a good image --- */

/* A good image around @size bytes of instructions; operands are brought near their ranges. */
static size_t wrap(const u8 *data, size_t size, u8 *out)
{
	static const char strings[40] = "main\0%d %s %c\0%x\0f\0%5.3lld%ws%%\0str";
	u32 n = size / 8 < 200 ? (u32)(size / 8) : 200;
	struct eng_image im = { .magic = ENG_MAGIC,
				.version = ENG_IMAGE_VERSION,
				.ncode = n + 4,
				.nfuncs = 2,
				.nconsts = 4,
				.ndata = sizeof(strings),
				.nmaps = NMAPS,
				.nglobals = NSLOTS,
				.regs_read = (1ULL << ENG_NREGS) - 1,
				.regs_written = (1ULL << ENG_NREGS) - 1,
				.pseudo_read = (1ULL << ENG_NPSEUDO) - 1,
				.pseudo_written = (1ULL << ENG_NPSEUDO) - 1,
				.builtins = { ~0ULL, ~0ULL } };
	struct eng_insn *code = (struct eng_insn *)(out + sizeof(im));
	u32 half = n / 2 + 2;
	struct eng_func fn[2] = { { .entry = 0, .len = half, .nregs = 16, .mem = 64 },
				  { .entry = half,
				    .len = n + 4 - half,
				    .nregs = 12,
				    .nparams = 2,
				    .mem = 32,
				    .name = 18 } };
	u64 consts[4] = { ENG_ADDR(ENG_SEG_FRAME, 60), ENG_ADDR(ENG_SEG_GLOBALS, 8), 500,
			  ENG_ADDR(ENG_SEG_BUFFER, 8) };
	u8 *p;

	memset(code, 0, (n + 4) * 8ULL);
	for (u32 i = 0, from = 0; i < n + 4; i++) {
		if (i == half - 1 || i == half - 2 || i >= n + 2) {
			code[i].op = ENG_OP_RET;
			continue;
		}
		memcpy(&code[i], data + 8 * from++, 8);
		code[i].op %= ENG_NOPS;
		code[i].a %= 13;
	}
	p = out + sizeof(im) + (n + 4) * 8ULL;
	memcpy(p, fn, sizeof(fn));
	p += (sizeof(fn) + 7) & ~7ULL;
	memcpy(p, consts, sizeof(consts));
	p += sizeof(consts);
	memcpy(p, shapes, sizeof(shapes));
	p += sizeof(shapes);
	memset(p, 0, ((n + 4) * 4ULL + 7) & ~7ULL);
	p += ((n + 4) * 4ULL + 7) & ~7ULL;
	memcpy(p, strings, sizeof(strings));
	p += sizeof(strings);
	im.size = (u32)(p - out);
	memcpy(out, &im, sizeof(im));
	return im.size;
}

/* --- changes to good images --- */

/* clang-format off */
static const char *const scripts[] = {
	"long fib_x(long n) { if (n < 2) return n; return fib_x(n - 1) + fib_x(n - 2); }"
	"for (long i = 0; i < 7; i++) printf(\"%lld %5x|%-4d\", fib_x(i), i, (char)i);",

	"struct point { int x; short y; };"
	"struct node { char tag; struct node *next; struct point p[2]; };"
	"struct node n = { 1, 0, { { 1, 2 }, { 3, 4 } } }; struct node m; m = n; n.next = &m;"
	"struct point all[4] = { { 1 } }; all[n.p[1].x & 3] = n.next->p[1];"
	"print(all[3].y + m.p[0].x); struct point .g = all[1]; struct point *p = (struct point *)60;"
	"p->x = p[1].y; *p = .g;",

	"double w = 1.5; float v = 2.25; w += v * 3; v /= 2; if (w > v || !v)"
	"printf(\"%f %e %g\", w, -w, (double)v); int k = (int)w; double many[3] = { 1, 2.5 };"
	"many[k & 1] -= w; unsigned long u = (unsigned long)many[1]; print(u);"
	"double half(double x, float y) { return x / 2 + y; } v = half(u, k); w++;",

	".m[$pid, @rax]++; .n[$pname] += 2; .s[str(@rdi)] = count(); .h[1] = hist(@rdx);"
	".l = lhist(@rax, 0, 0n50, 5); .va[@rax] = avg(@rdi); .z[$tid] = .m[$pid, 1];"
	"if (has(.m[1, 2])) delete(.m[1, 2]); print(len(.m)); print(.n); print(.h); print(.l);"
	"clear(.n);",

	".vb = sum(1); .vi[@rbx] = min(@rcx); .vx[\"key\"] = max(@rdx); print(.vi); print(.vx);"
	"for (int k = 0; k < 0n9; k++) .z[k & 7]++; print(.z[3]); delete(.z[2]); print(.z);",

	"for (int k = 0; k < 0n10; k++) { switch (k) { case 1: case 2: continue; case 3: print(k);"
	"break; case 0n100: print(1); default: .n = .n + (k << 2) % 7; } } .n >>= 2;",

	"char t[8] = { 's', 't' }; int q[2][3] = { { 1 }, { 2, 3 } }; int *p = &q[1][0]; p++;"
	"*p += q[@rax & 1][2]; t[*p & 7] = 'x'; printf(\"%s %c %ws\", t, t[0], L\"wide\");"
	"memcpy(&q, t, 4); print(strcmp(t, \"abc\") + wcslen(L\"ab\") + strlen(40) + dq(80));"
	"eq(100, 5); eb($buffer, 2); print(db($buffer)); printf(\"%10.3s|%p\", 40, p);",

	".lock = 0; .n = 0; spinlock_lock(&.lock); interlocked_exchange_add(&.n, 2);"
	"spinlock_unlock(&.lock); event_sc(1); @rax = 5; @eax = 6; @al = 7; $syscall_arg1 = @r10;"
	"microsleep(1); pause(); printf(\"%llx %d\", $syscall_number, $tid);",
};
/* clang-format on */

static u64 made[1024]; /* the image that is tried */

struct good {
	u8 *image;
	u32 size;
};

static struct good good[ARRAY_SIZE(scripts)];

/* What the header has to announce, so that no change fails for that alone. */
static void allow_all(struct eng_image *im)
{
	im->regs_read = im->regs_written = ENG_BIT(ENG_NREGS) - 1;
	im->pseudo_read = im->pseudo_written = ENG_BIT(ENG_NPSEUDO) - 1;
	im->builtins[0] = im->builtins[1] = ~0ULL;
}

static void compile_all(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct scr_env *env = scr_env_new(NSLOTS);
		struct scr_source src = { "good", scripts[i], strlen(scripts[i]), 1, 1 };
		struct scr_diags d = { 0 };
		struct eng_program *prog = scr_compile(env, &src, SCR_SCRIPT, &d);

		if (!prog) {
			scr_diags_print(&d, stderr, false);
			abort();
		}
		good[i].size = prog->image->size;
		if (good[i].size > sizeof(made))
			abort();
		good[i].image = malloc(good[i].size);
		memcpy(good[i].image, prog->image, good[i].size);
		allow_all((struct eng_image *)good[i].image);
		scr_program_free(prog);
		scr_diags_free(&d);
		scr_env_free(env);
	}
}

/* One change: where, what, two bytes of a value. */
static void change(u8 *image, u32 size, u32 ncode, const u8 *p)
{
	const u32 off = sizeof(struct eng_image);
	struct eng_insn *in = (struct eng_insn *)(image + off + (p[0] | p[1] << 8) % ncode * 8);

	switch (p[2] % 11) {
	case 0:
		in->op = p[3] % ENG_NOPS;
		break;
	case 1:
		in->a = p[3] % 16;
		break;
	case 2:
		in->b = p[3] % 16;
		break;
	case 3:
		in->c = p[3] % 16;
		break;
	case 4:
		in->imm = (s8)p[3];
		break;
	case 5:
		in->imm = p[3] * 8;
		break;
	case 6: /* another instruction of the same program */
		memcpy(in, image + off + p[3] % ncode * 8, sizeof(*in));
		break;
	case 7:
		in->imm = (s32)((u32)in->imm ^ 1u << p[3] % 32);
		break;
	case 8:
		in->op = ENG_OP_BUILTIN;
		in->imm = p[3] % ENG_NBUILTINS;
		in->b = (u8)strlen(eng_builtin_names[in->imm].args);
		break;
	case 9: /* anything in front of the code's end: the header too */
		image[(p[0] | p[1] << 8) % (off + ncode * 8)] = p[3];
		break;
	default: /* functions, constants, maps, lines, data */
		image[size - 1 - (p[0] | p[1] << 8) % (size - off)] = p[3];
		break;
	}
}

static u32 mutate_good(const u8 *data, size_t size, u8 *out)
{
	const struct good *g = &good[size ? data[0] % ARRAY_SIZE(scripts) : 0];

	memcpy(out, g->image, g->size);
	for (size_t i = 1; i + 4 <= size; i += 4)
		change(out, g->size, ((struct eng_image *)g->image)->ncode, data + i);
	return g->size;
}

enum input { INPUT_IMAGE, INPUT_CODE, INPUT_CHANGES, NINPUTS };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	enum input what = size ? data[0] % NINPUTS : INPUT_IMAGE;
	struct eng_program prog;
	struct eng_verdict verdict;
	size_t image_size = size ? size - 1 : 0;
	u8 *image, *scratch;

	if (!good[0].image)
		compile_all();
	if (what == INPUT_CODE)
		image_size = wrap(data + 1, size - 1, (u8 *)made);
	else if (what == INPUT_CHANGES)
		image_size = mutate_good(data + 1, size - 1, (u8 *)made);
	/* exactly as much of both as promised */
	image = malloc(image_size ? image_size : 1);
	scratch = malloc(eng_verify_scratch(image_size));
	if (image_size)
		memcpy(image, what == INPUT_IMAGE ? data + 1 : (u8 *)made, image_size);
	if (eng_verify(image, image_size, scratch, &prog, &verdict))
		run(&prog);
	free(scratch);
	free(image);
	return 0;
}
