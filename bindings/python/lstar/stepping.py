# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ways of one thread through its instructions. Everything here runs on the tracing thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import _lstar

from .memory import resolve

if TYPE_CHECKING:
    from .debugger import Debugger

Raw = Callable[[], _lstar.Thread]

#: Prefixes that a return may have, and returns.
_REP = (0xF2, 0xF3)
_RET = (0xC2, 0xC3, 0xCA, 0xCB)


def step(d: Debugger, raw: Raw) -> None:
    tracer = d._tracer
    if d._newborn and d._breakpoint_numbers:
        # A child that has done nothing yet stands inside of the call that made it, deep in the C
        # library. Scripts expect its first step to lead out of there, to the next breakpoint.
        tracer.resume(d)
        while d._running and not tracer.quitting:
            tracer.pump()
        return
    tracer.step(d, raw())


def step_until(d: Debugger, raw: Raw, position: int | str, max_steps: int, file: str) -> None:
    address = resolve(d, position, file)
    d._interrupted = False
    while max_steps and d._state == "live" and not d._interrupted:
        step(d, raw)
        if raw().reg("rip") == address:
            return
        max_steps -= 1


def next_(d: Debugger, raw: Raw) -> None:
    ip, sp = raw().reg("rip"), raw().reg("rsp")
    step(d, raw)
    if d._state != "live" or d._interrupted or raw().reg("rsp") != sp - 8:
        return
    back = int.from_bytes(raw().read(sp - 8, 8), "little")
    # An instruction has at most 15 bytes: this is the address behind the one that was made.
    if ip < back <= ip + 15 and raw().reg("rip") != back:
        _run_back(d, raw, back, sp)


def _run_back(d: Debugger, raw: Raw, back: int, sp: int) -> None:
    """Run on to @back with the stack as it was: deeper calls pass there before."""
    while d._state == "live" and d._tracer.run_to(d, raw(), back):
        if raw().reg("rip") == back and raw().reg("rsp") >= sp:
            return


def _returns(code: bytes) -> bool:
    while code and code[0] in _REP:
        code = code[1:]
    return bool(code) and code[0] in _RET


def finish(d: Debugger, raw: Raw) -> None:
    d._interrupted = False
    while d._state == "live" and not d._interrupted:
        last = _returns(raw().read(raw().reg("rip"), 3))
        next_(d, raw)
        if last:
            return
