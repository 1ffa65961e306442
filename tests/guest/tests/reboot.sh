# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine restarts with events armed.
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' hold &
sleep 1
reboot -f
sleep 60
