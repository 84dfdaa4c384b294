"""Everything that libsndfile reads: FLAC, AIFF, CAF, MP3, Ogg, Opus, W64 and the odd WAV.

Files are handed over as objects, never by name: libsndfile 1.2.2 takes a good MP3 for an AppleDouble
file if a ``._name`` lies beside it, and looks at file name extensions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stemkit.core.system import RandomReader

if TYPE_CHECKING:
    from soundfile import SoundFile

CONTAINERS = {"WAVEX": "WAV", "SVX": "IFF"}
_PCM_BITS = {
    "PCM_S8": 8,
    "PCM_U8": 8,
    "PCM_16": 16,
    "PCM_24": 24,
    "PCM_32": 32,
    "ALAC_16": 16,
    "ALAC_20": 20,
    "ALAC_24": 24,
    "ALAC_32": 32,
}
_FLOAT_BITS = {"FLOAT": 32, "DOUBLE": 64}


def bits_of(subtype: str) -> int | None:
    """Return the bits of a stored sample, `None` where a codec has none."""
    return _PCM_BITS.get(subtype) or _FLOAT_BITS.get(subtype)


def is_integer(subtype: str) -> bool:
    """Tell whether samples are integers, which are read as such and scaled exactly."""
    return subtype in _PCM_BITS


class _Source:
    """A nameless file object over a `RandomReader`, as soundfile wants one."""

    def __init__(self, file: RandomReader) -> None:
        self._file = file
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, length: int = -1) -> bytes:
        if length < 0:
            length = self._file.size_bytes
        data = self._file.read(self._at, length)
        self._at += len(data)
        return data

    def readinto(self, buffer: bytearray) -> int:
        got = self._file.read_into(self._at, memoryview(buffer).cast("B"))
        self._at += got
        return got

    def write(self, data: bytes) -> int:
        raise OSError("sources are never written")


@contextmanager
def open_sound(file: RandomReader) -> Iterator[SoundFile]:
    """Open a file with libsndfile; raises `soundfile.LibsndfileError` if it does not know it."""
    import soundfile

    with soundfile.SoundFile(_Source(file), "r") as sound:
        yield sound
