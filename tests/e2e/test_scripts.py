# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scripts meet in a session: other files, maps and their limits, terminals, `?`."""

import fcntl
import struct
import termios

from harness import (ACT, Pty, batch, eq, has, main, matches, session, test, write)

PROMPT = r"lstar> "
CALL = ("quiet", 999, 1, 2, 3)
HIST = "for (k = 0; k < 6; k++) .sizes = hist(k);"


@test
def errors_in_included_code_name_its_file():
    write("tools.ds", "int cut(int n)\n{\n\treturn 6 / n;\n}\n")
    write("run.ds", '? {\n#include "tools.ds"\nprint(cut(3));\nprint(cut(0));\nprint(1);\n}\n'
                    "? print(1 / (.zero = 0));\n")
    done = batch([".script run.ds"])
    eq(done.msg, "2\n")
    matches(done.err, r"(?m)^lstar: error: tools\.ds:3: script error: division by zero")
    matches(done.err, r"(?m)^lstar: error: run\.ds:7: script error: division by zero")


@test
def errors_of_events_in_included_code_name_its_file():
    write("tools.ds", "\nint peek(long p)\n{\n\treturn db(p);\n}\n")
    done = batch(['!syscall 0n999 script {\n#include "tools.ds"\nprint(peek(5));\n}'],
                 ACT, *CALL * 2)
    matches(done.err, r"(?m)^lstar: error: event 0 \(pid \d+, tid \d+\): tools\.ds:4: "
                      r"script error: bad address: 5$")
    eq(done.err.count("script error"), 1)


@test
def definitions_name_where_the_first_one_is():
    write("tools.ds", "\nint twice(int n) { return 2 * n; }\n")
    done = batch(['? {\n#include "tools.ds"\nint twice(int n) { return n; }\n}'])
    has(done.err, "the function 'twice' is defined twice (first at tools.ds:2)")


@test
def warnings_come_before_what_they_warn_of():
    done = session(["? print(1/0);"])
    has(done.err, "warning: division by zero")
    eq(done.err.index("warning: division by zero")
       < done.err.index("script error: division by zero"), True)


@test
def short_circuit_outside_of_an_event_is_an_error():
    done = batch(["? event_sc(1);", "? print(1);"], ACT, "exit", 0)
    matches(done.err, r"<command line>:1: script error: only possible in the script of an event: "
                      r"event_sc\(\)")
    eq(done.msg, "1\n")


@test
def statements_without_their_semicolon_are_told_so():
    done = batch(["? print(1 + 1)", "? .m = hist(3)", "? 1 + 1"])
    eq(done.err.count("hint: a statement ends with ';'"), 2)
    eq(done.msg, "2\n")


@test
def maps_of_another_event_may_be_printed_first():
    done = batch(["!syscall 0n999 script { .calls[$pid]++; }",
                  "!syscall exit_group script { print(len(.calls)); clear(.calls); print(.calls); }",
                  "? print(.nothing); clear(.nothing);"], ACT, *CALL * 3)
    eq(done.msg, "1\n.calls: empty\n")
    has(done.err, "assign it first: '? .nothing = 0;', or define the event that does so")


@test
def full_maps_are_counted_and_said():
    done = batch(["? for (k = 0; k < 1003; k++) .m[k] = k; ", "? print(len(.m)); .m[5] = 1;",
                  ".status", "? delete(.m[0]); .m[2000]++; print(has(.m[2000]));", ".status"])
    eq(done.err, "")
    eq(done.msg.startswith("1000\n"), True)
    has(done.msg, "map .m: 4096 keys; full: 3 updates of new keys were refused\n")
    eq(done.msg.count("full: 3 updates of new keys were refused"), 2)
    has(done.msg, "\n1\n")


@test
def full_maps_say_so_when_they_are_printed():
    done = batch(["? for (k = 0; k < 1003; k++) .m[k] = k; ", "? print(.m);"])
    eq(done.msg.splitlines()[0], ".m[0]: 0")
    eq(done.msg.splitlines()[-1],
       ".m: full with 4096 keys; refused updates of new ones: 3")


@test
def bars_have_a_fixed_length_elsewhere():
    done = batch([f"? {HIST} print(.sizes);"], env={"COLUMNS": "200"})
    eq(done.msg, ".sizes: 6 values\n"
       + "[0]" + " " * 25 + "1 |" + "@" * 20 + " " * 20 + "|\n"
       + "[1]" + " " * 25 + "1 |" + "@" * 20 + " " * 20 + "|\n"
       + "[2, 4)" + " " * 22 + "2 |" + "@" * 40 + "|\n"
       + "[4, 8)" + " " * 22 + "2 |" + "@" * 40 + "|\n")


def longest_bar(columns, env=None):
    tty = Pty("-q", env=env)
    fcntl.ioctl(tty.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    tty.expect(PROMPT)
    tty.line(f"? {HIST}")
    tty.expect(PROMPT)
    tty.line("? print(.sizes);")
    found = tty.expect(r"\n(\[4, 8\) +2 \|(@+)\|)\n")
    tty.line("exit")
    eq(tty.wait(), 0)
    return len(found.group(2)), len(found.group(1))


@test
def bars_fill_the_terminal():
    eq(longest_bar(80), (47, 79))
    eq(longest_bar(132), (99, 131))
    eq(longest_bar(1000)[0], 200)
    eq(longest_bar(20)[0], 10)


@test
def bars_follow_columns_where_the_terminal_knows_no_size():
    eq(longest_bar(0, {"COLUMNS": "100"}), (67, 99))


@test
def bars_of_outputs_do_not_follow_the_terminal():
    tty = Pty("-q", "--", ACT, *CALL)
    fcntl.ioctl(tty.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
    tty.expect(PROMPT)
    tty.line("output create out1 file out.txt")
    tty.line("output open out1")
    tty.line("!syscall 0n999 script { .h = hist(4); print(.h); } output { out1 }")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"exited")
    tty.line("exit")
    tty.wait()
    with open("out.txt", encoding="utf-8") as f:
        eq(f.read().splitlines()[1].count("@"), 40)


@test
def the_help_of_scripts_tells_of_maps_and_files():
    done = batch([".help script"])
    for word in ("hist(n)", "lhist(n, min, max, step)", "count()", "delete(.m[x])", "clear(.m)",
                 '#include "FILE";'):
        has(" ".join(done.msg.split()), word)


main()
