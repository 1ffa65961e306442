# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debugger: one process, from run() or attach() to its end, and again.

Each process of a tree has its own; children are in `children`. What touches the debuggee is done
on the tracing thread (tracer.py); here stands who may ask for what, when.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import _lstar

from . import antidebug, breakpoints, handlers
from .breakpoints import Breakpoint
from .errors import ALL_DEAD, IN_CALLBACK, NOT_DEBUGGED, NOT_RUNNING
from .handlers import HandlerTable, SyscallHandler
from .memory import Memory, MemoryMapList, entry_point, maps_of
from .pipe import Pipe
from .pprint import Printer
from .thread import Surface, ThreadContext
from .tracer import Tracer

#: What a child's Debugger takes over from its parent's.
_INHERITED = ("argv", "path", "env", "cwd", "aslr", "escape_antidebug", "follow_children",
              "kill_on_exit", "auto_interrupt_on_command", "continue_to_binary_entrypoint",
              "detachable", "hide_tracer")


class Debugger(Surface):
    """One process and its threads. On it, registers and calls are those of the main thread."""

    def __init__(self, argv: str | Sequence[str] = (), path: str | None = None,
                 env: dict[str, str] | None = None, cwd: str | None = None, aslr: bool = True,
                 escape_antidebug: bool = False, follow_children: bool = True,
                 kill_on_exit: bool = True, auto_interrupt_on_command: bool = False,
                 continue_to_binary_entrypoint: bool = True, detachable: bool = True,
                 hide_tracer: bool = False) -> None:
        self.argv = [argv] if isinstance(argv, str) else list(argv)
        #: The program; None: argv[0], without a slash in it looked for here, then in PATH.
        self.path = path
        #: None: ours.
        self.env = env
        self.cwd = cwd
        self.aslr = aslr
        self.escape_antidebug = escape_antidebug
        self.follow_children = follow_children
        #: At the end of the script the process is killed, else let go.
        self.kill_on_exit = kill_on_exit
        #: What needs a stopped process interrupts it, instead of waiting for the next stop.
        self.auto_interrupt_on_command = auto_interrupt_on_command
        #: run() returns at the program's own first instruction, not its loader's.
        self.continue_to_binary_entrypoint = continue_to_binary_entrypoint
        #: False: calls that no handler wants are not slowed down, by a seccomp filter; a filter
        #: stays in a process for ever, which can therefore not be let go.
        self.detachable = detachable
        #: The process and its children read in /proc that nobody traces them.
        self.hide_tracer = hide_tracer
        self.arch = "amd64"
        self._state = "new"  # then live; dead, killed or detached
        self._tracer: Tracer | None = None
        self._printer = Printer(self)
        self._clear()

    def _clear(self) -> None:
        """Nothing of a former run is left."""
        self.pid = 0
        self.children: list[Debugger] = []
        #: What run() returned.
        self.pipes: Pipe | None = None
        #: Status and signal ("SIGKILL") of the end; None: not that, or not known.
        self.exit_code: int | None = None
        self.exit_signal: str | None = None
        self.memory = self.mem = Memory(self)
        self._threads: list[ThreadContext] = []
        self._main_raw: _lstar.Thread | None = None
        self._handlers = HandlerTable()
        self._breakpoints: dict[int, Breakpoint] = {}
        self._breakpoint_numbers: dict[int, Breakpoint] = {}
        self._at_breakpoint: dict[int, Breakpoint] = {}  # by thread, until it goes on
        self._abi = _lstar.ABI_X86_64
        self._running = False  # for the user; others' stops halt it unseen
        self._held = False
        self._in_callback = False  # of a breakpoint, in which it may step
        self._interrupt = False  # asked for
        self._interrupted = False  # the last stop was not what had been asked for
        self._newborn = False  # a child that the user has not let run yet
        self._passing: int | None = None  # breakpoint of Tracer.run_to()
        self._error: BaseException | None = None
        self._printer.begin()

    # --- beginning and end ---

    def run(self, redirect_pipes: bool = True) -> Pipe | None:
        """Start the program, stopped at its entry point; returns its standard streams."""
        self._not_in_callback()
        if not self.argv and not self.path:
            raise ValueError("nothing to run: argv is empty")
        if self._state == "live":
            self.terminate()
        if self._tracer is not None:
            self._tracer.retire()
        self._clear()
        self._tracer = Tracer()
        stdio = _lstar.STDIO_PTY if redirect_pipes else _lstar.STDIO_INHERIT
        self._tracer.post(self._launch, stdio)
        if redirect_pipes:
            fds = self._tracer.post(self._session.stdio_fds, self.pid)
            self.pipes = Pipe(*fds, self._why_silent,
                              partial(_close_stdin, self._tracer, self.pid))
        self._after_run()
        return self.pipes if redirect_pipes else None

    def _after_run(self) -> None:
        """What the options want of a process that has just been launched."""
        if self.escape_antidebug:
            self._tracer.post(antidebug.install, self)
        if self.hide_tracer:
            self._tracer.post(antidebug.hide, self)

    def attach(self, pid: int) -> None:
        """Debug a running process; all its threads are stopped afterwards."""
        self._not_in_callback()
        if self._state == "live":
            raise RuntimeError(f"process {self.pid} is being debugged: detach() from it first")
        if self._tracer is not None:
            self._tracer.retire()
        self._clear()
        self._tracer = Tracer()
        self._tracer.post(self._attach, pid)

    def detach(self) -> None:
        """The process goes on without us; changed registers take effect."""
        self._not_in_callback()
        self._require()
        self._tracer.post(self._let_go)

    def kill(self) -> None:
        """Kill the process, at its next stop."""
        self._not_in_callback()
        self._check_state()
        self._settle()
        try:
            self._tracer.post(self._end_by_force)
        finally:
            self._raise_kept()

    def terminate(self) -> None:
        """Kill the process now, whatever it does; always allowed."""
        self._not_in_callback()
        if self._tracer is not None and self._state in ("live", "dead"):
            self._tracer.post(self._end_by_force)
        self._error = None

    # --- running ---

    def cont(self) -> None:
        """All threads run; returns at once."""
        self._not_in_callback()
        self._require()
        self._tracer.post(self._tracer.resume, self)

    def wait(self) -> None:
        """Until the process stops or ends."""
        self._not_in_callback()
        if self._state == "new":
            raise RuntimeError(NOT_RUNNING)
        self._tracer.wait_stopped(self)
        self._raise_kept()

    def interrupt(self) -> None:
        """Stop the process, wherever its threads are; in a callback: after it."""
        self._check_state()
        if self._tracer.is_current():
            self._interrupt = True
            if self._session.in_callback:
                self._session.stop_after_callback()
            return
        if self.dead:
            raise RuntimeError(ALL_DEAD)
        self._tracer.post(self._ask_interrupt)
        self._tracer.wait_stopped(self)

    @property
    def running(self) -> bool:
        return self._running

    @property
    def dead(self) -> bool:
        return self._state != "live"

    @property
    def zombie(self) -> bool:
        """Has the main thread ended before the process?"""
        return bool(self._threads) and self._threads[0].zombie

    # --- what it is made of ---

    @property
    def debugger(self) -> Debugger:
        return self

    @property
    def threads(self) -> list[ThreadContext]:
        """All threads in order of birth, ended ones too; the first is the main thread."""
        if self._tracer is not None and self._tracer.is_current():
            self._tracer.refresh()
        return self._threads

    @property
    def thread_id(self) -> int:
        return self._raw.tid

    tid = thread_id

    @property
    def process_id(self) -> int:
        return self.pid

    @property
    def maps(self) -> MemoryMapList:
        return self._do(maps_of, self)

    @property
    def breakpoints(self) -> dict[int, Breakpoint]:
        """By address."""
        return self._breakpoints

    @property
    def handled_syscalls(self) -> dict[int | str, SyscallHandler]:
        """The handler of each call that has one; -1: of every call."""
        return self._handlers.by_number()

    @property
    def unused_handlers(self) -> list[str]:
        """Handlers with report_unused whose call was never made although a twin of it was.

        As sentences that name both (open, openat).
        """
        return self._do(self._session.unused)

    # --- handlers, breakpoints, commands ---

    def handle_syscall(self, syscall: int | str, on_enter: Any = None, on_exit: Any = None,
                       recursive: bool = False, *, inherit: bool = False,
                       keep_arguments: bool = False, also: bool = False,
                       report_unused: bool = False) -> SyscallHandler:
        """Call functions of (thread, handler) at the entry and exit of a system call.

        syscall: number, name, class ("%file"), "*" or -1 for all. True stands for a function that
        does nothing; without any the handler is synchronous: wait() returns at both ends.
        A handler takes the place of the one that the call has, unless also=True: then it is
        called after it. recursive: if it changes the number, the handlers of the new number see
        the call. inherit: children have it, too. keep_arguments: arguments that were changed
        stay so in the program's registers. report_unused: see unused_handlers.
        """
        flags = handlers.check_flags(recursive, inherit, keep_arguments, report_unused)
        return self._handle(None, syscall, on_enter, on_exit, flags, also)

    def hijack_syscall(self, original_syscall: int | str, new_syscall: int | str,
                       recursive: bool = False, **values: int) -> SyscallHandler:
        """Another system call in the place of this one.

        Its arguments are the original ones where syscall_arg0 .. syscall_arg5 do not say else.
        """
        return self._hijack(None, original_syscall, new_syscall,
                            handlers.check_flags(recursive, False, False), values)

    def breakpoint(self, position: int | str, hardware: bool = False, condition: str = "x",
                   length: int = 1, callback: Any = None, file: str = "hybrid") -> Breakpoint:
        """Stop at an address or symbol ("main", "main+1f": hexadecimal).

        file: "binary" or a part of a file's name makes a number an offset in it; "absolute" takes
        it as it is; "hybrid" as an address where something is mapped, else as an offset in the
        program. condition "w" or "rw" with hardware=True: when @length bytes are accessed.
        """
        self._require()
        return self._run_posted(breakpoints.make, self, position, hardware, condition, length,
                                callback, file)

    bp = breakpoint

    def watchpoint(self, position: int | str, condition: str = "w", length: int = 1,
                   callback: Any = None, file: str = "hybrid") -> Breakpoint:
        """Stop when memory is accessed."""
        return self.breakpoint(position, True, condition, length, callback, file)

    wp = watchpoint

    def resolve(self, position: int | str, file: str = "hybrid") -> int:
        """Address of a symbol or of an offset in a file."""
        from .memory import resolve

        return self._do(resolve, self, position, file)

    def command(self, text: str) -> str:
        """A command as at lstar's prompt; what it prints."""
        self._require()
        return self._do(self._command, text)

    # --- printing ---

    @property
    def pprint_syscalls(self) -> bool:
        """Are system calls printed as they happen?"""
        return self._printer.on

    @pprint_syscalls.setter
    def pprint_syscalls(self, on: bool) -> None:
        self._require()
        self._do(self._printer.switch, on)

    def pprint_syscalls_context(self, on: bool) -> AbstractContextManager[None]:
        """with d.pprint_syscalls_context(True): printed in here, then as before."""
        return self._printer.context(on)

    @property
    def syscalls_to_pprint(self) -> list[int | str] | None:
        """Names, numbers and classes ("%file") of the calls that are printed; None, "*": all.

        May be set before a run, for that one.
        """
        return self._printer.only

    @syscalls_to_pprint.setter
    def syscalls_to_pprint(self, calls: list[int | str] | None) -> None:
        self._select("only", calls)

    @property
    def syscalls_to_not_pprint(self) -> list[int | str] | None:
        """The same of calls that are not printed, even if they are in the other list."""
        return self._printer.excluded

    @syscalls_to_not_pprint.setter
    def syscalls_to_not_pprint(self, calls: list[int | str] | None) -> None:
        self._select("excluded", calls)

    def _select(self, which: str, calls: list[int | str] | None) -> None:
        if self._tracer is None:
            setattr(self._printer, which, calls)
        else:
            self._do(setattr, self._printer, which, calls)

    # --- who may ask ---

    @property
    def _session(self) -> _lstar.Session:
        return self._tracer.session

    @property
    def _raw(self) -> _lstar.Thread:
        if self._main_raw is None:
            raise RuntimeError(NOT_RUNNING)
        return self._main_raw

    def _not_in_callback(self) -> None:
        if self._tracer is not None and self._tracer.is_current():
            raise RuntimeError(IN_CALLBACK)

    def _check_state(self) -> None:
        if self._state in ("new", "killed"):
            raise RuntimeError(NOT_RUNNING)
        if self._state == "detached":
            raise RuntimeError(NOT_DEBUGGED)

    def _settle(self) -> None:
        """Until the process stands."""
        if self._running and self.auto_interrupt_on_command:
            self._tracer.post(self._ask_interrupt)
        self._tracer.wait_stopped(self)

    def _require(self) -> None:
        """A process that is alive and stands."""
        self._check_state()
        if not self._tracer.is_current():
            self._settle()
            self._raise_kept()
        if self.dead:
            raise RuntimeError(ALL_DEAD)

    def _do(self, fn: Callable, *args: Any) -> Any:
        tracer = self._tracer
        if tracer is None:
            raise RuntimeError(NOT_RUNNING)
        if tracer.is_current():
            return fn(*args)
        self._settle()
        self._raise_kept()
        return tracer.post(fn, *args)

    def _run_posted(self, fn: Callable, *args: Any) -> Any:
        """What lets the process run, and returns when it stands again."""
        self._require()
        result = self._tracer.post(fn, *args)
        if not self._tracer.is_current():
            self._raise_kept()
        return result

    def _raise_kept(self) -> None:
        """What went wrong on the tracing thread comes out in the caller's."""
        error, self._error = self._error, None
        if error is None:
            return
        if isinstance(error, _lstar.Error):
            raise RuntimeError(str(error)) from error
        raise RuntimeError(f"a callback has ended with {type(error).__name__}: "
                           f"{error}") from error

    def _keep_error(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error

    def _handle(self, thread: ThreadContext | None, syscall: int | str, enter: Any, exit: Any,
                flags: int, also: bool) -> SyscallHandler:
        handlers.check_call(syscall, "syscall")
        enter = handlers.check_callback(enter, "on_enter")
        exit = handlers.check_callback(exit, "on_exit")
        self._require()
        return self._do(handlers.handle, self, thread, syscall, enter, exit, flags, also)

    def _hijack(self, thread: ThreadContext | None, original: int | str, new: int | str,
                flags: int, words: dict[str, Any]) -> SyscallHandler:
        handlers.check_call(original, "original_syscall")
        handlers.check_call(new, "new_syscall")
        values = handlers.check_values(words)
        self._require()
        return self._do(handlers.hijack, self, thread, original, new, values, flags)

    def _why_silent(self) -> str | None:
        """Why no output can come, or None when it can."""
        tracer = self._tracer
        if any(d._running for d in tracer.debuggers.values()):
            return None
        if self.dead:
            return f"process {self.pid} has ended"
        if not self.follow_children:
            return None  # its children may run
        return f"process {self.pid} is stopped: cont() lets it run"

    # --- on the tracing thread ---

    def _launch(self, stdio: int) -> None:
        # Children that are not followed are let go at birth, without the parent's breakpoints. A
        # filter that makes calls stop would stay in them, and nobody would be there for the stop.
        path = self.path
        if path is None and "/" not in self.argv[0] and os.access(self.argv[0], os.X_OK):
            path = os.path.abspath(self.argv[0])
        env = None if self.env is None else [f"{k}={v}" for k, v in self.env.items()]
        tracer = self._tracer
        try:
            raw = self._session.launch(self.argv or [path], path, env, self.cwd, stdio=stdio,
                                       no_aslr=not self.aslr,
                                       no_filter=self.detachable or not self.follow_children)
        except BaseException as e:
            tracer.quitting = True
            raise _system_error(e) from None
        tracer.add(self, raw)
        self._session.hold(0, True)
        if self.continue_to_binary_entrypoint:
            entry = entry_point(self.pid)
            if raw.reg("rip") != entry:
                tracer.run_to(self, raw, entry)

    def _attach(self, pid: int) -> None:
        try:
            raw = self._session.attach(pid)
        except BaseException as e:
            self._tracer.quitting = True
            raise _system_error(e) from None
        self._tracer.add(self, raw)
        self._session.hold(0, True)

    def _begin(self, tracer: Tracer, raw: _lstar.Thread) -> None:
        """The process is known, and stands."""
        self._tracer = tracer
        self._main_raw = raw
        self.pid = raw.pid
        self._state = "live"
        self._look_at_program()

    def _look_at_program(self) -> None:
        try:
            with open(f"/proc/{self.pid}/exe", "rb") as f:
                wide = f.read(5)[4:] == b"\x02"
        except OSError:
            return  # it is ending
        self._abi = _lstar.ABI_X86_64 if wide else _lstar.ABI_I386
        self.arch = "amd64" if wide else "i386"

    def _program(self) -> str:
        """Name of the program's file, as maps have it."""
        return os.readlink(f"/proc/{self.pid}/exe")

    def _thread(self, raw: _lstar.Thread) -> ThreadContext:
        t = ThreadContext(self, raw)
        self._threads.append(t)
        return t

    def _make_child(self) -> Debugger:
        d = Debugger()
        for name in _INHERITED:
            setattr(d, name, getattr(self, name))
        d.pipes = self.pipes
        d._newborn = True
        self.children.append(d)
        return d

    def _leave_stop(self) -> None:
        """It is about to run."""
        self._at_breakpoint.clear()
        self._newborn = False
        self._interrupted = False

    def _see_registers(self) -> None:
        """What threads have now can be read when they have ended."""
        for t in self._threads:
            if t._raw.alive:
                try:
                    t._raw.reg("rbx")  # the library looks at all of them for that
                except _lstar.Error:
                    pass  # it is ending

    def _ask_interrupt(self) -> None:
        if self._running:
            self._interrupt = True

    def _exec(self) -> None:
        """Another program: what stood in the memory of the old one is gone."""
        for bp in self._breakpoints.values():
            bp._number = None
        self._breakpoints.clear()
        self._breakpoint_numbers.clear()
        self._at_breakpoint.clear()
        self._look_at_program()

    def _end(self, status: int | None) -> None:
        """The process is no more; @status as of os.waitpid()."""
        self._state = "dead"
        if status is not None and os.WIFEXITED(status):
            self.exit_code = os.WEXITSTATUS(status)
        elif status is not None and os.WIFSIGNALED(status):
            self.exit_signal = _signal_name(os.WTERMSIG(status))

    def _end_by_force(self) -> None:
        tracer = self._tracer
        if self._state == "live":
            self._session.kill(self.pid)
            if any(t._raw.alive for t in self._threads):
                tracer.resume(self)
            else:
                self._end(signal.SIGKILL)  # as of os.waitpid()
            while self._state == "live" and not tracer.quitting:
                tracer.pump()
        self._state = "killed"
        tracer.stop_tracing()

    def _let_go(self) -> None:
        for bp in list(self._breakpoints.values()):
            bp._remove()
        self._session.detach(self.pid)
        self._state = "detached"
        self._tracer.stop_tracing()

    def _leave_at_exit(self) -> None:
        """The script ends."""
        if self.kill_on_exit:
            self.terminate()
        else:
            self._tracer.post(self._ask_interrupt)
            self._tracer.wait_stopped(self)
            self._tracer.post(self._let_go)

    def _command(self, text: str) -> str:
        printed: list[str] = []
        self._session.output(printed.append)
        try:
            self._session.command(text)
        finally:
            self._session.output(None)
        return "".join(printed)

    def __repr__(self) -> str:
        return f"Debugger(argv={self.argv}, pid={self.pid}, {self._state})"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the many that have no name of their own
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"


def _close_stdin(tracer: Tracer, pid: int) -> None:
    try:
        tracer.post(tracer.session.close_stdin, pid)
    except _lstar.Error as e:
        if e.code != _lstar.E_GONE:
            raise


def _system_error(e: BaseException) -> BaseException:
    """FileNotFoundError and its kin, where a call of ours to the system has failed."""
    if isinstance(e, _lstar.Error) and e.system_errno:
        return OSError(e.system_errno, str(e))
    return e


def debugger(argv: str | Sequence[str] = (), path: str | None = None,
             env: dict[str, str] | None = None, cwd: str | None = None, aslr: bool = True,
             escape_antidebug: bool = False, follow_children: bool = True,
             kill_on_exit: bool = True, auto_interrupt_on_command: bool = False,
             continue_to_binary_entrypoint: bool = True, fast_memory: bool = True,
             detachable: bool = True, hide_tracer: bool = False) -> Debugger:
    """A Debugger for a program, which run() starts; or for attach().

    fast_memory is for scripts that have it: memory is always read at once.
    """
    return Debugger(argv, path, env, cwd, aslr, escape_antidebug, follow_children, kill_on_exit,
                    auto_interrupt_on_command, continue_to_binary_entrypoint, detachable,
                    hide_tracer)
