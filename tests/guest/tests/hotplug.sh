# SPDX-License-Identifier: LGPL-2.1-or-later
# CPUs go and come back under armed events: those that are there are entered and count exactly.
[ -n "$(cpus_but_first)" ] || skip "one CPU"
load lstar
lsm enter || fail "enter"

online() { echo "$2" >/sys/devices/system/cpu/cpu"$1"/online || fail "cpu$1 online=$2"; }
state() { lsm stats | sed -n "s/^cpu=$1 \(entered=. armed=.\).*/\1/p"; }

round=0
while [ $round -lt 5 ]; do
	for cpu in $(cpus_but_first); do
		online "$cpu" 0
		has "$(state "$cpu")" entered=0
		online "$cpu" 1
		has "$(state "$cpu")" entered=1
	done
	round=$((round + 1))
done

# The same while an event is armed, and while the calls are made.
cat >plug <<'END'
. /etc/profile
for value in 0 1; do
	for cpu in $(cpus_but_first); do
		echo $value >/sys/devices/system/cpu/cpu$cpu/online || exit 1
	done
done
END
said=$(lsm on syscall:pre:400 '' burst 400 500 4 run sh plug ';' burst 400 500 4 \
	start sh plug ';' burst 400 5000 4 wait counters 0 stats) || fail "$said"
eq "$(value fired "$said")" 24000 "calls counted"
eq "$(echo "$said" | grep -c 'entered=1 armed=1 ')" "$(nproc)" "CPUs armed at the end"

# Entering while a CPU is away: it is entered when it comes.
lsm leave || fail "leave"
last=$(cpus_but_first | tail -n 1)
online "$last" 0
lsm enter || fail "enter without cpu$last"
online "$last" 1
has "$(state "$last")" entered=1
unload lstar
