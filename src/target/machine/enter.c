/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enter.c - opening the module's device, slipping the hypervisor under the kernel and taking
 * it away, and saying what is missing when that cannot be. Loads nothing by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#define SLOW_NS 1000000000L

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* "integrity" or "confidentiality", when the kernel loads nothing that is not signed. */
static const char *lockdown(void)
{
	static const char *const kinds[] = { "integrity", "confidentiality" };
	char text[128] = "", want[32];
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");

	if (!f)
		return NULL;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(want, sizeof(want), "[%s]", kinds[i]);
		if (strstr(text, want))
			return kinds[i];
	}
	return NULL;
}

static int open_failed(struct mach_target *m, int err)
{
	const char *locked = lockdown();

	switch (err) {
	case ENOENT:
		return mach_fail(
			m, -err,
			"there is no " LSM_DEVICE ": the module lstar.ko is not loaded. As root, "
			"'modprobe lstar' loads the installed one, 'insmod lstar.ko' one that was "
			"built by hand; where that fails, 'dmesg' says why%s%s%s",
			locked ? "; this kernel is locked down (" : "", locked ? locked : "",
			locked ? ") and loads only signed modules: sign lstar.ko with a key that "
				 "it knows, or turn Secure Boot off"
			       : "");
	case EACCES:
	case EPERM:
		return mach_fail(m, -err,
				 "may not open " LSM_DEVICE ": the whole machine is for root, or "
				 "for who has CAP_SYS_ADMIN; try 'sudo lstar machine'");
	case EBUSY:
		return mach_fail(m, -err,
				 "another lstar has the machine: " LSM_DEVICE " takes one session "
				 "at a time");
	case ENXIO:
	case ENODEV:
		return mach_fail(m, -err,
				 LSM_DEVICE " is there, but no module is behind it: remove the "
					    "file and load the module again ('modprobe lstar')");
	default:
		return mach_fail(m, -err, "cannot open " LSM_DEVICE ": %s", strerror(err));
	}
}

static int other_version(struct mach_target *m, u32 version)
{
	return mach_fail(m, -EPROTO,
			 "the module lstar.ko that is loaded speaks version %u of the interface, "
			 "this lstar version %u: install both from one release and reload the "
			 "module ('rmmod lstar', 'modprobe lstar')",
			 version, LSM_ABI_VERSION);
}

static int open_device(struct mach_target *m)
{
	int err;

	m->fd = open(LSM_DEVICE, O_RDWR | O_CLOEXEC);
	if (m->fd < 0)
		return open_failed(m, errno);
	err = mach_call(m, LSM_IOC_INFO, &m->info, "ask the module what it is");
	if (err == -ENOTTY)
		return mach_fail(m, err,
				 LSM_DEVICE " does not answer as the module of this lstar does: "
					    "install both from one release and reload the module "
					    "('rmmod lstar', 'modprobe lstar')");
	if (!err && m->info.version != LSM_ABI_VERSION)
		return other_version(m, m->info.version);
	return err;
}

/* --- entering may take long on a machine with many CPUs: somebody must be told --- */

struct entering {
	struct mach_target *m;
	struct lsm_enter arg;
	int err;
};

static void *enter_thread(void *user)
{
	struct entering *e = user;

	e->err = mach_call_why(e->m, LSM_IOC_ENTER, &e->arg, e->arg.why,
			       "slip the hypervisor under the kernel");
	return NULL;
}

static int enter_slowly(struct mach_target *m, void (*slow)(void *user), void *user)
{
	struct entering e = { .m = m };
	struct timespec until;
	pthread_t thread;

	if (pthread_create(&thread, NULL, enter_thread, &e)) {
		enter_thread(&e);
		return e.err;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SLOW_NS / 1000000000L;
	if (pthread_timedjoin_np(thread, NULL, &until)) {
		slow(user);
		pthread_join(thread, NULL);
	}
	return e.err;
}

int mach_enter(struct target *t, void (*slow)(void *user), void *user)
{
	struct mach_target *m = mach_of(t);
	int err = open_device(m);

	if (!err)
		err = enter_slowly(m, slow, user);
	if (!err)
		err = mach_call(m, LSM_IOC_INFO, &m->info, "ask the module what it is");
	if (!err)
		err = mach_rings_map(m);
	m->since = now_ns();
	if (err)
		mach_close(m);
	return err;
}

int mach_leave(struct target *t)
{
	struct mach_target *m = mach_of(t);
	struct lsm_enter arg;
	int err;

	if (m->fd < 0)
		return 0;
	err = mach_call_why(m, LSM_IOC_LEAVE, &arg, arg.why, "take the hypervisor away");
	if (!err)
		m->info.entered = 0;
	return err;
}

void mach_close(struct mach_target *m)
{
	mach_rings_unmap(m);
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
