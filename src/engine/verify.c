/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * verify.c - accepts or refuses images.
 *
 * It trusts nothing: an image may come from whoever can open the kernel module's
 * device. Every rule that the interpreter relies on without a test is checked here.
 */
#include "builtins.h"
#include "format.h"
#include "program.h"
#include "regs.h"

struct check {
	const u8 *base;
	struct eng_program prog;
	const struct eng_func *fn; /* whose code is being checked */
	u32 pc;
	u8 *counts; /* per byte of data: arguments of the format there + 1, 0 unknown */
	u32 scanned; /* bytes of formats that were parsed */
	const char *why;
};

#define MANY 0xff /* arguments of a format, at least */

/* One byte for every byte of data, which is less than the image. */
size_t eng_verify_scratch(size_t size)
{
	return size;
}

static bool refuse(struct check *c, const char *why)
{
	c->why = why;
	return false;
}

/* The bounds of a section, and the offset of the next one. */
static bool section(u64 *off, u64 count, u64 each, u64 limit, u64 *start)
{
	*start = *off;
	*off += (count * each + 7) & ~7ULL; /* both are 32 bits, at most 24 bytes each */
	return *off <= limit;
}

static bool check_header(struct check *c, size_t size)
{
	const struct eng_image *im = c->prog.image;

	if (size < sizeof(*im))
		return refuse(c, "image too short");
	if ((uintptr_t)im & 7)
		return refuse(c, "image not aligned");
	if (im->magic != ENG_MAGIC)
		return refuse(c, "not a script image");
	if (im->version != ENG_IMAGE_VERSION)
		return refuse(c, "image of another version");
	if (im->size != size)
		return refuse(c, "image size differs");
	if (!im->ncode || im->ncode > ENG_MAX_CODE)
		return refuse(c, "no code or too much");
	if (!im->nfuncs || im->nfuncs > ENG_MAX_FUNCS)
		return refuse(c, "no function or too many");
	if (!im->ndata || im->ndata > ENG_MAX_DATA)
		return refuse(c, "no data or too much");
	if (im->files >= im->ndata)
		return refuse(c, "names of files outside the data");
	if (im->nmaps > ENG_MAX_MAPS)
		return refuse(c, "too many maps");
	if ((im->regs_read | im->regs_written) >> ENG_NREGS)
		return refuse(c, "unknown register in header");
	if ((im->pseudo_read | im->pseudo_written) >> ENG_NPSEUDO)
		return refuse(c, "unknown pseudo-register in header");
	return true;
}

static bool check_sections(struct check *c)
{
	const struct eng_image *im = c->prog.image;
	u64 limit = (im->size + 7ULL) & ~7ULL, off = sizeof(*im);
	u64 code, funcs, consts, maps, lines, data;

	if (!section(&off, im->ncode, sizeof(struct eng_insn), limit, &code) ||
	    !section(&off, im->nfuncs, sizeof(struct eng_func), limit, &funcs) ||
	    !section(&off, im->nconsts, sizeof(u64), limit, &consts) ||
	    !section(&off, im->nmaps, sizeof(struct eng_map_desc), limit, &maps) ||
	    !section(&off, im->ncode, sizeof(u32), limit, &lines) ||
	    !section(&off, im->ndata, 1, limit, &data))
		return refuse(c, "section outside the image");
	if (off != limit || data + im->ndata > im->size)
		return refuse(c, "sections do not fill the image");
	c->prog.code = (const struct eng_insn *)(c->base + code);
	c->prog.funcs = (const struct eng_func *)(c->base + funcs);
	c->prog.consts = (const u64 *)(c->base + consts);
	c->prog.maps = (const struct eng_map_desc *)(c->base + maps);
	c->prog.lines = (const u32 *)(c->base + lines);
	c->prog.data = c->base + data;
	if (c->prog.data[im->ndata - 1])
		return refuse(c, "data without a final NUL");
	for (u32 i = 0; i < im->nmaps; i++)
		if (!eng_map_desc_ok(&c->prog.maps[i]) || c->prog.maps[i].name >= im->ndata)
			return refuse(c, "bad shape of a map");
	return true;
}

static bool check_function(struct check *c, u32 index, u32 *next)
{
	const struct eng_image *im = c->prog.image;
	const struct eng_func *f = c->fn;

	if (f->entry != *next || !f->len || f->len > im->ncode - f->entry)
		return refuse(c, "functions out of order");
	if (!f->nregs || f->nregs > ENG_MAX_REGS || f->nparams > f->nregs)
		return refuse(c, "bad register count of a function");
	if (!index && f->nparams)
		return refuse(c, "main program with parameters");
	if (f->mem % 8 || f->mem > ENG_MAX_MEM)
		return refuse(c, "bad frame memory of a function");
	if (f->name >= im->ndata)
		return refuse(c, "function name outside the data");
	*next = f->entry + f->len;
	switch (c->prog.code[*next - 1].op) {
	case ENG_OP_J:
	case ENG_OP_RET:
	case ENG_OP_END:
		return true;
	default:
		c->pc = *next - 1;
		return refuse(c, "function without an end");
	}
}

static const char *const formats[ENG_NOPS] = {
#define X(id, format, meaning) [ENG_OP_##id] = format,
	ENG_OPCODES(X)
#undef X
};

static s32 sbc(const struct eng_insn *in)
{
	return (s16)(in->b | in->c << 8);
}

/* R[@first]... of @count registers, and at least one, lie in the frame. */
static bool window(struct check *c, u32 first, u32 count)
{
	if (first + (count ? count : 1) > c->fn->nregs)
		return refuse(c, "register outside the frame");
	return true;
}

static bool check_jump(struct check *c, const struct eng_insn *in)
{
	s64 target = (s64)c->pc + 1 + in->imm;

	if (target < c->fn->entry || target >= (s64)c->fn->entry + c->fn->len)
		return refuse(c, "jump out of the function");
	return true;
}

/* Bytes of frame memory that an instruction touches. */
static u32 frame_bytes(const struct eng_insn *in)
{
	switch (in->op) {
	case ENG_OP_LDF:
	case ENG_OP_STF:
		return 1u << (in->c >> 1);
	case ENG_OP_ZEROF:
		return sbc(in) < 0 ? ~0u : (u32)sbc(in);
	default:
		return 1;
	}
}

static bool check_frame(struct check *c, const struct eng_insn *in)
{
	if (in->imm < 0 || (u64)in->imm + frame_bytes(in) > c->fn->mem)
		return refuse(c, "outside the frame memory");
	return true;
}

static bool check_number(struct check *c, const struct eng_insn *in)
{
	switch (in->op) {
	case ENG_OP_SHLI:
	case ENG_OP_SHRSI:
	case ENG_OP_SHRUI:
		if (in->imm < 0 || in->imm > 63)
			return refuse(c, "bad shift count");
		break;
	case ENG_OP_SHL:
	case ENG_OP_SHRS:
	case ENG_OP_SHRU:
		if (in->imm < 1 || in->imm > 64)
			return refuse(c, "bad width of a shift");
		break;
	case ENG_OP_COPY:
	case ENG_OP_BOUND:
		if (in->imm < 0)
			return refuse(c, "negative number");
		break;
	}
	return true;
}

static bool check_register(struct check *c, const struct eng_insn *in)
{
	const struct eng_image *im = c->prog.image;
	u64 used = in->op == ENG_OP_LDREG ? im->regs_read : im->regs_written;

	if (in->imm < 0 || (u32)in->imm >= eng_nreg_names)
		return refuse(c, "unknown register");
	if (!(used & ENG_BIT(eng_reg_names[in->imm].reg)))
		return refuse(c, "register missing in the header");
	return true;
}

static bool check_pseudo(struct check *c, const struct eng_insn *in)
{
	const struct eng_image *im = c->prog.image;
	bool write = in->op == ENG_OP_STPS;
	u64 used = write ? im->pseudo_written : im->pseudo_read;

	if (in->imm < 0 || in->imm >= ENG_NPSEUDO)
		return refuse(c, "unknown pseudo-register");
	if (write && !(eng_pseudo_names[in->imm].flags & ENG_PS_WRITABLE))
		return refuse(c, "read-only pseudo-register");
	if (!(used & ENG_BIT(in->imm)))
		return refuse(c, "pseudo-register missing in the header");
	return true;
}

static bool check_call(struct check *c, const struct eng_insn *in)
{
	const struct eng_image *im = c->prog.image;

	if (in->imm < 1 || (u32)in->imm >= im->nfuncs)
		return refuse(c, "unknown function");
	return window(c, in->a, c->prog.funcs[in->imm].nparams);
}

static bool check_builtin(struct check *c, const struct eng_insn *in)
{
	const struct eng_image *im = c->prog.image;
	const char *args;
	u32 n = 0;

	if (in->imm < 0 || in->imm >= ENG_NBUILTINS)
		return refuse(c, "unknown built-in");
	for (args = eng_builtin_names[in->imm].args; args[n];)
		n++;
	if (in->b != n)
		return refuse(c, "wrong number of arguments of a built-in");
	if (!(im->builtins[in->imm / 64] & ENG_BIT(in->imm % 64)))
		return refuse(c, "built-in missing in the header");
	return window(c, in->a, n);
}

/*
 * Each format is parsed once. Formats that are ends of others are parsed as well, up to
 * the size of the data altogether, which keeps the time linear whatever an image does.
 */
static bool count_arguments(struct check *c, u32 off)
{
	const char *start = (const char *)c->prog.data + off;
	const char *pos = start, *end = (const char *)c->prog.data + c->prog.image->ndata;
	struct eng_fmt f;
	u32 n = 0;

	while (n < MANY - 1 && eng_fmt_next(&pos, end, &f)) {
		n += f.kind != ENG_FMT_TEXT;
		if (c->scanned + (u64)(pos - start) > c->prog.image->ndata)
			return refuse(c, "formats overlap");
	}
	c->scanned += (u32)(pos - start);
	c->counts[off] = (u8)(n + 1);
	return true;
}

static bool check_printf(struct check *c, const struct eng_insn *in)
{
	if (in->imm < 0 || (u32)in->imm >= c->prog.image->ndata)
		return refuse(c, "format outside the data");
	if (!c->counts[in->imm] && !count_arguments(c, (u32)in->imm))
		return false;
	if (c->counts[in->imm] - 1u != in->b)
		return refuse(c, "wrong number of arguments of a format");
	return window(c, in->a, in->b);
}

static bool check_map(struct check *c, const struct eng_insn *in)
{
	const struct eng_map_op_info *op;
	const struct eng_map_desc *d;

	if (in->imm < 0 || (u32)in->imm >= c->prog.image->nmaps)
		return refuse(c, "unknown map");
	if (in->c >= ENG_NMAPOPS)
		return refuse(c, "unknown operation on a map");
	op = &eng_map_ops[in->c];
	d = &c->prog.maps[in->imm];
	if (!(op->kinds & ENG_BIT(d->kind)))
		return refuse(c, "this kind of map has no such operation");
	if (in->b != (op->key ? eng_map_key_regs[d->keys] : 0) + op->values)
		return refuse(c, "wrong number of registers of an operation on a map");
	return window(c, in->a, in->b);
}

static bool check_operand(struct check *c, const struct eng_insn *in, char letter)
{
	const struct eng_image *im = c->prog.image;

	switch (letter) {
	case 'a':
	case 'A':
		return window(c, in->a, 1);
	case 'b':
		return window(c, in->b, 1);
	case 'c':
		return window(c, in->c, 1);
	case 'i':
		return check_number(c, in);
	case 'k':
		return (in->imm >= 0 && (u32)in->imm < im->nconsts) ||
		       refuse(c, "unknown constant");
	case 'g':
		return (in->imm >= 0 && (u32)in->imm < im->nglobals) || refuse(c, "unknown global");
	case 'o':
		return (in->imm >= 0 && (u32)in->imm < im->ndata) || refuse(c, "outside the data");
	case 'j':
		return check_jump(c, in);
	case 'm':
		return check_frame(c, in);
	case 'r':
		return check_register(c, in);
	case 'p':
		return check_pseudo(c, in);
	case 'f':
		return check_call(c, in);
	case 'B':
		return check_builtin(c, in);
	case 'F':
		return check_printf(c, in);
	case 'M':
		return check_map(c, in);
	case 'x':
		return in->c < ENG_NEXT || refuse(c, "unknown width");
	case 'w':
		return (in->imm >= 0 && in->imm < ENG_NFP) || refuse(c, "unknown float width");
	default: /* s: any 16 bits; C: checked with f */
		return true;
	}
}

static bool check_insn(struct check *c, bool is_main)
{
	const struct eng_insn *in = &c->prog.code[c->pc];

	if (in->op >= ENG_NOPS)
		return refuse(c, "unknown instruction");
	if (in->op == ENG_OP_END && !is_main)
		return refuse(c, "end of the script in a function");
	for (const char *f = formats[in->op]; *f; f++)
		if (!check_operand(c, in, *f))
			return false;
	return true;
}

static bool check_all(struct check *c, size_t size)
{
	const struct eng_image *im = c->prog.image;
	u32 next = 0;

	if (!check_header(c, size) || !check_sections(c))
		return false;
	memset(c->counts, 0, im->ndata);
	for (u32 i = 0; i < im->nfuncs; i++) {
		c->fn = &c->prog.funcs[i];
		c->pc = 0;
		if (!check_function(c, i, &next))
			return false;
	}
	if (next != im->ncode)
		return refuse(c, "code outside of functions");
	c->pc = 0;
	for (u32 i = 0; i < im->nfuncs; i++) {
		c->fn = &c->prog.funcs[i];
		for (u32 end = c->fn->entry + c->fn->len; c->pc < end; c->pc++)
			if (!check_insn(c, !i))
				return false;
	}
	return true;
}

bool eng_verify(const void *image, size_t size, void *scratch, struct eng_program *prog,
		struct eng_verdict *verdict)
{
	struct check c = { .base = image, .prog.image = image, .counts = scratch };
	bool ok = check_all(&c, size);

	*verdict = (struct eng_verdict){ .why = ok ? NULL : c.why, .pc = ok ? 0 : c.pc };
	if (ok)
		*prog = c.prog;
	return ok;
}
