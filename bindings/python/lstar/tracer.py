# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one OS thread that traces a tree of processes, and the posting of work to it.

ptrace(2) answers only the thread that took a debuggee, so the session is used nowhere else:
other threads post functions and wait for their results. The library stops everything at every
stop; which processes stand for the user and which run is kept here, and those that stand are held
while the others go on.
"""

from __future__ import annotations

import atexit
import os
import queue
import signal
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable

import _lstar

from .errors import log

if TYPE_CHECKING:
    from .debugger import Debugger

WANTED = (1 << _lstar.STOP_NEW_PROCESS | 1 << _lstar.STOP_EXEC | 1 << _lstar.STOP_ENDED)

PATIENCE_S = 1  # with a callback, when the script has come to its end

_tracers: weakref.WeakSet[Tracer] = weakref.WeakSet()


class _Work:
    """A posted function and the place of its result."""

    __slots__ = ("fn", "args", "done", "result", "error")

    def __init__(self, fn: Callable, args: tuple) -> None:
        self.fn = fn
        self.args = args
        self.done = threading.Lock()
        self.done.acquire()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.fn(*self.args)
        except BaseException as e:  # it belongs to the thread that posted it
            self.error = e
        self.done.release()


class Tracer:
    """Traces one tree of processes until none of them is left."""

    def __init__(self) -> None:
        self.session = _lstar.Session()
        self.session.want(WANTED)
        self.session.thread_factory = self._thread_of
        self.debuggers: dict[int, Debugger] = {}
        self.ident: int | None = None
        self._queue: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._waiting = False
        self.quitting = False
        self._over = False  # the thread has ended; the session is only read from now on
        self._seen = 0  # threads of the session that have their ThreadContext
        self._os_thread = threading.Thread(target=self._main, name="lstar tracer", daemon=True)
        _tracers.add(self)
        self._os_thread.start()

    # --- from any thread ---

    def is_current(self) -> bool:
        return threading.get_ident() == self.ident

    def post(self, fn: Callable, *args: Any) -> Any:
        """Run a function on the tracing thread, and return what it returns."""
        if self.is_current():
            return fn(*args)
        work = _Work(fn, args)
        with self._lock:
            over = self._over
            if over:
                work.run()  # nothing is traced any more: reading is all that can happen
            else:
                self._queue.put(work)
        if not over:
            if self._waiting:
                self.session.interrupt()
            work.done.acquire()
        if work.error is not None:
            try:
                raise work.error
            finally:
                work.error = None  # no cycle through the traceback
        return work.result

    def _in_callback(self) -> bool:
        try:
            return self.session.in_callback or any(d._in_callback
                                                   for d in list(self.debuggers.values()))
        except _lstar.Error:
            return False  # it is in the library, and will hear of posted work

    def leave_callback(self) -> bool:
        """At the end of the script: no callback runs any more. False: one cannot be ended.

        It has a second to return. Then an exception ends it, which reaches code in Python; a
        function of C that waits for ever ignores it.
        """
        work = _Work(int, ())
        self._queue.put(work)
        if self._waiting:
            self.session.interrupt()
        if work.done.acquire(timeout=PATIENCE_S) or not self._in_callback():
            return True
        log.error("a callback has not returned at the end of the script: it is ended")
        _lstar.raise_in(self.ident, SystemExit)
        return work.done.acquire(timeout=PATIENCE_S) or not self._in_callback()

    def wait_stopped(self, d: Debugger) -> None:
        """Until the process does not run any more."""
        with self._changed:
            while d._running or d._in_callback:
                self._changed.wait()

    def retire(self) -> None:
        """Give back what the library holds, if nothing is traced any more. Counts stay."""
        if any(d._state == "live" for d in self.debuggers.values()):
            return
        self.post(self.stop_tracing)
        self._os_thread.join()
        self.session.close()

    # --- on the tracing thread ---

    def add(self, d: Debugger, raw: _lstar.Thread) -> None:
        """A process of the tree, standing at its first stop."""
        self.debuggers[raw.pid] = d
        d._begin(self, raw)
        self.refresh()

    def resume(self, d: Debugger) -> None:
        """The process runs for the user as soon as the posted work is done."""
        d._leave_stop()
        with self._changed:
            d._running = True

    def halt(self, d: Debugger, error: BaseException | None = None, done: bool = False) -> None:
        """The process stands for the user; done: as what was asked for is done."""
        if error is not None:
            d._keep_error(error)
        d._see_registers()
        d._interrupted = not done
        with self._changed:
            d._running = False
            d._interrupt = d._interrupt and d._in_callback  # that is for after the callback
            self._changed.notify_all()

    def stop_tracing(self) -> None:
        """The thread ends when nobody is left to trace."""
        if not any(d._state == "live" for d in self.debuggers.values()):
            self.quitting = True

    def refresh(self) -> None:
        """Threads that were born since the last time join the lists of their processes."""
        while (raw := self.session.thread_at(self._seen)) is not None:
            self._seen += 1
            raw.owner  # made by _thread_of(), which puts it into the list

    def pump(self) -> None:
        """Let everything that runs go on to the next stop, and deal with it."""
        self._drain(block=False)
        if self.quitting:
            return
        for d in self.debuggers.values():
            if d._state == "live" and d._held == d._running:
                d._held = not d._running
                self.session.hold(d.pid, d._held)
        try:
            self.session.cont()
        except _lstar.Error as e:
            if e.code != _lstar.E_GONE:
                raise
            self._nothing_left()
            return
        self._deal(*self.wait())

    def wait(self) -> tuple[_lstar.Stop, BaseException | None]:
        """The next stop of the session, with the exception of a callback if there is one."""
        error = None
        self._waiting = True
        if not self._queue.empty():
            self.session.interrupt()
        try:
            stop = self.session.wait()
        except BaseException as e:  # of a callback, which may raise what it likes
            stop, error = self.session.last_stop, e
        self._waiting = False
        self.refresh()
        return stop, error

    def run_to(self, d: Debugger, raw: _lstar.Thread, address: int) -> bool:
        """Continue until a thread of the process gets to an address, or something else stops it."""
        number = raw.breakpoint(address)
        d._passing = number
        try:
            self.resume(d)
            while d._running and not self.quitting:
                self.pump()
        finally:
            arrived = d._passing is None
            d._passing = None
            if d._state == "live":
                self.session.breakpoint_remove(number)
        return arrived

    def step(self, d: Debugger, raw: _lstar.Thread) -> None:
        """One instruction of one thread; nothing else of the tree moves."""
        d._leave_stop()
        with self._changed:
            d._running = True
        while True:
            self._drain(block=False)
            if not d._running or self.quitting:
                return
            raw.step()  # again after a stop on the way: it leads to the same place
            stop, error = self.wait()
            if stop.reason in (_lstar.STOP_STEP, _lstar.STOP_EXEC) and error is None:
                # The instruction may have been the call that makes another program of it.
                if stop.reason == _lstar.STOP_EXEC:
                    d._exec()
                self.halt(d, done=True)
            else:
                self._deal(stop, error)

    def _main(self) -> None:
        self.ident = threading.get_ident()
        try:
            while not self.quitting:
                self._drain(block=True)
                if not self.quitting:
                    self.pump()
        except BaseException as e:
            log.error("the tracing thread has ended: %s", e)
            for d in self.debuggers.values():
                if d._running:
                    self.halt(d, e)
        finally:
            with self._lock:
                self._over = True
            self._drain(block=False)

    def _drain(self, block: bool) -> None:
        """Posted work; when nothing runs, wait for some."""
        while True:
            for d in list(self.debuggers.values()):
                if d._interrupt and d._running:
                    self.halt(d)
            idle = not any(d._running for d in self.debuggers.values())
            try:
                work = self._queue.get(block=block and idle and not self.quitting)
            except queue.Empty:
                return
            work.run()

    def _thread_of(self, raw: _lstar.Thread) -> Any:
        """The ThreadContext of a thread; its process becomes known if it was not."""
        pid = raw.pid
        d = self.debuggers.get(pid)
        if d is None or (d._state == "dead" and d._main_raw is not raw and raw.tid == pid):
            parent = self.debuggers.get(raw.parent)
            if parent is None or not parent.follow_children:
                # What was launched or attached gets its name by add(), a child that nobody
                # follows is let go when its birth is told.
                return raw
            d = parent._make_child()
            self.debuggers[pid] = d
            d._begin(self, raw)
            d._held = True
        return d._thread(raw)

    def _deal(self, stop: _lstar.Stop, error: BaseException | None) -> None:
        d = self.debuggers.get(stop.thread.pid if stop.thread is not None else stop.pid)
        reason = stop.reason
        if error is not None:
            self._deal_error(d, stop, error)
        elif reason == _lstar.STOP_NOTHING_LEFT:
            self._nothing_left()
        elif reason == _lstar.STOP_ENDED:
            if d is not None and d._state == "live":
                d._end(stop.status)
                self.halt(d)
        elif reason == _lstar.STOP_NEW_PROCESS:
            if d is None:
                self.session.detach(stop.thread.pid)
        elif reason == _lstar.STOP_BREAKPOINT and d is not None:
            self._deal_breakpoint(d, stop)
        elif reason == _lstar.STOP_EXEC and d is not None:
            d._exec()
        elif reason == _lstar.STOP_CALLBACK and d is not None:
            if not any(p._interrupt for p in self.debuggers.values()):
                self.halt(d)
        elif d is not None and reason in (_lstar.STOP_SYSCALL, _lstar.STOP_EVENT,
                                          _lstar.STOP_SIGNAL, _lstar.STOP_STEP):
            self.halt(d)
        for p in list(self.debuggers.values()):
            if p._interrupt and p._running:
                self.halt(p)

    def _deal_error(self, d: Debugger | None, stop: _lstar.Stop, error: BaseException) -> None:
        if d is not None and stop.reason == _lstar.STOP_CALLBACK:
            log.error("%s in a callback: %s", type(error).__name__, error, exc_info=error)
        if d is not None:
            self.halt(d, error)
            return
        for p in self.debuggers.values():
            if p._running:
                self.halt(p, error)

    def _deal_breakpoint(self, d: Debugger, stop: _lstar.Stop) -> None:
        if stop.breakpoint == d._passing:
            d._passing = None
            self.halt(d, done=True)
            return
        bp = d._breakpoint_numbers.get(stop.breakpoint)
        d._interrupted = False
        d._in_callback = True
        try:
            if bp is None or bp._arrived(stop.thread.owner):
                self.halt(d)
            elif d._state == "live" and not d._interrupted:
                d._running = True  # steps in the callback have left it standing
        except BaseException as e:  # the tracing thread goes on, whatever it is
            log.error("%s in a callback: %s", type(e).__name__, e, exc_info=e)
            self.halt(d, e)
        finally:
            with self._changed:
                d._in_callback = False
                self._changed.notify_all()

    def _nothing_left(self) -> None:
        for d in self.debuggers.values():
            if d._state == "live":
                d._end(None)
            if d._running:
                self.halt(d)
        self.quitting = True


# A fork of the script has no tracing threads, and the debuggees are not its own.
os.register_at_fork(after_in_child=_tracers.clear)


@atexit.register
def _at_exit() -> None:
    """Daemon threads must not be inside the library when the interpreter goes."""
    for tracer in list(_tracers):
        if not tracer._over and not tracer.leave_callback():
            _end_now(tracer)
        for d in list(tracer.debuggers.values()):
            if d._state == "live" and not tracer._over:
                try:
                    d._leave_at_exit()
                except RuntimeError as e:
                    log.error("process %d at the end: %s", d.pid, e)


def _end_now(tracer: Tracer) -> None:
    """A callback waits for ever where no exception reaches it: nothing can be put in order."""
    log.error("a callback cannot be ended: the script ends without it, with status 1")
    for d in list(tracer.debuggers.values()):
        if d._state == "live" and d.kill_on_exit:
            os.kill(d.pid, signal.SIGKILL)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(1)
