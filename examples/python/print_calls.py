# SPDX-License-Identifier: LGPL-2.1-or-later
"""All system calls of a program, in colours, but for those that are named before it:
print_calls.py -read,write PROGRAM ARGUMENT..."""

import sys

from lstar import debugger

words = sys.argv[1:]
excluded = words.pop(0)[1:].split(",") if words[0].startswith("-") else []

d = debugger(words)
d.run()
d.syscalls_to_not_pprint = excluded
d.pprint_syscalls = True
d.cont()
d.wait()
print(f"\nexit status {d.exit_code}")
