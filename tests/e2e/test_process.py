# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real programs: threads, forks, exec, signals, odd calls, and who dies when."""

import os
import signal
import subprocess
import time

from harness import (ACT, LSTAR, Skip, batch, call_of, children_of, eq, fail, finish, gone, has,
                     lines, main, matches, process_state, read, session, start, task_states, test,
                     tracer_of, wait_for)

COUNT = ["? .n = 0;", "!syscall getppid script { interlocked_increment(&.n); }", "g",
         '? printf("%d calls\\n", .n);']


def counted(*program, **kw):
    done = batch(COUNT, *program, **kw)
    return done, lines(done.msg)[-1]


@test
def threads_are_all_seen():
    done, count = counted(ACT, "threads", 8, 500)
    eq((done.status, done.out, count), (0, "threads=8\n", "4000 calls"))


@test
def forks_are_followed():
    done, count = counted(ACT, "fork", 10)
    eq((done.status, done.out, count), (0, "fork=10\n", "10 calls"))


@test(limit=60)
def two_hundred_forks():
    done, count = counted(ACT, "fork", 200)
    eq((done.status, done.out, count), (0, "fork=200\n", "200 calls"))


@test
def vforks_are_followed():
    done, count = counted(ACT, "vfork", 10)
    eq((done.status, done.out, count), (0, "vfork=10\n", "10 calls"))


@test
def children_cannot_ask_not_to_be_traced():
    """They would inherit the filter without the tracer that answers it."""
    for how in ("clone", "clone3"):
        done = batch(["!syscall getppid script { print($pid == $tid); }"], ACT, "untraced", how)
        eq((done.status, done.out, done.err, done.msg), (0, "untraced=3\n", "", "1\n"), how)


@test
def posix_spawn_is_followed():
    done, count = counted(ACT, "spawn", ACT, 5)
    eq((done.status, done.out, count), (0, "getppid=1\nspawn=0\n", "6 calls"))


@test
def exec_keeps_the_events():
    done, count = counted(ACT, "getppid", 1, "exec", ACT, "getppid", 4)
    eq((done.status, done.out, count), (0, "getppid=1\ngetppid=1\n", "7 calls"))


@test
def exec_from_a_thread():
    done, count = counted(ACT, "thread-exec", ACT, 4)
    eq((done.status, done.out, count), (0, "getppid=1\n", "5 calls"))


@test
def exec_from_a_thread_with_others():
    done, count = counted(ACT, "idlers", 5, "thread-exec", ACT, 4)
    eq((done.status, done.out, count), (0, "idlers=5\ngetppid=1\n", "5 calls"))


@test
def a_shell_pipeline():
    done = batch(["? .n = 0;", "!syscall execve stage pre script { .n++; }", "g",
                  '? printf("%d\\n", .n);'], "sh", "-c",
                 "/bin/echo one | /bin/cat | /usr/bin/tr a-z A-Z; exit 5")
    eq((done.status, done.out, lines(done.msg)[-1]), (5, "ONE\n", "3"))


@test
def int80_is_labelled():
    # 20 is getpid in the i386 table; x86-64's 20 is writev.
    done = batch(["!syscall script { if (@rax == 0n20) { pause(); } }"], ACT, "int80", 20)
    eq((done.status, done.out), (0, "int80=1\n"))
    matches(done.msg, r"(?m)i386.*getpid\b|getpid\b.*i386")


@test
def int80_numbers_are_not_x86_64_numbers():
    # i386 number 64 is getppid, 110 is iopl.
    done = batch(["!syscall getppid script { print(1); }"], ACT, "int80", 110)
    eq(done.msg, "")


@test
def x32_numbers_are_labelled():
    done = batch(["!syscall script { if (@rax == 4000006e) { pause(); } }"],
                 ACT, "quiet", 0x4000006E, 0, 0, 0)
    eq(done.status, 0)
    has(done.msg, "x32")


@test
def unmapped_argument():
    done = batch(["!syscall openat script { if (!check_address($syscall_arg1)) { print(1); } }"],
                 ACT, "unmapped").ok()
    eq((done.out, done.msg), ("unmapped=-14\n", "1\n"))
    done = batch(['!syscall openat script { printf("%s\\n", $syscall_arg1); }'], ACT, "unmapped")
    eq((done.status, done.out), (0, "unmapped=-14\n"))
    matches(done.err, r"(?i)bad address")


@test
def string_at_the_edge_of_its_page():
    done = batch(['!syscall openat script { if (strncmp($syscall_arg1, "/at", 3) == 0) { '
                  'printf("%s %d\\n", $syscall_arg1, strlen($syscall_arg1)); } }'], ACT, "edge")
    eq((done.status, done.out, done.msg), (0, "edge=-2\n", "/at-edge 8\n"))


@test
def own_seccomp_filter():
    done = batch(["!syscall getuid script { print(1); }", "!sysret script { "
                  "if ($syscall_number == 66) { print(@rax == -0n77); } }"], ACT, "seccomp",
                 "getppid", 2)
    eq((done.status, done.out, done.err), (0, "filter=0\ngetuid=-77\ngetppid=1\n", ""))
    # The kernel runs every filter and takes the strictest answer: the program's own one wins, and
    # the call may end before a tracer's filter is asked. With PTRACE_SYSCALL both are seen.
    eq(done.msg in ("1\n1\n", ""), True, done.msg)


@test
def a_call_is_skipped_inside_a_sandbox():
    """Whatever the debuggee's own filters say of a call that is left out."""
    for settings, kinds in ((["settings filter off"], ("kill", "errno", "strict")),
                            ([], ("kill", "errno"))):
        for kind in kinds:
            done = batch([*settings, "!syscall getuid script { $syscall_return = 1234; "
                          "print(@rdi); event_sc(1); }"], ACT, "sandbox", kind)
            eq((done.status, done.out, done.err, done.msg),
               (0, "sandbox=0\ngetuid=4660\n", "", "5\n"), f"{settings} {kind}")


@test
def interrupted_call():
    done = batch(['!syscall read script { if (@rdx == 1) { print(0); } }',
                  '!sysret script { if ($syscall_number == 0 && @rdx == 1) '
                  '{ printf("%lld\\n", @rax); } }'], ACT, "interrupted", "plain").ok()
    eq((done.out, done.msg), ("read=-4\n", "0\n-4\n"))


@test
def restarted_call_is_shown_once():
    done = batch(['!syscall read script { if (@rdx == 1) { print(0); } }',
                  '!sysret script { if ($syscall_number == 0 && @rdx == 1) '
                  '{ printf("%lld\\n", @rax); } }'], ACT, "interrupted", "restart").ok()
    eq((done.out, done.msg), ("read=1\n", "0\n1\n"))


@test
def exit_group_has_no_result():
    done = batch(["!syscall exit_group script { print(1); }",
                  "!sysret script { if ($syscall_number == 0n231) { print(2); } }"],
                 ACT, "exit", 0).ok()
    eq(done.msg, "1\n")


@test
def debuggee_killed_from_outside():
    process = start(LSTAR, "-q", "-b", "-c", "!syscall getppid script { }", "--", ACT, "loop", 100)
    victim = wait_for("the debuggee", lambda: [p for p in children_of(process.pid)
                                              if read(f"/proc/{p}/comm") == "act\n"])[0]
    time.sleep(0.2)
    os.kill(victim, signal.SIGKILL)
    eq(finish(process).status, -signal.SIGKILL)


@test
def debuggee_killed_in_the_middle_of_a_stop():
    # The script busy-waits while the debuggee is stopped, long enough to be killed.
    process = start(LSTAR, "-q", "-b", "-c",
                    '!syscall 0n999 script { microsleep(0n700000); $syscall_return = 1; '
                    'event_sc(1); print(check_address(@rsp)); }',
                    "--", ACT, "sleep", 100, "quiet", 999, 0, 0, 0)
    victim = wait_for("the stop", lambda: [p for p in children_of(process.pid)
                                          if task_states(p) == "t" and call_of(p) == "999"])[0]
    os.kill(victim, signal.SIGKILL)
    done = finish(process)
    eq(done.status, -signal.SIGKILL)


@test
def lstar_killed_launched_debuggee_dies():
    process = start(LSTAR, "-q", "-b", "-c", "!syscall getppid script { }", "--", ACT, "idlers", 3,
                    "loop", 100)
    victim = wait_for("the debuggee", lambda: [p for p in children_of(process.pid)
                                              if len(task_states(p)) == 4])[0]
    process.kill()
    process.wait()
    wait_for("its end", lambda: gone(victim))


@test
def lstar_killed_attached_debuggee_lives():
    victim = start(ACT, "idlers", 3, "loop", 100)
    wait_for("its threads", lambda: len(task_states(victim.pid)) == 4)
    process = start(LSTAR, "-q", "-b", "-p", victim.pid, "-c", "!syscall getppid script { }")
    wait_for("the attachment", lambda: tracer_of(victim.pid) == process.pid)
    time.sleep(0.3)
    process.kill()
    process.wait()
    wait_for("freedom", lambda: tracer_of(victim.pid) == 0
             and not set(task_states(victim.pid)) & set("tT"))
    eq(victim.poll(), None)


@test
def terminated_lstar_lets_the_attached_go():
    victim = start(ACT, "idlers", 3, "loop", 100)
    wait_for("its threads", lambda: len(task_states(victim.pid)) == 4)
    process = start(LSTAR, "-q", "-b", "-p", victim.pid, "-c", "!syscall getppid script { }")
    wait_for("the attachment", lambda: tracer_of(victim.pid) == process.pid)
    time.sleep(0.2)
    process.terminate()
    finish(process)
    wait_for("freedom", lambda: tracer_of(victim.pid) == 0
             and not set(task_states(victim.pid)) & set("tT"))
    eq(victim.poll(), None)


@test
def attach_count_detach():
    victim = start(ACT, "threads", 1, 0, "loop", 500)
    done = session(["? .n = 0;", "!syscall getppid script { .n++; if (.n == 64) { pause(); } }",
                    "g", 'print .n', ".detach"], options=("-p", victim.pid))
    eq((done.status, done.err), (0, ""))
    eq("64" in lines(done.msg), True, done.msg)
    wait_for("freedom", lambda: tracer_of(victim.pid) == 0)
    eq(victim.poll(), None)


@test
def end_of_input_lets_the_attached_go():
    victim = start(ACT, "loop", 500)
    eq(session([], options=("-p", victim.pid)).status, 0)
    wait_for("freedom", lambda: tracer_of(victim.pid) == 0
             and not set(task_states(victim.pid)) & set("tT"))
    eq(victim.poll(), None)


@test
def attached_pids_may_be_several():
    victims = [start(ACT, "loop", 500) for _ in range(3)]
    pids = ",".join(str(v.pid) for v in victims)
    done = session([".process", ".switch list"], options=("-p", pids))
    eq(done.status, 0)
    for victim in victims:
        matches(done.msg, rf"\b({victim.pid}|{victim.pid:x})\b")
        eq(tracer_of(victim.pid), 0)


@test
def attached_blocking_call_is_not_disturbed():
    victim = start(ACT, "sleep", 1500, "exit", 9)
    time.sleep(0.3)
    done = session([".detach"], options=("-p", victim.pid))
    eq(done.status, 0)
    out, _ = victim.communicate(timeout=20)
    eq((out, victim.returncode), ("sleep=0\n", 9))


@test
def sleeping_through_breaks():
    # A break of one thread must not end the blocking call of another.
    done = session(["!syscall getppid", "g", "g", "g", "events c all", "g"],
                   ACT, "fork", 3, "sleep", 300)
    eq((done.err, done.out), ("", "fork=3\nsleep=0\n"))


@test
def dead_pid():
    victim = start("true")
    victim.wait()
    done = lstar_p(victim.pid)
    matches(done.err, rf"\b{victim.pid}\b")
    matches(done.err, r"(?i)no such process|no process")


def lstar_p(pid, **kw):
    done = finish(start(LSTAR, "-q", "-b", "-p", pid, **kw))
    eq((done.status, done.out), (125, ""))
    return done


@test
def pid_of_another_user():
    if os.geteuid() != 0:
        raise Skip("needs root to become another user")
    done = finish(start("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                        "--inh-caps=-all", LSTAR, "-q", "-b", "-p", os.getpid(), cwd="/"))
    if done.status in (126, 127):
        raise Skip("another user cannot run this build")
    eq((done.status, done.out), (125, ""))
    matches(done.err, rf"\b{os.getpid()}\b")
    matches(done.err, r"(?i)ptrace_scope|CAP_SYS_PTRACE|root|user")


@test
def already_traced_process():
    victim = start(ACT, "loop", 500)
    first = start(LSTAR, "-q", "-b", "-p", victim.pid)
    wait_for("the first tracer", lambda: tracer_of(victim.pid) == first.pid)
    done = lstar_p(victim.pid)
    matches(done.err, rf"(?i)already.*\b{first.pid}\b")


@test
def lstar_does_not_trace_itself_or_another_lstar():
    # lstar -p of its own tracer would hang both of them for ever.
    victim = start(ACT, "loop", 500)
    first = start(LSTAR, "-q", "-b", "-p", victim.pid)
    wait_for("the first tracer", lambda: tracer_of(victim.pid) == first.pid)
    done = lstar_p(first.pid)
    matches(done.err, r"(?i)lstar")
    done = batch(["? .self = 1;", ".attach pid 1"]) if os.geteuid() else None
    del done


@test
def kernel_threads_are_refused():
    if not (os.path.exists("/proc/2/comm") and read("/proc/2/comm") == "kthreadd\n"):
        raise Skip("no kernel threads are visible here")
    matches(lstar_p(2).err, r"(?i)kernel thread")


@test
def group_stop_and_continue():
    victim = start(ACT, "loop", 2000)
    process = start(LSTAR, "-q", "-b", "-p", victim.pid, "-c", "!syscall getppid script { }")
    wait_for("the attachment", lambda: tracer_of(victim.pid) == process.pid)
    os.kill(victim.pid, signal.SIGSTOP)
    # A traced process in group-stop is shown as t; what counts is that it does nothing.
    schedstat = f"/proc/{victim.pid}/task/{victim.pid}/schedstat"

    def stands():
        was = read(schedstat)
        time.sleep(0.3)
        return read(schedstat) == was

    wait_for("it stands still", stands)
    before = read(schedstat)
    os.kill(victim.pid, signal.SIGCONT)
    wait_for("it runs again", lambda: read(schedstat) != before)
    process.terminate()
    finish(process)
    eq(victim.poll(), None)


@test
def signals_reach_the_debuggee():
    done = batch(["!syscall getppid script { }"], "sh", "-c",
                 "trap 'echo got; exit 4' TERM; kill -TERM $$; sleep 5")
    eq((done.status, done.out), (4, "got\n"))


@test
def debuggee_that_traces():
    # strace below lstar: tracing a tracer's child is refused by the kernel, loudly, not by a hang.
    done = batch(["!syscall getppid script { }"], "sh", "-c",
                 "strace -o /dev/null true 2>/dev/null; echo $?", timeout=20)
    eq(done.status, 0)
    eq(len(done.out) > 0, True)


@test
def set_user_id_programs_say_why():
    done = batch([], "sh", "-c", "exit 0")
    eq((done.status, done.err), (0, ""))


@test
def placement_is_not_seen():
    show = "import os; print(sorted(os.sched_getaffinity(0)))"
    native = subprocess.run(["python3", "-c", show], capture_output=True, text=True).stdout
    done = batch(["!syscall getppid script { }"], ACT, "getppid", 20000, "exec", "/usr/bin/env",
                 "python3", "-c", show).ok()
    eq(lines(done.out)[-1] + "\n", native)


@test
def filter_off_still_sees_all():
    done = batch(["settings filter off", *COUNT], ACT, "threads", 4, 100)
    eq((done.status, lines(done.msg)[-1]), (0, "400 calls"))


@test
def detach_of_a_filtered_debuggee_is_refused():
    done = session(["!syscall getppid", "g", ".detach", "events c all", "g"],
                   ACT, "getppid", 1)
    matches(done.err, r"(?i)filter")
    eq(done.out, "getppid=1\n")


@test
def detach_of_an_unfiltered_debuggee():
    done = session(["settings filter off", "!syscall getppid", "g", ".detach"],
                   ACT, "getppid", 1, "sleep", 50)
    eq(done.err, "")


@test
def events_added_later_extend_the_filter():
    done = batch(["!syscall 0n999 script { print(1); pause(); }", "g",
                  "!syscall 0n998 script { print(2); pause(); }", "g",
                  "!syscall 0n997 stage post script { print(3); }"],
                 ACT, *("quiet", 999, 0, 0, 0), *("quiet", 998, 0, 0, 0), *("quiet", 997, 0, 0, 0))
    eq(done.status, 0)
    eq([line for line in lines(done.msg) if line in "123"], ["1", "2", "3"])


@test
def state_is_never_left_stopped():
    process = start(LSTAR, "-q", "-b", "-c", "!syscall script { }", "-c", "!sysret script { }",
                    "--", ACT, "threads", 8, 2000)
    done = finish(process, timeout=30)
    eq((done.status, done.out), (0, "threads=8\n"))
    if process_state(process.pid) is not None:
        fail("lstar is still there")


main()
