/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz_rings.c - rings of messages that hold anything, with heads that are anywhere: all of it
 * is read, or counted as lost, and what is handed on lies inside a record.
 */
#include <stdlib.h>
#include <string.h>

#include "target/machine/machine.h"

#define CPUS 2
#define BYTES 512u

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void hand_on(struct mach_target *m, bool all)
{
	struct tgt_record rec;
	u64 sum = 0;

	while (mach_next(&m->base, all, &rec)) {
		check(rec.len <= BYTES);
		for (u32 i = 0; i < rec.len; i++)
			sum += (u8)rec.text[i];
	}
	check(sum < BYTES * BYTES * 256ULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u64 memory[CPUS][(sizeof(struct lsm_ring) + BYTES) / 8];
	struct mach_ring rings[CPUS] = { 0 };
	struct mach_target m = { .info = { .ncpus = CPUS, .ring_bytes = BYTES }, .ring = rings };

	memset(memory, 0, sizeof(memory));
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		rings[cpu].ring = (struct lsm_ring *)memory[cpu];
		rings[cpu].data = (u8 *)(rings[cpu].ring + 1);
	}
	/* Each round: which CPU, how far the head goes, and what is in the data. */
	while (size > 4) {
		struct lsm_ring *r = rings[data[0] % CPUS].ring;
		size_t n = size - 4 < BYTES ? size - 4 : BYTES;

		memcpy(r + 1, data + 4, n);
		r->head += (u64)data[1] * (data[2] & 1 ? 8 : 1) + (data[2] & 2 ? 1ULL << 33 : 0);
		mach_gather(&m.base);
		check(r->tail == r->head);
		hand_on(&m, data[3] & 1);
		data += 4 + n / 2;
		size -= 4 + n / 2;
	}
	hand_on(&m, true);
	free(m.rec);
	free(m.store[0].bytes);
	free(m.store[1].bytes);
	return 0;
}
