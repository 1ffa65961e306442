# SPDX-License-Identifier: LGPL-2.1-or-later
# The processor refuses the first VMRUN: whoever asked hears of it, the machine goes on, and the
# next try works. What it refuses is an MSR permission map beyond the memory that it can address
# (AMD64 volume 2, 15.5.1), where the module's own variable points for a while.
load lstar
map=$(sed -n 's/^\([0-9a-f]*\) b msr_map\t.*/\1/p' /proc/kallsyms)
[ -n "$map" ] || fail "no msr_map in /proc/kallsyms"
right=$(lsm peek "$map") || fail "peek: $right"
damage() { lsm poke "$map" ffff0ffffffff000 || fail "poke"; }
mend() { lsm poke "$map" "$right" || fail "poke"; }
works() {
	said=$(lsm on syscall:pre:400 '' burst 400 500 2 counters 0 info) || fail "$1: $said"
	eq "$(value fired "$said")" 1000 "calls counted $1"
	eq "$(value online "$said")" "$(nproc)" "CPUs entered $1"
}

# --- on all CPUs
round=0
while [ $round -lt 3 ]; do
	damage
	if said=$(lsm enter 2>&1); then fail "entered: $said"; fi
	matches "$said" "^lsm: ENTER: .*: CPU [0-9]+: the processor refused to enter the guest$"
	has "$(lsm info)" "online=0"
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		eq "$(lsm rdmsr "$cpu" c0010117)" 0 "VM_HSAVE_PA of CPU $cpu"
		has "$(lsm rdmsr "$cpu" c0000080)" d01 # SVME is off
	done
	mend
	lsm enter || fail "enter again"
	works "in round $round"
	lsm leave || fail "leave"
	round=$((round + 1))
done

# --- on one that comes, while the others are entered
last=$(cpus_but_first | tail -n 1)
[ -n "$last" ] || exit 0
online() { echo "$1" >/sys/devices/system/cpu/cpu"$last"/online || fail "cpu$last online=$1"; }
online 0
lsm enter || fail "enter without cpu$last"
damage
online 1
has "$(dmesg)" "lstar: CPU $last stays without the hypervisor: CPU $last: the processor refused to enter the guest"
said=$(lsm info stats) || fail "$said"
eq "$(value online "$said")" $(($(nproc) - 1)) "CPUs entered"
has "$said" "cpu=$last entered=0"
mend
online 0
online 1
works "after it came again"
lsm leave || fail "leave"
unload lstar
