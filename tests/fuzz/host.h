/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h - a small world in which fuzz targets run what the verifier has accepted.
 *
 * It answers everything that a host may be asked, badly at times. Must not know what is
 * fuzzed.
 */
#ifndef TESTS_FUZZ_HOST_H
#define TESTS_FUZZ_HOST_H

#include "engine/engine.h"

#define FUZZ_MAP_ENTRIES 4 /* so that they fill up */

/* A map of that shape in exactly as much memory as the engine asks for; free() ends it. */
struct eng_map *fuzz_map(const struct eng_map_desc *d);

/*
 * Spells the program, then fires an event that has it, before and after a system call.
 * The memory of the debuggee is anew what it always is; @slots are as the caller left them.
 */
void fuzz_fire(const struct eng_program *prog, u64 *slots, u32 nslots, const struct eng_maps *maps);

#endif
