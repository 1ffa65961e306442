# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages in docs/ say what is true.

The examples of docs/script-language.md: each is run and must do what stands below it.

A ```lstar block is a script, run by '?'. The ```output block behind it is what it prints, the
```error block what is said about it, with the lines counted from the script's first one. A
```lstar continued block is another script of the same session, a ```file NAME block a file that the
next script includes. A script without a result is an
error of the page, and so is a block of a kind that nobody looks at.
"""

import glob
import os
import re

from harness import ROOT, eq, fail, lstar, main, test, write

PAGE = os.path.join(ROOT, "docs", "script-language.md")
BLOCK = re.compile(r"^```([^\n]+)\n(.*?)^```$", re.M | re.S)
EXAMPLES_MIN = 60


class Example:
    """One session: its scripts, what they print and what is said about them."""

    def __init__(self, line):
        self.line, self.scripts, self.output, self.errors = line, [], "", ""
        self.files = {}


def examples(text):
    found, files, last = [], {}, None
    for block in BLOCK.finditer(text):
        kind, body = block.group(1), block.group(2)
        line = text.count("\n", 0, block.start()) + 1
        if last == "lstar" and kind not in ("output", "error", "lstar continued"):
            fail(f"line {line}: the script before this has no result")
        if kind == "lstar":
            found.append(Example(line))
            found[-1].scripts.append(body)
            found[-1].files, files = files, {}
        elif kind.startswith("file "):
            files[kind.split()[1]] = body
        elif kind == "lstar continued":
            found[-1].scripts.append(body)
        elif kind == "output":
            found[-1].output += body
        elif kind == "error":
            found[-1].errors += body
        elif kind != "text":
            fail(f"line {line}: a block of the unknown kind '{kind}'")
        last = kind.split()[0]
    return found


def from_script(found):
    """The line of the script for that of the file, whose first line is the command."""
    return f"{found.group(1)}{found.group(2)}{int(found.group(3)) - 1}"


def run(example):
    commands = []
    for name, text in example.files.items():
        write(name, text)
    for n, script in enumerate(example.scripts):
        write(f"example{n}.ds", "? {\n" + script + "}\n")
        commands += ["-c", f".script example{n}.ds"]
    done = lstar("-b", "-q", *commands)
    done.err = re.sub(r"\b(example)\d(\.ds:)(\d+)", from_script, done.err)
    return done


@test(limit=120)
def every_example_does_what_the_page_says():
    with open(PAGE, encoding="utf-8") as page:
        found = examples(page.read())
    wrong = 0
    for example in found:
        done = run(example)
        if (done.out, done.err) != (example.output, example.errors):
            wrong += 1
            print(f"# line {example.line}\n# prints\n{done.out}# page\n{example.output}"
                  f"# says\n{done.err}# page\n{example.errors}".replace("\n", "\n#   "))
    eq(wrong, 0, "examples that do something else than the page says")
    if len(found) < EXAMPLES_MIN:
        fail(f"only {len(found)} examples were found")


def sources(pattern):
    text = ""
    for path in glob.glob(os.path.join(ROOT, pattern)):
        with open(path, encoding="utf-8") as f:
            text += f.read()
    return text


@test
def the_safety_argument_names_what_exists():
    """The last two columns of its tables: functions of the engine, and tests that attack them."""
    with open(os.path.join(ROOT, "docs", "bytecode-safety.md"), encoding="utf-8") as page:
        rows = [line.strip("|\n").split("|") for line in page if line.startswith("| ")]
    engine, tests = sources("src/engine/*.[ch]"), sources("tests/unit/test_*.c")
    checked = 0
    for row in rows:
        for name in re.findall(r"`(\w+)`", row[-1]):
            checked += 1
            if f"TEST({name})" not in tests:
                fail(f"there is no test {name}: {row[0]}")
        for name in re.findall(r"`(\w{2,})`", row[-2]) if len(row) == 4 else ():
            if not re.search(rf"\b{name}\(", engine):
                fail(f"there is no function {name}: {row[0]}")
    if checked < 30:
        fail(f"only {checked} names of tests were found")


main()
