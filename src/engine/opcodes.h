/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opcodes.h - the bytecode: one table, read by code generator, verifier,
 * interpreter and disassembler.
 *
 * A register machine. An instruction is eight bytes:
 *
 *	 0        8        16       24       32                              64
 *	 | op     | a      | b      | c      | imm (signed)                  |
 *
 * R[x] is register x of the running function's frame (64 bits each, zero when
 * the function starts). K[i] is 64-bit constant i. Jumps are relative to the
 * next instruction. sBC is the signed 16-bit number that b (low) and c (high)
 * make together. Narrow types are values that EXT has truncated and extended.
 *
 * Columns: id, format, meaning. The format says what the verifier checks:
 *	a b c	 lower case: register read	A	 register written
 *	i	 imm is a number		k	 imm indexes K
 *	j	 imm is a jump			g	 imm is a global slot
 *	m	 imm is a byte offset into the frame memory (addressable locals)
 *	o	 imm is a byte offset into the constant data
 *	r	 imm indexes eng_reg_names
 *	p	 imm is a pseudo-register	f	 imm is a function
 *	B	 imm is a built-in, b counts arguments in R[a]...; result to R[a]
 *	F	 imm is the constant-data offset of a printf format, b counts the
 *		 arguments in R[a]...
 *	x	 c is an enum eng_ext		s	 sBC is a number
 *	w	 imm is an enum eng_fp
 *	M	 imm is a map, c an enum eng_map_op, b counts the registers from R[a] on that
 *		 hold its key and value; result to R[a]
 *	C	 a is the first register of the callee's frame
 */
#ifndef ENGINE_OPCODES_H
#define ENGINE_OPCODES_H

/* clang-format off */
#define ENG_OPCODES(X)                                                                          \
	X(NOP, "", "nothing")                                                                   \
	X(MOV, "Ab", "R[a] = R[b]")                                                             \
	X(LDI, "Ai", "R[a] = imm")                                                              \
	X(LDK, "Ak", "R[a] = K[imm]")                                                           \
	X(LDG, "Ag", "R[a] = global[imm]")                                                      \
	X(STG, "ag", "global[imm] = R[a]")                                                      \
	X(LDREG, "Ar", "R[a] = part of a register, zero-extended")                              \
	X(STREG, "ar", "part of a register = R[a]; the other bits stay")                        \
	X(LDPS, "Ap", "R[a] = pseudo-register")                                                 \
	X(STPS, "ap", "pseudo-register = R[a]")                                                 \
	X(LEAG, "Ag", "R[a] = engine address of global[imm]")                                   \
	X(LEAF, "Am", "R[a] = engine address of this frame's memory + imm")                     \
	X(LEAO, "Ao", "R[a] = engine address of constant data + imm")                           \
	X(EXT, "Abx", "R[a] = R[b] truncated and extended as c says")                           \
	X(ADD, "Abc", "R[a] = R[b] + R[c]")                                                     \
	X(SUB, "Abc", "R[a] = R[b] - R[c]")                                                     \
	X(MUL, "Abc", "R[a] = R[b] * R[c]")                                                     \
	X(DIVS, "Abc", "R[a] = R[b] / R[c], signed; error: 0, MIN / -1")                        \
	X(DIVU, "Abc", "R[a] = R[b] / R[c], unsigned; error: 0")                                \
	X(REMS, "Abc", "R[a] = R[b] % R[c], signed; error: 0, MIN % -1")                        \
	X(REMU, "Abc", "R[a] = R[b] % R[c], unsigned; error: 0")                                \
	X(AND, "Abc", "R[a] = R[b] & R[c]")                                                     \
	X(OR, "Abc", "R[a] = R[b] | R[c]")                                                      \
	X(XOR, "Abc", "R[a] = R[b] ^ R[c]")                                                     \
	X(SHL, "Abci", "R[a] = R[b] << R[c]; error: R[c] >= imm (the width)")                   \
	X(SHRS, "Abci", "R[a] = R[b] >> R[c], arithmetic; error: R[c] >= imm")                  \
	X(SHRU, "Abci", "R[a] = R[b] >> R[c], logical; error: R[c] >= imm")                     \
	X(ADDI, "Abi", "R[a] = R[b] + imm")                                                     \
	X(MULI, "Abi", "R[a] = R[b] * imm")                                                     \
	X(ANDI, "Abi", "R[a] = R[b] & imm")                                                     \
	X(ORI, "Abi", "R[a] = R[b] | imm")                                                      \
	X(XORI, "Abi", "R[a] = R[b] ^ imm")                                                     \
	X(SHLI, "Abi", "R[a] = R[b] << imm; the verifier wants 0 <= imm < 64")                  \
	X(SHRSI, "Abi", "R[a] = R[b] >> imm, arithmetic; likewise")                             \
	X(SHRUI, "Abi", "R[a] = R[b] >> imm, logical; likewise")                                \
	X(NEG, "Ab", "R[a] = -R[b]")                                                            \
	X(NOT, "Ab", "R[a] = ~R[b]")                                                            \
	X(LNOT, "Ab", "R[a] = R[b] == 0")                                                       \
	X(BOOL, "Ab", "R[a] = R[b] != 0")                                                       \
	X(SEQ, "Abc", "R[a] = R[b] == R[c]")                                                    \
	X(SNE, "Abc", "R[a] = R[b] != R[c]")                                                    \
	X(SLTS, "Abc", "R[a] = R[b] < R[c], signed")                                            \
	X(SLES, "Abc", "R[a] = R[b] <= R[c], signed")                                           \
	X(SLTU, "Abc", "R[a] = R[b] < R[c], unsigned")                                          \
	X(SLEU, "Abc", "R[a] = R[b] <= R[c], unsigned")                                         \
	X(FADD, "Abcw", "R[a] = R[b] + R[c]; errors of all F: not finite, result out of range") \
	X(FSUB, "Abcw", "R[a] = R[b] - R[c]")                                                   \
	X(FMUL, "Abcw", "R[a] = R[b] * R[c]")                                                   \
	X(FDIV, "Abcw", "R[a] = R[b] / R[c]; error: 0")                                         \
	X(FNEG, "Abw", "R[a] = -R[b]")                                                          \
	X(FSEQ, "Abcw", "R[a] = R[b] == R[c]")                                                  \
	X(FSLT, "Abcw", "R[a] = R[b] < R[c]")                                                   \
	X(FSLE, "Abcw", "R[a] = R[b] <= R[c]")                                                  \
	X(FCVT, "Abw", "R[a] = R[b] as imm, from the other width")                              \
	X(FTOS, "Abxw", "R[a] = integer of R[b], signed, as wide as c; error: out of range")    \
	X(FTOU, "Abxw", "R[a] = integer of R[b], unsigned, as wide as c; likewise")             \
	X(STOF, "Abw", "R[a] = the signed integer R[b] as imm")                                 \
	X(UTOF, "Abw", "R[a] = the unsigned integer R[b] as imm")                               \
	X(J, "j", "jump")                                                                       \
	X(JZ, "aj", "jump if R[a] == 0")                                                        \
	X(JNZ, "aj", "jump if R[a] != 0")                                                       \
	X(JEQ, "abj", "jump if R[a] == R[b]")                                                   \
	X(JNE, "abj", "jump if R[a] != R[b]")                                                   \
	X(JLTS, "abj", "jump if R[a] < R[b], signed")                                           \
	X(JLES, "abj", "jump if R[a] <= R[b], signed")                                          \
	X(JLTU, "abj", "jump if R[a] < R[b], unsigned")                                         \
	X(JLEU, "abj", "jump if R[a] <= R[b], unsigned")                                        \
	X(JEQI, "asj", "jump if R[a] == sBC")                                                   \
	X(JNEI, "asj", "jump if R[a] != sBC")                                                   \
	X(JLTSI, "asj", "jump if R[a] < sBC, signed")                                           \
	X(JLESI, "asj", "jump if R[a] <= sBC, signed")                                          \
	X(JGTSI, "asj", "jump if R[a] > sBC, signed")                                           \
	X(JGESI, "asj", "jump if R[a] >= sBC, signed")                                          \
	X(LD, "Abxi", "R[a] = memory at R[b] + imm, width and extension by c; error: bad address") \
	X(ST, "abxi", "memory at R[a] + imm = R[b], width by c; error: bad address")            \
	X(LDF, "Axm", "R[a] = frame memory at imm, width and extension by c")                   \
	X(STF, "axm", "frame memory at imm = R[a], width by c")                                 \
	X(COPY, "abi", "imm bytes at R[a] = those at R[b]; error: bad address")                 \
	X(ZEROF, "sm", "sBC bytes of frame memory at imm = 0")                                  \
	X(BOUND, "ai", "error: R[a] >= imm, unsigned (array index)")                            \
	X(CALL, "Cf", "call; arguments in R[a]..., which become the callee's R[0]...; result in R[a]") \
	X(RET, "a", "return R[a]; in function 0: end of the script")                            \
	X(BUILTIN, "B", "R[a] = built-in imm of the b arguments R[a]...")                       \
	X(MAP, "M", "R[a] = operation c on the map imm; error: bad address of a string")        \
	X(PRINTF, "F", "print by the format at imm the b arguments R[a]...")                    \
	X(END, "", "end of the script (function 0 only)")

enum eng_op {
#define X(id, format, meaning) ENG_OP_##id,
	ENG_OPCODES(X)
#undef X
	ENG_NOPS
};
/* clang-format on */

/* Floating-point formats. */
enum eng_fp { ENG_F32, ENG_F64, ENG_NFP };

/* How a value is truncated and extended, and how wide a memory access is. */
enum eng_ext { ENG_U8, ENG_S8, ENG_U16, ENG_S16, ENG_U32, ENG_S32, ENG_X64, ENG_NEXT };

#endif
