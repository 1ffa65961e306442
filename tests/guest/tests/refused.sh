# SPDX-License-Identifier: LGPL-2.1-or-later
# What a user is told where the hypervisor cannot be, or where there is no way to it.
machine="lstar machine -b"
told() { # STATUS TEXT COMMAND...
	local status=$1 text=$2; shift 2
	said=$("$@" 2>&1)
	eq $? "$status" "status of: $*"
	eq "$said" "lstar: error: $text"
}
log() { dmesg | tail -n 1; }
not_loaded() { # what the log says
	if said=$(insmod /lib/modules/lstar.ko 2>&1); then fail "loaded"; fi
	has "$(log)" "lstar: $1"
	[ ! -e /dev/lstar ] || fail "/dev/lstar without a module"
}
as_nobody() { su -s /bin/sh nobody -c "$*"; }
printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >/etc/passwd

# --- no module
told 125 "there is no /dev/lstar: the module lstar.ko is not loaded. As root, 'modprobe lstar' loads the installed one, 'insmod lstar.ko' one that was built by hand; where that fails, 'dmesg' says why" $machine
mknod /dev/lstar c 10 200
told 125 "/dev/lstar is there, but no module is behind it: remove the file and load the module again ('modprobe lstar')" $machine
rm /dev/lstar
mknod /dev/lstar c 1 3 # /dev/null
told 125 "/dev/lstar does not answer as the module of this lstar does: install both from one release and reload the module ('rmmod lstar', 'modprobe lstar')" $machine
rm /dev/lstar

# --- another release, other users
load lstar
told 125 "the module lstar.ko that is loaded speaks version 1 of the interface, this lstar version 77: install both from one release and reload the module ('rmmod lstar', 'modprobe lstar')" lstar_other machine -b
forbidden="may not open /dev/lstar: the whole machine is for root, or for who has CAP_SYS_ADMIN; try 'sudo lstar machine'"
told 125 "$forbidden" as_nobody $machine
chmod 666 /dev/lstar # the capability counts, not the file's mode
told 125 "$forbidden" as_nobody $machine
eq "$($machine -c 'print 2' 2>&1)" 2 "root is not refused"

# --- SVM is somebody else's, as far as its registers tell
last=$(($(nproc) - 1))
lsm wrmsr $last c0010117 1000
told 125 "cannot slip the hypervisor under the kernel: CPU $last: SVM is in use (VM_HSAVE_PA is set): end virtual machines first" $machine
has "$(lsm info)" "online=0" # not under the others either
lsm wrmsr $last c0010117 0
efer=$(lsm rdmsr $last c0000080)
lsm wrmsr $last c0000080 $(printf %x $((0x$efer | 0x1000)))
told 125 "cannot slip the hypervisor under the kernel: CPU $last: SVM is in use (EFER.SVME is set): end virtual machines first" $machine
has "$(lsm info)" "online=0"
lsm wrmsr $last c0000080 $efer
eq "$($machine -c 'print 2' 2>&1)" 2 "free again"
unload lstar

# --- KVM: before the module, between module and debugger, while the hypervisor is there, in use
kvm="kvm_amd is loaded and wants SVM for itself: end its virtual machines, then 'modprobe -r kvm_amd'"
for m in irqbypass kvm ccp; do insmod /lib/modules/$m.ko || fail $m; done
insmod /lib/modules/kvm-amd.ko || fail kvm-amd
not_loaded "$kvm"
rmmod kvm_amd
load lstar
insmod /lib/modules/kvm-amd.ko || fail "kvm-amd beside the module alone"
told 125 "cannot slip the hypervisor under the kernel: $kvm" $machine
rmmod kvm_amd
lsm enter || fail enter
if said=$(insmod /lib/modules/kvm-amd.ko 2>&1); then fail "kvm-amd under the hypervisor"; fi
has "$said" "Device or resource busy"
matches "$(log)" "lstar: kvm_amd is refused, the hypervisor has SVM: end 'lstar machine' first, or unload lstar$"
unload lstar
insmod /lib/modules/kvm-amd.ko || fail "kvm-amd after the hypervisor"
vm >held &
within 10 grep -q holding held || fail "no virtual machine"
rmmod kvm_amd 2>/dev/null && fail "kvm_amd is not in use"
not_loaded "$kvm"
kill $!; wait $! 2>/dev/null
rmmod kvm_amd
load lstar
eq "$($machine -c 'print 2' 2>&1)" 2 "free again"
