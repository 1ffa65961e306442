/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * code_check.h - may custom code execute this instruction?
 */
#ifndef LSTAR_CODE_CHECK_H
#define LSTAR_CODE_CHECK_H

#include "engine/base.h"

enum code_insn {
	INSN_OK,
	INSN_ILLEGAL, /* does not exist in 64-bit mode */
	INSN_PRIVILEGED,
	INSN_CALL, /* SYSCALL, SYSENTER */
	INSN_BREAK, /* INT3, INT1 */
	INSN_VECTOR, /* x87, MMX, SSE, AVX, AMX */
	INSN_REFUSED, /* could leave the cage, blind the single-step or wait for ever */
};

#define CODE_INSN_MAX 15 /* bytes; AMD64 volume 3, 1.1 */

/* The instruction at @p, of which @n bytes can be read. */
enum code_insn code_check(const u8 *p, size_t n);

#endif
