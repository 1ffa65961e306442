# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine is reset at once, without anybody being told, with events armed.
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' hold >held &
within 20 grep -q holding held || fail "nothing armed"
echo b >/proc/sysrq-trigger
sleep 60
