# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end-to-end harness: run lstar as a user does, compare exactly, print TAP.

    @test
    def exit_status_is_the_debuggees():
        eq(batch([], ACT, "exit", 7).status, 7)

    main()

Every test runs in its own empty directory with a time limit, and whatever it started and did
not end is ended, by process id. Nothing here may know how lstar is built inside.
"""

import errno
import inspect
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

LSTAR = os.path.abspath(os.environ.get("LSTAR", "lstar"))
PROGS = os.path.abspath(os.environ.get("PROGS", "."))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ACT = os.path.join(PROGS, "act")
# A sanitizer build is several times slower; limits are about hanging, never about speed.
PATIENCE = float(os.environ.get("PATIENCE", "1"))

_tests = []
_started = []
_undo = []


class Failure(Exception):
    """An assertion that did not hold."""


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def test(fn=None, *, limit=30):
    """Register a test."""
    def register(function):
        _tests.append((function.__name__, function, limit))
        return function
    return register(fn) if fn else register


def at_end(undo):
    """Call a function when the test has ended, however it did; the last one first."""
    _undo.append(undo)


# --- assertions ---------------------------------------------------------------

def fail(text):
    raise Failure(text)


def eq(got, want, what=""):
    if got != want:
        fail(f"{what}\n  got:      {got!r}\n  expected: {want!r}".lstrip())


def has(text, part):
    if part not in text:
        fail(f"{part!r} is not in:\n{text}")


def has_not(text, part):
    if part in text:
        fail(f"{part!r} is in:\n{text}")


def matches(text, pattern):
    found = re.search(pattern, text, re.M)
    if not found:
        fail(f"nothing matches {pattern!r} in:\n{text}")
    return found


def lines(text):
    return text.splitlines()


def wait_for(what, condition, seconds=10):
    """Poll until @condition() is true; its value."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    return fail(f"waited in vain for: {what}")


# --- running lstar ------------------------------------------------------------

class Done:
    """How a run ended. @msg: lstar's own messages when they went to a file of their own."""

    def __init__(self, out, err, status, msg=""):
        self.out, self.err, self.status, self.msg = out, err, status, msg

    def ok(self):
        """It ended with status 0 and complained about nothing."""
        eq((self.status, self.err), (0, ""), "status and errors")
        return self

    def __str__(self):
        return f"status {self.status}\n-- out\n{self.out}\n-- err\n{self.err}\n-- msg\n{self.msg}"


def surroundings(more=None):
    """The environment of everything that is started."""
    # Meson sets LD_LIBRARY_PATH; the loader's searches would be calls that no user sees.
    clean = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
    return {**clean, "LC_ALL": "C", "HOME": os.getcwd(), "TERM": "dumb",
            "INPUTRC": "/dev/null", "LSTAR_HISTORY": "/dev/null", **(more or {})}


def start(*args, **kw):
    """A process of the test's own, ended with it."""
    environ = surroundings(kw.pop("env", None))
    kw.setdefault("stdin", subprocess.DEVNULL)
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.PIPE)
    process = subprocess.Popen([str(a) for a in args], text=True, errors="replace",
                               start_new_session=True, env=environ, **kw)
    _started.append(process)
    return process


def finish(process, stdin=None, timeout=20):
    try:
        out, err = process.communicate(stdin, timeout=timeout * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        fail(f"lstar did not end in {timeout} s\n-- out\n{out}\n-- err\n{err}")
    return Done(out, err, process.returncode)


def lstar(*args, stdin=None, timeout=20, **kw):
    """Run lstar to its end. Its messages are in .out, together with the debuggee's."""
    kw["stdin"] = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    return finish(start(LSTAR, *args, **kw), stdin, timeout)


def batch(commands, *program, stdin=None, timeout=20, options=(), **kw):
    """lstar -q -b with each command by -c; its messages in .msg, the debuggee's text in .out."""
    args = ["-q", "-b", "-o", "lstar.msg", *options]
    for command in commands:
        args += ["-c", command]
    if program:
        args += ["--", *program]
    done = lstar(*args, stdin=stdin, timeout=timeout, **kw)
    done.msg = read("lstar.msg")
    return done


def session(commands, *program, timeout=20, options=(), **kw):
    """Commands on standard input, one per line, without a prompt; then the session ends."""
    args = ["-q", "-o", "lstar.msg", *options]
    if program:
        args += ["--", *program]
    text = commands if isinstance(commands, str) else "".join(c + "\n" for c in commands)
    done = lstar(*args, stdin=text, timeout=timeout, **kw)
    done.msg = read("lstar.msg")
    return done


# --- surroundings -------------------------------------------------------------

def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def example(name):
    return os.path.join(ROOT, "examples", name)


def process_state(pid):
    """One letter, as in /proc; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def call_of(pid):
    """The number of the call that it sleeps or is stopped in, as text; "running" while it runs."""
    try:
        return (read(f"/proc/{pid}/syscall").split() or [""])[0]
    except ProcessLookupError:
        return ""


def task_states(pid):
    """The states of all its threads, sorted, as one string."""
    states = []
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/stat", encoding="utf-8") as f:
                states.append(f.read().rpartition(") ")[2][0])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return "".join(sorted(states))


def tracer_of(pid):
    found = re.search(r"^TracerPid:\s*(\d+)", read(f"/proc/{pid}/status"), re.M)
    return int(found.group(1)) if found else None


def children_of(pid):
    text = read(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in text.split()]


def gone(pid):
    return process_state(pid) in (None, "Z")


class Listener:
    """A TCP listener on a port of its own that keeps all it is sent."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.data = b""
        self.connections = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        _undo.append(self.socket.close)

    def _serve(self):
        try:
            peer, _ = self.socket.accept()
            self.connections += 1
            with peer:
                while data := peer.recv(65536):
                    self.data += data
        except OSError:
            pass

    def text(self):
        """All it got, once the other side has closed."""
        self.thread.join(10 * PATIENCE)
        return self.data.decode(errors="replace")


class Pty:
    """lstar at a terminal."""

    def __init__(self, *args, env=None):
        environ = surroundings(env)
        argv = [LSTAR, *[str(a) for a in args]]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(LSTAR, argv, environ)
            finally:
                os._exit(127)
        self.text = ""
        self.mark = 0
        self.status = None
        _undo.append(self.end)

    def _more(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return None
        try:
            data = os.read(self.fd, 65536)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        self.text += data.decode(errors="replace").replace("\r", "")
        return data

    def expect(self, pattern, seconds=10):
        """Wait for @pattern in what was printed after the last one found."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            found = re.compile(pattern).search(self.text, self.mark)
            if found:
                self.mark = found.end()
                return found
            left = end - time.monotonic()
            if left <= 0 or self._more(left) == b"":
                fail(f"no {pattern!r} at the terminal after:\n{self.text[self.mark:]}\n"
                     f"-- before that\n{self.text[:self.mark][-2000:]}")

    def send(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.send(text + "\n")

    def wait(self, seconds=10):
        """The exit status (negative: a signal), when it has ended."""
        end = time.monotonic() + seconds * PATIENCE
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > end:
                fail(f"lstar does not end; the terminal shows:\n{self.text}")
            self._more(0.05)
        while self._more(0.2):
            pass
        return self.status

    def end(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.fd)


# --- running the tests --------------------------------------------------------

def _clean():
    for undo in reversed(_undo):
        try:
            undo()
        except OSError:
            pass
    for process in _started:
        # Its session is its own: the group dies, and nothing else does.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                try:
                    stream.close()
                except OSError:
                    pass
    _undo.clear()
    _started.clear()


def _on_alarm(signum, frame):
    raise Failure("time limit reached at:\n" + "".join(traceback.format_stack(frame)[-4:]))


def main():
    """Run all tests of the file, or those whose names are given as arguments."""
    if not (os.access(LSTAR, os.X_OK) and os.access(ACT, os.X_OK)):
        print("Bail out! LSTAR and PROGS must name the built program and the test programs")
        sys.exit(1)
    wanted = sys.argv[1:]
    chosen = [t for t in _tests if not wanted or t[0] in wanted]
    signal.signal(signal.SIGALRM, _on_alarm)
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function, limit) in enumerate(chosen, 1):
        directory = tempfile.mkdtemp(prefix="lstar-e2e-")
        os.chdir(directory)
        signal.alarm(int(limit * PATIENCE))
        try:
            function()
            result = f"ok {number} - {name}"
        except Skip as skip:
            result = f"ok {number} - {name} # SKIP {skip}"
        except Failure as failure:
            failed += 1
            place = [f for f in traceback.extract_tb(failure.__traceback__)
                     if f.filename == inspect.getfile(function)]
            where = f"line {place[-1].lineno}: " if place else ""
            print("# " + (where + str(failure)).replace("\n", "\n# "))
            result = f"not ok {number} - {name}"
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            result = f"not ok {number} - {name}"
        finally:
            signal.alarm(0)
            _clean()
            os.chdir("/")
            shutil.rmtree(directory, ignore_errors=True)
        print(result, flush=True)
    sys.exit(1 if failed else 0)
