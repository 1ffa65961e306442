# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every example of the project, on a real program, as its header says."""

import os
import re
import shlex
import socket
import subprocess
import sys

from harness import (ACT, ROOT, Listener, eq, example, fail, has, lines, lstar, main, matches, read,
                     test, write)

EXAMPLES = {"syscall-result.ds", "block-port.ds", "fail-third-conf.ds", "hide-file.ds",
            "log-exec.ds", "count-calls.ds",
            "handle-async.c", "handle-sync.c", "hijack.c", "hijack-args.c"}
BUILT = os.environ["EXAMPLES"]


def built(name, *args):
    """What an example in C prints; the first argument is one of examples/progs."""
    program = os.path.join(BUILT, "progs", args[0])
    done = subprocess.run([os.path.join(BUILT, name), program, *args[1:]], capture_output=True,
                          text=True, timeout=20, stdin=subprocess.DEVNULL)
    eq((done.returncode, done.stderr), (0, ""))
    return done.stdout


@test
def every_example_is_tested_here():
    here = os.listdir(os.path.join(ROOT, "examples"))
    eq({name for name in here if name.endswith((".ds", ".c"))}, EXAMPLES)


@test
def handle_async():
    eq(built("handle-async", "opener"), "entering open\nexiting open\nopen: 0\n1 call\n")


@test
def handle_sync():
    eq(built("handle-sync", "opener", "/no/such/file"),
       "open syscall was entered: /no/such/file\nopen syscall was exited: -2\nopen: -1\n")


@test
def hijack():
    eq(built("hijack", "password"), "The password is 12345678" + 7 * "\0")


@test
def hijack_args():
    shown = built("hijack-args", "manufacturer", "manufacturerName")
    eq((shown[:40], len(shown)), ("libdebug" + 24 * "\0" + "provola\0", 0x100))


@test
def syscall_result():
    with open("data", "wb") as f:
        f.write(b"x" * 1000)
    done = lstar("-q", "-b", "-s", example("syscall-result.ds"), "$pid", "0", "--", "cat", "data",
                 stdin="").ok()
    text = done.out.replace("x" * 1000, "")
    shown = lines(text)
    eq(len(shown) >= 4 and len(shown) % 2 == 0, True, text)
    tids = set()
    for call, result in zip(shown[::2], shown[1::2]):
        tids.add(matches(call, r"\A\[([0-9a-f]+)\] syscall num: 0, arg1: 3, arg2: [0-9a-f]+, "
                               r"arg3: [0-9a-f]+, arg4: [0-9a-f]+\Z").group(1))
        tids.add(matches(result, r"\A\[([0-9a-f]+)\] result of syscall: [0-9a-f]+\Z").group(1))
    eq(len(tids), 1)
    # The loader reads the head of the C library, then cat the file to its end.
    has(shown, shown[-1])
    matches(shown[-3], r"result of syscall: 3e8\Z")
    matches(shown[-1], r"result of syscall: 0\Z")
    matches(shown[1], r"result of syscall: 340\Z")


@test
def syscall_result_of_another_process():
    done = lstar("-q", "-b", "-s", example("syscall-result.ds"), "1", "0", "--", "cat", "/dev/null")
    eq((done.status, done.out, done.err), (0, "", ""))


@test
def block_port():
    with socket.create_server(("127.0.0.1", 0)) as open_one, \
            socket.create_server(("127.0.0.1", 0)) as blocked:
        program = ("import socket, sys\n"
                   "for port in sys.argv[1:]:\n"
                   "    s = socket.socket()\n"
                   "    print(s.connect_ex(('127.0.0.1', int(port))), flush=True)\n")
        ports = [str(s.getsockname()[1]) for s in (open_one, blocked)]
        done = lstar("-q", "-b", "-s", example("block-port.ds"), "0n" + ports[1], "--",
                     sys.executable, "-c", program, *ports)
    eq((done.status, done.err), (0, ""))
    shown = lines(done.out)
    eq((shown[0], shown[2]), ("0", "111"))
    matches(shown[1], rf"\A\S+ \(\d+\): connect to port {ports[1]} refused\Z")
    eq(len(shown), 3)


@test
def fail_third_conf():
    for number in range(1, 5):
        write(f"{number}.conf", f"content {number}\n")
    done = lstar("-q", "-b", "-s", example("fail-third-conf.ds"), "--", "cat", "1.conf", "2.conf",
                 "3.conf", "4.conf")
    eq(done.status, 1)
    has(done.err, "cat: 3.conf: No such file or directory")
    shown = lines(done.out)
    eq([line for line in shown if line.startswith("content")],
       ["content 1", "content 2", "content 4"])
    eq(len([line for line in shown if re.search(r"\(\d+\): openat of 3.conf fails", line)]), 1)
    eq(len(shown), 4)


@test
def hide_file():
    for name in ("first", "secret.txt", "third"):
        write(name, "")
    done = lstar("-q", "-b", "-s", example("hide-file.ds"), "secret.txt", "--", "ls").ok()
    eq(done.out, "first\nthird\n")
    done = lstar("-q", "-b", "-s", example("hide-file.ds"), "first", "--", "ls", "-a").ok()
    eq(done.out, ".\n..\nsecret.txt\nthird\n")
    done = lstar("-q", "-b", "-s", example("hide-file.ds"), "nothing", "--", "ls").ok()
    eq(done.out, "first\nsecret.txt\nthird\n")


@test
def hide_file_among_many():
    for number in range(3000):
        write(f"file-{number:04}", "")
    done = lstar("-q", "-b", "-s", example("hide-file.ds"), "file-2222", "--", "ls").ok()
    eq(lines(done.out), [f"file-{n:04}" for n in range(3000) if n != 2222])


@test
def log_exec():
    write("Makefile", "all: one two\none two:\n\t/bin/echo making $@\n")
    listener = Listener()
    done = lstar("-q", "-b", "-s", example("log-exec.ds"), "exec.log", listener.address, "--",
                 "make", "-s").ok()
    eq(done.out, "making one\nmaking two\n")
    logged = read("exec.log")
    shown = [re.sub(r"\A\d+ ", "", line) for line in lines(logged)]
    eq([line for line in shown if "making" in line],
       ["make: /bin/echo making one", "make: /bin/echo making two"])
    eq(listener.text(), logged)


@test
def log_exec_of_a_real_build():
    write("one.c", "int main(void) { return 0; }\n")
    write("Makefile", "one: one.o\n\tgcc -o one one.o\none.o: one.c\n\tgcc -c -o one.o one.c\n")
    listener = Listener()
    done = lstar("-q", "-b", "-s", example("log-exec.ds"), "exec.log", listener.address, "--",
                 "make", "-s", timeout=60).ok()
    eq((done.out, subprocess.run(["./one"], check=False).returncode), ("", 0))
    logged = read("exec.log")
    for tool in (r"make: \S*gcc -c -o one\.o one\.c", r"gcc: \S*cc1 ", r"gcc: \S*as ",
                 r"collect2: \S*ld "):
        matches(logged, rf"(?m)^\d+ {tool}")
    eq(listener.text(), logged)


@test
def count_calls():
    done = lstar("-q", "-b", "-s", example("count-calls.ds"), "--", ACT, "open", "/no/such/file",
                 "open", "/no/such/file")
    eq((done.status, done.err), (0, ""))
    counts = dict(line.split() for line in lines(done.out) if re.match(r"[a-z]+ \d+\Z", line))
    # Two of ours and the two of the loader (its cache and the C library); act writes two lines.
    eq((counts["openat"], counts["write"], counts["read"]), ("4", "2", "1"))
    if int(counts["mmap"]) < 4:
        fail(str(counts))


@test
def make_run_shows_pairs():
    from harness import LSTAR
    text = read(os.path.join(ROOT, "Makefile"))
    words = matches(text, r"\t\$\(LSTAR\) (-b .*)$").group(1).replace("$$", "$").replace("'", "")
    done = lstar(*words.split(), cwd=ROOT).ok()
    del LSTAR
    pairs = re.findall(r"\[([0-9a-f]+)\] syscall num: 0, arg1: [0-9a-f]+, arg2: [0-9a-f]+, "
                       r"arg3: ([0-9a-f]+), arg4: [0-9a-f]+\n\[\1\] result of syscall: "
                       r"([0-9a-f]+)\n", done.out)
    got = sum(int(result, 16) for _, _, result in pairs)
    sizes = sum(os.path.getsize(os.path.join(ROOT, n)) for n in ("Makefile", "LICENSE"))
    # All bytes of both files, and 340h for the head of every library that the loader looked at.
    eq((got - sizes) % 0x340, 0, done.out)
    eq(got >= sizes + 0x340, True)


@test
def commands_of_the_readme_and_the_manual_work():
    text = read(os.path.join(ROOT, "README.md"))
    roff = read(os.path.join(ROOT, "man", "lstar.1.in"))
    for mark, plain in (("\\(aq", "'"), ("\\-", "-"), ("\\e", "\\")):
        roff = roff.replace(mark, plain)
    found = re.findall(r"(?m)^(?: {4}\$? ?(?:build/src/)?)?lstar (-b .*)$", text + "\n" + roff)
    eq(len(found) >= 5, True, str(found))
    write("Makefile", "all:\n\t@echo out\n\t-@ls /no/such/file\n")
    for number in range(1, 5):
        write(f"{number}.conf", "")
    for command in found:
        done = lstar(*[os.path.join(ROOT, word) if word.startswith("examples/") else word
                       for word in shlex.split(command)])
        eq((command, re.sub(r"cat: 3.conf: .*\n", "", done.err)), (command, ""))
        eq((command, done.out != ""), (command, True))


main()
