# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python package share: the harness, debuggers that end with their test,
and what is printed and logged meanwhile. It drives the package only as a script does."""

import contextlib
import io
import logging
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

from harness import *  # noqa: E402, F403
from harness import PROGS, at_end, fail  # noqa: E402

from lstar import debugger  # noqa: E402


def prog(name):
    return os.path.join(PROGS, name)


def debug(program, *args, **options):
    """A debugger for one of the test programs; what it runs ends with the test."""
    d = debugger([prog(program), *map(str, args)], **options)
    at_end(lambda: finish_tree(d))
    return d


def finish_tree(d):
    for child in list(d.children):
        finish_tree(child)
    d.terminate()


def raises(kind, fn, *args, text=None, **kw):
    """The exception of exactly this kind that @fn raises; its text is, or holds, @text."""
    try:
        value = fn(*args, **kw)
    except Exception as e:  # pylint: disable=broad-except
        if type(e) is not kind:
            raise
        if text is not None and text not in str(e):
            fail(f"{text!r} is not in {str(e)!r}")
        return e
    return fail(f"nothing was raised, but {value!r} returned; expected {kind.__name__}")


@contextlib.contextmanager
def printed():
    """Standard output as the script sees it, in a StringIO."""
    before, sys.stdout = sys.stdout, io.StringIO()
    try:
        yield sys.stdout
    finally:
        sys.stdout = before


class Records(logging.Handler):
    """All that is logged for scripts that listen to the logger's name."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def text(self):
        return "\n".join(r.getMessage() for r in self.records)


@contextlib.contextmanager
def logged():
    log = logging.getLogger("libdebug")
    handler = Records()
    log.addHandler(handler)
    try:
        yield handler
    finally:
        log.removeHandler(handler)


def attribute(name, value):
    """A setter as a function, for raises()."""
    return lambda thing: setattr(thing, name, value)


def run_out(d, most=1000):
    """cont() and wait() until the process is dead; how often it stopped before."""
    for stops in range(most):
        d.cont()
        d.wait()
        if d.dead:
            return stops
    return fail(f"still not dead after {most} stops")
