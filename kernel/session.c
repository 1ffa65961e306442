// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * session.c - the memory of an open /dev/lstar: working memory and ring of each CPU, globals
 * and maps of its scripts.
 *
 * All of it is the hosts' to use from session_new() on until session_free() has disarmed
 * everything; the debugger may scribble over what is mapped to it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "session.h"

size_t session_cpu_memory(void)
{
	return sizeof(struct lsm_cpu) + eng_vm_size() + ring_memory();
}

void session_set_up_vm(const struct lsm_session *s, struct lsm_cpu *e, const struct eng_host *host)
{
	e->globals = s->globals;
	eng_vm_init(e->vm, host, &e->globals, s->budget);
	eng_vm_set_maps(e->vm, &s->maps);
}

static void free_cpu(struct lsm_cpu *e)
{
	if (!e)
		return;
	ring_free(&e->ring);
	vfree(e);
}

static struct lsm_cpu *new_cpu(const struct lsm_session *s, struct hv_cpu *hv)
{
	/* vmalloc: kmalloc would take 512 KB; the host's stack and the globals are there, too */
	struct lsm_cpu *e = __vmalloc(sizeof(*e) + eng_vm_size(), GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (!e)
		return NULL;
	e->hv = hv;
	e->vm = (struct eng_vm *)(e + 1);
	if (ring_init(&e->ring)) {
		free_cpu(e);
		return NULL;
	}
	session_set_up_vm(s, e, &lsm_host);
	return e;
}

static bool new_cpus(struct lsm_session *s)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct hv_cpu *hv = cpu_present(cpu) ? hv_cpu(cpu) : NULL;

		if (!hv)
			continue;
		s->cpu[cpu] = new_cpu(s, hv);
		if (!s->cpu[cpu])
			return false;
	}
	return true;
}

/* Called for what every call does: the host forgets what was where the new memory is. */
static u64 nothing(struct hv_cpu *c, void *unused)
{
	return 0;
}

/* From here on the hosts may look at the session's memory. */
static void connect(struct lsm_session *s, bool on)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (!s->cpu[cpu])
			continue;
		s->cpu[cpu]->hv->events = on ? s->cpu[cpu] : NULL;
	}
	hv_call_all(nothing, NULL);
}

static void release(struct lsm_session *s)
{
	if (s->cpu)
		for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
			free_cpu(s->cpu[cpu]);
	kfree(s->cpu);
	if (s->maps.map)
		for (u32 i = 0; i < ENG_MAX_MAPS; i++)
			kvfree(s->maps.map[i]);
	kvfree(s->maps.map);
	vfree(s->globals.slot);
	kvfree(s);
}

struct lsm_session *session_new(void)
{
	struct lsm_session *s = kvzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	s->budget = LSM_BUDGET;
	s->globals.nslots = LSM_NGLOBALS;
	s->globals.slot = vmalloc_user(LSM_NGLOBALS * sizeof(u64));
	s->maps.nmaps = ENG_MAX_MAPS;
	s->maps.map = kvcalloc(ENG_MAX_MAPS, sizeof(*s->maps.map), GFP_KERNEL_ACCOUNT);
	s->cpu = kcalloc(nr_cpu_ids, sizeof(*s->cpu), GFP_KERNEL_ACCOUNT);
	if (!s->globals.slot || !s->maps.map || !s->cpu || !new_cpus(s)) {
		release(s);
		return NULL;
	}
	connect(s, true);
	return s;
}

void session_free(struct lsm_session *s)
{
	set_free_all(s);
	connect(s, false);
	release(s);
}

int session_set_budget(struct lsm_session *s, u64 budget)
{
	if (!budget || budget > LSM_MAX_BUDGET)
		return -EINVAL;
	s->budget = budget;
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (s->cpu[cpu])
			eng_vm_set_budget(s->cpu[cpu]->vm, budget);
	return 0;
}

void session_set_columns(struct lsm_session *s, u32 columns)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (s->cpu[cpu])
			WRITE_ONCE(s->cpu[cpu]->columns, columns);
}

void session_set_unseen(struct lsm_session *s, u32 pid)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (s->cpu[cpu])
			WRITE_ONCE(s->cpu[cpu]->unseen, pid);
}

static struct eng_map_desc shape_of(const struct lsm_map *m)
{
	return (struct eng_map_desc){ .keys = m->keys,
				      .kind = m->kind,
				      .buckets = m->buckets,
				      .min = m->min,
				      .step = m->step };
}

int session_map_add(struct lsm_session *s, const struct lsm_map *m)
{
	struct eng_map_desc d = shape_of(m);
	char why[LSM_WHY];
	u64 size;
	void *mem;

	if (m->number >= ENG_MAX_MAPS || !m->entries || m->entries > ENG_MAP_ENTRIES ||
	    !eng_map_desc_ok(&d))
		return -EINVAL;
	if (s->maps.map[m->number])
		return -EEXIST;
	size = eng_map_size(&d, m->entries);
	if (!load_charge(s, size, why))
		return -EDQUOT;
	mem = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!mem) {
		s->memory -= size;
		return -ENOMEM;
	}
	hv_call_all(nothing, NULL);
	smp_store_release(&s->maps.map[m->number], eng_map_init(mem, &d, m->entries));
	return 0;
}

int session_map_info(struct lsm_session *s, struct lsm_map *m)
{
	const struct eng_map *map = m->number < ENG_MAX_MAPS ? s->maps.map[m->number] : NULL;

	if (!map)
		return -ENOENT;
	*m = (struct lsm_map){
		.number = m->number,
		.entries = map->cap,
		.keys = map->desc.keys,
		.kind = map->desc.kind,
		.buckets = map->desc.buckets,
		.used = READ_ONCE(map->n),
		.min = map->desc.min,
		.step = map->desc.step,
		.refused = READ_ONCE(map->refused),
	};
	return 0;
}

bool session_waiting(const struct lsm_session *s)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (s->cpu[cpu] && ring_waiting(&s->cpu[cpu]->ring))
			return true;
	return false;
}

bool session_urgent(const struct lsm_session *s)
{
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (s->cpu[cpu] && ring_urgent(&s->cpu[cpu]->ring))
			return true;
	return false;
}
