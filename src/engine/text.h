/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h - putting short texts together in memory of the caller.
 */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include "base.h"

/* @len counts what the text would need; beyond @size nothing is stored. */
struct eng_text {
	char *buf;
	size_t size, len;
};

void eng_text_char(struct eng_text *t, char c);
void eng_text_str(struct eng_text *t, const char *s);
void eng_text_num(struct eng_text *t, u64 v, u32 base);
void eng_text_int(struct eng_text *t, s64 v);
/* Ends the text with a NUL; returns the length it has or would have had. */
size_t eng_text_end(struct eng_text *t);

/* Spells @v at @to, which has ENG_DIGITS bytes, all of which may change; returns the length. */
#define ENG_DIGITS 64
u32 eng_digits(char *to, u64 v, u32 base, bool upper);

#endif
