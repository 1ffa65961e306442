# SPDX-License-Identifier: LGPL-2.1-or-later
# Mixed load (forks, signals, threads, ptrace, ftrace, modules that come and go) while events are
# armed and disarmed; every count exact, all memory back. SOAK_SECONDS: how long.
seconds=${SOAK_SECONDS:-70}
tracing=/sys/kernel/tracing
# A few functions: with all of them nothing else would get anywhere.
echo 'vfs_*' >$tracing/set_ftrace_filter
trace() {
	echo 1 >$tracing/events/raw_syscalls/enable; sleep 0.5
	echo 0 >$tracing/events/raw_syscalls/enable
	echo function >$tracing/current_tracer; sleep 0.3
	echo nop >$tracing/current_tracer; sleep 1
}
# What is made once and kept, a CPU's trace buffer above all, is no leak.
trace
load lstar; lsm enter on syscall:pre:400 '' burst 400 1 4 leave || fail "first round"
unload lstar
before=$(memory_free)
load lstar
lsm enter || fail "enter"
mixed_load
(while :; do insmod /lib/modules/dummy.ko && rmmod dummy; sleep 0.1; done) &
(while :; do trace; done) &
end=$(($(date +%s) + seconds)) rounds=0
while [ "$(date +%s)" -lt $end ]; do
	said=$(lsm on syscall:pre:401 '.n = 0;' on syscall:pre:400 '' on sysret:post:any '.returns = .returns + 1;' \
		on syscall:pre:400 'interlocked_increment(&.n);' \
		burst 400 50 4 disable all burst 400 5 4 enable all burst 400 50 4 \
		counters 1 counters 3 global n 2>&1) || fail "round $rounds: $said"
	eq "$(echo "$said" | tr '\n' ' ')" "fired=400 faults=0 fired=400 faults=0 n=400 " \
		"round $rounds"
	rounds=$((rounds + 1))
	[ $((rounds % 10)) -ne 0 ] || lsm leave enter || fail "round $rounds: leave and enter"
done
# Two arms a round: at ADD and at the second "enable".
echo "armed and disarmed $((rounds * 2)) times in $seconds s"
kill $(jobs -p)
wait
echo nop >$tracing/current_tracer
within 10 rmmod lstar || fail "cannot be unloaded"
rmmod dummy 2>/dev/null
killall -q act lstar
sleep 1
after=$(memory_free)
echo "free before $before, after $after KiB"
[ $((before - after)) -lt 4096 ] || fail "$((before - after)) KiB are missing"
