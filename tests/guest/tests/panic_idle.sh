# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel panics under the hypervisor, with nothing armed.
load lstar
lsm enter
echo c >/proc/sysrq-trigger
sleep 60
