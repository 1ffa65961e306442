# SPDX-License-Identifier: LGPL-2.1-or-later
"""Find the word that a program wants, letter by letter: a breakpoint where it compares tells how
many letters were right. The program refuses to be debugged, and does not notice."""

import string
import sys

from lstar import debugger

program, place = sys.argv[1:]
d = debugger(program, escape_antidebug=True)
word, answer = "", b""

while answer != b"Giusto!":
    for letter in string.printable:
        pipe = d.run()
        compared = d.breakpoint(place, hardware=True, file="binary")
        d.cont()
        pipe.sendlineafter(b"chars\n", (word + letter).encode())
        d.wait()
        while not d.dead:
            d.cont()
            d.wait()
        answer = pipe.recvline()
        d.kill()
        if compared.hit_count > len(word) + 1 or answer == b"Giusto!":
            word += letter
            print(word)
            break
    else:
        sys.exit(f"no letter goes on after {word!r}")
