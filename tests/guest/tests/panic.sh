# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel panics with events armed.
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' hold &
sleep 1
echo c >/proc/sysrq-trigger
sleep 60
