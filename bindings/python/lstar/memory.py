# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory of a process, its map, and where names and file offsets lie in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import _lstar

from .errors import ALL_DEAD, warn
from .handlers import check_word

if TYPE_CHECKING:
    from .debugger import Debugger

#: Names for the program's own file.
BINARY = ("binary", "bin")
#: Names for addresses that are meant as they stand.
ABSOLUTE = ("absolute", "abs")


@dataclass(frozen=True)
class MemoryMap:
    """One line of a process's memory map."""

    start: int
    end: int
    permissions: str
    offset: int
    backing_file: str

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def base(self) -> int:
        return self.start

    def __contains__(self, address: int) -> bool:
        return self.start <= address < self.end

    def __repr__(self) -> str:
        return (f"MemoryMap({self.start:#x}-{self.end:#x} {self.permissions} {self.offset:#x} "
                f"{self.backing_file})")


class MemoryMapList(list):
    """Maps in order of their addresses."""

    def filter(self, value: int | str) -> MemoryMapList:
        """Those that hold an address, or whose file's name contains a text."""
        if isinstance(value, int):
            return MemoryMapList(m for m in self if value in m)
        return MemoryMapList(m for m in self if value in m.backing_file)


class Memory:
    """memory[address], memory[address, n], memory[a:b]; with a file's name, relative to it.

    Places are numbers or symbols ("main", "main+1f", the offset being hexadecimal). Assigning bytes
    writes them.
    """

    def __init__(self, d: Debugger) -> None:
        self._d = d

    # --- reading and writing ---

    def read(self, address: int, size: int) -> bytes:
        """Exactly @size bytes; OSError where there are fewer."""
        return self._d._do(self._read, address, size)

    def write(self, address: int, data: bytes) -> None:
        self._d._do(self._write, address, data)

    def _read(self, address: int, size: int) -> bytes:
        try:
            data = _living(self._d).read(address, size)
        except _lstar.Error as e:
            raise _fault(e) from None
        if len(data) < size:
            raise OSError(f"process {self._d.pid}: {size} bytes at {address:#x} were wanted, only "
                          f"{len(data)} are there")
        return data

    def _write(self, address: int, data: bytes) -> None:
        try:
            done = _living(self._d).write(address, data)
        except _lstar.Error as e:
            raise _fault(e) from None
        if done < len(data):
            raise OSError(f"process {self._d.pid}: of {len(data)} bytes only {done} could be "
                          f"written at {address:#x}")

    def read_string(self, address: int, size: int = 4096) -> bytes:
        """Up to the NUL, or @size bytes."""
        return self._d._do(lambda: _living(self._d).read_string(address, size))

    def __getitem__(self, key: int | str | slice | tuple) -> bytes:
        if type(key) is tuple and len(key) == 2 and type(key[0]) is int and type(key[1]) is int:
            address, size, known = *key, False  # what callbacks ask for again and again
        else:
            address, size, known = self._range(key)
        return self._d._do(self._somewhere, self._read, address, 1 if size is None else size,
                           known)

    def __setitem__(self, key: int | str | slice | tuple, value: bytes) -> None:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError("what is written to memory is bytes")
        address, size, known = self._range(key)
        if size is not None and size != len(value):
            raise ValueError(f"{len(value)} bytes for a place of {size}")
        self._d._do(self._somewhere, self._write, address, bytes(value), known)

    def _somewhere(self, fn: Callable, address: int, what: Any, known: bool) -> Any:
        """Read or write at a number that is an address, or else an offset in the program.

        Nobody looks at maps for what can be reached as it stands.
        """
        if known:
            return fn(address, what)
        try:
            return fn(address, what)
        except OSError:
            at = resolve(self._d, address)
            if at == address:
                raise
        return fn(at, what)

    def _range(self, key: int | str | slice | tuple) -> tuple[int, int | None, bool]:
        """What stands between the brackets: address, size (None: not given), and whether the
        address is known (else resolve() is to be asked, if it cannot be reached)."""
        file, size = "hybrid", None
        if isinstance(key, tuple):
            if not 2 <= len(key) <= 3:
                raise TypeError("memory[place, size], memory[place, file] or "
                                "memory[place, size, file]")
            if isinstance(key[-1], str):
                file = key[-1]
                key = key[:-1]
            if len(key) > 1:
                size = key[1]
            key = key[0]
        if size is not None and not isinstance(size, int):
            raise TypeError("a size in memory is an int that is not negative")
        if isinstance(key, slice):
            return *self._slice(key, size, file), True
        if isinstance(key, int) and not isinstance(key, bool) and file == "hybrid":
            return key, size, False
        return self._d._do(resolve, self._d, key, file), size, True

    def _slice(self, key: slice, size: int | None, file: str) -> tuple[int, int]:
        if size is not None or key.step is not None or key.start is None or key.stop is None:
            raise TypeError("memory[start:stop], and nothing else with it but a file")
        start, stop = (self._d._do(resolve, self._d, end, file) for end in (key.start, key.stop))
        if stop < start:
            raise ValueError(f"memory from {start:#x} to {stop:#x} is less than nothing")
        return start, stop - start

    # --- searching ---

    def find(self, value: bytes | str | int, file: str = "all", start: int | None = None,
             end: int | None = None) -> list[int]:
        """Every address of @value; numbers are looked for as 8 bytes, little-endian."""
        if isinstance(value, int):
            value = (check_word(value, "value") & (1 << 64) - 1).to_bytes(8, "little")
        elif isinstance(value, str):
            value = value.encode()
        if not value:
            raise ValueError("nothing to look for")
        return self._d._do(self._find, bytes(value), file, start, end)

    def _find(self, value: bytes, file: str, start: int | None, end: int | None) -> list[int]:
        raw, found = _living(self._d), []
        for m in self._areas(file, start, end):
            low = max(m.start, start or 0)
            high = m.end if end is None else min(m.end, end)
            while low < high and (at := raw.find(low, high, value)) is not None:
                found.append(at)
                low = at + 1
        return found

    def _areas(self, file: str, start: int | None, end: int | None) -> list[MemoryMap]:
        if file == "all":
            maps = maps_of(self._d)
        else:
            maps = file_maps(self._d, file)
        return [m for m in maps if "r" in m.permissions and m.backing_file != "[vvar]"
                and (end is None or m.start < end) and (start is None or m.end > start)]

    def find_pointers(self, where: int | str = "*", target: int | str = "*",
                      step: int = 8) -> list[tuple[int, int]]:
        """(place, value) of all words of maps @where that point into maps @target."""
        return self._d._do(self._pointers, where, target, step)

    def _pointers(self, where: int | str, target: int | str,
                  step: int) -> list[tuple[int, int]]:
        maps = maps_of(self._d)
        sources = maps if where == "*" else maps.filter(where)
        targets = maps if target == "*" else maps.filter(target)
        found = []
        for m in sources:
            try:
                data = _living(self._d).read(m.start, m.size)
            except _lstar.Error:
                continue  # [vvar] and the like
            for i in range(0, len(data) - 7, step):
                value = int.from_bytes(data[i:i + 8], "little")
                if any(value in t for t in targets):
                    found.append((m.start + i, value))
        return found


# --- on the tracing thread ----------------------------------------------------------------------


def _living(d: Debugger) -> _lstar.Thread:
    """A thread of the process through which its memory can be reached."""
    for t in d._threads:
        if t._raw.alive:
            return t._raw
    raise RuntimeError(ALL_DEAD)


def _fault(e: _lstar.Error) -> Exception:
    if e.code == _lstar.E_FAULT:
        return OSError(str(e))
    return e


def maps_of(d: Debugger) -> MemoryMapList:
    return MemoryMapList(MemoryMap(start, end, perms, offset, path)
                         for start, end, offset, perms, path in _living(d).maps())


def file_maps(d: Debugger, file: str) -> MemoryMapList:
    """Maps of the program's own file, or of files whose name contains a text."""
    maps = maps_of(d)
    if file in BINARY:
        found = MemoryMapList(m for m in maps if m.backing_file == d._program())
    else:
        found = maps.filter(file)
    if not found:
        raise ValueError(f"process {d.pid} has mapped no file whose name contains {file!r}")
    return found


def resolve(d: Debugger, place: int | str, file: str = "hybrid") -> int:
    """The address of a number or symbol in a file, or wherever it makes sense."""
    if isinstance(place, str):
        return _symbol(d, place, file)
    if isinstance(place, bool) or not isinstance(place, int):
        raise TypeError("a place in memory is a number or the name of a symbol")
    if file in ABSOLUTE:
        return place
    if file != "hybrid":
        return file_maps(d, file)[0].start + place
    if maps_of(d).filter(place):
        return place
    address = file_maps(d, "binary")[0].start + place
    if not maps_of(d).filter(address):
        raise ValueError(f"process {d.pid} has mapped neither {place:#x} nor {address:#x}, which "
                         "is that offset in its program")
    warn(f"{place:#x} is not mapped: taken as an offset in the program, {address:#x}")
    return address


def _symbol(d: Debugger, name: str, file: str) -> int:
    if file in BINARY:
        where = d._program()
    else:
        where = None if file == "hybrid" or file in ABSOLUTE else file
    try:
        return _living(d).symbol(name, where)
    except _lstar.Error as e:
        if e.code in (_lstar.E_NAME, _lstar.E_ARGUMENT):
            raise ValueError(str(e)) from None
        raise


def entry_point(pid: int) -> int:
    """Address of the first instruction of a process's program, as its loader is told."""
    with open(f"/proc/{pid}/exe", "rb") as f:
        word = 8 if f.read(5)[4] == 2 else 4
    with open(f"/proc/{pid}/auxv", "rb") as f:
        data = f.read()
    words = [int.from_bytes(data[i:i + word], "little") for i in range(0, len(data), word)]
    return _pairs(words)[9]  # AT_ENTRY


def _pairs(words: list[int]) -> dict[int, int]:
    it: Iterator[int] = iter(words)
    return dict(zip(it, it))
