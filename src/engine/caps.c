/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * caps.c - what each target lets scripts use.
 *
 * Data only. The compiler reads it to refuse by name what a target has not got; the kernel
 * module reads it to refuse images that were not made by this compiler.
 */
#include "engine.h"

#define ALL_PSEUDO (ENG_BIT(ENG_NPSEUDO) - 1)

const struct eng_caps eng_caps_process = {
	.target = "process",
	.letter = 'P',
	.regs_readable = ENG_REGS_USER | ENG_REGS_DEBUG,
	.regs_writable = ENG_REGS_USER,
	.pseudo = ALL_PSEUDO & ~ENG_BIT(ENG_PS_PROC) & ~ENG_BIT(ENG_PS_THREAD),
};

/*
 * No $peb: it is found through the auxiliary vector and the memory of a program that may not
 * be in memory.
 */
const struct eng_caps eng_caps_machine = {
	.target = "machine",
	.letter = 'M',
	.regs_readable = ENG_REGS_MACHINE,
	.regs_writable = ENG_REGS_MACHINE_WRITABLE,
	.pseudo = ALL_PSEUDO & ~ENG_BIT(ENG_PS_PEB),
};
