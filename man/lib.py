#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library's manual pages, of the comments in lstar.h.

    lib.py --names HEADER                               what is made of it, one name a line
    lib.py HEADER INTRODUCTIONS VERSION DATE OUTPUT...  make these

A line '/* --- PAGE: title --- */' begins a part of a page; the comment before a group of functions
is what the page says of them. PAGE.in in INTRODUCTIONS, roff written by hand, comes before that.
Every other function has a page that leads to its family's.
"""

import os
import re
import sys

PART = re.compile(r"^/\* --- (lstar_\w+): (.+?) --- \*/$", re.M)
GROUP = re.compile(r"^/\*\n((?: \*.*\n)+?) \*/\n((?:^LSTAR_API [^;]+;\n)+)", re.M)
NAME = re.compile(r"(lstar_\w+)\(")
MAIN = "liblstar"


class Page:
    def __init__(self, name):
        self.name, self.titles, self.groups, self.synopsis = name, [], [], []

    def functions(self):
        return [name for _, names in self.groups for name in names]


def declared(prototypes):
    return [NAME.search(line).group(1) for line in re.split(r";\n", prototypes) if line.strip()]


def pages(header):
    """Pages by name, in the header's order."""
    found = {}
    parts = list(PART.finditer(header))
    ends = [part.start() for part in parts[1:]] + [header.index("#ifdef __cplusplus\n}")]
    for part, end in zip(parts, ends):
        page = found.setdefault(part.group(1), Page(part.group(1)))
        page.titles.append(part.group(2))
        text = header[part.end():end]
        for group in GROUP.finditer(text):
            words = " ".join(line[2:].strip() for line in group.group(1).splitlines())
            page.groups.append((words.strip(), declared(group.group(2))))
        # The comments of functions are below, all else is part of the synopsis.
        text = GROUP.sub(lambda m: m.group(2), text)
        page.synopsis.append(text.replace("LSTAR_API ", "").strip())
    return found


def outputs(header):
    made = pages(header)
    names = [MAIN] + list(made)
    for page in made.values():
        names += [name for name in page.functions() if name not in names]
    return [name + ".3" for name in names]


# --- roff ---------------------------------------------------------------------

def plain(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def line_start(text):
    return "\\&" + text if text.startswith((".", "'")) else text


def prose(text):
    """Names in bold, arguments in italics."""
    text = plain(text)
    text = re.sub(r"(\*?)@(\w+)", r"\1\\fI\2\\fP", text)
    text = re.sub(r"\b(lstar_\w+)\(\)", r"\\fB\1\\fP()", text)
    text = re.sub(r"\b(LSTAR_\w+|NULL)\b", r"\\fB\1\\fP", text)
    # Each sentence begins a line, as roff wants it.
    return "\n".join(line_start(s) for s in re.sub(r"(?<=[a-z\d)\"P]\.) (?=[\w\\*\"])", "\n",
                                                    text).split("\n"))


def code(text):
    lines = [line_start(plain(line)) for line in text.expandtabs(8).splitlines()]
    return ".nf\n.ft B\n" + "\n".join(line or ".sp" for line in lines) + "\n.ft R\n.fi\n"


def group_text(words, names):
    text, _, stage = words.partition(" Stage: ")
    stage, _, errors = stage.partition(". ")
    out = ".SS " + ", ".join(f"{name}()" for name in names) + "\n"
    out += prose(text) + "\n.PP\nStage: " + prose(stage.rstrip(".")) + ".\n"
    if errors:
        out += ".PP\nFailures: " + prose(errors) + "\n"
    return out


def head(name, version, date):
    return (f'.\\" SPDX-License-Identifier: LGPL-2.1-or-later\n'
            f'.TH {name.upper()} 3 "{date}" "lstar {version}" "Library Functions"\n')


def introduction(folder, name):
    with open(os.path.join(folder, name + ".in"), encoding="utf-8") as text:
        return text.read()


def family(page, made, folder, version, date):
    names = page.functions()
    out = head(page.name, version, date)
    out += ".SH NAME\n" + ", ".join(names) + " \\- " + plain(" and ".join(page.titles)) + "\n"
    out += ".SH SYNOPSIS\n" + code("#include <lstar.h>\n\n" + "\n\n".join(page.synopsis))
    out += ".SH DESCRIPTION\n" + introduction(folder, page.name)
    for words, members in page.groups:
        out += group_text(words, members)
    others = [MAIN] + [name for name in made if name != page.name]
    return out + ".SH SEE ALSO\n" + ",\n".join(f".BR {name} (3)" for name in others) + "\n"


def main_page(made, header, folder, version, date):
    out = head(MAIN, version, date) + introduction(folder, MAIN)
    codes = re.search(r"^enum lstar_code \{\n(.*?)^\};", header, re.M | re.S).group(1)
    out += ".SH ERRORS\n"
    for name, _, words in re.findall(r"^\t(LSTAR_E_\w+) = (-\d+), /\* (.*) \*/$", codes, re.M):
        out += f".TP\n.B {name}\n" + prose(words[0].upper() + words[1:]) + ".\n"
    out += ".SH SEE ALSO\n" + ",\n".join(f".BR {name} (3)" for name in made)
    return out + ",\n.BR lstar (1)\n"


def text_of(name, header, folder, version, date):
    made = pages(header)
    if name == MAIN:
        return main_page(made, header, folder, version, date)
    if name in made:
        return family(made[name], made, folder, version, date)
    for page in made.values():
        if name in page.functions():
            return f".so man3/{page.name}.3\n"
    raise KeyError(name)


def main(argv):
    names = argv[0] == "--names"
    with open(argv[1 if names else 0], encoding="utf-8") as f:
        header = f.read()
    if names:
        print("\n".join(outputs(header)))
        return
    folder, version, date = argv[1:4]
    for path in argv[4:]:
        name = os.path.basename(path)[:-len(".3")]
        with open(path, "w", encoding="utf-8") as out:
            out.write(text_of(name, header, folder, version, date))


if __name__ == "__main__":
    main(sys.argv[1:])
