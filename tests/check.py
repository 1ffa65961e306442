#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run everything that must hold and count it.

The suite runs in a plain build and again with AddressSanitizer and UBSan; clang compiles
everything too, and its fuzz targets run for seconds each. Virtual machines boot Debian's kernels
with the module. What is counted are the results that
the tests printed (TAP), never their exit statuses alone: a test that dies, or that prints fewer
results than it planned, has failed. The last line is always "N passed, N failed".
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(ROOT, "build-check")
# What a published file must not admit to.
FORBIDDEN = re.compile(r"\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b")
PROGRESS = re.compile(r"\[\d+/\d+\] ")
TEXT = (".c", ".h", ".py", ".sh", ".md", ".ds", ".txt", ".build", ".tbl", ".in", ".S")

sys.path.insert(0, os.path.join(ROOT, "tests"))
import tap  # noqa: E402


class Count:
    """Passed, failed and skipped so far, and what to say about the failed ones."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, name, ok, why=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append((name, why))
            print(f"FAILED {name}", flush=True)
            if why:
                print("    " + why.strip().replace("\n", "\n    "), flush=True)

    def add_tap(self, name, results):
        before = self.failed
        for result in results:
            if result.skipped:
                self.skipped += 1
            else:
                self.add(f"{name}: {result.name}", result.ok, result.why)
        return self.failed == before


def run(args, **kw):
    return subprocess.run(args, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace", **kw)


def build(count, name, options, env=None, targets=()):
    """Configure and compile one variant, or parts of it. Returns its directory, or None."""
    directory = os.path.join(WORK, name)
    fresh = not os.path.exists(os.path.join(directory, "build.ninja"))
    environ = dict(os.environ, **(env or {}))
    if fresh:
        shutil.rmtree(directory, ignore_errors=True)
        done = run(["meson", "setup", directory, "-Dwerror=true", *options], env=environ)
        if done.returncode:
            count.add(f"{name}: configure", False, done.stdout[-3000:])
            return None
    start = time.monotonic()
    done = run(["ninja", "-k", "0", "-C", directory, *targets], env=environ)
    said = "\n".join(line for line in done.stdout.splitlines() if not PROGRESS.match(line))
    count.add(f"{name}: compiles without warnings", done.returncode == 0, said[-6000:])
    print(f"{name}: built in {time.monotonic() - start:.0f} s", flush=True)
    return directory if done.returncode == 0 else None


def suite(count, name, directory, env=None):
    """Run a variant's tests and count what they printed."""
    log = os.path.join(directory, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    start = time.monotonic()
    done = run(["meson", "test", "-C", directory, "--no-rebuild", "--num-processes", "2"],
               env=dict(os.environ, **(env or {})))
    if not os.path.exists(log):
        count.add(f"{name}: test run", False, done.stdout[-3000:])
        return
    listed = run(["meson", "introspect", "--tests", directory])
    protocols = {test["name"]: test["protocol"] for test in json.loads(listed.stdout)}
    with open(log, encoding="utf-8", errors="replace") as lines:
        tests = [json.loads(line) for line in lines if line.strip()]
    for test in tests:
        said = test.get("stdout") or ""
        short = test["name"].rpartition(" / ")[2]
        if protocols.get(short, "tap") == "tap":
            results = tap.parse(said, test["returncode"], test.get("stderr") or "")
        else:  # one program, one result
            results = [tap.Result(short, test["returncode"] == 0, why=said)]
        good = count.add_tap(f"{name}: {test['name']}", results)
        print(f"{name}: {test['name']}: {len(results)} in {test['duration']:.1f} s"
              + ("" if good else "  FAILED"), flush=True)
    print(f"{name}: suite ran in {time.monotonic() - start:.0f} s", flush=True)


def threads(count):
    """Sessions in several threads, under the thread sanitizer."""
    program = "tests/lib/lib_threads"
    directory = build(count, "threads", ["-Db_sanitize=thread", "-Dbench=false"],
                      targets=[program, "tests/progs/act"])
    if directory:
        done = run([os.path.join(directory, program)], env=dict(
            os.environ, PROGS=os.path.join(directory, "tests", "progs"),
            TSAN_OPTIONS="halt_on_error=1"))
        count.add_tap("threads: lib_threads", tap.parse(done.stdout, done.returncode, ""))


def fuzz(count, directory, seconds):
    done = run([sys.executable, "tests/fuzz/run.py", "--build", directory, "--seconds",
                str(seconds), "--tap"])
    count.add_tap("fuzz", tap.parse(done.stdout, done.returncode, ""))


def guests(count, directory):
    """Tests in kernels of their own, in virtual machines."""
    start = time.monotonic()
    done = run([sys.executable, "tests/guest/run.py", "--build", directory])
    results = tap.parse(done.stdout, done.returncode, "")
    count.add_tap("guest", results)
    print(f"guest: {len(results)} in {time.monotonic() - start:.0f} s", flush=True)


def tracked():
    done = run(["git", "ls-files", "-co", "--exclude-standard"])
    if done.returncode == 0:
        return [name for name in done.stdout.splitlines() if os.path.exists(
            os.path.join(ROOT, name))]
    # An unpacked archive has no git.
    names = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith(("build", "."))]
        names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return names


def style(count):
    names = tracked()
    sources = [n for n in names if n.endswith((".c", ".h"))]
    done = run(["clang-format", "--dry-run", "-Werror", *sources])
    count.add("style: clang-format", done.returncode == 0, done.stdout[-3000:])

    bad, headless = [], []
    for name in names:
        if not name.endswith(TEXT) and os.path.basename(name) not in ("Makefile", "run"):
            continue
        with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
            text = f.read()
        if name != "tests/check.py":
            bad += [f"{name}:{i}: {line.strip()[:80]}" for i, line in
                    enumerate(text.splitlines(), 1) if FORBIDDEN.search(line)]
        if name.endswith((".c", ".h", ".py", ".sh")) and "SPDX-License-Identifier" not in text:
            headless.append(name)
    count.add("style: nothing that admits to be unfinished", not bad, "\n".join(bad))
    count.add("style: every source file names its licence", not headless, "\n".join(headless))

    scripts = [n for n in names if n.endswith(".py")]
    done = run([sys.executable, "-c", "import ast,sys\nfor n in sys.argv[1:]: "
                "ast.parse(open(n).read(), n, feature_version=(3, 11))", *scripts])
    count.add("style: Python 3.11 can read every script", done.returncode == 0, done.stdout)


def manpage(count, directory):
    for path in sorted(glob.glob(os.path.join(directory, "man", "*.[13]"))):
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as page:
            if page.read(4) == ".so ":  # the page of another
                continue
        done = run(["mandoc", "-Tlint", "-Wwarning", path])
        count.add(f"man: mandoc has no complaint about {name}",
                  done.returncode == 0 and not done.stdout.strip(), done.stdout)


def main():
    count = Count()
    start = time.monotonic()
    seconds = int(os.environ.get("FUZZ_SECONDS", "5"))
    # A sanitizer's report must fail the test that provoked it, whoever looks at the status.
    sanitize = {"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1",
                "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}
    try:
        style(count)
        plain = build(count, "plain", [])
        if plain:
            manpage(count, plain)
            suite(count, "plain", plain)
            guests(count, plain)
        checked = build(count, "sanitize", ["-Db_sanitize=address,undefined", "-Dbench=false"])
        if checked:
            suite(count, "sanitize", checked, sanitize)
        threads(count)
        clang = build(count, "clang", ["-Dfuzz=true"], {"CC": "clang"})
        if clang:
            fuzz(count, clang, seconds)
    except KeyboardInterrupt:
        count.add("interrupted", False)
    for name, _ in count.failures:
        print(f"failed: {name}")
    print(f"{time.monotonic() - start:.0f} s in all")
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    print(f"{count.passed} passed, {count.failed} failed{skipped}")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
