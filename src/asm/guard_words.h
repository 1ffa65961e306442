/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_words.h - the words for every way in which custom code can come to a bad end, the same
 * for all guards. Freestanding; decides nothing.
 */
#ifndef ASM_GUARD_WORDS_H
#define ASM_GUARD_WORDS_H

#include "engine/base.h"

/* @: offset in the code; #: the value in hex; %: the value. */
/* clang-format off */
#define GUARD_WORDS(X)                                                                           \
	X(PROTECTION, "fault at offset @: general protection (privileged instruction, or an "    \
		      "address that cannot exist)")                                              \
	X(STACK, "fault at offset @: stack overflow")                                            \
	X(ADDRESS, "fault at offset @: bad address 0x#")                                         \
	X(ILLEGAL, "fault at offset @: illegal instruction")                                     \
	X(DIVIDE, "fault at offset @: division error")                                           \
	X(FLOAT, "fault at offset @: floating-point exception")                                  \
	X(EXCEPTION, "fault at offset @: exception %")                                           \
	X(SIGNAL, "signal % at offset @")                                                        \
	X(STRAYED, "jumped to 0x#, outside its code")                                            \
	X(TRAP, "breakpoint or debug trap before offset @")                                      \
	X(CALLED, "system call % before offset @; custom code cannot make system calls")         \
	/* looked at and not executed */                                                         \
	X(CALL, "system call at offset @; custom code cannot make system calls")                 \
	X(BREAK, "breakpoint at offset @")                                                       \
	X(PRIVILEGED, "privileged instruction at offset @")                                      \
	X(VECTOR, "floating-point or vector instruction at offset @: the hypervisor has none")   \
	X(REFUSED, "instruction at offset @ could leave the guard and is not allowed")           \
	X(BOUND, "did not end within % instructions")
/* clang-format on */

enum guard_word {
#define X(id, text) GUARD_SAYS_##id,
	GUARD_WORDS(X)
#undef X
};

/* Into @why, NUL-terminated; cut where @size ends it. */
void guard_say(enum guard_word word, u64 offset, u64 value, char *why, size_t size);

#endif
