#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module's sources as DKMS wants them, and as they can be built by hand:
#
#	install.sh SOURCES VERSION [FOLDER]
#
# Without a folder: where `meson install` says.
#
# The folders stay as they are here, because Kbuild reads the engine's list of sources and the
# project's version in their places.
set -eu
from=$1 version=$2 to=${3-$MESON_INSTALL_DESTDIR_PREFIX/src/lstar-$2}

rm -rf "$to"
mkdir -p "$to"
cd "$from"
for file in meson.build kernel/Kbuild kernel/module.lds kernel/*.[chS] \
	kernel/*/*.[chS] src/engine/meson.build src/engine/*.[ch] src/abi/abi.h \
	src/abi/conventions.c src/asm/guard_words.[ch]; do
	mkdir -p "$to/$(dirname "$file")"
	cp -p "$file" "$to/$file"
	chmod 644 "$to/$file"
done
sed "s/@VERSION@/$version/" kernel/dkms.conf.in >"$to/dkms.conf"
