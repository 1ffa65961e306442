# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options of the command line, and how lstar ends."""

import os
import subprocess

from harness import (ACT, batch, eq, has, has_not, lstar, main, matches, read, test,
                     write)


@test
def version():
    done = lstar("-V")
    eq((done.status, done.err), (0, ""))
    matches(done.out, r"\Alstar \d+\.\d+\.\d+")
    eq(lstar("--version").out, done.out)


@test
def help_names_every_option():
    done = lstar("-h").ok()
    for word in ("-c", "--command", "-s", "--script", "-b", "--batch", "-o", "--output", "--color",
                 "-q", "-V", "-h", "-p", "--check", "--dump-bytecode"):
        has(done.out, word)
    for line in done.out.splitlines():
        eq(len(line) <= 80, True, line)
    eq(lstar("--help").out, done.out)


@test
def unknown_option():
    done = lstar("--no-such-option")
    eq((done.status, done.out), (2, ""))
    has(done.err, "no-such-option")


@test
def option_without_its_value():
    for option in ("-c", "-s", "-o", "-p", "--color"):
        done = lstar(option)
        eq((option, done.status, done.out), (option, 2, ""))
        has(done.err, option.lstrip("-"))


@test
def color_takes_three_words():
    eq(lstar("--color", "sometimes", "-c", "print 1").status, 2)
    for word in ("auto", "always", "never"):
        eq(lstar("--color", word, "-c", "print 1").status, 0)


@test
def color_only_when_asked_for():
    bad = ("-b", "-c", "? .x = ;")
    has_not(lstar("--color", "never", *bad).err, "\x1b")
    has_not(lstar(*bad).err, "\x1b")
    has(lstar("--color", "always", *bad).err, "\x1b")
    has_not(lstar(*bad, env={"NO_COLOR": "1"}).err, "\x1b")


@test
def pid_must_be_a_number():
    for word in ("abc", "", "1x", "-5", "0", "99999999999999999999"):
        done = lstar("-p", word, "-b")
        eq((word, done.status, done.out), (word, 2, ""))
        has(done.err, word)


@test
def program_and_pid_exclude_each_other():
    done = lstar("-b", "-p", str(os.getpid()), "--", ACT)
    eq((done.status, done.out), (2, ""))


@test
def exit_status_is_the_debuggees():
    for status in (0, 1, 2, 7, 77, 125, 126, 127, 128, 200, 255):
        eq(lstar("-q", "-b", "--", ACT, "exit", status).status, status)


@test(limit=60)
def every_exit_status():
    for status in range(0, 256, 5):
        eq(lstar("-q", "-b", "--", ACT, "exit", status).status, status)


@test
def dies_by_the_debuggees_signal():
    for number in (1, 2, 3, 6, 8, 9, 11, 14, 15):
        eq(lstar("-q", "-b", "--", ACT, "kill", number).status, -number)


@test
def program_not_found():
    done = lstar("-b", "--", "/no/such/program")
    eq((done.status, done.out), (127, ""))
    has(done.err, "/no/such/program")
    matches(done.err, r"(?i)no such file|not found")
    done = lstar("-b", "--", "no-such-program-in-path")
    eq(done.status, 127)
    has(done.err, "no-such-program-in-path")


@test
def program_not_executable():
    write("plain", "#!/bin/sh\n")
    done = lstar("-b", "--", "./plain")
    eq((done.status, done.out), (126, ""))
    has(done.err, "./plain")
    matches(done.err, r"(?i)permission denied|not executable")


@test
def program_is_a_directory():
    os.mkdir("dir")
    done = lstar("-b", "--", "./dir")
    eq((done.status, done.out), (126, ""))
    has(done.err, "./dir")


@test
def program_of_no_known_format():
    write("junk", "\0\0\0\0junk")
    os.chmod("junk", 0o755)
    done = lstar("-b", "--", "./junk")
    eq((done.status, done.out), (126, ""))
    has(done.err, "./junk")


@test
def nothing_to_debug_in_batch_mode_is_fine():
    done = lstar("-q", "-b", "-c", "print 2a").ok()
    eq(done.out, "2a\n")


@test
def commands_run_in_order():
    done = lstar("-q", "-b", "-c", "? .a1 = 1;", "-c", "? .a1 = .a1 + 5;", "-c", "print .a1").ok()
    eq(done.out, "6\n")


@test
def output_goes_to_the_file():
    done = lstar("-q", "-b", "-o", "here", "-c", "print 2a").ok()
    eq((done.out, read("here")), ("", "2a\n"))


@test
def output_file_that_cannot_be_made():
    done = lstar("-b", "-o", "/no/such/dir/file", "-c", "print 1")
    eq((done.status, done.out), (125, ""))
    has(done.err, "/no/such/dir/file")
    has(done.err, "No such file")


@test
def program_options_are_the_programs():
    eq(lstar("-q", "-b", ACT, "exit", "9").status, 9)
    done = lstar("-q", "-b", "--", "echo", "-c", "-n", "-V").ok()
    eq(done.out, "-c -n -V\n")
    done = lstar("-q", "-b", "echo", "-c", "-V").ok()
    eq(done.out, "-c -V\n")


@test
def standard_input_belongs_to_the_debuggee_in_batch_mode():
    done = batch(["!syscall getppid script { }"], ACT, "cat", stdin="print 1\nhello\n").ok()
    eq((done.out, done.msg), ("print 1\nhello\n", ""))


@test
def environment_and_directory_reach_the_debuggee():
    done = lstar("-q", "-b", "--", "sh", "-c", "echo $LSTAR_TEST; pwd", env={"LSTAR_TEST": "x y"})
    eq(done.out, f"x y\n{os.getcwd()}\n")


@test
def debuggee_has_no_stray_descriptors():
    done = lstar("-q", "-b", "-o", "f", "--", "sh", "-c", "ls /proc/self/fd").ok()
    # 3 is the directory that ls itself reads.
    eq(done.out, "0\n1\n2\n3\n")


@test
def debuggee_signals_are_as_lstar_got_them():
    show = "grep -E 'SigBlk|SigIgn' /proc/self/status"
    native = subprocess.run(["sh", "-c", show], capture_output=True, text=True).stdout
    eq(lstar("-q", "-b", "--", "sh", "-c", show).out, native)


@test
def a_failing_command_does_not_change_the_status():
    done = batch(["no-such-command"], ACT, "exit", 3)
    eq(done.status, 3)
    has(done.err, "no-such-command")



@test
def check_runs_nothing():
    write("good.ds", "// a script\nprintf(\"hello\\n\"); .x = 1; print(.x);\n")
    done = lstar("--check", "good.ds")
    eq((done.status, done.out, done.err), (0, "", ""))
    write("bad.ds", "x = y;\nif (1 { }\nz = 1;\n")
    done = lstar("--check", "good.ds", "bad.ds")
    eq((done.status, done.out), (1, ""))
    eq([line for line in done.err.splitlines() if ": error:" in line],
       ["bad.ds:1:5: error: the variable 'y' is read, but nothing before it assigns it",
        "bad.ds:2:7: error: expected ')' after the condition, found '{'"])


@test
def check_files_of_commands():
    write("cmds", "# events\n.start path /no/such\noutput create o file /no/such/dir\n"
          "!syscall openat output { o } script {\n\tprintf(\"%s\", @rsi);\n}\n"
          "? .n = 0;\n!sysret pid $arg1 script { .n++; }\nprint .n + libc!write\nevents c all\ng\n")
    done = lstar("--check", "cmds")
    eq((done.status, done.out, done.err), (0, "", ""))
    write("bad", "!syscall opnat script { }\n? {\n  x = ;\n}\nprint 1 +\nno-such-command\n"
          "!syscall 1 script {\n\n y = q; }\n!syscall stage never\n")
    done = lstar("--check", "bad")
    eq((done.status, done.out), (1, ""))
    eq([line for line in done.err.splitlines() if ": error:" in line],
       ["bad:1:10: error: 'opnat' is no system call, no number and no expression",
        "bad:3:7: error: expected an expression, found ';'",
        "bad:5:10: error: expected an expression, found the end of the script",
        "bad:6:1: error: unknown command 'no-such-command'",
        "bad:9:6: error: the variable 'q' is read, but nothing before it assigns it",
        "bad:10:16: error: 'never' is not a value of 'stage'"])
    eq(os.path.exists("o"), False)



@test
def include_is_relative_to_the_including_file():
    os.makedirs("lib/deep")
    write("lib/one.ds", '#include "deep/two.ds";\n? {\n  int twice(int n) { return two() * n; }\n}\n')
    write("lib/deep/two.ds", "int two() { return 2; } // two\n")
    write("here.ds", "int three() { return 3; }\n")
    write("cmds", '? {\n#include "lib/one.ds";\n#include "here.ds"\nprint(twice(three()));\n}\n')
    eq(lstar("-q", "-b", "-s", "cmds").ok().out, "6\n")
    write("lib/up.ds", '#include "here.ds"\nprint(three());\n')
    eq(lstar("--check", "lib/up.ds").ok().err, "")
    write("lib/deep/bad.ds", "\nint three() { return q; }\n")
    write("lib/main.ds", 'n = 1;\n#include "deep/bad.ds"\nn = three(;\n')
    done = lstar("--check", "lib/main.ds")
    eq((done.status, [line for line in done.err.splitlines() if ": error:" in line]),
       (1, ["lib/deep/bad.ds:2:22: error: the variable 'q' is read, but nothing before it assigns it",
            "lib/main.ds:3:11: error: expected an expression, found ';'"]))


@test
def include_of_what_is_no_script():
    os.mkdir("dir")
    os.mkfifo("pipe")
    for name, why in (("none.ds", "No such file"), ("dir", "no regular file"),
                      ("pipe", "no regular file"), ("/dev/zero", "no regular file")):
        write("m.ds", f'#include "{name}";\n')
        done = lstar("--check", "m.ds")
        eq((name, done.status), (name, 1))
        has(done.err, f"m.ds:1:1: error: cannot include '{name}'")
        has(done.err, why)
    write("self.ds", 'x = 1;\n#include "self.ds";\n')
    done = lstar("--check", "self.ds")
    eq(done.status, 1)
    has(done.err, "self.ds:2:1: error: files include each other in a circle: self.ds includes self.ds")


@test
def check_usage():
    for words in (["--check"], ["--dump-bytecode"], ["--check", "-b", "x"],
                  ["--check", "-c", "print 1", "x"]):
        done = lstar(*words)
        eq((words, done.status, done.out), (words, 2, ""))
        has(done.err, words[0])
    done = lstar("--check", "/no/such/file")
    eq((done.status, done.out), (1, ""))
    has(done.err, "/no/such/file")


@test
def dump_bytecode():
    write("s.ds", "n = 5;\nwhile (n) n--;\nprint(n);\n")
    done = lstar("--dump-bytecode", "s.ds").ok()
    eq(done.out.splitlines()[0], "; s.ds:1")
    for word in ("LDI r0, 5", "ADDI r0, r0, -1", "BUILTIN", "END", "; line 2", "main: "):
        has(done.out, word)
    write("c.ds", "? print(1);\n!syscall openat script { print(@rsi); }\n")
    done = lstar("--dump-bytecode", "c.ds").ok()
    has(done.out, "; c.ds:1\n")
    has(done.out, "; c.ds:2\n")
    write("bad.ds", "x = ;")
    eq(lstar("--dump-bytecode", "bad.ds").status, 1)


main()
