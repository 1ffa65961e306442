# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tracing thread: many threads that ask, several debuggees, the end of the script, commands."""

import gc
import subprocess
import threading
import time

from kit import *  # noqa: F403


@test
def any_thread_may_ask():
    d = debug("nested")
    d.run()
    entry = d.instruction_pointer
    got = []

    def ask():
        for _ in range(200):
            got.append(d.regs.rip == entry and d.memory["watched", 1] == b"\x07")

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for t in askers:
        t.start()
    for t in askers:
        t.join()
    eq((len(got), all(got)), (800, True))


@test
def what_needs_a_stop_waits_for_it():
    d = debug("six_calls")
    r = d.run()
    bp = d.breakpoint("before_second_write")
    d.cont()
    late = threading.Timer(0.2, r.sendline, [b"provola"])
    late.start()
    eq(d.running, True)
    eq(d.instruction_pointer, bp.address)
    eq(d.running, False)
    late.join()


@test
def or_interrupts_when_told_so():
    d = debug("six_calls", auto_interrupt_on_command=True)
    r = d.run()
    d.cont()
    eq(r.recvline(), b"Hello, World!")
    wait_for("its read", lambda: call_of(d.pid) == "0")
    eq((d.syscall_number, d.running), (0, False))
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(d.exit_code, 0)


def before_read(d):
    """The instruction that makes the program's call of read."""
    d.handle_syscall("read")
    d.cont()
    d.wait()
    d.handle_syscall("read", on_enter=True)
    eq((d.syscall_number, d.syscall_phase), (0, "enter"))


@test
def a_step_that_blocks_can_be_interrupted():
    d = debug("six_calls")
    r = d.run()
    before_read(d)
    here = d.instruction_pointer
    late = threading.Timer(0.3, d.interrupt)
    late.start()
    d.step()
    late.join()
    eq((d.dead, d.running, d.syscall_number), (False, False, 0))
    r.sendline(b"provola")
    eq(run_out(d), 0)
    eq((d.exit_code, here), (0, here))


@test
def others_may_ask_while_a_step_blocks():
    d = debug("six_calls")
    r = d.run()
    before_read(d)
    done = []
    asker = threading.Timer(0.3, lambda: done.append(d._tracer.post(d._session.thread_at, 0)))
    feeder = threading.Timer(0.6, r.sendline, [b"provola"])
    asker.start()
    feeder.start()
    d.step()
    asker.join()
    feeder.join()
    eq((len(done), d.syscall_phase, d.regs.rax), (1, None, 8))
    eq(run_out(d), 0)


@test
def several_debuggers_at_once():
    all_of_them = [debug("six_calls") for _ in range(4)]
    pipes = [d.run() for d in all_of_them]
    handlers = [d.handle_syscall("write", on_enter=True) for d in all_of_them]
    for d in all_of_them:
        d.cont()
    for r in pipes:
        r.sendline(b"provola")
    for d in all_of_them:
        d.wait()
    eq([d.exit_code for d in all_of_them], [0] * 4)
    eq([h.hit_count for h in handlers], [2] * 4)


@test
def many_runs_leave_nothing_behind():
    d = debug("nested")
    d.run()
    d.terminate()
    gc.collect()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(30):
        d.run()
        h = d.handle_syscall("exit_group")
        d.cont()
        d.wait()
        eq(h.hit_on_enter(d), True)
        d.kill()
    d.terminate()
    gc.collect()
    time.sleep(0.1)
    eq((threading.active_count() <= threads, len(os.listdir("/proc/self/fd")) <= files + 3),
       (True, True), f"{threading.active_count()} {len(os.listdir('/proc/self/fd'))} {files}")


def script(text):
    """Run a script of its own to its end: what it prints."""
    done = subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    eq(done.returncode, 0, done.stdout)
    return done.stdout


def gone_soon(pid):
    wait_for("the end of the debuggee", lambda: not os.path.exists(f"/proc/{pid}"))


@test
def the_end_of_the_script_kills_the_debuggee():
    for how in ("d.cont()", "pass", "d.cont(); d.interrupt()"):
        pid = script(f"""
from lstar import debugger
d = debugger(["/bin/sleep", "100"])
d.run()
{how}
print(d.pid)
""")
        gone_soon(int(pid))


@test
def or_lets_it_go():
    pid = int(script("""
import time
from lstar import debugger
d = debugger(["/bin/sleep", "100"], kill_on_exit=False)
d.run()
d.cont()
time.sleep(0.2)
print(d.pid)
"""))
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = f.read()
        has(status, "TracerPid:\t0\n")
        has(status, "State:\tS")
    finally:
        os.kill(pid, 9)
    gone_soon(pid)


@test
def an_exception_of_the_script_ends_it_as_ever():
    done = subprocess.run([sys.executable, "-c", """
from lstar import debugger
d = debugger(["/bin/sleep", "100"])
d.run()
d.cont()
raise KeyError(d.pid)
"""], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    eq(done.returncode, 1)
    gone_soon(int(done.stderr.rsplit("KeyError: ", 1)[1]))


@test
def a_fork_of_the_script_leaves_the_debuggee_alone():
    out = script("""
import os
from lstar import debugger
d = debugger(["/bin/sleep", "100"])
d.run()
child = os.fork()
if not child:
    raise SystemExit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), d.regs.rip == d.instruction_pointer)
d.cont()
d.interrupt()
print(d.dead, d.syscall_name)
""")
    eq(out.splitlines()[0], "3 True")
    eq(out.splitlines()[1].split()[0], "False")


@test
def a_handler_of_a_twin_is_reported():
    d = debug("act", "open", "/dev/null")
    d.run()
    h = d.handle_syscall("open", on_enter=True, report_unused=True)
    d.handle_syscall("creat", on_enter=True)
    run_out(d)
    eq(h.hit_count, 0)
    eq(len(d.unused_handlers), 1)
    has(d.unused_handlers[0], "openat")


@test
def commands_of_the_prompt():
    d = debug("nested")
    d.run()
    has(d.command("r rip"), f"{d.instruction_pointer:x}")
    raises(RuntimeError, lambda: _plain(d.command, "no_such_command"), text="no_such_command")


def _plain(fn, *args):
    """With the library's own errors as what they are a kind of."""
    try:
        return fn(*args)
    except RuntimeError as e:
        raise RuntimeError(str(e)) from e


main()
