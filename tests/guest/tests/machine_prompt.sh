# SPDX-License-Identifier: LGPL-2.1-or-later
# At the prompt messages are printed as they come, above the line that is being typed, which stays
# as it was; Ctrl-C ends `g` and leaves the events armed.
load lstar
export LSTAR_HISTORY=
said=$(at_terminal lstar machine -q -- \
	'machine lstar> ' '!syscall 0n999 script { printf("got %d\n", @rdi); }\n' \
	'machine lstar> ' 'print 40' \
	'print 40' '+act quiet 999 7 0 0' \
	'got 7' '+act quiet 999 8 0 0' \
	'got 8' '2\n' \
	'402' 'g\n' \
	'g' '+sleep 1; act quiet 999 9 0 0' \
	'got 9' '\003' \
	'machine lstar> ' '+act quiet 999 10 0 0' \
	'got 10' 'exit\n') || fail "status $?: $said"
said=$(echo "$said" | tr -d '\r')
# What was typed before the messages is there behind them, and was run as one line.
matches "$said" '^machine lstar> print 402$'
eq "$(echo "$said" | grep -c '^402$')" 1
for n in 7 8 9 10; do
	eq "$(echo "$said" | grep -c "got $n$")" 1 "messages $n"
done
has "$(lsm info)" "entered=0"

# What lstar itself calls is no event, so that a message does not lead to the next one.
said=$(at_terminal lstar machine -q -- \
	'machine lstar> ' '? .n = 0;\n' \
	'machine lstar> ' '!syscall write script { if (!strcmp($pname, "lstar")) { .n++; } }\n' \
	'machine lstar> ' 'print .n\n' \
	'machine lstar> ' 'settings self on\n' \
	'machine lstar> ' 'print .n != 0\n' \
	'machine lstar> ' 'exit\n') || fail "status $?: $said"
eq "$(echo "$said" | tr -d '\r' | grep '^[0-9]$' | tr '\n' ' ')" "0 1 " "not seen, and then seen"

# Names of symbols are completed. A list without end ends with Ctrl-C.
said=$(at_terminal lstar machine -q -- \
	'machine lstar> ' 'x vml\011linux_ban\011\n' \
	'machine lstar> ' 'print vmlinux!linux_ban\011 != 0\n' \
	'machine lstar> ' 'x vmlinux!*\n' \
	'`' '\003' \
	'...' 'print 77\n' \
	'machine lstar> ' 'exit\n') || fail "status $?: $said"
said=$(echo "$said" | tr -d '\r')
matches "$said" '^ffffffff`[0-9a-f]{8}  [A-Za-z]  vmlinux!linux_banner$'
matches "$said" '^machine lstar> print vmlinux!linux_banner  ?!= 0$'
eq "$(echo "$said" | grep -c '^77$')" 1

# Bars of maps are as wide as the terminal, and follow it, from `?` and from events.
said=$(at_terminal lstar machine -q -- \
	'machine lstar> ' '? .h = hist(5); print(.h);\n' \
	'@|' '=100' \
	'machine lstar> ' '!syscall 0n999 script { print(.h); }\n' \
	'machine lstar> ' 'g\n' \
	'g' '+sleep 1; act quiet 999 1 0 0' \
	'@|' '=60' \
	'' '+sleep 1; act quiet 999 1 0 0' \
	'@|' '\003' \
	'machine lstar> ' 'exit\n') || fail "status $?: $said"
eq "$(echo "$said" | tr -d '\r' | grep '@|$' | awk '{ print length($0) }' | tr '\n' ' ')" "199 99 59 "
unload lstar
