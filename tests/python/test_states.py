# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is allowed when, and how it is refused: kill, detach, terminate, run again in all states;
the errors of the table one by one; exceptions of callbacks."""

import os
import signal
import subprocess
import sys
import time

from kit import *  # noqa: F403

NOT_RUNNING = "Process not running. Did you call run() or attach()?"
NOT_DEBUGGED = "No process is being debugged. Check your script."
ALL_DEAD = "All threads are dead."
IN_CALLBACK = "This method is not available in a callback."


def started(**options):
    d = debug("six_calls", **options)
    r = d.run()
    r.sendline(b"provola")
    return d


# --- what is left to read -----------------------------------------------------------------------

def seen(d):
    """All that can be asked about a thread and its call."""
    names = ("syscall_number", "syscall_original", "syscall_return", "syscall_original_return",
             *(f"syscall_arg{i}" for i in range(6)), "instruction_pointer", "stack_pointer")
    registers = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r12", "eflags")
    return ({n: getattr(d, n) for n in names} | {n: getattr(d.regs, n) for n in registers} |
            {f"original {i}": d.syscall_original_arg(i) for i in range(6)})


def killed(d):
    """It is killed where it stands, and says the same as before."""
    before = seen(d)
    d.kill()
    for name, value in seen(d).items():
        eq((name, value), (name, before[name]))
    eq(d.syscall_phase, None)  # it stands nowhere any more
    return before


@test
def a_killed_one_still_says_at_which_call_it_stood():
    for phase, result in (("enter", 2**64 - 38), ("exit", 14)):
        d = started()
        d.handle_syscall("write")
        d.cont()
        d.wait()
        if phase == "exit":
            d.cont()
            d.wait()
        eq(d.syscall_phase, phase)
        last = killed(d)
        eq([last[n] for n in ("syscall_number", "syscall_arg0", "syscall_arg2",
                              "syscall_return")], [1, 1, 14, result])


@test
def a_killed_one_says_what_it_was_changed_to():
    def change(t, _):
        t.syscall_number, t.syscall_arg0 = 39, 77

    d = started()
    d.handle_syscall("write", change, lambda t, _: d.interrupt())
    d.cont()
    d.wait()
    d.syscall_return = 5
    last = killed(d)
    eq([last[n] for n in ("syscall_number", "syscall_original", "syscall_return", "original 0")],
       [39, 1, 5, 1])
    eq(last["syscall_original_return"], d.pid)


@test
def a_killed_one_says_what_it_was_interrupted_with():
    d = debug("act", "loop", 100000000)
    d.run()
    h = d.handle_syscall("getppid")
    d.cont()
    d.wait()
    at_handler = seen(d)
    h.disable()
    d.cont()
    time.sleep(0.05)
    d.interrupt()
    d.regs.rbx = 0x1234
    d.regs.rcx = 0x5678
    last = killed(d)
    eq((last["rbx"], last["rcx"]), (0x1234, 0x5678))
    eq(at_handler["rbx"] == 0x1234, False)


@test
def a_killed_one_says_which_call_it_waited_in():
    d = debug("six_calls")
    d.run()
    h = d.handle_syscall("write", on_exit=True)
    d.cont()
    wait_for("its read", lambda: call_of(d.pid) == "0")
    d.interrupt()
    eq(h.hit_count, 1)
    last = killed(d)
    eq((last["syscall_number"], last["syscall_arg0"]), (0, 0))


@test
def one_killed_at_a_breakpoint_says_what_stood_there():
    d = started()
    d.handle_syscall("write", on_exit=True)
    d.breakpoint("main")
    d.cont()
    d.wait()
    d.regs.r12 = 99
    eq(killed(d)["r12"], 99)


# --- errors ------------------------------------------------------------------------------------

@test
def before_a_run():
    d = debug("six_calls")
    for fn in (lambda: d.handle_syscall("write"), lambda: d.hijack_syscall("read", "write"),
               d.cont, lambda: d.breakpoint("main"), d.step, d.detach, d.kill,
               lambda: d.invoke_syscall("getpid")):
        eq(str(raises(RuntimeError, fn)), NOT_RUNNING)
    for name in ("syscall_number", "syscall_arg0", "syscall_return", "instruction_pointer"):
        raises(RuntimeError, lambda n=name: getattr(d, n))
    d.terminate()


@test
def after_kill():
    d = started()
    d.kill()
    for fn in (lambda: d.handle_syscall("write"), lambda: d.hijack_syscall("read", "write"),
               d.kill, d.cont):
        eq(str(raises(RuntimeError, fn)), NOT_RUNNING)
    d.terminate()
    d.terminate()


@test
def after_detach():
    d = started()
    h = d.handle_syscall("write", on_enter=True)
    d.detach()
    for fn in (d.cont, lambda: d.handle_syscall("write")):
        eq(str(raises(RuntimeError, fn)), NOT_DEBUGGED)
    eq(h.hit_count, 0)
    d.terminate()


@test
def after_the_end():
    d = started()
    run_out(d)
    for fn in (d.cont, lambda: d.handle_syscall("write"), d.interrupt):
        eq(str(raises(RuntimeError, fn)), ALL_DEAD)
    d.wait()
    eq((d.dead, d.running, d.exit_code, d.exit_signal), (True, False, 0, None))
    eq([type(x) for x in (d.syscall_number, d.regs.rax, d.instruction_pointer)], [int] * 3)
    d.kill()
    raises(RuntimeError, d.kill)


@test
def unknown_names():
    d = started()
    for name in ("wrote", "WRITE", "", "sys_write"):
        eq(str(raises(ValueError, d.handle_syscall, name)), f'Syscall "{name}" not found')
    eq(str(raises(ValueError, d.invoke_syscall, "wrote")), 'Syscall "wrote" not found')


@test
def wrong_types():
    d = started()
    for call in (1.0, None, True, b"write", ["write"]):
        raises(TypeError, d.handle_syscall, call)
    raises(ValueError, d.handle_syscall, -2)
    for callback in (5, "write", [print]):
        raises(TypeError, d.handle_syscall, "write", callback)
        raises(TypeError, d.handle_syscall, "write", None, callback)
    for flag in (1, None, "yes"):
        raises(TypeError, d.handle_syscall, "write", recursive=flag)
    eq(d.handled_syscalls, {})


@test
def numbers_that_are_too_large():
    d = started()
    big, low = 2**70, -2**63 - 1
    for name, fn in (
            ("syscall_arg3", lambda n: setattr(d, "syscall_arg3", n)),
            ("syscall_return", lambda n: setattr(d, "syscall_return", n)),
            ("syscall_number", lambda n: setattr(d, "syscall_number", n)),
            ("instruction_pointer", lambda n: setattr(d, "instruction_pointer", n)),
            ("stack_pointer", lambda n: setattr(d, "stack_pointer", n)),
            ("rbx", lambda n: setattr(d.regs, "rbx", n)),
            ("value", d.skip_syscall),
            ("value", d.memory.find),
            ("address", lambda n: d.memory.read(n, 1)),
            ("size", lambda n: d.memory.read(0, n)),
            ("size", lambda n: d.memory[0, n]),
            ("i", d.syscall_original_arg),
            ("syscall", d.handle_syscall),
            ("original_syscall", lambda n: d.hijack_syscall(n, "write")),
            ("new_syscall", lambda n: d.hijack_syscall("write", n)),
            ("syscall_arg2", lambda n: d.hijack_syscall("write", "read", syscall_arg2=n)),
            ("call", d.invoke_syscall),
            ("argument 1", lambda n: d.invoke_syscall("getpid", 0, n)),
            ("pid", debugger().attach)):
        for n in (big, low, 10**5000):
            raises(ValueError, fn, n, text=f"{name} = {n:#x} ")
    for n in (-1, 2**64 - 1, -2**63):
        d.syscall_arg3 = n
        eq(d.syscall_arg3, n % 2**64)
    d.kill()


@test
def not_from_a_callback():
    d = started()
    said = []

    def enter(t, h):
        for fn in (d.cont, d.wait, d.kill, d.detach, d.run):
            said.append(str(raises(RuntimeError, fn)))

    h = d.handle_syscall("getcwd", on_enter=enter)
    run_out(d)
    eq((said, h.hit_count), ([IN_CALLBACK] * 5, 1))


@test
def an_exception_in_a_callback_surfaces():
    class Own(Exception):
        pass

    for where in ("on_enter", "on_exit"):
        d = started()

        def bad(t, h):
            raise Own("as told")

        h = d.handle_syscall("getcwd", **{where: bad})
        d.cont()
        error = raises(RuntimeError, d.wait, text="as told")
        eq(type(error.__cause__), Own)
        names = []
        trace = error.__cause__.__traceback__
        while trace:
            names.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next
        eq(names[-1], "bad")
        eq((d.running, d.dead, d.syscall_number), (False, False, 79))
        run_out(d)
        eq(h.hit_count, 1)
        d.kill()


@test
def interrupt_in_a_callback_means_stay_stopped():
    d = started()
    d.handle_syscall("getcwd", on_exit=lambda t, h: d.interrupt())
    d.cont()
    d.wait()
    eq((d.dead, d.running, d.syscall_number), (False, False, 79))
    run_out(d)


# --- states ------------------------------------------------------------------------------------

@test
def kill_waits_for_the_next_stop():
    d = started()
    h = d.handle_syscall("write", on_enter=True)
    d.cont()
    d.kill()
    eq((h.hit_count, d.dead), (2, True))


@test
def kill_at_once_when_asked_to_interrupt():
    d = debug("act", "loop", 1000, auto_interrupt_on_command=True)
    d.run()
    d.cont()
    time.sleep(0.1)
    d.kill()
    eq((d.dead, gone(d.pid)), (True, True))


@test
def terminate_in_every_state():
    d = debug("act", "loop", 1000)
    d.terminate()
    d.run()
    d.terminate()
    eq(d.dead, True)
    d.run()
    pid = d.pid
    d.cont()
    d.terminate()
    eq((d.dead, gone(pid)), (True, True))
    d.run()
    d.kill()
    d.terminate()
    d.run()
    d.detach()
    os.kill(d.pid, signal.SIGKILL)
    d.terminate()


@test
def a_run_begins_anew_in_every_state():
    d = debug("six_calls")
    pids = []
    for end in (lambda: None, d.kill, d.terminate, lambda: run_out(d), d.cont,
                lambda: d.breakpoint("main"), lambda: d.handle_syscall("write")):
        r = d.run()
        r.sendline(b"provola")
        pids.append(d.pid)
        eq((d.dead, d.running, d.children, d.exit_code, len(d.threads)),
           (False, False, [], None, 1))
        end()
    d.run()
    eq(len(set(pids)), 7)
    for pid in pids:
        eq(gone(pid), True)
    d.kill()


@test
def it_starts_at_the_entry_point_of_the_program():
    d = debug("six_calls")
    d.run()
    entry = d.instruction_pointer
    eq(entry, d.resolve("_start"))
    eq(d.maps[0].start <= entry < d.maps[-1].end, True)


@test
def without_address_randomization():
    d = debug("fork_one", aslr=False)
    starts = set()
    for _ in range(3):
        d.run()
        starts.add(d.maps[0].start)
        d.kill()
    eq(len(starts), 1)


@test
def attach_and_detach_leave_it_unharmed():
    p = subprocess.Popen([prog("act"), "loop", "1000"], stdout=subprocess.DEVNULL)
    at_end(p.kill)
    d = debugger()
    d.attach(p.pid)
    eq((d.pid, d.dead), (p.pid, False))
    seen = []
    h = d.handle_syscall("*", on_enter=lambda t, h: seen.append(t.syscall_number))
    d.cont()
    wait_for("calls", lambda: len(seen) > 20)
    d.interrupt()
    d.detach()
    eq(p.poll(), None)
    eq(tracer_of(p.pid), 0)
    before = h.hit_count
    time.sleep(0.05)
    eq(h.hit_count, before)
    p.kill()
    p.wait()


@test
def a_call_under_way_at_attach_is_seen_whole():
    p = subprocess.Popen([prog("act"), "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    at_end(p.kill)
    wait_for("read", lambda: open(f"/proc/{p.pid}/syscall").read().startswith("0 "))
    d = debugger()
    d.attach(p.pid)
    seen = []
    d.handle_syscall("read", on_enter=lambda t, h: seen.append("enter"),
                     on_exit=lambda t, h: seen.append(t.syscall_return))
    d.cont()
    wait_for("the entry", lambda: seen == ["enter"])
    p.stdin.write(b"y")
    p.stdin.flush()
    wait_for("the exit", lambda: seen[:2] == ["enter", 1])
    d.interrupt()
    d.detach()
    p.stdin.close()
    eq((p.stdout.read(), p.wait()), (b"y", 0))


@test
def a_changed_argument_takes_effect_at_detach():
    d = started()
    r = d.pipes
    h = d.handle_syscall("write")
    d.cont()
    d.wait()
    eq(h.hit_on_enter(d), True)
    d.syscall_arg2 = 5
    d.detach()
    got = r.recv(5)
    eq(got, b"Hello")


@test
def what_is_not_detachable_is_fast_and_says_why_it_stays():
    d = debug("act", "loop", 1000, detachable=False)
    d.run()
    h = d.handle_syscall("getppid", on_enter=True)
    d.cont()
    wait_for("calls", lambda: h.hit_count > 3)
    d.interrupt()
    has(read(f"/proc/{d.pid}/status"), "Seccomp:\t2\n")
    raises(_lstar_error(), d.detach, text="seccomp filter")
    d.kill()
    d = debug("act", "loop", 1000)
    d.run()
    d.handle_syscall("getppid", on_enter=True)
    d.cont()
    d.interrupt()
    has(read(f"/proc/{d.pid}/status"), "Seccomp:\t0\n")
    d.kill()


@test
def the_debuggee_ends_with_the_script():
    script = write("script.py", f"""
import sys
sys.path[:0] = {__import__("sys").path!r}
from lstar import debugger
d = debugger([{prog("act")!r}, "loop", "1000"])
d.run()
d.cont()
print(d.pid)
""")
    done = finish(start(sys.executable, script)).ok()
    wait_for("its end", lambda: gone(int(done.out)))


def left_in_a_callback(body, after=""):
    """A script that ends while a callback is in @body; it, started, and the debuggee's number."""
    script = write("script.py", f"""
import sys, threading, time
sys.path[:0] = {sys.path!r}
from lstar import debugger

inside = threading.Event()

def callback(t, h):
    inside.set()
    {body}

d = debugger([{prog("act")!r}, "loop", "1000"])
d.run()
d.handle_syscall("getppid", callback)
d.cont()
inside.wait()
print(d.pid, flush=True)
{after}
""")
    job = start(sys.executable, script)
    return job, int(job.stdout.readline())


@test
def a_callback_that_never_returns_ends_with_the_script():
    for body, said, status in (
            ("while True: pass", "has not returned", 0),
            ("while True: time.sleep(0.01)", "has not returned", 0),
            ("time.sleep(0.2)", None, 0),
            ("threading.Event().wait()", "cannot be ended", 1),
            ("time.sleep(100000)", "cannot be ended", 1)):
        job, pid = left_in_a_callback(body)
        done = finish(job)
        eq((body, done.status), (body, status))
        if said is None:
            eq(done.err, "")
        else:
            has(done.err, said)
        wait_for("its end", lambda p=pid: gone(p))


@test
def control_c_ends_a_script_whose_callback_never_returns():
    job, pid = left_in_a_callback("while True: pass", "d.wait()")
    os.kill(job.pid, signal.SIGINT)
    done = finish(job)
    eq(done.status, -signal.SIGINT)
    has(done.err, "KeyboardInterrupt")
    wait_for("its end", lambda: gone(pid))


@test
def what_is_not_there_cannot_run():
    raises(FileNotFoundError, debug("no_such_program").run)
    raises(PermissionError, debugger(["/etc/passwd"]).run)
    raises(ValueError, debugger().run)


@test
def argv_environment_and_directory():
    d = debugger(["/bin/sh", "-c", "echo $X $0; pwd", "zero"], env={"X": "here"}, cwd="/usr")
    at_end(d.terminate)
    r = d.run()
    run_out(d)
    eq(r.recvall(), b"here zero\n/usr\n")


@test
def words_of_a_single_program():
    d = debugger(prog("thread_sites"))
    at_end(d.terminate)
    d.run()
    eq(run_out(d), 0)
    eq(d.exit_code, 0)


# --- a call by hand ----------------------------------------------------------------------------

def syscall_instruction(d):
    code = [m for m in d.maps.filter("libc") if "x" in m.permissions][0]
    return next(a for a in d.memory.find(b"\x0f\x05", file="libc") if a in code)


@test
def a_call_by_hand_at_a_syscall_instruction():
    d = started()
    bp = d.breakpoint("after_first_write")
    d.cont()
    d.wait()
    bp.disable()
    before = d.instruction_pointer
    shell = d.memory.find(b"/bin/sh\x00", file="libc")[0]
    eq(d.memory[shell, 8], b"/bin/sh\x00")
    d.instruction_pointer = syscall_instruction(d)
    d.syscall_arg0 = shell
    d.syscall_arg1 = 0
    d.syscall_number = 21  # access("/bin/sh", F_OK)
    d.step()
    eq((d.regs.rax, d.syscall_return), (0, 0))
    d.instruction_pointer = before
    eq(run_out(d), 0)
    eq(d.exit_code, 0)


@test
def another_program_by_hand():
    d = debug("six_calls")
    r = d.run()
    shell = d.memory.find(b"/bin/sh\x00", file="libc")[0]
    d.instruction_pointer = syscall_instruction(d)
    d.syscall_arg0 = shell
    d.syscall_arg1 = 0x0
    d.syscall_arg2 = 0x0
    d.syscall_number = 0x3b
    d.step()
    d.cont()
    r.sendline(b"echo I am a shell; exit 7")
    eq(r.recvline(), b"I am a shell")
    d.wait()
    eq((d.dead, d.exit_code), (True, 7))


# --- invocation --------------------------------------------------------------------------------

@test
def invocation_at_a_breakpoint_changes_nothing():
    d = started()
    d.breakpoint("after_first_write")
    d.cont()
    d.wait()
    before = [getattr(d.regs, n) for n in "rax rbx rcx rdx rsi rdi rbp rsp rip r11".split()]
    eq(d.invoke_syscall("getpid"), d.pid)
    eq(d.invoke_syscall(39), d.pid)
    eq(d.invoke_syscall("close", -1), (1 << 64) - 9)
    eq([getattr(d.regs, n) for n in "rax rbx rcx rdx rsi rdi rbp rsp rip r11".split()], before)
    address = d.invoke_syscall("mmap", 0xdead0000, 0x1000, 7, 0x22, -1, 0)
    eq(address, 0xdead0000)
    eq([m.permissions for m in d.maps if m.start == address], ["rwxp"])
    d.memory[address, 6] = b"hello\n"
    eq(d.invoke_syscall("write", 1, address, 6), 6)
    run_out(d)
    has(d.pipes.recvall().decode(), "World!\nhello\n")


@test
def invocation_in_a_callback():
    d = started()
    got = []
    d.handle_syscall("read", on_enter=lambda t, h: got.append(t.invoke_syscall("getpid")),
                     on_exit=lambda t, h: got.append(t.invoke_syscall("getpid")))
    run_out(d)
    eq((got, d.exit_code), ([d.pid] * 2, 0))


@test
def wrong_invocations():
    d = started()
    raises(ValueError, d.invoke_syscall, "getpid", *range(7))
    raises(TypeError, d.invoke_syscall, "getpid", 1.0)
    raises(TypeError, d.invoke_syscall, "getpid", "1")
    raises(ValueError, d.invoke_syscall, "getpid", 1 << 64)
    for call in ("execve", "exit", "exit_group", "fork", "vfork", "clone", "rt_sigreturn"):
        raises(_lstar_error(), d.invoke_syscall, call)
    eq(run_out(d), 0)
    eq(d.exit_code, 0)


def _lstar_error():
    from lstar import Error
    return Error


@test
def a_thread_inside_of_a_blocking_call_shows_it():
    d = debug("six_calls")
    r = d.run()
    d.cont()
    eq(r.recvline(), b"Hello, World!")
    wait_for("its read", lambda: call_of(d.pid) == "0")
    d.interrupt()
    eq((d.syscall_number, d.syscall_return, d.syscall_phase), (0, (1 << 64) - 512, None))
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq((d.dead, d.exit_code), (True, 0))


@test
def the_signal_that_ended_it_has_a_name():
    for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGRTMIN + 6, "SIGRTMIN+6")):
        d = debug("six_calls")
        r = d.run()
        d.cont()
        eq(r.recvline(), b"Hello, World!")
        os.kill(d.pid, number)
        d.wait()
        eq((d.dead, d.exit_code, d.exit_signal), (True, None, name))


@test
def whatever_a_callback_raises_the_process_can_go_on():
    for kind in (ValueError, KeyboardInterrupt, SystemExit):
        for make in (lambda d, fn: d.handle_syscall("write", on_enter=fn),
                     lambda d, fn: d.handle_syscall("write", on_exit=fn),
                     lambda d, fn: d.breakpoint("main", callback=fn)):
            d = started()
            seen = []

            def fail_first(t, h, seen=seen, kind=kind):
                seen.append(t)
                if len(seen) == 1:
                    raise kind("first")

            make(d, fail_first)
            d.cont()
            with logged():
                e = raises(RuntimeError, d.wait, text=kind.__name__)
            eq((type(e.__cause__), d.running, d.dead), (kind, False, False))
            d.cont()
            d.wait()
            eq((d.dead, d.exit_code), (True, 0))


@test
def a_thread_of_a_former_run_is_dead():
    d = started()
    t = d.threads[0]
    tid = t.tid
    d.run()
    eq((t.dead, t.tid, d.threads[0].dead), (True, tid, False))
    eq(repr(t), f"ThreadContext(tid={tid}, pid={tid}, dead=True)")


@test
def streams_of_a_former_run_are_gone():
    d = started()
    eq(d.run(redirect_pipes=True) is d.pipes, True)
    eq((d.run(redirect_pipes=False), d.pipes), (None, None))


main()
