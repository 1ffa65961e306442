# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls that are hijacked, skipped and invoked, by scripts and by commands."""

import os

from harness import ACT, PROGS, batch, eq, has, lstar, main, matches, test

EXAMPLES = os.environ["EXAMPLE_PROGS"]
PASSWORD = os.path.join(EXAMPLES, "password")
MANUFACTURER = os.path.join(EXAMPLES, "manufacturer")
SIX = os.path.join(PROGS, "six_calls")


# --- script functions ----------------------------------------------------------

@test
def script_hijacks_with_the_arguments_that_are_there():
    done = batch(["!syscall read script { if ($syscall_arg2 == 1f) { syscall_hijack(1); } }"],
                 PASSWORD).ok()
    eq(done.out, "The password is 12345678" + 7 * "\0")


@test
def script_hijacks_with_some_arguments():
    done = batch(["!syscall read script { if (@rdx == 1f) {"
                  " syscall_hijack(1, 1, $syscall_arg1 + 4, 14); } }"], PASSWORD).ok()
    eq(done.out, "password is 12345678")


@test
def the_program_keeps_its_argument_registers():
    # act prints what the call returned; the registers are seen at the exit
    done = batch(["!syscall getppid script { syscall_hijack(0n39, 5, 6, 7, 8, 9, a); }",
                  '!syscall getppid stage post script { printf("%d %llx %llx\\n",'
                  " $syscall_return == $pid, @rdi == 5, @r9 == a); }"],
                 ACT, "quiet", 110, 1, 2, 3).ok()
    eq(done.msg, "1 0 0\n")


@test
def an_assigned_argument_stays():
    done = batch(["!syscall getppid script { $syscall_arg0 = 5; }",
                  '!syscall getppid stage post script { printf("%d\\n", @rdi == 5); }'],
                 ACT, "quiet", 110, 1, 2, 3).ok()
    eq(done.msg, "1\n")


@test
def script_skips_with_a_result():
    done = batch(["!syscall getppid script { syscall_skip(0n1234); }",
                  "!syscall getppid stage post script { print(1); }"],
                 ACT, "call", 110, 0, 0, 0).ok()
    eq((done.out, done.msg), ("call=1234\n", ""))


@test
def script_invokes_at_both_ends():
    done = batch(['!syscall getppid stage all script { printf("%d %d %lld\\n", $event_stage,'
                  " syscall_invoke(0n39) == $pid, syscall_invoke(3, 0n999)); }"],
                 ACT, "call", 110, 0, 0, 0).ok()
    eq(done.msg, "0 1 -9\n1 1 -9\n")
    eq(matches(done.out, r"^call=(\d+)$").group(1).isdigit(), True)


@test
def script_invokes_with_all_arguments():
    # an anonymous page, written by the script, freed again
    done = batch(["!syscall getppid script { p = syscall_invoke(9, 0, 1000, 3, 22, -1, 0);"
                  " eq(p, 1234); print(poi(p)); print(syscall_invoke(0n11, p, 1000));"
                  " print(check_address(p)); }"], ACT, "call", 110, 0, 0, 0).ok()
    eq(done.msg, "1234\n0\n0\n")


@test
def what_would_end_the_thread_is_a_script_error():
    done = batch(["!syscall getppid script { print(1); syscall_invoke(0n231, 5); print(2); }"],
                 ACT, "call", 110, 0, 0, 0)
    eq((done.status, done.msg), (0, "1\n"))
    has(done.err, "script error: the system call was not made: number e7: exit_group (231)")
    has(done.err, "the thread would end")


@test
def not_where_nothing_can_be_changed():
    done = batch(["!syscall getppid stage post script { syscall_hijack(1); }",
                  "!sysret script { if ($syscall_number == 6e) { syscall_skip(1); } }"],
                 ACT, "call", 110, 0, 0, 0)
    has(done.err, "not possible in this stage: syscall_hijack()")
    has(done.err, "not possible in this stage: syscall_skip()")
    eq(done.status, 0)


@test
def without_a_debuggee():
    done = lstar("-q", "-c", "? syscall_invoke(1);")
    has(done.err, "there is no debuggee that could make it")


main()
