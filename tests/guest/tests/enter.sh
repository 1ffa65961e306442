# SPDX-License-Identifier: LGPL-2.1-or-later
# The hypervisor slips under the running kernel and away again, on every CPU, also under load.
load lstar
said=$(lsm enter info) || fail "$said"
eq "$(value online "$said")" "$(nproc)" "CPUs entered"
said=$(lsm info) || fail "$said"
eq "$(value entered "$said")" 1 "it stays when the device is closed"
said=$(lsm leave info) || fail "$said"
eq "$(value online "$said")" 0 "CPUs after leaving"

mixed_load
i=0
while [ $i -lt 60 ]; do
	said=$(lsm enter info leave) || fail "round $i: $said"
	eq "$(value online "$said")" "$(nproc)" "CPUs entered in round $i"
	i=$((i + 1))
done
said=$(lsm enter) || fail "$said"
unload lstar # leaves by itself
/bin/true || fail "the machine goes on"
