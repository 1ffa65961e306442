/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * asm.h - machine code: text to bytes, and the guard that custom code runs in.
 */
#ifndef ASM_ASM_H
#define ASM_ASM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base.h"

/*
 * Assemble Intel-syntax text with GNU as; ';' separates statements. Returns malloc'ed
 * bytes and their number, or NULL and a malloc'ed message ("as" missing, its complaint with
 * the statement it is about).
 */
u8 *asm_assemble(const char *text, size_t *len, char **error);
/*
 * Hex digits as bytes: blanks, 0x, x and \x are skipped, an odd count gets a leading 0.
 * NULL and @error (malloc'ed, with the column) when something else is in it or it is empty.
 */
u8 *asm_parse_hex(const char *text, size_t *len, char **error);

#define ASM_INSN_MAX 15 /* bytes of an instruction */

struct asm_insn {
	u8 len;
	char text[192];
};

/* Name of an address into @buf; false: it has none. */
typedef bool (*asm_name_fn)(void *user, u64 addr, char *buf, size_t size);
/*
 * The 64-bit instruction at @bytes, which stands at @addr, in Intel syntax; addresses in it are
 * followed by their names. False: no instruction, or one that is cut off.
 */
bool asm_disassemble(const u8 *bytes, size_t n, u64 addr, asm_name_fn name, void *user,
		     struct asm_insn *insn);

/*
 * Length of an instruction that does its work elsewhere, or many times, and is then followed by
 * the one behind it: CALL, a repeated string instruction. 0: any other.
 */
unsigned asm_comes_back(const u8 *bytes, size_t n, bool bits32);

/*
 * The guard: a helper process that shares nothing with the debugger but the registers
 * block, the buffers and the code, so that no fault, jump or store of custom code can hurt
 * the debugger. Microsoft x64 calling convention.
 */
struct asm_guard;
struct asm_code; /* code loaded into a guard */

struct asm_guard *asm_guard_new(void); /* NULL with errno set */
void asm_guard_free(struct asm_guard *g); /* what is loaded and allocated goes with it */
#define ASM_GUARD_LIMIT 100 /* ms */
/* How long one run may take, in ms of the guard's own CPU time. */
void asm_guard_set_limit(struct asm_guard *g, unsigned ms);
/* The helper process: a child without exit signal, which waitpid(-1, ..., __WALL) may see. */
pid_t asm_guard_pid(const struct asm_guard *g);
/* How long a run may take, in milliseconds; 100 unless set. */
void asm_guard_set_limit(struct asm_guard *g, unsigned ms);
/* Memory shared by the debugger and the guarded code, zeroed. NULL on failure. */
u8 *asm_guard_buffer(struct asm_guard *g, size_t size);
void asm_guard_buffer_free(struct asm_guard *g, u8 *buf);
/* Copies the bytes and appends a RET. NULL on failure. */
struct asm_code *asm_guard_load(struct asm_guard *g, const u8 *bytes, size_t len);
void asm_guard_unload(struct asm_guard *g, struct asm_code *code);

#define ASM_GUEST_REGS 16 /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15, 8 bytes each */

/*
 * Run it: as a condition rcx = regs, rdx = context; as an action rcx = buffer or 0,
 * rdx = regs, r8 = context. @regs is read and written back. Returns true and the value of
 * rax, or false and a text in @why: "fault at offset 3: bad address 0x10", "did not end
 * within 100 ms", "jumped to 0x1234, outside its code". Regs are unchanged then, and the
 * guard is fit for the next run.
 */
bool asm_guard_condition(struct asm_guard *g, struct asm_code *code, u64 regs[ASM_GUEST_REGS],
			 u64 context, u64 *rax, char *why, size_t why_size);
bool asm_guard_action(struct asm_guard *g, struct asm_code *code, u8 *buffer,
		      u64 regs[ASM_GUEST_REGS], u64 context, u64 *rax, char *why, size_t why_size);

#endif
