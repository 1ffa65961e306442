# SPDX-License-Identifier: LGPL-2.1-or-later
# SYSCALL of 32-bit programs (by way of CSTAR, from the vDSO): events see each with its arguments,
# at the instruction and at the kernel's entry point, change it and leave it out. What `compat`
# does, and that INT 0x80 is not seen, is in its source.
load lstar
mine='!strcmp($pname, "compat")'
entry=0x$(grep ' entry_SYSCALL_compat$' /proc/kallsyms | cut -d ' ' -f 1)
said=$(lsm enter on syscall:pre:401 '.kills = 0; .right = 0; .sixth = 0; .yields = 0; .back = 0; .out = 0;' \
	on syscall:pre:37 "if ($mine) { .kills = .kills + 1; if (\$syscall_arg0 == \$pid && \$syscall_arg1 == 0n10) { .right = .right + 1; } }" \
	on syscall:pre:192 "if ($mine) { .sixth = .sixth + \$syscall_arg5; }" \
	on syscall:post:158 "if ($mine && @rip == $entry) { .yields = .yields + 1; }" \
	on sysret:post:158 "if ($mine && @cs == 0x23 && @rip < 0x100000000 && \$syscall_return == 0) { .back = .back + 1; }" \
	on syscall:pre:1000 "if ($mine) { .out = .out + 1; \$syscall_return = -0n38; event_sc(1); }" \
	run compat ';' global kills global right global sixth global yields global back global out 2>&1) || fail "$said"
has_not "$said" "not ok"
eq "$(echo "$said" | tail -n 6 | tr '\n' ' ')" "kills=50 right=50 sixth=103025 yields=50 back=50 out=50 " "at SYSCALL and SYSRET"

said=$(lsm enter on entry:pre:401 '.kills = 0; .right = 0; .sixth = 0; .yields = 0; .out = 0;' \
	on entry:pre:37 "if ($mine) { .kills = .kills + 1; if (\$syscall_arg0 == \$pid && \$syscall_arg1 == 0n10) { .right = .right + 1; } }" \
	on entry:pre:192 "if ($mine) { .sixth = .sixth + \$syscall_arg5; }" \
	on entry:pre:158 "if ($mine && @rip == $entry) { .yields = .yields + 1; }" \
	on entry:pre:1000 "if ($mine) { .out = .out + 1; \$syscall_return = -0n38; event_sc(1); }" \
	run compat ';' global kills global right global sixth global yields global out 2>&1) || fail "$said"
has_not "$said" "not ok"
eq "$(echo "$said" | tail -n 5 | tr '\n' ' ')" "kills=50 right=50 sixth=103025 yields=50 out=50 " "at the entry point"
