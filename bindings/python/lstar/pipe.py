# SPDX-License-Identifier: LGPL-2.1-or-later
"""Standard input, output and error of a launched program, as run() returns them.

Works whether the debuggee runs, stands or has ended, and from any Python thread. Nothing here
may touch the debuggee itself: why it does not run is asked of a function that the owner gives.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable

TIMEOUT = 2
_CHUNK = 65536
# A pseudo-terminal hands data on by a kernel thread of its own: what a program wrote before it
# stopped can arrive a moment after the stop.
_AFTERMATH = 0.2
# How often a reader that waits asks whether anybody is left who could write.
_GLANCE = 0.05

log = logging.getLogger("libdebug")


def _as_bytes(data: bytes | str, what: str) -> bytes:
    if isinstance(data, str):
        log.warning("The %s is a str; its UTF-8 form is used. Give bytes.", what)
        return data.encode()
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise TypeError(f"the {what} must be bytes, not {type(data).__name__}")


def _check_count(value: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if value <= 0:
        raise ValueError(f"{what} must be positive, not {value}")


class _Deadline:
    """A time limit in seconds, None for none."""

    def __init__(self, seconds: float | None) -> None:
        self.end = None if seconds is None else time.monotonic() + seconds

    def left(self, most: float) -> float:
        """Seconds that are left, cut to @most; 0 when it is over."""
        if self.end is None:
            return most
        return max(0.0, min(most, self.end - time.monotonic()))

    def over(self) -> bool:
        return self.end is not None and time.monotonic() >= self.end


class _Reader:
    """One stream of output: what has come and was not yet asked for, and whether more can come."""

    def __init__(self, fd: int, name: str, why_stopped: Callable[[], str | None]) -> None:
        self.fd = fd
        self.name = name
        self.why_stopped = why_stopped
        self.lock = threading.RLock()
        self.buffer = bytearray()
        self.open = fd >= 0

    def fill(self, seconds: float) -> bool:
        """Wait for more at most so long; False when nothing came."""
        if not self.open:
            return False
        try:
            poll = select.poll()
            poll.register(self.fd, select.POLLIN)
            if not poll.poll(int(seconds * 1000 + 0.999)):
                return False
            data = os.read(self.fd, _CHUNK)
        except BlockingIOError:
            return False
        except OSError as e:
            # EIO: nobody has the other end of the terminal open any more.
            if e.errno not in (errno.EIO, errno.EBADF):
                raise
            data = b""
        if not data:
            self.open = False
            return False
        self.buffer += data
        log.debug("%s: %d bytes: %r", self.name, len(data), data)
        return True

    def more(self, deadline: _Deadline) -> str | None:
        """Wait until something came: None; or why nothing will: a sentence. At the deadline: ''"""
        while self.open:
            why = self.why_stopped()
            if why is not None:
                if self.fill(deadline.left(_AFTERMATH)):
                    return None
                if self.open:
                    return f"nothing more comes on {self.name}: {why}"
            elif self.fill(deadline.left(_GLANCE)):
                return None
            elif deadline.over() and self.open:
                return ""
        return f"broken {self.name} pipe: all programs that had it open have closed it or ended"

    def rest(self) -> str:
        """What came and stays, for messages."""
        return f"; what came is kept: {bytes(self.buffer[-200:])!r}" if self.buffer else ""

    def take(self, n: int) -> bytes:
        data = bytes(self.buffer[:n])
        del self.buffer[:n]
        return data

    def upto(self, mark: bytes, count: int, drop: bool, deadline: _Deadline) -> bytes | str:
        """All up to the count-th @mark, or why it did not come: then nothing is taken."""
        parts: list[bytes] = []
        start = look = 0
        while len(parts) < count:
            at = self.buffer.find(mark, look)
            if at < 0:
                look = max(start, len(self.buffer) - len(mark) + 1)
                why = self.more(deadline)
                if why is not None:
                    return why
                continue
            parts.append(bytes(self.buffer[start:at if drop else at + len(mark)]))
            start = look = at + len(mark)
        del self.buffer[:start]
        return b"".join(parts)


class Pipe:
    """The streams of a debuggee.

    Timeouts are in seconds, None is no limit. What waits in vain raises TimeoutError; what waits
    for something that cannot come any more, as the debuggee stands or has closed the stream,
    raises RuntimeError. Data that has come so far is kept for the next call in both cases.
    """

    timeout_default = TIMEOUT
    prompt_default = "$ "

    def __init__(self, stdin: int, stdout: int, stderr: int,
                 why_stopped: Callable[[], str | None] = lambda: None,
                 close_stdin: Callable[[], None] = lambda: None) -> None:
        """File descriptors of our ends, -1 for none; they are duplicated.

        why_stopped: None while anybody runs who could write, else a sentence that says why not.
        close_stdin: closes the owner's own descriptor of standard input.
        """
        self._fds = []
        for fd in (stdin, stdout, stderr):
            mine = os.dup(fd) if fd >= 0 else -1
            if mine >= 0:
                os.set_blocking(mine, False)
            self._fds.append(mine)
        self._why_stopped = why_stopped
        self._close_owners_stdin = close_stdin
        self._stdin_lock = threading.Lock()
        self._out = _Reader(self._fds[1], "stdout", why_stopped)
        self._err = _Reader(self._fds[2], "stderr", why_stopped)

    def close_stdin(self) -> None:
        """The debuggee finds the end of its input behind what was sent. May be called twice."""
        with self._stdin_lock:
            fd, self._fds[0] = self._fds[0], -1
        if fd >= 0:
            os.close(fd)
            self._close_owners_stdin()

    def close(self) -> None:
        """Close our ends of all streams. May be called twice."""
        self.close_stdin()
        self._release()

    def _release(self) -> None:
        for reader in (self._out, self._err):
            reader.open = False
        for i, fd in enumerate(self._fds):
            self._fds[i] = -1
            if fd >= 0:
                os.close(fd)

    def __del__(self) -> None:
        if hasattr(self, "_err"):
            self._release()

    # --- receiving ---------------------------------------------------------------------------

    @staticmethod
    def _recv(reader: _Reader, numb: int | None, timeout: float | None) -> bytes:
        if numb is not None:
            _check_count(numb, "numb")
        deadline = _Deadline(timeout)
        with reader.lock:
            while len(reader.buffer) < (numb or 1):
                why = reader.more(deadline)
                if why is None:
                    continue
                if not reader.buffer and not reader.open:
                    raise RuntimeError(why)
                break
            if numb is None:
                while reader.fill(0):
                    pass
            return reader.take(len(reader.buffer) if numb is None else numb)

    @staticmethod
    def _recvuntil(reader: _Reader, delims: bytes, occurences: int, drop: bool,
                   timeout: float | None, optional: bool) -> bytes:
        delims = _as_bytes(delims, "delimiter")
        if not delims:
            raise ValueError("the delimiter is empty")
        _check_count(occurences, "occurences")
        deadline = _Deadline(timeout)
        with reader.lock:
            data = reader.upto(delims, occurences, drop, deadline)
            if isinstance(data, bytes):
                return data
            why = data
            if why and optional and reader.open:
                return b""
            if why:
                raise RuntimeError(f"{delims!r} was waited for: {why}{reader.rest()}")
            raise TimeoutError(f"no {delims!r} on {reader.name} in {timeout} s{reader.rest()}")

    def _recvline(self, reader: _Reader, numlines: int, drop: bool, timeout: float | None,
                  optional: bool) -> bytes:
        try:
            return self._recvuntil(reader, b"\n", numlines, drop, timeout, optional)
        except RuntimeError:
            # The last line of a stream may lack its newline.
            with reader.lock:
                whole = reader.buffer.count(b"\n")
                if reader.open or whole != numlines - 1 or reader.buffer[-1:] in (b"", b"\n"):
                    raise
                data = reader.take(len(reader.buffer))
                return data.replace(b"\n", b"") if drop else data

    def recv(self, numb: int | None = None, timeout: float | None = TIMEOUT) -> bytes:
        """The next @numb bytes of standard output, fewer when no more come in time.

        Without @numb: what is there, after waiting for the first byte. b"" when nothing came.
        """
        return self._recv(self._out, numb, timeout)

    def recverr(self, numb: int | None = None, timeout: float | None = TIMEOUT) -> bytes:
        """recv() from standard error."""
        return self._recv(self._err, numb, timeout)

    def recvuntil(self, delims: bytes, occurences: int = 1, drop: bool = False,
                  timeout: float | None = TIMEOUT, optional: bool = False) -> bytes:
        """Standard output up to and with @delims, so many times; without them if @drop.

        optional: when the debuggee stands before they came, b"" is returned.
        """
        return self._recvuntil(self._out, delims, occurences, drop, timeout, optional)

    def recverruntil(self, delims: bytes, occurences: int = 1, drop: bool = False,
                     timeout: float | None = TIMEOUT, optional: bool = False) -> bytes:
        """recvuntil() from standard error."""
        return self._recvuntil(self._err, delims, occurences, drop, timeout, optional)

    def recvline(self, numlines: int = 1, drop: bool = True, timeout: float | None = TIMEOUT,
                 optional: bool = False) -> bytes:
        """So many lines of standard output, joined, each without its newline if @drop.

        The last one of a stream that has ended may lack the newline.
        """
        return self._recvline(self._out, numlines, drop, timeout, optional)

    def recverrline(self, numlines: int = 1, drop: bool = True, timeout: float | None = TIMEOUT,
                    optional: bool = False) -> bytes:
        """recvline() from standard error."""
        return self._recvline(self._err, numlines, drop, timeout, optional)

    @staticmethod
    def _recvall(reader: _Reader, timeout: float | None) -> bytes:
        deadline = _Deadline(timeout)
        with reader.lock:
            while (why := reader.more(deadline)) is None:
                pass
            if not why:
                raise TimeoutError(f"{reader.name} is still open after {timeout} s; "
                                   f"{len(reader.buffer)} bytes came and are kept")
            return reader.take(len(reader.buffer))

    def recvall(self, timeout: float | None = TIMEOUT) -> bytes:
        """All of standard output until it is closed or the debuggee stands."""
        return self._recvall(self._out, timeout)

    def recverrall(self, timeout: float | None = TIMEOUT) -> bytes:
        """recvall() from standard error."""
        return self._recvall(self._err, timeout)

    # --- sending -----------------------------------------------------------------------------

    def send(self, data: bytes, timeout: float | None = TIMEOUT) -> int:
        """Write @data to standard input; its length.

        A pipe holds 64 KiB: what is longer needs a debuggee that runs and reads.
        """
        data = _as_bytes(data, "data")
        deadline = _Deadline(timeout)
        sent = 0
        with self._stdin_lock:
            fd = self._fds[0]
            if fd < 0:
                raise RuntimeError("standard input of the debuggee is not ours: closed, or the "
                                   "program was not launched with pipes")
            poll = select.poll()
            poll.register(fd, select.POLLOUT)
            while sent < len(data):
                try:
                    sent += os.write(fd, data[sent:])
                except BlockingIOError:
                    if deadline.over():
                        raise TimeoutError(f"the debuggee took {sent} of {len(data)} bytes in "
                                           f"{timeout} s: does it run, does it read?") from None
                    poll.poll(int(deadline.left(_GLANCE) * 1000 + 1))
                except BrokenPipeError as e:
                    raise RuntimeError("broken stdin pipe: all programs that had it open have "
                                       "closed it or ended") from e
        log.debug("stdin: %d bytes: %r", sent, data)
        return sent

    def sendline(self, data: bytes, timeout: float | None = TIMEOUT) -> int:
        """send() with a newline behind @data."""
        return self.send(_as_bytes(data, "data") + b"\n", timeout)

    def sendafter(self, delims: bytes, data: bytes, occurences: int = 1, drop: bool = False,
                  timeout: float | None = TIMEOUT, optional: bool = False) -> tuple[bytes, int]:
        """recvuntil(), then send(): what both return."""
        data = _as_bytes(data, "data")
        received = self.recvuntil(delims, occurences, drop, timeout, optional)
        return received, self.send(data, timeout)

    def sendlineafter(self, delims: bytes, data: bytes, occurences: int = 1, drop: bool = False,
                      timeout: float | None = TIMEOUT,
                      optional: bool = False) -> tuple[bytes, int]:
        """sendafter() with a newline behind @data."""
        data = _as_bytes(data, "data")
        return self.sendafter(delims, data + b"\n", occurences, drop, timeout, optional)

    def sendaftererr(self, delims: bytes, data: bytes, occurences: int = 1, drop: bool = False,
                     timeout: float | None = TIMEOUT, optional: bool = False) -> tuple[bytes, int]:
        """sendafter() that waits for standard error."""
        data = _as_bytes(data, "data")
        received = self.recverruntil(delims, occurences, drop, timeout, optional)
        return received, self.send(data, timeout)

    def sendlineaftererr(self, delims: bytes, data: bytes, occurences: int = 1,
                         drop: bool = False, timeout: float | None = TIMEOUT,
                         optional: bool = False) -> tuple[bytes, int]:
        """sendaftererr() with a newline behind @data."""
        data = _as_bytes(data, "data")
        return self.sendaftererr(delims, data + b"\n", occurences, drop, timeout, optional)

    # --- by hand -----------------------------------------------------------------------------

    def interactive(self, prompt: str = prompt_default, auto_quit: bool = False) -> None:
        """Connect our standard streams with the debuggee's, until end of input (Ctrl-D), Ctrl-C
        or the end of its outputs; with @auto_quit also when it stands."""
        poll = select.poll()
        poll.register(sys.stdin, select.POLLIN)
        sys.stdout.write(prompt)
        sys.stdout.flush()
        try:
            while (self._out.open or self._err.open) and not (
                    auto_quit and self._why_stopped() is not None):
                shown = self._show(self._out, sys.stdout) | self._show(self._err, sys.stderr)
                if poll.poll(0 if shown else int(_GLANCE * 1000)):
                    typed = os.read(sys.stdin.fileno(), _CHUNK)
                    if not typed:
                        break
                    self.send(typed)
                    sys.stdout.write(prompt)
                    sys.stdout.flush()
        except KeyboardInterrupt:
            pass
        for reader, stream in ((self._out, sys.stdout), (self._err, sys.stderr)):
            self._show(reader, stream)
        sys.stdout.write("\n")
        sys.stdout.flush()

    @staticmethod
    def _show(reader: _Reader, stream) -> bool:
        with reader.lock:
            reader.fill(0)
            data = reader.take(len(reader.buffer))
        if data:
            stream.write(data.decode(errors="replace"))
            stream.flush()
        return bool(data)
