# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program that looks for a debugger is told.

A program that asks to be traced learns whether somebody traces it already: the kernel refuses.
Its first request is answered as if it had been granted, and every later one as the kernel does,
for a second request fails without a debugger, too.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from .errors import log

if TYPE_CHECKING:
    from .debugger import Debugger
    from .handlers import SyscallHandler
    from .thread import ThreadContext

PTRACE_TRACEME = 0


def install(d: Debugger) -> SyscallHandler:
    """On the tracing thread: the handler of ptrace for a process that was just launched."""
    granted: weakref.WeakSet[Debugger] = weakref.WeakSet()

    def on_exit(t: ThreadContext, _: SyscallHandler) -> None:
        request = t.syscall_original_arg(0) & 0xFFFFFFFF
        if request != PTRACE_TRACEME:
            log.error("[ERROR] the program calls ptrace with request %#x: only its requests to "
                      "be traced are answered for it", request)
        elif t.debugger not in granted:
            granted.add(t.debugger)
            t.syscall_return = 0

    return d.handle_syscall("ptrace", on_exit=on_exit)
