# SPDX-License-Identifier: LGPL-2.1-or-later
# A processor without SVM: the module does not load, and says why.
if said=$(insmod /lib/modules/lstar.ko 2>&1); then fail "loaded"; fi
has "$said" "No such device"
matches "$(dmesg | tail -n 1)" "lstar: this virtual machine's processor has no AMD SVM: turn nested virtualisation on in its hypervisor$"
has "$(lstar machine -b 2>&1)" "the module lstar.ko is not loaded"
eq "$(lstar -q -b -c '!syscall getppid script { printf("here\n"); }' act quiet 110 0 0 0 2>&1)" here "processes"
