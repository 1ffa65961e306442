# SPDX-License-Identifier: LGPL-2.1-or-later
# N calls of each of 20 kinds from T threads: scripts count exactly N * T SYSCALLs of each and as
# many SYSRETs. The calls are known by their number and by what `calls` puts into R9.
load lstar
kinds=$(calls 1 1 | sed -n 's/^# seen: kind \([0-9]*\) number \([0-9]*\) .*/\1:\2/p')
eq "$(echo "$kinds" | wc -l)" 20 kinds
# A global must be assigned somewhere; nobody makes call 401.
all= ; events= ; globals=
for pair in $kinds; do
	kind=${pair%:*} nr=${pair#*:}
	mark=$(printf '0x%x' $((0x5eedca00 + kind)))
	all="$all .call$kind = 0; .back$kind = 0;"
	globals="$globals global call$kind global back$kind"
	events="$events|on|syscall:pre:$nr|if (@r9 == $mark) { interlocked_increment(&.call$kind); }"
	events="$events|on|sysret:pre:$nr|if (@r9 == $mark) { interlocked_increment(&.back$kind); }"
done
n=100
for threads in 1 4; do
	IFS='|'
	set -- enter on syscall:pre:401 "$all" ${events#|}
	unset IFS
	said=$(lsm "$@" run calls $n $threads ';' $globals) || fail "$said"
	has "$said" "ok 1 - calls_of_all_kinds_from_all_threads"
	for pair in $kinds; do
		kind=${pair%:*}
		eq "$(echo "$said" | sed -n "s/^# seen: kind $kind .* made //p")" $((n * threads)) made
		eq "$(value call$kind "$said")" $((n * threads)) "SYSCALLs of kind $pair, $threads threads"
		eq "$(value back$kind "$said")" $((n * threads)) "SYSRETs of kind $pair, $threads threads"
	done
done
