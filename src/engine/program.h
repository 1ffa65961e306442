/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program.h - a compiled script: its one memory image, and the view of it that
 * the verifier hands out.
 *
 * The image is position-independent and self-contained, so that the same bytes
 * go to the engine in the debugger, in a debuggee and in the kernel. Nobody may
 * run an image that eng_verify() has not accepted, nor change it afterwards.
 */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include "base.h"
#include "map.h"
#include "opcodes.h"

struct eng_insn {
	u8 op; /* enum eng_op */
	u8 a, b, c;
	s32 imm;
};

/* Function 0 is the script's main program: it has no parameters, and nobody calls it. */
struct eng_func {
	u32 entry; /* index of its first instruction */
	u32 len; /* instructions; functions lie in order, without gaps, from instruction 0 on */
	u16 nregs; /* registers of a frame, 1..ENG_MAX_REGS */
	u16 nparams; /* <= nregs; the rest starts at 0 */
	u32 mem; /* bytes of frame memory (addressable locals), multiple of 8 */
	u32 name; /* offset of its name in the constant data */
};

#define ENG_MAGIC 0x5354534cu /* "LSTS" */
#define ENG_IMAGE_VERSION 2

/* Limits of an image: what the verifier accepts. */
#define ENG_MAX_REGS 250
#define ENG_MAX_CODE (1u << 20)
#define ENG_MAX_FUNCS 4096
#define ENG_MAX_DATA (16u << 20)
#define ENG_MAX_MEM (1u << 20) /* frame memory of one function */

/*
 * The image. Sections follow the header in this order, each 8-byte aligned:
 * code, funcs, consts (u64), maps (struct eng_map_desc), lines (u32 per instruction, 0 = unknown), data.
 * After the data there may be padding up to the next multiple of 8.
 */
struct eng_image {
	u32 magic, version;
	u32 size; /* of the whole image, header included */
	u32 ncode, nfuncs, nconsts, ndata;
	u32 nglobals; /* highest global slot used + 1 */
	u32 nmaps; /* highest map used + 1; maps are numbered in the whole session */
	u32 files; /* data: names of included files one behind the other; lines number them */
	u64 regs_read, regs_written; /* what it touches: storage registers, by bit */
	u64 pseudo_read, pseudo_written; /* enum eng_pseudo, by bit */
	u64 builtins[2]; /* enum eng_builtin, by bit */
};

/* A line of code: number, and above it the file: 0 the script itself, n the nth name. */
#define ENG_LINE_BITS 24
#define ENG_LINE_MASK ((1u << ENG_LINE_BITS) - 1)

/* The verifier's view of an accepted image; all pointers lead into it. */
struct eng_program {
	const struct eng_image *image;
	const struct eng_insn *code;
	const struct eng_func *funcs;
	const u64 *consts;
	const struct eng_map_desc *maps;
	const u32 *lines; /* of each instruction */
	const u8 *data; /* strings; formats; ends with a NUL */
};

/* Why an image was refused. */
struct eng_verdict {
	const char *why; /* static text, NULL when accepted */
	u32 pc; /* offending instruction where it makes sense */
};

/*
 * Accept or refuse @size bytes at @image (8-byte aligned), which may hold anything.
 * @scratch: caller's memory of eng_verify_scratch(size) bytes, nothing else is used;
 * time is linear in @size. On success fills @prog and returns true.
 */
size_t eng_verify_scratch(size_t size);
bool eng_verify(const void *image, size_t size, void *scratch, struct eng_program *prog,
		struct eng_verdict *verdict);

/*
 * One instruction as text, such as "ADDI r2, r1, 1"; returns the length it has or would
 * have had. Used by --dump-bytecode and by tests.
 */
size_t eng_disasm(const struct eng_program *prog, u32 pc, char *buf, size_t size);

/* The included file that an instruction comes from; NULL: the script itself. */
const char *eng_program_file(const struct eng_program *prog, u32 pc);

#endif
