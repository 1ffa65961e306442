/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * set.h - armed events on all CPUs: what a session has loaded, the set that the hosts look at,
 * and the events' part of each CPU.
 */
#ifndef LSTAR_SET_H
#define LSTAR_SET_H

#include "hv.h"
#include "lock.h"
#include "ring.h"

#define LSM_NGLOBALS 4096 /* slots, as many as the debugger has */
#define LSM_PENDING 32 /* requests of scripts in one firing */
#define LSM_SPENT_MAX 8 /* runs of an event that may use up their budget, on one CPU */
#define LSM_BUDGET (1u << 18) /* until BUDGET says otherwise */

/* A program of a script, verified in the kernel's own memory. */
struct lsm_program {
	struct eng_program prog;
	void *image; /* the owner's memory */
	size_t size;
};

/*
 * A loaded event, with its script's image behind it. Each CPU has a copy of the engine's event, so
 * that it alone counts in it.
 */
struct lsm_armed {
	struct lsm_program script;
	struct hv_code *condition, *code;
	u8 *buffer;
	u64 buffer_size;
	u32 id, flags; /* LSM_EV_* */
	u64 memory; /* that it takes from the session */
	struct eng_event cpu[]; /* [nr_cpu_ids] */
};

/* What may fire at one stage of one kind on one CPU, sorted by id. */
#define LSM_NR_WORDS 8
struct lsm_list {
	u32 n;
	u64 nr[LSM_NR_WORDS]; /* which of the lower numbers any of them wants */
	struct eng_event **ev;
};

struct lsm_cpu_set {
	bool armed; /* something in list[] is enabled */
	bool hooked; /* something in entry is */
	struct lsm_list list[ENG_NKINDS][2];
	struct lsm_list entry; /* LSM_EV_ENTRY */
	struct eng_event *ev[]; /* all lists, one after another */
};

/*
 * Never changes once it is published. All of it is one piece of memory, so that a host finds its
 * part of a small one beside the whole.
 */
struct lsm_set {
	bool checks_bytes;
	u32 nevents;
	struct lsm_armed **event; /* sorted by id */
	struct lsm_cpu_set *cpu[]; /* [nr_cpu_ids], NULL where there is no CPU */
};

/* The events' part of a CPU: only its own host touches it. The engine's memory is behind it. */
struct lsm_cpu {
	struct hv_cpu *hv;
	struct eng_vm *vm;
	struct eng_globals globals; /* the session's, where the CPU has them at hand */
	struct ring ring;
	u64 fired; /* counted when a firing is over */
	struct lsm_locks locks;
	u32 columns; /* of the terminal that shows what is printed; 0: none */
	u32 unseen; /* the process at whose calls nothing fires; 0: none */
	u32 npending; /* requests of the events of this firing */
	struct {
		enum eng_request what;
		u64 event;
	} pending[LSM_PENDING];
};

/* One open /dev/lstar. Changed under hv_mutex only. */
struct lsm_session {
	struct lsm_cpu **cpu; /* [nr_cpu_ids], NULL where there is no CPU */
	struct eng_globals globals;
	struct eng_maps maps;
	u64 budget;
	u64 memory; /* bytes that were loaded: at most LSM_MAX_MEMORY */
	u32 nevents;
	struct lsm_armed *event[LSM_MAX_EVENTS]; /* sorted by id */
};

/* set.c: guest, under hv_mutex. Negative errno and @why, or 0. */
int set_add(struct lsm_session *s, struct lsm_event *e);
int set_ctl(struct lsm_session *s, const struct lsm_ctl *ctl);
int set_counters(struct lsm_session *s, struct lsm_counters *out);
void set_free_all(struct lsm_session *s);
/* set.c: host. The set in force, or NULL. */
extern const struct lsm_set *set_current;
static inline const struct lsm_set *set_now(void)
{
	return READ_ONCE(set_current);
}

/* Host or guest: lets events of @set (or NULL) fire or not, on all CPUs. True: a change. */
bool set_enable(const struct lsm_set *set, u32 id, bool on);
/* Guest: turns the interception off on all CPUs, before the hypervisor leaves. */
void set_suspend(void);
/* Guest: all CPUs have entered, and armed what is in force. */
void set_resume(void);

/* load.c: guest. What comes from user space, copied and verified. */
int load_check_size(u32 size, char *why); /* of an image: before there is memory for it */
/* Copies an image of @size bytes to @memory, and verifies it there. */
int load_program(struct lsm_program *p, void *memory, u64 from, u32 size, char *why);
struct lsm_armed *load_event(struct lsm_session *s, struct lsm_event *e, int *err);
void load_event_free(struct lsm_session *s, struct lsm_armed *a);
/* Takes @bytes of the session's share; false: no more than that. */
bool load_charge(struct lsm_session *s, u64 bytes, char *why);

/* host_engine.c: the machine as the engine's host. */
extern const struct eng_host lsm_host; /* of events */
extern const struct eng_host lsm_eval_host; /* of EVAL: there is no stop with registers to change */

/* message.c: host. Requests of a firing are carried out when it is over. */
void message_emit(struct eng_ctx *ctx, const struct eng_msg *msg);
void message_request(struct eng_ctx *ctx, enum eng_request what, u64 event);
void message_carry_out(struct eng_ctx *ctx);

/* clock.c */
void clock_anchor(void); /* guest, under hv_mutex: takes the time that the hosts count on from */
u64 clock_now(void); /* host: ns, about CLOCK_MONOTONIC */
void clock_date(char *buf, size_t size); /* host: UTC */
void clock_time(char *buf, size_t size);

/* eval.c: guest */
int eval_run(struct lsm_session *s, struct lsm_eval *e);

#endif
