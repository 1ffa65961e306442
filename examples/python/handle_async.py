# SPDX-License-Identifier: LGPL-2.1-or-later
"""Callbacks at both ends of a system call: open() of the program that is named on the command line
gets another argument and another result. The program never stops."""

import sys

from lstar import debugger


def on_enter_open(t, handler):
    print("entering open")
    t.syscall_arg0 = 0x1


def on_exit_open(t, handler):
    print("exiting open")
    t.syscall_return = 0x0


d = debugger(sys.argv[1:])
pipe = d.run()

handler = d.handle_syscall("open", on_enter=on_enter_open, on_exit=on_exit_open)

d.cont()
d.wait()

print(pipe.recvline().decode())
print(handler.hit_count, "call")
