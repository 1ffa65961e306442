// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * set.c - which events are in force, on all CPUs at once.
 *
 * The hosts look at one immutable set through one pointer. A change builds another set, makes
 * every CPU ready for it, stores the pointer, and frees the old set after a call into the host
 * of every CPU: a host that was looking at it has left by then. Nothing here ever waits for a
 * host in any other way.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "returns.h"
#include "set.h"

const struct lsm_set *set_current __read_mostly;

/* --- in the host --- */

static void intercept(struct hv_cpu *c, bool on)
{
	if (c->armed == on)
		return;
	hv_vendor->intercept(c, on);
	c->armed = on;
}

static bool wants(const struct lsm_set *set, const struct hv_cpu *c)
{
	return set && c->events && set->cpu[c->cpu] && set->cpu[c->cpu]->armed;
}

/* What lsm_wants() looks at. */
static u8 stages_of(const struct lsm_set *set, const struct hv_cpu *c)
{
	u8 stages = 0;

	if (!wants(set, c))
		return 0;
	for (u32 kind = 0; kind < ENG_NKINDS; kind++)
		for (u32 stage = ENG_PRE; stage <= ENG_POST; stage++)
			if (set->cpu[c->cpu]->list[kind][stage].n)
				stages |= LSM_WANTS(kind, stage);
	return stages;
}

static bool wants_hook(const struct lsm_set *set, const struct hv_cpu *c)
{
	return set && c->events && set->cpu[c->cpu] && set->cpu[c->cpu]->hooked;
}

static bool trusts_cpu(const struct lsm_set *set)
{
	return set && !set->checks_bytes;
}

/*
 * Before the pointer is stored: calls are intercepted, and being called has made the host forget what was
 * where the new set's memory is.
 */
static u64 prepare(struct hv_cpu *c, void *set)
{
	c->wants |= stages_of(set, c);
	c->trusts_cpu &= trusts_cpu(set);
	if (wants(set, c))
		intercept(c, true);
	if (wants_hook(set, c))
		hv_vendor->hook(c, true);
	return 0;
}

/* After it: nobody looks at the old set. */
static u64 settle(struct hv_cpu *c, void *set)
{
	c->wants = stages_of(set, c);
	c->trusts_cpu = trusts_cpu(set);
	intercept(c, wants(set, c));
	hv_vendor->hook(c, wants_hook(set, c));
	return 0;
}

static u64 suspend(struct hv_cpu *c, void *unused)
{
	intercept(c, false);
	hv_vendor->hook(c, false);
	return 0;
}

bool set_enable(const struct lsm_set *set, u32 id, bool on)
{
	bool changed = false;

	for (u32 i = 0; set && i < set->nevents; i++) {
		struct lsm_armed *a = set->event[i];

		if (id != LSM_ALL && a->id != id)
			continue;
		for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
			changed |= READ_ONCE(a->cpu[cpu].enabled) != on;
			WRITE_ONCE(a->cpu[cpu].enabled, on);
		}
	}
	return changed;
}

/* --- in the guest --- */

/* Then no return by SYSRET can escape. */
static bool armed_everywhere(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
	{
		const struct hv_cpu *c = hv_cpu(cpu);

		if (!c || !c->entered || !c->armed)
			return false;
	}
	return true;
}

void set_resume(void)
{
	if (armed_everywhere())
		hv_returns_begin();
}

void set_suspend(void)
{
	hv_returns_end();
	hv_call_all(suspend, NULL);
}

void lsm_cpu_entered(struct hv_cpu *c)
{
	hv_call(prepare, (void *)set_current);
	hv_call(settle, (void *)set_current);
}

/* The low 32 bits are what the engine compares. */
static void want_nr(struct lsm_list *l, u64 nr)
{
	u32 low = (u32)nr;

	if (nr == ENG_ANY)
		memset(l->nr, 0xff, sizeof(l->nr));
	else if (low < 64 * LSM_NR_WORDS)
		l->nr[low / 64] |= ENG_BIT(low % 64);
}

/* Where an event is looked for: at one stage of one kind, or at the kernel's entry points. */
struct place {
	u32 kind, stage;
	bool entry;
};

static bool belongs(const struct lsm_armed *a, const struct place *p, u32 cpu)
{
	const struct eng_event *ev = &a->cpu[cpu];

	return !(a->flags & LSM_EV_ENTRY) == !p->entry && ev->kind == p->kind &&
	       ev->stages & ENG_BIT(p->stage) && (ev->core == ENG_ANY || ev->core == cpu);
}

/* Fills @l from @at on. True: something in it is enabled. */
static bool build_list(struct lsm_list *l, struct eng_event **at, const struct lsm_session *s,
		       const struct place *p, u32 cpu)
{
	bool enabled = false;

	l->ev = at;
	for (u32 i = 0; i < s->nevents; i++) {
		struct eng_event *ev = &s->event[i]->cpu[cpu];

		if (!belongs(s->event[i], p, cpu))
			continue;
		l->ev[l->n++] = ev;
		want_nr(l, ev->nr);
		enabled |= READ_ONCE(ev->enabled);
	}
	return enabled;
}

/* Each event stands at most once for each stage: the lists share room for 2 * n pointers. */
static size_t cpu_size(const struct lsm_session *s)
{
	return struct_size((struct lsm_cpu_set *)NULL, ev, 2 * s->nevents);
}

static void build_cpu(struct lsm_cpu_set *cs, const struct lsm_session *s, u32 cpu)
{
	struct place p = { .entry = false };
	struct eng_event **at = cs->ev;

	for (p.kind = 0; p.kind < ENG_NKINDS; p.kind++)
		for (p.stage = ENG_PRE; p.stage <= ENG_POST; p.stage++) {
			struct lsm_list *l = &cs->list[p.kind][p.stage];

			cs->armed |= build_list(l, at, s, &p, cpu);
			at += l->n;
		}
	p = (struct place){ ENG_EV_SYSCALL, ENG_PRE, true };
	cs->hooked = build_list(&cs->entry, at, s, &p, cpu);
}

static struct lsm_set *new_set(const struct lsm_session *s)
{
	size_t size = struct_size((struct lsm_set *)NULL, cpu, nr_cpu_ids) +
		      s->nevents * sizeof(struct lsm_armed *);

	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		size += s->cpu[cpu] ? cpu_size(s) : 0;
	return kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

/* NULL when there is no memory. */
static struct lsm_set *build(const struct lsm_session *s)
{
	struct lsm_set *set = new_set(s);
	u8 *at;

	if (!set)
		return NULL;
	at = (u8 *)&set->cpu[nr_cpu_ids];
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (!s->cpu[cpu])
			continue;
		set->cpu[cpu] = (struct lsm_cpu_set *)at;
		build_cpu(set->cpu[cpu], s, cpu);
		at += cpu_size(s);
	}
	set->nevents = s->nevents;
	set->event = (struct lsm_armed **)at;
	for (u32 i = 0; i < s->nevents; i++) {
		set->event[i] = s->event[i];
		set->checks_bytes |= !(s->event[i]->flags & LSM_EV_BY_RIP);
	}
	return set;
}

static void publish(const struct lsm_set *set)
{
	const struct lsm_set *old = set_current;

	clock_anchor();
	hv_returns_end();
	hv_call_all(prepare, (void *)set);
	smp_store_release(&set_current, set);
	hv_call_all(settle, (void *)set);
	set_resume();
	kvfree(old);
}

/* Puts what the session has loaded in force. */
static int publish_session(const struct lsm_session *s)
{
	struct lsm_set *set = s->nevents ? build(s) : NULL;

	if (s->nevents && !set)
		return -ENOMEM;
	publish(set);
	return 0;
}

/* The place of the first event whose id is not below @id. */
static u32 find(const struct lsm_session *s, u32 id)
{
	u32 i = 0;

	while (i < s->nevents && s->event[i]->id < id)
		i++;
	return i;
}

static bool is_at(const struct lsm_session *s, u32 i, u32 id)
{
	return i < s->nevents && s->event[i]->id == id;
}

static void take_out(struct lsm_session *s, u32 i)
{
	s->nevents--;
	memmove(&s->event[i], &s->event[i + 1], (s->nevents - i) * sizeof(s->event[0]));
}

int set_add(struct lsm_session *s, struct lsm_event *e)
{
	u32 i = find(s, e->id);
	struct lsm_armed *a;
	int err;

	e->why[0] = 0;
	if (e->id == LSM_NO_EVENT || is_at(s, i, e->id)) {
		snprintf(e->why, LSM_WHY, "there is an event with the number %x already", e->id);
		return -EEXIST;
	}
	if (s->nevents == LSM_MAX_EVENTS) {
		snprintf(e->why, LSM_WHY, "there are %u events already (LSM_MAX_EVENTS)",
			 LSM_MAX_EVENTS);
		return -ENOSPC;
	}
	a = load_event(s, e, &err);
	if (!a)
		return err;
	memmove(&s->event[i + 1], &s->event[i], (s->nevents - i) * sizeof(s->event[0]));
	s->event[i] = a;
	s->nevents++;
	err = publish_session(s);
	if (err) {
		snprintf(e->why, LSM_WHY, "no memory to arm one more event");
		take_out(s, i);
		load_event_free(s, a);
	}
	return err;
}

static int clear(struct lsm_session *s, u32 id)
{
	u32 i = find(s, id);
	struct lsm_armed *a;
	int err;

	if (id == LSM_ALL) {
		set_free_all(s);
		return 0;
	}
	if (!is_at(s, i, id))
		return -ENOENT;
	a = s->event[i];
	take_out(s, i);
	err = publish_session(s);
	if (err) {
		/* it stays, but fires no more */
		memmove(&s->event[i + 1], &s->event[i], (s->nevents - i) * sizeof(s->event[0]));
		s->event[i] = a;
		s->nevents++;
		set_enable(set_current, id, false);
		return err;
	}
	load_event_free(s, a);
	return 0;
}

int set_ctl(struct lsm_session *s, const struct lsm_ctl *ctl)
{
	switch (ctl->op) {
	case LSM_CTL_ENABLE:
	case LSM_CTL_DISABLE:
		if (ctl->id != LSM_ALL && !is_at(s, find(s, ctl->id), ctl->id))
			return -ENOENT;
		set_enable(set_current, ctl->id, ctl->op == LSM_CTL_ENABLE);
		return publish_session(s);
	case LSM_CTL_CLEAR:
		return clear(s, ctl->id);
	default:
		return -EINVAL;
	}
}

int set_counters(struct lsm_session *s, struct lsm_counters *out)
{
	u32 at = find(s, out->id);
	const struct lsm_armed *a;

	if (!is_at(s, at, out->id))
		return -ENOENT;
	a = s->event[at];
	*out = (struct lsm_counters){ .id = a->id, .enabled = READ_ONCE(a->cpu[0].enabled) };
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct eng_event *ev = &a->cpu[cpu];

		out->fired += READ_ONCE(ev->fired);
		out->condition_false += READ_ONCE(ev->condition_false);
		out->faults += READ_ONCE(ev->faults);
		out->dropped += READ_ONCE(ev->dropped);
	}
	return 0;
}

void set_free_all(struct lsm_session *s)
{
	publish(NULL);
	while (s->nevents)
		load_event_free(s, s->event[--s->nevents]);
}
