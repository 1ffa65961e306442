#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The engine must not need a C library: compiles its sources as a kernel module's are
# compiled and looks at what they leave undefined.
#
#	freestanding.sh CC INCLUDE-DIR SOURCE...
#
# Prints TAP; a failure anywhere ends it without the one "ok".
set -eu
echo 1..1
cc=$1 include=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

n=0
for source; do
	n=$((n + 1))
	$cc -std=gnu17 -O2 -ffreestanding -mno-sse -mno-mmx -mcmodel=kernel -fno-pic -fno-pie \
		-mno-red-zone -fno-strict-aliasing -fno-stack-protector -I"$include" \
		-c "$source" -o "$dir/$n.o"
done
ld -r -o "$dir/engine.o" "$dir"/[0-9]*.o
undefined=$(nm -u "$dir/engine.o" | awk '{ print $2 }' |
	grep -vxE 'memcpy|memmove|memset|memcmp' || true)
if [ -n "$undefined" ]; then
	echo "the engine needs: $undefined" >&2
	exit 1
fi
# no state of its own either: nothing in writable sections
writable=$(nm "$dir/engine.o" | awk '$2 ~ /^[bBdDcC]$/ { print $3 }')
if [ -n "$writable" ]; then
	echo "the engine has variables: $writable" >&2
	exit 1
fi
nm "$dir/engine.o" | grep -q ' T eng_fire$'
echo "ok 1 - nothing but mem* is undefined, nothing is writable"
