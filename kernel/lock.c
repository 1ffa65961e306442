// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * lock.c - spinlocks of scripts and maps between CPUs, and when waiting for one is of no use.
 *
 * A CPU that waits does so with its interrupts off, so a lock that nobody will give back must be
 * found soon. But the machine's CPUs may themselves be a hypervisor's, which stops one with a
 * lock in its hand for as long as it likes: no short time tells the two apart. Who holds a lock
 * does, since scripts can hold it at work only while they run. Runs in the host.
 */
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "set.h"

#define LOCK_LOST_MS 100 /* that nobody who is at work has had the lock, */
#define LOCK_LOST_LOOKS 32 /* as often as that: it is lost */
#define LOCK_WAIT_MS 10000 /* that a firing waits in any case */
#define LOCK_PAUSE_US 1000

static struct lsm_cpu *events_of(struct eng_ctx *ctx)
{
	return ((struct hv_cpu *)ctx->target)->events;
}

void lock_forget(struct lsm_locks *l)
{
	WRITE_ONCE(l->wants, NULL);
	WRITE_ONCE(l->nheld, 0);
	l->since = 0;
}

/* This CPU's own, of the firing that is running. */
static struct lsm_locks *own_locks(struct lsm_cpu *e)
{
	struct lsm_locks *l = &e->locks;

	if (l->firing != e->fired) {
		lock_forget(l);
		WRITE_ONCE(l->firing, e->fired);
	}
	return l;
}

/* Whoever takes a lock is listed before he wants it no longer: hence the order of the reads. */
static bool may_hold(const struct lsm_cpu *e, const u32 *lock)
{
	const struct lsm_locks *l = &e->locks;
	u32 n;

	if (READ_ONCE(l->firing) != READ_ONCE(e->fired))
		return false;
	if (READ_ONCE(l->wants) == lock && !READ_ONCE(l->pausing))
		return true;
	n = READ_ONCE(l->nheld);
	if (n > LOCK_HELD)
		return true;
	for (u32 i = 0; i < n; i++)
		if (READ_ONCE(l->held[i]) == lock)
			return true;
	return false;
}

static const struct lsm_cpu *holder_of(const u32 *lock, const struct lsm_cpu *me)
{
	if (may_hold(me, lock))
		return me;
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct hv_cpu *c = hv_cpu(cpu);
		const struct lsm_cpu *e = c ? READ_ONCE(c->events) : NULL;

		if (e && e != me && may_hold(e, lock))
			return e;
	}
	return NULL;
}

/*
 * Will somebody give it back? Its holder may wait for another lock himself, whose holder waits
 * for a third: not in a circle.
 */
static bool in_good_hands(const u32 *lock, const struct lsm_cpu *me)
{
	for (u32 n = 0; lock && n < nr_cpu_ids; n++) {
		const struct lsm_cpu *e = holder_of(lock, me);

		if (!e || e == me)
			return false;
		if (!READ_ONCE(e->locks.pausing))
			return true;
		lock = READ_ONCE(e->locks.wants);
	}
	return !lock; /* it has just got what it wanted */
}

static u64 cycles(u64 us)
{
	return us * tsc_khz / 1000;
}

struct wait {
	u64 lost_since; /* time-stamp; 0: in good hands */
	u32 looks; /* since then */
};

/* Between two looks. False: no use. */
static bool wait(struct wait *w, struct lsm_cpu *e, const u32 *lock, u32 spins)
{
	struct lsm_locks *l = &e->locks;
	u64 now = rdtsc();

	if (!l->since)
		l->since = now;
	if (now - l->since > cycles(LOCK_WAIT_MS * 1000ULL))
		return false;
	WRITE_ONCE(l->pausing, true);
	if (in_good_hands(lock, e))
		*w = (struct wait){ 0 };
	else if (!w->looks++)
		w->lost_since = now;
	while (spins-- && rdtsc() - now < cycles(LOCK_PAUSE_US))
		cpu_relax();
	WRITE_ONCE(l->pausing, false);
	return w->looks < LOCK_LOST_LOOKS || now - w->lost_since < cycles(LOCK_LOST_MS * 1000ULL);
}

bool lock_take(struct eng_ctx *ctx, u32 *lock, u32 ceiling)
{
	struct lsm_cpu *e = events_of(ctx);
	struct lsm_locks *l = own_locks(e);
	struct wait w = { 0 };
	u32 spins = 1;

	WRITE_ONCE(l->wants, lock);
	while (__atomic_fetch_or(lock, 1, __ATOMIC_ACQUIRE) & 1) {
		if (!wait(&w, e, lock, spins)) {
			WRITE_ONCE(l->wants, NULL);
			return false;
		}
		if (spins * 2 <= ceiling)
			spins *= 2;
	}
	if (l->nheld < LOCK_HELD)
		WRITE_ONCE(l->held[l->nheld], lock);
	WRITE_ONCE(l->nheld, l->nheld + 1);
	WRITE_ONCE(l->wants, NULL);
	return true;
}

/* Given back first, off the list then: a lock that is held by nobody on a list is lost. */
void lock_give(struct eng_ctx *ctx, u32 *lock)
{
	struct lsm_locks *l = own_locks(events_of(ctx));
	u32 n = l->nheld;

	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	if (n > LOCK_HELD)
		return;
	for (u32 i = 0; i < n; i++) {
		if (l->held[i] != lock)
			continue;
		WRITE_ONCE(l->held[i], l->held[n - 1]);
		WRITE_ONCE(l->nheld, n - 1);
		return;
	}
}
