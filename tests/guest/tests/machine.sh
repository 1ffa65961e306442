# SPDX-License-Identifier: LGPL-2.1-or-later
# Events of the whole machine as a user sets them: what they see, change, leave out and print.
# Each run of lstar enters the hypervisor and takes it away again.

# m COMMAND...: a session with these commands.
m() {
	for c; do set -- "$@" -c "$c"; shift; done
	lstar machine -q -b "$@" 2>&1
}
# during COMMANDS PROGRAM...: the session is there while the program runs; prints what lstar says.
during() {
	local commands=$1; shift
	printf '%s\n' "$commands" '? printf("ready\n");' 'sleep 0n60000' >cmds
	rm -f said; lstar machine -q -b -s cmds >said 2>&1 & local pid=$!
	within 20 grep -q ready said || { cat said; fail "lstar does not get ready"; }
	"$@" >prog 2>&1; echo $? >status
	sleep 0.1; kill -TERM $pid; wait $pid
	sed -i /ready/d said; cat said
}

load lstar

# --- who and what
eq "$(during '!syscall getppid script { printf("%s %x %x\n", $pname, @rax, $context); }' act getppid 1)" \
	"$(printf 'act 6e 6e\nact 6e 6e')" "getppid (act makes one more)"
eq "$(during '!syscall 0n999 script { printf("%llx %llx %llx %d\n", @rdi, @rsi, $syscall_arg2, $event_stage); }' \
	act call 999 0x1234 0x5678 0x9abc)" "1234 5678 9abc 0"
eq "$(cat prog)" "call=-38"
eq "$(during '!syscall2 0n999 script { printf("%d %d\n", $syscall_arg0, $pid == $tid); }' \
	act quiet 999 7 0 0)" "7 1"
eq "$(during '!syscall openat script { if (!strcmp(@rsi, "/tmp/no such file")) { printf("%s\n", @rsi); } }' \
	act open "/tmp/no such file")" "/tmp/no such file"

# --- changes
during '!syscall 0n999 script { @rax = 0n39; }' act call 999 0 0 0 >/dev/null
matches "$(cat prog)" "^call=[1-9][0-9]*$"
during '!sysret script { if (!strcmp($pname, "act") && @rax == -0n38) { @rax = 0n77; } }' act call 999 0 0 0 >/dev/null
eq "$(cat prog)" "call=77"
during '!syscall 0n999 sc on script { @rax = 5; }' act call 999 0 0 0 >/dev/null
eq "$(cat prog)" "call=5" "short-circuit by the option"
during '!syscall 0n999 script { if (@rdi == 1) { event_sc(1); @rax = 6; } }' act call 999 1 0 0 call 999 2 0 0 >/dev/null
eq "$(cat prog)" "$(printf 'call=6\ncall=-38')" "short-circuit in the script"
eq "$(during '!syscall 0n999 stage all script { printf("%d %d\n", $event_stage, @rip == vmlinux!entry_SYSCALL_64); }' \
	act quiet 999 0 0 0)" "$(printf '0 0\n1 1')"

# a return that its own script lets happen after all
during '!sysret sc on script { event_sc(0); @rax = @rax; }' act call 999 0 0 0 >/dev/null
eq "$(cat prog)" "call=-38"
eq "$(lstar machine -b -c '!sysret core 0 sc on script { event_sc(0); }' -c 'events c all' 2>&1 | head -n 1)" \
	"lstar: warning: a SYSRET that is left out lets the kernel run on behind it: the machine crashes unless the script sends @rip elsewhere"

# --- filters, conditions, code
eq "$(during '!syscall 0n999 pid 1 script { printf("no\n"); }' act quiet 999 0 0 0)" ""
eq "$(during '!syscall 0n999 asm condition { mov rax, [rcx+0x38]; and eax, 1 } script { print(@rdi); }' \
	act quiet 999 3 0 0 quiet 999 4 0 0 quiet 999 5 0 0)" "$(printf '3\n5')"
during '!syscall 0n999 asm code { mov qword ptr [rdx], 39 }' act call 999 0 0 0 >/dev/null
matches "$(cat prog)" "^call=[1-9][0-9]*$"
said=$(during '!syscall 0n999 asm code { mov rax, [0x10] }' act call 999 0 0 0 call 999 0 0 0)
matches "$said" '^lstar: error: event 0 \(pid [0-9]+, tid [0-9]+\): '
eq "$(echo "$said" | wc -l)" 1 "code that faults is told once: it is disabled"

# --- the kernel's entry point
eq "$(during '!entryhook 0n999 script { printf("%d %x %d\n", @rip == vmlinux!entry_SYSCALL_64, @rax, @rsi == 8); }' \
	act quiet 999 7 8 0)" "1 3e7 1"
during '!entryhook 0n999 script { @rax = 0n39; }' act call 999 0 0 0 >/dev/null
matches "$(cat prog)" "^call=[1-9][0-9]*$"
during '!entryhook 0n999 sc on script { @rax = 5; }' act call 999 0 0 0 >/dev/null
eq "$(cat prog)" "call=5" "straight back from the entry point"
has "$(m '!entryhook 1 stage post script { }')" "an event at the kernel's entry point has one stage, pre"

# --- script errors: once, with the place, and the machine goes on
said=$(during '!syscall 0n999 script { x = @rdi; y = 1 / x; }' act quiet 999 0 0 0 quiet 999 0 0 0 quiet 999 0 0 0)
matches "$said" '^lstar: error: event 0 \(pid [0-9]+, tid [0-9]+\): cmds:1: script error: division by zero'
eq "$(echo "$said" | wc -l)" 1

# --- events of a session: numbers, counters, states
printf '%s\n' '? .n = 0;' '!syscall 0n999 script { .n++; event_disable(1); }' \
	'!syscall 0n998 script { printf("never\n"); }' '? printf("ready\n");' >cmds
mkfifo in; lstar machine -q -s cmds <in >said 2>&1 & pid=$!
exec 3>in
within 20 grep -q ready said || fail "$(cat said)"
act quiet 999 0 0 0 quiet 999 0 0 0 quiet 998 0 0 0
printf '%s\n' events 'print .n' 'events e 1' 'events d 0' events 'events c all' events >&3
exec 3>&-
wait $pid
eq "$(grep -v ready said)" "0   (enabled)  !syscall 0n999 script { .n++; event_disable(1); }  [fired 2]
1   (disabled) !syscall 0n998 script { printf(\"never\n\"); }  [fired 0]
2
0   (disabled) !syscall 0n999 script { .n++; event_disable(1); }  [fired 2]
1   (enabled)  !syscall 0n998 script { printf(\"never\n\"); }  [fired 0]
no active or disabled events"

# --- outputs, batches, maps
printf '%s\n' 'output create a file out' 'output open a' \
	'!syscall 0n999 output { a } script { printf("%d\n", @rdi); }' >cmds
eq "$(during "$(cat cmds)" act quiet 999 1 0 0 quiet 999 2 0 0)" ""
eq "$(cat out)" "$(printf '1\n2')"
eq "$(during '!syscall 0n999 imm no script { printf("%d\n", @rdi); }' act quiet 999 1 0 0 quiet 999 2 0 0)" "$(printf '1\n2')"

# --- a batch ends by itself when nothing is armed, or by its own command; maps are printed
eq "$(m 'print 2')" 2
printf '%s\n' '!syscall getppid script { .calls[$pname] = count(); }' '? printf("ready\n");' \
	'sleep 0n8000' 'events d all' '? print(.calls);' >cmds
rm -f said; lstar machine -q -b -s cmds >said 2>&1 & pid=$!
within 20 grep -q ready said || fail "$(cat said)"
act threads 2 50 >/dev/null
wait $pid
has "$(cat said)" ".calls[act]: 100"

# --- a batch also ends when its scripts have taken away the last event; so does `g` in it
(sleep 1; act threads 2 20 >/dev/null) &
eq "$(m '!syscall getppid script { .n = .n + 1; if (.n == 3) { printf("three\n"); event_clear($event_id); } }')" three
(sleep 1; act threads 2 20 >/dev/null) &
eq "$(m '!syscall getppid script { event_disable($event_id); }' '!syscall 0n999 script { }' 'events d 1' g 'print 5')" 5

# --- what holds a CPU is bounded: the time, and how deep functions call each other
said=$(during '!syscall 0n999 script { microsleep(0n20000); @rax = 1; }' act call 999 0 0 0 call 999 0 0 0)
matches "$said" 'cmds:1: script error: the script would hold the CPU for too long: microsleep\(\) of 20000 us, with at most 10000 us in one run$'
eq "$(echo "$said" | wc -l)" 1
eq "$(cat prog)" "$(printf 'call=-38\ncall=-38')"
has "$(m '? for (i = 0; i < 5; i++) { microsleep(0n3000); }')" "microsleep() of 3000 us, with at most 10000 us in one run"
said=$(during '!syscall 0n999 script { int deep(int n) { return deep(n + 1) + 1; } x = deep(0); }' \
	act call 999 0 0 0 call 998 0 0 0)
matches "$said" 'cmds:1: script error: stack used up; is there an endless recursion\?$'
eq "$(cat prog)" "$(printf 'call=-38\ncall=-38')"

# --- the same script says the same of a program as on the process target
script='!syscall 0n999 stage all script { printf("%s %d %llx %llx %llx %d\n", $pname, $syscall_number, $syscall_arg0, $syscall_arg1, @r10, $pid == $tid); }'
there=$(lstar -q -b -c "$script" -- act call 999 1 0x22222222222 3 call 998 1 1 1 call 999 -1 2 3 | grep -v call=)
during "$(echo "$script" | sed 's/stage all/stage pre/')" act call 999 1 0x22222222222 3 call 998 1 1 1 call 999 -1 2 3 >here
eq "$(echo "$there" | sed -n '1p;3p')" "$(cat here)" "process and machine"

# --- refusals
during '? .n = 0;' lstar machine -q -b >/dev/null
eq "$(cat prog)" "lstar: error: another lstar has the machine: /dev/lstar takes one session at a time"
eq "$(cat status)" 125
has "$(m '!syscall')" "lstar: error: an event without a script or code breaks into the debugger, but the machine cannot be halted from within itself: that comes with remote debugging. Give it 'script { ... }' or 'code { ... }'"
for c in r pause '.start ls' '.attach 1' '.detach' .kill '.switch' '.thread' .restart; do
	eq "$(m "$c")" "lstar: error: '${c%% *}' is for processes, which lstar holds and stops; the machine runs on all the time. 'lstar PROGRAM' and 'lstar -p PID' debug processes"
done
has "$(m '!syscall getppid script { pause(); }')" "pause"
has "$(m '!syscall buffer 200000 getppid script { }')" "a buffer on the machine has at most 100000 bytes, not 200000"
has "$(m 'settings budget 2000000')" "on the machine a script may execute at most 1000000 instructions at a time"
unload lstar
