/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * deliver.c - messages on their way to a source: buffered, in order, whole, and counted
 * either as delivered or as dropped. Never waits when the policy is to drop.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output/internal.h"

static size_t ring_used(const struct out_ring *r)
{
	return (size_t)(r->tail - r->head);
}

static size_t ring_free(const struct out_ring *r)
{
	return OUT_RING - ring_used(r);
}

/* Bits of @last in [from, to), in whole words where possible. */
static unsigned long long ring_messages(const struct out_ring *r, uint64_t from, uint64_t to)
{
	unsigned long long n = 0;

	while (from < to) {
		unsigned bit = from % 64;
		uint64_t len = 64 - bit < to - from ? 64 - bit : to - from;
		uint64_t mask = (len == 64 ? ~0ULL : (1ULL << len) - 1) << bit;

		n += (unsigned)__builtin_popcountll(r->last[from % OUT_RING / 64] & mask);
		from += len;
	}
	return n;
}

static void ring_put(struct out_ring *r, const char *text, size_t len, bool last)
{
	size_t at = r->tail % OUT_RING, part = OUT_RING - at < len ? OUT_RING - at : len;

	memcpy(r->data + at, text, part);
	memcpy(r->data, text + part, len - part);
	for (uint64_t p = r->tail; p < r->tail + len;) {
		size_t word = p % OUT_RING / 64, bit = p % 64;

		if (!bit && r->tail + len - p >= 64) {
			r->last[word] = 0;
			p += 64;
		} else {
			r->last[word] &= ~(1ULL << bit);
			p++;
		}
	}
	r->tail += len;
	if (last)
		r->last[(r->tail - 1) % OUT_RING / 64] |= 1ULL << (r->tail - 1) % 64;
}

unsigned long long out_waiting(const struct out_source *src)
{
	return src->ring ? ring_messages(src->ring, src->ring->head, src->ring->tail) : 0;
}

void out_fail(struct out_source *src, const char *fmt, ...)
{
	va_list ap;

	src->state = OUT_FAILED;
	src->failure_told = false;
	free(src->failure);
	free(src->report);
	src->report = NULL;
	va_start(ap, fmt);
	if (vasprintf(&src->failure, fmt, ap) < 0)
		src->failure = NULL;
	va_end(ap);
	if (asprintf(&src->report, "output '%s' (%s %s) failed: %s", src->name,
		     out_type_names[src->type], src->address,
		     src->failure ? src->failure : "out of memory") < 0)
		src->report = NULL;
	src->dropped += out_waiting(src);
	if (src->ring)
		src->ring->head = src->ring->tail;
}

static void fail_errno(struct out_source *src, int err)
{
	if (err == EPIPE || err == ECONNRESET)
		out_fail(src, "%s",
			 src->type == OUT_TCP ? "the peer closed the connection"
					      : "the reader has gone");
	else
		out_fail(src, "%s", strerror(err));
}

/* One attempt to write what waits. False: the sink takes no more now, or has failed. */
static bool write_some(struct out_source *src)
{
	struct out_ring *r = src->ring;
	size_t at = r->head % OUT_RING, used = ring_used(r);
	size_t part = OUT_RING - at < used ? OUT_RING - at : used;
	struct iovec iov[2] = { { r->data + at, part }, { r->data, used - part } };
	ssize_t n;

	if (src->type == OUT_NAMEDPIPE)
		out_fifo_has_reader(src);
	n = out_writev(src->fd, iov, used > part ? 2 : 1);
	if (n <= 0) {
		if (n < 0 && errno != EAGAIN)
			fail_errno(src, errno);
		return false;
	}
	src->bytes += (unsigned long long)n;
	src->messages += ring_messages(r, r->head, r->head + (uint64_t)n);
	r->head += (uint64_t)n;
	src->since = out_clock_ms();
	return true;
}

static void write_now(struct out_source *src)
{
	while (src->state == OUT_OPEN && ring_used(src->ring) && write_some(src))
		;
}

static bool cancelled(const struct out_source *src)
{
	return src->set->cancel && __atomic_load_n(src->set->cancel, __ATOMIC_RELAXED);
}

/* Wait for the sink to take something; looks up now and then for new readers and Ctrl-C. */
static void wait_writable(struct out_source *src)
{
	struct pollfd p = { src->fd, POLLOUT, 0 };

	poll(&p, 1, OUT_SLICE_MS);
}

bool out_drain(struct out_source *src, int ms)
{
	int64_t end = out_clock_ms() + ms;
	uint64_t head;

	if (!src->ring)
		return true;
	while (src->state == OUT_OPEN && ring_used(src->ring)) {
		head = src->ring->head;
		write_now(src);
		if (src->ring->head != head) {
			end = out_clock_ms() + ms;
			continue;
		}
		if (src->state != OUT_OPEN || cancelled(src) || out_clock_ms() >= end)
			break;
		wait_writable(src);
	}
	return src->state == OUT_OPEN && !ring_used(src->ring);
}

/* Make room for @want bytes; waits if that is the policy. */
static bool make_room(struct out_source *src, size_t want)
{
	write_now(src);
	while (src->state == OUT_OPEN && ring_free(src->ring) < want) {
		if (src->set->policy == OUT_DROP || cancelled(src))
			return false;
		wait_writable(src);
		write_now(src);
	}
	return src->state == OUT_OPEN;
}

/*
 * A message larger than the buffer: in pieces. Only when waiting is allowed, because the
 * pieces that are gone cannot be taken back.
 */
static bool send_large(struct out_source *src, const char *text, size_t len)
{
	if (src->set->policy == OUT_DROP)
		return false;
	while (len) {
		size_t n = len < OUT_RING ? len : OUT_RING;

		if (!make_room(src, n))
			return false;
		ring_put(src->ring, text, n, n == len);
		text += n;
		len -= n;
	}
	return true;
}

static bool send_buffered(struct out_source *src, const char *text, size_t len)
{
	struct out_ring *r = src->ring;

	if (len > OUT_RING)
		return send_large(src, text, len);
	if (ring_free(r) < len && !make_room(src, len))
		return false;
	if (!ring_used(r))
		src->since = out_clock_ms();
	ring_put(r, text, len, true);
	if (ring_used(r) >= OUT_EAGER || out_clock_ms() - src->since >= OUT_AGE_MS)
		write_now(src);
	return true;
}

/* Modules get a copy that they may write to, with a NUL behind it. */
static bool send_module(struct out_source *src, const char *text, size_t len)
{
	struct out_set *set = src->set;

	if (len >= set->scratch_size) {
		char *p = realloc(set->scratch, len + 1);

		if (!p)
			return false;
		set->scratch = p;
		set->scratch_size = len + 1;
	}
	memcpy(set->scratch, text, len);
	set->scratch[len] = '\0';
	src->forward(set->scratch, (unsigned)len);
	src->bytes += len;
	src->messages++;
	return true;
}

bool out_send(struct out_source *src, const char *text, size_t len, const char **failed)
{
	bool taken = false;

	*failed = NULL;
	if (!len)
		return true;
	src->set->settled = false;
	if (src->state == OUT_OPEN)
		taken = src->type == OUT_MODULE ? send_module(src, text, len)
						: send_buffered(src, text, len);
	if (!taken)
		src->dropped++;
	if (src->report && !src->failure_told) {
		*failed = src->report;
		src->failure_told = true;
	}
	return taken;
}

void out_flush(struct out_set *set)
{
	for (struct out_source *src = set->first; src; src = src->next)
		if (src->ring)
			write_now(src);
}
