/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What custom code may execute in the hypervisor: named instructions, and every opcode of
 * every map against what an independent decoder says that the instruction does.
 */
#include "unit.h"

#include "code_check.h"

#ifdef HAVE_ZYDIS
#include <Zydis/Zydis.h>
#endif

static const struct {
	const char *bytes, *text;
	enum code_insn want;
} named[] = {
	/* clang-format off */
	{ "\x90", "nop", INSN_OK },
	{ "\xc3", "ret", INSN_OK },
	{ "\xf3\xa4", "rep movsb", INSN_OK },
	{ "\xf0\x48\x0f\xc7\x09", "lock cmpxchg16b [rcx]", INSN_OK },
	{ "\x0f\x31", "rdtsc", INSN_OK },
	{ "\x0f\x01\xf9", "rdtscp", INSN_OK },
	{ "\x0f\xae\xf0", "mfence", INSN_OK },
	{ "\x66\x0f\xae\x38", "clflushopt [rax]", INSN_OK },
	{ "\xc4\xe2\xf8\xf3\xd8", "blsi rax, rax", INSN_OK },
	{ "\xff\xd0", "call rax", INSN_OK },
	{ "\x8f\x00", "pop [rax]", INSN_OK },
	{ "\xf3\x0f\xc7\xf8", "rdpid rax", INSN_OK },
	{ "\x66\x0f\x38\xf6\xc0", "adcx eax, eax", INSN_OK },
	{ "\x9d", "popf", INSN_REFUSED },
	{ "\x66\x9d", "popfw", INSN_REFUSED },
	{ "\x2e\x4f\x48\x9d", "popf behind prefixes", INSN_REFUSED },
	{ "\x48\xcf", "iretq", INSN_REFUSED },
	{ "\xcb", "retf", INSN_REFUSED },
	{ "\xca\x00\x00", "retf 0", INSN_REFUSED },
	{ "\xff\x18", "call far [rax]", INSN_REFUSED },
	{ "\x48\xff\x28", "jmp far [rax]", INSN_REFUSED },
	{ "\xcd\x80", "int 0x80", INSN_REFUSED },
	{ "\xcc", "int3", INSN_BREAK },
	{ "\xf1", "int1", INSN_BREAK },
	{ "\x0f\x05", "syscall", INSN_CALL },
	{ "\x48\x0f\x05", "rex syscall", INSN_CALL },
	{ "\xf3\x66\x0f\x05", "syscall behind prefixes", INSN_CALL },
	{ "\x0f\x34", "sysenter", INSN_CALL },
	{ "\x0f\x07", "sysret", INSN_PRIVILEGED },
	{ "\x8e\xd0", "mov ss, eax", INSN_REFUSED },
	{ "\x0f\xb2\x00", "lss", INSN_REFUSED },
	{ "\x0f\xa1", "pop fs", INSN_REFUSED },
	{ "\xf3\x48\x0f\xae\xd8", "wrgsbase rax", INSN_REFUSED },
	{ "\xf3\x48\x0f\xae\xd0", "wrfsbase rax", INSN_REFUSED },
	{ "\x0f\x01\xf8", "swapgs", INSN_REFUSED },
	{ "\x0f\x01\xef", "wrpkru", INSN_REFUSED },
	{ "\x0f\x01\xfb", "mwaitx", INSN_REFUSED },
	{ "\xf2\x0f\xae\xf0", "umwait eax", INSN_REFUSED },
	{ "\x66\x0f\xae\xf0", "tpause eax", INSN_REFUSED },
	{ "\xf3\x0f\xae\xf0", "umonitor rax", INSN_REFUSED },
	{ "\xf3\x0f\xc7\xf0", "senduipi rax", INSN_REFUSED },
	{ "\x0f\x01\xd9", "vmmcall", INSN_REFUSED },
	{ "\x0f\x01\xda", "vmload", INSN_REFUSED },
	{ "\x0f\x01\xd7", "enclu", INSN_REFUSED },
	{ "\xc7\xf8\x00\x00\x00\x00", "xbegin", INSN_REFUSED },
	{ "\x0f\x38\xf6\x00", "wrssd", INSN_REFUSED },
	{ "\x0f\x38\xf8\x00", "enqcmd and its like", INSN_REFUSED },
	{ "\xfa", "cli", INSN_PRIVILEGED },
	{ "\xf4", "hlt", INSN_PRIVILEGED },
	{ "\xee", "out dx, al", INSN_PRIVILEGED },
	{ "\x0f\x30", "wrmsr", INSN_PRIVILEGED },
	{ "\x0f\x22\xd8", "mov cr3, rax", INSN_PRIVILEGED },
	{ "\x0f\x38\x82\x00", "invpcid", INSN_PRIVILEGED },
	{ "\x0f\x28\xc0", "movaps", INSN_VECTOR },
	{ "\x0f\x77", "emms", INSN_VECTOR },
	{ "\xd9\xe8", "fld1", INSN_VECTOR },
	{ "\x9b", "fwait", INSN_VECTOR },
	{ "\x0f\xae\x10", "ldmxcsr [rax]", INSN_VECTOR },
	{ "\x0f\xae\x28", "xrstor [rax]", INSN_VECTOR },
	{ "\xc5\xf8\x77", "vzeroupper", INSN_VECTOR },
	{ "\x62\xf1\x7c\x48\x28\xc0", "vmovaps zmm0, zmm0", INSN_VECTOR },
	{ "\x8f\xe9\x78\x12\xc0", "llwpcb rax", INSN_VECTOR },
	{ "\x0f\x0b", "ud2", INSN_ILLEGAL },
	{ "\x06", "push es", INSN_ILLEGAL },
	/* clang-format on */
};

TEST(named_instructions)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		u8 bytes[CODE_INSN_MAX] = { 0 };
		enum code_insn got;

		/* the bytes' own zeros stand where the array has zeros already */
		memcpy(bytes, named[i].bytes, strlen(named[i].bytes));
		got = code_check(bytes, sizeof(bytes));
		if (got != named[i].want)
			UNIT_FAIL("%s: %d, expected %d", named[i].text, got, named[i].want);
	}
}

TEST(too_short_is_never_allowed)
{
	static const char *const starts[] = { "\x66",	  "\x0f",     "\x0f\x01", "\x0f\xae",
					      "\x0f\x38", "\xc4\xe2", "\xff",	  "\x8f" };

	CHECK_EQ(code_check((const u8 *)"", 0), INSN_ILLEGAL);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		CHECK_EQ(code_check((const u8 *)starts[i], strlen(starts[i])), INSN_ILLEGAL);
}

TEST(prefixes_without_end)
{
	u8 bytes[64];

	memset(bytes, 0x66, sizeof(bytes));
	CHECK_EQ(code_check(bytes, sizeof(bytes)), INSN_ILLEGAL);
	bytes[CODE_INSN_MAX - 1] = 0x90;
	CHECK_EQ(code_check(bytes, sizeof(bytes)), INSN_OK);
	bytes[CODE_INSN_MAX - 1] = 0x66;
	bytes[CODE_INSN_MAX] = 0x90;
	CHECK_EQ(code_check(bytes, sizeof(bytes)), INSN_ILLEGAL);
}

#ifdef HAVE_ZYDIS
#define HARMLESS_FLAGS                                                               \
	(ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | ZYDIS_CPUFLAG_ZF | \
	 ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_DF | ZYDIS_CPUFLAG_OF)

/* NULL, or what is wrong with letting it through. */
static const char *objection(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *ops)
{
	u32 changed = 0;

	if (insn->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
		return "is privileged";
	if (insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return "is a far branch";
	switch (insn->meta.category) {
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_SEGOP:
	case ZYDIS_CATEGORY_VTX:
	case ZYDIS_CATEGORY_XSAVE:
	case ZYDIS_CATEGORY_WAITPKG:
	case ZYDIS_CATEGORY_UINTR:
	case ZYDIS_CATEGORY_SGX:
	case ZYDIS_CATEGORY_X87_ALU:
	case ZYDIS_CATEGORY_CET:
		/* by name: they change nothing, or general registers only */
		if (insn->mnemonic == ZYDIS_MNEMONIC_RDTSC ||
		    insn->mnemonic == ZYDIS_MNEMONIC_RDTSCP ||
		    insn->mnemonic == ZYDIS_MNEMONIC_ENDBR64 ||
		    insn->mnemonic == ZYDIS_MNEMONIC_ENDBR32 ||
		    insn->mnemonic == ZYDIS_MNEMONIC_RDSSPD ||
		    insn->mnemonic == ZYDIS_MNEMONIC_RDSSPQ)
			break;
		return "has a bad category";
	default:
		break;
	}
	if (insn->cpu_flags)
		changed = insn->cpu_flags->modified | insn->cpu_flags->set_0 |
			  insn->cpu_flags->set_1 | insn->cpu_flags->undefined;
	if (changed & ~(u32)HARMLESS_FLAGS)
		return "changes system flags";
	for (int i = 0; i < insn->operand_count; i++) {
		ZydisRegisterClass class;

		if (ops[i].type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		class = ZydisRegisterGetClass(ops[i].reg.value);
		if (class == ZYDIS_REGCLASS_GPR8 || class == ZYDIS_REGCLASS_GPR16 ||
		    class == ZYDIS_REGCLASS_GPR32 || class == ZYDIS_REGCLASS_GPR64 ||
		    class == ZYDIS_REGCLASS_FLAGS || class == ZYDIS_REGCLASS_IP)
			continue;
		if (!(ops[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
		    (class == ZYDIS_REGCLASS_SEGMENT || insn->mnemonic == ZYDIS_MNEMONIC_RDTSC ||
		     insn->mnemonic == ZYDIS_MNEMONIC_RDTSCP ||
		     insn->mnemonic == ZYDIS_MNEMONIC_RDPID))
			continue;
		if (insn->attributes & ZYDIS_ATTRIB_HAS_LOCK)
			continue;
		return "uses registers that are not general";
	}
	return NULL;
}

static unsigned long allowed, compared;

static void compare(const ZydisDecoder *decoder, const u8 bytes[CODE_INSN_MAX])
{
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	const char *why;

	compared++;
	if (code_check(bytes, CODE_INSN_MAX) != INSN_OK)
		return;
	/* what does not exist is left to the processor, which refuses it */
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(decoder, bytes, CODE_INSN_MAX, &insn, ops)))
		return;
	allowed++;
	why = objection(&insn, ops);
	if (why)
		UNIT_FAIL("%s (%02x %02x %02x %02x %02x %02x) %s",
			  ZydisMnemonicGetString(insn.mnemonic), bytes[0], bytes[1], bytes[2],
			  bytes[3], bytes[4], bytes[5], why);
}

/* Each opcode of a map with each ModRM byte behind each set of prefixes. */
static void compare_map(const char *map, size_t len)
{
	static const char *const prefixes[] = { "",	    "\x66",	"\xf2",	    "\xf3",
						"\x48",	    "\x66\x48", "\xf2\x48", "\xf3\x48",
						"\xf3\x66", "\xf0",	"\x64",	    "\x67" };
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t p = 0; p < ARRAY_SIZE(prefixes); p++) {
		for (unsigned opcode = 0; opcode < 0x10000; opcode++) {
			u8 bytes[CODE_INSN_MAX] = { 0 };
			size_t n = strlen(prefixes[p]);

			memcpy(bytes, prefixes[p], n);
			memcpy(bytes + n, map, len);
			bytes[n + len] = (u8)(opcode >> 8);
			bytes[n + len + 1] = (u8)opcode;
			compare(&decoder, bytes);
		}
	}
}

TEST(what_is_allowed_is_harmless)
{
	compare_map("", 0);
	compare_map("\x0f", 1);
	compare_map("\x0f\x38", 2);
	compare_map("\x0f\x3a", 2);
	for (int map = 0; map < 32; map++) {
		for (int w = 0; w < 8; w++) {
			char vex[3] = { (char)0xc4, (char)(0xe0 | map),
					(char)(w << 7 | 0x78 | (w & 3)) };

			compare_map(vex, 3);
		}
	}
	CHECK(allowed > 100000);
	CHECK(compared > allowed);
}
#endif

UNIT_MAIN()
