# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that refuses to run in a debugger."""

import string

from kit import *  # noqa: F403


@test
def without_the_option_it_notices():
    d = debug("untraced")
    r = d.run()
    d.cont()
    eq(r.recvline(), b"Debugger detected")
    d.wait()
    eq((d.dead, d.exit_code), (True, 1))
    d.kill()
    d.terminate()


@test
def with_the_option_it_does_not():
    d = debug("untraced", escape_antidebug=True)
    r = d.run()
    d.cont()
    eq(r.recvline(), b"Write up to 64 chars")
    d.interrupt()
    eq((d.dead, d.running), (False, False))
    d.kill()
    eq(d.dead, True)
    d.terminate()


@test(limit=120)
def brute_force_with_a_run_per_guess():
    d = debug("untraced", escape_antidebug=True)
    flag, verdict, runs = "", b"", 0
    while verdict != b"Giusto!":
        for letter in string.printable:
            r = d.run()
            bp = d.breakpoint("compare_branch", hardware=True, file="binary")
            d.cont()
            r.recvuntil(b"chars\n")
            r.sendline((flag + letter).encode())
            runs += 1
            d.wait()
            while not d.dead and d.instruction_pointer == bp.address:
                d.cont()
                d.wait()
            verdict = r.recvline()
            hits = bp.hit_count
            d.kill()
            if hits > len(flag) + 1 or verdict == b"Giusto!":
                flag += letter
                break
        else:
            fail(f"no letter goes on after {flag!r}")
    eq(flag, "BRUTE")
    eq(runs, sum(string.printable.index(c) + 1 for c in "BRUTE"))


@test
def the_users_handler_replaces_ours():
    d = debug("untraced", escape_antidebug=True)
    r = d.run()
    seen = []

    def refuse(t, h):
        seen.append(t.syscall_arg0)

    with logged() as log:
        d.handle_syscall("ptrace", on_enter=refuse)
    has(log.text(), "WARNING")
    has(log.text(), "Syscall ptrace is already handled")
    d.cont()
    eq(r.recvline(), b"Debugger detected")
    d.wait()
    eq((seen, d.exit_code), ([0], 1))


@test
def other_requests_are_logged_and_left_alone():
    for request in (3, 0x7777):
        d = debug("act", "call", 101, request, 0, 0, escape_antidebug=True)
        r = d.run()
        with logged() as log:
            run_out(d)
        has(log.text(), f"request {request:#x}")
        eq([record.levelname for record in log.records], ["ERROR"])
        eq(r.recvline(), {3: b"call=-3", 0x7777: b"call=-3"}[request])


@test
def a_second_request_fails_as_without_a_debugger():
    d = debug("act", "call", 101, 0, 0, 0, "call", 101, 0, 0, 0, escape_antidebug=True)
    r = d.run()
    run_out(d)
    eq(r.recvline(numlines=2, drop=False), b"call=0\ncall=-1\n")


def tracers(program, hide):
    d = debugger(program, hide_tracer=hide)
    at_end(lambda: finish_tree(d))
    r = d.run()
    d.cont()
    while not d.dead:
        for child in d.children:
            if not child.running and not child.dead:
                child.cont()
    return r.recvall().split()


@test
def the_tracer_in_proc():
    grep = ["/bin/grep", "-h", "TracerPid", "/proc/self/status", "/proc/thread-self/status"]
    seen = tracers(grep, False)
    eq((seen[0], seen[1] != b"0", seen[2:] == seen[:2]), (b"TracerPid:", True, True))
    seen = tracers(grep, True)
    eq(seen, [b"TracerPid:", b"0"] * 2)


@test
def the_tracer_in_proc_for_children():
    seen = tracers(["/bin/sh", "-c", "cat /proc/$$/status | grep TracerPid; true"], True)
    eq(seen, [b"TracerPid:", b"0"])


@test
def other_files_are_read_as_they_are():
    write("status", "Name:\tx\nTracerPid:\t77\n")
    seen = tracers(["/bin/cat", "status"], True)
    eq(seen, [b"Name:", b"x", b"TracerPid:", b"77"])


main()
