# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine powers off with events armed.
load lstar
lsm enter on syscall:pre:any '.n = .n + 1;' hold &
sleep 1
poweroff -f
sleep 60
