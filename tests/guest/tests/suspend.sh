# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine is suspended, through the firmware and back, and as far as each of the kernel's own
# tests goes: the hypervisor leaves before and is there again afterwards, with its events.
echo 0 >/sys/module/suspend/parameters/pm_test_delay # seconds
cat >suspend <<'END'
cd /sys/power
for level in devices platform processors core; do
	echo $level >pm_test && echo mem >state || exit 1
done
echo none >pm_test
echo +2 >/sys/class/rtc/rtc0/wakealarm
echo mem >state || exit 1
END
woken() { dmesg | grep -c 'ACPI: PM: Low-level resume complete'; }
echo 'exec act loop 1000 >/dev/null 2>&1' >looping # holds no pipe
load lstar

# Not there before, not there afterwards.
sh suspend || fail "suspend without a hypervisor"
eq "$(woken)" 1 "times that the firmware woke it"
has "$(lsm info)" online=0

# There, without an event.
lsm enter || fail enter
sh suspend || fail "suspend under the hypervisor"
eq "$(woken)" 2
has "$(lsm info)" "online=$(nproc)"

# With events, while calls are made: those of before and after are counted, one by one.
mixed=$(lsm on syscall:pre:400 '' on syscall:pre:401 '.n = 0;' \
	on syscall:pre:400 'interlocked_increment(&.n);' burst 400 500 4 run sh suspend ';' burst 400 500 4 start sh looping ';' run sh suspend ';' \
	burst 400 500 4 counters 0 global n stats 2>&1) || fail "$mixed"
eq "$(woken)" 4
eq "$(value fired "$mixed")" 6000
eq "$(value n "$mixed")" 6000
eq "$(echo "$mixed" | grep -c 'entered=1 armed=1 ')" "$(nproc)" "CPUs armed at the end"
