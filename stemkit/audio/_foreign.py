"""Everything that libsndfile reads: FLAC, AIFF, CAF, MP3, Ogg, Opus, W64 and the odd WAV.

Files are handed over as objects, never by name: libsndfile 1.2.2 takes a good MP3 for an AppleDouble
file if a ``._name`` lies beside it, and looks at file name extensions.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stemkit.audio._mp3 import scan_mp3
from stemkit.core.system import RandomReader

if TYPE_CHECKING:
    from soundfile import SoundFile

CONTAINERS = {"WAVEX": "WAV", "SVX": "IFF"}
_NO_MP3 = (b"fLaC", b"OggS", b"FORM", b"caff", b"riff", b".snd")
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
_READS, _MORE_BYTES = 16, 1 << 26
"""How often a file may be read over, and how much beyond that, before its decoder is taken to be in a loop."""
_FLOAT_BITS = {"FLOAT": 32, "DOUBLE": 64}


def bits_of(subtype: str) -> int | None:
    """Return the bits of a stored sample, `None` where a codec has none."""
    return _PCM_BITS.get(subtype) or _FLOAT_BITS.get(subtype)


def is_integer(subtype: str) -> bool:
    """Tell whether samples are integers, which are read as such and scaled exactly."""
    return subtype in _PCM_BITS


class _Source:
    """A nameless file object over a `RandomReader`, as soundfile wants one.

    ``front`` stands in place of the first ``skip`` bytes.
    """

    def __init__(self, file: RandomReader, front: bytes = b"", skip: int = 0) -> None:
        self._file, self._front, self._skip = file, front, skip
        self._at = 0
        self._budget = _READS * file.size_bytes + _MORE_BYTES
        self.error: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        size = len(self._front) + self._file.size_bytes - self._skip
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray) -> int:
        view = memoryview(buffer).cast("B")
        head = self._front[self._at : self._at + len(view)]
        view[: len(head)] = head
        got = len(head)
        if got < len(view):
            offset = self._at + got - len(self._front) + self._skip
            got += self._read(offset, view[got:])
        self._at += got
        return got

    def _read(self, offset: int, view: memoryview) -> int:
        """Read; errors wait, as nothing may be raised through libsndfile, which sees the file's end."""
        if self.error is not None:
            return 0
        try:
            if self._budget < 0:
                raise OSError(errno.ELOOP, "its decoder reads it again and again")
            got = self._file.read_into(offset, view)
        except OSError as error:
            self.error = error
            return 0
        self._budget -= got + 1
        return got

    def read(self, length: int = -1) -> bytes:
        if length < 0:
            length = len(self._front) + self._file.size_bytes
        buffer = bytearray(min(length, len(self._front) + self._file.size_bytes))
        return bytes(buffer[: self.readinto(buffer)])

    def write(self, data: bytes) -> int:
        raise OSError("sources are never written")


@dataclass(frozen=True, slots=True)
class OpenSound:
    """A file that libsndfile decodes; the first ``lead_samples`` that it gives are none of the file's."""

    sound: SoundFile
    lead_samples: int
    states_codec_delay: bool | None = None

    @property
    def length_samples(self) -> int:
        """Length of the file's own sound."""
        return max(0, int(self.sound.frames) - self.lead_samples)


@contextmanager
def open_sound(file: RandomReader) -> Iterator[OpenSound]:
    """Open a file with libsndfile.

    Raises
    ------
    soundfile.LibsndfileError
        If it does not know the file.
    OSError
        At the end, if the file could not be read on the way.
    """
    from stemkit.audio._streamed import StreamedFile

    source, lead_samples, states_delay = _source_of(file)
    try:
        with StreamedFile(source, "r") as sound:
            yield OpenSound(sound, lead_samples, states_delay)
    finally:
        if source.error is not None:
            raise source.error


def _source_of(file: RandomReader) -> tuple[_Source, int, bool | None]:
    head = file.read(0, 12)
    is_other = head[:4] in _NO_MP3 or head[8:12] == b"WAVE"
    mp3 = None if is_other else scan_mp3(file)
    if mp3 is None or not mp3.needs_info:
        return _Source(file), 0, mp3.states_delay if mp3 else None
    front, lead_samples = mp3.front()
    return _Source(file, front, mp3.start), lead_samples, mp3.states_delay
