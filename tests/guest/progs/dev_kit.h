/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dev_kit.h - what the tests of /dev/lstar share: an open device with the hypervisor entered,
 * events from the text of a script, reading of rings. Each test is a process and a session of
 * its own; what the module refuses fails the test with the module's own reason.
 */
#ifndef TESTS_GUEST_DEV_KIT_H
#define TESTS_GUEST_DEV_KIT_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "../../../kernel/uapi.h"
#include "../../unit/unit.h"
#include "abi/abi.h"
#include "engine/engine.h"
#include "script/script.h"

static int dev = -1;
static struct lsm_info info;
static struct scr_env *env;
static u64 *globals;
static u32 nmaps; /* that the module has */

#define ASK(request, arg)                                            \
	do {                                                         \
		if (ioctl(dev, LSM_IOC_##request, arg))              \
			UNIT_FAIL(#request ": %s", strerror(errno)); \
	} while (0)

/* Before any test: the module, if it is not there. */
__attribute__((constructor)) static void dev_load(void)
{
	int fd = open("/lib/modules/lstar.ko", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		printf("# lstar.ko: %s\n", strerror(errno));
	close(fd);
}

static inline void dev_open(void)
{
	/* the session of the test before ends with its process, which may take a moment */
	for (int i = 0; i < 1000 && dev < 0; i++) {
		dev = open(LSM_DEVICE, O_RDWR | O_CLOEXEC);
		if (dev < 0)
			usleep(20000);
	}
	if (dev < 0)
		UNIT_FAIL("%s: %s", LSM_DEVICE, strerror(errno));
	ASK(INFO, &info);
	CHECK_EQ(info.version, LSM_ABI_VERSION);
	env = scr_env_new(info.nglobals);
	scr_env_set_caps(env, &eng_caps_machine);
	globals = mmap(NULL, info.nglobals * 8UL, PROT_READ | PROT_WRITE, MAP_SHARED, dev,
		       LSM_MMAP_GLOBALS);
	CHECK(globals != MAP_FAILED);
}

static inline void dev_enter(void)
{
	struct lsm_enter e = { "" };

	if (dev < 0)
		dev_open();
	if (ioctl(dev, LSM_IOC_ENTER, &e))
		UNIT_FAIL("ENTER: %s: %s", strerror(errno), e.why);
	ASK(INFO, &info);
}

static inline struct eng_program *dev_compile(const char *text)
{
	struct scr_source src = { "script", text, strlen(text), 1, 1 };
	struct scr_diags diags = { 0 };
	struct eng_program *prog = scr_compile(env, &src, SCR_SCRIPT, &diags);

	if (!prog)
		scr_diags_print(&diags, stdout, false);
	CHECK(prog);
	for (; nmaps < scr_env_nmaps(env); nmaps++) {
		const char *name;
		const struct eng_map_desc *d = scr_env_map(env, nmaps, &name);
		struct lsm_map m = {
			nmaps, 64, d->keys, d->kind, d->buckets, 0, d->min, d->step, 0
		};

		ASK(MAP_ADD, &m);
	}
	return prog;
}

static inline struct lsm_event dev_event(u32 id, enum eng_kind kind, u32 stages, u64 nr)
{
	return (struct lsm_event){
		.id = id,
		.kind = kind,
		.stages = stages,
		.flags = LSM_EV_ENABLED,
		.abi = LSM_ABI_ANY,
		.nr = nr,
		.pid = LSM_ANY,
		.core = LSM_ANY,
	};
}

/* An event with its script, or without one. */
static inline void dev_add(struct lsm_event e, const char *script)
{
	struct eng_program *prog = script ? dev_compile(script) : NULL;

	if (prog) {
		e.image = (uintptr_t)prog->image;
		e.image_size = prog->image->size;
	}
	if (ioctl(dev, LSM_IOC_ADD, &e))
		UNIT_FAIL("ADD: %s: %s", strerror(errno), e.why);
	if (prog)
		scr_program_free(prog);
}

static inline void dev_on(u32 id, enum eng_kind kind, u32 stages, u64 nr, const char *script)
{
	struct lsm_event e = dev_event(id, kind, stages, nr);

	e.pid = (u64)getpid();
	dev_add(e, script);
}

static inline int dev_ctl(enum lsm_ctl_op op, u32 id)
{
	struct lsm_ctl c = { op, id };

	return ioctl(dev, LSM_IOC_CTL, &c) ? errno : 0;
}

static inline struct lsm_counters dev_counters(u32 id)
{
	struct lsm_counters c = { .id = id };

	ASK(COUNTERS, &c);
	return c;
}

static inline u64 dev_global(const char *name)
{
	s32 slot = scr_env_global(env, name);

	CHECK(slot >= 0);
	return __atomic_load_n(&globals[slot], __ATOMIC_SEQ_CST);
}

static inline void on_cpu(u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
}

/* The ring of the record that dev_next() gave last, and what is behind that. */
static struct {
	struct lsm_ring *ring;
	u64 consumed;
} dev_last;

/* It may stand where another one was. */
static inline struct lsm_ring *dev_ring(u32 cpu)
{
	struct lsm_ring *r = mmap(NULL, sizeof(*r) + info.ring_bytes, PROT_READ | PROT_WRITE,
				  MAP_SHARED, dev, (off_t)LSM_MMAP_RING(cpu));

	if (r == MAP_FAILED)
		UNIT_FAIL("mmap of ring %u: %s", cpu, strerror(errno));
	dev_last.ring = NULL;
	return r;
}

/* The next record of a ring, or NULL; it stays where it is until the next call. */
static inline const struct lsm_record *dev_next(struct lsm_ring *r)
{
	const u8 *data = (const u8 *)(r + 1);

	if (dev_last.ring == r)
		__atomic_store_n(&r->tail, dev_last.consumed, __ATOMIC_RELEASE);
	dev_last.ring = NULL;
	while (r->tail != __atomic_load_n(&r->head, __ATOMIC_ACQUIRE)) {
		const struct lsm_record *rec =
			(const void *)(data + (r->tail & (info.ring_bytes - 1)));

		CHECK(rec->size && rec->size % 8 == 0 && rec->size <= r->head - r->tail);
		if (rec->kind != LSM_REC_SKIP) {
			CHECK(rec->size >= sizeof(*rec) + rec->len);
			dev_last.ring = r;
			dev_last.consumed = r->tail + rec->size;
			return rec;
		}
		r->tail += rec->size;
	}
	return NULL;
}

/* All text of all rings, in the order of CPUs; faults and the rest in brackets. */
static inline const char *dev_drain(void)
{
	static char out[1 << 20];
	const struct lsm_record *rec;
	size_t n = 0;

	out[0] = 0;
	for (u32 cpu = 0; cpu < info.ncpus; cpu++) {
		struct lsm_ring *r = dev_ring(cpu);

		while ((rec = dev_next(r))) {
			const void *p = rec + 1;
			const struct lsm_fault *f = p;
			const struct lsm_request *q = p;

			CHECK(n + rec->len + 64 < sizeof(out));
			if (rec->kind == LSM_REC_TEXT)
				n += (size_t)sprintf(out + n, "%.*s", (int)rec->len,
						     (const char *)p);
			else if (rec->kind == LSM_REC_CODE)
				n += (size_t)sprintf(out + n, "[%.*s]", (int)rec->len,
						     (const char *)p);
			else if (rec->kind == LSM_REC_FAULT)
				n += (size_t)sprintf(out + n, "[fault %u line %u]", f->code,
						     f->line);
			else if (rec->kind == LSM_REC_REQUEST)
				n += (size_t)sprintf(out + n, "[request %u %llu]", q->what,
						     (unsigned long long)q->event);
			else
				UNIT_FAIL("a record of kind %u", rec->kind);
		}
		munmap(r, sizeof(*r) + info.ring_bytes);
	}
	return out;
}

static inline long call(long nr, long a, long b, long c)
{
	return syscall(nr, a, b, c, 0, 0, 0);
}

#endif
