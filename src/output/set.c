/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * set.c - the named output sources of a session, and the three commands on them: create,
 * open, close. Keeps closed sources in the list, because closing is final.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "abi/nearest.h"
#include "output/internal.h"

const char *const out_type_names[OUT_NTYPES] = { "file", "namedpipe", "tcp", "module" };

struct out_set *out_set_new(void)
{
	struct out_set *set = calloc(1, sizeof(*set));

	if (set)
		set->last = &set->first;
	return set;
}

static void source_free(struct out_source *src)
{
	if (!src)
		return;
	out_sink_close(src);
	free(src->name);
	free(src->address);
	free(src->ring);
	free(src->failure);
	free(src->report);
	free(src);
}

void out_set_free(struct out_set *set)
{
	struct out_source *src, *next;

	if (!set)
		return;
	out_settle(set, set->settled ? 0 : OUT_CLOSE_MS);
	for (src = set->first; src; src = next) {
		next = src->next;
		source_free(src);
	}
	free(set->scratch);
	free(set);
}

void out_set_policy(struct out_set *set, enum out_policy policy)
{
	set->policy = policy;
}

void out_set_cancel(struct out_set *set, const volatile sig_atomic_t *flag)
{
	set->cancel = flag;
}

const char *out_error(const struct out_set *set)
{
	return set->error;
}

static int __attribute__((format(printf, 3, 4)))
error(struct out_set *set, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(set->error, sizeof(set->error), fmt, ap);
	va_end(ap);
	return -err;
}

struct out_source *out_find(struct out_set *set, const char *name)
{
	for (struct out_source *src = set->first; src; src = src->next)
		if (!strcmp(src->name, name))
			return src;
	return NULL;
}

static const char *name_at(const void *user, size_t i)
{
	struct out_info info;

	return out_list(user, i, &info) ? info.name : NULL;
}

static int not_found(struct out_set *set, const char *name)
{
	const char *near = abi_nearest(name, name_at, set);

	if (near)
		return error(set, ENOENT, "no output is called '%s'; did you mean '%s'?", name,
			     near);
	return error(set, ENOENT, "no output is called '%s'; 'output' lists them", name);
}

static int find_type(const char *type)
{
	for (int i = 0; i < OUT_NTYPES; i++)
		if (!strcasecmp(type, out_type_names[i]))
			return i;
	return -1;
}

static int bad_type(struct out_set *set, const char *type)
{
	const char *near = abi_nearest_of(type, out_type_names, OUT_NTYPES);

	if (near)
		return error(set, EINVAL, "incorrect type '%s'; did you mean '%s'?", type, near);
	return error(set, EINVAL, "incorrect type '%s'; it is one of file, namedpipe, tcp, module",
		     type);
}

int out_create(struct out_set *set, const char *name, const char *type, const char *address)
{
	char why[OUT_ERRLEN / 2];
	struct out_source *src;
	int ret, kind;

	if (out_find(set, name))
		return error(set, EEXIST, "an output called '%s' already exists", name);
	if (!*name)
		return error(set, EINVAL, "an output needs a name");
	if (strpbrk(name, ",{}\n"))
		return error(set, EINVAL,
			     "the name '%.49s' could not be told from others in 'output { A, B }': "
			     "no comma, brace or line break, please",
			     name);
	if (strlen(name) > OUT_NAME_MAX)
		return error(set, ENAMETOOLONG,
			     "the name '%.20s...' is too long: %zu characters, at most %d", name,
			     strlen(name), OUT_NAME_MAX);
	kind = find_type(type);
	if (kind < 0)
		return bad_type(set, type);
	if (!*address)
		return error(set, EINVAL, "output '%s' needs an address: a path, or HOST:PORT",
			     name);

	src = calloc(1, sizeof(*src));
	if (!src)
		return error(set, ENOMEM, "out of memory");
	src->set = set;
	src->type = (enum out_type)kind;
	src->fd = src->self_reader = -1;
	src->name = strdup(name);
	src->address = strdup(address);
	if (!src->name || !src->address) {
		source_free(src);
		return error(set, ENOMEM, "out of memory");
	}
	ret = out_sink_create(src, why, sizeof(why));
	if (ret) {
		source_free(src);
		return error(set, -ret, "cannot open %s '%s' for output '%s': %s",
			     out_type_names[kind], address, name, why);
	}
	*set->last = src;
	set->last = &src->next;
	return 0;
}

int out_open(struct out_set *set, const char *name)
{
	struct out_source *src = out_find(set, name);

	if (!src)
		return not_found(set, name);
	switch (src->state) {
	case OUT_OPEN:
		return error(set, EALREADY, "output '%s' is already opened", name);
	case OUT_CLOSED:
		return error(set, ESHUTDOWN,
			     "output '%s' is already closed, which is final; create another", name);
	case OUT_FAILED:
		return error(set, EIO, "output '%s' has failed: %s; create another", name,
			     src->failure ? src->failure : "out of memory");
	case OUT_CREATED:
		break;
	}
	if (src->type != OUT_MODULE) {
		src->ring = calloc(1, sizeof(*src->ring));
		if (!src->ring)
			return error(set, ENOMEM, "unable to open output '%s': out of memory",
				     name);
	}
	src->state = OUT_OPEN;
	return 0;
}

int out_close(struct out_set *set, const char *name)
{
	struct out_source *src = out_find(set, name);
	unsigned long long lost = 0;
	bool failed;

	if (!src)
		return not_found(set, name);
	if (src->state == OUT_CREATED)
		return error(set, EINVAL, "output '%s' is not opened", name);
	if (src->state == OUT_CLOSED)
		return error(set, ESHUTDOWN, "output '%s' is already closed", name);
	failed = src->state == OUT_FAILED;
	if (!out_drain(src, OUT_CLOSE_MS) && !failed) {
		if (src->state == OUT_OPEN)
			lost = out_waiting(src);
		src->dropped += lost;
	}
	out_sink_close(src);
	free(src->ring);
	src->ring = NULL;
	if (src->state == OUT_FAILED && !failed) {
		src->failure_told = true;
		src->state = OUT_CLOSED;
		return error(set, EIO, "output '%s' failed while it was closed: %s", name,
			     src->failure ? src->failure : "out of memory");
	}
	src->state = OUT_CLOSED;
	if (lost)
		return error(set, ETIMEDOUT,
			     "output '%s' is closed, but its reader did not take the last %llu "
			     "messages; they are lost",
			     name, lost);
	return 0;
}

bool out_list(const struct out_set *set, size_t i, struct out_info *info)
{
	const struct out_source *src = set->first;

	while (src && i--)
		src = src->next;
	if (!src)
		return false;
	*info = (struct out_info){
		.name = src->name,
		.address = src->address,
		.type = src->type,
		.state = src->state,
		.bytes = src->bytes,
		.messages = src->messages,
		.dropped = src->dropped,
		.failure = src->failure,
	};
	return true;
}

unsigned long long out_settle(struct out_set *set, int ms)
{
	unsigned long long left = 0;

	for (struct out_source *src = set->first; src; src = src->next) {
		out_drain(src, ms);
		if (src->state == OUT_OPEN)
			left += out_waiting(src);
	}
	set->settled = true;
	return left;
}

const char *out_failure(struct out_set *set)
{
	for (struct out_source *src = set->first; src; src = src->next) {
		if (!src->report || src->failure_told)
			continue;
		src->failure_told = true;
		return src->report;
	}
	return NULL;
}
