# SPDX-License-Identifier: LGPL-2.1-or-later
# A SYSRET that is left out for real, with RIP sent elsewhere: to the IRET of the kernel's entry
# code, on a stack of the program's own (RFLAGS.AC lets ring 0 read it under SMAP).
load lstar
eq "$(leftout)" returned
warning="a SYSRET that is left out lets the kernel run on behind it: the machine crashes unless the script sends @rip elsewhere"
with() { # SCRIPT: what the program says, and what lstar did
	printf '%s\n' "$1" '? printf("ready\n");' 'sleep 0n60000' >cmds
	rm -f said; lstar machine -b -s cmds >said 2>&1 & local pid=$!
	within 20 grep -q ready said || fail "$(cat said)"
	leftout
	kill -TERM $pid; wait $pid 2>/dev/null
}
eq "$(with '!sysret sc on script {
	if ($syscall_number == 0n999) { @rip = vmlinux!native_irq_return_iret; @rsp = @rdi; @rflags = @rflags | 0x40000; .seen = 1; }
	else { event_sc(0); }
}')" landed "by the option"
has "$(cat said)" "lstar: warning: $warning"
eq "$(with '!sysret script {
	if ($syscall_number == 0n999) { event_sc(1); @rip = vmlinux!native_irq_return_iret; @rsp = @rdi; @rflags = @rflags | 0x40000; }
}')" landed "by the script"
has "$(cat said)" "lstar: warning: $warning"
eq "$(leftout)" returned "nothing of it stays"
