# SPDX-License-Identifier: LGPL-2.1-or-later
"""The event commands: every parameter, the three mechanisms, and what an event sees."""

import os

from harness import ACT, batch, eq, has, lines, lstar, main, matches, start, test, wait_for, write

PRINT = 'script { printf("%llx\\n", @rax); }'


# --- which call --------------------------------------------------------------

@test
def by_name():
    done = batch(['!syscall getppid ' + PRINT], ACT, "getppid", 3).ok()
    eq(done.msg, "6e\n6e\n6e\n6e\n")  # three of the loop and one of the C library
    eq(done.out, "getppid=1\n")


@test
def by_hexadecimal_number():
    eq(batch(['!syscall 6e ' + PRINT], ACT, "quiet", 110, 0, 0, 0).ok().msg, "6e\n")


@test
def by_decimal_number():
    eq(batch(['!syscall 0n110 ' + PRINT], ACT, "quiet", 110, 0, 0, 0).ok().msg, "6e\n")


@test
def by_prefixed_name():
    eq(batch(['!syscall SYS_getppid ' + PRINT], ACT, "quiet", 110, 0, 0, 0).ok().msg, "6e\n")
    eq(batch(['!syscall __NR_getppid ' + PRINT], ACT, "quiet", 110, 0, 0, 0).ok().msg, "6e\n")


@test
def by_expression():
    eq(batch(["? .nr = 6d;", '!syscall .nr+1 ' + PRINT], ACT, "quiet", 110, 0, 0, 0).ok().msg,
       "6e\n")


@test
def number_without_a_name():
    done = batch(['!syscall 0n999 ' + PRINT], ACT, "call", 999, 0, 0, 0).ok()
    eq((done.msg, done.out), ("3e7\n", "call=-38\n"))


@test
def number_is_compared_in_32_bits():
    # The kernel looks at eax only.
    done = batch(['!syscall 6e script { printf("%x\\n", $syscall_number); }'],
                 ACT, "quiet", 0x100000000 + 110, 0, 0, 0).ok()
    eq(done.msg, "6e\n")


@test
def all_calls_when_none_is_named():
    done = batch(['? .n = 0; .p = 0;', '!syscall script { .n++; if (@rax == 6e) { .p++; } }',
                  'g', '? printf("%d %d\\n", .p, .n > 0n110);'], ACT, "getppid", 100).ok()
    eq(done.msg.splitlines()[-1], "101 1")


# --- option words ------------------------------------------------------------

@test
def any_order_any_case():
    for command in (
            '!syscall getppid pid all core all imm yes stage pre sc off script { print(1); }',
            '!syscall script { print(1); } SC off STAGE Pre Imm YES pid ALL getppid',
            '!SYSCALL Stage pre getppid SCRIPT { print(1); }'):
        if " core all" in command:
            command = command.replace(" core all", "")
        eq(batch([command], ACT, "quiet", 110, 0, 0, 0).ok().msg, "1\n", command)


@test
def over_several_lines_with_comments():
    command = """!syscall  // which call:
        getppid /* by name */
        script {
            // a comment with a brace }
            print(2); /* and } another { */
        }
        imm yes"""
    eq(batch([command], ACT, "quiet", 110, 0, 0, 0).ok().msg, "2\n")


@test
def repeated_option_last_wins():
    done = batch(['!syscall getppid stage post stage pre script { print($event_stage); }'],
                 ACT, "quiet", 110, 0, 0, 0).ok()
    eq(done.msg, "0\n")


@test
def pid_of_the_debuggee():
    other = start(ACT, "sleep", 500, "fork", 3, "quiet", 110, 0, 0, 0)
    done = batch([f'!syscall getppid pid {other.pid:x} script {{ printf("%d\\n", $pid); }}'],
                 options=("-p", other.pid)).ok()
    eq(done.msg, f"{other.pid}\n")  # and nothing from the children, who ask as well


@test
def pid_of_nobody():
    eq(batch(['!syscall getppid pid 3fffff script { print(1); }'],
             ACT, "quiet", 110, 0, 0, 0).ok().msg, "")


@test
def pid_all_sees_children():
    eq(batch(['!syscall getppid pid all script { print(1); }'], ACT, "fork", 3).ok().msg,
       "1\n" * 3)


@test
def core_filters_by_cpu():
    cpu = min(os.sched_getaffinity(0))
    pinned = lambda: os.sched_setaffinity(0, {cpu})  # noqa: E731
    done = batch([f'!syscall getppid core {cpu:x} script {{ print($core); }}',
                  f'!syscall getppid core {cpu ^ 1:x} script {{ print(ffff); }}'],
                 ACT, "quiet", 110, 0, 0, 0, preexec_fn=pinned)
    eq(done.msg, f"{cpu:x}\n")
    eq(done.status, 0)


@test
def stage_pre_post_all():
    missing = ("open", "/no/such/file")
    for stage, want in (("", "0 0\n"), ("stage pre", "0 0\n"), ("stage post", "1 1\n"),
                        ("stage all", "0 0\n1 1\n")):
        done = batch([f'!syscall 101 {stage} script {{ if (strcmp($syscall_arg1, '
                      f'"/no/such/file") == 0) {{ printf("%d %d\\n", $event_stage, @rax == -2); '
                      f'}} }}'], ACT, *missing).ok()
        eq((stage, done.msg), (stage, want))


@test
def sysret_sees_results():
    done = batch(['!sysret stage pre script { if (@rax == -2 && $syscall_number == 101) '
                  '{ printf("pre %lld\\n", @rax); } }',
                  '!sysret stage post script { if (@rax == -2 && $syscall_number == 101) '
                  '{ printf("post %lld\\n", $syscall_return); } }'],
                 ACT, "open", "/no/such/file").ok()
    eq(done.msg, "pre -2\npost -2\n")


@test
def order_of_the_events_of_one_call():
    # syscall pre, syscall post, sysret pre, sysret post; within each by number.
    one = "if ($syscall_number == 6e) { printf(\"%s %%d %%d\\n\", $event_id, $event_stage); }"
    commands = [f"!sysret stage all script {{ {one % 'sysret'} }}",
                f"!syscall 6e stage all script {{ {one % 'syscall'} }}",
                f"!syscall 6e script {{ {one % 'syscall'} }}"]
    done = batch(commands, ACT, "quiet", 110, 0, 0, 0).ok()
    eq(lines(done.msg), ["syscall 1 0", "syscall 2 0", "syscall 1 1", "sysret 0 0", "sysret 0 1"])


@test
def second_forms_do_the_same():
    done = batch(['!syscall2 getppid script { print(1); }',
                  '!sysret2 script { if ($syscall_number == 6e) { print(2); } }'],
                 ACT, "quiet", 110, 0, 0, 0)
    eq((done.status, done.msg), (0, "1\n2\n"))


@test
def buffer_is_zeroed_and_lasts():
    done = batch(['!syscall getppid buffer 10 script { '
                  'eq($buffer + 8, dq($buffer + 8) + 1); print(dq($buffer + 8)); }'],
                 ACT, "quiet", 110, 0, 0, 0, "quiet", 110, 0, 0, 0).ok()
    eq(done.msg, "1\n2\n")


@test
def buffer_is_bounded():
    done = batch(['!syscall getppid buffer 10 script { eq($buffer + 9, 1); print(db($buffer + f)); '
                  'print(db($buffer + 10)); }'], ACT, "quiet", 110, 0, 0, 0, "exit", 4)
    eq((done.status, done.msg), (4, "0\n"))  # eq() says 0 and stores nothing; then an error
    matches(done.err, r"(?i)bad address")


@test
def each_event_has_its_own_buffer():
    one = 'buffer 8 script { eb($buffer, db($buffer) + $event_id + 1); print(db($buffer)); }'
    done = batch(['!syscall getppid ' + one, '!syscall getppid ' + one],
                 ACT, "quiet", 110, 0, 0, 0, "quiet", 110, 0, 0, 0).ok()
    eq(done.msg, "1\n2\n2\n4\n")


@test
def script_from_a_file():
    write("my script.ds", "// a bare script\nprint(@rax);\n")
    eq(batch(['!syscall getppid script {file:my script.ds}'],
             ACT, "quiet", 110, 0, 0, 0).ok().msg, "6e\n")


@test
def imm_no_delivers_all():
    done = batch(['!syscall getppid imm no ' + PRINT], ACT, "getppid", 2000).ok()
    eq(done.msg, "6e\n" * 2001)


# --- what an event sees --------------------------------------------------------

@test
def context_and_arguments():
    script = ('printf("%llx %llx %llx %llx|%llx %llx %llx|%llx\\n", $context, @rdi, @rsi, @rdx, '
              '$syscall_arg0, $syscall_arg1, $syscall_arg2, $syscall_number);')
    done = batch(['!syscall 0n999 script { ' + script + ' }'], ACT, "call", 999, 17, 34, 51).ok()
    eq(done.msg, "3e7 11 22 33|11 22 33|3e7\n")


@test
def rip_is_the_syscall_instruction():
    done = batch(['!syscall getppid script { print(dw(@rip)); print(dw($ip)); }',
                  '!sysret script { if ($syscall_number == 6e) { '
                  'print(dw(@rip - 2)); print($context == @rip); } }'],
                 ACT, "quiet", 110, 0, 0, 0).ok()
    eq(done.msg, "50f\n50f\n50f\n1\n")


@test
def pseudo_registers():
    done = batch(['!syscall getppid script { printf("%d %d %s %x %d\\n", $pid, $tid, $pname, '
                  '$event_tag, $event_id); }'], ACT, "quiet", 110, 0, 0, 0).ok()
    found = matches(done.msg, r"\A(\d+) (\d+) act 1000000 0\n\Z")
    eq(found.group(1), found.group(2))


@test
def strings_of_the_debuggee():
    done = batch(['!syscall openat script { if (strncmp($syscall_arg1, "/no/", 4) == 0) { '
                  'printf("[%s] %d\\n", $syscall_arg1, strlen($syscall_arg1)); } }'],
                 ACT, "open", "/no/such/file").ok()
    eq(done.msg, "[/no/such/file] 13\n")


# --- what an event changes -----------------------------------------------------

@test
def short_circuit_by_option():
    done = batch(['!syscall 0n39 sc on script { @rax = 1234; }'], ACT, "call", 39, 0, 0, 0).ok()
    eq(done.out, "call=4660\n")


@test
def short_circuit_without_a_result_leaves_the_number():
    done = batch(['!syscall 0n39 sc on script { }'], ACT, "call", 39, 0, 0, 0).ok()
    eq(done.out, "call=39\n")


@test
def short_circuit_by_script():
    script = ('!syscall 0n39 script { if (@rdi == 1) { event_sc(1); @rax = -5; } }')
    done = batch([script], ACT, "call", 39, 1, 0, 0, "quiet", 39, 0, 0, 0).ok()
    eq(done.out, "call=-5\n")


@test
def short_circuit_taken_back():
    done = batch(['!syscall 0n39 sc on script { event_sc(0); }'], ACT, "call", 39, 0, 0, 0).ok()
    found = matches(done.out, r"\Acall=(\d+)\n\Z")
    eq(int(found.group(1)) > 39, True)


@test
def short_circuited_calls_do_not_happen():
    done = batch(['!syscall write sc on script { @rax = @rdx; }'], ACT, "write", "hello").ok()
    eq(done.out, "")


@test
def no_post_and_no_sysret_after_short_circuit():
    done = batch(['? .n = 0;',
                  '!syscall 0n39 sc on stage pre script { $syscall_return = 7; print(@rip & 0); }',
                  '!syscall 0n39 stage post script { print(1); }',
                  '!sysret script { if ($syscall_number == 0n39) { print(2); } }'],
                 ACT, "call", 39, 0, 0, 0).ok()
    eq((done.out, done.msg), ("call=7\n", "0\n"))


@test
def number_change():
    # getpid becomes getppid: act's parent is lstar.
    done = batch(['!syscall 0n39 script { @rax = 0n110; }',
                  '!syscall 0n999 script { $syscall_number = 0n998; }'],
                 ACT, "call", 39, 0, 0, 0, "call", 999, 0, 0, 0).ok()
    out = lines(done.out)
    eq(out[1], "call=-38")
    eq(int(out[0].split("=")[1]) > 1, True)


@test
def number_change_hides_the_result_of_the_old_call():
    done = batch(['!syscall 0n999 script { @rax = 0n39; }',
                  '!sysret script { if (@rdi == 777 && $syscall_return == $pid) { print(5); } }'],
                 ACT, "quiet", 999, 0x777, 0, 0).ok()
    eq(done.msg, "5\n")


@test
def argument_change():
    # The descriptor becomes 2: the text appears on standard error.
    done = batch(['!syscall write script { if (@rdx == 5) { @rdi = 2; } }'], ACT, "write", "hello")
    eq((done.status, done.out, done.err), (0, "\nwrite=5\n", "hello"))


@test
def several_arguments_changed_at_once():
    done = batch(['!syscall 0n39 script { @rax = 1; $syscall_arg0 = 1; $syscall_arg1 = '
                  '$syscall_arg1; $syscall_arg2 = 0; }'], ACT, "call", 39, 5, 6, 7).ok()
    eq(done.out, "call=0\n")


@test
def result_change():
    done = batch(['!sysret script { if ($syscall_number == 0n39) { @rax = -0n13; } }'],
                 ACT, "call", 39, 0, 0, 0).ok()
    eq(done.out, "call=-13\n")
    done = batch(['!syscall 0n39 stage post script { $syscall_return = 2a; }'],
                 ACT, "call", 39, 0, 0, 0).ok()
    eq(done.out, "call=42\n")


@test
def later_events_see_earlier_changes():
    done = batch(['!syscall 0n999 script { @rdi = 5; }', '!syscall 0n999 script { print(@rdi); }'],
                 ACT, "quiet", 999, 1, 0, 0).ok()
    eq(done.msg, "5\n")


@test
def memory_change():
    write("real", "")
    done = batch(['!syscall openat script { if (strcmp($syscall_arg1, "fake") == 0) { '
                  'ed($syscall_arg1, 6c616572); } }'], ACT, "open", "fake").ok()
    eq(done.out, "open=3\n")


# --- custom code ---------------------------------------------------------------

@test
def condition_in_hex():
    # mov eax, [rcx+38h] (rdi); cmp eax, 2; sete al; movzx eax, al
    code = "8b 41 38 83 f8 02 0f 94 c0 0f b6 c0"
    for text in (code, code.replace(" ", ""), "0x" + code.replace(" ", ""),
                 "\\x" + code.replace(" ", "\\x")):
        done = batch([f'!syscall 0n999 condition {{ {text} }} script {{ print(@rdi); }}'],
                     ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0).ok()
        eq(done.msg, "2\n", text)


@test
def condition_in_assembly():
    done = batch(['!syscall 0n999 asm condition { mov rdx, [rcx+0x38]; xor eax, eax; cmp edx, 2; '
                  'sete al } script { print(@rdi); }'],
                 ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0).ok()
    eq(done.msg, "2\n")


@test
def condition_gets_the_context():
    done = batch(['!syscall asm condition { xor eax, eax; cmp rdx, 999; sete al } '
                  'script { print(@rax); }'], ACT, "quiet", 999, 0, 0, 0).ok()
    eq(done.msg, "3e7\n")


@test
def code_changes_registers():
    # The result of getpid: [rdx] is rax.
    done = batch(['!sysret asm condition { mov rax, [rcx]; cmp rax, 1234; sete al; movzx eax, al } '
                  'asm code { mov qword ptr [rdx], 77 }',
                  '!syscall 0n39 sc off script { @rax = 0n999; }'],
                 ACT, "call", 39, 0, 0, 0).ok()
    eq(done.out, "call=-38\n")
    done = batch(['!syscall 0n999 asm code { mov qword ptr [rdx], 39 }'],
                 ACT, "call", 999, 0, 0, 0).ok()
    eq(int(done.out.split("=")[1]) > 0, True)


@test
def code_in_hex():
    # mov qword [rdx+38h], 5: rdi
    done = batch(['!syscall 0n999 code { 48 c7 42 38 05 00 00 00 }',
                  '!syscall 0n999 script { print(@rdi); }'], ACT, "quiet", 999, 1, 0, 0).ok()
    eq(done.msg, "5\n")


@test
def code_of_three_nops():
    done = batch(['!syscall 0n999 code {90 90 90}', '!sysret asm code {nop; nop; nop}',
                  '!syscall 0n999 code {90 90 90} condition {90 90 90}'],
                 ACT, "call", 999, 0, 0, 0).ok()
    eq(done.out, "call=-38\n")


@test
def code_has_the_buffer():
    done = batch(['!syscall 0n999 buffer 8 asm code { inc qword ptr [rcx] } '
                  'script { print(dq($buffer)); }'],
                 ACT, "quiet", 999, 0, 0, 0, "quiet", 999, 0, 0, 0).ok()
    eq(done.msg, "0\n1\n")  # the script runs first


@test
def code_gets_the_context():
    done = batch(['!syscall 0n999 asm code { mov [rdx+0x38], r8 }',
                  '!syscall 0n999 script { print(@rdi); }'], ACT, "quiet", 999, 1, 0, 0).ok()
    eq(done.msg, "3e7\n")


@test
def asm_binds_to_the_next_word():
    done = batch(['!syscall 0n999 asm condition { mov eax, 1 } asm code { mov qword ptr '
                  '[rdx+0x38], 9 }', '!syscall 0n999 script { print(@rdi); }',
                  '!syscall 0n999 condition { b801000000 } asm code { mov qword ptr '
                  '[rdx+0x38], 10 }', '!syscall 0n999 script { print(@rdi); }'],
                 ACT, "quiet", 999, 1, 0, 0).ok()
    eq(done.msg, "9\na\n")


@test
def values_in_assembly_text():
    done = batch(["? .base = 20;", "!syscall 0n999 asm condition { mov rax, <.base - 20>;\n"
                  "or rax, <1>; test rax, 1 << 0 } asm code { mov qword ptr [rdx+0x38], 16+<.base+1> }",
                  "!syscall 0n999 script { print(@rdi); }"], ACT, "quiet", 999, 1, 0, 0).ok()
    eq(done.msg, "31\n")
    done = batch(["!syscall asm code { nop;\n mov rax, <.nothing> }", "events"])
    matches(done.err, r"<command line>:2:12: error: .*\.nothing")
    matches(done.msg, r"(?i)no active")


@test
def end_of_the_debuggee_while_it_is_being_halted():
    # The time of `sleep` is over when the script has run, and then the thread is on its way out.
    done = lstar("-b", "-c", "!syscall exit_group script { microsleep(0n200000); }", "-c",
                 "sleep 0n100", "-c", "print 1", "--", ACT, "exit", 7)
    eq(done.status, 7)
    matches(done.out, r"(?m)^process \d+ exited with status 7\n1\n")


@test
def faults_of_custom_code_end_that_code_only():
    for code, what in (("xor eax, eax; mov [rax], rax", "null store"), ("ud2", "ud2"),
                       ("jmp rax", "stray jump"), ("1: jmp 1b", "endless loop"),
                       ("hlt", "hlt"), ("xor ecx, ecx; div ecx", "division"),
                       ("xor esp, esp; push rax", "no stack"), ("mov eax, 60; syscall", "exit")):
        done = batch([f'!syscall 0n999 asm code {{ {code} }}',
                      '!syscall 0n999 script { print(@rdi); }'],
                     ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0, "exit", 5)
        eq((what, done.status, done.msg), (what, 5, "1\n2\n"))
        matches(done.err, r"(?m)event 0\b")
        eq(len(done.err.splitlines()) < 4, True, done.err)  # said once, not at each call


@test
def fault_of_a_condition_disables_the_event():
    done = batch(['!syscall 0n999 asm condition { ud2 } script { print(1); }', 'g', 'events'],
                 ACT, "quiet", 999, 1, 0, 0, "quiet", 999, 2, 0, 0)
    has(done.msg, "disabled")
    matches(done.err, r"event 0\b")


# --- events from scripts ---------------------------------------------------------

@test
def script_disables_its_own_event():
    done = batch(['!syscall 0n999 script { print(@rdi); event_disable($event_id); }'],
                 ACT, *("quiet", 999, 1, 0, 0) * 3).ok()
    eq(done.msg, "1\n")


@test
def script_enables_and_clears_others():
    done = batch(['!syscall 0n999 script { print(100 + @rdi); }', 'events d 0',
                  '!syscall 0n998 script { event_enable(0); }',
                  '!syscall 0n997 script { event_clear(0); }'],
                 ACT, "quiet", 999, 1, 0, 0, "quiet", 998, 0, 0, 0, "quiet", 999, 2, 0, 0,
                 "quiet", 997, 0, 0, 0, "quiet", 999, 3, 0, 0).ok()
    eq(done.msg, "102\n")


@test
def script_error_ends_the_run_not_the_debuggee():
    done = batch(['!syscall 0n999 script { print(1);\n print(1 / (@rdi - 1)); print(2); }',
                  '!syscall 0n999 script { print(3); }'], ACT, "quiet", 999, 1, 0, 0, "exit", 6)
    eq((done.status, done.msg), (6, "1\n3\n"))
    matches(done.err, r"(?i)division by zero")
    has(done.err, ":2")


@test
def bad_addresses_are_script_errors():
    done = batch(['!syscall 0n999 script { print(check_address(1)); print(poi(1)); }'],
                 ACT, "quiet", 999, 1, 0, 0, "exit", 6)
    eq((done.status, done.msg), (6, "0\n"))
    matches(done.err, r"(?i)bad address.*\b1\b")


@test
def endless_script_is_ended():
    done = batch(["settings budget 10000", '!syscall 0n999 script { while (1) { } }'],
                 ACT, "quiet", 999, 1, 0, 0, "exit", 6)
    eq(done.status, 6)
    matches(done.err, r"(?i)budget|instructions")


@test
def deadlock_is_a_script_error():
    done = batch(["? .lk = 0;", '!syscall 0n999 script { spinlock_lock(&.lk); '
                  'spinlock_lock(&.lk); }'], ACT, "quiet", 999, 1, 0, 0, "exit", 6)
    eq(done.status, 6)
    matches(done.err, r"(?i)lock")


@test
def pid_filter_on_an_attached_process():
    other = start(ACT, "loop", 2000)
    done = batch([f'!syscall getppid pid {other.pid:x} script {{ printf("%d\\n", $pid); '
                  'pause(); }', "g", ".detach"], options=("-p", other.pid))
    eq(lines(done.msg)[0], str(other.pid))
    wait_for("it runs on", lambda: other.poll() is None)


main()
