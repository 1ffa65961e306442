# SPDX-License-Identifier: LGPL-2.1-or-later
"""The initramfs of a guest: busybox, lstar with its libraries, programs, scripts, modules.

Archives are written in the kernel's own format (cpio "newc", initramfs buffer format in
Documentation/driver-api/early-userspace), uncompressed: unpacking is what costs in a guest.
"""

import lzma
import os
import re
import shutil
import stat
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDERS = ("bin", "sbin", "dev", "proc", "sys", "tmp", "root", "etc", "lib", "lib/modules",
           "lib64", "usr", "usr/bin", "tests", "examples", "mnt", "boot")


class Archive:
    """Files of one cpio archive, in order."""

    def __init__(self):
        self.parts, self.known = [], {}

    def _add(self, name, mode, data=b""):
        if name in self.known:
            if self.known[name] != (mode, data):
                raise ValueError(f"two different files are to be /{name} of the guest")
            return
        self.known[name] = (mode, data)
        path = name.encode() + b"\0"
        head = "070701" + "".join(f"{n:08x}" for n in (
            len(self.known), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0))
        for piece in (head.encode() + path, data):
            self.parts.append(piece + b"\0" * (-len(piece) % 4))

    def folder(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def text(self, name, text, mode=0o644):
        self._add(name, stat.S_IFREG | mode, text.encode())

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def file(self, name, path):
        with open(path, "rb") as f:
            data = f.read()
        if path.endswith(".xz"):
            name, data = name.removesuffix(".xz"), lzma.decompress(data)
        self._add(name, stat.S_IFREG | (0o755 if os.access(path, os.X_OK) else 0o644), data)

    def program(self, name, path):
        """A program and the shared libraries that it says it needs."""
        self.file(name, path)
        said = subprocess.run(["ldd", path], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", said):
            folder = "lib64" if library.startswith("/lib64/") else "lib"
            self.file(f"{folder}/{os.path.basename(library)}", library)

    def bytes(self):
        self._add("TRAILER!!!", 0)
        data = b"".join(self.parts)
        return data + b"\0" * (-len(data) % 512)


def base(build, kernel, module):
    """Everything that all guests of one kernel have."""
    archive = Archive()
    for name in FOLDERS:
        archive.folder(name)
    archive.file("bin/busybox", shutil.which("busybox"))
    archive.link("bin/sh", "busybox")
    archive.file("init", os.path.join(build, "tests/guest/init"))
    archive.program("usr/bin/lstar", os.path.join(build, "src/lstar"))
    archive.program("usr/bin/as", shutil.which("as"))
    for folder in ("tests/progs", "tests/guest", "tests/guest/progs"):
        path = os.path.join(build, folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            program = os.path.join(path, name)
            if os.path.isfile(program) and os.access(program, os.X_OK) and (
                    "." not in name and name != "init"):
                archive.program(f"usr/bin/{name.removeprefix('guest_')}", program)
    for folder, target in (("tests/guest/tests", "tests"), ("examples", "examples")):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            path = os.path.join(ROOT, folder, name)
            if os.path.isfile(path):
                archive.file(f"{target}/{name}", path)
    archive.file("etc/profile", os.path.join(HERE, "profile"))
    for path in kernel.modules:
        archive.file(f"lib/modules/{os.path.basename(path)}", path)
    if module:
        archive.file("lib/modules/lstar.ko", module)
    return archive.bytes()
