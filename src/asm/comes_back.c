/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * comes_back.c - which instructions do their work elsewhere, or many times, before the one
 * behind them is reached. The bytes may be anything; nothing is read but them.
 */
#include <Zydis/Zydis.h>

#include "asm.h"

#define REPEATED (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)

/* How position-independent 32-bit code learns its address; nobody returns from it. */
static bool calls_the_next(const ZydisDecodedInstruction *insn)
{
	return insn->raw.imm[0].is_relative && !insn->raw.imm[0].value.s;
}

unsigned asm_comes_back(const u8 *bytes, size_t n, bool bits32)
{
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder,
			 bits32 ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32 : ZYDIS_MACHINE_MODE_LONG_64,
			 bits32 ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, n, &insn)))
		return 0;
	if (insn.meta.category == ZYDIS_CATEGORY_CALL)
		return calls_the_next(&insn) ? 0 : insn.length;
	return insn.attributes & REPEATED ? insn.length : 0;
}
