# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is printed of system calls, byte by byte."""

import io
import os
import re
import sys

from kit import *  # noqa: F403

R, B, STRIKE, DEF = "\033[0m", "\033[1m", "\033[9m", "\033[39m"
RED, YEL, BLUE, BYEL = "\033[91m", "\033[33m", "\033[94m", "\033[93m"
NAMES = ["write", "read", "write", "mmap", "getcwd", "exit_group"]


def started():
    d = debug("six_calls")
    r = d.run()
    r.sendline(b"provola")
    return d, r


def arg(label, value):
    return f"{label} = {BYEL}{value:#x}{DEF}"


def changed(label, old, new):
    return f"{label} = {STRIKE}{BYEL}{old:#x}{R} {BYEL}{new:#x}{DEF}"


def line(d, name, args, ret, mark="", tid=None):
    """A whole line; @ret None: an open one."""
    text = f"{B}{tid or d.pid}{R} {mark}{BLUE}{name}{DEF}({', '.join(args)}) = "
    return text if ret is None else text + f"{YEL}{ret:#x}{R}\n"


def names(text):
    return re.findall(rf"{re.escape(BLUE)}(\w+){re.escape(DEF)}", text)


def exit_line(d, mark=""):
    return line(d, "exit_group", [arg("int status", 0)], None, mark)


@test
def every_call_of_a_program():
    d, _ = started()
    values = {}

    def keep(t, h):
        values[len(values)] = [t.syscall_arg0, t.syscall_arg1, t.syscall_return]

    with printed() as out:
        d.pprint_syscalls = True
        eq(d.pprint_syscalls, True)
        run_out(d)
    text = out.getvalue()
    eq(names(text), NAMES)
    lines_ = text.splitlines(keepends=True)
    eq(len(lines_), 6)
    hexa = re.findall(r"\[93m(0x[0-9a-f]+)", text)
    eq(len(hexa), 3 + 3 + 3 + 6 + 2 + 1)
    buf = int(hexa[1], 16)
    eq(lines_[0], line(d, "write", [arg("int fd", 1), arg("const void *buf", buf),
                                    arg("size_t count", 14)], 14))
    eq(lines_[3].count(" = "), 7)
    eq(lines_[5], exit_line(d))


@test
def marks_of_callbacks():
    d, _ = started()
    d.handle_syscall("write", on_enter=lambda t, h: None)
    d.handle_syscall("read", on_exit=lambda t, h: None)
    d.handle_syscall("getcwd", on_enter=True)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    marked = [l for l in out.getvalue().splitlines() if f"{RED}(callback) {BLUE}" in l]
    eq([names(l)[0] for l in marked], ["write", "read", "write", "getcwd"])
    eq(out.getvalue().count(RED), 4)


@test
def no_mark_for_synchronous_handlers():
    d, _ = started()
    h = d.handle_syscall("write")
    with printed() as out:
        d.pprint_syscalls = True
        eq(run_out(d), 4)
    eq((out.getvalue().count(RED), names(out.getvalue()), h.hit_count), (0, NAMES, 2))


@test
def no_mark_for_disabled_handlers():
    d, _ = started()
    d.handle_syscall("write", on_enter=True).disable()
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq((out.getvalue().count(RED), names(out.getvalue())), (0, NAMES))


@test
def a_handler_of_all_calls_marks_all():
    d, _ = started()
    h = d.handle_syscall("*", on_enter=True)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq((out.getvalue().count(f"{RED}(callback) "), h.hit_count), (6, 5))


def hijack_lines(recursive, handler=False, **words):
    d, _ = started()
    if handler:
        d.handle_syscall("getppid", on_enter=True)
    d.hijack_syscall("getcwd", "getppid", recursive=recursive, **words)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    text = out.getvalue()
    buf = int(re.findall(r"getcwd.*?\[93m(0x[0-9a-f]+)", text)[0], 16)
    return d, buf, text.splitlines(keepends=True)[4:6]


@test
def a_hijacked_call_and_the_one_that_was_executed():
    d, buf, got = hijack_lines(False)
    ppid = int(read(f"/proc/self/stat").split()[0])
    eq(got[0], f"{B}{d.pid}{R} {RED}(hijacked) {STRIKE}{BLUE}getcwd{DEF}("
       f"{arg('char *buf', buf)}, {arg('size_t size', 4096)}){R}\n")
    eq(got[1], line(d, "getppid", [], ppid, f"{RED}(executed) "))


@test
def the_mark_of_a_recursive_hijack_is_its_own_handlers():
    d, _, got = hijack_lines(True)
    eq(got[1].startswith(f"{B}{d.pid}{R} {BLUE}getppid{DEF}() = "), True)
    d, _, got = hijack_lines(True, handler=True)
    eq(got[1].startswith(f"{B}{d.pid}{R} {RED}(callback) {BLUE}getppid{DEF}() = "), True)


@test
def each_call_of_a_chain():
    d, _ = started()
    d.hijack_syscall("read", "getgid", recursive=True)
    d.hijack_syscall("getgid", "getuid", recursive=True)
    d.hijack_syscall("getuid", "geteuid", recursive=False)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    struck = re.findall(rf"{re.escape(RED)}\(hijacked\) {re.escape(STRIKE + BLUE)}(\w+)",
                        out.getvalue())
    eq(struck, ["read", "getgid", "getuid"])
    has(out.getvalue(), line(d, "geteuid", [], os.geteuid(), f"{RED}(executed) "))
    eq(len(out.getvalue().splitlines()), 9)


@test
def handlers_that_disable_themselves_ran():
    d, _ = started()
    d.handle_syscall("write", on_enter=lambda t, h: h.disable())
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq([f"{RED}(callback) " in l for l in out.getvalue().splitlines()], [True] + [False] * 5)


@test
def changed_arguments_of_a_hijacked_call():
    d, buf, got = hijack_lines(False, syscall_arg1=5)
    eq(got[0], f"{B}{d.pid}{R} {RED}(hijacked) {STRIKE}{BLUE}getcwd{DEF}("
       f"{arg('char *buf', buf)}, {changed('size_t size', 4096, 5)}){R}\n")


@test
def an_excluded_executed_call_has_no_line():
    d, _ = started()
    d.hijack_syscall("read", "getppid")
    d.syscalls_to_not_pprint = ["getppid"]
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq(names(out.getvalue()), NAMES)
    has(out.getvalue(), f"(hijacked) {STRIKE}{BLUE}read")


@test
def changed_arguments_and_results():
    d, _ = started()

    def shorten(t, h):
        t.syscall_arg2 = 5

    def lie(t, h):
        t.syscall_return = -1

    d.handle_syscall("write", on_enter=shorten, on_exit=lie)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    first = out.getvalue().splitlines()[0]
    has(first, changed("size_t count", 14, 5))
    eq(first.endswith(f" = {YEL}{STRIKE}0x5{R} {YEL}0xffffffffffffffff{R}"), True)


@test
def errors_are_unsigned():
    d = debug("act", "call", 3, 999, 0, 0)
    d.run()
    d.syscalls_to_pprint = ["close"]
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    has(out.getvalue(), f"= {YEL}0xfffffffffffffff7{R}\n")


@test
def only_some_calls():
    d, _ = started()
    d.syscalls_to_pprint = ["write", 79]
    eq(d.syscalls_to_pprint, ["write", "getcwd"])
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq(names(out.getvalue()), ["write", "write", "getcwd"])


@test
def not_some_calls_and_exclusion_wins():
    d, _ = started()
    d.syscalls_to_pprint = ["write", "read", "mmap"]
    d.syscalls_to_not_pprint = ["write"]
    eq(d.syscalls_to_not_pprint, ["write"])
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq(names(out.getvalue()), ["read", "mmap"])


@test
def an_empty_list_is_no_limit():
    d, _ = started()
    d.syscalls_to_pprint = []
    d.syscalls_to_not_pprint = []
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq(names(out.getvalue()), NAMES)


@test
def lists_change_while_it_is_on():
    d, _ = started()
    with printed() as out:
        d.pprint_syscalls = True
        d.syscalls_to_pprint = ["read", "write"]
        d.breakpoint("after_first_write")
        d.cont()
        d.wait()
        d.syscalls_to_pprint = ["mmap"]
        d.syscalls_to_not_pprint = None
        run_out(d)
    eq(names(out.getvalue()), ["write", "mmap"])


@test
def lists_before_a_run():
    d = debug("six_calls")
    for name in ("syscalls_to_pprint", "syscalls_to_not_pprint"):
        raises(ValueError, attribute(name, ["wrote"]), d, text='Syscall "wrote" not found')
        raises(ValueError, attribute(name, ["%fil"]), d, text="'%file'?")
    d.syscalls_to_pprint = ["write", "read", 79]
    d.syscalls_to_not_pprint = ["read"]
    eq(d.syscalls_to_pprint, ["write", "read", "getcwd"])
    for want in (["write", "read", "getcwd"], None):  # for one run
        d.run().sendline(b"provola")
        eq(d.syscalls_to_pprint, want)
        with printed() as out:
            d.pprint_syscalls = True
            run_out(d)
        eq(names(out.getvalue()), ["write", "write", "getcwd"] if want else NAMES)
        d.kill()


@test
def classes_and_all():
    for only, excluded, want in (
            (["*"], None, NAMES), ([-1], ["%memory"], [n for n in NAMES if n != "mmap"]),
            (["%memory", "getcwd"], None, ["mmap", "getcwd"]), (None, ["*"], []),
            (["%desc"], ["read"], ["write", "write", "mmap"])):
        d, r = started()
        with printed() as out:
            d.syscalls_to_pprint, d.syscalls_to_not_pprint = only, excluded
            eq((d.syscalls_to_pprint, d.syscalls_to_not_pprint), (only, excluded))
            d.pprint_syscalls = True
            run_out(d)
        eq(names(out.getvalue()), want)


@test
def wrong_settings():
    d, _ = started()
    for bad in (1, None, "yes", 0):
        raises(TypeError, attribute("pprint_syscalls", bad), d)
    for name in ("syscalls_to_pprint", "syscalls_to_not_pprint"):
        for bad in ("write", ("write",), {"write"}, 1):
            raises(ValueError, attribute(name, bad), d)
        raises(ValueError, attribute(name, ["wrote"]), d, text='Syscall "wrote" not found')
        eq(getattr(d, name), None)
    eq(d.pprint_syscalls, False)


@test
def for_a_while():
    d, _ = started()
    with printed() as out:
        with d.pprint_syscalls_context(True):
            eq(d.pprint_syscalls, True)
            d.breakpoint("after_first_write")
            d.cont()
            d.wait()
        eq(d.pprint_syscalls, False)
        run_out(d)
    eq(names(out.getvalue()), ["write"])


@test
def off_for_a_while():
    d, _ = started()
    with printed() as out:
        d.pprint_syscalls = True
        with d.pprint_syscalls_context(False):
            d.breakpoint("after_first_write")
            d.cont()
            d.wait()
        eq(d.pprint_syscalls, True)
        run_out(d)
    eq(names(out.getvalue()), NAMES[1:])


@test
def off_in_each_new_run():
    d, _ = started()
    with printed() as out:
        d.pprint_syscalls = True
        d.syscalls_to_pprint = ["write"]
        d.syscalls_to_not_pprint = ["read"]
        d.kill()
        d.run()
        eq((d.pprint_syscalls, d.syscalls_to_pprint, d.syscalls_to_not_pprint),
           (False, None, None))
        d.kill()
    eq(out.getvalue(), "")


@test
def switching_it_off_leaves_the_users_handlers():
    d, _ = started()
    sync = d.handle_syscall("read")
    every = d.handle_syscall("*", on_enter=True)
    with printed() as out:
        d.pprint_syscalls = True
        d.pprint_syscalls = False
        eq(run_out(d), 2)
    eq((sync.hit_count, every.hit_count, out.getvalue()), (1, 5, ""))


@test
def numbers_outside_of_the_table_are_not_printed():
    d = debug("act", "call", 0x1337, 1, 2, 3)
    d.run()
    h = d.handle_syscall(0x1337, on_enter=True)
    with printed() as out:
        d.pprint_syscalls = True
        run_out(d)
    eq((h.hit_count, names(out.getvalue())[-1]), (1, "exit_group"))
    has_not(out.getvalue(), "1337")


@test
def the_stream_is_the_one_of_the_moment():
    d, _ = started()
    first, second = io.StringIO(), io.StringIO()
    before = sys.stdout
    try:
        sys.stdout = first
        d.pprint_syscalls = True
        d.breakpoint("after_first_write")
        d.cont()
        d.wait()
        sys.stdout = second
        run_out(d)
    finally:
        sys.stdout = before
    eq((names(first.getvalue()), names(second.getvalue())), (NAMES[:1], NAMES[1:]))


@test
def calls_of_threads_are_whole_lines():
    d = debug("act", "threads", 4, 50)
    d.run()
    with printed() as out:
        d.syscalls_to_pprint = ["getppid"]
        d.pprint_syscalls = True
        run_out(d)
    text = re.sub(r"\033\[\d+m", "", out.getvalue())
    whole = re.findall(r"^\d+ getppid\(\) = 0x[0-9a-f]+$", text, re.M)
    begun = re.findall(r"^\d+ getppid\(\) =  <unfinished>$", text, re.M)
    resumed = re.findall(r"^\d+ <getppid resumed> = 0x[0-9a-f]+$", text, re.M)
    eq((len(whole) + len(begun), len(begun)), (200, len(resumed)))
    eq(len(text.splitlines()), len(whole) + len(begun) + len(resumed))


@test
def the_32_bit_entry_has_its_own_names():
    d = debug("act", "int80", 20)
    d.run()
    with printed() as out:
        d.syscalls_to_pprint = ["getpid"]
        d.pprint_syscalls = True
        run_out(d)
    has(out.getvalue(), f"{BLUE}getpid{DEF}() = {YEL}{d.pid:#x}{R}\n")


@test
def printing_for_a_while_ends_with_the_process():
    d = debug("six_calls")
    r = d.run()
    r.sendline(b"provola")
    with printed(), d.pprint_syscalls_context(True):
        d.cont()
        d.wait()
        eq((d.dead, d.pprint_syscalls), (True, True))
    eq(d.pprint_syscalls, False)


main()
