# SPDX-License-Identifier: LGPL-2.1-or-later
# The same events with the same scripts, of one process and of the machine with that process for a
# filter, print the same lines for the same program. What differs by
# design is not asked: post of !syscall, and where !sysret returns from.
cat >events <<'END'
!syscall openat script { printf("open %s %x\n", $syscall_arg1, $syscall_arg2); }
!syscall write script { printf("write %d: %x %x\n", $syscall_arg0, $syscall_arg2, poi($syscall_arg1) & 0xff); }
!syscall 0n999 script { printf("999: %llx %llx %llx\n", @rdi, @rsi, @rdx); @rdi = 1; .calls = .calls + 1; }
!syscall 0n998 sc on script { @rax = 0n55; }
!sysret script { if ($syscall_number == 0n997) { printf("back %lld\n", @rax); @rax = 0n66; } }
!syscall getppid script { printf("%s %d\n", $pname, $event_stage); if (.calls == 3) { print(.calls); } }
!syscall 0n996 script { x = 0; print(1 / x); }
!sysret script { if ($syscall_number == 0n39) { printf("%d\n", $syscall_return == $pid); } }
END
set -- act open /etc/profile open /nothing call 999 0x11 0x2222 0x333333 call 999 1 2 3 \
	call 999 4 5 6 call 998 0 0 0 call 997 0 0 0 quiet 996 1 1 1 quiet 39 0 0 0 getppid 2

lstar -q -b -o process -s events -- "$@" >process.program 2>process.errors
echo "status $?" >>process.program
has_not "$(cat process.errors)" "error: unknown"

load lstar
sh -c 'kill -STOP $$; exec "$@"' sh "$@" >machine.program 2>machine.errors & pid=$!
stopped() { grep -q '^State:.*stopped' /proc/$pid/status; }
within 10 stopped || fail "the program does not wait"
sed "s/script {/pid 0n$pid script {/" events >pid.events
{ cat pid.events; echo '? printf("ready\n");'; echo 'sleep 0n60000'; } >machine.events
lstar machine -q -b -o machine -s machine.events 2>machine.said & debugger=$!
within 20 grep -qs ready machine || fail "lstar: $(cat machine machine.said)"
kill -CONT $pid
wait $pid
echo "status $?" >>machine.program
sleep 0.3; kill -TERM $debugger; wait $debugger

sed -i '/^ready$/d' machine
for side in process machine; do grep -v '^lstar: ' $side >$side.lines; done
diff process.lines machine.lines >&2 || fail "the lines differ"
diff process.program machine.program >&2 || fail "the program saw other results"
has "$(cat machine.program)" call=55
has "$(cat machine.program)" call=66
[ "$(wc -l <machine.lines)" -ge 12 ] || fail "few lines: $(cat machine.lines)"
