/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disasm.c - one instruction as text.
 *
 * For accepted images only: it looks up names without testing numbers again.
 */
#include "builtins.h"
#include "program.h"
#include "regs.h"
#include "text.h"

static const struct {
	const char *name, *format;
} ops[ENG_NOPS] = {
#define X(id, format, meaning) [ENG_OP_##id] = { #id, format },
	ENG_OPCODES(X)
#undef X
};

static const char *const ext_names[ENG_NEXT] = { "u8", "s8", "u16", "s16", "u32", "s32", "u64" };

static void put_reg(struct eng_text *t, u32 n)
{
	eng_text_char(t, 'r');
	eng_text_num(t, n, 10);
}

/* "r4..r6", "r4" or nothing */
static void put_window(struct eng_text *t, u32 first, u32 count)
{
	if (!count)
		return;
	put_reg(t, first);
	if (count > 1) {
		eng_text_str(t, "..");
		put_reg(t, first + count - 1);
	}
}

static void put_string(struct eng_text *t, const char *s)
{
	eng_text_char(t, '"');
	for (u32 n = 0; *s && n < 60; s++, n++) {
		if (*s == '\n')
			eng_text_str(t, "\\n");
		else
			eng_text_char(t, *s >= ' ' && *s <= '~' ? *s : '.');
	}
	eng_text_str(t, *s ? "\"..." : "\"");
}

static void put_call(struct eng_text *t, const char *name, u32 first, u32 count)
{
	eng_text_str(t, name);
	eng_text_char(t, '(');
	put_window(t, first, count);
	eng_text_char(t, ')');
}

static void put_operand(struct eng_text *t, const struct eng_program *prog, u32 pc, char letter)
{
	const struct eng_insn *in = &prog->code[pc];
	const struct eng_func *f;

	switch (letter) {
	case 'A':
	case 'a':
	case 'C':
		put_reg(t, in->a);
		break;
	case 'b':
		put_reg(t, in->b);
		break;
	case 'c':
		put_reg(t, in->c);
		break;
	case 'i':
		eng_text_int(t, in->imm);
		break;
	case 'k':
		eng_text_str(t, "0x");
		eng_text_num(t, prog->consts[in->imm], 16);
		break;
	case 'j':
		eng_text_str(t, "-> ");
		eng_text_int(t, (s64)pc + 1 + in->imm);
		break;
	case 'g':
		eng_text_char(t, 'g');
		eng_text_int(t, in->imm);
		break;
	case 'm':
		eng_text_str(t, "frame+");
		eng_text_int(t, in->imm);
		break;
	case 'o':
		eng_text_str(t, "data+");
		eng_text_int(t, in->imm);
		break;
	case 'r':
		eng_text_char(t, '@');
		eng_text_str(t, eng_reg_names[in->imm].name);
		break;
	case 'p':
		eng_text_char(t, '$');
		eng_text_str(t, eng_pseudo_names[in->imm].name);
		break;
	case 'f':
		f = &prog->funcs[in->imm];
		put_call(t, (const char *)prog->data + f->name, in->a, f->nparams);
		break;
	case 'B':
		put_reg(t, in->a);
		eng_text_str(t, ", ");
		put_call(t, eng_builtin_names[in->imm].name, in->a, in->b);
		break;
	case 'F':
		put_string(t, (const char *)prog->data + in->imm);
		if (in->b)
			eng_text_str(t, ", ");
		put_window(t, in->a, in->b);
		break;
	case 'M':
		put_reg(t, in->a);
		eng_text_str(t, ", .");
		eng_text_str(t, (const char *)prog->data + prog->maps[in->imm].name);
		eng_text_char(t, ' ');
		put_call(t, eng_map_ops[in->c].name, in->a, in->b);
		break;
	case 'x':
		eng_text_str(t, ext_names[in->c]);
		break;
	case 'w':
		eng_text_str(t, in->imm == ENG_F32 ? "f32" : "f64");
		break;
	case 's':
		eng_text_int(t, (s16)(in->b | in->c << 8));
		break;
	}
}

size_t eng_disasm(const struct eng_program *prog, u32 pc, char *buf, size_t size)
{
	struct eng_text t = { buf, size, 0 };
	const char *format = ops[prog->code[pc].op].format;

	eng_text_str(&t, ops[prog->code[pc].op].name);
	for (const char *f = format; *f; f++) {
		eng_text_str(&t, f == format ? " " : ", ");
		put_operand(&t, prog, pc, *f);
	}
	return eng_text_end(&t);
}

/* Any line may name any number: a name that is not there is the empty one at the end. */
const char *eng_program_file(const struct eng_program *prog, u32 pc)
{
	const u8 *name = prog->data + prog->image->files;
	const u8 *last = prog->data + prog->image->ndata - 1; /* a NUL */
	u32 file = prog->lines[pc] >> ENG_LINE_BITS;

	if (!file)
		return NULL;
	while (--file) {
		while (name < last && *name)
			name++;
		name += name < last;
	}
	return (const char *)name;
}
