#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What interception costs: one table, all of it measured in one run, medians of several rounds.

Every row is given beside the same work without a tracer, the barest tracer of the same mechanism
(bare.c) and strace. Only ratios within one run mean anything; a busy machine spoils them.

    bench/run.py [--rounds N] [--only PART[,PART]] [--scale F] BUILD
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time

CPU = str(min(os.sched_getaffinity(0)))
PIN = ["taskset", "-c", CPU]


class Bench:
    def __init__(self, build, rounds, scale):
        self.lstar = os.path.join(build, "src", "lstar")
        self.bare = os.path.join(build, "bench", "bare")
        self.calls = os.path.join(build, "bench", "calls")
        self.handlers = os.path.join(build, "bench", "handlers")
        self.act = os.path.join(build, "tests", "progs", "act")
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.python = [sys.executable, os.path.join(root, "bench", "handlers.py")]
        self.package = os.pathsep.join([os.path.join(root, "bindings", "python"),
                                        os.path.join(build, "bindings", "python")])
        self.rounds = rounds
        self.scale = scale

    def count(self, n):
        return str(max(int(n * self.scale), 1000))

    def medians(self, variants):
        """name -> a function that measures once; all take turns, so that drift hits all alike."""
        got = {name: [] for name in variants}
        for _ in range(self.rounds):
            for name, measure in variants.items():
                got[name].append(measure())
        return {name: statistics.median(values) for name, values in got.items()}


def out_of(args, **kw):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", **kw)
    return done.stdout


def nanoseconds(args, **kw):
    """The number that calls.c prints, whatever the tracer prints around it."""
    text = out_of(args, **kw)
    found = re.findall(r"(?m)^(\d+\.\d)$", text)
    if not found:
        sys.exit(f"bench: no figure from: {' '.join(args)}\n{text}")
    return float(found[-1])


def title(text):
    print(f"\n{text}", flush=True)


def row(name, value, unit, *ratios):
    cells = "".join(f"{text:>14}" for text in ratios)
    print(f"  {name:<50}{value:>12} {unit:<6}{cells}", flush=True)


def ratio(a, b):
    return f"{a / b:.2f}x" if b else "-"


def strace(*args):
    return ["strace", "-f", "-o", "/dev/null", *args]


def part_calls(b):
    """One call in a loop, launched."""
    one = "!syscall getppid script { .n = .n + 1; }"
    two = "!sysret script { .n = .n + 1; }"
    zero = ["-q", "-b", "-c", "? .n = 0;"]
    only = ["--seccomp-bpf", "-e", "trace=getppid"]
    asm = "!syscall getppid asm condition { xor eax, eax }"
    short = "!syscall getppid sc on script { .n = .n + 1; }"

    def call(n, *tracer):
        return lambda: nanoseconds([*tracer, b.calls, b.count(n)])

    names = {
        "native": call(2000000),
        "bare, one stop, one CPU": call(100000, b.bare),
        "bare, one stop, scheduler's placement": call(20000, b.bare, "-u"),
        "lstar, counting script": call(100000, b.lstar, *zero, "-c", one, "--"),
        "lstar, counting script, pinned to one CPU": call(100000, *PIN, b.lstar, *zero, "-c", one,
                                                          "--"),
        "lstar, short-circuit": call(100000, b.lstar, *zero, "-c", short, "--"),
        "lstar, machine-code condition": call(20000, b.lstar, *zero, "-c", asm, "--"),
        "strace --seccomp-bpf, one CPU": call(50000, *PIN, *strace(*only)),
        "strace --seccomp-bpf, as started": call(20000, *strace(*only)),
        "bare, two stops, one CPU": call(50000, b.bare, "-2"),
        "lstar, !syscall and !sysret": call(50000, b.lstar, *zero, "-c", one, "-c", two, "--"),
    }
    got = b.medians(names)
    title("getppid in a loop, launched                                 time per call        "
          "x native        x bare")
    for name, value in got.items():
        floor = got["bare, two stops, one CPU" if "two" in name or "sysret" in name
                    else "bare, one stop, one CPU"]
        row(name, f"{value:.0f}", "ns", ratio(value, got["native"]), ratio(value, floor))
    mine = got["lstar, counting script"]
    print(f"  lstar / strace on one CPU: {ratio(mine, got['strace --seccomp-bpf, one CPU'])}"
          f"; strace as started / lstar: {ratio(got['strace --seccomp-bpf, as started'], mine)}")


def part_outside(b):
    """Calls that no event names."""
    n = b.count(2000000)
    names = {
        "native": lambda: nanoseconds([b.calls, n]),
        "lstar, event on openat only": lambda: nanoseconds(
            [b.lstar, "-q", "-b", "-c", "? .n = 0;", "-c",
             "!syscall openat script { .n = .n + 1; }", "--", b.calls, n]),
        "strace --seccomp-bpf -e trace=openat": lambda: nanoseconds(
            [*strace("--seccomp-bpf", "-e", "trace=openat"), b.calls, n]),
    }
    got = b.medians(names)
    title("getppid while no event names it                             time per call        "
          "x native")
    for name, value in got.items():
        row(name, f"{value:.0f}", "ns", ratio(value, got["native"]))


def part_handlers(b):
    """Callbacks of the library that do nothing, in C and in Python."""
    def call(n, *tracer):
        return lambda: nanoseconds([*tracer, b.calls, b.count(n)])

    names = {
        "native": call(2000000),
        "bare, two stops, one CPU": call(50000, b.bare, "-2"),
        "callback at entry alone; its exit is counted": call(50000, b.handlers, "-e", "getppid"),
        "callbacks at entry and exit": call(50000, b.handlers, "getppid"),
        "functions of Python at entry and exit": lambda: nanoseconds(
            [*b.python, "getppid", b.calls, b.count(50000)],
            env={**os.environ, "PYTHONPATH": b.package}),
        "callbacks for another call": call(2000000, b.handlers, "openat"),
    }
    got = b.medians(names)
    title("getppid in a loop, handled by empty callbacks               time per call        "
          "x native        x bare")
    for name, value in got.items():
        row(name, f"{value:.0f}", "ns", ratio(value, got["native"]),
            ratio(value, got["bare, two stops, one CPU"]))
    more = got["functions of Python at entry and exit"] - got["callbacks at entry and exit"]
    print(f"  a function of Python costs {more / 2000:.2f} us per event more than a callback in C")
    invoked = re.findall(r"(\w+) (\d+\.\d+)", out_of([*PIN, b.handlers, "-i", b.count(20000)]))
    title("a system call made in a stopped thread, one CPU             time per call")
    for where, value in invoked:
        row({"user": "in the program's own code"}.get(where, f"at the {where} of a call"), value,
            "us")


def attached(b, n, tracer, prefix=()):
    """Start the program, attach the tracer to it, let it run; nanoseconds per call."""
    with subprocess.Popen([*prefix, b.calls, n, "110", "wait"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as program:
        watcher = None
        if tracer:
            watcher = subprocess.Popen([*prefix, *tracer(str(program.pid))],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            end = time.monotonic() + 10
            while time.monotonic() < end:
                with open(f"/proc/{program.pid}/status", encoding="ascii") as f:
                    if "TracerPid:\t0\n" not in f.read():
                        break
                time.sleep(0.01)
            time.sleep(0.3)
        text, _ = program.communicate("\n")
        if watcher:
            watcher.wait(timeout=20)
    return float(text)


def part_attached(b):
    """One call in a loop, attached: two stops per call, and the user's own placement."""
    def mine(pid):
        return [b.lstar, "-q", "-b", "-p", pid, "-c", "? .n = 0;", "-c",
                "!syscall getppid script { .n = .n + 1; }"]

    def bare(pid):
        return [b.bare, "-2", "-u", "-p", pid]

    many, few = b.count(50000), b.count(10000)
    names = {
        "bare PTRACE_SYSCALL, one CPU": lambda: attached(b, many, bare, PIN),
        "lstar -p, one CPU": lambda: attached(b, many, mine, PIN),
        "bare PTRACE_SYSCALL, scheduler's placement": lambda: attached(b, few, bare),
        "lstar -p, scheduler's placement": lambda: attached(b, few, mine),
    }
    got = b.medians(names)
    title("getppid in a loop, attached                                 time per call          "
          "x bare")
    for name, value in got.items():
        base = got["bare PTRACE_SYSCALL, one CPU" if "one CPU" in name
                   else "bare PTRACE_SYSCALL, scheduler's placement"]
        row(name, f"{value:.0f}", "ns", ratio(value, base))


def wall(args):
    start = time.monotonic()
    out_of(args)
    return time.monotonic() - start


def part_find(b):
    """A real program of many calls, of which few are wanted."""
    work = ["find", "/usr", "-name", "*.h"]
    wall(work)  # fill the caches
    names = {
        "native": lambda: wall(work),
        "lstar, openat counted": lambda: wall(
            [b.lstar, "-q", "-b", "-c", "? .n = 0;", "-c",
             "!syscall openat script { .n = .n + 1; }", "--", *work]),
        "strace --seccomp-bpf -e trace=openat, one CPU": lambda: wall(
            [*PIN, *strace("--seccomp-bpf", "-e", "trace=openat"), *work]),
        "strace --seccomp-bpf -e trace=openat, as started": lambda: wall(
            [*strace("--seccomp-bpf", "-e", "trace=openat"), *work]),
        "strace -e trace=openat, as started": lambda: wall(
            [*strace("-e", "trace=openat"), *work]),
    }
    got = b.medians(names)
    title("find /usr -name '*.h', openat wanted                            wall time        "
          "x native")
    for name, value in got.items():
        row(name, f"{value:.2f}", "s", ratio(value, got["native"]))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return str(s.getsockname()[1])


def requests(b, tracer, n):
    """Requests per second of a redis-server under a tracer."""
    port = free_port()
    server = subprocess.Popen([*tracer, "redis-server", "--port", port, "--bind", "127.0.0.1",
                               "--save", "", "--appendonly", "no", "--dir", "/tmp"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", int(port)), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    text = out_of(["redis-benchmark", "-p", port, "-t", "set", "-n", b.count(n), "--csv"])
    out_of(["redis-cli", "-p", port, "shutdown", "nosave"])
    server.wait(timeout=30)
    return float(re.search(r'(?m)^"SET","([\d.]+)"', text).group(1))


def part_redis(b):
    """A server of several threads under load, every call of it scripted."""
    script = ["-q", "-b", "-c", "? .n = 0;", "-c", "!syscall script { .n = .n + 1; }"]
    names = {
        "native": lambda: requests(b, [], 100000),
        "bare, one stop per call, one CPU": lambda: requests(b, [b.bare, "-n", "all"], 50000),
        "bare, one stop per call, scheduler's placement": lambda: requests(
            b, [b.bare, "-u", "-n", "all"], 20000),
        "lstar, every call scripted": lambda: requests(b, [b.lstar, *script, "--"], 50000),
        "strace, one CPU": lambda: requests(b, [*PIN, *strace()], 20000),
        "strace, as started": lambda: requests(b, strace(), 20000),
    }
    got = b.medians(names)
    title("redis-server under redis-benchmark -t set                  requests per s     "
          "of native")
    for name, value in got.items():
        row(name, f"{value / 1000:.1f}", "k/s", f"{value / got['native']:.2f}x")


def part_memory(b):
    """What lstar itself needs."""
    arms = [a for i in range(100) for a in
            ("-c", f"!syscall getppid script {{ .n = .n + {i:x}; }}")]
    program = subprocess.Popen([b.lstar, "-q", "-b", "-c", "? .n = 0;", *arms, "--", b.act,
                                "idlers", "100", "loop", "2000"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    time.sleep(2)
    with open(f"/proc/{program.pid}/status", encoding="ascii") as f:
        rss = int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1))
    program.terminate()
    program.wait()
    title("resident memory of lstar")
    row("100 threads traced, 100 events set", f"{rss / 1000:.1f}", "MB")


PARTS = {"calls": part_calls, "outside": part_outside, "handlers": part_handlers,
         "attached": part_attached, "find": part_find, "redis": part_redis, "memory": part_memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="factor of all counts")
    parser.add_argument("--only", default=",".join(PARTS), help="parts: " + ",".join(PARTS))
    parser.add_argument("build")
    args = parser.parse_args()
    for tool in ("strace", "taskset", "redis-server", "redis-benchmark"):
        if not shutil.which(tool):
            sys.exit(f"bench: {tool} is not installed (see deps/debian-bench.txt)")
    b = Bench(os.path.abspath(args.build), args.rounds, args.scale)
    release = os.uname().release
    print(f"Linux {release}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, "
          f"medians of {args.rounds} rounds")
    for name in args.only.split(","):
        PARTS[name](b)


if __name__ == "__main__":
    main()
