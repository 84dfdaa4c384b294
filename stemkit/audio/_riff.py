"""The chunks of RIFF, RF64 and BW64 files, read with suspicion.

Sizes in a header are claims: nothing is allocated or skipped on their word alone. References:
EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), Microsoft's WAVEFORMATEXTENSIBLE.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from stemkit.core.system import RandomReader

UNKNOWN_SIZE = 0xFFFFFFFF
PCM, IEEE_FLOAT, MP3, EXTENSIBLE = 0x0001, 0x0003, 0x0055, 0xFFFE
_GUID_TAILS = (
    bytes.fromhex("000000001000800000aa00389b71"),  # KSDATAFORMAT_SUBTYPE_*
    bytes.fromhex("000021070dd311864 4c8c1ca000000".replace(" ", "")),  # ambisonic B-format
)
_MAX_CHUNKS = 1000
_MAX_TABLE = 1000
_KEPT = {b"fmt ": 1 << 10, b"ds64": 28 + 12 * _MAX_TABLE, b"bext": 1 << 20, b"iXML": 1 << 22}


@dataclass(frozen=True, slots=True)
class Format:
    """What a ``fmt`` chunk says.

    ``tag`` is the format behind an extensible header; ``container_bytes`` the bytes of one stored
    sample of one channel, 0 where that cannot be.
    """

    tag: int
    channels: int
    sample_rate_hz: int
    container_bytes: int
    bits: int
    valid_bits: int
    mask: int | None

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample instant."""
        return self.channels * self.container_bytes


@dataclass(slots=True)
class Riff:
    """The chunks of a file: kept bodies by name, and where the sound data is.

    ``data_declared`` is `None` where the header leaves the size open; ``trailing_bytes`` counts what
    follows the last chunk that makes sense.
    """

    container: str
    size_bytes: int
    names: list[str] = field(default_factory=list)
    bodies: dict[bytes, bytes] = field(default_factory=dict)
    data_offset: int | None = None
    data_declared: int | None = None
    trailing_bytes: int = 0
    cut_chunk: str | None = None
    wide_sizes: Mapping[bytes, int] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """Bytes of sound data that are there, at most those declared."""
        if self.data_offset is None:
            return 0
        rest = max(0, self.size_bytes - self.data_offset)
        return rest if self.data_declared is None else min(rest, self.data_declared)


def is_riff(head: bytes) -> bool:
    """Tell whether the first bytes are those of a little-endian WAVE file."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def walk(file: RandomReader) -> Riff:
    """Read the list of chunks; never fails, whatever the bytes."""
    magic = file.read(0, 4)
    riff = Riff("WAV" if magic == b"RIFF" else magic.decode("latin-1"), file.size_bytes)
    offset = 12
    while offset + 8 <= file.size_bytes and len(riff.names) < _MAX_CHUNKS:
        name, size = struct.unpack("<4sI", file.read(offset, 8).ljust(8, b"\0"))
        if not _is_name(name):
            break
        offset = _take(file, riff, name, size, offset + 8)
    riff.trailing_bytes = max(0, file.size_bytes - offset)
    return riff


def _take(file: RandomReader, riff: Riff, name: bytes, size32: int, start: int) -> int:
    """Note one chunk and return where the next one starts."""
    riff.names.append(name.decode("latin-1"))
    size = _true_size(riff, name, size32)
    if name == b"data" and riff.data_offset is None:
        riff.data_offset, riff.data_declared = start, size
    elif name in _KEPT and name not in riff.bodies:
        riff.bodies[name] = file.read(start, min(size or 0, _KEPT[name]))
        if name == b"ds64":
            riff.wide_sizes = _wide_sizes(riff.bodies[name])
    if size is None:
        return riff.size_bytes
    end = start + size
    if end > riff.size_bytes and name != b"data":
        riff.cut_chunk = name.decode("latin-1")
    has_padding = size % 2 and not _is_name(file.read(end, 4))
    return min(end + (1 if has_padding else 0), riff.size_bytes)


def _true_size(riff: Riff, name: bytes, size32: int) -> int | None:
    """Return a chunk's size, `None` if the header leaves it open (a file written to a pipe)."""
    if size32 != UNKNOWN_SIZE:
        return size32
    wide = riff.wide_sizes.get(name)
    return None if wide is None or wide == 0 or wide >= 1 << 63 else wide


def _wide_sizes(body: bytes) -> dict[bytes, int]:
    """Read ``ds64``: the 64-bit sizes of ``data`` and of whatever else its table names."""
    if len(body) < 24:
        return {}
    _, data_size, _ = struct.unpack_from("<QQQ", body)
    sizes = {b"data": data_size}
    count = struct.unpack_from("<I", body, 24)[0] if len(body) >= 28 else 0
    for index in range(min(count, (len(body) - 28) // 12 if len(body) >= 28 else 0)):
        name, size = struct.unpack_from("<4sQ", body, 28 + 12 * index)
        sizes.setdefault(name, size)
    return sizes


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= byte < 0x7F for byte in name) and name != b"    "


def parse_format(body: bytes) -> Format | None:
    """Read a ``fmt`` chunk; `None` if it is too short to be one."""
    if len(body) < 16:
        return None
    tag, channels, rate_hz, _, align, bits = struct.unpack_from("<HHIIHH", body)
    valid_bits, mask = bits, None
    if tag == EXTENSIBLE and len(body) >= 40:
        valid, mask = struct.unpack_from("<HI", body, 18)
        tag = struct.unpack_from("<H", body, 24)[0] if body[26:40] in _GUID_TAILS else EXTENSIBLE
        valid_bits = valid if 0 < valid <= bits else bits
    container = _container_bytes(tag, channels, align, bits)
    return Format(tag, channels, rate_hz, container, 8 * container or bits, valid_bits, mask)


def _container_bytes(tag: int, channels: int, align: int, bits: int) -> int:
    """Return the bytes of a stored sample: by the block alignment where it can be true, else by the bits."""
    by_bits = (bits + 7) // 8
    allowed = {PCM: (1, 2, 3, 4), IEEE_FLOAT: (4, 8)}.get(tag, ())
    by_align = align // channels if channels and align % channels == 0 else 0
    if tag == PCM and by_align in allowed and by_align > by_bits > 1:
        return by_align
    return by_bits if by_bits in allowed else 0
