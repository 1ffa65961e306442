// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * code_check.c - which instructions custom code may execute in the host: a list of what is
 * harmless, not of what is dangerous, so that what no table knows yet is refused.
 * Freestanding, no state. AMD64 volume 3, appendix A; Intel SDM volume 2, appendix A.
 *
 * Harmless is what touches general registers, the arithmetic flags and memory, and nothing else:
 * page tables bound the memory, single-step the time. So these must not get through: what
 * changes TF (POPF, IRET), delays its trap (MOV SS, POP SS, LSS), enters ring 0 (SYSCALL,
 * SYSENTER, INT), changes CS (far transfers), changes registers that are the guest's and that
 * VMRUN does not load (FS and GS and their bases, PKRU, UIF, the FPU), or waits (MWAITX,
 * UMWAIT, TPAUSE): with GIF clear nothing would wake the processor up.
 */
#include "code_check.h"

/*
 * One letter an opcode: . harmless  p prefix  U illegal  P privileged  S system call
 * B breakpoint  V vector  X refused  G: the ModRM byte decides  W VEX or EVEX  0 3 escape
 */
/* clang-format off */
static const char one_byte[] =
	/* 0123456789abcdef */
	  "......UU......U0" /* 0 */
	  "......UU......UU" /* 1 */
	  "......pU......pU" /* 2 */
	  "......pU......pU" /* 3 */
	  "pppppppppppppppp" /* 4: REX */
	  "................" /* 5 */
	  "UUV.pppp....PPPP" /* 6: EVEX; INS, OUTS */
	  "................" /* 7 */
	  "..U...........XG" /* 8: MOV to a segment register; POP or XOP */
	  "..........UV.X.." /* 9: FWAIT; POPF */
	  "................" /* a */
	  "................" /* b */
	  "....WWGG..XXBXUX" /* c: VEX; MOV or XABORT, XBEGIN; RETF; INT; IRET */
	  "....UUU.VVVVVVVV" /* d: x87 */
	  "....PPPP..U.PPPP" /* e: IN, OUT */
	  "pBppP.....PP...G"; /* f: HLT; CLI, STI; CALL and JMP, near and far */

static const char two_byte[] =
	/* 0123456789abcdef */
	  "XGXXUSPPPPUUU.VV" /* 0: descriptors; SYSCALL; CLTS, SYSRET, INVD; 3DNow! */
	  "VVVVVVVV..XX...." /* 1: hints; MPX */
	  "PPPPUUUUVVVVVVVV" /* 2: control and debug registers */
	  "P.PPSPUP3U3UUUUU" /* 3: RDTSC is harmless; SYSENTER, SYSEXIT, GETSEC */
	  "................" /* 4 */
	  "VVVVVVVVVVVVVVVV" /* 5 */
	  "VVVVVVVVVVVVVVVV" /* 6 */
	  "VVVVVVVVVVUUVVVV" /* 7 */
	  "................" /* 8 */
	  "................" /* 9 */
	  ".X....UU.XP...G." /* a: POP FS, POP GS; RSM */
	  "..X.XX...U......" /* b: LSS, LFS, LGS */
	  "..V.VVVG........" /* c */
	  "VVVVVVVVVVVVVVVV" /* d */
	  "VVVVVVVVVVVVVVVV" /* e */
	  "VVVVVVVVVVVVVVVU"; /* f */
/* clang-format on */

/* Prefixes that select among instructions of one opcode. */
#define PFX_66 1u
#define PFX_F2 2u
#define PFX_F3 4u

struct insn {
	const u8 *p; /* behind the opcode */
	size_t n;
	unsigned prefixes;
};

static enum code_insn of_letter(char letter)
{
	switch (letter) {
	case '.':
		return INSN_OK;
	case 'U':
		return INSN_ILLEGAL;
	case 'P':
		return INSN_PRIVILEGED;
	case 'S':
		return INSN_CALL;
	case 'B':
		return INSN_BREAK;
	case 'V':
		return INSN_VECTOR;
	default:
		return INSN_REFUSED;
	}
}

static unsigned modrm_reg(u8 modrm)
{
	return modrm >> 3 & 7;
}

static bool is_register(u8 modrm)
{
	return modrm >> 6 == 3;
}

static enum code_insn check_one_byte_group(u8 opcode, u8 modrm)
{
	unsigned reg = modrm_reg(modrm);

	switch (opcode) {
	case 0x8f: /* POP; XOP has its map there, which is 8 or more */
		return reg == 0 ? INSN_OK : INSN_VECTOR;
	case 0xc6: /* MOV; XABORT */
	case 0xc7: /* MOV; XBEGIN */
		return reg == 0 ? INSN_OK : INSN_REFUSED;
	default: /* ff: INC, DEC, CALL, far CALL, JMP, far JMP, PUSH, none */
		return reg == 3 || reg == 5 ? INSN_REFUSED : INSN_OK;
	}
}

/* 0f ae: FXSAVE and its like; fences, CLFLUSH, CLWB; FS and GS bases, UMWAIT. */
static enum code_insn check_0fae(const struct insn *i, u8 modrm)
{
	unsigned reg = modrm_reg(modrm);

	if (is_register(modrm))
		return reg >= 5 && !i->prefixes ? INSN_OK : INSN_REFUSED;
	if (reg < 6)
		return INSN_VECTOR;
	if (i->prefixes & (PFX_F2 | PFX_F3))
		return INSN_REFUSED;
	return reg == 7 || i->prefixes == PFX_66 ? INSN_OK : INSN_VECTOR;
}

/* 0f c7: CMPXCHG8B and 16B; RDRAND, RDSEED, RDPID; XSAVES, VMPTRLD, SENDUIPI. */
static enum code_insn check_0fc7(const struct insn *i, u8 modrm)
{
	unsigned reg = modrm_reg(modrm);

	if (!is_register(modrm))
		return reg == 1 ? INSN_OK : INSN_REFUSED;
	if (reg == 7 && i->prefixes == PFX_F3)
		return INSN_OK;
	return reg >= 6 && !(i->prefixes & (PFX_F2 | PFX_F3)) ? INSN_OK : INSN_REFUSED;
}

static enum code_insn check_two_byte_group(const struct insn *i, u8 opcode, u8 modrm)
{
	switch (opcode) {
	case 0xae:
		return check_0fae(i, modrm);
	case 0xc7:
		return check_0fc7(i, modrm);
	default: /* 01: RDTSCP among VMMCALL, SWAPGS, WRPKRU, MWAITX ... */
		return modrm == 0xf9 && !i->prefixes ? INSN_OK : INSN_REFUSED;
	}
}

/* 0f 38: MOVBE, CRC32, ADCX, ADOX, MOVDIRI; all else is vectors, keys, shadow stacks. */
static enum code_insn check_0f38(const struct insn *i, u8 opcode)
{
	switch (opcode) {
	case 0xf0:
	case 0xf1:
		return INSN_OK;
	case 0xf6: /* ADCX, ADOX; without a prefix WRSS */
		return i->prefixes == PFX_66 || i->prefixes == PFX_F3 ? INSN_OK : INSN_REFUSED;
	case 0xf9:
		return i->prefixes ? INSN_REFUSED : INSN_OK;
	}
	if (opcode >= 0xf2)
		return INSN_REFUSED;
	return opcode >= 0x80 && opcode < 0xc0 ? INSN_PRIVILEGED : INSN_VECTOR;
}

/* VEX with three bytes: ANDN, BLSR, BZHI, PEXT, MULX, BEXTR, SHLX ..., RORX. */
static enum code_insn check_vex(const struct insn *i)
{
	u8 map, opcode;

	if (i->n < 3)
		return INSN_ILLEGAL;
	map = i->p[0] & 0x1f;
	opcode = i->p[2];
	if (map == 2 && (opcode == 0xf2 || opcode == 0xf3 || (opcode >= 0xf5 && opcode <= 0xf7)))
		return INSN_OK;
	return map == 3 && opcode == 0xf0 ? INSN_OK : INSN_VECTOR;
}

static enum code_insn check_escape(struct insn i)
{
	u8 opcode;
	char letter;

	if (!i.n)
		return INSN_ILLEGAL;
	opcode = *i.p++;
	i.n--;
	letter = two_byte[opcode];
	if (letter != 'G' && letter != '3')
		return of_letter(letter);
	if (!i.n)
		return INSN_ILLEGAL;
	if (letter == 'G')
		return check_two_byte_group(&i, opcode, *i.p);
	return opcode == 0x38 ? check_0f38(&i, *i.p) : INSN_VECTOR;
}

enum code_insn code_check(const u8 *p, size_t n)
{
	struct insn i = { p, n < CODE_INSN_MAX ? n : CODE_INSN_MAX, 0 };

	while (i.n) {
		u8 opcode = *i.p++;
		char letter = one_byte[opcode];

		i.n--;
		switch (letter) {
		case 'p':
			if (opcode == 0x66)
				i.prefixes |= PFX_66;
			else if (opcode == 0xf2)
				i.prefixes |= PFX_F2;
			else if (opcode == 0xf3)
				i.prefixes |= PFX_F3;
			continue;
		case '0':
			return check_escape(i);
		case 'W':
			return opcode == 0xc4 ? check_vex(&i) : INSN_VECTOR;
		case 'G':
			return i.n ? check_one_byte_group(opcode, *i.p) : INSN_ILLEGAL;
		default:
			return of_letter(letter);
		}
	}
	return INSN_ILLEGAL;
}
