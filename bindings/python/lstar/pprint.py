# SPDX-License-Identifier: LGPL-2.1-or-later
"""Printing of system calls as they happen, one line each.

The printer has a handler of its own, which runs after all others and sees what the program asked
for, what the user's handlers made of it and what came back. It never changes a call, a handler
or a count.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import _lstar

from . import handlers

if TYPE_CHECKING:
    from .debugger import Debugger
    from .thread import ThreadContext

RESET, BOLD, STRIKE, DEFAULT = "\033[0m", "\033[1m", "\033[9m", "\033[39m"
RED, YELLOW, BLUE, BRIGHT_YELLOW = "\033[91m", "\033[33m", "\033[94m", "\033[93m"
CALLBACK, HIJACKED, EXECUTED = "(callback) ", "(hijacked) ", "(executed) "
# These do not return: nothing follows the " = " of their lines.
_FINAL = ("exit", "exit_group")
_ABIS = (_lstar.ABI_X86_64, _lstar.ABI_I386, _lstar.ABI_X32)


class _Screen:
    """sys.stdout as it is when something is printed, shared by the printers of all processes.

    A line that one thread has begun and another one comes between is ended, and taken up again
    under the name of its call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Any = None  # weak reference to where a line is open
        self._tid = 0  # whose line that is; 0: nobody's
        self._final = False  # nothing more belongs to it

    def _open_here(self) -> bool:
        return self._tid != 0 and self._stream is not None and self._stream() is sys.stdout

    def _note(self, tid: int, final: bool) -> None:
        self._tid, self._final = tid, final
        try:
            self._stream = weakref.ref(sys.stdout)
        except TypeError:
            stream = sys.stdout
            self._stream = lambda: stream

    def begin(self, tid: int, text: str, ended: bool, final: bool) -> None:
        """The first part of a line, or all of it."""
        with self._lock:
            if sys.stdout is None:
                return
            if self._open_here():
                text = ("\n" if self._final else f"{RESET} <unfinished>\n") + text
            sys.stdout.write(text)
            sys.stdout.flush()
            self._note(0 if ended else tid, final)

    def end(self, tid: int, text: str, again: str) -> None:
        """The rest of a thread's line; @again goes before it if that is not the open one."""
        with self._lock:
            if sys.stdout is None:
                return
            if not self._open_here():
                text = again + text
            elif self._tid != tid:
                text = ("\n" if self._final else f"{RESET} <unfinished>\n") + again + text
            sys.stdout.write(text)
            sys.stdout.flush()
            self._note(0, False)


_screen = _Screen()


def _hexadecimal(value: int) -> str:
    return f"{BRIGHT_YELLOW}{value:#x}{DEFAULT}"


def _changed(old: int, new: int) -> str:
    return f"{STRIKE}{BRIGHT_YELLOW}{old:#x}{RESET} {_hexadecimal(new)}"


def _arguments(labels: tuple[str, ...], old: list[int] | None, new: list[int]) -> str:
    texts = []
    for i, label in enumerate(labels):
        same = old is None or old[i] == new[i]
        value = _hexadecimal(new[i]) if same else _changed(old[i], new[i])
        texts.append(f"{label} = {value}")
    return ", ".join(texts)


class Selection:
    """A list of calls by name, number or class, or "*", as the user gave it."""

    def __init__(self, d: Debugger, calls: list[int | str]) -> None:
        if not isinstance(calls, list):
            raise ValueError("the calls are to be a list of names and numbers, or None, not "
                             f"{type(calls).__name__}")
        self.numbers: dict[int, set[int]] = {abi: set() for abi in _ABIS}
        self.classes: list[str] = []
        self.names: list[int | str] = []
        self.all = False
        for call in calls:
            handlers.check_call(call, "a call")
            key = handlers.known(d, call)[0]
            self.all = self.all or key == handlers.ALL
            if isinstance(key, str):
                self._check_class(key)
                self.classes.append(key)
            elif key != handlers.ALL:
                for abi in _ABIS:
                    self.numbers[abi].add(self._number(d, abi, call))
            self.names.append(self._name(d, call, key))

    @staticmethod
    def _name(d: Debugger, call: int | str, key: int | str) -> int | str:
        if isinstance(key, str) or key == handlers.ALL:
            return call
        return _lstar.call_name(d._abi, key) or key

    @staticmethod
    def _check_class(name: str) -> None:
        try:
            _lstar.call_in_class(_lstar.ABI_X86_64, 0, name)
        except _lstar.Error as e:
            raise ValueError(str(e)) from None

    @staticmethod
    def _number(d: Debugger, abi: int, call: int | str) -> int:
        if isinstance(call, int):
            return call
        try:
            return handlers.by_name(d, abi, call)
        except _lstar.Error:
            return -1  # the convention has no such call

    def __contains__(self, call: tuple[int, int]) -> bool:
        abi, number = call
        return (self.all or number in self.numbers[abi] or
                any(_lstar.call_in_class(abi, number, c) for c in self.classes))


class Printer:
    """Prints the calls of one process."""

    def __init__(self, d: Debugger) -> None:
        self._d = d
        self._raw: _lstar.Handler | None = None
        self._only: Selection | None = None
        self._not: Selection | None = None
        self._kept: set[str] = set()  # lists that were given for the run that comes
        self._open: dict[int, str] = {}  # the line of a thread, to be taken up again

    def begin(self) -> None:
        """A new run or attach: nothing is printed until the user asks again.

        Lists are those that were given since the last process ended.
        """
        self._raw = None
        self._open.clear()
        if "only" not in self._kept:
            self._only = None
        if "excluded" not in self._kept:
            self._not = None
        self._kept.clear()

    # --- what the user says (on the tracing thread) ------------------------------------------

    @property
    def on(self) -> bool:
        return self._raw is not None

    def switch(self, on: bool) -> None:
        if not isinstance(on, bool):
            raise TypeError(f"pprint_syscalls is to be True or False, not {on!r}")
        if on == self.on:
            return
        if not on:
            self._raw.remove()
            self._raw = None
            return
        self._raw = self._d._session.handle_syscall("*", self._enter, self._exit, _lstar.LAST)
        self._raw.process(self._d.pid)

    @contextmanager
    def context(self, on: bool) -> Iterator[None]:
        """Switched for a while."""
        before = self.on
        self._d._do(self.switch, on)
        try:
            yield
        finally:
            if self._d.dead:
                self._raw = self._raw if before else None
            else:
                self._d._do(self.switch, before)

    def _selection(self, calls: list[int | str] | None) -> Selection | None:
        return None if calls is None else Selection(self._d, calls)

    def _keep(self, name: str) -> None:
        if self._d.dead:
            self._kept.add(name)

    @property
    def only(self) -> list[int | str] | None:
        """The calls that are printed; None: all."""
        return None if self._only is None else list(self._only.names)

    @only.setter
    def only(self, calls: list[int | str] | None) -> None:
        self._only = self._selection(calls)
        self._keep("only")

    @property
    def excluded(self) -> list[int | str] | None:
        """The calls that are not printed, whatever else says so; None: none."""
        return None if self._not is None else list(self._not.names)

    @excluded.setter
    def excluded(self, calls: list[int | str] | None) -> None:
        self._not = self._selection(calls)
        self._keep("excluded")

    # --- what is printed ---------------------------------------------------------------------

    def _shown(self, abi: int, number: int) -> str | None:
        """Name of a call that is to be printed."""
        if self._only is not None and self._only.names and (abi, number) not in self._only:
            return None
        if self._not is not None and (abi, number) in self._not:
            return None
        return _lstar.call_name(abi, number)

    def _way(self, raw: _lstar.Thread) -> tuple[list[int], set[int]]:
        """The numbers that the call had until recursion ended, and those of them for which the
        user's functions are called."""
        numbers, with_code = [raw.original], set()
        for h, number in raw.entered():
            if number != numbers[-1]:
                numbers.append(number)
            if h is None or (isinstance(h.owner, handlers.SyscallHandler) and h.owner._is_users()):
                with_code.add(number)
        return numbers, with_code

    def _enter(self, t: ThreadContext, _: Any) -> None:
        raw = t._raw
        abi, now = raw.abi, raw.number
        numbers, with_code = self._way(raw)
        old: list[int] | None = [raw.original_arg(i) for i in range(6)]
        new = [raw.arg0, raw.arg1, raw.arg2, raw.arg3, raw.arg4, raw.arg5]
        mark = RED + EXECUTED
        if numbers[-1] == now:
            numbers.pop()
            mark = RED + CALLBACK if now in with_code else ""
        for number in numbers:
            self._hijacked(t, abi, number, old, new)
            old = None
        name = self._shown(abi, now)
        if name is not None:
            self._call(t, mark, name, abi, now, old, new)

    def _hijacked(self, t: ThreadContext, abi: int, number: int, old: list[int] | None,
                  new: list[int]) -> None:
        name = self._shown(abi, number)
        if name is not None:
            arguments = _arguments(_lstar.call_arguments(abi, number), old, new)
            _screen.begin(t.tid, f"{BOLD}{t.tid}{RESET} {RED}{HIJACKED}{STRIKE}{BLUE}{name}"
                          f"{DEFAULT}({arguments}){RESET}\n", True, False)

    def _call(self, t: ThreadContext, mark: str, name: str, abi: int, number: int,
              old: list[int] | None, new: list[int]) -> None:
        final = name in _FINAL
        head = f"{BOLD}{t.tid}{RESET} "
        labels = _lstar.call_arguments(abi, number)
        if not final:
            self._open[t.tid] = f"{head}<{name} resumed>"
        _screen.begin(t.tid, f"{head}{mark}{BLUE}{name}{DEFAULT}({_arguments(labels, old, new)})"
                      " = ", False, final)

    def _exit(self, t: ThreadContext, _: Any) -> None:
        again = self._open.pop(t.tid, None)
        if again is None:
            return
        old, new = t._raw.original_result, t._raw.result
        result = f"{YELLOW}{new:#x}{RESET}"
        if old != new:
            result = f"{YELLOW}{STRIKE}{old:#x}{RESET} {result}"
        _screen.end(t.tid, result + "\n", again + " = ")
