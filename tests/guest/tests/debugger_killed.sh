# SPDX-License-Identifier: LGPL-2.1-or-later
# `lstar machine` itself is killed at random moments, while its events print and calls are made on
# all CPUs: nothing stays armed, its memory is given back, the next session finds the machine free,
# and the module goes also while the events of a killed debugger are being taken away.
load lstar
sed -n 's/^processor.*: //p' /proc/cpuinfo | while read -r cpu; do
	taskset -c "$cpu" act loop 0 &
done
printf '%s\n' '? .n = 0; .returns = 0; .entered = 0;' \
	'!syscall getppid script { printf("%s %x %d\n", $pname, $pid, $core); .n++; }' \
	'!syscall getppid stage all script { .calls[$core] = count(); }' \
	'!sysret script { .returns++; }' \
	'!syscall imm no script { if (@rax == 0n999) { print(.calls); } }' \
	'!entryhook getppid script { .entered++; }' \
	'? printf("ready\n");' 'sleep 0n60000' >cmds

printing() { grep -qs '^act ' said; }
# Killed before it is ready, while it arms, or ($1: odd) while it prints.
killed() {
	rm -f said; lstar machine -q -b -s cmds >said 2>&1 &
	[ $(($1 % 2)) -eq 0 ] || within 60 printing || fail "no events: $(cat said)"
	usleep $((RANDOM % 1200 * 1000))
	kill -9 $!
	wait $! 2>/dev/null
	eq $? 137 "the debugger ended by itself: $(tail -n 3 said)"
	has_not "$(head -n 20 said)" error
}
# At once, without waiting for anything: whoever is gone has nothing armed.
nothing_left() {
	said=$(lsm stats) || fail "round $1: $said"
	has_not "$said" armed=1
	# the hypervisor outlives who was killed; this session takes it away
	said=$(lstar machine -q -b -c .status -c events 2>&1) || fail "round $1: $said"
	matches "$said" "^$(nproc) CPUs? entered, 0 armed; "
	has "$said" "no active or disabled events"
}
rounds() {
	local round=0
	while [ $round -lt "$1" ]; do
		killed $round
		nothing_left $round
		round=$((round + 1))
	done
}
rounds 3 # what is made once and kept is no leak
before=$(memory_free)
rounds "${KILLED_ROUNDS:-12}"
after=$(memory_free)
echo "free before $before, after $after KiB"
[ $((before - after)) -lt 1024 ] || fail "the sessions kept $((before - after)) KiB"

# The module is taken away while a killed session ends: refused as long as that holds it, then gone.
round=0
while [ $round -lt 6 ]; do
	rm -f said; lstar machine -q -b -s cmds >said 2>&1 & pid=$!
	within 60 printing || fail "no events: $(cat said)"
	(usleep $((RANDOM % 20 * 1000)); kill -9 $pid) &
	tries=0
	until rmmod lstar 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 5000 ] || fail "the module stays"
	done
	wait $pid 2>/dev/null
	[ ! -e /dev/lstar ] || fail "the device outlives the module"
	load lstar
	round=$((round + 1))
done
has "$(lsm info)" "entered=0"
