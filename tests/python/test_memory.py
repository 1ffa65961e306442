# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory and registers: every way to name a place, searching, maps, what cannot be read."""

from kit import *  # noqa: F403


def standing():
    d = debug("nested")
    d.run()
    d.breakpoint("behind_change")
    d.cont()
    d.wait()
    return d


TEXT = b"a text that is found in this program only"


@test
def places_by_address_symbol_and_offset_in_a_file():
    d = standing()
    address = d.resolve("text")
    offset = address - d.maps.filter("nested")[0].start
    for key in ((address, 6), ("text", 6), (offset, 6, "binary"), (offset, 6, "nested"),
                ("text", 6, "binary")):
        eq(d.memory[key], b"a text", repr(key))
    eq(d.memory[address], b"a")
    eq(d.memory["text"], b"a")
    eq(d.memory["text+2", 4], b"text")
    eq(d.memory[offset + 2, "binary"], b"t")


@test
def slices():
    d = standing()
    address = d.resolve("text")
    offset = address - d.maps.filter("nested")[0].start
    eq(d.memory[address:address + 6], b"a text")
    eq(d.memory[offset:offset + 6, "binary"], b"a text")
    eq(d.memory["text":"text+6"], b"a text")
    eq(d.memory[address:address], b"")
    for wrong in (slice(address, None), slice(None, address), slice(address, address + 4, 2)):
        raises(TypeError, lambda w=wrong: d.memory[w])
    raises(ValueError, lambda: d.memory[address:address - 1])


@test
def writing():
    d = standing()
    d.memory["watched"] = b"\x01\x02"
    eq(d.memory["watched", 4], b"\x01\x02\0\0")
    address = d.resolve("watched")
    d.memory[address, 4] = b"abcd"
    d.memory[address + 1:address + 3] = b"XY"
    eq(d.memory.read(address, 4), b"aXYd")
    d.memory.write(address, bytearray(b"zz"))
    eq(d.memory[address, 4], b"zzYd")
    raises(ValueError, d.memory.__setitem__, (address, 3), b"four")
    raises(TypeError, d.memory.__setitem__, address, 4)
    raises(TypeError, d.memory.__setitem__, address, "text")


@test
def program_text_is_writable_for_a_debugger():
    d = standing()
    code = d.memory["main", 2]
    d.memory["main"] = b"\x90\x90"
    eq(d.memory["main", 2], b"\x90\x90")
    d.memory["main"] = code
    eq(run_out(d), 0)
    eq(d.exit_code, 8)


@test
def what_is_not_there_is_an_error_that_names_it():
    d = standing()
    raises(OSError, d.memory.read, 0x10, 4)
    raises(OSError, d.memory.write, 0x10, b"x")
    end = d.maps[-1].start - 16 if d.maps[-1].backing_file == "[vsyscall]" else d.maps[-1].end
    raises(OSError, d.memory.read, end, 4)
    last = d.maps.filter("nested")[-1].end
    if not d.maps.filter(last):
        raises(OSError, d.memory.read, last - 4, 8, text="only 4")
    raises(ValueError, lambda: d.memory["no_such_symbol", 4])
    raises(ValueError, lambda: d.memory[0x1 << 46, 4])
    raises(TypeError, lambda: d.memory[1.5, 4])
    raises(ValueError, lambda: d.memory[d.resolve("text"), -1], text="size")
    raises(TypeError, lambda: d.memory[d.resolve("text"), 1, 2, 3])


@test
def strings():
    d = standing()
    eq(d.memory.read_string(d.resolve("text")), TEXT)
    eq(d.memory.read_string(d.resolve("text"), 6), b"a text")


@test
def everything_is_found():
    d = standing()
    address = d.resolve("text")
    found = d.memory.find(TEXT, file="binary")
    eq(address in found, True)
    eq([d.memory[at, len(TEXT)] for at in found], [TEXT] * len(found), "a page may be there twice")
    eq(d.memory.find(TEXT), found)
    eq(d.memory.find(TEXT.decode(), file="nested"), found)
    eq(d.memory.find(TEXT, file="libc"), [])
    eq(d.memory.find(b"t", start=address, end=address + 7), [address + 2, address + 5])
    eq(d.memory.find(b"t", file="nested", start=address, end=address + 7),
       [address + 2, address + 5])
    raises(ValueError, d.memory.find, b"")
    raises(ValueError, d.memory.find, TEXT, file="no_such_file")


@test
def numbers_are_found_as_words_and_pointers_by_where_they_lead():
    d = standing()
    stack = d.maps.filter("[stack]")[0]
    back = d.resolve("behind_outer") & ~0xFFF
    words = [(at, to) for at, to in d.memory.find_pointers("[stack]", "nested")
             if back <= to < back + 0x1000]
    eq(len(words) >= 6, True, "five of inner(), one of outer()")
    eq(all(at in stack for at, _ in words), True)
    eq(words[0][0] in d.memory.find(words[0][1], file="[stack]"), True)


@test
def maps_are_what_the_kernel_says():
    d = standing()
    with open(f"/proc/{d.pid}/maps", encoding="utf-8") as f:
        rows = [line.split(None, 5) for line in f]
    eq([(f"{m.start:x}-{m.end:x}", m.permissions, f"{m.offset:08x}", m.backing_file)
        for m in d.maps],
       [(r[0], r[1], r[2], r[5].strip() if len(r) > 5 else "") for r in rows])
    m = d.maps.filter(d.instruction_pointer)[0]
    eq((m.permissions[2], d.instruction_pointer in m, m.size), ("x", True, m.end - m.start))


@test
def registers_by_name():
    d = standing()
    d.regs.rbx = 0x1122334455667788
    eq((d.regs.rbx, d.regs.ebx, d.regs.bx, d.regs.bl), (0x1122334455667788, 0x55667788, 0x7788,
                                                        0x88))
    d.regs.rcx = -1
    eq(d.regs.rcx, (1 << 64) - 1)
    raises(AttributeError, lambda: d.regs.no_such)
    raises(AttributeError, setattr, d.regs, "no_such", 1)
    raises(ValueError, setattr, d.regs, "rax", 1 << 64)
    raises(TypeError, setattr, d.regs, "rax", "1")
    eq(d.instruction_pointer, d.regs.rip)
    eq(d.stack_pointer, d.regs.rsp)


@test
def after_the_end_registers_stay_and_memory_is_gone():
    d = standing()
    here = d.instruction_pointer
    eq(run_out(d), 0)
    eq(d.instruction_pointer, here, "as at the last stop")
    raises(RuntimeError, d.memory.read, here, 1, text="All threads are dead.")
    raises(RuntimeError, lambda: d.maps, text="All threads are dead.")


main()
