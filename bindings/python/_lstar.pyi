# SPDX-License-Identifier: LGPL-2.1-or-later
"""lstar.h in the shapes of Python; the package lstar is what programs use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

E_ARGUMENT: int
E_NAME: int
E_STAGE: int
E_GONE: int
E_PERMISSION: int
E_SYSTEM: int
E_MEMORY: int
E_FAULT: int
E_SCRIPT: int
E_TIMEOUT: int
E_REFUSED: int
E_LOOP: int
E_UNSUPPORTED: int
STDIO_INHERIT: int
STDIO_PIPE: int
STDIO_PTY: int
STOP_TIMEOUT: int
STOP_SYSCALL: int
STOP_EVENT: int
STOP_BREAKPOINT: int
STOP_STEP: int
STOP_INTERRUPT: int
STOP_SIGNAL: int
STOP_NEW_PROCESS: int
STOP_EXEC: int
STOP_ENDED: int
STOP_NOTHING_LEFT: int
STOP_CALLBACK: int
OUTSIDE: int
ENTER: int
EXIT: int
RECURSIVE: int
KEEP_ARGUMENTS: int
INHERIT: int
REPLACE: int
REPORT_UNUSED: int
LAST: int
ABI_X86_64: int
ABI_I386: int
ABI_X32: int
INVOKE_INSIST: int
INVOKE_HANDLERS: int
INVOKE_RUN_OTHERS: int
BP_SOFTWARE: int
BP_EXECUTE: int
BP_WRITE: int
BP_ACCESS: int


_Callback = Callable[[Any, Any], Any] | Literal[True] | None


def version() -> str: ...
def call_name(abi: int, number: int, /) -> str | None: ...
def call_arguments(abi: int, number: int, /) -> tuple[str, ...]: ...


class Error(RuntimeError):
    code: int
    system_errno: int


class Stop(NamedTuple):
    reason: int
    thread: Thread | None
    handler: Handler | None
    phase: int
    pid: int
    event: int
    breakpoint: int
    signal: int
    status: int


class Session:
    closed: bool
    in_callback: bool
    last_stop: Stop | None
    thread_factory: Callable[[Thread], Any] | None

    def __init__(self) -> None: ...
    def launch(self, argv: Sequence[str], path: str | None = None,
               env: Sequence[str] | None = None, cwd: str | None = None, *, stdio: int = ...,
               no_aslr: bool = ..., no_filter: bool = ...,
               leave_children: bool = ...) -> Thread: ...
    def attach(self, pid: int, /) -> Thread: ...
    def stdio_fds(self, pid: int, /) -> tuple[int, int, int]: ...
    def close_stdin(self, pid: int, /) -> None: ...
    def detach(self, pid: int, /) -> None: ...
    def kill(self, pid: int, /) -> None: ...
    def wait(self, timeout_ms: int = -1, /) -> Stop: ...
    def cont(self) -> None: ...
    def interrupt(self) -> None: ...
    def stop_after_callback(self) -> None: ...
    def want(self, reasons: int, /) -> None: ...
    def want_signal(self, signal: int, on: bool, /) -> None: ...
    def hold(self, pid: int, on: bool, /) -> None: ...
    def thread_at(self, i: int, /) -> Thread | None: ...
    def thread_find(self, tid: int, /) -> Thread | None: ...
    def handle_syscall(self, call: str, on_enter: _Callback = None, on_exit: _Callback = None,
                       flags: int = 0) -> Handler: ...
    def hijack_syscall(self, call: str, instead: str, args: Mapping[int, int] = ...,
                       flags: int = 0) -> Handler: ...
    def unused(self) -> list[str]: ...
    def call_by_name(self, abi: int, name: str, /) -> int: ...
    def breakpoint_remove(self, number: int, /) -> None: ...
    def breakpoint_hits(self, number: int, /) -> int: ...
    def output(self, function: Callable[[str], Any] | None, /) -> None: ...
    def command(self, text: str, /) -> None: ...
    def close(self) -> None: ...


class Thread:
    tid: int
    pid: int
    parent: int
    alive: bool
    phase: int
    abi: int
    number: int
    original: int
    result: int
    original_result: int
    arg0: int
    arg1: int
    arg2: int
    arg3: int
    arg4: int
    arg5: int
    session: Session
    owner: Any

    def original_arg(self, i: int, /) -> int: ...
    def entered(self) -> list[tuple[Handler | None, int]]: ...
    def reg(self, name: str, /) -> int: ...
    def set_reg(self, name: str, value: int, /) -> None: ...
    def read(self, address: int, n: int, /) -> bytes: ...
    def write(self, address: int, data: bytes, /) -> int: ...
    def read_string(self, address: int, max: int = 4096, /) -> bytes: ...
    def find(self, start: int, end: int, what: bytes, /) -> int | None: ...
    def maps(self) -> list[tuple[int, int, int, str, str]]: ...
    def skip(self, result: int = 0, /) -> None: ...
    def step(self) -> None: ...
    def set_signal(self, signal: int, /) -> None: ...
    def invoke(self, number: int, args: Sequence[int] = (), flags: int = 0, /) -> int: ...
    def breakpoint(self, address: int, kind: int = ..., length: int = 1, /) -> int: ...
    def symbol(self, name: str, file: str | None = None, /) -> int: ...
    def eval(self, expression: str, /) -> int: ...


class Handler:
    hits: int
    number: int
    enabled: bool
    owner: Any
    session: Session

    def callbacks(self, on_enter: _Callback, on_exit: _Callback, /) -> None: ...
    def thread(self, t: Thread | None, /) -> None: ...
    def process(self, pid: int, /) -> None: ...
    def remove(self) -> None: ...
    def hit_on(self, t: Thread, /) -> bool: ...
    def hit_on_enter(self, t: Thread, /) -> bool: ...
    def hit_on_exit(self, t: Thread, /) -> bool: ...
