# SPDX-License-Identifier: LGPL-2.1-or-later
# Another kernel is started in the place of this one, under which events are armed: it finds the
# processor as if nobody had been there, and the hypervisor can be slipped under it, too.
second_kernel <<'END'
insmod /lstar.ko || say "the module is not loaded"
fired=$(lsm enter on syscall:pre:400 '' burst 400 100 2 counters 0 leave 2>&1)
[ "${fired%%
*}" = fired=200 ] || say "$fired"
rmmod lstar || say "the module is not unloaded"
END
kexec load /boot/vmlinuz second "$second_line" || fail "not loaded"
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' hold >held &
within 20 grep -q holding held || fail "nothing armed"
kexec now
