/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_handlers_hard.c - handlers where it is hard to get right: programs that do what few do,
 * signals while calls are made for the user, sessions side by side, events that leave calls out.
 */
#include <pthread.h>

#include "command/command.h"
#include "dbg_kit.h"

/* --- every call of a program is entered, and left or abandoned, in its own thread --- */

#define TASKS 65536
#define DEEP 16

struct calls {
	const struct lstar_thread *thread[TASKS]; /* records are never used again, as tids are */
	u64 open[TASKS][DEEP]; /* numbers, innermost last */
	u8 depth[TASKS];
	u64 enters, exits, wrong;
};

static u32 slot(struct calls *c, const struct lstar_thread *t)
{
	u32 i = (u32)((uintptr_t)t / 16 * 2654435761u) % TASKS;

	while (c->thread[i] && c->thread[i] != t)
		i = (i + 1) % TASKS;
	c->thread[i] = t;
	return i;
}

static enum lstar_cb opens(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct calls *c = user;
	u32 i = slot(c, t);

	c->wrong += dbg_call_phase(t) != LSTAR_ENTER || c->depth[i] >= DEEP;
	if (c->depth[i] < DEEP)
		c->open[i][c->depth[i]++] = dbg_call_original(t);
	c->enters++;
	return LSTAR_CB_CONTINUE;
}

static enum lstar_cb closes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct calls *c = user;
	u32 i = slot(c, t);

	/* Those within it have been left by longjmp(). */
	while (c->depth[i] && c->open[i][c->depth[i] - 1] != dbg_call_original(t))
		c->depth[i]--;
	c->wrong += dbg_call_phase(t) != LSTAR_EXIT || !c->depth[i];
	if (c->depth[i])
		c->depth[i]--;
	c->exits++;
	return LSTAR_CB_CONTINUE;
}

static void every_call_of(char **argv, bool no_filter)
{
	static struct calls c;
	struct session s;
	struct lstar_handler *h;

	memset(&c, 0, sizeof(c));
	begin(&s);
	OK(&s, dbg_set(s.d, DBG_SET_FILTER, !no_filter));
	launch(&s, argv);
	h = handle(&s, "*", opens, closes, LSTAR_INHERIT, &c);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(c.wrong, 0);
	CHECK(c.exits > 3 && c.enters > c.exits);
	CHECK_EQ(dbg_handler_hits(h), c.exits);
	end(&s);
}

#define TRICKY(id, name)                                                \
	TEST(id)                                                        \
	{                                                               \
		every_call_of(ARGV(S(prog("tricky")), S(name)), false); \
		every_call_of(ARGV(S(prog("tricky")), S(name)), true);  \
	}

TRICKY(epoll, "epoll")
TRICKY(epoll_ignored, "epoll-ignored")
TRICKY(handler_calls, "handler-calls")
TRICKY(handler_jumps, "handler-jumps")
TRICKY(sleep_handler, "sleep-handler")
TRICKY(sleep_ignored, "sleep-ignored")
TRICKY(leader_exit, "leader-exit")
TRICKY(own_trace, "own-trace")
TRICKY(clone_vm, "clone-vm")

/* Threads and children without end, of which many are at a call when all is over. */
TEST(births)
{
	static struct calls c;
	struct session s;

	begin(&s);
	launch(&s, ARGV(S(prog("tricky")), S("births")));
	handle(&s, "*", opens, closes, LSTAR_INHERIT, &c);
	OK(&s, dbg_continue(s.d));
	OK(&s, dbg_wait(s.d, 1500, &s.stop));
	CHECK_EQ(s.stop.reason, LSTAR_STOP_TIMEOUT);
	CHECK(c.exits > 100);
	CHECK_EQ(c.wrong, 0);
	end(&s);
}

TEST(many_kinds_of_children)
{
	every_call_of(ARGV(ACT, S("fork"), S("60"), S("vfork"), S("20"), S("spawn"), ACT, S("3"),
			   S("threads"), S("4"), S("100")),
		      false);
}

TEST(its_own_filters)
{
	every_call_of(ARGV(ACT, S("seccomp"), S("getppid"), S("3")), false);
}

/* --- signals while calls are made in callbacks --- */

static u64 made;

static enum lstar_cb invokes(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	uint64_t args[6] = { dbg_thread_pid(t), SIGUSR1 };
	int64_t result;
	int err = dbg_invoke_syscall(t, SYS_getpid, NULL, LSTAR_INVOKE_HANDLERS, &result);

	CHECK_EQ(err, 0);
	CHECK_EQ(result, dbg_thread_pid(t));
	if (++made % 10 == 0) /* one that comes to it in the middle of this */
		CHECK_EQ(dbg_invoke_syscall(t, SYS_kill, args, 0, &result), 0);
	return LSTAR_CB_CONTINUE;
}

TEST(signals_and_invocations)
{
	struct session s;

	begin(&s);
	launch(&s, ARGV(S(prog("guest")), S("calls"), S("300")));
	handle(&s, "rt_sigaction", NULL, NULL, 0, NULL); /* its handler is set up */
	for (int i = 0; i < 6; i++)
		CHECK_EQ(go(&s), LSTAR_STOP_SYSCALL);
	dbg_handler_remove(s.stop.handler);
	handle(&s, "getppid", invokes, invokes, 0, NULL);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(made, 1200);
	CHECK(strstr(text(&s), "pid 1 wrong 0 signals ") == s.text);
	end(&s);
}

/* --- events that leave a call out, and handlers --- */

static enum lstar_cb sees(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	*(uint64_t *)user = dbg_call_return(t);
	return LSTAR_CB_CONTINUE;
}

static enum cmd_result command(struct session *s, const char *line)
{
	struct cmd *c = cmd_new(s->d, CMD_QUIET);
	enum cmd_result result = cmd_run(c, line, "test", 1);

	con_flush(s->con);
	cmd_free(c);
	return result;
}

TEST(left_out_by_an_event)
{
	struct session s;
	struct lstar_handler *h;
	uint64_t ret = 0;

	begin(&s);
	launch(&s, ARGV(ACT, S("call"), S("110"), S("0"), S("0"), S("0")));
	CHECK_EQ(command(&s, "!syscall getppid script { $syscall_return = 0n55; event_sc(1); }"),
		 CMD_OK);
	h = handle(&s, "getppid", NULL, sees, 0, &ret);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(ret, 55);
	CHECK_EQ(dbg_handler_hits(h), 1);
	CHECK_STR(text(&s), "call=55\n");
	end(&s);
}

/* --- `g` meets a handler --- */

TEST(g_says_where)
{
	struct session s;
	char said[512] = "", want[128];
	FILE *out;
	struct lstar_handler *h;

	memset(&s, 0, sizeof(s));
	out = fmemopen(said, sizeof(said), "w");
	s.con = con_new(out, stderr);
	s.d = dbg_new(s.con, DBG_PROCESS);
	s.out = unit_output();
	launch(&s, ARGV(ACT, S("getppid"), S("1")));
	h = handle(&s, "getppid", NULL, NULL, 0, NULL);
	CHECK_EQ(command(&s, "g"), CMD_OK);
	fflush(out);
	snprintf(want, sizeof(want), "handler of getppid at entry, %u:%u act\n    getppid()\n",
		 s.pid, s.pid);
	CHECK_STR(said, want);
	CHECK(dbg_hit_on_enter(h, s.t));
	dbg_handler_remove(h);
	CHECK_EQ(go(&s), LSTAR_STOP_NOTHING_LEFT);
	end(&s);
	fclose(out);
}

/* --- sessions side by side --- */

struct count {
	u64 enters, exits;
};

static enum lstar_cb counts(struct lstar_thread *t, struct lstar_handler *h, void *user)
{
	struct count *n = user;

	n->enters += dbg_call_phase(t) == LSTAR_ENTER;
	n->exits += dbg_call_phase(t) == LSTAR_EXIT;
	return LSTAR_CB_CONTINUE;
}

static void *one_session(void *arg)
{
	static pthread_mutex_t streams = PTHREAD_MUTEX_INITIALIZER;
	struct session *s = arg;
	struct count n = { 0 };

	pthread_mutex_lock(&streams); /* launch() borrows our standard output */
	launch(s, ARGV(ACT, S("threads"), S("2"), S("500")));
	pthread_mutex_unlock(&streams);
	handle(s, "getppid", counts, counts, 0, &n);
	CHECK_EQ(go(s), LSTAR_STOP_NOTHING_LEFT);
	CHECK_EQ(n.enters, 1000);
	CHECK_EQ(n.exits, 1000);
	end(s);
	return NULL;
}

TEST(two_sessions)
{
	struct session s[2];
	pthread_t id[2];

	for (int i = 0; i < 2; i++)
		begin(&s[i]);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&id[i], NULL, one_session, &s[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(id[i], NULL);
}

UNIT_MAIN()
