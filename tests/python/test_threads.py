# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads: breakpoints in each, who is who, calls of several at once, a death from outside."""

import math
import os
import signal
import threading

from kit import *  # noqa: F403

FUNCTIONS = ("thread_1_function", "thread_2_function", "thread_3_function")


def sites(hardware, most):
    d = debug("thread_sites")
    d.run()
    nothing = d.breakpoint("do_nothing", hardware=hardware)
    functions = [d.breakpoint(name, hardware=hardware) for name in FUNCTIONS]
    seen = [False] * 3
    arrived = False
    for _ in range(most):
        d.cont()
        d.wait()
        if nothing.hit_on(d.threads[0]):
            eq(d.instruction_pointer, nothing.address)
            arrived = True
            break
        eq(d.dead, False)
        for i, bp in enumerate(functions):
            for t in d.threads:
                if bp.hit_on(t):
                    eq(t.instruction_pointer, bp.address)
                    eq(t, d.threads[i + 1])
                    seen[i] = True
    eq((arrived, seen, len(d.threads)), (True, [True] * 3, 4))
    eq([bp.hit_count for bp in functions], [1, 1, 1])
    d.kill()
    d.terminate()


@test
def each_thread_at_its_software_breakpoint():
    sites(False, 150)


@test
def each_thread_at_its_hardware_breakpoint():
    sites(True, 15)


@test
def loops_of_two_threads_one_after_the_other():
    d = debug("thread_loops")
    d.run()
    nothing = d.breakpoint("do_nothing")
    first = d.breakpoint("thread_1_function+17")
    second = d.breakpoint("thread_2_function+1e")
    for _ in range(500):
        d.cont()
        d.wait()
        if nothing.hit_on(d):
            eq((nothing.hit_count, first.hit_count, second.hit_count), (1, 50, 0))
        elif len(d.threads) > 1 and first.hit_on(d.threads[1]):
            eq(len(d.threads), 2)
            eq(first.hit_count, d.threads[1].regs.rax + 1)
        elif len(d.threads) > 2 and second.hit_on(d.threads[2]):
            eq(len(d.threads), 3)
            eq(d.threads[2].regs.rax, math.factorial(second.hit_count) % (1 << 32))
            if second.hit_count == 49:
                break
        else:
            fail("stopped at none of the three places")
    eq((nothing.hit_count, first.hit_count, second.hit_count), (1, 50, 49))
    d.kill()
    d.terminate()


@test
def a_death_from_outside_ends_the_wait():
    d = debug("thread_talk")
    r = d.run()
    d.cont()
    r.recvuntil(b"Enter some text: ")
    r.recvuntil(b"stdout: Count")
    os.kill(d.pid, signal.SIGKILL)
    d.wait()
    eq((d.dead, d.running, d.exit_signal), (True, False, "SIGKILL"))
    d.terminate()


@test
def dead_threads_stay_readable_in_their_places():
    d = debug("thread_sites")
    d.run()
    nothing = d.breakpoint("do_nothing")
    d.cont()
    d.wait()
    eq(nothing.hit_on(d), True)
    eq(len(d.threads), 4)
    eq(d.threads[0].dead, False)  # the others may still be on their last way in the kernel
    tids = [t.tid for t in d.threads]
    run_out(d)
    eq([t.tid for t in d.threads], tids)
    eq([t.dead for t in d.threads], [True] * 4)
    eq(d.threads[0].instruction_pointer != 0, True)


@test
def phases_of_four_threads_are_never_mixed_up():
    d = debug("act", "threads", 4, 500)
    d.run()
    wrong = []
    inside = {}

    def enter(t, h):
        if inside.get(t.tid):
            wrong.append(("in", t.tid))
        inside[t.tid] = True

    def leave(t, h):
        if not inside.get(t.tid):
            wrong.append(("out", t.tid))
        inside[t.tid] = False

    h = d.handle_syscall("getppid", on_enter=enter, on_exit=leave)
    run_out(d)
    eq((wrong, h.hit_count), ([], 2000))


@test
def a_handler_of_one_thread():
    d = debug("thread_talk")
    r = d.run()
    d.cont()
    r.recvuntil(b"Enter some text: ")
    r.recvuntil(b"stdout: Count ")
    d.interrupt()
    eq(len(d.threads), 3)
    seen = []
    d.threads[2].handle_syscall("write", on_enter=lambda t, h: seen.append(t.tid))
    d.cont()
    r.recvuntil(b"stdout: Count ")
    d.interrupt()
    eq(set(seen), {d.threads[2].tid})
    d.kill()


@test
def api_calls_from_another_python_thread():
    d = debug("thread_talk")
    r = d.run()
    d.cont()
    r.recvuntil(b"Count 0\n")
    d.interrupt()
    found = []
    other = threading.Thread(target=lambda: found.append(
        (d.regs.rip, d.memory[d.regs.rsp, 8], d.syscall_number)))
    other.start()
    other.join(10)
    eq(found, [(d.regs.rip, d.memory[d.regs.rsp, 8], d.syscall_number)])
    d.kill()


main()
