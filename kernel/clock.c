// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * clock.c - the time, for hosts: they may not ask the kernel's clocks, which take locks.
 *
 * It is what the clocks said when somebody last armed or evaluated something, plus the
 * time-stamp counter since, at the kernel's measure of its frequency. The error is that of the
 * measure (below 500 ppm, mostly below 50) times the seconds since then, and the difference
 * between the counters of the CPUs.
 */
#include <linux/clocksource.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>
#include <asm/tsc.h>

#include "engine/text.h"
#include "set.h"

struct anchor {
	u64 tsc, mono, real; /* the same moment */
	u32 mult, shift;
};

/*
 * Two, in turn: a host that has read the index a moment ago still finds what it needs, and is
 * gone before the next change, which calls into every host.
 */
static struct anchor anchors[2];
static u32 newest;

void clock_anchor(void)
{
	u32 next = !newest;
	struct anchor *a = &anchors[next];

	clocks_calc_mult_shift(&a->mult, &a->shift, tsc_khz, NSEC_PER_MSEC, 0);
	a->tsc = rdtsc();
	a->mono = ktime_get_ns();
	a->real = ktime_get_real_ns();
	smp_store_release(&newest, next);
}

static u64 since(const struct anchor *a)
{
	u64 tsc = rdtsc();

	return tsc > a->tsc ? mul_u64_u32_shr(tsc - a->tsc, a->mult, a->shift) : 0;
}

u64 clock_now(void)
{
	const struct anchor *a = &anchors[READ_ONCE(newest)];

	return a->mono + since(a);
}

static u64 wall(void)
{
	const struct anchor *a = &anchors[READ_ONCE(newest)];

	return a->real + since(a);
}

/* At least two digits. */
static void put2(struct eng_text *t, u32 v)
{
	if (v < 10)
		eng_text_char(t, '0');
	eng_text_num(t, v, 10);
}

/* Days since 1970-01-01 to the Gregorian calendar, counted in years that begin in March. */
void clock_date(char *buf, size_t size)
{
	struct eng_text t = { buf, size, 0 };
	u32 days = (u32)(wall() / (86400ULL * NSEC_PER_SEC)) + 719468; /* since 0000-03-01 */
	u32 era = days / 146097, doe = days % 146097;
	u32 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	u32 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), m = (5 * doy + 2) / 153;
	u32 month = m < 10 ? m + 3 : m - 9;

	eng_text_num(&t, 400 * era + yoe + (month <= 2), 10);
	eng_text_char(&t, '-');
	put2(&t, month);
	eng_text_char(&t, '-');
	put2(&t, doy - (153 * m + 2) / 5 + 1);
	eng_text_end(&t);
}

void clock_time(char *buf, size_t size)
{
	struct eng_text t = { buf, size, 0 };
	u32 ms = (u32)(wall() / NSEC_PER_MSEC % 86400000);

	put2(&t, ms / 3600000);
	eng_text_char(&t, ':');
	put2(&t, ms / 60000 % 60);
	eng_text_char(&t, ':');
	put2(&t, ms / 1000 % 60);
	eng_text_char(&t, '.');
	if (ms % 1000 < 100)
		eng_text_char(&t, '0');
	put2(&t, ms % 1000);
	eng_text_end(&t);
}
