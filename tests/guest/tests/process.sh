# SPDX-License-Identifier: LGPL-2.1-or-later
# The process target works in a guest, so that a failing machine target is to blame for itself.
said=$(lstar -q -b -c '? .n = 0;' -c '!syscall getppid script { .n++; }' -c 'g' -c 'print .n' \
	-- act getppid 10 2>&1) || fail "$said"
has "$said" getppid=1
eq "$(echo "$said" | tail -n 1)" b "calls that were counted (act makes one more)"
