/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_growth.c - a session's memory does not grow with the number of events. $CALLS says how
 * many system calls are watched (100 000), at entry and exit each.
 */
#include <fcntl.h>

#include "lib_kit.h"

#define PAGE_KB 4
#define MAY_GROW_KB 256

struct counts {
	unsigned long calls, seen, written;
	long early_kb, late_kb;
};

static long resident_kb(void)
{
	char buf[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	long size, resident = 0;

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0 ||
	    sscanf(buf, "%ld %ld", &size, &resident) != 2)
		UNIT_FAIL("/proc/self/statm cannot be read");
	close(fd);
	return resident * PAGE_KB;
}

static void sample(struct counts *c)
{
	c->seen++;
	if (c->seen == c->calls / 10)
		c->early_kb = resident_kb();
	if (c->seen == c->calls)
		c->late_kb = resident_kb();
}

static enum lstar_cb on_enter(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb on_exit_of(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	sample(user);
	return LSTAR_CB_CONTINUE;
}

static void on_text(const char *text, size_t len, void *user)
{
	struct counts *c = user;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			sample(c);
}

static struct counts begin(struct lstar *s)
{
	const char *calls = getenv("CALLS");
	struct counts c = { .calls = 0 };

	calls = calls ? calls : "100000";
	c.calls = strtoul(calls, NULL, 10);
	launch(s, LSTAR_STDIO_PIPE, "guest", "threads", "1", calls);
	return c;
}

static void finish(struct lstar *s, const struct counts *c)
{
	struct lstar_stop stop;

	CHECK_OK(s, lstar_continue(s));
	do {
		CHECK_OK(s, lstar_wait(s, -1, &stop));
	} while (stop.reason != LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(c->seen, c->calls);
	printf("# %lu calls: %ld kB, then %ld kB\n", c->calls, c->early_kb, c->late_kb);
	CHECK(c->early_kb > 0);
	CHECK(c->late_kb <= c->early_kb + MAY_GROW_KB);
	lstar_close(s);
}

TEST(with_a_handler)
{
	struct lstar *s = lstar_open();
	struct lstar_handler *h;
	struct counts c = begin(s);

	CHECK_OK(s, lstar_handle_syscall(s, "getppid", on_enter, on_exit_of, 0, &c, &h));
	finish(s, &c);
}

TEST(with_a_script_that_prints)
{
	struct lstar *s = lstar_open();
	struct counts c = begin(s);

	lstar_output(s, on_text, &c);
	CHECK_OK(s, lstar_command(s, "!syscall getppid script { printf(\"%x\\n\", @rax); }"));
	c.seen = 0;
	finish(s, &c);
}

int main(int argc, char **argv)
{
	return unit_main(argc, argv, 600);
}
