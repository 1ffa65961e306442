/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_rings.c - messages of several CPUs become one stream in order of time; a ring with
 * nonsense in it costs its messages, counted, and nothing else.
 *
 * The rings are written here as the module writes them.
 */
#include "target/machine/machine.h"
#include "unit.h"

#define CPUS 3
#define BYTES 1024u

static struct mach_target m;
static struct mach_ring rings[CPUS];
static u64 memory[CPUS][(sizeof(struct lsm_ring) + BYTES) / 8];

static void begin(void)
{
	m.info = (struct lsm_info){ .ncpus = CPUS, .ring_bytes = BYTES };
	m.ring = rings;
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		rings[cpu].ring = (struct lsm_ring *)memory[cpu];
		rings[cpu].data = (u8 *)memory[cpu] + sizeof(struct lsm_ring);
	}
}

static void end(void)
{
	free(m.rec);
	free(m.store[0].bytes);
	free(m.store[1].bytes);
}

/* False: it does not fit. */
static bool put(u32 cpu, u16 kind, u64 time, const void *body, u32 len)
{
	struct lsm_ring *r = rings[cpu].ring;
	u8 *data = (u8 *)(r + 1);
	u32 size = (u32)sizeof(struct lsm_record) + (len + 7) / 8 * 8;
	u32 to_end = BYTES - (u32)(r->head % BYTES), gap = to_end < size ? to_end : 0;
	struct lsm_record rec = { .size = size,
				  .kind = kind,
				  .event = 7,
				  .pid = 100 + cpu,
				  .tid = 200 + cpu,
				  .core = cpu,
				  .time = time,
				  .len = len };

	if (gap + size > BYTES - (r->head - r->tail)) {
		r->dropped++;
		return false;
	}
	if (gap) {
		struct lsm_record skip = { .size = gap, .kind = LSM_REC_SKIP };

		memcpy(data + r->head % BYTES, &skip, 8);
		r->head += gap;
	}
	memcpy(data + r->head % BYTES, &rec, sizeof(rec));
	memcpy(data + r->head % BYTES + sizeof(rec), body, len);
	r->head += size;
	return true;
}

static void text(u32 cpu, u64 time, const char *what)
{
	CHECK(put(cpu, LSM_REC_TEXT, time, what, (u32)strlen(what)));
}

/* What is handed on now, one after the other. */
static const char *said(bool all)
{
	static char out[4096];
	struct tgt_record rec;
	size_t n = 0;

	out[0] = '\0';
	while (mach_next(&m.base, all, &rec)) {
		CHECK_EQ(rec.kind, TGT_REC_TEXT);
		CHECK_EQ(rec.event, 7);
		CHECK_EQ(rec.tid, rec.pid + 100);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s", (int)rec.len, rec.text);
	}
	return out;
}

TEST(records_of_all_cpus_in_order_of_time)
{
	begin();
	text(0, 10, "a");
	text(0, 40, "d");
	text(1, 20, "b");
	text(2, 30, "c");
	text(2, 50, "e");
	CHECK(mach_gather(&m.base)); /* again, soon: they may have older ones behind them */
	CHECK_STR(said(false), "");
	CHECK(!mach_gather(&m.base));
	CHECK_STR(said(false), "abcde");
	CHECK_STR(said(true), "");
	for (u32 cpu = 0; cpu < CPUS; cpu++)
		CHECK_EQ(rings[cpu].ring->tail, rings[cpu].ring->head);
	end();
}

TEST(a_late_record_still_comes_in_its_place)
{
	begin();
	text(0, 20, "b");
	mach_gather(&m.base);
	CHECK_STR(said(false), "");
	text(1, 10, "a"); /* written after it, of an earlier time */
	text(1, 30, "c");
	CHECK(mach_gather(&m.base));
	CHECK_STR(said(false), "ab");
	text(0, 25, "-");
	CHECK(!mach_gather(&m.base));
	CHECK_STR(said(false), "-c");
	end();
}

TEST(records_of_one_time_stay_in_the_order_of_their_cpu)
{
	begin();
	for (int i = 0; i < 5; i++)
		text(1, 10, (char[]){ (char)('a' + i), '\0' });
	mach_gather(&m.base);
	CHECK_STR(said(true), "abcde");
	end();
}

TEST(everything_at_the_end)
{
	begin();
	text(2, 99, "z");
	text(0, 1, "a");
	mach_gather(&m.base);
	CHECK_STR(said(true), "az");
	end();
}

TEST(rings_go_round)
{
	char want[16], what[16];
	u64 time = 0;

	begin();
	for (int round = 0; round < 2000; round++) {
		want[0] = '\0';
		for (int i = 0; i < 3; i++) {
			snprintf(what, sizeof(what), "%.*s", 1 + round % 3, "xyz");
			text((u32)i, ++time, what);
			strcat(want, what);
		}
		mach_gather(&m.base);
		CHECK_STR(said(true), want);
	}
	CHECK(rings[0].ring->head > 50 * BYTES);
	CHECK_EQ(mach_lost(&m.base), 0);
	end();
}

TEST(many_rounds_with_something_held_back_take_no_more_memory)
{
	u64 time = 0;
	size_t total = 0;

	begin();
	for (int round = 0; round < 20000; round++) {
		text((u32)round % CPUS, ++time, "x");
		mach_gather(&m.base);
		total += strlen(said(false));
	}
	CHECK_EQ(total, 19999);
	CHECK(m.store[0].cap <= 64 << 10 && m.store[1].cap <= 64 << 10 && m.cap_rec <= 256);
	end();
}

TEST(what_found_no_room_is_counted)
{
	int n = 0;

	begin();
	while (put(1, LSM_REC_TEXT, 5, "x", 1))
		n++;
	CHECK(n > 5);
	mach_gather(&m.base);
	CHECK_EQ(strlen(said(true)), n);
	CHECK_EQ(mach_lost(&m.base), 1);
	end();
}

TEST(faults_and_requests)
{
	struct lsm_fault fault = { ENG_E_DIV, 12, 3, 0, { 7, 0 } };
	struct lsm_request request = { .what = ENG_REQ_DISABLE, .event = 9 };
	struct tgt_record rec;

	begin();
	CHECK(put(0, LSM_REC_FAULT, 1, &fault, sizeof(fault)));
	CHECK(put(0, LSM_REC_REQUEST, 2, &request, sizeof(request)));
	CHECK(put(0, LSM_REC_CODE, 3, "gone", 4));
	mach_gather(&m.base);
	CHECK(mach_next(&m.base, true, &rec));
	CHECK_EQ(rec.kind, TGT_REC_FAULT);
	CHECK_EQ(rec.fault.code, ENG_E_DIV);
	CHECK_EQ(rec.fault.pc, 12);
	CHECK_EQ(rec.fault.line, 3);
	CHECK_EQ(rec.fault.value[0], 7);
	CHECK(mach_next(&m.base, true, &rec));
	CHECK_EQ(rec.kind, TGT_REC_REQUEST);
	CHECK_EQ(rec.request, ENG_REQ_DISABLE);
	CHECK_EQ(rec.request_event, 9);
	CHECK(mach_next(&m.base, true, &rec));
	CHECK_EQ(rec.kind, TGT_REC_CODE);
	CHECK(!mach_next(&m.base, true, &rec));
	end();
}

TEST(nonsense_costs_what_it_is)
{
	struct lsm_fault fault = { .code = 0xffffffff };
	struct lsm_request request = { .what = 99 };

	begin();
	CHECK(put(0, LSM_REC_FAULT, 1, &fault, sizeof(fault)));
	CHECK(put(0, LSM_REC_FAULT, 1, &fault, 3));
	CHECK(put(0, LSM_REC_REQUEST, 2, &request, sizeof(request)));
	CHECK(put(0, 77, 3, "?", 1));
	text(0, 4, "good");
	mach_gather(&m.base);
	CHECK_STR(said(true), "good");
	CHECK_EQ(mach_lost(&m.base), 4);
	end();
}

TEST(sizes_that_cannot_be)
{
	static const u32 sizes[] = { 0, 1, 7, 8, 60, 64, BYTES, BYTES + 8, 0x7ffffff8, ~0u, ~7u };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct lsm_ring *r = rings[0].ring;
		struct lsm_record *rec = (struct lsm_record *)((u8 *)(r + 1) + r->head % BYTES);

		r->head = r->tail = 0;
		rec = (struct lsm_record *)(r + 1);
		*rec = (struct lsm_record){ .size = sizes[i], .kind = LSM_REC_TEXT, .len = 1000 };
		r->head = 128;
		mach_gather(&m.base);
		CHECK_STR(said(true), "");
		CHECK_EQ(r->tail, r->head);
		CHECK_EQ(mach_lost(&m.base), i + 1);
	}
	rings[0].ring->head += 1ULL << 40;
	mach_gather(&m.base);
	CHECK_EQ(rings[0].ring->tail, rings[0].ring->head);
	text(1, 1, "well");
	mach_gather(&m.base);
	CHECK_STR(said(true), "well");
	end();
}

UNIT_MAIN()
