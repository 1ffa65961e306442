/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal.h - what the files of this room share: a source, its buffer, its sink.
 */
#ifndef OUTPUT_INTERNAL_H
#define OUTPUT_INTERNAL_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "output/output.h"

#define OUT_RING (64u << 10) /* bytes that wait for a slow sink; a power of two */
#define OUT_EAGER (32u << 10) /* so many are written without waiting for more */
#define OUT_AGE_MS 100 /* ... and older ones too */
#define OUT_SLICE_MS 100 /* a wait looks up this often */
#define OUT_CLOSE_MS 2000 /* how long a closed source waits for a sink that takes nothing */
#define OUT_CONNECT_MS 5000
#define OUT_ERRLEN 512

/*
 * Bytes on their way, at positions that only grow; the place is the position modulo
 * OUT_RING. A bit of @last marks the last byte of a message, so that messages are
 * counted when they are through, and none twice.
 */
struct out_ring {
	unsigned char data[OUT_RING];
	uint64_t last[OUT_RING / 64];
	uint64_t head, tail; /* written up to head, filled up to tail */
};

typedef void (*out_module_fn)(char *msg, unsigned len);

struct out_source {
	struct out_set *set;
	struct out_source *next;
	char *name, *address;
	enum out_type type;
	enum out_state state;
	int fd; /* all but modules */
	int self_reader; /* namedpipe: our own end, until a reader comes; or -1 */
	void *module;
	out_module_fn forward;
	struct out_ring *ring; /* from open on; not for modules */
	int64_t since; /* ms clock of the oldest byte in the ring */
	unsigned long long bytes, messages, dropped;
	char *failure; /* the reason alone */
	char *report; /* ... with the source it is about */
	bool failure_told;
};

struct out_set {
	struct out_source *first, **last;
	enum out_policy policy;
	const volatile sig_atomic_t *cancel;
	bool settled; /* nothing came since all was waited for */
	char *scratch; /* writable copy of a message, for modules */
	size_t scratch_size;
	char error[OUT_ERRLEN];
};

/* deliver.c */
/* A sink that can take no more: reason kept, what waits counted as dropped. */
void out_fail(struct out_source *src, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Write until the ring is empty, a sink fails, or nothing moves for @ms. True: all written. */
bool out_drain(struct out_source *src, int ms);
/* Messages in the ring, the first of them perhaps written in part. */
unsigned long long out_waiting(const struct out_source *src);

/* sinks.c: 0 or a negative errno, with the reason in @why. */
int out_sink_create(struct out_source *src, char *why, size_t size);
void out_sink_close(struct out_source *src);
/* Is somebody reading the FIFO? Until then our own reading end keeps what was written. */
bool out_fifo_has_reader(struct out_source *src);

/* io.c */
/* writev(2) that cannot raise SIGPIPE, restarted after signals. */
ssize_t out_writev(int fd, const struct iovec *iov, int n);
int64_t out_clock_ms(void);

#endif
