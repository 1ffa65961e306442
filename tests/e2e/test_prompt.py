# SPDX-License-Identifier: LGPL-2.1-or-later
"""lstar at a terminal: prompt, blocks, completion, history, Ctrl-C."""

import os
import signal

from harness import (ACT, Pty, children_of, eq, fail, gone, has, main, matches, read, start, test,
                     tracer_of, wait_for)

PROMPT = r"lstar> "


@test
def prompt_and_exit():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.line("print 2a")
    tty.expect(r"\n2a\n")
    tty.expect(PROMPT)
    tty.line("exit")
    eq(tty.wait(), 0)


@test
def banner_says_that_numbers_are_hexadecimal():
    tty = Pty()
    tty.expect(r"(?i)hex")
    tty.expect(PROMPT)


@test
def end_of_file_ends_the_session():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send("\x04")
    eq(tty.wait(), 0)


@test
def blocks_continue_over_lines():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.line("? {")
    tty.expect(r"\n> ")
    tty.line("print(5);")
    tty.expect(r"\n> ")
    tty.line("}")
    tty.expect(r"\n5\n")
    tty.expect(PROMPT)


@test
def errors_leave_the_prompt():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.line("no-such-command")
    tty.expect("no-such-command.*\n")
    tty.expect(PROMPT)
    tty.line("print 7")
    tty.expect(r"\n7\n")


@test
def completion_of_commands():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send("sett\t")
    tty.expect("settings ")
    tty.send("autof\t")
    tty.expect("autoflush ")
    tty.send("on\n")
    tty.expect(PROMPT)


@test
def completion_of_calls_and_options():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send("!syscall getpp\t")
    tty.expect("getppid ")
    tty.send("sta\t")
    tty.expect("stage ")
    tty.send("po\t")
    tty.expect("post ")
    tty.send("script { print(1); }\n")
    tty.expect(PROMPT)
    tty.line("events")
    tty.expect(r"!syscall getppid\s+stage post\s+script")


@test
def completion_of_files():
    with open("only-one.ds", "w", encoding="ascii") as f:
        f.write("print 77\n")
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send(".script only\t")
    tty.expect(r"only-one\.ds")
    tty.send("\n")
    tty.expect(r"\n77\n")


@test
def completion_of_files_in_other_directories():
    os.mkdir("sub")
    with open("sub/second-one.ds", "w", encoding="ascii") as f:
        f.write("print 78\n")
    with open("sub/event.ds", "w", encoding="ascii") as f:
        f.write("print(1);\n")
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send(f".script {os.getcwd()}/sub/sec\t")
    tty.expect(r"second-one\.ds")
    tty.send("\n")
    tty.expect(r"\n78\n")
    tty.expect(PROMPT)
    tty.send("!syscall script {file:sub/ev\t")
    tty.expect(r"event\.ds")
    tty.send("\n")
    tty.line("events")
    tty.expect(r"0 +\(enabled\) +!syscall script \{file:sub/event\.ds\}")


@test
def control_characters_of_a_debuggee_do_nothing_at_the_terminal():
    tty = Pty("-q", "--", ACT, "write", "\x1b]0;x\x07\x7f \u009b1m \u00e4")
    tty.expect(PROMPT)
    for imm in ("yes", "no"):
        tty.line(f'!syscall write imm {imm} script {{ printf("<%s>", @rsi); }}')
        tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"<\^\[\]0;x\^G\^\? \?1m \u00e4>")
    tty.expect(r"<\^\[\]0;x\^G\^\? \?1m \u00e4>")


@test
def history_goes_back():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.line("print 123")
    tty.expect(r"\n123\n")
    tty.expect(PROMPT)
    tty.send("\x1b[A\n")
    tty.expect(r"\n123\n")


@test
def history_is_kept():
    env = {"LSTAR_HISTORY": os.path.abspath("history")}
    tty = Pty("-q", env=env)
    tty.expect(PROMPT)
    tty.line("print 4321")
    tty.expect(r"\n4321\n")
    tty.line("exit")
    eq(tty.wait(), 0)
    tty = Pty("-q", env=env)
    tty.expect(PROMPT)
    tty.send("\x1b[A\x1b[A")
    tty.expect("print 4321")


@test
def interrupt_at_the_prompt_discards_the_line():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.send("print 99")
    tty.expect("print 99")
    tty.send("\x03")
    tty.expect(PROMPT)
    tty.line("print 5")
    tty.expect(r"\n5\n")


@test
def interrupt_stops_the_debuggee():
    tty = Pty("-q", "--", ACT, "idlers", 2, "loop", 1000)
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("idlers=2")
    tty.send("\x03")
    tty.expect(PROMPT)
    tty.line("r rip")
    tty.expect(r"rip\s*=\s*[0-9a-f]+")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"g\n")
    tty.send("\x03")
    tty.expect(PROMPT)
    tty.line(".kill")
    tty.expect(PROMPT)
    tty.line("exit")
    eq(tty.wait(), 0)


@test
def interrupt_stops_a_spinning_debuggee():
    tty = Pty("-q", "--", ACT, "spin")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"g\n")
    tty.send("\x03")
    tty.expect(PROMPT)
    tty.line("exit")
    eq(tty.wait(), 0)


@test
def interrupt_at_the_prompt_is_not_the_debuggees():
    tty = Pty("-q", "--", ACT, "getppid", 1)
    tty.expect(PROMPT)
    tty.line('!syscall getppid script { printf("seen\\n"); }')
    tty.expect(PROMPT)
    tty.send("print 99")
    tty.expect("print 99")
    tty.send("\x03")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("seen")
    tty.expect("exited with status 0")


@test
def interrupt_ends_a_long_list_and_not_what_comes_next():
    tty = Pty("-q", "--", ACT, "getppid", 1)
    tty.expect(PROMPT)
    tty.line('!syscall getppid script { printf("seen\\n"); }')
    tty.expect(PROMPT)
    tty.line("db @rsp l 100000")
    tty.expect(r"`.*  ")
    tty.send("\x03")
    tty.expect(r"\n\.\.\.\n")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("seen")
    tty.expect("exited with status 0")


@test
def interrupt_reaches_an_attached_session_only():
    victim = start(ACT, "loop", 1000)
    tty = Pty("-q", "-p", victim.pid)
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"g\n")
    wait_for("it runs", lambda: tracer_of(victim.pid) == tty.pid)
    tty.send("\x03")
    tty.expect(PROMPT)
    eq(victim.poll(), None)
    tty.line("exit")
    eq(tty.wait(), 0)
    eq((tracer_of(victim.pid), victim.poll()), (0, None))


@test
def endless_script_at_the_prompt_ends_by_its_budget():
    tty = Pty("-q")
    tty.expect(PROMPT)
    tty.line("? while (1) { }")
    tty.expect(r"(?i)budget|instructions")
    tty.expect(PROMPT)


@test
def break_shows_where_it_is():
    tty = Pty("-q", "--", ACT, "open", "/no/such/file")
    tty.expect(PROMPT)
    tty.line('!syscall openat script { if (strncmp($syscall_arg1, "/no", 3) == 0) { pause(); } }')
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r'openat\(.*"/no/such/file"')
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("open=-2")
    tty.expect(r"exited.*\b0\b")
    tty.expect(PROMPT)


@test
def hangup_kills_the_launched():
    tty = Pty("-q", "--", ACT, "spin")
    tty.expect(PROMPT)
    tty.line("print $pid")
    pid = int(tty.expect(r"\n([0-9a-f]+)\n").group(1), 16)
    eq(gone(pid), False)
    os.kill(tty.pid, signal.SIGHUP)
    tty.wait()
    wait_for("its end", lambda: gone(pid))


@test
def batch_at_a_terminal_has_no_prompt():
    tty = Pty("-q", "-b", "-c", "print 2a", "--", ACT, "exit", 3)
    eq(tty.wait(), 3)
    eq(tty.text, "2a\n")


@test
def colour_at_a_terminal():
    tty = Pty("-q", env={"TERM": "xterm"})
    tty.expect(PROMPT)
    tty.line("? .x = ;")
    tty.expect(PROMPT)
    has(tty.text, "\x1b[")
    tty = Pty("-q", "--color", "never", env={"TERM": "xterm"})
    tty.expect(PROMPT)
    tty.line("? .x = ;")
    tty.expect(PROMPT)
    if "\x1b[3" in tty.text:
        fail(repr(tty.text))
    matches(tty.text, r"error")


def in_foreground(pid):
    """Asleep, and its process group is its terminal's foreground one (proc(5), stat)."""
    state, _, pgrp, _, _, tpgid = read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:6]
    return state == "S" and pgrp == tpgid


@test
def a_shell_keeps_its_job_control():
    """Its jobs are in process groups of their own: their Ctrl-C is theirs alone."""
    tty = Pty("-q", "-c", "!syscall getpgid script { .n = .n + 1; }", "bash", "--norc",
              env={"PS1": "SH$ "})
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect(r"SH\$ ")
    tty.line("sleep 100")
    shell = children_of(tty.pid)[0]
    job = wait_for("sleep", lambda: [p for p in children_of(shell)
                                     if read(f"/proc/{p}/comm") == "sleep\n"])[0]
    tty.send("\x1a")
    tty.expect("Stopped +sleep 100")
    tty.line("fg")
    tty.expect("\nsleep 100")
    # The shell names the job before it hands over the terminal: a Ctrl-C between is the shell's.
    wait_for("the job in the foreground", lambda: in_foreground(job))
    tty.send("\x03")
    tty.expect(r"SH\$ ")
    tty.line("echo one | tr o O; exit 3")
    tty.expect("\nOne")
    tty.expect("exited with status 3")
    tty.expect(PROMPT)
    tty.line("exit")
    eq(tty.wait(), 0)


@test
def a_break_in_a_shell_takes_the_terminal_and_gives_it_back():
    tty = Pty("-q", "-c", "!syscall getppid", ACT, "terminal")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("getppid")
    tty.expect(PROMPT)
    tty.line("? printf(\"six %d\\n\", 2 * 3);")
    tty.expect("\nsix 6")
    tty.expect(PROMPT)
    tty.line("g")
    tty.expect("foreground=1\\s+modes=1\n")
    tty.expect(PROMPT)
    tty.line("exit")
    eq(tty.wait(), 0)


main()
