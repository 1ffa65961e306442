# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine that the warning speaks of: the kernel goes on behind its SYSRET, in ring 0.
load lstar
lstar machine -q -b -c '!sysret script { if ($syscall_number == 0n999) { event_sc(1); } }' -c '? printf("ready\n");' >said 2>&1 &
within 20 grep -q ready said || fail "$(cat said)"
leftout
