/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * other_version.c - the part of lstar that opens the module's device, as a release with another
 * version of the interface would have it. Linked before the real one.
 */
#include "kernel/uapi.h"

#undef LSM_ABI_VERSION
#define LSM_ABI_VERSION 77
#include "../../../src/target/machine/enter.c"
