# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many calls, many threads, many runs: counts stay exact, and nothing grows."""

import gc
import os
import random
import signal
import subprocess
import threading
import time

from kit import *  # noqa: F403


def resident():
    """Memory of this process, in KiB."""
    return int(matches(read("/proc/self/status"), r"^VmRSS:\s+(\d+) kB").group(1))


def descriptors():
    return len(os.listdir("/proc/self/fd"))


@test(limit=120)
def four_threads_with_ten_thousand_calls_each():
    d = debug("act", "threads", 4, 10000)
    d.run()
    inside, wrong, calls = {}, [], [0, 0]

    def enter(t, h):
        calls[0] += 1
        if inside.get(t.tid) or t.syscall_phase != "enter":
            wrong.append(("in", t.tid, calls[0]))
        inside[t.tid] = True

    def leave(t, h):
        calls[1] += 1
        if not inside.get(t.tid) or t.syscall_phase != "exit":
            wrong.append(("out", t.tid, calls[1]))
        inside[t.tid] = False

    h = d.handle_syscall("getppid", on_enter=enter, on_exit=leave)
    eq(run_out(d), 0)
    eq((wrong, calls, h.hit_count, len(inside)), ([], [40000, 40000], 40000, 4))


@test(limit=120)
def a_hundred_thousand_events_leave_nothing():
    def calls(n):
        d = debug("act", "getppid", n)
        d.run()
        h = d.handle_syscall("getppid", on_enter=lambda t, h: t.memory[t.stack_pointer, 8],
                             on_exit=lambda t, h: t.syscall_return)
        run_out(d)
        eq(h.hit_count, n + 1)
        d.kill()

    calls(2000)
    gc.collect()
    before = resident()
    calls(50000)
    gc.collect()
    eq(resident() - before < 2000, True, f"{resident() - before} KiB more")


@test(limit=120)
def a_hundred_runs_leave_nothing():
    d = debug("six_calls")

    def once():
        r = d.run()
        d.handle_syscall("write", on_enter=True)
        d.breakpoint("after_first_write")
        r.sendline(b"provola")
        d.cont()
        d.wait()
        d.kill()

    for _ in range(150):  # the C library keeps an arena for each of so many threads
        once()
    gc.collect()
    before, open_before, threads = resident(), descriptors(), threading.active_count()
    for _ in range(100):
        once()
    gc.collect()
    eq((descriptors() - open_before, threading.active_count() - threads), (0, 0))
    eq(resident() - before < 6000, True, f"{resident() - before} KiB more")


@test(limit=120)
def attached_and_let_go_again_and_again():
    p = subprocess.Popen([prog("act"), "loop", "200"], stdout=subprocess.DEVNULL)
    at_end(p.kill)
    for i in range(100):
        d = debugger()
        d.attach(p.pid)
        seen = []
        h = d.handle_syscall("*", on_enter=lambda t, h: seen.append(t.syscall_number))
        d.cont()
        wait_for("a call", lambda: seen)
        d.interrupt()
        d.detach()
        eq((p.poll(), tracer_of(p.pid)), (None, 0), f"time {i}")
        eq(h.hit_count >= len(seen) - 1, True)
    p.kill()
    p.wait()


@test(limit=120)
def invocation_from_every_kind_of_stop_while_signals_arrive():
    d = debug("act", "loop", 100)
    d.run()
    wrong, done = [], [0]

    def ask(t, h):
        for _ in range(3):
            got = t.invoke_syscall("getpid")
            done[0] += 1
            if got != d.pid:
                wrong.append((t.syscall_phase, got))

    d.handle_syscall("*", on_enter=ask, on_exit=ask)
    stop = threading.Event()

    def shoot():
        while not stop.is_set():
            os.kill(d.pid, signal.SIGWINCH)  # ignored unless it is waited for
            time.sleep(random.random() / 500)

    shooter = threading.Thread(target=shoot)
    shooter.start()
    try:
        for _ in range(30):
            d.cont()
            time.sleep(0.01)
            d.interrupt()
            eq(d.invoke_syscall("getpid"), d.pid)
            d.step()
            eq(d.invoke_syscall("getppid"), os.getpid())
    finally:
        stop.set()
        shooter.join()
    eq((wrong, done[0] > 100), ([], True))
    d.kill()


@test(limit=60)
def two_debuggers_in_two_python_threads():
    counts = {}

    def work(name):
        d = debug("act", "getppid", 3000)
        d.run()
        h = d.handle_syscall("getppid", on_enter=lambda t, h: None, on_exit=lambda t, h: None)
        run_out(d)
        counts[name] = h.hit_count
        d.kill()

    workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    eq(counts, {0: 3001, 1: 3001})


main()
