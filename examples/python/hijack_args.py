# SPDX-License-Identifier: LGPL-2.1-or-later
"""read() becomes write() with arguments of its own: the program that is named on the command line
shows what lies at the symbol that is named behind it."""

import sys

from lstar import debugger

d = debugger(sys.argv[1])
pipe = d.run()

manufacturer_buffer = d.resolve(sys.argv[2])

handler = d.hijack_syscall("read", "write",
    syscall_arg0=0x1,
    syscall_arg1=manufacturer_buffer,
    syscall_arg2=0x100
)

d.cont()
d.wait()

out = pipe.recvline()
print(out.decode().rstrip("\0"))
