# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples in Python do what they say, and what the same examples in C do."""

import os
import re
import shutil
import sys

from kit import *  # noqa: F403

DIRECTORY = os.path.join(ROOT, "examples", "python")
EXAMPLES = ["brute_force.py", "handle_async.py", "handle_sync.py", "hijack.py", "hijack_args.py",
            "print_calls.py"]
C_PROGS = os.environ["EXAMPLE_PROGS"]


def shown(name, *args):
    """What an example prints."""
    return finish(start(sys.executable, os.path.join(DIRECTORY, name), *args)).ok().out


def opener(*args):
    return (os.path.join(C_PROGS, "opener"), *args)


@test
def every_example_is_tested_here():
    eq(sorted(f for f in os.listdir(DIRECTORY) if f.endswith(".py")), EXAMPLES)


@test
def asynchronous_handlers():
    eq(shown("handle_async.py", *opener()), "entering open\nexiting open\nopen: 0\n1 call\n")


@test
def synchronous_handlers():
    eq(shown("handle_sync.py", *opener("/no/such/file")),
       "open syscall was entered: /no/such/file\nopen syscall was exited: -2\nopen: -1\n")


@test
def hijacked_with_its_arguments():
    eq(shown("hijack.py", os.path.join(C_PROGS, "password")), "The password is 12345678\n")


@test
def hijacked_with_other_arguments():
    text = shown("hijack_args.py", os.path.join(C_PROGS, "manufacturer"), "manufacturerName")
    eq(text.startswith("libdebug" + 24 * "\0" + "provola"), True, repr(text))


@test(limit=120)
def brute_force():
    eq(shown("brute_force.py", prog("untraced"), "compare_branch"),
       "B\nBR\nBRU\nBRUT\nBRUTE\n")


@test
def printed_calls():
    text = shown("print_calls.py", "-read,write", prog("act"), "getppid", 2)
    eq((text.count("getppid"), text.count("write"), text.endswith("exit status 0\n")),
       (3, 0, True))


def shown_by_the_readme(which, program):
    """What an example of the package's README prints, of which ./test_program is @program."""
    text = read(os.path.join(ROOT, "bindings", "python", "README.md"))
    code = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    eq(len(code), 3)
    shutil.copy(os.path.join(C_PROGS, program), "test_program")
    return finish(start(sys.executable, write("example.py", code[which]))).ok().out


@test
def asynchronous_handlers_of_the_readme():
    eq(shown_by_the_readme(0, "opener"), "entering open\nexiting open\n1\n")


@test
def synchronous_handlers_of_the_readme():
    eq(shown_by_the_readme(1, "opener"), "open syscall was entered\n")


@test
def hijacks_of_the_readme():
    has(shown_by_the_readme(2, "manufacturer"), "provola")


main()
