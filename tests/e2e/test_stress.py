# SPDX-License-Identifier: LGPL-2.1-or-later
"""Much at once, again and again: nothing is lost, nothing stays behind, nothing grows."""

import os
import random
import re
import signal
import time

from harness import (ACT, LSTAR, PATIENCE, Skip, batch, children_of, eq, finish, gone, lines, main,
                     matches, read, session, start, task_states, test, tracer_of, wait_for)


@test(limit=120)
def attach_and_detach_fifty_times():
    victim = start(ACT, "idlers", 8, "loop", 50)
    wait_for("its threads", lambda: len(task_states(victim.pid)) == 9)
    for _ in range(50):
        done = session(["!syscall getppid script { pause(); }", "g", ".detach"],
                       options=("-p", victim.pid))
        eq((done.status, done.err), (0, ""))
        eq(tracer_of(victim.pid), 0)
        eq(set(task_states(victim.pid)) & set("tT"), set())
    eq(victim.poll(), None)


@test(limit=120)
def killed_at_random_moments():
    chance = random.Random(1)
    victim = start(ACT, "idlers", 4, "loop", 0)
    wait_for("its threads", lambda: len(task_states(victim.pid)) == 5)
    for _ in range(20):
        process = start(LSTAR, "-q", "-b", "-p", victim.pid, "-c", "!syscall script { }",
                        "-c", "!sysret script { }")
        time.sleep(chance.random() / 5)
        process.kill()
        process.wait()
        wait_for("freedom", lambda: tracer_of(victim.pid) == 0
                 and not set(task_states(victim.pid)) & set("tT"))
        eq(victim.poll(), None)


@test(limit=120)
def launched_trees_die_with_lstar_at_random_moments():
    chance = random.Random(2)
    for _ in range(10):
        process = start(LSTAR, "-q", "-b", "-c", "!syscall script { }", "--", "sh", "-c",
                        f"{ACT} loop 0 & {ACT} threads 4 100000000 & wait")
        time.sleep(0.1 + chance.random() / 3)
        pids = descendants(process.pid)
        process.kill()
        process.wait()
        for pid in pids:
            wait_for(f"the end of {pid}", lambda pid=pid: gone(pid))


def descendants(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants(child)]
    return found


@test(limit=60)
def threads_and_forks_and_events_together():
    done = batch(["? .n = 0; .r = 0;", "!syscall getppid script { interlocked_increment(&.n); }",
                  "!sysret script { if ($syscall_number == 6e) { interlocked_increment(&.r); } }",
                  "g", '? printf("%d %d\\n", .n, .r);'],
                 ACT, "threads", 16, 200, "fork", 100, "vfork", 20, "spawn", ACT, 10)
    eq(done.status, 0)
    eq(lines(done.msg)[-1], f"{16 * 200 + 100 + 20 + 11} {16 * 200 + 100 + 20 + 11}")


@test(limit=60)
def memory_with_many_threads_and_events():
    if PATIENCE > 1:
        raise Skip("a sanitizer's shadow memory is not ours")
    events = "".join(f"!syscall getppid script {{ .n = .n + {i:x}; }}\n" for i in range(1, 101))
    process = start(LSTAR, "-q", "-b", "-c", "? .n = 0;",
                    *[a for e in events.splitlines() for a in ("-c", e)], "--", ACT, "idlers", 100,
                    "loop", 2000)
    victim = wait_for("the threads", lambda: [p for p in children_of(process.pid)
                                             if len(task_states(p)) == 101])[0]
    time.sleep(0.5)
    eq(gone(victim), False)
    rss = int(matches(read(f"/proc/{process.pid}/status"), r"VmRSS:\s+(\d+) kB").group(1))
    eq(rss < 20000, True, f"resident: {rss} kB")
    os.kill(victim, signal.SIGKILL)
    finish(process)


@test(limit=60)
def descriptors_do_not_grow():
    process = start(LSTAR, "-q", "-b", "-c", "!syscall getppid script { db(@rsp); }", "--", "sh",
                    "-c", f"while :; do {ACT} getppid 1; done >/dev/null")
    time.sleep(1.5)
    counts = []
    for _ in range(3):
        counts.append(len(os.listdir(f"/proc/{process.pid}/fd")))
        time.sleep(0.5)
    eq(max(counts) < 40, True, str(counts))
    eq(re.match(r"\d+", str(counts[0])) is not None, True)
    process.terminate()
    finish(process)


main()
