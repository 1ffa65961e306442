# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program that looks for a debugger is told.

A program that asks to be traced learns whether somebody traces it already: the kernel refuses.
Its first request is answered as if it had been granted, and every later one as the kernel does,
for a second request fails without a debugger, too. What /proc says of a process's tracer can be
hidden as well.
"""

from __future__ import annotations

import os
import re
import weakref
from typing import TYPE_CHECKING, Any

import _lstar

from .errors import log

if TYPE_CHECKING:
    from .debugger import Debugger
    from .handlers import SyscallHandler
    from .thread import ThreadContext

PTRACE_TRACEME = 0
_READS = ("read", "pread64")
_TRACER = re.compile(rb"^(TracerPid:\t)[1-9]\d*$", re.M)
_STATUS = re.compile(r"/proc/\d+(/task/\d+)?/status")


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


def hide(d: Debugger) -> None:
    """On the tracing thread: the status files of /proc name no tracer, for a process that was
    just launched and for its children."""
    for call in _READS:
        raw = d._session.handle_syscall(call, None, _hide_tracer, _lstar.INHERIT)
        raw.process(d.pid)


def _hide_tracer(t: ThreadContext, _: Any) -> None:
    """A read has returned: if it was of a status file, nobody traces the process."""
    raw = t._raw
    size = raw.result
    if not 0 < size <= 1 << 20:
        return
    try:
        data = raw.read(raw.arg1, size)
    except _lstar.Error:
        return
    hidden = _TRACER.sub(rb"\g<1>0", data)
    if hidden == data or not _is_status(raw.pid, raw.arg0):
        return
    raw.write(raw.arg1, hidden)
    raw.result = len(hidden)


def _is_status(pid: int, fd: int) -> bool:
    try:
        return _STATUS.fullmatch(os.readlink(f"/proc/{pid}/fd/{fd & 0xFFFFFFFF}")) is not None
    except OSError:
        return False
