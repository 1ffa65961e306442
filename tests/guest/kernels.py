# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels to boot: Debian's packages, fetched and unpacked into a folder, or one that is installed.

Nothing is ever installed here: packages are downloaded with apt-get and unpacked beside each
other, which costs seconds, needs no rights and leaves the machine's own kernels alone.
"""

import glob
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass

# What the lists call a kernel, and the package that always names the latest of its kind.
META = {"debian": "linux-image-amd64", "newer": "linux-image-6.12-amd64"}
# Modules of the kernel's own that tests load, by the end of their names.
MODULES = ("net/dummy.ko", "block/loop.ko", "block/brd.ko", "virt/lib/irqbypass.ko",
           "kvm/kvm.ko", "kvm/kvm-amd.ko", "ccp/ccp.ko", "hw_random/rng-core.ko")


class Missing(Exception):
    """The kernel cannot be had here; the text says why."""


@dataclass
class Kernel:
    release: str
    image: str  # bzImage
    build: str  # for Kbuild
    modules: list  # files of MODULES


def _apt(*args, cwd=None):
    done = subprocess.run(["apt-get" if args[0] in ("update", "download") else "apt-cache",
                           "-q", "-o", "APT::Sandbox::User=root", *args], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Missing(f"apt: {' '.join(args)}: {done.stdout.strip()[-500:]}")
    return done.stdout


def _depends(package):
    """Names that @package depends on, of alternatives the first."""
    names, after_bar = [], False
    for line in _apt("depends", package).splitlines():
        if match := re.match(r"\s*(\|?)Depends: (\S+)", line):
            if not after_bar:
                names.append(match.group(2))
            after_bar = bool(match.group(1))
    return names


def _resolve(meta):
    try:
        names = _depends(meta)
    except (Missing, FileNotFoundError):
        names = []
    if not names and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt("update")  # the lists may never have been fetched
        names = _depends(meta)
    for name in names:
        if match := re.match(r"linux-image-(\d.*)$", name):
            return match.group(1)
    raise Missing(f"no package {meta} is known here; 'apt-get update' fetches the lists, or name "
                  "an installed kernel by its release (uname -r)")


def _unpack(package, folder, only=None):
    """Download a package and unpack it, or of it only the members that end with @only."""
    for old in glob.glob(os.path.join(folder, f"{package}_*.deb")):
        os.unlink(old)
    _apt("download", package, cwd=folder)
    deb, = glob.glob(os.path.join(folder, f"{package}_*.deb"))
    tree = os.path.join(folder, "tree")
    os.makedirs(tree, exist_ok=True)
    if not only:
        subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
    else:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb],
                              stdout=subprocess.PIPE) as data:
            subprocess.run(["tar", "-x", "-C", tree, "--wildcards", *only], stdin=data.stdout,
                           stderr=subprocess.DEVNULL, check=False)
    os.unlink(deb)


def _fetch(release, folder):
    """Kernel, headers and what Kbuild needs of one release, below @folder."""
    print(f"fetching the kernel {release}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    headers = f"linux-headers-{release}"
    _unpack(f"linux-image-{release}", folder,
            ["./boot/vmlinuz-*", *(f"*/{m}*" for m in MODULES)])
    _unpack(headers, folder)
    for name in _depends(headers):
        if name.startswith(("linux-headers-", "linux-kbuild-")):
            _unpack(name, folder)
    # The one absolute path in the packages' build trees.
    makefile = os.path.join(folder, "tree/usr/src", headers, "Makefile")
    with open(makefile, encoding="utf-8") as f:
        text = f.read()
    with open(makefile, "w", encoding="utf-8") as f:
        f.write(text.replace("/usr/src/", os.path.join(folder, "tree/usr/src/")))
    with open(os.path.join(folder, "whole"), "w", encoding="utf-8"):
        pass


def _modules(root):
    found = []
    for name in MODULES:
        found += glob.glob(os.path.join(root, "**", name + "*"), recursive=True)
    return found


def get(name, cache):
    """The kernel that the lists call @name, or the installed one of that release."""
    if name not in META:
        image, build = f"/boot/vmlinuz-{name}", f"/lib/modules/{name}/build"
        if not os.path.exists(image):
            raise Missing(f"no kernel {name}: {image} does not exist; known names: "
                          + ", ".join(META))
        return Kernel(name, image, build, _modules(f"/lib/modules/{name}/kernel"))
    release = _resolve(META[name])
    folder = os.path.join(cache, release)
    if not os.path.exists(os.path.join(folder, "whole")):
        _fetch(release, folder)
    tree = os.path.join(folder, "tree")
    return Kernel(release, f"{tree}/boot/vmlinuz-{release}",
                  f"{tree}/usr/src/linux-headers-{release}", _modules(tree))


def _copy(new, old):
    if not os.path.exists(old) or os.stat(new).st_mtime_ns != os.stat(old).st_mtime_ns:
        shutil.copy2(new, old)


def _version(root):
    with open(os.path.join(root, "meson.build"), encoding="utf-8") as f:
        return re.search(r"^  version: '(.*)',$", f.read(), re.M).group(1)


def build_module(kernel, root, work):
    """lstar.ko for @kernel in @work, or None, and what the compiler said. As DKMS builds it: from the
    sources that an installation leaves, by what dkms.conf says."""
    version = _version(root)
    installed = os.path.join(work, f"src/lstar-{version}")
    subprocess.run(["sh", os.path.join(root, "kernel/install.sh"), root, version, installed],
                   check=True)
    tree = os.path.join(work, f"module-{kernel.release}")
    folder = os.path.join(tree, "lstar", version, "build")
    for path, _, files in os.walk(installed):
        target = os.path.join(folder, os.path.relpath(path, installed))
        os.makedirs(target, exist_ok=True)
        for file in files:
            _copy(os.path.join(path, file), os.path.join(target, file))
    for name in os.listdir(os.path.join(folder, "kernel")):
        if name.startswith("lstar.o"):  # linked anew, so that objtool repeats what it has to say
            os.unlink(os.path.join(folder, "kernel", name))
    script = f'''kernel_source_dir={shlex.quote(kernel.build)} dkms_tree={shlex.quote(tree)}
. ./dkms.conf; eval "${{MAKE[0]}}" && cp "${{BUILT_MODULE_LOCATION[0]}}/$BUILT_MODULE_NAME.ko" .'''
    done = subprocess.run(["bash", "-c", script], cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          env={k: v for k, v in os.environ.items()
                               if k not in ("MFLAGS", "MAKELEVEL", "CC")} | {"MAKEFLAGS": "-j2"})
    return None if done.returncode else os.path.join(folder, "lstar.ko"), done.stdout
