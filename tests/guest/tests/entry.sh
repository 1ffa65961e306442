# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook on the kernel's entry point: see progs/entry.c.
load lstar
entry || fail "status $?"

# `.status` says when it is blind.
status() { taskset -c 0 lstar machine -q -b -c '!entryhook script { }' -c .status -c 'events c all' 2>&1; }
entry hold 4 >held &
within 10 grep -q holding held || fail "no breakpoints"
has "$(status | head -n 4)" "    !entryhook misses calls on it: the machine's own programs use the debug registers that it needs; no call is seen now"
kill $!; wait $! 2>/dev/null
entry hold 3 >held &
within 10 grep -q holding held || fail "no breakpoints"
has "$(status | head -n 4)" "no 32-bit call is seen now"
kill $!; wait $! 2>/dev/null
has_not "$(status)" "misses calls"
