# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as it is installed: what is visible, what pkg-config says, programs that are built
with nothing else, in each dialect that the header promises; the manual; the programs of
docs/library.md, which do what the page says."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import ROOT, eq, fail, has, main, read, surroundings, test, write  # noqa: E402

BUILD = os.environ["BUILD"]
SANITIZE = os.environ["SANITIZE"]
FLAGS = [] if SANITIZE == "none" else [f"-fsanitize={SANITIZE}"]
HEADER = os.path.join(ROOT, "include", "lstar.h")
PAGE = os.path.join(ROOT, "docs", "library.md")
PREFIX = "/usr/local"
BLOCK = re.compile(r"^```([^\n]+)\n(.*?)^```$", re.M | re.S)
STAGE = tempfile.mkdtemp(prefix="lstar-stage-")


def run(*args, env=None, status=0):
    done = subprocess.run([str(a) for a in args], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=surroundings(env))
    if done.returncode != status:
        fail(f"{args}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def installed():
    """The directory that everything was installed below, once."""
    top = STAGE + PREFIX
    if not os.path.exists(top):
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", STAGE)
    return top


def library(name):
    found = glob.glob(os.path.join(installed(), "lib", "**", name), recursive=True)
    eq(len(found), 1, f"how many {name} are installed")
    return found[0]


def pkg_config(*args):
    env = {"PKG_CONFIG_PATH": os.path.dirname(library("lstar.pc")),
           "PKG_CONFIG_SYSROOT_DIR": STAGE}
    return run("pkg-config", *args, "lstar", env=env).split()


def declared():
    with open(HEADER, encoding="utf-8") as header:
        return re.findall(r"^LSTAR_API [^;]*?\b(lstar_\w+)\(", header.read(), re.M)


def symbols(*args):
    return {line.split()[-1].split("@")[0] for line in run("nm", *args).splitlines()
            if " T " in line}


# --- what is visible ----------------------------------------------------------

@test
def the_shared_library_shows_what_the_header_declares():
    path = library("liblstar.so")
    eq(symbols("-D", "--defined-only", path), set(declared()))
    dynamic = run("readelf", "-d", path)
    has(dynamic, "Library soname: [liblstar.so.0]")
    has(run("readelf", "--dyn-syms", "-W", path), "lstar_open@@LSTAR_0.1")
    eq(sorted(set(re.findall(r"@@(LSTAR_[\d.]+)", run("nm", "-D", path)))), ["LSTAR_0.1"])


@test
def the_archive_shows_the_same():
    if SANITIZE == "none":
        eq(symbols("-g", "--defined-only", library("liblstar.a")), set(declared()))


# --- the header ---------------------------------------------------------------

@test(limit=120)
def the_header_in_every_dialect():
    write("use.c", "#include <lstar.h>\nint main(void) { struct lstar_launch how = "
                   "LSTAR_LAUNCH_INIT; return how.size == 0; }\n")
    for compiler, language, dialects in (
            ("gcc", "c", ("c99", "c11", "c17")), ("clang", "c", ("c99", "c11", "c17")),
            ("g++", "c++", ("c++11", "c++17", "c++20")),
            ("clang++", "c++", ("c++11", "c++17", "c++20"))):
        if not shutil.which(compiler):
            continue
        for dialect in dialects:
            run(compiler, "-x", language, f"-std={dialect}", "-Wall", "-Wextra", "-pedantic",
                "-Werror", "-I", os.path.join(ROOT, "include"), "-fsyntax-only", "use.c")


# --- programs -----------------------------------------------------------------

USE = """
#include <stdio.h>
#include <lstar.h>
/* names that the library has inside, too */
int eng_run(void);
int eng_run(void) { return 7; }
int main(void)
{
	struct lstar_launch how = LSTAR_LAUNCH_INIT;
	struct lstar_stop stop;
	struct lstar *s = lstar_open();
	how.path = "/bin/true";
	if (lstar_launch(s, &how, NULL) || lstar_continue(s) || lstar_wait(s, -1, &stop))
		return 1;
	printf("%d %d\\n", stop.reason == LSTAR_STOP_NOTHING_LEFT, eng_run());
	lstar_close(s);
	return 0;
}
"""


@test(limit=120)
def a_program_by_pkg_config_alone():
    write("use.c", USE)
    run("cc", *FLAGS, "use.c", "-o", "use", *pkg_config("--cflags", "--libs"))
    env = {"LD_LIBRARY_PATH": os.path.dirname(library("liblstar.so"))}
    eq(run("./use", env=env), "1 7\n")
    has(run("ldd", "./use", env=env), "liblstar.so.0 => " + STAGE)


@test(limit=120)
def a_program_with_the_archive():
    write("use.c", USE)
    libs = [flag for flag in pkg_config("--static", "--libs") if flag != "-llstar"]
    run("cc", *FLAGS, "use.c", "-o", "use", *pkg_config("--cflags"), library("liblstar.a"), *libs)
    eq(run("./use"), "1 7\n")
    if "liblstar" in run("ldd", "./use"):
        fail("the program needs the shared library")


# --- the manual ---------------------------------------------------------------

@test
def every_function_is_in_one_page_of_the_manual():
    folder = os.path.join(installed(), "share", "man", "man3")
    described = []
    for path in glob.glob(os.path.join(folder, "*.3")):
        described += [name for line in re.findall(r"^\.SS (.*)$", read(path), re.M)
                      for name in re.findall(r"(lstar_\w+)\(\)", line)]
    eq(sorted(described), sorted(declared()))
    for name in declared():
        page = read(os.path.join(folder, name + ".3"))
        if page.startswith(".so "):
            page = read(os.path.join(folder, "..", page.split()[1]))
        has(page, f".SS {name}()" if f".SS {name}()" in page else f" {name}()")
        for word in ("Stage: ", ".SH SYNOPSIS", ".SH SEE ALSO"):
            has(page, word)


@test(limit=60)
def the_program_of_the_manual():
    page = read(os.path.join(installed(), "share", "man", "man3", "liblstar.3"))
    text = re.search(r"^\.RS\n(#include.*?)^\.RE$", page, re.M | re.S).group(1)
    write("opens.c", text.replace("\\-", "-").replace("\\e", "\\"))
    run("cc", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", *FLAGS, "opens.c", "-o",
        "opens", *pkg_config("--cflags", "--libs"))
    write("a file", "text\n")
    out = run("./opens", "cat", "a file",
              env={"LD_LIBRARY_PATH": os.path.dirname(library("liblstar.so"))})
    has(out, "opens a file\n")
    has(out, "text\n")


# --- docs/library.md ----------------------------------------------------------

def build_program(name):
    compiler = ["c++", "-std=c++17"] if name.endswith(".cpp") else ["cc", "-std=c17"]
    target = name.rpartition(".")[0]
    run(*compiler, "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", *FLAGS, name, "-o", target,
        *pkg_config("--cflags", "--libs"))


def matches_page(said, shown):
    """As on the page, where '...' stands for any lines."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n"
                      for line in shown.splitlines())
    if not re.fullmatch(pattern, said):
        fail(f"the page shows\n{shown}\nand this is said:\n{said}")


@test(limit=120)
def the_programs_of_the_page():
    write("one.txt", "first\n")
    write("two.txt", "second\n")
    env = {"LD_LIBRARY_PATH": os.path.dirname(library("liblstar.so"))}
    built = shown = 0
    for kind, body in BLOCK.findall(read(PAGE)):
        language, _, name = kind.partition(" file ")
        if language in ("c", "cpp"):
            write(name, body)
            build_program(name)
            built += 1
        elif kind == "console":
            command, _, result = body.partition("\n")
            matches_page(run("sh", "-c", command[2:] + "; true", env=env), result)
            shown += 1
        else:
            fail(f"nobody looks at a block of the kind '{kind}'")
    eq((built, shown), (2, 2))
    eq(run("./deny", "two.txt", "sh", "-c", "cat two.txt; true", env=env),
       "cat: two.txt: Permission denied\n")
    has(run("./deny", "x", "/no/such/program", env=env, status=1), "deny: /no/such/program: no such")


try:
    main()
finally:
    shutil.rmtree(STAGE, ignore_errors=True)
