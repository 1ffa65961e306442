/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * conventions.c - where each calling convention keeps number, arguments and result.
 *
 * Data only, and freestanding: the kernel module uses it too.
 */
#include "abi/abi.h"

const struct eng_abi abi_conventions[ABI_N] = {
	[ABI_X86_64] = { "x86-64",
			 ENG_RAX,
			 ENG_RAX,
			 { ENG_RDI, ENG_RSI, ENG_RDX, ENG_R10, ENG_R8, ENG_R9 },
			 64,
			 ABI_X86_64 },
	[ABI_I386] = { "i386",
		       ENG_RAX,
		       ENG_RAX,
		       { ENG_RBX, ENG_RCX, ENG_RDX, ENG_RSI, ENG_RDI, ENG_RBP },
		       32,
		       ABI_I386 },
	[ABI_X32] = { "x32",
		      ENG_RAX,
		      ENG_RAX,
		      { ENG_RDI, ENG_RSI, ENG_RDX, ENG_R10, ENG_R8, ENG_R9 },
		      64,
		      ABI_X32 },
};

/*
 * SYSCALL overwrites ECX, so the kernel takes the second argument from EBP and the sixth from
 * the top of the user's stack (entry_SYSCALL_compat in arch/x86/entry/entry_64_compat.S).
 */
const struct eng_abi abi_i386_syscall = {
	"i386", ENG_RAX,  ENG_RAX, { ENG_RBX, ENG_RBP, ENG_RDX, ENG_RSI, ENG_RDI, ENG_ARG_STACK },
	32,	ABI_I386,
};
