/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disasm.c - one machine instruction as text, by Zydis. The bytes may be anything; nothing is
 * read but them.
 */
#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

#include "asm.h"

/* The address that the formatter came across, for its name. */
struct address {
	ZydisFormatterFunc print; /* the formatter's own way to print one */
	ZyanU64 value;
	bool any;
};

static ZyanStatus print_address(const ZydisFormatter *f, ZydisFormatterBuffer *buffer,
				ZydisFormatterContext *ctx)
{
	struct address *a = ctx->user_data;

	a->any = ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(ctx->instruction, ctx->operand,
						       ctx->runtime_address, &a->value));
	return a->print(f, buffer, ctx);
}

static void append_name(struct asm_insn *insn, u64 addr, asm_name_fn name, void *user)
{
	size_t n = strlen(insn->text);
	char text[128];

	if (name(user, addr, text, sizeof(text)))
		snprintf(insn->text + n, sizeof(insn->text) - n, " <%s>", text);
}

bool asm_disassemble(const u8 *bytes, size_t n, u64 addr, asm_name_fn name, void *user,
		     struct asm_insn *insn)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct address address = { 0 };
	ZydisDecodedInstruction decoded;
	ZydisFormatter formatter;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, &decoded, operands)))
		return false;
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	address.print = print_address;
	ZydisFormatterSetHook(&formatter, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS,
			      (const void **)&address.print);
	insn->len = decoded.length;
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &decoded, operands,
							  decoded.operand_count_visible, insn->text,
							  sizeof(insn->text), addr, &address)))
		return false;
	if (name && address.any)
		append_name(insn, address.value, name, user);
	return true;
}
