# SPDX-License-Identifier: LGPL-2.1-or-later
# The module comes and goes: its device is root's alone, and all memory is given back.
cycle() {
	local i=0
	while [ $i -lt "$1" ]; do
		load lstar
		[ -c /dev/lstar ] || fail "no /dev/lstar after loading"
		unload lstar
		[ ! -e /dev/lstar ] || fail "/dev/lstar outlives the module"
		i=$((i + 1))
	done
}

load lstar
eq "$(stat -c '%a %u' /dev/lstar)" "600 0" "mode and owner of /dev/lstar"
eq "$(value entered "$(lsm info)")" 0 "entered by loading alone"
unload lstar
cycle 5
before=$(memory_free)
cycle 30
after=$(memory_free)
echo "free before $before, after $after KiB"
[ $((before - after)) -lt 1024 ] || fail "30 loads kept $((before - after)) KiB"
