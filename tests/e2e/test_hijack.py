# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls that are hijacked, skipped and invoked, by scripts and by commands."""

import os

from harness import ACT, PROGS, batch, eq, has, lstar, main, matches, test

EXAMPLES = os.path.join(os.environ["EXAMPLES"], "progs")
PASSWORD = os.path.join(EXAMPLES, "password")
MANUFACTURER = os.path.join(EXAMPLES, "manufacturer")
SIX = os.path.join(PROGS, "six_calls")
VISITS = os.path.join(PROGS, "visits")


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


# --- !hijack -------------------------------------------------------------------

# The loader reads files, too: hijacking begins behind it.
BEHIND_LOADER = ["bp main", "g"]


@test
def the_secret_appears():
    done = batch(BEHIND_LOADER + ["!hijack read write"], PASSWORD).ok()
    eq(done.out, "The password is 12345678" + 7 * "\0")


@test
def arguments_of_its_own():
    done = batch(BEHIND_LOADER + ["!hijack read write arg0=1 arg1=manufacturer!manufacturerName arg2=0n39"],
                 MANUFACTURER).ok()
    eq(done.out, "libdebug" + 24 * "\0" + "provola")
    done = batch(BEHIND_LOADER + ["!hijack read write arg0=1 arg1=@rsi+0n32 arg2=7"],
                 MANUFACTURER).ok()
    eq(done.out, "provola")


@test
def arguments_that_are_left_out_stay():
    # getppid(1, 2, 3) as write: descriptor and length are given, the address is not
    done = batch(["!hijack 0n110 write arg0=1 arg2=2"], SIX)
    eq(done.status, 0)
    done = batch(["!hijack getppid 0n999"], ACT, "call", 110, 0, 0, 0).ok()
    eq(done.out, "call=-38\n")


@test
def is_an_event():
    done = batch(["!hijack getppid getpid pid 1", "events"], ACT, "call", 110, 0, 0, 0)
    has(done.msg, "0   (enabled)  !hijack getppid getpid pid 1  [fired 0]")
    done = batch(["!hijack getppid 0n999", "events d 0", "!hijack getppid 0n999 arg0=5",
                  "events e 0", "g", "events"], ACT, "call", 110, 0, 0, 0)
    has(done.msg, "!hijack getppid 0n999  [fired 1]")
    has(done.msg, "!hijack getppid 0n999 arg0=5  [fired 1]")


@test
def other_events_see_the_number_that_was_given():
    done = batch(["!hijack getppid 0n999",
                  '!syscall getppid stage all script { printf("%d %llx\\n", $event_stage,'
                  " $syscall_number); }", "!syscall 0n999 script { print(bad); }"],
                 ACT, "call", 110, 0, 0, 0)
    eq(done.msg, "0 3e7\n1 6e\n")


@test
def classes_and_all():
    done = batch(["!hijack %network 0n999"], ACT, "call", 41, 0, 0, 0).ok()
    eq(done.out, "call=-38\n")
    done = batch(BEHIND_LOADER + ["!hijack * 0n39"], PASSWORD)
    eq(done.out, "")


def wrong(command, part):
    done = lstar("-q", "-c", command, ACT, "call", 110, 0, 0, 0)
    has(done.err, part)


@test
def wrong_uses():
    wrong("!hijack read", "incorrect use of '!hijack'")
    wrong("!hijack read wriet", "x86-64 has no system call 'wriet'; did you mean 'write'?")
    wrong("!hijack raed write", "did you mean 'read'?")
    wrong("!hijack read read", "that is the same call with the same arguments")
    wrong("!hijack read write arg0=", "the value is missing: arg0=1")
    wrong("!hijack read write arg6=1", "unknown parameter 'arg6=1'")
    wrong("!hijack read write arg0=)", "!hijack:1:")
    wrong("!hijack read write sc on", "!hijack has no 'sc'")
    wrong("!hijack read write script { print(1); }", "!hijack has no 'script'")
    wrong("!hijack %fiel write", "did you mean '%file'?")
    wrong("!hijack i386:read opneat", "i386 has no system call 'opneat'")


# --- classes in events -----------------------------------------------------------

@test
def an_event_on_a_class():
    show = 'script { printf("%llx\\n", $syscall_number); }'
    eq(batch(["!syscall %signal " + show], ACT, "quiet", 127, 0, 0, 0).msg.count("7f\n"), 1)
    eq(batch(["!syscall %process " + show], ACT, "call", 110, 0, 0, 0).msg, "e7\n")
    eq(batch(["!syscall x32:%process " + show], ACT, "call", 110, 0, 0, 0).msg, "")
    eq(batch(["!syscall %process stage post " + show], ACT, "call", 61, -1, 0, 0).msg, "3d\n")


@test
def an_event_on_a_name_that_is_two():
    # int 0x80 with futex and futex_time64
    show = 'script { printf("%llx\\n", $syscall_number); }'
    eq(batch(["!syscall i386:futex " + show], ACT, "int80", 240).msg, "f0\n")
    eq(batch(["!syscall i386:futex " + show], ACT, "int80", 422).msg, "1a6\n")
    eq(batch(["!syscall i386:futex_time64 " + show], ACT, "int80", 240).msg, "")


@test
def a_star_is_every_call():
    done = batch(['? .n = 0;', '!syscall * script { .n++; }', 'g', "? print(.n > 0n110);"],
                 ACT, "getppid", 100)
    eq(done.msg.splitlines()[-1], "1")
    wrong("!syscall %sockets", "there is no class of calls '%sockets'")


# --- .invoke ---------------------------------------------------------------------

def at_main(*commands):
    return lstar("-q", *[w for c in ("bp main", "g") + commands for w in ("-c", c)],
                 "--", MANUFACTURER)


@test
def invoke_with_numbers_and_texts():
    done = at_main(".invoke write 1 \"text\" 5", ".invoke getpid",
                   "? { if (syscall_invoke(0n39) == $pid) { printf(\"same\\n\"); } }",
                   ".invoke 0n999 1 2 3 4 5 6", ".invoke open \"/no/such/file\" 0",
                   ".invoke rename \"/no/a\" \"/no/b\"")
    shown = done.out.split("!main\n")[1]
    matches(shown, r"\Atext\0write = 5\ngetpid = [0-9a-f]+\nsame\ncall 3e7 = -26 ENOSYS\n"
            r"open = -2 ENOENT\nrename = -2 ENOENT\n\Z")
    eq(done.err, "")


@test
def invoke_with_escapes_in_texts():
    done = at_main(r'.invoke write 1 "a\n" 2', r'.invoke write 1 "b\tc\x41\0d\"\\{}\n" 0n11')
    done.ok()
    has(done.out, "a\nwrite = 2\nb\tcA\0d\"\\{}\nwrite = b\n")
    for text, said in ((r'"\q"', "unknown escape"), (r'"\x"', "hexadecimal digits")):
        has(at_main(f".invoke write 1 {text} 1").err, said)


@test
def invoke_leaves_nothing_behind():
    maps = '? { printf("%llx %llx %llx\\n", @rip, @rsp, @rax); }'
    done = at_main(maps, ".invoke getcwd \"0123456789\" 5", ".invoke access \"/\" 0", maps)
    shown = done.out.split("!main\n")[1].splitlines()
    eq(shown[0], shown[3])
    eq(shown[1:3], ["getcwd = -22 ERANGE", "access = 0"])


@test
def invoke_refuses_and_insists():
    done = at_main(".invoke exit_group 5", ".invoke exit_group 5 insist", "g")
    has(done.err, "exit_group (231) is not made")
    has(done.err, "the thread would end")
    has(done.out, "exited with status 5")


@test
def invoke_at_a_system_call():
    done = batch(["!syscall getppid stage all", "g", ".invoke getpid", "g", ".invoke getuid",
                  "events c all"], ACT, "call", 110, 0, 0, 0).ok()
    has(done.msg, "getpid = ")
    has(done.msg, "getuid = ")
    eq(int(matches(done.out, r"^call=(\d+)$").group(1)) > 1, True)


@test
def wrong_invocations():
    for command, said in ((".invoke", "incorrect use of '.invoke'"),
                          (".invoke wriet 1", "did you mean 'write'?"),
                          (".invoke %file", "one call of x86-64 or x32 is made"),
                          (".invoke i386:read", "one call of x86-64 or x32 is made"),
                          (".invoke write 1 2 3 4 5 6 7", "at most 6 arguments")):
        has(at_main(command).err, said)


# --- breakpoints and steps -------------------------------------------------------

@test
def breakpoints_are_hit_listed_and_cleared():
    done = batch(["bp main", "ba e main+4", "g", "bl", "g", "bc 1", "bl", "bc 2", "bc 2", "bl"],
                 MANUFACTURER)
    matches(done.msg, r"breakpoint 1, \d+:\d+ manufacturer\n    00000000`[0-9a-f]{8} "
            r"manufacturer!main\n")
    matches(done.msg, r"^1 +00000000`[0-9a-f]+  software manufacturer!main  \[process \d+, hit 1\]")
    matches(done.msg, r"^2 +00000000`[0-9a-f]+  execute  manufacturer!main\+4  \[process \d+, "
            r"hit 1\]")
    has(done.msg, "no breakpoints\n")
    has(done.err, "there is no breakpoint 2")


@test
def breakpoints_are_disabled_and_enabled():
    done = batch(["bp main", "ba e main+4", "bd 1", "g", "bl"], MANUFACTURER)
    matches(done.msg, r"^1 .*, hit 0, disabled\]\n2 .*, hit 1\]\n")
    done = batch(["bp main", "ba e main+4", "bd *", "bl", "be 1", "g", "bl", "be all", "g", "bl",
                  "bc *", "be 1", "bl"], MANUFACTURER)
    matches(done.msg, r"^1 .*hit 0, disabled\]\n2 .*hit 0, disabled\]\n"
            r"breakpoint 1, (.*\n)*1 .*hit 1\]\n2 .*hit 0, disabled\]\n"
            r"breakpoint 2, (.*\n)*1 .*hit 1\]\n2 .*hit 1\]\n"
            r"no breakpoints\n")
    has(done.err, "there is no breakpoint 1")
    has(batch(["bd x"], MANUFACTURER).err, "'x' is no number of a breakpoint")


@test
def data_that_are_written_stop():
    done = batch(["bp main", "g", "ba w @rsp-10 8", "g"], MANUFACTURER)
    has(done.msg, "breakpoint 2, ")
    has(batch(["ba x @rsp"], MANUFACTURER).err, "e executes, w writes")
    has(batch(["bp 10"], MANUFACTURER).err, "10")


@test
def steps():
    done = batch(["bp main", "g", "bc 1", "? { .a = @rip; }", "t", "? { print(@rip != .a); }",
                  "t 0n1000000"], MANUFACTURER)
    has(done.msg, "step, ")
    has(done.msg, "\n1\n")
    has(done.msg, "exited with status 0")


def over(case, at, *commands):
    """The program visits.c, stepped over from a place of it: what is said from there on."""
    done = batch([f"bp {at}", "g", *commands], VISITS, case)
    return done.msg[done.msg.index(f"visits!{at}\n") + len(f"visits!{at}\n"):]


def stopped(why, at):
    return why + r", \d+:\d+ visits\n    00000000`[0-9a-f]{8} visits!" + at + r"\n"


@test
def steps_over_a_function_that_calls_itself():
    # of the three that come to the place behind the call, the outermost is meant: down(2)
    matches(over("down", "down_call", "bc 1", "p", "print @rax", "g"),
            "^" + stopped("step", "down_behind") + r"2\nprocess \d+ exited with status 3\n$")


@test
def steps_over_repeated_instructions_and_calls_that_tidy_up():
    matches(over("fill", "fill_rep", "bc 1", "p", "print @rcx", "g"),
            "^" + stopped("step", "fill_behind") + r"0\nprocess \d+ exited with status 0\n$")
    matches(over("pops", "pops_call", "bc 1", "p", "g"),
            "^" + stopped("step", "pops_behind") + r"process \d+ exited with status 0\n$")


@test
def steps_over_as_t_does():
    matches(over("here", "here_call", "bc 1", "p"), "^" + stopped("step", "here_behind"))
    matches(over("ask", "ask_syscall", "bc 1", "p"), "^" + stopped("step", "ask_behind"))
    said = over("ask", "ask_syscall", "bc 1", "!syscall getpid", "p", "events c all", "p")
    matches(said, r"(?s)^event 0 .*    getpid\(\)\n" + stopped("step", "ask_behind"))
    eq("given up" in said, False)


@test
def steps_over_several():
    matches(over("down", "down", "bc 1", "p 6", "print @rax"),
            "^" + stopped("step", r"down_behind\+2") + r"3\n")


@test
def steps_over_what_other_threads_come_to():
    matches(over("threads", "visit_call", "bc 1", "p", "dd count l 4", "g"),
            "^" + stopped("step", "visit_behind") + r".*00000064 *\nprocess \d+ exited with status 0\n$")


GIVEN_UP = r"the step is given up: 'g' does not stop behind the call any more\n"


@test
def steps_over_a_call_that_never_comes_back():
    matches(over("exit", "visit_call", "bc 1", "p"), r"^process \d+ exited with status 7\n$")
    matches(over("end", "visit_call", "bc 1", "p", "g"),
            r"^(step, \d+:\d+ visits\n(    .*\n)?" + GIVEN_UP +
            r")?process \d+ exited with status 5\n$")  # which may come first
    matches(over("exec", "visit_call", "bc 1", "p", "g"),
            r"^new program, \d+:\d+ \w+\n" + GIVEN_UP + r"process \d+ exited with status 0\n$")


@test
def steps_over_are_given_up_at_what_comes_first():
    matches(over("down", "down_call", "p", "bc 1", "g"),
            "^" + stopped("breakpoint 1", "down_call") + GIVEN_UP +
            r"process \d+ exited with status 3\n$")
    matches(over("asks", "visit_call", "bc 1", "!syscall getppid", "p", "events c all", "g"),
            r"(?s)^event 0 .*    getppid\(\)\n" + GIVEN_UP + r"process \d+ exited with status 0\n$")


@test
def steps_over_to_a_breakpoint_and_say_so():
    said = over("down", "down_call", "bc 1", "bp down_behind", "p", "p", "p", "bl", "bc 2", "g")
    matches(said, "^" + stopped("breakpoint 2", "down_behind") + GIVEN_UP +
            stopped("step", r"down_behind\+2") + stopped("breakpoint 2", "down_behind") +
            r"2 .*, hit 2\]\nprocess \d+ exited with status 3\n$")
    said = over("asks", "visit_call", "bc 1", "bp visit_behind", "p", "bl", "g")
    matches(said, "^" + stopped("breakpoint 2", "visit_behind") +
            r"2 .*, hit 1\]\nprocess \d+ exited with status 0\n$")


main()
