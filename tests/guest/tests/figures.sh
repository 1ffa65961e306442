# SPDX-License-Identifier: LGPL-2.1-or-later
# What the machine target costs, for bench/machine.py: no test, nothing is asserted.
call=110 # getppid
one=".n = .n + 1;"
cost() { # WHAT N VERBS-BEFORE...
	local what=$1 n=$2 said
	shift 2
	said=$(lsm "$@" time $call "$n") || fail "$what: $said"
	echo "$what $(value ns "$said")"
}
now() { sed 's/ .*//; s/\.//; s/^0*//; s/$/0/' /proc/uptime; } # ms
cost off 20000
before=$(now)
load lstar
said=$(lsm enter info on syscall:pre:$call "$one" burst $call 1 1 counters 0) || fail "$said"
after=$(now)
eq "$(value fired "$said")" 1
echo "first-event $((after - before))"
echo "memory $(value memory "$said")"
cost idle 20000
cost syscall-bare 2000 on syscall:pre:any ''
cost syscall 2000 on syscall:pre:any "$one"
cost sysret 2000 on sysret:pre:any "$one"
cost both 2000 on syscall:pre:any "$one" on sysret:pre:any "$one"
cost other 2000 on syscall:pre:400 "$one"
cost by-name 2000 on syscall:pre:$call "$one"
cost printed 200 on syscall:pre:$call 'printf("%x %s\n", $pid, $pname);'
lsm leave || fail leave
cost left 20000
