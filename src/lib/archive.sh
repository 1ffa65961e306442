#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: archive.sh OUTPUT COMPILER [ARG...] ARCHIVE...
#
# Make one archive of several, in which no name is visible but the library's own: a program
# that is linked with it may call its functions what it likes.
set -eu

out=$1
shift
object=$out.o
trap 'rm -f "$object"' EXIT

cc=
while [ "${1##*.}" != a ]; do
	cc="$cc $1"
	shift
done
# shellcheck disable=SC2086 # a command and its arguments
$cc -r -nostdlib -o "$object" -Wl,--whole-archive "$@" -Wl,--no-whole-archive
objcopy --wildcard --keep-global-symbol='lstar_*' "$object"
rm -f "$out"
ar rcs "$out" "$object"
