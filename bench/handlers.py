# SPDX-License-Identifier: LGPL-2.1-or-later
"""A script that does nothing, beside handlers.c: empty functions at both ends of a call.

    handlers.py CALL PROGRAM...
"""

import sys

from lstar import debugger


def nothing(t, h):
    pass


d = debugger(sys.argv[2:])
d.run(redirect_pipes=False)
d.handle_syscall(sys.argv[1], on_enter=nothing, on_exit=nothing)
d.cont()
d.wait()
