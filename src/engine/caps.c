/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * caps.c - what each target lets scripts use.
 *
 * Data only. The compiler reads it to refuse by name what a target has not got; the kernel
 * module reads it to refuse images that were not made by this compiler.
 */
#include "engine.h"

#define DEBUG_REGS                                                                   \
	(ENG_BIT(ENG_DR0) | ENG_BIT(ENG_DR1) | ENG_BIT(ENG_DR2) | ENG_BIT(ENG_DR3) | \
	 ENG_BIT(ENG_DR6) | ENG_BIT(ENG_DR7))
#define CONTROL_REGS                                                                 \
	(ENG_BIT(ENG_CR0) | ENG_BIT(ENG_CR2) | ENG_BIT(ENG_CR3) | ENG_BIT(ENG_CR4) | \
	 ENG_BIT(ENG_CR8))
#define ALL_PSEUDO (ENG_BIT(ENG_NPSEUDO) - 1)

const struct eng_caps eng_caps_process = {
	.target = "process",
	.letter = 'P',
	.regs_readable = ENG_REGS_USER | DEBUG_REGS,
	.regs_writable = ENG_REGS_USER,
	.pseudo = ALL_PSEUDO & ~ENG_BIT(ENG_PS_PROC) & ~ENG_BIT(ENG_PS_THREAD),
};

/*
 * A selector without its descriptor is nothing to write, and the tables' bases belong to the
 * kernel that runs on them. No $peb: it is found through the auxiliary vector and the memory
 * of a program that may not be in memory.
 */
const struct eng_caps eng_caps_machine = {
	.target = "machine",
	.letter = 'M',
	.regs_readable = ENG_BIT(ENG_NREGS) - 1,
	.regs_writable = ENG_REGS_GENERAL | ENG_BIT(ENG_RIP) | ENG_BIT(ENG_RFLAGS) |
			 ENG_BIT(ENG_FS_BASE) | ENG_BIT(ENG_GS_BASE) | CONTROL_REGS | DEBUG_REGS,
	.pseudo = ALL_PSEUDO & ~ENG_BIT(ENG_PS_PEB),
};
