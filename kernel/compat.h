/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compat.h - what differs between the kernels that this module is built for, and nothing else.
 */
#ifndef LSTAR_COMPAT_H
#define LSTAR_COMPAT_H

#include <linux/version.h>
#include <asm/msr.h>
#include <asm/reboot.h>

/* Not in every version's headers. */
#ifndef X86_CR4_CET
#define X86_CR4_CET (1UL << 23)
#endif

/*
 * Whom the kernel calls on each CPU, interrupts or NMIs off, before it gives them to a crash kernel
 * or resets the machine. Kbuild looks whether it has that.
 */
#ifndef LSTAR_HAS_EMERGENCY
static inline void cpu_emergency_register_virt_callback(void (*fn)(void))
{
}

static inline void cpu_emergency_unregister_virt_callback(void (*fn)(void))
{
}
#endif

#endif
