#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turn the tables of system calls (*.tbl) into C: gen.py X86_64 I386 X32 CLASSES > calls.c

Refuses a table that has a number or a name twice, more than six arguments, or a line that
it does not understand: a wrong table must not build.
"""
import re
import sys

X32_BIT = 0x40000000


# An argument that is a path, by type and name; one that is, or holds, descriptors.
PATH_TYPES = {"const char *", "char *"}
PATH_NAME = re.compile(r".*path(name)?|target|source|special|library|new_root|put_old|swapfile|filename")
FD_TYPES = {"int", "unsigned int", "mqd_t"}
FD_NAME = re.compile(r".*(fd|mqdes)|fd_?(in|out)")
FD_HOLDERS = {"struct pollfd *", "fd_set *"}

# In the tables of 32-bit systems, calls with wider arguments stand beside the old ones.
WIDER = re.compile(r"(\w+?)(_time64|64|32)")


class Call:
    def __init__(self, nr, name, aliases, args):
        self.nr, self.name, self.aliases, self.args = nr, name, aliases, args

    def takes_path(self):
        return any(t in PATH_TYPES and PATH_NAME.fullmatch(n) for t, n in self.args)

    def takes_fd(self):
        return any(
            t in FD_HOLDERS or (t in FD_TYPES and FD_NAME.fullmatch(n)) for t, n in self.args
        )


def die(path, line, why):
    sys.exit(f"{path}:{line}: {why}")


def lines(path, keep_indent=False):
    with open(path, encoding="ascii") as f:
        for i, text in enumerate(f, 1):
            text = text.split("#", 1)[0].rstrip()
            if text:
                yield i, text if keep_indent else text.lstrip()


def parse_args(path, line, text):
    args = []
    for arg in filter(None, (a.strip() for a in text.split(","))):
        m = re.fullmatch(r"(.*[\s*])(\w+)", arg)
        if not m:
            die(path, line, f"argument '{arg}' is not 'type name'")
        args.append((m[1].strip(), m[2]))
    if len(args) > 6:
        die(path, line, "more than six arguments")
    return args


def parse_table(path):
    calls, seen = [], set()
    for i, text in lines(path):
        m = re.fullmatch(r"(\d+)\s+(\w+)\s+([\w,]+|-)(?:\s+(.*))?", text)
        if not m:
            die(path, i, "expected: number name aliases|- arguments")
        nr, name = int(m[1]), m[2]
        if nr in seen or name in seen:
            die(path, i, "number or name is there twice")
        if calls and nr < calls[-1].nr:
            die(path, i, "numbers must ascend")
        seen |= {nr, name}
        aliases = [] if m[3] == "-" else m[3].split(",")
        calls.append(Call(nr, name, aliases, parse_args(path, i, m[4] or "")))
    return calls


def derive_x32(path, base):
    by_name = {c.name: c for c in base}
    gone, own = set(), []
    for i, text in lines(path):
        m = re.fullmatch(r"(\d+|-)\s+(\w+)", text)
        if not m or m[2] not in by_name:
            die(path, i, "expected: number|- name of an x86-64 call")
        gone.add(m[2])
        if m[1] != "-":
            c = by_name[m[2]]
            own.append(Call(int(m[1]), c.name, c.aliases, c.args))
    calls = [c for c in base if c.name not in gone] + own
    calls.sort(key=lambda c: c.nr)
    return calls


def parse_classes(path, known):
    """Names and purposes of the classes, and which of them each call is in, as a bit map."""
    classes, bits = [], {}
    for i, text in lines(path, keep_indent=True):
        if not text[0].isspace():
            classes.append(text.split(None, 1))
            continue
        for name in text.split():
            if name not in known:
                die(path, i, f"no calling convention has a call '{name}'")
            bits[name] = bits.get(name, 0) | 1 << (len(classes) - 1)
    return classes, bits


def class_bits(call, classes, bits):
    derived = {"file": call.takes_path(), "desc": call.takes_fd()}
    mask = bits.get(call.name, 0)
    for i, (name, _) in enumerate(classes):
        mask |= derived.get(name, False) << i
    return mask


def names_of(calls, twins):
    """(name, index) of all names, each name's own call first."""
    own = {c.name: i for i, c in enumerate(calls)}
    names = [(c.name, 0, i) for i, c in enumerate(calls)]
    for i, c in enumerate(calls):
        other = set(c.aliases)
        m = WIDER.fullmatch(c.name) if twins else None
        if m and (m[1] in own or m[2] == "_time64"):
            other.add(m[1])
            other.update(calls[own[m[1]]].aliases if m[1] in own else ())
        names += [(name, 1, i) for name in other]
    return [(name, i) for name, _, i in sorted(names)]


def emit(ident, calls, bit, classes, bits, twins=False):
    print(f"static const struct abi_call {ident}_calls[] = {{")
    for c in calls:
        args = ", ".join(f'{{ "{t}", "{n}" }}' for t, n in c.args) or "{ NULL, NULL }"
        alias = f'"{c.aliases[0]}"' if c.aliases else "NULL"
        mask = class_bits(c, classes, bits)
        print(
            f'\t{{ {c.nr | bit:#x}, "{c.name}", {alias}, {len(c.args)}, {mask:#x}, {{ {args} }} }},'
        )
    print("};\n")

    top = calls[-1].nr + 1
    place = ["0"] * top
    for i, c in enumerate(calls):
        place[c.nr] = str(i + 1)
    print(f"static const u16 {ident}_by_nr[] = {{")
    for i in range(0, top, 16):
        print("\t" + ", ".join(place[i : i + 16]) + ",")
    print("};\n")

    print(f"static const struct abi_name {ident}_names[] = {{")
    for name, i in names_of(calls, twins):
        print(f'\t{{ "{name}", {i} }},')
    print("};\n")


def main():
    x86_64, i386, x32, class_file = sys.argv[1:5]
    base, narrow = parse_table(x86_64), parse_table(i386)
    classes, bits = parse_classes(class_file, {c.name for c in base + narrow})
    print("/* Generated by gen.py from *.tbl; not to be edited. */")
    print('#include "abi/tables.h"\n')
    emit("x86_64", base, 0, classes, bits)
    emit("i386", narrow, 0, classes, bits, twins=True)
    emit("x32", derive_x32(x32, base), X32_BIT, classes, bits)
    print("const struct abi_table abi_tables[ABI_N] = {")
    for ident, label in (("x86_64", "ABI_X86_64"), ("i386", "ABI_I386"), ("x32", "ABI_X32")):
        print(f"\t[{label}] = {{ {ident}_calls, ARRAY_SIZE({ident}_calls), {ident}_by_nr,")
        print(f"\t\tARRAY_SIZE({ident}_by_nr), {ident}_names, ARRAY_SIZE({ident}_names) }},")
    print("};\n")
    print("const struct abi_class_name abi_classes[] = {")
    for name, purpose in classes:
        print(f'\t{{ "%{name}", "{purpose}" }},')
    print("};\nconst size_t abi_nclasses = ARRAY_SIZE(abi_classes);")


main()
