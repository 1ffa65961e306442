# SPDX-License-Identifier: LGPL-2.1-or-later
"""System calls of other programs: handled, hijacked, invoked.

    from lstar import debugger

    d = debugger("./program")
    pipe = d.run()
    d.handle_syscall("openat", on_enter=lambda t, h: print(t.memory.read_string(t.syscall_arg1)))
    d.cont()
    d.wait()
"""

from _lstar import Error, version

from .breakpoints import Breakpoint
from .debugger import Debugger, debugger
from .handlers import SyscallHandler
from .memory import Memory, MemoryMap, MemoryMapList
from .pipe import Pipe
from .thread import ThreadContext

__version__ = version()

__all__ = ["Breakpoint", "Debugger", "Error", "Memory", "MemoryMap", "MemoryMapList", "Pipe",
           "SyscallHandler", "ThreadContext", "debugger"]
