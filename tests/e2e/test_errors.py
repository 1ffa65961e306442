# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input: every error names what is wrong, where, and loses nothing else."""

import os

from harness import ACT, batch, eq, fail, has, lstar, main, matches, start, test, write


def refused(command, *texts, column=None):
    """@command is an error that says @texts; it arms nothing; the next command still works."""
    done = batch([command, "events", "print 5"])
    eq(done.status, 0, command)
    for text in texts:
        matches(done.err, text)
    if not done.err:
        fail(f"no error for: {command}")
    if column is not None:
        matches(done.err, rf":\d+:{column}:")
        has(done.err, "^")
    eq(done.msg.splitlines()[-1], "5", command)
    matches(done.msg, r"(?i)\bno .*events")
    return done


# --- commands ------------------------------------------------------------------

@test
def unknown_command():
    refused("no-such-command", "no-such-command")


@test
def unknown_command_suggests_the_nearest():
    refused("!syscal getppid", r"!syscal\b", r"!syscall\b")
    refused("evnets", r"events")


@test
def no_abbreviations():
    refused("!sys getppid", "!sys")


@test
def unknown_word_of_an_event():
    refused("!syscall getppid colour red", "colour", column=18)
    refused("!sysret getppid", "getppid", column=9)


@test
def unknown_call_suggests_the_nearest():
    refused("!syscall opennat", "opennat", "openat", column=10)


@test
def bad_number():
    refused("!syscall 12xyz", "12xyz", column=10)
    refused("!syscall getppid pid 12zz", "12zz", column=22)
    refused("!syscall getppid core zz", "zz", column=23)
    refused("!syscall getppid buffer zz", "zz", column=25)


@test
def option_without_a_value():
    for word in ("pid", "core", "imm", "sc", "stage", "buffer", "script", "condition", "code",
                 "output", "asm"):
        refused(f"!syscall getppid {word}", word, column=18)


@test
def bad_option_values():
    refused("!syscall getppid imm perhaps script { }", "perhaps", column=22)
    refused("!syscall getppid sc 1 script { }", r"\bsc\b", column=21)
    refused("!syscall getppid stage later script { }", "later", column=24)


@test
def core_out_of_range():
    refused("!syscall getppid core 7fff script { }", r"7fff|32767", column=23)


@test
def short_circuit_needs_stage_pre():
    for stage in ("post", "all"):
        refused(f"!syscall getppid sc on stage {stage} script {{ }}", r"\bsc\b", "stage")
        refused(f"!syscall getppid stage {stage} sc on script {{ }}", r"\bsc\b", "stage")


@test
def short_circuit_of_sysret_is_refused():
    refused("!sysret sc on script { }", r"\bsc\b|short-circuit")


@test
def imm_no_with_output_is_refused():
    refused("!syscall getppid imm no output { x } script { }", r"\bimm\b|output")


@test
def unknown_output():
    refused("!syscall getppid output { nowhere } script { }", "nowhere")


@test
def too_many_outputs():
    refused("!syscall getppid output { a1, b1, c1, d1, e1, f1 } script { }", r"\b(5|five)\b")


@test
def empty_braces():
    for word in ("condition", "code", "asm condition", "asm code", "output"):
        refused(f"!syscall getppid {word} {{ }}", r"(?i)empty")
    refused("!syscall getppid script {}", r"(?i)empty")


@test
def bad_hex_code():
    refused("!syscall getppid code { 90 9g }", "g")
    refused("!syscall getppid condition { nop }", "n")


@test
def bad_assembly():
    refused("!syscall getppid asm code { mov rax, }", r"mov rax,")
    refused("!syscall getppid asm condition { frobnicate rax }", "frobnicate")
    refused("!sysret asm code { nop; frobnicate }", "frobnicate")


@test
def unbalanced_brace():
    refused("!syscall getppid script { print(1);", r"\{|brace")
    refused("!syscall getppid script } ", r"\}|script")


@test
def unclosed_string():
    refused('.logopen "abc', r'"|string|quote')


@test
def script_file_problems():
    refused("!syscall getppid script {file:/no/such/file}", "/no/such/file", "No such file")
    os.mkdir("dir")
    refused("!syscall getppid script {file:dir}", "dir", "(?i)directory")
    write("empty", "")
    refused("!syscall getppid script {file:empty}", "(?i)empty")
    write("bad", "print(1);\nprint(;\n")
    refused("!syscall getppid script {file:bad}", r"bad:2:7: error")


# --- scripts -------------------------------------------------------------------

@test
def script_error_has_line_column_and_caret():
    done = refused("!syscall getppid script {\n  print(1);\n  x = 1 +;\n}", r":3:\d+: error")
    found = matches(done.err, r"(?m)^(.*)x = 1 \+;\n(\s*)\^")
    eq(len(found.group(2)) > 0, True)


@test
def undefined_variables():
    refused("!syscall getppid script { print(.nowhere); }", r"\.nowhere")
    refused("!syscall getppid script { print(nowhere); }", r"nowhere")


@test
def unknown_registers():
    refused("!syscall getppid script { print(@rzx); }", "@?rzx")
    refused("!syscall getppid script { print($pidd); }", r"\$pidd", r"\$pid\b")


@test
def registers_that_a_process_does_not_have():
    refused("!syscall getppid script { print(@cr3); }", "cr3")
    refused("!syscall getppid script { print($proc); }", r"\$proc")


@test
def printf_counts_its_arguments():
    refused('!syscall getppid script { printf("%d %d", 1); }', r"(?i)argument|conversion")


@test
def all_errors_are_shown():
    done = refused("!syscall getppid script {\nprint(.one1);\nprint(.two2);\n}", r"\.one1",
                   r"\.two2")
    has(done.err, ".one1")


@test
def a_script_error_takes_no_number():
    done = batch(["!syscall getppid script { print(.nope); }",
                  "!syscall 0n999 script { print($event_id); }"], ACT, "quiet", 999, 0, 0, 0)
    eq(done.msg, "0\n")


@test
def a_failed_script_leaves_no_globals():
    done = batch(["? .made = 1; print(;", "? print(.made);"])
    eq(done.msg, "")
    has(done.err, ".made")


# --- debuggees -------------------------------------------------------------------

@test
def commands_that_need_a_debuggee():
    for command in ("g", "r", ".kill", ".detach", ".restart", "events sc on"):
        done = batch([command, "print 5"])
        eq((command, done.msg.splitlines()[-1]), (command, "5"))
        if not done.err:
            fail(f"no error for {command} without a debuggee")


@test
def attach_to_nobody():
    done = batch([".attach pid 3ffffe"])
    matches(done.err, r"3ffffe|4194302")
    matches(done.err, r"(?i)no such process|no process")


@test
def decimal_numbers_of_processes():
    victim = start(ACT, "loop", 1000)
    text = str(victim.pid)
    for command in (".attach", ".attach pid", ".switch pid", ".switch tid", ".detach", ".kill"):
        done = batch([f"{command} {text}", ".kill"], ACT, "spin")
        has(done.err, f"<command line>:1:{len(command) + 2}: error: ")
        has(done.err, f"{int(text, 16)}")
        has(done.err, f"the decimal {text} is written 0n{text}\n")
    done = lstar("-b", "-c", f"!syscall pid {text}", "--", ACT, "exit", 0)
    has(done.out, f"note: the debuggee has no process {int(text, 16)} (hexadecimal {text}) now; "
        f"decimal is 0n{text}\n")


@test
def missing_script_file():
    done = batch([".script /no/such/file.ds", "print 5"])
    has(done.err, "/no/such/file.ds")
    has(done.err, "No such file")
    eq(done.msg, "5\n")


@test
def directory_as_a_script():
    os.mkdir("dir")
    matches(batch([".script dir"]).err, r"(?i)dir.*directory")


@test
def errors_while_a_script_runs_name_its_place():
    write("run.ds", "print 1\n? {\n  zero = 0;\n  print(5 % zero);\n}\nprint poi(0)\n")
    done = batch([".script run.ds", "? zero = 0; print(1 / zero);"])
    eq(done.msg, "1\n")
    matches(done.err, r"(?m)^lstar: error: run\.ds:4: script error: division by zero")
    matches(done.err, r"(?m)^lstar: error: run\.ds:6: script error: bad address")
    matches(done.err, r"(?m)^lstar: error: <command line>:1: script error: division by zero")


@test
def last_failed_command_is_the_status_of_a_batch():
    eq(batch([".attach pid 3ffffe"]).status, 125)
    eq(batch([".script /no/such/file.ds"]).status, 125)
    eq(batch([".attach pid 3ffffe", "print 5"]).status, 0)
    eq(batch(["no-such-command"], ACT, "exit", 7).status, 7)


@test
def hints_of_forgotten_blanks():
    for text, name in (("?print(1);", "?"), ("print@rax", "print"), ("print(1)", "print")):
        has(batch([text]).err, f"hint: a blank is needed behind '{name}'\n")
    has(batch(["r = 5"], ACT, "exit", 0).err, "name of a register is missing")
    has(batch(["exit now"]).err, "hint: exit; '.help exit'")


@test
def names_of_outputs_that_no_event_could_name():
    for name in ("a,b", '"a{b"', "a\\}b"):
        has(batch([f"output create {name} file x"]).err, "comma, brace or line break")
        eq(os.path.exists("x"), False)


@test
def byte_order_marks_are_passed_over():
    write("bom.ds", "\ufeffprint 5\n")
    write("event.ds", "\ufeffprint(6);\n")
    eq(batch([".script bom.ds"]).ok().msg, "5\n")
    eq(batch(["!syscall 0n999 script {file:event.ds}"], ACT, "quiet", 999, 0, 0, 0).ok().msg, "6\n")
    eq(lstar("-q", stdin="\ufeffprint 7\n").ok().out, "7\n")


@test
def nul_bytes_on_standard_input():
    done = lstar("-q", stdin="print 1\nprint\0 2\nno-such\n")
    eq(done.out, "1\n")
    matches(done.err, r"line 2 .*NUL")
    matches(done.err, r"<stdin>:3:1")


@test
def errors_in_a_script_name_its_place():
    write("bad.ds", "print 1\n\nno-such-command\nprint 2\n!syscall getppid script {\n"
                    "\tprint(1);\n\tprint(;\n}\n")
    done = batch([".script bad.ds"])
    eq(done.msg, "1\n2\n")
    matches(done.err, r"bad\.ds:3\b")
    matches(done.err, r"bad\.ds:7:8: error")


@test
def scripts_that_call_themselves():
    write("loop.ds", ".script loop.ds\n")
    done = batch([".script loop.ds", "print 5"])
    matches(done.err, r"(?i)deep|depth|nest")
    eq(done.msg, "5\n")


@test
def rubbish_on_the_command_line():
    for text in ("}", "{", "\\", '"', "/*", "? }", "!syscall {", "!syscall \"", "events zz",
                 "events e", "events x 1", "events e 77", "output frob", "settings nothing 1",
                 "settings budget", "r zzz", "r rax =", "sleep", "sleep x", ".help nothing",
                 "prealloc", ".switch", ".switch tid 1", "print", "print )", "?", "? {",
                 "\x01\x02", "é" * 100, "a" * 5000, "!syscall " + "x " * 500):
        done = batch([text, "print 5"], timeout=10)
        eq((text, done.status, done.msg.splitlines()[-1:]), (text, 0, ["5"]))


main()
