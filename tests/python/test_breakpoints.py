# SPDX-License-Identifier: LGPL-2.1-or-later
"""Breakpoints of all kinds, their callbacks, and the ways of a thread through its instructions."""

from kit import *  # noqa: F403


def at(place, *options, **words):
    """nested, standing at one of its places."""
    d = debug("nested")
    d.run()
    bp = d.breakpoint(place, *options, **words)
    d.cont()
    d.wait()
    eq(bp.hit_on(d), True)
    bp.disable()
    return d


def place(d, name):
    return d.resolve(name)


@test
def a_breakpoint_is_hit_as_often_as_it_is_passed():
    for hardware in (False, True):
        d = debug("nested")
        d.run()
        bp = d.bp("inner", hardware=hardware)
        eq(run_out(d), 5)
        eq((bp.hit_count, d.exit_code), (5, 8))


@test
def a_disabled_breakpoint_is_not_hit_and_an_enabled_one_is_again():
    d = debug("nested")
    d.run()
    bp = d.breakpoint("inner")
    d.cont()
    d.wait()
    eq((bp.hit_count, bp.hit_on(d), bp.enabled), (1, True, True))
    bp.disable()
    eq((bp.enabled, bp.hit_on(d)), (False, False))
    last = d.breakpoint("behind_change")
    d.cont()
    d.wait()
    eq((bp.hit_count, last.hit_on(d)), (1, True))
    bp.enabled = True
    eq(run_out(d), 0)
    eq(bp.hit_count, 1)


@test
def the_byte_under_a_breakpoint_is_the_programs():
    d = debug("nested")
    d.run()
    before = d.memory["inner", 4]
    d.breakpoint("inner")
    eq(d.memory["inner", 4], before)


@test
def a_callback_runs_instead_of_a_stop():
    d = debug("nested")
    d.run()
    seen = []
    bp = d.breakpoint("inner", callback=lambda t, b: seen.append((b, t.regs.rdi & 0xFF)))
    eq(run_out(d), 0)
    eq(seen, [(bp, n) for n in (4, 3, 2, 1, 0)])
    eq((bp.hit_count, d.exit_code), (5, 8))


@test
def true_only_counts():
    d = debug("nested")
    d.run()
    bp = d.breakpoint("inner", hardware=True, callback=True)
    eq(run_out(d), 0)
    eq(bp.hit_count, 5)


@test
def interrupt_in_a_callback_stops_there():
    d = debug("nested")
    d.run()

    def third(t, b):
        if b.hit_count == 3:
            d.interrupt()

    bp = d.breakpoint("inner", callback=third)
    d.cont()
    d.wait()
    eq((d.dead, bp.hit_count, bp.hit_on(d), d.regs.rdi & 0xFF), (False, 3, True, 2))
    eq(run_out(d), 0)
    eq(bp.hit_count, 5)


@test
def a_callback_may_step_and_make_breakpoints():
    d = debug("nested")
    d.run()
    ips = []

    def first(t, b):
        t.step()
        ips.append(t.instruction_pointer)
        b.disable()
        d.breakpoint("behind_outer")

    bp = d.breakpoint("outer", callback=first)
    d.cont()
    d.wait()
    eq(d.instruction_pointer, place(d, "behind_outer"))
    eq((bp.hit_count, len(ips), ips[0] > bp.address), (1, 1, True))


@test
def what_a_callback_raises_comes_out_of_wait():
    d = debug("nested")
    d.run()

    def bad(t, b):
        raise KeyError("this")

    d.breakpoint("outer", callback=bad)
    d.cont()
    e = raises(RuntimeError, d.wait, text="KeyError")
    eq((type(e.__cause__), e.__cause__.args), (KeyError, ("this",)))
    eq((d.running, d.dead, d.instruction_pointer), (False, False, place(d, "outer")))
    eq(run_out(d), 0)


@test
def a_watchpoint_sees_the_change():
    d = debug("nested")
    d.run()
    wp = d.watchpoint("watched", "w", 4)
    d.cont()
    d.wait()
    eq((wp.hit_on(d), wp.hit_count), (True, 1))
    eq((d.memory["watched", 4], d.instruction_pointer),
       (b"\x08\0\0\0", place(d, "behind_change")))
    eq(run_out(d), 0)


@test
def a_watchpoint_sees_reading():
    d = debug("nested")
    d.run()
    seen = []
    wp = d.wp("watched", "rw", 4, callback=lambda t, b: seen.append(t.memory["watched", 1]))
    eq(run_out(d), 0)
    # Reading to add, then writing; one instruction may do both.
    eq(seen[-1], b"\x08")
    eq(wp.hit_count, len(seen))


@test
def offsets_are_taken_in_the_program():
    d = debug("nested")
    d.run()
    base = d.maps.filter("nested")[0].start
    offset = d.resolve("inner") - base
    eq(d.breakpoint(offset, file="binary").address, base + offset)
    eq(d.breakpoint(offset, file="nested").address, base + offset)
    with logged() as records:
        eq(d.breakpoint(offset).address, base + offset)
    has(records.text(), "WARNING")
    eq(d.breakpoint(base + offset).address, base + offset)
    eq(d.breakpoint("outer+1f").address, d.resolve("outer") + 0x1F)


@test
def what_makes_no_breakpoint_is_said_at_once():
    d = debug("nested")
    d.run()
    raises(ValueError, d.breakpoint, "no_such_symbol", text="no_such_symbol")
    raises(ValueError, d.breakpoint, 0x10000000000, text="0x10000000000")
    raises(ValueError, d.breakpoint, "main", file="no_such_file", text="no_such_file")
    raises(ValueError, d.breakpoint, "main", condition="w", text="hardware=True")
    raises(ValueError, d.breakpoint, "main", condition="q", text="'q'")
    raises(ValueError, d.watchpoint, "watched", "w", 3, text="3")
    raises(TypeError, d.breakpoint, "main", callback=7)
    raises(TypeError, d.breakpoint, 1.5)
    raises(TypeError, d.breakpoint, None)


@test
def one_step_is_one_instruction():
    d = at("before_inner")
    eq(d.instruction_pointer, place(d, "before_inner"))
    ips = set()
    while d.instruction_pointer != place(d, "inner"):
        ips.add(d.instruction_pointer)
        d.step()
    eq(2 <= len(ips) <= 6, True, "instructions before the call and the call")


@test
def step_until_a_place_or_a_number_of_steps():
    d = at("outer")
    d.step_until("inner")
    eq(d.instruction_pointer, place(d, "inner"))
    before = d.instruction_pointer
    d.step_until("behind_outer", max_steps=1)
    eq(d.instruction_pointer != place(d, "behind_outer"), True)
    eq(d.instruction_pointer > before, True)


@test
def next_runs_a_called_function_to_its_end():
    d = at("before_inner")
    stack = d.stack_pointer
    for _ in range(10):
        if d.instruction_pointer == place(d, "behind_inner"):
            break
        d.next()
        eq(d.stack_pointer, stack, "the function that was called has returned")
    else:
        # The result is stored behind the call, before the label.
        fail("never came to the instruction behind the call")
    eq(d.memory["watched", 1], b"\x08")


@test
def next_in_a_recursion_stays_on_its_level():
    d = at("inner")
    depth = 0
    stack = d.stack_pointer
    while d.memory["watched", 1] == b"\x07" and depth < 30:
        d.next()
        depth += 1
    eq(d.stack_pointer < stack, True, "still inside of the outermost inner()")
    eq(d.regs.rax, 3, "what inner(3) returned")


@test
def finish_returns_from_the_outermost_of_a_recursion():
    d = at("inner")
    stack = d.stack_pointer
    d.finish()
    eq((d.regs.rax, d.stack_pointer), (4, stack + 8))


@test
def a_breakpoint_on_the_way_ends_finish():
    d = at("outer")
    bp = d.breakpoint("behind_change")
    d.finish()
    eq((bp.hit_on(d), d.instruction_pointer), (True, place(d, "behind_change")))


main()
