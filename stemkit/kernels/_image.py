"""Machine code that runs at any address: made out of an object file once, then only copied and called.

An image is the object file's code and constants, laid out with their distances settled, behind one jump
for each function of the process that they may call. Nothing else of the process is known to it.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_HEADER = struct.Struct("<Q")
# jmp *2(%rip); two bytes of padding; then the address to jump to, which the loader fills in.
_JUMP = bytes.fromhex("ff25020000000000")
_JUMP_BYTES = 16
_ADDRESS = struct.Struct("<Q")
_ALIGNMENT = 64
_ELF, _X86_64 = b"\x7fELF\x02\x01\x01", b"\x3e\x00"
_PROGBITS, _SYMTAB, _RELA = 1, 2, 4
_ALLOCATED, _WRITABLE = 2, 1
_PC32, _PLT32 = 2, 4
_READ_WRITE, _READ_EXECUTE = 3, 5
_PRIVATE_ANONYMOUS = 0x22


class UnknownCodeError(Exception):
    """An object file holds what an image cannot."""


def image_of(elf: bytes, entry: str, known: Sequence[str]) -> bytes:
    """Return the image of an ELF object file for x86-64, made as position-independent code.

    Parameters
    ----------
    entry
        Name of the function that is called from outside.
    known
        Names of functions of the process that the code may call.

    Raises
    ------
    UnknownCodeError
        If the code needs anything else: a writable variable, another function, a fixed address.
    """
    if not elf.startswith(_ELF) or elf[18:20] != _X86_64:
        raise UnknownCodeError("not an object file for x86-64")
    sections = _sections(elf)
    image = bytearray(b"".join(_JUMP + bytes(_ADDRESS.size) for _ in known))
    places = _lay_out(elf, sections, image)
    jumps = {name: _JUMP_BYTES * i for i, name in enumerate(known)}
    symbols = list(_symbols(elf, sections))

    def address(symbol: _Symbol) -> int:
        if symbol.section in places:
            return places[symbol.section] + symbol.value
        if symbol.section == 0 and symbol.name in jumps:
            return jumps[symbol.name]
        raise UnknownCodeError(f"it needs {symbol.name or f'section {symbol.section}'}")

    for at, number, addend in _distances(elf, sections, places):
        struct.pack_into("<i", image, at, address(symbols[number]) + addend - at)
    begin = [address(symbol) for symbol in symbols if symbol.name == entry and symbol.section]
    if not begin:
        raise UnknownCodeError(f"there is no {entry}")
    return _HEADER.pack(begin[0]) + bytes(image)


class _Section(NamedTuple):
    kind: int
    flags: int
    start: int
    size: int
    link: int
    info: int
    alignment: int

    def of(self, elf: bytes) -> bytes:
        return elf[self.start : self.start + self.size]


class _Symbol(NamedTuple):
    name: str
    section: int
    value: int


def _sections(elf: bytes) -> list[_Section]:
    table, entry_bytes, count = struct.unpack_from("<Q", elf, 40)[0], *struct.unpack_from("<HH", elf, 58)
    found = []
    for at in range(table, table + count * entry_bytes, entry_bytes):
        _, kind, flags, _, start, size, link, info, alignment, _ = struct.unpack_from("<IIQQQQIIQQ", elf, at)
        found.append(_Section(kind, flags, start, size, link, info, alignment))
    return found


def _lay_out(elf: bytes, sections: Sequence[_Section], image: bytearray) -> dict[int, int]:
    """Add code and constants to an image; return where each section stands in it."""
    places = {}
    for number, section in enumerate(sections):
        if section.kind == _PROGBITS and section.flags & _ALLOCATED and section.size:
            if section.flags & _WRITABLE or section.alignment > _ALIGNMENT:
                raise UnknownCodeError("it has variables, or wants more alignment than an image has")
            image += bytes(-len(image) % _ALIGNMENT)
            places[number] = len(image)
            image += section.of(elf)
    return places


def _symbols(elf: bytes, sections: Sequence[_Section]) -> Iterator[_Symbol]:
    table = next(section for section in sections if section.kind == _SYMTAB)
    names = sections[table.link].start
    for name, _, _, section, value, _ in struct.iter_unpack("<IBBHQQ", table.of(elf)):
        yield _Symbol(elf[names + name : elf.index(b"\0", names + name)].decode(), section, value)


def _distances(elf: bytes, sections: Sequence[_Section], places: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield where in the image the distance to which symbol stands, and what is added to it."""
    for section in sections:
        if section.kind == _RELA and section.info in places:
            for offset, info, addend in struct.iter_unpack("<QQq", section.of(elf)):
                if info & 0xFFFFFFFF not in (_PC32, _PLT32):
                    raise UnknownCodeError(f"it has a relocation of kind {info & 0xFFFFFFFF}")
                yield places[section.info] + offset, info >> 32, addend


def place(image: bytes, functions: Mapping[str, int]) -> int:
    """Copy an image into memory of its own, for good, and return the address to call.

    Parameters
    ----------
    functions
        Addresses of the functions that `image_of` was told as known, in the same order.

    Raises
    ------
    OSError
        If the system does not let memory be executed.
    """
    code = bytearray(image[_HEADER.size :])
    for i, function in enumerate(functions.values()):
        _ADDRESS.pack_into(code, i * _JUMP_BYTES + len(_JUMP), function)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    # Never given back: a thread may still be in it when Python takes its objects apart.
    address = libc.mmap(None, len(code), _READ_WRITE, _PRIVATE_ANONYMOUS, -1, 0)
    if address is None or address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "no memory for machine code")
    ctypes.memmove(address, bytes(code), len(code))
    if libc.mprotect(address, len(code), _READ_EXECUTE):
        raise OSError(ctypes.get_errno(), "memory cannot be made executable")
    return int(address) + int(_HEADER.unpack_from(image)[0])
