/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manufacturer.c - reads the name of a manufacturer; beside it lies a key that it never shows:
 * the debuggee of the examples that hijack a call with arguments of their own.
 */
#include <unistd.h>

char manufacturerName[32] = "libdebug";
char secretKey[32] = "provola";

int main(int argc, char **argv)
{
	if (read(0, manufacturerName, 31) < 0)
		return 1;
	return 0;
}
