/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * object.h - the machine code in a relocatable ELF file. Private to this room.
 */
#ifndef ASM_OBJECT_H
#define ASM_OBJECT_H

#include "asm/asm.h"

/*
 * malloc'ed contents of .text of the @size bytes at @obj. NULL and a malloc'ed @error when
 * there are none, when an address in them is left to a linker, or when it is no such file.
 */
u8 *object_text(const u8 *obj, size_t size, size_t *len, char **error);

#endif
