/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compat.h - what differs between the kernels that this module is built for, and nothing else.
 */
#ifndef LSTAR_COMPAT_H
#define LSTAR_COMPAT_H

#include <linux/version.h>
#include <asm/msr.h>

/* Not in every version's headers. */
#ifndef X86_CR4_CET
#define X86_CR4_CET (1UL << 23)
#endif

#endif
