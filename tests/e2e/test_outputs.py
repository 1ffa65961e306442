# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages and where they go: outputs, logs, full disks, closed pipes."""

import os
import signal
import socket
import subprocess

from harness import (ACT, LSTAR, PROGS, Listener, batch, eq, finish, has, has_not, lines, lstar,
                     main, matches, read, start, test, wait_for)

CALL = ("quiet", 999, 1, 2, 3)


def to(name, create):
    return [f"output create {create}", f"output open {name}",
            f'!syscall 0n999 output {{ {name} }} script {{ printf("%d,", @rdi); }}']


@test
def file():
    done = batch(to("log", "log file out.txt"), ACT, *CALL * 3).ok()
    eq((done.msg, read("out.txt")), ("", "1,1,1,"))


@test
def file_is_truncated():
    with open("out.txt", "w", encoding="ascii") as f:
        f.write("before")
    batch(to("log", "log file out.txt"), ACT, *CALL).ok()
    eq(read("out.txt"), "1,")


@test
def path_with_blanks():
    batch(to("log", 'log file "my out.txt"'), ACT, *CALL).ok()
    eq(read("my out.txt"), "1,")


@test
def tcp():
    listener = Listener()
    batch(to("net", f"net tcp {listener.address}"), ACT, *CALL * 3).ok()
    eq(listener.text(), "1,1,1,")


@test
def named_pipe():
    os.mkfifo("pipe")
    reader = start("cat", "pipe")
    batch(to("fifo", "fifo namedpipe pipe"), ACT, *CALL * 3).ok()
    eq(finish(reader).out, "1,1,1,")


@test
def named_pipe_is_made():
    process = start(LSTAR, "-q", "-b", *[a for c in to("fifo", "fifo namedpipe pipe")
                                        for a in ("-c", c)], "--", ACT, *CALL, "sleep", 1500)
    wait_for("the pipe", lambda: os.path.exists("pipe"))
    eq(subprocess.run(["cat", "pipe"], capture_output=True, text=True, timeout=20).stdout, "1,")
    eq(finish(process).status, 0)


@test
def module():
    done = batch(to("mod", f"mod module {PROGS}/fwd_module.so"), ACT, *CALL * 3,
                 env={"LSTAR_FWD_FILE": os.path.abspath("got")}).ok()
    eq((done.msg, read("got")), ("", "[1,][1,][1,]"))


@test
def two_outputs_get_the_same():
    listener = Listener()
    done = batch(["output create one file one", f"output create two tcp {listener.address}",
                  "output open one", "output open two",
                  '!syscall 0n999 output {one,two} script { print(@rdi); }'], ACT, *CALL * 2).ok()
    eq((done.msg, read("one"), listener.text()), ("", "1\n1\n", "1\n1\n"))


@test
def many_messages_arrive_in_order():
    listener = Listener()
    batch(["? .n = 0;", f"output create net tcp {listener.address}", "output open net",
           '!syscall getppid output { net } script { .n++; printf("%d\\n", .n); }'],
          ACT, "getppid", 5000).ok()
    eq(lines(listener.text()), [str(n) for n in range(1, 5002)])


@test
def slow_reader_loses_nothing():
    server = socket.create_server(("127.0.0.1", 0))
    process = start(LSTAR, "-q", "-b", "-c",
                    f"output create net tcp 127.0.0.1:{server.getsockname()[1]}", "-c",
                    "output open net", "-c", "? .n = 0;", "-c",
                    '!syscall getppid output { net } script { .n++; printf("%d ' + "x" * 1000
                    + '\\n", .n); }', "--", ACT, "getppid", 20000)
    peer, _ = server.accept()
    subprocess.run(["sleep", "1"], check=True)
    data = b""
    while chunk := peer.recv(1 << 20):
        data += chunk
    eq([int(line.split()[0]) for line in data.splitlines()], list(range(1, 20002)))
    eq(finish(process).status, 0)
    peer.close()
    server.close()


@test
def not_yet_open_gets_nothing():
    done = batch(["output create log file out.txt",
                  '!syscall 0n999 output { log } script { print(@rdi); }'], ACT, *CALL)
    eq((done.status, done.msg, read("out.txt")), (0, "", ""))


@test
def close_is_final():
    done = batch(["output create log file out.txt", "output open log", "output close log",
                  "output open log", "output close log",
                  '!syscall 0n999 output { log } script { print(@rdi); }'])
    eq(len(done.err.splitlines()) >= 3, True, done.err)
    for part in ("closed",):
        has(done.err, part)


@test
def list_of_outputs():
    matches(batch(["output"]).ok().msg, r"(?i)no output|empty")
    done = batch(["output create log file out.txt", "output open log", "output"]).ok()
    matches(done.msg, r"log\b.*")
    for word in ("file", "open", "out.txt"):
        has(done.msg, word)


@test
def output_errors():
    for commands, text in (
            (["output create log file /no/such/dir/x"], "/no/such/dir/x"),
            (["output create log fil x"], "fil"),
            (["output create log file x", "output create log file y"], "log"),
            (["output create " + "n" * 50 + " file x"], r"50|long"),
            (["output create net tcp 127.0.0.1:1"], r"(?i)refused"),
            (["output create net tcp nonsense"], "nonsense"),
            (["output create net tcp 127.0.0.1:99999"], "99999"),
            (["output create mod module /no/such.so"], r"/no/such\.so"),
            ([f"output create mod module {PROGS}/act"], r"act"),
            (["output open nobody"], "nobody"), (["output close nobody"], "nobody"),
            (["output create log file x", "output open log", "output open log"], "(?i)already"),
            (["output create log file x", "output close log"], "(?i)not open")):
        done = batch(commands)
        eq(done.status, 125)  # the last command failed
        matches(done.err, text)


@test
def full_disk_on_an_output():
    done = batch(to("log", "log file /dev/full"), ACT, *CALL * 50, "exit", 3)
    eq((done.status, done.msg), (3, ""))
    matches(done.err, r"log\b.*(?i:no space)")
    eq(len(done.err.splitlines()), 1, done.err)  # said once


@test
def reader_that_leaves():
    server = socket.create_server(("127.0.0.1", 0))
    process = start(LSTAR, "-q", "-b", "-c",
                    f"output create net tcp 127.0.0.1:{server.getsockname()[1]}", "-c",
                    "output open net", "-c",
                    '!syscall getppid output { net } script { print(1); }', "--", ACT, "getppid",
                    30000, "exit", 4)
    peer, _ = server.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.recv(10)
    peer.close()
    server.close()
    done = finish(process)
    eq(done.status, 4)
    has(done.err, "net")
    eq(len(done.err.splitlines()), 1, done.err)


@test
def full_disk_on_standard_output():
    with open("/dev/full", "w", encoding="ascii") as full:
        process = start(LSTAR, "-q", "-b", "-c", '!syscall getppid script { print(1); }', "--",
                        ACT, "quiet", 110, 0, 0, 0, "exit", 3, stdout=full)
        done = finish(process)
    eq(done.status in (3, 125), True, str(done.status))
    matches(done.err, r"(?i)no space")


@test
def closed_pipe_on_standard_output():
    r, w = os.pipe()
    os.close(r)
    process = start(LSTAR, "-q", "-b", "-c", '!syscall getppid script { print(1); }', "--",
                    ACT, "quiet", 110, 0, 0, 0, "exit", 3, stdout=w)
    os.close(w)
    done = finish(process)
    eq(done.status in (3, 125, -signal.SIGPIPE), True, str(done.status))


@test
def order_with_the_debuggees_own_output():
    done = lstar("-q", "-b", "-c", '!syscall write script { if (@rdi == 1 && @rdx > 3) '
                 '{ printf("<%d>", @rdx); } }', "--", ACT, "write", "hello", "write", "again!")
    eq(done.out, "<5>hello\n<8>write=5\n<6>again!\n<8>write=6\n")


@test
def log_has_commands_and_output():
    done = batch([".logopen log.txt", "print 2a", "no-such-command", ".logclose", "print 2b"])
    log = read("log.txt")
    for part in ("print 2a", "2a\n", "no-such-command"):
        has(log, part)
    has_not(log, "2b")
    eq(done.msg.splitlines()[-1], "2b")


@test
def log_errors():
    matches(batch([".logclose"]).err, r"(?i)no .*log|not open")
    matches(batch([".logopen a1.txt", ".logopen b1.txt"]).err, r"(?i)open")
    has(batch([".logopen /no/such/dir/x"]).err, "/no/such/dir/x")


@test
def closing_an_output_that_an_event_prints_to():
    done = batch(["output create log file x.txt", "output open log",
                  "!syscall 0n999 output { log } script { print(@rdi); }", "output close log",
                  "g", "events", "output", ".status"], ACT, *CALL)
    matches(done.err, r"(?m)^lstar: warning: event 0 prints to output 'log'.* dropped")
    matches(done.msg, r"fired 1, messages dropped 1\]")
    matches(done.msg, r"0 bytes in 0 messages delivered, 1 dropped")
    matches(done.msg, r"1 messages, 1 dropped")


@test
def flush_says_how_many():
    matches(batch(["flush"]).ok().msg, r"\b0\b")


@test
def drop_policy_counts():
    server = socket.create_server(("127.0.0.1", 0))
    process = start(LSTAR, "-q", "-b", "-c", "settings slowsink drop", "-c",
                    f"output create net tcp 127.0.0.1:{server.getsockname()[1]}", "-c",
                    "output open net", "-c", "? .n = 0;", "-c",
                    '!syscall getppid output { net } script { .n++; printf("%d ' + "x" * 1000
                    + '\\n", .n); }', "-c", "g", "-c", "output", "--", ACT, "getppid", 20000)
    peer, _ = server.accept()
    subprocess.run(["sleep", "0.1"], check=True)
    done = finish(process, timeout=30)  # nobody reads: the debuggee must not wait
    data = b""
    while chunk := peer.recv(1 << 20):
        data += chunk
    numbers = [int(line.split()[0]) for line in data.rpartition(b"\n")[0].splitlines()]
    eq(numbers == sorted(set(numbers)), True, "whole messages, in order")
    dropped = int(matches(done.out, r"(\d+) dropped").group(1))
    lost = int(matches(done.err, r"(\d+) messages? (are|is) lost").group(1))
    eq(len(numbers) + dropped + lost, 20001)
    peer.close()
    server.close()


main()
