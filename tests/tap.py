# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reading TAP: what a test program printed, as a list of results."""

import re
from dataclasses import dataclass

LINE = re.compile(r"^(not )?ok\b\s*(\d+)?\s*-?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")


@dataclass
class Result:
    name: str
    ok: bool
    skipped: bool = False
    why: str = ""


def parse(text, status, errors):
    """Results of one run. What was planned but not printed, and a death, are failures."""
    results, notes, planned, bailed = [], [], None, None
    for line in text.splitlines():
        if match := PLAN.match(line):
            planned = int(match.group(1))
        elif match := LINE.match(line):
            name, _, directive = match.group(3).partition("#")
            skipped = directive.strip().upper().startswith("SKIP")
            ok = not match.group(1)
            results.append(Result(name.strip(), ok, skipped, "" if ok else "\n".join(notes)))
            notes = []
        elif line.startswith("Bail out!"):
            bailed = line
        else:
            notes.append(line)
    rest = "\n".join((notes + errors.splitlines())[-40:])
    if planned is None:
        results.append(Result("printed no plan", False, why=f"status {status}\n{rest}"))
    elif len(results) != planned:
        for n in range(len(results), planned):
            results.append(Result(f"result {n + 1} of {planned} is missing", False,
                                  why=f"{bailed or ''} status {status}\n{rest}"))
    if status and all(r.ok for r in results):
        results.append(Result(f"ended with status {status}", False, why=rest))
    return results
