# SPDX-License-Identifier: LGPL-2.1-or-later
"""Breakpoints and watchpoints of one process. Where they are is decided in memory.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import _lstar

from .handlers import check_callback
from .memory import _living, resolve

if TYPE_CHECKING:
    from .debugger import Debugger
    from .thread import ThreadContext

#: What sets a hardware breakpoint off, in lower case.
CONDITIONS = {"x": _lstar.BP_EXECUTE, "w": _lstar.BP_WRITE, "rw": _lstar.BP_ACCESS,
              "r": _lstar.BP_ACCESS}


class Breakpoint:
    """Stops the process at an address, or calls a function there and lets it go on."""

    def __init__(self, d: Debugger, address: int, symbol: str, hardware: bool, condition: str,
                 length: int, callback: Any) -> None:
        self._d = d
        self._number: int | None = None
        self.address = address
        #: As it was asked for.
        self.symbol = symbol
        self.hardware = hardware
        #: "x", "w" or "rw"
        self.condition = condition
        self.length = length
        self.callback = callback
        self.hit_count = 0

    @property
    def enabled(self) -> bool:
        return self._number is not None

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._d._do(self._insert if on else self._remove)

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        """Nobody stops at it until it is enabled again."""
        self.enabled = False

    def hit_on(self, t: ThreadContext | Debugger) -> bool:
        """Does the thread stand at this breakpoint?"""
        return self._d._do(self._hit_on, t)

    def __repr__(self) -> str:
        return (f"Breakpoint(address={self.address:#x}, symbol={self.symbol!r}, "
                f"hit_count={self.hit_count}, enabled={self.enabled})")

    # --- on the tracing thread ---

    def _kind(self) -> int:
        return CONDITIONS[self.condition] if self.hardware else _lstar.BP_SOFTWARE

    def _insert(self) -> None:
        if self._number is None:
            self._number = _living(self._d).breakpoint(self.address, self._kind(), self.length)
            self._d._breakpoint_numbers[self._number] = self

    def _remove(self) -> None:
        number, self._number = self._number, None
        if number is not None:
            self._d._breakpoint_numbers.pop(number, None)
            if self._d._state == "live":
                self._d._session.breakpoint_remove(number)

    def _hit_on(self, t: ThreadContext | Debugger) -> bool:
        raw = t._raw
        if raw.pid != self._d.pid or self._number is None:
            return False
        if self._d._at_breakpoint.get(raw.tid) is self:
            return True
        return self.condition == "x" and raw.alive and raw.reg("rip") == self.address

    def _arrived(self, t: ThreadContext) -> bool:
        """A thread has come here. Is the process to stand?"""
        self.hit_count += 1
        self._d._at_breakpoint[t.tid] = self
        if self.callback is None:
            return True
        if self.callback is not True:
            self.callback(t, self)
        return False


def make(d: Debugger, position: int | str, hardware: bool, condition: str, length: int,
         callback: Any, file: str) -> Breakpoint:
    """On the tracing thread: a breakpoint, inserted."""
    callback = check_callback(callback, "callback")
    condition = condition.lower()
    if condition not in CONDITIONS:
        raise ValueError(f'condition is "x", "w" or "rw", not {condition!r}')
    if condition != "x" and not hardware:
        raise ValueError("reading and writing are seen by hardware breakpoints only: hardware=True")
    if length not in (1, 2, 4, 8):
        raise ValueError(f"a breakpoint is for 1, 2, 4 or 8 bytes, not {length}")
    address = resolve(d, position, file)
    symbol = position if isinstance(position, str) else f"{position:#x}"
    bp = Breakpoint(d, address, symbol, hardware, "rw" if condition == "r" else condition,
                    1 if condition == "x" else length, callback)
    for other in d._breakpoints.values():
        if other.address == address and other.enabled and other._kind() == bp._kind():
            other._remove()  # the newer one takes its place
    bp._insert()
    d._breakpoints[address] = bp
    return bp
