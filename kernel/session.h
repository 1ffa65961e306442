/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - one open /dev/lstar: its memory, and when it has news.
 */
#ifndef LSTAR_SESSION_H
#define LSTAR_SESSION_H

#include "set.h"

/* NULL: no memory. Callers hold hv_mutex. */
struct lsm_session *session_new(void);
/* Disarms everything first. */
void session_free(struct lsm_session *s);
/* The engine of a CPU is to run scripts of @host. */
void session_set_up_vm(const struct lsm_session *s, struct lsm_cpu *e, const struct eng_host *host);
/* Bytes that the events take on each CPU, the ring included. */
size_t session_cpu_memory(void);
int session_set_budget(struct lsm_session *s, u64 budget);
void session_set_columns(struct lsm_session *s, u32 columns);
void session_set_unseen(struct lsm_session *s, u32 pid);
int session_map_add(struct lsm_session *s, const struct lsm_map *m);
int session_map_info(struct lsm_session *s, struct lsm_map *m);
/* Is there something in a ring; something that should not wait? */
bool session_waiting(const struct lsm_session *s);
bool session_urgent(const struct lsm_session *s);

#endif
