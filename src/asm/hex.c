/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hex.c - machine code typed as hexadecimal digits. Guesses nothing: what is no digit and no
 * known decoration is an error with its column.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm/asm.h"

/* Length of a prefix at @p: "0x" and "x" where a group of digits begins, "\x" anywhere. */
static size_t prefix_len(const char *p, bool group_start)
{
	if (p[0] == '\\' && (p[1] == 'x' || p[1] == 'X'))
		return 2;
	if (group_start && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return 2;
	return group_start && (p[0] == 'x' || p[0] == 'X');
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *complain(const char *text, const char *p)
{
	char *error;
	int n;

	if (isprint((unsigned char)*p))
		n = asprintf(&error, "column %zu: '%c' is not a hexadecimal digit", p - text + 1,
			     *p);
	else
		n = asprintf(&error, "column %zu: byte 0x%02x is not a hexadecimal digit",
			     p - text + 1, (unsigned char)*p);
	return n < 0 ? NULL : error;
}

/* Values of the digits of @text, one per byte. */
static bool collect(const char *text, u8 *digits, size_t *count, char **error)
{
	bool group_start = true;

	for (const char *p = text; *p;) {
		size_t skip = prefix_len(p, group_start);
		int value = digit_value(*p);

		if (skip) {
			p += skip;
			group_start = false;
		} else if (isspace((unsigned char)*p)) {
			p++;
			group_start = true;
		} else if (value >= 0) {
			digits[(*count)++] = (u8)value;
			p++;
			group_start = false;
		} else {
			*error = complain(text, p);
			return false;
		}
	}
	if (!*count)
		*error = strdup("there are no hexadecimal digits");
	return *count > 0;
}

u8 *asm_parse_hex(const char *text, size_t *len, char **error)
{
	size_t size = strlen(text) + 1, n = 0;
	u8 *digits = malloc(size), *bytes = malloc(size);

	*error = NULL;
	*len = 0;
	if (!digits || !bytes || !collect(text, digits, &n, error)) {
		if (!*error)
			*error = strdup("out of memory");
		free(bytes);
		free(digits);
		return NULL;
	}
	for (size_t i = 0, odd = n & 1; i < n + odd; i += 2) {
		u8 high = odd && !i ? 0 : digits[i - odd];

		bytes[(*len)++] = (u8)(high << 4 | digits[i + 1 - odd]);
	}
	free(digits);
	return bytes;
}
