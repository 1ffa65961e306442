/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * status.c - what the hypervisor has done so far, CPU by CPU, for people.
 */
#include <string.h>
#include <time.h>

#include "machine.h"

static const char *const exit_names[LSM_NEXITS] = {
#define X(id, name, help) name,
	LSM_EXIT_TABLE(X)
#undef X
};

static bool stats(struct mach_target *m, u32 cpu, struct lsm_cpu_stats *st)
{
	*st = (struct lsm_cpu_stats){ .cpu = cpu };
	return m->fd >= 0 && !mach_call(m, LSM_IOC_STATS, st, "read the counters of a CPU");
}

bool mach_cpu(struct target *t, size_t i, struct tgt_cpu *info)
{
	struct mach_target *m = mach_of(t);
	struct lsm_cpu_stats st;

	for (u32 cpu = 0; cpu < m->info.ncpus; cpu++) {
		if (!stats(m, cpu, &st) || i--)
			continue;
		*info = (struct tgt_cpu){ cpu, st.entered, st.armed };
		return true;
	}
	return false;
}

static void put_cpu(FILE *out, const struct lsm_cpu_stats *st)
{
	const char *sep = "";

	fprintf(out, "  CPU %u: %s, %s; %llu events, %llu messages, %llu dropped; exits:", st->cpu,
		st->entered ? "entered" : "not entered", st->armed ? "armed" : "not armed",
		st->fired, st->messages, st->dropped);
	for (int i = 0; i < LSM_NEXITS; i++) {
		if (!st->exits[i])
			continue;
		fprintf(out, "%s %s %llu", sep, exit_names[i], st->exits[i]);
		sep = ",";
	}
	fprintf(out, "%s\n", sep[0] ? "" : " none");
}

static void put_hook(FILE *out, const struct lsm_cpu_stats *st)
{
	const char *now = st->hook & LSM_HOOK_BLIND	 ? "no call is seen now"
			  : st->hook & LSM_HOOK_BLIND_32 ? "no 32-bit call is seen now"
							 : "calls are seen again";

	if (st->hook & LSM_HOOK_WAS_BLIND)
		fprintf(out,
			"    !entryhook misses calls on it: the machine's own programs use the "
			"debug "
			"registers that it needs; %s\n",
			now);
}

static double seconds_since(u64 ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)((u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec - ns) / 1e9;
}

void mach_status(struct target *t, FILE *out)
{
	struct mach_target *m = mach_of(t);
	struct lsm_cpu_stats st;
	u64 fired = 0, other = 0;
	u32 entered = 0, armed = 0;
	double secs = seconds_since(m->since);

	if (m->fd < 0) {
		fputs("the hypervisor is not there\n", out);
		return;
	}
	fprintf(out, "backend %.16s, %llx bytes for each CPU, of which %x are its ring\n",
		m->info.backend, m->info.memory, m->info.ring_bytes);
	for (u32 cpu = 0; cpu < m->info.ncpus; cpu++) {
		if (!stats(m, cpu, &st))
			continue;
		put_cpu(out, &st);
		put_hook(out, &st);
		entered += st.entered;
		armed += st.armed;
		fired += st.fired;
		other += st.returns_other;
	}
	fprintf(out,
		"%u CPU%s entered, %u armed; %llu events in %.1f s (%.0f/s); %llu returns from "
		"calls "
		"by another way than SYSRET\n",
		entered, entered == 1 ? "" : "s", armed, fired, secs,
		secs > 0 ? (double)fired / secs : 0.0, other);
}
