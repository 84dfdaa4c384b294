"""Chunks that other programs leave in a file: which they are, and whether they tell what nobody meant to tell."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from stemkit.audio import _riff
from stemkit.core.media import MediaInfo
from stemkit.core.system import RandomReader

_OWN = frozenset(
    (b"fmt ", b"data", b"bext", b"iXML", b"ds64", b"fact", b"cue ", b"JUNK", b"junk", b"PAD ", b"FLLR", b"PEAK")
)
_LARGEST = 1 << 20
_PRIVATE = (
    ("a path of somebody's machine", re.compile(rb"(?:[A-Z]:\\|/Users/|/home/|\\\\Users\\\\)[^\0<>\"\r\n]{3,200}")),
    ("a prompt", re.compile(rb"(?i)\b(?:negative[ _]?)?prompt\b[\"']?\s*[:=]\s*[^\0\r\n]{3,200}")),
    ("an e-mail address", re.compile(rb"[\w.+-]{2,64}@[\w-]{2,64}\.[A-Za-z]{2,16}")),
)


@dataclass(frozen=True, slots=True)
class OtherChunk:
    """A chunk that stemkit does not write itself."""

    name: bytes
    body: bytes
    is_whole: bool

    @property
    def private(self) -> tuple[str, ...]:
        """What it holds that may not be meant for others."""
        return tuple(what for what, pattern in _PRIVATE if pattern.search(self.body.replace(b"\0", b"")))


def other_chunks(media: MediaInfo) -> tuple[OtherChunk, ...]:
    """Return the chunks of a file that hold neither sound nor what stemkit writes anew."""
    if media.data_offset_bytes is None or media.container not in ("WAV", "RF64", "BW64"):
        return ()
    found: list[OtherChunk] = []
    offset = 12
    with RandomReader(media.path) as file:
        sizes = _riff.walk(file).wide_sizes
        while offset + 8 <= file.size_bytes and len(found) < 100:
            name, size = struct.unpack("<4sI", file.read(offset, 8).ljust(8, b"\0"))
            size = sizes.get(name, 0) if size == _riff.UNKNOWN_SIZE else size
            if name not in _OWN and name.isascii() and size:
                body = file.read(offset + 8, min(size, _LARGEST))
                if not (name == b"LIST" and body[:4] == b"adtl"):
                    found.append(OtherChunk(name, body, len(body) == size))
            offset += 8 + size + size % 2
    return tuple(found)
