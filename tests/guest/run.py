#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boot kernels in QEMU, run tests in them, print TAP.

    run.py --build DIR [--config NAME]... [--test NAME]... [--keep]

The tests and configurations are in the file `list`. A guest has two serial lines: the first is
its console, the second carries what init.c reports. What a guest does not report has failed.
"""

import argparse
import difflib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests")]
import image  # noqa: E402
import kernels  # noqa: E402
import tap  # noqa: E402

BOOT_SECONDS = 120  # to the first test; limits are about hanging, never about speed
PATIENCE = float(os.environ.get("GUEST_PATIENCE", "1"))
# On a busy machine the emulated timer can be too late for the kernel, which panics then.
APPEND = "console=ttyS0 loglevel=5 panic=-1 no_timer_check rdinit=/init"
MODES = ("off", "idle", "armed", "hooked")
# How the log of a guest ends that a test has ended.
LAST_WORDS = {"poweroff": "reboot: Power down", "reboot": "reboot: Restarting system",
              "panic": "Kernel panic - not syncing", "kexec": "second kernel: all is well", "reset": "sysrq: Resetting"}


@dataclass
class Config:
    name: str
    kernel: str
    cpu: str
    cpus: int
    append: str = ""
    qemu: list = field(default_factory=list)
    patched: bool = False  # the kernel changes its own code while it runs


@dataclass
class Test:
    name: str
    seconds: int
    configs: list
    ends: str = ""
    modes: bool = False  # once with nothing below the kernel, and in each mode of `profile`

    def names(self):
        return [f"{self.name}/{mode}" for mode in MODES] if self.modes else [self.name]


@dataclass
class Boot:
    """One guest: its tests, and what came of it."""
    config: Config
    tests: list
    report: str = ""
    console: str = ""
    why: str = ""  # QEMU itself failed, or had to be ended
    seconds: float = 0
    results: list = field(default_factory=list)


def read_list(path):
    configs, tests = {}, []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                if words[0] == "config":
                    patched = "patched" in words[5:6]
                    configs[words[1]] = Config(*words[1:4], int(words[4]), patched=patched,
                                               append=" ".join(words[5 + patched:]))
                elif words[0] == "test":
                    ends = "".join(w.removeprefix("ends=") for w in words[4:] if w != "modes")
                    names = words[3].split(",")
                    assert not ends or ends in LAST_WORDS, "unknown end"
                    assert all(n in configs for n in names), "unknown configuration"
                    tests.append(Test(words[1], int(words[2]), names, ends, "modes" in words[4:]))
                else:
                    raise ValueError("neither 'config' nor 'test'")
            except (IndexError, ValueError, AssertionError, TypeError) as e:
                sys.exit(f"{path}:{number}: {e}: {line.strip()}")
    return configs, tests


@functools.cache
def keeps_old_code():
    """Until 8.1, QEMU translates code without holding its page. A CPU may then have translated what
    another one replaces at that moment, and keep it: all come to stand at a breakpoint that the
    kernel has long taken away. With all CPUs in one thread there is no such moment."""
    said = subprocess.run(["qemu-system-x86_64", "--version"], text=True, stdout=subprocess.PIPE,
                          check=False).stdout
    found = re.search(r"version (\d+)\.(\d+)", said)
    return not found or (int(found[1]), int(found[2])) < (8, 1)


def qemu(config, kernel, initrd, more):
    accel = "tcg,thread=single" if config.patched and keeps_old_code() else "tcg"
    return ["qemu-system-x86_64", "-accel", accel, "-cpu", config.cpu, "-smp", str(config.cpus),
            "-m", "512", "-kernel", kernel.image, "-initrd", initrd, "-no-reboot",
            "-nic", "none", *config.qemu, *more]


def text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def boot(run, kernel, base, work):
    """Run one guest to its end."""
    names = {n: os.path.join(work, n) for n in ("initrd", "console", "report")}
    for name in names.values():
        if os.path.exists(name):
            os.unlink(name)
    plan = image.Archive()
    plan.text("plan", "".join(f"{name} {int(t.seconds * PATIENCE)}\n"
                              for t in run.tests for name in t.names()))
    if run.tests[0].ends == "kexec":
        plan.file("boot/vmlinuz", kernel.image)
    with open(names["initrd"], "wb") as f:
        f.write(base + plan.bytes())
    limit = (BOOT_SECONDS + sum(t.seconds * len(t.names()) for t in run.tests)) * PATIENCE
    command = qemu(run.config, kernel, names["initrd"], [
        "-append", f"{APPEND} {run.config.append}", "-display", "none", "-monitor", "none",
        "-serial", f"file:{names['console']}", "-serial", f"file:{names['report']}"])
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=limit, check=False)
        if done.returncode:
            run.why = f"QEMU ended with status {done.returncode}: {done.stdout[-2000:]}"
    except subprocess.TimeoutExpired:
        run.why = f"the guest did not end in {limit:.0f} s"
    run.seconds = time.monotonic() - start
    run.report, run.console = text(names["report"]), text(names["console"])


def tail(output, count=60):
    lines = output.replace("\r", "").splitlines()
    return "\n".join(lines[-count:])


def judge_test(name, said, how, complaints):
    """Results of one test that has reported its end."""
    text_said = "\n".join(said)
    status = how[1] if how[0] == "status" else " ".join(how)
    if how[0] == "status" and any(tap.PLAN.match(line) for line in said):
        results = tap.parse(text_said, int(how[1]), "")
        for result in results:
            result.name = f"{name}: {result.name}"
    elif how == ["status", "77"]:
        results = [tap.Result(f"{name} # SKIP {said[-1] if said else ''}", True, skipped=True)]
    else:
        good = how == ["status", "0"]
        results = [tap.Result(name, good, why="" if good else f"{status}\n{tail(text_said)}")]
    if complaints:
        results.append(tap.Result(f"{name}: the kernel has no complaint", False,
                                  why="\n".join(complaints)))
    return results


def compare(test, all_said):
    """A test that ran in all modes must have said the same in each."""
    first, *rest = test.names()
    found = []
    for name in rest:
        diff = difflib.unified_diff(all_said.get(first, []), all_said.get(name, []), first, name,
                                    lineterm="", n=1)
        why = "\n".join(diff)
        found.append(tap.Result(f"{name}: the same as without a hypervisor", not why, why=why))
    return found


def judge(run):
    """Turn what a guest reported into results: everything that is not there has failed."""
    results, said, complaints, current, down, all_said = [], [], [], None, False, {}
    for line in run.report.replace("\r", "").splitlines():
        if line.startswith(" "):
            said.append(line[1:])
        elif line.startswith("@begin "):
            current, said, complaints = line.split()[1], [], []
        elif line.startswith("@kernel "):
            complaints.append(line[8:])
        elif line.startswith("@end "):
            results += judge_test(current, said, line.split()[2:], complaints)
            all_said[current] = said
            current, complaints = None, []
        elif line == "@down":
            down = True
    ends = run.tests[0].ends
    console = f"{run.why}\nconsole:\n{tail(run.console)}"
    if ends:
        good = (current == run.tests[0].name and LAST_WORDS[ends] in run.console and not run.why)
        results.append(tap.Result(run.tests[0].name, good,
                                  why="" if good else f"{tail(chr(10).join(said))}\n{console}"))
    else:
        if current:
            results.append(tap.Result(current, False, why="the guest died during it\n"
                                      + tail("\n".join(said)) + "\n" + console))
        for test in run.tests:
            results += [tap.Result(name, False, why="never ended") for name in test.names()
                        if name not in all_said and name != current]
            if test.modes:
                results += compare(test, all_said)
        good = down and not run.why and LAST_WORDS["poweroff"] in run.console
        results.append(tap.Result("boots and powers off", good, why="" if good else console))
    for result in results:
        result.name = f"{run.config.name}: {result.name}"
    run.results = results


class Output:
    """TAP, numbered as it comes."""

    def __init__(self):
        self.count = self.failed = 0

    def add(self, result):
        self.count += 1
        if not result.ok:
            self.failed += 1
            for line in result.why.splitlines():
                print("# " + line)
        print(f"{'ok' if result.ok else 'not ok'} {self.count} - {result.name}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def boots_of(config, tests):
    mine = [t for t in tests if config.name in t.configs]
    together = [t for t in mine if not t.ends]
    return ([Boot(config, together)] if together else []) + [
        Boot(config, [t]) for t in mine if t.ends]


class Kitchen:
    """Kernels, modules and archives, made once."""

    def __init__(self, build, work, output):
        self.build, self.work, self.output, self.made = build, work, output, {}

    def get(self, name):
        """(kernel, archive), or None when it cannot be; said once in the output."""
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name):
        cache = os.environ.get("GUEST_KERNELS", os.path.join(self.work, "kernels"))
        try:
            kernel = kernels.get(name, cache)
        except kernels.Missing as e:
            reason = str(e).replace("\n", " ")
            self.output.add(tap.Result(f"kernel {name} # SKIP {reason}", True))
            return None
        module, said = kernels.build_module(kernel, ROOT, self.work)
        noisy = [line for line in said.splitlines() if "warning:" in line]
        self.output.add(tap.Result(f"module compiles without warnings for {kernel.release}",
                                   bool(module) and not noisy, why=tail(said)))
        return (kernel, image.base(self.build, kernel, module)) if module else None


TERMINFO = ("/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo")


def terminal(archive):
    """The kernel hands on what init needs to know of the terminal: its kind and its size."""
    kind = os.environ.get("TERM", "")
    for place in TERMINFO:
        path = f"{place}/{kind[:1]}/{kind}"
        if kind and "/" not in kind and os.path.isfile(path):
            archive.folder("lib/terminfo")
            archive.folder(f"lib/terminfo/{kind[0]}")
            archive.file(f"lib/terminfo/{kind[0]}/{kind}", path)
            break
    else:
        kind = "linux"
    size = shutil.get_terminal_size()
    return f"TERM={kind} COLUMNS={size.columns} LINES={size.lines}"


def shell(args, config):
    """`make guest`: a person at the console."""
    output = Output()
    ready = Kitchen(args.build, args.work, output).get(config.kernel)
    if not ready:
        return 1
    kernel, base = ready
    hello = image.Archive()
    hello.file("etc/hello", os.path.join(HERE, "hello"))
    size = terminal(hello)
    initrd = os.path.join(args.work, "initrd")
    with open(initrd, "wb") as f:
        f.write(base + hello.bytes())
    command = qemu(config, kernel, initrd, [
        "-append", f"{APPEND} quiet {size} {config.append}", "-nographic"])
    return subprocess.run(command, check=False).returncode


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="where lstar was built")
    parser.add_argument("--work", default=os.path.join(ROOT, "build-guest"),
                        help="where kernels and images are kept")
    parser.add_argument("--list", default=os.path.join(HERE, "list"))
    parser.add_argument("--config", action="append", help="only these configurations")
    parser.add_argument("--test", action="append", help="only these tests")
    parser.add_argument("--shell", action="store_true", help="a shell instead of tests")
    parser.add_argument("--kernel", default="debian", help="of the shell: " + ", ".join(
        kernels.META) + ", or the release of an installed one")
    parser.add_argument("--cpu", default="EPYC", help="of the shell: a CPU model of QEMU")
    parser.add_argument("--cpus", type=int, default=2, help="of the shell")
    return parser.parse_args()


def main():
    args = arguments()
    # A guest ends with whoever runs it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    args.build, args.work = os.path.abspath(args.build), os.path.abspath(args.work)
    os.makedirs(args.work, exist_ok=True)
    if not shutil.which("qemu-system-x86_64"):
        if args.shell:
            sys.exit("qemu-system-x86_64 is not installed (package qemu-system-x86)")
        print("1..0 # SKIP qemu-system-x86_64 is not installed (package qemu-system-x86)")
        return 0
    if args.shell:
        return shell(args, Config("shell", args.kernel, args.cpu, args.cpus))
    configs, tests = read_list(args.list)
    if args.test:
        tests = [t for t in tests if t.name in args.test]
    output = Output()
    kitchen = Kitchen(args.build, args.work, output)
    for config in configs.values():
        if args.config and config.name not in args.config:
            continue
        for run in boots_of(config, tests):
            ready = kitchen.get(config.kernel)
            if not ready:
                break
            boot(run, *ready, args.work)
            judge(run)
            print(f"# {config.name}: {len(run.tests)} tests, {run.seconds:.0f} s", flush=True)
            for result in run.results:
                output.add(result)
    return output.end()


if __name__ == "__main__":
    sys.exit(main())
