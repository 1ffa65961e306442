# SPDX-License-Identifier: LGPL-2.1-or-later
# Every call is counted once, from all threads on all CPUs, by filters and by scripts. 400 is a
# number that no kernel uses: nobody else makes that call.
load lstar
for threads in 1 4; do
	# A global must be assigned somewhere; nobody calls 401.
	said=$(lsm enter on syscall:pre:401 '.n = 0;' on syscall:pre:400 '' on syscall:post:400 '' \
		on syscall:pre:400 'interlocked_increment(&.n);' \
		burst 400 1000 $threads counters 1 counters 2 counters 3 global n) || fail "$said"
	n=$((threads * 1000))
	eq "$(echo "$said" | tr '\n' ' ')" \
		"fired=$n faults=0 fired=$n faults=0 fired=$n faults=0 n=$n " "counts"
done
# Disabled events see nothing, enabled ones see all again.
said=$(lsm on syscall:pre:400 '' burst 400 10 1 disable 0 burst 400 100 1 enable 0 \
	burst 400 1000 1 counters 0) || fail "$said"
eq "$(value fired "$said")" 1010 "with a pause"
# Only while an event is armed does the machine pay.
said=$(lsm on syscall:pre:400 '' stats clear all stats) || fail "$said"
eq "$(echo "$said" | grep -c ' armed=1 ')" "$(nproc)" "CPUs armed"
eq "$(echo "$said" | grep -c ' armed=0 ')" "$(nproc)" "CPUs disarmed"
