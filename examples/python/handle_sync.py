# SPDX-License-Identifier: LGPL-2.1-or-later
"""A handler without callbacks: wait() returns at both ends of each open() of the program that is
named on the command line."""

import sys

from lstar import debugger

d = debugger(sys.argv[1:])
pipe = d.run()

handler = d.handle_syscall("open")

while True:
    d.cont()
    d.wait()
    if d.dead:
        break
    if handler.hit_on_enter(d):
        print("open syscall was entered:", d.memory.read_string(d.syscall_arg0).decode())
    elif handler.hit_on_exit(d):
        print("open syscall was exited:", d.syscall_return - (1 << 64))

print(pipe.recvline().decode())
