# SPDX-License-Identifier: LGPL-2.1-or-later
"""A syntax file in the repository is what its generator prints, and the editor can read it.

    check.py GENERATOR vim|textmate FILE
"""

import json
import re
import subprocess
import sys

generator, kind, path = sys.argv[1:]
want = subprocess.run([generator, kind], check=True, capture_output=True, text=True).stdout
with open(path, encoding="utf-8") as f:
    have = f.read()
print("1..1")
problem = None
if have != want:
    problem = f"{path} is not what '{generator} {kind}' prints: write it anew"
elif kind == "textmate":
    for rule in json.loads(have)["patterns"]:
        re.compile(rule.get("match") or rule["begin"])
elif have.count('"') < 10:
    problem = "too short"
if problem:
    print(f"# {problem}\nnot ok 1 - {kind}")
    sys.exit(1)
print(f"ok 1 - {kind}")
