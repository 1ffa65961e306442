/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_fire.c - eng_fire: filters, conditions, order, short-circuit, break, counters,
 * and script errors that are said once per place.
 */
#include "engine_kit.h"

static struct kit k, k2;

static u32 fire(struct eng_event *ev, enum eng_kind kind, enum eng_stage stage)
{
	return eng_fire(world_vm(100000), &ev, 1, kind, stage, &ctx);
}

static bool fires(struct eng_event ev)
{
	return fire(&ev, ENG_EV_SYSCALL, ENG_PRE);
}

TEST(filters)
{
	struct eng_event ev = event(1);

	world_ctx(&abi64);
	ctx.nr = 0xffffffff00000027ULL; /* the kernel looks at 32 bits of the number */
	CHECK(fires(ev));
#define WITH(field, value, want)              \
	do {                                  \
		struct eng_event other = ev;  \
		other.field = value;          \
		CHECK_EQ(fires(other), want); \
	} while (0)
	WITH(enabled, false, false);
	WITH(kind, ENG_EV_SYSRET, false);
	WITH(stages, ENG_STAGE_POST, false);
	WITH(stages, ENG_STAGE_POST | ENG_STAGE_PRE, true);
	WITH(nr, 0x27, true);
	WITH(nr, 0x28, false);
	WITH(abi, &abi64, true);
	WITH(abi, &abi32, false);
	WITH(pid, 0x100, true);
	WITH(pid, 0x101, false);
	WITH(core, 3, true);
	WITH(core, 4, false);
	CHECK(ctx.core_known);
	CHECK_EQ(ctx.core, 3);
	CHECK_EQ(fire(&ev, ENG_EV_SYSCALL, ENG_POST), 0);
	CHECK_EQ(fire(&ev, ENG_EV_SYSRET, ENG_PRE), 0);
	CHECK_EQ(ev.fired, 0);
}

TEST(core_is_not_asked_for_unless_wanted)
{
	world_ctx(&abi64);
	CHECK(fires(event(1)));
	CHECK(!ctx.core_known);
	CHECK_EQ(world.loads, 0);
}

TEST(order_of_events_and_actions)
{
	struct eng_event a = event(1), b = event(2), c = event(7);
	struct eng_event *evs[] = { &a, &b, &c };

	world_ctx(&abi64);
	kit_init(&k, 2, 0);
	OP(LDREG, 0, 0, 0, kit_reg("rax"));
	OP(LDPS, 1, 0, 0, ENG_PS_EVENT_ID);
	OP(PRINTF, 0, 2, 0, (s32)kit_str(&k, "[%x by %d]"));
	OP(ADDI, 0, 0, 0, 1);
	OP(STREG, 0, 0, 0, kit_reg("rax"));
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	world.regs[ENG_RAX] = 0x27;
	world.code_ok = true;
	world.code_result = 1;
	a.prog = b.prog = c.prog = &k.prog;
	b.has_condition = b.has_code = true;
	c.brk = b.brk = true;
	CHECK_EQ(eng_fire(world_vm(100000), evs, 3, ENG_EV_SYSCALL, ENG_PRE, &ctx), 3);
	CHECK_STR(world.out, "[27 by 1][cond 2][28 by 2][code 2][29 by 7]");
	CHECK_EQ(ctx.reg[ENG_RAX], 0x2a);
	CHECK_EQ(ctx.dirty, ENG_BIT(ENG_RAX));
	CHECK_EQ(world.loads, 1);
	CHECK(ctx.brk);
	CHECK_EQ(ctx.brk_event, 2);
	CHECK_EQ(a.fired + b.fired + c.fired, 3);
}

TEST(conditions)
{
	struct eng_event ev = event(1);

	world_ctx(&abi64);
	ev.has_condition = ev.brk = true;
	world.code_ok = true;
	CHECK_EQ(fire(&ev, ENG_EV_SYSCALL, ENG_PRE), 0);
	CHECK_EQ(ev.condition_false, 1);
	CHECK_EQ(ev.fired, 0);
	CHECK(!ctx.brk);
	world.code_result = 1ULL << 63;
	CHECK_EQ(fire(&ev, ENG_EV_SYSCALL, ENG_PRE), 1);
	CHECK_EQ(ev.fired, 1);
	world.code_ok = false; /* ended by its guard: does not fire */
	CHECK_EQ(fire(&ev, ENG_EV_SYSCALL, ENG_PRE), 0);
	CHECK_EQ(ev.fired, 1);
	CHECK_EQ(ev.condition_false, 1);
	CHECK_EQ(ev.faults, 1);
}

static void sc_program(struct kit *to, s32 value)
{
	kit_init(to, 1, 0);
	kit_op(to, ENG_OP_LDI, 0, 0, 0, value);
	kit_op(to, ENG_OP_BUILTIN, 0, 1, 0, ENG_BI_EVENT_SC);
	kit_op(to, ENG_OP_END, 0, 0, 0, 0);
	kit_build(to);
}

TEST(short_circuit)
{
	struct eng_event a = event(1), b = event(2);
	struct eng_event *evs[] = { &a, &b };

	/* by default, and not undone by an event that says nothing */
	world_ctx(&abi64);
	a.sc = true;
	CHECK_EQ(eng_fire(world_vm(100000), evs, 2, ENG_EV_SYSCALL, ENG_PRE, &ctx), 2);
	CHECK(ctx.skip);
	/* undone by a script that says so */
	world_ctx(&abi64);
	sc_program(&k, 0);
	b.prog = &k.prog;
	eng_fire(vm, evs, 2, ENG_EV_SYSCALL, ENG_PRE, &ctx);
	CHECK(!ctx.skip);
	/* the last one counts */
	world_ctx(&abi64);
	sc_program(&k2, 5);
	a.sc = false;
	a.prog = &k.prog;
	b.prog = &k2.prog;
	eng_fire(vm, evs, 2, ENG_EV_SYSCALL, ENG_PRE, &ctx);
	CHECK(ctx.skip);
	CHECK_EQ(a.faults + b.faults, 0);
}

TEST(short_circuit_too_late)
{
	struct eng_event ev = event(1);

	world_ctx(&abi64);
	sc_program(&k, 1);
	ev.prog = &k.prog;
	ev.sc = true;
	ev.stages = ENG_STAGE_PRE | ENG_STAGE_POST;
	fire(&ev, ENG_EV_SYSCALL, ENG_POST);
	fire(&ev, ENG_EV_SYSCALL, ENG_POST);
	CHECK(!ctx.skip);
	CHECK_EQ(ev.faults, 0);
	CHECK_EQ(world.ntexts, 1); /* said once */
	CHECK_STR(world.out, "event_sc(): no effect in stage post, the call was made\n");
	/* a return cannot be skipped at all */
	ev.kind = ENG_EV_SYSRET;
	fire(&ev, ENG_EV_SYSRET, ENG_PRE);
	CHECK(!ctx.skip);
	CHECK_EQ(ev.faults, 1);
	CHECK_EQ(world.fault.code, ENG_E_STAGE);
	CHECK_EQ(world.fault.value[0], ENG_BI_EVENT_SC);
	CHECK_EQ(world.fault.value[1], ENG_SUBJECT_BUILTIN);
}

TEST(short_circuit_of_a_return_where_the_host_can)
{
	struct eng_event ev = event(1), *evs[] = { &ev };
	struct eng_host host = world_host;

	host.skips_returns = true;
	world_ctx(&abi64);
	world_vm(100000);
	eng_vm_init(vm, &host, &globals, 100000);
	ev.kind = ENG_EV_SYSRET;
	ev.stages = ENG_STAGE_PRE | ENG_STAGE_POST;
	ev.sc = true;
	eng_fire(vm, evs, 1, ENG_EV_SYSRET, ENG_POST, &ctx);
	CHECK(!ctx.skip);
	eng_fire(vm, evs, 1, ENG_EV_SYSRET, ENG_PRE, &ctx);
	CHECK(ctx.skip);
	/* by the script, either way */
	sc_program(&k, 0);
	ev.prog = &k.prog;
	eng_fire(vm, evs, 1, ENG_EV_SYSRET, ENG_PRE, &ctx);
	CHECK(!ctx.skip);
	sc_program(&k2, 1);
	ev.sc = false;
	ev.prog = &k2.prog;
	eng_fire(vm, evs, 1, ENG_EV_SYSRET, ENG_PRE, &ctx);
	CHECK(ctx.skip);
	CHECK_EQ(ev.faults, 0);
}

TEST(faults_are_said_once_per_place)
{
	struct eng_event ev = event(1), other = event(2);
	struct eng_event *evs[] = { &ev, &other };

	world_ctx(&abi64);
	world.code_ok = true;
	kit_init(&k, 2, 0);
	OP(LDI, 0, 0, 0, 9);
	OP(STG, 0, 0, 0, 1);
	OP(LDG, 1, 0, 0, 0);
	OP(JZ, 1, 0, 0, 1);
	OP(DIVS, 0, 0, 1, 0); /* never by 0 */
	OP(LDI, 0, 0, 0, 0x10);
	OP(BUILTIN, 0, 1, 0, ENG_BI_POI);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	ev.prog = &k.prog;
	ev.has_code = ev.brk = true;
	for (u32 i = 0; i < 5; i++)
		CHECK_EQ(eng_fire(world_vm(100000), evs, 2, ENG_EV_SYSCALL, ENG_PRE, &ctx), 2);
	CHECK_EQ(ev.fired, 5);
	CHECK_EQ(ev.faults, 5);
	CHECK_EQ(world.nfaults, 1);
	CHECK_EQ(world.fault.code, ENG_E_ADDR);
	CHECK_EQ(world.fault.pc, 6);
	CHECK_EQ(world.fault.line, 106);
	CHECK_EQ(world.fault.value[0], 0x10);
	CHECK_EQ(world.fault.value[1], 8);
	/* effects so far stay, later actions and events go on */
	CHECK_EQ(slots[1], 9);
	CHECK(strstr(world.out, "[code 1]"));
	CHECK(ctx.brk);
	CHECK_EQ(other.fired, 5);
	CHECK_EQ(other.faults, 0);
	CHECK_EQ(ev.ntold, 1);
}

TEST(record_of_faults_is_bounded)
{
	struct eng_event ev = event(1);

	world_ctx(&abi64);
	/* jumps to the division number slots[0] */
	kit_init(&k, 3, 0);
	OP(LDG, 0, 0, 0, 0);
	for (u32 i = 0; i < 40; i++) {
		OP(JNEI, 0, (u8)i, 0, 1);
		OP(DIVU, 0, 1, 2, 0);
	}
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	ev.prog = &k.prog;
	for (slots[0] = 0; slots[0] < 40; slots[0]++)
		fire(&ev, ENG_EV_SYSCALL, ENG_PRE);
	CHECK_EQ(ev.faults, 40);
	CHECK_EQ(world.nfaults, ENG_TOLD_MAX);
}

TEST(break_from_a_script)
{
	struct eng_event ev = event(5);

	world_ctx(&abi64);
	kit_init(&k, 1, 0);
	OP(BUILTIN, 0, 0, 0, ENG_BI_PAUSE);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	ev.prog = &k.prog;
	fire(&ev, ENG_EV_SYSCALL, ENG_PRE);
	CHECK(ctx.brk);
	CHECK_EQ(ctx.brk_event, 5);
	world_ctx(&abi64);
	CHECK_EQ(kit_run(&k), ENG_OK); /* `?` has nothing to break into */
	CHECK(!ctx.brk);
	CHECK(strstr(world.out, "pause()"));
}

TEST(host_that_can_do_nothing)
{
	static const struct eng_host nothing;
	struct eng_event ev = event(1), *evs = &ev;

	world_ctx(&abi64);
	kit_init(&k, 1, 0);
	OP(BUILTIN, 0, 1, 0, ENG_BI_PRINT);
	OP(BUILTIN, 0, 0, 0, ENG_BI_FLUSH);
	OP(END, 0, 0, 0, 0);
	kit_build(&k);
	ev.prog = &k.prog;
	ev.core = 3;
	world_vm(1000);
	eng_vm_init(vm, &nothing, NULL, 1000);
	CHECK_EQ(eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx), 0);
	ev.core = ENG_ANY;
	CHECK_EQ(eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx), 1);
	CHECK_EQ(ev.dropped, 2); /* the text and the fault: counted */
	CHECK_EQ(ev.faults, 1);
	ev.has_condition = true;
	CHECK_EQ(eng_fire(vm, &evs, 1, ENG_EV_SYSCALL, ENG_PRE, &ctx), 0);
}

UNIT_MAIN()

/* The world's host has a limit of three. */
TEST(runs_that_take_too_long_disable_their_event)
{
	struct eng_event ev = event(9);

	world_ctx(&abi64);
	kit_init(&k, 1, 0);
	OP(J, 0, 0, 0, -1);
	kit_build(&k);
	ev.prog = &k.prog;
	for (u32 i = 1; i <= 5; i++) {
		CHECK(fire(&ev, ENG_EV_SYSCALL, ENG_PRE));
		CHECK_EQ(ev.faults, i);
		CHECK_EQ(world.nrequests, i >= 3);
	}
	CHECK_EQ(world.nfaults, 1);
	CHECK_EQ(world.ntexts, 1);
	CHECK(strstr(world.out, "too often; the event is disabled now"));
	CHECK_EQ(world.what, ENG_REQ_DISABLE);
	CHECK_EQ(world.request_event, 9);
}
