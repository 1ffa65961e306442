/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sessions.c - what all process targets of one program share: the action of the wake-up
 * signal, children that are nobody's debuggees, and which thread drives which target. All else
 * belongs to one target and its thread. Nothing here may wait.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "process.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- targets --- */

static struct proc_target *targets; /* that have begun */
static struct sigaction action_before;

static void on_signal(int sig)
{
}

/* Statuses come to a thread, not to a target: two would take them from each other. */
static bool is_taken(const struct proc_target *p)
{
	const struct proc_target *o;

	pthread_mutex_lock(&lock);
	o = targets;
	while (o && (o == p || o->tracer != gettid() || !o->nthreads))
		o = o->next_target;
	pthread_mutex_unlock(&lock);
	return o != NULL;
}

int session_check(struct proc_target *p)
{
	if (!is_taken(p))
		return 0;
	return proc_fail(p, -EPERM,
			 "thread %d already has debuggees of another session; use that session, or "
			 "another thread for this one",
			 (int)gettid());
}

bool session_alone(const struct proc_target *p)
{
	return p->tracer == gettid() && !is_taken(p);
}

void session_begin(struct proc_target *p)
{
	struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART: waitpid must end */

	pthread_mutex_lock(&lock);
	if (!targets)
		sigaction(WAKE_SIGNAL, &sa, &action_before);
	p->next_target = targets;
	targets = p;
	pthread_mutex_unlock(&lock);
}

void session_end(struct proc_target *p)
{
	struct proc_target **at = &targets;

	pthread_mutex_lock(&lock);
	while (*at && *at != p)
		at = &(*at)->next_target;
	if (*at) {
		*at = p->next_target;
		if (!targets)
			sigaction(WAKE_SIGNAL, &action_before, NULL);
	}
	pthread_mutex_unlock(&lock);
}

/* --- children that are no debuggees --- */

#define STRAYS 4096

static struct {
	pid_t pid;
	int status;
} strays[STRAYS];
static unsigned stray_next;

void stray_keep(pid_t pid, int status)
{
	pthread_mutex_lock(&lock);
	strays[stray_next].pid = pid;
	strays[stray_next].status = status;
	stray_next = (stray_next + 1) % STRAYS;
	pthread_mutex_unlock(&lock);
}

/* The latest: a number may have been used again. */
bool proc_child_ended(pid_t pid, int *status)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < STRAYS; i++) {
		unsigned at = (stray_next + STRAYS - 1 - i) % STRAYS;

		if (strays[at].pid != pid)
			continue;
		if (!found)
			*status = strays[at].status;
		strays[at].pid = 0;
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
