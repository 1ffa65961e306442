# SPDX-License-Identifier: LGPL-2.1-or-later
"""Standard input, output and error: while the debuggee runs, stands, and when it has ended."""

import sys
import threading
import time

from kit import *  # noqa: F403


def shell(text):
    """A debugger for a shell, the program that can do everything with its streams."""
    d = debugger(["/bin/sh", "-c", text])
    at_end(lambda: finish_tree(d))
    return d


def cat():
    """A program that answers each line with itself."""
    d = debug("act", "cat")
    r = d.run()
    d.cont()
    return d, r


@test
def lines_and_delimiters():
    d = shell("printf 'one\\ntwo\\nthree,four,five;rest'")
    r = d.run()
    d.cont()
    eq(r.recvline(), b"one")
    eq(r.recvline(drop=False), b"two\n")
    eq(r.recvuntil(b","), b"three,")
    eq(r.recvuntil(b";", drop=True), b"four,five")
    eq(r.recv(2), b"re")
    eq(r.recvall(), b"st")
    d.wait()
    eq(d.dead, True)


@test
def several_lines_at_once():
    d = shell("printf 'a\\nb\\nc\\nd\\n'")
    r = d.run()
    d.cont()
    eq(r.recvline(numlines=2), b"ab")
    eq(r.recvline(numlines=2, drop=False), b"c\nd\n")
    raises(ValueError, r.recvline, numlines=0)
    raises(TypeError, r.recvline, numlines="2")


@test
def what_was_waited_for_in_vain_is_kept():
    d = shell("printf 'a\\nb'; read x; printf 'c\\nd\\n'; printf e")
    r = d.run()
    d.cont()
    raises(TimeoutError, r.recvline, numlines=2, timeout=0.3)
    r.sendline(b"")
    eq(r.recvline(numlines=2, drop=False), b"a\nbc\n")
    raises(RuntimeError, r.recvuntil, b"never")
    raises(RuntimeError, r.recvline, numlines=3)
    eq(r.recvline(numlines=2), b"de", "a last line without its newline is a line")
    raises(RuntimeError, r.recvline)


@test
def the_end_of_input():
    for running in (True, False):
        d = debugger(["/usr/bin/sort"])
        at_end(lambda d=d: finish_tree(d))
        r = d.run()
        if running:
            d.cont()
        r.send(b"b\na\n")
        r.close_stdin()
        r.close_stdin()
        if not running:
            d.cont()
        eq(r.recvline(numlines=2, drop=False), b"a\nb\n")
        d.wait()
        eq((d.dead, d.exit_code), (True, 0))
        raises(RuntimeError, r.send, b"x", text="not ours")
        r.close()
        raises(RuntimeError, r.recvline)


@test
def standard_error_is_apart():
    d = shell("echo out; echo err >&2; echo more >&2")
    r = d.run()
    d.cont()
    d.wait()
    eq(r.recverrline(), b"err")
    eq(r.recvline(), b"out")
    eq(r.recverruntil(b"re"), b"more")
    eq(r.recverrall(), b"\n")


@test
def a_conversation():
    d, r = cat()
    eq(r.sendline(b"hello"), 6)
    eq(r.recvline(), b"hello")
    eq(r.send(b"ask> "), 5)
    eq(r.sendlineafter(b"> ", b"answer"), (b"ask> ", 7))
    eq(r.recvuntil(b"er"), b"answer")
    eq(r.sendafter(b"\n", b"x\n", drop=True), (b"", 2))
    eq(r.recvline(), b"x")
    d.interrupt()
    d.kill()


@test
def a_str_is_taken_with_a_warning():
    d, r = cat()
    with logged() as log:
        r.sendline("text")
        eq(r.recvuntil("xt"), b"text")
    eq(len(log.records), 2)
    raises(TypeError, r.send, 5)
    raises(TypeError, r.recvuntil, None)
    raises(ValueError, r.recvuntil, b"")
    d.interrupt()


@test
def timeouts():
    d, r = cat()
    start = time.monotonic()
    error = raises(TimeoutError, r.recvline, timeout=0.3)
    eq(0.25 < time.monotonic() - start < 2, True)
    has(str(error), "0.3 s")
    r.send(b"part")
    error = raises(TimeoutError, r.recvline, timeout=0.3)
    has(str(error), "part")
    r.sendline(b"ial")
    eq(r.recvline(), b"partial")
    start = time.monotonic()
    raises(TimeoutError, r.recvuntil, b"never")
    eq(1.9 < time.monotonic() - start < 4, True, "two seconds when nothing is said")
    eq(r.recv(timeout=0.1), b"")
    d.interrupt()


@test
def what_cannot_come_is_no_timeout():
    d = debug("six_calls")
    r = d.run()
    start = time.monotonic()
    error = raises(RuntimeError, r.recvline, text="stopped")
    has(str(error), "cont()")
    eq(r.recvline(optional=True), b"")
    eq(r.recv(), b"")
    eq(time.monotonic() - start < 1.5, True)
    d.breakpoint("after_first_write")
    d.cont()
    d.wait()
    eq(r.recvline(), b"Hello, World!")
    raises(RuntimeError, r.recvuntil, b"more")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(len(r.recvall()), 1024)
    raises(RuntimeError, r.recvline, text="broken stdout pipe")
    raises(RuntimeError, r.recv, text="broken stdout pipe")
    raises(RuntimeError, r.sendline, b"x", text="broken stdin pipe")


@test
def input_waits_for_a_program_that_has_not_begun():
    d = debug("six_calls")
    r = d.run()
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(r.recvline(), b"Hello, World!")
    eq(r.recv(8), b"provola\n")


@test
def more_input_than_a_pipe_holds():
    d, r = cat()
    data = bytes(range(256)) * 1000
    got = []
    reader = threading.Thread(target=lambda: got.append(r.recv(len(data), timeout=20)))
    reader.start()
    eq(r.send(data, timeout=20), len(data))
    reader.join()
    eq(got[0] == data, True)
    d.interrupt()
    error = raises(TimeoutError, r.send, data, timeout=0.3)
    has(str(error), "does it run")
    d.kill()


@test
def the_old_pipe_of_a_new_run_is_broken():
    d = debug("six_calls")
    old = d.run()
    d.kill()
    new = d.run()
    raises(RuntimeError, old.sendline, b"x")
    raises(RuntimeError, old.recvline)
    new.sendline(b"provola")
    d.cont()
    eq(new.recvline(), b"Hello, World!")
    d.wait()


@test
def output_is_line_buffered_as_at_a_terminal():
    """The C library of a program at a terminal writes a line as soon as it is whole."""
    d = debug("untraced", escape_antidebug=True)
    r = d.run()
    d.cont()
    eq(r.recvline(), b"Write up to 64 chars")
    r.sendline(b"x")
    eq(r.recvline(), b"Sbagliato!")
    d.wait()


@test
def streams_are_the_debuggees_own_without_redirection():
    d = debug("act", "exit", 3)
    eq(d.run(redirect_pipes=False), None)
    run_out(d)
    eq(d.exit_code, 3)


@test
def by_hand():
    """interactive() with our standard input at its end behind two lines."""
    script = write("talk.py", f"""
import sys
sys.path[:0] = {sys.path!r}
from lstar import debugger
d = debugger([{prog("act")!r}, "cat"])
r = d.run()
d.cont()
r.interactive(prompt="")
d.interrupt()
d.kill()
""")
    p = start(sys.executable, script, stdin=-1)
    p.stdin.write("one\ntwo\n")
    p.stdin.flush()
    eq([p.stdout.readline(), p.stdout.readline()], ["one\n", "two\n"])
    p.stdin.close()
    p.stdin = None
    eq(finish(p).status, 0)


main()
