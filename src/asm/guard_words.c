/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard_words.c - fills the numbers into the words of guard_words.h. Freestanding: the
 * hypervisor uses it too.
 */
#include "asm/guard_words.h"

#include "engine/text.h"

static const char *const guard_words[] = {
#define X(id, text) [GUARD_SAYS_##id] = text,
	GUARD_WORDS(X)
#undef X
};

void guard_say(enum guard_word word, u64 offset, u64 value, char *why, size_t size)
{
	struct eng_text t = { why, size, 0 };

	for (const char *p = guard_words[word]; *p; p++) {
		if (*p == '@')
			eng_text_num(&t, offset, 10);
		else if (*p == '#')
			eng_text_num(&t, value, 16);
		else if (*p == '%')
			eng_text_num(&t, value, 10);
		else
			eng_text_char(&t, *p);
	}
	eng_text_end(&t);
}
