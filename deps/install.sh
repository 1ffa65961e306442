#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: deps/install.sh LIST...
#
# Install the Debian packages of the lists that are missing. Without root rights nothing
# is changed: the one command to run is printed instead, and the exit status is 1.
set -eu

want=$(sed -e 's/#.*//' "$@" | tr -s ' \t\n' ' ')

if ! command -v dpkg-query >/dev/null; then
	# Not Debian: the build itself will say what it does not find.
	echo "deps/install.sh: no dpkg-query here, so these are not checked:$want" >&2
	exit 0
fi

missing=
for package in $want; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "lstar needs packages that are not installed. Run:" >&2
	echo "    sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# The lists on disk may do; only when they do not are they fetched anew.
# shellcheck disable=SC2086 # a list of words
apt-get install -y -q --no-install-recommends $missing || {
	apt-get update -q
	apt-get install -y -q --no-install-recommends $missing
}
