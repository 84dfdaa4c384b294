"""Whether a file that libsndfile opens is all there: it reads cut files without a word."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from stemkit.audio import _riff
from stemkit.audio._mp3 import scan_mp3
from stemkit.audio._patience import patiently
from stemkit.core.media import MediaProblem, ProblemKind
from stemkit.core.system import RandomReader

if TYPE_CHECKING:
    from soundfile import SoundFile

_MAX_CHUNKS = 1000
_OPEN_SIZE = 1 << 62  # as programs write that do not know the size yet
_OGG_PAGE = 65_307  # the largest page there is
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


def cut_before_opening(file: RandomReader, head: bytes) -> MediaProblem | None:
    """Return the problem of a file whose own sizes say that its end is missing."""
    for offset, magic, missing in _CHECKS:
        if head[offset : offset + len(magic)] == magic:
            found = missing(file)
            if found is None:
                return None
            declared, available = found
            detail = f"the header declares {declared} bytes of sound, the file holds {available}"
            params = {"declared_bytes": declared, "available_bytes": available}
            return MediaProblem(ProblemKind.TRUNCATED, detail, params)
    return _cut_mp3(file)


def is_open_length(sound: SoundFile) -> bool:
    """Tell whether a header does not say how long the sound is (a FLAC written into a pipe)."""
    return bool(sound.frames >= _OPEN_SIZE)


def count_samples(sound: SoundFile, max_hours: int) -> int:
    """Return a length that no header states, by decoding everything, but little more than some hours."""
    import numpy as np
    from soundfile import LibsndfileError

    buffer = np.empty((1 << 14, sound.channels), np.int32)
    pieces = iter(lambda: len(sound.read(out=buffer)), 0)
    count = 0
    with contextlib.suppress(LibsndfileError):  # where it breaks off, it ends
        for got in patiently(pieces, lambda got: got / sound.samplerate):
            count += got
            if count > max_hours * 3600 * sound.samplerate:
                break
    return count


def cut_after_opening(sound: SoundFile) -> MediaProblem | None:
    """Return the problem of a FLAC whose last sample cannot be decoded."""
    if sound.format != "FLAC" or sound.frames <= 0 or is_open_length(sound):
        return None
    try:
        sound.seek(sound.frames - 1)
        is_there = len(sound.read(1, dtype="int32")) == 1
    except RuntimeError:
        is_there = False
    if is_there:
        return None
    detail = f"the header declares {sound.frames} samples, but the last ones are missing or damaged"
    return MediaProblem(ProblemKind.TRUNCATED, detail, {"declared_samples": sound.frames})


def _cut_mp3(file: RandomReader) -> MediaProblem | None:
    mp3 = scan_mp3(file)
    if mp3 is None or not mp3.is_regular:
        return None
    stated = mp3.stated_frames or 0
    if mp3.frames >= stated and not mp3.is_cut:
        return None
    wanted = max(stated, mp3.frames + mp3.is_cut)
    detail = f"the file should hold {wanted} MP3 frames and holds {mp3.frames}"
    params = {"declared_frames": wanted, "available_frames": mp3.frames}
    return MediaProblem(ProblemKind.TRUNCATED, detail, params)


Missing = tuple[int, int] | None
"""Bytes declared and bytes there, where there are fewer."""


def _shortage(file: RandomReader, start: int, declared: int) -> Missing:
    available = max(0, file.size_bytes - start)
    return (declared, available) if available < declared < _OPEN_SIZE else None


def _riff_missing(file: RandomReader) -> Missing:
    riff = _riff.walk(file)
    if riff.data_offset is None or riff.data_declared is None:
        return None
    return _shortage(file, riff.data_offset, riff.data_declared)


def _chunk_missing(file: RandomReader, at: int, form: str, wanted: bytes, extra: int) -> Missing:
    """Walk chunks of a name and a size; ``extra`` bytes of the size are the chunk's own header."""
    head = struct.calcsize(form)
    for _ in range(_MAX_CHUNKS):
        raw = file.read(at, head)
        if len(raw) < head:
            return None
        name, size = struct.unpack(form, raw)
        if name == wanted:
            return _shortage(file, at + head, size - extra) if size >= extra else None
        if size < extra:
            return None
        body = size - extra
        align = 8 if extra else 2 if form == ">4sI" else 1
        at += head + body + -body % align
    return None


def _aiff_missing(file: RandomReader) -> Missing:
    return _chunk_missing(file, 12, ">4sI", b"SSND", 0)


def _caf_missing(file: RandomReader) -> Missing:
    return _chunk_missing(file, 8, ">4sq", b"data", 0)


def _w64_missing(file: RandomReader) -> Missing:
    return _chunk_missing(file, 40, "<16sq", _W64_DATA, 24)


def _au_missing(file: RandomReader) -> Missing:
    head = file.read(0, 12)
    if len(head) < 12:
        return None
    start, size = struct.unpack_from(">II", head, 4)
    return None if size == _riff.UNKNOWN_SIZE else _shortage(file, start, size)


def _ogg_missing(file: RandomReader) -> Missing:
    """Look whether the last page is whole; a cut upload ends inside one."""
    start = max(0, file.size_bytes - 2 * _OGG_PAGE)
    tail = file.read(start, 2 * _OGG_PAGE)
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27:
        return (file.size_bytes + 1, file.size_bytes)
    segments = tail[at + 26]
    table = tail[at + 27 : at + 27 + segments]
    size = 27 + segments + sum(table)
    if len(table) == segments and at + size <= len(tail):
        return None
    return (start + at + size, file.size_bytes)


_CHECKS: tuple[tuple[int, bytes, Callable[[RandomReader], Missing]], ...] = (
    (8, b"WAVE", lambda file: _riff_missing(file) if _riff.is_riff(file.read(0, 12)) else None),
    (8, b"AIF", _aiff_missing),
    (0, b"caff", _caf_missing),
    (0, b"riff\x2e\x91\xcf\x11", _w64_missing),
    (0, b".snd", _au_missing),
    (0, b"OggS", _ogg_missing),
    (0, b"fLaC", lambda _: None),
)
