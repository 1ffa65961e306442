# SPDX-License-Identifier: LGPL-2.1-or-later
# Whoever holds the device is killed at random moments: its events are disarmed, what it had
# loaded is freed, the device is free for the next one.
load lstar
lsm enter || fail "enter"
holder() {
	lsm on syscall:pre:any '.calls = .calls + 1;' on sysret:pre:any '.returns = .returns + 1;' \
		on syscall:pre:400 'printf("%x\n", $pid);' burst 400 100 2 hold >/dev/null &
	usleep $((RANDOM % 400 * 1000))
	kill -9 $!
	wait $! 2>/dev/null
}
disarmed() { lsm stats >stats && ! grep -q armed=1 stats; }
round=0
while [ $round -lt 5 ]; do holder; round=$((round + 1)); done
within 30 disarmed || fail "still armed: $(cat stats)"
before=$(memory_free)
while [ $round -lt 25 ]; do
	holder
	within 30 disarmed || fail "round $round: still armed: $(cat stats)"
	round=$((round + 1))
done
after=$(memory_free)
echo "free before $before, after $after KiB"
[ $((before - after)) -lt 1024 ] || fail "20 sessions kept $((before - after)) KiB"

# Nobody unloads it under a session.
lsm on syscall:pre:400 '' hold >held &
within 10 grep -q holding held || fail "no session"
rmmod lstar 2>/dev/null && fail "unloaded under a session"
[ -c /dev/lstar ] || fail "the device is gone"
if lsm info 2>second; then fail "a second session"; fi
has "$(cat second)" busy
