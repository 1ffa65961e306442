# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handlers of system calls: how they are asked for, one replacing another, counts.

What happens at a call is the library's business; here names become numbers, and the table says
which handler a call of a process has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import _lstar

from .errors import warn

if TYPE_CHECKING:
    from .debugger import Debugger
    from .thread import ThreadContext

ALL = -1
ALL_NAMES = ("*", "all", "ALL", "pkm")
ARGUMENTS = {f"syscall_arg{i}": i for i in range(6)}


class SyscallHandler:
    """What is to happen at a system call of one process.

    Without callbacks it is synchronous: wait() returns at both ends of the call. One that is
    True stands for a function that does nothing.
    """

    def __init__(self, d: Debugger, call: int | str, thread: ThreadContext | None) -> None:
        self._d = d
        self._call = call
        self._thread = thread
        self._raw: _lstar.Handler | None = None
        self._former_hits = 0  # of handlers of the library that this object had before
        self._enter: Any = None
        self._exit: Any = None
        self._hijack = False
        self._flags = 0
        #: Number of the call; -1: more than one.
        self.syscall_number = call if isinstance(call, int) else ALL

    # --- what it does ---

    @property
    def on_enter_user(self) -> Any:
        """Called at entry; None, True, or a function of (thread, handler)."""
        return self._enter

    @on_enter_user.setter
    def on_enter_user(self, fn: Any) -> None:
        self._d._do(self._set, check_callback(fn, "on_enter"), self._exit, self._flags)

    @property
    def on_exit_user(self) -> Any:
        """Called at exit; None, True, or a function of (thread, handler)."""
        return self._exit

    @on_exit_user.setter
    def on_exit_user(self, fn: Any) -> None:
        self._d._do(self._set, self._enter, check_callback(fn, "on_exit"), self._flags)

    @property
    def recursive(self) -> bool:
        """Does a number that this handler changes meet the handlers of the new one, too?"""
        return bool(self._flags & _lstar.RECURSIVE)

    # --- how often, and whether now ---

    @property
    def hit_count(self) -> int:
        """Calls that were seen at their exit while the handler was enabled."""
        return self._former_hits + self._raw.hits

    @property
    def enabled(self) -> bool:
        return self._raw.enabled

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._d._do(setattr, self._raw, "enabled", bool(on))

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        """No callbacks, no stops, no counting until it is enabled again."""
        self.enabled = False

    def remove(self) -> None:
        """The handler is no more; its count stays."""
        self._d._do(self._remove)

    def hit_on(self, t: ThreadContext | Debugger) -> bool:
        """Did this handler make the last stop of the thread?"""
        return self._d._do(lambda: self._raw.hit_on(t._raw))

    def hit_on_enter(self, t: ThreadContext | Debugger) -> bool:
        """Did it, at the entry of the call?"""
        return self._d._do(lambda: self._raw.hit_on_enter(t._raw))

    def hit_on_exit(self, t: ThreadContext | Debugger) -> bool:
        """Did it, at the exit of the call?"""
        return self._d._do(lambda: self._raw.hit_on_exit(t._raw))

    def __repr__(self) -> str:
        return (f"SyscallHandler(syscall_number={self.syscall_number}, "
                f"hit_count={self.hit_count}, enabled={self.enabled})")

    # --- on the tracing thread ---

    def _adopt(self, raw: _lstar.Handler) -> None:
        """A handler of the library begins; the one before is no more, but its count is."""
        raw.process(self._d.pid)
        if self._thread is not None:
            raw.thread(self._thread._raw)
        raw.owner = self
        if self._raw is not None:
            self._former_hits += self._raw.hits
            self._raw.remove()
        self._raw = raw
        self.syscall_number = raw.number

    def _set(self, enter: Any, exit: Any, flags: int) -> None:
        """Callbacks change; the call that a thread is in keeps its handler where it can."""
        if self._raw is not None and not self._hijack and flags == self._flags:
            self._raw.callbacks(enter, exit)
            self._raw.enabled = True
        else:
            self._adopt(self._d._session.handle_syscall(spelling(self._call), enter, exit, flags))
        self._enter, self._exit, self._flags, self._hijack = enter, exit, flags, False

    def _set_hijack(self, new: int | str, values: dict[int, int], flags: int) -> None:
        self._adopt(self._d._session.hijack_syscall(spelling(self._call), spelling(new), values,
                                                    flags))
        self._enter = self._exit = None
        self._flags, self._hijack = flags, True

    def _remove(self) -> None:
        self._raw.remove()  # which keeps its count
        self._d._handlers.forget(self)

    def _is_users(self) -> bool:
        """Does it run code, so that replacing it is worth a warning?"""
        return self._hijack or self._enter is not None or self._exit is not None


class HandlerTable:
    """The handlers of one process: by call and thread, those that were added later last."""

    def __init__(self) -> None:
        self._lists: dict[tuple[int | str, int], list[SyscallHandler]] = {}

    def get(self, key: tuple[int | str, int]) -> SyscallHandler | None:
        handlers = self._lists.get(key)
        return handlers[-1] if handlers else None

    def add(self, key: tuple[int | str, int], h: SyscallHandler) -> None:
        self._lists.setdefault(key, []).append(h)

    def forget(self, h: SyscallHandler) -> None:
        for handlers in self._lists.values():
            if h in handlers:
                handlers.remove(h)

    def __iter__(self):
        for handlers in self._lists.values():
            yield from handlers

    def by_number(self) -> dict[int | str, SyscallHandler]:
        """The handler of each call that has one for all threads; -1: of every call."""
        return {call: handlers[-1] for (call, tid), handlers in self._lists.items()
                if tid == 0 and handlers}


def check_callback(fn: Any, what: str) -> Any:
    if fn is None or fn is False:
        return None
    if fn is not True and not callable(fn):
        raise TypeError(f"{what} is to be a function, True or None, not {type(fn).__name__}")
    return fn


def check_flags(recursive: bool, inherit: bool, keep_arguments: bool,
                report_unused: bool = False) -> int:
    flags = 0
    for name, value, bit in (("recursive", recursive, _lstar.RECURSIVE),
                             ("inherit", inherit, _lstar.INHERIT),
                             ("keep_arguments", keep_arguments, _lstar.KEEP_ARGUMENTS),
                             ("report_unused", report_unused, _lstar.REPORT_UNUSED)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} is to be True or False, not {value!r}")
        flags |= bit if value else 0
    return flags


def check_call(call: int | str, name: str) -> None:
    if isinstance(call, bool) or not isinstance(call, (int, str)):
        raise TypeError(f"{name}: a system call is a number or a name, not {type(call).__name__}")
    if isinstance(call, int) and not ALL <= call < 1 << 64:
        raise ValueError(f"{name} = {call:#x} is no system call; -1 stands for all")


def spelling(call: int | str) -> str:
    """A call in the words of the library."""
    if isinstance(call, str):
        return call
    return "*" if call == ALL else f"0n{call}"


def known(d: Debugger, call: int | str) -> tuple[int | str, int | str]:
    """Key of the table, and the call as the library is to get it.

    A name is left a name, so that it matches in every calling convention; a class ("%file") is
    its own key.
    """
    if isinstance(call, int):
        return call, call
    if call in ALL_NAMES:
        return ALL, ALL
    if call.startswith("%"):
        return call, call
    return number_of(d, call), call


def by_name(d: Debugger, abi: int, call: str) -> int:
    """Number of a call; names are known before there is a process, too."""
    session = d._session if d._tracer is not None else _lstar.Session()
    return session.call_by_name(abi, call)


def number_of(d: Debugger, call: int | str) -> int:
    """Number of a call in the calling convention of the process's program."""
    if isinstance(call, int):
        return call
    try:
        return by_name(d, d._abi, call)
    except _lstar.Error as e:
        if e.code != _lstar.E_NAME:
            raise
        raise ValueError(f'Syscall "{call}" not found') from e


def handle(d: Debugger, thread: ThreadContext | None, call: int | str, enter: Any, exit: Any,
           flags: int, also: bool) -> SyscallHandler:
    """On the tracing thread: a handler for a call, or a new shape for the one that it has."""
    key, call = known(d, call)
    table, place = d._handlers, (key, thread.tid if thread is not None else 0)
    h = None if also else table.get(place)
    if h is None:
        h = SyscallHandler(d, call, thread)
        try:
            h._set(enter, exit, flags)
        except _lstar.Error as e:
            raise _not_found(e, call) from e
        table.add(place, h)
        return h
    if h._is_users():
        name = _lstar.call_name(d._abi, key) if isinstance(key, int) and key >= 0 else None
        warn(f"Syscall {name or key} is already handled by a user-defined handler. Overriding it.")
    h._set(enter, exit, flags)
    return h


def hijack(d: Debugger, thread: ThreadContext | None, call: int | str, new: int | str,
           values: dict[int, int], flags: int) -> SyscallHandler:
    """On the tracing thread: another call in the place of this one."""
    key, call = known(d, call)
    new_key, new = known(d, new)
    if new_key == ALL or isinstance(new_key, str):
        raise ValueError("what a call is hijacked to is one system call")
    if new_key == key:
        raise ValueError("a call that is hijacked to itself is not hijacked")
    table, place = d._handlers, (key, thread.tid if thread is not None else 0)
    h = table.get(place)
    if h is not None and h._is_users():
        warn(f"Syscall {key} is already handled by a user-defined handler. Overriding it.")
    made = h is None
    if made:
        h = SyscallHandler(d, call, thread)
    try:
        h._set_hijack(new, values, flags)
    except _lstar.Error as e:
        raise _not_found(e, call) from e
    if made:
        table.add(place, h)
    return h


def _not_found(e: _lstar.Error, call: int | str) -> Exception:
    if e.code == _lstar.E_NAME:
        return ValueError(f'Syscall "{call}" not found')
    if e.code == _lstar.E_ARGUMENT:
        return ValueError(str(e))
    return e


def check_values(words: dict[str, Any]) -> dict[int, int]:
    """syscall_arg0 .. syscall_arg5 of hijack_syscall() by their index."""
    values = {}
    for name, value in words.items():
        if name == "syscall_number":
            continue  # allowed, and without meaning: the new call says it
        if name not in ARGUMENTS:
            raise ValueError(f"{name} is no argument of a system call: syscall_arg0 to "
                             "syscall_arg5 are")
        values[ARGUMENTS[name]] = check_word(value, name)
    return values


def check_word(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is to be an int, not {type(value).__name__}")
    if not -(1 << 63) <= value < 1 << 64:
        raise ValueError(f"{name} = {value:#x} has more than 64 bits")
    return value
