# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory as bytes, numbers, text and instructions, and writing it: db, dq, da, u, eb."""

import os
import re

from harness import ACT, PROGS, batch, eq, has, main, matches, session, test, write

# A stop in a program with a path of 9 bytes at the very end of its page.
AT_EDGE = ['!syscall openat script { if (strcmp(@rsi, "/at-edge") == 0) { pause(); } }', "g",
           "events c all"]


def dumps(*commands):
    """What the commands print at that stop, addresses replaced by their last three digits."""
    done = session([*AT_EDGE, '? printf("---\\n");', *commands], ACT, "edge").ok()
    text = done.msg.split("---\n")[1]
    return re.sub(r"^[0-9a-f]{8}`[0-9a-f]{5}([0-9a-f]{3})", r"\1", text, flags=re.M)


@test
def bytes_and_text_to_the_end_of_the_page():
    eq(dumps("db @rsi l 9"),
       "ff7  2f 61 74 2d 65 64 67 65-00                       /at-edge.\n")
    eq(dumps("db @rsi l 13"),
       "ff7  2f 61 74 2d 65 64 67 65-00 ?? ?? ?? ?? ?? ?? ??  /at-edge.???????\n"
       "007  ?? ?? ??                                         ???\n")


@test
def words_of_every_size():
    eq(dumps("dw @rsi l 6"), "ff7  612f 2d74 6465\n")
    eq(dumps("dd @rsi l c"), "ff7  2d74612f 65676465 ????????\n")
    eq(dumps("dc @rsi l 8"),
       "ff7  2d74612f 65676465                    /at-edge\n")
    eq(dumps("dq @rsi-1 l 10"), "ff6  6764652d`74612f00 ?????????????????\n")


@test
def strings():
    eq(dumps("da @rsi"), 'ff7  "/at-edge"\n')
    eq(dumps("da @rsi l 3"), 'ff7  "/at"\n')
    eq(dumps("eq @rsp-80 0068006c00660065", "eq @rsp-78 0", "du @rsp-80")[3:], '  "eflh"\n')


@test
def long_strings_take_several_lines():
    write("long.ds", "? { p = @rsp - 0n1000; for (i = 0; i < 0n100; i++) { eb(p + i, 41); } "
                     "eb(p + i, 0); }\n")
    done = session([*AT_EDGE, ".script long.ds", "da @rsp-0n1000"], ACT, "edge").ok()
    eq(re.findall(r'"(A+)"', done.msg), ["A" * 48, "A" * 48, "A" * 4])


@test
def without_an_address_it_goes_on():
    text = dumps("eq @rsp-80 1111111111111111 2222222222222222 3333333333333333",
                 "dq @rsp-80 l 8", "dq l 8", "dq l 8")
    eq(re.findall(r"  (\S+)\n", text), ["11111111`11111111", "22222222`22222222",
                                        "33333333`33333333"])
    has(batch(["db"], ACT, "exit", 0).err, "incorrect use of 'db'")


@test
def the_default_is_80_bytes():
    eq(len(dumps("eq @rsp 0", "db @rsp").splitlines()), 8)


@test
def instructions():
    # nop; xor eax, eax; syscall; ret; and a byte that begins nothing in 64-bit code
    text = dumps("eb @rsp-100 90 31 c0 0f 05 c3 06", "u @rsp-100 l 7")
    eq([line.split(None, 2)[1:] for line in text.splitlines()],
       [["90", "nop"], ["31c0", "xor eax, eax"], ["0f05", "syscall"], ["c3", "ret"],
        ["06", "db 0x06"]])


@test
def instructions_begin_where_the_thread_is():
    done = session(["u l 2"], ACT, "exit", 0).ok()
    matches(done.msg, r"^[0-9a-f]{8}`[0-9a-f]{8}  [0-9a-f]+ +\w+")


@test
def what_cannot_be_read_is_said():
    for command in ("db 1000", "dq 0", "da 0", "u 0"):
        address = command.split()[1]
        eq(batch([command], ACT, "exit", 0).err,
           f"lstar: error: nothing is readable at {address}\n")
    has(batch(["db 1000 pid 1"], ACT, "exit", 0).err,
        "nothing is readable at 1000 in process 1 (hexadecimal 1)")
    has(batch(["db 1000"]).err, "there is no debuggee, and so there is no memory")
    has(batch(["db @rsp l 100001"], ACT, "exit", 0).err, "at most 100000 bytes at a time")
    has(batch(["db @rsp l 0"], ACT, "exit", 0).err, "the length is 0")


@test
def what_is_written_is_there():
    done = session(["eb @rsp-80 de ad be ef", "ed @rsp-7c 12345678", "eq @rsp-78 @rip",
                    "? printf(\"%llx %d\\n\", dq(@rsp-80), dq(@rsp-78) == @rip);"],
                   ACT, "exit", 0).ok()
    has(done.msg, "12345678efbeadde 1\n")


@test
def what_cannot_be_written_is_said():
    eq(batch(["eb 1000 1 2"], ACT, "exit", 0).err,
       "lstar: error: 0 of 2 bytes were written: 1000 is not writable\n")
    has(batch(["eb @rsp 100"], ACT, "exit", 0).err, "100 does not fit 1 byte")
    has(batch(["ed @rsp 1 123456789"], ACT, "exit", 0).err, "123456789 does not fit 4 bytes")
    has(batch(["eb @rsp"], ACT, "exit", 0).err, "incorrect use of 'eb'")
    # nothing of a line with an error in it was written
    done = batch(["eb @rsp-80 0", "eb @rsp-80 1 100", "? printf(\"%x\\n\", db(@rsp-80));"],
                 ACT, "exit", 0)
    eq(done.msg.splitlines()[0], "0")


SITES = os.path.join(PROGS, "thread_sites")


@test
def names_are_addresses():
    done = batch(["x thread_sites!*nothing*", "u do_nothing l 4",
                  "u thread_sites!do_nothing+4 l 1",
                  "db do_nothing+4 l 1", "? printf(\"%d\\n\", db(thread_sites!do_nothing) == 55);"],
                 SITES)
    eq((done.status, done.err), (0, ""))
    found = matches(done.msg, r"\A([0-9a-f]{8}`[0-9a-f]{8})  T  thread_sites!do_nothing$")
    has(done.msg, "thread_sites!do_nothing:\n" + found.group(1) + "  55")
    has(done.msg, "thread_sites!do_nothing+4:\n")
    eq(done.msg.splitlines()[-1], "1")


@test
def names_that_are_none():
    done = batch(["u do_something", "? print(thread_sites!do_something);",
                  "x thread_sites!do_somet*"],
                 SITES)
    has(done.err, "do_something")
    has(done.err, "'thread_sites' has no such symbol; 'x thread_sites!*NAME*' searches")
    has(done.err, "no symbol matches")
    has(batch(["x act!main"]).err, "there is no debuggee, and so there are no symbols")


main()
