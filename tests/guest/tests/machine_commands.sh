# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands of the whole machine: CPUs, registers, modules, symbols, memory, page tables.

m() {
	for c; do set -- "$@" -c "$c"; shift; done
	lstar machine -q -b "$@" 2>&1
}
load lstar
sysctl -w kernel.kptr_restrict=1 >/dev/null
cpus=$(nproc)

said=$(m cpu)
eq "$(echo "$said" | wc -l)" "$cpus"
eq "$(echo "$said" | head -n 1)" "  CPU 0: entered, not armed"
last=$(printf %x $((cpus - 1)))
eq "$(m "cpu $last" '? printf("%x\n", $core);' cpu | sed -n '1p;$p')" "$(printf "$last\n* CPU $last: entered, not armed")"
has "$(m 'cpu 0n99')" "lstar: error: there is no CPU 63; 'cpu' lists what is online"

# model-specific registers: LSTAR is the kernel's entry on every CPU, hidden things stay hidden
entry=$(grep ' entry_SYSCALL_64$' /proc/kallsyms | cut -d ' ' -f 1)
eq "$(m 'rdmsr c0000082')" "$(for i in $(seq 0 $((cpus - 1))); do printf 'CPU %x: msr c0000082 = %s\n' $i $entry; done)"
eq "$(m 'cpu 0' 'rdmsr c0000082 core all' | sed '/use CPU/d')" "$(m 'rdmsr c0000082')"
matches "$(m 'rdmsr c0000080 core 0')" '^CPU 0: msr c0000080 = 0000000000000[0-9a-f]*[13579bdf]$'
eq "$(m 'wrmsr c0000103 5 core 0' 'rdmsr c0000103 core 0')" "CPU 0: msr c0000103 = 0000000000000005"
matches "$(m 'wrmsr c0000080 1d01')" "^lstar: error: cannot write the model-specific register c0000080: the processor has no such register, or not for this \(#GP\)$"
has "$(m 'rdmsr 10 core 0n500')" "there is no CPU 1f4; 'cpu' lists them"

# modules and symbols
base=$(sed -n 's/^lstar .* 0x\([0-9a-f]*\).*/\1/p' /proc/modules)
has "$(m 'lm m lst*')" "$(echo $base | sed 's/^\(.\{8\}\)/\1`/')"
matches "$(m lm | head -n 1)" '^ffffffff`[0-9a-f]{8}  ffffffff`[0-9a-f]{8}  +[0-9a-f]+  vmlinux$'
eq "$(m 'x vmlinux!linux_banner')" "$(grep ' linux_banner$' /proc/kallsyms | sed 's/^\(.\{8\}\)\([0-9a-f]*\) \(.\) \(.*\)/\1`\2  \3  vmlinux!\4/')"
has "$(m 'lm m nosuch*')" "lstar: error: no module is called 'nosuch*'; 'lm' lists all"
has "$(m 'x lstar!*')" "lstar!"
has "$(m 'x vmlinux!no_such_thing_*')" "no symbol matches"
has "$(m 'print vmlinux!no_such_thing')" "cannot find the symbol 'vmlinux!no_such_thing': 'vmlinux' has no such symbol; 'x vmlinux!*NAME*' searches"
eq "$(m 'print vmlinux!entry_SYSCALL_64 == 0x'$entry)" 1

# memory of the kernel and of processes, as all commands show it
banner=$(cat /proc/version)
has "$(m 'da vmlinux!linux_banner l 20')" "\"$(echo "$banner" | head -c 32)\""
has "$(m 'db vmlinux!linux_banner l 10')" "4c 69 6e 75 78 20 76 65-72 73 69 6f 6e 20"
has "$(m 'u vmlinux!entry_SYSCALL_64 l 10')" "vmlinux!entry_SYSCALL_64:"
has "$(m 'u vmlinux!entry_SYSCALL_64 l 10')" swapgs
has "$(m 'db 0')" "lstar: error: nothing is readable at 0"
has "$(m '? x = dq(10);')" "script error: bad address"

# a page of a process: read, written, translated there and back
act sleep 600000 & pid=$!
hex=$(printf %x $pid)
within 30 grep -q '(act) S' /proc/$pid/stat || fail "act does not run"
stack=$(sed -n 's/^[0-9a-f]*-\([0-9a-f]*\) .*\[stack\].*/\1/p' /proc/$pid/maps)
has "$(m "da $stack-8-4 pid $hex")" '"act"'
eq "$(m "eb $stack-c 78 79 7a pid $hex" "da $stack-c pid $hex" | sed 's/.* //')" '"xyz"'
eq "$(m ".process pid $hex" "da $stack-c" | tail -n 1 | sed 's/.* //')" '"xyz"'
pa=$(m "!va2pa $stack-c pid $hex" | sed -n 's/.*is physical \([0-9a-f]*\),.*/\1/p')
va=$(m "!pa2va $pa" | sed -n 's/.*is virtual //p')
has "$(m "da $va")" '"xyz"'
kill $pid; wait $pid
has "$(m "da $stack-c pid $hex")" "nothing is readable"
has "$(m '!va2pa 0')" "lstar: error: virtual 0 has no page"

# help is about what there is here
said=$(m .help)
has "$said" "  rdmsr  "
has_not "$said" "  .attach  "
has_not "$said" "Breakpoints"

# state and end
said=$(m .status)
has "$said" "lstar 0.1.0, target: machine (hypervisor)"
matches "$said" "^backend svm, [0-9a-f]+ bytes for each CPU, of which [0-9a-f]+ are its ring$"
matches "$said" "^  CPU 0: entered, not armed; 0 events, 0 messages, 0 dropped; exits:"
matches "$said" "^$cpus CPUs? entered, 0 armed; 0 events in "
said=$(m '!syscall getppid script { }' .unload .status events '? print(1);')
has "$said" "0 CPUs entered, 0 armed"
has "$said" "no active or disabled events"
there="lstar: error: scripts run in the hypervisor, and it is not there: start 'lstar machine' again"
has "$said" "$there"
eq "$(m .unload '!syscall script { }')" "$there"
eq "$(m .unload 'db 10+@rsp')" "$there"
eq "$(m .unload 'rdmsr 10')" "lstar: error: the hypervisor is not there; start 'lstar machine' again"
has "$(m .unload 'da vmlinux!linux_banner l 10')" '"Linux version 6.'

# it goes with the session, unless it is to stay
m events >/dev/null
has "$(lsm info)" "entered=0"
m 'settings stay on' >/dev/null
has "$(lsm info)" "entered=1"
m events >/dev/null
has "$(lsm info)" "entered=0"
unload lstar
