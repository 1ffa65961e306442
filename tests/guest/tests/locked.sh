# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel that is locked down refuses the module, which nobody has signed; the debugger says so.
has "$(cat /sys/kernel/security/lockdown)" "[integrity]"
if said=$(insmod /lib/modules/lstar.ko 2>&1); then fail "loaded"; fi
has "$said" "Operation not permitted"
has "$(dmesg | tail -n 1)" "Lockdown: insmod: unsigned module loading is restricted"
eq "$(lstar machine -b 2>&1)" "lstar: error: there is no /dev/lstar: the module lstar.ko is not loaded. As root, 'modprobe lstar' loads the installed one, 'insmod lstar.ko' one that was built by hand; where that fails, 'dmesg' says why; this kernel is locked down (integrity) and loads only signed modules: sign lstar.ko with a key that it knows, or turn Secure Boot off"
