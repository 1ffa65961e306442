# SPDX-License-Identifier: LGPL-2.1-or-later
"""The extension module by itself: what owns what, who may ask when, where exceptions go."""

import gc
import threading
import traceback

import _lstar
from kit import *  # noqa: F403


def session():
    s = _lstar.Session()
    at_end(s.close)
    return s


def launch(s, program, *args):
    return s.launch([prog(program), *map(str, args)], stdio=_lstar.STDIO_PTY)


def getppids(s, n):
    """A program that makes so many of these calls."""
    return launch(s, "act", "getppid", n - 1)


def run(s):
    """To the end; the stops before it."""
    stops = []
    while True:
        s.cont()
        stop = s.wait()
        if stop.reason == _lstar.STOP_NOTHING_LEFT:
            return stops
        stops.append(stop)


@test
def one_object_for_a_thread_and_for_a_handler():
    s = session()
    t = getppids(s, 3)
    seen = []
    h = s.handle_syscall("getppid", lambda *what: seen.append(what))
    eq(run(s), [])
    eq([(a is t, b is h) for a, b in seen], [(True, True)] * 3)
    eq((s.thread_at(0) is t, s.thread_at(1), h.hits), (True, None, 3))


@test
def callbacks_get_the_owners_of_both():
    s = session()
    s.thread_factory = lambda raw: ("mine", raw.tid)
    t = getppids(s, 2)
    h = s.handle_syscall("getppid", None, lambda *what: seen.append(what))
    h.owner = "also mine"
    seen = []
    run(s)
    eq(seen, [(("mine", t.tid), "also mine")] * 2)


@test
def what_a_callback_raises_comes_out_of_wait_with_its_traceback():
    s = session()
    t = getppids(s, 2)

    def deeper():
        raise KeyError("down here")

    h = s.handle_syscall("getppid", lambda t, h: deeper())
    for _ in range(2):
        s.cont()
        e = raises(KeyError, s.wait)
        eq([f.name for f in traceback.extract_tb(e.__traceback__)][-2:], ["<lambda>", "deeper"])
        stop = s.last_stop
        eq((stop.reason, stop.thread is t, stop.handler is h, stop.phase),
           (_lstar.STOP_CALLBACK, True, True, _lstar.ENTER))
    eq((run(s), h.hits), ([], 2))


@test
def each_thread_keeps_its_own_exception():
    s = session()
    launch(s, "act", "threads", 4, 50)

    def bad(t, h):
        raise KeyError(t.tid)

    s.handle_syscall("getppid", bad)
    raised = 0
    while True:
        s.cont()
        try:
            if s.wait().reason == _lstar.STOP_NOTHING_LEFT:
                break
        except KeyError as e:
            eq(e.args[0], s.last_stop.thread.tid)
            raised += 1
    eq(raised, 200)


@test
def functions_may_change_and_go_while_they_run():
    s = session()
    getppids(s, 5)
    seen = []

    def first(t, h):
        seen.append("first")
        h.callbacks(second, None)

    def second(t, h):
        seen.append("second")
        if len(seen) == 3:
            h.remove()

    h = s.handle_syscall("getppid", first)
    run(s)
    eq((seen, h.hits, h.enabled), (["first", "second", "second"], 2, False))
    raises(_lstar.Error, h.callbacks, None, None, text="removed")


@test
def nothing_crashes_after_close():
    s = session()
    t = getppids(s, 3)
    h = s.handle_syscall("getppid", True)
    run(s)
    s.close()
    s.close()
    eq((s.closed, h.hits, h.number, h.enabled), (True, 3, 110, False))
    asked = [lambda: t.tid, lambda: t.number, lambda: t.arg0, lambda: t.reg("rax"),
             lambda: t.read(0, 1), lambda: t.maps(), lambda: t.invoke(39), lambda: t.skip(),
             lambda: h.hit_on(t), lambda: h.callbacks(None, None), lambda: h.process(1), h.remove,
             s.cont, s.wait, lambda: s.handle_syscall("read"), lambda: s.breakpoint_hits(1),
             lambda: s.thread_at(0), lambda: s.launch(["true"]), lambda: s.command("?")]
    for ask in asked:
        eq(raises(_lstar.Error, ask).code, _lstar.E_STAGE)
    eq(s.interrupt(), None)


@test
def a_session_is_not_closed_under_its_own_callback():
    s = session()
    getppids(s, 1)
    errors = []

    def enter(t, h):
        errors.append(raises(_lstar.Error, s.close).code)
        errors.append(raises(_lstar.Error, s.wait).code)
        errors.append(raises(_lstar.Error, s.cont).code)

    s.handle_syscall("getppid", enter)
    run(s)
    eq(errors, [_lstar.E_STAGE] * 3)


@test
def other_threads_are_told_that_the_session_is_at_work():
    s = session()
    t = launch(s, "act", "sleep", 3000)
    told = []

    def other():
        wait_for("the wait", lambda: _waits(s))
        told.append(raises(_lstar.Error, lambda: t.number).code)
        told.append(raises(_lstar.Error, s.cont).code)
        s.interrupt()

    s.cont()
    asker = threading.Thread(target=other)
    asker.start()
    eq(s.wait(20000).reason, _lstar.STOP_INTERRUPT)
    asker.join()
    eq(told, [_lstar.E_STAGE] * 2)


def _waits(s):
    try:
        s.thread_at(0)
    except _lstar.Error:
        return True
    return False


@test
def wrong_arguments_are_exceptions():
    s = session()
    t = getppids(s, 1)
    for kind, call in ((TypeError, lambda: s.handle_syscall(3)),
                       (TypeError, lambda: s.handle_syscall("read", 3)),
                       (TypeError, lambda: s.launch("true")),
                       (TypeError, lambda: s.launch([1])),
                       (TypeError, lambda: t.read("0", 1)),
                       (ValueError, lambda: t.read(0, -1)),
                       (ValueError, lambda: t.read(1 << 64, 1)),
                       (ValueError, lambda: t.set_signal(1 << 32)),
                       (ValueError, lambda: s.wait(1 << 40)),
                       (ValueError, lambda: s.launch(["true"], stdio=1 << 40)),
                       (ValueError, lambda: s.handle_syscall("read", flags=1 << 33)),
                       (ValueError, lambda: _lstar.call_name(-1, 0)),
                       (ValueError, lambda: setattr(t, "arg0", 1 << 64)),
                       (ValueError, lambda: setattr(t, "arg0", -(1 << 63) - 1)),
                       (TypeError, lambda: setattr(t, "arg0", 1.0)),
                       (TypeError, lambda: delattr(t, "arg0")),
                       (TypeError, lambda: delattr(t, "number")),
                       (IndexError, lambda: t.original_arg(6)),
                       (IndexError, lambda: s.hijack_syscall("read", "write", {6: 1})),
                       (ValueError, lambda: t.invoke(39, range(7))),
                       (TypeError, lambda: t.reg(3)),
                       (TypeError, lambda: t.reg("rax", 1)),
                       (TypeError, lambda: t.set_reg("rax")),
                       (TypeError, lambda: s.output(3)),
                       (TypeError, lambda: _lstar.Thread()),
                       (TypeError, lambda: _lstar.Handler()),
                       (TypeError, lambda: _lstar.Session(1))):
        raises(kind, call)
    eq(raises(_lstar.Error, s.handle_syscall, "no_such").code, _lstar.E_NAME)
    eq(raises(_lstar.Error, t.reg, "no_such").code, _lstar.E_NAME)
    eq(raises(_lstar.Error, t.read, 0, 1).code, _lstar.E_FAULT)
    eq(run(s), [])


@test
def cycles_are_collected():
    def alive():
        gc.collect()
        kinds = (_lstar.Session, _lstar.Thread, _lstar.Handler)
        return sum(isinstance(o, kinds) for o in gc.get_objects())

    before = alive()
    for _ in range(3):
        s = _lstar.Session()
        s.thread_factory = lambda raw, s=s: [s, raw]
        getppids(s, 2)
        h = s.handle_syscall("getppid", lambda t, h, s=s: s)
        h.owner = [h, s]
        run(s)
        del s, h
    eq(alive(), before)


@test
def what_is_still_debugged_ends_with_its_session():
    s = _lstar.Session()
    pid = launch(s, "act", "sleep", 30000).pid
    del s
    gc.collect()
    wait_for("its end", lambda: not os.path.exists(f"/proc/{pid}"))


@test
def virtual_exits_and_invocations_run_callbacks_within_callbacks():
    s = session()
    getppids(s, 2)
    order = []

    def enter(t, h):
        order.append("enter")
        t.skip(7)
        order.append("skipped")
        pid = t.invoke(39, (), _lstar.INVOKE_HANDLERS)
        order.append(pid == t.pid)

    h = s.handle_syscall("getppid", enter, lambda t, h: order.append(("exit", t.result)))
    g = s.handle_syscall("getpid", lambda t, h: order.append("inner"))
    run(s)
    eq([what for what in order if what not in ("inner", True)],
       ["enter", "skipped", ("exit", 7)] * 2)
    eq((h.hits, g.hits >= 2, order.count(True)), (2, True, 2))


main()
