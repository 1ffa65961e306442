# SPDX-License-Identifier: LGPL-2.1-or-later
"""The build backend of the package (PEP 517): a wheel from the source tree around it.

The extension module is built by the tree's own meson.build, so that there is one description of
how. Nothing here may need the network, or a package that is not in Python itself.

LSTAR_BUILD names a build directory to use, such as the one that `make` has filled; without it a
temporary one is made.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXTENSION = "bindings/python/_lstar.abi3.so"
TAG = "cp311-abi3-linux_x86_64"
# Files of a wheel have no history: the first moment that zip can say.
MOMENT = (1980, 1, 1, 0, 0, 0)


class UnsupportedOperation(Exception):
    """What a frontend is to take for "not this way"."""


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_sdist(sdist_directory, config_settings=None):
    raise UnsupportedOperation("the package is built from a whole source tree of lstar: "
                               "pip install ./bindings/python there")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    version = _version()
    name = f"lstar-{version}-{TAG}.whl"
    info = f"lstar-{version}.dist-info"
    files = {"_lstar.abi3.so": _extension(), **_package()}
    files[f"{info}/METADATA"] = _metadata(version)
    files[f"{info}/WHEEL"] = (f"Wheel-Version: 1.0\nGenerator: lstar ({version})\n"
                              f"Root-Is-Purelib: false\nTag: {TAG}\n").encode()
    with open(os.path.join(ROOT, "LICENSE"), "rb") as f:
        files[f"{info}/LICENSE"] = f.read()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
            wheel.writestr(entry, data)
    return name


def _version():
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as f:
        found = re.search(r"^\s*version: '([^']+)'", f.read(), re.M)
    if not found:
        raise RuntimeError(f"{ROOT}/meson.build says no version")
    return found.group(1)


def _metadata(version):
    with open(os.path.join(HERE, "pyproject.toml"), "rb") as f:
        project = tomllib.load(f)["project"]
    with open(os.path.join(HERE, project["readme"]), encoding="utf-8") as f:
        readme = f.read()
    return (f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
            f"Summary: {project['description']}\nLicense: {project['license']['text']}\n"
            f"Requires-Python: {project['requires-python']}\n"
            f"Description-Content-Type: text/markdown\n\n{readme}").encode()


def _package():
    """The Python files, by their paths in the wheel."""
    files = {}
    for directory, _, names in sorted(os.walk(os.path.join(HERE, "lstar"))):
        for name in sorted(names):
            if name.endswith((".py", ".pyi")) or name == "py.typed":
                path = os.path.join(directory, name)
                with open(path, "rb") as f:
                    files[os.path.relpath(path, HERE)] = f.read()
    with open(os.path.join(HERE, "_lstar.pyi"), "rb") as f:
        files["_lstar.pyi"] = f.read()
    return files


def _extension():
    """The bytes of the extension module."""
    given = os.environ.get("LSTAR_BUILD")
    build = given or tempfile.mkdtemp(prefix="lstar-wheel-")
    try:
        if not os.path.exists(os.path.join(build, "build.ninja")):
            _run("meson", "setup", "--buildtype=release", "-Dbench=false", build, ROOT)
        _run("ninja", "-C", build, EXTENSION)
        with open(os.path.join(build, EXTENSION), "rb") as f:
            return f.read()
    finally:
        if not given:
            shutil.rmtree(build, ignore_errors=True)


def _run(*command):
    try:
        subprocess.run(command, check=True, stdout=2)  # stdout may be a protocol's
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is not installed: deps/debian.txt lists the Debian "
                           "packages that a build needs") from None


def _record(files, itself):
    lines = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{itself},,\n"]).encode()
