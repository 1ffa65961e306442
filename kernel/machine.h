/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.h - requests about the machine itself, in the form that the table of ioctls wants:
 * @arg is the request, copied from user space and, with its answer, back to it.
 */
#ifndef LSTAR_MACHINE_H
#define LSTAR_MACHINE_H

#include "set.h"

int machine_read(struct lsm_session *s, void *arg); /* struct lsm_mem */
int machine_write(struct lsm_session *s, void *arg);
int machine_translate(struct lsm_session *s, void *arg); /* struct lsm_translate */
int machine_msr(struct lsm_session *s, void *arg); /* struct lsm_msr */
int machine_stats(struct lsm_session *s, void *arg); /* struct lsm_cpu_stats */

#endif
