# SPDX-License-Identifier: LGPL-2.1-or-later
"""`lstar machine` where there is no hypervisor: options, refusals, scripts that are only looked at.

What it does with one is tested in guests.
"""

import os

from harness import ACT, Skip, batch, eq, has, lstar, main, test, write

NO_DEVICE = ("lstar: error: there is no /dev/lstar: the module lstar.ko is not loaded. As root, "
             "'modprobe lstar' loads the installed one, 'insmod lstar.ko' one that was built by "
             "hand")


def need_no_device():
    if os.path.exists("/dev/lstar"):
        raise Skip("this machine has the module")


@test
def without_the_module_it_says_how_to_load_it():
    need_no_device()
    for args in ([], ["-b"], ["-b", "-c", "events"], ["-q", "-s", "none.ds"]):
        done = lstar("machine", *args)
        eq((done.status, done.out), (125, ""))
        eq(done.err.split(";")[0].rstrip("\n"), NO_DEVICE)


@test
def it_takes_no_program_and_no_process():
    for args in (["ls"], ["-p", "1"], ["--", "ls", "-l"]):
        done = lstar("machine", *args)
        eq((done.status, done.out), (2, ""))
        eq(done.err, "lstar: the machine is all there is to debug: 'lstar machine' goes with no "
                     "program and no -p\nTry 'lstar -h'.\n")


@test
def a_program_of_that_name_is_a_program():
    write("machine", "#!/bin/sh\nexit 7\n")
    os.chmod("machine", 0o755)
    eq(lstar("-b", "./machine").status, 7)
    eq(lstar("-b", "--", "./machine").status, 7)


@test
def behind_options_it_is_told_where_the_word_belongs():
    done = lstar("-q", "machine", "-b")
    eq((done.status, done.out), (127, ""))
    has(done.err, "for the whole machine that word comes first: 'lstar machine -q'")


@test
def wrong_options_are_told_in_the_name_of_the_program():
    done = lstar("machine", "--no-such-option")
    eq(done.status, 2)
    has(done.err, "lstar: unrecognized option '--no-such-option'")


@test
def check_knows_what_scripts_may_use_on_the_machine():
    write("kernel.ds", "!syscall openat script { printf(\"%llx %llx\\n\", $proc, @cr3); }\n"
                       "!sysret sc on script { @rip = vmlinux!do_nanosleep; }\n")
    eq(lstar("machine", "--check", "kernel.ds").ok().out, "")
    done = lstar("--check", "kernel.ds")
    eq(done.status, 1)
    has(done.err, "$proc")


@test
def check_refuses_what_the_machine_cannot_do():
    write("kernel.ds", "!syscall openat script { pause(); }\n"
                       "!syscall openat script { @cs = 0; }\n"
                       "!syscall openat script { x = $peb; }\n")
    done = lstar("machine", "--check", "kernel.ds")
    eq((done.status, done.err.count("error:")), (1, 3))
    for line, word in enumerate(("pause", "cs", "peb"), 1):
        has(done.err, f"kernel.ds:{line}:")
        has(done.err, word)


@test
def commands_of_the_machine_are_refused_for_processes():
    for command in ("cpu", "rdmsr 10", "wrmsr 10 0", "lm km", "!va2pa 0",
                    "!pa2va 0", ".unload"):
        name = command.split()[0]
        done = batch([command], ACT, "exit", 0)
        eq(done.err, f"lstar: error: '{name}' is for the whole machine: start lstar as "
                     "'lstar machine'\n")


main()
