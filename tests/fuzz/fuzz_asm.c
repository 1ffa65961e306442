/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_asm.c - the reader of object files and the parser of hex digits, on any bytes. The
 * first byte chooses; what is accepted must lie inside the input.
 */
#include <stdlib.h>
#include <string.h>

#include "asm/object.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 *parse_hex(const u8 *data, size_t size, size_t *len, char **error)
{
	char *text = malloc(size + 1);
	u8 *bytes;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	bytes = asm_parse_hex(text, len, error);
	free(text);
	return bytes;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *error = NULL;
	size_t len = 0;
	u8 *bytes;

	if (!size)
		return 0;
	if (data[0] & 1)
		bytes = parse_hex(data + 1, size - 1, &len, &error);
	else
		bytes = object_text(data + 1, size - 1, &len, &error);
	if (!bytes == !error || len > size)
		abort();
	free(bytes);
	free(error);
	return 0;
}
