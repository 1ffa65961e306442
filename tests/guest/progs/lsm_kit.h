/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lsm_kit.h - what tests of the hypervisor in one process share: /dev/lstar with the hypervisor
 * entered, and results as TAP. For those that bring their own bytes; dev_kit.h compiles scripts.
 */
#ifndef TESTS_GUEST_LSM_KIT_H
#define TESTS_GUEST_LSM_KIT_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../kernel/uapi.h"
#include "engine/engine.h"

static int dev;
static struct lsm_info info;
static int ntests, nfailed;

_Noreturn static void die(const char *what, const char *why)
{
	printf("Bail out! %s: %s %s\n", what, strerror(errno), why);
	exit(1);
}

/* One line of TAP; returns @ok. */
static bool outcome(bool ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++ntests, name);
	nfailed += !ok;
	return ok;
}

static void begin(void)
{
	struct lsm_enter enter = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	dev = open(LSM_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		die(LSM_DEVICE, "");
	if (ioctl(dev, LSM_IOC_ENTER, &enter))
		die("ENTER", enter.why);
	if (ioctl(dev, LSM_IOC_INFO, &info))
		die("INFO", "");
}

/* The plan; what main() returns. */
static int finish(void)
{
	struct lsm_enter enter = { 0 };

	if (ioctl(dev, LSM_IOC_LEAVE, &enter))
		die("LEAVE", enter.why);
	printf("1..%d\n", ntests);
	return nfailed != 0;
}

#endif
