# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel panics with events armed and another one ready for that, which finds the processor as
# if nobody had been there, and the memory of the first one.
second_kernel <<'END'
[ -s /proc/vmcore ] || say "nothing to look at"
insmod /lstar.ko || say "the module is not loaded"
lsm enter leave || say "the hypervisor cannot be slipped under"
END
kexec crash /boot/vmlinuz second "$second_line nr_cpus=1" || fail "not loaded"
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' on sysret:pre:any '.m = .m + 1;' hold >held &
within 20 grep -q holding held || fail "nothing armed"
echo c >/proc/sysrq-trigger
