/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tables.c - the names of registers, pseudo-registers and built-in functions.
 *
 * Data only: nothing else in the project may list these names again.
 */
#include "builtins.h"
#include "regs.h"

/* clang-format off */

/* A register of the first eight, with its 64-, 32-, 16-bit, high and low byte names. */
#define OLD(reg, q, d, w, h, l) \
	{ q, reg, 0, 64 }, { d, reg, 0, 32 }, { w, reg, 0, 16 }, { h, reg, 8, 8 }, { l, reg, 0, 8 }
/* The same without a high byte. */
#define LOW(reg, q, d, w, l) \
	{ q, reg, 0, 64 }, { d, reg, 0, 32 }, { w, reg, 0, 16 }, { l, reg, 0, 8 }
/* r8 to r15; the language has high bytes of these, which the instruction set has not. */
#define NEW(n) \
	{ "r" #n, ENG_R##n, 0, 64 }, { "r" #n "d", ENG_R##n, 0, 32 }, \
	{ "r" #n "w", ENG_R##n, 0, 16 }, { "r" #n "h", ENG_R##n, 8, 8 }, \
	{ "r" #n "l", ENG_R##n, 0, 8 }
#define WHOLE(name, reg) { name, reg, 0, 64 }
#define SELECTOR(name, reg) { name, reg, 0, 16 }
#define FLAG(name, bit) { name, ENG_RFLAGS, bit, 1 }

const struct eng_reg_name eng_reg_names[] = {
	OLD(ENG_RAX, "rax", "eax", "ax", "ah", "al"),
	OLD(ENG_RCX, "rcx", "ecx", "cx", "ch", "cl"),
	OLD(ENG_RDX, "rdx", "edx", "dx", "dh", "dl"),
	OLD(ENG_RBX, "rbx", "ebx", "bx", "bh", "bl"),
	LOW(ENG_RSP, "rsp", "esp", "sp", "spl"),
	LOW(ENG_RBP, "rbp", "ebp", "bp", "bpl"),
	LOW(ENG_RSI, "rsi", "esi", "si", "sil"),
	LOW(ENG_RDI, "rdi", "edi", "di", "dil"),
	NEW(8), NEW(9), NEW(10), NEW(11), NEW(12), NEW(13), NEW(14), NEW(15),
	{ "rip", ENG_RIP, 0, 64 }, { "eip", ENG_RIP, 0, 32 }, { "ip", ENG_RIP, 0, 16 },
	{ "rflags", ENG_RFLAGS, 0, 64 }, { "eflags", ENG_RFLAGS, 0, 32 },
	{ "flags", ENG_RFLAGS, 0, 16 },
	FLAG("cf", 0), FLAG("pf", 2), FLAG("af", 4), FLAG("zf", 6), FLAG("sf", 7), FLAG("tf", 8),
	FLAG("if", 9), FLAG("df", 10), FLAG("of", 11), { "iopl", ENG_RFLAGS, 12, 2 },
	FLAG("nt", 14), FLAG("rf", 16), FLAG("vm", 17), FLAG("ac", 18), FLAG("vif", 19),
	FLAG("vip", 20), FLAG("id", 21),
	SELECTOR("cs", ENG_CS), SELECTOR("ss", ENG_SS), SELECTOR("ds", ENG_DS),
	SELECTOR("es", ENG_ES), SELECTOR("fs", ENG_FS), SELECTOR("gs", ENG_GS),
	WHOLE("fs_base", ENG_FS_BASE), WHOLE("gs_base", ENG_GS_BASE),
	WHOLE("cr0", ENG_CR0), WHOLE("cr2", ENG_CR2), WHOLE("cr3", ENG_CR3),
	WHOLE("cr4", ENG_CR4), WHOLE("cr8", ENG_CR8),
	WHOLE("dr0", ENG_DR0), WHOLE("dr1", ENG_DR1), WHOLE("dr2", ENG_DR2),
	WHOLE("dr3", ENG_DR3), WHOLE("dr6", ENG_DR6), WHOLE("dr7", ENG_DR7),
	WHOLE("gdtr", ENG_GDTR), WHOLE("idtr", ENG_IDTR), WHOLE("ldtr", ENG_LDTR),
	SELECTOR("tr", ENG_TR),
};

const u32 eng_nreg_names = ARRAY_SIZE(eng_reg_names);

const struct eng_pseudo_name eng_pseudo_names[ENG_NPSEUDO] = {
#define X(id, name, flags, help) [ENG_PS_##id] = { name, flags, help },
	ENG_PSEUDO_TABLE(X)
#undef X
};

const struct eng_builtin_name eng_builtin_names[ENG_NBUILTINS] = {
#define X(id, name, args, result, targets, help) \
	[ENG_BI_##id] = { name, args, result, targets, help },
	ENG_BUILTIN_TABLE(X)
#undef X
};

const struct eng_absent_name eng_absent_names[] = {
#define X(name, targets, why) { name, targets, why },
	ENG_ABSENT_TABLE(X)
#undef X
};

const u32 eng_nabsent_names = ARRAY_SIZE(eng_absent_names);

/* clang-format on */

const struct eng_reg_name *eng_reg_find(const char *name, size_t len)
{
	for (u32 i = 0; i < eng_nreg_names; i++) {
		const char *have = eng_reg_names[i].name;
		size_t n = 0;

		while (n < len && have[n] && have[n] == name[n])
			n++;
		if (n == len && !have[n])
			return &eng_reg_names[i];
	}
	return NULL;
}
