/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * base.h - the types and helpers that every engine file may use.
 *
 * The engine is compiled into the debugger, into debuggees and into a kernel
 * module: nothing here may need a C library, allocate, or keep state.
 */
#ifndef ENGINE_BASE_H
#define ENGINE_BASE_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

#define ENG_JUMP_TABLE __annotate_jump_table /* so that objtool follows computed gotos */
#define ENG_HOT __attribute__((__section__(".text.hot"))) /* beside what else every event runs */
#else
#define ENG_JUMP_TABLE
#define ENG_HOT

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* prints with %llx in user space and kernel alike */
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

/* The only outside symbols that the engine may reference (gcc emits calls to them anyway). */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#define ENG_LIKELY(x) __builtin_expect(!!(x), 1)
#define ENG_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* For functions that are worth a copy for each constant that callers pass. */
#define ENG_ALWAYS_INLINE inline __attribute__((__always_inline__))
/* For what is rare, beside what is not; __noinline__, since noinline is a macro of kernels. */
#define ENG_NOINLINE __attribute__((__noinline__))
#define ENG_BIT(n) (1ULL << (n))

#endif
