# SPDX-License-Identifier: LGPL-2.1-or-later
"""The package as users get it: by `meson install`, and by pip from the source tree, offline."""

import os
import sys
import zipfile

from kit import *  # noqa: F403

BUILD = os.environ["LSTAR_BUILD"]
SYSTEM = "/usr/bin/python3"
SCRIPT = """
import sys, lstar, _lstar
from lstar import debugger
from libcontext_of import libcontext
assert lstar.__file__.startswith(sys.argv[1]), lstar.__file__
assert _lstar.__file__.startswith(sys.argv[1]), _lstar.__file__
d = debugger([sys.argv[2]])
r = d.run()
h = d.handle_syscall("write", on_enter=True)
r.sendline(b"provola")
d.cont()
d.wait()
print(lstar.__version__, libcontext.platform, h.hit_count, r.recvline())
""".replace("libcontext_of", "lstar.utils.libcontext")


def version():
    text = read(os.path.join(ROOT, "meson.build"))
    return matches(text, r"version: '([^']+)'").group(1)


def use(python, where, env):
    """A script with the package of a directory, and of no other."""
    script = write("script.py", SCRIPT)
    done = finish(start(python, script, where, prog("six_calls"),
                        env={"PYTHONPATH": "", **env})).ok()
    eq(done.out, f"{version()} amd64 2 b'Hello, World!'\n")


def files_below(top):
    return sorted(os.path.relpath(os.path.join(where, name), top)
                  for where, _, names in os.walk(top) for name in names
                  if "__pycache__" not in where)


def package_files():
    top = os.path.join(ROOT, "bindings", "python")
    return sorted([*(os.path.join("lstar", name) for name in files_below(os.path.join(top, "lstar"))),
                   "_lstar.abi3.so", "_lstar.pyi"])


@test(limit=120)
def installed_for_the_systems_python():
    top = os.path.join(os.getcwd(), "tree")
    finish(start("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", top)).ok()
    found = [where for where, _, names in os.walk(top) if "_lstar.abi3.so" in names]
    eq(len(found), 1)
    eq(files_below(found[0]), package_files())
    matches(found[0], r"/python3(\.\d+)?/(dist|site)-packages$")
    use(SYSTEM, top, {"PYTHONPATH": found[0]})


def by_pip(*options):
    finish(start(SYSTEM, "-m", "venv", "venv"), timeout=150).ok()
    done = finish(start("venv/bin/python", "-m", "pip", "install", "--no-index",
                        "--disable-pip-version-check", *options,
                        os.path.join(ROOT, "bindings", "python"),
                        env={"LSTAR_BUILD": BUILD}), timeout=150)
    eq(done.status, 0, done.out + done.err)
    has(done.out, f"Successfully installed lstar-{version()}")
    use("venv/bin/python", os.path.join(os.getcwd(), "venv"), {})
    return done


@test(limit=300)
def pip_in_an_environment_of_its_own():
    by_pip()
    finish(start("venv/bin/python", "-m", "pip", "check")).ok()
    done = finish(start("venv/bin/python", "-m", "pip", "uninstall", "-y", "lstar"))
    eq(done.status, 0)
    eq([f for f in files_below("venv") if "lstar" in f], [])


@test(limit=300)
def pip_without_build_isolation():
    by_pip("--no-build-isolation")


@test
def a_wheel_has_the_whole_package_and_nothing_else():
    sys.path.insert(0, os.path.join(ROOT, "bindings", "python"))
    import build_backend

    name = build_backend.build_wheel(os.getcwd())
    eq(name, f"lstar-{version()}-cp311-abi3-linux_x86_64.whl")
    with zipfile.ZipFile(name) as wheel:
        info = f"lstar-{version()}.dist-info/"
        eq(sorted(wheel.namelist()),
           sorted([*package_files(), *(info + f for f in ("METADATA", "WHEEL", "LICENSE",
                                                         "RECORD"))]))
        eq(wheel.testzip(), None)
        first = wheel.read("_lstar.abi3.so")
    again = build_backend.build_wheel(os.getcwd())
    with zipfile.ZipFile(again) as wheel:
        eq(wheel.read("_lstar.abi3.so") == first, True)


@test
def the_stub_says_what_the_module_has():
    import ast

    import _lstar

    tree = ast.parse(read(os.path.join(ROOT, "bindings", "python", "_lstar.pyi")))

    def names(body):
        return {n.target.id if isinstance(n, ast.AnnAssign) else n.name for n in body
                if isinstance(n, (ast.AnnAssign, ast.FunctionDef, ast.ClassDef))}

    def public(thing):
        return {n for n in vars(thing) if not n.startswith("_")}

    eq(names(tree.body), public(_lstar))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in ("Session", "Thread", "Handler"):
            eq(names(node.body) - {"__init__"}, public(getattr(_lstar, node.name)), node.name)


main()
