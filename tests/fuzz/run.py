#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Build the fuzz targets and run each for a bounded time, one result per target."""

import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def targets(build):
    listed = subprocess.run(["meson", "introspect", "--targets", build], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    return {t["name"]: t["filename"][0] for t in json.loads(listed)
            if t["name"].startswith("fuzz_") and t["type"] == "executable"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build-check", "clang"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--tap", action="store_true", help="results for the check, no progress")
    parser.add_argument("name", nargs="*", help="only these targets")
    args = parser.parse_args()

    if not os.path.exists(os.path.join(args.build, "build.ninja")):
        subprocess.run(["meson", "setup", args.build, ROOT, "-Dfuzz=true"], check=True,
                       env=dict(os.environ, CC="clang"), stdout=sys.stderr)
    wanted = targets(args.build)
    if args.name:
        wanted = {name: wanted[name] for name in args.name}
    if not args.tap:
        subprocess.run(["ninja", "-C", args.build, *wanted.values()], check=True)

    failed = 0
    print(f"1..{len(wanted)}")
    for number, (name, path) in enumerate(sorted(wanted.items()), 1):
        seeds = os.path.join(ROOT, "tests", "fuzz", "corpus", name.removeprefix("fuzz_"))
        with tempfile.TemporaryDirectory(prefix="lstar-fuzz-") as found:
            done = subprocess.run(
                [path, f"-max_total_time={args.seconds}", "-timeout=10", "-rss_limit_mb=1024",
                 "-print_final_stats=1", f"-artifact_prefix={args.build}/", found,
                 *([seeds] if os.path.isdir(seeds) else [])],
                text=True, errors="replace",
                stdout=subprocess.PIPE if args.tap else None,
                stderr=subprocess.STDOUT if args.tap else None)
        if done.returncode:
            failed += 1
            for line in (done.stdout or "").splitlines()[-30:]:
                print("# " + line)
        print(f"{'not ok' if done.returncode else 'ok'} {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
