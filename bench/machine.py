#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machine target costs: bench/machine.py BUILD

A guest of one CPU runs tests/guest/tests/figures.sh twice. With -icount shift=0 its clock is the
number of instructions that it has executed, one nanosecond each: that figure repeats exactly and
tells nothing of emulation. Without, the clock is the wall's: what QEMU's emulation of SVM costs
comes on top there, and the ratios are those of this emulator, not of a processor.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "tests/guest"), os.path.join(ROOT, "tests")]
import run  # noqa: E402

# figure, how it is called, events per call
ROWS = (("off", "no hypervisor", 0), ("idle", "hypervisor, no event armed", 0),
        ("left", "hypervisor taken away again", 0),
        ("syscall-bare", "!syscall without a script", 1),
        ("syscall", "!syscall script { .n = .n + 1; }", 1),
        ("sysret", "!sysret script { .n = .n + 1; }", 1),
        ("both", "both", 2), ("by-name", "!syscall getppid script { .n = .n + 1; }", 1),
        ("other", "!syscall of another call", 0),
        ("printed", '!syscall getppid script { printf("%x %s\\n", $pid, $pname); }', 1))


def figures(kitchen, work, name, more):
    """Figures of one boot, by their names."""
    config = run.Config(name, "debian", "EPYC", 1, qemu=more)
    guest = run.Boot(config, [run.Test("figures", 240, [name])])
    ready = kitchen.get(config.kernel)
    if not ready:
        sys.exit("no kernel to boot")
    run.boot(guest, *ready, work)
    run.judge(guest)
    for result in guest.results:
        if not result.ok:
            sys.exit(f"{result.name} failed:\n{result.why}")
    found = {}
    for line in guest.report.replace("\r", "").splitlines():
        words = line.split()
        if line.startswith(" ") and len(words) == 2:
            found[words[0]] = float(words[1])
    return found


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    work = os.environ.get("GUEST_WORK", os.path.join(ROOT, "build-guest"))
    os.makedirs(work, exist_ok=True)
    kitchen = run.Kitchen(build, work, run.Output())
    counted = figures(kitchen, work, "counted", ["-icount", "shift=0"])
    timed = figures(kitchen, work, "timed", [])
    print()
    print(f"{'getppid in a loop, a guest of one CPU':64}{'instructions':>13}{'per event':>10}"
          f"{'wall us':>9}{'x off':>7}")
    for name, text, events in ROWS:
        more = f"{(counted[name] - counted['off']) / events:.0f}" if events else ""
        print(f"  {text:62}{counted[name]:13.0f}{more:>10}"
              f"{timed[name] / 1000:9.2f}{timed[name] / timed['off']:7.1f}")
    print(f"load to first event: {timed['first-event']:.0f} ms; "
          f"memory of one CPU: {timed['memory'] / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
