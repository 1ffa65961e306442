# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads: registers, the system call that one stands at, stepping.

Everything here works on stopped threads; what is asked of a running one waits for its stop.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import _lstar

from . import handlers, stepping

if TYPE_CHECKING:
    from .debugger import Debugger
    from .handlers import SyscallHandler
    from .memory import Memory

WORD = (1 << 64) - 1
#: Of call_phase.
PHASES = {_lstar.OUTSIDE: None, _lstar.ENTER: "enter", _lstar.EXIT: "exit"}


class Registers:
    """regs.rax and so on: the registers of a thread, by the names of the script language."""

    __slots__ = ("_t",)

    def __init__(self, t: Surface) -> None:
        object.__setattr__(self, "_t", t)

    def __getattr__(self, name: str) -> int:
        t = self._t
        try:
            return t._do(t._raw.reg, name)
        except _lstar.Error as e:
            raise _no_register(e, name) from None

    def __setattr__(self, name: str, value: int) -> None:
        t = self._t
        handlers.check_word(value, name)
        try:
            t._do(t._raw.set_reg, name, value)
        except _lstar.Error as e:
            raise _no_register(e, name) from None

    def __repr__(self) -> str:
        names = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
                 "r12", "r13", "r14", "r15", "rip")
        return "Registers(" + ", ".join(f"{n}={getattr(self, n):#x}" for n in names) + ")"


def _no_register(e: _lstar.Error, name: str) -> Exception:
    return AttributeError(str(e), name=name) if e.code == _lstar.E_NAME else e


def _word(name: str, doc: str, writable: bool = True) -> property:
    """A number of the call that the thread stands at."""

    def get(self: Surface) -> int:
        return self._do(getattr, self._raw, name)

    def put(self: Surface, value: int) -> None:
        handlers.check_word(value, f"syscall_{'return' if name == 'result' else name}")
        self._do(setattr, self._raw, name, value)

    return property(get, put if writable else None, None, doc)


class Surface:
    """What threads have, and debuggers for their main thread."""

    debugger: Debugger
    _raw: _lstar.Thread

    def _do(self, fn: Any, *args: Any) -> Any:
        """Run a function on the tracing thread, with the process stopped."""
        raise NotImplementedError

    # --- registers ---

    @cached_property
    def regs(self) -> Registers:
        return Registers(self)

    @property
    def instruction_pointer(self) -> int:
        return self._do(self._raw.reg, "rip")

    @instruction_pointer.setter
    def instruction_pointer(self, value: int) -> None:
        self._do(self._raw.set_reg, "rip", handlers.check_word(value, "instruction_pointer"))

    @property
    def stack_pointer(self) -> int:
        return self._do(self._raw.reg, "rsp")

    @stack_pointer.setter
    def stack_pointer(self, value: int) -> None:
        self._do(self._raw.set_reg, "rsp", handlers.check_word(value, "stack_pointer"))

    # --- the call ---

    syscall_number = _word("number", "The call as it will be executed; writable at its entry.")
    syscall_arg0 = _word("arg0", "First argument.")
    syscall_arg1 = _word("arg1", "Second argument.")
    syscall_arg2 = _word("arg2", "Third argument.")
    syscall_arg3 = _word("arg3", "Fourth argument.")
    syscall_arg4 = _word("arg4", "Fifth argument.")
    syscall_arg5 = _word("arg5", "Sixth argument.")
    syscall_return = _word("result", "What the program gets; writable at the exit.")
    syscall_original = _word("original", "The call as the program made it.", False)
    syscall_original_return = _word("original_result", "What the kernel returned.", False)

    def syscall_original_arg(self, i: int) -> int:
        """Argument @i as the program gave it."""
        return self._do(self._raw.original_arg, i)

    @property
    def syscall_phase(self) -> str | None:
        """"enter", "exit", or None: the thread stands at no system call."""
        return PHASES[self._do(getattr, self._raw, "phase")]

    @property
    def syscall_name(self) -> str | None:
        """Name of the call as it will be executed."""
        return self._do(lambda: _lstar.call_name(self._raw.abi, self._raw.number))

    def skip_syscall(self, value: int = 0) -> None:
        """At entry: the kernel never sees the call, and the program gets @value."""
        self._do(self._raw.skip, handlers.check_word(value, "value"))

    def invoke_syscall(self, call: int | str, *args: int, insist: bool = False,
                       run_others: bool = False, handlers: bool = False) -> int:
        """Make the thread do a call, and return what the kernel returned, as an unsigned number.

        Nothing is left changed but what the call itself has done. insist: even what ends or
        copies the thread; run_others: the other threads run meanwhile; handlers: they see it.
        """
        from .handlers import check_call, check_word, number_of

        check_call(call, "call")
        if len(args) > 6:
            raise ValueError("a system call has at most 6 arguments")
        words = tuple(check_word(a, f"argument {i}") for i, a in enumerate(args))
        flags = ((_lstar.INVOKE_INSIST if insist else 0) |
                 (_lstar.INVOKE_RUN_OTHERS if run_others else 0) |
                 (_lstar.INVOKE_HANDLERS if handlers else 0))
        self.debugger._require()

        def invoke() -> int:
            number = number_of(self.debugger, call)
            if number < 0:
                raise ValueError("one system call is invoked, not all")
            return self._raw.invoke(number, words, flags) & WORD

        return self._do(invoke)

    # --- stepping ---

    def step(self) -> None:
        """One instruction; a system call is one."""
        self.debugger._run_posted(stepping.step, self.debugger, lambda: self._raw)

    def step_until(self, position: int | str, max_steps: int = -1, file: str = "hybrid") -> None:
        """Step until the thread is at a place, or has made so many steps."""
        self.debugger._run_posted(stepping.step_until, self.debugger, lambda: self._raw, position,
                                  max_steps, file)

    def next(self) -> None:
        """One instruction; a function that it calls is run to its end."""
        self.debugger._run_posted(stepping.next_, self.debugger, lambda: self._raw)

    def finish(self) -> None:
        """Until the function that the thread is in has returned."""
        self.debugger._run_posted(stepping.finish, self.debugger, lambda: self._raw)

    # shorter names

    si = step
    su = step_until
    ni = next
    fin = finish


class ThreadContext(Surface):
    """A thread of a debuggee. It stays readable after its end, with its last registers."""

    def __init__(self, d: Debugger, raw: _lstar.Thread) -> None:
        self.debugger = d
        self._raw = raw
        self._do = d._do
        #: Number of the thread.
        self.thread_id = raw.tid
        self.tid = raw.tid
        #: Number of its process, of that run.
        self.process_id = raw.pid
        self.pid = raw.pid

    @property
    def dead(self) -> bool:
        try:
            # Others of the tree may run meanwhile, and the session be waited in.
            return not self.debugger._tracer.post(getattr, self._raw, "alive")
        except _lstar.Error:
            return True  # of a former run, whose session is closed

    @property
    def zombie(self) -> bool:
        """Has it ended before its process?"""
        return self.dead and not self.debugger.dead

    @property
    def running(self) -> bool:
        return self.debugger.running

    @property
    def memory(self) -> Memory:
        return self.debugger.memory

    mem = memory

    def handle_syscall(self, syscall: int | str, on_enter: Any = None, on_exit: Any = None,
                       recursive: bool = False, *, keep_arguments: bool = False,
                       also: bool = False) -> SyscallHandler:
        """As of the Debugger, for calls of this thread only."""
        return self.debugger._handle(self, syscall, on_enter, on_exit,
                                     handlers.check_flags(recursive, False, keep_arguments), also)

    def hijack_syscall(self, original_syscall: int | str, new_syscall: int | str,
                       recursive: bool = False, **values: int) -> SyscallHandler:
        """As of the Debugger, for calls of this thread only."""
        return self.debugger._hijack(self, original_syscall, new_syscall,
                                     handlers.check_flags(recursive, False, False), values)

    def cont(self) -> None:
        """The process runs, with all its threads."""
        self.debugger.cont()

    def wait(self) -> None:
        self.debugger.wait()

    def __repr__(self) -> str:
        return f"ThreadContext(tid={self.tid}, pid={self.pid}, dead={self.dead})"
