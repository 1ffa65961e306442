/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wake.c - end a blocking waitpid from a signal handler, from another thread, or after a
 * time. It must cost the hot path nothing but a flag.
 *
 * A signal that comes between looking at the flag and entering waitpid would be lost. So
 * the wake-up is a timer that goes on firing every millisecond until it has been noticed;
 * timer_settime(2) may be called in signal handlers.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"

u64 clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

int wake_begin(struct proc_target *p)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAKE_SIGNAL };
	sigset_t set, before;

	ev._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &ev, &p->timer))
		return -1;
	session_begin(p);
	sigemptyset(&set);
	sigaddset(&set, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, &before);
	p->was_blocked = sigismember(&before, WAKE_SIGNAL) == 1;
	__atomic_store_n(&p->have_timer, true, __ATOMIC_RELEASE);
	return 0;
}

void wake_end(struct proc_target *p)
{
	sigset_t set;

	if (!p->have_timer)
		return;
	__atomic_store_n(&p->have_timer, false, __ATOMIC_RELEASE);
	timer_delete(p->timer); /* takes a signal that is under way with it */
	if (p->was_blocked && p->tracer == gettid()) {
		sigemptyset(&set);
		sigaddset(&set, WAKE_SIGNAL);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	}
	session_end(p);
}

static void set_timer(timer_t timer, u32 first_ms, u32 every_ms)
{
	struct itimerspec it = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000000L },
		.it_interval = { every_ms / 1000, every_ms % 1000 * 1000000L },
	};

	timer_settime(timer, 0, &it, NULL);
}

/* Interrupt waitpid after @first_ms and then every @every_ms; 0, 0: never. */
void wake_arm(struct proc_target *p, u32 first_ms, u32 every_ms)
{
	if (!first_ms && !p->timer_first)
		return;
	p->timer_first = first_ms;
	p->timer_every = every_ms;
	set_timer(p->timer, first_ms, every_ms);
}

void wake_target(struct target *t)
{
	struct proc_target *p = proc_of(t);
	int saved = errno;

	__atomic_store_n(&p->woken, true, __ATOMIC_RELAXED);
	if (__atomic_load_n(&p->have_timer, __ATOMIC_ACQUIRE))
		set_timer(p->timer, 1, 1);
	errno = saved;
}
