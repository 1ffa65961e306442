# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program that is named on the command line calls read(), and the kernel executes write() with
the same arguments: what was to be overwritten is shown."""

import sys

from lstar import debugger

d = debugger(sys.argv[1:])
pipe = d.run()

handler = d.hijack_syscall("read", "write")

d.cont()
d.wait()

out = pipe.recvline()
print(out.decode().rstrip("\0"))
