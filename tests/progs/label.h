/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * label.h - names for places inside a function, so that tests set breakpoints there by symbol.
 * For programs compiled without optimization only: a copied label would not assemble.
 */
#ifndef PROGS_LABEL_H
#define PROGS_LABEL_H

#define LABEL(name) __asm__ volatile(".globl " #name "\n" #name ":" : : : "memory")

#endif
