# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands to live with: running, breaking, registers, scripts, help."""

import os
import re
import time

from harness import (ACT, ROOT, batch, eq, fail, has, has_not, lines, lstar, main, matches, session,
                     start, test, tracer_of, write)

CALL = ("quiet", 999, 0x11, 0x22, 0x33)


# --- running and breaking ----------------------------------------------------

@test
def break_shows_the_call_and_returns():
    done = session(["!syscall 0n999", "g", "print @rdi", "g"], ACT, *CALL, "exit", 3)
    eq((done.status, done.err), (0, ""))
    has(done.msg, "\n11\n")
    has(done.msg, "999")


@test
def break_at_a_named_call_shows_its_arguments():
    done = session(["!syscall openat condition { b801000000 }", "g", ".kill"],
                   ACT, "open", "/no/such/file")
    matches(done.msg, r"openat\(.*O?.*\"/")


@test
def break_at_a_result_shows_its_error():
    done = session(["!syscall openat stage post asm condition { mov rax, [rcx]; shr rax, 63 }",
                    "g"], ACT, "open", "/no/such/file")
    has(done.msg, "ENOENT")


@test
def three_breaks_three_times_g():
    done = session(["!syscall 0n999", "g", "print 1", "g", "print 2", "g", "print 3", "g"],
                   ACT, *CALL * 3)
    eq([line for line in lines(done.msg) if line in "123"], ["1", "2", "3"])


@test
def batch_runs_on_after_a_last_break():
    done = batch(["!syscall 0n999"], ACT, *CALL * 3, "exit", 3).msg
    eq(len(re.findall(r"999", done)) >= 3, True, done)
    eq(batch(["!syscall 0n999"], ACT, *CALL * 3, "exit", 3).status, 3)


@test
def conditional_break():
    done = session(["!syscall 0n999 asm condition { xor eax, eax; cmp qword ptr [rcx+0x38], 2; "
                    "sete al }", "g", "print @rdi"],
                   ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0)
    eq(lines(done.msg)[-1], "2")


@test
def pause_in_a_script_breaks_after_all_events():
    done = session(["!syscall 0n999 script { pause(); print(1); }",
                    "!syscall 0n999 script { print(2); }", "g", "print 3"], ACT, *CALL)
    wanted = [line for line in lines(done.msg) if line in "123"]
    eq(wanted, ["1", "2", "3"])


@test
def sc_on_at_a_break():
    done = session(["!syscall 0n39", "g", "r rax = 7b", "events sc on", "g"],
                   ACT, "call", 39, 0, 0, 0)
    eq(done.out, "call=123\n")


@test
def sc_off_at_a_break():
    done = session(["!syscall 0n999 sc on", "g", "events sc off", "g"], ACT, "call", 999, 0, 0, 0)
    eq(done.out, "call=-38\n")


@test
def registers_at_a_break():
    done = session(["!syscall 0n999", "g", "r", "r rdi", "r @rsi", "r edx", "r dil"], ACT, *CALL)
    eq(done.err, "")
    for name in ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
                 "r12", "r13", "r14", "r15", "rip"):
        matches(done.msg, rf"\b{name}\b")
    matches(done.msg, r"(?m)^rdi\s*=\s*0*11\b")
    matches(done.msg, r"(?m)^rsi\s*=\s*0*22\b")
    matches(done.msg, r"(?m)^edx\s*=\s*0*33\b")
    matches(done.msg, r"(?m)^dil\s*=\s*0*11\b")


@test
def registers_are_set():
    done = session(["!syscall 0n999", "g", "r rax = 0n39", "r rdi=5", "r sil = 1+1", "r rsi", "g"],
                   ACT, "call", 999, 0x11, 0x2200, 0x33)
    eq(done.err, "")
    matches(done.msg, r"(?m)^rsi\s*=\s*0*2202\b")
    eq(int(done.out.split("=")[1]) > 1, True)


@test
def memory_at_a_break():
    write("real", "")
    done = session(["!syscall openat condition { b801000000 } script { if "
                    '(strcmp($syscall_arg1, "fake") == 0) { pause(); } }', "g",
                    '? printf("%s\\n", @rsi);', "? ed(@rsi, 6c616572);", "g"], ACT, "open", "fake")
    eq(done.err, "")
    has(lines(done.msg), "fake")
    eq(done.out, "open=3\n")


@test
def end_of_the_debuggee_is_said():
    done = session(["g"], ACT, "exit", 5)
    matches(done.msg, r"exited.*\b5\b")
    done = session(["g"], ACT, "kill", 11)
    has(done.msg, "SIGSEGV")


@test
def restart():
    done = session(["!syscall 0n999 script { print(@rdi); }", "g", ".restart", "g"], ACT, *CALL)
    eq((done.status, done.err), (0, ""))
    eq(lines(done.msg).count("11"), 2)


@test
def start_command():
    done = session([f".start path {ACT} exit 4", "g"])
    eq(done.err, "")
    matches(done.msg, r"exited.*\b4\b")


@test
def start_of_nothing():
    done = session([".start path /no/such/program", "print 1"])
    has(done.err, "/no/such/program")
    eq(lines(done.msg)[-1], "1")


@test
def kill_command():
    done = session([".kill", "print 1"], ACT, "loop", 1000)
    eq((done.status, done.err), (0, ""))
    eq(lines(done.msg)[-1], "1")


@test
def end_of_input_kills_the_launched():
    process = start(ACT, "sleep", 1)
    process.wait()
    begun = time.monotonic()
    done = session(["print 1"], ACT, "spin")
    eq((done.status, done.msg), (0, "1\n"))
    eq(time.monotonic() - begun < 10, True)


@test
def attach_and_detach_commands():
    victim = start(ACT, "loop", 500)
    done = session([f".attach pid {victim.pid:x}", ".process", ".thread", ".detach", "print 1"])
    eq(done.err, "")
    matches(done.msg, rf"\b({victim.pid:x}|{victim.pid})\b")
    eq(tracer_of(victim.pid), 0)


@test
def threads_and_switching():
    done = session(["!syscall 0n999", "g", ".thread list", ".switch list", ".process"],
                   ACT, "idlers", 3, *CALL)
    eq(done.err, "")
    eq(len(re.findall(r"(?m)^.*\bact\b|^.*pause", done.msg)) >= 1, True, done.msg)


@test
def sleep_lets_it_run():
    done = session(["? .n = 0;", "!syscall getppid script { .n++; }", "sleep 12c",
                    '? printf("%d\\n", .n > 5);'], ACT, "loop", 1000)
    eq(lines(done.msg)[-1], "1")


@test
def pause_after_sleep():
    done = session(["!syscall getppid script { }", "sleep 50", "pause", "r rip", ".kill"],
                   ACT, "loop", 1000)
    eq(done.status, 0)
    matches(done.msg, r"(?m)^rip\s*=")


# --- events ------------------------------------------------------------------

@test
def list_of_events():
    done = batch(["events", "!syscall getppid script { print(1); }",
                  "!sysret pid all script {\n  print(2);\n}", "events d 0", "events"])
    eq(done.err, "")
    matches(done.msg, r"(?i)\bno .*events")
    matches(done.msg, r"(?m)^\s*0\s+.*disabled.*!syscall getppid script \{ print\(1\); \}")
    matches(done.msg, r"(?m)^\s*1\s+.*enabled.*!sysret pid all script \{   ?print\(2\);")


@test
def long_commands_are_cut_at_70_characters():
    done = batch(["!syscall getppid script { " + "print(1); " * 20 + "}", "events"]).ok()
    matches(done.msg, r"(?m)!syscall getppid script \{ (print\(1\); ?)+.*\.\.\.")


@test
def disable_enable_clear():
    done = session(["!syscall 0n999 script { print(@rdi); pause(); }", "g", "events d 0",
                    "!syscall 0n998 script { print(@rdi); pause(); }", "g", "events e 0", "g",
                    "events c 0", "events", "g"],
                   ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0, "quiet", 998, 3, 0, 0,
                   "quiet", 999, 4, 0, 0, "quiet", 999, 5, 0, 0)
    eq(done.err, "")
    eq([line for line in lines(done.msg) if line in "12345"], ["1", "3", "4"])


@test
def all_events_at_once():
    done = batch(["!syscall 0n999 script { print(1); }", "!syscall 0n998 script { print(2); }",
                  "events d all"], ACT, *CALL).ok()
    eq(done.msg, "")
    done = batch(["!syscall 0n999 script { print(1); }", "events c all", "events"]).ok()
    matches(done.msg, r"(?i)\bno .*events")


@test
def every_started_program_tells_its_end():
    done = lstar("-b", "-c", f".start {ACT} exit 3", "-c", f".start {ACT} exit 4", "-c", "g", "--",
                 ACT, "exit", 5)
    pids = re.findall(r"(?m)^process (\d+) started", done.out)
    for pid, status in zip(pids, (3, 4)):
        has(done.out, f"process {pid} exited with status {status}\n")
    eq((len(set(pids)), done.out.count("exited with status"), done.status), (2, 3, 5))


@test
def program_started_at_a_break_is_named():
    done = lstar("-b", "-c", "!syscall 0n999", "-c", "g", "-c", f".start {ACT} exit 3", "-c",
                 "events c 0", "-c", "g", "--", ACT, *CALL)
    at = matches(done.out, r"stage pre, (\d+):").group(1)
    new = matches(done.out, r"(?m)^process (\d+) started").group(1)
    eq(at != new, True)
    has(done.out, f"process {at} exited with status 0\n")
    has(done.out, f"process {new} exited with status 3\n")


@test
def restart_gives_the_status():
    done = batch(["!syscall 0n999", "g", ".restart", "events c 0"], ACT, *CALL, "exit", 6)
    eq(done.status, 6)


@test
def numbers_are_never_used_twice():
    done = batch(["!syscall 0n999 script { }", "events c 0",
                  "!syscall 0n999 script { print($event_id); }"], ACT, *CALL).ok()
    eq(done.msg, "1\n")


@test
def event_counters():
    done = batch(["!syscall 0n999 script { }", "g", "events"], ACT, *CALL * 7)
    matches(done.msg, r"(?m)^\s*0\b.*\b7\b")


# --- evaluate ----------------------------------------------------------------

@test
def evaluate_without_a_debuggee():
    done = batch(['? x1 = 3; while (x1 > 0) { printf("%d ", x1); x1--; } printf("\\n");'])
    eq((done.status, done.msg), (0, "3 2 1 \n"))


@test
def evaluate_block_over_lines():
    done = session("? {\n  for (i1 = 0; i1 < 3; i1++) {\n    print(i1);\n  }\n}\nprint 7\n")
    eq(done.msg, "0\n1\n2\n7\n")


@test
def evaluate_at_a_stop():
    done = session(["!syscall 0n999", "g", "? @rdi = @rdi + 1;", "print @rdi"], ACT, *CALL)
    eq(lines(done.msg)[-1], "12")


@test
def print_expressions():
    for text, want in (("10", "10"), ("0n10", "a"), ("1+2*3", "7"), ("(1+2)*3", "9"),
                       ("-1", "ffffffffffffffff"), ("ff & f0", "f0"), ("1 << 4", "10"),
                       ("0y101", "5"), ("0t17", "f"), ("fffff800`00000000", "fffff80000000000")):
        eq((text, batch([f"print {text}"]).msg), (text, want + "\n"))


@test
def if_elsif_else():
    script = ('? if (.v == 1) { printf("one\\n"); } elsif (.v == 2) { printf("two\\n"); } '
              'else { printf("more\\n"); }')
    done = batch(["? .v = 1;", script, "? .v = 2;", script, "? .v = 3;", script])
    eq((done.status, done.msg), (0, "one\ntwo\nmore\n"))


# --- scripts -----------------------------------------------------------------

@test
def script_with_arguments():
    write("a.ds", '? printf("$arg0 $arg1 $arg2 %x\\n", $arg1 + $arg2);\n')
    eq(batch([".script a.ds 10 0n10"]).ok().msg, "a.ds 10 0n10 1a\n")


@test
def script_arguments_longest_first():
    write("a.ds", '? printf("$arg1 $arg10 $arg11\\n");\n')
    eq(batch([".script a.ds a1 a2 a3 a4 a5 a6 a7 a8 a9 ten eleven"]).ok().msg, "a1 ten eleven\n")


@test
def script_arguments_may_be_expressions():
    write("a.ds", "print $arg1\n")
    eq(batch(['.script a.ds "1 + 2"']).ok().msg, "3\n")
    eq(batch([".script a.ds (1+2)*2"]).ok().msg, "6\n")


@test
def script_comments_and_blocks():
    write("a.ds", "# a comment {\n// another \"\n/* over\n lines } */\nprint 1 // after\n"
                  "? {\n  # not a comment here would be an error, so none\n".replace(
                      "  # not a comment here would be an error, so none\n", "  // inside }\n")
                  + "  print(2);\n}\n\r\nprint 3\r\n")
    eq(batch([".script a.ds"]).ok().msg, "1\n2\n3\n")


@test
def script_may_call_scripts():
    os.mkdir("sub")
    write("a.ds", "print 1\n.script sub/b.ds 5\nprint 2\n")
    write("sub/b.ds", "print $arg1\n")
    eq(batch([".script a.ds"]).ok().msg, "1\n5\n2\n")


@test
def script_option():
    write("a.ds", '? printf("$arg1 $arg2\\n");\n!syscall 0n999 script { print(@rdi); }\n')
    done = lstar("-q", "-b", "-s", "a.ds", "x1", "x2", "--", ACT, *CALL).ok()
    eq(done.out, "x1 x2\n11\n")
    done = lstar("-q", "-b", "-c", "print 1", "--script", "a.ds", "y1", "y2", "--", ACT, *CALL).ok()
    eq(done.out, "1\ny1 y2\n11\n")


@test
def script_option_in_one_word():
    write("a.ds", '? printf("$arg0 $arg1\\n");\n')
    for option in ("-sa.ds", "--script=a.ds"):
        eq(lstar("-q", "-b", option, "x1", "--", ACT, "exit", 0).ok().out, "a.ds x1\n")


@test
def script_with_exit():
    write("a.ds", "print 1\nexit\nprint 2\n")
    done = session([".script a.ds", "print 3"])
    eq((done.status, done.msg), (0, "1\n"))


@test
def unfinished_block_at_the_end_of_a_file():
    write("a.ds", "? { print(1);\n")
    matches(batch([".script a.ds"]).err, r"a\.ds")


# --- help, settings, status -----------------------------------------------------

def command_names():
    done = batch([".help"]).ok()
    names = re.findall(r"(?m)^  ?(\S+)", done.msg)
    if len(names) < 20:
        fail(f"only {len(names)} commands are listed:\n{done.msg}")
    return names


@test
def help_lists_every_command():
    names = command_names()
    for name in ("!syscall", "!sysret", "?", "print", ".script", "events", "output", "g", "pause",
                 "r", ".start", ".restart", ".attach", ".detach", ".kill", ".switch", ".process",
                 ".thread", "sleep", "settings", "flush", "prealloc", ".logopen", ".logclose",
                 ".status", ".help", "exit"):
        has([n.rstrip(",") for n in names], name)


@test(limit=120)
def help_of_every_command_has_an_example():
    for name in command_names():
        name = name.rstrip(",")
        done = batch([f".help {name}"]).ok()
        matches(done.msg, r"(?i)example")


@test(limit=120)
def every_example_of_the_help_works():
    # At a break of a program that leaves all that the examples ask for in their places.
    for name in command_names():
        name = name.rstrip(",")
        shown = batch([f".help {name}"]).ok().msg
        command = matches(shown, r"(?m)^ *example: *(.+)$").group(1)
        write("trace.ds", "print 1\n")
        command = re.sub(r"/tmp/(?=[a-z])", "", command)  # nothing is left behind
        prepare = [".logopen session.txt"] if name == ".logclose" else []
        victim = start(ACT, "loop", 1000) if name == ".attach" else None
        if victim:
            command = re.sub(r"\bpid \w+", f"pid {victim.pid:x}", command)
        options = ["settings filter off", "!syscall 0n999", "g", *prepare, command]
        if name == ".restart":
            options = ["!syscall 0n999", "g", command]
        done = session(options, ACT, *CALL, "exit", 0)
        refusal = ""
        if "works on: the whole machine" in shown:
            refusal = (f"lstar: error: '{name}' is for the whole machine: start lstar as "
                       "'lstar machine'\n")
        eq((name, command, done.err), (name, command, refusal))


@test
def help_of_an_unknown_command():
    has(batch([".help !syscal"]).err, "!syscall")


@test
def aliases_do_the_same():
    for one, other in (("? print(1);", "eval print(1);"), ("? print(1);", "evaluate print(1);"),
                       ("events", "event"), (".status", "status"), (".help g", "help g")):
        eq(batch([one]).ok().msg, batch([other]).ok().msg, other)


@test
def settings_list_show_set():
    listed = batch(["settings"]).ok().msg
    for name in ("autoflush", "filter", "placement", "budget", "slowsink"):
        has(listed, name)
    matches(batch(["settings autoflush on", "settings autoflush"]).ok().msg, r"autoflush.*\bon\b")
    matches(batch(["settings budget 5000", "settings budget"]).ok().msg, r"budget.*\b5000\b")
    has(batch(["settings autoflush maybe"]).err, "maybe")
    has(batch(["settings autoflsh on"]).err, "autoflush")


@test
def prealloc_is_accepted():
    done = batch(["prealloc regular-event 10", "preallocate big-event 5"])
    eq((done.status, done.err), (0, ""))
    matches(done.msg, r"(?i)not needed")


@test
def status_tells_the_state():
    done = batch([".status"]).ok()
    matches(done.msg, r"(?i)no debuggee")
    done = session([".status"], ACT, "exit", 0)
    matches(done.msg, r"\bact\b|\d+")


@test
def exit_ends_the_session():
    for word in ("exit", ".exit"):
        done = session([word, "print 1"], ACT, "spin")
        eq((word, done.status, done.err), (word, 0, ""))
        has_not(done.msg, "1\n")


@test
def commands_from_standard_input():
    done = lstar("-q", stdin="print 1\n\n// a comment\n? print(2);\n").ok()
    eq(done.out, "1\n2\n")


@test
def standard_input_without_a_last_newline():
    eq(lstar("-q", stdin="print 1\nprint 2").ok().out, "1\n2\n")


@test
def block_left_open_at_the_end_of_input():
    done = lstar("-q", stdin="print 1\n? { print(2);\n")
    matches(done.err, r"\{|brace|\}")
    eq(done.out, "1\n")


@test
def multi_line_event_on_standard_input():
    done = session("!syscall 0n999 script {\n\tif (@rdi == 11) {\n\t\tprint(@rsi);\n\t}\n}\ng\n",
                   ACT, *CALL)
    eq((done.err, lines(done.msg)[0]), ("", "22"))


@test
def readme_and_manual_name_only_commands_that_exist():
    names = {n.rstrip(",") for n in command_names()}
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        for word in re.findall(r"`(![a-z0-9]+)", f.read()):
            has(names, word)


main()
