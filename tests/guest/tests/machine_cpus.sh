# SPDX-License-Identifier: LGPL-2.1-or-later
# Scripts on several CPUs at once: locks, globals, maps and interlocked functions are one for all,
# messages come in order, and what is lost is counted.

load lstar
ready() { within 30 grep -q ready said || { cat said; fail "lstar does not get ready"; }; }
begin() {
	printf '%s\n' "$@" '? printf("ready\n");' >cmds
	rm -f in said; mkfifo in
	lstar machine -q -s cmds <in >said 2>&1 & lstar=$!
	exec 3>in
	ready
}
end() {
	printf '%s\n' "$@" >&3
	exec 3>&-
	wait $lstar
	sed -i /ready/d said
}

# the published example, unchanged: pairs of lines of one thread, which the lock keeps together
sh -c 'kill -STOP $$; exec act getppid 3' & pid=$!
hex=$(printf %x $pid)
stopped() { grep -q '^State:.*stopped' /proc/$pid/status; }
within 30 stopped || fail "the program does not wait"
rm -f in said; mkfifo in
lstar machine -q -s /examples/syscall-result.ds $hex 6e <in >said 2>&1 & lstar=$!
exec 3>in
echo '? printf("ready\n");' >&3
ready
kill -CONT $pid
wait $pid
exec 3>&-
wait $lstar
sed -i /ready/d said
eq "$(sed 's/arg1.*/args/' said)" "$(for i in 1 2 3 4; do
	printf '[%s] syscall num: 6e, args\n[%s] result of syscall: %x\n' $hex $hex $$; done)"

# a counter that only a lock keeps right, an interlocked one, and the event's own
begin '? .lock = 0; .plain = 0; .atomic = 0;' \
	'!syscall getppid script { interlocked_increment(&.atomic); spinlock_lock(&.lock); .plain = .plain + 1; spinlock_unlock(&.lock); .map[$pid] = count(); }'
act threads 4 500 >/dev/null
end 'print .plain' 'print .atomic' events
eq "$(sed 's/.*\[/[/' said)" "$(printf '7d0\n7d0\n[fired 2000]')" "2000 calls of four threads"

# one stream of messages, in order of time
begin '? .n = 0;' '!syscall getppid script { printf("%d\n", interlocked_increment(&.n)); }'
act threads 4 100 >/dev/null
end events
eq "$(grep -c '^[0-9]*$' said)" 400
grep '^[0-9]*$' said | sort -n | uniq | wc -l | grep -q '^400$' || fail "a message came twice, or not"

# more than any reader can take: nothing blocks, all that is missing is told
begin '!syscall getppid script { for (i = 0; i < 100; i++) { printf("0123456789012345678901234567890123456789012345678901234567890123456789\n"); } }'
act threads 4 100 >/dev/null
end events
lost=$(sed -n 's/^lstar: error: \([0-9]*\) messages* .* lost: .*/\1/p' said | awk '{ n += $1 } END { print n + 0 }')
eq "$(($(grep -c '^0123' said) + lost))" $((400 * 256)) "messages shown and lost"
unload lstar
